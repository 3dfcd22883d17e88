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
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow.h"
#include "flows/flow-query.h"
#include "flows/pipeline.h"
#include "flows/switch-query.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "tests/unit/script.h"
#include "util.h"

#define XID 7

/* What the switch is asked. */

static void
check_request(struct flow_query query, ovs_be64 cookie, ovs_be64 mask,
              uint8_t table_id)
{
    struct ofpbuf *msg = flow_query_encode(&query, htonl(XID));
    const struct ofp_header *oh = msg->data;
    struct ofputil_flow_stats_request request;

    ofpmsg_update_length(msg);
    assert_true(oh->xid == htonl(XID));
    assert_int_equal(ofputil_decode_flow_stats_request(&request, oh, NULL,
                                                       NULL), 0);
    assert_false(request.aggregate);
    assert_true(request.cookie == cookie);
    assert_true(request.cookie_mask == mask);
    assert_int_equal(request.table_id, table_id);
    assert_int_equal(request.out_port, OFPP_ANY);
    assert_int_equal(request.out_group, OFPG_ANY);
    ofpbuf_delete(msg);
}

static void
test_asks_for_what_is_meant(void **state OVS_UNUSED)
{
    struct owner owner = owner_port("vm1");

    check_request(flow_query_owner(&owner, FLOW_QUERY_ALL_TABLES),
                  owner_cookie(&owner), OVS_BE64_MAX, OFPTT_ALL);
    check_request(flow_query_kind(OWNER_PORT, 12),
                  htonll(OWNER_COOKIE | (uint64_t) OWNER_PORT << 40),
                  htonll(OWNER_COOKIE_KIND_MASK), 12);
    assert_true((owner_cookie(&owner) & htonll(OWNER_COOKIE_KIND_MASK))
                == owner_cookie_of_kind(OWNER_PORT));
}

static void
test_asks_for_meters(void **state OVS_UNUSED)
{
    struct flow_query query = flow_query_meters();
    struct ofpbuf *msg = flow_query_encode(&query, htonl(XID));
    uint32_t meter_id;
    enum ofptype type;

    ofpmsg_update_length(msg);
    assert_int_equal(ofptype_decode(&type, msg->data), 0);
    assert_int_equal(type, OFPTYPE_METER_STATS_REQUEST);
    ofputil_decode_meter_request(msg->data, &meter_id);
    assert_int_equal(meter_id, OFPM13_ALL);
    ofpbuf_delete(msg);
}

/* What the switch answers. */

/* Appends to 'replies' a flow of table 'table_id' that counted
 * 'n_packets'. */
static void
put_reply(struct ovs_list *replies, uint8_t table_id, uint64_t n_packets)
{
    struct ofputil_flow_stats fs = {
        .cookie = htonll(OWNER_COOKIE | 1),
        .table_id = table_id,
        .priority = 100,
        .idle_age = 1,
        .packet_count = n_packets,
        .byte_count = n_packets * 64,
    };

    match_init_catchall(&fs.match);
    match_set_in_port(&fs.match, u16_to_ofp(5));
    ofputil_append_flow_stats_reply(&fs, replies, NULL);
}

/* Makes 'replies' the messages that answer 'query', without flows yet. */
static void
replies_init(struct ovs_list *replies, const struct flow_query *query)
{
    struct ofpbuf *request = flow_query_encode(query, htonl(XID));

    ofpmp_init(replies, request->data);
    ofpbuf_delete(request);
}

static void
format_counters(const struct flow_counters *c, struct ds *s)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct flow_counter *counter = &c->counters[i];

        if (counter->key.kind == FLOW_METER) {
            ds_put_format(s, "meter=%"PRIu32" %"PRIu64" packets, %"PRIu64
                          " bytes\n", counter->key.id, counter->n_packets,
                          counter->n_bytes);
            continue;
        }
        ds_put_format(s, "table=%"PRIu8" ", counter->key.table_id);
        minimatch_format(&counter->key.match, NULL, NULL, s,
                         counter->key.priority);
        ds_put_format(s, " %"PRIu64" packets, %"PRIu64" bytes, cookie "
                      "0x%"PRIx64"\n", counter->n_packets, counter->n_bytes,
                      ntohll(counter->cookie));
    }
}

