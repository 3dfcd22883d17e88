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

#ifndef TESTS_LINT_CPPCHECK_H
#define TESTS_LINT_CPPCHECK_H 1

/* cppcheck reads this before each file: its parser stumbles over the loops of
 * Open vSwitch, so they are told here as what they are to their users. */

#include <config.h>
#include "hindex.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "sset.h"

#define CPPCHECK_LOOP(NODE) \
    for (NODE = cppcheck_any(); NODE; NODE = cppcheck_any())

#undef HINDEX_FOR_EACH
#define HINDEX_FOR_EACH(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HINDEX_FOR_EACH_SAFE
#define HINDEX_FOR_EACH_SAFE(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HINDEX_FOR_EACH_WITH_HASH
#define HINDEX_FOR_EACH_WITH_HASH(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HINDEX_FOR_EACH_WITH_HASH_SAFE
#define HINDEX_FOR_EACH_WITH_HASH_SAFE(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH
#define HMAP_FOR_EACH(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH_INIT
#define HMAP_FOR_EACH_INIT(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH_POP
#define HMAP_FOR_EACH_POP(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH_SAFE
#define HMAP_FOR_EACH_SAFE(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH_SAFE_LONG_INIT
#define HMAP_FOR_EACH_SAFE_LONG_INIT(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH_SAFE_SHORT_INIT
#define HMAP_FOR_EACH_SAFE_SHORT_INIT(NODE, ...) CPPCHECK_LOOP(NODE)
#undef HMAP_FOR_EACH_WITH_HASH
#define HMAP_FOR_EACH_WITH_HASH(NODE, ...) CPPCHECK_LOOP(NODE)
#undef LIST_FOR_EACH
#define LIST_FOR_EACH(NODE, ...) CPPCHECK_LOOP(NODE)
#undef LIST_FOR_EACH_POP
#define LIST_FOR_EACH_POP(NODE, ...) CPPCHECK_LOOP(NODE)
#undef LIST_FOR_EACH_REVERSE
#define LIST_FOR_EACH_REVERSE(NODE, ...) CPPCHECK_LOOP(NODE)
#undef LIST_FOR_EACH_SAFE
#define LIST_FOR_EACH_SAFE(NODE, ...) CPPCHECK_LOOP(NODE)
#undef SSET_FOR_EACH
#define SSET_FOR_EACH(NODE, ...) CPPCHECK_LOOP(NODE)
#undef SSET_FOR_EACH_SAFE
#define SSET_FOR_EACH_SAFE(NODE, ...) CPPCHECK_LOOP(NODE)

#endif /* tests/lint/cppcheck.h */
