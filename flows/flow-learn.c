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
#include "flows/flow-learn.h"

#include <netinet/icmp6.h>
#include <string.h>
#include "dhcp.h"
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* DHCPv6 (RFC 8415 sections 7.3, 21). */
#define DHCP6_REPLY 7
#define DHCP6_HEADER_LEN 4
#define DHCP6_OPT_IA_NA 3
#define DHCP6_OPT_IA_TA 4
#define DHCP6_OPT_IAADDR 5
#define DHCP6_IAADDR_LEN 24     /* Address, preferred, valid lifetime. */

/* Facts of one packet. */
struct learn {
    const struct flow_packet *packet;
    struct fact_heard *facts;
    size_t n;
};

/* Adds that the VM with 'ofport' has 'mac' and 'ip', the latter only
 * tentatively if 'tentative'. */
static void
learn_add(struct learn *l, uint32_t ofport, struct eth_addr mac,
          struct in6_addr ip, bool tentative)
{
    if (l->n < FLOW_LEARN_MAX) {
        l->facts[l->n++] = (struct fact_heard) {
            .vni = l->packet->vni,
            .ofport = ofport,
            .mac = mac,
            .ip = ip,
            .tentative = tentative,
        };
    }
}

/* Who sends. */

/* Returns the IP that 'flow' proves to be its sender's, or in6addr_any. */
static struct in6_addr
sender_ip(const struct flow *flow)
{
    bool nd = is_nd(flow, NULL) && flow->nw_ttl == 255;

    if (flow->dl_type == htons(ETH_TYPE_ARP)) {
        return (flow->nw_src && eth_addr_equals(flow->arp_sha, flow->dl_src)
                ? in6_addr_mapped_ipv4(flow->nw_src) : in6addr_any);
    } else if (nd && flow->tp_src == htons(ND_NEIGHBOR_SOLICIT)) {
        /* One to a single address need not tell the sender's MAC. */
        return (eth_addr_equals(flow->arp_sha, flow->dl_src)
                || eth_addr_is_zero(flow->arp_sha)
                ? flow->ipv6_src : in6addr_any);
    } else if (nd && flow->tp_src == htons(ND_NEIGHBOR_ADVERT)) {
        return (eth_addr_equals(flow->arp_tha, flow->dl_src)
                || eth_addr_is_zero(flow->arp_tha)
                ? flow->nd_target : in6addr_any);
    }
    return in6addr_any;
}

/* Returns the IP for whose duplicates 'flow' probes, or in6addr_any. */
static struct in6_addr
probed_ip(const struct flow *flow)
{
    if (flow->dl_type == htons(ETH_TYPE_ARP)) {
        return (!flow->nw_src && flow->nw_dst
                && flow->nw_proto == ARP_OP_REQUEST
                && eth_addr_equals(flow->arp_sha, flow->dl_src)
                ? in6_addr_mapped_ipv4(flow->nw_dst) : in6addr_any);
    }
    return (is_nd(flow, NULL) && flow->nw_ttl == 255
            && flow->tp_src == htons(ND_NEIGHBOR_SOLICIT)
            && !ipv6_addr_is_set(&flow->ipv6_src)
            ? flow->nd_target : in6addr_any);
}

static void
learn_from_sender(struct learn *l, const struct flow *flow)
{
    struct in6_addr probed = probed_ip(flow);
    bool tentative = ipv6_addr_is_set(&probed);

    learn_add(l, l->packet->in_tag, flow->dl_src,
              tentative ? probed : sender_ip(flow), tentative);
}

/* Who answers the gateway: a host that is no VM of this host. */

static void
learn_from_answerer(struct learn *l, const struct flow *flow)
{
    struct in6_addr ip = sender_ip(flow);
    bool answers = (flow->dl_type == htons(ETH_TYPE_ARP)
                    ? flow->nw_proto == ARP_OP_REPLY
                    : flow->tp_src == htons(ND_NEIGHBOR_ADVERT));

    if (answers && ipv6_addr_is_set(&ip)) {
        learn_add(l, 0, flow->dl_src, ip, false);
    }
}

/* Who is answered by DHCP. */

/* Returns the DHCP message type (RFC 2132 section 9.6) in the 'len' bytes of
 * options at 'p', or 0 if there is none. */
static uint8_t
dhcp_type(const uint8_t *p, size_t len)
{
    size_t i = 0;

    while (i < len && p[i] != DHCP_OPT_END) {
        if (p[i] == DHCP_OPT_PAD) {
            i++;
        } else if (len - i < 2 || len - i < 2u + p[i + 1]) {
            break;
        } else if (p[i] == DHCP_OPT_MSG_TYPE && p[i + 1] == 1) {
            return p[i + 2];
        } else {
            i += 2 + p[i + 1];
        }
    }
    return 0;
}

static void
learn_from_dhcp(struct learn *l, const uint8_t *payload, size_t len)
{
    const size_t options = DHCP_HEADER_LEN + sizeof(ovs_be32);
    struct dhcp_header dhcp;
    struct eth_addr mac;
    ovs_be32 cookie;

    if (len < options) {
        return;
    }
    memcpy(&dhcp, payload, sizeof dhcp);
    memcpy(&mac, dhcp.chaddr, sizeof mac);
    memcpy(&cookie, payload + DHCP_HEADER_LEN, sizeof cookie);
    if (dhcp.op == DHCP_OP_REPLY && dhcp.hlen == ETH_ADDR_LEN && dhcp.yiaddr
        && cookie == htonl(DHCP_MAGIC_COOKIE)
        && dhcp_type(payload + options, len - options) == DHCP_MSG_ACK) {
        learn_add(l, l->packet->out_tag, mac,
                  in6_addr_mapped_ipv4(dhcp.yiaddr), false);
    }
}

