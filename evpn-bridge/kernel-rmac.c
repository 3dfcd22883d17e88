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
#include <sys/socket.h>
#include "hash.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Router MACs: what zebra tells of the routers of other VTEPs, as neighbours
 * on the bridge of an L3VNI. */

static uint32_t
hash_ip(const struct in6_addr *ip)
{
    return hash_bytes(ip, sizeof *ip, 0);
}

static void
rmac_gc(struct kernel *k, struct krmac *rmac)
{
    if (!rmac->entries[0].present && !rmac->entries[1].present
        && !rmac->fact.given && !k->reading[KERNEL_NEIGHS]) {
        hmap_remove(&rmac->net->rmacs, &rmac->hmap_node);
        free(rmac);
    }
}

/* Gives the model what 'rmac' says now. */
static void
rmac_sync(struct kernel *k, struct krmac *rmac, struct model *model)
{
    const struct knet *net = rmac->net;
    bool v4 = rmac->entries[0].present;

    if ((v4 || rmac->entries[1].present)
        && net->l3_bridge && net->l3_bridge->ours) {
        kfact_fresh(k, &rmac->fact);
        model_put_router_mac(model, net->vni, &rmac->ip,
                             rmac->entries[v4 ? 0 : 1].mac);
    } else {
        kfact_stale(k, &rmac->fact);
    }
}

/* Takes the stale 'fact' of a router MAC from 'model'. */
void
krmac_drop(struct kernel *k, struct kfact *fact, struct model *model)
{
    struct krmac *rmac = CONTAINER_OF(fact, struct krmac, fact);
    struct knet *net = rmac->net;

    kfact_gone(k, fact);
    model_del_router_mac(model, net->vni, &rmac->ip);
    rmac_gc(k, rmac);
    knet_gc(k, net);
}

/* Neighbour 'n' of the L3 bridge of 'net' is there, as zebra writes it, if
 * 'present'; else it is gone or not zebra's. */
void
kernel_put_rmac(struct kernel *k, struct knet *net, const struct nl_neigh *n,
                bool present, struct model *model)
{
    int i = n->family == AF_INET6;
    struct krmac *rmac;

    HMAP_FOR_EACH_WITH_HASH (rmac, hmap_node, hash_ip(&n->dst), &net->rmacs) {
        if (ipv6_addr_equals(&rmac->ip, &n->dst)) {
            break;
        }
    }
    if (!rmac) {
        rmac = xzalloc(sizeof *rmac);
        rmac->net = net;
        rmac->ip = n->dst;
        rmac->fact.type = KFACT_RMAC;
        hmap_insert(&net->rmacs, &rmac->hmap_node, hash_ip(&n->dst));
    }
    if (kseen_touch(k, KERNEL_NEIGHS, &rmac->entries[i].seen, n->dumped)) {
        rmac->entries[i].present = present;
        rmac->entries[i].mac = n->mac;
        rmac_sync(k, rmac, model);
    }
    rmac_gc(k, rmac);
}

/* A read of the neighbours is complete, as far as 'net' is concerned.  Returns
 * true if it must be repeated. */
bool
knet_rmac_read_end(struct kernel *k, struct knet *net, struct model *model)
{
    struct krmac *rmac;
    bool again = false;

    HMAP_FOR_EACH_SAFE (rmac, hmap_node, &net->rmacs) {
        for (int i = 0; i < 2; i++) {
            if (rmac->entries[i].present
                && kseen_missed(k, KERNEL_NEIGHS, &rmac->entries[i].seen,
                                &again)) {
                rmac->entries[i].present = false;
                rmac_sync(k, rmac, model);
            }
        }
        rmac_gc(k, rmac);
    }
    return again;
}

/* The devices of 'net' changed. */
void
knet_sync_rmacs(struct kernel *k, struct knet *net, struct model *model)
{
    struct krmac *rmac;

    HMAP_FOR_EACH_SAFE (rmac, hmap_node, &net->rmacs) {
        if (!net->l3_bridge) {
            rmac->entries[0].present = rmac->entries[1].present = false;
        }
        rmac_sync(k, rmac, model);
        rmac_gc(k, rmac);
    }
}

/* Frees the router MACs of 'net'. */
void
knet_free_rmacs(struct knet *net)
{
    struct krmac *rmac;

    HMAP_FOR_EACH_POP (rmac, hmap_node, &net->rmacs) {
        free(rmac);
    }
    hmap_destroy(&net->rmacs);
}
