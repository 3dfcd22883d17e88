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
#include "ovs-ext/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/engine.h"
#include "ovs-ext/model/model.h"
#include "ovs-ext/show-model.h"
#include "unixctl.h"
#include "util.h"

/* What the user gave: arguments, and --json. */
struct command_args {
    const char *arg;            /* Or null. */
    const char *arg2;           /* Or null. */
    bool json;
};

/* Parses 'argv', of which at most 'max_args', up to 2, are no options, into
 * '*args'.  Returns false, after an answer to 'conn', if they make no
 * sense. */
static bool
command_parse(struct unixctl_conn *conn, int argc, const char *argv[],
              int max_args, struct command_args *args)
{
    int n = 0;

    args->arg = NULL;
    args->arg2 = NULL;
    args->json = false;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--json")) {
            args->json = true;
        } else if (argv[i][0] == '-' || n >= max_args) {
            char *error = xasprintf("%s: unexpected argument; \"ovs-appctl "
                                    "-t ovs-ext list-commands\" shows the "
                                    "usage", argv[i]);

            unixctl_command_reply_error(conn, error);
            free(error);
            return false;
        } else {
            *(n++ ? &args->arg2 : &args->arg) = argv[i];
        }
    }
    return true;
}

static void
command_reply(struct unixctl_conn *conn, char *text)
{
    unixctl_command_reply(conn, text);
    free(text);
}

/* Replies to 'conn' that there is no 'what' named 'name', and how to find
 * one. */
static void
command_reply_unknown(struct unixctl_conn *conn, const char *what,
                      const char *name, const char *list)
{
    char *error = xasprintf("no %s \"%s\" on this host; \"ovs-appctl -t "
                            "ovs-ext %s\" lists them", what, name, list);

    unixctl_command_reply_error(conn, error);
    free(error);
}

/* Finds the network that 'arg', a VNI or a name, means.  Returns false, after
 * an answer to 'conn', if there is none.  Without 'arg' stores null. */
static bool
command_network(struct unixctl_conn *conn, const struct model *m,
                const char *arg, const struct network **network)
{
    unsigned long long int vni;

    *network = NULL;
    if (!arg) {
        return true;
    }
    *network = model_network_by_name(m, arg);
    if (!*network && str_to_ullong(arg, 10, &vni) && vni <= VNI_MAX) {
        *network = model_network(m, vni);
    }
    if (!*network) {
        command_reply_unknown(conn, "network", arg, "network/show");
    }
    return *network != NULL;
}

static void
command_status(struct unixctl_conn *conn, int argc, const char *argv[],
               void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 0, &args)) {
        command_reply(conn, engine_status(engine, args.json));
    }
}

static void
command_metrics(struct unixctl_conn *conn, int argc, const char *argv[],
                void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 0, &args)) {
        command_reply(conn, engine_metrics(engine, args.json));
    }
}

static void
command_problems(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 0, &args)) {
        command_reply(conn, show_problems(engine_model(engine), args.json));
    }
}

static void
command_network_show(struct unixctl_conn *conn, int argc, const char *argv[],
                     void *engine)
{
    const struct model *m = engine_model(engine);
    const struct network *network;
    struct command_args args;

    if (command_parse(conn, argc, argv, 1, &args)
        && command_network(conn, m, args.arg, &network)) {
        command_reply(conn, show_networks(m, network, args.json));
    }
}

static void
command_port_show(struct unixctl_conn *conn, int argc, const char *argv[],
                  void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 1, &args)) {
        engine_ports_show(engine, conn, args.arg, args.json);
    }
}

/* The commands evpn/..., which differ in what they show of a network. */
typedef char *show_func(const struct model *, uint32_t vni, bool json);

static void
command_evpn(struct unixctl_conn *conn, int argc, const char *argv[],
             struct engine *engine, show_func *show)
{
    const struct model *m = engine_model(engine);
    const struct network *network;
    struct command_args args;

    if (command_parse(conn, argc, argv, 1, &args)
        && command_network(conn, m, args.arg, &network)) {
        command_reply(conn, show(m, network ? network->vni : 0, args.json));
    }
}

static void
command_evpn_vteps(struct unixctl_conn *conn, int argc, const char *argv[],
                   void *engine)
{
    command_evpn(conn, argc, argv, engine, show_vteps);
}

static void
command_evpn_macs(struct unixctl_conn *conn, int argc, const char *argv[],
                  void *engine)
{
    command_evpn(conn, argc, argv, engine, show_macs);
}

static void
command_evpn_neighbors(struct unixctl_conn *conn, int argc,
                       const char *argv[], void *engine)
{
    command_evpn(conn, argc, argv, engine, show_neighbors);
}

/* Finds the VPC that 'arg', an L3VNI or a name, means, and stores its L3VNI.
 * Returns false, after an answer to 'conn', if there is none.  Without 'arg'
 * stores 0. */
