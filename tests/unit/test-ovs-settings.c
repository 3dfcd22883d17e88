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
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/problem.h"
#include "ovsdb-sync/ovs-settings.h"
#include "packets.h"
#include "smap.h"
#include "tests/unit/script.h"
#include "util.h"

/* What the host has by itself, in every test but those that say so. */
static struct ovs_settings_defaults
defaults(void)
{
    return (struct ovs_settings_defaults) {
        .host_name = "hv1",
        .remote = "unix:/run/openvswitch/db.sock",
        .vtep4 = script_parse_ip("192.0.2.1"),
        .tunnel_port = 4789,
    };
}

static const char *
frr_mode_string(enum frr_mode mode)
{
    return (mode == FRR_MANAGE ? "manage" : mode == FRR_OBSERVE ? "observe"
            : "off");
}

/* Appends to 's' what differs in 'a' from the settings of 'b'. */
static void
format_settings(struct ds *s, const struct ovs_settings *a,
                const struct ovs_settings *b)
{
    if (strcmp(a->host_name, b->host_name)) {
        ds_put_format(s, "name %s\n", a->host_name);
    }
    if (strcmp(a->remote, b->remote)) {
        ds_put_format(s, "remote %s\n", a->remote);
    }
    if (strcmp(a->bridge, b->bridge)) {
        ds_put_format(s, "bridge %s\n", a->bridge);
    }
    if (strcmp(a->datapath_type, b->datapath_type)) {
        ds_put_format(s, "datapath_type %s\n", a->datapath_type);
    }
    if (!ipv6_addr_equals(&a->vtep4, &b->vtep4)) {
        ds_put_format(s, "vtep4 %s\n", script_ip_string(&a->vtep4));
    }
    if (!ipv6_addr_equals(&a->vtep6, &b->vtep6)) {
        ds_put_format(s, "vtep6 %s\n", script_ip_string(&a->vtep6));
    }
    if (a->shadow_port != b->shadow_port) {
        ds_put_format(s, "shadow_port %"PRIu16"\n", a->shadow_port);
    }
    if (a->frr != b->frr) {
        ds_put_format(s, "frr %s\n", frr_mode_string(a->frr));
    }
    if (a->frr_hold != b->frr_hold) {
        ds_put_format(s, "frr_hold %lld\n", a->frr_hold);
    }
    if (a->dup_moves != b->dup_moves) {
        ds_put_format(s, "dup_moves %u\n", a->dup_moves);
    }
    if (a->dup_time != b->dup_time) {
        ds_put_format(s, "dup_time %lld\n", a->dup_time);
    }
    if (!nullable_string_is_equal(a->libvirt, b->libvirt)) {
        ds_put_format(s, "libvirt %s\n", a->libvirt ? a->libvirt : "none");
    }
    if (a->ovn != b->ovn) {
        ds_put_cstr(s, "ovn\n");
    }
}

static void
format_problems(struct ds *s, const struct problems *problems)
{
    const struct problem **sorted;
    size_t n;

    sorted = problems_sort(problems, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(s, "%s %s: %s\n", sorted[i]->object, sorted[i]->topic,
                      sorted[i]->text);
    }
    free(sorted);
}

#define VTEP_REMEDY "set one with \"ovs-vsctl set Open_vSwitch . " \
                    "external_ids:ovs-ext-vtep-ip=...\""
#define BAD_REMOTE "is not a list of unix:FILE, tcp:IP:PORT or ssl:IP:PORT; " \
                   "unix:/run/openvswitch/db.sock is used, correct it with " \
                   "\"ovs-vsctl set Open_vSwitch . " \
                   "external_ids:ovs-ext-remote=...\"\n"
#define BAD_PORT "is not a UDP port other than 4789, which is the switch's; " \
                 "4790 is used, correct it or remove it\n"
#define BAD_HOLD "is not a number of seconds in the range 0...86400; 120 is " \
                 "used, correct it or remove it\n"

struct case_ {
    const char *key, *value;    /* In external_ids. */
    const char *expected;       /* Differences to the defaults; problems. */
};

