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

#include <inttypes.h>
#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Links and networks, reads, and what is stale; the tables of entries are in
 * kernel-fdb.c, kernel-neigh.c and kernel-nexthop.c. */

BUILD_ASSERT_DECL(sizeof ((struct klink *) 0)->seen == sizeof(struct kseen));

/* Returns a copy of the kernel's tables that is empty yet. */
struct kernel *
kernel_create(void)
{
    struct kernel *k = xzalloc(sizeof *k);

    hmap_init(&k->links);
    hmap_init(&k->links_by_name);
    hmap_init(&k->links_by_vni);
    hmap_init(&k->nets);
    hmap_init(&k->nexthops);
    hmap_init(&k->routes_by_nhid);
    ovs_list_init(&k->stale);
    owner_set_init(&k->addressed);
    return k;
}

static void
knet_free(struct kernel *k, struct knet *net)
{
    knet_free_fdb(net);
    knet_free_neighs(net);
    knet_free_addrs(net);
    knet_free_routes(k, net);
    knet_free_rmacs(net);
    free(net);
}

/* Frees 'k'. */
void
kernel_destroy(struct kernel *k)
{
    struct klink *link;
    struct knet *net;

    HMAP_FOR_EACH_POP (net, hmap_node, &k->nets) {
        knet_free(k, net);
    }
    hmap_destroy(&k->nets);
    HMAP_FOR_EACH_POP (link, index_node, &k->links) {
        free(link);
    }
    hmap_destroy(&k->links);
    hmap_destroy(&k->links_by_name);
    hmap_destroy(&k->links_by_vni);
    kernel_free_nexthops(k);
    hmap_destroy(&k->nexthops);
    hmap_destroy(&k->routes_by_nhid);
    owner_set_uninit(&k->addressed);
    free(k);
}

/* Networks. */

/* Returns network 'vni', or null. */
struct knet *
knet_find(const struct kernel *k, uint32_t vni)
{
    struct knet *net;

    HMAP_FOR_EACH_WITH_HASH (net, hmap_node, hash_int(vni, 0), &k->nets) {
        if (net->vni == vni) {
            return net;
        }
    }
    return NULL;
}

/* Returns network 'vni', with nothing in it if it was not there. */
struct knet *
knet_get(struct kernel *k, uint32_t vni)
{
    struct knet *net = knet_find(k, vni);

    if (!net) {
        net = xzalloc(sizeof *net);
        net->vni = vni;
        hmap_init(&net->fdb);
        hmap_init(&net->flood);
        hmap_init(&net->neighs);
        hmap_init(&net->addrs);
        hmap_init(&net->routes);
        hmap_init(&net->rmacs);
        hmap_insert(&k->nets, &net->hmap_node, hash_int(vni, 0));
    }
    return net;
}

/* Frees 'net' if nothing is in it. */
void
knet_gc(struct kernel *k, struct knet *net)
{
    if (!net->bridge && !net->vxlan && !net->advertise
        && !net->vrf && !net->l3_bridge && !net->l3_vxlan
        && hmap_is_empty(&net->fdb) && hmap_is_empty(&net->flood)
        && hmap_is_empty(&net->neighs) && hmap_is_empty(&net->addrs)
        && hmap_is_empty(&net->routes) && hmap_is_empty(&net->rmacs)) {
        hmap_remove(&k->nets, &net->hmap_node);
        knet_free(k, net);
    }
}

/* The devices of 'net' changed: looks at all its entries again. */
void
knet_sync(struct kernel *k, struct knet *net, struct model *model,
          struct owner_set *dirty)
{
    knet_sync_fdb(k, net, model, dirty);
    knet_sync_neighs(k, net, model, dirty);
    knet_lose_addrs(k, net);
    knet_sync_routes(k, net, model);
    knet_sync_rmacs(k, net, model);
}

/* Full reads. */

/* Notes that a message told about the entry of 'seen'.  Returns false if the
 * message is to be ignored: it comes from a dump, and a notification that is
 * newer than the dump has told about the entry. */
