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

#ifndef OVS_EXT_MODEL_ZONE_H
#define OVS_EXT_MODEL_ZONE_H 1

/* Zones of the switch's connection tracking.
 *
 * A port of this host that has, or had, a policy has a zone of its own, so
 * that connections of one are never taken for those of another.  It has the
 * same one as long as it is on this host, also when the daemon or the switch
 * is started again: zones are kept in the database, from where they come back
 * by zones_restore() before the first is acquired.
 *
 * What a zone knows of connections is somebody else's when a port gets it, and
 * nobody's when its port has gone: then it is to be flushed, see
 * zones_pop_flush(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/shash.h"

/* Zones are 1...ZONE_MAX; 0 is that of all who do not ask for one. */
#define ZONE_MAX 65535

struct zones {
    struct shash by_port;       /* Name of a port -> its zone, uintptr_t. */
    unsigned long *used;        /* Bitmap of ZONE_MAX + 1. */
    uint16_t *flush;            /* To be flushed. */
    size_t n_flush, allocated_flush;
    uint64_t seqno;             /* Raised when 'by_port' changes. */
};

void zones_init(struct zones *);
void zones_uninit(struct zones *);

void zones_restore(struct zones *, const char *port, uint16_t zone);
uint16_t zones_acquire(struct zones *, const char *port);
void zones_release(struct zones *, const char *port);
uint16_t zones_get(const struct zones *, const char *port);
bool zones_pop_flush(struct zones *, uint16_t *zone);

#endif /* ovs-ext/model/zone.h */
