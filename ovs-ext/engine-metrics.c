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
#include <sys/resource.h>
#include "evpn-bridge/frr.h"
#include "evpn-bridge/nl-apply.h"
#include "evpn-bridge/nl-monitor.h"
#include "flows/flows.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovs-ext/host/libvirt-watch.h"
#include "ovsdb-sync/ext-sync.h"
#include "ovsdb-sync/ovs-sync.h"
#include "util.h"

/* Numbers for those who watch many hosts, in Prometheus's text format. */

struct metrics {
    bool json;
    struct ds text;             /* Without 'json'. */
    struct json *array;         /* With 'json': {"name", "labels", "value"}. */
    const char *name;           /* Of what is put now. */
};

/* Begins the metric 'name', which is of 'type': "gauge" or "counter". */
static void
metric(struct metrics *m, const char *name, const char *type,
       const char *help)
{
    m->name = name;
    if (!m->json) {
        ds_put_format(&m->text, "# HELP %s %s\n# TYPE %s %s\n", name, help,
                      name, type);
    }
}

static void
put_label(struct ds *s, const char *key, const char *value)
{
    ds_put_format(s, "{%s=\"", key);
    for (; *value; value++) {
        if (*value == '\n') {
            ds_put_cstr(s, "\\n");
        } else {
            ds_put_format(s, "%s%c", strchr("\\\"", *value) ? "\\" : "",
                          *value);
        }
    }
    ds_put_cstr(s, "\"}");
}

/* Adds 'value' of the metric, with the label 'key' unless that is null. */
static void
sample(struct metrics *m, const char *key, const char *label, double value)
{
    if (m->json) {
        struct json *object = json_object_create();
        struct json *labels = json_object_create();

        if (key) {
            json_object_put_string(labels, key, label);
        }
        json_object_put_string(object, "name", m->name);
        json_object_put(object, "labels", labels);
        json_object_put(object, "value", json_real_create(value));
        json_array_add(m->array, object);
        return;
    }
    ds_put_cstr(&m->text, m->name);
    if (key) {
        put_label(&m->text, key, label);
    }
    ds_put_format(&m->text, " %.15g\n", value);
}

/* A metric with one value. */
static void
gauge(struct metrics *m, const char *name, const char *help, double value)
{
    metric(m, name, "gauge", help);
    sample(m, NULL, NULL, value);
}

static void
counter(struct metrics *m, const char *name, const char *help, double value)
{
    metric(m, name, "counter", help);
    sample(m, NULL, NULL, value);
}

static void
put_state(struct metrics *m, const struct engine *e)
{
    size_t n_problems;

    metric(m, "ovs_ext_info", "gauge", "Version of ovs-ext.");
    sample(m, "version", OVS_EXT_VERSION, 1);
    gauge(m, "ovs_ext_in_effect", "1 if all that is known is in effect.",
          e->synced && e->done);
    metric(m, "ovs_ext_connected", "gauge", "1 if there is a connection.");
    sample(m, "to", "libvirt", libvirt_watch_snapshot(e->libvirt)->connected);
    sample(m, "to", "open_vswitch", ovs_sync_is_connected(e->ovs));
    sample(m, "to", "ovs_ext", ext_sync_is_connected(e->ext));
    free(problems_sort(&e->model.problems, NULL, &n_problems));
    gauge(m, "ovs_ext_problems", "Lines that \"problems\" shows.",
          n_problems);
    gauge(m, "ovs_ext_longest_iteration_seconds",
          "Longest iteration of the main loop.", e->timer.longest / 1e6);
}

static void
put_switch(struct metrics *m, const struct engine *e)
{
    struct flows_status flows;

    flows_get_status(e->flows, &flows);
    gauge(m, "ovs_ext_switch_connected",
          "1 if there is an OpenFlow connection.", flows.connected);
    gauge(m, "ovs_ext_flows", "Flows wanted.", flows.n_flows);
    gauge(m, "ovs_ext_groups", "Groups wanted.", flows.n_groups);
    gauge(m, "ovs_ext_meters", "Meters wanted.", flows.n_meters);
    gauge(m, "ovs_ext_flows_pending", "Modifications not acknowledged yet.",
          flows.n_pending + flows.n_in_flight);
    gauge(m, "ovs_ext_flows_rejected", "Flows, groups and meters refused.",
          flows.n_quarantined);
    counter(m, "ovs_ext_flow_mods_total", "Modifications sent.",
            flows.conn.n_mods);
    counter(m, "ovs_ext_flow_bundles_total", "Bundles that were done.",
            flows.conn.n_bundles);
    counter(m, "ovs_ext_packets_in_total", "Packets that flows handed over.",
            flows.conn.n_packets);
    counter(m, "ovs_ext_packets_in_lost_total",
            "Of these, dropped for lack of time.", flows.conn.n_packets_lost);
}

