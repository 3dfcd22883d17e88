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

#include <stdlib.h>
#include <string.h>
#include "hash.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Security groups: their tags, their addresses, and the ports in them.
 *
 * A group's tag is the first of group_tag(uuid, 0), group_tag(uuid, 1), ...
 * that no group with a smaller UUID has.  So it depends on which groups there
 * are, and not on the order in which they came. */

static uint32_t
group_tag(const struct uuid *uuid, uint32_t probe)
{
    return hash_bytes(uuid, sizeof *uuid, probe);
}

/* Returns the group with 'uuid', or null. */
const struct security_group *
model_group(const struct model *m, const struct uuid *uuid)
{
    const struct security_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, hmap_node, uuid_hash(uuid), &m->groups) {
        if (uuid_equals(&group->uuid, uuid)) {
            return group;
        }
    }
    return NULL;
}

/* Returns the group named 'name', or null. */
const struct security_group *
model_group_by_name(const struct model *m, const char *name)
{
    const struct security_group *group;

    HMAP_FOR_EACH (group, hmap_node, &m->groups) {
        if (group->has_row && !strcmp(group->name, name)) {
            return group;
        }
    }
    return NULL;
}

static struct security_group *
group_find_by_tag(const struct model *m, uint32_t tag)
{
    struct security_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, tag_node, tag, &m->group_tags) {
        if (group->tag == tag) {
            return group;
        }
    }
    return NULL;
}

/* Returns the group that 'tag' stands for, or null. */
const struct security_group *
model_group_by_tag(const struct model *m, uint32_t tag)
{
    return group_find_by_tag(m, tag);
}

static struct group_addr *
group_addr_find(const struct security_group *group, const struct in6_addr *ip)
{
    struct group_addr *addr;

    HMAP_FOR_EACH_WITH_HASH (addr, hmap_node, ident_hash_ip(ip),
                             &group->addrs) {
        if (ipv6_addr_equals(&addr->ip, ip)) {
            return addr;
        }
    }
    return NULL;
}

/* Returns 'ip' as an address of 'group', or null if it is none. */
const struct group_addr *
security_group_addr(const struct security_group *group,
                    const struct in6_addr *ip)
{
    return group_addr_find(group, ip);
}

static void
group_dirty_addr(struct model *m, const struct security_group *group,
                 const struct in6_addr *ip)
{
    if (group->n_users) {
        struct owner owner = owner_group_addr(group->tag, ip);

        owner_set_add(&m->dirty, &owner);
    }
}

static void
group_dirty_addrs(struct model *m, const struct security_group *group)
{
    const struct group_addr *addr;

    HMAP_FOR_EACH (addr, hmap_node, &group->addrs) {
        struct owner owner = owner_group_addr(group->tag, &addr->ip);

        owner_set_add(&m->dirty, &owner);
    }
}

/* Makes all that the tag of 'group' is in dirty: the group, its rules, ports
 * and addresses, and the rules that refer to it. */
void
group_dirty_all(struct model *m, const struct security_group *group)
{
    struct hmapx_node *node;

    owner_set_add(&m->dirty, &group->owner);
    for (size_t i = 0; i < group->list.n_rules; i++) {
        rule_dirty(m, group->list.rules[i]);
    }
    HMAPX_FOR_EACH (node, &group->referrers) {
        rule_dirty(m, node->data);
    }
    HMAPX_FOR_EACH (node, &group->ports) {
        const struct port *port = node->data;

        owner_set_add(&m->dirty, &port->owner);
    }
    if (group->n_users) {
        group_dirty_addrs(m, group);
    }
}

/* One more rule in effect refers to 'group', or one less. */
void
group_use(struct model *m, struct security_group *group, bool more)
{
    size_t was = group->n_users;

    group->n_users += more ? 1 : -1;
    if (!was != !group->n_users) {
        group_dirty_addrs(m, group);
    }
}

/* Gives 'group' a tag that no group with a smaller UUID has, and another one
 * to whoever had that. */
static void
group_assign_tag(struct model *m, struct security_group *group)
{
    while (group) {
        uint32_t tag = group_tag(&group->uuid, group->probe);
        struct security_group *holder = group_find_by_tag(m, tag);

        if (!tag
            || (holder
                && uuid_compare_3way(&holder->uuid, &group->uuid) < 0)) {
            group->probe++;
            continue;
        }
        if (holder) {
            group_dirty_all(m, holder);
            hmap_remove(&m->group_tags, &holder->tag_node);
            holder->probe++;
        }
        if (group->tag != tag) {
            group->tag = tag;
            group_dirty_all(m, group);
        }
        hmap_insert(&m->group_tags, &group->tag_node, tag);
        group = holder;
    }
}

