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

#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* What EVPN told.  There may be 100,000 of these: each function costs a few
 * hash look-ups, and a put that says nothing new says nothing on. */

/* Returns the VTEP 'ip' with one reference more. */
static struct vtep *
vtep_ref(struct model *m, const struct in6_addr *ip)
{
    struct vtep *vtep;

    HMAP_FOR_EACH_WITH_HASH (vtep, hmap_node, ident_hash_ip(ip), &m->vteps) {
        if (ipv6_addr_equals(&vtep->ip, ip)) {
            vtep->n_refs++;
            return vtep;
        }
    }
    vtep = xmalloc(sizeof *vtep);
    vtep->ip = *ip;
    vtep->n_refs = 1;
    hmap_insert(&m->vteps, &vtep->hmap_node, ident_hash_ip(ip));
    return vtep;
}

static void
vtep_unref(struct model *m, struct vtep *vtep)
{
    if (vtep && !--vtep->n_refs) {
        hmap_remove(&m->vteps, &vtep->hmap_node);
        free(vtep);
    }
}

static struct remote_mac *
remote_mac_find(const struct network *network, struct eth_addr mac)
{
    struct remote_mac *remote;

    HMAP_FOR_EACH_WITH_HASH (remote, hmap_node, hash_mac(mac, 0, 0),
                             &network->remote_macs) {
        if (eth_addr_equals(remote->mac, mac)) {
            return remote;
        }
    }
    return NULL;
}

static void
remote_mac_changed(struct model *m, const struct network *network,
                   struct eth_addr mac)
{
    struct owner owner = owner_remote_mac(network->vni, mac);

    owner_set_add(&m->dirty, &owner);
    local_contest_mac(m, network, mac);
    herald_contest(m, network, mac);
}

/* EVPN told that 'mac' in network 'vni' is at 'fact'. */
void
model_put_remote_mac(struct model *m, uint32_t vni, struct eth_addr mac,
                     const struct fact_remote *fact)
{
    struct network *network = network_get(m, vni);
    struct remote_mac *remote = remote_mac_find(network, mac);

    if (!remote) {
        remote = xzalloc(sizeof *remote);
        remote->mac = mac;
        hmap_insert(&network->remote_macs, &remote->hmap_node,
                    hash_mac(mac, 0, 0));
    } else if (remote->nhg == fact->nhg
               && (fact->nhg
                   || ipv6_addr_equals(&remote->vtep->ip, &fact->vtep))) {
        return;
    }
    vtep_unref(m, remote->vtep);
    remote->nhg = fact->nhg;
    remote->vtep = fact->nhg ? NULL : vtep_ref(m, &fact->vtep);
    remote_mac_changed(m, network, mac);
}

/* EVPN took 'mac' in network 'vni' back. */
void
model_del_remote_mac(struct model *m, uint32_t vni, struct eth_addr mac)
{
    struct network *network = network_find(m, vni);
    struct remote_mac *remote = network ? remote_mac_find(network, mac) : NULL;

    if (remote) {
        hmap_remove(&network->remote_macs, &remote->hmap_node);
        vtep_unref(m, remote->vtep);
        free(remote);
        remote_mac_changed(m, network, mac);
        network_gc(m, network);
    }
}

static struct flood_vtep *
flood_find(const struct network *network, const struct in6_addr *ip)
{
    struct flood_vtep *flood;

    HMAP_FOR_EACH_WITH_HASH (flood, hmap_node, ident_hash_ip(ip),
                             &network->flood) {
        if (ipv6_addr_equals(&flood->vtep->ip, ip)) {
            return flood;
        }
    }
    return NULL;
}

/* VTEP 'ip' announced an IMET route for network 'vni'. */
void
model_put_flood(struct model *m, uint32_t vni, const struct in6_addr *ip)
{
    struct network *network = network_get(m, vni);

    if (!flood_find(network, ip)) {
        struct flood_vtep *flood = xmalloc(sizeof *flood);

        flood->vtep = vtep_ref(m, ip);
        hmap_insert(&network->flood, &flood->hmap_node, ident_hash_ip(ip));
        network_dirty(m, network);
    }
}

/* VTEP 'ip' took its IMET route for network 'vni' back. */
void
model_del_flood(struct model *m, uint32_t vni, const struct in6_addr *ip)
{
    struct network *network = network_find(m, vni);
    struct flood_vtep *flood = network ? flood_find(network, ip) : NULL;

    if (flood) {
        hmap_remove(&network->flood, &flood->hmap_node);
        vtep_unref(m, flood->vtep);
        free(flood);
        network_dirty(m, network);
        network_gc(m, network);
    }
}

