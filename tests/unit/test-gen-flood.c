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
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "random.h"
#include "simap.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define HOST "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=100\n"

/* What an owner wants, with the pool that it lives in. */
struct wants {
    struct flow_payloads payloads;
    struct flow_list list;
};

static void
wants_init(struct wants *w, const struct model *m, const struct owner *owner)
{
    flow_payloads_init(&w->payloads);
    flow_list_init(&w->list, &w->payloads);
    gen_owner(m, owner, &w->list);
}

static void
wants_uninit(struct wants *w)
{
    flow_list_uninit(&w->list);
    flow_payloads_uninit(&w->payloads);
}

/* Returns the text of what 'owner' of 'm' wants.  The caller frees it. */
static char *
format_wants(const struct model *m, const struct owner *owner)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct wants w;

    wants_init(&w, m, owner);
    flow_list_format(&w.list, &s);
    wants_uninit(&w);
    return ds_steal_cstr(&s);
}

/* Flooding, followed group by group as the switch does it. */

#define VNI 5

static struct in6_addr
nth_vtep(uint32_t i)
{
    struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0x0a000000 + i));

    if (!(i % 3)) {
        ip.s6_addr[0] = 0x20;   /* An IPv6 one. */
    }
    return ip;
}

static void
put_vtep(struct model *m, uint32_t i)
{
    struct in6_addr ip = nth_vtep(i);

    model_put_flood(m, VNI, &ip);
}

static void
put_port(struct model *m, uint32_t i)
{
    char *name = xasprintf("vm%"PRIu32, i);
    char *mac = xasprintf("52:54:00:01:%02x:%02x", i >> 8 & 0xff, i & 0xff);

    model_put_iface(m, &(struct fact_iface) {
        .name = name, .iface_id = name, .profile = "vni=5",
        .attached_mac = mac, .ofport = i + 1,
    });
    free(name);
    free(mac);
}

/* Initializes 'm' as a model whose network has 'n_ports' ports and 'n_vteps'
 * VTEPs. */
static void
flood_model_init(struct model *m, size_t n_ports, size_t n_vteps)
{
    model_init(m);
    model_script_run(m, HOST);
    for (size_t i = 0; i < n_ports; i++) {
        put_port(m, i);
    }
    for (size_t i = 0; i < n_vteps; i++) {
        put_vtep(m, i);
    }
    model_script_run(m, "run");
}

/* Decodes the group 'item' into 'gm', which the caller uninitializes. */
static void
decode_group(const struct flow_item *item, struct ofputil_group_mod *gm)
{
    struct ofpbuf *b = ofpraw_alloc(OFPRAW_OFPT15_GROUP_MOD, OFP15_VERSION,
                                    item->payload->len);

    ofpbuf_put(b, item->payload->bytes, item->payload->len);
    ofpmsg_update_length(b);
    assert_int_equal(ofputil_decode_group_mod(b->data, gm), 0);
    assert_int_equal(gm->group_id, item->key.id);
    ofpbuf_delete(b);
}

static const struct flow_item *
find_group(const struct flow_list *list, uint32_t id)
{
    const struct flow_item *found = NULL;

    for (size_t i = 0; i < list->n; i++) {
        if (list->items[i].key.id == id) {
            assert_null(found);
            found = &list->items[i];
        }
    }
    if (!found) {
        fail_msg("group %#"PRIx32" is missing", id);
    }
    return found;
}

/* Returns the group that TABLE_FLOOD sends to for chunk 'id'. */
static uint32_t
flow_for_chunk(const struct flow_list *list, uint32_t id)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct flow_key *key = &list->items[i].key;
        struct match match;

        if (!key->id && key->table_id == TABLE_FLOOD) {
            minimatch_expand(&key->match, &match);
            if (match.flow.regs[REG_CHUNK - MFF_REG0] == id) {
                return list->items[i].payload->needs.group;
            }
        }
    }
    fail_msg("chunk %#"PRIx32" has no flow", id);
    return 0;
}

static void walk_group(const struct flow_list *, uint32_t id,
                       struct simap *reached);

/* Follows one bucket of the group 'id' of 'list'; counts in 'reached' where it
 * outputs. */
