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

/* Rows and VPCs are two things, as are rows and networks: a row is what
 * somebody wrote, a VPC is an L3VNI by which this host routes.  What a VPC has
 * is worked out anew, by vpc_resolve(), each time that its row, one of its
 * networks' rows, or the network with its L3VNI changed. */

/* Returns the VPC with 'l3vni', or null. */
static struct vpc *
vpc_find(const struct model *m, uint32_t l3vni)
{
    struct vpc *vpc;

    HMAP_FOR_EACH_WITH_HASH (vpc, hmap_node, hash_int(l3vni, 0), &m->vpcs) {
        if (vpc->l3vni == l3vni) {
            return vpc;
        }
    }
    return NULL;
}

static struct vpc *
vpc_get(struct model *m, uint32_t l3vni, const char *name)
{
    struct vpc *vpc = vpc_find(m, l3vni);

    if (!vpc) {
        vpc = xzalloc(sizeof *vpc);
        vpc->l3vni = l3vni;
        ovs_list_init(&vpc->networks);
        hmap_insert(&m->vpcs, &vpc->hmap_node, hash_int(l3vni, 0));
    }
    if (!vpc->name || strcmp(vpc->name, name)) {
        free(vpc->name);
        vpc->name = xstrdup(name);
        vpc_dirty(m, vpc);
    }
    return vpc;
}

/* Makes 'vpc' dirty. */
void
vpc_dirty(struct model *m, const struct vpc *vpc)
{
    struct owner owner = owner_vpc(vpc->l3vni);

    owner_set_add(&m->dirty, &owner);
}

/* Network 'vni' comes or goes: makes model_run() resolve the VPCs whose L3VNI
 * that is. */
void
vpc_dirty_by_l3vni(struct model *m, uint32_t vni)
{
    const struct vpc_row *row;

    HMAP_FOR_EACH_WITH_HASH (row, l3vni_node, hash_int(vni, 0),
                             &m->vpc_rows_by_l3vni) {
        if (row->l3vni == vni) {
            sset_add(&m->dirty_vpcs, row->name);
        }
    }
}

/* 'network' became active or inactive.  If that is so of its VPC too, all that
 * it routes by becomes dirty. */
void
vpc_dirty_network(struct model *m, const struct network *network)
{
    const struct vpc *vpc = network->vpc;
    const struct network *other;
    bool alone = true;

    vpc_dirty_by_l3vni(m, network->vni);
    if (!vpc) {
        return;
    }
    LIST_FOR_EACH (other, vpc_node, &vpc->networks) {
        alone = alone && (other == network || !network_is_active(other));
    }
    vpc_dirty(m, vpc);
    if (alone) {
        vrf_dirty_all(m, vpc->l3vni);
    }
}

/* Takes 'network' out of the VPC that routes it, if one does. */
void
vpc_leave(struct model *m, struct network *network)
{
    if (network->vpc) {
        if (network_is_active(network)) {
            vpc_dirty_network(m, network);
        }
        vpc_dirty(m, network->vpc);
        sset_add(&m->dirty_vpcs, network->vpc->name);
        network_dirty_routing(m, network);
        ovs_list_remove(&network->vpc_node);
        network->vpc = NULL;
    }
}

/* 'network' is to be in the VPC named 'name', or in none if that is empty:
 * model_run() resolves that, and if it is in another one it leaves it. */
void
vpc_check(struct model *m, struct network *network, const char *name)
{
    if (network->vpc && strcmp(network->vpc->name, name)) {
        vpc_leave(m, network);
    }
    if (name[0]) {
        sset_add(&m->dirty_vpcs, name);
    }
}

static void
vpc_join(struct model *m, struct vpc *vpc, struct network *network)
{
    if (network->vpc != vpc) {
        vpc_leave(m, network);
        network->vpc = vpc;
        ovs_list_push_back(&vpc->networks, &network->vpc_node);
        network_dirty_routing(m, network);
        vpc_dirty(m, vpc);
        if (network_is_active(network)) {
            vpc_dirty_network(m, network);
        }
    }
}

/* Frees 'vpc'; its networks are not routed any more. */
void
vpc_destroy(struct model *m, struct vpc *vpc)
{
    struct network *network;

    LIST_FOR_EACH_SAFE (network, vpc_node, &vpc->networks) {
        vpc_leave(m, network);
    }
    vpc_dirty(m, vpc);
    hmap_remove(&m->vpcs, &vpc->hmap_node);
    free(vpc->name);
    free(vpc);
}

/* Gateways. */

/* Returns the prefix that 'gateway' is on, its host bits zero; IPv4 is
 * mapped. */
