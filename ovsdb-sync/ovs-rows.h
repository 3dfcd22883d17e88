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

#ifndef OVSDB_SYNC_OVS_ROWS_H
#define OVSDB_SYNC_OVS_ROWS_H 1

/* Finding rows of Open_vSwitch by name, for the ovs-*.c. */

struct ovsdb_idl;
struct ovsdb_idl_index;
struct ovsrec_bridge;
struct ovsrec_interface;
struct ovsrec_port;

struct ovsdb_idl_index *ovs_index_interfaces(struct ovsdb_idl *);
const struct ovsrec_interface *ovs_find_interface(struct ovsdb_idl_index *,
                                                  const char *name);
struct ovsrec_port *ovs_find_port(const struct ovsrec_bridge *,
                                  const char *name);

#endif /* ovsdb-sync/ovs-rows.h */
