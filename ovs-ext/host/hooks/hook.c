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
#include "ovs-ext/host/hooks/hook.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "daemon.h"
#include "dirs.h"
#include "openvswitch/json.h"
#include "ovs-ext/host/hooks/hook-db.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovs-ext/model/problem.h"
#include "ovsdb-sync/ovs-settings.h"
#include "smap.h"
#include "stream-ssl.h"
#include "timeval.h"
#include "util.h"

/* How often a change is tried if others are faster. */
#define MAX_TRIES 20

/* What a hook may be allowed to take, in seconds. */
#define MAX_TIMEOUT 600

/* In the reply to query_settings(). */
enum {
    SETTINGS_ROOT,
    SETTINGS_SSL,
};

static long long int
deadline(const struct hook *h)
{
    return h->start + h->timeout * 1000LL;
}

static struct json *
query_settings(void)
{
    struct json *query = hook_txn_create("Open_vSwitch");

    hook_txn_select(query, "Open_vSwitch", NULL, "external_ids");
    hook_txn_select(query, "SSL", NULL, "private_key certificate ca_cert");
    return query;
}

/* Reads the settings of hooks alone from 'ids'; what makes no sense counts as
 * if it were not there. */
static void
read_hook_settings(struct hook *h, const struct smap *ids)
{
    const char *timeout = smap_get(ids, "ovs-ext-hook-timeout");
    unsigned int seconds;

    if (timeout && str_to_uint(timeout, 10, &seconds) && seconds
        && seconds <= MAX_TIMEOUT) {
        h->timeout = seconds;
        hook_db_set_deadline(h->ovs, deadline(h));
    }
    h->gate = strcmp(smap_get_def(ids, "ovs-ext-hook-gate", "on"), "off");
}

/* An "ssl:" remote is reached with the host's own keys. */
static void
use_ssl(const struct json *row)
{
    if (row) {
        stream_ssl_set_key_and_cert(hook_row_string(row, "private_key"),
                                    hook_row_string(row, "certificate"));
        stream_ssl_set_ca_cert_file(hook_row_string(row, "ca_cert"), false);
    }
}

/* Reads the settings from 'reply'; stores the remote of OVS_Ext in '*remote',
 * which the caller frees. */
static void
read_settings(struct hook *h, const struct json *reply,
              const char *local, char **remote)
{
    char host_name[256] = "";
    const struct ovs_settings_defaults defaults = {
        .host_name = host_name,
        .remote = local,
    };
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct ovs_settings settings;
    struct problems problems;

    gethostname(host_name, sizeof host_name - 1);
    hook_row_map(hook_reply_row(reply, SETTINGS_ROOT, 0), "external_ids",
                 &ids);
    read_hook_settings(h, &ids);
    problems_init(&problems);
    ovs_settings_parse(&settings, &ids, &defaults, &problems);
    problems_uninit(&problems);
    smap_destroy(&ids);

    h->host = xstrdup(settings.host_name);
    h->bridge = xstrdup(settings.bridge);
    *remote = xstrdup(settings.remote);
    ovs_settings_uninit(&settings);
    if (strstr(*remote, "ssl:")) {
        use_ssl(hook_reply_row(reply, SETTINGS_SSL, 0));
    }
}

static char *
open_ovs(struct hook *h, const char *local, char **remote)
{
    struct json *reply;
    char *error;

    *remote = NULL;
    error = hook_db_open(local, deadline(h), &h->ovs);
    if (!error) {
        error = hook_read(h, h->ovs, query_settings(), &reply);
    }
    if (!error) {
        read_settings(h, reply, local, remote);
        json_destroy(reply);
    }
    return error;
}

/* See hook.h. */
char *
hook_open_ovs(struct hook *h)
{
    char *local = xasprintf("unix:%s/db.sock", ovs_rundir());
    char *remote;
    char *error = open_ovs(h, local, &remote);

    free(remote);
    free(local);
    return error;
}

/* See hook.h. */
char *
hook_open(struct hook *h)
{
    char *local = xasprintf("unix:%s/db.sock", ovs_rundir());
    char *remote;
    char *error = open_ovs(h, local, &remote);

    if (!error && !strcmp(remote, local)) {
        h->ext = h->ovs;
    } else if (!error) {
        error = hook_db_open(remote, deadline(h), &h->ext);
    }
    free(remote);
    free(local);
    return error;
}

/* Closes and frees what 'h' has opened. */
void
hook_close(struct hook *h)
{
    if (h->ext != h->ovs) {
        hook_db_close(h->ext);
    }
    hook_db_close(h->ovs);
    h->ovs = h->ext = NULL;
    free(h->host);
    free(h->bridge);
    h->host = h->bridge = NULL;
}

/* Runs 'query', which it takes, on 'db', and stores what it selects in
 * '*reply', which the caller frees. */
char *
hook_read(struct hook *h OVS_UNUSED, struct hook_db *db, struct json *query,
          struct json **reply)
{
    bool conflict;

    return hook_db_transact(db, query, reply, &conflict);
}

/* Reads what 'change' wants to know. */
static char *
read_for_change(struct hook *h, const struct hook_change *change,
                struct json **reply)
{
    struct json *query = hook_txn_create("OVS_Ext");
    char *error;

    hook_query_base(query, h->host);
    if (change->query) {
        change->query(query, h, change->aux);
    }
    error = hook_read(h, h->ext, query, reply);
    if (!error && !hook_reply_n_rows(*reply, HOOK_QUERY_HOST)) {
        error = xasprintf("ovs-ext has never run on this host, \"%s\"; start "
                          "it", h->host);
        json_destroy(*reply);
    }
    return error;
}

/* Writes 'txn', which it takes. */
static char *
write_change(struct hook *h, const struct hook_change *change,
             struct json *txn, bool *conflict)
{
    size_t last = hook_txn_n_ops(txn) - 1;
    struct json *reply;
    char *error = hook_db_transact(h->ext, txn, &reply, conflict);

    if (!error) {
        if (change->raise) {
            h->cfg = hook_row_integer(hook_reply_row(reply, last, 0), "cfg");
        }
        json_destroy(reply);
    }
    return error;
}

/* See hook.h. */
char *
hook_change(struct hook *h, const struct hook_change *change)
{
    bool conflict = true;
    char *error = NULL;

    for (int i = 0; i < MAX_TRIES && conflict; i++) {
        struct json *reply, *txn;

        free(error);
        error = read_for_change(h, change, &reply);
        if (error) {
            break;
        }
        txn = hook_txn_create("OVS_Ext");
        hook_txn_comment(txn, h->name);
        change->plan(txn, reply, h, change->aux);
        if (change->raise) {
            hook_plan_cfg(txn, reply);
        }
        json_destroy(reply);
        if (hook_txn_n_ops(txn) < 2) {
            json_destroy(txn);
            break;
        }
        error = write_change(h, change, txn, &conflict);
    }
    return error;
}

/* Waits until what hook_change() wrote last is in effect on this host. */
char *
hook_wait(struct hook *h)
{
    const struct hook_db_counter counter = {
        "OVS_Ext", "Host", h->host, "cfg",
    };
    bool late;
    char *error = hook_db_wait(h->ext, &counter, h->cfg, &late);

    if (late) {
        char *pidfile = xasprintf("%s/ovs-ext.pid", ovs_rundir());
        bool running = read_pidfile(pidfile) > 0;

        free(pidfile);
        free(error);
        error = xasprintf("not in effect on this host within %u s; %s",
                          h->timeout,
                          running ? "see \"ovs-appctl -t ovs-ext status\""
                          : "ovs-ext does not run, start it");
    }
    return error;
}
