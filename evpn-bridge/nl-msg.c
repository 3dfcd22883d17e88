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
#include "evpn-bridge/nl-msg.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Older headers lack it; the kernel takes no other value for it. */
#ifndef NDA_NH_ID
#define NDA_NH_ID 13
#endif

/* Older headers lack it; older kernels ignore it. */
#define OUR_IFA_PROTO 11

static bool
is_dumped(const struct ofpbuf *msg)
{
    const struct nlmsghdr *nlh = msg->data;

    return (nlh->nlmsg_flags & NLM_F_MULTI) != 0;
}

/* Returns 0 if 'msg' is of type 'new' or 'del', EOPNOTSUPP if it is of
 * another, EPROTO if it is too short to have one. */
static int
check_type(const struct ofpbuf *msg, uint16_t new, uint16_t del)
{
    const struct nlmsghdr *nlh = ofpbuf_at(msg, 0, NLMSG_HDRLEN);

    return (!nlh ? EPROTO
            : nlh->nlmsg_type == new || nlh->nlmsg_type == del ? 0
            : EOPNOTSUPP);
}

/* Returns the fixed part of 'msg', of 'size' bytes behind the netlink header,
 * or null if the message is shorter. */
static const void *
fixed_part(const struct ofpbuf *msg, size_t size)
{
    return ofpbuf_at(msg, NLMSG_HDRLEN, size);
}

static void
copy_string(char *dst, size_t size, const struct nlattr *attr)
{
    ovs_strzcpy(dst, attr ? nl_attr_get_string(attr) : "", size);
}

static struct eth_addr
get_mac(const struct nlattr *attr)
{
    struct eth_addr mac;

    memcpy(&mac, nl_attr_get(attr), sizeof mac);
    return mac;
}

/* Sets '*ip' to the address in 'attr' (IPv4 becomes mapped), to in6addr_any
 * if 'attr' is null.  Returns false if it has the length of neither. */
static bool
get_ip(const struct nlattr *attr, struct in6_addr *ip)
{
    *ip = in6addr_any;
    if (!attr) {
        return true;
    }
    switch (nl_attr_get_size(attr)) {
    case sizeof(ovs_be32):
        in6_addr_set_mapped_ipv4(ip, nl_attr_get_be32(attr));
        return true;
    case sizeof(struct in6_addr):
        memcpy(ip, nl_attr_get(attr), sizeof *ip);
        return true;
    default:
        return false;
    }
}

static bool
get_flag(const struct nlattr *attr)
{
    return attr && nl_attr_get_u8(attr);
}

