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
#include "flows/acl.h"

#include "flow.h"
#include "flows/acl-range.h"
#include "flows/pipeline.h"
#include "packets.h"
#include "util.h"

/* What is being multiplied out: each step sets its part of 'match' and goes
 * on with the next. */
struct expansion {
    const struct policy_rule *rule;
    enum acl_view view;
    bool prefixes;              /* Whether they are part of the match. */
    uint16_t ethertype;         /* Of 'match'. */
    struct match match;
    acl_match_cb *cb;
    void *aux;
};

static void
set_nw_src(struct match *match, enum acl_view view,
           const struct policy_prefix *prefix)
{
    if (IN6_IS_ADDR_V4MAPPED(&prefix->ip)) {
        ovs_be32 ip = in6_addr_get_mapped_ipv4(&prefix->ip);
        ovs_be32 mask = be32_prefix_mask(prefix->plen);

        if (view == ACL_VIEW_CT) {
            match_set_ct_nw_src_masked(match, ip, mask);
        } else {
            match_set_nw_src_masked(match, ip, mask);
        }
    } else {
        struct in6_addr mask = ipv6_create_mask(prefix->plen);

        if (view == ACL_VIEW_CT) {
            match_set_ct_ipv6_src_masked(match, &prefix->ip, &mask);
        } else {
            match_set_ipv6_src_masked(match, &prefix->ip, &mask);
        }
    }
}

static void
set_nw_dst(struct match *match, enum acl_view view,
           const struct policy_prefix *prefix)
{
    if (IN6_IS_ADDR_V4MAPPED(&prefix->ip)) {
        ovs_be32 ip = in6_addr_get_mapped_ipv4(&prefix->ip);
        ovs_be32 mask = be32_prefix_mask(prefix->plen);

        if (view == ACL_VIEW_CT) {
            match_set_ct_nw_dst_masked(match, ip, mask);
        } else {
            match_set_nw_dst_masked(match, ip, mask);
        }
    } else {
        struct in6_addr mask = ipv6_create_mask(prefix->plen);

        if (view == ACL_VIEW_CT) {
            match_set_ct_ipv6_dst_masked(match, &prefix->ip, &mask);
        } else {
            match_set_ipv6_dst_masked(match, &prefix->ip, &mask);
        }
    }
}

/* Makes 'match', which is for the IP version of 'prefix', want a remote
 * address in 'prefix', for a connection or packet in 'direction'. */
void
acl_match_remote(struct match *match, enum acl_view view,
                 enum policy_direction direction,
                 const struct policy_prefix *prefix)
{
    if (direction == POLICY_INGRESS) {
        set_nw_src(match, view, prefix);
    } else {
        set_nw_dst(match, view, prefix);
    }
}

static void
set_proto(struct match *match, enum acl_view view, uint8_t proto)
{
    if (view == ACL_VIEW_CT) {
        match_set_ct_nw_proto(match, proto);
    } else {
        match_set_nw_proto(match, proto);
    }
}

/* Ports or, in the view of conntrack, type and code. */
static void
set_tp_src(struct match *match, enum acl_view view, uint16_t value)
{
    if (view == ACL_VIEW_CT) {
        match_set_ct_tp_src(match, htons(value));
    } else {
        match_set_tp_src(match, htons(value));
    }
}

static void
set_tp_dst(struct match *match, enum acl_view view, uint16_t value,
           uint16_t mask)
{
    if (view == ACL_VIEW_CT) {
        match_set_ct_tp_dst_masked(match, htons(value), htons(mask));
    } else {
        match_set_tp_dst_masked(match, htons(value), htons(mask));
    }
}

/* The remote address, for the IP version at hand. */
static void
expand_prefixes(struct expansion *x)
{
    const struct policy_rule *rule = x->rule;

    if (!x->prefixes || !rule->n_prefixes) {
        struct match match = x->match;

        x->cb(&match, x->aux);
        return;
    }
    for (size_t i = 0; i < rule->n_prefixes; i++) {
        const struct policy_prefix *prefix = &rule->prefixes[i];
        bool ip4 = IN6_IS_ADDR_V4MAPPED(&prefix->ip);

        if (ip4 == (x->ethertype == ETH_TYPE_IP)) {
            struct match match = x->match;

            acl_match_remote(&match, x->view, rule->direction, prefix);
            x->cb(&match, x->aux);
        }
    }
}

/* 'range' of destination ports, in the view of conntrack. */
static void
expand_range(struct expansion *x, const struct acl_range *range)
{
    set_tp_dst(&x->match, x->view, range->value, range->mask);
    expand_prefixes(x);
}

/* The same for SCTP whose ports conntrack does not know (see acl.h): those of
 * the packet, whichever way it goes.  Later fragments have none. */
