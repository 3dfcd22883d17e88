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
#include <string.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/policy.h"
#include "ovsdb-sync/rule-import.h"
#include "util.h"

/* Text, and the rules in it, a line each; or "!" and the error. */
struct case_ {
    const char *name;
    const char *text;
    const char *expected;
};

#define ACL(RULES) "{\"acl_rules\":["RULES"]}"
#define RULE(REST) "{\"number\":1,\"action\":\"allow\"," \
    "\"trafficType\":\"ingress\""REST"}"

static const struct case_ acls[] = {
    { "no rules", ACL(""), "" },
    { "an array alone", "[" RULE("") "]", "32766 allow ingress all\n" },
    { "what an extension gets",
      "{\"physical-network-extension-details\":{},\"payload\":"
      "{\"network_id\":\"204\",\"acl_rules\":[{\"number\":1,\"action\":"
      "\"allow\",\"trafficType\":\"ingress\",\"protocol\":\"tcp\","
      "\"portStart\":80,\"portEnd\":443,\"icmpType\":null,\"icmpCode\":null,"
      "\"sourceCidrs\":[\"10.0.0.0/8\",\"192.0.2.1/32\"]},{\"number\":200,"
      "\"action\":\"deny\",\"trafficType\":\"egress\",\"protocol\":\"all\","
      "\"sourceCidrs\":[\"0.0.0.0/0\"]}]}}",
      "32766 allow ingress tcp 80-443 --from 10.0.0.0/8,192.0.2.1/32\n"
      "32567 drop egress all --to 0.0.0.0/0\n" },
    { "words in capitals, numbers as text",
      ACL("{\"number\":\"7\",\"action\":\"Allow\",\"trafficType\":\"Egress\","
          "\"protocol\":\"UDP\",\"portStart\":\"53\"}"),
      "32760 allow egress udp 53\n" },
    { "a protocol by its number", ACL(RULE(",\"protocol\":47")),
      "32766 allow ingress 47\n" },
    { "ICMP, any type", ACL(RULE(",\"protocol\":\"icmp\",\"icmpType\":-1,"
                                 "\"icmpCode\":-1,\"portStart\":null")),
      "32766 allow ingress icmp\n" },
    { "ICMP, of both versions",
      ACL(RULE(",\"protocol\":\"icmp\",\"icmpType\":1,\"sourceCidrs\":"
               "[\"10.0.0.0/8\",\"fd00::/8\"]")),
      "32766 allow ingress icmp --icmp 1 --from 10.0.0.0/8\n"
      "32766 allow ingress icmpv6 --icmp 1 --from fd00::/8\n" },
    { "the highest number",
      ACL("{\"number\":32767,\"action\":\"deny\",\"trafficType\":"
          "\"ingress\"}"), "0 drop ingress all\n" },

    { "no JSON", "{", "!this is not JSON: " },
    { "something else", "{\"rules\":[]}",
      "!there is no array \"acl_rules\"" },
    { "a string", "\"rules\"", "!this is not JSON" },
    { "no object", "[7]", "!rule 1: it is not an object" },
    { "which rule it is", ACL(RULE("") ",{\"number\":2}"),
      "!rule 2: \"action\" is not \"allow\" or \"deny\"" },
    { "no number", ACL("{\"action\":\"deny\"}"),
      "!rule 1: \"number\" is not there, or not in the range 0...32767" },
    { "a number twice", ACL(RULE("") "," RULE("")),
      "!rule 2: number 1 is that of a rule before, too" },
    { "a number too high", ACL("{\"number\":32768}"), "!rule 1: \"number\"" },
    { "a number that is none", ACL("{\"number\":\"x\"}"),
      "!rule 1: \"number\" is not a number" },
    { "no direction", ACL("{\"number\":1,\"action\":\"deny\"}"),
      "!rule 1: there is no \"trafficType\"" },
    { "another direction", ACL("{\"number\":1,\"action\":\"deny\","
                               "\"trafficType\":\"in\"}"),
      "!rule 1: direction \"in\" is not known" },
    { "another protocol", ACL(RULE(",\"protocol\":\"foo\"")),
      "!rule 1: protocol \"foo\" is not known" },
    { "ports without a protocol", ACL(RULE(",\"portStart\":1")),
      "!rule 1: it has ports" },
    { "a port that is none", ACL(RULE(",\"protocol\":\"tcp\","
                                      "\"portStart\":65536")),
      "!rule 1: a port is not in the range" },
    { "networks that are no array", ACL(RULE(",\"sourceCidrs\":\"::/0\"")),
      "!rule 1: \"sourceCidrs\" is not an array" },
    { "networks that are no text", ACL(RULE(",\"sourceCidrs\":[1]")),
      "!rule 1: \"sourceCidrs\" has something" },
    { "networks that are none", ACL(RULE(",\"sourceCidrs\":[\"10\"]")),
      "!rule 1: \"10\" is not an IPv4" },
};

