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
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

/* Three moves in ten seconds make a duplicate. */
#define START "host vtep=192.0.2.1 dup_moves=3 dup_time=10000\n" \
              "network blue 5\nport vm1 blue "A" 10.0.0.1\n" \
              "iface v1 id=vm1 ofport=1\nrun 0\nsettle\n"

#define MAC_TO(TIME) "mac 5 "A" 192.0.2.2\nrun "TIME"\n"
#define MAC_FRO(TIME) "del-mac 5 "A"\nrun "TIME"\n"

#define MAC_MOVES \
    "network/blue moving MAC "A": MAC "A" keeps moving between VTEP " \
    "192.0.2.2 and port \"vm1\", 3 times or more in 10 s; if it is in use " \
    "twice, give one of them another one\n"

static const struct {
    const char *name;
    const char *input;
    const char *expected;       /* Problems about moves. */
} cases[] = {
    { "an address that moved twice", START MAC_TO("1000") MAC_FRO("2000"),
      "" },
    { "three times", START MAC_TO("1000") MAC_FRO("2000") MAC_TO("10900"),
      MAC_MOVES },
    { "three times, but not in time",
      START MAC_TO("1000") MAC_FRO("2000") MAC_TO("11000"), "" },
    { "the text stays the same",
      START MAC_TO("1000") MAC_FRO("2000") MAC_TO("3000") MAC_FRO("4000"),
      MAC_MOVES },
    { "calm again, but not yet",
      START MAC_TO("1000") MAC_FRO("2000") MAC_TO("3000") "run 12999\n",
      MAC_MOVES },
    { "calm again",
      START MAC_TO("1000") MAC_FRO("2000") MAC_TO("3000") "run 13000\n", "" },
    { "it is not looked for",
      "host vtep=192.0.2.1\n" START "host vtep=192.0.2.1\n"
      MAC_TO("1000") MAC_FRO("2000") MAC_TO("3000"), "" },
    { "and not any more",
      START MAC_TO("1000") MAC_FRO("2000") MAC_TO("3000")
      "host vtep=192.0.2.1\nrun 3000\n", "" },
    { "among remote VTEPs and here",
      START MAC_TO("1000") "mac 5 "A" 192.0.2.3\nrun 2000\n" MAC_FRO("3000"),
      "network/blue moving MAC "A": MAC "A" keeps moving between VTEP "
      "192.0.2.3 and port \"vm1\", 3 times or more in 10 s; if it is in use "
      "twice, give one of them another one\n" },
    { "a port that comes and goes with it",
      START "del-iface v1\nrun 1000\n" MAC_TO("1001")
      "iface v1 id=vm1 ofport=1\nrun 2000\n" MAC_FRO("2001")
      "del-iface v1\nrun 3000\n" MAC_TO("3001")
      "iface v1 id=vm1 ofport=1\nrun 4000\n",
      MAC_MOVES },
    { "a VM comes, and EVPN has it elsewhere a few times more",
      "host vtep=192.0.2.1 dup_moves=3 dup_time=10000\nnetwork blue 5\n"
      "port vm1 blue "A" 10.0.0.1\nrun 0\nsettle\n"
      MAC_TO("1000") "iface v1 id=vm1 ofport=1\nrun 1001\n"
      MAC_FRO("1002") MAC_TO("1003") MAC_FRO("1004") MAC_TO("1005")
      MAC_FRO("1006"),
      "" },
    { "between two ports here",
      "host vtep=192.0.2.1 dup_moves=3 dup_time=10000\nnetwork blue 5\n"
      "port vm1 blue "A" 10.0.0.1\nport vm2 blue "B" 10.0.0.1\n"
      "iface v2 id=vm2 ofport=2\nrun 0\n"
      "iface v1 id=vm1 ofport=1\nrun 1000\ndel-iface v1\nrun 2000\n"
      "iface v1 id=vm1 ofport=1\nrun 3000\n",
      "network/blue moving IP 10.0.0.1: IP 10.0.0.1 keeps moving between "
      "port \"vm1\" and port \"vm2\", 3 times or more in 10 s; if it is in "
      "use twice, give one of them another one\n" },
    { "an IPv6 address: both MACs are told",
      START "port vm1 blue "A" 2001:db8::1\nrun 0\n"
      "mac 5 "B" 192.0.2.2\n"
      "neigh 5 2001:db8::1 "B"\nrun 4000\ndel-neigh 5 2001:db8::1\nrun 5000\n"
      "neigh 5 2001:db8::1 "B"\nrun 6000\n",
      "network/blue moving IP 2001:db8::1: IP 2001:db8::1 keeps moving "
      "between port \"vm1\" and remote MAC "B" at VTEP 192.0.2.2, 3 times "
      "or more in 10 s; if it is in use twice, give one of them another "
      "one\n" },
    { "a VM that migrates for good", START "del-iface v1\nrun 1000\n"
      MAC_TO("1001") "run 20000\n", "" },
    { "the network gets another name",
      START MAC_TO("1000") MAC_FRO("2000") MAC_TO("3000")
      "del-network blue\nnetwork green 5\nport vm1 green "A" 10.0.0.1\n"
      "run 3001\n",
      "network/green moving MAC "A": MAC "A" keeps moving between VTEP "
      "192.0.2.2 and port \"vm1\", 3 times or more in 10 s; if it is in use "
      "twice, give one of them another one\n" },
};

