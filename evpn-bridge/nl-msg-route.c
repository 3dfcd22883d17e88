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
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Routes: the largest of the messages. */

/* Sets '*ip' to the address in the 'size' bytes at 'p' (IPv4 becomes mapped).
 * Returns false if that is the length of neither. */
static bool
copy_ip(const void *p, size_t size, struct in6_addr *ip)
{
    ovs_be32 ip4;

    if (size == sizeof *ip) {
        memcpy(ip, p, size);
        return true;
    } else if (size == sizeof ip4) {
        memcpy(&ip4, p, size);
        in6_addr_set_mapped_ipv4(ip, ip4);
        return true;
    }
    return false;
}

/* Sets '*gateway' from RTA_GATEWAY or RTA_VIA, of which there is one or none:
 * the latter has a family in front, so that an IPv4 route can have an IPv6
 * gateway.  Returns false if it makes no sense. */
static bool
get_gateway(const struct nlattr *attr, const struct nlattr *via,
            struct in6_addr *gateway)
{
    *gateway = in6addr_any;
    if (attr) {
        return copy_ip(nl_attr_get(attr), nl_attr_get_size(attr), gateway);
    } else if (via) {
        size_t n = sizeof(struct rtvia);

        return (nl_attr_get_size(via) > n
                && copy_ip((const uint8_t *) nl_attr_get(via) + n,
                           nl_attr_get_size(via) - n, gateway));
    }
    return true;
}

/* Parses the attributes of one next hop in RTA_MULTIPATH. */
static bool
parse_hop(const struct rtnexthop *rtnh, struct nl_route_hop *hop)
{
    const struct nlattr *attrs[RTA_MAX + 1] = { NULL };
    const struct nlattr *attr;
    size_t left;

    hop->ifindex = rtnh->rtnh_ifindex;
    NL_ATTR_FOR_EACH (attr, left,
                      ALIGNED_CAST(const struct nlattr *, rtnh + 1),
                      rtnh->rtnh_len - sizeof *rtnh) {
        if (nl_attr_type(attr) <= RTA_MAX) {
            attrs[nl_attr_type(attr)] = attr;
        }
    }
    return !left && get_gateway(attrs[RTA_GATEWAY], attrs[RTA_VIA],
                                &hop->gateway);
}

/* Parses RTA_MULTIPATH.  Hops beyond NL_NEXTHOP_MAX make no sense to us. */
static bool
parse_multipath(const struct nlattr *attr, struct nl_route *route)
{
    const uint8_t *p = nl_attr_get(attr);
    size_t left = nl_attr_get_size(attr);

    while (left >= sizeof(struct rtnexthop)) {
        const struct rtnexthop *rtnh
            = ALIGNED_CAST(const struct rtnexthop *, p);
        size_t len = rtnh->rtnh_len;

        if (len < sizeof *rtnh || len > left
            || route->n_hops >= NL_NEXTHOP_MAX
            || !parse_hop(rtnh, &route->hops[route->n_hops])) {
            return false;
        }
        route->n_hops++;
        len = MIN(ROUND_UP(len, RTNH_ALIGNTO), left);
        p += len;
        left -= len;
    }
    return !left;
}

/* Sets the prefix of 'route' from 'rtm' and RTA_DST, which a default route
 * lacks.  Returns false if they do not fit. */
static bool
parse_prefix(const struct rtmsg *rtm, const struct nlattr *dst,
             struct nl_route *route)
{
    bool v4 = rtm->rtm_family == AF_INET;
    size_t size = v4 ? sizeof(ovs_be32) : sizeof(struct in6_addr);
    struct in6_addr mask;

    if (rtm->rtm_dst_len > 8 * size
        || (dst && nl_attr_get_size(dst) != size)
        || (!dst && rtm->rtm_dst_len)) {
        return false;
    }
    route->plen = rtm->rtm_dst_len + (v4 ? 96 : 0);
    if (dst) {
        copy_ip(nl_attr_get(dst), size, &route->prefix);
    } else {
        route->prefix = v4 ? in6_addr_mapped_ipv4(0) : in6addr_any;
    }
    mask = ipv6_create_mask(route->plen);
    route->prefix = ipv6_addr_bitand(&route->prefix, &mask);
    return true;
}

static bool
type_is_known(uint8_t type)
{
    return (type == RTN_UNICAST || type == RTN_BLACKHOLE
            || type == RTN_UNREACHABLE || type == RTN_PROHIBIT);
}

