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
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "evpn-bridge/kernel-internal.h"
#include "evpn-bridge/kernel.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/kernel-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

/* A network's devices are there, and that is no news. */
#define NET "+net 5\nclear\n"

/* zebra's two entries for a MAC. */
#define ZEBRA_A "+fdb vxlan5 "A" reachable extern\n" \
                "+self vxlan5 "A" 192.0.2.2\n"
#define ZEBRA_B "+fdb vxlan5 "B" reachable extern\n" \
                "+self vxlan5 "B" 192.0.2.2\n"

#define MAC_A "mac 5 "A" nhg=0 192.0.2.2\n"
#define MAC_B "mac 5 "B" nhg=0 192.0.2.2\n"
#define NETWORK "network vni5 5 ports=0\n"

static const struct {
    const char *name;           /* The situation. */
    const char *script;         /* See kernel-script.h. */
    const char *expected;       /* What kernel_script_dump() says. */
} cases[] = {
    /* A remote MAC is two entries. */
    { "a MAC, first of the bridge, then of the vxlan device",
      NET"+fdb vxlan5 "A" reachable extern\n+self vxlan5 "A" 192.0.2.2\n"
      "where 5 "A"\n", "remote\n"MAC_A NETWORK },
    { "a MAC, first of the vxlan device, then of the bridge",
      NET"+self vxlan5 "A" 192.0.2.2\n+fdb vxlan5 "A" reachable extern\n"
      "where 5 "A"\n", "remote\n"MAC_A NETWORK },
    { "one of the two is not enough",
      NET"+fdb vxlan5 "A" reachable extern\n+self vxlan5 "B" 192.0.2.2\n"
      "where 5 "A"\nwhere 5 "B"\n", "remote\nnowhere\n" },
    { "a MAC without a VTEP is nowhere",
      NET"+fdb vxlan5 "A"\n+self vxlan5 "A"\n", "" },
    { "what rtnetlink repeats without the destination changes nothing",
      NET ZEBRA_A"+self vxlan5 "A"\n", MAC_A NETWORK },
    { "a MAC moves to another VTEP",
      NET ZEBRA_A"+self vxlan5 "A" 2001:db8::3\n",
      "mac 5 "A" nhg=0 2001:db8::3\n"NETWORK },
    { "a MAC moves behind a next-hop group and back",
      NET ZEBRA_A"+self vxlan5 "A" nhid=7\n+self vxlan5 "A" 192.0.2.2\n",
      MAC_A NETWORK },
    { "a MAC behind a next-hop group",
      NET"+fdb vxlan5 "A"\n+self vxlan5 "A" nhid=7\n",
      "mac 5 "A" nhg=7 -\n"NETWORK },
    { "an entry with a VLAN is none of a network",
      NET"+fdb vxlan5 "A" vlan=1\n+self vxlan5 "A" 192.0.2.2\n", "" },
    { "an entry of a device that is none of a network",
      NET"+link 9 vx9 vxlan vni=9 up\n+self vx9 "A" 192.0.2.2\n"
      "+flood vx9 192.0.2.2\n", "dirty network/9\ndirty vpc/9\n" },

    /* Ports tell, not flags (P10, P11). */
    { "a sticky MAC is remote all the same",
      NET"+fdb vxlan5 "A" sticky\n+self vxlan5 "A" 192.0.2.2\n",
      MAC_A NETWORK },
    { "our own entry is ours, even with zebra's flag",
      NET"+fdb oe-5 "A" extern\nwhere 5 "A"\n",
      "ours\ndirty local-mac/5/"A"\n" },
    { "an entry on the advertise port that is not static is not ours",
      NET"+fdb oe-5 "A" reachable\nwhere 5 "A"\n",
      "other\ndirty local-mac/5/"A"\n" },
    { "an entry on a port of someone else",
      NET"+link 9 eth9 dummy master=brvx-5\n+fdb eth9 "A" reachable\n"
      "where 5 "A"\n", "other\ndirty local-mac/5/"A"\n" },
    { "the address of a port itself is no MAC of the network",
      NET"+fdb oe-5 "A" permanent\nwhere 5 "A"\n", "nowhere\n" },
    { "we take over: the model forgets it at once, whatever is left",
      NET ZEBRA_A"+fdb oe-5 "A" extern\nwhere 5 "A"\n",
      "ours\ndirty local-mac/5/"A"\n" },
    { "it goes back to the same VTEP: the bridge alone tells",
      NET ZEBRA_A"+fdb oe-5 "A" extern\nclear\n+fdb vxlan5 "A"\n"
      "where 5 "A"\n", "remote\n"MAC_A NETWORK"dirty local-mac/5/"A"\n" },
    { "our entry is removed",
      NET"+fdb oe-5 "A"\nclear\n-fdb oe-5 "A"\nwhere 5 "A"\n",
      "nowhere\ndirty local-mac/5/"A"\n" },
    { "a removal from where it is not any more",
      NET"+fdb oe-5 "A"\n"ZEBRA_A"clear\n-fdb oe-5 "A"\nwhere 5 "A"\n",
      "remote\n"MAC_A NETWORK },

    /* Stale. */
    { "a MAC that is withdrawn is held",
      NET ZEBRA_A"-fdb vxlan5 "A"\n-self vxlan5 "A"\nwhere 5 "A"\n",
      "nowhere\n"MAC_A NETWORK"1 stale\n" },
    { "and dropped when that is believed",
      NET ZEBRA_A"-fdb vxlan5 "A"\n-self vxlan5 "A"\ndrop\n", "" },
    { "half of a withdrawal is one",
      NET ZEBRA_A"-self vxlan5 "A"\n", MAC_A NETWORK"1 stale\n" },
    { "what became stale after the mark is not dropped",
      NET ZEBRA_A ZEBRA_B"-fdb vxlan5 "A"\nmark\n-fdb vxlan5 "B"\ndrop\n",
      MAC_B NETWORK"1 stale\n" },
    { "what is written again is not stale",
      NET ZEBRA_A ZEBRA_B"-fdb vxlan5 "A"\n-fdb vxlan5 "B"\n"
      "+fdb vxlan5 "A"\nmark\ndrop\n", MAC_A NETWORK },
    { "and goes to the end if it becomes stale once more",
      NET ZEBRA_A ZEBRA_B"-fdb vxlan5 "A"\n+fdb vxlan5 "A"\n"
      "-fdb vxlan5 "B"\nmark\n-fdb vxlan5 "A"\ndrop\n",
      MAC_A NETWORK"1 stale\n" },
    { "what is held may move",
      NET ZEBRA_A"-fdb vxlan5 "A"\n-self vxlan5 "A"\n"
      "+self vxlan5 "A" 192.0.2.3\n+fdb vxlan5 "A"\n",
      "mac 5 "A" nhg=0 192.0.2.3\n"NETWORK },
    { "what is held and becomes ours is not held any more",
      NET ZEBRA_A"-fdb vxlan5 "A"\n-self vxlan5 "A"\n+fdb oe-5 "A"\n",
      "dirty local-mac/5/"A"\n" },

    /* Flood. */
    { "flood entries",
      NET"+flood vxlan5 192.0.2.2\n+flood vxlan5 2001:db8::2\n"
      "+flood vxlan5 192.0.2.3\n",
      "flood 5 192.0.2.2\nflood 5 192.0.2.3\nflood 5 2001:db8::2\n"NETWORK },
    { "a flood entry that goes is held, then dropped",
      NET"+flood vxlan5 192.0.2.2\n+flood vxlan5 192.0.2.3\n"
      "-flood vxlan5 192.0.2.2\nmark\n-flood vxlan5 192.0.2.3\ndrop\n",
      "flood 5 192.0.2.3\n"NETWORK"1 stale\n" },
    { "a flood entry without a VTEP says nothing", NET"+flood vxlan5\n", "" },

    /* Neighbours. */
    { "zebra's neighbours",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n"
      "+neigh brvx-5 2001:db8::7 "B" zebra router\n",
      "neigh 5 10.0.0.1 "A"\nneigh 5 2001:db8::7 "B" router\n"NETWORK },
    { "a neighbour of ours",
      NET"+neigh brvx-5 10.0.0.1 "A" ours\n", "dirty local-ip/5/10.0.0.1\n" },
    { "a neighbour that the kernel learned is nobody's",
      NET"+neigh brvx-5 10.0.0.1 "A"\n", "" },
    { "a neighbour on another device",
      NET"+link 9 eth9 dummy\n+neigh eth9 10.0.0.1 "A" zebra\n", "" },
    { "a neighbour on a port of the bridge is none of the network",
      NET"+neigh vxlan5 10.0.0.1 "A" zebra\n+neigh oe-5 10.0.0.2 "A" ours\n",
      "" },
    { "a neighbour without a MAC is none",
      NET"+neigh brvx-5 10.0.0.1 zebra\n", "" },
    { "zebra's flag or number is enough",
      NET"+neigh brvx-5 10.0.0.1 "A" extern\n"
      "+neigh brvx-5 10.0.0.2 "A" proto=11\n",
      "neigh 5 10.0.0.1 "A"\nneigh 5 10.0.0.2 "A"\n"NETWORK },
    { "a neighbour with our number that may age is not as we write them (P8)",
      NET"+neigh brvx-5 10.0.0.1 "A" proto=200\n", "" },
    { "one with our number and zebra's flag is zebra's",
      NET"+neigh brvx-5 10.0.0.1 "A" ours extern\n",
      "neigh 5 10.0.0.1 "A"\n"NETWORK },
    { "zebra's neighbour changes its MAC",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n"
      "+neigh brvx-5 10.0.0.1 "B" zebra\n", "neigh 5 10.0.0.1 "B"\n"NETWORK },
    { "zebra's neighbour is withdrawn: it fails, goes and is held",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n+neigh brvx-5 10.0.0.1 failed\n"
      "-neigh brvx-5 10.0.0.1\n", "neigh 5 10.0.0.1 "A"\n"NETWORK"1 stale\n" },
    { "and dropped",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n+neigh brvx-5 10.0.0.1 failed\n"
      "-neigh brvx-5 10.0.0.1\ndrop\n", "" },
    { "we take over zebra's neighbour: the model forgets it at once",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n+neigh brvx-5 10.0.0.1 "A" ours\n",
      "dirty local-ip/5/10.0.0.1\n" },
    { "we take over zebra's neighbour, and it goes: nothing is held",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n+neigh brvx-5 10.0.0.1 "A" ours\n"
      "clear\n-neigh brvx-5 10.0.0.1 "A" ours\n",
      "dirty local-ip/5/10.0.0.1\n" },
    { "zebra takes over ours",
      NET"+neigh brvx-5 10.0.0.1 "A" ours\nclear\n"
      "+neigh brvx-5 10.0.0.1 "A" zebra\n",
      "neigh 5 10.0.0.1 "A"\n"NETWORK"dirty local-ip/5/10.0.0.1\n" },
    { "ours is removed (P5)",
      NET"+neigh brvx-5 10.0.0.1 "A" ours\nclear\n"
      "+neigh brvx-5 10.0.0.1 failed\n-neigh brvx-5 10.0.0.1\n",
      "dirty local-ip/5/10.0.0.1\n" },

    /* Devices. */
    { "entries of devices of someone else are no facts",
      "+link 51 brvx-5 bridge up\n"
      "+link 52 vxlan5 vxlan vni=5 master=brvx-5 up\nclear\n"
      ZEBRA_A"+flood vxlan5 192.0.2.2\n+neigh brvx-5 10.0.0.1 "A" zebra\n",
      "" },
    { "until they get our mark",
      "+link 51 brvx-5 bridge up\n"
      "+link 52 vxlan5 vxlan vni=5 master=brvx-5 up\n"
      ZEBRA_A"+flood vxlan5 192.0.2.2\n+neigh brvx-5 10.0.0.1 "A" zebra\n"
      "+link 51 brvx-5 bridge up ours\n"
      "+link 52 vxlan5 vxlan vni=5 master=brvx-5 up ours\nclear\n",
      "flood 5 192.0.2.2\n"MAC_A"neigh 5 10.0.0.1 "A"\n"NETWORK },
    { "an entry that is there before its port is known",
      "+link 51 brvx-5 bridge ours up\n"
      "+link 53 oe-5 dummy master=brvx-5 alias=none\n"
      "+fdb oe-5 "A"\nclear\n+link 53 oe-5 dummy master=brvx-5 ours\n"
      "where 5 "A"\n", "ours\ndirty network/5\n" },
    { "any change of a device makes its network dirty",
      NET"+link 53 oe-5 dummy master=brvx-5 ours up\n", "dirty network/5\n" },
    { "the vxlan device goes: what it told is held",
      NET ZEBRA_A"+flood vxlan5 192.0.2.2\n-link vxlan5\n",
      "flood 5 192.0.2.2\n"MAC_A NETWORK"dirty network/5\n"
      "dirty vpc/5\n2 stale\n" },
    { "and comes back, with another index, and zebra writes it again",
      NET ZEBRA_A"+flood vxlan5 192.0.2.2\n-link vxlan5\n"
      "+link 99 vxlan5 vxlan vni=5 master=brvx-5 ours up\nclear\n"
      ZEBRA_A"+flood vxlan5 192.0.2.2\n",
      "flood 5 192.0.2.2\n"MAC_A NETWORK },
    { "and comes back without what it had: that is held on",
      NET ZEBRA_A"+flood vxlan5 192.0.2.2\n-link vxlan5\n"
      "+link 99 vxlan5 vxlan vni=5 master=brvx-5 ours up\nclear\n"
      "+fdb vxlan5 "A"\n",
      "flood 5 192.0.2.2\n"MAC_A NETWORK"2 stale\n" },
    { "the bridge goes: its neighbours are held, and ours are lost",
      NET ZEBRA_A"+neigh brvx-5 10.0.0.1 "A" zebra\n"
      "+neigh brvx-5 10.0.0.2 "B" ours\n+fdb oe-5 "B"\nclear\n"
      "-link brvx-5\nwhere 5 "B"\n",
      "nowhere\n"MAC_A"neigh 5 10.0.0.1 "A"\n"NETWORK
      "dirty local-ip/5/10.0.0.2\ndirty local-mac/5/"B"\n"
      "dirty network/5\n2 stale\n" },
    { "the bridge comes back without what it had: that is held on",
      NET"+neigh brvx-5 10.0.0.1 "A" zebra\n-link brvx-5\n"
      "+link 99 brvx-5 bridge ours up\nclear\n",
      "neigh 5 10.0.0.1 "A"\n"NETWORK"1 stale\n" },
    { "the advertise port goes: our entries are lost",
      NET"+fdb oe-5 "A"\nclear\n-link oe-5\nwhere 5 "A"\n",
      "nowhere\ndirty local-mac/5/"A"\ndirty network/5\n" },
    { "all devices go, and nothing is left",
      NET ZEBRA_A"-net 5\ndrop\nclear\n", "" },
    { "a device is renamed: it is none of the network any more",
      NET ZEBRA_A"+link 52 old vxlan vni=5 master=brvx-5 ours up\n",
      MAC_A NETWORK"dirty network/5\ndirty vpc/5\n1 stale\n" },
    { "someone else's vxlan device with the VNI of a network comes and goes",
      "+link 90 vx vxlan vni=5 up\nclear\n-link vx\n", "dirty network/5\n"
      "dirty vpc/5\n" },
    { "a device that goes and was not known", NET"-link 91\nhas oe-5\n",
      "yes\n" },

    /* Next-hop groups. */
    { "a group and its members",
      "+hop 1 192.0.2.2\n+hop 2 2001:db8::2\n+hops 7 1 2\n",
      "nhg 7 192.0.2.2 2001:db8::2\n" },
    { "members that come later",
      "+hops 7 1 2\n+hop 2 192.0.2.3\n", "nhg 7 192.0.2.3\n" },
    { "a group nobody of which is known yet", "+hops 7 1 2\n", "" },
    { "a group gets other members",
      "+hop 1 192.0.2.2\n+hop 2 192.0.2.3\n+hops 7 1\n+hops 7 2\n",
      "nhg 7 192.0.2.3\n" },
    { "a member changes its address, in all groups that it is in",
      "+hop 1 192.0.2.2\n+hop 2 192.0.2.3\n+hops 7 1 2\n+hops 8 1\n"
      "+hops 9 2\n+hop 1 192.0.2.4\n",
      "nhg 7 192.0.2.3 192.0.2.4\nnhg 8 192.0.2.4\nnhg 9 192.0.2.3\n" },
    { "a member goes",
      "+hop 1 192.0.2.2\n+hop 2 192.0.2.3\n+hops 7 1 2\n-hop 1\n",
      "nhg 7 192.0.2.3\n" },
    { "the last member goes: the group is held",
      "+hop 1 192.0.2.2\n+hops 7 1\n-hop 1\n",
      "nhg 7 192.0.2.2\n1 stale\n" },
    { "a group goes: held, then dropped",
      "+hop 1 192.0.2.2\n+hops 7 1\n+hops 8 1\n-hops 7\nmark\n-hops 8\n"
      "drop\n", "nhg 8 192.0.2.2\n1 stale\n" },
    { "a group comes back",
      "+hop 1 192.0.2.2\n+hops 7 1\n-hops 7\n-hop 1\n+hop 1 192.0.2.3\n"
      "+hops 7 1\ndrop\n", "nhg 7 192.0.2.3\n" },
    { "next hops of routes are none of EVPN's",
      "+hop 1 192.0.2.2 route\n+hops 7 1\n", "" },

    /* Full reads. */
    { "what a read tells is known, like a notification",
      "read links\n=net 5\nend links\nread fdb\n=fdb vxlan5 "A"\n"
      "=self vxlan5 "A" 192.0.2.2\n=flood vxlan5 192.0.2.2\n=fdb oe-5 "B"\n"
      "end fdb\nread neighs\n=neigh brvx-5 10.0.0.1 "A" zebra\nend neighs\n"
      "read hops\n=hop 1 192.0.2.2\n=hops 7 1\nend hops\n",
      "flood 5 192.0.2.2\n"MAC_A"neigh 5 10.0.0.1 "A"\n"NETWORK
      "nhg 7 192.0.2.2\ndirty local-mac/5/"B"\ndirty network/5\n"
      "dirty vpc/5\n" },
    { "what is missing once is read again",
      NET ZEBRA_A"read fdb\nend fdb\n", "read again\n"MAC_A NETWORK },
    { "what is missing twice is gone, and held",
      NET ZEBRA_A"read fdb\nend fdb\nread fdb\nend fdb\nwhere 5 "A"\n",
      "read again\nnowhere\n"MAC_A NETWORK"1 stale\n" },
    { "half of a MAC is missing twice",
      NET ZEBRA_A"read fdb\n=fdb vxlan5 "A"\nend fdb\n"
      "read fdb\n=fdb vxlan5 "A"\nend fdb\nwhere 5 "A"\n",
      "read again\nremote\n"MAC_A NETWORK"1 stale\n" },
    { "missing, there, and missing is missing once",
      NET ZEBRA_A"read fdb\nend fdb\n"
      "read fdb\n=fdb vxlan5 "A"\n=self vxlan5 "A" 192.0.2.2\nend fdb\n"
      "read fdb\nend fdb\n", "read again\nread again\n"MAC_A NETWORK },
    { "missing, notified, and missing is missing once",
      NET ZEBRA_A"read fdb\nend fdb\n"ZEBRA_A"read fdb\nend fdb\n",
      "read again\nread again\n"MAC_A NETWORK },
    { "a read that failed says nothing of what is missing",
      NET ZEBRA_A"read fdb\nfail fdb\nread fdb\nfail fdb\nread fdb\nend fdb\n",
      "read again\nread again\nread again\n"MAC_A NETWORK },
    { "what comes while a read is under way is not missing",
      NET"read fdb\n"ZEBRA_A"end fdb\n", MAC_A NETWORK },
    { "a read that is older than a notification: it is gone",
      NET ZEBRA_A"read fdb\n-fdb vxlan5 "A"\n-self vxlan5 "A"\n"
      "=fdb vxlan5 "A"\n=self vxlan5 "A" 192.0.2.2\nend fdb\nwhere 5 "A"\n",
      "nowhere\n"MAC_A NETWORK"1 stale\n" },
    { "a read that is older than a notification: it moved",
      NET ZEBRA_A"read fdb\n+self vxlan5 "A" 192.0.2.3\n"
      "=fdb vxlan5 "A"\n=self vxlan5 "A" 192.0.2.2\nend fdb\n",
      "mac 5 "A" nhg=0 192.0.2.3\n"NETWORK },
    { "a read that is older than a notification: it became ours",
      NET ZEBRA_A"read fdb\n+fdb oe-5 "A"\n=fdb vxlan5 "A"\n"
      "=self vxlan5 "A" 192.0.2.2\nend fdb\nwhere 5 "A"\n",
      "ours\ndirty local-mac/5/"A"\n" },
    { "a read that is older than a notification: a device is gone",
      NET"read links\n-link oe-5\n=net 5\nend links\nhas oe-5\n"
      "has brvx-5\n", "no\nyes\ndirty network/5\ndirty vpc/5\n" },
    { "a read that is older than a notification: what it tells was not known",
      NET"+hop 1 192.0.2.2\nread fdb\n-fdb oe-5 "A"\n"
      "-flood vxlan5 192.0.2.2\n"
      "=fdb oe-5 "A"\n=flood vxlan5 192.0.2.2\nend fdb\n"
      "read neighs\n-neigh brvx-5 10.0.0.1\n"
      "=neigh brvx-5 10.0.0.1 "A" zebra\nend neighs\n"
      "read hops\n=hop 1 192.0.2.2\n-hops 7\n=hops 7 1\nend hops\n"
      "read links\n=net 5\n-link 91\n=link 91 eth0 dummy\nend links\n"
      "where 5 "A"\nhas eth0\nclear\n", "nowhere\nno\n" },
    { "a read that is older than a notification: it was known elsewhere",
      NET"+fdb oe-5 "A"\nread fdb\n-fdb vxlan5 "A"\n=fdb vxlan5 "A"\n"
      "end fdb\nwhere 5 "A"\nclear\n", "nowhere\n" },
    { "a notification that is older than a complete read",
      NET"+fdb vxlan5 "A"\nread fdb\n=fdb oe-5 "A"\nend fdb\n"
      "-fdb vxlan5 "A"\nwhere 5 "A"\nclear\n", "ours\n" },
    { "a read that is newer than what was known",
      NET ZEBRA_A"read fdb\n=fdb oe-5 "A"\n=self vxlan5 "A" 192.0.2.2\n"
      "end fdb\nwhere 5 "A"\n", "ours\ndirty local-mac/5/"A"\n" },
    { "our own entries are missing twice",
      NET"+fdb oe-5 "A"\n+neigh brvx-5 10.0.0.1 "A" ours\nclear\n"
      "read fdb\nend fdb\nread fdb\nend fdb\n"
      "read neighs\nend neighs\nread neighs\nend neighs\n",
      "read again\nread again\ndirty local-ip/5/10.0.0.1\n"
      "dirty local-mac/5/"A"\n" },
    { "a device is missing once, then twice",
      NET ZEBRA_A"read links\n=link 51 brvx-5 bridge ours up\n"
      "=link 53 oe-5 dummy master=brvx-5 ours\nend links\nclear\n"
      "has vxlan5\nread links\n=link 51 brvx-5 bridge ours up\n"
      "=link 53 oe-5 dummy master=brvx-5 ours\nend links\nhas vxlan5\n",
      "read again\nyes\nno\n"MAC_A NETWORK"dirty network/5\n"
      "dirty vpc/5\n1 stale\n" },
    { "flood entries, neighbours and groups are missing twice",
      NET"+flood vxlan5 192.0.2.2\n+neigh brvx-5 10.0.0.1 "A" zebra\n"
      "+hop 1 192.0.2.2\n+hops 7 1\nread fdb\nend fdb\nread fdb\nend fdb\n"
      "read neighs\nend neighs\nread neighs\nend neighs\n"
      "read hops\nend hops\nread hops\nend hops\n",
      "read again\nread again\nread again\n"
      "flood 5 192.0.2.2\nneigh 5 10.0.0.1 "A"\n"NETWORK"nhg 7 192.0.2.2\n"
      "3 stale\n" },
    { "a read that is begun again while it is under way",
      NET ZEBRA_A"read fdb\n=fdb vxlan5 "A"\nread fdb\n=fdb vxlan5 "A"\n"
      "=self vxlan5 "A" 192.0.2.2\nend fdb\n", MAC_A NETWORK },
};

