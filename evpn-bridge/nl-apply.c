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
#include "evpn-bridge/nl-apply.h"

#include <errno.h>
#include <stdlib.h>
#include "coverage.h"
#include "evpn-bridge/kernel-plan.h"
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-msg.h"
#include "evpn-bridge/nl-retry.h"
#include "evpn-bridge/nl-worker.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_apply);

COVERAGE_DEFINE(nl_apply_write);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Kinds that can be the advertise port, best first. */
static const char *const advertise_kinds[] = { "dummy", "ifb" };

/* An owner that is to be looked at later. */
struct later {
    struct ovs_list list_node;  /* In 'later'. */
    struct owner owner;
    long long int due;          /* ms. */
};

struct nl_apply {
    struct owner_set ips;       /* To be looked at: local IPs, */
    struct owner_set ip_adds;   /* those whose MAC goes first, */
    struct owner_set macs;      /* local MACs, */
    struct owner_set nets;      /* networks and VPCs. */
    struct ovs_list later;      /* "struct later"s, by 'due'. */
    size_t n_later;
    struct nl_retries retries;  /* What failed. */
    struct owner_set ready;     /* Networks whose devices can be used, VPCs
                                 * that have a VRF. */
    struct owner_set hopeless;  /* VPCs whose devices are in use by others. */
    struct owner_set claimed;   /* Unless 'complete': owners that the model has
                                 * or had. */
    struct nl_worker *worker;   /* Does the requests. */
    struct owner_set busy;      /* Owners that it has a job of, */
    struct owner_set again;     /* of those, which to look at when done. */
    size_t n_jobs;              /* That it has. */
    struct ovs_list links;      /* "struct nl_changed_link"s. */
    bool fenced;                /* As of the last run. */
    bool complete;              /* The model has all owners that there are. */
    bool telling;               /* Requests of owners are logged, too. */
    bool devices_wait;          /* 'nets' are not looked at, */
    long long int devices_due;  /* until then; 0 if there are none. */
    size_t kind;                /* Index into 'advertise_kinds'. */
    struct nl_apply_status status;
};

/* Returns one that has nothing to do. */
struct nl_apply *
nl_apply_create(void)
{
    struct nl_apply *a = xzalloc(sizeof *a);

    owner_set_init(&a->ips);
    owner_set_init(&a->ip_adds);
    owner_set_init(&a->macs);
    owner_set_init(&a->nets);
    owner_set_init(&a->ready);
    owner_set_init(&a->hopeless);
    owner_set_init(&a->claimed);
    owner_set_init(&a->busy);
    owner_set_init(&a->again);
    a->worker = nl_worker_create();
    ovs_list_init(&a->later);
    ovs_list_init(&a->links);
    nl_retries_init(&a->retries);
    return a;
}

/* Frees 'a'; what it wrote stays. */
void
nl_apply_destroy(struct nl_apply *a)
{
    struct nl_changed_link *link;
    struct later *later;

    nl_worker_destroy(a->worker);
    LIST_FOR_EACH_POP (link, list_node, &a->links) {
        free(link);
    }
    LIST_FOR_EACH_POP (later, list_node, &a->later) {
        free(later);
    }
    nl_retries_uninit(&a->retries);
    owner_set_uninit(&a->ips);
    owner_set_uninit(&a->ip_adds);
    owner_set_uninit(&a->macs);
    owner_set_uninit(&a->nets);
    owner_set_uninit(&a->ready);
    owner_set_uninit(&a->hopeless);
    owner_set_uninit(&a->claimed);
    owner_set_uninit(&a->busy);
    owner_set_uninit(&a->again);
    free(a);
}

/* 'owner' is to be looked at, if it has anything in the kernel. */
void
nl_apply_update(struct nl_apply *a, const struct owner *owner)
{
    switch ((enum owner_kind) owner->kind) {
    case OWNER_LOCAL_IP:
        owner_set_add(&a->ips, owner);
        break;
    case OWNER_LOCAL_MAC:
        owner_set_add(&a->macs, owner);
        break;
    case OWNER_NETWORK:
    case OWNER_VPC:
        owner_set_add(&a->nets, owner);
        break;
    case OWNER_HOST:
    case OWNER_PORT:
    case OWNER_REMOTE_MAC:
    case OWNER_NHG:
    case OWNER_ROUTE:
    case OWNER_ROUTER_MAC:
    case OWNER_NETWORK_ACL:
    case OWNER_SECURITY_GROUP:
    case OWNER_RULE:
    case OWNER_GROUP_ADDR:
    case OWNER_REMOTE_IP:
    case OWNER_HOPS:
        break;
    case OWNER_N_KINDS:
    default:
        OVS_NOT_REACHED();
    }
}

