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

#ifndef FLOWS_PIPELINE_H
#define FLOWS_PIPELINE_H 1

/* The pipeline on the integration bridge: the one map of its tables,
 * registers, priorities, groups and meters.
 *
 *     0 CLASSIFY ─> 8 ADMIT ─> 11-15 SECURITY ┐
 *                      │                      │
 *                      ├───> 16-21 ACL_FROM <─┘
 *                      │          │
 *                      │       24 LEARN
 *                      │          │
 *                      └─> 26 SUPPRESS ──> 27 RESPOND ─> back to the VM
 *                                 │              │
 *                              28 ROUTE_IN ─> 29 ROUTE ─> 30 NEXT_HOP
 *                                 │              │         31 ROUTED ─> tunnel
 *                              32 L2_LOCAL <─────┴────────────┘
 *                                 │ │  └───> 40 L2_REMOTE ─> tunnel
 *                                 │ │           │
 *                                 │ └───────────┴─> flood group ─> tunnels
 *                                 └─> 52-57 ACL_TO <───┘
 *                                        └──> 64 DELIVER
 *
 * CLASSIFY tells whose a frame is: by tunnel port and VNI, or by the port of
 * a VM.  Frames of ports that are not ours match nothing here and stay the
 * business of whoever put other flows there.  ADMIT drops what no network
 * carries.  LEARN copies to ovs-ext what proves addresses; gen-learn.c tells
 * how.  SUPPRESS looks at ARP and ND, RESPOND answers what can be answered
 * here; gen-suppress.c tells how.  L2_LOCAL knows the MACs of this host, and
 * is as far as a frame from a tunnel gets: never tunnel to tunnel, unless it
 * is routed on the way, or is for a VM that has just left for another VTEP.
 * L2_REMOTE has one flow for each remote MAC.  FLOOD serves parts of large
 * flood groups, see below.  DELIVER gives a frame to the port that reg15
 * names, unless it came from there.  ACL_FROM is for what VMs send, ACL_TO for
 * what they are to receive; flows/acl.h tells how.
 *
 * Security.  CLASSIFY sets flags for what is checked of a VM's frames.  ADMIT
 * is the guard, for all VMs whose flags say so: no router, DHCP server or
 * gateway.  Frames of ports with FLAG_SECURE go on by SECURITY_MAC (source
 * MAC), SECURITY_IP (sender of IPv4, IPv6; MAC in ARP), SECURITY_ND
 * (link-layer addresses in ND) and SECURITY_CLAIM (IPs that ARP or ND says to
 * be at a MAC), each of which has a few flows for each address of a port;
 * others skip these.  What must not pass goes to SECURITY_DROP with the
 * reason in a register: a flow for each port and reason counts it there.
 * Router solicitations with options ovs-ext looks at: rs-check.h tells how.
 *
 * Fragments: the switch is told to let the first fragment of a packet have its
 * ports and ICMP type (OFPC_FRAG_NX_MATCH), and later ones have none.  So what
 * is seen in the first fragment decides, and one that does not show all of its
 * headers is dropped (RFC 7112, RFC 7113).
 *
 * Routing.  ROUTE_IN takes what VMs send to the MAC of their gateway, CLASSIFY
 * what comes by an L3VNI.  ROUTE finds the longest prefix in the VRF that
 * REG_VRF tells, and NEXT_HOP the MAC behind the next hop in REG_KEY: in the
 * network or L3VNI that metadata tells now.  ROUTED sees to TTL and size, and
 * ROUTE_OUT lets the packet go: to L2_LOCAL as any frame of the network that
 * it was routed to, or to a VTEP by an L3VNI.  GATEWAY has what is for the
 * router itself.  What needs more than flows can do goes to ovs-ext, each
 * kind within the sender's meter (ROUTE_METER).  route.h tells how.
 *
 * Tables from 72 on are subroutines, which others resubmit to.
 *
 * Flooding.  Group FLOOD of a network sends to group LOCAL of that network
 * and to each VTEP with an IMET route.  The datapath actions of one
 * translation are limited to 64 kB, of which a tunnel output takes about 550
 * bytes in the userspace datapath, and its resubmits to 4096.  Therefore, a
 * group that would get too large has a bucket for each of its chunks instead:
 * it puts the chunk's group id in reg9 and goes to group RECIRCULATE, a select
 * group by datapath hash with a single bucket, which makes the frame
 * recirculate; then FLOOD sends it to the group in reg9.  So each chunk is a
 * translation and a datapath flow of its own.  (A hash, once computed, stays
 * with the frame, hence only one level of this.) */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/meta-flow.h"

