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
match_mac(struct match *match, uint32_t vni, struct eth_addr mac)
{
    match_init_catchall(match);
    match_set_metadata(match, htonll(vni));
    match_set_dl_dst(match, mac);
}

/* Frames for a VM with 'mac' that has left 'vni' are passed on to 'vtep', from
 * wherever they come, but for 'vtep' itself.  Returns false if there is no way
 * to it. */
static bool
add_successor(const struct host *host, uint32_t vni, struct eth_addr mac,
              const struct in6_addr *vtep, struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;
    bool ok;

    match_mac(&match, vni, mac);
    /* A frame may leave by the tunnel port that it came from. */
    flow_act_set(&ofpacts, MFF_IN_PORT, 0);
    ok = flow_act_tunnel(&ofpacts, host, vtep);
    if (ok) {
        flow_list_add(list, TABLE_L2_LOCAL, PRIORITY_EXACT, &match, &ofpacts);
        if (IN6_IS_ADDR_V4MAPPED(vtep)) {
            match_set_tun_src(&match, in6_addr_get_mapped_ipv4(vtep));
        } else {
            match_set_tun_ipv6_src(&match, vtep);
        }
        flow_list_add(list, TABLE_L2_LOCAL, PRIORITY_EXCEPTION, &match, NULL);
    }
    ofpbuf_uninit(&ofpacts);
    return ok;
}

/* Appends to 'list' what 'mac' of a port here has in the network 'vni'.  While
 * a remote VTEP has it, it is as if it were not here (RFC 7432 section 15);
 * but frames for a VM that has left may come for a while. */
void
gen_local_mac(const struct model *model, uint32_t vni,
              struct eth_addr mac, struct flow_list *list)
{
    const struct network *net = model_network(model, vni);
    const struct local_mac *lm = net ? network_local_mac(net, mac) : NULL;
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct in6_addr vtep;
    struct match match;

    if (!lm || !lm->port->active) {
        return;
    }
    if (network_successor(net, lm, &vtep)
        && add_successor(&model->host, vni, mac, &vtep, list)) {
        return;
    }
    if (lm->claim.state == LOCAL_YIELDED) {
        return;
    }
    match_mac(&match, vni, mac);
    flow_act_set(&ofpacts, REG_OUT_TAG, lm->port->ofport);
    flow_act_goto(&ofpacts, TABLE_TO_VM);
    flow_list_add(list, TABLE_L2_LOCAL, PRIORITY_EXACT, &match, &ofpacts);
    gen_mac_learn(lm, list);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what 'mac' of the network 'vni', told by EVPN, has: it is
 * behind one VTEP, or behind those of a next-hop group (RFC 7432 section
 * 8.4). */
void
gen_remote_mac(const struct model *model, uint32_t vni,
               struct eth_addr mac, struct flow_list *list)
{
    const struct network *net = model_network(model, vni);
    const struct remote_mac *rm;
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (!net || !network_is_active(net)) {
        return;
    }
    rm = network_remote_mac(net, mac);
    if (!rm) {
        return;
    }
    if (rm->vtep) {
        flow_act_tunnel(&ofpacts, &model->host, &rm->vtep->ip);
    } else if (group_nhg(rm->nhg)) {
        flow_act_group(&ofpacts, group_nhg(rm->nhg));
    }
    if (ofpacts.size) {
        match_mac(&match, vni, mac);
        flow_list_add(list, TABLE_L2_REMOTE, PRIORITY_EXACT, &match, &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}
