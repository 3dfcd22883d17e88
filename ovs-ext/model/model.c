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

#include <stdlib.h>
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Initializes 'm' as a model that knows no facts. */
void
model_init(struct model *m)
{
    memset(m, 0, sizeof *m);
    hmap_init(&m->networks);
    shash_init(&m->rows);
    hmap_init(&m->rows_by_vni);
    hmap_init(&m->rows_by_vpc);
    hmap_init(&m->vpcs);
    hmap_init(&m->vrfs);
    hmap_init(&m->hop_sets);
    hmap_init(&m->hop_sets_by_id);
    shash_init(&m->vpc_rows);
    hmap_init(&m->vpc_rows_by_l3vni);
    hmap_init(&m->ports);
    hmap_init(&m->row_ports);
    hmap_init(&m->ofports);
    hmap_init(&m->ifaces);
    shash_init(&m->vms);
    shash_init(&m->port_timers);
    ovs_list_init(&m->learned);
    ovs_list_init(&m->probed);
    ovs_list_init(&m->probes);
    ovs_list_init(&m->tentative);
    ovs_list_init(&m->gleaned);
    m->learn_age = LEARN_AGE;
    hmap_init(&m->vteps);
    hmap_init(&m->nhgs);
    hmap_init(&m->rules);
    hmap_init(&m->groups);
    hmap_init(&m->group_tags);
    ovs_list_init(&m->lingering);
    hmap_init(&m->watched);
    ovs_list_init(&m->watched_by_age);
    sset_init(&m->dirty_ports);
    sset_init(&m->dirty_vpcs);
    hmapx_init(&m->dirty_lists);
    zones_init(&m->zones);
    owner_set_init(&m->contested);
    owner_set_init(&m->dirty);
    sset_init(&m->changed);
    problems_init(&m->problems);
}

static void
host_uninit(struct host *host)
{
    free(host->name);
    free(host->bridge);
}

/* Frees what 'm' holds; 'm' itself stays the caller's. */
void
model_uninit(struct model *m)
{
    struct network *network;
    struct shash_node *node;
    struct iface *iface;
    struct port *port;
    struct nhg *nhg;
    struct vpc *vpc;

    HMAP_FOR_EACH_SAFE (iface, hmap_node, &m->ifaces) {
        iface_destroy(m, iface);
    }
    HMAP_FOR_EACH_SAFE (port, hmap_node, &m->ports) {
        port_destroy(m, port);
    }
    HMAP_FOR_EACH_SAFE (network, hmap_node, &m->networks) {
        network_destroy(m, network);
    }
    HMAP_FOR_EACH_SAFE (vpc, hmap_node, &m->vpcs) {
        vpc_destroy(m, vpc);
    }
    SHASH_FOR_EACH_SAFE (node, &m->vpc_rows) {
        vpc_row_destroy(m, node->data);
    }
    SHASH_FOR_EACH_SAFE (node, &m->rows) {
        network_row_destroy(m, node->data);
    }
    policy_uninit(m);
    HMAP_FOR_EACH_POP (nhg, hmap_node, &m->nhgs) {
        free(nhg->vteps);
        free(nhg);
    }
    hmap_destroy(&m->networks);
    shash_destroy(&m->rows);
    hmap_destroy(&m->rows_by_vni);
    hmap_destroy(&m->rows_by_vpc);
    hmap_destroy(&m->vpcs);
    vrf_destroy_all(m);
    hmap_destroy(&m->hop_sets);
    hmap_destroy(&m->hop_sets_by_id);
    shash_destroy(&m->vpc_rows);
    hmap_destroy(&m->vpc_rows_by_l3vni);
    hmap_destroy(&m->ports);
    hmap_destroy(&m->row_ports);
    hmap_destroy(&m->ofports);
    hmap_destroy(&m->ifaces);
    shash_destroy_free_data(&m->vms);
    shash_destroy_free_data(&m->port_timers);
    learn_uninit(m);
    hmap_destroy(&m->vteps);
    hmap_destroy(&m->nhgs);
    hmap_destroy(&m->rules);
    hmap_destroy(&m->groups);
    hmap_destroy(&m->group_tags);
    moves_run(m, true);
    hmap_destroy(&m->watched);
    sset_destroy(&m->dirty_ports);
    sset_destroy(&m->dirty_vpcs);
    hmapx_destroy(&m->dirty_lists);
    zones_uninit(&m->zones);
    owner_set_uninit(&m->contested);
    owner_set_uninit(&m->dirty);
    sset_destroy(&m->changed);
    problems_uninit(&m->problems);
    host_uninit(&m->host);
}

