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
#include "openvswitch/dynamic-string.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "util.h"

/* What is parsed, and what comes out: the value in its canonical form, or
 * "!" and some words of the error. */
struct case_ {
    const char *input;
    const char *expected;
};

/* Fails unless 'error', if any, or else 'value' is as 'c' expects.  Frees
 * both. */
static void
check(const struct case_ *c, char *error, char *value)
{
    if (c->expected[0] == '!') {
        if (!error || !strstr(error, c->expected + 1)) {
            fail_msg("\"%s\": expected error \"%s\", got %s", c->input,
                     c->expected + 1, error ? error : value);
        }
    } else {
        if (error) {
            fail_msg("\"%s\": %s", c->input, error);
        }
        assert_string_equal(value, c->expected);
    }
    free(error);
    free(value);
}

static void
test_name(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "blue", "blue" },
        { "7f0e8a3c-5d4b-4f6e-9a57-1f5c3f0b2a11",
          "7f0e8a3c-5d4b-4f6e-9a57-1f5c3f0b2a11" },
        { "acct/net_1.x", "acct/net_1.x" },
        { "", "!empty" },
        { "a b", "!space" },
        { "a\nb", "!space or a control" },
        { "a\033[2J", "!control" },
    };
    char long_name[300];

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        check(&cases[i], row_parse_name(cases[i].input),
              xstrdup(cases[i].input));
    }
    memset(long_name, 'x', sizeof long_name);
    long_name[255] = '\0';
    assert_null(row_parse_name(long_name));
    long_name[255] = 'x';
    long_name[256] = '\0';
    check(&(struct case_) { "256 bytes", "!more than 255" },
          row_parse_name(long_name), NULL);
}

static void
test_vni(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "1", "1" },
        { "010", "10" },
        { "16777215", "16777215" },
        { "0", "!VNI 0 is not in the range 1...16777215" },
        { "16777216", "!not in the range" },
        { "4294967297", "!not in the range" },
        { "99999999999999999999999", "!not in the range" },
        { "", "!not a number" },
        { "-1", "!not a number" },
        { "+1", "!not a number" },
        { " 1", "!not a number" },
        { "1 ", "!not a number" },
        { "0x10", "!not a number" },
        { "ten", "!not a number" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t vni;
        char *error = row_parse_vni(cases[i].input, &vni);

        assert_int_equal(vni == 0, error != NULL);
        check(&cases[i], error, xasprintf("%"PRIu32, vni));
    }
}

static void
test_mac(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "52:54:00:00:00:01", "52:54:00:00:00:01" },
        { "52:54:0:0:0:A", "52:54:00:00:00:0a" },
        { "00:00:00:00:00:00", "!is zero" },
        { "01:00:5e:00:00:01", "!multicast" },
        { "ff:ff:ff:ff:ff:ff", "!multicast" },
        { "", "!malformed" },
        { "52:54:00:00:00", "!malformed" },
        { "52:54:00:00:00:01:02", "!malformed" },
        { "52:54:00:00:00:01 ", "!malformed" },
        { "52-54-00-00-00-01", "!malformed" },
        { "g2:54:00:00:00:01", "!malformed" },
        { "52:54:00: 0:00:01", "!malformed" },
        { "52:54:00:00:00:-1", "!malformed" },
        { "52:54:00:00:00:0x1", "!malformed" },
        { "52:54:00:00:00:101", "!malformed" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct eth_addr mac;
        char *error = row_parse_mac(cases[i].input, &mac);

        assert_int_equal(eth_addr_is_zero(mac), error != NULL);
        check(&cases[i], error, xasprintf(ETH_ADDR_FMT, ETH_ADDR_ARGS(mac)));
    }
}

