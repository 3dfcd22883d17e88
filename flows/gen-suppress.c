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

/* ARP and ND suppression (RFC 9161).
 *
 * Whoever asks for an address that is known gets the answer that its owner
 * would give, from here, and nobody else hears of it.  There is one flow for
 * each address (gen-ip.c), in TABLE_RESOLVE; everything else is shared and
 * here:
 *
 *   - TABLE_SUPPRESS picks ARP requests and neighbour solicitations, puts the
 *     address that they ask for in REG_KEY and has TABLE_RESOLVE look it up.
 *   - OpenFlow cannot compare two fields.  Therefore, TABLE_COMPARE_IP has for
 *     each bit of an IPv4 address a flow that matches if sender and target
 *     differ in that bit.  If none does, it is an announcement.  By the same
 *     means TABLE_COMPARE_MAC tells whether the one who asks is the owner.
 *   - TABLE_RESPOND turns the request into its answer, which goes back to
 *     where the request came from, or lets it go on.  It can always do that
 *     with ARP.  A neighbour advertisement has fields that a solicitation does
 *     not have, for which the switch needs the ND extension, and an option,
 *     which takes the place of the solicitation's.  Without one of these,
 *     TABLE_PUNT_ND hands it over to be answered (nd-answer.c), by a meter for
 *     each port.  Without the flow in TABLE_ALIVE nobody is there to answer:
 *     then they go on.
 *
 * These go on, to be flooded or forwarded as any other frame:
 *
 *   - requests from a tunnel: the VTEP there could have answered
 *   - requests to a unicast MAC, which somebody sends to know whether the host
 *     with that MAC is still there (RFC 4861 section 7.3, RFC 1122 section
 *     2.3.2.1), be it the owner or not
 *   - probes for duplicate addresses: from 0.0.0.0 (RFC 5227 section 2.1.1) or
 *     from :: (RFC 4862 section 5.4.2)
 *   - announcements: ARP requests for the sender's own address (RFC 5227
 *     section 2.3); replies and advertisements are no requests
 *   - requests from the owner itself
 *   - requests for what nobody is known to have, unless the network says
 *     otherwise
 *
 * An announcement of a known address by another MAC, from a VM or a tunnel,
 * says that the address has moved.  It is not believed, since anybody could
 * say so: EVPN will tell.  But until then, what is known may be wrong, and
 * whoever has heard the announcement must not get the old answer after it.
 * Therefore, it makes the switch put a flow in TABLE_RESOLVE for
 * DOUBT_SECONDS, by which the address is unknown and requests for it reach
 * all. */

#include <config.h>
#include "flows/gen.h"

#include <inttypes.h>
#include <stdlib.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "learn.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Solicitations per second of each port that are handed over, and at once
 * after a pause: a VM has to resolve each address once, and to ask again if
 * there is no answer. */
#define ND_RATE 100
#define ND_BURST 200

static void
match_flags(struct match *match, uint32_t value, uint32_t mask)
{
    match_set_reg_masked(match, REG_FLAGS - MFF_REG0, value, mask);
}

static void
match_answer(struct match *match, uint64_t value, uint64_t mask)
{
    match_set_xreg_masked(match, REG_ANSWER - MFF_XREG0, value, mask);
}

/* ARP with operation 'op'. */
static void
match_arp(struct match *match, uint8_t op)
{
    match_init_catchall(match);
    match_set_dl_type(match, htons(ETH_TYPE_ARP));
    match_set_nw_proto(match, op);
}

