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

#ifndef OVSDB_SYNC_EXT_SYNC_H
#define OVSDB_SYNC_EXT_SYNC_H 1

/* The OVS_Ext database.
 *
 * Gives VPC, Network and Port rows to the model as facts (row-parse.h and
 * row-network.h read their text) and writes back what became of them
 * (status-plan.h says what): this host's row, and "up", "host" and problems of
 * the rows that it serves.
 *
 * If the remote is the default one, the host's own ovsdb-server, db-create.h
 * sees to it that there is such a database.
 *
 * Implicit networks and ports have to work where there can be no OVS_Ext at
 * all, because its file cannot be created: then ext_sync_is_synced() says true
 * all the same, and what the database says comes as a change, whenever it
 * comes.  A database that is away, however, is waited for: without it, what a
 * predecessor of ours left in switch and kernel means nothing.  While the
 * connection is lost, what was known last stays.  If that takes more than
 * EXT_SYNC_PATIENCE ms, it is a problem of the host. */

#include <stdbool.h>
#include <stdint.h>

struct ext_sync;
struct model;

/* ms. */
#define EXT_SYNC_PATIENCE 10000

struct ext_sync *ext_sync_create(void);
void ext_sync_destroy(struct ext_sync *);

/* 'remote' is a list of remotes, 'host_name' the key of our Host row; either
 * is null while it is not known yet, and then nothing happens. */
void ext_sync_run(struct ext_sync *, struct model *, const char *remote,
                  const char *host_name);
void ext_sync_wait(struct ext_sync *);

bool ext_sync_is_synced(const struct ext_sync *);
bool ext_sync_is_known(const struct ext_sync *);
bool ext_sync_is_connected(const struct ext_sync *);

/* OVS_Ext.cfg as ext_sync_run() last saw it, 0 if there is none. */
int64_t ext_sync_cfg(const struct ext_sync *);

/* Writes the status of what changed in the model, which it takes from there.
 * 'cfg_done' is the last cfg that is wholly in effect here (0 for none);
 * 'all_done' says that nothing is waiting to be applied or acknowledged, so
 * that a port that is active is up. */
void ext_sync_status(struct ext_sync *, struct model *, int64_t cfg_done,
                     bool all_done);

#endif /* ovsdb-sync/ext-sync.h */
