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

#ifndef FLOWS_FLOW_ACT_H
#define FLOWS_FLOW_ACT_H 1

/* Actions that the gen-*.c use, appended to an ofpbuf of ofpacts.
 *
 * In a bucket of a group, a fixed order applies whatever the order here: first
 * all fields are set, then there is one of group, output or resubmit. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/meta-flow.h"

struct host;
struct in6_addr;
struct ofpbuf;

void flow_act_set(struct ofpbuf *ofpacts, enum mf_field_id, uint64_t value);
void flow_act_set_masked(struct ofpbuf *, enum mf_field_id, uint64_t value,
                         uint64_t mask);
void flow_act_move(struct ofpbuf *, enum mf_field_id src, unsigned int src_ofs,
                   enum mf_field_id dst, unsigned int dst_ofs,
                   unsigned int n_bits);
void flow_act_copy(struct ofpbuf *, enum mf_field_id src,
                   enum mf_field_id dst);
void flow_act_goto(struct ofpbuf *ofpacts, uint8_t table_id);
void flow_act_resubmit(struct ofpbuf *ofpacts, uint8_t table_id);
void flow_act_output(struct ofpbuf *ofpacts, uint32_t ofport);
void flow_act_group(struct ofpbuf *ofpacts, uint32_t group_id);
void flow_act_punt(struct ofpbuf *ofpacts, uint32_t opcode, uint32_t meter,
                   const void *args, size_t n_args);
void flow_act_meter(struct ofpbuf *ofpacts, uint32_t meter);
void flow_act_dec_ttl(struct ofpbuf *ofpacts);
void flow_act_check_larger(struct ofpbuf *ofpacts, uint16_t len,
                           enum mf_field_id, uint32_t flag);
void flow_act_tunnel_id(struct ofpbuf *ofpacts);
void flow_act_ct(struct ofpbuf *ofpacts, enum mf_field_id zone,
                 uint8_t table_id);
void flow_act_ct_commit(struct ofpbuf *, enum mf_field_id zone,
                        uint8_t table_id, uint16_t alg, bool label);
bool flow_act_tunnel_to(struct ofpbuf *ofpacts, const struct host *,
                        const struct in6_addr *vtep);
bool flow_act_tunnel(struct ofpbuf *ofpacts, const struct host *,
                     const struct in6_addr *vtep);

#endif /* flows/flow-act.h */