/* Tables. */
enum pipeline_table {
    TABLE_CLASSIFY = 0,
    TABLE_ADMIT = 8,
    TABLE_SECURITY_MAC = 11,
    TABLE_SECURITY_IP = 12,
    TABLE_SECURITY_ND = 13,
    TABLE_SECURITY_CLAIM = 14,
    TABLE_SECURITY_DROP = 15,
    TABLE_ACL_FROM = 16,        /* See flows/acl.h. */
    TABLE_ACL_FROM_CHECK = 17,
    TABLE_ACL_FROM_STATELESS = 18,
    TABLE_ACL_FROM_TRACKED = 19,
    TABLE_ACL_FROM_VERDICT = 20,
    TABLE_ACL_FROM_PASS = 21,
    TABLE_LEARN = 24,
    TABLE_SUPPRESS = 26,
    TABLE_RESPOND = 27,
    TABLE_ROUTE_IN = 28,
    TABLE_ROUTE = 29,           /* By REG_VRF. */
    TABLE_NEXT_HOP = 30,        /* By metadata and REG_KEY. */
    TABLE_ROUTED = 31,
    TABLE_L2_LOCAL = 32,
    TABLE_L2_REMOTE = 40,
    TABLE_FLOOD = 48,
    TABLE_ACL_TO = 52,
    TABLE_ACL_TO_CHECK = 53,
    TABLE_ACL_TO_STATELESS = 54,
    TABLE_ACL_TO_TRACKED = 55,
    TABLE_ACL_TO_VERDICT = 56,
    TABLE_ACL_TO_PASS = 57,
    TABLE_DELIVER = 64,

    /* Subroutines. */
    TABLE_RESOLVE = 72,         /* REG_KEY: an IP; sets REG_ANSWER. */
    TABLE_COMPARE_IP = 73,      /* Sets FLAG_ASKS. */
    TABLE_COMPARE_MAC = 74,     /* Sets FLAG_OTHER_MAC. */
    TABLE_ADVERTISE = 75,       /* Completes a neighbour advertisement. */
    TABLE_PUNT_ND = 76,         /* By REG_IN_TAG, at the port's rate. */
    TABLE_ALIVE = 77,           /* Sets FLAG_ALIVE: ovs-ext is there. */
    TABLE_ACL_EST_ACL = 80,
    TABLE_ACL_EST_GROUPS = 81,
    TABLE_ACL_EST_RULE = 82,
    TABLE_ACL_EST_MEMBER = 83,
    TABLE_ACL_EVAL = 84,
    TABLE_ACL_STATELESS = 85,
    TABLE_ACL_RULES = 86,
    TABLE_ACL_DEFAULT = 87,
    TABLE_ACL_GROUPS = 88,
    TABLE_ACL_GROUP = 89,
    TABLE_ACL_SET = 90,
    TABLE_ACL_GROUP_RULE = 91,
    TABLE_ACL_GROUP_DEFAULT = 92,
    TABLE_ACL_REMOTE = 93,      /* Sets REG_ACL_REMOTE. */
    TABLE_ACL_GROUP_SETS = 94,
    TABLE_ACL_REPORT = 95,      /* Logs and rejects. */
    TABLE_GATEWAY = 96,         /* Packets for the gateway. */
    TABLE_ROUTE_METER = 97,     /* By REG_METER and the sender. */
    TABLE_ROUTE_OUT = 98,       /* Routed packets, with FLAG_TOO_BIG set. */
    TABLE_PROBE = 253,          /* Of what the switch can do; stays empty. */
};

/* Where frames from VMs go on when they are admitted and secure, after the
 * ACL, and when they are learned from; where those to VMs begin, and go on
 * after the ACL. */
