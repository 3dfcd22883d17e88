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

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

/* Networks on this host: is one there, is one used, which need not be kept. */

/* In the reply to query_problems(). */
enum {
    PROBLEMS_HOST,
    PROBLEMS_NETWORK,
};

/* Returns true if the bridge of 'vni' is there, with the vxlan device in it
 * that CloudStack looks for. */
static bool
network_exists(uint32_t vni)
{
    char *path = xasprintf("/sys/class/net/brvx-%"PRIu32"/brif/vxlan%"PRIu32,
                           vni, vni);
    bool exists = !access(path, F_OK);

    free(path);
    return exists;
}

/* Returns true if the bridge of 'vni' has a port that is not ours, as the tap
 * of a VM is. */
static bool
network_has_taps(uint32_t vni)
{
    char *path = xasprintf("/sys/class/net/brvx-%"PRIu32"/brif", vni);
    char *vxlan = xasprintf("vxlan%"PRIu32, vni);
    char *advertise = xasprintf("oe-%"PRIu32, vni);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool found = false;

    while (dir && !found && (entry = readdir(dir))) {
        found = (entry->d_name[0] != '.' && strcmp(entry->d_name, vxlan)
                 && strcmp(entry->d_name, advertise));
    }
    if (dir) {
        closedir(dir);
    }
    free(path);
    free(vxlan);
    free(advertise);
    return found;
}

static struct json *
query_problems(const struct hook *h, uint32_t vni)
{
    struct json *query = hook_txn_create("OVS_Ext");

    hook_txn_select(query, "Host", hook_where_name("name", h->host),
                    "problems");
    hook_txn_select(query, "Network",
                    hook_where("vni", "==", json_integer_create(vni)),
                    "problems");
    return query;
}

/* Appends to 'out' those of the problems of 'row' that begin with 'prefix',
 * without it. */
static void
format_problems(struct ds *out, const struct json *row, const char *prefix)
{
    struct svec problems = SVEC_EMPTY_INITIALIZER;
    const char *problem;
    size_t i;

    hook_row_strings(row, "problems", &problems);
    svec_sort(&problems);
    SVEC_FOR_EACH (i, problem, &problems) {
        if (!strncmp(problem, prefix, strlen(prefix))) {
            ds_put_format(out, "%s%s", out->length ? "; " : "",
                          problem + strlen(prefix));
        }
    }
    svec_destroy(&problems);
}

/* Returns what the database says is wrong with the network 'vni' here, or
 * null. */
static char *
network_problems(struct hook *h, uint32_t vni)
{
    char *row_prefix = xasprintf("%s: ", h->host);
    char *host_prefix = xasprintf("network/vni%"PRIu32": ", vni);
    struct ds out = DS_EMPTY_INITIALIZER;
    struct json *reply;
    char *error = hook_read(h, h->ext, query_problems(h, vni), &reply);

    if (!error) {
        const struct json *host = hook_reply_row(reply, PROBLEMS_HOST, 0);

        format_problems(&out, hook_reply_row(reply, PROBLEMS_NETWORK, 0),
                        row_prefix);
        format_problems(&out, host, host_prefix);
        if (!out.length) {
            format_problems(&out, host, "");
        }
        json_destroy(reply);
        error = out.length ? ds_steal_cstr(&out) : NULL;
    }
    ds_destroy(&out);
    free(row_prefix);
    free(host_prefix);
    return error;
}

/* Returns null if the network 'vni' is there, as far as CloudStack and libvirt
 * can see, else the reason why it is not, which ovs-ext should know. */
char *
hook_check_network(struct hook *h, uint32_t vni)
{
    char *problems;

    if (network_exists(vni)) {
        return NULL;
    }
    problems = network_problems(h, vni);
    return (problems ? problems
            : xasprintf("there is no brvx-%"PRIu32" with a port "
                        "vxlan%"PRIu32"; see \"ovs-appctl -t ovs-ext "
                        "problems\"", vni, vni));
}

static void
plan_collect(struct json *txn, const struct json *reply, const struct hook *h,
             void *aux OVS_UNUSED)
{
    uint32_t *vnis;
    size_t n_stale = hook_find_stale(reply, time_wall(), &vnis);
    size_t n = 0;

    for (size_t i = 0; i < n_stale; i++) {
        if (!network_has_taps(vnis[i])) {
            vnis[n++] = vnis[i];
        }
    }
    if (n) {
        hook_plan_forget(txn, h->host, vnis, n);
    }
    free(vnis);
}

/* Has networks kept no longer that were asked for long ago and have not got a
 * NIC.  Those with ports of Open vSwitch live by these. */
char *
hook_collect(struct hook *h)
{
    const struct hook_change change = { .plan = plan_collect };

    return hook_change(h, &change);
}

/* Deletes the Network row with 'uuid' if a hook made it and it has no ports;
 * else, that fails, as it should. */
void
hook_delete_network(struct hook *h, const char *uuid)
{
    struct json *txn = hook_txn_create("OVS_Ext");
    struct json *reply;

    hook_plan_network_delete(txn, uuid);
    free(hook_read(h, h->ext, txn, &reply));
    json_destroy(reply);
}

/* For hook_delete_port(). */
struct port_delete {
    const char *name;
    char *network;              /* UUID of its Network row, or null. */
};

static void
query_port_delete(struct json *query, const struct hook *h OVS_UNUSED,
                  void *pd_)
{
    struct port_delete *pd = pd_;

    hook_query_port(query, pd->name, 0);
}

static void
plan_port_delete(struct json *txn, const struct json *reply,
                 const struct hook *h, void *pd_)
{
    const struct json *row = hook_reply_row(reply, HOOK_QUERY_PORT, 0);
    struct port_delete *pd = pd_;

    free(pd->network);
    pd->network = NULL;
    if (row && hook_port_is_ours(row, h->host)) {
        pd->network = nullable_xstrdup(hook_row_uuid(row, "network"));
        hook_plan_port_delete(txn, row);
    }
}

/* Deletes the Port row 'name' if a hook made it and it is not on another host,
 * and its Network row if a hook made that and it was the last one in it. */
char *
hook_delete_port(struct hook *h, const char *name)
{
    struct port_delete pd = { .name = name };
    const struct hook_change change = {
        .query = query_port_delete, .plan = plan_port_delete, .aux = &pd,
    };
    char *error = hook_change(h, &change);

    if (!error && pd.network) {
        hook_delete_network(h, pd.network);
    }
    free(pd.network);
    return error;
}
