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

#include <limits.h>
#include <stdlib.h>
#include "hash.h"
#include "ovs-ext/model/ident.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Learning: addresses that nobody declared, and that a VM was heard to have.
 *
 * A learned address is a local IP or MAC as a declared one, with a "struct
 * learned" that says how old it is, and until when it is believed.  What is
 * declared always wins.  Otherwise who was heard last has an address: it moves
 * from port to port with each proof, and is claimed from a remote VTEP, once
 * for each time that it is learned.  When EVPN takes it, it is forgotten, for
 * then another host heard it later (RFC 7432 section 15); it is learned again
 * if it is heard again.
 *
 * A VM that probes for duplicates of an address, or had it on the host that
 * it comes from, is asked for it a little later; and an IP that was not proved
 * for a while is probed (RFC 5227 section 2.1.1, RFC 4861 section 7.3.3).  All
 * are due after the same time, so that a list in the order in which they were
 * heard is a queue. */

/* Probes that are sent in one model_run(). */
#define MAX_PROBES 64

/* Addresses that VMs are about to have, and will be asked for. */
#define MAX_TENTATIVE 1024

/* Works out whether 'port' learns addresses, and how many: IPs if none is
 * declared, and MACs if its VM may send from any. */
void
learn_set_meaning(struct port *port)
{
    const struct port_row *row = &port->row;

    port->learns = (port->active
                    && (row->has_learn ? row->learn : !row->has_ips));
    port->learns_macs = port->learns && port->security == SECURITY_OFF;
    port->max_learned = row->max_learned ? row->max_learned : LEARN_MAX;
}

/* Returns a malloc'd array of the '*n' IPs of 'port', declared and learned. */
struct in6_addr *
port_get_ips(const struct port *port, size_t *n)
{
    const struct learned *learned;
    struct in6_addr *ips = xmalloc((port->n_ips + port->n_learned_ips + 1)
                                   * sizeof *ips);

    *n = port->n_ips;
    nullable_memcpy(ips, port->ips, port->n_ips * sizeof *ips);
    LIST_FOR_EACH (learned, port_node, &port->learned) {
        if (learned->ip) {
            ips[(*n)++] = learned->ip->ip;
        }
    }
    return ips;
}

/* Returns true if the VM of 'port' may send from 'mac' besides its MACs: any
 * if nothing is checked, or one that it shares with others. */
static bool
port_may_learn_mac(const struct port *port, struct eth_addr mac)
{
    for (size_t i = 0; i < port->row.n_pairs; i++) {
        if (eth_addr_equals(port->row.pairs[i].mac, mac)) {
            return port->learns;
        }
    }
    return port->learns_macs;
}

/* Problems. */

/* Sets or clears the problem that 'port' has more of 'what' than it may. */
static void
learn_set_full(struct model *m, const struct port *port, const char *what,
               bool full)
{
    char *object = xasprintf("port/%s", port->name);
    char *topic = xasprintf("learned-%s", what);

    if (full) {
        problem_set(&m->problems, object, topic,
                    "it has more %s than the %"PRIuSIZE" that are learned of "
                    "a port; raise other_config:max-learned of the Port row, "
                    "or declare them", what, port->max_learned);
    } else {
        problem_clear(&m->problems, object, topic);
    }
    free(topic);
    free(object);
}

/* Coming and going. */

static const char *
learned_what(const struct learned *learned)
{
    return learned->ip ? "ips" : "macs";
}

static size_t *
learned_count(struct port *port, bool is_ip)
{
    return is_ip ? &port->n_learned_ips : &port->n_learned_macs;
}

/* 'learned' was proved at time 'now'. */
static void
learn_prove(struct model *m, struct learned *learned, long long int now)
{
    learned->heard = now;
    learned->n_probes = 0;
    learned->due = now + m->learn_age;
    ovs_list_remove(&learned->due_node);
    ovs_list_push_back(&m->learned, &learned->due_node);
    if (learned->silent) {
        learned->silent = false;
        local_mac_changed(m, learned->network, learned->mac->mac);
    }
}

/* Returns that 'port' learned 'ip' or 'mac', one of which is null, at time
 * 'now'. */
