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

/* The router: what all VPCs share, what a VPC and a network have of it, and
 * routes.  route.h draws the map. */

#include <config.h>
#include "flows/gen.h"

#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/route.h"
#include "flows/spread.h"
#include "hash.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Which of several flows for the same prefix counts. */
enum rank {
    RANK_VRF,                   /* A route that the kernel has. */
    RANK_CONNECTED,             /* A network of the VPC that is here. */
    RANK_HERE,                  /* A VM of this host. */
};

static uint16_t
route_priority(const struct in6_addr *ip, uint8_t plen, enum rank rank)
{
    bool v4 = IN6_IS_ADDR_V4MAPPED(ip) && plen >= 96;

    return PRIORITY_ROUTE + 4 * (plen - (v4 ? 96 : 0)) + rank;
}

/* Adds a flow to TABLE_ROUTE for the prefix of 'ip' of length 'plen', 96 more
 * for IPv4. */
static void
add_route(uint32_t l3vni, const struct in6_addr *ip, uint8_t plen,
          enum rank rank, const struct ofpbuf *ofpacts, struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    match_set_reg(&match, REG_VRF - MFF_REG0, l3vni);
    route_match_dst(&match, ip, plen);
    flow_list_add(list, TABLE_ROUTE, route_priority(ip, plen, rank), &match,
                  ofpacts);
}

static enum route_family
family_of(const struct in6_addr *ip, uint8_t plen)
{
    return (IN6_IS_ADDR_V4MAPPED(ip) && plen >= 96 ? ROUTE_IPV4
            : ROUTE_IPV6);
}

/* What VMs of 'net' send to their gateway's MAC is routed if it is IP; nothing
 * else, and nothing from another host, is for this router. */
