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
#ifndef OVSDB_SYNC_ROW_NETWORK_H
#define OVSDB_SYNC_ROW_NETWORK_H 1

/* Text of Network rows: their gateways.
 *
 * As row-parse.h: pure, null or a malloc'd error, and a row keeps the values
 * that make sense.
 *
 * A gateway is written as an address of a host and the length of the prefix
 * that it is on: "10.0.0.1/24", "2001:db8::1/64". */

#include <stddef.h>
#include "openvswitch/compiler.h"
#include "openvswitch/types.h"
#include "ovs-ext/model/facts.h"

char *row_parse_gateway(const char *, struct gateway *) OVS_WARN_UNUSED_RESULT;
char *row_format_gateway(const struct gateway *);

/* The gateways of a Network row. */
struct row_network {
    struct gateway *gateways;   /* As in the row, without the bad ones. */
    size_t n_gateways;
    struct eth_addr gateway_mac; /* Zero if there is none, or a bad one. */
    char *error;                /* What is wrong with the rest, or null. */
};

void row_network_parse(struct row_network *, char *const *gateways,
                       size_t n_gateways, const char *gateway_mac);
void row_network_uninit(struct row_network *);

#endif /* ovsdb-sync/row-network.h */
