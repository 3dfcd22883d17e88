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
#include "hash.h"
#include "ovs-ext/model/model-internal.h"
#include "packets.h"
#include "util.h"

/* Where does a VM go that leaves?
 *
 * When a VM has migrated, the destination announces its MAC; but until BGP has
 * told all other VTEPs, which takes bgpd 50 ms for each hop, they send to the
 * source.  The source could pass that on, but libvirt does not tell it where
 * the VM is.  So the destination tells it beforehand, in the only way that
 * reaches it whoever manages the hosts, by BGP: as long as the VM is to come,
 * and a short while after it has, it announces another MAC, the VM's herald,
 * which is made from that of the VM.
 *
 *     VM 52:54:00:00:00:01     herald 12:3b:65:00:00:01
 *
 * The source passes frames for a VM that has left on to the VTEP where EVPN
 * has its MAC or, as long as that is nowhere else, its herald:
 *
 *   - Nothing is delivered twice.  The source announces the MAC until EVPN has
 *     it elsewhere, so that nobody floods frames for it, and only one host
 *     gets each; the destination delivers it if the VM runs there, else drops
 *     it.
 *   - Nothing goes round in circles.  A host where a VM is to come, or runs,
 *     passes nothing on; one that it has left sends nothing back to the VTEP
 *     that a frame came from.
 *   - Nobody else is bothered: no frame has a herald as source or destination.
 *     One that is in use already, as the MAC of somebody or as a herald of
 *     another host, is not announced.
 *
 * Where there is no herald, or it comes late, all is as it would be without:
 * frames for the VM are lost until BGP has told where it is. */

/* A herald is announced for so many ms after its VM runs: longer than BGP
 * takes to tell of the VM itself. */
#define HERALD_AFTER 1000

/* Returns the herald of 'mac'; and that of a herald is the VM's MAC. */
struct eth_addr
herald_mac(struct eth_addr mac)
{
    mac.ea[0] ^= 0x40;
    mac.ea[1] ^= 0x6f;
    mac.ea[2] ^= 0x65;
    return mac;
}

static struct herald *
herald_find(const struct network *network, struct eth_addr mac)
{
    struct herald *herald;

    HMAP_FOR_EACH_WITH_HASH (herald, hmap_node, hash_mac(mac, 0, 0),
                             &network->heralds) {
        if (eth_addr_equals(herald->mac, mac)) {
            return herald;
        }
    }
    return NULL;
}

/* Returns when the heralds of 'port' are not to be announced any more, in ms;
 * 0 if they are not at all. */
static long long int
port_heralds_until(const struct port *port)
{
    const struct iface *iface = port->iface;

    return (!iface ? 0
            : port->held && iface->vm == IFACE_INCOMING ? LLONG_MAX
            : port->active && !port->left && iface->came
            ? iface->moved + HERALD_AFTER
            : 0);
}

/* Gives 'port', at time 'now', the heralds that it is to have. */
void
herald_acquire(struct model *m, const struct port *port, long long int now)
{
    long long int until = port_heralds_until(port);

    if (now >= until) {
        return;
    }
    for (size_t i = 0; i < port->n_macs; i++) {
        struct eth_addr mac = herald_mac(port->macs[i]);

        if (!herald_find(port->network, mac)) {
            struct herald *herald = xmalloc(sizeof *herald);

            herald->mac = mac;
            herald->port = port;
            hmap_insert(&port->network->heralds, &herald->hmap_node,
                        hash_mac(mac, 0, 0));
            local_mac_changed(m, port->network, mac);
        }
    }
    if (until != LLONG_MAX) {
        port_set_timer(m, port, until);
    }
}

/* Takes all heralds from 'port'. */
void
herald_release(struct model *m, const struct port *port)
{
    for (size_t i = 0; port->network && i < port->n_macs; i++) {
        struct eth_addr mac = herald_mac(port->macs[i]);
        struct herald *herald = herald_find(port->network, mac);

        if (herald && herald->port == port) {
            hmap_remove(&port->network->heralds, &herald->hmap_node);
            free(herald);
            local_mac_changed(m, port->network, mac);
        }
    }
}

/* Makes all heralds of 'network' dirty. */
void
herald_dirty_all(struct model *m, const struct network *network)
{
    const struct herald *herald;

    HMAP_FOR_EACH (herald, hmap_node, &network->heralds) {
        local_mac_changed(m, network, herald->mac);
    }
}

/* EVPN told something of 'mac' in 'network': that matters to a herald that it
 * is, and to a VM that has left. */
void
herald_contest(struct model *m, const struct network *network,
               struct eth_addr mac)
{
    struct eth_addr other = herald_mac(mac);
    const struct local_mac *local = local_mac_find(network, mac);
    const struct local_mac *vm = local_mac_find(network, other);

    if (herald_find(network, mac) || (local && local->port->left)) {
        local_mac_changed(m, network, mac);
    }
    if (vm && vm->port->left) {
        local_mac_changed(m, network, other);
    }
}

/* Returns true if 'mac' is to be announced in 'network' as the herald of a VM
 * that is to run here. */
bool
network_has_herald(const struct network *network, struct eth_addr mac)
{
    return (herald_find(network, mac)
            && !network_local_mac(network, mac)
            && !network_remote_mac(network, mac));
}

/* Returns true if the VM that had 'local' in 'network' has left, and it is
 * known for where: then stores that VTEP in '*vtep'. */
bool
network_successor(const struct network *network,
                  const struct local_mac *local, struct in6_addr *vtep)
{
    const struct remote_mac *remote;

    if (!local->port->left) {
        return false;
    }
    remote = network_remote_mac(network, local->mac);
    if (!remote || !remote->vtep) {
        remote = network_remote_mac(network, herald_mac(local->mac));
    }
    if (!remote || !remote->vtep) {
        return false;
    }
    *vtep = remote->vtep->ip;
    return true;
}
