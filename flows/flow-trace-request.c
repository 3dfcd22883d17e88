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
#include "flows/flow-trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Which packet is traced: what the user did not say of it is what a VM would
 * put there. */

#define TTL 64

/* Who sends from elsewhere, if nobody says. */
#define OTHER_MAC ((struct eth_addr) ETH_ADDR_C(02,00,00,00,00,01))

static bool
is_ip(const struct flow *f)
{
    return (f->dl_type == htons(ETH_TYPE_IP)
            || f->dl_type == htons(ETH_TYPE_IPV6));
}

/* Returns an address of 'f'; IPv4 is mapped, 0 is in6addr_any. */
static struct in6_addr
flow_ip(const struct flow *f, bool src)
{
    if (f->dl_type == htons(ETH_TYPE_IPV6)) {
        return src ? f->ipv6_src : f->ipv6_dst;
    } else if (f->dl_type == htons(ETH_TYPE_IP)) {
        ovs_be32 ip = src ? f->nw_src : f->nw_dst;

        return ip ? in6_addr_mapped_ipv4(ip) : in6addr_any;
    }
    return in6addr_any;
}

static void
set_flow_ip(struct flow *f, bool src, const struct in6_addr *ip)
{
    if (f->dl_type == htons(ETH_TYPE_IPV6)) {
        *(src ? &f->ipv6_src : &f->ipv6_dst) = *ip;
    } else {
        *(src ? &f->nw_src : &f->nw_dst) = in6_addr_get_mapped_ipv4(ip);
    }
}

/* Returns true if 'ip' is one of 'port'. */
static bool
has_ip(const struct port *port, const struct in6_addr *ip)
{
    size_t n;
    struct in6_addr *ips = port_get_ips(port, &n);
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        found |= ipv6_addr_equals(&ips[i], ip);
    }
    free(ips);
    return found;
}

static bool
has_mac(const struct port *port, struct eth_addr mac)
{
    const struct local_mac *local = network_local_mac(port->network, mac);

    return local && local->port == port;
}

/* Gives 'f' an address of 'port' of its IP version, if there is one. */
static void
default_ip(struct flow *f, const struct port *port, bool src)
{
    struct in6_addr old = flow_ip(f, src);
    size_t n;
    struct in6_addr *ips;

    if (!is_ip(f) || ipv6_addr_is_set(&old)) {
        return;
    }
    ips = port_get_ips(port, &n);
    for (size_t i = 0; i < n; i++) {
        if (IN6_IS_ADDR_V4MAPPED(&ips[i])
            == (f->dl_type == htons(ETH_TYPE_IP))) {
            set_flow_ip(f, src, &ips[i]);
            break;
        }
    }
    free(ips);
}

/* Returns true if the packet 'f' is one that 'port' receives. */
static bool
is_for(const struct flow *f, const struct port *port)
{
    struct in6_addr src = flow_ip(f, true);
    struct in6_addr dst = flow_ip(f, false);

    return ((has_mac(port, f->dl_dst) || has_ip(port, &dst))
            && !has_mac(port, f->dl_src) && !has_ip(port, &src));
}

/* Returns the port of this host that sends 'f' to one in 'network', or
 * null. */
static const struct port *
find_sender(const struct flow *f, const struct network *network)
{
    struct in6_addr src = flow_ip(f, true);
    const struct local_mac *mac = network_local_mac(network, f->dl_src);
    const struct local_ip *ip = network_local_ip(network, &src);

    return mac ? mac->port : ip ? ip->port : NULL;
}

/* Returns where frames for the multicast address 'ip' go (RFC 1112 section
 * 6.4). */
static struct eth_addr
multicast_mac4(ovs_be32 ip)
{
    uint64_t mac = UINT64_C(0x01005e000000) | (ntohl(ip) & 0x7fffff);
    struct eth_addr ea;

    eth_addr_from_uint64(mac, &ea);
    return ea;
}

/* Finds out where in 'network' frames for 'ip' go.  Returns false if nobody
 * knows. */
static bool
find_mac(const struct network *network, const struct in6_addr *ip,
         struct eth_addr *mac)
{
    struct resolution resolution;

