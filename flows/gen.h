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

#ifndef FLOWS_GEN_H
#define FLOWS_GEN_H 1

/* From the model to flows.
 *
 * gen_owner() appends what an owner has in the switch, according to the model,
 * to a list; nothing if the model does not have the owner (any more).  It is
 * pure: the same model gives the same list, in the same order, in every run.
 *
 *     owner        has
 *     -----------  ---------------------------------------------------------
 *     host         what is there once: defaults of tables, RECIRCULATE
 *     network      classification of its tunnel frames, flood groups, what
 *                  happens to unknown destinations
 *     port         classification of its frames, delivery to it
 *     local MAC    one flow to its port, unless a remote VTEP has it
 *     remote MAC   one flow to its VTEP or next-hop group
 *     NHG          one group
 *
 * The files gen-*.c have one of these each; what they share is below.
 * pipeline.h draws the map. */

#include "flows/flow-list.h"

struct model;
struct network;
struct owner;

void gen_owner(const struct model *, const struct owner *, struct flow_list *);

/* For the gen-*.c only. */
void gen_host(const struct model *, struct flow_list *);
void gen_network(const struct model *, uint32_t vni, struct flow_list *);
void gen_flood(const struct model *, const struct network *,
               struct flow_list *);
void gen_port(const struct model *, const struct owner *,
              struct flow_list *);
void gen_local_mac(const struct model *, uint32_t vni, struct eth_addr,
                   struct flow_list *);
void gen_remote_mac(const struct model *, uint32_t vni, struct eth_addr,
                    struct flow_list *);
void gen_nhg(const struct model *, uint32_t id, struct flow_list *);

#endif /* flows/gen.h */
