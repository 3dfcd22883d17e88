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
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow.h"
#include "flows/flow-codec.h"
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/flow-script.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define XID htonl(0x12345678)
#define BUNDLE 77

/* Through the tunnel port. */
#define TUNNEL "move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23]," \
               "set_field:192.0.2.1->tun_src,set_field:192.0.2.2->tun_dst," \
               "output:100"
#define TUNNEL6 "move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23]," \
                "set_field:2001:db8::1->tun_ipv6_src," \
                "set_field:2001:db8::2->tun_ipv6_dst,output:100"

/* At least one of everything that the gen-*.c make: groups and meters before
 * the flows that need them. */
static const char *const items[] = {
    "group_id=0x10000000,type=select,selection_method=dp_hash,"
    "bucket=bucket_id:0,weight:1,actions=resubmit(,48)",
    "group_id=0x20000001,type=select,selection_method=dp_hash,"
    "bucket=bucket_id:0,weight:1,actions="TUNNEL","
    "bucket=bucket_id:1,weight:1,actions="TUNNEL6,
    "group_id=0x21000007,type=select,selection_method=dp_hash",
    "group_id=0x40000005,type=all,bucket=bucket_id:0,actions="TUNNEL,
    "group_id=0xc0000005,type=all,"
    "bucket=bucket_id:0,actions=set_field:7->reg15,resubmit(,64),"
    "bucket=bucket_id:1,actions=set_field:8->reg15,resubmit(,64)",
    "group_id=0xc1000005,type=all,"
    "bucket=bucket_id:0,actions=group:3221225477,"
    "bucket=bucket_id:1,actions=set_field:0x40000005->reg9,group:268435456",
    "group_id=0xc0000006,type=all",
    "meter=0x10000007,pktps,burst,stats,bands=type=drop,rate=20,burst_size=40",
    "meter=0x1fffffff,pktps,burst,stats,bands=type=drop,rate=1,burst_size=1",
    "table=24,priority=100,reg14=7,arp,"
    "actions=controller(id=28517,userdata=00.00.00.01,meter_id=268435463),"
    "goto_table:32",
    "table=0,priority=1,in_port=100,actions=drop",
    "table=0,priority=100,in_port=100,tun_id=5,"
    "actions=set_field:5->metadata,set_field:1->reg10,goto_table:8",
    "table=8,priority=100,vlan_tci=0x1000/0x1000,actions=drop",
    "table=8,priority=100,dl_src=01:00:00:00:00:00/01:00:00:00:00:00,"
    "actions=drop",
    "table=8,priority=1,actions=goto_table:32",
    "table=32,priority=1,reg10=0/1,actions=goto_table:40",
    "table=32,priority=60,metadata=5,reg10=1/1,"
    "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=group:3221225477",
    "table=40,priority=100,metadata=5,dl_dst=52:54:00:00:00:0a,"
    "actions="TUNNEL,
    "table=40,priority=100,metadata=5,dl_dst=52:54:00:00:00:0b,"
    "actions="TUNNEL6,
    "table=40,priority=100,metadata=5,dl_dst=52:54:00:00:00:0c,"
    "actions=group:536870913",
    "table=48,priority=100,reg9=0x40000005,actions=group:1073741829",
    "table=64,priority=100,reg15=7,actions=output:7",
};

static void
table_init(struct flow_table *t, struct flow_list *list)
{
    flow_table_init(t);
    flow_list_init(list, &t->payloads);
}

static void
table_uninit(struct flow_table *t, struct flow_list *list)
{
    flow_list_uninit(list);
    flow_table_uninit(t);
}

/* Makes network 5 want the 'n' 'texts' of 't'. */
static void
want(struct flow_table *t, struct flow_list *list, const char *const *texts,
     size_t n)
{
    struct owner owner = owner_network(5);

    for (size_t i = 0; i < n; i++) {
        flow_script_add(list, texts[i]);
    }
    flow_table_update(t, &owner, list);
}

