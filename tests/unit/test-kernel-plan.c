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
#include <linux/rtnetlink.h>
#include <cmocka.h>
#include "evpn-bridge/kernel-plan.h"
#include "evpn-bridge/kernel.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "random.h"
#include "tests/unit/kernel-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

#define HOST "host vtep=192.0.2.1 tunnel=100\n"
#define BLUE HOST"network blue 5\n"

/* A port with addresses, in the network of the devices that are there. */
#define VM1 BLUE"+net 5\nport vm1 blue "A" 10.0.0.1 2001:db8::1\n" \
            "iface v1 id=vm1 ofport=7\nrun\n"

/* A network that a port makes active. */
#define ACTIVE HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\nrun\n"

#define BRIDGE "+link 51 brvx-5 bridge ours up\n"
#define VXLAN "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 " \
              "master=brvx-5 ours up\n"
#define ADVERTISE "+link 53 oe-5 dummy master=brvx-5 ours\n"

/* What makes a vxlan device that is missing, or was wrong. */
#define NEW_VXLAN "create device vxlan5\nset up device vxlan5\n" \
                  "set up bridge port vxlan5\nput device vxlan5 up\n"

#define ADD_A "add FDB entry "A" of VNI 5\n"
#define REMOVE_A "remove FDB entry "A" of VNI 5\n"
#define ADD_IP "add neighbour 10.0.0.1 of VNI 5\n"
#define REMOVE_IP "remove neighbour 10.0.0.1 of VNI 5\n"
#define ADD_IP6 "add neighbour 2001:db8::1 of VNI 5\n"
#define REMOVE_IP6 "remove neighbour 2001:db8::1 of VNI 5\n"

/* A VM with MAC A is to come; and its herald. */
#define COMES BLUE"vms-known\n+net 5\niface v1 id=vm1 profile=vni=5 mac="A \
              " ofport=7 vm=u1\nvm u1 held\nrun\n"
#define HERALD "12:3b:65:00:00:0a"

