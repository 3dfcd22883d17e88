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

#include <stdlib.h>
#include "flows/flow-trace.h"
#include "flows/pipeline.h"
#include "flows/vswitch-ctl.h"
#include "ovs-ext/show.h"
#include "packets.h"
#include "unixctl.h"
#include "util.h"

/* "trace": the switch is asked what it would do with a packet. */

/* A trace that is under way. */
struct trace_command {
    struct engine *engine;
    struct unixctl_conn *conn;
    bool json;
    struct flow_trace_request request;
    struct flow_trace trace;
    size_t section;             /* To be asked for again, if need be. */
    size_t n_resumes;           /* So many have been. */
    char *flow;                 /* Of that section, or null. */
};

/* Replies with what 'tc' found, or with 'error' if that is not null, and frees
 * 'tc'. */
static void
finish(struct trace_command *tc, const char *error)
{
    if (error) {
        unixctl_command_reply_error(tc->conn, error);
    } else {
        size_t n;
        struct flow_trace_line *lines
            = flow_trace_tell(&tc->engine->model, &tc->trace, &n);
        struct show show;
        char *reply;

        show_init(&show, SHOW_TABLE, "table", "stage", "by", "decision",
                  NULL);
        for (size_t i = 0; i < n; i++) {
            if (lines[i].table_id >= 0) {
                show_string(&show, "%d", lines[i].table_id);
            } else {
                show_string(&show, "%s", "");
            }
            show_string(&show, "%s", lines[i].stage);
            show_string(&show, "%s", lines[i].by);
            show_string(&show, "%s", lines[i].decision);
        }
        reply = show_finish(&show, tc->json);
        unixctl_command_reply(tc->conn, reply);
        free(reply);
        flow_trace_lines_free(lines, n);
    }
    flow_trace_uninit(&tc->trace);
    flow_trace_request_uninit(&tc->request);
    free(tc->flow);
    free(tc);
}

/* Asks what happens to the packet 'flow' from 'table_id' on. */
static void
ask_from(struct trace_command *tc, const char *flow, int table_id,
         vswitch_ctl_cb *cb)
{
    char *actions = xasprintf("resubmit(,%d)", table_id);
    const char *args[] = { tc->engine->model.host.bridge, flow, actions };

    vswitch_ctl_send(&tc->engine->vswitch, "ofproto/trace-packet-out", args,
                     ARRAY_SIZE(args), cb, tc);
    free(actions);
}

static void resume_cb(const char *reply, const char *error, void *tc);

/* Asks for the next section that takes one connection for another. */
static void
ask_next(struct trace_command *tc)
{
    for (; tc->section < tc->trace.n; tc->section++) {
        free(tc->flow);
        tc->flow = flow_trace_resume(&tc->request,
                                     &tc->trace.sections[tc->section]);
        if (tc->flow && tc->n_resumes++ < FLOW_TRACE_MAX_RESUMES) {
            ask_from(tc, tc->flow, TABLE_ACL_TO_TRACKED, resume_cb);
            return;
        }
    }
    finish(tc, (tc->n_resumes > FLOW_TRACE_MAX_RESUMES
                ? "the packet is flooded to too many ports with ACLs; trace "
                  "one that is for one of them" : NULL));
}

/* What is behind a commit is known: it goes to the end. */
static void
pass_cb(const char *reply, const char *error, void *tc_)
{
    struct trace_command *tc = tc_;

    if (error) {
        finish(tc, error);
        return;
    }
    flow_trace_parse(&tc->trace, tc->engine->model.host.bridge, reply);
    tc->section++;
    ask_next(tc);
}

static void
resume_cb(const char *reply, const char *error, void *tc_)
{
    struct trace_command *tc = tc_;
    struct flow_trace with = { .sections = NULL };

    if (error) {
        finish(tc, error);
        return;
    }
    flow_trace_init(&with);
    flow_trace_parse(&with, tc->engine->model.host.bridge, reply);
    flow_trace_replace(&tc->trace, tc->section, &with);
    flow_trace_uninit(&with);
    flow_trace_remove(&tc->trace, TABLE_ACL_TO_PASS);
    if (flow_trace_commits(&tc->trace.sections[tc->section])) {
        ask_from(tc, tc->flow, TABLE_ACL_TO_PASS, pass_cb);
    } else {
        tc->section++;
        ask_next(tc);
    }
}

static void
trace_cb(const char *reply, const char *error, void *tc_)
{
    struct trace_command *tc = tc_;

    if (error) {
        finish(tc, error);
        return;
    }
    flow_trace_parse(&tc->trace, tc->engine->model.host.bridge, reply);
    ask_next(tc);
}

/* Replies to 'conn' what "trace" prints about 'packet' of or for the port
 * named 'name', when the switch has told what it would do. */
void
engine_trace(struct engine *e, struct unixctl_conn *conn, const char *name,
             const char *packet, bool json)
{
    const struct port *port = name ? model_port(&e->model, name) : NULL;
    struct trace_command *tc = xzalloc(sizeof *tc);
    char *error;

    if (!port || !port->ofport || !port->network) {
        error = xasprintf("no port \"%s\" on this host; \"ovs-appctl -t "
                          "ovs-ext port/show\" lists them", name ? name : "");
    } else if (!packet) {
        error = xstrdup("no packet; for example tcp,nw_dst=10.0.0.2,"
                        "tcp_dst=443");
    } else {
        error = flow_trace_request_init(&tc->request, &e->model, port,
                                        packet);
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        free(tc);
    } else {
        const char *args[] = { e->model.host.bridge, tc->request.flow };

        tc->engine = e;
        tc->conn = conn;
        tc->json = json;
        flow_trace_init(&tc->trace);
        vswitch_ctl_send(&e->vswitch, "ofproto/trace", args,
                         ARRAY_SIZE(args), trace_cb, tc);
    }
}
