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
#include "flows/flow-packet.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "learn.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

#define OF_VERSION OFP15_VERSION

static struct ofpbuf *
with_xid(struct ofpbuf *b, ovs_be32 xid)
{
    struct ofp_header *oh = b->data;

    oh->xid = xid;
    return b;
}

static uint32_t
reg_of(const struct match *md, enum mf_field_id reg)
{
    return md->flow.regs[reg - MFF_REG0];
}

/* Returns the IP that is in REG_KEY. */
static struct in6_addr
key_of(const struct match *md)
{
    struct in6_addr ip;

    for (int i = 0; i < 4; i++) {
        ovs_be32 be = htonl(reg_of(md, REG_KEY + i));

        memcpy(&ip.s6_addr[4 * i], &be, sizeof be);
    }
    return ip;
}

/* Makes '*p' what the packet-in 'oh' tells; 'p' points into 'oh'.  Returns 0,
 * or EPROTO if it is none of ours or cut off. */
int
flow_packet_parse(const struct ofp_header *oh, struct flow_packet *p)
{
    struct ofputil_packet_in pin;
    size_t total_len;
    uint32_t buffer_id;
    ovs_be32 opcode;

    if (ofputil_decode_packet_in(oh, true, NULL, NULL, &pin, &total_len,
                                 &buffer_id, NULL)
        || pin.userdata_len < sizeof opcode
        || pin.packet_len < ETH_HEADER_LEN || total_len > pin.packet_len) {
        return EPROTO;
    }
    memcpy(&opcode, pin.userdata, sizeof opcode);
    *p = (struct flow_packet) {
        .opcode = ntohl(opcode),
        .args = pin.userdata + sizeof opcode,
        .n_args = pin.userdata_len - sizeof opcode,
        .table_id = pin.table_id,
        .ofport = ofp_to_u16(pin.flow_metadata.flow.in_port.ofp_port),
        .vni = ntohll(pin.flow_metadata.flow.metadata) & GROUP_ID_MASK,
        .flags = reg_of(&pin.flow_metadata, REG_FLAGS),
        .in_tag = reg_of(&pin.flow_metadata, REG_IN_TAG),
        .out_tag = reg_of(&pin.flow_metadata, REG_OUT_TAG),
        .acl = reg_of(&pin.flow_metadata, REG_ACL),
        .acl_rule = flow_get_xreg(&pin.flow_metadata.flow,
                                  REG_ACL_RULE - MFF_XREG0),
        .vrf = reg_of(&pin.flow_metadata, REG_VRF),
        .next_hop = key_of(&pin.flow_metadata),
        .data = pin.packet,
        .len = pin.packet_len,
    };
    return 0;
}

/* Returns a message with 'xid' that lets the packet of 'p' go on in its table,
 * with its metadata and registers.  It comes from its OpenFlow port, or, if
 * that is 0, from none.  The opcode does not matter.  The caller owns the
 * message. */
struct ofpbuf *
flow_packet_encode_out(const struct flow_packet *p, ovs_be32 xid)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_packet_out po = {
        .packet = p->data,
        .packet_len = p->len,
        .buffer_id = UINT32_MAX,
    };
    struct ofpbuf *b;

    match_init_catchall(&po.flow_metadata);
    match_set_in_port(&po.flow_metadata,
                      p->ofport ? u16_to_ofp(p->ofport) : OFPP_CONTROLLER);
    flow_act_set(&ofpacts, MFF_METADATA, p->vni);
    flow_act_set(&ofpacts, REG_FLAGS, p->flags);
    flow_act_set(&ofpacts, REG_IN_TAG, p->in_tag);
    flow_act_set(&ofpacts, REG_OUT_TAG, p->out_tag);
    if (p->reason) {
        flow_act_set(&ofpacts, REG_REASON, p->reason);
    } else if (p->vrf) {
        flow_act_set(&ofpacts, REG_VRF, p->vrf);
    }
    flow_act_resubmit(&ofpacts, p->table_id);
    po.ofpacts = ofpacts.data;
    po.ofpacts_len = ofpacts.size;
    b = ofputil_encode_packet_out(&po, OFPUTIL_P_OF15_OXM);
    ofpbuf_uninit(&ofpacts);
    return with_xid(b, xid);
}

