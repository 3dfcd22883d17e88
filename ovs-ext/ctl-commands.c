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
#include "ovs-ext/ctl-commands.h"

#include <stdlib.h>
#include <string.h>
#include "db-ctl-base.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/ctl-cloudstack.h"
#include "ovs-ext/ctl-internal.h"
#include "ovs-ext/ctl-rule.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

/* Returns the usage of the commands here. */
const char *
ctl_commands_usage(void)
{
    return "\
General commands:\n\
  init                        initialize the database, if needed\n\
  show                        print hosts, networks and ports\n\
  frr-example --as=AS --uplinks=DEV[,DEV]... [--vtep-ip=IP]\n\
                              print a configuration of FRR for a host\n\
\n\
Network commands:\n\
  net-add NAME VNI            create network NAME with VNI (1...16777215)\n\
  net-del NAME                delete network NAME and all of its ports\n\
  net-list                    print name and VNI of all networks\n\
  net-set-vpc NET [VPC]       put network NET into VPC, or into none\n\
  net-set-gateway NET [IP/LEN...]\n\
                              set the gateways of network NET, with the MAC\n\
                              of --mac=MAC, or one that is made of the VNI\n\
\n\
VPC commands:\n\
  vpc-add NAME L3VNI          create VPC NAME with L3VNI (1...16777215)\n\
  vpc-del NAME                delete VPC NAME, which no network may be in\n\
  vpc-list                    print name and L3VNI of all VPCs\n\
\n\
Port commands:\n\
  port-add NET NAME MAC [IP...]\n\
                              create port NAME, which is the iface-id of its\n\
                              interface, in network NET\n\
  port-del NAME               delete port NAME\n\
  port-list [NET]             print name, MACs and IPs of all ports [of NET]\n\
  port-set-security NAME on|off|auto\n\
                              drop what the VM sends from other addresses;\n\
                              auto: if it has IPs\n\
  port-set-address-pairs NAME ['PREFIX [MAC]'...]\n\
                              let the VM send from these addresses, too\n\
  port-set-allow NAME [dhcp-server] [router-advertisement]\n\
                              let the VM do what others may not\n\
  port-set-sg NAME [SG...]    put port NAME into these security groups only\n\
\n\
  port-add takes --sg=SG[,SG...]: security groups that the port is in.\n\
  net-add, vpc-add and port-add take --may-exist: no error if there is such\n\
  a one.  net-del, vpc-del and port-del take --if-exists: no error if there\n\
  is none.\n\
\n\
CloudStack commands, on a KVM host:\n\
  cloudstack-install          have CloudStack and libvirt call ovs-ext-hook\n\
  cloudstack-remove           undo that\n\
  cloudstack-check            check that\n";
}

/* If 'error' is not null, makes it that of 'ctx', with 'what' in front, frees
 * it and returns true. */
bool
ctl_cmd_report(struct ctl_context *ctx, const char *what, char *error)
{
    if (error) {
        ctl_error(ctx, "%s: %s", what, error);
        free(error);
    }
    return error != NULL;
}

static const struct extrec_network *
find_network(struct ctl_context *ctx, const char *name)
{
    const struct extrec_network *network;

    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        if (!strcmp(network->name, name)) {
            return network;
        }
    }
    return NULL;
}

static const struct extrec_network *
find_network_by_vni(struct ctl_context *ctx, uint32_t vni)
{
    const struct extrec_network *network;

    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        if (network->vni == vni) {
            return network;
        }
    }
    return NULL;
}

/* Returns the network named 'name', or null after an error. */
const struct extrec_network *
ctl_cmd_network(struct ctl_context *ctx, const char *name)
{
    const struct extrec_network *network = find_network(ctx, name);

    if (!network) {
        ctl_error(ctx, "network \"%s\" does not exist; \"%s net-list\" lists "
                  "those that do", name, program_name);
    }
    return network;
}

