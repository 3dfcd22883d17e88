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
#include "evpn-bridge/frr-round.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "hash.h"
#include "ovs-ext/model/model.h"
#include "util.h"

/* Time between rounds, in ms: if the last one found nothing to ask; if it
 * did; and until a flap should have had effect. */
#define FRR_ROUND_IDLE 3000
#define FRR_ROUND_AGAIN 1000
#define FRR_FLAP_SETTLE 3000

/* Passes of the audit of a network.  It ends with the second one unless the
 * network changes fast. */
#define FRR_AUDIT_PASSES 5

/* Initializes 'round' without networks. */
void
frr_round_init(struct frr_round *round)
{
    memset(round, 0, sizeof *round);
    hmap_init(&round->nets);
}

static struct frr_net *
net_create(struct frr_round *round, uint32_t vni)
{
    struct frr_net *net = xzalloc(sizeof *net);

    net->vni = vni;
    net->flap_settle = LLONG_MIN;
    frr_audit_init(&net->audit, vni);
    hmap_insert(&round->nets, &net->hmap_node, hash_int(vni, 0));
    return net;
}

static void
net_destroy(struct frr_round *round, struct frr_net *net)
{
    hmap_remove(&round->nets, &net->hmap_node);
    frr_audit_uninit(&net->audit);
    free(net);
}

/* Frees what 'round' holds. */
void
frr_round_uninit(struct frr_round *round)
{
    struct frr_net *net, *next;

    HMAP_FOR_EACH_SAFE (net, next, hmap_node, &round->nets) {
        net_destroy(round, net);
    }
    hmap_destroy(&round->nets);
    free(round->todo);
    free(round->flaps);
}

static void
round_stop(struct frr_round *round, long long int due)
{
    free(round->todo);
    round->todo = NULL;
    round->n_todo = round->pos = 0;
    round->active = round->step_due = false;
    round->due = due;
}

/* zebra is new: nothing is known about what it has.  'strict' is true if it
 * came back while bgpd may have stayed, so that it may have got some of what
 * bgpd has, but not all. */
void
frr_round_reset(struct frr_round *round, bool strict)
{
    struct frr_net *net, *next;

    HMAP_FOR_EACH_SAFE (net, next, hmap_node, &round->nets) {
        bool expected = strict && (net->expected || net->in_zebra);
        uint32_t vni = net->vni;

        net_destroy(round, net);
        if (expected) {
            net_create(round, vni)->expected = true;
        }
    }
    round_stop(round, LLONG_MIN);
    round->n_flaps = 0;
    round->strict = strict;
}

/* Ends the round, if there is one, without result. */
void
frr_round_abort(struct frr_round *round, long long int now)
{
    if (round->active) {
        round_stop(round, now + FRR_ROUND_IDLE);
    }
}

static struct frr_net *
net_find(const struct frr_round *round, uint32_t vni)
{
    struct frr_net *net;

    HMAP_FOR_EACH_WITH_HASH (net, hmap_node, hash_int(vni, 0), &round->nets) {
        if (net->vni == vni) {
            return net;
        }
    }
    return NULL;
}

static bool
net_is_done(const struct frr_round *round, const struct frr_net *net)
{
    return net->replayed && (net->audited || !round->audit_cb);
}

/* Has network 'vni' audited again, soon: it got addresses. */
void
frr_round_again(struct frr_round *round, uint32_t vni, long long int now)
{
    struct frr_net *net = net_find(round, vni);

    if (net) {
        net->audited = false;
        round->due = MIN(round->due, now + FRR_ROUND_AGAIN);
    }
}

/* The network that 'round' is at, or null. */
static struct frr_net *
round_net(const struct frr_round *round)
{
    return (round->active && round->pos < round->n_todo
            ? net_find(round, round->todo[round->pos])
            : NULL);
}

/* Makes 'nets' those of the model. */
static void
round_sync(struct frr_round *round, const struct model *model)
{
    const struct network *network;
    struct frr_net *net, *next;

    HMAP_FOR_EACH_SAFE (net, next, hmap_node, &round->nets) {
        if (!model_network(model, net->vni)) {
            net_destroy(round, net);
        }
    }
    HMAP_FOR_EACH (network, hmap_node, &model->networks) {
        net = net_find(round, network->vni);
        if (!net) {
            net = net_create(round, network->vni);
        }
        net->routed = network->vpc && network->n_gateways;
    }
}