static bool
command_vpc(struct unixctl_conn *conn, const struct model *m, const char *arg,
            uint32_t *l3vni)
{
    const struct vpc *vpc;

    *l3vni = 0;
    if (!arg) {
        return true;
    }
    vpc = model_vpc_by_name(m, arg);
    if (!vpc && str_to_uint(arg, 10, l3vni)) {
        vpc = model_vpc(m, *l3vni);
    }
    if (!vpc) {
        command_reply_unknown(conn, "VPC that is routed", arg, "vpc/show");
        return false;
    }
    *l3vni = vpc->l3vni;
    return true;
}

static void
command_vpc_show(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *engine)
{
    struct command_args args;
    uint32_t l3vni;

    if (command_parse(conn, argc, argv, 1, &args)
        && command_vpc(conn, engine_model(engine), args.arg, &l3vni)) {
        command_reply(conn, engine_vpc_show(engine, l3vni, args.json));
    }
}

static void
command_evpn_routes(struct unixctl_conn *conn, int argc, const char *argv[],
                    void *engine)
{
    const struct model *m = engine_model(engine);
    struct command_args args;
    uint32_t l3vni;

    if (command_parse(conn, argc, argv, 1, &args)
        && command_vpc(conn, m, args.arg, &l3vni)) {
        command_reply(conn, show_routes(m, l3vni, args.json));
    }
}

/* Finds the owner that 'arg' means: as owner_parse(), but a network may have
 * its name in the place of its VNI, and a port has to exist.  Returns false,
 * after an answer to 'conn', if there is none. */
static bool
command_owner(struct unixctl_conn *conn, const struct model *m,
              const char *arg, struct owner *owner)
{
    const struct network *network
        = (!strncmp(arg, "network/", 8) ? model_network_by_name(m, arg + 8)
           : NULL);
    char *error = NULL;

    if (network) {
        *owner = owner_network(network->vni);
    } else {
        error = owner_parse(arg, owner);
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return false;
    }
    if (owner->kind == OWNER_PORT && !model_port_by_owner(m, owner)) {
        command_reply_unknown(conn, "port", arg + 5, "port/show");
        return false;
    }
    return true;
}

static void
command_flows_show(struct unixctl_conn *conn, int argc, const char *argv[],
                   void *engine)
{
    struct command_args args;
    struct owner owner;

    if (command_parse(conn, argc, argv, 1, &args)
        && (!args.arg || command_owner(conn, engine_model(engine), args.arg,
                                       &owner))) {
        command_reply(conn, engine_flows(engine, args.arg ? &owner : NULL,
                                         args.json));
    }
}

static void
command_frr_check(struct unixctl_conn *conn, int argc, const char *argv[],
                  void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 0, &args)) {
        engine_check_frr(engine, conn, args.json);
    }
}

static void
command_recompute(struct unixctl_conn *conn, int argc, const char *argv[],
                  void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 0, &args)) {
        engine_recompute(engine, conn, args.json);
    }
}

static void
command_acl_show(struct unixctl_conn *conn, int argc, const char *argv[],
                 void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 1, &args)) {
        engine_acl_show(engine, conn, args.arg, args.json);
    }
}

static void
command_acl_connections(struct unixctl_conn *conn, int argc,
                        const char *argv[], void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 1, &args)) {
        engine_acl_connections(engine, conn, args.arg, args.json);
    }
}

static void
command_trace(struct unixctl_conn *conn, int argc, const char *argv[],
              void *engine)
{
    struct command_args args;

    if (command_parse(conn, argc, argv, 2, &args)) {
        engine_trace(engine, conn, args.arg, args.arg2, args.json);
    }
}

/* Registers the commands, which work on 'engine'. */
void
commands_register(struct engine *engine)
{
    static const struct {
        const char *name, *usage;
        int max_args;
        unixctl_cb_func *cb;
    } commands[] = {
        { "status", "[--json]", 1, command_status },
        { "problems", "[--json]", 1, command_problems },
        { "network/show", "[NETWORK|VNI] [--json]", 2, command_network_show },
        { "port/show", "[PORT] [--json]", 2, command_port_show },
        { "vpc/show", "[VPC|L3VNI] [--json]", 2, command_vpc_show },
        { "evpn/vteps", "[NETWORK|VNI] [--json]", 2, command_evpn_vteps },
        { "evpn/macs", "[NETWORK|VNI] [--json]", 2, command_evpn_macs },
        { "evpn/neighbors", "[NETWORK|VNI] [--json]", 2,
          command_evpn_neighbors },
        { "evpn/routes", "[VPC|L3VNI] [--json]", 2, command_evpn_routes },
        { "flows/show", "[OWNER] [--json]", 2, command_flows_show },
        { "frr/check", "[--json]", 1, command_frr_check },
        { "acl/show", "PORT [--json]", 2, command_acl_show },
        { "acl/connections", "PORT [--json]", 2, command_acl_connections },
        { "trace", "PORT PACKET [--json]", 3, command_trace },
        { "metrics", "[--json]", 1, command_metrics },
        { "recompute", "[--json]", 1, command_recompute },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        unixctl_command_register(commands[i].name, commands[i].usage, 0,
                                 commands[i].max_args, commands[i].cb, engine);
    }
}
