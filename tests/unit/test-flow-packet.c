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
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-codec.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "tests/unit/script.h"
#include "util.h"

#define XID htonl(0x12345678)
#define BUNDLE 77

static const uint8_t frame[] = {
    0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x08, 0x06, 1, 2, 3, 4,
};

/* The action. */

static void
test_punt(void **state OVS_UNUSED)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct ofpact_format_params fp = { .s = &s };

    flow_act_punt(&ofpacts, PUNT_LEARN, METER_LEARN | 7, NULL, 0);
    flow_act_punt(&ofpacts, PUNT_ND, METER_ND | 7, "abc", 3);
    flow_act_goto(&ofpacts, TABLE_L2_LOCAL);
    ofpacts_format(ofpacts.data, ofpacts.size, &fp);
    script_check("punt", "controller(id=28517,userdata=00.00.00.01,"
                 "meter_id=268435463),"
                 "controller(id=28517,userdata=00.00.00.03.61.62.63,"
                 "meter_id=301989895),goto_table:32", ds_cstr(&s));
    ds_destroy(&s);
    ofpbuf_uninit(&ofpacts);
}

/* Packets that come. */

/* Returns the packet-in that a switch makes, which the caller frees. */
static struct ofpbuf *
packet_in(const void *userdata, size_t userdata_len)
{
    struct ofputil_packet_in_private pin = {
        .base = {
            .packet = CONST_CAST(uint8_t *, frame),
            .packet_len = sizeof frame,
            .reason = OFPR_ACTION,
            .table_id = 24,
            .cookie = htonll(OWNER_COOKIE),
            .userdata = CONST_CAST(void *, userdata),
            .userdata_len = userdata_len,
        },
    };
    struct match *md = &pin.base.flow_metadata;
    struct ofpbuf *msg;

    match_init_catchall(md);
    match_set_in_port(md, u16_to_ofp(7));
    match_set_metadata(md, htonll(10100));
    match_set_reg(md, REG_IN_TAG - MFF_REG0, 7);
    match_set_reg(md, REG_OUT_TAG - MFF_REG0, 8);
    match_set_reg(md, REG_FLAGS - MFF_REG0, FLAG_FROM_TUNNEL);
    match_set_reg(md, REG_VRF - MFF_REG0, 4001);
    match_set_reg(md, REG_KEY - MFF_REG0 + 2, 0xffff);
    match_set_reg(md, REG_KEY - MFF_REG0 + 3, 0x0a000001);
    msg = ofputil_encode_packet_in_private(&pin, OFPUTIL_P_OF15_OXM,
                                           OFPUTIL_PACKET_IN_NXT2);
    ofpmsg_update_length(msg);
    return msg;
}

static void
test_a_packet_tells_what_the_pipeline_knew(void **state OVS_UNUSED)
{
    struct ofpbuf *msg = packet_in("\0\0\0\1xy", 6);
    struct flow_packet p;

    assert_int_equal(flow_packet_parse(msg->data, &p), 0);
    assert_int_equal(p.opcode, PUNT_LEARN);
    assert_int_equal(p.n_args, 2);
    assert_memory_equal(p.args, "xy", 2);
    assert_int_equal(p.table_id, 24);
    assert_int_equal(p.ofport, 7);
    assert_int_equal(p.vni, 10100);
    assert_int_equal(p.in_tag, 7);
    assert_int_equal(p.out_tag, 8);
    assert_int_equal(p.flags, FLAG_FROM_TUNNEL);
    assert_int_equal(p.vrf, 4001);
    script_check("next hop", "10.0.0.1", script_ip_string(&p.next_hop));
    assert_int_equal(p.len, sizeof frame);
    assert_memory_equal(p.data, frame, sizeof frame);
    ofpbuf_delete(msg);
}

