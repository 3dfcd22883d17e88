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
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/policy.h"
#include "ovsdb-sync/rule-import.h"
#include "packets.h"
#include "util.h"

/* What CloudStack, or somebody who writes a rule, gives us.  Each input is
 * tried as all that a text about rules can be. */

/* Returns true if there is an 'error', which it frees. */
static bool
failed(char *error)
{
    size_t n;

    if (!error) {
        return false;
    }
    n = strlen(error);
    ovs_assert(n && error[n - 1] != '.');
    free(error);
    return true;
}

/* Checks what has to hold for each rule that was accepted: printing it, and
 * reading what it says in columns, gives the same rule again. */
static void
check_rule(const struct rule_value *value)
{
    const struct fact_rule *fact = &value->fact;
    const char **cidrs = xcalloc(MAX(fact->n_prefixes, 1), sizeof *cidrs);
    char *protocol = rule_value_protocol(value);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct rule_columns columns;
    struct rule_value again;

    rule_value_format(value, NULL, SIZE_MAX, &s);
    ovs_assert(s.length && !strchr(ds_cstr(&s), '\n'));
    ds_destroy(&s);

    rule_columns_init(&columns);
    columns.direction = policy_direction_string(fact->direction);
    columns.action = policy_action_string(fact->action);
    columns.priority = fact->priority;
    columns.protocol = protocol;
    columns.port_min = fact->port_min;
    columns.port_max = fact->port_max;
    columns.icmp_type = fact->icmp_type;
    columns.icmp_code = fact->icmp_code;
    for (size_t i = 0; i < fact->n_prefixes; i++) {
        cidrs[i] = rule_format_prefix(&value->prefixes[i]);
    }
    columns.cidrs = cidrs;
    columns.n_cidrs = fact->n_prefixes;
    ovs_assert(!failed(rule_value_parse(&again, &columns)));
    ovs_assert(rule_value_equal(value, &again));
    rule_value_uninit(&again);
    for (size_t i = 0; i < fact->n_prefixes; i++) {
        free(CONST_CAST(char *, cidrs[i]));
    }
    free(cidrs);
    free(protocol);
}

typedef char *import_func(const char *, struct rule_values *);

/* Returns true if 'parse' finds a rule in 's'. */
static bool
try_import(const char *s, import_func *parse)
{
    struct rule_values values;
    bool sense;

    if (failed(parse(s, &values))) {
        ovs_assert(!values.n && !values.rules);
        return false;
    }
    for (size_t i = 0; i < values.n; i++) {
        check_rule(&values.rules[i]);
    }
    sense = values.n > 0;
    rule_values_uninit(&values);
    return sense;
}

static bool
try_prefix(const char *s)
{
    struct policy_prefix prefix, again;
    char *text;

    if (failed(rule_parse_prefix(s, &prefix))) {
        ovs_assert(!ipv6_addr_is_set(&prefix.ip) && !prefix.plen);
        return false;
    }
    ovs_assert(prefix.plen <= (IN6_IS_ADDR_V4MAPPED(&prefix.ip) ? 32 : 128));
    ovs_assert(policy_prefix_contains(&prefix, &prefix.ip));
    text = rule_format_prefix(&prefix);
    ovs_assert(!failed(rule_parse_prefix(text, &again)));
    ovs_assert(!policy_prefix_compare_3way(&prefix, &again));
    free(text);
    return true;
}

/* Returns true if 's' is ports, an ICMP type or a protocol. */
static bool
try_word(const char *s)
{
    int64_t a, b;
    int protocol;
    bool sense = false;

    if (!failed(rule_parse_ports(s, &a, &b))) {
        ovs_assert(a >= 0 && a <= b && b <= UINT16_MAX);
        sense = true;
    }
    if (!failed(rule_parse_icmp(s, &a, &b))) {
        ovs_assert(a >= 0 && a <= UINT8_MAX && b >= -1 && b <= UINT8_MAX);
        sense = true;
    }
    if (!failed(rule_parse_protocol(s, &protocol))) {
        ovs_assert(protocol >= -1 && protocol <= UINT8_MAX);
        sense = true;
    }
    return sense;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    bool sense = try_import(text, rule_import_acl);

    sense |= try_import(text, rule_import_group);
    sense |= try_prefix(text);
    sense |= try_word(text);
    free(text);
    return sense;
}

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    static const char *const seeds[] = {
        "{\"payload\":{\"acl_rules\":[{\"number\":1,\"action\":\"allow\","
        "\"trafficType\":\"Ingress\",\"protocol\":\"tcp\",\"portStart\":80,"
        "\"portEnd\":443,\"sourceCidrs\":[\"10.0.0.0/8\",\"fd00::/8\"]},"
        "{\"number\":2,\"action\":\"deny\",\"trafficType\":\"egress\","
        "\"protocol\":\"icmp\",\"icmpType\":8,\"icmpCode\":-1}]}}",
        "[{\"number\":\"3\",\"action\":\"deny\",\"trafficType\":\"ingress\","
        "\"protocol\":47,\"sourceCidrs\":[]}]",
        "I:tcp;22;22;0.0.0.0/0,::/0,NEXT;E:icmp;8;0;10.0.0.0/8,::/0,NEXT;"
        "E:all;0;0;10.0.0.0/8,NEXT;",
        "10.0.0.0/8",
        "2001:db8::/32",
        "80-443",
        "8/0",
        "icmpv6",
        "132",
    };

    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        cb(aux, seeds[i], strlen(seeds[i]));
    }
}
