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
#include "tests/unit/kernel-script.h"

#include <ctype.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <cmocka.h>
#include "evpn-bridge/kernel-plan.h"
#include "evpn-bridge/kernel.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* Initializes 'ks' as a kernel that has told nothing, and a model that knows
 * nothing. */
void
kernel_script_init(struct kernel_script *ks)
{
    ks->k = kernel_create();
    model_init(&ks->m);
    owner_set_init(&ks->dirty);
    ks->mark = UINT64_MAX;
    ks->fenced = true;
    ks->no_vrf = false;
    ks->next_ifindex = 1000;
    ds_init(&ks->log);
}

/* Frees what 'ks' has. */
void
kernel_script_uninit(struct kernel_script *ks)
{
    kernel_destroy(ks->k);
    model_uninit(&ks->m);
    owner_set_uninit(&ks->dirty);
    ds_destroy(&ks->log);
}

/* How a line begins. */
struct event {
    bool deleted;               /* '-'. */
    bool dumped;                /* '='. */
};

static int
ifindex_of(const struct kernel_script *ks, const char *name)
{
    const struct klink *link = kernel_link_by_name(ks->k, name);

    if (!link) {
        fail_msg("%s: no such link in script", name);
    }
    return link->l.ifindex;
}

/* Links. */

static void
put_link(struct kernel_script *ks, const struct nl_link *l)
{
    kernel_put_link(ks->k, l, &ks->m, &ks->dirty);
}

static void
del_link(struct kernel_script *ks, int ifindex)
{
    const struct klink *link = kernel_link(ks->k, ifindex);
    struct nl_link l = { .ifindex = ifindex };

    if (link) {
        l = link->l;
    }
    l.deleted = true;
    l.dumped = false;
    put_link(ks, &l);
}

static void
set_brport(struct nl_link *l, bool value)
{
    l->is_brport = true;
    l->learning = l->flood = l->mcast_flood = l->bcast_flood = value;
}

static void
do_link(struct kernel_script *ks, const struct svec *words, struct event event)
{
    const char *master = script_value(words, "master");
    const char *alias = script_value(words, "alias");
    bool fresh = script_has(words, "fresh");
    struct nl_link l = {
        .dumped = event.dumped,
        .vni = script_value_u32(words, "vni"),
        .dst_port = script_value_u32(words, "port"),
        .local = script_value_ip(words, "local"),
        .flags = script_has(words, "up") ? IFF_UP : 0,
        .group = script_has(words, "made") ? NL_GROUP : 0,
        .external = script_has(words, "external"),
        .mac = (script_value(words, "mac")
                ? script_parse_mac(script_value(words, "mac"))
                : eth_addr_zero),
        .vrf_table = script_value_u32(words, "table"),
        .vxlan_learning = script_has(words, "learns"),
        .addr_gen_mode = (fresh ? IN6_ADDR_GEN_MODE_EUI64
                          : IN6_ADDR_GEN_MODE_NONE),
    };

    if (event.deleted) {
        const char *which = script_word(words, 1);

        del_link(ks, isdigit((unsigned char) which[0])
                     ? script_u32(words, 1) : ifindex_of(ks, which));
        return;
    }
    l.ifindex = script_u32(words, 1);
    ovs_strlcpy(l.name, script_word(words, 2), sizeof l.name);
    ovs_strlcpy(l.kind, script_word(words, 3), sizeof l.kind);
    if (alias || script_has(words, "ours")) {
        ovs_strlcpy(l.alias, alias ? alias : NL_ALIAS, sizeof l.alias);
    }
    if (master) {
        l.master = ifindex_of(ks, master);
        set_brport(&l, fresh);
        l.learning |= script_has(words, "learning");
        l.flood |= script_has(words, "flood");
        l.mcast_flood |= script_has(words, "mcast_flood");
        l.bcast_flood |= script_has(words, "bcast_flood");
    }
    put_link(ks, &l);
}

