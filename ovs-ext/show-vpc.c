/*
 * Copyright (c) 2026 The ovs-ext Authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

#include <config.h>
#include "ovs-ext/show-model.h"

#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovs-ext/show.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

static int
compare_vpcs(const void *a_, const void *b_)
{
    const struct vpc *const *a = a_;
    const struct vpc *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

/* Appends the networks of 'vpc' that are here, or those that are not. */
static void
show_vpc_networks(struct show *show, const struct vpc *vpc, bool active)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;
    const struct network *network;

    LIST_FOR_EACH (network, vpc_node, &vpc->networks) {
        if (network_is_active(network) == active) {
            svec_add(&list, network->name);
        }
    }
    svec_sort(&list);
    show_list(show, &list);
    svec_destroy(&list);
}

/* Appends how many neighbors were gleaned in the networks of 'vpc', and what
 * 'cb' counts. */
static void
show_vpc_neighbors(struct show *show, const struct vpc *vpc,
                   show_vpc_counts_cb *cb, void *aux)
{
    struct show_vpc_counts counts = { 0 };
    const struct network *network;
    size_t n_gleaned = 0;

    LIST_FOR_EACH (network, vpc_node, &vpc->networks) {
        n_gleaned += hmap_count(&network->gleaned);
        cb(aux, network->vni, &counts);
    }
    show_int(show, n_gleaned);
    show_int(show, counts.n_wanted);
    show_int(show, counts.n_packets);
    show_int(show, counts.n_unreachable);
}

static void
show_vpc(struct show *show, const struct model *m, const struct vpc *vpc,
         show_vpc_counts_cb *cb, void *aux)
{
    const struct vrf *vrf = model_vrf(m, vpc->l3vni);
    struct eth_addr mac = m->host.router_mac;

    show_string(show, "%s", vpc->name);
    show_int(show, vpc->l3vni);
    show_bool(show, vpc_is_active(vpc));
    if (eth_addr_is_zero(mac)) {
        show_string(show, "none");
    } else {
        show_string(show, ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    }
    show_int(show, vrf ? hmap_count(&vrf->routes) : 0);
    show_int(show, vrf ? hmap_count(&vrf->router_macs) : 0);
    show_vpc_networks(show, vpc, true);
    show_vpc_networks(show, vpc, false);
    show_vpc_neighbors(show, vpc, cb, aux);
}

/* What "vpc/show" prints: the VPC with 'l3vni', or all that are routed if that
 * is 0.  'cb' is called with 'aux' for each network, to add up what is looked
 * for in it. */
char *
show_vpcs(const struct model *m, uint32_t l3vni, show_vpc_counts_cb *cb,
          void *aux, bool json)
{
    const struct vpc **vpcs = xmalloc((hmap_count(&m->vpcs) + 1)
                                      * sizeof *vpcs);
    const struct vpc *vpc;
    struct show show;
    size_t n = 0;

    HMAP_FOR_EACH (vpc, hmap_node, &m->vpcs) {
        if (!l3vni || vpc->l3vni == l3vni) {
            vpcs[n++] = vpc;
        }
    }
    qsort(vpcs, n, sizeof *vpcs, compare_vpcs);
    show_init(&show, SHOW_LIST, "vpc", "l3vni", "active", "router_mac",
              "routes", "router_macs", "networks", "networks_elsewhere",
              "gleaned_neighbors", "wanted_neighbors", "waiting_packets",
              "absent_neighbors", NULL);
    for (size_t i = 0; i < n; i++) {
        show_vpc(&show, m, vpcs[i], cb, aux);
    }
    free(vpcs);
    return show_finish(&show, json);
}
