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
#include "flows/flows.h"

#include "flows/flow-table.h"
#include "flows/gen.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "ovs-ext/model/model.h"
#include "sset.h"
#include "util.h"

/* Topics of problems. */
#define REJECTED "flow-rejected"
#define CONFLICT "flow-conflict"
#define CONNECTION "switch-connection"

/* How long the switch may be away before that is a problem, in seconds. */
#define AWAY_MAX 3

struct flows {
    struct flow_table table;
    struct flow_list list;      /* Of one flows_update(), then empty. */
    struct switch_conn *conn;
    size_t n_recompute_diffs;   /* Since flows_recompute_begin(). */
    uint64_t trouble_seqno;     /* Of 'table', when last looked at. */
    struct sset troubled;       /* Objects with problems by us. */
};

/* Returns a new "struct flows".  The caller frees it with flows_destroy(). */
struct flows *
flows_create(void)
{
    struct flows *f = xzalloc(sizeof *f);

    flow_table_init(&f->table);
    flow_list_init(&f->list, &f->table.payloads);
    f->conn = switch_conn_create(&f->table);
    sset_init(&f->troubled);
    return f;
}

/* Frees 'f'.  The switch keeps its flows. */
void
flows_destroy(struct flows *f)
{
    if (f) {
        switch_conn_destroy(f->conn);
        flow_list_uninit(&f->list);
        flow_table_uninit(&f->table);
        sset_destroy(&f->troubled);
        free(f);
    }
}

/* Generates again what 'owner' has according to 'model'.  Returns the number
 * of differences to what it had. */
size_t
flows_update(struct flows *f, const struct model *model,
             const struct owner *owner)
{
    size_t n_diffs;

    gen_owner(model, owner, &f->list);
    n_diffs = flow_table_update(&f->table, owner, &f->list);
    f->n_recompute_diffs += n_diffs;
    return n_diffs;
}

/* Begins a recomputation: the caller calls flows_update() for each owner that
 * there is, and then flows_recompute_end(). */
void
flows_recompute_begin(struct flows *f)
{
    f->n_recompute_diffs = 0;
    flow_table_recompute_begin(&f->table);
}

/* Ends a recomputation; what owners had that were not updated since its
 * beginning goes.  Returns the number of differences that it found. */
size_t
flows_recompute_end(struct flows *f)
{
    f->n_recompute_diffs += flow_table_recompute_end(&f->table);
    return f->n_recompute_diffs;
}

/* If 'allowed', removes what was found in the switch and no owner has claimed.
 * The caller allows it when it has called flows_update() for all owners, and
 * no owner is missing only because its source is away. */
void
flows_sweep_adopted(struct flows *f, bool allowed)
{
    if (allowed && switch_conn_is_ready(f->conn)) {
        flow_table_sweep_adopted(&f->table);
    }
}

/* Problems. */

/* Returns the object that problems of 'owner' are shown at.  The caller frees
 * it. */
static char *
problem_object(const struct model *model, const struct owner *owner)
{
    const struct network *net = model_network(model, owner->vni);
    const struct port *port = (owner->kind == OWNER_PORT
                               ? model_port_by_owner(model, owner) : NULL);

    return (port ? xasprintf("port/%s", port->name)
            : net ? xasprintf("network/%s", net->name)
            : xstrdup("host"));
}

/* Adds what is wrong with 'e' to 'troubles', which maps from objects to
 * texts. */
static void
add_trouble(const struct model *model, const struct flow_entry *e,
            struct shash *troubles)
{
    char *object = problem_object(model, e->desired ? &e->owner
                                  : &(struct owner) { .kind = OWNER_HOST });
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!shash_find(troubles, object)) {
        if (e->error) {
            ds_put_format(&s, "the switch rejected with %s: ",
                          ofperr_get_name(e->error));
        } else {
            ds_put_cstr(&s, "another owner has the same flow: ");
        }
        flow_key_format(&e->key, e->desired ? e->desired : e->installed, &s);
        shash_add_nocopy(troubles, xstrdup(object), ds_steal_cstr(&s));
    }
    free(object);
}

/* Sets a problem about 'topic' at each object in 'troubles', and clears those
 * at other objects in 'troubled'. */
static void
set_problems(struct problems *problems, const char *topic,
             const struct shash *troubles, const struct sset *troubled)
{
    const struct shash_node *node;
    const char *object;

    SSET_FOR_EACH (object, troubled) {
        if (!shash_find(troubles, object)) {
            problem_clear(problems, object, topic);
        }
    }
    SHASH_FOR_EACH (node, troubles) {
        problem_set(problems, node->name, topic, "%s",
                    (const char *) node->data);
    }
}

