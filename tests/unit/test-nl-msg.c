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
#include <inttypes.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "evpn-bridge/nl-msg.h"
#include "netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "tests/unit/nl-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"

static const struct {
    const char *name;           /* The situation. */
    const char *message;        /* See nl-script.h. */
    const char *expected;       /* What parse_and_format() says. */
} cases[] = {
    { "a bridge",
      "newlink index=5 flags=1 name=brvx-5 mtu=1500 dev-group=9 address="A" "
      "alias=ovs-ext linkinfo{ kind=bridge data{ mcast-snooping=0 } } "
      "af-spec{ inet{ raw=1:00 } inet6{ addr-gen-mode=1 } }",
      "link 5 brvx-5 flags=1 mtu=1500 group=9 mac="A" kind=bridge "
      "alias=ovs-ext gen=1" },
    { "a vxlan device, a port of a bridge that does nothing by itself",
      "newlink index=6 flags=0x1043 name=vxlan5 mtu=1450 master=5 "
      "linkinfo{ kind=vxlan data{ id=5 local=192.0.2.1 vxlan-learning=0 "
      "port=4790 external=0 } slave-kind=bridge slave-data{ learning=0 "
      "flood=0 mcast-flood=0 bcast-flood=0 } } "
      "af-spec{ inet6{ addr-gen-mode=1 } }",
      "link 6 vxlan5 flags=1043 master=5 mtu=1450 kind=vxlan vni=5 port=4790 "
      "local=192.0.2.1 brport gen=1" },
    { "the same as the kernel makes it by itself",
      "newlink index=6 name=vxlan5 master=5 "
      "linkinfo{ kind=vxlan data{ id=5 local=192.0.2.1 vxlan-learning=1 "
      "port=4789 } slave-kind=bridge slave-data{ learning=1 flood=1 "
      "mcast-flood=1 bcast-flood=1 } } "
      "af-spec{ inet6{ addr-gen-mode=0 } }",
      "link 6 vxlan5 flags=0 master=5 kind=vxlan vni=5 learns port=4789 "
      "local=192.0.2.1 brport learning flood mcast_flood bcast_flood gen=0" },
    { "a tap, isolated in its bridge",
      "newlink index=9 name=vnet3 master=5 linkinfo{ kind=tun "
      "slave-kind=bridge slave-data{ isolated=1 } }",
      "link 9 vnet3 flags=0 master=5 kind=tun brport isolated gen=1" },
    { "a vxlan device with an IPv6 address",
      "newlink index=6 name=vxlan5 linkinfo{ kind=vxlan data{ id=16777215 "
      "local6=2001:db8::1 port=4790 } }",
      "link 6 vxlan5 flags=0 kind=vxlan vni=16777215 port=4790 "
      "local=2001:db8::1 gen=1" },
    { "a vxlan device with an address of either family",
      "newlink index=6 name=vxlan5 linkinfo{ kind=vxlan data{ id=5 "
      "local=0.0.0.0 local6=2001:db8::1 } }",
      "link 6 vxlan5 flags=0 kind=vxlan vni=5 local=2001:db8::1 gen=1" },
    { "a vxlan device without an address",
      "newlink index=6 name=vxlan5 linkinfo{ kind=vxlan data{ id=5 } }",
      "link 6 vxlan5 flags=0 kind=vxlan vni=5 gen=1" },
    { "an external vxlan device: its VNI is none",
      "newlink index=6 name=vxlan_sys_4789 linkinfo{ kind=vxlan data{ id=5 "
      "port=4789 external=1 } }",
      "link 6 vxlan_sys_4789 flags=0 kind=vxlan external port=4789 gen=1" },
    { "a port of a bond is none of a bridge",
      "newlink index=7 name=eth0 master=9 linkinfo{ slave-kind=bond "
      "slave-data{ learning=1 } }",
      "link 7 eth0 flags=0 master=9 gen=1" },
    { "data of another kind is not looked at",
      "newlink index=7 name=oe-5 linkinfo{ kind=veth data{ raw=1:00 } }",
      "link 7 oe-5 flags=0 kind=veth gen=1" },
    { "a link without anything; its address is no MAC",
      "newlink index=8 name=lo raw=1:0102030405060708",
      "link 8 lo flags=0 gen=1" },
    { "a long alias is cut",
      "newlink index=8 name=x "
      "alias=0123456789012345678901234567890123456789012345678901234567890123",
      "link 8 x flags=0 alias=0123456789012345678901234567890123456789012345"
      "67890123456789012 gen=1" },
    { "a link that is gone", "dellink index=8 name=x",
      "deleted link 8 x flags=0 gen=1" },
    { "a link in a dump", "newlink dumped index=8 name=x",
      "dumped link 8 x flags=0 gen=1" },
    { "a bridge's message about its port is not about the link",
      "newlink family=bridge index=8 name=x", "EOPNOTSUPP" },
    { "a link without a name", "newlink index=8 mtu=1500", "EPROTO" },
    { "a name that does not end", "newlink index=8 raw=3:6161", "EPROTO" },
    { "an MTU of two bytes", "newlink index=8 name=x raw=4:0102", "EPROTO" },
    { "a VNI of two bytes",
      "newlink index=8 name=x linkinfo{ kind=vxlan data{ raw=1:0102 } }",
      "EPROTO" },
    { "a learning setting of four bytes",
      "newlink index=8 name=x linkinfo{ slave-kind=bridge slave-data{ "
      "raw=8:01020304 } }", "EPROTO" },
    { "an IPv6 setting of two bytes",
      "newlink index=8 name=x af-spec{ inet6{ raw=8:0102 } }", "EPROTO" },
    { "link information that is no attributes",
      "newlink index=8 name=x raw=18:0203", "EPROTO" },
    { "an address", "newaddr", "EOPNOTSUPP" },

    { "a MAC behind a bridge's port",
      "newneigh family=bridge index=7 state=0x40 flags=4 lladdr="A" bridge=5",
      "fdb 7 "A" master=5 state=40 flags=4" },
    { "the same in a VLAN",
      "newneigh family=bridge index=7 state=0x40 lladdr="A" bridge=5 vlan=1",
      "fdb 7 "A" master=5 state=40 flags=0 vlan=1" },
    { "a MAC behind a VTEP",
      "newneigh family=bridge index=6 state=2 flags=0x12 lladdr="A" "
      "dst=192.0.2.2", "fdb 6 "A" state=2 flags=12 dst=192.0.2.2" },
    { "a MAC behind an IPv6 VTEP",
      "newneigh family=bridge index=6 state=2 flags=0x12 lladdr="A" "
      "dst=2001:db8::2", "fdb 6 "A" state=2 flags=12 dst=2001:db8::2" },
    { "a MAC behind a next-hop group",
      "newneigh family=bridge index=6 state=2 flags=0x12 lladdr="A" "
      "nhid=0x20000001", "fdb 6 "A" state=2 flags=12 nhid=536870913" },
    { "a flood entry",
      "newneigh family=bridge index=6 state=0xc0 flags=2 "
      "lladdr=00:00:00:00:00:00 dst=192.0.2.2",
      "fdb 6 00:00:00:00:00:00 state=c0 flags=2 dst=192.0.2.2" },
    { "an FDB entry that is gone",
      "delneigh family=bridge index=7 lladdr="A" bridge=5",
      "deleted fdb 7 "A" master=5 state=0 flags=0" },
    { "an FDB entry without a MAC", "newneigh family=bridge index=7 bridge=5",
      "EPROTO" },
    { "an FDB entry with a MAC of four bytes",
      "newneigh family=bridge index=7 raw=2:01020304", "EPROTO" },
    { "an FDB entry with a VTEP of five bytes",
      "newneigh family=bridge index=7 lladdr="A" raw=1:0102030405",
      "EPROTO" },
    { "a neighbour of ours",
      "newneigh pid=4711 family=inet index=5 state=0x80 dst=10.0.0.1 "
      "lladdr="A" protocol=200",
      "neigh 5 10.0.0.1 "A" state=80 flags=0 protocol=200 pid=4711" },
    { "a neighbour of zebra's, a router",
      "newneigh dumped family=inet6 index=5 state=0x40 flags=0x90 "
      "dst=2001:db8::7 lladdr="A" protocol=11",
      "dumped neigh 5 2001:db8::7 "A" state=40 flags=90 protocol=11" },
    { "a neighbour that failed",
      "newneigh family=inet index=5 state=0x20 dst=10.0.0.1",
      "neigh 5 10.0.0.1 - state=20 flags=0" },
    { "a neighbour that is gone",
      "delneigh family=inet index=5 state=0x20 dst=10.0.0.1 lladdr="A,
      "deleted neigh 5 10.0.0.1 "A" state=20 flags=0" },
    { "a neighbour without an address",
      "newneigh family=inet index=5 lladdr="A, "EPROTO" },
    { "a neighbour of another family",
      "newneigh family=9 index=5 lladdr="A, "EOPNOTSUPP" },
    { "a neighbour with a protocol of four bytes",
      "newneigh family=inet index=5 dst=10.0.0.1 raw=12:01020304",
      "EPROTO" },

    { "a next hop for FDB entries",
      "newnexthop family=inet nh-id=0x10000001 gateway=192.0.2.2 fdb",
      "nexthop 268435457 fdb gateway=192.0.2.2" },
    { "an IPv6 one",
      "newnexthop dumped family=inet6 nh-id=7 gateway=2001:db8::2 fdb",
      "dumped nexthop 7 fdb gateway=2001:db8::2" },
    { "a group of next hops",
      "newnexthop nh-id=0x20000001 group=268435457,268435458 fdb",
      "nexthop 536870913 fdb group=268435457,268435458" },
    { "a next hop of a route",
      "newnexthop family=inet nh-id=9 gateway=192.0.2.2 oif=3",
      "nexthop 9 gateway=192.0.2.2" },
    { "a next hop that is gone", "delnexthop nh-id=9", "deleted nexthop 9" },
    { "a next hop without an id", "newnexthop gateway=192.0.2.2 fdb",
      "EPROTO" },
    { "a next hop with a gateway of two bytes",
      "newnexthop nh-id=9 raw=6:0102", "EPROTO" },
    { "a group with half a member", "newnexthop nh-id=9 raw=2:01000000",
      "nexthop 9" },
    { "a group of 65",
      "newnexthop nh-id=9 group=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
      "18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,"
      "41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,"
      "64,65", "EPROTO" },
};

