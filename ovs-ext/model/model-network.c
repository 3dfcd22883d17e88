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

/* Rows and networks are two things: a row is what somebody wrote, a network is
 * what a VNI means here.  Several rows may claim one VNI (the database forbids
 * it, the model survives it): the first by name has it.  A network without a
 * row is there because a port's profile names its VNI, or because the kernel
 * still has entries of it. */

/* Returns the network with 'vni', or null. */
struct network *
network_find(const struct model *m, uint32_t vni)
{
    struct network *network;

    HMAP_FOR_EACH_WITH_HASH (network, hmap_node, hash_int(vni, 0),
                             &m->networks) {
        if (network->vni == vni) {
            return network;
        }
    }
    return NULL;
}

/* Makes 'network' dirty. */
void
network_dirty(struct model *m, const struct network *network)
{
    struct owner owner = owner_network(network->vni);

    owner_set_add(&m->dirty, &owner);
}

/* Makes all local and remote IPs of 'network' dirty. */
static void
network_dirty_ips(struct model *m, const struct network *network)
{
    const struct remote_neighbor *neighbor;
    const struct local_ip *ip;
    struct owner owner;

    HMAP_FOR_EACH (ip, hmap_node, &network->local_ips) {
        owner = owner_local_ip(network->vni, &ip->ip);
        owner_set_add(&m->dirty, &owner);
    }
    HMAP_FOR_EACH (neighbor, hmap_node, &network->neighbors) {
        owner = owner_remote_ip(network->vni, &neighbor->ip);
        owner_set_add(&m->dirty, &owner);
    }
    glean_dirty_all(m, network);
}

/* Makes the ports of 'network' dirty. */
static void
network_dirty_ports(struct model *m, const struct network *network)
{
    const struct port *port;

    LIST_FOR_EACH (port, net_node, &network->ports) {
        owner_set_add(&m->dirty, &port->owner);
    }
}

/* This host begins or ends to route 'network', or does it with another
 * gateway: makes all dirty that has to do with it. */
void
network_dirty_routing(struct model *m, const struct network *network)
{
    network_dirty(m, network);
    network_dirty_ports(m, network);
    network_dirty_ips(m, network);
}

/* Makes 'network' and all its local and remote addresses dirty. */
void
network_dirty_all(struct model *m, const struct network *network)
{
    const struct remote_mac *remote;
    const struct local_mac *mac;
    struct owner owner;

    network_check_mtu(m, network);
    network_dirty(m, network);
    vpc_dirty_network(m, network);
    if (network->row) {
        policy_list_dirty(m, &network->row->acl);
        policy_list_dirty_owner(m, &network->row->acl);
    }
    HMAP_FOR_EACH (mac, hmap_node, &network->local_macs) {
        owner = owner_local_mac(network->vni, mac->mac);
        owner_set_add(&m->dirty, &owner);
    }
    herald_dirty_all(m, network);
    HMAP_FOR_EACH (remote, hmap_node, &network->remote_macs) {
        owner = owner_remote_mac(network->vni, remote->mac);
        owner_set_add(&m->dirty, &owner);
    }
    network_dirty_ips(m, network);
}

static const struct network_row *
network_row_for_vni(const struct model *m, uint32_t vni)
{
    const struct network_row *row, *first = NULL;

    HMAP_FOR_EACH_WITH_HASH (row, vni_node, hash_int(vni, 0),
                             &m->rows_by_vni) {
        if (row->vni == vni
            && (!first || strcmp(row->name, first->name) < 0)) {
            first = row;
        }
    }
    return first;
}

/* Problems of rows that lost their VNI to another row, or none. */
static void
network_check_rows(struct model *m, uint32_t vni)
{
    const struct network_row *first = network_row_for_vni(m, vni);
    const struct network_row *row;

    HMAP_FOR_EACH_WITH_HASH (row, vni_node, hash_int(vni, 0),
                             &m->rows_by_vni) {
        if (row->vni == vni) {
            char *object = xasprintf("network/%s", row->name);

            if (row == first) {
                problem_clear(&m->problems, object, "vni-duplicate");
            } else {
                problem_set(&m->problems, object, "vni-duplicate",
                            "VNI %"PRIu32" is that of network \"%s\" "
                            "already; give one of them another VNI",
                            vni, first->name);
            }
            free(object);
        }
    }
}

/* The ACL of 'network', which was that of 'old' (or none, if null) until now,
 * is that of its row now. */
static void
network_set_acl(struct model *m, struct network *network,
                struct network_row *old)
{
    struct port *port;

