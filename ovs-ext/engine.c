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

#include <limits.h>
#include <stdlib.h>
#include "coverage.h"
#include "dp-packet.h"
#include "evpn-bridge/fence.h"
#include "evpn-bridge/frr-writer.h"
#include "evpn-bridge/frr.h"
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-apply.h"
#include "evpn-bridge/nl-lo.h"
#include "evpn-bridge/nl-monitor.h"
#include "evpn-bridge/nl-underlay.h"
#include "flows/flow-learn.h"
#include "flows/flows.h"
#include "flows/nd-answer.h"
#include "flows/rs-check.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/commands.h"
#include "ovs-ext/host/libvirt-watch.h"
#include "ovsdb-sync/ext-sync.h"
#include "ovsdb-sync/ovs-sync.h"
#include "simap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(engine);

COVERAGE_DEFINE(engine_nd_lost);
COVERAGE_DEFINE(engine_owner);
COVERAGE_DEFINE(engine_packet);
COVERAGE_DEFINE(engine_packet_unknown);
COVERAGE_DEFINE(engine_probe);
COVERAGE_DEFINE(engine_rs_lost);
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
    resolver_init(&e->resolver);
    e->kernel = kernel_create();
    e->ovs = ovs_sync_create(database);
    e->ext = ext_sync_create();
    e->monitor = nl_monitor_create();
    e->apply = nl_apply_create();
    e->lo = nl_lo_create();
    e->underlay = nl_underlay_create();
    e->fence = fence_create();
    e->flows = flows_create();
    vswitch_ctl_init(&e->vswitch);
    e->frr = frr_create();
    frr_set_audit(e->frr, engine_audit, e);
    e->writer = frr_writer_create();
    e->libvirt = libvirt_watch_create();
    e->vms_deadline = time_msec() + ENGINE_VMS_PATIENCE;
    commands_register(e);
    return e;
}

