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
};

/* A Network row of OVS_Ext. */
struct fact_network {
    const char *name;           /* Unique. */
    uint32_t vni;               /* 1...VNI_MAX, unique; else a problem. */
    uint32_t mtu;               /* Bytes of payload, 0 for the default. */
    bool drop_unknown;          /* 'unknown_unicast' is "drop". */
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
};

/* An Interface row of Open_vSwitch on the integration bridge. */
struct fact_iface {
    const char *name;           /* Unique: "vnet3". */
    const char *iface_id;       /* external_ids:iface-id, or null. */
    const char *profile;        /* external_ids:port-profile, or null. */
    const char *attached_mac;   /* external_ids:attached-mac, or null. */
    uint32_t ofport;            /* OpenFlow port, or 0 if it has none (yet). */
};

/* Where a remote MAC is: a VTEP or, for a MAC behind an Ethernet segment,
 * a group of them (RFC 7432 section 8.4). */
struct fact_remote {
    struct in6_addr vtep;       /* IPv4 is mapped; in6addr_any if 'nhg'. */
    uint32_t nhg;               /* Kernel next-hop group id, or 0. */
};

#endif /* ovs-ext/model/facts.h */