static const struct {
    const char *name;           /* The situation. */
    const char *script;         /* See kernel-script.h. */
    const char *expected;       /* What it writes. */
} cases[] = {
    /* Devices. */
    { "a network becomes active: step by step, until it is ready",
      ACTIVE"apply network/5\n",
      "create device brvx-5\ncreate device vxlan5\ncreate device oe-5\n"
      "set up device brvx-5\nset up device vxlan5\nset up device oe-5\n"
      "put device brvx-5 up\nset up bridge port vxlan5\n"
      "set up bridge port oe-5\n"
      "put device vxlan5 up\n"
      "ready\n" },
    { "a network that is not active needs nothing",
      BLUE"run\nplan network/5\n", "nothing\n" },
    { "one that is not has its devices while a tap is in its bridge",
      BLUE"+net 5\nrun\n+link 9 vnet3 tun master=brvx-5\n"
      "plan network/5\n-link 9\nplan network/5\n",
      "nothing\nremove device vxlan5\nremove device oe-5\n"
      "remove device brvx-5\n" },
    { "devices as they are to be are left alone",
      ACTIVE"+net 5\nplan network/5\n", "ready\n" },
    { "devices that were left half made are adopted",
      ACTIVE"+link 51 brvx-5 bridge made fresh\n"
      "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 made fresh\n"
      "+link 53 oe-5 dummy made fresh\napply network/5\n",
      "set up device brvx-5\nset up device vxlan5\nset up device oe-5\n"
      "put device brvx-5 up\nset up bridge port vxlan5\n"
      "set up bridge port oe-5\nput device vxlan5 up\nready\n" },
    { "the bridge is there, the others are missing",
      ACTIVE BRIDGE"apply network/5\n",
      "create device vxlan5\ncreate device oe-5\n"
      "set up device vxlan5\nset up device oe-5\n"
      "set up bridge port vxlan5\nset up bridge port oe-5\n"
      "put device vxlan5 up\nready\n" },
    { "the bridge is missing, the others wait for it",
      ACTIVE"+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 ours up\n"
      "+link 53 oe-5 dummy ours\napply network/5\n",
      "create device brvx-5\nset up device brvx-5\nset up device vxlan5\n"
      "set up device oe-5\nput device brvx-5 up\n"
      "set up bridge port vxlan5\nset up bridge port oe-5\nready\n" },
    { "someone set the bridge and the vxlan device down",
      ACTIVE"+link 51 brvx-5 bridge ours\n"
      "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 "
      "master=brvx-5 ours\n"ADVERTISE"apply network/5\n",
      "put device brvx-5 up\nput device vxlan5 up\nready\n" },
    { "someone set the advertise port up: it can stay so",
      ACTIVE"+net 5\n+link 53 oe-5 dummy master=brvx-5 ours up\n"
      "plan network/5\n", "ready\n" },
    { "someone made a port learn and flood again",
      ACTIVE"+net 5\n+link 53 oe-5 dummy master=brvx-5 ours fresh\n"
      "apply network/5\n",
      "set up device oe-5\nset up bridge port oe-5\nready\n" },
    { "or one of that",
      ACTIVE"+net 5\n+link 53 oe-5 dummy master=brvx-5 ours learning\n"
      "plan network/5\n+link 53 oe-5 dummy master=brvx-5 ours flood\n"
      "plan network/5\n+link 53 oe-5 dummy master=brvx-5 ours mcast_flood\n"
      "plan network/5\n+link 53 oe-5 dummy master=brvx-5 ours bcast_flood\n"
      "plan network/5\n",
      "set up bridge port oe-5\nset up bridge port oe-5\n"
      "set up bridge port oe-5\nset up bridge port oe-5\n" },
    { "someone took a port from the bridge",
      ACTIVE"+net 5\n+link 53 oe-5 dummy ours\napply network/5\n",
      "set up device oe-5\nset up bridge port oe-5\nready\n" },
    { "a port is in another bridge",
      ACTIVE BRIDGE"+link 9 br9 bridge\n"
      "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 "
      "master=br9 ours up\n"ADVERTISE"apply network/5\n",
      "set up device vxlan5\nset up bridge port vxlan5\nready\n" },
    { "the vxlan device has another UDP port: it is made again",
      ACTIVE BRIDGE"+link 52 vxlan5 vxlan vni=5 port=4789 local=192.0.2.1 "
      "master=brvx-5 ours up\n"ADVERTISE"apply network/5\n",
      "remove device vxlan5\n"NEW_VXLAN"ready\n" },
    { "the vxlan device has another address: it is made again",
      ACTIVE BRIDGE"+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.9 "
      "master=brvx-5 ours up\n"ADVERTISE"apply network/5\n",
      "remove device vxlan5\n"NEW_VXLAN"ready\n" },
    { "the vxlan device learns: it is made again",
      ACTIVE BRIDGE"+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 "
      "learns master=brvx-5 ours up\n"ADVERTISE"apply network/5\n",
      "remove device vxlan5\n"NEW_VXLAN"ready\n" },
    { "the host gets another address: the vxlan device is made again",
      ACTIVE"+net 5\nhost vtep=192.0.2.7 tunnel=100\napply network/5\n",
      "remove device vxlan5\n"NEW_VXLAN"ready\n" },
    { "a host with an IPv6 address only",
      "host vtep6=2001:db8::1 tunnel=100\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\nrun\n"
      BRIDGE"+link 52 vxlan5 vxlan vni=5 port=4790 local=2001:db8::1 "
      "master=brvx-5 ours up\n"ADVERTISE"plan network/5\n", "ready\n" },
    { "a host with addresses of both families uses IPv4",
      "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=100\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\nrun\n"
      "+net 5\nplan network/5\n", "ready\n" },
    { "a host without an address makes no devices",
      "host tunnel=100\niface v1 id=vm1 profile=vni=5 mac="A" ofport=7\nrun\n"
      "plan network/5\n", "nothing\n" },
    { "before the shadow port is closed no device is made (P17)",
      ACTIVE"fence off\nplan network/5\n", "nothing\n" },
    { "nor is one used",
      ACTIVE"+net 5\nfence off\nplan network/5\n", "nothing\n" },

    /* Someone else's devices. */
    { "someone else's vxlan device of the VNI (P1)",
      ACTIVE"+link 90 vx vxlan vni=5 port=4789 up\nplan network/5\n",
      "vni-in-use: VNI 5 has the vxlan device vx of someone else; remove "
      "that device or choose another VNI\n" },
    { "someone else's vxlan device with our name",
      ACTIVE"+link 90 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 up\n"
      "plan network/5\n",
      "vni-in-use: VNI 5 has the vxlan device vxlan5 of someone else; remove "
      "that device or choose another VNI\n" },
    { "a second vxlan device, beside ours",
      ACTIVE"+net 5\n+link 90 vx vxlan vni=5 up\nplan network/5\n",
      "vni-in-use: VNI 5 has the vxlan device vx of someone else; remove "
      "that device or choose another VNI\n" },
    { "it goes, and so does the problem",
      ACTIVE"+net 5\n+link 90 vx vxlan vni=5 up\n-link vx\nplan network/5\n",
      "ready\n" },
    { "an external vxlan device is in nobody's way",
      ACTIVE"+net 5\n+link 90 vxlan_sys_4789 vxlan external up\n"
      "plan network/5\n", "ready\n" },
    { "someone else's bridge with our name",
      ACTIVE"+link 90 brvx-5 bridge up\nplan network/5\n",
      "device-in-use: device brvx-5 is someone else's; rename or remove "
      "it\n" },
    { "something else with our name",
      ACTIVE"+link 90 vxlan5 dummy\nplan network/5\n",
      "device-in-use: device vxlan5 is someone else's; rename or remove "
      "it\n" },
    { "someone else's advertise port, although ours are the others",
      ACTIVE BRIDGE VXLAN"+link 90 oe-5 dummy alias=mine\nplan network/5\n",
      "device-in-use: device oe-5 is someone else's; rename or remove it\n" },

    /* Removal. */
    { "a network that is not active any more: the bridge goes last",
      ACTIVE"+net 5\ndel-iface v1\nrun\napply network/5\n",
      "remove device vxlan5\nremove device oe-5\nremove device brvx-5\n"
      "nothing\n" },
    { "also if the shadow port is not closed, or the model knows no network",
      "+net 5\nfence off\napply network/5\n",
      "remove device vxlan5\nremove device oe-5\nremove device brvx-5\n"
      "nothing\n" },
    { "someone else's devices stay",
      "+link 51 brvx-5 bridge up\n"
      "+link 52 vxlan5 vxlan vni=5 alias=mine\n+link 53 oe-5 dummy ours\n"
      "apply network/5\n", "remove device oe-5\nnothing\n" },
    { "the last device of a network goes too, whichever it is",
      "+net 5\n-link brvx-5\n-link vxlan5\napply network/5\n"
      "+net 6\n-link brvx-6\n-link oe-6\napply network/6\n"
      "+net 7\n-link vxlan7\n-link oe-7\napply network/7\n",
      "remove device oe-5\nnothing\nremove device vxlan6\nnothing\n"
      "remove device brvx-7\nnothing\n" },

    /* Local MACs. */
    { "a MAC of a port here", VM1"apply local-mac/5/"A"\nwhere 5 "A"\n",
      ADD_A"nothing\nours\n" },
    { "it was found there", VM1"+fdb oe-5 "A"\nplan local-mac/5/"A"\n",
      "nothing\n" },
    { "it is on its advertise port, but may age",
      VM1"+fdb oe-5 "A" reachable\napply local-mac/5/"A"\nwhere 5 "A"\n",
      ADD_A"nothing\nours\n" },
    { "someone learned it at a port of his",
      VM1"+link 9 eth9 dummy master=brvx-5\n+fdb eth9 "A" reachable\n"
      "apply local-mac/5/"A"\nwhere 5 "A"\n", ADD_A"nothing\nours\n" },
    { "the port goes",
      VM1"+fdb oe-5 "A"\ndel-port vm1\nrun\napply local-mac/5/"A"\n"
      "where 5 "A"\n", REMOVE_A"nothing\nnowhere\n" },
    { "the port becomes standby",
      VM1"+fdb oe-5 "A"\nport vm1 blue standby "A"\nrun\n"
      "apply local-mac/5/"A"\n", REMOVE_A"nothing\n" },
    { "nobody had it, and nothing is there",
      BLUE"+net 5\nrun\nplan local-mac/5/"A"\n", "nothing\n" },
    { "it is remote and not wanted here",
      BLUE"+net 5\n+fdb vxlan5 "A"\n+self vxlan5 "A" 192.0.2.2\nrun\n"
      "plan local-mac/5/"A"\n", "nothing\n" },
    { "it moved away: zebra has replaced our entry",
      VM1"+fdb oe-5 "A"\n+fdb vxlan5 "A"\n+self vxlan5 "A" 192.0.2.2\nrun\n"
      "plan local-mac/5/"A"\nwhere 5 "A"\n", "nothing\nremote\n" },
    { "it is elsewhere in the model, yet ours in the kernel",
      VM1"+fdb oe-5 "A"\nmac 5 "A" 192.0.2.2\nrun\napply local-mac/5/"A"\n",
      REMOVE_A"nothing\n" },
    { "no devices yet, no entries",
      BLUE"port vm1 blue "A"\niface v1 id=vm1 ofport=7\nrun\n"
      "plan local-mac/5/"A"\n", "nothing\n" },
    { "the bridge is down, or the port is not in it",
      BLUE"port vm1 blue "A"\niface v1 id=vm1 ofport=7\nrun\n"
      "+link 51 brvx-5 bridge ours\n"ADVERTISE"plan local-mac/5/"A"\n"
      BRIDGE"+link 53 oe-5 dummy ours\nplan local-mac/5/"A"\n"
      ADVERTISE"plan local-mac/5/"A"\n", "nothing\nnothing\n"ADD_A },
    { "the devices are someone else's",
      BLUE"port vm1 blue "A"\niface v1 id=vm1 ofport=7\nrun\n"
      "+link 51 brvx-5 bridge up\n+link 53 oe-5 dummy master=brvx-5 up\n"
      "plan local-mac/5/"A"\n", "nothing\n" },

    { "the advertise port is someone else's",
      BLUE"port vm1 blue "A"\niface v1 id=vm1 ofport=7\nrun\n"BRIDGE
      "+link 53 oe-5 dummy master=brvx-5 up\nplan local-mac/5/"A"\n",
      "nothing\n" },

    /* Heralds of VMs that are to come. */
    { "a VM is to come: its herald is announced, and not itself",
      COMES"apply local-mac/5/"HERALD"\napply local-mac/5/"A"\n",
      "add FDB entry "HERALD" of VNI 5\nnothing\nnothing\n" },
    { "it has come, and some time has passed",
      COMES"+fdb oe-5 "HERALD"\nvm u1 runs\nrun 10\n"
      "plan local-mac/5/"HERALD"\nrun 1010\napply local-mac/5/"HERALD"\n",
      "nothing\nremove FDB entry "HERALD" of VNI 5\nnothing\n" },
    { "somebody else has the MAC that would be its herald",
      COMES"+fdb vxlan5 "HERALD"\n+self vxlan5 "HERALD" 192.0.2.2\nrun\n"
      "plan local-mac/5/"HERALD"\n", "nothing\n" },

    /* A MAC that is claimed from a remote VTEP takes its addresses along. */
    { "a MAC that is claimed",
      BLUE"+net 5\nsettle\n+fdb vxlan5 "A"\n+self vxlan5 "A" 192.0.2.2\n"
      "port vm1 blue "A" 10.0.0.1 2001:db8::1\niface v1 id=vm1 ofport=7\n"
      "run\n"
      "+neigh brvx-5 10.0.0.1 "A" zebra\n+neigh brvx-5 2001:db8::1 "A" ours\n"
      "apply local-mac/5/"A"\nwhere 5 "A"\n",
      ADD_A REMOVE_IP6 ADD_IP6"nothing\nours\n" },
    { "a MAC that is claimed, with an address that yielded",
      BLUE"+net 5\nneigh 5 10.0.0.1 "B"\n"
      "port vm1 blue "A" 10.0.0.1 2001:db8::1\niface v1 id=vm1 ofport=7\n"
      "run\nsettle\n+neigh brvx-5 10.0.0.1 "A" ours\n"
      "+neigh brvx-5 2001:db8::1 "A" ours\nneigh 5 10.0.0.1 "B"\nrun\n"
      "+fdb vxlan5 "A"\napply local-mac/5/"A"\n",
      ADD_A REMOVE_IP6 ADD_IP6"nothing\n" },

    /* Local IPs. */
    { "an IP of a port here", VM1"apply local-ip/5/10.0.0.1\n",
      ADD_IP"nothing\n" },
    { "an IPv6 one", VM1"apply local-ip/5/2001:db8::1\n", ADD_IP6"nothing\n" },
    { "it was found there",
      VM1"+neigh brvx-5 10.0.0.1 "A" ours\nplan local-ip/5/10.0.0.1\n",
      "nothing\n" },
    { "an IPv6 one of a VM that has become a router",
      VM1"+neigh brvx-5 2001:db8::1 "A" ours\n"
      "port vm1 blue allow=router-advertisement "A" 10.0.0.1 2001:db8::1\n"
      "run\napply local-ip/5/2001:db8::1\n", ADD_IP6"nothing\n" },
    { "it was found there as a router's, and is none any more",
      VM1"+neigh brvx-5 2001:db8::1 "A" ours router\n"
      "apply local-ip/5/2001:db8::1\n", ADD_IP6"nothing\n" },
    { "it was found there with another MAC",
      VM1"+neigh brvx-5 10.0.0.1 "B" ours\napply local-ip/5/10.0.0.1\n",
      ADD_IP"nothing\n" },
    { "the kernel learned it",
      VM1"+neigh brvx-5 10.0.0.1 "A"\napply local-ip/5/10.0.0.1\n",
      ADD_IP"nothing\n" },
    { "the port gets another MAC",
      VM1"+neigh brvx-5 10.0.0.1 "A" ours\nport vm1 blue "B" 10.0.0.1\nrun\n"
      "apply local-ip/5/10.0.0.1\n", ADD_IP"nothing\n" },
    { "the port goes",
      VM1"+neigh brvx-5 10.0.0.1 "A" ours\ndel-port vm1\nrun\n"
      "apply local-ip/5/10.0.0.1\n", REMOVE_IP"nothing\n" },
    { "what is zebra's is not removed",
      BLUE"+net 5\n+neigh brvx-5 10.0.0.1 "B" zebra\nrun\n"
      "plan local-ip/5/10.0.0.1\n", "nothing\n" },
    { "nor what the kernel learned",
      BLUE"+net 5\n+neigh brvx-5 10.0.0.1 "B"\nrun\n"
      "plan local-ip/5/10.0.0.1\n", "nothing\n" },
    { "it moved away: zebra has replaced our entry",
      VM1"+neigh brvx-5 10.0.0.1 "A" ours\n"
      "+neigh brvx-5 10.0.0.1 "B" zebra\nrun\nplan local-ip/5/10.0.0.1\n",
      "nothing\n" },
    { "it is claimed from a remote VTEP",
      BLUE"+net 5\nsettle\n+neigh brvx-5 10.0.0.1 "B" zebra\n"
      "port vm1 blue "A" 10.0.0.1\niface v1 id=vm1 ofport=7\nrun\n"
      "apply local-ip/5/10.0.0.1\n", ADD_IP"nothing\n" },
    { "someone removed it (P5)",
      VM1"+neigh brvx-5 10.0.0.1 "A" ours\n-neigh brvx-5 10.0.0.1\n"
      "apply local-ip/5/10.0.0.1\n", ADD_IP"nothing\n" },
    { "no devices yet, no entries",
      BLUE"port vm1 blue "A" 10.0.0.1\niface v1 id=vm1 ofport=7\nrun\n"
      "plan local-ip/5/10.0.0.1\n", "nothing\n" },

    /* What zebra left behind. */
    { "a MAC: both of its entries",
      "+net 5\n+fdb vxlan5 "A"\n+self vxlan5 "A" 192.0.2.2\n"
      "orphan 5 mac="A"\nwhere 5 "A"\n",
      "remove orphan of zebra "A" of VNI 5\n"
      "remove orphan of zebra "A" of VNI 5\nnowhere\n" },
    { "a flood entry",
      "+net 5\n+flood vxlan5 192.0.2.2\norphan 5 ip=192.0.2.2\n",
      "remove orphan of zebra 00:00:00:00:00:00 of VNI 5\n" },
    { "a neighbour",
      "+net 5\n+neigh brvx-5 10.0.0.1 "A" zebra\n"
      "orphan 5 mac="A" ip=10.0.0.1\n", REMOVE_IP },
    { "a network without devices has no orphans",
      "orphan 5 mac="A"\norphan 5 ip=192.0.2.2\n"
      "orphan 5 mac="A" ip=10.0.0.1\n", "nothing\nnothing\nnothing\n" },

    /* What bgpd is to tell zebra again. */
    { "our vxlan device goes down and up (P3)", "+net 5\nflap 5\n",
      "vxlan5: set down, since zebra lacks what bgpd has\n"
      "vxlan5: set up, since zebra lacks what bgpd has\n" },
    { "no one else's", BRIDGE"+link 52 vxlan5 vxlan vni=5 up\nflap 5\n",
      "nothing\n" },
    { "a network without devices", "flap 5\n", "nothing\n" },
};

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

