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
 * registers, priorities and groups.
 *
 *     0 CLASSIFY ─> 8 ADMIT ─> 32 L2_LOCAL ─> 40 L2_REMOTE ─> tunnel
 *                                 │    │           │
 *                                 │    └───────────┴─> flood group ─> tunnels
 *                                 └─> 64 DELIVER <─────────┘
 *
 * CLASSIFY tells whose a frame is: by tunnel port and VNI, or by the port of
 * a VM.  Frames of ports that are not ours match nothing here and stay the
 * business of whoever put other flows there.  ADMIT drops what no network
 * carries.  L2_LOCAL knows the MACs of this host, and is as far as a frame
 * from a tunnel gets: never tunnel to tunnel.  L2_REMOTE has one flow for
 * each remote MAC.  FLOOD serves parts of large flood groups, see below.
 * DELIVER gives a frame to the port that reg15 names, unless it came from
 * there.
 *
 * Later stages fit in between: port security after ADMIT, ACLs from VMs,
 * suppression, routing before L2_LOCAL, ACLs to VMs before DELIVER.
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
    TABLE_L2_LOCAL = 32,
    TABLE_L2_REMOTE = 40,
    TABLE_FLOOD = 48,
    TABLE_DELIVER = 64,
};

/* Registers.  OpenFlow "metadata" is the VNI. */
#define REG_CHUNK MFF_REG9      /* Group id of a chunk, for TABLE_FLOOD. */
#define REG_FLAGS MFF_REG10     /* FLAG_*. */
#define REG_IN_TAG MFF_REG14    /* OpenFlow port of the sending VM, or 0. */
#define REG_OUT_TAG MFF_REG15   /* OpenFlow port of the receiving VM. */

#define FLAG_FROM_TUNNEL 0x1

/* Priorities, the same in all tables. */
enum pipeline_priority {
    PRIORITY_NEXT = 1,          /* Everything else: go on, or drop. */
    PRIORITY_UNKNOWN = 50,      /* Destinations without a flow of their own. */
    PRIORITY_MULTICAST = 60,
    PRIORITY_EXACT = 100,       /* One port, one MAC, one group. */
};

/* Groups.  The most significant byte tells kind and chunk; the others are the
 * VNI, or the id of a next-hop group.  All groups in these ranges are ours,
 * all others are left alone.  A group refers to groups with smaller ids
 * only. */
#define GROUP_RECIRCULATE   UINT32_C(0x10000000)
#define GROUP_NHG_ZEBRA     UINT32_C(0x20000000) /* zebra's: kernel id. */
#define GROUP_NHG_OTHER     UINT32_C(0x21000000) /* Others' | kernel id. */
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
            || (id >= GROUP_NHG_ZEBRA && id <= GROUP_NHG_OTHER + GROUP_ID_MASK)
            || (id >= GROUP_LOCAL_CHUNK && id <= GROUP_FLOOD + GROUP_ID_MASK));
}

#endif /* flows/pipeline.h */
