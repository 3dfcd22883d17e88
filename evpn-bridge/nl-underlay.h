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

#ifndef EVPN_BRIDGE_NL_UNDERLAY_H
#define EVPN_BRIDGE_NL_UNDERLAY_H 1

/* What the underlay can carry.
 *
 * Asks the kernel from time to time by which devices this host reaches the
 * VTEPs that it knows, and tells the model the smallest MTU of these.  A few
 * VTEPs are enough, since all are reached by the same few uplinks; and asking
 * costs nothing but the time of a system call, for it takes no lock of the
 * kernel's. */

struct kernel;
struct model;
struct nl_underlay;

struct nl_underlay *nl_underlay_create(void);
void nl_underlay_destroy(struct nl_underlay *);
void nl_underlay_run(struct nl_underlay *, const struct kernel *,
                     struct model *);
void nl_underlay_wait(const struct nl_underlay *);

#endif /* evpn-bridge/nl-underlay.h */
