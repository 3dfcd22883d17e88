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
#include "flows/rs-check.h"

#include <netinet/icmp6.h>
#include <string.h>
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "flows/security.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* Returns true if the 'len' bytes of options at 'p' make sense (RFC 4861
 * section 4.6), and each source link-layer address among them is one of
 * 'port'; there must be none unless the sender 'has_ip'. */
static bool
options_allowed(const struct port *port, bool has_ip, const uint8_t *p,
                size_t len)
{
    while (len) {
        size_t n = len < 2 ? 0 : ND_LLA_OPT_LEN * p[1];

        if (!n || n > len) {
            return false;
        }
        if (p[0] == ND_OPT_SOURCE_LINKADDR) {
            struct eth_addr mac;

            memcpy(&mac, p + 2, sizeof mac);
            if (!has_ip || n != ND_LLA_OPT_LEN
                || !security_allows_mac(port, mac)) {
                return false;
            }
        }
        p += n;
        len -= n;
    }
    return true;
}

/* Returns true if 'packet' is a valid router solicitation (RFC 4861 section
 * 6.1.1) that tells no other link-layer address than such as 'port' may send
 * from. */
bool
rs_check_allows(const struct port *port, const struct flow_packet *packet)
{
    const size_t header_len = sizeof(struct icmp6_data_header);
    const uint8_t *l4;
    struct dp_packet b;
    struct flow flow;
    size_t len;

    dp_packet_use_const(&b, packet->data, packet->len);
    flow_extract(&b, &flow);
    if (flow.dl_type != htons(ETH_TYPE_IPV6)
        || flow.nw_proto != IPPROTO_ICMPV6 || flow.nw_frag
        || flow.nw_ttl != 255 || flow.tp_src != htons(ND_ROUTER_SOLICIT)
        || flow.tp_dst != htons(0)) {
        return false;
    }
    l4 = dp_packet_l4(&b);
    len = dp_packet_l4_size(&b);
    return (l4 && len >= header_len
            && !packet_csum_upperlayer6(dp_packet_l3(&b), l4, IPPROTO_ICMPV6,
                                        len)
            && options_allowed(port, ipv6_addr_is_set(&flow.ipv6_src),
                               l4 + header_len, len - header_len));
}

/* Finds out what becomes of 'request', and stores it in '*out', which points
 * to what 'request' points to.  Returns false if nothing does, as the port of
 * its sender is no more. */
bool
rs_check(const struct model *model, const struct flow_packet *request,
         struct flow_packet *out)
{
    const struct port *port = model_port_by_ofport(model, request->in_tag);

    if (!port) {
        return false;
    }
    *out = (struct flow_packet) {
        .table_id = TABLE_CLASSIFY,
        .ofport = request->ofport,
        .data = request->data,
        .len = request->len,
    };
    if (port->security < SECURITY_MAC) {
        /* It is not checked any more. */
    } else if (rs_check_allows(port, request)) {
        out->reason = SECURITY_CHECKED;
    } else {
        out->table_id = TABLE_SECURITY_DROP;
        out->vni = request->vni;
        out->in_tag = request->in_tag;
        out->reason = DROP_ND_SPOOF;
    }
    return true;
}
