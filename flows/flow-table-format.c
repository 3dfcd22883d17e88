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
#include "flows/flow-table.h"

#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* Looking at a flow table. */

static const char *const place_names[FLOW_N_PLACES] = {
    [FLOW_SETTLED] = NULL,
    [FLOW_PENDING] = "pending",
    [FLOW_ADOPTED] = "unclaimed",
    [FLOW_QUARANTINED] = "rejected",
    [FLOW_WAITING] = "waiting for its group or meter",
};

/* Returns true if there is nothing to be sent to the switch or acknowledged
 * by it. */
bool
flow_table_is_settled(const struct flow_table *t)
{
    return !t->n_places[FLOW_PENDING] && !t->n_in_flight;
}

static void
format_entry(const struct flow_entry *e, struct ds *s)
{
    const struct flow_payload *p = e->desired ? e->desired : e->installed;

    if (!p) {
        return;
    }
    flow_key_format(&e->key, p, s);
    ds_put_cstr(s, " # ");
    if (e->desired) {
        owner_format(&e->owner, s);
    } else {
        ds_put_cstr(s, "nobody");
    }
    if (e->shadowed) {
        ds_put_cstr(s, ", has a conflict");
    } else if (e->in_flight) {
        ds_put_cstr(s, ", sent");
    } else if (e->place != FLOW_SETTLED) {
        ds_put_format(s, ", %s", place_names[e->place]);
    }
    if (e->error) {
        ds_put_format(s, " (%s)", ofperr_get_name(e->error));
    }
}

/* Appends to 's' what 'owner' wants in 't' (all of 't', if 'owner' is null),
 * sorted, one line each. */
void
flow_table_format(const struct flow_table *t, const struct owner *owner,
                  struct ds *s)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    struct ds line = DS_EMPTY_INITIALIZER;
    const struct flow_entry *e;
    const char *p;
    size_t i;

    HMAP_FOR_EACH (e, key_node, &t->entries) {
        if (!owner || (e->desired && owner_equal(&e->owner, owner))) {
            ds_clear(&line);
            format_entry(e, &line);
            svec_add(&lines, ds_cstr(&line));
        }
    }
    svec_sort(&lines);
    SVEC_FOR_EACH (i, p, &lines) {
        ds_put_format(s, "%s\n", p);
    }
    svec_destroy(&lines);
    ds_destroy(&line);
}
