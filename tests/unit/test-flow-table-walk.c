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
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flows/flow-table.h"
#include "random.h"
#include "tests/unit/flow-script.h"
#include "util.h"

/* Random walks of a flow table, beside a model of what is wanted, an array,
 * and of the switch, another: whatever happened, the switch ends up with what
 * is wanted, and is never asked for what it cannot do. */

#define N_FLOWS 6
#define N_GROUPS 3
#define N_METERS 2
#define FIRST_METER (N_FLOWS + N_GROUPS)
#define N_KEYS (FIRST_METER + N_METERS)
#define N_NEEDS (N_GROUPS + N_METERS)
#define N_VARIANTS (N_NEEDS + 1)
#define N_OWNERS 4

/* Keys 0...N_FLOWS - 1 are flows, of which variants 0...N_NEEDS - 1 need a
 * group or meter and the last drops; the other keys are groups, then
 * meters. */
struct walk {
    uint32_t seed;
    int step;
    struct flow_table t;
    struct flow_list list;
    struct flow_ops ops;        /* Under way if 'ops.ops'. */

    /* All keys and payloads, in a pool of their own, for the table looks at
     * who refers to a group. */
    struct flow_payloads payloads;
    struct flow_list items;     /* Variants of the first key, ... */

    int want[N_OWNERS][N_KEYS]; /* Variant, or -1. */
    struct {
        int variant;            /* Or -1. */
        ovs_be64 cookie;
    } have[N_KEYS];             /* The switch. */
};

#define check(W, COND) \
    do { \
        if (!(COND)) { \
            fail_msg("seed %"PRIu32", step %d: not %s", (W)->seed, \
                     (W)->step, #COND); \
        } \
    } while (0)

static struct owner
walk_owner(int i)
{
    return owner_network(i + 1);
}

static char *
item_text(int key, int variant)
{
    if (key >= FIRST_METER) {
        return xasprintf("meter=%d,pktps,burst,stats,bands=type=drop,rate=%d,"
                         "burst_size=1", 2000 + key - FIRST_METER,
                         variant + 1);
    } else if (key >= N_FLOWS) {
        return xasprintf("group_id=%d,type=all,bucket=actions=output:%d",
                         1000 + key - N_FLOWS, variant + 1);
    } else if (variant < N_GROUPS) {
        return xasprintf("table=0,priority=1,in_port=%d,actions=group:%d",
                         key + 1, 1000 + variant);
    } else if (variant < N_NEEDS) {
        return xasprintf("table=0,priority=1,in_port=%d,"
                         "actions=controller(meter_id=%d)", key + 1,
                         2000 + variant - N_GROUPS);
    }
    return xasprintf("table=0,priority=1,in_port=%d,actions=drop", key + 1);
}

static void
walk_init(struct walk *w, uint32_t seed)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    random_set_seed(seed);
    flow_table_init(&w->t);
    flow_list_init(&w->list, &w->t.payloads);
    flow_payloads_init(&w->payloads);
    flow_list_init(&w->items, &w->payloads);
    for (int i = 0; i < N_KEYS; i++) {
        for (int j = 0; j < N_VARIANTS; j++) {
            char *text = item_text(i, j);

            flow_script_add(&w->items, text);
            free(text);
        }
        for (int j = 0; j < N_OWNERS; j++) {
            w->want[j][i] = -1;
        }
        w->have[i].variant = -1;
    }
}

static void
walk_uninit(struct walk *w)
{
    flow_list_uninit(&w->items);
    flow_payloads_uninit(&w->payloads);
    flow_list_uninit(&w->list);
    flow_table_uninit(&w->t);
}

static int
find_key(const struct walk *w, const struct flow_key *key)
{
    for (int i = 0; i < N_KEYS; i++) {
        if (flow_key_equal(&w->items.items[i * N_VARIANTS].key, key)) {
            return i;
        }
    }
    fail_msg("seed %"PRIu32", step %d: unknown key", w->seed, w->step);
    return -1;
}

static int
find_variant(const struct walk *w, int key, const struct flow_payload *p)
{
    for (int i = 0; p && i < N_VARIANTS; i++) {
        const struct flow_payload *q
            = w->items.items[key * N_VARIANTS + i].payload;

        if (p->len == q->len && !memcmp(p->bytes, q->bytes, p->len)) {
            return i;
        }
    }
    check(w, !p);
    return -1;
}

/* Returns the group or meter (its index) that 'key' as 'variant' needs, or
 * -1. */
