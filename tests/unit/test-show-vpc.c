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
#include "ovs-ext/model/model.h"
#include "ovs-ext/show-model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

/* A VPC with two networks here and one elsewhere, one that has nothing, and
 * one that is not routed. */
static const char facts[] =
    "host vtep=192.0.2.1 tunnel=100\nvpc v 9\nvpc a 10\nvpc no\n"
    "network red 6 vpc=v 10.0.1.1/24\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
    "network away 7 vpc=v 10.0.2.1/24\n"
    "port vm1 blue "A" 10.0.0.2\niface v1 id=vm1 ofport=1\n"
    "port vm2 red "A" 10.0.1.2\niface v2 id=vm2 ofport=2\nsettle\nrun 1000\n"
    "mac 5 "B" 192.0.2.2\nglean 5 10.0.0.9 "B"\nrun 8000\n";

/* Hosts are looked for in blue only. */
static void
count(void *aux OVS_UNUSED, uint32_t vni, struct show_vpc_counts *counts)
{
    if (vni == 5) {
        counts->n_wanted += 1;
        counts->n_packets += 2;
        counts->n_unreachable += 3;
    }
}

static char *
show_all_vpcs(const struct model *m, bool json)
{
    return show_vpcs(m, 0, count, NULL, json);
}

static char *
show_vpc_a(const struct model *m, bool json)
{
    return show_vpcs(m, 10, count, NULL, json);
}

static char *
show_neighbors_5(const struct model *m, bool json)
{
    return show_neighbors(m, 5, json);
}

/* A port of a network that is routed. */
static char *
show_port_vm1(const struct model *m, bool json)
{
    struct show_ports_counts counts = { .error = NULL };
    char *text;

    smap_init(&counts.drops);
    smap_init(&counts.copies);
    smap_init(&counts.router);
    smap_add(&counts.router, "vm1", "resolve=3 error=5 ");
    text = show_ports(m, "vm1", &counts, json);
    smap_destroy(&counts.drops);
    smap_destroy(&counts.copies);
    smap_destroy(&counts.router);
    return text;
}

static const struct {
    const char *name;           /* What is shown. */
    char *(*show)(const struct model *, bool json);
    bool json;
    const char *expected;
} cases[] = {
    { "all VPCs that are routed, by name", show_all_vpcs, false,
      "vpc                 : a\n"
      "l3vni               : 10\n"
      "active              : no\n"
      "router_mac          : 06:6f:c0:00:02:01\n"
      "routes              : 0\n"
      "router_macs         : 0\n"
      "networks            : \n"
      "networks_elsewhere  : \n"
      "gleaned_neighbors   : 0\n"
      "wanted_neighbors    : 0\n"
      "waiting_packets     : 0\n"
      "absent_neighbors    : 0\n"
      "\n"
      "vpc                 : v\n"
      "l3vni               : 9\n"
      "active              : yes\n"
      "router_mac          : 06:6f:c0:00:02:01\n"
      "routes              : 0\n"
      "router_macs         : 0\n"
      "networks            : blue red\n"
      "networks_elsewhere  : away\n"
      "gleaned_neighbors   : 1\n"
      "wanted_neighbors    : 1\n"
      "waiting_packets     : 2\n"
      "absent_neighbors    : 3\n" },
    { "one VPC", show_vpc_a, true,
      "[\n"
      "  {\n"
      "    \"absent_neighbors\": 0,\n"
      "    \"active\": false,\n"
      "    \"gleaned_neighbors\": 0,\n"
      "    \"l3vni\": 10,\n"
      "    \"networks\": [],\n"
      "    \"networks_elsewhere\": [],\n"
      "    \"router_mac\": \"06:6f:c0:00:02:01\",\n"
      "    \"router_macs\": 0,\n"
      "    \"routes\": 0,\n"
      "    \"vpc\": \"a\",\n"
      "    \"waiting_packets\": 0,\n"
      "    \"wanted_neighbors\": 0}]" },
    { "a port whose router has much to do", show_port_vm1, false,
      "port                : vm1\n"
      "network             : blue\n"
      "vni                 : 5\n"
      "state               : active\n"
      "interface           : v1\n"
      "ofport              : 1\n"
      "macs                : "A"\n"
      "ips                 : 10.0.0.2\n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : mac and ip\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : resolve=3 error=5\n"
      "arp_suppression     : on\n"
      "problems            : \n" },
    { "neighbours that were gleaned", show_neighbors_5, false,
      "vni ip       mac               type   location       source   age "
      "suppressed\n"
      "--- -------- ----------------- ------ -------------- -------- --- "
      "----------\n"
      "5   10.0.0.2 "A" local  port vm1       declared     yes\n"
      "5   10.0.0.9 "B" remote VTEP 192.0.2.2 gleaned  7 s no\n" },
};

static void
test_vpcs_are_shown(void **state OVS_UNUSED)
{
    struct model m;

    model_init(&m);
    model_script_run(&m, facts);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *got = cases[i].show(&m, cases[i].json);

        script_check(cases[i].name, cases[i].expected, got);
        free(got);
    }
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vpcs_are_shown),
    };

    return cmocka_run_group_tests_name("show-vpc", tests, NULL, NULL);
}
