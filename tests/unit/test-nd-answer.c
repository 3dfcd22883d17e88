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
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/nd-answer.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

#define FACTS \
    "host vtep=192.0.2.1 tunnel=100\n" \
    "network blue 5\nport vm1 blue "A" fd00::1\n" \
    "iface v1 id=vm1 ofport=7\nneigh 5 fd00::2 "B"\n" \
    "neigh 5 fd00::3 "B" router\n"

/* VM A asks. */
#define ROUTED FACTS"vpc v 9\nnetwork blue 5 vpc=v fd00::fe/64\n"
#define IS "02:6f:65:00:00:05"
#define GOES_ON "goes on in table 32: from port 7 flags 0xc0\n"

static const struct {
    const char *name;           /* The situation. */
    const char *input;          /* Facts. */
    uint32_t vni;
    const char *target;
    bool sll;                   /* With the option? */
    bool probe;                 /* From an address that is none yet? */
    const char *expected;
} cases[] = {
    { "remote address", FACTS, 5, "fd00::2", true, false,
      "to port 7: "B" > "A" fd00::2 > fd00::1 flags 60000000 tll "B"\n" },
    { "solicitation without a link-layer address", FACTS, 5, "fd00::2",
      false, false,
      "to port 7: "B" > "A" fd00::2 > fd00::1 flags 60000000 tll "B"\n" },
    { "a router's address", FACTS, 5, "fd00::3", true, false,
      "to port 7: "B" > "A" fd00::3 > fd00::1 flags e0000000 tll "B"\n" },
    { "local address", FACTS"port vm2 blue "B" fd00::4\n"
      "iface v2 id=vm2 ofport=8\n", 5, "fd00::4", true, false,
      "to port 7: "B" > "A" fd00::4 > fd00::1 flags 60000000 tll "B"\n" },
    { "address that nobody has any more", FACTS, 5, "fd00::9", true, false,
      GOES_ON },
    { "network that is no more", FACTS, 6, "fd00::2", true, false, GOES_ON },
    { "network that does not suppress any more",
      FACTS"network blue 5 no-suppression\n", 5, "fd00::2", true, false,
      GOES_ON },
    { .name = "the gateway", .input = ROUTED,
      .vni = 5, .target = "fd00::fe", .sll = true, .expected =
      "to port 7: "IS" > "A" fd00::fe > fd00::1 flags e0000000 tll "IS"\n" },
    { .name = "its link-local address, without suppression",
      .input = ROUTED"network blue 5 vpc=v no-suppression fd00::fe/64\n",
      .vni = 5, .target = "fe80::6f:65ff:fe00:5", .expected =
      "to port 7: "IS" > "A" fe80::6f:65ff:fe00:5 > fd00::1 flags e0000000 "
      "tll "IS"\n" },
    { .name = "who wants to know if the gateway's address is free",
      .input = ROUTED, .vni = 5, .target = "fd00::fe", .probe = true,
      .expected = "to port 7: "IS" > 33:33:00:00:00:01 fd00::fe > ff02::1 "
      "flags a0000000 tll "IS"\n" },
    { .name = "the gateway of a network that is not routed any more",
      .input = ROUTED"del-vpc v\n", .vni = 5, .target = "fd00::fe",
      .sll = true, .expected = GOES_ON },
};

/* Makes the solicitation by A for 'target', which the caller frees. */
static void
compose(struct dp_packet *packet, const char *target, bool sll, bool probe)
{
    struct in6_addr src = probe ? in6addr_any : script_parse_ip("fd00::1");
    struct in6_addr dst = script_parse_ip(target);

    dp_packet_init(packet, 0);
    compose_nd_ns(packet, script_parse_mac(A), &src, &dst);
    if (!sll) {
        struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);

        dp_packet_set_size(packet, dp_packet_size(packet) - ND_LLA_OPT_LEN);
        ip6->ip6_ctlun.ip6_un1.ip6_un1_plen = htons(ND_MSG_LEN);
    }
}

