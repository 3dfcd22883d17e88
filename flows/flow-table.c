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
#include "flows/flow-table.h"

#include <stdlib.h>
#include <string.h>
#include "util.h"

/* Initializes 't' as empty. */
void
flow_table_init(struct flow_table *t)
{
    memset(t, 0, sizeof *t);
    hmap_init(&t->entries);
    hindex_init(&t->owners);
    for (int i = 0; i < FLOW_N_PLACES; i++) {
        ovs_list_init(&t->places[i]);
    }
    flow_payloads_init(&t->payloads);
    t->max_meters = UINT32_MAX;
}

/* Frees what 't' has.  There must be no transaction. */
void
flow_table_uninit(struct flow_table *t)
{
    struct flow_entry *e;

    HMAP_FOR_EACH_POP (e, key_node, &t->entries) {
        flow_payload_unref(&t->payloads, e->desired);
        flow_payload_unref(&t->payloads, e->installed);
        flow_key_destroy(&e->key);
        free(e);
    }
    hmap_destroy(&t->entries);
    hindex_destroy(&t->owners);
    flow_payloads_uninit(&t->payloads);
}

/* Finding. */

/* Returns the entry of 't' for 'key' that is not shadowed, or null. */
static struct flow_entry *
find_front(const struct flow_table *t, const struct flow_key *key,
           uint32_t hash)
{
    struct flow_entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, key_node, hash, &t->entries) {
        if (!e->shadowed && flow_key_equal(&e->key, key)) {
            return e;
        }
    }
    return NULL;
}

/* Returns the group or meter ('kind') 'id' of 't', or null. */
static struct flow_entry *
find_id(const struct flow_table *t, enum flow_kind kind, uint32_t id)
{
    const struct flow_key key = { .kind = kind, .id = id };

    return id ? find_front(t, &key, flow_key_hash(&key)) : NULL;
}

static bool
is_owned_by(const struct flow_entry *e, const struct owner *owner)
{
    return e->desired && owner_equal(&e->owner, owner);
}

/* Returns the entry of 't' for 'key' by which 'owner' wants it, or null. */
static struct flow_entry *
find_claim(const struct flow_table *t, const struct owner *owner,
           const struct flow_key *key, uint32_t hash)
{
    struct flow_entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, key_node, hash, &t->entries) {
        if (is_owned_by(e, owner) && flow_key_equal(&e->key, key)) {
            return e;
        }
    }
    return NULL;
}

/* Returns the entry of the least owner that is kept behind 'front'. */
static struct flow_entry *
find_successor(const struct flow_table *t, const struct flow_entry *front)
{
    struct flow_entry *best = NULL;
    struct flow_entry *e;

    if (!t->n_shadowed) {
        return NULL;
    }
    HMAP_FOR_EACH_WITH_HASH (e, key_node, front->key_node.hash, &t->entries) {
        if (e->shadowed && flow_key_equal(&e->key, &front->key)
            && (!best || owner_compare_3way(&e->owner, &best->owner) < 0)) {
            best = e;
        }
    }
    return best;
}

/* Places. */

/* Returns true if flows of 't' may send to group 'id': it is there, or comes
 * in the same transaction. */
static bool
group_is_available(const struct flow_table *t, uint32_t id)
{
    const struct flow_entry *g = find_id(t, FLOW_GROUP, id);

    return g && ((g->desired && !g->error) || (g->installed && !g->in_flight));
}

/* Returns true if the switch of 't' has acknowledged meter 'id'. */
static bool
meter_is_available(const struct flow_table *t, uint32_t id)
{
    const struct flow_entry *m = find_id(t, FLOW_METER, id);

    return m && m->installed && !m->in_flight;
}

/* Returns true if what the flow of 'p' needs is there. */
static bool
needs_are_available(const struct flow_table *t, const struct flow_payload *p)
{
    return ((!p->needs.group || group_is_available(t, p->needs.group))
            && (!p->needs.meter || meter_is_available(t, p->needs.meter)));
}

