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
#include "ovsdb-sync/rule-import.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "svec.h"
#include "util.h"

/* Adds to 'values' what 'columns' say with those of the networks in 'cidrs'
 * that are IPv6, or the others, as 'ip6' tells.  Without networks, CloudStack
 * means IPv4 by "icmp". */
static char *
add_icmp(const struct rule_columns *columns, const struct svec *cidrs,
         bool ip6, struct rule_values *values)
{
    struct svec some = SVEC_EMPTY_INITIALIZER;
    struct rule_columns c = *columns;
    char *error = NULL;
    const char *cidr;
    size_t i;

    SVEC_FOR_EACH (i, cidr, cidrs) {
        if (!strchr(cidr, ':') == !ip6) {
            svec_add(&some, cidr);
        }
    }
    c.protocol = ip6 ? "icmpv6" : "icmp";
    c.cidrs = (const char *const *) some.names;
    c.n_cidrs = some.n;
    if (some.n || (!ip6 && !cidrs->n)) {
        error = rule_values_add(values, &c);
    }
    svec_destroy(&some);
    return error;
}

/* Adds to 'values' what 'columns' say with the networks in 'cidrs'. */
static char *
add_rule(struct rule_columns *columns, const struct svec *cidrs,
         struct rule_values *values)
{
    if (columns->protocol && !strcmp(columns->protocol, "icmp")) {
        char *error = add_icmp(columns, cidrs, false, values);

        return error ? error : add_icmp(columns, cidrs, true, values);
    }
    columns->cidrs = (const char *const *) cidrs->names;
    columns->n_cidrs = cidrs->n;
    return rule_values_add(values, columns);
}

static char *
lower_case(const char *s)
{
    char *copy = xstrdup(s);

    for (char *p = copy; *p; p++) {
        *p = tolower((unsigned char) *p);
    }
    return copy;
}

static bool
is_icmp(const char *protocol)
{
    return (protocol && (!strcmp(protocol, "icmp") || !strcmp(protocol, "1")
                         || !strcmp(protocol, "icmpv6")
                         || !strcmp(protocol, "58")));
}

/* Network ACLs. */

/* The members of one rule. */
struct acl_rule {
    int64_t number;
    char *action;
    char *direction;
    char *protocol;
    int64_t port_start, port_end;
    int64_t icmp_type, icmp_code;
    struct svec cidrs;
};

/* Stores in '*value' the member 'name' of 'object' as a number; -1 if it is
 * not there. */
static char *
get_number(const struct shash *object, const char *name, int64_t *value)
{
    const struct json *json = shash_find_data(object, name);

    *value = -1;
    if (!json || json->type == JSON_NULL) {
        return NULL;
    } else if (json->type == JSON_INTEGER) {
        *value = json->integer;
        return NULL;
    } else if (json->type == JSON_STRING) {
        long long int number;

        if (str_to_llong(json_string(json), 10, &number)) {
            *value = number;
            return NULL;
        }
    }
    return xasprintf("\"%s\" is not a number", name);
}

/* Stores in '*value' the member 'name' of 'object' as malloc'd text in lower
 * case; null if it is not there. */
static char *
get_string(const struct shash *object, const char *name, char **value)
{
    const struct json *json = shash_find_data(object, name);

    *value = NULL;
    if (!json || json->type == JSON_NULL) {
        return NULL;
    } else if (json->type == JSON_STRING) {
        *value = lower_case(json_string(json));
        return NULL;
    } else if (json->type == JSON_INTEGER) {
        *value = xasprintf("%lld", (long long int) json->integer);
        return NULL;
    }
    return xasprintf("\"%s\" is not a string", name);
}

static char *
get_cidrs(const struct shash *object, struct svec *cidrs)
{
    const struct json *json = shash_find_data(object, "sourceCidrs");

    if (!json || json->type == JSON_NULL) {
        return NULL;
    } else if (json->type != JSON_ARRAY) {
        return xstrdup("\"sourceCidrs\" is not an array");
    }
    for (size_t i = 0; i < json->array.n; i++) {
        if (json->array.elems[i]->type != JSON_STRING) {
            return xstrdup("\"sourceCidrs\" has something that is not a "
                           "string");
        }
        svec_add(cidrs, json_string(json->array.elems[i]));
    }
    return NULL;
}