static struct learned *
learn_create(struct model *m, struct port *port, struct local_ip *ip,
             struct local_mac *mac, long long int now)
{
    struct learned *learned = xzalloc(sizeof *learned);

    learned->network = port->network;
    learned->port = port;
    learned->ip = ip;
    learned->mac = mac;
    learned->since = now;
    ovs_list_push_back(&port->learned, &learned->port_node);
    ovs_list_init(&learned->due_node);
    learn_prove(m, learned, now);
    (*learned_count(port, ip != NULL))++;
    return learned;
}

/* Makes what was learned a declared address.  Whoever calls this sees to it
 * that it is somebody's. */
void
learn_release(struct model *m, struct learned *learned)
{
    struct port *port = learned->port;

    if (learned->ip) {
        learned->ip->learned = NULL;
    } else {
        learned->mac->learned = NULL;
    }
    (*learned_count(port, learned->ip != NULL))--;
    learn_set_full(m, port, learned_what(learned), false);
    ovs_list_remove(&learned->port_node);
    ovs_list_remove(&learned->due_node);
    free(learned);
}

/* The IPs of 'port' changed: it may be in security groups. */
static void
learn_policy(struct model *m, struct port *port)
{
    if (port->row.n_groups) {
        port_policy_resolve(m, port);
    }
}

/* Forgets what 'port' learned to have 'mac', which it has no longer. */
static void
learn_forget_ips(struct model *m, struct port *port, struct eth_addr mac)
{
    struct learned *learned;

    LIST_FOR_EACH_SAFE (learned, port_node, &port->learned) {
        if (learned->ip && eth_addr_equals(learned->ip->mac, mac)) {
            learn_forget(m, learned);
        }
    }
}

/* Forgets what was learned; with a MAC, the IPs that have it. */
void
learn_forget(struct model *m, struct learned *learned)
{
    struct network *network = learned->network;
    struct port *port = learned->port;
    struct local_ip *ip = learned->ip;
    struct local_mac *mac = learned->mac;

    learn_release(m, learned);
    if (ip) {
        hmap_remove(&network->local_ips, &ip->hmap_node);
        local_ip_changed(m, network, &ip->ip);
        free(ip);
        learn_policy(m, port);
    } else {
        learn_forget_ips(m, port, mac->mac);
        hmap_remove(&network->local_macs, &mac->hmap_node);
        local_mac_changed(m, network, mac->mac);
        free(mac);
    }
}

/* Returns true if 'port' may still have learned 'learned'. */
static bool
learn_fits(const struct port *port, const struct learned *learned)
{
    const struct local_mac *mac;

    if (!port->learns || learned->network != port->network) {
        return false;
    } else if (learned->mac) {
        return port_may_learn_mac(port, learned->mac->mac);
    } else if (port_has_mac(port, learned->ip->mac)) {
        return true;
    }
    mac = local_mac_find(port->network, learned->ip->mac);
    return (mac && mac->learned && mac->port == port
            && port_may_learn_mac(port, mac->mac));
}

/* 'port' has changed: forgets what it cannot have learned any more.  IPs come
 * first, for they go with their MACs. */
void
learn_revise(struct model *m, struct port *port)
{
    for (int macs = 0; macs < 2; macs++) {
        struct learned *learned;

        LIST_FOR_EACH_SAFE (learned, port_node, &port->learned) {
            if (macs == (learned->mac != NULL) && !learn_fits(port, learned)) {
                learn_forget(m, learned);
            }
        }
    }
}

/* It was decided that 'claim' is that to 'learned': what EVPN has elsewhere is
 * forgotten. */
void
learn_judged(struct model *m, struct learned *learned,
             const struct claim *claim)
{
    if (claim->state == LOCAL_YIELDED) {
        learn_forget(m, learned);
    }
}

/* 'learned' goes from its port to another one, which was heard to have it. */
static void
learn_move(struct model *m, struct learned *learned)
{
    uint32_t vni = learned->network->vni;
    struct owner owner = (learned->ip
                          ? owner_local_ip(vni, &learned->ip->ip)
                          : owner_local_mac(vni, learned->mac->mac));

    local_note_leave(m, &owner, learned->port);
    learn_forget(m, learned);
}

/* Hearing. */

/* The claim to an address that is learned at time 'now': it is taken from
 * where EVPN has it, if it does ('taken'), once. */
