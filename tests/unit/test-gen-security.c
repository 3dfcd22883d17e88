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
#include <cmocka.h>
#include "flow.h"
#include "flows/flow-list.h"
#include "flows/flow-payload.h"
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "flows/security.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* What a frame of a VM meets: the flows of all owners of a model, and frames
 * that go through them until they have passed or are dropped. */

#define A "52:54:00:00:00:0a"
#define A_LLA "fe80::5054:ff:fe00:a"
#define B "52:54:00:00:00:0b"
#define V "00:00:5e:00:01:05"
#define V_LLA "fe80::200:5eff:fe00:105"
#define G "52:54:00:00:00:fe"
#define G_LLA "fe80::5054:ff:fe00:fe"

static const char facts[] =
    "host vtep=192.0.2.1 tunnel=100\n"
    "network blue 5 gateway_mac="G" 10.0.0.254/24 fd00::fe/64\n"
    /* 1: all is declared.  2: nothing.  3: MAC only.  4: off.  */
    "port full blue "A" 10.0.0.1 fd00::1 pair=10.0.0.100 pair=10.0.1.0/24 "
    "pair=10.0.0.101,"V" pair=fd00:1::/64,"V" pair="V_LLA","V" "
    "pair=10.0.0.100,"A"\n"
    "iface v1 id=full ofport=1\n"
    "iface v2 id=none profile=vni=5 mac="A" ofport=2\n"
    "port mac blue "A" security=on pair=0.0.0.0/0\n"
    "iface v3 id=mac ofport=3\n"
    "port off blue "A" 10.0.0.1 security=off\niface v4 id=off ofport=4\n"
    /* 5: with permissions.  6: a gateway.  7: the same by a pair.
     * 8: IPs that are no IPs. */
    "port server blue "A" allow=dhcp-server allow=router-advertisement\n"
    "iface v5 id=server ofport=5\n"
    "port gw blue "A" 10.0.0.254\niface v6 id=gw ofport=6\n"
    "port gw2 blue "A" pair=fd00::fe,"V"\niface v7 id=gw2 ofport=7\n"
    "port bad blue "A" bad-ips\niface v8 id=bad ofport=8\n"
    "run\n";

#define FROM(MAC) ",dl_src="MAC",dl_dst=ff:ff:ff:ff:ff:ff,"
#define ND(SRC, TYPE) "ipv6,ipv6_src="SRC",ipv6_dst=ff02::1:ff00:2," \
                      "nw_proto=58,icmpv6_code=0,icmpv6_type="TYPE","

/* A frame that is longer than any flow asks for, as walk() sees it. */
#define LARGE ",tun_id=1"