/* The round is over.  Tells 'watch' whether FRR is as it should be (P3). */
static void
round_end(struct frr_round *round, struct frr_watch *watch,
          long long int now)
{
    bool pending = false, settling = false;
    const struct frr_net *net;

    HMAP_FOR_EACH (net, hmap_node, &round->nets) {
        if (net->flapped) {
            settling |= now < net->flap_settle;
        } else {
            /* bgpd takes its time to connect to a new zebra. */
            pending |= net->in_zebra ? !net->replayed : net->expected;
        }
    }
    round_stop(round, now + (pending || round->asked ? FRR_ROUND_AGAIN
                             : FRR_ROUND_IDLE));
    if (!pending) {
        frr_watch_replayed(watch, settling, now);
    }
}

static void
round_ask(struct frr_round *round, enum frr_topic step)
{
    round->step = step;
    round->step_due = true;
    round->asked |= step != FRR_ASK_VNIS;
}

/* Begins a round if it is time and there is something to find out. */
void
frr_round_run(struct frr_round *round, struct frr_watch *watch,
              const struct model *model, long long int now)
{
    struct frr_net *net;

    if (round->active || now < round->due
        || (watch->state != FRR_UP && !frr_watch_wants_replay(watch))) {
        return;
    }
    round_sync(round, model);
    round->todo = xmalloc((hmap_count(&round->nets) + 1)
                          * sizeof *round->todo);
    HMAP_FOR_EACH (net, hmap_node, &round->nets) {
        if (!net_is_done(round, net) && now >= net->flap_settle) {
            net->in_zebra = false;
            round->todo[round->n_todo++] = net->vni;
        }
    }
    round->asked = false;
    if (round->n_todo) {
        round->active = true;
        round_ask(round, FRR_ASK_VNIS);
    } else {
        round_end(round, watch, now);
    }
}

/* If 'round' has a question for 'daemon', stores it in '*topic' and '*vni' and
 * returns true.  The caller asks it and calls frr_round_asked(). */
bool
frr_round_question(const struct frr_round *round, enum frr_daemon daemon,
                   enum frr_topic *topic, uint32_t *vni)
{
    bool for_bgpd = (round->step == FRR_ASK_IMET
                     || round->step == FRR_ASK_MACIP);

    if (!round->step_due || for_bgpd != (daemon == FRR_BGPD)) {
        return false;
    }
    *topic = round->step;
    *vni = round->pos < round->n_todo ? round->todo[round->pos] : 0;
    return true;
}

/* The question was asked. */
void
frr_round_asked(struct frr_round *round)
{
    round->step_due = false;
}

/* The answer about 'topic' has member 'value', named 'key', in 'parent'. */
void
frr_round_member(struct frr_round *round, enum frr_topic topic,
                 const char *parent, const char *key, const char *value)
{
    struct frr_net *net = round_net(round);
    struct frr_vni vni;

    if (topic == FRR_ASK_VNIS) {
        net = frr_parse_vni(value, &vni) ? net_find(round, vni.vni) : NULL;
        if (net) {
            net->in_zebra = true;
            net->n_vteps = vni.n_vteps;
        }
    } else if (!net) {
        /* The network went away. */
    } else if (topic == FRR_ASK_IMET || topic == FRR_ASK_MACIP) {
        net->n_routes += frr_parse_remote_route(value);
    } else if (topic == FRR_ASK_VTEPS) {
        if (!strcmp(key, "numRemoteVteps") || !strcmp(key, "remoteVteps")) {
            frr_audit_add_vteps(&net->audit, value);
        }
    } else if (topic == FRR_ASK_MACS) {
        if (!strcmp(parent, "macs")) {
            frr_audit_add_mac(&net->audit, key, value);
        }
    } else if (topic == FRR_ASK_NEIGHS) {
        frr_audit_add_ip(&net->audit, key, value);
    } else if (topic == FRR_ASK_ADDRS) {
        if (!strcmp(key, "ipAddresses")) {
            frr_audit_add_addrs(&net->audit, value);
        }
    }
}

/* Stores the first question about 'net' in '*step'.  Returns false if there is
 * none now. */
static bool
net_first_step(struct frr_round *round, struct frr_net *net,
               enum frr_state state, enum frr_topic *step)
{
    if (!net->in_zebra) {
        return false;
    }
    if (!net->replayed && net->n_vteps && !round->strict) {
        net->replayed = true;
    }
    if (!net->replayed) {
        net->n_routes = 0;
        *step = FRR_ASK_IMET;
        return true;
    }
    if (!net->audited && round->audit_cb && state == FRR_UP) {
        frr_audit_begin(&net->audit);
        *step = FRR_ASK_VTEPS;
        return true;
    }
    return false;
}

