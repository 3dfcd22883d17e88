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
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/db-create.h"
#include "ovsdb-sync/ext-status.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/row-parse.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(ext_sync);

COVERAGE_DEFINE(ext_sync_row);
COVERAGE_DEFINE(ext_sync_status_txn);
COVERAGE_DEFINE(ext_sync_status_error);
COVERAGE_DEFINE(ext_sync_status_try_again);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* ms between two looks at the status, and after one that was refused. */
#define STATUS_INTERVAL 100
#define STATUS_BACKOFF 5000

/* A row as the model knows it.  Rows are told apart by UUID, as they may be
 * renamed, and a name may go from one to another. */
struct known {
    struct hmap_node hmap_node; /* In a 'struct hmap', by 'uuid'. */
    struct uuid uuid;
    char *name;
    char *text;                 /* All that the model was told. */
};

struct ext_sync {
    struct ovsdb_idl *idl;
    struct db_create *create;   /* Null if the remote is not the local one. */
    char *remote;               /* Or null. */
    unsigned int seqno;         /* Of 'idl', when it was last looked at. */
    long long int deadline;     /* ms: without connection until then; or 0. */
    bool given_up;              /* There cannot be a database. */
    int64_t cfg;
    struct hmap networks;       /* "struct known"s. */
    struct hmap ports;          /* "struct known"s. */

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
        &extrec_network_col_name,
        &extrec_network_col_vni,
        &extrec_network_col_mtu,
        &extrec_network_col_unknown_unicast,
        &extrec_port_col_name,
        &extrec_port_col_network,
        &extrec_port_col_macs,
        &extrec_port_col_ips,
        &extrec_port_col_state,
    };
    /* What we write, and others may. */
    const struct ovsdb_idl_column *written[] = {
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
    hmap_init(&es->networks);
    hmap_init(&es->ports);
    return es;
}

static bool
has_contents(const struct ext_sync *es)
{
    return ovsdb_idl_has_ever_connected(es->idl);
}

static void
known_destroy(struct hmap *known_rows, struct known *known)
{
    hmap_remove(known_rows, &known->hmap_node);
    free(known->name);
    free(known->text);
    free(known);
}

static void
known_destroy_all(struct hmap *known_rows)
{
    struct known *known;

    HMAP_FOR_EACH_SAFE (known, hmap_node, known_rows) {
        known_destroy(known_rows, known);
    }
    hmap_destroy(known_rows);
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
        known_destroy_all(&es->networks);
        known_destroy_all(&es->ports);
        free(es->remote);
        free(es->host_name);
        free(es);
    }
}

static struct known *
known_find(const struct hmap *known_rows, const struct uuid *uuid)
{
    struct known *known;

    HMAP_FOR_EACH_WITH_HASH (known, hmap_node, uuid_hash(uuid), known_rows) {
        if (uuid_equals(&known->uuid, uuid)) {
            return known;
        }
    }
    return NULL;
}

/* Notes that the model is told 'text', which is taken, of the row with 'uuid'.
 * Returns false if it knows that already. */
static bool
known_update(struct hmap *known_rows, const struct uuid *uuid,
             const char *name, char *text)
{
    struct known *known = known_find(known_rows, uuid);

    if (known && !strcmp(known->text, text)) {
        free(text);
        return false;
    }
    COVERAGE_INC(ext_sync_row);
    if (!known) {
        known = xzalloc(sizeof *known);
        known->uuid = *uuid;
        known->name = xstrdup(name);
        hmap_insert(known_rows, &known->hmap_node, uuid_hash(uuid));
    }
    free(known->text);
    known->text = text;
    return true;
}

/* Makes 'error' the problem that the text of a row is; null clears it. */
static void
set_row_problem(struct model *m, const char *name, const char *error)
{
    char *object = xasprintf("port/%s", name);

    if (error) {
        problem_set(&m->problems, object, "row",
                    "%s; correct it with \"ovs-ext-ctl set Port %s ...\"",
                    error, name);
    } else {
        problem_clear(&m->problems, object, "row");
    }
    free(object);
}

