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

#ifndef EVPN_BRIDGE_NL_APPLY_H
#define EVPN_BRIDGE_NL_APPLY_H 1

/* Writes to the kernel what the plans (kernel-plan.h) ask for.
 *
 * It keeps the owners that are to be looked at, and in each run, for at most
 * NL_APPLY_SLICE ms, looks at them in the order that zebra needs: neighbours
 * that go, FDB entries, neighbours that come, devices (rules 1 and 4, P6, P9).
 * A thread (nl-worker.h) does the requests in that order; while it has those
 * of an owner, nothing more is planned for that owner.  What fails is a
 * problem of its network and is tried again with backoff.
 *
 * Devices wait for the switch, for NL_APPLY_PATIENCE ms at most: one that
 * comes or goes makes ovs-vswitchd look at all of its ports, before it takes
 * flows.
 *
 * Until the caller says that it knows all owners, what was found in the kernel
 * and nobody has claimed in this run stays.
 *
 * An entry of ours that someone removed is written again after
 * NL_APPLY_DEBOUNCE ms, not at once: zebra may be about to remove it, in the
 * name of a remote one that went (P5). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eth_addr;
struct in6_addr;
struct kernel;
struct model;
struct nl_link;
struct owner;

#define NL_APPLY_SLICE 5        /* ms. */
#define NL_APPLY_DEBOUNCE 70    /* ms. */
#define NL_APPLY_PATIENCE 30    /* ms. */

/* What an operator wants to know. */
struct nl_apply_status {
    uint64_t n_writes;          /* Requests done since the start. */
    uint64_t n_failures;        /* Requests that failed since the start. */
    size_t n_pending;           /* Owners to be looked at. */
    size_t n_retrying;          /* Owners whose request failed. */
};

/* What matters besides model and kernel. */
struct nl_apply_ctx {
    bool fenced;                /* The shadow UDP port is closed (P17). */
    bool complete;              /* The model has all owners that there are. */
    bool switch_settled;        /* The switch has all flows. */
};

struct nl_apply *nl_apply_create(void);
void nl_apply_destroy(struct nl_apply *);

void nl_apply_update(struct nl_apply *, const struct owner *);
void nl_apply_update_later(struct nl_apply *, const struct owner *);
void nl_apply_remove_orphan(struct nl_apply *, const struct kernel *,
                            uint32_t vni, const struct eth_addr *,
                            const struct in6_addr *);
struct kaddr;
void nl_apply_tell_addr(struct nl_apply *, const struct kernel *, uint32_t vni,
                        const struct kaddr *);
void nl_apply_flap(struct nl_apply *, const struct kernel *, uint32_t vni);

struct klink;
void nl_apply_tap_isolate(struct nl_apply *, const struct klink *);
void nl_apply_tap_release(struct nl_apply *, const struct klink *);

void nl_apply_collect(struct nl_apply *, struct model *);
void nl_apply_run(struct nl_apply *, struct model *, const struct kernel *,
                  const struct nl_apply_ctx *);
void nl_apply_wait(struct nl_apply *);

/* Links that were changed and read back. */
bool nl_apply_pop_link(struct nl_apply *, struct nl_link *);

void nl_apply_tell(struct nl_apply *, bool telling);
bool nl_apply_is_idle(const struct nl_apply *);
uint64_t nl_apply_n_writes(const struct nl_apply *);
void nl_apply_get_status(const struct nl_apply *, struct nl_apply_status *);

#endif /* evpn-bridge/nl-apply.h */
