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
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "evpn-bridge/frr-round.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* A host with networks 100 and 200, a fake FRR, and a fake kernel that has
 * one flood entry, 10.0.0.9, in each network. */
struct fake {
    struct model model;
    struct frr_watch watch;
    struct frr_round round;
    long long int now;

    /* What FRR has. */
    bool zebra_knows;           /* The VNIs. */
    size_t n_vteps;             /* Of zebra, in each network. */
    size_t n_imet, n_macip;     /* Routes of bgpd, in each network. */
    bool zebra_has_9;           /* VTEP 10.0.0.9. */
    bool zebra_tells_addrs;     /* In JSON, ... */
    bool zebra_has_addr;        /* ...10.0.0.1 among them. */

    struct ds log;
};

static void
audit_cb(void *f_, struct frr_audit *audit)
{
    struct fake *f = f_;
    struct in6_addr ip;

    in6_addr_set_mapped_ipv4(&ip, htonl(0x0a000009));
    ds_put_format(&f->log, "audit %"PRIu32"%s\n", audit->vni,
                  frr_audit_is_orphan_vtep(audit, &ip) ? " orphan" : "");
    in6_addr_set_mapped_ipv4(&ip, htonl(0x0a000001));
    if (frr_audit_lacks_addr(audit, &ip)) {
        ds_chomp(&f->log, '\n');
        ds_put_cstr(&f->log, " lack\n");
    }
}

static void
add_network(struct fake *f, const char *name, uint32_t vni)
{
    struct fact_network fact = { .name = name, .vni = vni };

    model_put_network(&f->model, &fact);
}

/* Network 100 has a gateway. */
static void
route_network(struct fake *f)
{
    struct gateway gateway = { .plen = 24 };
    struct fact_vpc vpc = { .name = "v", .l3vni = 900 };
    struct fact_network fact = {
        .name = "a", .vni = 100, .vpc = "v",
        .gateways = &gateway, .n_gateways = 1,
    };

    in6_addr_set_mapped_ipv4(&gateway.ip, htonl(0x0a000001));
    model_put_vpc(&f->model, &vpc);
    model_put_network(&f->model, &fact);
    model_run(&f->model, f->now);
}

static void
fake_init(struct fake *f)
{
    memset(f, 0, sizeof *f);
    model_init(&f->model);
    add_network(f, "a", 100);
    model_run(&f->model, 0);
    frr_watch_init(&f->watch, 0);
    frr_round_init(&f->round);
    f->round.audit_cb = audit_cb;
    f->round.audit_aux = f;
    f->watch.state = FRR_UP;
    f->watch.known = true;
    f->zebra_knows = true;
    ds_init(&f->log);
}

static void
fake_uninit(struct fake *f)
{
    frr_round_uninit(&f->round);
    frr_watch_uninit(&f->watch);
    model_uninit(&f->model);
    ds_destroy(&f->log);
}

static void
answer_routes(struct fake *f, enum frr_topic topic, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        frr_round_member(&f->round, topic, "", "[3]...",
                         "{\"paths\":[[{\"valid\":true,\"bestpath\":true,"
                         "\"peerId\":\"10.0.0.2\"}]]}");
    }
}

/* Answers as FRR would. */
static void
answer(struct fake *f, enum frr_topic topic)
{
    if (topic == FRR_ASK_VNIS && f->zebra_knows) {
        char *s = xasprintf("{\"vni\":100,\"type\":\"L2\","
                            "\"numRemoteVteps\":%"PRIuSIZE"}", f->n_vteps);

        frr_round_member(&f->round, topic, "", "100", s);
        frr_round_member(&f->round, topic, "", "999",
                         "{\"vni\":999,\"type\":\"L2\"}");
        free(s);
    } else if (topic == FRR_ASK_IMET) {
        answer_routes(f, topic, f->n_imet);
    } else if (topic == FRR_ASK_MACIP) {
        answer_routes(f, topic, f->n_macip);
    } else if (topic == FRR_ASK_VTEPS && f->zebra_has_9) {
        frr_round_member(&f->round, topic, "", "numRemoteVteps",
                         "[\"10.0.0.9\"]");
    } else if (topic == FRR_ASK_ADDRS && f->zebra_has_addr) {
        frr_round_member(&f->round, topic, "brvx-100", "mtu", "1500");
        frr_round_member(&f->round, topic, "brvx-100", "ipAddresses",
                         "[{\"address\":\"10.0.0.1/24\"}]");
    }
    frr_round_answered(&f->round, &f->watch, topic,
                       topic != FRR_ASK_ADDRS || f->zebra_tells_addrs, f->now);
}

