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
#include "ovs-ext/model/policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Rules, and the lists that they are in: those of groups and of ACLs.
 *
 * A change of a rule or of a list makes the list dirty; model_run() resolves
 * it.  What it means as a whole, as far as ports care, rarely changes with it:
 * then they are not looked at. */

/* Returns the rule with 'uuid', or null. */
const struct policy_rule *
model_rule(const struct model *m, const struct uuid *uuid)
{
    const struct policy_rule *rule;

    HMAP_FOR_EACH_WITH_HASH (rule, hmap_node, uuid_hash(uuid), &m->rules) {
        if (uuid_equals(&rule->uuid, uuid)) {
            return rule;
        }
    }
    return NULL;
}

static struct policy_rule *
rule_find(const struct model *m, const struct uuid *uuid)
{
    return CONST_CAST(struct policy_rule *, model_rule(m, uuid));
}

static struct policy_rule *
rule_get(struct model *m, const struct uuid *uuid)
{
    struct policy_rule *rule = rule_find(m, uuid);

    if (!rule) {
        rule = xzalloc(sizeof *rule);
        rule->uuid = *uuid;
        rule->owner = owner_rule(uuid);
        hmapx_init(&rule->parents);
        hmap_insert(&m->rules, &rule->hmap_node, uuid_hash(uuid));
    }
    return rule;
}

/* Makes 'rule' dirty, if anything is made from it. */
void
rule_dirty(struct model *m, const struct policy_rule *rule)
{
    if (rule->in_effect) {
        owner_set_add(&m->dirty, &rule->owner);
    }
}

/* Puts 'rule' in effect or takes it out of it. */
static void
rule_set_effect(struct model *m, struct policy_rule *rule, bool in_effect)
{
    if (rule->in_effect != in_effect) {
        rule_dirty(m, rule);
        rule->in_effect = in_effect;
        rule_dirty(m, rule);
        if (rule->remote) {
            group_use(m, rule->remote, in_effect);
        }
    }
}

/* Makes model_run() resolve 'list'. */
void
policy_list_dirty(struct model *m, struct policy_list *list)
{
    hmapx_add(&m->dirty_lists, list);
}

/* Makes model_run() resolve the lists that 'rule' is in. */
void
rule_dirty_parents(struct model *m, const struct policy_rule *rule)
{
    struct hmapx_node *node;

    HMAPX_FOR_EACH (node, &rule->parents) {
        policy_list_dirty(m, node->data);
    }
}

/* Makes 'group', or none if it is null, the one that 'rule', which is not in
 * effect, refers to. */
static void
rule_set_remote(struct model *m, struct policy_rule *rule,
                struct security_group *group)
{
    struct security_group *old = rule->remote;

    if (old != group) {
        rule->remote = group;
        if (group) {
            hmapx_add(&group->referrers, rule);
        }
        if (old) {
            hmapx_find_and_delete(&old->referrers, rule);
            group_gc(m, old);
        }
    }
}

/* Frees 'rule' if nothing names it any more. */
static void
rule_gc(struct model *m, struct policy_rule *rule)
{
    if (!rule->has_row && hmapx_is_empty(&rule->parents)) {
        rule_set_effect(m, rule, false);
        rule_set_remote(m, rule, NULL);
        hmap_remove(&m->rules, &rule->hmap_node);
        hmapx_destroy(&rule->parents);
        free(rule->prefixes);
        free(rule->error);
        free(rule);
    }
}

static void
rule_set_row(struct policy_rule *rule, const struct fact_rule *fact)
{
    free(rule->prefixes);
    free(rule->error);
    rule->has_row = true;
    rule->direction = fact->direction;
    rule->priority = fact->priority;
    rule->ethertype = fact->ethertype;
    rule->protocol = fact->protocol;
    rule->port_min = fact->port_min;
    rule->port_max = fact->port_max;
    rule->icmp_type = fact->icmp_type;
    rule->icmp_code = fact->icmp_code;
    rule->prefixes = xmemdup(fact->prefixes,
                             fact->n_prefixes * sizeof *fact->prefixes);
    rule->n_prefixes = policy_prefixes_normalize(rule->prefixes,
                                                 fact->n_prefixes);
    rule->action = fact->action;
    rule->log = fact->log;
    rule->stateless = fact->stateless;
    rule->error = nullable_xstrdup(fact->error);
}

