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
#include "ovsdb-sync/ovs-sync.h"

#include <stdlib.h>
#include <unistd.h>
#include "coverage.h"
#include "dirs.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-carry.h"
#include "ovsdb-sync/ovs-rows.h"
#include "ovsdb-sync/ovs-settings.h"
#include "ovsdb-sync/ovs-taps.h"
#include "ovsdb-sync/ovs-tunnel.h"
#include "ovsdb-sync/ovs-zones.h"
#include "packets.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"

VLOG_DEFINE_THIS_MODULE(ovs_sync);

COVERAGE_DEFINE(ovs_sync_iface);
COVERAGE_DEFINE(ovs_sync_txn_error);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

BUILD_ASSERT_DECL(OVS_SYNC_TUNNEL_PORT == OVS_TUNNEL_UDP);

/* ms after a transaction that was refused. */
#define TXN_BACKOFF 5000

/* ms for ovs-vswitchd to close the tunnel port before it opens it again. */
#define CLOSE_TIME 500

struct ovs_sync {
    struct ovsdb_idl *idl;
    struct ovsdb_idl_index *interfaces; /* Of 'idl', by name. */
    unsigned int seqno;         /* Of 'idl', when it was last looked at. */
    struct in6_addr lo_ip4, lo_ip6; /* Of lo, global, or in6addr_any. */
    bool lo_changed;            /* Since the last run. */

    bool known;                 /* 'settings' are those of the database. */
    struct ovs_settings settings;
    struct shash ifaces;        /* Name -> char *, what the model was told. */
    bool synced;

    struct ovsdb_idl_txn *txn;  /* In flight, or null. */
    long long int next_txn;     /* ms: not before; 0 if nothing waits. */
    bool closing;               /* 'txn' takes the tunnel port away. */

    struct shash taps;          /* "struct ovs_tap"s, by name. */
    bool taps_due;              /* They are to be looked at. */
    struct ovs_carry carry;     /* What VMs take along. */

    bool zones_known;           /* The model has those of the database. */
    uint64_t zones_seqno;       /* Of the model's, when they were the same. */
};

