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
#include "flows/ip-reply.h"

#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <netinet/ip_icmp.h>
#include "csum.h"
#include "dp-packet.h"
#include "flow.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* The most of a packet that an ICMP error quotes: it may be 576 bytes in all
 * (RFC 1812 section 4.3.2.3), or 1280 (RFC 4443 section 2.4 c). */
#define QUOTE_MAX4 (576 - 20 - 8)
#define QUOTE_MAX6 (1280 - 40 - 8)

#define TTL 64

/* A packet to be answered. */
struct packet {
    struct dp_packet packet;
    struct flow flow;
    const void *l3, *l4;        /* Null if there is none. */
    size_t l3_len, l4_len;      /* Without padding. */
};

static bool
is_ip4(const struct packet *r)
{
    return r->flow.dl_type == htons(ETH_TYPE_IP);
}

/* Takes the 'len' bytes of 'frame' apart.  Returns false if that is no IP
 * packet. */
static bool
parse(struct packet *r, const void *frame, size_t len)
{
    if (len < ETH_HEADER_LEN || len > UINT16_MAX) {
        return false;
    }
    dp_packet_use_const(&r->packet, frame, len);
    flow_extract(&r->packet, &r->flow);
    r->l3 = dp_packet_l3(&r->packet);
    r->l4 = dp_packet_l4(&r->packet);
    if (!r->l3 || (!is_ip4(r) && r->flow.dl_type != htons(ETH_TYPE_IPV6))) {
        return false;
    }
    r->l3_len = dp_packet_l3_size(&r->packet);
    r->l4_len = r->l4 ? dp_packet_l4_size(&r->packet) : 0;
    return true;
}

/* Returns true if 'ip' is that of one host (RFC 1812 section 5.3.7), as far as
 * can be told without the prefixes of networks. */
static bool
is_one_host4(ovs_be32 ip)
{
    uint8_t net = ntohl(ip) >> 24;

    return net && net != 127 && net < 224;
}

static bool
is_one_host6(const struct in6_addr *ip)
{
    return !ipv6_addr_equals(ip, &in6addr_any) && !ipv6_addr_is_multicast(ip);
}

/* Returns true if 'type' is that of an error, or unknown. */
static bool
is_icmp4_error(uint8_t type)
{
    return !(type == ICMP4_ECHO_REPLY || type == ICMP4_ECHO_REQUEST
             || type == ICMP4_TIMESTAMP || type == ICMP4_TIMESTAMPREPLY);
}

static bool
is_icmp6_error(uint8_t type)
{
    return type < ICMP6_ECHO_REQUEST || type == ND_REDIRECT;
}

/* Returns true if nobody may be told: see ip-reply.h. */
static bool
is_mute(const struct packet *r)
{
    const struct flow *f = &r->flow;
    uint8_t type = ntohs(f->tp_src);

    if (eth_addr_is_multicast(f->dl_dst) || f->nw_frag & FLOW_NW_FRAG_LATER) {
        return true;
    } else if (is_ip4(r)) {
        return (!is_one_host4(f->nw_src) || !is_one_host4(f->nw_dst)
                || (f->nw_proto == IPPROTO_ICMP && is_icmp4_error(type)));
    }
    return (!is_one_host6(&f->ipv6_src) || !is_one_host6(&f->ipv6_dst)
            || (f->nw_proto == IPPROTO_ICMPV6 && is_icmp6_error(type)));
}

static void
put_ip4(struct ofpbuf *b, ovs_be32 src, ovs_be32 dst, uint8_t proto,
        size_t len)
{
    struct ip_header *ip = ofpbuf_put_zeros(b, sizeof *ip);

    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_tot_len = htons(sizeof *ip + len);
    ip->ip_ttl = TTL;
    ip->ip_proto = proto;
    put_16aligned_be32(&ip->ip_src, src);
    put_16aligned_be32(&ip->ip_dst, dst);
    ip->ip_csum = csum(ip, sizeof *ip);
}