/* Returns true if something in 't' refers to the group or meter 'key'. */
static bool
is_used(const struct flow_table *t, const struct flow_key *key)
{
    switch ((enum flow_kind) key->kind) {
    case FLOW_GROUP:
        return flow_payloads_use_group(&t->payloads, key->id);
    case FLOW_METER:
        return flow_payloads_use_meter(&t->payloads, key->id);
    case FLOW_FLOW:
        return false;
    }
    OVS_NOT_REACHED();
}

static enum flow_place
place_of_unwanted(const struct flow_table *t, const struct flow_entry *e)
{
    if (e->error) {
        return FLOW_QUARANTINED;
    } else if (e->adopted) {
        return FLOW_ADOPTED;
    } else if (is_used(t, &e->key)) {
        return FLOW_SETTLED;
    }
    return FLOW_PENDING;
}

/* Returns where 'e' belongs. */
static enum flow_place
place_of(const struct flow_table *t, const struct flow_entry *e)
{
    if (e->shadowed || e->in_flight) {
        return FLOW_SETTLED;
    } else if (!e->desired) {
        return place_of_unwanted(t, e);
    } else if (e->error) {
        return FLOW_QUARANTINED;
    } else if (e->desired == e->installed && !e->owner_differs) {
        return FLOW_SETTLED;
    } else if (!needs_are_available(t, e->desired)) {
        return FLOW_WAITING;
    }
    return FLOW_PENDING;
}

static void
set_place(struct flow_table *t, struct flow_entry *e, enum flow_place place)
{
    if (e->place == place) {
        return;
    }
    if (e->place != FLOW_SETTLED) {
        ovs_list_remove(&e->place_node);
        t->n_places[e->place]--;
    }
    if (place != FLOW_SETTLED) {
        ovs_list_push_back(&t->places[place], &e->place_node);
        t->n_places[place]++;
    }
    if (e->place == FLOW_QUARANTINED || place == FLOW_QUARANTINED) {
        t->trouble_seqno++;
    }
    e->place = place;
}

static bool
payload_needs(const struct flow_payload *p, const struct flow_key *key)
{
    return (key->kind == FLOW_GROUP ? p->needs.group == key->id
            : p->needs.meter == key->id);
}

/* The group or meter 'key' of 't' came, went or changed: looks again at the
 * flows that could not be installed without it, or cannot be any more. */
static void
reconsider_users(struct flow_table *t, const struct flow_key *key)
{
    bool is_available = (key->kind == FLOW_GROUP
                         ? group_is_available(t, key->id)
                         : meter_is_available(t, key->id));
    const enum flow_place places[] = {
        FLOW_QUARANTINED, is_available ? FLOW_WAITING : FLOW_PENDING,
    };

    if (!is_used(t, key)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        struct flow_entry *e;

        LIST_FOR_EACH_SAFE (e, place_node, &t->places[places[i]]) {
            if (e->desired && payload_needs(e->desired, key)) {
                e->error = 0;
                set_place(t, e, place_of(t, e));
            }
        }
    }
}

/* The group or meter ('kind') 'id' of 't', which may be 0 for none, is wanted
 * by a flow now or not by any, which matters if it is not wanted itself. */
static void
reconsider_unwanted(struct flow_table *t, enum flow_kind kind, uint32_t id)
{
    struct flow_entry *e = find_id(t, kind, id);

    if (e && !e->desired) {
        set_place(t, e, place_of(t, e));
    }
}

/* A switch without meters is not even asked for one. */
static void
refuse_meter(const struct flow_table *t, struct flow_entry *e)
{
    if (e->key.kind == FLOW_METER && e->desired && !e->shadowed
        && !t->max_meters) {
        e->error = OFPERR_OFPMMFC_OUT_OF_METERS;
    }
}

/* Puts 'e' where it belongs after a change, or frees it if it is nothing any
 * more. */
