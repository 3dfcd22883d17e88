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
#include "flows/ip-reply.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

/* Frames of anybody that somebody has to answer.  The first byte says how:
 * one of the errors, or as a host. */

/* A reply is a whole IP packet of the same family, and no larger than it may
 * be. */
static void
check_reply(const uint8_t *frame, size_t len, const struct ofpbuf *b,
            size_t max)
{
    struct dp_packet packet;
    struct flow in, out;

    dp_packet_use_const(&packet, frame, len);
    flow_extract(&packet, &in);
    dp_packet_use_const(&packet, b->data, b->size);
    flow_extract(&packet, &out);
    ovs_assert(out.dl_type == in.dl_type);
    ovs_assert(eth_addr_equals(out.dl_dst, in.dl_src));
    ovs_assert(out.dl_type == htons(ETH_TYPE_IP)
               ? out.nw_dst == in.nw_src && out.nw_dst
               : ipv6_addr_equals(&out.ipv6_dst, &in.ipv6_src));
    ovs_assert(!dp_packet_l2_pad_size(&packet));
    ovs_assert(b->size - ETH_HEADER_LEN <= max);
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    size_t len = size - 1;
    struct ofpbuf *b;
    uint8_t *frame;
    bool answered;
    int what;

    if (!size || size > UINT16_MAX) {
        return false;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    what = data[0] % (IP_ERROR_TOO_BIG + 2);
    /* At an even address, as the switch's messages have it. */
    frame = xmemdup(data + 1, len);
    b = (what > IP_ERROR_TOO_BIG ? ip_reply_host(frame, len)
         : what ? ip_reply_error(frame, len, what, NULL, 1400)
         : ip_reply_reject(frame, len));
    if (b) {
        check_reply(frame, len, b, what > IP_ERROR_TOO_BIG ? MAX(len, 1280)
                    : 1280);
    }
    answered = b != NULL;
    free(frame);
    ofpbuf_delete(b);
    return answered;
}

#define MACS 0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2

static const uint8_t udp[] = {
    IP_ERROR_TTL, MACS, 8, 0,
    0x45, 0, 0, 32, 0, 0, 0x40, 0, 1, 17, 0, 0, 10, 0, 0, 1, 10, 0, 1, 1,
    0, 9, 0, 9, 0, 12, 0, 0, 1, 2, 3, 4,
};

static const uint8_t echo[] = {
    IP_ERROR_TOO_BIG + 1, MACS, 8, 0,
    0x45, 0, 0, 32, 0, 0, 0x40, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 1, 1,
    8, 0, 0xf3, 0xf7, 0, 1, 0, 1, 1, 2, 3, 4,
};

static const uint8_t syn[] = {
    0, MACS, 8, 0,
    0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 1, 1,
    0, 9, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0,
};

static const uint8_t echo6[] = {
    IP_ERROR_TOO_BIG + 1, MACS, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 12, 58, 255,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    128, 0, 0x81, 0xac, 0, 1, 0, 1, 1, 2, 3, 4,
};

static const uint8_t options6[] = {
    IP_ERROR_TOO_BIG, MACS, 0x86, 0xdd,
    0x60, 0, 0, 0, 0, 20, 60, 255,
    0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    0xfd, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    17, 0, 1, 4, 0, 0, 0, 0,
    0, 9, 0, 9, 0, 12, 0, 0, 1, 2, 3, 4,
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    cb(aux, udp, sizeof udp);
    cb(aux, echo, sizeof echo);
    cb(aux, syn, sizeof syn);
    cb(aux, echo6, sizeof echo6);
    cb(aux, options6, sizeof options6);
}
