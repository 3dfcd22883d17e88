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

#ifndef EVPN_BRIDGE_FRR_H
#define EVPN_BRIDGE_FRR_H 1

/* FRR, seen through the vty sockets of zebra and bgpd.
 *
 * No forwarding state comes from here: that is the kernel's to tell.  This
 * module answers five questions that the kernel cannot:
 *
 *   - May a deletion be believed?  zebra deletes all that is remote when bgpd
 *     dies (P2).  frr_probe() asks both daemons for a sign of life, and
 *     frr_proved() tells whether both gave it after the question; what was
 *     deleted before frr_probe() was then deleted by a live bgpd.
 *   - Is FRR complete again after a restart?  From the moment that a daemon's
 *     connection breaks until bgpd has End-of-RIB from its peers and zebra has
 *     stopped writing, frr_is_holding() is true: what is stale must stay.
 *   - Has the kernel what zebra does not have (P4)?  Once zebra is new, and
 *     at our start, each network is audited: the callback gets what zebra
 *     has, and frr_audit_is_orphan_*() judge what the kernel has.
 *   - Has zebra the addresses that the bridge of a network with gateways has
 *     in the kernel?  zebra 8.4 takes addresses in by another thread than
 *     links, and forgets an address whose link it has not met yet.  The audit
 *     tells, frr_audit_lacks_addr() judges.
 *   - Has zebra lost what bgpd has (P3)?  frr_pop_flap() gives the networks
 *     whose vxlan device should go down and up, so that bgpd replays.
 *
 * A question never blocks: sockets are non-blocking, one question at a time
 * is under way per daemon, and long answers are taken in slices.
 *
 * State:
 *
 *     OFF     external_ids:ovs-ext-frr is off; everything is believed.
 *     ABSENT  No FRR, or gone for longer than the hold time; likewise.
 *     DOWN    A daemon is gone; nothing is believed, until the hold time.
 *     RESYNC  Both are there; bgpd, zebra are filling up.  Likewise.
 *     UP      A deletion is believed when proved.
 *
 * Example of use, once an iteration, after the kernel's notifications were
 * read:
 *
 *     frr_run(frr, &model, mode, hold, time_msec());
 *     if (frr_proved(frr, token)) {
 *         ...drop what was stale at the time of "token = frr_probe(frr)"...
 *     }
 *     while (frr_pop_flap(frr, &vni)) {
 *         ...set the vxlan device of 'vni' down and up...
 *     }
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "evpn-bridge/frr-json.h"
#include "evpn-bridge/frr-round.h"
#include "evpn-bridge/frr-watch.h"
#include "ovs-ext/model/facts.h"

struct frr;
struct model;

/* What an operator wants to know. */
struct frr_status {
    enum frr_state state;
    bool zebra_connected;
    bool bgpd_connected;
    long long int since;        /* ms: in 'state' since then. */
    uint64_t n_probes;          /* Asked since the start. */
    uint64_t n_breaks;          /* Connections that broke since the start. */
    uint64_t n_audits;          /* Of one network, since the start. */
    uint64_t n_flaps;           /* Given by frr_pop_flap(). */
    size_t n_peers;             /* With l2vpn evpn active. */
    size_t n_established;       /* Of those, Established. */
    size_t n_eor;               /* Of those, complete (End-of-RIB). */
};

struct frr *frr_create(void);
void frr_destroy(struct frr *);
void frr_run(struct frr *, struct model *, enum frr_mode,
             long long int hold_ms, long long int now);
void frr_wait(struct frr *);

/* Where a daemon is. */
char *frr_socket_path(enum frr_daemon);

/* Deletions. */
uint64_t frr_probe(struct frr *);
bool frr_proved(const struct frr *, uint64_t token);

/* State. */
enum frr_state frr_get_state(const struct frr *);
bool frr_is_holding(const struct frr *);
bool frr_is_known(const struct frr *);
void frr_get_status(const struct frr *, struct frr_status *);

/* What zebra has, compared with the kernel.
 *
 * 'cb' is called from frr_run() with all that zebra has in one network that
 * the model has.  It goes through what the kernel has of zebra's there, asks
 * frr_audit_is_orphan_mac(), _ip() or _vtep() about each entry, and deletes
 * an entry from the kernel if the answer is true.
 *
 * It also asks frr_audit_lacks_addr() about each address of ours that the
 * bridge has, and has the kernel tell of it again if the answer is true.
 * frr_audit_again() wants another audit, since there is a new address.
 *
 * zebra may have written an entry after it answered.  So an entry that zebra
 * does not have is only a suspect at first; the network is audited again, and
 * a suspect that zebra still does not have is an orphan. */
void frr_set_audit(struct frr *, frr_audit_cb *, void *aux);
void frr_audit_again(struct frr *, uint32_t vni);

/* Networks that bgpd must replay to zebra. */
bool frr_pop_flap(struct frr *, uint32_t *vni);

#endif /* evpn-bridge/frr.h */
