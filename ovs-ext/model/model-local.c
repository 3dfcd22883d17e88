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
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* The addresses of a network's ports on this host.  An address has one port;
 * of several that want it the first by name gets it, so that a restart decides
 * the same.  The others are the network's "losers": they have a problem, and
 * are resolved again when an address becomes free. */

/* Returns 'mac' of a port of this host in 'network', or null. */
struct local_mac *
local_mac_find(const struct network *network, struct eth_addr mac)
{
    struct local_mac *local;

    HMAP_FOR_EACH_WITH_HASH (local, hmap_node, hash_mac(mac, 0, 0),
                             &network->local_macs) {
        if (eth_addr_equals(local->mac, mac)) {
            return local;
        }
    }
    return NULL;
}

/* Returns 'ip' of a port of this host in 'network', or null. */
struct local_ip *
local_ip_find(const struct network *network, const struct in6_addr *ip)
{
    struct local_ip *local;

    HMAP_FOR_EACH_WITH_HASH (local, hmap_node, ident_hash_ip(ip),
                             &network->local_ips) {
        if (ipv6_addr_equals(&local->ip, ip)) {
            return local;
        }
    }
    return NULL;
}

/* Returns 'mac' of a port of this host in 'network', or null. */
const struct local_mac *
network_local_mac(const struct network *network, struct eth_addr mac)
{
    return local_mac_find(network, mac);
}

/* Returns 'ip' of a port of this host in 'network', or null. */
const struct local_ip *
network_local_ip(const struct network *network, const struct in6_addr *ip)
{
    return local_ip_find(network, ip);
}

/* Returns true if 'local' is an IPv6 address of a VM that may send router
 * advertisements, so that it is to be told as a router's (RFC 9047). */
bool
local_ip_is_router(const struct local_ip *local)
{
    return (!IN6_IS_ADDR_V4MAPPED(&local->ip)
            && local->port->row.allow_ra);
}

static void
local_mac_dirty(struct model *m, uint32_t vni, struct eth_addr mac)
{
    struct owner owner = owner_local_mac(vni, mac);

    owner_set_add(&m->dirty, &owner);
}

static void
local_ip_dirty(struct model *m, uint32_t vni, const struct in6_addr *ip)
{
    struct owner owner = owner_local_ip(vni, ip);

    owner_set_add(&m->dirty, &owner);
}

/* 'mac' of a port of this host in 'network' came, went or changed. */
void
local_mac_changed(struct model *m, const struct network *network,
                  struct eth_addr mac)
{
    local_mac_dirty(m, network->vni, mac);
}

/* Local 'ip' in 'network' came, went or changed, or its claim is judged: if
 * EVPN has it too, then that counts now or does not any more. */
void
local_ip_changed(struct model *m, const struct network *network,
                 const struct in6_addr *ip)
{
    local_ip_dirty(m, network->vni, ip);
    glean_forget(m, network->vni, ip);
    if (network_neighbor(network, ip)) {
        struct owner owner = owner_remote_ip(network->vni, ip);

        owner_set_add(&m->dirty, &owner);
    }
}

/* Makes all addresses of 'port' dirty. */
void
local_dirty(struct model *m, const struct port *port)
{
    const struct learned *learned;

    if (port->network) {
        for (size_t i = 0; i < port->n_macs; i++) {
            local_mac_dirty(m, port->network->vni, port->macs[i]);
        }
        for (size_t i = 0; i < port->n_ips; i++) {
            local_ip_dirty(m, port->network->vni, &port->ips[i]);
        }
    }
    LIST_FOR_EACH (learned, port_node, &port->learned) {
        if (learned->ip) {
            local_ip_dirty(m, learned->network->vni, &learned->ip->ip);
        } else {
            local_mac_dirty(m, learned->network->vni, learned->mac->mac);
        }
    }
}

/* Sets or clears the problem that 'address' of 'port' is at 'where', which
 * may be null for "nowhere else". */
