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
#include "flows/resolver.h"

#include <limits.h>
#include <stdlib.h>
#include "hash.h"
#include "packets.h"
#include "util.h"

/* A host that is looked for, or is not there. */
struct resolver_host {
    struct hmap_node hmap_node; /* In struct resolver's 'hosts'. */
    struct ovs_list due_node;   /* In its 'wanted' or 'unreachable'. */
    struct ovs_list sender_node; /* In 'sender->hosts', if there is one. */
    uint32_t vni;
    struct in6_addr ip;         /* IPv4 is mapped. */
    struct resolver_sender *sender; /* Looks for it; null if unreachable. */
    struct ovs_list packets;    /* "struct resolver_packet"s, oldest first. */
    size_t n_packets;
    int n_requests;             /* Popped so far. */
    long long int due;          /* ms: next request, or it may be there. */
};

/* On whose behalf hosts are looked for. */
struct resolver_sender {
    struct hmap_node hmap_node; /* In struct resolver's 'senders'. */
    uint64_t key;               /* sender_key(). */
    struct ovs_list hosts;      /* "struct resolver_host"s, oldest first. */
    size_t n_hosts;
};

/* Makes 'r' one that looks for nobody. */
void
resolver_init(struct resolver *r)
{
    memset(r, 0, sizeof *r);
    hmap_init(&r->hosts);
    hmap_init(&r->senders);
    ovs_list_init(&r->wanted);
    ovs_list_init(&r->unreachable);
    ovs_list_init(&r->ready);
    ovs_list_init(&r->failed);
}

/* Packets. */

/* Returns a copy of 'packet' that waits until 'due'. */
static struct resolver_packet *
packet_create(struct resolver *r, const struct flow_packet *packet,
              long long int due)
{
    struct resolver_packet *p = xmalloc(sizeof *p + packet->len);

    p->packet = *packet;
    p->packet.args = NULL;
    p->packet.n_args = 0;
    p->packet.data = p + 1;
    p->due = due;
    memcpy(p + 1, packet->data, packet->len);
    r->n_packets++;
    r->n_bytes += packet->len;
    return p;
}

/* 'p', which is in no list, is not 'r''s business any more: it is the
 * caller's, who frees it. */
static struct resolver_packet *
packet_release(struct resolver *r, struct resolver_packet *p)
{
    r->n_packets--;
    r->n_bytes -= p->packet.len;
    return p;
}

/* Drops the first of 'packets' to make room. */
static void
packets_drop(struct resolver *r, struct ovs_list *packets)
{
    struct resolver_packet *p = CONTAINER_OF(ovs_list_pop_front(packets),
                                             struct resolver_packet,
                                             list_node);

    free(packet_release(r, p));
    r->stats.n_dropped++;
}

/* Returns the first of 'packets', which the caller frees, or null. */
static struct resolver_packet *
packets_pop(struct resolver *r, struct ovs_list *packets)
{
    return (ovs_list_is_empty(packets) ? NULL
            : packet_release(r, CONTAINER_OF(ovs_list_pop_front(packets),
                                             struct resolver_packet,
                                             list_node)));
}

/* Senders. */

/* Who sent 'packet': the OpenFlow port of a VM, or an L3VNI. */
static uint64_t
sender_key(const struct flow_packet *packet)
{
    return (packet->in_tag ? packet->in_tag
            : UINT64_C(1) << 32 | packet->vrf);
}

static size_t
sender_max(const struct resolver_sender *sender)
{
    return sender->key >> 32 ? RESOLVER_TUNNEL_MAX : RESOLVER_VM_MAX;
}

static struct resolver_sender *
sender_find(const struct resolver *r, uint64_t key)
{
    struct resolver_sender *sender;

    HMAP_FOR_EACH_WITH_HASH (sender, hmap_node, hash_uint64(key),
                             &r->senders) {
        if (sender->key == key) {
            return sender;
        }
    }
    return NULL;
}

