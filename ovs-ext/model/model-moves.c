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
#include "ovs-ext/model/model.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Addresses that keep moving (RFC 7432 section 15.1).
 *
 * An address that ports of this host have, or had a short while ago, is
 * watched from the time that it leaves one of them.  If it moves 'dup_moves'
 * times within 'dup_time' after its first move, it is in use twice: that is a
 * problem of its network, until it has not moved for 'dup_time'.  Meanwhile,
 * no port of this host claims it again.
 *
 * What is watched is bounded.  When there is no room, an address is not
 * watched: there are problems enough by then. */

#define MAX_WATCHED 4096

struct move_watch {
    struct hmap_node hmap_node; /* In struct model's 'watched', by 'owner'. */
    struct ovs_list age_node;   /* In struct model's 'watched_by_age'. */
    struct owner owner;         /* A local MAC or IP. */
    char *place;                /* Where it is. */
    char *past;                 /* Where it was before; null if nowhere. */
    long long int first;        /* ms: of the first of the moves counted. */
    long long int last;         /* ms: of the last move, or of the leave. */
    unsigned int n;             /* Moves since 'first'. */
    char *object;               /* That has a problem, or null. */
};

static struct move_watch *
watch_find(const struct model *m, const struct owner *owner)
{
    struct move_watch *watch;

    HMAP_FOR_EACH_WITH_HASH (watch, hmap_node, owner_hash(owner),
                             &m->watched) {
        if (owner_equal(&watch->owner, owner)) {
            return watch;
        }
    }
    return NULL;
}

/* Returns "MAC ..." or "IP ...", malloc'd. */
static char *
watch_address(const struct move_watch *watch)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (watch->owner.kind == OWNER_LOCAL_MAC) {
        ds_put_format(&s, "MAC "ETH_ADDR_FMT, ETH_ADDR_ARGS(watch->owner.mac));
    } else {
        ds_put_cstr(&s, "IP ");
        ipv6_format_mapped(&watch->owner.ip, &s);
    }
    return ds_steal_cstr(&s);
}

static void
watch_clear_problem(struct model *m, struct move_watch *watch)
{
    if (watch->object) {
        char *address = watch_address(watch);
        char *topic = xasprintf("moving %s", address);

        problem_clear(&m->problems, watch->object, topic);
        free(topic);
        free(address);
        free(watch->object);
        watch->object = NULL;
    }
}

/* Sets the problem that 'watch' is, at its network.  The text stays the same
 * while the address goes to and fro. */
static void
watch_set_problem(struct model *m, struct move_watch *watch)
{
    const struct network *network = model_network(m, watch->owner.vni);
    bool order = strcmp(watch->place, watch->past) <= 0;
    char *address = watch_address(watch);
    char *topic = xasprintf("moving %s", address);
    char *object = (network
                    ? xasprintf("network/%s", network->name)
                    : xasprintf("network/vni%"PRIu32, watch->owner.vni));

    if (watch->object && strcmp(watch->object, object)) {
        watch_clear_problem(m, watch);
    }
    free(watch->object);
    watch->object = object;
    problem_set(&m->problems, object, topic,
                "%s keeps moving between %s and %s, %u times or more in "
                "%lld s; if it is in use twice, give one of them another one",
                address, order ? watch->place : watch->past,
                order ? watch->past : watch->place, m->host.dup_moves,
                m->host.dup_time / 1000);
    free(topic);
    free(address);
}

static void
watch_destroy(struct model *m, struct move_watch *watch)
{
    watch_clear_problem(m, watch);
    hmap_remove(&m->watched, &watch->hmap_node);
    ovs_list_remove(&watch->age_node);
    free(watch->place);
    free(watch->past);
    free(watch);
}

/* The address that 'owner' names is leaving 'place', where it was on this
 * host: it is watched from now on. */
void
moves_leave(struct model *m, const struct owner *owner, const char *place)
{
    if (!watch_find(m, owner) && m->host.dup_moves
        && hmap_count(&m->watched) < MAX_WATCHED) {
        struct move_watch *watch = xzalloc(sizeof *watch);

        watch->owner = *owner;
        watch->place = xstrdup(place);
        watch->last = m->now;
        hmap_insert(&m->watched, &watch->hmap_node, owner_hash(owner));
        ovs_list_push_back(&m->watched_by_age, &watch->age_node);
    }
}

/* The address that 'owner' names is at 'place'.  If it is watched, and was
 * elsewhere, it has moved. */
void
moves_arrive(struct model *m, const struct owner *owner, const char *place)
{
    struct move_watch *watch = watch_find(m, owner);

    if (!watch || !strcmp(watch->place, place)) {
        return;
    }
    if (!watch->n || m->now - watch->first >= m->host.dup_time) {
        watch->first = m->now;
        watch->n = 0;
    }
    watch->n++;
    watch->last = m->now;
    ovs_list_remove(&watch->age_node);
    ovs_list_push_back(&m->watched_by_age, &watch->age_node);
    free(watch->past);
    watch->past = watch->place;
    watch->place = xstrdup(place);
    if (watch->object || watch->n >= m->host.dup_moves) {
        watch_set_problem(m, watch);
    }
}

/* Returns true if the address that 'owner' names keeps moving. */
bool
moves_are_too_many(const struct model *m, const struct owner *owner)
{
    const struct move_watch *watch = watch_find(m, owner);

    return watch && watch->object;
}

/* The network with 'vni' has another name, and lost its problems. */
void
moves_rename(struct model *m, uint32_t vni)
{
    struct move_watch *watch;

    LIST_FOR_EACH (watch, age_node, &m->watched_by_age) {
        if (watch->owner.vni == vni && watch->object) {
            watch_set_problem(m, watch);
        }
    }
}

/* Forgets addresses that have calmed down; all, if 'all'. */
void
moves_run(struct model *m, bool all)
{
    struct move_watch *watch;

    LIST_FOR_EACH_SAFE (watch, age_node, &m->watched_by_age) {
        if (!all && m->host.dup_moves
            && m->now - watch->last < m->host.dup_time) {
            break;
        }
        watch_destroy(m, watch);
    }
}

/* Returns the time at which moves_run() has something to do, in ms, or
 * LLONG_MAX. */
long long int
moves_next_due(const struct model *m)
{
    const struct move_watch *watch;

    if (ovs_list_is_empty(&m->watched_by_age)) {
        return LLONG_MAX;
    }
    watch = CONTAINER_OF(ovs_list_front(&m->watched_by_age),
                         struct move_watch, age_node);
    return watch->last + m->host.dup_time;
}
