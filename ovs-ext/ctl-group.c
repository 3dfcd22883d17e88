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
#include "ovs-ext/ctl-internal.h"

#include <stdlib.h>
#include <string.h>
#include "db-ctl-base.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/ctl-rule.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/row-parse.h"
#include "ovsdb-sync/rule-import.h"
#include "svec.h"
#include "util.h"
#include "uuid.h"

/* Commands about security groups, their rules, and the ports in them. */

/* "sg-add NAME". */
void
ctl_group_add(struct ctl_context *ctx)
{
    bool may_exist = shash_find(&ctx->options, "--may-exist") != NULL;
    const char *name = ctx->argv[1];

    if (ctl_cmd_report(ctx, "sg-add", row_parse_name(name))) {
        return;
    }
    if (ctl_rule_find_group(ctx, name)) {
        if (!may_exist) {
            ctl_error(ctx, "security group \"%s\" already exists", name);
        }
        return;
    }
    extrec_security_group_set_name(extrec_security_group_insert(ctx->txn),
                                   name);
}

static bool
port_is_in(const struct extrec_port *port,
           const struct extrec_security_group *group)
{
    for (size_t i = 0; i < port->n_security_groups; i++) {
        if (port->security_groups[i] == group) {
            return true;
        }
    }
    return false;
}

/* Returns false, after an error, if one of the 'n' rules in 'rules', which are
 * those of the 'kind' 'name', refers to 'group'. */
static bool
check_rules(struct ctl_context *ctx,
            const struct extrec_security_group *group,
            struct extrec_rule *const *rules, size_t n, const char *kind,
            const char *name)
{
    for (size_t i = 0; i < n; i++) {
        if (rules[i]->remote_group == group) {
            ctl_error(ctx, "a rule of %s \"%s\" refers to security group "
                      "\"%s\"; delete that rule first", kind, name,
                      group->name);
            return false;
        }
    }
    return true;
}

/* Returns false, after an error, if something but its own rules refers to
 * 'group'. */
static bool
check_unused(struct ctl_context *ctx,
             const struct extrec_security_group *group)
{
    const struct extrec_security_group *other;
    const struct extrec_network *network;
    const struct extrec_port *port;

    EXTREC_PORT_FOR_EACH (port, ctx->idl) {
        if (port_is_in(port, group)) {
            ctl_error(ctx, "port \"%s\" is in security group \"%s\"; take it "
                      "out with \"%s port-set-sg\" first", port->name,
                      group->name, program_name);
            return false;
        }
    }
    EXTREC_SECURITY_GROUP_FOR_EACH (other, ctx->idl) {
        if (other != group
            && !check_rules(ctx, group, other->rules, other->n_rules,
                            "security group", other->name)) {
            return false;
        }
    }
    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        if (!check_rules(ctx, group, network->acl, network->n_acl, "network",
                         network->name)) {
            return false;
        }
    }
    return true;
}

/* "sg-del NAME". */
void
ctl_group_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct extrec_security_group *group
        = (must_exist
           ? ctl_rule_group(ctx, ctx->argv[1])
           : ctl_rule_find_group(ctx, ctx->argv[1]));

    if (group && check_unused(ctx, group)) {
        size_t n = group->n_rules;
        struct extrec_rule **rules = xmemdup(group->rules,
                                             n * sizeof *group->rules);

        extrec_security_group_delete(group);
        ctl_rule_release_unused(ctx, rules, n);
        free(rules);
    }
}

/* "sg-list". */
void
ctl_group_list(struct ctl_context *ctx)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct extrec_security_group *group;

    EXTREC_SECURITY_GROUP_FOR_EACH (group, ctx->idl) {
        svec_add(&lines, group->name);
    }
    ctl_cmd_output(ctx, &lines);
}

