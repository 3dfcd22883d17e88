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

#ifndef OVSDB_SYNC_RULE_IMPORT_H
#define OVSDB_SYNC_RULE_IMPORT_H 1

/* Rules as CloudStack writes them.
 *
 * Pure: text to rules, or to a malloc'd error that tells which rule, counted
 * from 1, is wrong, and why; then no rule is returned.
 *
 * rule_import_acl() reads the "acl_rules" of a network ACL, as JSON: the array
 * itself, or an object that has it, or has it in its "payload".  A rule is
 *
 *     {"number": 10, "action": "allow", "trafficType": "ingress",
 *      "protocol": "tcp", "portStart": 80, "portEnd": 443,
 *      "icmpType": -1, "icmpCode": -1, "sourceCidrs": ["10.0.0.0/8"]}
 *
 * of which "number", "action" ("allow" or "deny") and "trafficType" have to be
 * there.  Lower numbers come first; RULE_NUMBER_MAX - number is the priority.
 *
 * rule_import_group() reads the rules of a VM's security groups, as
 * security_group.py gets them by --rules:
 *
 *     I:tcp;22;22;0.0.0.0/0,::/0,NEXT;E:icmp;8;0;10.0.0.0/8,NEXT;
 *
 * In both, -1 as an ICMP type or code is any.  "icmp" means ICMPv6 where the
 * network is IPv6; a rule with networks of both becomes two. */

#include "openvswitch/compiler.h"
#include "ovsdb-sync/rule-value.h"

#define RULE_NUMBER_MAX 32767

char *rule_import_acl(const char *json, struct rule_values *)
    OVS_WARN_UNUSED_RESULT;
char *rule_import_group(const char *, struct rule_values *)
    OVS_WARN_UNUSED_RESULT;

#endif /* ovsdb-sync/rule-import.h */
