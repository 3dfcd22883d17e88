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
#include "evpn-bridge/kernel.h"
#include "packets.h"
#include "random.h"
#include "svec.h"
#include "tests/unit/kernel-script.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* Random walks: the kernel's tables change, some notifications are lost, and
 * full reads, with notifications in between, find out.  In the end what we
 * know is what somebody knows who comes to the same tables new. */

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

#define MAX_STATES 5

/* Something in a table, and what it may be: a message without its '+'.  State
 * 0 is not there. */
struct item {
    const char *table;
    const char *states[MAX_STATES]; /* From 1 on. */
};

static const struct item items[] = {
    { "links", { "link 91 vx vxlan vni=5 up", "link 91 vy dummy" } },
    { "links", { "link 92 vz vxlan vni=7 up" } },
    { "fdb", { "fdb vxlan5 "A" extern", "fdb oe-5 "A,
               "fdb oe-5 "A" reachable" } },
    { "fdb", { "fdb vxlan5 "B" sticky", "fdb oe-5 "B" extern" } },
    { "fdb", { "self vxlan5 "A" 192.0.2.2", "self vxlan5 "A" 192.0.2.3",
               "self vxlan5 "A" nhid=7" } },
    { "fdb", { "self vxlan5 "B" 2001:db8::2", "self vxlan5 "B" 192.0.2.3" } },
    { "fdb", { "flood vxlan5 192.0.2.2" } },
    { "fdb", { "flood vxlan5 2001:db8::2" } },
    { "fdb", { "fdb vxlan6 "A } },
    { "fdb", { "self vxlan6 "A" 192.0.2.2" } },
    { "neighs", { "neigh brvx-5 10.0.0.1 "A" zebra",
                  "neigh brvx-5 10.0.0.1 "A" ours",
                  "neigh brvx-5 10.0.0.1 "B" zebra router",
                  "neigh brvx-5 10.0.0.1 "B } },
    { "neighs", { "neigh brvx-6 2001:db8::1 "A" zebra",
                  "neigh brvx-6 2001:db8::1 "B" ours" } },
    { "hops", { "hop 1 192.0.2.2", "hop 1 192.0.2.3" } },
    { "hops", { "hop 2 2001:db8::2" } },
    { "hops", { "hops 7 1", "hops 7 2", "hops 7 1 2" } },
};
#define N_ITEMS ARRAY_SIZE(items)

/* Devices that are always there. */
#define NETS "+net 5\n+net 6\n"
#define DUMPED_NETS "=net 5\n=net 6\n"

struct walk {
    uint32_t seed;
    struct kernel_script ks;
    size_t state[N_ITEMS];      /* The kernel's. */
    struct svec queue;          /* Notifications, oldest first. */
    size_t n_taken;             /* Of 'queue'. */
};

static const char *
state_text(const struct walk *w, size_t i)
{
    return w->state[i] ? items[i].states[w->state[i] - 1] : NULL;
}

/* Changes something in the kernel's tables, which notifies. */
static void
change(struct walk *w, bool lost)
{
    size_t i = random_range(N_ITEMS);
    const char *old = state_text(w, i);
    const char *new;

    w->state[i] = random_range(MAX_STATES + 1);
    if (w->state[i] && !state_text(w, i)) {
        w->state[i] = 0;
    }
    new = state_text(w, i);
    if (!lost && (old || new)) {
        svec_add_nocopy(&w->queue, new ? xasprintf("+%s", new)
                                   : xasprintf("-%s", old));
    }
}

/* Takes the next notification.  Returns false if there is none. */
static bool
take_notification(struct walk *w)
{
    if (w->n_taken >= w->queue.n) {
        return false;
    }
    kernel_script_run(&w->ks, w->queue.names[w->n_taken++]);
    return true;
}

/* Does something that may happen between two messages of a read. */
static void
interleave(struct walk *w)
{
    while (random_range(2)) {
        if (random_range(3)) {
            take_notification(w);
        } else {
            change(w, false);
        }
    }
}

/* Reads 'table' until that need not be repeated.  The messages of a read are
 * put into 'dump' and taken from there later. */
