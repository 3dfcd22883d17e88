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

/* A group or meter that payloads refer to. */
struct flow_payload_need {
    struct hmap_node hmap_node; /* In struct flow_payloads. */
    uint32_t id;
    size_t n_payloads;          /* That refer to it. */
};

static struct flow_payload_need *
need_find(const struct hmap *needs, uint32_t id)
{
    struct flow_payload_need *need;

    HMAP_FOR_EACH_WITH_HASH (need, hmap_node, hash_int(id, 0), needs) {
        if (need->id == id) {
            return need;
        }
    }
    return NULL;
}

/* A payload refers to 'id', unless that is 0. */
static void
need_ref(struct hmap *needs, uint32_t id)
{
    struct flow_payload_need *need = need_find(needs, id);

    if (!id) {
        return;
    }
    if (!need) {
        need = xzalloc(sizeof *need);
        need->id = id;
        hmap_insert(needs, &need->hmap_node, hash_int(id, 0));
    }
    need->n_payloads++;
}

/* A payload does not refer to 'id' any more.  Returns 'id' if it was the last
 * one, otherwise 0. */
static uint32_t
need_unref(struct hmap *needs, uint32_t id)
{
    struct flow_payload_need *need = need_find(needs, id);

    if (!need || --need->n_payloads) {
        return 0;
    }
    hmap_remove(needs, &need->hmap_node);
    free(need);
    return id;
}

/* Initializes 'pool' as empty. */
void
flow_payloads_init(struct flow_payloads *pool)
{
    hmap_init(&pool->payloads);
    hmap_init(&pool->groups);
    hmap_init(&pool->meters);
}

/* Frees what 'pool' has.  All references must have been dropped before. */
void
flow_payloads_uninit(struct flow_payloads *pool)
{
    ovs_assert(hmap_is_empty(&pool->payloads));
    hmap_destroy(&pool->payloads);
    hmap_destroy(&pool->groups);
    hmap_destroy(&pool->meters);
}

/* Returns a reference to the payload with the 'len' bytes at 'bytes', which
 * needs 'needs'.  The caller drops it with flow_payload_unref(). */
struct flow_payload *
flow_payload_get(struct flow_payloads *pool, const void *bytes, size_t len,
                 struct flow_needs needs)
{
    uint32_t hash = hash_bytes(bytes, len, needs.group ^ needs.meter);
    struct flow_payload *p;

    HMAP_FOR_EACH_WITH_HASH (p, hmap_node, hash, &pool->payloads) {
        if (p->len == len && p->needs.group == needs.group
            && p->needs.meter == needs.meter
            && !memcmp(p->bytes, bytes, len)) {
            return flow_payload_ref(p);
        }
    }

    p = xmalloc(sizeof *p + len);
    p->n_refs = 1;
    p->needs = needs;
    p->len = len;
    if (len) {
        memcpy(p->bytes, bytes, len);
    }
    hmap_insert(&pool->payloads, &p->hmap_node, hash);
    need_ref(&pool->groups, needs.group);
    need_ref(&pool->meters, needs.meter);
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

/* Drops a reference to 'p' (which may be null).  Returns what nothing in
 * 'pool' refers to any more because of this. */
struct flow_needs
flow_payload_unref(struct flow_payloads *pool, struct flow_payload *p)
{
    struct flow_needs unneeded = { .group = 0 };

    if (!p || --p->n_refs) {
        return unneeded;
    }
    unneeded.group = need_unref(&pool->groups, p->needs.group);
    unneeded.meter = need_unref(&pool->meters, p->needs.meter);
    hmap_remove(&pool->payloads, &p->hmap_node);
    free(p);
    return unneeded;
}

/* Returns true if a payload in 'pool' sends to group 'id'. */
bool
flow_payloads_use_group(const struct flow_payloads *pool, uint32_t id)
{
    return need_find(&pool->groups, id) != NULL;
}

/* Returns true if a payload in 'pool' is bounded by meter 'id'. */
bool
flow_payloads_use_meter(const struct flow_payloads *pool, uint32_t id)
{
    return need_find(&pool->meters, id) != NULL;
}