static void
test_messages_become_facts(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        struct kernel_script ks;

        kernel_script_init(&ks);
        kernel_script_run(&ks, cases[i].script);
        kernel_script_dump(&ks, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
        kernel_script_uninit(&ks);
    }
}

/* What a link is to a network, by name and kind, and whether it is ours. */
static const struct {
    const char *link;           /* Words of "+link 1". */
    const char *expected;
} link_cases[] = {
    { "brvx-5 bridge ours up", "bridge of 5, ours" },
    { "brvx-5 bridge up", "bridge of 5" },
    { "brvx-5 bridge", "bridge of 5" },
    { "brvx-5 bridge made", "bridge of 5, ours" }, /* Half made. */
    { "brvx-5 bridge alias=mine", "bridge of 5" },
    { "brvx-5 bridge alias=ovs-ext-2", "bridge of 5, ours" },
    { "brvx-5 dummy ours", "nothing" },
    { "brvx-16777215 bridge made", "bridge of 16777215, ours" },
    { "brvx-16777216 bridge", "nothing" },
    { "brvx-0 bridge", "nothing" },
    { "brvx-05 bridge", "nothing" },
    { "brvx--5 bridge", "nothing" },
    { "brvx-5x bridge", "nothing" },
    { "brvx- bridge", "nothing" },
    { "brvx5 bridge", "nothing" },
    { "vxlan5 vxlan vni=5 made", "vxlan of 5, ours" },
    { "vxlan5 vxlan vni=5 up", "vxlan of 5, foreign" },
    { "vxlan5 vxlan vni=6 ours", "nothing, foreign" },
    { "vxlan5 vxlan external up", "nothing" },
    { "vxlan5 bridge", "nothing" },
    { "vx vxlan vni=5", "nothing, foreign" },
    { "oe-5 dummy made", "advertise of 5, ours" },
    { "oe-5 ifb ours", "advertise of 5, ours" },
    { "oe-5 veth up", "advertise of 5" },
    { "eth0 dummy ours", "nothing" },
};

