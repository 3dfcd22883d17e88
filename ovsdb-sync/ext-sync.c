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
#include "ovsdb-sync/ext-sync.h"

#include <stdlib.h>
#include <string.h>
#include "coverage.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/db-create.h"
#include "ovsdb-sync/ext-kept.h"
#include "ovsdb-sync/ext-known.h"
#include "ovsdb-sync/ext-policy.h"
#include "ovsdb-sync/ext-port.h"
#include "ovsdb-sync/ext-status.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/row-network.h"
#include "ovsdb-sync/row-parse.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(ext_sync);

COVERAGE_DEFINE(ext_sync_port);
COVERAGE_DEFINE(ext_sync_status_txn);
COVERAGE_DEFINE(ext_sync_status_error);
COVERAGE_DEFINE(ext_sync_status_try_again);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* ms between two looks at the status, and after one that was refused. */
#define STATUS_INTERVAL 100
#define STATUS_BACKOFF 5000

struct ext_sync {
    struct ovsdb_idl *idl;
    struct db_create *create;   /* Null if the remote is not the local one. */
    char *remote;               /* Or null. */
    unsigned int seqno;         /* Of 'idl', when it was last looked at. */
    long long int deadline;     /* ms: without connection until then; or 0. */
    bool given_up;              /* There cannot be a database. */
    int64_t cfg;
    struct hmap vpcs;           /* "struct ext_known"s. */
    struct hmap networks;       /* "struct ext_known"s. */
    struct hmap ports;          /* "struct ext_known"s. */
    struct ext_policy policy;   /* Rules, security groups. */
    struct ext_kept kept;       /* Networks to keep. */

    char *host_name;            /* Name of our Host row, or null. */

    /* Status. */
    struct ovsdb_idl_txn *txn;  /* In flight, or null. */
    struct ext_status status;   /* What may have changed. */
    bool deferred;              /* It waits for 'next_status'. */
    long long int next_status;  /* ms: not before. */
    int64_t cfg_done;           /* When the status was last written. */
};

