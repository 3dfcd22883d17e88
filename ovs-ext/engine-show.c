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
#include "ovs-ext/engine-internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include "evpn-bridge/frr-writer.h"
#include "evpn-bridge/frr.h"
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-apply.h"
#include "evpn-bridge/nl-monitor.h"
#include "flows/flows.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/show.h"
#include "ovsdb-sync/ext-sync.h"
#include "ovsdb-sync/ovs-sync.h"
#include "packets.h"
#include "svec.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(engine_show);

/* What the commands ask of the engine itself. */

static const char *
connected(bool yes)
{
    return yes ? "connected" : "not connected";
}

/* Returns why 'e' has not begun to work, or null if it has. */
static const char *
engine_waits_for(const struct engine *e)
{
    return (e->synced ? NULL
            : !ovs_sync_is_synced(e->ovs) ? "the Open_vSwitch database"
            : !ext_sync_is_synced(e->ext) ? "the OVS_Ext database"
            : !nl_monitor_is_synced(e->monitor) ? "the kernel's tables"
            : !engine_knows_vms(e) ? "libvirt"
            : "the flows of the switch");
}

static void
show_vtep(struct show *show, const struct host *host)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (ipv6_addr_is_set(&host->vtep4)) {
        ipv6_format_mapped(&host->vtep4, &s);
    }
    if (ipv6_addr_is_set(&host->vtep6)) {
        ds_put_format(&s, "%s", s.length ? "," : "");
        ipv6_format_mapped(&host->vtep6, &s);
    }
    show_string(show, "%s", s.length ? ds_cstr(&s) : "none");
    ds_destroy(&s);
}

static void
show_state(struct show *show, const struct engine *e)
{
    const char *waits_for = engine_waits_for(e);

    if (waits_for) {
        show_string(show, "waiting for %s", waits_for);
    } else {
        show_string(show, (e->done && nl_monitor_is_idle(e->monitor)
                           ? "in effect" : "working"));
    }
}

static void
show_frr(struct show *show, const struct engine *e)
{
    struct frr_status frr;

    frr_get_status(e->frr, &frr);
    if (frr.bgpd_connected) {
        show_string(show, "%s: %"PRIuSIZE" of %"PRIuSIZE" EVPN neighbors "
                    "established, %"PRIuSIZE" complete",
                    frr_state_name(frr.state), frr.n_established,
                    frr.n_peers, frr.n_eor);
    } else {
        show_string(show, "%s", frr_state_name(frr.state));
    }
}

/* Appends how ARP and ND for known addresses are answered. */
static void
show_suppression(struct show *show, const struct host *host)
{
    const char *nd = "not known yet";

    switch (host->nd_extension) {
    case ND_EXTENSION_UNKNOWN:
        break;
    case ND_EXTENSION_NO:
        nd = "by packet-in";
        break;
    case ND_EXTENSION_YES:
        nd = "by flows";
        break;
    }
    show_string(show, "ARP by flows, ND %s", nd);
}

/* Returns the reply to "status", which the caller frees.  What was told before
 * somebody asked, as far as it is here, is known then: that everything is in
 * effect is said of it, too. */
char *
engine_status(struct engine *e, bool json)
{
    const struct host *host = &e->model.host;
    struct nl_monitor_status monitor;
    struct nl_apply_status apply;
    struct flows_status flows;
    struct show show;
    size_t n_problems;

    engine_run(e);
    flows_get_status(e->flows, &flows);
    nl_monitor_get_status(e->monitor, &monitor);
    nl_apply_get_status(e->apply, &apply);
    free(problems_sort(&e->model.problems, NULL, &n_problems));

    show_init(&show, SHOW_LIST, "host", "state", "vtep", "bridge",
              "open_vswitch", "ovs_ext", "switch", "flows", "groups",
              "meters", "flow_mods", "flows_rejected", "suppression",
              "kernel_writes",
              "kernel_overflows", "frr", "libvirt", "longest_iteration_ms",
              "problems", NULL);
    show_string(&show, "%s", host->name ? host->name : "unknown");
    show_state(&show, e);
    show_vtep(&show, host);
    show_string(&show, "%s", host->bridge ? host->bridge : "none");
    show_string(&show, "%s", connected(ovs_sync_is_connected(e->ovs)));
    show_string(&show, "%s", connected(ext_sync_is_connected(e->ext)));
    show_string(&show, "%s", connected(flows.connected));
    show_int(&show, flows.n_flows);
    show_int(&show, flows.n_groups);
    show_int(&show, flows.n_meters);
    show_int(&show, flows.conn.n_mods);
    show_int(&show, flows.n_quarantined);
    show_suppression(&show, host);
    show_int(&show, apply.n_writes);
    show_int(&show, monitor.n_overflows);
    show_frr(&show, e);
    engine_show_libvirt(e, &show);
    show_int(&show, e->timer.longest / 1000);
    show_int(&show, n_problems);
    return show_finish(&show, json);
}

/* Returns 'line', a flow with its owner behind " # ", malloc'd; an owner that
 * is a port gets its name, for which flows have a hash only. */
static char *
name_port(const struct model *m, const char *line)
{
    struct owner owner = { .kind = OWNER_PORT };
    const char *mark = strstr(line, " # port/");
    const struct port *port;

    if (!mark || !ovs_scan(mark, " # port/%"SCNx64, &owner.id)) {
        return xstrdup(line);
    }
    port = model_port_by_owner(m, &owner);
    return (port ? xasprintf("%.*s # port/%s", (int) (mark - line), line,
                             port->name)
            : xstrdup(line));
}