static void
do_net(struct kernel_script *ks, const struct svec *words, struct event event)
{
    uint32_t vni = script_u32(words, 1);
    char mark = event.dumped ? '=' : '+';
    char *script;

    if (event.deleted) {
        script = xasprintf("-link vxlan%"PRIu32"\n-link oe-%"PRIu32"\n"
                           "-link brvx-%"PRIu32"\n", vni, vni, vni);
    } else {
        script = xasprintf(
            "%clink %"PRIu32" brvx-%"PRIu32" bridge ours up\n"
            "%clink %"PRIu32" vxlan%"PRIu32" vxlan vni=%"PRIu32" port=4790 "
            "local=192.0.2.1 master=brvx-%"PRIu32" ours up\n"
            "%clink %"PRIu32" oe-%"PRIu32" dummy master=brvx-%"PRIu32" ours\n",
            mark, vni * 10 + 1, vni, mark, vni * 10 + 2, vni, vni, vni,
            mark, vni * 10 + 3, vni, vni);
    }
    kernel_script_run(ks, script);
    free(script);
}

/* Entries. */

static void
put_neigh(struct kernel_script *ks, const struct nl_neigh *n)
{
    kernel_put_neigh(ks->k, n, &ks->m, &ks->dirty);
}

static void
do_fdb(struct kernel_script *ks, const struct svec *words, struct event event)
{
    int ifindex = ifindex_of(ks, script_word(words, 1));
    struct nl_neigh n = {
        .deleted = event.deleted,
        .dumped = event.dumped,
        .family = AF_BRIDGE,
        .ifindex = ifindex,
        .master = kernel_link(ks->k, ifindex)->l.master,
        .state = (script_has(words, "permanent") ? NUD_PERMANENT
                  : script_has(words, "reachable") ? NUD_REACHABLE
                  : NUD_NOARP),
        .flags = ((script_has(words, "extern") ? NTF_EXT_LEARNED : 0)
                  | (script_has(words, "sticky") ? NTF_STICKY : 0)),
        .vlan = script_value_u32(words, "vlan"),
        .has_mac = true,
        .mac = script_mac(words, 2),
    };

    put_neigh(ks, &n);
}

/* An entry of the vxlan device: of 'mac', or, if that is zero, for floods. */
static void
do_self(struct kernel_script *ks, const struct svec *words, struct event event,
        struct eth_addr mac, size_t dst)
{
    struct nl_neigh n = {
        .deleted = event.deleted,
        .dumped = event.dumped,
        .family = AF_BRIDGE,
        .ifindex = ifindex_of(ks, script_word(words, 1)),
        .state = NUD_REACHABLE,
        .flags = NTF_SELF | NTF_EXT_LEARNED,
        .nhid = script_value_u32(words, "nhid"),
        .has_mac = true,
        .mac = mac,
    };

    if (!n.nhid && dst < words->n) {
        n.dst = script_ip(words, dst);
    }
    put_neigh(ks, &n);
}

static void
do_kneigh(struct kernel_script *ks, const struct svec *words,
          struct event event)
{
    bool ours = script_has(words, "ours");
    bool zebra = script_has(words, "zebra");
    struct in6_addr ip = script_ip(words, 2);
    struct nl_neigh n = {
        .deleted = event.deleted,
        .dumped = event.dumped,
        .family = IN6_IS_ADDR_V4MAPPED(&ip) ? AF_INET : AF_INET6,
        .ifindex = ifindex_of(ks, script_word(words, 1)),
        .state = (script_has(words, "failed") ? NUD_FAILED
                  : ours ? NUD_PERMANENT : zebra ? NUD_NOARP
                  : NUD_REACHABLE),
        .flags = ((zebra || script_has(words, "extern") ? NTF_EXT_LEARNED : 0)
                  | (script_has(words, "router") ? NTF_ROUTER : 0)),
        .protocol = (ours ? NL_PROTO : zebra ? RTPROT_ZEBRA
                     : script_value_u32(words, "proto")),
        .dst = ip,
    };

