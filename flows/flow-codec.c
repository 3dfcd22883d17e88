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
#include "flows/pipeline.h"
#include "nx-match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofpbuf.h"
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
        gm->group_id = htonl(op->entry->key.group_id);
        gm->command_bucket_id = htonl(OFPG15_BUCKET_ALL);
    }
}

/* Returns a message with 'xid' that does 'op', as part of bundle 'bundle_id'
 * if that is not 0. */
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
    if (op->entry->key.group_id) {
        put_group_mod(b, op, xid);
    } else {
        put_flow_mod(b, op, xid);
    }
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

/* Puts the flows of the flow statistics reply 'reply' into 't' as installed.
 * Returns 0, or EPROTO if the reply makes no sense. */
int
flow_codec_put_flows(struct ofpbuf *reply, struct flow_table *t)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    int error;

    for (;;) {
        struct flow_key key = { .group_id = 0 };
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
            struct flow_key key = { .group_id = gd.group_id };

            flow_table_put_installed(t, &key,
                                     group_payload(&t->payloads, &gd), 0);
        }
        ofputil_uninit_group_desc(&gd);
    }
    return error == EOF ? 0 : EPROTO;
}
