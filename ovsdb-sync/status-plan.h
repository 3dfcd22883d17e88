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

#ifndef OVSDB_SYNC_STATUS_PLAN_H
#define OVSDB_SYNC_STATUS_PLAN_H 1

/* What this host writes to OVS_Ext.
 *
 * Pure: from the model and from what a row says now to what it should say.
 * ext-sync.h writes the difference.
 *
 *   - The Host row: VTEP addresses, version, and each problem that no other
 *     row of ours can show, with its object in front unless that is the host.
 *   - A Port row is ours to write while the port is here: it has an interface
 *     with an OpenFlow port, and it is active or no other host says that it
 *     has it.  Then "host" is us and "problems" are what we know.  When the
 *     port goes, we take back what we said, and only that.
 *   - "problems" of a Network, VPC or Security_Group row is shared by all
 *     hosts: each keeps the entries that start with its name, "NAME: ", and
 *     leaves the others.
 *
 * Between status_plan_init() and status_plan_uninit() the model may not
 * change. */

#include <stdbool.h>
#include <stddef.h>
#include "sset.h"

struct model;
struct problem;

struct status_plan {
    const struct model *model;
    const struct problem **problems; /* All, sorted by object. */
    size_t n_problems;
    struct sset shown;          /* Objects whose problems a row shows. */
};

/* 'up' of a Port row. */
enum status_up {
    STATUS_UP_UNKNOWN,          /* Empty. */
    STATUS_UP_FALSE,
    STATUS_UP_TRUE,
};

/* Columns of a Port row, as they are or should be. */
struct status_port {
    const char *host;           /* Or null; not owned. */
    enum status_up up;
    struct sset problems;
};

void status_plan_init(struct status_plan *, const struct model *);
void status_plan_uninit(struct status_plan *);

bool status_plan_port(struct status_plan *, const char *name,
                      const char *host, enum status_up up, bool all_done,
                      struct status_port *);
void status_plan_shared(struct status_plan *, const char *kind,
                        const char *name, struct sset *problems);
void status_plan_host(const struct status_plan *, struct sset *vtep_ips,
                      struct sset *problems);

#endif /* ovsdb-sync/status-plan.h */