struct in6_addr
gateway_prefix(const struct gateway *gateway)
{
    bool v4 = IN6_IS_ADDR_V4MAPPED(&gateway->ip);
    struct in6_addr mask = ipv6_create_mask(gateway->plen + (v4 ? 96 : 0));

    return ipv6_addr_bitand(&gateway->ip, &mask);
}

/* Returns the gateway of 'network' that has the address 'ip', or null. */
const struct gateway *
network_gateway(const struct network *network, const struct in6_addr *ip)
{
    for (size_t i = 0; i < network->n_gateways; i++) {
        if (ipv6_addr_equals(&network->gateways[i].ip, ip)) {
            return &network->gateways[i];
        }
    }
    return NULL;
}

/* Returns the MAC that the gateway of network 'vni' has on every host unless
 * the row says another one: locally administered, "oe" and the VNI. */
struct eth_addr
gateway_mac_default(uint32_t vni)
{
    struct eth_addr mac = { .ea = { 0x02, 0x6f, 0x65 } };

    mac.ea[3] = vni >> 16;
    mac.ea[4] = vni >> 8;
    mac.ea[5] = vni;
    return mac;
}

/* Returns the router MAC (RFC 9135 section 4.1) of the VTEP with the addresses
 * 'vtep4' and 'vtep6': the same in each run, another one for each VTEP.  Zero
 * without an address. */
struct eth_addr
router_mac_for(const struct in6_addr *vtep4, const struct in6_addr *vtep6)
{
    ovs_be32 id = (ipv6_addr_is_set(vtep4)
                   ? in6_addr_get_mapped_ipv4(vtep4)
                   : htonl(hash_bytes(vtep6, sizeof *vtep6, 0)));
    struct eth_addr mac = { .ea = { 0x06, 0x6f } };

    if (!ipv6_addr_is_set(vtep4) && !ipv6_addr_is_set(vtep6)) {
        return eth_addr_zero;
    }
    memcpy(&mac.ea[2], &id, sizeof id);
    return mac;
}

/* A prefix of a VPC, and the network that it is of. */
struct prefix {
    struct in6_addr ip;         /* Host bits are zero. */
    unsigned int plen;          /* 1...127, of mapped addresses too. */
    struct network *network;
};

/* Orders prefixes so that each is followed by those in it, and equal ones by
 * the names of their networks. */
static int
prefix_compare(const void *a_, const void *b_)
{
    const struct prefix *a = a_;
    const struct prefix *b = b_;
    int cmp = memcmp(&a->ip, &b->ip, sizeof a->ip);

    return (cmp ? cmp
            : a->plen != b->plen ? (a->plen < b->plen ? -1 : 1)
            : strcmp(a->network->name, b->network->name));
}

/* Returns true if 'inner' is in 'outer', or the same. */
static bool
prefix_contains(const struct prefix *outer, const struct prefix *inner)
{
    struct in6_addr mask = ipv6_create_mask(outer->plen);
    struct in6_addr ip = ipv6_addr_bitand(&inner->ip, &mask);

    return outer->plen <= inner->plen && ipv6_addr_equals(&ip, &outer->ip);
}

/* 'a' and 'b' overlap.  Unless they are of one network, the one with the later
 * name loses: sets its problem in 'losers', by its name. */
static void
prefix_conflict(const struct prefix *a, const struct prefix *b,
                struct shash *losers)
{
    const char *a_name = a->network->name;
    const char *b_name = b->network->name;
    int cmp = strcmp(a_name, b_name);

    if (cmp) {
        const char *loser = cmp < 0 ? b_name : a_name;
        const char *winner = cmp < 0 ? a_name : b_name;
        const char *before = shash_find_data(losers, loser);

        if (!before || strcmp(winner, before) < 0) {
            shash_replace(losers, loser, winner);
        }
    }
}

/* Finds the networks that have a gateway in a prefix of another network:
 * stores in 'losers', by their names, the name of that network.  The name
 * stays the model's. */
static void
prefixes_find_losers(struct prefix *prefixes, size_t n, struct shash *losers)
{
    const struct prefix *around[129]; /* Those that the current one is in. */
    size_t depth = 0;

    if (n) {
        qsort(prefixes, n, sizeof *prefixes, prefix_compare);
    }
    for (size_t i = 0; i < n; i++) {
        const struct prefix *p = &prefixes[i];

        while (depth && !prefix_contains(around[depth - 1], p)) {
            depth--;
        }
        for (size_t j = 0; j < depth; j++) {
            prefix_conflict(around[j], p, losers);
        }
        /* Of equal ones the first has the first name, and judges for all. */
        if (!depth || around[depth - 1]->plen < p->plen) {
            around[depth++] = p;
        }
    }
}

/* Rows. */

