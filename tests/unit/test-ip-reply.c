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
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "csum.h"
#include "dp-packet.h"
#include "flow.h"
#include "flows/ip-reply.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "tests/unit/script.h"
#include "unaligned.h"
#include "util.h"

/* VM A sends, to a MAC that is a router's or a host's. */
#define MACS "dl_src=52:54:00:00:00:0a,dl_dst=52:54:00:00:00:0b,"
#define IP4(PROTO, REST) \
    MACS PROTO",nw_src=10.0.0.1,nw_dst=10.0.1.2,nw_ttl=1"REST
#define IP6(PROTO, REST) \
    MACS PROTO",ipv6_src=fd00::1,ipv6_dst=fd01::2,nw_ttl=1"REST

/* What is asked for, besides the errors. */
enum { REJECT = 100, HOST };

/* Returns the frame that 'flow' describes, with 'n' bytes of payload. */
static struct dp_packet *
compose(const char *text, size_t n)
{
    struct dp_packet *p = dp_packet_new(0);
    uint8_t *payload = xmalloc(n + 1);
    struct flow flow;
    char *error;

    for (size_t i = 0; i < n; i++) {
        payload[i] = i;
    }
    error = parse_ofp_exact_flow(&flow, NULL, NULL, text, NULL);
    if (error) {
        fail_msg("%s: %s", text, error);
    }
    flow_compose(p, &flow, payload, n);
    free(payload);
    return p;
}

/* Fails the test unless the checksums in 'p' are right. */
static void
check_csums(struct dp_packet *p, const struct flow *f)
{
    size_t len = dp_packet_l4_size(p);
    uint32_t sum = 0;

    if (f->dl_type == htons(ETH_TYPE_IP)) {
        assert_int_equal(csum(dp_packet_l3(p), IP_HEADER_LEN), 0);
        if (f->nw_proto == IPPROTO_TCP) {
            sum = packet_csum_pseudoheader(dp_packet_l3(p));
        }
    } else {
        sum = packet_csum_pseudoheader6(dp_packet_l3(p));
    }
    assert_int_equal(csum_finish(csum_continue(sum, dp_packet_l4(p), len)),
                     0);
}

static void
format_ips(const struct flow *f, struct ds *s)
{
    struct in6_addr src = f->ipv6_src, dst = f->ipv6_dst;

    if (f->dl_type == htons(ETH_TYPE_IP)) {
        src = in6_addr_mapped_ipv4(f->nw_src);
        dst = in6_addr_mapped_ipv4(f->nw_dst);
    }
    ds_put_format(s, "%s > ", script_ip_string(&src));
    ds_put_format(s, "%s: ", script_ip_string(&dst));
}

static void
format_tcp(const struct tcp_header *th, struct ds *s)
{
    ds_put_format(s, "tcp %d > %d flags %#x seq %"PRIu32" ack %"PRIu32,
                  ntohs(th->tcp_src), ntohs(th->tcp_dst),
                  TCP_FLAGS(th->tcp_ctl),
                  ntohl(get_16aligned_be32(&th->tcp_seq)),
                  ntohl(get_16aligned_be32(&th->tcp_ack)));
}

/* Appends the ICMP message 'p' to 's'.  What it quotes has to be the beginning
 * of 'about'. */
static void
format_icmp(const struct dp_packet *p, const struct flow *f,
            const struct dp_packet *about, struct ds *s)
{
    const struct icmp_header *icmp = dp_packet_l4(p);
    size_t n = dp_packet_l4_size(p) - sizeof *icmp;
    bool echo = (icmp->icmp_type
                 == (f->dl_type == htons(ETH_TYPE_IP) ? ICMP4_ECHO_REPLY
                     : ICMP6_ECHO_REPLY));
    const char *from = (const char *) dp_packet_l3(about)
                       + (echo ? (char *) dp_packet_l4(about) + sizeof *icmp
                          - (char *) dp_packet_l3(about) : 0);

    ds_put_format(s, "icmp %d/%d", icmp->icmp_type, icmp->icmp_code);
    if (get_16aligned_be32(&icmp->icmp_fields.gateway)) {
        ds_put_format(s, " word %"PRIu32, ntohl(get_16aligned_be32(
            &icmp->icmp_fields.gateway)));
    }
    ds_put_format(s, " %s %"PRIuSIZE, echo ? "echoes" : "quotes", n);
    assert_memory_equal(icmp + 1, from, n);
}

