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
#include "evpn-bridge/frr-conf.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define MAC "52:54:00:00:00:0a"

#define HOST "host vtep=192.0.2.11 tunnel=100\n"

/* VPCs with L3VNIs 4 and 7, of which 4 is active, or both. */
#define VPC4 HOST"vpc a 4\nnetwork blue 50 vpc=a 10.0.0.1/24\n" \
    "iface v1 id=vm1 profile=vni=50 mac="MAC" ofport=1\n" \
    "vpc b 7\nnetwork red 60 vpc=b 10.0.0.1/24\nrun\n"
#define VPC47 VPC4"iface v2 id=vm2 profile=vni=60 mac="MAC" ofport=2\nrun\n"

/* What FRR 8.4 prints, but for its banner. */
#define ZEBRA "frr version 8.4.4\n!\nhostname hv1\n!\n"
#define VRF4 "vrf vpc-4\n vni 4\nexit-vrf\n!\n"
#define BGPD "frr version 8.4.4\n!\nrouter bgp 65001\n" \
    " bgp router-id 192.0.2.11\n neighbor 10.0.0.1 remote-as 65000\n !\n" \
    " address-family l2vpn evpn\n  advertise-all-vni\n" \
    " exit-address-family\n!\nexit\n!\n"
#define BGP(AS, VRF, ID, MORE) \
    "router bgp "AS" vrf "VRF"\n bgp router-id "ID"\n" \
    " bgp bestpath as-path multipath-relax\n"MORE" !\n" \
    " address-family ipv4 unicast\n  redistribute connected\n" \
    " exit-address-family\n !\n" \
    " address-family ipv6 unicast\n  redistribute connected\n" \
    " exit-address-family\n !\n" \
    " address-family l2vpn evpn\n  advertise ipv4 unicast\n" \
    "  advertise ipv6 unicast\n exit-address-family\nexit\n!\n"
#define BGP4 BGP("65001", "vpc-4", "192.0.2.11", "")

