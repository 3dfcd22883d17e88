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

#ifndef EVPN_BRIDGE_NL_WORKER_H
#define EVPN_BRIDGE_NL_WORKER_H 1

/* A thread that does rtnetlink requests.
 *
 * rtnetlink has done a request when the system call returns.  To remove a
 * device takes tens of ms, in which the kernel waits for all CPUs to let go of
 * it; and since there is one lock for all that rtnetlink does, in all
 * namespaces, whatever else is requested then takes as long.  The main loop
 * does not wait for that: it hands a job to this thread, and takes it back
 * when it is done.  Jobs are done one after the other, in order.
 *
 * A job belongs to who has it: to the caller before nl_worker_submit() and
 * after nl_worker_pop(), to the thread in between.  They share nothing. */

#include "evpn-bridge/kernel-plan.h"
#include "evpn-bridge/nl-msg.h"
#include "openvswitch/list.h"
#include "ovs-ext/model/owner.h"

/* A link that was changed, as the kernel has it now. */
struct nl_changed_link {
    struct ovs_list list_node;
    struct nl_link l;
};

struct nl_job {
    struct ovs_list list_node;  /* For the one who has it. */
    bool has_owner;
    struct owner owner;         /* On whose behalf, if 'has_owner'. */
    struct kernel_plan plan;    /* The requests. */
    size_t kind;                /* Of the advertise port, for the caller. */

    /* Result. */
    size_t n_done;              /* Of the requests. */
    int error;                  /* Of the next one, or 0. */
    struct ovs_list links;      /* "struct nl_changed_link"s. */
};

struct nl_job *nl_job_create(const struct owner *);
void nl_job_destroy(struct nl_job *);

struct nl_worker;

struct nl_worker *nl_worker_create(void);
void nl_worker_destroy(struct nl_worker *);
void nl_worker_submit(struct nl_worker *, struct nl_job *);
struct nl_job *nl_worker_pop(struct nl_worker *);
void nl_worker_wait(struct nl_worker *);

#endif /* evpn-bridge/nl-worker.h */
