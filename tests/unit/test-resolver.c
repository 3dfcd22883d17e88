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
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "flows/resolver.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

/* A resolver under test.
 *
 *     at T                   it is T ms now
 *     put VNI IP from=PORT   a packet of a VM
 *     put VNI IP vrf=L3VNI   one that came by an L3VNI
 *     found VNI IP           the host is known
 *     known VNI IP from=PORT a packet for a host that is known already
 *     settled                the switch has all flows
 *     forget VNI             the network is no more
 *     due                    when is it to be looked at again?
 *
 * After each line come the requests and packets that the resolver gives. */
struct script {
    struct resolver r;
    struct ds out;
    long long int now;
    uint8_t n;                  /* Packets so far: each has its number. */
};

static void
put(struct script *s, const struct svec *words, bool known)
{
    struct flow_packet packet = {
        .vni = script_u32(words, 1),
        .next_hop = script_ip(words, 2),
        .in_tag = script_value_u32(words, "from"),
        .vrf = script_value_u32(words, "vrf"),
        .data = &s->n,
        .len = 1,
    };

    s->n++;
    if (known) {
        resolver_put_ready(&s->r, &packet, s->now);
    } else if (resolver_put(&s->r, &packet, s->now) == RESOLVER_REFUSED) {
        ds_put_format(&s->out, "refused %d\n", s->n);
    }
}

static void
drain(struct script *s, bool settled)
{
    struct resolver_request request;
    struct resolver_packet *p;

    while (resolver_pop_request(&s->r, s->now, &request)) {
        ds_put_format(&s->out, "ask %"PRIu32" %s\n", request.vni,
                      script_ip_string(&request.ip));
    }
    while ((p = resolver_pop_ready(&s->r, settled, s->now)) != NULL) {
        ds_put_format(&s->out, "ready %d\n",
                      *(const uint8_t *) p->packet.data);
        free(p);
    }
    while ((p = resolver_pop_failed(&s->r)) != NULL) {
        ds_put_format(&s->out, "failed %d\n",
                      *(const uint8_t *) p->packet.data);
        free(p);
    }
}

static void
run_line(void *s_, const struct svec *words)
{
    const char *word = script_word(words, 0);
    struct script *s = s_;
    struct in6_addr ip;

    if (!strcmp(word, "at")) {
        s->now = script_u32(words, 1);
    } else if (!strcmp(word, "put") || !strcmp(word, "known")) {
        put(s, words, word[0] == 'k');
    } else if (!strcmp(word, "found")) {
        ip = script_ip(words, 2);
        if (!resolver_known(&s->r, script_u32(words, 1), &ip, s->now)) {
            ds_put_cstr(&s->out, "not wanted\n");
        }
    } else if (!strcmp(word, "forget")) {
        resolver_forget(&s->r, script_u32(words, 1));
    } else if (!strcmp(word, "due")) {
        long long int due = resolver_next_due(&s->r);

        ds_put_format(&s->out, due == LLONG_MAX ? "never\n" : "due %lld\n",
                      due);
    } else if (strcmp(word, "settled")) {
        fail_msg("%s: no such line", word);
    }
    drain(s, !strcmp(word, "settled"));
}

