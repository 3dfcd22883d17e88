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
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/port-data.h"
#include "packets.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define HOST "host vtep=192.0.2.1\nnetwork blue 5\n"
#define IFACE "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7 vm=u1\nrun\n"

/* As "HEX", so that cases can be written as JSON. */
static char *
encode(const char *s)
{
    struct ds hex = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&hex, "oe1");
    for (; *s; s++) {
        ds_put_format(&hex, "%02x", (unsigned char) *s);
    }
    return ds_steal_cstr(&hex);
}

static char *
decode(const char *hex)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    bool ok = true;

    assert_memory_equal(hex, "oe1", 3);
    for (hex += 3; *hex; hex += 2) {
        ds_put_char(&s, hexits_value(hex, 2, &ok));
    }
    assert_true(ok);
    return ds_steal_cstr(&s);
}

/* What "vm1" takes along, of the model that 'script' makes. */
static const struct {
    const char *name;
    const char *script;
    const char *expected;
} taken[] = {
    { "a port without a row", HOST IFACE, "{\"from\":\"hv1\"}" },
    { "what it learned", HOST IFACE"settle\nhear 5 7 "A" 10.0.0.1\nrun\n",
      "{\"from\":\"hv1\",\"learned\":[\"10.0.0.1\"]}" },
    { "a row with all that it can say",
      HOST"port vm1 blue security=on learn max-learned=3 allow=dhcp-server "
      "allow=router-advertisement pair=10.1.0.0/16 pair=10.2.0.1,"A" "A
      " 10.0.0.1 2001:db8::1\n"IFACE,
      "{\"allow\":[\"dhcp-server\",\"router-advertisement\"],"
      "\"allowed_address_pairs\":[\"10.1.0.0/16\",\"10.2.0.1 "A"\"],"
      "\"from\":\"hv1\",\"ips\":[\"10.0.0.1\",\"2001:db8::1\"],"
      "\"learn_ips\":true,\"macs\":[\""A"\"],\"max_learned\":3,"
      "\"port_security\":true}" },
    { "nothing is checked, nothing is learned",
      HOST"port vm1 blue security=off no-learn "A"\n"IFACE,
      "{\"from\":\"hv1\",\"learn_ips\":false,\"macs\":[\""A"\"],"
      "\"port_security\":false}" },
    { "groups and their rules",
      HOST"rule r1 ingress ethertype=2048 protocol=6 ports=22-23 10.0.0.0/8 "
      "log\nrule r2 egress icmp=8/0 protocol=1 drop stateless\n"
      "group g1 r1 r2\ngroup g2\n"
      "port vm1 blue "A" groups=g1,g2\n"IFACE,
      "{\"from\":\"hv1\",\"macs\":[\""A"\"],\"security_groups\":["
      "{\"name\":\"g1\",\"rules\":[{\"action\":\"allow\",\"direction\":"
      "\"ingress\",\"ethertype\":\"ipv4\",\"log\":true,\"port_max\":23,"
      "\"port_min\":22,\"priority\":0,\"protocol\":\"6\",\"remote_cidrs\":["
      "\"10.0.0.0/8\"]},{\"action\":\"drop\",\"direction\":\"egress\","
      "\"icmp_code\":0,\"icmp_type\":8,\"priority\":0,\"protocol\":\"1\","
      "\"stateless\":true}]},{\"name\":\"g2\"}]}" },
    { "a rule for the members of a group, and one for nobody",
      HOST"group g1 r1 r2\ngroup g3\nrule r1 ingress remote=g2\n"
      "rule r2 ingress remote=g3\ngroup g2\n"
      "port vm2 blue 52:54:00:00:00:0b 10.0.0.2 groups=g2\n"
      "port vm1 blue "A" groups=g1\n"IFACE,
      "{\"from\":\"hv1\",\"macs\":[\""A"\"],\"security_groups\":["
      "{\"name\":\"g1\",\"rules\":[{\"action\":\"allow\",\"direction\":"
      "\"ingress\",\"priority\":0,\"remote_cidrs\":[\"10.0.0.2\"]}]}]}" },
    { "a rule that makes no sense fails there, too",
      HOST"group g1 r1\nrule r1 ingress error=Bad\n"
      "port vm1 blue "A" groups=g1\n"IFACE,
      "{\"from\":\"hv1\",\"macs\":[\""A"\"],\"security_groups\":["
      "{\"name\":\"g1\",\"rules\":[{\"error\":\"Bad\"}]}]}" },
};

