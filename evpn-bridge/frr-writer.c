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
#include "evpn-bridge/frr-writer.h"

#include <limits.h>
#include <stdlib.h>
#include "coverage.h"
#include "evpn-bridge/frr.h"
#include "evpn-bridge/vty.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(frr_writer);

COVERAGE_DEFINE(frr_writer_command);
COVERAGE_DEFINE(frr_writer_read);
COVERAGE_DEFINE(frr_writer_refused);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Between two attempts to write the same, ms; at most, also between two looks
 * at what lets nothing be written. */
#define RETRY_MIN 100
#define RETRY_MAX 10000

/* Refusals in a row that are a problem: bgpd refuses until it has heard from
 * zebra what zebra was told a moment ago. */
#define REFUSALS_MAX 3

/* How long, ms, a daemon that has just come may lack what it is configured
 * with: FRR's scripts, and watchfrr, start it and tell it after that. */
#define GRACE 5000

enum writer_state { WRITER_IDLE, WRITER_READING, WRITER_WRITING };

/* A daemon. */
struct writer_conn {
    struct frr_writer *writer;
    enum frr_daemon daemon;
    struct vty *vty;            /* Null if FRR is off. */
    enum writer_state state;
    bool known;                 /* 'plan' is of the daemon that is there. */
    bool fresh;                 /* ...and of what the model says. */
    struct frr_conf_plan plan;
    struct ds text;             /* Answer under way. */

    struct svec commands;       /* To be given. */
    size_t next;                /* Index of the one under way. */
    char *refused;              /* What was refused last, and why; or null. */
    int n_refused;              /* Attempts in a row that were. */
    int backoff;                /* ms. */
    long long int write_due;    /* ms: when to write (again). */
    long long int read_due;     /* ms: when to look again. */
    long long int came;         /* ms: when it was there first, or 0. */
};

struct frr_writer {
    struct writer_conn conns[FRR_N_DAEMONS];
    struct model *model;        /* During frr_writer_run(). */
    long long int now;          /* Of the last frr_writer_run(). */
    enum frr_mode mode;         /* Likewise. */
};

static void
conn_forget(struct writer_conn *conn)
{
    conn->state = WRITER_IDLE;
    conn->known = conn->fresh = false;
    conn->n_refused = 0;
    conn->backoff = RETRY_MIN;
    conn->write_due = conn->read_due = conn->came = 0;
    free(conn->refused);
    conn->refused = NULL;
}

/* Returns one that knows nothing yet. */
struct frr_writer *
frr_writer_create(void)
{
    struct frr_writer *w = xzalloc(sizeof *w);

    w->mode = FRR_OFF;
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        struct writer_conn *conn = &w->conns[d];

        conn->writer = w;
        conn->daemon = d;
        ds_init(&conn->text);
        svec_init(&conn->commands);
        frr_conf_plan_init(&conn->plan);
        conn_forget(conn);
    }
    return w;
}

/* Frees 'w'; what it wrote stays. */
void
frr_writer_destroy(struct frr_writer *w)
{
    for (int d = 0; w && d < FRR_N_DAEMONS; d++) {
        struct writer_conn *conn = &w->conns[d];

        vty_destroy(conn->vty);
        ds_destroy(&conn->text);
        svec_destroy(&conn->commands);
        frr_conf_plan_uninit(&conn->plan);
        free(conn->refused);
    }
    free(w);
}

/* VPCs may have changed: looks again, at once. */
void
frr_writer_update(struct frr_writer *w)
{
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        struct writer_conn *conn = &w->conns[d];

        conn->fresh = false;
        conn->read_due = 0;
        conn->backoff = RETRY_MIN;
        conn->write_due = 0;
    }
}

/* Answers. */

static bool
plan_is_empty(const struct frr_conf_plan *plan)
{
    return !plan->n_lines && !plan->error;
}

/* Returns true if what 'conn' lacks may be about to come, by others. */
static bool
conn_is_incomplete(const struct writer_conn *conn)
{
    const struct frr_writer *w = conn->writer;

    return (w->now < conn->came + GRACE
            && (conn->plan.error
                || (conn->plan.n_lines && w->mode == FRR_OBSERVE)));
}

/* The running configuration of 'conn' is in its 'text'. */
static void
conn_read(struct writer_conn *conn)
{
    const struct frr_writer *w = conn->writer;

    frr_conf_plan_uninit(&conn->plan);
    frr_conf_plan_init(&conn->plan);
    frr_conf_plan_make(&conn->plan, conn->daemon, ds_cstr(&conn->text),
                       w->model);
    conn->known = true;
    /* Unless the model changed meanwhile. */
    conn->fresh = conn->read_due != 0;
    if (conn->fresh && plan_is_empty(&conn->plan)
        && hmap_is_empty(&w->model->vpcs)) {
        conn->read_due = LLONG_MAX;
    }
    if (conn_is_incomplete(conn)) {
        conn->read_due = MIN(conn->read_due, w->now + GRACE / 10);
    } else if (conn->plan.error) {
        conn->read_due = MIN(conn->read_due, w->now + RETRY_MAX);
    }
    if (plan_is_empty(&conn->plan)) {
        conn->n_refused = 0;
        conn->backoff = RETRY_MIN;
        conn->write_due = 0;
        free(conn->refused);
        conn->refused = NULL;
    }
}