static char *
format_problems(const struct model *m)
{
    const struct problem **problems;
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t n;

    problems = problems_sort(&m->problems, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        if (!strncmp(problems[i]->topic, "moving", 6)) {
            ds_put_format(&s, "%s %s: %s\n", problems[i]->object,
                          problems[i]->topic, problems[i]->text);
        }
    }
    free(problems);
    return ds_steal_cstr(&s);
}

static void
test_moves(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        got = format_problems(&m);
        script_check(cases[i].name, cases[i].expected, got);
        free(got);
        model_uninit(&m);
    }
}

/* What keeps moving is claimed by a port that has just come, but not again. */
static void
test_one_claim(void **state OVS_UNUSED)
{
    const struct local_mac *local;
    struct eth_addr mac = script_parse_mac(A);
    struct model m;

    model_init(&m);
    model_script_run(&m, START MAC_TO("1000") MAC_FRO("2000"));
    model_script_run(&m, "del-iface v1\nrun 2000\n" MAC_TO("2500")
                     "iface v1 id=vm1 ofport=1\nrun 3000\n");
    local = network_local_mac(model_network(&m, 5), mac);
    assert_int_equal(local->claim.state, LOCAL_CLAIMING);
    model_script_run(&m, MAC_FRO("3100") MAC_TO("3200"));
    assert_int_equal(local->claim.state, LOCAL_YIELDED);
    model_uninit(&m);
}

/* The model says when it has to be run; what it watches is bounded. */
static void
test_time_and_bound(void **state OVS_UNUSED)
{
    struct model m;

    model_init(&m);
    assert_true(model_next_run(&m) == LLONG_MAX);
    model_script_run(&m, START);
    assert_true(model_next_run(&m) == LLONG_MAX);
    model_script_run(&m, MAC_TO("1000"));
    assert_int_equal(model_next_run(&m), 11000);
    model_script_run(&m, "run 11000\n");
    assert_true(model_next_run(&m) == LLONG_MAX);

    for (int i = 0; i < 5000; i++) {
        char *s = xasprintf("port vm1 blue "A" 10.1.%d.%d\nrun 12000\n",
                            i / 256, i % 256);

        model_script_run(&m, s);
        free(s);
    }
    assert_int_equal(hmap_count(&m.watched), 4096);
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_one_claim),
        cmocka_unit_test(test_time_and_bound),
    };

    return cmocka_run_group_tests_name("model-moves", tests, NULL, NULL);
}
