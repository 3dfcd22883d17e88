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
#include "ovs-ext/engine-internal.h"

#include <limits.h>
#include "coverage.h"
#include "flows/flow-learn.h"
#include "flows/flows.h"
#include "flows/pipeline.h"
#include "flows/resolver.h"
#include "flows/route-packet.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "ovs-ext/show-model.h"
#include "unaligned.h"
#include "util.h"

/* What the router in the switch cannot do by itself: hosts are looked for, and
 * senders told what became of their packets.  Meters in the switch bound how
 * many packets come, flows/resolver.h bounds how many wait. */

COVERAGE_DEFINE(router_answer);
COVERAGE_DEFINE(router_error);
COVERAGE_DEFINE(router_glean);
COVERAGE_DEFINE(router_held);
COVERAGE_DEFINE(router_lost);
COVERAGE_DEFINE(router_mute);
COVERAGE_DEFINE(router_request);
COVERAGE_DEFINE(router_unreachable);
COVERAGE_DEFINE(router_unresolved);

/* Requests that are sent in one iteration. */
#define MAX_REQUESTS 256

/* Sends 'frame', which is freed, as 'packet' says; if it is null, nothing is
 * to be said. */
static void
send_frame(struct engine *e, struct ofpbuf *frame,
           const struct flow_packet *packet)
{
    if (!frame) {
        COVERAGE_INC(router_mute);
    } else if (!flows_send_packet(e->flows, packet)) {
        COVERAGE_INC(router_lost);
    }
    ofpbuf_delete(frame);
}

static void
tell_error(struct engine *e, const struct flow_packet *packet,
           enum ip_error error, uint16_t mtu)
{
    struct flow_packet out;

    COVERAGE_INC(router_error);
    send_frame(e, route_packet_error(&e->model, packet, error, mtu, &out),
               &out);
}

static void
tell_too_big(struct engine *e, const struct flow_packet *packet)
{
    if (packet->n_args == sizeof(ovs_be16)) {
        ovs_be16 mtu;

        memcpy(&mtu, packet->args, sizeof mtu);
        tell_error(e, packet, IP_ERROR_TOO_BIG, ntohs(mtu));
    }
}

static void
answer(struct engine *e, const struct flow_packet *packet)
{
    struct flow_packet out;

    COVERAGE_INC(router_answer);
    send_frame(e, route_packet_host(&e->model, packet, &out), &out);
}

/* 'packet' is to go to a host whose MAC the switch does not know. */
static void
resolve(struct engine *e, const struct flow_packet *packet, long long int now)
{
    const struct network *net = model_network(&e->model, packet->vni);
    struct resolution r;

    if (!net || !route_packet_may_request(net, &packet->next_hop)) {
        return;
    } else if (packet->flags & FLAG_RESOLVED) {
        /* It went on before, and is back: the switch lacks what it should
         * have. */
        COVERAGE_INC(router_unresolved);
    } else if (network_resolve_ip(net, &packet->next_hop, &r)) {
        resolver_put_ready(&e->resolver, packet, now);
    } else if (!net->drop_unknown_arp
               && resolver_put(&e->resolver, packet, now) == RESOLVER_HELD) {
        COVERAGE_INC(router_held);
    } else {
        COVERAGE_INC(router_unreachable);
        tell_error(e, packet, IP_ERROR_HOST, 0);
    }
}

static void
glean(struct engine *e, const struct flow_packet *packet, long long int now)
{
    struct fact_heard facts[FLOW_LEARN_MAX];
    size_t n = flow_learn_parse(packet, facts);

    COVERAGE_INC(router_glean);
    for (size_t i = 0; i < n; i++) {
        model_put_gleaned(&e->model, facts[i].vni, &facts[i].ip, facts[i].mac,
                          now);
    }
}

/* Handles 'packet', which the router in the switch handed over.  Returns false
 * if it is none of these. */