static void
ovs_sync_register(struct ovsdb_idl *idl)
{
    const struct ovsdb_idl_column *read[] = {
        &ovsrec_open_vswitch_col_bridges,
        &ovsrec_open_vswitch_col_external_ids,
        &ovsrec_bridge_col_name,
        &ovsrec_bridge_col_ports,
        &ovsrec_port_col_name,
        &ovsrec_port_col_interfaces,
        &ovsrec_interface_col_name,
        &ovsrec_interface_col_type,
        &ovsrec_interface_col_options,
        &ovsrec_interface_col_ofport,
        &ovsrec_interface_col_error,
        &ovsrec_interface_col_external_ids,
    };
    const struct ovsdb_idl_column *written[] = {
        &ovsrec_bridge_col_fail_mode,
        &ovsrec_bridge_col_datapath_type,
        &ovsrec_bridge_col_external_ids,
        &ovsrec_port_col_external_ids,
    };

    for (size_t i = 0; i < ARRAY_SIZE(read); i++) {
        ovsdb_idl_track_add_column(idl, read[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(written); i++) {
        ovsdb_idl_add_column(idl, written[i]);
        ovsdb_idl_omit_alert(idl, written[i]);
    }
}

/* Returns a new ovs_sync for the Open_vSwitch database at the remote
 * 'database'. */
struct ovs_sync *
ovs_sync_create(const char *database)
{
    struct ovs_sync *os = xzalloc(sizeof *os);

    os->idl = ovsdb_idl_create(database, &ovsrec_idl_class, false, true);
    ovs_sync_register(os->idl);
    os->interfaces = ovs_index_interfaces(os->idl);
    os->seqno = ovsdb_idl_get_seqno(os->idl);
    shash_init(&os->ifaces);
    shash_init(&os->taps);
    ovs_carry_init(&os->carry);
    return os;
}

/* Frees 'os'.  What it wrote stays. */
void
ovs_sync_destroy(struct ovs_sync *os)
{
    if (os) {
        if (os->txn) {
            ovsdb_idl_txn_destroy(os->txn);
        }
        ovsdb_idl_destroy(os->idl);
        ovs_carry_uninit(&os->carry);
        shash_destroy_free_data(&os->ifaces);
        ovs_taps_clear(&os->taps);
        shash_destroy(&os->taps);
        if (os->known) {
            ovs_settings_uninit(&os->settings);
        }
        free(os);
    }
}

/* See ovs-sync.h. */
void
ovs_sync_set_lo(struct ovs_sync *os, const struct in6_addr *ip4,
                const struct in6_addr *ip6)
{
    if (!ipv6_addr_equals(&os->lo_ip4, ip4)
        || !ipv6_addr_equals(&os->lo_ip6, ip6)) {
        os->lo_ip4 = *ip4;
        os->lo_ip6 = *ip6;
        os->lo_changed = true;
    }
}

static const struct ovsrec_bridge *
find_bridge(struct ovsdb_idl *idl, const char *name)
{
    const struct ovsrec_bridge *br;

    OVSREC_BRIDGE_FOR_EACH (br, idl) {
        if (!strcmp(br->name, name)) {
            return br;
        }
    }
    return NULL;
}

static void
read_settings(struct ovs_sync *os, const struct ovsrec_open_vswitch *ovs,
              struct problems *problems)
{
    char *remote = xasprintf("unix:%s/db.sock", ovs_rundir());
    char host_name[256] = "";
    struct ovs_settings_defaults defaults = {
        .host_name = host_name,
        .remote = remote,
        .vtep4 = os->lo_ip4,
        .vtep6 = os->lo_ip6,
        .tunnel_port = OVS_TUNNEL_UDP,
    };

    gethostname(host_name, sizeof host_name - 1);
    if (os->known) {
        ovs_settings_uninit(&os->settings);
    }
    ovs_settings_parse(&os->settings, &ovs->external_ids, &defaults,
                       problems);
    os->known = true;
    free(remote);
}

/* Tells the model of 'row' if that is news. */
static void
put_iface(struct ovs_sync *os, struct model *m,
          const struct ovsrec_interface *row)
{
    bool has_ofport = row->n_ofport && row->ofport[0] > 0;
    struct fact_iface fact = {
        .name = row->name,
        .iface_id = smap_get(&row->external_ids, "iface-id"),
        .profile = smap_get(&row->external_ids, "port-profile"),
        .attached_mac = smap_get(&row->external_ids, "attached-mac"),
        .vm_id = smap_get(&row->external_ids, "vm-id"),
        .ofport = has_ofport ? row->ofport[0] : 0,
    };
    const char *ids[] = {
        fact.iface_id, fact.profile, fact.attached_mac, fact.vm_id,
    };
    struct ds text = DS_EMPTY_INITIALIZER;
    char *old = shash_find_data(&os->ifaces, row->name);

    ovs_carry_read(&os->carry, m, row, (fact.iface_id ? fact.iface_id
                                        : fact.profile ? row->name : NULL),
                   os->settings.host_name);
    ds_put_format(&text, "%"PRIu32, fact.ofport);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        ds_put_format(&text, "\n%c%s", ids[i] ? '=' : '-',
                      ids[i] ? ids[i] : "");
    }
    if (old && !strcmp(old, ds_cstr(&text))) {
        ds_destroy(&text);
        return;
    }
    COVERAGE_INC(ovs_sync_iface);
    free(shash_replace(&os->ifaces, row->name, ds_steal_cstr(&text)));
    model_put_iface(m, &fact);
}

/* Returns true if 'row', which the IDL tracks, is another than before; the
 * IDL also tracks rows only because they refer to others that changed. */
static bool
ovs_changed(const struct ovsrec_open_vswitch *row)
{
    return (ovsrec_open_vswitch_is_new(row)
            || ovsrec_open_vswitch_is_deleted(row)
            || ovsrec_open_vswitch_is_updated(row,
                                              OVSREC_OPEN_VSWITCH_COL_BRIDGES)
            || ovsrec_open_vswitch_is_updated(
                row, OVSREC_OPEN_VSWITCH_COL_EXTERNAL_IDS));
}

static bool
bridge_changed(const struct ovsrec_bridge *row)
{
    return (ovsrec_bridge_is_new(row) || ovsrec_bridge_is_deleted(row)
            || ovsrec_bridge_is_updated(row, OVSREC_BRIDGE_COL_NAME)
            || ovsrec_bridge_is_updated(row, OVSREC_BRIDGE_COL_PORTS));
}

static bool
port_changed(const struct ovsrec_port *row)
{
    return (ovsrec_port_is_new(row) || ovsrec_port_is_deleted(row)
            || ovsrec_port_is_updated(row, OVSREC_PORT_COL_NAME)
            || ovsrec_port_is_updated(row, OVSREC_PORT_COL_INTERFACES));
}

/* Returns true if nothing changed but interfaces that were on our bridge and
 * stay there.  A vxlan interface may be the tunnel port, or its rival. */
static bool
only_ifaces_changed(const struct ovs_sync *os)
{
    const struct ovsrec_open_vswitch *ovs;
    const struct ovsrec_interface *iface;
    const struct ovsrec_bridge *br;
    const struct ovsrec_port *port;
    bool others = !os->synced;

    OVSREC_OPEN_VSWITCH_FOR_EACH_TRACKED (ovs, os->idl) {
        others |= ovs_changed(ovs);
    }
    OVSREC_BRIDGE_FOR_EACH_TRACKED (br, os->idl) {
        others |= bridge_changed(br);
    }
    OVSREC_PORT_FOR_EACH_TRACKED (port, os->idl) {
        others |= port_changed(port);
    }
    OVSREC_INTERFACE_FOR_EACH_TRACKED (iface, os->idl) {
        others |= (ovsrec_interface_is_deleted(iface)
                   || !strcmp(iface->type, "vxlan")
                   || !shash_find(&os->ifaces, iface->name));
    }
    return !others;
}

/* Tells the model of the interfaces that changed. */
static void
read_changed_ifaces(struct ovs_sync *os, struct model *m)
{
    const struct ovsrec_interface *row;

    OVSREC_INTERFACE_FOR_EACH_TRACKED (row, os->idl) {
        put_iface(os, m, row);
    }
}

/* Tells the model of all interfaces on 'br' that changed, and of those that
 * went; 'br' is null if there is no bridge of ours. */
static void
read_ifaces(struct ovs_sync *os, struct model *m,
            const struct ovsrec_bridge *br)
{
    struct sset seen = SSET_INITIALIZER(&seen);
    struct shash_node *node;

    for (size_t i = 0; br && i < br->n_ports; i++) {
        const struct ovsrec_port *port = br->ports[i];

        for (size_t j = 0; j < port->n_interfaces; j++) {
            const char *name = port->interfaces[j]->name;

            if (strcmp(name, OVS_TUNNEL_NAME) && strcmp(name, br->name)) {
                sset_add(&seen, name);
            }
        }
    }

    /* First those that went: what replaces them may have their iface-id. */
    SHASH_FOR_EACH_SAFE (node, &os->ifaces) {
        if (!sset_contains(&seen, node->name)) {
            model_del_iface(m, node->name);
            ovs_carry_forget(&os->carry, m, node->name);
            free(node->data);
            shash_delete(&os->ifaces, node);
        }
    }
    for (size_t i = 0; br && i < br->n_ports; i++) {
        const struct ovsrec_port *port = br->ports[i];

        for (size_t j = 0; j < port->n_interfaces; j++) {
            if (sset_contains(&seen, port->interfaces[j]->name)) {
                put_iface(os, m, port->interfaces[j]);
            }
        }
    }
    sset_destroy(&seen);
}

static void
put_host(const struct ovs_sync *os, struct model *m, uint32_t tunnel_ofport)
{
    const struct ovs_settings *s = &os->settings;

    model_put_host(m, &(struct fact_host) {
        .name = s->host_name,
        .bridge = s->ovn ? NULL : s->bridge,
        .vtep4 = s->vtep4,
        .vtep6 = s->vtep6,
        .shadow_port = s->shadow_port,
        .frr = s->frr,
        .tunnel_ofport = tunnel_ofport,
        .dup_moves = s->dup_moves,
        .dup_time = s->dup_time,
    });
}

/* Commits the transaction in flight.  Returns true if there is none (any
 * more). */
static bool
ovs_sync_run_txn(struct ovs_sync *os, struct problems *problems)
{
    enum ovsdb_idl_txn_status status;

    if (!os->txn) {
        return true;
    }
    status = ovsdb_idl_txn_commit(os->txn);
    if (status == TXN_INCOMPLETE) {
        return false;
    }
    os->next_txn = 0;
    if (status == TXN_SUCCESS || status == TXN_UNCHANGED) {
        problem_clear(problems, "host", "bridge");
        if (os->closing) {
            os->next_txn = time_msec() + CLOSE_TIME;
        }
    } else {
        os->next_txn = time_msec();
        if (status == TXN_ERROR) {
            const char *error = ovsdb_idl_txn_get_error(os->txn);

            COVERAGE_INC(ovs_sync_txn_error);
            VLOG_WARN_RL(&rl, "%s: cannot write bridge and tunnel port (%s)",
                         os->settings.bridge, error);
            problem_set(problems, "host", "bridge",
                        "cannot create bridge %s and its tunnel port (%s); "
                        "correct the Open_vSwitch database",
                        os->settings.bridge, error);
            os->next_txn += TXN_BACKOFF;
        }
    }
    ovsdb_idl_txn_destroy(os->txn);
    os->txn = NULL;
    return true;
}

/* Creates what is missing, if no transaction is in the way. */
static void
ovs_sync_write(struct ovs_sync *os, struct problems *problems,
               const struct ovsrec_open_vswitch *ovs,
               const struct ovsrec_bridge *br)
{
    if (os->txn || time_msec() < os->next_txn) {
        return;
    }
    os->txn = ovsdb_idl_txn_create(os->idl);
    os->closing = false;
    if (br) {
        VLOG_INFO("%s: adding tunnel port %s", br->name, OVS_TUNNEL_NAME);
        ovsdb_idl_txn_add_comment(os->txn, "ovs-ext: tunnel port");
        os->closing = !ovs_tunnel_write(os->idl, os->interfaces, os->txn, br);
    } else {
        VLOG_INFO("%s: creating bridge", os->settings.bridge);
        ovsdb_idl_txn_add_comment(os->txn, "ovs-ext: bridge");
        ovs_tunnel_write_bridge(os->txn, ovs, os->settings.bridge,
                                os->settings.datapath_type);
    }
    ovs_sync_run_txn(os, problems);
}

/* Takes over from 'br' the zones that ports had before we were started. */
static void
ovs_sync_read_zones(struct ovs_sync *os, struct model *m,
                    const struct ovsrec_bridge *br)
{
    if (br && !os->zones_known) {
        ovs_zones_read(br, &m->zones);
        os->zones_known = true;
    }
    os->zones_seqno = 0;
}

/* Writes the zones that ports have, if no transaction is in the way. */
static void
ovs_sync_write_zones(struct ovs_sync *os, struct model *m)
{
    const struct ovsrec_bridge *br;

    if (!os->zones_known || os->txn || os->zones_seqno == m->zones.seqno
        || time_msec() < os->next_txn) {
        return;
    }
    br = find_bridge(os->idl, os->settings.bridge);
    os->zones_seqno = m->zones.seqno;
    if (br && ovs_zones_differ(br, &m->zones)) {
        os->txn = ovsdb_idl_txn_create(os->idl);
        os->closing = false;
        ovsdb_idl_txn_add_comment(os->txn, "ovs-ext: conntrack zones");
        ovs_zones_write(br, &m->zones);
        /* Looked at again when it is done, as it may fail. */
        os->zones_seqno = 0;
        ovs_sync_run_txn(os, &m->problems);
    }
}

static bool
taps_are_due(const struct ovs_sync *os)
{
    return os->synced && !os->settings.ovn && !os->txn && os->taps_due;
}

/* Makes ports of taps and deletes those that have gone, if no transaction is
 * in the way. */
static void
ovs_sync_write_taps(struct ovs_sync *os, struct model *m)
{
    const struct ovsrec_bridge *br;

    if (!taps_are_due(os) || time_msec() < os->next_txn) {
        return;
    }
    os->taps_due = false;
    br = find_bridge(os->idl, os->settings.bridge);
    if (br && ovs_taps_differ(os->interfaces, br, &os->taps)) {
        os->txn = ovsdb_idl_txn_create(os->idl);
        os->closing = false;
        ovsdb_idl_txn_add_comment(os->txn, "ovs-ext: taps");
        ovs_taps_write(os->interfaces, os->txn, br, &os->taps);
        /* Looked at again when it is done, as it may fail. */
        os->taps_due = true;
        ovs_sync_run_txn(os, &m->problems);
    }
}

/* Writes what VMs are to take along, if no transaction is in the way. */
static void
ovs_sync_write_carry(struct ovs_sync *os, struct model *m)
{
    if (!os->synced || os->txn || time_msec() < os->next_txn
        || !ovs_carry_differs(&os->carry, os->interfaces)) {
        return;
    }
    os->txn = ovsdb_idl_txn_create(os->idl);
    os->closing = false;
    ovsdb_idl_txn_add_comment(os->txn, "ovs-ext: what VMs take along");
    ovs_carry_write(&os->carry, os->interfaces);
    ovs_sync_run_txn(os, &m->problems);
}

/* Puts into the model what the database says, and into the database what it
 * lacks. */
static void
ovs_sync_read(struct ovs_sync *os, struct model *m)
{
    const struct ovsrec_open_vswitch *ovs = ovsrec_open_vswitch_first(os->idl);
    enum ovs_tunnel_state tunnel = OVS_TUNNEL_WRITE;
    const struct ovsrec_bridge *br;
    uint32_t ofport = 0;

    if (!ovs) {
        problem_set(&m->problems, "host", "ovs-database",
                    "the Open_vSwitch database is empty; initialize it with "
                    "\"ovs-vsctl init\"");
        return;
    }
    problem_clear(&m->problems, "host", "ovs-database");
    read_settings(os, ovs, &m->problems);
    br = os->settings.ovn ? NULL : find_bridge(os->idl, os->settings.bridge);
    if (br) {
        tunnel = ovs_tunnel_check(os->idl, os->interfaces, br, &m->problems,
                                  &ofport);
        if (tunnel != OVS_TUNNEL_WRITE) {
            problem_clear(&m->problems, "host", "bridge");
        }
    } else {
        problem_clear(&m->problems, "host", "tunnel-port");
    }
    put_host(os, m, ofport);
    ovs_sync_read_zones(os, m, br);
    read_ifaces(os, m, br);
    if (!os->settings.ovn && tunnel == OVS_TUNNEL_WRITE) {
        ovs_sync_write(os, &m->problems, ovs, br);
    }
    os->synced = (os->settings.ovn || ofport
                  || tunnel == OVS_TUNNEL_PROBLEM
                  || problem_get(&m->problems, "host", "bridge"));
}

/* Takes over what changed in the database and on lo, and writes what is
 * missing. */
void
ovs_sync_run(struct ovs_sync *os, struct model *m)
{
    bool changed = os->lo_changed;

    os->lo_changed = false;
    ovsdb_idl_run(os->idl);
    if (ovs_sync_run_txn(os, &m->problems) && os->next_txn
        && time_msec() >= os->next_txn) {
        os->next_txn = 0;
        changed = true;
    }
    if (os->seqno != ovsdb_idl_get_seqno(os->idl)) {
        os->seqno = ovsdb_idl_get_seqno(os->idl);
        os->taps_due = true;
        if (only_ifaces_changed(os)) {
            read_changed_ifaces(os, m);
        } else {
            changed = true;
        }
    }
    if (changed && ovsdb_idl_has_ever_connected(os->idl)) {
        ovs_sync_read(os, m);
    }
    ovs_sync_write_zones(os, m);
    ovs_sync_write_taps(os, m);
    ovs_sync_write_carry(os, m);
    ovsdb_idl_track_clear(os->idl);
}

/* Makes poll_block() wake up when ovs_sync_run() has something to do. */
void
ovs_sync_wait(struct ovs_sync *os)
{
    ovsdb_idl_wait(os->idl);
    if (os->txn) {
        ovsdb_idl_txn_wait(os->txn);
    } else if (os->next_txn) {
        poll_timer_wait_until(os->next_txn);
    } else if (taps_are_due(os)) {
        poll_immediate_wake();
    }
}

/* Returns true if host and interfaces are in the model, and bridge and tunnel
 * port are there or a problem says why not. */
bool
ovs_sync_is_synced(const struct ovs_sync *os)
{
    return os->synced;
}

/* Returns true if there is a connection to the database. */
bool
ovs_sync_is_connected(const struct ovs_sync *os)
{
    return os->known && ovsdb_idl_is_connected(os->idl);
}

/* See ovs-sync.h. */
const char *
ovs_sync_remote(const struct ovs_sync *os)
{
    return os->known ? os->settings.remote : NULL;
}

/* See ovs-sync.h. */
const char *
ovs_sync_host_name(const struct ovs_sync *os)
{
    return os->known ? os->settings.host_name : NULL;
}

/* See ovs-sync.h. */
long long int
ovs_sync_frr_hold_ms(const struct ovs_sync *os)
{
    return os->known ? os->settings.frr_hold : 120 * 1000;
}

/* See ovs-sync.h. */
long long int
ovs_sync_learn_age_ms(const struct ovs_sync *os)
{
    return os->known ? os->settings.learn_age : LEARN_AGE;
}

/* See ovs-sync.h. */
const char *
ovs_sync_libvirt(const struct ovs_sync *os)
{
    return os->known ? os->settings.libvirt : NULL;
}

/* See ovs-sync.h. */
uint64_t
ovs_sync_seqno(const struct ovs_sync *os)
{
    return os->seqno;
}

/* See ovs-sync.h. */
void
ovs_sync_take_taps(struct ovs_sync *os, struct shash *taps)
{
    ovs_taps_clear(&os->taps);
    shash_swap(&os->taps, taps);
    os->taps_due = true;
}

/* See ovs-sync.h. */
void
ovs_sync_take_along(struct ovs_sync *os, const char *name, char *text)
{
    ovs_carry_take(&os->carry, name, text);
}

/* See ovs-sync.h. */
void
ovs_sync_for_each_adopted(const struct ovs_sync *os,
                          void (*cb)(void *aux, const char *name), void *aux)
{
    const struct ovsrec_interface *iface;

    OVSREC_INTERFACE_FOR_EACH (iface, os->idl) {
        if (ovs_tap_is_adopted(iface)) {
            cb(aux, iface->name);
        }
    }
}
