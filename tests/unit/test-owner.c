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
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/owner.h"
#include "packets.h"
#include "util.h"

static void
test_owners_have_names_and_stable_cookies(void **state OVS_UNUSED)
{
    struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0x0a000001));
    struct uuid uuid = { .parts = { 1, 2, 3, 4 } };
    const struct owner owners[] = {
        owner_host(),
        owner_network(10100),
        owner_port("vm1"),
        owner_local_mac(1, (struct eth_addr) ETH_ADDR_C(52,54,00,00,00,0a)),
        owner_local_ip(1, &ip),
        owner_remote_mac(1, (struct eth_addr) ETH_ADDR_C(52,54,00,00,00,0a)),
        owner_nhg(536870913),
        owner_network_acl(10100),
        owner_security_group(&uuid),
        owner_rule(&uuid),
        owner_group_addr(4294967295, &ip),
        owner_vpc(10100),
        owner_remote_ip(1, &ip),
        owner_route(1, &ip, 128),
        owner_router_mac(1, &ip),
        owner_hops(7),
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
        owner_format(&owners[i], &s);
        ds_put_format(&s, " %016"PRIx64"\n", ntohll(owner_cookie(&owners[i])));
        for (size_t j = 0; j < ARRAY_SIZE(owners); j++) {
            int cmp = owner_compare_3way(&owners[i], &owners[j]);

            assert_true(owner_equal(&owners[i], &owners[j]) == (i == j));
            assert_true(i < j ? cmp < 0 : i > j ? cmp > 0 : !cmp);
        }
    }
    assert_string_equal(ds_cstr(&s),
        "host 6f65001de4c53b92\n"
        "network/10100 6f650138d662f629\n"
        "port/a8fc6af530ad47f5 6f650283d5d34948\n"
        "local-mac/1/52:54:00:00:00:0a 6f6503c1e8731fb6\n"
        "local-ip/1/10.0.0.1 6f65041ab31b3109\n"
        "remote-mac/1/52:54:00:00:00:0a 6f650563f60c1b46\n"
        "nhg/536870913 6f6506108de75e3a\n"
        "acl/10100 6f65077697e8a6d8\n"
        "security-group/00000001-0000-0002-0000-000300000004 "
        "6f65085c01c4dfde\n"
        "rule/00000001-0000-0002-0000-000300000004 6f650929c8f24609\n"
        "group-addr/4294967295/10.0.0.1 6f650a7b5989e91a\n"
        "vpc/10100 6f650b3072c2fdb9\n"
        "remote-ip/1/10.0.0.1 6f650cebb158f5b3\n"
        "route/1/10.0.0.1/32 6f650d367e75cbe9\n"
        "router-mac/1/10.0.0.1 6f650e7efd65104a\n"
        "hops/7 6f650f4ade4ae057\n");
    ds_destroy(&s);
}

static void
test_owner_names_are_read_as_written(void **state OVS_UNUSED)
{
    static const char *const good[] = {
        "host", "network/10100", "local-mac/1/52:54:00:00:00:0a",
        "local-ip/1/10.0.0.1", "local-ip/1/2001:db8::1",
        "remote-mac/16777215/52:54:00:00:00:0a", "nhg/536870913",
        "acl/10100", "vpc/16777215", "route/9/10.0.0.0/24",
        "route/9/0.0.0.0/0", "route/9/2001:db8::/32", "route/9/::/0", "hops/0",
        "router-mac/9/192.0.2.2", "group-addr/4294967295/2001:db8::1",
        "security-group/00000001-0000-0002-0000-000300000004",
        "rule/00000001-0000-0002-0000-000300000004",
        "remote-ip/1/10.0.0.1", "remote-ip/1/2001:db8::1",
    };
    static const char *const bad[] = {
        "", "hosts", "network", "network/", "network/x", "network/1/2",
        "port/", "local-mac/1", "local-mac/1/52:54", "local-ip/1/10.0.0",
        "nhg/x", "nhg/4294967296",
        "vpc/", "vpc/1/2", "route/9/10.0.0.1/24", "route/9/10.0.0.0",
        "route/9/10.0.0.0/33", "route/9/2001:db8::1/64", "route/9/::/129",
        "route/9/2001:db8::", "router-mac/9", "hops/", "hops/4294967296",
        "rule/", "rule/r1", "acl/", "acl/1/2",
        "security-group/web", "group-addr/1", "group-addr/1/web",
        "remote-mac//52:54:00:00:00:0a",
    };
    struct owner owner, port = owner_port("vm1");

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;

        assert_null(owner_parse(good[i], &owner));
        owner_format(&owner, &s);
        assert_string_equal(ds_cstr(&s), good[i]);
        ds_destroy(&s);
    }
    assert_null(owner_parse("port/vm1", &owner));
    assert_true(owner_equal(&owner, &port));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char *error = owner_parse(bad[i], &owner);

        if (!error) {
            fail_msg("\"%s\" is no owner", bad[i]);
        }
        free(error);
    }
}

static void
test_a_set_is_a_queue_without_duplicates(void **state OVS_UNUSED)
{
    const struct owner a = owner_network(1);
    const struct owner b = owner_network(2);
    const struct owner c = owner_nhg(1);
    struct owner_set set;
    struct owner got;

    owner_set_init(&set);
    assert_true(owner_set_is_empty(&set));
    assert_false(owner_set_pop(&set, &got));
    assert_true(owner_set_add(&set, &b));
    assert_true(owner_set_add(&set, &a));
    assert_false(owner_set_add(&set, &b));
    assert_true(owner_set_add(&set, &c));
    assert_int_equal(owner_set_count(&set), 3);
    assert_true(owner_set_contains(&set, &a));

    assert_true(owner_set_del(&set, &a));
    assert_false(owner_set_del(&set, &a));
    assert_false(owner_set_contains(&set, &a));

    assert_true(owner_set_pop(&set, &got));
    assert_true(owner_equal(&got, &b));
    assert_true(owner_set_add(&set, &b));
    assert_true(owner_set_pop(&set, &got));
    assert_true(owner_equal(&got, &c));

    owner_set_clear(&set);
    assert_true(owner_set_is_empty(&set));
    assert_true(owner_set_add(&set, &b));
    owner_set_uninit(&set);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners_have_names_and_stable_cookies),
        cmocka_unit_test(test_owner_names_are_read_as_written),
        cmocka_unit_test(test_a_set_is_a_queue_without_duplicates),
    };

    return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