static void
test_ip(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "10.0.0.1", "10.0.0.1" },
        { "169.254.1.1", "169.254.1.1" },
        { "2001:DB8:0:0::1", "2001:db8::1" },
        { "fe80::1", "fe80::1" },
        { "0.0.0.0", "!unspecified" },
        { "0.1.2.3", "!this network" },
        { "127.0.0.1", "!loopback" },
        { "224.0.0.1", "!multicast" },
        { "239.255.255.255", "!multicast" },
        { "240.0.0.1", "!reserved" },
        { "255.255.255.255", "!broadcast" },
        { "::", "!unspecified" },
        { "::1", "!loopback" },
        { "ff02::1", "!multicast" },
        { "::ffff:10.0.0.1", "!IPv4-mapped" },
        { "10.0.0.1/24", "!without a prefix length" },
        { "2001:db8::1/64", "!without a prefix length" },
        { "10.0.0", "!malformed" },
        { "10.0.0.256", "!malformed" },
        { "10.0.0.1 ", "!malformed" },
        { "fe80::1%eth0", "!malformed" },
        { "host", "!malformed" },
        { "", "!malformed" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct in6_addr ip;
        char *error = row_parse_ip(cases[i].input, &ip);

        assert_int_equal(!ipv6_addr_is_set(&ip), error != NULL);
        check(&cases[i], error, row_format_ip(&ip));
    }
}

static void
test_vteps(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "192.0.2.1", "192.0.2.1 ::" },
        { "2001:db8::1", ":: 2001:db8::1" },
        { "192.0.2.1,2001:db8::1", "192.0.2.1 2001:db8::1" },
        { "2001:db8::1, 192.0.2.1", "192.0.2.1 2001:db8::1" },
        { "192.0.2.1,192.0.2.2", "!two addresses" },
        { "192.0.2.1,x", "!\"x\" is malformed" },
        { "fe80::1", "!link-local" },
        { "127.0.0.1", "!loopback" },
        { "", "!no address" },
        { ",", "!no address" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct in6_addr vtep4, vtep6;
        char *error = row_parse_vteps(cases[i].input, &vtep4, &vtep6);
        char *s4 = row_format_ip(&vtep4);
        char *s6 = row_format_ip(&vtep6);

        check(&cases[i], error, xasprintf("%s %s", s4, s6));
        free(s4);
        free(s6);
    }
}

/* A Port row keeps what is good in it. */
static void
test_port(void **state OVS_UNUSED)
{
    char *macs[] = { "01:00:00:00:00:01", "52:54:00:00:00:01",
                     "52:54:0:0:0:1", "52:54:00:00:00:02" };
    char *ips[] = { "10.0.0.1", "2001:db8::1", "2001:DB8::1", "bad" };
    struct row_port row;

    row_port_parse(&row, macs, ARRAY_SIZE(macs), ips, ARRAY_SIZE(ips));
    assert_int_equal(row.n_macs, 2);
    assert_int_equal(row.macs[0].ea[5], 1);
    assert_int_equal(row.macs[1].ea[5], 2);
    assert_int_equal(row.n_ips, 2);
    assert_string_equal(
        row.error,
        "macs: MAC \"01:00:00:00:00:01\" is a multicast address; give the "
        "VM's own, unicast; "
        "macs: MAC \"52:54:0:0:0:1\" is there twice; keep one; "
        "ips: IP \"2001:DB8::1\" is there twice; keep one; "
        "ips: IP \"bad\" is malformed; write one IPv4 or IPv6 address");
    row_port_uninit(&row);

    row_port_parse(&row, NULL, 0, NULL, 0);
    assert_null(row.error);
    assert_int_equal(row.n_macs + row.n_ips, 0);
    row_port_uninit(&row);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_name),
        cmocka_unit_test(test_vni),
        cmocka_unit_test(test_mac),
        cmocka_unit_test(test_ip),
        cmocka_unit_test(test_vteps),
        cmocka_unit_test(test_port),
    };

    return cmocka_run_group_tests_name("row-parse", tests, NULL, NULL);
}
