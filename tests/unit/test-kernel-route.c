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
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-msg.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/show-model.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/kernel-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

#define DEVICES "+link 91 vpc-9 vrf table=1862270985 ours up\n" \
    "+link 92 brl3-9 bridge master=vpc-9 ours up\n" \
    "+link 51 brvx-5 bridge master=vpc-9 ours up\n"
#define VPC "host vtep=192.0.2.1 tunnel=100\nvpc v 9\n" \
    "network blue 5 vpc=v 10.0.0.1/24\n" \
    "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\nrun\n"DEVICES"clear\n"

static const struct {
    const char *name;           /* The situation. */
    const char *script;         /* See kernel-script.h. */
    const char *expected;       /* What kernel_script_dump() says. */
} cases[] = {
    { "a route by a VTEP",
      DEVICES"clear\n+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n" },
    { "an IPv6 route, by the same", DEVICES"clear\n"
      "+route 9 2001:db8::/32 192.0.2.2@brl3-9\n",
      "route 9 2001:db8::/32 l3/9/192.0.2.2\n" },
    { "several next hops", DEVICES"clear\n"
      "+route 9 0.0.0.0/0 192.0.2.3@brl3-9 192.0.2.2@brl3-9\n",
      "route 9 ::ffff:0.0.0.0/96 l3/9/192.0.2.2 l3/9/192.0.2.3\n" },
    { "a next-hop object", DEVICES"clear\n+hop 7 192.0.2.2 dev=brl3-9\n"
      "+route 9 10.1.0.0/16 nhid=7\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n" },
    { "a group of them, which changes", DEVICES"clear\n"
      "+hop 7 192.0.2.2 dev=brl3-9\n+hop 8 192.0.2.3 dev=brl3-9\n"
      "+hops 9 7 8 route\n+route 9 10.1.0.0/16 nhid=9\n"
      "+route 9 10.2.0.0/16 nhid=9\n+hops 9 8 route\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.3\n"
      "route 9 10.2.0.0/112 l3/9/192.0.2.3\n" },
    { "a member that changes", DEVICES"clear\n"
      "+hop 7 192.0.2.2 dev=brl3-9\n+hops 9 7 route\n"
      "+route 9 10.1.0.0/16 nhid=9\n+hop 7 192.0.2.4 dev=brl3-9\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.4\n" },
    { "a next-hop object that is not known: the route says it too",
      DEVICES"clear\n+route 9 10.1.0.0/16 nhid=7 192.0.2.2@brl3-9\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n" },
    { "with it go its routes, once bgpd is known to live",
      DEVICES"clear\n+hop 7 192.0.2.2 dev=brl3-9\n"
      "+route 9 10.1.0.0/16 nhid=7\n-hop 7\nmark\ndrop\n", "" },
    { "into a network, by a neighbor and without",
      DEVICES"clear\n+route 9 10.1.0.0/16 10.0.0.7@brvx-5\n"
      "+route 9 10.2.0.0/16 @brvx-5\n",
      "route 9 10.1.0.0/112 5/10.0.0.7\nroute 9 10.2.0.0/112 5/::\n" },
    { "a blackhole", DEVICES"clear\n+route 9 10.1.0.0/16 blackhole\n",
      "route 9 10.1.0.0/112\n" },
    { "a route to a device of others", DEVICES"+link 7 eth0 dummy up\nclear\n"
      "+route 9 10.1.0.0/16 10.9.9.9@eth0\n", "" },
    { "one hop of it leads to one of ours",
      DEVICES"+link 7 eth0 dummy up\nclear\n"
      "+route 9 10.1.0.0/16 10.9.9.9@eth0 192.0.2.2@brl3-9\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n" },
    { "another L3VNI's, as leaked routes have it",
      DEVICES"+link 102 brl3-10 bridge ours up\nclear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-10\n",
      "route 9 10.1.0.0/112 l3/10/192.0.2.2\n" },
    { "what the kernel made of addresses is not looked at",
      DEVICES"clear\n+route 9 10.0.0.0/24 @brvx-5 proto=2\n", "" },
    { "a VRF of someone else", "+link 91 vpc-9 vrf table=1862270985 up\n"
      "+link 92 brl3-9 bridge ours up\nclear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n", "" },
    { "the mark comes after the route",
      "+link 91 vpc-9 vrf table=1862270985 up\n"
      "+link 92 brl3-9 bridge ours up\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n"
      "+link 91 vpc-9 vrf table=1862270985 ours up\nclear\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n" },
    { "a withdrawal is held", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n-route 9 10.1.0.0/16\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n1 stale\n" },
    { "until it is believed", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n-route 9 10.1.0.0/16\n"
      "mark\ndrop\n", "" },
    { "unless it comes again", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n-route 9 10.1.0.0/16\n"
      "+route 9 10.1.0.0/16 192.0.2.3@brl3-9\nmark\ndrop\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.3\n" },
    { "the lowest metric counts, whatever comes first", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9 metric=20\n"
      "+route 9 10.1.0.0/16 192.0.2.3@brl3-9 metric=10\n"
      "+route 9 10.1.0.0/16 192.0.2.4@brl3-9 metric=30\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.3\n" },
    { "then the next one", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9 metric=20\n"
      "+route 9 10.1.0.0/16 192.0.2.3@brl3-9 metric=10\n"
      "-route 9 10.1.0.0/16 metric=10\nmark\ndrop\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.2\n" },
    { "one that was held goes, another one is there", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9 metric=20\n"
      "-route 9 10.1.0.0/16 metric=20\n"
      "+route 9 10.1.0.0/16 192.0.2.3@brl3-9 metric=30\nmark\ndrop\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.3\n" },
    { "the VRF goes, and its routes", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n-link vpc-9\nclear\n"
      "mark\ndrop\n", "" },
    { "a full read tells what was lost", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n"
      "+route 9 10.2.0.0/16 192.0.2.2@brl3-9\n"
      "read routes\n=route 9 10.2.0.0/16 192.0.2.2@brl3-9\nend routes\n"
      "read routes\n=route 9 10.2.0.0/16 192.0.2.2@brl3-9\n"
      "=route 9 10.3.0.0/16 192.0.2.2@brl3-9\nend routes\nmark\ndrop\n",
      "read again\nroute 9 10.2.0.0/112 l3/9/192.0.2.2\n"
      "route 9 10.3.0.0/112 l3/9/192.0.2.2\n" },
    { "a dump that is older than a notification", DEVICES"clear\n"
      "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\nread routes\n"
      "+route 9 10.1.0.0/16 192.0.2.3@brl3-9\n"
      "=route 9 10.1.0.0/16 192.0.2.2@brl3-9\nend routes\n",
      "route 9 10.1.0.0/112 l3/9/192.0.2.3\n" },

    /* Router MACs. */
    { "a router MAC", DEVICES"clear\n+neigh brl3-9 192.0.2.2 "A" zebra\n",
      "router-mac 9 192.0.2.2 "A"\n" },
    { "another one of the same VTEP", DEVICES"clear\n"
      "+neigh brl3-9 192.0.2.2 "A" zebra\n"
      "+neigh brl3-9 192.0.2.2 "B" zebra\n",
      "router-mac 9 192.0.2.2 "B"\n" },
    { "what is not zebra's", DEVICES"clear\n+neigh brl3-9 192.0.2.2 "A"\n",
      "" },
    { "it is held, until that is believed", DEVICES"clear\n"
      "+neigh brl3-9 192.0.2.2 "A" zebra\n"
      "+neigh brl3-9 192.0.2.3 "A" zebra\n"
      "-neigh brl3-9 192.0.2.2\nmark\n-neigh brl3-9 192.0.2.3\ndrop\n",
      "router-mac 9 192.0.2.3 "A"\n1 stale\n" },
    { "a full read misses it twice", DEVICES"clear\n"
      "+neigh brl3-9 192.0.2.2 "A" zebra\nread neighs\nend neighs\n"
      "read neighs\nend neighs\nmark\ndrop\n", "read again\n" },
    { "the bridge goes", DEVICES"clear\n"
      "+neigh brl3-9 192.0.2.2 "A" zebra\n-link brl3-9\nclear\nmark\ndrop\n",
      "" },
};

static void
test_messages_become_facts(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct kernel_script ks;

        kernel_script_init(&ks);
        kernel_script_run(&ks, cases[i].script);
        kernel_script_dump(&ks, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
        kernel_script_uninit(&ks);
    }
}

static const struct {
    const char *name;
    const char *before, *change;
    const char *expected;       /* Dirty owners of the model. */
} dirty_cases[] = {
    { "a route comes", VPC, "+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n",
      "route/9/10.1.0.0/16 " },
    { "it comes again as it is",
      VPC"+route 9 10.1.0.0/16 192.0.2.2@brl3-9 192.0.2.3@brl3-9\n",
      "+route 9 10.1.0.0/16 192.0.2.3@brl3-9 192.0.2.2@brl3-9\n", "" },
    { "it loses a next hop",
      VPC"+route 9 ::/0 192.0.2.2@brl3-9 192.0.2.3@brl3-9\n",
      "+route 9 ::/0 192.0.2.3@brl3-9\n", "hops/3354761 route/9/::/0 " },
    { "a router MAC changes",
      VPC"+neigh brl3-9 192.0.2.2 "A" zebra\n",
      "+neigh brl3-9 192.0.2.2 "B" zebra\n",
      "router-mac/9/192.0.2.2 " },
    { "it is told again for IPv6",
      VPC"+neigh brl3-9 192.0.2.2 "A" zebra\n",
      "+neigh brl3-9 192.0.2.2 "A" zebra\n", "" },
    { "the VPC's last port goes",
      VPC"+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n"
      "+neigh brl3-9 192.0.2.2 "A" zebra\n",
      "del-iface v1\nrun\n",
      "local-mac/5/"A" network/5 port/gone route/9/10.1.0.0/16 "
      "router-mac/9/192.0.2.2 vpc/9 " },
    { "its network gets another gateway: not all is new",
      VPC"+route 9 10.1.0.0/16 192.0.2.2@brl3-9\n",
      "network blue 5 vpc=v 10.0.0.2/24\nrun\n",
      "network/5 port/gone vpc/9 " },
};

static void
add_owner(struct svec *names, const struct owner *owner)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (owner->kind == OWNER_PORT) {
        ds_put_cstr(&s, "port/gone");
    } else {
        owner_format(owner, &s);
    }
    svec_add_nocopy(names, ds_steal_cstr(&s));
}