static const struct {
    const char *name;
    const char *ports;          /* That it is tried from. */
    const char *frame;          /* Without in_port. */
    const char *result;         /* "pass", a reason, "drop", or "asked". */
} cases[] = {
    { "any type, from the MAC", "12345678", FROM(A) "dl_type=0x88b5", "pass" },
    { "from another MAC", "1368", FROM(B) "dl_type=0x88b5", "source-mac" },
    { "from another MAC, unchecked", "2457", FROM(B) "dl_type=0x88b5",
      "pass" },
    { "from the MAC of a pair", "1", FROM(V) "dl_type=0x88b5", "pass" },
    { "from a group", "1235678", FROM("03:00:00:00:00:01") "dl_type=0x88b5",
      "source-mac" },
    { "from a group, uncounted", "4",
      FROM("03:00:00:00:00:01") "dl_type=0x88b5", "drop" },
    { "tagged", "1235678", FROM(A) "dl_vlan=5,dl_type=0x88b5", "vlan-tag" },
    { "a tagged RA", "1235678",
      FROM(A) "dl_vlan=5,"ND(A_LLA, "134"), "vlan-tag" },
    { "tagged, to all bridges", "1235678",
      ",dl_src="B",dl_dst=01:80:c2:00:00:00,dl_vlan=5,dl_type=0x88b5",
      "reserved-multicast" },
    { "tagged, uncounted", "4", FROM(A) "dl_vlan=5,dl_type=0x88b5", "drop" },
    { "LLDP", "1235678",
      ",dl_src="A",dl_dst=01:80:c2:00:00:0e,dl_type=0x88cc",
      "reserved-multicast" },
    { "PVST", "1235678",
      ",dl_src="A",dl_dst=01:00:0c:cc:cc:cd,dl_type=0x88b5",
      "reserved-multicast" },

    { "ARP from its IP", "123457",
      FROM(A) "arp,arp_op=2,arp_sha="A",arp_spa=10.0.0.1", "pass" },
    { "ARP from a pair without a MAC", "1",
      FROM(A) "arp,arp_op=2,arp_sha="A",arp_spa=10.0.0.100", "pass" },
    { "ARP from a pair that is a range", "1",
      FROM(A) "arp,arp_op=1,arp_sha="A",arp_spa=10.0.1.77", "pass" },
    { "ARP of a pair with its MAC", "1",
      FROM(V) "arp,arp_op=1,arp_sha="V",arp_spa=10.0.0.101", "pass" },
    { "the same in a frame from its own MAC", "1",
      FROM(A) "arp,arp_op=1,arp_sha="V",arp_spa=10.0.0.101", "pass" },
    { "ARP: IP of a pair, own MAC", "1",
      FROM(A) "arp,arp_op=1,arp_sha="A",arp_spa=10.0.0.101", "arp-spoof" },
    { "ARP: own IP, MAC of a pair", "1",
      FROM(A) "arp,arp_op=1,arp_sha="V",arp_spa=10.0.0.1", "arp-spoof" },
    { "ARP: sender MAC", "1368",
      FROM(A) "arp,arp_op=1,arp_sha="B",arp_spa=10.0.0.1", "arp-spoof" },
    { "ARP: sender IP", "168",
      FROM(A) "arp,arp_op=1,arp_sha="A",arp_spa=10.0.0.2", "arp-spoof" },
    { "ARP: any sender IP", "23457",
      FROM(A) "arp,arp_op=1,arp_sha="A",arp_spa=10.0.0.2", "pass" },
    { "ARP probe", "12345678",
      FROM(A) "arp,arp_op=1,arp_sha="A",arp_spa=0.0.0.0", "pass" },
    { "a reply as a probe", "168",
      FROM(A) "arp,arp_op=2,arp_sha="A",arp_spa=0.0.0.0", "arp-spoof" },
    { "ARP that was not parsed", "1368", FROM(A) "arp", "arp-spoof" },
    { "RARP", "12345678", FROM(A) "rarp,arp_op=3,arp_sha="A, "pass" },
    { "RARP: sender MAC", "1368", FROM(A) "rarp,arp_op=3,arp_sha="B,
      "arp-spoof" },

    { "ARP for the gateway", "12358",
      FROM(A) "arp,arp_op=2,arp_sha="A",arp_spa=10.0.0.254", "gateway" },
    { "ARP of the gateway", "467",
      FROM(A) "arp,arp_op=2,arp_sha="A",arp_spa=10.0.0.254", "pass" },
    { "gateway's MAC", "12358", FROM(G) "dl_type=0x88b5", "gateway" },
    { "gateway's MAC in ARP", "12358",
      FROM(A) "arp,arp_op=2,arp_sha="G",arp_spa=10.0.0.1", "gateway" },
    { "gateway's IPv6", "12358",
      FROM(A) "ipv6,ipv6_src=fd00::fe,nw_proto=6", "gateway" },
    { "gateway's link-local address", "12358",
      FROM(A) ND(A_LLA, "136") "nd_target="G_LLA, "gateway" },
    { "NA for the gateway", "12358",
      FROM(A) ND(A_LLA, "136") "nd_target=fd00::fe,nd_tll="A, "gateway" },

    { "IPv4", "14", FROM(A) "ip,nw_src=10.0.0.1,nw_proto=6", "pass" },
    { "IPv4 of another", "168", FROM(A) "ip,nw_src=10.0.0.2,nw_proto=6",
      "ip-spoof" },
    { "IPv4 of another in a later fragment", "168",
      FROM(A) "ip,nw_src=10.0.0.2,nw_proto=17,nw_frag=later", "ip-spoof" },
    { "any IPv4", "23457", FROM(A) "ip,nw_src=10.0.0.2,nw_proto=6", "pass" },
    { "DHCP client", "12345678",
      FROM(A) "udp,nw_src=0.0.0.0,nw_dst=255.255.255.255,"
      "udp_src=68,udp_dst=67",
      "pass" },
    { "0.0.0.0", "168",
      FROM(A) "udp,nw_src=0.0.0.0,nw_dst=255.255.255.255,udp_src=9,udp_dst=67",
      "ip-spoof" },
    { "DHCP server", "123678",
      FROM(A) "udp,nw_src=10.0.0.1,udp_src=67,udp_dst=68", "dhcp-server" },
    { "DHCP server, allowed", "45",
      FROM(A) "udp,nw_src=10.0.0.1,udp_src=67,udp_dst=68", "pass" },
    { "DHCPv6 server", "123678",
      FROM(A) "udp6,ipv6_src="A_LLA",udp_src=547,udp_dst=546", "dhcp-server" },
    { "DHCPv6 server, allowed", "45",
      FROM(A) "udp6,ipv6_src="A_LLA",udp_src=547,udp_dst=546", "pass" },
    { "DHCPv6 client", "12345678",
      FROM(A) "udp6,ipv6_src="A_LLA",udp_src=546,udp_dst=547", "pass" },

    { "IPv6", "1", FROM(A) "ipv6,ipv6_src=fd00::1,nw_proto=6", "pass" },
    { "IPv6 of another", "168", FROM(A) "ipv6,ipv6_src=fd00::2,nw_proto=6",
      "ip-spoof" },
    { "any IPv6", "23457", FROM(A) "ipv6,ipv6_src=fd00::2,nw_proto=6",
      "pass" },
    { "IPv6 of a pair with its MAC", "1",
      FROM(V) "ipv6,ipv6_src=fd00:1::9,nw_proto=6", "pass" },
    { "link-local address of a pair's MAC", "1",
      FROM(V) "ipv6,ipv6_src="V_LLA",nw_proto=6", "pass" },
    { "IPv6 of a pair without it", "1",
      FROM(A) "ipv6,ipv6_src=fd00:1::9,nw_proto=6", "ip-spoof" },
    { "later fragment of its own", "12345678",
      FROM(A) "ipv6,ipv6_src="A_LLA",nw_proto=44,nw_frag=later", "pass" },
    { "headers that end too early", "1235678",
      FROM(A) "ipv6,ipv6_src="A_LLA",nw_proto=0", "fragment" },
    { "UDP that is not there", "1235678",
      FROM(A) "udp6,ipv6_src="A_LLA",nw_frag=first", "fragment" },
    { "NA in a fragment", "1235678",
      FROM(A) ND(A_LLA, "136") "nw_frag=first", "fragment" },

    { "RA", "123678", FROM(A) ND(A_LLA, "134"), "router-advertisement" },
    { "RA, allowed", "45", FROM(A) ND(A_LLA, "134"), "pass" },
    { "redirect", "123678", FROM(A) ND(A_LLA, "137"), "router-advertisement" },
    { "RS", "12345678", FROM(A) ND(A_LLA, "133"), "pass" },
    { "RS from ::", "12345678", FROM(A) ND("::", "133"), "pass" },
    { "RS from another IP", "168", FROM(A) ND("fd00::2", "133"), "ip-spoof" },
    { "RS with options", "1368", LARGE FROM(A) ND(A_LLA, "133"),
      "asked" },
    { "RS with options from ::", "1368", LARGE FROM(A) ND("::", "133"),
      "asked" },
    { "RS with options, unchecked", "2457", LARGE FROM(A) ND(A_LLA, "133"),
      "pass" },
    { "RS with options, checked", "1368",
      LARGE FROM(A) ND(A_LLA, "133") "reg0=0x100", "pass" },
    { "the same from another IP by now", "168",
      LARGE FROM(A) ND("fd00::2", "133") "reg0=0x100", "ip-spoof" },
    { "RS with a code and options", "1368",
      LARGE FROM(A) "ipv6,ipv6_src="A_LLA",nw_proto=58,"
      "icmpv6_type=133,icmpv6_code=1",
      "asked" },
    { "RS in a fragment", "1235678",
      LARGE FROM(A) ND(A_LLA, "133") "nw_frag=first", "fragment" },
    { "MLDv2 from ::", "12345678", FROM(A) ND("::", "143"), "pass" },
    { "echo from ::", "168", FROM(A) ND("::", "128"), "ip-spoof" },
    { "DAD", "12345678", FROM(A) ND("::", "135") "nd_target=fd00::9", "pass" },
    { "DAD with an address", "168",
      FROM(A) ND("::", "135") "nd_target=fd00::9,nd_sll="A, "ip-spoof" },
    { "NS", "12345678",
      FROM(A) ND(A_LLA, "135") "nd_target=fd00::9,nd_sll="A, "pass" },
    { "NS without an address", "12345678",
      FROM(A) ND(A_LLA, "135") "nd_target=fd00::9", "pass" },
    { "NS from another", "1368",
      FROM(A) ND(A_LLA, "135") "nd_target=fd00::9,nd_sll="B, "nd-spoof" },
    { "NS that was not parsed", "1368", FROM(A) ND(A_LLA, "135"), "nd-spoof" },
    { "NS with a code", "1368",
      FROM(A) "ipv6,ipv6_src="A_LLA",nw_proto=58,"
      "icmpv6_type=135,icmpv6_code=1",
      "nd-spoof" },
    { "NA", "123457",
      FROM(A) ND(A_LLA, "136") "nd_target=fd00::1,nd_tll="A, "pass" },
    { "NA without an address", "123457",
      FROM(A) ND(A_LLA, "136") "nd_target=fd00::1", "pass" },
    { "NA of the link-local address", "12345678",
      FROM(A) ND(A_LLA, "136") "nd_target="A_LLA",nd_tll="A, "pass" },
    { "NA for another", "168",
      FROM(A) ND(A_LLA, "136") "nd_target=fd00::2,nd_tll="A, "nd-spoof" },
    { "NA that tells another MAC", "1368",
      FROM(A) ND(A_LLA, "136") "nd_target="A_LLA",nd_tll="B, "nd-spoof" },
    { "NA of a pair", "1",
      FROM(V) ND(V_LLA, "136") "nd_target=fd00:1::5,nd_tll="V, "pass" },
    { "NA of a pair without an address", "1",
      FROM(V) ND(V_LLA, "136") "nd_target=fd00:1::5", "pass" },
    { "NA of a pair: another MAC of the port", "1",
      FROM(V) ND(V_LLA, "136") "nd_target=fd00:1::5,nd_tll="A, "nd-spoof" },
    { "NA of its own: the pair's MAC", "1",
      FROM(A) ND(A_LLA, "136") "nd_target=fd00::1,nd_tll="V, "nd-spoof" },
};