static char *
describe_link(const struct kernel *k)
{
    static const char *const roles[] = {
        [KLINK_NONE] = "nothing",
        [KLINK_BRIDGE] = "bridge",
        [KLINK_VXLAN] = "vxlan",
        [KLINK_ADVERTISE] = "advertise",
    };
    const struct klink *link = kernel_link(k, 1);
    const struct klink *foreign = kernel_foreign_vxlan(k, link->l.vni);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, roles[link->role]);
    if (link->role != KLINK_NONE) {
        ds_put_format(&s, " of %"PRIu32"%s", link->vni,
                      link->ours ? ", ours" : "");
        assert_ptr_equal(kernel_device(k, link->vni, link->role), link);
    }
    if (link->l.vni && foreign) {
        assert_ptr_equal(foreign, link);
        ds_put_cstr(&s, ", foreign");
    }
    return ds_steal_cstr(&s);
}

static void
test_links_have_roles(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(link_cases); i++) {
        char *script = xasprintf("+link 1 %s", link_cases[i].link);
        struct kernel_script ks;
        char *got;

        kernel_script_init(&ks);
        kernel_script_run(&ks, script);
        got = describe_link(ks.k);
        script_check(link_cases[i].link, link_cases[i].expected, got);
        free(got);
        free(script);
        kernel_script_uninit(&ks);
    }
}

