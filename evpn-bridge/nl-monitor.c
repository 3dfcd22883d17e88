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
#include "evpn-bridge/nl-monitor.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "coverage.h"
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-msg.h"
#include "evpn-bridge/nl-reader.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_monitor);

COVERAGE_DEFINE(nl_monitor_interrupted);
COVERAGE_DEFINE(nl_monitor_invalid);
COVERAGE_DEFINE(nl_monitor_notification);
COVERAGE_DEFINE(nl_monitor_overflow);
COVERAGE_DEFINE(nl_monitor_read);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* 100,000 remote MACs with their addresses are 300,000 notifications in a few
 * seconds, and zebra does not wait for us. */
#define RCVBUF (128 * 1024 * 1024)

/* After a failure to get a socket or to start a read, ms. */
#define RETRY_INTERVAL 1000

#define NO_TABLE (-1)

/* How to read each table, in the order in which they are read: entries mean
 * something only once their links are known. */
static const struct {
    enum kernel_table table;
    uint16_t type;
    uint8_t family;
    const char *name;
} reads[] = {
    { KERNEL_LINKS, RTM_GETLINK, AF_UNSPEC, "links" },
    { KERNEL_NEXTHOPS, RTM_GETNEXTHOP, AF_UNSPEC, "next-hop objects" },
    { KERNEL_FDB, RTM_GETNEIGH, AF_BRIDGE, "FDB entries" },
    { KERNEL_NEIGHS, RTM_GETNEIGH, AF_UNSPEC, "neighbours" },
    { KERNEL_ADDRS, RTM_GETADDR, AF_UNSPEC, "addresses" },
    { KERNEL_ROUTES, RTM_GETROUTE, AF_UNSPEC, "routes" },
};

struct nl_monitor {
    struct nl_sock *sock;       /* Notifications; null if there is none. */
    struct nl_reader *reader;
    long long int retry_at;     /* ms, after a failure. */
    bool want[ARRAY_SIZE(reads)]; /* To be read. */
    int reading;                /* Index into 'reads', or NO_TABLE. */
    bool interrupted;           /* The read is not consistent. */
    bool congested;             /* Notifications were lost, and will be until
                                 * those that are queued have been taken. */
    bool synced;                /* Everything was read once. */
    bool more;                  /* A slice ended before the work did. */
    struct ofpbuf buf;
    struct nl_monitor_status status;
};

/* Returns a monitor that has read nothing. */
struct nl_monitor *
nl_monitor_create(void)
{
    struct nl_monitor *m = xzalloc(sizeof *m);

    m->reading = NO_TABLE;
    m->reader = nl_reader_create();
    ofpbuf_init(&m->buf, 65536);
    return m;
}

/* Frees 'm'. */
void
nl_monitor_destroy(struct nl_monitor *m)
{
    nl_reader_destroy(m->reader);
    nl_sock_destroy(m->sock);
    ofpbuf_uninit(&m->buf);
    free(m);
}

static void
want_all(struct nl_monitor *m)
{
    for (size_t i = 0; i < ARRAY_SIZE(reads); i++) {
        m->want[i] = true;
    }
}

static int
open_socket(struct nl_monitor *m)
{
    static const unsigned int groups[] = {
        RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_NEXTHOP, RTNLGRP_IPV4_IFADDR,
        RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE
    };
    int rcvbuf = RCVBUF;
    int error = nl_sock_create(NETLINK_ROUTE, &m->sock);

    for (size_t i = 0; !error && i < ARRAY_SIZE(groups); i++) {
        error = nl_sock_join_mcgroup(m->sock, groups[i]);
    }
    if (error) {
        VLOG_ERR_RL(&rl, "cannot watch the kernel's tables: %s",
                    ovs_strerror(error));
        nl_sock_destroy(m->sock);
        m->sock = NULL;
        return error;
    }
    if (setsockopt(nl_sock_fd(m->sock), SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf,
                   sizeof rcvbuf)) {
        VLOG_WARN("netlink receive buffer of %d bytes: %s (with less, bursts "
                  "make full reads necessary)", rcvbuf, ovs_strerror(errno));
    }
    want_all(m);
    return 0;
}

