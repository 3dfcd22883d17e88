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
#include "evpn-bridge/kernel-plan.h"
#include "evpn-bridge/kernel.h"
#include "packets.h"
#include "tests/unit/kernel-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"

#define HOST "host vtep=192.0.2.1 tunnel=100\n"
#define BLUE "network blue 5 vpc=v 10.0.0.1/24 2001:db8::1/64\n"
#define PORT "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
#define ACTIVE HOST"vpc v 9\n"BLUE PORT"run\n"

#define RMAC "06:6f:c0:00:02:01"
#define GMAC "02:6f:65:00:00:05"

#define VRF "+link 91 vpc-9 vrf table=1862270985 ours up\n"
#define L3_BRIDGE "+link 92 brl3-9 bridge mac="RMAC" master=vpc-9 ours up\n"
#define L3_VXLAN "+link 93 vxl3-9 vxlan vni=9 port=4790 local=192.0.2.1 " \
                 "master=brl3-9 ours up\n"
#define BRIDGE "+link 51 brvx-5 bridge mac="GMAC" master=vpc-9 ours up\n"
#define PORTS "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 " \
              "master=brvx-5 ours up\n" \
              "+link 53 oe-5 dummy master=brvx-5 ours\n"
#define ADDRS "+addr brvx-5 10.0.0.1/24 ours\n" \
              "+addr brvx-5 2001:db8::1/64 ours\n"
#define ALL VRF L3_BRIDGE L3_VXLAN BRIDGE PORTS ADDRS

#define ADD4 "add address 10.0.0.1/24 of VNI 5\n"
#define ADD6 "add address 2001:db8::1/64 of VNI 5\n"