static void
test_links_are_found(void **state OVS_UNUSED)
{
    struct kernel_script ks;

    kernel_script_init(&ks);
    kernel_script_run(&ks, "+net 5\n+link 90 vx vxlan vni=5 up\n"
                      "+link 91 eth0 dummy\n");
    assert_string_equal(kernel_link(ks.k, 91)->l.name, "eth0");
    assert_int_equal(kernel_link_by_name(ks.k, "oe-5")->l.ifindex, 53);
    assert_int_equal(kernel_device(ks.k, 5, KLINK_VXLAN)->l.ifindex, 52);
    assert_int_equal(kernel_foreign_vxlan(ks.k, 5)->l.ifindex, 90);
    assert_null(kernel_device(ks.k, 6, KLINK_VXLAN));
    assert_null(kernel_foreign_vxlan(ks.k, 6));

    kernel_script_run(&ks, "+link 91 eth1 dummy\n-link vx\n-link oe-5\n");
    assert_null(kernel_link_by_name(ks.k, "eth0"));
    assert_int_equal(kernel_link_by_name(ks.k, "eth1")->l.ifindex, 91);
    assert_null(kernel_foreign_vxlan(ks.k, 5));
    assert_null(kernel_device(ks.k, 5, KLINK_ADVERTISE));
    assert_null(kernel_link(ks.k, 90));
    kernel_script_uninit(&ks);
}

