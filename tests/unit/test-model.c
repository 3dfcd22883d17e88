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
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "random.h"
#include "svec.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"
#define C "52:54:00:00:00:0c"

struct case_ {
    const char *name;
    const char *input;
    const char *expected;       /* What model_script_dump() says. */
};

static const struct case_ cases[] = {
    { "an interface's profile makes network and port",
      "iface vnet0 id=vm1 profile=vni=10100 mac="A" ofport=3\n"
      "run\n",
      "local-mac 10100 "A" vm1 ours\n"
      "network vni10100 10100 ports=1\n"
      "port vm1 vni10100 ofport=3 active\n" },
    { "a profile may have other settings",
      "iface vnet0 id=vm1 profile=qos=gold;vni=7 mac="A" ofport=3\n"
      "run\n",
      "local-mac 7 "A" vm1 ours\n"
      "network vni7 7 ports=1\n"
      "port vm1 vni7 ofport=3 active\n" },
    { "an interface without ofport is not here",
      "iface vnet0 id=vm1 profile=vni=10100 mac="A"\n"
      "run\n",
      "port vm1 - ofport=0\n" },
    { "an interface of somebody else is nobody's business",
      "iface vnet0 mac="A" ofport=3\n"
      "iface ovn1 id=lsp1 mac="B" ofport=4\n"
      "run\n",
      "port lsp1 - ofport=4\n" },
    { "without an iface-id the interface's name is the port's",
      "iface vnet0 profile=vni=5 mac="A" ofport=3\n"
      "run\n",
      "local-mac 5 "A" vnet0 ours\n"
      "network vni5 5 ports=1\n"
      "port vnet0 vni5 ofport=3 active\n" },
    { "the last port takes its network with it",
      "iface vnet0 id=vm1 profile=vni=10100 mac="A" ofport=3\n"
      "run\n"
      "del-iface vnet0\n"
      "run\n",
      "" },
    { "a network is kept for ports to come, and stays when they go",
      "keep 5\nkeep 6\nnetwork blue 6\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run\n"
      "del-iface vnet0\n"
      "run\n",
      "network blue 6 kept ports=0\n"
      "network vni5 5 kept ports=0\n" },
    { "a network that is kept no longer goes, unless it has a row or ports",
      "keep 5\nkeep 6\nkeep 7\nnetwork blue 6\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run\n"
      "del-keep 5\ndel-keep 6\ndel-keep 7\ndel-keep 8\n"
      "run\n",
      "local-mac 5 "A" vm1 ours\n"
      "network blue 6 ports=0\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n" },
    { "a port takes all its addresses with it, and its problems",
      "network blue 5\nport vm1 blue "A" "B" 10.0.0.1 10.0.0.2\n"
      "port vm2 blue "A" "B" 10.0.0.1 10.0.0.2\nport vm3 blue\n"
      "iface v1 id=vm1 ofport=1\niface v2 id=vm2 ofport=2\n"
      "iface v3 id=vm3 ofport=3\nrun\n"
      "del-iface v1\ndel-iface v2\ndel-iface v3\n"
      "del-port vm1\ndel-port vm2\ndel-port vm3\nrun\n",
      "network blue 5 ports=0\n" },
    { "bad VNI in a profile",
      "iface vnet0 id=vm1 profile=vni=16777216 mac="A" ofport=3\n"
      "run\n",
      "port vm1 - ofport=3\n"
      "problem port/vm1 iface-ids: port-profile \"vni=16777216\" has no VNI "
      "in the range 1...16777215; set profileid='vni=N' in the domain\n" },
    { "no VNI in a profile, though strtoull() would take it",
      "iface vnet0 id=vm1 profile=vni=+5 mac="A" ofport=3\n"
      "run\n",
      "port vm1 - ofport=3\n"
      "problem port/vm1 iface-ids: port-profile \"vni=+5\" has no VNI "
      "in the range 1...16777215; set profileid='vni=N' in the domain\n" },
    { "two VNIs in a profile",
      "iface vnet0 id=vm1 profile=vni=1;vni=2 mac="A" ofport=3\n"
      "run\n",
      "port vm1 - ofport=3\n"
      "problem port/vm1 iface-ids: port-profile \"vni=1;vni=2\" has more than "
      "one VNI; keep one\n" },
    { "multicast attached-mac",
      "iface vnet0 id=vm1 profile=vni=1 mac=01:00:5e:00:00:01 ofport=3\n"
      "run\n",
      "network vni1 1 ports=1\n"
      "port vm1 vni1 ofport=3\n"
      "problem port/vm1 iface-ids: attached-mac \"01:00:5e:00:00:01\" is not "
      "the MAC of a VM; set external_ids:attached-mac of interface vnet0 to "
      "a unicast MAC\n" },
    { "malformed attached-mac",
      "iface vnet0 id=vm1 profile=vni=1 mac=52:54:00:00:00:101 ofport=3\n"
      "run\n",
      "network vni1 1 ports=1\n"
      "port vm1 vni1 ofport=3\n"
      "problem port/vm1 iface-ids: attached-mac \"52:54:00:00:00:101\" is "
      "not the MAC of a VM; set external_ids:attached-mac of interface vnet0 "
      "to a unicast MAC\n" },
    { "no MAC at all",
      "iface vnet0 id=vm1 profile=vni=1 ofport=3\n"
      "run\n",
      "network vni1 1 ports=1\n"
      "port vm1 vni1 ofport=3\n"
      "problem port/vm1 no-mac: no MAC is known; set "
      "external_ids:attached-mac of interface vnet0, or \"macs\" of the Port "
      "row\n" },
    { "a row's network, MACs and IPs win",
      "network blue 10100 drop\n"
      "port vm1 blue "B" 10.0.0.1 2001:db8::1\n"
      "iface vnet0 id=vm1 mac="A" ofport=3\n"
      "run\n",
      "local-ip 10100 10.0.0.1 "B" vm1 ours\n"
      "local-ip 10100 2001:db8::1 "B" vm1 ours\n"
      "local-mac 10100 "B" vm1 ours\n"
      "network blue 10100 drop ports=1\n"
      "port vm1 blue ofport=3 active\n" },
    { "a row without an interface is on another host",
      "network blue 10100\n"
      "port vm1 blue "B" 10.0.0.1\n"
      "run\n",
      "network blue 10100 ports=0\n"
      "port vm1 - ofport=0\n" },
    { "a row whose network comes later",
      "port vm1 blue\n"
      "iface vnet0 id=vm1 mac="A" ofport=3\n"
      "run\n"
      "network blue 10100\n"
      "run\n",
      "local-mac 10100 "A" vm1 ours\n"
      "network blue 10100 ports=1\n"
      "port vm1 blue ofport=3 active\n" },
    { "a row whose network does not exist",
      "port vm1 blue\n"
      "iface vnet0 id=vm1 mac="A" ofport=3\n"
      "run\n",
      "port vm1 - ofport=3\n"
      "problem port/vm1 no-network: network \"blue\" does not exist; create "
      "it with \"ovs-ext-ctl net-add\"\n" },
    { "profile and row disagree",
      "network blue 10100\n"
      "port vm1 blue\n"
      "iface vnet0 id=vm1 profile=vni=7 mac="A" ofport=3\n"
      "run\n",
      "local-mac 10100 "A" vm1 ours\n"
      "network blue 10100 ports=1\n"
      "port vm1 blue ofport=3 active\n"
      "problem port/vm1 vni-mismatch: port-profile of interface vnet0 says "
      "VNI 7, the Port row says network \"blue\" with VNI 10100; the row is "
      "obeyed, correct one of them\n" },
    { "a network changes its VNI",
      "network blue 10100\n"
      "port vm1 blue\n"
      "iface vnet0 id=vm1 mac="A" ofport=3\n"
      "run\n"
      "network blue 10200\n"
      "run\n",
      "local-mac 10200 "A" vm1 ours\n"
      "network blue 10200 ports=1\n"
      "port vm1 blue ofport=3 active\n" },
    { "a row takes over an implicit network",
      "iface vnet0 id=vm1 profile=vni=10100 mac="A" ofport=3\n"
      "run\n"
      "network blue 10100 drop\n"
      "run\n",
      "local-mac 10100 "A" vm1 ours\n"
      "network blue 10100 drop ports=1\n"
      "port vm1 blue ofport=3 active\n" },
    { "rows with impossible or equal VNIs",
      "network big 16777216\n"
      "network none 0\n"
      "network red 5\n"
      "network blue 5\n"
      "run\n",
      "network blue 5 ports=0\n"
      "problem network/big vni-invalid: VNI 16777216 is not in the range "
      "1...16777215; set another one\n"
      "problem network/none vni-invalid: VNI 0 is not in the range "
      "1...16777215; set another one\n"
      "problem network/red vni-duplicate: VNI 5 is that of network \"blue\" "
      "already; give one of them another VNI\n" },
    { "the other row of equal VNIs takes over",
      "network red 5\n"
      "network blue 5\n"
      "del-network blue\n"
      "run\n",
      "network red 5 ports=0\n" },
    { "two interfaces with one iface-id",
      "iface vnet1 id=vm1 profile=vni=5 mac="A" ofport=4\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run\n",
      "local-mac 5 "A" vm1 ours\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n"
      "problem port/vm1 iface-duplicate: interfaces vnet0 and vnet1 both have "
      "iface-id \"vm1\"; vnet0 is used, delete the other\n" },
    { "two interfaces with one iface-id, of which one is not there yet",
      "iface vnet0 id=vm1 profile=vni=5 mac="A"\n"
      "iface vnet1 id=vm1 profile=vni=5 mac="A" ofport=4\n"
      "run\n",
      "local-mac 5 "A" vm1 ours\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=4 active\n" },
    { "two ports with one MAC: the first by name has it",
      "iface vnet1 id=vm2 profile=vni=5 mac="A" ofport=4\n"
      "run\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run\n",
      "local-mac 5 "A" vm1 ours\n"
      "network vni5 5 ports=2\n"
      "port vm1 vni5 ofport=3 active\n"
      "port vm2 vni5 ofport=4 active\n"
      "problem port/vm2 duplicate MAC "A": MAC "A" is that of port \"vm1\" "
      "of the same network, which keeps it; give one of them another one\n" },
    { "the loser of a MAC gets it when it is free",
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "iface vnet1 id=vm2 profile=vni=5 mac="A" ofport=4\n"
      "run\n"
      "del-iface vnet0\n"
      "run\n",
      "local-mac 5 "A" vm2 ours\n"
      "network vni5 5 ports=1\n"
      "port vm2 vni5 ofport=4 active\n" },
    { "two ports with one IP",
      "network blue 5\n"
      "port vm1 blue "A" 10.0.0.1\n"
      "port vm2 blue "B" 10.0.0.1\n"
      "iface vnet0 id=vm1 ofport=3\n"
      "iface vnet1 id=vm2 ofport=4\n"
      "run\n",
      "local-ip 5 10.0.0.1 "A" vm1 ours\n"
      "local-mac 5 "A" vm1 ours\n"
      "local-mac 5 "B" vm2 ours\n"
      "network blue 5 ports=2\n"
      "port vm1 blue ofport=3 active\n"
      "port vm2 blue ofport=4 active\n"
      "problem port/vm2 duplicate IP 10.0.0.1: IP 10.0.0.1 is that of port "
      "\"vm1\" of the same network, which keeps it; give one of them another "
      "one\n" },
    { "same MAC in two networks is no conflict",
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "iface vnet1 id=vm2 profile=vni=6 mac="A" ofport=4\n"
      "run\n",
      "local-mac 5 "A" vm1 ours\n"
      "local-mac 6 "A" vm2 ours\n"
      "network vni5 5 ports=1\n"
      "network vni6 6 ports=1\n"
      "port vm1 vni5 ofport=3 active\n"
      "port vm2 vni6 ofport=4 active\n" },
    { "a standby port is in its network and announces nothing",
      "network blue 5\n"
      "port vm1 blue standby "A" 10.0.0.1\n"
      "iface vnet0 id=vm1 ofport=3\n"
      "run\n",
      "network blue 5 ports=1\n"
      "port vm1 blue ofport=3\n" },
    { "what EVPN told keeps a network",
      "mac 5 "A" 192.0.2.2\n"
      "mac 5 "B" nhg=536870913\n"
      "flood 5 192.0.2.2\n"
      "flood 5 2001:db8::2\n"
      "neigh 5 10.0.0.7 "A"\n"
      "nhg 536870913 192.0.2.9 192.0.2.8\n"
      "run\n",
      "flood 5 192.0.2.2\n"
      "flood 5 2001:db8::2\n"
      "mac 5 "A" nhg=0 192.0.2.2\n"
      "mac 5 "B" nhg=536870913 -\n"
      "neigh 5 10.0.0.7 "A"\n"
      "network vni5 5 ports=0\n"
      "nhg 536870913 192.0.2.8 192.0.2.9\n" },
    { "and it goes with the last of it",
      "mac 5 "A" 192.0.2.2\n"
      "flood 5 192.0.2.2\n"
      "neigh 5 10.0.0.7 "A"\n"
      "del-mac 5 "A"\n"
      "del-flood 5 192.0.2.2\n"
      "del-neigh 5 10.0.0.7\n"
      "run\n",
      "" },
    { "found at start both here and there: it is there",
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run\n"
      "mac 5 "A" 192.0.2.2\n"
      "run\n",
      "local-mac 5 "A" vm1 yielded\n"
      "mac 5 "A" nhg=0 192.0.2.2\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n"
      "problem port/vm1 moved MAC "A": MAC "A" is announced by VTEP "
      "192.0.2.2 now and not from here; if both hosts run this VM, stop "
      "one\n" },
    { "a new port claims what is elsewhere",
      "settle\n"
      "mac 5 "A" 192.0.2.2\n"
      "neigh 5 10.0.0.1 "A"\n"
      "network blue 5\n"
      "port vm1 blue "A" 10.0.0.1\n"
      "iface vnet0 id=vm1 ofport=3\n"
      "run\n",
      "local-ip 5 10.0.0.1 "A" vm1 claiming\n"
      "local-mac 5 "A" vm1 claiming\n"
      "mac 5 "A" nhg=0 192.0.2.2\n"
      "neigh 5 10.0.0.1 "A"\n"
      "network blue 5 ports=1\n"
      "port vm1 blue ofport=3 active\n" },
    { "and has it when the other side gave it up",
      "settle\n"
      "mac 5 "A" 192.0.2.2\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run\n"
      "del-mac 5 "A"\n"
      "run\n",
      "local-mac 5 "A" vm1 ours\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n" },
    { "taken away soon after: claimed again",
      "settle\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run 1000\n"
      "mac 5 "A" 192.0.2.2\n"
      "run 3999\n",
      "local-mac 5 "A" vm1 claiming\n"
      "mac 5 "A" nhg=0 192.0.2.2\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n" },
    { "taken away later: yielded, and ours again when it is withdrawn",
      "settle\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run 1000\n"
      "mac 5 "A" 192.0.2.2\n"
      "run 4000\n"
      "del-mac 5 "A"\n"
      "run 5000\n",
      "local-mac 5 "A" vm1 ours\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n" },
    { "the later of two hosts claims last",
      "settle\n"
      "mac 5 "A" 192.0.2.2\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run 1000\ndel-mac 5 "A"\nrun 1001\n"
      "mac 5 "A" 192.0.2.2\nrun 1002\n",
      "local-mac 5 "A" vm1 claiming\n"
      "mac 5 "A" nhg=0 192.0.2.2\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n" },
    { "news of what is being claimed is no new loss",
      "settle\n"
      "mac 5 "A" 192.0.2.2\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run 1000\nmac 5 "A" 192.0.2.3\nrun 1001\n"
      "mac 5 "A" 192.0.2.4\nrun 1002\n"
      "mac 5 "A" 192.0.2.5\nrun 1003\n",
      "local-mac 5 "A" vm1 claiming\n"
      "mac 5 "A" nhg=0 192.0.2.5\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n" },
    { "claims end: two hosts do not fight",
      "settle\n"
      "iface vnet0 id=vm1 profile=vni=5 mac="A" ofport=3\n"
      "run 1000\n"
      "mac 5 "A" 192.0.2.2\nrun 1001\ndel-mac 5 "A"\nrun 1002\n"
      "mac 5 "A" nhg=1\nrun 1003\n",
      "local-mac 5 "A" vm1 yielded\n"
      "mac 5 "A" nhg=1 -\n"
      "network vni5 5 ports=1\n"
      "port vm1 vni5 ofport=3 active\n"
      "problem port/vm1 moved MAC "A": MAC "A" is announced by an Ethernet "
      "segment now and not from here; if both hosts run this VM, stop "
      "one\n" },
};

