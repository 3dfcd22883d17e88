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

#ifndef FLOWS_ACL_H
#define FLOWS_ACL_H 1

/* ACLs in the switch: what the files gen-acl*.c share.
 *
 * What policies mean is in ovs-ext/model/policy.h.  Here is how the switch
 * decides.
 *
 *     from a VM                       to a VM
 *     16 ACL_FROM ───────────────┐    52 ACL_TO ───────────────┐
 *     17 ACL_FROM_CHECK          │    53 ACL_TO_CHECK          │
 *     18 ACL_FROM_STATELESS      │    54 ACL_TO_STATELESS      │
 *        ct(port's zone)         │       ct(port's zone)       │
 *     19 ACL_FROM_TRACKED        │    55 ACL_TO_TRACKED        │
 *     20 ACL_FROM_VERDICT        │    56 ACL_TO_VERDICT        │
 *        ct(commit)              │       ct(commit)            │
 *     21 ACL_FROM_PASS ──────────┴─>  57 ACL_TO_PASS ──────────┴─> on
 *
 * ACL_FROM and ACL_TO let pass what concerns a port without policy; such a
 * port has no flow there, and costs neither conntrack nor recirculation.
 * CHECK lets pass what always passes, and asks the stateless rules if there
 * are any.  TRACKED asks about the connection, VERDICT does what was decided,
 * and what begins a connection goes on by PASS.
 *
 * The rest are subroutines, for both sides, which leave their result in
 * REG_ACL:
 *
 *     EST_ACL ─> EST_GROUPS ─> EST_RULE ─> ACL_VALID
 *        │           │            │
 *        └───────────┴────────────┴─> EVAL ─> STATELESS, RULES, DEFAULT
 *                                              └─> GROUPS ─> GROUP ─> (SET) ─>
 *                                                  GROUP_RULE, GROUP_DEFAULT
 *
 * A connection's label says what allowed it: in the upper 64 bits a rule, in
 * ct_mark the group that the rule is in, in the lower 64 bits the whole ACL of
 * the network.  A packet of an established connection passes if what the label
 * says still holds: the ACL is the same, the port is in the group, the rule is
 * there, and if the rule is for the members of a group, the other end is one.
 * Each of these is one flow of the object concerned, so that whatever is
 * revoked stops exactly its connections with their next packet, and a
 * connection of which all holds costs the same whatever the number of rules.
 *
 * If something does not hold any more, the connection is evaluated again, by
 * its first packet's addresses and ports (ct_nw_src, ...), whichever way the
 * present packet goes: something else may allow it, and becomes its label.
 * Rules match these fields always, also for a first packet: so they see the
 * ports of a packet in all of its fragments, and one flow serves both.
 *
 * SCTP.  The conntrack of the userspace datapath does not look at its ports:
 * all that two addresses say to each other by SCTP is one connection, of ports
 * 0.  There, a label says too little, and each packet is evaluated, by its own
 * ports, in the connection's direction.
 *
 * Fragments.  Conntrack looks at whole packets, and so do its ct_* fields; but
 * later fragments lack the ports of these in the userspace datapath.  There,
 * conntrack gives out the fragments of a packet together, and not before it
 * has got all of them: so later ones are given to it a second time, whatever
 * they are, and first ones too, if they are to pass.  If the first one is not,
 * the others stay there until it gives them up.  Then it adds them to whatever
 * packets it has at hand, as invalid ones; where these are being committed,
 * PASS sorts them out.  (In the kernel's datapath there are no later fragments
 * once conntrack has seen them.)
 *
 * Nothing in a label depends on history: ids are hashes of what a thing is,
 * hence a restart changes no flow.
 *
 * Reports.  What a rule that logs decided about the first packet of a
 * connection or one that is none of any, and what is rejected, goes to ovs-ext
 * as a packet-in, within the bound of a meter: it logs, and answers.
 *
 * Tags.  A port that is in one group has the group's tag in REG_ACL_TAG, and
 * then all of its flows but one (in ACL_TO) are the group's.  Another one is
 * known by its zone, and has flows of its own for what groups it is in.  So
 * has, for a while, one whose groups change, so that packets which are on
 * their way between tables then are judged by what holds now, and not lost
 * (ovs-ext/model/model-linger.c).
 *
 * Sets.  The rules of a group are in table GROUP_RULE, matched by the group's
 * tag and the set that they are for: 0, any remote address; the tag of a
 * group, its members; a rule with many prefixes, these.  GROUP asks SET for
 * each of the sets that rules of the group are for, and where the remote
 * address is in the set, it asks GROUP_RULE.  So a member or prefix is one
 * flow, however many rules use it. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/policy.h"
#include "util.h"

struct flow_list;

/* A rule whose prefixes, times what its protocol and ports take, are more than
 * this is not multiplied out. */
#define ACL_INLINE_MAX 32

/* Groups that the rules of a network's ACL may refer to: each has a bit. */
#define ACL_N_BITS 32
BUILD_ASSERT_DECL(ACL_N_BITS >= POLICY_ACL_MAX_GROUPS);

/* Rules that are no rules, in a label.  (Others are hashes of 64 bits.) */
#define ACL_RULE_DNS 1          /* DNS passes the groups. */
#define ACL_RULE_OUT 2          /* Egress that no group restricts. */
#define ACL_RULE_ACL_DEFAULT 3  /* Default of a network's ACL. */

/* Reports in a second, of all ports of this host, and in a burst. */
#define ACL_REPORT_RATE 200
#define ACL_REPORT_BURST 200

/* How a rule's packets are matched. */
enum acl_view {
    ACL_VIEW_CT,                /* The connection's first packet. */
    ACL_VIEW_PACKET,            /* The packet, without conntrack. */
};

/* acl.c */
uint64_t acl_rule_id(const struct policy_rule *);
uint64_t acl_list_id(const struct policy_list *);
bool acl_list_is_stateless(const struct policy_list *);
size_t acl_list_tags(const struct policy_list *, uint32_t tags[ACL_N_BITS]);
uint32_t acl_list_bit(const struct policy_list *,
                      const struct security_group *);
bool acl_rule_has_set(const struct policy_rule *);
uint64_t acl_rule_set(const struct policy_rule *);

void acl_match_init(struct match *, enum acl_view, uint16_t ethertype);
void acl_match_state(struct match *, uint32_t value, uint32_t mask);
void acl_match_label(struct match *, uint64_t acl, uint64_t acl_mask,
                     uint64_t rule, uint64_t rule_mask);

/* acl-match.c */
typedef void acl_match_cb(struct match *, void *aux);
void acl_match_rule(const struct policy_rule *, enum acl_view, bool prefixes,
                    acl_match_cb *cb, void *aux);
void acl_match_portless(struct match *);
void acl_match_remote(struct match *, enum acl_view, enum policy_direction,
                      const struct policy_prefix *);

/* acl-flow.c */
void acl_act_allow_groups(struct ofpbuf *, uint32_t mark, uint64_t rule,
                          bool log);
void acl_add_out(const struct match *, bool restricted4, bool restricted6,
                 struct flow_list *);
void acl_add_stateless(const struct match *, struct flow_list *);
void acl_add_in_set(uint64_t set, const struct policy_prefix *,
                    struct flow_list *);

#endif /* flows/acl.h */
