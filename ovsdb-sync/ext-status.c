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
#include "ovsdb-sync/ext-status.h"

#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/model.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/status-plan.h"
#include "util.h"

#define PORT "port/"
#define NETWORK "network/"
#define GROUP "security-group/"
#define VPC "vpc/"

/* Initializes 's' for the rows of 'idl', which has not been run yet and lives
 * longer. */
void
ext_status_init(struct ext_status *s, struct ovsdb_idl *idl)
{
    s->idl = idl;
    s->ports = ovsdb_idl_index_create1(idl, &extrec_port_col_name);
    s->networks = ovsdb_idl_index_create1(idl, &extrec_network_col_name);
    s->groups = ovsdb_idl_index_create1(idl, &extrec_security_group_col_name);
    s->vpcs = ovsdb_idl_index_create1(idl, &extrec_vpc_col_name);
    sset_init(&s->objects);
    sset_init(&s->waiting);
    s->all = true;
}

/* Frees what 's' has. */
void
ext_status_uninit(struct ext_status *s)
{
    sset_destroy(&s->objects);
    sset_destroy(&s->waiting);
}

/* The row of "kind/name" is to be looked at. */
void
ext_status_touch(struct ext_status *s, const char *kind, const char *name)
{
    sset_add_and_free(&s->objects, xasprintf("%s/%s", kind, name));
}

/* All rows are to be looked at. */
void
ext_status_touch_all(struct ext_status *s)
{
    s->all = true;
}

/* The rows of 'objects', which becomes empty, are to be looked at. */
void
ext_status_take(struct ext_status *s, struct sset *objects)
{
    while (!sset_is_empty(objects)) {
        sset_add_and_free(&s->objects, sset_pop(objects));
    }
}

/* Returns true if something is to be looked at, given 'all_done'. */
bool
ext_status_has_work(const struct ext_status *s, bool all_done)
{
    return (s->all || !sset_is_empty(&s->objects)
            || (all_done && !sset_is_empty(&s->waiting)));
}

/* Returns true if the 'n' strings in 'have' are those in 'want'. */
static bool
strings_equal(const struct sset *want, char *const *have, size_t n)
{
    if (sset_count(want) != n) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!sset_contains(want, have[i])) {
            return false;
        }
    }
    return true;
}

static enum status_up
port_up(const struct extrec_port *row)
{
    return (!row->n_up ? STATUS_UP_UNKNOWN
            : row->up[0] ? STATUS_UP_TRUE
            : STATUS_UP_FALSE);
}

static const struct extrec_port *
find_port(const struct ext_status *s, const char *name)
{
    struct extrec_port *key = extrec_port_index_init_row(s->ports);
    const struct extrec_port *row;

    extrec_port_index_set_name(key, name);
    row = extrec_port_index_find(s->ports, key);
    extrec_port_index_destroy_row(key);
    return row;
}

static const struct extrec_network *
find_network(const struct ext_status *s, const char *name)
{
    struct extrec_network *key = extrec_network_index_init_row(s->networks);
    const struct extrec_network *row;

    extrec_network_index_set_name(key, name);
    row = extrec_network_index_find(s->networks, key);
    extrec_network_index_destroy_row(key);
    return row;
}

static const struct extrec_security_group *
find_group(const struct ext_status *s, const char *name)
{
    struct extrec_security_group *key
        = extrec_security_group_index_init_row(s->groups);
    const struct extrec_security_group *row;

    extrec_security_group_index_set_name(key, name);
    row = extrec_security_group_index_find(s->groups, key);
    extrec_security_group_index_destroy_row(key);
    return row;
}

static const struct extrec_vpc *
find_vpc(const struct ext_status *s, const char *name)
{
    struct extrec_vpc *key = extrec_vpc_index_init_row(s->vpcs);
    const struct extrec_vpc *row;

    extrec_vpc_index_set_name(key, name);
    row = extrec_vpc_index_find(s->vpcs, key);
    extrec_vpc_index_destroy_row(key);
    return row;
}

