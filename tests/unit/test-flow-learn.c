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
#include <cmocka.h>
#include "dhcp.h"
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-learn.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/script.h"
#include "util.h"

static const struct eth_addr a = ETH_ADDR_C(52,54,00,00,00,0a);
static const struct eth_addr b = ETH_ADDR_C(52,54,00,00,00,0b);

/* Returns what is learned of 'packet', which is freed, as text. */
static char *
parse(struct dp_packet *packet, uint32_t opcode)
{
    struct flow_packet p = {
        .opcode = opcode,
        .vni = 5,
        .in_tag = 1,
        .out_tag = 2,
        .data = dp_packet_data(packet),
        .len = dp_packet_size(packet),
    };
    struct fact_heard facts[FLOW_LEARN_MAX];
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t n = flow_learn_parse(&p, facts);

    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%"PRIu32" %"PRIu32" "ETH_ADDR_FMT" %s%s\n",
                      facts[i].vni, facts[i].ofport,
                      ETH_ADDR_ARGS(facts[i].mac),
                      ipv6_addr_is_set(&facts[i].ip)
                      ? script_ip_string(&facts[i].ip) : "-",
                      facts[i].tentative ? " tentative" : "");
    }
    dp_packet_delete(packet);
    return ds_steal_cstr(&s);
}

static void
check(const char *name, struct dp_packet *packet, uint32_t opcode,
      const char *expected)
{
    char *got = parse(packet, opcode);

    script_check(name, expected, got);
    free(got);
}

static void
check_sent(const char *name, struct dp_packet *packet, const char *expected)
{
    check(name, packet, PUNT_LEARN, expected);
}

/* What VMs send. */

static struct dp_packet *
arp(uint16_t op, struct eth_addr sha, const char *spa, const char *tpa)
{
    struct dp_packet *p = dp_packet_new(0);

    compose_arp(p, op, sha, b, op == ARP_OP_REQUEST,
                in6_addr_get_mapped_ipv4(&(struct in6_addr[]) {
                    script_parse_ip(spa) }[0]),
                in6_addr_get_mapped_ipv4(&(struct in6_addr[]) {
                    script_parse_ip(tpa) }[0]));
    return p;
}

static void
test_arp(void **state OVS_UNUSED)
{
    struct dp_packet *p;
    struct eth_header *eth;

    check_sent("request", arp(ARP_OP_REQUEST, a, "10.0.0.1", "10.0.0.2"),
               "5 1 52:54:00:00:00:0a 10.0.0.1\n");
    check_sent("reply", arp(ARP_OP_REPLY, a, "10.0.0.1", "10.0.0.2"),
               "5 1 52:54:00:00:00:0a 10.0.0.1\n");
    check_sent("announcement", arp(ARP_OP_REQUEST, a, "10.0.0.1", "10.0.0.1"),
               "5 1 52:54:00:00:00:0a 10.0.0.1\n");
    check_sent("probe", arp(ARP_OP_REQUEST, a, "0.0.0.0", "10.0.0.1"),
               "5 1 52:54:00:00:00:0a 10.0.0.1 tentative\n");
    check_sent("no probe", arp(ARP_OP_REPLY, a, "0.0.0.0", "10.0.0.1"),
               "5 1 52:54:00:00:00:0a -\n");

    p = arp(ARP_OP_REPLY, a, "10.0.0.1", "10.0.0.2");
    eth = dp_packet_eth(p);
    eth->eth_src = b;
    check_sent("for another", p, "5 1 52:54:00:00:00:0b -\n");
}

static struct dp_packet *
solicitation(const char *src, const char *target)
{
    struct in6_addr ip = script_parse_ip(src);
    struct in6_addr ip2 = script_parse_ip(target);
    struct dp_packet *p = dp_packet_new(0);

    compose_nd_ns(p, a, &ip, &ip2);
    return p;
}

static struct dp_packet *
advertisement(struct eth_addr mac, const char *target)
{
    struct in6_addr src = script_parse_ip("fe80::1");
    struct in6_addr dst = script_parse_ip("ff02::1");
    struct in6_addr ip = script_parse_ip(target);
    struct dp_packet *p = dp_packet_new(0);

    compose_nd_na(p, mac, b, &src, &dst, htonl(0x20000000));
    packet_set_nd(p, &ip, eth_addr_zero, mac);
    return p;
}

static void
test_nd(void **state OVS_UNUSED)
{
    struct ovs_16aligned_ip6_hdr *ip6;
    struct dp_packet *p;
    struct eth_header *eth;

    check_sent("solicitation", solicitation("fd00::1", "fd00::2"),
               "5 1 52:54:00:00:00:0a fd00::1\n");
    check_sent("of a link-local address", solicitation("fe80::1", "fd00::2"),
               "5 1 52:54:00:00:00:0a fe80::1\n");
    check_sent("probe", solicitation("::", "fd00::1"),
               "5 1 52:54:00:00:00:0a fd00::1 tentative\n");
    check_sent("advertisement", advertisement(a, "fd00::1"),
               "5 1 52:54:00:00:00:0a fd00::1\n");

    p = advertisement(a, "fd00::1");
    eth = dp_packet_eth(p);
    eth->eth_src = b;
    check_sent("for another", p, "5 1 52:54:00:00:00:0b -\n");

    p = solicitation("fd00::1", "fd00::2");
    ip6 = dp_packet_l3(p);
    ip6->ip6_hlim = 254;
    check_sent("through a router", p, "5 1 52:54:00:00:00:0a -\n");
}