/* An orphan that is removed is not there any more. */
static void
test_orphans_go(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct kernel_script ks;

    kernel_script_init(&ks);
    kernel_script_run(&ks, "+net 5\n+fdb vxlan5 "A"\n"
                      "+self vxlan5 "A" 192.0.2.2\n"
                      "+flood vxlan5 192.0.2.2\n+flood vxlan5 192.0.2.3\n"
                      "+neigh brvx-5 10.0.0.1 "A" zebra\n"
                      "orphan 5 mac="A"\norphan 5 ip=192.0.2.2\n"
                      "orphan 5 mac="A" ip=10.0.0.1\ndrop\nclear\n");
    ds_clear(&ks.log);
    kernel_script_dump(&ks, &s);
    assert_string_equal(ds_cstr(&s), "flood 5 192.0.2.3\n"
                        "network vni5 5 ports=0\n");
    ds_destroy(&s);
    kernel_script_uninit(&ks);
}

/* Where an entry goes, and what of. */
static void
test_entries_are_static_and_marked(void **state OVS_UNUSED)
{
    struct in6_addr ip = script_parse_ip("10.0.0.1");
    const struct kneigh *n;
    struct kernel_script ks;

    kernel_script_init(&ks);
    kernel_script_run(&ks, VM1"apply local-ip/5/10.0.0.1\n");
    n = kernel_neigh(ks.k, 5, &ip);
    assert_non_null(n);
    assert_true(kneigh_is_ours(n));
    assert_true(eth_addr_equals(n->mac, script_parse_mac(A)));
    kernel_script_uninit(&ks);
}

