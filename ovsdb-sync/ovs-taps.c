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
#include "ovsdb-sync/ovs-taps.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/vlog.h"
#include "ovsdb-sync/ovs-rows.h"
#include "packets.h"
#include "smap.h"
#include "util.h"
#include "vswitch-idl.h"

VLOG_DEFINE_THIS_MODULE(ovs_taps);

#define ADOPTED "ovs-ext-adopted"

/* Removes all of 'taps', which are "struct ovs_tap"s by name. */
void
ovs_taps_clear(struct shash *taps)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, taps) {
        struct ovs_tap *tap = node->data;

        free(tap->iface_id);
        free(tap->vm_id);
    }
    shash_clear_free_data(taps);
}

/* Returns true if 'iface' was made of a tap. */
bool
ovs_tap_is_adopted(const struct ovsrec_interface *iface)
{
    return smap_get_bool(&iface->external_ids, ADOPTED, false);
}

/* Stores in 'ids' the external_ids of 'tap', as far as they are known. */
static void
tap_ids(const struct ovs_tap *tap, struct smap *ids)
{
    smap_init(ids);
    smap_add(ids, "iface-id", tap->iface_id);
    smap_add(ids, "iface-status", "active");
    smap_add_format(ids, "attached-mac", ETH_ADDR_FMT,
                    ETH_ADDR_ARGS(tap->mac));
    smap_add_format(ids, "port-profile", "vni=%"PRIu32, tap->vni);
    smap_add(ids, ADOPTED, "true");
    if (tap->vm_id) {
        smap_add(ids, "vm-id", tap->vm_id);
    }
}

/* Returns true if 'iface' lacks one of 'ids'. */
static bool
lacks(const struct ovsrec_interface *iface, const struct smap *ids)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, ids) {
        const char *value = smap_get(&iface->external_ids, node->key);

        if (!value || strcmp(value, node->value)) {
            return true;
        }
    }
    return false;
}

static void
add_port(struct ovsdb_idl_txn *txn, const struct ovsrec_bridge *br,
         const char *name, const struct smap *ids)
{
    struct ovsrec_interface *iface = ovsrec_interface_insert(txn);
    struct ovsrec_port *port = ovsrec_port_insert(txn);

    ovsrec_interface_set_name(iface, name);
    ovsrec_interface_set_external_ids(iface, ids);
    ovsrec_port_set_name(port, name);
    ovsrec_port_set_interfaces(port, &iface, 1);
    ovsrec_bridge_update_ports_addvalue(br, port);
}

/* Makes 'tap', named 'name', a port of 'br' within 'txn', or only looks if
 * that is null.  Returns true if it is none (as it should be).  An interface
 * of that name that was not adopted is left alone. */
static bool
sync_tap(const struct ovsrec_interface *iface, struct ovsdb_idl_txn *txn,
         const struct ovsrec_bridge *br, const char *name,
         const struct ovs_tap *tap)
{
    struct smap ids;
    bool differs;

    tap_ids(tap, &ids);
    differs = !iface || (ovs_tap_is_adopted(iface) && lacks(iface, &ids));
    if (differs && txn) {
        VLOG_INFO("%s: adopting it for VNI %"PRIu32", "ETH_ADDR_FMT, name,
                  tap->vni, ETH_ADDR_ARGS(tap->mac));
        if (iface) {
            ovsrec_interface_set_external_ids(iface, &ids);
        } else {
            add_port(txn, br, name, &ids);
        }
    }
    smap_destroy(&ids);
    return differs;
}

/* Takes the port 'name' of a tap that has gone from 'br' if 'write'.  Returns
 * true if it is there. */
static bool
reap_tap(const struct ovsrec_interface *iface, const struct ovsrec_bridge *br,
         const char *name, bool write)
{
    struct ovsrec_port *port = ovs_find_port(br, name);

    if (!iface || !port || !ovs_tap_is_adopted(iface)) {
        return false;
    }
    if (write) {
        VLOG_INFO("%s: deleting the port, as the tap has gone", name);
        ovsrec_bridge_update_ports_delvalue(br, port);
    }
    return true;
}

/* Does or, if 'txn' is null, looks if there is anything to do.  Returns true
 * if there is. */
static bool
sync_taps(struct ovsdb_idl_index *interfaces, struct ovsdb_idl_txn *txn,
          const struct ovsrec_bridge *br, const struct shash *taps)
{
    const struct shash_node *node;
    bool differ = false;

    SHASH_FOR_EACH (node, taps) {
        const struct ovsrec_interface *iface
            = ovs_find_interface(interfaces, node->name);
        const struct ovs_tap *tap = node->data;

        differ |= (tap->gone ? reap_tap(iface, br, node->name, txn != NULL)
                   : sync_tap(iface, txn, br, node->name, tap));
    }
    return differ;
}

/* Returns true if 'taps' are not as they should be. */
bool
ovs_taps_differ(struct ovsdb_idl_index *interfaces,
                const struct ovsrec_bridge *br, const struct shash *taps)
{
    return sync_taps(interfaces, NULL, br, taps);
}

/* Puts into 'txn' what makes 'taps' as they should be. */
void
ovs_taps_write(struct ovsdb_idl_index *interfaces, struct ovsdb_idl_txn *txn,
               const struct ovsrec_bridge *br, const struct shash *taps)
{
    sync_taps(interfaces, txn, br, taps);
}
