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
#include "evpn-bridge/frr-json.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "random.h"
#include "util.h"

/* What FRR 8.4.4 said in a box, shortened where it says "..." in comments. */

/* "show bgp neighbors json"; timers, statistics and the like left out. */
#define PEER_HEAD "{\n  \"remoteAs\":65002,\n  \"localAs\":65001,\n" \
    "  \"hostname\":\"b\",\n"
#define PEER_ESTABLISHED PEER_HEAD \
    "  \"bgpState\":\"Established\",\n  \"bgpTimerUpMsec\":6000,\n" \
    "  \"neighborCapabilities\":{\n    \"4byteAs\":\"advertised\",\n" \
    "    \"hostName\":{\n      \"advDomainName\":\"n\\/a\"\n    },\n" \
    "    \"gracefulRestart\":\"advertisedAndReceived\",\n" \
    "    \"addressFamiliesByPeer\":\"none\"\n  },\n"
#define PEER_EOR \
    "  \"gracefulRestartInfo\":{\n    \"endOfRibSend\":{\n" \
    "      \"l2VpnEvpn\":true\n    },\n    \"endOfRibRecv\":{\n" \
    "      \"l2VpnEvpn\":true\n    },\n    \"localGrMode\":\"Helper*\",\n" \
    "    \"rBit\":true,\n    \"timers\":{\n" \
    "      \"configuredRestartTimer\":120\n    }\n  },\n"
#define PEER_NO_EOR \
    "  \"gracefulRestartInfo\":{\n    \"endOfRibSend\":{\n    },\n" \
    "    \"endOfRibRecv\":{\n    },\n    \"localGrMode\":\"Helper*\"\n" \
    "  },\n"
#define PEER_EVPN \
    "  \"addressFamilyInfo\":{\n    \"l2VpnEvpn\":{\n" \
    "      \"updateGroupId\":1,\n      \"advertiseAllVnis\":true,\n" \
    "      \"acceptedPrefixCounter\":10\n    }\n  },\n" \
    "  \"readThread\":\"on\"\n}"
#define PEER_EVPN_SILENT \
    "  \"addressFamilyInfo\":{\n    \"l2VpnEvpn\":{\n" \
    "      \"acceptedPrefixCounter\":0\n    }\n  }\n}"
#define PEER_IPV4 \
    "  \"addressFamilyInfo\":{\n    \"ipv4Unicast\":{\n" \
    "      \"acceptedPrefixCounter\":0\n    }\n  }\n}"
#define PEER_ACTIVE PEER_HEAD \
    "  \"bgpState\":\"Active\",\n  \"bgpTimerLastRead\":12000,\n"

static void
put_member(void *out_, const char *parent, const char *key, const char *value)
{
    struct ds *out = out_;

    ds_put_format(out, "%s/%s=%s\n", parent, key, value);
}

/* Returns what 'text' is cut into at 'depth', fed in pieces of 'step' bytes;
 * with "bad" at the end if it is not well formed.  The caller frees it. */
static char *
split(const char *text, size_t depth, size_t step)
{
    struct ds out = DS_EMPTY_INITIALIZER;
    size_t n = strlen(text);
    struct frr_split s;

    frr_split_init(&s, depth, put_member, &out);
    for (size_t i = 0; i < n; i += step) {
        frr_split_feed(&s, text + i, MIN(step, n - i));
    }
    if (!frr_split_finish(&s)) {
        ds_put_cstr(&out, "bad");
    }
    frr_split_uninit(&s);
    return ds_steal_cstr(&out);
}

