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
#include "ovs-ext/ctl-internal.h"

#include <stdlib.h>
#include <string.h>
#include "db-ctl-base.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/row-network.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

/* Commands about VPCs, and about what networks have to do with them. */

/* Has the IDL fetch what the commands here look at. */
void
ctl_vpc_prerequisites(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &extrec_vpc_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_vpc_col_l3vni);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_vni);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_vpc);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_gateways);
    ovsdb_idl_add_column(ctx->idl, &extrec_network_col_gateway_mac);
}

static const struct extrec_vpc *
find_vpc(struct ctl_context *ctx, const char *name)
{
    const struct extrec_vpc *vpc;

    EXTREC_VPC_FOR_EACH (vpc, ctx->idl) {
        if (!strcmp(vpc->name, name)) {
            return vpc;
        }
    }
    return NULL;
}

/* Returns the VPC named 'name', or null after an error. */
static const struct extrec_vpc *
require_vpc(struct ctl_context *ctx, const char *name)
{
    const struct extrec_vpc *vpc = find_vpc(ctx, name);

    if (!vpc) {
        ctl_error(ctx, "VPC \"%s\" does not exist; \"%s vpc-list\" lists "
                  "those that do", name, program_name);
    }
    return vpc;
}

static int64_t
vpc_l3vni(const struct extrec_vpc *vpc)
{
    return vpc->n_l3vni ? vpc->l3vni[0] : 0;
}

/* Returns false, after an error, if a VPC or a network has 'vni'. */
static bool
check_l3vni(struct ctl_context *ctx, uint32_t vni)
{
    const struct extrec_network *network;
    const struct extrec_vpc *vpc;

    EXTREC_VPC_FOR_EACH (vpc, ctx->idl) {
        if (vpc_l3vni(vpc) == vni) {
            ctl_error(ctx, "L3VNI %"PRIu32" is used by VPC \"%s\"; choose "
                      "another one", vni, vpc->name);
            return false;
        }
    }
    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        if (network->vni == vni) {
            ctl_error(ctx, "L3VNI %"PRIu32" is the VNI of network \"%s\"; "
                      "choose another one", vni, network->name);
            return false;
        }
    }
    return true;
}

/* "vpc-add NAME L3VNI". */
void
ctl_vpc_add(struct ctl_context *ctx)
{
    bool may_exist = shash_find(&ctx->options, "--may-exist") != NULL;
    const char *name = ctx->argv[1];
    const struct extrec_vpc *vpc;
    uint32_t l3vni;
    int64_t value;

    if (ctl_cmd_report(ctx, "vpc-add", row_parse_name(name))
        || ctl_cmd_report(ctx, "vpc-add",
                          row_parse_vni(ctx->argv[2], &l3vni))) {
        return;
    }
    vpc = find_vpc(ctx, name);
    if (vpc) {
        if (!may_exist || vpc_l3vni(vpc) != l3vni) {
            ctl_error(ctx, "VPC \"%s\" already exists, with L3VNI %"PRId64,
                      name, vpc_l3vni(vpc));
        }
    } else if (check_l3vni(ctx, l3vni)) {
        value = l3vni;
        vpc = extrec_vpc_insert(ctx->txn);
        extrec_vpc_set_name(vpc, name);
        extrec_vpc_set_l3vni(vpc, &value, 1);
    }
}

/* "vpc-del NAME". */
void
ctl_vpc_del(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    const struct extrec_vpc *vpc = (must_exist
                                    ? require_vpc(ctx, ctx->argv[1])
                                    : find_vpc(ctx, ctx->argv[1]));
    const struct extrec_network *network;

    if (!vpc) {
        return;
    }
    EXTREC_NETWORK_FOR_EACH (network, ctx->idl) {
        if (network->vpc == vpc) {
            ctl_error(ctx, "network \"%s\" is in VPC \"%s\"; take it out with "
                      "\"%s net-set-vpc %s\" first", network->name, vpc->name,
                      program_name, network->name);
            return;
        }
    }
    extrec_vpc_delete(vpc);
}

/* "vpc-list". */
void
ctl_vpc_list(struct ctl_context *ctx)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct extrec_vpc *vpc;

    EXTREC_VPC_FOR_EACH (vpc, ctx->idl) {
        if (vpc->n_l3vni) {
            svec_add_nocopy(&lines, xasprintf("%s %"PRId64, vpc->name,
                                              vpc->l3vni[0]));
        } else {
            svec_add(&lines, vpc->name);
        }
    }
    ctl_cmd_output(ctx, &lines);
}

/* "net-set-vpc NETWORK [VPC]". */
void
ctl_vpc_net_set_vpc(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);
    const struct extrec_vpc *vpc = NULL;

    if (network && ctx->argc > 2) {
        vpc = require_vpc(ctx, ctx->argv[2]);
    }
    if (network && (vpc || ctx->argc == 2)) {
        extrec_network_set_vpc(network, vpc);
    }
}

/* "[--mac=MAC] net-set-gateway NETWORK [IP/LEN...]". */
void
ctl_vpc_net_set_gateway(struct ctl_context *ctx)
{
    const struct extrec_network *network = ctl_cmd_network(ctx, ctx->argv[1]);
    const char *mac = shash_find_data(&ctx->options, "--mac");
    struct svec texts = SVEC_EMPTY_INITIALIZER;
    struct row_network row;
    char *mac_text = NULL;

    row_network_parse(&row, ctx->argv + 2, ctx->argc - 2, mac);
    if (network && !ctl_cmd_report(ctx, "net-set-gateway",
                                   nullable_xstrdup(row.error))) {
        for (size_t i = 0; i < row.n_gateways; i++) {
            svec_add_nocopy(&texts, row_format_gateway(&row.gateways[i]));
        }
        extrec_network_set_gateways(network, (const char **) texts.names,
                                    texts.n);
        if (mac) {
            mac_text = xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(row.gateway_mac));
        }
        extrec_network_set_gateway_mac(network, mac_text);
        free(mac_text);
    }
    svec_destroy(&texts);
    row_network_uninit(&row);
}
