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

#ifndef EVPN_BRIDGE_NL_MONITOR_H
#define EVPN_BRIDGE_NL_MONITOR_H 1

/* Reads the kernel: links, FDB, neighbours, next-hop objects.
 *
 * It subscribes to notifications first and then reads each table once, so that
 * nothing falls between.  From then on notifications tell all; when some were
 * lost (the socket's buffer overflowed) the tables are read again.  A read
 * that was interrupted, or that failed, is repeated, and nothing is concluded
 * from it.
 *
 * Both notifications and reads are taken in slices of NL_MONITOR_SLICE ms. */

#include <stdbool.h>
#include <stdint.h>

struct kernel;
struct model;
struct owner_set;

#define NL_MONITOR_SLICE 5     /* ms. */

/* What an operator wants to know. */
struct nl_monitor_status {
    int error;                  /* Why there is no socket, or 0. */
    uint64_t n_notifications;
    uint64_t n_reads;           /* Of one table. */
    uint64_t n_overflows;
    uint64_t n_invalid;         /* Messages that made no sense. */
};

struct nl_monitor *nl_monitor_create(void);
void nl_monitor_destroy(struct nl_monitor *);
void nl_monitor_run(struct nl_monitor *, struct kernel *, struct model *,
                    struct owner_set *dirty);
void nl_monitor_wait(struct nl_monitor *);
bool nl_monitor_is_synced(const struct nl_monitor *);
bool nl_monitor_is_idle(const struct nl_monitor *);
void nl_monitor_get_status(const struct nl_monitor *,
                           struct nl_monitor_status *);

#endif /* evpn-bridge/nl-monitor.h */
