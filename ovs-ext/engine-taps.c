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
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-apply.h"
#include "ovs-ext/host/libvirt-watch.h"
#include "ovs-ext/host/port-id.h"
#include "ovsdb-sync/ovs-sync.h"
#include "ovsdb-sync/ovs-taps.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

/* Adoption of taps that libvirt has put into the bridge of a network.
 *
 * A tap that is not a port yet is isolated in its bridge.  As soon as it is
 * known whose it is, an Interface is made of it; only then is it taken out of
 * the bridge.  So one that is half way when a daemon dies is still found, by
 * the one or by the other.  The Interface is deleted when the tap has gone.
 *
 * Whose is it?  libvirt's XML says so.  Without libvirt, the bridge learns the
 * VM's MAC from the first frame that it sends, and nothing is known of the VM
 * itself. */

/* One look at all taps. */
struct taps_run {
    struct engine *e;
    struct shash taps;          /* "struct ovs_tap"s, by name. */
};

static void
add_tap(struct taps_run *run, const char *name, struct eth_addr mac,
        uint32_t vni, const char *vm_id)
{
    char id[PORT_ID_LEN + 1];
    struct ovs_tap *tap;

    if (shash_find(&run->taps, name)) {
        return;
    }
    port_id_from_mac(mac, id);
    tap = xmalloc(sizeof *tap);
    *tap = (struct ovs_tap) {
        .iface_id = xstrdup(id),
        .mac = mac,
        .vni = vni,
        .vm_id = nullable_xstrdup(vm_id),
    };
    shash_add(&run->taps, name, tap);
}

/* Returns true if the device named 'name' is a tap that may be adopted for
 * network 'vni': it is in the bridge of that or, since somebody took it out,
 * in none. */
static bool
is_adoptable(const struct kernel *k, const char *name, uint32_t vni)
{
    const struct klink *link = kernel_link_by_name(k, name);
    const struct klink *master
        = link && link->l.master ? kernel_link(k, link->l.master) : NULL;

    return (link && (!link->l.master
                     || (master && master->role == KLINK_BRIDGE
                         && master->ours && master->vni == vni)));
}

/* Adds the NICs of 'domains', which libvirt tells of. */
static void
add_libvirt_taps(struct taps_run *run, const struct shash *domains)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, domains) {
        const struct libvirt_domain *domain = node->data;

        for (size_t i = 0; i < domain->n_nics; i++) {
            const struct libvirt_nic *nic = &domain->nics[i];

            if (is_adoptable(run->e->kernel, nic->tap, nic->vni)) {
                add_tap(run, nic->tap, nic->mac, nic->vni, node->name);
            }
        }
    }
}

/* Isolates 'link', a tap in the bridge of 'vni', and adds it if the bridge
 * has learned whose it is. */
static void
look_at_tap(void *run_, const struct klink *link, uint32_t vni)
{
    struct taps_run *run = run_;
    struct eth_addr mac;

    if (!link->l.isolated) {
        nl_apply_tap_isolate(run->e->apply, link);
    }
    if (kernel_tap_mac(run->e->kernel, link, vni, &mac)) {
        add_tap(run, link->l.name, mac, vni, NULL);
    }
}

/* Takes an adopted tap out of its bridge, or adds it as one that has gone. */
static void
look_at_adopted(void *run_, const char *name)
{
    struct taps_run *run = run_;
    const struct kernel *k = run->e->kernel;
    const struct klink *link = kernel_link_by_name(k, name);

    if (!link) {
        struct ovs_tap *tap = xzalloc(sizeof *tap);

        tap->gone = true;
        shash_add(&run->taps, name, tap);
    } else if (link->l.master && kernel_link_is_tap(k, link)) {
        nl_apply_tap_release(run->e->apply, link);
    }
}

/* Looks at all taps, if something happened since the last time. */
void
engine_run_taps(struct engine *e)
{
    uint64_t seqno = (kernel_taps_seqno(e->kernel)
                      + ovs_sync_seqno(e->ovs) + e->n_snapshots);
    struct taps_run run = { .e = e };

    if (seqno == e->taps_seqno) {
        return;
    }
    e->taps_seqno = seqno;
    shash_init(&run.taps);
    add_libvirt_taps(&run, &libvirt_watch_snapshot(e->libvirt)->domains);
    kernel_for_each_tap(e->kernel, look_at_tap, &run);
    ovs_sync_for_each_adopted(e->ovs, look_at_adopted, &run);
    ovs_sync_take_taps(e->ovs, &run.taps);
    shash_destroy(&run.taps);
}
