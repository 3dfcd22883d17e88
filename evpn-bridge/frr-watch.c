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
#include "evpn-bridge/frr-watch.h"

#include <limits.h>
#include <string.h>
#include "evpn-bridge/frr-json.h"
#include "util.h"

/* How long first contact may take, in ms. */
#define FRR_WATCH_CONTACT 5000

/* Returns the name of 'state', for people. */
const char *
frr_state_name(enum frr_state state)
{
    switch (state) {
    case FRR_STATE_OFF: return "off";
    case FRR_ABSENT: return "absent";
    case FRR_UP: return "up";
    case FRR_DOWN: return "down";
    case FRR_RESYNC: return "resync";
    }
    OVS_NOT_REACHED();
}

/* What was known about the sockets is forgotten. */
static void
watch_restart(struct frr_watch *w, long long int now)
{
    sset_clear(&w->expected);
    w->state = FRR_ABSENT;
    w->since = now;
    w->hold_until = LLONG_MAX;
    w->known = false;
    w->peers_known = w->complete = false;
    w->replay_needed = w->replay_due = false;
    w->settle_since = LLONG_MAX;
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        w->reach[d] = FRR_REACH_UNKNOWN;
        w->sent[d] = w->proved[d] = 0;
    }
}

/* Initializes 'w', which knows nothing. */
void
frr_watch_init(struct frr_watch *w, long long int now)
{
    memset(w, 0, sizeof *w);
    sset_init(&w->expected);
    w->probe_since = LLONG_MAX;
    watch_restart(w, now);
}

/* Frees what 'w' holds. */
void
frr_watch_uninit(struct frr_watch *w)
{
    sset_destroy(&w->expected);
}

static void
watch_set_state(struct frr_watch *w, enum frr_state state, long long int now)
{
    if (w->state != state) {
        w->state = state;
        w->since = now;
    }
    if (state != FRR_DOWN && state != FRR_RESYNC) {
        w->hold_until = LLONG_MAX;
    }
    w->known = true;
}

/* Something broke: hold.  One hold time covers a whole restart. */
static void
watch_hold(struct frr_watch *w, enum frr_state state, long long int now)
{
    if (w->hold_until == LLONG_MAX) {
        w->hold_until = now + w->hold_ms;
    }
    watch_set_state(w, state, now);
}

/* The user's settings: 'off' for no FRR, 'hold_ms' the longest time that a
 * deletion is not believed. */
void
frr_watch_set_mode(struct frr_watch *w, bool off, long long int hold_ms,
                   long long int now)
{
    w->hold_ms = hold_ms;
    if (off != (w->state == FRR_STATE_OFF)) {
        watch_restart(w, now);
        if (off) {
            watch_set_state(w, FRR_STATE_OFF, now);
        }
    }
}

/* Both daemons answer. */
bool
frr_watch_is_connected(const struct frr_watch *w)
{
    return (w->reach[FRR_ZEBRA] == FRR_REACH_CONNECTED
            && w->reach[FRR_BGPD] == FRR_REACH_CONNECTED);
}

/* Returns true while nothing that zebra deletes is to be believed. */
bool
frr_watch_is_holding(const struct frr_watch *w)
{
    return w->state == FRR_DOWN || w->state == FRR_RESYNC;
}

/* The connection to 'daemon' broke. */
static void
watch_break(struct frr_watch *w, enum frr_daemon daemon)
{
    w->sent[daemon] = w->proved[daemon] = 0;
    w->settle_since = LLONG_MAX;
    w->replay_due = false;
    if (daemon == FRR_ZEBRA) {
        w->replay_needed = w->known;
    } else {
        w->peers_known = w->complete = false;
    }
}

