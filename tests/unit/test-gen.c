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
#include <string.h>
#include <cmocka.h>
#include "flow.h"
#include "flows/flow-table.h"
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "ovs-ext/model/model.h"
#include "random.h"
#include "tests/unit/gen-script.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"
#define C "52:54:00:00:00:0c"

/* A VM that runs, and then leaves; and the herald of A. */
#define LEFT "vms-known\niface v1 id=vm1 profile=vni=5 mac="A" ofport=7 " \
             "vm=u1\nvm u1 runs\nrun\nvm u1 held\nrun\n"
#define HERALD_A "12:3b:65:00:00:0a"

#define HOST "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=100\n"

/* Through the tunnel port, with the VNI of the network. */
#define TUNNEL "move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23]," \
               "set_field:192.0.2.1->tun_src,set_field:"
#define TUNNEL6 "move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23]," \
                "set_field:2001:db8::1->tun_ipv6_src,set_field:"
#define TO "->tun_dst,output:100"
#define TO6 "->tun_ipv6_dst,output:100"

/* Groups of VNI 5: 0xc0000005 and 0xc1000005. */
#define LOCAL "3221225477"
#define FLOOD "3238002693"

#define MULTICAST "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"

/* What network 5, known, has besides its groups. */
#define NETWORK_5 \
    "table=0, priority=100,tun_id=0x5,in_port=100 " \
    "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n" \
    "table=32, priority=60,reg10=0x1/0x1,metadata=0x5,"MULTICAST" " \
    "actions=group:"LOCAL"\n" \
    "table=32, priority=60,reg10=0/0x1,metadata=0x5,"MULTICAST" " \
    "actions=group:"FLOOD"\n" \
    "table=32, priority=50,reg10=0x1/0x1,metadata=0x5 " \
    "actions=group:"LOCAL"\n" \
    "table=40, priority=50,metadata=0x5 actions=group:"FLOOD"\n"

