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
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/rule-parse.h"
#include "packets.h"
#include "util.h"

/* From a port of the model to the text. */

static void
put_list(struct json *object, const char *name, struct json *list)
{
    if (json_array(list)->n) {
        json_object_put(object, name, list);
    } else {
        json_destroy(list);
    }
}

static struct json *
format_ips(const struct in6_addr *ips, size_t n)
{
    struct json *list = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        char *text = row_format_ip(&ips[i]);

        json_array_add(list, json_string_create_nocopy(text));
    }
    return list;
}

static struct json *
format_learned(const struct port *port)
{
    const struct learned *learned;
    struct json *list = json_array_create_empty();

    LIST_FOR_EACH (learned, port_node, &port->learned) {
        if (learned->ip) {
            char *text = row_format_ip(&learned->ip->ip);

            json_array_add(list, json_string_create_nocopy(text));
        }
    }
    return list;
}

static struct json *
format_macs(const struct port_row *row)
{
    struct json *list = json_array_create_empty();

    for (size_t i = 0; i < row->n_macs; i++) {
        char *text = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(row->macs[i]));

        json_array_add(list, json_string_create_nocopy(text));
    }
    return list;
}

static struct json *
format_pairs(const struct port_row *row)
{
    struct json *list = json_array_create_empty();

    for (size_t i = 0; i < row->n_pairs; i++) {
        char *text = row_prefix_format_pair(&row->pairs[i]);

        json_array_add(list, json_string_create_nocopy(text));
    }
    return list;
}

static struct json *
format_allow(const struct port_row *row)
{
    struct json *list = json_array_create_empty();

    if (row->allow_dhcp_server) {
        json_array_add(list, json_string_create("dhcp-server"));
    }
    if (row->allow_ra) {
        json_array_add(list, json_string_create("router-advertisement"));
    }
    return list;
}

/* Returns the networks that 'rule' is for: its own, or the addresses of the
 * members of a group. */
static struct json *
format_cidrs(const struct policy_rule *rule)
{
    struct json *list = json_array_create_empty();
    const struct group_addr *addr;

    for (size_t i = 0; i < rule->n_prefixes; i++) {
        char *text = rule_format_prefix(&rule->prefixes[i]);

        json_array_add(list, json_string_create_nocopy(text));
    }
    if (rule->remote) {
        HMAP_FOR_EACH (addr, hmap_node, &rule->remote->addrs) {
            char *text = row_format_ip(&addr->ip);

            json_array_add(list, json_string_create_nocopy(text));
        }
    }
    return list;
}

static void
put_number(struct json *object, const char *name, int value)
{
    if (value >= 0) {
        json_object_put(object, name, json_integer_create(value));
    }
}

static void
put_columns(struct json *object, const struct policy_rule *rule)
{
    json_object_put_string(object, "direction",
                           policy_direction_string(rule->direction));
    json_object_put_string(object, "action",
                           policy_action_string(rule->action));
    put_number(object, "priority", rule->priority);
    if (rule->ethertype) {
        json_object_put_string(object, "ethertype",
                               rule->ethertype == ETH_TYPE_IP ? "ipv4"
                               : "ipv6");
    }
    if (rule->protocol >= 0) {
        json_object_put_format(object, "protocol", "%d", rule->protocol);
    }
    put_number(object, "port_min", rule->port_min);
    put_number(object, "port_max", rule->port_max);
    put_number(object, "icmp_type", rule->icmp_type);
    put_number(object, "icmp_code", rule->icmp_code);
    put_list(object, "remote_cidrs", format_cidrs(rule));
    if (rule->log) {
        json_object_put(object, "log", json_boolean_create(true));
    }
    if (rule->stateless) {
        json_object_put(object, "stateless", json_boolean_create(true));
    }
}

