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
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* What the subroutines of ACLs have once per host.  acl.h tells how they
 * work. */

/* Adds a flow that sets 'value' under 'mask' in REG_ACL and goes through
 * 'table', if that is not 0. */
static void
add_step(struct flow_list *list, uint8_t table_id, uint16_t priority,
         struct match *match, uint32_t value, uint32_t mask, uint8_t table)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    if (mask) {
        flow_act_set_masked(&ofpacts, REG_ACL, value, mask);
    }
    if (table) {
        flow_act_resubmit(&ofpacts, table);
    }
    flow_list_add(list, table_id, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Whether a label holds: if any part does not, all is evaluated again. */
static void
add_est(struct flow_list *list)
{
    static const uint8_t tables[] = {
        TABLE_ACL_EST_GROUPS, TABLE_ACL_EST_RULE
    };
    struct match match;

    match_init_catchall(&match);
    add_step(list, TABLE_ACL_EST_ACL, PRIORITY_NEXT, &match, 0, 0,
             TABLE_ACL_EST_GROUPS);

    match_init_catchall(&match);
    match_set_ct_mark(&match, 0);
    acl_match_label(&match, 0, 0, ACL_RULE_DNS, UINT64_MAX);
    add_step(list, TABLE_ACL_EST_GROUPS, PRIORITY_KNOWN, &match,
             ACL_VALID, ACL_VALID, 0);

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        match_init_catchall(&match);
        add_step(list, tables[i], PRIORITY_NEXT, &match, 0, 0,
                 TABLE_ACL_EVAL);
    }

    match_init_catchall(&match);
    acl_match_state(&match, ACL_VALID, ACL_VALID);
    add_step(list, TABLE_ACL_EST_MEMBER, PRIORITY_EXACT, &match, 0, 0, 0);
    match_init_catchall(&match);
    add_step(list, TABLE_ACL_EST_MEMBER, PRIORITY_NEXT, &match, 0, ACL_MEMBER,
             TABLE_ACL_EVAL);
}

/* The network's ACL, and what comes after it. */
static void
add_eval(struct flow_list *list)
{
    static const uint32_t refused[] = { ACL_DROP, ACL_REJECT };
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    flow_act_set_masked(&ofpacts, REG_ACL, ACL_NET_OK, ACL_NET_OK);
    flow_act_resubmit(&ofpacts, TABLE_ACL_GROUPS);
    flow_act_set(&ofpacts, REG_ACL_SET, 0);
    flow_list_add(list, TABLE_ACL_EVAL, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);

    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        match_init_catchall(&match);
        acl_match_state(&match, refused[i], refused[i]);
        flow_list_add(list, TABLE_ACL_DEFAULT, PRIORITY_ACL_REFUSED, &match,
                      NULL);
    }
    match_init_catchall(&match);
    acl_match_state(&match, ACL_NET_OK, ACL_NET_OK);
    add_step(list, TABLE_ACL_DEFAULT, PRIORITY_EXACT, &match, 0, 0,
             TABLE_ACL_GROUPS);
}

