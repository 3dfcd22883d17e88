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

#ifndef OVS_EXT_MODEL_PROBLEM_H
#define OVS_EXT_MODEL_PROBLEM_H 1

/* Problems.
 *
 * What a user got wrong, or what the host cannot do, is a problem of the
 * object that it concerns: it is shown by "ovs-appctl -t ovs-ext problems" and
 * written to that object's row, and everything else goes on working.
 *
 * A problem is known by its object ("network/blue", "port/vm1", "host", ...)
 * and its topic, a short constant word for what is wrong ("vni-in-use").  One
 * pair has one text; setting it again replaces the text.  The text says what
 * is wrong and what to do, without the object's name, in one line and without
 * a full stop.
 *
 * Example:
 *
 *     problem_set(&problems, "network/blue", "vni-in-use",
 *                 "VNI %"PRIu32" has the vxlan device %s of someone else; "
 *                 "delete that device or choose another VNI", vni, dev);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/compiler.h"
#include "openvswitch/hmap.h"
#include "sset.h"

struct problem {
    struct hmap_node hmap_node; /* In struct problem_set's 'problems'. */
    char *object;               /* "network/blue". */
    char *topic;                /* "vni-in-use". */
    char *text;
};

struct problems {
    struct hmap problems;       /* Contains "struct problem"s. */
    uint64_t seqno;             /* Raised by each change. */
    struct sset changed;        /* Objects, for those who show problems. */
};

void problems_init(struct problems *);
void problems_uninit(struct problems *);

bool problem_set(struct problems *, const char *object, const char *topic,
                 const char *format, ...) OVS_PRINTF_FORMAT(4, 5);
bool problem_clear(struct problems *, const char *object, const char *topic);
void problem_clear_object(struct problems *, const char *object);
const char *problem_get(const struct problems *, const char *object,
                        const char *topic);

/* Returns a malloc'd array of all problems of 'object' (of all objects, if
 * 'object' is null), sorted by object and topic.  The caller frees the array;
 * the problems stay the set's. */
const struct problem **problems_sort(const struct problems *,
                                     const char *object, size_t *n);

#endif /* ovs-ext/model/problem.h */
