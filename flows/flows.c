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
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "ovs-ext/model/model.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

/* Topics of problems. */
#define REJECTED "flow-rejected"
#define CONFLICT "flow-conflict"
#define CONNECTION "switch-connection"

/* How often the switch is told that we are there, in ms. */
#define ALIVE_INTERVAL (ALIVE_SECONDS * 1000 / 3)

/* How long the switch may be away before that is a problem, in seconds. */
#define AWAY_MAX 3

struct flows {
    struct flow_table table;
    struct flow_list list;      /* Of one flows_update(), then empty. */
    struct switch_conn *conn;
    long long int next_alive;   /* ms: when to tell it that we are there. */
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
    gen_owner(model, owner, &f->list);
    return flow_table_update(&f->table, owner, &f->list);
}

/* Begins a recomputation: the caller calls flows_update() for each owner that
 * there is, and then flows_recompute_end(). */
void
flows_recompute_begin(struct flows *f)
{
    flow_table_recompute_begin(&f->table);
}

/* Ends a recomputation; what owners had that were not updated since its
 * beginning goes.  Returns how much that was, which no flows_update() told. */
size_t
flows_recompute_end(struct flows *f)
{
    return flow_table_recompute_end(&f->table);
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
            /* Rules may say the same. */
            if (e->shadowed && e->owner.kind != OWNER_RULE) {
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

/* Tells 'model' what the switch can do, if that is known. */
static void
run_switch(struct flows *f, struct model *model)
{
    enum nd_extension nd_extension = switch_conn_nd_extension(f->conn);

    if (nd_extension != ND_EXTENSION_UNKNOWN) {
        model_put_nd_extension(model, nd_extension);
    }
}

/* Tells the switch in time that we are there, and as soon as it is read. */
static void
run_alive(struct flows *f)
{
    if (!switch_conn_is_ready(f->conn)) {
        f->next_alive = 0;
    } else if (time_msec() >= f->next_alive) {
        /* We may be late. */
        switch_conn_send_alive(f->conn,
                               time_msec() > f->next_alive + ALIVE_INTERVAL);
        f->next_alive = time_msec() + ALIVE_INTERVAL;
    }
}

/* Sends to the switch of 'model' what is pending, takes its answers, and tells
 * 'model' about problems.
 *
 * Nothing is sent while a part of a policy is yet to be generated: between an
 * old policy and a new one, none is in effect that is neither. */
void
flows_run(struct flows *f, struct model *model)
{
    uint16_t zone;

    while (switch_conn_is_ready(f->conn)
           && zones_pop_flush(&model->zones, &zone)) {
        switch_conn_flush_zone(f->conn, zone);
    }
    if (model->host.bridge) {
        switch_conn_run(f->conn, model->host.bridge,
                        owner_set_has_policy(&model->dirty));
        run_switch(f, model);
        run_alive(f);
        run_connection_problem(f, model);
    }
    run_problems(f, model);
}

/* Makes poll_block() wake up when flows_run() has something to do. */
void
flows_wait(struct flows *f)
{
    switch_conn_wait(f->conn);
    if (switch_conn_is_ready(f->conn)) {
        poll_timer_wait_until(f->next_alive);
    }
}

/* Asks the switch what the flows that 'query' means have counted.  'cb' gets
 * the answer with 'aux', exactly once and never from within this function: the
 * counters, which it only borrows, or, if the switch is away, refuses or takes
 * too long, an error for the user. */
void
flows_query(struct flows *f, const struct flow_query *query,
            switch_query_cb *cb, void *aux)
{
    switch_conn_query(f->conn, query, cb, aux);
}

/* Takes the oldest packet that a flow handed over, and makes '*packet' what
 * it tells.  Returns what '*packet' points into, for the caller to free with
 * ofpbuf_delete(); null if there is no packet. */
struct ofpbuf *
flows_pop_packet(struct flows *f, struct flow_packet *packet)
{
    return switch_conn_pop_packet(f->conn, packet);
}

/* Drops the packets that nobody took. */
void
flows_clear_packets(struct flows *f)
{
    switch_conn_clear_packets(f->conn);
}

/* Lets 'packet' go on in its table of the switch, with its VNI, tags and
 * flags.  Returns false if it was dropped, since the switch is away or
 * slow. */
bool
flows_send_packet(struct flows *f, const struct flow_packet *packet)
{
    return switch_conn_send_packet(f->conn, packet);
}

/* Calls 'cb' with 'aux' for each MAC of a VM, with the OpenFlow port, of which
 * the switch has a flow from before that nobody has claimed. */
void
flows_for_each_adopted_mac(const struct flows *f, flows_mac_cb *cb, void *aux)
{
    const struct flow_entry *e;

    LIST_FOR_EACH (e, place_node, &f->table.places[FLOW_ADOPTED]) {
        if (e->key.kind == FLOW_FLOW && e->key.table_id == TABLE_LEARN
            && e->key.priority == PRIORITY_MULTICAST) {
            struct match match;

            minimatch_expand(&e->key.match, &match);
            cb(aux, match.flow.regs[REG_IN_TAG - MFF_REG0],
               match.flow.dl_src);
        }
    }
}

/* Calls 'cb' with 'aux' for each VTEP and L3VNI, with the MAC of its router,
 * of which the switch has a flow from before that nobody has claimed. */
void
flows_for_each_adopted_router_mac(const struct flows *f,
                                  flows_router_mac_cb *cb, void *aux)
{
    const struct flow_entry *e;

    LIST_FOR_EACH (e, place_node, &f->table.places[FLOW_ADOPTED]) {
        uint64_t stub[256 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct in6_addr vtep;
        struct eth_addr mac;
        struct match match;
        uint32_t l3vni;

        if (e->key.kind == FLOW_FLOW && e->key.table_id == TABLE_NEXT_HOP) {
            minimatch_expand(&e->key.match, &match);
            if (flow_payload_to_ofpacts(e->installed, &ofpacts)
                && router_mac_from_flow(&match, &ofpacts, &l3vni, &vtep,
                                        &mac)) {
                cb(aux, l3vni, &vtep, mac);
            }
        }
        ofpbuf_uninit(&ofpacts);
    }
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
        .n_meters = t->n_meters,
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