/* Appends all that 'm' wants in the switch to 'list'. */
static void
gen_all(struct model *m, struct flow_list *list)
{
    struct owner owner;

    while (owner_set_pop(&m->dirty, &owner)) {
        gen_owner(m, &owner, list);
    }
}

/* Returns the flow in 'table_id' that 'flow' meets, or null.  It fails if
 * there are several of the same priority for several things. */
static const struct flow_item *
lookup(const struct flow_list *list, uint8_t table_id,
       const struct flow *flow)
{
    const struct flow_item *best = NULL;

    for (size_t i = 0; i < list->n; i++) {
        const struct flow_item *item = &list->items[i];

        if (item->key.id || item->key.table_id != table_id
            || !minimatch_matches_flow(&item->key.match, flow)) {
            continue;
        }
        if (!best || item->key.priority > best->key.priority) {
            best = item;
        } else if (item->key.priority == best->key.priority) {
            assert_ptr_equal(item->payload, best->payload);
        }
    }
    return best;
}

/* Lets 'flow' go on by the actions of 'item'; its frame is 'large' where that
 * is looked at.  Returns the next table, or 0 if there is none. */
static uint8_t
execute(const struct flow_item *item, struct flow *flow, bool large,
        bool *asked)
{
    struct ofpbuf instructions, ofpacts;
    const struct ofpact *a;
    uint8_t next = 0;

    enum ofperr error;

    ofpbuf_use_const(&instructions, item->payload->bytes, item->payload->len);
    ofpbuf_init(&ofpacts, 0);
    error = ofpacts_pull_openflow_instructions(
        &instructions, instructions.size, OFP15_VERSION, NULL, NULL,
        &ofpacts);
    assert_int_equal(error, 0);
    OFPACT_FOR_EACH (a, ofpacts.data, ofpacts.size) {
        if (a->type == OFPACT_SET_FIELD) {
            const struct ofpact_set_field *sf = ofpact_get_SET_FIELD(a);

            mf_set_flow_value_masked(sf->field, sf->value,
                                     ofpact_set_field_mask(sf), flow);
        } else if (a->type == OFPACT_CHECK_PKT_LARGER) {
            const union mf_subvalue value = { .u8_val = large };

            mf_write_subfield_flow(&ofpact_get_CHECK_PKT_LARGER(a)->dst,
                                   &value, flow);
        } else if (a->type == OFPACT_CONTROLLER) {
            *asked = true;
        } else if (a->type == OFPACT_GOTO_TABLE) {
            next = ofpact_get_GOTO_TABLE(a)->table_id;
        }
    }
    ofpbuf_uninit(&ofpacts);
    return next;
}