static const struct {
    const char *name;
    size_t depth;
    const char *text;
    const char *expected;
} splits[] = {
    { "nothing, as from a zebra without EVPN", 1, "", "" },
    { "nothing at all", 1, "\n", "" },
    { "an empty object", 1, "{\n}\n", "" },
    { "scalars and objects", 1,
      "{ \"numArpNd\":4,\n \"fd00::12\":{ \"type\":\"remote\" },\n"
      " \"10.0.0.1\":{\n}\n}\n",
      "/numArpNd=4\n/fd00::12={\"type\":\"remote\"}\n/10.0.0.1={}\n" },
    { "the second level", 2,
      "{\"numMacs\":4,\"macs\":{\"52:54:00:aa:01:02\":{\"type\":\"local\","
      "\"x\":[1,{\"y\":2}]},\"m\":3},\"z\":{\"a\":1}}",
      "macs/52:54:00:aa:01:02={\"type\":\"local\",\"x\":[1,{\"y\":2}]}\n"
      "macs/m=3\nz/a=1\n" },
    { "an array", 1, "[ {\"vni\":200}, 5 ]", "/={\"vni\":200}\n/=5\n" },
    { "objects in an array", 2, "[{\"vni\":200},{\"vni\":1}]",
      "/vni=200\n/vni=1\n" },
    { "strings keep what looks like structure", 1,
      "{\"a\":\"b , \\\" } {\",\"c\":\"\\\\\"}",
      "/a=\"b , \\\" } {\"\n/c=\"\\\\\"\n" },
    { "an error message", 1, "% [BGP] Unknown command: show x\n", "bad" },
    { "cut off in a string", 1, "{\"a\":1,\"b", "/a=1\nbad" },
    { "cut off in an object", 1, "{\"a\":{\"b\":1}", "bad" },
    { "too many ends", 1, "{\"a\":1}}", "/a=1\nbad" },
    { "a key that is no string", 1, "{a:1}", "bad" },
    { "two keys", 1, "{\"a\":\"b\":1}", "bad" },
};

static void
test_split(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(splits); i++) {
        for (size_t step = 1; step < 100; step += 7) {
            char *s = split(splits[i].text, splits[i].depth, step);

            if (strcmp(s, splits[i].expected)) {
                print_error("case: %s\n", splits[i].name);
            }
            assert_string_equal(s, splits[i].expected);
            free(s);
        }
    }
}

/* Whatever comes, it does not crash, and parsers take what is cut. */
static void
fuzz_member(void *audit_, const char *parent OVS_UNUSED, const char *key,
            const char *value)
{
    struct frr_audit *audit = audit_;
    struct frr_peers peers;
    struct frr_vni vni;

    frr_peers_init(&peers);
    frr_peers_add(&peers, key, value);
    frr_peers_uninit(&peers);
    frr_parse_vni(value, &vni);
    frr_parse_remote_route(value);
    frr_audit_add_mac(audit, key, value);
    frr_audit_add_ip(audit, key, value);
    frr_audit_add_vteps(audit, value);
    frr_audit_add_addrs(audit, value);
}

static void
test_noise(void **state OVS_UNUSED)
{
    static const char seed[] = "{\"52:54:00:aa:01:02\":" PEER_ESTABLISHED
        PEER_EOR PEER_EVPN ",\"10.0.0.1\":{\"type\":\"remote\",\"vni\":7,"
        "\"numRemoteVteps\":[\"10.0.0.2\"],\"paths\":[[{\"valid\":true,"
        "\"bestpath\":true,\"peerId\":\"x\"}]]},\"v\":[\"10.0.0.2\"]}";

    random_set_seed(1);
    for (int i = 0; i < 20000; i++) {
        struct frr_audit audit;
        struct frr_split s;
        char text[sizeof seed];

        memcpy(text, seed, sizeof seed);
        for (int j = random_range(6); j >= 0; j--) {
            text[random_range(sizeof seed - 1)]
                = "{}[],:\"\\ 0a-\x01\xff"[random_range(14)];
        }
        frr_audit_init(&audit, 7);
        frr_split_init(&s, 1 + i % 2, fuzz_member, &audit);
        frr_split_feed(&s, text, random_range(sizeof text));
        frr_split_finish(&s);
        frr_split_uninit(&s);
        frr_audit_uninit(&audit);
    }
}

