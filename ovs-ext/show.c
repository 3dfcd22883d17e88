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
#include "ovs-ext/show.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "svec.h"
#include "table.h"
#include "util.h"

/* Initializes 'show' as an empty table with the null-terminated list of
 * column names, which must be constant strings. */
void
show_init(struct show *show, enum show_style style, const char *column, ...)
{
    va_list args;

    memset(show, 0, sizeof *show);
    show->style = style;
    va_start(args, column);
    for (; column; column = va_arg(args, const char *)) {
        ovs_assert(show->n_columns < SHOW_MAX_COLUMNS);
        show->columns[show->n_columns++] = column;
    }
    va_end(args);
}

static void
show_put(struct show *show, struct json *cell)
{
    if (show->n_cells >= show->allocated_cells) {
        show->cells = x2nrealloc(show->cells, &show->allocated_cells,
                                 sizeof *show->cells);
    }
    show->cells[show->n_cells++] = cell;
}

/* Appends a cell with the text formatted from 'format'. */
void
show_string(struct show *show, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    show_put(show, json_string_create_nocopy(xvasprintf(format, args)));
    va_end(args);
}

/* Appends a cell with the number 'value'. */
void
show_int(struct show *show, long long int value)
{
    show_put(show, json_integer_create(value));
}

/* Appends a cell with 'value', "yes" or "no" in text. */
void
show_bool(struct show *show, bool value)
{
    show_put(show, json_boolean_create(value));
}

/* Appends a cell with the strings of 'list' in their order. */
void
show_list(struct show *show, const struct svec *list)
{
    struct json *array = json_array_create_empty();
    const char *s;
    size_t i;

    SVEC_FOR_EACH (i, s, list) {
        json_array_add(array, json_string_create(s));
    }
    show_put(show, array);
}

static char *
show_cell_text(const struct json *cell)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (cell->type == JSON_STRING) {
        ds_put_cstr(&s, json_string(cell));
    } else if (cell->type == JSON_INTEGER) {
        ds_put_format(&s, "%"PRId64, json_integer(cell));
    } else if (cell->type == JSON_ARRAY) {
        for (size_t i = 0; i < json_array(cell)->n; i++) {
            ds_put_format(&s, "%s%s", i ? " " : "",
                          json_string(json_array(cell)->elems[i]));
        }
    } else {
        ds_put_cstr(&s, json_boolean(cell) ? "yes" : "no");
    }
    return ds_steal_cstr(&s);
}

static char *
show_to_text(const struct show *show)
{
    struct table_style style = TABLE_STYLE_DEFAULT;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct table table;

    style.format = show->style == SHOW_TABLE ? TF_TABLE : TF_LIST;
    table_init(&table);
    for (size_t i = 0; i < show->n_columns; i++) {
        table_add_column(&table, "%s", show->columns[i]);
    }
    for (size_t i = 0; i < show->n_cells; i++) {
        if (!(i % show->n_columns)) {
            table_add_row(&table);
        }
        table_add_cell(&table)->text = show_cell_text(show->cells[i]);
    }
    if (show->n_cells) {
        /* Lists of consecutive commands must not be separated by blank
         * lines, as ovs-vsctl does within one run. */
        table_format_reset();
        table_format(&table, &style, &s);
    }
    table_destroy(&table);
    return ds_steal_cstr(&s);
}

static char *
show_to_json(const struct show *show)
{
    struct json *array = json_array_create_empty();
    char *text;

    for (size_t i = 0; i < show->n_cells; i += show->n_columns) {
        struct json *row = json_object_create();

        for (size_t j = 0; j < show->n_columns; j++) {
            json_object_put(row, show->columns[j],
                            json_clone(show->cells[i + j]));
        }
        json_array_add(array, row);
    }
    text = json_to_string(array, JSSF_PRETTY | JSSF_SORT);
    json_destroy(array);
    return text;
}

/* Frees 'show' and returns it as malloc'd text, or as JSON if 'json'. */
char *
show_finish(struct show *show, bool json)
{
    char *text = json ? show_to_json(show) : show_to_text(show);

    for (size_t i = 0; i < show->n_cells; i++) {
        json_destroy(show->cells[i]);
    }
    free(show->cells);
    return text;
}
