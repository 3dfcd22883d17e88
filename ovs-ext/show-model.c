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
#include "ovs-ext/show-model.h"

#include <inttypes.h>
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovs-ext/show-learn.h"
#include "ovs-ext/show.h"
#include "packets.h"
#include "smap.h"
#include "svec.h"
#include "util.h"

static char *
ip_to_string(const struct in6_addr *ip)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ipv6_format_mapped(ip, &s);
    return ds_steal_cstr(&s);
}

static int
compare_networks(const void *a_, const void *b_)
{
    const struct network *const *a = a_;
    const struct network *const *b = b_;

    return (*a)->vni < (*b)->vni ? -1 : (*a)->vni > (*b)->vni;
}

/* Returns a malloc'd array of the '*n' networks of 'm' ordered by VNI, only
 * the one with 'vni' if that is not 0. */
static const struct network **
sort_networks(const struct model *m, uint32_t vni, size_t *n)
{
    const struct network **array
        = xmalloc((hmap_count(&m->networks) + 1) * sizeof *array);
    const struct network *network;

    *n = 0;
    HMAP_FOR_EACH (network, hmap_node, &m->networks) {
        if (!vni || network->vni == vni) {
            array[(*n)++] = network;
        }
    }
    qsort(array, *n, sizeof *array, compare_networks);
    return array;
}

/* Appends the texts of the problems of the object that the format names. */
static void OVS_PRINTF_FORMAT(3, 4)
show_object_problems(struct show *show, const struct model *m,
                     const char *format, ...)
{
    const struct problem **problems;
    struct svec texts = SVEC_EMPTY_INITIALIZER;
    va_list args;
    char *object;
    size_t n;

    va_start(args, format);
    object = xvasprintf(format, args);
    va_end(args);

    problems = problems_sort(&m->problems, object, &n);
    for (size_t i = 0; i < n; i++) {
        svec_add_nocopy(&texts, xasprintf("%s: %s.", problems[i]->topic,
                                          problems[i]->text));
    }
    show_list(show, &texts);
    svec_destroy(&texts);
    free(problems);
    free(object);
}

static int
compare_ips(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct in6_addr));
}

/* Appends the VTEPs to which 'network' floods. */
static void
show_flood_vteps(struct show *show, const struct network *network)
{
    struct in6_addr *ips
        = xmalloc((hmap_count(&network->flood) + 1) * sizeof *ips);
    struct svec list = SVEC_EMPTY_INITIALIZER;
    const struct flood_vtep *flood;
    size_t n = 0;

    HMAP_FOR_EACH (flood, hmap_node, &network->flood) {
        ips[n++] = flood->vtep->ip;
    }
    qsort(ips, n, sizeof *ips, compare_ips);
    for (size_t i = 0; i < n; i++) {
        svec_add_nocopy(&list, ip_to_string(&ips[i]));
    }
    show_list(show, &list);
    svec_destroy(&list);
    free(ips);
}

/* Appends the VPC that routes 'network', and its gateways. */
static void
show_gateways(struct show *show, const struct network *network)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;

    show_string(show, "%s", network->vpc ? network->vpc->name : "");
    for (size_t i = 0; i < network->n_gateways; i++) {
        char *ip = ip_to_string(&network->gateways[i].ip);

        svec_add_nocopy(&list, xasprintf("%s/%d", ip,
                                         network->gateways[i].plen));
        free(ip);
    }
    show_list(show, &list);
    svec_destroy(&list);
    if (network->n_gateways) {
        show_string(show, ETH_ADDR_FMT, ETH_ADDR_ARGS(network->gateway_mac));
    } else {
        show_string(show, "%s", "");
    }
}

static void
show_network(struct show *show, const struct model *m,
             const struct network *network)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;
    const struct port *port;

    show_string(show, "%s", network->name);
    show_int(show, network->vni);
    show_string(show, "%s", network->has_row ? "Network row"
                : network->n_ports ? "port-profile"
                : network->kept ? "Host row" : "kernel");
    show_bool(show, network_is_active(network));
    LIST_FOR_EACH (port, net_node, &network->ports) {
        svec_add(&list, port->name);
    }
    svec_sort(&list);
    show_list(show, &list);
    svec_destroy(&list);
    show_flood_vteps(show, network);

    show_int(show, hmap_count(&network->remote_macs));
    show_int(show, hmap_count(&network->neighbors));
    show_string(show, "%s", network->drop_unknown ? "drop" : "flood");
    show_string(show, "%s", network->no_suppression ? "off" : "on");
    show_string(show, "%s", network->drop_unknown_arp ? "drop" : "flood");
    show_gateways(show, network);
    show_object_problems(show, m, "network/%s", network->name);
}