/* Decides at the start, before anything was seen to break. */
static void
watch_first_contact(struct frr_watch *w, long long int now)
{
    if (w->reach[FRR_ZEBRA] == FRR_REACH_UNKNOWN
        || w->reach[FRR_BGPD] == FRR_REACH_UNKNOWN) {
        if (now >= w->since + FRR_WATCH_CONTACT) {
            watch_hold(w, FRR_DOWN, now);
        }
    } else if (w->reach[FRR_ZEBRA] == FRR_REACH_MISSING
               && w->reach[FRR_BGPD] == FRR_REACH_MISSING) {
        watch_set_state(w, FRR_ABSENT, now);
    } else if (!frr_watch_is_connected(w)) {
        watch_hold(w, FRR_DOWN, now);
    } else if (w->peers_known && w->complete) {
        watch_set_state(w, FRR_UP, now);
    } else if (w->peers_known) {
        watch_hold(w, FRR_RESYNC, now);
    } else if (now >= w->since + FRR_WATCH_CONTACT) {
        watch_hold(w, FRR_RESYNC, now);
    }
}

/* Connecting to 'daemon' came to 'reach', or the connection broke. */
void
frr_watch_reach(struct frr_watch *w, enum frr_daemon daemon,
                enum frr_reach reach, long long int now)
{
    bool was_connected = w->reach[daemon] == FRR_REACH_CONNECTED;

    if (w->state == FRR_STATE_OFF || w->reach[daemon] == reach) {
        return;
    }
    w->reach[daemon] = reach;
    if (was_connected) {
        watch_break(w, daemon);
    }
    if (!w->known) {
        watch_first_contact(w, now);
    } else if (!frr_watch_is_connected(w)) {
        if (w->state == FRR_UP || w->state == FRR_RESYNC) {
            watch_hold(w, FRR_DOWN, now);
        }
    } else if (w->state == FRR_DOWN || w->state == FRR_ABSENT) {
        watch_hold(w, FRR_RESYNC, now);
    }
}

/* Returns true if bgpd has all routes that it should get. */
static bool
watch_is_complete(const struct frr_watch *w, const struct frr_peers *peers)
{
    size_t n_complete = frr_peers_count(peers, true);
    const char *name;

    if (!n_complete || n_complete < frr_peers_count(peers, false)) {
        return false;
    }
    SSET_FOR_EACH (name, &w->expected) {
        const struct frr_peer *peer = shash_find_data(&peers->peers, name);

        if (!peer || !peer->established) {
            return false;
        }
    }
    return true;
}

/* Becomes up: these are the peers to wait for after the next break. */
static void
watch_expect(struct frr_watch *w, const struct frr_peers *peers)
{
    const struct shash_node *node;

    sset_clear(&w->expected);
    SHASH_FOR_EACH (node, &peers->peers) {
        const struct frr_peer *peer = node->data;

        if (peer->established) {
            sset_add(&w->expected, node->name);
        }
    }
}

/* bgpd said which 'peers' it has. */
void
frr_watch_peers(struct frr_watch *w, const struct frr_peers *peers,
                long long int now)
{
    bool complete = watch_is_complete(w, peers);

    w->peers_known = true;
    if (complete != w->complete) {
        w->complete = complete;
        w->settle_since = LLONG_MAX;
    }
    if (!w->known) {
        watch_first_contact(w, now);
    }
    if (w->state == FRR_UP) {
        watch_expect(w, peers);
    }
}

/* zebra said that it has written 'writes' times to the kernel, and whether
 * more is 'queued'. */
void
frr_watch_writes(struct frr_watch *w, uint64_t writes, bool queued,
                 long long int now)
{
    if (w->state != FRR_RESYNC) {
        return;
    }
    if (!w->complete) {
        w->settle_since = LLONG_MAX;
    } else if (w->settle_since == LLONG_MAX || queued
               || writes != w->writes) {
        w->settle_since = now;
    } else if (now >= w->settle_since + FRR_WATCH_SETTLE) {
        if (w->replay_needed) {
            w->replay_due = true;
        } else {
            watch_set_state(w, FRR_UP, now);
        }
    }
    w->writes = writes;
}

