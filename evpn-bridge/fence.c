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
#include "evpn-bridge/fence.h"

#include <inttypes.h>
#include <nftables/libnftables.h>
#include <stdlib.h>
#include "coverage.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/problem.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(fence);

COVERAGE_DEFINE(fence_restored);

struct fence {
    struct nft_ctx *nft;        /* Null if there is none. */
    uint16_t port;              /* UDP port that is fenced, or 0. */
    char *listing;              /* What nftables says about our table. */
    long long int check_at;     /* ms. */
};

/* Returns a fence that is not there yet. */
struct fence *
fence_create(void)
{
    struct fence *f = xzalloc(sizeof *f);

    f->nft = nft_ctx_new(NFT_CTX_DEFAULT);
    if (f->nft) {
        nft_ctx_buffer_output(f->nft);
        nft_ctx_buffer_error(f->nft);
    }
    return f;
}

/* Frees 'f'; the table stays. */
void
fence_destroy(struct fence *f)
{
    if (f->nft) {
        nft_ctx_free(f->nft);
    }
    free(f->listing);
    free(f);
}

/* Returns the table as nftables lists it, owned by the caller, or null. */
static char *
fence_list(struct fence *f)
{
    if (nft_run_cmd_from_buffer(f->nft, "list table inet ovs-ext")) {
        return NULL;
    }
    return xstrdup(nft_ctx_get_output_buffer(f->nft));
}

/* Replaces the table in one transaction.  Returns null, or the error, owned by
 * the caller. */
static char *
fence_install(struct fence *f, uint16_t port)
{
    char *error = NULL;
    char *cmd = xasprintf(
        "add table inet ovs-ext\n"
        "delete table inet ovs-ext\n"
        "table inet ovs-ext {\n"
        "  chain prerouting {\n"
        "    type filter hook prerouting priority raw; policy accept;\n"
        "    udp dport %"PRIu16" counter drop\n"
        "    iifname \"brvx-*\" counter drop\n"
        "  }\n"
        "  chain output {\n"
        "    type filter hook output priority raw; policy accept;\n"
        "    udp dport %"PRIu16" counter drop\n"
        "  }\n"
        "}\n", port, port);

    if (nft_run_cmd_from_buffer(f->nft, cmd)) {
        const char *text = nft_ctx_get_error_buffer(f->nft);

        error = xmemdup0(text, strcspn(text, "\n"));
    }
    free(cmd);
    return error;
}

/* Returns true if 'a' and 'b' say the same but for the numbers of counters. */
static bool
listing_equal(const char *a, const char *b)
{
    static const char counter[] = "packets ";

    while (*a && *a == *b) {
        if (!strncmp(a, counter, strlen(counter))
            && !strncmp(b, counter, strlen(counter))) {
            a = strstr(a, "drop");
            b = strstr(b, "drop");
            if (!a || !b) {
                return false;
            }
        }
        a++;
        b++;
    }
    return *a == *b;
}

static bool
fence_is_intact(struct fence *f)
{
    char *listing = fence_list(f);
    bool intact = listing && f->listing && listing_equal(listing, f->listing);

    free(listing);
    return intact;
}

/* Keeps 'port' fenced.  Returns true if it is; if not, the host has a
 * problem that says why. */
bool
fence_run(struct fence *f, uint16_t port, struct problems *problems)
{
    char *error;

    if (!port) {
        return false;
    }
    if (f->port == port && time_msec() < f->check_at) {
        return f->listing != NULL;
    }
    f->check_at = time_msec() + FENCE_INTERVAL;
    if (f->nft && f->port == port && fence_is_intact(f)) {
        return true;
    }
    if (f->listing && f->port == port) {
        COVERAGE_INC(fence_restored);
        VLOG_WARN("table inet ovs-ext of nftables was changed: restored");
    }
    free(f->listing);
    f->listing = NULL;
    f->port = port;
    error = (f->nft ? fence_install(f, port)
             : xstrdup("libnftables cannot be initialized"));
    if (!error) {
        f->listing = fence_list(f);
    }
    if (f->listing) {
        problem_clear(problems, "host", "fence");
    } else {
        problem_set(problems, "host", "fence",
                    "UDP port %"PRIu16" cannot be closed by nftables (%s), so "
                    "nothing is announced to EVPN; load nf_tables", port,
                    error ? error : "the table does not show");
    }
    free(error);
    return f->listing != NULL;
}

/* Wakes the poll loop when the fence is to be looked at. */
void
fence_wait(struct fence *f)
{
    if (f->port) {
        poll_timer_wait_until(f->check_at);
    }
}
