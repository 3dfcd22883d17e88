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
 *                                      remote MACs and IPs
 *     network (how ARP is treated)     its network, its local and remote IPs
 *     underlay's MTU                   the host
 *     port (row, interface, its VM)    its port, old and new local MACs, IPs;
 *                                      its network (flood group)
 *     remote MAC                       that remote MAC; the local MAC and IPs
 *                                      of a port that has it too
 *     remote neighbour                 that remote IP; the local IP of a port
 *                                      that has it too
 *     who has a local IP (claim)       that local IP, the remote IP
 *     VPC (row, first/last active      the VPC; its routes if it comes or
 *     network), its L3VNI's network    goes
 *     network joins or leaves a VPC    the VPC, its network, its ports, its
 *                                      local and remote IPs
 *     gateway of a network             the same
 *     route                            the route; its set of hops, if it is
 *                                      the first or last that has it
 *     router MAC                       that
 *     VTEP joins or leaves the flood   the network
 *     rule                             the rule; what its list means as a
 *                                      whole, if that changes: the group or
 *                                      ACL, the ports that have it
 *     group: first/last port of this   its rules, the group
 *            host in it
 *            member's address          that address, if a rule refers to it
 *            first/last rule that      its addresses
 *            refers to it
 *            tag (UUIDs' hashes met)   all of these
 *     next-hop group                   the group
 *     herald (a VM is to come here)    the local MAC that the herald is
 *     ... of another host              the local MAC of a VM that has left
 *     packet (address learned, moved)  that local MAC or IP
 *     packet (address gleaned)         that remote IP
 *
 * Invariants:
 *
 *   - A network is in the model iff a row or a port's profile names its VNI;
 *     it is active iff a port of it is on this host (has an OpenFlow port),
 *     or this host's row says to keep it ready for ports to come.
 *   - A local MAC or IP has at most one port; a second claimant has a problem
 *     instead.
 *   - A network has a VPC ('vpc') iff that VPC routes it: the VPC has an L3VNI
 *     of its own, and no gateway of the network is in a prefix that another
 *     network of the VPC has.
 */

#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "sset.h"
#include "ovs-ext/model/facts.h"
#include "ovs-ext/model/owner.h"
#include "ovs-ext/model/policy.h"
#include "ovs-ext/model/problem.h"
#include "ovs-ext/model/zone.h"

/* Can the switch make neighbour advertisements by flows ("IPv6 ND Extension"
 * of its datapath)? */
enum nd_extension {
    ND_EXTENSION_UNKNOWN,       /* Not (yet) asked. */
    ND_EXTENSION_NO,
    ND_EXTENSION_YES,
};

/* This host. */
struct host {
    char *name;                 /* Name in OVS_Ext. */
    char *bridge;               /* Integration bridge. */
    struct in6_addr vtep4;      /* IPv4-mapped; in6addr_any for none. */
    struct in6_addr vtep6;      /* in6addr_any for none. */
    uint16_t shadow_port;       /* UDP. */
    enum frr_mode frr;
    uint32_t tunnel_ofport;     /* 0 for none (yet). */
    enum nd_extension nd_extension; /* Of the switch. */
    struct eth_addr router_mac; /* By 'vtep4', else 'vtep6'; zero without. */
    uint32_t room4, room6;      /* MTU that fits into tunnels to VTEPs with
                                 * IPv4, IPv6; 0: unknown. */
    unsigned int dup_moves;     /* Moves of a duplicate; 0 for none is. */
    long long int dup_time;     /* ms. */
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

/* An IP of a host behind a VTEP, of which EVPN did not tell: that host has
 * answered the gateway (model-glean.c). */
struct gleaned {
    struct hmap_node hmap_node; /* In struct network's 'gleaned', by 'ip'. */
    struct ovs_list due_node;   /* In struct model's 'gleaned', by 'due'. */
    struct network *network;
    struct in6_addr ip;         /* IPv4 is mapped. */
    struct eth_addr mac;
    long long int due;          /* ms: when it is forgotten. */
};

#define GLEAN_AGE 300000        /* ms. */
#define GLEAN_MAX 1024          /* IPs of a network. */

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
    struct learned *learned;    /* Null if it is declared. */
};

struct local_ip {
    struct hmap_node hmap_node; /* In struct network's 'local_ips'. */
    struct in6_addr ip;         /* IPv4 is mapped. */
    const struct port *port;    /* The one port that has it. */
    struct eth_addr mac;        /* That of 'port' that answers for it. */
    struct claim claim;
    struct learned *learned;    /* Null if it is declared. */
};

/* How a local IP or MAC that nobody declared came to be one: the VM was heard
 * to have it.  After a while without proof, an IP is probed, and forgotten if
 * it does not answer; of a MAC, a frame is waited for (model-learn.c). */
struct learned {
    struct ovs_list port_node;  /* In struct port's 'learned'. */
    struct ovs_list due_node;   /* In struct model's 'learned' or 'probed'. */
    struct network *network;    /* Its port's. */
    struct port *port;
    struct local_ip *ip;        /* What was learned: this... */
    struct local_mac *mac;      /* ...or this; the other is null. */
    long long int since;        /* ms: when it was learned. */
    long long int heard;        /* ms: when it was proved last. */
    long long int due;          /* ms: when it is to be looked at. */
    int n_probes;               /* Sent since 'heard'. */
    bool silent;                /* A MAC of which a frame is waited for. */
};

#define LEARN_AGE 300000        /* ms without proof, by default. */
#define LEARN_PROBES 3          /* Without answer: it is gone. */
#define LEARN_PROBE_INTERVAL 1000 /* ms. */
#define LEARN_MAX 64            /* IPs, and MACs, of a port, by default. */

/* ms from a probe for duplicates of a VM to the time that it has the address,
 * if nobody else does (RFC 4862 section 5.4: RetransTimer is 1 s). */
#define LEARN_TENTATIVE 2000

/* A VM is to be asked whether it has an address, still or at last. */
struct probe {
    struct ovs_list list_node;  /* In struct model's 'probes', 'tentative'. */
    long long int due;          /* ms: when it is to be asked. */
    uint32_t vni;
    uint32_t ofport;
    struct eth_addr mac;
    struct in6_addr ip;         /* IPv4 is mapped. */
};

/* What is checked of the frames that a VM sends. */
enum port_security {
    SECURITY_OFF,               /* Nothing: 'port_security' is false. */
    SECURITY_GUARD,             /* No router, DHCP server or gateway. */
    SECURITY_MAC,               /* And from its MACs only. */
    SECURITY_FULL,              /* And from its IPs only. */
};

/* A port: a row, an interface that names it, or both.  One without an
 * interface is on another host, and none of this host's business. */
struct port {
    struct hmap_node hmap_node; /* In struct model's 'ports', by 'owner'. */
    struct hmap_node row_node;  /* In 'row_ports', by own.network. */
    struct hmap_node ofport_node; /* In 'ofports', if 'ofport'. */
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
        bool has_ips;           /* 'ips' is not empty, be it all wrong. */
        bool has_security;      /* 'port_security' is given, ... */
        bool security;          /* ...and this. */
        struct address_pair *pairs;
        size_t n_pairs;
        bool allow_dhcp_server;
        bool allow_ra;
        bool has_learn;         /* 'learn_ips' is given, ... */
        bool learn;             /* ...and this. */
        unsigned int max_learned; /* Or 0. */
        struct uuid *groups;    /* Security_Groups. */
        size_t n_groups;
    } own;                      /* All zero without a row. */
    struct port_row *carried;   /* What its VM brought along from another
                                 * host, or null. */
    struct in6_addr *carried_ips; /* What had been learned there. */
    size_t n_carried_ips;
    struct port_row row;        /* What counts: 'own', with the groups of
                                 * 'carried' if it has none; or 'carried'.
                                 * Borrowed from these. */
    struct ovs_list ifaces;     /* "struct iface"s that name this port. */

    /* Meaning, by model_run(). */
    const struct iface *iface;  /* The one that it is on, or null. */
    struct network *network;    /* Null if in none, or not on this host. */
    uint32_t ofport;            /* 0 if not on this host. */
    bool active;                /* On this host and not standby. */
    bool left;                  /* Active, but its VM runs elsewhere now. */
    bool held;                  /* Not active: its VM does not run yet. */
    struct eth_addr *macs;      /* In order; the first answers for the IPs. */
    size_t n_macs;
    struct in6_addr *ips;       /* IPv4 is mapped; those declared. */
    size_t n_ips;
    enum port_security security;
    struct port_policy policy;
    uint16_t zone;              /* Of conntrack, or 0. */
    long long int linger_until; /* ms: till then, packets are on their way that
                                 * go by an earlier policy; else 0. */
    struct ovs_list linger_node; /* In struct model's 'lingering', if so. */

    /* Learning. */
    bool learns;                /* IPs. */
    bool learns_macs;           /* And MACs besides 'macs'. */
    size_t max_learned;         /* Of each. */
    struct ovs_list learned;    /* "struct learned"s. */
    size_t n_learned_ips;
    size_t n_learned_macs;
};