/* The daemon of 'conn' took the command under way, or refused it. */
static void
conn_written(struct writer_conn *conn, bool ok)
{
    const char *command = conn->commands.names[conn->next];

    COVERAGE_INC(frr_writer_command);
    if (!ok && !frr_conf_may_fail(command)) {
        COVERAGE_INC(frr_writer_refused);
        ds_chomp(&conn->text, '\n');
        free(conn->refused);
        conn->refused = xasprintf("\"%s\": %s", command,
                                  conn->text.length ? ds_cstr(&conn->text)
                                  : "no reason given");
        for (char *p = conn->refused; *p; p++) {
            *p = *p == '\n' || *p == '\r' ? ' ' : *p;
        }
        conn->n_refused++;
        VLOG_DBG_RL(&rl, "%s: refused %s", vty_path(conn->vty),
                    conn->refused);
        /* On to the last one, "end". */
        conn->next = MAX(conn->next + 1, conn->commands.n - 1);
    } else {
        conn->next++;
    }
}

static void
conn_data(void *conn_, const char *data, size_t n)
{
    struct writer_conn *conn = conn_;

    ds_put_buffer(&conn->text, data, n);
}

static void
conn_done(void *conn_, int status)
{
    struct writer_conn *conn = conn_;

    if (status < 0) {
        conn_forget(conn);
    } else if (conn->state == WRITER_READING) {
        conn->state = WRITER_IDLE;
        if (!status) {
            conn_read(conn);
        }
    } else if (conn->state == WRITER_WRITING) {
        conn_written(conn, !status);
    }
}

/* Questions. */

static void
conn_ask(struct writer_conn *conn, const char *command)
{
    ds_clear(&conn->text);
    vty_ask(conn->vty, command);
}

/* Begins to write what 'conn' may have now.  Returns false if that is
 * nothing. */
static bool
conn_begin_write(struct writer_conn *conn)
{
    const struct frr_writer *w = conn->writer;
    const struct writer_conn *zebra = &w->conns[FRR_ZEBRA];
    const struct writer_conn *bgpd = &w->conns[FRR_BGPD];
    bool add = (conn == bgpd
                || (bgpd->fresh && !bgpd->plan.n_missing
                    && !bgpd->plan.error));
    bool remove = (conn == zebra
                   || (zebra->fresh && svec_is_empty(&zebra->plan.remove)));

    svec_clear(&conn->commands);
    svec_add(&conn->commands, "configure terminal");
    if (remove) {
        svec_append(&conn->commands, &conn->plan.remove);
    }
    if (add) {
        svec_append(&conn->commands, &conn->plan.add);
    }
    if (conn->commands.n == 1) {
        return false;
    }
    VLOG_INFO_RL(&rl, "%s: configuring %"PRIuSIZE" lines",
                 vty_path(conn->vty), conn->plan.n_lines);
    svec_add(&conn->commands, "end");
    conn->next = 0;
    conn->state = WRITER_WRITING;
    conn->write_due = w->now + conn->backoff;
    conn->backoff = MIN(2 * conn->backoff, RETRY_MAX);
    return true;
}

/* Gives the next command of those that 'conn' writes.  After the last it is
 * looked at what came of them. */
static void
conn_run_write(struct writer_conn *conn)
{
    if (conn->next < conn->commands.n) {
        conn_ask(conn, conn->commands.names[conn->next]);
    } else {
        conn->state = WRITER_IDLE;
        conn->fresh = false;
        conn->read_due = 0;
    }
}

/* Asks what is to be asked, if 'conn' is idle. */
static void
conn_run_questions(struct writer_conn *conn)
{
    const struct frr_writer *w = conn->writer;

    if (!vty_is_idle(conn->vty)) {
        return;
    }
    if (conn->state == WRITER_WRITING) {
        conn_run_write(conn);
    }
    if (conn->state == WRITER_IDLE && w->now >= conn->read_due) {
        COVERAGE_INC(frr_writer_read);
        conn->state = WRITER_READING;
        conn->read_due = w->now + FRR_WRITER_INTERVAL;
        conn_ask(conn, "show running-config");
    } else if (conn->state == WRITER_IDLE && w->mode == FRR_MANAGE
               && conn->fresh && conn->plan.n_lines
               && w->now >= conn->write_due && conn_begin_write(conn)) {
        conn_run_write(conn);
    }
}

