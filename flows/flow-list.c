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
#include "flows/flow-list.h"

#include <string.h>
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Initializes 'list' as empty.  Its payloads go to 'payloads', which must live
 * longer than it. */
void
flow_list_init(struct flow_list *list, struct flow_payloads *payloads)
{
    *list = (struct flow_list) { .payloads = payloads };
}

/* Frees what 'list' has. */
void
flow_list_uninit(struct flow_list *list)
{
    flow_list_clear(list);
    free(list->items);
}

/* Makes 'list' empty. */
void
flow_list_clear(struct flow_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        flow_key_destroy(&list->items[i].key);
        flow_payload_unref(list->payloads, list->items[i].payload);
    }
    list->n = 0;
}

static struct flow_item *
flow_list_append(struct flow_list *list)
{
    struct flow_item *item;

    if (list->n >= list->allocated) {
        list->items = x2nrealloc(list->items, &list->allocated,
                                 sizeof *list->items);
    }
    item = &list->items[list->n++];
    memset(item, 0, sizeof *item);
    return item;
}

/* A match on a field of Ethernet or above implies that the packet is Ethernet
 * (OpenFlow 1.5.1 section 7.2.3.6), and has that when it is read back. */
static void
imply_packet_type(struct match *match)
{
    const size_t ofs = offsetof(struct flow, dl_dst);

    if (!is_all_zeros((const uint8_t *) &match->wc.masks + ofs,
                      sizeof match->wc.masks - ofs)) {
        match_set_default_packet_type(match);
    }
}

/* Adds to 'list' the flow with 'match' and 'priority' in table 'table_id' that
 * does 'ofpacts' (which may be null: a flow that drops).  Adds to 'match' what
 * it implies. */
void
flow_list_add(struct flow_list *list, uint8_t table_id, uint16_t priority,
              struct match *match, const struct ofpbuf *ofpacts)
{
    struct flow_item *item = flow_list_append(list);

    imply_packet_type(match);
    minimatch_init(&item->key.match, match);
    item->key.table_id = table_id;
    item->key.priority = priority;
    item->payload = flow_payload_from_ofpacts(list->payloads,
                                              ofpacts ? ofpacts->data : NULL,
                                              ofpacts ? ofpacts->size : 0);
}

/* Adds to 'list' the group 'gm', and frees what 'gm' has. */
void
flow_list_add_group(struct flow_list *list, struct ofputil_group_mod *gm)
{
    struct flow_item *item = flow_list_append(list);

    item->key.group_id = gm->group_id;
    item->payload = flow_payload_from_group(list->payloads, gm);
    ofputil_uninit_group_mod(gm);
}

/* Appends 'list' to 's', in order, one line each. */
void
flow_list_format(const struct flow_list *list, struct ds *s)
{
    for (size_t i = 0; i < list->n; i++) {
        flow_key_format(&list->items[i].key, list->items[i].payload, s);
        ds_put_char(s, '\n');
    }
}

/* Initializes 'gm' for a group 'id' of 'type' without buckets. */
void
flow_group_init(struct ofputil_group_mod *gm, uint32_t id,
                enum ofp11_group_type type)
{
    memset(gm, 0, sizeof *gm);
    gm->command = OFPGC11_ADD_OR_MOD;
    gm->type = type;
    gm->group_id = id;
    gm->command_bucket_id = OFPG15_BUCKET_ALL;
    ovs_list_init(&gm->buckets);
    if (type == OFPGT11_SELECT) {
        ovs_strlcpy(gm->props.selection_method, "dp_hash",
                    sizeof gm->props.selection_method);
    }
}

/* Adds to the group 'gm' a bucket that does 'ofpacts'.  In a select group, all
 * buckets have the same weight. */
void
flow_group_add_bucket(struct ofputil_group_mod *gm,
                      const struct ofpbuf *ofpacts)
{
    struct ofputil_bucket *bucket = xzalloc(sizeof *bucket);

    bucket->weight = gm->type == OFPGT11_SELECT ? 1 : 0;
    bucket->watch_port = OFPP_ANY;
    bucket->watch_group = OFPG_ANY;
    bucket->bucket_id = (ovs_list_is_empty(&gm->buckets) ? 0
                         : ofputil_bucket_list_back(&gm->buckets)->bucket_id
                           + 1);
    bucket->ofpacts = xmemdup(ofpacts->data, ofpacts->size);
    bucket->ofpacts_len = ofpacts->size;
    ovs_list_push_back(&gm->buckets, &bucket->list_node);
}