/* Adds to 'list' the flow that 'fm' adds or deletes. */
static void
add_flow_mod(struct flow_list *list, const struct ofputil_flow_mod *fm)
{
    struct ofpbuf ofpacts;
    struct match match;

    minimatch_expand(&fm->match, &match);
    ofpbuf_use_const(&ofpacts, fm->ofpacts, fm->ofpacts_len);
    flow_list_add(list, fm->table_id, fm->priority, &match, &ofpacts);
}

/* Decodes 'msg' as the switch does, 'ofpacts' holds its actions. */
static void
decode_flow_mod(const struct ofp_header *oh, struct ofputil_flow_mod *fm,
                struct ofpbuf *ofpacts)
{
    assert_int_equal(ofputil_decode_flow_mod(fm, oh, OFPUTIL_P_OF15_OXM, NULL,
                                             NULL, ofpacts,
                                             u16_to_ofp(OFPP_MAX), 255), 0);
}

/* Returns the message that is inside of 'msg' if it is for the bundle, else
 * 'msg', as it is on the wire: the connection fills in its length. */
static const struct ofp_header *
unwrap(struct ofpbuf *msg, bool bundled)
{
    const struct ofp_header *oh = msg->data;
    struct ofputil_bundle_add_msg add;
    enum ofptype type;

    ofpmsg_update_length(msg);
    assert_int_equal(oh->version, OFP15_VERSION);
    assert_true(oh->xid == XID);
    if (!bundled) {
        return oh;
    }
    assert_int_equal(ofputil_decode_bundle_add(oh, &add, &type), 0);
    assert_int_equal(add.bundle_id, BUNDLE);
    assert_int_equal(add.flags, OFPBF_ATOMIC | OFPBF_ORDERED);
    assert_int_equal(ntohs(add.msg->length),
                     msg->size - ((char *) add.msg - (char *) msg->data));
    return add.msg;
}

static void
check_flow_mod(const struct flow_op *op, const struct ofp_header *oh,
               struct flow_list *decoded)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_flow_mod fm;

    decode_flow_mod(oh, &fm, &ofpacts);
    assert_int_equal(fm.idle_timeout, 0);
    assert_int_equal(fm.hard_timeout, 0);
    assert_int_equal(fm.flags, 0);
    assert_int_equal(fm.importance, 0);
    assert_int_equal(fm.buffer_id, UINT32_MAX);
    assert_int_equal(fm.out_port, OFPP_ANY);
    assert_int_equal(fm.out_group, OFPG_ANY);
    if (op->payload) {
        assert_int_equal(fm.command, OFPFC_ADD);
        assert_true(fm.new_cookie == op->cookie);
        assert_true(fm.cookie_mask == 0);
    } else {
        /* Nobody else's flow, even if it is the same. */
        assert_int_equal(fm.command, OFPFC_DELETE_STRICT);
        assert_true(fm.cookie == htonll(OWNER_COOKIE));
        assert_true(fm.cookie_mask == htonll(OWNER_COOKIE_MASK));
    }
    add_flow_mod(decoded, &fm);
    minimatch_destroy(&fm.match);
    ofpbuf_uninit(&ofpacts);
}

static void
check_group_mod(const struct flow_op *op, const struct ofp_header *oh,
                struct flow_list *decoded)
{
    struct ofputil_group_mod gm;

    assert_int_equal(ofputil_decode_group_mod(oh, &gm), 0);
    assert_int_equal(gm.group_id, op->entry->key.id);
    if (op->payload) {
        assert_int_equal(gm.command, OFPGC11_ADD_OR_MOD);
        flow_list_add_group(decoded, &gm);
    } else {
        assert_int_equal(gm.command, OFPGC11_DELETE);
        ofputil_uninit_group_mod(&gm);
    }
}

static void
check_meter_mod(const struct flow_op *op, const struct ofp_header *oh,
                struct flow_list *decoded)
{
    uint64_t stub[64 / 8];
    struct ofpbuf bands = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_meter_mod mm;