#define TABLE_FROM_VM TABLE_ACL_FROM
#define TABLE_AFTER_ACL_FROM TABLE_LEARN
#define TABLE_LEARN_NEXT TABLE_SUPPRESS
#define TABLE_AFTER_SUPPRESS TABLE_ROUTE_IN
#define TABLE_TO_VM TABLE_ACL_TO
#define TABLE_AFTER_ACL_TO TABLE_DELIVER

/* Who asks whether an address is still there; it gets answers only. */
#define LEARN_PROBE_MAC ((struct eth_addr) ETH_ADDR_C(02,6f,65,00,00,01))

/* Registers.  OpenFlow "metadata" is the VNI. */
#define REG_REASON MFF_REG0     /* DROP_*, for TABLE_SECURITY_DROP; or
                                 * SECURITY_CHECKED. */
#define REG_VRF MFF_REG0        /* L3VNI, while a packet is routed. */
#define REG_METER MFF_REG1      /* ROUTE_METER_*, for TABLE_ROUTE_METER. */
#define REG_KEY MFF_REG5        /* ...reg8: an IP, IPv4 mapped. */
#define REG_ANSWER MFF_XREG3    /* reg6, reg7: ANSWER_* and a MAC. */
#define REG_SCRATCH MFF_REG5
#define REG_CHUNK MFF_REG9      /* Group id of a chunk, for TABLE_FLOOD. */
#define REG_FLAGS MFF_REG10     /* FLAG_*. */
#define REG_IN_TAG MFF_REG14    /* OpenFlow port of the sending VM, or 0. */
#define REG_OUT_TAG MFF_REG15   /* OpenFlow port of the receiving VM. */

#define FLAG_ALIVE_BIT   17
#define FLAG_FROM_TUNNEL 0x1
#define FLAG_GUARD       0x2    /* Only what a network carries, counted. */
#define FLAG_NO_RA       0x4    /* No router advertisements. */
#define FLAG_NO_DHCP     0x8    /* No answers of a DHCP server. */
#define FLAG_NO_GATEWAY  0x10   /* Not the gateway. */
#define FLAG_SECURE      0x20   /* To TABLE_SECURITY_MAC. */
#define FLAG_ALIVE       (1 << FLAG_ALIVE_BIT) /* ovs-ext can answer. */
#define FLAG_OWN         0x10000 /* The MAC just looked at is the own. */
#define FLAG_ASKS 0x40          /* It asks for an IP other than its own. */
#define FLAG_OTHER_MAC 0x80     /* REG_ANSWER is not the sender's MAC. */
#define FLAG_TOO_BIG 0x100      /* More than the MTU where it is to go. */
#define FLAG_TO_TUNNEL 0x200    /* Routed to a VTEP by an L3VNI... */
#define FLAG_TUNNEL_IPV6 0x400  /* ...which has an IPv6 address. */
#define FLAG_RESOLVED 0x800     /* Its next hop was looked for before. */
#define FLAG_OPTIONS 0x1000     /* A router solicitation that is longer than
                                 * one without options. */

/* In REG_ANSWER, above the MAC. */
#define ANSWER_KNOWN (UINT64_C(1) << 48) /* There is a MAC. */
#define ANSWER_ROUTER (UINT64_C(1) << 49) /* It is a router's. */
#define ANSWER_DROP (UINT64_C(1) << 50) /* Unknown, and not to be flooded. */
#define ANSWER_MAC_BITS 48

/* Which meter bounds what the router hands over. */
enum route_meter {
    ROUTE_METER_RESOLVE = 1,    /* A next hop is to be resolved. */
    ROUTE_METER_ERROR,          /* The sender is to be told of an error. */
    ROUTE_METER_GATEWAY,        /* It is for the gateway. */
};

/* Flows that the switch itself puts in TABLE_RESOLVE when an address is
 * announced by a MAC other than the known one: see gen-suppress.c.  They are
 * not ovs-ext's to look after; they go by themselves. */
#define DOUBT_COOKIE UINT64_C(0x646f756274) /* "doubt" */
#define DOUBT_SECONDS 5
#define DOUBT_MAX 1024          /* At the same time. */