static const struct extrec_port *
find_port(struct ctl_context *ctx, const char *name)
{
    const struct extrec_port *port;

    EXTREC_PORT_FOR_EACH (port, ctx->idl) {
        if (!strcmp(port->name, name)) {
            return port;
        }
    }
    return NULL;
}

/* Returns the port named 'name', or null after an error. */
const struct extrec_port *
ctl_cmd_port(struct ctl_context *ctx, const char *name)
{
    const struct extrec_port *port = find_port(ctx, name);

    if (!port) {
        ctl_error(ctx, "port \"%s\" does not exist; \"%s port-list\" lists "
                  "those that do", name, program_name);
    }
    return port;
}

static void
pre_get_info(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &extrec_vpc_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_vpc_col_l3vni);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_vni);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_network);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_macs);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_ips);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_security_groups);
    ovsdb_idl_add_column(ctx->idl, &extrec_security_group_col_name);
}

static void
pre_show(struct ctl_context *ctx)
{
    pre_get_info(ctx);
    ctl_vpc_prerequisites(ctx);
    ovsdb_idl_add_column(ctx->idl, &extrec_vpc_col_problems);
    ovsdb_idl_add_column(ctx->idl, &extrec_ovs_ext_col_cfg);
    ovsdb_idl_add_column(ctx->idl, &extrec_host_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_host_col_vtep_ips);
    ovsdb_idl_add_column(ctx->idl, &extrec_host_col_cfg);
    ovsdb_idl_add_column(ctx->idl, &extrec_host_col_version);
    ovsdb_idl_add_column(ctx->idl, &extrec_host_col_problems);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_problems);
    ctl_rule_prerequisites(ctx);
    ovsdb_idl_add_column(ctx->idl, &extrec_security_group_col_problems);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_host);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_state);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_up);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_port_security);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_allowed_address_pairs);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_allow);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_problems);
}

/* The row is inserted for every command that may write; this is one. */
static void
cmd_init(struct ctl_context *ctx OVS_UNUSED)
{
}

static void
cmd_net_add(struct ctl_context *ctx)
{
    bool may_exist = shash_find(&ctx->options, "--may-exist") != NULL;
    const struct extrec_network *network, *holder;
    const char *name = ctx->argv[1];
    const struct extrec_vpc *vpc;
    uint32_t vni;

    if (ctl_cmd_report(ctx, "net-add", row_parse_name(name))
        || ctl_cmd_report(ctx, "net-add", row_parse_vni(ctx->argv[2], &vni))) {
        return;
    }
    network = find_network(ctx, name);
    if (network) {
        if (network->vni != vni || !may_exist) {
            ctl_error(ctx, "network \"%s\" already exists, with VNI %"PRId64,
                      name, network->vni);
        }
        return;
    }
    holder = find_network_by_vni(ctx, vni);
    if (holder) {
        ctl_error(ctx, "VNI %"PRIu32" is used by network \"%s\"; choose "
                  "another one", vni, holder->name);
        return;
    }
    EXTREC_VPC_FOR_EACH (vpc, ctx->idl) {
        if (vpc->n_l3vni && vpc->l3vni[0] == vni) {
            ctl_error(ctx, "VNI %"PRIu32" is the L3VNI of VPC \"%s\"; choose "
                      "another one", vni, vpc->name);
            return;
        }
    }
    network = extrec_network_insert(ctx->txn);
    extrec_network_set_name(network, name);
    extrec_network_set_vni(network, vni);
}

static void
cmd_net_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct extrec_network *network
        = (must_exist
           ? ctl_cmd_network(ctx, ctx->argv[1])
           : find_network(ctx, ctx->argv[1]));
    const struct extrec_port *port;

    if (network) {
        EXTREC_PORT_FOR_EACH_SAFE (port, ctx->idl) {
            if (port->network == network) {
                extrec_port_delete(port);
            }
        }
        extrec_network_delete(network);
    }
}

