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

    item->key.kind = FLOW_GROUP;
    item->key.id = gm->group_id;
    item->payload = flow_payload_from_group(list->payloads, gm);
    ofputil_uninit_group_mod(gm);
}

/* Adds to 'list' the meter 'id', which lets 'rate' packets per second pass
 * and, after a pause, 'burst' packets at once.  Neither may be 0: what a
 * switch makes of that is not what it was told. */
void
flow_list_add_meter(struct flow_list *list, uint32_t id, uint32_t rate,
                    uint32_t burst)
{
    struct flow_item *item = flow_list_append(list);
    struct ofputil_meter_band band = {
        .type = OFPMBT13_DROP,
        .rate = rate,
        .burst_size = burst,
    };
    const struct ofputil_meter_config config = {
        .meter_id = id,
        .flags = OFPMF13_PKTPS | OFPMF13_BURST | OFPMF13_STATS,
        .n_bands = 1,
        .bands = &band,
    };

    item->key.kind = FLOW_METER;
    item->key.id = id;
    item->payload = flow_payload_from_meter(list->payloads, &config);
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
    if (key->kind != FLOW_FLOW) {
        return hash_int(key->id, key->kind);
    }
    return minimatch_hash(&key->match,
                          (uint32_t) key->table_id << 16 | key->priority);
}

/* Returns true if 'a' and 'b' are the same flow, group or meter of a
 * switch. */
bool
flow_key_equal(const struct flow_key *a, const struct flow_key *b)
{
    if (a->kind != FLOW_FLOW || b->kind != FLOW_FLOW) {
        return a->kind == b->kind && a->id == b->id;
    }
    return (a->table_id == b->table_id && a->priority == b->priority
            && minimatch_equal(&a->match, &b->match));
}

/* Frees what 'key' has. */
void
flow_key_destroy(struct flow_key *key)
{
    if (key->kind == FLOW_FLOW) {
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
    struct flow_needs needs = { .group = 0 };
    struct flow_payload *p;

    OFPACT_FOR_EACH_FLATTENED (a, ofpacts, len) {
        if (a->type == OFPACT_GROUP) {
            needs.group = ofpact_get_GROUP(a)->group_id;
        } else if (a->type == OFPACT_METER) {
            needs.meter = ofpact_get_METER(a)->meter_id;
        } else if (a->type == OFPACT_CONTROLLER
                   && (ofpact_get_CONTROLLER(a)->meter_id
                       != NX_CTLR_NO_METER)) {
            needs.meter = ofpact_get_CONTROLLER(a)->meter_id;
        }
    }
    ofpacts_put_openflow_instructions(ofpacts, len, &b, OFP15_VERSION);
    p = flow_payload_get(pool, b.data, b.size, needs);
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
    p = flow_payload_get(pool, b->data, b->size,
                         (struct flow_needs) { .group = 0 });
    ofpbuf_delete(b);
    return p;
}

/* Returns a reference to the payload in 'pool' of the meter 'config'. */
struct flow_payload *
flow_payload_from_meter(struct flow_payloads *pool,
                        const struct ofputil_meter_config *config)
{
    const struct ofputil_meter_mod mm = {
        .command = OFPMC13_ADD,
        .meter = *config,
    };
    struct ofpbuf *b = ofputil_encode_meter_mod(OFP15_VERSION, &mm);
    struct flow_payload *p;

    ofpraw_pull_assert(b);
    p = flow_payload_get(pool, b->data, b->size,
                         (struct flow_needs) { .group = 0 });
    ofpbuf_delete(b);
    return p;
}

/* Makes 'ofpacts' what a flow with payload 'p' does.  Returns false if that
 * cannot be read. */
bool
flow_payload_to_ofpacts(const struct flow_payload *p, struct ofpbuf *ofpacts)
{
    struct ofpbuf b = ofpbuf_const_initializer(p->bytes, p->len);

    return !ofpacts_pull_openflow_instructions(&b, b.size, OFP15_VERSION,
                                               NULL, NULL, ofpacts);
}

static void
flow_format_actions(const struct flow_payload *p, struct ds *s)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofpact_format_params fp = { .s = s };

    ds_put_cstr(s, "actions=");
    if (flow_payload_to_ofpacts(p, &ofpacts)) {
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

static void
flow_format_meter(const struct flow_payload *p, struct ds *s)
{
    struct ofpbuf *b = ofpraw_alloc(OFPRAW_OFPT13_METER_MOD, OFP15_VERSION,
                                    p->len);
    uint64_t stub[64 / 8];
    struct ofpbuf bands = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_meter_mod mm;
    struct ds text = DS_EMPTY_INITIALIZER;

    ofpbuf_put(b, p->bytes, p->len);
    ofpmsg_update_length(b);
    if (!ofputil_decode_meter_mod(b->data, &mm, &bands)) {
        ofputil_format_meter_config(&text, &mm.meter);
        ds_chomp(&text, '\n');
        for (char *c = ds_cstr(&text); *c; c++) {
            ds_put_char(s, *c == '\n' ? ' ' : *c);
        }
    }
    ds_destroy(&text);
    ofpbuf_uninit(&bands);
    ofpbuf_delete(b);
}

/* Appends the flow, group or meter 'key' that does 'payload' to 's', in the
 * syntax of ovs-ofctl, on one line. */
void
flow_key_format(const struct flow_key *key, const struct flow_payload *payload,
                struct ds *s)
{
    if (key->kind == FLOW_GROUP) {
        flow_format_group(payload, s);
        return;
    } else if (key->kind == FLOW_METER) {
        flow_format_meter(payload, s);
        return;
    }
    ds_put_format(s, "table=%"PRIu8", ", key->table_id);
    minimatch_format(&key->match, NULL, NULL, s, key->priority);
    ds_put_char(s, ' ');
    flow_format_actions(payload, s);
}
