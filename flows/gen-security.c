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
#include "flows/gen.h"

#include <netinet/icmp6.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "flows/security.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* Port security: a VM sends from its addresses only.
 *
 * A port's own MACs go with its IPs, with link-local addresses made of these
 * MACs (RFC 4291 appendix A) and with address pairs that name no MAC; the MAC
 * of a pair goes with the prefix of that pair, and the link-local address made
 * of it.  To need flows for the sum of MACs and IPs and not for their product,
 * FLAG_OWN remembers that a MAC, of the frame or in ARP or ND, is an own one;
 * that of a pair is matched again together with the IP. */

/* Router solicitations with options that ovs-ext looks at, of one port, per
 * second and at once: far more than hosts send (RFC 4861 section 6.3.7). */
#define RS_RATE 10
#define RS_BURST 20

/* Length of one without options and extension headers. */
#define RS_LEN (ETH_HEADER_LEN + IPV6_HEADER_LEN \
                + sizeof(struct icmp6_data_header))

/* A MAC that a port may send from, and what goes with it. */
struct source {
    const struct port *port;
    bool own;                   /* One of its own. */
    struct eth_addr mac;        /* Else this one. */
};

/* Which MAC a match is about. */
enum mac_field {
    MAC_SOURCE,                 /* Of the frame. */
    MAC_SENDER,                 /* ARP sender, ND source link-layer. */
    MAC_TARGET,                 /* ND target link-layer. */
};

static void
match_mac(struct match *match, enum mac_field field, struct eth_addr mac)
{
    switch (field) {
    case MAC_SOURCE:
        match_set_dl_src(match, mac);
        break;
    case MAC_SENDER:
        match_set_arp_sha(match, mac);
        break;
    case MAC_TARGET:
        match_set_arp_tha(match, mac);
        break;
    }
}

static void
match_tag(struct match *match, const struct port *port)
{
    match_init_catchall(match);
    match_set_reg(match, REG_IN_TAG - MFF_REG0, port->ofport);
}

/* Makes 'match' one of frames of the port of 's' in which the MAC looked at
 * last, which is 'field', is 's'. */
static void
match_source(struct match *match, const struct source *s,
             enum mac_field field)
{
    match_tag(match, s->port);
    if (s->own) {
        match_set_reg_masked(match, REG_FLAGS - MFF_REG0, FLAG_OWN, FLAG_OWN);
    } else {
        match_mac(match, field, s->mac);
    }
}