static void
expand_portless(struct expansion *x, const struct acl_range *range)
{
    struct match match = x->match;

    acl_match_portless(&x->match);
    match_set_nw_frag_masked(&x->match, 0, FLOW_NW_FRAG_LATER);
    for (int reply = 0; reply < 2; reply++) {
        struct match half = x->match;

        match_set_ct_state_masked(&x->match,
                                  CS_TRACKED | (reply ? CS_REPLY_DIR : 0),
                                  CS_TRACKED | CS_INVALID | CS_REPLY_DIR);
        if (reply) {
            match_set_tp_src_masked(&x->match, htons(range->value),
                                    htons(range->mask));
        } else {
            match_set_tp_dst_masked(&x->match, htons(range->value),
                                    htons(range->mask));
        }
        expand_prefixes(x);
        x->match = half;
    }
    x->match = match;
}

/* Makes 'match', which is for IPv4 or IPv6, want SCTP whose ports conntrack
 * does not know. */
void
acl_match_portless(struct match *match)
{
    match_set_nw_proto(match, IPPROTO_SCTP);
    match_set_ct_nw_proto(match, IPPROTO_SCTP);
    match_set_ct_tp_src(match, 0);
    match_set_ct_tp_dst(match, 0);
}

/* Type and code, or ports. */
static void
expand_ports(struct expansion *x, uint8_t proto)
{
    const struct policy_rule *rule = x->rule;

    if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
        if (rule->icmp_type >= 0) {
            set_tp_src(&x->match, x->view, rule->icmp_type);
        }
        if (rule->icmp_code >= 0) {
            set_tp_dst(&x->match, x->view, rule->icmp_code, UINT16_MAX);
        }
        expand_prefixes(x);
    } else if (rule->port_min >= 0) {
        bool sctp = proto == IPPROTO_SCTP;
        bool portless = sctp && x->view == ACL_VIEW_CT;
        /* There is no port 0 of SCTP (RFC 9260 section 3.1). */
        uint16_t min = sctp ? MAX(rule->port_min, 1) : rule->port_min;
        struct acl_range ranges[ACL_RANGE_MAX];
        size_t n = acl_range_split(min, rule->port_max, ranges);

        if (x->view == ACL_VIEW_PACKET) {
            /* Later fragments look as if they had port 0. */
            match_set_nw_frag_masked(&x->match, 0, FLOW_NW_FRAG_LATER);
        }
        for (size_t i = 0; i < n; i++) {
            struct match match = x->match;

            expand_range(x, &ranges[i]);
            x->match = match;
            if (portless) {
                expand_portless(x, &ranges[i]);
            }
        }
    } else {
        expand_prefixes(x);
    }
}

static void
expand_protocol(struct expansion *x)
{
    const struct policy_rule *rule = x->rule;

    if (rule->protocol >= 0) {
        set_proto(&x->match, x->view, rule->protocol);
        expand_ports(x, rule->protocol);
    } else if (rule->port_min >= 0) {
        static const uint8_t protos[] = {
            IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP
        };

        for (size_t i = 0; i < ARRAY_SIZE(protos); i++) {
            set_proto(&x->match, x->view, protos[i]);
            expand_ports(x, protos[i]);
        }
    } else {
        expand_prefixes(x);
    }
}

/* Calls 'cb' with 'aux' and each of the matches that together are what 'rule'
 * matches, in 'view'; with 'prefixes', its prefixes are among them.  The
 * matches do not tell the direction. */
void
acl_match_rule(const struct policy_rule *rule, enum acl_view view,
               bool prefixes, acl_match_cb *cb, void *aux)
{
    static const uint16_t ethertypes[] = { ETH_TYPE_IP, ETH_TYPE_IPV6 };

    for (size_t i = 0; i < ARRAY_SIZE(ethertypes); i++) {
        struct expansion x = {
            .rule = rule,
            .view = view,
            .prefixes = prefixes,
            .ethertype = ethertypes[i],
            .cb = cb,
            .aux = aux,
        };

        if (policy_rule_covers(rule, ethertypes[i])) {
            acl_match_init(&x.match, view, ethertypes[i]);
            expand_protocol(&x);
        }
    }
}

static void
count_match(struct match *match OVS_UNUSED, void *n_)
{
    size_t *n = n_;

    ++*n;
}

/* Returns true if 'rule' has too many prefixes to be multiplied out. */
static bool
has_many_prefixes(const struct policy_rule *rule)
{
    size_t n = 0;

    if (rule->n_prefixes > 1) {
        acl_match_rule(rule, ACL_VIEW_CT, false, count_match, &n);
    }
    return n * rule->n_prefixes > ACL_INLINE_MAX;
}

/* Returns true if the remote address of 'rule' is looked up in a set. */
bool
acl_rule_has_set(const struct policy_rule *rule)
{
    return rule->remote || has_many_prefixes(rule);
}

/* Returns the set that 'rule' is for; 0, which stands for any address, if it
 * has none. */
uint64_t
acl_rule_set(const struct policy_rule *rule)
{
    return (rule->remote ? rule->remote->tag
            : has_many_prefixes(rule) ? acl_rule_id(rule)
            : 0);
}
