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

#ifndef OVSDB_SYNC_EXT_KNOWN_H
#define OVSDB_SYNC_EXT_KNOWN_H 1

/* Rows as the model knows them.
 *
 * The IDL tells which rows may have changed; what the model was told of each
 * is kept here as a text, so that it is told only what is new, and of a row
 * that is gone what its name was.  Rows are told apart by UUID, as they may be
 * renamed, and a name may go from one to another. */

#include <stdbool.h>
#include "openvswitch/hmap.h"
#include "openvswitch/uuid.h"

struct ext_known {
    struct hmap_node hmap_node; /* In a 'struct hmap', by 'uuid'. */
    struct uuid uuid;
    char *name;
    char *text;                 /* All that the model was told. */
};

struct ext_known *ext_known_find(const struct hmap *, const struct uuid *);
bool ext_known_update(struct hmap *, const struct uuid *, const char *name,
                      char *text);
void ext_known_destroy(struct hmap *, struct ext_known *);
void ext_known_destroy_all(struct hmap *);

#endif /* ovsdb-sync/ext-known.h */
