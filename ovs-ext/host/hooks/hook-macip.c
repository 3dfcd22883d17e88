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

#include <stdlib.h>
#include <string.h>
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/port-id.h"
#include "util.h"

/* modifymacip.sh: CloudStack tells the addresses of a NIC that it is going to
 * plug, or that it has unplugged one.
 *
 * They become a Port row, which the NIC's port finds by its name.  When it is
 * unplugged, the bridge is that of libvirt's XML, which is not the one that it
 * was plugged into; its MAC is what counts. */

#define STOCK "vm/network/vnet/modifymacip.sh"

static void
query_macip(struct json *query, const struct hook *h OVS_UNUSED, void *port_)
{
    const struct hook_port *port = port_;

    hook_query_port(query, port->name, port->vni);
}

static void
plan_macip(struct json *txn, const struct json *reply,
           const struct hook *h OVS_UNUSED, void *port)
{
    hook_plan_port(txn, reply, port);
}

static char *
run_macip(struct hook *h, const struct hook_macip_args *args)
{
    char id[PORT_ID_LEN + 1];
    struct hook_port port = {
        .name = id,
        .vni = args->add ? domain_bridge_vni(args->bridge) : 0,
        .mac = args->mac,
        .ips = &args->ips,
    };
    const struct hook_change change = {
        .query = query_macip, .plan = plan_macip, .aux = &port,
    };
    char *error = hook_open(h);

    port_id_from_mac(args->mac, id);
    if (!error) {
        error = (args->add ? hook_change(h, &change)
                 : hook_delete_port(h, id));
    }
    return error;
}

/* Returns true if the NIC that 'args' tell of may be one of ours.  If it is
 * unplugged from a bridge that is not named as ours are, its row tells. */
static bool
is_ours(struct hook *h, const struct hook_macip_args *args)
{
    char *error;
    bool ours;

    if (!args->bridge || domain_bridge_vni(args->bridge)) {
        return true;
    } else if (args->add) {
        return false;
    }
    error = hook_open_ovs(h);
    ours = !strcmp(args->bridge, error ? HOOK_BRIDGE : h->bridge);
    free(error);
    hook_close(h);
    return ours;
}

/* See hook.h. */
char *
hook_macip(struct hook *h)
{
    struct hook_macip_args args;
    char *error = hook_macip_args_parse(&args, h->argc, h->argv);

    if (error) {
        h->usage = true;
    } else if (is_ours(h, &args)) {
        error = run_macip(h, &args);
    } else if (hook_has_stock(STOCK)) {
        error = hook_exec_stock(h, STOCK);
    }
    hook_macip_args_uninit(&args);
    return error;
}