/* Lets 'ms' pass.  Returns what happened, which is good until the next
 * call. */
static const char *
pass(struct fake *f, long long int ms)
{
    static const char *const names[] = {
        [FRR_ASK_VNIS] = "vnis", [FRR_ASK_IMET] = "imet",
        [FRR_ASK_MACIP] = "macip", [FRR_ASK_VTEPS] = "vteps",
        [FRR_ASK_MACS] = "macs", [FRR_ASK_NEIGHS] = "neighs",
        [FRR_ASK_ADDRS] = "addrs",
    };
    enum frr_topic topic;
    uint32_t vni;

    ds_clear(&f->log);
    for (long long int end = f->now + ms; f->now < end; f->now += 100) {
        frr_round_run(&f->round, &f->watch, &f->model, f->now);
        while (frr_round_question(&f->round, FRR_ZEBRA, &topic, &vni)
               || frr_round_question(&f->round, FRR_BGPD, &topic, &vni)) {
            ds_put_format(&f->log, "%s ", names[topic]);
            frr_round_asked(&f->round);
            answer(f, topic);
        }
        while (frr_round_pop_flap(&f->round, &vni)) {
            ds_put_format(&f->log, "flap %"PRIu32"\n", vni);
        }
    }
    return ds_cstr(&f->log);
}

#define AUDIT "vteps macs neighs audit 100"

static void
test_audit(void **state OVS_UNUSED)
{
    struct fake f;

    /* An orphan is one in the second pass; then there is peace. */
    fake_init(&f);
    f.n_vteps = 1;
    assert_string_equal(pass(&f, 900), "vnis " AUDIT "\n");
    assert_false(frr_round_is_done(&f.round, &f.model));
    assert_string_equal(pass(&f, 10000),
                        "vnis " AUDIT " orphan\n");
    assert_true(frr_round_is_done(&f.round, &f.model));
    fake_uninit(&f);

    /* What zebra has got meanwhile is no orphan. */
    fake_init(&f);
    f.n_vteps = 1;
    pass(&f, 900);
    f.zebra_has_9 = true;
    assert_string_equal(pass(&f, 10000), "vnis " AUDIT "\n");
    fake_uninit(&f);

    /* Without a callback there is no audit; with one, later, there is. */
    fake_init(&f);
    f.n_vteps = 1;
    f.round.audit_cb = NULL;
    assert_string_equal(pass(&f, 10000), "vnis ");
    assert_true(frr_round_is_done(&f.round, &f.model));
    f.round.audit_cb = audit_cb;
    f.zebra_has_9 = true;
    assert_string_equal(pass(&f, 10000), "vnis " AUDIT "\n");
    fake_uninit(&f);
}

#define ADDR_AUDIT "vteps macs neighs addrs audit 100"

/* zebra may have missed an address of the bridge. */
static void
test_addrs(void **state OVS_UNUSED)
{
    struct fake f;

    fake_init(&f);
    route_network(&f);
    f.n_vteps = 1;
    f.zebra_has_9 = f.zebra_tells_addrs = true;
    assert_string_equal(pass(&f, 1900), "vnis " ADDR_AUDIT " lack\n"
                        "vnis " ADDR_AUDIT " lack\n");
    f.zebra_has_addr = true;
    assert_string_equal(pass(&f, 10000), "vnis " ADDR_AUDIT "\n");

    /* Another one is to be looked at soon, and then no more; who does not
     * know the network does not mind. */
    f.zebra_has_addr = false;
    frr_round_again(&f.round, 7, f.now);
    frr_round_again(&f.round, 100, f.now);
    assert_false(frr_round_is_done(&f.round, &f.model));
    assert_string_equal(pass(&f, 1100), "vnis " ADDR_AUDIT " lack\n");
    f.zebra_has_addr = true;
    assert_string_equal(pass(&f, 10000), "vnis " ADDR_AUDIT "\n");

    /* If it is never taken in, that is zebra's reason, for a while. */
    f.zebra_has_addr = false;
    frr_round_again(&f.round, 100, f.now);
    pass(&f, 20000);
    assert_true(frr_round_is_done(&f.round, &f.model));
    assert_string_equal(pass(&f, 10000), "");
    fake_uninit(&f);

    /* An FRR that does not tell lacks nothing. */
    fake_init(&f);
    route_network(&f);
    f.n_vteps = 1;
    f.zebra_has_9 = true;
    assert_string_equal(pass(&f, 10000), "vnis " ADDR_AUDIT "\n");
    fake_uninit(&f);
}

