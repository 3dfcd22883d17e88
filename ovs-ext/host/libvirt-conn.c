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
#include "ovs-ext/host/libvirt-internal.h"

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <stdlib.h>
#include "coverage.h"
#include "openvswitch/vlog.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(libvirt_conn);

COVERAGE_DEFINE(libvirt_connect);
COVERAGE_DEFINE(libvirt_event);
COVERAGE_DEFINE(libvirt_lost);

/* The thread that speaks with libvirt.
 *
 * libvirt's own event loop runs here; its callbacks only note what they are
 * told.  What an event says of a domain's state counts as it is: it is told in
 * order, and earlier than libvirt would answer a question.  The XML is asked
 * for when an event says that it is another one; not from callbacks, nor while
 * anybody waits.
 *
 * In a migration, the source's domain is suspended ("migrated") when the guest
 * runs there no longer, and resumed ("migrated") if it stays after all; the
 * destination's is started ("migrated") while it waits, and resumed when it
 * runs.  After a post-copy switch, the source's is suspended ("postcopy"). */

/* Between attempts to connect, in ms. */
#define BACKOFF_MIN 250
#define BACKOFF_MAX 4000

/* A connection over which nothing comes for so long is lost. */
#define KEEPALIVE_INTERVAL 2    /* s. */
#define KEEPALIVE_COUNT 3

struct conn {
    struct libvirt_feed *feed;
    char *uri;                  /* Wanted, or null. */
    virConnectPtr vir;          /* Null if not connected. */
    bool lost;                  /* libvirt says that 'vir' is. */
    struct libvirt_snapshot now;
    bool changed;               /* 'now' is not published yet. */
    struct sset stale;          /* UUIDs of domains to ask about. */
    int timer;                  /* Of libvirt's loop: tries again. */
    int backoff;                /* ms. */
    long long int next;         /* ms: when to connect. */
};

/* libvirt would print errors itself. */
static void
ignore_error(void *aux OVS_UNUSED, virErrorPtr error OVS_UNUSED)
{
}

static char *
last_error(void)
{
    const char *text = virGetLastErrorMessage();

    return xstrdup(text ? text : "unknown error");
}

/* Domains. */

static void
delete_domain(struct conn *c, const char *uuid)
{
    struct libvirt_domain *domain
        = shash_find_and_delete(&c->now.domains, uuid);

    sset_find_and_delete(&c->stale, uuid);
    if (domain) {
        libvirt_domain_destroy(domain);
        c->changed = true;
    }
}

static void
delete_all(struct conn *c)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &c->now.domains) {
        delete_domain(c, node->name);
    }
    sset_clear(&c->stale);
}

static void
set_state(struct conn *c, const char *uuid, const char *name,
          enum vm_state state)
{
    struct libvirt_domain *domain = shash_find_data(&c->now.domains, uuid);

    if (!domain) {
        domain = xzalloc(sizeof *domain);
        domain->name = xstrdup(name);
        shash_add(&c->now.domains, uuid, domain);
        sset_add(&c->stale, uuid);
    } else if (domain->state == state) {
        return;
    }
    domain->state = state;
    c->changed = true;
}

/* Returns the state of a domain that libvirt says to be in 'state' for
 * 'reason'. */
static enum vm_state
judge_state(int state, int reason)
{
    return (state == VIR_DOMAIN_PAUSED
            && (reason == VIR_DOMAIN_PAUSED_MIGRATION
                || reason == VIR_DOMAIN_PAUSED_POSTCOPY
                || reason == VIR_DOMAIN_PAUSED_STARTING_UP)
            ? VM_HELD : VM_RUNS);
}

/* Asks for the XML of the domain 'uuid'. */
static void
read_xml(struct conn *c, const char *uuid)
{
    struct libvirt_domain *domain = shash_find_data(&c->now.domains, uuid);
    virDomainPtr dom = virDomainLookupByUUIDString(c->vir, uuid);
    char *xml = dom ? virDomainGetXMLDesc(dom, 0) : NULL;

    if (xml && domain) {
        libvirt_domain_set_nics(domain, xml);
        c->changed = true;
    } else if (!xml && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN) {
        delete_domain(c, uuid);
    }
    free(xml);
    if (dom) {
        virDomainFree(dom);
    }
}

