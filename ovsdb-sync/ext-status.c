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
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/status-plan.h"
#include "util.h"

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

static void
write_port(const struct extrec_port *row, struct status_plan *plan,
           bool all_done)
{
    struct status_port want;

    if (!status_plan_port(plan, row->name, row->host, port_up(row), all_done,
                          &want)) {
        return;
    }
    if (!nullable_string_is_equal(row->host, want.host)) {
        extrec_port_set_host(row, want.host);
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

    status_plan_network(plan, row->name, &want);
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

/* Puts into 'txn' what is to be changed in the rows of 'idl'.  'host_name' is
 * the name of our Host row; the rest is as for ext_sync_status(). */
void
ext_status_write(struct ovsdb_idl *idl, struct ovsdb_idl_txn *txn,
                 const struct model *model, const char *host_name,
                 int64_t cfg_done, bool all_done)
{
    char *prefix = xasprintf("%s: ", host_name);
    const struct extrec_network *network;
    const struct extrec_port *port;
    struct status_plan plan;

    status_plan_init(&plan, model);
    EXTREC_PORT_FOR_EACH (port, idl) {
        write_port(port, &plan, all_done);
    }
    EXTREC_NETWORK_FOR_EACH (network, idl) {
        write_network(network, &plan, prefix);
    }
    write_host(idl, txn, &plan, host_name, cfg_done);
    status_plan_uninit(&plan);
    free(prefix);
}
