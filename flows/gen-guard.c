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
#include "flows/pipeline.h"
#include "flows/security.h"
#include "openvswitch/match.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* What no VM may send without permission: flows in TABLE_ADMIT, for the ports
 * whose flags say so. */

/* Returns the flags of frames that the VM of 'port' sends. */
uint32_t
gen_port_flags(const struct port *port)
{
    const struct port_row *row = &port->row;

    if (port->security == SECURITY_OFF) {
        return 0;
    }
    return (FLAG_GUARD
            | (row->allow_ra ? 0 : FLAG_NO_RA)
            | (row->allow_dhcp_server ? 0 : FLAG_NO_DHCP)
            | (port_is_gateway(port) ? 0 : FLAG_NO_GATEWAY)
            | (port->security >= SECURITY_MAC ? FLAG_SECURE : 0));
}

static void
match_flag(struct match *match, uint32_t flag)
{
    match_init_catchall(match);
    match_set_reg_masked(match, REG_FLAGS - MFF_REG0, flag, flag);
}

/* Of the reasons that a frame gives, the first one counts. */
static void
guard(struct flow_list *list, struct match *match,
      enum security_reason reason)
{
    security_drop(list, TABLE_ADMIT,
                  PRIORITY_GUARD + DROP_N_REASONS - reason, match, reason);
}

/* What TABLE_ADMIT drops anyway, but counted; and what else switches say to
 * each other. */
static void
add_counted(struct flow_list *list)
{
    const struct eth_addr reserved = ETH_ADDR_C(01,80,c2,00,00,00);
    const struct eth_addr reserved_mask = ETH_ADDR_C(ff,ff,ff,ff,ff,f0);
    const struct eth_addr group = ETH_ADDR_C(01,00,00,00,00,00);
    /* CDP, VTP and PVST+, the spanning tree of each VLAN. */
    const struct eth_addr cisco = ETH_ADDR_C(01,00,0c,cc,cc,cc);
    const struct eth_addr cisco_mask = ETH_ADDR_C(ff,ff,ff,ff,ff,fe);
    struct match match;

    match_flag(&match, FLAG_GUARD);
    match_set_dl_dst_masked(&match, reserved, reserved_mask);
    guard(list, &match, DROP_RESERVED_MULTICAST);

    match_flag(&match, FLAG_GUARD);
    match_set_dl_dst_masked(&match, cisco, cisco_mask);
    guard(list, &match, DROP_RESERVED_MULTICAST);

    match_flag(&match, FLAG_GUARD);
    match_set_dl_tci_masked(&match, htons(VLAN_CFI), htons(VLAN_CFI));
    guard(list, &match, DROP_VLAN_TAG);

    match_flag(&match, FLAG_GUARD);
    match_set_dl_src_masked(&match, group, group);
    guard(list, &match, DROP_SOURCE_MAC);
}

