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

#ifndef FLOWS_FLOW_TABLE_H
#define FLOWS_FLOW_TABLE_H 1

/* The flows, groups and meters of the switch: what is desired, what is
 * installed, and what is to be done about the difference.
 *
 * An entry is a flow, group or meter of the switch (struct flow_key).  It has
 * a desired payload, by its owner, and an installed one, which the switch
 * acknowledged or which was read from it.  An entry is always in the one list
 * that tells what is to happen with it, so that the work is proportional to
 * what changes:
 *
 *     FLOW_PENDING      to be sent, and not sent yet
 *     FLOW_ADOPTED      found in the switch; no owner has claimed it yet
 *     FLOW_QUARANTINED  the switch rejected it; not sent again until its owner
 *                       wants something else, or after a reconnection
 *     FLOW_WAITING      its group or meter is not there
 *     FLOW_SETTLED      none of this; includes what was sent and is not yet
 *                       acknowledged
 *
 * Two owners that want the same flow: that of the lesser owner (see
 * owner_compare_3way()) is installed, the other is kept behind it and takes
 * over when the first goes.
 *
 * The order of one transaction is: groups, those that others refer to first;
 * then flows; then deletions of groups.  A group is deleted when nothing
 * refers to it any more, for a switch deletes the flows that do.
 *
 * Meters cannot be part of a bundle: a transaction has only meters or none.
 * Flows wait until the switch has acknowledged their meter, so that one that
 * it does not want is that meter's problem, and not a bundle's.  A meter is
 * deleted when nothing refers to it any more.  What a switch without meters
 * is to have of them is quarantined without being sent.
 *
 * The table is pure: it neither sends nor logs; switch-conn.h does. */

#include "flows/flow-list.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-errors.h"
#include "hindex.h"
#include "ovs-ext/model/owner.h"

enum flow_place {
    FLOW_SETTLED,
    FLOW_PENDING,
    FLOW_ADOPTED,
    FLOW_QUARANTINED,
    FLOW_WAITING,
    FLOW_N_PLACES
};

struct flow_entry {
    struct hmap_node key_node;  /* In struct flow_table's 'entries'. */
    struct hindex_node owner_node; /* In 'owners', if 'desired'. */
    struct ovs_list place_node; /* In 'places', unless FLOW_SETTLED. */
    union {
        struct owner owner;     /* If 'desired'. */
        ovs_be64 cookie;        /* Of the installed flow, if not. */
    };
    struct flow_key key;
    struct flow_payload *desired; /* Null if nobody wants it. */
    struct flow_payload *installed; /* Null if the switch does not have it. */
    enum ofperr error;          /* Of FLOW_QUARANTINED, otherwise 0. */
    uint8_t place;              /* enum flow_place. */
    bool in_flight : 1;         /* Sent, and not acknowledged. */
    bool shadowed : 1;          /* A lesser owner wants the same flow. */
    bool adopted : 1;           /* Was found in the switch. */
    bool owner_differs : 1;     /* Installed with the cookie of another. */
    bool epoch : 1;             /* Of the last flow_table_update(). */
    bool seen : 1;              /* For flow_table_update(). */
};

struct flow_table {
    struct hmap entries;        /* All "struct flow_entry"s, by key. */
    struct hindex owners;       /* Those that are desired, by owner. */
    struct ovs_list places[FLOW_N_PLACES]; /* "struct flow_entry"s. */
    size_t n_places[FLOW_N_PLACES];
    size_t n_in_flight;
    size_t n_flows;             /* Desired and not shadowed. */
    size_t n_groups;            /* Likewise. */
    size_t n_meters;            /* Likewise. */
    uint32_t max_meters;        /* Of the switch; UINT32_MAX: not known. */
    size_t n_shadowed;
    uint64_t trouble_seqno;     /* Raised when FLOW_QUARANTINED changes. */
    bool epoch;                 /* Between recompute begin and end, new. */
    bool knows_installed;       /* Of what the switch has. */
    struct flow_payloads payloads;
};

void flow_table_init(struct flow_table *);
void flow_table_uninit(struct flow_table *);

/* What is desired. */
size_t flow_table_update(struct flow_table *, const struct owner *,
                         struct flow_list *);
void flow_table_recompute_begin(struct flow_table *);
size_t flow_table_recompute_end(struct flow_table *);

/* What is installed. */
void flow_table_put_installed(struct flow_table *, struct flow_key *,
                              struct flow_payload *, ovs_be64 cookie);
void flow_table_forget_installed(struct flow_table *);
void flow_table_put_max_meters(struct flow_table *, uint32_t);
void flow_table_sweep_adopted(struct flow_table *);

/* What is to be done: a transaction of operations.  At most one transaction
 * exists at a time. */
struct flow_op {
    struct flow_entry *entry;
    struct flow_payload *payload; /* A reference; null to delete. */
    ovs_be64 cookie;
    enum ofperr error;          /* The switch's answer, or 0. */
};

struct flow_ops {
    struct flow_op *ops;
    size_t n;
    bool meters;                /* Only meters: not for a bundle. */
};

void flow_table_begin(struct flow_table *, struct flow_ops *);
void flow_table_end(struct flow_table *, struct flow_ops *, bool done);

/* Looking. */
bool flow_table_is_settled(const struct flow_table *);
void flow_table_format(const struct flow_table *, const struct owner *,
                       struct ds *);

#endif /* flows/flow-table.h */