static void
test_facts_have_their_meaning(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct model m;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        model_script_dump(&m, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
        model_uninit(&m);
    }
}

/* Which owners become dirty by the last part of a script. */
static const struct {
    const char *name;
    const char *before;
    const char *change;
    const char *expected;
} dirty_cases[] = {
    { "nothing new says nothing",
      "mac 5 "A" 192.0.2.2\nflood 5 192.0.2.2\nneigh 5 10.0.0.1 "A"\n"
      "nhg 1 192.0.2.3\nrun\n",
      "mac 5 "A" 192.0.2.2\nflood 5 192.0.2.2\nneigh 5 10.0.0.1 "A"\n"
      "nhg 1 192.0.2.3\nrun\n",
      "" },
    { "one remote MAC moves",
      "mac 5 "A" 192.0.2.2\nmac 5 "B" 192.0.2.2\nrun\n",
      "mac 5 "A" 192.0.2.3\nrun\n",
      "remote-mac/5/"A"\n" },
    { "a VTEP joins the flood",
      "mac 5 "A" 192.0.2.2\nflood 5 192.0.2.2\nrun\n",
      "flood 5 192.0.2.3\nrun\n",
      "network/5\n" },
    { "a port arrives in a network of many MACs",
      "mac 5 "A" 192.0.2.2\nmac 5 "B" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "iface v2 id=vm2 profile=vni=5 mac=52:54:00:00:00:0d ofport=2\nrun\n",
      "local-mac/5/52:54:00:00:00:0d\nnetwork/5\nport/vm2\n" },
    { "the first port arrives: the network becomes active",
      "mac 5 "A" 192.0.2.2\nmac 5 "B" 192.0.2.2\nmac 6 "B" 192.0.2.2\n"
      "run\n",
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/vm1\nremote-mac/5/"A"\n"
      "remote-mac/5/"B"\n" },
    { "a network is to be kept: it becomes active",
      "mac 5 "A" 192.0.2.2\nrun\n",
      "keep 5\nkeep 5\nrun\n",
      "network/5\nremote-mac/5/"A"\n" },
    { "the first port of a network that is kept: it is active already",
      "mac 5 "A" 192.0.2.2\nkeep 5\nrun\n",
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/vm1\n" },
    { "the last port leaves a network that is kept",
      "mac 5 "A" 192.0.2.2\nkeep 5\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "del-iface v1\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/gone\n" },
    { "a network without ports is kept no longer: inactive",
      "mac 5 "A" 192.0.2.2\nkeep 5\nrun\n",
      "del-keep 5\nrun\n",
      "network/5\nremote-mac/5/"A"\n" },
    { "the first port arrives in standby: active all the same",
      "network blue 5\nport vm1 blue standby "C"\nmac 5 "A" 192.0.2.2\n"
      "run\n",
      "iface v1 id=vm1 ofport=1\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/vm1\nremote-mac/5/"A"\n" },
    { "the last port leaves: the network becomes inactive",
      "mac 5 "A" 192.0.2.2\nmac 6 "B" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\n"
      "iface v2 id=vm2 profile=vni=6 mac="C" ofport=2\nrun\n",
      "del-iface v1\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/gone\nremote-mac/5/"A"\n" },
    { "the last port loses its OpenFlow port",
      "mac 5 "A" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "iface v1 id=vm1 profile=vni=5 mac="C"\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/vm1\nremote-mac/5/"A"\n" },
    { "the only port moves to another network",
      "mac 5 "A" 192.0.2.2\nmac 6 "B" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "iface v1 id=vm1 profile=vni=6 mac="C" ofport=1\nrun\n",
      "local-mac/5/"C"\nlocal-mac/6/"C"\nnetwork/5\nnetwork/6\nport/vm1\n"
      "remote-mac/5/"A"\nremote-mac/6/"B"\n" },
    { "the only port changes, and its network stays active",
      "mac 5 "A" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=2\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/vm1\n" },
    { "a remote MAC that a port here has",
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=1\nrun\n",
      "mac 5 "A" 192.0.2.2\nrun\n",
      "local-mac/5/"A"\nremote-mac/5/"A"\n" },
    { "an IP more",
      "network blue 5\nport vm1 blue "A"\niface v1 id=vm1 ofport=1\nrun\n",
      "port vm1 blue "A" 10.0.0.1\nrun\n",
      "local-ip/5/10.0.0.1\nlocal-mac/5/"A"\nnetwork/5\nport/vm1\n" },
    { "a next-hop group loses a member",
      "nhg 1 192.0.2.3 192.0.2.4\nnhg 2 192.0.2.3\nrun\n",
      "nhg 1 192.0.2.4\nrun\n",
      "nhg/1\n" },
    { "a network gets a VPC",
      "vpc v 9\nnetwork blue 5\nnetwork red 6\n"
      "port vm1 blue "A" 10.0.0.5\niface v1 id=vm1 ofport=1\nrun\n",
      "network blue 5 vpc=v 10.0.0.1/24\nrun\n",
      "local-ip/5/10.0.0.5\nnetwork/5\nport/vm1\nvpc/9\n" },
    { "a network gets another gateway",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
      "network red 6 vpc=v 10.0.1.1/24\nrun\n",
      "network blue 5 vpc=v 10.0.0.2/24\nrun\n",
      "network/5\nvpc/9\n" },
    { "a network says of its VPC what it said before",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\n",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\n", "" },
    { "a VPC gets another L3VNI",
      "vpc v 9\nvpc w 11\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
      "network red 6 vpc=w 10.0.1.1/24\nrun\n",
      "vpc v 10\nrun\n", "network/5\nvpc/10\nvpc/9\n" },
    { "the first port of a VPC's network",
      "vpc v 9\nvpc w 11\nnetwork blue 5 vpc=v 10.0.0.1/24\n"
      "port vm1 blue "C"\nrun\n",
      "iface v1 id=vm1 ofport=1\nrun\n",
      "local-mac/5/"C"\nnetwork/5\nport/vm1\nvpc/9\n" },
    { "a network comes that has the VNI of a VPC",
      "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24\nrun\n",
      "network red 9\nrun\n", "network/5\nnetwork/9\nvpc/9\n" },
    { "the tunnel port appears",
      "host vtep=192.0.2.1\nmac 5 "A" 192.0.2.2\nnhg 1 192.0.2.3\n"
      "iface v1 id=vm1 profile=vni=5 mac="C" ofport=1\nrun\n",
      "host vtep=192.0.2.1 tunnel=9\n",
      "host\nlocal-mac/5/"C"\nnetwork/5\nnhg/1\nport/vm1\n"
      "remote-mac/5/"A"\n" },
};

static char *
format_owner(const struct model *m, const struct owner *owner)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (owner->kind == OWNER_PORT) {
        const struct port *port = model_port_by_owner(m, owner);

        ds_put_format(&s, "port/%s", port ? port->name : "gone");
    } else {
        owner_format(owner, &s);
    }
    return ds_steal_cstr(&s);
}

static void
test_a_change_makes_dirty_what_follows_from_it(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(dirty_cases); i++) {
        struct svec names = SVEC_EMPTY_INITIALIZER;
        struct owner owner;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, dirty_cases[i].before);
        owner_set_clear(&m.dirty);
        model_script_run(&m, dirty_cases[i].change);
        while (owner_set_pop(&m.dirty, &owner)) {
            svec_add_nocopy(&names, format_owner(&m, &owner));
        }
        svec_sort(&names);
        got = svec_join(&names, "\n", names.n ? "\n" : "");
        script_check(dirty_cases[i].name, dirty_cases[i].expected, got);
        free(got);
        svec_destroy(&names);
        model_uninit(&m);
    }
}

