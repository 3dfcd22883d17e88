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
#include "ovs-ext/model/policy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Prefixes that policy_rule_format() tells; of more, the number. */
#define FORMAT_PREFIXES 4

/* Returns "ingress" or "egress". */
const char *
policy_direction_string(enum policy_direction direction)
{
    return direction == POLICY_INGRESS ? "ingress" : "egress";
}

/* Returns "allow", "drop" or "reject". */
const char *
policy_action_string(enum policy_action action)
{
    return (action == POLICY_ALLOW ? "allow"
            : action == POLICY_DROP ? "drop"
            : "reject");
}

/* Returns how many of the 128 bits of its address 'prefix' fixes. */
static int
prefix_bits(const struct policy_prefix *prefix)
{
    return prefix->plen + (IN6_IS_ADDR_V4MAPPED(&prefix->ip) ? 96 : 0);
}

static bool
prefix_is_ip4(const struct policy_prefix *prefix)
{
    return IN6_IS_ADDR_V4MAPPED(&prefix->ip);
}

/* Orders prefixes: IPv4 first, then by address; what contains another comes
 * before it. */
int
policy_prefix_compare_3way(const struct policy_prefix *a,
                           const struct policy_prefix *b)
{
    int cmp;

    if (prefix_is_ip4(a) != prefix_is_ip4(b)) {
        return prefix_is_ip4(a) ? -1 : 1;
    }
    cmp = memcmp(&a->ip, &b->ip, sizeof a->ip);
    return cmp ? cmp : a->plen - b->plen;
}

static int
compare_prefixes(const void *a, const void *b)
{
    return policy_prefix_compare_3way(a, b);
}

/* Returns true if 'ip' (IPv4 is mapped) is in 'prefix'. */
bool
policy_prefix_contains(const struct policy_prefix *prefix,
                       const struct in6_addr *ip)
{
    struct in6_addr mask = ipv6_create_mask(prefix_bits(prefix));
    struct in6_addr masked = ipv6_addr_bitand(ip, &mask);

    return (!IN6_IS_ADDR_V4MAPPED(ip) == !prefix_is_ip4(prefix)
            && ipv6_addr_equals(&masked, &prefix->ip));
}

/* Clears what is behind the length of each of the 'n' prefixes in 'prefixes',
 * sorts them and removes those that are in another one.  Returns how many are
 * left. */
size_t
policy_prefixes_normalize(struct policy_prefix *prefixes, size_t n)
{
    size_t n_left = 0;

    for (size_t i = 0; i < n; i++) {
        struct in6_addr mask = ipv6_create_mask(prefix_bits(&prefixes[i]));

        prefixes[i].ip = ipv6_addr_bitand(&prefixes[i].ip, &mask);
    }
    if (n) {
        qsort(prefixes, n, sizeof *prefixes, compare_prefixes);
    }
    for (size_t i = 0; i < n; i++) {
        if (!n_left || !policy_prefix_contains(&prefixes[n_left - 1],
                                               &prefixes[i].ip)) {
            prefixes[n_left++] = prefixes[i];
        }
    }
    return n_left;
}

/* Appends 'prefix' to 's': "10.0.0.0/8". */
void
policy_prefix_format(const struct policy_prefix *prefix, struct ds *s)
{
    ipv6_format_mapped(&prefix->ip, s);
    ds_put_format(s, "/%"PRIu8, prefix->plen);
}

/* Returns true if there are packets with 'ethertype' (ETH_TYPE_IP or
 * ETH_TYPE_IPV6) that 'rule' matches, or may match, as far as a remote group
 * has such addresses. */
bool
policy_rule_covers(const struct policy_rule *rule, uint16_t ethertype)
{
    bool ip4 = ethertype == ETH_TYPE_IP;

    if ((rule->ethertype && rule->ethertype != ethertype)
        || rule->protocol == (ip4 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        return false;
    }
    /* IPv4 comes first. */
    return (!rule->n_prefixes
            || prefix_is_ip4(&rule->prefixes[ip4 ? 0 : rule->n_prefixes - 1])
               == ip4);
}

static void
format_protocol(const struct policy_rule *rule, struct ds *s)
{
    switch (rule->protocol) {
    case -1:
        ds_put_cstr(s, " all");
        break;
    case IPPROTO_TCP:
        ds_put_cstr(s, " tcp");
        break;
    case IPPROTO_UDP:
        ds_put_cstr(s, " udp");
        break;
    case IPPROTO_SCTP:
        ds_put_cstr(s, " sctp");
        break;
    case IPPROTO_ICMP:
        ds_put_cstr(s, " icmp");
        break;
    case IPPROTO_ICMPV6:
        ds_put_cstr(s, " icmpv6");
        break;
    default:
        ds_put_format(s, " %d", rule->protocol);
        break;
    }
    if (rule->port_min >= 0) {
        ds_put_format(s, " %d", rule->port_min);
        if (rule->port_max != rule->port_min) {
            ds_put_format(s, "-%d", rule->port_max);
        }
    }
    if (rule->icmp_type >= 0) {
        ds_put_format(s, " %d", rule->icmp_type);
        if (rule->icmp_code >= 0) {
            ds_put_format(s, "/%d", rule->icmp_code);
        }
    }
}

static void
format_remote(const struct policy_rule *rule, struct ds *s)
{
    const char *word = rule->direction == POLICY_INGRESS ? "from" : "to";

    if (rule->remote) {
        ds_put_format(s, " %s group %s", word, rule->remote->name);
    }
    for (size_t i = 0; i < rule->n_prefixes; i++) {
        if (i == FORMAT_PREFIXES) {
            ds_put_format(s, " and %"PRIuSIZE" more", rule->n_prefixes - i);
            break;
        }
        if (i) {
            ds_put_char(s, ',');
        } else {
            ds_put_format(s, " %s ", word);
        }
        policy_prefix_format(&rule->prefixes[i], s);
    }
}

/* Appends what 'rule' says to 's', without its priority: "allow ingress tcp
 * 80-443 from 10.0.0.0/8,fd00::/8 log". */
void
policy_rule_format(const struct policy_rule *rule, struct ds *s)
{
    ds_put_format(s, "%s %s", policy_action_string(rule->action),
                  policy_direction_string(rule->direction));
    if (rule->ethertype) {
        ds_put_cstr(s, rule->ethertype == ETH_TYPE_IP ? " ipv4" : " ipv6");
    }
    format_protocol(rule, s);
    format_remote(rule, s);
    if (rule->stateless) {
        ds_put_cstr(s, " stateless");
    }
    if (rule->log) {
        ds_put_cstr(s, " log");
    }
}
