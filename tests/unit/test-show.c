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
#include "ovs-ext/model/model.h"
#include "ovs-ext/show-model.h"
#include "ovs-ext/show.h"
#include "smap.h"
#include "svec.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* Tables. */

static void
fill(struct show *show, enum show_style style)
{
    struct svec list = SVEC_EMPTY_INITIALIZER;

    show_init(show, style, "name", "n", "yes", "list", NULL);
    show_string(show, "%s-%d", "a", 1);
    show_int(show, -5);
    show_bool(show, true);
    show_list(show, &list);

    svec_add(&list, "z");
    svec_add(&list, "y \"q\"");
    show_string(show, "%s", "");
    show_int(show, 1LL << 40);
    show_bool(show, false);
    show_list(show, &list);
    svec_destroy(&list);
}

static void
check_show(struct show *show, bool json, const char *expected)
{
    char *got = show_finish(show, json);

    script_check(json ? "json" : "text", expected, got);
    free(got);
}

static void
test_cells(void **state OVS_UNUSED)
{
    struct show show;

    fill(&show, SHOW_TABLE);
    check_show(&show, false,
               "name n             yes list\n"
               "---- ------------- --- -------\n"
               "a-1  -5            yes\n"
               "     1099511627776 no  z y \"q\"\n");
    for (int i = 0; i < 2; i++) {
        /* Not even the second one begins with an empty line. */
        fill(&show, SHOW_LIST);
        check_show(&show, false,
                   "name                : a-1\n"
                   "n                   : -5\n"
                   "yes                 : yes\n"
                   "list                : \n"
                   "\n"
                   "name                : \n"
                   "n                   : 1099511627776\n"
                   "yes                 : no\n"
                   "list                : z y \"q\"\n");
    }
    for (enum show_style style = SHOW_TABLE; style <= SHOW_LIST; style++) {
        fill(&show, style);
        check_show(&show, true,
                   "[\n"
                   "  {\n"
                   "    \"list\": [],\n"
                   "    \"n\": -5,\n"
                   "    \"name\": \"a-1\",\n"
                   "    \"yes\": true},\n"
                   "  {\n"
                   "    \"list\": [\n"
                   "      \"z\",\n"
                   "      \"y \\\"q\\\"\"],\n"
                   "    \"n\": 1099511627776,\n"
                   "    \"name\": \"\",\n"
                   "    \"yes\": false}]");
    }
}

static void
test_nothing(void **state OVS_UNUSED)
{
    struct show show;

    show_init(&show, SHOW_TABLE, "name", NULL);
    check_show(&show, false, "");
    show_init(&show, SHOW_TABLE, "name", NULL);
    check_show(&show, true, "[]");
}

/* The model. */

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"
#define C "52:54:00:00:00:0c"
#define D "52:54:00:00:00:0d"
#define E "52:54:00:00:00:01"

/* A network by row with ports in all states, one by profile, one that only the
 * kernel has, one that nobody uses; in no order. */
static const char facts[] =
    "host vtep=192.0.2.1 tunnel=100\n"
    "vpc v 9\nnetwork red 20 drop drop-arp no-suppression vpc=v 10.0.0.1/24 "
    "2001:db8::1/64\nnetwork blue 5\n"
    "port vm2 blue "B"\niface v2 id=vm2 ofport=2\n"
    "port vm1 blue "A" 10.0.0.1 2001:db8::1 pair=10.0.0.0/24 "
    "pair=2001:db8::/64,"E"\niface v1 id=vm1 ofport=1\n"
    "port vm3 blue standby "D"\niface v3 id=vm3 ofport=3\n"
    "port vm5 blue\niface v5 id=vm5 ofport=5\n"
    "port away blue "C"\nport lost black\n"
    "iface v9 id=lsp1 ofport=9\n"
    "iface v4 id=vm4 profile=vni=7 mac="D" ofport=4\n"
    "settle\nrun\n"
    "mac 5 "A" 192.0.2.3\nneigh 5 10.0.0.1 "E"\nrun 1\n"
    "mac 5 "B" 192.0.2.3\nrun 9000\n"
    "mac 5 "E" 192.0.2.2\nmac 5 "C" nhg=9\nmac 8 "C" nhg=10\n"
    "nhg 9 192.0.2.3 192.0.2.2\n"
    "flood 5 192.0.2.2\nflood 5 2001:db8::2\nflood 5 192.0.2.1\n"
    "neigh 5 10.0.0.7 "E"\nneigh 5 2001:db8::7 "E" router\nrun 9000\n";

static char *
show_all_networks(const struct model *m, bool json)
{
    return show_networks(m, NULL, json);
}