/* The only flow in TABLE_ALIVE, which ovs-ext makes the switch learn again and
 * again (flow_packet_encode_alive()): without it, it goes by itself. */
#define ALIVE_COOKIE UINT64_C(0x616c697665) /* "alive" */
#define ALIVE_SECONDS 10

/* Flags of a neighbour advertisement (RFC 4861 section 4.4). */
#define NA_ROUTER UINT32_C(0x80000000)
#define NA_SOLICITED UINT32_C(0x40000000)
#define NA_OVERRIDE UINT32_C(0x20000000)

/* Of ACLs.  CLASSIFY sets the first three for a VM that sends, ACL_TO for one
 * that receives; the others are scratch of the ACL's tables. */
#define REG_ACL_TAG MFF_REG11   /* Tag of the port's only group, or 0. */
#define REG_ACL MFF_REG12       /* ACL_*. */
#define REG_ACL_ZONE MFF_REG13  /* The port's conntrack zone. */
#define REG_ACL_SET MFF_XREG0   /* Reg0, reg1: a set; then the ACL's id. */
#define REG_ACL_GROUP MFF_REG2  /* Tag of a group. */
#define REG_ACL_MARK MFF_REG3   /* Group that allowed; remote groups' bits. */
#define REG_ACL_REMOTE MFF_XXREG1 /* Reg4...7: an IP, IPv4 mapped. */
#define REG_ACL_RULE MFF_XREG4  /* Reg8, reg9: the rule that decided. */

#define ACL_POLICED   0x1       /* The port has a policy. */
#define ACL_EGRESS    0x2       /* The connection is from the VM. */
#define ACL_FAILED    0x4       /* The port fails closed. */
#define ACL_UNTRACKED 0x8       /* Stateless rules are asked. */
#define ACL_VALID     0x10      /* The label holds. */
#define ACL_NET_OK    0x20      /* The network's ACL allows. */
#define ACL_GROUP_OK  0x40      /* The groups allow. */
#define ACL_DROP      0x80
#define ACL_REJECT    0x100
#define ACL_LOG       0x200     /* The rule that decided logs. */
#define ACL_MEMBER    0x400     /* EST_RULE asks SET. */
#define ACL_BIT       0x800     /* EVAL asks SET; REG_ACL_GROUP is a bit. */
#define ACL_RESULT    (ACL_VALID | ACL_NET_OK | ACL_GROUP_OK | ACL_DROP \
                       | ACL_REJECT | ACL_LOG)

/* Priorities, the same in all tables. */
enum pipeline_priority {
    PRIORITY_NEXT = 1,          /* Everything else: go on, or drop. */
    PRIORITY_KIND = 20,         /* A kind of frame, whoever sends it. */
    PRIORITY_OF_KIND = 30,      /* What is different within a kind. */
    PRIORITY_UNKNOWN = 50,      /* Destinations without a flow of their own. */
    PRIORITY_MULTICAST = 60,
    PRIORITY_KNOWN = 80,        /* What is known, in ACLs; or allowed. */
    PRIORITY_ACL_ALG = 90,      /* Allowed, and announces others. */
    PRIORITY_EXACT = 100,       /* One port, one MAC, one group. */
    PRIORITY_ACL_REFUSED = 110, /* To be dropped, or rejected. */
    PRIORITY_ACL_RELATED = 120, /* Begins a connection that is allowed. */
    PRIORITY_ACL_FRAGMENT = 130, /* Passes with all others, or not. */
    PRIORITY_ACL_FAILED = 200,  /* Not to pass whatever rules say. */
    PRIORITY_ACL_ALWAYS = 300,  /* Passes whatever rules say. */
    PRIORITY_EXCEPTION = 110,   /* Of these, what is treated otherwise. */
    PRIORITY_GUARD = 120,       /* What must not pass; some, by reason. */