/* Prints the lines in 'lines', sorted, and frees them. */
void
ctl_cmd_output(struct ctl_context *ctx, struct svec *lines)
{
    const char *line;
    size_t i;

    svec_sort(lines);
    SVEC_FOR_EACH (i, line, lines) {
        ds_put_format(&ctx->output, "%s\n", line);
    }
    svec_destroy(lines);
}

static void
cmd_net_list(struct ctl_context *ctx)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct extrec_network *network;

    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        svec_add_nocopy(&lines, xasprintf("%s %"PRId64, network->name,
                                          network->vni));
    }
    ctl_cmd_output(ctx, &lines);
}

/* Arguments of port-add. */
struct port_args {
    const struct extrec_network *network;
    const char *name;
    struct eth_addr mac;
    char *mac_string;           /* Canonical. */
    struct in6_addr *ips;       /* IPv4 is mapped. */
    struct sset ip_strings;     /* Canonical. */
    struct svec groups;         /* Names of security groups, sorted. */
};

static void
port_args_uninit(struct port_args *args)
{
    free(args->mac_string);
    free(args->ips);
    sset_destroy(&args->ip_strings);
    svec_destroy(&args->groups);
}

/* 'names' are those of security groups, with commas between them, or null. */
static void
port_args_set_groups(struct port_args *args, const char *names)
{
    svec_init(&args->groups);
    for (const char *s = names ? names : ""; *s;) {
        size_t len = strcspn(s, ",");

        svec_add_nocopy(&args->groups, xmemdup0(s, len));
        s += len + (s[len] == ',');
    }
    svec_sort_unique(&args->groups);
}

/* Parses the arguments into 'args', which port_args_uninit() frees.  Returns
 * false after an error. */
static bool
port_args_init(struct port_args *args, struct ctl_context *ctx)
{
    struct in6_addr ip;

    memset(args, 0, sizeof *args);
    sset_init(&args->ip_strings);
    port_args_set_groups(args, shash_find_data(&ctx->options, "--sg"));
    args->name = ctx->argv[2];
    args->network = ctl_cmd_network(ctx, ctx->argv[1]);
    if (!args->network
        || ctl_cmd_report(ctx, "port-add", row_parse_name(args->name))
        || ctl_cmd_report(ctx, "port-add",
                          row_parse_mac(ctx->argv[3], &args->mac))) {
        return false;
    }
    args->mac_string = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(args->mac));
    for (int i = 4; i < ctx->argc; i++) {
        char *string;

        if (ctl_cmd_report(ctx, "port-add", row_parse_ip(ctx->argv[i], &ip))) {
            return false;
        }
        string = row_format_ip(&ip);
        if (sset_contains(&args->ip_strings, string)) {
            ctl_error(ctx, "port-add: IP \"%s\" is given twice; give it once",
                      ctx->argv[i]);
            free(string);
            return false;
        }
        sset_add_and_free(&args->ip_strings, string);
    }
    return true;
}

/* Returns true if 'port' has what 'args' ask for. */
static bool
port_args_match(const struct port_args *args, const struct extrec_port *port)
{
    struct row_port row;
    bool match;

    row_port_parse(&row, port->macs, port->n_macs, port->ips, port->n_ips);
    match = (port->network == args->network && !row.error
             && row.n_macs == 1 && eth_addr_equals(row.macs[0], args->mac)
             && row.n_ips == sset_count(&args->ip_strings));
    for (size_t i = 0; match && i < row.n_ips; i++) {
        char *string = row_format_ip(&row.ips[i]);

        match = sset_contains(&args->ip_strings, string);
        free(string);
    }
    match = match && port->n_security_groups == args->groups.n;
    for (size_t i = 0; match && i < port->n_security_groups; i++) {
        match = svec_contains(&args->groups, port->security_groups[i]->name);
    }
    row_port_uninit(&row);
    return match;
}

