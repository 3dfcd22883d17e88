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
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Routes and router MACs that FRR told, by L3VNI.  They are kept whether or
 * not a VPC has the L3VNI, as they may be known before it is. */

/* A VTEP that routes of a VRF lead to by its L3VNI. */
struct vrf_vtep {
    struct hmap_node hmap_node; /* In struct vrf's 'vteps', by 'ip'. */
    struct in6_addr ip;
    size_t n_hops;              /* Of routes. */
};

static struct vrf *
vrf_find(const struct model *m, uint32_t l3vni)
{
    struct vrf *vrf;

    HMAP_FOR_EACH_WITH_HASH (vrf, hmap_node, hash_int(l3vni, 0), &m->vrfs) {
        if (vrf->l3vni == l3vni) {
            return vrf;
        }
    }
    return NULL;
}

static struct vrf *
vrf_get(struct model *m, uint32_t l3vni)
{
    struct vrf *vrf = vrf_find(m, l3vni);

    if (!vrf) {
        vrf = xzalloc(sizeof *vrf);
        vrf->l3vni = l3vni;
        hmap_init(&vrf->routes);
        hmap_init(&vrf->router_macs);
        hmap_init(&vrf->vteps);
        hmap_insert(&m->vrfs, &vrf->hmap_node, hash_int(l3vni, 0));
    }
    return vrf;
}

static void
vrf_gc(struct model *m, struct vrf *vrf)
{
    if (hmap_is_empty(&vrf->routes) && hmap_is_empty(&vrf->router_macs)) {
        hmap_remove(&m->vrfs, &vrf->hmap_node);
        hmap_destroy(&vrf->routes);
        hmap_destroy(&vrf->router_macs);
        hmap_destroy(&vrf->vteps);
        free(vrf);
    }
}

static uint32_t
hash_prefix(const struct in6_addr *prefix, uint8_t plen)
{
    return hash_bytes(prefix, sizeof *prefix, plen);
}

static struct route *
route_find(const struct vrf *vrf, const struct in6_addr *prefix, uint8_t plen)
{
    struct route *route;

    HMAP_FOR_EACH_WITH_HASH (route, hmap_node, hash_prefix(prefix, plen),
                             &vrf->routes) {
        if (route->plen == plen && ipv6_addr_equals(&route->prefix, prefix)) {
            return route;
        }
    }
    return NULL;
}

static struct router_mac *
router_mac_find(const struct vrf *vrf, const struct in6_addr *ip)
{
    struct router_mac *rmac;

    HMAP_FOR_EACH_WITH_HASH (rmac, hmap_node, hash_prefix(ip, 0),
                             &vrf->router_macs) {
        if (ipv6_addr_equals(&rmac->ip, ip)) {
            return rmac;
        }
    }
    return NULL;
}

static void
route_dirty(struct model *m, const struct vrf *vrf, const struct route *route)
{
    struct owner owner = owner_route(vrf->l3vni, &route->prefix, route->plen);

    owner_set_add(&m->dirty, &owner);
}

static void
router_mac_dirty(struct model *m, const struct vrf *vrf,
                 const struct router_mac *rmac)
{
    struct owner owner = owner_router_mac(vrf->l3vni, &rmac->ip);

    owner_set_add(&m->dirty, &owner);
}

/* Makes all routes and router MACs of the VPC with 'l3vni' dirty. */
void
vrf_dirty_all(struct model *m, uint32_t l3vni)
{
    const struct vrf *vrf = vrf_find(m, l3vni);
    const struct router_mac *rmac;
    const struct route *route;

    if (vrf) {
        HMAP_FOR_EACH (route, hmap_node, &vrf->routes) {
            route_dirty(m, vrf, route);
        }
        HMAP_FOR_EACH (rmac, hmap_node, &vrf->router_macs) {
            router_mac_dirty(m, vrf, rmac);
        }
    }
}

static struct vrf_vtep *
vtep_find(const struct vrf *vrf, const struct in6_addr *ip)
{
    struct vrf_vtep *vtep;

    HMAP_FOR_EACH_WITH_HASH (vtep, hmap_node, hash_prefix(ip, 0),
                             &vrf->vteps) {
        if (ipv6_addr_equals(&vtep->ip, ip)) {
            return vtep;
        }
    }
    return NULL;
}

