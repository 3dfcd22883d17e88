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

#ifndef OVS_EXT_HOST_PORT_ID_H
#define OVS_EXT_HOST_PORT_ID_H 1

/* Names of ports whose MAC is all that is known.
 *
 * CloudStack never tells a host the UUID of a NIC, but its MAC on each
 * occasion.  The name of such a NIC's port, which is its iface-id, is made
 * from the MAC: a version 5 UUID (RFC 4122 section 4.3) in a name space of our
 * own.  So whoever sees the MAC names the same port: the domain's XML, a
 * script that is told its IPs, the host that its VM migrates to. */

#include "openvswitch/types.h"

#define PORT_ID_LEN 36          /* Of a UUID as text. */

void port_id_from_mac(struct eth_addr, char id[PORT_ID_LEN + 1]);

#endif /* ovs-ext/host/port-id.h */
