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

#ifndef EVPN_BRIDGE_NL_LO_H
#define EVPN_BRIDGE_NL_LO_H 1

/* The addresses of the loopback device.
 *
 * A host that routes to the fabric has its VTEP address on lo.  This keeps its
 * first global address of each IP version, and reads them again when the
 * kernel says that an address of lo came or went: a look from time to time
 * would cost as much as the host has devices. */

#include <netinet/in.h>
#include <stdbool.h>

struct nl_lo;

struct nl_lo *nl_lo_create(void);
void nl_lo_destroy(struct nl_lo *);
void nl_lo_run(struct nl_lo *);
void nl_lo_wait(struct nl_lo *);

/* IPv4 is mapped; in6addr_any if there is none. */
const struct in6_addr *nl_lo_ip4(const struct nl_lo *);
const struct in6_addr *nl_lo_ip6(const struct nl_lo *);

#endif /* evpn-bridge/nl-lo.h */