bool
kseen_touch(struct kernel *k, enum kernel_table table, struct kseen *seen,
            bool dumped)
{
    if (dumped && k->reading[table] && seen->gen == k->gen[table]) {
        return false;
    }
    seen->gen = k->gen[table];
    seen->missed = 0;
    return true;
}

/* At the end of a read: returns true if the entry of 'seen' is gone, having
 * been missing twice in a row; sets '*again' if it was missing once. */
bool
kseen_missed(struct kernel *k, enum kernel_table table, struct kseen *seen,
             bool *again)
{
    if (seen->gen == k->gen[table]) {
        return false;
    }
    if (!seen->missed++) {
        *again = true;
        return false;
    }
    return true;
}

/* A full read of 'table' begins; one that was under way is abandoned. */
void
kernel_read_begin(struct kernel *k, enum kernel_table table)
{
    /* 0 is for entries that were never seen in a read. */
    k->gen[table] = k->gen[table] == UINT8_MAX ? 1 : k->gen[table] + 1;
    k->reading[table] = true;
}

static bool
kernel_link_read_end(struct kernel *k, struct model *model,
                     struct owner_set *dirty)
{
    struct klink *link;
    bool again = false;

    HMAP_FOR_EACH_SAFE (link, index_node, &k->links) {
        struct kseen seen = { link->seen.gen, link->seen.missed };
        bool gone = kseen_missed(k, KERNEL_LINKS, &seen, &again);

        link->seen.missed = seen.missed;
        if (gone || link->l.deleted) {
            struct nl_link deleted = link->l;

            deleted.deleted = true;
            deleted.dumped = false;
            kernel_put_link(k, &deleted, model, dirty);
        }
    }
    return again;
}

/* The read of 'table' ended, completely if 'ok'.  Returns true if it must be
 * repeated: it failed, or something was missing for the first time. */
bool
kernel_read_end(struct kernel *k, enum kernel_table table, bool ok,
                struct model *model, struct owner_set *dirty)
{
    k->reading[table] = false;
    if (!ok) {
        return true;
    }
    switch (table) {
    case KERNEL_LINKS:
        return kernel_link_read_end(k, model, dirty);
    case KERNEL_FDB:
        return kernel_fdb_read_end(k, model, dirty);
    case KERNEL_NEIGHS:
        return kernel_neigh_read_end(k, model, dirty);
    case KERNEL_NEXTHOPS:
        return kernel_nexthop_read_end(k, model);
    case KERNEL_ADDRS:
        return kernel_addr_read_end(k, dirty);
    case KERNEL_ROUTES:
        return kernel_route_read_end(k, model);
    case KERNEL_N_TABLES:
    default:
        OVS_NOT_REACHED();
    }
}

/* Links. */

static struct klink *
link_find(const struct kernel *k, int ifindex)
{
    struct klink *link;

    HMAP_FOR_EACH_WITH_HASH (link, index_node, hash_int(ifindex, 0),
                             &k->links) {
        if (link->l.ifindex == ifindex) {
            return link;
        }
    }
    return NULL;
}

/* If 'name' is 'prefix' and a VNI, returns the VNI, otherwise 0. */
static uint32_t
name_vni(const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    unsigned int vni;
    int end = 0;

    if (strncmp(name, prefix, n) || name[n] < '1' || name[n] > '9'
        || !ovs_scan(name + n, "%u%n", &vni, &end) || name[n + end]
        || end > 8 || vni > VNI_MAX) {
        return 0;
    }
    return vni;
}

