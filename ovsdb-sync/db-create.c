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
#include "ovsdb-sync/db-create.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "coverage.h"
#include "daemon.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/problem.h"
#include "ovsdb-error.h"
#include "ovsdb/log.h"
#include "ovsdb/ovsdb.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(db_create);

COVERAGE_DEFINE(db_create_failed);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

#define DB_NAME "OVS_Ext"

/* In ms. */
#define MIN_BACKOFF 250
#define MAX_BACKOFF 16000
#define REPLY_TIMEOUT 10000

static const char schema_text[] =
#include "ovsdb-sync/ovs-ext-schema.inc"
    ;

enum state {
    STATE_IDLE,                 /* Not connected; wait for 'deadline'. */
    STATE_LISTING,              /* "list_dbs" sent on 'rpc'. */
    STATE_ADDING,               /* "add-db" sent on 'ctl'. */
    STATE_CHECKING,             /* "get_schema" sent on 'rpc'. */
    STATE_CONVERTING,           /* "convert" sent on 'rpc'. */
    STATE_WATCHING,             /* All is well; 'rpc' tells if it ends. */
};

struct db_create {
    enum state state;
    struct jsonrpc *rpc;        /* To the database socket, or null. */
    struct jsonrpc *ctl;        /* To the control socket, or null. */
    struct json *id;            /* Of the request that waits, or null. */
    long long int deadline;     /* ms: of the reply, or of the backoff. */
    int backoff;                /* ms. */
    bool present;
    bool failed;
    bool news;                  /* For db_create_run() to return. */
};

/* Returns a new db_create, which has done nothing yet. */
struct db_create *
db_create_create(void)
{
    struct db_create *dc = xzalloc(sizeof *dc);

    dc->backoff = MIN_BACKOFF;
    return dc;
}

static void
db_create_close(struct db_create *dc)
{
    jsonrpc_close(dc->rpc);
    jsonrpc_close(dc->ctl);
    json_destroy(dc->id);
    dc->rpc = dc->ctl = NULL;
    dc->id = NULL;
    dc->state = STATE_IDLE;
    dc->present = false;
}

/* Frees 'dc'. */
void
db_create_destroy(struct db_create *dc)
{
    if (dc) {
        db_create_close(dc);
        free(dc);
    }
}

/* See db-create.h. */
bool
db_create_is_local(const char *remote)
{
    char *local = xasprintf("%s/db.sock", ovs_rundir());
    struct stat a, b;
    bool same = false;

    if (!strncmp(remote, "unix:", 5)) {
        char *path = abs_file_name(ovs_rundir(), remote + 5);

        same = (!strcmp(path, local)
                || (!stat(path, &a) && !stat(local, &b)
                    && a.st_dev == b.st_dev && a.st_ino == b.st_ino));
        free(path);
    }
    free(local);
    return same;
}

/* Begins again after a pause. */
static void
db_create_retry(struct db_create *dc)
{
    db_create_close(dc);
    dc->deadline = time_msec() + dc->backoff;
    dc->backoff = MIN(dc->backoff * 2, MAX_BACKOFF);
}

/* Makes 'error', which it takes, the host's problem and tries again later. */
static void
db_create_fail(struct db_create *dc, struct problems *problems, char *error)
{
    COVERAGE_INC(db_create_failed);
    if (problem_set(problems, "host", "database", "%s", error)) {
        VLOG_WARN("%s", error);
    }
    free(error);
    dc->failed = true;
    db_create_retry(dc);
}

/* Says that the database is there. */
static void
db_create_finish(struct db_create *dc, struct problems *problems)
{
    problem_clear(problems, "host", "database");
    dc->state = STATE_WATCHING;
    dc->backoff = MIN_BACKOFF;
    dc->present = true;
    dc->failed = false;
    dc->news = true;
}

/* Sends a request on 'rpc' and makes its reply what 'state' waits for.  Takes
 * 'params'. */