static void
put_msg(struct nl_monitor *m, const struct ofpbuf *msg, struct kernel *kernel,
        struct model *model, struct owner_set *dirty)
{
    struct nl_nexthop nexthop;
    struct nl_neigh neigh;
    struct nl_route route;
    struct nl_link link;
    struct nl_addr addr;
    int error;

    switch (nl_msg_nlmsghdr(msg)->nlmsg_type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
        error = nl_link_parse(msg, &link);
        if (!error) {
            kernel_put_link(kernel, &link, model, dirty);
        }
        break;
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
        error = nl_neigh_parse(msg, &neigh);
        if (!error) {
            kernel_put_neigh(kernel, &neigh, model, dirty);
        }
        break;
    case RTM_NEWNEXTHOP:
    case RTM_DELNEXTHOP:
        error = nl_nexthop_parse(msg, &nexthop);
        if (!error) {
            kernel_put_nexthop(kernel, &nexthop, model, dirty);
        }
        break;
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
        error = nl_route_parse(msg, &route);
        if (!error) {
            kernel_put_route(kernel, &route, model, dirty);
        }
        break;
    case RTM_NEWADDR:
    case RTM_DELADDR:
        error = nl_addr_parse(msg, &addr);
        if (!error) {
            kernel_put_addr(kernel, &addr, model, dirty);
        }
        break;
    default:
        return;
    }
    if (error == EPROTO) {
        m->status.n_invalid++;
        COVERAGE_INC(nl_monitor_invalid);
        VLOG_WARN_RL(&rl, "ignoring a netlink message of type %d that makes "
                     "no sense", nl_msg_nlmsghdr(msg)->nlmsg_type);
    }
}

/* Notifications were lost.  The kernel queues none until it finds the queue
 * empty (NETLINK_S_CONGESTED), so that a read is good only after that. */
static void
lose_notifications(struct nl_monitor *m)
{
    COVERAGE_INC(nl_monitor_overflow);
    m->status.n_overflows++;
    VLOG_INFO_RL(&rl, "lost netlink notifications: reading all");
    m->congested = true;
    m->interrupted = true;
    want_all(m);
}

/* Takes notifications until 'deadline'. */
static void
run_notifications(struct nl_monitor *m, struct kernel *kernel,
                  struct model *model, struct owner_set *dirty,
                  long long int deadline)
{
    for (int n = 1;; n++) {
        int error = nl_sock_recv(m->sock, &m->buf, NULL, false);

        if (error == EAGAIN) {
            m->congested = false;
            return;
        } else if (error == ENOBUFS) {
            lose_notifications(m);
        } else if (error) {
            VLOG_WARN_RL(&rl, "netlink notification: %s",
                         ovs_strerror(error));
            want_all(m);
        } else {
            struct ofpbuf msg;

            while (nl_msg_next(&m->buf, &msg)) {
                COVERAGE_INC(nl_monitor_notification);
                m->status.n_notifications++;
                put_msg(m, &msg, kernel, model, dirty);
            }
        }
        if (!(n % 64) && time_msec() >= deadline) {
            m->more = true;
            return;
        }
    }
}

/* Asks for the next table that is wanted, if any. */
static void
start_read(struct nl_monitor *m, struct kernel *kernel)
{
    size_t i;

    for (i = 0; i < ARRAY_SIZE(reads) && !m->want[i]; i++) {
        continue;
    }
    if (i >= ARRAY_SIZE(reads)) {
        if (!m->synced) {
            VLOG_INFO("read the kernel's tables");
            m->synced = true;
        }
        return;
    }
    COVERAGE_INC(nl_monitor_read);
    m->status.n_reads++;
    m->want[i] = false;
    m->reading = i;
    m->interrupted = false;
    kernel_read_begin(kernel, reads[i].table);
    nl_reader_start(m->reader, reads[i].type, reads[i].family);
}

