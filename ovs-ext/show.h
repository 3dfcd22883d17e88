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

#ifndef OVS_EXT_SHOW_H
#define OVS_EXT_SHOW_H 1

/* What a command shows: a table, as text or as JSON.
 *
 * A "struct show" has columns and rows of cells; a cell is a JSON string,
 * number, boolean or array of strings.  As JSON it is an array of objects, one
 * a row, with the columns' names as keys.  As text it is what ovs-vsctl would
 * print: a table, or a list with one paragraph a row.
 *
 * Example:
 *
 *     struct show show;
 *
 *     show_init(&show, SHOW_TABLE, "vni", "mac", NULL);
 *     show_int(&show, 10100);
 *     show_string(&show, ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
 *     reply = show_finish(&show, json);
 */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/compiler.h"

struct json;
struct svec;

/* How rows stand in the text. */
enum show_style {
    SHOW_TABLE,                 /* A line each. */
    SHOW_LIST,                  /* A paragraph each, a line a cell. */
};

#define SHOW_MAX_COLUMNS 32

struct show {
    enum show_style style;
    const char *columns[SHOW_MAX_COLUMNS];
    size_t n_columns;
    struct json **cells;        /* Row by row. */
    size_t n_cells, allocated_cells;
};

void show_init(struct show *, enum show_style, const char *column, ...);
void show_string(struct show *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);
void show_int(struct show *, long long int);
void show_bool(struct show *, bool);
void show_list(struct show *, const struct svec *);
char *show_finish(struct show *, bool json);

#endif /* ovs-ext/show.h */