static void
router_mac_destroy(struct model *m, struct vrf *vrf, struct router_mac *rmac)
{
    router_mac_dirty(m, vrf, rmac);
    hmap_remove(&vrf->router_macs, &rmac->hmap_node);
    free(rmac);
}

/* A hop of a route of 'vrf' leads to 'ip'. */
static void
vtep_ref(struct vrf *vrf, const struct in6_addr *ip)
{
    struct vrf_vtep *vtep = vtep_find(vrf, ip);

    if (!vtep) {
        vtep = xzalloc(sizeof *vtep);
        vtep->ip = *ip;
        hmap_insert(&vrf->vteps, &vtep->hmap_node, hash_prefix(ip, 0));
    }
    vtep->n_hops++;
}

/* A hop of a route of 'vrf' does not lead to 'ip' any more. */
static void
vtep_unref(struct model *m, struct vrf *vrf, const struct in6_addr *ip)
{
    struct vrf_vtep *vtep = vtep_find(vrf, ip);
    struct router_mac *rmac;

    if (--vtep->n_hops) {
        return;
    }
    rmac = router_mac_find(vrf, ip);
    if (rmac && rmac->held) {
        router_mac_destroy(m, vrf, rmac);
    }
    hmap_remove(&vrf->vteps, &vtep->hmap_node);
    free(vtep);
}

/* The 'n' 'hops' are some of a route of 'vrf', or, if not 'ref', are so no
 * more. */
static void
vtep_ref_all(struct model *m, struct vrf *vrf, const struct route_hop *hops,
             size_t n, bool ref)
{
    for (size_t i = 0; i < n; i++) {
        if (!hops[i].l3 || hops[i].vni != vrf->l3vni) {
            continue;
        } else if (ref) {
            vtep_ref(vrf, &hops[i].ip);
        } else {
            vtep_unref(m, vrf, &hops[i].ip);
        }
    }
}

static void
route_destroy(struct model *m, struct vrf *vrf, struct route *route)
{
    vtep_ref_all(m, vrf, route->hops, route->n_hops, false);
    hop_set_unref(m, route->set);
    hmap_remove(&vrf->routes, &route->hmap_node);
    free(route->hops);
    free(route);
}

/* Frees all that was told of VRFs, and destroys 'm->vrfs'. */
void
vrf_destroy_all(struct model *m)
{
    struct router_mac *rmac;
    struct route *route;
    struct vrf *vrf;

    HMAP_FOR_EACH_SAFE (vrf, hmap_node, &m->vrfs) {
        HMAP_FOR_EACH_SAFE (route, hmap_node, &vrf->routes) {
            route_destroy(m, vrf, route);
        }
        HMAP_FOR_EACH_POP (rmac, hmap_node, &vrf->router_macs) {
            free(rmac);
        }
        vrf_gc(m, vrf);
    }
    hmap_destroy(&m->vrfs);
}

static int
compare_hops(const void *a_, const void *b_)
{
    const struct route_hop *a = a_;
    const struct route_hop *b = b_;

    return (a->vni != b->vni ? (a->vni < b->vni ? -1 : 1)
            : a->l3 != b->l3 ? (a->l3 < b->l3 ? -1 : 1)
            : memcmp(&a->ip, &b->ip, sizeof a->ip));
}

/* 'route' of 'vrf' leads to the 'n' 'hops' from now on, which it takes. */
static void
route_set_hops(struct model *m, struct vrf *vrf, struct route *route,
               struct route_hop *hops, size_t n)
{
    struct hop_set *old = route->set;

    vtep_ref_all(m, vrf, hops, n, true);
    vtep_ref_all(m, vrf, route->hops, route->n_hops, false);
    free(route->hops);
    route->hops = hops;
    route->n_hops = n;
    route->set = n > 1 ? hop_set_get(m, hops, n) : NULL;
    hop_set_unref(m, old);
}