/* Sets the role of 'link' from its name and kind. */
static void
link_classify(struct klink *link)
{
    static const struct {
        enum klink_role role;
        const char *prefix;     /* In front of the VNI. */
        const char *kind;       /* Null for any that others have not. */
    } names[] = {
        { KLINK_BRIDGE, "brvx-", "bridge" },
        { KLINK_VXLAN, "vxlan", "vxlan" },
        { KLINK_VRF, "vpc-", "vrf" },
        { KLINK_L3_BRIDGE, "brl3-", "bridge" },
        { KLINK_L3_VXLAN, "vxl3-", "vxlan" },
        { KLINK_ADVERTISE, "oe-", NULL },
    };
    const struct nl_link *l = &link->l;

    link->vni = 0;
    link->role = KLINK_NONE;
    link->ours = (l->group == NL_GROUP
                  || !strncmp(l->alias, NL_ALIAS, strlen(NL_ALIAS)));
    for (size_t i = 0; i < ARRAY_SIZE(names) && !link->vni; i++) {
        if (!names[i].kind || !strcmp(l->kind, names[i].kind)) {
            link->vni = name_vni(l->name, names[i].prefix);
            link->role = link->vni ? names[i].role : KLINK_NONE;
        }
    }
    if ((link->role == KLINK_VXLAN || link->role == KLINK_L3_VXLAN)
        && link->vni != l->vni) {
        link->vni = 0;
        link->role = KLINK_NONE;
    }
}

static struct klink **
knet_device(struct knet *net, enum klink_role role)
{
    switch (role) {
    case KLINK_BRIDGE:
        return &net->bridge;
    case KLINK_VXLAN:
        return &net->vxlan;
    case KLINK_ADVERTISE:
        return &net->advertise;
    case KLINK_VRF:
        return &net->vrf;
    case KLINK_L3_BRIDGE:
        return &net->l3_bridge;
    case KLINK_L3_VXLAN:
        return &net->l3_vxlan;
    case KLINK_NONE:
    default:
        OVS_NOT_REACHED();
    }
}

/* A device with 'vni' changed: makes dirty whom that concerns. */
static void
dirty_vni(struct owner_set *dirty, uint32_t vni, enum klink_role role)
{
    struct owner network = owner_network(vni);
    struct owner vpc = owner_vpc(vni);

    switch (role) {
    case KLINK_VRF:
    case KLINK_L3_BRIDGE:
        owner_set_add(dirty, &vpc);
        break;
    case KLINK_L3_VXLAN:
        owner_set_add(dirty, &vpc);
        owner_set_add(dirty, &network);
        break;
    case KLINK_VXLAN:
    case KLINK_NONE:
        owner_set_add(dirty, &network);
        owner_set_add(dirty, &vpc);
        break;
    case KLINK_BRIDGE:
    case KLINK_ADVERTISE:
        owner_set_add(dirty, &network);
        break;
    default:
        OVS_NOT_REACHED();
    }
}

/* Makes 'link' known by what it is ('known'), or unknown. */
static void
link_index(struct kernel *k, struct klink *link, bool known,
           struct model *model, struct owner_set *dirty)
{
    struct knet *net = link->vni ? knet_get(k, link->vni) : NULL;

    if (known) {
        hmap_insert(&k->links_by_name, &link->name_node,
                    hash_string(link->l.name, 0));
    } else {
        hmap_remove(&k->links_by_name, &link->name_node);
    }
    if (link->l.vni) {
        if (known) {
            hmap_insert(&k->links_by_vni, &link->vni_node,
                        hash_int(link->l.vni, 0));
        } else {
            hmap_remove(&k->links_by_vni, &link->vni_node);
        }
        dirty_vni(dirty, link->l.vni, KLINK_NONE);
    }
    if (net) {
        *knet_device(net, link->role) = known ? link : NULL;
        dirty_vni(dirty, link->vni, link->role);
        if (known) {
            knet_sync(k, net, model, dirty);
        }
    }
}

/* Returns true if 'a' and 'b' of the same ifindex index alike. */
static bool
link_is_same(const struct klink *a, const struct klink *b)
{
    return (!strcmp(a->l.name, b->l.name) && a->l.vni == b->l.vni
            && a->vni == b->vni && a->role == b->role && a->ours == b->ours
            && a->l.deleted == b->l.deleted);
}

/* Network 'vni' (0 for none) has lost a device. */
static void
knet_lost_device(struct kernel *k, uint32_t vni, struct model *model,
                 struct owner_set *dirty)
{
    struct knet *net = vni ? knet_find(k, vni) : NULL;

    if (net) {
        knet_sync(k, net, model, dirty);
        knet_gc(k, net);
    }
}