/* What the VM of an interface does, as far as that can be known. */
enum iface_vm {
    IFACE_NEW,                  /* Nothing is known. */
    IFACE_RUNS,                 /* It runs here, or has been heard. */
    IFACE_INCOMING,             /* It is to run here. */
    IFACE_LEFT,                 /* It has run here. */
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
    char *vm_id;                /* UUID of its VM, or null. */
    enum iface_vm vm;
    bool came;                  /* The VM was to run here before it did. */
    bool moving;                /* The VM has just been resumed. */
    long long int moved;        /* ms: when it was resumed last, or 0. */
    bool lingers;               /* It has gone; its VM had left. */
    long long int until;        /* ms: then it is forgotten; 0: not known. */
};

/* A MAC that tells other hosts, as long as it is announced, that a VM whose
 * MAC is herald_mac() of it is about to run here (model-herald.c). */
struct herald {
    struct hmap_node hmap_node; /* In struct network's 'heralds', by 'mac'. */
    struct eth_addr mac;
    const struct port *port;    /* The VM's. */
};

/* A Network row, whatever it is worth. */
struct network_row {
    struct hmap_node vni_node;  /* In struct model's 'rows_by_vni'. */
    char *name;
    uint32_t vni;
    uint32_t mtu;
    bool drop_unknown;
    bool no_suppression;
    bool drop_unknown_arp;
    struct hmap_node vpc_node;  /* In struct model's 'rows_by_vpc'. */
    char *vpc;                  /* Name of the VPC, or "". */
    struct gateway *gateways;
    size_t n_gateways;
    struct eth_addr gateway_mac; /* Zero for the default. */
    struct policy_list acl;
};