static void
walk_bucket(const struct flow_list *list, uint32_t id,
            const struct ofputil_bucket *bucket, struct simap *reached)
{
    struct in6_addr ip = in6addr_any;
    const struct ofpact *a;
    uint32_t chunk = 0;
    char *name;

    OFPACT_FOR_EACH (a, bucket->ofpacts, bucket->ofpacts_len) {
        if (a->type == OFPACT_SET_FIELD) {
            const struct ofpact_set_field *sf = ofpact_get_SET_FIELD(a);

            if (sf->field->id == REG_CHUNK) {
                chunk = ntohl(sf->value->be32);
            } else if (sf->field->id == REG_OUT_TAG) {
                name = xasprintf("port %"PRIu32, ntohl(sf->value->be32));
                simap_increase(reached, name, 1);
                free(name);
            } else if (sf->field->id == MFF_TUN_DST) {
                ip = in6_addr_mapped_ipv4(sf->value->be32);
            } else if (sf->field->id == MFF_TUN_IPV6_DST) {
                ip = sf->value->ipv6;
            }
        } else if (a->type == OFPACT_OUTPUT) {
            simap_increase(reached, script_ip_string(&ip), 1);
        } else if (a->type == OFPACT_GROUP) {
            uint32_t next = ofpact_get_GROUP(a)->group_id;

            assert_true(next < id);
            assert_true((next == GROUP_RECIRCULATE) == (chunk != 0));
            walk_group(list, chunk ? flow_for_chunk(list, chunk) : next,
                       reached);
        }
    }
}

static void
walk_group(const struct flow_list *list, uint32_t id, struct simap *reached)
{
    const struct ofputil_bucket *bucket;
    struct ofputil_group_mod gm;

    decode_group(find_group(list, id), &gm);
    assert_int_equal(gm.type, OFPGT11_ALL);
    LIST_FOR_EACH (bucket, list_node, &gm.buckets) {
        walk_bucket(list, id, bucket, reached);
    }
    ofputil_uninit_group_mod(&gm);
}

/* Asserts that the groups of 'list' have ids of the network, and buckets
 * within bounds: of a chunk what it is made for ('*_max'), of a top group that
 * or one for each chunk. */
static void
check_bounds(const struct flow_list *list, size_t local_max,
             size_t remote_max)
{
    for (size_t i = 0; i < list->n; i++) {
        uint32_t id = list->items[i].key.id;
        uint32_t kind = id & ~GROUP_ID_MASK;
        struct ofputil_group_mod gm;
        size_t max;

        if (!id) {
            continue;
        }
        assert_true(group_is_ours(id));
        assert_int_equal(id & GROUP_ID_MASK, VNI);
        max = (kind == GROUP_LOCAL ? LOCAL_BUCKETS
               : kind == GROUP_FLOOD ? 1 + (1 << REMOTE_CHUNK_BITS)
               : kind < GROUP_REMOTE_CHUNK ? local_max : remote_max);
        decode_group(&list->items[i], &gm);
        if (ovs_list_size(&gm.buckets) > max) {
            fail_msg("group %#"PRIx32" has %"PRIuSIZE" buckets", id,
                     ovs_list_size(&gm.buckets));
        }
        ofputil_uninit_group_mod(&gm);
    }
}

/* Frames that a VM floods reach each of 'n_ports' ports and 'n_vteps' VTEPs
 * once; what comes from a tunnel reaches each port once. */
static void
check_flood(size_t n_ports, size_t n_vteps, size_t local_max,
            size_t remote_max)
{
    struct owner owner = owner_network(VNI);
    struct simap reached = SIMAP_INITIALIZER(&reached);
    const struct simap_node *node;
    struct model m;
    struct wants w;

    flood_model_init(&m, n_ports, n_vteps);
    wants_init(&w, &m, &owner);
    walk_group(&w.list, GROUP_FLOOD + VNI, &reached);
    assert_int_equal(simap_count(&reached), n_ports + n_vteps);
    SIMAP_FOR_EACH (node, &reached) {
        if (node->data != 1) {
            fail_msg("%s is reached %u times", node->name, node->data);
        }
    }
    for (size_t i = 0; i < n_vteps; i++) {
        struct in6_addr ip = nth_vtep(i);

        assert_int_equal(simap_get(&reached, script_ip_string(&ip)), 1);
    }

    simap_clear(&reached);
    walk_group(&w.list, GROUP_LOCAL + VNI, &reached);
    assert_int_equal(simap_count(&reached), n_ports);
    SIMAP_FOR_EACH (node, &reached) {
        assert_int_equal(node->data, 1);
    }
    simap_destroy(&reached);

    check_bounds(&w.list, local_max, remote_max);
    wants_uninit(&w);
    model_uninit(&m);
}