static int
need_of(int key, int variant)
{
    return (key < N_FLOWS && variant >= 0 && variant < N_NEEDS
            ? N_FLOWS + variant : -1);
}

/* Returns the least owner that wants 'key', or -1. */
static int
winner(const struct walk *w, int key)
{
    for (int i = 0; i < N_OWNERS; i++) {
        if (w->want[i][key] >= 0) {
            return i;
        }
    }
    return -1;
}

/* Tells the table what owner 'o' wants.  Returns the number of
 * differences. */
static size_t
tell_wants(struct walk *w, int o)
{
    struct owner owner = walk_owner(o);

    for (int i = 0; i < N_KEYS; i++) {
        if (w->want[o][i] >= 0) {
            char *text = item_text(i, w->want[o][i]);

            flow_script_add(&w->list, text);
            free(text);
        }
    }
    return flow_table_update(&w->t, &owner, &w->list);
}

static void
change_wants(struct walk *w)
{
    int o = random_range(N_OWNERS);
    size_t n = 0;

    for (int i = 0; i < N_KEYS; i++) {
        int old = w->want[o][i];
        int *new = &w->want[o][i];

        if (!random_range(3)) {
            *new = random_range(N_VARIANTS + 2);
            *new = *new < N_VARIANTS ? *new : -1;
        }
        n += old != *new;
    }
    check(w, tell_wants(w, o) == n);
}

/* Recomputes; an owner may have gone meanwhile. */
static void
walk_recompute(struct walk *w)
{
    int gone = random_range(2 * N_OWNERS);
    size_t n = 0;

    flow_table_recompute_begin(&w->t);
    for (int i = 0; i < N_OWNERS; i++) {
        if (i != gone) {
            check(w, !tell_wants(w, i));
            continue;
        }
        for (int j = 0; j < N_KEYS; j++) {
            n += w->want[i][j] >= 0;
            w->want[i][j] = -1;
        }
    }
    check(w, flow_table_recompute_end(&w->t) == n);
}

/* The switch deletes the flows that refer to a group or meter which is
 * deleted; the table must not make it do so. */
static void
check_unused(const struct walk *w, int need)
{
    for (int i = 0; i < N_FLOWS; i++) {
        check(w, need_of(i, w->have[i].variant) != need);
    }
}

/* 'op' is about the meter 'key', which is to become 'variant': a switch has to
 * be told whether that is new, which is what is installed. */
static void
check_meter(const struct walk *w, const struct flow_op *op, int key,
            int variant)
{
    check(w, w->ops.meters);
    check(w, (variant < 0
              || (op->entry->installed != NULL) == (w->have[key].variant
                                                    >= 0)));
}

/* The switch does 'op', or not: it may reject anything if 'moody', and does
 * reject what sends to a group that it has not, which happens only if it
 * rejected that group before; of meters it does not happen. */
static void
switch_do(struct walk *w, struct flow_op *op, bool moody, bool *rejected)
{
    int key = find_key(w, &op->entry->key);
    int variant = find_variant(w, key, op->payload);
    int need = need_of(key, variant);

    if (key >= FIRST_METER) {
        check_meter(w, op, key, variant);
    } else {
        check(w, !w->ops.meters);
    }
    if (moody && !random_range(8)) {
        op->error = OFPERR_OFPBRC_EPERM;
    } else if (need >= 0 && w->have[need].variant < 0) {
        check(w, *rejected && need < FIRST_METER);
        op->error = OFPERR_OFPBAC_BAD_OUT_GROUP;
    } else {
        if (variant < 0 && key >= N_FLOWS) {
            check_unused(w, key);
        }
        w->have[key].variant = variant;
        w->have[key].cookie = op->cookie;
    }
    *rejected |= op->error != 0;
}

/* The switch gets what has begun. */
static void
walk_end(struct walk *w, bool reliable)
{
    struct flow_ops *ops = &w->ops;
    bool moody = !reliable && !random_range(3);
    bool lost = !reliable && !ops->meters && !random_range(4);
    bool rejected = false;

    for (size_t i = 0; !lost && i < ops->n; i++) {
        switch_do(w, &ops->ops[i], moody, &rejected);
    }
    flow_table_end(&w->t, ops, !lost);
}

