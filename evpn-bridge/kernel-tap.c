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
#include "evpn-bridge/kernel-internal.h"
#include "evpn-bridge/kernel-plan.h"

#include "ovs-ext/model/model.h"
#include "packets.h"

/* Taps that libvirt has put into the bridge of a network.  They do not belong
 * there: ovs-ext makes ports of Open vSwitch of them, and isolates them until
 * then, so that they reach nobody. */

/* Returns the network of whose bridge, if that is ours, 'link' is a port that
 * is not ours; 0 if there is none. */
static uint32_t
tap_vni(const struct kernel *k, const struct klink *link)
{
    const struct klink *master
        = link->l.master ? kernel_link(k, link->l.master) : NULL;

    return (master && master->role == KLINK_BRIDGE && master->ours
            && link->role == KLINK_NONE && !link->ours ? master->vni : 0);
}

/* Returns true if 'link' is a tap in the bridge of a network. */
bool
kernel_link_is_tap(const struct kernel *k, const struct klink *link)
{
    return tap_vni(k, link) != 0;
}

/* Calls 'cb' with 'aux' for each tap in the bridge of a network. */
void
kernel_for_each_tap(const struct kernel *k, kernel_tap_cb *cb, void *aux)
{
    const struct klink *link;

    HMAP_FOR_EACH (link, index_node, &k->links) {
        uint32_t vni = link->l.deleted ? 0 : tap_vni(k, link);

        if (vni) {
            cb(aux, link, vni);
        }
    }
}

static void
count_tap(void *vni_, const struct klink *link OVS_UNUSED, uint32_t vni)
{
    uint32_t *wanted = vni_;

    if (*wanted == vni) {
        *wanted = 0;
    }
}

/* Returns true if there is a tap in the bridge of network 'vni'. */
bool
kernel_has_taps(const struct kernel *k, uint32_t vni)
{
    kernel_for_each_tap(k, count_tap, &vni);
    return !vni;
}

/* Returns a number that changes when something changes that the other
 * functions tell. */
uint64_t
kernel_taps_seqno(const struct kernel *k)
{
    return k->taps_seqno;
}

/* 'link' is going to be as 'l' says: takes note if it is a tap's business. */
void
kernel_tap_note(struct kernel *k, const struct klink *link,
                const struct nl_link *l, struct owner_set *dirty)
{
    uint32_t vni;

    if (link->role != KLINK_NONE
        || (link->l.deleted == l->deleted && link->l.master == l->master
            && link->l.isolated == l->isolated)) {
        return;
    }
    k->taps_seqno++;
    vni = link->l.deleted ? 0 : tap_vni(k, link);
    if (vni) {
        /* Its bridge may be able to go. */
        struct owner owner = owner_network(vni);

        owner_set_add(dirty, &owner);
    }
}

/* Finds out the MAC of the VM behind 'tap' in the bridge of network 'vni', of
 * which it must have sent a frame: the bridge has learned it then.  libvirt
 * gives the tap itself the VM's MAC with 0xfe in front (virNetDevTapCreate()),
 * so that others that a VM may send from are not taken for it.  Returns false
 * if it is not known. */
bool
kernel_tap_mac(const struct kernel *k, const struct klink *tap, uint32_t vni,
               struct eth_addr *mac)
{
    struct eth_addr candidate = tap->l.mac;

    if (candidate.ea[0] != 0xfe) {
        return false;
    }
    for (int byte = 0; byte < 0xfe; byte += 2) {
        candidate.ea[0] = byte;
        if (kernel_fdb_port(k, vni, candidate) == tap->l.ifindex) {
            *mac = candidate;
            return true;
        }
    }
    return false;
}

/* Appends to 'plan' what takes 'tap' out of the bridge that it is in. */
void
kernel_plan_tap_release(const struct klink *tap, struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(plan, "%s: leave bridge",
                                           tap->l.name);

    nl_link_format_master(tap->l.ifindex, 0, op->request);
    op->removes = true;
    op->ifindex = tap->l.ifindex;
}

/* Appends to 'plan' what keeps 'tap' from reaching others in its bridge. */
void
kernel_plan_tap_isolate(const struct klink *tap, struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(plan, "%s: isolate", tap->l.name);

    nl_link_format_isolate(tap->l.ifindex, op->request);
    op->removes = true;
    op->ifindex = tap->l.ifindex;
}