static const struct {
    const char *name;           /* The situation. */
    const char *script;
    const char *expected;
} cases[] = {
    { "a host that answers",
      "at 100\nput 5 10.0.0.1 from=1\ndue\nfound 5 10.0.0.1\ndue\nsettled\n"
      "due\n",
      "ask 5 10.0.0.1\ndue 1100\ndue 1100\nready 1\nnever\n" },
    { "IPv6",
      "put 5 fd00::1 from=1\nfound 5 fd00::1\nsettled\n",
      "ask 5 fd00::1\nready 1\n" },
    { "a host that is not there",
      "put 5 10.0.0.1 from=1\nat 999\nat 1000\nat 2000\nat 2999\nat 3000\n"
      "due\n",
      "ask 5 10.0.0.1\nask 5 10.0.0.1\nask 5 10.0.0.1\nfailed 1\n"
      "due 8000\n" },
    { "it is not looked for for a while",
      "put 5 10.0.0.1 from=1\nat 1000\nat 2000\nat 3000\n"
      "put 5 10.0.0.1 from=2\nat 7999\nput 5 10.0.0.1 vrf=9\n"
      "at 8000\nput 5 10.0.0.1 from=1\n",
      "ask 5 10.0.0.1\nask 5 10.0.0.1\nask 5 10.0.0.1\nfailed 1\n"
      "refused 2\nrefused 3\nask 5 10.0.0.1\n" },
    { "an answer to the last request",
      "put 5 10.0.0.1 from=1\nat 1000\nat 2000\nat 2999\nfound 5 10.0.0.1\n"
      "settled\nat 3000\nput 5 10.0.0.1 from=1\n",
      "ask 5 10.0.0.1\nask 5 10.0.0.1\nask 5 10.0.0.1\nready 1\n"
      "ask 5 10.0.0.1\n" },
    { "it appears while it is not looked for",
      "put 5 10.0.0.1 from=1\nat 1000\nat 2000\nat 3000\nfound 5 10.0.0.1\n"
      "due\nput 5 10.0.0.1 from=1\n",
      "ask 5 10.0.0.1\nask 5 10.0.0.1\nask 5 10.0.0.1\nfailed 1\nnot wanted\n"
      "never\nask 5 10.0.0.1\n" },
    { "it is asked for once, whoever wants it",
      "put 5 10.0.0.1 from=1\nput 5 10.0.0.1 from=2\nput 5 10.0.0.1 vrf=9\n"
      "found 5 10.0.0.1\nsettled\n",
      "ask 5 10.0.0.1\nready 1\nready 2\nready 3\n" },
    { "the oldest packet for a host makes room",
      "put 5 10.0.0.1 from=1\nput 5 10.0.0.1 from=1\nput 5 10.0.0.1 from=1\n"
      "put 5 10.0.0.1 from=1\nfound 5 10.0.0.1\nsettled\n",
      "ask 5 10.0.0.1\nready 2\nready 3\nready 4\n" },
    { "networks with the same addresses",
      "put 5 10.0.0.1 from=1\nput 6 10.0.0.1 from=2\nfound 6 10.0.0.1\n"
      "settled\n",
      "ask 5 10.0.0.1\nask 6 10.0.0.1\nready 2\n" },
    { "a host that the switch does not know yet",
      "at 5\nknown 5 10.0.0.1 from=1\nat 1004\nsettled\n",
      "ready 1\n" },
    { "a switch that has much to do",
      "at 5\nknown 5 10.0.0.1 from=1\nat 1004\ndue\nat 1005\ndue\n",
      "due 1005\nready 1\nnever\n" },
    { "somebody whom nobody looks for is found",
      "found 5 10.0.0.1\n", "not wanted\n" },
    { "a network goes",
      "put 5 10.0.0.1 from=1\nput 6 10.0.0.1 from=1\nforget 5\nat 1000\n",
      "ask 5 10.0.0.1\nask 6 10.0.0.1\nask 6 10.0.0.1\n" },
};

static void
script_init(struct script *s)
{
    memset(s, 0, sizeof *s);
    resolver_init(&s->r);
    ds_init(&s->out);
}

static void
script_uninit(struct script *s)
{
    resolver_uninit(&s->r);
    assert_int_equal(s->r.n_packets, 0);
    assert_int_equal(s->r.n_bytes, 0);
    assert_int_equal(s->r.n_wanted, 0);
    ds_destroy(&s->out);
}

static void
test_transitions(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct script s;

        script_init(&s);
        script_run(cases[i].script, run_line, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s.out));
        script_uninit(&s);
    }
}

/* Bounds. */

/* Puts a packet of 'len' bytes to host 'i' of a network. */
static void
put_host(struct resolver *r, uint32_t in_tag, uint32_t vrf, uint32_t i,
         size_t len)
{
    uint8_t *data = xzalloc(len);
    struct flow_packet packet = {
        .vni = 5,
        .in_tag = in_tag,
        .vrf = vrf,
        .next_hop = in6_addr_mapped_ipv4(htonl(0x0a000000 + i)),
        .data = data,
        .len = len,
    };

    assert_int_equal(resolver_put(r, &packet, 0), RESOLVER_HELD);
    free(data);
}

static bool
wants(struct resolver *r, uint32_t i)
{
    struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0x0a000000 + i));

    return resolver_known(r, 5, &ip, 0);
}