/* What no VM may send, and what is the same for all ports. */
#define SECURITY \
    "table=8, priority=130,reg10=0x2/0x2," \
    "dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 " \
    "actions=set_field:0x1->reg0,goto_table:15\n" \
    "table=8, priority=130,reg10=0x2/0x2," \
    "dl_dst=01:00:0c:cc:cc:cc/ff:ff:ff:ff:ff:fe " \
    "actions=set_field:0x1->reg0,goto_table:15\n" \
    "table=8, priority=129,reg10=0x2/0x2,vlan_tci=0x1000/0x1000 " \
    "actions=set_field:0x2->reg0,goto_table:15\n" \
    "table=8, priority=124,reg10=0x2/0x2," \
    "dl_src=01:00:00:00:00:00/01:00:00:00:00:00 " \
    "actions=set_field:0x7->reg0,goto_table:15\n" \
    "table=8, priority=128,ipv6,reg10=0x2/0x2,nw_proto=0 " \
    "actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=128,ipv6,reg10=0x2/0x2,nw_proto=59 " \
    "actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=128,icmp6,reg10=0x2/0x2,icmp_type=0 " \
    "actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=128,udp6,reg10=0x2/0x2,tp_dst=0 " \
    "actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=128,icmp6,reg10=0x2/0x2,nw_frag=yes," \
    "icmp_type=133 actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=128,icmp6,reg10=0x2/0x2,nw_frag=yes," \
    "icmp_type=135 actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=128,icmp6,reg10=0x2/0x2,nw_frag=yes," \
    "icmp_type=136 actions=set_field:0x3->reg0,goto_table:15\n" \
    "table=8, priority=127,icmp6,reg10=0x4/0x4,icmp_type=134 " \
    "actions=set_field:0x4->reg0,goto_table:15\n" \
    "table=8, priority=127,icmp6,reg10=0x4/0x4,icmp_type=137 " \
    "actions=set_field:0x4->reg0,goto_table:15\n" \
    "table=8, priority=126,udp6,reg10=0x8/0x8,tp_dst=546 " \
    "actions=set_field:0x5->reg0,goto_table:15\n" \
    "table=8, priority=126,udp,reg10=0x8/0x8,tp_dst=68 " \
    "actions=set_field:0x5->reg0,goto_table:15\n" \
    "table=8, priority=20,reg10=0x20/0x20 actions=goto_table:11\n" \
    "table=11, priority=1 actions=set_field:0x7->reg0,goto_table:15\n" \
    "table=12, priority=20,arp actions=set_field:0x8->reg0," \
    "goto_table:15\n" \
    "table=12, priority=20,rarp actions=set_field:0x8->reg0," \
    "goto_table:15\n" \
    "table=12, priority=20,ip actions=set_field:0x9->reg0," \
    "goto_table:15\n" \
    "table=12, priority=20,ipv6 actions=set_field:0x9->reg0," \
    "goto_table:15\n" \
    "table=12, priority=1 actions=goto_table:16\n" \
    "table=12, priority=30,udp,nw_src=0.0.0.0,nw_dst=255.255.255.255," \
    "tp_src=68,tp_dst=67 actions=goto_table:16\n" \
    "table=14, priority=30,arp,arp_spa=0.0.0.0,arp_op=1 " \
    "actions=goto_table:16\n" \
    "table=12, priority=30,icmp6,ipv6_src=::,ipv6_dst=ff00::/8," \
    "icmp_type=133 actions=goto_table:13\n" \
    "table=12, priority=30,icmp6,ipv6_src=::," \
    "ipv6_dst=ff02::1:ff00:0/104,icmp_type=135,icmp_code=0," \
    "nd_sll=00:00:00:00:00:00 actions=goto_table:13\n" \
    "table=12, priority=30,icmp6,ipv6_src=::,ipv6_dst=ff00::/8," \
    "icmp_type=131 actions=goto_table:16\n" \
    "table=12, priority=30,icmp6,ipv6_src=::,ipv6_dst=ff00::/8," \
    "icmp_type=132 actions=goto_table:16\n" \
    "table=12, priority=30,icmp6,ipv6_src=::,ipv6_dst=ff00::/8," \
    "icmp_type=143 actions=goto_table:16\n" \
    "table=13, priority=20,icmp6,icmp_type=135 " \
    "actions=set_field:0xa->reg0,goto_table:15\n" \
    "table=13, priority=20,icmp6,icmp_type=136 " \
    "actions=set_field:0xa->reg0,goto_table:15\n" \
    "table=13, priority=120,icmp6,icmp_type=135,icmp_code=0," \
    "nd_target=:: actions=set_field:0xa->reg0,goto_table:15\n" \
    "table=13, priority=30,icmp6,icmp_type=135,icmp_code=0," \
    "nd_sll=00:00:00:00:00:00 actions=goto_table:16\n" \
    "table=13, priority=30,icmp6,icmp_type=136,icmp_code=0," \
    "nd_tll=00:00:00:00:00:00 actions=goto_table:14\n" \
    "table=13, priority=20,icmp6,icmp_type=133 " \
    "actions=check_pkt_larger(62)->NXM_NX_REG10[12],goto_table:14\n" \
    "table=13, priority=30,icmp6,reg0=0x100,icmp_type=133 " \
    "actions=set_field:0->reg0,goto_table:16\n" \
    "table=14, priority=30,icmp6,reg10=0/0x1000,icmp_type=133 " \
    "actions=goto_table:16\n" \
    "table=13, priority=1 actions=goto_table:16\n" \
    "table=14, priority=20,arp actions=set_field:0x8->reg0," \
    "goto_table:15\n" \
    "table=14, priority=20,ipv6 actions=set_field:0xa->reg0," \
    "goto_table:15\n"

/* What counts that no VM is a router, DHCP server or gateway. */
#define COUNTERS \
    "table=15, priority=100,reg0=0x1,reg14=0x7 actions=drop\n" \
    "table=15, priority=100,reg0=0x2,reg14=0x7 actions=drop\n" \
    "table=15, priority=100,reg0=0x3,reg14=0x7 actions=drop\n" \
    "table=15, priority=100,reg0=0x4,reg14=0x7 actions=drop\n" \
    "table=15, priority=100,reg0=0x5,reg14=0x7 actions=drop\n" \
    "table=15, priority=100,reg0=0x6,reg14=0x7 actions=drop\n" \
    "table=15, priority=100,reg0=0x7,reg14=0x7 actions=drop\n"

