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
#include "ovs-ext/model/model.h"

#include <inttypes.h>
#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Returns the port named 'name', new if there was none. */
struct port *
port_get(struct model *m, const char *name)
{
    struct port *port = port_find(m, name);

    if (!port) {
        port = xzalloc(sizeof *port);
        port->name = xstrdup(name);
        ovs_list_init(&port->net_node);
        ovs_list_init(&port->ifaces);
        ovs_list_init(&port->learned);
        port->owner = owner_port(name);
        hmap_insert(&m->ports, &port->hmap_node, owner_hash(&port->owner));
    }
    sset_add(&m->dirty_ports, name);
    return port;
}

static struct iface *
iface_find(const struct model *m, const char *name)
{
    struct iface *iface;

    HMAP_FOR_EACH_WITH_HASH (iface, hmap_node, hash_string(name, 0),
                             &m->ifaces) {
        if (!strcmp(iface->name, name)) {
            return iface;
        }
    }
    return NULL;
}

/* Frees 'iface' and takes it from its port, which is to be resolved. */
void
iface_destroy(struct model *m, struct iface *iface)
{
    struct port *port = port_get(m, iface->port);

    if (port->iface == iface) {
        port->iface = NULL;
    }
    hmap_remove(&m->ifaces, &iface->hmap_node);
    ovs_list_remove(&iface->port_node);
    free(iface->name);
    free(iface->port);
    free(iface->error);
    free(iface->vm_id);
    free(iface);
}

/* Reads the VNI from 'profile', the value of external_ids:port-profile, which
 * is libvirt's 'profileid': "KEY=VALUE" pairs separated by ';', of which "vni"
 * is ours.  A profile without it is somebody else's.  Stores 0 in '*vni' if
 * there is none.  Returns null, or a malloc'd error. */
static char * OVS_WARN_UNUSED_RESULT
iface_parse_profile(const char *profile, uint32_t *vni)
{
    char *copy = xstrdup(profile);
    char *save_ptr = NULL;
    char *error = NULL;
    const char *pair;

    *vni = 0;
    for (pair = strtok_r(copy, ";", &save_ptr); pair && !error;
         pair = strtok_r(NULL, ";", &save_ptr)) {
        if (strncmp(pair, "vni=", 4)) {
            continue;
        }
        if (*vni) {
            error = xasprintf("port-profile \"%s\" has more than one VNI; "
                              "keep one", profile);
        } else if (!ident_parse_vni(pair + 4, vni)) {
            error = xasprintf("port-profile \"%s\" has no VNI in the range "
                              "1...%d; set profileid='vni=N' in the domain",
                              profile, VNI_MAX);
        }
    }
    free(copy);
    if (error) {
        *vni = 0;
    }
    return error;
}

/* Sets the members of 'iface' that 'fact' tells. */
static void
iface_set(struct model *m, struct iface *iface,
          const struct fact_iface *fact)
{
    free(iface->error);
    iface->error = NULL;
    iface->ofport = fact->ofport;
    iface->vni = 0;
    if (fact->profile) {
        iface->error = iface_parse_profile(fact->profile, &iface->vni);
    }

    if (!nullable_string_is_equal(iface->vm_id, fact->vm_id)) {
        free(iface->vm_id);
        iface->vm_id = nullable_xstrdup(fact->vm_id);
        iface_init_vm(m, iface);
    }

    iface->has_mac = fact->attached_mac != NULL;
    iface->mac = eth_addr_zero;
    if (fact->attached_mac
        && (!ident_parse_mac(fact->attached_mac, &iface->mac)
            || eth_addr_is_multicast(iface->mac)
            || eth_addr_is_zero(iface->mac))) {
        iface->has_mac = false;
        if (!iface->error) {
            iface->error = xasprintf(
                "attached-mac \"%s\" is not the MAC of a VM; set "
                "external_ids:attached-mac of interface %s to a unicast "
                "MAC", fact->attached_mac, iface->name);
        }
    }
}

/* Takes over an Interface, new or changed.  One that names no port (it has
 * neither an iface-id nor a profile) is not ours and forgotten. */
void
model_put_iface(struct model *m, const struct fact_iface *fact)
{
    const char *port_name = (fact->iface_id ? fact->iface_id
                             : fact->profile ? fact->name
                             : NULL);
    struct iface *iface = iface_find(m, fact->name);
    struct port *port;

    if (iface && (!port_name || iface->lingers
                  || strcmp(iface->port, port_name))) {
        iface_destroy(m, iface);
        iface = NULL;
    }
    if (!port_name) {
        return;
    }

    port = port_get(m, port_name);
    ifaces_stop_lingering(m, port);
    if (!iface) {
        iface = xzalloc(sizeof *iface);
        iface->name = xstrdup(fact->name);
        iface->port = xstrdup(port_name);
        hmap_insert(&m->ifaces, &iface->hmap_node,
                    hash_string(fact->name, 0));
        ovs_list_push_back(&port->ifaces, &iface->port_node);
    }
    iface_set(m, iface, fact);
}

/* Forgets the Interface named 'name', if it is known; a little later, if its
 * VM has left. */
void
model_del_iface(struct model *m, const char *name)
{
    struct iface *iface = iface_find(m, name);

    if (iface && !iface_linger(m, iface)) {
        iface_destroy(m, iface);
    }
}
