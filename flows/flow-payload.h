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

#ifndef FLOWS_FLOW_PAYLOAD_H
#define FLOWS_FLOW_PAYLOAD_H 1

/* What a flow does or a group or meter is, in the form of OpenFlow 1.5,
 * shared.
 *
 * A flow's payload is its instructions; that of a group or meter is the body
 * of the OFPT_GROUP_MOD or OFPT_METER_MOD that makes it.  Equal payloads are
 * one object in the pool, so that comparing is comparing pointers, and 100,000
 * MACs behind a VTEP share one.  What we send and what we read back from the
 * switch get to the same bytes by the same encoder.
 *
 * The pool also knows which groups and meters payloads need: a switch silently
 * deletes the flows that refer to a deleted group or meter (OpenFlow 1.5.1
 * sections 6.7 and 6.8), hence one may go only when no payload refers to it
 * any more. */

#include <stddef.h>
#include <stdint.h>
#include "openvswitch/hmap.h"

/* What the flow of a payload needs to be there. */
struct flow_needs {
    uint32_t group;             /* Group that it sends to, or 0. */
    uint32_t meter;             /* Meter that bounds it, or 0. */
};

struct flow_payload {
    struct hmap_node hmap_node; /* In struct flow_payloads's 'payloads'. */
    unsigned int n_refs;
    struct flow_needs needs;
    size_t len;                 /* Of 'bytes'. */
    uint8_t bytes[];
};

/* A pool of payloads. */
struct flow_payloads {
    struct hmap payloads;       /* Contains "struct flow_payload"s. */
    struct hmap groups;         /* "struct flow_payload_need"s. */
    struct hmap meters;         /* "struct flow_payload_need"s. */
};

void flow_payloads_init(struct flow_payloads *);
void flow_payloads_uninit(struct flow_payloads *);
struct flow_payload *flow_payload_get(struct flow_payloads *, const void *,
                                      size_t len, struct flow_needs);
struct flow_payload *flow_payload_ref(struct flow_payload *);
struct flow_needs flow_payload_unref(struct flow_payloads *,
                                     struct flow_payload *);
bool flow_payloads_use_group(const struct flow_payloads *, uint32_t group);
bool flow_payloads_use_meter(const struct flow_payloads *, uint32_t meter);

#endif /* flows/flow-payload.h */
