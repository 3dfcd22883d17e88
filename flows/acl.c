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

#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "flows/pipeline.h"
#include "hash.h"
#include "packets.h"
#include "util.h"

/* Returns a hash of the 'n' bytes in 'data', chained to 'basis'. */
static uint64_t
hash64(const void *data, size_t n, uint64_t basis)
{
    ovs_u128 hash;

    hash_bytes128(data, n, (uint32_t) basis, &hash);
    return hash.u64.lo ^ (basis * UINT64_C(0x9e3779b97f4a7c15));
}

/* What a rule is, but for its prefixes, without padding. */
struct rule_words {
    struct uuid uuid;
    struct uuid remote;         /* Zero without. */
    int32_t words[12];
};

/* Returns an id of 'rule' for labels: a hash of all that it says.  It is none
 * of ACL_RULE_*. */
uint64_t
acl_rule_id(const struct policy_rule *rule)
{
    struct rule_words w;
    uint64_t id;

    memset(&w, 0, sizeof w);
    w.uuid = rule->uuid;
    if (rule->remote) {
        w.remote = rule->remote->uuid;
    }
    w.words[0] = rule->direction;
    w.words[1] = rule->priority;
    w.words[2] = rule->ethertype;
    w.words[3] = rule->protocol;
    w.words[4] = rule->port_min;
    w.words[5] = rule->port_max;
    w.words[6] = rule->icmp_type;
    w.words[7] = rule->icmp_code;
    w.words[8] = rule->action;
    w.words[9] = rule->stateless;
    w.words[10] = rule->n_prefixes;
    id = hash64(&w, sizeof w, 1);
    for (size_t i = 0; i < rule->n_prefixes; i++) {
        const struct policy_prefix *prefix = &rule->prefixes[i];

        id = hash64(&prefix->ip, sizeof prefix->ip, id + prefix->plen);
    }
    return id | UINT64_C(1) << 63;
}

/* Returns an id of the ACL 'list' for labels: a hash of all that decides.  It
 * is not 0. */
uint64_t
acl_list_id(const struct policy_list *list)
{
    int32_t defaults[] = {
        list->default_action[POLICY_INGRESS],
        list->default_action[POLICY_EGRESS],
    };
    uint64_t id = hash64(defaults, sizeof defaults, 2);

    for (size_t i = 0; i < list->n_rules; i++) {
        const struct policy_rule *rule = list->rules[i];
        uint64_t words[] = {
            acl_rule_id(rule),
            rule->remote ? rule->remote->addrs_hash : 0,
        };

        id = hash64(words, sizeof words, id);
    }
    return id | 1;
}

/* Returns true if a rule in 'list' is stateless. */
bool
acl_list_is_stateless(const struct policy_list *list)
{
    for (size_t i = 0; i < list->n_rules; i++) {
        if (list->rules[i]->stateless) {
            return true;
        }
    }
    return false;
}

static int
compare_tags(const void *a_, const void *b_)
{
    const uint32_t *a = a_;
    const uint32_t *b = b_;

    return *a < *b ? -1 : *a > *b;
}

static bool
has_tag(const uint32_t *tags, size_t n, uint32_t tag)
{
    for (size_t i = 0; i < n; i++) {
        if (tags[i] == tag) {
            return true;
        }
    }
    return false;
}

/* Stores in 'tags' those of the groups that rules in 'list' refer to, sorted.
 * Returns how many they are. */
size_t
acl_list_tags(const struct policy_list *list, uint32_t tags[ACL_N_BITS])
{
    size_t n = 0;

    for (size_t i = 0; i < list->n_rules; i++) {
        const struct security_group *remote = list->rules[i]->remote;

        if (remote && n < ACL_N_BITS && !has_tag(tags, n, remote->tag)) {
            tags[n++] = remote->tag;
        }
    }
    qsort(tags, n, sizeof *tags, compare_tags);
    return n;
}

/* Returns the bit that stands for 'group' among those of acl_list_tags(). */
uint32_t
acl_list_bit(const struct policy_list *list,
             const struct security_group *group)
{
    uint32_t tags[ACL_N_BITS] = { 0 };
    size_t n = acl_list_tags(list, tags);

    for (size_t i = 0; i < n; i++) {
        if (tags[i] == group->tag) {
            return UINT32_C(1) << i;
        }
    }
    return 0;
}

/* Initializes 'match' for IPv4 or IPv6 packets, as 'ethertype' says, or for
 * both if it is 0 and 'view' allows that. */
void
acl_match_init(struct match *match, enum acl_view view, uint16_t ethertype)
{
    match_init_catchall(match);
    if (ethertype) {
        match_set_dl_type(match, htons(ethertype));
    }
    if (view == ACL_VIEW_CT) {
        match_set_ct_state_masked(match, CS_TRACKED,
                                  CS_TRACKED | CS_INVALID);
    }
}

/* Makes 'match' want 'value' in the bits 'mask' of REG_ACL. */
void
acl_match_state(struct match *match, uint32_t value, uint32_t mask)
{
    match_set_reg_masked(match, REG_ACL - MFF_REG0, value, mask);
}

/* Makes 'match' want a label with the ACL 'acl' and the rule 'rule', as far as
 * the masks tell. */
void
acl_match_label(struct match *match, uint64_t acl, uint64_t acl_mask,
                uint64_t rule, uint64_t rule_mask)
{
    ovs_u128 label = { .u64 = { .lo = acl, .hi = rule } };
    ovs_u128 mask = { .u64 = { .lo = acl_mask, .hi = rule_mask } };

    match_set_ct_label_masked(match, label, mask);
}