static void
format_flag(struct ds *s, bool flag, const char *name)
{
    if (flag) {
        ds_put_format(s, " %s", name);
    }
}

static void
format_u32(struct ds *s, const char *name, uint32_t value)
{
    if (value) {
        ds_put_format(s, " %s=%"PRIu32, name, value);
    }
}

static void
format_ip(struct ds *s, const char *name, const struct in6_addr *ip)
{
    if (ipv6_addr_is_set(ip)) {
        ds_put_format(s, " %s=%s", name, script_ip_string(ip));
    }
}

static void
format_string(struct ds *s, const char *name, const char *value)
{
    if (value[0]) {
        ds_put_format(s, " %s=%s", name, value);
    }
}

static void
format_event(struct ds *s, bool deleted, bool dumped)
{
    ds_put_cstr(s, deleted ? "deleted " : dumped ? "dumped " : "");
}

static void
format_link(struct ds *s, const struct nl_link *l)
{
    format_event(s, l->deleted, l->dumped);
    ds_put_format(s, "link %d %s flags=%"PRIx32, l->ifindex, l->name,
                  l->flags);
    format_u32(s, "master", l->master);
    format_u32(s, "mtu", l->mtu);
    format_u32(s, "group", l->group);
    if (!eth_addr_is_zero(l->mac)) {
        ds_put_format(s, " mac="ETH_ADDR_FMT, ETH_ADDR_ARGS(l->mac));
    }
    format_string(s, "kind", l->kind);
    format_string(s, "alias", l->alias);
    format_u32(s, "vni", l->vni);
    format_flag(s, l->external, "external");
    format_flag(s, l->vxlan_learning, "learns");
    format_u32(s, "port", l->dst_port);
    format_ip(s, "local", &l->local);
    format_flag(s, l->is_brport, "brport");
    format_flag(s, l->learning, "learning");
    format_flag(s, l->flood, "flood");
    format_flag(s, l->mcast_flood, "mcast_flood");
    format_flag(s, l->bcast_flood, "bcast_flood");
    format_flag(s, l->isolated, "isolated");
    ds_put_format(s, " gen=%"PRIu8, l->addr_gen_mode);
}