/* Returns what becomes of 'flow': see 'cases'. */
static const char *
walk(const struct flow_list *list, struct flow flow)
{
    bool large = flow.tunnel.tun_id != 0;
    uint8_t table_id = 0;
    bool asked = false;

    for (;;) {
        const struct flow_item *item = lookup(list, table_id, &flow);
        enum security_reason reason;
        struct match match;

        if (!item) {
            return "drop";
        }
        minimatch_expand(&item->key.match, &match);
        if (security_parse_counter(table_id, &match, &reason)) {
            return security_reason_name(reason);
        }
        table_id = execute(item, &flow, large, &asked);
        if (table_id == TABLE_FROM_VM) {
            assert_int_equal(flow.regs[REG_REASON - MFF_REG0], 0);
            return "pass";
        } else if (!table_id) {
            return asked ? "asked" : "drop";
        }
    }
}

static void
test_frames(void **state OVS_UNUSED)
{
    struct flow_payloads payloads;
    struct flow_list list;
    struct model m;

    model_init(&m);
    model_script_run(&m, facts);
    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_all(&m, &list);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        for (const char *port = cases[i].ports; *port; port++) {
            char *s = xasprintf("in_port=%c%s", *port, cases[i].frame);
            char *name = xasprintf("%s, from port %c", cases[i].name, *port);
            struct flow flow;
            char *error = parse_ofp_exact_flow(&flow, NULL, NULL, s, NULL);

            if (error) {
                fail_msg("%s: %s", s, error);
            }
            script_check(name, cases[i].result, walk(&list, flow));
            free(name);
            free(s);
        }
    }
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    model_uninit(&m);
}