/* Everything of ours, for an owner that has gone meanwhile to be found. */
static void
test_all_that_is_ours_becomes_dirty(void **state OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct kernel_script ks;

    kernel_script_init(&ks);
    kernel_script_run(&ks, NET"+fdb oe-5 "A"\n"
                      "+neigh brvx-5 10.0.0.1 "A" ours\n"
                      "+fdb vxlan5 "B"\n+neigh brvx-5 10.0.0.2 "B"\n"
                      "+link 61 brvx-6 bridge up\nclear\n");
    kernel_dirty_all(ks.k, &ks.dirty);
    kernel_script_dump(&ks, &s);
    assert_string_equal(ds_cstr(&s), "dirty local-ip/5/10.0.0.1\n"
                        "dirty local-mac/5/"A"\ndirty network/5\n"
                        "dirty network/6\n");
    ds_destroy(&s);
    kernel_script_uninit(&ks);
}

/* What came and went leaves nothing. */
static void
test_nothing_is_left(void **state OVS_UNUSED)
{
    static const char *const ends[] = {
        "-fdb vxlan5 "A"\n-self vxlan5 "A"\n-flood vxlan5 192.0.2.2\n"
        "-fdb oe-5 "B"\n-neigh brvx-5 10.0.0.1\n-neigh brvx-5 10.0.0.2\n"
        "-hops 7\n-hop 1\ndrop\n-net 5\n",
        "-net 5\n-hop 1\n-hops 7\ndrop\n",
        "read links\n-net 5\nend links\nread hops\n-hops 7\n-hop 1\n"
        "-hop 2\nend hops\ndrop\n",
        "read links\nend links\nread links\nend links\n"
        "read fdb\nend fdb\nread fdb\nend fdb\n"
        "read neighs\nend neighs\nread neighs\nend neighs\n"
        "read hops\nend hops\nread hops\nend hops\ndrop\n",
        "read fdb\n-fdb oe-5 52:54:00:00:00:0c\n-flood vxlan5 192.0.2.9\n"
        "-self vxlan5 52:54:00:00:00:0c\nend fdb\n"
        "read neighs\n-neigh brvx-5 10.0.0.9\nend neighs\n"
        "read fdb\nend fdb\nread neighs\nend neighs\n"
        "read links\n-link 91\n-net 5\nend links\ndrop\n"
        "-hops 7\n-hop 1\ndrop\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        struct kernel_script ks;

        kernel_script_init(&ks);
        kernel_script_run(&ks, "+net 5\n"ZEBRA_A"+flood vxlan5 192.0.2.2\n"
                          "+fdb oe-5 "B"\n"
                          "+neigh brvx-5 10.0.0.1 "A" zebra\n"
                          "+neigh brvx-5 10.0.0.2 "B" ours\n"
                          "+hop 1 192.0.2.2\n+hops 7 1\n");
        kernel_script_run(&ks, ends[i]);
        assert_true(hmap_is_empty(&ks.k->links));
        assert_true(hmap_is_empty(&ks.k->links_by_name));
        assert_true(hmap_is_empty(&ks.k->links_by_vni));
        assert_true(hmap_is_empty(&ks.k->nets));
        assert_true(hmap_is_empty(&ks.k->nexthops));
        assert_true(hmap_is_empty(&ks.m.networks));
        assert_true(hmap_is_empty(&ks.m.nhgs));
        kernel_script_uninit(&ks);
    }
}