static void
ext_sync_register(struct ovsdb_idl *idl)
{
    /* What we read. */
    const struct ovsdb_idl_column *read[] = {
        &extrec_vpc_col_name,
        &extrec_vpc_col_l3vni,
        &extrec_network_col_name,
        &extrec_network_col_vni,
        &extrec_network_col_vpc,
        &extrec_network_col_gateways,
        &extrec_network_col_gateway_mac,
        &extrec_network_col_mtu,
        &extrec_network_col_unknown_unicast,
        &extrec_network_col_acl,
        &extrec_network_col_default_ingress,
        &extrec_network_col_default_egress,
        &extrec_network_col_arp_suppression,
        &extrec_network_col_unknown_arp,
        &extrec_port_col_name,
        &extrec_port_col_network,
        &extrec_port_col_macs,
        &extrec_port_col_ips,
        &extrec_port_col_learn_ips,
        &extrec_port_col_other_config,
        &extrec_port_col_state,
        &extrec_port_col_port_security,
        &extrec_port_col_allowed_address_pairs,
        &extrec_port_col_allow,
        &extrec_port_col_security_groups,
    };
    /* What we write, and others may. */
    const struct ovsdb_idl_column *written[] = {
        &extrec_vpc_col_problems,
        &extrec_network_col_problems,
        &extrec_port_col_host,
        &extrec_port_col_up,
        &extrec_port_col_problems,
        &extrec_host_col_name,
        &extrec_host_col_vtep_ips,
        &extrec_host_col_cfg,
        &extrec_host_col_version,
        &extrec_host_col_problems,
    };

    ovsdb_idl_add_column(idl, &extrec_ovs_ext_col_cfg);
    for (size_t i = 0; i < ARRAY_SIZE(read); i++) {
        ovsdb_idl_track_add_column(idl, read[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
        ovsdb_idl_track_add_column(idl, written[i]);
    }
    ext_policy_register(idl);
    ext_kept_register(idl);
}

/* Returns a new ext_sync, not connected to anything. */
struct ext_sync *
ext_sync_create(void)
{
    struct ext_sync *es = xzalloc(sizeof *es);

    es->idl = ovsdb_idl_create_unconnected(&extrec_idl_class, false);
    ovsdb_idl_set_leader_only(es->idl, false);
    ext_sync_register(es->idl);
    ext_status_init(&es->status, es->idl);
    es->seqno = ovsdb_idl_get_seqno(es->idl);
    hmap_init(&es->vpcs);
    hmap_init(&es->networks);
    hmap_init(&es->ports);
    ext_policy_init(&es->policy);
    return es;
}

static bool
has_contents(const struct ext_sync *es)
{
    return ovsdb_idl_has_ever_connected(es->idl);
}

/* Frees 'es'.  What it wrote stays. */
void
ext_sync_destroy(struct ext_sync *es)
{
    if (es) {
        if (es->txn) {
            ovsdb_idl_txn_destroy(es->txn);
        }
        ext_status_uninit(&es->status);
        ovsdb_idl_destroy(es->idl);
        db_create_destroy(es->create);
        ext_known_destroy_all(&es->vpcs);
        ext_known_destroy_all(&es->networks);
        ext_known_destroy_all(&es->ports);
        ext_policy_uninit(&es->policy);
        ext_kept_uninit(&es->kept);
        free(es->remote);
        free(es->host_name);
        free(es);
    }
}

/* Makes 'error' the problem that the text of a row of 'table' is; null clears
 * it.  The object is 'kind' and 'name'. */
static void
set_row_problem(struct model *m, const char *table, const char *kind,
                const char *name, const char *error)
{
    char *object = xasprintf("%s/%s", kind, name);

    if (error) {
        problem_set(&m->problems, object, "row",
                    "%s; correct it with \"ovs-ext-ctl set %s %s ...\"",
                    error, table, name);
    } else {
        problem_clear(&m->problems, object, "row");
    }
    free(object);
}

static void
forget_vpc(struct ext_sync *es, struct model *m, struct ext_known *known)
{
    model_del_vpc(m, known->name);
    ext_known_destroy(&es->vpcs, known);
}

static void
put_vpc(struct ext_sync *es, struct model *m, const struct extrec_vpc *row)
{
    struct fact_vpc fact = {
        .name = row->name,
        .l3vni = row->n_l3vni ? row->l3vni[0] : 0,
    };
    char *text = xasprintf("%s %"PRIu32, fact.name, fact.l3vni);

    if (ext_known_update(&es->vpcs, &row->header_.uuid, row->name, text)) {
        model_put_vpc(m, &fact);
    }
}

static void
forget_network(struct ext_sync *es, struct model *m, struct ext_known *known)
{
    set_row_problem(m, "Network", "network", known->name, NULL);
    model_del_network(m, known->name);
    ext_known_destroy(&es->networks, known);
}

static void
forget_port(struct ext_sync *es, struct model *m, struct ext_known *known)
{
    set_row_problem(m, "Port", "port", known->name, NULL);
    model_del_port(m, known->name);
    ext_known_destroy(&es->ports, known);
}

static char *
network_text(const struct extrec_network *row,
             const struct fact_network *fact)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s %"PRIu32" %"PRIu32" %d %d %d\n%s\n%s", fact->name,
                  fact->vni, fact->mtu, fact->drop_unknown,
                  fact->no_suppression, fact->drop_unknown_arp,
                  fact->vpc ? fact->vpc : "",
                  row->gateway_mac ? row->gateway_mac : "");
    for (size_t i = 0; i < row->n_gateways; i++) {
        ds_put_format(&s, "\n%s", row->gateways[i]);
    }
    ds_put_format(&s, "\n%d %d", fact->default_action[POLICY_INGRESS],
                  fact->default_action[POLICY_EGRESS]);
    for (size_t i = 0; i < fact->n_acl; i++) {
        ds_put_format(&s, "\n"UUID_FMT, UUID_ARGS(&fact->acl[i]));
    }
    return ds_steal_cstr(&s);
}

/* The action of packets that no rule of an ACL matches, by the text of the
 * column, which is null for the default. */
