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
#include "evpn-bridge/kernel-internal.h"

#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Next-hop objects: for FDB entries one per VTEP, and groups of those, one per
 * Ethernet segment, which are facts; for routes, which look them up. */

static struct knexthop *
nexthop_find(const struct kernel *k, uint32_t id)
{
    struct knexthop *nh;

    HMAP_FOR_EACH_WITH_HASH (nh, hmap_node, hash_int(id, 0), &k->nexthops) {
        if (nh->nh.id == id) {
            return nh;
        }
    }
    return NULL;
}

static void
nexthop_gc(struct kernel *k, struct knexthop *nh)
{
    if (!nh->present && !nh->fact.given && !k->reading[KERNEL_NEXTHOPS]) {
        hmap_remove(&k->nexthops, &nh->hmap_node);
        free(nh);
    }
}

/* Gives the model the members of group 'nh', as far as they are known. */
static void
group_sync(struct kernel *k, struct knexthop *nh, struct model *model)
{
    struct in6_addr vteps[NL_NEXTHOP_MAX];
    size_t n = 0;

    for (size_t i = 0; i < nh->nh.n_members; i++) {
        const struct knexthop *member = nexthop_find(k, nh->nh.members[i]);

        if (member && member->present && member->nh.fdb
            && ipv6_addr_is_set(&member->nh.gateway)) {
            vteps[n++] = member->nh.gateway;
        }
    }
    if (nh->present && nh->nh.fdb && n) {
        kfact_fresh(k, &nh->fact);
        model_put_nhg(model, nh->nh.id, vteps, n);
    } else {
        kfact_stale(k, &nh->fact);
    }
}

/* 'id' changed: looks at the groups that it is in. */
static void
groups_of_sync(struct kernel *k, uint32_t id, struct model *model)
{
    struct knexthop *nh;

    HMAP_FOR_EACH (nh, hmap_node, &k->nexthops) {
        for (size_t i = 0; i < nh->nh.n_members; i++) {
            if (nh->nh.members[i] == id) {
                group_sync(k, nh, model);
                kernel_routes_of_nexthop(k, nh->nh.id, model);
                break;
            }
        }
    }
}

static void
nexthop_sync(struct kernel *k, struct knexthop *nh, struct model *model)
{
    if (nh->nh.n_members) {
        group_sync(k, nh, model);
    } else {
        groups_of_sync(k, nh->nh.id, model);
    }
    kernel_routes_of_nexthop(k, nh->nh.id, model);
}

/* Returns the next-hop object 'id', or null. */
const struct knexthop *
kernel_nexthop(const struct kernel *k, uint32_t id)
{
    const struct knexthop *nh = nexthop_find(k, id);

    return nh && nh->present ? nh : NULL;
}

/* Takes the stale 'fact' of a group from 'model'. */
void
knexthop_drop(struct kernel *k, struct kfact *fact, struct model *model)
{
    struct knexthop *nh = CONTAINER_OF(fact, struct knexthop, fact);

    kfact_gone(k, fact);
    model_del_nhg(model, nh->nh.id);
    nexthop_gc(k, nh);
}

/* Next-hop object 'n' is there, has changed, or is gone. */
void
kernel_put_nexthop(struct kernel *k, const struct nl_nexthop *n,
                   struct model *model,
                   struct owner_set *dirty OVS_UNUSED)
{
    struct knexthop *nh = nexthop_find(k, n->id);

    if (!nh) {
        if (n->deleted && !k->reading[KERNEL_NEXTHOPS]) {
            return;
        }
        nh = xzalloc(sizeof *nh);
        nh->nh.id = n->id;
        nh->fact.type = KFACT_NHG;
        hmap_insert(&k->nexthops, &nh->hmap_node, hash_int(n->id, 0));
    }
    if (kseen_touch(k, KERNEL_NEXTHOPS, &nh->seen, n->dumped)) {
        nh->present = !n->deleted;
        if (nh->present) {
            nh->nh = *n;
        }
        nexthop_sync(k, nh, model);
    }
    nexthop_gc(k, nh);
}

/* A read of the next-hop objects is complete.  Returns true if it must be
 * repeated. */
bool
kernel_nexthop_read_end(struct kernel *k, struct model *model)
{
    struct knexthop *nh;
    bool again = false;

    HMAP_FOR_EACH_SAFE (nh, hmap_node, &k->nexthops) {
        if (nh->present
            && kseen_missed(k, KERNEL_NEXTHOPS, &nh->seen, &again)) {
            nh->present = false;
            nexthop_sync(k, nh, model);
        }
        nexthop_gc(k, nh);
    }
    return again;
}

/* Frees all next-hop objects. */
void
kernel_free_nexthops(struct kernel *k)
{
    struct knexthop *nh;

    HMAP_FOR_EACH_POP (nh, hmap_node, &k->nexthops) {
        free(nh);
    }
}
