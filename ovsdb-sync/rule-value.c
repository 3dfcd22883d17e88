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
#include "ovsdb-sync/rule-value.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/policy.h"
#include "packets.h"
#include "util.h"
#include "uuid.h"

/* Makes '*value', which the caller frees with rule_value_uninit(), of
 * 'columns'.  In case of an error, '*value' is empty. */
char *
rule_value_parse(struct rule_value *value, const struct rule_columns *columns)
{
    char *error = rule_parse(columns, &value->fact, &value->prefixes);

    if (error) {
        rule_value_uninit(value);
        return error;
    }
    value->fact.n_prefixes
        = policy_prefixes_normalize(value->prefixes, value->fact.n_prefixes);
    return NULL;
}

/* Frees what 'value' has; 'value' itself stays the caller's. */
void
rule_value_uninit(struct rule_value *value)
{
    free(value->prefixes);
    memset(value, 0, sizeof *value);
}

/* Returns true if 'a' and 'b' say the same. */
bool
rule_value_equal(const struct rule_value *a_, const struct rule_value *b_)
{
    const struct fact_rule *a = &a_->fact, *b = &b_->fact;

    if (a->direction != b->direction || a->priority != b->priority
        || a->ethertype != b->ethertype || a->protocol != b->protocol
        || a->port_min != b->port_min || a->port_max != b->port_max
        || a->icmp_type != b->icmp_type || a->icmp_code != b->icmp_code
        || a->action != b->action || a->log != b->log
        || a->stateless != b->stateless || a->has_remote != b->has_remote
        || (a->has_remote && !uuid_equals(&a->remote, &b->remote))
        || a->n_prefixes != b->n_prefixes) {
        return false;
    }
    for (size_t i = 0; i < a->n_prefixes; i++) {
        if (policy_prefix_compare_3way(&a->prefixes[i], &b->prefixes[i])) {
            return false;
        }
    }
    return true;
}

/* Returns the protocol of 'value' as malloc'd text, "tcp" or "47"; null for
 * all. */
char *
rule_value_protocol(const struct rule_value *value)
{
    switch (value->fact.protocol) {
    case -1:
        return NULL;
    case IPPROTO_TCP:
        return xstrdup("tcp");
    case IPPROTO_UDP:
        return xstrdup("udp");
    case IPPROTO_SCTP:
        return xstrdup("sctp");
    case IPPROTO_ICMP:
        return xstrdup("icmp");
    case IPPROTO_ICMPV6:
        return xstrdup("icmpv6");
    default:
        return xasprintf("%d", value->fact.protocol);
    }
}

static void
format_protocol(const struct rule_value *value, struct ds *s)
{
    const struct fact_rule *fact = &value->fact;
    char *protocol = rule_value_protocol(value);

    ds_put_format(s, " %s", protocol ? protocol : "all");
    free(protocol);
    if (fact->port_min >= 0) {
        ds_put_format(s, " %d", fact->port_min);
        if (fact->port_max != fact->port_min) {
            ds_put_format(s, "-%d", fact->port_max);
        }
    }
    if (fact->icmp_type >= 0) {
        ds_put_format(s, " --icmp %d", fact->icmp_type);
        if (fact->icmp_code >= 0) {
            ds_put_format(s, "/%d", fact->icmp_code);
        }
    }
}

/* Appends 'value' to 's' as text, without its action and priority.  'group' is
 * the name of its remote group, if it has one.  Of more than 'max_cidrs'
 * prefixes, the rest is told as a number. */
void
rule_value_format(const struct rule_value *value, const char *group,
                  size_t max_cidrs, struct ds *s)
{
    const struct fact_rule *fact = &value->fact;
    const char *option = (fact->direction == POLICY_INGRESS
                          ? " --from " : " --to ");

    ds_put_cstr(s, policy_direction_string(fact->direction));
    format_protocol(value, s);
    if (fact->ethertype) {
        ds_put_format(s, " --ethertype %s",
                      fact->ethertype == ETH_TYPE_IP ? "ipv4" : "ipv6");
    }
    if (fact->has_remote) {
        ds_put_format(s, "%s%s", option, group);
    }
    for (size_t i = 0; i < fact->n_prefixes; i++) {
        if (i == max_cidrs) {
            ds_put_format(s, " and %"PRIuSIZE" more", fact->n_prefixes - i);
            break;
        }
        ds_put_cstr(s, i ? "," : option);
        policy_prefix_format(&fact->prefixes[i], s);
    }
    ds_put_cstr(s, fact->stateless ? " --stateless" : "");
    ds_put_cstr(s, fact->log ? " --log" : "");
}

/* Appends what 'columns' say to 'values'. */
char *
rule_values_add(struct rule_values *values,
                const struct rule_columns *columns)
{
    struct rule_value value;
    char *error = rule_value_parse(&value, columns);

    if (!error) {
        if (values->n >= values->allocated) {
            values->rules = x2nrealloc(values->rules, &values->allocated,
                                       sizeof *values->rules);
        }
        values->rules[values->n++] = value;
    }
    return error;
}

/* Frees what 'values' has, and makes it empty. */
void
rule_values_uninit(struct rule_values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        rule_value_uninit(&values->rules[i]);
    }
    free(values->rules);
    memset(values, 0, sizeof *values);
}