static const struct {
    const char *name;           /* The situation. */
    const char *script;         /* See kernel-script.h. */
    const char *expected;       /* What it writes. */
} cases[] = {
    /* The VPC's devices. */
    { "a VPC becomes active",
      ACTIVE"apply vpc/9\n",
      "create device vpc-9\n"
      "set up device vpc-9\ncreate device brl3-9\ncreate device vxl3-9\n"
      "ready\n"
      "put device vpc-9 up\nset up device brl3-9\nset up device vxl3-9\n"
      "ready\n"
      "put device brl3-9 into its VRF\nset up bridge port vxl3-9\nready\n"
      "put device brl3-9 up\nput device vxl3-9 up\nready\n"
      "ready\n" },
    { "a VPC without an active network needs nothing",
      HOST"vpc v 9\n"BLUE"run\nplan vpc/9\n", "nothing\n" },
    { "devices as they are to be are left alone",
      ACTIVE ALL"plan vpc/9\nplan network/5\n", "ready\nready\n" },
    { "devices that were left half made are adopted",
      ACTIVE"+link 91 vpc-9 vrf table=1862270985 made fresh\n"
      "+link 92 brl3-9 bridge made fresh\napply vpc/9\n",
      "set up device vpc-9\nset up device brl3-9\ncreate device vxl3-9\n"
      "ready\n"
      "put device vpc-9 up\nput device brl3-9 into its VRF\n"
      "set up device vxl3-9\nready\n"
      "give device brl3-9 the MAC "RMAC"\nset up bridge port vxl3-9\nready\n"
      "put device brl3-9 up\nput device vxl3-9 up\nready\n"
      "ready\n" },
    { "another VTEP",
      ACTIVE ALL"host vtep=192.0.2.2 tunnel=100\nrun\napply vpc/9\n",
      "give device brl3-9 the MAC 06:6f:c0:00:02:02\nremove device vxl3-9\n"
      "ready\ncreate device vxl3-9\nready\nset up device vxl3-9\nready\n"
      "set up bridge port vxl3-9\nready\nput device vxl3-9 up\nready\n"
      "ready\n" },
    { "the last port goes",
      ACTIVE ALL"del-iface v1\nrun\napply vpc/9\n",
      "remove device vxl3-9\nremove device brl3-9\nremove device vpc-9\n"
      "nothing\n" },
    { "the VPC goes, its network stays: what is not ours stays too",
      ACTIVE VRF L3_BRIDGE L3_VXLAN
      "+link 94 vpc-10 vrf table=10\n"
      "network blue 5\ndel-vpc v\nrun\napply vpc/9\nplan vpc/10\n",
      "remove device vxl3-9\nremove device brl3-9\nremove device vpc-9\n"
      "nothing\nnothing\n" },
    { "someone has such a VRF",
      ACTIVE"+link 91 vpc-9 vrf table=9 up\nplan vpc/9\n",
      "device-in-use: device vpc-9 is someone else's; rename or remove it\n" },
    { "someone has the VNI",
      ACTIVE"+link 91 vx vxlan vni=9 port=4789\nplan vpc/9\n",
      "vni-in-use: VNI 9 has the vxlan device vx of someone else; remove that "
      "device or choose another VNI\n" },
    { "the shadow port is open",
      ACTIVE"fence off\nplan vpc/9\n", "nothing\n" },
    { "no VTEP",
      "host\nvpc v 9\n"BLUE PORT"run\nplan vpc/9\n", "nothing\n" },
    { "the VNI was a network's: its device goes first",
      ACTIVE"+link 71 vxlan9 vxlan vni=9 port=4790 local=192.0.2.1 ours\n"
      "plan vpc/9\napply network/9\napply vpc/9\n",
      "nothing\nremove device vxlan9\nnothing\n"
      "create device vpc-9\n"
      "set up device vpc-9\ncreate device brl3-9\ncreate device vxl3-9\n"
      "ready\n"
      "put device vpc-9 up\nset up device brl3-9\nset up device vxl3-9\n"
      "ready\n"
      "put device brl3-9 into its VRF\nset up bridge port vxl3-9\nready\n"
      "put device brl3-9 up\nput device vxl3-9 up\nready\n"
      "ready\n" },
    { "the L3VNI becomes a network's",
      ACTIVE VRF L3_BRIDGE L3_VXLAN"vpc v 10\nnetwork red 9\n"
      "iface v2 id=vm2 profile=vni=9 mac="A" ofport=8\nrun\n"
      "plan network/9\napply vpc/9\nplan network/9\n",
      "nothing\n"
      "remove device vxl3-9\nremove device brl3-9\nremove device vpc-9\n"
      "nothing\n"
      "create device brvx-9\ncreate device vxlan9\ncreate device oe-9\n" },

    /* Its networks. */
    { "a network waits for its VRF before it is up",
      ACTIVE"apply network/5\n",
      "create device brvx-5\ncreate device vxlan5\ncreate device oe-5\n"
      "set up device vxlan5\nset up device oe-5\n"
      "set up bridge port vxlan5\nset up bridge port oe-5\n"
      "put device vxlan5 up\n"
      "nothing\n" },
    { "it is in it, and has its addresses",
      ACTIVE VRF"apply network/5\n",
      "create device brvx-5\ncreate device vxlan5\ncreate device oe-5\n"
      "set up device brvx-5\nset up device vxlan5\nset up device oe-5\n"
      "put device brvx-5 into its VRF\nset up bridge port vxlan5\n"
      "set up bridge port oe-5\n"
      "put device brvx-5 up\nput device vxlan5 up\n"
      ADD4 ADD6"ready\n"
      "ready\n" },
    { "it does without if there can be none",
      ACTIVE"no-vrf\napply network/5\n",
      "create device brvx-5\ncreate device vxlan5\ncreate device oe-5\n"
      "set up device brvx-5\nset up device vxlan5\nset up device oe-5\n"
      "put device brvx-5 up\nset up bridge port vxlan5\n"
      "set up bridge port oe-5\nput device vxlan5 up\n"
      "ready\n" },
    { "a network without VPC has no addresses",
      HOST"network blue 5 10.0.0.1/24\n"PORT"run\n+net 5\n"
      "+addr brvx-5 10.9.0.1/24\nplan network/5\n", "ready\n" },
    { "an active network comes into a VPC",
      HOST PORT"run\n+net 5\n"VRF"vpc v 9\n"BLUE"run\napply network/5\n",
      "put device brvx-5 into its VRF\n"
      "give device brvx-5 the MAC "GMAC"\n"
      ADD4 ADD6"ready\nready\n" },
    { "and out of it: what others put there stays",
      ACTIVE ALL"+addr brvx-5 10.9.0.1/24\nnetwork blue 5\nrun\n"
      "apply network/5\n",
      "put device brvx-5 out of its VRF\n"
      "remove address 10.0.0.1/24 of VNI 5\nready\nready\n" },
    { "into another one",
      ACTIVE ALL"+link 101 vpc-10 vrf table=1862270986 ours up\nvpc w 10\n"
      "network blue 5 vpc=w 10.0.0.1/24\nrun\napply network/5\n",
      "put device brvx-5 into its VRF\nready\n" },
    { "in a VRF of someone else without a VPC",
      HOST PORT"run\n+link 91 red vrf table=7 up\n"
      "+link 51 brvx-5 bridge master=red ours up\n"PORTS"plan network/5\n",
      "ready\n" },
    { "another gateway",
      ACTIVE ALL"network blue 5 vpc=v 10.0.0.2/24 2001:db8::1/60\n"
      "run\napply network/5\n",
      "remove address 2001:db8::1/64 of VNI 5\n"
      "remove address 10.0.0.1/24 of VNI 5\n"
      "add address 10.0.0.2/24 of VNI 5\n"
      "add address 2001:db8::1/60 of VNI 5\nready\n"
      "ready\n" },
    { "another MAC of the gateway",
      ACTIVE ALL"network blue 5 vpc=v 10.0.0.1/24 2001:db8::1/64 "
      "gateway_mac="A"\nrun\napply network/5\n",
      "give device brvx-5 the MAC "A"\nready\n" },
    { "someone removed an address",
      ACTIVE ALL"-addr brvx-5 10.0.0.1/24\napply network/5\n",
      ADD4"ready\nready\n" },
    { "someone took the bridge out of the VRF",
      ACTIVE ALL"+link 51 brvx-5 bridge mac="GMAC" ours up\n"
      "-addr brvx-5 2001:db8::1/64\napply network/5\n",
      "put device brvx-5 into its VRF\n"ADD6"ready\nready\n" },
    { "a full read misses an address twice",
      ACTIVE ALL"clear\nread addrs\n=addr brvx-5 10.0.0.1/24 ours\n"
      "end addrs\nread addrs\n=addr brvx-5 10.0.0.1/24 ours\nend addrs\n"
      "plan network/5\n",
      "read again\n"ADD6"ready\n" },
    { "an address that comes during a read is not missed",
      ACTIVE VRF BRIDGE PORTS"read addrs\n"ADDRS"end addrs\n"
      "plan network/5\n", "ready\n" },
    { "who has got addresses is to be looked at, once",
      ACTIVE VRF BRIDGE"+addr brvx-5 10.9.0.1/24\naddressed\n"
      ADDRS"addressed\naddressed\n"
      "-addr brvx-5 10.0.0.1/24\n"
      "addressed\n+addr brvx-5 10.0.0.1/24 ours\naddressed\n",
      "addressed 5\naddressed 5\n" },
    { "zebra is told of an address, and nobody else has to look",
      ACTIVE ALL"addressed\nclear\ntell 5 10.0.0.1\ntell 5 2001:db8::1\n"
      "addressed\nplan network/5\n",
      "addressed 5\n"
      "tell zebra, which lacks it, of address 10.0.0.1/24 of VNI 5\n"
      "tell zebra, which lacks it, of address 2001:db8::1/64 of VNI 5\n"
      "ready\n" },
};

