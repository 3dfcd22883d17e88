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
#include "ovs-ext/model/model.h"

#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Sets of hops: routes that lead to the same several hops share one, for which
 * the switch has a group.  What id a set has depends on nothing but its hops
 * (unless that is taken), so that it is the same after a restart. */

#define ID_MASK 0xffffff

static uint32_t
hash_hops(const struct route_hop *hops, size_t n)
{
    uint32_t hash = n;

    for (size_t i = 0; i < n; i++) {
        hash = hash_bytes(&hops[i].ip, sizeof hops[i].ip, hash);
        hash = hash_2words(hash_int(hops[i].vni, hops[i].l3), hash);
    }
    return hash;
}

static bool
hops_equal(const struct hop_set *set, const struct route_hop *hops, size_t n)
{
    for (size_t i = 0; i < n && set->n_hops == n; i++) {
        const struct route_hop *hop = &set->hops[i];

        if (hop->vni != hops[i].vni || hop->l3 != hops[i].l3
            || !ipv6_addr_equals(&hop->ip, &hops[i].ip)) {
            return false;
        }
    }
    return set->n_hops == n;
}

/* Returns the set with 'id', or null. */
const struct hop_set *
model_hop_set(const struct model *m, uint32_t id)
{
    const struct hop_set *set;

    HMAP_FOR_EACH_WITH_HASH (set, id_node, hash_int(id, 0),
                             &m->hop_sets_by_id) {
        if (set->id == id) {
            return set;
        }
    }
    return NULL;
}

/* Makes 'set' dirty. */
void
hop_set_dirty(struct model *m, const struct hop_set *set)
{
    struct owner owner = owner_hops(set->id);

    owner_set_add(&m->dirty, &owner);
}

/* Returns a reference to the set of the 'n' 'hops', which are sorted; the
 * caller drops it with hop_set_unref(). */
struct hop_set *
hop_set_get(struct model *m, const struct route_hop *hops, size_t n)
{
    uint32_t hash = hash_hops(hops, n);
    uint32_t id = hash & ID_MASK;
    struct hop_set *set;

    HMAP_FOR_EACH_WITH_HASH (set, hmap_node, hash, &m->hop_sets) {
        if (hops_equal(set, hops, n)) {
            set->n_refs++;
            return set;
        }
    }
    while (model_hop_set(m, id)) {
        id = (id + 1) & ID_MASK;
    }
    set = xzalloc(sizeof *set);
    set->id = id;
    set->hops = xmemdup(hops, n * sizeof *hops);
    set->n_hops = n;
    set->n_refs = 1;
    hmap_insert(&m->hop_sets, &set->hmap_node, hash);
    hmap_insert(&m->hop_sets_by_id, &set->id_node, hash_int(id, 0));
    hop_set_dirty(m, set);
    return set;
}

/* Drops a reference to 'set', which may be null. */
void
hop_set_unref(struct model *m, struct hop_set *set)
{
    if (set && !--set->n_refs) {
        hop_set_dirty(m, set);
        hmap_remove(&m->hop_sets, &set->hmap_node);
        hmap_remove(&m->hop_sets_by_id, &set->id_node);
        free(set->hops);
        free(set);
    }
}
