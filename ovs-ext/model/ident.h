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

#ifndef OVS_EXT_MODEL_IDENT_H
#define OVS_EXT_MODEL_IDENT_H 1

/* Identifiers on the wire: MACs, IPs with their prefixes, and VNIs.
 *
 * Whoever reads one from text, and whoever looks one up, does it the same way.
 * The parsers here are strict, since what users write comes through them: what
 * is not wholly an identifier is none.  They tell no reason; the caller knows
 * what the text was to be, and what the user is to do. */

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/types.h"

bool ident_parse_mac(const char *, struct eth_addr *);
bool ident_parse_vni(const char *, uint32_t *vni);
bool ident_parse_prefix(const char *, struct in6_addr *ip, int *plen);
uint32_t ident_hash_ip(const struct in6_addr *);

#endif /* ovs-ext/model/ident.h */
