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
#include "hmapx.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/ctl-rule.h"
#include "ovs-ext/model/policy.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/rule-import.h"
#include "util.h"

/* Commands about ACLs of networks.
 *
 * Users, and CloudStack, give rules a number, and lower ones come first; a row
 * has a priority, and higher ones come first.  One is RULE_NUMBER_MAX minus
 * the other. */

static int64_t
number_of(const struct extrec_rule *rule)
{
    return RULE_NUMBER_MAX - rule->priority;
}

/* Stores in '*number' that which argument 'i' is.  Returns false after an
 * error. */
static bool
parse_number(struct ctl_context *ctx, int i, int64_t *number)
{
    const char *arg = ctx->argv[i];
    bool digits = arg[0] && !arg[strspn(arg, "0123456789")];
    unsigned long long int value;

    if (!digits || !str_to_ullong(arg, 10, &value)
        || value > RULE_NUMBER_MAX) {
        ctl_error(ctx, "%s: number \"%s\" is not in the range 0...%d",
                  ctx->argv[0], arg, RULE_NUMBER_MAX);
        return false;
    }
    *number = value;
    return true;
}

/* Returns the action that argument 'i' is, or null after an error. */
static const char *
parse_action(struct ctl_context *ctx, int i)
{
    const char *arg = ctx->argv[i];

    if (!strcmp(arg, "allow") || !strcmp(arg, "drop")
        || !strcmp(arg, "reject")) {
        return arg;
    } else if (!strcmp(arg, "deny")) {
        return "drop";          /* CloudStack's word. */
    }
    ctl_error(ctx, "%s: action \"%s\" is not known; write allow, drop or "
              "reject", ctx->argv[0], arg);
    return NULL;
}

/* Returns the number of groups that the 'n' rules in 'rules' refer to. */
static size_t
count_groups(struct extrec_rule *const *rules, size_t n)
{
    struct hmapx groups = HMAPX_INITIALIZER(&groups);
    size_t count;

    for (size_t i = 0; i < n; i++) {
        if (rules[i]->remote_group) {
            hmapx_add(&groups, rules[i]->remote_group);
        }
    }
    count = hmapx_count(&groups);
    hmapx_destroy(&groups);
    return count;
}

/* "acl-add NET NUMBER ACTION DIRECTION PROTOCOL [PORTS] [OPTION]...". */
void
ctl_acl_add(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);
    struct rule_value value;
    const char *action;
    int64_t number;

    if (!network || !parse_number(ctx, 2, &number)
        || !(action = parse_action(ctx, 3))) {
        return;
    }
    for (size_t i = 0; i < network->n_acl; i++) {
        if (number_of(network->acl[i]) == number) {
            ctl_error(ctx, "network \"%s\" has a rule with number %"PRId64" "
                      "already; choose another one, or delete that with "
                      "\"%s acl-del %s %"PRId64"\"", network->name, number,
                      program_name, network->name, number);
            return;
        }
    }
    if (ctl_rule_parse_args(ctx, 4, action, RULE_NUMBER_MAX - number,
                            &value)) {
        struct extrec_rule **rules
            = ctl_rule_array_with(network->acl, network->n_acl,
                                  ctl_rule_insert(ctx, &value));

        if (count_groups(rules, network->n_acl + 1) > POLICY_ACL_MAX_GROUPS) {
            ctl_error(ctx, "acl-add: the rules of an ACL may refer to at most "
                      "%d groups; use networks", POLICY_ACL_MAX_GROUPS);
        }
        extrec_network_verify_acl(network);
        extrec_network_set_acl(network, rules, network->n_acl + 1);
        free(rules);
    }
    rule_value_uninit(&value);
}

/* "acl-del NET [NUMBER]". */
void
ctl_acl_del(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);
    struct extrec_rule **rules, **gone;
    size_t n = 0, n_gone = 0;
    int64_t number = -1;

    if (!network || (ctx->argc > 2 && !parse_number(ctx, 2, &number))) {
        return;
    }
    rules = xmalloc(MAX(network->n_acl, 1) * sizeof *rules);
    gone = xmalloc(MAX(network->n_acl, 1) * sizeof *gone);
    for (size_t i = 0; i < network->n_acl; i++) {
        if (number >= 0 && number_of(network->acl[i]) != number) {
            rules[n++] = network->acl[i];
        } else {
            gone[n_gone++] = network->acl[i];
        }
    }
    if (number < 0 || n_gone) {
        extrec_network_verify_acl(network);
        extrec_network_set_acl(network, rules, n);
        ctl_rule_release_unused(ctx, gone, n_gone);
    } else {
        ctl_error(ctx, "network \"%s\" has no rule with number %"PRId64"; "
                  "\"%s acl-list %s\" lists those that it has",
                  network->name, number, program_name, network->name);
    }
    free(rules);
    free(gone);
}

