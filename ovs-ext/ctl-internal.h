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

#ifndef OVS_EXT_CTL_INTERNAL_H
#define OVS_EXT_CTL_INTERNAL_H 1

/* What the files of ovs-ext-ctl's commands share. */

#include <stdbool.h>

struct ctl_context;
struct ds;
struct extrec_network;
struct extrec_port;
struct extrec_security_group;
struct svec;

/* ctl-commands.c */
bool ctl_cmd_report(struct ctl_context *, const char *what, char *error);
const struct extrec_network *ctl_cmd_network(struct ctl_context *,
                                             const char *name);
const struct extrec_port *ctl_cmd_port(struct ctl_context *,
                                       const char *name);
void ctl_cmd_output(struct ctl_context *, struct svec *lines);

/* ctl-acl.c */
void ctl_acl_add(struct ctl_context *);
void ctl_acl_del(struct ctl_context *);
void ctl_acl_list(struct ctl_context *);
void ctl_acl_default(struct ctl_context *);
void ctl_acl_import(struct ctl_context *);
void ctl_acl_show(const struct extrec_network *, struct ds *);
/* ctl-security.c */
void ctl_security_prerequisites(struct ctl_context *);
void ctl_security_set(struct ctl_context *);
void ctl_security_set_address_pairs(struct ctl_context *);
void ctl_security_set_allow(struct ctl_context *);

/* ctl-frr.c */
void ctl_frr_example(struct ctl_context *);

/* ctl-group.c */
void ctl_group_add(struct ctl_context *);
void ctl_group_del(struct ctl_context *);
void ctl_group_list(struct ctl_context *);
void ctl_group_rule_add(struct ctl_context *);
void ctl_group_rule_del(struct ctl_context *);
void ctl_group_rule_list(struct ctl_context *);
void ctl_group_import(struct ctl_context *);
void ctl_group_port_set(struct ctl_context *);
bool ctl_group_set_port(struct ctl_context *, const struct extrec_port *,
                        const struct svec *names);
char *ctl_group_show(const struct extrec_security_group *);

/* ctl-policy.c */
void ctl_policy_init(void);

/* ctl-vpc.c */
void ctl_vpc_prerequisites(struct ctl_context *);
void ctl_vpc_add(struct ctl_context *);
void ctl_vpc_del(struct ctl_context *);
void ctl_vpc_list(struct ctl_context *);
void ctl_vpc_net_set_vpc(struct ctl_context *);
void ctl_vpc_net_set_gateway(struct ctl_context *);

#endif /* ovs-ext/ctl-internal.h */
