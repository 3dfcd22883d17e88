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
#include "evpn-bridge/kernel-internal.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Routes of the VRFs of VPCs: what FRR and people put there.  Those that the
 * kernel makes of addresses are not looked at, since the model knows the
 * gateways.
 *
 * Of routes to the same prefix the one with the lowest metric counts.  A hop
 * that leads to none of our devices is left out. */

static uint32_t
hash_prefix(const struct in6_addr *prefix, uint8_t plen)
{
    return hash_bytes(prefix, sizeof *prefix, plen);
}

static struct kroute *
route_find(const struct knet *net, const struct in6_addr *prefix,
           uint8_t plen, uint32_t priority)
{
    struct kroute *route;

    HMAP_FOR_EACH_WITH_HASH (route, hmap_node, hash_prefix(prefix, plen),
                             &net->routes) {
        if (route->plen == plen && route->priority == priority
            && ipv6_addr_equals(&route->prefix, prefix)) {
            return route;
        }
    }
    return NULL;
}

/* Returns the route to the prefix of 'any' that counts, or null if there is
 * none now. */
static struct kroute *
route_best(const struct kroute *any)
{
    struct kroute *route, *best = NULL;

    HMAP_FOR_EACH_WITH_HASH (route, hmap_node,
                             hash_prefix(&any->prefix, any->plen),
                             &any->net->routes) {
        if (route->present && route->plen == any->plen
            && ipv6_addr_equals(&route->prefix, &any->prefix)
            && (!best || route->priority < best->priority)) {
            best = route;
        }
    }
    return best;
}

static void
route_set_nhid(struct kernel *k, struct kroute *route, uint32_t nhid)
{
    if (route->nhid) {
        hmap_remove(&k->routes_by_nhid, &route->nhid_node);
    }
    route->nhid = nhid;
    if (nhid) {
        hmap_insert(&k->routes_by_nhid, &route->nhid_node, hash_int(nhid, 0));
    }
}

static void
route_destroy(struct kernel *k, struct kroute *route)
{
    route_set_nhid(k, route, 0);
    hmap_remove(&route->net->routes, &route->hmap_node);
    free(route->hops);
    free(route);
}

static void
route_gc(struct kernel *k, struct kroute *route)
{
    if (!route->present && !route->fact.given && !k->reading[KERNEL_ROUTES]) {
        route_destroy(k, route);
    }
}

/* Appends where 'ifindex' and 'gateway' lead to, if that is to a device of
 * ours, to 'hops', which has '*n'. */
static void
add_hop(const struct kernel *k, int ifindex, const struct in6_addr *gateway,
        struct route_hop *hops, size_t *n)
{
    const struct klink *link = kernel_link(k, ifindex);

    if (link && link->ours && *n < NL_NEXTHOP_MAX
        && (link->role == KLINK_BRIDGE
            || (link->role == KLINK_L3_BRIDGE
                && ipv6_addr_is_set(gateway)))) {
        hops[(*n)++] = (struct route_hop) {
            .vni = link->vni,
            .l3 = link->role == KLINK_L3_BRIDGE,
            .ip = *gateway,
        };
    }
}

/* Stores where 'route' leads to in 'hops', which has room for NL_NEXTHOP_MAX.
 * Returns their number.  The next-hop object counts, if it is known. */
static size_t
route_hops(const struct kernel *k, const struct kroute *route,
           struct route_hop *hops)
{
    const struct knexthop *nh = (route->nhid ? kernel_nexthop(k, route->nhid)
                                 : NULL);
    size_t n = 0;

    if (!nh) {
        for (size_t i = 0; i < route->n_hops; i++) {
            add_hop(k, route->hops[i].ifindex, &route->hops[i].gateway,
                    hops, &n);
        }
    } else if (!nh->nh.n_members) {
        add_hop(k, nh->nh.ifindex, &nh->nh.gateway, hops, &n);
    }
    for (size_t i = 0; nh && i < nh->nh.n_members; i++) {
        const struct knexthop *member = kernel_nexthop(k, nh->nh.members[i]);

        if (member) {
            add_hop(k, member->nh.ifindex, &member->nh.gateway, hops, &n);
        }
    }
    return n;
}

static bool
vrf_is_ours(const struct knet *net)
{
    return (net->vrf && net->vrf->ours
            && net->vrf->l.vrf_table == KERNEL_VRF_TABLE(net->vni));
}

/* Gives the model 'route', which counts.  Returns false if it leads nowhere
 * that we know. */
static bool
route_give(struct kernel *k, struct kroute *route, struct model *model)
{
    struct route_hop hops[NL_NEXTHOP_MAX];
    size_t n = route->drops ? 0 : route_hops(k, route, hops);
    struct fact_route fact = {
        .prefix = route->prefix,
        .plen = route->plen,
        .hops = hops,
        .n_hops = n,
    };

    if (!n && !route->drops) {
        return false;
    }
    kfact_fresh(k, &route->fact);
    model_put_route(model, route->net->vni, &fact);
    return true;
}