    assert_int_equal(ofputil_decode_meter_mod(oh, &mm, &bands), 0);
    assert_int_equal(mm.meter.meter_id, op->entry->key.id);
    if (op->payload) {
        assert_int_equal(mm.command, op->entry->installed ? OFPMC13_MODIFY
                         : OFPMC13_ADD);
        assert_int_equal(mm.meter.flags,
                         OFPMF13_PKTPS | OFPMF13_BURST | OFPMF13_STATS);
        assert_int_equal(mm.meter.n_bands, 1);
        flow_list_add_meter(decoded, mm.meter.meter_id,
                            mm.meter.bands[0].rate,
                            mm.meter.bands[0].burst_size);
    } else {
        assert_int_equal(mm.command, OFPMC13_DELETE);
    }
    ofpbuf_uninit(&bands);
}

/* 'op' of the item 'text' arrives at the switch as it was meant. */
static void
check_op(const struct flow_op *op, const char *text, uint32_t bundle_id)
{
    struct ofpbuf *msg = flow_codec_op(op, XID, bundle_id);
    const struct ofp_header *oh = unwrap(msg, bundle_id != 0);
    struct ds expected = DS_EMPTY_INITIALIZER;
    struct ds got = DS_EMPTY_INITIALIZER;
    struct flow_payloads payloads;
    struct flow_list list;

    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    if (op->entry->key.kind == FLOW_GROUP) {
        check_group_mod(op, oh, &list);
    } else if (op->entry->key.kind == FLOW_METER) {
        check_meter_mod(op, oh, &list);
    } else {
        check_flow_mod(op, oh, &list);
    }
    flow_list_format(&list, &got);
    if (op->payload) {
        flow_key_format(&op->entry->key, op->payload, &expected);
        ds_put_char(&expected, '\n');
        script_check(text, ds_cstr(&expected), ds_cstr(&got));
    } else if (list.n) {
        assert_true(flow_key_equal(&list.items[0].key, &op->entry->key));
        assert_int_equal(list.items[0].payload->len, 0);
    }
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    ds_destroy(&expected);
    ds_destroy(&got);
    ofpbuf_delete(msg);
}

static void
check_one_op(struct flow_table *t, const char *text)
{
    struct flow_ops ops;

    flow_table_begin(t, &ops);
    assert_int_equal(ops.n, 1);
    check_op(&ops.ops[0], text, 0);
    if (!ops.meters) {
        check_op(&ops.ops[0], text, BUNDLE);
    }
    flow_table_end(t, &ops, true);
}

/* The switch does all that is pending in 't'. */
static void
do_all(struct flow_table *t)
{
    while (!flow_table_is_settled(t)) {
        struct flow_ops ops;

        flow_table_begin(t, &ops);
        flow_table_end(t, &ops, true);
    }
}

static void
test_what_is_sent_is_what_was_meant(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
        static const char *const groups[] = {
            "group_id=536870913,type=all", "group_id=1073741829,type=all",
            "group_id=3221225477,type=all",
            ("meter=268435463,pktps,burst,stats,bands=type=drop,rate=1,"
             "burst_size=1"),
        };
        struct flow_list list;
        struct flow_table t;
        bool is_flow = !strncmp(items[i], "table", 5);

        /* The groups and meters that flows need are there. */
        table_init(&t, &list);
        for (size_t j = 0; is_flow && j < ARRAY_SIZE(groups); j++) {
            struct owner owner = owner_nhg(j);

            flow_script_add(&list, groups[j]);
            flow_table_update(&t, &owner, &list);
        }
        do_all(&t);

        want(&t, &list, &items[i], 1);
        check_one_op(&t, items[i]);
        want(&t, &list, NULL, 0);
        check_one_op(&t, items[i]);
        assert_true(flow_table_is_settled(&t));
        table_uninit(&t, &list);
    }
}