/* Facts that conflict in every way that the model knows. */
static const char *const any_order[] = {
    "network blue 5", "network red 5", "network green 6",
    "port vm1 blue "A" 10.0.0.1", "port vm2 blue "A" 10.0.0.1",
    "port vm3 green "B" 10.0.0.1", "port vm4 black "C,
    "iface v1 id=vm1 ofport=1", "iface v2 id=vm2 ofport=2",
    "iface v3 id=vm3 profile=vni=5 ofport=3", "iface v4 id=vm4 ofport=4",
    "iface v5 id=vm5 profile=vni=5 mac="A" ofport=5",
    "iface v6 id=vm5 profile=vni=6 mac="B" ofport=6",
    "mac 5 "A" 192.0.2.2", "mac 6 "B" 192.0.2.3", "flood 5 192.0.2.2",
    "neigh 5 10.0.0.1 "B, "keep 6",
    "vpc v 9", "vpc w 9", "vpc x 10", "network pink 7 vpc=v 10.0.0.1/24",
    "network gray 8 vpc=v 10.0.0.0/8", "network cyan 10 vpc=x 10.0.1.1/24",
    "network teal 11 vpc=w 10.0.0.1/24",
};

/* Undoes of facts that may come in between and are then put again. */
static const char *const undo[] = {
    "del-network blue", "del-network red", "del-network green",
    "del-port vm1", "del-port vm2", "del-port vm3", "del-port vm4",
    "del-iface v1", "del-iface v2", "del-iface v3", "del-iface v4",
    "del-iface v5", "del-iface v6",
    "del-mac 5 "A, "del-mac 6 "B, "del-flood 5 192.0.2.2",
    "del-neigh 5 10.0.0.1", "del-keep 6",
    "del-vpc v", "del-vpc w", "vpc x 5", "network pink 7 vpc=w",
    "del-network gray", "network cyan 10 10.0.1.1/24",
    "network teal 11 vpc=v 10.9.0.1/9",
};