/* Returns false, after an error, if 'port' has an address that 'args' ask
 * for. */
static bool
port_args_check(const struct port_args *args, struct ctl_context *ctx,
                const struct extrec_port *port)
{
    struct row_port row;
    bool ok = true;

    row_port_parse(&row, port->macs, port->n_macs, port->ips, port->n_ips);
    for (size_t i = 0; ok && i < row.n_macs; i++) {
        if (eth_addr_equals(row.macs[i], args->mac)) {
            ctl_error(ctx, "MAC %s is used by port \"%s\" of network \"%s\"; "
                      "give another one", args->mac_string, port->name,
                      args->network->name);
            ok = false;
        }
    }
    for (size_t i = 0; ok && i < row.n_ips; i++) {
        char *string = row_format_ip(&row.ips[i]);

        if (sset_contains(&args->ip_strings, string)) {
            ctl_error(ctx, "IP %s is used by port \"%s\" of network \"%s\"; "
                      "give another one", string, port->name,
                      args->network->name);
            ok = false;
        }
        free(string);
    }
    row_port_uninit(&row);
    return ok;
}

/* Creates the port that 'args' ask for. */
static void
port_args_insert(const struct port_args *args, struct ctl_context *ctx)
{
    const struct extrec_port *port = extrec_port_insert(ctx->txn);
    const char *mac = args->mac_string;
    const char **ips = sset_array(&args->ip_strings);

    extrec_port_set_name(port, args->name);
    extrec_port_set_network(port, args->network);
    extrec_port_set_macs(port, &mac, 1);
    extrec_port_set_ips(port, ips, sset_count(&args->ip_strings));
    free(ips);
    if (args->groups.n) {
        ctl_group_set_port(ctx, port, &args->groups);
    }
}

static void
port_add(struct ctl_context *ctx, const struct port_args *args)
{
    bool may_exist = shash_find(&ctx->options, "--may-exist") != NULL;
    const struct extrec_port *port = find_port(ctx, args->name);

    if (port) {
        if (!may_exist || !port_args_match(args, port)) {
            ctl_error(ctx, "port \"%s\" already exists%s in network \"%s\"",
                      args->name, may_exist ? ", with other addresses or" : "",
                      port->network ? port->network->name : "?");
        }
        return;
    }
    EXTREC_PORT_FOR_EACH (port, ctx->idl) {
        if (port->network == args->network
            && !port_args_check(args, ctx, port)) {
            return;
        }
    }
    port_args_insert(args, ctx);
}

static void
cmd_port_add(struct ctl_context *ctx)
{
    struct port_args args;

    if (port_args_init(&args, ctx)) {
        port_add(ctx, &args);
    }
    port_args_uninit(&args);
}

static void
cmd_port_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct extrec_port *port
        = (must_exist
           ? ctl_cmd_port(ctx, ctx->argv[1])
           : find_port(ctx, ctx->argv[1]));

    if (port) {
        extrec_port_delete(port);
    }
}

static void
cmd_port_list(struct ctl_context *ctx)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct extrec_network *network = NULL;
    const struct extrec_port *port;

    if (ctx->argc > 1) {
        network = ctl_cmd_network(ctx, ctx->argv[1]);
        if (!network) {
            return;
        }
    }
    EXTREC_PORT_FOR_EACH (port, ctx->idl) {
        struct ds line = DS_EMPTY_INITIALIZER;

        if (network && port->network != network) {
            continue;
        }
        ds_put_cstr(&line, port->name);
        for (size_t i = 0; i < port->n_macs; i++) {
            ds_put_format(&line, " %s", port->macs[i]);
        }
        for (size_t i = 0; i < port->n_ips; i++) {
            ds_put_format(&line, " %s", port->ips[i]);
        }
        svec_add_nocopy(&lines, ds_steal_cstr(&line));
    }
    ctl_cmd_output(ctx, &lines);
}

