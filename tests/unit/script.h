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

#ifndef TESTS_UNIT_SCRIPT_H
#define TESTS_UNIT_SCRIPT_H 1

/* What the scripts of the tests share.
 *
 * A script is text, so that tests read as transcripts: a line says what
 * happens, its first word what kind of thing.  model-script.h and
 * kernel-script.h define such words.  A word that makes no sense fails the
 * test, for it is the test that is wrong. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/types.h"

struct svec;

/* Calls 'line' with 'aux' and the words of each line of 'script' that has
 * any. */
void script_run(const char *script,
                void (*line)(void *aux, const struct svec *words), void *aux);

/* What a word is, or part of one. */
uint32_t script_parse_u32(const char *);
struct eth_addr script_parse_mac(const char *);
struct in6_addr script_parse_ip(const char *); /* IPv4 is mapped. */

/* Word 'i' of a line, counted from 0, as what it is to be. */
const char *script_word(const struct svec *, size_t i);
uint32_t script_u32(const struct svec *, size_t i);
struct eth_addr script_mac(const struct svec *, size_t i);
struct in6_addr script_ip(const struct svec *, size_t i);

/* VALUE of the word 'key'=VALUE of a line; null, 0 or in6addr_any if there is
 * no such word. */
const char *script_value(const struct svec *, const char *key);
uint32_t script_value_u32(const struct svec *, const char *key);
struct in6_addr script_value_ip(const struct svec *, const char *key);

/* Is 'word' among the words of a line? */
bool script_has(const struct svec *, const char *word);

/* Writing. */
const char *script_ip_string(const struct in6_addr *);

/* Fails the test unless 'got' is 'expected'; 'name' is the situation. */
void script_check(const char *name, const char *expected, const char *got);

#endif /* tests/unit/script.h */
