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
#include "flows/vswitch-ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "coverage.h"
#include "dirs.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

COVERAGE_DEFINE(vswitch_ctl_command);
COVERAGE_DEFINE(vswitch_ctl_failed);

/* A command under way. */
struct vswitch_command {
    struct ovs_list node;       /* In struct vswitch_ctl's 'commands'. */
    struct jsonrpc *rpc;        /* Null if there was no connection. */
    struct json *id;            /* Of the request. */
    char *error;                /* Why there is no reply, or null. */
    long long int deadline;     /* ms. */
    vswitch_ctl_cb *cb;
    void *aux;
};

/* Initializes 'vc': no command is under way. */
void
vswitch_ctl_init(struct vswitch_ctl *vc)
{
    ovs_list_init(&vc->commands);
    vc->n = 0;
}

static void
finish(struct vswitch_ctl *vc, struct vswitch_command *vcmd,
       const char *reply, const char *error)
{
    ovs_list_remove(&vcmd->node);
    vc->n--;
    if (error) {
        COVERAGE_INC(vswitch_ctl_failed);
    }
    vcmd->cb(reply, error, vcmd->aux);
    jsonrpc_close(vcmd->rpc);
    json_destroy(vcmd->id);
    free(vcmd->error);
    free(vcmd);
}

/* Ends all commands of 'vc', whose callbacks hear that we do. */
void
vswitch_ctl_uninit(struct vswitch_ctl *vc)
{
    struct vswitch_command *vcmd;

    LIST_FOR_EACH_SAFE (vcmd, node, &vc->commands) {
        finish(vc, vcmd, NULL, "ovs-ext is ending");
    }
}

/* Returns the path of ovs-vswitchd's control socket, malloc'd, or null. */
static char *
find_socket(void)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", ovs_rundir());
    FILE *file = fopen(pidfile, "r");
    char line[32] = "";
    long int pid = 0;

    if (file) {
        if (fgets(line, sizeof line, file)) {
            pid = strtol(line, NULL, 10);
        }
        fclose(file);
    }
    free(pidfile);
    return (pid > 0 ? xasprintf("unix:%s/ovs-vswitchd.%ld.ctl", ovs_rundir(),
                                pid)
            : NULL);
}

static struct jsonrpc *
connect_to(const char *target, int *error)
{
    struct stream *stream;

    *error = target ? stream_open(target, &stream, DSCP_DEFAULT) : ENOENT;
    return *error ? NULL : jsonrpc_open(stream);
}

/* Gives ovs-vswitchd the command 'method' with the 'n_args' 'args'.  Once,
 * later, 'cb' is called with 'aux' and what came of it. */
void
vswitch_ctl_send(struct vswitch_ctl *vc, const char *method,
                 const char *const args[], size_t n_args, vswitch_ctl_cb *cb,
                 void *aux)
{
    struct vswitch_command *vcmd = xzalloc(sizeof *vcmd);
    struct json *params = json_array_create_empty();
    char *target = find_socket();
    int error;

    COVERAGE_INC(vswitch_ctl_command);
    for (size_t i = 0; i < n_args; i++) {
        json_array_add(params, json_string_create(args[i]));
    }
    vcmd->deadline = time_msec() + VSWITCH_CTL_TIMEOUT;
    vcmd->cb = cb;
    vcmd->aux = aux;
    if (vc->n >= VSWITCH_CTL_MAX) {
        vcmd->error = xasprintf("%d commands wait for ovs-vswitchd already; "
                                "ask again later", VSWITCH_CTL_MAX);
    } else {
        vcmd->rpc = connect_to(target, &error);
        if (!vcmd->rpc) {
            vcmd->error = xasprintf("ovs-vswitchd cannot be asked (%s); check "
                                    "that it runs", ovs_strerror(error));
        }
    }
    if (vcmd->rpc) {
        struct jsonrpc_msg *msg = jsonrpc_create_request(method, params,
                                                         &vcmd->id);

        jsonrpc_send(vcmd->rpc, msg);
    } else {
        json_destroy(params);
    }
    ovs_list_push_back(&vc->commands, &vcmd->node);
    vc->n++;
    free(target);
}

static void
handle_reply(struct vswitch_ctl *vc, struct vswitch_command *vcmd,
             const struct jsonrpc_msg *msg)
{
    if (msg->type == JSONRPC_REPLY && json_equal(msg->id, vcmd->id)
        && msg->result->type == JSON_STRING) {
        finish(vc, vcmd, json_string(msg->result), NULL);
    } else if (msg->type == JSONRPC_ERROR && msg->error->type == JSON_STRING) {
        finish(vc, vcmd, NULL, json_string(msg->error));
    } else {
        finish(vc, vcmd, NULL, "ovs-vswitchd gave a reply that makes no "
               "sense");
    }
}

static void
run_command(struct vswitch_ctl *vc, struct vswitch_command *vcmd)
{
    struct jsonrpc_msg *msg;
    int error;

    if (vcmd->error) {
        finish(vc, vcmd, NULL, vcmd->error);
        return;
    }
    jsonrpc_run(vcmd->rpc);
    error = jsonrpc_recv(vcmd->rpc, &msg);
    if (!error) {
        handle_reply(vc, vcmd, msg);
        jsonrpc_msg_destroy(msg);
    } else if (error != EAGAIN) {
        finish(vc, vcmd, NULL, "ovs-vswitchd closed the connection");
    } else if (time_msec() >= vcmd->deadline) {
        finish(vc, vcmd, NULL, "ovs-vswitchd did not reply in time");
    }
}

/* Takes the replies that have come. */
void
vswitch_ctl_run(struct vswitch_ctl *vc)
{
    struct vswitch_command *vcmd;

    LIST_FOR_EACH_SAFE (vcmd, node, &vc->commands) {
        run_command(vc, vcmd);
    }
}

/* Makes poll_block() wake up when vswitch_ctl_run() has something to do. */
void
vswitch_ctl_wait(struct vswitch_ctl *vc)
{
    struct vswitch_command *vcmd;

    LIST_FOR_EACH (vcmd, node, &vc->commands) {
        if (vcmd->error) {
            poll_immediate_wake();
        } else {
            jsonrpc_wait(vcmd->rpc);
            jsonrpc_recv_wait(vcmd->rpc);
            poll_timer_wait_until(vcmd->deadline);
        }
    }
}