static char *
acl_rule_read(const struct shash *object, struct acl_rule *rule)
{
    char *error = NULL;

    (void) ((error = get_number(object, "number", &rule->number))
            || (error = get_string(object, "action", &rule->action))
            || (error = get_string(object, "trafficType", &rule->direction))
            || (error = get_string(object, "protocol", &rule->protocol))
            || (error = get_number(object, "portStart", &rule->port_start))
            || (error = get_number(object, "portEnd", &rule->port_end))
            || (error = get_number(object, "icmpType", &rule->icmp_type))
            || (error = get_number(object, "icmpCode", &rule->icmp_code))
            || (error = get_cidrs(object, &rule->cidrs)));
    return error;
}

static char *
acl_rule_add(const struct acl_rule *rule, struct rule_values *values)
{
    bool icmp = is_icmp(rule->protocol);
    struct rule_columns columns;

    if (rule->number < 0 || rule->number > RULE_NUMBER_MAX) {
        return xasprintf("\"number\" is not there, or not in the range "
                         "0...%d", RULE_NUMBER_MAX);
    } else if (!rule->action || (strcmp(rule->action, "allow")
                                 && strcmp(rule->action, "deny"))) {
        return xasprintf("\"action\" is not \"allow\" or \"deny\"");
    } else if (!rule->direction) {
        return xstrdup("there is no \"trafficType\"");
    }
    rule_columns_init(&columns);
    columns.direction = rule->direction;
    columns.priority = RULE_NUMBER_MAX - rule->number;
    columns.protocol = rule->protocol;
    columns.action = strcmp(rule->action, "deny") ? "allow" : "drop";
    columns.port_min = icmp ? -1 : rule->port_start;
    columns.port_max = icmp ? -1 : rule->port_end;
    columns.icmp_type = icmp ? rule->icmp_type : -1;
    columns.icmp_code = icmp ? rule->icmp_code : -1;
    return add_rule(&columns, &rule->cidrs, values);
}

static char *
import_acl_rule(const struct json *json, struct rule_values *values)
{
    struct acl_rule rule = { .cidrs = SVEC_EMPTY_INITIALIZER };
    char *error;

    if (json->type != JSON_OBJECT) {
        return xstrdup("it is not an object");
    }
    error = acl_rule_read(json->object, &rule);
    if (!error) {
        error = acl_rule_add(&rule, values);
    }
    free(rule.action);
    free(rule.direction);
    free(rule.protocol);
    svec_destroy(&rule.cidrs);
    return error;
}

/* Returns the array of rules in 'json', or null. */
static const struct json *
find_acl_rules(const struct json *json)
{
    static const char *const names[] = { "payload", "acl_rules" };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (json->type == JSON_OBJECT) {
            const struct json *member = shash_find_data(json->object,
                                                        names[i]);

            json = member ? member : json;
        }
    }
    return json->type == JSON_ARRAY ? json : NULL;
}

/* Returns an error if a rule from 'first' on has the number of one before. */
static char *
check_numbers(const struct rule_values *values, size_t first)
{
    for (size_t i = first; i < values->n; i++) {
        for (size_t j = 0; j < first; j++) {
            if (values->rules[i].fact.priority
                == values->rules[j].fact.priority) {
                return xasprintf("number %d is that of a rule before, too",
                                 RULE_NUMBER_MAX
                                 - values->rules[i].fact.priority);
            }
        }
    }
    return NULL;
}

/* See rule-import.h. */
char *
rule_import_acl(const char *text, struct rule_values *values)
{
    struct json *json = json_from_string(text);
    const struct json *rules = find_acl_rules(json);
    char *error = NULL;

    memset(values, 0, sizeof *values);
    if (!rules) {
        error = (json->type == JSON_STRING
                 ? xasprintf("this is not JSON: %s", json_string(json))
                 : xstrdup("there is no array \"acl_rules\""));
    }
    for (size_t i = 0; !error && i < rules->array.n; i++) {
        size_t first = values->n;
        char *reason = import_acl_rule(rules->array.elems[i], values);

        if (!reason) {
            reason = check_numbers(values, first);
        }
        if (reason) {
            error = xasprintf("rule %"PRIuSIZE": %s", i + 1, reason);
            free(reason);
        }
    }
    json_destroy(json);
    if (error) {
        rule_values_uninit(values);
    }
    return error;
}