static void
format_neigh(struct ds *s, const struct nl_neigh *n)
{
    format_event(s, n->deleted, n->dumped);
    if (n->family == AF_BRIDGE) {
        ds_put_format(s, "fdb %d", n->ifindex);
    } else {
        ds_put_format(s, "neigh %d %s", n->ifindex, script_ip_string(&n->dst));
    }
    if (n->has_mac) {
        ds_put_format(s, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(n->mac));
    } else {
        ds_put_cstr(s, " -");
    }
    format_u32(s, "master", n->master);
    ds_put_format(s, " state=%"PRIx16" flags=%"PRIx8, n->state, n->flags);
    if (n->family == AF_BRIDGE) {
        format_ip(s, "dst", &n->dst);
    }
    format_u32(s, "nhid", n->nhid);
    format_u32(s, "vlan", n->vlan);
    format_u32(s, "protocol", n->protocol);
    format_u32(s, "pid", n->pid);
}

static void
format_nexthop(struct ds *s, const struct nl_nexthop *nh)
{
    format_event(s, nh->deleted, nh->dumped);
    ds_put_format(s, "nexthop %"PRIu32, nh->id);
    format_flag(s, nh->fdb, "fdb");
    format_ip(s, "gateway", &nh->gateway);
    for (size_t i = 0; i < nh->n_members; i++) {
        ds_put_format(s, "%s%"PRIu32, i ? "," : " group=", nh->members[i]);
    }
}