static struct claim
learn_claim(const struct model *m, bool taken, long long int now)
{
    return (struct claim) {
        .state = LOCAL_OURS,
        .until = taken && m->settled ? now + CLAIM_WINDOW : 0,
        .n = CLAIM_MAX - 1,
    };
}

/* Returns true if a VM of 'network' can have 'ip' (RFC 1122 section 3.2.1.3,
 * RFC 4291 section 2.4), which is not its gateway's. */
static bool
ip_is_usable(const struct network *network, const struct in6_addr *ip)
{
    if (network_gateway(network, ip)) {
        return false;
    } else if (IN6_IS_ADDR_V4MAPPED(ip)) {
        uint32_t ip4 = ntohl(in6_addr_get_mapped_ipv4(ip));
        uint8_t net = ip4 >> 24;

        return net && net != 127 && net < 224;
    }
    return (!IN6_IS_ADDR_UNSPECIFIED(ip) && !IN6_IS_ADDR_LOOPBACK(ip)
            && !IN6_IS_ADDR_MULTICAST(ip));
}

static void
learn_new_mac(struct model *m, struct port *port, struct eth_addr mac,
              long long int now)
{
    struct local_mac *local = xzalloc(sizeof *local);

    local->mac = mac;
    local->port = port;
    local->claim = learn_claim(m, network_remote_mac(port->network, mac),
                               now);
    hmap_insert(&port->network->local_macs, &local->hmap_node,
                hash_mac(mac, 0, 0));
    local->learned = learn_create(m, port, NULL, local, now);
    local_mac_changed(m, port->network, mac);
    local_contest_mac(m, port->network, mac);
}

/* The VM of 'port' sent with 'mac'.  Returns false if it is not to have
 * that. */
static bool
learn_mac(struct model *m, struct port *port, struct eth_addr mac,
          long long int now)
{
    struct local_mac *local = local_mac_find(port->network, mac);

    if (local && local->port == port) {
        if (local->learned) {
            learn_prove(m, local->learned, now);
        }
        return true;
    } else if (!port_may_learn_mac(port, mac) || eth_addr_is_multicast(mac)
               || eth_addr_is_zero(mac) || (local && !local->learned)) {
        return false;
    }
    if (local) {
        learn_move(m, local->learned);
    }
    if (port->n_learned_macs >= port->max_learned) {
        learn_set_full(m, port, "macs", true);
        return false;
    }
    learn_new_mac(m, port, mac, now);
    return true;
}

static void
learn_new_ip(struct model *m, struct port *port, const struct in6_addr *ip,
             struct eth_addr mac, long long int now)
{
    struct local_ip *local = xzalloc(sizeof *local);

    local->ip = *ip;
    local->port = port;
    local->mac = mac;
    local->claim = learn_claim(m, network_neighbor(port->network, ip), now);
    hmap_insert(&port->network->local_ips, &local->hmap_node,
                ident_hash_ip(ip));
    local->learned = learn_create(m, port, local, NULL, now);
    local_ip_changed(m, port->network, ip);
    local_contest_ip(m, port->network, ip);
    learn_policy(m, port);
}

/* The VM of 'port' proved that it has 'local', which it had before, now with
 * 'mac'. */
static void
learn_ip_again(struct model *m, struct local_ip *local, struct eth_addr mac,
               long long int now)
{
    struct network *network = local->learned->network;

    learn_prove(m, local->learned, now);
    if (!eth_addr_equals(local->mac, mac)) {
        local->mac = mac;
        local->claim = learn_claim(m, network_neighbor(network, &local->ip),
                                   now);
        local_ip_changed(m, network, &local->ip);
        local_contest_ip(m, network, &local->ip);
    }
}

/* The VM of 'port' has 'ip' with 'mac'. */
static void
learn_ip(struct model *m, struct port *port, const struct in6_addr *ip,
         struct eth_addr mac, long long int now)
{
    struct local_ip *local = local_ip_find(port->network, ip);

    if (local && !local->learned) {
        return;                 /* What is declared needs no proof. */
    } else if (local && local->port == port) {
        learn_ip_again(m, local, mac, now);
        return;
    } else if (local) {
        learn_move(m, local->learned);
    }
    if (port->n_learned_ips >= port->max_learned) {
        learn_set_full(m, port, "ips", true);
    } else {
        learn_new_ip(m, port, ip, mac, now);
    }
}