/* What "network/show" prints: 'only', or all networks of 'm' if it is null. */
char *
show_networks(const struct model *m, const struct network *only, bool json)
{
    const struct network **networks;
    struct show show;
    size_t n;

    show_init(&show, SHOW_LIST, "network", "vni", "from", "active", "ports",
              "flood_vteps", "remote_macs", "remote_neighbors",
              "unknown_unicast", "arp_suppression", "unknown_arp", "vpc",
              "gateways", "gateway_mac", "problems", NULL);
    networks = sort_networks(m, only ? only->vni : 0, &n);
    for (size_t i = 0; i < n; i++) {
        show_network(&show, m, networks[i]);
    }
    free(networks);
    return show_finish(&show, json);
}

static int
compare_ports(const void *a_, const void *b_)
{
    const struct port *const *a = a_;
    const struct port *const *b = b_;

    return strcmp((*a)->name, (*b)->name);
}

static const char *
port_state_string(const struct port *port)
{
    return (port->left ? "leaving"
            : port->active ? "active"
            : port->held ? "standby"
            : !port->iface ? "not on this host"
            : port->row.standby ? "standby"
            : "inactive");
}

static const char *
local_state_string(const struct claim *claim)
{
    switch (claim->state) {
    case LOCAL_OURS:
        return "";
    case LOCAL_CLAIMING:
        return " (claiming)";
    case LOCAL_YIELDED:
        return " (moved away)";
    default:
        OVS_NOT_REACHED();
    }
}

static void
show_port_addresses(struct show *show, const struct port *port)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; i < port->n_macs; i++) {
        const struct local_mac *local
            = (port->network
               ? network_local_mac(port->network, port->macs[i]) : NULL);

        svec_add_nocopy(&list, xasprintf(
            ETH_ADDR_FMT"%s", ETH_ADDR_ARGS(port->macs[i]),
            local && local->port == port ? local_state_string(&local->claim)
            : ""));
    }
    show_list(show, &list);
    svec_clear(&list);

    for (size_t i = 0; i < port->n_ips; i++) {
        char *ip = ip_to_string(&port->ips[i]);
        const struct local_ip *local
            = (port->network
               ? network_local_ip(port->network, &port->ips[i]) : NULL);

        svec_add_nocopy(&list, xasprintf(
            "%s%s", ip, (local && local->port == port
                         ? local_state_string(&local->claim) : "")));
        free(ip);
    }
    show_list(show, &list);
    svec_destroy(&list);
}

static const char *
port_security_string(const struct port *port)
{
    switch (port->security) {
    case SECURITY_OFF:
        return "off";
    case SECURITY_GUARD:
        return "guard";
    case SECURITY_MAC:
        return "mac";
    case SECURITY_FULL:
        return "mac and ip";
    default:
        OVS_NOT_REACHED();
    }
}

static void
show_port_pairs(struct show *show, const struct port *port)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; i < port->row.n_pairs; i++) {
        const struct address_pair *pair = &port->row.pairs[i];
        struct ds s = DS_EMPTY_INITIALIZER;

        ipv6_format_mapped(&pair->prefix.ip, &s);
        ds_put_format(&s, "/%d", pair->prefix.plen);
        if (!eth_addr_is_zero(pair->mac)) {
            ds_put_format(&s, ","ETH_ADDR_FMT, ETH_ADDR_ARGS(pair->mac));
        }
        svec_add_nocopy(&list, ds_steal_cstr(&s));
    }
    show_list(show, &list);
    svec_destroy(&list);
}

/* Appends what 'texts', which are part of 'counts', have of 'port', if
 * 'counted'. */
static void
show_port_counts(struct show *show, const struct port *port, bool counted,
                 const struct show_ports_counts *counts,
                 const struct smap *texts)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;

    if (port->active && counted) {
        if (counts->error) {
            svec_add_nocopy(&list, xasprintf("unknown: %s", counts->error));
        } else {
            svec_parse_words(&list, smap_get_def(texts, port->name, ""));
        }
    }
    show_list(show, &list);
    svec_destroy(&list);
}

