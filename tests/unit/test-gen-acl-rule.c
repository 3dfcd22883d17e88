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
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "flows/acl.h"
#include "flows/flow-list.h"
#include "flows/gen.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "sset.h"
#include "tests/unit/model-script.h"
#include "util.h"

/* What holds of the flows of any rule; test-gen-acl.c has examples. */

/* Appends to 's' what 'rule' has in the table of the rules of ACLs. */
static void
put_rule(const struct model *m, const char *rule, struct ds *s)
{
    struct uuid uuid = model_script_uuid(rule);
    struct ds all = DS_EMPTY_INITIALIZER;
    struct flow_payloads payloads;
    struct flow_list list;
    char *save_ptr = NULL;

    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_rule(m, &uuid, &list);
    flow_list_format(&list, &all);
    for (char *line = strtok_r(ds_cstr(&all), "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        if (!strncmp(line, "table=86,", 9)) {
            ds_put_format(s, "%s\n", line);
        }
    }
    ds_destroy(&all);
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
}

/* Counts the flows in 'text' that are for 'ip' ("ip" or "ipv6") and of
 * 'clause' ("1/2" or "2/2"). */
static int
count_clause(const char *text, const char *ip, const char *clause)
{
    char *copy = xstrdup(text);
    char *match = xasprintf(",%s,", ip);
    char *action = xasprintf(",%s)", clause);
    char *save_ptr = NULL;
    int n = 0;

    for (char *line = strtok_r(copy, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        n += strstr(line, match) && strstr(line, action);
    }
    free(copy);
    free(match);
    free(action);
    return n;
}

/* Checks that no two lines of 'text' are flows of the same match. */
static void
check_unique(const char *text)
{
    struct sset matches = SSET_INITIALIZER(&matches);
    char *copy = xstrdup(text);
    char *save_ptr = NULL;

    for (char *line = strtok_r(copy, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        *strstr(line, " actions=") = '\0';
        if (!sset_add(&matches, line)) {
            fail_msg("twice: %s", line);
        }
    }
    free(copy);
    sset_destroy(&matches);
}

/* Each clause of a conjunction has its flows, also where both are as wide as
 * can be: any address of IPv4, among many of IPv6, and any protocol. */
static void
test_conjunction(void **state OVS_UNUSED)
{
    static const struct {
        const char *rule;
        int n_rest;             /* Flows of the second clause, of each. */
    } rules[] = {
        { "r1 ingress drop", 1 },
        { "r1 egress drop protocol=17", 1 },
        { "r1 ingress allow protocol=6 ports=8-13", 2 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct model m;

        ds_put_format(&s, "rule %s 0.0.0.0/0", rules[i].rule);
        for (int j = 0; j < ACL_INLINE_MAX; j++) {
            ds_put_format(&s, " fd%02x::/16", 2 * j);
        }
        ds_put_cstr(&s, "\nnetwork blue 5 acl=r1\n"
                    "port vm1 blue security=off 52:54:00:00:00:01 10.0.0.1\n"
                    "iface v1 id=vm1 ofport=1\nrun\n");
        model_init(&m);
        model_script_run(&m, ds_cstr(&s));
        ds_clear(&s);
        put_rule(&m, "r1", &s);
        check_unique(ds_cstr(&s));
        assert_int_equal(count_clause(ds_cstr(&s), "ip", "1/2"), 1);
        assert_int_equal(count_clause(ds_cstr(&s), "ipv6", "1/2"),
                         ACL_INLINE_MAX);
        assert_int_equal(count_clause(ds_cstr(&s), "ip", "2/2"),
                         rules[i].n_rest);
        assert_int_equal(count_clause(ds_cstr(&s), "ipv6", "2/2"),
                         rules[i].n_rest);
        ds_destroy(&s);
        model_uninit(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conjunction),
    };

    return cmocka_run_group_tests_name("gen-acl-rule", tests, NULL, NULL);
}
