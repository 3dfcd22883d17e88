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

#ifndef OVS_EXT_ENGINE_INTERNAL_H
#define OVS_EXT_ENGINE_INTERNAL_H 1

/* What the files engine*.c share. */

#include "ovs-ext/engine.h"
#include "ovs-ext/lap-timer.h"
#include "ovs-ext/model/model.h"

/* A "recompute" that is under way. */
struct engine_recompute {
    struct unixctl_conn *conn;  /* Waits for the reply; null for none. */
    bool json;
    size_t n_flows;             /* Flows and groups that changed. */
    uint64_t n_writes;          /* Kernel's, when it began. */
    size_t n_owners;            /* Owners that were looked at. */
};

struct engine {
    struct model model;
    struct kernel *kernel;      /* Copy of what the kernel has. */
    struct owner_set dirty;     /* Owners whose kernel entries changed. */

    /* Edges. */
    struct ovs_sync *ovs;       /* Open_vSwitch. */
    struct ext_sync *ext;       /* OVS_Ext. */
    struct nl_monitor *monitor; /* Kernel, reading. */
    struct nl_apply *apply;     /* Kernel, writing. */
    struct nl_lo *lo;           /* Addresses of lo. */
    struct fence *fence;
    struct flows *flows;        /* Switch. */
    struct frr *frr;

    /* Stale facts that wait for a proof that bgpd lives. */
    uint64_t stale_mark;        /* Those up to this mark... */
    uint64_t stale_token;       /* ...need this proof; 0 if none asked. */

    bool synced;                /* All that can be known at start is. */
    bool complete;              /* OVS_Ext among it: the rest is nobody's. */
    uint64_t n_writes;          /* To the kernel, after the last iteration. */
    bool wrote;                 /* It had some. */
    bool done;                  /* All that is known is in effect. */
    int64_t cfg_done;           /* Last OVS_Ext.cfg in effect. */
    struct lap_timer timer;     /* Of iterations. */
    struct engine_recompute recompute;
};

bool engine_is_synced(const struct engine *);
void engine_recompute_run(struct engine *);

#endif /* ovs-ext/engine-internal.h */
