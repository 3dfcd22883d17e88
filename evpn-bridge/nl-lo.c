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
#include "evpn-bridge/nl-lo.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "evpn-bridge/nl-msg.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_lo);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* It is the first device of each network namespace. */
#define LO_IFINDEX 1

/* After a failure, ms. */
#define RETRY_INTERVAL 5000

struct nl_lo {
    struct nl_sock *sock;       /* Notifications; null if there is none. */
    bool stale;                 /* The addresses are to be read. */
    long long int retry_at;     /* ms, after a failure. */
    struct in6_addr ip4, ip6;
};

/* Returns one that knows no address yet. */
struct nl_lo *
nl_lo_create(void)
{
    return xzalloc(sizeof(struct nl_lo));
}

/* Frees 'lo'. */
void
nl_lo_destroy(struct nl_lo *lo)
{
    nl_sock_destroy(lo->sock);
    free(lo);
}

static int
open_socket(struct nl_lo *lo)
{
    int error = nl_sock_create(NETLINK_ROUTE, &lo->sock);

    if (!error) {
        error = nl_sock_join_mcgroup(lo->sock, RTNLGRP_IPV4_IFADDR);
    }
    if (!error) {
        error = nl_sock_join_mcgroup(lo->sock, RTNLGRP_IPV6_IFADDR);
    }
    if (error) {
        nl_sock_destroy(lo->sock);
        lo->sock = NULL;
    }
    lo->stale = true;
    return error;
}

static bool
is_global(const struct in6_addr *ip)
{
    return (IN6_IS_ADDR_V4MAPPED(ip)
            ? ntohl(in6_addr_get_mapped_ipv4(ip)) >> 24 != 127
            : !IN6_IS_ADDR_LOOPBACK(ip) && !IN6_IS_ADDR_LINKLOCAL(ip));
}

/* Takes 'addr' if it is the first of its kind. */
static void
put_addr(struct nl_lo *lo, const struct nl_addr *addr)
{
    struct in6_addr *ip = (IN6_IS_ADDR_V4MAPPED(&addr->ip) ? &lo->ip4
                           : &lo->ip6);

    if (is_global(&addr->ip) && !ipv6_addr_is_set(ip)) {
        *ip = addr->ip;
    }
}

/* Reads the addresses.  Returns 0 or an errno value. */
static int
read_addrs(struct nl_lo *lo)
{
    struct nl_lo fresh = { .ip4 = in6addr_any, .ip6 = in6addr_any };
    uint64_t request_stub[64 / 8], stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request = OFPBUF_STUB_INITIALIZER(request_stub);
    struct ofpbuf buf = OFPBUF_STUB_INITIALIZER(stub);
    struct nl_dump dump;
    struct ofpbuf reply;
    int error;

    nl_dump_format(RTM_GETADDR, AF_UNSPEC, &request);
    nl_dump_start(&dump, NETLINK_ROUTE, &request);
    while (nl_dump_next(&dump, &reply, &buf)) {
        struct nl_addr addr;

        if (!nl_addr_parse(&reply, &addr) && addr.ifindex == LO_IFINDEX) {
            put_addr(&fresh, &addr);
        }
    }
    error = nl_dump_done(&dump);
    if (!error) {
        lo->ip4 = fresh.ip4;
        lo->ip6 = fresh.ip6;
        lo->stale = false;
    }
    ofpbuf_uninit(&buf);
    ofpbuf_uninit(&request);
    return error;
}

/* Takes notifications; those about lo matter. */
static void
run_notifications(struct nl_lo *lo)
{
    uint64_t stub[4096 / 8];
    struct ofpbuf buf = OFPBUF_STUB_INITIALIZER(stub);
    int error;

    do {
        struct ofpbuf msg;

        error = nl_sock_recv(lo->sock, &buf, NULL, false);
        lo->stale |= error && error != EAGAIN;
        while (!error && nl_msg_next(&buf, &msg)) {
            struct nl_addr addr;

            lo->stale |= (!nl_addr_parse(&msg, &addr)
                          && addr.ifindex == LO_IFINDEX);
        }
    } while (!error || error == ENOBUFS);
    ofpbuf_uninit(&buf);
}

/* Takes over what changed. */
void
nl_lo_run(struct nl_lo *lo)
{
    int error = 0;

    if (time_msec() >= lo->retry_at && !lo->sock) {
        error = open_socket(lo);
    }
    if (lo->sock) {
        run_notifications(lo);
    }
    if (lo->stale && !error && time_msec() >= lo->retry_at) {
        error = read_addrs(lo);
    }
    if (error) {
        VLOG_WARN_RL(&rl, "lo: cannot read addresses (%s)",
                     ovs_strerror(error));
        lo->retry_at = time_msec() + RETRY_INTERVAL;
    }
}

/* Wakes the poll loop when nl_lo_run() has something to do. */
void
nl_lo_wait(struct nl_lo *lo)
{
    if (lo->sock) {
        nl_sock_wait(lo->sock, POLLIN);
    }
    if (!lo->sock || lo->stale) {
        poll_timer_wait_until(lo->retry_at);
    }
}

/* Returns lo's IPv4 address, mapped, or in6addr_any. */
const struct in6_addr *
nl_lo_ip4(const struct nl_lo *lo)
{
    return &lo->ip4;
}

/* Returns lo's IPv6 address, or in6addr_any. */
const struct in6_addr *
nl_lo_ip6(const struct nl_lo *lo)
{
    return &lo->ip6;
}
