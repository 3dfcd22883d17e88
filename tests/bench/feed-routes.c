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

/* What routes cost, where the kernel has no VRFs to get them from.
 *
 *     feed-routes N CHANGES
 *
 * Gives N routes of a VPC to ovs-ext's own copy of the kernel, as netlink's
 * parser gives them, and lets model, planners and switch connection do with
 * them what the daemon's main loop does, to the switch that runs here; then
 * changes CHANGES of them, one after the other.  Writes the seconds until the
 * switch has acknowledged all routes, then the milliseconds of each change,
 * then the flows and groups sent for all of it. */

#include <config.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/rtnetlink.h>
#include <cmocka.h>
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-msg.h"
#include "flows/flows.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/kernel-script.h"
#include "timeval.h"
#include "util.h"

/* As the daemon has it: planning is done in slices of so many ms. */
#define SLICE 10

/* Between two changes, so that each finds the switch at rest; ns. */
#define PAUSE 10000000

#define L3VNI 9
#define BRIDGE_IFINDEX 92       /* Of brl3-9. */
#define N_VTEPS 250

static const char setup[] =
    "host vtep=192.0.2.1 tunnel=100\nvpc v 9\n"
    "network blue 5 vpc=v 10.0.0.1/24\n"
    "iface v1 id=vm1 profile=vni=5 mac=52:54:00:00:00:0a ofport=7\n"
    "+link 91 vpc-9 vrf table=1862270985 ours up\n"
    "+link 92 brl3-9 bridge master=vpc-9 ours up\nrun\n";

struct feed {
    struct kernel_script script;
    struct flows *flows;
};

/* Lets planners and switch work until there is nothing to do. */
static void
settle(struct feed *f)
{
    struct model *m = &f->script.m;

    model_run(m, time_msec());
    for (;;) {
        long long int deadline = time_msec() + SLICE;
        struct owner owner;

        for (size_t n = 1; owner_set_pop(&m->dirty, &owner); n++) {
            flows_update(f->flows, m, &owner);
            if (!(n % 64) && time_msec() >= deadline) {
                break;
            }
        }
        flows_run(f->flows, m);
        if (owner_set_is_empty(&m->dirty) && flows_in_sync(f->flows)) {
            return;
        } else if (!owner_set_is_empty(&m->dirty)) {
            poll_immediate_wake();
        }
        flows_wait(f->flows);
        poll_block();
    }
}

/* Route number 'i', by the 'hop'th VTEP. */
static void
put_route(struct feed *f, unsigned int i, unsigned int hop)
{
    ovs_be32 prefix = htonl(0x0b000000 | i << 8);
    struct nl_route route = {
        .table = KERNEL_VRF_TABLE(L3VNI),
        .type = RTN_UNICAST,
        .protocol = RTPROT_BGP,
        .prefix = in6_addr_mapped_ipv4(prefix),
        .plen = 96 + 24,
        .priority = 20,
        .n_hops = 1,
        .hops[0].ifindex = BRIDGE_IFINDEX,
    };

    route.hops[0].gateway = in6_addr_mapped_ipv4(
        htonl(0xc6120000 | (1 + hop % N_VTEPS)));
    kernel_put_route(f->script.k, &route, &f->script.m, &f->script.dirty);
}

static double
seconds_since(long long int start)
{
    return (time_usec() - start) / 1e6;
}

int
main(int argc, char *argv[])
{
    unsigned int n, n_changes;
    long long int start;
    uint64_t n_mods;
    struct feed f;

    set_program_name(argv[0]);
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_WARN);
    if (argc != 3 || !str_to_uint(argv[1], 10, &n)
        || !str_to_uint(argv[2], 10, &n_changes) || n > 0x10000) {
        ovs_fatal(0, "usage: feed-routes N CHANGES");
    }
    kernel_script_init(&f.script);
    kernel_script_run(&f.script, setup);
    f.flows = flows_create();
    settle(&f);
    n_mods = flows_n_mods(f.flows);

    start = time_usec();
    for (unsigned int i = 0; i < n; i++) {
        put_route(&f, i, i);
    }
    settle(&f);
    printf("%f\n", seconds_since(start));
    for (unsigned int i = 0; i < n_changes; i++) {
        xnanosleep(PAUSE);
        start = time_usec();
        put_route(&f, i * 7 % n, i * 7 % n + 1);
        settle(&f);
        printf("%f\n", seconds_since(start) * 1000);
    }
    printf("%"PRIu64"\n", flows_n_mods(f.flows) - n_mods);
    flows_destroy(f.flows);
    kernel_script_uninit(&f.script);
    return 0;
}
