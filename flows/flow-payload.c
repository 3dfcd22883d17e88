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
#include "flows/flow-payload.h"

#include <string.h>
#include "hash.h"
#include "util.h"

/* A group that payloads refer to. */
struct flow_payload_group {
    struct hmap_node hmap_node; /* In struct flow_payloads's 'groups'. */
    uint32_t id;
    size_t n_payloads;          /* That refer to it. */
};

static struct flow_payload_group *
group_find(const struct flow_payloads *pool, uint32_t id)
{
    struct flow_payload_group *g;

    HMAP_FOR_EACH_WITH_HASH (g, hmap_node, hash_int(id, 0), &pool->groups) {
        if (g->id == id) {
            return g;
        }
    }
    return NULL;
}

static void
group_ref(struct flow_payloads *pool, uint32_t id)
{
    struct flow_payload_group *g = group_find(pool, id);

    if (!g) {
        g = xzalloc(sizeof *g);
        g->id = id;
        hmap_insert(&pool->groups, &g->hmap_node, hash_int(id, 0));
    }
    g->n_payloads++;
}

/* Returns true if that was the last reference to group 'id'. */
static bool
group_unref(struct flow_payloads *pool, uint32_t id)
{
    struct flow_payload_group *g = group_find(pool, id);

    if (--g->n_payloads) {
        return false;
    }
    hmap_remove(&pool->groups, &g->hmap_node);
    free(g);
    return true;
}

/* Initializes 'pool' as empty. */
void
flow_payloads_init(struct flow_payloads *pool)
{
    hmap_init(&pool->payloads);
    hmap_init(&pool->groups);
}

/* Frees what 'pool' has.  All references must have been dropped before. */
void
flow_payloads_uninit(struct flow_payloads *pool)
{
    ovs_assert(hmap_is_empty(&pool->payloads));
    hmap_destroy(&pool->payloads);
    hmap_destroy(&pool->groups);
}

/* Returns a reference to the payload with the 'len' bytes at 'bytes', which
 * sends to 'group' (0 for none).  The caller drops it with
 * flow_payload_unref(). */
struct flow_payload *
flow_payload_get(struct flow_payloads *pool, const void *bytes, size_t len,
                 uint32_t group)
{
    uint32_t hash = hash_bytes(bytes, len, group);
    struct flow_payload *p;

    HMAP_FOR_EACH_WITH_HASH (p, hmap_node, hash, &pool->payloads) {
        if (p->len == len && p->group == group
            && !memcmp(p->bytes, bytes, len)) {
            return flow_payload_ref(p);
        }
    }

    p = xmalloc(sizeof *p + len);
    p->n_refs = 1;
    p->group = group;
    p->len = len;
    if (len) {
        memcpy(p->bytes, bytes, len);
    }
    hmap_insert(&pool->payloads, &p->hmap_node, hash);
    if (group) {
        group_ref(pool, group);
    }
    return p;
}

/* Returns another reference to 'p' (null if 'p' is null). */
struct flow_payload *
flow_payload_ref(struct flow_payload *p)
{
    if (p) {
        p->n_refs++;
    }
    return p;
}

/* Drops a reference to 'p' (which may be null).  Returns the id of the group
 * that nothing in 'pool' refers to any more because of this, or 0. */
uint32_t
flow_payload_unref(struct flow_payloads *pool, struct flow_payload *p)
{
    uint32_t group;

    if (!p || --p->n_refs) {
        return 0;
    }
    group = p->group && group_unref(pool, p->group) ? p->group : 0;
    hmap_remove(&pool->payloads, &p->hmap_node);
    free(p);
    return group;
}

/* Returns true if a payload in 'pool' sends to group 'id'. */
bool
flow_payloads_use_group(const struct flow_payloads *pool, uint32_t id)
{
    return group_find(pool, id) != NULL;
}