static void
put_ip6(struct ofpbuf *b, const struct in6_addr *src,
        const struct in6_addr *dst, uint8_t proto, size_t len)
{
    struct ovs_16aligned_ip6_hdr *ip6 = ofpbuf_put_zeros(b, sizeof *ip6);

    put_16aligned_be32(&ip6->ip6_flow, htonl(6 << 28));
    ip6->ip6_plen = htons(len);
    ip6->ip6_nxt = proto;
    ip6->ip6_hlim = TTL;
    memcpy(&ip6->ip6_src, src, sizeof ip6->ip6_src);
    memcpy(&ip6->ip6_dst, dst, sizeof ip6->ip6_dst);
}

/* Starts a reply to 'r': headers up to that of IP, whose payload is to be
 * 'len' bytes of 'proto'.  It comes from 'from' or, if that is null, from whom
 * 'r' is for. */
static struct ofpbuf *
start_reply(const struct packet *r, const struct in6_addr *from,
            uint8_t proto, size_t len)
{
    const struct flow *f = &r->flow;
    struct ofpbuf *b = ofpbuf_new(ETH_HEADER_LEN + IPV6_HEADER_LEN + len);
    struct eth_header *eth = ofpbuf_put_zeros(b, sizeof *eth);

    eth->eth_dst = f->dl_src;
    eth->eth_src = f->dl_dst;
    eth->eth_type = f->dl_type;
    if (is_ip4(r)) {
        put_ip4(b, from ? in6_addr_get_mapped_ipv4(from) : f->nw_dst,
                f->nw_src, proto, len);
    } else {
        put_ip6(b, from ? from : &f->ipv6_dst, &f->ipv6_src, proto, len);
    }
    return b;
}

/* Returns the checksum of the 'len' bytes at the end of 'b', with the pseudo
 * header of IPv6 or, if 'pseudo4', that of IPv4. */
static ovs_be16
reply_csum(const struct ofpbuf *b, size_t len, bool ip4, bool pseudo4)
{
    const char *l4 = (const char *) b->data + b->size - len;
    const void *l3 = (const char *) b->data + ETH_HEADER_LEN;
    uint32_t sum = (!ip4 ? packet_csum_pseudoheader6(l3)
                    : pseudo4 ? packet_csum_pseudoheader(l3)
                    : 0);

    return csum_finish(csum_continue(sum, l4, len));
}

/* Returns a RST that says no to the segment 'r' (RFC 9293 section 3.10.7.1),
 * or null if that is one itself. */
static struct ofpbuf *
compose_rst(const struct packet *r)
{
    const struct tcp_header *th = r->l4;
    struct tcp_header *rst;
    uint16_t flags;
    size_t header;
    struct ofpbuf *b;

    if (r->l4_len < sizeof *th) {
        return NULL;
    }
    flags = TCP_FLAGS(th->tcp_ctl);
    header = TCP_OFFSET(th->tcp_ctl) * 4;
    if (flags & TCP_RST || header > r->l4_len) {
        return NULL;
    }
    b = start_reply(r, NULL, IPPROTO_TCP, sizeof *rst);
    rst = ofpbuf_put_zeros(b, sizeof *rst);
    rst->tcp_src = th->tcp_dst;
    rst->tcp_dst = th->tcp_src;
    if (flags & TCP_ACK) {
        rst->tcp_seq = th->tcp_ack;
        rst->tcp_ctl = TCP_CTL(TCP_RST, 5);
    } else {
        uint32_t seq = ntohl(get_16aligned_be32(&th->tcp_seq));

        seq += r->l4_len - header + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
        put_16aligned_be32(&rst->tcp_ack, htonl(seq));
        rst->tcp_ctl = TCP_CTL(TCP_RST | TCP_ACK, 5);
    }
    rst->tcp_csum = reply_csum(b, sizeof *rst, is_ip4(r), true);
    return b;
}

/* Errors. */

/* The first 8 bytes of an error (RFC 792, RFC 4443 section 2.1). */
#define ERROR_LEN 8
BUILD_ASSERT_DECL(sizeof(struct icmp_header) == ERROR_LEN);

