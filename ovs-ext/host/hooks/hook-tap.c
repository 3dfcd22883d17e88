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
#include "ovs-ext/host/hooks/hook-tap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/json.h"
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovs-ext/host/port-id.h"
#include "packets.h"
#include "util.h"

#define ADOPTED "ovs-ext-adopted"

static void
add_id(struct json *ids, const char *key, const char *value)
{
    hook_json_map_add(ids, json_string_create(key),
                      json_string_create(value));
}

/* Returns the condition that an Interface was made of a tap. */
struct json *
hook_tap_adopted(void)
{
    struct json *ids = hook_json_map();

    add_id(ids, ADOPTED, "true");
    return hook_where("external_ids", "includes", ids);
}

/* Adds the selection of interfaces by 'where', which is taken, and of what
 * hook_tap_plan_del() wants to know. */
void
hook_tap_query(struct json *query, struct json *where, const char *bridge)
{
    hook_txn_select(query, "Interface", where, "name external_ids");
    hook_txn_select(query, "Bridge", hook_where_name("name", bridge),
                    "_uuid ports");
    hook_txn_select(query, "Port", NULL, "_uuid name");
}

/* Returns the external_ids of the port of 'nic', of the domain with 'uuid'
 * (or null): those of libvirt, and our mark. */
static struct json *
nic_ids(const struct domain_nic *nic, const char *uuid)
{
    struct json *ids = hook_json_map();
    char *mac = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(nic->mac));
    char *profile = xasprintf("vni=%"PRIu32, nic->vni);
    char id[PORT_ID_LEN + 1];

    port_id_from_mac(nic->mac, id);
    add_id(ids, "attached-mac", mac);
    add_id(ids, "iface-id", id);
    add_id(ids, "iface-status", "active");
    add_id(ids, "port-profile", profile);
    add_id(ids, ADOPTED, "true");
    if (uuid) {
        add_id(ids, "vm-id", uuid);
    }
    free(mac);
    free(profile);
    return ids;
}

/* Adds what makes the tap of 'nic' a port of 'bridge'. */
void
hook_tap_plan_add(struct json *txn, const char *bridge,
                  const struct domain_nic *nic, const char *uuid)
{
    struct json *iface = hook_txn_insert(txn, "Interface", "iface");
    struct json *port = hook_txn_insert(txn, "Port", "port");
    struct json *set = hook_json_set();

    json_object_put_string(iface, "name", nic->tap);
    json_object_put(iface, "external_ids", nic_ids(nic, uuid));
    json_object_put_string(port, "name", nic->tap);
    json_object_put(port, "interfaces", hook_json_named_uuid("iface"));
    hook_json_set_add(set, hook_json_named_uuid("port"));
    hook_txn_mutate(txn, "Bridge", hook_where_name("name", bridge), "ports",
                    "insert", set);
}

/* Returns the UUID of the Port row named 'name' in 'reply', or null. */
static const char *
find_port(const struct json *reply, const char *name)
{
    for (size_t i = 0; i < hook_reply_n_rows(reply, HOOK_TAP_PORTS); i++) {
        const struct json *row = hook_reply_row(reply, HOOK_TAP_PORTS, i);

        if (!strcmp(hook_row_string(row, "name"), name)) {
            return hook_row_uuid(row, "_uuid");
        }
    }
    return NULL;
}

/* Adds what takes the port 'tap' from 'bridge', given 'reply' of
 * hook_tap_query().  Returns false, without adding anything, if it is not
 * there. */
bool
hook_tap_plan_del(struct json *txn, const struct json *reply,
                  const char *bridge, const char *tap)
{
    const char *uuid = find_port(reply, tap);
    struct json *set;

    if (!uuid) {
        return false;
    }
    set = hook_json_set();
    hook_json_set_add(set, hook_json_uuid(uuid));
    hook_txn_mutate(txn, "Bridge", hook_where_name("name", bridge), "ports",
                    "delete", set);
    return true;
}

/* Adds what makes ovs-vswitchd tell, by "cur_cfg", when it has taken over the
 * rest, and, as the last operation, reads what it is to be. */
void
hook_tap_raise(struct json *txn)
{
    hook_txn_mutate(txn, "Open_vSwitch", NULL, "next_cfg", "+=",
                    json_integer_create(1));
    hook_txn_select(txn, "Open_vSwitch", NULL, "next_cfg");
}
