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

#ifndef OVSDB_SYNC_OVS_ZONES_H
#define OVSDB_SYNC_OVS_ZONES_H 1

/* Zones of connection tracking (ovs-ext/model/zone.h) in the Open_vSwitch
 * database: external_ids:ct-zone-PORT of the integration bridge. */

#include <stdbool.h>

struct ovsrec_bridge;
struct zones;

void ovs_zones_read(const struct ovsrec_bridge *, struct zones *);
bool ovs_zones_differ(const struct ovsrec_bridge *, const struct zones *);
void ovs_zones_write(const struct ovsrec_bridge *, const struct zones *);

#endif /* ovsdb-sync/ovs-zones.h */
