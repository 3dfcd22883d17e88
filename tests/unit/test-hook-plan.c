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
#include "openvswitch/json.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "packets.h"
#include "tests/unit/hook-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define MAC "02:01:00:d1:00:05"
#define UUID "00000000-0000-0000-0000-000000000001"
#define UUID2 "00000000-0000-0000-0000-000000000002"
#define OURS "[\"map\",[[\"created-by\",\"ovs-ext-hook\"]]]"
#define ROOT "[{\"rows\":[{\"cfg\":7}]},"
#define HOST "{\"rows\":[{\"vnis\":[\"map\",[]]}]},"
#define NONE "{\"rows\":[]}"

static void
test_keep(void **state OVS_UNUSED)
{
    static const uint32_t vnis[] = { 5, 10100 };
    struct json *txn = hook_txn_create("OVS_Ext");
    struct json *reply = hook_script_parse(ROOT HOST NONE"]");

    hook_plan_keep(txn, "hv1", vnis, 2, 1000);
    hook_plan_cfg(txn, reply);
    hook_script_check("keep", txn,
              "[\"OVS_Ext\","
              "{\"mutations\":[[\"vnis\",\"delete\",[\"set\",[5,10100]]]],"
              "\"op\":\"mutate\",\"table\":\"Host\",\"where\":[[\"name\","
              "\"==\",\"hv1\"]]},"
              "{\"mutations\":[[\"vnis\",\"insert\",[\"map\",[[5,1000],"
              "[10100,1000]]]]],\"op\":\"mutate\",\"table\":\"Host\","
              "\"where\":[[\"name\",\"==\",\"hv1\"]]},"
              "{\"mutations\":[[\"cfg\",\"+=\",1]],\"op\":\"mutate\","
              "\"table\":\"OVS_Ext\",\"where\":[]},"
              "{\"columns\":[\"cfg\"],\"op\":\"select\",\"table\":"
              "\"OVS_Ext\",\"where\":[]}]");
    json_destroy(reply);
}

static void
test_cfg_without_a_root_row(void **state OVS_UNUSED)
{
    struct json *txn = hook_txn_create("OVS_Ext");
    struct json *reply = hook_script_parse("["NONE","NONE"]");

    hook_plan_cfg(txn, reply);
    hook_script_check("the row is made", txn,
              "[\"OVS_Ext\",{\"op\":\"insert\",\"row\":{\"cfg\":1},"
              "\"table\":\"OVS_Ext\"},{\"columns\":[\"cfg\"],\"op\":"
              "\"select\",\"table\":\"OVS_Ext\",\"where\":[]}]");
    json_destroy(reply);
}

static void
test_stale(void **state OVS_UNUSED)
{
    struct json *reply = hook_script_parse(
        ROOT"{\"rows\":[{\"vnis\":[\"map\",[[5,1000],[6,1400],[7,2001]]]}]}"
        "]");
    uint32_t *vnis;

    /* Older than HOOK_KEEP_TIME, not so, and from the future. */
    assert_int_equal(hook_find_stale(reply, 2000, &vnis), 2);
    assert_int_equal(vnis[0] + vnis[1], 5 + 7);
    free(vnis);
    json_destroy(reply);
}

