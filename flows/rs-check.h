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

#ifndef FLOWS_RS_CHECK_H
#define FLOWS_RS_CHECK_H 1

/* Router solicitations (RFC 4861 section 4.1) of VMs with port security.
 *
 * Whoever hears one may believe that its source link-layer address is that of
 * its sender, but Open vSwitch does not parse its options.  So the switch
 * hands those with options over (PUNT_RS), and they are checked here:
 *
 *     SECURITY_ND ──> SECURITY_CLAIM ──> meter of the port ──> rs_check()
 *        ^   │                                                   │   │
 *        │   └─> FROM_VM         good: from CLASSIFY on, again   │   │
 *        └───────────────────────────────────────────────────────┘   │
 *                                bad: to SECURITY_DROP, to be counted┘
 *
 * A good one begins again, so that whatever else is in force then holds for
 * it, with SECURITY_CHECKED in REG_REASON, which frames of VMs never have.
 * While ovs-ext is away, such solicitations are lost; those without options
 * pass.  It is pure. */

#include <stdbool.h>

struct flow_packet;
struct model;
struct port;

bool rs_check_allows(const struct port *, const struct flow_packet *);
bool rs_check(const struct model *, const struct flow_packet *request,
              struct flow_packet *out);

#endif /* flows/rs-check.h */
