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
#include "flows/flow-act.h"

#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Appends to 'ofpacts' that the whole of 'field' becomes 'value'. */
void
flow_act_set(struct ofpbuf *ofpacts, enum mf_field_id field, uint64_t value)
{
    flow_act_set_masked(ofpacts, field, value, UINT64_MAX);
}

/* Appends to 'ofpacts' that the bits of 'field' that are 1 in 'mask' become
 * those of 'value'. */
void
flow_act_set_masked(struct ofpbuf *ofpacts, enum mf_field_id field,
                    uint64_t value, uint64_t mask)
{
    const struct mf_field *mf = mf_from_id(field);
    ovs_be64 be[2] = { htonll(value), htonll(mask) };
    size_t ofs = sizeof be[0] - mf->n_bytes;

    ovs_assert(mf->n_bytes <= sizeof be[0]);
    ofpact_put_set_field(ofpacts, mf, (const uint8_t *) &be[0] + ofs,
                         (const uint8_t *) &be[1] + ofs);
}

/* Appends to 'ofpacts' that 'n_bits' of 'dst', from bit 'dst_ofs' on, become
 * those of 'src' from bit 'src_ofs' on. */
void
flow_act_move(struct ofpbuf *ofpacts, enum mf_field_id src,
              unsigned int src_ofs, enum mf_field_id dst,
              unsigned int dst_ofs, unsigned int n_bits)
{
    struct ofpact_reg_move *move = ofpact_put_REG_MOVE(ofpacts);

    move->src.field = mf_from_id(src);
    move->src.ofs = src_ofs;
    move->src.n_bits = n_bits;
    move->dst.field = mf_from_id(dst);
    move->dst.ofs = dst_ofs;
    move->dst.n_bits = n_bits;
}

/* Appends to 'ofpacts' that 'dst' becomes what 'src', a field of the same
 * length, is. */
void
flow_act_copy(struct ofpbuf *ofpacts, enum mf_field_id src,
              enum mf_field_id dst)
{
    flow_act_move(ofpacts, src, 0, dst, 0, mf_from_id(src)->n_bits);
}

static void
flow_act_set_ip(struct ofpbuf *ofpacts, enum mf_field_id v4,
                enum mf_field_id v6, const struct in6_addr *ip)
{
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        ovs_be32 ip4 = in6_addr_get_mapped_ipv4(ip);

        ofpact_put_set_field(ofpacts, mf_from_id(v4), &ip4, NULL);
    } else {
        ofpact_put_set_field(ofpacts, mf_from_id(v6), ip, NULL);
    }
}

/* Appends to 'ofpacts' that the frame goes on in table 'table_id'.  This is an
 * instruction: it comes last, and only in flows. */
void
flow_act_goto(struct ofpbuf *ofpacts, uint8_t table_id)
{
    ofpact_put_GOTO_TABLE(ofpacts)->table_id = table_id;
}

/* Appends to 'ofpacts' that the frame goes through table 'table_id'. */
void
flow_act_resubmit(struct ofpbuf *ofpacts, uint8_t table_id)
{
    struct ofpact_resubmit *resubmit = ofpact_put_RESUBMIT(ofpacts);

    resubmit->in_port = OFPP_IN_PORT;
    resubmit->table_id = table_id;
}

/* Appends to 'ofpacts' that the frame leaves by OpenFlow port 'ofport', unless
 * it came from there. */
void
flow_act_output(struct ofpbuf *ofpacts, uint32_t ofport)
{
    ofpact_put_OUTPUT(ofpacts)->port = u16_to_ofp(ofport);
}

/* Appends to 'ofpacts' that the frame goes to group 'group_id'. */
void
flow_act_group(struct ofpbuf *ofpacts, uint32_t group_id)
{
    ofpact_put_GROUP(ofpacts)->group_id = group_id;
}

/* Appends to 'ofpacts' that ovs-ext gets a copy of the frame as it is now,
 * for what 'opcode' says (enum flow_packet_opcode), as far as 'meter' lets it,
 * with the 'n_args' bytes of 'args'.  The frame itself goes on. */
void
flow_act_punt(struct ofpbuf *ofpacts, uint32_t opcode, uint32_t meter,
              const void *args, size_t n_args)
{
    struct ofpact_controller *oc = ofpact_put_CONTROLLER(ofpacts);
    ovs_be32 be_opcode = htonl(opcode);
    size_t ofs = (char *) oc - (char *) ofpacts->data;

    oc->max_len = UINT16_MAX;
    oc->controller_id = FLOW_PACKET_CONTROLLER_ID;
    oc->reason = OFPR_ACTION;
    oc->meter_id = meter;
    ofpbuf_put(ofpacts, &be_opcode, sizeof be_opcode);
    ofpbuf_put(ofpacts, args, n_args);
    oc = ofpbuf_at_assert(ofpacts, ofs, sizeof *oc);
    ofpacts->header = oc;
    oc->userdata_len = sizeof be_opcode + n_args;
    ofpact_finish_CONTROLLER(ofpacts, &oc);
}

/* Appends to 'ofpacts' that the packet ends here if 'meter' does not let it
 * pass. */
void
flow_act_meter(struct ofpbuf *ofpacts, uint32_t meter)
{
    ofpact_put_METER(ofpacts)->meter_id = meter;
}