static const struct vty_class writer_vty_class = {
    conn_data,
    conn_done,
};

static void
conn_run(struct writer_conn *conn)
{
    if (!conn->vty) {
        char *path = frr_socket_path(conn->daemon);

        conn->vty = vty_create(path, &writer_vty_class, conn);
        free(path);
    }
    vty_run(conn->vty, conn->writer->now);
    if (!vty_is_connected(conn->vty)) {
        if (conn->known) {
            conn_forget(conn);
        }
    } else if (!conn->came) {
        conn->came = conn->writer->now;
    }
}

/* Problems. */

/* Returns what is wrong, malloc'd, or null. */
static char *
writer_find_problem(const struct frr_writer *w)
{
    size_t n_lines = 0;

    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        const struct writer_conn *conn = &w->conns[d];

        if (!conn->known || conn_is_incomplete(conn)) {
            continue;
        } else if (conn->plan.error) {
            return xstrdup(conn->plan.error);
        } else if (conn->n_refused >= REFUSALS_MAX) {
            return xasprintf("%s refuses %s; correct its configuration, or "
                             "write it yourself and set "
                             "external_ids:ovs-ext-frr=observe",
                             vty_path(conn->vty), conn->refused);
        }
        n_lines += conn->plan.n_lines;
    }
    return (n_lines && w->mode == FRR_OBSERVE
            ? xasprintf("the configuration of FRR differs from what the VPCs "
                        "need by %"PRIuSIZE" lines; \"ovs-appctl -t ovs-ext "
                        "frr/check\" shows them", n_lines)
            : NULL);
}

static void
writer_run_problem(const struct frr_writer *w)
{
    char *text = w->mode == FRR_OFF ? NULL : writer_find_problem(w);

    if (!text) {
        problem_clear(&w->model->problems, "host", "frr-config");
    } else if (problem_set(&w->model->problems, "host", "frr-config", "%s",
                           text)) {
        VLOG_WARN_RL(&rl, "%s", text);
    }
    free(text);
}

/* Talks to FRR as far as that does not block.  All that 'model' will know of
 * VPCs at start must be in it; it gets a problem of the host. */
void
frr_writer_run(struct frr_writer *w, struct model *model, enum frr_mode mode,
               long long int now)
{
    w->model = model;
    w->now = now;
    w->mode = mode;
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        struct writer_conn *conn = &w->conns[d];

        if (mode != FRR_OFF) {
            conn_run(conn);
        } else if (conn->vty) {
            vty_destroy(conn->vty);
            conn->vty = NULL;
            conn_forget(conn);
        }
    }
    for (int i = 0; mode != FRR_OFF && i < 2 * FRR_N_DAEMONS; i++) {
        /* Twice, as what one may write depends on the other. */
        conn_run_questions(&w->conns[i % FRR_N_DAEMONS]);
    }
    writer_run_problem(w);
    w->model = NULL;
}

/* Makes the poll loop wake up when frr_writer_run() has something to do. */
void
frr_writer_wait(const struct frr_writer *w)
{
    long long int due = LLONG_MAX;

    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        const struct writer_conn *conn = &w->conns[d];

        if (!conn->vty) {
            continue;
        }
        vty_wait(conn->vty);
        if (vty_is_idle(conn->vty)) {
            due = MIN(due, conn->read_due);
            if (conn->state == WRITER_WRITING) {
                due = 0;
            } else if (w->mode == FRR_MANAGE && conn->plan.n_lines
                       && w->now < conn->write_due) {
                due = MIN(due, conn->write_due);
            }
        }
    }
    if (due != LLONG_MAX) {
        poll_timer_wait_until(due);
    }
}

/* What differs. */

/* Returns true if both daemons were looked at since the last
 * frr_writer_update(), and since anything was written. */
bool
frr_writer_is_fresh(const struct frr_writer *w)
{
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        if (!w->conns[d].fresh) {
            return false;
        }
    }
    return true;
}

/* Returns the socket of a daemon that does not answer, or null if all do.  It
 * stays 'w''s. */
const char *
frr_writer_missing(const struct frr_writer *w)
{
    for (int d = 0; d < FRR_N_DAEMONS; d++) {
        const struct vty *vty = w->conns[d].vty;

        if (!vty || !vty_is_connected(vty)) {
            return vty ? vty_path(vty) : "FRR";
        }
    }
    return NULL;
}

/* Returns what 'daemon' lacks, or has too much of, as it was seen last. */
const struct frr_conf_plan *
frr_writer_plan(const struct frr_writer *w, enum frr_daemon daemon)
{
    return &w->conns[daemon].plan;
}
