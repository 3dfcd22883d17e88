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
#include "openvswitch/json.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-group.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovsdb-sync/rule-import.h"
#include "sset.h"
#include "svec.h"
#include "tests/unit/hook-script.h"
#include "util.h"

#define UUID "00000000-0000-0000-0000-000000000001"
#define UUID2 "00000000-0000-0000-0000-000000000002"
#define UUID3 "00000000-0000-0000-0000-000000000003"
#define HEAD "[{\"rows\":[{}]},{\"rows\":[{}]},"
#define NONE "{\"rows\":[]}"
#define OURS "[\"created-by\",\"ovs-ext-hook\"]"
#define GROUP(IDS) "{\"rows\":[{\"_uuid\":[\"uuid\",\""UUID"\"]," \
                   "\"external_ids\":[\"map\",["IDS"]]}]}"
#define PORT(NAME, ON) "{\"_uuid\":[\"uuid\",\""UUID2"\"],\"name\":\"" NAME \
                       "\",\"host\":\""ON"\",\"network\":[\"uuid\",\""UUID3 \
                       "\"],\"external_ids\":[\"map\",["OURS"]]}"

static const struct hook_sg_args vm = {
    .vm = "i-2-5-VM", .vm_id = "5", .first_ip = "10.0.0.5",
    .signature = "abc", .sequence = "7",
};

#define IDS "[\"map\",[["CREATED"],[\"sequence\",\"7\"],[\"signature\"," \
            "\"abc\"],[\"vm-id\",\"5\"],[\"vm-ip\",\"10.0.0.5\"]," \
            "[\"vm-name\",\"i-2-5-VM\"]]]"
#define CREATED "\"created-by\",\"ovs-ext-hook\""

/* A group with a rule, new, and made again without one. */
static void
test_group(void **state OVS_UNUSED)
{
    struct json *new = hook_script_parse(HEAD NONE","NONE","NONE","NONE"]");
    struct json *old = hook_script_parse(
        HEAD NONE","NONE","GROUP(OURS) ","NONE"]");
    struct rule_values rules = { NULL, 0, 0 };
    struct rule_values none = { NULL, 0, 0 };
    struct json *txn = hook_txn_create("OVS_Ext");

    assert_null(rule_import_group("I:tcp;22;23;10.0.0.0/8,NEXT;", &rules));
    json_destroy(hook_plan_group(txn, new, &vm, &rules));
    hook_script_check("new", txn,
              "[\"OVS_Ext\",{\"op\":\"insert\",\"row\":{\"action\":\"allow\","
              "\"direction\":\"ingress\",\"port_max\":23,\"port_min\":22,"
              "\"priority\":0,\"protocol\":\"tcp\",\"remote_cidrs\":[\"set\","
              "[\"10.0.0.0/8\"]]},\"table\":\"Rule\",\"uuid-name\":"
              "\"rule0\"},{\"op\":\"insert\",\"row\":{\"external_ids\":"IDS","
              "\"name\":\"i-2-5-VM\",\"rules\":[\"set\",[[\"named-uuid\","
              "\"rule0\"]]]},\"table\":\"Security_Group\",\"uuid-name\":"
              "\"group\"}]");
    txn = hook_txn_create("OVS_Ext");
    json_destroy(hook_plan_group(txn, old, &vm, &none));
    hook_script_check("old", txn,
              "[\"OVS_Ext\",{\"op\":\"update\",\"row\":{\"external_ids\":"IDS
              ",\"rules\":[\"set\",[]]},\"table\":\"Security_Group\","
              "\"where\":[[\"_uuid\",\"==\",[\"uuid\",\""UUID"\"]]]}]");
    rule_values_uninit(&rules);
    json_destroy(new);
    json_destroy(old);
}

static void
test_group_of_somebody_else(void **state OVS_UNUSED)
{
    struct json *reply = hook_script_parse(
        HEAD NONE","NONE","GROUP("") ","NONE"]");
    struct rule_values none = { NULL, 0, 0 };
    struct json *txn = hook_txn_create("OVS_Ext");

    assert_null(hook_plan_group(txn, reply, &vm, &none));
    hook_script_check("stays", txn, "[\"OVS_Ext\"]");
    json_destroy(reply);
}