    if (old) {
        policy_list_dirty(m, &old->acl);
        policy_list_dirty_owner(m, &old->acl);
    }
    if (network->row) {
        policy_list_dirty(m, &network->row->acl);
        policy_list_dirty_owner(m, &network->row->acl);
    }
    LIST_FOR_EACH (port, net_node, &network->ports) {
        port_policy_update(m, port);
    }
}

/* Sets the members of 'network' that its row, or the lack of one, decides. */
static void
network_set_row(struct network *network, const struct network_row *row)
{
    free(network->name);
    network->has_row = row != NULL;
    network->row = CONST_CAST(struct network_row *, row);
    network->name = (row
                     ? xstrdup(row->name)
                     : xasprintf("vni%"PRIu32, network->vni));
    network->mtu = row ? row->mtu : 0;
    network->drop_unknown = row && row->drop_unknown;
    network->no_suppression = row && row->no_suppression;
    network->drop_unknown_arp = row && row->drop_unknown_arp;
    free(network->gateways);
    network->n_gateways = row ? row->n_gateways : 0;
    network->gateways = xmemdup(row ? row->gateways : NULL,
                                network->n_gateways
                                * sizeof *network->gateways);
    network->gateway_mac = (row && !eth_addr_is_zero(row->gateway_mac)
                            ? row->gateway_mac
                            : gateway_mac_default(network->vni));
}

/* Returns true if 'row', or the lack of one, has another treatment of ARP and
 * ND than 'network'. */
static bool
network_row_differs_in_arp(const struct network *network,
                           const struct network_row *row)
{
    return (network->no_suppression != (row && row->no_suppression)
            || network->drop_unknown_arp != (row && row->drop_unknown_arp));
}

static bool
network_gateways_differ(const struct network *network,
                        const struct network_row *row)
{
    if (network->n_gateways != row->n_gateways) {
        return true;
    }
    for (size_t i = 0; i < row->n_gateways; i++) {
        const struct gateway *a = &network->gateways[i];
        const struct gateway *b = &row->gateways[i];

        if (!ipv6_addr_equals(&a->ip, &b->ip) || a->plen != b->plen) {
            return true;
        }
    }
    return !eth_addr_equals(network->gateway_mac,
                            eth_addr_is_zero(row->gateway_mac)
                            ? gateway_mac_default(network->vni)
                            : row->gateway_mac);
}

static bool
network_row_differs(const struct network *network,
                    const struct network_row *row)
{
    return (network->has_row != (row != NULL) || network->row != row
            || (row && (strcmp(network->name, row->name)
                        || network->mtu != row->mtu
                        || network->drop_unknown != row->drop_unknown
                        || network_gateways_differ(network, row)))
            || network_row_differs_in_arp(network, row));
}

/* Brings the network with 'vni' in step with the rows that name it. */
static void
network_resolve(struct model *m, uint32_t vni)
{
    const struct network_row *row = network_row_for_vni(m, vni);
    struct network *network = row ? network_get(m, vni)
                                  : network_find(m, vni);

    if (network && network_row_differs(network, row)) {
        char *object = xasprintf("network/%s", network->name);
        struct network_row *old = network->row;

        /* Problems go by name; who has one under the new name says so. */
        problem_clear_object(&m->problems, object);
        free(object);
        if (!row || network_gateways_differ(network, row)
            || network_row_differs_in_arp(network, row)) {
            network_dirty_ports(m, network);
            network_dirty_ips(m, network);
        }
        network_set_row(network, row);
        moves_rename(m, vni);
        network_check_mtu(m, network);
        network_set_acl(m, network, old);
        network_dirty(m, network);
        vpc_check(m, network, row ? row->vpc : "");
        if (network->vpc) {
            vpc_dirty(m, network->vpc);
        }
        vpc_dirty_by_l3vni(m, vni);
    }
    network_check_rows(m, vni);
    if (network) {
        network_gc(m, network);
    }
}

/* Returns the network with 'vni', new if there was none. */
struct network *
network_get(struct model *m, uint32_t vni)
{
    struct network *network = network_find(m, vni);

    if (!network) {
        network = xzalloc(sizeof *network);
        network->vni = vni;
        ovs_list_init(&network->ports);
        hmap_init(&network->local_macs);
        hmap_init(&network->local_ips);
        hmap_init(&network->heralds);
        sset_init(&network->losers);
        hmap_init(&network->flood);
        hmap_init(&network->remote_macs);
        hmap_init(&network->neighbors);
        hmap_init(&network->gleaned);
        hmap_insert(&m->networks, &network->hmap_node, hash_int(vni, 0));
        network_set_row(network, NULL);
    }
    return network;
}