static void
db_create_send(struct db_create *dc, struct jsonrpc *rpc, enum state state,
               const char *method, struct json *params)
{
    json_destroy(dc->id);
    dc->id = NULL;
    /* An error closes 'rpc', which db_create_recv() sees. */
    jsonrpc_send(rpc, jsonrpc_create_request(method, params, &dc->id));
    dc->state = state;
    dc->deadline = time_msec() + REPLY_TIMEOUT;
}

/* Opens a JSON-RPC connection to the Unix socket 'path', which takes no time.
 * Returns 0 or a positive errno. */
static int
db_create_open(const char *path, struct jsonrpc **rpc)
{
    char *name = xasprintf("unix:%s", path);
    struct stream *stream;
    int error = jsonrpc_stream_open(name, &stream, DSCP_DEFAULT);

    *rpc = error ? NULL : jsonrpc_open(stream);
    free(name);
    return error;
}

static void
db_create_start(struct db_create *dc)
{
    char *path = xasprintf("%s/db.sock", ovs_rundir());
    int error = db_create_open(path, &dc->rpc);

    if (error) {
        VLOG_DBG_RL(&rl, "%s: %s", path, ovs_strerror(error));
        db_create_retry(dc);
    } else {
        db_create_send(dc, dc->rpc, STATE_LISTING, "list_dbs",
                       json_array_create_empty());
    }
    free(path);
}

/* Writes an empty database with our schema to the new file 'path'.  Returns
 * null, or a malloc'd error. */
static char *
write_file(const char *path)
{
    struct json *json = json_from_string(schema_text);
    struct ovsdb_schema *schema;
    struct ovsdb_error *error;
    struct ovsdb_log *log;

    error = ovsdb_schema_from_json(json, &schema);
    json_destroy(json);
    if (error) {
        return ovsdb_error_to_string_free(error);
    }
    json = ovsdb_schema_to_json(schema);
    ovsdb_schema_destroy(schema);
    error = ovsdb_log_open(path, OVSDB_MAGIC, OVSDB_LOG_CREATE_EXCL, false,
                           &log);
    if (error) {
        json_destroy(json);
        return ovsdb_error_to_string_free(error);
    }
    error = ovsdb_log_write_and_free(log, json);
    if (!error) {
        error = ovsdb_log_commit_block(log);
    }
    ovsdb_log_close(log);
    return error ? ovsdb_error_to_string_free(error) : NULL;
}

/* Gives 'path' to the owner of 'dir', as whom ovsdb-server runs. */
static int
give_file(const char *path, const char *dir)
{
    struct stat s;

    if (geteuid() != 0) {
        return 0;
    }
    return stat(dir, &s) || chown(path, s.st_uid, s.st_gid) ? errno : 0;
}

/* Creates the file 'path' with an empty database, if it is missing: whole or
 * not at all.  Returns null, or a malloc'd error. */
static char *
create_file(const char *path)
{
    char *tmp, *error;

    if (!access(path, F_OK)) {
        return NULL;
    }
    tmp = xasprintf("%s.new", path);
    unlink(tmp);
    error = write_file(tmp);
    if (!error) {
        int err = give_file(tmp, ovs_dbdir());

        if (!err && link(tmp, path) && errno != EEXIST) {
            err = errno;
        }
        if (err) {
            error = xasprintf("%s: %s", path, ovs_strerror(err));
        } else {
            VLOG_INFO("%s: created database %s", path, DB_NAME);
        }
    }
    unlink(tmp);
    free(tmp);
    return error;
}

/* Connects to the control socket of ovsdb-server.  Returns null, or a malloc'd
 * error. */
static char *
open_ctl(struct db_create *dc)
{
    char *pidfile = xasprintf("%s/ovsdb-server.pid", ovs_rundir());
    pid_t pid = read_pidfile(pidfile);
    char *error = NULL;

    if (pid <= 0) {
        error = xasprintf("%s: %s", pidfile, ovs_strerror(-pid));
    } else {
        char *path = xasprintf("%s/ovsdb-server.%ld.ctl", ovs_rundir(),
                               (long int) pid);
        int err = db_create_open(path, &dc->ctl);

        if (err) {
            error = xasprintf("%s: %s", path, ovs_strerror(err));
        }
        free(path);
    }
    free(pidfile);
    return error;
}