static void
check_bundle_control(uint16_t type)
{
    struct ofpbuf *msg = flow_codec_bundle(XID, BUNDLE, type);
    struct ofputil_bundle_ctrl_msg m;

    unwrap(msg, false);
    assert_int_equal(ofputil_decode_bundle_ctrl(msg->data, &m), 0);
    assert_int_equal(m.bundle_id, BUNDLE);
    assert_int_equal(m.type, type);
    assert_int_equal(m.flags, OFPBF_ATOMIC | OFPBF_ORDERED);
    ofpbuf_delete(msg);
}

static void
test_bundle_control(void **state OVS_UNUSED)
{
    check_bundle_control(OFPBCT_OPEN_REQUEST);
    check_bundle_control(OFPBCT_COMMIT_REQUEST);
    check_bundle_control(OFPBCT_DISCARD_REQUEST);
}

static void
test_reads_ask_for_all_of_ours(void **state OVS_UNUSED)
{
    struct ofputil_flow_stats_request request;
    struct ofpbuf *msg = flow_codec_read_flows(XID);
    enum ofptype type;
    uint32_t meter_id;

    unwrap(msg, false);
    assert_int_equal(ofputil_decode_flow_stats_request(&request, msg->data,
                                                       NULL, NULL), 0);
    assert_false(request.aggregate);
    assert_true(request.cookie == htonll(OWNER_COOKIE));
    assert_true(request.cookie_mask == htonll(OWNER_COOKIE_MASK));
    assert_int_equal(request.table_id, OFPTT_ALL);
    assert_int_equal(request.out_port, OFPP_ANY);
    assert_int_equal(request.out_group, OFPG_ANY);
    assert_true(flow_wildcards_is_catchall(&request.match.wc));
    ofpbuf_delete(msg);

    msg = flow_codec_read_groups(XID);
    unwrap(msg, false);
    assert_int_equal(ofputil_decode_group_desc_request(msg->data), OFPG_ALL);
    ofpbuf_delete(msg);

    msg = flow_codec_read_meters(XID);
    unwrap(msg, false);
    ofputil_decode_meter_request(msg->data, &meter_id);
    assert_int_equal(meter_id, OFPM13_ALL);
    ofpbuf_delete(msg);

    msg = flow_codec_read_meter_features(XID);
    unwrap(msg, false);
    assert_int_equal(ofptype_decode(&type, msg->data), 0);
    assert_int_equal(type, OFPTYPE_METER_FEATURES_STATS_REQUEST);
    ofpbuf_delete(msg);
}

/* A switch that has what it was sent, and tells it. */
struct replies {
    struct ovs_list flows;      /* Messages. */
    struct ovs_list groups;     /* Messages. */
    struct ovs_list meters;     /* Messages. */
};

static void
replies_init(struct replies *r)
{
    struct ofpbuf *flows = flow_codec_read_flows(XID);
    struct ofpbuf *groups = flow_codec_read_groups(XID);
    struct ofpbuf *meters = flow_codec_read_meters(XID);

    ofpmp_init(&r->flows, flows->data);
    ofpmp_init(&r->groups, groups->data);
    ofpmp_init(&r->meters, meters->data);
    ofpbuf_delete(flows);
    ofpbuf_delete(groups);
    ofpbuf_delete(meters);
}

static void
replies_uninit(struct replies *r)
{
    ofpbuf_list_delete(&r->flows);
    ofpbuf_list_delete(&r->groups);
    ofpbuf_list_delete(&r->meters);
}

static void
put_flow_reply(struct replies *r, const struct ofp_header *oh)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_flow_mod fm;
    struct ofputil_flow_stats fs = {
        .duration_sec = 12345,
        .duration_nsec = 678,
        .idle_age = 9,
        .packet_count = 1000000,
        .byte_count = UINT64_C(1) << 40,
    };

    decode_flow_mod(oh, &fm, &ofpacts);
    minimatch_expand(&fm.match, &fs.match);
    fs.cookie = fm.new_cookie;
    fs.table_id = fm.table_id;
    fs.priority = fm.priority;
    fs.ofpacts = fm.ofpacts;
    fs.ofpacts_len = fm.ofpacts_len;
    ofputil_append_flow_stats_reply(&fs, &r->flows, NULL);
    minimatch_destroy(&fm.match);
    ofpbuf_uninit(&ofpacts);
}