static void
add_remote(void *lines_, const struct eth_addr *mac, const struct in6_addr *ip)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (mac) {
        ds_put_format(&s, ETH_ADDR_FMT" ", ETH_ADDR_ARGS(*mac));
    }
    if (ip) {
        ds_put_cstr(&s, script_ip_string(ip));
    }
    svec_add_nocopy(lines_, ds_steal_cstr(&s));
}

static char *
list_remote(const struct kernel_script *ks, uint32_t vni)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    char *s;

    kernel_for_each_remote(ks->k, vni, add_remote, &lines);
    svec_sort(&lines);
    s = svec_join(&lines, "|", "");
    svec_destroy(&lines);
    return s;
}

/* What zebra wrote, complete or not: to be compared with what it says. */
static void
test_what_zebra_wrote_is_listed(void **state OVS_UNUSED)
{
    struct kernel_script ks;
    char *s;

    kernel_script_init(&ks);
    kernel_script_run(&ks, NET ZEBRA_A"+fdb vxlan5 "B"\n"
                      "+self vxlan5 52:54:00:00:00:0c 192.0.2.2\n"
                      "+fdb oe-5 52:54:00:00:00:0d\n"
                      "+self vxlan5 52:54:00:00:00:0d 192.0.2.2\n"
                      "+self brvx-5 52:54:00:00:00:0e\n"
                      "+flood vxlan5 192.0.2.2\n"
                      "+neigh brvx-5 10.0.0.1 "A" zebra\n"
                      "+neigh brvx-5 10.0.0.2 "B" ours\n"
                      "+neigh brvx-5 10.0.0.3 "B"\n"
                      "+link 62 vxlan6 vxlan vni=6 up\n"
                      "+flood vxlan6 192.0.2.2\n");
    s = list_remote(&ks, 5);
    assert_string_equal(s, "192.0.2.2|"A" |"A" 10.0.0.1|"B" |"
                        "52:54:00:00:00:0c ");
    free(s);
    s = list_remote(&ks, 6);
    assert_string_equal(s, "");
    free(s);
    s = list_remote(&ks, 7);
    assert_string_equal(s, "");
    free(s);
    kernel_script_uninit(&ks);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_become_facts),
        cmocka_unit_test(test_links_have_roles),
        cmocka_unit_test(test_links_are_found),
        cmocka_unit_test(test_all_that_is_ours_becomes_dirty),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_what_zebra_wrote_is_listed),
    };

    return cmocka_run_group_tests_name("kernel", tests, NULL, NULL);
}