    n.has_mac = (words->n > 3
                 && eth_addr_from_string(words->names[3], &n.mac));
    put_neigh(ks, &n);
}

/* An address of a device, "10.0.0.1/24". */
static void
do_addr(struct kernel_script *ks, const struct svec *words,
        struct event event)
{
    const char *word = script_word(words, 2);
    const char *slash = strchr(word, '/');
    char *ip = xmemdup0(word, slash ? slash - word : strlen(word));
    struct nl_addr a = {
        .deleted = event.deleted,
        .dumped = event.dumped,
        .ifindex = ifindex_of(ks, script_word(words, 1)),
        .ip = script_parse_ip(ip),
        .plen = slash ? script_parse_u32(slash + 1) : 0,
        .protocol = script_has(words, "ours") ? NL_PROTO : 0,
    };

    free(ip);
    kernel_put_addr(ks->k, &a, &ks->m, &ks->dirty);
}

/* A route of a VRF, by its table. */
static void
do_route(struct kernel_script *ks, const struct svec *words,
         struct event event)
{
    const char *word = script_word(words, 2);
    const char *slash = strchr(word, '/');
    char *ip = xmemdup0(word, slash ? slash - word : strlen(word));
    const char *proto = script_value(words, "proto");
    struct nl_route r = {
        .deleted = event.deleted,
        .dumped = event.dumped,
        .table = KERNEL_VRF_TABLE(script_u32(words, 1)),
        .type = script_has(words, "blackhole") ? RTN_BLACKHOLE : RTN_UNICAST,
        .protocol = proto ? script_parse_u32(proto) : RTPROT_BGP,
        .priority = (script_value(words, "metric")
                     ? script_value_u32(words, "metric") : 20),
        .nhid = script_value_u32(words, "nhid"),
    };

    r.prefix = strcmp(ip, "0.0.0.0") ? script_parse_ip(ip)
               : in6_addr_mapped_ipv4(0);
    r.plen = script_parse_u32(slash + 1)
             + (IN6_IS_ADDR_V4MAPPED(&r.prefix) ? 96 : 0);
    free(ip);
    for (size_t i = 3; i < words->n; i++) {
        const char *at = strchr(words->names[i], '@');

        if (at) {
            struct nl_route_hop *hop = &r.hops[r.n_hops++];
            char *gateway = xmemdup0(words->names[i], at - words->names[i]);

            hop->ifindex = ifindex_of(ks, at + 1);
            hop->gateway = *gateway ? script_parse_ip(gateway) : in6addr_any;
            free(gateway);
        }
    }
    kernel_put_route(ks->k, &r, &ks->m, &ks->dirty);
}

static void
do_hop(struct kernel_script *ks, const struct svec *words, struct event event,
       bool group)
{
    struct nl_nexthop nh = {
        .deleted = event.deleted,
        .dumped = event.dumped,
        .id = script_u32(words, 1),
        .fdb = !script_has(words, "route") && !script_value(words, "dev"),
    };

    if (group) {
        for (size_t i = 2; i < words->n; i++) {
            if (strcmp(words->names[i], "route")) {
                nh.members[nh.n_members++] = script_u32(words, i);
            }
        }
    } else if (!event.deleted) {
        nh.gateway = script_ip(words, 2);
        nh.ifindex = (script_value(words, "dev")
                      ? ifindex_of(ks, script_value(words, "dev")) : 0);
    }
    kernel_put_nexthop(ks->k, &nh, &ks->m, &ks->dirty);
}

/* Reads. */