/* No two flows of a port have the same match: one of them would be lost. */
static void
test_no_flow_twice(void **state OVS_UNUSED)
{
    struct flow_payloads payloads;
    struct flow_list list;
    struct model m;

    model_init(&m);
    model_script_run(&m, facts);
    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_all(&m, &list);
    for (size_t i = 0; i < list.n; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_false(flow_key_equal(&list.items[i].key,
                                        &list.items[j].key));
        }
    }
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    model_uninit(&m);
}

/* Returns the number of flows of the port that 'facts' are about. */
static size_t
count_flows(const char *port)
{
    struct flow_payloads payloads;
    struct owner owner = owner_port("vm1");
    struct flow_list list;
    struct model m;
    size_t n;

    model_init(&m);
    model_script_run(&m, "host vtep=192.0.2.1 tunnel=100\nnetwork blue 5\n"
                     "iface v1 id=vm1 ofport=1\n");
    model_script_run(&m, port);
    model_script_run(&m, "run");
    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_owner(&m, &owner, &list);
    n = list.n;
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    model_uninit(&m);
    return n;
}

/* Each address costs the same, however many others there are. */
static void
test_flows_are_a_sum(void **state OVS_UNUSED)
{
    size_t one = count_flows("port vm1 blue "A" 10.0.0.1\n");
    size_t two_ips = count_flows("port vm1 blue "A" 10.0.0.1 10.0.0.2\n");
    size_t two_macs = count_flows("port vm1 blue "A" "B" 10.0.0.1\n");

    assert_int_equal(two_ips - one, 2);
    assert_int_equal(count_flows("port vm1 blue "A" "B" 10.0.0.1 10.0.0.2\n"),
                     two_macs + 2);
    assert_int_equal(count_flows("port vm1 blue "A" "B" 10.0.0.1 10.0.0.2 "
                                 "pair=10.1.0.0/16 pair=fd00::/64\n"),
                     two_macs + 6);
    /* Nothing but how it is classified and delivered, and, as for each port,
     * its meter of solicitations and the flow to it. */
    assert_int_equal(count_flows("port vm1 blue "A" 10.0.0.1 "
                                 "security=off\n"), 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_no_flow_twice),
        cmocka_unit_test(test_flows_are_a_sum),
    };

    return cmocka_run_group_tests_name("gen-security", tests, NULL, NULL);
}
