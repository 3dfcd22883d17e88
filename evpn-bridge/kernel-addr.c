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

#include <stdlib.h>
#include "hash.h"
#include "packets.h"
#include "util.h"

/* Addresses of the bridges of networks: those of gateways, so that FRR sees
 * connected prefixes. */

static uint32_t
hash_ip(const struct in6_addr *ip)
{
    return hash_bytes(ip, sizeof *ip, 0);
}

static struct kaddr *
addr_find(const struct knet *net, const struct in6_addr *ip)
{
    struct kaddr *addr;

    HMAP_FOR_EACH_WITH_HASH (addr, hmap_node, hash_ip(ip), &net->addrs) {
        if (ipv6_addr_equals(&addr->ip, ip)) {
            return addr;
        }
    }
    return NULL;
}

static void
addr_gc(struct kernel *k, struct knet *net, struct kaddr *addr)
{
    if (!addr->present && !k->reading[KERNEL_ADDRS]) {
        hmap_remove(&net->addrs, &addr->hmap_node);
        free(addr);
    }
}

static void
addr_dirty(const struct knet *net, struct owner_set *dirty)
{
    struct owner owner = owner_network(net->vni);

    owner_set_add(dirty, &owner);
}

/* Address 'a' is there, has changed, or is gone. */
void
kernel_put_addr(struct kernel *k, const struct nl_addr *a,
                struct model *model OVS_UNUSED, struct owner_set *dirty)
{
    const struct klink *link = kernel_link(k, a->ifindex);
    struct kaddr *addr;
    struct kseen seen;
    struct knet *net;

    if (!link || link->role != KLINK_BRIDGE) {
        return;
    }
    net = knet_get(k, link->vni);
    addr = addr_find(net, &a->ip);
    if (!addr) {
        addr = xzalloc(sizeof *addr);
        addr->ip = a->ip;
        hmap_insert(&net->addrs, &addr->hmap_node, hash_ip(&a->ip));
    }
    seen = (struct kseen) { addr->seen.gen, addr->seen.missed };
    if (kseen_touch(k, KERNEL_ADDRS, &seen, a->dumped)) {
        addr->seen.gen = seen.gen;
        addr->seen.missed = seen.missed;
        if (addr->present == a->deleted || addr->plen != a->plen) {
            addr_dirty(net, dirty);
        }
        if (!addr->present && !a->deleted && a->protocol == NL_PROTO) {
            addr_dirty(net, &k->addressed);
        }
        addr->present = !a->deleted;
        addr->plen = a->plen;
        addr->ours = a->protocol == NL_PROTO;
    }
    addr_gc(k, net, addr);
}

/* The devices of 'net' changed: without a bridge there are no addresses. */
void
knet_lose_addrs(struct kernel *k, struct knet *net)
{
    struct kaddr *addr;

    HMAP_FOR_EACH_SAFE (addr, hmap_node, &net->addrs) {
        if (!net->bridge) {
            addr->present = false;
            addr_gc(k, net, addr);
        }
    }
}

/* A read of the addresses is complete.  Returns true if it must be
 * repeated. */
bool
kernel_addr_read_end(struct kernel *k, struct owner_set *dirty)
{
    struct kaddr *addr;
    bool again = false;
    struct knet *net;

    HMAP_FOR_EACH_SAFE (net, hmap_node, &k->nets) {
        HMAP_FOR_EACH_SAFE (addr, hmap_node, &net->addrs) {
            struct kseen seen = { addr->seen.gen, addr->seen.missed };

            if (addr->present
                && kseen_missed(k, KERNEL_ADDRS, &seen, &again)) {
                addr->present = false;
                addr_dirty(net, dirty);
            }
            addr->seen.missed = seen.missed;
            addr_gc(k, net, addr);
        }
        knet_gc(k, net);
    }
    return again;
}

/* Frees the addresses of 'net'. */
void
knet_free_addrs(struct knet *net)
{
    struct kaddr *addr;

    HMAP_FOR_EACH_POP (addr, hmap_node, &net->addrs) {
        free(addr);
    }
    hmap_destroy(&net->addrs);
}

/* Returns the address 'ip' of the bridge of network 'vni', or null. */
const struct kaddr *
kernel_addr(const struct kernel *k, uint32_t vni, const struct in6_addr *ip)
{
    const struct knet *net = knet_find(k, vni);
    const struct kaddr *addr = net ? addr_find(net, ip) : NULL;

    return addr && addr->present ? addr : NULL;
}

/* If the bridge of a network got an address of ours that was not returned yet,
 * stores its VNI in '*vni' and returns true. */
bool
kernel_pop_addressed(struct kernel *k, uint32_t *vni)
{
    struct owner owner;

    if (!owner_set_pop(&k->addressed, &owner)) {
        return false;
    }
    *vni = owner.vni;
    return true;
}

/* Returns the address of the bridge of network 'vni' behind 'prev', the first
 * if that is null, in no order; null behind the last. */
const struct kaddr *
kernel_next_addr(const struct kernel *k, uint32_t vni,
                 const struct kaddr *prev)
{
    const struct knet *net = knet_find(k, vni);
    const struct hmap_node *node
        = (!net ? NULL
           : prev ? hmap_next(&net->addrs, &prev->hmap_node)
           : hmap_first(&net->addrs));
    const struct kaddr *addr;

    for (; node; node = hmap_next(&net->addrs, node)) {
        addr = CONTAINER_OF(node, struct kaddr, hmap_node);
        if (addr->present) {
            return addr;
        }
    }
    return NULL;
}
