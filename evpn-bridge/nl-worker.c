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
#include "evpn-bridge/nl-worker.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include "latch.h"
#include "netlink-socket.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_worker);

struct nl_worker {
    pthread_t thread;
    struct latch wake_main;     /* 'done' has more. */

    struct ovs_mutex mutex;
    pthread_cond_t cond;        /* 'todo' has more, or 'exiting'. */
    struct ovs_list todo OVS_GUARDED; /* "struct nl_job"s. */
    struct ovs_list done OVS_GUARDED; /* Likewise. */
    bool exiting OVS_GUARDED;
};

/* Returns a job without requests on behalf of 'owner', which may be null. */
struct nl_job *
nl_job_create(const struct owner *owner)
{
    struct nl_job *job = xzalloc(sizeof *job);

    if (owner) {
        job->owner = *owner;
        job->has_owner = true;
    }
    kernel_plan_init(&job->plan);
    ovs_list_init(&job->links);
    return job;
}

/* Frees 'job'. */
void
nl_job_destroy(struct nl_job *job)
{
    struct nl_changed_link *link;

    LIST_FOR_EACH_POP (link, list_node, &job->links) {
        free(link);
    }
    kernel_plan_uninit(&job->plan);
    free(job);
}

/* Asks the kernel how the link 'ifindex' is now, and appends that to
 * 'links'. */
static void
read_back(int ifindex, struct ovs_list *links)
{
    uint64_t stub[64 / 8];
    struct ofpbuf request = OFPBUF_STUB_INITIALIZER(stub);
    struct ofpbuf *reply = NULL;

    nl_link_format_get(ifindex, &request);
    if (!nl_transact(NETLINK_ROUTE, &request, &reply)) {
        struct nl_changed_link *link = xmalloc(sizeof *link);

        if (!nl_link_parse(reply, &link->l)) {
            ovs_list_push_back(links, &link->list_node);
        } else {
            free(link);
        }
    }
    ofpbuf_delete(reply);
    ofpbuf_uninit(&request);
}

/* Does 'op' and returns 0 or an errno value.  Appends the link that it
 * changed, if the kernel does not notify of that, to 'links'. */
static int
execute(const struct kernel_op *op, struct ovs_list *links)
{
    int error = nl_transact(NETLINK_ROUTE, op->request, NULL);

    VLOG_DBG("%s: %s", op->what, ovs_strerror(error));
    if (op->removes && (error == ENOENT || error == ENODEV
                        || error == ESRCH || error == EADDRNOTAVAIL)) {
        error = 0;
    }
    if (!error && op->ifindex) {
        read_back(op->ifindex, links);
    }
    return error;
}

static void
do_job(struct nl_job *job)
{
    const struct kernel_plan *plan = &job->plan;

    while (!job->error && job->n_done < plan->n_ops) {
        job->error = execute(&plan->ops[job->n_done], &job->links);
        job->n_done += !job->error;
    }
}

static struct nl_job *
pop_job(struct ovs_list *jobs)
{
    return (ovs_list_is_empty(jobs) ? NULL
            : CONTAINER_OF(ovs_list_pop_front(jobs), struct nl_job,
                           list_node));
}

static void *
worker_main(void *w_)
{
    struct nl_worker *w = w_;

    ovsrcu_quiesce_start();     /* For good: it uses no RCU. */
    ovs_mutex_lock(&w->mutex);
    while (!w->exiting) {
        struct nl_job *job = pop_job(&w->todo);

        if (!job) {
            ovs_mutex_cond_wait(&w->cond, &w->mutex);
            continue;
        }
        ovs_mutex_unlock(&w->mutex);
        do_job(job);
        ovs_mutex_lock(&w->mutex);
        ovs_list_push_back(&w->done, &job->list_node);
        latch_set(&w->wake_main);
    }
    ovs_mutex_unlock(&w->mutex);
    return NULL;
}

/* Returns a new worker, whose thread runs.  No process may fork after
 * this. */
struct nl_worker *
nl_worker_create(void)
{
    struct nl_worker *w = xzalloc(sizeof *w);

    latch_init(&w->wake_main);
    ovs_mutex_init(&w->mutex);
    xpthread_cond_init(&w->cond, NULL);
    ovs_mutex_lock(&w->mutex);
    ovs_list_init(&w->todo);
    ovs_list_init(&w->done);
    ovs_mutex_unlock(&w->mutex);
    w->thread = ovs_thread_create("nl_write", worker_main, w);
    return w;
}

/* Frees 'w', when the job under way is done; the others are dropped. */
void
nl_worker_destroy(struct nl_worker *w)
{
    struct nl_job *job;

    ovs_mutex_lock(&w->mutex);
    w->exiting = true;
    xpthread_cond_signal(&w->cond);
    ovs_mutex_unlock(&w->mutex);
    xpthread_join(w->thread, NULL);

    ovs_mutex_lock(&w->mutex);
    while ((job = pop_job(&w->todo)) || (job = pop_job(&w->done))) {
        nl_job_destroy(job);
    }
    ovs_mutex_unlock(&w->mutex);
    latch_destroy(&w->wake_main);
    ovs_mutex_destroy(&w->mutex);
    xpthread_cond_destroy(&w->cond);
    free(w);
}

/* Hands 'job' to 'w', which takes it until nl_worker_pop() returns it. */
void
nl_worker_submit(struct nl_worker *w, struct nl_job *job)
{
    ovs_mutex_lock(&w->mutex);
    ovs_list_push_back(&w->todo, &job->list_node);
    xpthread_cond_signal(&w->cond);
    ovs_mutex_unlock(&w->mutex);
}

/* Returns a job that is done, which becomes the caller's, or null. */
struct nl_job *
nl_worker_pop(struct nl_worker *w)
{
    struct nl_job *job;

    latch_poll(&w->wake_main);
    ovs_mutex_lock(&w->mutex);
    job = pop_job(&w->done);
    ovs_mutex_unlock(&w->mutex);
    return job;
}

/* Wakes the poll loop when nl_worker_pop(), which returned null, has something
 * to return. */
void
nl_worker_wait(struct nl_worker *w)
{
    latch_wait(&w->wake_main);
}