/* A VM that looks for many hosts harms itself only. */
static void
test_a_scan_is_bounded(void **state OVS_UNUSED)
{
    struct resolver_counts counts;
    struct script s;

    script_init(&s);
    put_host(&s.r, 2, 0, 1, 1);
    for (uint32_t i = 0; i < 10000; i++) {
        put_host(&s.r, 1, 0, 1000 + i, 1);
        assert_true(s.r.n_wanted <= 1 + RESOLVER_VM_MAX);
    }
    resolver_count(&s.r, 5, &counts);
    assert_int_equal(counts.n_wanted, 1 + RESOLVER_VM_MAX);
    assert_int_equal(counts.n_packets, 1 + RESOLVER_VM_MAX);
    assert_int_equal(s.r.stats.n_dropped, 10000 - RESOLVER_VM_MAX);
    assert_true(wants(&s.r, 1));
    assert_true(wants(&s.r, 1000 + 9999)); /* The newest ones stay. */
    assert_false(wants(&s.r, 1000));
    script_uninit(&s);
}

/* Whatever many do, all together are bounded, and who wants little gets it. */
static void
test_all_are_bounded(void **state OVS_UNUSED)
{
    struct script s;

    script_init(&s);
    put_host(&s.r, 1, 0, 1, 1);
    for (uint32_t vrf = 1; vrf <= 10; vrf++) {
        for (uint32_t i = 0; i < RESOLVER_TUNNEL_MAX; i++) {
            put_host(&s.r, 0, vrf, vrf * 1000 + i, 1);
            assert_true(s.r.n_wanted <= RESOLVER_MAX);
        }
    }
    assert_int_equal(s.r.n_wanted, RESOLVER_MAX);
    put_host(&s.r, 2, 0, 2, 1);
    assert_int_equal(s.r.n_wanted, RESOLVER_MAX);
    assert_true(wants(&s.r, 1));
    assert_true(wants(&s.r, 2));
    script_uninit(&s);
}

/* As many senders as there is room for, each with a single host. */
static void
test_the_last_host_of_a_sender_makes_room(void **state OVS_UNUSED)
{
    struct script s;

    script_init(&s);
    for (uint32_t i = 1; i <= RESOLVER_MAX + 10; i++) {
        put_host(&s.r, i, 0, i, 1);
    }
    assert_int_equal(s.r.n_wanted, RESOLVER_MAX);
    assert_int_equal(hmap_count(&s.r.senders), RESOLVER_MAX);
    put_host(&s.r, 11, 0, 5000, 1); /* One of those that have one. */
    assert_int_equal(s.r.n_wanted, RESOLVER_MAX);
    assert_true(wants(&s.r, 5000));
    script_uninit(&s);
}

static void
test_bytes_are_bounded(void **state OVS_UNUSED)
{
    struct script s;

    script_init(&s);
    for (uint32_t i = 0; i < 200; i++) {
        put_host(&s.r, 1 + i % 10, 0, i, 60000);
        assert_true(s.r.n_bytes <= RESOLVER_BYTES_MAX);
        if (i % 5 == 4) {
            wants(&s.r, i);     /* Some are ready. */
        }
    }
    assert_true(wants(&s.r, 198));
    script_uninit(&s);
}

static void
test_the_unreachable_are_bounded(void **state OVS_UNUSED)
{
    struct resolver_counts counts;
    struct script s;

    script_init(&s);
    for (uint32_t i = 0; i < 2 * RESOLVER_UNREACHABLE_MAX; i++) {
        put_host(&s.r, 1 + i % 64, 0, i, 1);
        if (i % RESOLVER_VM_MAX == RESOLVER_VM_MAX - 1) {
            for (s.now = 0; s.now <= 3000; s.now += 1000) {
                drain(&s, false);
            }
        }
    }
    resolver_count(&s.r, 0, &counts);
    assert_int_equal(counts.n_unreachable, RESOLVER_UNREACHABLE_MAX);
    assert_int_equal(counts.n_packets, 0);
    assert_int_equal(s.r.stats.n_failed, 2 * RESOLVER_UNREACHABLE_MAX);
    s.now = 3000 + RESOLVER_UNREACHABLE;
    drain(&s, false);
    assert_true(resolver_is_empty(&s.r));
    script_uninit(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transitions),
        cmocka_unit_test(test_a_scan_is_bounded),
        cmocka_unit_test(test_all_are_bounded),
        cmocka_unit_test(test_the_last_host_of_a_sender_makes_room),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_the_unreachable_are_bounded),
    };

    return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