static void
put_group_reply(struct replies *r, const struct ofp_header *oh)
{
    struct ofputil_group_desc gd = { .type = 0 };
    struct ofputil_group_mod gm;

    assert_int_equal(ofputil_decode_group_mod(oh, &gm), 0);
    gd.type = gm.type;
    gd.group_id = gm.group_id;
    gd.props = gm.props;
    ofputil_append_group_desc_reply(&gd, &gm.buckets, &r->groups);
    ofputil_uninit_group_mod(&gm);
}

static void
put_meter_reply(struct replies *r, const struct ofp_header *oh)
{
    uint64_t stub[64 / 8];
    struct ofpbuf bands = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_meter_mod mm;

    assert_int_equal(ofputil_decode_meter_mod(oh, &mm, &bands), 0);
    ofputil_append_meter_config(&r->meters, &mm.meter);
    ofpbuf_uninit(&bands);
}

/* Does the transaction 'ops', and puts it in 'r'. */
static void
switch_does_ops(struct replies *r, const struct flow_ops *ops)
{
    for (size_t i = 0; i < ops->n; i++) {
        struct ofpbuf *msg = flow_codec_op(&ops->ops[i], XID, 0);

        ofpmsg_update_length(msg);
        switch ((enum flow_kind) ops->ops[i].entry->key.kind) {
        case FLOW_FLOW:
            put_flow_reply(r, msg->data);
            break;
        case FLOW_GROUP:
            put_group_reply(r, msg->data);
            break;
        case FLOW_METER:
            put_meter_reply(r, msg->data);
            break;
        }
        ofpbuf_delete(msg);
    }
}

/* Does what is pending in 't', and puts it in 'r'. */
static void
switch_does(struct replies *r, struct flow_table *t)
{
    while (!flow_table_is_settled(t)) {
        struct flow_ops ops;

        flow_table_begin(t, &ops);
        switch_does_ops(r, &ops);
        flow_table_end(t, &ops, true);
    }
}

/* Initializes 'r' as the replies of a switch that has all items. */
static void
replies_of_items(struct replies *r)
{
    struct flow_list list;
    struct flow_table t;

    replies_init(r);
    table_init(&t, &list);
    want(&t, &list, items, ARRAY_SIZE(items));
    switch_does(r, &t);
    table_uninit(&t, &list);
}

/* Puts a flow, a group and a meter of somebody else into 'r'. */
static void
put_foreign(struct replies *r)
{
    struct ofputil_flow_stats fs = {
        .cookie = htonll(0x6f64000000000001), .table_id = 3, .priority = 7
    };
    struct ofputil_group_desc gd = { .type = OFPGT11_ALL, .group_id = 1 };
    const struct ofputil_meter_config meter = {
        .meter_id = METER_LEARN - 1, .flags = OFPMF13_KBPS
    };

    match_init_catchall(&fs.match);
    ofputil_append_flow_stats_reply(&fs, &r->flows, NULL);
    ovs_list_init(&gd.buckets);
    ofputil_append_group_desc_reply(&gd, &gd.buckets, &r->groups);
    ofputil_append_meter_config(&r->meters, &meter);
}

/* Puts 'replies' into 't' by 'put', as they come from the wire. */
static void
read_back_list(const struct ovs_list *replies, struct flow_table *t,
               int (*put)(struct ofpbuf *, struct flow_table *))
{
    const struct ofpbuf *reply;

    LIST_FOR_EACH (reply, list_node, replies) {
        struct ofpbuf *b = ofpbuf_clone_data(reply->data, reply->size);

        ofpmsg_update_length(b);
        assert_int_equal(put(b, t), 0);
        ofpbuf_delete(b);
    }
}

