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

#ifndef EVPN_BRIDGE_FENCE_H
#define EVPN_BRIDGE_FENCE_H 1

/* The fence: nothing goes to or comes from the UDP port of the shadow vxlan
 * devices (P17).
 *
 * A shadow device really listens on its port, and would take a frame off the
 * wire into the host's stack.  The table "inet ovs-ext" of nftables drops both
 * directions before anything else sees them.  It stays when the daemon ends,
 * for so do the devices; it is looked after every FENCE_INTERVAL ms. */

#include <stdbool.h>
#include <stdint.h>

struct problems;

#define FENCE_INTERVAL 5000

struct fence *fence_create(void);
void fence_destroy(struct fence *);
bool fence_run(struct fence *, uint16_t port, struct problems *);
void fence_wait(struct fence *);

#endif /* evpn-bridge/fence.h */
