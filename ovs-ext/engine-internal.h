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

#include "flows/resolver.h"
#include "flows/vswitch-ctl.h"
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

/* A "frr/check" that is under way. */
struct engine_check {
    struct unixctl_conn *conn;  /* Waits for the reply; null for none. */
    bool json;
    long long int deadline;     /* ms: waits until then. */
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
    struct nl_underlay *underlay;
    struct fence *fence;
    struct flows *flows;        /* Switch. */
    struct frr *frr;
    struct vswitch_ctl vswitch; /* Commands of ovs-vswitchd. */
    struct frr_writer *writer;  /* FRR, its configuration. */
    struct libvirt_watch *libvirt;
    long long int vms_deadline; /* ms: not to wait for it any longer. */
    uint64_t n_snapshots;       /* Of it, taken over. */
    uint64_t taps_seqno;        /* Of all that tells of taps. */

    /* Stale facts that wait for a proof that bgpd lives. */
    uint64_t stale_mark;        /* Those up to this mark... */
    uint64_t stale_token;       /* ...need this proof; 0 if none asked. */

    struct resolver resolver;   /* Hosts that the router looks for. */

    bool synced;                /* All that can be known at start is. */
    bool complete;              /* OVS_Ext among it: the rest is nobody's. */
    uint64_t n_writes;          /* To the kernel, after the last iteration. */
    bool wrote;                 /* It had some. */
    bool done;                  /* All that is known is in effect. */
    int64_t cfg_done;           /* Last OVS_Ext.cfg in effect. */
    struct lap_timer timer;     /* Of iterations. */
    struct engine_recompute recompute;
    struct engine_check check;
};

struct flow_packet;
struct show;

void engine_acl_packet(struct engine *, const struct flow_packet *);
const struct policy_rule *engine_acl_rule(const struct port *, uint64_t id);
bool engine_route_packet(struct engine *, const struct flow_packet *,
                         long long int now);
void engine_route_owner(struct engine *, const struct owner *,
                        long long int now);
void engine_route_run(struct engine *, long long int now);
void engine_route_wait(const struct engine *);
bool engine_is_synced(const struct engine *);
void engine_recompute_run(struct engine *);
void engine_check_run(struct engine *);
void engine_run_taps(struct engine *);
bool engine_knows_vms(const struct engine *);
void engine_run_vms(struct engine *);
void engine_show_libvirt(const struct engine *, struct show *);

#endif /* ovs-ext/engine-internal.h */