static void
check_refused(const void *userdata, size_t userdata_len)
{
    struct ofpbuf *msg = packet_in(userdata, userdata_len);
    struct flow_packet p;

    assert_int_equal(flow_packet_parse(msg->data, &p), EPROTO);
    ofpbuf_delete(msg);
}

static void
test_a_packet_without_opcode_is_refused(void **state OVS_UNUSED)
{
    check_refused(NULL, 0);
    check_refused("\0\0\1", 3);
}

static void
test_garbage_is_refused(void **state OVS_UNUSED)
{
    struct ofpbuf *msg = packet_in("\0\0\0\1", 4);
    uint8_t *bytes = msg->data;
    struct flow_packet p;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    for (size_t i = sizeof(struct ofp_header); i < msg->size; i++) {
        uint8_t byte = bytes[i];
        enum ofptype type;

        for (int j = 0; j <= 8; j++) {
            bytes[i] = byte ^ (j < 8 ? 1 << j : 0xff);
            if (!ofptype_decode(&type, msg->data)
                && type == OFPTYPE_PACKET_IN) {
                flow_packet_parse(msg->data, &p);
            }
        }
        bytes[i] = byte;
    }
    ofpbuf_delete(msg);
}

/* Packets that go. */

/* Fails the test unless 'msg', which it frees, lets 'data' of 'len' bytes come
 * from 'in_port' to 'expected' actions. */
static void
check_packet_out(struct ofpbuf *msg, const void *data, size_t len,
                 ofp_port_t in_port, const char *expected)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    const struct ofp_header *oh = msg->data;
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct ofpact_format_params fp = { .s = &s };
    struct ofputil_packet_out po;

    ofpmsg_update_length(msg);
    assert_true(oh->xid == XID);
    assert_int_equal(ofputil_decode_packet_out(&po, oh, NULL, &ofpacts), 0);
    assert_int_equal(po.buffer_id, UINT32_MAX);
    assert_int_equal(po.flow_metadata.flow.in_port.ofp_port, in_port);
    assert_int_equal(po.packet_len, len);
    assert_memory_equal(po.packet, data, len);
    ofpacts_format(po.ofpacts, po.ofpacts_len, &fp);
    script_check("packet-out", expected, ds_cstr(&s));
    ds_destroy(&s);
    ofpbuf_uninit(&ofpacts);
    ofpbuf_delete(msg);
}

static void
check_out(const struct flow_packet *p, ofp_port_t in_port,
          const char *expected)
{
    check_packet_out(flow_packet_encode_out(p, XID), frame, sizeof frame,
                     in_port, expected);
}

static void
test_alive(void **state OVS_UNUSED)
{
    static const uint8_t nothing[ETH_HEADER_LEN];

    check_packet_out(flow_packet_encode_alive(XID), nothing, sizeof nothing,
                     OFPP_CONTROLLER,
                     "learn(table=77,hard_timeout=10,priority=1,"
                     "cookie=0x616c697665,load:0x1->NXM_NX_REG10[17])");
}

/* What makes the switch look again takes nothing from it. */
static void
test_revalidate(void **state OVS_UNUSED)
{
    struct ofpbuf *msg = flow_packet_encode_revalidate(XID);
    const struct ofp_header *oh = msg->data;
    struct ofputil_flow_mod fm;
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    assert_true(oh->xid == XID);
    assert_int_equal(ofputil_decode_flow_mod(
                         &fm, oh, OFPUTIL_P_OF15_OXM, NULL, NULL, &ofpacts,
                         OFPP_MAX, 255), 0);
    assert_int_equal(fm.command, OFPFC_DELETE_STRICT);
    assert_int_equal(fm.table_id, TABLE_ALIVE);
    assert_int_not_equal(fm.priority, PRIORITY_NEXT);
    assert_int_equal(ntohll(fm.cookie), ALIVE_COOKIE);
    assert_int_equal(ntohll(fm.cookie_mask), UINT64_MAX);
    minimatch_destroy(&fm.match);
    ofpbuf_uninit(&ofpacts);
    ofpbuf_delete(msg);
}

