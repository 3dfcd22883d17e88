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
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "csum.h"
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "flows/rs-check.h"
#include "flows/security.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define A_LLA "fe80::5054:ff:fe00:a"

#define FACTS \
    "host vtep=192.0.2.1 tunnel=100\nnetwork blue 5\n" \
    "port vm1 blue "A" fd00::1 pair=10.0.0.9,00:00:5e:00:01:05 " \
    "pair=10.0.0.10\niface v1 id=vm1 ofport=7\n"

/* Options: source link-layer address, MTU. */
#define SLLA_A "\1\1\x52\x54\0\0\0\x0a"
#define SLLA_PAIR "\1\1\0\0\x5e\0\1\5"
#define SLLA_OTHER "\1\1\x52\x54\0\0\0\x0b"
#define SLLA_ZERO "\1\1\0\0\0\0\0\0"
#define MTU "\5\1\0\0\0\0\5\xdc"

#define CASE(NAME, OPTIONS, EXPECTED) \
    .name = NAME, .options = OPTIONS, .n = sizeof OPTIONS - 1, \
    .expected = EXPECTED

#define GOOD "again from table 0, port 7, network 0, checked\n"
#define BAD "to table 15, port 7, network 5, nd-spoof\n"

static const struct {
    const char *name;
    const char *options;
    size_t n;                   /* Bytes of 'options'. */
    const char *expected;
    const char *src;            /* A_LLA if null. */
    uint8_t hop_limit;          /* 255 if 0. */
    uint8_t code;
    bool bad_checksum;
    size_t cut;                 /* Bytes at the end that are not there. */
    size_t pad;                 /* Bytes behind the packet. */
} cases[] = {
    { CASE("the VM's own MAC", SLLA_A, GOOD) },
    { CASE("the MAC of an address pair", SLLA_PAIR, GOOD) },
    { CASE("another MAC", SLLA_OTHER, BAD) },
    { CASE("no MAC, as pairs have that name none", SLLA_ZERO, BAD) },
    { CASE("no options, but a frame that is longer", "", GOOD), .pad = 9 },
    { CASE("an option besides", MTU SLLA_A MTU, GOOD) },
    { CASE("another MAC behind another option", MTU SLLA_OTHER, BAD) },
    { CASE("the own MAC, and another one", SLLA_A SLLA_OTHER, BAD) },
    { CASE("another MAC, and the own one", SLLA_OTHER SLLA_A, BAD) },
    { CASE("other options only", MTU, GOOD) },
    { CASE("an address that is too long",
           "\1\2\x52\x54\0\0\0\x0a\0\0\0\0\0\0\0\0", BAD) },
    { CASE("an option without length", "\5\0\0\0\0\0\0\0" SLLA_OTHER, BAD) },
    { CASE("an option that is longer than the packet",
           MTU "\1\2\x52\x54", BAD) },
    { CASE("half an option", "\1", BAD) },
    { CASE("nobody yet, without the option", MTU, GOOD), .src = "::" },
    { CASE("nobody yet, with the option", SLLA_A, BAD), .src = "::" },
    { CASE("from another link", SLLA_A, BAD), .hop_limit = 254 },
    { CASE("a code", SLLA_A, BAD), .code = 1 },
    { CASE("a wrong checksum", SLLA_A, BAD), .bad_checksum = true },
    { CASE("a frame that is cut off", SLLA_A, BAD), .cut = 1 },
};