static struct resolver_sender *
sender_create(struct resolver *r, uint64_t key)
{
    struct resolver_sender *sender = xzalloc(sizeof *sender);

    sender->key = key;
    ovs_list_init(&sender->hosts);
    hmap_insert(&r->senders, &sender->hmap_node, hash_uint64(key));
    return sender;
}

static struct resolver_host *
sender_oldest(const struct resolver_sender *sender)
{
    return CONTAINER_OF(ovs_list_front(&sender->hosts), struct resolver_host,
                        sender_node);
}

/* Returns the sender that has most hosts looked for.  There is one. */
static struct resolver_sender *
sender_largest(const struct resolver *r)
{
    struct resolver_sender *sender, *largest = NULL;

    HMAP_FOR_EACH (sender, hmap_node, &r->senders) {
        if (!largest || sender->n_hosts > largest->n_hosts
            || (sender->n_hosts == largest->n_hosts
                && sender->key < largest->key)) {
            largest = sender;
        }
    }
    ovs_assert(largest);
    return largest;
}

/* Hosts. */

static uint32_t
host_hash(uint32_t vni, const struct in6_addr *ip)
{
    return hash_bytes(ip, sizeof *ip, vni);
}

static struct resolver_host *
host_find(const struct resolver *r, uint32_t vni, const struct in6_addr *ip)
{
    struct resolver_host *host;

    HMAP_FOR_EACH_WITH_HASH (host, hmap_node, host_hash(vni, ip), &r->hosts) {
        if (host->vni == vni && ipv6_addr_equals(&host->ip, ip)) {
            return host;
        }
    }
    return NULL;
}

/* 'host' is not looked for any more. */
static void
host_leave_sender(struct resolver *r, struct resolver_host *host)
{
    struct resolver_sender *sender = host->sender;

    if (sender) {
        host->sender = NULL;
        r->n_wanted--;
        ovs_list_remove(&host->sender_node);
        if (!--sender->n_hosts) {
            hmap_remove(&r->senders, &sender->hmap_node);
            free(sender);
        }
    }
}

static void
host_destroy(struct resolver *r, struct resolver_host *host)
{
    host_leave_sender(r, host);
    ovs_list_remove(&host->due_node);
    hmap_remove(&r->hosts, &host->hmap_node);
    free(host);
}

/* Forgets 'host' with the packets that wait for it, to make room. */
static void
host_drop(struct resolver *r, struct resolver_host *host)
{
    while (!ovs_list_is_empty(&host->packets)) {
        packets_drop(r, &host->packets);
    }
    host_destroy(r, host);
}

/* Makes room for one more host that the sender with 'key' looks for. */
static void
make_room_for_host(struct resolver *r, uint64_t key)
{
    const struct resolver_sender *sender = sender_find(r, key);

    if (sender && sender->n_hosts >= sender_max(sender)) {
        host_drop(r, sender_oldest(sender));
    } else if (r->n_wanted >= RESOLVER_MAX) {
        host_drop(r, sender_oldest(sender_largest(r)));
    }
}

/* Makes room for 'n' more bytes of packets. */
static void
make_room_for_bytes(struct resolver *r, size_t n)
{
    while (r->n_bytes + n > RESOLVER_BYTES_MAX) {
        if (!ovs_list_is_empty(&r->ready)) {
            packets_drop(r, &r->ready);
        } else if (!ovs_list_is_empty(&r->failed)) {
            packets_drop(r, &r->failed);
        } else {
            host_drop(r, sender_oldest(sender_largest(r)));
        }
    }
}

/* Begins to look for the host with 'ip' in 'vni' on behalf of the sender with
 * 'key', from time 'now' on. */