static void
read_back(const struct replies *r, struct flow_table *t)
{
    read_back_list(&r->meters, t, flow_codec_put_meters);
    read_back_list(&r->groups, t, flow_codec_put_groups);
    read_back_list(&r->flows, t, flow_codec_put_flows);
}

/* What was sent is read back as the same: nothing is to be sent. */
static void
test_what_is_read_back_is_what_was_sent(void **state OVS_UNUSED)
{
    struct flow_list list;
    struct flow_table t;
    struct replies r;

    replies_of_items(&r);
    put_foreign(&r);
    table_init(&t, &list);
    read_back(&r, &t);
    assert_int_equal(t.n_places[FLOW_ADOPTED], ARRAY_SIZE(items));
    want(&t, &list, items, ARRAY_SIZE(items));
    assert_int_equal(t.n_places[FLOW_ADOPTED], 0);
    assert_true(flow_table_is_settled(&t));
    flow_table_sweep_adopted(&t);
    assert_true(flow_table_is_settled(&t));
    table_uninit(&t, &list);
    replies_uninit(&r);
}

/* Makes all owners of 'm' want what they have in 't'. */
static void
want_model(struct flow_table *t, struct flow_list *list, struct model *m)
{
    struct owner owner;

    model_dirty_all(m);
    while (owner_set_pop(&m->dirty, &owner)) {
        gen_owner(m, &owner, list);
        flow_table_update(t, &owner, list);
    }
}

/* Likewise, of what is made from a model: it says as much of a flow as the
 * switch will. */
static void
test_what_is_generated_is_read_back(void **state OVS_UNUSED)
{
    struct flow_list list;
    struct flow_table t;
    struct replies r;
    struct model m;

    model_init(&m);
    model_script_run(&m, "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=100\n"
                     "network blue 5\nnetwork red 6 drop\n"
                     "port vm1 blue 52:54:00:00:00:0a\n"
                     "port vm2 blue standby 52:54:00:00:00:0b\n"
                     "port vm3 red 52:54:00:00:00:0a\n"
                     "iface v1 id=vm1 ofport=1\niface v2 id=vm2 ofport=2\n"
                     "iface v3 id=vm3 ofport=3\n"
                     "flood 5 192.0.2.2\nflood 5 2001:db8::2\n"
                     "mac 5 52:54:00:00:00:01 192.0.2.2\n"
                     "mac 5 52:54:00:00:00:02 2001:db8::2\n"
                     "mac 5 52:54:00:00:00:03 nhg=0x20000001\n"
                     "nhg 0x20000001 192.0.2.2 2001:db8::2\nrun\n");
    for (uint32_t i = 0; i < 2 * REMOTE_BUCKETS; i++) {
        struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0x0a000000 + i));

        model_put_flood(&m, 6, &ip);
    }

    replies_init(&r);
    table_init(&t, &list);
    want_model(&t, &list, &m);
    switch_does(&r, &t);
    table_uninit(&t, &list);

    table_init(&t, &list);
    want_model(&t, &list, &m);
    assert_false(flow_table_is_settled(&t));
    read_back(&r, &t);
    assert_true(flow_table_is_settled(&t));
    assert_int_equal(t.n_places[FLOW_ADOPTED], 0);
    table_uninit(&t, &list);
    replies_uninit(&r);
    model_uninit(&m);
}

