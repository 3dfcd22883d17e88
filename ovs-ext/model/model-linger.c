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
#include "ovs-ext/model/model-internal.h"

#include <limits.h>

/* Ports whose policies changed lately.
 *
 * A packet that conntrack is asked about carries in registers what its port
 * was classified by before: the tag of its group, or the zone.  While the
 * switch goes over its datapath flows after a change, packets that were
 * classified before meet the tables that hold now, where nothing would be
 * known of these registers, and what is allowed before and after would be
 * lost.  So for POLICY_LINGER, such a port has flows that judge by its zone
 * what its policies say now, besides others. */

/* 'port' has to have flows by its zone for a while. */
void
linger_begin(struct model *m, struct port *port)
{
    if (!port->zone) {
        return;
    }
    linger_end(port);
    port->linger_until = m->now + POLICY_LINGER;
    ovs_list_push_back(&m->lingering, &port->linger_node);
    owner_set_add(&m->dirty, &port->owner);
}

/* 'port' need not have such flows any more. */
void
linger_end(struct port *port)
{
    if (port->linger_until) {
        port->linger_until = 0;
        ovs_list_remove(&port->linger_node);
    }
}

static struct port *
first_due(const struct model *m)
{
    return (ovs_list_is_empty(&m->lingering) ? NULL
            : CONTAINER_OF(ovs_list_front(&m->lingering), struct port,
                           linger_node));
}

/* Lets it end for ports that have lingered long enough. */
void
linger_run(struct model *m)
{
    struct port *port;

    while ((port = first_due(m)) != NULL && port->linger_until <= m->now) {
        linger_end(port);
        owner_set_add(&m->dirty, &port->owner);
    }
}

/* Returns the time at which linger_run() has something to do, in ms, or
 * LLONG_MAX. */
long long int
linger_next_due(const struct model *m)
{
    const struct port *port = first_due(m);

    return port ? port->linger_until : LLONG_MAX;
}