static void
settle(struct flow_table *t, struct flow_entry *e)
{
    struct flow_key key = { .kind = e->key.kind, .id = e->key.id };

    if (e->desired) {
        reconsider_unwanted(t, FLOW_GROUP, e->desired->needs.group);
        reconsider_unwanted(t, FLOW_METER, e->desired->needs.meter);
    }
    refuse_meter(t, e);
    if (e->desired || e->installed || e->in_flight) {
        set_place(t, e, place_of(t, e));
    } else {
        set_place(t, e, FLOW_SETTLED);
        hmap_remove(&t->entries, &e->key_node);
        flow_key_destroy(&e->key);
        free(e);
    }
    if (key.kind != FLOW_FLOW) {
        reconsider_users(t, &key);
    }
}

/* Drops a reference of 't' to 'p' (which may be null).  What it was the last
 * to need may go. */
static void
unref_payload(struct flow_table *t, struct flow_payload *p)
{
    struct flow_needs unneeded = flow_payload_unref(&t->payloads, p);

    reconsider_unwanted(t, FLOW_GROUP, unneeded.group);
    reconsider_unwanted(t, FLOW_METER, unneeded.meter);
}

/* Desired. */

static void
count_desired(struct flow_table *t, const struct flow_entry *e, int diff)
{
    if (e->shadowed) {
        t->n_shadowed += diff;
        t->trouble_seqno++;
        return;
    }
    switch ((enum flow_kind) e->key.kind) {
    case FLOW_FLOW:
        t->n_flows += diff;
        break;
    case FLOW_GROUP:
        t->n_groups += diff;
        break;
    case FLOW_METER:
        t->n_meters += diff;
        break;
    }
}

/* Makes 'owner' want 'payload' (takes the reference) of 'e', which nobody
 * wants yet. */
static void
set_owner(struct flow_table *t, struct flow_entry *e,
          const struct owner *owner, struct flow_payload *payload)
{
    bool was_installed = e->installed != NULL;
    ovs_be64 cookie = e->cookie;

    e->owner = *owner;
    e->desired = payload;
    e->owner_differs = (was_installed && e->key.kind == FLOW_FLOW
                        && cookie != owner_cookie(owner));
    e->adopted = false;
    e->error = 0;
    hindex_insert(&t->owners, &e->owner_node, owner_hash(owner));
    count_desired(t, e, 1);
}

/* Makes nobody want 'e'.  Returns what was wanted; the reference becomes the
 * caller's. */
static struct flow_payload *
clear_owner(struct flow_table *t, struct flow_entry *e)
{
    struct flow_payload *payload = e->desired;
    ovs_be64 cookie = e->owner_differs ? 0 : owner_cookie(&e->owner);

    count_desired(t, e, -1);
    hindex_remove(&t->owners, &e->owner_node);
    e->desired = NULL;
    e->owner_differs = false;
    e->error = 0;
    e->cookie = cookie;
    return payload;
}

/* Returns a new entry of 't' for 'key', which nobody wants yet.  Takes
 * 'key'. */
static struct flow_entry *
new_entry(struct flow_table *t, struct flow_key *key, uint32_t hash)
{
    struct flow_entry *e = xzalloc(sizeof *e);

    e->key = *key;
    memset(key, 0, sizeof *key);
    key->kind = FLOW_GROUP;     /* Has nothing to free. */
    hmap_insert(&t->entries, &e->key_node, hash);
    return e;
}

/* Exchanges who wants 'front' and who wants 'shadow', which is kept behind
 * it. */
static void
exchange(struct flow_table *t, struct flow_entry *front,
         struct flow_entry *shadow)
{
    struct owner front_owner = front->owner;
    struct owner shadow_owner = shadow->owner;
    struct flow_payload *front_payload = clear_owner(t, front);
    struct flow_payload *shadow_payload = clear_owner(t, shadow);

    set_owner(t, front, &shadow_owner, shadow_payload);
    set_owner(t, shadow, &front_owner, front_payload);
}

