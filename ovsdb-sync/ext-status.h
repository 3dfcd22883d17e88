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

#ifndef OVSDB_SYNC_EXT_STATUS_H
#define OVSDB_SYNC_EXT_STATUS_H 1

/* Writing the status to OVS_Ext.
 *
 * The writing half of ext-sync.h: puts into a transaction what differs between
 * the rows and what status-plan.h says that they should say.
 *
 * It looks at the rows of objects that it was told of, and of those with
 * problems, for the Host row shows what those do not; so that a change costs
 * what it changes, however many rows there are.  A port that waits for
 * 'all_done' to come up is looked at again when that is true. */

#include <stdbool.h>
#include <stdint.h>
#include "sset.h"

struct model;
struct ovsdb_idl;
struct ovsdb_idl_index;
struct ovsdb_idl_txn;

struct ext_status {
    struct ovsdb_idl *idl;      /* Borrowed. */
    struct ovsdb_idl_index *ports; /* By name. */
    struct ovsdb_idl_index *networks; /* By name. */
    struct ovsdb_idl_index *groups; /* By name. */
    struct ovsdb_idl_index *vpcs; /* By name. */
    struct sset objects;        /* To be looked at: "port/vm1", ... */
    struct sset waiting;        /* Likewise, when all is done. */
    bool all;                   /* All are to be looked at. */
};

void ext_status_init(struct ext_status *, struct ovsdb_idl *);
void ext_status_uninit(struct ext_status *);

void ext_status_touch(struct ext_status *, const char *kind,
                      const char *name);
void ext_status_touch_all(struct ext_status *);
void ext_status_take(struct ext_status *, struct sset *objects);
bool ext_status_has_work(const struct ext_status *, bool all_done);

void ext_status_write(struct ext_status *, struct ovsdb_idl_txn *,
                      const struct model *, const char *host_name,
                      int64_t cfg_done, bool all_done);

#endif /* ovsdb-sync/ext-status.h */