static void
show_port(struct show *show, const struct model *m, const struct port *port,
          const struct show_ports_counts *counts)
{
    show_string(show, "%s", port->name);
    show_string(show, "%s", (port->network ? port->network->name
                             : port->has_row ? port->row.network : ""));
    show_int(show, port->network ? port->network->vni : 0);
    show_string(show, "%s", port_state_string(port));
    show_string(show, "%s", port->iface ? port->iface->name : "");
    show_int(show, port->ofport);
    show_port_addresses(show, port);
    show_learning(show, port);
    show_learned(show, m, port);
    show_string(show, "%s", (!port->learns ? ""
                             : counts->error ? "unknown"
                             : smap_get_def(&counts->copies, port->name,
                                            "0")));
    show_string(show, "%s", port_security_string(port));
    show_port_pairs(show, port);
    show_port_counts(show, port, port->security != SECURITY_OFF, counts,
                     &counts->drops);
    show_port_counts(show, port, (port->network
                                  && network_is_routed(port->network)),
                     counts, &counts->router);
    show_string(show, "%s", (!port->network ? ""
                             : port->network->no_suppression ? "off" : "on"));
    show_object_problems(show, m, "port/%s", port->name);
}

/* What "port/show" prints: the port named 'name', or all that concern this
 * host if it is null; 'counts' is what the switch has counted. */
char *
show_ports(const struct model *m, const char *name,
           const struct show_ports_counts *counts, bool json)
{
    const struct port **ports
        = xmalloc((hmap_count(&m->ports) + 1) * sizeof *ports);
    const struct port *port;
    struct show show;
    size_t n = 0;

    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        if (name ? !strcmp(port->name, name)
            : port->has_row || port->network) {
            ports[n++] = port;
        }
    }
    qsort(ports, n, sizeof *ports, compare_ports);
    show_init(&show, SHOW_LIST, "port", "network", "vni", "state",
              "interface", "ofport", "macs", "ips", "learning", "learned",
              "learning_drops", "security", "address_pairs", "drops",
              "router_drops", "arp_suppression", "problems", NULL);
    for (size_t i = 0; i < n; i++) {
        show_port(&show, m, ports[i], counts);
    }
    free(ports);
    return show_finish(&show, json);
}

/* What "problems" prints. */
char *
show_problems(const struct model *m, bool json)
{
    const struct problem **problems;
    struct show show;
    size_t n;

    problems = problems_sort(&m->problems, NULL, &n);
    show_init(&show, SHOW_LIST, "object", "topic", "problem", NULL);
    for (size_t i = 0; i < n; i++) {
        show_string(&show, "%s", problems[i]->object);
        show_string(&show, "%s", problems[i]->topic);
        show_string(&show, "%s", problems[i]->text);
    }
    free(problems);
    return show_finish(&show, json);
}

/* What a VTEP does in a network. */
struct vtep_use {
    struct hmap_node hmap_node; /* In vtep_uses(). */
    const struct vtep *vtep;
    bool flood;                 /* Announced IMET. */
    size_t n_macs;
};

static struct vtep_use *
vtep_use_get(struct hmap *uses, const struct vtep *vtep)
{
    struct vtep_use *use;

    HMAP_FOR_EACH_WITH_HASH (use, hmap_node, hash_pointer(vtep, 0), uses) {
        if (use->vtep == vtep) {
            return use;
        }
    }
    use = xzalloc(sizeof *use);
    use->vtep = vtep;
    hmap_insert(uses, &use->hmap_node, hash_pointer(vtep, 0));
    return use;
}

static int
compare_vtep_uses(const void *a_, const void *b_)
{
    const struct vtep_use *const *a = a_;
    const struct vtep_use *const *b = b_;

    return memcmp(&(*a)->vtep->ip, &(*b)->vtep->ip, sizeof (*a)->vtep->ip);
}

static void
show_network_vteps(struct show *show, const struct network *network)
{
    struct hmap uses = HMAP_INITIALIZER(&uses);
    const struct flood_vtep *flood;
    const struct remote_mac *mac;
    struct vtep_use **array, *use;
    size_t n = 0;

    HMAP_FOR_EACH (flood, hmap_node, &network->flood) {
        vtep_use_get(&uses, flood->vtep)->flood = true;
    }
    HMAP_FOR_EACH (mac, hmap_node, &network->remote_macs) {
        if (mac->vtep) {
            vtep_use_get(&uses, mac->vtep)->n_macs++;
        }
    }
    array = xmalloc((hmap_count(&uses) + 1) * sizeof *array);
    HMAP_FOR_EACH (use, hmap_node, &uses) {
        array[n++] = use;
    }
    qsort(array, n, sizeof *array, compare_vtep_uses);
    for (size_t i = 0; i < n; i++) {
        char *ip = ip_to_string(&array[i]->vtep->ip);

        show_int(show, network->vni);
        show_string(show, "%s", ip);
        show_bool(show, array[i]->flood);
        show_int(show, array[i]->n_macs);
        free(ip);
    }
    free(array);
    HMAP_FOR_EACH_POP (use, hmap_node, &uses) {
        free(use);
    }
    hmap_destroy(&uses);
}