static enum policy_action
default_action(const char *s)
{
    return (!s || !strcmp(s, "allow") ? POLICY_ALLOW
            : !strcmp(s, "reject") ? POLICY_REJECT
            : POLICY_DROP);
}

static void
put_network(struct ext_sync *es, struct model *m,
            const struct extrec_network *row)
{
    struct uuid *acl = ext_policy_rules(row->acl, row->n_acl);
    struct fact_network fact = {
        .name = row->name,
        .vni = row->vni,
        .vpc = row->vpc ? row->vpc->name : NULL,
        .mtu = row->n_mtu ? row->mtu[0] : 0,
        .drop_unknown = (row->unknown_unicast
                         && !strcmp(row->unknown_unicast, "drop")),
        .acl = acl,
        .n_acl = row->n_acl,
        .default_action = {
            [POLICY_INGRESS] = default_action(row->default_ingress),
            [POLICY_EGRESS] = default_action(row->default_egress),
        },
        .no_suppression = row->n_arp_suppression && !*row->arp_suppression,
        .drop_unknown_arp = (row->unknown_arp
                             && !strcmp(row->unknown_arp, "drop")),
    };
    struct row_network parsed;

    if (!ext_known_update(&es->networks, &row->header_.uuid, row->name,
                          network_text(row, &fact))) {
        free(acl);
        return;
    }
    row_network_parse(&parsed, row->gateways, row->n_gateways,
                      row->gateway_mac);
    fact.gateways = parsed.gateways;
    fact.n_gateways = parsed.n_gateways;
    fact.gateway_mac = parsed.gateway_mac;
    model_put_network(m, &fact);
    /* After that, as the model clears problems of a network that changes. */
    set_row_problem(m, "Network", "network", row->name, parsed.error);
    row_network_uninit(&parsed);
    free(acl);
}

static void
put_port(struct ext_sync *es, struct model *m, const struct extrec_port *row)
{
    char *error;

    COVERAGE_INC(ext_sync_port);
    if (ext_known_update(&es->ports, &row->header_.uuid, row->name,
                         ext_port_text(row))) {
        error = ext_port_put(row, m);
        set_row_problem(m, "Port", "port", row->name, error);
        free(error);
    }
}

/* Forgets the VPC with 'uuid' if it has gone or has another name now.
 * Returns true in the latter case. */
static bool
check_vpc(struct ext_sync *es, struct model *m, const struct uuid *uuid)
{
    struct ext_known *known = ext_known_find(&es->vpcs, uuid);
    const struct extrec_vpc *row
        = known ? extrec_vpc_get_for_uuid(es->idl, uuid) : NULL;

    if (!known || (row && !strcmp(row->name, known->name))) {
        return false;
    }
    forget_vpc(es, m, known);
    return row != NULL;
}

/* Forgets all VPCs that have gone, when the IDL did not tell which: that is so
 * after it connected again. */
static void
sweep_vpcs(struct ext_sync *es, struct model *m)
{
    const struct extrec_vpc *row;
    struct ext_known *known;
    size_t n = 0;

    EXTREC_VPC_FOR_EACH (row, es->idl) {
        n += ext_known_find(&es->vpcs, &row->header_.uuid) != NULL;
    }
    if (n != hmap_count(&es->vpcs)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &es->vpcs) {
            check_vpc(es, m, &known->uuid);
        }
    }
}

/* Tells the model of VPCs that changed.  Returns true if one has another name
 * now. */
static bool
run_vpcs(struct ext_sync *es, struct model *m)
{
    const struct extrec_vpc *row;
    bool renamed = false;

    EXTREC_VPC_FOR_EACH_TRACKED (row, es->idl) {
        renamed |= check_vpc(es, m, &row->header_.uuid);
    }
    sweep_vpcs(es, m);
    EXTREC_VPC_FOR_EACH_TRACKED (row, es->idl) {
        const struct extrec_vpc *now
            = extrec_vpc_get_for_uuid(es->idl, &row->header_.uuid);

        if (now) {
            put_vpc(es, m, now);
            ext_status_touch(&es->status, "vpc", now->name);
        }
    }
    return renamed;
}