/* What 'owner' has in the kernel changed there.  Devices are looked at at
 * once, entries after NL_APPLY_DEBOUNCE (P5). */
void
nl_apply_update_later(struct nl_apply *a, const struct owner *owner)
{
    if (owner->kind == OWNER_NETWORK || owner->kind == OWNER_VPC) {
        owner_set_add(&a->nets, owner);
    } else {
        struct later *later = xzalloc(sizeof *later);

        later->owner = *owner;
        later->due = time_msec() + NL_APPLY_DEBOUNCE;
        ovs_list_push_back(&a->later, &later->list_node);
        a->n_later++;
    }
}

/* Doing. */

/* Hands 'job' to the worker. */
static void
submit_job(struct nl_apply *a, struct nl_job *job)
{
    job->kind = a->kind;
    a->n_jobs++;
    nl_worker_submit(a->worker, job);
}

/* Hands 'job' to the worker, or is done with it if there is nothing to do. */
static void
start_job(struct nl_apply *a, struct model *model, struct nl_job *job)
{
    if (job->plan.n_ops) {
        owner_set_add(&a->busy, &job->owner);
        submit_job(a, job);
    } else {
        nl_retries_succeeded(&a->retries, model, &job->owner);
        nl_job_destroy(job);
    }
}

static bool
owner_is_wanted(const struct model *model, const struct owner *owner)
{
    const struct network *net = model_network(model, owner->vni);
    const struct vpc *vpc = model_vpc(model, owner->vni);

    if (owner->kind == OWNER_VPC) {
        return vpc && vpc_is_active(vpc);
    }
    return net && (owner->kind == OWNER_LOCAL_MAC
                   ? network_local_mac(net, owner->mac) != NULL
                   : owner->kind == OWNER_LOCAL_IP
                   ? network_local_ip(net, &owner->ip) != NULL
                   : network_is_active(net));
}

/* Returns true if 'owner' is to be looked at: it is known whose it is, which
 * is nobody's only if the model has it no longer, or is complete without it.
 */
static bool
owner_claim(struct nl_apply *a, const struct model *model,
            const struct owner *owner)
{
    if (a->complete) {
        return true;
    }
    if (owner_is_wanted(model, owner)) {
        owner_set_add(&a->claimed, owner);
    }
    return owner_set_contains(&a->claimed, owner);
}

static struct kernel_plan_ctx
plan_ctx(const struct nl_apply *a, const struct model *model,
         const struct kernel *kernel)
{
    return (struct kernel_plan_ctx) {
        .model = model,
        .kernel = kernel,
        .fenced = a->fenced,
        .advertise_kind = advertise_kinds[a->kind],
    };
}

static void
run_mac(struct nl_apply *a, struct model *model, const struct kernel *kernel,
        const struct owner *owner)
{
    struct kernel_plan_ctx ctx = plan_ctx(a, model, kernel);
    struct nl_job *job = nl_job_create(owner);

    kernel_plan_local_mac(&ctx, owner->vni, owner->mac, &job->plan);
    start_job(a, model, job);
}

/* Looks at local IP 'owner'.  If 'removal', then an addition is put off. */
static void
run_ip(struct nl_apply *a, struct model *model, const struct kernel *kernel,
       const struct owner *owner, bool removal)
{
    struct kernel_plan_ctx ctx = plan_ctx(a, model, kernel);
    struct nl_job *job = nl_job_create(owner);

    kernel_plan_local_ip(&ctx, owner->vni, &owner->ip, &job->plan);
    if (removal && job->plan.n_ops && !job->plan.ops[0].removes) {
        owner_set_add(&a->ip_adds, owner);
        nl_job_destroy(job);
    } else {
        start_job(a, model, job);
    }
}

/* The devices of 'net' can be used now: its entries can be written. */
static void
network_ready(struct nl_apply *a, const struct network *net)
{
    const struct local_mac *lm;
    const struct local_ip *li;

    HMAP_FOR_EACH (lm, hmap_node, &net->local_macs) {
        struct owner owner = owner_local_mac(net->vni, lm->mac);

        owner_set_add(&a->macs, &owner);
    }
    HMAP_FOR_EACH (li, hmap_node, &net->local_ips) {
        struct owner owner = owner_local_ip(net->vni, &li->ip);

        owner_set_add(&a->ips, &owner);
    }
}

/* Sets and clears the problems of 'object', which it takes, that 'plan' may
 * have. */
