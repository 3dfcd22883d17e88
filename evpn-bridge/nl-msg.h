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

#ifndef EVPN_BRIDGE_NL_MSG_H
#define EVPN_BRIDGE_NL_MSG_H 1

/* rtnetlink messages as plain structs.
 *
 * Parsers take one message as it came from the socket and fill in a struct;
 * they trust nothing in it (lengths, nesting, strings).  Formatters append a
 * whole request to an ofpbuf.  Neither keeps state nor touches a socket, so
 * that tests and fuzzers feed them bytes.
 *
 * FDB entries and neighbours share a message type (RTM_*NEIGH) and therefore
 * a struct; 'family' tells them apart. */

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/types.h"

struct ofpbuf;

/* Our marks on what we write: IFLA_GROUP of each device, which it has from its
 * creation on; IFLA_IFALIAS, for people, begins with the other, which a device
 * can be given only once it exists; NDA_PROTOCOL of each neighbour, IFA_PROTO
 * of each address. */
#define NL_GROUP 0x6f65         /* "oe". */
#define NL_ALIAS "ovs-ext"
#define NL_PROTO 200

/* RTM_NEWLINK, RTM_DELLINK. */
struct nl_link {
    bool deleted;               /* RTM_DELLINK. */
    bool dumped;                /* Part of a dump, not a notification. */
    int ifindex;
    char name[IFNAMSIZ];
    uint32_t flags;             /* IFF_*. */
    int master;                 /* Ifindex of the bridge or VRF, or 0. */
    uint32_t mtu;
    uint32_t group;             /* IFLA_GROUP. */
    struct eth_addr mac;
    char kind[IFNAMSIZ];        /* IFLA_INFO_KIND: "vxlan", ..., or "". */
    char alias[64];             /* IFLA_IFALIAS, cut to fit, or "". */

    /* kind "vxlan". */
    uint32_t vni;               /* 0 if 'external'. */
    bool external;              /* IFLA_VXLAN_COLLECT_METADATA. */
    bool vxlan_learning;
    uint16_t dst_port;          /* UDP, host byte order. */
    struct in6_addr local;      /* IPv4 is mapped; in6addr_any for none. */

    /* kind "vrf". */
    uint32_t vrf_table;         /* Its routing table. */

    /* A port of a bridge (IFLA_INFO_SLAVE_DATA). */
    bool is_brport;
    bool learning, flood, mcast_flood, bcast_flood, isolated;

    /* IFLA_AF_SPEC. */
    uint8_t addr_gen_mode;      /* IN6_ADDR_GEN_MODE_*; _NONE without IPv6. */
};

/* RTM_NEWNEIGH, RTM_DELNEIGH of family AF_BRIDGE (an FDB entry), AF_INET or
 * AF_INET6 (a neighbour). */
struct nl_neigh {
    bool deleted;               /* RTM_DELNEIGH. */
    bool dumped;                /* Part of a dump, not a notification. */
    uint8_t family;             /* AF_BRIDGE, AF_INET or AF_INET6. */
    int ifindex;
    int master;                 /* NDA_MASTER, or 0. */
    uint16_t state;             /* NUD_*. */
    uint8_t flags;              /* NTF_*. */
    uint8_t protocol;           /* NDA_PROTOCOL, or 0. */
    bool has_mac;
    struct eth_addr mac;        /* NDA_LLADDR. */
    struct in6_addr dst;        /* NDA_DST; IPv4 is mapped; any for none. */
    uint32_t nhid;              /* NDA_NH_ID, or 0. */
    uint32_t vlan;              /* NDA_VLAN, or 0. */
    uint32_t pid;               /* nlmsg_pid of the message. */
};

/* RTM_NEWNEXTHOP, RTM_DELNEXTHOP. */
#define NL_NEXTHOP_MAX 64
struct nl_nexthop {
    bool deleted;               /* RTM_DELNEXTHOP. */
    bool dumped;                /* Part of a dump, not a notification. */
    uint32_t id;
    bool fdb;                   /* NHA_FDB. */
    int ifindex;                /* NHA_OIF, or 0. */
    bool blackhole;             /* NHA_BLACKHOLE. */
    struct in6_addr gateway;    /* NHA_GATEWAY; IPv4 is mapped; any for none.*/
    uint32_t members[NL_NEXTHOP_MAX]; /* NHA_GROUP. */
    size_t n_members;           /* 0 if not a group. */
};

