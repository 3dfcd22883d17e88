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

#include <stdlib.h>
#include "dp-packet.h"
#include "flow.h"
#include "flows/flow-packet.h"
#include "flows/rs-check.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Router solicitations of VMs: frames, whose checksums are made good. */

/* Corrects the checksum of ICMPv6 in 'b', if that is what it is. */
static void
correct_checksum(struct dp_packet *b)
{
    struct icmp6_header *icmp6;
    struct flow flow;
    size_t len;

    flow_extract(b, &flow);
    icmp6 = dp_packet_l4(b);
    len = dp_packet_l4_size(b);
    if (flow.dl_type == htons(ETH_TYPE_IPV6)
        && flow.nw_proto == IPPROTO_ICMPV6 && icmp6
        && len >= sizeof *icmp6) {
        icmp6->icmp6_cksum = 0;
        icmp6->icmp6_cksum = packet_csum_upperlayer6(
            dp_packet_l3(b), icmp6, IPPROTO_ICMPV6, len);
    }
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    struct eth_addr mac = ETH_ADDR_C(52,54,00,00,00,01);
    struct address_pair pair = { .mac = ETH_ADDR_C(00,00,5e,00,01,05) };
    struct port port = {
        .macs = &mac,
        .n_macs = 1,
        .row = { .pairs = &pair, .n_pairs = 1 },
    };
    struct flow_packet packet;
    struct dp_packet b;
    uint8_t *copy;
    bool ok;

    if (size < ETH_HEADER_LEN || size > UINT16_MAX / 2) {
        return false;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    copy = xmemdup(data, size);
    dp_packet_use_const(&b, copy, size);
    correct_checksum(&b);
    packet = (struct flow_packet) { .data = copy, .len = size };
    ok = rs_check_allows(&port, &packet);
    free(copy);
    return ok;
}

/* With the own MAC, and an MTU. */
static const uint8_t own[] = {
    0x33, 0x33, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 24, 58, 255,
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x50, 0x54, 0, 0xff, 0xfe, 0, 0, 1,
    0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    133, 0, 0, 0, 0, 0, 0, 0,
    1, 1, 0x52, 0x54, 0, 0, 0, 1,
    5, 1, 0, 0, 0, 0, 0x05, 0xdc,
};

/* Behind hop-by-hop options, from nobody, without options. */
static const uint8_t bare[] = {
    0x33, 0x33, 0, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 16, 0, 255,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    58, 0, 1, 4, 0, 0, 0, 0,
    133, 0, 0, 0, 0, 0, 0, 0,
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    cb(aux, own, sizeof own);
    cb(aux, bare, sizeof bare);
}
