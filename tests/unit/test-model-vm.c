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
#include <cmocka.h>
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"

/* A port of VM "u1", which libvirt has not told of. */
#define START "host vtep=192.0.2.1 dup_moves=2 dup_time=10000\n" \
              "vms-known\nsettle\nrun 0\n"
#define PLUG "iface v1 id=vm1 profile=vni=5 mac="A" ofport=1 vm=u1\nrun 1000\n"
#define RUNS "vm u1 runs\nrun 2000\n"
#define HELD "vm u1 held\nrun 3000\n"
#define ELSEWHERE "mac 5 "A" 192.0.2.2\nrun 3100\n"

static const struct {
    const char *name;
    const char *input;
    const char *expected;       /* The port, and its claim to its MAC. */
} cases[] = {
    { "without libvirt, a port is active when it is plugged",
      START"vms-unknown\n"PLUG, "active ours" },
    { "a port without VM, too", START"iface v1 id=vm1 profile=vni=5 mac="A
      " ofport=1\nrun 1000\n", "active ours" },
    { "libvirt has not told of its VM", START PLUG, "held" },
    { "it runs", START PLUG RUNS, "active ours" },
    { "it was known before", START RUNS PLUG, "active ours" },
    { "it is to come", START PLUG HELD, "held" },
    { "it has come", START ELSEWHERE PLUG HELD RUNS, "active claiming" },
    { "it sends before libvirt tells", START PLUG HELD"wake 1\nrun 3000\n",
      "active ours" },
    { "another one sends", START PLUG HELD"wake 2\nrun 3000\n", "held" },
    { "its row says standby", START"network blue 5\n"
      "port vm1 blue standby "A"\n"PLUG RUNS, "neither" },
    { "it has left, and nobody has it yet", START PLUG RUNS HELD,
      "active left ours" },
    { "and what it had sent was late", START PLUG RUNS HELD
      "wake 1\nrun 3000\n", "active left ours" },
    { "it is elsewhere", START PLUG RUNS HELD ELSEWHERE,
      "active left yielded" },
    { "that was known sooner", START PLUG RUNS ELSEWHERE HELD,
      "active left yielded" },
    { "libvirt has forgotten it", START PLUG RUNS HELD ELSEWHERE
      "del-vm u1\nrun 3200\n", "active left yielded" },
    { "it stays after all", START PLUG RUNS HELD RUNS, "active ours" },
    { "it had been elsewhere already", START PLUG RUNS HELD ELSEWHERE
      "vm u1 runs\nrun 3200\n", "active claiming" },
    { "libvirt is lost meanwhile: what was known holds",
      START PLUG HELD"vms-unknown\nrun 3200\n", "held" },
    { "a port that is active goes on when libvirt does not know its VM",
      "vms-unknown\n"START"vms-unknown\n"PLUG"vms-known\nrun 1100\n",
      "active ours" },
    { "so does one that was there at start",
      "host vtep=192.0.2.1\n"PLUG"settle\nvms-known\nrun 1100\n",
      "active ours" },
};

/* The herald of A; the VM on its way from here, and to here. */
#define HERALD "12:3b:65:00:00:0a"
#define LEFT START PLUG RUNS HELD
#define COMES START PLUG HELD
#define THERE "mac 5 "HERALD" 192.0.2.2\nrun 3100\n"
#define GONE "del-iface v1\nrun 3200\n"

