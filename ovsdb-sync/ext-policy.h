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

#ifndef OVSDB_SYNC_EXT_POLICY_H
#define OVSDB_SYNC_EXT_POLICY_H 1

/* Rules and security groups of OVS_Ext.
 *
 * The part of ext-sync.h that gives Rule and Security_Group rows to the model.
 * A row that makes no sense goes there too, with the reason (rule-parse.h):
 * what refers to it has to fail closed. */

#include "openvswitch/hmap.h"

struct ext_status;
struct extrec_rule;
struct extrec_security_group;
struct model;
struct ovsdb_idl;

struct ext_policy {
    struct hmap rules;          /* "struct ext_known"s. */
    struct hmap groups;         /* "struct ext_known"s. */
};

void ext_policy_register(struct ovsdb_idl *);
void ext_policy_init(struct ext_policy *);
void ext_policy_uninit(struct ext_policy *);
void ext_policy_run(struct ext_policy *, struct ovsdb_idl *, struct model *,
                    struct ext_status *);

/* What refers to such rows does so by UUID.  Both return malloc'd arrays with
 * 'n' elements, as 'rows' has. */
struct uuid *ext_policy_rules(struct extrec_rule *const *rows, size_t n);
struct uuid *ext_policy_groups(struct extrec_security_group *const *rows,
                               size_t n);

#endif /* ovsdb-sync/ext-policy.h */
