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

#ifndef EVPN_BRIDGE_FRR_CONF_H
#define EVPN_BRIDGE_FRR_CONF_H 1

/* FRR's configuration of VPCs: what it lacks, what it has too much of.
 *
 * Each VPC that is active on this host has, in zebra and in bgpd:
 *
 *     vrf vpc-4
 *      vni 4
 *     exit-vrf
 *     router bgp 4200000006 vrf vpc-4
 *      bgp router-id 192.0.2.11
 *      bgp bestpath as-path multipath-relax
 *      address-family ipv4 unicast
 *       redistribute connected
 *      address-family ipv6 unicast
 *       redistribute connected
 *      address-family l2vpn evpn
 *       advertise ipv4 unicast
 *       advertise ipv6 unicast
 *
 * The router-id is that of the VTEP: bgpd would take a gateway's address, the
 * same on all hosts, and so would the route distinguishers be.  Next hops with
 * different AS paths share the load, as they do in a fabric where each node
 * has an AS of its own.
 *
 * Whatever else is in these sections, and all other sections, are the
 * operator's.  A section that is wanted no more is ours to remove if it has
 * nothing else in it; otherwise what is ours is removed from it.  Sections are
 * known by the name of the VRF, "vpc-" and the L3VNI.
 *
 * Pure: text and model in, commands out. */

#include <stdbool.h>
#include <stddef.h>
#include "evpn-bridge/frr-watch.h"
#include "svec.h"

struct model;

/* VRF of a VPC, by its L3VNI. */
#define FRR_CONF_VRF_FORMAT "vpc-%"PRIu32

/* A line that is missing, or is there and should not be. */
struct frr_conf_line {
    bool remove;
    char *section;              /* "router bgp 1 vrf vpc-4". */
    char *line;                 /* Behind its address family and ": ". */
};

struct frr_conf_plan {
    struct frr_conf_line *lines; /* In the order of the configuration. */
    size_t n_lines, allocated;
    size_t n_missing;           /* Of 'lines', those to be added. */
    struct svec add;            /* Commands of configuration mode. */
    struct svec remove;         /* Likewise, for what is to be removed. */
    char *error;                /* Why there can be no plan, or null. */
};

void frr_conf_plan_init(struct frr_conf_plan *);
void frr_conf_plan_uninit(struct frr_conf_plan *);
void frr_conf_plan_make(struct frr_conf_plan *, enum frr_daemon,
                        const char *running, const struct model *);
bool frr_conf_may_fail(const char *command);

#endif /* evpn-bridge/frr-conf.h */