/* Takes over the host's settings.  If any differs, all is dirty. */
void
model_put_host(struct model *m, const struct fact_host *fact)
{
    struct host *host = &m->host;

    if (nullable_string_is_equal(host->name, fact->name)
        && nullable_string_is_equal(host->bridge, fact->bridge)
        && ipv6_addr_equals(&host->vtep4, &fact->vtep4)
        && ipv6_addr_equals(&host->vtep6, &fact->vtep6)
        && host->shadow_port == fact->shadow_port
        && host->frr == fact->frr
        && host->tunnel_ofport == fact->tunnel_ofport
        && host->dup_moves == fact->dup_moves
        && host->dup_time == fact->dup_time) {
        return;
    }
    host_uninit(host);
    host->name = nullable_xstrdup(fact->name);
    host->bridge = nullable_xstrdup(fact->bridge);
    host->vtep4 = fact->vtep4;
    host->vtep6 = fact->vtep6;
    host->shadow_port = fact->shadow_port;
    host->frr = fact->frr;
    host->tunnel_ofport = fact->tunnel_ofport;
    host->dup_moves = fact->dup_moves;
    host->dup_time = fact->dup_time;
    host->router_mac = router_mac_for(&host->vtep4, &host->vtep6);
    sset_add(&m->changed, "host");
    model_dirty_all(m);
}

/* The switch said whether its datapath has the ND extension. */
void
model_put_nd_extension(struct model *m, enum nd_extension nd_extension)
{
    if (m->host.nd_extension != nd_extension) {
        struct owner owner = owner_host();

        m->host.nd_extension = nd_extension;
        owner_set_add(&m->dirty, &owner);
    }
}

/* Works out what the facts put since the last call mean, at time 'now' in
 * monotonic milliseconds: afterwards 'm->dirty' holds all owners to look at
 * again. */
void
model_run(struct model *m, long long int now)
{
    struct hmapx_node *node;
    struct owner owner;

    m->now = now;
    vms_run(m, now);
    while (!sset_is_empty(&m->dirty_ports)) {
        char *name = sset_pop(&m->dirty_ports);
        struct port *port = port_find(m, name);

        free(name);
        if (port) {
            port_resolve(m, port, now);
        }
    }
    while (!sset_is_empty(&m->dirty_vpcs)) {
        char *name = sset_pop(&m->dirty_vpcs);

        vpc_resolve(m, name);
        free(name);
    }
    HMAPX_FOR_EACH (node, &m->dirty_lists) {
        policy_list_resolve(m, node->data);
    }
    hmapx_clear(&m->dirty_lists);
    while (owner_set_pop(&m->contested, &owner)) {
        local_judge(m, &owner, now);
    }
    learn_run(m, now);
    glean_run(m, now);
    linger_run(m);
    moves_run(m, false);
}

/* Returns the time at which model_run() has something to do even if no fact
 * changes, in ms, or LLONG_MAX. */
long long int
model_next_run(const struct model *m)
{
    long long int learned = MIN(learn_next_due(m), glean_next_due(m));
    long long int known = MIN(vms_next_due(m), linger_next_due(m));

    return MIN(MIN(learned, known), moves_next_due(m));
}

/* Says that all facts that were there at start are in.  Ports that become
 * active from now on claim their addresses; those found so far had them
 * already, or lost them while we were away. */
void
model_settle(struct model *m)
{
    struct shash_node *node;

    m->settled = true;
    vms_settle(m);
    SHASH_FOR_EACH_SAFE (node, &m->zones.by_port) {
        const struct port *port = model_port(m, node->name);

        if (!port || !port->ofport) {
            zones_release(&m->zones, node->name);
        }
    }
}

/* Makes every owner dirty. */
void
model_dirty_all(struct model *m)
{
    const struct network *network;
    const struct port *port;
    const struct nhg *nhg;
    const struct vpc *vpc;
    const struct vrf *vrf;
    const struct hop_set *set;
    struct owner owner = owner_host();

    owner_set_add(&m->dirty, &owner);
    HMAP_FOR_EACH (nhg, hmap_node, &m->nhgs) {
        owner = owner_nhg(nhg->id);
        owner_set_add(&m->dirty, &owner);
    }
    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        owner_set_add(&m->dirty, &port->owner);
    }
    HMAP_FOR_EACH (network, hmap_node, &m->networks) {
        network_dirty_all(m, network);
    }
    HMAP_FOR_EACH (vpc, hmap_node, &m->vpcs) {
        vpc_dirty(m, vpc);
    }
    HMAP_FOR_EACH (vrf, hmap_node, &m->vrfs) {
        vrf_dirty_all(m, vrf->l3vni);
    }
    HMAP_FOR_EACH (set, hmap_node, &m->hop_sets) {
        hop_set_dirty(m, set);
    }
    policy_dirty_all(m);
}

/* Returns the next-hop group with the kernel's 'id', or null. */
const struct nhg *
model_nhg(const struct model *m, uint32_t id)
{
    const struct nhg *nhg;

    HMAP_FOR_EACH_WITH_HASH (nhg, hmap_node, hash_int(id, 0), &m->nhgs) {
        if (nhg->id == id) {
            return nhg;
        }
    }
    return NULL;
}

/* See model.h. */
struct in6_addr
host_vtep_for(const struct host *host, const struct in6_addr *remote)
{
    return IN6_IS_ADDR_V4MAPPED(remote) ? host->vtep4 : host->vtep6;
}
