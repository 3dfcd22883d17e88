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

#ifndef TESTS_UNIT_HOOK_SCRIPT_H
#define TESTS_UNIT_HOOK_SCRIPT_H 1

/* Replies and transactions of hooks (hook-txn.h) as JSON text. */

struct json;

/* Returns 'text' as JSON; fails the test if it is none. */
struct json *hook_script_parse(const char *text);

/* Fails the test unless 'txn', which is freed, is 'expected', with members of
 * objects sorted; 'name' is the situation. */
void hook_script_check(const char *name, struct json *txn,
                       const char *expected);

#endif /* tests/unit/hook-script.h */
