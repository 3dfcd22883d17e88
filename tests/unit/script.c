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
#include "tests/unit/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "packets.h"
#include "svec.h"
#include "util.h"

/* See script.h. */
void
script_run(const char *script,
           void (*line)(void *aux, const struct svec *words), void *aux)
{
    char *copy = xstrdup(script);
    char *save_ptr = NULL;
    char *p;

    for (p = strtok_r(copy, "\n", &save_ptr); p;
         p = strtok_r(NULL, "\n", &save_ptr)) {
        struct svec words = SVEC_EMPTY_INITIALIZER;

        svec_parse_words(&words, p);
        if (words.n) {
            line(aux, &words);
        }
        svec_destroy(&words);
    }
    free(copy);
}

/* See script.h. */
struct in6_addr
script_parse_ip(const char *s)
{
    struct in6_addr ip = in6addr_any;
    ovs_be32 ip4;

    if (ip_parse(s, &ip4)) {
        return in6_addr_mapped_ipv4(ip4);
    }
    if (!ipv6_parse(s, &ip)) {
        fail_msg("%s: bad IP in script", s);
    }
    return ip;
}

/* See script.h. */
struct eth_addr
script_parse_mac(const char *s)
{
    struct eth_addr mac;

    if (!eth_addr_from_string(s, &mac)) {
        fail_msg("%s: bad MAC in script", s);
    }
    return mac;
}

/* See script.h. */
uint32_t
script_parse_u32(const char *s)
{
    unsigned long long int value = 0;

    if (!str_to_ullong(s, 0, &value) || value > UINT32_MAX) {
        fail_msg("%s: bad number in script", s);
    }
    return value;
}

/* See script.h. */
const char *
script_word(const struct svec *words, size_t i)
{
    if (i >= words->n) {
        fail_msg("%s: too few words in script", words->names[0]);
    }
    return words->names[i];
}

/* See script.h. */
uint32_t
script_u32(const struct svec *words, size_t i)
{
    return script_parse_u32(script_word(words, i));
}

/* See script.h. */
struct eth_addr
script_mac(const struct svec *words, size_t i)
{
    return script_parse_mac(script_word(words, i));
}

/* See script.h. */
struct in6_addr
script_ip(const struct svec *words, size_t i)
{
    return script_parse_ip(script_word(words, i));
}

/* See script.h. */
const char *
script_value(const struct svec *words, const char *key)
{
    size_t n = strlen(key);
    const char *word;
    size_t i;

    SVEC_FOR_EACH (i, word, words) {
        if (!strncmp(word, key, n) && word[n] == '=') {
            return word + n + 1;
        }
    }
    return NULL;
}

/* See script.h. */
uint32_t
script_value_u32(const struct svec *words, const char *key)
{
    const char *value = script_value(words, key);

    return value ? script_parse_u32(value) : 0;
}

/* See script.h. */
struct in6_addr
script_value_ip(const struct svec *words, const char *key)
{
    const char *value = script_value(words, key);

    return value ? script_parse_ip(value) : in6addr_any;
}

/* See script.h. */
bool
script_has(const struct svec *words, const char *word)
{
    return svec_contains_unsorted(words, word);
}

/* Returns 'ip' as text, in a buffer that the fourth next call reuses. */
const char *
script_ip_string(const struct in6_addr *ip)
{
    static char buffers[4][INET6_ADDRSTRLEN];
    static size_t i;

    return ipv6_string_mapped(buffers[i++ % ARRAY_SIZE(buffers)], ip);
}

/* See script.h. */
void
script_check(const char *name, const char *expected, const char *got)
{
    if (strcmp(got, expected)) {
        fail_msg("%s: expected\n%s--- got\n%s---", name, expected, got);
    }
}
