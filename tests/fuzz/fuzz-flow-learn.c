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
#include <string.h>
#include "flows/flow-learn.h"
#include "flows/flow-packet.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

/* Frames of VMs, to VMs, and to the gateway, that tell addresses.  The first
 * byte says which of these; then comes the frame. */

static const struct {
    uint32_t opcode;
    uint32_t ofport;            /* Of whom it tells. */
} kinds[] = { { PUNT_LEARN, 1 }, { PUNT_LEARN_DHCP, 2 }, { PUNT_GLEAN, 0 } };

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    struct flow_packet packet = { .vni = 5, .in_tag = 1, .out_tag = 2 };
    struct fact_heard facts[FLOW_LEARN_MAX];
    bool ok = false;
    size_t n, kind;

    if (size < 1 + ETH_HEADER_LEN || size > UINT16_MAX / 2) {
        return false;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    kind = data[0] % ARRAY_SIZE(kinds);
    packet.opcode = kinds[kind].opcode;
    packet.data = data + 1;
    packet.len = size - 1;
    n = flow_learn_parse(&packet, facts);
    ovs_assert(n <= FLOW_LEARN_MAX);
    for (size_t i = 0; i < n; i++) {
        ovs_assert(facts[i].vni == 5);
        ovs_assert(facts[i].ofport == kinds[kind].ofport);
        ok |= ipv6_addr_is_set(&facts[i].ip);
    }
    return ok;
}

static const uint8_t arp[] = {
    0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, 1, 8, 6,
    0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0, 1, 10, 0, 0, 1,
    0, 0, 0, 0, 0, 0, 10, 0, 0, 2,
};

static const uint8_t solicitation[] = {
    0, 0x33, 0x33, 0xff, 0, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 32, 58, 255,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 2,
    135, 0, 0, 0, 0, 0, 0, 0,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    1, 1, 0x52, 0x54, 0, 0, 0, 1,
};

static const uint8_t reply6[] = {
    1, 0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 56, 17, 64,
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2,
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    2, 35, 2, 34, 0, 56, 0, 0, 7, 1, 2, 3,
    0, 3, 0, 40, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 9,
    0, 5, 0, 24, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0, 0, 0, 9, 0, 0, 0, 9,
};

static const uint8_t answer[] = {
    2, 0x02, 0x6f, 0x65, 0, 0, 5, 0x52, 0x54, 0, 0, 0, 1, 8, 6,
    0, 1, 8, 0, 6, 4, 0, 2, 0x52, 0x54, 0, 0, 0, 1, 10, 0, 0, 1,
    0x02, 0x6f, 0x65, 0, 0, 5, 10, 0, 0, 2,
};

/* The head of an IPv4 DHCP acknowledgement. */
static const uint8_t ack[] = {
    1, 0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 8, 0,
    0x45, 0, 1, 15, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1,
    0, 67, 0, 68, 0, 251, 0, 0,
    2, 1, 6, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1,
    0, 0, 0, 0, 0, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 1,
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    static const uint8_t options[] = { 0x63, 0x82, 0x53, 0x63, 53, 1, 5 };
    uint8_t *data = xzalloc(1 + 14 + 20 + 8 + 236 + sizeof options);

    cb(aux, arp, sizeof arp);
    cb(aux, solicitation, sizeof solicitation);
    cb(aux, reply6, sizeof reply6);
    cb(aux, answer, sizeof answer);
    memcpy(data, ack, sizeof ack);
    memcpy(data + 1 + 14 + 20 + 8 + 236, options, sizeof options);
    cb(aux, data, 1 + 14 + 20 + 8 + 236 + sizeof options);
    free(data);
}