static void
local_set_moved(struct model *m, const struct port *port, const char *address,
                const char *where)
{
    char *object = xasprintf("port/%s", port->name);
    char *topic = xasprintf("moved %s", address);

    if (where && !port->left) {
        problem_set(&m->problems, object, topic,
                    "%s is announced by %s now and not from here; "
                    "if both hosts run this VM, stop one", address, where);
    } else {
        problem_clear(&m->problems, object, topic);
    }
    free(topic);
    free(object);
}

/* The claim to an address of a port that becomes active at time 'now'. */
static struct claim
claim_init(const struct model *m, long long int now)
{
    return (struct claim) {
        .state = LOCAL_OURS,
        .until = m->settled ? now + CLAIM_WINDOW : 0,
    };
}

/* EVPN has the address of 'claim' elsewhere, or no longer, as 'taken' tells.
 * One that is 'moving' all the time is claimed by a port that becomes active,
 * as a VM that migrated does, but not claimed again; that of a port whose VM
 * has 'left' is not.  Returns true if 'claim' changed or is to be made
 * again. */
static bool
claim_judge(struct claim *claim, bool taken, bool moving, bool left,
            long long int now)
{
    enum local_state old = claim->state;

    if (!taken) {
        claim->state = LOCAL_OURS;
        claim->n = MAX(claim->n, 1);
    } else if (left || now >= claim->until) {
        claim->state = LOCAL_YIELDED;
    } else if (old == LOCAL_OURS) {
        claim->state = (claim->n < (moving ? 1 : CLAIM_MAX) ? LOCAL_CLAIMING
                        : LOCAL_YIELDED);
        claim->n++;
    }
    return claim->state != old || claim->state == LOCAL_CLAIMING;
}

/* The address that 'owner' names, of 'port', is at 'where', which is null for
 * at that port, as 'claim' has been judged.  One that is taken away and
 * claimed again has not moved: until BGP has agreed on a claim, a host may
 * hear of the old place time and again.  'fresh': this is the first that is
 * heard of it since the port is active, so it was not at the port yet. */
static void
local_note_place(struct model *m, const struct owner *owner,
                 const struct port *port, const struct claim *claim,
                 bool fresh, const char *where)
{
    char *here = xasprintf("port \"%s\"", port->name);
    bool claiming = claim->state == LOCAL_CLAIMING;

    if (!port_migrates(m, port) && (fresh || !claiming)) {
        if (!claiming && where) {
            moves_leave(m, owner, here);
        }
        moves_arrive(m, owner, where ? where : here);
    }
    free(here);
}

/* The address that 'owner' names leaves 'port'. */
void
local_note_leave(struct model *m, const struct owner *owner,
                 const struct port *port)
{
    char *here = xasprintf("port \"%s\"", port->name);

    if (!port_migrates(m, port)) {
        moves_leave(m, owner, here);
    }
    free(here);
}

/* The address that 'owner' names was that of 'old' (null: of no port) until
 * now, and is another port's. */
static void
local_note_change(struct model *m, const struct owner *owner,
                  const struct port *old)
{
    if (old) {
        local_note_leave(m, owner, old);
    }
}

/* Appends to 's' where EVPN has 'mac' of 'network'. */
static void
format_remote_place(const struct network *network, struct eth_addr mac,
                    struct ds *s)
{
    const struct remote_mac *remote = network_remote_mac(network, mac);

    if (remote && remote->vtep) {
        ds_put_cstr(s, "VTEP ");
        ipv6_format_mapped(&remote->vtep->ip, s);
    } else {
        ds_put_cstr(s, remote ? "an Ethernet segment" : "another host");
    }
}

static void
local_judge_mac(struct model *m, const struct network *network,
                struct local_mac *local, long long int now)
{
    bool taken = network_remote_mac(network, local->mac) != NULL;
    struct owner owner = owner_local_mac(network->vni, local->mac);
    bool fresh = !local->claim.n;
    const struct learned *learned;
    struct ds where = DS_EMPTY_INITIALIZER;
    char *address;

