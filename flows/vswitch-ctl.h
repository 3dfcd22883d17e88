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

#ifndef FLOWS_VSWITCH_CTL_H
#define FLOWS_VSWITCH_CTL_H 1

/* Commands of ovs-vswitchd, as ovs-appctl gives them: what OpenFlow cannot
 * tell, that is, traces and the connections that conntrack knows.
 *
 * A command runs while the caller goes on: its callback is called from
 * vswitch_ctl_run() with the reply, or with why there is none, a sentence
 * without a full stop.  There is a bound for how many wait and for how
 * long. */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/list.h"

/* Most commands at a time, and how long one may take, in ms. */
#define VSWITCH_CTL_MAX 16
#define VSWITCH_CTL_TIMEOUT 10000

typedef void vswitch_ctl_cb(const char *reply, const char *error, void *aux);

struct vswitch_ctl {
    struct ovs_list commands;   /* "struct vswitch_command"s. */
    size_t n;                   /* In 'commands'. */
};

void vswitch_ctl_init(struct vswitch_ctl *);
void vswitch_ctl_uninit(struct vswitch_ctl *);
void vswitch_ctl_send(struct vswitch_ctl *, const char *method,
                      const char *const args[], size_t n_args,
                      vswitch_ctl_cb *cb, void *aux);
void vswitch_ctl_run(struct vswitch_ctl *);
void vswitch_ctl_wait(struct vswitch_ctl *);

#endif /* flows/vswitch-ctl.h */