/* Adds a flow that remembers whether a MAC is an 'own' one, and goes on. */
static void
add_own(struct flow_list *list, uint8_t table_id, struct match *match,
        bool own, uint8_t next)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_set_masked(&ofpacts, REG_FLAGS, own ? FLAG_OWN : 0, FLAG_OWN);
    flow_act_goto(&ofpacts, next);
    flow_list_add(list, table_id, PRIORITY_EXACT, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Adds what lets 'mac' of 'port', its own or not, pass as a MAC, wherever a
 * frame has one. */
static void
add_mac(const struct port *port, struct eth_addr mac, bool own,
        struct flow_list *list)
{
    struct match match;

    match_tag(&match, port);
    match_set_dl_src(&match, mac);
    add_own(list, TABLE_SECURITY_MAC, &match, own, TABLE_SECURITY_IP);

    match_tag(&match, port);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_arp_sha(&match, mac);
    add_own(list, TABLE_SECURITY_IP, &match, own, TABLE_SECURITY_CLAIM);

    /* What QEMU announces a VM by that has moved. */
    match_tag(&match, port);
    match_set_dl_type(&match, htons(ETH_TYPE_RARP));
    match_set_arp_sha(&match, mac);
    security_goto(list, TABLE_SECURITY_IP, PRIORITY_EXACT, &match,
                  TABLE_FROM_VM);

    match_tag(&match, port);
    security_match_nd(&match, ND_NEIGHBOR_SOLICIT);
    match_set_arp_sha(&match, mac);
    security_goto(list, TABLE_SECURITY_ND, PRIORITY_EXACT, &match,
                  TABLE_FROM_VM);

    match_tag(&match, port);
    security_match_nd(&match, ND_NEIGHBOR_ADVERT);
    match_set_arp_tha(&match, mac);
    add_own(list, TABLE_SECURITY_ND, &match, own, TABLE_SECURITY_CLAIM);
}

static void
add_prefix4(const struct source *s, const struct policy_prefix *prefix,
            struct flow_list *list)
{
    ovs_be32 ip = in6_addr_get_mapped_ipv4(&prefix->ip);
    ovs_be32 mask = be32_prefix_mask(prefix->plen);
    struct match match;

    match_source(&match, s, MAC_SOURCE);
    match_set_dl_type(&match, htons(ETH_TYPE_IP));
    match_set_nw_src_masked(&match, ip, mask);
    security_goto(list, TABLE_SECURITY_IP, PRIORITY_EXACT, &match,
                  TABLE_FROM_VM);

    match_source(&match, s, MAC_SENDER);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_nw_src_masked(&match, ip, mask);
    security_goto(list, TABLE_SECURITY_CLAIM, PRIORITY_EXACT, &match,
                  TABLE_FROM_VM);
}

static void
add_prefix6(const struct source *s, const struct policy_prefix *prefix,
            struct flow_list *list)
{
    struct in6_addr mask = ipv6_create_mask(prefix->plen);
    struct match match;

    match_source(&match, s, MAC_SOURCE);
    match_set_dl_type(&match, htons(ETH_TYPE_IPV6));
    match_set_ipv6_src_masked(&match, &prefix->ip, &mask);
    security_goto(list, TABLE_SECURITY_IP, PRIORITY_EXACT, &match,
                  TABLE_SECURITY_ND);

    match_source(&match, s, MAC_TARGET);
    security_match_nd(&match, ND_NEIGHBOR_ADVERT);
    match_set_nd_target_masked(&match, &prefix->ip, &mask);
    security_goto(list, TABLE_SECURITY_CLAIM, PRIORITY_EXACT, &match,
                  TABLE_FROM_VM);
    if (!s->own) {
        /* Without the option, it is about the sender of the frame. */
        match_source(&match, s, MAC_SOURCE);
        security_match_nd(&match, ND_NEIGHBOR_ADVERT);
        match_set_arp_tha(&match, eth_addr_zero);
        match_set_nd_target_masked(&match, &prefix->ip, &mask);
        security_goto(list, TABLE_SECURITY_CLAIM, PRIORITY_EXACT, &match,
                      TABLE_FROM_VM);
    }
}

/* Adds what lets 'prefix' pass as an IP of 's'. */
static void
add_prefix(const struct source *s, const struct policy_prefix *prefix,
           struct flow_list *list)
{
    if (IN6_IS_ADDR_V4MAPPED(&prefix->ip)) {
        add_prefix4(s, prefix, list);
    } else {
        add_prefix6(s, prefix, list);
    }
}

static void
add_ip(const struct source *s, const struct in6_addr *ip,
       struct flow_list *list)
{
    add_prefix(s, &(struct policy_prefix) {
        .ip = *ip,
        .plen = IN6_IS_ADDR_V4MAPPED(ip) ? 32 : 128,
    }, list);
}

/* The link-local address that an interface with 'mac' has. */
static void
add_lla(const struct source *s, struct eth_addr mac, struct flow_list *list)
{
    struct in6_addr lla;

    in6_generate_lla(mac, &lla);
    add_ip(s, &lla, list);
}

static bool
has_ip(const struct port *port, const struct in6_addr *ip)
{
    for (size_t i = 0; i < port->n_ips; i++) {
        if (ipv6_addr_equals(&port->ips[i], ip)) {
            return true;
        }
    }
    return false;
}

static bool
prefix_is_host(const struct policy_prefix *prefix)
{
    return prefix->plen == (IN6_IS_ADDR_V4MAPPED(&prefix->ip) ? 32 : 128);
}

/* Returns true if 'prefix' is the link-local address made of 'mac'. */
static bool
prefix_is_lla(const struct policy_prefix *prefix, struct eth_addr mac)
{
    struct in6_addr lla;

    in6_generate_lla(mac, &lla);
    return prefix_is_host(prefix) && ipv6_addr_equals(&lla, &prefix->ip);
}

/* Returns true if 'pair' is about the own MACs of 'port'. */
static bool
pair_is_own(const struct port *port, const struct address_pair *pair)
{
    return (eth_addr_is_zero(pair->mac)
            || port_has_mac(port, pair->mac));
}

static bool
pair_mac_equal(const struct port *port, const struct address_pair *a,
               const struct address_pair *b)
{
    return (eth_addr_equals(a->mac, b->mac)
            || (pair_is_own(port, a) && pair_is_own(port, b)));
}

/* Returns true if a pair of 'port' before the one with index 'i' has the MAC
 * of that one, with 'prefix' also the prefix. */
static bool
has_pair(const struct port *port, size_t i, bool prefix)
{
    const struct address_pair *pair = &port->row.pairs[i];

    for (size_t j = 0; j < i; j++) {
        const struct address_pair *p = &port->row.pairs[j];

        if (pair_mac_equal(port, p, pair)
            && (!prefix
                || (ipv6_addr_equals(&p->prefix.ip, &pair->prefix.ip)
                    && p->prefix.plen == pair->prefix.plen))) {
            return true;
        }
    }
    return false;
}

/* Returns true if 'prefix' is all of IPv4 or IPv6 where 'port' may send from
 * that anyway, or an address that it has, or that is made of a MAC of its. */
static bool
has_prefix(const struct port *port, const struct policy_prefix *prefix)
{
    if (!prefix->plen && port->security == SECURITY_MAC) {
        return true;
    }
    for (size_t i = 0; i < port->n_macs; i++) {
        if (prefix_is_lla(prefix, port->macs[i])) {
            return true;
        }
    }
    return prefix_is_host(prefix) && has_ip(port, &prefix->ip);
}

/* The addresses that are a port's own. */
static void
add_own_addresses(const struct port *port, struct flow_list *list)
{
    const struct source own = { .port = port, .own = true };

    for (size_t i = 0; i < port->n_macs; i++) {
        struct in6_addr lla;

        add_mac(port, port->macs[i], true, list);
        in6_generate_lla(port->macs[i], &lla);
        if (!has_ip(port, &lla)) {
            add_ip(&own, &lla, list);
        }
    }
    for (size_t i = 0; i < port->n_ips; i++) {
        add_ip(&own, &port->ips[i], list);
    }
    if (port->security == SECURITY_MAC) {
        const struct policy_prefix any4 = { .ip = in6_addr_mapped_ipv4(0) };
        const struct policy_prefix any6 = { .ip = in6addr_any };

        add_prefix(&own, &any4, list);
        add_prefix(&own, &any6, list);
    }
}

/* Address pair 'i' of 'port'. */
static void
add_pair(const struct port *port, size_t i, struct flow_list *list)
{
    const struct address_pair *pair = &port->row.pairs[i];
    const struct source source = {
        .port = port,
        .own = pair_is_own(port, pair),
        .mac = pair->mac,
    };

    if (!source.own && !has_pair(port, i, false)) {
        add_mac(port, pair->mac, false, list);
        add_lla(&source, pair->mac, list);
    }
    if (!has_pair(port, i, true)
        && !(source.own ? has_prefix(port, &pair->prefix)
             : prefix_is_lla(&pair->prefix, pair->mac))) {
        add_prefix(&source, &pair->prefix, list);
    }
}

static void
match_rs(struct match *match)
{
    match_init_catchall(match);
    match_set_dl_type(match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(match, IPPROTO_ICMPV6);
    match_set_icmp_type(match, ND_ROUTER_SOLICIT);
}

/* Lets ovs-ext look at router solicitations of 'port' with options. */
static void
add_punt_rs(const struct port *port, struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    flow_list_add_meter(list, METER_RS | port->ofport, RS_RATE, RS_BURST);
    match_rs(&match);
    match_set_reg(&match, REG_IN_TAG - MFF_REG0, port->ofport);
    match_set_reg_masked(&match, REG_FLAGS - MFF_REG0, FLAG_OPTIONS,
                         FLAG_OPTIONS);
    flow_act_punt(&ofpacts, PUNT_RS, METER_RS | port->ofport, NULL, 0);
    flow_list_add(list, TABLE_SECURITY_CLAIM, PRIORITY_EXACT, &match,
                  &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the VM of 'port', which is active, may send from, and
 * what counts the rest. */
void
gen_port_security(const struct port *port, struct flow_list *list)
{
    struct match match;

    for (enum security_reason r = 1; r < DROP_N_REASONS; r++) {
        if (security_reason_applies(port, r)) {
            security_match_counter(&match, port, r);
            flow_list_add(list, TABLE_SECURITY_DROP, PRIORITY_EXACT, &match,
                          NULL);
        }
    }
    if (port->security >= SECURITY_MAC) {
        add_punt_rs(port, list);
        add_own_addresses(port, list);
        for (size_t i = 0; i < port->row.n_pairs; i++) {
            add_pair(port, i, list);
        }
    }
}

/* What is the same for all ports. */

static void
drop_type(struct flow_list *list, uint8_t table_id, uint16_t dl_type,
          enum security_reason reason)
{
    struct match match;

    match_init_catchall(&match);
    match_set_dl_type(&match, htons(dl_type));
    security_drop(list, table_id, PRIORITY_KIND, &match, reason);
}

static void
next_by_default(struct flow_list *list, uint8_t table_id)
{
    struct match match;

    match_init_catchall(&match);
    security_goto(list, table_id, PRIORITY_NEXT, &match, TABLE_FROM_VM);
}

static void
match_unspecified(struct match *match, const char *dst, uint8_t type)
{
    struct in6_addr ip, mask;

    match_init_catchall(match);
    security_match_nd(match, type);
    match_set_ipv6_src(match, &in6addr_any);
    ovs_assert(!ipv6_parse_masked(dst, &ip, &mask));
    match_set_ipv6_dst_masked(match, &ip, &mask);
}

/* Who has no IPv6 address yet may look for duplicates (RFC 4862 section 5.4.2:
 * without a source link-layer address, RFC 4861 section 4.3), for routers, and
 * report groups (RFC 3810 section 5.2.13, RFC 2710). */
static void
add_unspecified6(struct flow_list *list)
{
    static const uint8_t types[] = {
        MLD_LISTENER_REPORT, MLD_LISTENER_REDUCTION, 143 /* MLDv2 report. */
    };
    struct match match;

    match_unspecified(&match, "ff00::/8", ND_ROUTER_SOLICIT);
    security_goto(list, TABLE_SECURITY_IP, PRIORITY_OF_KIND, &match,
                  TABLE_SECURITY_ND);

    match_unspecified(&match, "ff02::1:ff00:0/104", ND_NEIGHBOR_SOLICIT);
    match_set_arp_sha(&match, eth_addr_zero);
    security_goto(list, TABLE_SECURITY_IP, PRIORITY_OF_KIND, &match,
                  TABLE_SECURITY_ND);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        match_unspecified(&match, "ff00::/8", types[i]);
        security_goto(list, TABLE_SECURITY_IP, PRIORITY_OF_KIND, &match,
                      TABLE_FROM_VM);
    }
}

/* Who has no IPv4 address yet may ask for one by DHCP (RFC 2131 section 4.1),
 * and probe whether it is in use (RFC 5227 section 2.1.1). */
static void
add_unspecified4(struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    match_set_dl_type(&match, htons(ETH_TYPE_IP));
    match_set_nw_proto(&match, IPPROTO_UDP);
    match_set_nw_src(&match, htonl(0));
    match_set_nw_dst(&match, htonl(UINT32_MAX));
    match_set_tp_src(&match, htons(68));
    match_set_tp_dst(&match, htons(67));
    security_goto(list, TABLE_SECURITY_IP, PRIORITY_OF_KIND, &match,
                  TABLE_FROM_VM);

    match_init_catchall(&match);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_nw_proto(&match, ARP_OP_REQUEST);
    match_set_nw_src(&match, htonl(0));
    security_goto(list, TABLE_SECURITY_CLAIM, PRIORITY_OF_KIND, &match,
                  TABLE_FROM_VM);
}

/* Neighbour discovery: solicitations and advertisements without a link-layer
 * address are about the sender of the frame, which is known already.  A
 * message that Open vSwitch cannot parse, such as one with the same option
 * twice, has no target. */
static void
add_nd(struct flow_list *list)
{
    static const uint8_t types[] = {
        ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT
    };
    struct match match;

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        match_init_catchall(&match);
        match_set_dl_type(&match, htons(ETH_TYPE_IPV6));
        match_set_nw_proto(&match, IPPROTO_ICMPV6);
        match_set_icmp_type(&match, types[i]);
        security_drop(list, TABLE_SECURITY_ND, PRIORITY_KIND, &match,
                      DROP_ND_SPOOF);
    }
    match_init_catchall(&match);
    security_match_nd(&match, ND_NEIGHBOR_SOLICIT);
    match_set_nd_target(&match, &in6addr_any);
    security_drop(list, TABLE_SECURITY_ND, PRIORITY_GUARD, &match,
                  DROP_ND_SPOOF);
    match_init_catchall(&match);
    security_match_nd(&match, ND_NEIGHBOR_SOLICIT);
    match_set_arp_sha(&match, eth_addr_zero);
    security_goto(list, TABLE_SECURITY_ND, PRIORITY_OF_KIND, &match,
                  TABLE_FROM_VM);
    match_init_catchall(&match);
    security_match_nd(&match, ND_NEIGHBOR_ADVERT);
    match_set_arp_tha(&match, eth_addr_zero);
    security_goto(list, TABLE_SECURITY_ND, PRIORITY_OF_KIND, &match,
                  TABLE_SECURITY_CLAIM);
}

/* Router solicitations: of these, Open vSwitch does not parse the options, so
 * one that is too long to have none is handed over; it comes again when it was
 * found good. */
static void
add_rs(struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_rs(&match);
    flow_act_check_larger(&ofpacts, RS_LEN, REG_FLAGS, FLAG_OPTIONS);
    flow_act_goto(&ofpacts, TABLE_SECURITY_CLAIM);
    flow_list_add(list, TABLE_SECURITY_ND, PRIORITY_KIND, &match, &ofpacts);

    ofpbuf_clear(&ofpacts);
    match_set_reg(&match, REG_REASON - MFF_REG0, SECURITY_CHECKED);
    flow_act_set(&ofpacts, REG_REASON, 0);
    flow_act_goto(&ofpacts, TABLE_FROM_VM);
    flow_list_add(list, TABLE_SECURITY_ND, PRIORITY_OF_KIND, &match,
                  &ofpacts);
    ofpbuf_uninit(&ofpacts);

    match_rs(&match);
    match_set_reg_masked(&match, REG_FLAGS - MFF_REG0, 0, FLAG_OPTIONS);
    security_goto(list, TABLE_SECURITY_CLAIM, PRIORITY_OF_KIND, &match,
                  TABLE_FROM_VM);
}

/* Appends to 'list' what the tables of port security have for all ports. */
void
gen_host_security(struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    match_set_reg_masked(&match, REG_FLAGS - MFF_REG0, FLAG_SECURE,
                         FLAG_SECURE);
    security_goto(list, TABLE_ADMIT, PRIORITY_KIND, &match,
                  TABLE_SECURITY_MAC);

    match_init_catchall(&match);
    security_drop(list, TABLE_SECURITY_MAC, PRIORITY_NEXT, &match,
                  DROP_SOURCE_MAC);
    drop_type(list, TABLE_SECURITY_IP, ETH_TYPE_ARP, DROP_ARP_SPOOF);
    drop_type(list, TABLE_SECURITY_IP, ETH_TYPE_RARP, DROP_ARP_SPOOF);
    drop_type(list, TABLE_SECURITY_IP, ETH_TYPE_IP, DROP_IP_SPOOF);
    drop_type(list, TABLE_SECURITY_IP, ETH_TYPE_IPV6, DROP_IP_SPOOF);
    next_by_default(list, TABLE_SECURITY_IP);
    add_unspecified4(list);
    add_unspecified6(list);
    add_nd(list);
    add_rs(list);
    next_by_default(list, TABLE_SECURITY_ND);
    drop_type(list, TABLE_SECURITY_CLAIM, ETH_TYPE_ARP, DROP_ARP_SPOOF);
    drop_type(list, TABLE_SECURITY_CLAIM, ETH_TYPE_IPV6, DROP_ND_SPOOF);
}