static void
test_a_packet_goes_on_where_it_should(void **state OVS_UNUSED)
{
    struct flow_packet p = {
        .table_id = TABLE_L2_LOCAL, .ofport = 7, .vni = 10100, .in_tag = 7,
        .out_tag = 8, .flags = FLAG_FROM_TUNNEL, .data = frame,
        .len = sizeof frame,
    };

    check_out(&p, u16_to_ofp(7),
              "set_field:0x2774->metadata,set_field:0x1->reg10,"
              "set_field:0x7->reg14,set_field:0x8->reg15,resubmit(,32)");
    p = (struct flow_packet) {
        .table_id = TABLE_DELIVER, .vni = 1, .out_tag = 8, .data = frame,
        .len = sizeof frame,
    };
    check_out(&p, OFPP_CONTROLLER,
              "set_field:0x1->metadata,set_field:0->reg10,"
              "set_field:0->reg14,set_field:0x8->reg15,resubmit(,64)");
    p = (struct flow_packet) {
        .table_id = 29, .vni = 1, .vrf = 4001, .data = frame,
        .len = sizeof frame,
    };
    check_out(&p, OFPP_CONTROLLER,
              "set_field:0x1->metadata,set_field:0->reg10,"
              "set_field:0->reg14,set_field:0->reg15,"
              "set_field:0xfa1->reg0,resubmit(,29)");
}

/* What makes packets come. */

static void
check_message(struct ofpbuf *msg, enum ofptype expected)
{
    const struct ofp_header *oh = msg->data;
    enum ofptype type;

    ofpmsg_update_length(msg);
    assert_true(oh->xid == XID);
    assert_int_equal(ofptype_decode(&type, oh), 0);
    assert_int_equal(type, expected);
}

static void
test_nothing_comes_unasked_but_packets(void **state OVS_UNUSED)
{
    struct ofpbuf *msg = flow_packet_encode_async(XID);
    struct ofputil_async_cfg all = ofputil_async_cfg_default(OFP15_VERSION);
    struct ofputil_async_cfg cfg;

    check_message(msg, OFPTYPE_SET_ASYNC_CONFIG);
    assert_int_equal(ofputil_decode_set_async_config(msg->data, false, &all,
                                                     &cfg), 0);
    for (int i = 0; i < OAM_N_TYPES; i++) {
        assert_int_equal(cfg.primary[i],
                         i == OAM_PACKET_IN ? 1u << OFPR_ACTION : 0);
        assert_int_equal(cfg.secondary[i], 0);
    }
    ofpbuf_delete(msg);
}

static void
test_setup(void **state OVS_UNUSED)
{
    struct ofputil_switch_config config;
    enum ofputil_packet_in_format format;
    const struct nx_controller_id *nci;
    struct ofpbuf *msg;

    msg = flow_packet_encode_config(XID);
    check_message(msg, OFPTYPE_SET_CONFIG);
    assert_int_equal(ofputil_decode_set_config(msg->data, &config), 0);
    assert_int_not_equal(config.miss_send_len, 0);
    assert_int_equal(config.frag, OFPUTIL_FRAG_NX_MATCH);
    ofpbuf_delete(msg);

    msg = flow_packet_encode_format(XID);
    check_message(msg, OFPTYPE_SET_PACKET_IN_FORMAT);
    assert_int_equal(ofputil_decode_set_packet_in_format(msg->data, &format),
                     0);
    assert_int_equal(format, OFPUTIL_PACKET_IN_NXT2);
    ofpbuf_delete(msg);

    msg = flow_packet_encode_controller_id(XID);
    check_message(msg, OFPTYPE_SET_CONTROLLER_ID);
    nci = ofpmsg_body(msg->data);
    assert_int_equal(ntohs(nci->controller_id), FLOW_PACKET_CONTROLLER_ID);
    ofpbuf_delete(msg);
}

