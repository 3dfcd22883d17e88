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

#ifndef EVPN_BRIDGE_KERNEL_INTERNAL_H
#define EVPN_BRIDGE_KERNEL_INTERNAL_H 1

/* What the files kernel*.c share.
 *
 * Each VNI that has a device, an entry or a fact, be it a network's or a
 * VPC's, has a "struct knet".
 * Its entries are kept whether or not its devices are ours, so that nothing
 * has to be read again when the mark arrives after the first entry; facts come
 * only from devices that are ours. */

#include "evpn-bridge/kernel.h"
#include "openvswitch/list.h"

struct model;

/* Whether an entry was seen during the read that is under way, and in how many
 * complete reads in a row it was missing. */
struct kseen {
    uint8_t gen;                /* Of the last message about it. */
    uint8_t missed;
};

/* A fact that the model was given. */
enum kfact_type {
    KFACT_MAC, KFACT_FLOOD, KFACT_NEIGH, KFACT_NHG, KFACT_ROUTE, KFACT_RMAC
};
struct kfact {
    struct ovs_list node;       /* In struct kernel's 'stale', if 'mark'. */
    uint64_t mark;              /* At which it became stale, or 0. */
    enum kfact_type type;
    bool given;
};

/* A network, as far as the kernel is concerned. */
struct knet {
    struct hmap_node hmap_node; /* In struct kernel's 'nets', by 'vni'. */
    uint32_t vni;
    struct klink *bridge, *vxlan, *advertise; /* Or null. */
    struct klink *vrf, *l3_bridge, *l3_vxlan; /* Or null. */
    struct hmap addrs;          /* "struct kaddr"s, by IP. */
    struct hmap routes;         /* "struct kroute"s of the VRF, by prefix. */
    struct hmap rmacs;          /* "struct krmac"s of the L3 bridge, by IP. */
    struct hmap fdb;            /* "struct kfdb"s, by MAC. */
    struct hmap flood;          /* "struct kflood"s, by IP. */
    struct hmap neighs;         /* "struct kentry_neigh"s, by IP. */
};

/* A MAC: the entry of the bridge and that of the vxlan device. */
struct kfdb {
    struct hmap_node hmap_node; /* In struct knet's 'fdb'. */
    struct knet *net;
    struct eth_addr mac;
    enum kfdb_place place;      /* From what follows. */
    int port;                   /* Of the bridge's entry; 0 for none. */
    uint16_t state;             /* NUD_* of the bridge's entry. */
    bool self;                  /* The vxlan device has an entry... */
    uint32_t nhid;              /* ...with this next-hop group... */
    struct in6_addr dst;        /* ...or this VTEP. */
    struct kseen port_seen, self_seen;
    struct kfact fact;
};

/* A VTEP that frames are flooded to: a zero MAC of the vxlan device. */
struct kflood {
    struct hmap_node hmap_node; /* In struct knet's 'flood'. */
    struct knet *net;
    struct in6_addr ip;
    bool present;
    struct kseen seen;
    struct kfact fact;
};

struct kentry_neigh {
    struct hmap_node hmap_node; /* In struct knet's 'neighs'. */
    struct knet *net;
    struct kneigh n;
    bool present;
    struct kseen seen;
    struct kfact fact;
};

struct knexthop {
    struct hmap_node hmap_node; /* In struct kernel's 'nexthops', by id. */
    struct nl_nexthop nh;
    bool present;
    struct kseen seen;
    struct kfact fact;
};

/* A route of a VRF. */
struct kroute {
    struct hmap_node hmap_node; /* In struct knet's 'routes'. */
    struct hmap_node nhid_node; /* In struct kernel's 'routes_by_nhid', if
                                 * 'nhid'. */
    struct knet *net;
    struct in6_addr prefix;     /* IPv4 is mapped. */
    uint8_t plen;               /* 96 more for IPv4. */
    uint32_t priority;
    bool present;
    bool drops;                 /* A blackhole and its like. */
    uint32_t nhid;              /* Next-hop object, or 0. */
    struct nl_route_hop *hops;  /* As the route itself says. */
    size_t n_hops;
    struct kseen seen;
    struct kfact fact;
};

/* The router of a VTEP: a neighbour on the bridge of an L3VNI, IPv4 for routes
 * of that family, and again, as a mapped IPv6 address, for the others. */