/* Who shows the state of objects looks again at those that are told, which
 * remote MACs are not among. */
static void
test_what_is_shown_is_told(void **state OVS_UNUSED)
{
    static const struct {
        const char *script;
        const char *expected;
    } steps[] = {
        { "host vtep=192.0.2.1 tunnel=100\n", "host " },
        { "host vtep=192.0.2.1 tunnel=100\n", "" },
        { "network blue 5\nport vm1 blue 52:54:00:00:00:01\n"
          "port vm2 blue 52:54:00:00:00:02\nrun\n", "port/vm1 port/vm2 " },
        { "iface v1 id=vm1 ofport=7\nrun\n", "port/vm1 " },
        { "mac 5 52:54:00:00:00:99 192.0.2.2\nflood 5 192.0.2.2\nrun\n",
          "" },
        { "del-iface v1\ndel-port vm1\nrun\n", "port/vm1 " },
    };
    struct model m;

    model_init(&m);
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        const char **objects;

        model_script_run(&m, steps[i].script);
        objects = sset_sort(&m.changed);
        for (size_t j = 0; objects[j]; j++) {
            ds_put_format(&s, "%s ", objects[j]);
        }
        assert_string_equal(ds_cstr(&s), steps[i].expected);
        free(objects);
        ds_destroy(&s);
        sset_clear(&m.changed);
    }
    model_uninit(&m);
}

