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
#include "ovs-ext/host/libvirt-watch.h"

#include <stdlib.h>
#include "coverage.h"
#include "latch.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/libvirt-internal.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "seq.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(libvirt_watch);

COVERAGE_DEFINE(libvirt_snapshot);
COVERAGE_DEFINE(libvirt_xml_error);

/* What both threads have.  It lives as long as either: libvirt may keep the
 * thread in a call for longer than the daemon wants to wait when it ends. */
struct libvirt_feed {
    struct ovs_refcount refs;
    struct latch wake;          /* For the thread. */
    struct seq *published;      /* Changes with each snapshot. */

    struct ovs_mutex mutex;
    char *uri OVS_GUARDED;      /* To connect to, or null. */
    bool exiting OVS_GUARDED;
    bool busy OVS_GUARDED;      /* The thread may take any time. */
    struct libvirt_snapshot *next OVS_GUARDED; /* For the main loop, or
                                                * null. */
};

struct libvirt_watch {
    pthread_t thread;
    struct libvirt_feed *feed;
    char *uri;                  /* The last that was set. */
    uint64_t seqno;             /* Of 'feed->published', when looked at. */
    struct libvirt_snapshot *snapshot;
};

static void
nics_destroy(struct libvirt_domain *domain)
{
    for (size_t i = 0; i < domain->n_nics; i++) {
        free(domain->nics[i].tap);
    }
    free(domain->nics);
    domain->nics = NULL;
    domain->n_nics = 0;
}

/* Frees 'domain'. */
void
libvirt_domain_destroy(struct libvirt_domain *domain)
{
    nics_destroy(domain);
    free(domain->name);
    free(domain);
}

static void
add_nic(struct libvirt_domain *domain, const char *tap, struct eth_addr mac,
        uint32_t vni)
{
    domain->nics = xrealloc(domain->nics, ((domain->n_nics + 1)
                                           * sizeof *domain->nics));
    domain->nics[domain->n_nics++] = (struct libvirt_nic) {
        .tap = xstrdup(tap), .mac = mac, .vni = vni,
    };
}

/* Gives 'domain' the NICs that 'xml' tells; none if it makes no sense. */
void
libvirt_domain_set_nics(struct libvirt_domain *domain, const char *xml)
{
    struct domain_xml parsed;
    char *error = domain_xml_parse(&parsed, xml, strlen(xml));

    nics_destroy(domain);
    if (error) {
        COVERAGE_INC(libvirt_xml_error);
        VLOG_WARN("%s: libvirt's XML of it makes no sense (%s)", domain->name,
                  error);
        free(error);
    }
    for (size_t i = 0; !error && i < parsed.n_nics; i++) {
        const struct domain_nic *nic = &parsed.nics[i];

        if (nic->vni && nic->tap && !eth_addr_is_zero(nic->mac)) {
            add_nic(domain, nic->tap, nic->mac, nic->vni);
        }
    }
    domain_xml_uninit(&parsed);
}

static struct libvirt_domain *
domain_clone(const struct libvirt_domain *old)
{
    struct libvirt_domain *new = xzalloc(sizeof *new);

    new->name = xstrdup(old->name);
    new->state = old->state;
    new->pass = old->pass;
    for (size_t i = 0; i < old->n_nics; i++) {
        add_nic(new, old->nics[i].tap, old->nics[i].mac, old->nics[i].vni);
    }
    return new;
}

static struct libvirt_snapshot *
snapshot_create(void)
{
    struct libvirt_snapshot *snapshot = xzalloc(sizeof *snapshot);

    shash_init(&snapshot->domains);
    return snapshot;
}

static struct libvirt_snapshot *
snapshot_clone(const struct libvirt_snapshot *old)
{
    struct libvirt_snapshot *new = snapshot_create();
    const struct shash_node *node;

    new->connected = old->connected;
    new->known = old->known;
    new->version = old->version;
    new->error = nullable_xstrdup(old->error);
    SHASH_FOR_EACH (node, &old->domains) {
        shash_add(&new->domains, node->name, domain_clone(node->data));
    }
    return new;
}

static void
snapshot_destroy(struct libvirt_snapshot *snapshot)
{
    struct shash_node *node;

    if (snapshot) {
        SHASH_FOR_EACH (node, &snapshot->domains) {
            libvirt_domain_destroy(node->data);
        }
        shash_destroy(&snapshot->domains);
        free(snapshot->error);
        free(snapshot);
    }
}

static struct libvirt_feed *
feed_create(void)
{
    struct libvirt_feed *feed = xzalloc(sizeof *feed);

    ovs_refcount_init(&feed->refs);
    latch_init(&feed->wake);
    feed->published = seq_create();
    ovs_mutex_init(&feed->mutex);
    return feed;
}

static void
feed_unref(struct libvirt_feed *feed)
{
    if (ovs_refcount_unref(&feed->refs) == 1) {
        ovs_mutex_lock(&feed->mutex);
        snapshot_destroy(feed->next);
        free(feed->uri);
        ovs_mutex_unlock(&feed->mutex);
        ovs_mutex_destroy(&feed->mutex);
        seq_destroy(feed->published);
        latch_destroy(&feed->wake);
        free(feed);
    }
}

