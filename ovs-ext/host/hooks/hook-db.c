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
#include "ovs-ext/host/hooks/hook-db.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

struct hook_db {
    char *remote;               /* The one that answered. */
    struct jsonrpc *rpc;
    long long int deadline;     /* ms. */
};

/* Connects to 'remote'.  Returns 0 or an errno. */
static int
open_remote(const char *remote, long long int deadline, struct jsonrpc **rpc)
{
    long long int left = deadline - time_msec();
    struct stream *stream;
    int error;

    error = stream_open_block(
        jsonrpc_stream_open(remote, &stream, DSCP_DEFAULT), MAX(left, 1),
        &stream);
    if (!error) {
        *rpc = jsonrpc_open(stream);
    }
    return error;
}

/* Connects to the first of 'remotes', a list with commas, that answers. */
char *
hook_db_open(const char *remotes, long long int deadline,
             struct hook_db **dbp)
{
    char *copy = xstrdup(remotes);
    char *save_ptr = NULL;
    int error = 0;

    *dbp = NULL;
    for (const char *remote = strtok_r(copy, ", ", &save_ptr);
         remote && !*dbp; remote = strtok_r(NULL, ", ", &save_ptr)) {
        struct jsonrpc *rpc;

        error = open_remote(remote, deadline, &rpc);
        if (!error) {
            *dbp = xmalloc(sizeof **dbp);
            (*dbp)->remote = xstrdup(remote);
            (*dbp)->rpc = rpc;
            (*dbp)->deadline = deadline;
        }
    }
    free(copy);
    return (*dbp ? NULL
            : xasprintf("%s: no connection to ovsdb-server (%s); is it "
                        "running?", remotes, ovs_retval_to_string(error)));
}

/* Closes 'db', which may be null. */
void
hook_db_close(struct hook_db *db)
{
    if (db) {
        jsonrpc_close(db->rpc);
        free(db->remote);
        free(db);
    }
}

/* Sets the time at which what is done with 'db' fails. */
void
hook_db_set_deadline(struct hook_db *db, long long int deadline)
{
    db->deadline = deadline;
}

static char *
db_error(const struct hook_db *db, int error)
{
    return (error == ETIMEDOUT
            ? xasprintf("%s: ovsdb-server does not answer", db->remote)
            : xasprintf("%s: connection to ovsdb-server lost (%s)",
                        db->remote, ovs_retval_to_string(error)));
}

/* Answers 'msg' if the server wants to know whether we are there.  Returns
 * true if so, and then frees it. */
static bool
answer_echo(struct hook_db *db, struct jsonrpc_msg *msg)
{
    if (msg->type != JSONRPC_REQUEST || strcmp(msg->method, "echo")) {
        return false;
    }
    jsonrpc_send(db->rpc, jsonrpc_create_reply(json_clone(msg->params),
                                               msg->id));
    jsonrpc_msg_destroy(msg);
    return true;
}

/* Stores the next message in '*msg', which the caller frees.  Returns 0 or an
 * errno. */
static int
receive(struct hook_db *db, struct jsonrpc_msg **msg)
{
    for (;;) {
        int error;

        jsonrpc_run(db->rpc);
        error = jsonrpc_recv(db->rpc, msg);
        if (!error && answer_echo(db, *msg)) {
            continue;
        } else if (error != EAGAIN) {
            return error;
        } else if (time_msec() >= db->deadline) {
            return ETIMEDOUT;
        }
        jsonrpc_wait(db->rpc);
        jsonrpc_recv_wait(db->rpc);
        poll_timer_wait_until(db->deadline);
        poll_block();
    }
}

/* Sends a request and stores the result of its reply in '*result', which the
 * caller frees.  Takes 'params'. */
static char *
request(struct hook_db *db, const char *method, struct json *params,
        struct json **result)
{
    struct jsonrpc_msg *msg = NULL;
    struct json *id;
    int error;

