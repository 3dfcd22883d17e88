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

#ifndef OVS_EXT_HOST_LIBVIRT_WATCH_H
#define OVS_EXT_HOST_LIBVIRT_WATCH_H 1

/* What libvirt knows of the VMs of this host.
 *
 * libvirt's calls block, and its events come in a loop of its own; so one
 * thread speaks with it (libvirt-conn.c), over a connection that can read
 * only, and shares nothing with the main loop but snapshots, which do not
 * change any more once they are published.
 *
 *     libvirt_watch_set_uri(w, "qemu:///system");
 *     if (libvirt_watch_run(w)) {
 *         snapshot = libvirt_watch_snapshot(w);
 *         ...
 *     }
 *     libvirt_watch_wait(w);
 *
 * The thread connects again, with growing pauses, whenever the connection is
 * lost.  Meanwhile the snapshot has the domains that were known last, for
 * these go on running.  A host without libvirt is none the worse for it, nor
 * is a program that was built without. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/shash.h"
#include "openvswitch/types.h"
#include "ovs-ext/model/facts.h"

/* A NIC that libvirt has put into the bridge brvx-N of a network. */
struct libvirt_nic {
    char *tap;                  /* "vnet3". */
    struct eth_addr mac;        /* Of the VM. */
    uint32_t vni;
};

/* A domain that runs, or is about to. */
struct libvirt_domain {
    char *name;                 /* "i-2-55-VM". */
    enum vm_state state;
    int pass;                   /* Of the copy of its memory to another host
                                 * (there are several); 0 if it had none. */
    struct libvirt_nic *nics;
    size_t n_nics;
};

struct libvirt_snapshot {
    bool connected;
    bool known;                 /* It has been asked, or was not there. */
    unsigned long int version;  /* 1000000 * major + 1000 * minor + micro. */
    char *error;                /* Why it is not connected, or null. */
    struct shash domains;       /* "struct libvirt_domain"s by UUID. */
};

struct libvirt_watch *libvirt_watch_create(void);
void libvirt_watch_destroy(struct libvirt_watch *);
void libvirt_watch_set_uri(struct libvirt_watch *, const char *uri);
bool libvirt_watch_run(struct libvirt_watch *);
void libvirt_watch_wait(struct libvirt_watch *);
const struct libvirt_snapshot *libvirt_watch_snapshot(
    const struct libvirt_watch *);

#endif /* ovs-ext/host/libvirt-watch.h */