/* Returns an error that quotes 'r', with the type and code of 'head'. */
static struct ofpbuf *
compose_error(const struct packet *r, const struct in6_addr *from,
              const struct icmp_header *head)
{
    size_t quote = MIN(r->l3_len, is_ip4(r) ? QUOTE_MAX4 : QUOTE_MAX6);
    size_t len = ERROR_LEN + quote;
    struct ofpbuf *b = start_reply(r, from, (is_ip4(r) ? IPPROTO_ICMP
                                             : IPPROTO_ICMPV6), len);
    struct icmp_header *icmp;

    ofpbuf_put(b, head, sizeof *head);
    ofpbuf_put(b, r->l3, quote);
    icmp = ofpbuf_at_assert(b, b->size - len, sizeof *icmp);
    icmp->icmp_csum = reply_csum(b, len, is_ip4(r), false);
    return b;
}

/* Returns the head of 'error' about an IPv4 packet. */
static struct icmp_header
error_head4(enum ip_error error, uint16_t mtu)
{
    struct icmp_header head = { .icmp_type = ICMP4_DST_UNREACH };

    switch (error) {
    case IP_ERROR_PROHIBITED:
        head.icmp_code = ICMP_PKT_FILTERED;
        break;
    case IP_ERROR_TTL:
        head.icmp_type = ICMP4_TIME_EXCEEDED;
        head.icmp_code = ICMP_EXC_TTL;
        break;
    case IP_ERROR_NO_ROUTE:
        head.icmp_code = ICMP_NET_UNREACH;
        break;
    case IP_ERROR_HOST:
        head.icmp_code = ICMP_HOST_UNREACH;
        break;
    case IP_ERROR_PROTOCOL:
        head.icmp_code = ICMP_PROT_UNREACH;
        break;
    case IP_ERROR_PORT:
        head.icmp_code = ICMP_PORT_UNREACH;
        break;
    case IP_ERROR_TOO_BIG:
        head.icmp_code = ICMP_FRAG_NEEDED;
        head.icmp_fields.frag.mtu = htons(mtu); /* RFC 1191. */
        break;
    }
    return head;
}

/* Returns the head of 'error' about an IPv6 packet. */
static struct icmp_header
error_head6(enum ip_error error, uint16_t mtu)
{
    struct icmp_header head = { .icmp_type = ICMP6_DST_UNREACH };

    switch (error) {
    case IP_ERROR_PROHIBITED:
        head.icmp_code = ICMP6_DST_UNREACH_ADMIN;
        break;
    case IP_ERROR_TTL:
        head.icmp_type = ICMP6_TIME_EXCEEDED;
        head.icmp_code = ICMP6_TIME_EXCEED_TRANSIT;
        break;
    case IP_ERROR_NO_ROUTE:
        head.icmp_code = ICMP6_DST_UNREACH_NOROUTE;
        break;
    case IP_ERROR_HOST:
        head.icmp_code = ICMP6_DST_UNREACH_ADDR;
        break;
    case IP_ERROR_PROTOCOL:
        head.icmp_type = ICMP6_PARAM_PROB;
        head.icmp_code = ICMP6_PARAMPROB_NEXTHEADER;
        put_16aligned_be32(&head.icmp_fields.gateway,
                           htonl(offsetof(struct ip6_hdr, ip6_nxt)));
        break;
    case IP_ERROR_PORT:
        head.icmp_code = ICMP6_DST_UNREACH_NOPORT;
        break;
    case IP_ERROR_TOO_BIG:
        head.icmp_type = ICMP6_PACKET_TOO_BIG;
        put_16aligned_be32(&head.icmp_fields.gateway, htonl(mtu));
        break;
    }
    return head;
}

/* Returns the frame that tells 'error' about the 'len' bytes of 'frame' to its
 * sender, from the address 'from' or, if that is null, from whom it was for;
 * null if nobody is to be told.  'mtu' is for IP_ERROR_TOO_BIG: that of the
 * next hop. */
