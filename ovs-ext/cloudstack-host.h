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

#ifndef OVS_EXT_CLOUDSTACK_HOST_H
#define OVS_EXT_CLOUDSTACK_HOST_H 1

/* What CloudStack there is on a host, and what it needs to call us.
 *
 * Only looks; ctl-cloudstack.h is what changes something. */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/compiler.h"

/* A link to be made or removed. */
struct cloudstack_link {
    char *path;                 /* Without the root directory. */
    const char *target;
    bool wanted;                /* By one of the versions that are there. */
};

struct cloudstack_host {
    char *hook;                 /* Our program. */
    char **versions;            /* "4.20.1.0"; none if they are not found. */
    size_t n_versions;
    struct cloudstack_link *links; /* All that may ever have been made. */
    size_t n_links;
    char **advice;              /* What the administrator has to do. */
    size_t n_advice;
};

char *cloudstack_host_read(struct cloudstack_host *, const char *root,
                           const char *hook) OVS_WARN_UNUSED_RESULT;
void cloudstack_host_uninit(struct cloudstack_host *);
bool cloudstack_is_our_file(const char *name);

#endif /* ovs-ext/cloudstack-host.h */
