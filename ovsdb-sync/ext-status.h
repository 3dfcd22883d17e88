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
 * the rows and what status-plan.h says that they should say. */

#include <stdbool.h>
#include <stdint.h>

struct model;
struct ovsdb_idl;
struct ovsdb_idl_txn;

void ext_status_write(struct ovsdb_idl *, struct ovsdb_idl_txn *,
                      const struct model *, const char *host_name,
                      int64_t cfg_done, bool all_done);

#endif /* ovsdb-sync/ext-status.h */
