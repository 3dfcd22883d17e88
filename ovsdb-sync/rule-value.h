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

#ifndef OVSDB_SYNC_RULE_VALUE_H
#define OVSDB_SYNC_RULE_VALUE_H 1

/* Rules as values, which own all that they have.
 *
 * What ovs-ext-ctl makes of its arguments, of an import and of a Rule row, to
 * compare and to print them.  A value has been through rule_parse(), so it
 * makes sense, and its prefixes are sorted, none within another.
 *
 * As text, a rule is the arguments of "sg-rule-add" behind the group's name:
 * "ingress tcp 80-443 --from 10.0.0.0/8,fd00::/8 --log". */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/compiler.h"
#include "ovsdb-sync/rule-parse.h"

struct ds;

struct rule_value {
    struct fact_rule fact;      /* 'error' is null. */
    struct policy_prefix *prefixes; /* What 'fact.prefixes' points to. */
};

/* An array of them. */
struct rule_values {
    struct rule_value *rules;
    size_t n, allocated;
};

char *rule_value_parse(struct rule_value *, const struct rule_columns *)
    OVS_WARN_UNUSED_RESULT;
void rule_value_uninit(struct rule_value *);
bool rule_value_equal(const struct rule_value *, const struct rule_value *);
void rule_value_format(const struct rule_value *, const char *group,
                       size_t max_cidrs, struct ds *);
char *rule_value_protocol(const struct rule_value *);

char *rule_values_add(struct rule_values *, const struct rule_columns *)
    OVS_WARN_UNUSED_RESULT;
void rule_values_uninit(struct rule_values *);

#endif /* ovsdb-sync/rule-value.h */
