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

#ifndef EVPN_BRIDGE_FRR_ROUND_H
#define EVPN_BRIDGE_FRR_ROUND_H 1

/* Has zebra what bgpd has, and the kernel what zebra has?  Without I/O.
 *
 * Each network is looked at once since zebra is there: whether zebra has the
 * remote VTEPs that bgpd has (P3), else it is to be flapped; then whether the
 * kernel has only what zebra has (P4), and zebra the addresses that the bridge
 * of a network with gateways has there, by an audit.
 *
 * That takes questions, which go in rounds: first zebra's list of VNIs, then
 * network by network what is needed, one question after the other.  The caller
 * asks what frr_round_question() says, feeds the answer, and asks again.  A
 * network that zebra does not know yet waits for a later round.
 *
 * zebra may be getting what it lacks just now, so a network is flapped only if
 * zebra has still as little in the next round.  It is flapped once only: if
 * that does not help, bgpd has its reasons. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "evpn-bridge/frr-json.h"
#include "evpn-bridge/frr-watch.h"
#include "openvswitch/hmap.h"

struct model;

/* Questions. */
enum frr_topic {
    FRR_ASK_PROBE,              /* Is it alive? */
    FRR_ASK_PEERS,              /* bgpd: its neighbors. */
    FRR_ASK_WRITES,             /* zebra: what it wrote to the kernel. */

    /* Of a round. */
    FRR_ASK_VNIS,               /* zebra: VNIs, with the number of VTEPs. */
    FRR_ASK_IMET,               /* bgpd: type-3 routes of a VNI. */
    FRR_ASK_MACIP,              /* bgpd: type-2 routes of a VNI. */
    FRR_ASK_VTEPS,              /* zebra: remote VTEPs of a VNI. */
    FRR_ASK_MACS,               /* zebra: MACs of a VNI. */
    FRR_ASK_NEIGHS,             /* zebra: neighbours of a VNI. */
    FRR_ASK_ADDRS,              /* zebra: addresses of a VNI's bridge. */
};

typedef void frr_audit_cb(void *aux, struct frr_audit *);

/* What was found out about a network since zebra is there. */
struct frr_net {
    struct hmap_node hmap_node; /* In struct frr_round's 'nets', by 'vni'. */
    uint32_t vni;
    bool expected;              /* zebra knew it before it restarted. */
    bool routed;                /* It has gateways. */
    bool in_zebra;              /* zebra knows it... */
    size_t n_vteps;             /* ...with as many remote VTEPs. */
    size_t n_routes;            /* Remote ones that bgpd has, of one type. */
    bool replayed;              /* zebra has what bgpd has (P3). */
    bool doubted;               /* It did not, when last looked at... */
    size_t doubt_vteps;         /* ...but had as many. */
    bool flapped;               /* bgpd had to replay. */
    long long int flap_settle;  /* ms: do not look at it before. */
    bool audited;               /* Kernel has what zebra has (P4). */
    struct frr_audit audit;
};

struct frr_round {
    struct hmap nets;           /* Contains "struct frr_net"s. */
    frr_audit_cb *audit_cb;     /* May be null. */
    void *audit_aux;

    bool strict;                /* zebra was seen to come back. */
    bool active;                /* A round is going on. */
    long long int due;          /* ms: when the next one begins. */
    uint32_t *todo;             /* VNIs of this round, ... */
    size_t n_todo, pos;         /* ...and the one that is looked at. */
    enum frr_topic step;        /* Question... */
    bool step_due;              /* ...that is to be asked. */
    bool asked;                 /* There was one about a network. */

    uint32_t *flaps;            /* For frr_round_pop_flap(). */
    size_t n_flaps, allocated_flaps;
    uint64_t n_audits;
};

void frr_round_init(struct frr_round *);
void frr_round_uninit(struct frr_round *);
void frr_round_reset(struct frr_round *, bool strict);
void frr_round_abort(struct frr_round *, long long int now);
void frr_round_again(struct frr_round *, uint32_t vni, long long int now);
void frr_round_run(struct frr_round *, struct frr_watch *,
                   const struct model *, long long int now);

bool frr_round_question(const struct frr_round *, enum frr_daemon,
                        enum frr_topic *, uint32_t *vni);
void frr_round_asked(struct frr_round *);
void frr_round_member(struct frr_round *, enum frr_topic, const char *parent,
                      const char *key, const char *value);
void frr_round_answered(struct frr_round *, struct frr_watch *,
                        enum frr_topic, bool ok, long long int now);

bool frr_round_is_done(const struct frr_round *, const struct model *);
bool frr_round_pop_flap(struct frr_round *, uint32_t *vni);

#endif /* evpn-bridge/frr-round.h */
