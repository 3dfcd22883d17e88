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

#ifndef OVS_EXT_MODEL_POLICY_H
#define OVS_EXT_MODEL_POLICY_H 1

/* Policies: which packets a port may send and receive.
 *
 * Two policies concern a port of this host:
 *
 *   - the ACL of its network: rules in order, and a default for each
 *     direction.  A network has one if it has rules, or a default that is not
 *     "allow";
 *   - its security groups, all of them together: rules that allow, in no
 *     order, and a default.
 *
 * A packet passes if each policy that the port has allows it.  A port without
 * any ('policed' is false) is none of this file's business: no conntrack, no
 * flows.  A packet from one VM to another on the same host crosses both ports:
 * it has to pass as egress of the one and as ingress of the other.
 *
 *
 * What a rule matches
 * ===================
 *
 *   direction    POLICY_INGRESS: to the VM.  POLICY_EGRESS: from the VM.
 *   ethertype    0: IPv4 and IPv6; else ETH_TYPE_IP or ETH_TYPE_IPV6.
 *                policy_rule_covers() tells which a rule can match at all:
 *                prefixes and ICMP protocols narrow it.
 *   protocol     -1: any.  Else that of the (last) IPv6 header, or of IPv4.
 *   port_min...  The destination port of TCP, UDP or SCTP; -1: any.
 *   icmp_*       Type and code of ICMP or ICMPv6; -1: any.
 *   prefixes     None: any remote address.  Else it is in one of them.  The
 *                remote address is the source of an ingress packet and the
 *                destination of an egress packet.
 *   remote       Null: any remote address.  Else it is an address of a member
 *                of that group.  A rule has prefixes or a group, not both.
 *
 * A rule matches IPv4 and IPv6 only.
 *
 *
 * What passes
 * ===========
 *
 * For a packet of a policed port, the first of these that applies decides:
 *
 *   1. Always passes, in both policies, in both directions, untracked:
 *        - ARP and RARP (EtherTypes 0x0806, 0x8035);
 *        - ICMPv6 types 130...136 and 143 (RS, RA, NS, NA, MLD).  (Who may
 *          send RAs and which addresses a VM may claim is for port security.)
 *        - DHCP of a client: egress UDP 68 -> 67 of IPv4 and 546 -> 547 of
 *          IPv6; ingress UDP 67 -> 68 and 547 -> 546.  Not fragments.
 *   2. Never passes: what is neither IPv4 nor IPv6.  That includes IP behind
 *      a VLAN tag.
 *   3. If the port fails closed: nothing else passes, no matter how long it
 *      has been established.
 *   4. Stateless rules, before all others and whatever their priority: in
 *      each policy the first that matches decides for that policy and this
 *      one packet.  "drop" and "reject" of either policy are final.  If all
 *      policies that the port has are decided so, the packet passes
 *      untracked.
 *   5. Connection tracking, in a zone of the port's own:
 *        - invalid: dropped;
 *        - a packet of a connection that was accepted (either way: replies
 *          need no rule of their own), or one that is related to it (ICMP
 *          errors, ALGs): passes, as long as the policies in force would
 *          accept the connection's first packet now;
 *        - else it is the first of a connection, also when it is not a SYN:
 *          so that connections survive a live migration, in each direction
 *          that a rule allows.
 *   6. For the first packet, each policy that is not decided yet:
 *        - ACL: the rules of the packet's direction in their order (see
 *          'rules' of struct policy_list); the first that matches decides;
 *          none: default_action[direction].
 *        - groups: allowed if any rule of any of the port's groups matches;
 *          and DNS: egress TCP and UDP to port 53 is allowed (by the groups,
 *          not by the ACL).
 *          None: ingress drops.  Egress allows, unless a group of the port
 *          restricts the packet's IP version, i.e. has an egress rule that
 *          covers it: then it drops.
 *      If both allow, the connection is committed and the packet passes.
 *      Of "drop" and "reject" the ACL's counts first, as it is asked first.
 *
 * (CloudStack's security_group.py lets pass, or not, the same: ARP, DHCP
 * client, DNS out, ND, MLD; ingress drops, egress is open per IP version
 * without an egress rule.  It also lets any ICMPv6 error pass (RFC 4890);
 * here these have to be related to a connection, as in ICMP.)
 *
 * "reject" drops and answers: TCP by a RST, anything else by ICMP or ICMPv6
 * "administratively prohibited" (type 3 code 13, type 1 code 1).
 *
 * 'log' of the rule that decided logs the first packet of a connection, and
 * each packet that is not one of a connection (stateless, drop, reject).
 *
 *
 * Groups
 * ======
 *
 * Members of a group are the Port rows that name it, on whatever host; its
 * addresses are those of the members ('ips' of the row, and what is learned
 * from packets on ports of this host).  Link-local addresses that only a MAC
 * implies are not among them.  A 32-bit tag stands for the group in flows; it
 * is a function of the UUIDs of all groups, hence the same in every run.
 *
 * A group's addresses matter here only if a rule in effect refers to it
 * ('n_users').
 *
 *
 * What makes no sense
 * ===================
 *
 * A rule that cannot mean anything ('error'), that is in more than one group
 * or ACL, that refers to a group that does not exist, or to a further one than
 * POLICY_ACL_MAX_GROUPS of its ACL, and a rule of a group that does not allow,
 * is a problem of the group or network; a port that has
 * such a policy fails closed and has a problem, too. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "hmapx.h"
#include "openvswitch/hmap.h"
#include "ovs-ext/model/facts.h"
#include "ovs-ext/model/owner.h"
#include "sset.h"
#include "uuid.h"

struct ds;
struct model;
struct network;
struct network_row;
struct port;
struct security_group;

/* Groups that the rules of an ACL may refer to. */
#define POLICY_ACL_MAX_GROUPS 32

