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
#include "ovsdb-sync/ext-known.h"

#include <stdlib.h>
#include <string.h>
#include "coverage.h"
#include "util.h"
#include "uuid.h"

COVERAGE_DEFINE(ext_sync_row);

/* Returns what is known of the row with 'uuid', or null. */
struct ext_known *
ext_known_find(const struct hmap *known_rows, const struct uuid *uuid)
{
    struct ext_known *known;

    HMAP_FOR_EACH_WITH_HASH (known, hmap_node, uuid_hash(uuid), known_rows) {
        if (uuid_equals(&known->uuid, uuid)) {
            return known;
        }
    }
    return NULL;
}

/* Notes that the model is told 'text', which is taken, of the row with 'uuid'.
 * Returns false if it knows that already. */
bool
ext_known_update(struct hmap *known_rows, const struct uuid *uuid,
                 const char *name, char *text)
{
    struct ext_known *known = ext_known_find(known_rows, uuid);

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

/* Forgets 'known', one of 'known_rows', and frees it. */
void
ext_known_destroy(struct hmap *known_rows, struct ext_known *known)
{
    hmap_remove(known_rows, &known->hmap_node);
    free(known->name);
    free(known->text);
    free(known);
}

/* Forgets all of 'known_rows', which is destroyed too. */
void
ext_known_destroy_all(struct hmap *known_rows)
{
    struct ext_known *known;

    HMAP_FOR_EACH_SAFE (known, hmap_node, known_rows) {
        ext_known_destroy(known_rows, known);
    }
    hmap_destroy(known_rows);
}
