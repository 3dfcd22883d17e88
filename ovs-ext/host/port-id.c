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
#include "ovs-ext/host/port-id.h"

#include <string.h>
#include "packets.h"
#include "sha1.h"
#include "util.h"
#include "uuid.h"

#define MAC_LEN 17              /* As text. */

/* The name space, in the byte order of a UUID. */
static const uint8_t name_space[16] = {
    0x3c, 0x9a, 0x5f, 0x1e, 0x7b, 0x42, 0x4d, 0x0a,
    0x9e, 0x61, 0x6f, 0x76, 0x73, 0x65, 0x78, 0x74,
};

/* Stores in 'id' the name of the port with 'mac': the version 5 UUID of the
 * MAC's text in lower case (RFC 4122 section 4.3). */
void
port_id_from_mac(struct eth_addr mac, char id[PORT_ID_LEN + 1])
{
    char input[sizeof name_space + MAC_LEN + 1];
    uint8_t digest[SHA1_DIGEST_SIZE];
    struct uuid uuid;

    memcpy(input, name_space, sizeof name_space);
    snprintf(input + sizeof name_space, MAC_LEN + 1, ETH_ADDR_FMT,
             ETH_ADDR_ARGS(mac));
    sha1_bytes(input, sizeof name_space + MAC_LEN, digest);
    digest[6] = (digest[6] & 0x0f) | 0x50;
    digest[8] = (digest[8] & 0x3f) | 0x80;
    for (size_t i = 0; i < ARRAY_SIZE(uuid.parts); i++) {
        const uint8_t *p = &digest[4 * i];

        uuid.parts[i] = ((uint32_t) p[0] << 24 | p[1] << 16 | p[2] << 8
                         | p[3]);
    }
    snprintf(id, PORT_ID_LEN + 1, UUID_FMT, UUID_ARGS(&uuid));
}