struct ofpbuf *
ip_reply_error(const void *frame, size_t len, enum ip_error error,
               const struct in6_addr *from, uint16_t mtu)
{
    struct icmp_header head;
    struct packet r;

    if (!parse(&r, frame, len) || is_mute(&r)
        || (from && IN6_IS_ADDR_V4MAPPED(from) != is_ip4(&r))) {
        return NULL;
    }
    head = is_ip4(&r) ? error_head4(error, mtu) : error_head6(error, mtu);
    return compose_error(&r, from, &head);
}

/* Returns the frame that tells the sender of 'frame', which is 'len' bytes,
 * that it is rejected: a RST for TCP, otherwise an error.  Returns null if it
 * is not to be told. */
struct ofpbuf *
ip_reply_reject(const void *frame, size_t len)
{
    struct packet r;

    if (!parse(&r, frame, len) || is_mute(&r)) {
        return NULL;
    } else if (r.flow.nw_proto == IPPROTO_TCP
               && r.l4_len >= sizeof(struct tcp_header)) {
        return compose_rst(&r);
    }
    return ip_reply_error(frame, len, IP_ERROR_PROHIBITED, NULL, 0);
}

/* Hosts. */

/* Returns true if 'r', an ICMP message, arrived as it was sent. */
static bool
is_whole(const struct packet *r)
{
    return !(is_ip4(r) ? csum(r->l4, r->l4_len)
             : packet_csum_upperlayer6(r->l3, r->l4, IPPROTO_ICMPV6,
                                       r->l4_len));
}

/* Returns the reply to the echo request 'r' (RFC 1122 section 3.2.2.6, RFC
 * 4443 section 4.2), or null if it is another message. */
static struct ofpbuf *
compose_echo(const struct packet *r)
{
    const struct icmp_header *request = r->l4;
    struct icmp_header *icmp;
    struct ofpbuf *b;

    if (r->l4_len < sizeof *request || request->icmp_code
        || request->icmp_type != (is_ip4(r) ? ICMP4_ECHO_REQUEST
                                  : ICMP6_ECHO_REQUEST)
        || !is_whole(r)) {
        return NULL;
    }
    b = start_reply(r, NULL, r->flow.nw_proto, r->l4_len);
    icmp = ofpbuf_put(b, r->l4, r->l4_len);
    icmp->icmp_type = is_ip4(r) ? ICMP4_ECHO_REPLY : ICMP6_ECHO_REPLY;
    icmp->icmp_csum = 0;
    icmp->icmp_csum = reply_csum(b, r->l4_len, is_ip4(r), false);
    return b;
}

/* Returns the frame that a host sends that 'frame', which is 'len' bytes, is
 * for, and that has no service at all: it answers echo requests, and refuses
 * everything else.  Returns null if it has nothing to say: also to fragments,
 * of which it would have to wait for the others. */
struct ofpbuf *
ip_reply_host(const void *frame, size_t len)
{
    enum ip_error error = IP_ERROR_PROTOCOL;
    struct packet r;

    if (!parse(&r, frame, len) || is_mute(&r)
        || r.flow.nw_frag & FLOW_NW_FRAG_ANY
        || (!is_ip4(&r) && r.flow.nw_proto == IPPROTO_NONE)) {
        return NULL;
    } else if (r.flow.nw_proto == IPPROTO_TCP) {
        return compose_rst(&r);
    } else if (r.flow.nw_proto == (is_ip4(&r) ? IPPROTO_ICMP
                                   : IPPROTO_ICMPV6)) {
        return compose_echo(&r);
    } else if (r.flow.nw_proto == IPPROTO_UDP) {
        error = IP_ERROR_PORT;
    } else if (!is_ip4(&r) && r.l3_len - r.l4_len != IPV6_HEADER_LEN) {
        return NULL;            /* The error points to the first header. */
    }
    return ip_reply_error(frame, len, error, NULL, 0);
}
