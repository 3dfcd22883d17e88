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

#include <stdlib.h>
#include "flow.h"
#include "flows/acl.h"
#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* What a security group has, besides its rules.  acl.h tells how it works. */

static void
match_tag(struct match *match, const struct security_group *group)
{
    match_init_catchall(match);
    match_set_reg(match, REG_ACL_TAG - MFF_REG0, group->tag);
}

/* Ports that are in this group only. */
static void
add_only(const struct security_group *group, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_tag(&match, group);
    flow_act_set(&ofpacts, REG_ACL_GROUP, group->tag);
    flow_act_resubmit(&ofpacts, TABLE_ACL_GROUP);
    flow_act_resubmit(&ofpacts, TABLE_ACL_GROUP_DEFAULT);
    flow_list_add(list, TABLE_ACL_GROUPS, PRIORITY_EXACT, &match, &ofpacts);

    match_tag(&match, group);
    match_set_ct_mark(&match, group->tag);
    ofpbuf_clear(&ofpacts);
    flow_act_resubmit(&ofpacts, TABLE_ACL_EST_RULE);
    flow_list_add(list, TABLE_ACL_EST_GROUPS, PRIORITY_EXACT, &match,
                  &ofpacts);
    ofpbuf_uninit(&ofpacts);

    match_tag(&match, group);
    acl_add_out(&match, group->list.restricts4, group->list.restricts6, list);
    if (acl_list_is_stateless(&group->list)) {
        match_tag(&match, group);
        acl_add_stateless(&match, list);
    }
}

static int
compare_sets(const void *a_, const void *b_)
{
    const uint64_t *a = a_;
    const uint64_t *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* Returns the sets that the rules of 'group' in 'direction' are for, sorted,
 * and stores how many they are in '*n'.  The caller frees the array. */
static uint64_t *
collect_sets(const struct security_group *group,
             enum policy_direction direction, size_t *n)
{
    const struct policy_list *rules = &group->list;
    uint64_t *sets = xcalloc(MAX(rules->n_rules, 1), sizeof *sets);
    size_t n_sets = 0, n_unique = 0;

    for (size_t i = 0; i < rules->n_rules; i++) {
        if (rules->rules[i]->direction == direction) {
            sets[n_sets++] = acl_rule_set(rules->rules[i]);
        }
    }
    qsort(sets, n_sets, sizeof *sets, compare_sets);
    for (size_t i = 0; i < n_sets; i++) {
        if (!i || sets[i] != sets[i - 1]) {
            sets[n_unique++] = sets[i];
        }
    }
    *n = n_unique;
    return sets;
}

/* Adds a flow to 'table_id' that asks what the 'n' 'sets' have rules for. */
static void
add_sets(const struct security_group *group, enum policy_direction direction,
         uint8_t table_id, const uint64_t *sets, size_t n, bool more,
         struct flow_list *list)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    if (n && sets[0]) {
        flow_act_resubmit(&ofpacts, TABLE_ACL_REMOTE);
    }
    for (size_t i = 0; i < n; i++) {
        flow_act_set(&ofpacts, REG_ACL_SET, sets[i]);
        flow_act_resubmit(&ofpacts, (sets[i] ? TABLE_ACL_SET
                                     : TABLE_ACL_GROUP_RULE));
    }
    if (more) {
        flow_act_resubmit(&ofpacts, TABLE_ACL_GROUP_SETS);
    }
    match_init_catchall(&match);
    match_set_reg(&match, REG_ACL_GROUP - MFF_REG0, group->tag);
    acl_match_state(&match, direction == POLICY_EGRESS ? ACL_EGRESS : 0,
                    ACL_EGRESS | ACL_GROUP_OK);
    flow_list_add(list, table_id, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* The rules of 'group' in 'direction': first those for any remote address, so
 * that the others are not asked where these allow. */
static void
add_rules(const struct security_group *group, enum policy_direction direction,
          struct flow_list *list)
{
    size_t n;
    uint64_t *sets = collect_sets(group, direction, &n);
    size_t n_any = n && !sets[0];

    if (n) {
        add_sets(group, direction, TABLE_ACL_GROUP, sets, n_any, n > n_any,
                 list);
    }
    if (n > n_any) {
        add_sets(group, direction, TABLE_ACL_GROUP_SETS, sets + n_any,
                 n - n_any, false, list);
    }
    free(sets);
}

/* Appends to 'list' what the security group with 'uuid' has, besides its rules
 * and addresses, if a port of this host is in it. */
void
gen_security_group(const struct model *model, const struct uuid *uuid,
                   struct flow_list *list)
{
    const struct security_group *group = model_group(model, uuid);

    if (group && group->list.in_use) {
        add_only(group, list);
        add_rules(group, POLICY_INGRESS, list);
        add_rules(group, POLICY_EGRESS, list);
    }
}

/* Appends to 'list' what the address 'ip' of the group with 'tag' has, if a
 * rule in effect refers to it. */
void
gen_group_addr(const struct model *model, uint32_t tag,
               const struct in6_addr *ip, struct flow_list *list)
{
    const struct security_group *group = model_group_by_tag(model, tag);
    struct policy_prefix prefix = { .ip = *ip };

    if (group && group->n_users && security_group_addr(group, ip)) {
        prefix.plen = IN6_IS_ADDR_V4MAPPED(ip) ? 32 : 128;
        acl_add_in_set(tag, &prefix, list);
    }
}