/* Returns 'rule', or null if it is for nobody. */
static struct json *
format_rule(const struct policy_rule *rule)
{
    struct json *object;

    if (!rule->error && rule->remote
        && hmap_is_empty(&rule->remote->addrs)) {
        return NULL;
    }
    object = json_object_create();
    if (rule->error) {
        json_object_put_string(object, "error", rule->error);
    } else {
        put_columns(object, rule);
    }
    return object;
}

static struct json *
format_group(const struct model *m, const struct security_group *group)
{
    struct json *object = json_object_create();
    struct json *rules = json_array_create_empty();

    for (size_t i = 0; i < group->list.n_uuids; i++) {
        const struct policy_rule *rule
            = model_rule(m, &group->list.uuids[i]);
        struct json *json = rule && rule->has_row ? format_rule(rule) : NULL;

        if (json) {
            json_array_add(rules, json);
        }
    }
    json_object_put_string(object, "name", group->name);
    put_list(object, "rules", rules);
    return object;
}

static struct json *
format_groups(const struct model *m, const struct port_row *row)
{
    struct json *list = json_array_create_empty();

    for (size_t i = 0; i < row->n_groups; i++) {
        const struct security_group *group = model_group(m, &row->groups[i]);

        if (group) {
            json_array_add(list, format_group(m, group));
        }
    }
    return list;
}

static struct json *
format_port(const struct model *m, const struct port *port)
{
    const struct port_row *row = &port->row;
    struct json *object = json_object_create();

    json_object_put_string(object, "from", m->host.name ? m->host.name : "");
    put_list(object, "macs", format_macs(row));
    put_list(object, "ips", format_ips(row->ips, row->n_ips));
    put_list(object, "learned", format_learned(port));
    if (row->has_security) {
        json_object_put(object, "port_security",
                        json_boolean_create(row->security));
    }
    if (row->has_learn) {
        json_object_put(object, "learn_ips", json_boolean_create(row->learn));
    }
    if (row->max_learned) {
        put_number(object, "max_learned", row->max_learned);
    }
    put_list(object, "allow", format_allow(row));
    put_list(object, "allowed_address_pairs", format_pairs(row));
    put_list(object, "security_groups", format_groups(m, row));
    return object;
}

/* Returns 'json' as what PortData is, malloc'd, or null if it is too much;
 * stores in '*n' how many bytes of JSON it is. */
static char *
encode(const struct json *json, size_t *n)
{
    char *s = json_to_string(json, JSSF_SORT);
    struct ds hex = DS_EMPTY_INITIALIZER;

    *n = strlen(s);
    if (*n <= PORT_DATA_MAX) {
        ds_put_cstr(&hex, "oe1");
        for (size_t i = 0; i < *n; i++) {
            ds_put_format(&hex, "%02x", (unsigned char) s[i]);
        }
    }
    free(s);
    return hex.length ? ds_steal_cstr(&hex) : NULL;
}

/* Returns groups that let nothing pass, because of 'error'. */
static struct json *
format_refusal(const char *error)
{
    struct json *rule = json_object_create();
    struct json *group = json_object_create();

    json_object_put_string(rule, "error", error);
    json_object_put_string(group, "name", "too-much");
    json_object_put(group, "rules", json_array_create_1(rule));
    return json_array_create_1(group);
}

/* Stores in '*text' what 'port' of 'm' takes along to another host, malloc'd.
 * Returns null or, if its security groups are too much, a malloc'd error: the
 * VM takes groups along then by which its port fails closed, unless the host
 * knows better ones.  '*text' is null if the rest is too much. */
char *
port_data_format(const struct model *m, const struct port *port, char **text)
{
    struct json *json = format_port(m, port);
    char *error = NULL;
    size_t n;

    *text = encode(json, &n);
    if (!*text) {
        error = xasprintf("its VM cannot take its security groups along to "
                          "another host, as all is %"PRIuSIZE" bytes of %d; "
                          "see to it that OVS_Ext has them there, or nothing "
                          "passes", n, PORT_DATA_MAX);
        json_object_put(json, "security_groups", format_refusal(error));
        *text = encode(json, &n);
    }
    json_destroy(json);
    return error;
}
