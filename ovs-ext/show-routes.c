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

#include <inttypes.h>
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovs-ext/show.h"
#include "packets.h"
#include "util.h"

/* One line of "evpn/routes". */
struct line {
    const struct vpc *vpc;
    struct in6_addr prefix;     /* IPv4 is mapped. */
    uint8_t plen;               /* 96 more for IPv4. */
    const struct network *network; /* Connected; else null. */
    const struct route *route;  /* Null if connected. */
    size_t hop;                 /* Index into 'route->hops'. */
};

struct lines {
    struct line *lines;
    size_t n, allocated;
};

static void
add_line(struct lines *lines, const struct line *line)
{
    if (lines->n >= lines->allocated) {
        lines->lines = x2nrealloc(lines->lines, &lines->allocated,
                                  sizeof *lines->lines);
    }
    lines->lines[lines->n++] = *line;
}

static int
compare_lines(const void *a_, const void *b_)
{
    const struct line *a = a_;
    const struct line *b = b_;
    int cmp = strcmp(a->vpc->name, b->vpc->name);

    cmp = cmp ? cmp : memcmp(&a->prefix, &b->prefix, sizeof a->prefix);
    return (cmp ? cmp
            : a->plen != b->plen ? (a->plen < b->plen ? -1 : 1)
            : a->hop != b->hop ? (a->hop < b->hop ? -1 : 1)
            : (a->route != NULL) - (b->route != NULL));
}

static void
add_vpc(struct lines *lines, const struct model *m, const struct vpc *vpc)
{
    const struct vrf *vrf = model_vrf(m, vpc->l3vni);
    const struct network *network;
    const struct route *route;

    LIST_FOR_EACH (network, vpc_node, &vpc->networks) {
        for (size_t i = 0; (i < network->n_gateways
                            && network_is_active(network)); i++) {
            const struct gateway *gateway = &network->gateways[i];
            bool v4 = IN6_IS_ADDR_V4MAPPED(&gateway->ip);

            add_line(lines, &(struct line) {
                .vpc = vpc,
                .prefix = gateway_prefix(gateway),
                .plen = gateway->plen + (v4 ? 96 : 0),
                .network = network,
            });
        }
    }
    if (!vrf) {
        return;
    }
    HMAP_FOR_EACH (route, hmap_node, &vrf->routes) {
        for (size_t i = 0; i < MAX(route->n_hops, 1); i++) {
            add_line(lines, &(struct line) {
                .vpc = vpc, .prefix = route->prefix, .plen = route->plen,
                .route = route, .hop = i,
            });
        }
    }
}

static void
show_hop(struct show *show, const struct model *m, const struct line *line)
{
    const struct route_hop *hop = &line->route->hops[line->hop];
    const struct vrf *vrf = hop->l3 ? model_vrf(m, hop->vni) : NULL;
    const struct router_mac *rmac = vrf ? vrf_router_mac(vrf, &hop->ip) : NULL;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (ipv6_addr_is_set(&hop->ip)) {
        ipv6_format_mapped(&hop->ip, &s);
    }
    show_string(show, "%s%s", hop->l3 ? "VTEP " : "neighbor ",
                ds_cstr(&s));
    show_int(show, hop->vni);
    if (rmac) {
        show_string(show, ETH_ADDR_FMT, ETH_ADDR_ARGS(rmac->mac));
    } else {
        show_string(show, "%s", hop->l3 ? "unknown" : "");
    }
    ds_destroy(&s);
}

static void
show_line(struct show *show, const struct model *m, const struct line *line)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ipv6_format_mapped(&line->prefix, &s);
    show_string(show, "%s", line->vpc->name);
    show_string(show, "%s/%d", ds_cstr(&s), line->plen
                - (IN6_IS_ADDR_V4MAPPED(&line->prefix) ? 96 : 0));
    ds_destroy(&s);
    if (line->network) {
        show_string(show, "network %s", line->network->name);
        show_int(show, line->network->vni);
        show_string(show, "%s", "");
    } else if (!line->route->n_hops) {
        show_string(show, "%s", "dropped");
        show_int(show, 0);
        show_string(show, "%s", "");
    } else {
        show_hop(show, m, line);
    }
}

/* What "evpn/routes" prints: routes of the VPC with 'l3vni', of all if that is
 * 0, one line for each next hop. */
char *
show_routes(const struct model *m, uint32_t l3vni, bool json)
{
    struct lines lines = { .n = 0 };
    const struct vpc *vpc;
    struct show show;

    show_init(&show, SHOW_TABLE, "vpc", "prefix", "next_hop", "vni",
              "router_mac", NULL);
    HMAP_FOR_EACH (vpc, hmap_node, &m->vpcs) {
        if (!l3vni || vpc->l3vni == l3vni) {
            add_vpc(&lines, m, vpc);
        }
    }
    if (lines.n) {
        qsort(lines.lines, lines.n, sizeof *lines.lines, compare_lines);
    }
    for (size_t i = 0; i < lines.n; i++) {
        show_line(&show, m, &lines.lines[i]);
    }
    free(lines.lines);
    return show_finish(&show, json);
}