static void
device_problem(struct model *model, char *object,
               const struct kernel_plan *plan)
{
    static const char *const topics[] = { "vni-in-use", "device-in-use" };

    for (size_t i = 0; i < ARRAY_SIZE(topics); i++) {
        if (plan->topic && !strcmp(plan->topic, topics[i])) {
            if (problem_set(&model->problems, object, topics[i], "%s",
                            plan->problem)) {
                VLOG_WARN_RL(&rl, "%s: %s", object, plan->problem);
            }
        } else {
            problem_clear(&model->problems, object, topics[i]);
        }
    }
    free(object);
}

/* Looks at the networks of 'vpc' again. */
static void
dirty_vpc_networks(struct nl_apply *a, const struct vpc *vpc)
{
    const struct network *net;

    LIST_FOR_EACH (net, vpc_node, &vpc->networks) {
        struct owner owner = owner_network(net->vni);

        owner_set_add(&a->nets, &owner);
    }
}

/* Returns true if there is no VRF for the networks of 'vpc', and will be none
 * soon: they do without. */
static bool
vpc_is_hopeless(const struct nl_apply *a, const struct vpc *vpc)
{
    struct owner owner = owner_vpc(vpc->l3vni);

    return (nl_retries_contains(&a->retries, &owner)
            || owner_set_contains(&a->hopeless, &owner));
}

static void
run_vpc(struct nl_apply *a, struct model *model, const struct kernel *kernel,
        const struct owner *owner)
{
    const struct vpc *vpc = model_vpc(model, owner->vni);
    struct kernel_plan_ctx ctx = plan_ctx(a, model, kernel);
    struct nl_job *job = nl_job_create(owner);
    bool changed;

    kernel_plan_vpc(&ctx, owner->vni, &job->plan);
    if (vpc) {
        device_problem(model, xasprintf("vpc/%s", vpc->name), &job->plan);
    }
    changed = (job->plan.ready ? owner_set_add(&a->ready, owner)
               : owner_set_del(&a->ready, owner));
    changed |= (job->plan.problem ? owner_set_add(&a->hopeless, owner)
                : owner_set_del(&a->hopeless, owner));
    if (changed && vpc) {
        dirty_vpc_networks(a, vpc);
    }
    start_job(a, model, job);
}

static void
run_network(struct nl_apply *a, struct model *model,
            const struct kernel *kernel, const struct owner *owner)
{
    const struct network *net = model_network(model, owner->vni);
    struct kernel_plan_ctx ctx = plan_ctx(a, model, kernel);
    struct nl_job *job = nl_job_create(owner);

    ctx.no_vrf = net && net->vpc && vpc_is_hopeless(a, net->vpc);
    kernel_plan_network(&ctx, owner->vni, &job->plan);
    if (net) {
        device_problem(model, xasprintf("network/%s", net->name), &job->plan);
    }
    if (!job->plan.ready) {
        owner_set_del(&a->ready, owner);
    } else if (owner_set_add(&a->ready, owner)) {
        network_ready(a, net);
    }
    start_job(a, model, job);
}

/* The kernel has no devices of the kind that 'job' asked for: takes the next
 * kind.  Returns false if there is none. */
static bool
next_kind(struct nl_apply *a, const struct nl_job *job)
{
    if (job->kind == a->kind) {
        if (a->kind + 1 >= ARRAY_SIZE(advertise_kinds)) {
            return false;
        }
        VLOG_INFO("the kernel has no %s devices, using %s",
                  advertise_kinds[a->kind], advertise_kinds[a->kind + 1]);
        a->kind++;
    }
    return true;
}

/* Takes the result of 'job', which had an owner. */
static void
finish_owner(struct nl_apply *a, struct model *model, struct nl_job *job)
{
    const struct kernel_op *failed = (job->error
                                      ? &job->plan.ops[job->n_done] : NULL);

    owner_set_del(&a->busy, &job->owner);
    if (!failed) {
        nl_retries_succeeded(&a->retries, model, &job->owner);
    } else if (failed->advertise && job->error == EOPNOTSUPP
               && next_kind(a, job)) {
        nl_apply_update(a, &job->owner);
    } else {
        a->status.n_failures++;
        nl_retries_failed(&a->retries, model, &job->owner, failed,
                          job->error);
        if (job->owner.kind == OWNER_VPC
            && model_vpc(model, job->owner.vni)) {
            dirty_vpc_networks(a, model_vpc(model, job->owner.vni));
        }
    }
    if (owner_set_del(&a->again, &job->owner)) {
        nl_apply_update(a, &job->owner);
    }
}