/* Returns a malloc'd text for the failure 'error', which it takes, to add the
 * file 'path'. */
static char *
add_error(char *error, const char *path)
{
    char *text = xasprintf("cannot have ovsdb-server add %s (%s); run "
                           "\"ovs-appctl -t ovsdb-server "
                           "ovsdb-server/add-db %s\"", path, error, path);
    free(error);
    return text;
}

static char *
file_name(void)
{
    return xasprintf("%s/ovs-ext.db", ovs_dbdir());
}

/* Has the server add the database, whose file is created if need be. */
static void
db_create_add(struct db_create *dc, struct problems *problems)
{
    char *path = file_name();
    char *error = create_file(path);

    if (error) {
        db_create_fail(dc, problems,
                       xasprintf("cannot create %s (%s); make it with "
                                 "\"ovsdb-tool create\" from "
                                 "ovs-ext.ovsschema", path, error));
        free(error);
    } else {
        error = open_ctl(dc);
        if (error) {
            db_create_fail(dc, problems, add_error(error, path));
        } else {
            db_create_send(dc, dc->ctl, STATE_ADDING, "ovsdb-server/add-db",
                           json_array_create_1(json_string_create(path)));
        }
    }
    free(path);
}

static bool
list_has_db(const struct json *list)
{
    if (list->type == JSON_ARRAY) {
        for (size_t i = 0; i < list->array.n; i++) {
            const struct json *elem = list->array.elems[i];

            if (elem->type == JSON_STRING
                && !strcmp(json_string(elem), DB_NAME)) {
                return true;
            }
        }
    }
    return false;
}

/* Returns true if 'schema', the server's, has a lower version than 'ours'. */
static bool
schema_is_older(const struct json *schema, const struct json *ours)
{
    unsigned int a[3] = { 0, 0, 0 }, b[3] = { 0, 0, 0 };
    const struct json *version = (schema->type == JSON_OBJECT
                                  ? shash_find_data(json_object(schema),
                                                    "version")
                                  : NULL);

    if (version && version->type == JSON_STRING) {
        ovs_scan(json_string(version), "%u.%u.%u", &a[0], &a[1], &a[2]);
    }
    version = shash_find_data(json_object(ours), "version");
    ovs_scan(json_string(version), "%u.%u.%u", &b[0], &b[1], &b[2]);
    for (int i = 0; i < 3; i++) {
        if (a[i] != b[i]) {
            return a[i] < b[i];
        }
    }
    return false;
}

static void
db_create_check(struct db_create *dc)
{
    db_create_send(dc, dc->rpc, STATE_CHECKING, "get_schema",
                   json_array_create_1(json_string_create(DB_NAME)));
}

/* Has the server convert the database if 'schema', which it has, is old. */
static void
db_create_checked(struct db_create *dc, struct problems *problems,
                  const struct json *schema)
{
    struct json *ours = json_from_string(schema_text);

    if (schema_is_older(schema, ours)) {
        VLOG_INFO("converting database %s to version %s of the schema",
                  DB_NAME, json_string(shash_find_data(json_object(ours),
                                                       "version")));
        db_create_send(dc, dc->rpc, STATE_CONVERTING, "convert",
                       json_array_create_2(json_string_create(DB_NAME),
                                           ours));
    } else {
        json_destroy(ours);
        db_create_finish(dc, problems);
    }
}

/* Goes on after the request of the current state succeeded. */
static void
db_create_reply(struct db_create *dc, struct problems *problems,
                const struct json *result)
{
    switch (dc->state) {
    case STATE_LISTING:
        if (list_has_db(result)) {
            db_create_check(dc);
        } else {
            db_create_add(dc, problems);
        }
        break;

    case STATE_ADDING:
        VLOG_INFO("added database %s to ovsdb-server", DB_NAME);
        jsonrpc_close(dc->ctl);
        dc->ctl = NULL;
        db_create_check(dc);
        break;

    case STATE_CHECKING:
        db_create_checked(dc, problems, result);
        break;

    case STATE_CONVERTING:
        db_create_finish(dc, problems);
        break;

    case STATE_IDLE:
    case STATE_WATCHING:
        break;
    }
}

