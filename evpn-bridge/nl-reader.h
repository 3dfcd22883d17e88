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

#ifndef EVPN_BRIDGE_NL_READER_H
#define EVPN_BRIDGE_NL_READER_H 1

/* A thread that reads whole tables of the kernel by rtnetlink.
 *
 * The kernel works out each part of a dump in the system call that takes it,
 * for a bridge's FDB entries by going through all of them: 5 ms for each 32 kB
 * if there are 100,000.  And it waits for the one lock of rtnetlink first,
 * which others hold for tens of ms.  The main loop does not wait for that; it
 * takes the parts when they are there.
 *
 * One read at a time: after nl_reader_start(), nl_reader_pop() returns parts
 * until one of them is the last. */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/list.h"
#include "openvswitch/ofpbuf.h"

/* A part of a read. */
struct nl_part {
    struct ovs_list list_node;
    struct ofpbuf buf;          /* Netlink messages. */
    int error;                  /* Of the read; the part is the last then. */
    bool last;
};

void nl_part_destroy(struct nl_part *);

struct nl_reader;

struct nl_reader *nl_reader_create(void);
void nl_reader_destroy(struct nl_reader *);
void nl_reader_start(struct nl_reader *, uint16_t type, uint8_t family);
struct nl_part *nl_reader_pop(struct nl_reader *);
void nl_reader_wait(struct nl_reader *);

#endif /* evpn-bridge/nl-reader.h */
