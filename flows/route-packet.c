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
#include "flows/route-packet.h"

#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Addresses. */

static bool
is_ip4(const struct in6_addr *ip)
{
    return IN6_IS_ADDR_V4MAPPED(ip);
}

/* Returns true if 'ip' is in the prefix of 'gateway'. */
static bool
gateway_covers(const struct gateway *gateway, const struct in6_addr *ip)
{
    bool ip4 = is_ip4(&gateway->ip);
    struct in6_addr mask = ipv6_create_mask(gateway->plen + (ip4 ? 96 : 0));
    struct in6_addr prefix = gateway_prefix(gateway);
    struct in6_addr masked = ipv6_addr_bitand(ip, &mask);

    return is_ip4(ip) == ip4 && ipv6_addr_equals(&masked, &prefix);
}

/* Stores in '*from' the address of the gateway of 'net' that speaks to 'ip':
 * that of its prefix, or else the first one of its family (RFC 1812 section
 * 4.3.2.4, RFC 4443 section 2.2), or the link-local one.  Returns false if
 * there is none. */
static bool
gateway_for(const struct network *net, const struct in6_addr *ip,
            struct in6_addr *from)
{
    const struct gateway *found = NULL;

    for (size_t i = 0; i < net->n_gateways; i++) {
        const struct gateway *gateway = &net->gateways[i];

        if (gateway_covers(gateway, ip)) {
            *from = gateway->ip;
            return true;
        } else if (!found && is_ip4(&gateway->ip) == is_ip4(ip)) {
            found = gateway;
        }
    }
    if (found) {
        *from = found->ip;
    } else if (!is_ip4(ip)) {
        *from = network_gateway_lla(net);
    }
    return found || !is_ip4(ip);
}

/* Stores in '*from' the address of 'vpc' here that speaks to 'ip' elsewhere:
 * a gateway's of its family that others have a route for, of the network with
 * the lowest VNI.  Returns false if there is none. */
static bool
vpc_address_for(const struct vpc *vpc, const struct in6_addr *ip,
                struct in6_addr *from)
{
    const struct network *net;
    uint32_t vni = UINT32_MAX;

    LIST_FOR_EACH (net, vpc_node, &vpc->networks) {
        for (size_t i = 0; i < net->n_gateways; i++) {
            const struct in6_addr *gateway = &net->gateways[i].ip;

            if (net->vni < vni && network_is_active(net)
                && is_ip4(gateway) == is_ip4(ip)
                && !IN6_IS_ADDR_LINKLOCAL(gateway)) {
                *from = *gateway;
                vni = net->vni;
                break;
            }
        }
    }
    return vni != UINT32_MAX;
}

/* Replying. */

/* A packet that the router answers. */
struct asked {
    const struct model *model;
    const struct flow_packet *in;
    struct flow flow;
    struct in6_addr src;        /* Its sender's; IPv4 is mapped. */
    const struct port *port;    /* Of the VM that sent it, or null. */
    const struct vpc *vpc;      /* It came by the L3VNI of this, or null. */
};

/* Returns false if 'in' is none of a VM of this host, nor of an L3VNI. */
static bool
asked_init(struct asked *a, const struct model *model,
           const struct flow_packet *in)
{
    struct dp_packet packet;

    dp_packet_use_const(&packet, in->data, in->len);
    flow_extract(&packet, &a->flow);
    a->model = model;
    a->in = in;
    a->src = (a->flow.dl_type == htons(ETH_TYPE_IP)
              ? in6_addr_mapped_ipv4(a->flow.nw_src)
              : a->flow.ipv6_src);
    a->port = in->in_tag ? model_port_by_ofport(model, in->in_tag) : NULL;
    a->vpc = in->in_tag ? NULL : model_vpc(model, in->vrf);
    return a->port ? a->port->active : a->vpc != NULL;
}

static bool
address_for(const struct asked *a, struct in6_addr *from)
{
    return (a->port ? gateway_for(a->port->network, &a->src, from)
            : vpc_address_for(a->vpc, &a->src, from));
}

/* Returns true if the packet has the MACs that it is to leave with: the router
 * is its source. */
static bool
is_rewritten(const struct asked *a)
{
    const struct network *net = model_network(a->model, a->in->vni);
    struct eth_addr mac = a->flow.dl_src;

    return ((net && eth_addr_equals(mac, net->gateway_mac))
            || eth_addr_equals(mac, a->model->host.router_mac));
}

