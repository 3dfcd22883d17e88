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

#ifndef OVSDB_SYNC_OVS_TAPS_H
#define OVSDB_SYNC_OVS_TAPS_H 1

/* Ports of Open vSwitch that are made of taps: adoption.
 *
 * libvirt puts the tap of a plain NIC into a Linux bridge.  Its Interface,
 * once it has been adopted, has what libvirt gives to that of a native NIC
 * (attached-mac, iface-id, iface-status, port-profile, vm-id), and the mark
 * external_ids:ovs-ext-adopted, by which it is known to be ours to delete:
 * libvirt does not. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/shash.h"
#include "openvswitch/types.h"

struct ovsdb_idl_index;
struct ovsdb_idl_txn;
struct ovsrec_bridge;
struct ovsrec_interface;

/* A tap that is to be a port. */
struct ovs_tap {
    char *iface_id;
    struct eth_addr mac;
    uint32_t vni;
    char *vm_id;                /* UUID of its VM, or null. */
    bool gone;                  /* Rather, it is to be none: it has gone. */
};

void ovs_taps_clear(struct shash *taps);
bool ovs_taps_differ(struct ovsdb_idl_index *, const struct ovsrec_bridge *,
                     const struct shash *taps);
void ovs_taps_write(struct ovsdb_idl_index *, struct ovsdb_idl_txn *,
                    const struct ovsrec_bridge *, const struct shash *taps);
bool ovs_tap_is_adopted(const struct ovsrec_interface *);

#endif /* ovsdb-sync/ovs-taps.h */
