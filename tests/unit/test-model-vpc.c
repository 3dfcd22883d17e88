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
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

#define BLUE "network blue 5 ports=0\n"
#define RED "network red 6 ports=0\n"

static const struct {
    const char *name;           /* The situation. */
    const char *input;          /* See model-script.h. */
    const char *expected;       /* What model_script_dump() says. */
} cases[] = {
    { "a VPC routes its networks",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24 2001:db8::1/64\n"
      "network red 6 vpc=v 10.0.1.1/24 gateway_mac="A"\nrun\n",
      BLUE RED
      "vpc v 9\n"
      "vpc v network blue 02:6f:65:00:00:05 10.0.0.1/24 2001:db8::1/64\n"
      "vpc v network red "A" 10.0.1.1/24\n" },
    { "what comes first does not matter",
      "network blue 5 vpc=v 10.0.0.1/24\nrun\nvpc v 9\nrun\n",
      BLUE
      "vpc v 9\nvpc v network blue 02:6f:65:00:00:05 10.0.0.1/24\n" },
    { "a port makes it active",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
      "network red 6 vpc=v 2001:db8::1/64\nport vm1 blue "A"\n"
      "iface v1 id=vm1 ofport=1\nrun\n",
      "local-mac 5 "A" vm1 ours\nnetwork blue 5 ports=1\n"RED
      "port vm1 blue ofport=1 active\n"
      "vpc v 9 active\n"
      "vpc v network blue 02:6f:65:00:00:05 10.0.0.1/24\n"
      "vpc v network red 02:6f:65:00:00:06 2001:db8::1/64\n" },
    { "a network that fits the underlay, one that does not, one that is "
      "nowhere",
      "underlay 1550 0\niface v1 id=vm1 profile=vni=5 mac="A" ofport=1\n"
      "network red 6 mtu=1501\nport vm2 red "B"\niface v2 id=vm2 ofport=2\n"
      "network green 7 mtu=9000\nrun\n",
      "local-mac 5 "A" vm1 ours\nlocal-mac 6 "B" vm2 ours\n"
      "network green 7 ports=0\nnetwork red 6 ports=1\n"
      "network vni5 5 ports=1\nport vm1 vni5 ofport=1 active\n"
      "port vm2 red ofport=2 active\n"
      "problem network/red mtu: its packets of up to 1501 bytes and the 50 "
      "bytes of VXLAN do not fit the underlay, whose MTU is 1550; raise that "
      "to 1551, or set \"mtu\" of the network to 1500 or less, and let its "
      "VMs use that\n" },
    { "by IPv6 it takes more",
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=1\nrun\n"
      "underlay 1550 1569\n",
      "local-mac 5 "A" vm1 ours\nnetwork vni5 5 ports=1\n"
      "port vm1 vni5 ofport=1 active\n"
      "problem network/vni5 mtu: its packets of up to 1500 bytes and the 70 "
      "bytes of VXLAN do not fit the underlay, whose MTU is 1569; raise that "
      "to 1570, or set \"mtu\" of the network to 1499 or less, and let its "
      "VMs use that\n" },
    { "when it is smaller, or the underlay larger, or not known: no problem",
      "network blue 5 mtu=1480\nport vm1 blue "A"\niface v1 id=vm1 ofport=1\n"
      "network red 6\nport vm2 red "B"\niface v2 id=vm2 ofport=2\nrun\n"
      "underlay 1540 0\nnetwork red 6 mtu=1490\nunderlay 1500 1500\n"
      "underlay 0 0\n",
      "local-mac 5 "A" vm1 ours\nlocal-mac 6 "B" vm2 ours\n"
      "network blue 5 ports=1\nnetwork red 6 ports=1\n"
      "port vm1 blue ofport=1 active\nport vm2 red ofport=2 active\n" },
    { "two VPCs may have the same prefixes",
      "vpc v 9\nvpc w 10\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
      "network red 6 vpc=w 10.0.0.1/24\nrun\n",
      BLUE RED
      "vpc v 9\nvpc v network blue 02:6f:65:00:00:05 10.0.0.1/24\n"
      "vpc w 10\nvpc w network red 02:6f:65:00:00:06 10.0.0.1/24\n" },
    { "a VPC without L3VNI",
      "vpc v\nvpc unused\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\n",
      BLUE
      "problem vpc/v no-l3vni: it has no L3VNI, so its networks are not "
      "routed; set one with \"ovs-ext-ctl set VPC v l3vni=N\"\n" },
    { "it gets one",
      "vpc v\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\nvpc v 9\nrun\n",
      BLUE
      "vpc v 9\nvpc v network blue 02:6f:65:00:00:05 10.0.0.1/24\n" },
    { "an L3VNI that is none",
      "vpc v 16777216\nrun\n",
      "problem vpc/v l3vni-invalid: L3VNI 16777216 is not in the range "
      "1...16777215; set another one\n" },
    { "two VPCs with one L3VNI: the first by name has it",
      "vpc w 9\nnetwork red 6 vpc=w\nrun\n"
      "vpc v 9\nnetwork blue 5 vpc=v\nrun\n",
      BLUE RED
      "vpc v 9\nvpc v network blue 02:6f:65:00:00:05\n"
      "problem vpc/w l3vni-duplicate: L3VNI 9 is that of VPC \"v\" already; "
      "give one of them another one\n" },
    { "the other has it when the first goes",
      "vpc w 9\nnetwork red 6 vpc=w\nvpc v 9\nrun\ndel-vpc v\nrun\n",
      RED
      "vpc w 9\nvpc w network red 02:6f:65:00:00:06\n" },
    { "a network's VNI is no L3VNI",
      "vpc v 5\nnetwork red 6 vpc=v\nrun\nnetwork blue 5\nrun\n",
      BLUE RED
      "problem vpc/v l3vni-in-use: L3VNI 5 is the VNI of network \"blue\", "
      "so this VPC is not routed; give one of them another one\n" },
    { "nor that of a network without a row",
      "vpc v 5\nnetwork red 6 vpc=v\nrun\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=3\nrun\n",
      "local-mac 5 "A" vm1 ours\n"RED"network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n"
      "problem vpc/v l3vni-in-use: L3VNI 5 is the VNI of network \"vni5\", "
      "so this VPC is not routed; give one of them another one\n" },
    { "it is again when that port goes",
      "vpc v 5\nnetwork red 6 vpc=v\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=3\nrun\n"
      "del-iface v1\nrun\n",
      RED"vpc v 5\nvpc v network red 02:6f:65:00:00:06\n" },
    { "a VPC with a network that has its own L3VNI",
      "vpc v 5\nnetwork blue 5 vpc=v\nrun\n",
      BLUE
      "problem vpc/v l3vni-in-use: L3VNI 5 is the VNI of network \"blue\", "
      "so this VPC is not routed; give one of them another one\n" },
    { "networks that overlap: the first by name is routed",
      "vpc v 9\nnetwork red 6 vpc=v 10.0.0.1/25\n"
      "network blue 5 vpc=v 10.0.0.200/24\nrun\n",
      BLUE RED
      "vpc v 9\nvpc v network blue 02:6f:65:00:00:05 10.0.0.200/24\n"
      "problem network/red gateway-overlap: a prefix of its gateways overlaps "
      "with one of network \"blue\" of the same VPC, so this one is not "
      "routed; correct one of them, or use another VPC\n" },
    { "one of many that overlaps with others around and in it",
      "vpc v 9\nnetwork d 1 vpc=v 10.0.0.1/8\nnetwork c 2 vpc=v 10.1.0.1/16\n"
      "network b 3 vpc=v 10.1.0.2/16 2001:db8::1/64\n"
      "network a 4 vpc=v 10.1.2.1/24\n"
      "network e 5 vpc=v 10.1.3.1/24\nnetwork f 6 vpc=v 11.0.0.1/8\nrun\n",
      "network a 4 ports=0\nnetwork b 3 ports=0\nnetwork c 2 ports=0\n"
      "network d 1 ports=0\nnetwork e 5 ports=0\nnetwork f 6 ports=0\n"
      "vpc v 9\nvpc v network a 02:6f:65:00:00:04 10.1.2.1/24\n"
      "vpc v network f 02:6f:65:00:00:06 11.0.0.1/8\n"
#define OVERLAP(LOSER, WINNER) \
      "problem network/"LOSER" gateway-overlap: a prefix of its gateways " \
      "overlaps with one of network \""WINNER"\" of the same VPC, so this " \
      "one is not routed; correct one of them, or use another VPC\n"
      OVERLAP("b", "a") OVERLAP("c", "b") OVERLAP("d", "a") OVERLAP("e", "b")
    },
    { "the winner leaves the VPC",
      "vpc v 9\nnetwork red 6 vpc=v 10.0.0.1/24\n"
      "network blue 5 vpc=v 10.0.0.1/24\nrun\nnetwork blue 5\nrun\n",
      BLUE RED"vpc v 9\nvpc v network red 02:6f:65:00:00:06 10.0.0.1/24\n" },
    { "a network leaves the VPC, with its gateways",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
      "network red 6 vpc=v 10.0.1.1/24\nrun\n"
      "network blue 5 10.0.0.1/24\nrun\n",
      BLUE RED"vpc v 9\nvpc v network red 02:6f:65:00:00:06 10.0.1.1/24\n" },
    { "a network goes to another VPC, with its gateways",
      "vpc v 9\nvpc w 10\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\n"
      "network blue 5 vpc=w 10.0.0.1/24\nrun\n",
      BLUE"vpc v 9\nvpc w 10\n"
      "vpc w network blue 02:6f:65:00:00:05 10.0.0.1/24\n" },
    { "several gateways in one prefix of one network",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24 10.0.0.2/24 10.0.0.3/25\n"
      "run\n",
      BLUE
      "vpc v 9\nvpc v network blue 02:6f:65:00:00:05 10.0.0.1/24 10.0.0.2/24 "
      "10.0.0.3/25\n" },
    { "a row that lost its VNI is not routed",
      "vpc v 9\nnetwork red 5 vpc=v 10.0.0.1/24\nnetwork blue 5\nrun\n",
      BLUE"vpc v 9\n"
      "problem network/red vni-duplicate: VNI 5 is that of network \"blue\" "
      "already; give one of them another VNI\n" },
    { "it is when it has it again",
      "vpc v 9\nnetwork red 5 vpc=v 10.0.0.1/24\nnetwork blue 5\nrun\n"
      "del-network blue\nrun\n",
      "network red 5 ports=0\nvpc v 9\n"
      "vpc v network red 02:6f:65:00:00:05 10.0.0.1/24\n" },
    { "everything goes",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\n"
      "del-network blue\ndel-vpc v\nrun\n", "" },
};

