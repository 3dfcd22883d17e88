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
#include "flows/flow-table.h"
#include "flows/gen.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "random.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"
#define C "52:54:00:00:00:0c"

#define HOST "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=100\n"

/* Through the tunnel port, with the VNI of the network. */
#define TUNNEL "move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23]," \
               "set_field:192.0.2.1->tun_src,set_field:"
#define TUNNEL6 "move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23]," \
                "set_field:2001:db8::1->tun_ipv6_src,set_field:"
#define TO "->tun_dst,output:100"
#define TO6 "->tun_ipv6_dst,output:100"

/* Groups of VNI 5: 0xc0000005 and 0xc1000005. */
#define LOCAL "3221225477"
#define FLOOD "3238002693"

#define MULTICAST "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"

/* What network 5, known, has besides its groups. */
#define NETWORK_5 \
    "table=0, priority=100,tun_id=0x5,in_port=100 " \
    "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n" \
    "table=32, priority=60,reg10=0x1/0x1,metadata=0x5,"MULTICAST" " \
    "actions=group:"LOCAL"\n" \
    "table=32, priority=60,reg10=0/0x1,metadata=0x5,"MULTICAST" " \
    "actions=group:"FLOOD"\n" \
    "table=32, priority=50,reg10=0x1/0x1,metadata=0x5 " \
    "actions=group:"LOCAL"\n" \
    "table=40, priority=50,metadata=0x5 actions=group:"FLOOD"\n"