static void
note_answer(const struct flow_counters *counters, const char *error, void *s_)
{
    struct ds *s = s_;

    if (error) {
        ds_put_format(s, "error: %s\n", error);
    } else {
        format_counters(counters, s);
        ds_put_cstr(s, "end\n");
    }
}

/* A connection: queries, and what was answered. */
struct conn {
    struct switch_queries qs;
    struct flow_query query;
    struct ds said;
};

static void
conn_init(struct conn *c)
{
    c->query = flow_query_kind(OWNER_PORT, FLOW_QUERY_ALL_TABLES);
    switch_queries_init(&c->qs);
    ds_init(&c->said);
}

static void
conn_uninit(struct conn *c)
{
    switch_queries_uninit(&c->qs);
    ds_destroy(&c->said);
}

static void
add(struct conn *c, long long int now)
{
    switch_queries_add(&c->qs, &c->query, now, note_answer, &c->said);
}

static void
ask(struct conn *c, uint32_t xid)
{
    assert_true(switch_queries_has_next(&c->qs));
    ofpbuf_delete(switch_queries_ask(&c->qs, xid));
    assert_true(switch_queries_wants(&c->qs, xid));
}

/* The switch sends 'replies', which are freed. */
static void
receive(struct conn *c, struct ovs_list *replies)
{
    struct ofpbuf *reply;

    LIST_FOR_EACH_POP (reply, list_node, replies) {
        struct ofpbuf *b = ofpbuf_clone_data(reply->data, reply->size);

        ofpmsg_update_length(b);
        switch_queries_handle(&c->qs, b);
        ofpbuf_delete(b);
        ofpbuf_delete(reply);
    }
}

static void
check_said(struct conn *c, const char *name, const char *expected)
{
    script_check(name, expected, ds_cstr(&c->said));
    ds_clear(&c->said);
}

static void
test_answers_with_counters(void **state OVS_UNUSED)
{
    struct ovs_list replies;
    struct conn c;

    conn_init(&c);
    add(&c, 0);
    ask(&c, XID);
    replies_init(&replies, &c.query);
    put_reply(&replies, 12, 3);
    put_reply(&replies, 64, UINT64_C(1) << 40);
    receive(&c, &replies);
    check_said(&c, "one part",
               "table=12 priority=100,in_port=5 3 packets, 192 bytes, "
               "cookie 0x6f65000000000001\n"
               "table=64 priority=100,in_port=5 1099511627776 packets, "
               "70368744177664 bytes, cookie 0x6f65000000000001\n"
               "end\n");
    assert_false(switch_queries_wants(&c.qs, XID));
    conn_uninit(&c);
}

/* Adds a meter that let one packet pass for each three that it dropped. */
static void
put_meter(struct ovs_list *replies, uint32_t id, uint64_t n_dropped)
{
    struct ofputil_meter_band_stats band = {
        .packet_count = n_dropped, .byte_count = 10 * n_dropped,
    };
    const struct ofputil_meter_stats ms = {
        .meter_id = id, .packet_in_count = n_dropped * 4 / 3, .n_bands = 1,
        .bands = &band,
    };

    ofputil_append_meter_stats(replies, &ms);
}

static void
test_answers_with_what_our_meters_dropped(void **state OVS_UNUSED)
{
    struct ovs_list replies;
    struct conn c;

    conn_init(&c);
    c.query = flow_query_meters();
    add(&c, 0);
    ask(&c, XID);
    replies_init(&replies, &c.query);
    put_meter(&replies, 1, 6);
    put_meter(&replies, METER_LEARN | 5, 9);
    receive(&c, &replies);
    check_said(&c, "meters", "meter=268435461 9 packets, 90 bytes\nend\n");
    conn_uninit(&c);
}