static void
test_taken(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        struct model m;
        char *text, *got;

        model_init(&m);
        model_script_run(&m, taken[i].script);
        assert_null(port_data_format(&m, model_port(&m, "vm1"), &text));
        got = decode(text);
        script_check(taken[i].name, taken[i].expected, got);
        free(got);
        free(text);
        model_uninit(&m);
    }
}

/* The VM of "vm1" is on its way to another host, which knows nothing of it;
 * then it is there, and goes on to a third: it takes the same along. */
static void
test_to_and_fro(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
        char *text = encode(taken[i].expected);
        const struct port *port;
        struct port_data data;
        struct model m;
        char *again;

        model_init(&m);
        model_script_run(&m, HOST"vms-known\nsettle\n"IFACE
                         "vm u1 held\nrun\n");
        assert_null(port_data_parse(&data, text, "vm1"));
        port_data_put(&data, "vm1", &m);
        model_script_run(&m, "run\nvm u1 runs\nrun\n");
        port = model_port(&m, "vm1");
        assert_null(port_data_format(&m, port, &again));
        if (!data.n_groups) {
            assert_string_equal(text, again);
        } else {
            assert_int_equal(data.n_groups, port->policy.n_groups);
            assert_true(port->policy.policed);
        }
        free(again);
        port_data_del(&data, "vm1", &m);
        model_run(&m, 0);
        assert_true(hmap_is_empty(&m.groups));
        assert_true(hmap_is_empty(&m.rules));
        port_data_uninit(&data);
        free(text);
        model_uninit(&m);
    }
}

/* What a port has of what its row says and of what its VM brought along. */
static const struct {
    const char *name;
    const char *row;
    const char *expected;       /* IPs, and names of groups. */
} both[] = {
    { "no row", "", "10.0.0.1 | g1 of hv9" },
    { "a row without groups", "port vm1 blue "A" 10.0.0.7\n",
      "10.0.0.7 | g1 of hv9" },
    { "a row with groups", "group g2\nport vm1 blue "A" groups=g2\n",
      " | g2" },
    { "a row that was there", "port vm1 blue "A" 10.0.0.7\nrun\n"
      "del-port vm1\n", "10.0.0.1 | g1 of hv9" },
};

static char *
describe(const struct port *port)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < port->n_ips; i++) {
        ipv6_format_mapped(&port->ips[i], &s);
        ds_put_char(&s, ' ');
    }
    ds_put_cstr(&s, port->n_ips ? "|" : " |");
    for (size_t i = 0; i < port->policy.n_groups; i++) {
        ds_put_format(&s, " %s", port->policy.groups[i]->name);
    }
    return ds_steal_cstr(&s);
}

static void
test_both(void **state OVS_UNUSED)
{
    char *text = encode("{\"from\":\"hv9\",\"ips\":[\"10.0.0.1\"],"
                        "\"security_groups\":[{\"name\":\"g1\"}]}");

    for (size_t i = 0; i < ARRAY_SIZE(both); i++) {
        struct port_data data;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, HOST IFACE);
        assert_null(port_data_parse(&data, text, "vm1"));
        port_data_put(&data, "vm1", &m);
        model_script_run(&m, both[i].row);
        model_run(&m, 0);
        got = describe(model_port(&m, "vm1"));
        script_check(both[i].name, both[i].expected, got);
        free(got);
        port_data_del(&data, "vm1", &m);
        port_data_uninit(&data);
        model_uninit(&m);
    }
    free(text);
}

/* What others write, or a program that is newer: nothing of it counts, or
 * only what makes sense. */