static void
test_other_frames_tell_a_mac(void **state OVS_UNUSED)
{
    struct dp_packet *p = dp_packet_new(0);

    eth_compose(p, b, a, 0x1234, 10);
    check_sent("any", p, "5 1 52:54:00:00:00:0a -\n");
    p = dp_packet_new(0);
    eth_compose(p, b, a, ETH_TYPE_ARP, 3);
    check_sent("ARP cut off", p, "5 1 52:54:00:00:00:0a -\n");
}

/* What hosts behind VTEPs answer to the gateway. */

static void
check_gleaned(const char *name, struct dp_packet *packet, const char *expected)
{
    check(name, packet, PUNT_GLEAN, expected);
}

static void
test_answers_to_the_gateway(void **state OVS_UNUSED)
{
    struct dp_packet *p;
    struct eth_header *eth;

    check_gleaned("reply", arp(ARP_OP_REPLY, a, "10.0.0.1", "10.0.0.2"),
                  "5 0 52:54:00:00:00:0a 10.0.0.1\n");
    check_gleaned("request", arp(ARP_OP_REQUEST, a, "10.0.0.1", "10.0.0.2"),
                  "");
    check_gleaned("of nobody", arp(ARP_OP_REPLY, a, "0.0.0.0", "10.0.0.1"),
                  "");
    check_gleaned("advertisement", advertisement(a, "fd00::1"),
                  "5 0 52:54:00:00:00:0a fd00::1\n");
    check_gleaned("solicitation", solicitation("fd00::1", "fd00::2"), "");

    p = arp(ARP_OP_REPLY, a, "10.0.0.1", "10.0.0.2");
    eth = dp_packet_eth(p);
    eth->eth_src = b;
    check_gleaned("for another", p, "");
    p = advertisement(a, "fd00::1");
    eth = dp_packet_eth(p);
    eth->eth_src = b;
    check_gleaned("advertisement for another", p, "");
}

/* What VMs get. */

/* Returns a UDP packet to 'a' with the 'len' bytes of 'payload'. */
static struct dp_packet *
udp(bool v6, uint16_t src, uint16_t dst, const void *payload, size_t len)
{
    struct dp_packet *p = dp_packet_new(0);
    struct flow flow = {
        .dl_dst = a,
        .dl_src = b,
        .dl_type = htons(v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP),
        .nw_proto = IPPROTO_UDP,
        .nw_ttl = 64,
        .nw_src = htonl(0x0a000002),
        .nw_dst = htonl(0x0a000001),
        .ipv6_src = script_parse_ip("fe80::b"),
        .ipv6_dst = script_parse_ip("fe80::a"),
        .tp_src = htons(src),
        .tp_dst = htons(dst),
    };

    flow_compose(p, &flow, payload, len);
    return p;
}

static struct dp_packet *
dhcp(uint8_t op, uint8_t type, const char *yiaddr)
{
    struct in6_addr ip = script_parse_ip(yiaddr);
    struct dhcp_header header = {
        .op = op,
        .htype = 1,
        .hlen = ETH_ADDR_LEN,
        .yiaddr = in6_addr_get_mapped_ipv4(&ip),
    };
    const ovs_be32 cookie = htonl(DHCP_MAGIC_COOKIE);
    const uint8_t options[] = {
        DHCP_OPT_PAD, 1, 4, 255, 255, 255, 0, DHCP_OPT_MSG_TYPE, 1, type,
        DHCP_OPT_END, DHCP_OPT_MSG_TYPE, 1, DHCP_MSG_NAK,
    };
    struct ofpbuf payload;
    struct dp_packet *p;

    ofpbuf_init(&payload, 0);
    memcpy(header.chaddr, &a, sizeof a);
    ofpbuf_put(&payload, &header, sizeof header);
    ofpbuf_put(&payload, &cookie, sizeof cookie);
    ofpbuf_put(&payload, options, sizeof options);
    p = udp(false, 67, 68, payload.data, payload.size);
    ofpbuf_uninit(&payload);
    return p;
}

static void
check_got(const char *name, struct dp_packet *packet, const char *expected)
{
    check(name, packet, PUNT_LEARN_DHCP, expected);
}

