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
#include "evpn-bridge/frr.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include "coverage.h"
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/vty.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(frr);

COVERAGE_DEFINE(frr_break);
COVERAGE_DEFINE(frr_flap);
COVERAGE_DEFINE(frr_invalid_answer);
COVERAGE_DEFINE(frr_probe);

/* Something must be wrong for this long, in ms, to be a problem. */
#define FRR_PROBLEM_DELAY 10000

/* Where the sockets are, unless $OVS_EXT_FRR_RUNDIR says otherwise. */
#define FRR_RUNDIR "/var/run/frr"

/* A daemon. */
struct frr_conn {
    struct frr *frr;
    enum frr_daemon daemon;
    struct vty *vty;            /* Null if FRR is off. */

    /* The question under way, if 'vty' is busy. */
    enum frr_topic topic;
    bool json;                  /* The answer goes to 'split'... */
    struct frr_split split;
    struct ds text;             /* ...else here. */
    bool probed;                /* The last question was FRR_ASK_PROBE. */
};

/* What may be wrong, as the user sees it. */
enum frr_trouble {
    FRR_FINE,
    FRR_NO_ZEBRA,
    FRR_NO_BGPD,
    FRR_ZEBRA_ALONE,            /* It was restarted without bgpd. */
    FRR_NO_NEIGHBOR,            /* None with l2vpn evpn. */
    FRR_NO_ADVERTISE,           /* "advertise-all-vni" is missing. */
    FRR_NOT_ESTABLISHED,
};

struct frr {
    struct frr_watch watch;
    struct frr_round round;
    struct frr_conn conns[FRR_N_DAEMONS];
    long long int now;          /* Of the last frr_run(). */
    enum frr_state logged;      /* Last state that was logged... */
    long long int logged_since; /* ...and since when it was. */

    struct frr_peers peers;     /* As bgpd told last. */
    struct frr_peers next;      /* Answer under way. */
    long long int peers_due;    /* ms: when to ask. */
    long long int writes_due;   /* ms: when to ask. */
    bool zebra_alone;           /* It went, and bgpd has been there since. */

    enum frr_trouble trouble;
    long long int trouble_since; /* ms. */
    struct frr_status status;   /* Only counters are used. */
};

static const char *const daemon_names[FRR_N_DAEMONS] = {
    [FRR_ZEBRA] = "zebra",
    [FRR_BGPD] = "bgpd",
};

/* Answers. */

static void
frr_member_cb(void *conn_, const char *parent, const char *key,
              const char *value)
{
    struct frr_conn *conn = conn_;

    if (conn->topic == FRR_ASK_PEERS) {
        frr_peers_add(&conn->frr->next, key, value);
    } else {
        frr_round_member(&conn->frr->round, conn->topic, parent, key, value);
    }
}

static void
frr_conn_data(void *conn_, const char *data, size_t n)
{
    struct frr_conn *conn = conn_;

    if (conn->json) {
        frr_split_feed(&conn->split, data, n);
    } else {
        ds_put_buffer(&conn->text, data, n);
    }
}

static void
frr_peers_answered(struct frr *frr, bool ok)
{
    if (ok) {
        frr_peers_swap(&frr->peers, &frr->next);
        frr_watch_peers(&frr->watch, &frr->peers, frr->now);
    }
    frr_peers_uninit(&frr->next);
    frr_peers_init(&frr->next);
    frr->peers_due = frr->now + (frr->watch.state == FRR_UP ? FRR_WATCH_IDLE
                                 : FRR_WATCH_POLL);
}

static void
frr_writes_answered(struct frr *frr, const char *text, bool alive)
{
    if (alive) {
        uint64_t writes;
        bool queued;

        frr_parse_dplane(text, &writes, &queued);
        frr_watch_writes(&frr->watch, writes, queued, frr->now);
    }
    frr->writes_due = frr->now + FRR_WATCH_POLL;
}