/* Parses 'msg' as all that it may be.  Appends to 's' what it is, or the
 * error.  At most one kind of message is right for it. */
static void
parse_and_format(const struct ofpbuf *msg, struct ds *s)
{
    struct nl_nexthop nexthop;
    struct nl_neigh neigh;
    struct nl_link link;
    int link_error = nl_link_parse(msg, &link);
    int neigh_error = nl_neigh_parse(msg, &neigh);
    int nexthop_error = nl_nexthop_parse(msg, &nexthop);

    if (!link_error) {
        format_link(s, &link);
    } else if (!neigh_error) {
        format_neigh(s, &neigh);
    } else if (!nexthop_error) {
        format_nexthop(s, &nexthop);
    } else if (link_error == EPROTO || neigh_error == EPROTO
               || nexthop_error == EPROTO) {
        ds_put_cstr(s, "EPROTO");
    } else {
        assert_int_equal(link_error, EOPNOTSUPP);
        assert_int_equal(neigh_error, EOPNOTSUPP);
        assert_int_equal(nexthop_error, EOPNOTSUPP);
        ds_put_cstr(s, "EOPNOTSUPP");
    }
}

static void
test_messages_are_parsed(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct ofpbuf msg;

        ofpbuf_init(&msg, 0);
        nl_script_put(&msg, cases[i].message);
        parse_and_format(&msg, &s);
        if (strcmp(ds_cstr(&s), cases[i].expected)) {
            fail_msg("%s: expected\n%s\n--- got\n%s", cases[i].name,
                     cases[i].expected, ds_cstr(&s));
        }
        ofpbuf_uninit(&msg);
        ds_destroy(&s);
    }
}

/* Parses the 'size' bytes at 'data', which are all that there is, as all
 * kinds of messages: each parser takes or refuses them.  What it takes has
 * strings that end. */
static void
parse_garbage(const void *data, size_t size)
{
    struct ofpbuf msg = ofpbuf_const_initializer(data, size);
    struct nl_nexthop nexthop;
    struct nl_neigh neigh;
    struct nl_link link;
    int error;

    error = nl_link_parse(&msg, &link);
    assert_true(!error || error == EPROTO || error == EOPNOTSUPP);
    if (!error) {
        assert_true(memchr(link.name, '\0', sizeof link.name) != NULL);
        assert_true(memchr(link.kind, '\0', sizeof link.kind) != NULL);
        assert_true(memchr(link.alias, '\0', sizeof link.alias) != NULL);
    }
    error = nl_neigh_parse(&msg, &neigh);
    assert_true(!error || error == EPROTO || error == EOPNOTSUPP);
    error = nl_nexthop_parse(&msg, &nexthop);
    assert_true(!error || error == EPROTO || error == EOPNOTSUPP);
    assert_true(error || nexthop.n_members <= NL_NEXTHOP_MAX);
}

/* Each message, cut anywhere.  The bytes are copied, so that a sanitizer sees
 * a read beyond them. */
static void
test_messages_that_are_cut(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ofpbuf msg;

        ofpbuf_init(&msg, 0);
        nl_script_put(&msg, cases[i].message);
        for (size_t size = 0; size < msg.size; size++) {
            void *copy = xmemdup(msg.data, size);

            parse_garbage(copy, size);
            free(copy);
        }
        ofpbuf_uninit(&msg);
    }
}

/* Each message, with any one byte being any other. */
static void
test_messages_with_one_byte_wrong(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ofpbuf msg;
        uint8_t *copy;

        ofpbuf_init(&msg, 0);
        nl_script_put(&msg, cases[i].message);
        copy = xmemdup(msg.data, msg.size);
        for (size_t j = 0; j < msg.size; j++) {
            for (int k = 1; k < 256; k++) {
                copy[j] ^= k;
                parse_garbage(copy, msg.size);
                copy[j] ^= k;
            }
        }
        free(copy);
        ofpbuf_uninit(&msg);
    }
}