/* Forgets the network with 'uuid' if it has gone or has another name now.
 * Returns true in the latter case. */
static bool
check_network(struct ext_sync *es, struct model *m, const struct uuid *uuid)
{
    struct ext_known *known = ext_known_find(&es->networks, uuid);
    const struct extrec_network *row
        = known ? extrec_network_get_for_uuid(es->idl, uuid) : NULL;

    if (!known || (row && !strcmp(row->name, known->name))) {
        return false;
    }
    forget_network(es, m, known);
    return row != NULL;
}

/* Forgets all networks that have gone, when the IDL did not tell which: that
 * is so after it connected again. */
static void
sweep_networks(struct ext_sync *es, struct model *m)
{
    const struct extrec_network *row;
    struct ext_known *known;
    size_t n = 0;

    EXTREC_NETWORK_FOR_EACH (row, es->idl) {
        n += ext_known_find(&es->networks, &row->header_.uuid) != NULL;
    }
    if (n != hmap_count(&es->networks)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &es->networks) {
            check_network(es, m, &known->uuid);
        }
    }
}

/* Tells the model of networks that changed; of all if 'vpc_renamed'.  Returns
 * true if one has another name now. */
static bool
run_networks(struct ext_sync *es, struct model *m, bool vpc_renamed)
{
    const struct extrec_network *row;
    bool renamed = false;

    EXTREC_NETWORK_FOR_EACH_TRACKED (row, es->idl) {
        renamed |= check_network(es, m, &row->header_.uuid);
    }
    sweep_networks(es, m);
    EXTREC_NETWORK_FOR_EACH_TRACKED (row, es->idl) {
        const struct extrec_network *now
            = extrec_network_get_for_uuid(es->idl, &row->header_.uuid);

        if (now) {
            put_network(es, m, now);
            ext_status_touch(&es->status, "network", now->name);
        }
    }
    if (vpc_renamed) {
        EXTREC_NETWORK_FOR_EACH (row, es->idl) {
            put_network(es, m, row);
        }
    }
    return renamed;
}

/* Forgets the port with 'uuid' if it has gone or has another name now. */
static void
check_port(struct ext_sync *es, struct model *m, const struct uuid *uuid)
{
    struct ext_known *known = ext_known_find(&es->ports, uuid);
    const struct extrec_port *row
        = known ? extrec_port_get_for_uuid(es->idl, uuid) : NULL;

    if (known && (!row || strcmp(row->name, known->name))) {
        forget_port(es, m, known);
    }
}

/* Forgets all ports that have gone, when the IDL did not tell which: that is
 * so after it connected again. */
static void
sweep_ports(struct ext_sync *es, struct model *m)
{
    const struct extrec_port *row;
    struct ext_known *known;
    size_t n = 0;

    /* Rows that are known are all but those that have just come: so there is
     * no need to look for each of them. */
    EXTREC_PORT_FOR_EACH (row, es->idl) {
        n++;
    }
    EXTREC_PORT_FOR_EACH_TRACKED (row, es->idl) {
        n -= (!extrec_port_is_deleted(row)
              && !ext_known_find(&es->ports, &row->header_.uuid));
    }
    if (n != hmap_count(&es->ports)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &es->ports) {
            check_port(es, m, &known->uuid);
        }
    }
}

/* Returns true if 'row' itself is new or has changed.  The IDL tells of rows
 * that refer to one that changed, too: of all ports in a group, and of that by
 * its rules. */
static bool
port_has_changed(const struct ext_sync *es, const struct extrec_port *row)
{
    bool changed = (extrec_port_is_new(row)
                    || !ext_known_find(&es->ports, &row->header_.uuid));

    for (int i = 0; i < EXTREC_PORT_N_COLUMNS && !changed; i++) {
        changed = extrec_port_is_updated(row, i);
    }
    return changed;
}

/* Tells the model of ports that changed; of all if 'renamed', as a network has
 * another name. */