static struct vpc_row *
vpc_row_find(const struct model *m, const char *name)
{
    return shash_find_data(&m->vpc_rows, name);
}

static const struct vpc_row *
vpc_row_for_l3vni(const struct model *m, uint32_t l3vni)
{
    const struct vpc_row *row, *first = NULL;

    HMAP_FOR_EACH_WITH_HASH (row, l3vni_node, hash_int(l3vni, 0),
                             &m->vpc_rows_by_l3vni) {
        if (row->l3vni == l3vni
            && (!first || strcmp(row->name, first->name) < 0)) {
            first = row;
        }
    }
    return first;
}

static void
vpc_set_problem(struct model *m, const char *name, const char *topic,
                char *text)
{
    char *object = xasprintf("vpc/%s", name);

    if (text) {
        problem_set(&m->problems, object, topic, "%s", text);
    } else {
        problem_clear(&m->problems, object, topic);
    }
    free(object);
    free(text);
}

/* Returns true if the VPC of 'row' can route by its L3VNI.  Sets and clears
 * its problems; 'used' tells if it has networks. */
static bool
vpc_row_check(struct model *m, const struct vpc_row *row, bool used)
{
    const struct network *network = network_find(m, row->l3vni);
    const struct vpc_row *first = vpc_row_for_l3vni(m, row->l3vni);
    bool taken = network && (network->has_row || network_is_active(network));
    char *none = NULL, *duplicate = NULL, *vni = NULL;

    if (!row->l3vni) {
        none = (used ? xasprintf("it has no L3VNI, so its networks are not "
                                 "routed; set one with \"ovs-ext-ctl set VPC "
                                 "%s l3vni=N\"", row->name) : NULL);
    } else if (first != row) {
        duplicate = xasprintf("L3VNI %"PRIu32" is that of VPC \"%s\" already; "
                              "give one of them another one", row->l3vni,
                              first->name);
    } else if (taken) {
        vni = xasprintf("L3VNI %"PRIu32" is the VNI of network \"%s\", so "
                        "this VPC is not routed; give one of them another "
                        "one", row->l3vni, network->name);
    }
    vpc_set_problem(m, row->name, "no-l3vni", none);
    vpc_set_problem(m, row->name, "l3vni-duplicate", duplicate);
    vpc_set_problem(m, row->name, "l3vni-in-use", vni);
    return row->l3vni && first == row && !taken;
}

/* Returns the network of 'row', if it is the one that has its VNI. */
static struct network *
vpc_row_network(const struct model *m, const struct network_row *row)
{
    struct network *network = row->vni ? network_find(m, row->vni) : NULL;

    return (network && network->has_row && !strcmp(network->name, row->name)
            ? network : NULL);
}

/* Appends the prefixes of 'network' to the '*n' in '*prefixes'. */
static void
prefixes_add(struct prefix **prefixes, size_t *n, size_t *allocated,
             struct network *network)
{
    for (size_t i = 0; i < network->n_gateways; i++) {
        const struct gateway *gateway = &network->gateways[i];
        bool v4 = IN6_IS_ADDR_V4MAPPED(&gateway->ip);

        if (*n >= *allocated) {
            *prefixes = x2nrealloc(*prefixes, allocated, sizeof **prefixes);
        }
        (*prefixes)[(*n)++] = (struct prefix) {
            .ip = gateway_prefix(gateway),
            .plen = gateway->plen + (v4 ? 96 : 0),
            .network = network,
        };
    }
}

/* Stores in 'losers' what prefixes_find_losers() does of the networks that
 * name the VPC 'name'.  Returns the number of these networks. */
static size_t
vpc_find_losers(const struct model *m, const char *name,
                struct shash *losers)
{
    const struct network_row *row;
    struct prefix *prefixes = NULL;
    size_t n = 0, allocated = 0, n_networks = 0;

    HMAP_FOR_EACH_WITH_HASH (row, vpc_node, hash_string(name, 0),
                             &m->rows_by_vpc) {
        struct network *network = vpc_row_network(m, row);

        if (network && !strcmp(row->vpc, name)) {
            prefixes_add(&prefixes, &n, &allocated, network);
            n_networks++;
        }
    }
    prefixes_find_losers(prefixes, n, losers);
    free(prefixes);
    return n_networks;
}

/* Puts 'network' into 'vpc', which may be null, or tells why not: 'winner' is
 * the network that has its prefix, or null. */
static void
vpc_place(struct model *m, struct vpc *vpc, struct network *network,
          const char *winner)
{
    char *object = xasprintf("network/%s", network->name);

    if (winner) {
        problem_set(&m->problems, object, "gateway-overlap",
                    "a prefix of its gateways overlaps with one of network "
                    "\"%s\" of the same VPC, so this one is not routed; "
                    "correct one of them, or use another VPC", winner);
    } else {
        problem_clear(&m->problems, object, "gateway-overlap");
    }
    free(object);
    if (vpc && !winner) {
        vpc_join(m, vpc, network);
    } else {
        vpc_leave(m, network);
    }
}