/* A VPC row, whatever it is worth. */
struct vpc_row {
    struct hmap_node l3vni_node; /* In struct model's 'vpc_rows_by_l3vni'. */
    char *name;
    uint32_t l3vni;             /* 0 for none. */
};

/* A VPC that routes: one with an L3VNI that nobody else has.  Its networks are
 * routed by each host that has ports in them. */
struct vpc {
    struct hmap_node hmap_node; /* In struct model's 'vpcs', by 'l3vni'. */
    uint32_t l3vni;
    char *name;                 /* The row's. */
    struct ovs_list networks;   /* "struct network"s, by 'vpc_node'. */
};

/* Several hops, among which what takes a route is spread by flow. */
struct hop_set {
    struct hmap_node hmap_node; /* In struct model's 'hop_sets', by 'hops'. */
    struct hmap_node id_node;   /* In struct model's 'hop_sets_by_id'. */
    uint32_t id;                /* 24 bits. */
    struct route_hop *hops;     /* Sorted. */
    size_t n_hops;              /* 2 or more. */
    size_t n_refs;              /* Routes that have it. */
};

/* A route of a VRF. */
struct route {
    struct hmap_node hmap_node; /* In struct vrf's 'routes'. */
    struct in6_addr prefix;     /* IPv4 is mapped; host bits are 0. */
    uint8_t plen;               /* 0...128; 96 more for IPv4. */
    struct route_hop *hops;     /* Sorted. */
    size_t n_hops;              /* 0: what matches is dropped. */
    struct hop_set *set;        /* Of 'hops', if they are several; or null. */
};