/* Takes over a route, new or changed, of the VRF with 'l3vni'. */
void
model_put_route(struct model *m, uint32_t l3vni, const struct fact_route *fact)
{
    struct vrf *vrf = vrf_get(m, l3vni);
    struct route *route = route_find(vrf, &fact->prefix, fact->plen);
    struct route_hop *hops = xmemdup(fact->hops,
                                     fact->n_hops * sizeof *fact->hops);
    bool same = route && route->n_hops == fact->n_hops;

    if (fact->n_hops) {
        qsort(hops, fact->n_hops, sizeof *hops, compare_hops);
    }
    if (!route) {
        route = xzalloc(sizeof *route);
        route->prefix = fact->prefix;
        route->plen = fact->plen;
        hmap_insert(&vrf->routes, &route->hmap_node,
                    hash_prefix(&fact->prefix, fact->plen));
    }
    for (size_t i = 0; same && i < fact->n_hops; i++) {
        same = !compare_hops(&hops[i], &route->hops[i]);
    }
    if (same) {
        free(hops);
    } else {
        route_set_hops(m, vrf, route, hops, fact->n_hops);
        route_dirty(m, vrf, route);
    }
}

/* Forgets the route to 'prefix' of length 'plen', if it is known. */
void
model_del_route(struct model *m, uint32_t l3vni,
                const struct in6_addr *prefix, uint8_t plen)
{
    struct vrf *vrf = vrf_find(m, l3vni);
    struct route *route = vrf ? route_find(vrf, prefix, plen) : NULL;

    if (route) {
        route_dirty(m, vrf, route);
        route_destroy(m, vrf, route);
        vrf_gc(m, vrf);
    }
}

/* The router of the VTEP 'ip' has 'mac' in the VRF with 'l3vni'. */
void
model_put_router_mac(struct model *m, uint32_t l3vni,
                     const struct in6_addr *ip, struct eth_addr mac)
{
    struct vrf *vrf = vrf_get(m, l3vni);
    struct router_mac *rmac = router_mac_find(vrf, ip);

    if (!rmac) {
        rmac = xzalloc(sizeof *rmac);
        rmac->ip = *ip;
        hmap_insert(&vrf->router_macs, &rmac->hmap_node, hash_prefix(ip, 0));
    }
    rmac->held = false;
    if (eth_addr_equals(rmac->mac, mac)) {
        return;
    }
    rmac->mac = mac;
    router_mac_dirty(m, vrf, rmac);
}

/* Forgets the MAC of the router of the VTEP 'ip', if it is known, unless a
 * route leads there: then with the last such route. */
void
model_del_router_mac(struct model *m, uint32_t l3vni,
                     const struct in6_addr *ip)
{
    struct vrf *vrf = vrf_find(m, l3vni);
    struct router_mac *rmac = vrf ? router_mac_find(vrf, ip) : NULL;

    if (rmac && vtep_find(vrf, ip)) {
        rmac->held = true;
    } else if (rmac) {
        router_mac_destroy(m, vrf, rmac);
        vrf_gc(m, vrf);
    }
}

/* The switch, from before this daemon, has it that the router of the VTEP 'ip'
 * has 'mac' in the VRF with 'l3vni'.  If FRR tells of none, and a route leads
 * there, it had taken it back before: it is kept, as model_del_router_mac()
 * does.  Routes have to be known by now. */
void
model_adopt_router_mac(struct model *m, uint32_t l3vni,
                       const struct in6_addr *ip, struct eth_addr mac)
{
    struct vrf *vrf = vrf_find(m, l3vni);

    if (vrf && vtep_find(vrf, ip) && !router_mac_find(vrf, ip)) {
        model_put_router_mac(m, l3vni, ip, mac);
        router_mac_find(vrf, ip)->held = true;
    }
}

/* Returns what FRR told of 'l3vni', or null if that is nothing. */
const struct vrf *
model_vrf(const struct model *m, uint32_t l3vni)
{
    return vrf_find(m, l3vni);
}

/* Returns the route of 'vrf' to exactly 'prefix' of length 'plen' (96 more for
 * IPv4), or null. */
const struct route *
vrf_route(const struct vrf *vrf, const struct in6_addr *prefix, uint8_t plen)
{
    return route_find(vrf, prefix, plen);
}

/* Returns the router of the VTEP 'ip' in 'vrf', or null. */
const struct router_mac *
vrf_router_mac(const struct vrf *vrf, const struct in6_addr *ip)
{
    return router_mac_find(vrf, ip);
}
