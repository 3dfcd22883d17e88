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
#include "flows/acl.h"

#include <string.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-list.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "packets.h"
#include "util.h"

/* Flows and actions of which several kinds of objects have some. */

/* Appends to 'ofpacts' that the groups allow the connection, because of
 * 'rule' of the group with tag 'mark', which logs that if 'log'. */
void
acl_act_allow_groups(struct ofpbuf *ofpacts, uint32_t mark, uint64_t rule,
                     bool log)
{
    flow_act_set(ofpacts, REG_ACL_MARK, mark);
    flow_act_set(ofpacts, REG_ACL_RULE, rule);
    flow_act_set_masked(ofpacts, REG_ACL,
                        ACL_GROUP_OK | (log ? ACL_LOG : 0),
                        ACL_GROUP_OK | (log ? ACL_LOG : 0));
}

static void
add_out(const struct match *base, uint16_t ethertype, struct flow_list *list)
{
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match = *base;

    match_set_dl_type(&match, htons(ethertype));
    match_set_ct_mark(&match, 0);
    acl_match_label(&match, 0, 0, ACL_RULE_OUT, UINT64_MAX);
    flow_act_set_masked(&ofpacts, REG_ACL, ACL_VALID, ACL_VALID);
    flow_list_add(list, TABLE_ACL_EST_GROUPS, PRIORITY_EXACT, &match,
                  &ofpacts);

    match = *base;
    match_set_dl_type(&match, htons(ethertype));
    acl_match_state(&match, ACL_EGRESS,
                    ACL_EGRESS | ACL_GROUP_OK | ACL_UNTRACKED);
    ofpbuf_clear(&ofpacts);
    acl_act_allow_groups(&ofpacts, 0, ACL_RULE_OUT, false);
    flow_list_add(list, TABLE_ACL_GROUP_DEFAULT, PRIORITY_KNOWN, &match,
                  &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Adds to 'list' that ports that 'match' tells may send what no rule allows:
 * IPv4 unless 'restricted4', IPv6 unless 'restricted6'. */
void
acl_add_out(const struct match *match, bool restricted4, bool restricted6,
            struct flow_list *list)
{
    if (!restricted4) {
        add_out(match, ETH_TYPE_IP, list);
    }
    if (!restricted6) {
        add_out(match, ETH_TYPE_IPV6, list);
    }
}

/* Adds to 'list' that stateless rules are asked, on both sides, about what
 * 'match' tells. */
void
acl_add_stateless(const struct match *match, struct flow_list *list)
{
    static const uint8_t tables[][2] = {
        { TABLE_ACL_FROM_CHECK, TABLE_ACL_FROM_STATELESS },
        { TABLE_ACL_TO_CHECK, TABLE_ACL_TO_STATELESS },
    };

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        uint64_t stub[128 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct match copy = *match;

        flow_act_set_masked(&ofpacts, REG_ACL, ACL_UNTRACKED, ACL_UNTRACKED);
        flow_act_resubmit(&ofpacts, TABLE_ACL_EVAL);
        flow_act_resubmit(&ofpacts, TABLE_ACL_REPORT);
        flow_act_goto(&ofpacts, tables[i][1]);
        flow_list_add(list, tables[i][0], PRIORITY_EXACT, &copy, &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
}

/* Adds to 'list' that the remote addresses in 'prefix' are in 'set'. */
void
acl_add_in_set(uint64_t set, const struct policy_prefix *prefix,
               struct flow_list *list)
{
    bool ip4 = IN6_IS_ADDR_V4MAPPED(&prefix->ip);
    struct in6_addr mask = ipv6_create_mask(prefix->plen + (ip4 ? 96 : 0));
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    ovs_be128 ip_be, mask_be;
    struct match match;

    memcpy(&ip_be, &prefix->ip, sizeof ip_be);
    memcpy(&mask_be, &mask, sizeof mask_be);
    match_init_catchall(&match);
    match_set_dl_type(&match, htons(ip4 ? ETH_TYPE_IP : ETH_TYPE_IPV6));
    match_set_xreg(&match, REG_ACL_SET - MFF_XREG0, set);
    match_set_xxreg_masked(&match, REG_ACL_REMOTE - MFF_XXREG0, ntoh128(ip_be),
                           ntoh128(mask_be));
    flow_act_resubmit(&ofpacts, TABLE_ACL_GROUP_RULE);
    flow_list_add(list, TABLE_ACL_SET, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}