static const struct case_ groups[] = {
    { "no rules", "", "" },
    { "only what may be between rules", " ;\n", "" },
    { "what the agent gives",
      "I:tcp;22;22;0.0.0.0/0,::/0,NEXT;I:icmp;-1;-1;0.0.0.0/0,NEXT;"
      "E:all;0;0;10.0.0.0/8,NEXT;",
      "0 allow ingress tcp 22 --from 0.0.0.0/0,::/0\n"
      "0 allow ingress icmp --from 0.0.0.0/0\n"
      "0 allow egress all --to 10.0.0.0/8\n" },
    { "as before blanks became semicolons",
      "I:udp;1;9;10.0.0.0/8,NEXT E:icmp;8;0;0.0.0.0/0,NEXT",
      "0 allow ingress udp 1-9 --from 10.0.0.0/8\n"
      "0 allow egress icmp --icmp 8/0 --to 0.0.0.0/0\n" },
    { "ICMP of both versions",
      "I:icmp;128;-1;fd00::/8,10.0.0.0/8,NEXT;",
      "0 allow ingress icmp --icmp 128 --from 10.0.0.0/8\n"
      "0 allow ingress icmpv6 --icmp 128 --from fd00::/8\n" },
    { "no ports", "I:tcp;0;0;10.0.0.0/8,NEXT;",
      "0 allow ingress tcp --from 10.0.0.0/8\n" },
    { "all ports", "I:tcp;0;65535;10.0.0.0/8,NEXT;",
      "0 allow ingress tcp 0-65535 --from 10.0.0.0/8\n" },
    { "a protocol by its number", "E:47;0;0;10.0.0.0/8,NEXT;",
      "0 allow egress 47 --to 10.0.0.0/8\n" },

    { "no direction", "tcp;22;22;0.0.0.0/0,NEXT;",
      "!rule 1, at byte 0: it does not start with \"I:\" or \"E:\"" },
    { "another direction", "I:tcp;1;1;::/0,NEXT;X:tcp;1;1;::/0,NEXT;",
      "!rule 2, at byte 20: it does not start" },
    { "too few parts", "I:tcp;22;", "!rule 1, at byte 0: it is not \"PROTO" },
    { "no end", "I:tcp;22;22;0.0.0.0/0,",
      "!rule 1, at byte 0: there is no \"NEXT;\" at its end" },
    { "no network", "I:tcp;22;22;NEXT;", "!rule 1, at byte 0: there is no" },
    { "an empty network", "I:tcp;22;22;,NEXT;",
      "!rule 1, at byte 0: \"\" is not an IPv4" },
    { "a network that is none", "I:tcp;22;22;10.0.0.0/33,NEXT;",
      "!rule 1, at byte 0: \"10.0.0.0/33\" is not" },
    { "ports that are none", "I:tcp;a;22;::/0,NEXT;",
      "!rule 1, at byte 0: \"a;22\" are not two numbers" },
    { "ports the wrong way round", "I:tcp;2;1;::/0,NEXT;",
      "!rule 1, at byte 0: port_min 2 is greater" },
    { "ports of all", "I:all;1;2;::/0,NEXT;", "!rule 1, at byte 0: it has p" },
    { "a word behind the end", "I:tcp;1;1;::/0,NEXTX;",
      "!rule 1, at byte 0: there is no \"NEXT;\"" },
};