/* Returns a message with 'xid' that makes the flow in TABLE_ALIVE, or makes it
 * stay for another ALIVE_SECONDS.  It is a packet that makes the switch learn
 * that flow: what it has learned already, it keeps without a change to its
 * tables, after which it would have to look at all that it has cached. */
struct ofpbuf *
flow_packet_encode_alive(ovs_be32 xid)
{
    const struct eth_header eth = { .eth_type = htons(0) };
    struct ofputil_packet_out po = {
        .packet = &eth,
        .packet_len = sizeof eth,
        .buffer_id = UINT32_MAX,
    };
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    char *text = xasprintf("table=%d,hard_timeout=%d,priority=%d,cookie=%#"
                           PRIx64",load:1->%s[%d]", TABLE_ALIVE,
                           ALIVE_SECONDS, PRIORITY_NEXT, ALIVE_COOKIE,
                           mf_from_id(REG_FLAGS)->name, FLAG_ALIVE_BIT);
    char *error = learn_parse(text, NULL, NULL, &ofpacts);
    struct ofpbuf *b;

    ovs_assert(!error);
    free(text);
    match_init_catchall(&po.flow_metadata);
    match_set_in_port(&po.flow_metadata, OFPP_CONTROLLER);
    po.ofpacts = ofpacts.data;
    po.ofpacts_len = ofpacts.size;
    b = ofputil_encode_packet_out(&po, OFPUTIL_P_OF15_OXM);
    ofpbuf_uninit(&ofpacts);
    return with_xid(b, xid);
}

/* Returns a message with 'xid' after which the switch looks at all that it has
 * cached, and which changes nothing: it removes a flow that there never is.
 * ovs-vswitchd (3.1) does so after each change of flows, except after one that
 * a packet-out made it learn. */
struct ofpbuf *
flow_packet_encode_revalidate(ovs_be32 xid)
{
    struct ofputil_flow_mod fm = {
        .command = OFPFC_DELETE_STRICT,
        .table_id = TABLE_ALIVE,
        .priority = PRIORITY_NEXT + 1,
        .cookie = htonll(ALIVE_COOKIE),
        .cookie_mask = OVS_BE64_MAX,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };
    struct ofpbuf *b;

    minimatch_init_catchall(&fm.match);
    b = ofputil_encode_flow_mod(&fm, OFPUTIL_P_OF15_OXM);
    minimatch_destroy(&fm.match);
    return with_xid(b, xid);
}

/* Returns a message with 'xid' that makes a connection to a management socket
 * get asynchronous messages at all: it has to ask for some length.  It also
 * makes the switch let the first fragment of a packet have its ports and ICMP
 * type; by default, no fragment has any. */
struct ofpbuf *
flow_packet_encode_config(ovs_be32 xid)
{
    const struct ofputil_switch_config config = {
        .frag = OFPUTIL_FRAG_NX_MATCH,
        .miss_send_len = UINT16_MAX,
    };

    return with_xid(ofputil_encode_set_config(&config, OF_VERSION), xid);
}

/* Returns a message with 'xid' that asks for packets with user data. */
struct ofpbuf *
flow_packet_encode_format(ovs_be32 xid)
{
    return with_xid(ofputil_encode_set_packet_in_format(
        OF_VERSION, OFPUTIL_PACKET_IN_NXT2), xid);
}

/* Returns a message with 'xid' that asks for packets that are meant for us,
 * and no others. */
struct ofpbuf *
flow_packet_encode_controller_id(ovs_be32 xid)
{
    struct ofpbuf *b = ofpraw_alloc(OFPRAW_NXT_SET_CONTROLLER_ID, OF_VERSION,
                                    0);
    struct nx_controller_id *nci = ofpbuf_put_zeros(b, sizeof *nci);

    nci->controller_id = htons(FLOW_PACKET_CONTROLLER_ID);
    return with_xid(b, xid);
}

/* Returns a message with 'xid' that asks for packets that flows hand over, and
 * no other news. */
struct ofpbuf *
flow_packet_encode_async(ovs_be32 xid)
{
    struct ofputil_async_cfg cfg = OFPUTIL_ASYNC_CFG_INIT;

    cfg.primary[OAM_PACKET_IN] = 1u << OFPR_ACTION;
    return with_xid(ofputil_encode_set_async_config(
        &cfg, (1u << OAM_N_TYPES) - 1, OF_VERSION), xid);
}
