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
#include "ovs-ext/host/hooks/hook-group.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovs-ext/model/policy.h"
#include "ovsdb-sync/rule-import.h"
#include "packets.h"
#include "smap.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

/* Keys of external_ids. */
#define CREATED_BY "created-by"
#define OURS "ovs-ext-hook"
#define VM_NAME "vm-name"
#define VM_ID "vm-id"
#define VM_IP "vm-ip"
#define SIGNATURE "signature"
#define SEQUENCE "sequence"

/* What CloudStack's script says of rules that it has not got yet. */
#define NO_SIGNATURE "_initial_"
#define NO_SEQUENCE "-1"

static struct json *
map_from_smap(const struct smap *map)
{
    const struct smap_node **nodes = smap_sort(map);
    struct json *json = hook_json_map();

    for (size_t i = 0; i < smap_count(map); i++) {
        hook_json_map_add(json, json_string_create(nodes[i]->key),
                          json_string_create(nodes[i]->value));
    }
    free(nodes);
    return json;
}

/* Adds the selection of what there is of the VM named 'vm', behind
 * hook_query_port(). */
void
hook_query_group(struct json *query, const char *vm)
{
    struct json *map = hook_json_map();

    hook_json_map_add(map, json_string_create(VM_NAME),
                      json_string_create(vm));
    hook_txn_select(query, "Security_Group", hook_where_name("name", vm),
                    "_uuid external_ids");
    hook_txn_select(query, "Port", hook_where("external_ids", "includes",
                                              map),
                    "_uuid name host network external_ids");
}

/* Returns true if the group in 'reply' has the rules that 'args' are about
 * already. */
bool
hook_group_is_current(const struct json *reply,
                      const struct hook_sg_args *args)
{
    const struct json *row = hook_reply_row(reply, HOOK_QUERY_GROUP, 0);
    struct smap ids = SMAP_INITIALIZER(&ids);
    bool current;

    hook_row_map(row, "external_ids", &ids);
    current = (row && (!args->sequence
                       || (args->signature
                           && !strcmp(smap_get_def(&ids, SEQUENCE, ""),
                                      args->sequence)
                           && !strcmp(smap_get_def(&ids, SIGNATURE, ""),
                                      args->signature))));
    smap_destroy(&ids);
    return current;
}

static struct json *
prefixes_set(const struct fact_rule *fact)
{
    struct json *set = hook_json_set();

    for (size_t i = 0; i < fact->n_prefixes; i++) {
        char *prefix = rule_format_prefix(&fact->prefixes[i]);

        hook_json_set_add(set, json_string_create_nocopy(prefix));
    }
    return set;
}

static void
put_integer(struct json *row, const char *column, int value)
{
    if (value >= 0) {
        json_object_put(row, column, json_integer_create(value));
    }
}

/* Adds a Rule row.  Returns a reference to it; 'i' tells it from others of the
 * transaction. */
static struct json *
plan_rule(struct json *txn, const struct rule_value *value, size_t i)
{
    const struct fact_rule *fact = &value->fact;
    char *protocol = rule_value_protocol(value);
    char *name = xasprintf("rule%"PRIuSIZE, i);
    struct json *row = hook_txn_insert(txn, "Rule", name);
    struct json *reference = hook_json_named_uuid(name);

    json_object_put_string(row, "direction",
                           policy_direction_string(fact->direction));
    json_object_put_string(row, "action",
                           policy_action_string(fact->action));
    json_object_put(row, "priority", json_integer_create(fact->priority));
    if (fact->ethertype) {
        json_object_put_string(row, "ethertype",
                               fact->ethertype == ETH_TYPE_IP
                               ? "ipv4" : "ipv6");
    }
    if (protocol) {
        json_object_put_string(row, "protocol", protocol);
    }
    put_integer(row, "port_min", fact->port_min);
    put_integer(row, "port_max", fact->port_max);
    put_integer(row, "icmp_type", fact->icmp_type);
    put_integer(row, "icmp_code", fact->icmp_code);
    json_object_put(row, "remote_cidrs", prefixes_set(fact));
    free(protocol);
    free(name);
    return reference;
}

