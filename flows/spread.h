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

#ifndef FLOWS_SPREAD_H
#define FLOWS_SPREAD_H 1

/* Spreading flows over the members of a group, so that a flow stays with its
 * member for as long as that is there.
 *
 * Open vSwitch deals the hash values of packets out to the buckets of a select
 * group in turn.  With a bucket for each member, nearly all flows would move
 * when a member comes or goes.  Therefore, a group has SPREAD_SLOTS buckets,
 * always, and each of these slots goes to the member that wins it by
 * rendezvous hashing.  Those of a member that goes are shared by the others,
 * one that comes gets some of each, and no other slot changes hands.
 *
 * It is pure: who wins depends on nothing but the names of the members.  So
 * that not all hosts prefer the same member, the host's own is part of these.
 *
 * What it costs: a datapath flow for each slot that a packet came by, of at
 * most SPREAD_SLOTS for all connections with the same destination prefix. */

#include <stddef.h>
#include <stdint.h>

/* Also the number of hash values that Open vSwitch deals out then, a power of
 * 2.  Shares of two members differ by 12 % or so. */
#define SPREAD_SLOTS 64

size_t spread_pick(const uint32_t names[], size_t n, uint32_t slot);

#endif /* flows/spread.h */