/* Security groups. */

/* Takes what is before 'delimiter' from '*s', which then is behind it.
 * Returns it, malloc'd, or null if there is no 'delimiter'. */
static char *
take(const char **s, char delimiter)
{
    const char *end = strchr(*s, delimiter);
    char *word = end ? xmemdup0(*s, end - *s) : NULL;

    if (end) {
        *s = end + 1;
    }
    return word;
}

/* Parses 'word' as a number from -1 up, which "start" and "end" are. */
static bool
parse_number(const char *word, int64_t *value)
{
    long long int number;
    const char *digits = word[0] == '-' ? word + 1 : word;

    if (!digits[0] || digits[strspn(digits, "0123456789")]
        || !str_to_llong(word, 10, &number) || number < -1) {
        return false;
    }
    *value = number;
    return true;
}

/* The parts of one rule. */
struct group_rule {
    char *direction;            /* "I" or "E". */
    char *protocol;
    char *start, *end;
    struct svec cidrs;
};

/* Takes one rule from '*s' apart. */
static char *
group_rule_read(const char **s, struct group_rule *rule)
{
    char *word;

    rule->direction = take(s, ':');
    if (!rule->direction || (strcmp(rule->direction, "I")
                             && strcmp(rule->direction, "E"))) {
        return xstrdup("it does not start with \"I:\" or \"E:\"");
    }
    rule->protocol = take(s, ';');
    rule->start = take(s, ';');
    rule->end = take(s, ';');
    if (!rule->protocol || !rule->start || !rule->end) {
        return xstrdup("it is not \"PROTOCOL;START;END;NETWORK,...,NEXT;\"");
    }
    while ((word = take(s, ','))) {
        svec_add_nocopy(&rule->cidrs, word);
        if (!strncmp(*s, "NEXT", 4) && !isalnum((unsigned char) (*s)[4])) {
            *s += 4;
            return NULL;
        }
    }
    return xstrdup("there is no \"NEXT;\" at its end");
}

static char *
group_rule_add(const struct group_rule *rule, struct rule_values *values)
{
    char *protocol = lower_case(rule->protocol);
    bool icmp = is_icmp(protocol);
    struct rule_columns columns;
    int64_t start, end;
    char *error;

    rule_columns_init(&columns);
    columns.direction = rule->direction[0] == 'I' ? "ingress" : "egress";
    columns.protocol = protocol;
    columns.action = "allow";
    if (!parse_number(rule->start, &start) || !parse_number(rule->end, &end)) {
        free(protocol);
        return xasprintf("\"%s;%s\" are not two numbers", rule->start,
                         rule->end);
    }
    if (icmp) {
        columns.icmp_type = start;
        columns.icmp_code = start == -1 ? -1 : end;
    } else if (start || end) {
        columns.port_min = start;
        columns.port_max = end;
    }
    error = add_rule(&columns, &rule->cidrs, values);
    free(protocol);
    return error;
}

static char *
import_group_rule(const char **s, struct rule_values *values)
{
    struct group_rule rule = { .cidrs = SVEC_EMPTY_INITIALIZER };
    char *error = group_rule_read(s, &rule);

    if (!error) {
        error = group_rule_add(&rule, values);
    }
    free(rule.direction);
    free(rule.protocol);
    free(rule.start);
    free(rule.end);
    svec_destroy(&rule.cidrs);
    return error;
}

/* See rule-import.h. */
char *
rule_import_group(const char *text, struct rule_values *values)
{
    static const char between[] = "; \t\r\n";
    const char *s = text + strspn(text, between);

    memset(values, 0, sizeof *values);
    for (size_t n = 1; *s; n++) {
        size_t offset = s - text;
        char *reason = import_group_rule(&s, values);

        if (reason) {
            char *error = xasprintf("rule %"PRIuSIZE", at byte %"PRIuSIZE
                                    ": %s", n, offset, reason);

            free(reason);
            rule_values_uninit(values);
            return error;
        }
        s += strspn(s, between);
    }
    return NULL;
}