/* The MAC of the router of a VTEP, as packets to it have it in one L3VNI (RFC
 * 9135 section 4.1): it may have another one in another.
 *
 * It stays for as long as a route of the VRF leads there: FRR 8.4 sometimes
 * takes it back while another address family's routes, or those of another
 * VTEP, are withdrawn. */
struct router_mac {
    struct hmap_node hmap_node; /* In struct vrf's 'router_macs', by 'ip'. */
    struct in6_addr ip;         /* VTEP; IPv4 is mapped. */
    struct eth_addr mac;
    bool held;                  /* FRR has taken it back. */
};

/* What FRR told of an L3VNI, which may be that of a VPC. */
struct vrf {
    struct hmap_node hmap_node; /* In struct model's 'vrfs', by 'l3vni'. */
    uint32_t l3vni;
    struct hmap routes;         /* "struct route"s. */
    struct hmap router_macs;    /* "struct router_mac"s. */
    struct hmap vteps;          /* "struct vrf_vtep"s: where routes lead. */
};

/* The MTU of a network that says none: that of Ethernet. */
#define NETWORK_MTU 1500

/* A network. */
struct network {
    struct hmap_node hmap_node; /* In struct model's 'networks', by 'vni'. */
    uint32_t vni;
    char *name;                 /* Row's, or "vni<N>" if it has none. */
    bool has_row;
    struct network_row *row;    /* Null if it has none. */
    uint32_t mtu;               /* 0 for NETWORK_MTU. */
    bool drop_unknown;          /* Unknown unicast is dropped, not flooded. */
    bool no_suppression;        /* ARP and ND for what is known floods. */
    bool drop_unknown_arp;      /* For what is not, it is dropped. */
    struct vpc *vpc;            /* That routes it, or null. */
    struct ovs_list vpc_node;   /* In struct vpc's 'networks', if 'vpc'. */
    struct gateway *gateways;   /* Of the row, in order; also without VPC. */
    size_t n_gateways;
    struct eth_addr gateway_mac; /* Never zero. */

    struct ovs_list ports;      /* "struct port"s on this host. */
    size_t n_ports;             /* Active if not 0. */
    bool kept;                  /* Active without ports, too. */
    struct hmap local_macs;     /* "struct local_mac"s. */
    struct hmap local_ips;      /* "struct local_ip"s. */
    struct hmap heralds;        /* "struct herald"s. */
    struct sset losers;         /* Ports that lack an address another has. */

    struct hmap flood;          /* "struct flood_vtep"s. */
    struct hmap remote_macs;    /* "struct remote_mac"s. */
    struct hmap neighbors;      /* "struct remote_neighbor"s. */
    struct hmap gleaned;        /* "struct gleaned"s. */
};

struct model {
    struct host host;
    struct hmap networks;       /* "struct network"s by 'vni'. */
    struct shash rows;          /* "struct network_row"s by 'name'. */
    struct hmap rows_by_vni;    /* The same by 'vni'. */
    struct hmap rows_by_vpc;    /* Those that name a VPC, by 'vpc'. */
    struct hmap vpcs;           /* "struct vpc"s by 'l3vni'. */
    struct hmap vrfs;           /* "struct vrf"s by 'l3vni'. */
    struct hmap hop_sets;       /* "struct hop_set"s. */
    struct hmap hop_sets_by_id; /* The same by 'id'. */
    struct shash vpc_rows;      /* "struct vpc_row"s by 'name'. */
    struct hmap vpc_rows_by_l3vni; /* Those that have one. */
    struct hmap ports;          /* "struct port"s by 'owner'. */
    struct hmap row_ports;      /* Those with a row, by 'row_network'. */
    struct hmap ofports;        /* Those with an 'ofport', by that. */
    struct hmap ifaces;         /* "struct iface"s by 'name'. */
    struct shash vms;           /* "enum vm_state"s by UUID, of libvirt. */
    bool vms_known;             /* libvirt tells of VMs. */
    struct shash port_timers;   /* Names of ports that are to be resolved at
                                 * a time: "long long int"s, in ms. */
    struct hmap vteps;          /* "struct vtep"s. */
    struct hmap nhgs;           /* "struct nhg"s. */
    struct hmap rules;          /* "struct policy_rule"s. */
    struct hmap groups;         /* "struct security_group"s by 'uuid'. */
    struct hmap group_tags;     /* The same by 'tag'. */