static void
run_ports(struct ext_sync *es, struct model *m, bool renamed)
{
    const struct extrec_port *row;

    EXTREC_PORT_FOR_EACH_TRACKED (row, es->idl) {
        check_port(es, m, &row->header_.uuid);
    }
    sweep_ports(es, m);
    EXTREC_PORT_FOR_EACH_TRACKED (row, es->idl) {
        const struct extrec_port *now
            = extrec_port_get_for_uuid(es->idl, &row->header_.uuid);

        if (now && port_has_changed(es, now)) {
            put_port(es, m, now);
            ext_status_touch(&es->status, "port", now->name);
        }
    }
    if (renamed) {
        EXTREC_PORT_FOR_EACH (row, es->idl) {
            put_port(es, m, row);
        }
    }
}

/* Puts into the model what changed in the database. */
static void
ext_sync_read(struct ext_sync *es, struct model *m)
{
    const struct extrec_ovs_ext *root = extrec_ovs_ext_first(es->idl);
    const struct extrec_host *host;

    es->cfg = root ? root->cfg : 0;
    ext_policy_run(&es->policy, es->idl, m, &es->status);
    run_ports(es, m, run_networks(es, m, run_vpcs(es, m)));
    ext_kept_run(&es->kept, es->idl, m);
    EXTREC_HOST_FOR_EACH_TRACKED (host, es->idl) {
        ext_status_touch(&es->status, "host", host->name);
    }
}

/* Connects anew, at once, whatever backoff there was. */
static void
ext_sync_reconnect(struct ext_sync *es)
{
    ovsdb_idl_set_remote(es->idl, NULL, true);
    ovsdb_idl_set_remote(es->idl, es->remote, true);
}

static void
ext_sync_set_remote(struct ext_sync *es, struct model *m, const char *remote)
{
    VLOG_INFO("%s: using database OVS_Ext", remote);
    free(es->remote);
    es->remote = xstrdup(remote);
    ovsdb_idl_set_remote(es->idl, NULL, true);
    db_create_destroy(es->create);
    es->create = NULL;
    problem_clear(&m->problems, "host", "database");
    if (db_create_is_local(remote)) {
        es->create = db_create_create();
    } else {
        ovsdb_idl_set_remote(es->idl, remote, true);
    }
}

/* Asks for our Host row, and for none of the others.  The server learns of it
 * when we connect, so that whoever is connected knows whether there is such a
 * row. */
static void
ext_sync_set_host(struct ext_sync *es, const char *host_name)
{
    struct ovsdb_idl_condition cond = OVSDB_IDL_CONDITION_INIT(&cond);

    free(es->host_name);
    es->host_name = xstrdup(host_name);
    extrec_host_add_clause_name(&cond, OVSDB_F_EQ, host_name);
    extrec_host_set_condition(es->idl, &cond);
    ovsdb_idl_condition_destroy(&cond);
    if (has_contents(es)) {
        ext_sync_reconnect(es);
    }
    ext_status_touch_all(&es->status);
}

/* Tells if the database is away for long, or cannot be. */
static void
ext_sync_run_patience(struct ext_sync *es, struct problems *problems)
{
    bool failed = es->create && db_create_has_failed(es->create);

    if (ext_sync_is_connected(es)) {
        es->deadline = 0;
        problem_clear(problems, "host", "database");
        return;
    }
    if (!es->deadline) {
        es->deadline = time_msec() + EXT_SYNC_PATIENCE;
    }
    if (!failed && time_msec() >= es->deadline) {
        problem_set(problems, "host", "database",
                    "no connection to database OVS_Ext at %s; what was in "
                    "force stays so; check that server, and "
                    "external_ids:ovs-ext-remote", es->remote);
    }
    if (failed && !es->given_up && !has_contents(es)) {
        VLOG_WARN("%s: no database OVS_Ext; going on without, with implicit "
                  "networks only", es->remote);
        es->given_up = true;
    }
}

