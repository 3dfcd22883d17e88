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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/json.h"
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-db.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovs-ext/host/port-id.h"
#include "packets.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

/* libvirt's hook of QEMU domains (https://libvirt.org/hooks.html).
 *
 * libvirt waits for it, and libvirt must not be asked anything meanwhile.
 *
 *   start begin    Taps and ports are there, CPUs do not run: taps in Linux
 *                  bridges become ports, too; returns when all ports of the
 *                  domain's NICs are in effect.
 *   migrate begin, A domain is to come from elsewhere: the bridge may have
 *   restore begin  another name here, and its networks have to be there.
 *   release end    The domain has gone: rows that hooks made of its NICs go.
 *
 * All others do nothing: libvirt would kill a running VM if "reconnect"
 * failed. */

/* Returns the name of the port of 'nic', which is in 'id' if it is made from
 * its MAC; null if there is none. */
static const char *
nic_port(const struct domain_nic *nic, char id[PORT_ID_LEN + 1])
{
    if (nic->iface_id) {
        return nic->iface_id;
    } else if (eth_addr_is_zero(nic->mac)) {
        return NULL;
    }
    port_id_from_mac(nic->mac, id);
    return id;
}

/* What the gate looks at, in two replies. */
enum {
    GATE_PORT,                  /* OVS_Ext: the NIC's Port row. */
    GATE_HOST,
};

static struct json *
query_gate(const struct hook *h, const char *port)
{
    struct json *query = hook_txn_create("OVS_Ext");

    hook_txn_select(query, "Port", hook_where_name("name", port),
                    "up host problems");
    hook_txn_select(query, "Host", hook_where_name("name", h->host),
                    "problems");
    return query;
}

/* Returns the first string of 'column' of 'row' that begins with 'prefix',
 * without it, malloc'd; null if there is none. */
static char *
find_problem(const struct json *row, const char *prefix)
{
    struct svec problems = SVEC_EMPTY_INITIALIZER;
    char *found = NULL;

    hook_row_strings(row, "problems", &problems);
    svec_sort(&problems);
    for (size_t i = 0; i < problems.n && !found; i++) {
        if (!strncmp(problems.names[i], prefix, strlen(prefix))) {
            found = xstrdup(problems.names[i] + strlen(prefix));
        }
    }
    svec_destroy(&problems);
    return found;
}

/* Returns null if the port named 'port' is in effect, as far as 'reply' of
 * query_gate() tells, else the reason why not.  A port without a row of its
 * own, or whose row is another host's, has its problems in the Host row; the
 * latter is that of a VM that is still there, or that was there last. */
static char *
judge_port(const struct hook *h, const char *port, const struct json *reply)
{
    const struct json *row = hook_reply_row(reply, GATE_PORT, 0);
    const struct json *host = hook_reply_row(reply, GATE_HOST, 0);
    bool elsewhere = (row && hook_row_string(row, "host")[0]
                      && strcmp(hook_row_string(row, "host"), h->host));
    char *prefix, *problem;

    if (row && !elsewhere) {
        if (hook_row_is_true(row, "up")) {
            return NULL;
        }
        problem = find_problem(row, "");
        return problem ? problem : xstrdup("its port is not up; see \"ovs-"
                                           "appctl -t ovs-ext port/show\"");
    }
    prefix = xasprintf("port/%s: ", port);
    problem = find_problem(host, prefix);
    free(prefix);
    return problem;
}

/* Returns null if tap 'tap' is a port of Open vSwitch that works. */
static char *
check_tap(struct hook *h, const char *tap)
{
    struct json *query = hook_txn_create("Open_vSwitch");
    const struct json *row;
    struct json *reply;
    char *error;

    hook_txn_select(query, "Interface", hook_where_name("name", tap),
                    "ofport error");
    error = hook_read(h, h->ovs, query, &reply);
    if (error) {
        return error;
    }
    row = hook_reply_row(reply, 0, 0);
    if (!row) {
        error = xstrdup("it is no port of Open vSwitch");
    } else if (hook_row_string(row, "error")[0]) {
        error = xasprintf("Open vSwitch cannot use it (%s)",
                          hook_row_string(row, "error"));
    } else if (hook_row_integer(row, "ofport") <= 0) {
        error = xstrdup("ovs-vswitchd has not given it a port number; is it "
                        "running?");
    }
    json_destroy(reply);
    return error;
}

static char *
check_nic(struct hook *h, const struct domain_xml *xml OVS_UNUSED,
          const struct domain_nic *nic)
{
    char id[PORT_ID_LEN + 1];
    const char *port = nic_port(nic, id);
    char *error = nic->tap ? check_tap(h, nic->tap) : NULL;
    struct json *reply;

    if (!error && port) {
        error = hook_read(h, h->ext, query_gate(h, port), &reply);
        if (!error) {
            error = judge_port(h, port, reply);
            json_destroy(reply);
        }
    }
    return error;
}

/* Only raises "cfg". */
static void
plan_raise(struct json *txn OVS_UNUSED, const struct json *reply OVS_UNUSED,
           const struct hook *h OVS_UNUSED, void *aux OVS_UNUSED)
{
}

/* Puts what 'error' is about in front of it, and frees it. */
static char *
about_nic(const struct domain_nic *nic, char *error)
{
    char *text = xasprintf("NIC "ETH_ADDR_FMT"%s%s: %s",
                           ETH_ADDR_ARGS(nic->mac), nic->tap ? " " : "",
                           nic->tap ? nic->tap : "", error);

    free(error);
    return text;
}