/* A new connection: the switch has what it had, or was restarted. */
static void
reconnect(struct walk *w, bool restarted)
{
    flow_table_forget_installed(&w->t);
    for (int i = 0; i < N_KEYS; i++) {
        struct flow_item *item;
        char *text;

        if (restarted) {
            w->have[i].variant = -1;
        }
        if (w->have[i].variant < 0) {
            continue;
        }
        text = item_text(i, w->have[i].variant);
        flow_script_add(&w->list, text);
        free(text);
        item = &w->list.items[--w->list.n];
        flow_table_put_installed(&w->t, &item->key, item->payload,
                                 i < N_FLOWS ? w->have[i].cookie : 0);
    }
}

static void
walk_step(struct walk *w)
{
    bool busy = w->ops.ops != NULL;

    switch (random_range(8)) {
    case 0:
        walk_recompute(w);
        break;
    case 1:
        if (!busy) {
            reconnect(w, !random_range(3));
        }
        break;
    case 2:
        flow_table_sweep_adopted(&w->t);
        break;
    case 3:
    case 4:
        if (busy) {
            walk_end(w, false);
        } else {
            flow_table_begin(&w->t, &w->ops);
        }
        break;
    default:
        change_wants(w);
        break;
    }
}

/* Returns true if a flow that is wanted, or that the switch has, needs
 * 'need'. */
static bool
is_used(const struct walk *w, int need)
{
    for (int i = 0; i < N_FLOWS; i++) {
        if (need_of(i, w->have[i].variant) == need) {
            return true;
        }
        for (int o = 0; o < N_OWNERS; o++) {
            if (need_of(i, w->want[o][i]) == need) {
                return true;
            }
        }
    }
    return false;
}

/* The switch has what the least owners want.  A flow whose group or meter
 * nobody wants waits, as it was before, unless the switch still has it; it has
 * groups and meters that nobody wants only if flows need them. */
static void
check_switch(const struct walk *w)
{
    for (int i = 0; i < N_KEYS; i++) {
        int o = winner(w, i);
        int variant = o < 0 ? -1 : w->want[o][i];
        int need = need_of(i, variant);
        struct owner owner = walk_owner(o);
        ovs_be64 cookie = owner_cookie(&owner);

        if (need >= 0 && w->have[need].variant < 0) {
            check(w, winner(w, need) < 0);
            check(w, w->have[i].variant != variant);
        } else if (o >= 0) {
            check(w, w->have[i].variant == variant);
            check(w, i >= N_FLOWS || w->have[i].cookie == cookie);
        } else if (w->have[i].variant >= 0) {
            check(w, i >= N_FLOWS && is_used(w, i));
        }
    }
}

static void
check_counts(const struct walk *w)
{
    const struct flow_table *t = &w->t;
    size_t n_flows = 0, n_groups = 0, n_meters = 0, n = 0;

    for (int i = 0; i < N_KEYS; i++) {
        n_flows += i < N_FLOWS && winner(w, i) >= 0;
        n_groups += (i >= N_FLOWS && i < FIRST_METER && winner(w, i) >= 0);
        n_meters += i >= FIRST_METER && winner(w, i) >= 0;
        for (int o = 0; o < N_OWNERS; o++) {
            n += w->want[o][i] >= 0;
        }
    }
    check(w, t->n_flows == n_flows);
    check(w, t->n_groups == n_groups);
    check(w, t->n_meters == n_meters);
    check(w, t->n_shadowed == n - n_flows - n_groups - n_meters);
}

/* Lets the switch get all, and nothing go wrong. */
static void
converge(struct walk *w)
{
    if (w->ops.ops) {
        walk_end(w, true);
    }
    reconnect(w, false);
    flow_table_sweep_adopted(&w->t);
    for (int i = 0; !flow_table_is_settled(&w->t); i++) {
        check(w, i < 7);
        flow_table_begin(&w->t, &w->ops);
        walk_end(w, true);
    }
}

static void
test_random_walks_end_where_they_should(void **state OVS_UNUSED)
{
    for (uint32_t seed = 1; seed <= 1000; seed++) {
        struct walk w;

        walk_init(&w, seed);
        for (w.step = 0; w.step < 100; w.step++) {
            walk_step(&w);
            check_counts(&w);
            if (!random_range(20)) {
                converge(&w);
                check_switch(&w);
                flow_table_begin(&w.t, &w.ops);
                check(&w, !w.ops.n);
                flow_table_end(&w.t, &w.ops, true);
            }
        }
        if (w.ops.ops) {
            walk_end(&w, true);
        }
        walk_uninit(&w);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_walks_end_where_they_should),
    };

    return cmocka_run_group_tests_name("flow-table-walk", tests, NULL, NULL);
}