/* "sg-rule-add SG DIRECTION PROTOCOL [PORTS] [OPTION]...". */
void
ctl_group_rule_add(struct ctl_context *ctx)
{
    bool may_exist = shash_find(&ctx->options, "--may-exist") != NULL;
    const struct extrec_security_group *group
        = ctl_rule_group(ctx, ctx->argv[1]);
    struct extrec_rule **rules;
    struct rule_value value;

    if (!group || !ctl_rule_parse_args(ctx, 2, "allow", 0, &value)) {
        return;
    }
    for (size_t i = 0; i < group->n_rules; i++) {
        if (ctl_rule_matches(group->rules[i], &value)) {
            if (!may_exist) {
                ctl_error(ctx, "security group \"%s\" has this rule already, "
                          UUID_FMT, group->name,
                          UUID_ARGS(&group->rules[i]->header_.uuid));
            }
            rule_value_uninit(&value);
            return;
        }
    }
    rules = ctl_rule_array_with(group->rules, group->n_rules,
                                ctl_rule_insert(ctx, &value));
    extrec_security_group_verify_rules(group);
    extrec_security_group_set_rules(group, rules, group->n_rules + 1);
    free(rules);
    rule_value_uninit(&value);
}

/* Returns the rule of 'group' that argument 2 is the UUID of, or the start of
 * it; null after an error. */
static const struct extrec_rule *
rule_by_uuid(struct ctl_context *ctx,
             const struct extrec_security_group *group)
{
    const struct extrec_rule *found = NULL;
    const char *arg = ctx->argv[2];

    for (size_t i = 0; i < group->n_rules; i++) {
        char *uuid = xasprintf(UUID_FMT,
                               UUID_ARGS(&group->rules[i]->header_.uuid));
        bool matches = !strncmp(uuid, arg, strlen(arg));

        free(uuid);
        if (matches && found) {
            ctl_error(ctx, "\"%s\" is the start of more than one UUID; write "
                      "more of it", arg);
            return NULL;
        }
        found = matches ? group->rules[i] : found;
    }
    if (!found) {
        ctl_error(ctx, "security group \"%s\" has no rule \"%s\"; \"%s "
                  "sg-rule-list %s\" lists those that it has", group->name,
                  arg, program_name, group->name);
    }
    return found;
}

/* Returns the rule of 'group' that says what the arguments do; null after an
 * error. */
static const struct extrec_rule *
rule_by_args(struct ctl_context *ctx,
             const struct extrec_security_group *group)
{
    const struct extrec_rule *found = NULL;
    struct rule_value value;

    if (!ctl_rule_parse_args(ctx, 2, "allow", 0, &value)) {
        return NULL;
    }
    for (size_t i = 0; i < group->n_rules && !found; i++) {
        if (ctl_rule_matches(group->rules[i], &value)) {
            found = group->rules[i];
        }
    }
    rule_value_uninit(&value);
    if (!found) {
        ctl_error(ctx, "security group \"%s\" has no such rule; \"%s "
                  "sg-rule-list %s\" lists those that it has", group->name,
                  program_name, group->name);
    }
    return found;
}

/* "sg-rule-del SG RULE", with its UUID or as sg-rule-add has it. */
void
ctl_group_rule_del(struct ctl_context *ctx)
{
    const struct extrec_security_group *group
        = ctl_rule_group(ctx, ctx->argv[1]);
    const struct extrec_rule *rule;

    if (!group) {
        return;
    }
    rule = (ctx->argc == 3
            ? rule_by_uuid(ctx, group) : rule_by_args(ctx, group));
    if (rule) {
        struct extrec_rule *gone = CONST_CAST(struct extrec_rule *, rule);
        struct extrec_rule **rules
            = ctl_rule_array_without(group->rules, group->n_rules, rule);

        extrec_security_group_verify_rules(group);
        extrec_security_group_set_rules(group, rules, group->n_rules - 1);
        ctl_rule_release_unused(ctx, &gone, 1);
        free(rules);
    }
}