static void
frr_conn_done(void *conn_, int status)
{
    struct frr_conn *conn = conn_;
    struct frr *frr = conn->frr;
    bool ok = !status;

    if (ok && conn->json && !frr_split_finish(&conn->split)) {
        COVERAGE_INC(frr_invalid_answer);
        VLOG_DBG("%s: answer makes no sense", vty_path(conn->vty));
        ok = false;
    }
    if (conn->topic == FRR_ASK_PROBE) {
        /* Even a daemon that does not know the command is alive. */
        if (status >= 0) {
            frr_watch_answered(&frr->watch, conn->daemon);
        }
    } else if (conn->topic == FRR_ASK_PEERS) {
        frr_peers_answered(frr, ok);
    } else if (conn->topic == FRR_ASK_WRITES) {
        frr_writes_answered(frr, ds_cstr(&conn->text), status >= 0);
    } else {
        frr_round_answered(&frr->round, &frr->watch, conn->topic, ok,
                           frr->now);
    }
}

/* Questions. */

/* Returns the command for 'topic', malloc'd.  'arg' is the VNI or token. */
static char *
frr_command(enum frr_topic topic, uint64_t arg)
{
    switch (topic) {
    case FRR_ASK_PROBE:
        return xasprintf("echo %"PRIu64, arg);
    case FRR_ASK_PEERS:
        return xstrdup("show bgp neighbors json");
    case FRR_ASK_WRITES:
        return xstrdup("show zebra dplane");
    case FRR_ASK_VNIS:
        return xstrdup("show evpn vni json");
    case FRR_ASK_IMET:
        return xasprintf("show bgp l2vpn evpn route vni %"PRIu64
                         " type multicast json", arg);
    case FRR_ASK_MACIP:
        return xasprintf("show bgp l2vpn evpn route vni %"PRIu64
                         " type macip json", arg);
    case FRR_ASK_VTEPS:
        return xasprintf("show evpn vni %"PRIu64" json", arg);
    case FRR_ASK_MACS:
        return xasprintf("show evpn mac vni %"PRIu64" json", arg);
    case FRR_ASK_NEIGHS:
        return xasprintf("show evpn arp-cache vni %"PRIu64" json", arg);
    case FRR_ASK_ADDRS:
        return xasprintf("show interface "KERNEL_BRIDGE_FORMAT" vrf all json",
                         (uint32_t) arg);
    }
    OVS_NOT_REACHED();
}

static void
frr_conn_ask(struct frr_conn *conn, enum frr_topic topic, uint64_t arg)
{
    size_t depth = topic == FRR_ASK_MACS || topic == FRR_ASK_ADDRS ? 2 : 1;
    char *command = frr_command(topic, arg);

    conn->topic = topic;
    conn->probed = topic == FRR_ASK_PROBE;
    conn->json = topic != FRR_ASK_PROBE && topic != FRR_ASK_WRITES;
    ds_clear(&conn->text);
    frr_split_uninit(&conn->split);
    frr_split_init(&conn->split, depth, frr_member_cb, conn);
    vty_ask(conn->vty, command);
    free(command);
}

/* Asks what is most urgent, if 'conn' is idle.  Probes come first, but two in
 * a row do not keep others waiting. */
static void
frr_conn_run_questions(struct frr_conn *conn)
{
    struct frr *frr = conn->frr;
    uint64_t token = frr_watch_to_ask(&frr->watch, conn->daemon);
    bool due = (conn->daemon == FRR_BGPD
                ? frr->now >= frr->peers_due
                : (frr->watch.state == FRR_RESYNC
                   && frr->now >= frr->writes_due));
    enum frr_topic topic;
    bool has_topic;
    uint32_t vni;

    if (!conn->vty || !vty_is_idle(conn->vty)) {
        return;
    }
    has_topic = frr_round_question(&frr->round, conn->daemon, &topic, &vni);
    if (token && !(conn->probed && (due || has_topic))) {
        frr_watch_asked(&frr->watch, conn->daemon, token);
        frr_conn_ask(conn, FRR_ASK_PROBE, token);
    } else if (due) {
        frr_conn_ask(conn, (conn->daemon == FRR_BGPD ? FRR_ASK_PEERS
                            : FRR_ASK_WRITES), 0);
    } else if (has_topic) {
        frr_round_asked(&frr->round);
        frr_conn_ask(conn, topic, vni);
    }
}

/* Connections. */

static const struct vty_class frr_vty_class = {
    frr_conn_data,
    frr_conn_done,
};

/* Returns the name of the vty socket of 'daemon', malloc'd. */
char *
frr_socket_path(enum frr_daemon daemon)
{
    const char *dir = getenv("OVS_EXT_FRR_RUNDIR");

    return xasprintf("%s/%s.vty", dir && *dir ? dir : FRR_RUNDIR,
                     daemon_names[daemon]);
}

