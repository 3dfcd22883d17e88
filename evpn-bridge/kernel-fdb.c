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
#include "evpn-bridge/kernel-internal.h"

#include <linux/neighbour.h>
#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* FDB entries: of the bridge of a network, by its ports, and of its vxlan
 * device. */

static struct kfdb *
fdb_find(const struct knet *net, struct eth_addr mac)
{
    struct kfdb *fdb;

    HMAP_FOR_EACH_WITH_HASH (fdb, hmap_node, hash_mac(mac, 0, 0), &net->fdb) {
        if (eth_addr_equals(fdb->mac, mac)) {
            return fdb;
        }
    }
    return NULL;
}

static struct kfdb *
fdb_get(struct knet *net, struct eth_addr mac)
{
    struct kfdb *fdb = fdb_find(net, mac);

    if (!fdb) {
        fdb = xzalloc(sizeof *fdb);
        fdb->net = net;
        fdb->mac = mac;
        fdb->fact.type = KFACT_MAC;
        hmap_insert(&net->fdb, &fdb->hmap_node, hash_mac(mac, 0, 0));
    }
    return fdb;
}

/* Frees 'fdb' if it says nothing.  While a read is under way it stays, to say
 * that it is gone. */
static void
fdb_gc(struct kernel *k, struct kfdb *fdb)
{
    if (!fdb->port && !fdb->self && !fdb->fact.given
        && !k->reading[KERNEL_FDB]) {
        hmap_remove(&fdb->net->fdb, &fdb->hmap_node);
        free(fdb);
    }
}

/* Where the bridge has the MAC: its port tells, not the flags (P10, P11). */
static enum kfdb_place
fdb_place(const struct kfdb *fdb)
{
    const struct knet *net = fdb->net;

    if (!fdb->port) {
        return KFDB_NONE;
    }
    if (net->vxlan && net->vxlan->l.ifindex == fdb->port) {
        return KFDB_REMOTE;
    }
    if (net->advertise && net->advertise->l.ifindex == fdb->port
        && fdb->state & NUD_NOARP) {
        return KFDB_OURS;
    }
    return KFDB_OTHER;
}

/* Gives the model what 'fdb' says now. */
static void
fdb_sync(struct kernel *k, struct kfdb *fdb, struct model *model,
         struct owner_set *dirty)
{
    enum kfdb_place old = fdb->place;
    const struct knet *net = fdb->net;

    fdb->place = fdb_place(fdb);
    if (fdb->place == KFDB_REMOTE && net->vxlan->ours && fdb->self
        && (fdb->nhid || ipv6_addr_is_set(&fdb->dst))) {
        struct fact_remote fact = {
            .vtep = fdb->nhid ? in6addr_any : fdb->dst,
            .nhg = fdb->nhid,
        };

        kfact_fresh(k, &fdb->fact);
        model_put_remote_mac(model, net->vni, fdb->mac, &fact);
    } else if (fdb->fact.given && fdb->place == KFDB_OURS) {
        kfact_gone(k, &fdb->fact);
        model_del_remote_mac(model, net->vni, fdb->mac);
    } else {
        kfact_stale(k, &fdb->fact);
    }
    k->taps_seqno += (fdb->place != old
                      && (old == KFDB_OTHER || fdb->place == KFDB_OTHER));
    if (fdb->place != old
        && (old == KFDB_OURS || old == KFDB_OTHER
            || fdb->place == KFDB_OURS || fdb->place == KFDB_OTHER)) {
        struct owner owner = owner_local_mac(net->vni, fdb->mac);

        owner_set_add(dirty, &owner);
    }
}

/* Takes the stale 'fact' of an FDB entry from 'model'. */
void
kfdb_drop(struct kernel *k, struct kfact *fact, struct model *model)
{
    struct kfdb *fdb = CONTAINER_OF(fact, struct kfdb, fact);
    struct knet *net = fdb->net;

    kfact_gone(k, fact);
    model_del_remote_mac(model, net->vni, fdb->mac);
    fdb_gc(k, fdb);
    knet_gc(k, net);
}

/* Flood entries. */

static struct kflood *
flood_find(const struct knet *net, const struct in6_addr *ip)
{
    struct kflood *flood;

    HMAP_FOR_EACH_WITH_HASH (flood, hmap_node, ident_hash_ip(ip),
                             &net->flood) {
        if (ipv6_addr_equals(&flood->ip, ip)) {
            return flood;
        }
    }
    return NULL;
}

