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

/* Learning: copies of packets that prove addresses go to ovs-ext.
 *
 *     LEARN   sender is a port that learns     copy, and on
 *               and sends ARP, NS or NA
 *             ... with addresses known         on, without copy
 *             ... in answer to a probe         copy only
 *             ... that learns MACs, anything   copy, and on, unless the MAC
 *                                              is known
 *             to the MAC of probes             dropped
 *             else                             on
 *     DELIVER receiver is a port that learns   copy, and on
 *               and gets DHCP's answer
 *
 * A meter of its own bounds what comes of each port, so that nobody can be
 * heard less because another one shouts; and what is known already, which is
 * nearly all, does not come at all. */

#include <config.h>
#include "flows/gen.h"

#include <netinet/icmp6.h>
#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"

/* Copies per second of one port, and at once. */
#define LEARN_RATE 20
#define LEARN_BURST 100

static void
match_from(struct match *match, const struct port *port)
{
    match_init_catchall(match);
    match_set_reg(match, REG_IN_TAG - MFF_REG0, port->ofport);
}

/* Adds to 'match' ND messages of 'type'. */
static void
match_nd(struct match *match, uint8_t type)
{
    match_set_dl_type(match, htons(ETH_TYPE_IPV6));
    match_set_nw_proto(match, IPPROTO_ICMPV6);
    match_set_icmp_type(match, type);
    match_set_icmp_code(match, 0);
}

/* Adds a flow to TABLE_LEARN that copies, if 'punt', and goes on, if
 * 'go_on'. */
static void
add_learn(const struct port *port, uint16_t priority, struct match *match,
          bool punt, bool go_on, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    if (punt) {
        flow_act_punt(&ofpacts, PUNT_LEARN, METER_LEARN | port->ofport, NULL,
                      0);
    }
    if (go_on) {
        flow_act_goto(&ofpacts, TABLE_LEARN_NEXT);
    }
    flow_list_add(list, TABLE_LEARN, priority, match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Frames with 'mac' of 'port' tell nothing new. */
static void
add_known_mac(const struct port *port, struct eth_addr mac,
              struct flow_list *list)
{
    struct match match;

    match_from(&match, port);
    match_set_dl_src(&match, mac);
    add_learn(port, PRIORITY_MULTICAST, &match, false, true, list);
}

/* What the VM of 'port' sends. */
static void
add_from(const struct port *port, struct flow_list *list)
{
    struct match match;

    match_from(&match, port);
    match_set_dl_type(&match, htons(ETH_TYPE_ARP));
    add_learn(port, PRIORITY_EXACT, &match, true, true, list);

    match_from(&match, port);
    match_nd(&match, ND_NEIGHBOR_SOLICIT);
    add_learn(port, PRIORITY_EXACT, &match, true, true, list);

    match_from(&match, port);
    match_nd(&match, ND_NEIGHBOR_ADVERT);
    add_learn(port, PRIORITY_EXACT, &match, true, true, list);

    match_from(&match, port);
    match_set_dl_dst(&match, LEARN_PROBE_MAC);
    add_learn(port, PRIORITY_GUARD, &match, true, false, list);

    if (port->learns_macs) {
        match_from(&match, port);
        add_learn(port, PRIORITY_UNKNOWN, &match, true, true, list);
        for (size_t i = 0; i < port->n_macs; i++) {
            add_known_mac(port, port->macs[i], list);
        }
    }
}

/* Answers of DHCP servers to the VM of 'port'. */
static void
add_to(const struct port *port, uint16_t eth_type, uint16_t server_port,
       uint16_t client_port, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_reg(&match, REG_OUT_TAG - MFF_REG0, port->ofport);
    match_set_dl_type(&match, htons(eth_type));
    match_set_nw_proto(&match, IPPROTO_UDP);
    match_set_tp_src(&match, htons(server_port));
    match_set_tp_dst(&match, htons(client_port));
    flow_act_punt(&ofpacts, PUNT_LEARN_DHCP, METER_LEARN_DHCP | port->ofport,
                  NULL, 0);
    flow_act_output(&ofpacts, port->ofport);
    flow_list_add(list, TABLE_DELIVER, PRIORITY_EXCEPTION, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what all ports share. */
void
gen_host_learn(struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_dl_dst(&match, LEARN_PROBE_MAC);
    flow_list_add(list, TABLE_LEARN, PRIORITY_KIND, &match, NULL);

    match_init_catchall(&match);
    flow_act_goto(&ofpacts, TABLE_LEARN_NEXT);
    flow_list_add(list, TABLE_LEARN, PRIORITY_NEXT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what 'port', which is active, has for learning. */
void
gen_port_learn(const struct port *port, struct flow_list *list)
{
    if (port->learns) {
        flow_list_add_meter(list, METER_LEARN | port->ofport, LEARN_RATE,
                            LEARN_BURST);
        flow_list_add_meter(list, METER_LEARN_DHCP | port->ofport, LEARN_RATE,
                            LEARN_BURST);
        add_from(port, list);
        add_to(port, ETH_TYPE_IP, 67, 68, list);
        add_to(port, ETH_TYPE_IPV6, 547, 546, list);
    }
}

/* Appends to 'list' what keeps packets that prove 'local', which is known,
 * away from ovs-ext, if its port learns. */
void
gen_ip_learn(const struct local_ip *local, struct flow_list *list)
{
    const struct port *port = local->port;
    struct match match;

    if (!port->learns || !port->ofport) {
        return;
    }
    match_from(&match, port);
    match_set_dl_src(&match, local->mac);
    if (IN6_IS_ADDR_V4MAPPED(&local->ip)) {
        match_set_dl_type(&match, htons(ETH_TYPE_ARP));
        match_set_nw_src(&match, in6_addr_get_mapped_ipv4(&local->ip));
        match_set_arp_sha(&match, local->mac);
        add_learn(port, PRIORITY_EXCEPTION, &match, false, true, list);
    } else {
        match_nd(&match, ND_NEIGHBOR_SOLICIT);
        match_set_ipv6_src(&match, &local->ip);
        add_learn(port, PRIORITY_EXCEPTION, &match, false, true, list);

        match_from(&match, port);
        match_set_dl_src(&match, local->mac);
        match_nd(&match, ND_NEIGHBOR_ADVERT);
        match_set_nd_target(&match, &local->ip);
        add_learn(port, PRIORITY_EXCEPTION, &match, false, true, list);
    }
}

/* Likewise of a MAC, unless a frame is waited for that proves it. */
void
gen_mac_learn(const struct local_mac *local, struct flow_list *list)
{
    if (local->learned && !local->learned->silent && local->port->ofport) {
        add_known_mac(local->port, local->mac, list);
    }
}