/* Parses RTM_NEWROUTE or RTM_DELROUTE 'msg' into '*route'.  Returns 0, EPROTO
 * if it makes no sense, EOPNOTSUPP if it is something else: of another family,
 * a host's own address, a multicast route, an entry of a cache. */
int
nl_route_parse(const struct ofpbuf *msg, struct nl_route *route)
{
    static const struct nl_policy policy[] = {
        [RTA_DST] = { .type = NL_A_UNSPEC, .optional = true },
        [RTA_OIF] = { .type = NL_A_U32, .optional = true },
        [RTA_GATEWAY] = { .type = NL_A_UNSPEC, .optional = true },
        [RTA_PRIORITY] = { .type = NL_A_U32, .optional = true },
        [RTA_MULTIPATH] = { .type = NL_A_UNSPEC, .optional = true },
        [RTA_TABLE] = { .type = NL_A_U32, .optional = true },
        [RTA_VIA] = { .type = NL_A_UNSPEC, .optional = true },
        [RTA_NH_ID] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlh = ofpbuf_at(msg, 0, NLMSG_HDRLEN);
    const struct rtmsg *rtm;

    if (!nlh) {
        return EPROTO;
    } else if (nlh->nlmsg_type != RTM_NEWROUTE
               && nlh->nlmsg_type != RTM_DELROUTE) {
        return EOPNOTSUPP;
    }
    rtm = ofpbuf_at(msg, NLMSG_HDRLEN, sizeof *rtm);
    if (!rtm) {
        return EPROTO;
    }
    if ((rtm->rtm_family != AF_INET && rtm->rtm_family != AF_INET6)
        || !type_is_known(rtm->rtm_type) || rtm->rtm_flags & RTM_F_CLONED) {
        return EOPNOTSUPP;
    }
    if (!nl_policy_parse(msg, NLMSG_HDRLEN + sizeof *rtm, policy, attrs,
                         ARRAY_SIZE(policy))) {
        return EPROTO;
    }

    memset(route, 0, sizeof *route);
    route->deleted = nlh->nlmsg_type == RTM_DELROUTE;
    route->dumped = (nlh->nlmsg_flags & NLM_F_MULTI) != 0;
    route->type = rtm->rtm_type;
    route->protocol = rtm->rtm_protocol;
    route->table = (attrs[RTA_TABLE] ? nl_attr_get_u32(attrs[RTA_TABLE])
                    : rtm->rtm_table);
    route->priority = (attrs[RTA_PRIORITY]
                       ? nl_attr_get_u32(attrs[RTA_PRIORITY]) : 0);
    route->nhid = (attrs[RTA_NH_ID] ? nl_attr_get_u32(attrs[RTA_NH_ID]) : 0);
    if (!parse_prefix(rtm, attrs[RTA_DST], route)) {
        return EPROTO;
    }
    if (attrs[RTA_MULTIPATH]) {
        return parse_multipath(attrs[RTA_MULTIPATH], route) ? 0 : EPROTO;
    }
    if (attrs[RTA_OIF] || attrs[RTA_GATEWAY] || attrs[RTA_VIA]) {
        route->n_hops = 1;
        route->hops[0].ifindex = (attrs[RTA_OIF]
                                  ? nl_attr_get_u32(attrs[RTA_OIF]) : 0);
        if (!get_gateway(attrs[RTA_GATEWAY], attrs[RTA_VIA],
                         &route->hops[0].gateway)) {
            return EPROTO;
        }
    }
    return 0;
}

/* Puts into 'request' a request for the route by which this host reaches
 * 'ip', as a dump would have it. */
void
nl_route_format_get(const struct in6_addr *ip, struct ofpbuf *request)
{
    bool v4 = IN6_IS_ADDR_V4MAPPED(ip);
    struct rtmsg *rtm;

    nl_msg_put_nlmsghdr(request, sizeof *rtm, RTM_GETROUTE, NLM_F_REQUEST);
    rtm = ofpbuf_put_zeros(request, sizeof *rtm);
    rtm->rtm_family = v4 ? AF_INET : AF_INET6;
    rtm->rtm_dst_len = v4 ? 32 : 128;
    rtm->rtm_flags = RTM_F_FIB_MATCH;
    if (v4) {
        nl_msg_put_be32(request, RTA_DST, in6_addr_get_mapped_ipv4(ip));
    } else {
        nl_msg_put_in6_addr(request, RTA_DST, ip);
    }
}