/* Returns the reply to 'p' as text, malloc'd. */
static char *
reply(const struct dp_packet *p, int what, const char *from)
{
    const struct in6_addr ip = script_parse_ip(from ? from : "::");
    const void *frame = dp_packet_data(p);
    size_t len = dp_packet_size(p);
    struct ofpbuf *b = (what == REJECT ? ip_reply_reject(frame, len)
                        : what == HOST ? ip_reply_host(frame, len)
                        : ip_reply_error(frame, len, what, from ? &ip : NULL,
                                         1400));
    struct ds s = DS_EMPTY_INITIALIZER;
    struct dp_packet out;
    struct flow f;

    if (!b) {
        return xstrdup("nothing");
    }
    dp_packet_use_const(&out, b->data, b->size);
    flow_extract(&out, &f);
    assert_int_equal(f.nw_ttl, 64);
    assert_true(eth_addr_equals(f.dl_dst,
                                script_parse_mac("52:54:00:00:00:0a")));
    assert_true(eth_addr_equals(f.dl_src,
                                script_parse_mac("52:54:00:00:00:0b")));
    check_csums(&out, &f);
    format_ips(&f, &s);
    if (f.nw_proto == IPPROTO_TCP) {
        format_tcp(dp_packet_l4(&out), &s);
    } else {
        format_icmp(&out, &f, p, &s);
    }
    ofpbuf_delete(b);
    return ds_steal_cstr(&s);
}