    /* Learning: what is due for a look, soonest first, and for an answer. */
    struct ovs_list learned;    /* "struct learned"s, by 'due_node'. */
    struct ovs_list probed;     /* Likewise: those that were probed. */
    struct ovs_list probes;     /* "struct probe"s, for the engine. */
    struct ovs_list tentative;  /* "struct probe"s that are not due yet. */
    size_t n_tentative;
    struct ovs_list gleaned;    /* "struct gleaned"s, by 'due'. */
    long long int learn_age;    /* ms without proof. */
    struct zones zones;         /* Of conntrack: which port has which. */

    struct ovs_list lingering;  /* "struct port"s, by 'linger_until'. */

    struct hmap watched;        /* "struct move_watch"s. */
    struct ovs_list watched_by_age; /* The same, by 'last'. */
    long long int now;          /* ms: of the last model_run(). */
    bool settled;               /* What was there at start is all in. */
    struct sset dirty_ports;    /* Names of ports that model_run() resolves. */
    struct sset dirty_vpcs;     /* Likewise of VPCs. */
    struct hmapx dirty_lists;   /* "struct policy_list"s, likewise. */
    struct owner_set contested; /* Local MACs, IPs that model_run() judges. */
    struct owner_set dirty;     /* For the planners: what to look at again. */
    struct sset changed;        /* "port/vm1", ...: for those who show it. */
    struct problems problems;
};

void model_init(struct model *);
void model_uninit(struct model *);

/* Facts. */
void model_put_host(struct model *, const struct fact_host *);
void model_put_nd_extension(struct model *, enum nd_extension);
void model_put_underlay(struct model *, uint32_t mtu4, uint32_t mtu6);
void model_put_vpc(struct model *, const struct fact_vpc *);
void model_del_vpc(struct model *, const char *name);
void model_put_network(struct model *, const struct fact_network *);
void model_del_network(struct model *, const char *name);
void model_keep_network(struct model *, uint32_t vni, bool keep);
void model_put_port(struct model *, const struct fact_port *);
void model_del_port(struct model *, const char *name);
void model_put_carried(struct model *, const struct fact_port *,
                       const struct in6_addr *learned, size_t n_learned);
void model_del_carried(struct model *, const char *name);
void model_put_rule(struct model *, const struct fact_rule *);
void model_del_rule(struct model *, const struct uuid *);
void model_put_group(struct model *, const struct fact_group *);
void model_del_group(struct model *, const struct uuid *);
void model_put_iface(struct model *, const struct fact_iface *);
void model_del_iface(struct model *, const char *name);

/* VMs. */
void model_put_vm(struct model *, const char *uuid, enum vm_state);
void model_del_vm(struct model *, const char *uuid);
void model_set_vms_known(struct model *, bool known);
void model_wake_vm(struct model *, uint32_t ofport);

void model_put_remote_mac(struct model *, uint32_t vni, struct eth_addr,
                          const struct fact_remote *);
void model_del_remote_mac(struct model *, uint32_t vni, struct eth_addr);
void model_put_flood(struct model *, uint32_t vni, const struct in6_addr *);
void model_del_flood(struct model *, uint32_t vni, const struct in6_addr *);
void model_put_neighbor(struct model *, uint32_t vni, const struct in6_addr *,
                        struct eth_addr, bool router);
void model_del_neighbor(struct model *, uint32_t vni, const struct in6_addr *);
void model_put_route(struct model *, uint32_t l3vni,
                     const struct fact_route *);
void model_del_route(struct model *, uint32_t l3vni, const struct in6_addr *,
                     uint8_t plen);
void model_put_router_mac(struct model *, uint32_t l3vni,
                          const struct in6_addr *, struct eth_addr);
void model_del_router_mac(struct model *, uint32_t l3vni,
                          const struct in6_addr *);
void model_adopt_router_mac(struct model *, uint32_t l3vni,
                            const struct in6_addr *, struct eth_addr);
