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
#include "ovs-ext/model/owner.h"

#include <inttypes.h>
#include <string.h>
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

BUILD_ASSERT_DECL(sizeof(struct owner) == 24);

static struct owner
owner_init(enum owner_kind kind, uint32_t vni)
{
    struct owner owner;

    memset(&owner, 0, sizeof owner);
    owner.kind = kind;
    owner.vni = vni;
    return owner;
}

/* Returns the owner of what exists once per host. */
struct owner
owner_host(void)
{
    return owner_init(OWNER_HOST, 0);
}

/* Returns the owner that is the network with 'vni'. */
struct owner
owner_network(uint32_t vni)
{
    return owner_init(OWNER_NETWORK, vni);
}

/* Returns the owner that is the port named 'iface_id'.  The name is hashed to
 * 64 bits, so that it fits; the same name gives the same owner in each run. */
struct owner
owner_port(const char *iface_id)
{
    struct owner owner = owner_init(OWNER_PORT, 0);
    ovs_u128 hash;

    hash_bytes128(iface_id, strlen(iface_id), 0, &hash);
    owner.id = hash.u64.lo;
    return owner;
}

/* Returns the owner that is 'mac' of a port of this host in network 'vni'. */
struct owner
owner_local_mac(uint32_t vni, struct eth_addr mac)
{
    struct owner owner = owner_init(OWNER_LOCAL_MAC, vni);

    owner.mac = mac;
    return owner;
}

/* Returns the owner that is 'ip' of a port of this host in network 'vni'. */
struct owner
owner_local_ip(uint32_t vni, const struct in6_addr *ip)
{
    struct owner owner = owner_init(OWNER_LOCAL_IP, vni);

    owner.ip = *ip;
    return owner;
}

/* Returns the owner that is 'mac', told by EVPN, in network 'vni'. */
struct owner
owner_remote_mac(uint32_t vni, struct eth_addr mac)
{
    struct owner owner = owner_init(OWNER_REMOTE_MAC, vni);

    owner.mac = mac;
    return owner;
}

/* Returns the owner that is the kernel's next-hop group 'id'. */
struct owner
owner_nhg(uint32_t id)
{
    struct owner owner = owner_init(OWNER_NHG, 0);

    owner.id = id;
    return owner;
}

/* Returns a hash of 'owner', the same in each run. */
uint32_t
owner_hash(const struct owner *owner)
{
    return hash_bytes(owner, sizeof *owner, 0);
}

/* Returns true if 'a' and 'b' name the same object. */
bool
owner_equal(const struct owner *a, const struct owner *b)
{
    return !memcmp(a, b, sizeof *a);
}

/* Orders owners by kind, VNI and the rest, as memcmp() does. */
int
owner_compare_3way(const struct owner *a, const struct owner *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    } else if (a->vni != b->vni) {
        return a->vni < b->vni ? -1 : 1;
    } else {
        return memcmp(a->words, b->words, sizeof a->words);
    }
}

/* Appends the name of 'owner' to 's': "remote-mac/10100/52:54:00:00:00:01".
 * A port, whose name is not kept here, is written "port/" and its hash. */
void
owner_format(const struct owner *owner, struct ds *s)
{
    switch ((enum owner_kind) owner->kind) {
    case OWNER_HOST:
        ds_put_cstr(s, "host");
        break;
    case OWNER_NETWORK:
        ds_put_format(s, "network/%"PRIu32, owner->vni);
        break;
    case OWNER_PORT:
        ds_put_format(s, "port/%016"PRIx64, owner->id);
        break;
    case OWNER_LOCAL_MAC:
        ds_put_format(s, "local-mac/%"PRIu32"/"ETH_ADDR_FMT, owner->vni,
                      ETH_ADDR_ARGS(owner->mac));
        break;
    case OWNER_LOCAL_IP:
        ds_put_format(s, "local-ip/%"PRIu32"/", owner->vni);
        ipv6_format_mapped(&owner->ip, s);
        break;
    case OWNER_REMOTE_MAC:
        ds_put_format(s, "remote-mac/%"PRIu32"/"ETH_ADDR_FMT, owner->vni,
                      ETH_ADDR_ARGS(owner->mac));
        break;
    case OWNER_NHG:
        ds_put_format(s, "nhg/%"PRIu64, owner->id);
        break;
    case OWNER_N_KINDS:
        OVS_NOT_REACHED();
    }
}

/* Parses the part of an owner's name behind the VNI, or behind the kind. */
static bool
owner_parse_rest(enum owner_kind kind, const char *rest, struct owner *owner)
{
    unsigned long long int id;
    ovs_be32 ip4;

    switch (kind) {
    case OWNER_HOST:
    case OWNER_NETWORK:
        return !*rest;
    case OWNER_PORT:
        *owner = owner_port(rest);
        return *rest != '\0';
    case OWNER_LOCAL_MAC:
    case OWNER_REMOTE_MAC:
        return eth_addr_from_string(rest, &owner->mac);
    case OWNER_LOCAL_IP:
        if (ip_parse(rest, &ip4)) {
            owner->ip = in6_addr_mapped_ipv4(ip4);
            return true;
        }
        return ipv6_parse(rest, &owner->ip);
    case OWNER_NHG:
        if (!str_to_ullong(rest, 10, &id) || id > UINT32_MAX) {
            return false;
        }
        owner->id = id;
        return true;
    case OWNER_N_KINDS:
    default:
        OVS_NOT_REACHED();
    }
}

