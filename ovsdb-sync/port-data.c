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
#include "ovsdb-sync/port-data.h"

#include <stdlib.h>
#include <string.h>
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/rule-parse.h"
#include "svec.h"
#include "util.h"

/* From the text to facts. */

/* Members of JSON objects, which are null or the default if they are not
 * there, or of another type. */

static const struct json *
member(const struct json *object, const char *name, enum json_type type)
{
    const struct json *json
        = (object->type == JSON_OBJECT
           ? shash_find_data(json_object(object), name) : NULL);

    return json && json->type == type ? json : NULL;
}

static const char *
get_string(const struct json *object, const char *name)
{
    const struct json *json = member(object, name, JSON_STRING);

    return json ? json_string(json) : NULL;
}

static int64_t
get_number(const struct json *object, const char *name, int64_t value)
{
    const struct json *json = member(object, name, JSON_INTEGER);

    return json ? json_integer(json) : value;
}

/* Stores in '*value' what 'name' says.  Returns false if it says nothing. */
static bool
get_bool(const struct json *object, const char *name, bool *value)
{
    *value = member(object, name, JSON_TRUE) != NULL;
    return *value || member(object, name, JSON_FALSE);
}

/* Returns the list 'name', and stores its length in '*n'. */
static struct json *const *
get_list(const struct json *object, const char *name, size_t *n)
{
    const struct json *json = member(object, name, JSON_ARRAY);

    *n = json ? json_array(json)->n : 0;
    return json ? json_array(json)->elems : NULL;
}

/* Adds the strings in the list 'name' to 'strings'. */
static void
get_strings(const struct json *object, const char *name,
            struct svec *strings)
{
    size_t n;
    struct json *const *list = get_list(object, name, &n);

    svec_init(strings);
    for (size_t i = 0; i < n; i++) {
        if (list[i]->type == JSON_STRING) {
            svec_add(strings, json_string(list[i]));
        }
    }
}

/* Returns a UUID that is the same whenever 'port' brings its 'i'th group along
 * or, if 'j' is not SIZE_MAX, the 'j'th rule of that. */
static struct uuid
make_uuid(const char *port, size_t i, size_t j)
{
    char *text = xasprintf("PortData %"PRIuSIZE" %"PRIuSIZE" %s", i, j, port);
    ovs_u128 hash;
    struct uuid uuid;

    hash_bytes128(text, strlen(text), 0, &hash);
    memcpy(uuid.parts, &hash, sizeof uuid.parts);
    free(text);
    return uuid;
}

static void
parse_rule(const struct json *json, struct port_data_rule *rule)
{
    const char *error = get_string(json, "error");
    const char *direction = get_string(json, "direction");
    const char *action = get_string(json, "action");
    struct rule_columns columns;
    bool log, stateless;
    struct svec cidrs;

    get_strings(json, "remote_cidrs", &cidrs);
    rule_columns_init(&columns);
    columns.direction = direction ? direction : "";
    columns.action = action ? action : "";
    columns.priority = get_number(json, "priority", 0);
    columns.ethertype = get_string(json, "ethertype");
    columns.protocol = get_string(json, "protocol");
    columns.port_min = get_number(json, "port_min", -1);
    columns.port_max = get_number(json, "port_max", -1);
    columns.icmp_type = get_number(json, "icmp_type", -1);
    columns.icmp_code = get_number(json, "icmp_code", -1);
    columns.cidrs = (const char *const *) cidrs.names;
    columns.n_cidrs = cidrs.n;
    rule->error = rule_parse(&columns, &rule->fact, &rule->prefixes);
    if (error) {
        free(rule->error);
        rule->error = xstrdup(error);
    }
    get_bool(json, "log", &log);
    get_bool(json, "stateless", &stateless);
    rule->fact.log = log;
    rule->fact.stateless = stateless;
    rule->fact.error = rule->error;
    svec_destroy(&cidrs);
}

static void
parse_groups(const struct json *json, const char *port,
             struct port_data *data)
{
    struct json *const *list = get_list(json, "security_groups",
                                        &data->n_groups);

    data->groups = xcalloc(data->n_groups, sizeof *data->groups);
    for (size_t i = 0; i < data->n_groups; i++) {
        struct port_data_group *group = &data->groups[i];
        const char *name = get_string(list[i], "name");
        struct json *const *rules = get_list(list[i], "rules",
                                             &group->n_rules);

        group->uuid = make_uuid(port, i, SIZE_MAX);
        group->name = xasprintf("%s of %s", name ? name : "?", data->from);
        group->rules = xcalloc(group->n_rules, sizeof *group->rules);
        for (size_t j = 0; j < group->n_rules; j++) {
            parse_rule(rules[j], &group->rules[j]);
            group->rules[j].fact.uuid = make_uuid(port, i, j);
        }
    }
}

