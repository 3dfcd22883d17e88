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

#ifndef OVSDB_SYNC_RULE_PARSE_H
#define OVSDB_SYNC_RULE_PARSE_H 1

/* Rules as text.
 *
 * Pure, as row-parse.h is: the columns of a Rule row, and words that stand for
 * parts of it, as values that the model can use.  The daemon reads rows with
 * it, and ovs-ext-ctl checks what it is about to write, so that whatever
 * ovs-ext-ctl writes makes sense to the daemon.
 *
 * The parsers return null if all is well, else a malloc'd error that says what
 * is expected, without a full stop. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/compiler.h"
#include "ovs-ext/model/facts.h"

/* The columns of a Rule row.  What is empty there is null or -1 here. */
struct rule_columns {
    const char *direction;
    int64_t priority;
    const char *ethertype;
    const char *protocol;
    int64_t port_min, port_max;
    int64_t icmp_type, icmp_code;
    const char *const *cidrs;
    size_t n_cidrs;
    bool has_remote;            /* 'remote_group' is set. */
    const char *action;
};

void rule_columns_init(struct rule_columns *);
char *rule_parse(const struct rule_columns *, struct fact_rule *,
                 struct policy_prefix **prefixes) OVS_WARN_UNUSED_RESULT;

/* Single words: "tcp", "132", "all"; "10.0.0.0/8", "fd00::1"; "80", "80-443";
 * "8", "8/0". */
char *rule_parse_protocol(const char *, int *protocol)
    OVS_WARN_UNUSED_RESULT;
char *rule_parse_prefix(const char *, struct policy_prefix *)
    OVS_WARN_UNUSED_RESULT;
char *rule_parse_ports(const char *, int64_t *port_min, int64_t *port_max)
    OVS_WARN_UNUSED_RESULT;
char *rule_parse_icmp(const char *, int64_t *type, int64_t *code)
    OVS_WARN_UNUSED_RESULT;
char *rule_format_prefix(const struct policy_prefix *);

#endif /* ovsdb-sync/rule-parse.h */
