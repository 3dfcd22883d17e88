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
#include "flows/acl.h"
#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* What the two sides of the ACL have once per host; gen-acl-common.c has what
 * both use.  acl.h tells how it works. */

/* One of the sides. */
struct side {
    uint8_t entry, check, stateless, tracked, verdict, pass; /* Tables. */
    uint8_t next;               /* Where goes on what passes. */
    bool from;                  /* It is from a VM. */
};

static const struct side sides[] = {
    { TABLE_ACL_FROM, TABLE_ACL_FROM_CHECK, TABLE_ACL_FROM_STATELESS,
      TABLE_ACL_FROM_TRACKED, TABLE_ACL_FROM_VERDICT, TABLE_ACL_FROM_PASS,
      TABLE_AFTER_ACL_FROM, true },
    { TABLE_ACL_TO, TABLE_ACL_TO_CHECK, TABLE_ACL_TO_STATELESS,
      TABLE_ACL_TO_TRACKED, TABLE_ACL_TO_VERDICT, TABLE_ACL_TO_PASS,
      TABLE_AFTER_ACL_TO, false },
};

static const uint16_t ip_versions[] = { ETH_TYPE_IP, ETH_TYPE_IPV6 };

/* Adds a flow that only goes on in 'table'. */
static void
add_goto(struct flow_list *list, uint8_t table_id, uint16_t priority,
         struct match *match, uint8_t table)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    flow_act_goto(&ofpacts, table);
    flow_list_add(list, table_id, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Ports without policy go on; those of VMs that receive have flows of their
 * own. */
static void
add_entry(const struct side *side, struct flow_list *list)
{
    struct match match;

    if (side->from) {
        match_init_catchall(&match);
        acl_match_state(&match, ACL_POLICED, ACL_POLICED);
        add_goto(list, side->entry, PRIORITY_EXACT, &match, side->check);
    }
    match_init_catchall(&match);
    add_goto(list, side->entry, PRIORITY_NEXT, &match, side->next);
}

/* ARP, RARP. */
static void
add_check_arp(const struct side *side, struct flow_list *list)
{
    static const uint16_t ethertypes[] = { ETH_TYPE_ARP, ETH_TYPE_RARP };
    struct match match;

    for (size_t i = 0; i < ARRAY_SIZE(ethertypes); i++) {
        match_init_catchall(&match);
        match_set_dl_type(&match, htons(ethertypes[i]));
        add_goto(list, side->check, PRIORITY_ACL_ALWAYS, &match, side->next);
    }
}

/* Neighbour discovery and multicast listener discovery. */
static void
add_check_nd(const struct side *side, struct flow_list *list)
{
    static const uint8_t types[] = { 130, 131, 132, 133, 134, 135, 136, 143 };
    struct match match;

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        match_init_catchall(&match);
        match_set_dl_type(&match, htons(ETH_TYPE_IPV6));
        match_set_nw_proto(&match, IPPROTO_ICMPV6);
        match_set_icmp_type(&match, types[i]);
        add_goto(list, side->check, PRIORITY_ACL_ALWAYS, &match, side->next);
    }
}

/* DHCP of a client (RFC 2131 section 4.1, RFC 8415 section 7.2). */
static void
add_check_dhcp(const struct side *side, struct flow_list *list)
{
    static const struct {
        uint16_t ethertype, client, server;
    } versions[] = {
        { ETH_TYPE_IP, 68, 67 },
        { ETH_TYPE_IPV6, 546, 547 },
    };
    struct match match;

    for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
        uint16_t client = versions[i].client;
        uint16_t server = versions[i].server;

        match_init_catchall(&match);
        match_set_dl_type(&match, htons(versions[i].ethertype));
        match_set_nw_proto(&match, IPPROTO_UDP);
        match_set_nw_frag(&match, 0);
        match_set_tp_src(&match, htons(side->from ? client : server));
        match_set_tp_dst(&match, htons(side->from ? server : client));
        add_goto(list, side->check, PRIORITY_ACL_ALWAYS, &match, side->next);
    }
}