static void
parse_port(const struct json *json, struct port_data *data)
{
    struct fact_port *fact = &data->fact;
    struct svec macs, ips, learned, pairs, allow;

    get_strings(json, "macs", &macs);
    get_strings(json, "ips", &ips);
    get_strings(json, "learned", &learned);
    get_strings(json, "allowed_address_pairs", &pairs);
    get_strings(json, "allow", &allow);
    row_port_parse(&data->addresses, macs.names, macs.n, ips.names, ips.n);
    row_port_parse(&data->learned, NULL, 0, learned.names, learned.n);
    row_pairs_parse(&data->pairs, pairs.names, pairs.n);
    fact->macs = data->addresses.macs;
    fact->n_macs = data->addresses.n_macs;
    fact->ips = data->addresses.ips;
    fact->n_ips = data->addresses.n_ips;
    fact->has_ips = ips.n > 0;
    fact->pairs = data->pairs.pairs;
    fact->n_pairs = data->pairs.n;
    fact->port_security = (get_bool(json, "port_security", &data->security)
                           ? &data->security : NULL);
    fact->learn_ips = (get_bool(json, "learn_ips", &data->learn)
                       ? &data->learn : NULL);
    fact->max_learned = MIN(MAX(get_number(json, "max_learned", 0), 0), 4096);
    fact->allow_dhcp_server = svec_contains_unsorted(&allow, "dhcp-server");
    fact->allow_ra = svec_contains_unsorted(&allow, "router-advertisement");
    svec_destroy(&macs);
    svec_destroy(&ips);
    svec_destroy(&learned);
    svec_destroy(&pairs);
    svec_destroy(&allow);
}

/* Returns the JSON in 'text', or null if it is none of ours. */
static struct json *
decode(const char *text)
{
    struct json *json = NULL;
    char *s;
    bool ok = !strncmp(text, "oe1", 3);
    size_t n = strlen(text) / 2;

    text += ok ? 3 : 0;
    s = xmalloc(n + 1);
    n = 0;
    for (; ok && *text; text += 2) {
        s[n++] = hexits_value(text, 2, &ok);
    }
    s[n] = '\0';
    if (ok && strlen(s) == n) {
        json = json_from_string(s);
    }
    free(s);
    if (json && json->type != JSON_OBJECT) {
        json_destroy(json);
        json = NULL;
    }
    return json;
}

/* Parses 'text', which the port named 'port' has brought along, into '*data',
 * which the caller frees with port_data_uninit() in any case.  Returns null or
 * a malloc'd error. */
char *
port_data_parse(struct port_data *data, const char *text, const char *port)
{
    struct json *json = decode(text);
    const char *from = json ? get_string(json, "from") : NULL;

    memset(data, 0, sizeof *data);
    if (!from) {
        json_destroy(json);
        return xstrdup("external_ids:PortData is not what ovs-ext writes");
    }
    data->from = xstrdup(from);
    parse_port(json, data);
    parse_groups(json, port, data);
    json_destroy(json);
    return (data->addresses.error || data->learned.error || data->pairs.error
            ? xasprintf("external_ids:PortData, written by host %s, has an "
                        "address that makes no sense", data->from) : NULL);
}

/* Frees what is in 'data'. */
void
port_data_uninit(struct port_data *data)
{
    for (size_t i = 0; i < data->n_groups; i++) {
        struct port_data_group *group = &data->groups[i];

        for (size_t j = 0; j < group->n_rules; j++) {
            free(group->rules[j].prefixes);
            free(group->rules[j].error);
        }
        free(group->rules);
        free(group->name);
    }
    free(data->groups);
    row_port_uninit(&data->addresses);
    row_port_uninit(&data->learned);
    row_pairs_uninit(&data->pairs);
    free(data->from);
}

static void
put_group(const struct port_data_group *group, struct model *m)
{
    struct uuid *rules = xcalloc(group->n_rules, sizeof *rules);

    for (size_t i = 0; i < group->n_rules; i++) {
        model_put_rule(m, &group->rules[i].fact);
        rules[i] = group->rules[i].fact.uuid;
    }
    model_put_group(m, &(struct fact_group) {
        .uuid = group->uuid,
        .name = group->name,
        .rules = rules,
        .n_rules = group->n_rules,
    });
    free(rules);
}

/* See port-data.h. */
void
port_data_put(const struct port_data *data, const char *port,
              struct model *m)
{
    struct uuid *groups = xcalloc(data->n_groups, sizeof *groups);
    struct fact_port fact = data->fact;

    for (size_t i = 0; i < data->n_groups; i++) {
        put_group(&data->groups[i], m);
        groups[i] = data->groups[i].uuid;
    }
    fact.name = port;
    fact.groups = groups;
    fact.n_groups = data->n_groups;
    model_put_carried(m, &fact, data->learned.ips, data->learned.n_ips);
    free(groups);
}

/* See port-data.h. */
void
port_data_del(const struct port_data *data, const char *port,
              struct model *m)
{
    model_del_carried(m, port);
    for (size_t i = 0; i < data->n_groups; i++) {
        const struct port_data_group *group = &data->groups[i];

        model_del_group(m, &group->uuid);
        for (size_t j = 0; j < group->n_rules; j++) {
            model_del_rule(m, &group->rules[j].fact.uuid);
        }
    }
}