/* What the switch can do. */

static void
check_max_meters(uint32_t max_meters, uint32_t band_types, uint8_t max_bands,
                 uint32_t expected)
{
    const struct ofputil_meter_features features = {
        .max_meters = max_meters,
        .band_types = band_types,
        .max_bands = max_bands,
    };
    struct ofpbuf *request = flow_codec_read_meter_features(XID);
    struct ofpbuf *reply = ofputil_encode_meter_features_reply(&features,
                                                               request->data);
    struct ofpbuf *b = ofpbuf_clone_data(reply->data, reply->size);
    struct flow_table t;

    flow_table_init(&t);
    ofpmsg_update_length(b);
    assert_int_equal(flow_codec_put_meter_features(b, &t), 0);
    assert_int_equal(t.max_meters, expected);
    flow_table_uninit(&t);
    ofpbuf_delete(b);
    ofpbuf_delete(reply);
    ofpbuf_delete(request);
}

/* Meters are of use if they can drop. */
static void
test_meter_features(void **state OVS_UNUSED)
{
    check_max_meters(1000, 1u << OFPMBT13_DROP, 1, 1000);
    check_max_meters(1000, 1u << OFPMBT13_DSCP_REMARK, 1, 0);
    check_max_meters(1000, 1u << OFPMBT13_DROP, 0, 0);
    check_max_meters(0, 1u << OFPMBT13_DROP, 1, 0);
}

/* The flow that probes is what a switch refuses that cannot do it, in a
 * bundle. */
static void
test_probe(void **state OVS_UNUSED)
{
    struct ofpbuf *msg = flow_codec_probe_nd(XID, BUNDLE);
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ofputil_bundle_add_msg add;
    struct ofputil_flow_mod fm;
    enum ofptype type;

    check_message(msg, OFPTYPE_BUNDLE_ADD_MESSAGE);
    assert_int_equal(ofputil_decode_bundle_add(msg->data, &add, &type), 0);
    assert_int_equal(add.bundle_id, BUNDLE);
    assert_int_equal(type, OFPTYPE_FLOW_MOD);
    assert_true(add.msg->xid == XID);
    assert_int_equal(ofputil_decode_flow_mod(&fm, add.msg,
                                             OFPUTIL_P_OF15_OXM, NULL, NULL,
                                             &ofpacts, u16_to_ofp(OFPP_MAX),
                                             255), 0);
    assert_int_equal(fm.command, OFPFC_ADD);
    assert_int_equal(fm.table_id, TABLE_PROBE);
    minimatch_format(&fm.match, NULL, NULL, &s, fm.priority);
    script_check("match", "priority=1,icmp6,icmp_type=136,icmp_code=0",
                 ds_cstr(&s));
    assert_int_equal(fm.ofpacts->type, OFPACT_SET_FIELD);
    assert_int_equal(ofpact_get_SET_FIELD(fm.ofpacts)->field->id,
                     MFF_ND_RESERVED);
    minimatch_destroy(&fm.match);
    ofpbuf_uninit(&ofpacts);
    ds_destroy(&s);
    ofpbuf_delete(msg);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_punt),
        cmocka_unit_test(test_a_packet_tells_what_the_pipeline_knew),
        cmocka_unit_test(test_a_packet_without_opcode_is_refused),
        cmocka_unit_test(test_garbage_is_refused),
        cmocka_unit_test(test_alive),
        cmocka_unit_test(test_revalidate),
        cmocka_unit_test(test_a_packet_goes_on_where_it_should),
        cmocka_unit_test(test_nothing_comes_unasked_but_packets),
        cmocka_unit_test(test_setup),
        cmocka_unit_test(test_meter_features),
        cmocka_unit_test(test_probe),
    };

    return cmocka_run_group_tests_name("flow-packet", tests, NULL, NULL);
}