/* Frees 'e'.  What it made in switch and kernel stays: forwarding goes on. */
void
engine_destroy(struct engine *e)
{
    libvirt_watch_destroy(e->libvirt);
    frr_writer_destroy(e->writer);
    frr_destroy(e->frr);
    flows_destroy(e->flows);
    vswitch_ctl_uninit(&e->vswitch);
    fence_destroy(e->fence);
    nl_underlay_destroy(e->underlay);
    nl_lo_destroy(e->lo);
    nl_apply_destroy(e->apply);
    nl_monitor_destroy(e->monitor);
    ext_sync_destroy(e->ext);
    ovs_sync_destroy(e->ovs);
    kernel_destroy(e->kernel);
    lap_timer_uninit(&e->timer);
    resolver_uninit(&e->resolver);
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
 * was left by one that was killed (P4), or is ours and was not taken in. */
static void
engine_audit(void *engine_, struct frr_audit *audit)
{
    struct engine *e = engine_;
    struct audit_aux aux = { e, audit };
    const struct kaddr *addr = NULL;

    kernel_for_each_remote(e->kernel, audit->vni, engine_audit_entry, &aux);
    while ((addr = kernel_next_addr(e->kernel, audit->vni, addr)) != NULL) {
        if (addr->ours && frr_audit_lacks_addr(audit, &addr->ip)) {
            nl_apply_tell_addr(e->apply, e->kernel, audit->vni, addr);
        }
    }
}

/* Returns true if all that existed before we began is known. */
bool
engine_is_synced(const struct engine *e)
{
    return (ovs_sync_is_synced(e->ovs)
            && ext_sync_is_synced(e->ext)
            && nl_monitor_is_synced(e->monitor)
            && engine_knows_vms(e)
            && flows_is_ready(e->flows));
}

static void
engine_learn(struct engine *e, const struct flow_packet *packet,
             long long int now)
{
    struct fact_heard facts[FLOW_LEARN_MAX];
    size_t n = flow_learn_parse(packet, facts);

    for (size_t i = 0; i < n; i++) {
        model_put_heard(&e->model, &facts[i], now);
    }
}

static void
engine_answer_nd(struct engine *e, const struct flow_packet *request)
{
    struct dp_packet answer;
    struct flow_packet out;

    dp_packet_init(&answer, 128);
    nd_answer(&e->model, request, &answer, &out);
    if (!flows_send_packet(e->flows, &out)) {
        COVERAGE_INC(engine_nd_lost);
    }
    dp_packet_uninit(&answer);
}

static void
engine_check_rs(struct engine *e, const struct flow_packet *request)
{
    struct flow_packet out;

    if (!rs_check(&e->model, request, &out)
        || !flows_send_packet(e->flows, &out)) {
        COVERAGE_INC(engine_rs_lost);
    }
}

/* Lets those whom it concerns look at 'packet', which a flow handed over. */
static void
engine_run_packet(struct engine *e, const struct flow_packet *packet,
                  long long int now)
{
    switch (packet->opcode) {
    case PUNT_LEARN:
    case PUNT_LEARN_DHCP:
        engine_learn(e, packet, now);
        break;
    case PUNT_ND:
        engine_answer_nd(e, packet);
        break;
    case PUNT_RS:
        engine_check_rs(e, packet);
        break;
    case PUNT_ACL:
        engine_acl_packet(e, packet);
        break;
    case PUNT_WAKE:
        model_wake_vm(&e->model, packet->ofport);
        break;
    default:
        if (!engine_route_packet(e, packet, now)) {
            COVERAGE_INC(engine_packet_unknown);
        }
        break;
    }
}

/* Looks at packets that flows handed over, but at no more than
 * ENGINE_PACKETS: the others wait for the next iteration. */
static void
engine_run_packets(struct engine *e, long long int now)
{
    struct flow_packet packet;
    struct ofpbuf *msg;

    if (!e->synced) {
        /* What they would tell on is not known yet. */
        flows_clear_packets(e->flows);
        return;
    }
    for (int i = 0; i < ENGINE_PACKETS; i++) {
        msg = flows_pop_packet(e->flows, &packet);
        if (!msg) {
            break;
        }
        COVERAGE_INC(engine_packet);
        engine_run_packet(e, &packet, now);
        ofpbuf_delete(msg);
    }
}

/* Asks VMs whether they still have what was learned of them. */
static void
engine_run_probes(struct engine *e)
{
    struct ofpbuf data;
    struct probe *probe;

    ofpbuf_init(&data, 128);
    while ((probe = model_pop_probe(&e->model)) != NULL) {
        struct flow_packet packet;

        COVERAGE_INC(engine_probe);
        flow_learn_probe(probe, &packet, &data);
        flows_send_packet(e->flows, &packet);
        free(probe);
    }
    ofpbuf_uninit(&data);
}

static void
engine_adopt_ip(void *engine_, uint32_t vni, const struct in6_addr *ip,
                struct eth_addr mac)
{
    struct engine *e = engine_;

    model_adopt_ip(&e->model, vni, ip, mac, e->model.now);
}

static void
engine_adopt_router_mac(void *engine_, uint32_t l3vni,
                        const struct in6_addr *vtep, struct eth_addr mac)
{
    struct engine *e = engine_;

    model_adopt_router_mac(&e->model, l3vni, vtep, mac);
}

static void
engine_adopt_mac(void *engine_, uint32_t ofport, struct eth_addr mac)
{
    struct engine *e = engine_;

    model_adopt_mac(&e->model, ofport, mac, e->model.now);
}

/* Of the MACs and neighbours that an earlier run knew, those that nobody
 * declares were learned. */
static void
engine_adopt(struct engine *e)
{
    flows_for_each_adopted_mac(e->flows, engine_adopt_mac, e);
    flows_for_each_adopted_router_mac(e->flows, engine_adopt_router_mac, e);
    kernel_for_each_own_ip(e->kernel, engine_adopt_ip, e);
}

/* All objects that exist are known: what the kernel has for others, an earlier
 * run left there.  It need not settle before it is looked at, and nothing is
 * in effect before. */
static void
engine_look_at_kernel(struct engine *e)
{
    struct owner owner;

    kernel_dirty_all(e->kernel, &e->dirty);
    while (owner_set_pop(&e->dirty, &owner)) {
        nl_apply_update(e->apply, &owner);
    }
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
        /* Who plugs an interface and raises "cfg" then wants it to be in
         * effect at that value: it may have come in between. */
        ovs_sync_run(e->ovs, m);
    }
    engine_run_vms(e);
    nl_apply_collect(e->apply, m);
    nl_monitor_run(e->monitor, e->kernel, m, &e->dirty);
    while (nl_apply_pop_link(e->apply, &link)) {
        /* Unless it went after it was read back. */
        if (kernel_link(e->kernel, link.ifindex)) {
            kernel_put_link(e->kernel, &link, m, &e->dirty);
        }
    }
    while (kernel_pop_addressed(e->kernel, &vni)) {
        frr_audit_again(e->frr, vni);
    }
    frr_run(e->frr, m, m->host.frr, ovs_sync_frr_hold_ms(e->ovs), now);
    while (frr_pop_flap(e->frr, &vni)) {
        nl_apply_flap(e->apply, e->kernel, vni);
    }
    if (nl_monitor_is_synced(e->monitor)) {
        /* Before anything is planned: it makes a difference to flows. */
        nl_underlay_run(e->underlay, e->kernel, m);
    }
    engine_run_stale(e);
    engine_run_packets(e, now);
    model_set_learn_age(m, ovs_sync_learn_age_ms(e->ovs));
    model_run(m, now);
}

