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

#ifndef OVSDB_SYNC_DB_CREATE_H
#define OVSDB_SYNC_DB_CREATE_H 1

/* Creation of the OVS_Ext database in the host's own ovsdb-server.
 *
 * Asks that server which databases it has.  If OVS_Ext is not among them,
 * creates its file if need be and has the server add it, by the server's
 * control socket, as "ovs-appctl ovsdb-server/add-db" would.  If it is there
 * with an older version of the schema, has the server convert it in place.
 * Then keeps its connection, to see when the server goes and comes back, and
 * begins again.
 *
 * Never blocks, but for the creation of the file.  ext_sync runs it; nobody
 * else needs to.
 *
 * A failure is problem "database" of "host", and is tried again with
 * backoff. */

#include <stdbool.h>

struct db_create;
struct problems;

struct db_create *db_create_create(void);
void db_create_destroy(struct db_create *);

/* Is 'remote' the local ovsdb-server's socket? */
bool db_create_is_local(const char *remote);

/* Does what is to be done next.  Returns true if the database was found, added
 * or converted just now, so that connecting to it is worth while. */
bool db_create_run(struct db_create *, struct problems *);
void db_create_wait(struct db_create *);

/* Is the database there?  Or did it fail to come into being? */
bool db_create_is_present(const struct db_create *);
bool db_create_has_failed(const struct db_create *);

#endif /* ovsdb-sync/db-create.h */