/* Prints "TITLE: A, B, C" unless there is none. */
static void
show_strings(struct ds *out, int indent, const char *title,
             char *const *strings, size_t n)
{
    if (n) {
        ds_put_char_multiple(out, ' ', indent);
        ds_put_format(out, "%s: ", title);
        for (size_t i = 0; i < n; i++) {
            ds_put_format(out, "%s%s", i ? ", " : "", strings[i]);
        }
        ds_put_char(out, '\n');
    }
}

static void
show_problems(struct ds *out, int indent, char *const *problems, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ds_put_char_multiple(out, ' ', indent);
        ds_put_format(out, "problem: %s\n", problems[i]);
    }
}

static char *
show_host(const struct extrec_host *host, int64_t cfg)
{
    struct ds out = DS_EMPTY_INITIALIZER;

    ds_put_format(&out, "Host %s\n", host->name);
    show_strings(&out, 4, "vtep_ips", host->vtep_ips, host->n_vtep_ips);
    ds_put_format(&out, "    version: %s\n", host->version);
    if (host->cfg < cfg) {
        ds_put_format(&out, "    cfg: %"PRId64" of %"PRId64"\n",
                      host->cfg, cfg);
    }
    show_problems(&out, 4, host->problems, host->n_problems);
    return ds_steal_cstr(&out);
}

static void
show_groups(struct ds *out, const struct extrec_port *port)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; i < port->n_security_groups; i++) {
        svec_add(&names, port->security_groups[i]->name);
    }
    svec_sort(&names);
    show_strings(out, 8, "security_groups", names.names, names.n);
    svec_destroy(&names);
}

static char *
show_port(const struct extrec_port *port)
{
    bool standby = port->state && !strcmp(port->state, "standby");
    bool up = port->n_up && port->up[0];
    struct ds out = DS_EMPTY_INITIALIZER;

    ds_put_format(&out, "    Port %s\n", port->name);
    show_strings(&out, 8, "macs", port->macs, port->n_macs);
    show_strings(&out, 8, "ips", port->ips, port->n_ips);
    if (port->n_port_security) {
        ds_put_format(&out, "        port_security: %s\n",
                      port->port_security[0] ? "on" : "off");
    }
    show_strings(&out, 8, "allowed_address_pairs",
                 port->allowed_address_pairs, port->n_allowed_address_pairs);
    show_strings(&out, 8, "allow", port->allow, port->n_allow);
    show_groups(&out, port);
    ds_put_format(&out, "        state: %s%s%s%s\n",
                  up ? "up" : "down", standby ? ", standby" : "",
                  port->host ? ", on host " : "",
                  port->host ? port->host : "");
    show_problems(&out, 8, port->problems, port->n_problems);
    return ds_steal_cstr(&out);
}

/* Appends the blocks in 'blocks', sorted, to 'out', and frees them. */
static void
show_sorted(struct ds *out, struct svec *blocks)
{
    const char *block;
    size_t i;

    svec_sort(blocks);
    SVEC_FOR_EACH (i, block, blocks) {
        ds_put_cstr(out, block);
    }
    svec_destroy(blocks);
}

static char *
show_vpc(const struct extrec_vpc *vpc)
{
    struct ds out = DS_EMPTY_INITIALIZER;

    ds_put_format(&out, "VPC %s\n", vpc->name);
    if (vpc->n_l3vni) {
        ds_put_format(&out, "    l3vni: %"PRId64"\n", vpc->l3vni[0]);
    }
    show_problems(&out, 4, vpc->problems, vpc->n_problems);
    return ds_steal_cstr(&out);
}

/* Appends what 'network' has to do with routing. */
static void
show_gateways(struct ds *out, const struct extrec_network *network)
{
    if (network->vpc) {
        ds_put_format(out, "    vpc: %s\n", network->vpc->name);
    }
    show_strings(out, 4, "gateways", network->gateways, network->n_gateways);
    if (network->gateway_mac) {
        ds_put_format(out, "    gateway_mac: %s\n", network->gateway_mac);
    }
}

