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

/* Flood groups.
 *
 * The members of a group are spread over chunks by a hash of each member, so
 * that a member that comes or goes changes one chunk, and the same members
 * give the same groups in every run.  The number of chunks is the smallest
 * power of two for which no chunk is too large: when the number of members
 * crosses such a border, each chunk splits in two or merges with another. */

#include <config.h>
#include "flows/gen.h"

#include <stdlib.h>
#include <string.h>
#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* A member of a group: a VTEP or a local port. */
struct member {
    uint32_t hash;              /* Reversed bits: the first ones choose. */
    uint32_t ofport;            /* Local port, or 0. */
    struct in6_addr vtep;       /* If not. */
};

/* The two kinds of groups that chunks are made of. */
struct member_group {
    uint32_t top;               /* GROUP_LOCAL, GROUP_FLOOD. */
    uint32_t chunk;             /* GROUP_*_CHUNK. */
    size_t max_buckets;         /* Of a group, if possible. */
    int max_bits;               /* log2 of the number of chunks. */
    uint32_t first;             /* Group of the first bucket of 'top', or 0. */
};

static int
compare_members(const void *a_, const void *b_)
{
    const struct member *a = a_;
    const struct member *b = b_;

    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    } else if (a->ofport != b->ofport) {
        return a->ofport < b->ofport ? -1 : 1;
    }
    return memcmp(&a->vtep, &b->vtep, sizeof a->vtep);
}

/* Returns the members of 'net' that are ports here, in the order of chunks.
 * The caller frees the array. */
static struct member *
local_members(const struct network *net, size_t *np)
{
    struct member *members = xcalloc(MAX(net->n_ports, 1), sizeof *members);
    const struct port *port;
    size_t n = 0;

    LIST_FOR_EACH (port, net_node, &net->ports) {
        if (port->active && !port->left && port->ofport) {
            members[n].ofport = port->ofport;
            members[n++].hash = hash_int(port->ofport, 0);
        }
    }
    qsort(members, n, sizeof *members, compare_members);
    *np = n;
    return members;
}

/* Returns the members of 'net' that are VTEPs, in the order of chunks.  The
 * caller frees the array. */
static struct member *
remote_members(const struct network *net, size_t *np)
{
    struct member *members = xcalloc(MAX(hmap_count(&net->flood), 1),
                                     sizeof *members);
    const struct flood_vtep *f;
    size_t n = 0;

    HMAP_FOR_EACH (f, hmap_node, &net->flood) {
        members[n].vtep = f->vtep->ip;
        members[n++].hash = ident_hash_ip(&f->vtep->ip);
    }
    qsort(members, n, sizeof *members, compare_members);
    *np = n;
    return members;
}

/* Adds to 'gm' a bucket for 'm'.  A VTEP that this host has no way to gets
 * none. */
static void
add_member(const struct host *host, const struct member *m,
           struct ofputil_group_mod *gm)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    if (m->ofport) {
        flow_act_set(&ofpacts, REG_OUT_TAG, m->ofport);
        flow_act_resubmit(&ofpacts, TABLE_TO_VM);
    } else {
        flow_act_tunnel(&ofpacts, host, &m->vtep);
    }
    if (ofpacts.size) {
        flow_group_add_bucket(gm, &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Returns the number of the first 'n' 'members' that are in chunk 'chunk' of
 * 1 << 'bits' chunks. */
static size_t
chunk_size(const struct member *members, size_t n, uint32_t chunk, int bits)
{
    size_t size = 0;

    while (size < n && (!bits || members[size].hash >> (32 - bits) == chunk)) {
        size++;
    }
    return size;
}

static size_t
largest_chunk(const struct member *members, size_t n, int bits)
{
    size_t max = 0;

    for (uint32_t i = 0; i < UINT32_C(1) << bits; i++) {
        size_t size = chunk_size(members, n, i, bits);

        max = MAX(max, size);
        members += size;
        n -= size;
    }
    return max;
}

/* Adds to 'list' the group 'id' with the 'n' 'members', and the flow that
 * leads to it. */
static void
add_chunk(const struct host *host, uint32_t id, const struct member *members,
          size_t n, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_group_mod gm;
    struct match match;

    flow_group_init(&gm, id, OFPGT11_ALL);
    for (size_t i = 0; i < n; i++) {
        add_member(host, &members[i], &gm);
    }
    flow_list_add_group(list, &gm);

    match_init_catchall(&match);
    match_set_reg(&match, REG_CHUNK - MFF_REG0, id);
    flow_act_group(&ofpacts, id);
    flow_list_add(list, TABLE_FLOOD, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

static void
add_chunk_bucket(uint32_t id, struct ofputil_group_mod *top)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_set(&ofpacts, REG_CHUNK, id);
    flow_act_group(&ofpacts, GROUP_RECIRCULATE);
    flow_group_add_bucket(top, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Adds to 'list' the chunks of 'mg' that hold the 'n' 'members', and to 'top'
 * a bucket for each. */
static void
add_chunks(const struct host *host, const struct member_group *mg,
           uint32_t vni, const struct member *members, size_t n,
           struct ofputil_group_mod *top, struct flow_list *list)
{
    int bits = 1;

    while (bits < mg->max_bits
           && largest_chunk(members, n, bits) > mg->max_buckets) {
        bits++;
    }
    for (uint32_t i = 0; i < UINT32_C(1) << bits; i++) {
        size_t size = chunk_size(members, n, i, bits);

        if (size) {
            uint32_t id = group_chunk(mg->chunk, i, vni);

            add_chunk(host, id, members, size, list);
            add_chunk_bucket(id, top);
            members += size;
            n -= size;
        }
    }
}

/* Adds to 'list' the group of 'mg' with the 'n' 'members' of 'net', in chunks
 * if there are too many. */
static void
add_members(const struct host *host, const struct network *net,
            const struct member_group *mg, const struct member *members,
            size_t n, struct flow_list *list)
{
    struct ofputil_group_mod top;

    flow_group_init(&top, mg->top + net->vni, OFPGT11_ALL);
    if (mg->first) {
        uint64_t stub[64 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

        flow_act_group(&ofpacts, mg->first);
        flow_group_add_bucket(&top, &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
    if (n <= mg->max_buckets) {
        for (size_t i = 0; i < n; i++) {
            add_member(host, &members[i], &top);
        }
    } else {
        add_chunks(host, mg, net->vni, members, n, &top, list);
    }
    flow_list_add_group(list, &top);
}

/* Appends to 'list' the flood groups of 'net': each active local port, and
 * each VTEP with an IMET route (RFC 7432 section 11.1), once. */
void
gen_flood(const struct model *model, const struct network *net,
          struct flow_list *list)
{
    struct member_group local = {
        .top = GROUP_LOCAL,
        .chunk = GROUP_LOCAL_CHUNK,
        .max_buckets = LOCAL_BUCKETS,
        .max_bits = LOCAL_CHUNK_BITS,
    };
    struct member_group remote = {
        .top = GROUP_FLOOD,
        .chunk = GROUP_REMOTE_CHUNK,
        .max_buckets = REMOTE_BUCKETS,
        .max_bits = REMOTE_CHUNK_BITS,
        .first = GROUP_LOCAL + net->vni,
    };
    struct member *members;
    size_t n;

    members = local_members(net, &n);
    add_members(&model->host, net, &local, members, n, list);
    free(members);

    members = remote_members(net, &n);
    add_members(&model->host, net, &remote, members, n, list);
    free(members);
}