static const struct {
    const char *name;
    const char *input;
    const char *expected;       /* Herald, and where the VM has gone. */
} heralds[] = {
    { "a VM that is not known has no herald", START PLUG, "" },
    { "nor one that starts", START PLUG RUNS, "" },
    { "one that is to come has", COMES, "herald" },
    { "a while after it has come, too", COMES RUNS"run 2999\n", "herald" },
    { "and then no more", COMES RUNS"run 2999\nrun 3000\n", "" },
    { "it leaves at once", COMES RUNS"vm u1 held\nrun 2100\n", "" },
    { "it does not come", COMES"del-iface v1\nrun 3100\n", "no port" },
    { "one that did not leave has none", LEFT RUNS, "" },
    { "the herald is somebody's MAC", COMES THERE, "" },
    { "and is not any more", COMES THERE"del-mac 5 "HERALD"\nrun 3200\n",
      "herald" },
    { "the herald is the MAC of a port here", COMES
      "iface v2 id=vm2 profile=vni=5 mac="HERALD" ofport=2\nrun 3100\n", "" },
    { "it has left, for nobody knows where", LEFT, "" },
    { "it has left, and is heralded", LEFT THERE, "to 192.0.2.2" },
    { "it was before", START PLUG RUNS THERE HELD, "to 192.0.2.2" },
    { "it is elsewhere", LEFT"mac 5 "HERALD" 192.0.2.3\n"ELSEWHERE,
      "to 192.0.2.2" },
    { "it is elsewhere, by an Ethernet segment", LEFT"mac 5 "A" nhg=7\n"
      "run 3100\n"THERE, "to 192.0.2.2" },
    { "its herald has gone", LEFT THERE"del-mac 5 "HERALD"\nrun 3200\n", "" },
    { "it stays after all", LEFT THERE RUNS, "" },
    { "its port has gone", LEFT THERE GONE, "to 192.0.2.2" },
    { "... before it is known where it is", LEFT GONE THERE, "to 192.0.2.2" },
    { "... and is forgotten", LEFT THERE GONE"run 6200\n", "no port" },
    { "... but not before", LEFT THERE GONE"run 6199\n", "to 192.0.2.2" },
    { "another VM's port has its name", LEFT THERE GONE"iface v1 id=vm2 "
      "profile=vni=5 mac=52:54:00:00:00:0b ofport=1 vm=u2\nrun 3300\n",
      "no port" },
    { "it comes back", LEFT THERE GONE"del-mac 5 "HERALD"\niface v3 id=vm1 "
      "profile=vni=5 mac="A" ofport=3 vm=u1\nvm u1 held\nrun 3300\n",
      "herald" },
    { "libvirt has forgotten it before: it comes back", LEFT THERE GONE
      "del-vm u1\ndel-mac 5 "HERALD"\niface v3 id=vm1 profile=vni=5 mac="A
      " ofport=3 vm=u1\nvm u1 held\nrun 3300\n", "herald" },
};

/* Returns what is to be seen of the herald of "vm1", and where frames for it
 * are passed on to, malloc'd. */
static char *
describe_herald(const struct model *m)
{
    const struct network *net = model_network(m, 5);
    const struct local_mac *local
        = net ? network_local_mac(net, script_parse_mac(A)) : NULL;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct in6_addr vtep;

    if (!model_port(m, "vm1")) {
        ds_put_cstr(&s, "no port");
    }
    if (net && network_has_herald(net, script_parse_mac(HERALD))) {
        ds_put_cstr(&s, "herald");
    }
    if (local && network_successor(net, local, &vtep)) {
        ds_put_cstr(&s, "to ");
        ipv6_format_mapped(&vtep, &s);
    }
    return ds_steal_cstr(&s);
}

static void
test_heralds(void **state OVS_UNUSED)
{
    struct eth_addr vm = script_parse_mac(A);

    assert_true(eth_addr_equals(herald_mac(herald_mac(vm)), vm));
    for (size_t i = 0; i < ARRAY_SIZE(heralds); i++) {
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, heralds[i].input);
        got = describe_herald(&m);
        script_check(heralds[i].name, heralds[i].expected, got);
        free(got);
        model_uninit(&m);
    }
}

/* Returns what is to be seen of port "vm1", malloc'd. */
static char *
describe(const struct model *m)
{
    static const char *const claims[] = {
        [LOCAL_OURS] = "ours", [LOCAL_CLAIMING] = "claiming",
        [LOCAL_YIELDED] = "yielded",
    };
    const struct port *port = model_port(m, "vm1");
    const struct local_mac *local
        = network_local_mac(model_network(m, 5), script_parse_mac(A));

    assert_true(!(port->active && port->held));
    return xasprintf("%s%s%s%s", (port->active ? "active"
                                  : port->held ? "held" : "neither"),
                     port->left ? " left" : "", local ? " " : "",
                     local ? claims[local->claim.state] : "");
}

static void
test_vms(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        got = describe(&m);
        script_check(cases[i].name, cases[i].expected, got);
        free(got);
        model_uninit(&m);
    }
}

/* Migrations to and fro are no sign that an address is in use twice. */
static void
test_no_duplicate(void **state OVS_UNUSED)
{
    struct model m;

    model_init(&m);
    model_script_run(&m, START PLUG RUNS);
    for (int i = 0; i < 5; i++) {
        model_script_run(&m, "vm u1 held\nrun 3000\n"ELSEWHERE
                         "del-iface v1\ndel-vm u1\nrun 3200\n"
                         PLUG"vm u1 held\nvm u1 runs\nrun 3300\n"
                         "del-mac 5 "A"\nrun 3400\n");
        assert_true(hmap_is_empty(&m.problems.problems));
    }
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vms),
        cmocka_unit_test(test_heralds),
        cmocka_unit_test(test_no_duplicate),
    };

    return cmocka_run_group_tests_name("model-vm", tests, NULL, NULL);
}