/* Appends to 'ofpacts' that the TTL or hop limit becomes less by one.  That it
 * is more than 1 has been seen to. */
void
flow_act_dec_ttl(struct ofpbuf *ofpacts)
{
    struct ofpact_cnt_ids *ids = ofpact_put_DEC_TTL(ofpacts);
    uint16_t controller = 0;

    ids->n_controllers = 1;
    ofpbuf_put(ofpacts, &controller, sizeof controller);
    ids = ofpacts->header;
    ofpact_finish_DEC_TTL(ofpacts, &ids);
}

/* Appends to 'ofpacts' that the one bit 'flag' of 'field' tells if the frame
 * is longer than 'len' bytes. */
void
flow_act_check_larger(struct ofpbuf *ofpacts, uint16_t len,
                      enum mf_field_id field, uint32_t flag)
{
    struct ofpact_check_pkt_larger *check
        = ofpact_put_CHECK_PKT_LARGER(ofpacts);

    check->pkt_len = len;
    check->dst.field = mf_from_id(field);
    check->dst.ofs = ctz32(flag);
    check->dst.n_bits = 1;
}

/* Appends to 'ofpacts' that the tunnel's VNI is that of the frame's network.
 * It is the same for all networks, so that all remote MACs behind a VTEP have
 * the same actions. */
void
flow_act_tunnel_id(struct ofpbuf *ofpacts)
{
    flow_act_move(ofpacts, MFF_METADATA, 0, MFF_TUN_ID, 0, 24);
}

/* Appends to 'ofpacts' the beginning of a "ct" action in the zone that the low
 * bits of the register 'zone' tell.  Actions that are appended now are in it,
 * until finish_ct() is called with the returned offset. */
static size_t
put_ct(struct ofpbuf *ofpacts, enum mf_field_id zone, uint16_t flags,
       uint8_t table_id, uint16_t alg)
{
    size_t offset = ofpacts->size;
    struct ofpact_conntrack *ct = ofpact_put_CT(ofpacts);

    ct->flags = flags;
    ct->zone_src.field = mf_from_id(zone);
    ct->zone_src.n_bits = 16;
    ct->alg = alg;
    ct->recirc_table = table_id;
    return offset;
}

static void
finish_ct(struct ofpbuf *ofpacts, size_t offset)
{
    struct ofpact_conntrack *ct = ofpbuf_at_assert(ofpacts, offset,
                                                   sizeof *ct);

    ofpacts->header = ct;
    ofpact_finish_CT(ofpacts, &ct);
}

/* Appends to 'ofpacts' that conntrack looks at the packet, in the zone that
 * the register 'zone' tells, and it goes on with what that found in table
 * 'table_id'. */
void
flow_act_ct(struct ofpbuf *ofpacts, enum mf_field_id zone, uint8_t table_id)
{
    finish_ct(ofpacts, put_ct(ofpacts, zone, 0, table_id, 0));
}

/* Appends to 'ofpacts' that conntrack keeps the packet's connection in the
 * zone that the register 'zone' tells, looks with 'alg' (IPPORT_* or 0) for
 * others that it announces and, if 'label', gives it the label that is in
 * REG_ACL_*, see flows/acl.h.  The packet goes on in table 'table_id'. */
void
flow_act_ct_commit(struct ofpbuf *ofpacts, enum mf_field_id zone,
                   uint8_t table_id, uint16_t alg, bool label)
{
    size_t offset = put_ct(ofpacts, zone, NX_CT_F_COMMIT, table_id, alg);

    if (label) {
        flow_act_move(ofpacts, REG_ACL_MARK, 0, MFF_CT_MARK, 0, 32);
        flow_act_move(ofpacts, REG_ACL_SET, 0, MFF_CT_LABEL, 0, 64);
        flow_act_move(ofpacts, REG_ACL_RULE, 0, MFF_CT_LABEL, 64, 64);
    }
    finish_ct(ofpacts, offset);
}

/* Appends to 'ofpacts' that the frame is for 'vtep' when it gets to the tunnel
 * port of 'host'.  Returns false, and appends nothing, if there is no way: no
 * tunnel port, no address of that family here, or 'vtep' is this host. */
bool
flow_act_tunnel_to(struct ofpbuf *ofpacts, const struct host *host,
                   const struct in6_addr *vtep)
{
    struct in6_addr src = host_vtep_for(host, vtep);

    if (!host->tunnel_ofport || ipv6_addr_equals(&src, &in6addr_any)
        || ipv6_addr_equals(&src, vtep)) {
        return false;
    }
    flow_act_tunnel_id(ofpacts);
    flow_act_set_ip(ofpacts, MFF_TUN_SRC, MFF_TUN_IPV6_SRC, &src);
    flow_act_set_ip(ofpacts, MFF_TUN_DST, MFF_TUN_IPV6_DST, vtep);
    return true;
}

/* Appends to 'ofpacts' that the frame goes to 'vtep' through the tunnel port
 * of 'host'.  Returns false, and appends nothing, if there is no way: see
 * flow_act_tunnel_to(). */
bool
flow_act_tunnel(struct ofpbuf *ofpacts, const struct host *host,
                const struct in6_addr *vtep)
{
    if (!flow_act_tunnel_to(ofpacts, host, vtep)) {
        return false;
    }
    flow_act_output(ofpacts, host->tunnel_ofport);
    return true;
}