/* Frees 'network', whose ports are gone, with what EVPN told of it. */
void
network_destroy(struct model *m, struct network *network)
{
    struct remote_neighbor *neighbor;
    struct remote_mac *remote;
    struct flood_vtep *flood;

    network->has_row = true;    /* Not collected while it is emptied. */
    network->row = NULL;
    HMAP_FOR_EACH_SAFE (remote, hmap_node, &network->remote_macs) {
        model_del_remote_mac(m, network->vni, remote->mac);
    }
    HMAP_FOR_EACH_SAFE (flood, hmap_node, &network->flood) {
        model_del_flood(m, network->vni, &flood->vtep->ip);
    }
    HMAP_FOR_EACH_POP (neighbor, hmap_node, &network->neighbors) {
        free(neighbor);
    }
    vpc_leave(m, network);
    hmap_remove(&m->networks, &network->hmap_node);
    free(network->gateways);
    hmap_destroy(&network->local_macs);
    hmap_destroy(&network->heralds);
    hmap_destroy(&network->local_ips);
    sset_destroy(&network->losers);
    hmap_destroy(&network->flood);
    hmap_destroy(&network->remote_macs);
    hmap_destroy(&network->neighbors);
    glean_forget_all(network);
    hmap_destroy(&network->gleaned);
    free(network->name);
    free(network);
}

/* Frees 'network' if nothing names it any more. */
void
network_gc(struct model *m, struct network *network)
{
    if (!network->has_row
        && !network->kept
        && ovs_list_is_empty(&network->ports)
        && hmap_is_empty(&network->flood)
        && hmap_is_empty(&network->remote_macs)
        && hmap_is_empty(&network->neighbors)) {
        char *object = xasprintf("network/%s", network->name);

        network_dirty(m, network);
        problem_clear_object(&m->problems, object);
        free(object);
        network_destroy(m, network);
    }
}

/* Returns the row of the network named 'name', or null. */
const struct network_row *
network_row_find(const struct model *m, const char *name)
{
    return shash_find_data(&m->rows, name);
}

/* Takes 'row' out of its VPC, which model_run() resolves. */
static void
network_row_clear_vpc(struct model *m, struct network_row *row)
{
    if (row->vpc[0]) {
        hmap_remove(&m->rows_by_vpc, &row->vpc_node);
        sset_add(&m->dirty_vpcs, row->vpc);
    }
}

/* Sets the members of 'row' that routing is about. */
static void
network_row_set_vpc(struct model *m, struct network_row *row,
                    const struct fact_network *fact)
{
    struct network *network = network_find(m, row->vni);

    free(row->vpc);
    row->vpc = xstrdup(fact->vpc ? fact->vpc : "");
    free(row->gateways);
    row->gateways = xmemdup(fact->gateways,
                            fact->n_gateways * sizeof *fact->gateways);
    row->n_gateways = fact->n_gateways;
    row->gateway_mac = fact->gateway_mac;
    if (row->vpc[0]) {
        hmap_insert(&m->rows_by_vpc, &row->vpc_node,
                    hash_string(row->vpc, 0));
        sset_add(&m->dirty_vpcs, row->vpc);
    }
    if (network && !strcmp(network->name, row->name)) {
        vpc_check(m, network, row->vpc);
    }
}

/* Frees 'row', which is no longer in any container's way. */
void
network_row_destroy(struct model *m, struct network_row *row)
{
    struct network *network = network_find(m, row->vni);

    if (network && network->row == row) {
        network->row = NULL;
    }
    policy_list_dirty_owner(m, &row->acl);
    policy_list_set(m, &row->acl, NULL, 0);
    policy_list_uninit(m, &row->acl);
    shash_find_and_delete_assert(&m->rows, row->name);
    hmap_remove(&m->rows_by_vni, &row->vni_node);
    network_row_clear_vpc(m, row);
    free(row->vpc);
    free(row->gateways);
    free(row->name);
    free(row);
}

/* Takes over the ACL of 'row' from 'fact'. */
static void
network_row_set_acl(struct model *m, struct network_row *row,
                    const struct fact_network *fact)
{
    struct policy_list *acl = &row->acl;

    for (int i = 0; i < POLICY_N_DIRECTIONS; i++) {
        if (acl->default_action[i] != fact->default_action[i]) {
            acl->default_action[i] = fact->default_action[i];
            acl->news = true;
        }
    }
    policy_list_set(m, acl, fact->acl, fact->n_acl);
}

/* Takes over a Network row, new or changed.  A VNI that is none is a problem
 * of the network; its ports are in no network then. */