static const struct {
    const char *name;
    const char *reply;          /* Port and Network rows. */
    uint32_t vni;
    const char *expected;       /* The operations, or null if none. */
} port_cases[] = {
    { "neither port nor network is there", NONE","NONE, 5,
      "{\"op\":\"insert\",\"row\":{\"external_ids\":"OURS",\"name\":"
      "\"vni5\",\"vni\":5},\"table\":\"Network\",\"uuid-name\":"
      "\"network\"},"
      "{\"op\":\"insert\",\"row\":{\"external_ids\":"OURS",\"ips\":[\"set\","
      "[\"10.0.0.5\"]],\"macs\":\""MAC"\",\"name\":\"p\",\"network\":"
      "[\"named-uuid\",\"network\"]},\"table\":\"Port\",\"uuid-name\":"
      "\"port\"}" },
    { "the network is there",
      NONE",{\"rows\":[{\"_uuid\":[\"uuid\",\""UUID"\"]}]}", 5,
      "{\"op\":\"insert\",\"row\":{\"external_ids\":"OURS",\"ips\":[\"set\","
      "[\"10.0.0.5\"]],\"macs\":\""MAC"\",\"name\":\"p\",\"network\":"
      "[\"uuid\",\""UUID"\"]},\"table\":\"Port\",\"uuid-name\":\"port\"}" },
    { "a port of ours changes, and stays where it is",
      "{\"rows\":[{\"_uuid\":[\"uuid\",\""UUID2"\"],\"external_ids\":"OURS
      "}]},"NONE, 0,
      "{\"op\":\"update\",\"row\":{\"ips\":[\"set\",[\"10.0.0.5\"]],"
      "\"macs\":\""MAC"\"},\"table\":\"Port\",\"where\":[[\"_uuid\",\"==\","
      "[\"uuid\",\""UUID2"\"]]]}" },
    { "a port of somebody else",
      "{\"rows\":[{\"_uuid\":[\"uuid\",\""UUID2"\"],\"external_ids\":"
      "[\"map\",[]]}]},"NONE, 5, NULL },
    { "no network is known", NONE","NONE, 0, NULL },
};

static void
test_port(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(port_cases); i++) {
        char *text = xasprintf(ROOT HOST"%s]", port_cases[i].reply);
        char *expected = xasprintf("[\"OVS_Ext\"%s%s]",
                                   port_cases[i].expected ? "," : "",
                                   port_cases[i].expected
                                   ? port_cases[i].expected : "");
        struct json *txn = hook_txn_create("OVS_Ext");
        struct json *reply = hook_script_parse(text);
        struct hook_ips ips = { NULL, 0 };
        struct in6_addr ip = script_parse_ip("10.0.0.5");
        struct hook_port port = {
            .name = "p", .vni = port_cases[i].vni,
            .mac = script_parse_mac(MAC), .ips = &ips,
        };

        hook_ips_add(&ips, &ip);
        assert_int_equal(hook_plan_port(txn, reply, &port) != NULL,
                         port_cases[i].expected != NULL);
        hook_script_check(port_cases[i].name, txn, expected);
        hook_ips_uninit(&ips);
        json_destroy(reply);
        free(expected);
        free(text);
    }
}

static void
test_whose_is_a_port(void **state OVS_UNUSED)
{
    static const struct {
        const char *row;
        bool ours;
    } cases[] = {
        { "{\"external_ids\":"OURS",\"host\":[\"set\",[]]}", true },
        { "{\"external_ids\":"OURS",\"host\":\"hv1\"}", true },
        { "{\"external_ids\":"OURS",\"host\":\"hv2\"}", false },
        { "{\"external_ids\":[\"map\",[]],\"host\":\"hv1\"}", false },
        { "{}", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct json *row = hook_script_parse(cases[i].row);

        assert_int_equal(hook_port_is_ours(row, "hv1"), cases[i].ours);
        json_destroy(row);
    }
}

static void
test_errors(void **state OVS_UNUSED)
{
    static const struct {
        const char *reply;
        const char *error;
        bool conflict;
    } cases[] = {
        { "[{},{\"count\":1}]", NULL, false },
        { "[{},{\"error\":\"constraint violation\",\"details\":\"why\"}]",
          "constraint violation: why", true },
        { "[null,{\"error\":\"timed out\"}]", "timed out", true },
        { "[{},{\"error\":\"unknown column\",\"details\":\"x\"},null]",
          "unknown column: x", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct json *reply = hook_script_parse(cases[i].reply);
        bool conflict;
        char *error = hook_reply_error(reply, &conflict);

        assert_int_equal(conflict, cases[i].conflict);
        assert_int_equal(error == NULL, cases[i].error == NULL);
        if (error) {
            assert_string_equal(error, cases[i].error);
        }
        free(error);
        json_destroy(reply);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keep),
        cmocka_unit_test(test_cfg_without_a_root_row),
        cmocka_unit_test(test_stale),
        cmocka_unit_test(test_port),
        cmocka_unit_test(test_whose_is_a_port),
        cmocka_unit_test(test_errors),
    };

    return cmocka_run_group_tests_name("hook-plan", tests, NULL, NULL);
}
