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

#ifndef OVS_EXT_CTL_RULE_H
#define OVS_EXT_CTL_RULE_H 1

/* Rules in ovs-ext-ctl.
 *
 * What the commands about security groups (ctl-group.c) and ACLs (ctl-acl.c)
 * share: between arguments, values (rule-value.h) and Rule rows. */

#include <stdbool.h>
#include <stddef.h>
#include "ovsdb-sync/rule-value.h"

struct ctl_context;
struct ds;
struct extrec_rule;
struct extrec_security_group;

/* Of the prefixes of a rule, those that "show" prints. */
#define CTL_RULE_SHOW_CIDRS 4

void ctl_rule_prerequisites(struct ctl_context *);
const struct extrec_security_group *ctl_rule_find_group(struct ctl_context *,
                                                        const char *name);
const struct extrec_security_group *ctl_rule_group(struct ctl_context *,
                                                   const char *name);

/* "DIRECTION PROTOCOL [PORTS] [OPTION]...", which is argument number 'first'
 * and those behind it, as 'value'. */
bool ctl_rule_parse_args(struct ctl_context *, int first, const char *action,
                         int64_t priority, struct rule_value *);
const struct extrec_rule *ctl_rule_insert(struct ctl_context *,
                                          const struct rule_value *);
bool ctl_rule_matches(const struct extrec_rule *, const struct rule_value *);
void ctl_rule_format(const struct extrec_rule *, size_t max_cidrs,
                     struct ds *);

/* The 'n' rules in 'rows' and 'rule', or without it, as a malloc'd array: a
 * column is set as a whole, so that the next command of a transaction sees
 * it. */
struct extrec_rule **ctl_rule_array_with(struct extrec_rule *const *rows,
                                         size_t n, const struct extrec_rule *);
struct extrec_rule **ctl_rule_array_without(struct extrec_rule *const *rows,
                                            size_t n,
                                            const struct extrec_rule *);

/* Takes the remote groups from those of the 'n' rules in 'rows' that no group
 * and no ACL has any more.  The server deletes such rules, but not before it
 * checks that nothing refers to a group that is deleted. */
void ctl_rule_release_unused(struct ctl_context *,
                             struct extrec_rule *const *rows, size_t n);

/* Makes 'values' of the 'n' rules in 'rows': keeps what is there already.
 * Returns a malloc'd array of 'values->n' rows. */
struct extrec_rule **ctl_rule_replace(struct ctl_context *,
                                      struct extrec_rule *const *rows,
                                      size_t n, const struct rule_values *);

/* What the argument 'name' stands for: the contents of a file, or of standard
 * input if it is "-".  Returns null after an error. */
char *ctl_rule_read_file(struct ctl_context *, const char *name);

#endif /* ovs-ext/ctl-rule.h */
