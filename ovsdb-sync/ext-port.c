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
#include "ovsdb-sync/ext-port.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/ext-policy.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "ovsdb-sync/row-parse.h"
#include "ovsdb-sync/row-prefix.h"
#include "smap.h"
#include "util.h"
#include "uuid.h"

/* Largest other_config:max-learned. */
#define MAX_MAX_LEARNED 4096

/* Returns all that the model is told of 'row', as malloc'd text. */
char *
ext_port_text(const struct extrec_port *row)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s\n%s\n%s\n%s", row->name,
                  row->network ? row->network->name : "",
                  row->state ? row->state : "",
                  !row->n_port_security ? ""
                  : row->port_security[0] ? "on" : "off");
    for (size_t i = 0; i < row->n_macs; i++) {
        ds_put_format(&s, "\n%s", row->macs[i]);
    }
    ds_put_char(&s, '\n');
    for (size_t i = 0; i < row->n_ips; i++) {
        ds_put_format(&s, "\n%s", row->ips[i]);
    }
    ds_put_char(&s, '\n');
    for (size_t i = 0; i < row->n_allowed_address_pairs; i++) {
        ds_put_format(&s, "\n%s", row->allowed_address_pairs[i]);
    }
    ds_put_char(&s, '\n');
    for (size_t i = 0; i < row->n_allow; i++) {
        ds_put_format(&s, "\n%s", row->allow[i]);
    }
    ds_put_char(&s, '\n');
    for (size_t i = 0; i < row->n_security_groups; i++) {
        ds_put_format(&s, "\n"UUID_FMT,
                      UUID_ARGS(&row->security_groups[i]->header_.uuid));
    }
    ds_put_format(&s, "\n%s\n%s",
                  !row->n_learn_ips ? "" : row->learn_ips[0] ? "on" : "off",
                  smap_get_def(&row->other_config, "max-learned", ""));
    return ds_steal_cstr(&s);
}

/* Returns true if 'row' allows the VM to be a 'what'. */
static bool
port_allows(const struct extrec_port *row, const char *what)
{
    for (size_t i = 0; i < row->n_allow; i++) {
        if (!strcmp(row->allow[i], what)) {
            return true;
        }
    }
    return false;
}

/* Returns how many addresses may be learned of the port of 'row', 0 if it does
 * not say.  A value that makes no sense is a problem of the port. */
static unsigned int
port_max_learned(const struct extrec_port *row, struct model *m)
{
    const char *value = smap_get(&row->other_config, "max-learned");
    char *object = xasprintf("port/%s", row->name);
    unsigned int max = 0;

    if (value && (!str_to_uint(value, 10, &max) || !max
                  || max > MAX_MAX_LEARNED)) {
        max = 0;
        problem_set(&m->problems, object, "max-learned",
                    "other_config:max-learned \"%s\" is not a number in the "
                    "range 1...%d; the default is used, correct it or remove "
                    "it", value, MAX_MAX_LEARNED);
    } else {
        problem_clear(&m->problems, object, "max-learned");
    }
    free(object);
    return max;
}

/* Tells 'm' of 'row'.  Returns null, or what is wrong with its texts, as a
 * malloc'd error. */
char *
ext_port_put(const struct extrec_port *row, struct model *m)
{
    struct uuid *groups = ext_policy_groups(row->security_groups,
                                            row->n_security_groups);
    struct row_pairs pairs;
    struct row_port parsed;
    char *error;

    row_port_parse(&parsed, row->macs, row->n_macs, row->ips, row->n_ips);
    row_pairs_parse(&pairs, row->allowed_address_pairs,
                    row->n_allowed_address_pairs);
    model_put_port(m, &(struct fact_port) {
        .name = row->name,
        .network = row->network ? row->network->name : NULL,
        .macs = parsed.macs,
        .n_macs = parsed.n_macs,
        .ips = parsed.ips,
        .n_ips = parsed.n_ips,
        .standby = row->state && !strcmp(row->state, "standby"),
        .has_ips = row->n_ips > 0,
        .learn_ips = row->n_learn_ips ? row->learn_ips : NULL,
        .max_learned = port_max_learned(row, m),
        .port_security = row->n_port_security ? row->port_security : NULL,
        .pairs = pairs.pairs,
        .n_pairs = pairs.n,
        .allow_dhcp_server = port_allows(row, "dhcp-server"),
        .allow_ra = port_allows(row, "router-advertisement"),
        .groups = groups,
        .n_groups = row->n_security_groups,
    });
    error = (parsed.error && pairs.error
             ? xasprintf("%s; %s", parsed.error, pairs.error)
             : nullable_xstrdup(parsed.error ? parsed.error : pairs.error));
    free(groups);
    row_port_uninit(&parsed);
    row_pairs_uninit(&pairs);
    return error;
}
