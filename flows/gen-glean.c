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

/* Gleaning: copies of what hosts behind VTEPs answer to the gateway go to
 * ovs-ext (model-glean.c).  The answers themselves end here, as does anything
 * else that comes by a tunnel for the gateway, which is that of this host. */

#include <config.h>
#include "flows/gen.h"

#include <netinet/icmp6.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* Copies per second of one network, and at once. */
#define GLEAN_RATE 50
#define GLEAN_BURST 100

static void
match_answer(struct match *match, const struct network *net)
{
    match_init_catchall(match);
    match_set_metadata(match, htonll(net->vni));
    match_set_reg_masked(match, REG_FLAGS - MFF_REG0, FLAG_FROM_TUNNEL,
                         FLAG_FROM_TUNNEL);
    match_set_dl_dst(match, net->gateway_mac);
}

/* Appends to 'list' what hands over answers to the gateway of 'net', which is
 * active. */
void
gen_network_glean(const struct network *net, struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (!network_is_routed(net)) {
        return;
    }
    flow_list_add_meter(list, METER_GLEAN | net->vni, GLEAN_RATE, GLEAN_BURST);
    flow_act_punt(&ofpacts, PUNT_GLEAN, METER_GLEAN | net->vni, NULL, 0);

    match_answer(&match, net);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    match_set_nw_proto(&match, ARP_OP_REPLY);
    flow_list_add(list, TABLE_ROUTE_IN, PRIORITY_EXACT, &match, &ofpacts);

    match_answer(&match, net);
    match_set_dl_type(&match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(&match, IPPROTO_ICMPV6);
    match_set_icmp_type(&match, ND_NEIGHBOR_ADVERT);
    match_set_icmp_code(&match, 0);
    match_set_nw_ttl(&match, 255);
    flow_list_add(list, TABLE_ROUTE_IN, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}