static void
read_stale(struct conn *c)
{
    while (c->vir && !c->lost && !sset_is_empty(&c->stale)
           && libvirt_feed_begin(c->feed)) {
        char *uuid = sset_pop(&c->stale);

        read_xml(c, uuid);
        free(uuid);
        libvirt_feed_end(c->feed);
    }
}

/* Events. */

static int
lifecycle_cb(virConnectPtr vir OVS_UNUSED, virDomainPtr dom, int event,
             int detail, void *c_)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    const char *name = virDomainGetName(dom);
    struct conn *c = c_;

    if (virDomainGetUUIDString(dom, uuid) < 0) {
        return 0;
    }
    COVERAGE_INC(libvirt_event);
    VLOG_DBG("%s: event %d, detail %d", name, event, detail);
    if (event == VIR_DOMAIN_EVENT_STARTED) {
        set_state(c, uuid, name, (detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED
                                  ? VM_HELD : VM_RUNS));
        sset_add(&c->stale, uuid);
    } else if (event == VIR_DOMAIN_EVENT_SUSPENDED
               && (detail == VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED
                   || detail == VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY)) {
        set_state(c, uuid, name, VM_HELD);
    } else if (event == VIR_DOMAIN_EVENT_RESUMED) {
        set_state(c, uuid, name, VM_RUNS);
    } else if (event == VIR_DOMAIN_EVENT_STOPPED) {
        delete_domain(c, uuid);
    }
    return 0;
}

/* A migration of 'dom' to another host copies its memory for the 'pass'th
 * time: each time what has changed meanwhile. */
static void
pass_cb(virConnectPtr vir OVS_UNUSED, virDomainPtr dom, int pass, void *c_)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    struct libvirt_domain *domain;
    struct conn *c = c_;

    if (virDomainGetUUIDString(dom, uuid) >= 0) {
        COVERAGE_INC(libvirt_event);
        VLOG_DBG("%s: pass %d of a migration", virDomainGetName(dom), pass);
        domain = shash_find_data(&c->now.domains, uuid);
        if (domain) {
            domain->pass = pass;
            c->changed = true;
        }
    }
}

static void
device_cb(virConnectPtr vir OVS_UNUSED, virDomainPtr dom,
          const char *alias, void *c_)
{
    char uuid[VIR_UUID_STRING_BUFLEN];
    struct conn *c = c_;

    if (virDomainGetUUIDString(dom, uuid) >= 0) {
        COVERAGE_INC(libvirt_event);
        VLOG_DBG("%s: device %s", virDomainGetName(dom), alias);
        sset_add(&c->stale, uuid);
    }
}

static void
close_cb(virConnectPtr vir OVS_UNUSED, int reason OVS_UNUSED, void *c_)
{
    struct conn *c = c_;

    c->lost = true;
}

/* Has libvirt tell of what happens.  Returns false if it refuses. */
static bool
register_events(struct conn *c)
{
    static const struct {
        int id;
        virConnectDomainEventGenericCallback cb;
    } events[] = {
        { VIR_DOMAIN_EVENT_ID_LIFECYCLE,
          VIR_DOMAIN_EVENT_CALLBACK(lifecycle_cb) },
        { VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
          VIR_DOMAIN_EVENT_CALLBACK(pass_cb) },
        { VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
          VIR_DOMAIN_EVENT_CALLBACK(device_cb) },
        { VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
          VIR_DOMAIN_EVENT_CALLBACK(device_cb) },
    };
    bool ok = (!virConnectRegisterCloseCallback(c->vir, close_cb, c, NULL)
               && virConnectSetKeepAlive(c->vir, KEEPALIVE_INTERVAL,
                                         KEEPALIVE_COUNT) >= 0);

    for (size_t i = 0; ok && i < ARRAY_SIZE(events); i++) {
        ok = virConnectDomainEventRegisterAny(c->vir, NULL, events[i].id,
                                              events[i].cb, c, NULL) >= 0;
    }
    return ok;
}

/* Reads which domains there are.  Returns false if libvirt does not tell. */
static bool
read_domains(struct conn *c)
{
    virDomainPtr *domains;
    int n = virConnectListAllDomains(c->vir, &domains,
                                     VIR_CONNECT_LIST_DOMAINS_ACTIVE);

    if (n < 0) {
        return false;
    }
    delete_all(c);
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN];
        int state, reason;

        if (virDomainGetUUIDString(domains[i], uuid) >= 0
            && virDomainGetState(domains[i], &state, &reason, 0) >= 0) {
            set_state(c, uuid, virDomainGetName(domains[i]),
                      judge_state(state, reason));
            read_xml(c, uuid);
            sset_find_and_delete(&c->stale, uuid);
        }
        virDomainFree(domains[i]);
    }
    free(domains);
    return true;
}

