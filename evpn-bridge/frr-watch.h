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

#ifndef EVPN_BRIDGE_FRR_WATCH_H
#define EVPN_BRIDGE_FRR_WATCH_H 1

/* Is FRR alive and complete?  The decision, without I/O.
 *
 * The caller tells what happened to the two connections and what the daemons
 * answered; this module keeps the state (frr.h explains the states), the
 * proofs of life, and says what to ask next and when.  Time is an argument.
 *
 *     ABSENT ──connected──> RESYNC ──complete, or hold time over──> UP
 *        ^                    ^  │                                  │
 *        │              both  │  │ broken                    broken │
 *        │           connected│  v                                  │
 *        └──hold time over── DOWN <─────────────────────────────────┘
 *
 * Complete means, in this order:
 *
 *   1. Every EVPN peer that was Established before the break is Established
 *      again, at least one is, and each Established one gave End-of-RIB
 *      (RFC 4724 section 4); one that cannot (no graceful restart capability)
 *      has been Established for FRR_WATCH_NO_EOR.
 *   2. What zebra counts of its writes to the kernel has not changed for
 *      FRR_WATCH_SETTLE, and it has nothing queued.
 *   3. If zebra is new: bgpd has replayed to it what it lacked (P3), and 2
 *      holds again.
 *
 * At the start, what is complete already (1) is UP at once: nothing was seen
 * to break. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sset.h"

struct frr_peers;

#define FRR_WATCH_SETTLE 1000   /* ms without change in zebra. */
#define FRR_WATCH_NO_EOR 3000   /* ms Established, instead of End-of-RIB. */
#define FRR_WATCH_POLL 250      /* ms between questions in RESYNC. */
#define FRR_WATCH_IDLE 5000     /* ms between questions in UP. */

enum frr_daemon { FRR_ZEBRA, FRR_BGPD, FRR_N_DAEMONS };

enum frr_state {
    FRR_STATE_OFF,
    FRR_ABSENT,
    FRR_UP,
    FRR_DOWN,
    FRR_RESYNC,
};
const char *frr_state_name(enum frr_state);

/* What a connection attempt taught. */
enum frr_reach {
    FRR_REACH_UNKNOWN,          /* Not tried yet, or no answer yet. */
    FRR_REACH_MISSING,          /* No socket there. */
    FRR_REACH_REFUSED,          /* A socket, but nobody listens. */
    FRR_REACH_CONNECTED,        /* It answered. */
};

struct frr_watch {
    enum frr_state state;
    long long int since;        /* ms: in 'state' since then. */
    long long int hold_ms;
    long long int hold_until;   /* ms; in DOWN and RESYNC. */
    bool known;                 /* First contact has been decided. */
    enum frr_reach reach[FRR_N_DAEMONS];

    /* Peers. */
    struct sset expected;       /* Established in UP, by name. */
    bool peers_known;           /* bgpd told about peers on this connection. */
    bool complete;              /* Condition 1 holds. */

    /* zebra. */
    bool replay_needed;         /* Condition 3 is open... */
    bool replay_due;            /* ...and it is time for it. */
    uint64_t writes;            /* What zebra counted last... */
    long long int settle_since; /* ms: ...unchanged since, or LLONG_MAX. */

    /* Proofs.  The answer to question N proves all probes <= N. */
    uint64_t probe;             /* Last token that was given. */
    long long int probe_since;  /* ms: oldest unproved probe, or LLONG_MAX. */
    uint64_t last_sent;         /* Greatest token that was asked about. */
    uint64_t sent[FRR_N_DAEMONS]; /* Question under way, or 0. */
    uint64_t proved[FRR_N_DAEMONS]; /* Answered on this connection. */
    uint64_t believed;          /* Tokens up to this are proved. */
};

void frr_watch_init(struct frr_watch *, long long int now);
void frr_watch_uninit(struct frr_watch *);

/* Input. */
void frr_watch_set_mode(struct frr_watch *, bool off, long long int hold_ms,
                        long long int now);
void frr_watch_reach(struct frr_watch *, enum frr_daemon, enum frr_reach,
                     long long int now);
void frr_watch_peers(struct frr_watch *, const struct frr_peers *,
                     long long int now);
void frr_watch_writes(struct frr_watch *, uint64_t writes, bool queued,
                      long long int now);
void frr_watch_replayed(struct frr_watch *, bool again, long long int now);
void frr_watch_run(struct frr_watch *, long long int now);
long long int frr_watch_wake(const struct frr_watch *);

/* Output. */
bool frr_watch_is_connected(const struct frr_watch *);
bool frr_watch_is_holding(const struct frr_watch *);
bool frr_watch_wants_replay(const struct frr_watch *);

/* Proofs. */
uint64_t frr_watch_probe(struct frr_watch *, long long int now);
bool frr_watch_proved(const struct frr_watch *, uint64_t token);
uint64_t frr_watch_to_ask(const struct frr_watch *, enum frr_daemon);
void frr_watch_asked(struct frr_watch *, enum frr_daemon, uint64_t token);
void frr_watch_answered(struct frr_watch *, enum frr_daemon);

#endif /* evpn-bridge/frr-watch.h */
