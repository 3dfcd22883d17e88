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
#ifndef FLOWS_SECURITY_H
#define FLOWS_SECURITY_H 1

/* Why frames of VMs are dropped.
 *
 * The tables of port security send a frame that must not pass to
 * TABLE_SECURITY_DROP, with one of these reasons in REG_REASON.  A flow for
 * each port and reason counts it there; security_parse_counter() tells from
 * such a flow which reason it is.
 *
 * Helpers for gen-guard.c, gen-security.c and rs-check.c are here too. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/types.h"

struct flow_list;
struct match;
struct port;

enum security_reason {
    DROP_RESERVED_MULTICAST = 1, /* Spanning tree, LLDP, pause, ... */
    DROP_VLAN_TAG,              /* A tagged frame. */
    DROP_FRAGMENT,              /* Headers that are not all there. */
    DROP_ROUTER_ADVERTISEMENT,  /* Or a redirect. */
    DROP_DHCP_SERVER,           /* An answer of a DHCPv4 or DHCPv6 server. */
    DROP_GATEWAY,               /* From an address of the gateway. */
    DROP_SOURCE_MAC,            /* Not a MAC of the port. */
    DROP_ARP_SPOOF,             /* Sender in ARP. */
    DROP_IP_SPOOF,              /* Source of IPv4 or IPv6. */
    DROP_ND_SPOOF,              /* Link-layer address or target in ND. */
    DROP_N_REASONS
};

/* In REG_REASON instead: it was found good, see rs-check.h. */
#define SECURITY_CHECKED 0x100

const char *security_reason_name(enum security_reason);
bool security_reason_applies(const struct port *, enum security_reason);
bool security_parse_counter(uint8_t table_id, const struct match *,
                            enum security_reason *);
void security_match_counter(struct match *, const struct port *,
                            enum security_reason);

void security_drop(struct flow_list *, uint8_t table_id, uint16_t priority,
                   struct match *, enum security_reason);
void security_goto(struct flow_list *, uint8_t table_id, uint16_t priority,
                   struct match *, uint8_t next);
void security_match_nd(struct match *, uint8_t type);

bool security_allows_mac(const struct port *, struct eth_addr);

#endif /* flows/security.h */
