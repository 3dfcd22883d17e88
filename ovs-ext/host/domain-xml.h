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

#ifndef OVS_EXT_HOST_DOMAIN_XML_H
#define OVS_EXT_HOST_DOMAIN_XML_H 1

/* XML of a libvirt domain: its NICs, and what hooks change of them.
 *
 * Pure.  Only <interface type='bridge'> elements of the domain's <devices>
 * count as NICs.  Two kinds are ours:
 *
 *   - A plain NIC on a bridge brvx-N, as CloudStack writes it: 'vni' is N.
 *
 *   - A native NIC, with <virtualport type='openvswitch'> and a 'profileid'
 *     that names a VNI; libvirt makes it a port of Open vSwitch.
 *
 * domain_xml_plug() makes native ones of plain ones.  All else in the document
 * stays as it is, as far as libxml2 writes what it has read: quotes around
 * attributes may change, entities too.  It never reads anything from a file or
 * the network, whatever the document says. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/compiler.h"
#include "openvswitch/types.h"

/* A NIC.  Strings are null if the document does not have them. */
struct domain_nic {
    char *bridge;               /* <source bridge='...'> */
    char *tap;                  /* <target dev='...'> */
    char *iface_id;             /* 'interfaceid' of its virtualport. */
    struct eth_addr mac;        /* Or zero. */
    uint32_t vni;               /* Of a plain NIC on brvx-N, else 0. */
    bool native;                /* On Open vSwitch, and its profile has a
                                 * VNI. */
    void *node;                 /* For domain-xml.c only. */
};

struct domain_xml {
    char *name;                 /* Or null. */
    char *uuid;                 /* Or null. */
    struct domain_nic *nics;
    size_t n_nics;
    void *doc;                  /* For domain-xml.c only. */
    bool has_declaration;       /* The text begins with "<?xml". */
};

char *domain_xml_parse(struct domain_xml *, const char *text, size_t size)
    OVS_WARN_UNUSED_RESULT;
void domain_xml_uninit(struct domain_xml *);

size_t domain_xml_plug(struct domain_xml *, const char *bridge);
size_t domain_xml_move(struct domain_xml *, const char *bridge);
char *domain_xml_format(const struct domain_xml *);

uint32_t domain_bridge_vni(const char *bridge);

#endif /* ovs-ext/host/domain-xml.h */