/* See libvirt-internal.h. */
bool
libvirt_feed_next(struct libvirt_feed *feed, char **uri)
{
    bool exiting;

    latch_poll(&feed->wake);
    ovs_mutex_lock(&feed->mutex);
    exiting = feed->exiting;
    *uri = nullable_xstrdup(feed->uri);
    ovs_mutex_unlock(&feed->mutex);
    return !exiting;
}

/* See libvirt-internal.h. */
int
libvirt_feed_fd(const struct libvirt_feed *feed)
{
    return feed->wake.fds[0];
}

/* See libvirt-internal.h. */
bool
libvirt_feed_begin(struct libvirt_feed *feed)
{
    bool exiting;

    ovs_mutex_lock(&feed->mutex);
    exiting = feed->exiting;
    feed->busy = !exiting;
    ovs_mutex_unlock(&feed->mutex);
    return !exiting;
}

/* See libvirt-internal.h. */
void
libvirt_feed_end(struct libvirt_feed *feed)
{
    ovs_mutex_lock(&feed->mutex);
    feed->busy = false;
    ovs_mutex_unlock(&feed->mutex);
}

/* See libvirt-internal.h. */
void
libvirt_feed_publish(struct libvirt_feed *feed,
                     const struct libvirt_snapshot *snapshot)
{
    struct libvirt_snapshot *new = snapshot_clone(snapshot);

    ovs_mutex_lock(&feed->mutex);
    snapshot_destroy(feed->next);
    feed->next = new;
    ovs_mutex_unlock(&feed->mutex);
    seq_change(feed->published);
}

static void *
watch_main(void *feed_)
{
    struct libvirt_feed *feed = feed_;

    ovsrcu_quiesce_start();     /* For good: it uses no RCU. */
    libvirt_thread_main(feed);
    feed_unref(feed);
    return NULL;
}

/* Returns a new watch, whose thread runs but connects to nothing yet. */
struct libvirt_watch *
libvirt_watch_create(void)
{
    struct libvirt_watch *w = xzalloc(sizeof *w);

    w->feed = feed_create();
    w->snapshot = snapshot_create();
    w->seqno = seq_read(w->feed->published);
    ovs_refcount_ref(&w->feed->refs);
    w->thread = ovs_thread_create("libvirt", watch_main, w->feed);
    return w;
}

/* Frees 'w'.  If libvirt keeps the thread waiting, it ends on its own. */
void
libvirt_watch_destroy(struct libvirt_watch *w)
{
    bool busy;

    ovs_mutex_lock(&w->feed->mutex);
    w->feed->exiting = true;
    busy = w->feed->busy;
    ovs_mutex_unlock(&w->feed->mutex);
    latch_set(&w->feed->wake);
    if (busy) {
        pthread_detach(w->thread);
    } else {
        xpthread_join(w->thread, NULL);
    }
    feed_unref(w->feed);
    snapshot_destroy(w->snapshot);
    free(w->uri);
    free(w);
}

/* Has 'w' connect to the libvirt at 'uri', or to none if it is null. */
void
libvirt_watch_set_uri(struct libvirt_watch *w, const char *uri)
{
    if (nullable_string_is_equal(w->uri, uri)) {
        return;
    }
    free(w->uri);
    w->uri = nullable_xstrdup(uri);
    ovs_mutex_lock(&w->feed->mutex);
    free(w->feed->uri);
    w->feed->uri = nullable_xstrdup(uri);
    ovs_mutex_unlock(&w->feed->mutex);
    latch_set(&w->feed->wake);
}

static void
log_change(const struct libvirt_snapshot *old,
           const struct libvirt_snapshot *new)
{
    if (new->connected && !old->connected) {
        VLOG_INFO("connected to libvirt %lu.%lu.%lu, %"PRIuSIZE" domains",
                  new->version / 1000000, new->version / 1000 % 1000,
                  new->version % 1000, shash_count(&new->domains));
    } else if (!new->connected && (old->connected || !old->known)) {
        VLOG_INFO("no connection to libvirt%s%s%s", new->error ? " (" : "",
                  new->error ? new->error : "", new->error ? ")" : "");
    }
}

/* Returns true if there is a new snapshot. */
bool
libvirt_watch_run(struct libvirt_watch *w)
{
    struct libvirt_snapshot *new;

    w->seqno = seq_read(w->feed->published);
    ovs_mutex_lock(&w->feed->mutex);
    new = w->feed->next;
    w->feed->next = NULL;
    ovs_mutex_unlock(&w->feed->mutex);
    if (!new) {
        return false;
    }
    COVERAGE_INC(libvirt_snapshot);
    log_change(w->snapshot, new);
    snapshot_destroy(w->snapshot);
    w->snapshot = new;
    return true;
}

/* Wakes the poll loop when libvirt_watch_run() is to be called. */
void
libvirt_watch_wait(struct libvirt_watch *w)
{
    seq_wait(w->feed->published, w->seqno);
}

/* Returns the snapshot, which is good until the next libvirt_watch_run(). */
const struct libvirt_snapshot *
libvirt_watch_snapshot(const struct libvirt_watch *w)
{
    return w->snapshot;
}
