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

#ifndef EVPN_BRIDGE_VTY_H
#define EVPN_BRIDGE_VTY_H 1

/* A connection to the vty socket of an FRR daemon.
 *
 * The daemon takes a command, ended by a null byte, and answers with text,
 * three null bytes and a status.  A connection is kept: that it breaks says
 * that the daemon died.  It is made again, with backoff.
 *
 * One question is under way at a time.  The text of the answer is given away
 * in pieces, as it comes, at most VTY_SLICE bytes in a run. */

#include <stdbool.h>
#include <stddef.h>

#define VTY_SLICE 65536         /* Bytes that one vty_run() takes. */

/* Called from vty_run(). */
struct vty_class {
    /* The next 'n' bytes of the answer. */
    void (*data)(void *aux, const char *, size_t n);

    /* The answer is complete; 'status' is 0 if the command was understood and
     * done, positive if not, negative if the connection broke. */
    void (*done)(void *aux, int status);
};

struct vty *vty_create(const char *path, const struct vty_class *, void *aux);
void vty_destroy(struct vty *);
void vty_run(struct vty *, long long int now);
void vty_wait(const struct vty *);

bool vty_is_connected(const struct vty *);
int vty_error(const struct vty *);
const char *vty_path(const struct vty *);

bool vty_is_idle(const struct vty *);
void vty_ask(struct vty *, const char *command);

#endif /* evpn-bridge/vty.h */