static void
add_in(const struct network *net, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    flow_act_set(&ofpacts, REG_VRF, net->vpc->l3vni);
    flow_act_goto(&ofpacts, TABLE_ROUTE);
    for (int i = 0; i < ROUTE_N_FAMILIES; i++) {
        match_init_catchall(&match);
        match_set_metadata(&match, htonll(net->vni));
        route_match_flags(&match, 0, FLAG_FROM_TUNNEL);
        match_set_dl_dst(&match, net->gateway_mac);
        route_match_family(&match, i);
        flow_list_add(list, TABLE_ROUTE_IN, PRIORITY_EXACT, &match, &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);

    match_init_catchall(&match);
    match_set_metadata(&match, htonll(net->vni));
    match_set_dl_dst(&match, net->gateway_mac);
    flow_list_add(list, TABLE_ROUTE_IN, PRIORITY_UNKNOWN, &match, NULL);
}

/* Has another gateway of 'net' before the 'i'th one the same prefix? */
static bool
prefix_is_known(const struct network *net, size_t i)
{
    struct in6_addr prefix = gateway_prefix(&net->gateways[i]);

    for (size_t j = 0; j < i; j++) {
        struct in6_addr other = gateway_prefix(&net->gateways[j]);

        if (net->gateways[j].plen == net->gateways[i].plen
            && ipv6_addr_equals(&prefix, &other)) {
            return true;
        }
    }
    return false;
}

/* The prefix of the 'i'th gateway of 'net': each address is the next hop to
 * itself. */
static void
add_connected(const struct network *net, size_t i, struct flow_list *list)
{
    const struct gateway *gateway = &net->gateways[i];
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct in6_addr prefix = gateway_prefix(gateway);
    bool v4 = IN6_IS_ADDR_V4MAPPED(&gateway->ip);
    uint8_t plen = gateway->plen + (v4 ? 96 : 0);

    if (!IN6_IS_ADDR_LINKLOCAL(&gateway->ip) && !prefix_is_known(net, i)) {
        flow_act_set(&ofpacts, MFF_METADATA, net->vni);
        route_act_key_dst(&ofpacts, family_of(&prefix, plen));
        flow_act_goto(&ofpacts, TABLE_NEXT_HOP);
        add_route(net->vpc->l3vni, &prefix, plen, RANK_CONNECTED, &ofpacts,
                  list);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Next hops in 'net' whose MACs nobody knows are to be resolved. */
static void
add_resolve(const struct network *net, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_metadata(&match, htonll(net->vni));
    route_act_punt(&ofpacts, ROUTE_METER_RESOLVE, PUNT_RESOLVE, NULL, 0);
    flow_list_add(list, TABLE_NEXT_HOP, PRIORITY_UNKNOWN, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* What was routed to 'net' must fit there. */
static void
add_size(const struct network *net, struct flow_list *list)
{
    uint16_t mtu = network_mtu(net);
    ovs_be16 arg = htons(mtu);
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_metadata(&match, htonll(net->vni));
    route_match_flags(&match, 0, FLAG_TO_TUNNEL);
    flow_act_check_larger(&ofpacts, MIN(mtu + ETH_HEADER_LEN, UINT16_MAX),
                          REG_FLAGS, FLAG_TOO_BIG);
    flow_act_resubmit(&ofpacts, TABLE_ROUTE_OUT);
    flow_list_add(list, TABLE_ROUTED, PRIORITY_EXACT, &match, &ofpacts);

    route_match_flags(&match, FLAG_TOO_BIG, FLAG_TO_TUNNEL | FLAG_TOO_BIG);
    ofpbuf_clear(&ofpacts);
    route_act_punt(&ofpacts, ROUTE_METER_ERROR, PUNT_TOO_BIG, &arg,
                   sizeof arg);
    flow_list_add(list, TABLE_ROUTE_OUT, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the router has of 'net', which is active. */
void
gen_network_route(const struct network *net, struct flow_list *list)
{
    if (!network_is_routed(net)) {
        return;
    }
    gen_network_gateway(net, list);
    add_in(net, list);
    for (size_t i = 0; i < net->n_gateways; i++) {
        add_connected(net, i, list);
    }
    add_resolve(net, list);
    add_size(net, list);
}

/* Appends to 'list' how 'local' of 'net', which is active, is reached: as a
 * destination, whatever was told of it elsewhere, and as a next hop. */
void
gen_local_ip_route(const struct network *net, const struct local_ip *local,
                   struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    if (network_routes_to(net, &local->ip)) {
        flow_act_set(&ofpacts, MFF_METADATA, net->vni);
        flow_act_set(&ofpacts, MFF_ETH_SRC,
                     eth_addr_to_uint64(net->gateway_mac));
        flow_act_set(&ofpacts, MFF_ETH_DST, eth_addr_to_uint64(local->mac));
        flow_act_goto(&ofpacts, TABLE_ROUTED);
        add_route(net->vpc->l3vni, &local->ip, 128, RANK_HERE, &ofpacts,
                  list);
        gen_next_hop(net, &local->ip, local->mac, list);
        ofpbuf_uninit(&ofpacts);
    }
}

/* Makes 'hop' the next hop; if it has no address, REG_KEY stays. */
static void
act_hop(const struct route_hop *hop, struct ofpbuf *ofpacts)
{
    flow_act_set(ofpacts, MFF_METADATA, hop->vni);
    if (ipv6_addr_is_set(&hop->ip)) {
        route_act_key(ofpacts, &hop->ip);
    }
}

/* By some of the hops of 'route', each destination is its own next hop. */
static bool
route_is_on_link(const struct route *route)
{
    for (size_t i = 0; i < route->n_hops; i++) {
        if (!ipv6_addr_is_set(&route->hops[i].ip)) {
            return true;
        }
    }
    return false;
}

/* Appends to 'list' what the route of the VPC with 'l3vni' to 'prefix' of
 * length 'plen' has: one flow. */
void
gen_route(const struct model *model, uint32_t l3vni,
          const struct in6_addr *prefix, uint8_t plen, struct flow_list *list)
{
    const struct vpc *vpc = model_vpc(model, l3vni);
    const struct vrf *vrf = model_vrf(model, l3vni);
    const struct route *route = vrf ? vrf_route(vrf, prefix, plen) : NULL;
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    if (!route || !vpc || !vpc_is_active(vpc)) {
        return;
    }
    if (route_is_on_link(route)) {
        route_act_key_dst(&ofpacts, family_of(prefix, plen));
    }
    if (!route->n_hops) {
        route_act_punt(&ofpacts, ROUTE_METER_ERROR, PUNT_UNREACHABLE, NULL,
                       0);
    } else if (route->set) {
        flow_act_group(&ofpacts, GROUP_HOPS | route->set->id);
    } else {
        act_hop(&route->hops[0], &ofpacts);
        flow_act_goto(&ofpacts, TABLE_NEXT_HOP);
    }
    add_route(l3vni, prefix, plen, RANK_VRF, &ofpacts, list);
    ofpbuf_uninit(&ofpacts);
}

/* Stores in 'names' what tells the hops of 'set' apart, as seen by 'host'. */
static void
name_hops(const struct host *host, const struct hop_set *set, uint32_t names[])
{
    uint32_t basis = hash_mac(host->router_mac, 0, 0);

    for (size_t i = 0; i < set->n_hops; i++) {
        const struct route_hop *hop = &set->hops[i];

        names[i] = hash_2words(hash_bytes(&hop->ip, sizeof hop->ip, basis),
                               hash_int(hop->vni, hop->l3));
    }
}

/* Appends to 'list' the group for the set of hops with 'id': a packet goes to
 * one of them, the same for all packets of a flow (spread.h). */
void
gen_hops(const struct model *model, uint32_t id, struct flow_list *list)
{
    const struct hop_set *set = model_hop_set(model, id);
    struct ofputil_group_mod gm;
    uint32_t *names;

    if (!set) {
        return;
    }
    names = xmalloc(set->n_hops * sizeof *names);
    name_hops(&model->host, set, names);
    flow_group_init(&gm, GROUP_HOPS | id, OFPGT11_SELECT);
    for (uint32_t slot = 0; slot < SPREAD_SLOTS; slot++) {
        size_t i = spread_pick(names, set->n_hops, slot);
        uint64_t stub[256 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

        act_hop(&set->hops[i], &ofpacts);
        flow_act_resubmit(&ofpacts, TABLE_NEXT_HOP);
        flow_group_add_bucket(&gm, &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
    free(names);
    flow_list_add_group(list, &gm);
}
