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
#include "ovsdb-sync/ovs-carry.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/ovs-rows.h"
#include "ovsdb-sync/port-data.h"
#include "smap.h"
#include "util.h"
#include "vswitch-idl.h"

VLOG_DEFINE_THIS_MODULE(ovs_carry);

/* Keys of external_ids: what libvirt carries, and what it had brought when
 * that was replaced by what is to be taken along. */
#define PORT_DATA "PortData"
#define BROUGHT "ovs-ext-brought"

/* What an Interface has brought along. */
struct brought {
    char *port;                 /* Name of its port. */
    char *text;
    struct port_data data;
    bool told;                  /* The model knows 'data'. */
};

/* Initializes 'oc', which knows of nothing. */
void
ovs_carry_init(struct ovs_carry *oc)
{
    shash_init(&oc->brought);
    shash_init(&oc->taken);
}

static void
brought_destroy(struct brought *b)
{
    port_data_uninit(&b->data);
    free(b->port);
    free(b->text);
    free(b);
}

/* Frees what 'oc' has. */
void
ovs_carry_uninit(struct ovs_carry *oc)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &oc->brought) {
        brought_destroy(node->data);
    }
    shash_destroy(&oc->brought);
    shash_destroy_free_data(&oc->taken);
}

static void
set_problem(struct model *m, const char *port, char *error)
{
    char *object = xasprintf("port/%s", port);

    if (error) {
        problem_set(&m->problems, object, "port-data", "%s", error);
    } else {
        problem_clear(&m->problems, object, "port-data");
    }
    free(object);
    free(error);
}

/* See ovs-carry.h. */
void
ovs_carry_forget(struct ovs_carry *oc, struct model *m, const char *name)
{
    struct brought *b = shash_find_and_delete(&oc->brought, name);

    free(shash_find_and_delete(&oc->taken, name));
    if (b) {
        if (b->told) {
            port_data_del(&b->data, b->port, m);
        }
        set_problem(m, b->port, NULL);
        brought_destroy(b);
    }
}

/* Returns what 'row' has brought along, perhaps, or null. */
static const char *
get_brought(const struct ovsrec_interface *row)
{
    return smap_get_def(&row->external_ids, BROUGHT,
                        smap_get(&row->external_ids, PORT_DATA));
}

/* See ovs-carry.h. */
void
ovs_carry_read(struct ovs_carry *oc, struct model *m,
               const struct ovsrec_interface *row, const char *port,
               const char *host)
{
    const char *text = get_brought(row);
    struct brought *b = shash_find_data(&oc->brought, row->name);
    char *error;

    if (b && port && text && !strcmp(b->text, text)
        && !strcmp(b->port, port)) {
        return;
    }
    if (b) {
        ovs_carry_forget(oc, m, row->name);
    }
    if (!port || !text) {
        return;
    }
    b = xzalloc(sizeof *b);
    b->port = xstrdup(port);
    b->text = xstrdup(text);
    error = port_data_parse(&b->data, text, port);
    b->told = b->data.from && strcmp(b->data.from, host);
    if (b->told) {
        VLOG_DBG("%s: brought along from %s", row->name, b->data.from);
        port_data_put(&b->data, port, m);
    }
    set_problem(m, port, error);
    shash_add(&oc->brought, row->name, b);
}

/* Wants the Interface named 'name' to have 'text', which is taken. */
void
ovs_carry_take(struct ovs_carry *oc, const char *name, char *text)
{
    free(shash_replace(&oc->taken, name, text));
}

/* Gives 'row' 'text' to take along, and keeps what it had brought along. */
static void
write_taken(struct ovs_carry *oc, const struct ovsrec_interface *row,
            const char *text)
{
    const struct brought *b = shash_find_data(&oc->brought, row->name);

    if (b && b->told) {
        ovsrec_interface_update_external_ids_setkey(row, BROUGHT, b->text);
    }
    ovsrec_interface_update_external_ids_setkey(row, PORT_DATA, text);
}

/* Writes what Interfaces are to have, if 'write'.  Returns true if it is not
 * what they have. */
static bool
sync_taken(struct ovs_carry *oc, struct ovsdb_idl_index *interfaces,
           bool write)
{
    const struct shash_node *node;
    bool differ = false;

    SHASH_FOR_EACH (node, &oc->taken) {
        const struct ovsrec_interface *row
            = ovs_find_interface(interfaces, node->name);
        const char *old = row ? smap_get(&row->external_ids, PORT_DATA) : NULL;

        if (row && (!old || strcmp(old, node->data))) {
            differ = true;
            if (write) {
                write_taken(oc, row, node->data);
            }
        }
    }
    return differ;
}

/* Returns true if something is to be written; forgets the rest if not. */
bool
ovs_carry_differs(struct ovs_carry *oc, struct ovsdb_idl_index *interfaces)
{
    bool differ = sync_taken(oc, interfaces, false);

    if (!differ) {
        shash_clear_free_data(&oc->taken);
    }
    return differ;
}

/* Puts what is to be written into the transaction in progress. */
void
ovs_carry_write(struct ovs_carry *oc, struct ovsdb_idl_index *interfaces)
{
    sync_taken(oc, interfaces, true);
}
