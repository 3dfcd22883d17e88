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

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>
#include "command-line.h"
#include "db-ctl-base.h"
#include "fatal-signal.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/ctl-commands.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "process.h"
#include "stream-ssl.h"
#include "stream.h"
#include "table.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_ext_ctl);

/* What the command line says. */
struct options {
    const char *db;             /* --db: remote of the database. */
    bool oneline;               /* --oneline */
    bool dry_run;               /* --dry-run */
    bool wait_host;             /* --wait=host */
    unsigned int timeout;       /* --timeout, in seconds; 0 for none. */
    struct table_style table_style;
    char *args;                 /* The command line, for the log. */
};

/* A run of the program. */
struct ctl {
    const struct options *options;
    struct ovsdb_idl *idl;
    struct ctl_command *commands;
    size_t n_commands;
    long long int deadline;     /* ms; LLONG_MAX for none. */
    int64_t next_cfg;           /* To wait for, if 'options->wait_host'. */
};

/* For ctl_exit() only, which db-ctl-base calls without an argument. */
static struct ovsdb_idl *the_idl;
static struct ovsdb_idl_txn *the_txn;

OVS_NO_RETURN static void
ctl_exit(int status)
{
    if (the_txn) {
        ovsdb_idl_txn_abort(the_txn);
        ovsdb_idl_txn_destroy(the_txn);
    }
    ovsdb_idl_destroy(the_idl);
    exit(status);
}

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: edits the OVS_Ext database, which says what networks and "
           "ports there are\n"
           "usage: %s [OPTIONS] COMMAND [ARG...] [-- COMMAND [ARG...]]...\n\n"
           "%s%s\n%s%s\n"
           "Options:\n"
           "  --db=DATABASE               connect to DATABASE\n"
           "                              (default: $OVS_EXT_DB, or %s)\n"
           "  --wait=none                 do not wait for hosts (default)\n"
           "  --wait=host                 wait until the changes are in force "
           "on all hosts\n"
           "  -t, --timeout=SECS          give up after SECS seconds\n"
           "  --dry-run                   do not commit changes to database\n"
           "  --oneline                   print exactly one line of output "
           "per command\n",
           program_name, program_name, ctl_commands_usage(),
           ctl_policy_usage(), ctl_get_db_cmd_usage(),
           ctl_list_db_tables_usage(), ctl_default_db());
    table_usage();
    vlog_usage();
    printf("  --no-syslog                 equivalent to "
           "--verbose=ovs_ext_ctl:syslog:warn\n");
    stream_usage("database", true, true, true);
    printf("\nOther options:\n"
           "  -h, --help                  display this help message\n"
           "  -V, --version               display version information\n");
    exit(EXIT_SUCCESS);
}