/* Orders table 8 before table 32. */
static int
compare_flows(const void *a_, const void *b_)
{
    const char *const *a = a_;
    const char *const *b = b_;

    return strverscmp(*a, *b);
}

static char *
lines_to_json(const struct svec *lines)
{
    struct json *array = json_array_create_empty();
    const char *line;
    char *text;
    size_t i;

    SVEC_FOR_EACH (i, line, lines) {
        json_array_add(array, json_string_create(line));
    }
    text = json_to_string(array, JSSF_PRETTY | JSSF_SORT);
    json_destroy(array);
    return text;
}

/* Returns the reply to "flows/show", which the caller frees: the flows of
 * 'owner', all if it is null. */
char *
engine_flows(const struct engine *e, const struct owner *owner, bool json)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    struct ds s = DS_EMPTY_INITIALIZER;
    char *line, *save_ptr = NULL;
    char *text;

    flows_show(e->flows, owner, &s);
    for (line = strtok_r(ds_cstr(&s), "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        svec_add_nocopy(&lines, name_port(&e->model, line));
    }
    qsort(lines.names, lines.n, sizeof *lines.names, compare_flows);
    text = (json ? lines_to_json(&lines)
            : svec_join(&lines, "\n", lines.n ? "\n" : ""));
    svec_destroy(&lines);
    ds_destroy(&s);
    return text;
}

/* Looks at all owners again, which must change nothing, and replies to 'conn'
 * when that is done. */
void
engine_recompute(struct engine *e, struct unixctl_conn *conn, bool json)
{
    struct engine_recompute *r = &e->recompute;
    const char *waits_for = engine_waits_for(e);

    if (waits_for) {
        char *error = xasprintf("not possible yet: waiting for %s",
                                waits_for);

        unixctl_command_reply_error(conn, error);
        free(error);
    } else if (r->conn) {
        unixctl_command_reply_error(conn, "a recompute is under way; ask "
                                    "again when it is done");
    } else {
        flows_recompute_begin(e->flows);
        kernel_dirty_all(e->kernel, &e->dirty);
        model_dirty_all(&e->model);
        r->conn = conn;
        r->json = json;
        r->n_flows = 0;
        r->n_owners = 0;
        r->n_writes = nl_apply_n_writes(e->apply);
        nl_apply_tell(e->apply, true);
        e->done = false;
    }
}

/* All that was dirty has been looked at: replies, if a recompute is under
 * way. */
void
engine_recompute_run(struct engine *e)
{
    struct engine_recompute *r = &e->recompute;
    struct show show;
    char *reply;
    size_t n;

    if (!r->conn) {
        return;
    }
    nl_apply_tell(e->apply, false);
    n = flows_recompute_end(e->flows);
    if (n) {
        VLOG_INFO("recompute: flows of nobody removed: %"PRIuSIZE, n);
    }
    r->n_flows += n;
    show_init(&show, SHOW_LIST, "owners", "flows_changed", "kernel_changed",
              NULL);
    show_int(&show, r->n_owners);
    show_int(&show, r->n_flows);
    show_int(&show, nl_apply_n_writes(e->apply) - r->n_writes);
    reply = show_finish(&show, r->json);
    unixctl_command_reply(r->conn, reply);
    free(reply);
    r->conn = NULL;
}

/* FRR. */

/* How long "frr/check" waits for FRR's answers, ms. */
#define CHECK_PATIENCE 5000

static void
check_finish(struct engine *e, char *error)
{
    struct unixctl_conn *conn = e->check.conn;

    e->check.conn = NULL;
    if (error) {
        unixctl_command_reply_error(conn, error);
    } else {
        char *reply;
        struct show show;

        show_init(&show, SHOW_TABLE, "daemon", "change", "section", "line",
                  NULL);
        for (int d = 0; d < FRR_N_DAEMONS; d++) {
            const struct frr_conf_plan *plan = frr_writer_plan(e->writer, d);

            for (size_t i = 0; i < plan->n_lines; i++) {
                const struct frr_conf_line *line = &plan->lines[i];

                show_string(&show, "%s", d == FRR_ZEBRA ? "zebra" : "bgpd");
                show_string(&show, "%s", line->remove ? "remove" : "add");
                show_string(&show, "%s", line->section);
                show_string(&show, "%s", line->line);
            }
        }
        reply = show_finish(&show, e->check.json);
        unixctl_command_reply(conn, reply);
        free(reply);
    }
    free(error);
}

/* Looks at the configuration of FRR, and replies to 'conn' what is to be
 * changed in it. */
void
engine_check_frr(struct engine *e, struct unixctl_conn *conn, bool json)
{
    if (e->check.conn) {
        unixctl_command_reply_error(conn, "another one is under way; ask "
                                    "again when it is done");
        return;
    }
    e->check.conn = conn;
    e->check.json = json;
    e->check.deadline = time_msec() + CHECK_PATIENCE;
    if (e->model.host.frr == FRR_OFF) {
        check_finish(e, xstrdup("external_ids:ovs-ext-frr is off"));
    } else if (!e->complete) {
        check_finish(e, xstrdup("not possible yet: OVS_Ext is not known"));
    } else {
        frr_writer_update(e->writer);
    }
}

/* Replies, if a "frr/check" is under way and FRR has answered, or does not. */
void
engine_check_run(struct engine *e)
{
    if (!e->check.conn) {
        return;
    }
    if (frr_writer_is_fresh(e->writer)) {
        check_finish(e, NULL);
    } else if (time_msec() >= e->check.deadline) {
        const char *missing = frr_writer_missing(e->writer);

        check_finish(e, xasprintf("%s does not answer; \"ovs-appctl -t "
                                  "ovs-ext problems\" may tell why",
                                  missing ? missing : "FRR"));
    }
}