static enum kernel_table
table_of(const struct svec *words)
{
    static const char *const names[KERNEL_N_TABLES] = {
        [KERNEL_LINKS] = "links",
        [KERNEL_FDB] = "fdb",
        [KERNEL_NEIGHS] = "neighs",
        [KERNEL_NEXTHOPS] = "hops",
        [KERNEL_ADDRS] = "addrs",
        [KERNEL_ROUTES] = "routes",
    };
    const char *name = script_word(words, 1);

    for (int i = 0; i < KERNEL_N_TABLES; i++) {
        if (!strcmp(name, names[i])) {
            return i;
        }
    }
    fail_msg("%s: no such table in script", name);
    return KERNEL_N_TABLES;
}

static void
do_read_end(struct kernel_script *ks, const struct svec *words, bool ok)
{
    if (kernel_read_end(ks->k, table_of(words), ok, &ks->m, &ks->dirty)) {
        ds_put_cstr(&ks->log, "read again\n");
    }
}

/* Plans. */

static struct owner
owner_of(const struct svec *words)
{
    struct owner owner;
    char *error = owner_parse(script_word(words, 1), &owner);

    if (error) {
        fail_msg("%s", error);
    }
    return owner;
}

/* Fills in 'plan' for 'owner'.  The caller uninitializes it. */
void
kernel_script_plan(const struct kernel_script *ks, const struct owner *owner,
                   struct kernel_plan *plan)
{
    struct kernel_plan_ctx ctx = {
        .model = &ks->m,
        .kernel = ks->k,
        .fenced = ks->fenced,
        .advertise_kind = "dummy",
        .no_vrf = ks->no_vrf,
    };

    kernel_plan_init(plan);
    if (owner->kind == OWNER_NETWORK) {
        kernel_plan_network(&ctx, owner->vni, plan);
    } else if (owner->kind == OWNER_VPC) {
        kernel_plan_vpc(&ctx, owner->vni, plan);
    } else if (owner->kind == OWNER_LOCAL_MAC) {
        kernel_plan_local_mac(&ctx, owner->vni, owner->mac, plan);
    } else if (owner->kind == OWNER_LOCAL_IP) {
        kernel_plan_local_ip(&ctx, owner->vni, &owner->ip, plan);
    } else {
        fail_msg("no plan for such an owner");
    }
}

static void
log_plan(struct kernel_script *ks, const struct kernel_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        ds_put_format(&ks->log, "%s\n", plan->ops[i].what);
    }
    if (plan->ready) {
        ds_put_cstr(&ks->log, "ready\n");
    } else if (plan->problem) {
        ds_put_format(&ks->log, "%s: %s\n", plan->topic, plan->problem);
    } else if (!plan->n_ops) {
        ds_put_cstr(&ks->log, "nothing\n");
    }
}

/* A link is made, with the settings that the kernel gives. */
static void
execute_create(struct kernel_script *ks, const struct ofpbuf *request)
{
    struct nl_link l;

    assert_int_equal(nl_link_parse(request, &l), 0);
    assert_null(kernel_link_by_name(ks->k, l.name));
    l.ifindex = ks->next_ifindex++;
    l.addr_gen_mode = IN6_ADDR_GEN_MODE_EUI64;
    put_link(ks, &l);
}

/* 'l' becomes one of 'master' (0 for none).  If one of them is a VRF and 'l'
 * is up, the kernel sets it down meanwhile, and IPv6 addresses are gone. */
static void
execute_master(struct kernel_script *ks, struct nl_link *l, int master)
{
    const struct klink *link = kernel_link(ks->k, master ? master : l->master);
    const struct kaddr *addr;

    assert_non_null(link);
    if (strcmp(link->l.kind, "vrf")) {
        set_brport(l, true);
    } else if (l->flags & IFF_UP) {
        for (addr = kernel_next_addr(ks->k, kernel_link(ks->k, l->ifindex)
                                            ->vni, NULL); addr;
             addr = kernel_next_addr(ks->k, kernel_link(ks->k, l->ifindex)
                                            ->vni, addr)) {
            if (!IN6_IS_ADDR_V4MAPPED(&addr->ip)) {
                struct nl_addr a = { .deleted = true, .ifindex = l->ifindex,
                                     .ip = addr->ip, .plen = addr->plen };

                kernel_put_addr(ks->k, &a, &ks->m, &ks->dirty);
                break;
            }
        }
    }
    l->master = master;
}

