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
#include "ovsdb-sync/ovs-tunnel.h"

#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/problem.h"
#include "ovsdb-sync/ovs-rows.h"
#include "smap.h"
#include "util.h"
#include "vswitch-idl.h"

/* The mark of rows that are ours. */
#define OURS_KEY "ovs-ext"

static void
tunnel_options(struct smap *options)
{
    smap_init(options);
    smap_add(options, "remote_ip", "flow");
    smap_add(options, "local_ip", "flow");
    smap_add(options, "key", "flow");
    smap_add_format(options, "dst_port", "%d", OVS_TUNNEL_UDP);
}

/* Returns a vxlan interface of somebody else that takes the tunnel packets of
 * all VTEPs on our UDP port, or null. */
static const struct ovsrec_interface *
find_rival(struct ovsdb_idl *idl)
{
    const struct ovsrec_interface *iface;

    OVSREC_INTERFACE_FOR_EACH (iface, idl) {
        if (!strcmp(iface->type, "vxlan")
            && strcmp(iface->name, OVS_TUNNEL_NAME)
            && !strcmp(smap_get_def(&iface->options, "remote_ip", ""), "flow")
            && smap_get_int(&iface->options, "dst_port",
                            OVS_TUNNEL_UDP) == OVS_TUNNEL_UDP) {
            return iface;
        }
    }
    return NULL;
}

static bool
is_as_it_should(const struct ovsrec_interface *iface)
{
    struct smap options;
    bool ok;

    tunnel_options(&options);
    ok = (!strcmp(iface->type, "vxlan")
          && smap_equal(&iface->options, &options));
    smap_destroy(&options);
    return ok;
}

/* Did ovs-vswitchd try to open 'iface', in vain? */
static bool
has_failed(const struct ovsrec_interface *iface)
{
    return iface->n_ofport ? iface->ofport[0] <= 0 : iface->error != NULL;
}

/* Says how it is about the tunnel port of 'br'.  Sets or clears problem
 * "tunnel-port" of "host".  Stores the OpenFlow port in '*ofport', or 0 if it
 * has none (yet). */
enum ovs_tunnel_state
ovs_tunnel_check(struct ovsdb_idl *idl, struct ovsdb_idl_index *interfaces,
                 const struct ovsrec_bridge *br, struct problems *problems,
                 uint32_t *ofport)
{
    const struct ovsrec_interface *iface
        = ovs_find_interface(interfaces, OVS_TUNNEL_NAME);
    const struct ovsrec_interface *rival = find_rival(idl);

    *ofport = 0;
    if (iface && !smap_get_bool(&iface->external_ids, OURS_KEY, false)) {
        problem_set(problems, "host", "tunnel-port",
                    "port %s is somebody else's; delete it with \"ovs-vsctl "
                    "del-port %s\"", OVS_TUNNEL_NAME, OVS_TUNNEL_NAME);
        return OVS_TUNNEL_PROBLEM;
    }
    if (rival) {
        problem_set(problems, "host", "tunnel-port",
                    "interface %s takes the VXLAN packets of UDP port %d; "
                    "delete it with \"ovs-vsctl del-port %s\"",
                    rival->name, OVS_TUNNEL_UDP, rival->name);
    } else if (iface && has_failed(iface)) {
        problem_set(problems, "host", "tunnel-port",
                    "ovs-vswitchd cannot open %s (%s); see its log",
                    OVS_TUNNEL_NAME, iface->error ? iface->error : "?");
    } else {
        problem_clear(problems, "host", "tunnel-port");
    }
    if (!iface || !ovs_find_port(br, OVS_TUNNEL_NAME)
        || !is_as_it_should(iface)) {
        return rival ? OVS_TUNNEL_PROBLEM : OVS_TUNNEL_WRITE;
    }
    if (iface->n_ofport && iface->ofport[0] > 0) {
        *ofport = iface->ofport[0];
        return OVS_TUNNEL_OK;
    }
    return rival || has_failed(iface) ? OVS_TUNNEL_PROBLEM : OVS_TUNNEL_OK;
}