/* "acl-default NET DIRECTION ACTION". */
void
ctl_acl_default(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);
    const char *direction = ctx->argv[2];
    const char *action;

    if (!network || !(action = parse_action(ctx, 3))) {
        return;
    }
    if (!strcmp(direction, "ingress")) {
        extrec_network_set_default_ingress(network, action);
    } else if (!strcmp(direction, "egress")) {
        extrec_network_set_default_egress(network, action);
    } else {
        ctl_error(ctx, "acl-default: direction \"%s\" is not known; write "
                  "ingress or egress", direction);
    }
}

static int
compare_rules(const void *a_, const void *b_)
{
    const struct extrec_rule *a = *(const struct extrec_rule *const *) a_;
    const struct extrec_rule *b = *(const struct extrec_rule *const *) b_;

    if (a->priority != b->priority) {
        return a->priority > b->priority ? -1 : 1;
    }
    return uuid_compare_3way(&a->header_.uuid, &b->header_.uuid);
}

/* Appends the rules of the ACL of 'network', in order, and its defaults to
 * 'out', a line each, with 'indent' in front. */
static void
format_acl(const struct extrec_network *network, const char *indent,
           size_t max_cidrs, struct ds *out)
{
    struct extrec_rule **rules
        = xmemdup(network->acl, network->n_acl * sizeof *network->acl);

    if (network->n_acl) {
        qsort(rules, network->n_acl, sizeof *rules, compare_rules);
    }
    for (size_t i = 0; i < network->n_acl; i++) {
        ds_put_format(out, "%s%"PRId64" %s ", indent, number_of(rules[i]),
                      rules[i]->action);
        ctl_rule_format(rules[i], max_cidrs, out);
        ds_put_char(out, '\n');
    }
    free(rules);
    ds_put_format(out, "%sdefault ingress %s\n", indent,
                  network->default_ingress ? network->default_ingress
                  : "allow");
    ds_put_format(out, "%sdefault egress %s\n", indent,
                  network->default_egress ? network->default_egress
                  : "allow");
}

/* "acl-list NET". */
void
ctl_acl_list(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);

    if (network) {
        format_acl(network, "", SIZE_MAX, &ctx->output);
    }
}

/* Appends what "show" tells of the ACL of 'network' to 'out': nothing if it
 * has none. */
void
ctl_acl_show(const struct extrec_network *network, struct ds *out)
{
    if (network->n_acl
        || (network->default_ingress
            && strcmp(network->default_ingress, "allow"))
        || (network->default_egress
            && strcmp(network->default_egress, "allow"))) {
        format_acl(network, "    acl: ", CTL_RULE_SHOW_CIDRS, out);
    }
}

static bool
has_egress(const struct rule_values *values)
{
    for (size_t i = 0; i < values->n; i++) {
        if (values->rules[i].fact.direction == POLICY_EGRESS) {
            return true;
        }
    }
    return false;
}

/* "acl-import NET FILE|-". */
void
ctl_acl_import(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);
    struct extrec_rule **rules;
    struct rule_values values;
    char *json;

    if (!network) {
        return;
    }
    json = ctl_rule_read_file(ctx, ctx->argv[2]);
    if (json
        && !ctl_cmd_report(ctx, "acl-import",
                           rule_import_acl(json, &values))) {
        size_t n_old = network->n_acl;
        struct extrec_rule **old = xmemdup(network->acl,
                                           n_old * sizeof *network->acl);

        rules = ctl_rule_replace(ctx, network->acl, network->n_acl, &values);
        extrec_network_set_acl(network, rules, values.n);
        /* As in CloudStack: what no rule lets in is denied; out, too, as soon
         * as a rule is about that. */
        extrec_network_set_default_ingress(network, "drop");
        extrec_network_set_default_egress(network, has_egress(&values)
                                          ? "drop" : "allow");
        ctl_rule_release_unused(ctx, old, n_old);
        free(old);
        free(rules);
        rule_values_uninit(&values);
    }
    free(json);
}
