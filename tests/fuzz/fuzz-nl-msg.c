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
#include "tests/fuzz/fuzz.h"

#include <netinet/in.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include "evpn-bridge/nl-msg.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Netlink messages as they come from the socket. */

static void
check_string(const char *s, size_t size)
{
    ovs_assert(memchr(s, '\0', size));
}

static bool
try_link(const struct ofpbuf *msg)
{
    struct nl_link link;

    if (nl_link_parse(msg, &link)) {
        return false;
    }
    check_string(link.name, sizeof link.name);
    check_string(link.kind, sizeof link.kind);
    check_string(link.alias, sizeof link.alias);
    return true;
}

/* What is written is what was read. */
static void
check_round_trip(const struct nl_neigh *a)
{
    struct ofpbuf request;
    struct nl_neigh b;

    ofpbuf_init(&request, 0);
    nl_neigh_format(a, &request);
    nl_msg_nlmsghdr(&request)->nlmsg_len = request.size;
    ovs_assert(!nl_neigh_parse(&request, &b));
    ovs_assert(a->deleted == b.deleted && a->family == b.family
               && a->ifindex == b.ifindex && a->state == b.state
               && a->flags == b.flags && a->protocol == b.protocol
               && a->has_mac == b.has_mac && eth_addr_equals(a->mac, b.mac)
               && ipv6_addr_equals(&a->dst, &b.dst) && a->nhid == b.nhid);
    ofpbuf_uninit(&request);
}

static bool
try_neigh(const struct ofpbuf *msg)
{
    struct nl_neigh neigh;

    if (nl_neigh_parse(msg, &neigh)) {
        return false;
    }
    check_round_trip(&neigh);
    return true;
}

static bool
try_nexthop(const struct ofpbuf *msg)
{
    struct nl_nexthop nexthop;

    if (nl_nexthop_parse(msg, &nexthop)) {
        return false;
    }
    ovs_assert(nexthop.n_members <= NL_NEXTHOP_MAX);
    return true;
}

static bool
try_route(const struct ofpbuf *msg)
{
    struct nl_route route;

    if (nl_route_parse(msg, &route)) {
        return false;
    }
    ovs_assert(route.n_hops <= NL_NEXTHOP_MAX && route.plen <= 128);
    return true;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    struct ofpbuf *msg = ofpbuf_clone_data(data, size);
    bool sense = try_link(msg) || try_neigh(msg) || try_nexthop(msg)
                 || try_route(msg);

    ofpbuf_delete(msg);
    return sense;
}

static void
give(struct ofpbuf *msg, fuzz_seed_cb *cb, void *aux)
{
    nl_msg_nlmsghdr(msg)->nlmsg_len = msg->size;
    cb(aux, msg->data, msg->size);
    ofpbuf_uninit(msg);
}

static void
device_seed(fuzz_seed_cb *cb, void *aux)
{
    struct nl_link link = {
        .name = "vxlan5", .kind = "vxlan", .vni = 5, .dst_port = 4790,
        .mtu = 1500, .local = in6_addr_mapped_ipv4(htonl(0xc0000201)),
    };
    struct ofpbuf msg;

    ofpbuf_init(&msg, 0);
    nl_link_format_create(&link, &msg);
    give(&msg, cb, aux);
}

static void
bridge_port_seed(fuzz_seed_cb *cb, void *aux)
{
    struct ofpbuf msg;
    size_t info, data;

    ofpbuf_init(&msg, 0);
    nl_link_format_set(9, 7, &msg);
    nl_msg_put_string(&msg, IFLA_IFNAME, "vxlan5");
    info = nl_msg_start_nested(&msg, IFLA_LINKINFO);
    nl_msg_put_string(&msg, IFLA_INFO_SLAVE_KIND, "bridge");
    data = nl_msg_start_nested(&msg, IFLA_INFO_SLAVE_DATA);
    nl_msg_put_u8(&msg, IFLA_BRPORT_LEARNING, 0);
    nl_msg_put_u8(&msg, IFLA_BRPORT_UNICAST_FLOOD, 1);
    nl_msg_end_nested(&msg, data);
    nl_msg_end_nested(&msg, info);
    give(&msg, cb, aux);
}

static void
neigh_seed(uint8_t family, uint8_t flags, uint32_t nhid, fuzz_seed_cb *cb,
           void *aux)
{
    struct nl_neigh neigh = {
        .family = family, .ifindex = 9, .state = NUD_NOARP, .flags = flags,
        .protocol = NL_PROTO, .has_mac = true, .nhid = nhid,
        .mac = ETH_ADDR_C(02,00,00,00,00,02),
        .dst = in6_addr_mapped_ipv4(htonl(0xc0000202)),
    };
    struct ofpbuf msg;

    ofpbuf_init(&msg, 0);
    nl_neigh_format(&neigh, &msg);
    nl_msg_put_u32(&msg, NDA_MASTER, 7);
    nl_msg_put_u16(&msg, NDA_VLAN, 1);
    give(&msg, cb, aux);
}

static void
nexthop_seed(fuzz_seed_cb *cb, void *aux)
{
    static const struct nexthop_grp members[] = { { .id = 1 }, { .id = 2 } };
    struct nhmsg *nhm;
    struct ofpbuf msg;

    ofpbuf_init(&msg, 0);
    nl_msg_put_nlmsghdr(&msg, sizeof *nhm, RTM_NEWNEXTHOP, NLM_F_MULTI);
    nhm = ofpbuf_put_zeros(&msg, sizeof *nhm);
    nhm->nh_family = AF_INET;
    nl_msg_put_u32(&msg, NHA_ID, 0x20000001);
    nl_msg_put_unspec(&msg, NHA_GROUP, members, sizeof members);
    nl_msg_put_flag(&msg, NHA_FDB);
    nl_msg_put_be32(&msg, NHA_GATEWAY, htonl(0xc0000203));
    give(&msg, cb, aux);
}

static void
route_seed(fuzz_seed_cb *cb, void *aux)
{
    struct rtnexthop *rtnh;
    struct rtmsg *rtm;
    struct ofpbuf msg;
    size_t start;

    ofpbuf_init(&msg, 0);
    nl_msg_put_nlmsghdr(&msg, sizeof *rtm, RTM_NEWROUTE, NLM_F_MULTI);
    rtm = ofpbuf_put_zeros(&msg, sizeof *rtm);
    rtm->rtm_family = AF_INET;
    rtm->rtm_dst_len = 24;
    rtm->rtm_type = RTN_UNICAST;
    nl_msg_put_be32(&msg, RTA_DST, htonl(0x0a000000));
    nl_msg_put_u32(&msg, RTA_TABLE, 0x6f000009);
    nl_msg_put_u32(&msg, RTA_NH_ID, 7);
    start = nl_msg_start_nested(&msg, RTA_MULTIPATH);
    rtnh = ofpbuf_put_zeros(&msg, sizeof *rtnh);
    rtnh->rtnh_len = sizeof *rtnh + NLA_HDRLEN + sizeof(ovs_be32);
    nl_msg_put_be32(&msg, RTA_GATEWAY, htonl(0xc0000202));
    nl_msg_end_nested(&msg, start);
    give(&msg, cb, aux);
}

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    device_seed(cb, aux);
    bridge_port_seed(cb, aux);
    neigh_seed(AF_BRIDGE, NTF_SELF, 0, cb, aux);
    neigh_seed(AF_BRIDGE, NTF_MASTER | NTF_EXT_LEARNED, 0x20000001, cb, aux);
    neigh_seed(AF_INET, 0, 0, cb, aux);
    nexthop_seed(cb, aux);
    route_seed(cb, aux);
}
