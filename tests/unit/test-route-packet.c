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
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "flows/route-packet.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"   /* VM 1. */
#define B "52:54:00:00:00:0b"   /* VM 2. */
#define C "52:54:00:00:00:0c"   /* Another one. */
#define GW5 "02:6f:65:00:00:05" /* Gateway of blue. */
#define GW6 "02:6f:65:00:00:06" /* Gateway of red. */
#define RMAC "06:6f:c0:00:02:01"

/* Two networks of a VPC that are here, and one that is not. */
#define FACTS \
    "host vtep=192.0.2.1 tunnel=100\nvpc v 9\n" \
    "network blue 5 vpc=v 10.0.0.1/24 10.0.9.1/24 fd00::1/64\n" \
    "network red 6 vpc=v 10.0.1.1/24 fd01::1/64\n" \
    "network away 4 vpc=v 10.0.4.1/24\n" \
    "port vm1 blue "A" 10.0.0.2\niface v1 id=vm1 ofport=7\n" \
    "port vm2 red security=off "B"\niface v2 id=vm2 ofport=8\nsettle\nrun\n"

#define UDP(SRC) \
    ",udp,nw_src="SRC",nw_dst=10.0.7.7,nw_ttl=1,udp_src=9,udp_dst=9"
#define UDP6(SRC) \
    ",udp6,ipv6_src="SRC",ipv6_dst=fd07::7,nw_ttl=1,udp_src=9,udp_dst=9"
#define FROM_A "dl_src="A",dl_dst="GW5

enum what { ERROR, HOST };

static struct dp_packet *
compose(const char *text)
{
    struct dp_packet *p = dp_packet_new(0);
    struct flow flow;
    char *error = parse_ofp_exact_flow(&flow, NULL, NULL, text, NULL);

    if (error) {
        fail_msg("%s: %s", text, error);
    }
    flow_compose(p, &flow, "1234", 4);
    return p;
}

static void
format_addresses(const struct flow *f, struct ds *s)
{
    bool ip4 = f->dl_type != htons(ETH_TYPE_IPV6);
    struct in6_addr src = ip4 ? in6_addr_mapped_ipv4(f->nw_src) : f->ipv6_src;
    struct in6_addr dst = ip4 ? in6_addr_mapped_ipv4(f->nw_dst) : f->ipv6_dst;

    ds_put_format(s, ETH_ADDR_FMT" > "ETH_ADDR_FMT" ",
                  ETH_ADDR_ARGS(f->dl_src), ETH_ADDR_ARGS(f->dl_dst));
    ds_put_format(s, "%s > ", script_ip_string(&src));
    ds_put_format(s, "%s ", script_ip_string(&dst));
}

/* Returns 'frame', which is freed, and what is to be done with it as text,
 * malloc'd. */
static char *
describe(struct ofpbuf *frame, const struct flow_packet *out)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct dp_packet packet;
    struct flow f;

    if (!frame) {
        return xstrdup("nothing");
    }
    assert_ptr_equal(out->data, frame->data);
    assert_int_equal(out->len, frame->size);
    assert_int_equal(out->ofport, 0);
    assert_int_equal(out->flags, 0);
    dp_packet_use_const(&packet, frame->data, frame->size);
    flow_extract(&packet, &f);
    if (out->table_id == TABLE_DELIVER) {
        ds_put_format(&s, "to port %"PRIu32" of %"PRIu32": ", out->out_tag,
                      out->vni);
    } else if (out->table_id == TABLE_ROUTE) {
        ds_put_format(&s, "routed in %"PRIu32": ", out->vrf);
    } else {
        ds_put_format(&s, "to all of %"PRIu32": ", out->vni);
    }
    format_addresses(&f, &s);
    if (f.dl_type == htons(ETH_TYPE_ARP)) {
        ds_put_format(&s, "arp %d "ETH_ADDR_FMT, f.nw_proto,
                      ETH_ADDR_ARGS(f.arp_sha));
    } else if (f.tp_src == htons(135)) {
        ds_put_format(&s, "ns %s sll "ETH_ADDR_FMT" ttl %d",
                      script_ip_string(&f.nd_target),
                      ETH_ADDR_ARGS(f.arp_sha), f.nw_ttl);
    } else {
        ds_put_format(&s, "icmp %d/%d", ntohs(f.tp_src), ntohs(f.tp_dst));
    }
    ofpbuf_delete(frame);
    return ds_steal_cstr(&s);
}