/* A link is changed.  A request names it by index only, hence is parsed with
 * the name appended. */
static void
execute_change(struct kernel_script *ks, const struct ofpbuf *request,
               const struct nl_link *old)
{
    const struct ifinfomsg *ifi = ofpbuf_at_assert(request, NLMSG_HDRLEN,
                                                   sizeof *ifi);
    struct ofpbuf *named = ofpbuf_clone(request);
    struct nl_link l = *old;
    struct nl_link change;

    nl_msg_put_string(named, IFLA_IFNAME, old->name);
    assert_int_equal(nl_link_parse(named, &change), 0);
    ofpbuf_delete(named);

    l.flags = (l.flags & ~ifi->ifi_change) | (ifi->ifi_flags
                                              & ifi->ifi_change);
    if (nl_attr_find(request, NLMSG_HDRLEN + sizeof *ifi, IFLA_MASTER)
        && change.master != l.master) {
        execute_master(ks, &l, change.master);
    }
    if (!eth_addr_is_zero(change.mac)) {
        l.mac = change.mac;
    }
    if (change.alias[0]) {
        ovs_strlcpy(l.alias, change.alias, sizeof l.alias);
    }
    if (nl_attr_find(request, NLMSG_HDRLEN + sizeof *ifi, IFLA_AF_SPEC)) {
        l.addr_gen_mode = change.addr_gen_mode;
    }
    if (change.is_brport) {
        assert_true(l.master != 0);
        l.learning = change.learning;
        l.flood = change.flood;
        l.mcast_flood = change.mcast_flood;
        l.bcast_flood = change.bcast_flood;
    }
    put_link(ks, &l);
}

static void
execute_link(struct kernel_script *ks, const struct ofpbuf *request)
{
    const struct nlmsghdr *nlh = nl_msg_nlmsghdr(request);
    const struct ifinfomsg *ifi = ofpbuf_at_assert(request, NLMSG_HDRLEN,
                                                   sizeof *ifi);
    const struct klink *link = kernel_link(ks->k, ifi->ifi_index);

    if (!ifi->ifi_index) {
        assert_int_equal(nlh->nlmsg_type, RTM_NEWLINK);
        execute_create(ks, request);
    } else if (!link) {
        fail_msg("request for a link that is not there");
    } else if (nlh->nlmsg_type == RTM_DELLINK) {
        del_link(ks, link->l.ifindex);
    } else {
        execute_change(ks, request, &link->l);
    }
}

/* An entry is made or removed.  The notification says which bridge it is
 * in. */
static void
execute_neigh(struct kernel_script *ks, const struct ofpbuf *request)
{
    struct nl_neigh n;
    const struct klink *link;

    assert_int_equal(nl_neigh_parse(request, &n), 0);
    link = kernel_link(ks->k, n.ifindex);
    assert_non_null(link);
    if (n.flags & NTF_MASTER) {
        assert_int_not_equal(link->l.master, 0);
        n.master = link->l.master;
        n.flags &= ~NTF_MASTER;
    }
    put_neigh(ks, &n);
}

/* What 'op' says of its request is so: that what it removes may be gone, that
 * the link that it changes is to be read back, and that it makes the advertise
 * port, whose kind the kernel may lack. */
static void
check_op(const struct kernel_op *op)
{
    uint16_t type = nl_msg_nlmsghdr(op->request)->nlmsg_type;
    const struct ifinfomsg *ifi = ofpbuf_at_assert(op->request, NLMSG_HDRLEN,
                                                   sizeof *ifi);

    assert_int_equal(op->removes,
                     type == RTM_DELLINK || type == RTM_DELNEIGH
                     || type == RTM_DELADDR);
    assert_int_equal(op->ifindex, type == RTM_NEWLINK ? ifi->ifi_index : 0);
    assert_int_equal(op->advertise, !strncmp(op->what, "create device oe-",
                                             17));
    assert_int_equal(op->vrf, !strncmp(op->what, "create device vpc-", 18));
}

