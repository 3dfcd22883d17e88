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

#include <stdlib.h>
#include "coverage.h"
#include "evpn-bridge/fence.h"
#include "evpn-bridge/frr.h"
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-apply.h"
#include "evpn-bridge/nl-lo.h"
#include "evpn-bridge/nl-monitor.h"
#include "flows/flows.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/commands.h"
#include "ovsdb-sync/ext-sync.h"
#include "ovsdb-sync/ovs-sync.h"
#include "simap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(engine);

COVERAGE_DEFINE(engine_owner);
COVERAGE_DEFINE(engine_slice_full);

static frr_audit_cb engine_audit;

/* Connects to 'database', the remote of the local Open_vSwitch database.
 * Returns the engine, which has done nothing yet. */
struct engine *
engine_create(const char *database)
{
    struct engine *e = xzalloc(sizeof *e);

    lap_timer_init(&e->timer);
    model_init(&e->model);
    owner_set_init(&e->dirty);
    e->kernel = kernel_create();
    e->ovs = ovs_sync_create(database);
    e->ext = ext_sync_create();
    e->monitor = nl_monitor_create();
    e->apply = nl_apply_create();
    e->lo = nl_lo_create();
    e->fence = fence_create();
    e->flows = flows_create();
    e->frr = frr_create();
    frr_set_audit(e->frr, engine_audit, e);
    commands_register(e);
    return e;
}

/* Frees 'e'.  What it made in switch and kernel stays: forwarding goes on. */
void
engine_destroy(struct engine *e)
{
    frr_destroy(e->frr);
    flows_destroy(e->flows);
    fence_destroy(e->fence);
    nl_lo_destroy(e->lo);
    nl_apply_destroy(e->apply);
    nl_monitor_destroy(e->monitor);
    ext_sync_destroy(e->ext);
    ovs_sync_destroy(e->ovs);
    kernel_destroy(e->kernel);
    lap_timer_uninit(&e->timer);
    owner_set_uninit(&e->dirty);
    model_uninit(&e->model);
    free(e);
}

/* What zebra deleted is stale; it is gone when bgpd is proved to have been
 * alive after that. */
static void
engine_run_stale(struct engine *e)
{
    if (!e->stale_token && kernel_n_stale(e->kernel)) {
        e->stale_mark = kernel_stale_mark(e->kernel);
        e->stale_token = frr_probe(e->frr);
    }
    if (e->stale_token && frr_proved(e->frr, e->stale_token)) {
        kernel_drop_stale(e->kernel, e->stale_mark, &e->model);
        e->stale_token = 0;
    }
}

/* One entry of the kernel in an audit of what zebra has. */
struct audit_aux {
    struct engine *engine;
    struct frr_audit *audit;
};

static void
engine_audit_entry(void *aux_, const struct eth_addr *mac,
                   const struct in6_addr *ip)
{
    struct audit_aux *aux = aux_;
    struct frr_audit *audit = aux->audit;

    if (mac && ip ? frr_audit_is_orphan_ip(audit, ip)
        : mac ? frr_audit_is_orphan_mac(audit, *mac)
        : frr_audit_is_orphan_vtep(audit, ip)) {
        nl_apply_remove_orphan(aux->engine->apply, aux->engine->kernel,
                               audit->vni, mac, ip);
    }
}

/* zebra has told all that it has in a network: what the kernel has beyond that
 * was left by one that was killed (P4). */
static void
engine_audit(void *engine_, struct frr_audit *audit)
{
    struct engine *e = engine_;
    struct audit_aux aux = { e, audit };

    kernel_for_each_remote(e->kernel, audit->vni, engine_audit_entry, &aux);
}

/* Returns true if all that existed before we began is known. */
bool
engine_is_synced(const struct engine *e)
{
    return (ovs_sync_is_synced(e->ovs)
            && ext_sync_is_synced(e->ext)
            && nl_monitor_is_synced(e->monitor)
            && flows_is_ready(e->flows));
}

/* Lets the edges put what they saw into the model. */
static void
engine_run_facts(struct engine *e, long long int now)
{
    struct model *m = &e->model;
    struct nl_link link;
    uint32_t vni;

    nl_lo_run(e->lo);
    ovs_sync_set_lo(e->ovs, nl_lo_ip4(e->lo), nl_lo_ip6(e->lo));
    ovs_sync_run(e->ovs, m);
    if (ovs_sync_remote(e->ovs)) {
        ext_sync_run(e->ext, m, ovs_sync_remote(e->ovs),
                     ovs_sync_host_name(e->ovs));
    }
    nl_apply_collect(e->apply, m);
    nl_monitor_run(e->monitor, e->kernel, m, &e->dirty);
    while (nl_apply_pop_link(e->apply, &link)) {
        /* Unless it went after it was read back. */
        if (kernel_link(e->kernel, link.ifindex)) {
            kernel_put_link(e->kernel, &link, m, &e->dirty);
        }
    }
    frr_run(e->frr, m, m->host.frr, ovs_sync_frr_hold_ms(e->ovs), now);
    while (frr_pop_flap(e->frr, &vni)) {
        nl_apply_flap(e->apply, e->kernel, vni);
    }
    engine_run_stale(e);
    model_run(m, now);
}

