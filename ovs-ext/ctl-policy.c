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

#include <config.h>
#include "ovs-ext/ctl-commands.h"

#include <limits.h>
#include "db-ctl-base.h"
#include "ovs-ext/ctl-internal.h"
#include "ovs-ext/ctl-rule.h"

/* The commands of ctl-group.c and ctl-acl.c. */

/* Returns the usage of the commands here. */
const char *
ctl_policy_usage(void)
{
    return "\n\
Security group commands:\n\
  sg-add NAME                 create security group NAME\n\
  sg-del NAME                 delete security group NAME, if it is unused\n\
  sg-list                     print the names of all security groups\n\
  sg-rule-add SG RULE         let in, or out, what RULE says\n\
  sg-rule-del SG UUID|RULE    delete a rule of security group SG\n\
  sg-rule-list SG             print UUID and RULE of each rule of SG\n\
  sg-import SG RULES|-        make the rules of SG what CloudStack gives to\n\
                              security_group.py\n\
\n\
ACL commands:\n\
  acl-add NET NUMBER ACTION RULE\n\
                              allow, drop or reject what RULE says; lower\n\
                              numbers (0...32767) come first\n\
  acl-del NET [NUMBER]        delete a rule, or all, of the ACL of NET\n\
  acl-list NET                print the ACL of NET in order\n\
  acl-default NET ingress|egress ACTION\n\
                              set what becomes of what no rule matches\n\
  acl-import NET FILE|-       make the ACL of NET what CloudStack's JSON of\n\
                              acl_rules says\n\
\n\
  RULE is ingress|egress PROTOCOL [PORT|MIN-MAX] [--from|--to IP/LEN,...|SG]\n\
  [--icmp TYPE[/CODE]] [--ethertype ipv4|ipv6] [--stateless] [--log].\n\
\n\
  sg-add and sg-rule-add take --may-exist, sg-del takes --if-exists.\n";
}

static const struct ctl_command_syntax commands[] = {
    {"sg-add", 1, 1, "NAME", ctl_rule_prerequisites, ctl_group_add, NULL,
     "--may-exist", RW},
    {"sg-del", 1, 1, "NAME", ctl_rule_prerequisites, ctl_group_del, NULL,
     "--if-exists", RW},
    {"sg-list", 0, 0, "", ctl_rule_prerequisites, ctl_group_list, NULL, "",
     RO},
    {"sg-rule-add", 2, INT_MAX, "SG RULE...", ctl_rule_prerequisites,
     ctl_group_rule_add, NULL, "--may-exist", RW},
    {"sg-rule-del", 2, INT_MAX, "SG RULE...", ctl_rule_prerequisites,
     ctl_group_rule_del, NULL, "", RW},
    {"sg-rule-list", 1, 1, "SG", ctl_rule_prerequisites, ctl_group_rule_list,
     NULL, "", RO},
    {"sg-import", 2, 2, "SG RULES", ctl_rule_prerequisites, ctl_group_import,
     NULL, "", RW},

    {"acl-add", 3, INT_MAX, "NET NUMBER ACTION RULE...",
     ctl_rule_prerequisites, ctl_acl_add, NULL, "", RW},
    {"acl-del", 1, 2, "NET [NUMBER]", ctl_rule_prerequisites, ctl_acl_del,
     NULL, "", RW},
    {"acl-list", 1, 1, "NET", ctl_rule_prerequisites, ctl_acl_list, NULL, "",
     RO},
    {"acl-default", 3, 3, "NET DIRECTION ACTION", ctl_rule_prerequisites,
     ctl_acl_default, NULL, "", RW},
    {"acl-import", 2, 2, "NET FILE", ctl_rule_prerequisites, ctl_acl_import,
     NULL, "", RW},

    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};

/* Registers the commands here. */
void
ctl_policy_init(void)
{
    ctl_register_commands(commands);
}