static struct resolver_host *
host_create(struct resolver *r, uint32_t vni, const struct in6_addr *ip,
            uint64_t key, long long int now)
{
    struct resolver_host *host = xzalloc(sizeof *host);

    make_room_for_host(r, key);
    host->sender = sender_find(r, key);
    if (!host->sender) {
        host->sender = sender_create(r, key);
    }
    host->vni = vni;
    host->ip = *ip;
    host->due = now;
    ovs_list_init(&host->packets);
    ovs_list_push_back(&host->sender->hosts, &host->sender_node);
    host->sender->n_hosts++;
    r->n_wanted++;
    ovs_list_push_front(&r->wanted, &host->due_node);
    hmap_insert(&r->hosts, &host->hmap_node, host_hash(vni, ip));
    return host;
}

/* Frees what 'r' holds. */
void
resolver_uninit(struct resolver *r)
{
    struct resolver_host *host;

    HMAP_FOR_EACH_SAFE (host, hmap_node, &r->hosts) {
        host_drop(r, host);
    }
    while (!ovs_list_is_empty(&r->ready)) {
        packets_drop(r, &r->ready);
    }
    while (!ovs_list_is_empty(&r->failed)) {
        packets_drop(r, &r->failed);
    }
    hmap_destroy(&r->hosts);
    hmap_destroy(&r->senders);
}

/* Returns true if 'r' knows no host, be it looked for or not there. */
bool
resolver_is_empty(const struct resolver *r)
{
    return hmap_is_empty(&r->hosts);
}

/* What happens. */

/* At time 'now', 'packet' is to go to 'packet->next_hop' in 'packet->vni',
 * whose MAC is not known. */
enum resolver_verdict
resolver_put(struct resolver *r, const struct flow_packet *packet,
             long long int now)
{
    struct resolver_host *host = host_find(r, packet->vni, &packet->next_hop);
    struct resolver_packet *p;

    if (host && !host->sender) {
        if (now < host->due) {
            return RESOLVER_REFUSED;
        }
        host_destroy(r, host);
    }
    make_room_for_bytes(r, packet->len);
    host = host_find(r, packet->vni, &packet->next_hop);
    if (!host) {
        host = host_create(r, packet->vni, &packet->next_hop,
                           sender_key(packet), now);
    } else if (host->n_packets >= RESOLVER_PACKETS) {
        packets_drop(r, &host->packets);
        host->n_packets--;
    }
    p = packet_create(r, packet, LLONG_MAX);
    ovs_list_push_back(&host->packets, &p->list_node);
    host->n_packets++;
    return RESOLVER_HELD;
}

/* At time 'now', 'packet' is to go to a host that is known, but maybe not yet
 * to the switch. */
void
resolver_put_ready(struct resolver *r, const struct flow_packet *packet,
                   long long int now)
{
    struct resolver_packet *p;

    make_room_for_bytes(r, packet->len);
    p = packet_create(r, packet, now + RESOLVER_PATIENCE);
    ovs_list_push_back(&r->ready, &p->list_node);
}

/* The host with 'ip' in the network 'vni' is known at time 'now'.  Returns
 * true if it was looked for. */
bool
resolver_known(struct resolver *r, uint32_t vni, const struct in6_addr *ip,
               long long int now)
{
    struct resolver_host *host = host_find(r, vni, ip);
    bool wanted = host && host->sender;
    struct resolver_packet *p;

    if (!host) {
        return false;
    }
    LIST_FOR_EACH (p, list_node, &host->packets) {
        p->due = now + RESOLVER_PATIENCE;
    }
    ovs_list_push_back_all(&r->ready, &host->packets);
    r->stats.n_resolved += wanted;
    host_destroy(r, host);
    return wanted;
}

/* The network 'vni' is no more, or not routed any more. */
void
resolver_forget(struct resolver *r, uint32_t vni)
{
    struct resolver_host *host;

    HMAP_FOR_EACH_SAFE (host, hmap_node, &r->hosts) {
        if (host->vni == vni) {
            host_drop(r, host);
        }
    }
}

/* Nobody answers for 'host' at time 'now': it is not looked for for a while,
 * and the packets that wait for it have failed. */