static void
frr_conn_open(struct frr_conn *conn)
{
    char *path = frr_socket_path(conn->daemon);

    conn->vty = vty_create(path, &frr_vty_class, conn);
    free(path);
}

static enum frr_reach
frr_conn_reach(const struct frr_conn *conn)
{
    int error = vty_error(conn->vty);

    if (vty_is_connected(conn->vty)) {
        return FRR_REACH_CONNECTED;
    }
    return (!error ? FRR_REACH_UNKNOWN
            : error == ENOENT || error == ENOTDIR ? FRR_REACH_MISSING
            : FRR_REACH_REFUSED);
}

/* The connection to 'conn' broke. */
static void
frr_conn_broke(struct frr_conn *conn)
{
    struct frr *frr = conn->frr;

    COVERAGE_INC(frr_break);
    frr->status.n_breaks++;
    conn->probed = false;
    frr->zebra_alone = (conn->daemon == FRR_ZEBRA
                        && frr->conns[FRR_BGPD].vty
                        && vty_is_connected(frr->conns[FRR_BGPD].vty));
    if (conn->daemon == FRR_ZEBRA) {
        frr_round_reset(&frr->round, true);
    } else {
        frr_round_abort(&frr->round, frr->now);
        frr->peers_due = frr->now;
    }
}

static void
frr_conn_run(struct frr_conn *conn)
{
    struct frr *frr = conn->frr;
    bool was_connected, is_connected;

    if (!conn->vty) {
        frr_conn_open(conn);
    }
    was_connected = vty_is_connected(conn->vty);
    vty_run(conn->vty, frr->now);
    is_connected = vty_is_connected(conn->vty);

    frr_watch_reach(&frr->watch, conn->daemon, frr_conn_reach(conn),
                    frr->now);
    if (was_connected && !is_connected) {
        frr_conn_broke(conn);
    }
}

static void
frr_conn_close(struct frr_conn *conn)
{
    vty_destroy(conn->vty);
    conn->vty = NULL;
    conn->probed = false;
    conn->frr->zebra_alone = false;
}

/* Problems. */

/* bgpd (as of FRR 8.4, and later ones) tells a zebra that came after it of no
 * routes.  Those of networks it can be made to tell: frr_pop_flap(). */
static enum frr_trouble
frr_find_trouble(const struct frr *frr, const struct model *model)
{
    const struct frr_watch *w = &frr->watch;

    if (w->state == FRR_STATE_OFF) {
        return FRR_FINE;
    } else if (w->reach[FRR_BGPD] != FRR_REACH_CONNECTED) {
        return FRR_NO_BGPD;
    } else if (w->reach[FRR_ZEBRA] != FRR_REACH_CONNECTED) {
        return FRR_NO_ZEBRA;
    } else if (frr->zebra_alone && !hmap_is_empty(&model->vpcs)) {
        return FRR_ZEBRA_ALONE;
    } else if (!w->peers_known || shash_is_empty(&frr->peers.peers)) {
        return FRR_NO_NEIGHBOR;
    } else if (!frr->peers.advertise_all_vni) {
        return FRR_NO_ADVERTISE;
    } else if (!frr_peers_count(&frr->peers, false)) {
        return FRR_NOT_ESTABLISHED;
    }
    return FRR_FINE;
}

static void
frr_set_unreachable(const struct frr *frr, struct model *model,
                    enum frr_daemon daemon)
{
    const struct vty *vty = frr->conns[daemon].vty;
    const char *name = daemon_names[daemon];
    int error = vty_error(vty);

    if (error == EACCES || error == EPERM) {
        problem_set(&model->problems, "host", "frr",
                    "%s: %s; add the user that ovs-ext runs as to the group "
                    "frrvty", vty_path(vty), ovs_strerror(error));
    } else {
        problem_set(&model->problems, "host", "frr",
                    "%s does not answer on %s; start FRR (with %s=yes in "
                    "/etc/frr/daemons), or set "
                    "external_ids:ovs-ext-frr=off if there is none",
                    name, vty_path(vty), name);
    }
}