/* RTM_NEWROUTE, RTM_DELROUTE. */
struct nl_route_hop {
    int ifindex;                /* 0 if not said. */
    struct in6_addr gateway;    /* IPv4 is mapped; in6addr_any for none. */
};
struct nl_route {
    bool deleted;               /* RTM_DELROUTE. */
    bool dumped;                /* Part of a dump, not a notification. */
    uint32_t table;
    uint8_t type;               /* RTN_UNICAST or RTN_BLACKHOLE, ... */
    uint8_t protocol;           /* RTPROT_*. */
    struct in6_addr prefix;     /* IPv4 is mapped. */
    uint8_t plen;               /* 0...128; 96 more for IPv4. */
    uint32_t priority;          /* RTA_PRIORITY: the metric. */
    uint32_t nhid;              /* RTA_NH_ID, or 0. */
    struct nl_route_hop hops[NL_NEXTHOP_MAX];
    size_t n_hops;
};

/* RTM_NEWADDR, RTM_DELADDR. */
struct nl_addr {
    bool deleted;               /* RTM_DELADDR. */
    bool dumped;                /* Part of a dump, not a notification. */
    int ifindex;
    struct in6_addr ip;         /* IPv4 is mapped. */
    uint8_t plen;               /* 0...32 of IPv4, 0...128 of IPv6. */
    uint8_t protocol;           /* IFA_PROTO, or 0: kernels before 5.18. */
};

/* Each returns 0, or EPROTO for a message that makes no sense, EOPNOTSUPP for
 * one that is well formed but of another type or family. */
int nl_link_parse(const struct ofpbuf *, struct nl_link *);
int nl_neigh_parse(const struct ofpbuf *, struct nl_neigh *);
int nl_nexthop_parse(const struct ofpbuf *, struct nl_nexthop *);
int nl_route_parse(const struct ofpbuf *, struct nl_route *);
int nl_addr_parse(const struct ofpbuf *, struct nl_addr *);

/* A request for the route that packets for an address (IPv4 is mapped)
 * take. */
void nl_route_format_get(const struct in6_addr *, struct ofpbuf *);

/* RTM_NEWNEIGH (NLM_F_CREATE | NLM_F_REPLACE) or, if 'deleted', RTM_DELNEIGH.
 * For AF_BRIDGE, 'flags' says NTF_MASTER or NTF_SELF. */
void nl_neigh_format(const struct nl_neigh *, struct ofpbuf *);

/* Requests about links.  A device is made in steps, since the kernel takes
 * alias, master and the settings of a bridge port only of one that exists:
 * nl_link_format_create(), nl_link_format_set(), nl_link_format_brport(). */
void nl_link_format_create(const struct nl_link *, struct ofpbuf *);
void nl_link_format_set(int ifindex, int master, struct ofpbuf *);
void nl_link_format_master(int ifindex, int master, struct ofpbuf *);
void nl_link_format_mac(int ifindex, struct eth_addr, struct ofpbuf *);
void nl_link_format_up(int ifindex, bool up, struct ofpbuf *);
void nl_link_format_brport(int ifindex, struct ofpbuf *);
void nl_link_format_isolate(int ifindex, struct ofpbuf *);
void nl_link_format_del(int ifindex, struct ofpbuf *);
void nl_link_format_get(int ifindex, struct ofpbuf *);

/* RTM_NEWADDR or, if 'deleted', RTM_DELADDR.  Without duplicate address
 * detection, as the address is that of other hosts too. */
void nl_addr_format(const struct nl_addr *, struct ofpbuf *);

/* A request for all links, FDB entries (AF_BRIDGE), neighbours, next-hop
 * objects or addresses: 'type' is RTM_GETLINK, ... */
void nl_dump_format(uint16_t type, uint8_t family, struct ofpbuf *);

#endif /* evpn-bridge/nl-msg.h */