static void
write_port(struct ext_status *s, const struct extrec_port *row,
           struct status_plan *plan, bool all_done)
{
    struct status_port want;

    if (!status_plan_port(plan, row->name, row->host, port_up(row), all_done,
                          &want)) {
        return;
    }
    if (!nullable_string_is_equal(row->host, want.host)) {
        extrec_port_set_host(row, want.host);
    }
    if (!all_done && want.host && want.up != STATUS_UP_TRUE) {
        sset_add_and_free(&s->waiting, xasprintf(PORT"%s", row->name));
    }
    if (want.up != port_up(row)) {
        bool up = want.up == STATUS_UP_TRUE;

        extrec_port_set_up(row, &up, 1);
    }
    if (!strings_equal(&want.problems, row->problems, row->n_problems)) {
        const char **array = sset_array(&want.problems);

        extrec_port_set_problems(row, array, sset_count(&want.problems));
        free(array);
    }
    sset_destroy(&want.problems);
}

/* Adds and deletes single entries, as the column is shared with the other
 * hosts; ours start with 'prefix'. */
static void
write_network(const struct extrec_network *row, struct status_plan *plan,
              const char *prefix)
{
    struct sset want = SSET_INITIALIZER(&want);
    const char *problem;

    status_plan_shared(plan, "network", row->name, &want);
    for (size_t i = 0; i < row->n_problems; i++) {
        if (!strncmp(row->problems[i], prefix, strlen(prefix))
            && !sset_find_and_delete(&want, row->problems[i])) {
            extrec_network_update_problems_delvalue(row, row->problems[i]);
        }
    }
    SSET_FOR_EACH (problem, &want) {
        extrec_network_update_problems_addvalue(row, problem);
    }
    sset_destroy(&want);
}

/* The same for a security group. */
static void
write_group(const struct extrec_security_group *row, struct status_plan *plan,
            const char *prefix)
{
    struct sset want = SSET_INITIALIZER(&want);
    const char *problem;

    status_plan_shared(plan, "security-group", row->name, &want);
    for (size_t i = 0; i < row->n_problems; i++) {
        if (!strncmp(row->problems[i], prefix, strlen(prefix))
            && !sset_find_and_delete(&want, row->problems[i])) {
            extrec_security_group_update_problems_delvalue(row,
                                                           row->problems[i]);
        }
    }
    SSET_FOR_EACH (problem, &want) {
        extrec_security_group_update_problems_addvalue(row, problem);
    }
    sset_destroy(&want);
}

/* The same for a VPC. */
static void
write_vpc(const struct extrec_vpc *row, struct status_plan *plan,
          const char *prefix)
{
    struct sset want = SSET_INITIALIZER(&want);
    const char *problem;

    status_plan_shared(plan, "vpc", row->name, &want);
    for (size_t i = 0; i < row->n_problems; i++) {
        if (!strncmp(row->problems[i], prefix, strlen(prefix))
            && !sset_find_and_delete(&want, row->problems[i])) {
            extrec_vpc_update_problems_delvalue(row, row->problems[i]);
        }
    }
    SSET_FOR_EACH (problem, &want) {
        extrec_vpc_update_problems_addvalue(row, problem);
    }
    sset_destroy(&want);
}

static const struct extrec_host *
find_host(struct ovsdb_idl *idl, const char *name)
{
    const struct extrec_host *host;

    EXTREC_HOST_FOR_EACH (host, idl) {
        if (!strcmp(host->name, name)) {
            return host;
        }
    }
    return NULL;
}

