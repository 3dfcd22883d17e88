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
#include "evpn-bridge/nl-retry.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "coverage.h"
#include "evpn-bridge/kernel-plan.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nl_retry);

COVERAGE_DEFINE(nl_apply_failed);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

/* Backoff after failures, ms. */
#define RETRY_MIN 100
#define RETRY_MAX 30000

struct nl_retry {
    struct hmap_node hmap_node; /* In struct nl_retries's 'retries'. */
    struct owner owner;
    long long int due;          /* ms; LLONG_MAX while it is looked at. */
    long long int backoff;      /* ms. */
    char *object;               /* That has a problem, or null. */
};

/* Makes 'r' empty. */
void
nl_retries_init(struct nl_retries *r)
{
    hmap_init(&r->retries);
}

/* Frees what 'r' has; problems stay. */
void
nl_retries_uninit(struct nl_retries *r)
{
    struct nl_retry *retry;

    HMAP_FOR_EACH_POP (retry, hmap_node, &r->retries) {
        free(retry->object);
        free(retry);
    }
    hmap_destroy(&r->retries);
}

static struct nl_retry *
retry_find(const struct nl_retries *r, const struct owner *owner)
{
    struct nl_retry *retry;

    HMAP_FOR_EACH_WITH_HASH (retry, hmap_node, owner_hash(owner),
                             &r->retries) {
        if (owner_equal(&retry->owner, owner)) {
            return retry;
        }
    }
    return NULL;
}

/* Returns the object that has a problem if 'owner' has, malloc'd. */
static char *
owner_object(const struct model *model, const struct owner *owner)
{
    const struct network *net = model_network(model, owner->vni);
    const struct vpc *vpc = model_vpc(model, owner->vni);

    return (owner->kind == OWNER_VPC && vpc ? xasprintf("vpc/%s", vpc->name)
            : net ? xasprintf("network/%s", net->name)
            : xasprintf("network/vni%"PRIu32, owner->vni));
}

/* 'object', which it takes, has the problem of 'retry', described by 'text';
 * if it is null, nobody has. */
static void
retry_set_problem(struct nl_retry *retry, struct model *model, char *object,
                  const char *text)
{
    struct ds topic = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&topic, "kernel ");
    owner_format(&retry->owner, &topic);
    if (retry->object && (!object || strcmp(retry->object, object))) {
        problem_clear(&model->problems, retry->object, ds_cstr(&topic));
    }
    if (object) {
        problem_set(&model->problems, object, ds_cstr(&topic), "%s", text);
    }
    free(retry->object);
    retry->object = object;
    ds_destroy(&topic);
}

/* The kernel refused 'op', of 'owner', with the positive errno 'error': it is
 * tried again after a while, and from the second time on a problem. */
void
nl_retries_failed(struct nl_retries *r, struct model *model,
                  const struct owner *owner, const struct kernel_op *op,
                  int error)
{
    struct nl_retry *retry = retry_find(r, owner);
    bool again = retry != NULL;
    char *object, *text;

    if (!retry) {
        retry = xzalloc(sizeof *retry);
        retry->owner = *owner;
        hmap_insert(&r->retries, &retry->hmap_node, owner_hash(owner));
    }
    retry->backoff = MIN(MAX(2 * retry->backoff, RETRY_MIN), RETRY_MAX);
    retry->due = time_msec() + retry->backoff;

    COVERAGE_INC(nl_apply_failed);
    if (!again) {
        VLOG_DBG_RL(&rl, "%s: %s; trying again", op->what,
                    ovs_strerror(error));
        return;
    }
    object = owner_object(model, owner);
    VLOG_WARN_RL(&rl, "%s: %s: %s", object, op->what, ovs_strerror(error));
    text = xasprintf("the kernel refuses to %s: %s; it is tried again%s",
                     op->what, ovs_strerror(error),
                     op->vrf && error == EOPNOTSUPP
                     ? "; load its module \"vrf\", or this VPC is routed "
                     "among its networks here only" : "");
    retry_set_problem(retry, model, object, text);
    free(text);
}

/* The kernel did all that 'owner' needs. */
void
nl_retries_succeeded(struct nl_retries *r, struct model *model,
                     const struct owner *owner)
{
    struct nl_retry *retry = retry_find(r, owner);

    if (retry) {
        hmap_remove(&r->retries, &retry->hmap_node);
        retry_set_problem(retry, model, NULL, NULL);
        free(retry);
    }
}

/* Returns true if something of 'owner' was refused, and not done since. */
bool
nl_retries_contains(const struct nl_retries *r, const struct owner *owner)
{
    return retry_find(r, owner) != NULL;
}

/* Returns how many owners had something refused. */
size_t
nl_retries_count(const struct nl_retries *r)
{
    return hmap_count(&r->retries);
}

/* Calls 'cb' with 'aux' for each owner that is to be looked at again at time
 * 'now', in ms. */
void
nl_retries_run(struct nl_retries *r, long long int now, nl_retries_cb *cb,
               void *aux)
{
    struct nl_retry *retry;

    HMAP_FOR_EACH (retry, hmap_node, &r->retries) {
        if (retry->due <= now) {
            retry->due = LLONG_MAX;
            cb(aux, &retry->owner);
        }
    }
}

/* Wakes the poll loop when nl_retries_run() has something to do. */
void
nl_retries_wait(const struct nl_retries *r)
{
    const struct nl_retry *retry;

    HMAP_FOR_EACH (retry, hmap_node, &r->retries) {
        if (retry->due != LLONG_MAX) {
            poll_timer_wait_until(retry->due);
        }
    }
}