/* ND messages of 'type' (RFC 4861 sections 4.3, 4.4). */
static void
match_nd(struct match *match, uint8_t type)
{
    match_init_catchall(match);
    match_set_dl_type(match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(match, IPPROTO_ICMPV6);
    match_set_icmp_type(match, type);
    match_set_icmp_code(match, 0);
}

static void
match_multicast(struct match *match)
{
    const struct eth_addr group = ETH_ADDR_C(01,00,00,00,00,00);

    match_set_dl_dst_masked(match, group, group);
}

/* Adds a flow that lets what 'match' matches go on. */
static void
add_go_on(uint8_t table_id, uint16_t priority, struct match *match,
          struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_goto(&ofpacts, TABLE_L2_LOCAL);
    flow_list_add(list, table_id, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Sets REG_KEY to 'field', an IPv4 address. */
static void
act_key_ip4(struct ofpbuf *ofpacts, enum mf_field_id field)
{
    flow_act_set(ofpacts, REG_KEY, 0);
    flow_act_set(ofpacts, REG_KEY + 1, 0);
    flow_act_set(ofpacts, REG_KEY + 2, 0xffff);
    flow_act_copy(ofpacts, field, REG_KEY + 3);
}

/* Sets REG_KEY to the target of ND. */
static void
act_key_nd(struct ofpbuf *ofpacts)
{
    for (int i = 0; i < 4; i++) {
        flow_act_move(ofpacts, MFF_ND_TARGET, 96 - 32 * i, REG_KEY + i, 0,
                      32);
    }
}

/* Looks REG_KEY up, and lets TABLE_RESPOND decide. */
static void
act_resolve(struct ofpbuf *ofpacts)
{
    flow_act_resubmit(ofpacts, TABLE_RESOLVE);
    flow_act_resubmit(ofpacts, TABLE_COMPARE_MAC);
    flow_act_goto(ofpacts, TABLE_RESPOND);
}

/* ARP: requests, which are announcements if sender and target are the same,
 * and replies, which are announcements if they are sent to all.  Probes are
 * neither. */
static void
add_suppress_arp(struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_arp(&match, ARP_OP_REQUEST);
    match_multicast(&match);
    act_key_ip4(&ofpacts, MFF_ARP_TPA);
    flow_act_resubmit(&ofpacts, TABLE_COMPARE_IP);
    act_resolve(&ofpacts);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_EXACT, &match, &ofpacts);

    match_set_nw_src(&match, 0);
    add_go_on(TABLE_SUPPRESS, PRIORITY_EXCEPTION, &match, list);

    ofpbuf_clear(&ofpacts);
    match_arp(&match, ARP_OP_REPLY);
    match_multicast(&match);
    act_key_ip4(&ofpacts, MFF_ARP_SPA);
    act_resolve(&ofpacts);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* ND: solicitations of VMs, probes excepted, and advertisements that are sent
 * to all.  What came through a router is neither (RFC 4861 sections 7.1.1,
 * 7.1.2). */
static void
add_suppress_nd(struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_nd(&match, ND_NEIGHBOR_SOLICIT);
    match_flags(&match, 0, FLAG_FROM_TUNNEL);
    match_multicast(&match);
    match_set_nw_ttl(&match, 255);
    act_key_nd(&ofpacts);
    flow_act_set_masked(&ofpacts, REG_FLAGS, FLAG_ASKS, FLAG_ASKS);
    act_resolve(&ofpacts);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_EXACT, &match, &ofpacts);

    match_set_ipv6_src(&match, &in6addr_any);
    add_go_on(TABLE_SUPPRESS, PRIORITY_EXCEPTION, &match, list);

    ofpbuf_clear(&ofpacts);
    match_nd(&match, ND_NEIGHBOR_ADVERT);
    match_multicast(&match);
    match_set_nw_ttl(&match, 255);
    act_key_nd(&ofpacts);
    act_resolve(&ofpacts);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Adds to 'list' flows that set 'flag' if a bit of two fields differs:
 * 'match_bit' has to set match on bit 'bit' with the value 'first' of the one
 * field and the opposite of the other. */
static void
add_compare(uint8_t table_id, uint32_t flag, int n_bits,
            void (*match_bit)(struct match *, int bit, bool first),
            struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_set_masked(&ofpacts, REG_FLAGS, flag, flag);
    for (int i = 0; i < 2 * n_bits; i++) {
        struct match match;

        match_init_catchall(&match);
        match_bit(&match, i / 2, i % 2);
        flow_list_add(list, table_id, PRIORITY_EXACT, &match, &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Sender and target of ARP. */
static void
match_ip_bit(struct match *match, int bit, bool first)
{
    ovs_be32 mask = htonl(UINT32_C(1) << bit);

    match_set_dl_type(match, htons(ETH_TYPE_ARP));
    match_set_nw_src_masked(match, first ? mask : 0, mask);
    match_set_nw_dst_masked(match, first ? 0 : mask, mask);
}

/* The frame's source and the answer. */
static void
match_mac_bit(struct match *match, int bit, bool first)
{
    uint64_t mask = UINT64_C(1) << bit;
    struct eth_addr mac;

    eth_addr_from_uint64(mask, &mac);
    match_set_dl_src_masked(match, first ? mac : eth_addr_zero, mac);
    match_answer(match, first ? 0 : mask, mask);
}

/* Limits 'match' to requests that are answered. */
static void
match_answered(struct match *match)
{
    match_flags(match, FLAG_ASKS | FLAG_OTHER_MAC,
                FLAG_ASKS | FLAG_OTHER_MAC | FLAG_FROM_TUNNEL);
    match_answer(match, ANSWER_KNOWN, ANSWER_KNOWN | ANSWER_DROP);
}

/* Turns an ARP request into the reply (RFC 826) and sends it back. */
static void
add_respond_arp(struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_arp(&match, ARP_OP_REQUEST);
    match_answered(&match);
    flow_act_copy(&ofpacts, MFF_ARP_SHA, MFF_ETH_DST);
    flow_act_move(&ofpacts, REG_ANSWER, 0, MFF_ETH_SRC, 0, ANSWER_MAC_BITS);
    flow_act_set(&ofpacts, MFF_ARP_OP, ARP_OP_REPLY);
    flow_act_copy(&ofpacts, MFF_ARP_SHA, MFF_ARP_THA);
    flow_act_move(&ofpacts, REG_ANSWER, 0, MFF_ARP_SHA, 0, ANSWER_MAC_BITS);
    flow_act_copy(&ofpacts, MFF_ARP_SPA, REG_SCRATCH);
    flow_act_copy(&ofpacts, MFF_ARP_TPA, MFF_ARP_SPA);
    flow_act_copy(&ofpacts, REG_SCRATCH, MFF_ARP_TPA);
    ofpact_put_OUTPUT(&ofpacts)->port = OFPP_IN_PORT;
    flow_list_add(list, TABLE_RESPOND, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Hands neighbour solicitations over to be answered, all or only those without
 * the source link-layer address option. */
static void
add_punt_nd(bool all, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_nd(&match, ND_NEIGHBOR_SOLICIT);
    match_answered(&match);
    if (!all) {
        match_set_arp_sha(&match, eth_addr_zero); /* nd_sll */
    }
    flow_act_resubmit(&ofpacts, TABLE_ALIVE);
    flow_act_resubmit(&ofpacts, TABLE_PUNT_ND);
    flow_list_add(list, TABLE_RESPOND, PRIORITY_EXCEPTION, &match, &ofpacts);
    ofpbuf_clear(&ofpacts);

    match_init_catchall(&match);
    match_flags(&match, 0, FLAG_ALIVE);
    flow_act_resubmit(&ofpacts, TABLE_L2_LOCAL);
    flow_list_add(list, TABLE_PUNT_ND, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Turns a neighbour solicitation into the advertisement (RFC 4861 section
 * 7.2.4) and sends it back.  Its source link-layer address option becomes the
 * target's; one that has none has no room for that. */
static void
add_respond_nd(struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_nd(&match, ND_NEIGHBOR_SOLICIT);
    match_answered(&match);
    flow_act_copy(&ofpacts, MFF_ND_SLL, MFF_ETH_DST);
    flow_act_move(&ofpacts, REG_ANSWER, 0, MFF_ETH_SRC, 0, ANSWER_MAC_BITS);
    flow_act_copy(&ofpacts, MFF_IPV6_SRC, MFF_IPV6_DST);
    flow_act_copy(&ofpacts, MFF_ND_TARGET, MFF_IPV6_SRC);
    flow_act_set(&ofpacts, MFF_ICMPV6_TYPE, ND_NEIGHBOR_ADVERT);
    flow_act_resubmit(&ofpacts, TABLE_ADVERTISE);
    flow_list_add(list, TABLE_RESPOND, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* The fields that only an advertisement has. */
static void
add_advertise(bool router, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_nd(&match, ND_NEIGHBOR_ADVERT);
    match_answer(&match, router ? ANSWER_ROUTER : 0, ANSWER_ROUTER);
    flow_act_set(&ofpacts, MFF_ND_RESERVED,
                 NA_SOLICITED | NA_OVERRIDE | (router ? NA_ROUTER : 0));
    flow_act_set(&ofpacts, MFF_ND_OPTIONS_TYPE, ND_OPT_TARGET_LINKADDR);
    flow_act_move(&ofpacts, REG_ANSWER, 0, MFF_ND_TLL, 0, ANSWER_MAC_BITS);
    ofpact_put_OUTPUT(&ofpacts)->port = OFPP_IN_PORT;
    flow_list_add(list, TABLE_ADVERTISE, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* What nobody is known to have: it goes on, or is dropped where the network
 * says so. */
static void
add_unknown(struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    flow_act_set(&ofpacts, REG_ANSWER, 0);
    flow_list_add(list, TABLE_RESOLVE, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);

    match_init_catchall(&match);
    match_flags(&match, FLAG_ASKS, FLAG_ASKS | FLAG_FROM_TUNNEL);
    match_answer(&match, ANSWER_DROP, ANSWER_DROP);
    flow_list_add(list, TABLE_RESPOND, PRIORITY_EXACT, &match, NULL);
}

/* Adds a flow by which announcements that 'match' matches cast doubt on what
 * is known: 'learn' says which requests match the flow that the switch
 * makes. */
static void
add_doubt(struct match *match, const char *learn, struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    char *text = xasprintf("table=%d,hard_timeout=%d,priority=%d,cookie=%#"
                           PRIx64",limit=%d,OXM_OF_METADATA[],%s,load:0->%s",
                           TABLE_RESOLVE, DOUBT_SECONDS, PRIORITY_EXCEPTION,
                           DOUBT_COOKIE, DOUBT_MAX, learn,
                           mf_from_id(REG_ANSWER)->name);
    char *error = learn_parse(text, NULL, NULL, &ofpacts);

    ovs_assert(!error);
    free(text);
    match_flags(match, FLAG_OTHER_MAC, FLAG_ASKS | FLAG_OTHER_MAC);
    match_answer(match, ANSWER_KNOWN, ANSWER_KNOWN | ANSWER_DROP);
    flow_act_goto(&ofpacts, TABLE_L2_LOCAL);
    flow_list_add(list, TABLE_RESPOND, PRIORITY_EXACT, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Announcements of another MAC. */
static void
add_doubts(struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    add_doubt(&match, "eth_type=0x806,NXM_OF_ARP_TPA[]=NXM_OF_ARP_SPA[]",
              list);
    match_nd(&match, ND_NEIGHBOR_ADVERT);
    add_doubt(&match, "eth_type=0x86dd,nw_proto=58,icmpv6_type=135,"
              "icmpv6_code=0,NXM_NX_ND_TARGET[]", list);
}

/* Appends to 'list' what all networks of 'model' share. */
void
gen_suppress(const struct model *model, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    flow_act_goto(&ofpacts, TABLE_AFTER_SUPPRESS);
    flow_list_add(list, TABLE_SUPPRESS, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
    add_go_on(TABLE_RESPOND, PRIORITY_NEXT, &match, list);
    add_suppress_arp(list);
    add_suppress_nd(list);
    add_compare(TABLE_COMPARE_IP, FLAG_ASKS, 32, match_ip_bit, list);
    add_compare(TABLE_COMPARE_MAC, FLAG_OTHER_MAC, ANSWER_MAC_BITS,
                match_mac_bit, list);
    add_unknown(list);
    add_doubts(list);
    add_respond_arp(list);
    if (model->host.nd_extension == ND_EXTENSION_YES) {
        add_respond_nd(list);
        add_advertise(false, list);
        add_advertise(true, list);
        add_punt_nd(false, list);
    } else {
        add_punt_nd(true, list);
    }
}

/* Appends to 'list' what lets neighbour solicitations of 'port' be handed
 * over, at no more than a port's rate.  Where nothing is answered, nothing is
 * handed over; for the gateway is answered wherever it is. */
void
gen_suppress_port(const struct port *port, struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (port->network->no_suppression
        && !network_is_routed(port->network)) {
        return;
    }
    flow_list_add_meter(list, METER_ND | port->ofport, ND_RATE, ND_BURST);
    match_init_catchall(&match);
    match_flags(&match, FLAG_ALIVE, FLAG_ALIVE);
    match_set_reg(&match, REG_IN_TAG - MFF_REG0, port->ofport);
    flow_act_punt(&ofpacts, PUNT_ND, METER_ND | port->ofport, NULL, 0);
    flow_list_add(list, TABLE_PUNT_ND, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what becomes of requests in 'net' for what nobody is known
 * to have. */
void
gen_suppress_network(const struct network *net, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (net->drop_unknown_arp) {
        match_init_catchall(&match);
        match_set_metadata(&match, htonll(net->vni));
        flow_act_set(&ofpacts, REG_ANSWER, ANSWER_DROP);
        flow_list_add(list, TABLE_RESOLVE, PRIORITY_UNKNOWN, &match,
                      &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}
