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

#ifndef OVSDB_SYNC_OVS_TUNNEL_H
#define OVSDB_SYNC_OVS_TUNNEL_H 1

/* The integration bridge and its tunnel port, as rows.
 *
 * Part of ovs-sync.h: says what is to be done about the tunnel port, and
 * writes the rows of both. */

#include <stdbool.h>
#include <stdint.h>

struct ovsdb_idl;
struct ovsdb_idl_index;
struct ovsdb_idl_txn;
struct ovsrec_bridge;
struct ovsrec_open_vswitch;
struct problems;

/* UDP port and name of the tunnel port. */
#define OVS_TUNNEL_UDP 4789
#define OVS_TUNNEL_NAME "vx-4789"

enum ovs_tunnel_state {
    OVS_TUNNEL_OK,              /* It is there. */
    OVS_TUNNEL_WRITE,           /* It is missing, or not as it should be. */
    OVS_TUNNEL_PROBLEM,         /* It cannot be there: a problem says why. */
};

/* 'interfaces' are those of the database by name, see ovs-rows.h. */
enum ovs_tunnel_state ovs_tunnel_check(struct ovsdb_idl *,
                                       struct ovsdb_idl_index *interfaces,
                                       const struct ovsrec_bridge *,
                                       struct problems *, uint32_t *ofport);
bool ovs_tunnel_write(struct ovsdb_idl *, struct ovsdb_idl_index *interfaces,
                      struct ovsdb_idl_txn *, const struct ovsrec_bridge *);
void ovs_tunnel_write_bridge(struct ovsdb_idl_txn *,
                             const struct ovsrec_open_vswitch *,
                             const char *name, const char *datapath_type);

#endif /* ovsdb-sync/ovs-tunnel.h */
