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
#include "flows/switch-conn.h"

#include <errno.h>
#include <sys/stat.h>
#include "coverage.h"
#include "dirs.h"
#include "flows/flow-codec.h"
#include "flows/flow-packet.h"
#include "flows/flow-table.h"
#include "openflow/nicira-ext.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(switch_conn);

COVERAGE_DEFINE(switch_conn_connected);
COVERAGE_DEFINE(switch_conn_bundle);
COVERAGE_DEFINE(switch_conn_mod);
COVERAGE_DEFINE(switch_conn_meters);
COVERAGE_DEFINE(switch_conn_packet);
COVERAGE_DEFINE(switch_conn_packet_lost);
COVERAGE_DEFINE(switch_conn_packet_bad);
COVERAGE_DEFINE(switch_conn_packet_out);
COVERAGE_DEFINE(switch_conn_packet_out_lost);
COVERAGE_DEFINE(switch_conn_backlog);
COVERAGE_DEFINE(switch_conn_rejected);
COVERAGE_DEFINE(switch_conn_retry);
COVERAGE_DEFINE(switch_conn_unexpected);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(20, 20);

/* Time between looks for a new socket of the switch, in ms. */
#define LOOK_INTERVAL 50

/* Messages that may be in the queue of the connection. */
#define MAX_QUEUED 256

/* Longest time that one run may take, in ms. */
#define MAX_RUN 10

/* Bundles that may fail in a row before their operations are sent without. */
#define MAX_FAILURES 4

/* Messages of probe_begin(), of which the last is a barrier. */
#define PROBE_XIDS 4

/* Packets that may wait for somebody to take them, and packets that may be in
 * the queue of the connection. */
#define MAX_PACKETS 512
#define MAX_PACKETS_OUT 128

/* Our transaction ids.  libopenvswitch counts its own up from 1. */
#define FIRST_XID 0x40000000
#define LAST_XID 0xf0000000

enum state {
    S_DISCONNECTED,
    S_READING,                  /* Asked for one of 'read_steps'. */
    S_PROBING,                  /* Asked what the datapath can do. */
    S_IDLE,                     /* Nothing under way. */
    S_SENDING,                  /* A transaction has more to be sent. */
    S_BARRIER,                  /* Waiting for the end of a transaction. */
};

/* What is read of the switch, in order: what others need comes first. */
static const struct read_step {
    enum ofptype reply;
    struct ofpbuf *(*request)(ovs_be32 xid);
    int (*put)(struct ofpbuf *reply, struct flow_table *);
} read_steps[] = {
    { OFPTYPE_METER_FEATURES_STATS_REPLY, flow_codec_read_meter_features,
      flow_codec_put_meter_features },
    { OFPTYPE_METER_CONFIG_STATS_REPLY, flow_codec_read_meters,
      flow_codec_put_meters },
    { OFPTYPE_GROUP_DESC_STATS_REPLY, flow_codec_read_groups,
      flow_codec_put_groups },
    { OFPTYPE_FLOW_STATS_REPLY, flow_codec_read_flows,
      flow_codec_put_flows },
};

/* Which file a socket is: a switch that was started again made a new one. */
struct socket_id {
    ino_t ino;
    struct timespec ctim;
};

struct switch_conn {
    struct flow_table *table;   /* Borrowed. */
    struct rconn *rconn;
    char *bridge;               /* Null before the first run. */
    struct socket_id socket;    /* What 'rconn' was connected to last. */
    long long int next_look;    /* ms: when to look for another. */
    struct rconn_packet_counter *queued; /* What the rconn has of ours. */
    unsigned int connection;    /* rconn's connection_seqno. */
    enum state state;
    uint32_t xid;               /* Next one. */

    /* The read under way. */
    size_t read_step;           /* Index in 'read_steps'. */
    uint32_t read_xid;

    /* What the datapath can do. */
    uint32_t probe_xid;         /* First of PROBE_XIDS. */
    enum nd_extension nd_extension;

    /* Packets that nobody took yet. */
    struct ovs_list packets;    /* "struct ofpbuf"s. */
    size_t n_packets;

    /* The transaction under way. */
    struct flow_ops ops;
    size_t n_sent;              /* Of 'ops'. */
    uint32_t first_xid;         /* Of the first of 'ops'. */
    uint32_t commit_xid;
    uint32_t barrier_xid;
    uint32_t bundle_id;         /* 0 if sent without bundle. */
    bool committed;             /* The switch said that it did it. */
    bool rejected;              /* The switch rejected one of 'ops'. */
    long long int started;      /* ms. */
    int n_failures;             /* Bundles that failed in a row. */