static void
test_a_change_makes_dirty_what_follows_from_it(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(dirty_cases); i++) {
        struct svec names = SVEC_EMPTY_INITIALIZER;
        struct kernel_script ks;
        struct owner owner;
        char *got;

        kernel_script_init(&ks);
        kernel_script_run(&ks, dirty_cases[i].before);
        owner_set_clear(&ks.m.dirty);
        kernel_script_run(&ks, dirty_cases[i].change);
        while (owner_set_pop(&ks.m.dirty, &owner)) {
            add_owner(&names, &owner);
        }
        svec_sort(&names);
        got = svec_join(&names, " ", names.n ? " " : "");
        script_check(dirty_cases[i].name, dirty_cases[i].expected, got);
        free(got);
        svec_destroy(&names);
        kernel_script_uninit(&ks);
    }
}

static void
test_routes_are_shown(void **state OVS_UNUSED)
{
    struct kernel_script ks;
    char *text;

    kernel_script_init(&ks);
    kernel_script_run(&ks, VPC
        "vpc w 12\nrun\n"
        "+route 9 0.0.0.0/0 192.0.2.3@brl3-9 192.0.2.2@brl3-9\n"
        "+neigh brl3-9 192.0.2.2 "B" zebra\n"
        "+route 9 10.1.0.0/16 10.0.0.7@brvx-5\n"
        "+route 9 10.2.0.0/16 blackhole\n");
    text = show_routes(&ks.m, 0, false);
    script_check("all",
        "vpc prefix      next_hop          vni router_mac\n"
        "--- ----------- ----------------- --- -----------------\n"
        "v   0.0.0.0/0   VTEP 192.0.2.2    9   52:54:00:00:00:0b\n"
        "v   0.0.0.0/0   VTEP 192.0.2.3    9   unknown\n"
        "v   10.0.0.0/24 network blue      5\n"
        "v   10.1.0.0/16 neighbor 10.0.0.7 5\n"
        "v   10.2.0.0/16 dropped           0\n", text);
    free(text);
    text = show_routes(&ks.m, 12, true);
    script_check("none", "[]", text);
    free(text);
    kernel_script_uninit(&ks);
}

