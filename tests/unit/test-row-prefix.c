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
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovsdb-sync/row-parse.h"
#include "ovsdb-sync/row-prefix.h"
#include "packets.h"
#include "util.h"

/* What is parsed, and what comes out: the value in its canonical form, or "!"
 * and some words of the error. */
struct case_ {
    const char *input;
    const char *expected;
};

/* Fails unless 'error', if any, or else 'value' is as 'c' expects.  Frees
 * both. */
static void
check(const struct case_ *c, char *error, char *value)
{
    if (c->expected[0] == '!') {
        if (!error || !strstr(error, c->expected + 1)) {
            fail_msg("\"%s\": expected error \"%s\", got %s", c->input,
                     c->expected + 1, error ? error : value);
        }
    } else {
        if (error) {
            fail_msg("\"%s\": %s", c->input, error);
        }
        assert_string_equal(value, c->expected);
    }
    free(error);
    free(value);
}

static char *
format_prefix(const struct policy_prefix *prefix)
{
    char *ip = row_format_ip(&prefix->ip);
    char *s = xasprintf("%s/%d", ip, prefix->plen);

    free(ip);
    return s;
}

static void
test_prefix(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "10.0.0.0/24", "10.0.0.0/24" },
        { "10.0.0.1", "10.0.0.1/32" },
        { "10.0.0.1/32", "10.0.0.1/32" },
        { "0.0.0.0/0", "0.0.0.0/0" },
        { "2001:DB8:0::/64", "2001:db8::/64" },
        { "2001:db8::1", "2001:db8::1/128" },
        { "::/0", "::/0" },
        { "fe80::/10", "fe80::/10" },
        { "10.0.0.1/24", "!bits behind its length; write \"10.0.0.0/24\"" },
        { "2001:db8::1/64", "!write \"2001:db8::/64\"" },
        { "10.0.0.0/33", "!malformed" },
        { "2001:db8::/129", "!malformed" },
        { "10.0.0.0/", "!malformed" },
        { "10.0.0.0/-1", "!malformed" },
        { "10.0.0.0/+8", "!malformed" },
        { "10.0.0.0/ 8", "!malformed" },
        { "10.0.0.0/8x", "!malformed" },
        { "10.0.0.0/0000000000008", "!malformed" },
        { "10.0.0.0/255.0.0.0", "!malformed" },
        { "10.0.0/24", "!malformed" },
        { "::ffff:10.0.0.0/104", "!malformed" },
        { "", "!malformed" },
        { "/24", "!malformed" },
        { "0.0.0.0", "!unspecified" },
        { "::", "!unspecified" },
        { "127.0.0.1", "!loopback" },
        { "224.0.0.0/4", "!multicast range" },
        { "ff02::/16", "!multicast range" },
        { "224.0.0.1", "!multicast address" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct policy_prefix prefix;
        char *error = row_prefix_parse(cases[i].input, &prefix);

        check(&cases[i], error, format_prefix(&prefix));
    }
}

static void
test_pair(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "10.0.0.0/24", "10.0.0.0/24" },
        { "10.0.0.9/32", "10.0.0.9" },
        { "10.0.0.9 0:0:5E:0:1:5", "10.0.0.9 00:00:5e:00:01:05" },
        { "2001:db8::/64 00:00:5e:00:02:05",
          "2001:db8::/64 00:00:5e:00:02:05" },
        { "10.0.0.1/24", "!bits behind its length" },
        { "10.0.0.9 ", "!MAC \"\" is malformed" },
        { " 10.0.0.9", "!malformed" },
        { "10.0.0.9  00:00:5e:00:01:05", "!malformed" },
        { "10.0.0.9,00:00:5e:00:01:05", "!malformed" },
        { "10.0.0.9 00:00:5e:00:01:05 x", "!malformed" },
        { "10.0.0.9 01:00:5e:00:01:05", "!multicast" },
        { "10.0.0.9 00:00:00:00:00:00", "!is zero" },
        { "00:00:5e:00:01:05", "!malformed" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct address_pair pair;
        char *error = row_prefix_parse_pair(cases[i].input, &pair);

        check(&cases[i], error, row_prefix_format_pair(&pair));
    }
}

/* Rows keep what is good in them. */
static void
test_rows(void **state OVS_UNUSED)
{
    char *pairs[] = { "10.0.0.9", "bad", "10.0.0.9/32",
                      "10.0.0.9 00:00:5e:00:01:05" };
    struct row_pairs row;

    row_pairs_parse(&row, pairs, ARRAY_SIZE(pairs));
    assert_int_equal(row.n, 2);
    assert_string_equal(
        row.error,
        "allowed_address_pairs: \"bad\" is malformed; write it as "
        "\"10.0.0.0/24\" or \"2001:db8::/64\"; "
        "allowed_address_pairs: \"10.0.0.9/32\" is there twice; keep one");
    row_pairs_uninit(&row);
    row_pairs_parse(&row, NULL, 0);
    assert_null(row.error);
    row_pairs_uninit(&row);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_pair),
        cmocka_unit_test(test_rows),
    };

    return cmocka_run_group_tests_name("row-prefix", tests, NULL, NULL);
}