/* A tag became free: groups that do not have the first one that they asked
 * for ask again. */
static void
group_reassign_tags(struct model *m)
{
    struct hmapx displaced = HMAPX_INITIALIZER(&displaced);
    struct security_group *group;
    struct hmapx_node *node;

    HMAP_FOR_EACH (group, hmap_node, &m->groups) {
        if (group->probe) {
            hmapx_add(&displaced, group);
            hmap_remove(&m->group_tags, &group->tag_node);
            group->probe = 0;
        }
    }
    HMAPX_FOR_EACH (node, &displaced) {
        group = node->data;
        group_dirty_all(m, group);
        group_assign_tag(m, group);
    }
    hmapx_destroy(&displaced);
}

static char *
group_object(const struct security_group *group)
{
    return xasprintf("security-group/%s", group->name);
}

/* Returns the group with 'uuid', new if there was none. */
struct security_group *
group_get(struct model *m, const struct uuid *uuid)
{
    struct security_group *group
        = CONST_CAST(struct security_group *, model_group(m, uuid));

    if (!group) {
        group = xzalloc(sizeof *group);
        group->uuid = *uuid;
        group->owner = owner_security_group(uuid);
        group->name = xasprintf(UUID_FMT, UUID_ARGS(uuid));
        policy_list_init(&group->list, group, NULL);
        hmap_init(&group->addrs);
        hmapx_init(&group->ports);
        hmapx_init(&group->referrers);
        hmap_insert(&m->groups, &group->hmap_node, uuid_hash(uuid));
        group_assign_tag(m, group);
    }
    return group;
}

/* Frees 'group' if nothing names it any more. */
void
group_gc(struct model *m, struct security_group *group)
{
    if (group->has_row || group->n_members
        || !hmapx_is_empty(&group->referrers)) {
        return;
    }
    owner_set_add(&m->dirty, &group->owner);
    hmap_remove(&m->groups, &group->hmap_node);
    hmap_remove(&m->group_tags, &group->tag_node);
    policy_list_uninit(m, &group->list);
    hmap_destroy(&group->addrs);
    hmapx_destroy(&group->ports);
    hmapx_destroy(&group->referrers);
    free(group->name);
    free(group);
    group_reassign_tags(m);
}

/* Whether 'group' has a row, or its name, changed: those that name it look at
 * it again. */
static void
group_dirty_users(struct model *m, struct security_group *group)
{
    struct hmapx_node *node;

    group->list.news = true;
    policy_list_dirty(m, &group->list);
    HMAPX_FOR_EACH (node, &group->referrers) {
        rule_dirty_parents(m, node->data);
    }
}

/* Takes over a Security_Group row, new or changed. */
void
model_put_group(struct model *m, const struct fact_group *fact)
{
    struct security_group *group = group_get(m, &fact->uuid);

    if (!group->has_row || strcmp(group->name, fact->name)) {
        char *object = group_object(group);

        problem_clear_object(&m->problems, object);
        free(object);
        free(group->name);
        group->name = xstrdup(fact->name);
        group->has_row = true;
        group_dirty_users(m, group);
    }
    policy_list_set(m, &group->list, fact->rules, fact->n_rules);
    sset_add_and_free(&m->changed, group_object(group));
}

/* Forgets the Security_Group row with 'uuid', if it is known. */
void
model_del_group(struct model *m, const struct uuid *uuid)
{
    struct security_group *group
        = CONST_CAST(struct security_group *, model_group(m, uuid));
    char *object;

    if (!group || !group->has_row) {
        return;
    }
    object = group_object(group);
    problem_clear_object(&m->problems, object);
    sset_add_and_free(&m->changed, object);
    policy_list_set(m, &group->list, NULL, 0);
    sset_clear(&group->list.topics);
    free(group->name);
    group->name = xasprintf(UUID_FMT, UUID_ARGS(uuid));
    group->has_row = false;
    group_dirty_users(m, group);
    group_gc(m, group);
}

/* 'ip' came to 'group', or went from it.  What ACLs that refer to the group
 * allowed may be another thing now. */