    *result = NULL;
    error = jsonrpc_send(db->rpc, jsonrpc_create_request(method, params, &id));
    while (!error) {
        error = receive(db, &msg);
        if (!error && (msg->type == JSONRPC_REPLY
                       || msg->type == JSONRPC_ERROR)
            && json_equal(msg->id, id)) {
            break;
        }
        if (!error) {
            jsonrpc_msg_destroy(msg);
        }
    }
    json_destroy(id);
    if (error) {
        return db_error(db, error);
    } else if (msg->type == JSONRPC_ERROR) {
        char *text = json_to_string(msg->error, 0);
        char *s = (strstr(text, "unknown database")
                   ? xasprintf("%s: there is no database OVS_Ext; ovs-ext "
                               "creates it when it starts", db->remote)
                   : xasprintf("%s: ovsdb-server refuses %s (%s)",
                               db->remote, method, text));

        free(text);
        jsonrpc_msg_destroy(msg);
        return s;
    }
    *result = msg->result;
    msg->result = NULL;
    jsonrpc_msg_destroy(msg);
    return NULL;
}

/* See hook-db.h. */
char *
hook_db_transact(struct hook_db *db, struct json *txn, struct json **reply,
                 bool *conflict)
{
    char *error, *text;

    *conflict = false;
    error = request(db, "transact", txn, reply);
    if (error) {
        return error;
    }
    text = hook_reply_error(*reply, conflict);
    if (text) {
        error = xasprintf("%s: the database refuses the change (%s)",
                          db->remote, text);
        free(text);
        json_destroy(*reply);
        *reply = NULL;
    }
    return error;
}

/* Raises '*value' to that of 'counter' in 'updates', {TABLE: {UUID: {KIND:
 * ROW}}}. */
static void
read_updates(const struct json *updates,
             const struct hook_db_counter *counter, int64_t *value)
{
    const struct json *table
        = (updates && updates->type == JSON_OBJECT
           ? shash_find_data(json_object(updates), counter->table) : NULL);
    const struct shash_node *row, *kind;

    if (!table || table->type != JSON_OBJECT) {
        return;
    }
    SHASH_FOR_EACH (row, json_object(table)) {
        const struct json *update = row->data;

        if (update->type != JSON_OBJECT) {
            continue;
        }
        SHASH_FOR_EACH (kind, json_object(update)) {
            int64_t new = hook_row_integer(kind->data, counter->column);

            *value = MAX(*value, new);
        }
    }
}

/* What monitor_cond (ovsdb-server(7) section 4.1.12) is asked for. */
static struct json *
monitor_params(const struct hook_db_counter *counter)
{
    struct json *params = json_object_create();
    struct json *tables = json_object_create();

    json_object_put(params, "columns", json_array_create_1(
        json_string_create(counter->column)));
    if (counter->name) {
        json_object_put(params, "where",
                        hook_where_name("name", counter->name));
    }
    json_object_put(tables, counter->table, json_array_create_1(params));
    return json_array_create_3(json_string_create(counter->database),
                               json_string_create(counter->table), tables);
}

/* See hook-db.h. */
char *
hook_db_wait(struct hook_db *db, const struct hook_db_counter *counter,
             int64_t value, bool *late)
{
    struct json *initial;
    int64_t have = 0;
    char *error;

    *late = false;
    error = request(db, "monitor_cond", monitor_params(counter), &initial);
    if (error) {
        return error;
    }
    read_updates(initial, counter, &have);
    json_destroy(initial);
    while (have < value) {
        struct jsonrpc_msg *msg;
        int retval = receive(db, &msg);

        if (retval) {
            *late = retval == ETIMEDOUT;
            return db_error(db, retval);
        }
        if (msg->type == JSONRPC_NOTIFY && !strcmp(msg->method, "update2")
            && msg->params->type == JSON_ARRAY
            && json_array(msg->params)->n >= 2) {
            read_updates(json_array(msg->params)->elems[1], counter, &have);
        }
        jsonrpc_msg_destroy(msg);
    }
    return NULL;
}
