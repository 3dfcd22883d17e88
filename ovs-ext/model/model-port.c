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
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* A port's facts come from a row and from an interface, in any order;
 * port_resolve() works out what they mean together each time that either
 * changed. */

/* Returns the port that 'owner' names, or null. */
const struct port *
model_port_by_owner(const struct model *m, const struct owner *owner)
{
    const struct port *port;

    HMAP_FOR_EACH_WITH_HASH (port, hmap_node, owner_hash(owner), &m->ports) {
        if (owner_equal(&port->owner, owner)) {
            return port;
        }
    }
    return NULL;
}

/* Returns the port named 'name', or null. */
struct port *
port_find(const struct model *m, const char *name)
{
    struct owner owner = owner_port(name);

    return CONST_CAST(struct port *, model_port_by_owner(m, &owner));
}

/* Returns the port in a network that has 'ofport', or null. */
struct port *
port_find_by_ofport(const struct model *m, uint32_t ofport)
{
    struct port *port;

    HMAP_FOR_EACH_WITH_HASH (port, ofport_node, hash_int(ofport, 0),
                             &m->ofports) {
        if (port->ofport == ofport && port->network) {
            return port;
        }
    }
    return NULL;
}

/* Frees what is in 'row'. */
static void
port_row_free(struct port_row *row)
{
    free(row->network);
    free(row->macs);
    free(row->ips);
    free(row->pairs);
    free(row->groups);
    memset(row, 0, sizeof *row);
}

/* Works out which row of 'port' counts. */
static void
port_merge_rows(struct port *port)
{
    const struct port_row *carried = port->carried;

    if (port->has_row || !carried) {
        port->row = port->own;
    } else {
        port->row = *carried;
    }
    if (carried && !port->row.n_groups) {
        port->row.groups = carried->groups;
        port->row.n_groups = carried->n_groups;
    }
}

static void
port_row_uninit(struct model *m, struct port *port)
{
    if (port->has_row) {
        hmap_remove(&m->row_ports, &port->row_node);
        port_row_free(&port->own);
        port->has_row = false;
        port_merge_rows(port);
    }
}

static void
port_set_problem(struct model *m, const struct port *port, const char *topic,
                 char *text)
{
    char *object = xasprintf("port/%s", port->name);

    if (text) {
        problem_set(&m->problems, object, topic, "%s", text);
    } else {
        problem_clear(&m->problems, object, topic);
    }
    free(object);
    free(text);
}

static void
port_dirty(struct model *m, const struct port *port)
{
    owner_set_add(&m->dirty, &port->owner);
    sset_add_and_free(&m->changed, xasprintf("port/%s", port->name));
    local_dirty(m, port);
    if (port->network) {
        network_dirty(m, port->network);
    }
}

/* What a port had before its facts changed. */
struct port_past {
    struct network *network;    /* Or null. */
    struct eth_addr *macs;
    size_t n_macs;
    struct in6_addr *ips;
    size_t n_ips;
};

/* Takes 'port' out of its network and its addresses from it, into '*past'. */
static void
port_begin(struct model *m, struct port *port, struct port_past *past)
{
    port_dirty(m, port);
    herald_release(m, port);
    past->network = port->network;
    past->macs = port->macs;
    past->n_macs = port->n_macs;
    past->ips = port->ips;
    past->n_ips = port->n_ips;

    if (!ovs_list_is_empty(&port->net_node)) {
        ovs_list_remove(&port->net_node);
        ovs_list_init(&port->net_node);
        port->network->n_ports--;
    }
    if (port->ofport) {
        hmap_remove(&m->ofports, &port->ofport_node);
    }
    port->ofport = 0;
    port->network = NULL;
    port->active = false;
    port->left = false;
    port->held = false;
    port->macs = NULL;
    port->n_macs = 0;
    port->ips = NULL;
    port->n_ips = 0;
}

/* Releases what 'port' had in 'past' and has no longer, and frees 'past'.  A
 * network that this makes active or inactive has all its flows or none: all
 * of it becomes dirty. */
static void
port_end(struct model *m, struct port *port, struct port_past *past)
{
    struct network *network = past->network;

    if (port->network && port->network != network
        && port->network->n_ports == 1 && !port->network->kept) {
        network_dirty_all(m, port->network);
    }
    if (network) {
        for (size_t i = 0; i < past->n_macs; i++) {
            local_release_mac(m, network, port, past->macs[i]);
        }
        for (size_t i = 0; i < past->n_ips; i++) {
            local_release_ip(m, network, port, &past->ips[i]);
        }
        if (network != port->network) {
            sset_find_and_delete(&network->losers, port->name);
            if (!network_is_active(network)) {
                network_dirty_all(m, network);
            }
            network_gc(m, network);
        }
    }
    free(past->macs);
    free(past->ips);
}

