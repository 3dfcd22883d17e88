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

#ifndef EVPN_BRIDGE_KERNEL_H
#define EVPN_BRIDGE_KERNEL_H 1

/* What the kernel has: our copy of the links, FDB entries, neighbours and
 * next-hop objects that matter.
 *
 * Fed with parsed netlink messages, from notifications and dumps alike, this
 * module keeps the copy, gives what zebra wrote to the model as facts (remote
 * MACs, flood entries, neighbours, next-hop groups), and says which owners'
 * own entries changed, so that the planner (kernel-plan.h) looks at them
 * again.  It is pure: no socket, no log, no clock.
 *
 * Whose entry is it?  Of a MAC in the bridge of a network, the entry of the
 * bridge itself (NTF_MASTER) tells by its port: on the vxlan device it is
 * remote, on the advertise port it is ours.  Flags do not tell (P11), and the
 * vxlan device's own entry (NTF_SELF) tells only the destination (P10).
 *
 * Deletions by zebra are not believed at once, since zebra also deletes when
 * bgpd dies (P2): the entry becomes stale and stays a fact, until the caller,
 * who knows that bgpd lives, drops what was stale at a given mark, or zebra
 * writes it again. */

#include <net/if.h>
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "evpn-bridge/nl-msg.h"
#include "ovs-ext/model/owner.h"

struct model;

/* Names of the devices of a network (the kernel's limit is 15 bytes). */
#define KERNEL_BRIDGE_FORMAT "brvx-%"PRIu32   /* What CloudStack expects. */
#define KERNEL_VXLAN_FORMAT "vxlan%"PRIu32
#define KERNEL_ADVERTISE_FORMAT "oe-%"PRIu32

/* Names of the devices of a VPC, by its L3VNI (frr-conf.h has the VRF's too).
 * They differ from a network's, so that a name tells what a VNI is used
 * for, whatever becomes of it. */
#define KERNEL_VRF_FORMAT "vpc-%"PRIu32
#define KERNEL_L3_BRIDGE_FORMAT "brl3-%"PRIu32
#define KERNEL_L3_VXLAN_FORMAT "vxl3-%"PRIu32

/* Routing table of the VRF of the VPC with this L3VNI: "o", and the VNI. */
#define KERNEL_VRF_TABLE(L3VNI) (UINT32_C(0x6f000000) | (L3VNI))

/* What a link is to its network or VPC, by name and kind. */
enum klink_role {
    KLINK_NONE,
    KLINK_BRIDGE, KLINK_VXLAN, KLINK_ADVERTISE, /* Of a network. */
    KLINK_VRF, KLINK_L3_BRIDGE, KLINK_L3_VXLAN, /* Of a VPC. */
};

/* A link. */
struct klink {
    struct hmap_node index_node; /* In struct kernel's 'links', by ifindex. */
    struct hmap_node name_node; /* In 'links_by_name'. */
    struct hmap_node vni_node;  /* In 'links_by_vni', if 'l.vni'. */
    struct nl_link l;           /* As the kernel told it last. */
    uint32_t vni;               /* VNI that its name says, or 0. */
    enum klink_role role;
    bool ours;                  /* Has one of our marks. */
    struct {
        uint8_t gen, missed;
    } seen; /* For full reads. */
};

/* Where the bridge of a network has a MAC. */
enum kfdb_place {
    KFDB_NONE,                  /* Not there. */
    KFDB_OURS,                  /* Static, on the advertise port. */
    KFDB_REMOTE,                /* On the vxlan device. */
    KFDB_OTHER,                 /* On a port that is not ours, not static. */
};

/* A neighbour on the bridge of a network. */
struct kneigh {
    struct in6_addr ip;         /* IPv4 is mapped. */
    struct eth_addr mac;
    uint16_t state;             /* NUD_*. */
    uint8_t flags;              /* NTF_*. */
    uint8_t protocol;           /* RTPROT_*, or NL_PROTO for ours. */
};

/* An address of the bridge of a network. */
struct kaddr {
    struct hmap_node hmap_node; /* In struct knet's 'addrs', by IP. */
    struct in6_addr ip;         /* IPv4 is mapped. */
    uint8_t plen;
    bool ours;                  /* Has our protocol number. */
    bool present;
    struct {
        uint8_t gen, missed;
    } seen; /* For full reads. */
};

