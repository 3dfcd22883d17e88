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
#include "ovs-ext/show-learn.h"

#include <stdlib.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovs-ext/show.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

/* Returns for how many seconds 'learned' has not been proved. */
static long long int
learned_age(const struct model *m, const struct learned *learned)
{
    return (m->now - learned->heard) / 1000;
}

/* Appends two cells: who told of an address, and, if it was 'learned' (which
 * is null otherwise), for how many seconds it has not been proved. */
void
show_source(struct show *show, const struct model *m,
            const struct learned *learned, bool local)
{
    if (learned) {
        show_string(show, "learned");
        show_string(show, "%lld s", learned_age(m, learned));
    } else {
        show_string(show, "%s", local ? "declared" : "EVPN");
        show_string(show, "%s", "");
    }
}

/* Appends what is learned of 'port'. */
void
show_learning(struct show *show, const struct port *port)
{
    show_string(show, "%s", (!port->learns ? "off"
                             : port->learns_macs ? "IPs and MACs" : "IPs"));
}

static char *
learned_to_string(const struct model *m, const struct learned *learned)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (learned->ip) {
        ipv6_format_mapped(&learned->ip->ip, &s);
        ds_put_format(&s, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(learned->ip->mac));
    } else {
        ds_put_format(&s, ETH_ADDR_FMT, ETH_ADDR_ARGS(learned->mac->mac));
    }
    ds_put_format(&s, " %lld s", learned_age(m, learned));
    return ds_steal_cstr(&s);
}

/* Appends the addresses that were learned of 'port', with their ages. */
void
show_learned(struct show *show, const struct model *m,
             const struct port *port)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;
    const struct learned *learned;

    LIST_FOR_EACH (learned, port_node, &port->learned) {
        svec_add_nocopy(&list, learned_to_string(m, learned));
    }
    svec_sort(&list);
    show_list(show, &list);
    svec_destroy(&list);
}
