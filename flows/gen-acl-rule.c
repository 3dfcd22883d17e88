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
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Rules.  acl.h tells how it works. */

/* What is being made of a rule. */
struct making {
    const struct policy_rule *rule;
    uint32_t vni;               /* Of its ACL. */
    uint64_t set;               /* Of its remote addresses, in a group. */
    uint8_t table_id;
    uint16_t priority;
    uint32_t state, mask;       /* Wanted of REG_ACL. */
    uint32_t bit;               /* Wanted of REG_ACL_MARK. */
    struct ofpbuf *ofpacts;
    uint32_t key_mask;          /* Makes the match one of this rule. */
    struct flow_list *list;
};

static uint32_t
direction_state(const struct policy_rule *rule)
{
    return rule->direction == POLICY_EGRESS ? ACL_EGRESS : 0;
}

/* Rules of groups. */

static void
add_group_match(struct match *match, void *making_)
{
    const struct making *making = making_;

    match_set_reg(match, REG_ACL_GROUP - MFF_REG0,
                  making->rule->list->group->tag);
    match_set_xreg(match, REG_ACL_SET - MFF_XREG0, making->set);
    acl_match_state(match, making->state, making->mask);
    flow_list_add(making->list, making->table_id, making->priority, match,
                  making->ofpacts);
}

