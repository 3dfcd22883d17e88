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

#ifndef FLOWS_ROUTE_PACKET_H
#define FLOWS_ROUTE_PACKET_H 1

/* What the router of this host says itself, in packets: errors about what it
 * does not forward, what its own addresses answer, and requests for the MACs
 * of hosts.  flows/route.h tells what flows hand over for that.
 *
 * What a VM of this host sent is answered to its port directly, as ACLs have
 * no say in what the router tells about a packet that they let pass.  What
 * came by an L3VNI is answered by a packet that is routed.
 *
 * It is pure.  Each function returns a frame, which the caller owns, and makes
 * '*out' what is to be done with it; 'out' points into the frame.  It returns
 * null if nothing is to be said. */

#include <stdbool.h>
#include <stdint.h>
#include "flows/ip-reply.h"

struct flow_packet;
struct in6_addr;
struct model;
struct network;
struct ofpbuf;

struct ofpbuf *route_packet_error(const struct model *,
                                  const struct flow_packet *in, enum ip_error,
                                  uint16_t mtu, struct flow_packet *out);
struct ofpbuf *route_packet_host(const struct model *,
                                 const struct flow_packet *in,
                                 struct flow_packet *out);
struct ofpbuf *route_packet_request(const struct model *, uint32_t vni,
                                    const struct in6_addr *ip,
                                    struct flow_packet *out);
bool route_packet_may_request(const struct network *,
                              const struct in6_addr *ip);

#endif /* flows/route-packet.h */
