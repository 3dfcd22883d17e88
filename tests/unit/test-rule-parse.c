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
#include "ovsdb-sync/rule-parse.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

/* Columns as "NAME=VALUE ...", and what the rule is, or "!" and the error. */
static const struct {
    const char *columns;
    const char *expected;
} cases[] = {
    { "direction=ingress action=allow", "allow ingress all" },
    { "direction=egress action=reject priority=32767 ethertype=ipv6",
      "reject egress ipv6 all" },
    { "direction=ingress action=drop protocol=tcp port_min=443",
      "drop ingress tcp 443" },
    { "direction=ingress action=allow protocol=udp port_min=0 "
      "port_max=65535", "allow ingress udp 0-65535" },
    { "direction=ingress action=allow protocol=132 port_min=5 port_max=6",
      "allow ingress sctp 5-6" },
    { "direction=ingress action=allow protocol=gre", "allow ingress 47" },
    { "direction=ingress action=allow protocol=icmp icmp_type=8",
      "allow ingress icmp 8" },
    { "direction=ingress action=allow protocol=58 icmp_type=255 "
      "icmp_code=255", "allow ingress icmpv6 255/255" },
    { "direction=egress action=allow "
      "cidr=10.1.2.3/8 cidr=fd00::1 cidr=10.2.0.0/16 cidr=::/0",
      "allow egress all to 10.0.0.0/8,::/0" },
    { "direction=egress action=allow remote", "allow egress all" },
    { "direction=egress action=allow protocol=icmp cidr=0.0.0.0/0",
      "allow egress icmp to 0.0.0.0/0" },

    { "direction=in action=allow", "!direction \"in\" is not known" },
    { "action=allow", "!direction \"\" is not known" },
    { "direction=ingress action=deny", "!action \"deny\" is not known" },
    { "direction=ingress action=allow priority=32768",
      "!priority 32768 is not in the range" },
    { "direction=ingress action=allow ethertype=arp",
      "!ethertype \"arp\" is not known" },
    { "direction=ingress action=allow protocol=TCPP",
      "!protocol \"TCPP\" is not known" },
    { "direction=ingress action=allow protocol=256",
      "!protocol \"256\" is not known" },
    { "direction=ingress action=allow protocol=-1",
      "!protocol \"-1\" is not known" },
    { "direction=ingress action=allow port_min=1 port_max=2",
      "!it has ports, but its protocol is not tcp" },
    { "direction=ingress action=allow protocol=gre port_min=1",
      "!it has ports" },
    { "direction=ingress action=allow protocol=tcp port_max=2",
      "!it has port_max without port_min" },
    { "direction=ingress action=allow protocol=tcp port_min=3 port_max=2",
      "!port_min 3 is greater than port_max 2" },
    { "direction=ingress action=allow protocol=tcp port_min=65536",
      "!a port is not in the range 0...65535" },
    { "direction=ingress action=allow protocol=tcp icmp_type=1",
      "!it has an ICMP type or code, but" },
    { "direction=ingress action=allow protocol=icmp icmp_code=1",
      "!it has icmp_code without icmp_type" },
    { "direction=ingress action=allow protocol=icmp icmp_type=256",
      "!an ICMP type or code is not in the range 0...255" },
    { "direction=ingress action=allow cidr=10.0.0.0/33",
      "!\"10.0.0.0/33\" is not an IPv4 or IPv6 network" },
    { "direction=ingress action=allow cidr=10.0.0.0/8 cidr=web",
      "!\"web\" is not an IPv4" },
    { "direction=ingress action=allow cidr=::ffff:10.0.0.1",
      "!\"::ffff:10.0.0.1\" is not an IPv4" },
    { "direction=ingress action=allow cidr=10.0.0.0/8 remote",
      "!it has both remote_cidrs and remote_group" },
    { "direction=ingress action=allow ethertype=ipv4 cidr=fd00::/8",
      "!remote network fd00::/8 is IPv6, and the rest of the rule is for "
      "IPv4" },
    { "direction=ingress action=allow protocol=icmpv6 cidr=10.0.0.0/8",
      "!remote network 10.0.0.0/8 is IPv4, and" },
    { "direction=ingress action=allow protocol=icmp ethertype=ipv6",
      "!its ethertype is not that of icmp; write icmpv6" },
    { "direction=ingress action=allow protocol=icmpv6 ethertype=ipv4",
      "!its ethertype is not that of icmpv6; write icmp" },
};

