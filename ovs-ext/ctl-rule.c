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
#include "ovs-ext/ctl-rule.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "db-ctl-base.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/ctl-internal.h"
#include "ovs-ext/model/policy.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

/* Has the IDL fetch what commands about rules look at. */
void
ctl_rule_prerequisites(struct ctl_context *ctx)
{
    const struct ovsdb_idl_column *columns[] = {
        &extrec_network_col_name,
        &extrec_network_col_acl,
        &extrec_network_col_default_ingress,
        &extrec_network_col_default_egress,
        &extrec_port_col_name,
        &extrec_port_col_security_groups,
        &extrec_security_group_col_name,
        &extrec_security_group_col_rules,
        &extrec_rule_col_direction,
        &extrec_rule_col_priority,
        &extrec_rule_col_ethertype,
        &extrec_rule_col_protocol,
        &extrec_rule_col_port_min,
        &extrec_rule_col_port_max,
        &extrec_rule_col_icmp_type,
        &extrec_rule_col_icmp_code,
        &extrec_rule_col_remote_cidrs,
        &extrec_rule_col_remote_group,
        &extrec_rule_col_action,
        &extrec_rule_col_log,
        &extrec_rule_col_stateless,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_add_column(ctx->idl, columns[i]);
    }
}

/* Returns the security group named 'name', or null. */
const struct extrec_security_group *
ctl_rule_find_group(struct ctl_context *ctx, const char *name)
{
    const struct extrec_security_group *group;

    EXTREC_SECURITY_GROUP_FOR_EACH (group, ctx->idl) {
        if (!strcmp(group->name, name)) {
            return group;
        }
    }
    return NULL;
}

/* Returns the security group named 'name', or null after an error. */
const struct extrec_security_group *
ctl_rule_group(struct ctl_context *ctx, const char *name)
{
    const struct extrec_security_group *group = ctl_rule_find_group(ctx, name);

    if (!group) {
        ctl_error(ctx, "security group \"%s\" does not exist; \"%s sg-list\" "
                  "lists those that do", name, program_name);
    }
    return group;
}

/* Arguments of a rule, as far as they are read. */
struct rule_args {
    struct ctl_context *ctx;
    struct rule_columns columns;
    struct svec cidrs;
    const struct extrec_security_group *group;
    bool log, stateless;
};

/* 'arg' is the value of "--from" or "--to": networks, or a group. */
static bool
parse_remote(struct rule_args *args, const char *arg)
{
    struct policy_prefix prefix;
    char *error;

    if (args->cidrs.n || args->group) {
        ctl_error(args->ctx, "%s: the remote end is given twice; put commas "
                  "between networks", args->ctx->argv[0]);
        return false;
    }
    for (const char *s = arg; *s;) {
        size_t len = strcspn(s, ",");

        svec_add_nocopy(&args->cidrs, xmemdup0(s, len));
        s += len + (s[len] == ',');
    }
    error = (args->cidrs.n
             ? rule_parse_prefix(args->cidrs.names[0], &prefix)
             : xstrdup("no network is given"));
    if (error && args->cidrs.n == 1) {
        args->group = ctl_rule_find_group(args->ctx, arg);
        args->columns.has_remote = args->group != NULL;
    }
    if (args->group) {
        svec_clear(&args->cidrs);
    } else if (error) {
        ctl_error(args->ctx, "%s: %s, nor is there such a security group",
                  args->ctx->argv[0], error);
    }
    free(error);
    return !args->ctx->error;
}

/* Takes over the option 'name' with 'value', which is null if there is
 * none. */
