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

#ifndef OVS_EXT_SHOW_MODEL_H
#define OVS_EXT_SHOW_MODEL_H 1

/* The model as an operator sees it: what the commands network/show, port/show,
 * vpc/show, problems and evpn/... print.  Pure: model in, malloc'd text out,
 * sorted, as JSON if asked. */

#include <stdbool.h>
#include <stdint.h>

#include "smap.h"

struct model;
struct network;

/* What the switch has counted, by the names of ports. */
struct show_ports_counts {
    struct smap drops;          /* "REASON=N ...". */
    struct smap copies;         /* N: not learned from, for lack of time. */
    struct smap router;         /* "KIND=N ...": not looked at, likewise. */
    char *error;                /* Why these are not known, or null. */
};

/* What the router looks for in the networks of a VPC. */
struct show_vpc_counts {
    size_t n_wanted;            /* Hosts that are looked for. */
    size_t n_packets;           /* That wait for them. */
    size_t n_unreachable;       /* Hosts that are not there. */
};
typedef void show_vpc_counts_cb(void *aux, uint32_t vni,
                                struct show_vpc_counts *);

char *show_networks(const struct model *, const struct network *, bool json);
char *show_ports(const struct model *, const char *name,
                 const struct show_ports_counts *, bool json);
char *show_problems(const struct model *, bool json);
char *show_vteps(const struct model *, uint32_t vni, bool json);
char *show_macs(const struct model *, uint32_t vni, bool json);
char *show_routes(const struct model *, uint32_t l3vni, bool json);
char *show_vpcs(const struct model *, uint32_t l3vni, show_vpc_counts_cb *cb,
                void *aux, bool json);
char *show_neighbors(const struct model *, uint32_t vni, bool json);

#endif /* ovs-ext/show-model.h */