/* IFLA_INFO_DATA of a vxlan device. */
static bool
parse_vxlan(const struct nlattr *data, struct nl_link *link)
{
    static const struct nl_policy policy[] = {
        [IFLA_VXLAN_ID] = { .type = NL_A_U32, .optional = true },
        [IFLA_VXLAN_LOCAL] = { .type = NL_A_U32, .optional = true },
        [IFLA_VXLAN_LOCAL6] = { .type = NL_A_IPV6, .optional = true },
        [IFLA_VXLAN_LEARNING] = { .type = NL_A_U8, .optional = true },
        [IFLA_VXLAN_PORT] = { .type = NL_A_BE16, .optional = true },
        [IFLA_VXLAN_COLLECT_METADATA] = { .type = NL_A_U8, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (!nl_parse_nested(data, policy, attrs, ARRAY_SIZE(policy))) {
        return false;
    }
    link->external = get_flag(attrs[IFLA_VXLAN_COLLECT_METADATA]);
    if (attrs[IFLA_VXLAN_ID] && !link->external) {
        link->vni = nl_attr_get_u32(attrs[IFLA_VXLAN_ID]);
    }
    link->vxlan_learning = get_flag(attrs[IFLA_VXLAN_LEARNING]);
    if (attrs[IFLA_VXLAN_PORT]) {
        link->dst_port = ntohs(nl_attr_get_be16(attrs[IFLA_VXLAN_PORT]));
    }
    return get_ip(attrs[IFLA_VXLAN_LOCAL]
                  && nl_attr_get_u32(attrs[IFLA_VXLAN_LOCAL])
                  ? attrs[IFLA_VXLAN_LOCAL] : attrs[IFLA_VXLAN_LOCAL6],
                  &link->local);
}

/* IFLA_INFO_SLAVE_DATA of a port of a bridge. */
static bool
parse_brport(const struct nlattr *data, struct nl_link *link)
{
    static const struct nl_policy policy[] = {
        [IFLA_BRPORT_LEARNING] = { .type = NL_A_U8, .optional = true },
        [IFLA_BRPORT_UNICAST_FLOOD] = { .type = NL_A_U8, .optional = true },
        [IFLA_BRPORT_MCAST_FLOOD] = { .type = NL_A_U8, .optional = true },
        [IFLA_BRPORT_BCAST_FLOOD] = { .type = NL_A_U8, .optional = true },
        [IFLA_BRPORT_ISOLATED] = { .type = NL_A_U8, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (!nl_parse_nested(data, policy, attrs, ARRAY_SIZE(policy))) {
        return false;
    }
    link->is_brport = true;
    link->learning = get_flag(attrs[IFLA_BRPORT_LEARNING]);
    link->flood = get_flag(attrs[IFLA_BRPORT_UNICAST_FLOOD]);
    link->mcast_flood = get_flag(attrs[IFLA_BRPORT_MCAST_FLOOD]);
    link->bcast_flood = get_flag(attrs[IFLA_BRPORT_BCAST_FLOOD]);
    link->isolated = get_flag(attrs[IFLA_BRPORT_ISOLATED]);
    return true;
}

/* IFLA_INFO_DATA of a VRF. */
static bool
parse_vrf(const struct nlattr *data, struct nl_link *link)
{
    static const struct nl_policy policy[] = {
        [IFLA_VRF_TABLE] = { .type = NL_A_U32 },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (!nl_parse_nested(data, policy, attrs, ARRAY_SIZE(policy))) {
        return false;
    }
    link->vrf_table = nl_attr_get_u32(attrs[IFLA_VRF_TABLE]);
    return true;
}

static bool
parse_linkinfo(const struct nlattr *info, struct nl_link *link)
{
    static const struct nl_policy policy[] = {
        [IFLA_INFO_KIND] = { .type = NL_A_STRING, .optional = true },
        [IFLA_INFO_DATA] = { .type = NL_A_NESTED, .optional = true },
        [IFLA_INFO_SLAVE_KIND] = { .type = NL_A_STRING, .optional = true },
        [IFLA_INFO_SLAVE_DATA] = { .type = NL_A_NESTED, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    if (!nl_parse_nested(info, policy, attrs, ARRAY_SIZE(policy))) {
        return false;
    }
    copy_string(link->kind, sizeof link->kind, attrs[IFLA_INFO_KIND]);
    if (attrs[IFLA_INFO_DATA] && !strcmp(link->kind, "vxlan")
        && !parse_vxlan(attrs[IFLA_INFO_DATA], link)) {
        return false;
    }
    if (attrs[IFLA_INFO_DATA] && !strcmp(link->kind, "vrf")
        && !parse_vrf(attrs[IFLA_INFO_DATA], link)) {
        return false;
    }
    if (attrs[IFLA_INFO_SLAVE_KIND] && attrs[IFLA_INFO_SLAVE_DATA]
        && !strcmp(nl_attr_get_string(attrs[IFLA_INFO_SLAVE_KIND]),
                   "bridge")) {
        return parse_brport(attrs[IFLA_INFO_SLAVE_DATA], link);
    }
    return true;
}

/* IFLA_AF_SPEC. */
static bool
parse_af_spec(const struct nlattr *af_spec, struct nl_link *link)
{
    static const struct nl_policy policy[] = {
        [IFLA_INET6_ADDR_GEN_MODE] = { .type = NL_A_U8, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlattr *inet6 = nl_attr_find_nested(af_spec, AF_INET6);

    if (!inet6) {
        return true;
    }
    if (!nl_parse_nested(inet6, policy, attrs, ARRAY_SIZE(policy))) {
        return false;
    }
    if (attrs[IFLA_INET6_ADDR_GEN_MODE]) {
        link->addr_gen_mode
            = nl_attr_get_u8(attrs[IFLA_INET6_ADDR_GEN_MODE]);
    }
    return true;
}

/* Parses RTM_NEWLINK or RTM_DELLINK 'msg' into '*link'.  Returns 0, EPROTO if
 * it makes no sense, EOPNOTSUPP if it is something else (the AF_BRIDGE message
 * about a bridge's port among them). */
int
nl_link_parse(const struct ofpbuf *msg, struct nl_link *link)
{
    static const struct nl_policy policy[] = {
        [IFLA_IFNAME] = { .type = NL_A_STRING },
        [IFLA_ADDRESS] = { .type = NL_A_UNSPEC, .optional = true },
        [IFLA_MTU] = { .type = NL_A_U32, .optional = true },
        [IFLA_MASTER] = { .type = NL_A_U32, .optional = true },
        [IFLA_GROUP] = { .type = NL_A_U32, .optional = true },
        [IFLA_IFALIAS] = { .type = NL_A_STRING, .optional = true },
        [IFLA_LINKINFO] = { .type = NL_A_NESTED, .optional = true },
        [IFLA_AF_SPEC] = { .type = NL_A_NESTED, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlh = msg->data;
    const struct ifinfomsg *ifi;
    int error = check_type(msg, RTM_NEWLINK, RTM_DELLINK);

    if (error) {
        return error;
    }
    ifi = fixed_part(msg, sizeof *ifi);
    if (!ifi) {
        return EPROTO;
    }
    if (ifi->ifi_family != AF_UNSPEC) {
        return EOPNOTSUPP;
    }
    if (!nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *ifi, policy, attrs,
                         ARRAY_SIZE(policy))) {
        return EPROTO;
    }

    memset(link, 0, sizeof *link);
    link->deleted = nlh->nlmsg_type == RTM_DELLINK;
    link->dumped = is_dumped(msg);
    link->ifindex = ifi->ifi_index;
    link->flags = ifi->ifi_flags;
    link->addr_gen_mode = IN6_ADDR_GEN_MODE_NONE; /* If IPv6 is off. */
    copy_string(link->name, sizeof link->name, attrs[IFLA_IFNAME]);
    copy_string(link->alias, sizeof link->alias, attrs[IFLA_IFALIAS]);
    if (attrs[IFLA_MASTER]) {
        link->master = nl_attr_get_u32(attrs[IFLA_MASTER]);
    }
    if (attrs[IFLA_MTU]) {
        link->mtu = nl_attr_get_u32(attrs[IFLA_MTU]);
    }
    if (attrs[IFLA_GROUP]) {
        link->group = nl_attr_get_u32(attrs[IFLA_GROUP]);
    }
    if (attrs[IFLA_ADDRESS]
        && nl_attr_get_size(attrs[IFLA_ADDRESS]) == ETH_ADDR_LEN) {
        link->mac = get_mac(attrs[IFLA_ADDRESS]);
    }
    if ((attrs[IFLA_LINKINFO] && !parse_linkinfo(attrs[IFLA_LINKINFO], link))
        || (attrs[IFLA_AF_SPEC] && !parse_af_spec(attrs[IFLA_AF_SPEC],
                                                  link))) {
        return EPROTO;
    }
    return 0;
}

/* Parses RTM_NEWNEIGH or RTM_DELNEIGH 'msg' into '*neigh'.  Returns 0, EPROTO
 * if it makes no sense, EOPNOTSUPP if it is something else. */
int
nl_neigh_parse(const struct ofpbuf *msg, struct nl_neigh *neigh)
{
    static const struct nl_policy policy[] = {
        [NDA_DST] = { .type = NL_A_UNSPEC, .optional = true },
        [NDA_LLADDR] = { .type = NL_A_UNSPEC, .optional = true },
        [NDA_VLAN] = { .type = NL_A_U16, .optional = true },
        [NDA_MASTER] = { .type = NL_A_U32, .optional = true },
        [NDA_PROTOCOL] = { .type = NL_A_U8, .optional = true },
        [NDA_NH_ID] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlh = msg->data;
    const struct ndmsg *ndm;
    int error = check_type(msg, RTM_NEWNEIGH, RTM_DELNEIGH);

    if (error) {
        return error;
    }
    ndm = fixed_part(msg, sizeof *ndm);
    if (!ndm) {
        return EPROTO;
    }
    if (ndm->ndm_family != AF_BRIDGE && ndm->ndm_family != AF_INET
        && ndm->ndm_family != AF_INET6) {
        return EOPNOTSUPP;
    }
    if (!nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *ndm, policy, attrs,
                         ARRAY_SIZE(policy))) {
        return EPROTO;
    }

    memset(neigh, 0, sizeof *neigh);
    neigh->deleted = nlh->nlmsg_type == RTM_DELNEIGH;
    neigh->dumped = is_dumped(msg);
    neigh->family = ndm->ndm_family;
    neigh->ifindex = ndm->ndm_ifindex;
    neigh->state = ndm->ndm_state;
    neigh->flags = ndm->ndm_flags;
    neigh->pid = nlh->nlmsg_pid;
    if (attrs[NDA_LLADDR]
        && nl_attr_get_size(attrs[NDA_LLADDR]) == ETH_ADDR_LEN) {
        neigh->has_mac = true;
        neigh->mac = get_mac(attrs[NDA_LLADDR]);
    }
    if (attrs[NDA_VLAN]) {
        neigh->vlan = nl_attr_get_u16(attrs[NDA_VLAN]);
    }
    if (attrs[NDA_MASTER]) {
        neigh->master = nl_attr_get_u32(attrs[NDA_MASTER]);
    }
    if (attrs[NDA_PROTOCOL]) {
        neigh->protocol = nl_attr_get_u8(attrs[NDA_PROTOCOL]);
    }
    if (attrs[NDA_NH_ID]) {
        neigh->nhid = nl_attr_get_u32(attrs[NDA_NH_ID]);
    }
    if (!get_ip(attrs[NDA_DST], &neigh->dst)
        || (neigh->family == AF_BRIDGE ? !neigh->has_mac
            : !ipv6_addr_is_set(&neigh->dst))) {
        return EPROTO;
    }
    return 0;
}

/* Parses RTM_NEWNEXTHOP or RTM_DELNEXTHOP 'msg' into '*nexthop'.  Returns 0,
 * EPROTO if it makes no sense (a group of more than NL_NEXTHOP_MAX among it),
 * EOPNOTSUPP if it is something else. */
int
nl_nexthop_parse(const struct ofpbuf *msg, struct nl_nexthop *nexthop)
{
    static const struct nl_policy policy[] = {
        [NHA_ID] = { .type = NL_A_U32 },
        [NHA_GROUP] = { .type = NL_A_UNSPEC, .optional = true },
        [NHA_GATEWAY] = { .type = NL_A_UNSPEC, .optional = true },
        [NHA_FDB] = { .type = NL_A_FLAG, .optional = true },
        [NHA_BLACKHOLE] = { .type = NL_A_FLAG, .optional = true },
        [NHA_OIF] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlh = msg->data;
    const struct nhmsg *nhm;
    int error = check_type(msg, RTM_NEWNEXTHOP, RTM_DELNEXTHOP);

    if (error) {
        return error;
    }
    nhm = fixed_part(msg, sizeof *nhm);
    if (!nhm || !nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *nhm, policy,
                                 attrs, ARRAY_SIZE(policy))) {
        return EPROTO;
    }

    memset(nexthop, 0, sizeof *nexthop);
    nexthop->deleted = nlh->nlmsg_type == RTM_DELNEXTHOP;
    nexthop->dumped = is_dumped(msg);
    nexthop->id = nl_attr_get_u32(attrs[NHA_ID]);
    nexthop->fdb = attrs[NHA_FDB] != NULL;
    nexthop->blackhole = attrs[NHA_BLACKHOLE] != NULL;
    if (attrs[NHA_OIF]) {
        nexthop->ifindex = nl_attr_get_u32(attrs[NHA_OIF]);
    }
    if (!get_ip(attrs[NHA_GATEWAY], &nexthop->gateway)) {
        return EPROTO;
    }
    if (attrs[NHA_GROUP]) {
        const struct nexthop_grp *grp = nl_attr_get(attrs[NHA_GROUP]);
        size_t n = nl_attr_get_size(attrs[NHA_GROUP]) / sizeof *grp;

        if (n > NL_NEXTHOP_MAX) {
            return EPROTO;
        }
        for (size_t i = 0; i < n; i++) {
            nexthop->members[i] = grp[i].id;
        }
        nexthop->n_members = n;
    }
    return 0;
}

/* Parses RTM_NEWADDR or RTM_DELADDR 'msg' into '*addr'.  Returns 0, EPROTO if
 * it makes no sense, EOPNOTSUPP if it is something else. */
int
nl_addr_parse(const struct ofpbuf *msg, struct nl_addr *addr)
{
    /* On a point-to-point link IFA_ADDRESS is the other end's. */
    static const struct nl_policy policy[] = {
        [IFA_ADDRESS] = { .type = NL_A_UNSPEC, .optional = true },
        [IFA_LOCAL] = { .type = NL_A_UNSPEC, .optional = true },
        [OUR_IFA_PROTO] = { .type = NL_A_U8, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlh = msg->data;
    const struct ifaddrmsg *ifa;

    if (nlh->nlmsg_type != RTM_NEWADDR && nlh->nlmsg_type != RTM_DELADDR) {
        return EOPNOTSUPP;
    }
    ifa = fixed_part(msg, sizeof *ifa);
    if (!ifa || !nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *ifa, policy,
                                 attrs, ARRAY_SIZE(policy))) {
        return EPROTO;
    }
    memset(addr, 0, sizeof *addr);
    addr->deleted = nlh->nlmsg_type == RTM_DELADDR;
    addr->dumped = is_dumped(msg);
    addr->ifindex = ifa->ifa_index;
    addr->plen = ifa->ifa_prefixlen;
    if (attrs[OUR_IFA_PROTO]) {
        addr->protocol = nl_attr_get_u8(attrs[OUR_IFA_PROTO]);
    }
    if (!get_ip(attrs[IFA_LOCAL] ? attrs[IFA_LOCAL] : attrs[IFA_ADDRESS],
                &addr->ip) || !ipv6_addr_is_set(&addr->ip)) {
        return EPROTO;
    }
    return 0;
}

/* Begins a request of 'type' in 'request' with 'size' zeroed bytes behind the
 * header, which are returned. */
static void *
put_header(struct ofpbuf *request, uint16_t type, uint32_t flags, size_t size)
{
    void *fixed;

    nl_msg_put_nlmsghdr(request, size, type, NLM_F_REQUEST | flags);
    fixed = nl_msg_put_uninit(request, size);
    memset(fixed, 0, size);
    return fixed;
}

static void
put_ip(struct ofpbuf *request, uint16_t type4, uint16_t type6,
       const struct in6_addr *ip)
{
    if (IN6_IS_ADDR_V4MAPPED(ip)) {
        nl_msg_put_be32(request, type4, in6_addr_get_mapped_ipv4(ip));
    } else {
        nl_msg_put_in6_addr(request, type6, ip);
    }
}

/* Appends to 'request' the request that makes 'neigh', or removes it if
 * 'deleted'.  The socket fills in the length. */
void
nl_neigh_format(const struct nl_neigh *neigh, struct ofpbuf *request)
{
    struct ndmsg *ndm = put_header(
        request, neigh->deleted ? RTM_DELNEIGH : RTM_NEWNEIGH,
        neigh->deleted ? NLM_F_ACK
        : NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof *ndm);

    ndm->ndm_family = neigh->family;
    ndm->ndm_ifindex = neigh->ifindex;
    ndm->ndm_state = neigh->state;
    ndm->ndm_flags = neigh->flags;
    if (neigh->has_mac) {
        nl_msg_put_unspec(request, NDA_LLADDR, &neigh->mac,
                          sizeof neigh->mac);
    }
    if (ipv6_addr_is_set(&neigh->dst)) {
        put_ip(request, NDA_DST, NDA_DST, &neigh->dst);
    }
    if (neigh->protocol) {
        nl_msg_put_u8(request, NDA_PROTOCOL, neigh->protocol);
    }
    if (neigh->nhid) {
        nl_msg_put_u32(request, NDA_NH_ID, neigh->nhid);
    }
}

static struct ifinfomsg *
put_link_header(struct ofpbuf *request, uint16_t type, uint32_t flags,
                int ifindex)
{
    struct ifinfomsg *ifi = put_header(request, type, NLM_F_ACK | flags,
                                       sizeof *ifi);

    ifi->ifi_index = ifindex;
    return ifi;
}

static void
put_addr_gen_mode(struct ofpbuf *request, uint8_t mode)
{
    size_t af_spec = nl_msg_start_nested(request, IFLA_AF_SPEC);
    size_t inet6 = nl_msg_start_nested(request, AF_INET6);

    nl_msg_put_u8(request, IFLA_INET6_ADDR_GEN_MODE, mode);
    nl_msg_end_nested(request, inet6);
    nl_msg_end_nested(request, af_spec);
}

static void
put_vxlan(struct ofpbuf *request, const struct nl_link *link)
{
    nl_msg_put_u32(request, IFLA_VXLAN_ID, link->vni);
    nl_msg_put_u8(request, IFLA_VXLAN_LEARNING, link->vxlan_learning);
    nl_msg_put_be16(request, IFLA_VXLAN_PORT, htons(link->dst_port));
    if (ipv6_addr_is_set(&link->local)) {
        put_ip(request, IFLA_VXLAN_LOCAL, IFLA_VXLAN_LOCAL6, &link->local);
    }
}

/* Appends to 'request' the request that makes a device with the name, kind and
 * kind-specific settings of 'link' in our group; it is down.  Bridges do not
 * snoop multicast: they shall never send a query. */
void
nl_link_format_create(const struct nl_link *link, struct ofpbuf *request)
{
    size_t info, data;

    put_link_header(request, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0);
    nl_msg_put_string(request, IFLA_IFNAME, link->name);
    nl_msg_put_u32(request, IFLA_GROUP, NL_GROUP);
    if (!eth_addr_is_zero(link->mac)) {
        nl_msg_put_unspec(request, IFLA_ADDRESS, &link->mac,
                          sizeof link->mac);
    }
    if (link->mtu) {
        nl_msg_put_u32(request, IFLA_MTU, link->mtu);
    }
    info = nl_msg_start_nested(request, IFLA_LINKINFO);
    nl_msg_put_string(request, IFLA_INFO_KIND, link->kind);
    if (!strcmp(link->kind, "vxlan")) {
        data = nl_msg_start_nested(request, IFLA_INFO_DATA);
        put_vxlan(request, link);
        nl_msg_end_nested(request, data);
    } else if (!strcmp(link->kind, "bridge")) {
        data = nl_msg_start_nested(request, IFLA_INFO_DATA);
        nl_msg_put_u8(request, IFLA_BR_MCAST_SNOOPING, 0);
        nl_msg_end_nested(request, data);
    } else if (!strcmp(link->kind, "vrf")) {
        data = nl_msg_start_nested(request, IFLA_INFO_DATA);
        nl_msg_put_u32(request, IFLA_VRF_TABLE, link->vrf_table);
        nl_msg_end_nested(request, data);
    }
    nl_msg_end_nested(request, info);
}

/* Appends to 'request' the request that gives the device 'ifindex' our alias,
 * makes it a port of 'master' (unless 0) and keeps IPv6 from making it
 * addresses. */
void
nl_link_format_set(int ifindex, int master, struct ofpbuf *request)
{
    put_link_header(request, RTM_NEWLINK, 0, ifindex);
    nl_msg_put_string(request, IFLA_IFALIAS, NL_ALIAS);
    if (master) {
        nl_msg_put_u32(request, IFLA_MASTER, master);
    }
    put_addr_gen_mode(request, IN6_ADDR_GEN_MODE_NONE);
}

/* Appends to 'request' the request that makes the device 'ifindex' one of
 * 'master', or of none if that is 0. */
void
nl_link_format_master(int ifindex, int master, struct ofpbuf *request)
{
    put_link_header(request, RTM_NEWLINK, 0, ifindex);
    nl_msg_put_u32(request, IFLA_MASTER, master);
}

/* Appends to 'request' the request that gives the device 'ifindex' the address
 * 'mac'. */
void
nl_link_format_mac(int ifindex, struct eth_addr mac, struct ofpbuf *request)
{
    put_link_header(request, RTM_NEWLINK, 0, ifindex);
    nl_msg_put_unspec(request, IFLA_ADDRESS, &mac, sizeof mac);
}

/* Appends to 'request' the request that makes 'addr', or removes it if
 * 'deleted'. */
void
nl_addr_format(const struct nl_addr *addr, struct ofpbuf *request)
{
    bool v4 = IN6_IS_ADDR_V4MAPPED(&addr->ip);
    struct ifaddrmsg *ifa = put_header(
        request, addr->deleted ? RTM_DELADDR : RTM_NEWADDR,
        addr->deleted ? NLM_F_ACK
        : NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, sizeof *ifa);

    ifa->ifa_family = v4 ? AF_INET : AF_INET6;
    ifa->ifa_prefixlen = addr->plen;
    ifa->ifa_flags = v4 ? 0 : IFA_F_NODAD;
    ifa->ifa_index = addr->ifindex;
    put_ip(request, IFA_LOCAL, IFA_LOCAL, &addr->ip);
    put_ip(request, IFA_ADDRESS, IFA_ADDRESS, &addr->ip);
    if (addr->protocol) {
        nl_msg_put_u8(request, OUR_IFA_PROTO, addr->protocol);
    }
}

/* Appends to 'request' the request that puts the device 'ifindex' up or
 * down. */
void
nl_link_format_up(int ifindex, bool up, struct ofpbuf *request)
{
    struct ifinfomsg *ifi = put_link_header(request, RTM_NEWLINK, 0, ifindex);

    ifi->ifi_flags = up ? IFF_UP : 0;
    ifi->ifi_change = IFF_UP;
}

/* Appends to 'request' the request that gives the bridge's port 'ifindex'
 * 'value' for the 'n' settings 'types'. */
static void
put_brport(int ifindex, const uint16_t types[], size_t n, uint8_t value,
           struct ofpbuf *request)
{
    size_t info, data;

    put_link_header(request, RTM_NEWLINK, 0, ifindex);
    info = nl_msg_start_nested(request, IFLA_LINKINFO);
    nl_msg_put_string(request, IFLA_INFO_SLAVE_KIND, "bridge");
    data = nl_msg_start_nested(request, IFLA_INFO_SLAVE_DATA);
    for (size_t i = 0; i < n; i++) {
        nl_msg_put_u8(request, types[i], value);
    }
    nl_msg_end_nested(request, data);
    nl_msg_end_nested(request, info);
}

/* Appends to 'request' the request that keeps the bridge's port 'ifindex' from
 * learning and from being flooded to. */
void
nl_link_format_brport(int ifindex, struct ofpbuf *request)
{
    static const uint16_t off[] = {
        IFLA_BRPORT_LEARNING, IFLA_BRPORT_UNICAST_FLOOD,
        IFLA_BRPORT_MCAST_FLOOD, IFLA_BRPORT_BCAST_FLOOD,
    };

    put_brport(ifindex, off, ARRAY_SIZE(off), 0, request);
}

/* Appends to 'request' the request that keeps the bridge's port 'ifindex' from
 * others that are isolated, too. */
void
nl_link_format_isolate(int ifindex, struct ofpbuf *request)
{
    static const uint16_t isolated[] = { IFLA_BRPORT_ISOLATED };

    put_brport(ifindex, isolated, ARRAY_SIZE(isolated), 1, request);
}

/* Appends to 'request' the request that removes the device 'ifindex'. */
void
nl_link_format_del(int ifindex, struct ofpbuf *request)
{
    put_link_header(request, RTM_DELLINK, 0, ifindex);
}

/* Appends to 'request' the request that asks for the device 'ifindex'. */
void
nl_link_format_get(int ifindex, struct ofpbuf *request)
{
    put_link_header(request, RTM_GETLINK, 0, ifindex);
}

/* Appends to 'request' a request for a whole table: 'type' is RTM_GETLINK,
 * RTM_GETNEIGH (of 'family'), RTM_GETNEXTHOP, RTM_GETROUTE or RTM_GETADDR. */
void
nl_dump_format(uint16_t type, uint8_t family, struct ofpbuf *request)
{
    if (type == RTM_GETNEIGH) {
        struct ndmsg *ndm = put_header(request, type, NLM_F_DUMP,
                                       sizeof *ndm);
        ndm->ndm_family = family;
    } else if (type == RTM_GETNEXTHOP) {
        struct nhmsg *nhm = put_header(request, type, NLM_F_DUMP,
                                       sizeof *nhm);
        nhm->nh_family = family;
    } else if (type == RTM_GETROUTE) {
        struct rtmsg *rtm = put_header(request, type, NLM_F_DUMP, sizeof *rtm);
        rtm->rtm_family = family;
    } else if (type == RTM_GETADDR) {
        struct ifaddrmsg *ifa = put_header(request, type, NLM_F_DUMP,
                                           sizeof *ifa);
        ifa->ifa_family = family;
    } else {
        struct ifinfomsg *ifi = put_header(request, type, NLM_F_DUMP,
                                           sizeof *ifi);
        ifi->ifi_family = family;
    }
}