static void
frr_set_problem(const struct frr *frr, struct model *model)
{
    struct problems *problems = &model->problems;

    switch (frr->trouble) {
    case FRR_FINE:
        problem_clear(problems, "host", "frr");
        break;
    case FRR_NO_ZEBRA:
        frr_set_unreachable(frr, model, FRR_ZEBRA);
        break;
    case FRR_NO_BGPD:
        frr_set_unreachable(frr, model, FRR_BGPD);
        break;
    case FRR_ZEBRA_ALONE:
        problem_set(problems, "host", "frr",
                    "zebra was restarted and bgpd was not, which does not "
                    "tell it again of routes of VPCs, nor of the underlay; "
                    "restart FRR, and let watchfrr run, which restarts bgpd "
                    "with zebra");
        break;
    case FRR_NO_NEIGHBOR:
        problem_set(problems, "host", "frr",
                    "bgpd has no neighbor for EVPN; add 'neighbor ... "
                    "activate' under 'router bgp', 'address-family l2vpn "
                    "evpn'");
        break;
    case FRR_NO_ADVERTISE:
        problem_set(problems, "host", "frr",
                    "bgpd does not tell EVPN about this host's networks; add "
                    "'advertise-all-vni' under 'router bgp', 'address-family "
                    "l2vpn evpn'");
        break;
    case FRR_NOT_ESTABLISHED:
        problem_set(problems, "host", "frr",
                    "none of the %"PRIuSIZE" EVPN neighbors of bgpd is "
                    "Established; look at vtysh -c 'show bgp l2vpn evpn "
                    "summary'", shash_count(&frr->peers.peers));
        break;
    }
}

/* Makes a problem of what is wrong, when it has been for a while. */
static void
frr_run_problem(struct frr *frr, struct model *model)
{
    enum frr_trouble trouble = frr_find_trouble(frr, model);

    if (trouble != frr->trouble) {
        frr->trouble = trouble;
        frr->trouble_since = frr->now;
    }
    if (trouble == FRR_FINE
        || frr->now >= frr->trouble_since + FRR_PROBLEM_DELAY) {
        frr_set_problem(frr, model);
    }
}

/* The whole. */

/* Returns an FRR of which nothing is known yet. */
struct frr *
frr_create(void)
{
    struct frr *frr = xzalloc(sizeof *frr);

    frr->now = time_msec();
    frr_watch_init(&frr->watch, frr->now);
    frr->logged = frr->watch.state;
    frr->logged_since = frr->now;
    frr_round_init(&frr->round);
    frr_peers_init(&frr->peers);
    frr_peers_init(&frr->next);
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        struct frr_conn *conn = &frr->conns[d];

        conn->frr = frr;
        conn->daemon = d;
        ds_init(&conn->text);
        frr_split_init(&conn->split, 1, frr_member_cb, conn);
    }
    return frr;
}

/* Closes the connections and frees 'frr'. */
void
frr_destroy(struct frr *frr)
{
    if (!frr) {
        return;
    }
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        struct frr_conn *conn = &frr->conns[d];

        frr_conn_close(conn);
        frr_split_uninit(&conn->split);
        ds_destroy(&conn->text);
    }
    frr_peers_uninit(&frr->peers);
    frr_peers_uninit(&frr->next);
    frr_round_uninit(&frr->round);
    frr_watch_uninit(&frr->watch);
    free(frr);
}

static void
frr_log_state(struct frr *frr)
{
    if (frr->watch.state != frr->logged) {
        VLOG_INFO("FRR is %s, after %lld ms %s",
                  frr_state_name(frr->watch.state),
                  frr->now - frr->logged_since, frr_state_name(frr->logged));
        frr->logged = frr->watch.state;
        frr->logged_since = frr->now;
    }
}

/* Talks to FRR as far as that does not block.  'mode' is the user's setting,
 * 'hold_ms' the longest time to hold what zebra deletes while FRR is down or
 * incomplete.  Sets problems of 'model', whose networks are looked after;
 * calls the audit callback. */
void
frr_run(struct frr *frr, struct model *model, enum frr_mode mode,
        long long int hold_ms, long long int now)
{
    bool was_off = frr->watch.state == FRR_STATE_OFF;
    bool off = mode == FRR_OFF;

    frr->now = now;
    frr_watch_set_mode(&frr->watch, off, hold_ms, now);
    if (off != was_off) {
        frr_round_reset(&frr->round, false);
    }
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        if (off) {
            frr_conn_close(&frr->conns[d]);
        } else {
            frr_conn_run(&frr->conns[d]);
        }
    }
    frr_watch_run(&frr->watch, now);
    frr_round_run(&frr->round, &frr->watch, model, now);
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        frr_conn_run_questions(&frr->conns[d]);
    }
    frr_run_problem(frr, model);
    frr_log_state(frr);
}