static uint16_t
get_u16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

/* Adds the addresses that are leased to 'mac' by the DHCPv6 options in the
 * 'len' bytes at 'p', of an IA if 'in_ia'. */
static void
learn_from_options6(struct learn *l, struct eth_addr mac, const uint8_t *p,
                    size_t len, bool in_ia)
{
    while (len >= 4) {
        uint16_t code = get_u16(p);
        size_t n = get_u16(p + 2);
        size_t skip = (code == DHCP6_OPT_IA_NA ? 12
                       : code == DHCP6_OPT_IA_TA ? 4 : 0);

        p += 4;
        len -= 4;
        if (n > len) {
            return;
        }
        if (!in_ia && skip && n >= skip) {
            learn_from_options6(l, mac, p + skip, n - skip, true);
        } else if (in_ia && code == DHCP6_OPT_IAADDR && n >= DHCP6_IAADDR_LEN
                   && !is_all_zeros(p + 20, 4)) {
            struct in6_addr ip;

            memcpy(&ip, p, sizeof ip);
            learn_add(l, l->packet->out_tag, mac, ip, false);
        }
        p += n;
        len -= n;
    }
}

static void
learn_from_dhcp6(struct learn *l, struct eth_addr mac, const uint8_t *payload,
                 size_t len)
{
    if (len >= DHCP6_HEADER_LEN && payload[0] == DHCP6_REPLY
        && !eth_addr_is_multicast(mac)) {
        learn_from_options6(l, mac, payload + DHCP6_HEADER_LEN,
                            len - DHCP6_HEADER_LEN, false);
    }
}

static void
learn_from_answer(struct learn *l, const struct flow *flow,
                  const struct dp_packet *b)
{
    const uint8_t *payload = dp_packet_get_udp_payload(b);
    const uint8_t *tail = dp_packet_tail(b);

    if (flow->nw_proto != IPPROTO_UDP || !payload || payload > tail) {
        return;
    }
    if (flow->dl_type == htons(ETH_TYPE_IP)) {
        learn_from_dhcp(l, payload, tail - payload);
    } else {
        learn_from_dhcp6(l, flow->dl_dst, payload, tail - payload);
    }
}

/* Stores in 'facts' what 'packet', which a flow handed over for learning,
 * tells.  Returns their number. */
size_t
flow_learn_parse(const struct flow_packet *packet,
                 struct fact_heard facts[FLOW_LEARN_MAX])
{
    struct learn l = { .packet = packet, .facts = facts };
    struct dp_packet b;
    struct flow flow;

    dp_packet_use_const(&b, packet->data, packet->len);
    flow_extract(&b, &flow);
    if (packet->opcode == PUNT_LEARN) {
        learn_from_sender(&l, &flow);
    } else if (packet->opcode == PUNT_LEARN_DHCP) {
        learn_from_answer(&l, &flow, &b);
    } else if (packet->opcode == PUNT_GLEAN) {
        learn_from_answerer(&l, &flow);
    }
    return l.n;
}

/* Asking. */

/* Returns the link-local address of LEARN_PROBE_MAC (RFC 4291 appendix A). */
static struct in6_addr
probe_source(void)
{
    struct in6_addr ip;

    in6_generate_lla(LEARN_PROBE_MAC, &ip);
    return ip;
}

static void
compose_probe(const struct probe *probe, struct dp_packet *b)
{
    struct eth_header *eth;

    if (IN6_IS_ADDR_V4MAPPED(&probe->ip)) {
        compose_arp(b, ARP_OP_REQUEST, LEARN_PROBE_MAC, eth_addr_zero, false,
                    0, in6_addr_get_mapped_ipv4(&probe->ip));
    } else {
        struct in6_addr source = probe_source();

        compose_nd_ns(b, LEARN_PROBE_MAC, &source, &probe->ip);
        packet_set_ipv6(b, &source, &probe->ip, 0, 0, 255);
    }
    eth = dp_packet_eth(b);
    eth->eth_dst = probe->mac;
}

/* Makes '*packet' what asks the VM of 'probe' whether it still has its IP; its
 * data is put into 'data', which the caller has initialized and frees.  An ARP
 * probe has no sender (RFC 5227 section 2.1.1), so that it leaves no trace in
 * the VM; a solicitation has a link-local one, since the answer to one without
 * goes to all (RFC 4861 section 7.2.4).  Either comes from a MAC to which
 * nothing but answers is sent. */
void
flow_learn_probe(const struct probe *probe, struct flow_packet *packet,
                 struct ofpbuf *data)
{
    struct dp_packet b;

    dp_packet_init(&b, 0);
    compose_probe(probe, &b);
    ofpbuf_clear(data);
    ofpbuf_put(data, dp_packet_data(&b), dp_packet_size(&b));
    dp_packet_uninit(&b);
    *packet = (struct flow_packet) {
        .table_id = TABLE_DELIVER,
        .vni = probe->vni,
        .out_tag = probe->ofport,
        .data = data->data,
        .len = data->size,
    };
}