/* Requests.  The socket fills in the length and the sequence number. */

static void
check_request(const char *name, struct ofpbuf *got, const char *expected)
{
    struct ofpbuf b;

    ofpbuf_init(&b, 0);
    nl_script_put(&b, expected);
    if (got->size != b.size || memcmp(got->data, b.data, b.size)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_put_format(&s, "%s: expected\n", name);
        ds_put_hex_dump(&s, b.data, b.size, 0, false);
        ds_put_cstr(&s, "--- got\n");
        ds_put_hex_dump(&s, got->data, got->size, 0, false);
        fail_msg("%s", ds_cstr(&s));
    }
    ofpbuf_uninit(&b);
    ofpbuf_clear(got);
}

static void
test_requests_for_links(void **state OVS_UNUSED)
{
    struct nl_link bridge = { .name = "brvx-5", .kind = "bridge" };
    struct nl_link vxlan = {
        .name = "vxlan5", .kind = "vxlan", .vni = 5, .dst_port = 4790,
        .mtu = 1450, .local = in6_addr_mapped_ipv4(htonl(0xc0000201)),
    };
    struct nl_link dummy = { .name = "oe-5", .kind = "dummy" };
    struct ofpbuf b;

    ofpbuf_init(&b, 0);
    nl_link_format_create(&bridge, &b);
    check_request("bridge", &b, "newlink nlflags=0x605 name=brvx-5 "
                  "dev-group=28517 "
                  "linkinfo{ kind=bridge data{ mcast-snooping=0 } }");
    nl_link_format_create(&vxlan, &b);
    check_request("vxlan", &b, "newlink nlflags=0x605 name=vxlan5 "
                  "dev-group=28517 mtu=1450 "
                  "linkinfo{ kind=vxlan data{ id=5 vxlan-learning=0 "
                  "port=4790 local=192.0.2.1 } }");
    ipv6_parse("2001:db8::1", &vxlan.local);
    nl_link_format_create(&vxlan, &b);
    check_request("vxlan6", &b, "newlink nlflags=0x605 name=vxlan5 "
                  "dev-group=28517 mtu=1450 "
                  "linkinfo{ kind=vxlan data{ id=5 vxlan-learning=0 "
                  "port=4790 local6=2001:db8::1 } }");
    nl_link_format_create(&dummy, &b);
    check_request("dummy", &b, "newlink nlflags=0x605 name=oe-5 "
                  "dev-group=28517 linkinfo{ kind=dummy }");

    nl_link_format_set(7, 5, &b);
    check_request("set", &b, "newlink nlflags=5 index=7 alias=ovs-ext "
                  "master=5 af-spec{ inet6{ addr-gen-mode=1 } }");
    nl_link_format_set(5, 0, &b);
    check_request("set without master", &b, "newlink nlflags=5 index=5 "
                  "alias=ovs-ext af-spec{ inet6{ addr-gen-mode=1 } }");
    nl_link_format_brport(7, &b);
    check_request("brport", &b, "newlink nlflags=5 index=7 "
                  "linkinfo{ slave-kind=bridge slave-data{ learning=0 "
                  "flood=0 mcast-flood=0 bcast-flood=0 } }");
    nl_link_format_isolate(7, &b);
    check_request("isolate", &b, "newlink nlflags=5 index=7 "
                  "linkinfo{ slave-kind=bridge slave-data{ isolated=1 } }");
    nl_link_format_up(7, true, &b);
    check_request("up", &b, "newlink nlflags=5 index=7 flags=1 change=1");
    nl_link_format_up(7, false, &b);
    check_request("down", &b, "newlink nlflags=5 index=7 change=1");
    nl_link_format_del(7, &b);
    check_request("del", &b, "dellink nlflags=5 index=7");
    nl_link_format_get(7, &b);
    check_request("get", &b, "getlink nlflags=5 index=7");
    ofpbuf_uninit(&b);
}