/* Returns external_ids of the group of 'args'. */
static struct json *
group_ids(const struct hook_sg_args *args)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct json *json;

    smap_add(&ids, CREATED_BY, OURS);
    smap_add(&ids, VM_NAME, args->vm);
    smap_add(&ids, VM_ID, args->vm_id ? args->vm_id : "");
    smap_add(&ids, VM_IP, args->first_ip ? args->first_ip : "");
    smap_add(&ids, SIGNATURE,
             args->signature ? args->signature : NO_SIGNATURE);
    smap_add(&ids, SEQUENCE, args->sequence ? args->sequence : NO_SEQUENCE);
    json = map_from_smap(&ids);
    smap_destroy(&ids);
    return json;
}

/* Adds what makes the VM's Security_Group row, new or as it is in 'reply', say
 * what 'args' and 'rules' do.  Returns a reference to it; or null, without
 * adding anything, if somebody else made a group of that name. */
struct json *
hook_plan_group(struct json *txn, const struct json *reply,
                const struct hook_sg_args *args,
                const struct rule_values *rules)
{
    const struct json *old = hook_reply_row(reply, HOOK_QUERY_GROUP, 0);
    const char *uuid = hook_row_uuid(old, "_uuid");
    struct json *set = hook_json_set();
    struct json *row;

    if (old && !hook_row_is_ours(old)) {
        json_destroy(set);
        return NULL;
    }
    for (size_t i = 0; i < rules->n; i++) {
        hook_json_set_add(set, plan_rule(txn, &rules->rules[i], i));
    }
    if (uuid) {
        row = hook_txn_update(txn, "Security_Group",
                              hook_where("_uuid", "==",
                                         hook_json_uuid(uuid)));
    } else {
        row = hook_txn_insert(txn, "Security_Group", "group");
        json_object_put_string(row, "name", args->vm);
    }
    json_object_put(row, "rules", set);
    json_object_put(row, "external_ids", group_ids(args));
    return uuid ? hook_json_uuid(uuid) : hook_json_named_uuid("group");
}

/* Makes 'row', what hook_plan_port() returned, a member of 'group', which is
 * taken.  CloudStack's script also drops what a VM sends from addresses that
 * it does not have, if it has any. */
void
hook_plan_member(struct json *row, const struct json *reply,
                 struct json *group, const struct hook_sg_args *args)
{
    const struct json *old = hook_reply_row(reply, HOOK_QUERY_PORT, 0);
    const char *ours = json_string(json_array(group)->elems[1]);
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct svec groups = SVEC_EMPTY_INITIALIZER;
    struct json *set = hook_json_set();

    hook_row_uuids(old, "security_groups", &groups);
    for (size_t i = 0; i < groups.n; i++) {
        if (strcmp(groups.names[i], ours)) {
            hook_json_set_add(set, hook_json_uuid(groups.names[i]));
        }
    }
    hook_json_set_add(set, group);
    json_object_put(row, "security_groups", set);
    if (args->ips.n) {
        json_object_put(row, "port_security", json_boolean_create(true));
    }

    hook_row_map(old, "external_ids", &ids);
    smap_replace(&ids, CREATED_BY, OURS);
    smap_replace(&ids, VM_NAME, args->vm);
    json_object_put(row, "external_ids", map_from_smap(&ids));
    smap_destroy(&ids);
    svec_destroy(&groups);
}

/* Adds the deletion of all Port rows of the VM and of its group, unless one of
 * the ports is in 'plugged' (it would be without its policy), or on another
 * host than 'host'.  Returns false, without adding anything, in that case or
 * if there is nothing to delete. */
bool
hook_plan_group_delete(struct json *txn, const struct json *reply,
                       const char *host, const struct sset *plugged)
{
    size_t n_ports = hook_reply_n_rows(reply, HOOK_QUERY_VM_PORTS);
    const struct json *group = hook_reply_row(reply, HOOK_QUERY_GROUP, 0);
    const char *uuid = hook_row_uuid(group, "_uuid");
    bool ours = group && hook_row_is_ours(group);

    for (size_t i = 0; i < n_ports; i++) {
        const struct json *row = hook_reply_row(reply, HOOK_QUERY_VM_PORTS,
                                                i);

        if (!hook_port_is_ours(row, host)
            || sset_contains(plugged, hook_row_string(row, "name"))) {
            return false;
        }
    }
    for (size_t i = 0; i < n_ports; i++) {
        hook_plan_port_delete(txn, hook_reply_row(reply, HOOK_QUERY_VM_PORTS,
                                                  i));
    }
    if (ours && uuid) {
        hook_txn_delete(txn, "Security_Group",
                        hook_where("_uuid", "==", hook_json_uuid(uuid)));
    }
    return n_ports || ours;
}

