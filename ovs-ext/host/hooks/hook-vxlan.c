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
#include "ovs-ext/host/hooks/hook.h"

#include <inttypes.h>
#include <stdlib.h>
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "timeval.h"
#include "util.h"

/* modifyvxlan.sh and modifyvxlan-evpn.sh: CloudStack is going to plug a NIC
 * into a network, or thinks that it has unplugged the last one.
 *
 * "add" has ovs-ext make the network's devices here and returns when they are
 * there and what the fabric knows of the network is in effect.  "delete" only
 * says that nothing else needs it: with ports it stays. */

static void
plan_vxlan(struct json *txn, const struct json *reply OVS_UNUSED,
           const struct hook *h, void *args_)
{
    const struct hook_vxlan_args *args = args_;

    if (args->add) {
        hook_plan_keep(txn, h->host, &args->vni, 1, time_wall());
    } else {
        hook_plan_forget(txn, h->host, &args->vni, 1);
    }
}

static char *
run_vxlan(struct hook *h, struct hook_vxlan_args *args)
{
    const struct hook_change change = {
        .plan = plan_vxlan, .aux = args, .raise = args->add,
    };
    char *error = hook_open(h);

    if (!error) {
        error = hook_change(h, &change);
    }
    if (!error && args->add) {
        error = hook_wait(h);
    }
    if (!error && args->add) {
        error = hook_check_network(h, args->vni);
    }
    return error;
}

/* See hook.h. */
char *
hook_vxlan(struct hook *h)
{
    struct hook_vxlan_args args;
    char *error = hook_vxlan_args_parse(&args, h->argc, h->argv);
    char *text;

    if (error) {
        h->usage = true;
        return error;
    }
    error = run_vxlan(h, &args);
    if (!error) {
        return NULL;
    }
    text = xasprintf("VNI %"PRIu32": %s", args.vni, error);
    free(error);
    return text;
}
