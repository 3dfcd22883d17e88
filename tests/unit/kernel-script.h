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

#ifndef TESTS_UNIT_KERNEL_SCRIPT_H
#define TESTS_UNIT_KERNEL_SCRIPT_H 1

/* What the kernel tells, as text, one message a line (see script.h).  '+' is
 * a notification that something is there, '-' that it is gone, '=' says in a
 * full read that it is there.
 *
 *     +link INDEX NAME KIND [master=NAME] [vni=N] [port=N] [local=IP]
 *           [alias=A] [ours] [made] [up] [fresh] [external] [learns]
 *           [mac=MAC] [table=N]
 *           [learning] [flood] [mcast_flood] [bcast_flood]
 *                            'ours': with our alias; 'made': with our group;
 *                            'fresh': with the settings that the kernel gives
 *     +net VNI               our three devices, complete: brvx-N, vxlanN and
 *                            oe-N with indexes 10 * N + 1, 2 and 3
 *     -link NAME, -link INDEX, -net VNI
 *     +fdb PORT MAC [reachable] [permanent] [extern] [sticky] [vlan=N]
 *                            of the bridge; static if not said otherwise
 *     +self DEV MAC VTEP     of the vxlan device
 *     +self DEV MAC nhid=N
 *     +flood DEV VTEP
 *     +neigh DEV IP [MAC] [ours] [zebra] [router] [failed] [extern] [proto=N]
 *     +addr DEV IP/LEN [ours]
 *     +hop ID VTEP [route|dev=DEV]  a next hop
 *     +hops ID [MEMBER]... [route]  a group of next hops
 *     +route L3VNI IP/LEN [IP@DEV]... [nhid=ID] [metric=N] [blackhole]
 *            [proto=N]       of the VRF
 *     -fdb PORT MAC, ...     likewise
 *
 *     read TABLE             a full read of links, fdb, neighs, hops, addrs
 *                            or routes begins
 *     end TABLE              it is complete; writes if it is to be repeated
 *     fail TABLE             it is not complete
 *     mark                   remembers what is stale now
 *     drop                   drops what was stale at the mark
 *     clear                  forgets which owners are dirty
 *     has NAME               writes if there is a link with this name
 *     where VNI MAC          writes where the bridge has the MAC
 *
 *     fence [off]            the shadow port is closed (it is)
 *     no-vrf                 networks do without VRFs
 *     plan OWNER             writes what there is to be done
 *     apply OWNER            does it, as the kernel would, until there is
 *                            nothing to do; writes all of it
 *     orphan VNI [mac=MAC] [ip=IP]
 *                            removes what zebra left, likewise
 *     flap VNI               writes how the vxlan device goes down and up
 *
 * Other words are the model's (model-script.h). */

#include <stdbool.h>
#include <stdint.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"

struct kernel;
struct kernel_plan;

struct kernel_script {
    struct kernel *k;
    struct model m;
    struct owner_set dirty;     /* By 'k'. */
    uint64_t mark;
    bool fenced;
    bool no_vrf;
    int next_ifindex;           /* Of devices made by "apply". */
    struct ds log;              /* What was written. */
};

void kernel_script_init(struct kernel_script *);
void kernel_script_uninit(struct kernel_script *);
void kernel_script_run(struct kernel_script *, const char *script);

/* Plans, and what the kernel makes of them. */
void kernel_script_plan(const struct kernel_script *, const struct owner *,
                        struct kernel_plan *);
void kernel_script_execute(struct kernel_script *, const struct kernel_plan *);

/* Appends what was written, the model, which owners are dirty and how much is
 * stale to 's'. */
void kernel_script_dump(const struct kernel_script *, struct ds *s);

#endif /* tests/unit/kernel-script.h */