static void
test_nonsense(void **state OVS_UNUSED)
{
    static const char *const texts[] = {
        "", "oe1", "oe", "oe17", "oe17b7", "oe1zz", "oe17b7d", "oe1005b5d",
        "oe15b5d", "abc", "oe17b227d", "oe17b2266726f6d223a317d",
    };
    static const char *const jsons[] = {
        "{\"from\":\"hv9\",\"ips\":[\"x\"]}",
        "{\"from\":\"hv9\",\"macs\":[\"10.0.0.1\"]}",
        "{\"from\":\"hv9\",\"learned\":[\"10.0.0.300\"]}",
        "{\"from\":\"hv9\",\"allowed_address_pairs\":[\"10.0.0.1/8\"]}",
    };
    struct port_data data;
    char *error, *text;

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        error = port_data_parse(&data, texts[i], "vm1");
        assert_non_null(error);
        assert_null(data.from);
        free(error);
        port_data_uninit(&data);
    }
    for (size_t i = 0; i < ARRAY_SIZE(jsons); i++) {
        text = encode(jsons[i]);
        error = port_data_parse(&data, text, "vm1");
        assert_non_null(error);
        assert_string_equal(data.from, "hv9");
        free(error);
        free(text);
        port_data_uninit(&data);
    }
    text = encode("{\"from\":\"hv9\",\"ips\":7,\"security_groups\":[1,{"
                  "\"rules\":[{},{\"direction\":3}]}],\"max_learned\":-1}");
    assert_null(port_data_parse(&data, text, "vm1"));
    assert_int_equal(data.n_groups, 2);
    assert_non_null(data.groups[1].rules[1].error);
    port_data_uninit(&data);
    free(text);
}

/* On the host where 'text' is all that is known of "vm1", nothing passes. */
static void
check_fails_closed(const char *text)
{
    struct port_data data;
    struct model m;

    model_init(&m);
    model_script_run(&m, HOST"vms-known\nsettle\n"IFACE "vm u1 held\nrun\n");
    assert_null(port_data_parse(&data, text, "vm1"));
    port_data_put(&data, "vm1", &m);
    model_script_run(&m, "run\nvm u1 runs\nrun\n");
    assert_int_equal(data.n_groups, 1);
    assert_non_null(data.groups[0].rules[0].error);
    assert_true(model_port(&m, "vm1")->policy.policed);
    assert_true(model_port(&m, "vm1")->policy.fail_closed);
    port_data_uninit(&data);
    model_uninit(&m);
}

/* More than a program's argument can be. */
static void
test_too_much(void **state OVS_UNUSED)
{
    struct ds script = DS_EMPTY_INITIALIZER;
    struct model m;
    char *error, *text;

    model_init(&m);
    model_script_run(&m, HOST"group g1 r1 r2 r3 r4 r5 r6 r7 r8\n"
                     "port vm1 blue "A" groups=g1\n"IFACE);
    for (int rule = 1; rule <= 8; rule++) {
        ds_clear(&script);
        ds_put_format(&script, "rule r%d ingress", rule);
        for (int i = 0; i < 60; i++) {
            ds_put_format(&script, " 2001:db8:1234:5678:1234:%x:%x:0/112",
                          0x1000 + rule, 0x1000 + 2 * i);
        }
        ds_put_char(&script, '\n');
        model_script_run(&m, ds_cstr(&script));
    }
    assert_null(port_data_format(&m, model_port(&m, "vm1"), &text));
    free(text);
    ds_clear(&script);
    ds_put_cstr(&script, "group h\n");
    for (int i = 0; i < 3000; i++) {
        ds_put_format(&script, "port p%d blue 52:54:00:01:%02x:%02x "
                      "2001:db8:1234:5678::%x groups=h\n", i, i >> 8,
                      i & 0xff, i + 1);
    }
    ds_put_cstr(&script, "rule r1 ingress remote=h\nrun\n");
    model_script_run(&m, ds_cstr(&script));
    error = port_data_format(&m, model_port(&m, "vm1"), &text);
    assert_non_null(error);
    free(error);
    ds_destroy(&script);
    model_uninit(&m);
    check_fails_closed(text);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_to_and_fro),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_too_much),
    };

    return cmocka_run_group_tests_name("port-data", tests, NULL, NULL);
}
