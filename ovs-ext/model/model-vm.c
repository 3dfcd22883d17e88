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

#include <limits.h>
#include <stdlib.h>
#include "ovs-ext/model/model-internal.h"
#include "util.h"

/* Whose MAC is it, during a live migration?
 *
 * On the destination, a port is there long before its VM runs: it is held,
 * with all that its VM needs but for its place in the network, until libvirt
 * says that the VM runs or until it sends a frame.  A port of a VM that
 * libvirt has not told of yet is held likewise: it may be one that migrates.
 *
 * On the source, a VM that is suspended for good neither sends nor receives;
 * its addresses stay announced until the destination announces them, so that
 * their sequence number rises (RFC 7432 section 15), and are not defended.  If
 * the migration fails, libvirt resumes the VM, and it claims them anew.
 * libvirt may delete the port before BGP has told all other hosts where the VM
 * is, so what the port means stays a little longer, without an OpenFlow port:
 * its addresses are announced until EVPN has them elsewhere, and frames for
 * the VM are passed on (model-herald.c).
 *
 * Without libvirt, a port is active when it is plugged. */

/* An interface whose VM had left is gone for good after so many ms. */
#define LINGER 3000

/* Moves 'iface' to 'vm', the state of its VM. */
static void
iface_set_vm(struct model *m, struct iface *iface, enum iface_vm vm)
{
    if (iface->vm != vm) {
        iface->moving |= (vm == IFACE_RUNS && iface->vm != IFACE_NEW);
        iface->came = vm == IFACE_RUNS && iface->vm == IFACE_INCOMING;
        iface->vm = vm;
        sset_add(&m->dirty_ports, iface->port);
    }
}

/* What 'state' of its VM means to 'iface', which had to do with it before. */
static enum iface_vm
next_vm(const struct iface *iface, enum vm_state state)
{
    return (state == VM_RUNS ? IFACE_RUNS
            : iface->vm == IFACE_NEW ? IFACE_INCOMING
            : iface->vm == IFACE_RUNS ? IFACE_LEFT
            : iface->vm);
}

/* 'iface' is new, or another VM's. */
void
iface_init_vm(struct model *m, struct iface *iface)
{
    const enum vm_state *state
        = iface->vm_id ? shash_find_data(&m->vms, iface->vm_id) : NULL;

    iface->vm = IFACE_NEW;
    iface->came = false;
    iface->moving = false;
    if (state) {
        iface_set_vm(m, iface, next_vm(iface, *state));
    }
}

/* libvirt says that the VM with 'uuid' is in 'state'. */
void
model_put_vm(struct model *m, const char *uuid, enum vm_state state)
{
    enum vm_state *old = shash_find_data(&m->vms, uuid);
    struct iface *iface;

    if (!old) {
        old = xmalloc(sizeof *old);
        shash_add(&m->vms, uuid, old);
    } else if (*old == state) {
        return;
    }
    *old = state;
    HMAP_FOR_EACH (iface, hmap_node, &m->ifaces) {
        if (iface->vm_id && !strcmp(iface->vm_id, uuid)
            && !iface->lingers) {
            iface_set_vm(m, iface, next_vm(iface, state));
        }
    }
}

/* libvirt does not know the VM with 'uuid' any more.  Its interfaces are as
 * they were until they go. */
void
model_del_vm(struct model *m, const char *uuid)
{
    free(shash_find_and_delete(&m->vms, uuid));
}

/* VMs that model_put_vm() did not tell of are not known yet; or, if not
 * 'known', nobody knows. */
void
model_set_vms_known(struct model *m, bool known)
{
    const struct iface *iface;

    if (m->vms_known != known) {
        m->vms_known = known;
        HMAP_FOR_EACH (iface, hmap_node, &m->ifaces) {
            if (iface->vm_id && iface->vm == IFACE_NEW) {
                sset_add(&m->dirty_ports, iface->port);
            }
        }
    }
}

/* The VM of the port on 'ofport', which is held, has sent a frame: it runs. */
void
model_wake_vm(struct model *m, uint32_t ofport)
{
    struct iface *iface;

    HMAP_FOR_EACH (iface, hmap_node, &m->ifaces) {
        if (iface->ofport == ofport
            && (iface->vm == IFACE_NEW || iface->vm == IFACE_INCOMING)) {
            iface_set_vm(m, iface, IFACE_RUNS);
        }
    }
}