static bool
parse_option(struct rule_args *args, const char *name, const char *value)
{
    bool ingress = (args->columns.direction
                    && !strcmp(args->columns.direction, "ingress"));
    const char *remote = ingress ? "--from" : "--to";
    struct ctl_context *ctx = args->ctx;

    if (strcmp(name, "--from") && strcmp(name, "--to")
        && strcmp(name, "--icmp") && strcmp(name, "--ethertype")) {
        ctl_error(ctx, "%s: there is no option \"%s\"; those of a rule are "
                  "--from, --to, --icmp, --ethertype, --log, --stateless",
                  ctx->argv[0], name);
        return false;
    } else if (!value) {
        ctl_error(ctx, "%s: %s needs a value", ctx->argv[0], name);
        return false;
    } else if (!strcmp(name, "--from") || !strcmp(name, "--to")) {
        if (!args->columns.direction) {
            ctl_error(ctx, "%s: give the direction first, ingress or egress",
                      ctx->argv[0]);
            return false;
        } else if (strcmp(name, remote)) {
            ctl_error(ctx, "%s: %s is not for %s rules; write %s",
                      ctx->argv[0], name, args->columns.direction, remote);
            return false;
        }
        return parse_remote(args, value);
    } else if (!strcmp(name, "--icmp")) {
        return !ctl_cmd_report(ctx, ctx->argv[0],
                               rule_parse_icmp(value,
                                               &args->columns.icmp_type,
                                               &args->columns.icmp_code));
    }
    args->columns.ethertype = value;
    return true;
}

/* Reads the option that is argument 'i', and its value.  Returns the number of
 * the argument behind it, or 0 after an error. */
static int
parse_option_args(struct rule_args *args, int i)
{
    struct ctl_context *ctx = args->ctx;
    const char *arg = ctx->argv[i];
    size_t len = strcspn(arg, "=");
    const char *value = arg[len] ? arg + len + 1
                        : i + 1 < ctx->argc ? ctx->argv[i + 1] : NULL;
    char *name;
    bool ok;

    if (!strcmp(arg, "--log")) {
        args->log = true;
        return i + 1;
    } else if (!strcmp(arg, "--stateless")) {
        args->stateless = true;
        return i + 1;
    }
    name = xmemdup0(arg, len);
    ok = parse_option(args, name, value);
    free(name);
    return !ok ? 0 : arg[len] ? i + 1 : i + 2;
}

/* Reads all words from argument 'i' on. */
static bool
parse_words(struct rule_args *args, int i)
{
    struct ctl_context *ctx = args->ctx;
    int n = 0;

    while (i && i < ctx->argc) {
        const char *arg = ctx->argv[i];

        if (!strncmp(arg, "--", 2)) {
            i = parse_option_args(args, i);
            continue;
        }
        if (n == 0) {
            args->columns.direction = arg;
        } else if (n == 1) {
            args->columns.protocol = arg;
        } else if (n > 2
                   || ctl_cmd_report(ctx, ctx->argv[0],
                                     rule_parse_ports(
                                         arg, &args->columns.port_min,
                                         &args->columns.port_max))) {
            if (!ctx->error) {
                ctl_error(ctx, "%s: \"%s\" is one word too many",
                          ctx->argv[0], arg);
            }
            return false;
        }
        n++;
        i++;
    }
    if (i && n < 2) {
        ctl_error(ctx, "%s: give direction (ingress, egress) and protocol "
                  "(tcp, udp, icmp, icmpv6, sctp, all, or a number)",
                  ctx->argv[0]);
    }
    return !ctx->error;
}

/* See ctl-rule.h.  Returns false after an error. */
bool
ctl_rule_parse_args(struct ctl_context *ctx, int first, const char *action,
                    int64_t priority, struct rule_value *value)
{
    struct rule_args args = {
        .ctx = ctx,
        .cidrs = SVEC_EMPTY_INITIALIZER,
    };
    bool ok;

    rule_columns_init(&args.columns);
    args.columns.action = action;
    args.columns.priority = priority;
    memset(value, 0, sizeof *value);
    ok = parse_words(&args, first);
    if (ok) {
        args.columns.cidrs = (const char *const *) args.cidrs.names;
        args.columns.n_cidrs = args.cidrs.n;
        ok = !ctl_cmd_report(ctx, ctx->argv[0],
                             rule_value_parse(value, &args.columns));
    }
    if (ok) {
        value->fact.log = args.log;
        value->fact.stateless = args.stateless;
        if (args.group) {
            value->fact.remote = args.group->header_.uuid;
        }
    }
    svec_destroy(&args.cidrs);
    return ok;
}

static void
set_optional(const struct extrec_rule *row, int value,
             void (*set)(const struct extrec_rule *, const int64_t *, size_t))
{
    int64_t column = value;

    set(row, &column, value >= 0);
}

