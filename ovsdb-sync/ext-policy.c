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
#include "ovsdb-sync/ext-policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ext-known.h"
#include "ovsdb-sync/ext-status.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/rule-parse.h"
#include "util.h"

/* Has 'idl' monitor and track what is read and written here. */
void
ext_policy_register(struct ovsdb_idl *idl)
{
    const struct ovsdb_idl_column *columns[] = {
        &extrec_security_group_col_name,
        &extrec_security_group_col_rules,
        &extrec_security_group_col_problems,
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
        ovsdb_idl_track_add_column(idl, columns[i]);
    }
}

/* Initializes 'ep', which knows no rows. */
void
ext_policy_init(struct ext_policy *ep)
{
    hmap_init(&ep->rules);
    hmap_init(&ep->groups);
}

/* Frees what 'ep' has. */
void
ext_policy_uninit(struct ext_policy *ep)
{
    ext_known_destroy_all(&ep->rules);
    ext_known_destroy_all(&ep->groups);
}

/* See ext-policy.h. */
struct uuid *
ext_policy_rules(struct extrec_rule *const *rows, size_t n)
{
    struct uuid *uuids = xmalloc(MAX(n, 1) * sizeof *uuids);

    for (size_t i = 0; i < n; i++) {
        uuids[i] = rows[i]->header_.uuid;
    }
    return uuids;
}

/* See ext-policy.h. */
struct uuid *
ext_policy_groups(struct extrec_security_group *const *rows, size_t n)
{
    struct uuid *uuids = xmalloc(MAX(n, 1) * sizeof *uuids);

    for (size_t i = 0; i < n; i++) {
        uuids[i] = rows[i]->header_.uuid;
    }
    return uuids;
}

static int64_t
optional(const int64_t *value, size_t n)
{
    return n ? *value : -1;
}

/* All that the model is told of 'c' and the rest of 'row', as text. */
static char *
rule_text(const struct extrec_rule *row, const struct rule_columns *c)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s %"PRId64" %s %s %"PRId64" %"PRId64" %"PRId64" "
                  "%"PRId64" %s %d %d", c->direction, c->priority,
                  c->ethertype ? c->ethertype : "",
                  c->protocol ? c->protocol : "", c->port_min, c->port_max,
                  c->icmp_type, c->icmp_code, c->action, row->log,
                  row->stateless);
    if (row->remote_group) {
        ds_put_format(&s, " "UUID_FMT,
                      UUID_ARGS(&row->remote_group->header_.uuid));
    }
    for (size_t i = 0; i < row->n_remote_cidrs; i++) {
        ds_put_format(&s, "\n%s", row->remote_cidrs[i]);
    }
    return ds_steal_cstr(&s);
}

static void
put_rule(struct ext_policy *ep, struct model *m, const struct extrec_rule *row)
{
    const struct rule_columns columns = {
        .direction = row->direction,
        .priority = row->priority,
        .ethertype = row->ethertype,
        .protocol = row->protocol,
        .port_min = optional(row->port_min, row->n_port_min),
        .port_max = optional(row->port_max, row->n_port_max),
        .icmp_type = optional(row->icmp_type, row->n_icmp_type),
        .icmp_code = optional(row->icmp_code, row->n_icmp_code),
        .cidrs = (const char *const *) row->remote_cidrs,
        .n_cidrs = row->n_remote_cidrs,
        .has_remote = row->remote_group != NULL,
        .action = row->action,
    };
    struct policy_prefix *prefixes;
    struct fact_rule fact;
    char *error;

    if (!ext_known_update(&ep->rules, &row->header_.uuid, "",
                          rule_text(row, &columns))) {
        return;
    }
    error = rule_parse(&columns, &fact, &prefixes);
    fact.uuid = row->header_.uuid;
    fact.log = row->log;
    fact.stateless = row->stateless;
    fact.error = error;
    if (row->remote_group) {
        fact.remote = row->remote_group->header_.uuid;
    }
    model_put_rule(m, &fact);
    free(prefixes);
    free(error);
}

static void
put_group(struct ext_policy *ep, struct model *m,
          const struct extrec_security_group *row)
{
    struct uuid *rules = ext_policy_rules(row->rules, row->n_rules);
    struct ds text = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&text, row->name);
    for (size_t i = 0; i < row->n_rules; i++) {
        ds_put_format(&text, "\n"UUID_FMT, UUID_ARGS(&rules[i]));
    }
    if (ext_known_update(&ep->groups, &row->header_.uuid, row->name,
                         ds_steal_cstr(&text))) {
        model_put_group(m, &(struct fact_group) {
            .uuid = row->header_.uuid,
            .name = row->name,
            .rules = rules,
            .n_rules = row->n_rules,
        });
    }
    free(rules);
}

static void
check_rule(struct ext_policy *ep, struct ovsdb_idl *idl, struct model *m,
           struct ext_known *known)
{
    if (!extrec_rule_get_for_uuid(idl, &known->uuid)) {
        model_del_rule(m, &known->uuid);
        ext_known_destroy(&ep->rules, known);
    }
}

static void
check_group(struct ext_policy *ep, struct ovsdb_idl *idl, struct model *m,
            struct ext_known *known)
{
    if (!extrec_security_group_get_for_uuid(idl, &known->uuid)) {
        model_del_group(m, &known->uuid);
        ext_known_destroy(&ep->groups, known);
    }
}

static void
run_rules(struct ext_policy *ep, struct ovsdb_idl *idl, struct model *m)
{
    const struct extrec_rule *row;
    struct ext_known *known;
    size_t n = 0;

    EXTREC_RULE_FOR_EACH_TRACKED (row, idl) {
        const struct uuid *uuid = &row->header_.uuid;
        const struct extrec_rule *now = extrec_rule_get_for_uuid(idl, uuid);

        known = ext_known_find(&ep->rules, uuid);
        if (now) {
            put_rule(ep, m, now);
        } else if (known) {
            check_rule(ep, idl, m, known);
        }
    }
    /* After it connected again the IDL does not tell which rows have gone. */
    EXTREC_RULE_FOR_EACH (row, idl) {
        n++;
    }
    if (n != hmap_count(&ep->rules)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &ep->rules) {
            check_rule(ep, idl, m, known);
        }
    }
}

static void
run_groups(struct ext_policy *ep, struct ovsdb_idl *idl, struct model *m,
           struct ext_status *status)
{
    const struct extrec_security_group *row;
    struct ext_known *known;
    size_t n = 0;

    EXTREC_SECURITY_GROUP_FOR_EACH_TRACKED (row, idl) {
        const struct uuid *uuid = &row->header_.uuid;
        const struct extrec_security_group *now
            = extrec_security_group_get_for_uuid(idl, uuid);

        known = ext_known_find(&ep->groups, uuid);
        if (now) {
            put_group(ep, m, now);
            ext_status_touch(status, "security-group", now->name);
        } else if (known) {
            check_group(ep, idl, m, known);
        }
    }
    EXTREC_SECURITY_GROUP_FOR_EACH (row, idl) {
        n++;
    }
    if (n != hmap_count(&ep->groups)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &ep->groups) {
            check_group(ep, idl, m, known);
        }
    }
}

/* Tells 'm' of the rules and groups that changed in 'idl', and 'status' of
 * which groups it is to look at. */
void
ext_policy_run(struct ext_policy *ep, struct ovsdb_idl *idl, struct model *m,
               struct ext_status *status)
{
    run_rules(ep, idl, m);
    run_groups(ep, idl, m, status);
}