/* Drops from 's' what the model has and what is dirty: only what was written
 * counts here. */
static void
test_plans(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct kernel_script ks;

        kernel_script_init(&ks);
        kernel_script_run(&ks, cases[i].script);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&ks.log));
        kernel_script_uninit(&ks);
    }
}

static const struct {
    const char *name;
    const char *script;         /* Of which the last line counts. */
    const char *last;
    const char *expected;       /* Who is dirty after it. */
} dirty_cases[] = {
    { "a VRF", ACTIVE, VRF, "vpc/9 " },
    { "an L3VNI's bridge", ACTIVE VRF, L3_BRIDGE, "vpc/9 " },
    { "an L3VNI's vxlan device, for its VNI", ACTIVE VRF L3_BRIDGE, L3_VXLAN,
      "network/9 vpc/9 " },
    { "it goes", ACTIVE VRF L3_BRIDGE L3_VXLAN, "-link vxl3-9\n",
      "network/9 vpc/9 " },
    { "a network's vxlan device", ACTIVE VRF BRIDGE,
      "+link 52 vxlan5 vxlan vni=5 port=4790 ours\n", "network/5 vpc/5 " },
    { "an address", ACTIVE VRF BRIDGE, "+addr brvx-5 10.0.0.1/24\n",
      "network/5 " },
    { "the same again", ACTIVE VRF BRIDGE"+addr brvx-5 10.0.0.1/24\n",
      "+addr brvx-5 10.0.0.1/24\n", "" },
    { "it goes", ACTIVE VRF BRIDGE"+addr brvx-5 10.0.0.1/24\n",
      "-addr brvx-5 10.0.0.1/24\n", "network/5 " },
    { "an address of another device", ACTIVE VRF,
      "+addr vpc-9 10.0.0.1/24\n", "" },
};

static void
test_who_is_dirty(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(dirty_cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct kernel_script ks;
        struct owner owner;

        kernel_script_init(&ks);
        kernel_script_run(&ks, dirty_cases[i].script);
        owner_set_clear(&ks.dirty);
        kernel_script_run(&ks, dirty_cases[i].last);
        for (uint32_t vni = 0; vni < 20; vni++) {
            owner = owner_network(vni);
            if (owner_set_del(&ks.dirty, &owner)) {
                owner_format(&owner, &s);
                ds_put_char(&s, ' ');
            }
        }
        for (uint32_t vni = 0; vni < 20; vni++) {
            owner = owner_vpc(vni);
            if (owner_set_del(&ks.dirty, &owner)) {
                owner_format(&owner, &s);
                ds_put_char(&s, ' ');
            }
        }
        assert_true(owner_set_is_empty(&ks.dirty));
        script_check(dirty_cases[i].name, dirty_cases[i].expected,
                     ds_cstr(&s));
        ds_destroy(&s);
        kernel_script_uninit(&ks);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_who_is_dirty),
    };

    return cmocka_run_group_tests_name("kernel-vpc", tests, NULL, NULL);
}