/* States that a device may be found in. */
static const char *const found[][7] = {
    { BRIDGE, "+link 51 brvx-5 bridge made fresh\n",
      "+link 51 brvx-5 bridge ours fresh\n", "+link 51 brvx-5 bridge ours\n",
      "+link 51 brvx-5 bridge alias=mine\n", "", "" },
    { VXLAN, "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 "
      "made fresh\n",
      "+link 52 vxlan5 vxlan vni=5 port=4789 local=192.0.2.1 ours up\n",
      "+link 52 vxlan5 vxlan vni=5 port=4790 local=192.0.2.1 ours\n",
      "+link 52 vx vxlan vni=5 port=4790\n",
      "+link 52 vxlan5 vxlan vni=5 learns up ours fresh\n", "" },
    { ADVERTISE, "+link 53 oe-5 dummy made fresh\n",
      "+link 53 oe-5 ifb ours\n",
      "+link 53 oe-5 dummy ours up fresh\n", "+link 53 oe-5 dummy up\n",
      "", "" },
};

/* Nothing is asked of a device that is not ours. */
static void
check_only_ours(const struct kernel_script *ks, uint32_t seed,
                const struct kernel_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        const struct ifinfomsg *ifi
            = ofpbuf_at_assert(plan->ops[i].request, NLMSG_HDRLEN,
                               sizeof *ifi);

        if (ifi->ifi_index && !kernel_link(ks->k, ifi->ifi_index)->ours) {
            fail_msg("seed %"PRIu32": %s", seed, plan->ops[i].what);
        }
    }
}

