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

#ifndef FLOWS_FLOWS_H
#define FLOWS_FLOWS_H 1

/* The flows of this host, as the engine sees them.
 *
 * For each owner that is dirty the engine calls flows_update(), which
 * generates what that owner has and compares it with what it had; in each
 * iteration it calls flows_run(), which sends the differences to the switch.
 * The switch's own flows are read once after each connection, and what it has
 * already is not sent again.
 *
 * What was found in the switch, and no owner has claimed, is removed when the
 * engine says that it knows all owners (flows_sweep_adopted()). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "flows/flow-packet.h"
#include "flows/flow-query.h"
#include "flows/switch-conn.h"
#include "openvswitch/types.h"

struct ds;
struct model;
struct owner;

/* What an operator wants to know. */
struct flows_status {
    bool connected;             /* To the switch. */
    bool ready;                 /* The switch has been read. */
    size_t n_flows;             /* Wanted. */
    size_t n_groups;            /* Wanted. */
    size_t n_meters;            /* Wanted. */
    size_t n_pending;           /* To be sent. */
    size_t n_in_flight;         /* Sent, not acknowledged. */
    size_t n_adopted;           /* Found in the switch, not claimed. */
    size_t n_quarantined;       /* Rejected by the switch. */
    size_t n_waiting;           /* Without their group or meter. */
    size_t n_conflicts;         /* Wanted by another owner too. */
    struct switch_conn_stats conn;
};

struct flows *flows_create(void);
void flows_destroy(struct flows *);

/* What is wanted. */
size_t flows_update(struct flows *, const struct model *,
                    const struct owner *);
void flows_recompute_begin(struct flows *);
size_t flows_recompute_end(struct flows *);
void flows_sweep_adopted(struct flows *, bool allowed);

/* Keeping the switch in step. */
void flows_run(struct flows *, struct model *);
void flows_wait(struct flows *);

/* What flows have counted: see flow-query.h and switch-query.h. */
void flows_query(struct flows *, const struct flow_query *,
                 switch_query_cb *cb, void *aux);

/* Packets that flows handed over, and packets for them. */
struct ofpbuf *flows_pop_packet(struct flows *, struct flow_packet *);
void flows_clear_packets(struct flows *);
bool flows_send_packet(struct flows *, const struct flow_packet *);

/* MACs of VMs that the switch knows from before (gen-learn.c), and nobody has
 * claimed since. */
typedef void flows_mac_cb(void *aux, uint32_t ofport, struct eth_addr);
void flows_for_each_adopted_mac(const struct flows *, flows_mac_cb *cb,
                                void *aux);

/* Routers' MACs of VTEPs that the switch knows from before (gen-next-hop.c),
 * likewise. */
typedef void flows_router_mac_cb(void *aux, uint32_t l3vni,
                                 const struct in6_addr *vtep, struct eth_addr);
void flows_for_each_adopted_router_mac(const struct flows *,
                                       flows_router_mac_cb *cb, void *aux);

/* Looking. */
bool flows_is_ready(const struct flows *);
bool flows_in_sync(const struct flows *);
size_t flows_count(const struct flows *);
uint64_t flows_n_mods(const struct flows *);
void flows_get_status(const struct flows *, struct flows_status *);
void flows_show(const struct flows *, const struct owner *, struct ds *);

#endif /* flows/flows.h */
