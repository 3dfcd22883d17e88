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

/* The group that makes a frame recirculate, and then sends it to the chunk
 * that REG_CHUNK names.  pipeline.h tells why. */
static void
add_recirculate(struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_group_mod gm;

    flow_act_resubmit(&ofpacts, TABLE_FLOOD);
    flow_group_init(&gm, GROUP_RECIRCULATE, OFPGT11_SELECT);
    flow_group_add_bucket(&gm, &ofpacts);
    flow_list_add_group(list, &gm);
    ofpbuf_uninit(&ofpacts);
}

/* What no network carries: frames with a VLAN tag (the inner frame of VXLAN
 * has none, RFC 7348 section 6.1), from a group address, or to an address that
 * a bridge does not forward (IEEE 802.1Q table 8-1). */
static void
add_admit(struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    const struct eth_addr reserved = ETH_ADDR_C(01,80,c2,00,00,00);
    const struct eth_addr reserved_mask = ETH_ADDR_C(ff,ff,ff,ff,ff,f0);
    const struct eth_addr group = ETH_ADDR_C(01,00,00,00,00,00);
    struct match match;

    match_init_catchall(&match);
    match_set_dl_tci_masked(&match, htons(VLAN_CFI), htons(VLAN_CFI));
    flow_list_add(list, TABLE_ADMIT, PRIORITY_EXACT, &match, NULL);

    match_init_catchall(&match);
    match_set_dl_src_masked(&match, group, group);
    flow_list_add(list, TABLE_ADMIT, PRIORITY_EXACT, &match, NULL);

    match_init_catchall(&match);
    match_set_dl_dst_masked(&match, reserved, reserved_mask);
    flow_list_add(list, TABLE_ADMIT, PRIORITY_EXACT, &match, NULL);

    match_init_catchall(&match);
    match_set_reg_masked(&match, REG_FLAGS - MFF_REG0, FLAG_FROM_TUNNEL,
                         FLAG_FROM_TUNNEL);
    flow_act_goto(&ofpacts, TABLE_SUPPRESS);
    flow_list_add(list, TABLE_ADMIT, PRIORITY_NEXT, &match, &ofpacts);

    match_init_catchall(&match);
    match_set_reg_masked(&match, REG_FLAGS - MFF_REG0, 0, FLAG_FROM_TUNNEL);
    ofpbuf_clear(&ofpacts);
    flow_act_goto(&ofpacts, TABLE_FROM_VM);
    flow_list_add(list, TABLE_ADMIT, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Frames from VMs to what is not on this host. */
static void
add_local_miss(struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_reg_masked(&match, REG_FLAGS - MFF_REG0, 0, FLAG_FROM_TUNNEL);
    flow_act_goto(&ofpacts, TABLE_L2_REMOTE);
    flow_list_add(list, TABLE_L2_LOCAL, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the host of 'model' has. */
void
gen_host(const struct model *model, struct flow_list *list)
{
    add_recirculate(list);
    if (model->host.tunnel_ofport) {
        /* A VNI that no network here has. */
        struct match match;

        match_init_catchall(&match);
        match_set_in_port(&match, u16_to_ofp(model->host.tunnel_ofport));
        flow_list_add(list, TABLE_CLASSIFY, PRIORITY_NEXT, &match, NULL);
    }
    add_admit(list);
    gen_host_guard(list);
    gen_host_security(list);
    gen_host_learn(list);
    gen_suppress(model, list);
    gen_host_route(&model->host, list);
    add_local_miss(list);
    gen_acl_host(list);
}