/* Likewise, in the many messages of a large reply. */
static void
test_a_large_reply_is_read_back(void **state OVS_UNUSED)
{
    enum { N = 3000 };
    char *texts[N];
    struct flow_list list;
    struct flow_table t;
    struct replies r;

    for (int i = 0; i < N; i++) {
        texts[i] = xasprintf("table=40,priority=100,metadata=5,"
                             "dl_dst=52:54:00:00:%02x:%02x,actions="TUNNEL,
                             i >> 8, i & 0xff);
    }
    replies_init(&r);
    table_init(&t, &list);
    want(&t, &list, (const char *const *) texts, N);
    switch_does(&r, &t);
    assert_true(ovs_list_size(&r.flows) > 1);

    flow_table_forget_installed(&t);
    assert_int_equal(t.n_places[FLOW_PENDING], N);
    read_back(&r, &t);
    assert_true(flow_table_is_settled(&t));
    table_uninit(&t, &list);
    replies_uninit(&r);
    for (int i = 0; i < N; i++) {
        free(texts[i]);
    }
}

/* Gives the 'size' bytes at 'data' to 'put' as the edge does, if they are a
 * reply at all.  Returns what it returns, EPROTO if not. */
static int
put_bytes(const void *data, size_t size, enum ofptype expected,
          int (*put)(struct ofpbuf *, struct flow_table *))
{
    struct ofpbuf *b = ofpbuf_clone_data(data, size);
    struct flow_list list;
    struct flow_table t;
    enum ofptype type;
    int error = EPROTO;

    ((struct ofp_header *) b->data)->length = htons(size);
    table_init(&t, &list);
    if (!ofptype_decode(&type, b->data) && type == expected) {
        error = put(b, &t);
        assert_true(error == 0 || error == EPROTO);
    }
    table_uninit(&t, &list);
    ofpbuf_delete(b);
    return error;
}

/* A reply that ends anywhere but behind an entry is refused; one in which any
 * one byte has one bit or all bits wrong is taken or refused. */
static void
check_garbage(struct ofpbuf *reply, size_t n_entries, enum ofptype type,
              int (*put)(struct ofpbuf *, struct flow_table *))
{
    uint8_t *bytes = reply->data;
    size_t n_ok = 0;

    for (size_t n = sizeof(struct ofp_header); n <= reply->size; n++) {
        n_ok += !put_bytes(bytes, n, type, put);
    }
    assert_int_equal(n_ok, n_entries + 1);

    for (size_t i = 0; i < reply->size; i++) {
        uint8_t byte = bytes[i];

        for (int j = 0; j <= 8; j++) {
            bytes[i] = byte ^ (j < 8 ? 1 << j : 0xff);
            put_bytes(bytes, reply->size, type, put);
        }
        bytes[i] = byte;
    }
}

static void
test_garbage_is_refused(void **state OVS_UNUSED)
{
    struct replies r;
    size_t n_groups = 0, n_meters = 0;

    for (size_t i = 0; i < ARRAY_SIZE(items); i++) {
        n_groups += !strncmp(items[i], "group_id", 8);
        n_meters += !strncmp(items[i], "meter", 5);
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    replies_of_items(&r);
    check_garbage(ofpbuf_from_list(ovs_list_front(&r.flows)),
                  ARRAY_SIZE(items) - n_groups - n_meters,
                  OFPTYPE_FLOW_STATS_REPLY, flow_codec_put_flows);
    check_garbage(ofpbuf_from_list(ovs_list_front(&r.meters)), n_meters,
                  OFPTYPE_METER_CONFIG_STATS_REPLY, flow_codec_put_meters);
    check_garbage(ofpbuf_from_list(ovs_list_front(&r.groups)), n_groups,
                  OFPTYPE_GROUP_DESC_STATS_REPLY, flow_codec_put_groups);
    replies_uninit(&r);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sent_is_what_was_meant),
        cmocka_unit_test(test_bundle_control),
        cmocka_unit_test(test_reads_ask_for_all_of_ours),
        cmocka_unit_test(test_what_is_read_back_is_what_was_sent),
        cmocka_unit_test(test_what_is_generated_is_read_back),
        cmocka_unit_test(test_a_large_reply_is_read_back),
        cmocka_unit_test(test_garbage_is_refused),
    };

    return cmocka_run_group_tests_name("flow-codec", tests, NULL, NULL);
}