/* Has the log tell of the requests of owners, too, if 'telling'. */
void
nl_apply_tell(struct nl_apply *a, bool telling)
{
    a->telling = telling;
}

/* Tells in the log how the requests of 'job' went. */
static void
log_job(const struct nl_job *job)
{
    for (size_t i = 0; i < job->plan.n_ops; i++) {
        VLOG_INFO_RL(&rl, "%s: %s", job->plan.ops[i].what,
                     i < job->n_done ? "done"
                     : i > job->n_done ? "not tried"
                     : ovs_strerror(job->error));
    }
}

/* Takes back the jobs that are done.  The caller reads notifications after
 * this and before nl_apply_run(): then what is planned knows what they did. */
void
nl_apply_collect(struct nl_apply *a, struct model *model)
{
    struct nl_job *job;

    while (a->n_jobs && (job = nl_worker_pop(a->worker))) {
        a->n_jobs--;
        COVERAGE_ADD(nl_apply_write, job->n_done);
        a->status.n_writes += job->n_done;
        ovs_list_push_back_all(&a->links, &job->links);
        if (job->has_owner) {
            finish_owner(a, model, job);
        }
        if (!job->has_owner || a->telling) {
            log_job(job);
        }
        nl_job_destroy(job);
    }
}

/* Removes an entry that zebra left behind from the kernel (P4); see
 * kernel_plan_orphan(). */
void
nl_apply_remove_orphan(struct nl_apply *a, const struct kernel *kernel,
                       uint32_t vni, const struct eth_addr *mac,
                       const struct in6_addr *ip)
{
    struct nl_job *job = nl_job_create(NULL);

    kernel_plan_orphan(kernel, vni, mac, ip, &job->plan);
    submit_job(a, job);
}

/* Has the kernel tell zebra again of 'addr' of the bridge of network 'vni'. */
void
nl_apply_tell_addr(struct nl_apply *a, const struct kernel *kernel,
                   uint32_t vni, const struct kaddr *addr)
{
    struct nl_job *job = nl_job_create(NULL);

    kernel_plan_tell_addr(kernel, vni, addr, &job->plan);
    submit_job(a, job);
}

/* Sets the vxlan device of network 'vni' down and up, which makes bgpd tell
 * zebra all again (P3). */
void
nl_apply_flap(struct nl_apply *a, const struct kernel *kernel, uint32_t vni)
{
    struct nl_job *job = nl_job_create(NULL);

    kernel_plan_flap(kernel, vni, &job->plan);
    submit_job(a, job);
}

/* Keeps 'tap' from reaching others in the bridge that it is in. */
void
nl_apply_tap_isolate(struct nl_apply *a, const struct klink *tap)
{
    struct nl_job *job = nl_job_create(NULL);

    kernel_plan_tap_isolate(tap, &job->plan);
    submit_job(a, job);
}

/* Takes 'tap' out of the bridge that it is in. */
void
nl_apply_tap_release(struct nl_apply *a, const struct klink *tap)
{
    struct nl_job *job = nl_job_create(NULL);

    kernel_plan_tap_release(tap, &job->plan);
    submit_job(a, job);
}

static void
retry_owner(void *a, const struct owner *owner)
{
    nl_apply_update(a, owner);
}

/* Moves what is due from 'later' and 'retries' to where it is looked at. */
static void
run_later(struct nl_apply *a)
{
    long long int now = time_msec();
    struct later *later;

    LIST_FOR_EACH_SAFE (later, list_node, &a->later) {
        if (later->due > now) {
            break;
        }
        nl_apply_update(a, &later->owner);
        ovs_list_remove(&later->list_node);
        a->n_later--;
        free(later);
    }
    nl_retries_run(&a->retries, now, retry_owner, a);
}

/* Takes the next owner to be looked at from 'set'.  One that has a job is put
 * off until that is done.  Returns false if there is none. */
static bool
pop_owner(struct nl_apply *a, struct owner_set *set, struct owner *owner)
{
    while (owner_set_pop(set, owner)) {
        if (!owner_set_contains(&a->busy, owner)) {
            return true;
        }
        owner_set_add(&a->again, owner);
    }
    return false;
}

/* Takes the next owner to be looked at, in the order that zebra needs, and
 * looks at it.  Returns false if there is none. */