static void
test_peers(void **state OVS_UNUSED)
{
    static const struct {
        const char *name OVS_UNUSED;
        const char *text;
        size_t n_peers, n_others, n_established, n_complete;
        bool advertise;
    } cases[] = {
        { "Established, with End-of-RIB",
          PEER_ESTABLISHED PEER_EOR PEER_EVPN, 1, 0, 1, 1, true },
        { "Established, without",
          PEER_ESTABLISHED PEER_NO_EOR PEER_EVPN, 1, 0, 1, 0, true },
        { "no graceful restart, up for long enough",
          PEER_HEAD "\"bgpState\":\"Established\",\"bgpTimerUpMsec\":3000,"
          PEER_EVPN, 1, 0, 1, 1, true },
        { "no graceful restart, up for a moment",
          PEER_HEAD "\"bgpState\":\"Established\",\"bgpTimerUpMsec\":2000,"
          "\"neighborCapabilities\":{\"gracefulRestart\":\"advertised\"},"
          PEER_EVPN, 1, 0, 1, 0, true },
        { "not Established",
          PEER_ACTIVE PEER_NO_EOR PEER_EVPN, 1, 0, 0, 0, true },
        { "End-of-RIB of a session that is over",
          PEER_ACTIVE PEER_EOR PEER_EVPN, 1, 0, 0, 0, true },
        { "no advertise-all-vni",
          PEER_ACTIVE PEER_NO_EOR PEER_EVPN_SILENT, 1, 0, 0, 0, false },
        { "no EVPN",
          PEER_ESTABLISHED PEER_NO_EOR PEER_IPV4, 0, 1, 0, 0, false },
        { "no object", "\"x\"", 0, 0, 0, 0, false },
        { "types that make no sense",
          "{\"addressFamilyInfo\":{\"l2VpnEvpn\":{\"advertiseAllVnis\":1}},"
          "\"bgpState\":7,\"bgpTimerUpMsec\":\"x\",\"neighborCapabilities\":"
          "[],\"gracefulRestartInfo\":{\"endOfRibRecv\":true}}",
          1, 0, 0, 0, false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct frr_peers peers;

        frr_peers_init(&peers);
        frr_peers_add(&peers, "192.0.2.2", cases[i].text);
        frr_peers_add(&peers, "192.0.2.2", "garbage");
        assert_int_equal(shash_count(&peers.peers), cases[i].n_peers);
        assert_int_equal(peers.n_others, cases[i].n_others);
        assert_int_equal(frr_peers_count(&peers, false),
                         cases[i].n_established);
        assert_int_equal(frr_peers_count(&peers, true), cases[i].n_complete);
        assert_int_equal(peers.advertise_all_vni, cases[i].advertise);
        frr_peers_uninit(&peers);
    }
}

static void
test_vni(void **state OVS_UNUSED)
{
    struct frr_vni vni;

    assert_true(frr_parse_vni(
        "{\n    \"vni\":200,\n    \"type\":\"L2\",\n"
        "    \"vxlanIf\":\"vxlan200\",\n    \"numMacs\":4,\n"
        "    \"numArpNd\":4,\n    \"numRemoteVteps\":1,\n"
        "    \"tenantVrf\":\"default\",\n    \"remoteVteps\":[\n"
        "      \"10.0.0.2\"\n    ]\n  }", &vni));
    assert_int_equal(vni.vni, 200);
    assert_int_equal(vni.n_vteps, 1);

    /* The detailed form says the list. */
    assert_true(frr_parse_vni("{\"vni\":16777215,\"type\":\"L2\","
                              "\"numRemoteVteps\":[\"10.0.0.2\",\"::1\"]}",
                              &vni));
    assert_int_equal(vni.vni, 16777215);
    assert_int_equal(vni.n_vteps, 2);

    assert_true(frr_parse_vni("{\"vni\":1,\"type\":\"L2\","
                              "\"numRemoteVteps\":-1}", &vni));
    assert_int_equal(vni.n_vteps, 0);
    assert_false(frr_parse_vni("{\"vni\":4,\"type\":\"L3\"}", &vni));
    assert_false(frr_parse_vni("{\"vni\":0,\"type\":\"L2\"}", &vni));
    assert_false(frr_parse_vni("{\"vni\":16777216,\"type\":\"L2\"}", &vni));
    assert_false(frr_parse_vni("{}", &vni));
    assert_false(frr_parse_vni("7", &vni));
}

/* "...route vni 100 type multicast json". */
#define ROUTE(PEER, VALID, BEST) \
    "{\n    \"prefix\":\"[3]:[0]:[32]:[10.0.0.2]\",\n" \
    "    \"prefixLen\":352,\n    \"paths\":[\n      [\n        {\n" \
    VALID BEST "          \"selectionReason\":\"First path received\",\n" \
    "          \"routeType\":3,\n          \"ip\":\"10.0.0.2\",\n" \
    "          \"peerId\":\""PEER"\",\n          \"path\":\"65002\",\n" \
    "          \"nexthops\":[\n            {\n" \
    "              \"ip\":\"10.0.0.2\",\n              \"used\":true\n" \
    "            }\n          ]\n        }\n      ]\n    ]\n  }"

static void
test_route(void **state OVS_UNUSED)
{
    static const struct {
        const char *text;
        bool remote;
    } cases[] = {
        { ROUTE("192.0.2.2", "\"valid\":true,", "\"bestpath\":true,"), true },
        { ROUTE("(unspec)", "\"valid\":true,", "\"bestpath\":true,"), false },
        { ROUTE("192.0.2.2", "", "\"bestpath\":true,"), false },
        { ROUTE("192.0.2.2", "\"valid\":true,", ""), false },
        { "{\"paths\":[{\"valid\":true,\"bestpath\":true,"
          "\"peerId\":\"u1\"}]}", true },
        { "{\"paths\":[[{\"valid\":true},{\"valid\":true,\"bestpath\":true,"
          "\"peerId\":\"u1\"}]]}", true },
        { "{\"paths\":[[],[[[[{\"valid\":true,\"bestpath\":true,"
          "\"peerId\":\"u1\"}]]]]]}", false },
        { "{\"valid\":true,\"bestpath\":true,\"peerId\":\"u1\"}", false },
        { "2", false },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(frr_parse_remote_route(cases[i].text),
                         cases[i].remote);
    }
}

static void
test_dplane(void **state OVS_UNUSED)
{
    static const char text[] =
        "Zebra dataplane:\n"
        "Route updates:            5\n"
        "Route update errors:      0\n"
        "Route update queue limit: 200\n"
        "Route update queue depth: %d\n"
        "Route update queue max:   10\n"
        "Dplane update yields:     0\n"
        "Intf addr updates:        0\n"
        "EVPN MAC updates:         4\n"
        "EVPN MAC errors:          0\n"
        "EVPN neigh updates:       6\n"
        "EVPN neigh errors:        0\n"
        "Rule updates:             3\n";
    char *idle = xasprintf(text, 0);
    char *busy = xasprintf(text, 7);
    uint64_t writes;
    bool queued;

    frr_parse_dplane(idle, &writes, &queued);
    assert_int_equal(writes, 10);
    assert_false(queued);
    frr_parse_dplane(busy, &writes, &queued);
    assert_true(queued);
    frr_parse_dplane("% Unknown command", &writes, &queued);
    assert_int_equal(writes, 0);
    assert_false(queued);
    frr_parse_dplane("EVPN x:", &writes, &queued);
    assert_int_equal(writes, 0);
    free(idle);
    free(busy);
}

static struct in6_addr
ip(const char *s)
{
    struct in6_addr addr;
    ovs_be32 ip4;

    if (ip_parse(s, &ip4)) {
        in6_addr_set_mapped_ipv4(&addr, ip4);
    } else {
        assert_true(ipv6_parse(s, &addr));
    }
    return addr;
}

static void
fill_audit(struct frr_audit *audit)
{
    frr_audit_begin(audit);
    frr_audit_add_mac(audit, "52:54:00:aa:02:01",
                      "{\"type\":\"remote\",\"remoteVtep\":\"10.0.0.2\"}");
    frr_audit_add_mac(audit, "52:54:00:aa:01:01",
                      "{\"type\":\"local\",\"intf\":\"oe-100\"}");
    frr_audit_add_mac(audit, "52:54:00:aa:03:01", "{\"type\":\"auto\"}");
    frr_audit_add_mac(audit, "nonsense", "{\"type\":\"local\"}");
    frr_audit_add_ip(audit, "numArpNd", "4");
    frr_audit_add_ip(audit, "192.168.4.12", "{\"type\":\"remote\"}");
    frr_audit_add_ip(audit, "fd00::12", "{\"type\":\"remote\"}");
    frr_audit_add_vteps(audit, "[\"10.0.0.2\",\"2001:db8::2\",\"x\",7]");
    frr_audit_add_vteps(audit, "1");
    frr_audit_add_addrs(audit,
                        "[{\"address\":\"10.0.0.1/24\",\"secondary\":false},"
                        "{\"address\":\"fd00::1/64\"},{\"address\":7},8,"
                        "{\"address\":\"x/24\"},{}]");
    frr_audit_add_addrs(audit, "{}");
}

static void
test_audit(void **state OVS_UNUSED)
{
    struct eth_addr remote = ETH_ADDR_C(52,54,00,aa,02,01);
    struct eth_addr other = ETH_ADDR_C(52,54,00,aa,03,01);
    struct in6_addr ip4 = ip("192.168.4.12"), ip6 = ip("fd00::12");
    struct in6_addr vtep4 = ip("10.0.0.2"), vtep6 = ip("2001:db8::2");
    struct in6_addr gone = ip("10.0.0.3");
    struct frr_audit audit;

    frr_audit_init(&audit, 100);
    fill_audit(&audit);
    assert_int_equal(hmap_count(&audit.has), 8);
    assert_true(frr_audit_has_mac(&audit, remote));
    assert_false(frr_audit_has_mac(&audit, other));
    assert_true(frr_audit_has_ip(&audit, &ip4));
    assert_true(frr_audit_has_ip(&audit, &ip6));
    assert_false(frr_audit_has_ip(&audit, &vtep4));
    assert_true(frr_audit_has_vtep(&audit, &vtep4));
    assert_true(frr_audit_has_vtep(&audit, &vtep6));

    /* First pass: suspects only. */
    assert_false(frr_audit_is_orphan_mac(&audit, remote));
    assert_false(frr_audit_is_orphan_mac(&audit, other));
    assert_false(frr_audit_is_orphan_ip(&audit, &gone));
    assert_true(frr_audit_end(&audit));

    /* Second pass: those two, but not one that was not looked at before. */
    fill_audit(&audit);
    assert_true(frr_audit_is_orphan_mac(&audit, other));
    assert_true(frr_audit_is_orphan_ip(&audit, &gone));
    assert_false(frr_audit_is_orphan_vtep(&audit, &gone));
    assert_true(frr_audit_end(&audit));

    /* Third pass: zebra has got it meanwhile. */
    fill_audit(&audit);
    frr_audit_add_vteps(&audit, "[\"10.0.0.3\"]");
    assert_false(frr_audit_is_orphan_vtep(&audit, &gone));
    assert_false(frr_audit_end(&audit));
    frr_audit_uninit(&audit);
}

static void
test_addrs(void **state OVS_UNUSED)
{
    struct in6_addr ip4 = ip("10.0.0.1"), ip6 = ip("fd00::1");
    struct in6_addr other = ip("10.0.0.9");
    struct frr_audit audit;

    /* As long as zebra does not tell, it lacks nothing. */
    frr_audit_init(&audit, 100);
    fill_audit(&audit);
    assert_false(frr_audit_lacks_addr(&audit, &other));
    assert_false(frr_audit_end(&audit));

    /* What it lacks is looked at again until it is there. */
    for (int i = 0; i < 2; i++) {
        fill_audit(&audit);
        audit.has_addrs = true;
        assert_false(frr_audit_lacks_addr(&audit, &ip4));
        assert_false(frr_audit_lacks_addr(&audit, &ip6));
        assert_true(frr_audit_lacks_addr(&audit, &other));
        assert_true(frr_audit_end(&audit));
    }
    fill_audit(&audit);
    audit.has_addrs = true;
    frr_audit_add_addrs(&audit, "[{\"address\":\"10.0.0.9/24\"}]");
    assert_false(frr_audit_lacks_addr(&audit, &other));
    assert_false(frr_audit_end(&audit));
    frr_audit_uninit(&audit);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_peers),
        cmocka_unit_test(test_vni),
        cmocka_unit_test(test_route),
        cmocka_unit_test(test_dplane),
        cmocka_unit_test(test_audit),
        cmocka_unit_test(test_addrs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
