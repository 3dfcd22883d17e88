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
#include "evpn-bridge/nl-underlay.h"

#include <linux/rtnetlink.h>
#include <stdlib.h>
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-msg.h"
#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_underlay);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Between two looks, ms; and VTEPs that are looked at. */
#define INTERVAL 5000
#define N_VTEPS 16

struct nl_underlay {
    long long int next;         /* ms: when to look again. */
    bool any;                   /* There were VTEPs at the last look. */
};

/* Returns one that has not looked yet. */
struct nl_underlay *
nl_underlay_create(void)
{
    return xzalloc(sizeof(struct nl_underlay));
}

/* Frees 'u'. */
void
nl_underlay_destroy(struct nl_underlay *u)
{
    free(u);
}

/* Stores in '*route' the route by which this host reaches 'ip'.  Returns 0 or
 * an errno value. */
static int
get_route(const struct in6_addr *ip, struct nl_route *route)
{
    uint64_t stub[128 / 8];
    struct ofpbuf request = OFPBUF_STUB_INITIALIZER(stub);
    struct ofpbuf *reply = NULL;
    int error;

    nl_route_format_get(ip, &request);
    error = nl_transact(NETLINK_ROUTE, &request, &reply);
    if (!error) {
        error = nl_route_parse(reply, route);
    }
    ofpbuf_delete(reply);
    ofpbuf_uninit(&request);
    return error;
}

/* Makes '*mtu' (0: none yet) no more than what the devices have by which this
 * host reaches 'ip'. */
static void
look_at(const struct kernel *k, const struct in6_addr *ip, uint32_t *mtu)
{
    struct nl_route route;
    int error = get_route(ip, &route);

    if (error) {
        VLOG_DBG_RL(&rl, "no route to a VTEP (%s)", ovs_strerror(error));
        return;
    }
    for (size_t i = 0; i < route.n_hops; i++) {
        const struct klink *link = kernel_link(k, route.hops[i].ifindex);

        if (link && link->l.mtu && (!*mtu || link->l.mtu < *mtu)) {
            *mtu = link->l.mtu;
        }
    }
}

/* Looks, if it is time to, or the first VTEP is there, or the last one gone;
 * and tells 'model'. */
void
nl_underlay_run(struct nl_underlay *u, const struct kernel *k,
                struct model *model)
{
    bool any = !hmap_is_empty(&model->vteps);
    uint32_t mtu4 = 0, mtu6 = 0;
    const struct vtep *vtep;
    size_t n = 0;

    if (time_msec() < u->next && any == u->any) {
        return;
    }
    HMAP_FOR_EACH (vtep, hmap_node, &model->vteps) {
        look_at(k, &vtep->ip, (IN6_IS_ADDR_V4MAPPED(&vtep->ip) ? &mtu4
                               : &mtu6));
        if (++n >= N_VTEPS) {
            break;
        }
    }
    /* Without VTEPs nothing is known, as after a restart. */
    model_put_underlay(model, mtu4, mtu6);
    u->any = any;
    u->next = time_msec() + INTERVAL;
}

/* Wakes the poll loop when it is time to look. */
void
nl_underlay_wait(const struct nl_underlay *u)
{
    poll_timer_wait_until(u->next);
}