typedef char *import_func(const char *, struct rule_values *);

static void
check_cases(const struct case_ *cases, size_t n, import_func *parse)
{
    for (size_t i = 0; i < n; i++) {
        const struct case_ *c = &cases[i];
        struct ds s = DS_EMPTY_INITIALIZER;
        struct rule_values values;
        char *error = parse(c->text, &values);

        if (error) {
            assert_int_equal(values.n, 0);
            ds_put_format(&s, "!%s", error);
        }
        for (size_t j = 0; j < values.n; j++) {
            const struct rule_value *value = &values.rules[j];

            ds_put_format(&s, "%d %s ", value->fact.priority,
                          policy_action_string(value->fact.action));
            rule_value_format(value, NULL, SIZE_MAX, &s);
            ds_put_char(&s, '\n');
        }
        if (c->expected[0] == '!'
            ? strncmp(ds_cstr(&s), c->expected, strlen(c->expected))
            : strcmp(ds_cstr(&s), c->expected)) {
            fail_msg("%s: expected %s, got %s", c->name, c->expected,
                     ds_cstr(&s));
        }
        ds_destroy(&s);
        free(error);
        rule_values_uninit(&values);
    }
}

static void
test_acls(void **state OVS_UNUSED)
{
    check_cases(acls, ARRAY_SIZE(acls), rule_import_acl);
}

static void
test_groups(void **state OVS_UNUSED)
{
    check_cases(groups, ARRAY_SIZE(groups), rule_import_group);
}

/* What rules are equal, and how much of them is printed. */
static void
test_values(void **state OVS_UNUSED)
{
    static const char *const same[] = {
        "I:tcp;1;1;10.0.0.0/8,fd00::/8,NEXT;",
        "I:TCP;1;1;fd00::1/8,10.1.0.0/8,10.2.0.0/16,NEXT;",
    };
    static const char *const others[] = {
        "E:tcp;1;1;10.0.0.0/8,fd00::/8,NEXT;",
        "I:udp;1;1;10.0.0.0/8,fd00::/8,NEXT;",
        "I:tcp;1;2;10.0.0.0/8,fd00::/8,NEXT;",
        "I:tcp;1;1;10.0.0.0/8,NEXT;",
        "I:tcp;1;1;10.0.0.0/8,fd00::/9,NEXT;",
    };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct rule_values a, b;

    assert_null(rule_import_group(same[0], &a));
    assert_null(rule_import_group(same[1], &b));
    assert_true(rule_value_equal(&a.rules[0], &b.rules[0]));
    b.rules[0].fact.log = true;
    assert_false(rule_value_equal(&a.rules[0], &b.rules[0]));
    rule_values_uninit(&b);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        assert_null(rule_import_group(others[i], &b));
        assert_false(rule_value_equal(&a.rules[0], &b.rules[0]));
        rule_values_uninit(&b);
    }
    a.rules[0].fact.stateless = a.rules[0].fact.log = true;
    rule_value_format(&a.rules[0], NULL, 1, &s);
    assert_string_equal(ds_cstr(&s), "ingress tcp 1 --from 10.0.0.0/8 and 1 "
                        "more --stateless --log");
    ds_destroy(&s);
    rule_values_uninit(&a);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acls),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_values),
    };

    return cmocka_run_group_tests_name("rule-import", tests, NULL, NULL);
}