static void
group_changed_ip(struct model *m, struct security_group *group,
                 const struct in6_addr *ip)
{
    struct hmapx_node *node;

    group->addrs_hash ^= ((uint64_t) hash_bytes(ip, sizeof *ip, 1) << 32
                          | hash_bytes(ip, sizeof *ip, 2));
    group_dirty_addr(m, group, ip);
    HMAPX_FOR_EACH (node, &group->referrers) {
        const struct policy_rule *rule = node->data;

        if (rule->in_effect && !rule->list->group) {
            policy_list_dirty_owner(m, rule->list);
        }
    }
}

static void
group_add_ip(struct model *m, struct security_group *group,
             const struct in6_addr *ip)
{
    struct group_addr *addr = group_addr_find(group, ip);

    if (!addr) {
        addr = xzalloc(sizeof *addr);
        addr->ip = *ip;
        hmap_insert(&group->addrs, &addr->hmap_node, ident_hash_ip(ip));
        group_changed_ip(m, group, ip);
    }
    addr->n_refs++;
}

static void
group_del_ip(struct model *m, struct security_group *group,
             const struct in6_addr *ip)
{
    struct group_addr *addr = group_addr_find(group, ip);

    if (!--addr->n_refs) {
        hmap_remove(&group->addrs, &addr->hmap_node);
        free(addr);
        group_changed_ip(m, group, ip);
    }
}

/* Puts 'port' among the ports of this host in 'group', or takes it away. */
static void
group_set_port(struct model *m, struct security_group *group,
               struct port *port, bool there)
{
    bool was_empty = hmapx_is_empty(&group->ports);

    if (there) {
        hmapx_add(&group->ports, port);
    } else {
        hmapx_find_and_delete(&group->ports, port);
    }
    if (was_empty != hmapx_is_empty(&group->ports)) {
        policy_list_dirty(m, &group->list);
    }
}

static int
compare_groups(const void *a_, const void *b_)
{
    const struct security_group *a
        = *(const struct security_group *const *) a_;
    const struct security_group *b
        = *(const struct security_group *const *) b_;

    return uuid_compare_3way(&a->uuid, &b->uuid);
}

/* Stores in '*policy' the groups that the row of 'port' names, and what they
 * are to have of it. */
static void
port_policy_want(struct model *m, const struct port *port,
                 struct port_policy *policy)
{
    size_t n = port->row.n_groups;

    memset(policy, 0, sizeof *policy);
    policy->groups = xmalloc(MAX(n, 1) * sizeof *policy->groups);
    for (size_t i = 0; i < n; i++) {
        policy->groups[i] = group_get(m, &port->row.groups[i]);
    }
    qsort(policy->groups, n, sizeof *policy->groups, compare_groups);
    for (size_t i = 0; i < n; i++) {
        if (!i || policy->groups[i] != policy->groups[i - 1]) {
            policy->groups[policy->n_groups++] = policy->groups[i];
        }
    }
    policy->ips = port_get_ips(port, &policy->n_ips);
    if (!n) {
        policy->n_ips = 0;
    }
    policy->is_local = port->network != NULL;
}

static bool
has_group(const struct port_policy *policy, const struct security_group *group)
{
    for (size_t i = 0; i < policy->n_groups; i++) {
        if (policy->groups[i] == group) {
            return true;
        }
    }
    return false;
}

/* Returns true if 'a' and 'b' are about the same groups. */
static bool
same_groups(const struct port_policy *a, const struct port_policy *b)
{
    return (a->n_groups == b->n_groups
            && (!a->n_groups
                || !memcmp(a->groups, b->groups,
                           a->n_groups * sizeof *a->groups)));
}

/* Makes 'port' a member of its groups, as the port is now, and of no others.
 * Members that stay so are not taken out and put in again. */
void
port_policy_resolve(struct model *m, struct port *port)
{
    struct port_policy old = port->policy;
    struct port_policy want;

    port_policy_want(m, port, &want);
    for (size_t i = 0; i < want.n_groups; i++) {
        struct security_group *group = want.groups[i];

        group->n_members++;
        group_set_port(m, group, port, want.is_local);
        for (size_t j = 0; j < want.n_ips; j++) {
            group_add_ip(m, group, &want.ips[j]);
        }
    }
    want.policed = old.policed;
    want.fail_closed = old.fail_closed;
    want.restricted4 = old.restricted4;
    want.restricted6 = old.restricted6;
    port->policy = want;
    if (old.policed && !same_groups(&old, &want)) {
        linger_begin(m, port);
    }
    for (size_t i = 0; i < old.n_groups; i++) {
        struct security_group *group = old.groups[i];

        for (size_t j = 0; j < old.n_ips; j++) {
            group_del_ip(m, group, &old.ips[j]);
        }
        if (!has_group(&want, group)) {
            group_set_port(m, group, port, false);
        }
        group->n_members--;
        group_gc(m, group);
    }
    free(old.groups);
    free(old.ips);
    port_policy_update(m, port);
}

