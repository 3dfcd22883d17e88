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

#ifndef FLOWS_SWITCH_QUERY_H
#define FLOWS_SWITCH_QUERY_H 1

/* Queries (flow-query.h) on their way to the switch and back.
 *
 * Each query that is added is answered by one call of its callback: with the
 * counters, or with an error that says why there are none.  The callback is
 * called from switch_queries_run() or switch_queries_handle(), never from
 * switch_queries_add(), so that the caller need not expect it then; it may add
 * another query.
 *
 * One query at a time is asked of the switch, which answers in the order of
 * what it gets: so modifications of flows find their way in between.  There is
 * a bound for how many wait and for how long. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/list.h"
#include "openvswitch/types.h"

struct flow_counters;
struct flow_query;
struct ofpbuf;

/* Most queries that wait, and how long one may take, in ms. */
#define SWITCH_QUERY_MAX 64
#define SWITCH_QUERY_TIMEOUT 5000

/* Called with the answer to a query, which stays the caller's, or with null
 * and the 'error', a sentence without a full stop. */
typedef void switch_query_cb(const struct flow_counters *, const char *error,
                             void *aux);

struct switch_queries {
    struct ovs_list queue;      /* "struct switch_query"s, oldest first. */
    size_t n;                   /* In 'queue'. */
    uint32_t xid;               /* Of the first, if it has been asked, or 0. */
};

void switch_queries_init(struct switch_queries *);
void switch_queries_uninit(struct switch_queries *);
void switch_queries_add(struct switch_queries *, const struct flow_query *,
                        long long int now, switch_query_cb *cb, void *aux);

/* For the connection. */
void switch_queries_run(struct switch_queries *, bool ready,
                        long long int now);
void switch_queries_wait(const struct switch_queries *);
bool switch_queries_has_next(const struct switch_queries *);
struct ofpbuf *switch_queries_ask(struct switch_queries *, uint32_t xid);
bool switch_queries_wants(const struct switch_queries *, uint32_t xid);
void switch_queries_handle(struct switch_queries *, struct ofpbuf *reply);
void switch_queries_handle_error(struct switch_queries *, const char *name);

#endif /* flows/switch-query.h */