/* The VM of 'port' may have 'ip' with 'mac' a little later than 'now', and
 * nothing to say then. */
static void
learn_tentative(struct model *m, const struct port *port,
                struct eth_addr mac, const struct in6_addr *ip,
                long long int now)
{
    struct probe *probe;

    if (m->n_tentative < MAX_TENTATIVE) {
        probe = xmalloc(sizeof *probe);
        *probe = (struct probe) {
            .due = now + LEARN_TENTATIVE,
            .vni = port->network->vni,
            .ofport = port->ofport,
            .mac = mac,
            .ip = *ip,
        };
        ovs_list_push_back(&m->tentative, &probe->list_node);
        m->n_tentative++;
    }
}

/* A packet told, at time 'now', that a VM has an address. */
void
model_put_heard(struct model *m, const struct fact_heard *fact,
                long long int now)
{
    struct port *port = port_find_by_ofport(m, fact->ofport);

    if (!port || port->network->vni != fact->vni || !port->learns
        || !learn_mac(m, port, fact->mac, now)
        || !ip_is_usable(port->network, &fact->ip)) {
        return;
    }
    if (!fact->tentative) {
        learn_ip(m, port, &fact->ip, fact->mac, now);
    } else if (!local_ip_find(port->network, &fact->ip)) {
        learn_tentative(m, port, fact->mac, &fact->ip, now);
    }
}

/* The VM of 'port', which has come from another host at time 'now', has the
 * IPs that it was known to have there. */
void
learn_carried(struct model *m, struct port *port, long long int now)
{
    for (size_t i = 0; i < port->n_carried_ips && port->ofport; i++) {
        const struct fact_heard fact = {
            .vni = port->network->vni,
            .ofport = port->ofport,
            .mac = port->macs[0],
            .ip = port->carried_ips[i],
        };

        model_put_heard(m, &fact, now);
    }
}

/* 'port' has got 'mac' from another host, where EVPN has it: its VM, which may
 * have been moved here, is asked for the IPs that it had there. */
void
learn_expect(struct model *m, const struct port *port, struct eth_addr mac,
             long long int now)
{
    const struct remote_neighbor *neighbor;
    size_t n = 0;

    if (!port->learns || !m->settled) {
        return;
    }
    HMAP_FOR_EACH (neighbor, hmap_node, &port->network->neighbors) {
        if (eth_addr_equals(neighbor->mac, mac)) {
            learn_tentative(m, port, mac, &neighbor->ip, now);
            if (++n >= port->max_learned) {
                break;
            }
        }
    }
}

/* Adopting: what an earlier run had learned. */

/* 'ip' in network 'vni' was announced with 'mac' before, at time 'now' and
 * still is: if that is the MAC of a port that learns, then it was learned. */
void
model_adopt_ip(struct model *m, uint32_t vni, const struct in6_addr *ip,
               struct eth_addr mac, long long int now)
{
    const struct network *network = network_find(m, vni);
    const struct local_mac *local
        = network ? local_mac_find(network, mac) : NULL;
    struct port *port = local ? CONST_CAST(struct port *, local->port) : NULL;

    if (port && port->learns && !local_ip_find(network, ip)
        && port->n_learned_ips < port->max_learned
        && ip_is_usable(network, ip)) {
        learn_new_ip(m, port, ip, mac, now);
    }
}

/* 'mac' was known before of the VM with OpenFlow port 'ofport': if it is not
 * declared, it was learned.  MACs come before the IPs that have them. */
void
model_adopt_mac(struct model *m, uint32_t ofport, struct eth_addr mac,
                long long int now)
{
    struct port *port = port_find_by_ofport(m, ofport);

    if (port && port_may_learn_mac(port, mac)
        && !local_mac_find(port->network, mac)
        && port->n_learned_macs < port->max_learned) {
        learn_new_mac(m, port, mac, now);
    }
}

/* Aging. */

