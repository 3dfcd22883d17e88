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
#include "flows/gen.h"

#include "flow.h"
#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

static void
match_network(struct match *match, const struct network *net)
{
    match_init_catchall(match);
    match_set_metadata(match, htonll(net->vni));
}

static void
match_from_tunnel(struct match *match, bool from_tunnel)
{
    match_set_reg_masked(match, REG_FLAGS - MFF_REG0,
                         from_tunnel ? FLAG_FROM_TUNNEL : 0,
                         FLAG_FROM_TUNNEL);
}

static void
match_multicast(struct match *match)
{
    const struct eth_addr group = ETH_ADDR_C(01,00,00,00,00,00);

    match_set_dl_dst_masked(match, group, group);
}

/* Frames that arrive from the tunnel with the VNI of 'net'. */
static void
add_classify(const struct host *host, const struct network *net,
             struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (!host->tunnel_ofport) {
        return;
    }
    match_init_catchall(&match);
    match_set_in_port(&match, u16_to_ofp(host->tunnel_ofport));
    match_set_tun_id(&match, htonll(net->vni));
    flow_act_set(&ofpacts, MFF_METADATA, net->vni);
    flow_act_set(&ofpacts, REG_FLAGS, FLAG_FROM_TUNNEL);
    flow_act_goto(&ofpacts, TABLE_ADMIT);
    flow_list_add(list, TABLE_CLASSIFY, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Adds to 'list' a flow to the group of 'kind' for 'net', or, if 'kind' is 0,
 * one that drops. */
static void
add_group_flow(const struct network *net, uint8_t table_id, uint16_t priority,
               struct match *match, uint32_t kind, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    if (kind) {
        flow_act_group(&ofpacts, kind + net->vni);
    }
    flow_list_add(list, table_id, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Multicast, and destinations that nobody told about.  What comes from a
 * tunnel was flooded by its sender to all VTEPs already, hence it goes to
 * local ports only (RFC 8365 section 8.3.1 for EVPN; RFC 7432 section 11). */
static void
add_unknown(const struct network *net, struct flow_list *list)
{
    struct match match;

    match_network(&match, net);
    match_multicast(&match);
    match_from_tunnel(&match, true);
    add_group_flow(net, TABLE_L2_LOCAL, PRIORITY_MULTICAST, &match,
                   GROUP_LOCAL, list);
    match_from_tunnel(&match, false);
    add_group_flow(net, TABLE_L2_LOCAL, PRIORITY_MULTICAST, &match,
                   GROUP_FLOOD, list);

    match_network(&match, net);
    match_from_tunnel(&match, true);
    add_group_flow(net, TABLE_L2_LOCAL, PRIORITY_UNKNOWN, &match,
                   net->drop_unknown ? 0 : GROUP_LOCAL, list);

    match_network(&match, net);
    add_group_flow(net, TABLE_L2_REMOTE, PRIORITY_UNKNOWN, &match,
                   net->drop_unknown ? 0 : GROUP_FLOOD, list);
}

/* Appends to 'list' what the network 'vni' of 'model' has, if it is active. */
void
gen_network(const struct model *model, uint32_t vni,
            struct flow_list *list)
{
    const struct network *net = model_network(model, vni);

    if (net && network_is_active(net)) {
        add_classify(&model->host, net, list);
        gen_network_guard(net, list);
        add_unknown(net, list);
        gen_suppress_network(net, list);
        gen_network_route(net, list);
        gen_network_glean(net, list);
        gen_flood(model, net, list);
    }
}
