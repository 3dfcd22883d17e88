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
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

#define PORT "network blue 5\nport vm1 blue "A"\niface v1 id=vm1 ofport=7\n" \
             "settle\nrun\n"

/* The actions. */
#define PUNT "controller(id=28517,userdata=00.00.00.01,meter_id=268435463)"
#define PUNT_DHCP \
    "controller(id=28517,userdata=00.00.00.02,meter_id=285212679)"
#define NEXT "goto_table:26"
#define MAC "02:6f:65:00:00:01"

/* What a port that learns has. */
#define METERS \
    "meter=268435463 pktps burst stats bands= type=drop rate=20 " \
    "burst_size=100\n" \
    "meter=285212679 pktps burst stats bands= type=drop rate=20 " \
    "burst_size=100\n"
#define FROM \
    "table=24, priority=100,arp,reg14=0x7 actions="PUNT","NEXT"\n" \
    "table=24, priority=100,icmp6,reg14=0x7,icmp_type=135,icmp_code=0 " \
    "actions="PUNT","NEXT"\n" \
    "table=24, priority=100,icmp6,reg14=0x7,icmp_type=136,icmp_code=0 " \
    "actions="PUNT","NEXT"\n" \
    "table=24, priority=120,reg14=0x7,dl_dst="MAC" actions="PUNT"\n"
#define TO \
    "table=64, priority=110,udp,reg15=0x7,tp_src=67,tp_dst=68 " \
    "actions="PUNT_DHCP",output:7\n" \
    "table=64, priority=110,udp6,reg15=0x7,tp_src=547,tp_dst=546 " \
    "actions="PUNT_DHCP",output:7\n"

static const struct {
    const char *name;           /* The situation. */
    const char *input;
    const char *owner;
    const char *expected;       /* Of meters, LEARN, and UDP in DELIVER. */
} cases[] = {
    { "what nobody learns goes on; answers to probes reach nobody",
      "host vtep=192.0.2.1 tunnel=100\nrun\n", "host",
      "table=24, priority=20,dl_dst="MAC" actions=drop\n"
      "table=24, priority=1 actions="NEXT"\n" },
    { "a port whose IPs are not declared", PORT, "port/vm1",
      METERS FROM TO },
    { "a port whose IPs are", PORT"port vm1 blue "A" 10.0.0.1\nrun\n",
      "port/vm1", "" },
    { "a port in standby", PORT"port vm1 blue standby "A"\nrun\n",
      "port/vm1", "" },
    { "a port whose MACs are not checked",
      PORT"port vm1 blue security=off "A"\nrun\n", "port/vm1",
      METERS FROM
      "table=24, priority=50,reg14=0x7 actions="PUNT","NEXT"\n"
      "table=24, priority=60,reg14=0x7,dl_src="A" actions="NEXT"\n" TO },
    { "what is known of IPv4 is not sent again",
      PORT"hear 5 7 "A" 10.0.0.1\nrun\n", "local-ip/5/10.0.0.1",
      "table=24, priority=110,arp,reg14=0x7,dl_src="A",arp_spa=10.0.0.1,"
      "arp_sha="A" actions="NEXT"\n" },
    { "nor of IPv6",
      PORT"hear 5 7 "A" fd00::1\nrun\n", "local-ip/5/fd00::1",
      "table=24, priority=110,icmp6,reg14=0x7,dl_src="A",ipv6_src=fd00::1,"
      "icmp_type=135,icmp_code=0 actions="NEXT"\n"
      "table=24, priority=110,icmp6,reg14=0x7,dl_src="A",icmp_type=136,"
      "icmp_code=0,nd_target=fd00::1 actions="NEXT"\n" },
    { "nor what is declared of a port that learns",
      PORT"port vm1 blue learn "A" 10.0.0.1\nrun\n", "local-ip/5/10.0.0.1",
      "table=24, priority=110,arp,reg14=0x7,dl_src="A",arp_spa=10.0.0.1,"
      "arp_sha="A" actions="NEXT"\n" },
    { "but there is no need for a port that does not",
      PORT"port vm1 blue "A" 10.0.0.1\nrun\n", "local-ip/5/10.0.0.1", "" },
    { "frames with a MAC that was learned are not sent again",
      PORT"port vm1 blue security=off "A"\nrun\nhear 5 7 "B"\nrun\n",
      "local-mac/5/"B,
      "table=24, priority=60,reg14=0x7,dl_src="B" actions="NEXT"\n" },
    { "unless one is waited for",
      PORT"port vm1 blue security=off "A"\nlearn-age 10\nrun\nhear 5 7 "B"\n"
      "run 10\n", "local-mac/5/"B, "" },
};

static bool
is_here(const char *line)
{
    int table;

    return (!strncmp(line, "meter=2", 7) /* Not METER_ND. */
            || (ovs_scan(line, "table=%d", &table)
                && (table == TABLE_LEARN
                    || (table == TABLE_DELIVER && strstr(line, ",udp")))));
}

static void
test_flows(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds all = DS_EMPTY_INITIALIZER;
        struct ds got = DS_EMPTY_INITIALIZER;
        struct flow_payloads payloads;
        char *line, *save_ptr = NULL;
        struct flow_list list;
        struct owner owner;
        struct model m;

        model_init(&m);
        flow_payloads_init(&payloads);
        flow_list_init(&list, &payloads);
        model_script_run(&m, cases[i].input);
        assert_null(owner_parse(cases[i].owner, &owner));
        gen_owner(&m, &owner, &list);
        flow_list_format(&list, &all);
        for (line = strtok_r(ds_cstr(&all), "\n", &save_ptr); line;
             line = strtok_r(NULL, "\n", &save_ptr)) {
            if (is_here(line)) {
                ds_put_format(&got, "%s\n", line);
            }
        }
        script_check(cases[i].name, cases[i].expected, ds_cstr(&got));
        ds_destroy(&all);
        ds_destroy(&got);
        flow_list_uninit(&list);
        flow_payloads_uninit(&payloads);
        model_uninit(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
    };

    return cmocka_run_group_tests_name("gen-learn", tests, NULL, NULL);
}
