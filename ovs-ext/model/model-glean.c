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
#include "ovs-ext/model/model.h"

#include <limits.h>
#include <stdlib.h>
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Gleaning: hosts behind VTEPs of which EVPN told no IP, and that answered the
 * gateway.  The gateway is the same on each host, so that whoever asked, the
 * answer may come to any; each takes what it gets.
 *
 * What is gleaned says how packets are routed to the host, no more: ARP and ND
 * for it are not answered.  It never counts where EVPN told of the IP, or a VM
 * of this host has it; and it is forgotten after GLEAN_AGE, so that it is
 * asked for again. */

static struct gleaned *
gleaned_find(const struct network *network, const struct in6_addr *ip)
{
    struct gleaned *gleaned;

    HMAP_FOR_EACH_WITH_HASH (gleaned, hmap_node, ident_hash_ip(ip),
                             &network->gleaned) {
        if (ipv6_addr_equals(&gleaned->ip, ip)) {
            return gleaned;
        }
    }
    return NULL;
}

static void
gleaned_dirty(struct model *m, const struct network *network,
              const struct in6_addr *ip)
{
    struct owner owner = owner_remote_ip(network->vni, ip);

    owner_set_add(&m->dirty, &owner);
}

static void
gleaned_destroy(struct network *network, struct gleaned *gleaned)
{
    hmap_remove(&network->gleaned, &gleaned->hmap_node);
    ovs_list_remove(&gleaned->due_node);
    free(gleaned);
}

/* Forgets what was gleaned of 'ip' in the network 'vni', if anything: somebody
 * knows better. */
void
glean_forget(struct model *m, uint32_t vni, const struct in6_addr *ip)
{
    struct network *network = network_find(m, vni);
    struct gleaned *gleaned = network ? gleaned_find(network, ip) : NULL;

    if (gleaned) {
        gleaned_dirty(m, network, ip);
        gleaned_destroy(network, gleaned);
    }
}

/* Forgets what was gleaned in 'network'. */
void
glean_forget_all(struct network *network)
{
    struct gleaned *gleaned;

    HMAP_FOR_EACH_SAFE (gleaned, hmap_node, &network->gleaned) {
        gleaned_destroy(network, gleaned);
    }
}

/* Makes dirty what was gleaned in 'network'. */
void
glean_dirty_all(struct model *m, const struct network *network)
{
    const struct gleaned *gleaned;

    HMAP_FOR_EACH (gleaned, hmap_node, &network->gleaned) {
        gleaned_dirty(m, network, &gleaned->ip);
    }
}

/* Returns the address of the network that was gleaned longest ago. */
static struct gleaned *
gleaned_oldest(const struct network *network)
{
    struct gleaned *gleaned, *oldest = NULL;

    HMAP_FOR_EACH (gleaned, hmap_node, &network->gleaned) {
        if (!oldest || gleaned->due < oldest->due) {
            oldest = gleaned;
        }
    }
    return oldest;
}

static struct gleaned *
gleaned_create(struct model *m, struct network *network,
               const struct in6_addr *ip)
{
    struct gleaned *gleaned;

    if (hmap_count(&network->gleaned) >= GLEAN_MAX) {
        gleaned = gleaned_oldest(network);
        gleaned_dirty(m, network, &gleaned->ip);
        gleaned_destroy(network, gleaned);
    }
    gleaned = xzalloc(sizeof *gleaned);
    gleaned->network = network;
    gleaned->ip = *ip;
    ovs_list_init(&gleaned->due_node);
    hmap_insert(&network->gleaned, &gleaned->hmap_node, ident_hash_ip(ip));
    return gleaned;
}

/* A host behind a VTEP told the gateway of network 'vni', at time 'now', that
 * it has 'ip' with 'mac'.  That is of use if the network is routed here, and
 * nobody knows better. */
void
model_put_gleaned(struct model *m, uint32_t vni, const struct in6_addr *ip,
                  struct eth_addr mac, long long int now)
{
    struct network *network = network_find(m, vni);
    struct gleaned *gleaned;
    struct resolution r;

    if (!network || !network_is_active(network)
        || !network_routes_to(network, ip) || eth_addr_is_multicast(mac)
        || eth_addr_is_zero(mac)
        || eth_addr_equals(mac, network->gateway_mac)
        || network_local_mac(network, mac)) {
        return;
    }
    gleaned = gleaned_find(network, ip);
    if (!gleaned) {
        if (network_resolve_ip(network, ip, &r)) {
            return;
        }
        gleaned = gleaned_create(m, network, ip);
    }
    if (!eth_addr_equals(gleaned->mac, mac)) {
        gleaned->mac = mac;
        gleaned_dirty(m, network, ip);
    }
    gleaned->due = now + GLEAN_AGE;
    ovs_list_remove(&gleaned->due_node);
    ovs_list_push_back(&m->gleaned, &gleaned->due_node);
}

static struct gleaned *
first_due(const struct model *m)
{
    return (ovs_list_is_empty(&m->gleaned) ? NULL
            : CONTAINER_OF(ovs_list_front(&m->gleaned), struct gleaned,
                           due_node));
}

/* Forgets what was gleaned long before 'now'. */
void
glean_run(struct model *m, long long int now)
{
    struct gleaned *gleaned;

    while ((gleaned = first_due(m)) != NULL && gleaned->due <= now) {
        gleaned_dirty(m, gleaned->network, &gleaned->ip);
        gleaned_destroy(gleaned->network, gleaned);
    }
}

/* Returns when glean_run() is to be called again, LLONG_MAX for never. */
long long int
glean_next_due(const struct model *m)
{
    const struct gleaned *gleaned = first_due(m);

    return gleaned ? gleaned->due : LLONG_MAX;
}

/* Returns what was gleaned of 'ip' in 'network', or null. */
const struct gleaned *
network_gleaned(const struct network *network, const struct in6_addr *ip)
{
    return gleaned_find(network, ip);
}
