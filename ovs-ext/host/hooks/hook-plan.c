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
#include "ovs-ext/host/hooks/hook-plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/json.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

#define CREATED_BY "created-by"
#define OURS "ovs-ext-hook"

/* Adds the selection of what every hook wants to know. */
void
hook_query_base(struct json *query, const char *host)
{
    hook_txn_select(query, "OVS_Ext", NULL, "cfg");
    hook_txn_select(query, "Host", hook_where_name("name", host), "vnis");
}

/* See hook-plan.h. */
void
hook_plan_cfg(struct json *txn, const struct json *reply)
{
    if (hook_reply_n_rows(reply, HOOK_QUERY_ROOT)) {
        hook_txn_mutate(txn, "OVS_Ext", NULL, "cfg", "+=",
                        json_integer_create(1));
    } else {
        json_object_put(hook_txn_insert(txn, "OVS_Ext", NULL), "cfg",
                        json_integer_create(1));
    }
    hook_txn_select(txn, "OVS_Ext", NULL, "cfg");
}

/* Has 'host' keep the 'n' networks in 'vnis', from 'now' on, in seconds since
 * 1970. */
void
hook_plan_keep(struct json *txn, const char *host, const uint32_t *vnis,
               size_t n, long long int now)
{
    struct json *map = hook_json_map();

    for (size_t i = 0; i < n; i++) {
        hook_json_map_add(map, json_integer_create(vnis[i]),
                          json_integer_create(now));
    }
    /* Inserting a key that is there would not change its value. */
    hook_plan_forget(txn, host, vnis, n);
    hook_txn_mutate(txn, "Host", hook_where_name("name", host), "vnis",
                    "insert", map);
}

/* Has 'host' keep the 'n' networks in 'vnis' no longer. */
void
hook_plan_forget(struct json *txn, const char *host, const uint32_t *vnis,
                 size_t n)
{
    struct json *set = hook_json_set();

    for (size_t i = 0; i < n; i++) {
        hook_json_set_add(set, json_integer_create(vnis[i]));
    }
    hook_txn_mutate(txn, "Host", hook_where_name("name", host), "vnis",
                    "delete", set);
}

/* Stores in '*vnis', which the caller frees, the networks that have been kept
 * for longer than HOOK_KEEP_TIME at 'now', in seconds since 1970, or from a
 * time to come, as after a clock was set.  Returns their number. */
size_t
hook_find_stale(const struct json *reply, long long int now, uint32_t **vnis)
{
    struct smap kept = SMAP_INITIALIZER(&kept);
    const struct smap_node *node;
    size_t n = 0;

    hook_row_map(hook_reply_row(reply, HOOK_QUERY_HOST, 0), "vnis", &kept);
    *vnis = xmalloc(smap_count(&kept) * sizeof **vnis);
    SMAP_FOR_EACH (node, &kept) {
        long long int since;
        unsigned int vni;

        if (str_to_llong(node->value, 10, &since)
            && str_to_uint(node->key, 10, &vni)
            && (now - since > HOOK_KEEP_TIME || since > now)) {
            (*vnis)[n++] = vni;
        }
    }
    smap_destroy(&kept);
    return n;
}

/* Adds the selection of the Port row 'name' (HOOK_QUERY_PORT) and of the
 * Network row with 'vni' (HOOK_QUERY_NETWORK), which is none if that is 0. */
void
hook_query_port(struct json *query, const char *name, uint32_t vni)
{
    hook_txn_select(query, "Port", hook_where_name("name", name),
                    "_uuid name network ips host external_ids "
                    "security_groups");
    hook_txn_select(query, "Network",
                    vni ? hook_where("vni", "==", json_integer_create(vni))
                    : hook_where_name("name", ""), "_uuid name");
}

/* Returns true if a hook made 'row'. */
bool
hook_row_is_ours(const struct json *row)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    bool ours;

    hook_row_map(row, "external_ids", &ids);
    ours = !strcmp(smap_get_def(&ids, CREATED_BY, ""), OURS);
    smap_destroy(&ids);
    return ours;
}

/* Returns true if Port row 'row' is one that a hook made, and not on another
 * host than 'host'. */
