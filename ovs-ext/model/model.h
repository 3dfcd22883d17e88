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

#ifndef OVS_EXT_MODEL_MODEL_H
#define OVS_EXT_MODEL_MODEL_H 1

/* The model.
 *
 * What the facts mean: the networks of this host, the ports on it, and what
 * EVPN told about the rest of each network.  Edges put facts in (model_put_*,
 * model_del_*); model_run() works out what they mean together; planners read
 * the result through const pointers and never change it.
 *
 * The model is pure data: it does no I/O, does not log and has no clock (the
 * time is an argument).  It owns all that is in it.  Objects are found by the
 * look-up functions only, and a pointer to one is good until the next
 * model_put_*(), model_del_*() or model_run().
 *
 * What follows from a change (the table of dependencies):
 *
 *     changed                          dirty owners
 *     -------------------------------  --------------------------------------
 *     host (VTEP, tunnel port, ...)    everything
 *     network (row, first/last port)   its network, its ports, its local and
 *                                      remote MACs, its local IPs
 *     port (row, interface, state)     its port, old and new local MACs, IPs;
 *                                      its network (flood group)
 *     remote MAC                       that remote MAC; the local MAC and IPs
 *                                      of a port that has it too
 *     VTEP joins or leaves the flood   the network
 *     next-hop group                   the group
 *
 * Invariants:
 *
 *   - A network is in the model iff a row or a port's profile names its VNI;
 *     it is active iff a port of it is on this host (has an OpenFlow port).
 *   - A local MAC or IP has at most one port; a second claimant has a problem
 *     instead.
 */

#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "sset.h"
#include "ovs-ext/model/facts.h"
#include "ovs-ext/model/owner.h"
#include "ovs-ext/model/problem.h"

/* This host. */
struct host {
    char *name;                 /* Name in OVS_Ext. */
    char *bridge;               /* Integration bridge. */
    struct in6_addr vtep4;      /* IPv4-mapped; in6addr_any for none. */
    struct in6_addr vtep6;      /* in6addr_any for none. */
    uint16_t shadow_port;       /* UDP. */
    enum frr_mode frr;
    uint32_t tunnel_ofport;     /* 0 for none (yet). */
};

/* A remote VTEP, one for all networks that it is in. */
struct vtep {
    struct hmap_node hmap_node; /* In struct model's 'vteps', by 'ip'. */
    struct in6_addr ip;         /* IPv4 is mapped. */
    size_t n_refs;              /* Remote MACs, flood entries. */
};

/* A VTEP that announced an IMET route for a network (RFC 7432 section 7.3):
 * it gets one copy of each frame that is flooded. */
struct flood_vtep {
    struct hmap_node hmap_node; /* In struct network's 'flood', by IP. */
    struct vtep *vtep;
};

/* A MAC that EVPN told. */
struct remote_mac {
    struct hmap_node hmap_node; /* In struct network's 'remote_macs'. */
    struct eth_addr mac;
    uint32_t nhg;               /* Next-hop group, or 0 if 'vtep' is set. */
    struct vtep *vtep;          /* Null if 'nhg' is set. */
};

/* An IP that EVPN told. */
struct remote_neighbor {
    struct hmap_node hmap_node; /* In struct network's 'neighbors', by 'ip'. */
    struct in6_addr ip;         /* IPv4 is mapped. */
    struct eth_addr mac;
    bool router;                /* ND router flag (RFC 9047). */
};

/* A group of VTEPs that share an Ethernet segment. */
struct nhg {
    struct hmap_node hmap_node; /* In struct model's 'nhgs', by 'id'. */
    uint32_t id;                /* Kernel's. */
    struct in6_addr *vteps;     /* Sorted; IPv4 is mapped. */
    size_t n_vteps;
};

/* Who has an address of a port of this host, as far as EVPN is concerned
 * (RFC 7432 section 15). */