static char *
show_network(struct ctl_context *ctx, const struct extrec_network *network)
{
    struct svec ports = SVEC_EMPTY_INITIALIZER;
    struct ds out = DS_EMPTY_INITIALIZER;
    const struct extrec_port *port;

    ds_put_format(&out, "Network %s\n    vni: %"PRId64"\n",
                  network->name, network->vni);
    show_gateways(&out, network);
    ctl_acl_show(network, &out);
    show_problems(&out, 4, network->problems, network->n_problems);
    EXTREC_PORT_FOR_EACH (port, ctx->idl) {
        if (port->network == network) {
            svec_add_nocopy(&ports, show_port(port));
        }
    }
    show_sorted(&out, &ports);
    return ds_steal_cstr(&out);
}

static void
cmd_show(struct ctl_context *ctx)
{
    const struct extrec_ovs_ext *root = extrec_ovs_ext_first(ctx->idl);
    struct svec networks = SVEC_EMPTY_INITIALIZER;
    struct svec groups = SVEC_EMPTY_INITIALIZER;
    struct svec hosts = SVEC_EMPTY_INITIALIZER;
    struct svec vpcs = SVEC_EMPTY_INITIALIZER;
    const struct extrec_security_group *group;
    const struct extrec_network *network;
    const struct extrec_host *host;
    const struct extrec_vpc *vpc;

    EXTREC_HOST_FOR_EACH (host, ctx->idl) {
        svec_add_nocopy(&hosts, show_host(host, root ? root->cfg : 0));
    }
    show_sorted(&ctx->output, &hosts);
    EXTREC_VPC_FOR_EACH (vpc, ctx->idl) {
        svec_add_nocopy(&vpcs, show_vpc(vpc));
    }
    show_sorted(&ctx->output, &vpcs);
    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        svec_add_nocopy(&networks, show_network(ctx, network));
    }
    show_sorted(&ctx->output, &networks);
    EXTREC_SECURITY_GROUP_FOR_EACH (group, ctx->idl) {
        svec_add_nocopy(&groups, ctl_group_show(group));
    }
    show_sorted(&ctx->output, &groups);
}

static const struct ctl_table_class tables[EXTREC_N_TABLES] = {
    [EXTREC_TABLE_CONNECTION].row_ids
    = {{&extrec_connection_col_target, NULL, NULL}},
    [EXTREC_TABLE_HOST].row_ids = {{&extrec_host_col_name, NULL, NULL}},
    [EXTREC_TABLE_NETWORK].row_ids
    = {{&extrec_network_col_name, NULL, NULL}},
    [EXTREC_TABLE_PORT].row_ids = {{&extrec_port_col_name, NULL, NULL}},
    [EXTREC_TABLE_RBAC_PERMISSION].row_ids
    = {{&extrec_rbac_permission_col_table, NULL, NULL}},
    [EXTREC_TABLE_RBAC_ROLE].row_ids
    = {{&extrec_rbac_role_col_name, NULL, NULL}},
    [EXTREC_TABLE_SECURITY_GROUP].row_ids
    = {{&extrec_security_group_col_name, NULL, NULL}},
    [EXTREC_TABLE_VPC].row_ids = {{&extrec_vpc_col_name, NULL, NULL}},
};

