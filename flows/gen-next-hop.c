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

/* Next hops: the MAC behind the address of one in a network, or of a VTEP's
 * router in an L3VNI. */

#include <config.h>
#include "flows/gen.h"

#include "flow.h"
#include "flows/flow-act.h"
#include "flows/route.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* Appends to 'list' that packets whose next hop is 'ip' in 'net', which is
 * routed, go to 'mac'. */
void
gen_next_hop(const struct network *net, const struct in6_addr *ip,
             struct eth_addr mac, struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_metadata(&match, htonll(net->vni));
    route_match_key(&match, ip);
    flow_act_set(&ofpacts, MFF_ETH_SRC, eth_addr_to_uint64(net->gateway_mac));
    flow_act_set(&ofpacts, MFF_ETH_DST, eth_addr_to_uint64(mac));
    flow_act_goto(&ofpacts, TABLE_ROUTED);
    flow_list_add(list, TABLE_NEXT_HOP, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' that the router of 'vtep' in 'l3vni' is reached by its
 * MAC (RFC 9135 section 5.4).  A packet that came by an L3VNI does not go on
 * by one. */
void
gen_router_mac(const struct model *model, uint32_t l3vni,
               const struct in6_addr *vtep, struct flow_list *list)
{
    const struct vrf *vrf = model_vrf(model, l3vni);
    const struct router_mac *rmac = vrf ? vrf_router_mac(vrf, vtep) : NULL;
    const uint32_t flags = (FLAG_TO_TUNNEL
                            | (IN6_IS_ADDR_V4MAPPED(vtep) ? 0
                               : FLAG_TUNNEL_IPV6));
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (rmac && flow_act_tunnel_to(&ofpacts, &model->host, vtep)) {
        match_init_catchall(&match);
        match_set_metadata(&match, htonll(l3vni));
        route_match_key(&match, vtep);
        route_match_flags(&match, 0, FLAG_FROM_TUNNEL);
        flow_act_set(&ofpacts, MFF_ETH_SRC,
                     eth_addr_to_uint64(model->host.router_mac));
        flow_act_set(&ofpacts, MFF_ETH_DST, eth_addr_to_uint64(rmac->mac));
        flow_act_set_masked(&ofpacts, REG_FLAGS, flags, flags);
        flow_act_goto(&ofpacts, TABLE_ROUTED);
        flow_list_add(list, TABLE_NEXT_HOP, PRIORITY_EXACT, &match,
                      &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Returns true if a flow of table NEXT_HOP with 'match' is one that
 * gen_router_mac() makes, and then stores what VTEP and L3VNI it is of in
 * '*vtep' and '*l3vni', and, of its 'ofpacts', the router's MAC in '*mac'. */
bool
router_mac_from_flow(const struct match *match, const struct ofpbuf *ofpacts,
                     uint32_t *l3vni, struct in6_addr *vtep,
                     struct eth_addr *mac)
{
    const struct ofpact *a;

    if (!(match->wc.masks.regs[REG_FLAGS - MFF_REG0] & FLAG_FROM_TUNNEL)) {
        return false;
    }
    OFPACT_FOR_EACH (a, ofpacts->data, ofpacts->size) {
        if (a->type == OFPACT_SET_FIELD
            && ofpact_get_SET_FIELD(a)->field->id == MFF_ETH_DST) {
            *l3vni = ntohll(match->flow.metadata);
            *vtep = route_matched_key(match);
            *mac = ofpact_get_SET_FIELD(a)->value->mac;
            return true;
        }
    }
    return false;
}
