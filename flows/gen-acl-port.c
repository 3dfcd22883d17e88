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

/* What a port has of ACLs.  acl.h tells how it works. */

/* Returns the tag of the only group of 'port', or 0. */
static uint32_t
port_tag(const struct port *port)
{
    const struct port_policy *policy = &port->policy;

    return policy->n_groups == 1 ? policy->groups[0]->tag : 0;
}

/* Appends to 'ofpacts' that the ACL of 'port' is asked; for what its VM sends
 * if 'egress'. */
void
gen_acl_act_port(const struct port *port, bool egress, struct ofpbuf *ofpacts)
{
    flow_act_set(ofpacts, REG_ACL_TAG, port_tag(port));
    flow_act_set(ofpacts, REG_ACL,
                 ACL_POLICED | (egress ? ACL_EGRESS : 0)
                 | (port->policy.fail_closed || !port->zone ? ACL_FAILED
                    : 0));
    flow_act_set(ofpacts, REG_ACL_ZONE, port->zone);
}

/* What the VM of 'port' is to receive. */
static void
add_to(const struct port *port, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_reg(&match, REG_OUT_TAG - MFF_REG0, port->ofport);
    gen_acl_act_port(port, false, &ofpacts);
    flow_act_goto(&ofpacts, TABLE_ACL_TO_CHECK);
    flow_list_add(list, TABLE_ACL_TO, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

static void
match_zone(struct match *match, const struct port *port)
{
    match_set_reg(match, REG_ACL_ZONE - MFF_REG0, port->zone);
}

/* The groups of a port that is in several, one after the other. */
static void
add_groups(const struct port *port, struct flow_list *list)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    const struct port_policy *policy = &port->policy;
    struct match match;

    for (size_t i = 0; i < policy->n_groups; i++) {
        flow_act_set(&ofpacts, REG_ACL_GROUP, policy->groups[i]->tag);
        flow_act_resubmit(&ofpacts, TABLE_ACL_GROUP);
    }
    flow_act_resubmit(&ofpacts, TABLE_ACL_GROUP_DEFAULT);
    match_init_catchall(&match);
    match_zone(&match, port);
    flow_list_add(list, TABLE_ACL_GROUPS, PRIORITY_EXCEPTION, &match,
                  &ofpacts);
    ofpbuf_uninit(&ofpacts);

    for (size_t i = 0; i < policy->n_groups; i++) {
        ofpbuf_clear(&ofpacts);
        match_init_catchall(&match);
        match_zone(&match, port);
        match_set_ct_mark(&match, policy->groups[i]->tag);
        flow_act_resubmit(&ofpacts, TABLE_ACL_EST_RULE);
        flow_list_add(list, TABLE_ACL_EST_GROUPS, PRIORITY_EXACT, &match,
                      &ofpacts);
    }
    ofpbuf_uninit(&ofpacts);
    match_init_catchall(&match);
    match_zone(&match, port);
    acl_add_out(&match, policy->restricted4, policy->restricted6, list);
}

/* A port that is in no group: its groups have nothing against it. */
static void
add_no_groups(const struct port *port, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_zone(&match, port);
    flow_act_set(&ofpacts, REG_ACL_MARK, 0);
    flow_act_set_masked(&ofpacts, REG_ACL, ACL_GROUP_OK, ACL_GROUP_OK);
    flow_list_add(list, TABLE_ACL_GROUPS, PRIORITY_EXCEPTION, &match,
                  &ofpacts);

    ofpbuf_clear(&ofpacts);
    match_set_ct_mark(&match, 0);
    flow_act_set_masked(&ofpacts, REG_ACL, ACL_VALID, ACL_VALID);
    flow_list_add(list, TABLE_ACL_EST_GROUPS, PRIORITY_EXACT, &match,
                  &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Stateless rules in the groups of a port that is in several. */
static void
add_stateless(const struct port *port, struct flow_list *list)
{
    const struct port_policy *policy = &port->policy;

    for (size_t i = 0; i < policy->n_groups; i++) {
        if (acl_list_is_stateless(&policy->groups[i]->list)) {
            struct match match;

            match_init_catchall(&match);
            match_zone(&match, port);
            acl_add_stateless(&match, list);
            break;
        }
    }
}

/* Appends to 'list' what 'port', which is active, has of ACLs.  One without a
 * policy has something only for packets that were to be judged by one. */
void
gen_acl_port(const struct port *port, struct flow_list *list)
{
    const struct port_policy *policy = &port->policy;
    bool lingers = port->linger_until && port->zone;
    bool by_zone = lingers || (policy->policed && !port_tag(port));

    if (policy->policed) {
        add_to(port, list);
    }
    if (!by_zone || policy->fail_closed) {
        return;
    } else if (policy->policed && policy->n_groups) {
        add_groups(port, list);
        add_stateless(port, list);
    } else {
        add_no_groups(port, list);
    }
}