/* Makes 'owner', which does not, want 'item' (takes what it has). */
static void
add_claim(struct flow_table *t, const struct owner *owner,
          struct flow_item *item, uint32_t hash)
{
    struct flow_entry *front = find_front(t, &item->key, hash);
    struct flow_payload *payload = item->payload;
    struct flow_entry *e = front;

    item->payload = NULL;
    if (!front || front->desired) {
        e = new_entry(t, &item->key, hash);
        e->shadowed = front != NULL;
    }
    set_owner(t, e, owner, payload);
    e->seen = true;
    e->epoch = t->epoch;
    if (e->shadowed && owner_compare_3way(owner, &front->owner) < 0) {
        bool epoch = front->epoch;

        exchange(t, front, e);
        front->seen = true;
        front->epoch = e->epoch;
        e->epoch = epoch;
        settle(t, front);
    }
    settle(t, e);
}

/* Makes the owner of 'e' not want it any more. */
static void
remove_claim(struct flow_table *t, struct flow_entry *e)
{
    struct flow_entry *successor = e->shadowed ? NULL : find_successor(t, e);
    struct flow_payload *payload;

    if (successor) {
        exchange(t, e, successor);
        e->epoch = successor->epoch;
        settle(t, e);
        e = successor;
    }
    payload = clear_owner(t, e);
    settle(t, e);
    unref_payload(t, payload);
}

/* Makes the owner of 'e' want 'payload' (takes the reference).  Returns false
 * if that is what it wanted already. */
static bool
change_claim(struct flow_table *t, struct flow_entry *e,
             struct flow_payload *payload)
{
    struct flow_payload *old = e->desired;

    if (payload == old) {
        flow_payload_unref(&t->payloads, payload);
        return false;
    }
    e->desired = payload;
    e->error = 0;
    settle(t, e);
    unref_payload(t, old);
    return true;
}

/* Removes the entries of 'owner' that are not marked as seen.  Returns how
 * many there were. */
static size_t
remove_unseen_claims(struct flow_table *t, const struct owner *owner)
{
    struct flow_entry *e, *next;
    size_t n = 0;

again:
    HINDEX_FOR_EACH_WITH_HASH_SAFE (e, next, owner_node, owner_hash(owner),
                                    &t->owners) {
        if (is_owned_by(e, owner) && !e->seen) {
            bool reorders = t->n_shadowed > 0;

            remove_claim(t, e);
            n++;
            if (reorders) {
                goto again;
            }
        }
    }
    return n;
}

/* Makes 'owner' want exactly what is in 'list', which becomes empty.  Returns
 * the number of differences to what it wanted before. */
size_t
flow_table_update(struct flow_table *t, const struct owner *owner,
                  struct flow_list *list)
{
    struct flow_entry *e;
    size_t n_diffs = 0;

    HINDEX_FOR_EACH_WITH_HASH (e, owner_node, owner_hash(owner), &t->owners) {
        e->seen = !is_owned_by(e, owner);
    }
    for (size_t i = 0; i < list->n; i++) {
        struct flow_item *item = &list->items[i];
        uint32_t hash = flow_key_hash(&item->key);

        e = find_claim(t, owner, &item->key, hash);
        if (!e) {
            add_claim(t, owner, item, hash);
            n_diffs++;
        } else {
            e->seen = true;
            e->epoch = t->epoch;
            n_diffs += change_claim(t, e, item->payload);
            item->payload = NULL;
        }
    }
    flow_list_clear(list);
    return n_diffs + remove_unseen_claims(t, owner);
}

/* Begins a recomputation of 't': the caller calls flow_table_update() for all
 * owners that there are, and then flow_table_recompute_end(). */
void
flow_table_recompute_begin(struct flow_table *t)
{
    t->epoch = !t->epoch;
}

static size_t
remove_stale_claims(struct flow_table *t, const struct owner *owner)
{
    struct flow_entry *e;

    HINDEX_FOR_EACH_WITH_HASH (e, owner_node, owner_hash(owner), &t->owners) {
        e->seen = !is_owned_by(e, owner) || e->epoch == t->epoch;
    }
    return remove_unseen_claims(t, owner);
}