/* What is done with a NIC.  Returns null or an error. */
typedef char *nic_function(struct hook *, const struct domain_xml *,
                           const struct domain_nic *);

/* Calls 'function' for each NIC of the domain that is ours. */
static char *
for_each_nic(struct hook *h, const struct domain_xml *xml,
             nic_function *function)
{
    for (size_t i = 0; i < xml->n_nics; i++) {
        const struct domain_nic *nic = &xml->nics[i];

        if (nic->native || nic->vni) {
            char *error = function(h, xml, nic);

            if (error) {
                return about_nic(nic, error);
            }
        }
    }
    return NULL;
}

static char *
adopt_nic(struct hook *h, const struct domain_xml *xml,
          const struct domain_nic *nic)
{
    return (nic->vni && nic->tap && !eth_addr_is_zero(nic->mac)
            ? hook_adopt(h, nic, xml->uuid) : NULL);
}

/* Lets the domain start when its NICs' ports are in effect; first makes ports
 * of those that are not. */
static char *
run_start(struct hook *h, const struct domain_xml *xml)
{
    const struct hook_change raise = { .plan = plan_raise, .raise = true };
    char *error = for_each_nic(h, xml, adopt_nic);

    if (!error) {
        error = hook_change(h, &raise);
    }
    if (!error) {
        error = hook_wait(h);
    }
    return error ? error : for_each_nic(h, xml, check_nic);
}

static void
plan_incoming(struct json *txn, const struct json *reply OVS_UNUSED,
              const struct hook *h, void *xml_)
{
    const struct domain_xml *xml = xml_;
    uint32_t *vnis = xmalloc(xml->n_nics * sizeof *vnis);
    size_t n = 0;

    for (size_t i = 0; i < xml->n_nics; i++) {
        if (xml->nics[i].vni) {
            vnis[n++] = xml->nics[i].vni;
        }
    }
    if (n) {
        hook_plan_keep(txn, h->host, vnis, n, time_wall());
    }
    free(vnis);
}

static char *
check_network(struct hook *h, const struct domain_xml *xml OVS_UNUSED,
              const struct domain_nic *nic)
{
    return nic->vni ? hook_check_network(h, nic->vni) : NULL;
}

/* Makes the networks of plain NICs, and prints the XML if it has to be another
 * one here. */
static char *
run_incoming(struct hook *h, struct domain_xml *xml)
{
    const struct hook_change change = {
        .plan = plan_incoming, .aux = xml, .raise = true,
    };
    char *error = hook_change(h, &change);

    if (!error) {
        error = hook_wait(h);
    }
    if (!error) {
        error = for_each_nic(h, xml, check_network);
    }
    if (!error && domain_xml_move(xml, h->bridge)) {
        char *text = domain_xml_format(xml);

        fputs(text, stdout);
        free(text);
    }
    return error;
}

/* Deletes the rows that were made of the domain's NICs. */
static char *
run_release(struct hook *h, const struct domain_xml *xml)
{
    char *error = NULL;

    for (size_t i = 0; i < xml->n_nics && !error; i++) {
        char id[PORT_ID_LEN + 1];
        const char *port = nic_port(&xml->nics[i], id);

        if (port && (xml->nics[i].native || xml->nics[i].vni)) {
            error = hook_delete_port(h, port);
        }
    }
    if (!error && xml->name) {
        bool known;

        error = hook_delete_vm(h, xml->name, &known);
    }
    if (!error) {
        error = hook_reap(h);
    }
    return error ? error : hook_collect(h);
}

static bool
has_nics(const struct domain_xml *xml)
{
    for (size_t i = 0; i < xml->n_nics; i++) {
        if (xml->nics[i].native || xml->nics[i].vni) {
            return true;
        }
    }
    return false;
}

static char *
run_operation(struct hook *h, enum hook_qemu_operation operation,
              struct domain_xml *xml)
{
    switch (operation) {
    case HOOK_QEMU_START:
        return run_start(h, xml);

    case HOOK_QEMU_INCOMING:
        return run_incoming(h, xml);

    case HOOK_QEMU_RELEASE:
        return run_release(h, xml);

    case HOOK_QEMU_OTHER:
        return NULL;
    }
    OVS_NOT_REACHED();
}

/* Runs 'operation' on the domain on standard input.  One without a NIC of ours
 * needs nothing, not even a database. */
static char *
run_qemu(struct hook *h, enum hook_qemu_operation operation)
{
    struct domain_xml xml;
    size_t size;
    char *text;
    char *error = hook_read_stdin(h, &text, &size);

    if (!error) {
        error = domain_xml_parse(&xml, text, size);
        if (!error && has_nics(&xml)) {
            error = hook_open(h);
            if (!error) {
                error = run_operation(h, operation, &xml);
            }
        }
        domain_xml_uninit(&xml);
    }
    free(text);
    return error;
}

/* See hook.h. */
char *
hook_qemu(struct hook *h)
{
    struct hook_qemu_args args;
    char *error = hook_qemu_args_parse(&args, h->argc, h->argv);
    char *text;

    if (error) {
        h->usage = true;
        return error;
    } else if (args.operation == HOOK_QEMU_OTHER) {
        return NULL;
    }
    error = run_qemu(h, args.operation);
    if (!error) {
        return NULL;
    }
    text = xasprintf("domain %s: %s", args.domain, error);
    free(error);
    return text;
}