/* Takes 'port', which is about to go, out of its groups. */
void
port_policy_uninit(struct model *m, struct port *port)
{
    ovs_assert(!port->row.n_groups);
    port_policy_resolve(m, port);
    linger_end(port);
    free(port->policy.groups);
    free(port->policy.ips);
}

/* Returns why 'port' has to fail closed, malloc'd, or null. */
static char *
port_policy_objection(const struct port *port, const struct policy_list *acl)
{
    for (size_t i = 0; i < port->policy.n_groups; i++) {
        const struct security_group *group = port->policy.groups[i];

        if (!group->has_row) {
            return xasprintf("security group "UUID_FMT" does not exist",
                             UUID_ARGS(&group->uuid));
        } else if (group->list.failed) {
            return xasprintf("security group \"%s\" has a rule that makes no "
                             "sense", group->name);
        }
    }
    return acl && acl->failed ? xasprintf("the ACL of network \"%s\" has a "
                                          "rule that makes no sense",
                                          port->network->name) : NULL;
}

/* Gives 'port' a zone if it has a policy; it keeps it while it is here. */
static void
port_zone_update(struct model *m, struct port *port)
{
    if (port->ofport) {
        port->zone = (port->policy.policed
                      ? zones_acquire(&m->zones, port->name)
                      : zones_get(&m->zones, port->name));
    } else {
        port->zone = 0;
        if (m->settled) {
            zones_release(&m->zones, port->name);
        }
    }
}

/* Works out anew what the policies of 'port' mean as a whole. */
void
port_policy_update(struct model *m, struct port *port)
{
    const struct policy_list *acl
        = port->network ? network_acl(port->network) : NULL;
    struct port_policy *policy = &port->policy;
    char *object = xasprintf("port/%s", port->name);
    struct port_policy old = *policy;
    char *objection = NULL;

    policy->policed = port->network && (policy->n_groups || acl);
    policy->restricted4 = policy->restricted6 = false;
    if (policy->policed) {
        objection = port_policy_objection(port, acl);
        for (size_t i = 0; i < policy->n_groups; i++) {
            policy->restricted4 |= policy->groups[i]->list.restricts4;
            policy->restricted6 |= policy->groups[i]->list.restricts6;
        }
    }
    policy->fail_closed = objection != NULL;
    if (old.policed && !policy->policed) {
        linger_begin(m, port);
    }
    port_zone_update(m, port);
    if (objection) {
        problem_set(&m->problems, object, "policy",
                    "closed, as %s; see the problems of that, and correct it",
                    objection);
    } else {
        problem_clear(&m->problems, object, "policy");
    }
    if (policy->policed != old.policed
        || policy->fail_closed != old.fail_closed
        || policy->restricted4 != old.restricted4
        || policy->restricted6 != old.restricted6) {
        owner_set_add(&m->dirty, &port->owner);
        sset_add(&m->changed, object);
    }
    free(objection);
    free(object);
}

/* Forgets all groups and rules.  Ports and networks are gone already. */
void
policy_uninit(struct model *m)
{
    const struct security_group *group;
    struct policy_rule *rule;

    /* A group takes others with it that only its rules name. */
    do {
        HMAP_FOR_EACH (group, hmap_node, &m->groups) {
            if (group->has_row) {
                struct uuid uuid = group->uuid;

                model_del_group(m, &uuid);
                break;
            }
        }
    } while (group);
    HMAP_FOR_EACH_SAFE (rule, hmap_node, &m->rules) {
        struct uuid uuid = rule->uuid;

        model_del_rule(m, &uuid);
    }
}

/* Makes all groups, and all rules that are in effect, dirty. */
void
policy_dirty_all(struct model *m)
{
    const struct security_group *group;
    const struct policy_rule *rule;

    HMAP_FOR_EACH (group, hmap_node, &m->groups) {
        group_dirty_all(m, group);
    }
    HMAP_FOR_EACH (rule, hmap_node, &m->rules) {
        rule_dirty(m, rule);
    }
}