static void
test_vpcs_have_their_meaning(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct model m;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        model_script_dump(&m, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
        model_uninit(&m);
    }
}

static void
test_router_mac(void **state OVS_UNUSED)
{
    static const struct {
        const char *host;
        const char *mac;
    } hosts[] = {
        { "host", "00:00:00:00:00:00" },
        { "host vtep=192.0.2.1", "06:6f:c0:00:02:01" },
        { "host vtep=192.0.2.1 vtep6=2001:db8::1", "06:6f:c0:00:02:01" },
        { "host vtep=192.0.2.2", "06:6f:c0:00:02:02" },
    };
    struct model m;

    model_init(&m);
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        char *mac;

        model_script_run(&m, hosts[i].host);
        mac = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(m.host.router_mac));
        assert_string_equal(mac, hosts[i].mac);
        free(mac);
    }
    model_script_run(&m, "host vtep6=2001:db8::1");
    assert_int_equal(m.host.router_mac.ea[0], 6);
    assert_int_equal(m.host.router_mac.ea[1], 0x6f);
    model_uninit(&m);
}

static void
test_gateways_are_found(void **state OVS_UNUSED)
{
    const struct network *network;
    struct in6_addr ip = script_parse_ip("10.0.0.1");
    struct in6_addr prefix;
    struct model m;

    model_init(&m);
    model_script_run(&m, "network blue 5 10.0.0.1/24 2001:db8::1/64\n");
    network = model_network_by_name(&m, "blue");
    assert_non_null(network_gateway(network, &ip));
    prefix = gateway_prefix(network_gateway(network, &ip));
    assert_string_equal(script_ip_string(&prefix), "10.0.0.0");
    ip = script_parse_ip("2001:db8::1");
    prefix = gateway_prefix(network_gateway(network, &ip));
    assert_string_equal(script_ip_string(&prefix), "2001:db8::");
    ip = script_parse_ip("10.0.0.2");
    assert_null(network_gateway(network, &ip));
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vpcs_have_their_meaning),
        cmocka_unit_test(test_router_mac),
        cmocka_unit_test(test_gateways_are_found),
    };

    return cmocka_run_group_tests_name("model-vpc", tests, NULL, NULL);
}