/* Takes over a Rule row, new or changed. */
void
model_put_rule(struct model *m, const struct fact_rule *fact)
{
    struct policy_rule *rule = rule_get(m, &fact->uuid);
    struct security_group *remote
        = fact->has_remote ? group_get(m, &fact->remote) : NULL;

    if (fact->error || remote != rule->remote) {
        rule_set_effect(m, rule, false);
    }
    rule_dirty(m, rule);
    rule_set_remote(m, rule, remote);
    rule_set_row(rule, fact);
    rule_dirty_parents(m, rule);
}

/* Forgets the Rule row with 'uuid', if it is known. */
void
model_del_rule(struct model *m, const struct uuid *uuid)
{
    struct policy_rule *rule = rule_find(m, uuid);

    if (rule && rule->has_row) {
        rule_set_effect(m, rule, false);
        rule->has_row = false;
        rule_dirty_parents(m, rule);
        rule_gc(m, rule);
    }
}

/* Initializes 'list' as that of 'group' or of the network row 'row', one of
 * which is null. */
void
policy_list_init(struct policy_list *list, struct security_group *group,
                 struct network_row *row)
{
    memset(list, 0, sizeof *list);
    list->group = group;
    list->row = row;
    sset_init(&list->topics);
}

/* Frees what 'list' has, which names no rules any more. */
void
policy_list_uninit(struct model *m, struct policy_list *list)
{
    ovs_assert(!list->n_uuids);
    hmapx_find_and_delete(&m->dirty_lists, list);
    free(list->uuids);
    free(list->rules);
    sset_destroy(&list->topics);
}

static int
compare_uuids(const void *a, const void *b)
{
    return uuid_compare_3way(a, b);
}

static const struct policy_list *
rule_only_parent(const struct policy_rule *rule)
{
    struct hmapx_node *node;

    HMAPX_FOR_EACH (node, &rule->parents) {
        return hmapx_count(&rule->parents) == 1 ? node->data : NULL;
    }
    return NULL;
}

/* 'rule' came to 'list', or left it, as 'there' tells. */
static void
rule_set_parent(struct model *m, struct policy_rule *rule,
                struct policy_list *list, bool there)
{
    if (there == hmapx_contains(&rule->parents, list)) {
        return;
    }
    rule_set_effect(m, rule, false);
    if (there) {
        hmapx_add(&rule->parents, list);
    } else {
        hmapx_find_and_delete(&rule->parents, list);
    }
    rule->list = rule_only_parent(rule);
    rule_dirty_parents(m, rule);
    rule_gc(m, rule);
}

/* Makes the rules of 'list' those with the 'n' UUIDs in 'uuids'. */
void
policy_list_set(struct model *m, struct policy_list *list,
                const struct uuid *uuids, size_t n)
{
    struct uuid *old = list->uuids;
    size_t n_old = list->n_uuids;

    list->uuids = xmemdup(uuids, n * sizeof *uuids);
    list->n_uuids = n;
    if (n) {
        qsort(list->uuids, n, sizeof *uuids, compare_uuids);
    }
    /* Those that have gone must not be in 'rules' when they are freed. */
    list->n_rules = 0;
    policy_list_dirty(m, list);
    for (size_t i = 0; i < n; i++) {
        rule_set_parent(m, rule_get(m, &list->uuids[i]), list, true);
    }
    for (size_t i = 0; i < n_old; i++) {
        if (!n || !bsearch(&old[i], list->uuids, n, sizeof *old,
                           compare_uuids)) {
            rule_set_parent(m, rule_get(m, &old[i]), list, false);
        }
    }
    free(old);
}

/* Takes the rules of 'list' out of effect until it is resolved, as what they
 * stand for has another name now. */
void
policy_list_disable(struct model *m, struct policy_list *list)
{
    for (size_t i = 0; i < list->n_rules; i++) {
        rule_set_effect(m, list->rules[i], false);
    }
    policy_list_dirty_owner(m, list);
    policy_list_dirty(m, list);
}

/* Returns true if the good rules of the ACL 'list', as far as they are known,
 * refer to too many groups for one more, that of 'rule'. */