    format_remote_place(network, local->mac, &where);
    if (claim_judge(&local->claim, taken, moves_are_too_many(m, &owner),
                    local->port->left, now)) {
        local_mac_dirty(m, network->vni, local->mac);
        for (size_t i = 0; i < local->port->n_ips; i++) {
            local_ip_dirty(m, network->vni, &local->port->ips[i]);
        }
        LIST_FOR_EACH (learned, port_node, &local->port->learned) {
            if (learned->ip) {
                local_ip_dirty(m, network->vni, &learned->ip->ip);
            }
        }
    }
    local_note_place(m, &owner, local->port, &local->claim, fresh,
                     taken ? ds_cstr(&where) : NULL);
    if (local->learned) {
        learn_judged(m, local->learned, &local->claim);
    } else {
        address = xasprintf("MAC "ETH_ADDR_FMT, ETH_ADDR_ARGS(local->mac));
        local_set_moved(m, local->port, address,
                        local->claim.state == LOCAL_YIELDED ? ds_cstr(&where)
                        : NULL);
        free(address);
    }
    ds_destroy(&where);
}

static void
local_judge_ip(struct model *m, const struct network *network,
               struct local_ip *local, long long int now)
{
    const struct remote_neighbor *remote
        = network_neighbor(network, &local->ip);
    struct owner owner = owner_local_ip(network->vni, &local->ip);
    bool fresh = !local->claim.n;
    struct ds address = DS_EMPTY_INITIALIZER;
    struct ds place = DS_EMPTY_INITIALIZER;
    char *where = NULL;

    if (remote) {
        where = xasprintf("remote MAC "ETH_ADDR_FMT,
                          ETH_ADDR_ARGS(remote->mac));
        ds_put_format(&place, "%s at ", where);
        format_remote_place(network, remote->mac, &place);
    }
    if (claim_judge(&local->claim, remote != NULL,
                    moves_are_too_many(m, &owner), local->port->left, now)) {
        local_ip_changed(m, network, &local->ip);
    }
    local_note_place(m, &owner, local->port, &local->claim, fresh,
                     remote ? ds_cstr(&place) : NULL);
    if (local->learned) {
        learn_judged(m, local->learned, &local->claim);
    } else {
        ds_put_cstr(&address, "IP ");
        ipv6_format_mapped(&local->ip, &address);
        local_set_moved(m, local->port, ds_cstr(&address),
                        local->claim.state == LOCAL_YIELDED ? where : NULL);
    }
    ds_destroy(&address);
    ds_destroy(&place);
    free(where);
}

/* Decides at time 'now' who has the address that 'owner' names, if it is
 * still that of a port of this host. */
void
local_judge(struct model *m, const struct owner *owner, long long int now)
{
    struct network *network = network_find(m, owner->vni);

    if (!network) {
        return;
    }
    if (owner->kind == OWNER_LOCAL_MAC) {
        struct local_mac *local = local_mac_find(network, owner->mac);

        if (local) {
            local_judge_mac(m, network, local, now);
        }
    } else {
        struct local_ip *local = local_ip_find(network, &owner->ip);

        if (local) {
            local_judge_ip(m, network, local, now);
        }
    }
}

/* EVPN told something of 'mac' in 'network': if a port of this host has it
 * too, model_run() shall judge. */
void
local_contest_mac(struct model *m, const struct network *network,
                  struct eth_addr mac)
{
    if (local_mac_find(network, mac)) {
        struct owner owner = owner_local_mac(network->vni, mac);

        owner_set_add(&m->contested, &owner);
    }
}

/* The same for 'ip'. */
void
local_contest_ip(struct model *m, const struct network *network,
                 const struct in6_addr *ip)
{
    if (local_ip_find(network, ip)) {
        struct owner owner = owner_local_ip(network->vni, ip);

        owner_set_add(&m->contested, &owner);
    }
}