/* Goes on with the network at 'pos' or the first after it about which there is
 * a question; ends the round if there is none. */
static void
round_next(struct frr_round *round, struct frr_watch *watch,
           long long int now)
{
    enum frr_topic step;

    for (; round->pos < round->n_todo; round->pos++) {
        struct frr_net *net = round_net(round);

        if (net && net_first_step(round, net, watch->state, &step)) {
            round_ask(round, step);
            return;
        }
    }
    round_end(round, watch, now);
}

static void
net_flap(struct frr_round *round, struct frr_net *net, long long int now)
{
    if (round->n_flaps >= round->allocated_flaps) {
        round->flaps = x2nrealloc(round->flaps, &round->allocated_flaps,
                                  sizeof *round->flaps);
    }
    round->flaps[round->n_flaps++] = net->vni;
    net->flapped = true;
    net->flap_settle = now + FRR_FLAP_SETTLE;
}

/* Decides whether zebra lacks what bgpd has in 'net' (P3). */
static void
net_judge_replay(struct frr_round *round, struct frr_net *net,
                 long long int now)
{
    if (net->n_vteps >= net->n_routes || net->flapped) {
        net->replayed = true;
    } else if (net->doubted && net->doubt_vteps == net->n_vteps) {
        net_flap(round, net, now);
    } else {
        net->doubted = true;
        net->doubt_vteps = net->n_vteps;
    }
}

/* Lets the caller judge what the kernel has in 'net' (P4). */
static void
net_judge_kernel(struct frr_round *round, struct frr_net *net)
{
    round->n_audits++;
    round->audit_cb(round->audit_aux, &net->audit);
    if (!frr_audit_end(&net->audit)
        || net->audit.pass >= FRR_AUDIT_PASSES) {
        frr_audit_uninit(&net->audit);
        frr_audit_init(&net->audit, net->vni);
        net->audited = true;
    }
}

/* The question about 'topic' was answered, if 'ok'; else it was not. */
void
frr_round_answered(struct frr_round *round, struct frr_watch *watch,
                   enum frr_topic topic, bool ok, long long int now)
{
    struct frr_net *net = round_net(round);

    if (!round->active) {
        return;
    }
    if (!ok && topic != FRR_ASK_ADDRS) {
        frr_round_abort(round, now);
        return;
    }
    if (topic != FRR_ASK_VNIS && !net) {
        round->pos++;
    } else if (topic == FRR_ASK_IMET && !net->n_vteps && !net->n_routes) {
        /* A VTEP may announce MACs only. */
        round_ask(round, FRR_ASK_MACIP);
        return;
    } else if (topic == FRR_ASK_IMET || topic == FRR_ASK_MACIP) {
        net_judge_replay(round, net, now);
        round->pos += !net->replayed;
    } else if (topic == FRR_ASK_VTEPS) {
        round_ask(round, FRR_ASK_MACS);
        return;
    } else if (topic == FRR_ASK_MACS) {
        round_ask(round, FRR_ASK_NEIGHS);
        return;
    } else if (topic == FRR_ASK_NEIGHS && net->routed) {
        round_ask(round, FRR_ASK_ADDRS);
        return;
    } else if (topic == FRR_ASK_NEIGHS || topic == FRR_ASK_ADDRS) {
        /* Not every FRR answers about interfaces in JSON. */
        net->audit.has_addrs = topic == FRR_ASK_ADDRS && ok;
        net_judge_kernel(round, net);
        round->pos++;
    }
    round_next(round, watch, now);
}

/* Returns true if nothing is to be found out about the networks of 'model'. */
bool
frr_round_is_done(const struct frr_round *round, const struct model *model)
{
    const struct network *network;

    HMAP_FOR_EACH (network, hmap_node, &model->networks) {
        const struct frr_net *net = net_find(round, network->vni);

        if (!net || !net_is_done(round, net)) {
            return false;
        }
    }
    return true;
}

/* If a network is to be flapped, stores it in '*vni' and returns true. */
bool
frr_round_pop_flap(struct frr_round *round, uint32_t *vni)
{
    if (!round->n_flaps) {
        return false;
    }
    *vni = round->flaps[--round->n_flaps];
    return true;
}
