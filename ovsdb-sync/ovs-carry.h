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

#ifndef OVSDB_SYNC_OVS_CARRY_H
#define OVSDB_SYNC_OVS_CARRY_H 1

/* What VMs take along when they migrate: port-data.h, in external_ids:PortData
 * of their Interfaces.  For ovs-sync.c only.
 *
 * What an Interface has brought along is told to the model as long as the
 * Interface has it; but not on the host that wrote it, where the VM may have
 * stayed after all.  What is to be taken along is written when a migration
 * begins; libvirt reads it when the VM is suspended. */

#include <stdbool.h>
#include "openvswitch/shash.h"

struct model;
struct ovsdb_idl_index;
struct ovsrec_interface;

struct ovs_carry {
    struct shash brought;       /* By name of the Interface. */
    struct shash taken;         /* "char *"s, to be written, likewise. */
};

void ovs_carry_init(struct ovs_carry *);
void ovs_carry_uninit(struct ovs_carry *);

/* 'row' is the Interface of the port named 'port' (null: of none) of this
 * host, 'host'; or the Interface named 'name' has gone. */
void ovs_carry_read(struct ovs_carry *, struct model *,
                    const struct ovsrec_interface *row, const char *port,
                    const char *host);
void ovs_carry_forget(struct ovs_carry *, struct model *, const char *name);

void ovs_carry_take(struct ovs_carry *, const char *name, char *text);
bool ovs_carry_differs(struct ovs_carry *,
                       struct ovsdb_idl_index *interfaces);
void ovs_carry_write(struct ovs_carry *, struct ovsdb_idl_index *interfaces);

#endif /* ovsdb-sync/ovs-carry.h */