/* Returns the MAC of the VM that sent the packet. */
static struct eth_addr
sender_mac(const struct asked *a)
{
    const struct local_ip *ip = network_local_ip(a->port->network, &a->src);

    return (!is_rewritten(a) ? a->flow.dl_src
            : ip && ip->port == a->port ? ip->mac
            : a->port->macs[0]);
}

/* Makes '*out' what brings 'reply', which may be null, to whoever sent the
 * packet.  Returns 'reply'. */
static struct ofpbuf *
send_back(const struct asked *a, struct ofpbuf *reply,
          struct flow_packet *out)
{
    struct eth_header *eth;

    if (!reply) {
        return NULL;
    }
    eth = reply->data;
    *out = (struct flow_packet) { .data = reply->data, .len = reply->size };
    if (a->port) {
        eth->eth_src = a->port->network->gateway_mac;
        eth->eth_dst = sender_mac(a);
        out->table_id = TABLE_DELIVER;
        out->vni = a->port->network->vni;
        out->out_tag = a->port->ofport;
    } else {
        eth->eth_src = a->model->host.router_mac;
        eth->eth_dst = a->model->host.router_mac;
        out->table_id = TABLE_ROUTE;
        out->vrf = a->vpc->l3vni;
    }
    return reply;
}

/* Tells the sender of 'in' of 'error': see ip-reply.h. */
struct ofpbuf *
route_packet_error(const struct model *model, const struct flow_packet *in,
                   enum ip_error error, uint16_t mtu, struct flow_packet *out)
{
    struct in6_addr from;
    struct asked a;

    if (!asked_init(&a, model, in) || !address_for(&a, &from)) {
        return NULL;
    }
    return send_back(&a, ip_reply_error(in->data, in->len, error, &from, mtu),
                     out);
}

/* Answers 'in', which is for the router itself. */
struct ofpbuf *
route_packet_host(const struct model *model, const struct flow_packet *in,
                  struct flow_packet *out)
{
    struct asked a;

    if (!asked_init(&a, model, in)) {
        return NULL;
    }
    return send_back(&a, ip_reply_host(in->data, in->len), out);
}

/* Asking. */

/* Returns true if 'ip' is the first or last address of the prefix of
 * 'gateway', which is for all of its hosts (RFC 919, RFC 1812 section
 * 4.2.3.1). */
static bool
is_broadcast(const struct gateway *gateway, const struct in6_addr *ip)
{
    uint32_t host_bits, ip4;

    if (!is_ip4(ip) || gateway->plen >= 31 || !gateway_covers(gateway, ip)) {
        return false;
    }
    ip4 = ntohl(in6_addr_get_mapped_ipv4(ip));
    host_bits = UINT32_MAX >> gateway->plen;
    return !(ip4 & host_bits) || !(~ip4 & host_bits);
}

/* Returns true if 'ip' may be that of a host of 'net' that the router is to
 * look for. */
bool
route_packet_may_request(const struct network *net, const struct in6_addr *ip)
{
    if (!network_is_active(net) || !network_routes_to(net, ip)) {
        return false;
    }
    for (size_t i = 0; i < net->n_gateways; i++) {
        if (is_broadcast(&net->gateways[i], ip)) {
            return false;
        }
    }
    return true;
}

/* Asks all hosts of the network 'vni' for 'ip', as the gateway (RFC 826, RFC
 * 4861 section 7.2.2). */
struct ofpbuf *
route_packet_request(const struct model *model, uint32_t vni,
                     const struct in6_addr *ip, struct flow_packet *out)
{
    const struct network *net = model_network(model, vni);
    struct dp_packet packet;
    struct ofpbuf *frame;
    struct in6_addr from;

    if (!net || !route_packet_may_request(net, ip)
        || !gateway_for(net, ip, &from)) {
        return NULL;
    }
    dp_packet_init(&packet, 0);
    if (is_ip4(ip)) {
        compose_arp(&packet, ARP_OP_REQUEST, net->gateway_mac, eth_addr_zero,
                    true, in6_addr_get_mapped_ipv4(&from),
                    in6_addr_get_mapped_ipv4(ip));
    } else {
        compose_nd_ns(&packet, net->gateway_mac, &from, ip);
    }
    frame = ofpbuf_clone_data(dp_packet_data(&packet),
                              dp_packet_size(&packet));
    dp_packet_uninit(&packet);
    *out = (struct flow_packet) {
        .table_id = TABLE_L2_LOCAL,
        .vni = vni,
        .data = frame->data,
        .len = frame->size,
    };
    return frame;
}