    struct switch_queries queries;
    struct switch_conn_stats stats;
};

/* Returns a connection that keeps the switch in step with 'table', which must
 * live longer. */
struct switch_conn *
switch_conn_create(struct flow_table *table)
{
    struct switch_conn *sc = xzalloc(sizeof *sc);

    sc->table = table;
    sc->rconn = rconn_create(0, 1, DSCP_DEFAULT, 1u << OFP15_VERSION);
    sc->queued = rconn_packet_counter_create();
    sc->state = S_DISCONNECTED;
    sc->xid = FIRST_XID;
    switch_queries_init(&sc->queries);
    ovs_list_init(&sc->packets);
    return sc;
}

static void
abandon_transaction(struct switch_conn *sc)
{
    if (sc->ops.ops) {
        flow_table_end(sc->table, &sc->ops, false);
    }
}

/* Closes and frees 'sc'.  The switch keeps what it has. */
void
switch_conn_destroy(struct switch_conn *sc)
{
    if (sc) {
        abandon_transaction(sc);
        switch_queries_uninit(&sc->queries);
        switch_conn_clear_packets(sc);
        rconn_destroy(sc->rconn);
        rconn_packet_counter_destroy(sc->queued);
        free(sc->bridge);
        free(sc);
    }
}

/* Returns the first of 'n' unused transaction ids. */
static uint32_t
alloc_xids(struct switch_conn *sc, size_t n)
{
    uint32_t first;

    if (sc->xid > LAST_XID - n) {
        sc->xid = FIRST_XID;
    }
    first = sc->xid;
    sc->xid += n;
    return first;
}

static void
send_msg(struct switch_conn *sc, struct ofpbuf *msg)
{
    rconn_send(sc->rconn, msg, sc->queued);
}

/* Reading. */

/* Asks the switch for 'read_steps[step]'. */
static void
read_begin(struct switch_conn *sc, size_t step)
{
    sc->read_xid = alloc_xids(sc, 1);
    sc->read_step = step;
    send_msg(sc, read_steps[step].request(htonl(sc->read_xid)));
    sc->state = S_READING;
}

/* Asks the switch what its datapath can do, with a bundle that is discarded:
 * no flow is ever there. */
static void
probe_begin(struct switch_conn *sc)
{
    struct ofpbuf *barrier = ofputil_encode_barrier_request(OFP15_VERSION);
    struct ofp_header *oh = barrier->data;
    uint32_t xid = alloc_xids(sc, PROBE_XIDS);

    sc->probe_xid = xid;
    sc->nd_extension = ND_EXTENSION_YES;
    send_msg(sc, flow_codec_bundle(htonl(xid), xid, OFPBCT_OPEN_REQUEST));
    send_msg(sc, flow_codec_probe_nd(htonl(xid + 1), xid));
    send_msg(sc, flow_codec_bundle(htonl(xid + 2), xid,
                                   OFPBCT_DISCARD_REQUEST));
    oh->xid = htonl(xid + 3);
    send_msg(sc, barrier);
    sc->state = S_PROBING;
}

static void
read_done(struct switch_conn *sc)
{
    size_t n_pending = (sc->table->n_places[FLOW_PENDING]
                        + sc->table->n_places[FLOW_WAITING]);

    VLOG_INFO("%s: read the switch: it has %"PRIuSIZE" of our flows and "
              "groups, %"PRIuSIZE" are to be sent", rconn_get_name(sc->rconn),
              hmap_count(&sc->table->entries) - n_pending, n_pending);
    sc->stats.n_read++;
    probe_begin(sc);
}

/* Handles 'msg', part of the reply to the read under way. */
static void
handle_read(struct switch_conn *sc, struct ofpbuf *msg)
{
    const struct ofp_header *oh = msg->data;
    bool more = ofpmp_more(oh);

    if (ntohl(oh->xid) != sc->read_xid) {
        COVERAGE_INC(switch_conn_unexpected);
    } else if (read_steps[sc->read_step].put(msg, sc->table)) {
        VLOG_ERR_RL(&rl, "%s: cannot understand what the switch has; "
                    "reconnecting", rconn_get_name(sc->rconn));
        rconn_reconnect(sc->rconn);
    } else if (more) {
        return;
    } else if (sc->read_step + 1 < ARRAY_SIZE(read_steps)) {
        read_begin(sc, sc->read_step + 1);
    } else {
        read_done(sc);
    }
}