/* DNS, which passes the groups. */
static void
add_dns(struct flow_list *list)
{
    static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP };
    static const uint16_t ip_versions[] = { ETH_TYPE_IP, ETH_TYPE_IPV6 };

    for (size_t i = 0; i < ARRAY_SIZE(protos) * ARRAY_SIZE(ip_versions);
         i++) {
        uint64_t stub[256 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct match match;

        acl_match_init(&match, ACL_VIEW_CT,
                       ip_versions[i / ARRAY_SIZE(protos)]);
        match_set_ct_nw_proto(&match, protos[i % ARRAY_SIZE(protos)]);
        match_set_ct_tp_dst(&match, htons(53));
        acl_match_state(&match, ACL_EGRESS,
                        ACL_EGRESS | ACL_GROUP_OK | ACL_UNTRACKED);
        acl_act_allow_groups(&ofpacts, 0, ACL_RULE_DNS, false);
        flow_list_add(list, TABLE_ACL_GROUP_DEFAULT, PRIORITY_EXACT, &match,
                      &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}

/* Adds to 'ofpacts' that REG_ACL_REMOTE is the address in 'field', which is
 * IPv4 if 'ip4'. */
static void
act_remote(struct ofpbuf *ofpacts, enum mf_field_id field, bool ip4)
{
    if (ip4) {
        flow_act_set(ofpacts, MFF_XREG2, 0);
        flow_act_set(ofpacts, MFF_REG6, 0xffff);
        flow_act_move(ofpacts, field, 0, MFF_REG7, 0, 32);
    } else {
        flow_act_move(ofpacts, field, 0, REG_ACL_REMOTE, 0, 128);
    }
}

/* The remote address of a connection or, if stateless rules are asked, of a
 * packet. */
static void
add_remote(struct flow_list *list)
{
    static const struct {
        uint16_t ethertype;
        enum acl_view view;
        uint32_t egress;        /* ACL_EGRESS or 0. */
        enum mf_field_id field;
    } flows[] = {
        { ETH_TYPE_IP, ACL_VIEW_CT, 0, MFF_CT_NW_SRC },
        { ETH_TYPE_IP, ACL_VIEW_CT, ACL_EGRESS, MFF_CT_NW_DST },
        { ETH_TYPE_IP, ACL_VIEW_PACKET, 0, MFF_IPV4_SRC },
        { ETH_TYPE_IP, ACL_VIEW_PACKET, ACL_EGRESS, MFF_IPV4_DST },
        { ETH_TYPE_IPV6, ACL_VIEW_CT, 0, MFF_CT_IPV6_SRC },
        { ETH_TYPE_IPV6, ACL_VIEW_CT, ACL_EGRESS, MFF_CT_IPV6_DST },
        { ETH_TYPE_IPV6, ACL_VIEW_PACKET, 0, MFF_IPV6_SRC },
        { ETH_TYPE_IPV6, ACL_VIEW_PACKET, ACL_EGRESS, MFF_IPV6_DST },
    };

    for (size_t i = 0; i < ARRAY_SIZE(flows); i++) {
        uint64_t stub[256 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct match match;

        acl_match_init(&match, flows[i].view, flows[i].ethertype);
        acl_match_state(&match,
                        (flows[i].egress
                         | (flows[i].view == ACL_VIEW_PACKET ? ACL_UNTRACKED
                            : 0)),
                        ACL_EGRESS | ACL_UNTRACKED);
        act_remote(&ofpacts, flows[i].field,
                   flows[i].ethertype == ETH_TYPE_IP);
        flow_list_add(list, TABLE_ACL_REMOTE, PRIORITY_EXACT, &match,
                      &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}

/* The remote address is in the set that EST_RULE, or the ACL of a network,
 * asked for. */
static void
add_in_set(struct flow_list *list)
{
    struct match match;

    match_init_catchall(&match);
    acl_match_state(&match, ACL_MEMBER, ACL_MEMBER | ACL_BIT);
    add_step(list, TABLE_ACL_GROUP_RULE, PRIORITY_EXACT, &match, ACL_VALID,
             ACL_VALID | ACL_MEMBER, 0);

    for (uint32_t bit = 0; bit < ACL_N_BITS; bit++) {
        uint64_t stub[64 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

        match_init_catchall(&match);
        acl_match_state(&match, ACL_BIT, ACL_BIT | ACL_MEMBER);
        match_set_reg(&match, REG_ACL_GROUP - MFF_REG0, bit);
        flow_act_set_masked(&ofpacts, REG_ACL_MARK, UINT32_C(1) << bit,
                            UINT32_C(1) << bit);
        flow_list_add(list, TABLE_ACL_GROUP_RULE, PRIORITY_EXACT, &match,
                      &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}

/* Adds that what is decided so that REG_ACL has 'state' under 'mask' is
 * reported; only what begins a connection, if 'new'. */
static void
add_report_of(struct flow_list *list, uint16_t priority, uint32_t state,
              uint32_t mask, bool new)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    acl_match_state(&match, state, mask);
    if (new) {
        match_set_ct_state_masked(&match, CS_TRACKED | CS_NEW,
                                  CS_TRACKED | CS_NEW);
    }
    flow_act_punt(&ofpacts, PUNT_ACL, METER_ACL, NULL, 0);
    flow_list_add(list, TABLE_ACL_REPORT, priority, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

static void
add_report(struct flow_list *list)
{
    const uint32_t allowed = ACL_NET_OK | ACL_GROUP_OK | ACL_LOG;

    flow_list_add_meter(list, METER_ACL, ACL_REPORT_RATE, ACL_REPORT_BURST);
    add_report_of(list, PRIORITY_ACL_REFUSED, ACL_REJECT, ACL_REJECT, false);
    add_report_of(list, PRIORITY_EXACT, ACL_DROP | ACL_LOG,
                  ACL_DROP | ACL_LOG, false);
    add_report_of(list, PRIORITY_KNOWN, allowed | ACL_UNTRACKED,
                  allowed | ACL_UNTRACKED, false);
    add_report_of(list, PRIORITY_KNOWN, allowed, allowed | ACL_UNTRACKED,
                  true);
}

/* Appends to 'list' what the subroutines of ACLs have once per host. */
void
gen_acl_common(struct flow_list *list)
{
    add_est(list);
    add_eval(list);
    add_dns(list);
    add_remote(list);
    add_in_set(list);
    add_report(list);
}