/* Plans and does, until there is nothing to do.  Returns true if the network
 * is ready then; false if there is a problem. */
static bool
converge(struct kernel_script *ks, uint32_t seed)
{
    struct owner owner = owner_network(5);

    for (int i = 0; i < 10; i++) {
        struct kernel_plan plan;
        bool ready, problem, done;

        kernel_script_plan(ks, &owner, &plan);
        ready = plan.ready;
        problem = plan.problem != NULL;
        done = !plan.n_ops;
        check_only_ours(ks, seed, &plan);
        if (problem && !done) {
            fail_msg("seed %"PRIu32": a problem, and more", seed);
        }
        kernel_script_execute(ks, &plan);
        kernel_plan_uninit(&plan);
        if (done) {
            assert_true(ready != problem);
            return ready;
        }
    }
    fail_msg("seed %"PRIu32": no end", seed);
    return false;
}

/* Whatever state of ours the devices are in, they become ready; if one is
 * someone else's, nothing is done. */
static void
test_devices_become_ready_from_anything(void **state OVS_UNUSED)
{
    size_t n_ready = 0, n = 0;

    for (uint32_t seed = 0; seed < 7 * 7 * 7; seed++, n++) {
        const char *bridge = found[0][seed % 7];
        const char *vxlan = found[1][seed / 7 % 7];
        const char *advertise = found[2][seed / 49];
        bool bridge_first = *bridge != '\0';
        bool foreign = (strstr(bridge, "alias=mine") || strstr(vxlan, " vx ")
                        || strstr(advertise, "dummy up\n"));
        struct kernel_script ks;

        kernel_script_init(&ks);
        kernel_script_run(&ks, ACTIVE);
        /* A port whose bridge is missing cannot be one. */
        kernel_script_run(&ks, bridge);
        if (bridge_first || !strstr(vxlan, "master")) {
            kernel_script_run(&ks, vxlan);
        }
        if (bridge_first || !strstr(advertise, "master")) {
            kernel_script_run(&ks, advertise);
        }
        assert_int_equal(converge(&ks, seed), !foreign);
        n_ready += !foreign;
        kernel_script_uninit(&ks);
    }
    assert_true(n_ready > n / 3);
}