static void
set_cidrs(const struct extrec_rule *row, const struct rule_value *value)
{
    size_t n = value->fact.n_prefixes;
    const char **cidrs = xmalloc(MAX(n, 1) * sizeof *cidrs);

    for (size_t i = 0; i < n; i++) {
        cidrs[i] = rule_format_prefix(&value->prefixes[i]);
    }
    extrec_rule_set_remote_cidrs(row, cidrs, n);
    for (size_t i = 0; i < n; i++) {
        free(CONST_CAST(char *, cidrs[i]));
    }
    free(cidrs);
}

/* Returns a new row with what 'value' says, to which something has to refer
 * before the transaction ends. */
const struct extrec_rule *
ctl_rule_insert(struct ctl_context *ctx, const struct rule_value *value)
{
    const struct extrec_rule *row = extrec_rule_insert(ctx->txn);
    const struct fact_rule *fact = &value->fact;
    char *protocol = rule_value_protocol(value);

    extrec_rule_set_direction(row, policy_direction_string(fact->direction));
    extrec_rule_set_priority(row, fact->priority);
    if (fact->ethertype) {
        extrec_rule_set_ethertype(row, fact->ethertype == ETH_TYPE_IP
                                  ? "ipv4" : "ipv6");
    }
    if (protocol) {
        extrec_rule_set_protocol(row, protocol);
    }
    set_optional(row, fact->port_min, extrec_rule_set_port_min);
    set_optional(row, fact->port_max, extrec_rule_set_port_max);
    set_optional(row, fact->icmp_type, extrec_rule_set_icmp_type);
    set_optional(row, fact->icmp_code, extrec_rule_set_icmp_code);
    set_cidrs(row, value);
    if (fact->has_remote) {
        extrec_rule_set_remote_group(
            row, extrec_security_group_get_for_uuid(ctx->idl, &fact->remote));
    }
    extrec_rule_set_action(row, policy_action_string(fact->action));
    extrec_rule_set_log(row, fact->log);
    extrec_rule_set_stateless(row, fact->stateless);
    free(protocol);
    return row;
}

/* Reads 'row' into 'value'.  Returns null, or why it makes no sense. */
static char *
value_from_row(const struct extrec_rule *row, struct rule_value *value)
{
    const struct rule_columns columns = {
        .direction = row->direction,
        .priority = row->priority,
        .ethertype = row->ethertype,
        .protocol = row->protocol,
        .port_min = row->n_port_min ? row->port_min[0] : -1,
        .port_max = row->n_port_max ? row->port_max[0] : -1,
        .icmp_type = row->n_icmp_type ? row->icmp_type[0] : -1,
        .icmp_code = row->n_icmp_code ? row->icmp_code[0] : -1,
        .cidrs = (const char *const *) row->remote_cidrs,
        .n_cidrs = row->n_remote_cidrs,
        .has_remote = row->remote_group != NULL,
        .action = row->action,
    };
    char *error = rule_value_parse(value, &columns);

    if (!error) {
        value->fact.log = row->log;
        value->fact.stateless = row->stateless;
        if (row->remote_group) {
            value->fact.remote = row->remote_group->header_.uuid;
        }
    }
    return error;
}

/* Returns true if 'row' says what 'value' does. */
bool
ctl_rule_matches(const struct extrec_rule *row, const struct rule_value *value)
{
    struct rule_value have;
    char *error = value_from_row(row, &have);
    bool matches = !error && rule_value_equal(&have, value);

    rule_value_uninit(&have);
    free(error);
    return matches;
}

/* Appends to 's' what 'row' says, as arguments, or that it makes no sense. */
void
ctl_rule_format(const struct extrec_rule *row, size_t max_cidrs, struct ds *s)
{
    struct rule_value value;
    char *error = value_from_row(row, &value);

    if (error) {
        ds_put_format(s, "%s makes no sense: %s", row->direction, error);
        free(error);
    } else {
        rule_value_format(&value, row->remote_group ? row->remote_group->name
                          : "", max_cidrs, s);
    }
    rule_value_uninit(&value);
}