static bool
list_has_too_many_groups(const struct policy_list *list,
                         const struct policy_rule *rule)
{
    struct hmapx groups = HMAPX_INITIALIZER(&groups);
    bool too_many;

    for (size_t i = 0; i < list->n_rules; i++) {
        if (list->rules[i]->remote) {
            hmapx_add(&groups, list->rules[i]->remote);
        }
    }
    hmapx_add(&groups, rule->remote);
    too_many = hmapx_count(&groups) > POLICY_ACL_MAX_GROUPS;
    hmapx_destroy(&groups);
    return too_many;
}

/* Returns why 'rule' makes no sense in 'list', malloc'd, or null. */
static char *
rule_objection(const struct policy_list *list, const struct policy_rule *rule)
{
    if (!rule->has_row) {
        return xstrdup("there is no such rule");
    } else if (rule->error) {
        return xstrdup(rule->error);
    } else if (hmapx_count(&rule->parents) > 1) {
        return xstrdup("it is in more than one security group or ACL; give "
                       "each a rule of its own");
    } else if (rule->remote && !rule->remote->has_row) {
        return xstrdup("its remote_group does not exist");
    } else if (!list->group && rule->remote
               && list_has_too_many_groups(list, rule)) {
        return xasprintf("the rules of an ACL may refer to at most %d groups; "
                         "use prefixes", POLICY_ACL_MAX_GROUPS);
    } else if (list->group && rule->action != POLICY_ALLOW) {
        return xasprintf("its action is \"%s\", but rules of security groups "
                         "allow; use the network's ACL",
                         policy_action_string(rule->action));
    }
    return NULL;
}

/* Returns the object that shows the problems of 'list', malloc'd. */
static char *
list_object(const struct policy_list *list)
{
    return (list->group
            ? xasprintf("security-group/%s", list->group->name)
            : xasprintf("network/%s", list->row->name));
}

static int
action_rank(enum policy_action action)
{
    return (action == POLICY_DROP ? 0
            : action == POLICY_REJECT ? 1
            : 2);
}

/* Orders rules as 'rules' of struct policy_list says. */
static int
compare_rules(const void *a_, const void *b_)
{
    const struct policy_rule *a = *(const struct policy_rule *const *) a_;
    const struct policy_rule *b = *(const struct policy_rule *const *) b_;

    if (a->direction != b->direction) {
        return a->direction < b->direction ? -1 : 1;
    } else if (!a->list->group && a->priority != b->priority) {
        return a->priority > b->priority ? -1 : 1;
    } else if (a->action != b->action) {
        return action_rank(a->action) - action_rank(b->action);
    } else {
        return uuid_compare_3way(&a->uuid, &b->uuid);
    }
}

/* Makes 'text', which is taken, the problem of the rule with 'uuid' in
 * 'list', whose problems are those of 'object'; adds its topic to 'topics'. */
static void
list_set_problem(struct model *m, const char *object, const struct uuid *uuid,
                 char *text, struct sset *topics)
{
    char *topic = xasprintf("rule "UUID_FMT, UUID_ARGS(uuid));

    problem_set(&m->problems, object, topic,
                "rule "UUID_FMT" makes no sense, and all ports concerned are "
                "closed: %s; correct or delete it with ovs-ext-ctl",
                UUID_ARGS(uuid), text);
    sset_add_and_free(topics, topic);
    free(text);
}

/* Puts the good rules of 'list' into its 'rules', and in effect if it is in
 * use; the others become problems. */
static void
list_set_rules(struct model *m, struct policy_list *list)
{
    struct sset topics = SSET_INITIALIZER(&topics);
    char *object = list_object(list);
    const char *topic;

    list->rules = xrealloc(list->rules,
                           MAX(list->n_uuids, 1) * sizeof *list->rules);
    list->n_rules = 0;
    for (size_t i = 0; i < list->n_uuids; i++) {
        struct policy_rule *rule = rule_find(m, &list->uuids[i]);
        char *objection = rule_objection(list, rule);

        rule_set_effect(m, rule, list->in_use && !objection);
        if (objection) {
            list_set_problem(m, object, &rule->uuid, objection, &topics);
        } else {
            list->rules[list->n_rules++] = rule;
        }
    }
    qsort(list->rules, list->n_rules, sizeof *list->rules, compare_rules);
    list->failed = list->n_rules < list->n_uuids;
    SSET_FOR_EACH (topic, &list->topics) {
        if (!sset_contains(&topics, topic)) {
            problem_clear(&m->problems, object, topic);
        }
    }
    sset_swap(&list->topics, &topics);
    sset_destroy(&topics);
    free(object);
}