/* Ends a recomputation of 't'.  What is wanted by owners that were not updated
 * since it began is not wanted any more.  Returns how much that was. */
size_t
flow_table_recompute_end(struct flow_table *t)
{
    struct owner_set stale;
    struct flow_entry *e;
    struct owner owner;
    size_t n = 0;

    owner_set_init(&stale);
    HMAP_FOR_EACH (e, key_node, &t->entries) {
        if (e->desired && e->epoch != t->epoch) {
            owner_set_add(&stale, &e->owner);
        }
    }
    while (owner_set_pop(&stale, &owner)) {
        n += remove_stale_claims(t, &owner);
    }
    owner_set_uninit(&stale);
    return n;
}

/* Installed. */

static void
set_installed(struct flow_table *t, struct flow_entry *e,
              struct flow_payload *payload, ovs_be64 cookie)
{
    struct flow_payload *old = e->installed;

    t->knows_installed = true;
    e->installed = payload;
    if (e->desired) {
        e->owner_differs = (payload && e->key.kind == FLOW_FLOW
                            && cookie != owner_cookie(&e->owner));
    } else {
        e->cookie = cookie;
    }
    settle(t, e);
    unref_payload(t, old);
}

/* The switch has 'key' (takes what it has) with 'payload' (takes the
 * reference) and, if it is a flow, 'cookie'. */
void
flow_table_put_installed(struct flow_table *t, struct flow_key *key,
                         struct flow_payload *payload, ovs_be64 cookie)
{
    uint32_t hash = flow_key_hash(key);
    struct flow_entry *e = find_front(t, key, hash);

    if (!e) {
        e = new_entry(t, key, hash);
        e->adopted = true;
    }
    flow_key_destroy(key);
    set_installed(t, e, payload, cookie);
}

/* What the switch has is not known any more.  There must be no
 * transaction. */
void
flow_table_forget_installed(struct flow_table *t)
{
    struct flow_entry *e;

    if (!t->knows_installed && !t->n_places[FLOW_QUARANTINED]) {
        return;
    }
    t->knows_installed = false;
    HMAP_FOR_EACH_SAFE (e, key_node, &t->entries) {
        struct flow_payload *installed = e->installed;

        e->installed = NULL;
        e->owner_differs = false;
        e->error = 0;
        if (!e->desired) {
            set_place(t, e, FLOW_SETTLED);
            hmap_remove(&t->entries, &e->key_node);
            flow_key_destroy(&e->key);
            free(e);
        } else if (!e->shadowed) {
            set_place(t, e, FLOW_PENDING);
        }
        flow_payload_unref(&t->payloads, installed);
    }
    /* Now that all groups and meters are as unknown as the flows that need
     * them. */
    t->max_meters = UINT32_MAX;
    LIST_FOR_EACH_SAFE (e, place_node, &t->places[FLOW_PENDING]) {
        if (e->desired->needs.group || e->desired->needs.meter) {
            set_place(t, e, place_of(t, e));
        }
    }
}

/* The switch can have 'max_meters' meters.  It has to be known before what is
 * installed. */
void
flow_table_put_max_meters(struct flow_table *t, uint32_t max_meters)
{
    struct flow_entry *e;

    t->max_meters = max_meters;
    LIST_FOR_EACH_SAFE (e, place_node, &t->places[FLOW_PENDING]) {
        if (e->key.kind == FLOW_METER) {
            settle(t, e);
        }
    }
}

/* What was found in the switch, and nobody has claimed, shall go. */
void
flow_table_sweep_adopted(struct flow_table *t)
{
    struct flow_entry *e;

    LIST_FOR_EACH_SAFE (e, place_node, &t->places[FLOW_ADOPTED]) {
        e->adopted = false;
        settle(t, e);
    }
}

/* Transactions. */