static void
flood_gc(struct kernel *k, struct kflood *flood)
{
    if (!flood->present && !flood->fact.given && !k->reading[KERNEL_FDB]) {
        hmap_remove(&flood->net->flood, &flood->hmap_node);
        free(flood);
    }
}

static void
flood_sync(struct kernel *k, struct kflood *flood, struct model *model)
{
    const struct knet *net = flood->net;

    if (flood->present && net->vxlan && net->vxlan->ours) {
        kfact_fresh(k, &flood->fact);
        model_put_flood(model, net->vni, &flood->ip);
    } else {
        kfact_stale(k, &flood->fact);
    }
}

/* Takes the stale 'fact' of a flood entry from 'model'. */
void
kflood_drop(struct kernel *k, struct kfact *fact, struct model *model)
{
    struct kflood *flood = CONTAINER_OF(fact, struct kflood, fact);
    struct knet *net = flood->net;

    kfact_gone(k, fact);
    model_del_flood(model, net->vni, &flood->ip);
    flood_gc(k, flood);
    knet_gc(k, net);
}

static void
put_flood(struct kernel *k, struct knet *net, const struct nl_neigh *n,
          struct model *model)
{
    struct kflood *flood;

    if (!ipv6_addr_is_set(&n->dst)) {
        return;
    }
    flood = flood_find(net, &n->dst);
    if (!flood) {
        flood = xzalloc(sizeof *flood);
        flood->net = net;
        flood->ip = n->dst;
        flood->fact.type = KFACT_FLOOD;
        hmap_insert(&net->flood, &flood->hmap_node, ident_hash_ip(&n->dst));
    }
    if (kseen_touch(k, KERNEL_FDB, &flood->seen, n->dumped)) {
        flood->present = !n->deleted;
        flood_sync(k, flood, model);
    }
    flood_gc(k, flood);
}

/* Messages. */

/* An entry of the vxlan device itself. */
static void
put_self(struct kernel *k, struct knet *net, const struct nl_neigh *n,
         struct model *model, struct owner_set *dirty)
{
    struct kfdb *fdb;

    if (eth_addr_is_zero(n->mac)) {
        put_flood(k, net, n, model);
        return;
    }
    if (!n->deleted && !n->nhid && !ipv6_addr_is_set(&n->dst)) {
        /* The rtnetlink of Linux 6.1 repeats what the device has just told,
         * without the destination: rtnl_fdb_notify(). */
        return;
    }
    fdb = fdb_get(net, n->mac);
    if (kseen_touch(k, KERNEL_FDB, &fdb->self_seen, n->dumped)) {
        fdb->self = !n->deleted;
        if (!n->deleted) {
            fdb->nhid = n->nhid;
            fdb->dst = n->dst;
        }
        fdb_sync(k, fdb, model, dirty);
    }
    fdb_gc(k, fdb);
}

/* An entry of the bridge, for a MAC behind one of its ports. */
static void
put_master(struct kernel *k, struct knet *net, const struct nl_neigh *n,
           struct model *model, struct owner_set *dirty)
{
    struct kfdb *fdb;
    bool outdated;

    if (n->state & NUD_PERMANENT) {
        return;                 /* The port's own address. */
    }
    fdb = fdb_get(net, n->mac);
    /* It went from one port while we know it at another, as a read has told
     * that is newer.  While a read is under way it may be older: then it is
     * gone, and if not, what brought it to the other port is still to come. */
    outdated = (n->deleted && fdb->port != n->ifindex
                && !k->reading[KERNEL_FDB]);
    if (!outdated
        && kseen_touch(k, KERNEL_FDB, &fdb->port_seen, n->dumped)) {
        fdb->port = n->deleted ? 0 : n->ifindex;
        fdb->state = n->state;
        fdb_sync(k, fdb, model, dirty);
    }
    fdb_gc(k, fdb);
}

/* FDB entry 'n' is there, has changed, or is gone. */
void
kernel_put_fdb(struct kernel *k, const struct nl_neigh *n,
               struct model *model, struct owner_set *dirty)
{
    const struct klink *link = kernel_link(k, n->ifindex);
    const struct klink *master = n->master ? kernel_link(k, n->master) : NULL;
    struct knet *net;