enum {
    OPT_DB = UCHAR_MAX + 1,
    OPT_ONELINE,
    OPT_NO_SYSLOG,
    OPT_DRY_RUN,
    OPT_WAIT,
    OPT_LOCAL,
    OPT_PEER_CA_CERT,
    OPT_BOOTSTRAP_CA_CERT,
    VLOG_OPTION_ENUMS,
    TABLE_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option global_options[] = {
    {"db", required_argument, NULL, OPT_DB},
    {"no-syslog", no_argument, NULL, OPT_NO_SYSLOG},
    {"dry-run", no_argument, NULL, OPT_DRY_RUN},
    {"oneline", no_argument, NULL, OPT_ONELINE},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"timeout", required_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    VLOG_LONG_OPTIONS,
    TABLE_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    {"peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT},
    {"bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT},
    {NULL, 0, NULL, 0},
};

static void
set_wait(struct options *o, const char *value)
{
    o->wait_host = !strcmp(value, "host");
    if (!o->wait_host && strcmp(value, "none")) {
        ctl_fatal("--wait=%s is neither \"none\" nor \"host\"", value);
    }
}

static void
set_option(struct options *o, int c)
{
    switch (c) {
    case OPT_DB:
        o->db = optarg;
        break;

    case OPT_ONELINE:
        o->oneline = true;
        break;

    case OPT_NO_SYSLOG:
        vlog_set_levels(&this_module, VLF_SYSLOG, VLL_WARN);
        break;

    case OPT_DRY_RUN:
        o->dry_run = true;
        break;

    case OPT_WAIT:
        set_wait(o, optarg);
        break;

    case 'h':
        usage();

    case 'V':
        ovs_print_version(0, 0);
        printf("DB Schema %s\n", extrec_get_db_version());
        exit(EXIT_SUCCESS);

    case 't':
        if (!str_to_uint(optarg, 10, &o->timeout) || !o->timeout) {
            ctl_fatal("value %s on -t or --timeout is not a positive number "
                      "of seconds", optarg);
        }
        break;

    VLOG_OPTION_HANDLERS
    TABLE_OPTION_HANDLERS(&o->table_style)
    STREAM_SSL_OPTION_HANDLERS

    case OPT_PEER_CA_CERT:
        stream_ssl_set_peer_ca_cert_file(optarg);
        break;

    case OPT_BOOTSTRAP_CA_CERT:
        stream_ssl_set_ca_cert_file(optarg, true);
        break;

    case '?':
        exit(EXIT_FAILURE);

    default:
        abort();
    }
}

/* Parses the options before the first command into 'o'; those that belong to
 * that command go to 'local_options'. */
static void
parse_options(int argc, char *argv[], struct options *o,
              struct shash *local_options)
{
    size_t n_global = ARRAY_SIZE(global_options) - 1;
    size_t n = n_global, allocated = ARRAY_SIZE(global_options);
    struct option *options = xmemdup(global_options, sizeof global_options);
    char *tmp = ovs_cmdl_long_options_to_short_options(global_options);
    char *short_options = xasprintf("+%s", tmp);
    int idx, c;

    free(tmp);
    ctl_add_cmd_options(&options, &n, &allocated, OPT_LOCAL);
    while ((c = getopt_long(argc, argv, short_options, options, &idx))
           != -1) {
        if (c != OPT_LOCAL) {
            set_option(o, c);
            continue;
        }
        char *name = xasprintf("--%s", options[idx].name);

        if (shash_find(local_options, name)) {
            ctl_fatal("'%s' option specified multiple times", name);
        }
        shash_add_nocopy(local_options, name, nullable_xstrdup(optarg));
    }
    free(short_options);
    for (size_t i = n_global; options[i].name; i++) {
        free(CONST_CAST(char *, options[i].name));
    }
    free(options);

    if (!o->db) {
        o->db = getenv("OVS_EXT_DB");
    }
    if (!o->db || !o->db[0]) {
        o->db = ctl_default_db();
    }
}

/* Has the IDL fetch what the commands, and waiting, need. */
static void
run_prerequisites(const struct ctl *ctl)
{
    ovsdb_idl_add_table(ctl->idl, &extrec_table_ovs_ext);
    if (ctl->options->wait_host) {
        ovsdb_idl_add_column(ctl->idl, &extrec_ovs_ext_col_cfg);
        ovsdb_idl_add_column(ctl->idl, &extrec_host_col_name);
        ovsdb_idl_add_column(ctl->idl, &extrec_host_col_cfg);
    }
    for (size_t i = 0; i < ctl->n_commands; i++) {
        struct ctl_command *c = &ctl->commands[i];

        if (c->syntax->prerequisites) {
            struct ctl_context ctx;

            ds_init(&c->output);
            c->table = NULL;
            ctl_context_init(&ctx, c, ctl->idl, NULL, NULL, NULL);
            (c->syntax->prerequisites)(&ctx);
            if (ctx.error) {
                ctl_fatal("%s", ctx.error);
            }
            ctl_context_done(&ctx, c);
            ovs_assert(!c->output.string);
            ovs_assert(!c->table);
        }
    }
}

/* Runs the commands.  Returns false if one of them waits for a change. */
static bool
run_commands(const struct ctl *ctl, struct ovsdb_idl_txn *txn,
             struct ovsdb_symbol_table *symtab)
{
    struct ctl_context ctx;
    bool ready = true;

    for (size_t i = 0; i < ctl->n_commands; i++) {
        ds_init(&ctl->commands[i].output);
        ctl->commands[i].table = NULL;
    }
    ctl_context_init(&ctx, NULL, ctl->idl, txn, symtab, NULL);
    for (size_t i = 0; ready && i < ctl->n_commands; i++) {
        struct ctl_command *c = &ctl->commands[i];

        ctl_context_init_command(&ctx, c, i == ctl->n_commands - 1);
        if (c->syntax->run) {
            (c->syntax->run)(&ctx);
        }
        if (ctx.error) {
            ctl_fatal("%s", ctx.error);
        }
        ctl_context_done_command(&ctx, c);
        ready = !ctx.try_again;
    }
    ctl_context_done(&ctx, NULL);
    return ready;
}

/* Complains of rows that were named but not created, or created in vain. */
static void
check_symbols(const struct ovsdb_symbol_table *symtab)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &symtab->sh) {
        const struct ovsdb_symbol *symbol = node->data;

        if (!symbol->created) {
            ctl_fatal("row id \"%s\" is referenced but never created (e.g. "
                      "with \"-- --id=%s create ...\")",
                      node->name, node->name);
        } else if (!symbol->strong_ref) {
            VLOG_WARN("row id \"%s\" was created but nothing refers to it, so "
                      "it will not appear in the database", node->name);
        }
    }
}

static void
run_postprocess(const struct ctl *ctl, struct ovsdb_idl_txn *txn,
                struct ovsdb_symbol_table *symtab)
{
    for (size_t i = 0; i < ctl->n_commands; i++) {
        struct ctl_command *c = &ctl->commands[i];

        if (c->syntax->postprocess) {
            struct ctl_context ctx;

            ctl_context_init(&ctx, c, ctl->idl, txn, symtab, NULL);
            (c->syntax->postprocess)(&ctx);
            if (ctx.error) {
                ctl_fatal("%s", ctx.error);
            }
            ctl_context_done(&ctx, c);
        }
    }
}

/* Prints 's' with new-lines and backslashes escaped. */
static void
print_oneline(struct ds *s)
{
    ds_chomp(s, '\n');
    for (size_t i = 0; i < s->length; i++) {
        switch (s->string[i]) {
        case '\n':
            fputs("\\n", stdout);
            break;

        case '\\':
            fputs("\\\\", stdout);
            break;

        default:
            putchar(s->string[i]);
        }
    }
    putchar('\n');
}

/* Prints what the commands have to say if 'print', and forgets it. */
static void
finish_output(const struct ctl *ctl, bool print)
{
    for (size_t i = 0; i < ctl->n_commands; i++) {
        struct ctl_command *c = &ctl->commands[i];

        if (print && c->table) {
            table_print(c->table, &ctl->options->table_style);
        } else if (print && ctl->options->oneline) {
            print_oneline(&c->output);
        } else if (print) {
            fputs(ds_cstr(&c->output), stdout);
        }
        ds_destroy(&c->output);
        table_destroy(c->table);
        free(c->table);
        c->table = NULL;
    }
}

/* Puts what every transaction that may write has into 'txn': the root row
 * and, for those that wait, another value of its "cfg". */
static void
prepare_root(const struct ctl *ctl, struct ovsdb_idl_txn *txn)
{
    const struct extrec_ovs_ext *root = extrec_ovs_ext_first(ctl->idl);

    if (!root && (ctl->options->wait_host
                  || ctl_might_write_to_db(ctl->commands, ctl->n_commands))) {
        root = extrec_ovs_ext_insert(txn);
    }
    if (ctl->options->wait_host) {
        ovsdb_idl_txn_increment(txn, &root->header_, &extrec_ovs_ext_col_cfg,
                                true);
    }
}

/* Ends the program if 'status' of 'txn' is a failure.  Returns false if the
 * transaction is to be tried again. */
static bool
check_status(enum ovsdb_idl_txn_status status,
             const struct ovsdb_idl_txn *txn)
{
    switch (status) {
    case TXN_UNCHANGED:
    case TXN_SUCCESS:
        return true;

    case TXN_TRY_AGAIN:
        return false;

    case TXN_ERROR:
        ctl_fatal("transaction error: %s", ovsdb_idl_txn_get_error(txn));

    case TXN_UNCOMMITTED:
    case TXN_INCOMPLETE:
    case TXN_ABORTED:
    case TXN_NOT_LOCKED:
        break;
    }
    OVS_NOT_REACHED();
}

/* Runs the commands in one transaction.  Returns true if they are done, false
 * if they are to be tried again when the database changed. */
static bool
run_txn(struct ctl *ctl)
{
    struct ovsdb_symbol_table *symtab = ovsdb_symbol_table_create();
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(ctl->idl);
    bool done;

    the_txn = txn;
    if (ctl->options->dry_run) {
        ovsdb_idl_txn_set_dry_run(txn);
    }
    ovsdb_idl_txn_add_comment(txn, "ovs-ext-ctl: %s", ctl->options->args);
    prepare_root(ctl, txn);
    done = run_commands(ctl, txn, symtab);
    if (done) {
        enum ovsdb_idl_txn_status status;

        check_symbols(symtab);
        status = ovsdb_idl_txn_commit_block(txn);
        if (status == TXN_UNCHANGED || status == TXN_SUCCESS) {
            run_postprocess(ctl, txn, symtab);
        }
        done = check_status(status, txn);
        if (status == TXN_SUCCESS && ctl->options->wait_host) {
            ctl->next_cfg = ovsdb_idl_txn_get_increment_new_value(txn);
        }
    } else {
        ovsdb_idl_txn_abort(txn);
    }
    ovsdb_idl_txn_destroy(txn);
    the_txn = NULL;
    ovsdb_symbol_table_destroy(symtab);
    finish_output(ctl, done);
    return done;
}

/* Processes what came from the server.  Ends the program if the connection is
 * lost for good or the time is up; 'what' says for what it waited. */
static void
run_idl(const struct ctl *ctl, const char *what)
{
    ovsdb_idl_run(ctl->idl);
    if (!ovsdb_idl_is_alive(ctl->idl)) {
        int error = ovsdb_idl_get_last_error(ctl->idl);

        if (error) {
            ctl_fatal("%s: database connection failed (%s)",
                      ctl->options->db, ovs_retval_to_string(error));
        }
        ctl_fatal("%s: there is no database OVS_Ext; ovs-ext creates it when "
                  "it starts", ctl->options->db);
    }
    if (time_msec() >= ctl->deadline) {
        ctl_fatal("%s within %u seconds", what, ctl->options->timeout);
    }
}

static void
wait_idl(const struct ctl *ctl)
{
    ovsdb_idl_wait(ctl->idl);
    if (ctl->deadline != LLONG_MAX) {
        poll_timer_wait_until(ctl->deadline);
    }
    poll_block();
}

/* Appends to 'missing' the hosts that have not taken over 'next_cfg' yet.
 * Returns true if there is none, but hosts. */
static bool
all_hosts_done(const struct ctl *ctl, struct ds *missing)
{
    const struct extrec_host *host;
    size_t n = 0;

    EXTREC_HOST_FOR_EACH (host, ctl->idl) {
        n++;
        if (host->cfg < ctl->next_cfg) {
            ds_put_format(missing, "%s%s", missing->length ? ", " : "",
                          host->name);
        }
    }
    return n && !missing->length;
}

/* Waits until all hosts have 'next_cfg' in force. */
static void
wait_hosts(const struct ctl *ctl)
{
    for (;;) {
        struct ds missing = DS_EMPTY_INITIALIZER;
        bool done = all_hosts_done(ctl, &missing);
        char *what;

        if (done) {
            ds_destroy(&missing);
            return;
        }
        what = (missing.length
                ? xasprintf("the changes are committed, but not in force on "
                            "host(s) %s", ds_cstr(&missing))
                : xstrdup("the changes are committed, but no host came"));
        run_idl(ctl, what);
        free(what);
        ds_clear(&missing);
        if (!all_hosts_done(ctl, &missing)) {
            wait_idl(ctl);
        }
        ds_destroy(&missing);
    }
}

/* Runs the commands and, if asked to, waits for the hosts. */
static void
run(struct ctl *ctl)
{
    unsigned int seqno = ovsdb_idl_get_seqno(ctl->idl);

    for (;;) {
        run_idl(ctl, "database OVS_Ext did not let us finish");
        /* Without a change, the transaction would only fail again. */
        if (seqno != ovsdb_idl_get_seqno(ctl->idl)) {
            seqno = ovsdb_idl_get_seqno(ctl->idl);
            if (run_txn(ctl)) {
                break;
            }
        }
        if (seqno == ovsdb_idl_get_seqno(ctl->idl)) {
            wait_idl(ctl);
        }
    }
    if (ctl->next_cfg) {
        fflush(stdout);
        wait_hosts(ctl);
    }
}

int
main(int argc, char *argv[])
{
    struct options options = { .table_style = TABLE_STYLE_DEFAULT };
    struct shash local_options = SHASH_INITIALIZER(&local_options);
    struct ctl ctl = { .options = &options, .deadline = LLONG_MAX };
    char *error, *output;

    ovs_set_program_name(argv[0], OVS_EXT_VERSION);
    fatal_ignore_sigpipe();
    /* A mistake is one line: ctl_fatal()'s. */
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    vlog_set_levels(&this_module, VLF_CONSOLE, VLL_WARN);

    ctl_commands_init(ctl_exit);
    options.args = process_escape_args(argv);
    parse_options(argc, argv, &options, &local_options);
    error = ctl_parse_commands(argc - optind, argv + optind, &local_options,
                               &ctl.commands, &ctl.n_commands);
    if (error) {
        ctl_fatal("%s", error);
    }
    if (ctl_commands_run_offline(ctl.commands, ctl.n_commands, &output)) {
        fputs(output, stdout);
        return 0;
    }
    VLOG(ctl_might_write_to_db(ctl.commands, ctl.n_commands)
         ? VLL_INFO : VLL_DBG, "Called as %s", options.args);
    if (options.timeout) {
        ctl.deadline = time_msec() + options.timeout * 1000LL;
        /* In case that something blocks. */
        ctl_timeout_setup(options.timeout + 1);
    }

    ctl.idl = the_idl = ovsdb_idl_create(options.db, &extrec_idl_class, false,
                                         false);
    ovsdb_idl_set_leader_only(ctl.idl, false);
    run_prerequisites(&ctl);
    run(&ctl);

    for (size_t i = 0; i < ctl.n_commands; i++) {
        shash_destroy_free_data(&ctl.commands[i].options);
    }
    free(ctl.commands);
    free(options.args);
    ovsdb_idl_destroy(ctl.idl);
    return 0;
}