static void
test_unknown_vni(void **state OVS_UNUSED)
{
    struct fake f;

    fake_init(&f);
    f.zebra_knows = false;
    f.zebra_has_9 = true;
    f.n_vteps = 1;
    assert_string_equal(pass(&f, 6000), "vnis vnis ");
    f.zebra_knows = true;
    assert_string_equal(pass(&f, 3000), "vnis " AUDIT "\n");

    /* A new network is looked at, one that went is forgotten. */
    add_network(&f, "b", 999);
    model_del_network(&f.model, "a");
    model_run(&f.model, f.now);
    pass(&f, 6000);
    assert_int_equal(hmap_count(&f.round.nets), 1);
    fake_uninit(&f);
}

static void
test_replay(void **state OVS_UNUSED)
{
    struct fake f;

    /* At our start: zebra lacks all that bgpd has, twice. */
    fake_init(&f);
    f.zebra_has_9 = true;
    f.n_imet = 2;
    assert_string_equal(pass(&f, 900), "vnis imet ");
    assert_string_equal(pass(&f, 1000), "vnis imet flap 100\n");
    f.n_vteps = 2;
    assert_string_equal(pass(&f, 9000), "vnis " AUDIT "\n");
    fake_uninit(&f);

    /* It was just getting it. */
    fake_init(&f);
    f.zebra_has_9 = true;
    f.n_imet = 2;
    pass(&f, 900);
    f.n_vteps = 1;
    assert_string_equal(pass(&f, 9000), "vnis " AUDIT "\n");
    fake_uninit(&f);

    /* A flap that does not help is not repeated. */
    fake_init(&f);
    f.zebra_has_9 = true;
    f.n_macip = 1;
    assert_string_equal(pass(&f, 2000),
                        "vnis imet macip vnis imet macip flap 100\n");
    assert_string_equal(pass(&f, 20000), "vnis imet macip " AUDIT "\n");
    fake_uninit(&f);

    /* Nothing is remote. */
    fake_init(&f);
    f.zebra_has_9 = true;
    assert_string_equal(pass(&f, 9000), "vnis imet macip " AUDIT "\n");
    fake_uninit(&f);
}

static void
test_zebra_restart(void **state OVS_UNUSED)
{
    struct fake f;

    fake_init(&f);
    f.zebra_has_9 = true;
    f.n_vteps = f.n_imet = 2;
    pass(&f, 5000);
    assert_true(frr_round_is_done(&f.round, &f.model));

    /* bgpd has not connected to the new zebra yet: wait. */
    frr_round_reset(&f.round, true);
    f.watch.state = FRR_RESYNC;
    f.watch.replay_needed = f.watch.replay_due = true;
    f.zebra_knows = false;
    assert_string_equal(pass(&f, 2000), "vnis vnis ");
    assert_true(frr_watch_wants_replay(&f.watch));

    /* It has got some, but not all. */
    f.zebra_knows = true;
    f.n_vteps = 1;
    assert_string_equal(pass(&f, 2000), "vnis imet vnis imet flap 100\n");
    assert_false(frr_watch_wants_replay(&f.watch));
    assert_int_equal(f.watch.state, FRR_RESYNC);

    /* No audit before FRR is up. */
    f.n_vteps = 2;
    assert_string_equal(pass(&f, 5000), "");
    f.watch.state = FRR_UP;
    assert_string_equal(pass(&f, 5000), "vnis imet " AUDIT "\n");
    fake_uninit(&f);
}

static void
test_abort(void **state OVS_UNUSED)
{
    enum frr_topic topic;
    struct fake f;
    uint32_t vni;

    fake_init(&f);
    f.n_vteps = 1;
    frr_round_run(&f.round, &f.watch, &f.model, 0);
    assert_true(frr_round_question(&f.round, FRR_ZEBRA, &topic, &vni));
    assert_false(frr_round_question(&f.round, FRR_BGPD, &topic, &vni));
    frr_round_asked(&f.round);
    assert_false(frr_round_question(&f.round, FRR_ZEBRA, &topic, &vni));
    frr_round_answered(&f.round, &f.watch, topic, false, 0);
    assert_false(f.round.active);

    /* An answer that comes too late does nothing. */
    frr_round_member(&f.round, FRR_ASK_MACS, "macs", "x", "{}");
    frr_round_answered(&f.round, &f.watch, FRR_ASK_MACS, true, 0);
    assert_false(f.round.active);
    fake_uninit(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_audit),
        cmocka_unit_test(test_addrs),
        cmocka_unit_test(test_unknown_vni),
        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_zebra_restart),
        cmocka_unit_test(test_abort),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