/* Transactions. */

static void
begin_transaction(struct switch_conn *sc)
{
    size_t n;

    flow_table_begin(sc->table, &sc->ops);
    n = sc->ops.n;
    sc->first_xid = alloc_xids(sc, n + 3);
    sc->commit_xid = sc->first_xid + n + 1;
    sc->barrier_xid = sc->first_xid + n + 2;
    sc->n_sent = 0;
    sc->committed = sc->rejected = false;
    sc->started = time_msec();
    sc->state = S_SENDING;
    if (sc->ops.meters) {
        sc->bundle_id = 0;
        sc->committed = true;
    } else if (sc->n_failures < MAX_FAILURES) {
        sc->bundle_id = sc->first_xid;
        send_msg(sc, flow_codec_bundle(htonl(sc->first_xid + n),
                                       sc->bundle_id, OFPBCT_OPEN_REQUEST));
    } else {
        COVERAGE_INC(switch_conn_retry);
        sc->bundle_id = 0;
        sc->committed = true;
    }
}

static void
send_end(struct switch_conn *sc)
{
    struct ofpbuf *barrier = ofputil_encode_barrier_request(OFP15_VERSION);
    struct ofp_header *oh = barrier->data;

    if (sc->bundle_id) {
        send_msg(sc, flow_codec_bundle(htonl(sc->commit_xid), sc->bundle_id,
                                       OFPBCT_COMMIT_REQUEST));
    }
    oh->xid = htonl(sc->barrier_xid);
    send_msg(sc, barrier);
    sc->state = S_BARRIER;
}

/* Sends as much of the transaction as the connection takes. */
static void
send_transaction(struct switch_conn *sc)
{
    const struct flow_ops *ops = &sc->ops;

    while (sc->n_sent < ops->n) {
        uint32_t xid = sc->first_xid + sc->n_sent;

        if (rconn_packet_counter_n_packets(sc->queued) >= MAX_QUEUED) {
            COVERAGE_INC(switch_conn_backlog);
            return;
        }
        COVERAGE_INC(switch_conn_mod);
        send_msg(sc, flow_codec_op(&ops->ops[sc->n_sent], htonl(xid),
                                   sc->bundle_id));
        sc->n_sent++;
        sc->stats.n_mods++;
    }
    send_end(sc);
}

/* The barrier behind the transaction has been passed: the switch has done or
 * rejected it. */
static void
end_transaction(struct switch_conn *sc)
{
    struct switch_conn_stats *stats = &sc->stats;

    stats->last_mods = sc->ops.n;
    stats->last_msec = time_msec() - sc->started;
    if (sc->ops.meters) {
        COVERAGE_INC(switch_conn_meters);
    } else if (sc->committed) {
        COVERAGE_INC(switch_conn_bundle);
        stats->n_bundles++;
        sc->n_failures = 0;
    } else {
        COVERAGE_INC(switch_conn_retry);
        sc->n_failures++;
    }
    VLOG_DBG_RL(&rl, "%s: %"PRIuSIZE" modifications %s in %lld ms",
                rconn_get_name(sc->rconn), sc->ops.n,
                sc->committed ? "done" : "failed", stats->last_msec);
    flow_table_end(sc->table, &sc->ops, sc->committed);
    sc->state = S_IDLE;
    if (!sc->committed && !sc->rejected) {
        VLOG_ERR_RL(&rl, "%s: a bundle failed for no reason; reconnecting",
                    rconn_get_name(sc->rconn));
        rconn_reconnect(sc->rconn);
    }
}

/* Receiving. */

static void
handle_rejected(struct switch_conn *sc, struct flow_op *op, enum ofperr error)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    COVERAGE_INC(switch_conn_rejected);
    sc->stats.n_rejected++;
    sc->rejected = true;
    op->error = error;
    if (op->payload) {
        flow_key_format(&op->entry->key, op->payload, &s);
    }
    VLOG_WARN_RL(&rl, "%s: the switch rejected (%s): %s",
                 rconn_get_name(sc->rconn), ofperr_get_name(error),
                 op->payload ? ds_cstr(&s) : "a deletion");
    ds_destroy(&s);
}