static int
compare_ops(const void *a_, const void *b_)
{
    const struct flow_op *a = a_;
    const struct flow_op *b = b_;

    return (a->entry->key.id < b->entry->key.id ? -1
            : a->entry->key.id > b->entry->key.id);
}

static int
compare_ops_reverse(const void *a, const void *b)
{
    return compare_ops(b, a);
}

static void
op_init(struct flow_table *t, struct flow_entry *e, struct flow_op *op)
{
    op->entry = e;
    op->payload = flow_payload_ref(e->desired);
    op->cookie = e->desired ? owner_cookie(&e->owner) : 0;
    op->error = 0;
    set_place(t, e, FLOW_SETTLED);
    e->in_flight = true;
    t->n_in_flight++;
}

/* Moves the meters that are pending in 't' into 'ops', which has room for
 * them. */
static void
begin_meters(struct flow_table *t, struct flow_ops *ops)
{
    struct flow_entry *e;

    LIST_FOR_EACH_SAFE (e, place_node, &t->places[FLOW_PENDING]) {
        if (e->key.kind == FLOW_METER) {
            op_init(t, e, &ops->ops[ops->n++]);
        }
    }
    ops->meters = ops->n > 0;
}

/* Moves all that is pending in 't', of which nothing is a meter, into 'ops',
 * which has room for it. */
static void
begin_flows(struct flow_table *t, struct flow_ops *ops)
{
    size_t n = t->n_places[FLOW_PENDING];
    struct flow_op *put = xmalloc(n * sizeof *put); /* Groups. */
    struct flow_op *del = xmalloc(n * sizeof *del);
    size_t n_put = 0, n_del = 0, n_flows = 0;
    struct flow_entry *e;

    LIST_FOR_EACH_SAFE (e, place_node, &t->places[FLOW_PENDING]) {
        op_init(t, e, (e->key.kind == FLOW_FLOW ? &ops->ops[n_flows++]
                       : e->desired ? &put[n_put++]
                       : &del[n_del++]));
    }
    qsort(put, n_put, sizeof *put, compare_ops);
    qsort(del, n_del, sizeof *del, compare_ops_reverse);
    memmove(&ops->ops[n_put], ops->ops, n_flows * sizeof *ops->ops);
    memcpy(ops->ops, put, n_put * sizeof *put);
    memcpy(&ops->ops[n_put + n_flows], del, n_del * sizeof *del);
    ops->n = n;
    free(put);
    free(del);
}

/* Moves what is pending in 't' into a new transaction 'ops', in the order in
 * which it is to be sent: the meters if there are any, otherwise all.  The
 * caller ends it with flow_table_end(). */
void
flow_table_begin(struct flow_table *t, struct flow_ops *ops)
{
    *ops = (struct flow_ops) {
        .ops = xmalloc(t->n_places[FLOW_PENDING] * sizeof *ops->ops),
    };
    begin_meters(t, ops);
    if (!ops->meters) {
        begin_flows(t, ops);
    }
}

static void
op_finish(struct flow_table *t, struct flow_op *op, bool done)
{
    struct flow_entry *e = op->entry;

    e->in_flight = false;
    t->n_in_flight--;
    if (op->error) {
        /* If its owner meanwhile wants something else, that may do. */
        e->error = e->desired == op->payload ? op->error : 0;
        settle(t, e);
        unref_payload(t, op->payload);
    } else if (done) {
        set_installed(t, e, op->payload, op->cookie);
    } else {
        settle(t, e);
        unref_payload(t, op->payload);
    }
}

/* Ends the transaction 'ops' and frees what it has.  If 'done', the switch did
 * all of it except the operations with an error; otherwise, it did nothing.
 * Operations with an error are not tried again as they are; those without one,
 * if not 'done', are. */
void
flow_table_end(struct flow_table *t, struct flow_ops *ops, bool done)
{
    for (size_t i = 0; i < ops->n; i++) {
        op_finish(t, &ops->ops[i], done);
    }
    free(ops->ops);
    ops->ops = NULL;
    ops->n = 0;
}