/* Frees 'port', with all that it has. */
void
port_destroy(struct model *m, struct port *port)
{
    char *object = xasprintf("port/%s", port->name);
    struct port_past past;

    port_begin(m, port, &past);
    learn_revise(m, port);
    port_end(m, port, &past);
    problem_clear_object(&m->problems, object);
    free(object);

    port_row_uninit(m, port);
    port_clear_carried(m, port);
    port_policy_uninit(m, port);
    zones_release(&m->zones, port->name);
    sset_find_and_delete(&m->dirty_ports, port->name);
    hmap_remove(&m->ports, &port->hmap_node);
    free(port->name);
    free(port);
}

/* Makes model_run() resolve each port whose row names 'network'. */
void
port_dirty_by_row_network(struct model *m, const char *network)
{
    const struct port *port;

    HMAP_FOR_EACH_WITH_HASH (port, row_node, hash_string(network, 0),
                             &m->row_ports) {
        if (!strcmp(port->own.network, network)) {
            sset_add(&m->dirty_ports, port->name);
        }
    }
}

static void
port_row_init(struct port_row *row, const struct fact_port *fact)
{
    *row = (struct port_row) {
        .network = xstrdup(fact->network ? fact->network : ""),
        .macs = xmemdup(fact->macs, fact->n_macs * sizeof *fact->macs),
        .n_macs = fact->n_macs,
        .ips = xmemdup(fact->ips, fact->n_ips * sizeof *fact->ips),
        .n_ips = fact->n_ips,
        .standby = fact->standby,
        .has_ips = fact->has_ips,
        .has_security = fact->port_security != NULL,
        .security = fact->port_security && *fact->port_security,
        .pairs = xmemdup(fact->pairs, fact->n_pairs * sizeof *fact->pairs),
        .n_pairs = fact->n_pairs,
        .allow_dhcp_server = fact->allow_dhcp_server,
        .allow_ra = fact->allow_ra,
        .has_learn = fact->learn_ips != NULL,
        .learn = fact->learn_ips && *fact->learn_ips,
        .max_learned = fact->max_learned,
        .groups = xmemdup(fact->groups,
                          fact->n_groups * sizeof *fact->groups),
        .n_groups = fact->n_groups,
    };
}

/* Takes over a Port row, new or changed. */
void
model_put_port(struct model *m, const struct fact_port *fact)
{
    struct port *port = port_get(m, fact->name);

    port_row_uninit(m, port);
    port->has_row = true;
    port_row_init(&port->own, fact);
    port_merge_rows(port);
    hmap_insert(&m->row_ports, &port->row_node,
                hash_string(port->own.network, 0));
}

/* Forgets what the VM of 'port' brought along. */
void
port_clear_carried(struct model *m, struct port *port)
{
    if (port->carried) {
        port_row_free(port->carried);
        free(port->carried);
        port->carried = NULL;
        free(port->carried_ips);
        port->carried_ips = NULL;
        port->n_carried_ips = 0;
        port_merge_rows(port);
        sset_add(&m->dirty_ports, port->name);
    }
}

/* The VM of the port that 'fact' names has brought 'fact' along from another
 * host, and that the 'n_learned' IPs in 'learned' were learned of it there.
 * It counts where there is no Port row or, for security groups, where that has
 * none. */
void
model_put_carried(struct model *m, const struct fact_port *fact,
                  const struct in6_addr *learned, size_t n_learned)
{
    struct port *port = port_get(m, fact->name);

    port_clear_carried(m, port);
    port->carried = xmalloc(sizeof *port->carried);
    port_row_init(port->carried, fact);
    port->carried_ips = xmemdup(learned, n_learned * sizeof *learned);
    port->n_carried_ips = n_learned;
    port_merge_rows(port);
}

/* Forgets what the VM of the port named 'name' brought along: but for its
 * groups, when its interface has. */
void
model_del_carried(struct model *m, const char *name)
{
    struct port *port = port_find(m, name);

    if (port && port->carried && port->iface && port->iface->lingers) {
        port->carried->n_groups = 0;
        port_merge_rows(port);
        sset_add(&m->dirty_ports, name);
    } else if (port) {
        port_clear_carried(m, port);
    }
}

/* Forgets the Port row named 'name', if it is known. */
void
model_del_port(struct model *m, const char *name)
{
    struct port *port = port_find(m, name);

    if (port && port->has_row) {
        port_row_uninit(m, port);
        sset_add(&m->dirty_ports, name);
    }
}

/* Returns the interface that 'port' is on: of those that have an OpenFlow port
 * the first by name, or else one that lingers.  More than one is a problem. */