static char *
show_network_red(const struct model *m, bool json)
{
    return show_networks(m, model_network_by_name(m, "red"), json);
}

/* Port vm1 has counted something; the switch is away for "vm4". */
static char *
show_ports_with_drops(const struct model *m, const char *name, bool json)
{
    struct show_ports_counts counts = {
        .error = name && !strcmp(name, "vm4") ? "no switch" : NULL,
    };
    char *text;

    smap_init(&counts.drops);
    smap_init(&counts.copies);
    smap_init(&counts.router);
    smap_add(&counts.drops, "vm1", "arp-spoof=3 gateway=1");
    smap_add(&counts.copies, "vm2", "17");
    text = show_ports(m, name, &counts, json);
    smap_destroy(&counts.drops);
    smap_destroy(&counts.copies);
    smap_destroy(&counts.router);
    return text;
}

static char *
show_all_ports(const struct model *m, bool json)
{
    return show_ports_with_drops(m, NULL, json);
}

static char *
show_port_vm4(const struct model *m, bool json)
{
    return show_ports_with_drops(m, "vm4", json);
}

static char *
show_port_lsp1(const struct model *m, bool json)
{
    return show_ports_with_drops(m, "lsp1", json);
}

static char *
show_port_none(const struct model *m, bool json)
{
    return show_ports_with_drops(m, "none", json);
}

static char *
show_all_vteps(const struct model *m, bool json)
{
    return show_vteps(m, 0, json);
}

static char *
show_all_macs(const struct model *m, bool json)
{
    return show_macs(m, 0, json);
}

static char *
show_macs_8(const struct model *m, bool json)
{
    return show_macs(m, 8, json);
}

static char *
show_macs_9(const struct model *m, bool json)
{
    return show_macs(m, 9, json);
}

static char *
show_all_neighbors(const struct model *m, bool json)
{
    return show_neighbors(m, 0, json);
}

static char *
show_neighbors_7(const struct model *m, bool json)
{
    return show_neighbors(m, 7, json);
}

#define MOVED_B "MAC "B" is announced by VTEP 192.0.2.3 now and not from " \
                "here; if both hosts run this VM, stop one"
#define NO_MAC "no MAC is known; set external_ids:attached-mac of interface " \
               "v5, or \"macs\" of the Port row"
#define NO_NETWORK "network \"black\" does not exist; create it with " \
                   "\"ovs-ext-ctl net-add\""

#define NO_GATEWAY \
      "vpc                 : \n" \
      "gateways            : \n" \
      "gateway_mac         : \n"

