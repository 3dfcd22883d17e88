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
#include "flows/flows.h"
#include "flows/pipeline.h"
#include "flows/security.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/show-model.h"
#include "smap.h"
#include "unixctl.h"
#include "util.h"

/* "port/show", which needs the switch to tell what it dropped. */

/* A command that waits for the switch, which is asked twice. */
struct ports_show {
    struct engine *engine;
    struct unixctl_conn *conn;
    char *name;                 /* Of the port asked for, or null for all. */
    bool json;
    struct show_ports_counts counts; /* What it told. */
};

/* What was dropped of a port, by reason. */
struct drops {
    uint64_t packets[DROP_N_REASONS];
};

#define MAX_OFPORT 0xffff

/* Adds 'counter' to 'drops', which are by OpenFlow port. */
static void
drops_add(struct drops *drops, const struct flow_counter *counter)
{
    enum security_reason reason;
    struct match match;
    uint32_t ofport;

    minimatch_expand(&counter->key.match, &match);
    ofport = match.flow.regs[REG_IN_TAG - MFF_REG0];
    if (ofport <= MAX_OFPORT
        && security_parse_counter(counter->key.table_id, &match, &reason)) {
        drops[ofport].packets[reason] += counter->n_packets;
    }
}

/* Returns "REASON=N ..." for what was dropped, malloc'd. */
static char *
drops_format(const struct drops *drops)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (enum security_reason r = 1; r < DROP_N_REASONS; r++) {
        if (drops->packets[r]) {
            ds_put_format(&s, "%s%s=%"PRIu64, s.length ? " " : "",
                          security_reason_name(r), drops->packets[r]);
        }
    }
    return ds_steal_cstr(&s);
}

/* Adds to 'texts' what 'counters' say was dropped of the ports of 'm', by the
 * names of these. */
static void
drops_to_texts(const struct model *m, const struct flow_counters *counters,
               struct smap *texts)
{
    struct drops *drops = xcalloc(MAX_OFPORT + 1, sizeof *drops);
    const struct port *port;

    for (size_t i = 0; i < counters->n; i++) {
        if (counters->counters[i].n_packets) {
            drops_add(drops, &counters->counters[i]);
        }
    }
    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        if (port->active && port->ofport <= MAX_OFPORT) {
            smap_add_nocopy(texts, xstrdup(port->name),
                            drops_format(&drops[port->ofport]));
        }
    }
    free(drops);
}

/* Packets of a port that meters did not let be handed over. */
struct metered {
    uint64_t learn;             /* To be learned from. */
    uint64_t resolve;           /* For a host that is to be looked for. */
    uint64_t error;             /* Of whose fate its VM is to be told. */
    uint64_t gateway;           /* For the gateway. */
    uint64_t rs;                /* Router solicitations to be checked. */
};

/* Adds 'counter', that of a meter, to 'metered', which is by OpenFlow port. */
static void
metered_add(struct metered *metered, const struct flow_counter *counter)
{
    struct metered *m = &metered[counter->key.id & MAX_OFPORT];
    uint64_t n = counter->n_packets;

    switch (counter->key.id & ~GROUP_ID_MASK) {
    case METER_LEARN:
    case METER_LEARN_DHCP:
        m->learn += n;
        break;
    case METER_RESOLVE:
        m->resolve += n;
        break;
    case METER_ROUTE:
        m->error += n;
        break;
    case METER_GATEWAY:
        m->gateway += n;
        break;
    case METER_RS:
        m->rs += n;
        break;
    default:
        break;
    }
}

/* Returns "KIND=N ..." for what the router was not handed of a port,
 * malloc'd. */
static char *
metered_format(const struct metered *m)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (m->resolve) {
        ds_put_format(&s, "resolve=%"PRIu64" ", m->resolve);
    }
    if (m->error) {
        ds_put_format(&s, "error=%"PRIu64" ", m->error);
    }
    if (m->gateway) {
        ds_put_format(&s, "gateway=%"PRIu64, m->gateway);
    }
    return ds_steal_cstr(&s);
}

/* Adds to what was dropped of 'port', in 'drops', 'n' router solicitations
 * that were too many to be checked. */
