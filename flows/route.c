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
#include "flows/route.h"

#include "flow.h"
#include "flows/flow-act.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Adds to 'match' packets of 'family'. */
void
route_match_family(struct match *match, enum route_family family)
{
    match_set_dl_type(match, htons(family == ROUTE_IPV4 ? ETH_TYPE_IP
                                   : ETH_TYPE_IPV6));
}

static void
match_prefix(struct match *match, const struct in6_addr *ip, uint8_t plen,
             void (*set4)(struct match *, ovs_be32 ip, ovs_be32 mask),
             void (*set6)(struct match *, const struct in6_addr *ip,
                          const struct in6_addr *mask))
{
    struct in6_addr mask = ipv6_create_mask(plen);

    if (IN6_IS_ADDR_V4MAPPED(ip) && plen >= 96) {
        route_match_family(match, ROUTE_IPV4);
        set4(match, in6_addr_get_mapped_ipv4(ip),
             be32_prefix_mask(plen - 96));
    } else {
        route_match_family(match, ROUTE_IPV6);
        set6(match, ip, &mask);
    }
}

/* Adds to 'match' packets for the prefix of 'ip' of length 'plen', 96 more for
 * IPv4, which is mapped. */
void
route_match_dst(struct match *match, const struct in6_addr *ip, uint8_t plen)
{
    match_prefix(match, ip, plen, match_set_nw_dst_masked,
                 match_set_ipv6_dst_masked);
}

/* Adds to 'match' packets from the prefix of 'ip', likewise. */
void
route_match_src(struct match *match, const struct in6_addr *ip, uint8_t plen)
{
    match_prefix(match, ip, plen, match_set_nw_src_masked,
                 match_set_ipv6_src_masked);
}

static uint32_t
ip_word(const struct in6_addr *ip, int i)
{
    ovs_be32 be;

    memcpy(&be, &ip->s6_addr[4 * i], sizeof be);
    return ntohl(be);
}

/* Adds to 'match' that REG_KEY is 'ip'; IPv4 is mapped. */
void
route_match_key(struct match *match, const struct in6_addr *ip)
{
    for (int i = 0; i < 4; i++) {
        match_set_reg(match, REG_KEY - MFF_REG0 + i, ip_word(ip, i));
    }
}

/* Returns the REG_KEY that 'match' wants. */
struct in6_addr
route_matched_key(const struct match *match)
{
    struct in6_addr ip;

    for (int i = 0; i < 4; i++) {
        ovs_be32 be = htonl(match->flow.regs[REG_KEY - MFF_REG0 + i]);

        memcpy(&ip.s6_addr[4 * i], &be, sizeof be);
    }
    return ip;
}

/* Adds to 'match' that the bits 'mask' of REG_FLAGS are 'value'. */
void
route_match_flags(struct match *match, uint32_t value, uint32_t mask)
{
    match_set_reg_masked(match, REG_FLAGS - MFF_REG0, value, mask);
}

/* Appends to 'ofpacts' that REG_KEY becomes 'ip'; IPv4 is mapped. */
void
route_act_key(struct ofpbuf *ofpacts, const struct in6_addr *ip)
{
    for (int i = 0; i < 4; i++) {
        flow_act_set(ofpacts, REG_KEY + i, ip_word(ip, i));
    }
}

/* Appends to 'ofpacts' that REG_KEY becomes where the packet, which is of
 * 'family', is to go. */
void
route_act_key_dst(struct ofpbuf *ofpacts, enum route_family family)
{
    if (family == ROUTE_IPV4) {
        flow_act_set(ofpacts, REG_KEY, 0);
        flow_act_set(ofpacts, REG_KEY + 1, 0);
        flow_act_set(ofpacts, REG_KEY + 2, 0xffff);
        flow_act_copy(ofpacts, MFF_IPV4_DST, REG_KEY + 3);
    } else {
        for (int i = 0; i < 4; i++) {
            flow_act_move(ofpacts, MFF_IPV6_DST, 96 - 32 * i, REG_KEY + i, 0,
                          32);
        }
    }
}

/* Appends to 'ofpacts' that ovs-ext gets the packet, for what 'opcode' says,
 * with the 'n_args' bytes of 'args', as far as the meter of its sender for
 * 'meter' lets it.  The packet ends here. */
void
route_act_punt(struct ofpbuf *ofpacts, enum route_meter meter,
               uint32_t opcode, const void *args, size_t n_args)
{
    flow_act_set(ofpacts, REG_METER, meter);
    flow_act_resubmit(ofpacts, TABLE_ROUTE_METER);
    flow_act_punt(ofpacts, opcode, NX_CTLR_NO_METER, args, n_args);
}