/* Returns a hash of 'key'. */
uint32_t
flow_key_hash(const struct flow_key *key)
{
    if (key->group_id) {
        return hash_int(key->group_id, 0);
    }
    return minimatch_hash(&key->match,
                          (uint32_t) key->table_id << 16 | key->priority);
}

/* Returns true if 'a' and 'b' are the same flow or group of a switch. */
bool
flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
    if (a->group_id || b->group_id) {
        return a->group_id == b->group_id;
    }
    return (a->table_id == b->table_id && a->priority == b->priority
            && minimatch_equal(&a->match, &b->match));
}

/* Frees what 'key' has. */
void
flow_key_destroy(struct flow_key *key)
{
    if (!key->group_id) {
        minimatch_destroy(&key->match);
    }
}

/* Returns a reference to the payload in 'pool' of a flow that does the 'len'
 * bytes of 'ofpacts'. */
struct flow_payload *
flow_payload_from_ofpacts(struct flow_payloads *pool,
                          const struct ofpact *ofpacts, size_t len)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf b = OFPBUF_STUB_INITIALIZER(stub);
    const struct ofpact *a;
    struct flow_payload *p;
    uint32_t group = 0;

    OFPACT_FOR_EACH_FLATTENED (a, ofpacts, len) {
        if (a->type == OFPACT_GROUP) {
            group = ofpact_get_GROUP(a)->group_id;
        }
    }
    ofpacts_put_openflow_instructions(ofpacts, len, &b, OFP15_VERSION);
    p = flow_payload_get(pool, b.data, b.size, group);
    ofpbuf_uninit(&b);
    return p;
}

/* Returns a reference to the payload in 'pool' of the group 'gm'. */
struct flow_payload *
flow_payload_from_group(struct flow_payloads *pool,
                        const struct ofputil_group_mod *gm)
{
    struct ofpbuf *b = ofputil_encode_group_mod(OFP15_VERSION, gm, NULL, -1);
    struct flow_payload *p;

    ofpraw_pull_assert(b);
    p = flow_payload_get(pool, b->data, b->size, 0);
    ofpbuf_delete(b);
    return p;
}

static void
flow_format_actions(const struct flow_payload *p, struct ds *s)
{
    struct ofpbuf b = ofpbuf_const_initializer(p->bytes, p->len);
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofpact_format_params fp = { .s = s };

    ds_put_cstr(s, "actions=");
    if (!ofpacts_pull_openflow_instructions(&b, b.size, OFP15_VERSION, NULL,
                                            NULL, &ofpacts)) {
        ofpacts_format(ofpacts.data, ofpacts.size, &fp);
    }
    ofpbuf_uninit(&ofpacts);
}

static void
flow_format_group(const struct flow_payload *p, struct ds *s)
{
    struct ofpbuf *b = ofpraw_alloc(OFPRAW_OFPT15_GROUP_MOD, OFP15_VERSION,
                                    p->len);
    struct ofputil_group_mod gm;
    struct ds text = DS_EMPTY_INITIALIZER;

    ofpbuf_put(b, p->bytes, p->len);
    ofpmsg_update_length(b);
    if (!ofputil_decode_group_mod(b->data, &gm)) {
        ofputil_group_mod_format__(&text, OFP15_VERSION, &gm, NULL, NULL);
        ds_put_cstr(s, strstr(ds_cstr(&text), "group_id"));
        ofputil_uninit_group_mod(&gm);
    }
    ds_destroy(&text);
    ofpbuf_delete(b);
}

/* Appends the flow or group 'key' that does 'payload' to 's', in the syntax of
 * ovs-ofctl, on one line. */
void
flow_key_format(const struct flow_key *key, const struct flow_payload *payload,
                struct ds *s)
{
    if (key->group_id) {
        flow_format_group(payload, s);
        return;
    }
    ds_put_format(s, "table=%"PRIu8", ", key->table_id);
    minimatch_format(&key->match, NULL, NULL, s, key->priority);
    ds_put_char(s, ' ');
    flow_format_actions(payload, s);
}
