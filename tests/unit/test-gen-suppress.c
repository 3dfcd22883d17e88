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
#include "flow.h"
#include "flows/flow-list.h"
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/gen-script.h"
#include "tests/unit/model-script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

/* A port with addresses, in network 5, which may be of several kinds. */
#define PORT "port vm1 blue "A" 10.0.0.1 fd00::1\niface v1 id=vm1 ofport=7\n"
#define HERE "host vtep=192.0.2.1 tunnel=100\nnetwork blue 5\n" PORT
#define OFF HERE"network blue 5 no-suppression\n"
#define DROP HERE"network blue 5 drop-arp\n"
#define OFF_DROP HERE"network blue 5 no-suppression drop-arp\n"

/* 10.0.0.1 and fd00::1 in REG_KEY. */
#define KEY4 "reg5=0,reg6=0,reg7=0xffff,reg8=0xa000001,metadata=0x5"
#define KEY6 "reg5=0xfd000000,reg6=0,reg7=0,reg8=0x1,metadata=0x5"
#define RESOLVE "table=72, priority=100,"

/* REG_ANSWER: MAC A or B, nothing. */
#define IS_A " actions=set_field:0x152540000000a->xreg3\n"
#define IS_B " actions=set_field:0x152540000000b->xreg3\n"
#define IS_ROUTER_B " actions=set_field:0x352540000000b->xreg3\n"
#define IS_KNOWN " actions=set_field:0->xreg3\n"

