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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_TXN_H
#define OVS_EXT_HOST_HOOKS_HOOK_TXN_H 1

/* Transactions of OVSDB as JSON (RFC 7047 section 4.1.3), and what comes back.
 *
 * Pure.  A hook lives for some milliseconds, in which an IDL would fetch the
 * schema and every row that others may ever refer to; so it asks for the few
 * values that it needs and writes what it has to, in one transaction.  Names
 * that are unique in the schema keep two that are at it at the same time from
 * writing things twice: the second one fails as a whole, and begins again.
 *
 *     struct json *txn = hook_txn_create("OVS_Ext");
 *     hook_txn_select(txn, "Port", hook_where("name", "==", name), "ips");
 *     ...
 *     const struct json *row = hook_reply_row(reply, 0, 0);
 *
 * JSON that is passed in is taken.  What is read from a reply stays the
 * reply's; a value that is missing or of another type reads as empty, for the
 * server is not trusted to have our schema. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json;
struct smap;
struct svec;

struct json *hook_txn_create(const char *database);
size_t hook_txn_n_ops(const struct json *txn);

/* Conditions: null matches all rows. */
struct json *hook_where(const char *column, const char *function,
                        struct json *value);
struct json *hook_where_name(const char *column, const char *value);

/* Operations. */
void hook_txn_select(struct json *txn, const char *table, struct json *where,
                     const char *columns);
struct json *hook_txn_insert(struct json *txn, const char *table,
                             const char *uuid_name);
struct json *hook_txn_update(struct json *txn, const char *table,
                             struct json *where);
void hook_txn_delete(struct json *txn, const char *table, struct json *where);
void hook_txn_mutate(struct json *txn, const char *table, struct json *where,
                     const char *column, const char *mutator,
                     struct json *value);
void hook_txn_comment(struct json *txn, const char *text);

/* Values. */
struct json *hook_json_uuid(const char *uuid);
struct json *hook_json_named_uuid(const char *name);
struct json *hook_json_set(void);
void hook_json_set_add(struct json *set, struct json *value);
struct json *hook_json_map(void);
void hook_json_map_add(struct json *map, struct json *key,
                       struct json *value);

/* Replies. */
size_t hook_reply_n_rows(const struct json *reply, size_t op);
const struct json *hook_reply_row(const struct json *reply, size_t op,
                                  size_t row);
const char *hook_row_string(const struct json *row, const char *column);
int64_t hook_row_integer(const struct json *row, const char *column);
bool hook_row_is_true(const struct json *row, const char *column);
const char *hook_row_uuid(const struct json *row, const char *column);
void hook_row_strings(const struct json *row, const char *column,
                      struct svec *);
void hook_row_uuids(const struct json *row, const char *column, struct svec *);
void hook_row_map(const struct json *row, const char *column, struct smap *);

/* Returns null, or the malloc'd error of a 'reply' of which an operation
 * failed; '*conflict' tells if it may well work when it is tried again. */
char *hook_reply_error(const struct json *reply, bool *conflict);

#endif /* ovs-ext/host/hooks/hook-txn.h */