static void
add_objects(struct sset *objects, const struct shash *troubles)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, troubles) {
        sset_add(objects, node->name);
    }
}

/* Tells 'model' what the switch rejected and which flows have a conflict. */
static void
run_problems(struct flows *f, struct model *model)
{
    struct shash rejected = SHASH_INITIALIZER(&rejected);
    struct shash conflicts = SHASH_INITIALIZER(&conflicts);
    const struct flow_entry *e;

    if (f->trouble_seqno == f->table.trouble_seqno) {
        return;
    }
    f->trouble_seqno = f->table.trouble_seqno;

    LIST_FOR_EACH (e, place_node, &f->table.places[FLOW_QUARANTINED]) {
        add_trouble(model, e, &rejected);
    }
    if (f->table.n_shadowed) {
        HMAP_FOR_EACH (e, key_node, &f->table.entries) {
            if (e->shadowed) {
                add_trouble(model, e, &conflicts);
            }
        }
    }
    set_problems(&model->problems, REJECTED, &rejected, &f->troubled);
    set_problems(&model->problems, CONFLICT, &conflicts, &f->troubled);
    sset_clear(&f->troubled);
    add_objects(&f->troubled, &rejected);
    add_objects(&f->troubled, &conflicts);
    shash_destroy_free_data(&rejected);
    shash_destroy_free_data(&conflicts);
}

/* Tells 'model' if the switch is away for long. */
static void
run_connection_problem(struct flows *f, struct model *model)
{
    int seconds;
    int error = switch_conn_failure(f->conn, &seconds);

    if (!error) {
        problem_clear(&model->problems, "host", CONNECTION);
    } else if (seconds > AWAY_MAX) {
        problem_set(&model->problems, "host", CONNECTION,
                    "no OpenFlow 1.5 connection to bridge %s (%s); check that "
                    "ovs-vswitchd runs and the bridge's protocols allow it",
                    model->host.bridge, ovs_strerror(error));
    }
}

/* Sends to the switch of 'model' what is pending, takes its answers, and tells
 * 'model' about problems. */
void
flows_run(struct flows *f, struct model *model)
{
    if (model->host.bridge) {
        switch_conn_run(f->conn, model->host.bridge);
        run_connection_problem(f, model);
    }
    run_problems(f, model);
}

/* Makes poll_block() wake up when flows_run() has something to do. */
void
flows_wait(struct flows *f)
{
    switch_conn_wait(f->conn);
}

/* Looking. */

/* Returns true if there is a connection and the switch has been read. */
bool
flows_is_ready(const struct flows *f)
{
    return switch_conn_is_ready(f->conn);
}

/* Returns true if the switch has all that is wanted of it, as far as it
 * accepts it. */
bool
flows_in_sync(const struct flows *f)
{
    return flows_is_ready(f) && flow_table_is_settled(&f->table);
}

/* Returns how many flows are wanted. */
size_t
flows_count(const struct flows *f)
{
    return f->table.n_flows;
}

/* Returns how many modifications have been sent since the start. */
uint64_t
flows_n_mods(const struct flows *f)
{
    struct switch_conn_stats stats;

    switch_conn_get_stats(f->conn, &stats);
    return stats.n_mods;
}

/* Stores in '*status' what an operator wants to know. */
void
flows_get_status(const struct flows *f, struct flows_status *status)
{
    const struct flow_table *t = &f->table;

    *status = (struct flows_status) {
        .connected = switch_conn_is_connected(f->conn),
        .ready = switch_conn_is_ready(f->conn),
        .n_flows = t->n_flows,
        .n_groups = t->n_groups,
        .n_pending = t->n_places[FLOW_PENDING],
        .n_in_flight = t->n_in_flight,
        .n_adopted = t->n_places[FLOW_ADOPTED],
        .n_quarantined = t->n_places[FLOW_QUARANTINED],
        .n_waiting = t->n_places[FLOW_WAITING],
        .n_conflicts = t->n_shadowed,
    };
    switch_conn_get_stats(f->conn, &status->conn);
}

/* Appends to 's' the flows and groups of 'owner' (all, if 'owner' is null),
 * sorted, one line each, in the syntax of ovs-ofctl. */
void
flows_show(const struct flows *f, const struct owner *owner, struct ds *s)
{
    flow_table_format(&f->table, owner, s);
}