static const struct gen_case cases[] = {
    { "local IPv4 address", HERE, "local-ip/5/10.0.0.1",
      RESOLVE KEY4 IS_A },
    { "local IPv6 address", HERE, "local-ip/5/fd00::1",
      RESOLVE KEY6 IS_A },
    { "local IPv6 address of a VM that may send router advertisements",
      HERE"port vm1 blue allow=router-advertisement "A" 10.0.0.1 fd00::1\n",
      "local-ip/5/fd00::1",
      RESOLVE KEY6" actions=set_field:0x352540000000a->xreg3\n" },
    { "its IPv4 address",
      HERE"port vm1 blue allow=router-advertisement "A" 10.0.0.1 fd00::1\n",
      "local-ip/5/10.0.0.1", RESOLVE KEY4 IS_A },
    { "address of a port on another host",
      HERE"del-iface v1\niface v2 id=vm2 profile=vni=5 mac="B" ofport=8\n",
      "local-ip/5/10.0.0.1", "" },
    { "address of a port in standby",
      HERE"port vm1 blue standby "A" 10.0.0.1\n", "local-ip/5/10.0.0.1",
      "" },
    { "local address, while it is claimed: its VM runs here",
      HERE"settle\nneigh 5 10.0.0.1 "B"\n", "local-ip/5/10.0.0.1",
      RESOLVE KEY4 IS_A },
    { "and not there",
      HERE"settle\nneigh 5 10.0.0.1 "B"\n", "remote-ip/5/10.0.0.1", "" },
    { "local address that moved away",
      HERE"run\nneigh 5 10.0.0.1 "B"\n", "local-ip/5/10.0.0.1", "" },
    { "is there then",
      HERE"run\nneigh 5 10.0.0.1 "B"\n", "remote-ip/5/10.0.0.1",
      RESOLVE KEY4 IS_B },
    { "and here again when EVPN takes it back",
      HERE"run\nneigh 5 10.0.0.1 "B"\nrun\ndel-neigh 5 10.0.0.1\n",
      "local-ip/5/10.0.0.1", RESOLVE KEY4 IS_A },

    { "remote IPv4 address",
      HERE"del-port vm1\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "neigh 5 10.0.0.1 "B"\n", "remote-ip/5/10.0.0.1", RESOLVE KEY4 IS_B },
    { "remote IPv6 address of a router",
      HERE"port vm1 blue "A"\nneigh 5 fd00::1 "B" router\n",
      "remote-ip/5/fd00::1", RESOLVE KEY6 IS_ROUTER_B },
    { "remote address that is another MAC's now",
      HERE"port vm1 blue "A"\nneigh 5 fd00::1 "B"\nrun\n"
      "neigh 5 fd00::1 "A"\n", "remote-ip/5/fd00::1", RESOLVE KEY6 IS_A },
    { "remote address that is gone",
      HERE"port vm1 blue "A"\nneigh 5 fd00::1 "B"\nrun\n"
      "del-neigh 5 fd00::1\n", "remote-ip/5/fd00::1", "" },
    { "remote address in a network without a port here",
      HERE"neigh 6 10.0.0.1 "B"\n", "remote-ip/6/10.0.0.1", "" },

    { "a port's share of what is handed over", HERE, "port/vm1",
      "table=76, priority=100,reg10=0x20000/0x20000,reg14=0x7 "
      "actions=controller(id=28517,userdata=00.00.00.03,"
      "meter_id=301989895)\n" },
    { "but not of one in standby", HERE"port vm1 blue standby "A"\n",
      "port/vm1", "" },
    { "nor where nothing is answered", OFF, "port/vm1", "" },

    { "network without suppression: local",
      OFF, "local-ip/5/10.0.0.1", "" },
    { "network without suppression: remote",
      OFF"neigh 5 10.0.0.2 "B"\n", "remote-ip/5/10.0.0.2",
      "" },
    { "... but it drops requests for what is unknown, which this is not",
      OFF_DROP, "local-ip/5/10.0.0.1",
      RESOLVE KEY4 IS_KNOWN },
    { "and it drops requests for what is unknown, but not for this",
      DROP, "local-ip/5/10.0.0.1", RESOLVE KEY4 IS_A },
    { "what is dropped is a matter of the network", DROP,
      "network/5",
      "table=72, priority=50,metadata=0x5 "
      "actions=set_field:0x4000000000000->xreg3\n" },
    { "or what is not", HERE, "network/5", "" },
};

/* Of "host", what is not one of the many flows that compare bits. */

#define GROUP "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"

#define KEY_ND \
    "move:NXM_NX_ND_TARGET[96..127]->NXM_NX_REG5[]," \
    "move:NXM_NX_ND_TARGET[64..95]->NXM_NX_REG6[]," \
    "move:NXM_NX_ND_TARGET[32..63]->NXM_NX_REG7[]," \
    "move:NXM_NX_ND_TARGET[0..31]->NXM_NX_REG8[],"

#define LEARN \
    "learn(table=72,hard_timeout=5,priority=110,cookie=0x646f756274," \
    "limit=1024,OXM_OF_METADATA[],"

#define SHARED \
    "table=26, priority=1 actions=goto_table:28\n" \
    "table=27, priority=1 actions=goto_table:32\n" \
    /* ARP requests, probes, replies to all. */ \
    "table=26, priority=100,arp,"GROUP",arp_op=1 actions=" \
    "set_field:0->reg5,set_field:0->reg6,set_field:0xffff->reg7," \
    "move:NXM_OF_ARP_TPA[]->NXM_NX_REG8[]," \
    "resubmit(,73),resubmit(,72),resubmit(,74),goto_table:27\n" \
    "table=26, priority=110,arp,"GROUP",arp_spa=0.0.0.0,arp_op=1 " \
    "actions=goto_table:32\n" \
    "table=26, priority=100,arp,"GROUP",arp_op=2 actions=" \
    "set_field:0->reg5,set_field:0->reg6,set_field:0xffff->reg7," \
    "move:NXM_OF_ARP_SPA[]->NXM_NX_REG8[]," \
    "resubmit(,72),resubmit(,74),goto_table:27\n" \
    /* Neighbour solicitations of VMs, probes, advertisements to all. */ \
    "table=26, priority=100,icmp6,reg10=0/0x1,"GROUP",nw_ttl=255," \
    "icmp_type=135,icmp_code=0 actions="KEY_ND \
    "set_field:0x40/0x40->reg10," \
    "resubmit(,72),resubmit(,74),goto_table:27\n" \
    "table=26, priority=110,icmp6,reg10=0/0x1,"GROUP",ipv6_src=::," \
    "nw_ttl=255,icmp_type=135,icmp_code=0 actions=goto_table:32\n" \
    "table=26, priority=100,icmp6,"GROUP",nw_ttl=255," \
    "icmp_type=136,icmp_code=0 actions="KEY_ND \
    "resubmit(,72),resubmit(,74),goto_table:27\n" \
    /* What nobody is known to have. */ \
    "table=72, priority=1 actions=set_field:0->xreg3\n" \
    "table=27, priority=100,reg6=0x40000/0x40000,reg10=0x40/0x41 " \
    "actions=drop\n" \
    /* Announcements by another MAC. */ \
    "table=27, priority=100,arp,reg6=0x10000/0x50000,reg10=0x80/0xc0 " \
    "actions="LEARN"eth_type=0x806,NXM_OF_ARP_TPA[]=NXM_OF_ARP_SPA[]," \
    "load:0->OXM_OF_PKT_REG3[]),goto_table:32\n" \
    "table=27, priority=100,icmp6,reg6=0x10000/0x50000,reg10=0x80/0xc0," \
    "icmp_type=136,icmp_code=0 actions="LEARN"eth_type=0x86dd," \
    "nw_proto=58,icmpv6_type=135,icmpv6_code=0,NXM_NX_ND_TARGET[]," \
    "load:0->OXM_OF_PKT_REG3[]),goto_table:32\n" \
    /* The reply. */ \
    "table=27, priority=100,arp,reg6=0x10000/0x50000,reg10=0xc0/0xc1," \
    "arp_op=1 actions=move:NXM_NX_ARP_SHA[]->NXM_OF_ETH_DST[]," \
    "move:OXM_OF_PKT_REG3[0..47]->NXM_OF_ETH_SRC[]," \
    "set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]," \
    "move:OXM_OF_PKT_REG3[0..47]->NXM_NX_ARP_SHA[]," \
    "move:NXM_OF_ARP_SPA[]->NXM_NX_REG5[]," \
    "move:NXM_OF_ARP_TPA[]->NXM_OF_ARP_SPA[]," \
    "move:NXM_NX_REG5[]->NXM_OF_ARP_TPA[],IN_PORT\n"

#define PUNT(SLL) \
    "table=27, priority=110,icmp6,reg6=0x10000/0x50000,reg10=0xc0/0xc1," \
    "icmp_type=135,icmp_code=0"SLL" actions=resubmit(,77),resubmit(,76)\n" \
    "table=76, priority=1,reg10=0/0x20000 actions=resubmit(,32)\n"

#define ADVERTISE \
    "table=27, priority=100,icmp6,reg6=0x10000/0x50000,reg10=0xc0/0xc1," \
    "icmp_type=135,icmp_code=0 actions=" \
    "move:NXM_NX_ND_SLL[]->NXM_OF_ETH_DST[]," \
    "move:OXM_OF_PKT_REG3[0..47]->NXM_OF_ETH_SRC[]," \
    "move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]," \
    "move:NXM_NX_ND_TARGET[]->NXM_NX_IPV6_SRC[]," \
    "set_field:136->icmpv6_type,resubmit(,75)\n" \
    "table=75, priority=100,icmp6,reg6=0/0x20000,icmp_type=136,icmp_code=0 " \
    "actions=set_field:1610612736->nd_reserved," \
    "set_field:2->nd_options_type," \
    "move:OXM_OF_PKT_REG3[0..47]->NXM_NX_ND_TLL[],IN_PORT\n" \
    "table=75, priority=100,icmp6,reg6=0x20000/0x20000,icmp_type=136," \
    "icmp_code=0 actions=set_field:3758096384->nd_reserved," \
    "set_field:2->nd_options_type," \
    "move:OXM_OF_PKT_REG3[0..47]->NXM_NX_ND_TLL[],IN_PORT\n"

static const struct gen_case hosts[] = {
    { "nothing known of the switch", "", "host", SHARED PUNT("") },
    { "switch without the ND extension", "nd-extension no", "host",
      SHARED PUNT("") },
    { "switch with it", "nd-extension yes", "host",
      SHARED ADVERTISE PUNT(",nd_sll=00:00:00:00:00:00") },
};

/* Generates what 'owner' has after 'input' into 'list'. */
static void
generate(const char *input, const char *owner_name, struct flow_list *list)
{
    struct owner owner;
    struct model m;

    model_init(&m);
    model_script_run(&m, input);
    model_script_run(&m, "run");
    assert_null(owner_parse(owner_name, &owner));
    gen_owner(&m, &owner, list);
    model_uninit(&m);
}

static bool
is_compare(const struct flow_item *item)
{
    return (item->key.table_id == TABLE_COMPARE_IP
            || item->key.table_id == TABLE_COMPARE_MAC);
}

/* Is 'item' of suppression, and not one of those that compare bits? */
static bool
is_shown(const struct flow_item *item)
{
    return (item->key.table_id == TABLE_SUPPRESS
            || item->key.table_id == TABLE_RESPOND
            || (item->key.table_id >= TABLE_RESOLVE
                && item->key.table_id <= TABLE_PUNT_ND
                && !is_compare(item)));
}

static void
test_addresses_have_one_flow(void **state OVS_UNUSED)
{
    gen_script_check_all(cases, ARRAY_SIZE(cases), is_shown);
}

static void
test_machinery_is_shared(void **state OVS_UNUSED)
{
    gen_script_check_all(hosts, ARRAY_SIZE(hosts), is_shown);
}

/* Does a flow of 'list' in 'table' match 'flow'? */
static bool
any_matches(const struct flow_list *list, uint8_t table,
            const struct flow *flow)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct flow_key *key = &list->items[i].key;

        if (key->table_id == table && !key->id
            && minimatch_matches_flow(&key->match, flow)) {
            return true;
        }
    }
    return false;
}