static void
handle_error(struct switch_conn *sc, const struct ofp_header *oh)
{
    enum ofperr error = ofperr_decode_msg(oh, NULL);
    uint32_t xid = ntohl(oh->xid);

    if (sc->ops.ops && xid - sc->first_xid < sc->ops.n) {
        handle_rejected(sc, &sc->ops.ops[xid - sc->first_xid],
                        error ? error : OFPERR_OFPBRC_BAD_TYPE);
    } else if (sc->ops.ops && xid == sc->commit_xid) {
        VLOG_WARN_RL(&rl, "%s: bundle failed (%s)",
                     rconn_get_name(sc->rconn), ofperr_get_name(error));
    } else if (switch_queries_wants(&sc->queries, xid)) {
        switch_queries_handle_error(&sc->queries, ofperr_get_name(error));
    } else if (sc->state == S_PROBING && xid - sc->probe_xid < PROBE_XIDS) {
        sc->nd_extension = ND_EXTENSION_NO;
    } else if (xid == sc->read_xid && sc->state == S_READING) {
        VLOG_ERR_RL(&rl, "%s: cannot read the switch (%s); reconnecting",
                    rconn_get_name(sc->rconn), ofperr_get_name(error));
        rconn_reconnect(sc->rconn);
    } else {
        COVERAGE_INC(switch_conn_unexpected);
        VLOG_WARN_RL(&rl, "%s: unexpected error (%s)",
                     rconn_get_name(sc->rconn), ofperr_get_name(error));
    }
}

static void
handle_barrier(struct switch_conn *sc, uint32_t xid)
{
    if (sc->state == S_BARRIER && xid == sc->barrier_xid) {
        end_transaction(sc);
    } else if (sc->state == S_PROBING
               && xid == sc->probe_xid + PROBE_XIDS - 1) {
        sc->state = S_IDLE;
    }
}

/* Keeps 'msg', a packet, for whoever takes it. */
static void
handle_packet(struct switch_conn *sc, const struct ofpbuf *msg)
{
    COVERAGE_INC(switch_conn_packet);
    sc->stats.n_packets++;
    if (sc->n_packets >= MAX_PACKETS) {
        COVERAGE_INC(switch_conn_packet_lost);
        sc->stats.n_packets_lost++;
    } else {
        struct ofpbuf *copy = ofpbuf_clone(msg);

        ovs_list_push_back(&sc->packets, &copy->list_node);
        sc->n_packets++;
    }
}

static void
handle_msg(struct switch_conn *sc, struct ofpbuf *msg)
{
    const struct ofp_header *oh = msg->data;
    uint32_t xid = ntohl(oh->xid);
    enum ofptype type;

    if (ofptype_decode(&type, oh)) {
        COVERAGE_INC(switch_conn_unexpected);
        return;
    }
    if (type == OFPTYPE_ECHO_REQUEST) {
        rconn_send(sc->rconn, ofputil_encode_echo_reply(oh), NULL);
    } else if (type == OFPTYPE_ERROR) {
        handle_error(sc, oh);
    } else if (type == OFPTYPE_BUNDLE_CONTROL) {
        sc->committed |= sc->ops.ops && xid == sc->commit_xid;
    } else if (type == OFPTYPE_BARRIER_REPLY) {
        handle_barrier(sc, xid);
    } else if (type == OFPTYPE_PACKET_IN) {
        handle_packet(sc, msg);
    } else if ((type == OFPTYPE_FLOW_STATS_REPLY
                || type == OFPTYPE_METER_STATS_REPLY)
               && switch_queries_wants(&sc->queries, xid)) {
        switch_queries_handle(&sc->queries, msg);
    } else if (sc->state == S_READING
               && type == read_steps[sc->read_step].reply) {
        handle_read(sc, msg);
    } else {
        COVERAGE_INC(switch_conn_unexpected);
    }
}

/* Receives for at most MAX_RUN ms. */
static void
receive(struct switch_conn *sc)
{
    long long int deadline = time_msec() + MAX_RUN;
    unsigned int connection = rconn_get_connection_seqno(sc->rconn);

    do {
        struct ofpbuf *msg = rconn_recv(sc->rconn);

        if (!msg) {
            return;
        }
        handle_msg(sc, msg);
        ofpbuf_delete(msg);
        if (rconn_get_connection_seqno(sc->rconn) != connection) {
            return;
        }
    } while (time_msec() < deadline);
    poll_immediate_wake();
}

/* Connecting. */

/* Stores in '*id' which file 'path' is.  Returns false if there is none. */
static bool
socket_identify(const char *path, struct socket_id *id)
{
    struct stat st;

    if (stat(path, &st)) {
        return false;
    }
    id->ino = st.st_ino;
    id->ctim = st.st_ctim;
    return true;
}