static void
link_forget(struct kernel *k, struct klink *link, struct model *model,
            struct owner_set *dirty)
{
    if (!link->l.deleted) {
        link_index(k, link, false, model, dirty);
    }
    knet_lost_device(k, link->vni, model, dirty);
    link->l.deleted = true;
    if (!k->reading[KERNEL_LINKS]) {
        hmap_remove(&k->links, &link->index_node);
        free(link);
    }
}

/* Link 'l' is there, has changed, or is gone. */
void
kernel_put_link(struct kernel *k, const struct nl_link *l,
                struct model *model, struct owner_set *dirty)
{
    struct klink *link = link_find(k, l->ifindex);
    struct kseen seen;
    struct klink new;
    uint32_t old_vni;

    if (!link) {
        if (l->deleted && !k->reading[KERNEL_LINKS]) {
            return;
        }
        link = xzalloc(sizeof *link);
        link->l.ifindex = l->ifindex;
        link->l.deleted = true;
        hmap_insert(&k->links, &link->index_node, hash_int(l->ifindex, 0));
    }
    seen = (struct kseen) { link->seen.gen, link->seen.missed };
    if (!kseen_touch(k, KERNEL_LINKS, &seen, l->dumped)) {
        return;
    }
    link->seen.gen = seen.gen;
    link->seen.missed = seen.missed;
    kernel_tap_note(k, link, l, dirty);
    if (l->deleted) {
        link_forget(k, link, model, dirty);
        return;
    }

    new = *link;
    new.l = *l;
    link_classify(&new);
    if (link_is_same(link, &new)) {
        link->l = *l;
        if (link->vni) {
            dirty_vni(dirty, link->vni, link->role);
        }
        return;
    }
    if (!link->l.deleted) {
        link_index(k, link, false, model, dirty);
    }
    old_vni = link->vni;
    link->l = new.l;
    link->vni = new.vni;
    link->role = new.role;
    link->ours = new.ours;
    link_index(k, link, true, model, dirty);
    if (old_vni != link->vni) {
        knet_lost_device(k, old_vni, model, dirty);
    }
}

/* FDB entry or neighbour 'n' is there, has changed, or is gone. */
void
kernel_put_neigh(struct kernel *k, const struct nl_neigh *n,
                 struct model *model, struct owner_set *dirty)
{
    if (n->family == AF_BRIDGE) {
        kernel_put_fdb(k, n, model, dirty);
    } else {
        kernel_put_ip_neigh(k, n, model, dirty);
    }
}

/* Stale facts. */

/* The fact is confirmed. */
void
kfact_fresh(struct kernel *k, struct kfact *fact)
{
    if (fact->mark) {
        fact->mark = 0;
        ovs_list_remove(&fact->node);
        k->n_stale--;
    }
    fact->given = true;
}

/* The kernel does not have the entry of the fact any more. */
void
kfact_stale(struct kernel *k, struct kfact *fact)
{
    if (fact->given && !fact->mark) {
        fact->mark = ++k->mark;
        ovs_list_push_back(&k->stale, &fact->node);
        k->n_stale++;
    }
}

/* The fact was taken from the model. */
void
kfact_gone(struct kernel *k, struct kfact *fact)
{
    kfact_fresh(k, fact);
    fact->given = false;
}

/* Returns the mark up to which facts are stale now. */
uint64_t
kernel_stale_mark(const struct kernel *k)
{
    return k->mark;
}

/* Returns the number of stale facts. */
size_t
kernel_n_stale(const struct kernel *k)
{
    return k->n_stale;
}

/* Takes facts that were stale at 'mark', and still are, from 'model'. */
void
kernel_drop_stale(struct kernel *k, uint64_t mark, struct model *model)
{
    struct kfact *fact;

    LIST_FOR_EACH_SAFE (fact, node, &k->stale) {
        if (fact->mark > mark) {
            break;
        }
        switch (fact->type) {
        case KFACT_MAC:
            kfdb_drop(k, fact, model);
            break;
        case KFACT_FLOOD:
            kflood_drop(k, fact, model);
            break;
        case KFACT_NEIGH:
            kneigh_drop(k, fact, model);
            break;
        case KFACT_NHG:
            knexthop_drop(k, fact, model);
            break;
        case KFACT_ROUTE:
            kroute_drop(k, fact, model);
            break;
        case KFACT_RMAC:
            krmac_drop(k, fact, model);
            break;
        default:
            OVS_NOT_REACHED();
        }
    }
}

