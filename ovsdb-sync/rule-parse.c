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
#include "ovsdb-sync/rule-parse.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/policy.h"
#include "packets.h"
#include "util.h"

/* Initializes 'columns' as those of a row in which all is empty. */
void
rule_columns_init(struct rule_columns *columns)
{
    memset(columns, 0, sizeof *columns);
    columns->port_min = columns->port_max = -1;
    columns->icmp_type = columns->icmp_code = -1;
}

/* Parses 's' as a number from 0 to 'max', in digits only. */
static bool
parse_number(const char *s, size_t len, int max, int64_t *value)
{
    int64_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9') {
            return false;
        }
        n = n * 10 + (s[i] - '0');
        if (n > max) {
            return false;
        }
    }
    *value = n;
    return len > 0;
}

/* Parses 's' as an IP protocol, by name or number; -1 is that for "all". */
char *
rule_parse_protocol(const char *s, int *protocol)
{
    static const struct {
        const char *name;
        int number;
    } names[] = {
        { "all", -1 },
        { "icmp", IPPROTO_ICMP },
        { "igmp", IPPROTO_IGMP },
        { "tcp", IPPROTO_TCP },
        { "udp", IPPROTO_UDP },
        { "gre", 47 },
        { "esp", 50 },
        { "ah", 51 },
        { "icmpv6", IPPROTO_ICMPV6 },
        { "ospf", 89 },
        { "vrrp", 112 },
        { "sctp", IPPROTO_SCTP },
    };
    int64_t number;

    *protocol = -1;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (!strcmp(s, names[i].name)) {
            *protocol = names[i].number;
            return NULL;
        }
    }
    if (parse_number(s, strlen(s), 255, &number)) {
        *protocol = number;
        return NULL;
    }
    return xasprintf("protocol \"%s\" is not known; write tcp, udp, icmp, "
                     "icmpv6, sctp, all, or a number from 0 to 255", s);
}

/* Parses 's', an address with or without a prefix length, and clears what is
 * behind the length. */
char *
rule_parse_prefix(const char *s, struct policy_prefix *prefix)
{
    int plen;

    memset(prefix, 0, sizeof *prefix);
    if (!ident_parse_prefix(s, &prefix->ip, &plen)) {
        return xasprintf("\"%s\" is not an IPv4 or IPv6 network; write "
                         "ADDRESS/LENGTH, for instance 10.0.0.0/8", s);
    }
    prefix->plen = plen;
    policy_prefixes_normalize(prefix, 1);
    return NULL;
}

/* Returns 'prefix' as malloc'd text: "10.0.0.0/8". */
char *
rule_format_prefix(const struct policy_prefix *prefix)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    policy_prefix_format(prefix, &s);
    return ds_steal_cstr(&s);
}

/* Parses 's', a port or a range: "80", "80-443". */
char *
rule_parse_ports(const char *s, int64_t *port_min, int64_t *port_max)
{
    size_t len = strcspn(s, "-");
    const char *rest = s[len] ? s + len + 1 : s;

    if (parse_number(s, len, UINT16_MAX, port_min)
        && parse_number(rest, strlen(rest), UINT16_MAX, port_max)
        && *port_min <= *port_max) {
        return NULL;
    }
    *port_min = *port_max = -1;
    return xasprintf("\"%s\" is not a port or range of ports; write PORT or "
                     "MIN-MAX, from 0 to 65535", s);
}

/* Parses 's', an ICMP type with or without a code: "8", "8/0". */
char *
rule_parse_icmp(const char *s, int64_t *type, int64_t *code)
{
    size_t len = strcspn(s, "/");

    *code = -1;
    if (parse_number(s, len, UINT8_MAX, type)
        && (!s[len] || parse_number(s + len + 1, strlen(s + len + 1),
                                    UINT8_MAX, code))) {
        return NULL;
    }
    *type = *code = -1;
    return xasprintf("\"%s\" is not an ICMP type; write TYPE or TYPE/CODE, "
                     "from 0 to 255", s);
}

static char *
parse_direction(const struct rule_columns *c, struct fact_rule *fact)
{
    bool ingress = c->direction && !strcmp(c->direction, "ingress");

    fact->direction = ingress ? POLICY_INGRESS : POLICY_EGRESS;
    if (!ingress && (!c->direction || strcmp(c->direction, "egress"))) {
        return xasprintf("direction \"%s\" is not known; write ingress or "
                         "egress", c->direction ? c->direction : "");
    }
    return NULL;
}

static char *
parse_action(const struct rule_columns *c, struct fact_rule *fact)
{
    static const enum policy_action actions[] = {
        POLICY_ALLOW, POLICY_DROP, POLICY_REJECT,
    };

    fact->action = POLICY_DROP;
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
        if (c->action && !strcmp(c->action,
                                 policy_action_string(actions[i]))) {
            fact->action = actions[i];
            return NULL;
        }
    }
    return xasprintf("action \"%s\" is not known; write allow, drop or "
                     "reject", c->action ? c->action : "");
}

static char *
parse_priority(const struct rule_columns *c, struct fact_rule *fact)
{
    bool ok = c->priority >= 0 && c->priority <= INT16_MAX;

    fact->priority = ok ? c->priority : 0;
    return ok ? NULL : xasprintf("priority %"PRId64" is not in the range "
                                 "0...32767", c->priority);
}

static char *
parse_ethertype(const struct rule_columns *c, struct fact_rule *fact)
{
    if (!c->ethertype) {
        fact->ethertype = 0;
    } else if (!strcmp(c->ethertype, "ipv4")) {
        fact->ethertype = ETH_TYPE_IP;
    } else if (!strcmp(c->ethertype, "ipv6")) {
        fact->ethertype = ETH_TYPE_IPV6;
    } else {
        return xasprintf("ethertype \"%s\" is not known; write ipv4 or ipv6",
                         c->ethertype);
    }
    return NULL;
}