static bool
socket_equal(const struct socket_id *a, const struct socket_id *b)
{
    return (a->ino == b->ino && a->ctim.tv_sec == b->ctim.tv_sec
            && a->ctim.tv_nsec == b->ctim.tv_nsec);
}

/* Connects to the switch 'bridge' if it is another one than before, or has
 * been started again: the rconn alone would wait a second after each end. */
static void
connect_to(struct switch_conn *sc, const char *bridge)
{
    long long int now = time_msec();
    struct socket_id id;

    if (!sc->bridge || strcmp(sc->bridge, bridge)) {
        free(sc->bridge);
        sc->bridge = xstrdup(bridge);
        sc->socket = (struct socket_id) { .ino = 0 };
        sc->next_look = now;
        rconn_disconnect(sc->rconn);
    }
    if (!rconn_is_connected(sc->rconn) && now >= sc->next_look) {
        char *path = xasprintf("%s/%s.mgmt", ovs_rundir(), bridge);
        char *target = xasprintf("unix:%s", path);

        sc->next_look = now + LOOK_INTERVAL;
        if (socket_identify(path, &id) && !socket_equal(&id, &sc->socket)) {
            sc->socket = id;
            rconn_connect(sc->rconn, target, bridge);
        }
        free(target);
        free(path);
    }
}

/* Tells the switch that it shall give us packets. */
static void
send_setup(struct switch_conn *sc)
{
    static struct ofpbuf *(*const setup[])(ovs_be32 xid) = {
        flow_packet_encode_controller_id, flow_packet_encode_format,
        flow_packet_encode_async, flow_packet_encode_config,
    };

    for (size_t i = 0; i < ARRAY_SIZE(setup); i++) {
        send_msg(sc, setup[i](htonl(alloc_xids(sc, 1))));
    }
}

/* A new connection, or the end of one: begins anew. */
static void
restart(struct switch_conn *sc)
{
    abandon_transaction(sc);
    flow_table_forget_installed(sc->table);
    switch_queries_run(&sc->queries, false, time_msec());
    switch_conn_clear_packets(sc);
    sc->nd_extension = ND_EXTENSION_UNKNOWN;
    sc->n_failures = 0;
    sc->state = S_DISCONNECTED;
    if (rconn_is_connected(sc->rconn)) {
        COVERAGE_INC(switch_conn_connected);
        send_setup(sc);
        read_begin(sc, 0);
    }
}

/* Returns true if the switch can be asked a query now, and there is one. */
static bool
has_query(const struct switch_conn *sc)
{
    return sc->state >= S_IDLE && switch_queries_has_next(&sc->queries);
}

/* Asks the switch what the flows that 'query' means have counted.  'cb' gets
 * the answer with 'aux', from within a later switch_conn_run() or from
 * switch_conn_destroy(): once, be it an error. */
void
switch_conn_query(struct switch_conn *sc, const struct flow_query *query,
                  switch_query_cb *cb, void *aux)
{
    switch_queries_add(&sc->queries, query, time_msec(), cb, aux);
}

/* Does what is to be done on 'sc' to the switch 'bridge'.  Another name than
 * before closes the connection and makes another.  With 'hold' no
 * transaction begins: what is pending is half of something. */
void
switch_conn_run(struct switch_conn *sc, const char *bridge, bool hold)
{
    unsigned int connection;

    connect_to(sc, bridge);
    rconn_run(sc->rconn);
    connection = rconn_get_connection_seqno(sc->rconn);
    if (connection != sc->connection) {
        sc->connection = connection;
        restart(sc);
    }
    switch_queries_run(&sc->queries, rconn_is_connected(sc->rconn),
                       time_msec());
    if (!rconn_is_connected(sc->rconn)) {
        return;
    }
    receive(sc);
    if (sc->state == S_IDLE && sc->table->n_places[FLOW_PENDING] && !hold) {
        begin_transaction(sc);
    }
    if (sc->state == S_SENDING) {
        send_transaction(sc);
    }
    if (has_query(sc)) {
        send_msg(sc, switch_queries_ask(&sc->queries, alloc_xids(sc, 1)));
    }
}

/* Makes poll_block() wake up when switch_conn_run() has something to do. */
void
switch_conn_wait(struct switch_conn *sc)
{
    rconn_run_wait(sc->rconn);
    rconn_recv_wait(sc->rconn);
    if (sc->bridge && !rconn_is_connected(sc->rconn)) {
        poll_timer_wait_until(sc->next_look);
    }
    if (sc->state == S_IDLE && rconn_is_connected(sc->rconn)
        && sc->table->n_places[FLOW_PENDING]) {
        poll_immediate_wake();
    }
    if (has_query(sc) || sc->n_packets
        || (sc->queries.n && !rconn_is_connected(sc->rconn))) {
        poll_immediate_wake();
    }
    switch_queries_wait(&sc->queries);
}

