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
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Appends to 'ofpacts' that the whole of 'field' becomes 'value'. */
void
flow_act_set(struct ofpbuf *ofpacts, enum mf_field_id field, uint64_t value)
{
    const struct mf_field *mf = mf_from_id(field);
    ovs_be64 be = htonll(value);

    ovs_assert(mf->n_bytes <= sizeof be);
    ofpact_put_set_field(ofpacts, mf,
                         (const uint8_t *) &be + sizeof be - mf->n_bytes,
                         NULL);
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

/* Appends to 'ofpacts' that the tunnel's VNI is that of the frame's network.
 * It is the same for all networks, so that all remote MACs behind a VTEP have
 * the same actions. */
void
flow_act_tunnel_id(struct ofpbuf *ofpacts)
{
    struct ofpact_reg_move *move = ofpact_put_REG_MOVE(ofpacts);

    move->src.field = mf_from_id(MFF_METADATA);
    move->src.n_bits = 24;
    move->dst.field = mf_from_id(MFF_TUN_ID);
    move->dst.n_bits = 24;
}

/* Appends to 'ofpacts' that the frame goes to 'vtep' through the tunnel port
 * of 'host'.  Returns false, and appends nothing, if there is no way: no
 * tunnel port, no address of that family here, or 'vtep' is this host. */
bool
flow_act_tunnel(struct ofpbuf *ofpacts, const struct host *host,
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
    flow_act_output(ofpacts, host->tunnel_ofport);
    return true;
}