static bool
in_range(int64_t value, int max)
{
    return value >= -1 && value <= max;
}

/* The ports, for which 'fact' knows the protocol. */
static char *
parse_ports(const struct rule_columns *c, struct fact_rule *fact)
{
    fact->port_min = fact->port_max = -1;
    if (c->port_min == -1 && c->port_max == -1) {
        return NULL;
    } else if (fact->protocol != IPPROTO_TCP && fact->protocol != IPPROTO_UDP
               && fact->protocol != IPPROTO_SCTP) {
        return xstrdup("it has ports, but its protocol is not tcp, udp or "
                       "sctp");
    } else if (c->port_min == -1) {
        return xstrdup("it has port_max without port_min");
    } else if (!in_range(c->port_min, UINT16_MAX)
               || !in_range(c->port_max, UINT16_MAX)) {
        return xstrdup("a port is not in the range 0...65535");
    } else if (c->port_max != -1 && c->port_min > c->port_max) {
        return xasprintf("port_min %"PRId64" is greater than port_max "
                         "%"PRId64, c->port_min, c->port_max);
    }
    fact->port_min = c->port_min;
    fact->port_max = c->port_max == -1 ? c->port_min : c->port_max;
    return NULL;
}

/* The same for ICMP. */
static char *
parse_icmp(const struct rule_columns *c, struct fact_rule *fact)
{
    fact->icmp_type = fact->icmp_code = -1;
    if (c->icmp_type == -1 && c->icmp_code == -1) {
        return NULL;
    } else if (fact->protocol != IPPROTO_ICMP
               && fact->protocol != IPPROTO_ICMPV6) {
        return xstrdup("it has an ICMP type or code, but its protocol is not "
                       "icmp or icmpv6");
    } else if (c->icmp_type == -1) {
        return xstrdup("it has icmp_code without icmp_type");
    } else if (!in_range(c->icmp_type, UINT8_MAX)
               || !in_range(c->icmp_code, UINT8_MAX)) {
        return xstrdup("an ICMP type or code is not in the range 0...255");
    }
    fact->icmp_type = c->icmp_type;
    fact->icmp_code = c->icmp_code;
    return NULL;
}

static char *
parse_protocol(const struct rule_columns *c, struct fact_rule *fact)
{
    fact->protocol = -1;
    return c->protocol ? rule_parse_protocol(c->protocol, &fact->protocol)
                       : NULL;
}

/* The remote end. */
static char *
parse_remote(const struct rule_columns *c, struct fact_rule *fact,
             struct policy_prefix **prefixes)
{
    *prefixes = xmalloc(MAX(c->n_cidrs, 1) * sizeof **prefixes);
    fact->prefixes = *prefixes;
    for (size_t i = 0; i < c->n_cidrs; i++) {
        char *error = rule_parse_prefix(c->cidrs[i], &(*prefixes)[i]);

        if (error) {
            return error;
        }
        fact->n_prefixes++;
    }
    if (c->has_remote && c->n_cidrs) {
        return xstrdup("it has both remote_cidrs and remote_group; make it "
                       "two rules");
    }
    return NULL;
}

/* Does what 'fact' says of the IP version fit together? */
static char *
check_versions(const struct fact_rule *fact)
{
    bool icmp = fact->protocol == IPPROTO_ICMP;
    bool icmpv6 = fact->protocol == IPPROTO_ICMPV6;
    bool no4 = fact->ethertype == ETH_TYPE_IPV6 || icmpv6;
    bool no6 = fact->ethertype == ETH_TYPE_IP || icmp;

    if (no4 && no6) {
        return xasprintf("its ethertype is not that of %s; write %s",
                         icmp ? "icmp" : "icmpv6", icmp ? "icmpv6" : "icmp");
    }
    for (size_t i = 0; i < fact->n_prefixes; i++) {
        bool ip4 = IN6_IS_ADDR_V4MAPPED(&fact->prefixes[i].ip);

        if (ip4 ? no4 : no6) {
            char *prefix = rule_format_prefix(&fact->prefixes[i]);
            char *error = xasprintf("remote network %s is IPv%d, and the rest "
                                    "of the rule is for IPv%d", prefix,
                                    ip4 ? 4 : 6, ip4 ? 6 : 4);

            free(prefix);
            return error;
        }
    }
    return NULL;
}

/* Reads 'columns' into the members of '*fact' that they are about; the rest of
 * it becomes zero.  '*prefixes', which the caller frees, is what
 * 'fact->prefixes' points to.  With an error, 'fact' has as much as makes
 * sense. */
char *
rule_parse(const struct rule_columns *columns, struct fact_rule *fact,
           struct policy_prefix **prefixes)
{
    static const struct {
        char *(*parse)(const struct rule_columns *, struct fact_rule *);
    } parsers[] = {
        { parse_direction },
        { parse_action },
        { parse_priority },
        { parse_ethertype },
        { parse_protocol },
        { parse_ports },
        { parse_icmp },
    };
    char *error = NULL;

    memset(fact, 0, sizeof *fact);
    fact->has_remote = columns->has_remote;
    for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
        char *another = parsers[i].parse(columns, fact);

        if (error) {
            free(another);
        } else {
            error = another;
        }
    }
    if (!error) {
        error = parse_remote(columns, fact, prefixes);
    } else {
        *prefixes = NULL;
    }
    return error ? error : check_versions(fact);
}