/* Makes the switch, which is connected, forget all connections in conntrack's
 * zone 'zone', before it does anything that is sent later. */
void
switch_conn_flush_zone(struct switch_conn *sc, uint16_t zone)
{
    struct ofpbuf *msg = ofpraw_alloc_xid(OFPRAW_NXT_CT_FLUSH_ZONE,
                                          OFP15_VERSION,
                                          htonl(alloc_xids(sc, 1)), 0);
    struct nx_zone_id *nzi = ofpbuf_put_zeros(msg, sizeof *nzi);

    nzi->zone_id = htons(zone);
    send_msg(sc, msg);
}

/* Packets. */

/* Takes the oldest packet that the switch handed over out of 'sc' and makes
 * '*packet' what it tells.  Returns what '*packet' points into, for the caller
 * to free with ofpbuf_delete(); null if there is no packet. */
struct ofpbuf *
switch_conn_pop_packet(struct switch_conn *sc, struct flow_packet *packet)
{
    while (!ovs_list_is_empty(&sc->packets)) {
        struct ofpbuf *msg = ofpbuf_from_list(ovs_list_pop_front(
            &sc->packets));

        sc->n_packets--;
        if (!flow_packet_parse(msg->data, packet)) {
            return msg;
        }
        COVERAGE_INC(switch_conn_packet_bad);
        ofpbuf_delete(msg);
    }
    return NULL;
}

/* Drops the packets that nobody took. */
void
switch_conn_clear_packets(struct switch_conn *sc)
{
    ofpbuf_list_delete(&sc->packets);
    ovs_list_init(&sc->packets);
    sc->n_packets = 0;
}

/* Lets 'packet' go on in the switch, see flow_packet_encode_out().  Returns
 * false if it was dropped, since the switch is away or slow. */
bool
switch_conn_send_packet(struct switch_conn *sc,
                        const struct flow_packet *packet)
{
    if (!rconn_is_connected(sc->rconn)
        || rconn_packet_counter_n_packets(sc->queued) >= MAX_PACKETS_OUT) {
        COVERAGE_INC(switch_conn_packet_out_lost);
        return false;
    }
    COVERAGE_INC(switch_conn_packet_out);
    send_msg(sc, flow_packet_encode_out(packet, htonl(alloc_xids(sc, 1))));
    return true;
}

/* Tells the switch, which is connected, that packets which it hands over will
 * be looked at for another ALIVE_SECONDS.  'anew' says that it may not think
 * so at present, and so has to look at what it has cached. */
void
switch_conn_send_alive(struct switch_conn *sc, bool anew)
{
    send_msg(sc, flow_packet_encode_alive(htonl(alloc_xids(sc, 1))));
    if (anew) {
        send_msg(sc, flow_packet_encode_revalidate(htonl(alloc_xids(sc, 1))));
    }
}

/* Looking. */

/* Returns whether the datapath can make neighbor advertisements. */
enum nd_extension
switch_conn_nd_extension(const struct switch_conn *sc)
{
    return sc->state >= S_IDLE ? sc->nd_extension : ND_EXTENSION_UNKNOWN;
}

/* Returns true if there is a connection. */
bool
switch_conn_is_connected(const struct switch_conn *sc)
{
    return rconn_is_connected(sc->rconn);
}

/* Returns true if there is a connection and the switch has been read. */
bool
switch_conn_is_ready(const struct switch_conn *sc)
{
    return rconn_is_connected(sc->rconn) && sc->state >= S_IDLE;
}

/* Returns 0 if there is a connection, otherwise why there is none, as a
 * positive errno value, and stores in '*seconds' for how long. */
int
switch_conn_failure(const struct switch_conn *sc, int *seconds)
{
    int error = rconn_get_last_error(sc->rconn);

    *seconds = rconn_failure_duration(sc->rconn);
    if (rconn_is_connected(sc->rconn)) {
        return 0;
    }
    return error > 0 ? error : ENOTCONN;
}

/* Stores statistics in '*stats'. */
void
switch_conn_get_stats(const struct switch_conn *sc,
                      struct switch_conn_stats *stats)
{
    *stats = sc->stats;
}