static void
metered_add_drops(struct smap *drops, const struct port *port, uint64_t n)
{
    const char *others = smap_get_def(drops, port->name, "");

    if (n) {
        smap_replace_nocopy(drops, port->name,
                            xasprintf("%s%snd-rate=%"PRIu64, others,
                                      *others ? " " : "", n));
    }
}

/* Adds to 'counts' what the meters in 'counters' dropped of the ports of
 * 'm'. */
static void
meters_to_texts(const struct model *m, const struct flow_counters *counters,
                struct show_ports_counts *counts)
{
    struct metered *metered = xcalloc(MAX_OFPORT + 1, sizeof *metered);
    const struct port *port;

    for (size_t i = 0; i < counters->n; i++) {
        metered_add(metered, &counters->counters[i]);
    }
    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        if (port->active && port->ofport <= MAX_OFPORT) {
            const struct metered *of_port = &metered[port->ofport];

            smap_add_format(&counts->copies, port->name, "%"PRIu64,
                            of_port->learn);
            smap_add_nocopy(&counts->router, xstrdup(port->name),
                            metered_format(of_port));
            metered_add_drops(&counts->drops, port, of_port->rs);
        }
    }
    free(metered);
}

/* Replies to 'conn' that there is no port named 'name'. */
static void
reply_no_port(struct unixctl_conn *conn, const char *name)
{
    char *error = xasprintf("no port \"%s\" on this host; \"ovs-appctl -t "
                            "ovs-ext port/show\" lists them", name);

    unixctl_command_reply_error(conn, error);
    free(error);
}

/* The switch told what meters have dropped: 'counters', or null and
 * 'error'. */
static void
ports_show_meters_cb(const struct flow_counters *counters, const char *error,
                     void *ps_)
{
    struct ports_show *ps = ps_;
    const struct model *m = &ps->engine->model;

    if (counters) {
        meters_to_texts(m, counters, &ps->counts);
    } else if (!ps->counts.error) {
        ps->counts.error = xstrdup(error);
    }
    if (ps->name && !model_port(m, ps->name)) {
        reply_no_port(ps->conn, ps->name);
    } else {
        char *reply = show_ports(m, ps->name, &ps->counts, ps->json);

        unixctl_command_reply(ps->conn, reply);
        free(reply);
    }
    smap_destroy(&ps->counts.drops);
    smap_destroy(&ps->counts.copies);
    smap_destroy(&ps->counts.router);
    free(ps->counts.error);
    free(ps->name);
    free(ps);
}

/* The switch told what flows have counted: 'counters', or null and
 * 'error'. */
static void
ports_show_cb(const struct flow_counters *counters, const char *error,
              void *ps_)
{
    const struct flow_query query = flow_query_meters();
    struct ports_show *ps = ps_;

    if (counters) {
        drops_to_texts(&ps->engine->model, counters, &ps->counts.drops);
    } else {
        ps->counts.error = xstrdup(error);
    }
    flows_query(ps->engine->flows, &query, ports_show_meters_cb, ps);
}

/* Replies to 'conn' what "port/show" prints: the port named 'name', or all of
 * this host if it is null; when the switch has told what it dropped, or has
 * failed to. */
void
engine_ports_show(struct engine *e, struct unixctl_conn *conn,
                  const char *name, bool json)
{
    const struct port *port = name ? model_port(&e->model, name) : NULL;
    struct flow_query query
        = (port ? flow_query_owner(&port->owner, TABLE_SECURITY_DROP)
           : flow_query_kind(OWNER_PORT, TABLE_SECURITY_DROP));
    struct ports_show *ps;

    if (name && !port) {
        reply_no_port(conn, name);
        return;
    }
    ps = xmalloc(sizeof *ps);
    *ps = (struct ports_show) {
        .engine = e,
        .conn = conn,
        .name = nullable_xstrdup(name),
        .json = json,
    };
    smap_init(&ps->counts.drops);
    smap_init(&ps->counts.copies);
    smap_init(&ps->counts.router);
    flows_query(e->flows, &query, ports_show_cb, ps);
}
