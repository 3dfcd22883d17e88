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

#ifndef OVS_EXT_MODEL_FACTS_H
#define OVS_EXT_MODEL_FACTS_H 1

/* Facts.
 *
 * What the edges saw, as plain structs without meaning: a row of a database,
 * an entry of the kernel.  An edge fills one in from what it read and gives it
 * to the model (model.h), which copies what it wants to keep; pointers in a
 * fact stay the edge's.  The model says what facts mean together. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/types.h"
#include "uuid.h"

/* VNIs are 24 bits and 0 is not one (RFC 7348 section 5). */
#define VNI_MAX 0xffffff

/* Host settings, from Open_vSwitch.external_ids and the host itself. */
enum frr_mode {
    FRR_MANAGE,                 /* Keep configuration in FRR. */
    FRR_OBSERVE,                /* Only look at FRR. */
    FRR_OFF,                    /* There is no FRR. */
};

struct fact_host {
    const char *name;           /* This host's name in OVS_Ext. */
    const char *bridge;         /* Integration bridge. */
    struct in6_addr vtep4;      /* IPv4-mapped, or in6addr_any for none. */
    struct in6_addr vtep6;      /* Or in6addr_any for none. */
    uint16_t shadow_port;       /* UDP port of the shadow vxlan devices. */
    enum frr_mode frr;
    uint32_t tunnel_ofport;     /* OpenFlow port of the tunnel port, or 0. */
    unsigned int dup_moves;     /* An address that moves so often...  0: off */
    long long int dup_time;     /* ...in this time, in ms, is a duplicate. */
};

/* What a VM on this host does, as libvirt says. */
enum vm_state {
    VM_RUNS,                    /* Or is paused by its user, or by a fault. */
    VM_HELD,                    /* It does not run here yet, or no longer,
                                 * since it migrates. */
};

/* A VPC row of OVS_Ext. */
struct fact_vpc {
    const char *name;           /* Unique. */
    uint32_t l3vni;             /* 1...VNI_MAX, unique; 0 for none. */
};

/* An address of a network's gateway and the prefix that it is on. */
struct gateway {
    struct in6_addr ip;         /* IPv4 is mapped. */
    uint8_t plen;               /* 1...31 of IPv4, 1...127 of IPv6. */
};

/* Policies: what they mean is in policy.h. */
enum policy_direction {
    POLICY_INGRESS,             /* To the VM. */
    POLICY_EGRESS,              /* From the VM. */
    POLICY_N_DIRECTIONS
};

enum policy_action {
    POLICY_ALLOW,
    POLICY_DROP,
    POLICY_REJECT,
};

struct policy_prefix {
    struct in6_addr ip;         /* IPv4 is mapped; other bits are 0. */
    uint8_t plen;               /* 0...32 for IPv4, else 0...128. */
};

/* Addresses that a VM may send from besides its own. */
struct address_pair {
    struct policy_prefix prefix;
    struct eth_addr mac;        /* With this MAC; zero for the port's own. */
};

/* A Rule row of OVS_Ext. */
struct fact_rule {
    struct uuid uuid;           /* Unique. */
    enum policy_direction direction;
    uint16_t priority;          /* Higher ones first. */
    uint16_t ethertype;         /* 0, ETH_TYPE_IP or ETH_TYPE_IPV6. */
    int protocol;               /* 0...255, or -1 for any. */
    int port_min, port_max;     /* 0...65535, or both -1 for any. */
    int icmp_type, icmp_code;   /* 0...255, or -1 for any. */
    const struct policy_prefix *prefixes; /* In any order. */
    size_t n_prefixes;          /* 0 for any. */
    bool has_remote;
    struct uuid remote;         /* A Security_Group, if 'has_remote'. */
    enum policy_action action;
    bool log;
    bool stateless;
    const char *error;          /* Why it makes no sense, or null. */
};

