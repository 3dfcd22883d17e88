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
#include "ovs-ext/model/problem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "hash.h"
#include "util.h"

/* Initializes 'problems' as the empty set. */
void
problems_init(struct problems *problems)
{
    hmap_init(&problems->problems);
    problems->seqno = 0;
    sset_init(&problems->changed);
}

static void
problem_destroy(struct problem *problem)
{
    free(problem->object);
    free(problem->topic);
    free(problem->text);
    free(problem);
}

/* Frees what 'problems' holds; 'problems' itself stays the caller's. */
void
problems_uninit(struct problems *problems)
{
    struct problem *problem;

    HMAP_FOR_EACH_POP (problem, hmap_node, &problems->problems) {
        problem_destroy(problem);
    }
    hmap_destroy(&problems->problems);
    sset_destroy(&problems->changed);
}

/* Hashed by object alone, so that those of one object are found together. */
static struct problem *
problem_find(const struct problems *problems, const char *object,
             const char *topic)
{
    struct problem *problem;

    HMAP_FOR_EACH_WITH_HASH (problem, hmap_node, hash_string(object, 0),
                             &problems->problems) {
        if (!strcmp(problem->object, object)
            && !strcmp(problem->topic, topic)) {
            return problem;
        }
    }
    return NULL;
}

static void
problem_changed(struct problems *problems, const struct problem *problem)
{
    problems->seqno++;
    sset_add(&problems->changed, problem->object);
}

/* Makes 'text' one line, whatever a value from a database has brought. */
static void
make_line(char *text)
{
    for (; *text; text++) {
        if (iscntrl((unsigned char) *text)) {
            *text = '?';
        }
    }
}

/* Makes the text formatted from 'format' the problem of 'object' about
 * 'topic'; control characters in it become "?".  Returns true if that is
 * news. */
bool
problem_set(struct problems *problems, const char *object, const char *topic,
            const char *format, ...)
{
    struct problem *problem = problem_find(problems, object, topic);
    va_list args;
    char *text;

    va_start(args, format);
    text = xvasprintf(format, args);
    va_end(args);
    make_line(text);

    if (problem && !strcmp(problem->text, text)) {
        free(text);
        return false;
    }
    if (!problem) {
        problem = xmalloc(sizeof *problem);
        problem->object = xstrdup(object);
        problem->topic = xstrdup(topic);
        problem->text = NULL;
        hmap_insert(&problems->problems, &problem->hmap_node,
                    hash_string(object, 0));
    }
    free(problem->text);
    problem->text = text;
    problem_changed(problems, problem);
    return true;
}

static void
problem_remove(struct problems *problems, struct problem *problem)
{
    problem_changed(problems, problem);
    hmap_remove(&problems->problems, &problem->hmap_node);
    problem_destroy(problem);
}

/* Removes the problem of 'object' about 'topic'.  Returns true if there was
 * one. */
bool
problem_clear(struct problems *problems, const char *object,
              const char *topic)
{
    struct problem *problem = problem_find(problems, object, topic);

    if (problem) {
        problem_remove(problems, problem);
    }
    return problem != NULL;
}

/* Removes all problems of 'object', which went away. */
void
problem_clear_object(struct problems *problems, const char *object)
{
    uint32_t hash = hash_string(object, 0);
    struct hmap_node *node, *next;

    for (node = hmap_first_with_hash(&problems->problems, hash); node;
         node = next) {
        struct problem *problem
            = CONTAINER_OF(node, struct problem, hmap_node);

        next = hmap_next_with_hash(node);
        if (!strcmp(problem->object, object)) {
            problem_remove(problems, problem);
        }
    }
}

/* Returns the text of the problem of 'object' about 'topic', which stays the
 * set's, or null if there is none. */
const char *
problem_get(const struct problems *problems, const char *object,
            const char *topic)
{
    const struct problem *problem = problem_find(problems, object, topic);

    return problem ? problem->text : NULL;
}

static int
problem_compare(const void *a_, const void *b_)
{
    const struct problem *const *a = a_;
    const struct problem *const *b = b_;
    int cmp = strcmp((*a)->object, (*b)->object);

    return cmp ? cmp : strcmp((*a)->topic, (*b)->topic);
}

/* See problem.h. */
const struct problem **
problems_sort(const struct problems *problems, const char *object, size_t *np)
{
    const struct problem **array
        = xmalloc((hmap_count(&problems->problems) + 1) * sizeof *array);
    const struct problem *problem;
    size_t n = 0;

    HMAP_FOR_EACH (problem, hmap_node, &problems->problems) {
        if (!object || !strcmp(problem->object, object)) {
            array[n++] = problem;
        }
    }
    qsort(array, n, sizeof *array, problem_compare);
    *np = n;
    return array;
}