/* Where a connection has the label of 'rule'. */
static void
add_est(const struct policy_rule *rule, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_ct_mark(&match, rule->list->group->tag);
    acl_match_label(&match, 0, 0, acl_rule_id(rule), UINT64_MAX);
    if (rule->remote) {
        flow_act_resubmit(&ofpacts, TABLE_ACL_REMOTE);
        flow_act_set(&ofpacts, REG_ACL_SET, rule->remote->tag);
        flow_act_set_masked(&ofpacts, REG_ACL, ACL_MEMBER, ACL_MEMBER);
        flow_act_resubmit(&ofpacts, TABLE_ACL_SET);
        flow_act_resubmit(&ofpacts, TABLE_ACL_EST_MEMBER);
    } else {
        flow_act_set_masked(&ofpacts, REG_ACL, ACL_VALID, ACL_VALID);
    }
    flow_list_add(list, TABLE_ACL_EST_RULE, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

static void
gen_group_rule(const struct policy_rule *rule, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    uint64_t set = acl_rule_set(rule);
    struct making making = {
        .rule = rule,
        .set = set,
        .table_id = TABLE_ACL_GROUP_RULE,
        .priority = PRIORITY_KNOWN,
        .state = direction_state(rule),
        .mask = ACL_EGRESS | ACL_UNTRACKED | ACL_GROUP_OK,
        .ofpacts = &ofpacts,
        .list = list,
    };

    acl_act_allow_groups(&ofpacts, rule->list->group->tag, acl_rule_id(rule),
                         rule->log);
    acl_match_rule(rule, ACL_VIEW_CT, !set, add_group_match, &making);
    if (rule->stateless) {
        making.state |= ACL_UNTRACKED;
        acl_match_rule(rule, ACL_VIEW_PACKET, !set, add_group_match, &making);
    }
    ofpbuf_uninit(&ofpacts);

    for (size_t i = 0; set && i < rule->n_prefixes; i++) {
        acl_add_in_set(set, &rule->prefixes[i], list);
    }
    add_est(rule, list);
}

/* Rules of the ACL of a network. */

/* Returns the priority of 'rule': two for each of its own, so that of equal
 * ones those that allow come last (see 'rules' of struct policy_list).  Of one
 * that drops and one that rejects, the switch takes either. */
static uint16_t
net_priority(const struct policy_rule *rule)
{
    return 2 * rule->priority + (rule->action != POLICY_ALLOW);
}

static void
add_net_match(struct match *match, void *making_)
{
    const struct making *making = making_;

    match_set_metadata(match, htonll(making->vni));
    acl_match_state(match, making->state, making->mask);
    if (making->bit) {
        match_set_reg_masked(match, REG_ACL_MARK - MFF_REG0, making->bit,
                             making->bit);
    }
    if (making->key_mask) {
        match_set_reg_masked(match, REG_ACL_GROUP - MFF_REG0, 0,
                             making->key_mask);
    }
    flow_list_add(making->list, making->table_id, making->priority, match,
                  making->ofpacts);
}

static void
act_decide(struct ofpbuf *ofpacts, const struct policy_rule *rule)
{
    uint32_t state = (rule->action == POLICY_ALLOW ? ACL_NET_OK
                      : rule->action == POLICY_DROP ? ACL_DROP
                      : ACL_REJECT);

    flow_act_set(ofpacts, REG_ACL_RULE, acl_rule_id(rule));
    flow_act_set_masked(ofpacts, REG_ACL, state | (rule->log ? ACL_LOG : 0),
                        ACL_NET_OK | ACL_DROP | ACL_REJECT | ACL_LOG);
}

static void
act_conjunction(struct ofpbuf *ofpacts, uint32_t id, uint8_t clause)
{
    struct ofpact_conjunction *conj = ofpact_put_CONJUNCTION(ofpacts);

    conj->id = id;
    conj->clause = clause;
    conj->n_clauses = 2;
}

static void
add_prefix(struct making *making, enum acl_view view,
           const struct policy_prefix *prefix)
{
    struct match match;

    acl_match_init(&match, view, (IN6_IS_ADDR_V4MAPPED(&prefix->ip)
                                  ? ETH_TYPE_IP : ETH_TYPE_IPV6));
    acl_match_remote(&match, view, making->rule->direction, prefix);
    add_net_match(&match, making);
}

/* Adds 'making', whose rule has many prefixes, in 'view', as a conjunction of
 * these with the rest.  The id has to be one of this rule within the network
 * and table: rules of different priorities differ in it, of equal ones by
 * their hash. */
static void
add_conjunction(struct making *making, enum acl_view view)
{
    const struct policy_rule *rule = making->rule;
    uint64_t rule_id = acl_rule_id(rule);
    uint32_t id = (uint32_t) making->priority << 16 | (rule_id & 0xffff);
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofpbuf *decide = making->ofpacts;
    struct match match;

    match_init_catchall(&match);
    match_set_conj_id(&match, id);
    add_net_match(&match, making);

    making->ofpacts = &ofpacts;
    /* The clauses differ in it too: any protocol from any address is both. */
    making->key_mask = (rule_id & ~UINT64_C(3)) | 1;
    act_conjunction(&ofpacts, id, 0);
    for (size_t i = 0; i < rule->n_prefixes; i++) {
        add_prefix(making, view, &rule->prefixes[i]);
    }
    making->key_mask |= 2;
    ofpbuf_clear(&ofpacts);
    act_conjunction(&ofpacts, id, 1);
    acl_match_rule(rule, view, false, add_net_match, making);
    ofpbuf_uninit(&ofpacts);

    making->ofpacts = decide;
    making->key_mask = 0;
}

static void
add_net_rule(struct making *making, enum acl_view view)
{
    const struct policy_rule *rule = making->rule;

    if (!rule->remote && acl_rule_has_set(rule)) {
        add_conjunction(making, view);
    } else {
        acl_match_rule(rule, view, true, add_net_match, making);
    }
}

static void
gen_net_rule(const struct policy_rule *rule, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct making making = {
        .rule = rule,
        .vni = policy_rule_vni(rule),
        .table_id = rule->stateless ? TABLE_ACL_STATELESS : TABLE_ACL_RULES,
        .priority = net_priority(rule),
        .state = direction_state(rule),
        .mask = (ACL_EGRESS | ACL_UNTRACKED | ACL_NET_OK | ACL_DROP
                 | ACL_REJECT),
        .bit = rule->remote ? acl_list_bit(rule->list, rule->remote) : 0,
        .ofpacts = &ofpacts,
        .list = list,
    };

    act_decide(&ofpacts, rule);
    add_net_rule(&making, ACL_VIEW_CT);
    if (rule->stateless) {
        making.state |= ACL_UNTRACKED;
        add_net_rule(&making, ACL_VIEW_PACKET);
    }
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the rule with 'uuid' has, if it is in effect. */
void
gen_rule(const struct model *model, const struct uuid *uuid,
         struct flow_list *list)
{
    const struct policy_rule *rule = model_rule(model, uuid);

    if (rule && rule->in_effect) {
        if (rule->list->group) {
            gen_group_rule(rule, list);
        } else {
            gen_net_rule(rule, list);
        }
    }
}