static void
test_current(void **state OVS_UNUSED)
{
    static const struct {
        const char *group;
        bool current;
    } cases[] = {
        { NONE, false },
        { GROUP("[\"sequence\",\"7\"],[\"signature\",\"abc\"]"), true },
        { GROUP("[\"sequence\",\"6\"],[\"signature\",\"abc\"]"), false },
        { GROUP("[\"sequence\",\"7\"],[\"signature\",\"abd\"]"), false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = xasprintf(HEAD NONE","NONE",%s,"NONE"]",
                               cases[i].group);
        struct json *reply = hook_script_parse(text);

        assert_int_equal(hook_group_is_current(reply, &vm),
                         cases[i].current);
        json_destroy(reply);
        free(text);
    }
}

/* A VM's rows go if none of its ports is there or elsewhere. */
static void
test_delete(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *rows;
        const char *plugged;
        bool deleted;
    } cases[] = {
        { "nothing", NONE","NONE, "", false },
        { "group alone", GROUP(OURS) ","NONE, "", true },
        { "group of somebody else", GROUP("") ","NONE, "", false },
        { "with a port", GROUP(OURS) ",{\"rows\":["PORT("p", "hv1") "]}", "",
          true },
        { "a port that is there", GROUP(OURS) ",{\"rows\":["
          PORT("p", "hv1") "]}", "p", false },
        { "a port that is elsewhere", GROUP(OURS) ",{\"rows\":["
          PORT("p", "hv2") "]}", "", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = xasprintf(HEAD NONE","NONE",%s]", cases[i].rows);
        struct json *txn = hook_txn_create("OVS_Ext");
        struct sset plugged = SSET_INITIALIZER(&plugged);
        struct json *reply = hook_script_parse(text);

        sset_add(&plugged, cases[i].plugged);
        if (hook_plan_group_delete(txn, reply, "hv1", &plugged)
            != cases[i].deleted
            || !hook_txn_n_ops(txn) != !cases[i].deleted) {
            fail_msg("%s", cases[i].name);
        }
        json_destroy(txn);
        json_destroy(reply);
        sset_destroy(&plugged);
        free(text);
    }
}

static void
test_log(void **state OVS_UNUSED)
{
    struct json *groups = hook_script_parse(
        "[{\"rows\":[{\"name\":\"i-2-5-VM\",\"external_ids\":"IDS"},"
        "{\"name\":\"i-2-6-VM\",\"external_ids\":[\"map\",[]]}]}]");
    struct sset running = SSET_INITIALIZER(&running);
    static const char stock[]
        = "i-2-5-VM,5,10.9.9.9,1,x,1;i-2-7-VM,7,10.0.0.7,2,y,3;"
          "i-2-8-VM,-1,_ip_,-1,_s_,-1;;junk\n";
    char *got;

    sset_add(&running, "i-2-5-VM");
    sset_add(&running, "i-2-8-VM");
    got = hook_log_format(&(struct hook_log) { groups, &running, stock });
    assert_string_equal(got, "i-2-5-VM,5,10.0.0.5,-1,abc,7;"
                        "i-2-7-VM,7,10.0.0.7,2,y,3;"
                        "i-2-8-VM,8,,-1,_initial_,-1");
    free(got);
    got = hook_log_format(&(struct hook_log) { groups, NULL, NULL });
    assert_string_equal(got, "i-2-5-VM,5,10.0.0.5,-1,abc,7;"
                        "i-2-6-VM,-1,,-1,_initial_,-1");
    free(got);
    got = hook_log_format(&(struct hook_log) { NULL, NULL, NULL });
    assert_string_equal(got, "");
    free(got);
    sset_destroy(&running);
    json_destroy(groups);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group),
        cmocka_unit_test(test_group_of_somebody_else),
        cmocka_unit_test(test_current),
        cmocka_unit_test(test_delete),
        cmocka_unit_test(test_log),
    };

    return cmocka_run_group_tests_name("hook-group", tests, NULL, NULL);
}