/* Lets the planners look at dirty owners, until ENGINE_SLICE ms after 'start',
 * when the iteration began, but for ENGINE_SLICE_MIN ms at least. */
static void
engine_plan(struct engine *e, long long int start)
{
    long long int deadline = MAX(start + ENGINE_SLICE,
                                 time_msec() + ENGINE_SLICE_MIN);
    struct owner owner;

    while (owner_set_pop(&e->dirty, &owner)) {
        if (e->recompute.conn) {
            nl_apply_update(e->apply, &owner);
        } else {
            nl_apply_update_later(e->apply, &owner);
        }
    }
    for (size_t n = 1; owner_set_pop(&e->model.dirty, &owner); n++) {
        COVERAGE_INC(engine_owner);
        e->recompute.n_flows += flows_update(e->flows, &e->model, &owner);
        e->recompute.n_owners++;
        nl_apply_update(e->apply, &owner);
        if (!(n % 64) && time_msec() >= deadline) {
            COVERAGE_INC(engine_slice_full);
            break;
        }
    }
}

/* Lets the edges bring what the planners want to switch and kernel. */
static void
engine_apply(struct engine *e)
{
    bool drained = owner_set_is_empty(&e->model.dirty);
    struct nl_apply_ctx ctx;

    flows_sweep_adopted(e->flows,
                        (e->complete && drained && frr_is_known(e->frr)
                         && !frr_is_holding(e->frr)));
    flows_run(e->flows, &e->model);
    if (!e->synced) {
        return;
    }
    ctx = (struct nl_apply_ctx) {
        .fenced = fence_run(e->fence, e->model.host.shadow_port,
                            &e->model.problems),
        .complete = e->complete,
        .switch_settled = drained && flows_in_sync(e->flows),
    };
    nl_apply_run(e->apply, &e->model, e->kernel, &ctx);

    /* What was written comes back as a notification, and may be followed by a
     * further step. */
    e->wrote = e->n_writes != nl_apply_n_writes(e->apply);
    e->n_writes = nl_apply_n_writes(e->apply);
    e->done = (drained && !e->wrote && flows_in_sync(e->flows)
               && nl_apply_is_idle(e->apply));
}

/* Does one iteration. */
void
engine_run(struct engine *e)
{
    long long int start = time_msec();

    lap_timer_begin(&e->timer);
    engine_run_facts(e, start);
    if (!e->synced && engine_is_synced(e)) {
        VLOG_INFO("read all that exists, beginning to work");
        e->synced = true;
        model_settle(&e->model);
    }
    if (e->synced && !e->complete && ext_sync_is_known(e->ext)) {
        e->complete = true;
        kernel_dirty_all(e->kernel, &e->dirty);
    }
    if (e->synced) {
        engine_plan(e, start);
    }
    engine_apply(e);
    if (e->done) {
        e->cfg_done = ext_sync_cfg(e->ext);
        engine_recompute_run(e);
    }
    ext_sync_status(e->ext, &e->model, e->cfg_done, e->done);
    lap_timer_end(&e->timer);
}

/* Wakes the poll loop when there is something to do. */
void
engine_wait(struct engine *e)
{
    nl_lo_wait(e->lo);
    ovs_sync_wait(e->ovs);
    ext_sync_wait(e->ext);
    nl_monitor_wait(e->monitor);
    frr_wait(e->frr);
    flows_wait(e->flows);
    if (e->synced) {
        nl_apply_wait(e->apply);
        fence_wait(e->fence);
        if (!owner_set_is_empty(&e->model.dirty) || e->wrote) {
            poll_immediate_wake();
        }
    }
}

/* Adds what takes memory to 'usage'. */
void
engine_get_memory_usage(const struct engine *e, struct simap *usage)
{
    simap_increase(usage, "flows", flows_count(e->flows));
    simap_increase(usage, "networks", hmap_count(&e->model.networks));
    simap_increase(usage, "ports", hmap_count(&e->model.ports));
    simap_increase(usage, "vteps", hmap_count(&e->model.vteps));
}

/* Returns the model of 'e'. */
const struct model *
engine_model(const struct engine *e)
{
    return &e->model;
}
