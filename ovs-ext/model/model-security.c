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
#include "ovs-ext/model/model.h"

#include <stdlib.h>
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* What is checked of the frames that VMs send, and who is a gateway. */

/* Returns true if 'network' has a gateway that was declared. */
bool
network_has_gateway(const struct network *network)
{
    return (network->n_gateways
            || !eth_addr_equals(network->gateway_mac,
                                gateway_mac_default(network->vni)));
}

static bool
prefix_is_host(const struct policy_prefix *prefix)
{
    return prefix->plen == (IN6_IS_ADDR_V4MAPPED(&prefix->ip) ? 32 : 128);
}

/* Returns true if the row of 'port', which is in a network, names an address
 * of that network's gateway as the port's: its VM is the gateway, or one of
 * several.  A range that merely covers the address does not make it one. */
bool
port_is_gateway(const struct port *port)
{
    const struct network *network = port->network;

    if (port_has_mac(port, network->gateway_mac)) {
        return true;
    }
    for (size_t i = 0; i < port->n_ips; i++) {
        if (network_gateway(network, &port->ips[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < port->row.n_pairs; i++) {
        const struct address_pair *pair = &port->row.pairs[i];

        if (eth_addr_equals(pair->mac, network->gateway_mac)
            || (prefix_is_host(&pair->prefix)
                && network_gateway(network, &pair->prefix.ip))) {
            return true;
        }
    }
    return false;
}

/* Works out what is checked of the frames that the VM of 'port' sends: all
 * that was declared.  Who declared no IPs may still have them checked by none
 * of them, as they are learned; and a VM about which nothing was said is no
 * router, DHCP server or gateway. */
void
port_set_security(struct port *port)
{
    const struct port_row *row = &port->row;

    port->security = (row->has_security && !row->security ? SECURITY_OFF
                      : row->has_ips ? SECURITY_FULL
                      : row->security ? SECURITY_MAC
                      : SECURITY_GUARD);
}
