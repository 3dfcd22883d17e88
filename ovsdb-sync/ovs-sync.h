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

#ifndef OVSDB_SYNC_OVS_SYNC_H
#define OVSDB_SYNC_OVS_SYNC_H 1

/* The local Open_vSwitch database.
 *
 * Reads this host's settings from Open_vSwitch.external_ids and the Interfaces
 * of the integration bridge, and gives them to the model as facts.  Writes
 * nothing but the integration bridge if it is missing, the flow-mode tunnel
 * port "vx-4789" on it, which serves both IP versions, the bridge's
 * external_ids:ct-zone-PORT, the zones that ports have in the switch's
 * connection tracking, ports for taps (ovs-taps.h), and what VMs take along
 * when they migrate (ovs-carry.h).
 *
 *     external_ids key         meaning                         default
 *     -----------------------  ------------------------------  ------------
 *     system-id                this host's name in OVS_Ext     host name
 *     ovs-ext-remote           server(s) of OVS_Ext            local
 *     ovs-ext-bridge           integration bridge              br-int
 *     ovs-ext-datapath-type    of the bridge, when we make it  system
 *     ovs-ext-vtep-ip          VTEP address(es), "v4[,v6]"     lo's
 *     ovs-ext-shadow-port      UDP port of shadow devices      4790
 *     ovs-ext-frr              manage, observe or off          manage
 *     ovs-ext-frr-hold         seconds that remote facts stay  120
 *                              while FRR is gone
 *     ovs-ext-dup-addr-moves   an address that moves so often  5
 *     ovs-ext-dup-addr-time    in so many seconds is in use    180
 *                              twice
 *     ovs-ext-libvirt          URI of libvirt, or off          qemu:///
 *                                                              system
 *     ovs-ext-learn-age        seconds that what was learned   300
 *                              of a VM is believed
 *
 * A setting that makes no sense is a problem of "host", and its default is
 * used.  A bridge that ovn-controller manages is left alone: that is a problem
 * too, and then the model hears of no bridge and no interface.
 *
 * While the connection to the database is lost, what was known last stays. */

#include <stdbool.h>
#include <stdint.h>

struct in6_addr;
struct model;
struct ovs_sync;

/* UDP port of the tunnel port (IANA's for VXLAN). */
#define OVS_SYNC_TUNNEL_PORT 4789

struct ovs_sync *ovs_sync_create(const char *database);
void ovs_sync_destroy(struct ovs_sync *);

/* The first global addresses of lo; in6addr_any for none. */
void ovs_sync_set_lo(struct ovs_sync *, const struct in6_addr *ip4,
                     const struct in6_addr *ip6);
void ovs_sync_run(struct ovs_sync *, struct model *);
void ovs_sync_wait(struct ovs_sync *);

bool ovs_sync_is_synced(const struct ovs_sync *);
bool ovs_sync_is_connected(const struct ovs_sync *);

/* Null until the database is known; then they stay the ovs_sync's, and good
 * until the next ovs_sync_run(). */
const char *ovs_sync_remote(const struct ovs_sync *);
const char *ovs_sync_host_name(const struct ovs_sync *);

/* How long remote facts stay when FRR is gone, in ms. */
long long int ovs_sync_frr_hold_ms(const struct ovs_sync *);

/* Takes 'taps' that are to be ports (ovs-taps.h), which is empty then. */
struct shash;
void ovs_sync_take_taps(struct ovs_sync *, struct shash *taps);

/* Calls 'cb' with 'aux' and the name of each that is one. */
void ovs_sync_for_each_adopted(const struct ovs_sync *,
                               void (*cb)(void *aux, const char *name),
                               void *aux);

/* Has the Interface named 'name' take 'text', which is taken over, along. */
void ovs_sync_take_along(struct ovs_sync *, const char *name, char *text);

/* Changes with the database. */
uint64_t ovs_sync_seqno(const struct ovs_sync *);

/* URI of libvirt; null for none, or as long as the database is not known. */
const char *ovs_sync_libvirt(const struct ovs_sync *);

/* How long addresses learned of VMs are believed without proof, in ms. */
long long int ovs_sync_learn_age_ms(const struct ovs_sync *);

#endif /* ovsdb-sync/ovs-sync.h */