/* Puts the solicitation of 'cases[i]' into 'b', which the caller frees. */
static void
compose(struct dp_packet *b, size_t i)
{
    const struct eth_addr all_routers = ETH_ADDR_C(33,33,00,00,00,02);
    struct in6_addr src = script_parse_ip(cases[i].src ? cases[i].src
                                          : A_LLA);
    struct in6_addr dst = script_parse_ip("ff02::2");
    struct ovs_16aligned_ip6_hdr *ip6;
    struct icmp6_data_header *icmp6;
    size_t len = sizeof *icmp6 + cases[i].n;

    dp_packet_init(b, 0);
    eth_compose(b, all_routers, script_parse_mac(A), ETH_TYPE_IPV6,
                IPV6_HEADER_LEN);
    ip6 = dp_packet_l3(b);
    ip6->ip6_vfc = 0x60;
    ip6->ip6_plen = htons(len);
    ip6->ip6_nxt = IPPROTO_ICMPV6;
    ip6->ip6_hlim = cases[i].hop_limit ? cases[i].hop_limit : 255;
    memcpy(&ip6->ip6_src, &src, sizeof src);
    memcpy(&ip6->ip6_dst, &dst, sizeof dst);
    dp_packet_set_l4(b, dp_packet_put_zeros(b, sizeof *icmp6));
    dp_packet_put(b, cases[i].options, cases[i].n);
    icmp6 = dp_packet_l4(b);
    icmp6->icmp6_base.icmp6_type = ND_ROUTER_SOLICIT;
    icmp6->icmp6_base.icmp6_code = cases[i].code;
    icmp6->icmp6_base.icmp6_cksum = packet_csum_upperlayer6(
        dp_packet_l3(b), icmp6, IPPROTO_ICMPV6, len);
    if (cases[i].bad_checksum) {
        icmp6->icmp6_base.icmp6_cksum ^= htons(1);
    }
    dp_packet_put_zeros(b, cases[i].pad);
    dp_packet_set_size(b, dp_packet_size(b) - cases[i].cut);
}

/* Appends to 's' what becomes of the solicitation in 'b', which 'm' looks
 * at. */
static void
format_checked(const struct model *m, const struct dp_packet *b, struct ds *s)
{
    const struct flow_packet in = {
        .opcode = PUNT_RS,
        .table_id = TABLE_SECURITY_CLAIM,
        .ofport = 7,
        .vni = 5,
        .flags = FLAG_SECURE | FLAG_OPTIONS,
        .in_tag = 7,
        .data = dp_packet_data(b),
        .len = dp_packet_size(b),
    };
    struct flow_packet out;

    if (!rs_check(m, &in, &out)) {
        ds_put_cstr(s, "nothing\n");
        return;
    }
    assert_ptr_equal(out.data, in.data);
    assert_int_equal(out.len, in.len);
    assert_int_equal(out.flags, 0);
    assert_int_equal(out.in_tag, out.table_id ? in.in_tag : 0);
    ds_put_format(s, "%s table %d, port %"PRIu32", network %"PRIu32"%s%s\n",
                  out.table_id ? "to" : "again from", out.table_id,
                  out.ofport, out.vni, out.reason ? ", " : "",
                  (!out.reason ? ""
                   : out.reason == SECURITY_CHECKED ? "checked"
                   : security_reason_name(out.reason)));
}

static void
test_solicitations_are_checked(void **state OVS_UNUSED)
{
    struct model m;

    model_init(&m);
    model_script_run(&m, FACTS"run\n");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct dp_packet b;

        compose(&b, i);
        format_checked(&m, &b, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        dp_packet_uninit(&b);
        ds_destroy(&s);
    }
    model_uninit(&m);
}

/* Between the switch and us, a port may have changed. */
static void
test_ports_that_changed(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *input;
        const char *expected;
    } changes[] = {
        { "no check any more", "port vm1 blue "A" fd00::1 security=off\n",
          "again from table 0, port 7, network 0\n" },
        { "no address, hence guarded only", "port vm1 blue "A"\n",
          "again from table 0, port 7, network 0\n" },
        { "another MAC", "port vm1 blue 52:54:00:00:00:0b fd00::1\n", BAD },
        { "no port", "del-iface v1\n", "nothing\n" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct dp_packet b;
        struct model m;

        model_init(&m);
        model_script_run(&m, FACTS"run\n");
        model_script_run(&m, changes[i].input);
        model_script_run(&m, "run\n");
        compose(&b, 0);
        format_checked(&m, &b, &s);
        script_check(changes[i].name, changes[i].expected, ds_cstr(&s));
        dp_packet_uninit(&b);
        ds_destroy(&s);
        model_uninit(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solicitations_are_checked),
        cmocka_unit_test(test_ports_that_changed),
    };

    return cmocka_run_group_tests_name("rs-check", tests, NULL, NULL);
}
