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

#ifndef TESTS_UNIT_GEN_SCRIPT_H
#define TESTS_UNIT_GEN_SCRIPT_H 1

/* What owners have in the switch, as text.
 *
 * A test about a part of the pipeline says by a gen_script_filter what belongs
 * to it. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct flow_item;

struct gen_case {
    const char *name;           /* The situation. */
    const char *input;          /* Facts, see model-script.h; "run" follows. */
    const char *owner;
    const char *expected;       /* Flows, groups and meters. */
};

typedef bool gen_script_filter(const struct flow_item *);

void gen_script_format(const struct flow_item *, struct ds *);
void gen_script_check(const struct gen_case *, gen_script_filter *);
void gen_script_check_all(const struct gen_case *, size_t n,
                          gen_script_filter *);

#endif /* tests/unit/gen-script.h */