/* Makes the poll loop wake up when frr_run() has something to do. */
void
frr_wait(struct frr *frr)
{
    const struct frr_watch *w = &frr->watch;
    long long int wake = frr_watch_wake(w);

    if (w->state == FRR_STATE_OFF) {
        return;
    }
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        if (!frr->conns[d].vty) {
            poll_immediate_wake();
            return;
        }
        vty_wait(frr->conns[d].vty);
    }
    if (vty_is_idle(frr->conns[FRR_BGPD].vty)) {
        wake = MIN(wake, frr->peers_due);
    }
    if (vty_is_idle(frr->conns[FRR_ZEBRA].vty) && w->state == FRR_RESYNC) {
        wake = MIN(wake, frr->writes_due);
    }
    if ((w->state == FRR_UP || frr_watch_wants_replay(w))
        && !frr->round.active) {
        wake = MIN(wake, frr->round.due);
    }
    if (frr->trouble != FRR_FINE) {
        long long int due = frr->trouble_since + FRR_PROBLEM_DELAY;

        wake = frr->now < due ? MIN(wake, due) : wake;
    }
    if (wake != LLONG_MAX) {
        poll_timer_wait_until(wake);
    }
}

/* Asks both daemons for a sign of life.  Returns a token for frr_proved(),
 * greater than zero. */
uint64_t
frr_probe(struct frr *frr)
{
    uint64_t token = frr_watch_probe(&frr->watch, frr->now);

    COVERAGE_INC(frr_probe);
    frr->status.n_probes++;
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        frr_conn_run_questions(&frr->conns[d]);
    }
    return token;
}

/* Returns true if what was deleted before 'token' was given is to be
 * believed. */
bool
frr_proved(const struct frr *frr, uint64_t token)
{
    return frr_watch_proved(&frr->watch, token);
}

/* Returns the state of FRR. */
enum frr_state
frr_get_state(const struct frr *frr)
{
    return frr->watch.state;
}

/* Returns true while what is stale must stay. */
bool
frr_is_holding(const struct frr *frr)
{
    return frr_watch_is_holding(&frr->watch);
}

/* Returns true if the state is known: until then it is neither known whether
 * there is an FRR, nor whether it is complete. */
bool
frr_is_known(const struct frr *frr)
{
    return frr->watch.known;
}

/* Stores in '*status' what an operator wants to know. */
void
frr_get_status(const struct frr *frr, struct frr_status *status)
{
    const struct frr_watch *w = &frr->watch;

    *status = frr->status;
    status->state = w->state;
    status->zebra_connected = w->reach[FRR_ZEBRA] == FRR_REACH_CONNECTED;
    status->bgpd_connected = w->reach[FRR_BGPD] == FRR_REACH_CONNECTED;
    status->since = w->since;
    status->n_audits = frr->round.n_audits;
    if (w->peers_known) {
        status->n_peers = shash_count(&frr->peers.peers);
        status->n_established = frr_peers_count(&frr->peers, false);
        status->n_eor = frr_peers_count(&frr->peers, true);
    }
}

/* Makes 'cb' be called with 'aux' for each audit; frr.h explains. */
void
frr_set_audit(struct frr *frr, frr_audit_cb *cb, void *aux)
{
    frr->round.audit_cb = cb;
    frr->round.audit_aux = aux;
}

/* Has network 'vni' audited again, soon: its bridge got addresses. */
void
frr_audit_again(struct frr *frr, uint32_t vni)
{
    frr_round_again(&frr->round, vni, frr->now);
}

/* If bgpd must replay a network to zebra, stores its VNI in '*vni' and returns
 * true.  The caller sets its vxlan device down and up. */
bool
frr_pop_flap(struct frr *frr, uint32_t *vni)
{
    if (!frr_round_pop_flap(&frr->round, vni)) {
        return false;
    }
    COVERAGE_INC(frr_flap);
    frr->status.n_flaps++;
    VLOG_INFO("VNI %"PRIu32": zebra lacks what bgpd has; flapping the vxlan "
              "device, so that bgpd tells it again", *vni);
    return true;
}
