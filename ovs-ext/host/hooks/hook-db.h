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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_DB_H
#define OVS_EXT_HOST_HOOKS_HOOK_DB_H 1

/* A connection to a database server, for as long as a hook lives.
 *
 * Everything blocks, but not beyond 'deadline', in milliseconds of
 * time_msec().  Functions return null or a malloc'd error that names the
 * server.  After an error, there is nothing to be done with the connection but
 * closing it; unless it is a conflict, see hook_db_transact(). */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/compiler.h"

struct hook_db;
struct json;

char *hook_db_open(const char *remotes, long long int deadline,
                   struct hook_db **) OVS_WARN_UNUSED_RESULT;
void hook_db_close(struct hook_db *);
void hook_db_set_deadline(struct hook_db *, long long int deadline);

/* Runs transaction 'txn', which it takes, and stores the results in '*reply',
 * which the caller frees.  '*conflict' tells if it failed only because someone
 * else was at it too: then the same, made anew from what is there now, may
 * work. */
char *hook_db_transact(struct hook_db *, struct json *txn,
                       struct json **reply, bool *conflict)
    OVS_WARN_UNUSED_RESULT;

/* An integer in a database that somebody else raises: in the row of 'table'
 * named 'name', or in any if that is null. */
struct hook_db_counter {
    const char *database;
    const char *table;
    const char *name;
    const char *column;
};

/* Waits until 'counter' is at least 'value'.  '*late' tells if the error is
 * that it is not at the deadline. */
char *hook_db_wait(struct hook_db *, const struct hook_db_counter *counter,
                   int64_t value, bool *late) OVS_WARN_UNUSED_RESULT;

#endif /* ovs-ext/host/hooks/hook-db.h */
