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
#include "ovsdb-sync/ovs-zones.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/zone.h"
#include "smap.h"
#include "util.h"
#include "vswitch-idl.h"

#define KEY_PREFIX "ct-zone-"

/* Returns the name of the port whose zone 'key' tells, or null if it is none
 * of ours. */
static const char *
key_port(const char *key)
{
    size_t len = strlen(KEY_PREFIX);

    return strncmp(key, KEY_PREFIX, len) || !key[len] ? NULL : key + len;
}

static uint16_t
parse_zone(const char *s)
{
    unsigned int zone;

    return str_to_uint(s, 10, &zone) && zone <= ZONE_MAX ? zone : 0;
}

/* Gives 'zones' what 'br' tells. */
void
ovs_zones_read(const struct ovsrec_bridge *br, struct zones *zones)
{
    const struct smap_node **nodes = smap_sort(&br->external_ids);

    for (size_t i = 0; i < smap_count(&br->external_ids); i++) {
        const char *port = key_port(nodes[i]->key);

        if (port) {
            zones_restore(zones, port, parse_zone(nodes[i]->value));
        }
    }
    free(nodes);
}

/* Makes 'br' tell what 'zones' has; if 'write' is false, only looks.  Returns
 * true if it does not tell that. */
static bool
ovs_zones_sync(const struct ovsrec_bridge *br, const struct zones *zones,
               bool write)
{
    const struct shash_node *port;
    const struct smap_node *node;
    bool differ = false;

    SMAP_FOR_EACH (node, &br->external_ids) {
        const char *name = key_port(node->key);

        if (name && !zones_get(zones, name)) {
            differ = true;
            if (write) {
                ovsrec_bridge_update_external_ids_delkey(br, node->key);
            }
        }
    }
    SHASH_FOR_EACH (port, &zones->by_port) {
        char *key = xasprintf(KEY_PREFIX"%s", port->name);
        char *zone = xasprintf("%"PRIuPTR, (uintptr_t) port->data);
        const char *old = smap_get(&br->external_ids, key);

        if (!old || strcmp(old, zone)) {
            differ = true;
            if (write) {
                ovsrec_bridge_update_external_ids_setkey(br, key, zone);
            }
        }
        free(key);
        free(zone);
    }
    return differ;
}

/* Returns true if 'br' does not tell what 'zones' has. */
bool
ovs_zones_differ(const struct ovsrec_bridge *br, const struct zones *zones)
{
    return ovs_zones_sync(br, zones, false);
}

/* Makes 'br' tell what 'zones' has, within the transaction under way. */
void
ovs_zones_write(const struct ovsrec_bridge *br, const struct zones *zones)
{
    ovs_zones_sync(br, zones, true);
}