static void
write_host(struct ovsdb_idl *idl, struct ovsdb_idl_txn *txn,
           const struct status_plan *plan, const char *name, int64_t cfg_done)
{
    const struct extrec_host *row = find_host(idl, name);
    struct sset vtep_ips = SSET_INITIALIZER(&vtep_ips);
    struct sset problems = SSET_INITIALIZER(&problems);

    status_plan_host(plan, &vtep_ips, &problems);
    if (!row) {
        row = extrec_host_insert(txn);
        extrec_host_set_name(row, name);
    }
    if (!row->version || strcmp(row->version, OVS_EXT_VERSION)) {
        extrec_host_set_version(row, OVS_EXT_VERSION);
    }
    if (!strings_equal(&vtep_ips, row->vtep_ips, row->n_vtep_ips)) {
        const char **array = sset_array(&vtep_ips);

        extrec_host_set_vtep_ips(row, array, sset_count(&vtep_ips));
        free(array);
    }
    if (!strings_equal(&problems, row->problems, row->n_problems)) {
        const char **array = sset_array(&problems);

        extrec_host_set_problems(row, array, sset_count(&problems));
        free(array);
    }
    if (row->cfg != cfg_done) {
        extrec_host_set_cfg(row, cfg_done);
    }
    sset_destroy(&vtep_ips);
    sset_destroy(&problems);
}

/* Adds the objects that have problems to those to be looked at, and, if it is
 * time for them, those that wait. */
static void
add_objects(struct ext_status *s, const struct status_plan *plan,
            bool all_done)
{
    for (size_t i = 0; i < plan->n_problems; i++) {
        sset_add(&s->objects, plan->problems[i]->object);
    }
    if (all_done) {
        ext_status_take(s, &s->waiting);
    }
}

static void
write_object(struct ext_status *s, const char *object,
             struct status_plan *plan, const char *prefix, bool all_done)
{
    if (!strncmp(object, PORT, strlen(PORT))) {
        const struct extrec_port *row = find_port(s, object + strlen(PORT));

        if (row) {
            write_port(s, row, plan, all_done);
        }
    } else if (!strncmp(object, NETWORK, strlen(NETWORK))) {
        const struct extrec_network *row
            = find_network(s, object + strlen(NETWORK));

        if (row) {
            write_network(row, plan, prefix);
        }
    } else if (!strncmp(object, GROUP, strlen(GROUP))) {
        const struct extrec_security_group *row
            = find_group(s, object + strlen(GROUP));

        if (row) {
            write_group(row, plan, prefix);
        }
    } else if (!strncmp(object, VPC, strlen(VPC))) {
        const struct extrec_vpc *row = find_vpc(s, object + strlen(VPC));

        if (row) {
            write_vpc(row, plan, prefix);
        }
    }
}

static void
write_all(struct ext_status *s, struct status_plan *plan, const char *prefix,
          bool all_done)
{
    const struct extrec_security_group *group;
    const struct extrec_network *network;
    const struct extrec_port *port;
    const struct extrec_vpc *vpc;

    EXTREC_VPC_FOR_EACH (vpc, s->idl) {
        write_vpc(vpc, plan, prefix);
    }
    EXTREC_PORT_FOR_EACH (port, s->idl) {
        write_port(s, port, plan, all_done);
    }
    EXTREC_NETWORK_FOR_EACH (network, s->idl) {
        write_network(network, plan, prefix);
    }
    EXTREC_SECURITY_GROUP_FOR_EACH (group, s->idl) {
        write_group(group, plan, prefix);
    }
}

/* Puts into 'txn' what is to be changed in the rows of what is to be looked
 * at.  'host_name' is the name of our Host row; the rest is as for
 * ext_sync_status(). */
void
ext_status_write(struct ext_status *s, struct ovsdb_idl_txn *txn,
                 const struct model *model, const char *host_name,
                 int64_t cfg_done, bool all_done)
{
    char *prefix = xasprintf("%s: ", host_name);
    struct status_plan plan;

    status_plan_init(&plan, model);
    if (s->all) {
        write_all(s, &plan, prefix, all_done);
    } else {
        const char *object;

        add_objects(s, &plan, all_done);
        SSET_FOR_EACH (object, &s->objects) {
            write_object(s, object, &plan, prefix, all_done);
        }
    }
    sset_clear(&s->objects);
    s->all = false;
    write_host(s->idl, txn, &plan, host_name, cfg_done);
    status_plan_uninit(&plan);
    free(prefix);
}