/* Messages, as bytes. */

static void
put_route(struct ofpbuf *b, uint8_t family, uint8_t plen, uint8_t type)
{
    struct rtmsg *rtm;

    nl_msg_put_nlmsghdr(b, sizeof *rtm, RTM_NEWROUTE, 0);
    rtm = nl_msg_put_uninit(b, sizeof *rtm);
    memset(rtm, 0, sizeof *rtm);
    rtm->rtm_family = family;
    rtm->rtm_dst_len = plen;
    rtm->rtm_type = type;
    rtm->rtm_table = RT_TABLE_MAIN;
}

static int
parse(struct ofpbuf *b, struct nl_route *route)
{
    nl_msg_nlmsghdr(b)->nlmsg_len = b->size;
    return nl_route_parse(b, route);
}

static void
put_hop(struct ofpbuf *b, int ifindex, ovs_be32 gateway)
{
    size_t start = b->size;
    struct rtnexthop *rtnh = nl_msg_put_uninit(b, sizeof *rtnh);

    memset(rtnh, 0, sizeof *rtnh);
    rtnh->rtnh_ifindex = ifindex;
    nl_msg_put_be32(b, RTA_GATEWAY, gateway);
    rtnh = ofpbuf_at_assert(b, start, sizeof *rtnh);
    rtnh->rtnh_len = b->size - start;
}