static void
test_fields_are_compared(void **state OVS_UNUSED)
{
    static const uint64_t values[] = {
        0, 1, 2, 3, 0x80000000, 0x7fffffff, 0xffffffff, 0x0a000001,
        0x0a000002, UINT64_C(0x52540000000a), UINT64_C(0x52540000000b),
        UINT64_C(0x525400000000), UINT64_C(0xffffffffffff),
    };
    struct flow_payloads payloads;
    struct flow_list list;

    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    generate("", "host", &list);
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
            uint64_t a = values[i], b = values[j];
            struct flow arp = {
                .dl_type = htons(ETH_TYPE_ARP),
                .nw_src = htonl(a),
                .nw_dst = htonl(b),
            };
            struct flow mac = { .dl_type = 0 };

            assert_int_equal(any_matches(&list, TABLE_COMPARE_IP, &arp),
                             (uint32_t) a != (uint32_t) b);

            eth_addr_from_uint64(a, &mac.dl_src);
            flow_set_xreg(&mac, REG_ANSWER - MFF_XREG0, b | ANSWER_KNOWN);
            assert_int_equal(any_matches(&list, TABLE_COMPARE_MAC, &mac),
                             a != b);
        }
    }
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses_have_one_flow),
        cmocka_unit_test(test_machinery_is_shared),
        cmocka_unit_test(test_fields_are_compared),
    };

    return cmocka_run_group_tests_name("gen-suppress", tests, NULL, NULL);
}
