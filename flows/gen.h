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
 *     host         what is there once: defaults of tables, RECIRCULATE, what
 *                  no VM may send
 *     network      classification of its tunnel frames, flood groups, what
 *                  happens to unknown destinations, that no VM is its gateway;
 *                  if it is routed, its gateway and prefixes, and what hands
 *                  answers to the gateway over
 *     port         classification of its frames, delivery to it, what it may
 *                  send from, counters of what it may not, what bounds how
 *                  much of its solicitations and of what the router cannot
 *                  do is handed over
 *     local MAC    one flow to its port, unless a remote VTEP has it
 *     local IP     one flow that resolves it, likewise; one that routes to it,
 *                  one for it as a next hop
 *     remote MAC   one flow to its VTEP or next-hop group
 *     remote IP    one flow that resolves it, unless a port here has it; one
 *                  for it as a next hop
 *     NHG          one group
 *     VPC          classification of what comes by its L3VNI, what bounds how
 *                  much of it is handed over
 *     route        one flow
 *     hops         one group
 *     router MAC   one flow for it as a next hop
 *     ACL          of a network: its defaults, what tells that it is the same
 *     group        security group: what its ports are asked
 *     rule         what it matches, and what its connections are known by
 *     group addr   one flow: it is in that group
 *
 * The files gen-*.c have one of these each; what they share is below.
 * pipeline.h draws the map. */

#include "flows/flow-list.h"

struct host;
struct in6_addr;
struct local_ip;
struct local_mac;
struct model;
struct match;
struct network;
struct owner;
struct port;
struct uuid;

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
void gen_suppress(const struct model *, struct flow_list *);
void gen_suppress_port(const struct port *, struct flow_list *);
void gen_suppress_network(const struct network *, struct flow_list *);
void gen_ip(const struct model *, const struct owner *, struct flow_list *);
void gen_nhg(const struct model *, uint32_t id, struct flow_list *);
void gen_host_route(const struct host *, struct flow_list *);
void gen_host_gateway(struct flow_list *);
void gen_network_route(const struct network *, struct flow_list *);
void gen_network_gateway(const struct network *, struct flow_list *);
void gen_port_route(const struct port *, struct flow_list *);
void gen_local_ip_route(const struct network *, const struct local_ip *,
                        struct flow_list *);
void gen_next_hop(const struct network *, const struct in6_addr *,
                  struct eth_addr, struct flow_list *);
void gen_vpc(const struct model *, uint32_t l3vni, struct flow_list *);
void gen_route(const struct model *, uint32_t l3vni, const struct in6_addr *,
               uint8_t plen, struct flow_list *);
void gen_hops(const struct model *, uint32_t id, struct flow_list *);
void gen_router_mac(const struct model *, uint32_t l3vni,
                    const struct in6_addr *vtep, struct flow_list *);
bool router_mac_from_flow(const struct match *, const struct ofpbuf *ofpacts,
                          uint32_t *l3vni, struct in6_addr *vtep,
                          struct eth_addr *mac);
void gen_host_learn(struct flow_list *);
void gen_port_learn(const struct port *, struct flow_list *);
void gen_ip_learn(const struct local_ip *, struct flow_list *);
void gen_mac_learn(const struct local_mac *, struct flow_list *);
void gen_network_glean(const struct network *, struct flow_list *);
void gen_host_guard(struct flow_list *);
void gen_network_guard(const struct network *, struct flow_list *);
void gen_host_security(struct flow_list *);
void gen_port_security(const struct port *, struct flow_list *);
uint32_t gen_port_flags(const struct port *);

/* ACLs. */
void gen_acl_host(struct flow_list *);
void gen_acl_common(struct flow_list *);
void gen_acl_port(const struct port *, struct flow_list *);
void gen_acl_act_port(const struct port *, bool egress, struct ofpbuf *);
void gen_network_acl(const struct model *, uint32_t vni, struct flow_list *);
void gen_security_group(const struct model *, const struct uuid *,
                        struct flow_list *);
void gen_rule(const struct model *, const struct uuid *, struct flow_list *);
void gen_group_addr(const struct model *, uint32_t tag,
                    const struct in6_addr *, struct flow_list *);

#endif /* flows/gen.h */