enum local_state {
    LOCAL_OURS,                 /* Announced from here. */
    LOCAL_CLAIMING,             /* Elsewhere yet; being taken over. */
    LOCAL_YIELDED,              /* Moved away; a remote VTEP has it. */
};

/* A port that becomes active claims its addresses, from where EVPN has them if
 * it does, and claims them again if they are taken away within CLAIM_WINDOW,
 * until it has done so CLAIM_MAX times.  When two hosts do so, the one whose
 * port became active later claims last, and has them: the number of claims is
 * the same for both, and small enough for duplicate address detection (RFC
 * 7432 section 15.1: 5 moves).  Later, or in the state that a restarted daemon
 * finds, what BGP says wins. */
#define CLAIM_WINDOW 3000       /* ms. */
#define CLAIM_MAX 2
struct claim {
    enum local_state state;
    long long int until;        /* ms: re-claim before this, if taken away. */
    int n;                      /* Claims made since the port is active. */
};

struct local_mac {
    struct hmap_node hmap_node; /* In struct network's 'local_macs'. */
    struct eth_addr mac;
    const struct port *port;    /* The one port that has it. */
    struct claim claim;
};

struct local_ip {
    struct hmap_node hmap_node; /* In struct network's 'local_ips'. */
    struct in6_addr ip;         /* IPv4 is mapped. */
    const struct port *port;    /* The one port that has it. */
    struct eth_addr mac;        /* That of 'port' that answers for it. */
    struct claim claim;
};

/* A port: a row, an interface that names it, or both.  One without an
 * interface is on another host, and none of this host's business. */
struct port {
    struct hmap_node hmap_node; /* In struct model's 'ports', by 'owner'. */
    struct hmap_node row_node;  /* In 'row_ports', by row.network. */
    struct ovs_list net_node;   /* In struct network's 'ports', or empty. */
    char *name;                 /* The iface-id. */
    struct owner owner;         /* OWNER_PORT. */

    /* Facts. */
    bool has_row;
    struct port_row {
        char *network;          /* Name of the network. */
        struct eth_addr *macs;
        size_t n_macs;
        struct in6_addr *ips;   /* IPv4 is mapped. */
        size_t n_ips;
        bool standby;
    } row;                      /* All zero without a row. */
    struct ovs_list ifaces;     /* "struct iface"s that name this port. */

    /* Meaning, by model_run(). */
    const struct iface *iface;  /* The one that it is on, or null. */
    struct network *network;    /* Null if in none, or not on this host. */
    uint32_t ofport;            /* 0 if not on this host. */
    bool active;                /* On this host and not standby. */
    struct eth_addr *macs;      /* In order; the first answers for the IPs. */
    size_t n_macs;
    struct in6_addr *ips;       /* IPv4 is mapped. */
    size_t n_ips;
};

/* An Interface of the bridge that names a port. */
struct iface {
    struct hmap_node hmap_node; /* In struct model's 'ifaces', by 'name'. */
    struct ovs_list port_node;  /* In struct port's 'ifaces'. */
    char *name;                 /* "vnet3". */
    char *port;                 /* Name of its port. */
    uint32_t vni;               /* port-profile's, or 0 for none. */
    char *error;                /* What is wrong with its ids, or null. */
    bool has_mac;
    struct eth_addr mac;        /* attached-mac, if 'has_mac'. */
    uint32_t ofport;            /* 0 for none (yet). */
};

/* A Network row, whatever it is worth. */
struct network_row {
    struct hmap_node vni_node;  /* In struct model's 'rows_by_vni'. */
    char *name;
    uint32_t vni;
    uint32_t mtu;
    bool drop_unknown;
};

/* A network. */
struct network {
    struct hmap_node hmap_node; /* In struct model's 'networks', by 'vni'. */
    uint32_t vni;
    char *name;                 /* Row's, or "vni<N>" if it has none. */
    bool has_row;
    uint32_t mtu;               /* 0 for the default. */
    bool drop_unknown;          /* Unknown unicast is dropped, not flooded. */

