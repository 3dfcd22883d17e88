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
#include "flows/nd-answer.h"

#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* Reads the solicitation 'request' into '*flow'.  Returns false if it is
 * none. */
static bool
parse_solicitation(const struct flow_packet *request, struct flow *flow)
{
    struct dp_packet packet;

    dp_packet_use_const(&packet, request->data, request->len);
    flow_extract(&packet, flow);
    return (flow->dl_type == htons(ETH_TYPE_IPV6)
            && flow->nw_proto == IPPROTO_ICMPV6
            && flow->tp_src == htons(ND_NEIGHBOR_SOLICIT)
            && !flow->tp_dst
            && !ipv6_addr_equals(&flow->nd_target, &in6addr_any));
}

/* Finds out who answers for 'ip' in 'net': the router, if that is its address,
 * or, where ND is suppressed, whoever is known to have it. */
static bool
resolve(const struct network *net, const struct in6_addr *ip,
        struct resolution *r)
{
    if (network_is_router_ip(net, ip)) {
        *r = (struct resolution) { .mac = net->gateway_mac, .router = true };
        return true;
    }
    return (!net->no_suppression && network_resolve_ip(net, ip, r)
            && !r->gleaned);
}

/* Puts into 'answer' the advertisement for the solicitation 'flow' by which
 * someone wants to know if the address is free: to all nodes, as its sender
 * has no address yet (RFC 4861 section 7.2.4). */
static void
compose_in_use(struct dp_packet *answer, const struct flow *flow,
               const struct resolution *r)
{
    const struct eth_addr all_mac = ETH_ADDR_C(33,33,00,00,00,01);
    struct in6_addr all;

    ovs_assert(ipv6_parse("ff02::1", &all));
    compose_nd_na(answer, r->mac, all_mac, &flow->nd_target, &all,
                  htonl(NA_OVERRIDE | (r->router ? NA_ROUTER : 0)));
}

/* Puts into 'answer' the advertisement for the solicitation 'flow'. */
static void
compose_answer(struct dp_packet *answer, const struct flow *flow,
               const struct resolution *r)
{
    compose_nd_na(answer, r->mac,
                  (eth_addr_is_zero(flow->arp_sha) /* Its SLL option. */
                   ? flow->dl_src : flow->arp_sha),
                  &flow->nd_target, &flow->ipv6_src,
                  htonl(NA_SOLICITED | NA_OVERRIDE
                        | (r->router ? NA_ROUTER : 0)));
}

/* Finds out what is to be sent for 'request', and stores it in '*out': the
 * advertisement that the owner of the address would send to the VM that asks
 * (RFC 4861 section 7.2.4), which is put into 'answer', or, if nobody is known
 * to have the address any more, 'request' itself, which goes on.  'out' points
 * into 'answer' or to what 'request' points to. */
void
nd_answer(const struct model *model, const struct flow_packet *request,
          struct dp_packet *answer, struct flow_packet *out)
{
    const struct network *net = model_network(model, request->vni);
    struct resolution r;
    struct flow flow;

    if (!net || !parse_solicitation(request, &flow)
        || !resolve(net, &flow.nd_target, &r)) {
        *out = *request;
        out->table_id = TABLE_L2_LOCAL;
        return;
    }
    if (ipv6_addr_is_set(&flow.ipv6_src)) {
        compose_answer(answer, &flow, &r);
    } else {
        compose_in_use(answer, &flow, &r);
    }
    *out = (struct flow_packet) {
        .table_id = TABLE_DELIVER,
        .vni = request->vni,
        .out_tag = request->in_tag,
        .data = dp_packet_data(answer),
        .len = dp_packet_size(answer),
    };
}