    if (n->vlan) {
        return;
    }
    if (n->flags & NTF_SELF) {
        if (link && link->role == KLINK_VXLAN) {
            put_self(k, knet_get(k, link->vni), n, model, dirty);
        }
    } else if (master && master->role == KLINK_BRIDGE
               && n->ifindex != n->master) {
        net = knet_get(k, master->vni);
        put_master(k, net, n, model, dirty);
    }
}

/* What a vxlan device that is gone had is gone too, and so is what a bridge
 * that is gone had. */
static void
fdb_check_devices(struct kfdb *fdb)
{
    const struct knet *net = fdb->net;

    if (!net->vxlan) {
        fdb->self = false;
    }
    if (!net->bridge || (fdb->place == KFDB_REMOTE && !net->vxlan)
        || (fdb->place == KFDB_OURS && !net->advertise)) {
        fdb->port = 0;
    }
}

/* The devices of 'net' changed. */
void
knet_sync_fdb(struct kernel *k, struct knet *net, struct model *model,
              struct owner_set *dirty)
{
    struct kflood *flood;
    struct kfdb *fdb;

    HMAP_FOR_EACH_SAFE (fdb, hmap_node, &net->fdb) {
        fdb_check_devices(fdb);
        fdb_sync(k, fdb, model, dirty);
        fdb_gc(k, fdb);
    }
    HMAP_FOR_EACH_SAFE (flood, hmap_node, &net->flood) {
        if (!net->vxlan) {
            flood->present = false;
        }
        flood_sync(k, flood, model);
        flood_gc(k, flood);
    }
}

static void
fdb_read_end(struct kernel *k, struct kfdb *fdb, bool *again,
             struct model *model, struct owner_set *dirty)
{
    bool gone = false;

    if (fdb->port && kseen_missed(k, KERNEL_FDB, &fdb->port_seen, again)) {
        fdb->port = 0;
        gone = true;
    }
    if (fdb->self && kseen_missed(k, KERNEL_FDB, &fdb->self_seen, again)) {
        fdb->self = false;
        gone = true;
    }
    if (gone) {
        fdb_sync(k, fdb, model, dirty);
    }
    fdb_gc(k, fdb);
}

/* A read of the FDB is complete.  Returns true if it must be repeated. */
bool
kernel_fdb_read_end(struct kernel *k, struct model *model,
                    struct owner_set *dirty)
{
    struct kflood *flood;
    bool again = false;
    struct kfdb *fdb;
    struct knet *net;

    HMAP_FOR_EACH_SAFE (net, hmap_node, &k->nets) {
        HMAP_FOR_EACH_SAFE (fdb, hmap_node, &net->fdb) {
            fdb_read_end(k, fdb, &again, model, dirty);
        }
        HMAP_FOR_EACH_SAFE (flood, hmap_node, &net->flood) {
            if (flood->present
                && kseen_missed(k, KERNEL_FDB, &flood->seen, &again)) {
                flood->present = false;
                flood_sync(k, flood, model);
            }
            flood_gc(k, flood);
        }
        knet_gc(k, net);
    }
    return again;
}

/* Frees the FDB of 'net'. */
void
knet_free_fdb(struct knet *net)
{
    struct kflood *flood;
    struct kfdb *fdb;

    HMAP_FOR_EACH_POP (fdb, hmap_node, &net->fdb) {
        free(fdb);
    }
    hmap_destroy(&net->fdb);
    HMAP_FOR_EACH_POP (flood, hmap_node, &net->flood) {
        free(flood);
    }
    hmap_destroy(&net->flood);
}

/* Returns where the bridge of network 'vni' has 'mac'. */
enum kfdb_place
kernel_fdb(const struct kernel *k, uint32_t vni, struct eth_addr mac)
{
    const struct knet *net = knet_find(k, vni);
    const struct kfdb *fdb = net ? fdb_find(net, mac) : NULL;

    return fdb ? fdb->place : KFDB_NONE;
}

/* Returns the ifindex of the port at which the bridge of network 'vni' has
 * 'mac', or 0. */
int
kernel_fdb_port(const struct kernel *k, uint32_t vni, struct eth_addr mac)
{
    const struct knet *net = knet_find(k, vni);
    const struct kfdb *fdb = net ? fdb_find(net, mac) : NULL;

    return fdb ? fdb->port : 0;
}