static const struct {
    const char *name;           /* The situation. */
    enum frr_daemon daemon;
    const char *facts;          /* See model-script.h. */
    const char *running;
    const char *expected;       /* The plan, see format_plan(). */
} cases[] = {
    { "no VPC", FRR_ZEBRA, HOST, ZEBRA, "" },
    { "no VPC, bgpd", FRR_BGPD, HOST, BGPD, "" },
    { "all is there", FRR_ZEBRA, VPC4, ZEBRA VRF4, "" },
    { "all is there, bgpd", FRR_BGPD, VPC4, BGPD BGP4, "" },
    { "a VPC", FRR_ZEBRA, VPC4, ZEBRA,
      "+ [vrf vpc-4] vni 4\n"
      "add: vrf vpc-4\nadd: vni 4\nadd: exit-vrf\n" },
    { "a VPC, bgpd", FRR_BGPD, VPC4, BGPD,
#define V "[router bgp 65001 vrf vpc-4] "
      "+ "V"bgp router-id 192.0.2.11\n"
      "+ "V"bgp bestpath as-path multipath-relax\n"
      "+ "V"address-family ipv4 unicast: redistribute connected\n"
      "+ "V"address-family ipv6 unicast: redistribute connected\n"
      "+ "V"address-family l2vpn evpn: advertise ipv4 unicast\n"
      "+ "V"address-family l2vpn evpn: advertise ipv6 unicast\n"
      "add: router bgp 65001 vrf vpc-4\nadd: bgp router-id 192.0.2.11\n"
      "add: bgp bestpath as-path multipath-relax\n"
      "add: address-family ipv4 unicast\nadd: redistribute connected\n"
      "add: exit-address-family\n"
      "add: address-family ipv6 unicast\nadd: redistribute connected\n"
      "add: exit-address-family\n"
      "add: address-family l2vpn evpn\nadd: advertise ipv4 unicast\n"
      "add: exit-address-family\n"
      "add: address-family l2vpn evpn\nadd: advertise ipv6 unicast\n"
      "add: exit-address-family\nadd: exit\n" },
    { "a VPC more, in between", FRR_ZEBRA, VPC47,
      ZEBRA"vrf vpc-9\n vni 9\nexit-vrf\n!\n"VRF4,
      "- [vrf vpc-9] vni 9\n+ [vrf vpc-7] vni 7\n"
      "remove: vrf vpc-9\nremove: no vni 9\nremove: exit-vrf\n"
      "remove: no vrf vpc-9\n"
      "add: vrf vpc-7\nadd: vni 7\nadd: exit-vrf\n" },
    { "several at once", FRR_ZEBRA, VPC47, ZEBRA,
      "+ [vrf vpc-4] vni 4\n+ [vrf vpc-7] vni 7\n"
      "add: vrf vpc-4\nadd: vni 4\nadd: exit-vrf\n"
      "add: vrf vpc-7\nadd: vni 7\nadd: exit-vrf\n" },
    { "one line is missing", FRR_BGPD, VPC4,
      BGPD"router bgp 65001 vrf vpc-4\n bgp router-id 192.0.2.11\n"
      " bgp bestpath as-path multipath-relax\n neighbor 10.9.9.9 remote-as 1\n"
      " !\n address-family ipv4 unicast\n  redistribute connected\n"
      " exit-address-family\n !\n address-family ipv6 unicast\n"
      "  redistribute static\n exit-address-family\n !\n"
      " address-family l2vpn evpn\n  advertise ipv4 unicast\n"
      "  advertise ipv6 unicast\n exit-address-family\nexit\n",
      "+ "V"address-family ipv6 unicast: redistribute connected\n"
      "add: router bgp 65001 vrf vpc-4\n"
      "add: address-family ipv6 unicast\nadd: redistribute connected\n"
      "add: exit-address-family\nadd: exit\n" },
    { "what is the operator's in it stays", FRR_BGPD, VPC4,
      BGPD BGP("65001", "vpc-4", "192.0.2.11", " neighbor 10.9.9.9 remote-as "
               "65009\n"), "" },
    { "the AS of a section that is there is good", FRR_BGPD, VPC4,
      BGPD BGP("65099", "vpc-4", "192.0.2.11", ""), "" },
    { "another VTEP", FRR_BGPD, VPC4,
      BGPD BGP("65001", "vpc-4", "192.0.2.99", ""),
      "+ "V"bgp router-id 192.0.2.11\n"
      "add: router bgp 65001 vrf vpc-4\nadd: bgp router-id 192.0.2.11\n"
      "add: exit\n" },
    { "the VPC goes", FRR_ZEBRA, HOST, ZEBRA VRF4,
      "- [vrf vpc-4] vni 4\n"
      "remove: vrf vpc-4\nremove: no vni 4\nremove: exit-vrf\n"
      "remove: no vrf vpc-4\n" },
    { "the VPC goes, bgpd", FRR_BGPD, HOST, BGPD BGP4,
      "- "V"bgp router-id 192.0.2.11\n"
      "- "V"bgp bestpath as-path multipath-relax\n"
      "- "V"address-family ipv4 unicast: redistribute connected\n"
      "- "V"address-family ipv6 unicast: redistribute connected\n"
      "- "V"address-family l2vpn evpn: advertise ipv4 unicast\n"
      "- "V"address-family l2vpn evpn: advertise ipv6 unicast\n"
      "remove: no router bgp 65001 vrf vpc-4\n" },
    { "the VPC goes, what is the operator's stays", FRR_BGPD, HOST,
      BGPD"router bgp 65001 vrf vpc-4\n neighbor 10.9.9.9 remote-as 65009\n"
      " !\n address-family ipv4 unicast\n  redistribute connected\n"
      "  redistribute static\n exit-address-family\nexit\n",
      "- "V"address-family ipv4 unicast: redistribute connected\n"
      "remove: router bgp 65001 vrf vpc-4\n"
      "remove: address-family ipv4 unicast\n"
      "remove: no redistribute connected\nremove: exit-address-family\n"
      "remove: exit\n" },
    { "... of the VRF too", FRR_ZEBRA, HOST,
      ZEBRA"vrf vpc-4\n ip route 10.0.0.0/8 blackhole\n vni 4\nexit-vrf\n",
      "- [vrf vpc-4] vni 4\n"
      "remove: vrf vpc-4\nremove: no vni 4\nremove: exit-vrf\n" },
    { "VRFs of others", FRR_ZEBRA, HOST,
      ZEBRA"vrf red\n vni 9\nexit-vrf\nvrf vpc-x\n vni 8\nexit-vrf\n"
      "vrf vpc-04\n vni 4\nexit-vrf\nvrf vpc-4a\n vni 4\nexit-vrf\n"
      "vrf vpc-16777216\n vni 1\nexit-vrf\nvrf vpc-5\n vni 6\nexit-vrf\n",
      "" },
    { "instances of others", FRR_BGPD, HOST,
      BGPD BGP("65001", "red", "192.0.2.11", "")
      "router bgp 65001 view vpc-4\n neighbor 1.1.1.1 remote-as 1\nexit\n",
      "" },
    { "no BGP", FRR_BGPD, VPC4, "frr version 8.4.4\n!\n",
      "error: bgpd has no 'router bgp AS' without a VRF, by whose AS those of "
      "VPCs are made; \"ovs-ext-ctl frr-example\" shows one\n" },
    { "no BGP, and no need of it", FRR_BGPD, HOST, "", "" },
    { "no IPv4 VTEP", FRR_BGPD,
      "host vtep6=2001:db8::1\nvpc a 4\nnetwork blue 50 vpc=a\n"
      "iface v1 id=vm1 profile=vni=50 mac="MAC" ofport=1\nrun\n",
      BGPD BGP4, "" },
};

static void
format_commands(struct ds *s, const char *what, const struct svec *commands)
{
    const char *command;
    size_t i;

    SVEC_FOR_EACH (i, command, commands) {
        ds_put_format(s, "%s: %s\n", what, command);
    }
}

static void
format_plan(struct ds *s, const struct frr_conf_plan *plan)
{
    size_t n_missing = 0;

    for (size_t i = 0; i < plan->n_lines; i++) {
        const struct frr_conf_line *l = &plan->lines[i];

        ds_put_format(s, "%c [%s] %s\n", l->remove ? '-' : '+', l->section,
                      l->line);
        n_missing += !l->remove;
    }
    assert_int_equal(plan->n_missing, n_missing);
    format_commands(s, "remove", &plan->remove);
    format_commands(s, "add", &plan->add);
    if (plan->error) {
        ds_put_format(s, "error: %s\n", plan->error);
    }
}

static void
test_plans(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct frr_conf_plan plan;
        struct model m;

        model_init(&m);
        model_script_run(&m, cases[i].facts);
        frr_conf_plan_init(&plan);
        frr_conf_plan_make(&plan, cases[i].daemon, cases[i].running, &m);
        format_plan(&s, &plan);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        frr_conf_plan_uninit(&plan);
        model_uninit(&m);
        ds_destroy(&s);
    }
}

static void
test_failures(void **state OVS_UNUSED)
{
    assert_true(frr_conf_may_fail("no vrf vpc-4"));
    assert_false(frr_conf_may_fail("no vni 4"));
    assert_false(frr_conf_may_fail("no router bgp 1 vrf vpc-4"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests_name("frr-conf", tests, NULL, NULL);
}