/* Works out what the VPC row 'name', which may be gone, and the networks that
 * name it mean. */
void
vpc_resolve(struct model *m, const char *name)
{
    struct shash losers = SHASH_INITIALIZER(&losers);
    size_t n_networks = vpc_find_losers(m, name, &losers);
    const struct vpc_row *row = vpc_row_find(m, name);
    const struct network_row *net_row;
    struct vpc *vpc = NULL, *old;

    if (row && vpc_row_check(m, row, n_networks > 0)) {
        vpc = vpc_get(m, row->l3vni, name);
    }
    HMAP_FOR_EACH_WITH_HASH (net_row, vpc_node, hash_string(name, 0),
                             &m->rows_by_vpc) {
        struct network *network = vpc_row_network(m, net_row);

        if (network && !strcmp(net_row->vpc, name)) {
            vpc_place(m, vpc, network,
                      shash_find_data(&losers, network->name));
        }
    }
    shash_destroy(&losers);
    HMAP_FOR_EACH_SAFE (old, hmap_node, &m->vpcs) {
        if (old != vpc && !strcmp(old->name, name)) {
            vpc_destroy(m, old);
        }
    }
    sset_find_and_delete(&m->dirty_vpcs, name);
}

/* Frees 'row', which is no longer in any container's way. */
void
vpc_row_destroy(struct model *m, struct vpc_row *row)
{
    shash_find_and_delete_assert(&m->vpc_rows, row->name);
    if (row->l3vni) {
        hmap_remove(&m->vpc_rows_by_l3vni, &row->l3vni_node);
    }
    free(row->name);
    free(row);
}

/* Takes over a VPC row, new or changed.  An L3VNI that is none is a problem of
 * the VPC; its networks are not routed then. */
void
model_put_vpc(struct model *m, const struct fact_vpc *fact)
{
    struct vpc_row *row = vpc_row_find(m, fact->name);
    char *invalid = NULL;

    if (!row) {
        row = xzalloc(sizeof *row);
        row->name = xstrdup(fact->name);
        shash_add(&m->vpc_rows, row->name, row);
    } else if (row->l3vni) {
        hmap_remove(&m->vpc_rows_by_l3vni, &row->l3vni_node);
        vpc_dirty_by_l3vni(m, row->l3vni);
    }
    row->l3vni = fact->l3vni <= VNI_MAX ? fact->l3vni : 0;
    if (row->l3vni) {
        hmap_insert(&m->vpc_rows_by_l3vni, &row->l3vni_node,
                    hash_int(row->l3vni, 0));
        vpc_dirty_by_l3vni(m, row->l3vni);
    }
    if (fact->l3vni > VNI_MAX) {
        invalid = xasprintf("L3VNI %"PRIu32" is not in the range 1...%d; set "
                            "another one", fact->l3vni, VNI_MAX);
    }
    vpc_set_problem(m, row->name, "l3vni-invalid", invalid);
    sset_add(&m->dirty_vpcs, row->name);
}

/* Forgets the VPC row named 'name', if it is known. */
void
model_del_vpc(struct model *m, const char *name)
{
    struct vpc_row *row = vpc_row_find(m, name);

    if (row) {
        uint32_t l3vni = row->l3vni;
        char *object = xasprintf("vpc/%s", name);

        sset_add(&m->dirty_vpcs, name);
        vpc_row_destroy(m, row);
        if (l3vni) {
            vpc_dirty_by_l3vni(m, l3vni);
        }
        problem_clear_object(&m->problems, object);
        free(object);
    }
}

/* Looking up. */

/* Returns the VPC that routes with 'l3vni', or null. */
const struct vpc *
model_vpc(const struct model *m, uint32_t l3vni)
{
    return vpc_find(m, l3vni);
}

/* Returns the VPC named 'name', if it routes, or null. */
const struct vpc *
model_vpc_by_name(const struct model *m, const char *name)
{
    const struct vpc_row *row = vpc_row_find(m, name);
    const struct vpc *vpc = row ? vpc_find(m, row->l3vni) : NULL;

    return vpc && !strcmp(vpc->name, name) ? vpc : NULL;
}

/* Returns true if a port of this host is in a network of 'vpc'. */
bool
vpc_is_active(const struct vpc *vpc)
{
    const struct network *network;

    LIST_FOR_EACH (network, vpc_node, &vpc->networks) {
        if (network_is_active(network)) {
            return true;
        }
    }
    return false;
}