/* Does what 'plan' asks for, and tells of it, as the kernel would. */
void
kernel_script_execute(struct kernel_script *ks,
                      const struct kernel_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        const struct ofpbuf *request = plan->ops[i].request;
        uint16_t type = nl_msg_nlmsghdr(request)->nlmsg_type;

        check_op(&plan->ops[i]);
        if (type == RTM_NEWLINK || type == RTM_DELLINK) {
            execute_link(ks, request);
        } else if (type == RTM_NEWADDR || type == RTM_DELADDR) {
            struct nl_addr a;

            assert_int_equal(nl_addr_parse(request, &a), 0);
            kernel_put_addr(ks->k, &a, &ks->m, &ks->dirty);
        } else {
            execute_neigh(ks, request);
        }
    }
}

static void
do_plan(struct kernel_script *ks, const struct svec *words, bool apply)
{
    struct owner owner = owner_of(words);
    bool more = true;

    for (int i = 0; more; i++) {
        struct kernel_plan plan;

        assert_true(i < 20);
        kernel_script_plan(ks, &owner, &plan);
        log_plan(ks, &plan);
        more = apply && plan.n_ops;
        if (more) {
            kernel_script_execute(ks, &plan);
        }
        kernel_plan_uninit(&plan);
    }
}

static void
do_orphan(struct kernel_script *ks, const struct svec *words)
{
    const char *mac_s = script_value(words, "mac");
    struct eth_addr mac = mac_s ? script_parse_mac(mac_s) : eth_addr_zero;
    struct in6_addr ip = script_value_ip(words, "ip");
    struct kernel_plan plan;

    kernel_plan_init(&plan);
    kernel_plan_orphan(ks->k, script_u32(words, 1), mac_s ? &mac : NULL,
                       ipv6_addr_is_set(&ip) ? &ip : NULL, &plan);
    log_plan(ks, &plan);
    kernel_script_execute(ks, &plan);
    kernel_plan_uninit(&plan);
}

static void
do_flap(struct kernel_script *ks, const struct svec *words)
{
    struct kernel_plan plan;

    kernel_plan_init(&plan);
    kernel_plan_flap(ks->k, script_u32(words, 1), &plan);
    log_plan(ks, &plan);
    kernel_plan_uninit(&plan);
}

/* Tells zebra of an address again. */
static void
do_tell(struct kernel_script *ks, const struct svec *words)
{
    uint32_t vni = script_u32(words, 1);
    struct in6_addr ip = script_parse_ip(script_word(words, 2));
    struct kernel_plan plan;

    kernel_plan_init(&plan);
    kernel_plan_tell_addr(ks->k, vni, kernel_addr(ks->k, vni, &ip), &plan);
    log_plan(ks, &plan);
    kernel_script_execute(ks, &plan);
    kernel_plan_uninit(&plan);
}

static void
do_where(struct kernel_script *ks, const struct svec *words)
{
    static const char *const names[] = {
        [KFDB_NONE] = "nowhere",
        [KFDB_OURS] = "ours",
        [KFDB_REMOTE] = "remote",
        [KFDB_OTHER] = "other",
    };

    ds_put_format(&ks->log, "%s\n",
                  names[kernel_fdb(ks->k, script_u32(words, 1),
                                   script_mac(words, 2))]);
}

