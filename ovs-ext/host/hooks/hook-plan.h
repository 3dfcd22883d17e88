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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_PLAN_H
#define OVS_EXT_HOST_HOOKS_HOOK_PLAN_H 1

/* What hooks write to OVS_Ext.
 *
 * Pure: from what a query found to the transaction that changes it.  A query
 * begins with hook_query_base(), whose operations are
 *
 *     0  the root row: cfg
 *     1  the Host row of this host: vnis
 *
 * and goes on with one of the others, whose comments tell the rest.
 *
 *   - Networks are kept ready by column vnis of the Host row, from before a
 *     NIC is plugged until it has become a port.
 *
 *   - A NIC whose IPs are told is a Port row, named as port-id.h says.  If it
 *     needs a Network row that nobody made, that is made, named "vniN".
 *
 *   - Rows that hooks made have external_ids:created-by=ovs-ext-hook.  No
 *     others are ever changed or deleted, and none that is another host's
 *     (column "host"): its VM has migrated to there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/types.h"

struct hook_ips;
struct json;

/* A network without NICs is kept for this long, in seconds. */
#define HOOK_KEEP_TIME 600

enum {
    HOOK_QUERY_ROOT,
    HOOK_QUERY_HOST,
    HOOK_QUERY_PORT,
    HOOK_QUERY_NETWORK,
};

void hook_query_base(struct json *query, const char *host);

/* Adds what raises "cfg", if 'reply' of the query has the root row, or creates
 * it, and reads it, as the last operation. */
void hook_plan_cfg(struct json *txn, const struct json *reply);

/* Networks to keep. */
void hook_plan_keep(struct json *txn, const char *host, const uint32_t *vnis,
                    size_t n, long long int now);
void hook_plan_forget(struct json *txn, const char *host,
                      const uint32_t *vnis, size_t n);
size_t hook_find_stale(const struct json *reply, long long int now,
                       uint32_t **vnis);

/* Ports. */
struct hook_port {
    const char *name;
    uint32_t vni;               /* Or 0: that of the row, if there is one. */
    struct eth_addr mac;
    const struct hook_ips *ips; /* All of them. */
};

void hook_query_port(struct json *query, const char *name, uint32_t vni);
struct json *hook_plan_port(struct json *txn, const struct json *reply,
                            const struct hook_port *);
void hook_plan_ips(struct json *txn, const struct json *row,
                   const struct hook_ips *, bool remove);
bool hook_port_is_ours(const struct json *row, const char *host);
bool hook_row_is_ours(const struct json *row);
void hook_plan_port_delete(struct json *txn, const struct json *row);
void hook_plan_network_delete(struct json *txn, const char *uuid);

#endif /* ovs-ext/host/hooks/hook-plan.h */