/* One step for an entry is enough, and leads to what the model wants; what is
 * zebra's stays zebra's if nobody here wants it. */
static void
test_one_step_is_enough_for_an_entry(void **state OVS_UNUSED)
{
    static const char *const ports[] = {
        "", "port vm1 blue "A" 10.0.0.1\niface v1 id=vm1 ofport=7\n",
        "port vm1 blue standby "A" 10.0.0.1\niface v1 id=vm1 ofport=7\n",
    };
    static const char *const macs[] = {
        "", "+fdb oe-5 "A"\n", "+fdb oe-5 "A" reachable\n",
        "+fdb vxlan5 "A"\n+self vxlan5 "A" 192.0.2.2\n",
    };
    static const char *const ips[] = {
        "", "+neigh brvx-5 10.0.0.1 "A" ours\n",
        "+neigh brvx-5 10.0.0.1 "B" ours\n",
        "+neigh brvx-5 10.0.0.1 "A" zebra\n", "+neigh brvx-5 10.0.0.1 "B"\n",
    };
    struct in6_addr ip = script_parse_ip("10.0.0.1");
    struct eth_addr mac = script_parse_mac(A);

    for (size_t i = 0; i < ARRAY_SIZE(ports) * ARRAY_SIZE(macs)
                           * ARRAY_SIZE(ips) * 2; i++) {
        bool settled = i % 2;
        size_t port = i / 2 % ARRAY_SIZE(ports);
        size_t m = i / 2 / ARRAY_SIZE(ports) % ARRAY_SIZE(macs);
        size_t n = i / 2 / ARRAY_SIZE(ports) / ARRAY_SIZE(macs);
        bool want_mac = port == 1 && (settled || m != 3);
        bool want_ip = port == 1 && (settled || n != 3);
        const struct kneigh *neigh;
        struct kernel_script ks;

        kernel_script_init(&ks);
        kernel_script_run(&ks, BLUE"+net 5\n");
        kernel_script_run(&ks, macs[m]);
        kernel_script_run(&ks, ips[n]);
        kernel_script_run(&ks, settled ? "settle" : "");
        kernel_script_run(&ks, ports[port]);
        kernel_script_run(&ks, "run\napply local-mac/5/"A"\n"
                          "apply local-ip/5/10.0.0.1\n");

        assert_int_equal(kernel_fdb(ks.k, 5, mac),
                         want_mac ? KFDB_OURS : m == 3 ? KFDB_REMOTE
                         : m == 2 ? KFDB_OTHER : KFDB_NONE);
        neigh = kernel_neigh(ks.k, 5, &ip);
        assert_int_equal(neigh && kneigh_is_ours(neigh), want_ip);
        assert_true(!want_ip || eth_addr_equals(neigh->mac, mac));
        assert_true(want_ip || !neigh == (n < 3));
        kernel_script_uninit(&ks);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_orphans_go),
        cmocka_unit_test(test_entries_are_static_and_marked),
        cmocka_unit_test(test_devices_become_ready_from_anything),
        cmocka_unit_test(test_one_step_is_enough_for_an_entry),
    };

    return cmocka_run_group_tests_name("kernel-plan", tests, NULL, NULL);
}
