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
#include "ovs-ext/model/zone.h"

#include <stdlib.h>
#include "bitmap.h"
#include "util.h"

/* Initializes 'zones': no port has one. */
void
zones_init(struct zones *zones)
{
    *zones = (struct zones) { .seqno = 1 };
    shash_init(&zones->by_port);
    zones->used = bitmap_allocate(ZONE_MAX + 1);
    bitmap_set1(zones->used, 0);
}

/* Frees what 'zones' holds. */
void
zones_uninit(struct zones *zones)
{
    shash_destroy(&zones->by_port);
    bitmap_free(zones->used);
    free(zones->flush);
}

/* Returns the zone of the port named 'port', or 0 if it has none. */
uint16_t
zones_get(const struct zones *zones, const char *port)
{
    const struct shash_node *node = shash_find(&zones->by_port, port);

    return node ? (uintptr_t) node->data : 0;
}

static void
zones_add(struct zones *zones, const char *port, uint16_t zone)
{
    bitmap_set1(zones->used, zone);
    shash_add_once(&zones->by_port, port, (void *) (uintptr_t) zone);
    zones->seqno++;
}

static void
zones_add_flush(struct zones *zones, uint16_t zone)
{
    if (zones->n_flush >= zones->allocated_flush) {
        zones->flush = x2nrealloc(zones->flush, &zones->allocated_flush,
                                  sizeof *zones->flush);
    }
    zones->flush[zones->n_flush++] = zone;
}

/* Gives 'port' the zone 'zone', which it had before the daemon was started,
 * unless one of the two has another one: whoever comes first keeps it. */
void
zones_restore(struct zones *zones, const char *port, uint16_t zone)
{
    if (zone && !zones_get(zones, port)
        && !bitmap_is_set(zones->used, zone)) {
        zones_add(zones, port, zone);
    }
}

/* Returns the zone of the port named 'port'; if it had none, the least that is
 * free.  Returns 0 if none is. */
uint16_t
zones_acquire(struct zones *zones, const char *port)
{
    uint16_t zone = zones_get(zones, port);

    if (!zone) {
        size_t free_zone = bitmap_scan(zones->used, false, 1, ZONE_MAX + 1);

        if (free_zone <= ZONE_MAX) {
            zone = free_zone;
            zones_add(zones, port, zone);
            zones_add_flush(zones, zone);
        }
    }
    return zone;
}

/* Frees the zone of the port named 'port', if it has one. */
void
zones_release(struct zones *zones, const char *port)
{
    uint16_t zone = zones_get(zones, port);

    if (zone) {
        shash_find_and_delete(&zones->by_port, port);
        bitmap_set0(zones->used, zone);
        zones_add_flush(zones, zone);
        zones->seqno++;
    }
}

/* Takes a zone that is to be flushed, and stores it in '*zone'.  Returns false
 * if there is none. */
bool
zones_pop_flush(struct zones *zones, uint16_t *zone)
{
    if (!zones->n_flush) {
        return false;
    }
    *zone = zones->flush[--zones->n_flush];
    return true;
}