/* The read under way ended, with 'error' or 0. */
static void
end_read(struct nl_monitor *m, int error, struct kernel *kernel,
         struct model *model, struct owner_set *dirty)
{
    int i = m->reading;

    m->reading = NO_TABLE;
    if (error) {
        VLOG_WARN_RL(&rl, "reading %s: %s", reads[i].name,
                     ovs_strerror(error));
        m->retry_at = time_msec() + RETRY_INTERVAL;
    }
    if (m->interrupted) {
        COVERAGE_INC(nl_monitor_interrupted);
    }
    if (kernel_read_end(kernel, reads[i].table, !error && !m->interrupted,
                        model, dirty)) {
        m->want[i] = true;
    }
}

/* Takes 'part' of the read under way. */
static void
run_part(struct nl_monitor *m, struct nl_part *part, struct kernel *kernel,
         struct model *model, struct owner_set *dirty)
{
    struct ofpbuf msg;

    while (nl_msg_next(&part->buf, &msg)) {
        if (nl_msg_nlmsghdr(&msg)->nlmsg_flags & NLM_F_DUMP_INTR) {
            m->interrupted = true;
        }
        put_msg(m, &msg, kernel, model, dirty);
    }
    if (part->last) {
        end_read(m, part->error, kernel, model, dirty);
    }
}

/* Takes what the read under way has brought, until 'deadline'. */
static void
run_read(struct nl_monitor *m, struct kernel *kernel, struct model *model,
         struct owner_set *dirty, long long int deadline)
{
    struct nl_part *part;

    while (m->reading != NO_TABLE && (part = nl_reader_pop(m->reader))) {
        run_part(m, part, kernel, model, dirty);
        nl_part_destroy(part);
        if (time_msec() >= deadline) {
            m->more = true;
            return;
        }
    }
}

/* Takes what the kernel has to tell.  Facts go to 'model', owners whose own
 * devices or entries changed to 'dirty'. */
void
nl_monitor_run(struct nl_monitor *m, struct kernel *kernel,
               struct model *model, struct owner_set *dirty)
{
    long long int now = time_msec();

    m->more = false;
    if (!m->sock) {
        if (now < m->retry_at) {
            return;
        }
        m->status.error = open_socket(m);
        if (m->status.error) {
            m->retry_at = now + RETRY_INTERVAL;
            return;
        }
    }
    run_notifications(m, kernel, model, dirty, now + NL_MONITOR_SLICE);
    run_read(m, kernel, model, dirty, time_msec() + NL_MONITOR_SLICE);
    if (m->reading == NO_TABLE && !m->congested && now >= m->retry_at) {
        start_read(m, kernel);
    }
}

/* Wakes the poll loop when there is something to do. */
void
nl_monitor_wait(struct nl_monitor *m)
{
    if (m->more) {
        poll_immediate_wake();
    }
    if (m->sock) {
        nl_sock_wait(m->sock, POLLIN);
        if (m->reading != NO_TABLE) {
            nl_reader_wait(m->reader);
        }
    }
    if (m->retry_at > time_msec()) {
        poll_timer_wait_until(m->retry_at);
    }
}

/* Returns true if all that was there at the start is known. */
bool
nl_monitor_is_synced(const struct nl_monitor *m)
{
    return m->synced;
}

/* Returns true if all that the kernel has told until the last nl_monitor_run()
 * was taken, and nothing is being read anew. */
bool
nl_monitor_is_idle(const struct nl_monitor *m)
{
    return m->sock && !m->more && m->reading == NO_TABLE && !m->congested;
}

/* Fills in '*status'. */
void
nl_monitor_get_status(const struct nl_monitor *m,
                      struct nl_monitor_status *status)
{
    *status = m->status;
}
