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
#include <stdlib.h>
#include <cmocka.h>
#include "flows/acl-range.h"
#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "tests/unit/script.h"
#include "util.h"

static void
test_split(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        uint16_t min, max;
        const char *expected;   /* Value and mask of each prefix. */
    } cases[] = {
        { "one port", 80, 80, "0050/ffff" },
        { "all", 0, 65535, "0000/0000" },
        { "a block", 0x1000, 0x1fff, "1000/f000" },
        { "the ports above 1023", 1024, 65535,
          "0400/fc00 0800/f800 1000/f000 2000/e000 4000/c000 8000/8000" },
        { "a range across a border", 999, 1001, "03e7/ffff 03e8/fffe" },
        { "the last ones", 65534, 65535, "fffe/fffe" },
        { "nothing", 2, 1, "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct acl_range ranges[ACL_RANGE_MAX];
        size_t n = acl_range_split(cases[i].min, cases[i].max, ranges);
        struct ds s = DS_EMPTY_INITIALIZER;

        for (size_t j = 0; j < n; j++) {
            ds_put_format(&s, "%s%04x/%04x", j ? " " : "", ranges[j].value,
                          ranges[j].mask);
        }
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
    }
}

/* Returns how many of 'n' 'ranges' have 'port'. */
static int
count(const struct acl_range *ranges, size_t n, uint16_t port)
{
    int found = 0;

    for (size_t i = 0; i < n; i++) {
        found += (port & ranges[i].mask) == ranges[i].value;
    }
    return found;
}

/* Each port of a range is in one prefix, no other is in any, and there are
 * never more than fit. */
static void
test_split_is_the_range(void **state OVS_UNUSED)
{
    struct acl_range ranges[ACL_RANGE_MAX];

    assert_int_equal(acl_range_split(1, 65534, ranges), ACL_RANGE_MAX);
    random_set_seed(1);
    for (int i = 0; i < 1000; i++) {
        uint16_t a = random_uint32(), b = random_uint32();
        uint16_t min = MIN(a, b), max = MAX(a, b);
        size_t n = acl_range_split(min, max, ranges);

        assert_true(n <= ACL_RANGE_MAX);
        for (int j = 0; j < 100; j++) {
            uint16_t port = random_uint32();

            assert_int_equal(count(ranges, n, port),
                             port >= min && port <= max);
        }
        assert_int_equal(count(ranges, n, min), 1);
        assert_int_equal(count(ranges, n, max), 1);
        assert_int_equal(min ? count(ranges, n, min - 1) : 0, 0);
        assert_int_equal(max < 65535 ? count(ranges, n, max + 1) : 0, 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_split_is_the_range),
    };

    return cmocka_run_group_tests_name("acl-range", tests, NULL, NULL);
}
