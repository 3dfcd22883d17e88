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

#ifndef FLOWS_FLOW_PACKET_H
#define FLOWS_FLOW_PACKET_H 1

/* Packets that the switch gives to ovs-ext, and that it is given.
 *
 * A flow hands a copy of a packet to ovs-ext with flow_act_punt(): the action
 * has an opcode, which says what the packet is for, and a meter, which bounds
 * how many come.  It arrives as an NXT_PACKET_IN2 with what the pipeline knew
 * of the packet; flow_packet_parse() makes a struct flow_packet of it.  The
 * meter also counts what it dropped.
 *
 * The other way, flow_packet_encode_out() makes a message that lets a packet
 * go on in a table of the pipeline, with the registers that it has there.
 *
 * Other controllers of the bridge do not see these packets, nor do we see
 * theirs: our connection has a controller id of its own. */

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/types.h"

struct ofpbuf;
struct ofp_header;

/* "oe". */
#define FLOW_PACKET_CONTROLLER_ID 0x6f65

/* What packets are for: the first 4 bytes of the action's user data. */
enum flow_packet_opcode {
    PUNT_LEARN = 1,             /* May tell an address of the sender. */
    PUNT_LEARN_DHCP = 2,        /* DHCP's answer to the receiver. */
    PUNT_ND = 3,                /* A solicitation to be answered. */
    PUNT_ACL = 4,               /* To be logged or rejected. */

    /* Of the router.  The packet is as it came, but for its MACs. */
    PUNT_RESOLVE = 5,           /* The MAC of its next hop in the network that
                                 * it goes to, 'vni', is not known. */
    PUNT_TTL = 6,               /* Its TTL or hop limit is over. */
    PUNT_UNREACHABLE = 7,       /* There is no route. */
    PUNT_TOO_BIG = 8,           /* 'args' are the MTU, 2 bytes. */
    PUNT_GATEWAY = 9,           /* It is for an address of the gateway. */
    PUNT_GLEAN = 10,            /* A host elsewhere answers the gateway. */

    PUNT_WAKE = 11,             /* Of a VM that runs here as from now. */
    PUNT_RS = 12,               /* A router solicitation to be checked. */
};

/* A packet with what the pipeline knows of it. */
struct flow_packet {
    uint32_t opcode;            /* enum flow_packet_opcode, or another one. */
    const uint8_t *args;        /* Of the action, behind the opcode. */
    size_t n_args;              /* Bytes. */
    uint8_t table_id;           /* Of the action; where it goes on. */
    uint32_t ofport;            /* OpenFlow port that it came from, or 0. */
    uint32_t vni;               /* Metadata. */
    uint32_t flags;             /* REG_FLAGS. */
    uint32_t in_tag;            /* REG_IN_TAG. */
    uint32_t out_tag;           /* REG_OUT_TAG. */
    uint32_t acl;               /* REG_ACL. */
    uint64_t acl_rule;          /* REG_ACL_RULE. */
    uint32_t reason;            /* REG_REASON that it is to have, or 0. */
    uint32_t vrf;               /* REG_VRF, if it is or was in the router. */
    struct in6_addr next_hop;   /* REG_KEY, likewise; IPv4 is mapped. */
    const void *data;           /* From the Ethernet header on. */
    size_t len;
};

int flow_packet_parse(const struct ofp_header *, struct flow_packet *);
struct ofpbuf *flow_packet_encode_out(const struct flow_packet *,
                                      ovs_be32 xid);
struct ofpbuf *flow_packet_encode_alive(ovs_be32 xid);
struct ofpbuf *flow_packet_encode_revalidate(ovs_be32 xid);

/* What makes a connection get packets, and nothing else unasked. */
struct ofpbuf *flow_packet_encode_config(ovs_be32 xid);
struct ofpbuf *flow_packet_encode_format(ovs_be32 xid);
struct ofpbuf *flow_packet_encode_controller_id(ovs_be32 xid);
struct ofpbuf *flow_packet_encode_async(ovs_be32 xid);

#endif /* flows/flow-packet.h */