static void
read_table(struct walk *w, const char *table)
{
    char *begin = xasprintf("read %s", table);
    char *end = xasprintf("end %s", table);
    size_t n;

    ds_clear(&w->ks.log);
    do {
        struct svec dump = SVEC_EMPTY_INITIALIZER;
        const char *message;
        size_t i;

        n = w->ks.log.length;
        kernel_script_run(&w->ks, begin);
        if (!strcmp(table, "links")) {
            kernel_script_run(&w->ks, DUMPED_NETS);
        }
        for (i = 0; i < N_ITEMS; i++) {
            interleave(w);
            if (!strcmp(items[i].table, table) && w->state[i]) {
                svec_add_nocopy(&dump, xasprintf("=%s", state_text(w, i)));
            }
        }
        SVEC_FOR_EACH (i, message, &dump) {
            interleave(w);
            kernel_script_run(&w->ks, message);
        }
        svec_destroy(&dump);
        kernel_script_run(&w->ks, end);
    } while (w->ks.log.length > n);
    free(begin);
    free(end);
}

static void
read_all(struct walk *w)
{
    svec_clear(&w->queue);      /* An overflow. */
    w->n_taken = 0;
    read_table(w, "links");
    read_table(w, "hops");
    read_table(w, "fdb");
    read_table(w, "neighs");
    while (take_notification(w)) {
        continue;
    }
    kernel_script_run(&w->ks, "mark\ndrop\n");
    ds_clear(&w->ks.log);
}

/* Returns all that can be asked of 'ks'.  The caller frees it. */
static char *
describe(struct kernel_script *ks)
{
    static const char *const ips[] = { "10.0.0.1", "2001:db8::1" };
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_clear(&ks->log);
    kernel_script_run(ks, "where 5 "A"\nwhere 5 "B"\nwhere 6 "A"\n"
                      "has vx\nhas vy\nhas vz\n");
    owner_set_clear(&ks->dirty);
    kernel_script_dump(ks, &s);
    for (size_t i = 0; i < ARRAY_SIZE(ips); i++) {
        struct in6_addr ip = script_parse_ip(ips[i]);
        const struct kneigh *n = kernel_neigh(ks->k, 5 + i, &ip);

        if (n) {
            ds_put_format(&s, "%s: "ETH_ADDR_FMT" %x %x %u\n", ips[i],
                          ETH_ADDR_ARGS(n->mac), n->state, n->flags,
                          n->protocol);
        }
    }
    return ds_steal_cstr(&s);
}

static void
check_walk(struct walk *w)
{
    struct kernel_script fresh;
    char *expected, *got;

    kernel_script_init(&fresh);
    kernel_script_run(&fresh, NETS);
    for (size_t i = 0; i < N_ITEMS; i++) {
        if (w->state[i]) {
            char *message = xasprintf("+%s", state_text(w, i));

            kernel_script_run(&fresh, message);
            free(message);
        }
    }
    expected = describe(&fresh);
    got = describe(&w->ks);
    if (strcmp(expected, got)) {
        fail_msg("seed %"PRIu32": expected\n%s--- got\n%s", w->seed, expected,
                 got);
    }
    free(expected);
    free(got);
    kernel_script_uninit(&fresh);
}

static void
test_reads_find_what_was_lost(void **state OVS_UNUSED)
{
    for (uint32_t seed = 1; seed <= 500; seed++) {
        struct walk w = { .seed = seed, .queue = SVEC_EMPTY_INITIALIZER };

        random_set_seed(seed);
        kernel_script_init(&w.ks);
        kernel_script_run(&w.ks, NETS);
        for (int round = 0; round < 5; round++) {
            for (int i = 0; i < 20; i++) {
                change(&w, !random_range(3));
                interleave(&w);
            }
            read_all(&w);
            check_walk(&w);
        }
        svec_destroy(&w.queue);
        kernel_script_uninit(&w.ks);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_find_what_was_lost),
    };

    return cmocka_run_group_tests_name("kernel-walk", tests, NULL, NULL);
}
