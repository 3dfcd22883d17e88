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
#include "ovs-ext/host/hooks/hook-txn.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "smap.h"
#include "svec.h"
#include "util.h"

/* Returns a new transaction on 'database', without operations. */
struct json *
hook_txn_create(const char *database)
{
    return json_array_create_1(json_string_create(database));
}

/* Returns how many operations 'txn' has. */
size_t
hook_txn_n_ops(const struct json *txn)
{
    return json_array(txn)->n - 1;
}

/* Returns the condition that 'function' ("==", "includes", ...) holds between
 * 'column' and 'value'. */
struct json *
hook_where(const char *column, const char *function, struct json *value)
{
    return json_array_create_1(json_array_create_3(
        json_string_create(column), json_string_create(function), value));
}

/* Returns the condition that 'column' is the string 'value'. */
struct json *
hook_where_name(const char *column, const char *value)
{
    return hook_where(column, "==", json_string_create(value));
}

static struct json *
add_op(struct json *txn, const char *name, const char *table)
{
    struct json *op = json_object_create();

    json_object_put_string(op, "op", name);
    if (table) {
        json_object_put_string(op, "table", table);
    }
    json_array_add(txn, op);
    return op;
}

static struct json *
add_op_where(struct json *txn, const char *name, const char *table,
             struct json *where)
{
    struct json *op = add_op(txn, name, table);

    json_object_put(op, "where", where ? where : json_array_create_empty());
    return op;
}

/* Adds the selection of 'columns', names with blanks in between, of rows of
 * 'table'. */
void
hook_txn_select(struct json *txn, const char *table, struct json *where,
                const char *columns)
{
    struct json *op = add_op_where(txn, "select", table, where);
    struct json *names = json_array_create_empty();
    struct svec list = SVEC_EMPTY_INITIALIZER;
    const char *name;
    size_t i;

    svec_parse_words(&list, columns);
    SVEC_FOR_EACH (i, name, &list) {
        json_array_add(names, json_string_create(name));
    }
    svec_destroy(&list);
    json_object_put(op, "columns", names);
}

/* Adds a new row of 'table', which other rows of the transaction may refer to
 * by 'uuid_name' unless that is null.  Returns it, to be filled; it stays the
 * transaction's. */
struct json *
hook_txn_insert(struct json *txn, const char *table, const char *uuid_name)
{
    struct json *op = add_op(txn, "insert", table);
    struct json *row = json_object_create();

    json_object_put(op, "row", row);
    if (uuid_name) {
        json_object_put_string(op, "uuid-name", uuid_name);
    }
    return row;
}

/* Adds a change of rows of 'table'.  Returns the new values, to be filled;
 * they stay the transaction's. */
struct json *
hook_txn_update(struct json *txn, const char *table, struct json *where)
{
    struct json *op = add_op_where(txn, "update", table, where);
    struct json *row = json_object_create();

    json_object_put(op, "row", row);
    return row;
}

/* Adds the deletion of rows of 'table'. */
void
hook_txn_delete(struct json *txn, const char *table, struct json *where)
{
    add_op_where(txn, "delete", table, where);
}

/* Adds the change of 'column' of rows of 'table' by 'mutator' ("+=", "insert",
 * "delete") and 'value'. */
void
hook_txn_mutate(struct json *txn, const char *table, struct json *where,
                const char *column, const char *mutator, struct json *value)
{
    struct json *op = add_op_where(txn, "mutate", table, where);

    json_object_put(op, "mutations", json_array_create_1(json_array_create_3(
        json_string_create(column), json_string_create(mutator), value)));
}

/* Adds 'text' for the log of the database. */
void
hook_txn_comment(struct json *txn, const char *text)
{
    json_object_put_string(add_op(txn, "comment", NULL), "comment", text);
}

/* Returns a reference to the row with 'uuid'. */
struct json *
hook_json_uuid(const char *uuid)
{
    return json_array_create_2(json_string_create("uuid"),
                               json_string_create(uuid));
}

/* Returns a reference to the new row named 'name'. */
struct json *
hook_json_named_uuid(const char *name)
{
    return json_array_create_2(json_string_create("named-uuid"),
                               json_string_create(name));
}

/* Returns an empty set. */
struct json *
hook_json_set(void)
{
    return json_array_create_2(json_string_create("set"),
                               json_array_create_empty());
}

/* Adds 'value' to 'set'. */
void
hook_json_set_add(struct json *set, struct json *value)
{
    json_array_add(json_array(set)->elems[1], value);
}

/* Returns an empty map. */
struct json *
hook_json_map(void)
{
    return json_array_create_2(json_string_create("map"),
                               json_array_create_empty());
}

/* Adds 'value' to 'map' as that of 'key'. */
void
hook_json_map_add(struct json *map, struct json *key, struct json *value)
{
    json_array_add(json_array(map)->elems[1],
                   json_array_create_2(key, value));
}

/* Returns element 'i' of array 'json', or null. */
static const struct json *
element(const struct json *json, size_t i)
{
    return (json && json->type == JSON_ARRAY && i < json_array(json)->n
            ? json_array(json)->elems[i] : NULL);
}

