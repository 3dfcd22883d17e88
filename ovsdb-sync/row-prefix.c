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
#include "ovsdb-sync/row-prefix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/ident.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "util.h"

static int
max_len(const struct in6_addr *ip)
{
    return IN6_IS_ADDR_V4MAPPED(ip) ? 32 : 128;
}

/* Returns 'ip' with all bits after the first 'len' zero. */
static struct in6_addr
mask_ip(const struct in6_addr *ip, int len)
{
    struct in6_addr mask
        = ipv6_create_mask(len + 128 - max_len(ip));

    return ipv6_addr_bitand(ip, &mask);
}

/* Parses 's' as a range of addresses, or as the range of one. */
char *
row_prefix_parse(const char *s, struct policy_prefix *prefix)
{
    struct in6_addr network, ip;
    char *error = NULL;
    int len;

    memset(prefix, 0, sizeof *prefix);
    if (!ident_parse_prefix(s, &ip, &len)) {
        return xasprintf("\"%s\" is malformed; write it as \"10.0.0.0/24\" or "
                         "\"2001:db8::/64\"", s);
    }
    network = mask_ip(&ip, len);
    if (!ipv6_addr_equals(&network, &ip)) {
        char *text = row_format_ip(&network);

        error = xasprintf("\"%s\" has bits behind its length; write "
                          "\"%s/%d\", or the address without a length",
                          s, text, len);
        free(text);
        return error;
    }
    if (len == max_len(&ip)) {
        /* That of one host. */
        char *text = row_format_ip(&ip);

        error = row_parse_ip(text, &ip);
        free(text);
    } else if (IN6_IS_ADDR_MULTICAST(&ip)
               || (IN6_IS_ADDR_V4MAPPED(&ip) && ip.s6_addr[12] >> 4 == 0xe)) {
        error = xasprintf("\"%s\" is a multicast range; give addresses that "
                          "hosts have", s);
    }
    if (!error) {
        prefix->ip = ip;
        prefix->plen = len;
    }
    return error;
}

/* Parses 's' as an address pair: "PREFIX" or "PREFIX MAC", as Neutron's
 * allowed_address_pairs. */
char *
row_prefix_parse_pair(const char *s, struct address_pair *pair)
{
    const char *space = strchr(s, ' ');
    char *prefix = xmemdup0(s, space ? space - s : strlen(s));
    char *error = row_prefix_parse(prefix, &pair->prefix);

    pair->mac = eth_addr_zero;
    if (!error && space) {
        error = row_parse_mac(space + 1, &pair->mac);
    }
    if (error) {
        memset(pair, 0, sizeof *pair);
    }
    free(prefix);
    return error;
}

/* Returns 'pair' as malloc'd text that row_prefix_parse_pair() takes; all
 * texts of one pair become the same. */
char *
row_prefix_format_pair(const struct address_pair *pair)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ipv6_format_mapped(&pair->prefix.ip, &s);
    if (pair->prefix.plen != max_len(&pair->prefix.ip)) {
        ds_put_format(&s, "/%d", pair->prefix.plen);
    }
    if (!eth_addr_is_zero(pair->mac)) {
        ds_put_format(&s, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(pair->mac));
    }
    return ds_steal_cstr(&s);
}

static bool
has_pair(const struct row_pairs *row, const struct address_pair *pair)
{
    for (size_t i = 0; i < row->n; i++) {
        const struct address_pair *p = &row->pairs[i];

        if (ipv6_addr_equals(&p->prefix.ip, &pair->prefix.ip)
            && p->prefix.plen == pair->prefix.plen
            && eth_addr_equals(p->mac, pair->mac)) {
            return true;
        }
    }
    return false;
}

/* Reads the 'n' strings 'pairs' of a Port row into 'row', which the caller
 * frees with row_pairs_uninit(). */
void
row_pairs_parse(struct row_pairs *row, char *const *pairs, size_t n)
{
    struct ds errors = DS_EMPTY_INITIALIZER;

    row->pairs = xmalloc(MAX(n, 1) * sizeof *row->pairs);
    row->n = 0;
    for (size_t i = 0; i < n; i++) {
        struct address_pair pair;
        char *error = row_prefix_parse_pair(pairs[i], &pair);

        if (!error && has_pair(row, &pair)) {
            error = xasprintf("\"%s\" is there twice; keep one", pairs[i]);
        }
        if (error) {
            ds_put_format(&errors, "%sallowed_address_pairs: %s",
                          errors.length ? "; " : "", error);
            free(error);
        } else {
            row->pairs[row->n++] = pair;
        }
    }
    row->error = errors.length ? ds_steal_cstr(&errors) : NULL;
    ds_destroy(&errors);
}

/* Frees what 'row' holds; 'row' itself stays the caller's. */
void
row_pairs_uninit(struct row_pairs *row)
{
    free(row->pairs);
    free(row->error);
}