/* Adds to 'networks' the UUIDs of the networks that ports of the VM are in. */
void
hook_group_networks(const struct json *reply, struct svec *networks)
{
    for (size_t i = 0; i < hook_reply_n_rows(reply, HOOK_QUERY_VM_PORTS);
         i++) {
        hook_row_uuids(hook_reply_row(reply, HOOK_QUERY_VM_PORTS, i),
                       "network", networks);
    }
    svec_sort_unique(networks);
}

/* Adds the selection of all groups that hooks made; the caller passes the
 * reply's operation with them to hook_log_format(). */
void
hook_query_groups(struct json *query)
{
    struct json *map = hook_json_map();

    hook_json_map_add(map, json_string_create(CREATED_BY),
                      json_string_create(OURS));
    hook_txn_select(query, "Security_Group",
                    hook_where("external_ids", "includes", map),
                    "name external_ids");
}

/* Returns the database ID in a VM's name, "i-ACCOUNT-ID-VM", else -1. */
static int
vm_id_from_name(const char *name)
{
    int account, id, n = 0;

    return (ovs_scan(name, "i-%d-%d-%n", &account, &id, &n) && n ? id : -1);
}

/* Adds the entries of groups to 'entries', by name. */
static void
log_groups(const struct json *reply, const struct sset *running,
           struct smap *entries)
{
    for (size_t i = 0; i < hook_reply_n_rows(reply, 0); i++) {
        const struct json *row = hook_reply_row(reply, 0, i);
        const char *name = hook_row_string(row, "name");
        struct smap ids = SMAP_INITIALIZER(&ids);

        if (!running || sset_contains(running, name)) {
            hook_row_map(row, "external_ids", &ids);
            smap_add_format(entries, name, "%s,%s,%s,-1,%s,%s", name,
                            smap_get_def(&ids, VM_ID, "-1"),
                            smap_get_def(&ids, VM_IP, ""),
                            smap_get_def(&ids, SIGNATURE, NO_SIGNATURE),
                            smap_get_def(&ids, SEQUENCE, NO_SEQUENCE));
        }
        smap_destroy(&ids);
    }
}

/* Adds the entries of 'stock', what the stock script printed, for VMs that
 * have none and that it knows: it prints -1 for others. */
static void
log_stock(const char *stock, struct smap *entries)
{
    char *copy = xstrdup(stock);
    char *save_ptr = NULL;

    for (char *entry = strtok_r(copy, ";\n", &save_ptr); entry;
         entry = strtok_r(NULL, ";\n", &save_ptr)) {
        size_t len = strcspn(entry, ",");
        char *name = xmemdup0(entry, len);

        if (entry[len] && strncmp(entry + len, ",-1,", 4)
            && !smap_get(entries, name)) {
            smap_add(entries, name, entry);
        }
        free(name);
    }
    free(copy);
}

/* Returns what get_rule_logs_for_vms prints: of each VM, which rules it has.
 * Of one that runs but is not known, that it has none, so that CloudStack
 * sends them. */
char *
hook_log_format(const struct hook_log *log)
{
    struct smap entries = SMAP_INITIALIZER(&entries);
    struct ds out = DS_EMPTY_INITIALIZER;
    const struct smap_node **nodes;
    const char *name;

    log_groups(log->groups, log->running, &entries);
    if (log->stock) {
        log_stock(log->stock, &entries);
    }
    if (log->running) {
        SSET_FOR_EACH (name, log->running) {
            if (!smap_get(&entries, name)) {
                smap_add_format(&entries, name, "%s,%d,,-1,%s,%s", name,
                                vm_id_from_name(name), NO_SIGNATURE,
                                NO_SEQUENCE);
            }
        }
    }
    nodes = smap_sort(&entries);
    for (size_t i = 0; i < smap_count(&entries); i++) {
        ds_put_format(&out, "%s%s", i ? ";" : "", nodes[i]->value);
    }
    free(nodes);
    smap_destroy(&entries);
    return ds_steal_cstr(&out);
}
