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
#include "ovs-ext/model/ident.h"
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

/* Returns the owner that is the set of hops with 'id'. */
struct owner
owner_hops(uint32_t id)
{
    struct owner owner = owner_init(OWNER_HOPS, 0);

    owner.id = id;
    return owner;
}

/* Returns the owner that is the VPC with 'l3vni'. */
struct owner
owner_vpc(uint32_t l3vni)
{
    return owner_init(OWNER_VPC, l3vni);
}

/* Returns the owner that is the ACL of network 'vni', without its rules. */
struct owner
owner_network_acl(uint32_t vni)
{
    return owner_init(OWNER_NETWORK_ACL, vni);
}

static struct owner
owner_with_uuid(enum owner_kind kind, const struct uuid *uuid)
{
    struct owner owner = owner_init(kind, 0);

    owner.uuid = *uuid;
    return owner;
}

/* Returns the owner that is the security group with 'uuid', without its rules
 * and addresses. */
struct owner
owner_security_group(const struct uuid *uuid)
{
    return owner_with_uuid(OWNER_SECURITY_GROUP, uuid);
}

/* Returns the owner that is the rule with 'uuid'. */
struct owner
owner_rule(const struct uuid *uuid)
{
    return owner_with_uuid(OWNER_RULE, uuid);
}

/* Returns the owner that is 'ip' of a member of the security group that 'tag'
 * stands for. */
struct owner
owner_group_addr(uint32_t tag, const struct in6_addr *ip)
{
    struct owner owner = owner_init(OWNER_GROUP_ADDR, 0);

    owner.tag = tag;
    owner.ip = *ip;
    return owner;
}

/* Returns the owner that is 'ip', told by EVPN, in network 'vni'. */
struct owner
owner_remote_ip(uint32_t vni, const struct in6_addr *ip)
{
    struct owner owner = owner_init(OWNER_REMOTE_IP, vni);

    owner.ip = *ip;
    return owner;
}

/* Returns the owner that is the route of the VPC with 'l3vni' to 'prefix' of
 * length 'plen', 96 more for IPv4. */
struct owner
owner_route(uint32_t l3vni, const struct in6_addr *prefix, uint8_t plen)
{
    struct owner owner = owner_init(OWNER_ROUTE, l3vni);

    owner.plen = plen;
    owner.ip = *prefix;
    return owner;
}

/* Returns the owner that is the router of 'vtep' in the VPC with 'l3vni'. */
struct owner
owner_router_mac(uint32_t l3vni, const struct in6_addr *vtep)
{
    struct owner owner = owner_init(OWNER_ROUTER_MAC, l3vni);

    owner.ip = *vtep;
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
    } else if (a->plen != b->plen) {
        return a->plen < b->plen ? -1 : 1;
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
    case OWNER_HOPS:
        ds_put_format(s, "hops/%"PRIu64, owner->id);
        break;
    case OWNER_VPC:
        ds_put_format(s, "vpc/%"PRIu32, owner->vni);
        break;
    case OWNER_ROUTE:
        ds_put_format(s, "route/%"PRIu32"/", owner->vni);
        ipv6_format_mapped(&owner->ip, s);
        ds_put_format(s, "/%d", owner->plen
                      - (IN6_IS_ADDR_V4MAPPED(&owner->ip) ? 96 : 0));
        break;
    case OWNER_ROUTER_MAC:
        ds_put_format(s, "router-mac/%"PRIu32"/", owner->vni);
        ipv6_format_mapped(&owner->ip, s);
        break;
    case OWNER_NETWORK_ACL:
        ds_put_format(s, "acl/%"PRIu32, owner->vni);
        break;
    case OWNER_SECURITY_GROUP:
        ds_put_format(s, "security-group/"UUID_FMT, UUID_ARGS(&owner->uuid));
        break;
    case OWNER_RULE:
        ds_put_format(s, "rule/"UUID_FMT, UUID_ARGS(&owner->uuid));
        break;
    case OWNER_GROUP_ADDR:
        ds_put_format(s, "group-addr/%"PRIu32"/", owner->tag);
        ipv6_format_mapped(&owner->ip, s);
        break;
    case OWNER_REMOTE_IP:
        ds_put_format(s, "remote-ip/%"PRIu32"/", owner->vni);
        ipv6_format_mapped(&owner->ip, s);
        break;
    case OWNER_N_KINDS:
        OVS_NOT_REACHED();
    }
}

