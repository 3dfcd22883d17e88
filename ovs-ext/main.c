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

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include "command-line.h"
#include "daemon.h"
#include "dirs.h"
#include "fatal-signal.h"
#include "memory.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/engine.h"
#include "simap.h"
#include "stream-ssl.h"
#include "stream.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(main);

static unixctl_cb_func main_exit;

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: EVPN for Open vSwitch hypervisors\n"
           "usage: %s [OPTIONS] [DATABASE]\n"
           "where DATABASE is a socket on which the local Open_vSwitch "
           "database is\nserved (default: unix:%s/db.sock).\n",
           program_name, program_name, ovs_rundir());
    stream_usage("DATABASE", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  --unixctl=SOCKET        override default control socket name\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n"
           "\nEverything else is configured in the database; see "
           "ovs-ext(8).\n");
    exit(EXIT_SUCCESS);
}

/* Options, as the command line gave them. */
struct main_options {
    char *unixctl_path;         /* --unixctl, or null. */
    char *database;             /* Remote of the Open_vSwitch database. */
};

enum {
    OPT_UNIXCTL = UCHAR_MAX + 1,
    OPT_PEER_CA_CERT,
    SSL_OPTION_ENUMS,
    DAEMON_OPTION_ENUMS,
    VLOG_OPTION_ENUMS,
};

static const struct option long_options[] = {
    {"unixctl", required_argument, NULL, OPT_UNIXCTL},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    DAEMON_LONG_OPTIONS,
    VLOG_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
    {NULL, 0, NULL, 0},
};

static void
parse_option(struct main_options *options, int c)
{
    switch (c) {
    case OPT_UNIXCTL:
        options->unixctl_path = optarg;
        break;

    case 'h':
        usage();

    case 'V':
        ovs_print_version(0, 0);
        exit(EXIT_SUCCESS);

    case OPT_PEER_CA_CERT:
        stream_ssl_set_peer_ca_cert_file(optarg);
        break;

    DAEMON_OPTION_HANDLERS
    VLOG_OPTION_HANDLERS
    STREAM_SSL_OPTION_HANDLERS

    case '?':
        exit(EXIT_FAILURE);

    default:
        abort();
    }
}

static void
parse_options(int argc, char *argv[], struct main_options *options)
{
    char *short_options
        = ovs_cmdl_long_options_to_short_options(long_options);
    int c;

    while ((c = getopt_long(argc, argv, short_options, long_options, NULL))
           != -1) {
        parse_option(options, c);
    }
    free(short_options);

    argc -= optind;
    argv += optind;
    switch (argc) {
    case 0:
        options->database = xasprintf("unix:%s/db.sock", ovs_rundir());
        break;
    case 1:
        options->database = xstrdup(argv[0]);
        break;
    default:
        VLOG_FATAL("at most one non-option argument accepted; use --help for "
                   "usage");
    }
}

static void
main_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[] OVS_UNUSED, void *exiting_)
{
    bool *exiting = exiting_;

    *exiting = true;
    unixctl_command_reply(conn, NULL);
}

static void
report_memory(const struct engine *engine)
{
    if (memory_should_report()) {
        struct simap usage = SIMAP_INITIALIZER(&usage);

        engine_get_memory_usage(engine, &usage);
        memory_report(&usage);
        simap_destroy(&usage);
    }
}

int
main(int argc, char *argv[])
{
    struct main_options options = { NULL, NULL };
    struct unixctl_server *unixctl;
    struct engine *engine;
    bool exiting = false;
    int retval;

    ovs_set_program_name(argv[0], OVS_EXT_VERSION);
    ovs_cmdl_proctitle_init(argc, argv);
    service_start(&argc, &argv);
    parse_options(argc, argv, &options);
    fatal_ignore_sigpipe();

    daemonize_start(true);
    retval = unixctl_server_create(options.unixctl_path, &unixctl);
    if (retval) {
        exit(EXIT_FAILURE);
    }
    unixctl_command_register("exit", "", 0, 0, main_exit, &exiting);
    engine = engine_create(options.database);
    daemonize_complete();

    while (!exiting) {
        memory_run();
        engine_run(engine);
        report_memory(engine);
        unixctl_server_run(unixctl);

        engine_wait(engine);
        memory_wait();
        unixctl_server_wait(unixctl);
        if (exiting) {
            poll_immediate_wake();
        }
        poll_block();
        exiting |= should_service_stop();
    }
    engine_destroy(engine);
    unixctl_server_destroy(unixctl);
    service_stop();
    free(options.database);
    return 0;
}