static void
test_dhcp(void **state OVS_UNUSED)
{
    struct dp_packet *p;

    check_got("acknowledgement",
              dhcp(DHCP_OP_REPLY, DHCP_MSG_ACK, "10.0.0.1"),
              "5 2 52:54:00:00:00:0a 10.0.0.1\n");
    check_got("offer", dhcp(DHCP_OP_REPLY, DHCP_MSG_OFFER, "10.0.0.1"), "");
    check_got("refusal", dhcp(DHCP_OP_REPLY, DHCP_MSG_NAK, "10.0.0.1"), "");
    check_got("of options only", dhcp(DHCP_OP_REPLY, DHCP_MSG_ACK, "0.0.0.0"),
              "");
    check_got("no reply", dhcp(DHCP_OP_REQUEST, DHCP_MSG_ACK, "10.0.0.1"),
              "");
    check_sent("sent by a VM", dhcp(DHCP_OP_REPLY, DHCP_MSG_ACK, "10.0.0.1"),
               "5 1 52:54:00:00:00:0b -\n");
    p = dhcp(DHCP_OP_REPLY, DHCP_MSG_ACK, "10.0.0.1");
    dp_packet_set_size(p, dp_packet_size(p) - 10);
    check_got("cut off", p, "");
}

/* DHCPv6 messages, from the type on. */
static const uint8_t lease[] = {
    7, 1, 2, 3,                 /* Reply. */
    0, 1, 0, 2, 9, 9,           /* Client identifier. */
    0, 3, 0, 68, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 9, /* IA_NA. */
    0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0, 0, 0, 9, 0, 0, 0, 9,
    0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    0, 0, 0, 0, 0, 0, 0, 0,     /* Not valid any more. */
    0, 4, 0, 32, 0, 0, 0, 2,    /* IA_TA. */
    0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3,
    0, 0, 0, 9, 0, 0, 0, 9,
};

static void
test_dhcp6(void **state OVS_UNUSED)
{
    uint8_t bytes[sizeof lease];

    check_got("reply", udp(true, 547, 546, lease, sizeof lease),
              "5 2 52:54:00:00:00:0a fd00::1\n"
              "5 2 52:54:00:00:00:0a fd00::3\n");
    memcpy(bytes, lease, sizeof bytes);
    bytes[0] = 2;
    check_got("advertise", udp(true, 547, 546, bytes, sizeof bytes), "");
    for (size_t len = 0; len < sizeof lease; len++) {
        free(parse(udp(true, 547, 546, lease, len), PUNT_LEARN_DHCP));
    }
    for (size_t i = 1; i < sizeof bytes; i++) {
        memcpy(bytes, lease, sizeof bytes);
        bytes[i] = 0xff;
        free(parse(udp(true, 547, 546, bytes, sizeof bytes),
                   PUNT_LEARN_DHCP));
    }
}

/* Asking. */

static void
check_probe(const char *ip, const char *expected)
{
    const struct probe probe = {
        .vni = 5, .ofport = 2, .mac = a, .ip = script_parse_ip(ip),
    };
    struct flow_packet packet;
    struct dp_packet p;
    struct ofpbuf data;
    struct flow flow;
    char *got;

    ofpbuf_init(&data, 0);
    flow_learn_probe(&probe, &packet, &data);
    assert_int_equal(packet.table_id, TABLE_DELIVER);
    assert_int_equal(packet.vni, 5);
    assert_int_equal(packet.out_tag, 2);
    assert_int_equal(packet.in_tag, 0);
    assert_int_equal(packet.ofport, 0);
    dp_packet_use_const(&p, packet.data, packet.len);
    flow_extract(&p, &flow);
    got = flow_to_string(&flow, NULL);
    script_check(ip, expected, got);
    free(got);
    ofpbuf_uninit(&data);
}

static void
test_probes(void **state OVS_UNUSED)
{
    check_probe("10.0.0.1",
                "arp,vlan_tci=0x0000,dl_src=02:6f:65:00:00:01,"
                "dl_dst=52:54:00:00:00:0a,arp_spa=0.0.0.0,arp_tpa=10.0.0.1,"
                "arp_op=1,arp_sha=02:6f:65:00:00:01,"
                "arp_tha=00:00:00:00:00:00");
    check_probe("fd00::1",
                "icmp6,vlan_tci=0x0000,dl_src=02:6f:65:00:00:01,"
                "dl_dst=52:54:00:00:00:0a,ipv6_src=fe80::6f:65ff:fe00:1,"
                "ipv6_dst=fd00::1,ipv6_label=0x00000,nw_tos=0,nw_ecn=0,"
                "nw_ttl=255,nw_frag=no,icmp_type=135,icmp_code=0,"
                "nd_target=fd00::1,nd_sll=02:6f:65:00:00:01,"
                "nd_tll=00:00:00:00:00:00");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arp),
        cmocka_unit_test(test_nd),
        cmocka_unit_test(test_other_frames_tell_a_mac),
        cmocka_unit_test(test_answers_to_the_gateway),
        cmocka_unit_test(test_dhcp),
        cmocka_unit_test(test_dhcp6),
        cmocka_unit_test(test_probes),
    };

    return cmocka_run_group_tests_name("flow-learn", tests, NULL, NULL);
}