struct kernel;

struct kernel *kernel_create(void);
void kernel_destroy(struct kernel *);

/* Input.  Facts go to 'model', owners whose own devices or entries changed
 * to 'dirty'. */
void kernel_put_link(struct kernel *, const struct nl_link *,
                     struct model *, struct owner_set *dirty);
void kernel_put_neigh(struct kernel *, const struct nl_neigh *,
                      struct model *, struct owner_set *dirty);
void kernel_put_addr(struct kernel *, const struct nl_addr *,
                     struct model *, struct owner_set *dirty);
void kernel_put_route(struct kernel *, const struct nl_route *,
                      struct model *, struct owner_set *dirty);
void kernel_put_nexthop(struct kernel *, const struct nl_nexthop *,
                        struct model *, struct owner_set *dirty);

/* A full read brackets its messages with these.  What was known before, and
 * neither read nor notified in between, is gone when a read ends with 'ok' and
 * 'again' returns false; the caller repeats the read while it returns true
 * (something was missing, and one read alone is no proof of that). */
enum kernel_table {
    KERNEL_LINKS, KERNEL_FDB, KERNEL_NEIGHS, KERNEL_NEXTHOPS, KERNEL_ADDRS,
    KERNEL_ROUTES, KERNEL_N_TABLES
};
void kernel_read_begin(struct kernel *, enum kernel_table);
bool kernel_read_end(struct kernel *, enum kernel_table, bool ok,
                     struct model *, struct owner_set *dirty);

/* Stale facts. */
uint64_t kernel_stale_mark(const struct kernel *);
size_t kernel_n_stale(const struct kernel *);
void kernel_drop_stale(struct kernel *, uint64_t mark, struct model *);

/* Calls 'cb' with 'aux' for each neighbour that ovs-ext made. */
typedef void kernel_ip_cb(void *aux, uint32_t vni, const struct in6_addr *,
                          struct eth_addr);
void kernel_for_each_own_ip(const struct kernel *, kernel_ip_cb *cb,
                            void *aux);

/* Adds the owners of all devices and entries that are ours to 'dirty'. */
void kernel_dirty_all(const struct kernel *, struct owner_set *dirty);

/* Looking up. */
const struct klink *kernel_device(const struct kernel *, uint32_t vni,
                                  enum klink_role);
const struct klink *kernel_link(const struct kernel *, int ifindex);
const struct klink *kernel_link_by_name(const struct kernel *, const char *);
const struct klink *kernel_foreign_vxlan(const struct kernel *, uint32_t vni);
int kernel_fdb_port(const struct kernel *, uint32_t vni, struct eth_addr);
enum kfdb_place kernel_fdb(const struct kernel *, uint32_t vni,
                           struct eth_addr);
const struct kneigh *kernel_neigh(const struct kernel *, uint32_t vni,
                                  const struct in6_addr *);
const struct kaddr *kernel_addr(const struct kernel *, uint32_t vni,
                                const struct in6_addr *);
const struct kaddr *kernel_next_addr(const struct kernel *, uint32_t vni,
                                     const struct kaddr *);
bool kernel_pop_addressed(struct kernel *, uint32_t *vni);
bool kneigh_is_ours(const struct kneigh *);
bool kneigh_is_remote(const struct kneigh *);

/* Taps in the bridges of networks: kernel-tap.c. */
typedef void kernel_tap_cb(void *aux, const struct klink *, uint32_t vni);
void kernel_for_each_tap(const struct kernel *, kernel_tap_cb *cb, void *aux);
uint64_t kernel_taps_seqno(const struct kernel *);
bool kernel_has_taps(const struct kernel *, uint32_t vni);
bool kernel_link_is_tap(const struct kernel *, const struct klink *);
bool kernel_tap_mac(const struct kernel *, const struct klink *, uint32_t vni,
                    struct eth_addr *);

/* What zebra should have: calls 'cb' for each entry of network 'vni' that
 * zebra wrote and the kernel has.  'ip' is null for a MAC, 'mac' null for a
 * flood entry, both are set for a neighbour. */
typedef void kernel_remote_cb(void *aux, const struct eth_addr *mac,
                              const struct in6_addr *ip);
void kernel_for_each_remote(const struct kernel *, uint32_t vni,
                            kernel_remote_cb *, void *aux);

#endif /* evpn-bridge/kernel.h */
