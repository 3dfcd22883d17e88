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

/* The gateway of a network: its addresses are on each host that has ports in
 * the network, and each host answers its own VMs (RFC 9135 section 4.1).
 *
 * ARP requests and neighbour solicitations for it are answered, whatever the
 * network says of suppression, and also those by which someone wants to know
 * if the address is free: it is not.  TABLE_RESPOND does it; see
 * gen-suppress.c.  None of them leaves this host, and what comes from another
 * one about the gateway says nothing here.
 *
 * TABLE_GATEWAY has what is sent to the gateway itself: echo requests become
 * replies, on the way back to the VM, or, for what came by an L3VNI, routed.
 * ovs-ext gets the rest. */

#include <config.h>
#include "flows/gen.h"

#include <netinet/icmp6.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/route.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

static void
match_network(struct match *match, const struct network *net)
{
    match_init_catchall(match);
    match_set_metadata(match, htonll(net->vni));
}

/* ND messages of 'type' for 'ip' in 'net'. */
static void
match_nd(struct match *match, const struct network *net, uint8_t type,
         const struct in6_addr *ip)
{
    match_network(match, net);
    match_set_dl_type(match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(match, IPPROTO_ICMPV6);
    match_set_icmp_type(match, type);
    match_set_icmp_code(match, 0);
    match_set_nd_target(match, ip);
}

/* What VMs ask about the gateway of 'net', 'match', is answered. */
static void
add_answer(const struct network *net, struct match *match,
           struct flow_list *list)
{
    const uint32_t flags = FLAG_ASKS | FLAG_OTHER_MAC;
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    route_match_flags(match, 0, FLAG_FROM_TUNNEL);
    flow_act_set(&ofpacts, REG_ANSWER, eth_addr_to_uint64(net->gateway_mac)
                 | ANSWER_KNOWN | ANSWER_ROUTER);
    flow_act_set_masked(&ofpacts, REG_FLAGS, flags, flags);
    flow_act_goto(&ofpacts, TABLE_RESPOND);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_GUARD, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* What others say and ask about it is nobody's business here. */
static void
add_drop(struct match *match, struct flow_list *list)
{
    route_match_flags(match, FLAG_FROM_TUNNEL, FLAG_FROM_TUNNEL);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_GUARD, match, NULL);
}

/* ARP about 'ip' of the gateway of 'net'. */
static void
add_arp(const struct network *net, ovs_be32 ip, struct flow_list *list)
{
    struct match match;

    match_network(&match, net);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_nw_proto(&match, ARP_OP_REQUEST);
    match_set_nw_dst(&match, ip);
    add_answer(net, &match, list);
    add_drop(&match, list);

    match_network(&match, net);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_nw_proto(&match, ARP_OP_REPLY);
    match_set_nw_src(&match, ip);
    add_drop(&match, list);
}

/* ND about 'ip' of the gateway of 'net'.  What came through a router is no
 * solicitation (RFC 4861 section 7.1.1).  One that cannot be answered, as that
 * needs ovs-ext, which is away, is not for others either. */
static void
add_nd(const struct network *net, const struct in6_addr *ip,
       struct flow_list *list)
{
    struct match match;

    match_nd(&match, net, ND_NEIGHBOR_SOLICIT, ip);
    add_drop(&match, list);
    match_set_nw_ttl(&match, 255);
    add_answer(net, &match, list);
    match_nd(&match, net, ND_NEIGHBOR_ADVERT, ip);
    add_drop(&match, list);
    match_nd(&match, net, ND_NEIGHBOR_SOLICIT, ip);
    flow_list_add(list, TABLE_RESPOND, PRIORITY_KIND, &match, NULL);
}

/* Packets of VMs in 'net' for the link-local address 'ip' of the gateway: it
 * is another one in each network. */
static void
add_link_local(const struct network *net, const struct in6_addr *ip,
               struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_network(&match, net);
    route_match_flags(&match, 0, FLAG_FROM_TUNNEL);
    match_set_dl_dst(&match, net->gateway_mac);
    route_match_dst(&match, ip, 128);
    flow_act_set(&ofpacts, REG_VRF, net->vpc->l3vni);
    flow_act_resubmit(&ofpacts, TABLE_GATEWAY);
    flow_list_add(list, TABLE_ROUTE_IN, PRIORITY_EXCEPTION, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Packets for the address 'ip' of the gateway of 'net', from wherever in the
 * VPC. */
static void
add_global(const struct network *net, const struct in6_addr *ip,
           struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_reg(&match, REG_VRF - MFF_REG0, net->vpc->l3vni);
    route_match_dst(&match, ip, 128);
    flow_act_resubmit(&ofpacts, TABLE_GATEWAY);
    flow_list_add(list, TABLE_ROUTE, PRIORITY_ROUTE_SELF, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

static void
add_address(const struct network *net, const struct in6_addr *ip,
            struct flow_list *list)
{
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        add_arp(net, in6_addr_get_mapped_ipv4(ip), list);
    } else {
        add_nd(net, ip, list);
    }
    if (IN6_IS_ADDR_LINKLOCAL(ip)) {
        add_link_local(net, ip, list);
    } else {
        add_global(net, ip, list);
    }
}

/* Appends to 'list' what the gateway of 'net', which is routed, has. */
void
gen_network_gateway(const struct network *net, struct flow_list *list)
{
    struct in6_addr lla = network_gateway_lla(net);

    add_address(net, &lla, list);
    for (size_t i = 0; i < net->n_gateways; i++) {
        const struct in6_addr *ip = &net->gateways[i].ip;

        if (!ipv6_addr_equals(ip, &lla)) {
            add_address(net, ip, list);
        }
    }
}

/* Exchanges source and destination of the packet's header. */
static void
act_swap_ips(struct ofpbuf *ofpacts, enum route_family family)
{
    if (family == ROUTE_IPV4) {
        flow_act_copy(ofpacts, MFF_IPV4_SRC, REG_SCRATCH);
        flow_act_copy(ofpacts, MFF_IPV4_DST, MFF_IPV4_SRC);
        flow_act_copy(ofpacts, REG_SCRATCH, MFF_IPV4_DST);
    } else {
        flow_act_copy(ofpacts, MFF_IPV6_SRC, MFF_XXREG1);
        flow_act_copy(ofpacts, MFF_IPV6_DST, MFF_IPV6_SRC);
        flow_act_copy(ofpacts, MFF_XXREG1, MFF_IPV6_DST);
    }
}

/* Turns an echo request that 'match' matches into the reply, of 'type', and
 * sends it back: to the VM, or by a route. */
static void
add_echo(enum route_family family, uint16_t priority, struct match *match,
         uint8_t type, bool from_tunnel, struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    route_match_flags(match, from_tunnel ? FLAG_FROM_TUNNEL : 0,
                      FLAG_FROM_TUNNEL);
    act_swap_ips(&ofpacts, family);
    if (match->wc.masks.tp_src) {
        flow_act_set(&ofpacts, (family == ROUTE_IPV4 ? MFF_ICMPV4_TYPE
                                : MFF_ICMPV6_TYPE), type);
    }
    flow_act_set(&ofpacts, MFF_IP_TTL, 64);
    if (from_tunnel) {
        flow_act_set_masked(&ofpacts, REG_FLAGS, 0, FLAG_FROM_TUNNEL);
        flow_act_resubmit(&ofpacts, TABLE_ROUTE);
    } else {
        flow_act_move(&ofpacts, MFF_ETH_SRC, 0, MFF_XREG4, 0, 48);
        flow_act_copy(&ofpacts, MFF_ETH_DST, MFF_ETH_SRC);
        flow_act_move(&ofpacts, MFF_XREG4, 0, MFF_ETH_DST, 0, 48);
        ofpact_put_OUTPUT(&ofpacts)->port = OFPP_IN_PORT;
    }
    flow_list_add(list, TABLE_GATEWAY, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Echo requests (RFC 792, RFC 4443 section 4.1). */
static void
add_echoes(bool from_tunnel, struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    route_match_family(&match, ROUTE_IPV4);
    match_set_nw_proto(&match, IPPROTO_ICMP);
    match_set_icmp_type(&match, ICMP4_ECHO_REQUEST);
    match_set_icmp_code(&match, 0);
    add_echo(ROUTE_IPV4, PRIORITY_EXACT, &match, ICMP4_ECHO_REPLY,
             from_tunnel, list);

    match_init_catchall(&match);
    route_match_family(&match, ROUTE_IPV6);
    match_set_nw_proto(&match, IPPROTO_ICMPV6);
    match_set_icmp_type(&match, ICMP6_ECHO_REQUEST);
    match_set_icmp_code(&match, 0);
    add_echo(ROUTE_IPV6, PRIORITY_EXACT, &match, ICMP6_ECHO_REPLY,
             from_tunnel, list);
}

/* The rest of a request in fragments is the rest of the reply.  Of IPv6, what
 * a later fragment is of cannot be seen; those of something else go back to a
 * sender who has no first one to put them behind, and who drops them. */
static void
add_echo_fragments(enum route_family family, bool from_tunnel,
                   struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    route_match_family(&match, family);
    match_set_nw_proto(&match, (family == ROUTE_IPV4 ? IPPROTO_ICMP
                                : IPPROTO_FRAGMENT));
    match_set_nw_frag(&match, FLOW_NW_FRAG_ANY | FLOW_NW_FRAG_LATER);
    add_echo(family, PRIORITY_EXCEPTION, &match, 0, from_tunnel, list);
}

/* Appends to 'list' what all gateways share. */
void
gen_host_gateway(struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    add_echoes(false, list);
    add_echoes(true, list);
    for (int i = 0; i < ROUTE_N_FAMILIES; i++) {
        add_echo_fragments(i, false, list);
        add_echo_fragments(i, true, list);
    }
    match_init_catchall(&match);
    route_act_punt(&ofpacts, ROUTE_METER_GATEWAY, PUNT_GATEWAY, NULL, 0);
    flow_list_add(list, TABLE_GATEWAY, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}