    if (IN6_IS_ADDR_V4MAPPED(ip)
        && ip_is_multicast(in6_addr_get_mapped_ipv4(ip))) {
        *mac = multicast_mac4(in6_addr_get_mapped_ipv4(ip));
    } else if (IN6_IS_ADDR_V4MAPPED(ip)
               && in6_addr_get_mapped_ipv4(ip) == htonl(UINT32_MAX)) {
        *mac = eth_addr_broadcast;
    } else if (ipv6_addr_is_multicast(ip)) {
        ipv6_multicast_to_ethernet(mac, ip);
    } else if (network_resolve_ip(network, ip, &resolution)) {
        *mac = resolution.mac;
    } else if (network_has_gateway(network)) {
        *mac = network->gateway_mac;
    } else {
        return false;
    }
    return true;
}

/* Completes what 'port', which is in 'network', sends.  Returns null, or a
 * malloc'd error. */
static char *
complete_sent(struct flow *f, const struct port *port)
{
    struct in6_addr dst = flow_ip(f, false);

    f->in_port.ofp_port = u16_to_ofp(port->ofport);
    if (eth_addr_is_zero(f->dl_src) && port->n_macs) {
        f->dl_src = port->macs[0];
    }
    default_ip(f, port, true);
    if (!eth_addr_is_zero(f->dl_dst)) {
        return NULL;
    } else if (!ipv6_addr_is_set(&dst)) {
        f->dl_dst = eth_addr_broadcast;
    } else if (!find_mac(port->network, &dst, &f->dl_dst)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ipv6_format_mapped(&dst, &s);
        ds_put_format(&s, ": nobody in network %s is known to have it, and "
                      "there is no gateway; say dl_dst", port->network->name);
        return ds_steal_cstr(&s);
    }
    return NULL;
}

/* Completes what 'port' receives from elsewhere.  Returns null, or a malloc'd
 * error. */
static char *
complete_received(struct flow *f, const struct model *m,
                  const struct port *port)
{
    struct in6_addr src = flow_ip(f, true);
    struct resolution resolution;

    if (!m->host.tunnel_ofport) {
        return xstrdup("this host has no tunnel port yet that it could come "
                       "from");
    }
    f->in_port.ofp_port = u16_to_ofp(m->host.tunnel_ofport);
    default_ip(f, port, false);
    if (eth_addr_is_zero(f->dl_dst) && port->n_macs) {
        f->dl_dst = port->macs[0];
    }
    if (eth_addr_is_zero(f->dl_src)) {
        f->dl_src = (network_resolve_ip(port->network, &src, &resolution)
                     ? resolution.mac : OTHER_MAC);
    }
    return NULL;
}

/* Returns what conntrack knows of a connection that begins with 'f', malloc'd:
 * with a comma at its end, or "". */
static char *
format_ct(const struct flow *f)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (f->dl_type == htons(ETH_TYPE_IP)) {
        ds_put_format(&s, "ct_state=trk|new,ct_nw_src="IP_FMT
                      ",ct_nw_dst="IP_FMT, IP_ARGS(f->nw_src),
                      IP_ARGS(f->nw_dst));
    } else if (f->dl_type == htons(ETH_TYPE_IPV6)) {
        ds_put_cstr(&s, "ct_state=trk|new,ct_ipv6_src=");
        ipv6_format_addr(&f->ipv6_src, &s);
        ds_put_cstr(&s, ",ct_ipv6_dst=");
        ipv6_format_addr(&f->ipv6_dst, &s);
    }
    if (s.length) {
        ds_put_format(&s, ",ct_nw_proto=%"PRIu8",ct_tp_src=%"PRIu16
                      ",ct_tp_dst=%"PRIu16",", f->nw_proto,
                      ntohs(f->tp_src), ntohs(f->tp_dst));
    }
    return ds_steal_cstr(&s);
}

/* Returns true if a trace cannot be given 'field': it makes no sense for a
 * packet that is about to begin, or 'request' has another one. */
static bool
is_left_out(const char *field)
{
    return (!strcmp(field, "eth") || !strncmp(field, "recirc_id=", 10)
            || !strncmp(field, "ct_", 3) || !strncmp(field, "tun_", 4)
            || !strncmp(field, "vlan_tci1=", 10)
            || !strcmp(field, "nd_sll=00:00:00:00:00:00")
            || !strcmp(field, "nd_tll=00:00:00:00:00:00"));
}