/* Returns true if it is time to look what bgpd must replay to zebra, and tell
 * frr_watch_replayed(). */
bool
frr_watch_wants_replay(const struct frr_watch *w)
{
    return w->state == FRR_RESYNC && w->replay_due;
}

/* It was looked what bgpd must replay to zebra; 'again' is true if there was
 * something, so that zebra must settle again. */
void
frr_watch_replayed(struct frr_watch *w, bool again, long long int now)
{
    if (!frr_watch_wants_replay(w)) {
        return;
    }
    w->replay_needed = w->replay_due = false;
    w->settle_since = LLONG_MAX;
    if (!again) {
        watch_set_state(w, FRR_UP, now);
    }
}

/* The oldest token for which both daemons gave a sign of life, counting only
 * the connections that there are. */
static uint64_t
watch_proved(const struct frr_watch *w)
{
    return MIN(w->proved[FRR_ZEBRA], w->proved[FRR_BGPD]);
}

/* Lets time pass. */
void
frr_watch_run(struct frr_watch *w, long long int now)
{
    if (!w->known) {
        watch_first_contact(w, now);
    }
    if (now >= w->hold_until) {
        bool connected = frr_watch_is_connected(w);

        w->replay_needed = w->replay_due = false;
        watch_set_state(w, connected ? FRR_UP : FRR_ABSENT, now);
    }
    if (watch_proved(w) >= w->probe) {
        w->probe_since = LLONG_MAX;
    } else if (w->state == FRR_UP && now - w->hold_ms >= w->probe_since) {
        /* A daemon that hangs does not hold back the world for ever. */
        w->believed = w->probe;
        w->probe_since = now;
    }
}

/* Returns the time at which frr_watch_run() has something to do, or
 * LLONG_MAX. */
long long int
frr_watch_wake(const struct frr_watch *w)
{
    long long int wake = w->hold_until;

    if (!w->known) {
        wake = MIN(wake, w->since + FRR_WATCH_CONTACT);
    }
    if (w->state == FRR_UP && w->probe_since != LLONG_MAX) {
        wake = MIN(wake, w->probe_since + w->hold_ms);
    }
    return wake;
}

/* Asks for a sign of life of both daemons.  Returns a token, which is that of
 * an earlier call if nothing was sent since. */
uint64_t
frr_watch_probe(struct frr_watch *w, long long int now)
{
    if (w->probe <= w->last_sent) {
        if (watch_proved(w) >= w->probe) {
            w->probe_since = now;
        }
        w->probe++;
    }
    return w->probe;
}

/* Returns true if both daemons gave a sign of life after 'token' was given,
 * and FRR is complete; or if deletions are to be believed anyhow. */
bool
frr_watch_proved(const struct frr_watch *w, uint64_t token)
{
    switch (w->state) {
    case FRR_STATE_OFF:
        return true;
    case FRR_ABSENT:
        return w->known;
    case FRR_UP:
        return token <= MAX(w->believed, watch_proved(w));
    case FRR_DOWN:
    case FRR_RESYNC:
        return false;
    }
    OVS_NOT_REACHED();
}

/* Returns the token to ask 'daemon' about now, or 0. */
uint64_t
frr_watch_to_ask(const struct frr_watch *w, enum frr_daemon daemon)
{
    bool ask = (w->reach[daemon] == FRR_REACH_CONNECTED
                && !w->sent[daemon] && w->proved[daemon] < w->probe);

    return ask ? w->probe : 0;
}

/* 'daemon' was asked about 'token'. */
void
frr_watch_asked(struct frr_watch *w, enum frr_daemon daemon, uint64_t token)
{
    w->sent[daemon] = token;
    w->last_sent = MAX(w->last_sent, token);
}

/* 'daemon' answered the last question about a token. */
void
frr_watch_answered(struct frr_watch *w, enum frr_daemon daemon)
{
    w->proved[daemon] = MAX(w->proved[daemon], w->sent[daemon]);
    w->sent[daemon] = 0;
}