/* Returns member 'name' of object 'json', or null. */
static const struct json *
member(const struct json *json, const char *name)
{
    return (json && json->type == JSON_OBJECT
            ? shash_find_data(json_object(json), name) : NULL);
}

static bool
is_string(const struct json *json)
{
    return json && json->type == JSON_STRING;
}

/* If 'json' is ["kind", X], returns X, else null. */
static const struct json *
tagged(const struct json *json, const char *kind)
{
    const struct json *tag = element(json, 0);

    return (is_string(tag) && !strcmp(json_string(tag), kind)
            ? element(json, 1) : NULL);
}

static size_t
array_size(const struct json *json)
{
    return json && json->type == JSON_ARRAY ? json_array(json)->n : 0;
}

/* Returns the number of rows that operation 'op' selected. */
size_t
hook_reply_n_rows(const struct json *reply, size_t op)
{
    return array_size(member(element(reply, op), "rows"));
}

/* Returns row number 'row' of those that operation 'op' selected, or null. */
const struct json *
hook_reply_row(const struct json *reply, size_t op, size_t row)
{
    return element(member(element(reply, op), "rows"), row);
}

/* Returns the string that 'column' of 'row' is; "" if it is none, as an
 * optional one that is not set. */
const char *
hook_row_string(const struct json *row, const char *column)
{
    const struct json *json = member(row, column);

    return is_string(json) ? json_string(json) : "";
}

/* Returns the integer that 'column' of 'row' is, else 0. */
int64_t
hook_row_integer(const struct json *row, const char *column)
{
    const struct json *json = member(row, column);

    return json && json->type == JSON_INTEGER ? json_integer(json) : 0;
}

/* Returns true if 'column' of 'row' is. */
bool
hook_row_is_true(const struct json *row, const char *column)
{
    const struct json *json = member(row, column);

    return json && json->type == JSON_TRUE;
}

/* Returns the UUID that 'column' of 'row' is, or null. */
const char *
hook_row_uuid(const struct json *row, const char *column)
{
    const struct json *json = tagged(member(row, column), "uuid");

    return is_string(json) ? json_string(json) : NULL;
}

/* Adds to 'values' what 'get' makes of each element of the set that 'column'
 * of 'row' is; a set of one element is that element. */
static void
read_set(const struct json *row, const char *column,
         const char *(*get)(const struct json *), struct svec *values)
{
    const struct json *json = member(row, column);
    const struct json *elements = tagged(json, "set");
    const char *value;

    for (size_t i = 0; elements && i < array_size(elements); i++) {
        value = get(element(elements, i));
        if (value) {
            svec_add(values, value);
        }
    }
    value = json && !elements ? get(json) : NULL;
    if (value) {
        svec_add(values, value);
    }
}

static const char *
get_string(const struct json *json)
{
    return is_string(json) ? json_string(json) : NULL;
}

static const char *
get_uuid(const struct json *json)
{
    return get_string(tagged(json, "uuid"));
}

/* Adds the strings that 'column' of 'row' has to 'values'. */
void
hook_row_strings(const struct json *row, const char *column,
                 struct svec *values)
{
    read_set(row, column, get_string, values);
}

/* Adds the UUIDs that 'column' of 'row' has to 'values'. */
void
hook_row_uuids(const struct json *row, const char *column,
               struct svec *values)
{
    read_set(row, column, get_uuid, values);
}

/* Returns 'json', a string or an integer, as malloc'd text, else null. */
static char *
to_text(const struct json *json)
{
    return (is_string(json) ? xstrdup(json_string(json))
            : json && json->type == JSON_INTEGER
            ? xasprintf("%lld", (long long int) json_integer(json)) : NULL);
}

/* Adds to 'map' the pairs of strings or integers that 'column' of 'row'
 * has. */
void
hook_row_map(const struct json *row, const char *column, struct smap *map)
{
    const struct json *pairs = tagged(member(row, column), "map");

    for (size_t i = 0; i < array_size(pairs); i++) {
        char *key = to_text(element(element(pairs, i), 0));
        char *value = to_text(element(element(pairs, i), 1));

        if (key && value) {
            smap_replace(map, key, value);
        }
        free(key);
        free(value);
    }
}

/* See hook-txn.h. */
char *
hook_reply_error(const struct json *reply, bool *conflict)
{
    static const char *const conflicts[] = {
        "constraint violation", "referential integrity violation",
        "timed out",
    };

    *conflict = false;
    for (size_t i = 0; i < array_size(reply); i++) {
        const struct json *op = element(reply, i);
        const struct json *error = member(op, "error");

        if (is_string(error)) {
            const struct json *details = member(op, "details");
            const char *name = json_string(error);

            for (size_t j = 0; j < ARRAY_SIZE(conflicts); j++) {
                *conflict |= !strcmp(name, conflicts[j]);
            }
            return xasprintf("%s%s%s", name, details ? ": " : "",
                             is_string(details) ? json_string(details) : "");
        }
    }
    return NULL;
}