static void
forget_network(struct ext_sync *es, struct model *m, struct known *known)
{
    model_del_network(m, known->name);
    known_destroy(&es->networks, known);
}

static void
forget_port(struct ext_sync *es, struct model *m, struct known *known)
{
    set_row_problem(m, known->name, NULL);
    model_del_port(m, known->name);
    known_destroy(&es->ports, known);
}

static void
put_network(struct ext_sync *es, struct model *m,
            const struct extrec_network *row)
{
    struct fact_network fact = {
        .name = row->name,
        .vni = row->vni,
        .mtu = row->n_mtu ? row->mtu[0] : 0,
        .drop_unknown = (row->unknown_unicast
                         && !strcmp(row->unknown_unicast, "drop")),
    };
    char *text = xasprintf("%s %"PRIu32" %"PRIu32" %d", fact.name, fact.vni,
                           fact.mtu, fact.drop_unknown);

    if (known_update(&es->networks, &row->header_.uuid, row->name, text)) {
        model_put_network(m, &fact);
    }
}

static char *
port_text(const struct extrec_port *row)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s\n%s\n%s", row->name,
                  row->network ? row->network->name : "",
                  row->state ? row->state : "");
    for (size_t i = 0; i < row->n_macs; i++) {
        ds_put_format(&s, "\n%s", row->macs[i]);
    }
    ds_put_char(&s, '\n');
    for (size_t i = 0; i < row->n_ips; i++) {
        ds_put_format(&s, "\n%s", row->ips[i]);
    }
    return ds_steal_cstr(&s);
}

static void
put_port(struct ext_sync *es, struct model *m, const struct extrec_port *row)
{
    struct row_port parsed;

    if (!known_update(&es->ports, &row->header_.uuid, row->name,
                      port_text(row))) {
        return;
    }
    row_port_parse(&parsed, row->macs, row->n_macs, row->ips, row->n_ips);
    set_row_problem(m, row->name, parsed.error);
    model_put_port(m, &(struct fact_port) {
        .name = row->name,
        .network = row->network ? row->network->name : NULL,
        .macs = parsed.macs,
        .n_macs = parsed.n_macs,
        .ips = parsed.ips,
        .n_ips = parsed.n_ips,
        .standby = row->state && !strcmp(row->state, "standby"),
    });
    row_port_uninit(&parsed);
}

/* Forgets the network with 'uuid' if it has gone or has another name now.
 * Returns true in the latter case. */
static bool
check_network(struct ext_sync *es, struct model *m, const struct uuid *uuid)
{
    struct known *known = known_find(&es->networks, uuid);
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
    struct known *known;
    size_t n = 0;

    EXTREC_NETWORK_FOR_EACH (row, es->idl) {
        n += known_find(&es->networks, &row->header_.uuid) != NULL;
    }
    if (n != hmap_count(&es->networks)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &es->networks) {
            check_network(es, m, &known->uuid);
        }
    }
}

/* Tells the model of networks that changed.  Returns true if one has another
 * name now. */
static bool
run_networks(struct ext_sync *es, struct model *m)
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
    return renamed;
}

/* Forgets the port with 'uuid' if it has gone or has another name now. */
static void
check_port(struct ext_sync *es, struct model *m, const struct uuid *uuid)
{
    struct known *known = known_find(&es->ports, uuid);
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
    struct known *known;
    size_t n = 0;

    EXTREC_PORT_FOR_EACH (row, es->idl) {
        n += known_find(&es->ports, &row->header_.uuid) != NULL;
    }
    if (n != hmap_count(&es->ports)) {
        HMAP_FOR_EACH_SAFE (known, hmap_node, &es->ports) {
            check_port(es, m, &known->uuid);
        }
    }
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

        if (now) {
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
    run_ports(es, m, run_networks(es, m));
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
