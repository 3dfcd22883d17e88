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
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "byte-order.h"
#include "flows/flow-codec.h"
#include "flows/flow-table.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

/* What the switch says that it has.  The first byte says whether the reply is
 * about flows, groups or meters; then comes its body. */

static const struct {
    enum ofpraw raw;
    int (*put)(struct ofpbuf *, struct flow_table *);
} replies[] = {
    { OFPRAW_OFPST15_FLOW_REPLY, flow_codec_put_flows },
    { OFPRAW_OFPST11_GROUP_DESC_REPLY, flow_codec_put_groups },
    { OFPRAW_OFPST13_METER_CONFIG_REPLY, flow_codec_put_meters },
};

/* Puts the reply in 'data' into 't', if its length is possible, as
 * switch-conn.c does.  Returns 0 or EPROTO. */
static int
put(const uint8_t *data, size_t size, struct flow_table *t)
{
    size_t i = data[0] % ARRAY_SIZE(replies);
    struct ofpbuf *reply = ofpraw_alloc_xid(replies[i].raw, OFP15_VERSION, 0,
                                            size);
    enum ofptype type;
    int error;

    ofpbuf_put(reply, data + 1, size - 1);
    ofpmsg_update_length(reply);
    reply->header = reply->msg = NULL; /* As it comes from a connection. */
    error = (ofptype_decode(&type, reply->data) ? EPROTO
             : replies[i].put(reply, t));
    ofpbuf_delete(reply);
    return error;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow_table t;
    size_t n;
    int error;

    if (!size || size > UINT16_MAX / 2) {
        return false;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    flow_table_init(&t);
    error = put(data, size, &t);
    n = hmap_count(&t.entries);
    flow_table_format(&t, NULL, &s);
    /* The same once more is nothing new. */
    ovs_assert(put(data, size, &t) == error);
    ovs_assert(hmap_count(&t.entries) == n);
    ovs_assert(t.n_places[FLOW_ADOPTED] == n);
    flow_table_uninit(&t);
    ds_destroy(&s);
    return !error && n;
}

/* Gives the body of the reply in 'list', which it frees. */
static void
give(uint8_t kind, struct ovs_list *list, fuzz_seed_cb *cb, void *aux)
{
    struct ofpbuf *reply = ofpbuf_from_list(ovs_list_front(list));
    uint8_t *data;

    ofpraw_pull_assert(reply);
    data = xmalloc(1 + reply->size);
    data[0] = kind;
    memcpy(data + 1, reply->data, reply->size);
    cb(aux, data, 1 + reply->size);
    free(data);
    ofpbuf_list_delete(list);
}

static void
flow_seed(const char *text, fuzz_seed_cb *cb, void *aux)
{
    struct ofpbuf *request = flow_codec_read_flows(0);
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct ofputil_flow_stats fs;
    struct ovs_list list;
    char *error;

    error = parse_ofp_flow_mod_str(&fm, text, NULL, NULL, OFPFC_ADD, &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    fs = (struct ofputil_flow_stats) {
        .table_id = fm.table_id, .priority = fm.priority,
        .cookie = htonll(OWNER_COOKIE | 1), .ofpacts = fm.ofpacts,
        .ofpacts_len = fm.ofpacts_len,
    };
    minimatch_expand(&fm.match, &fs.match);
    ofpmp_init(&list, request->data);
    ofputil_append_flow_stats_reply(&fs, &list, NULL);
    give(0, &list, cb, aux);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
    minimatch_destroy(&fm.match);
    ofpbuf_delete(request);
}

static void
group_seed(const char *text, fuzz_seed_cb *cb, void *aux)
{
    struct ofpbuf *request = flow_codec_read_groups(0);
    enum ofputil_protocol usable;
    struct ofputil_group_desc gd;
    struct ofputil_group_mod gm;
    struct ovs_list list;
    char *error;

    error = parse_ofp_group_mod_str(&gm, OFPGC11_ADD, text, NULL, NULL,
                                    &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    gd = (struct ofputil_group_desc) {
        .type = gm.type, .group_id = gm.group_id, .props = gm.props,
    };
    ofpmp_init(&list, request->data);
    ofputil_append_group_desc_reply(&gd, &gm.buckets, &list);
    give(1, &list, cb, aux);
    ofputil_uninit_group_mod(&gm);
    ofpbuf_delete(request);
}

static void
meter_seed(uint32_t id, fuzz_seed_cb *cb, void *aux)
{
    struct ofpbuf *request = flow_codec_read_meters(0);
    struct ofputil_meter_band bands[2] = {
        { .type = OFPMBT13_DROP, .rate = 10, .burst_size = 20 },
        { .type = OFPMBT13_DSCP_REMARK, .rate = 1, .prec_level = 1 },
    };
    const struct ofputil_meter_config config = {
        .meter_id = id, .flags = OFPMF13_PKTPS | OFPMF13_BURST,
        .n_bands = 2, .bands = bands,
    };
    struct ovs_list list;

    ofpmp_init(&list, request->data);
    ofputil_append_meter_config(&list, &config);
    give(2, &list, cb, aux);
    ofpbuf_delete(request);
}

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    flow_seed("table=0,priority=100,in_port=1,actions=set_field:5->metadata,"
              "goto_table:8", cb, aux);
    flow_seed("table=40,priority=100,metadata=5,dl_dst=02:00:00:00:00:01,"
              "actions=set_field:192.0.2.1->tun_dst,set_field:5->tun_id,"
              "output:1", cb, aux);
    flow_seed("table=40,priority=10,metadata=5,actions=group:3221225477", cb,
              aux);
    group_seed("group_id=3221225477,type=all,bucket=bucket_id:0,"
               "actions=output:1,bucket=bucket_id:1,actions=group:1", cb, aux);
    group_seed("group_id=553648129,type=select,selection_method=hash,"
               "bucket=bucket_id:0,weight=1,actions=output:2", cb, aux);
    meter_seed(METER_LEARN | 5, cb, aux);
}
