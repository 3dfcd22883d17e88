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
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "flows/spread.h"
#include "hash.h"
#include "util.h"

#define MEMBERS_MAX 16

/* Stores in 'slots' the name of whoever has each. */
static void
spread(const uint32_t names[], size_t n, uint32_t slots[SPREAD_SLOTS])
{
    for (uint32_t i = 0; i < SPREAD_SLOTS; i++) {
        size_t winner = spread_pick(names, n, i);

        assert_in_range(winner, 0, n - 1);
        slots[i] = names[winner];
    }
}

/* Stores in 'names' those of 'n' VTEPs, as different hosts see them. */
static void
name_members(uint32_t host, size_t n, uint32_t names[])
{
    for (size_t i = 0; i < n; i++) {
        names[i] = hash_2words(0xc0000201 + i, host);
    }
}

/* When a member goes, its slots get others, and all others stay; when it comes
 * back, all is as before. */
static void
test_only_the_flows_of_who_goes_move(void **state OVS_UNUSED)
{
    for (uint32_t host = 0; host < 100; host++) {
        for (size_t n = 2; n <= MEMBERS_MAX; n++) {
            uint32_t before[SPREAD_SLOTS], after[SPREAD_SLOTS];
            uint32_t names[MEMBERS_MAX];
            size_t gone = (host + n) % n;
            uint32_t name;

            name_members(host, n, names);
            name = names[gone];
            spread(names, n, before);
            memmove(&names[gone], &names[gone + 1],
                    (n - gone - 1) * sizeof *names);
            spread(names, n - 1, after);
            for (size_t i = 0; i < SPREAD_SLOTS; i++) {
                if (before[i] == name) {
                    assert_int_not_equal(after[i], name);
                } else {
                    assert_int_equal(after[i], before[i]);
                }
            }
        }
    }
}

/* The order in which members are told does not count. */
static void
test_order(void **state OVS_UNUSED)
{
    uint32_t before[SPREAD_SLOTS], after[SPREAD_SLOTS];
    uint32_t names[MEMBERS_MAX];

    name_members(1, MEMBERS_MAX, names);
    spread(names, MEMBERS_MAX, before);
    for (size_t i = 0; i < MEMBERS_MAX / 2; i++) {
        uint32_t swap = names[i];

        names[i] = names[MEMBERS_MAX - 1 - i];
        names[MEMBERS_MAX - 1 - i] = swap;
    }
    spread(names, MEMBERS_MAX, after);
    assert_memory_equal(before, after, sizeof before);
}

/* No member goes without, and over many hosts all have the same share. */
static void
test_shares(void **state OVS_UNUSED)
{
    const uint32_t hosts = 1000;
    size_t total[2] = { 0, 0 };

    for (uint32_t host = 0; host < hosts; host++) {
        uint32_t slots[SPREAD_SLOTS], names[2];
        size_t first = 0;

        name_members(host, 2, names);
        spread(names, 2, slots);
        for (size_t i = 0; i < SPREAD_SLOTS; i++) {
            first += slots[i] == names[0];
        }
        /* Five times the deviation of fair coins. */
        assert_in_range(first, SPREAD_SLOTS / 2 - 20, SPREAD_SLOTS / 2 + 20);
        total[0] += first;
        total[1] += SPREAD_SLOTS - first;
    }
    assert_true(total[0] > 0.98 * total[1] && total[1] > 0.98 * total[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_flows_of_who_goes_move),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_shares),
    };

    return cmocka_run_group_tests_name("spread", tests, NULL, NULL);
}
