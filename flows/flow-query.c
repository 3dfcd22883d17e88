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

#include <config.h>
#include "flows/flow-query.h"

#include <errno.h>
#include <stdlib.h>
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

BUILD_ASSERT_DECL(FLOW_QUERY_ALL_TABLES == OFPTT_ALL);

/* Returns a query for the flows of 'owner' in table 'table_id'
 * (FLOW_QUERY_ALL_TABLES for all). */
struct flow_query
flow_query_owner(const struct owner *owner, uint8_t table_id)
{
    return (struct flow_query) {
        .cookie = owner_cookie(owner),
        .cookie_mask = OVS_BE64_MAX,
        .table_id = table_id,
    };
}

/* Returns a query for the flows of all owners of 'kind' in table 'table_id'
 * (FLOW_QUERY_ALL_TABLES for all). */
struct flow_query
flow_query_kind(enum owner_kind kind, uint8_t table_id)
{
    return (struct flow_query) {
        .cookie = owner_cookie_of_kind(kind),
        .cookie_mask = htonll(OWNER_COOKIE_KIND_MASK),
        .table_id = table_id,
    };
}

/* Returns a query for what our meters have dropped. */
struct flow_query
flow_query_meters(void)
{
    return (struct flow_query) { .meters = true };
}

static struct ofpbuf *
encode_flows(const struct flow_query *query)
{
    struct ofputil_flow_stats_request request = {
        .match = MATCH_CATCHALL_INITIALIZER,
        .cookie = query->cookie,
        .cookie_mask = query->cookie_mask,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = query->table_id,
    };

    return ofputil_encode_flow_stats_request(&request, OFPUTIL_P_OF15_OXM);
}

/* Returns a message with 'xid' that asks the switch for 'query'.  The caller
 * owns it. */
struct ofpbuf *
flow_query_encode(const struct flow_query *query, ovs_be32 xid)
{
    struct ofpbuf *b = (query->meters
                        ? ofputil_encode_meter_request(OFP15_VERSION,
                                                       OFPUTIL_METER_STATS,
                                                       OFPM13_ALL)
                        : encode_flows(query));
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

/* Initializes 'c' as empty. */
void
flow_counters_init(struct flow_counters *c)
{
    *c = (struct flow_counters) { .n = 0 };
}

/* Frees what 'c' has. */
void
flow_counters_uninit(struct flow_counters *c)
{
    for (size_t i = 0; i < c->n; i++) {
        flow_key_destroy(&c->counters[i].key);
    }
    free(c->counters);
}

static struct flow_counter *
flow_counters_append(struct flow_counters *c)
{
    if (c->n >= c->allocated) {
        c->counters = x2nrealloc(c->counters, &c->allocated,
                                 sizeof *c->counters);
    }
    return &c->counters[c->n++];
}

static void
add_flow(struct flow_counters *c, const struct ofputil_flow_stats *fs)
{
    struct flow_counter *counter = flow_counters_append(c);

    *counter = (struct flow_counter) {
        .cookie = fs->cookie,
        .key.table_id = fs->table_id,
        .key.priority = fs->priority,
        .n_packets = fs->packet_count == UINT64_MAX ? 0 : fs->packet_count,
        .n_bytes = fs->byte_count == UINT64_MAX ? 0 : fs->byte_count,
    };
    minimatch_init(&counter->key.match, &fs->match);
}

/* Decodes the next flow of 'reply' into 'c'.  Returns 0, EOF or another
 * error. */
static int
put_flow(struct flow_counters *c, struct ofpbuf *reply)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_flow_stats fs;
    int error = ofputil_decode_flow_stats_reply(&fs, reply, false, &ofpacts);

    if (!error) {
        add_flow(c, &fs);
    }
    ofpbuf_uninit(&ofpacts);
    return error;
}

/* The same for the next meter. */
static int
put_meter(struct flow_counters *c, struct ofpbuf *reply)
{
    uint64_t stub[64 / 8];
    struct ofpbuf bands = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_meter_stats ms;
    int error = ofputil_decode_meter_stats(reply, &ms, &bands);

    if (!error && meter_is_ours(ms.meter_id)) {
        struct flow_counter *counter = flow_counters_append(c);

        *counter = (struct flow_counter) {
            .key.kind = FLOW_METER,
            .key.id = ms.meter_id,
        };
        for (size_t i = 0; i < ms.n_bands; i++) {
            counter->n_packets += ms.bands[i].packet_count;
            counter->n_bytes += ms.bands[i].byte_count;
        }
    }
    ofpbuf_uninit(&bands);
    return error;
}

/* Adds to 'c' the counters in 'reply', which may be one part of several of a
 * flow or meter statistics reply.  Returns 0, EPROTO if it makes no sense, or
 * EFBIG if there would be more than FLOW_QUERY_MAX. */
int
flow_counters_put(struct flow_counters *c, struct ofpbuf *reply)
{
    enum ofptype type;

    if (ofptype_decode(&type, reply->data)) {
        return EPROTO;
    }
    while (c->n < FLOW_QUERY_MAX) {
        int error = (type == OFPTYPE_METER_STATS_REPLY ? put_meter(c, reply)
                     : put_flow(c, reply));

        if (error) {
            return error == EOF ? 0 : EPROTO;
        }
    }
    return EFBIG;
}