bool
engine_route_packet(struct engine *e, const struct flow_packet *packet,
                    long long int now)
{
    switch (packet->opcode) {
    case PUNT_RESOLVE:
        resolve(e, packet, now);
        return true;
    case PUNT_TTL:
        tell_error(e, packet, IP_ERROR_TTL, 0);
        return true;
    case PUNT_UNREACHABLE:
        tell_error(e, packet, IP_ERROR_NO_ROUTE, 0);
        return true;
    case PUNT_TOO_BIG:
        tell_too_big(e, packet);
        return true;
    case PUNT_GATEWAY:
        answer(e, packet);
        return true;
    case PUNT_GLEAN:
        glean(e, packet, now);
        return true;
    default:
        return false;
    }
}

/* The planners look at 'owner' at time 'now': who was looked for may be known,
 * or nobody's business any more. */
void
engine_route_owner(struct engine *e, const struct owner *owner,
                   long long int now)
{
    const struct network *net;
    struct resolution r;

    if (resolver_is_empty(&e->resolver)) {
        return;
    }
    if (owner->kind == OWNER_LOCAL_IP || owner->kind == OWNER_REMOTE_IP) {
        net = model_network(&e->model, owner->vni);
        if (net && network_resolve_ip(net, &owner->ip, &r)) {
            resolver_known(&e->resolver, owner->vni, &owner->ip, now);
        }
    } else if (owner->kind == OWNER_NETWORK) {
        net = model_network(&e->model, owner->vni);
        if (!net || !network_is_active(net) || !network_is_routed(net)) {
            resolver_forget(&e->resolver, owner->vni);
        }
    }
}

/* Asks for hosts. */
static void
run_requests(struct engine *e, long long int now)
{
    struct resolver_request request;

    for (int i = 0; i < MAX_REQUESTS; i++) {
        struct flow_packet out;

        if (!resolver_pop_request(&e->resolver, now, &request)) {
            break;
        }
        COVERAGE_INC(router_request);
        send_frame(e, route_packet_request(&e->model, request.vni,
                                           &request.ip, &out), &out);
    }
}

/* Lets packets go on whose host is known, and tells the senders of others.
 * The switch has been sent what it is to know now. */
void
engine_route_run(struct engine *e, long long int now)
{
    struct resolver_packet *p;

    run_requests(e, now);
    while ((p = resolver_pop_ready(&e->resolver, flows_in_sync(e->flows),
                                   now)) != NULL) {
        p->packet.table_id = TABLE_ROUTE;
        p->packet.flags |= FLAG_RESOLVED;
        if (!flows_send_packet(e->flows, &p->packet)) {
            COVERAGE_INC(router_lost);
        }
        free(p);
    }
    while ((p = resolver_pop_failed(&e->resolver)) != NULL) {
        COVERAGE_INC(router_unreachable);
        tell_error(e, &p->packet, IP_ERROR_HOST, 0);
        free(p);
    }
}

/* Wakes the poll loop when engine_route_run() has something to do. */
void
engine_route_wait(const struct engine *e)
{
    long long int due = resolver_next_due(&e->resolver);

    if (due != LLONG_MAX) {
        poll_timer_wait_until(due);
    }
}

/* Adds to 'counts' what is looked for in the network 'vni'. */
static void
add_counts(void *e_, uint32_t vni, struct show_vpc_counts *counts)
{
    const struct engine *e = e_;
    struct resolver_counts c;

    resolver_count(&e->resolver, vni, &c);
    counts->n_wanted += c.n_wanted;
    counts->n_packets += c.n_packets;
    counts->n_unreachable += c.n_unreachable;
}

/* Returns the reply to "vpc/show", which the caller frees: the VPC with
 * 'l3vni', or all if that is 0. */
char *
engine_vpc_show(const struct engine *e, uint32_t l3vni, bool json)
{
    return show_vpcs(&e->model, l3vni, add_counts,
                     CONST_CAST(struct engine *, e), json);
}