static const struct {
    const char *name;           /* The situation. */
    const char *facts;          /* Besides FACTS. */
    const char *flow;           /* The packet. */
    uint32_t in_tag, vrf, vni;  /* What the pipeline knew. */
    enum what what;
    const char *expected;
} replies[] = {
    /* Of VMs. */
    { "a VM's packet", "", FROM_A UDP("10.0.0.2"), 7, 9, 5, ERROR,
      "to port 7 of 5: "GW5" > "A" 10.0.0.1 > 10.0.0.2 icmp 11/0" },
    { "IPv6", "", FROM_A UDP6("fd00::2"), 7, 9, 5, ERROR,
      "to port 7 of 5: "GW5" > "A" fd00::1 > fd00::2 icmp 3/0" },
    { "the address of the sender's prefix", "", FROM_A UDP("10.0.9.2"), 7, 9,
      5, ERROR,
      "to port 7 of 5: "GW5" > "A" 10.0.9.1 > 10.0.9.2 icmp 11/0" },
    { "a sender of no prefix", "", FROM_A UDP("10.0.8.2"), 7, 9, 5, ERROR,
      "to port 7 of 5: "GW5" > "A" 10.0.0.1 > 10.0.8.2 icmp 11/0" },
    { "no address of the family",
      "network blue 5 vpc=v fd00::1/64\nrun\n", FROM_A UDP("10.0.0.2"), 7, 9,
      5, ERROR, "nothing" },
    { "the link-local address serves", "network blue 5 vpc=v 10.0.0.1/24\n"
      "run\n", FROM_A UDP6("fd00::2"), 7, 9, 5, ERROR,
      "to port 7 of 5: "GW5" > "A" fe80::6f:65ff:fe00:5 > fd00::2 icmp 3/0" },
    { "a packet that has been rewritten, of a known address", "",
      "dl_src="GW6",dl_dst="B UDP("10.0.0.2"), 7, 9, 6, ERROR,
      "to port 7 of 5: "GW5" > "A" 10.0.0.1 > 10.0.0.2 icmp 11/0" },
    { "of another one", "", "dl_src="GW6",dl_dst="B UDP("10.0.0.3"), 7, 9, 6,
      ERROR, "to port 7 of 5: "GW5" > "A" 10.0.0.1 > 10.0.0.3 icmp 11/0" },
    { "rewritten for another VTEP", "",
      "dl_src="RMAC",dl_dst="B UDP("10.0.0.2"), 7, 9, 9, ERROR,
      "to port 7 of 5: "GW5" > "A" 10.0.0.1 > 10.0.0.2 icmp 11/0" },
    { "of a learned one", "hear 6 8 "C" 10.0.1.2\nrun\n",
      "dl_src="GW5",dl_dst="A UDP("10.0.1.2"), 8, 9, 5, ERROR,
      "to port 8 of 6: "GW6" > "C" 10.0.1.1 > 10.0.1.2 icmp 11/0" },
    { "a VM that sends from a MAC that is not its first", "",
      "dl_src="C",dl_dst="GW6 UDP("10.0.1.2"), 8, 9, 6, ERROR,
      "to port 8 of 6: "GW6" > "C" 10.0.1.1 > 10.0.1.2 icmp 11/0" },
    { "a port in standby", "port vm1 blue standby "A" 10.0.0.2\nrun\n",
      FROM_A UDP("10.0.0.2"), 7, 9, 5, ERROR, "nothing" },
    { "a port that has gone", "del-iface v1\nrun\n",
      FROM_A UDP("10.0.0.2"), 7, 9, 5, ERROR, "nothing" },
    { "an echo request", "",
      FROM_A",icmp,nw_src=10.0.0.2,nw_dst=10.0.1.1,icmp_type=8", 7, 9, 5,
      HOST, "to port 7 of 5: "GW5" > "A" 10.0.1.1 > 10.0.0.2 icmp 0/0" },
    { "a port that is asked for", "",
      FROM_A",udp,nw_src=10.0.0.2,nw_dst=10.0.0.1,udp_dst=53", 7, 9, 5,
      HOST, "to port 7 of 5: "GW5" > "A" 10.0.0.1 > 10.0.0.2 icmp 3/3" },

    /* By an L3VNI. */
    { "another host's packet: the lowest VNI that is here speaks", "",
      "dl_src="B",dl_dst="RMAC UDP("10.0.4.2"), 0, 9, 6, ERROR,
      "routed in 9: "RMAC" > "RMAC" 10.0.0.1 > 10.0.4.2 icmp 11/0" },
    { "IPv6 of another host", "",
      "dl_src="B",dl_dst="RMAC UDP6("fd04::2"), 0, 9, 6, ERROR,
      "routed in 9: "RMAC" > "RMAC" fd00::1 > fd04::2 icmp 3/0" },
    { "nobody here speaks it",
      "network blue 5 vpc=v 10.0.0.1/24\nnetwork red 6 vpc=v 10.0.1.1/24\n"
      "run\n",
      "dl_src="B",dl_dst="RMAC UDP6("fd04::2"), 0, 9, 6, ERROR, "nothing" },
    { "of a VPC that is no more", "del-vpc v\nrun\n",
      "dl_src="B",dl_dst="RMAC UDP("10.0.4.2"), 0, 9, 6, ERROR, "nothing" },
    { "a port that is asked for from elsewhere", "",
      "dl_src="B",dl_dst="RMAC",udp,nw_src=10.0.4.2,nw_dst=10.0.1.1,"
      "udp_dst=53", 0, 9, 0, HOST,
      "routed in 9: "RMAC" > "RMAC" 10.0.1.1 > 10.0.4.2 icmp 3/3" },

    { "what nobody may be told about", "",
      FROM_A",icmp,nw_src=10.0.0.2,nw_dst=10.0.7.7,icmp_type=3", 7, 9, 5,
      ERROR, "nothing" },
};

