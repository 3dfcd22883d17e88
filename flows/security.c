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
#include "flows/security.h"

#include <netinet/icmp6.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-list.h"
#include "flows/pipeline.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Returns how 'reason' is called. */
const char *
security_reason_name(enum security_reason reason)
{
    switch (reason) {
    case DROP_RESERVED_MULTICAST:
        return "reserved-multicast";
    case DROP_VLAN_TAG:
        return "vlan-tag";
    case DROP_FRAGMENT:
        return "fragment";
    case DROP_ROUTER_ADVERTISEMENT:
        return "router-advertisement";
    case DROP_DHCP_SERVER:
        return "dhcp-server";
    case DROP_GATEWAY:
        return "gateway";
    case DROP_SOURCE_MAC:
        return "source-mac";
    case DROP_ARP_SPOOF:
        return "arp-spoof";
    case DROP_IP_SPOOF:
        return "ip-spoof";
    case DROP_ND_SPOOF:
        return "nd-spoof";
    case DROP_N_REASONS:
    default:
        OVS_NOT_REACHED();
    }
}

/* Returns true if frames of 'port' may be dropped for 'reason'. */
bool
security_reason_applies(const struct port *port, enum security_reason reason)
{
    switch (reason) {
    case DROP_RESERVED_MULTICAST:
    case DROP_VLAN_TAG:
    case DROP_FRAGMENT:
    case DROP_SOURCE_MAC:
        return port->security >= SECURITY_GUARD;
    case DROP_ROUTER_ADVERTISEMENT:
        return port->security >= SECURITY_GUARD && !port->row.allow_ra;
    case DROP_DHCP_SERVER:
        return (port->security >= SECURITY_GUARD
                && !port->row.allow_dhcp_server);
    case DROP_GATEWAY:
        return port->security >= SECURITY_GUARD && !port_is_gateway(port);
    case DROP_ARP_SPOOF:
    case DROP_IP_SPOOF:
    case DROP_ND_SPOOF:
        return port->security >= SECURITY_MAC;
    case DROP_N_REASONS:
    default:
        OVS_NOT_REACHED();
    }
}

/* If a flow in table 'table_id' with 'match' counts what is dropped, stores
 * why in '*reason' and returns true. */
bool
security_parse_counter(uint8_t table_id, const struct match *match,
                       enum security_reason *reason)
{
    uint32_t value = match->flow.regs[REG_REASON - MFF_REG0];

    if (table_id != TABLE_SECURITY_DROP || !value
        || value >= DROP_N_REASONS) {
        return false;
    }
    *reason = value;
    return true;
}

/* Makes '*match' that of the flow that counts what is dropped of 'port' for
 * 'reason', in TABLE_SECURITY_DROP. */
void
security_match_counter(struct match *match, const struct port *port,
                       enum security_reason reason)
{
    match_init_catchall(match);
    match_set_reg(match, REG_IN_TAG - MFF_REG0, port->ofport);
    match_set_reg(match, REG_REASON - MFF_REG0, reason);
}

/* Adds to 'list' a flow in table 'table_id' that drops, and has counted, what
 * 'match' does. */
void
security_drop(struct flow_list *list, uint8_t table_id, uint16_t priority,
              struct match *match, enum security_reason reason)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_set(&ofpacts, REG_REASON, reason);
    flow_act_goto(&ofpacts, TABLE_SECURITY_DROP);
    flow_list_add(list, table_id, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Adds to 'list' a flow from table 'table_id' to table 'next'. */
void
security_goto(struct flow_list *list, uint8_t table_id, uint16_t priority,
              struct match *match, uint8_t next)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_goto(&ofpacts, next);
    flow_list_add(list, table_id, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Makes 'match' one of well-formed neighbour discovery messages of 'type'
 * (RFC 4861 section 4.3 and 4.4: their code is 0). */
void
security_match_nd(struct match *match, uint8_t type)
{
    match_set_dl_type(match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(match, IPPROTO_ICMPV6);
    match_set_icmp_type(match, type);
    if (type == ND_NEIGHBOR_SOLICIT || type == ND_NEIGHBOR_ADVERT) {
        match_set_icmp_code(match, 0);
    }
}

/* Returns true if 'mac' is one that 'port' has itself, or by an address
 * pair. */
bool
security_allows_mac(const struct port *port, struct eth_addr mac)
{
    if (port_has_mac(port, mac)) {
        return true;
    }
    for (size_t i = 0; i < port->row.n_pairs; i++) {
        if (eth_addr_equals(port->row.pairs[i].mac, mac)) {
            return !eth_addr_is_zero(mac);
        }
    }
    return false;
}