static bool
list_is_used(const struct model *m, const struct policy_list *list)
{
    const struct network *network;

    if (list->group) {
        return !hmapx_is_empty(&list->group->ports);
    }
    network = network_find(m, list->row->vni);
    return network && network->row == list->row && network_is_active(network);
}

/* Returns true if 'list' restricts egress of packets with 'ethertype'. */
static bool
list_restricts(const struct policy_list *list, uint16_t ethertype)
{
    for (size_t i = list->n_rules; i > 0; i--) {
        const struct policy_rule *rule = list->rules[i - 1];

        if (rule->direction != POLICY_EGRESS) {
            break;
        } else if (policy_rule_covers(rule, ethertype)) {
            return true;
        }
    }
    return false;
}

/* The ports that have 'list' look at it again. */
static void
list_update_ports(struct model *m, const struct policy_list *list)
{
    if (list->group) {
        struct hmapx_node *node;

        HMAPX_FOR_EACH (node, &list->group->ports) {
            port_policy_update(m, node->data);
        }
    } else {
        const struct network *network = network_find(m, list->row->vni);
        struct port *port;

        if (network && network->row == list->row) {
            LIST_FOR_EACH (port, net_node, &network->ports) {
                port_policy_update(m, port);
            }
        }
    }
}

static void
list_dirty_acl(struct model *m, const struct policy_list *list)
{
    struct owner owner = owner_network_acl(list->row->vni);

    owner_set_add(&m->dirty, &owner);
}

/* Makes the rules dirty that refer to groups, if 'list' is an ACL: which
 * groups there are decides on what each is told by. */
static void
list_dirty_remotes(struct model *m, const struct policy_list *list)
{
    for (size_t i = 0; !list->group && i < list->n_rules; i++) {
        if (list->rules[i]->remote) {
            rule_dirty(m, list->rules[i]);
        }
    }
}

/* What ports care about in a list. */
struct list_sum {
    bool is_policy, failed, restricts4, restricts6, in_use;
};

static struct list_sum
list_sum(const struct policy_list *list)
{
    return (struct list_sum) {
        .is_policy = list->is_policy,
        .failed = list->failed,
        .restricts4 = list->restricts4,
        .restricts6 = list->restricts6,
        .in_use = list->in_use,
    };
}

/* Works out anew what 'list' means. */
void
policy_list_resolve(struct model *m, struct policy_list *list)
{
    struct list_sum old = list_sum(list), new;

    list->in_use = list_is_used(m, list);
    list_set_rules(m, list);
    list->is_policy
        = list->row && (list->n_uuids
                        || list->default_action[0] != POLICY_ALLOW
                        || list->default_action[1] != POLICY_ALLOW);
    list->restricts4 = list->group && list_restricts(list, ETH_TYPE_IP);
    list->restricts6 = list->group && list_restricts(list, ETH_TYPE_IPV6);
    new = list_sum(list);
    policy_list_dirty_owner(m, list);
    list_dirty_remotes(m, list);
    if (list->news || memcmp(&old, &new, sizeof new)) {
        if (old.is_policy && !list->is_policy) {
            list_dirty_acl(m, list);
        }
        list->news = false;
        list_update_ports(m, list);
    }
}

/* Makes the group or ACL that 'list' is dirty, without its rules. */
void
policy_list_dirty_owner(struct model *m, const struct policy_list *list)
{
    if (list->group) {
        owner_set_add(&m->dirty, &list->group->owner);
    } else if (list->is_policy) {
        list_dirty_acl(m, list);
    }
}

/* Returns the VNI of the network whose ACL has 'rule', 0 if it is not of an
 * ACL. */
uint32_t
policy_rule_vni(const struct policy_rule *rule)
{
    return rule->list && rule->list->row ? rule->list->row->vni : 0;
}

/* See policy.h. */
const struct policy_list *
network_acl(const struct network *network)
{
    const struct policy_list *acl = network->row ? &network->row->acl : NULL;

    return acl && acl->is_policy ? acl : NULL;
}