static void
format_answer(const struct flow_packet *out, struct ds *s)
{
    struct dp_packet packet;
    struct flow flow;

    dp_packet_use_const(&packet, out->data, out->len);
    flow_extract(&packet, &flow);
    assert_int_equal(flow.dl_type, htons(ETH_TYPE_IPV6));
    assert_int_equal(flow.nw_proto, IPPROTO_ICMPV6);
    assert_int_equal(flow.nw_ttl, 255);
    assert_int_equal(ntohs(flow.tp_src), ND_NEIGHBOR_ADVERT);
    assert_true(ipv6_addr_equals(&flow.nd_target, &flow.ipv6_src));
    assert_int_equal(packet_csum_upperlayer6(
        dp_packet_l3(&packet), dp_packet_l4(&packet), IPPROTO_ICMPV6,
        dp_packet_l4_size(&packet)), 0);
    ds_put_format(s, "to port %"PRIu32": "ETH_ADDR_FMT" > "ETH_ADDR_FMT" ",
                  out->out_tag, ETH_ADDR_ARGS(flow.dl_src),
                  ETH_ADDR_ARGS(flow.dl_dst));
    ds_put_format(s, "%s > %s flags %08"PRIx32" tll "ETH_ADDR_FMT"\n",
                  script_ip_string(&flow.ipv6_src),
                  script_ip_string(&flow.ipv6_dst), ntohl(flow.igmp_group_ip4),
                  ETH_ADDR_ARGS(flow.arp_tha));
}

static void
format_out(const struct flow_packet *request, const struct flow_packet *out,
           struct ds *s)
{
    if (out->table_id == TABLE_DELIVER) {
        assert_int_equal(out->ofport, 0);
        assert_int_equal(out->vni, request->vni);
        format_answer(out, s);
    } else {
        assert_ptr_equal(out->data, request->data);
        assert_int_equal(out->len, request->len);
        assert_int_equal(out->in_tag, request->in_tag);
        ds_put_format(s, "goes on in table %d: from port %"PRIu32" flags "
                      "%#"PRIx32"\n", out->table_id, out->ofport, out->flags);
    }
}

static void
test_solicitations_are_answered(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct dp_packet request, answer;
        struct flow_packet in, out;
        struct model m;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        model_script_run(&m, "run");
        compose(&request, cases[i].target, cases[i].sll, cases[i].probe);
        in = (struct flow_packet) {
            .opcode = PUNT_ND,
            .table_id = TABLE_PUNT_ND,
            .ofport = 7,
            .vni = cases[i].vni,
            .flags = FLAG_ASKS | FLAG_OTHER_MAC,
            .in_tag = 7,
            .data = dp_packet_data(&request),
            .len = dp_packet_size(&request),
        };
        dp_packet_init(&answer, 0);
        nd_answer(&m, &in, &answer, &out);
        format_out(&in, &out, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        dp_packet_uninit(&answer);
        dp_packet_uninit(&request);
        model_uninit(&m);
        ds_destroy(&s);
    }
}

/* Whatever the switch hands over, it goes on as it is unless it is a
 * solicitation. */
static void
test_anything_else_goes_on(void **state OVS_UNUSED)
{
    struct dp_packet request, answer;
    struct flow_packet in, out;
    struct model m;

    model_init(&m);
    model_script_run(&m, FACTS);
    model_script_run(&m, "run");
    compose(&request, "fd00::2", true, false);
    for (size_t len = ETH_HEADER_LEN; len < dp_packet_size(&request); len++) {
        in = (struct flow_packet) {
            .vni = 5,
            .in_tag = 7,
            .data = dp_packet_data(&request),
            .len = len,
        };
        dp_packet_init(&answer, 0);
        nd_answer(&m, &in, &answer, &out);
        if (len < dp_packet_size(&request) - ND_LLA_OPT_LEN) {
            assert_int_equal(out.table_id, TABLE_L2_LOCAL);
            assert_ptr_equal(out.data, in.data);
        }
        dp_packet_uninit(&answer);
    }
    dp_packet_uninit(&request);
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_solicitations_are_answered),
        cmocka_unit_test(test_anything_else_goes_on),
    };

    return cmocka_run_group_tests_name("nd-answer", tests, NULL, NULL);
}