static const struct ctl_command_syntax commands[] = {
    {"init", 0, 0, "", NULL, cmd_init, NULL, "", RW},
    {"show", 0, 0, "", pre_show, cmd_show, NULL, "", RO},

    {"net-add", 2, 2, "NAME VNI", pre_get_info, cmd_net_add, NULL,
     "--may-exist", RW},
    {"net-del", 1, 1, "NAME", pre_get_info, cmd_net_del, NULL, "--if-exists",
     RW},
    {"net-list", 0, 0, "", pre_get_info, cmd_net_list, NULL, "", RO},
    {"net-set-vpc", 1, 2, "NET [VPC]", ctl_vpc_prerequisites,
     ctl_vpc_net_set_vpc, NULL, "", RW},
    {"net-set-gateway", 1, INT_MAX, "NET [IP/LEN]...", ctl_vpc_prerequisites,
     ctl_vpc_net_set_gateway, NULL, "--mac=", RW},

    {"vpc-add", 2, 2, "NAME L3VNI", ctl_vpc_prerequisites, ctl_vpc_add, NULL,
     "--may-exist", RW},
    {"vpc-del", 1, 1, "NAME", ctl_vpc_prerequisites, ctl_vpc_del, NULL,
     "--if-exists", RW},
    {"vpc-list", 0, 0, "", ctl_vpc_prerequisites, ctl_vpc_list, NULL, "", RO},

    {"port-add", 3, INT_MAX, "NET NAME MAC [IP]...", pre_get_info,
     cmd_port_add, NULL, "--may-exist,--sg=", RW},
    {"port-del", 1, 1, "NAME", pre_get_info, cmd_port_del, NULL,
     "--if-exists", RW},
    {"port-list", 0, 1, "[NET]", pre_get_info, cmd_port_list, NULL, "", RO},
    {"port-set-security", 2, 2, "NAME on|off|auto",
     ctl_security_prerequisites, ctl_security_set, NULL, "", RW},
    {"port-set-address-pairs", 1, INT_MAX, "NAME [PAIR]...",
     ctl_security_prerequisites, ctl_security_set_address_pairs, NULL, "",
     RW},
    {"port-set-allow", 1, INT_MAX, "NAME [SERVICE]...",
     ctl_security_prerequisites, ctl_security_set_allow, NULL, "", RW},
    {"port-set-sg", 1, INT_MAX, "NAME [SG]...", pre_get_info,
     ctl_group_port_set, NULL, "", RW},

    {"cloudstack-install", 0, 0, "", NULL, ctl_cloudstack_install, NULL,
     "--root=,--hook=", RO},
    {"cloudstack-remove", 0, 0, "", NULL, ctl_cloudstack_remove, NULL,
     "--root=,--hook=", RO},
    {"cloudstack-check", 0, 0, "", NULL, ctl_cloudstack_check, NULL,
     "--root=,--hook=", RO},
    {"frr-example", 0, INT_MAX, "--as=AS --uplinks=DEV[,DEV]... "
     "[--vtep-ip=IP]", NULL, ctl_frr_example, NULL, "", RO},

    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO},
};

/* If the 'n' commands are one that needs no database, runs it, stores what it
 * prints in '*output', malloc'd, and returns true. */
bool
ctl_commands_run_offline(struct ctl_command *c, size_t n, char **output)
{
    struct ctl_context ctx;

    if (n != 1 || (c->syntax->run != ctl_frr_example
                   && c->syntax->run != ctl_cloudstack_install
                   && c->syntax->run != ctl_cloudstack_remove
                   && c->syntax->run != ctl_cloudstack_check)) {
        return false;
    }
    ds_init(&c->output);
    ctl_context_init(&ctx, c, NULL, NULL, NULL, NULL);
    c->syntax->run(&ctx);
    if (ctx.error) {
        ctl_fatal("%s", ctx.error);
    }
    ctl_context_done(&ctx, c);
    *output = ds_steal_cstr(&c->output);
    return true;
}

/* Registers the commands here and the generic ones.  'exit_cb' ends the
 * program. */
void
ctl_commands_init(void (*exit_cb)(int status))
{
    ctl_init(&extrec_idl_class, extrec_table_classes, tables, NULL, exit_cb);
    ctl_register_commands(commands);
    ctl_policy_init();
}