static void
host_fail(struct resolver *r, struct resolver_host *host, long long int now)
{
    struct ovs_list *unreachable = &r->unreachable;

    ovs_list_push_back_all(&r->failed, &host->packets);
    host->n_packets = 0;
    host_leave_sender(r, host);
    ovs_list_remove(&host->due_node);
    host->due = now + RESOLVER_UNREACHABLE;
    ovs_list_push_back(unreachable, &host->due_node);
    r->stats.n_failed++;
    if (hmap_count(&r->hosts) - r->n_wanted > RESOLVER_UNREACHABLE_MAX) {
        host_destroy(r, CONTAINER_OF(ovs_list_front(unreachable),
                                     struct resolver_host, due_node));
    }
}

static struct resolver_host *
first_due(const struct ovs_list *hosts)
{
    return (ovs_list_is_empty(hosts) ? NULL
            : CONTAINER_OF(ovs_list_front(hosts), struct resolver_host,
                           due_node));
}

/* Hosts that were not there may be by time 'now'. */
static void
run_unreachable(struct resolver *r, long long int now)
{
    struct resolver_host *host;

    while ((host = first_due(&r->unreachable)) != NULL && host->due <= now) {
        host_destroy(r, host);
    }
}

/* Stores in '*request' whom the user is to ask for at time 'now', and returns
 * true; returns false if there is nobody (any more). */
bool
resolver_pop_request(struct resolver *r, long long int now,
                     struct resolver_request *request)
{
    struct resolver_host *host;

    run_unreachable(r, now);
    while ((host = first_due(&r->wanted)) != NULL && host->due <= now) {
        if (host->n_requests >= RESOLVER_REQUESTS) {
            host_fail(r, host, now);
            continue;
        }
        host->n_requests++;
        host->due = now + RESOLVER_INTERVAL;
        ovs_list_remove(&host->due_node);
        ovs_list_push_back(&r->wanted, &host->due_node);
        r->stats.n_requests++;
        *request = (struct resolver_request) { host->vni, host->ip };
        return true;
    }
    return false;
}

/* Returns a packet that may go on at time 'now', which the caller frees, or
 * null: one whose host is known, if 'settled', which says that the switch has
 * all flows, or if it has waited long enough for that. */
struct resolver_packet *
resolver_pop_ready(struct resolver *r, bool settled, long long int now)
{
    const struct resolver_packet *p;

    if (ovs_list_is_empty(&r->ready)) {
        return NULL;
    }
    p = CONTAINER_OF(ovs_list_front(&r->ready), struct resolver_packet,
                     list_node);
    return settled || p->due <= now ? packets_pop(r, &r->ready) : NULL;
}

/* Returns a packet whose host is not there, which the caller frees, or
 * null. */
struct resolver_packet *
resolver_pop_failed(struct resolver *r)
{
    return packets_pop(r, &r->failed);
}

/* Returns when the user is to look for requests and packets again, LLONG_MAX
 * for never. */
long long int
resolver_next_due(const struct resolver *r)
{
    const struct resolver_host *wanted = first_due(&r->wanted);
    const struct resolver_host *unreachable = first_due(&r->unreachable);
    long long int due = MIN(wanted ? wanted->due : LLONG_MAX,
                            unreachable ? unreachable->due : LLONG_MAX);

    if (!ovs_list_is_empty(&r->failed)) {
        return LLONG_MIN;
    } else if (!ovs_list_is_empty(&r->ready)) {
        due = MIN(due, CONTAINER_OF(ovs_list_front(&r->ready),
                                    struct resolver_packet, list_node)->due);
    }
    return due;
}

/* Stores in '*counts' what is so in the network 'vni', in all if that is
 * 0. */
void
resolver_count(const struct resolver *r, uint32_t vni,
               struct resolver_counts *counts)
{
    const struct resolver_host *host;

    memset(counts, 0, sizeof *counts);
    HMAP_FOR_EACH (host, hmap_node, &r->hosts) {
        if (!vni || host->vni == vni) {
            counts->n_wanted += host->sender != NULL;
            counts->n_unreachable += !host->sender;
            counts->n_packets += host->n_packets;
        }
    }
}
