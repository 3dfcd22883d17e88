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

#include <stdlib.h>
#include "ovs-ext/host/libvirt-watch.h"
#include "ovs-ext/show.h"
#include "ovsdb-sync/ovs-sync.h"
#include "ovsdb-sync/port-data.h"
#include "timeval.h"
#include "util.h"

/* VMs, as libvirt tells of them. */

/* Has the VM of 'iface' take along to another host what 'm' knows of its
 * port. */
static void
take_along(struct engine *e, const struct iface *iface)
{
    struct model *m = &e->model;
    const struct port *port = model_port(m, iface->port);
    char *object = xasprintf("port/%s", iface->port);
    char *text = NULL;
    char *error = NULL;

    if (port && port->iface == iface && port->network) {
        error = port_data_format(m, port, &text);
    }
    if (error) {
        problem_set(&m->problems, object, "take-along", "%s", error);
        free(error);
    } else {
        problem_clear(&m->problems, object, "take-along");
    }
    if (text) {
        ovs_sync_take_along(e->ovs, iface->name, text);
    }
    free(object);
}

/* Does so for VMs of 's' that begin to migrate, or go on with it. */
static void
take_all_along(struct engine *e, const struct libvirt_snapshot *s)
{
    const struct iface *iface;

    HMAP_FOR_EACH (iface, hmap_node, &e->model.ifaces) {
        const struct libvirt_domain *domain
            = iface->vm_id ? shash_find_data(&s->domains, iface->vm_id) : NULL;

        if (domain && domain->pass) {
            take_along(e, iface);
        }
    }
}

/* Tells the model of the VMs of 's'. */
static void
put_vms(struct model *m, const struct libvirt_snapshot *s)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &s->domains) {
        const struct libvirt_domain *domain = node->data;

        model_put_vm(m, node->name, domain->state);
    }
    SHASH_FOR_EACH_SAFE (node, &m->vms) {
        if (!shash_find(&s->domains, node->name)) {
            model_del_vm(m, node->name);
        }
    }
    model_set_vms_known(m, s->connected);
}

/* Takes over what libvirt told. */
void
engine_run_vms(struct engine *e)
{
    libvirt_watch_set_uri(e->libvirt, ovs_sync_libvirt(e->ovs));
    if (libvirt_watch_run(e->libvirt)) {
        e->n_snapshots++;
        put_vms(&e->model, libvirt_watch_snapshot(e->libvirt));
        take_all_along(e, libvirt_watch_snapshot(e->libvirt));
    }
}

/* Returns true if it is known what VMs do, as far as that can be known
 * soon. */
bool
engine_knows_vms(const struct engine *e)
{
    return (!ovs_sync_libvirt(e->ovs)
            || libvirt_watch_snapshot(e->libvirt)->known
            || time_msec() >= e->vms_deadline);
}

/* Appends how it is about libvirt to 'show'. */
void
engine_show_libvirt(const struct engine *e, struct show *show)
{
    const struct libvirt_snapshot *s = libvirt_watch_snapshot(e->libvirt);

    if (s->connected) {
        show_string(show, "connected: %lu.%lu.%lu, %"PRIuSIZE" domains",
                    s->version / 1000000, s->version / 1000 % 1000,
                    s->version % 1000, shash_count(&s->domains));
    } else if (s->error) {
        show_string(show, "not connected: %s", s->error);
    } else {
        show_string(show, "%s", ovs_sync_libvirt(e->ovs) ? "not connected"
                    : "off");
    }
}