static bool
do_event(struct kernel_script *ks, const struct svec *words)
{
    const char *what = script_word(words, 0);
    struct event event = {
        .deleted = what[0] == '-', .dumped = what[0] == '='
    };

    if (!strchr("+-=", what[0])) {
        return false;
    } else if (!strcmp(what + 1, "link")) {
        do_link(ks, words, event);
    } else if (!strcmp(what + 1, "net")) {
        do_net(ks, words, event);
    } else if (!strcmp(what + 1, "fdb")) {
        do_fdb(ks, words, event);
    } else if (!strcmp(what + 1, "self")) {
        do_self(ks, words, event, script_mac(words, 2), 3);
    } else if (!strcmp(what + 1, "flood")) {
        do_self(ks, words, event, eth_addr_zero, 2);
    } else if (!strcmp(what + 1, "neigh")) {
        do_kneigh(ks, words, event);
    } else if (!strcmp(what + 1, "route")) {
        do_route(ks, words, event);
    } else if (!strcmp(what + 1, "addr")) {
        do_addr(ks, words, event);
    } else if (!strcmp(what + 1, "hop") || !strcmp(what + 1, "hops")) {
        do_hop(ks, words, event, !strcmp(what + 1, "hops"));
    } else {
        fail_msg("%s: unknown word in script", what);
    }
    return true;
}

static void
do_line(void *ks_, const struct svec *words)
{
    const char *what = script_word(words, 0);
    struct kernel_script *ks = ks_;

    if (do_event(ks, words)) {
        return;
    } else if (!strcmp(what, "read")) {
        kernel_read_begin(ks->k, table_of(words));
    } else if (!strcmp(what, "end") || !strcmp(what, "fail")) {
        do_read_end(ks, words, !strcmp(what, "end"));
    } else if (!strcmp(what, "mark")) {
        ks->mark = kernel_stale_mark(ks->k);
    } else if (!strcmp(what, "drop")) {
        kernel_drop_stale(ks->k, ks->mark, &ks->m);
    } else if (!strcmp(what, "clear")) {
        owner_set_clear(&ks->dirty);
    } else if (!strcmp(what, "has")) {
        ds_put_format(&ks->log, "%s\n",
                      kernel_link_by_name(ks->k, script_word(words, 1))
                      ? "yes" : "no");
    } else if (!strcmp(what, "where")) {
        do_where(ks, words);
    } else if (!strcmp(what, "no-vrf")) {
        ks->no_vrf = true;
    } else if (!strcmp(what, "fence")) {
        ks->fenced = !script_has(words, "off");
    } else if (!strcmp(what, "plan") || !strcmp(what, "apply")) {
        do_plan(ks, words, !strcmp(what, "apply"));
    } else if (!strcmp(what, "orphan")) {
        do_orphan(ks, words);
    } else if (!strcmp(what, "flap")) {
        do_flap(ks, words);
    } else if (!strcmp(what, "tell")) {
        do_tell(ks, words);
    } else if (!strcmp(what, "addressed")) {
        uint32_t vni;

        while (kernel_pop_addressed(ks->k, &vni)) {
            ds_put_format(&ks->log, "addressed %"PRIu32"\n", vni);
        }
    } else {
        model_script_line(&ks->m, words);
    }
}

/* Does what 'script' says. */
void
kernel_script_run(struct kernel_script *ks, const char *script)
{
    script_run(script, do_line, ks);
}

/* See kernel-script.h. */
void
kernel_script_dump(const struct kernel_script *ks, struct ds *s)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct owner_node *node;
    const char *line;
    size_t i;

    ds_put_cstr(s, ds_cstr_ro(&ks->log));
    model_script_dump(&ks->m, s);
    LIST_FOR_EACH (node, queue_node, &ks->dirty.queue) {
        struct ds name = DS_EMPTY_INITIALIZER;

        owner_format(&node->owner, &name);
        svec_add_nocopy(&lines, ds_steal_cstr(&name));
    }
    svec_sort(&lines);
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_format(s, "dirty %s\n", line);
    }
    svec_destroy(&lines);
    if (kernel_n_stale(ks->k)) {
        ds_put_format(s, "%"PRIuSIZE" stale\n", kernel_n_stale(ks->k));
    }
}
