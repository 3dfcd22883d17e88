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
#include "ovsdb-sync/ovs-rows.h"

#include <string.h>
#include "ovsdb-idl.h"
#include "vswitch-idl.h"

/* Returns an index of the interfaces of 'idl', which has not been run yet, by
 * name.  It is the IDL's. */
struct ovsdb_idl_index *
ovs_index_interfaces(struct ovsdb_idl *idl)
{
    return ovsdb_idl_index_create1(idl, &ovsrec_interface_col_name);
}

/* Returns the interface that is named 'name' in 'index', or null.  It is the
 * IDL's. */
const struct ovsrec_interface *
ovs_find_interface(struct ovsdb_idl_index *index, const char *name)
{
    struct ovsrec_interface *target = ovsrec_interface_index_init_row(index);
    const struct ovsrec_interface *iface;

    ovsrec_interface_index_set_name(target, name);
    iface = ovsrec_interface_index_find(index, target);
    ovsrec_interface_index_destroy_row(target);
    return iface;
}

/* Returns the port of 'br' that is named 'name', or null.  It is the IDL's. */
struct ovsrec_port *
ovs_find_port(const struct ovsrec_bridge *br, const char *name)
{
    for (size_t i = 0; i < br->n_ports; i++) {
        if (!strcmp(br->ports[i]->name, name)) {
            return br->ports[i];
        }
    }
    return NULL;
}
