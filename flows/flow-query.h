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

#ifndef FLOWS_FLOW_QUERY_H
#define FLOWS_FLOW_QUERY_H 1

/* What the flows and meters of the switch have counted.
 *
 * A query asks the switch for the packets and bytes of some of our flows:
 * those of one owner, or of all owners of a kind, in one table or in all.  Its
 * answer is a list of counters, one for each flow, in no order.  A counter has
 * the flow's key, which tells what the flow is (table, priority and match),
 * and its cookie, which is owner_cookie() of its owner.
 *
 * Of a meter, what it dropped is counted; a query asks for all meters that are
 * ours.
 *
 * To ask for the flows of one owner costs the switch as much as that owner has
 * flows; to ask for those of a kind, as much as the table has, hence name the
 * table.  What is here is pure; flows_query() asks.
 *
 * Example (what port security of a port dropped):
 *
 *     struct flow_query query = flow_query_owner(&port->owner, TABLE_...);
 *
 *     flows_query(flows, &query, reply_cb, conn);
 */

#include "flows/flow-list.h"
#include "ovs-ext/model/owner.h"

struct ofpbuf;

/* All tables. */
#define FLOW_QUERY_ALL_TABLES 0xff

/* Most counters of an answer: about 20 MB. */
#define FLOW_QUERY_MAX 100000

/* What is asked for. */
struct flow_query {
    ovs_be64 cookie;            /* Of the flows... */
    ovs_be64 cookie_mask;       /* ...as far as these bits go. */
    uint8_t table_id;           /* Or FLOW_QUERY_ALL_TABLES. */
    bool meters;                /* What meters dropped, not flows. */
};

struct flow_counter {
    struct flow_key key;
    ovs_be64 cookie;            /* owner_cookie() of its owner; 0: meter. */
    uint64_t n_packets;
    uint64_t n_bytes;
};

/* The answer. */
struct flow_counters {
    struct flow_counter *counters;
    size_t n;
    size_t allocated;
};

struct flow_query flow_query_owner(const struct owner *, uint8_t table_id);
struct flow_query flow_query_kind(enum owner_kind, uint8_t table_id);
struct flow_query flow_query_meters(void);
struct ofpbuf *flow_query_encode(const struct flow_query *, ovs_be32 xid);

void flow_counters_init(struct flow_counters *);
void flow_counters_uninit(struct flow_counters *);
int flow_counters_put(struct flow_counters *, struct ofpbuf *reply);

#endif /* flows/flow-query.h */