/* Adds the flows that ask conntrack: those with 'priority' in 'table_id'. */
static void
add_track(const struct side *side, uint8_t table_id, uint16_t priority,
          struct flow_list *list)
{
    for (size_t i = 0; i < ARRAY_SIZE(ip_versions); i++) {
        uint64_t stub[256 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct match match;

        acl_match_init(&match, ACL_VIEW_PACKET, ip_versions[i]);
        flow_act_set_masked(&ofpacts, REG_ACL, side->from ? ACL_EGRESS : 0,
                            ACL_EGRESS | ACL_UNTRACKED | ACL_RESULT);
        flow_act_ct(&ofpacts, REG_ACL_ZONE, side->tracked);
        flow_list_add(list, table_id, priority, &match, &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}

/* What always passes, what never does, and all that conntrack is asked
 * about. */
static void
add_check(const struct side *side, struct flow_list *list)
{
    struct match match;

    add_check_arp(side, list);
    add_check_nd(side, list);
    add_check_dhcp(side, list);

    match_init_catchall(&match);
    acl_match_state(&match, ACL_FAILED, ACL_FAILED);
    flow_list_add(list, side->check, PRIORITY_ACL_FAILED, &match, NULL);

    add_track(side, side->check, PRIORITY_NEXT, list);
}

/* Adds what happens, in 'table_id', to what is not to pass. */
static void
add_refused(uint8_t table_id, uint32_t state, struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    acl_match_state(&match, state, state);
    flow_list_add(list, table_id, PRIORITY_ACL_REFUSED, &match, NULL);
}

/* What the stateless rules have decided, and what they left. */
static void
add_stateless(const struct side *side, struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    acl_match_state(&match, ACL_NET_OK | ACL_GROUP_OK,
                    ACL_NET_OK | ACL_GROUP_OK);
    add_goto(list, side->stateless, PRIORITY_EXACT, &match, side->next);
    add_refused(side->stateless, ACL_DROP, list);
    add_refused(side->stateless, ACL_REJECT, list);
    add_track(side, side->stateless, PRIORITY_NEXT, list);
}

/* Adds a flow of 'side' in its table "tracked" that asks 'table_id' about
 * packets of 'match' with 'ct_state' under 'ct_mask', in a direction that, if
 * 'flip', is not that of the packet. */
static void
add_ask(const struct side *side, uint16_t priority, struct match *match,
        uint32_t ct_state, uint32_t ct_mask, bool flip, uint8_t table_id,
        struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_ct_state_masked(match, ct_state, ct_mask);
    if (flip) {
        flow_act_set_masked(&ofpacts, REG_ACL, side->from ? 0 : ACL_EGRESS,
                            ACL_EGRESS);
    }
    flow_act_resubmit(&ofpacts, table_id);
    flow_act_resubmit(&ofpacts, TABLE_ACL_REPORT);
    flow_act_goto(&ofpacts, side->verdict);
    flow_list_add(list, side->tracked, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* SCTP whose ports conntrack does not know: no label is asked. */
static void
add_portless(const struct side *side, struct flow_list *list)
{
    for (size_t i = 0; i < ARRAY_SIZE(ip_versions); i++) {
        for (int reply = 0; reply < 2; reply++) {
            const uint32_t mask = CS_TRACKED | CS_INVALID | CS_REPLY_DIR;
            struct match match;

            match_init_catchall(&match);
            match_set_dl_type(&match, htons(ip_versions[i]));
            acl_match_portless(&match);
            add_ask(side, PRIORITY_EXCEPTION, &match,
                    CS_TRACKED | (reply ? CS_REPLY_DIR : 0), mask, reply,
                    TABLE_ACL_EVAL, list);
        }
    }
}

/* Adds to 'table_id' that fragments of 'type', a value of nw_frag under
 * 'mask', which have 'state' in REG_ACL, pass if all others of their packet
 * do. */
static void
add_fragments(const struct side *side, uint8_t table_id, uint8_t type,
              uint8_t mask, uint32_t state, struct flow_list *list)
{
    for (size_t i = 0; i < ARRAY_SIZE(ip_versions); i++) {
        uint64_t stub[128 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct match match;

        acl_match_init(&match, ACL_VIEW_CT, ip_versions[i]);
        match_set_nw_frag_masked(&match, type, mask);
        acl_match_state(&match, state, state);
        flow_act_ct_commit(&ofpacts, REG_ACL_ZONE, side->pass, 0, false);
        flow_list_add(list, table_id, PRIORITY_ACL_FRAGMENT, &match,
                      &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}

/* What conntrack said.  A packet that begins a connection, and one of a
 * connection that nothing has allowed yet, has no label. */
static void
add_tracked(const struct side *side, struct flow_list *list)
{
    const uint32_t valid = CS_TRACKED | CS_INVALID;
    struct match match;

    match_init_catchall(&match);
    match_set_ct_state_masked(&match, CS_TRACKED | CS_INVALID, valid);
    flow_list_add(list, side->tracked, PRIORITY_ACL_FAILED, &match, NULL);

    add_fragments(side, side->tracked, FLOW_NW_FRAG_LATER, FLOW_NW_FRAG_LATER,
                  0, list);
    add_portless(side, list);
    match_init_catchall(&match);
    acl_match_label(&match, 0, 0, 0, UINT64_MAX);
    add_ask(side, PRIORITY_EXACT, &match, CS_TRACKED | CS_NEW, valid | CS_NEW,
            false, TABLE_ACL_EVAL, list);
    match_init_catchall(&match);
    add_ask(side, PRIORITY_KNOWN, &match, CS_TRACKED | CS_REPLY_DIR,
            valid | CS_REPLY_DIR, true, TABLE_ACL_EST_ACL, list);
    match_init_catchall(&match);
    add_ask(side, PRIORITY_NEXT, &match, CS_TRACKED, valid, false,
            TABLE_ACL_EST_ACL, list);
}

/* Application protocols that announce further connections. */
static const struct alg {
    uint8_t proto;
    uint16_t port;
    uint16_t alg;               /* IPPORT_*, as ofp-actions has it. */
} algs[] = {
    { IPPROTO_TCP, 21, IPPORT_FTP },
    { IPPROTO_UDP, 69, IPPORT_TFTP },
};

/* Adds what commits a connection of the IP version 'ethertype' and lets its
 * packet pass: with a label if 'state' says that rules were asked. */
static void
add_commit(const struct side *side, uint16_t priority, uint16_t ethertype,
           uint32_t state, const struct alg *alg, struct flow_list *list)
{
    uint64_t stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    bool labelled = !(state & ACL_VALID);
    struct match match;

    acl_match_init(&match, ACL_VIEW_CT, ethertype);
    acl_match_state(&match, state, state);
    if (alg) {
        match_set_nw_proto(&match, alg->proto);
        match_set_ct_nw_proto(&match, alg->proto);
        match_set_ct_tp_dst(&match, htons(alg->port));
    }
    if (!labelled) {
        /* A connection that another one announced has its label. */
        match_set_ct_state_masked(&match, CS_TRACKED | CS_NEW | CS_RELATED,
                                  CS_TRACKED | CS_NEW | CS_RELATED
                                  | CS_INVALID);
    }
    flow_act_ct_commit(&ofpacts, REG_ACL_ZONE, side->pass, alg ? alg->alg : 0,
                       labelled);
    flow_list_add(list, side->verdict, priority, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Does what was decided. */
static void
add_verdict(const struct side *side, struct flow_list *list)
{
    const uint32_t allowed = ACL_NET_OK | ACL_GROUP_OK;
    struct match match;

    for (size_t i = 0; i < ARRAY_SIZE(ip_versions); i++) {
        add_commit(side, PRIORITY_ACL_RELATED, ip_versions[i], ACL_VALID,
                   NULL, list);
        for (size_t j = 0; j < ARRAY_SIZE(algs); j++) {
            add_commit(side, PRIORITY_ACL_ALG, ip_versions[i], allowed,
                       &algs[j], list);
        }
        add_commit(side, PRIORITY_KNOWN, ip_versions[i], allowed, NULL,
                   list);
    }
    match_init_catchall(&match);
    acl_match_state(&match, ACL_VALID, ACL_VALID);
    add_goto(list, side->verdict, PRIORITY_EXACT, &match, side->next);
    add_fragments(side, side->verdict, FLOW_NW_FRAG_ANY,
                  FLOW_NW_FRAG_ANY | FLOW_NW_FRAG_LATER, ACL_VALID, list);

    add_refused(side->verdict, ACL_REJECT, list);
    match_init_catchall(&match);
    flow_list_add(list, side->verdict, PRIORITY_NEXT, &match, NULL);
}

/* What conntrack gave out when it was told to keep a connection.  Among it may
 * be fragments that it had kept, of anybody's packets, until it gave them up:
 * these are invalid. */
static void
add_pass(const struct side *side, struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    match_set_ct_state_masked(&match, CS_TRACKED, CS_TRACKED | CS_INVALID);
    add_goto(list, side->pass, PRIORITY_NEXT, &match, side->next);
}

/* Appends to 'list' what ACLs have once per host. */
void
gen_acl_host(struct flow_list *list)
{
    for (size_t i = 0; i < ARRAY_SIZE(sides); i++) {
        add_entry(&sides[i], list);
        add_check(&sides[i], list);
        add_stateless(&sides[i], list);
        add_tracked(&sides[i], list);
        add_verdict(&sides[i], list);
        add_pass(&sides[i], list);
    }
    gen_acl_common(list);
}