/* See kernel.h. */
void
kernel_dirty_all(const struct kernel *k, struct owner_set *dirty)
{
    const struct kentry_neigh *neigh;
    const struct kfdb *fdb;
    const struct knet *net;

    HMAP_FOR_EACH (net, hmap_node, &k->nets) {
        if (net->bridge || net->vxlan || net->advertise) {
            dirty_vni(dirty, net->vni, KLINK_BRIDGE);
        }
        if (net->vrf || net->l3_bridge || net->l3_vxlan) {
            dirty_vni(dirty, net->vni, KLINK_VRF);
        }
        HMAP_FOR_EACH (fdb, hmap_node, &net->fdb) {
            if (fdb->place == KFDB_OURS) {
                struct owner owner = owner_local_mac(net->vni, fdb->mac);

                owner_set_add(dirty, &owner);
            }
        }
        HMAP_FOR_EACH (neigh, hmap_node, &net->neighs) {
            if (neigh->present && kneigh_is_ours(&neigh->n)) {
                struct owner owner = owner_local_ip(net->vni, &neigh->n.ip);

                owner_set_add(dirty, &owner);
            }
        }
    }
}

/* Looking up. */

/* Returns the link with 'ifindex', or null. */
const struct klink *
kernel_link(const struct kernel *k, int ifindex)
{
    const struct klink *link = link_find(k, ifindex);

    return link && !link->l.deleted ? link : NULL;
}

/* Returns the link with 'name', or null. */
const struct klink *
kernel_link_by_name(const struct kernel *k, const char *name)
{
    const struct klink *link;

    HMAP_FOR_EACH_WITH_HASH (link, name_node, hash_string(name, 0),
                             &k->links_by_name) {
        if (!strcmp(link->l.name, name)) {
            return link;
        }
    }
    return NULL;
}

/* Returns the device of network 'vni' with 'role' (by name and kind, whether
 * ours or not), or null. */
const struct klink *
kernel_device(const struct kernel *k, uint32_t vni, enum klink_role role)
{
    struct knet *net = knet_find(k, vni);

    return net ? *knet_device(net, role) : NULL;
}

/* Returns a vxlan device with 'vni' that is not ours, or null.  A second one
 * would make zebra abort (P1). */
const struct klink *
kernel_foreign_vxlan(const struct kernel *k, uint32_t vni)
{
    const struct klink *link;

    HMAP_FOR_EACH_WITH_HASH (link, vni_node, hash_int(vni, 0),
                             &k->links_by_vni) {
        if (link->l.vni == vni
            && !(link->ours && (link->role == KLINK_VXLAN
                                || link->role == KLINK_L3_VXLAN))) {
            return link;
        }
    }
    return NULL;
}

/* See kernel.h.  A MAC that lacks one of its two entries is no fact, but zebra
 * wrote the other (the vxlan device loses its own when it goes down). */
void
kernel_for_each_remote(const struct kernel *k, uint32_t vni,
                       kernel_remote_cb *cb, void *aux)
{
    const struct knet *net = knet_find(k, vni);
    const struct kentry_neigh *neigh;
    const struct kflood *flood;
    const struct kfdb *fdb;

    if (!net || !net->vxlan || !net->vxlan->ours) {
        return;
    }
    HMAP_FOR_EACH (fdb, hmap_node, &net->fdb) {
        if (fdb->place == KFDB_REMOTE
            || (fdb->place == KFDB_NONE && fdb->self)) {
            cb(aux, &fdb->mac, NULL);
        }
    }
    HMAP_FOR_EACH (flood, hmap_node, &net->flood) {
        if (flood->present) {
            cb(aux, NULL, &flood->ip);
        }
    }
    HMAP_FOR_EACH (neigh, hmap_node, &net->neighs) {
        if (neigh->present && kneigh_is_remote(&neigh->n)) {
            cb(aux, &neigh->n.mac, &neigh->n.ip);
        }
    }
}
