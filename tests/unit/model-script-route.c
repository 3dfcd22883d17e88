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
#include "tests/unit/model-script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

/* Parses 's', PREFIX/LEN. */
static struct in6_addr
parse_prefix(const char *s, uint8_t *plen)
{
    const char *slash = strchr(s, '/');
    struct in6_addr ip;
    char *copy;

    assert_non_null(slash);
    copy = xmemdup0(s, slash - s);
    ip = script_parse_ip(copy);
    *plen = (script_parse_u32(slash + 1)
             + (IN6_IS_ADDR_V4MAPPED(&ip) ? 96 : 0));
    free(copy);
    return ip;
}

/* Parses 's', [l3/]VNI/[IP]. */
static struct route_hop
parse_hop(const char *s)
{
    struct route_hop hop = { .l3 = !strncmp(s, "l3/", 3) };
    int n = 0;

    s += hop.l3 ? 3 : 0;
    assert_true(ovs_scan(s, "%"SCNu32"/%n", &hop.vni, &n));
    hop.ip = s[n] ? script_parse_ip(s + n) : in6addr_any;
    return hop;
}

static void
do_route(struct model *m, const struct svec *words)
{
    struct route_hop hops[8];
    struct fact_route fact = { .hops = hops };

    fact.prefix = parse_prefix(script_word(words, 2), &fact.plen);
    for (size_t i = 3; i < words->n; i++) {
        assert_true(fact.n_hops < ARRAY_SIZE(hops));
        hops[fact.n_hops++] = parse_hop(words->names[i]);
    }
    model_put_route(m, script_u32(words, 1), &fact);
}

/* Puts the fact of one line, 'words', into 'm' if it is about routes. */
bool
model_script_route(struct model *m, const struct svec *words)
{
    const char *what = script_word(words, 0);
    struct in6_addr ip;
    uint8_t plen;

    if (!strcmp(what, "route")) {
        do_route(m, words);
    } else if (!strcmp(what, "del-route")) {
        ip = parse_prefix(script_word(words, 2), &plen);
        model_del_route(m, script_u32(words, 1), &ip, plen);
    } else if (!strcmp(what, "router-mac")) {
        ip = script_ip(words, 2);
        model_put_router_mac(m, script_u32(words, 1), &ip,
                             script_mac(words, 3));
    } else if (!strcmp(what, "adopt-router-mac")) {
        ip = script_ip(words, 2);
        model_adopt_router_mac(m, script_u32(words, 1), &ip,
                               script_mac(words, 3));
    } else if (!strcmp(what, "del-router-mac")) {
        ip = script_ip(words, 2);
        model_del_router_mac(m, script_u32(words, 1), &ip);
    } else {
        return false;
    }
    return true;
}
