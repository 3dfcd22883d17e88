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

#ifndef FLOWS_RESOLVER_H
#define FLOWS_RESOLVER_H 1

/* The resolver: which hosts of connected networks are being looked for, and
 * the packets that wait for them (RFC 1122 section 2.3.2, RFC 4861 section
 * 7.2).
 *
 *     resolver_put() ─> looked for ──── resolver_known() ──> ready packets
 *                         │  │ resolver_pop_request()
 *                         │  └─> a request, each second
 *                         └ no answer to RESOLVER_REQUESTS of them
 *                              └─> unreachable for a while, failed packets
 *
 * It is pure: it has no clock and sends nothing.  Its user sends the requests
 * that it pops, tells when a host is known, lets ready packets go on and tells
 * the senders of failed ones.
 *
 * All is bounded.  A host has RESOLVER_PACKETS packets at most; the oldest one
 * makes room.  A sender - a VM of this host, or all that comes by an L3VNI -
 * has a bounded number of hosts that are looked for on its behalf, and there
 * is a bound for all.  The host that has been looked for longest makes room,
 * that of the sender itself or, for the bound of all, of the sender that has
 * most.  A host that is there answers at once, so that this harms who looks
 * for many that are not. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "flows/flow-packet.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

#define RESOLVER_REQUESTS 3     /* Without answer: nobody has the address. */
#define RESOLVER_INTERVAL 1000  /* ms between them. */
#define RESOLVER_UNREACHABLE 5000 /* ms for which it is not looked for. */
#define RESOLVER_PATIENCE 1000  /* ms for which ready packets wait. */

#define RESOLVER_PACKETS 3      /* That wait for one host. */
#define RESOLVER_VM_MAX 64      /* Hosts looked for for a VM. */
#define RESOLVER_TUNNEL_MAX 256 /* Likewise for what comes by an L3VNI. */
#define RESOLVER_MAX 1024       /* Likewise for all. */
#define RESOLVER_UNREACHABLE_MAX 4096
#define RESOLVER_BYTES_MAX (4 * 1024 * 1024) /* Of all packets. */

/* What happened so far. */
struct resolver_stats {
    uint64_t n_requests;        /* Sent. */
    uint64_t n_resolved;        /* Hosts that were found. */
    uint64_t n_failed;          /* Hosts that were not. */
    uint64_t n_dropped;         /* Packets that made room for others. */
};

struct resolver {
    struct hmap hosts;          /* "struct resolver_host"s, by VNI and IP. */
    struct hmap senders;        /* "struct resolver_sender"s, by key. */
    struct ovs_list wanted;     /* Hosts that are looked for, by 'due'. */
    struct ovs_list unreachable; /* Hosts that are not there, by 'due'. */
    struct ovs_list ready;      /* "struct resolver_packet"s. */
    struct ovs_list failed;     /* "struct resolver_packet"s. */
    size_t n_wanted;            /* Hosts in 'wanted'. */
    size_t n_packets;           /* In all. */
    size_t n_bytes;             /* Of these. */
    struct resolver_stats stats;
};

/* A packet that waits. */
struct resolver_packet {
    struct ovs_list list_node;
    struct flow_packet packet;  /* Its 'data' is behind this struct. */
    long long int due;          /* ms: until when it waits. */
};

/* Who is to be looked for. */
struct resolver_request {
    uint32_t vni;
    struct in6_addr ip;         /* IPv4 is mapped. */
};

/* What resolver_put() did. */
enum resolver_verdict {
    RESOLVER_HELD,              /* The packet waits. */
    RESOLVER_REFUSED,           /* Its host is not there. */
};

void resolver_init(struct resolver *);
void resolver_uninit(struct resolver *);
bool resolver_is_empty(const struct resolver *);

enum resolver_verdict resolver_put(struct resolver *,
                                   const struct flow_packet *,
                                   long long int now);
void resolver_put_ready(struct resolver *, const struct flow_packet *,
                        long long int now);
bool resolver_known(struct resolver *, uint32_t vni, const struct in6_addr *,
                    long long int now);
void resolver_forget(struct resolver *, uint32_t vni);

bool resolver_pop_request(struct resolver *, long long int now,
                          struct resolver_request *);
struct resolver_packet *resolver_pop_ready(struct resolver *, bool settled,
                                           long long int now);
struct resolver_packet *resolver_pop_failed(struct resolver *);
long long int resolver_next_due(const struct resolver *);

/* What is so in a network. */
struct resolver_counts {
    size_t n_wanted;            /* Hosts that are looked for. */
    size_t n_unreachable;       /* Hosts that are not there. */
    size_t n_packets;           /* That wait for them. */
};
void resolver_count(const struct resolver *, uint32_t vni,
                    struct resolver_counts *);

#endif /* flows/resolver.h */