/* Returns true if 'iface' (null for none) is held. */
bool
iface_is_held(const struct model *m, const struct iface *iface)
{
    return (iface && iface->vm_id
            && (iface->vm == IFACE_INCOMING
                || (iface->vm == IFACE_NEW && m->vms_known)));
}

/* Ports that are active at start have been seen to run, whatever libvirt says
 * later. */
void
vms_settle(struct model *m)
{
    const struct port *port;

    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        struct iface *iface = CONST_CAST(struct iface *, port->iface);

        if (iface && port->active && iface->vm == IFACE_NEW) {
            iface->vm = IFACE_RUNS;
        }
    }
}

/* 'port' has been resolved, at time 'now'. */
void
port_follow_vm(struct model *m, struct port *port, long long int now)
{
    struct iface *iface = CONST_CAST(struct iface *, port->iface);

    if (!iface || !port->active) {
        return;
    }
    if (iface->vm == IFACE_NEW && m->settled) {
        iface->vm = IFACE_RUNS; /* As in vms_settle(). */
    }
    if (iface->moving) {
        iface->moving = false;
        iface->moved = now;
        local_claim_again(m, port, now);
        learn_carried(m, port, now);
    } else if (port->left) {
        local_contest_all(m, port);
    }
}

/* Returns true if the addresses of 'port' move because its VM migrates. */
bool
port_migrates(const struct model *m, const struct port *port)
{
    const struct iface *iface = port->iface;

    return (port->left
            || (iface && iface->moved
                && m->now < iface->moved + CLAIM_WINDOW));
}

/* 'iface' has gone.  Returns true if it lingers, because its VM had left. */
bool
iface_linger(struct model *m, struct iface *iface)
{
    struct port *port = port_get(m, iface->port);

    if (iface->lingers || iface->vm != IFACE_LEFT || !port->active
        || port->iface != iface) {
        return false;
    }
    iface->lingers = true;
    iface->ofport = 0;
    return true;
}

/* Forgets the interfaces of 'port' that linger. */
void
ifaces_stop_lingering(struct model *m, struct port *port)
{
    struct iface *iface;

    LIST_FOR_EACH_SAFE (iface, port_node, &port->ifaces) {
        if (iface->lingers) {
            iface_destroy(m, iface);
            port_clear_carried(m, port);
        }
    }
}

/* Forgets, at time 'now', what has lingered long enough of 'port'. */
void
port_linger(struct model *m, struct port *port, long long int now)
{
    struct iface *iface;

    LIST_FOR_EACH_SAFE (iface, port_node, &port->ifaces) {
        if (!iface->lingers) {
            continue;
        }
        if (!iface->until) {
            iface->until = now + LINGER;
        }
        if (now < iface->until) {
            port_set_timer(m, port, iface->until);
        } else {
            iface_destroy(m, iface);
            port_clear_carried(m, port);
        }
    }
}

/* Makes model_run() resolve 'port' at time 'when', in ms, or before. */
void
port_set_timer(struct model *m, const struct port *port, long long int when)
{
    long long int *timer = shash_find_data(&m->port_timers, port->name);

    if (!timer) {
        timer = xmalloc(sizeof *timer);
        *timer = when;
        shash_add(&m->port_timers, port->name, timer);
    } else {
        *timer = MIN(*timer, when);
    }
}

/* Makes ports dirty whose time has come, 'now'. */
void
vms_run(struct model *m, long long int now)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &m->port_timers) {
        const long long int *when = node->data;

        if (*when <= now) {
            sset_add(&m->dirty_ports, node->name);
            free(node->data);
            shash_delete(&m->port_timers, node);
        }
    }
}

/* Returns the time at which vms_run() has something to do, in ms, or
 * LLONG_MAX. */
long long int
vms_next_due(const struct model *m)
{
    const struct shash_node *node;
    long long int due = LLONG_MAX;

    SHASH_FOR_EACH (node, &m->port_timers) {
        const long long int *when = node->data;

        due = MIN(due, *when);
    }
    return due;
}