void
model_put_network(struct model *m, const struct fact_network *fact)
{
    struct network_row *row = shash_find_data(&m->rows, fact->name);
    char *object = xasprintf("network/%s", fact->name);
    uint32_t old_vni = row ? row->vni : 0;

    if (fact->vni && fact->vni <= VNI_MAX) {
        problem_clear(&m->problems, object, "vni-invalid");
    } else {
        problem_set(&m->problems, object, "vni-invalid",
                    "VNI %"PRIu32" is not in the range 1...%d; "
                    "set another one", fact->vni, VNI_MAX);
    }
    free(object);

    if (!row) {
        row = xzalloc(sizeof *row);
        row->name = xstrdup(fact->name);
        policy_list_init(&row->acl, NULL, row);
        shash_add(&m->rows, row->name, row);
    } else {
        hmap_remove(&m->rows_by_vni, &row->vni_node);
        network_row_clear_vpc(m, row);
    }
    if (old_vni != fact->vni) {
        policy_list_disable(m, &row->acl);
    }
    row->vni = fact->vni <= VNI_MAX ? fact->vni : 0;
    row->mtu = fact->mtu;
    row->drop_unknown = fact->drop_unknown;
    row->no_suppression = fact->no_suppression;
    row->drop_unknown_arp = fact->drop_unknown_arp;
    network_row_set_vpc(m, row, fact);
    hmap_insert(&m->rows_by_vni, &row->vni_node, hash_int(row->vni, 0));

    network_row_set_acl(m, row, fact);
    if (old_vni && old_vni != row->vni) {
        network_resolve(m, old_vni);
    }
    if (row->vni) {
        network_resolve(m, row->vni);
    }
    if (old_vni != row->vni) {
        port_dirty_by_row_network(m, row->name);
    }
}

/* Forgets the Network row named 'name', if it is known. */
void
model_del_network(struct model *m, const char *name)
{
    struct network_row *row = shash_find_data(&m->rows, name);
    char *object;
    uint32_t vni;

    if (!row) {
        return;
    }
    object = xasprintf("network/%s", name);
    problem_clear_object(&m->problems, object);
    free(object);

    vni = row->vni;
    port_dirty_by_row_network(m, name);
    network_row_destroy(m, row);
    if (vni) {
        network_resolve(m, vni);
    }
}

/* Returns the network with 'vni', or null. */
const struct network *
model_network(const struct model *m, uint32_t vni)
{
    return network_find(m, vni);
}

/* Returns the network named 'name', be it a row's name or "vni<N>", or
 * null. */
const struct network *
model_network_by_name(const struct model *m, const char *name)
{
    const struct network_row *row = network_row_find(m, name);
    const struct network *network;
    uint32_t vni;

    if (row) {
        vni = row->vni;
    } else if (!ovs_scan(name, "vni%"SCNu32, &vni)) {
        return NULL;
    }
    network = network_find(m, vni);
    return network && !strcmp(network->name, name) ? network : NULL;
}

/* Finds out who has 'ip' in 'network', as far as is known: a port of this
 * host, unless the address moved away from there, or else who announces it by
 * EVPN (RFC 9161 section 3.2), or else who answered the gateway.  An address
 * that is being taken over from another VTEP is here: its VM runs here.
 * Returns false if nobody is known to have it, otherwise true with
 * '*resolution' filled in. */
bool
network_resolve_ip(const struct network *network, const struct in6_addr *ip,
                   struct resolution *resolution)
{
    const struct local_ip *local = network_local_ip(network, ip);
    const struct remote_neighbor *remote;
    const struct gleaned *gleaned;

    if (local && local->claim.state != LOCAL_YIELDED
        && local->port->active) {
        *resolution = (struct resolution) {
            .mac = local->mac,
            .router = local_ip_is_router(local),
            .port = local->port,
        };
        return true;
    }
    remote = network_neighbor(network, ip);
    if (remote) {
        *resolution = (struct resolution) {
            .mac = remote->mac,
            .router = remote->router,
        };
        return true;
    }
    gleaned = network_gleaned(network, ip);
    if (gleaned) {
        *resolution = (struct resolution) {
            .mac = gleaned->mac,
            .gleaned = true,
        };
    }
    return gleaned != NULL;
}

/* Keeps the network with 'vni' active whether it has ports or not if 'keep';
 * else it is active as long as it has ports. */
void
model_keep_network(struct model *m, uint32_t vni, bool keep)
{
    struct network *network = keep ? network_get(m, vni)
                                   : network_find(m, vni);

    if (network && network->kept != keep) {
        network->kept = keep;
        if (!network->n_ports) {
            network_dirty_all(m, network);
        }
        network_gc(m, network);
    }
}

/* Returns true if a port of this host is in 'network', or is to come. */
bool
network_is_active(const struct network *network)
{
    return network->n_ports > 0 || network->kept;
}