bool
hook_port_is_ours(const struct json *row, const char *host)
{
    const char *on = hook_row_string(row, "host");

    return hook_row_is_ours(row) && (!on[0] || !strcmp(on, host));
}

static struct json *
ours_ids(void)
{
    struct json *ids = hook_json_map();

    hook_json_map_add(ids, json_string_create(CREATED_BY),
                      json_string_create(OURS));
    return ids;
}

/* Returns a reference to the Network row with 'vni', which is added to 'txn'
 * if 'reply' has none. */
static struct json *
plan_network(struct json *txn, const struct json *reply, uint32_t vni)
{
    const char *uuid = hook_row_uuid(
        hook_reply_row(reply, HOOK_QUERY_NETWORK, 0), "_uuid");
    struct json *row;
    char *name;

    if (uuid) {
        return hook_json_uuid(uuid);
    }
    row = hook_txn_insert(txn, "Network", "network");
    name = xasprintf("vni%"PRIu32, vni);
    json_object_put(row, "name", json_string_create_nocopy(name));
    json_object_put(row, "vni", json_integer_create(vni));
    json_object_put(row, "external_ids", ours_ids());
    return hook_json_named_uuid("network");
}

static void
put_addresses(struct json *row, const struct hook_port *port)
{
    struct json *ips = hook_json_set();

    for (size_t i = 0; i < port->ips->n; i++) {
        char *ip = row_format_ip(&port->ips->ips[i]);

        hook_json_set_add(ips, json_string_create_nocopy(ip));
    }
    json_object_put(row, "ips", ips);
    json_object_put(row, "macs", json_string_create_nocopy(
        xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(port->mac))));
}

/* Adds what makes the Port row say 'port', given 'reply' of
 * hook_query_port().  Returns the row, which more may be put into; or null,
 * without adding anything, if somebody else made the row or if it cannot be
 * made, because no network is known. */
struct json *
hook_plan_port(struct json *txn, const struct json *reply,
               const struct hook_port *port)
{
    const struct json *old = hook_reply_row(reply, HOOK_QUERY_PORT, 0);
    const char *uuid = hook_row_uuid(old, "_uuid");
    struct json *network, *row;

    if ((old && !hook_row_is_ours(old)) || (!old && !port->vni)) {
        return NULL;
    }
    network = port->vni ? plan_network(txn, reply, port->vni) : NULL;
    if (uuid) {
        row = hook_txn_update(txn, "Port",
                              hook_where("_uuid", "==",
                                         hook_json_uuid(uuid)));
    } else {
        row = hook_txn_insert(txn, "Port", "port");
        json_object_put_string(row, "name", port->name);
        json_object_put(row, "external_ids", ours_ids());
    }
    if (network) {
        json_object_put(row, "network", network);
    }
    put_addresses(row, port);
    return row;
}

/* Adds 'ips' to those of the Port row 'row', or removes them. */
void
hook_plan_ips(struct json *txn, const struct json *row,
              const struct hook_ips *ips, bool remove)
{
    const char *uuid = hook_row_uuid(row, "_uuid");
    struct json *set = hook_json_set();

    for (size_t i = 0; i < ips->n; i++) {
        char *ip = row_format_ip(&ips->ips[i]);

        hook_json_set_add(set, json_string_create_nocopy(ip));
    }
    hook_txn_mutate(txn, "Port",
                    hook_where("_uuid", "==",
                               hook_json_uuid(uuid ? uuid : "")),
                    "ips", remove ? "delete" : "insert", set);
}

/* Adds the deletion of the Port row 'row'. */
void
hook_plan_port_delete(struct json *txn, const struct json *row)
{
    const char *uuid = hook_row_uuid(row, "_uuid");

    if (uuid) {
        hook_txn_delete(txn, "Port", hook_where("_uuid", "==",
                                                hook_json_uuid(uuid)));
    }
}

/* Adds the deletion of the Network row with 'uuid' if a hook made it.  The
 * database refuses that as long as there are Port rows in it. */
void
hook_plan_network_delete(struct json *txn, const char *uuid)
{
    struct json *where = hook_where("_uuid", "==", hook_json_uuid(uuid));

    json_array_add(where,
                   json_array_create_3(json_string_create("external_ids"),
                                       json_string_create("includes"),
                                       ours_ids()));
    hook_txn_delete(txn, "Network", where);
}