/* Lets addresses be believed for 'ms' without proof. */
void
model_set_learn_age(struct model *m, long long int ms)
{
    struct learned *learned;

    if (m->learn_age != ms) {
        m->learn_age = ms;
        LIST_FOR_EACH (learned, due_node, &m->learned) {
            learned->due = learned->heard + ms;
        }
    }
}

/* Asks the VM whether it still has the IP 'learned'. */
static void
learn_probe(struct model *m, struct learned *learned, long long int now)
{
    struct probe *probe = xmalloc(sizeof *probe);

    *probe = (struct probe) {
        .vni = learned->network->vni,
        .ofport = learned->port->ofport,
        .mac = learned->ip->mac,
        .ip = learned->ip->ip,
    };
    ovs_list_push_back(&m->probes, &probe->list_node);
    learned->n_probes++;
    learned->due = now + LEARN_PROBE_INTERVAL;
    ovs_list_remove(&learned->due_node);
    ovs_list_push_back(&m->probed, &learned->due_node);
}

/* 'learned' is due at time 'now'. */
static void
learn_look(struct model *m, struct learned *learned, long long int now)
{
    if (learned->ip && learned->n_probes < LEARN_PROBES
        && learned->port->ofport) {
        learn_probe(m, learned, now);
    } else if (learned->mac && !learned->silent) {
        learned->silent = true;
        learned->due = now + m->learn_age;
        ovs_list_remove(&learned->due_node);
        ovs_list_push_back(&m->learned, &learned->due_node);
        local_mac_changed(m, learned->network, learned->mac->mac);
    } else {
        learn_forget(m, learned);
    }
}

/* Returns the first of 'queue', or null. */
static struct learned *
first_due(const struct ovs_list *queue)
{
    return (ovs_list_is_empty(queue) ? NULL
            : CONTAINER_OF(ovs_list_front(queue), struct learned, due_node));
}

static struct probe *
first_tentative(const struct model *m)
{
    return (ovs_list_is_empty(&m->tentative) ? NULL
            : CONTAINER_OF(ovs_list_front(&m->tentative), struct probe,
                           list_node));
}

/* Lets VMs that should have an address by time 'now' be asked for it, unless
 * it is known meanwhile.  Returns how many, 'max' at most. */
static int
run_tentative(struct model *m, int max, long long int now)
{
    struct probe *probe;
    int n = 0;

    while (n < max && (probe = first_tentative(m)) != NULL
           && probe->due <= now) {
        const struct network *network = network_find(m, probe->vni);

        ovs_list_remove(&probe->list_node);
        m->n_tentative--;
        if (network && !local_ip_find(network, &probe->ip)) {
            ovs_list_push_back(&m->probes, &probe->list_node);
            n++;
        } else {
            free(probe);
        }
    }
    return n;
}

/* Looks at what is due at time 'now', but at no more than MAX_PROBES. */
void
learn_run(struct model *m, long long int now)
{
    struct ovs_list *const queues[] = { &m->probed, &m->learned };
    int n = run_tentative(m, MAX_PROBES, now);

    for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
        struct learned *learned;

        while (n < MAX_PROBES && (learned = first_due(queues[i])) != NULL
               && learned->due <= now) {
            learn_look(m, learned, now);
            n++;
        }
    }
}

/* Returns the next probe to be sent, which the caller frees, or null. */
struct probe *
model_pop_probe(struct model *m)
{
    return (ovs_list_is_empty(&m->probes) ? NULL
            : CONTAINER_OF(ovs_list_pop_front(&m->probes), struct probe,
                           list_node));
}

/* Returns when learn_run() is to be called again, LLONG_MAX for never. */
long long int
learn_next_due(const struct model *m)
{
    const struct learned *learned = first_due(&m->learned);
    const struct learned *probed = first_due(&m->probed);
    const struct probe *tentative = first_tentative(m);
    long long int due = MIN(learned ? learned->due : LLONG_MAX,
                            probed ? probed->due : LLONG_MAX);

    return MIN(due, tentative ? tentative->due : LLONG_MAX);
}

/* Frees the probes that nobody sent.  All ports are gone. */
void
learn_uninit(struct model *m)
{
    struct probe *probe;

    while ((probe = model_pop_probe(m)) != NULL) {
        free(probe);
    }
    LIST_FOR_EACH_POP (probe, list_node, &m->tentative) {
        free(probe);
    }
}
