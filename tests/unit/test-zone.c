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
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/zone.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

/* A script says: "restore PORT ZONE", "get PORT", "release PORT". */
static const struct {
    const char *name;
    const char *input;
    const char *expected;       /* Zones got; then those to be flushed. */
} cases[] = {
    { "each port has one of its own, which is flushed",
      "get a\nget b\nget a\n", "a=1 b=2 a=1 | 1 2" },
    { "what the database has stays, and is not flushed",
      "restore a 7\nget a\nget b\n", "a=7 b=1 | 1" },
    { "a zone that has a port goes to no other",
      "restore a 1\nget b\nget a\n", "b=2 a=1 | 2" },
    { "the database has one twice: whoever comes first has it",
      "restore a 1\nrestore b 1\nget b\nget a\n", "b=2 a=1 | 2" },
    { "the database has two for a port", "restore a 3\nrestore a 4\nget a\n",
      "a=3 |" },
    { "one that is none", "restore a 0\nget a\n", "a=1 | 1" },
    { "a port that goes: flushed, and free",
      "get a\nget b\nrelease a\nget c\n", "a=1 b=2 c=1 | 1 1 1 2" },
    { "one that had none goes", "release a\nget b\n", "b=1 | 1" },
};

static void
do_line(void *aux, const struct svec *words)
{
    struct ds *s = aux;
    static struct zones zones;
    const char *what = script_word(words, 0);

    if (!strcmp(what, "begin")) {
        zones_init(&zones);
    } else if (!strcmp(what, "restore")) {
        zones_restore(&zones, script_word(words, 1), script_u32(words, 2));
    } else if (!strcmp(what, "get")) {
        ds_put_format(s, "%s=%"PRIu16" ", script_word(words, 1),
                      zones_acquire(&zones, script_word(words, 1)));
    } else if (!strcmp(what, "release")) {
        zones_release(&zones, script_word(words, 1));
        assert_int_equal(zones_get(&zones, script_word(words, 1)), 0);
    } else {
        struct svec flush = SVEC_EMPTY_INITIALIZER;
        char *text;
        uint16_t zone;

        while (zones_pop_flush(&zones, &zone)) {
            svec_add_nocopy(&flush, xasprintf("%"PRIu16, zone));
        }
        svec_sort(&flush);
        text = svec_join(&flush, " ", "");
        ds_put_format(s, "|%s%s", *text ? " " : "", text);
        free(text);
        svec_destroy(&flush);
        zones_uninit(&zones);
    }
}

static void
test_zones(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;

        script_run("begin", do_line, &s);
        script_run(cases[i].input, do_line, &s);
        script_run("end", do_line, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
    }
}

static void
test_none_left(void **state OVS_UNUSED)
{
    struct zones zones;

    zones_init(&zones);
    for (int i = 1; i <= ZONE_MAX; i++) {
        char *port = xasprintf("p%d", i);

        assert_int_equal(zones_acquire(&zones, port), i);
        free(port);
    }
    assert_int_equal(zones_acquire(&zones, "one too many"), 0);
    zones_release(&zones, "p77");
    assert_int_equal(zones_acquire(&zones, "one too many"), 77);
    zones_uninit(&zones);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_none_left),
    };

    return cmocka_run_group_tests_name("zone", tests, NULL, NULL);
}