static const struct {
    const char *name;           /* The situation. */
    const char *input;          /* Facts; "run" follows. */
    const char *owner;
    const char *expected;       /* What flow_list_format() says. */
} cases[] = {
    { "host", HOST, "host",
      "group_id=268435456,type=select,selection_method=dp_hash,"
      "bucket=bucket_id:0,actions=resubmit(,48)\n"
      "table=0, priority=1,in_port=100 actions=drop\n"
      "table=8, priority=100,vlan_tci=0x1000/0x1000 actions=drop\n"
      "table=8, priority=100,dl_src=01:00:00:00:00:00/01:00:00:00:00:00 "
      "actions=drop\n"
      "table=8, priority=100,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 "
      "actions=drop\n"
      "table=8, priority=1,reg10=0x1/0x1 actions=goto_table:26\n"
      "table=8, priority=1,reg10=0/0x1 actions=goto_table:16\n"
      SECURITY
      "table=32, priority=1,reg10=0/0x1 actions=goto_table:40\n" },
    { "host without a tunnel port", "host vtep=192.0.2.1\n", "host",
      "group_id=268435456,type=select,selection_method=dp_hash,"
      "bucket=bucket_id:0,actions=resubmit(,48)\n"
      "table=8, priority=100,vlan_tci=0x1000/0x1000 actions=drop\n"
      "table=8, priority=100,dl_src=01:00:00:00:00:00/01:00:00:00:00:00 "
      "actions=drop\n"
      "table=8, priority=100,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 "
      "actions=drop\n"
      "table=8, priority=1,reg10=0x1/0x1 actions=goto_table:26\n"
      "table=8, priority=1,reg10=0/0x1 actions=goto_table:16\n"
      SECURITY
      "table=32, priority=1,reg10=0/0x1 actions=goto_table:40\n" },

    { "network without a port here",
      HOST"network blue 5\nflood 5 192.0.2.2\n", "network/5", "" },
    { "network that nobody named", HOST, "network/5", "" },
    { "network with one port and no VTEP",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n", "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,52)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network whose only port is in standby: nobody to deliver to",
      HOST"network blue 5\nport vm1 blue standby "A"\n"
      "iface v1 id=vm1 ofport=7\n",
      "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network with VTEPs of both families",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "flood 5 192.0.2.2\nflood 5 2001:db8::2\n", "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,52)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL","
      "bucket=bucket_id:1,actions="TUNNEL6"2001:db8::2"TO6","
      "bucket=bucket_id:2,actions="TUNNEL"192.0.2.2"TO"\n" },
    { "a VTEP of a family that the host lacks, and the host itself",
      "host vtep=192.0.2.1 tunnel=100\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "flood 5 192.0.2.1\nflood 5 2001:db8::2\n", "network/5",
      NETWORK_5
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,52)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network without a tunnel port",
      "host vtep=192.0.2.1\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "flood 5 192.0.2.2\n", "network/5",
      "table=32, priority=60,reg10=0x1/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"LOCAL"\n"
      "table=32, priority=60,reg10=0/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"FLOOD"\n"
      "table=32, priority=50,reg10=0x1/0x1,metadata=0x5 "
      "actions=group:"LOCAL"\n"
      "table=40, priority=50,metadata=0x5 actions=group:"FLOOD"\n"
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,52)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },
    { "network that drops unknown unicast still floods multicast",
      HOST"network blue 5 drop\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n", "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n"
      "table=32, priority=60,reg10=0x1/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"LOCAL"\n"
      "table=32, priority=60,reg10=0/0x1,metadata=0x5,"MULTICAST" "
      "actions=group:"FLOOD"\n"
      "table=32, priority=50,reg10=0x1/0x1,metadata=0x5 actions=drop\n"
      "table=40, priority=50,metadata=0x5 actions=drop\n"
      "group_id="LOCAL",type=all,"
      "bucket=bucket_id:0,actions=set_field:0x7->reg15,resubmit(,52)\n"
      "group_id="FLOOD",type=all,bucket=bucket_id:0,actions=group:"LOCAL"\n" },

    { "port", HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n",
      "port/vm1",
      "table=0, priority=100,in_port=7 "
      "actions=set_field:0x5->metadata,set_field:0x7->reg14,"
      "set_field:0x1e->reg10,goto_table:8\n"
      "table=64, priority=100,reg15=0x7 actions=output:7\n" COUNTERS },
    { "port that is not checked",
      HOST"network blue 5\nport vm1 blue security=off "A" 10.0.0.1\n"
      "iface v1 id=vm1 ofport=7\n", "port/vm1",
      "table=0, priority=100,in_port=7 "
      "actions=set_field:0x5->metadata,set_field:0x7->reg14,goto_table:8\n"
      "table=64, priority=100,reg15=0x7 actions=output:7\n" },
    { "port in standby: says and hears nothing",
      HOST"network blue 5\nport vm1 blue standby "A"\n"
      "iface v1 id=vm1 ofport=7\n",
      "port/vm1", "table=0, priority=100,in_port=7 actions=drop\n" },
    { "port without a MAC: the same",
      HOST"iface v1 id=vm1 profile=vni=5 ofport=7\n",
      "port/vm1", "table=0, priority=100,in_port=7 actions=drop\n" },
    { "port of somebody else", HOST"iface v1 id=lsp1 ofport=7\n",
      "port/lsp1", "" },
    { "port on another host", HOST"network blue 5\nport vm1 blue "A"\n",
      "port/vm1", "" },

    { "local MAC", HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n",
      "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0x7->reg15,goto_table:52\n" },
    { "local MAC, while it is claimed",
      HOST"settle\nmac 5 "A" 192.0.2.2\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n", "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0x7->reg15,goto_table:52\n" },
    { "local MAC that moved away",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "A" 192.0.2.2\n", "local-mac/5/"A, "" },
    { "and it is at the other VTEP then",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "A" 192.0.2.2\n", "remote-mac/5/"A,
      "table=40, priority=100,metadata=0x5,dl_dst="A" "
      "actions="TUNNEL"192.0.2.2"TO"\n" },
    { "local MAC of a VM that has left, for nobody knows where",
      HOST LEFT, "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0x7->reg15,goto_table:52\n" },
    { "local MAC of a VM that has left for a VTEP, which its herald tells",
      HOST LEFT"mac 5 "HERALD_A" 192.0.2.2\n", "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0->in_port,"TUNNEL"192.0.2.2"TO"\n"
      "table=32, priority=110,tun_src=192.0.2.2,metadata=0x5,dl_dst="A" "
      "actions=drop\n" },
    { "and for one that EVPN tells",
      HOST LEFT"mac 5 "A" 2001:db8::2\n", "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0->in_port,"TUNNEL6"2001:db8::2"TO6"\n"
      "table=32, priority=110,tun_ipv6_src=2001:db8::2,metadata=0x5,dl_dst="A
      " actions=drop\n" },
    { "its port, which is gone: nobody sends or receives there",
      HOST LEFT"del-iface v1\n", "port/vm1", "" },
    { "and its MAC, as long as it lingers",
      HOST LEFT"del-iface v1\nmac 5 "HERALD_A" 192.0.2.2\n",
      "local-mac/5/"A,
      "table=32, priority=100,metadata=0x5,dl_dst="A" "
      "actions=set_field:0->in_port,"TUNNEL"192.0.2.2"TO"\n"
      "table=32, priority=110,tun_src=192.0.2.2,metadata=0x5,dl_dst="A" "
      "actions=drop\n" },
    { "local MAC of a port in standby",
      HOST"network blue 5\nport vm1 blue standby "A"\n"
      "iface v1 id=vm1 ofport=7\n",
      "local-mac/5/"A, "" },
    { "remote MAC",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 192.0.2.2\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions="TUNNEL"192.0.2.2"TO"\n" },
    { "remote MAC at an IPv6 VTEP",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 2001:db8::2\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions="TUNNEL6"2001:db8::2"TO6"\n" },
    { "remote MAC behind a next-hop group of zebra's",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" nhg=0x20000001\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions=group:536870913\n" },
    { "remote MAC behind a next-hop group of somebody else's",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" nhg=7\n", "remote-mac/5/"B,
      "table=40, priority=100,metadata=0x5,dl_dst="B" "
      "actions=group:553648135\n" },
    { "remote MAC behind a next-hop group that has no room",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" nhg=0x30000001\n", "remote-mac/5/"B, "" },
    { "remote MAC of a network without a port here",
      HOST"mac 5 "B" 192.0.2.2\n", "remote-mac/5/"B, "" },
    { "remote MAC at this host's own VTEP",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 192.0.2.1\n", "remote-mac/5/"B, "" },
    { "remote MAC at a VTEP of a family that the host lacks",
      "host vtep=192.0.2.1 tunnel=100\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 2001:db8::2\n", "remote-mac/5/"B, "" },
    { "remote MAC without a tunnel port",
      "host vtep=192.0.2.1\n"
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n"
      "mac 5 "B" 192.0.2.2\n", "remote-mac/5/"B, "" },
    { "remote MAC that is gone",
      HOST"iface v1 id=vm1 profile=vni=5 mac="A" ofport=7\n",
      "remote-mac/5/"B, "" },

    { "next-hop group: members in the order of their addresses",
      HOST"nhg 0x20000001 192.0.2.3 192.0.2.2 2001:db8::2\n",
      "nhg/536870913",
      "group_id=536870913,type=select,selection_method=dp_hash,"
      "bucket=23*actions="TUNNEL"192.0.2.2"TO","
      "bucket=16*actions="TUNNEL"192.0.2.3"TO","
      "bucket=25*actions="TUNNEL6"2001:db8::2"TO6"\n" },
    { "next-hop group one of whose members is gone: the others keep theirs",
      HOST"nhg 0x20000001 192.0.2.3 2001:db8::2\n",
      "nhg/536870913",
      "group_id=536870913,type=select,selection_method=dp_hash,"
      "bucket=31*actions="TUNNEL"192.0.2.3"TO","
      "bucket=33*actions="TUNNEL6"2001:db8::2"TO6"\n" },
    { "next-hop group of somebody else's",
      HOST"nhg 7 192.0.2.2\n", "nhg/7",
      "group_id=553648135,type=select,selection_method=dp_hash,"
      "bucket=64*actions="TUNNEL"192.0.2.2"TO"\n" },
    { "next-hop group nobody of which can be reached: is there, and drops",
      "host vtep=192.0.2.1\nnhg 7 192.0.2.2\n", "nhg/7",
      "group_id=553648135,type=select,selection_method=dp_hash\n" },
    { "next-hop group without room", HOST"nhg 0x30000001 192.0.2.2\n",
      "nhg/805306369", "" },
    { "next-hop group that is gone", HOST, "nhg/7", "" },
};

/* Is the flow 'line' one of those that test-gen-suppress.c, test-gen-acl.c,
 * test-gen-learn.c, test-gen-route.c or test-gen-gateway.c is about? */
static bool
is_elsewhere(const char *line)
{
    int table;

    return (!strncmp(line, "meter=", 6)
            || strstr(line, ",tp_src=67,") || strstr(line, ",tp_src=547,")
            || (ovs_scan(line, "table=%d", &table)
                && ((table >= TABLE_ACL_FROM
                     && table <= TABLE_ACL_FROM_PASS)
                    || table == TABLE_LEARN
                    || (table >= TABLE_SUPPRESS && table <= TABLE_ROUTED)
                    || (table >= TABLE_ACL_TO && table <= TABLE_ACL_TO_PASS)
                    || table >= TABLE_RESOLVE)));
}

/* Returns 's' without these lines.  The caller frees it. */
static char *
without_others(char *s)
{
    struct ds rest = DS_EMPTY_INITIALIZER;
    char *line, *save_ptr = NULL;

    for (line = strtok_r(s, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        if (!is_elsewhere(line)) {
            ds_put_format(&rest, "%s\n", line);
        }
    }
    return ds_steal_cstr(&rest);
}

/* Returns the text of what 'owner' of 'm' wants, without what is tested
 * elsewhere.  The caller frees it. */
static char *
format_wants(const struct model *m, const struct owner *owner)
{
    struct flow_payloads payloads;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow_list list;
    char *text;

    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_owner(m, owner, &list);
    for (size_t i = 0; i < list.n; i++) {
        gen_script_format(&list.items[i], &s);
    }
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    text = without_others(ds_cstr(&s));
    ds_destroy(&s);
    return text;
}

static void
test_owners_have_their_flows(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct owner owner;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        model_script_run(&m, "run");
        assert_null(owner_parse(cases[i].owner, &owner));
        got = format_wants(&m, &owner);
        script_check(cases[i].name, cases[i].expected, got);
        free(got);
        model_uninit(&m);
    }
}

/* What is generated for what a change made dirty is all that there is to
 * generate: looking at everything again changes nothing. */

static const char *const facts[] = {
    "host vtep=192.0.2.1 tunnel=100", "host vtep=192.0.2.1",
    "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=101",
    "network blue 5", "network blue 6", "network blue 5 gateway_mac="C,
    "network blue 5 gateway_mac="B" 10.0.0.1/24 10.0.0.254/24",
    "port vm1 blue "A" 10.0.0.1 pair=10.0.0.0/24 pair=10.0.0.9,"B,
    "port vm1 blue security=on "A, "port vm1 blue security=off "A" 10.0.0.1",
    "port vm2 blue allow=dhcp-server "A" 10.0.0.2", "network red 5 drop",
    "del-network blue", "del-network red",
    "port vm1 blue "A" 10.0.0.1", "port vm1 red standby "A,
    "port vm2 blue "A, "port vm2 red "B, "del-port vm1", "del-port vm2",
    "iface v1 id=vm1 ofport=1", "iface v1 id=vm1", "del-iface v1",
    "iface v2 id=vm2 ofport=2", "iface v2 id=vm1 ofport=2", "del-iface v2",
    "iface v3 id=vm3 profile=vni=5 mac="A" ofport=3",
    "iface v3 id=vm3 profile=vni=6 mac="C" ofport=3", "del-iface v3",
    "mac 5 "A" 192.0.2.2", "mac 5 "A" nhg=0x20000001", "del-mac 5 "A,
    "mac 5 "B" 192.0.2.3", "mac 5 "B" 2001:db8::2", "del-mac 5 "B,
    "mac 6 "C" 192.0.2.2", "mac 6 "C" nhg=7", "del-mac 6 "C,
    "flood 5 192.0.2.2", "del-flood 5 192.0.2.2", "flood 6 2001:db8::2",
    "del-flood 6 2001:db8::2", "nhg 0x20000001 192.0.2.2 192.0.2.3",
    "nhg 0x20000001 192.0.2.3", "del-nhg 0x20000001", "nhg 7 192.0.2.2",
    "del-nhg 7", "settle",
    "port vm1 blue "A" 10.0.0.1 groups=web", "port vm1 blue "A" groups=adm",
    "port vm1 blue "A" 10.0.0.1 10.0.0.2 groups=web,adm",
    "port vm2 blue "B" 10.0.0.2 groups=web", "port vm2 blue "B" groups=db",
    "port vm9 blue "C" 10.0.0.9 groups=adm", "del-port vm9",
    "network blue 5 acl=a1,a2 ingress=drop", "network blue 5 acl=a2",
    "network blue 5 egress=reject", "network red 5 acl=a1",
    "rule a1 ingress priority=9 protocol=6 ports=22 drop",
    "rule a1 ingress priority=9 protocol=6 ports=1-30 remote=adm",
    "rule a2 egress priority=9 reject", "rule a2 ingress remote=web",
    "rule a2 ingress ports=1-30 10.1.0.0/16 10.3.0.0/16 10.5.0.0/16",
    "rule r1 ingress protocol=6 ports=22", "rule r1 egress stateless",
    "rule r1 ingress remote=adm", "rule r1 ingress error=bad",
    "rule r2 ingress ports=1-30 10.1.0.0/16 10.3.0.0/16 10.5.0.0/16",
    "rule r2 ingress remote=adm", "rule r2 ingress protocol=6 ports=22",
    "group web r1", "group web r1 r2", "group web", "group adm r2",
    "group adm", "del-group web", "del-group adm", "del-rule r1",
    "del-rule r2", "del-rule a1", "del-rule a2", "group db r1",
    "del-nhg 7", "settle", "port vm1 blue "A" 10.0.0.1 fd00::1",
    "port vm2 blue "B" 10.0.0.1", "neigh 5 10.0.0.1 "B,
    "neigh 5 10.0.0.1 "C, "del-neigh 5 10.0.0.1", "neigh 5 fd00::1 "C" router",
    "del-neigh 5 fd00::1", "neigh 6 10.0.0.1 "B, "del-neigh 6 10.0.0.1",
    "network blue 5 no-suppression", "network blue 5 drop-arp",
    "network blue 5 no-suppression drop-arp", "nd-extension yes",
    "nd-extension no",
    "hear 5 1 "A" 10.0.0.1", "hear 5 2 "C" 10.0.0.8", "adopt port 2 "C,
    "port vm2 blue security=off "B, "hear 5 1 "A" 10.0.0.6 tentative",
    "hear 5 1 "A" 10.0.0.7", "hear 5 3 "A" fd00::1",
    "hear 5 2 "B" 10.0.0.7", "hear 5 2 "A" 10.0.0.1", "hear 6 3 "C" 10.0.0.1",
    "hear 5 3 "A" 10.0.0.7", "adopt 5 10.0.0.7 "A, "adopt 5 fd00::1 "B,
    "neigh 5 10.0.0.7 "C, "del-neigh 5 10.0.0.7", "learn-age 500",
    "learn-age 90000", "port vm1 blue learn max-learned=1 "A" 10.0.0.1",
    "port vm1 blue no-learn "A,
    "underlay 1600 0", "underlay 1500 1600", "vpc v 9", "vpc v 10",
    "vpc w 11", "del-vpc v", "vpc w 5",
    "network blue 5 vpc=v 10.0.0.254/24 10.0.0.253/24 fd00::fe/64",
    "network blue 5 vpc=v 10.0.0.254/24 fe80::1/64 gateway_mac="C,
    "network red 6 vpc=v 10.0.1.254/24 fd00:1::fe/64",
    "network red 6 vpc=w 10.0.0.254/24", "network red 6 vpc=v 10.0.0.9/25",
    "network blue 5 vpc=v no-suppression 10.0.0.254/24 mtu=9000",
    "route 9 10.1.0.0/16 l3/9/192.0.2.2", "route 9 10.1.0.0/16",
    "route 9 10.1.0.0/16 l3/9/192.0.2.2 l3/9/192.0.2.3 5/",
    "route 10 ::/0 l3/9/192.0.2.2 l3/9/192.0.2.3 5/", "del-route 10 ::/0",
    "route 9 0.0.0.0/0 l3/9/2001:db8::2", "route 9 10.0.0.1/32 6/10.0.1.9",
    "del-route 9 10.1.0.0/16", "router-mac 9 192.0.2.2 "A,
    "router-mac 9 192.0.2.2 "B, "del-router-mac 9 192.0.2.2",
    "router-mac 9 2001:db8::2 "A, "adopt-router-mac 9 192.0.2.2 "C,
};

/* Generates again what is dirty in 'm'.  Returns how much of it differed. */
static size_t
update_dirty(struct model *m, struct flow_table *t)
{
    struct flow_list list;
    struct owner owner;
    size_t n = 0;

    flow_list_init(&list, &t->payloads);
    while (owner_set_pop(&m->dirty, &owner)) {
        gen_owner(m, &owner, &list);
        n += flow_table_update(t, &owner, &list);
    }
    flow_list_uninit(&list);
    return n;
}

static size_t
recompute(struct model *m, struct flow_table *t)
{
    size_t n;

    flow_table_recompute_begin(t);
    model_dirty_all(m);
    n = update_dirty(m, t);
    return n + flow_table_recompute_end(t);
}

/* Flows, their matches expanded, of one model. */
struct all_flows {
    struct flow_payloads payloads;
    struct flow_list list;
    struct match *matches;
};

static void
all_flows_init(struct all_flows *all, struct model *m)
{
    struct owner owner;

    flow_payloads_init(&all->payloads);
    flow_list_init(&all->list, &all->payloads);
    model_dirty_all(m);
    while (owner_set_pop(&m->dirty, &owner)) {
        gen_owner(m, &owner, &all->list);
    }
    all->matches = xcalloc(all->list.n, sizeof *all->matches);
    for (size_t i = 0; i < all->list.n; i++) {
        if (all->list.items[i].key.kind == FLOW_FLOW) {
            minimatch_expand(&all->list.items[i].key.match, &all->matches[i]);
        }
    }
}

static void
all_flows_uninit(struct all_flows *all)
{
    free(all->matches);
    flow_list_uninit(&all->list);
    flow_payloads_uninit(&all->payloads);
}

static bool
overlaps(const struct match *a, const struct match *b)
{
    for (size_t i = 0; i < FLOW_U64S; i++) {
        if ((flow_u64_value(&a->flow, i) ^ flow_u64_value(&b->flow, i))
            & flow_u64_value(&a->wc.masks, i)
            & flow_u64_value(&b->wc.masks, i)) {
            return false;
        }
    }
    return true;
}

/* Is 'item' a part of a conjunction, or what it leads to?  The switch meets
 * several of them. */
static bool
is_conjunctive(const struct flow_item *item)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    bool is;

    flow_key_format(&item->key, item->payload, &s);
    is = strstr(ds_cstr(&s), "conjunction(") || strstr(ds_cstr(&s), "conj_id");
    ds_destroy(&s);
    return is;
}

/* May it be either of them that a frame meets, to different ends?  (Of the
 * same flow of two owners, one is installed: see flow-table.h.) */
static bool
is_ambiguous(const struct all_flows *all, size_t i, size_t j)
{
    const struct flow_item *a = &all->list.items[i];
    const struct flow_item *b = &all->list.items[j];

    return (a->key.kind == FLOW_FLOW && b->key.kind == FLOW_FLOW
            && a->key.table_id == b->key.table_id
            && a->key.priority == b->key.priority
            && a->payload != b->payload
            && !flow_key_equal(&a->key, &b->key)
            && overlaps(&all->matches[i], &all->matches[j])
            && !(is_conjunctive(a) && is_conjunctive(b)));
}

/* OpenFlow leaves open which one of several flows of the same priority a frame
 * meets (OpenFlow 1.5.1 section 5.3). */
static void
check_unambiguous(struct model *m, const char *past)
{
    struct all_flows all;

    all_flows_init(&all, m);
    for (size_t i = 0; i < all.list.n; i++) {
        for (size_t j = 0; j < i; j++) {
            if (is_ambiguous(&all, i, j)) {
                struct ds s = DS_EMPTY_INITIALIZER;

                flow_key_format(&all.list.items[i].key,
                                all.list.items[i].payload, &s);
                ds_put_cstr(&s, "\noverlaps\n");
                flow_key_format(&all.list.items[j].key,
                                all.list.items[j].payload, &s);
                fail_msg("%s\nafter\n%s", ds_cstr(&s), past);
            }
        }
    }
    all_flows_uninit(&all);
}

static void
test_no_flow_is_ambiguous(void **state OVS_UNUSED)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct ds past = DS_EMPTY_INITIALIZER;
        struct model m;

        random_set_seed(seed);
        model_init(&m);
        for (int i = 0; i < 100; i++) {
            const char *fact = facts[random_range(ARRAY_SIZE(facts))];

            ds_put_format(&past, "%s\n", fact);
            model_script_run(&m, fact);
            model_run(&m, i * 100);
        }
        check_unambiguous(&m, ds_cstr(&past));
        model_uninit(&m);
        ds_destroy(&past);
    }
}

static void
test_recompute_changes_nothing(void **state OVS_UNUSED)
{
    for (uint32_t seed = 1; seed <= 60; seed++) {
        struct ds past = DS_EMPTY_INITIALIZER;
        struct flow_table t;
        struct model m;

        random_set_seed(seed);
        model_init(&m);
        flow_table_init(&t);
        recompute(&m, &t);
        for (int i = 0; i < 100; i++) {
            const char *fact = facts[random_range(ARRAY_SIZE(facts))];

            ds_put_format(&past, "%s\n", fact);
            model_script_run(&m, fact);
            if (random_range(3)) {
                ds_put_format(&past, "run %d\n", i * 100);
                model_run(&m, i * 100);
                update_dirty(&m, &t);
                if (recompute(&m, &t)) {
                    fail_msg("seed %"PRIu32": recompute changed something "
                             "after\n%s", seed, ds_cstr(&past));
                }
            }
        }
        flow_table_uninit(&t);
        model_uninit(&m);
        ds_destroy(&past);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners_have_their_flows),
        cmocka_unit_test(test_no_flow_is_ambiguous),
        cmocka_unit_test(test_recompute_changes_nothing),
    };

    return cmocka_run_group_tests_name("gen", tests, NULL, NULL);
}