/* "sg-rule-list SG". */
void
ctl_group_rule_list(struct ctl_context *ctx)
{
    const struct extrec_security_group *group
        = ctl_rule_group(ctx, ctx->argv[1]);
    struct svec lines = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; group && i < group->n_rules; i++) {
        const struct extrec_rule *rule = group->rules[i];
        struct ds line = DS_EMPTY_INITIALIZER;

        ds_put_format(&line, UUID_FMT" ", UUID_ARGS(&rule->header_.uuid));
        ctl_rule_format(rule, SIZE_MAX, &line);
        svec_add_nocopy(&lines, ds_steal_cstr(&line));
    }
    ctl_cmd_output(ctx, &lines);
}

/* "sg-import SG RULES|-". */
void
ctl_group_import(struct ctl_context *ctx)
{
    const struct extrec_security_group *group
        = ctl_rule_group(ctx, ctx->argv[1]);
    struct extrec_rule **rules;
    struct rule_values values;
    char *text;

    if (!group) {
        return;
    }
    text = (strcmp(ctx->argv[2], "-") ? xstrdup(ctx->argv[2])
            : ctl_rule_read_file(ctx, "-"));
    if (!ctl_cmd_report(ctx, "sg-import", rule_import_group(text, &values))) {
        size_t n_old = group->n_rules;
        struct extrec_rule **old = xmemdup(group->rules,
                                           n_old * sizeof *group->rules);

        rules = ctl_rule_replace(ctx, group->rules, group->n_rules, &values);
        extrec_security_group_set_rules(group, rules, values.n);
        ctl_rule_release_unused(ctx, old, n_old);
        free(rules);
        free(old);
        rule_values_uninit(&values);
    }
    free(text);
}

/* Makes 'port' a member of the groups with the names in 'names', and of no
 * others.  Returns false after an error. */
bool
ctl_group_set_port(struct ctl_context *ctx, const struct extrec_port *port,
                   const struct svec *names)
{
    struct extrec_security_group **groups
        = xmalloc(MAX(names->n, 1) * sizeof *groups);

    for (size_t i = 0; i < names->n && !ctx->error; i++) {
        groups[i] = CONST_CAST(struct extrec_security_group *,
                               ctl_rule_group(ctx, names->names[i]));
    }
    if (!ctx->error) {
        extrec_port_set_security_groups(port, groups, names->n);
    }
    free(groups);
    return !ctx->error;
}

/* "port-set-sg PORT [SG]...". */
void
ctl_group_port_set(struct ctl_context *ctx)
{
    const struct extrec_port *port = ctl_cmd_port(ctx, ctx->argv[1]);
    struct svec names = SVEC_EMPTY_INITIALIZER;

    for (int i = 2; port && i < ctx->argc; i++) {
        svec_add(&names, ctx->argv[i]);
    }
    if (port) {
        svec_sort_unique(&names);
        ctl_group_set_port(ctx, port, &names);
    }
    svec_destroy(&names);
}

/* Returns what "show" tells of 'group', malloc'd. */
char *
ctl_group_show(const struct extrec_security_group *group)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    struct ds out = DS_EMPTY_INITIALIZER;
    const char *line;
    size_t i;

    for (i = 0; i < group->n_rules; i++) {
        struct ds rule = DS_EMPTY_INITIALIZER;

        ctl_rule_format(group->rules[i], CTL_RULE_SHOW_CIDRS, &rule);
        svec_add_nocopy(&lines, ds_steal_cstr(&rule));
    }
    svec_sort(&lines);
    ds_put_format(&out, "Security_Group %s\n", group->name);
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_format(&out, "    rule: %s\n", line);
    }
    svec_destroy(&lines);
    for (i = 0; i < group->n_problems; i++) {
        ds_put_format(&out, "    problem: %s\n", group->problems[i]);
    }
    return ds_steal_cstr(&out);
}
