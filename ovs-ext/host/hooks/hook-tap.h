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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_TAP_H
#define OVS_EXT_HOST_HOOKS_HOOK_TAP_H 1

/* Ports of Open vSwitch that are made of taps in Linux bridges.
 *
 * Pure: transactions on the Open_vSwitch database.  An Interface that was made
 * so has external_ids:ovs-ext-adopted=true, besides what libvirt writes for a
 * NIC that is native from the beginning. */

#include <stdbool.h>

struct domain_nic;
struct json;

/* Operations of hook_tap_query(). */
enum {
    HOOK_TAP_INTERFACES,        /* Those that the condition matches. */
    HOOK_TAP_BRIDGE,            /* The integration bridge. */
    HOOK_TAP_PORTS,             /* All ports. */
};

struct json *hook_tap_adopted(void);
void hook_tap_query(struct json *query, struct json *where,
                    const char *bridge);
void hook_tap_plan_add(struct json *txn, const char *bridge,
                       const struct domain_nic *, const char *uuid);
bool hook_tap_plan_del(struct json *txn, const struct json *reply,
                       const char *bridge, const char *tap);
void hook_tap_raise(struct json *txn);

#endif /* ovs-ext/host/hooks/hook-tap.h */