/* Looks again at the prefix of 'route', which changed. */
static void
route_sync(struct kernel *k, struct kroute *route, struct model *model)
{
    struct kroute *best = vrf_is_ours(route->net) ? route_best(route) : NULL;
    bool given = best && route_give(k, best, model);

    if (route != best && given && route->fact.given) {
        /* What the model has is that of 'best' now. */
        kfact_gone(k, &route->fact);
    } else if (!given) {
        kfact_stale(k, &route->fact);
    }
}

/* Takes the stale 'fact' of a route from 'model'. */
void
kroute_drop(struct kernel *k, struct kfact *fact, struct model *model)
{
    struct kroute *route = CONTAINER_OF(fact, struct kroute, fact);
    struct knet *net = route->net;
    const struct kroute *best = route_best(route);

    kfact_gone(k, fact);
    if (!best || !best->fact.given) {
        model_del_route(model, net->vni, &route->prefix, route->plen);
    }
    route_gc(k, route);
    knet_gc(k, net);
}

static void
route_update(struct kernel *k, struct kroute *route, const struct nl_route *r)
{
    route->present = !r->deleted;
    if (route->present) {
        route->drops = r->type != RTN_UNICAST;
        free(route->hops);
        route->hops = xmemdup(r->hops, r->n_hops * sizeof *r->hops);
        route->n_hops = r->n_hops;
        route_set_nhid(k, route, r->nhid);
    }
}

/* Route 'r' is there, has changed, or is gone. */
void
kernel_put_route(struct kernel *k, const struct nl_route *r,
                 struct model *model, struct owner_set *dirty OVS_UNUSED)
{
    uint32_t l3vni = r->table & VNI_MAX;
    struct kroute *route;
    struct knet *net;

    if (!l3vni || r->table != KERNEL_VRF_TABLE(l3vni)
        || r->protocol == RTPROT_KERNEL || r->protocol == RTPROT_RA) {
        return;
    }
    net = knet_get(k, l3vni);
    route = route_find(net, &r->prefix, r->plen, r->priority);
    if (!route) {
        route = xzalloc(sizeof *route);
        route->net = net;
        route->prefix = r->prefix;
        route->plen = r->plen;
        route->priority = r->priority;
        route->fact.type = KFACT_ROUTE;
        hmap_insert(&net->routes, &route->hmap_node,
                    hash_prefix(&r->prefix, r->plen));
    }
    if (kseen_touch(k, KERNEL_ROUTES, &route->seen, r->dumped)) {
        route_update(k, route, r);
        route_sync(k, route, model);
    }
    route_gc(k, route);
    knet_gc(k, net);
}

/* Next-hop object 'nhid' changed: looks at the routes that have it. */
void
kernel_routes_of_nexthop(struct kernel *k, uint32_t nhid, struct model *model)
{
    struct kroute *route;

    HMAP_FOR_EACH_WITH_HASH (route, nhid_node, hash_int(nhid, 0),
                             &k->routes_by_nhid) {
        if (route->nhid == nhid) {
            /* The kernel removes routes with it, and does not tell. */
            route->present = route->present && kernel_nexthop(k, nhid);
            route_sync(k, route, model);
        }
    }
}

/* The devices of 'net' changed. */
void
knet_sync_routes(struct kernel *k, struct knet *net, struct model *model)
{
    struct kroute *route;

    HMAP_FOR_EACH_SAFE (route, hmap_node, &net->routes) {
        if (!net->vrf) {
            route->present = false;
        }
        route_sync(k, route, model);
        route_gc(k, route);
    }
}

/* A read of the routes is complete.  Returns true if it must be repeated. */
bool
kernel_route_read_end(struct kernel *k, struct model *model)
{
    struct kroute *route;
    bool again = false;
    struct knet *net;

    HMAP_FOR_EACH_SAFE (net, hmap_node, &k->nets) {
        HMAP_FOR_EACH_SAFE (route, hmap_node, &net->routes) {
            if (route->present
                && kseen_missed(k, KERNEL_ROUTES, &route->seen, &again)) {
                route->present = false;
                route_sync(k, route, model);
            }
            route_gc(k, route);
        }
        knet_gc(k, net);
    }
    return again;
}

/* Frees the routes of 'net'. */
void
knet_free_routes(struct kernel *k, struct knet *net)
{
    struct kroute *route;

    HMAP_FOR_EACH_SAFE (route, hmap_node, &net->routes) {
        route_destroy(k, route);
    }
    hmap_destroy(&net->routes);
}
