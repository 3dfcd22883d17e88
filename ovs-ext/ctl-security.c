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
#include "ovsdb-sync/row-prefix.h"
#include "sset.h"
#include "util.h"

/* Commands about what a VM may send. */

/* What the commands here need of the database. */
void
ctl_security_prerequisites(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_name);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_port_security);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_allowed_address_pairs);
    ovsdb_idl_add_column(ctx->idl, &extrec_port_col_allow);
}

/* port-set-security NAME on|off|auto */
void
ctl_security_set(struct ctl_context *ctx)
{
    const struct extrec_port *port = ctl_cmd_port(ctx, ctx->argv[1]);
    const char *word = ctx->argv[2];
    bool on = !strcmp(word, "on");

    if (!port) {
        return;
    }
    if (!strcmp(word, "auto")) {
        extrec_port_set_port_security(port, NULL, 0);
    } else if (on || !strcmp(word, "off")) {
        extrec_port_set_port_security(port, &on, 1);
    } else {
        ctl_error(ctx, "port-set-security: \"%s\" is none of on, off and "
                  "auto", word);
    }
}

/* Returns the pairs that the arguments from the second on are, in canonical
 * form, into 'pairs'.  Returns false after an error. */
static bool
parse_pairs(struct ctl_context *ctx, struct sset *pairs)
{
    for (int i = 2; i < ctx->argc; i++) {
        struct address_pair pair;
        char *error = row_prefix_parse_pair(ctx->argv[i], &pair);
        char *text;

        if (error) {
            ctl_error(ctx, "port-set-address-pairs: %s", error);
            free(error);
            return false;
        }
        text = row_prefix_format_pair(&pair);
        if (sset_contains(pairs, text)) {
            ctl_error(ctx, "port-set-address-pairs: \"%s\" is given twice; "
                      "give it once", ctx->argv[i]);
            free(text);
            return false;
        }
        sset_add_and_free(pairs, text);
    }
    return true;
}

/* port-set-address-pairs NAME [PAIR]... */
void
ctl_security_set_address_pairs(struct ctl_context *ctx)
{
    const struct extrec_port *port = ctl_cmd_port(ctx, ctx->argv[1]);
    struct sset pairs = SSET_INITIALIZER(&pairs);

    if (port && parse_pairs(ctx, &pairs)) {
        const char **array = sset_array(&pairs);

        extrec_port_set_allowed_address_pairs(port, array,
                                              sset_count(&pairs));
        free(array);
    }
    sset_destroy(&pairs);
}

/* port-set-allow NAME [SERVICE]... */
void
ctl_security_set_allow(struct ctl_context *ctx)
{
    static const char *const services[] = {
        "dhcp-server", "router-advertisement"
    };
    const struct extrec_port *port = ctl_cmd_port(ctx, ctx->argv[1]);
    const char *allow[ARRAY_SIZE(services)];
    size_t n = 0;

    if (!port) {
        return;
    }
    for (int i = 2; i < ctx->argc; i++) {
        const char *service = NULL;

        for (size_t j = 0; j < ARRAY_SIZE(services); j++) {
            if (!strcmp(ctx->argv[i], services[j])) {
                service = services[j];
            }
        }
        for (size_t j = 0; j < n; j++) {
            if (service == allow[j]) {
                ctl_error(ctx, "port-set-allow: \"%s\" is given twice; give "
                          "it once", service);
                return;
            }
        }
        if (!service) {
            ctl_error(ctx, "port-set-allow: \"%s\" is none of dhcp-server "
                      "and router-advertisement", ctx->argv[i]);
            return;
        }
        allow[n++] = service;
    }
    extrec_port_set_allow(port, allow, n);
}