/* Parses the name 's' of an owner into '*owner': what owner_format() writes,
 * but for ports, which are "port/" and the iface-id.  Returns null, or a
 * malloc'd error. */
char *
owner_parse(const char *s, struct owner *owner)
{
    static const struct {
        enum owner_kind kind;
        const char *prefix;     /* With a VNI behind it if 'vni'. */
        bool vni;
    } kinds[] = {
        { OWNER_HOST, "host", false },
        { OWNER_NETWORK, "network/", true },
        { OWNER_PORT, "port/", false },
        { OWNER_LOCAL_MAC, "local-mac/", true },
        { OWNER_LOCAL_IP, "local-ip/", true },
        { OWNER_REMOTE_MAC, "remote-mac/", true },
        { OWNER_NHG, "nhg/", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const char *rest = s + strlen(kinds[i].prefix);
        uint32_t vni = 0;
        int n = 0;

        if (strncmp(s, kinds[i].prefix, strlen(kinds[i].prefix))) {
            continue;
        }
        if (kinds[i].vni && !ovs_scan(rest, "%"SCNu32"%n", &vni, &n)) {
            break;
        }
        rest += n;
        rest += kinds[i].vni && *rest == '/';
        *owner = owner_init(kinds[i].kind, vni);
        if (owner_parse_rest(kinds[i].kind, rest, owner)) {
            return NULL;
        }
        break;
    }
    return xasprintf("%s: no owner is named like this; owners are host, "
                     "network/VNI, port/PORT, local-mac/VNI/MAC, "
                     "local-ip/VNI/IP, remote-mac/VNI/MAC, nhg/ID", s);
}

/* Returns the OpenFlow cookie of the flows of 'owner'; see owner.h. */
ovs_be64
owner_cookie(const struct owner *owner)
{
    uint64_t low = hash_bytes(owner, sizeof *owner, 1);
    uint64_t high = hash_bytes(owner, sizeof *owner, 2) & 0xff;

    return htonll(OWNER_COOKIE | (uint64_t) owner->kind << 40
                  | high << 32 | low);
}

/* Initializes 'set' as the empty set. */
void
owner_set_init(struct owner_set *set)
{
    hmap_init(&set->owners);
    ovs_list_init(&set->queue);
}

/* Frees what 'set' holds; 'set' itself stays the caller's. */
void
owner_set_uninit(struct owner_set *set)
{
    owner_set_clear(set);
    hmap_destroy(&set->owners);
}

static struct owner_node *
owner_set_find(const struct owner_set *set, const struct owner *owner)
{
    struct owner_node *node;

    HMAP_FOR_EACH_WITH_HASH (node, hmap_node, owner_hash(owner),
                             &set->owners) {
        if (owner_equal(&node->owner, owner)) {
            return node;
        }
    }
    return NULL;
}

/* Adds 'owner' to 'set'.  Returns true if it was not there. */
bool
owner_set_add(struct owner_set *set, const struct owner *owner)
{
    struct owner_node *node;

    if (owner_set_find(set, owner)) {
        return false;
    }
    node = xmalloc(sizeof *node);
    node->owner = *owner;
    hmap_insert(&set->owners, &node->hmap_node, owner_hash(owner));
    ovs_list_push_back(&set->queue, &node->queue_node);
    return true;
}

/* Returns true if 'set' contains 'owner'. */
bool
owner_set_contains(const struct owner_set *set, const struct owner *owner)
{
    return owner_set_find(set, owner) != NULL;
}

static void
owner_set_remove_node(struct owner_set *set, struct owner_node *node)
{
    hmap_remove(&set->owners, &node->hmap_node);
    ovs_list_remove(&node->queue_node);
    free(node);
}

/* Removes 'owner' from 'set'.  Returns true if it was there. */
bool
owner_set_del(struct owner_set *set, const struct owner *owner)
{
    struct owner_node *node = owner_set_find(set, owner);

    if (node) {
        owner_set_remove_node(set, node);
    }
    return node != NULL;
}

/* Takes the owner that is longest in 'set' out of it and stores it in
 * '*owner'.  Returns false if 'set' is empty. */
bool
owner_set_pop(struct owner_set *set, struct owner *owner)
{
    struct owner_node *node;

    if (ovs_list_is_empty(&set->queue)) {
        return false;
    }
    node = CONTAINER_OF(ovs_list_front(&set->queue), struct owner_node,
                        queue_node);
    *owner = node->owner;
    owner_set_remove_node(set, node);
    return true;
}

/* Makes 'set' empty. */
void
owner_set_clear(struct owner_set *set)
{
    struct owner_node *node;

    HMAP_FOR_EACH_POP (node, hmap_node, &set->owners) {
        free(node);
    }
    ovs_list_init(&set->queue);
}

/* Returns the number of owners in 'set'. */
size_t
owner_set_count(const struct owner_set *set)
{
    return hmap_count(&set->owners);
}

/* Returns true if 'set' is empty. */
bool
owner_set_is_empty(const struct owner_set *set)
{
    return hmap_is_empty(&set->owners);
}