static const struct {
    const char *name;
    char *(*show)(const struct model *, bool json);
    bool json;
    const char *expected;
} cases[] = {
    { "all networks, by VNI", show_all_networks, false,
      "network             : blue\n"
      "vni                 : 5\n"
      "from                : Network row\n"
      "active              : yes\n"
      "ports               : vm1 vm2 vm3 vm5\n"
      "flood_vteps         : 192.0.2.1 192.0.2.2 2001:db8::2\n"
      "remote_macs         : 4\n"
      "remote_neighbors    : 3\n"
      "unknown_unicast     : flood\n"
      "arp_suppression     : on\n"
      "unknown_arp         : flood\n"
      NO_GATEWAY
      "problems            : \n"
      "\n"
      "network             : vni7\n"
      "vni                 : 7\n"
      "from                : port-profile\n"
      "active              : yes\n"
      "ports               : vm4\n"
      "flood_vteps         : \n"
      "remote_macs         : 0\n"
      "remote_neighbors    : 0\n"
      "unknown_unicast     : flood\n"
      "arp_suppression     : on\n"
      "unknown_arp         : flood\n"
      NO_GATEWAY
      "problems            : \n"
      "\n"
      "network             : vni8\n"
      "vni                 : 8\n"
      "from                : kernel\n"
      "active              : no\n"
      "ports               : \n"
      "flood_vteps         : \n"
      "remote_macs         : 1\n"
      "remote_neighbors    : 0\n"
      "unknown_unicast     : flood\n"
      "arp_suppression     : on\n"
      "unknown_arp         : flood\n"
      NO_GATEWAY
      "problems            : \n"
      "\n"
      "network             : red\n"
      "vni                 : 20\n"
      "from                : Network row\n"
      "active              : no\n"
      "ports               : \n"
      "flood_vteps         : \n"
      "remote_macs         : 0\n"
      "remote_neighbors    : 0\n"
      "unknown_unicast     : drop\n"
      "arp_suppression     : off\n"
      "unknown_arp         : drop\n"
      "vpc                 : v\n"
      "gateways            : 10.0.0.1/24 2001:db8::1/64\n"
      "gateway_mac         : 02:6f:65:00:00:14\n"
      "problems            : w: z. x: y.\n" },
    { "one network", show_network_red, true,
      "[\n"
      "  {\n"
      "    \"active\": false,\n"
      "    \"arp_suppression\": \"off\",\n"
      "    \"flood_vteps\": [],\n"
      "    \"from\": \"Network row\",\n"
      "    \"gateway_mac\": \"02:6f:65:00:00:14\",\n"
      "    \"gateways\": [\n"
      "      \"10.0.0.1/24\",\n"
      "      \"2001:db8::1/64\"],\n"
      "    \"network\": \"red\",\n"
      "    \"ports\": [],\n"
      "    \"problems\": [\n"
      "      \"w: z.\",\n"
      "      \"x: y.\"],\n"
      "    \"remote_macs\": 0,\n"
      "    \"remote_neighbors\": 0,\n"
      "    \"unknown_arp\": \"drop\",\n"
      "    \"unknown_unicast\": \"drop\",\n"
      "    \"vni\": 20,\n"
      "    \"vpc\": \"v\"}]" },

    { "all ports that are somebody's, by name", show_all_ports, false,
      "port                : away\n"
      "network             : blue\n"
      "vni                 : 0\n"
      "state               : not on this host\n"
      "interface           : \n"
      "ofport              : 0\n"
      "macs                : "C"\n"
      "ips                 : \n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : \n"
      "problems            : \n"
      "\n"
      "port                : lost\n"
      "network             : black\n"
      "vni                 : 0\n"
      "state               : not on this host\n"
      "interface           : \n"
      "ofport              : 0\n"
      "macs                : \n"
      "ips                 : \n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : \n"
      "problems            : no-network: "NO_NETWORK".\n"
      "\n"
      "port                : vm1\n"
      "network             : blue\n"
      "vni                 : 5\n"
      "state               : active\n"
      "interface           : v1\n"
      "ofport              : 1\n"
      "macs                : "A" (claiming)\n"
      "ips                 : 10.0.0.1 (claiming) 2001:db8::1\n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : mac and ip\n"
      "address_pairs       : 10.0.0.0/24 2001:db8::/64,"E"\n"
      "drops               : arp-spoof=3 gateway=1\n"
      "router_drops        : \n"
      "arp_suppression     : on\n"
      "problems            : \n"
      "\n"
      "port                : vm2\n"
      "network             : blue\n"
      "vni                 : 5\n"
      "state               : active\n"
      "interface           : v2\n"
      "ofport              : 2\n"
      "macs                : "B" (moved away)\n"
      "ips                 : \n"
      "learning            : IPs\n"
      "learned             : \n"
      "learning_drops      : 17\n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : on\n"
      "problems            : moved MAC "B": "MOVED_B".\n"
      "\n"
      "port                : vm3\n"
      "network             : blue\n"
      "vni                 : 5\n"
      "state               : standby\n"
      "interface           : v3\n"
      "ofport              : 3\n"
      "macs                : "D"\n"
      "ips                 : \n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : on\n"
      "problems            : \n"
      "\n"
      "port                : vm4\n"
      "network             : vni7\n"
      "vni                 : 7\n"
      "state               : active\n"
      "interface           : v4\n"
      "ofport              : 4\n"
      "macs                : "D"\n"
      "ips                 : \n"
      "learning            : IPs\n"
      "learned             : \n"
      "learning_drops      : 0\n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : on\n"
      "problems            : \n"
      "\n"
      "port                : vm5\n"
      "network             : blue\n"
      "vni                 : 5\n"
      "state               : inactive\n"
      "interface           : v5\n"
      "ofport              : 5\n"
      "macs                : \n"
      "ips                 : \n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : on\n"
      "problems            : no-mac: "NO_MAC".\n" },
    { "one port", show_port_vm4, true,
      "[\n"
      "  {\n"
      "    \"address_pairs\": [],\n"
      "    \"arp_suppression\": \"on\",\n"
      "    \"drops\": [\n"
      "      \"unknown: no switch\"],\n"
      "    \"interface\": \"v4\",\n"
      "    \"ips\": [],\n"
      "    \"learned\": [],\n"
      "    \"learning\": \"IPs\",\n"
      "    \"learning_drops\": \"unknown\",\n"
      "    \"macs\": [\n"
      "      \""D"\"],\n"
      "    \"network\": \"vni7\",\n"
      "    \"ofport\": 4,\n"
      "    \"port\": \"vm4\",\n"
      "    \"problems\": [],\n"
      "    \"router_drops\": [],\n"
      "    \"security\": \"guard\",\n"
      "    \"state\": \"active\",\n"
      "    \"vni\": 7}]" },
    { "a port that is nobody's business, asked for", show_port_lsp1, false,
      "port                : lsp1\n"
      "network             : \n"
      "vni                 : 0\n"
      "state               : inactive\n"
      "interface           : v9\n"
      "ofport              : 9\n"
      "macs                : \n"
      "ips                 : \n"
      "learning            : off\n"
      "learned             : \n"
      "learning_drops      : \n"
      "security            : guard\n"
      "address_pairs       : \n"
      "drops               : \n"
      "router_drops        : \n"
      "arp_suppression     : \n"
      "problems            : \n" },
    { "a port that is not there", show_port_none, false, "" },
    { "a port that is not there, as JSON", show_port_none, true, "[]" },

    { "all problems, by object and topic", show_problems, false,
      "object              : network/red\n"
      "topic               : w\n"
      "problem             : z\n"
      "\n"
      "object              : network/red\n"
      "topic               : x\n"
      "problem             : y\n"
      "\n"
      "object              : port/lost\n"
      "topic               : no-network\n"
      "problem             : "NO_NETWORK"\n"
      "\n"
      "object              : port/vm2\n"
      "topic               : moved MAC "B"\n"
      "problem             : "MOVED_B"\n"
      "\n"
      "object              : port/vm5\n"
      "topic               : no-mac\n"
      "problem             : "NO_MAC"\n" },

    { "all VTEPs, by network and address", show_all_vteps, false,
      "vni vtep        imet macs\n"
      "--- ----------- ---- ----\n"
      "5   192.0.2.1   yes  0\n"
      "5   192.0.2.2   yes  1\n"
      "5   192.0.2.3   no   2\n"
      "5   2001:db8::2 yes  0\n" },

    { "all MACs, by network and MAC, the local before the remote",
      show_all_macs, false,
      "vni mac               type               location               "
      "               source   age\n"
      "--- ----------------- ------------------ "
      "------------------------------------- -------- ---\n"
      "5   "E" remote             VTEP 192.0.2.2                       "
      " EVPN\n"
      "5   "A" local (claiming)   port vm1                             "
      " declared\n"
      "5   "A" remote             VTEP 192.0.2.3                       "
      " EVPN\n"
      "5   "B" local (moved away) port vm2                             "
      " declared\n"
      "5   "B" remote             VTEP 192.0.2.3                       "
      " EVPN\n"
      "5   "C" remote             next-hop group 9: 192.0.2.2 "
      "192.0.2.3 EVPN\n"
      "7   "D" local              port vm4                             "
      " declared\n"
      "8   "C" remote             next-hop group 10:                   "
      " EVPN\n" },
    { "the MACs of one network", show_macs_8, true,
      "[\n"
      "  {\n"
      "    \"age\": \"\",\n"
      "    \"location\": \"next-hop group 10:\",\n"
      "    \"mac\": \""C"\",\n"
      "    \"source\": \"EVPN\",\n"
      "    \"type\": \"remote\",\n"
      "    \"vni\": 8}]" },
    { "the MACs of a network that is not there", show_macs_9, false, "" },

    { "all neighbours, by network and address, the local before the remote",
      show_all_neighbors, false,
      "vni ip          mac               type             location     "
      "          source   age suppressed\n"
      "--- ----------- ----------------- ---------------- "
      "---------------------- -------- --- ----------\n"
      "5   10.0.0.1    "A" local (claiming) port vm1               "
      "declared     yes\n"
      "5   10.0.0.1    "E" remote           VTEP 192.0.2.2         "
      "EVPN         no\n"
      "5   10.0.0.7    "E" remote           VTEP 192.0.2.2         "
      "EVPN         yes\n"
      "5   2001:db8::1 "A" local            port vm1               "
      "declared     yes\n"
      "5   2001:db8::7 "E" remote           VTEP 192.0.2.2, router "
      "EVPN         yes\n" },
    { "a network without neighbours", show_neighbors_7, true, "[]" },
};

static void
test_the_model_is_shown(void **state OVS_UNUSED)
{
    struct model m;

    model_init(&m);
    model_script_run(&m, facts);
    problem_set(&m.problems, "network/red", "x", "y");
    problem_set(&m.problems, "network/red", "w", "z");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *got = cases[i].show(&m, cases[i].json);

        script_check(cases[i].name, cases[i].expected, got);
        free(got);
    }
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_the_model_is_shown),
    };

    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
