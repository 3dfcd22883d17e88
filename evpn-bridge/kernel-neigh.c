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
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Neighbours on the bridge of a network. */

static struct kentry_neigh *
neigh_find(const struct knet *net, const struct in6_addr *ip)
{
    struct kentry_neigh *neigh;

    HMAP_FOR_EACH_WITH_HASH (neigh, hmap_node, ident_hash_ip(ip),
                             &net->neighs) {
        if (ipv6_addr_equals(&neigh->n.ip, ip)) {
            return neigh;
        }
    }
    return NULL;
}

static void
neigh_gc(struct kernel *k, struct kentry_neigh *neigh)
{
    if (!neigh->present && !neigh->fact.given
        && !k->reading[KERNEL_NEIGHS]) {
        hmap_remove(&neigh->net->neighs, &neigh->hmap_node);
        free(neigh);
    }
}

/* Returns true if 'n' is as ovs-ext writes neighbours: static for ever (P8)
 * and with its protocol number. */
bool
kneigh_is_ours(const struct kneigh *n)
{
    return (n->protocol == NL_PROTO && n->state & NUD_PERMANENT
            && !(n->flags & NTF_EXT_LEARNED));
}

/* Returns true if 'n' is as zebra writes remote neighbours. */
bool
kneigh_is_remote(const struct kneigh *n)
{
    return n->flags & NTF_EXT_LEARNED || n->protocol == RTPROT_ZEBRA;
}

/* Gives the model what 'neigh' says now; 'was_ours' what it was before. */
static void
neigh_sync(struct kernel *k, struct kentry_neigh *neigh, bool was_ours,
           struct model *model, struct owner_set *dirty)
{
    const struct knet *net = neigh->net;
    bool ours = neigh->present && kneigh_is_ours(&neigh->n);

    if (neigh->present && net->bridge && net->bridge->ours
        && kneigh_is_remote(&neigh->n)) {
        kfact_fresh(k, &neigh->fact);
        model_put_neighbor(model, net->vni, &neigh->n.ip, neigh->n.mac,
                           (neigh->n.flags & NTF_ROUTER) != 0);
    } else if (neigh->fact.given && ours) {
        kfact_gone(k, &neigh->fact);
        model_del_neighbor(model, net->vni, &neigh->n.ip);
    } else {
        kfact_stale(k, &neigh->fact);
    }
    if (ours || was_ours) {
        struct owner owner = owner_local_ip(net->vni, &neigh->n.ip);

        owner_set_add(dirty, &owner);
    }
}

/* Takes the stale 'fact' of a neighbour from 'model'. */
void
kneigh_drop(struct kernel *k, struct kfact *fact, struct model *model)
{
    struct kentry_neigh *neigh = CONTAINER_OF(fact, struct kentry_neigh, fact);
    struct knet *net = neigh->net;

    kfact_gone(k, fact);
    model_del_neighbor(model, net->vni, &neigh->n.ip);
    neigh_gc(k, neigh);
    knet_gc(k, net);
}

/* Returns true if message 'n' says that there is an entry that can be used: an
 * entry that is being removed is announced as failed first. */
static bool
neigh_is_present(const struct nl_neigh *n)
{
    return (!n->deleted && n->has_mac
            && !(n->state & (NUD_FAILED | NUD_INCOMPLETE)));
}

/* Neighbour 'n' is there, has changed, or is gone. */
void
kernel_put_ip_neigh(struct kernel *k, const struct nl_neigh *n,
                    struct model *model, struct owner_set *dirty)
{
    const struct klink *link = kernel_link(k, n->ifindex);
    struct kentry_neigh *neigh;
    struct knet *net;

    if (link && link->role == KLINK_L3_BRIDGE) {
        struct kneigh zebra = { .flags = n->flags, .protocol = n->protocol };

        kernel_put_rmac(k, knet_get(k, link->vni), n,
                        neigh_is_present(n) && kneigh_is_remote(&zebra),
                        model);
    }
    if (!link || link->role != KLINK_BRIDGE) {
        return;
    }
    net = knet_get(k, link->vni);
    neigh = neigh_find(net, &n->dst);
    if (!neigh) {
        neigh = xzalloc(sizeof *neigh);
        neigh->net = net;
        neigh->n.ip = n->dst;
        neigh->fact.type = KFACT_NEIGH;
        hmap_insert(&net->neighs, &neigh->hmap_node, ident_hash_ip(&n->dst));
    }
    if (kseen_touch(k, KERNEL_NEIGHS, &neigh->seen, n->dumped)) {
        bool was_ours = neigh->present && kneigh_is_ours(&neigh->n);

        neigh->present = neigh_is_present(n);
        if (neigh->present) {
            neigh->n.mac = n->mac;
            neigh->n.state = n->state;
            neigh->n.flags = n->flags;
            neigh->n.protocol = n->protocol;
        }
        neigh_sync(k, neigh, was_ours, model, dirty);
    }
    neigh_gc(k, neigh);
}

/* The devices of 'net' changed. */
void
knet_sync_neighs(struct kernel *k, struct knet *net, struct model *model,
                 struct owner_set *dirty)
{
    struct kentry_neigh *neigh;

    HMAP_FOR_EACH_SAFE (neigh, hmap_node, &net->neighs) {
        bool was_ours = neigh->present && kneigh_is_ours(&neigh->n);

        if (!net->bridge) {
            neigh->present = false;
        }
        neigh_sync(k, neigh, was_ours, model, dirty);
        neigh_gc(k, neigh);
    }
}

/* A read of the neighbours is complete.  Returns true if it must be
 * repeated. */
bool
kernel_neigh_read_end(struct kernel *k, struct model *model,
                      struct owner_set *dirty)
{
    struct kentry_neigh *neigh;
    bool again = false;
    struct knet *net;

    HMAP_FOR_EACH_SAFE (net, hmap_node, &k->nets) {
        HMAP_FOR_EACH_SAFE (neigh, hmap_node, &net->neighs) {
            if (neigh->present
                && kseen_missed(k, KERNEL_NEIGHS, &neigh->seen, &again)) {
                bool was_ours = kneigh_is_ours(&neigh->n);

                neigh->present = false;
                neigh_sync(k, neigh, was_ours, model, dirty);
            }
            neigh_gc(k, neigh);
        }
        again |= knet_rmac_read_end(k, net, model);
        knet_gc(k, net);
    }
    return again;
}

/* Frees the neighbours of 'net'. */
void
knet_free_neighs(struct knet *net)
{
    struct kentry_neigh *neigh;

    HMAP_FOR_EACH_POP (neigh, hmap_node, &net->neighs) {
        free(neigh);
    }
    hmap_destroy(&net->neighs);
}

/* Returns the neighbour 'ip' on the bridge of network 'vni', or null. */
const struct kneigh *
kernel_neigh(const struct kernel *k, uint32_t vni, const struct in6_addr *ip)
{
    const struct knet *net = knet_find(k, vni);
    const struct kentry_neigh *neigh = net ? neigh_find(net, ip) : NULL;

    return neigh && neigh->present ? &neigh->n : NULL;
}

/* See kernel.h. */
void
kernel_for_each_own_ip(const struct kernel *k, kernel_ip_cb *cb, void *aux)
{
    const struct kentry_neigh *neigh;
    const struct knet *net;

    HMAP_FOR_EACH (net, hmap_node, &k->nets) {
        HMAP_FOR_EACH (neigh, hmap_node, &net->neighs) {
            if (neigh->present && kneigh_is_ours(&neigh->n)) {
                cb(aux, net->vni, &neigh->n.ip, neigh->n.mac);
            }
        }
    }
}
