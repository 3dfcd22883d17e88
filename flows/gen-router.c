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

/* What the router of this host has once, for each VPC, and for each port. */

#include <config.h>
#include "flows/gen.h"

#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/route.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* A prefix; that of an IPv4 address is 96 more. */
struct prefix {
    const char *ip;
    uint8_t plen;
};

static struct in6_addr
prefix_ip(const struct prefix *prefix)
{
    struct in6_addr ip;

    ovs_assert(ipv6_parse(prefix->ip, &ip));
    return ip;
}

/* Destinations that no router forwards to: this network, loopback, link-local
 * and multicast addresses, and broadcast (RFC 6890, RFC 3927 section 2.7, RFC
 * 4291 sections 2.5 and 2.7); nor from there. */
static void
add_never(struct flow_list *list)
{
    static const struct prefix prefixes[] = {
        { "::ffff:0.0.0.0", 96 + 8 },
        { "::ffff:127.0.0.0", 96 + 8 },
        { "::ffff:169.254.0.0", 96 + 16 },
        { "::ffff:224.0.0.0", 96 + 4 },
        { "::ffff:255.255.255.255", 96 + 32 },
        { "::", 128 },
        { "::1", 128 },
        { "fe80::", 10 },
        { "ff00::", 8 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        struct in6_addr ip = prefix_ip(&prefixes[i]);
        struct match match;

        match_init_catchall(&match);
        route_match_dst(&match, &ip, prefixes[i].plen);
        flow_list_add(list, TABLE_ROUTE, PRIORITY_ROUTE_NEVER, &match, NULL);

        match_init_catchall(&match);
        route_match_src(&match, &ip, prefixes[i].plen);
        flow_list_add(list, TABLE_ROUTE, PRIORITY_ROUTE_NEVER, &match, NULL);
    }
}

/* What there is no flow for: frames that are not for the router, destinations
 * without route, and routers whose MAC is not known (yet). */
static void
add_misses(struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    flow_act_goto(&ofpacts, TABLE_L2_LOCAL);
    flow_list_add(list, TABLE_ROUTE_IN, PRIORITY_NEXT, &match, &ofpacts);

    ofpbuf_clear(&ofpacts);
    route_act_punt(&ofpacts, ROUTE_METER_ERROR, PUNT_UNREACHABLE, NULL, 0);
    flow_list_add(list, TABLE_ROUTE, PRIORITY_NEXT, &match, &ofpacts);
    flow_list_add(list, TABLE_NEXT_HOP, PRIORITY_NEXT, &match, NULL);
    ofpbuf_uninit(&ofpacts);
}

/* Packets that are not to be forwarded any further (RFC 1812 section 5.3.1,
 * RFC 8200 section 3). */
static void
add_ttl(enum route_family family, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    route_match_family(&match, family);
    route_act_punt(&ofpacts, ROUTE_METER_ERROR, PUNT_TTL, NULL, 0);
    for (int ttl = 0; ttl <= 1; ttl++) {
        match_set_nw_ttl(&match, ttl);
        flow_list_add(list, TABLE_ROUTED, PRIORITY_EXCEPTION, &match,
                      &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* A packet that fits leaves: as a frame of a network, to where it may have
 * come from, or to a VTEP. */
static void
add_out(const struct host *host, enum route_family family,
        struct flow_list *list)
{
    const uint32_t mask = FLAG_TO_TUNNEL | FLAG_TOO_BIG;
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    route_match_family(&match, family);
    route_match_flags(&match, 0, mask);
    flow_act_dec_ttl(&ofpacts);
    flow_act_set_masked(&ofpacts, REG_FLAGS, 0, FLAG_FROM_TUNNEL);
    flow_act_set(&ofpacts, MFF_IN_PORT, 0);
    flow_act_resubmit(&ofpacts, TABLE_L2_LOCAL);
    flow_list_add(list, TABLE_ROUTE_OUT, PRIORITY_EXACT, &match, &ofpacts);

    if (host->tunnel_ofport) {
        route_match_flags(&match, FLAG_TO_TUNNEL, mask);
        ofpbuf_clear(&ofpacts);
        flow_act_dec_ttl(&ofpacts);
        flow_act_set(&ofpacts, MFF_IN_PORT, 0);
        flow_act_output(&ofpacts, host->tunnel_ofport);
        flow_list_add(list, TABLE_ROUTE_OUT, PRIORITY_EXACT, &match,
                      &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Packets for a VTEP whose address is of 'family': they must fit into the
 * tunnel, which has room for packets of up to 'room' bytes; 0 if that is
 * unknown. */
static void
add_to_tunnel(enum route_family family, uint32_t room, struct flow_list *list)
{
    const uint32_t flags = (FLAG_TO_TUNNEL
                            | (family == ROUTE_IPV6 ? FLAG_TUNNEL_IPV6 : 0));
    const uint32_t mask = FLAG_TO_TUNNEL | FLAG_TUNNEL_IPV6;
    ovs_be16 arg = htons(MIN(room, UINT16_MAX));
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    route_match_flags(&match, flags, mask);
    if (room) {
        flow_act_check_larger(&ofpacts,
                              MIN(room + ETH_HEADER_LEN, UINT16_MAX),
                              REG_FLAGS, FLAG_TOO_BIG);
    }
    flow_act_resubmit(&ofpacts, TABLE_ROUTE_OUT);
    flow_list_add(list, TABLE_ROUTED, PRIORITY_EXACT, &match, &ofpacts);

    if (room) {
        route_match_flags(&match, flags | FLAG_TOO_BIG, mask | FLAG_TOO_BIG);
        ofpbuf_clear(&ofpacts);
        route_act_punt(&ofpacts, ROUTE_METER_ERROR, PUNT_TOO_BIG, &arg,
                       sizeof arg);
        flow_list_add(list, TABLE_ROUTE_OUT, PRIORITY_EXACT, &match,
                      &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what all VPCs of 'host' share. */
void
gen_host_route(const struct host *host, struct flow_list *list)
{
    add_misses(list);
    add_never(list);
    for (int i = 0; i < ROUTE_N_FAMILIES; i++) {
        add_ttl(i, list);
        add_out(host, i, list);
    }
    add_to_tunnel(ROUTE_IPV4, host->room4, list);
    add_to_tunnel(ROUTE_IPV6, host->room6, list);
    gen_host_gateway(list);
}

/* Adds to 'match' the sender's port 'ofport' (0: it is no VM) and the meter
 * 'kind', and appends a flow by which 'meter' bounds it. */
static void
add_meter_flow(struct match *match, uint32_t ofport, enum route_meter kind,
               uint32_t meter, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_reg(match, REG_IN_TAG - MFF_REG0, ofport);
    match_set_reg(match, REG_METER - MFF_REG0, kind);
    flow_act_meter(&ofpacts, meter);
    flow_list_add(list, TABLE_ROUTE_METER, PRIORITY_EXACT, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what bounds how much of what the VM of 'port', which is
 * active, sends to the router is handed over. */
void
gen_port_route(const struct port *port, struct flow_list *list)
{
    static const struct {
        enum route_meter kind;
        uint32_t meter;
        uint32_t rate, burst;
    } meters[] = {
        { ROUTE_METER_RESOLVE, METER_RESOLVE, ROUTE_RESOLVE_RATE,
          ROUTE_RESOLVE_BURST },
        { ROUTE_METER_ERROR, METER_ROUTE, ROUTE_ERROR_RATE,
          ROUTE_ERROR_BURST },
        { ROUTE_METER_GATEWAY, METER_GATEWAY, ROUTE_GATEWAY_RATE,
          ROUTE_GATEWAY_BURST },
    };

    if (!network_is_routed(port->network)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(meters); i++) {
        uint32_t id = meters[i].meter | port->ofport;
        struct match match;

        flow_list_add_meter(list, id, meters[i].rate, meters[i].burst);
        match_init_catchall(&match);
        add_meter_flow(&match, port->ofport, meters[i].kind, id, list);
    }
}

/* A packet that came by a tunnel may leave by one of the other family, and
 * must not have addresses of both then. */
static void
act_forget_tunnel(const struct host *host, struct ofpbuf *ofpacts)
{
    if (ipv6_addr_is_set(&host->vtep4) && ipv6_addr_is_set(&host->vtep6)) {
        flow_act_set(ofpacts, MFF_TUN_SRC, 0);
        flow_act_set(ofpacts, MFF_TUN_DST, 0);
        ofpact_put_set_field(ofpacts, mf_from_id(MFF_TUN_IPV6_SRC),
                             &in6addr_any, NULL);
        ofpact_put_set_field(ofpacts, mf_from_id(MFF_TUN_IPV6_DST),
                             &in6addr_any, NULL);
    }
}

/* What comes from the routers of other VTEPs by the L3VNI of 'vpc', to the
 * router MAC of 'host'.  Everything else of it is dropped, as is what comes
 * with a VNI that nothing here has. */
static void
add_classify(const struct host *host, const struct vpc *vpc,
             struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_in_port(&match, u16_to_ofp(host->tunnel_ofport));
    match_set_tun_id(&match, htonll(vpc->l3vni));
    match_set_dl_dst(&match, host->router_mac);
    match_set_dl_tci_masked(&match, 0, htons(VLAN_CFI));
    act_forget_tunnel(host, &ofpacts);
    flow_act_set(&ofpacts, REG_VRF, vpc->l3vni);
    flow_act_set(&ofpacts, REG_FLAGS, FLAG_FROM_TUNNEL);
    flow_act_goto(&ofpacts, TABLE_ROUTE);
    for (int i = 0; i < ROUTE_N_FAMILIES; i++) {
        route_match_family(&match, i);
        flow_list_add(list, TABLE_CLASSIFY, PRIORITY_EXACT, &match, &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the VPC with 'l3vni' has, if it is active. */
void
gen_vpc(const struct model *model, uint32_t l3vni, struct flow_list *list)
{
    const struct vpc *vpc = model_vpc(model, l3vni);
    static const enum route_meter errors[] = {
        ROUTE_METER_ERROR, ROUTE_METER_GATEWAY
    };
    struct match match;

    if (!vpc || !vpc_is_active(vpc)) {
        return;
    }
    if (model->host.tunnel_ofport) {
        add_classify(&model->host, vpc, list);
    }
    flow_list_add_meter(list, METER_RESOLVE_TUNNEL | l3vni, ROUTE_TUNNEL_RATE,
                        ROUTE_TUNNEL_BURST);
    flow_list_add_meter(list, METER_ROUTE_TUNNEL | l3vni, ROUTE_TUNNEL_RATE,
                        ROUTE_TUNNEL_BURST);
    match_init_catchall(&match);
    match_set_reg(&match, REG_VRF - MFF_REG0, l3vni);
    add_meter_flow(&match, 0, ROUTE_METER_RESOLVE,
                   METER_RESOLVE_TUNNEL | l3vni, list);
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        add_meter_flow(&match, 0, errors[i], METER_ROUTE_TUNNEL | l3vni,
                       list);
    }
}