/* A Security_Group row of OVS_Ext. */
struct fact_group {
    struct uuid uuid;           /* Unique. */
    const char *name;           /* Unique. */
    const struct uuid *rules;   /* In any order. */
    size_t n_rules;
};

/* A Network row of OVS_Ext. */
struct fact_network {
    const char *name;           /* Unique. */
    uint32_t vni;               /* 1...VNI_MAX, unique; else a problem. */
    const char *vpc;            /* Name of the VPC, or null. */
    const struct gateway *gateways;
    size_t n_gateways;
    struct eth_addr gateway_mac; /* Zero for the default. */
    uint32_t mtu;               /* Bytes of payload, 0 for the default. */
    bool drop_unknown;          /* 'unknown_unicast' is "drop". */
    bool no_suppression;        /* 'arp_suppression' is false. */
    bool drop_unknown_arp;      /* 'unknown_arp' is "drop". */
    const struct uuid *acl;     /* Its rules, in any order. */
    size_t n_acl;
    enum policy_action default_action[POLICY_N_DIRECTIONS];
};

/* A Port row of OVS_Ext. */
struct fact_port {
    const char *name;           /* Unique; the iface-id of its interface. */
    const char *network;        /* Name of the Network. */
    const struct eth_addr *macs;
    size_t n_macs;
    const struct in6_addr *ips; /* IPv4 is mapped. */
    size_t n_ips;
    bool standby;               /* 'state' is "standby". */
    bool has_ips;               /* 'ips' is not empty, be it all wrong. */
    const bool *port_security;  /* Or null if it is not given. */
    const struct address_pair *pairs; /* 'allowed_address_pairs'. */
    size_t n_pairs;
    bool allow_dhcp_server;     /* 'allow' has "dhcp-server". */
    bool allow_ra;              /* 'allow' has "router-advertisement". */
    const bool *learn_ips;      /* Or null if it is not given. */
    unsigned int max_learned;   /* Of IPs, of MACs; 0 for the default. */
    const struct uuid *groups;  /* Security_Groups that it is in. */
    size_t n_groups;
};

/* What a packet told: the VM of a port has a MAC and, with it, an IP. */
struct fact_heard {
    uint32_t vni;               /* Of the port's network. */
    uint32_t ofport;            /* The port's. */
    struct eth_addr mac;
    struct in6_addr ip;         /* IPv4 is mapped; in6addr_any for none. */
    bool tentative;             /* It only asks whether others have 'ip'. */
};

/* An Interface row of Open_vSwitch on the integration bridge. */
struct fact_iface {
    const char *name;           /* Unique: "vnet3". */
    const char *iface_id;       /* external_ids:iface-id, or null. */
    const char *profile;        /* external_ids:port-profile, or null. */
    const char *attached_mac;   /* external_ids:attached-mac, or null. */
    const char *vm_id;          /* external_ids:vm-id, or null. */
    uint32_t ofport;            /* OpenFlow port, or 0 if it has none (yet). */
};

/* Where a route of a VPC leads: to the router of a VTEP by an L3VNI, or, if
 * not 'l3', into a network. */
struct route_hop {
    uint32_t vni;               /* L3VNI or VNI. */
    bool l3;
    struct in6_addr ip;         /* VTEP, or neighbor in the network (any: each
                                 * destination is one); IPv4 is mapped. */
};

/* A route of a VPC. */
struct fact_route {
    struct in6_addr prefix;     /* IPv4 is mapped; host bits are 0. */
    uint8_t plen;               /* 0...128; 96 more for IPv4. */
    const struct route_hop *hops; /* In any order. */
    size_t n_hops;              /* 0: what matches is dropped. */
};

/* Where a remote MAC is: a VTEP or, for a MAC behind an Ethernet segment,
 * a group of them (RFC 7432 section 8.4). */
struct fact_remote {
    struct in6_addr vtep;       /* IPv4 is mapped; in6addr_any if 'nhg'. */
    uint32_t nhg;               /* Kernel next-hop group id, or 0. */
};

#endif /* ovs-ext/model/facts.h */
