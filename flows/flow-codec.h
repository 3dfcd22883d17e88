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

#ifndef FLOWS_FLOW_CODEC_H
#define FLOWS_FLOW_CODEC_H 1

/* OpenFlow 1.5 messages for and from a flow table.  It is pure. */

#include "flows/flow-table.h"

struct ofpbuf;

/* Each returns a message that the caller owns.  Bundle 0 is none: the message
 * stands for itself. */
struct ofpbuf *flow_codec_op(const struct flow_op *, ovs_be32 xid,
                             uint32_t bundle_id);
struct ofpbuf *flow_codec_bundle(ovs_be32 xid, uint32_t bundle_id,
                                 uint16_t type);
struct ofpbuf *flow_codec_read_flows(ovs_be32 xid);
struct ofpbuf *flow_codec_read_groups(ovs_be32 xid);
struct ofpbuf *flow_codec_read_meters(ovs_be32 xid);
struct ofpbuf *flow_codec_read_meter_features(ovs_be32 xid);

/* A flow that a switch refuses that cannot change all of a neighbor
 * advertisement, to be added to bundle 'bundle_id' and not committed. */
struct ofpbuf *flow_codec_probe_nd(ovs_be32 xid, uint32_t bundle_id);

/* Replies to reads. */
int flow_codec_put_flows(struct ofpbuf *reply, struct flow_table *);
int flow_codec_put_groups(struct ofpbuf *reply, struct flow_table *);
int flow_codec_put_meters(struct ofpbuf *reply, struct flow_table *);
int flow_codec_put_meter_features(struct ofpbuf *reply, struct flow_table *);

#endif /* flows/flow-codec.h */
