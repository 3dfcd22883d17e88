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

#ifndef FLOWS_FLOW_LIST_H
#define FLOWS_FLOW_LIST_H 1

/* What one owner wants in the switch: a list of flows, groups and meters.
 *
 * The gen-*.c write into such a list; flow-table.h compares it with what there
 * is.  A flow is known by its table, priority and match; a group or meter by
 * its id.  A flow needs at most one group and one meter.
 *
 * Example (ARP is dropped in table 8):
 *
 *     struct match match;
 *
 *     match_init_catchall(&match);
 *     match_set_dl_type(&match, htons(ETH_TYPE_ARP));
 *     flow_list_add(&list, 8, 100, &match, NULL);
 */

#include <stdbool.h>
#include "flows/flow-payload.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-meter.h"

struct ds;
struct ofpbuf;

enum flow_kind {
    FLOW_FLOW,
    FLOW_GROUP,
    FLOW_METER,
};

/* What identifies a flow, group or meter in a switch. */
struct flow_key {
    struct minimatch match;     /* Of a flow. */
    uint32_t id;                /* Of a group or meter; 0 for a flow. */
    uint16_t priority;          /* Of a flow. */
    uint8_t table_id;           /* Of a flow. */
    uint8_t kind;               /* enum flow_kind. */
};

struct flow_item {
    struct flow_key key;
    struct flow_payload *payload; /* A reference. */
};

struct flow_list {
    struct flow_payloads *payloads; /* Pool of all payloads. */
    struct flow_item *items;
    size_t n;
    size_t allocated;
};

void flow_list_init(struct flow_list *, struct flow_payloads *);
void flow_list_uninit(struct flow_list *);
void flow_list_clear(struct flow_list *);
void flow_list_add(struct flow_list *, uint8_t table_id, uint16_t priority,
                   struct match *, const struct ofpbuf *ofpacts);
void flow_list_add_group(struct flow_list *, struct ofputil_group_mod *);
void flow_list_add_meter(struct flow_list *, uint32_t id, uint32_t rate,
                         uint32_t burst);
void flow_list_format(const struct flow_list *, struct ds *);

/* Building a group. */
void flow_group_init(struct ofputil_group_mod *, uint32_t id,
                     enum ofp11_group_type);
void flow_group_add_bucket(struct ofputil_group_mod *,
                           const struct ofpbuf *ofpacts);

/* Keys and payloads. */
uint32_t flow_key_hash(const struct flow_key *);
bool flow_key_equal(const struct flow_key *, const struct flow_key *);
void flow_key_destroy(struct flow_key *);
struct flow_payload *flow_payload_from_ofpacts(struct flow_payloads *,
                                               const struct ofpact *,
                                               size_t len);
struct flow_payload *flow_payload_from_group(struct flow_payloads *,
                                             const struct ofputil_group_mod *);
struct flow_payload *flow_payload_from_meter(
    struct flow_payloads *, const struct ofputil_meter_config *);
bool flow_payload_to_ofpacts(const struct flow_payload *, struct ofpbuf *);
void flow_key_format(const struct flow_key *, const struct flow_payload *,
                     struct ds *);

#endif /* flows/flow-list.h */