static void
test_flood_reaches_each_member_once(void **state OVS_UNUSED)
{
    static const size_t n_vteps[] = {
        0, 1, 2, 63, 64, 65, 66, 127, 128, 129, 500, 1000, 4000
    };
    static const size_t n_ports[] = { 1, 2, 255, 256, 257, 300, 1000, 2000 };

    for (size_t i = 0; i < ARRAY_SIZE(n_vteps); i++) {
        check_flood(1, n_vteps[i], LOCAL_BUCKETS, REMOTE_BUCKETS);
    }
    for (size_t i = 0; i < ARRAY_SIZE(n_ports); i++) {
        check_flood(n_ports[i], 3, LOCAL_BUCKETS, REMOTE_BUCKETS);
    }
    check_flood(300, 4000, LOCAL_BUCKETS, REMOTE_BUCKETS);
}

/* When the ids for chunks are used up, chunks get larger; nobody is left
 * out. */
static void
test_flood_beyond_the_number_of_chunks(void **state OVS_UNUSED)
{
    check_flood(1, 12000, LOCAL_BUCKETS, 2 * REMOTE_BUCKETS);
    check_flood(6000, 1, 2 * LOCAL_BUCKETS, REMOTE_BUCKETS);
}

/* Stores 0...n - 1 in 'order', shuffled. */
static void
shuffle(uint32_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        order[i] = i;
    }
    for (size_t i = n; i > 1; i--) {
        size_t j = random_range(i);
        uint32_t tmp = order[i - 1];

        order[i - 1] = order[j];
        order[j] = tmp;
    }
}

/* The same members give the same groups, in whatever order they came. */
static void
test_flood_does_not_depend_on_order(void **state OVS_UNUSED)
{
    struct owner owner = owner_network(VNI);
    char *expected = NULL;

    random_set_seed(1);
    for (int round = 0; round < 5; round++) {
        uint32_t order[400];
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, HOST);
        shuffle(order, ARRAY_SIZE(order));
        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            put_vtep(&m, order[i]);
            put_port(&m, order[i]);
            if (!random_range(50)) {
                model_script_run(&m, "run");
            }
        }
        model_script_run(&m, "run");
        got = format_wants(&m, &owner);
        if (!expected) {
            expected = xstrdup(got);
        }
        assert_string_equal(got, expected);
        free(got);
        model_uninit(&m);
    }
    free(expected);
}

static const struct flow_item *
find_item(const struct flow_list *list, const struct flow_key *key)
{
    for (size_t i = 0; i < list->n; i++) {
        if (flow_key_equal(&list->items[i].key, key)) {
            return &list->items[i];
        }
    }
    return NULL;
}

/* Returns the number of items of 'a' that 'b' has not, or has otherwise. */
static size_t
count_changes(const struct flow_list *a, const struct flow_list *b)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n; i++) {
        const struct flow_item *other = find_item(b, &a->items[i].key);

        n += (!other || other->payload->len != a->items[i].payload->len
              || memcmp(other->payload->bytes, a->items[i].payload->bytes,
                        other->payload->len));
    }
    return n;
}

/* A member that comes changes its group, or its chunk (and if that is new, its
 * flow and the top group); only when the number of chunks doubles, more. */
static void
test_a_member_more_changes_little(void **state OVS_UNUSED)
{
    struct owner owner = owner_network(VNI);
    size_t n_doublings = 0;
    struct wants wants[2];
    struct model m;

    flood_model_init(&m, 1, 0);
    wants_init(&wants[0], &m, &owner);
    for (size_t i = 0; i < 500; i++) {
        struct wants *old = &wants[i % 2];
        struct wants *new = &wants[(i + 1) % 2];
        size_t n;

        put_vtep(&m, i);
        wants_init(new, &m, &owner);
        n = count_changes(&new->list, &old->list);
        assert_true(n >= 1);
        n_doublings += n > 3;
        wants_uninit(old);
    }
    /* 2, 4, 8 and perhaps 16 chunks of at most 64. */
    assert_in_range(n_doublings, 3, 4);
    wants_uninit(&wants[0]);
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flood_reaches_each_member_once),
        cmocka_unit_test(test_flood_beyond_the_number_of_chunks),
        cmocka_unit_test(test_flood_does_not_depend_on_order),
        cmocka_unit_test(test_a_member_more_changes_little),
    };

    return cmocka_run_group_tests_name("gen-flood", tests, NULL, NULL);
}
