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

/* What the ACL of a network has, besides its rules.  acl.h tells how it
 * works. */

static void
match_network(struct match *match, uint32_t vni)
{
    match_init_catchall(match);
    match_set_metadata(match, htonll(vni));
}

/* Labels hold as long as the ACL is what it was. */
static void
add_est(uint32_t vni, uint64_t id, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_network(&match, vni);
    acl_match_label(&match, id, UINT64_MAX, 0, 0);
    flow_act_resubmit(&ofpacts, TABLE_ACL_EST_GROUPS);
    flow_list_add(list, TABLE_ACL_EST_ACL, PRIORITY_EXACT, &match, &ofpacts);

    match_network(&match, vni);
    ofpbuf_clear(&ofpacts);
    flow_act_resubmit(&ofpacts, TABLE_ACL_EVAL);
    flow_list_add(list, TABLE_ACL_EST_ACL, PRIORITY_KNOWN, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'ofpacts' that REG_ACL_MARK gets a bit for each of the 'n' groups
 * with 'tags' that the remote address is in. */
static void
act_bits(struct ofpbuf *ofpacts, const uint32_t *tags, size_t n)
{
    if (n) {
        flow_act_set(ofpacts, REG_ACL_MARK, 0);
        flow_act_resubmit(ofpacts, TABLE_ACL_REMOTE);
        flow_act_set_masked(ofpacts, REG_ACL, ACL_BIT, ACL_BIT);
        for (size_t i = 0; i < n; i++) {
            flow_act_set(ofpacts, REG_ACL_SET, tags[i]);
            flow_act_set(ofpacts, REG_ACL_GROUP, i);
            flow_act_resubmit(ofpacts, TABLE_ACL_SET);
        }
        flow_act_set_masked(ofpacts, REG_ACL, 0, ACL_BIT);
    }
}

/* Asks the rules. */
static void
add_eval(uint32_t vni, const struct policy_list *acl, uint64_t id,
         struct flow_list *list)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    uint32_t tags[ACL_N_BITS];
    size_t n = acl_list_tags(acl, tags);
    struct match match;

    match_network(&match, vni);
    act_bits(&ofpacts, tags, n);
    flow_act_set(&ofpacts, REG_ACL_GROUP, 0);
    if (acl_list_is_stateless(acl)) {
        flow_act_resubmit(&ofpacts, TABLE_ACL_STATELESS);
    }
    flow_act_resubmit(&ofpacts, TABLE_ACL_RULES);
    flow_act_resubmit(&ofpacts, TABLE_ACL_DEFAULT);
    flow_act_set(&ofpacts, REG_ACL_SET, id);
    flow_list_add(list, TABLE_ACL_EVAL, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* What no rule matches, in 'direction'. */
static void
add_default(uint32_t vni, const struct policy_list *acl,
            enum policy_direction direction, struct flow_list *list)
{
    enum policy_action action = acl->default_action[direction];
    uint32_t state = (action == POLICY_ALLOW ? ACL_NET_OK
                      : action == POLICY_DROP ? ACL_DROP
                      : ACL_REJECT);
    uint64_t stub[128 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_network(&match, vni);
    acl_match_state(&match, direction == POLICY_EGRESS ? ACL_EGRESS : 0,
                    ACL_EGRESS | ACL_UNTRACKED);
    flow_act_set(&ofpacts, REG_ACL_RULE, ACL_RULE_ACL_DEFAULT);
    flow_act_set_masked(&ofpacts, REG_ACL, state, state);
    if (action == POLICY_ALLOW) {
        flow_act_resubmit(&ofpacts, TABLE_ACL_GROUPS);
    }
    flow_list_add(list, TABLE_ACL_DEFAULT, PRIORITY_KNOWN, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the ACL of the network 'vni' has, besides its rules,
 * if there is one and a port of this host is in the network. */
void
gen_network_acl(const struct model *model, uint32_t vni,
                struct flow_list *list)
{
    const struct network *net = model_network(model, vni);
    const struct policy_list *acl = net ? network_acl(net) : NULL;

    if (acl && network_is_active(net)) {
        uint64_t id = acl_list_id(acl);

        add_est(vni, id, list);
        add_eval(vni, acl, id, list);
        add_default(vni, acl, POLICY_INGRESS, list);
        add_default(vni, acl, POLICY_EGRESS, list);
        if (acl_list_is_stateless(acl)) {
            struct match match;

            match_network(&match, vni);
            acl_add_stateless(&match, list);
        }
    }
}