    /* In TABLE_ROUTE.  To PRIORITY_ROUTE are added 4 for each bit of a
     * prefix's length, and 0 to 2 by what is there: a route of the VRF, a
     * network that is connected, a VM of this host. */
    PRIORITY_ROUTE = 1000,
    PRIORITY_ROUTE_LAST = PRIORITY_ROUTE + 4 * 128 + 3,
    PRIORITY_ROUTE_NEVER = 2000, /* Addresses that no router forwards. */
    PRIORITY_ROUTE_SELF = 2010, /* The router's own. */
};

/* Groups.  The most significant byte tells kind and chunk; the others are the
 * VNI, or the id of a next-hop group or a set of hops.  All groups in these
 * ranges are ours, all others are left alone.  A group refers to groups with
 * smaller ids only. */
#define GROUP_RECIRCULATE   UINT32_C(0x10000000)
#define GROUP_NHG_ZEBRA     UINT32_C(0x20000000) /* zebra's: kernel id. */
#define GROUP_NHG_OTHER     UINT32_C(0x21000000) /* Others' | kernel id. */
#define GROUP_HOPS          UINT32_C(0x22000000) /* | id of a set. */
#define GROUP_LOCAL_CHUNK   UINT32_C(0x30000000) /* ...0x3fffffff. */
#define GROUP_REMOTE_CHUNK  UINT32_C(0x40000000) /* ...0xbfffffff. */
#define GROUP_LOCAL         UINT32_C(0xc0000000)
#define GROUP_FLOOD         UINT32_C(0xc1000000)
#define GROUP_ID_MASK       UINT32_C(0x00ffffff)

/* Buckets of a group, and of each of its chunks. */
#define LOCAL_BUCKETS 256
#define REMOTE_BUCKETS 64

/* log2 of the largest numbers of chunks that the ranges hold. */
#define LOCAL_CHUNK_BITS 4
#define REMOTE_CHUNK_BITS 7

static inline uint32_t
group_chunk(uint32_t kind, uint32_t chunk, uint32_t vni)
{
    return kind + (chunk << 24) + vni;
}

/* Returns the group for the kernel's next-hop group 'id', or 0 if there is no
 * room for it: zebra gives ids 0x20000000|n (zebra_evpn_mh.c), which keep
 * their value, and other programs give small ones. */
static inline uint32_t
group_nhg(uint32_t id)
{
    return ((id & ~GROUP_ID_MASK) == GROUP_NHG_ZEBRA ? id
            : (id & ~GROUP_ID_MASK) ? 0
            : GROUP_NHG_OTHER | id);
}

/* Returns true if the group 'id' is in one of our ranges. */
static inline bool
group_is_ours(uint32_t id)
{
    return (id == GROUP_RECIRCULATE
            || (id >= GROUP_NHG_ZEBRA && id <= GROUP_HOPS + GROUP_ID_MASK)
            || (id >= GROUP_LOCAL_CHUNK && id <= GROUP_FLOOD + GROUP_ID_MASK));
}

/* Meters.  The most significant byte tells the kind; the others are an
 * OpenFlow port, or a VNI.  All meters in these ranges are ours, all others
 * are left alone. */
#define METER_LEARN         UINT32_C(0x10000000) /* | sender's port. */
#define METER_LEARN_DHCP    UINT32_C(0x11000000) /* | receiver's port. */
#define METER_ND            UINT32_C(0x12000000) /* | sender's port. */
#define METER_ACL           UINT32_C(0x13000000)
#define METER_RESOLVE       UINT32_C(0x14000000) /* | sender's port. */
#define METER_RESOLVE_TUNNEL UINT32_C(0x15000000) /* | L3VNI. */
#define METER_ROUTE         UINT32_C(0x16000000) /* | sender's port. */
#define METER_ROUTE_TUNNEL  UINT32_C(0x17000000) /* | L3VNI. */
#define METER_GATEWAY       UINT32_C(0x18000000) /* | sender's port. */
#define METER_GLEAN         UINT32_C(0x19000000) /* | VNI. */
#define METER_RS            UINT32_C(0x1a000000) /* | sender's port. */
#define METER_LAST          UINT32_C(0x1fffffff)

/* Returns true if the meter 'id' is in one of our ranges. */
static inline bool
meter_is_ours(uint32_t id)
{
    return id >= METER_LEARN && id <= METER_LAST;
}

#endif /* flows/pipeline.h */