static void
match_ip6(struct match *match, uint32_t flag, uint8_t nw_proto)
{
    match_flag(match, flag);
    match_set_dl_type(match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(match, nw_proto);
}

/* Packets whose headers end before they are all there (RFC 7112), and ND in
 * fragments (RFC 6980): nobody could tell what these are.  Open vSwitch has 0
 * (hop-by-hop options, which it never stops at) or, with the kernel datapath,
 * 59 ("no next header") for what it cannot parse, and 0 for an ICMP type or a
 * port that is not there.  For IPv4 there is nothing to do, as a fragment at
 * offset 0 has all of its UDP header. */
static void
add_fragments(struct flow_list *list)
{
    static const uint8_t nd[] = {
        ND_ROUTER_SOLICIT, ND_NEIGHBOR_SOLICIT, ND_NEIGHBOR_ADVERT
    };
    struct match match;

    match_ip6(&match, FLAG_GUARD, IPPROTO_HOPOPTS);
    guard(list, &match, DROP_FRAGMENT);
    match_ip6(&match, FLAG_GUARD, IPPROTO_NONE);
    guard(list, &match, DROP_FRAGMENT);
    match_ip6(&match, FLAG_GUARD, IPPROTO_ICMPV6);
    match_set_icmp_type(&match, 0);
    guard(list, &match, DROP_FRAGMENT);
    match_ip6(&match, FLAG_GUARD, IPPROTO_UDP);
    match_set_tp_dst(&match, 0);
    guard(list, &match, DROP_FRAGMENT);

    for (size_t i = 0; i < ARRAY_SIZE(nd); i++) {
        match_ip6(&match, FLAG_GUARD, IPPROTO_ICMPV6);
        match_set_icmp_type(&match, nd[i]);
        match_set_nw_frag_masked(&match, FLOW_NW_FRAG_ANY, FLOW_NW_FRAG_ANY);
        guard(list, &match, DROP_FRAGMENT);
    }
}

/* Router advertisements and redirects (RFC 6105), and what a DHCP server
 * sends: a client takes it from any port (RFC 2131 section 4.1, RFC 8415
 * section 7.2), so only where it goes counts. */
static void
add_services(struct flow_list *list)
{
    struct match match;

    match_ip6(&match, FLAG_NO_RA, IPPROTO_ICMPV6);
    match_set_icmp_type(&match, ND_ROUTER_ADVERT);
    guard(list, &match, DROP_ROUTER_ADVERTISEMENT);
    match_ip6(&match, FLAG_NO_RA, IPPROTO_ICMPV6);
    match_set_icmp_type(&match, ND_REDIRECT);
    guard(list, &match, DROP_ROUTER_ADVERTISEMENT);

    match_ip6(&match, FLAG_NO_DHCP, IPPROTO_UDP);
    match_set_tp_dst(&match, htons(546));
    guard(list, &match, DROP_DHCP_SERVER);
    match_flag(&match, FLAG_NO_DHCP);
    match_set_dl_type(&match, htons(ETH_TYPE_IP));
    match_set_nw_proto(&match, IPPROTO_UDP);
    match_set_tp_dst(&match, htons(68));
    guard(list, &match, DROP_DHCP_SERVER);
}

/* Appends to 'list' what no VM of any network may send. */
void
gen_host_guard(struct flow_list *list)
{
    add_counted(list);
    add_fragments(list);
    add_services(list);
}

static void
match_gateway(struct match *match, const struct network *net)
{
    match_flag(match, FLAG_NO_GATEWAY);
    match_set_metadata(match, htonll(net->vni));
}

/* 'ip' of the gateway of 'net' is not a VM's to send from, in IP, ARP or a
 * neighbour advertisement. */
static void
add_gateway_ip(const struct network *net, const struct in6_addr *ip,
               struct flow_list *list)
{
    struct match match;

    match_gateway(&match, net);
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(ip);

        match_set_dl_type(&match, htons(ETH_TYPE_IP));
        match_set_nw_src(&match, ip4);
        guard(list, &match, DROP_GATEWAY);
        match_gateway(&match, net);
        match_set_dl_type(&match, htons(ETH_TYPE_ARP));
        match_set_nw_src(&match, ip4);
        guard(list, &match, DROP_GATEWAY);
    } else {
        match_set_dl_type(&match, htons(ETH_TYPE_IPV6));
        match_set_ipv6_src(&match, ip);
        guard(list, &match, DROP_GATEWAY);
        match_gateway(&match, net);
        security_match_nd(&match, ND_NEIGHBOR_ADVERT);
        match_set_nd_target(&match, ip);
        guard(list, &match, DROP_GATEWAY);
    }
}

/* 'mac' of the gateway of 'net' is not a VM's: as source, as sender in ARP,
 * and in the link-local address that is made of it. */
static void
add_gateway_mac(const struct network *net, struct eth_addr mac,
                struct flow_list *list)
{
    struct in6_addr lla;
    struct match match;

    match_gateway(&match, net);
    match_set_dl_src(&match, mac);
    guard(list, &match, DROP_GATEWAY);
    match_gateway(&match, net);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_arp_sha(&match, mac);
    guard(list, &match, DROP_GATEWAY);
    in6_generate_lla(mac, &lla);
    add_gateway_ip(net, &lla, list);
}

/* Appends to 'list' that no VM is the gateway of 'net', if it has one. */
void
gen_network_guard(const struct network *net, struct flow_list *list)
{
    struct in6_addr lla;

    if (!network_has_gateway(net)) {
        return;
    }
    add_gateway_mac(net, net->gateway_mac, list);
    in6_generate_lla(net->gateway_mac, &lla);
    for (size_t i = 0; i < net->n_gateways; i++) {
        const struct in6_addr *ip = &net->gateways[i].ip;

        if (!ipv6_addr_equals(ip, &lla)) {
            add_gateway_ip(net, ip, list);
        }
    }
}