/* See ctl-rule.h. */
struct extrec_rule **
ctl_rule_replace(struct ctl_context *ctx, struct extrec_rule *const *rows,
                 size_t n, const struct rule_values *values)
{
    struct extrec_rule **new = xmalloc(MAX(values->n, 1) * sizeof *new);
    struct rule_value *have = xcalloc(MAX(n, 1), sizeof *have);
    bool *usable = xcalloc(MAX(n, 1), sizeof *usable);

    for (size_t i = 0; i < n; i++) {
        char *error = value_from_row(rows[i], &have[i]);

        usable[i] = !error;
        free(error);
    }
    for (size_t i = 0; i < values->n; i++) {
        const struct rule_value *value = &values->rules[i];

        new[i] = NULL;
        for (size_t j = 0; j < n && !new[i]; j++) {
            if (usable[j] && rule_value_equal(&have[j], value)) {
                new[i] = rows[j];
                usable[j] = false;
            }
        }
        if (!new[i]) {
            new[i] = CONST_CAST(struct extrec_rule *,
                                ctl_rule_insert(ctx, value));
        }
    }
    for (size_t i = 0; i < n; i++) {
        rule_value_uninit(&have[i]);
    }
    free(usable);
    free(have);
    return new;
}

/* See ctl-rule.h. */
struct extrec_rule **
ctl_rule_array_with(struct extrec_rule *const *rows, size_t n,
                    const struct extrec_rule *rule)
{
    struct extrec_rule **new = xmalloc((n + 1) * sizeof *new);

    memcpy(new, rows, n * sizeof *new);
    new[n] = CONST_CAST(struct extrec_rule *, rule);
    return new;
}

/* See ctl-rule.h.  'rule' is in 'rows'. */
struct extrec_rule **
ctl_rule_array_without(struct extrec_rule *const *rows, size_t n,
                       const struct extrec_rule *rule)
{
    struct extrec_rule **new = xmalloc(n * sizeof *new);
    size_t n_new = 0;

    for (size_t i = 0; i < n; i++) {
        if (rows[i] != rule) {
            new[n_new++] = rows[i];
        }
    }
    return new;
}

static bool
has_rule(struct extrec_rule *const *rows, size_t n,
         const struct extrec_rule *rule)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i] == rule) {
            return true;
        }
    }
    return false;
}

static bool
is_used(struct ctl_context *ctx, const struct extrec_rule *rule)
{
    const struct extrec_security_group *group;
    const struct extrec_network *network;

    EXTREC_SECURITY_GROUP_FOR_EACH (group, ctx->idl) {
        if (has_rule(group->rules, group->n_rules, rule)) {
            return true;
        }
    }
    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        if (has_rule(network->acl, network->n_acl, rule)) {
            return true;
        }
    }
    return false;
}

/* See ctl-rule.h. */
void
ctl_rule_release_unused(struct ctl_context *ctx,
                        struct extrec_rule *const *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (rows[i]->remote_group && !is_used(ctx, rows[i])) {
            extrec_rule_set_remote_group(rows[i], NULL);
        }
    }
}

/* Returns all that is in 'file', malloc'd. */
static char *
read_all(FILE *file)
{
    struct ds contents = DS_EMPTY_INITIALIZER;
    char buffer[4096];
    size_t n;

    while ((n = fread(buffer, 1, sizeof buffer, file)) > 0) {
        ds_put_buffer(&contents, buffer, n);
    }
    return ds_steal_cstr(&contents);
}

/* See ctl-rule.h. */
char *
ctl_rule_read_file(struct ctl_context *ctx, const char *name)
{
    static char *input;         /* It cannot be read again, if we have to. */
    char *contents;
    FILE *file;

    if (!strcmp(name, "-")) {
        if (!input) {
            input = read_all(stdin);
        }
        return xstrdup(input);
    }
    file = fopen(name, "r");
    contents = file ? read_all(file) : NULL;
    if (!file || ferror(file)) {
        ctl_error(ctx, "%s: %s: %s", ctx->argv[0], name, ovs_strerror(errno));
        free(contents);
        contents = NULL;
    }
    if (file) {
        fclose(file);
    }
    return contents;
}
