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
#include <string.h>
#include <cmocka.h>
#include "ovsdb-sync/row-network.h"
#include "packets.h"
#include "util.h"

static void
test_gateway(void **state OVS_UNUSED)
{
    static const struct {
        const char *input;
        const char *expected;   /* As written again, or "!" and why not. */
    } cases[] = {
        { "10.0.0.1/24", "10.0.0.1/24" },
        { "10.0.0.254/24", "10.0.0.254/24" },
        { "10.0.0.0/31", "10.0.0.0/31" },
        { "10.0.0.1/31", "10.0.0.1/31" },
        { "10.0.0.1/1", "10.0.0.1/1" },
        { "2001:DB8::1/64", "2001:db8::1/64" },
        { "2001:db8::/127", "2001:db8::/127" },
        { "2001:db8::ffff:ffff:ffff:ffff/64",
          "2001:db8::ffff:ffff:ffff:ffff/64" },
        { "10.0.0.1", "!has no prefix length" },
        { "10.0.0.1/", "!has no prefix length" },
        { "10.0.0.1/x", "!has no prefix length" },
        { "10.0.0.1/-1", "!has no prefix length" },
        { "10.0.0.1/24 ", "!has no prefix length" },
        { "10.0.0.1/24/24", "!has no prefix length" },
        { "10.0.0.1/4294967320", "!has no prefix length" },
        { "/24", "!malformed" },
        { "10.0.0/24", "!malformed" },
        { "10.0.0.1/0", "!leaves no network" },
        { "10.0.0.1/32", "!leaves no network" },
        { "10.0.0.1/64", "!leaves no network" },
        { "2001:db8::1/0", "!leaves no network" },
        { "2001:db8::1/128", "!leaves no network" },
        { "10.0.0.0/24", "!is the address of the network itself" },
        { "2001:db8::/64", "!is the address of the network itself" },
        { "10.0.0.255/24", "!is the broadcast address" },
        { "fe80::1/64", "!link-local" },
        { "224.0.0.1/24", "!multicast" },
        { "127.0.0.1/8", "!loopback" },
        { "::1/64", "!loopback" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gateway gateway;
        char *error = row_parse_gateway(cases[i].input, &gateway);
        char *got = error ? error : row_format_gateway(&gateway);

        assert_int_equal(!gateway.plen, error != NULL);
        if (cases[i].expected[0] == '!') {
            assert_non_null(error);
            if (!strstr(got, cases[i].expected + 1)) {
                fail_msg("%s: %s", cases[i].input, got);
            }
        } else if (strcmp(got, cases[i].expected)) {
            fail_msg("%s: %s", cases[i].input, got);
        }
        free(got);
    }
}

/* A Network row keeps what is good in it. */
static void
test_network(void **state OVS_UNUSED)
{
    char *gateways[] = { "10.0.0.1/24", "10.0.0.1/25", "bad",
                         "2001:db8::1/64" };
    struct row_network row;

    row_network_parse(&row, gateways, ARRAY_SIZE(gateways),
                      "01:00:00:00:00:01");
    assert_int_equal(row.n_gateways, 2);
    assert_int_equal(row.gateways[0].plen, 24);
    assert_int_equal(row.gateways[1].plen, 64);
    assert_true(eth_addr_is_zero(row.gateway_mac));
    assert_string_equal(
        row.error,
        "gateways: the address of \"10.0.0.1/25\" is there twice; keep one; "
        "gateways: gateway \"bad\" has no prefix length; write it as "
        "\"10.0.0.1/24\" or \"2001:db8::1/64\"; "
        "gateway_mac: \"01:00:00:00:00:01\" is not a unicast MAC; write one "
        "as \"xx:xx:xx:xx:xx:xx\", or nothing for the default");
    row_network_uninit(&row);

    row_network_parse(&row, NULL, 0, "52:54:00:00:00:01");
    assert_null(row.error);
    assert_int_equal(row.n_gateways, 0);
    assert_int_equal(row.gateway_mac.ea[5], 1);
    row_network_uninit(&row);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gateway),
        cmocka_unit_test(test_network),
    };

    return cmocka_run_group_tests_name("row-network", tests, NULL, NULL);
}