/* A rule.  Each is of one ACL or of one group ('list'). */
struct policy_rule {
    struct hmap_node hmap_node; /* In struct model's 'rules', by 'uuid'. */
    struct uuid uuid;
    struct owner owner;         /* OWNER_RULE. */

    /* Facts. */
    bool has_row;               /* Else it is only referred to. */
    enum policy_direction direction;
    uint16_t priority;          /* Higher ones first; for ACLs only. */
    uint16_t ethertype;         /* 0, ETH_TYPE_IP or ETH_TYPE_IPV6. */
    int protocol;               /* 0...255, or -1 for any. */
    int port_min, port_max;     /* 0...65535, or both -1 for any. */
    int icmp_type, icmp_code;   /* 0...255, or -1 for any. */
    struct policy_prefix *prefixes; /* Sorted; none is within another. */
    size_t n_prefixes;          /* 0 for any. */
    struct security_group *remote; /* Or null. */
    enum policy_action action;
    bool log;
    bool stateless;
    char *error;                /* Why it makes no sense, or null. */

    /* Meaning, by model_run(). */
    struct hmapx parents;       /* "struct policy_list"s that have it. */
    const struct policy_list *list; /* The only one, or null. */
    bool in_effect;             /* 'list' is in use, and the rule is good. */
};

/* The rules of a group or of a network's ACL. */
struct policy_list {
    /* Facts. */
    struct uuid *uuids;         /* Of its rules, sorted. */
    size_t n_uuids;
    enum policy_action default_action[POLICY_N_DIRECTIONS]; /* ACL. */

    /* Whose it is: one of these is null.  Borrowed. */
    struct security_group *group;
    struct network_row *row;

    /* Meaning, by model_run(). */
    struct policy_rule **rules; /* Good ones, by direction; those of an ACL in
                                 * order: by priority, higher ones first; then
                                 * drop, reject (the switch may take either
                                 * of these), allow; then by UUID. */
    size_t n_rules;
    bool failed;                /* A rule makes no sense. */
    bool restricts4;            /* An egress rule covers IPv4 ... */
    bool restricts6;            /* ... IPv6. */
    bool is_policy;             /* ACL: not the same as none at all. */
    bool in_use;                /* Group: a port of this host is in it.
                                 * ACL: its network is active and has it. */
    bool news;                  /* Its ports have to look at it again. */
    struct sset topics;         /* Of problems set for its rules. */
};

/* An address of a group. */
struct group_addr {
    struct hmap_node hmap_node; /* In struct security_group's 'addrs'. */
    struct in6_addr ip;         /* IPv4 is mapped. */
    size_t n_refs;              /* Members that have it. */
};

/* A security group. */
struct security_group {
    struct hmap_node hmap_node; /* In struct model's 'groups', by 'uuid'. */
    struct hmap_node tag_node;  /* In struct model's 'group_tags', by 'tag'. */
    struct uuid uuid;
    struct owner owner;         /* OWNER_SECURITY_GROUP. */
    bool has_row;               /* Else it is only referred to. */
    char *name;                 /* Unique; that of the row, or its UUID. */
    uint32_t tag;               /* Unique, not 0. */
    uint32_t probe;             /* 'tag' is group_tag(uuid, probe). */
    struct policy_list list;    /* Its rules. */

    struct hmap addrs;          /* "struct group_addr"s. */
    uint64_t addrs_hash;        /* Of them all, in no order. */
    struct hmapx ports;         /* "struct port"s of this host in it. */
    size_t n_members;           /* On all hosts. */
    struct hmapx referrers;     /* "struct policy_rule"s: 'remote' is this. */
    size_t n_users;             /* Those of them that are in effect. */
};

/* ms that flows by its zone stay at a port whose groups changed: longer than
 * ovs-vswitchd needs to look at all of its datapath flows.
 * (model-linger.c) */
#define POLICY_LINGER 3000

/* What concerns a port: see above. */
struct port_policy {
    struct security_group **groups; /* Sorted by UUID. */
    size_t n_groups;
    struct in6_addr *ips;       /* Given to the groups. */
    size_t n_ips;
    bool is_local;              /* It is among the groups' 'ports'. */

    bool policed;               /* It has a policy. */
    bool fail_closed;           /* It makes no sense. */
    bool restricted4;           /* Egress defaults to drop, as far as the */
    bool restricted6;           /* groups are asked: IPv4, IPv6. */
};

/* Values. */
const char *policy_direction_string(enum policy_direction);
const char *policy_action_string(enum policy_action);
int policy_prefix_compare_3way(const struct policy_prefix *,
                               const struct policy_prefix *);
bool policy_prefix_contains(const struct policy_prefix *,
                            const struct in6_addr *);
size_t policy_prefixes_normalize(struct policy_prefix *, size_t n);
void policy_prefix_format(const struct policy_prefix *, struct ds *);

/* Rules. */
bool policy_rule_covers(const struct policy_rule *, uint16_t ethertype);
void policy_rule_format(const struct policy_rule *, struct ds *);
uint32_t policy_rule_vni(const struct policy_rule *);

/* ACLs: null if 'network' has no policy of its own. */
const struct policy_list *network_acl(const struct network *);

/* Looking up; null if there is none. */
const struct policy_rule *model_rule(const struct model *,
                                     const struct uuid *);
const struct security_group *model_group(const struct model *,
                                         const struct uuid *);
const struct security_group *model_group_by_name(const struct model *,
                                                 const char *name);
const struct security_group *model_group_by_tag(const struct model *,
                                                uint32_t tag);
const struct group_addr *security_group_addr(const struct security_group *,
                                             const struct in6_addr *);

#endif /* ovs-ext/model/policy.h */