static void
test_replies(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(replies); i++) {
        struct dp_packet *p = compose(replies[i].flow);
        struct flow_packet out, in = {
            .in_tag = replies[i].in_tag,
            .vrf = replies[i].vrf,
            .vni = replies[i].vni,
            .data = dp_packet_data(p),
            .len = dp_packet_size(p),
        };
        struct ofpbuf *frame;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, FACTS);
        model_script_run(&m, replies[i].facts);
        frame = (replies[i].what == HOST ? route_packet_host(&m, &in, &out)
                 : route_packet_error(&m, &in, IP_ERROR_TTL, 0, &out));
        got = describe(frame, &out);
        script_check(replies[i].name, replies[i].expected, got);
        free(got);
        model_uninit(&m);
        dp_packet_delete(p);
    }
}

static const struct {
    const char *name;           /* The situation. */
    const char *facts;          /* Besides FACTS. */
    uint32_t vni;
    const char *ip;
    const char *expected;
} requests[] = {
    { "IPv4", "", 5, "10.0.0.9",
      "to all of 5: "GW5" > ff:ff:ff:ff:ff:ff 10.0.0.1 > 10.0.0.9 "
      "arp 1 "GW5 },
    { "another prefix", "", 5, "10.0.9.9",
      "to all of 5: "GW5" > ff:ff:ff:ff:ff:ff 10.0.9.1 > 10.0.9.9 "
      "arp 1 "GW5 },
    { "IPv6", "", 5, "fd00::1:203",
      "to all of 5: "GW5" > 33:33:ff:01:02:03 fd00::1 > ff02::1:ff01:203 "
      "ns fd00::1:203 sll "GW5" ttl 255" },
    { "a prefix that is not here", "", 5, "10.0.1.9", "nothing" },
    { "the gateway itself", "", 5, "10.0.0.1", "nothing" },
    { "all hosts", "", 5, "10.0.0.255", "nothing" },
    { "the network", "", 5, "10.0.0.0", "nothing" },
    { "a prefix of two hosts", "network blue 5 vpc=v 10.0.0.0/31\nrun\n", 5,
      "10.0.0.1",
      "to all of 5: "GW5" > ff:ff:ff:ff:ff:ff 10.0.0.0 > 10.0.0.1 "
      "arp 1 "GW5 },
    { "a link-local address", "", 5, "fe80::9", "nothing" },
    { "a network without ports", "", 4, "10.0.4.9", "nothing" },
    { "a network that is not routed", "network blue 5 10.0.0.1/24\nrun\n", 5,
      "10.0.0.9", "nothing" },
    { "a network that nobody knows", "", 77, "10.0.0.9", "nothing" },
};

static void
test_requests(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        struct in6_addr ip = script_parse_ip(requests[i].ip);
        struct flow_packet out;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, FACTS);
        model_script_run(&m, requests[i].facts);
        got = describe(route_packet_request(&m, requests[i].vni, &ip, &out),
                       &out);
        script_check(requests[i].name, requests[i].expected, got);
        free(got);
        model_uninit(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_requests),
    };

    return cmocka_run_group_tests_name("route-packet", tests, NULL, NULL);
}