/* See ext-sync.h. */
void
ext_sync_run(struct ext_sync *es, struct model *m, const char *remote,
             const char *host_name)
{
    if (!remote || !host_name) {
        return;
    }
    if (!es->host_name || strcmp(es->host_name, host_name)) {
        ext_sync_set_host(es, host_name);
    }
    if (!es->remote || strcmp(es->remote, remote)) {
        ext_sync_set_remote(es, m, remote);
    }
    if (es->create && db_create_run(es->create, &m->problems)) {
        ext_sync_reconnect(es);
    }
    ovsdb_idl_run(es->idl);
    if (es->seqno != ovsdb_idl_get_seqno(es->idl)) {
        es->seqno = ovsdb_idl_get_seqno(es->idl);
        ext_sync_read(es, m);
    }
    ovsdb_idl_track_clear(es->idl);
    ext_sync_run_patience(es, &m->problems);
}

/* Makes poll_block() wake up when ext_sync_run() or ext_sync_status() has
 * something to do. */
void
ext_sync_wait(struct ext_sync *es)
{
    ovsdb_idl_wait(es->idl);
    if (es->create) {
        db_create_wait(es->create);
    }
    if (es->txn) {
        ovsdb_idl_txn_wait(es->txn);
    } else if (es->deferred) {
        poll_timer_wait_until(es->next_status);
    }
    if (es->deadline > time_msec()) {
        poll_timer_wait_until(es->deadline);
    }
}

/* Returns true if what the database had at start is in the model, or cannot be
 * known. */
bool
ext_sync_is_synced(const struct ext_sync *es)
{
    return has_contents(es) || es->given_up;
}

/* Returns true if what the database says, or said last, is in the model. */
bool
ext_sync_is_known(const struct ext_sync *es)
{
    return has_contents(es);
}

/* Returns true if there is a connection to the database. */
bool
ext_sync_is_connected(const struct ext_sync *es)
{
    return has_contents(es) && ovsdb_idl_is_connected(es->idl);
}

/* See ext-sync.h. */
int64_t
ext_sync_cfg(const struct ext_sync *es)
{
    return es->cfg;
}

/* Looks at what became of the transaction in flight.  Returns true if there is
 * none any more. */
static bool
ext_sync_finish_txn(struct ext_sync *es)
{
    enum ovsdb_idl_txn_status status;

    if (!es->txn) {
        return true;
    }
    status = ovsdb_idl_txn_commit(es->txn);
    if (status == TXN_INCOMPLETE) {
        return false;
    }
    if (status == TXN_ERROR) {
        COVERAGE_INC(ext_sync_status_error);
        VLOG_WARN_RL(&rl, "%s: cannot write the status (%s)", es->remote,
                     ovsdb_idl_txn_get_error(es->txn));
        ext_status_touch_all(&es->status);
        es->next_status = time_msec() + STATUS_BACKOFF;
    } else if (status != TXN_SUCCESS && status != TXN_UNCHANGED) {
        COVERAGE_INC(ext_sync_status_try_again);
        ext_status_touch_all(&es->status);
    }
    ovsdb_idl_txn_destroy(es->txn);
    es->txn = NULL;
    return true;
}

/* See ext-sync.h. */
void
ext_sync_status(struct ext_sync *es, struct model *m, int64_t cfg_done,
                bool all_done)
{
    bool cfg_news = cfg_done != es->cfg_done;

    ext_status_take(&es->status, &m->changed);
    ext_status_take(&es->status, &m->problems.changed);
    es->deferred = false;
    if (!ext_sync_finish_txn(es)
        || !(cfg_news || ext_status_has_work(&es->status, all_done))
        || !es->host_name || !ext_sync_is_connected(es)) {
        return;
    }
    if (time_msec() < es->next_status && !cfg_news) {
        es->deferred = true;
        return;
    }
    es->txn = ovsdb_idl_txn_create(es->idl);
    ovsdb_idl_txn_add_comment(es->txn, "ovs-ext %s: status", es->host_name);
    ext_status_write(&es->status, es->txn, m, es->host_name, cfg_done,
                     all_done);
    es->next_status = time_msec() + STATUS_INTERVAL;
    es->cfg_done = cfg_done;
    COVERAGE_INC(ext_sync_status_txn);
    ext_sync_finish_txn(es);
    es->deferred = !es->txn && ext_status_has_work(&es->status, all_done);
}
