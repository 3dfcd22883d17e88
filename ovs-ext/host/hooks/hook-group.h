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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_GROUP_H
#define OVS_EXT_HOST_HOOKS_HOOK_GROUP_H 1

/* Security groups that hooks make.
 *
 * Pure, as hook-plan.h is, whose queries these go on from.  CloudStack works
 * out for each VM what all its security groups together mean, and tells that
 * to the VM's host.  It becomes one Security_Group row, named as the VM is,
 * and the VM's NICs are its members; what CloudStack wants to know again is in
 * its external_ids.
 *
 * A group without rules is what CloudStack wants a VM to have until it sends
 * some: nothing comes in, everything may go out. */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/compiler.h"

struct hook_sg_args;
struct json;
struct rule_values;
struct sset;
struct svec;

/* Operations of hook_query_group(), behind those of hook_query_port(). */
enum {
    HOOK_QUERY_GROUP = 4,       /* The VM's Security_Group row. */
    HOOK_QUERY_VM_PORTS,        /* All Port rows of the VM. */
};

void hook_query_group(struct json *query, const char *vm);
bool hook_group_is_current(const struct json *reply,
                           const struct hook_sg_args *);
struct json *hook_plan_group(struct json *txn, const struct json *reply,
                             const struct hook_sg_args *,
                             const struct rule_values *);
void hook_plan_member(struct json *row, const struct json *reply,
                      struct json *group, const struct hook_sg_args *);
bool hook_plan_group_delete(struct json *txn, const struct json *reply,
                            const char *host, const struct sset *plugged);
void hook_group_networks(const struct json *reply, struct svec *networks);

/* The log of rules. */
struct hook_log {
    const struct json *groups;  /* Result of hook_query_groups(), or null. */
    const struct sset *running; /* Names of VMs, or null if not known. */
    const char *stock;          /* What the stock script printed, or null. */
};

void hook_query_groups(struct json *query);
char *hook_log_format(const struct hook_log *);

#endif /* ovs-ext/host/hooks/hook-group.h */