static void
test_answers_when_all_parts_are_there(void **state OVS_UNUSED)
{
    struct ovs_list replies;
    struct conn c;
    size_t n = 0, lines = 0;

    conn_init(&c);
    add(&c, 0);
    ask(&c, XID);
    replies_init(&replies, &c.query);
    while (ovs_list_is_short(&replies)) {
        put_reply(&replies, 12, n++);
    }
    receive(&c, &replies);
    for (const char *p = ds_cstr(&c.said); *p; p++) {
        lines += *p == '\n';
    }
    assert_int_equal(lines, n + 1);
    conn_uninit(&c);
}

static void
test_asks_one_after_the_other(void **state OVS_UNUSED)
{
    struct ovs_list replies;
    struct conn c;

    conn_init(&c);
    assert_false(switch_queries_has_next(&c.qs));
    add(&c, 0);
    add(&c, 0);
    ask(&c, 1);
    assert_false(switch_queries_has_next(&c.qs));
    replies_init(&replies, &c.query);
    receive(&c, &replies);
    check_said(&c, "no flow", "end\n");

    ask(&c, 2);
    assert_false(switch_queries_wants(&c.qs, 1));
    switch_queries_handle_error(&c.qs, "OFPBRC_EPERM");
    check_said(&c, "refused", "error: the switch refused to answer "
               "(OFPBRC_EPERM)\n");
    assert_false(switch_queries_has_next(&c.qs));
    conn_uninit(&c);
}

#define AWAY "error: there is no connection to the switch; " \
             "\"ovs-appctl -t ovs-ext problems\" may tell why\n"

static void
test_each_gets_an_answer(void **state OVS_UNUSED)
{
    struct conn c;

    conn_init(&c);
    add(&c, 1000);
    switch_queries_run(&c.qs, false, 1000);
    check_said(&c, "away", AWAY);

    add(&c, 1000);
    add(&c, 2000);
    ask(&c, 1);
    switch_queries_run(&c.qs, true, 999 + SWITCH_QUERY_TIMEOUT);
    check_said(&c, "in time", "");
    switch_queries_run(&c.qs, true, 1000 + SWITCH_QUERY_TIMEOUT);
    check_said(&c, "first is late", "error: the switch did not answer in "
               "time; ask again\n");
    assert_false(switch_queries_wants(&c.qs, 1));
    ask(&c, 2);
    switch_queries_run(&c.qs, false, 1000);
    check_said(&c, "lost with one under way", AWAY);

    add(&c, 0);
    switch_queries_uninit(&c.qs);
    check_said(&c, "end", "error: ovs-ext is about to end\n");
    conn_uninit(&c);
}

static void
test_refuses_too_many(void **state OVS_UNUSED)
{
    struct conn c;

    conn_init(&c);
    for (int i = 0; i <= SWITCH_QUERY_MAX; i++) {
        add(&c, 0);
    }
    check_said(&c, "not at once", "");
    switch_queries_run(&c.qs, true, 0);
    check_said(&c, "one too many", "error: too many queries wait for the "
               "switch; ask again later\n");
    assert_int_equal(c.qs.n, SWITCH_QUERY_MAX);
    conn_uninit(&c);
}

static void
test_nonsense_is_an_error(void **state OVS_UNUSED)
{
    struct ovs_list replies;
    struct ofpbuf *reply;
    struct conn c;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    conn_init(&c);
    add(&c, 0);
    ask(&c, XID);
    replies_init(&replies, &c.query);
    put_reply(&replies, 1, 1);
    reply = ofpbuf_from_list(ovs_list_front(&replies));
    reply->size -= 8;
    receive(&c, &replies);
    check_said(&c, "cut off", "error: the switch gave an answer that makes "
               "no sense\n");
    conn_uninit(&c);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_asks_for_what_is_meant),
        cmocka_unit_test(test_asks_for_meters),
        cmocka_unit_test(test_answers_with_counters),
        cmocka_unit_test(test_answers_with_what_our_meters_dropped),
        cmocka_unit_test(test_answers_when_all_parts_are_there),
        cmocka_unit_test(test_asks_one_after_the_other),
        cmocka_unit_test(test_each_gets_an_answer),
        cmocka_unit_test(test_refuses_too_many),
        cmocka_unit_test(test_nonsense_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