/* Judges all addresses of 'port' again. */
void
local_contest_all(struct model *m, const struct port *port)
{
    const struct learned *learned;

    for (size_t i = 0; i < port->n_macs; i++) {
        local_contest_mac(m, port->network, port->macs[i]);
    }
    for (size_t i = 0; i < port->n_ips; i++) {
        local_contest_ip(m, port->network, &port->ips[i]);
    }
    LIST_FOR_EACH (learned, port_node, &port->learned) {
        if (learned->ip) {
            local_contest_ip(m, learned->network, &learned->ip->ip);
        } else {
            local_contest_mac(m, learned->network, learned->mac->mac);
        }
    }
}

/* 'port' claims its addresses as one does that becomes active at 'now'. */
void
local_claim_again(struct model *m, const struct port *port,
                  long long int now)
{
    const struct learned *learned;

    for (size_t i = 0; i < port->n_macs; i++) {
        struct local_mac *local = local_mac_find(port->network,
                                                 port->macs[i]);

        if (local && local->port == port) {
            local->claim = claim_init(m, now);
        }
    }
    for (size_t i = 0; i < port->n_ips; i++) {
        struct local_ip *local = local_ip_find(port->network, &port->ips[i]);

        if (local && local->port == port) {
            local->claim = claim_init(m, now);
        }
    }
    LIST_FOR_EACH (learned, port_node, &port->learned) {
        *(learned->ip ? &learned->ip->claim : &learned->mac->claim)
            = claim_init(m, now);
    }
    local_contest_all(m, port);
}

/* An address of 'network' became free, or another port's: who wants it is
 * resolved again. */
static void
local_retry_losers(struct model *m, const struct network *network)
{
    const char *name;

    SSET_FOR_EACH (name, &network->losers) {
        sset_add(&m->dirty_ports, name);
    }
}

/* Decides whether 'port' gets 'address' ("MAC ..." or "IP ..."), whose port is
 * '*holder' now, or null.  Whoever does not get it is a loser: it has a
 * problem, and is resolved again if that changes.  Returns true if '*holder'
 * changed. */
static bool
local_decide(struct model *m, struct port *port, const char *address,
             const struct port **holder)
{
    char *object = xasprintf("port/%s", port->name);
    char *topic = xasprintf("duplicate %s", address);
    const struct port *old = *holder;

    if (!old || strcmp(port->name, old->name) <= 0) {
        if (old && old != port) {
            local_set_moved(m, old, address, NULL);
            sset_add(&m->dirty_ports, old->name);
            local_retry_losers(m, port->network);
        }
        *holder = port;
        problem_clear(&m->problems, object, topic);
    } else {
        sset_add(&port->network->losers, port->name);
        problem_set(&m->problems, object, topic,
                    "%s is that of port \"%s\" of the same network, which "
                    "keeps it; give one of them another one", address,
                    old->name);
    }
    free(topic);
    free(object);
    return *holder != old;
}

/* What was learned yields to what is declared, be it for the same port. */
static void
local_declare(struct model *m, struct learned *learned,
              const struct port *port, const struct port **holder)
{
    if (learned) {
        learn_release(m, learned);
        if (*holder != port) {
            *holder = NULL;
        }
    }
}