/* Appends to 's' the packet 'text', as flow_format() writes it, in the way
 * that parse_ofp_exact_flow() wants it: there, ports, and types of ICMPv6, are
 * called by their protocol. */
static void
put_packet(struct ds *s, const char *text)
{
    char *copy = xstrdup(text);
    const char *proto = "tcp";
    char *save_ptr = NULL;

    for (char *field = strtok_r(copy, ",", &save_ptr); field;
         field = strtok_r(NULL, ",", &save_ptr)) {
        if (!strncmp(field, "udp", 3)) {
            proto = "udp";
        } else if (!strncmp(field, "sctp", 4)) {
            proto = "sctp";
        } else if (!strncmp(field, "icmp6", 5)) {
            proto = "icmpv6";
        }
        if (!strncmp(field, "icmp_", 5) && !strcmp(proto, "icmpv6")) {
            ds_put_format(s, "%s%s,", proto, field + 4);
        } else if (!strncmp(field, "tp_", 3)) {
            ds_put_format(s, "%s%s,", proto, field + 2);
        } else if (!is_left_out(field)) {
            ds_put_format(s, "%s,", field);
        }
    }
    ds_chomp(s, ',');
    free(copy);
}

/* Initializes 'request' to ask what happens to 'packet' (a flow as
 * ovs-appctl's "ofproto/trace" has it): 'port', which is on this host, sends
 * it, or receives it if only its destination is the port's.  In that case, the
 * port of this host that its source belongs to sends it, or a tunnel.  Returns
 * null, or a malloc'd error; then 'request' is not initialized. */
char *
flow_trace_request_init(struct flow_trace_request *request,
                        const struct model *m, const struct port *port,
                        const char *packet)
{
    const struct port *sender = port;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow flow;
    char *error = parse_ofp_exact_flow(&flow, NULL, NULL, packet, NULL);
    char *text;

    if (error) {
        text = xasprintf("PACKET: %s; it is written as ovs-appctl "
                         "ofproto/trace has it, for instance "
                         "tcp,nw_dst=10.0.0.2,tcp_dst=443", error);

        free(error);
        return text;
    }
    memset(&flow.tunnel, 0, sizeof flow.tunnel);
    memset(flow.regs, 0, sizeof flow.regs);
    flow.metadata = 0;
    flow_clear_conntrack(&flow);
    if (is_ip(&flow) && !flow.nw_ttl) {
        flow.nw_ttl = TTL;
    }
    if (is_for(&flow, port)) {
        sender = find_sender(&flow, port->network);
    }
    error = (sender ? complete_sent(&flow, sender)
             : complete_received(&flow, m, port));
    if (error) {
        return error;
    }
    if (!sender) {
        ds_put_format(&s, "tun_id=%"PRIu32",", port->network->vni);
    }
    request->ct = format_ct(&flow);
    ds_put_cstr(&s, request->ct);
    text = flow_to_string(&flow, NULL);
    put_packet(&s, text);
    free(text);
    request->flow = ds_steal_cstr(&s);
    return NULL;
}

/* Frees what 'request' has. */
void
flow_trace_request_uninit(struct flow_trace_request *request)
{
    free(request->flow);
    free(request->ct);
}

/* If 'section' of what 'request' asked for takes what the sender's ACL has
 * committed for what conntrack says in the receiver's zone, or knows nothing
 * of the connection, returns the packet to go on with in its table, malloc'd;
 * else returns null. */
char *
flow_trace_resume(const struct flow_trace_request *request,
                  const struct flow_trace_section *section)
{
    const char *flow = section->flow;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (section->resume != TABLE_ACL_TO_TRACKED
        || ((strstr(flow, "ct_nw_src=") || strstr(flow, "ct_ipv6_src="))
            && !strstr(flow, "ct_label=") && !strstr(flow, "ct_mark="))) {
        return NULL;
    }
    ds_put_cstr(&s, request->ct);
    put_packet(&s, flow);
    return ds_steal_cstr(&s);
}
