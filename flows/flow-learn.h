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

#ifndef FLOWS_FLOW_LEARN_H
#define FLOWS_FLOW_LEARN_H 1

/* What packets tell of the addresses of a VM, and how it is asked.
 *
 *     packet                            proves, of who sent it
 *     --------------------------------  -------------------------------------
 *     any                               its MAC
 *     ARP                               sender IP and MAC
 *     neighbour solicitation            source IP and link-layer address
 *     neighbour advertisement           target IP and link-layer address
 *     ARP probe (RFC 5227), probing     target IP, tentatively: it asks
 *     solicitation (RFC 4862 5.4)       whether others have it
 *
 *                                       of who gets it
 *                                       -------------------------------------
 *     DHCPACK (RFC 2131)                yiaddr and chaddr
 *     DHCPv6 Reply (RFC 8415)           each address that is leased
 *
 * A packet in which these MACs are not the MAC of the frame proves nothing: it
 * may have been forwarded.  It is pure. */

#include <stddef.h>
#include <stdint.h>
#include "ovs-ext/model/facts.h"

struct flow_packet;
struct ofpbuf;
struct probe;

/* Most facts of one packet. */
#define FLOW_LEARN_MAX 8

size_t flow_learn_parse(const struct flow_packet *,
                        struct fact_heard[FLOW_LEARN_MAX]);

/* A probe as a packet for the switch. */
void flow_learn_probe(const struct probe *, struct flow_packet *,
                      struct ofpbuf *data);

#endif /* flows/flow-learn.h */