/* Returns what rule_parse() makes of 'text', as 'expected' of a case is. */
static char *
parse(const char *text)
{
    struct rule_columns columns;
    struct svec words = SVEC_EMPTY_INITIALIZER;
    struct svec cidrs = SVEC_EMPTY_INITIALIZER;
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct {
        const char *name;
        int64_t *value;
    } numbers[] = {
        { "priority", &columns.priority },
        { "port_min", &columns.port_min },
        { "port_max", &columns.port_max },
        { "icmp_type", &columns.icmp_type },
        { "icmp_code", &columns.icmp_code },
    };
    struct policy_prefix *prefixes;
    struct fact_rule fact;
    char *error;

    svec_parse_words(&words, text);
    rule_columns_init(&columns);
    columns.direction = script_value(&words, "direction");
    columns.action = script_value(&words, "action");
    columns.ethertype = script_value(&words, "ethertype");
    columns.protocol = script_value(&words, "protocol");
    columns.has_remote = script_has(&words, "remote");
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (script_value(&words, numbers[i].name)) {
            *numbers[i].value = script_value_u32(&words, numbers[i].name);
        }
    }
    for (size_t i = 0; i < words.n; i++) {
        if (!strncmp(words.names[i], "cidr=", 5)) {
            svec_add(&cidrs, words.names[i] + 5);
        }
    }
    columns.cidrs = (const char *const *) cidrs.names;
    columns.n_cidrs = cidrs.n;

    error = rule_parse(&columns, &fact, &prefixes);
    if (error) {
        ds_put_format(&s, "!%s", error);
    } else {
        const struct policy_rule rule = {
            .direction = fact.direction, .ethertype = fact.ethertype,
            .protocol = fact.protocol, .port_min = fact.port_min,
            .port_max = fact.port_max, .icmp_type = fact.icmp_type,
            .icmp_code = fact.icmp_code, .action = fact.action,
            .prefixes = prefixes,
            .n_prefixes = policy_prefixes_normalize(prefixes,
                                                    fact.n_prefixes),
        };

        assert_int_equal(fact.priority, columns.priority);
        assert_int_equal(fact.has_remote, columns.has_remote);
        policy_rule_format(&rule, &s);
    }
    free(prefixes);
    free(error);
    svec_destroy(&words);
    svec_destroy(&cidrs);
    return ds_steal_cstr(&s);
}

static void
test_columns(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *expected = cases[i].expected;
        char *got = parse(cases[i].columns);

        if (expected[0] == '!' ? !strstr(got, expected)
            : strcmp(got, expected)) {
            fail_msg("%s: expected %s, got %s", cases[i].columns, expected,
                     got);
        }
        free(got);
    }
}

/* A word, and what it means; "!" for an error. */
struct word {
    const char *word;
    const char *expected;
};

static void
check_word(const struct word *w, char *error, char *value)
{
    const char *got = error ? "!" : value;

    if (strcmp(got, w->expected)) {
        fail_msg("\"%s\": expected %s, got %s", w->word, w->expected, got);
    }
    free(error);
    free(value);
}

static void
test_ports(void **state OVS_UNUSED)
{
    static const struct word words[] = {
        { "0", "0-0" },
        { "80", "80-80" },
        { "80-443", "80-443" },
        { "0-65535", "0-65535" },
        { "", "!" },
        { "-", "!" },
        { "80-", "!" },
        { "-80", "!" },
        { "443-80", "!" },
        { "65536", "!" },
        { "80:443", "!" },
        { "80-443-", "!" },
        { " 80", "!" },
        { "+80", "!" },
        { "99999999999999999999", "!" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        int64_t min, max;
        char *error = rule_parse_ports(words[i].word, &min, &max);

        check_word(&words[i], error, xasprintf("%"PRId64"-%"PRId64, min,
                                               max));
    }
}

static void
test_icmp(void **state OVS_UNUSED)
{
    static const struct word words[] = {
        { "8", "8/-1" },
        { "8/0", "8/0" },
        { "255/255", "255/255" },
        { "", "!" },
        { "/", "!" },
        { "8/", "!" },
        { "/0", "!" },
        { "256", "!" },
        { "8/256", "!" },
        { "8/0/0", "!" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        int64_t type, code;
        char *error = rule_parse_icmp(words[i].word, &type, &code);

        check_word(&words[i], error, xasprintf("%"PRId64"/%"PRId64, type,
                                               code));
    }
}

static void
test_prefixes(void **state OVS_UNUSED)
{
    static const struct word words[] = {
        { "10.0.0.1", "10.0.0.1/32" },
        { "10.0.0.1/24", "10.0.0.0/24" },
        { "0.0.0.0/0", "0.0.0.0/0" },
        { "::/0", "::/0" },
        { "2001:db8::1", "2001:db8::1/128" },
        { "2001:db8::1/33", "2001:db8::/33" },
        { "", "!" },
        { "/", "!" },
        { "/8", "!" },
        { "10.0.0.0/", "!" },
        { "10.0.0.0/33", "!" },
        { "::/129", "!" },
        { "10.0.0/8", "!" },
        { "10.0.0.0/8/8", "!" },
        { "10.0.0.0/-1", "!" },
        { "10.0.0.0/255.0.0.0", "!" },
        { "::ffff:10.0.0.1/128", "!" },
        { "10.0.0.1 ", "!" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        struct policy_prefix prefix;
        char *error = rule_parse_prefix(words[i].word, &prefix);

        check_word(&words[i], error, rule_format_prefix(&prefix));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_icmp),
        cmocka_unit_test(test_prefixes),
    };

    return cmocka_run_group_tests_name("rule-parse", tests, NULL, NULL);
}
