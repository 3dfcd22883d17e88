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
#include "flows/switch-query.h"

#include <errno.h>
#include <stdlib.h>
#include "coverage.h"
#include "flows/flow-query.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "util.h"

COVERAGE_DEFINE(switch_query);
COVERAGE_DEFINE(switch_query_failed);

struct switch_query {
    struct ovs_list node;       /* In struct switch_queries's 'queue'. */
    struct flow_query query;
    struct flow_counters counters; /* That came so far. */
    const char *refused;        /* Why it is not even asked, or null. */
    long long int deadline;     /* ms. */
    switch_query_cb *cb;
    void *aux;
};

/* Initializes 'qs' without queries. */
void
switch_queries_init(struct switch_queries *qs)
{
    ovs_list_init(&qs->queue);
    qs->n = 0;
    qs->xid = 0;
}

static struct switch_query *
first_query(const struct switch_queries *qs)
{
    return CONTAINER_OF(ovs_list_front(&qs->queue), struct switch_query, node);
}

/* Answers 'q' of 'qs', with 'error' if that is not null, and frees it. */
static void
answer(struct switch_queries *qs, struct switch_query *q, const char *error)
{
    if (q == first_query(qs)) {
        qs->xid = 0;
    }
    ovs_list_remove(&q->node);
    qs->n--;
    if (error) {
        COVERAGE_INC(switch_query_failed);
    }
    q->cb(error ? NULL : &q->counters, error, q->aux);
    flow_counters_uninit(&q->counters);
    free(q);
}

/* Answers all queries of 'qs' with an error, and frees what it has. */
void
switch_queries_uninit(struct switch_queries *qs)
{
    while (!ovs_list_is_empty(&qs->queue)) {
        answer(qs, first_query(qs), "ovs-ext is about to end");
    }
}

/* Adds to 'qs' at time 'now' the 'query', to be answered by 'cb' with 'aux'.
 * See above for when. */
void
switch_queries_add(struct switch_queries *qs, const struct flow_query *query,
                   long long int now, switch_query_cb *cb, void *aux)
{
    struct switch_query *q = xmalloc(sizeof *q);

    COVERAGE_INC(switch_query);
    *q = (struct switch_query) {
        .query = *query,
        .refused = (qs->n >= SWITCH_QUERY_MAX
                    ? "too many queries wait for the switch; ask again later"
                    : NULL),
        .deadline = now + SWITCH_QUERY_TIMEOUT,
        .cb = cb,
        .aux = aux,
    };
    flow_counters_init(&q->counters);
    ovs_list_push_back(&qs->queue, &q->node);
    qs->n++;
}

/* Answers, at time 'now', the queries of 'qs' that will not get another
 * answer: all of them if the switch is not 'ready'. */
void
switch_queries_run(struct switch_queries *qs, bool ready, long long int now)
{
    struct ovs_list queue;

    /* What callbacks add is looked at the next time. */
    ovs_list_init(&queue);
    ovs_list_push_back_all(&queue, &qs->queue);
    while (!ovs_list_is_empty(&queue)) {
        struct switch_query *q = CONTAINER_OF(ovs_list_pop_front(&queue),
                                              struct switch_query, node);

        ovs_list_push_back(&qs->queue, &q->node);
        if (!ready) {
            answer(qs, q, "there is no connection to the switch; "
                   "\"ovs-appctl -t ovs-ext problems\" may tell why");
        } else if (q->refused) {
            answer(qs, q, q->refused);
        } else if (now >= q->deadline) {
            answer(qs, q, "the switch did not answer in time; ask again");
        }
    }
}

/* Makes poll_block() wake up when switch_queries_run() has something to
 * do. */
void
switch_queries_wait(const struct switch_queries *qs)
{
    const struct switch_query *q;

    LIST_FOR_EACH (q, node, &qs->queue) {
        if (q->refused) {
            poll_immediate_wake();
        }
        poll_timer_wait_until(q->deadline);
    }
}

/* Returns true if 'qs' has a query to be asked now. */
bool
switch_queries_has_next(const struct switch_queries *qs)
{
    return qs->n && !qs->xid && !first_query(qs)->refused;
}

/* Returns a message with 'xid' that asks the next query of 'qs', which must
 * have one.  The caller owns it. */
struct ofpbuf *
switch_queries_ask(struct switch_queries *qs, uint32_t xid)
{
    qs->xid = xid;
    return flow_query_encode(&first_query(qs)->query, htonl(xid));
}

/* Returns true if a message from the switch with 'xid' answers a query of
 * 'qs'. */
bool
switch_queries_wants(const struct switch_queries *qs, uint32_t xid)
{
    return qs->xid && qs->xid == xid;
}

/* Handles 'reply', part of the answer to the query under way of 'qs'. */
void
switch_queries_handle(struct switch_queries *qs, struct ofpbuf *reply)
{
    struct switch_query *q = first_query(qs);
    bool more = ofpmp_more(reply->data);
    int error = flow_counters_put(&q->counters, reply);

    if (error == EFBIG) {
        answer(qs, q, "there are too many flows to count; ask for those of "
               "one object");
    } else if (error) {
        answer(qs, q, "the switch gave an answer that makes no sense");
    } else if (!more) {
        answer(qs, q, NULL);
    }
}

/* The switch refused the query under way of 'qs' with the error 'name'. */
void
switch_queries_handle_error(struct switch_queries *qs, const char *name)
{
    char *error = xasprintf("the switch refused to answer (%s)", name);

    answer(qs, first_query(qs), error);
    free(error);
}