/* The connection. */

static void
set_error(struct conn *c, char *error)
{
    free(c->now.error);
    c->now.error = error;
    c->now.connected = false;
    c->now.known = true;
    c->changed = true;
}

static void
disconnect(struct conn *c)
{
    if (c->vir) {
        virConnectUnregisterCloseCallback(c->vir, close_cb);
        virConnectClose(c->vir);
        c->vir = NULL;
        c->lost = false;
    }
}

static void
try_later(struct conn *c)
{
    c->next = time_msec() + c->backoff;
    virEventUpdateTimeout(c->timer, c->backoff);
    c->backoff = MIN(c->backoff * 2, BACKOFF_MAX);
}

static void
connect_now(struct conn *c)
{
    COVERAGE_INC(libvirt_connect);
    c->vir = virConnectOpenReadOnly(c->uri);
    if (!c->vir) {
        set_error(c, last_error());
        try_later(c);
    } else if (!register_events(c) || !read_domains(c)
               || virConnectGetLibVersion(c->vir, &c->now.version) < 0) {
        set_error(c, last_error());
        disconnect(c);
        try_later(c);
    } else {
        set_error(c, NULL);
        c->now.connected = true;
        c->backoff = BACKOFF_MIN;
        virEventUpdateTimeout(c->timer, -1);
    }
}

/* Does what is due about the connection. */
static void
run_connection(struct conn *c)
{
    if (c->lost) {
        COVERAGE_INC(libvirt_lost);
        set_error(c, xstrdup("the connection was lost"));
        disconnect(c);
        try_later(c);
    }
    if (c->uri && !c->vir && time_msec() >= c->next
        && libvirt_feed_begin(c->feed)) {
        connect_now(c);
        libvirt_feed_end(c->feed);
    }
}

/* The main loop wants libvirt at 'uri', or none if that is null; takes
 * 'uri'. */
static void
set_uri(struct conn *c, char *uri)
{
    if (nullable_string_is_equal(c->uri, uri)) {
        free(uri);
        return;
    }
    disconnect(c);
    free(c->uri);
    c->uri = uri;
    c->next = 0;
    c->backoff = BACKOFF_MIN;
    if (!uri) {
        delete_all(c);
        set_error(c, NULL);
        virEventUpdateTimeout(c->timer, -1);
    }
}

/* libvirt's loop has to wake up, which it has when these are called. */
static void
wake_cb(int watch OVS_UNUSED, int fd OVS_UNUSED, int events OVS_UNUSED,
        void *aux OVS_UNUSED)
{
}

static void
timer_cb(int timer, void *aux OVS_UNUSED)
{
    virEventUpdateTimeout(timer, -1);
}

/* See libvirt-internal.h. */
void
libvirt_thread_main(struct libvirt_feed *feed)
{
    struct conn c = { .feed = feed, .backoff = BACKOFF_MIN };
    int watch;
    char *uri;

    shash_init(&c.now.domains);
    sset_init(&c.stale);
    virSetErrorFunc(NULL, ignore_error);
    virEventRegisterDefaultImpl();
    watch = virEventAddHandle(libvirt_feed_fd(feed),
                              VIR_EVENT_HANDLE_READABLE, wake_cb, NULL, NULL);
    c.timer = virEventAddTimeout(-1, timer_cb, NULL, NULL);
    while (libvirt_feed_next(feed, &uri)) {
        set_uri(&c, uri);
        run_connection(&c);
        if (c.changed) {
            /* States first: the XML may take its time. */
            libvirt_feed_publish(feed, &c.now);
            c.changed = false;
        }
        read_stale(&c);
        if (c.changed) {
            libvirt_feed_publish(feed, &c.now);
            c.changed = false;
        }
        virEventRunDefaultImpl();
    }
    free(uri);
    disconnect(&c);
    virEventRemoveHandle(watch);
    virEventRemoveTimeout(c.timer);
    delete_all(&c);
    shash_destroy(&c.now.domains);
    sset_destroy(&c.stale);
    free(c.now.error);
    free(c.uri);
}
