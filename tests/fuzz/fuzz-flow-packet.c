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
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

/* Packets that the switch hands over: the body of an NXT_PACKET_IN2. */

/* What is told of 'p' is there. */
static void
look_at(const struct flow_packet *p, const struct ofpbuf *msg)
{
    const uint8_t *begin = msg->data;
    const uint8_t *end = ofpbuf_tail(msg);
    const uint8_t *data = p->data;

    ovs_assert(p->args >= begin && p->args + p->n_args <= end);
    ovs_assert(data >= begin && data + p->len <= end);
    ovs_assert(p->len >= ETH_HEADER_LEN);
    ovs_assert(p->vni <= GROUP_ID_MASK);
    ofpbuf_delete(flow_packet_encode_out(p, 0));
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    struct ofpbuf *msg;
    struct flow_packet p;
    enum ofptype type;
    bool ok;

    if (!size || size > UINT16_MAX / 2) {
        return false;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    msg = ofpraw_alloc_xid(OFPRAW_NXT_PACKET_IN2, OFP15_VERSION, 0, size);
    ofpbuf_put(msg, data, size);
    ofpmsg_update_length(msg);
    msg->header = msg->msg = NULL; /* As it comes from a connection. */
    ok = (!ofptype_decode(&type, msg->data) && type == OFPTYPE_PACKET_IN
          && !flow_packet_parse(msg->data, &p));
    if (ok) {
        look_at(&p, msg);
    }
    ofpbuf_delete(msg);
    return ok;
}

static void
seed(const char *userdata, size_t userdata_len, uint32_t vni,
     fuzz_seed_cb *cb, void *aux)
{
    uint8_t frame[64] = { 0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2,
                          0x08, 0x06 };
    struct ofputil_packet_in_private pin = {
        .base = {
            .packet = frame,
            .packet_len = sizeof frame,
            .reason = OFPR_ACTION,
            .table_id = 24,
            .userdata = (uint8_t *) CONST_CAST(char *, userdata),
            .userdata_len = userdata_len,
        },
    };
    struct ofpbuf *msg;

    match_init_catchall(&pin.base.flow_metadata);
    match_set_in_port(&pin.base.flow_metadata, u16_to_ofp(7));
    match_set_metadata(&pin.base.flow_metadata, htonll(vni));
    match_set_reg(&pin.base.flow_metadata, REG_IN_TAG - MFF_REG0, 7);
    msg = ofputil_encode_packet_in_private(&pin, OFPUTIL_P_OF15_OXM,
                                           OFPUTIL_PACKET_IN_NXT2);
    ofpraw_pull_assert(msg);
    cb(aux, msg->data, msg->size);
    ofpbuf_delete(msg);
}

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    seed("\0\0\0\1", 4, 10100, cb, aux);
    seed("\0\0\0\3args", 8, 1, cb, aux);
}
