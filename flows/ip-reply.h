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

#ifndef FLOWS_IP_REPLY_H
#define FLOWS_IP_REPLY_H 1

/* What is said about an IP packet, to the one who sent it: by a router that
 * does not forward it, by a host that is its destination, or by whoever
 * prohibits it.
 *
 * It is pure: a frame in, a frame out, which the caller owns.  The new frame
 * goes back: its MACs are those of the old one, swapped, and it comes from the
 * address that the old one was for, unless the caller says otherwise.  There
 * is none (null) where nobody may be told (RFC 1122 section 3.2.2, RFC 1812
 * section 4.3.2.7, RFC 4443 section 2.4 e): an ICMP error or redirect, a later
 * fragment, a packet of or for many, one without a sender.
 *
 * How often anything is said is the business of the caller (RFC 1812 section
 * 4.3.2.8): the meters of the flows that hand packets over see to it. */

#include <stddef.h>
#include <stdint.h>

struct in6_addr;
struct ofpbuf;

/* Errors (RFC 792, RFC 1812 section 5.2.7, RFC 4443 section 3). */
enum ip_error {
    IP_ERROR_PROHIBITED,        /* By an administrator. */
    IP_ERROR_TTL,               /* TTL or hop limit over in transit. */
    IP_ERROR_NO_ROUTE,          /* To the destination. */
    IP_ERROR_HOST,              /* The destination does not answer. */
    IP_ERROR_PROTOCOL,          /* The destination has no such protocol. */
    IP_ERROR_PORT,              /* The destination has no such port. */
    IP_ERROR_TOO_BIG,           /* For the next hop. */
};

struct ofpbuf *ip_reply_error(const void *frame, size_t len, enum ip_error,
                              const struct in6_addr *from, uint16_t mtu);
struct ofpbuf *ip_reply_reject(const void *frame, size_t len);
struct ofpbuf *ip_reply_host(const void *frame, size_t len);

#endif /* flows/ip-reply.h */