static void
test_routes_are_parsed(void **state OVS_UNUSED)
{
    struct nl_route route;
    struct ofpbuf b;
    size_t start;

    ofpbuf_init(&b, 0);
    put_route(&b, AF_INET, 16, RTN_UNICAST);
    nl_msg_put_be32(&b, RTA_DST, htonl(0x0a01ffff));
    nl_msg_put_u32(&b, RTA_TABLE, KERNEL_VRF_TABLE(9));
    nl_msg_put_u32(&b, RTA_PRIORITY, 20);
    nl_msg_put_u32(&b, RTA_NH_ID, 7);
    start = nl_msg_start_nested(&b, RTA_MULTIPATH);
    put_hop(&b, 3, htonl(0xc0000202));
    put_hop(&b, 4, htonl(0xc0000203));
    nl_msg_end_nested(&b, start);
    assert_int_equal(parse(&b, &route), 0);
    assert_int_equal(route.table, 0x6f000009);
    assert_int_equal(route.plen, 112);
    assert_string_equal(script_ip_string(&route.prefix), "10.1.0.0");
    assert_int_equal(route.priority, 20);
    assert_int_equal(route.nhid, 7);
    assert_int_equal(route.n_hops, 2);
    assert_int_equal(route.hops[1].ifindex, 4);
    assert_string_equal(script_ip_string(&route.hops[1].gateway),
                        "192.0.2.3");

    /* Cut at any place it makes no sense, or is another route. */
    for (size_t size = 0; size < b.size; size++) {
        struct ofpbuf cut;

        ofpbuf_init(&cut, size);
        ofpbuf_put(&cut, b.data, size);
        if (size >= NLMSG_HDRLEN) {
            parse(&cut, &route);
        } else {
            assert_int_equal(nl_route_parse(&cut, &route), EPROTO);
        }
        ofpbuf_uninit(&cut);
    }
    ofpbuf_clear(&b);

    put_route(&b, AF_INET6, 0, RTN_UNICAST);
    nl_msg_put_u32(&b, RTA_OIF, 5);
    assert_int_equal(parse(&b, &route), 0);
    assert_int_equal(route.table, RT_TABLE_MAIN);
    assert_int_equal(route.plen, 0);
    assert_int_equal(route.n_hops, 1);
    assert_int_equal(route.hops[0].ifindex, 5);
    ofpbuf_clear(&b);

    put_route(&b, AF_INET, 0, RTN_BLACKHOLE);
    assert_int_equal(parse(&b, &route), 0);
    assert_int_equal(route.plen, 96);
    assert_int_equal(route.n_hops, 0);
    ofpbuf_clear(&b);

    put_route(&b, AF_INET, 33, RTN_UNICAST);
    nl_msg_put_be32(&b, RTA_DST, htonl(0x0a010000));
    assert_int_equal(parse(&b, &route), EPROTO);
    ofpbuf_clear(&b);

    put_route(&b, AF_INET, 32, RTN_LOCAL);
    assert_int_equal(parse(&b, &route), EOPNOTSUPP);
    ofpbuf_uninit(&b);
}

/* What a host asks for is what it gets the answer for: as a route of the
 * table, not of the cache. */
static void
test_a_route_is_asked_for(void **state OVS_UNUSED)
{
    static const char *const ips[] = { "192.0.2.1", "2001:db8::1" };

    for (size_t i = 0; i < ARRAY_SIZE(ips); i++) {
        struct in6_addr ip = script_parse_ip(ips[i]);
        const struct nlmsghdr *nlh;
        struct nl_route route;
        struct rtmsg *rtm;
        struct ofpbuf b;

        ofpbuf_init(&b, 0);
        nl_route_format_get(&ip, &b);
        nlh = nl_msg_nlmsghdr(&b);
        rtm = ofpbuf_at_assert(&b, NLMSG_HDRLEN, sizeof *rtm);
        assert_int_equal(nlh->nlmsg_type, RTM_GETROUTE);
        assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST);
        assert_int_equal(rtm->rtm_flags, RTM_F_FIB_MATCH);

        nl_msg_nlmsghdr(&b)->nlmsg_type = RTM_NEWROUTE;
        rtm->rtm_type = RTN_UNICAST;
        assert_int_equal(nl_route_parse(&b, &route), 0);
        assert_true(ipv6_addr_equals(&route.prefix, &ip));
        assert_int_equal(route.plen, 128);
        ofpbuf_uninit(&b);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_become_facts),
        cmocka_unit_test(test_a_change_makes_dirty_what_follows_from_it),
        cmocka_unit_test(test_routes_are_shown),
        cmocka_unit_test(test_routes_are_parsed),
        cmocka_unit_test(test_a_route_is_asked_for),
    };

    return cmocka_run_group_tests_name("kernel-route", tests, NULL, NULL);
}
