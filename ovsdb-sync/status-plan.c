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
#include "ovsdb-sync/status-plan.h"

#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "util.h"

/* Initializes 'plan' to tell what rows should say of 'model'.  Ask for ports
 * and networks before the host, which shows what they do not. */
void
status_plan_init(struct status_plan *plan, const struct model *model)
{
    plan->model = model;
    plan->problems = problems_sort(&model->problems, NULL, &plan->n_problems);
    sset_init(&plan->shown);
}

/* Frees what 'plan' holds; 'plan' itself stays the caller's. */
void
status_plan_uninit(struct status_plan *plan)
{
    free(plan->problems);
    sset_destroy(&plan->shown);
}

/* Returns the index of the first problem whose object is not before
 * 'object'. */
static size_t
first_problem(const struct status_plan *plan, const char *object)
{
    size_t low = 0, high = plan->n_problems;

    while (low < high) {
        size_t mid = (low + high) / 2;

        if (strcmp(plan->problems[mid]->object, object) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Adds the problems of the object 'kind'/'name' to 'texts', each with 'prefix'
 * and ": " in front if 'prefix' is not null, and notes that they are shown. */
static void
show_problems(struct status_plan *plan, const char *kind, const char *name,
              const char *prefix, struct sset *texts)
{
    char *object = xasprintf("%s/%s", kind, name);

    for (size_t i = first_problem(plan, object);
         i < plan->n_problems && !strcmp(plan->problems[i]->object, object);
         i++) {
        const char *text = plan->problems[i]->text;

        if (prefix) {
            sset_add_and_free(texts, xasprintf("%s: %s", prefix, text));
        } else {
            sset_add(texts, text);
        }
        sset_add(&plan->shown, object);
    }
    free(object);
}

/* Tells what the row of the port 'name' should say, given that its columns
 * "host" and "up" say 'host' and 'up' now; a port comes up only if 'all_done',
 * that is, when what was made from it is in effect.
 *
 * Returns false if the row is none of our business.  Otherwise fills in
 * '*want', whose 'problems' the caller destroys. */
bool
status_plan_port(struct status_plan *plan, const char *name, const char *host,
                 enum status_up up, bool all_done, struct status_port *want)
{
    const struct port *port = model_port(plan->model, name);
    const char *self = plan->model->host.name;
    bool ours = host && self && !strcmp(host, self);
    bool here = port && port->ofport;

    if (!self || (!ours && (!here || (host && !port->active)))) {
        return false;
    }
    sset_init(&want->problems);
    if (here) {
        want->host = self;
        want->up = (!port->active && !port->held ? STATUS_UP_FALSE
                    : all_done ? STATUS_UP_TRUE
                    : ours ? up
                    : STATUS_UP_FALSE);
        show_problems(plan, "port", name, NULL, &want->problems);
    } else {
        want->host = NULL;
        want->up = STATUS_UP_FALSE;
    }
    return true;
}

/* Adds to 'problems' what we have to say of the 'kind' ("network", "vpc")
 * named 'name', in a column that all hosts write. */
void
status_plan_shared(struct status_plan *plan, const char *kind,
                   const char *name, struct sset *problems)
{
    show_problems(plan, kind, name, plan->model->host.name, problems);
}

static void
add_ip(struct sset *ips, const struct in6_addr *ip)
{
    if (ipv6_addr_is_set(ip)) {
        sset_add_and_free(ips, row_format_ip(ip));
    }
}

/* Adds to 'vtep_ips' and 'problems' what our Host row should say. */
void
status_plan_host(const struct status_plan *plan, struct sset *vtep_ips,
                 struct sset *problems)
{
    add_ip(vtep_ips, &plan->model->host.vtep4);
    add_ip(vtep_ips, &plan->model->host.vtep6);
    for (size_t i = 0; i < plan->n_problems; i++) {
        const struct problem *problem = plan->problems[i];

        if (!strcmp(problem->object, "host")) {
            sset_add(problems, problem->text);
        } else if (!sset_contains(&plan->shown, problem->object)) {
            sset_add_and_free(problems, xasprintf("%s: %s", problem->object,
                                                  problem->text));
        }
    }
}