    struct ovs_list ports;      /* "struct port"s on this host. */
    size_t n_ports;             /* Active if not 0. */
    struct hmap local_macs;     /* "struct local_mac"s. */
    struct hmap local_ips;      /* "struct local_ip"s. */
    struct sset losers;         /* Ports that lack an address another has. */

    struct hmap flood;          /* "struct flood_vtep"s. */
    struct hmap remote_macs;    /* "struct remote_mac"s. */
    struct hmap neighbors;      /* "struct remote_neighbor"s. */
};

struct model {
    struct host host;
    struct hmap networks;       /* "struct network"s by 'vni'. */
    struct shash rows;          /* "struct network_row"s by 'name'. */
    struct hmap rows_by_vni;    /* The same by 'vni'. */
    struct hmap ports;          /* "struct port"s by 'owner'. */
    struct hmap row_ports;      /* Those with a row, by 'row_network'. */
    struct hmap ifaces;         /* "struct iface"s by 'name'. */
    struct hmap vteps;          /* "struct vtep"s. */
    struct hmap nhgs;           /* "struct nhg"s. */

    bool settled;               /* What was there at start is all in. */
    struct sset dirty_ports;    /* Names of ports that model_run() resolves. */
    struct owner_set contested; /* Local MACs, IPs that model_run() judges. */
    struct owner_set dirty;     /* For the planners: what to look at again. */
    struct sset changed;        /* "port/vm1", ...: for those who show it. */
    struct problems problems;
};

void model_init(struct model *);
void model_uninit(struct model *);

/* Facts. */
void model_put_host(struct model *, const struct fact_host *);
void model_put_network(struct model *, const struct fact_network *);
void model_del_network(struct model *, const char *name);
void model_put_port(struct model *, const struct fact_port *);
void model_del_port(struct model *, const char *name);
void model_put_iface(struct model *, const struct fact_iface *);
void model_del_iface(struct model *, const char *name);

void model_put_remote_mac(struct model *, uint32_t vni, struct eth_addr,
                          const struct fact_remote *);
void model_del_remote_mac(struct model *, uint32_t vni, struct eth_addr);
void model_put_flood(struct model *, uint32_t vni, const struct in6_addr *);
void model_del_flood(struct model *, uint32_t vni, const struct in6_addr *);
void model_put_neighbor(struct model *, uint32_t vni, const struct in6_addr *,
                        struct eth_addr, bool router);
void model_del_neighbor(struct model *, uint32_t vni, const struct in6_addr *);
void model_put_nhg(struct model *, uint32_t id, const struct in6_addr *vteps,
                   size_t n_vteps);
void model_del_nhg(struct model *, uint32_t id);

/* Meaning.  'now' is in milliseconds of a monotonic clock; it is the time of
 * activation of ports that become active, and decides on claims. */
void model_run(struct model *, long long int now);
void model_settle(struct model *);
void model_dirty_all(struct model *);

/* Looking up. */
const struct network *model_network(const struct model *, uint32_t vni);
const struct network *model_network_by_name(const struct model *,
                                            const char *name);
const struct port *model_port(const struct model *, const char *name);
const struct port *model_port_by_owner(const struct model *,
                                       const struct owner *);
const struct nhg *model_nhg(const struct model *, uint32_t id);
const struct local_mac *network_local_mac(const struct network *,
                                          struct eth_addr);
const struct local_ip *network_local_ip(const struct network *,
                                        const struct in6_addr *);
const struct remote_mac *network_remote_mac(const struct network *,
                                            struct eth_addr);
const struct remote_neighbor *network_neighbor(const struct network *,
                                               const struct in6_addr *);
const struct flood_vtep *network_flood_vtep(const struct network *,
                                            const struct in6_addr *);
bool network_is_active(const struct network *);

/* Returns the VTEP address of this host to use towards 'remote', by family;
 * in6addr_any if the host has none of that family. */
struct in6_addr host_vtep_for(const struct host *,
                              const struct in6_addr *remote);

#endif /* ovs-ext/model/model.h */