static void
local_acquire_mac(struct model *m, struct port *port, struct eth_addr mac,
                  long long int now)
{
    struct local_mac *local = local_mac_find(port->network, mac);
    char *address = xasprintf("MAC "ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    struct owner owner = owner_local_mac(port->network->vni, mac);
    const struct port *old;

    if (!local) {
        local = xzalloc(sizeof *local);
        local->mac = mac;
        local->claim = claim_init(m, now);
        hmap_insert(&port->network->local_macs, &local->hmap_node,
                    hash_mac(mac, 0, 0));
        if (network_remote_mac(port->network, mac)) {
            learn_expect(m, port, mac, now);
        }
    }
    local_declare(m, local->learned, port, &local->port);
    old = local->port;
    if (local_decide(m, port, address, &local->port)) {
        local_note_change(m, &owner, old);
        local_contest_mac(m, port->network, mac);
    }
    free(address);
}

static void
local_acquire_ip(struct model *m, struct port *port,
                 const struct in6_addr *ip, long long int now)
{
    struct local_ip *local = local_ip_find(port->network, ip);
    struct owner owner = owner_local_ip(port->network->vni, ip);
    struct ds address = DS_EMPTY_INITIALIZER;
    const struct port *old;

    ds_put_cstr(&address, "IP ");
    ipv6_format_mapped(ip, &address);
    if (!local) {
        local = xzalloc(sizeof *local);
        local->ip = *ip;
        local->claim = claim_init(m, now);
        hmap_insert(&port->network->local_ips, &local->hmap_node,
                    ident_hash_ip(ip));
    }
    local_declare(m, local->learned, port, &local->port);
    old = local->port;
    if (local_decide(m, port, ds_cstr(&address), &local->port)) {
        local_note_change(m, &owner, old);
        local_contest_ip(m, port->network, ip);
    }
    if (local->port == port) {
        local->mac = port->macs[0];
    }
    ds_destroy(&address);
}

/* Gives 'port', at time 'now', those of its addresses that it may have, if it
 * is active. */
void
local_acquire(struct model *m, struct port *port, long long int now)
{
    if (!port->active) {
        return;
    }
    sset_find_and_delete(&port->network->losers, port->name);
    for (size_t i = 0; i < port->n_macs; i++) {
        local_acquire_mac(m, port, port->macs[i], now);
    }
    for (size_t i = 0; i < port->n_ips; i++) {
        local_acquire_ip(m, port, &port->ips[i], now);
    }
}

/* Returns true if 'mac' is one that 'port' has itself. */
bool
port_has_mac(const struct port *port, struct eth_addr mac)
{
    for (size_t i = 0; i < port->n_macs; i++) {
        if (eth_addr_equals(port->macs[i], mac)) {
            return true;
        }
    }
    return false;
}

static bool
port_has_ip(const struct port *port, const struct in6_addr *ip)
{
    for (size_t i = 0; i < port->n_ips; i++) {
        if (ipv6_addr_equals(&port->ips[i], ip)) {
            return true;
        }
    }
    return false;
}

/* Clears the problems of 'port' that concern the address named 'address'
 * ("MAC ..." or "IP ..."), which it does not have any more. */
static void
local_clear_problems(struct model *m, const struct port *port,
                     const char *address)
{
    char *object = xasprintf("port/%s", port->name);
    char *duplicate = xasprintf("duplicate %s", address);

    problem_clear(&m->problems, object, duplicate);
    local_set_moved(m, port, address, NULL);
    free(duplicate);
    free(object);
}

/* Takes 'mac' in 'network' from 'port', unless it is still that port's. */
void
local_release_mac(struct model *m, struct network *network,
                  const struct port *port, struct eth_addr mac)
{
    struct local_mac *local = local_mac_find(network, mac);
    char *address;

    if (port->network == network && port->active && port_has_mac(port, mac)) {
        return;
    }
    address = xasprintf("MAC "ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    local_clear_problems(m, port, address);
    free(address);
    if (local && local->port == port) {
        struct owner owner = owner_local_mac(network->vni, mac);

        local_note_leave(m, &owner, port);
        hmap_remove(&network->local_macs, &local->hmap_node);
        free(local);
        local_retry_losers(m, network);
    }
}

/* Takes 'ip' in 'network' from 'port', unless it is still that port's. */
void
local_release_ip(struct model *m, struct network *network,
                 const struct port *port, const struct in6_addr *ip)
{
    struct local_ip *local = local_ip_find(network, ip);
    struct ds address = DS_EMPTY_INITIALIZER;

    if (port->network == network && port->active && port_has_ip(port, ip)) {
        return;
    }
    ds_put_cstr(&address, "IP ");
    ipv6_format_mapped(ip, &address);
    local_clear_problems(m, port, ds_cstr(&address));
    ds_destroy(&address);
    if (local && local->port == port) {
        struct owner owner = owner_local_ip(network->vni, ip);

        local_note_leave(m, &owner, port);
        hmap_remove(&network->local_ips, &local->hmap_node);
        free(local);
        local_ip_changed(m, network, ip);
        local_retry_losers(m, network);
    }
}
