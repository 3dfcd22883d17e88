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

#ifndef FLOWS_SWITCH_CONN_H
#define FLOWS_SWITCH_CONN_H 1

/* The OpenFlow connection to the integration bridge.
 *
 * It connects to ovs-vswitchd's management socket of the bridge, reads our
 * meters, groups and flows into a flow table, asks what else the switch can
 * do, and from then on sends what is pending there: one bundle at a time,
 * atomic and ordered, with a barrier behind it.  What becomes pending while a
 * bundle is under way goes into the next.  When the connection breaks
 * (ovs-vswitchd was restarted, say), nothing is known about the switch until
 * it has been read again.
 *
 * What the switch rejects is quarantined by the flow table; the rest of the
 * bundle is sent again without it, if it was not done.  If several bundles in
 * a row fail, then the operations are sent without a bundle once, so that the
 * switch tells about all that it rejects at once.
 *
 * Packets that flows hand over (flow-packet.h) wait for whoever takes them;
 * too many at once are dropped, and counted.
 *
 * Messages are made when the socket takes them, so that the queue is short
 * however much is pending. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "flows/switch-query.h"
#include "ovs-ext/model/model.h"

struct flow_packet;
struct flow_table;
struct ofpbuf;

/* What an operator wants to know. */
struct switch_conn_stats {
    uint64_t n_mods;            /* Modifications sent since the start. */
    uint64_t n_bundles;         /* Done since the start. */
    uint64_t n_rejected;        /* Modifications rejected since the start. */
    uint64_t n_read;            /* Times that the switch was read. */
    uint64_t n_packets;         /* Packets got since the start. */
    uint64_t n_packets_lost;    /* Of those, dropped for lack of time. */
    size_t last_mods;           /* Modifications in the last bundle. */
    long long int last_msec;    /* How long the last bundle took, ms. */
};

struct switch_conn *switch_conn_create(struct flow_table *);
void switch_conn_destroy(struct switch_conn *);

void switch_conn_run(struct switch_conn *, const char *bridge, bool hold);
void switch_conn_wait(struct switch_conn *);
void switch_conn_query(struct switch_conn *, const struct flow_query *,
                       switch_query_cb *cb, void *aux);

void switch_conn_flush_zone(struct switch_conn *, uint16_t zone);
/* Packets. */
struct ofpbuf *switch_conn_pop_packet(struct switch_conn *,
                                      struct flow_packet *);
void switch_conn_clear_packets(struct switch_conn *);
bool switch_conn_send_packet(struct switch_conn *,
                             const struct flow_packet *);
void switch_conn_send_alive(struct switch_conn *, bool anew);

bool switch_conn_is_connected(const struct switch_conn *);
bool switch_conn_is_ready(const struct switch_conn *);
int switch_conn_failure(const struct switch_conn *, int *seconds);
enum nd_extension switch_conn_nd_extension(const struct switch_conn *);
void switch_conn_get_stats(const struct switch_conn *,
                           struct switch_conn_stats *);

#endif /* flows/switch-conn.h */