static struct remote_neighbor *
neighbor_find(const struct network *network, const struct in6_addr *ip)
{
    struct remote_neighbor *neighbor;

    HMAP_FOR_EACH_WITH_HASH (neighbor, hmap_node, ident_hash_ip(ip),
                             &network->neighbors) {
        if (ipv6_addr_equals(&neighbor->ip, ip)) {
            return neighbor;
        }
    }
    return NULL;
}

static void
neighbor_changed(struct model *m, const struct network *network,
                 const struct in6_addr *ip)
{
    struct owner owner = owner_remote_ip(network->vni, ip);

    owner_set_add(&m->dirty, &owner);
    local_contest_ip(m, network, ip);
}

/* EVPN told that 'ip' in network 'vni' is at 'mac', a router's if 'router'. */
void
model_put_neighbor(struct model *m, uint32_t vni, const struct in6_addr *ip,
                   struct eth_addr mac, bool router)
{
    struct network *network = network_get(m, vni);
    struct remote_neighbor *neighbor = neighbor_find(network, ip);

    if (!neighbor) {
        neighbor = xzalloc(sizeof *neighbor);
        neighbor->ip = *ip;
        hmap_insert(&network->neighbors, &neighbor->hmap_node,
                    ident_hash_ip(ip));
        glean_forget(m, vni, ip);
    } else if (eth_addr_equals(neighbor->mac, mac)
               && neighbor->router == router) {
        return;
    }
    neighbor->mac = mac;
    neighbor->router = router;
    neighbor_changed(m, network, ip);
}

/* EVPN took 'ip' in network 'vni' back. */
void
model_del_neighbor(struct model *m, uint32_t vni, const struct in6_addr *ip)
{
    struct network *network = network_find(m, vni);
    struct remote_neighbor *neighbor
        = network ? neighbor_find(network, ip) : NULL;

    if (neighbor) {
        hmap_remove(&network->neighbors, &neighbor->hmap_node);
        neighbor_changed(m, network, ip);
        free(neighbor);
        network_gc(m, network);
    }
}

static int
compare_ips(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct in6_addr));
}

static void
nhg_dirty(struct model *m, uint32_t id)
{
    struct owner owner = owner_nhg(id);

    owner_set_add(&m->dirty, &owner);
}

/* The kernel's next-hop group 'id' has the 'n' members 'vteps', in any
 * order. */
void
model_put_nhg(struct model *m, uint32_t id, const struct in6_addr *vteps,
              size_t n)
{
    struct nhg *nhg = CONST_CAST(struct nhg *, model_nhg(m, id));
    struct in6_addr *sorted = xmemdup(vteps, n * sizeof *vteps);

    qsort(sorted, n, sizeof *sorted, compare_ips);
    if (!nhg) {
        nhg = xzalloc(sizeof *nhg);
        nhg->id = id;
        hmap_insert(&m->nhgs, &nhg->hmap_node, hash_int(id, 0));
    } else if (nhg->n_vteps == n
               && !memcmp(nhg->vteps, sorted, n * sizeof *sorted)) {
        free(sorted);
        return;
    }
    free(nhg->vteps);
    nhg->vteps = sorted;
    nhg->n_vteps = n;
    nhg_dirty(m, id);
}

/* The kernel's next-hop group 'id' is gone. */
void
model_del_nhg(struct model *m, uint32_t id)
{
    struct nhg *nhg = CONST_CAST(struct nhg *, model_nhg(m, id));

    if (nhg) {
        hmap_remove(&m->nhgs, &nhg->hmap_node);
        free(nhg->vteps);
        free(nhg);
        nhg_dirty(m, id);
    }
}

/* Returns what EVPN told of 'mac' in 'network', or null. */
const struct remote_mac *
network_remote_mac(const struct network *network, struct eth_addr mac)
{
    return remote_mac_find(network, mac);
}

/* Returns what EVPN told of 'ip' in 'network', or null. */
const struct remote_neighbor *
network_neighbor(const struct network *network, const struct in6_addr *ip)
{
    return neighbor_find(network, ip);
}

/* Returns the entry of VTEP 'ip' in the flood list of 'network', or null. */
const struct flood_vtep *
network_flood_vtep(const struct network *network, const struct in6_addr *ip)
{
    return flood_find(network, ip);
}