/* What "evpn/vteps" prints: the VTEPs of the network with 'vni', of all
 * networks if it is 0. */
char *
show_vteps(const struct model *m, uint32_t vni, bool json)
{
    const struct network **networks;
    struct show show;
    size_t n;

    show_init(&show, SHOW_TABLE, "vni", "vtep", "imet", "macs", NULL);
    networks = sort_networks(m, vni, &n);
    for (size_t i = 0; i < n; i++) {
        show_network_vteps(&show, networks[i]);
    }
    free(networks);
    return show_finish(&show, json);
}

/* A MAC, local or remote, of a network. */
struct mac_row {
    struct eth_addr mac;
    const struct local_mac *local; /* Or null. */
    const struct remote_mac *remote; /* Or null. */
};

static int
compare_mac_rows(const void *a_, const void *b_)
{
    const struct mac_row *a = a_;
    const struct mac_row *b = b_;
    int cmp = eth_addr_compare_3way(a->mac, b->mac);

    return cmp ? cmp : (a->remote != NULL) - (b->remote != NULL);
}

/* Appends where 'mac' is, with 'suffix'. */
static void
show_remote_location(struct show *show, const struct model *m,
                     const struct remote_mac *mac, const char *suffix)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (mac->nhg) {
        const struct nhg *nhg = model_nhg(m, mac->nhg);

        ds_put_format(&s, "next-hop group %"PRIu32":", mac->nhg);
        for (size_t i = 0; nhg && i < nhg->n_vteps; i++) {
            ds_put_char(&s, ' ');
            ipv6_format_mapped(&nhg->vteps[i], &s);
        }
    } else {
        ds_put_cstr(&s, "VTEP ");
        ipv6_format_mapped(&mac->vtep->ip, &s);
    }
    show_string(show, "%s%s", ds_cstr(&s), suffix);
    ds_destroy(&s);
}

static void
show_mac(struct show *show, const struct model *m, uint32_t vni,
         const struct mac_row *row)
{
    show_int(show, vni);
    show_string(show, ETH_ADDR_FMT, ETH_ADDR_ARGS(row->mac));
    if (row->local) {
        show_string(show, "local%s", local_state_string(&row->local->claim));
        show_string(show, "port %s", row->local->port->name);
    } else {
        show_string(show, "remote");
        show_remote_location(show, m, row->remote, "");
    }
    show_source(show, m, row->local ? row->local->learned : NULL,
                row->local != NULL);
}

static void
show_network_macs(struct show *show, const struct model *m,
                  const struct network *network)
{
    const struct remote_mac *remote;
    const struct local_mac *local;
    struct mac_row *rows;
    size_t n = 0;

    rows = xmalloc((hmap_count(&network->local_macs)
                    + hmap_count(&network->remote_macs) + 1) * sizeof *rows);
    HMAP_FOR_EACH (local, hmap_node, &network->local_macs) {
        rows[n++] = (struct mac_row) { local->mac, local, NULL };
    }
    HMAP_FOR_EACH (remote, hmap_node, &network->remote_macs) {
        rows[n++] = (struct mac_row) { remote->mac, NULL, remote };
    }
    qsort(rows, n, sizeof *rows, compare_mac_rows);
    for (size_t i = 0; i < n; i++) {
        show_mac(show, m, network->vni, &rows[i]);
    }
    free(rows);
}

/* What "evpn/macs" prints: the MACs of the network with 'vni', of all
 * networks if it is 0. */
char *
show_macs(const struct model *m, uint32_t vni, bool json)
{
    const struct network **networks;
    struct show show;
    size_t n;

    show_init(&show, SHOW_TABLE, "vni", "mac", "type", "location", "source",
              "age", NULL);
    networks = sort_networks(m, vni, &n);
    for (size_t i = 0; i < n; i++) {
        show_network_macs(&show, m, networks[i]);
    }
    free(networks);
    return show_finish(&show, json);
}

