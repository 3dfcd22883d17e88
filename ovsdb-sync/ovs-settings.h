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

#ifndef OVSDB_SYNC_OVS_SETTINGS_H
#define OVSDB_SYNC_OVS_SETTINGS_H 1

/* This host's settings.
 *
 * Pure: reads Open_vSwitch.external_ids (ovs-sync.h has the table of keys).  A
 * value that makes no sense is a problem of "host", and its default is used;
 * so a host works as far as it can. */

#include <stdbool.h>
#include <stdint.h>
#include "ovs-ext/model/facts.h"

struct problems;
struct smap;

/* What settings default to, from the host itself. */
struct ovs_settings_defaults {
    const char *host_name;
    const char *remote;         /* Local ovsdb-server. */
    struct in6_addr vtep4;      /* lo's, or in6addr_any; IPv4-mapped. */
    struct in6_addr vtep6;      /* lo's, or in6addr_any. */
    uint16_t tunnel_port;       /* UDP port that the switch has. */
};

struct ovs_settings {
    char *host_name;
    char *remote;
    char *bridge;
    char *datapath_type;        /* "" for the default. */
    struct in6_addr vtep4;      /* Or in6addr_any. */
    struct in6_addr vtep6;      /* Or in6addr_any. */
    uint16_t shadow_port;
    enum frr_mode frr;
    long long int frr_hold;     /* ms. */
    unsigned int dup_moves;     /* So many make a duplicate; 0: none is. */
    long long int dup_time;     /* ms, in which they are counted. */
    long long int learn_age;    /* ms. */
    char *libvirt;              /* URI, or null for none. */
    bool ovn;                   /* ovn-controller has 'bridge'. */
};

void ovs_settings_parse(struct ovs_settings *, const struct smap *,
                        const struct ovs_settings_defaults *,
                        struct problems *);
void ovs_settings_uninit(struct ovs_settings *);

#endif /* ovsdb-sync/ovs-settings.h */