void model_put_nhg(struct model *, uint32_t id, const struct in6_addr *vteps,
                   size_t n_vteps);
void model_del_nhg(struct model *, uint32_t id);

/* Learning. */
void model_put_heard(struct model *, const struct fact_heard *,
                     long long int now);
void model_put_gleaned(struct model *, uint32_t vni, const struct in6_addr *,
                       struct eth_addr, long long int now);
void model_adopt_ip(struct model *, uint32_t vni, const struct in6_addr *,
                    struct eth_addr, long long int now);
void model_adopt_mac(struct model *, uint32_t ofport, struct eth_addr,
                     long long int now);
void model_set_learn_age(struct model *, long long int ms);
struct probe *model_pop_probe(struct model *);

/* Meaning.  'now' is in milliseconds of a monotonic clock; it is the time of
 * activation of ports that become active, and decides on claims. */
void model_run(struct model *, long long int now);
long long int model_next_run(const struct model *);
void model_settle(struct model *);
void model_dirty_all(struct model *);

/* Looking up. */
const struct network *model_network(const struct model *, uint32_t vni);
const struct network *model_network_by_name(const struct model *,
                                            const char *name);
const struct vpc *model_vpc(const struct model *, uint32_t l3vni);
const struct vpc *model_vpc_by_name(const struct model *, const char *name);
bool vpc_is_active(const struct vpc *);
const struct vrf *model_vrf(const struct model *, uint32_t l3vni);
const struct route *vrf_route(const struct vrf *, const struct in6_addr *,
                              uint8_t plen);
const struct hop_set *model_hop_set(const struct model *, uint32_t id);
const struct router_mac *vrf_router_mac(const struct vrf *,
                                        const struct in6_addr *);
const struct port *model_port(const struct model *, const char *name);
const struct port *model_port_by_ofport(const struct model *,
                                        uint32_t ofport);
const struct port *model_port_by_owner(const struct model *,
                                       const struct owner *);
struct in6_addr *port_get_ips(const struct port *, size_t *n);
const struct nhg *model_nhg(const struct model *, uint32_t id);
const struct local_mac *network_local_mac(const struct network *,
                                          struct eth_addr);
const struct local_ip *network_local_ip(const struct network *,
                                        const struct in6_addr *);
const struct remote_mac *network_remote_mac(const struct network *,
                                            struct eth_addr);
const struct remote_neighbor *network_neighbor(const struct network *,
                                               const struct in6_addr *);
const struct gleaned *network_gleaned(const struct network *,
                                      const struct in6_addr *);
const struct flood_vtep *network_flood_vtep(const struct network *,
                                            const struct in6_addr *);
bool network_is_active(const struct network *);
bool network_has_gateway(const struct network *);
bool port_has_mac(const struct port *, struct eth_addr);
bool port_is_gateway(const struct port *);
const struct gateway *network_gateway(const struct network *,
                                      const struct in6_addr *);
struct in6_addr gateway_prefix(const struct gateway *);
bool network_is_routed(const struct network *);
struct in6_addr network_gateway_lla(const struct network *);
bool network_is_router_ip(const struct network *, const struct in6_addr *);
bool network_routes_to(const struct network *, const struct in6_addr *);
uint16_t network_mtu(const struct network *);

bool local_ip_is_router(const struct local_ip *);
struct eth_addr herald_mac(struct eth_addr);
bool network_has_herald(const struct network *, struct eth_addr);
bool network_successor(const struct network *, const struct local_mac *,
                       struct in6_addr *vtep);

/* Who has an IP of a network, so that ARP and ND for it can be answered. */
struct resolution {
    struct eth_addr mac;
    bool router;                /* ND router flag. */
    const struct port *port;    /* On this host; null if it is elsewhere. */
    bool gleaned;               /* It is elsewhere, and not by EVPN: not to be
                                 * answered for. */
};
bool network_resolve_ip(const struct network *, const struct in6_addr *,
                        struct resolution *);

/* Returns the VTEP address of this host to use towards 'remote', by family;
 * in6addr_any if the host has none of that family. */
struct in6_addr host_vtep_for(const struct host *,
                              const struct in6_addr *remote);

#endif /* ovs-ext/model/model.h */