/* Tells what went wrong: the server answered the request of the current state
 * with 'error'. */
static void
db_create_refused(struct db_create *dc, struct problems *problems,
                  const struct json *error)
{
    char *text = (error && error->type == JSON_STRING
                  ? xstrdup(json_string(error))
                  : json_to_string(error, JSSF_SORT));
    char *path = file_name();

    text[strcspn(text, "\n")] = '\0';
    if (dc->state == STATE_ADDING) {
        db_create_fail(dc, problems, add_error(text, path));
    } else {
        db_create_fail(dc, problems,
                       xasprintf("ovsdb-server cannot %s database %s (%s); "
                                 "see its log",
                                 dc->state == STATE_CONVERTING
                                 ? "convert" : "show", DB_NAME, text));
        free(text);
    }
    free(path);
}

static void
db_create_msg(struct db_create *dc, struct problems *problems,
              struct jsonrpc *rpc, const struct jsonrpc_msg *msg)
{
    if (msg->type == JSONRPC_REQUEST && !strcmp(msg->method, "echo")) {
        jsonrpc_send(rpc, jsonrpc_create_reply(json_clone(msg->params),
                                               msg->id));
    } else if ((msg->type == JSONRPC_REPLY || msg->type == JSONRPC_ERROR)
               && dc->id && json_equal(dc->id, msg->id)) {
        json_destroy(dc->id);
        dc->id = NULL;
        if (msg->type == JSONRPC_REPLY) {
            db_create_reply(dc, problems, msg->result);
        } else {
            db_create_refused(dc, problems, msg->error);
        }
    }
}

/* Receives what there is on '*rpc', one of the connections of 'dc'.  Returns
 * false if it ended. */
static bool
db_create_recv(struct db_create *dc, struct problems *problems,
               struct jsonrpc *const *rpc)
{
    struct jsonrpc_msg *msg;

    if (*rpc) {
        jsonrpc_run(*rpc);
        /* What a message makes of 'dc' may close the connection. */
        while (*rpc && !jsonrpc_recv(*rpc, &msg)) {
            db_create_msg(dc, problems, *rpc, msg);
            jsonrpc_msg_destroy(msg);
        }
    }
    return !*rpc || !jsonrpc_get_status(*rpc);
}

/* See db-create.h. */
bool
db_create_run(struct db_create *dc, struct problems *problems)
{
    dc->news = false;
    if (dc->state == STATE_IDLE && time_msec() >= dc->deadline) {
        db_create_start(dc);
    }
    if (dc->state != STATE_IDLE) {
        bool open = (db_create_recv(dc, problems, &dc->rpc)
                     && db_create_recv(dc, problems, &dc->ctl));

        if (dc->state == STATE_IDLE) {
            return false;
        } else if (!open) {
            /* The server went; that is not about this database. */
            VLOG_DBG_RL(&rl, "connection to ovsdb-server ended");
            db_create_retry(dc);
        } else if (dc->state != STATE_WATCHING
                   && time_msec() >= dc->deadline) {
            db_create_fail(dc, problems,
                           xasprintf("ovsdb-server does not answer within %d "
                                     "ms; restart it", REPLY_TIMEOUT));
        }
    }
    return dc->news;
}

/* Makes poll_block() wake up when db_create_run() has something to do. */
void
db_create_wait(struct db_create *dc)
{
    struct jsonrpc *rpcs[] = { dc->rpc, dc->ctl };

    for (size_t i = 0; i < ARRAY_SIZE(rpcs); i++) {
        if (rpcs[i]) {
            jsonrpc_wait(rpcs[i]);
            jsonrpc_recv_wait(rpcs[i]);
        }
    }
    if (dc->state != STATE_WATCHING) {
        poll_timer_wait_until(dc->deadline);
    }
}

/* Returns true if the server has the database, with our schema. */
bool
db_create_is_present(const struct db_create *dc)
{
    return dc->present;
}

/* Returns true if the database is not there and the last attempt to have it
 * failed for a reason other than that the server is not there. */
bool
db_create_has_failed(const struct db_create *dc)
{
    return dc->failed;
}