static bool
run_one(struct nl_apply *a, struct model *model, const struct kernel *kernel)
{
    struct owner owner;
    bool removal = pop_owner(a, &a->ips, &owner);

    if (!removal && !pop_owner(a, &a->macs, &owner)
        && !pop_owner(a, &a->ip_adds, &owner)
        && (a->devices_wait || !pop_owner(a, &a->nets, &owner))) {
        return false;
    }
    if (!owner_claim(a, model, &owner)) {
        return true;
    }
    if (owner.kind == OWNER_LOCAL_IP) {
        run_ip(a, model, kernel, &owner, removal);
    } else if (owner.kind == OWNER_LOCAL_MAC) {
        run_mac(a, model, kernel, &owner);
    } else if (owner.kind == OWNER_VPC) {
        run_vpc(a, model, kernel, &owner);
    } else {
        run_network(a, model, kernel, &owner);
    }
    return true;
}

/* All networks are to be looked at: what their devices need has changed. */
static void
dirty_networks(struct nl_apply *a, const struct model *model)
{
    const struct network *net;
    const struct vpc *vpc;

    HMAP_FOR_EACH (net, hmap_node, &model->networks) {
        struct owner owner = owner_network(net->vni);

        owner_set_add(&a->nets, &owner);
    }
    HMAP_FOR_EACH (vpc, hmap_node, &model->vpcs) {
        struct owner owner = owner_vpc(vpc->l3vni);

        owner_set_add(&a->nets, &owner);
    }
}

/* Decides whether devices wait for the switch. */
static void
run_patience(struct nl_apply *a, bool switch_settled)
{
    if (owner_set_is_empty(&a->nets)) {
        a->devices_due = 0;
    } else if (!a->devices_due) {
        a->devices_due = time_msec() + NL_APPLY_PATIENCE;
    }
    a->devices_wait = !switch_settled && time_msec() < a->devices_due;
}

/* Plans what is to be written, for NL_APPLY_SLICE ms, and has it done.  When
 * 'ctx->complete' becomes true, the caller makes the owners of 'kernel' be
 * looked at (kernel_dirty_all()). */
void
nl_apply_run(struct nl_apply *a, struct model *model,
             const struct kernel *kernel, const struct nl_apply_ctx *ctx)
{
    long long int deadline = time_msec() + NL_APPLY_SLICE;

    a->complete = ctx->complete;
    if (a->complete) {
        owner_set_clear(&a->claimed);
    }
    if (a->fenced != ctx->fenced) {
        a->fenced = ctx->fenced;
        dirty_networks(a, model);
    }
    run_patience(a, ctx->switch_settled);
    run_later(a);
    while (time_msec() < deadline && run_one(a, model, kernel)) {
        continue;
    }
}

/* If a link was changed, stores what it is now in '*l' and returns true. */
bool
nl_apply_pop_link(struct nl_apply *a, struct nl_link *l)
{
    struct nl_changed_link *link;

    if (ovs_list_is_empty(&a->links)) {
        return false;
    }
    link = CONTAINER_OF(ovs_list_pop_front(&a->links), struct nl_changed_link,
                        list_node);
    *l = link->l;
    free(link);
    return true;
}

static size_t
n_pending(const struct nl_apply *a)
{
    return (owner_set_count(&a->ips) + owner_set_count(&a->ip_adds)
            + owner_set_count(&a->macs) + owner_set_count(&a->nets));
}

/* Wakes the poll loop when there is something to do. */
void
nl_apply_wait(struct nl_apply *a)
{
    const struct later *later;

    if (n_pending(a) > (a->devices_wait ? owner_set_count(&a->nets) : 0)
        || !ovs_list_is_empty(&a->links)) {
        poll_immediate_wake();
    }
    if (a->devices_wait) {
        poll_timer_wait_until(a->devices_due);
    }
    if (a->n_jobs) {
        nl_worker_wait(a->worker);
    }
    if (!ovs_list_is_empty(&a->later)) {
        later = CONTAINER_OF(ovs_list_front(&a->later), struct later,
                             list_node);
        poll_timer_wait_until(later->due);
    }
    nl_retries_wait(&a->retries);
}

/* Returns true if there is nothing to be looked at now; what failed and waits
 * for its next try, and what will be looked at later, do not count. */
bool
nl_apply_is_idle(const struct nl_apply *a)
{
    return !n_pending(a) && !a->n_jobs && ovs_list_is_empty(&a->links);
}

/* Returns the number of requests done since the start. */
uint64_t
nl_apply_n_writes(const struct nl_apply *a)
{
    return a->status.n_writes;
}

/* Fills in '*status'. */
void
nl_apply_get_status(const struct nl_apply *a, struct nl_apply_status *status)
{
    *status = a->status;
    status->n_pending = n_pending(a) + a->n_later + a->n_jobs;
    status->n_retrying = nl_retries_count(&a->retries);
}