static void
test_requests_for_tables(void **state OVS_UNUSED)
{
    struct ofpbuf b;

    ofpbuf_init(&b, 0);
    nl_dump_format(RTM_GETLINK, AF_UNSPEC, &b);
    check_request("links", &b, "getlink nlflags=0x301");
    nl_dump_format(RTM_GETNEIGH, AF_BRIDGE, &b);
    check_request("FDB", &b, "getneigh nlflags=0x301 family=bridge");
    nl_dump_format(RTM_GETNEIGH, AF_UNSPEC, &b);
    check_request("neighbours", &b, "getneigh nlflags=0x301");
    nl_dump_format(RTM_GETNEXTHOP, AF_UNSPEC, &b);
    check_request("next-hop objects", &b, "getnexthop nlflags=0x301");
    nl_dump_format(RTM_GETADDR, AF_UNSPEC, &b);
    check_request("addresses", &b, "getaddr nlflags=0x301");
    ofpbuf_uninit(&b);
}

static void
test_addresses_are_parsed(void **state OVS_UNUSED)
{
    static const struct {
        const char *message;
        const char *expected;
    } addresses[] = {
        { "newaddr family=inet index=1 peer=192.0.2.1 own=192.0.2.1",
          "1 192.0.2.1" },
        { "newaddr family=inet index=3 peer=192.0.2.9 own=192.0.2.1",
          "3 192.0.2.1" },
        { "newaddr family=inet6 index=1 peer=2001:db8::1", "1 2001:db8::1" },
        { "deladdr family=inet index=1 peer=192.0.2.1 own=192.0.2.1",
          "deleted 1 192.0.2.1" },
        { "newaddr family=inet index=1", "EPROTO" },
        { "newaddr family=inet index=1 raw=2:010203", "EPROTO" },
        { "newlink index=1 name=lo", "EOPNOTSUPP" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct nl_addr addr;
        struct ofpbuf msg;
        int error;

        ofpbuf_init(&msg, 0);
        nl_script_put(&msg, addresses[i].message);
        error = nl_addr_parse(&msg, &addr);
        if (error) {
            ds_put_cstr(&s, error == EPROTO ? "EPROTO" : "EOPNOTSUPP");
        } else {
            format_event(&s, addr.deleted, false);
            ds_put_format(&s, "%d %s", addr.ifindex,
                          script_ip_string(&addr.ip));
        }
        assert_string_equal(ds_cstr(&s), addresses[i].expected);
        ofpbuf_uninit(&msg);
        ds_destroy(&s);
    }
}

/* A request to add or remove an entry, parsed again, is the entry. */
static void
test_entries_survive_format_and_parse(void **state OVS_UNUSED)
{
    static const char *const entries[] = {
        "newneigh family=bridge index=7 state=0x40 flags=4 lladdr="A,
        "delneigh family=bridge index=7 state=0x40 flags=4 lladdr="A,
        "newneigh family=bridge index=6 flags=2 lladdr="A" dst=192.0.2.2",
        "newneigh family=bridge index=6 flags=2 lladdr="A" nhid=7",
        "delneigh family=bridge index=6 flags=2 lladdr=00:00:00:00:00:00 "
        "dst=2001:db8::2",
        "newneigh family=inet index=5 state=0x80 dst=10.0.0.1 lladdr="A" "
        "protocol=200",
        "newneigh family=inet6 index=5 state=0x80 dst=2001:db8::7 lladdr="A" "
        "protocol=200",
        "delneigh family=inet index=5 dst=10.0.0.1",
    };

    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        struct ds expected = DS_EMPTY_INITIALIZER;
        struct ds got = DS_EMPTY_INITIALIZER;
        struct nl_neigh n;
        struct ofpbuf b;

        ofpbuf_init(&b, 0);
        nl_script_put(&b, entries[i]);
        assert_int_equal(nl_neigh_parse(&b, &n), 0);
        format_neigh(&expected, &n);

        ofpbuf_clear(&b);
        nl_neigh_format(&n, &b);
        assert_int_equal(nl_msg_nlmsghdr(&b)->nlmsg_flags,
                         n.deleted ? NLM_F_REQUEST | NLM_F_ACK
                         : NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE
                           | NLM_F_REPLACE);
        parse_and_format(&b, &got);
        assert_string_equal(ds_cstr(&got), ds_cstr(&expected));
        ofpbuf_uninit(&b);
        ds_destroy(&expected);
        ds_destroy(&got);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_parsed),
        cmocka_unit_test(test_messages_that_are_cut),
        cmocka_unit_test(test_messages_with_one_byte_wrong),
        cmocka_unit_test(test_requests_for_links),
        cmocka_unit_test(test_requests_for_tables),
        cmocka_unit_test(test_addresses_are_parsed),
        cmocka_unit_test(test_entries_survive_format_and_parse),
    };

    return cmocka_run_group_tests_name("nl-msg", tests, NULL, NULL);
}
