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
#include "ovsdb-sync/status-plan.h"
#include "packets.h"
#include "util.h"

/* The model of every test: host "hv1", network "blue" with VNI 10100, and
 * these ports, with rows: "here" is active, "standby" is on this host but in
 * standby, "away" has no interface. */
static void
make_model(struct model *m)
{
    static const char *const names[] = { "here", "standby", "away" };

    model_init(m);
    model_put_host(m, &(struct fact_host) {
        .name = "hv1", .bridge = "br-int", .shadow_port = 4790,
        .vtep4 = in6_addr_mapped_ipv4(htonl(0xc0000201)),
    });
    model_put_network(m, &(struct fact_network) {
        .name = "blue", .vni = 10100,
    });
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct eth_addr mac = ETH_ADDR_C(52,54,00,00,00,01);

        mac.ea[5] += i;
        model_put_port(m, &(struct fact_port) {
            .name = names[i], .network = "blue", .macs = &mac, .n_macs = 1,
            .standby = !strcmp(names[i], "standby"),
        });
        if (strcmp(names[i], "away")) {
            model_put_iface(m, &(struct fact_iface) {
                .name = names[i], .iface_id = names[i], .ofport = i + 1,
            });
        }
    }
    model_run(m, 0);
}

static char *
join(const struct sset *set)
{
    const char **sorted = sset_sort(set);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < sset_count(set); i++) {
        ds_put_format(&s, "%s%s", i ? " | " : "", sorted[i]);
    }
    free(sorted);
    return ds_steal_cstr(&s);
}

#define UNKNOWN STATUS_UP_UNKNOWN
#define DOWN STATUS_UP_FALSE
#define UP STATUS_UP_TRUE

struct port_case {
    const char *name;           /* The situation. */
    const char *port;
    const char *host;           /* In the row now. */
    enum status_up up;          /* In the row now. */
    bool all_done;
    const char *expected;       /* "HOST UP: PROBLEMS", or "-" for not ours. */
};

static const struct port_case port_cases[] = {
    { "a new port waits for its flows", "here", NULL, UNKNOWN, false,
      "hv1 down: " },
    { "and comes up with them", "here", "hv1", DOWN, true, "hv1 up: " },
    { "what is up stays up while something else is done", "here", "hv1", UP,
      false, "hv1 up: " },
    { "an active port takes over from another host", "here", "hv0", UP, false,
      "hv1 down: " },
    { "and is up at once if all is done", "here", "hv0", UP, true,
      "hv1 up: " },
    { "a port in standby leaves it to the other host", "standby", "hv0", UP,
      true, "-" },
    { "but is ours if nobody has it", "standby", NULL, UNKNOWN, true,
      "hv1 down: " },
    { "a port that went is given back", "away", "hv1", UP, true,
      "(none) down: " },
    { "a port elsewhere is not ours", "away", "hv0", UP, true, "-" },
    { "nor one that is nowhere", "away", NULL, UNKNOWN, true, "-" },
    { "a row that the model has not heard of is not ours", "new", NULL,
      UNKNOWN, true, "-" },
};

static char *
format_port(struct status_plan *plan, const struct port_case *c)
{
    struct status_port want;
    char *problems, *s;

    if (!status_plan_port(plan, c->port, c->host, c->up, c->all_done,
                          &want)) {
        return xstrdup("-");
    }
    problems = join(&want.problems);
    s = xasprintf("%s %s: %s", want.host ? want.host : "(none)",
                  want.up == UP ? "up" : "down", problems);
    free(problems);
    sset_destroy(&want.problems);
    return s;
}

static void
test_port(void **state OVS_UNUSED)
{
    struct status_plan plan;
    struct model m;

    make_model(&m);
    status_plan_init(&plan, &m);
    for (size_t i = 0; i < ARRAY_SIZE(port_cases); i++) {
        char *s = format_port(&plan, &port_cases[i]);

        if (strcmp(s, port_cases[i].expected)) {
            fail_msg("%s: expected \"%s\", got \"%s\"", port_cases[i].name,
                     port_cases[i].expected, s);
        }
        free(s);
    }
    status_plan_uninit(&plan);
    model_uninit(&m);
}

/* Each problem is in one row: that of its object if we write that, else the
 * host's. */
static void
test_problems_are_shown_once(void **state OVS_UNUSED)
{
    const struct port_case here = { .port = "here", .host = "hv1", .up = UP };
    const struct port_case away = { .port = "away", .host = "hv0", .up = UP };
    struct sset network = SSET_INITIALIZER(&network);
    struct sset vteps = SSET_INITIALIZER(&vteps);
    struct sset host = SSET_INITIALIZER(&host);
    struct status_plan plan;
    struct model m;
    char *s;

    make_model(&m);
    problem_set(&m.problems, "host", "x", "no FRR");
    problem_set(&m.problems, "port/here", "x", "two");
    problem_set(&m.problems, "port/here", "row", "one");
    problem_set(&m.problems, "port/here2", "x", "no row");
    problem_set(&m.problems, "port/away", "x", "elsewhere");
    problem_set(&m.problems, "network/blue", "x", "taken");
    problem_set(&m.problems, "network/vni7", "x", "no row");

    status_plan_init(&plan, &m);
    s = format_port(&plan, &here);
    assert_string_equal(s, "hv1 up: one | two");
    free(s);
    s = format_port(&plan, &away);
    assert_string_equal(s, "-");
    free(s);

    status_plan_shared(&plan, "network", "blue", &network);
    s = join(&network);
    assert_string_equal(s, "hv1: taken");
    free(s);

    status_plan_host(&plan, &vteps, &host);
    s = join(&vteps);
    assert_string_equal(s, "192.0.2.1");
    free(s);
    s = join(&host);
    assert_string_equal(s, "network/vni7: no row | no FRR | "
                        "port/away: elsewhere | port/here2: no row");
    free(s);

    status_plan_uninit(&plan);
    sset_destroy(&network);
    sset_destroy(&vteps);
    sset_destroy(&host);
    model_uninit(&m);
}

/* Without a name we have no row, and write to none. */
static void
test_host_without_name(void **state OVS_UNUSED)
{
    struct status_plan plan;
    struct status_port want;
    struct model m;

    model_init(&m);
    status_plan_init(&plan, &m);
    assert_false(status_plan_port(&plan, "here", NULL, UNKNOWN, true, &want));
    status_plan_uninit(&plan);
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_problems_are_shown_once),
        cmocka_unit_test(test_host_without_name),
    };

    return cmocka_run_group_tests_name("status-plan", tests, NULL, NULL);
}