static const struct case_ cases[] = {
    { "system-id", "host-7", "name host-7\n" },
    { "system-id", "", "" },
    { "hostname", "host-7", "" },

    { "ovs-ext-remote", "tcp:192.0.2.9:6640", "remote tcp:192.0.2.9:6640\n" },
    { "ovs-ext-remote", "ssl:192.0.2.9:6640,ssl:[2001:db8::9]:6640",
      "remote ssl:192.0.2.9:6640,ssl:[2001:db8::9]:6640\n" },
    { "ovs-ext-remote", "unix:/x, tcp:1.2.3.4:5",
      "remote unix:/x, tcp:1.2.3.4:5\n" },
    { "ovs-ext-remote", "ptcp:6640",
      "host remote: ovs-ext-remote \"ptcp:6640\" "BAD_REMOTE },
    { "ovs-ext-remote", "tcp:",
      "host remote: ovs-ext-remote \"tcp:\" "BAD_REMOTE },
    { "ovs-ext-remote", "tcp:1.2.3.4:5,nonsense",
      "host remote: ovs-ext-remote \"tcp:1.2.3.4:5,nonsense\" "BAD_REMOTE },
    { "ovs-ext-remote", "", "host remote: ovs-ext-remote \"\" "BAD_REMOTE },
    { "ovs-ext-remote", ",", "host remote: ovs-ext-remote \",\" "BAD_REMOTE },

    { "ovs-ext-bridge", "br-vm", "bridge br-vm\n" },
    { "ovs-ext-bridge", "", "" },
    { "ovs-ext-libvirt", "test:///default", "libvirt test:///default\n" },
    { "ovs-ext-libvirt", "off", "libvirt none\n" },
    { "ovs-ext-libvirt", "", "" },
    { "ovs-ext-datapath-type", "netdev", "datapath_type netdev\n" },

    { "ovs-ext-vtep-ip", "198.51.100.1", "vtep4 198.51.100.1\n" },
    { "ovs-ext-vtep-ip", "2001:db8::1", "vtep4 ::\nvtep6 2001:db8::1\n" },
    { "ovs-ext-vtep-ip", "198.51.100.1,2001:db8::1",
      "vtep4 198.51.100.1\nvtep6 2001:db8::1\n" },

    { "ovs-ext-shadow-port", "4791", "shadow_port 4791\n" },
    { "ovs-ext-shadow-port", "1", "shadow_port 1\n" },
    { "ovs-ext-shadow-port", "65535", "shadow_port 65535\n" },
    { "ovs-ext-shadow-port", "4790", "" },
    { "ovs-ext-shadow-port", "4789",
      "host shadow-port: ovs-ext-shadow-port \"4789\" "BAD_PORT },
    { "ovs-ext-shadow-port", "0",
      "host shadow-port: ovs-ext-shadow-port \"0\" "BAD_PORT },
    { "ovs-ext-shadow-port", "65536",
      "host shadow-port: ovs-ext-shadow-port \"65536\" "BAD_PORT },
    { "ovs-ext-shadow-port", "-1",
      "host shadow-port: ovs-ext-shadow-port \"-1\" "BAD_PORT },
    { "ovs-ext-shadow-port", "4790x",
      "host shadow-port: ovs-ext-shadow-port \"4790x\" "BAD_PORT },
    { "ovs-ext-shadow-port", "",
      "host shadow-port: ovs-ext-shadow-port \"\" "BAD_PORT },

    { "ovs-ext-frr", "manage", "" },
    { "ovs-ext-frr", "observe", "frr observe\n" },
    { "ovs-ext-frr", "off", "frr off\n" },
    { "ovs-ext-frr", "Off",
      "host frr-mode: ovs-ext-frr \"Off\" is none of manage, observe and off; "
      "manage is used, correct it or remove it\n" },

    { "ovs-ext-dup-addr-moves", "0", "dup_moves 0\n" },
    { "ovs-ext-dup-addr-moves", "10", "dup_moves 10\n" },
    { "ovs-ext-dup-addr-moves", "1001",
      "host dup-addr-moves: ovs-ext-dup-addr-moves \"1001\" is not a number "
      "of moves in the range 0...1000; 5 is used, correct it or remove it\n" },
    { "ovs-ext-dup-addr-time", "60", "dup_time 60000\n" },
    { "ovs-ext-dup-addr-time", "3 min",
      "host dup-addr-time: ovs-ext-dup-addr-time \"3 min\" is not a number "
      "of seconds in the range 0...1800; 180 is used, correct it or remove "
      "it\n" },

    { "ovs-ext-frr-hold", "0", "frr_hold 0\n" },
    { "ovs-ext-frr-hold", "5", "frr_hold 5000\n" },
    { "ovs-ext-frr-hold", "86400", "frr_hold 86400000\n" },
    { "ovs-ext-frr-hold", "86401",
      "host frr-hold: ovs-ext-frr-hold \"86401\" "BAD_HOLD },
    { "ovs-ext-frr-hold", "-1",
      "host frr-hold: ovs-ext-frr-hold \"-1\" "BAD_HOLD },
    { "ovs-ext-frr-hold", "soon",
      "host frr-hold: ovs-ext-frr-hold \"soon\" "BAD_HOLD },

    { "ovn-remote", "tcp:192.0.2.9:6642",
      "ovn\nhost ovn: bridge br-int is managed by ovn-controller and is left "
      "alone; name another one with \"ovs-vsctl set Open_vSwitch . "
      "external_ids:ovs-ext-bridge=...\"\n" },
    { "ovn-bridge", "br-int", "" },
};

/* Parses 'ids' into text: what differs from the defaults, and problems. */
static char *
parse(const struct smap *ids, const struct ovs_settings_defaults *d,
      struct problems *problems)
{
    struct ovs_settings_defaults normal = defaults();
    struct smap none = SMAP_INITIALIZER(&none);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ovs_settings settings, base;
    struct problems ignored;