static const struct iface *
port_choose_iface(struct model *m, const struct port *port)
{
    const struct iface *iface, *first = NULL, *other = NULL, *past = NULL;
    char *error = NULL;

    LIST_FOR_EACH (iface, port_node, &port->ifaces) {
        if (!iface->ofport) {
            past = iface->lingers ? iface : past;
            continue;
        }
        if (!first || strcmp(iface->name, first->name) < 0) {
            other = first;
            first = iface;
        } else {
            other = iface;
        }
    }
    if (other) {
        error = xasprintf("interfaces %s and %s both have iface-id \"%s\"; "
                          "%s is used, delete the other",
                          first->name, other->name, port->name, first->name);
    }
    port_set_problem(m, port, "iface-duplicate", error);
    return first ? first : past;
}

/* Returns the VNI of the network that 'port', which is on 'iface' or on none,
 * is in, or 0 if it is in none. */
static uint32_t
port_choose_vni(struct model *m, const struct port *port,
                const struct iface *iface)
{
    uint32_t vni = iface ? iface->vni : 0;
    char *no_network = NULL;
    char *mismatch = NULL;

    if (port->has_row) {
        const struct network_row *row
            = network_row_find(m, port->row.network);

        if (!row) {
            no_network = xasprintf("network \"%s\" does not exist; create "
                                   "it with \"ovs-ext-ctl net-add\"",
                                   port->row.network);
        } else if (vni && vni != row->vni) {
            mismatch = xasprintf("port-profile of interface %s says VNI "
                                 "%"PRIu32", the Port row says network "
                                 "\"%s\" with VNI %"PRIu32"; the row is "
                                 "obeyed, correct one of them",
                                 iface->name, vni, row->name, row->vni);
        }
        vni = row ? row->vni : 0;
    }
    port_set_problem(m, port, "no-network", no_network);
    port_set_problem(m, port, "vni-mismatch", mismatch);
    return vni;
}

/* Stores the MACs of 'port', which is on 'iface', in 'port->macs'. */
static void
port_set_macs(struct model *m, struct port *port, const struct iface *iface)
{
    char *error = NULL;

    if (port->row.n_macs) {
        port->n_macs = port->row.n_macs;
        port->macs = xmemdup(port->row.macs,
                             port->n_macs * sizeof *port->macs);
    } else if (iface && iface->has_mac) {
        port->n_macs = 1;
        port->macs = xmemdup(&iface->mac, sizeof iface->mac);
    } else if (iface && port->network && !iface->error) {
        error = xasprintf("no MAC is known; set external_ids:attached-mac"
                          " of interface %s, or \"macs\" of the Port row",
                          iface->name);
    }
    port_set_problem(m, port, "no-mac", error);
}

static void
port_set_ips(struct port *port)
{
    port->n_ips = port->row.n_ips;
    port->ips = xmemdup(port->row.ips, port->n_ips * sizeof *port->ips);
}

/* Works out what the facts about 'port' mean. */
static void
port_set_meaning(struct model *m, struct port *port)
{
    const struct iface *iface = port_choose_iface(m, port);
    uint32_t vni = port_choose_vni(m, port, iface);
    bool here;

    port_set_problem(m, port, "iface-ids",
                     iface ? nullable_xstrdup(iface->error) : NULL);
    port->iface = iface;
    port->ofport = iface ? iface->ofport : 0;
    if (port->ofport) {
        hmap_insert(&m->ofports, &port->ofport_node,
                    hash_int(port->ofport, 0));
    }
    here = port->ofport || (iface && iface->lingers);
    if (vni && here) {
        port->network = network_get(m, vni);
        ovs_list_push_back(&port->network->ports, &port->net_node);
        port->network->n_ports++;
    }
    port_set_macs(m, port, iface);
    port_set_ips(port);
    port_set_security(port);
    port->held = (port->network && port->ofport && !port->row.standby
                  && port->n_macs && iface_is_held(m, iface));
    port->active = (port->network && here && !port->row.standby
                    && port->n_macs && !port->held);
    port->left = port->active && iface->vm == IFACE_LEFT;
    learn_set_meaning(port);
}

/* Works out anew what the facts about 'port' mean, at time 'now'; frees it if
 * there are none any more.  All that was or is made from it becomes dirty. */
void
port_resolve(struct model *m, struct port *port, long long int now)
{
    struct port_past past;

    port_linger(m, port, now);
    if (!port->has_row && ovs_list_is_empty(&port->ifaces)) {
        port_destroy(m, port);
        return;
    }
    port_begin(m, port, &past);
    port_set_meaning(m, port);
    learn_revise(m, port);
    port_end(m, port, &past);
    local_acquire(m, port, now);
    port_follow_vm(m, port, now);
    herald_acquire(m, port, now);
    port_policy_resolve(m, port);
    port_dirty(m, port);
}

/* Returns the port named 'name' (its iface-id), or null. */
const struct port *
model_port(const struct model *m, const char *name)
{
    return port_find(m, name);
}

/* Returns the port in a network that has 'ofport', or null. */
const struct port *
model_port_by_ofport(const struct model *m, uint32_t ofport)
{
    return port_find_by_ofport(m, ofport);
}
