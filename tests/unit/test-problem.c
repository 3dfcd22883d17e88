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
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/problem.h"
#include "util.h"

static void
test_problems_are_kept_by_object_and_topic(void **state OVS_UNUSED)
{
    struct problems p;
    uint64_t seqno;
    size_t n;

    problems_init(&p);
    assert_true(problem_set(&p, "port/a", "x", "one %d", 1));
    assert_false(problem_set(&p, "port/a", "x", "one 1"));
    seqno = p.seqno;
    assert_true(problem_set(&p, "port/a", "x", "two"));
    assert_true(p.seqno > seqno);
    assert_true(problem_set(&p, "port/a", "w", "three"));
    assert_true(problem_set(&p, "host", "x", "four"));
    assert_string_equal(problem_get(&p, "port/a", "x"), "two");
    assert_null(problem_get(&p, "port/b", "x"));
    free(problems_sort(&p, "port/a", &n));
    assert_int_equal(n, 2);
    assert_true(problem_clear(&p, "port/a", "x"));
    assert_false(problem_clear(&p, "port/a", "x"));
    problem_clear_object(&p, "port/a");
    free(problems_sort(&p, NULL, &n));
    assert_int_equal(n, 1);
    problems_uninit(&p);
}

static void
test_problems_are_shown_sorted(void **state OVS_UNUSED)
{
    static const char *const objects[] = { "port/b", "host", "port/a" };
    static const char *const topics[] = { "z", "a" };
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct problem **sorted;
    struct problems p;
    size_t n;

    problems_init(&p);
    for (size_t i = 0; i < ARRAY_SIZE(objects); i++) {
        for (size_t j = 0; j < ARRAY_SIZE(topics); j++) {
            problem_set(&p, objects[i], topics[j], "%"PRIuSIZE, i * 2 + j);
        }
    }
    sorted = problems_sort(&p, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%s %s: %s\n", sorted[i]->object, sorted[i]->topic,
                      sorted[i]->text);
    }
    free(sorted);
    assert_string_equal(ds_cstr(&s), "host a: 3\nhost z: 2\n"
                        "port/a a: 5\nport/a z: 4\n"
                        "port/b a: 1\nport/b z: 0\n");
    ds_destroy(&s);
    problems_uninit(&p);
}

static void
test_a_problem_is_one_line(void **state OVS_UNUSED)
{
    struct problems p;

    problems_init(&p);
    problem_set(&p, "host", "x", "bad \"%s\"", "a\n\033[2Jb\303\244");
    assert_string_equal(problem_get(&p, "host", "x"),
                        "bad \"a??[2Jb\303\244\"");
    problems_uninit(&p);
}

static void
check_changed(struct problems *p, const char *expected)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const char **objects = sset_sort(&p->changed);

    for (size_t i = 0; objects[i]; i++) {
        ds_put_format(&s, "%s ", objects[i]);
    }
    assert_string_equal(ds_cstr(&s), expected);
    free(objects);
    ds_destroy(&s);
    sset_clear(&p->changed);
}

/* The objects tell whoever shows problems where to look again. */
static void
test_objects_with_news_are_told(void **state OVS_UNUSED)
{
    struct problems p;

    problems_init(&p);
    problem_set(&p, "port/a", "x", "one");
    problem_set(&p, "host", "x", "one");
    check_changed(&p, "host port/a ");
    problem_set(&p, "port/a", "x", "one");
    problem_clear(&p, "host", "y");
    problem_clear_object(&p, "port/b");
    check_changed(&p, "");
    problem_set(&p, "port/a", "x", "two");
    problem_clear(&p, "host", "x");
    check_changed(&p, "host port/a ");
    problem_clear_object(&p, "port/a");
    check_changed(&p, "port/a ");
    problems_uninit(&p);
}

/* The number tells whoever shows problems whether to look again. */
static void
test_only_news_raises_the_number(void **state OVS_UNUSED)
{
    struct problems p;
    uint64_t seqno;

    problems_init(&p);
    problem_set(&p, "host", "x", "one");
    seqno = p.seqno;
    problem_set(&p, "host", "x", "one");
    problem_clear(&p, "host", "y");
    problem_clear(&p, "port/a", "x");
    problem_clear_object(&p, "port/a");
    assert_true(p.seqno == seqno);
    problem_clear_object(&p, "host");
    assert_true(p.seqno > seqno);
    seqno = p.seqno;
    problem_set(&p, "host", "x", "one");
    assert_true(p.seqno > seqno);
    problems_uninit(&p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems_are_kept_by_object_and_topic),
        cmocka_unit_test(test_problems_are_shown_sorted),
        cmocka_unit_test(test_a_problem_is_one_line),
        cmocka_unit_test(test_objects_with_news_are_told),
        cmocka_unit_test(test_only_news_raises_the_number),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