static void
set_ours(struct smap *external_ids)
{
    smap_init(external_ids);
    smap_add(external_ids, OURS_KEY, "true");
}

/* Takes the tunnel port from the bridge that it is on.  Returns false if it is
 * on none. */
static bool
delete_port(struct ovsdb_idl *idl)
{
    const struct ovsrec_bridge *br;

    OVSREC_BRIDGE_FOR_EACH (br, idl) {
        struct ovsrec_port *port = ovs_find_port(br, OVS_TUNNEL_NAME);

        if (port) {
            ovsrec_bridge_update_ports_delvalue(br, port);
            return true;
        }
    }
    return false;
}

static void
insert_port(struct ovsdb_idl_txn *txn, const struct ovsrec_bridge *br,
            const struct smap *options)
{
    struct ovsrec_interface *iface = ovsrec_interface_insert(txn);
    struct ovsrec_port *port = ovsrec_port_insert(txn);
    struct smap ids;

    set_ours(&ids);
    ovsrec_interface_set_name(iface, OVS_TUNNEL_NAME);
    ovsrec_interface_set_type(iface, "vxlan");
    ovsrec_interface_set_options(iface, options);
    ovsrec_interface_set_external_ids(iface, &ids);
    ovsrec_port_set_name(port, OVS_TUNNEL_NAME);
    ovsrec_port_set_interfaces(port, &iface, 1);
    ovsrec_port_set_external_ids(port, &ids);
    smap_destroy(&ids);
    ovsrec_bridge_update_ports_addvalue(br, port);
}

/* Puts into 'txn' what makes the tunnel port of 'br' as it should be.  Returns
 * true if that is all, false if it is on another bridge and only taken from
 * there: ovs-vswitchd has to close it before it can open it again. */
bool
ovs_tunnel_write(struct ovsdb_idl *idl, struct ovsdb_idl_index *interfaces,
                 struct ovsdb_idl_txn *txn, const struct ovsrec_bridge *br)
{
    const struct ovsrec_interface *iface
        = ovs_find_interface(interfaces, OVS_TUNNEL_NAME);
    struct smap options;
    bool done = true;

    tunnel_options(&options);
    if (iface && ovs_find_port(br, OVS_TUNNEL_NAME)) {
        ovsrec_interface_set_type(iface, "vxlan");
        ovsrec_interface_set_options(iface, &options);
    } else if (delete_port(idl)) {
        done = false;
    } else {
        insert_port(txn, br, &options);
    }
    smap_destroy(&options);
    return done;
}

/* Puts a new bridge 'name' into 'txn': fail-secure, so that it forwards
 * nothing that we did not tell it to. */
void
ovs_tunnel_write_bridge(struct ovsdb_idl_txn *txn,
                        const struct ovsrec_open_vswitch *ovs,
                        const char *name, const char *datapath_type)
{
    struct ovsrec_interface *iface = ovsrec_interface_insert(txn);
    struct ovsrec_port *port = ovsrec_port_insert(txn);
    struct ovsrec_bridge *br = ovsrec_bridge_insert(txn);
    struct smap ids;

    ovsrec_interface_set_name(iface, name);
    ovsrec_interface_set_type(iface, "internal");
    ovsrec_port_set_name(port, name);
    ovsrec_port_set_interfaces(port, &iface, 1);
    ovsrec_bridge_set_name(br, name);
    ovsrec_bridge_set_fail_mode(br, "secure");
    if (datapath_type[0]) {
        ovsrec_bridge_set_datapath_type(br, datapath_type);
    }
    ovsrec_bridge_set_ports(br, &port, 1);
    set_ours(&ids);
    ovsrec_bridge_set_external_ids(br, &ids);
    smap_destroy(&ids);
    ovsrec_open_vswitch_update_bridges_addvalue(ovs, br);
}
