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

#ifndef FLOWS_ROUTE_H
#define FLOWS_ROUTE_H 1

/* The router in the switch: what gen-route.c, gen-next-hop.c and gen-gateway.c
 * share.
 *
 *     from a VM, to its gateway's MAC       by an L3VNI, to the router MAC
 *     28 ROUTE_IN ────────────┐                      0 CLASSIFY
 *                             └─> 29 ROUTE <──────────────┘
 *                     prefix of REG_VRF│
 *              ┌───────────┬───────────┼──────────────┬────────────┐
 *          VM here     connected   one hop       several hops   the router
 *              │           │           │              │            │
 *              │           └─> 30 NEXT_HOP <──── group HOPS    96 GATEWAY
 *              │           IP of the network: its MAC;             │
 *              │           VTEP of the L3VNI: its router's     echo reply
 *              └─> 31 ROUTED <──┘
 *                  TTL, size
 *                      └─> 98 ROUTE_OUT ─> 32 L2_LOCAL, or tunnel
 *
 * Symmetric IRB (RFC 9135 section 5): what is for a VM of this host goes to
 * it, what is for another VTEP goes by an L3VNI to its router MAC.  An address
 * of a network that is connected here and of which BGP told no route is
 * reached as any host of the network is, by its MAC; so hosts behind a VTEP
 * that does not route are reached, too.
 *
 * Of several hops, a flow has always the same one; spread.h tells how.
 *
 * A packet that came by an L3VNI leaves by a network, and not by an L3VNI
 * again: this host is nobody's transit.
 *
 * What ovs-ext has to look at comes as packet-in, see flows/flow-packet.h.
 * Each sender has meters of its own for it, in ROUTE_METER: a VM its port's,
 * the rest of the fabric its VPC's. */

#include <stdint.h>
#include "flows/pipeline.h"
#include "openvswitch/match.h"

struct in6_addr;
struct ofpbuf;

/* Packets per second that are handed over of each sender, and at once. */
#define ROUTE_RESOLVE_RATE 50
#define ROUTE_RESOLVE_BURST 100
#define ROUTE_ERROR_RATE 50
#define ROUTE_ERROR_BURST 50
#define ROUTE_GATEWAY_RATE 100
#define ROUTE_GATEWAY_BURST 100
#define ROUTE_TUNNEL_RATE 200   /* Of a VPC, from all VTEPs. */
#define ROUTE_TUNNEL_BURST 200

/* The two protocols, for flows that each of them has. */
enum route_family {
    ROUTE_IPV4,
    ROUTE_IPV6,
    ROUTE_N_FAMILIES
};

void route_match_family(struct match *, enum route_family);
void route_match_dst(struct match *, const struct in6_addr *, uint8_t plen);
void route_match_src(struct match *, const struct in6_addr *, uint8_t plen);
void route_match_key(struct match *, const struct in6_addr *);
struct in6_addr route_matched_key(const struct match *);
void route_match_flags(struct match *, uint32_t value, uint32_t mask);

void route_act_key(struct ofpbuf *, const struct in6_addr *);
void route_act_key_dst(struct ofpbuf *, enum route_family);
void route_act_punt(struct ofpbuf *, enum route_meter, uint32_t opcode,
                    const void *args, size_t n_args);

#endif /* flows/route.h */
