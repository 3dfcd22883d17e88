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
#include "flows/flow-codec.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "nx-match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* OpenFlow version that is spoken. */
#define OF_VERSION OFP15_VERSION

/* Appends to 'b' a flow modification.  This does what
 * ofputil_encode_flow_mod() does, for instructions that are encoded
 * already. */
static void
put_flow_mod(struct ofpbuf *b, const struct flow_op *op, ovs_be32 xid)
{
    const struct flow_key *key = &op->entry->key;
    struct ofp11_flow_mod *fm;
    struct match match;

    ofpraw_put_xid(OFPRAW_OFPT11_FLOW_MOD, OF_VERSION, xid, b);
    fm = ofpbuf_put_zeros(b, sizeof *fm);
    fm->table_id = key->table_id;
    fm->priority = htons(key->priority);
    fm->buffer_id = htonl(UINT32_MAX);
    fm->out_port = ofputil_port_to_ofp11(OFPP_ANY);
    fm->out_group = htonl(OFPG_ANY);
    if (op->payload) {
        fm->command = OFPFC_ADD;
        fm->cookie = op->cookie;
    } else {
        fm->command = OFPFC_DELETE_STRICT;
        fm->cookie = htonll(OWNER_COOKIE);
        fm->cookie_mask = htonll(OWNER_COOKIE_MASK);
    }
    minimatch_expand(&key->match, &match);
    oxm_put_match(b, &match, OF_VERSION);
    if (op->payload) {
        ofpbuf_put(b, op->payload->bytes, op->payload->len);
    }
}

static void
put_group_mod(struct ofpbuf *b, const struct flow_op *op, ovs_be32 xid)
{
    ofpraw_put_xid(OFPRAW_OFPT15_GROUP_MOD, OF_VERSION, xid, b);
    if (op->payload) {
        ofpbuf_put(b, op->payload->bytes, op->payload->len);
    } else {
        struct ofp15_group_mod *gm = ofpbuf_put_zeros(b, sizeof *gm);

        gm->command = htons(OFPGC15_DELETE);
        gm->group_id = htonl(op->entry->key.id);
        gm->command_bucket_id = htonl(OFPG15_BUCKET_ALL);
    }
}

/* A meter is either new or not, and a switch insists on being told which. */
static void
put_meter_mod(struct ofpbuf *b, const struct flow_op *op, ovs_be32 xid)
{
    struct ofp13_meter_mod *mm;

    ofpraw_put_xid(OFPRAW_OFPT13_METER_MOD, OF_VERSION, xid, b);
    if (op->payload) {
        mm = ofpbuf_put(b, op->payload->bytes, op->payload->len);
        mm->command = htons(op->entry->installed ? OFPMC13_MODIFY
                            : OFPMC13_ADD);
    } else {
        mm = ofpbuf_put_zeros(b, sizeof *mm);
        mm->command = htons(OFPMC13_DELETE);
        mm->meter_id = htonl(op->entry->key.id);
    }
}

static void
put_mod(struct ofpbuf *b, const struct flow_op *op, ovs_be32 xid)
{
    switch ((enum flow_kind) op->entry->key.kind) {
    case FLOW_FLOW:
        put_flow_mod(b, op, xid);
        break;
    case FLOW_GROUP:
        put_group_mod(b, op, xid);
        break;
    case FLOW_METER:
        put_meter_mod(b, op, xid);
        break;
    }
}

/* Returns a message with 'xid' that does 'op', as part of bundle 'bundle_id'
 * if that is not 0.  Meters go without. */
struct ofpbuf *
flow_codec_op(const struct flow_op *op, ovs_be32 xid, uint32_t bundle_id)
{
    struct ofpbuf *b = ofpbuf_new(512);
    struct ofp_header *oh;
    size_t start;

    if (bundle_id) {
        struct ofp14_bundle_ctrl_msg *m;

        ofpraw_put_xid(OFPRAW_OFPT14_BUNDLE_ADD_MESSAGE, OF_VERSION, xid, b);
        m = ofpbuf_put_zeros(b, sizeof *m);
        m->bundle_id = htonl(bundle_id);
        m->flags = htons(OFPBF_ATOMIC | OFPBF_ORDERED);
    }
    start = b->size;
    put_mod(b, op, xid);
    oh = ofpbuf_at_assert(b, start, sizeof *oh);
    oh->length = htons(b->size - start);
    ofpmsg_update_length(b);
    return b;
}