struct krmac {
    struct hmap_node hmap_node; /* In struct knet's 'rmacs'. */
    struct knet *net;
    struct in6_addr ip;         /* IPv4 is mapped. */
    struct {
        bool present;
        struct eth_addr mac;
        struct kseen seen;
    } entries[2];               /* AF_INET, AF_INET6. */
    struct kfact fact;
};

struct kernel {
    struct hmap links;          /* "struct klink"s by ifindex. */
    struct hmap links_by_name;  /* Likewise. */
    struct hmap links_by_vni;   /* Those of kind "vxlan" with a VNI. */
    struct hmap nets;           /* "struct knet"s. */
    struct hmap nexthops;       /* "struct knexthop"s. */
    struct hmap routes_by_nhid; /* "struct kroute"s. */
    struct ovs_list stale;      /* "struct kfact"s, oldest first. */
    size_t n_stale;
    uint64_t mark;              /* Of the fact that became stale last. */
    uint8_t gen[KERNEL_N_TABLES]; /* Of the read under way or last. */
    bool reading[KERNEL_N_TABLES];
    uint64_t taps_seqno;        /* Of what kernel-tap.c tells. */
    struct owner_set addressed; /* For kernel_pop_addressed(). */
};

/* kernel-tap.c */
void kernel_tap_note(struct kernel *, const struct klink *,
                     const struct nl_link *, struct owner_set *dirty);

struct knet *knet_find(const struct kernel *, uint32_t vni);
struct knet *knet_get(struct kernel *, uint32_t vni);
void knet_gc(struct kernel *, struct knet *);
void knet_sync(struct kernel *, struct knet *, struct model *,
               struct owner_set *dirty);

bool kseen_touch(struct kernel *, enum kernel_table, struct kseen *,
                 bool dumped);
bool kseen_missed(struct kernel *, enum kernel_table, struct kseen *,
                  bool *again);

void kfact_fresh(struct kernel *, struct kfact *);
void kfact_stale(struct kernel *, struct kfact *);
void kfact_gone(struct kernel *, struct kfact *);

/* FDB. */
void kernel_put_fdb(struct kernel *, const struct nl_neigh *, struct model *,
                    struct owner_set *dirty);
bool kernel_fdb_read_end(struct kernel *, struct model *,
                         struct owner_set *dirty);
void knet_sync_fdb(struct kernel *, struct knet *, struct model *,
                   struct owner_set *dirty);
void kfdb_drop(struct kernel *, struct kfact *, struct model *);
void kflood_drop(struct kernel *, struct kfact *, struct model *);
void knet_free_fdb(struct knet *);

/* Neighbours. */
void kernel_put_ip_neigh(struct kernel *, const struct nl_neigh *,
                         struct model *, struct owner_set *dirty);
bool kernel_neigh_read_end(struct kernel *, struct model *,
                           struct owner_set *dirty);
void knet_sync_neighs(struct kernel *, struct knet *, struct model *,
                      struct owner_set *dirty);
void kneigh_drop(struct kernel *, struct kfact *, struct model *);
void knet_free_neighs(struct knet *);

/* Addresses. */
bool kernel_addr_read_end(struct kernel *, struct owner_set *dirty);
void knet_lose_addrs(struct kernel *, struct knet *);
void knet_free_addrs(struct knet *);

/* Routes. */
bool kernel_route_read_end(struct kernel *, struct model *);
void kernel_routes_of_nexthop(struct kernel *, uint32_t nhid, struct model *);
void knet_sync_routes(struct kernel *, struct knet *, struct model *);
void kroute_drop(struct kernel *, struct kfact *, struct model *);
void knet_free_routes(struct kernel *, struct knet *);

/* Router MACs. */
void kernel_put_rmac(struct kernel *, struct knet *, const struct nl_neigh *,
                     bool present, struct model *);
bool knet_rmac_read_end(struct kernel *, struct knet *, struct model *);
void knet_sync_rmacs(struct kernel *, struct knet *, struct model *);
void krmac_drop(struct kernel *, struct kfact *, struct model *);
void knet_free_rmacs(struct knet *);

/* Next-hop objects. */
const struct knexthop *kernel_nexthop(const struct kernel *, uint32_t id);
bool kernel_nexthop_read_end(struct kernel *, struct model *);
void knexthop_drop(struct kernel *, struct kfact *, struct model *);
void kernel_free_nexthops(struct kernel *);

#endif /* evpn-bridge/kernel-internal.h */