    problems_init(&ignored);
    ovs_settings_parse(&base, &none, &normal, &ignored);
    ovs_settings_parse(&settings, ids, d, problems);
    format_settings(&s, &settings, &base);
    format_problems(&s, problems);
    ovs_settings_uninit(&settings);
    ovs_settings_uninit(&base);
    problems_uninit(&ignored);
    return ds_steal_cstr(&s);
}

static void
test_each_key(void **state OVS_UNUSED)
{
    struct ovs_settings_defaults d = defaults();
    struct problems problems;

    /* The set is that of all cases: a good value clears what a bad one, or
     * the previous key, left. */
    problems_init(&problems);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct smap ids = SMAP_INITIALIZER(&ids);
        char *name = xasprintf("%s=%s", cases[i].key, cases[i].value);
        char *got;

        smap_add(&ids, cases[i].key, cases[i].value);
        got = parse(&ids, &d, &problems);
        script_check(name, cases[i].expected, got);
        free(got);
        free(name);
        smap_destroy(&ids);
    }
    problems_uninit(&problems);
}

static void
test_defaults(void **state OVS_UNUSED)
{
    struct ovs_settings_defaults d = defaults();
    struct smap none = SMAP_INITIALIZER(&none);
    struct ovs_settings s;
    struct problems problems;

    problems_init(&problems);
    ovs_settings_parse(&s, &none, &d, &problems);
    assert_string_equal(s.host_name, "hv1");
    assert_string_equal(s.remote, "unix:/run/openvswitch/db.sock");
    assert_string_equal(s.bridge, "br-int");
    assert_string_equal(s.datapath_type, "");
    assert_string_equal(script_ip_string(&s.vtep4), "192.0.2.1");
    assert_false(ipv6_addr_is_set(&s.vtep6));
    assert_int_equal(s.shadow_port, 4790);
    assert_int_equal(s.frr, FRR_MANAGE);
    assert_int_equal(s.frr_hold, 120000);
    assert_int_equal(s.dup_moves, 5);
    assert_int_equal(s.dup_time, 180000);
    assert_false(s.ovn);
    assert_true(hmap_is_empty(&problems.problems));
    ovs_settings_uninit(&s);
    problems_uninit(&problems);
}

/* Without a usable address there is none: lo's would be a wrong one. */
static void
test_vtep_addresses(void **state OVS_UNUSED)
{
    struct ovs_settings_defaults d = defaults();
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct problems problems;
    char *got;

    problems_init(&problems);
    smap_add(&ids, "ovs-ext-vtep-ip", "nonsense");
    got = parse(&ids, &d, &problems);
    assert_non_null(strstr(got, "vtep4 ::\nhost vtep-ip: ovs-ext-vtep-ip is "
                           "not usable ("));
    assert_non_null(strstr(got, "); "VTEP_REMEDY"\n"));
    free(got);

    /* Nor if neither it nor lo has one. */
    smap_clear(&ids);
    d.vtep4 = in6addr_any;
    got = parse(&ids, &d, &problems);
    script_check("no address at all", "vtep4 ::\n"
                 "host vtep-ip: no VTEP address: neither ovs-ext-vtep-ip nor "
                 "a global address on lo; "VTEP_REMEDY"\n", got);
    free(got);

    /* One of lo's is enough. */
    d.vtep6 = script_parse_ip("2001:db8::1");
    got = parse(&ids, &d, &problems);
    script_check("lo has an IPv6 address", "vtep4 ::\nvtep6 2001:db8::1\n",
                 got);
    free(got);
    smap_destroy(&ids);
    problems_uninit(&problems);
}

/* ovn-controller's bridge is its bridge. */
static void
test_ovn(void **state OVS_UNUSED)
{
    static const struct {
        const char *ovn_bridge, *bridge;
        bool ovn;
    } bridges[] = {
        { NULL, NULL, true },
        { "br-ovn", NULL, false },
        { NULL, "br-vm", false },
        { "br-vm", "br-vm", true },
        { "", "br-int", true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(bridges); i++) {
        struct ovs_settings_defaults d = defaults();
        struct smap ids = SMAP_INITIALIZER(&ids);
        struct ovs_settings s;
        struct problems problems;

        smap_add(&ids, "ovn-remote", "tcp:192.0.2.9:6642");
        if (bridges[i].ovn_bridge) {
            smap_add(&ids, "ovn-bridge", bridges[i].ovn_bridge);
        }
        if (bridges[i].bridge) {
            smap_add(&ids, "ovs-ext-bridge", bridges[i].bridge);
        }
        problems_init(&problems);
        ovs_settings_parse(&s, &ids, &d, &problems);
        assert_int_equal(s.ovn, bridges[i].ovn);
        assert_int_equal(problem_get(&problems, "host", "ovn") != NULL,
                         bridges[i].ovn);
        ovs_settings_uninit(&s);
        problems_uninit(&problems);
        smap_destroy(&ids);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_key),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_vtep_addresses),
        cmocka_unit_test(test_ovn),
    };

    return cmocka_run_group_tests_name("ovs-settings", tests, NULL, NULL);
}
