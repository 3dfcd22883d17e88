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

#ifndef EVPN_BRIDGE_KERNEL_PLAN_H
#define EVPN_BRIDGE_KERNEL_PLAN_H 1

/* From the model to the kernel.
 *
 * Each function compares what the model wants an owner to have in the kernel
 * with what the kernel has, and appends the requests that lead there.  They
 * are pure, and made for being called again: a request's notification makes
 * the owner dirty, and what could not be done in the first step (a port needs
 * the ifindex of its bridge) is done in the next.  When there is nothing to do
 * the plan is empty.
 *
 *     owner      has
 *     ---------  -----------------------------------------------------------
 *     VPC        vpc-N, the VRF; brl3-N with the host's router MAC, and vxl3-N
 *     network    brvx-N, vxlanN, oe-N; in a VPC, brvx-N has the gateway's MAC
 *                and addresses, and is in the VRF
 *     local MAC  a static FDB entry on oe-N, if the MAC is announced here
 *     local IP   a permanent neighbour on brvx-N, likewise (P8)
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/types.h"

struct kernel;
struct model;
struct ofpbuf;

/* One request. */
struct kernel_op {
    struct ofpbuf *request;     /* Netlink message. */
    char *what;                 /* "add FDB entry 52:54:...", for the log. */
    bool removes;               /* What is not there need not be removed. */
    bool advertise;             /* Creates the advertise port. */
    bool vrf;                   /* Creates a VRF. */
    int ifindex;                /* Link to be read back, or 0: the kernel does
                                 * not notify of changes of what is down. */
};

struct kernel_plan {
    struct kernel_op *ops;
    size_t n_ops, allocated;
    bool ready;                 /* The devices of the network can be used. */
    const char *topic;          /* Of the problem, constant, or null. */
    char *problem;              /* Why there is nothing to be done. */
};

/* What a plan may depend on besides model and kernel. */
struct kernel_plan_ctx {
    const struct model *model;
    const struct kernel *kernel;
    bool fenced;                /* The shadow UDP port is closed (P17). */
    const char *advertise_kind; /* "dummy", ... */
    bool no_vrf;                /* There will be no VRF (soon): do without. */
};

void kernel_plan_init(struct kernel_plan *);
void kernel_plan_uninit(struct kernel_plan *);
struct kernel_op *kernel_plan_add(struct kernel_plan *, const char *format,
                                  ...)
    OVS_PRINTF_FORMAT(2, 3);

void kernel_plan_vpc(const struct kernel_plan_ctx *, uint32_t l3vni,
                     struct kernel_plan *);
void kernel_plan_network(const struct kernel_plan_ctx *, uint32_t vni,
                         struct kernel_plan *);
void kernel_plan_local_mac(const struct kernel_plan_ctx *, uint32_t vni,
                           struct eth_addr, struct kernel_plan *);
void kernel_plan_local_ip(const struct kernel_plan_ctx *, uint32_t vni,
                          const struct in6_addr *, struct kernel_plan *);

/* Entries that zebra left behind (P4): a MAC, a flood entry ('mac' null) or a
 * neighbour (both set). */
void kernel_plan_orphan(const struct kernel *, uint32_t vni,
                        const struct eth_addr *, const struct in6_addr *,
                        struct kernel_plan *);

/* An address of the bridge of a network, ours and there, that zebra lacks. */
struct kaddr;
void kernel_plan_tell_addr(const struct kernel *, uint32_t vni,
                           const struct kaddr *, struct kernel_plan *);

/* Taps in the bridge of a network. */
struct klink;
void kernel_plan_tap_release(const struct klink *, struct kernel_plan *);
void kernel_plan_tap_isolate(const struct klink *, struct kernel_plan *);

/* The vxlan device, down and up. */
void kernel_plan_flap(const struct kernel *, uint32_t vni,
                      struct kernel_plan *);

#endif /* evpn-bridge/kernel-plan.h */