/* 'owner' was looked at, which changed 'n' flows. */
static void
engine_count_flows(struct engine *e, const struct owner *owner, size_t n)
{
    e->recompute.n_owners++;
    e->recompute.n_flows += n;
    if (e->recompute.conn && n) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);
        struct ds s = DS_EMPTY_INITIALIZER;

        owner_format(owner, &s);
        VLOG_INFO_RL(&rl, "recompute: %s: flows changed: %"PRIuSIZE,
                     ds_cstr(&s), n);
        ds_destroy(&s);
    }
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
        if (owner.kind == OWNER_VPC) {
            frr_writer_update(e->writer);
        }
        engine_count_flows(e, &owner,
                           flows_update(e->flows, &e->model, &owner));
        nl_apply_update(e->apply, &owner);
        engine_route_owner(e, &owner, start);
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
        engine_adopt(e);
        model_settle(&e->model);
    }
    if (e->synced && !e->complete && ext_sync_is_known(e->ext)) {
        e->complete = true;
        engine_adopt(e);
        engine_look_at_kernel(e);
    }
    if (e->synced) {
        engine_run_taps(e);
        engine_plan(e, start);
        engine_run_probes(e);
    }
    engine_apply(e);
    if (e->synced) {
        engine_route_run(e, start);
    }
    if (e->complete) {
        frr_writer_run(e->writer, &e->model, e->model.host.frr, time_msec());
        engine_check_run(e);
    }
    if (e->done) {
        e->cfg_done = ext_sync_cfg(e->ext);
        engine_recompute_run(e);
    }
    vswitch_ctl_run(&e->vswitch);
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
    if (e->complete) {
        frr_writer_wait(e->writer);
        if (e->check.conn) {
            poll_timer_wait_until(e->check.deadline);
        }
    }
    flows_wait(e->flows);
    vswitch_ctl_wait(&e->vswitch);
    libvirt_watch_wait(e->libvirt);
    if (model_next_run(&e->model) != LLONG_MAX) {
        poll_timer_wait_until(model_next_run(&e->model));
    }
    if (!engine_knows_vms(e)) {
        poll_timer_wait_until(e->vms_deadline);
    }
    if (e->synced) {
        nl_underlay_wait(e->underlay);
        nl_apply_wait(e->apply);
        fence_wait(e->fence);
        engine_route_wait(e);
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
    simap_increase(usage, "held_packets", e->resolver.n_packets);
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
