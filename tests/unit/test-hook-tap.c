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
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-tap.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "tests/unit/hook-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define UUID "00000000-0000-0000-0000-000000000001"

static void
test_add(void **state OVS_UNUSED)
{
    char tap[] = "vnet3";
    const struct domain_nic nic = {
        .tap = tap, .mac = script_parse_mac("02:01:00:d1:00:05"), .vni = 7,
    };
    struct json *txn = hook_txn_create("Open_vSwitch");

    hook_tap_plan_add(txn, "br-int", &nic, "u");
    hook_script_check("what libvirt would have written, and a mark", txn,
              "[\"Open_vSwitch\",{\"op\":\"insert\",\"row\":{"
              "\"external_ids\":[\"map\",[[\"attached-mac\","
              "\"02:01:00:d1:00:05\"],[\"iface-id\","
              "\"be60f8a3-0afa-5415-84a4-10776b4a50a4\"],[\"iface-status\","
              "\"active\"],[\"port-profile\",\"vni=7\"],[\"ovs-ext-adopted\","
              "\"true\"],[\"vm-id\",\"u\"]]],\"name\":\"vnet3\"},\"table\":"
              "\"Interface\",\"uuid-name\":\"iface\"},{\"op\":\"insert\","
              "\"row\":{\"interfaces\":[\"named-uuid\",\"iface\"],\"name\":"
              "\"vnet3\"},\"table\":\"Port\",\"uuid-name\":\"port\"},"
              "{\"mutations\":[[\"ports\",\"insert\",[\"set\",[["
              "\"named-uuid\",\"port\"]]]]],\"op\":\"mutate\",\"table\":"
              "\"Bridge\",\"where\":[[\"name\",\"==\",\"br-int\"]]}]");
}

static void
test_del(void **state OVS_UNUSED)
{
    struct json *reply = hook_script_parse(
        "[{\"rows\":[]},{\"rows\":[]},{\"rows\":[{\"_uuid\":[\"uuid\",\""UUID
        "\"],\"name\":\"vnet3\"}]}]");
    struct json *txn = hook_txn_create("Open_vSwitch");

    assert_false(hook_tap_plan_del(txn, reply, "br-int", "vnet4"));
    assert_int_equal(hook_txn_n_ops(txn), 0);
    assert_true(hook_tap_plan_del(txn, reply, "br-int", "vnet3"));
    hook_script_check("its port goes, and the interface with it", txn,
              "[\"Open_vSwitch\",{\"mutations\":[[\"ports\",\"delete\","
              "[\"set\",[[\"uuid\",\""UUID"\"]]]]],\"op\":\"mutate\","
              "\"table\":\"Bridge\",\"where\":[[\"name\",\"==\","
              "\"br-int\"]]}]");
    json_destroy(reply);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_del),
    };

    return cmocka_run_group_tests_name("hook-tap", tests, NULL, NULL);
}
