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

#include <inttypes.h>
#include <stdlib.h>
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* What this host is as the router of a network: the gateway is on every host
 * that has ports in it. */

/* Returns true if this host routes what VMs of 'network' send to its
 * gateway. */
bool
network_is_routed(const struct network *network)
{
    return network->vpc && network->n_gateways;
}

/* Returns the link-local address of the gateway of 'network': that made of its
 * MAC (RFC 4291 appendix A). */
struct in6_addr
network_gateway_lla(const struct network *network)
{
    struct in6_addr lla;

    in6_generate_lla(network->gateway_mac, &lla);
    return lla;
}

/* Returns true if 'ip' is the router's in 'network', which it routes: nobody
 * else may have it there. */
bool
network_is_router_ip(const struct network *network, const struct in6_addr *ip)
{
    struct in6_addr lla = network_gateway_lla(network);

    return (network_is_routed(network)
            && (ipv6_addr_equals(ip, &lla)
                || network_gateway(network, ip) != NULL));
}

/* Returns true if packets for 'ip' are routed to whoever has it in 'network':
 * it is in the prefix of a gateway, so that no other network of the VPC could
 * have it, and no router's or link-local address. */
bool
network_routes_to(const struct network *network, const struct in6_addr *ip)
{
    if (!network_is_routed(network) || network_is_router_ip(network, ip)
        || IN6_IS_ADDR_LINKLOCAL(ip)) {
        return false;
    }
    for (size_t i = 0; i < network->n_gateways; i++) {
        const struct gateway *gateway = &network->gateways[i];
        bool v4 = IN6_IS_ADDR_V4MAPPED(&gateway->ip);
        struct in6_addr mask = ipv6_create_mask(gateway->plen
                                                + (v4 ? 96 : 0));
        struct in6_addr prefix = gateway_prefix(gateway);
        struct in6_addr masked = ipv6_addr_bitand(ip, &mask);

        if (ipv6_addr_equals(&masked, &prefix)) {
            return true;
        }
    }
    return false;
}

/* Returns the longest packet of 'network', in bytes from its IP header on. */
uint16_t
network_mtu(const struct network *network)
{
    return network->mtu ? network->mtu : NETWORK_MTU;
}

/* What a tunnel adds to a packet: outer IP, UDP, VXLAN and the inner Ethernet
 * header (RFC 7348 section 5). */
#define TUNNEL_IPV4 (20 + 8 + 8 + 14)
#define TUNNEL_IPV6 (40 + 8 + 8 + 14)

/* Sets or clears the problem of 'network' that its packets do not fit into
 * the tunnels: they are not fragmented there (RFC 7348 section 4.3). */
void
network_check_mtu(struct model *m, const struct network *network)
{
    uint32_t room4 = m->host.room4, room6 = m->host.room6;
    bool v6 = room6 && (!room4 || room6 < room4);
    uint32_t room = v6 ? room6 : room4;
    uint32_t mtu = network_mtu(network);
    char *object = xasprintf("network/%s", network->name);

    if (network_is_active(network) && room && mtu > room) {
        int more = v6 ? TUNNEL_IPV6 : TUNNEL_IPV4;

        problem_set(&m->problems, object, "mtu",
                    "its packets of up to %"PRIu32" bytes and the %d bytes of "
                    "VXLAN do not fit the underlay, whose MTU is %"PRIu32"; "
                    "raise that to %"PRIu32", or set \"mtu\" of the network "
                    "to %"PRIu32" or less, and let its VMs use that", mtu,
                    more, room + more, mtu + more, room);
    } else {
        problem_clear(&m->problems, object, "mtu");
    }
    free(object);
}

/* The smallest MTUs by which VTEPs with IPv4 and IPv6 are reached are 'mtu4'
 * and 'mtu6'; 0: there are none, or it is not known. */
void
model_put_underlay(struct model *m, uint32_t mtu4, uint32_t mtu6)
{
    uint32_t room4 = mtu4 > TUNNEL_IPV4 ? mtu4 - TUNNEL_IPV4 : 0;
    uint32_t room6 = mtu6 > TUNNEL_IPV6 ? mtu6 - TUNNEL_IPV6 : 0;

    if (room4 != m->host.room4 || room6 != m->host.room6) {
        const struct network *network;
        struct owner owner = owner_host();

        m->host.room4 = room4;
        m->host.room6 = room6;
        owner_set_add(&m->dirty, &owner);
        HMAP_FOR_EACH (network, hmap_node, &m->networks) {
            network_check_mtu(m, network);
        }
    }
}