static void
put_kernel(struct metrics *m, const struct engine *e)
{
    struct nl_monitor_status monitor;
    struct nl_apply_status apply;

    nl_monitor_get_status(e->monitor, &monitor);
    nl_apply_get_status(e->apply, &apply);
    counter(m, "ovs_ext_kernel_writes_total", "Requests done by the kernel.",
            apply.n_writes);
    counter(m, "ovs_ext_kernel_failures_total", "Requests that failed.",
            apply.n_failures);
    gauge(m, "ovs_ext_kernel_retrying", "Objects whose request failed.",
          apply.n_retrying);
    counter(m, "ovs_ext_kernel_notifications_total",
            "Notifications of the kernel.", monitor.n_notifications);
    counter(m, "ovs_ext_kernel_overflows_total",
            "Times that notifications were lost and all was read again.",
            monitor.n_overflows);
}

static void
put_frr(struct metrics *m, const struct engine *e)
{
    struct frr_status frr;

    frr_get_status(e->frr, &frr);
    metric(m, "ovs_ext_frr_connected", "gauge",
           "1 if the daemon of FRR answers.");
    sample(m, "daemon", "bgpd", frr.bgpd_connected);
    sample(m, "daemon", "zebra", frr.zebra_connected);
    gauge(m, "ovs_ext_evpn_neighbors", "BGP neighbors with EVPN.",
          frr.n_peers);
    gauge(m, "ovs_ext_evpn_neighbors_established", "Of these, established.",
          frr.n_established);
}

static int
compare_networks(const void *a_, const void *b_)
{
    const struct network *const *a = a_;
    const struct network *const *b = b_;

    return (*a)->vni < (*b)->vni ? -1 : (*a)->vni > (*b)->vni;
}

/* How much of something networks have: sizes of their members. */
static const struct network_metric {
    const char *name, *help;
    size_t offset;              /* Of the "struct hmap". */
} network_metrics[] = {
    { "ovs_ext_local_macs", "MACs of ports here.",
      offsetof(struct network, local_macs) },
    { "ovs_ext_local_ips", "Addresses of ports here.",
      offsetof(struct network, local_ips) },
    { "ovs_ext_remote_macs", "MACs that EVPN tells.",
      offsetof(struct network, remote_macs) },
    { "ovs_ext_remote_ips", "Addresses that EVPN tells.",
      offsetof(struct network, neighbors) },
    { "ovs_ext_flood_vteps", "VTEPs that get what is flooded.",
      offsetof(struct network, flood) },
};

static void
put_networks(struct metrics *m, const struct model *model)
{
    size_t n = 0;
    const struct network **networks = xmalloc(
        MAX(hmap_count(&model->networks), 1) * sizeof *networks);
    const struct network *net;

    HMAP_FOR_EACH (net, hmap_node, &model->networks) {
        networks[n++] = net;
    }
    qsort(networks, n, sizeof *networks, compare_networks);

    metric(m, "ovs_ext_ports", "gauge", "Ports here.");
    for (size_t i = 0; i < n; i++) {
        sample(m, "network", networks[i]->name, networks[i]->n_ports);
    }
    for (size_t k = 0; k < ARRAY_SIZE(network_metrics); k++) {
        const struct network_metric *what = &network_metrics[k];

        metric(m, what->name, "gauge", what->help);
        for (size_t i = 0; i < n; i++) {
            const struct hmap *hmap
                = ALIGNED_CAST(const struct hmap *,
                               (const char *) networks[i] + what->offset);

            sample(m, "network", networks[i]->name, hmap_count(hmap));
        }
    }
    free(networks);
}

static void
put_process(struct metrics *m)
{
    struct rusage usage;

    if (!getrusage(RUSAGE_SELF, &usage)) {
        counter(m, "process_cpu_seconds_total", "CPU time used.",
                usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
                + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6);
        gauge(m, "ovs_ext_peak_resident_memory_bytes",
              "Most memory that was resident.", usage.ru_maxrss * 1024.0);
    }
}

/* Returns the reply to "metrics", which the caller frees: Prometheus's text
 * exposition format, version 0.0.4, or, with 'json', an array. */
char *
engine_metrics(const struct engine *e, bool json)
{
    struct metrics m = {
        .json = json,
        .text = DS_EMPTY_INITIALIZER,
        .array = json_array_create_empty(),
    };
    char *text;

    put_state(&m, e);
    put_switch(&m, e);
    put_kernel(&m, e);
    put_frr(&m, e);
    put_networks(&m, &e->model);
    put_process(&m);
    text = (json ? json_to_string(m.array, JSSF_PRETTY | JSSF_SORT)
            : ds_steal_cstr(&m.text));
    json_destroy(m.array);
    ds_destroy(&m.text);
    return text;
}