/* An IP of a network, and who told of it: one of the three. */
struct ip_row {
    struct in6_addr ip;
    const struct local_ip *local;
    const struct remote_neighbor *remote;
    const struct gleaned *gleaned;
};

static int
compare_ip_rows(const void *a_, const void *b_)
{
    const struct ip_row *a = a_;
    const struct ip_row *b = b_;
    int cmp = memcmp(&a->ip, &b->ip, sizeof a->ip);

    return cmp ? cmp : (a->local == NULL) - (b->local == NULL);
}

/* Appends whether this host answers ARP or ND for 'ip' in 'network' with what
 * a row tells of it: that of a port here if 'local'. */
static void
show_suppressed(struct show *show, const struct network *network,
                const struct in6_addr *ip, bool local)
{
    struct resolution r;

    show_bool(show, (!network->no_suppression && network_is_active(network)
                     && network_resolve_ip(network, ip, &r) && !r.gleaned
                     && (r.port != NULL) == local));
}

/* Appends 'mac', that of a host elsewhere, and where it is, with 'suffix'. */
static void
show_ip_elsewhere(struct show *show, const struct model *m,
                  const struct network *network, struct eth_addr mac,
                  const char *suffix)
{
    const struct remote_mac *remote = network_remote_mac(network, mac);

    show_string(show, ETH_ADDR_FMT, ETH_ADDR_ARGS(mac));
    show_string(show, "remote");
    if (remote) {
        show_remote_location(show, m, remote, suffix);
    } else {
        show_string(show, "MAC not known%s", suffix);
    }
}

static void
show_ip(struct show *show, const struct model *m,
        const struct network *network, const struct ip_row *row)
{
    char *ip = ip_to_string(&row->ip);

    show_int(show, network->vni);
    show_string(show, "%s", ip);
    free(ip);
    if (row->local) {
        show_string(show, ETH_ADDR_FMT, ETH_ADDR_ARGS(row->local->mac));
        show_string(show, "local%s", local_state_string(&row->local->claim));
        show_string(show, "port %s", row->local->port->name);
        show_source(show, m, row->local->learned, true);
    } else if (row->remote) {
        show_ip_elsewhere(show, m, network, row->remote->mac,
                          row->remote->router ? ", router" : "");
        show_source(show, m, NULL, false);
    } else {
        show_ip_elsewhere(show, m, network, row->gleaned->mac, "");
        show_string(show, "gleaned");
        show_string(show, "%lld s",
                    (m->now - row->gleaned->due + GLEAN_AGE) / 1000);
    }
    show_suppressed(show, network, &row->ip, row->local != NULL);
}

static void
show_network_neighbors(struct show *show, const struct model *m,
                       const struct network *network)
{
    const struct remote_neighbor *remote;
    const struct gleaned *gleaned;
    const struct local_ip *local;
    struct ip_row *rows;
    size_t n = 0;

    rows = xmalloc((hmap_count(&network->local_ips)
                    + hmap_count(&network->neighbors)
                    + hmap_count(&network->gleaned) + 1) * sizeof *rows);
    HMAP_FOR_EACH (local, hmap_node, &network->local_ips) {
        rows[n++] = (struct ip_row) { local->ip, .local = local };
    }
    HMAP_FOR_EACH (remote, hmap_node, &network->neighbors) {
        rows[n++] = (struct ip_row) { remote->ip, .remote = remote };
    }
    HMAP_FOR_EACH (gleaned, hmap_node, &network->gleaned) {
        rows[n++] = (struct ip_row) { gleaned->ip, .gleaned = gleaned };
    }
    qsort(rows, n, sizeof *rows, compare_ip_rows);
    for (size_t i = 0; i < n; i++) {
        show_ip(show, m, network, &rows[i]);
    }
    free(rows);
}

/* What "evpn/neighbors" prints: the IPs of the network with 'vni', of all
 * networks if it is 0. */
char *
show_neighbors(const struct model *m, uint32_t vni, bool json)
{
    const struct network **networks;
    struct show show;
    size_t n;

    show_init(&show, SHOW_TABLE, "vni", "ip", "mac", "type", "location",
              "source", "age", "suppressed", NULL);
    networks = sort_networks(m, vni, &n);
    for (size_t i = 0; i < n; i++) {
        show_network_neighbors(&show, m, networks[i]);
    }
    free(networks);
    return show_finish(&show, json);
}