/* Returns a message with 'xid' that controls bundle 'bundle_id': 'type' is
 * OFPBCT_*. */
struct ofpbuf *
flow_codec_bundle(ovs_be32 xid, uint32_t bundle_id, uint16_t type)
{
    struct ofputil_bundle_ctrl_msg m = {
        .bundle_id = bundle_id,
        .type = type,
        .flags = OFPBF_ATOMIC | OFPBF_ORDERED,
    };
    struct ofpbuf *b = ofputil_encode_bundle_ctrl_request(OF_VERSION, &m);
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

/* Returns a message with 'xid' that asks for all of our flows. */
struct ofpbuf *
flow_codec_read_flows(ovs_be32 xid)
{
    struct ofputil_flow_stats_request request = {
        .match = MATCH_CATCHALL_INITIALIZER,
        .cookie = htonll(OWNER_COOKIE),
        .cookie_mask = htonll(OWNER_COOKIE_MASK),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };
    struct ofpbuf *b = ofputil_encode_flow_stats_request(&request,
                                                         OFPUTIL_P_OF15_OXM);
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

/* Returns a message with 'xid' that asks for all groups. */
struct ofpbuf *
flow_codec_read_groups(ovs_be32 xid)
{
    struct ofpbuf *b = ofputil_encode_group_desc_request(OF_VERSION, OFPG_ALL);
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

/* Returns a message with 'xid' that asks for all meters. */
struct ofpbuf *
flow_codec_read_meters(ovs_be32 xid)
{
    struct ofpbuf *b = ofputil_encode_meter_request(
        OF_VERSION, OFPUTIL_METER_CONFIG, OFPM13_ALL);
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

/* Returns a message with 'xid' that asks what meters the switch can have. */
struct ofpbuf *
flow_codec_read_meter_features(ovs_be32 xid)
{
    struct ofpbuf *b = ofputil_encode_meter_request(
        OF_VERSION, OFPUTIL_METER_FEATURES, 0);
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

/* Returns a message with 'xid' that adds to bundle 'bundle_id' a flow that
 * sets the flags of a neighbor advertisement (RFC 4861 section 4.4), which the
 * datapath of the kernel cannot.  A switch answers with an error if its
 * datapath cannot, at once and not when the bundle is committed. */
struct ofpbuf *
flow_codec_probe_nd(ovs_be32 xid, uint32_t bundle_id)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofputil_bundle_add_msg add = {
        .bundle_id = bundle_id,
        .flags = OFPBF_ATOMIC | OFPBF_ORDERED,
    };
    struct ofputil_flow_mod fm = {
        .command = OFPFC_ADD,
        .priority = 1,
        .table_id = TABLE_PROBE,
        .new_cookie = htonll(OWNER_COOKIE),
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };
    struct ofpbuf *inner, *b;
    struct ofp_header *oh;

    match_set_dl_type(&match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(&match, IPPROTO_ICMPV6);
    match_set_icmp_type(&match, ND_NEIGHBOR_ADVERT);
    match_set_icmp_code(&match, 0);
    match_set_default_packet_type(&match);
    flow_act_set(&ofpacts, MFF_ND_RESERVED, 0);
    minimatch_init(&fm.match, &match);
    fm.ofpacts = ofpacts.data;
    fm.ofpacts_len = ofpacts.size;
    inner = ofputil_encode_flow_mod(&fm, OFPUTIL_P_OF15_OXM);
    ofpmsg_update_length(inner);
    oh = inner->data;
    oh->xid = xid;
    add.msg = oh;
    b = ofputil_encode_bundle_add(OF_VERSION, &add);
    oh = b->data;
    oh->xid = xid;
    ofpbuf_delete(inner);
    minimatch_destroy(&fm.match);
    ofpbuf_uninit(&ofpacts);
    return b;
}

/* Puts the flows of the flow statistics reply 'reply' into 't' as installed.
 * Returns 0, or EPROTO if the reply makes no sense. */
int
flow_codec_put_flows(struct ofpbuf *reply, struct flow_table *t)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    int error;

    for (;;) {
        struct flow_key key = { .kind = FLOW_FLOW };
        struct ofputil_flow_stats fs;

        error = ofputil_decode_flow_stats_reply(&fs, reply, false, &ofpacts);
        if (error) {
            break;
        }
        if ((fs.cookie & htonll(OWNER_COOKIE_MASK)) != htonll(OWNER_COOKIE)) {
            continue;
        }
        minimatch_init(&key.match, &fs.match);
        key.table_id = fs.table_id;
        key.priority = fs.priority;
        flow_table_put_installed(t, &key,
                                 flow_payload_from_ofpacts(&t->payloads,
                                                           fs.ofpacts,
                                                           fs.ofpacts_len),
                                 fs.cookie);
    }
    ofpbuf_uninit(&ofpacts);
    return error == EOF ? 0 : EPROTO;
}

/* Returns a reference to the payload in 'pool' of the group 'gd'. */
static struct flow_payload *
group_payload(struct flow_payloads *pool, struct ofputil_group_desc *gd)
{
    struct ofputil_group_mod gm = {
        .command = OFPGC11_ADD_OR_MOD,
        .type = gd->type,
        .group_id = gd->group_id,
        .command_bucket_id = OFPG15_BUCKET_ALL,
        .props = gd->props,
    };
    struct flow_payload *payload;

    ovs_list_move(&gm.buckets, &gd->buckets);
    payload = flow_payload_from_group(pool, &gm);
    ovs_list_move(&gd->buckets, &gm.buckets);
    return payload;
}

/* Puts the groups of the group description reply 'reply' that are ours into
 * 't' as installed.  Returns 0, or EPROTO if the reply makes no sense. */
int
flow_codec_put_groups(struct ofpbuf *reply, struct flow_table *t)
{
    int error;

    for (;;) {
        struct ofputil_group_desc gd;

        error = ofputil_decode_group_desc_reply(&gd, reply, OF_VERSION);
        if (error) {
            break;
        }
        if (group_is_ours(gd.group_id)) {
            struct flow_key key = { .kind = FLOW_GROUP, .id = gd.group_id };

            flow_table_put_installed(t, &key,
                                     group_payload(&t->payloads, &gd), 0);
        }
        ofputil_uninit_group_desc(&gd);
    }
    return error == EOF ? 0 : EPROTO;
}

/* Puts the meters of the meter configuration reply 'reply' that are ours into
 * 't' as installed.  Returns 0, or EPROTO if the reply makes no sense. */
int
flow_codec_put_meters(struct ofpbuf *reply, struct flow_table *t)
{
    uint64_t stub[256 / 8];
    struct ofpbuf bands = OFPBUF_STUB_INITIALIZER(stub);
    int error;

    for (;;) {
        struct ofputil_meter_config config;

        error = ofputil_decode_meter_config(reply, &config, &bands);
        if (error) {
            break;
        }
        if (meter_is_ours(config.meter_id)) {
            struct flow_key key = { .kind = FLOW_METER,
                                    .id = config.meter_id };

            flow_table_put_installed(t, &key,
                                     flow_payload_from_meter(&t->payloads,
                                                             &config), 0);
        }
    }
    ofpbuf_uninit(&bands);
    return error == EOF ? 0 : EPROTO;
}

/* Tells 't' what meters the switch can have, according to the meter features
 * reply 'reply'.  Returns 0. */
int
flow_codec_put_meter_features(struct ofpbuf *reply, struct flow_table *t)
{
    struct ofputil_meter_features features;

    ofputil_decode_meter_features(reply->data, &features);
    flow_table_put_max_meters(t, (features.max_bands
                                  && (features.band_types
                                      & 1u << OFPMBT13_DROP)
                                  ? features.max_meters : 0));
    return 0;
}