static void
run_line(struct model *m, const char *line)
{
    model_script_run(m, line);
    if (!random_range(3)) {
        model_script_run(m, "run");
    }
}

/* The model is a function of the facts, not of the order in which they came
 * or of what was there in between. */
static void
test_order_does_not_matter(void **state OVS_UNUSED)
{
    char *expected = NULL;

    BUILD_ASSERT_DECL(ARRAY_SIZE(any_order) == ARRAY_SIZE(undo));
    random_set_seed(1);
    for (int round = 0; round < 500; round++) {
        size_t order[ARRAY_SIZE(any_order)];
        struct ds s = DS_EMPTY_INITIALIZER;
        struct model m;

        model_init(&m);
        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            size_t j = round ? random_range(i + 1) : i;

            order[i] = order[j];
            order[j] = i;
        }
        for (size_t i = 0; round && i < 40; i++) {
            size_t k = random_range(ARRAY_SIZE(any_order));

            run_line(&m, random_range(2) ? any_order[k] : undo[k]);
        }
        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            run_line(&m, any_order[order[i]]);
        }
        model_script_run(&m, "run");
        model_script_dump(&m, &s);
        if (!expected) {
            expected = xstrdup(ds_cstr(&s));
        }
        assert_string_equal(ds_cstr(&s), expected);
        ds_destroy(&s);
        model_uninit(&m);
    }
    free(expected);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_have_their_meaning),
        cmocka_unit_test(test_a_change_makes_dirty_what_follows_from_it),
        cmocka_unit_test(test_what_is_shown_is_told),
        cmocka_unit_test(test_order_does_not_matter),
    };

    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