/* Parses 's', the prefix of a route, into 'owner'. */
static bool
owner_parse_prefix(const char *s, struct owner *owner)
{
    bool v4 = !strchr(s, ':');
    struct in6_addr mask;
    unsigned int plen;
    ovs_be32 ip4 = 0;
    char *error = (v4 ? ip_parse_cidr(s, &ip4, &plen)
                   : ipv6_parse_cidr(s, &owner->ip, &plen));

    if (error || !strchr(s, '/')) {
        free(error);
        return false;
    }
    if (v4) {
        owner->ip = in6_addr_mapped_ipv4(ip4);
    }
    owner->plen = plen + (v4 ? 96 : 0);
    mask = ipv6_create_mask(owner->plen);
    mask = ipv6_addr_bitand(&owner->ip, &mask);
    return ipv6_addr_equals(&mask, &owner->ip);
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
    case OWNER_VPC:
    case OWNER_NETWORK_ACL:
        return !*rest;
    case OWNER_PORT:
        *owner = owner_port(rest);
        return *rest != '\0';
    case OWNER_LOCAL_MAC:
    case OWNER_REMOTE_MAC:
        return ident_parse_mac(rest, &owner->mac);
    case OWNER_SECURITY_GROUP:
    case OWNER_RULE:
        return uuid_from_string(&owner->uuid, rest);
    case OWNER_LOCAL_IP:
    case OWNER_GROUP_ADDR:
    case OWNER_REMOTE_IP:
    case OWNER_ROUTER_MAC:
        if (ip_parse(rest, &ip4)) {
            owner->ip = in6_addr_mapped_ipv4(ip4);
            return true;
        }
        return ipv6_parse(rest, &owner->ip);
    case OWNER_ROUTE:
        return owner_parse_prefix(rest, owner);
    case OWNER_NHG:
    case OWNER_HOPS:
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
        bool vni;               /* Or tag. */
    } kinds[] = {
        { OWNER_HOST, "host", false },
        { OWNER_NETWORK, "network/", true },
        { OWNER_PORT, "port/", false },
        { OWNER_LOCAL_MAC, "local-mac/", true },
        { OWNER_LOCAL_IP, "local-ip/", true },
        { OWNER_REMOTE_MAC, "remote-mac/", true },
        { OWNER_NHG, "nhg/", false },
        { OWNER_VPC, "vpc/", true },
        { OWNER_ROUTE, "route/", true },
        { OWNER_ROUTER_MAC, "router-mac/", true },
        { OWNER_NETWORK_ACL, "acl/", true },
        { OWNER_SECURITY_GROUP, "security-group/", false },
        { OWNER_RULE, "rule/", false },
        { OWNER_GROUP_ADDR, "group-addr/", true },
        { OWNER_REMOTE_IP, "remote-ip/", true },
        { OWNER_HOPS, "hops/", false },
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
                     "local-ip/VNI/IP, remote-mac/VNI/MAC, nhg/ID, acl/VNI, "
                     "security-group/UUID, rule/UUID, group-addr/TAG/IP, "
                     "vpc/L3VNI, remote-ip/VNI/IP, route/L3VNI/PREFIX, "
                     "router-mac/L3VNI/VTEP, hops/ID", s);
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

/* Returns what the cookies of all owners of 'kind' have in common, under
 * OWNER_COOKIE_KIND_MASK. */
ovs_be64
owner_cookie_of_kind(enum owner_kind kind)
{
    return htonll(OWNER_COOKIE | (uint64_t) kind << 40);
}

/* Initializes 'set' as the empty set. */
void
owner_set_init(struct owner_set *set)
{
    hmap_init(&set->owners);
    ovs_list_init(&set->queue);
    memset(set->n_of_kind, 0, sizeof set->n_of_kind);
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
    set->n_of_kind[owner->kind]++;
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
    set->n_of_kind[node->owner.kind]--;
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
    memset(set->n_of_kind, 0, sizeof set->n_of_kind);
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

/* Returns true if 'set' contains a part of a policy. */
bool
owner_set_has_policy(const struct owner_set *set)
{
    return (set->n_of_kind[OWNER_NETWORK_ACL]
            || set->n_of_kind[OWNER_SECURITY_GROUP]
            || set->n_of_kind[OWNER_RULE]
            || set->n_of_kind[OWNER_GROUP_ADDR]);
}
