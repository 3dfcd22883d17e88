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
match_ip(struct match *match, uint32_t vni, const struct in6_addr *ip)
{
    match_init_catchall(match);
    match_set_metadata(match, htonll(vni));
    for (int i = 0; i < 4; i++) {
        ovs_be32 be;

        memcpy(&be, &ip->s6_addr[4 * i], sizeof be);
        match_set_reg(match, REG_KEY - MFF_REG0 + i, ntohl(be));
    }
}

/* What TABLE_RESOLVE says of an address: a MAC to answer with or, where the
 * network does not suppress ARP and ND, only that it is not unknown. */
static uint64_t
answer(const struct network *net, const struct resolution *r)
{
    return (net->no_suppression ? 0
            : (eth_addr_to_uint64(r->mac) | ANSWER_KNOWN
               | (r->router ? ANSWER_ROUTER : 0)));
}

/* One flow, by which ARP and ND for the local or remote IP 'owner' in 'net'
 * are answered (RFC 9161 section 3.3), if it is the one that counts. */
static void
add_resolve(const struct network *net, const struct owner *owner,
            struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct resolution r;
    struct match match;

    if ((net->no_suppression && !net->drop_unknown_arp)
        || !network_resolve_ip(net, &owner->ip, &r) || r.gleaned
        || (r.port != NULL) != (owner->kind == OWNER_LOCAL_IP)) {
        return;
    }
    match_ip(&match, owner->vni, &owner->ip);
    flow_act_set(&ofpacts, REG_ANSWER, answer(net, &r));
    flow_list_add(list, TABLE_RESOLVE, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* How packets for 'owner' in 'net' are routed, if it is the one that counts
 * and the network is routed. */
static void
add_route(const struct network *net, const struct owner *owner,
          struct flow_list *list)
{
    struct resolution r;

    if (!network_is_routed(net)
        || !network_resolve_ip(net, &owner->ip, &r)
        || (r.port != NULL) != (owner->kind == OWNER_LOCAL_IP)) {
        return;
    }
    if (r.port) {
        gen_local_ip_route(net, network_local_ip(net, &owner->ip), list);
    } else if (network_routes_to(net, &owner->ip)) {
        gen_next_hop(net, &owner->ip, r.mac, list);
    }
}

/* Appends to 'list' what the local or remote IP 'owner' of 'model' has. */
void
gen_ip(const struct model *model, const struct owner *owner,
       struct flow_list *list)
{
    const struct network *net = model_network(model, owner->vni);
    const struct local_ip *local = NULL;

    if (!net || !network_is_active(net)) {
        return;
    }
    add_resolve(net, owner, list);
    add_route(net, owner, list);
    if (owner->kind == OWNER_LOCAL_IP) {
        local = network_local_ip(net, &owner->ip);
    }
    if (local) {
        gen_ip_learn(local, list);
    }
}