static const struct {
    const char *name;           /* The situation. */
    const char *flow;           /* The packet, */
    size_t n;                   /* with this payload. */
    int what;                   /* What is to be told... */
    const char *from;           /* ...by whom: by default its destination. */
    const char *expected;
} cases[] = {
    /* Errors. */
    { "time exceeded", IP4("udp", ",udp_src=9,udp_dst=33434"), 32,
      IP_ERROR_TTL, "10.0.0.254",
      "10.0.0.254 > 10.0.0.1: icmp 11/0 quotes 60" },
    { "time exceeded, IPv6", IP6("udp6", ",udp_src=9,udp_dst=33434"), 32,
      IP_ERROR_TTL, "fd00::ff", "fd00::ff > fd00::1: icmp 3/0 quotes 80" },
    { "no route", IP4("udp", ",udp_src=9,udp_dst=9"), 4, IP_ERROR_NO_ROUTE,
      "10.0.0.254", "10.0.0.254 > 10.0.0.1: icmp 3/0 quotes 32" },
    { "no route, IPv6", IP6("udp6", ",udp_src=9,udp_dst=9"), 4,
      IP_ERROR_NO_ROUTE, "fd00::ff",
      "fd00::ff > fd00::1: icmp 1/0 quotes 52" },
    { "host unreachable", IP4("tcp", ",tcp_flags=syn"), 0, IP_ERROR_HOST,
      "10.0.0.254", "10.0.0.254 > 10.0.0.1: icmp 3/1 quotes 40" },
    { "address unreachable", IP6("tcp6", ",tcp_flags=syn"), 0, IP_ERROR_HOST,
      "fd00::ff", "fd00::ff > fd00::1: icmp 1/3 quotes 60" },
    { "fragmentation needed", IP4("udp", ",udp_src=9,udp_dst=9"), 1472,
      IP_ERROR_TOO_BIG, "10.0.0.254",
      "10.0.0.254 > 10.0.0.1: icmp 3/4 word 1400 quotes 548" },
    { "packet too big", IP6("udp6", ",udp_src=9,udp_dst=9"), 1452,
      IP_ERROR_TOO_BIG, "fd00::ff",
      "fd00::ff > fd00::1: icmp 2/0 word 1400 quotes 1232" },
    { "prohibited", IP4("icmp", ",icmp_type=8"), 56, IP_ERROR_PROHIBITED, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 3/13 quotes 84" },
    { "prohibited, IPv6", IP6("icmp6", ",icmpv6_type=128"), 56,
      IP_ERROR_PROHIBITED, NULL, "fd01::2 > fd00::1: icmp 1/1 quotes 104" },
    { "an echo reply on its way", IP4("icmp", ",icmp_type=0"), 8, IP_ERROR_TTL,
      "10.0.0.254", "10.0.0.254 > 10.0.0.1: icmp 11/0 quotes 36" },
    { "first fragment", IP4("udp", ",udp_src=9,udp_dst=9,nw_frag=first"), 8,
      IP_ERROR_TTL, "10.0.0.254",
      "10.0.0.254 > 10.0.0.1: icmp 11/0 quotes 36" },

    /* Nobody is told. */
    { "later fragment", IP4("udp", ",nw_frag=later"), 8, IP_ERROR_TTL,
      "10.0.0.254", "nothing" },
    { "about an error", IP4("icmp", ",icmp_type=3,icmp_code=1"), 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "about a redirect", IP4("icmp", ",icmp_type=5"), 0, IP_ERROR_TTL,
      "10.0.0.254", "nothing" },
    { "about an unknown message", IP4("icmp", ",icmp_type=200"), 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "about an error, IPv6", IP6("icmp6", ",icmpv6_type=1"), 0, IP_ERROR_TTL,
      "fd00::ff", "nothing" },
    { "about a redirect, IPv6", IP6("icmp6", ",icmpv6_type=137"), 0,
      IP_ERROR_TTL, "fd00::ff", "nothing" },
    { "from 0.0.0.0", MACS"udp,nw_src=0.0.0.0,nw_dst=10.0.1.2", 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "from loopback", MACS"udp,nw_src=127.0.0.1,nw_dst=10.0.1.2", 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "from a group", MACS"udp,nw_src=224.0.0.1,nw_dst=10.0.1.2", 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "from nobody, IPv6", MACS"udp6,ipv6_src=::,ipv6_dst=fd01::2", 0,
      IP_ERROR_TTL, "fd00::ff", "nothing" },
    { "from a group, IPv6", MACS"udp6,ipv6_src=ff02::1,ipv6_dst=fd01::2", 0,
      IP_ERROR_TTL, "fd00::ff", "nothing" },
    { "to a group", MACS"udp,nw_src=10.0.0.1,nw_dst=224.0.0.251", 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "to all", MACS"udp,nw_src=10.0.0.1,nw_dst=255.255.255.255", 0,
      IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "to a group, IPv6", MACS"udp6,ipv6_src=fd00::1,ipv6_dst=ff05::2", 0,
      IP_ERROR_TTL, "fd00::ff", "nothing" },
    { "to a group's MAC", "dl_src=52:54:00:00:00:0a,dl_dst=01:00:5e:00:00:01,"
      "udp,nw_src=10.0.0.1,nw_dst=10.0.1.2", 0, IP_ERROR_TTL, "10.0.0.254",
      "nothing" },
    { "no IP", MACS"arp,arp_op=1", 0, IP_ERROR_TTL, "10.0.0.254", "nothing" },
    { "from an address of the other family", IP4("udp", ""), 0, IP_ERROR_TTL,
      "fd00::ff", "nothing" },

    /* Rejecting. */
    { "SYN", IP4("tcp", ",tcp_src=40000,tcp_dst=80,tcp_flags=syn"), 0, REJECT,
      NULL, "10.0.1.2 > 10.0.0.1: tcp 80 > 40000 flags 0x14 seq 0 ack 1" },
    { "data", IP4("tcp", ",tcp_src=40000,tcp_dst=80,tcp_flags=ack"), 5, REJECT,
      NULL, "10.0.1.2 > 10.0.0.1: tcp 80 > 40000 flags 0x4 seq 0 ack 0" },
    { "SYN, IPv6", IP6("tcp6", ",tcp_src=40000,tcp_dst=80,tcp_flags=syn"), 0,
      REJECT, NULL,
      "fd01::2 > fd00::1: tcp 80 > 40000 flags 0x14 seq 0 ack 1" },
    { "RST", IP4("tcp", ",tcp_flags=rst"), 0, REJECT, NULL, "nothing" },
    { "UDP", IP4("udp", ",udp_src=9,udp_dst=9"), 8, REJECT, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 3/13 quotes 36" },

    /* A host. */
    { "echo", IP4("icmp", ",icmp_type=8"), 56, HOST, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 0/0 echoes 56" },
    { "large echo", IP4("icmp", ",icmp_type=8"), 8972, HOST, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 0/0 echoes 8972" },
    { "empty echo", IP4("icmp", ",icmp_type=8"), 0, HOST, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 0/0 echoes 0" },
    { "echo, IPv6", IP6("icmp6", ",icmpv6_type=128"), 57, HOST, NULL,
      "fd01::2 > fd00::1: icmp 129/0 echoes 57" },
    { "echo in fragments", IP4("icmp", ",icmp_type=8,nw_frag=first"), 56, HOST,
      NULL, "nothing" },
    { "echo's later fragment", IP4("icmp", ",nw_frag=later"), 56, HOST, NULL,
      "nothing" },
    { "echo with a code", IP4("icmp", ",icmp_type=8,icmp_code=1"), 0, HOST,
      NULL, "nothing" },
    { "echo reply", IP4("icmp", ",icmp_type=0"), 56, HOST, NULL, "nothing" },
    { "timestamp", IP4("icmp", ",icmp_type=13"), 0, HOST, NULL, "nothing" },
    { "UDP", IP4("udp", ",udp_src=9,udp_dst=53"), 8, HOST, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 3/3 quotes 36" },
    { "UDP, IPv6", IP6("udp6", ",udp_src=9,udp_dst=53"), 8, HOST, NULL,
      "fd01::2 > fd00::1: icmp 1/4 quotes 56" },
    { "TCP", IP6("tcp6", ",tcp_src=40000,tcp_dst=179,tcp_flags=syn"), 0, HOST,
      NULL, "fd01::2 > fd00::1: tcp 179 > 40000 flags 0x14 seq 0 ack 1" },
    { "RST to a host", IP4("tcp", ",tcp_flags=rst"), 0, HOST, NULL,
      "nothing" },
    { "another protocol", IP4("ip", ",nw_proto=50"), 0, HOST, NULL,
      "10.0.1.2 > 10.0.0.1: icmp 3/2 quotes 20" },
    { "another protocol, IPv6", IP6("ipv6", ",nw_proto=50"), 0, HOST, NULL,
      "fd01::2 > fd00::1: icmp 4/1 word 6 quotes 40" },
    { "no next header", IP6("ipv6", ",nw_proto=59"), 0, HOST, NULL,
      "nothing" },
};

static void
test_replies(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct dp_packet *p = compose(cases[i].flow, cases[i].n);
        char *got = reply(p, cases[i].what, cases[i].from);

        script_check(cases[i].name, cases[i].expected, got);
        free(got);
        dp_packet_delete(p);
    }
}

/* What is behind an IP packet in a short frame is not told. */
static void
test_padding_is_not_quoted(void **state OVS_UNUSED)
{
    struct dp_packet *p = compose(IP4("udp", ",udp_src=9,udp_dst=9"), 1);
    char *got;

    dp_packet_put_zeros(p, 60 - dp_packet_size(p));
    got = reply(p, IP_ERROR_TTL, "10.0.0.254");
    script_check("padding", "10.0.0.254 > 10.0.0.1: icmp 11/0 quotes 29", got);
    free(got);
    dp_packet_delete(p);
}

static void
test_what_is_damaged_is_not_answered(void **state OVS_UNUSED)
{
    static const char *const requests[] = {
        IP4("icmp", ",icmp_type=8"), IP6("icmp6", ",icmpv6_type=128"),
    };

    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        struct dp_packet *p = compose(requests[i], 56);
        struct icmp_header *icmp = dp_packet_l4(p);

        icmp->icmp_csum ^= htons(0x0100);
        assert_null(ip_reply_host(dp_packet_data(p), dp_packet_size(p)));
        dp_packet_delete(p);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_padding_is_not_quoted),
        cmocka_unit_test(test_what_is_damaged_is_not_answered),
    };

    return cmocka_run_group_tests_name("ip-reply", tests, NULL, NULL);
}