static const struct {
    const char *name;           /* The situation. */
    const char *input;          /* Facts; "run" follows. */
    const char *owner;
    const char *expected;       /* What flow_list_format() says. */
} cases[] = {
    { "host", HOST, "host",
      "group_id=268435456,type=select,selection_method=dp_hash,"
      "bucket=bucket_id:0,actions=resubmit(,48)\n"
      "table=0, priority=1,in_port=100 actions=drop\n"
      "table=8, priority=100,vlan_tci=0x1000/0x1000 actions=drop\n"
      "table=8, priority=100,dl_src=01:00:00:00:00:00/01:00:00:00:00:00 "
      "actions=drop\n"
      "table=8, priority=100,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 "
      "actions=drop\n"
      "table=8, priority=1 actions=goto_table:32\n"
      "table=32, priority=1,reg10=0/0x1 actions=goto_table:40\n" },
    { "host without a tunnel port", "host vtep=192.0.2.1\n", "host",
      "group_id=268435456,type=select,selection_method=dp_hash,"
      "bucket=bucket_id:0,actions=resubmit(,48)\n"
      "table=8, priority=100,vlan_tci=0x1000/0x1000 actions=drop\n"
      "table=8, priority=100,dl_src=01:00:00:00:00:00/01:00:00:00:00:00 "
      "actions=drop\n"
      "table=8, priority=100,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 "
      "actions=drop\n"
      "table=8, priority=1 actions=goto_table:32\n"
      "table=32, priority=1,reg10=0/0x1 actions=goto_table:40\n" },

    { "network without a port here",
      HOST"network blue 5\nflood 5 192.0.2.2\n", "network/5", "" },
    { "network that nobody named", HOST, "network/5", "" },
    { "network with one port and no VTEP",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n", "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,64)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network whose only port is in standby: nobody to deliver to",
      HOST"network blue 5\nport vm1 blue standby "A"\n"
      "iface v1 id=vm1 ofport=7\n",
      "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network with VTEPs of both families",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "flood 5 192.0.2.2\nflood 5 2001:db8::2\n", "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,64)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL","
      "bucket=bucket_id:1,actions="TUNNEL6"2001:db8::2"TO6","
      "bucket=bucket_id:2,actions="TUNNEL"192.0.2.2"TO"\n" },
    { "a VTEP of a family that the host lacks, and the host itself",
      "host vtep=192.0.2.1 tunnel=100\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "flood 5 192.0.2.1\nflood 5 2001:db8::2\n", "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,64)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network without a tunnel port",
      "host vtep=192.0.2.1\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "flood 5 192.0.2.2\n", "network/5",
      "table=32, priority=60,reg10=0x1/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"LOCAL"\n"
      "table=32, priority=60,reg10=0/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"FLOOD"\n"
      "table=32, priority=50,reg10=0x1/0x1,metadata=0x5 "
      "actions=group:"LOCAL"\n"
      "table=40, priority=50,metadata=0x5 actions=group:"FLOOD"\n"
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,64)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network that drops unknown unicast still floods multicast",
      HOST"network blue 5 drop\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n", "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n"
      "table=32, priority=60,reg10=0x1/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"LOCAL"\n"
      "table=32, priority=60,reg10=0/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"FLOOD"\n"
      "table=32, priority=50,reg10=0x1/0x1,metadata=0x5 actions=drop\n"
      "table=40, priority=50,metadata=0x5 actions=drop\n"
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,64)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },

    { "port", HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n",
      "port/vm1",
      "table=0, priority=100,in_port=7 "
      "actions=set_field:0x5->metadata,set_field:0x7->reg14,goto_table:8\n"
      "table=64, priority=100,reg15=0x7 actions=output:7\n" },
    { "port in standby: says and hears nothing",
      HOST"network blue 5\nport vm1 blue standby "A"\n"
      "iface v1 id=vm1 ofport=7\n",
      "port/vm1", "table=0, priority=100,in_port=7 actions=drop\n" },
    { "port without a MAC: the same",
      HOST"iface v1 id=vm1 profile=vni=5 ofport=7\n",
      "port/vm1", "table=0, priority=100,in_port=7 actions=drop\n" },
    { "port of somebody else", HOST"iface v1 id=lsp1 ofport=7\n",
      "port/lsp1", "" },
    { "port on another host", HOST"network blue 5\nport vm1 blue "A"\n",
      "port/vm1", "" },

    { "local MAC", HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n",
      "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0x7->reg15,goto_table:64\n" },
    { "local MAC, while it is claimed",
      HOST"settle\nmac 5 "A" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n", "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0x7->reg15,goto_table:64\n" },
    { "local MAC that moved away",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "A" 192.0.2.2\n", "local-mac/5/"A, "" },
    { "and it is at the other VTEP then",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "A" 192.0.2.2\n", "remote-mac/5/"A,
      "table=40, priority=100,metadata=0x5,dl_dst="A" "
      "actions="TUNNEL"192.0.2.2"TO"\n" },
    { "local MAC of a port in standby",
      HOST"network blue 5\nport vm1 blue standby "A"\n"
      "iface v1 id=vm1 ofport=7\n",
      "local-mac/5/"A, "" },
    { "local IP: no business of the switch",
      HOST"network blue 5\nport vm1 blue "A" 10.0.0.1\n"
      "iface v1 id=vm1 ofport=7\n", "local-ip/5/10.0.0.1", "" },

    { "remote MAC",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 192.0.2.2\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions="TUNNEL"192.0.2.2"TO"\n" },
    { "remote MAC at an IPv6 VTEP",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 2001:db8::2\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions="TUNNEL6"2001:db8::2"TO6"\n" },
    { "remote MAC behind a next-hop group of zebra's",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" nhg=0x20000001\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions=group:536870913\n" },
    { "remote MAC behind a next-hop group of somebody else's",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" nhg=7\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions=group:553648135\n" },
    { "remote MAC behind a next-hop group that has no room",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" nhg=0x30000001\n", "remote-mac/5/"B, "" },
    { "remote MAC of a network without a port here",
      HOST"mac 5 "B" 192.0.2.2\n", "remote-mac/5/"B, "" },
    { "remote MAC at this host's own VTEP",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 192.0.2.1\n", "remote-mac/5/"B, "" },
    { "remote MAC at a VTEP of a family that the host lacks",
      "host vtep=192.0.2.1 tunnel=100\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 2001:db8::2\n", "remote-mac/5/"B, "" },
    { "remote MAC without a tunnel port",
      "host vtep=192.0.2.1\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 192.0.2.2\n", "remote-mac/5/"B, "" },
    { "remote MAC that is gone",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n",
      "remote-mac/5/"B, "" },

    { "next-hop group: members in the order of their addresses",
      HOST"nhg 0x20000001 192.0.2.3 192.0.2.2 2001:db8::2\n",
      "nhg/536870913",
      "group_id=536870913,type=select,selection_method=dp_hash,"
      "bucket=bucket_id:0,actions="TUNNEL"192.0.2.2"TO","
      "bucket=bucket_id:1,actions="TUNNEL"192.0.2.3"TO","
      "bucket=bucket_id:2,actions="TUNNEL6"2001:db8::2"TO6"\n" },
    { "next-hop group of somebody else's",
      HOST"nhg 7 192.0.2.2\n", "nhg/7",
      "group_id=553648135,type=select,selection_method=dp_hash,"
      "bucket=bucket_id:0,actions="TUNNEL"192.0.2.2"TO"\n" },
    { "next-hop group nobody of which can be reached: is there, and drops",
      "host vtep=192.0.2.1\nnhg 7 192.0.2.2\n", "nhg/7",
      "group_id=553648135,type=select,selection_method=dp_hash\n" },
    { "next-hop group without room", HOST"nhg 0x30000001 192.0.2.2\n",
      "nhg/805306369", "" },
    { "next-hop group that is gone", HOST, "nhg/7", "" },
};

/* Returns the text of what 'owner' of 'm' wants.  The caller frees it. */
static char *
format_wants(const struct model *m, const struct owner *owner)
{
    struct flow_payloads payloads;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow_list list;

    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_owner(m, owner, &list);
    flow_list_format(&list, &s);
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    return ds_steal_cstr(&s);
}

static void
test_owners_have_their_flows(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct owner owner;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        model_script_run(&m, "run");
        assert_null(owner_parse(cases[i].owner, &owner));
        got = format_wants(&m, &owner);
        script_check(cases[i].name, cases[i].expected, got);
        free(got);
        model_uninit(&m);
    }
}

/* What is generated for what a change made dirty is all that there is to
 * generate: looking at everything again changes nothing. */

static const char *const facts[] = {
    "host vtep=192.0.2.1 tunnel=100", "host vtep=192.0.2.1",
    "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=101",
    "network blue 5", "network blue 6", "network red 5 drop",
    "del-network blue", "del-network red",
    "port vm1 blue "A" 10.0.0.1", "port vm1 red standby "A,
    "port vm2 blue "A, "port vm2 red "B, "del-port vm1", "del-port vm2",
    "iface v1 id=vm1 ofport=1", "iface v1 id=vm1", "del-iface v1",
    "iface v2 id=vm2 ofport=2", "iface v2 id=vm1 ofport=2", "del-iface v2",
    "iface v3 id=vm3 profile=vni=5 mac="A" ofport=3",
    "iface v3 id=vm3 profile=vni=6 mac="C" ofport=3", "del-iface v3",
    "mac 5 "A" 192.0.2.2", "mac 5 "A" nhg=0x20000001", "del-mac 5 "A,
    "mac 5 "B" 192.0.2.3", "mac 5 "B" 2001:db8::2", "del-mac 5 "B,
    "mac 6 "C" 192.0.2.2", "mac 6 "C" nhg=7", "del-mac 6 "C,
    "flood 5 192.0.2.2", "del-flood 5 192.0.2.2", "flood 6 2001:db8::2",
    "del-flood 6 2001:db8::2", "nhg 0x20000001 192.0.2.2 192.0.2.3",
    "nhg 0x20000001 192.0.2.3", "del-nhg 0x20000001", "nhg 7 192.0.2.2",
    "del-nhg 7", "settle",
};

/* Generates again what is dirty in 'm'.  Returns how much of it differed. */
static size_t
update_dirty(struct model *m, struct flow_table *t)
{
    struct flow_list list;
    struct owner owner;
    size_t n = 0;

    flow_list_init(&list, &t->payloads);
    while (owner_set_pop(&m->dirty, &owner)) {
        gen_owner(m, &owner, &list);
        n += flow_table_update(t, &owner, &list);
    }
    flow_list_uninit(&list);
    return n;
}

static size_t
recompute(struct model *m, struct flow_table *t)
{
    size_t n;

    flow_table_recompute_begin(t);
    model_dirty_all(m);
    n = update_dirty(m, t);
    return n + flow_table_recompute_end(t);
}

static void
test_recompute_changes_nothing(void **state OVS_UNUSED)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct ds past = DS_EMPTY_INITIALIZER;
        struct flow_table t;
        struct model m;

        random_set_seed(seed);
        model_init(&m);
        flow_table_init(&t);
        recompute(&m, &t);
        for (int i = 0; i < 100; i++) {
            const char *fact = facts[random_range(ARRAY_SIZE(facts))];

            ds_put_format(&past, "%s\n", fact);
            model_script_run(&m, fact);
            if (random_range(3)) {
                ds_put_format(&past, "run %d\n", i * 100);
                model_run(&m, i * 100);
                update_dirty(&m, &t);
                if (recompute(&m, &t)) {
                    fail_msg("seed %"PRIu32": recompute changed something "
                             "after\n%s", seed, ds_cstr(&past));
                }
            }
        }
        flow_table_uninit(&t);
        model_uninit(&m);
        ds_destroy(&past);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners_have_their_flows),
        cmocka_unit_test(test_recompute_changes_nothing),
    };

    return cmocka_run_group_tests_name("gen", tests, NULL, NULL);
}
