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

#ifndef OVS_EXT_MODEL_OWNER_H
#define OVS_EXT_MODEL_OWNER_H 1

/* Owners.
 *
 * Every flow, group, FDB entry, neighbour and device that ovs-ext makes is
 * made from exactly one model object: its owner.  "struct owner" is the name
 * of such an object.  It is a value: it may be copied, hashed, kept after the
 * object is gone, and looked up again.
 *
 * The model says which owners are dirty.  For each of them the planners look
 * the object up; what they find, they generate, and what they do not find has
 * nothing any more.  So there are no deletion messages and no tombstones: a
 * change is always "look at this owner again".
 *
 * Example: remote MAC 52:54:00:00:00:01 of the network with VNI 10100 is
 * written "remote-mac/10100/52:54:00:00:00:01". */

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/compiler.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/types.h"
#include "uuid.h"

struct ds;

/* The kinds of model object that own something. */
enum owner_kind {
    OWNER_HOST,                 /* This host: what exists once per switch. */
    OWNER_NETWORK,              /* 'vni'. */
    OWNER_PORT,                 /* 'id' is owner_port()'s hash. */
    OWNER_LOCAL_MAC,            /* 'vni', 'mac' of a port of this host. */
    OWNER_LOCAL_IP,             /* 'vni', 'ip' of a port of this host. */
    OWNER_REMOTE_MAC,           /* 'vni', 'mac' that EVPN told. */
    OWNER_NHG,                  /* 'id' is the kernel's next-hop group id. */
    OWNER_NETWORK_ACL,          /* 'vni': the network's defaults. */
    OWNER_SECURITY_GROUP,       /* 'words' are its UUID. */
    OWNER_RULE,                 /* 'words' are its UUID. */
    OWNER_GROUP_ADDR,           /* 'tag' of the group, 'ip' of a member. */
    OWNER_VPC,                  /* 'vni' is its L3VNI. */
    OWNER_REMOTE_IP,            /* 'vni', 'ip' that EVPN told. */
    OWNER_ROUTE,                /* 'vni' is the L3VNI, 'ip', 'plen'. */
    OWNER_ROUTER_MAC,           /* 'vni' is the L3VNI, 'ip' the VTEP. */
    OWNER_HOPS,                 /* 'id': a set of hops of routes. */
    OWNER_N_KINDS
};

/* The name of a model object.  Members that a kind does not use are zero, so
 * that equal owners are equal byte by byte. */
struct owner {
    uint16_t kind;              /* enum owner_kind. */
    uint16_t plen;              /* OWNER_ROUTE: 0...128, 96 more for IPv4. */
    union {
        uint32_t vni;           /* Host byte order, 1...16777215, or 0. */
        uint32_t tag;           /* OWNER_GROUP_ADDR: the group's, not 0. */
    };
    union {
        struct eth_addr mac;    /* OWNER_LOCAL_MAC, OWNER_REMOTE_MAC. */
        struct in6_addr ip;     /* OWNER_*_IP, OWNER_GROUP_ADDR; IPv4 is
                                 * mapped. */
        uint64_t id;            /* OWNER_PORT, OWNER_NHG, OWNER_HOPS. */
        struct uuid uuid;       /* OWNER_SECURITY_GROUP, OWNER_RULE. */
        uint32_t words[4];      /* All of it. */
    };
};

struct owner owner_host(void);
struct owner owner_network(uint32_t vni);
struct owner owner_port(const char *iface_id);
struct owner owner_local_mac(uint32_t vni, struct eth_addr);
struct owner owner_local_ip(uint32_t vni, const struct in6_addr *);
struct owner owner_remote_mac(uint32_t vni, struct eth_addr);
struct owner owner_nhg(uint32_t id);
struct owner owner_hops(uint32_t id);
struct owner owner_vpc(uint32_t l3vni);
struct owner owner_route(uint32_t l3vni, const struct in6_addr *prefix,
                         uint8_t plen);
struct owner owner_router_mac(uint32_t l3vni, const struct in6_addr *vtep);
struct owner owner_network_acl(uint32_t vni);
struct owner owner_security_group(const struct uuid *);
struct owner owner_rule(const struct uuid *);
struct owner owner_group_addr(uint32_t tag, const struct in6_addr *);
struct owner owner_remote_ip(uint32_t vni, const struct in6_addr *);

uint32_t owner_hash(const struct owner *);
bool owner_equal(const struct owner *, const struct owner *);
int owner_compare_3way(const struct owner *, const struct owner *);
void owner_format(const struct owner *, struct ds *);
char *owner_parse(const char *, struct owner *) OVS_WARN_UNUSED_RESULT;

/* OpenFlow cookies.
 *
 * A flow whose cookie matches OWNER_COOKIE under OWNER_COOKIE_MASK is ours; no
 * other flow is ever touched.  Bits 47...40 are the owner's kind, the low 40
 * bits a hash of it, so that "ovs-ofctl dump-flows br-int cookie=..." finds
 * the flows of one owner.  The value is the same in every run. */
#define OWNER_COOKIE      UINT64_C(0x6f65000000000000) /* "oe". */
#define OWNER_COOKIE_MASK UINT64_C(0xffff000000000000)
#define OWNER_COOKIE_KIND_MASK UINT64_C(0xffffff0000000000)
ovs_be64 owner_cookie(const struct owner *);
ovs_be64 owner_cookie_of_kind(enum owner_kind);

/* A set of owners: what is dirty. */
struct owner_set {
    struct hmap owners;         /* Contains "struct owner_node"s. */
    struct ovs_list queue;      /* The same, oldest first. */
    size_t n_of_kind[OWNER_N_KINDS]; /* How many of them are of a kind. */
};

struct owner_node {
    struct hmap_node hmap_node; /* In struct owner_set's 'owners'. */
    struct ovs_list queue_node; /* In struct owner_set's 'queue'. */
    struct owner owner;
};

void owner_set_init(struct owner_set *);
void owner_set_uninit(struct owner_set *);
bool owner_set_add(struct owner_set *, const struct owner *);
bool owner_set_contains(const struct owner_set *, const struct owner *);
bool owner_set_del(struct owner_set *, const struct owner *);
bool owner_set_pop(struct owner_set *, struct owner *);
void owner_set_clear(struct owner_set *);
size_t owner_set_count(const struct owner_set *);
bool owner_set_is_empty(const struct owner_set *);
bool owner_set_has_policy(const struct owner_set *);

#endif /* ovs-ext/model/owner.h */
