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
#include "flows/flow-list.h"
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "tests/unit/gen-script.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

/* A port in network 5, which the VPC with L3VNI 9 routes by default. */
#define HOST "host vtep=192.0.2.1 vtep6=2001:db8::1 tunnel=100\n"
#define PORT "port vm1 blue "A" 10.0.0.1 fd00::1\niface v1 id=vm1 ofport=7\n"
#define BLUE "network blue 5 vpc=v 10.0.0.254/24 fd00::fe/64\n"
#define HERE HOST"vpc v 9\n"BLUE PORT

static const struct gen_case cases[] = {
    { "host",
      HOST,
      "host",
      "table=28, priority=1 actions=goto_table:32\n"
      "table=29, priority=1 actions=set_field:0x2->reg1,resubmit(,97),"
      "controller(id=28517,userdata=00.00.00.07)\n"
      "table=30, priority=1 actions=drop\n"
      "table=31, priority=110,ip,nw_ttl=0 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=31, priority=110,ip,nw_ttl=1 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=98, priority=100,ip,reg10=0/0x300 actions=dec_ttl,"
      "set_field:0/0x1->reg10,set_field:0->in_port,resubmit(,32)\n"
      "table=98, priority=100,ip,reg10=0x200/0x300 actions=dec_ttl,"
      "set_field:0->in_port,output:100\n"
      "table=31, priority=110,ipv6,nw_ttl=0 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=31, priority=110,ipv6,nw_ttl=1 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=98, priority=100,ipv6,reg10=0/0x300 actions=dec_ttl,"
      "set_field:0/0x1->reg10,set_field:0->in_port,resubmit(,32)\n"
      "table=98, priority=100,ipv6,reg10=0x200/0x300 actions=dec_ttl,"
      "set_field:0->in_port,output:100\n"
      "table=31, priority=100,reg10=0x200/0x600 actions=resubmit(,98)\n"
      "table=31, priority=100,reg10=0x600/0x600 actions=resubmit(,98)\n" },
    { "host without a tunnel port",
      "host vtep=192.0.2.1\n",
      "host",
      "table=28, priority=1 actions=goto_table:32\n"
      "table=29, priority=1 actions=set_field:0x2->reg1,resubmit(,97),"
      "controller(id=28517,userdata=00.00.00.07)\n"
      "table=30, priority=1 actions=drop\n"
      "table=31, priority=110,ip,nw_ttl=0 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=31, priority=110,ip,nw_ttl=1 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=98, priority=100,ip,reg10=0/0x300 actions=dec_ttl,"
      "set_field:0/0x1->reg10,set_field:0->in_port,resubmit(,32)\n"
      "table=31, priority=110,ipv6,nw_ttl=0 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=31, priority=110,ipv6,nw_ttl=1 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=98, priority=100,ipv6,reg10=0/0x300 actions=dec_ttl,"
      "set_field:0/0x1->reg10,set_field:0->in_port,resubmit(,32)\n"
      "table=31, priority=100,reg10=0x200/0x600 actions=resubmit(,98)\n"
      "table=31, priority=100,reg10=0x600/0x600 actions=resubmit(,98)\n" },
    { "host whose underlay is known",
      HOST"underlay 1600 1600\n",
      "host",
      "table=28, priority=1 actions=goto_table:32\n"
      "table=29, priority=1 actions=set_field:0x2->reg1,resubmit(,97),"
      "controller(id=28517,userdata=00.00.00.07)\n"
      "table=30, priority=1 actions=drop\n"
      "table=31, priority=110,ip,nw_ttl=0 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=31, priority=110,ip,nw_ttl=1 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=98, priority=100,ip,reg10=0/0x300 actions=dec_ttl,"
      "set_field:0/0x1->reg10,set_field:0->in_port,resubmit(,32)\n"
      "table=98, priority=100,ip,reg10=0x200/0x300 actions=dec_ttl,"
      "set_field:0->in_port,output:100\n"
      "table=31, priority=110,ipv6,nw_ttl=0 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=31, priority=110,ipv6,nw_ttl=1 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.06)\n"
      "table=98, priority=100,ipv6,reg10=0/0x300 actions=dec_ttl,"
      "set_field:0/0x1->reg10,set_field:0->in_port,resubmit(,32)\n"
      "table=98, priority=100,ipv6,reg10=0x200/0x300 actions=dec_ttl,"
      "set_field:0->in_port,output:100\n"
      "table=31, priority=100,reg10=0x200/0x600 "
      "actions=check_pkt_larger(1564)->NXM_NX_REG10[8],resubmit(,98)\n"
      "table=98, priority=100,reg10=0x300/0x700 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.08.06.0e)\n"
      "table=31, priority=100,reg10=0x600/0x600 "
      "actions=check_pkt_larger(1544)->NXM_NX_REG10[8],resubmit(,98)\n"
      "table=98, priority=100,reg10=0x700/0x700 actions=set_field:0x2->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.08.05.fa)\n" },
    { "network that is routed",
      HERE,
      "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,ipv6_dst=fe80::6f:65ff:fe00:5 "
      "actions=set_field:0x9->reg0,resubmit(,96)\n"
      "table=28, priority=100,ip,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05 actions=set_field:0x9->reg0,goto_table:29\n"
      "table=28, priority=100,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05 actions=set_field:0x9->reg0,goto_table:29\n"
      "table=28, priority=50,metadata=0x5,dl_dst=02:6f:65:00:00:05 "
      "actions=drop\n"
      "table=29, priority=1097,ip,reg0=0x9,nw_dst=10.0.0.0/24 "
      "actions=set_field:0x5->metadata,set_field:0->reg5,set_field:0->reg6,"
      "set_field:0xffff->reg7,move:NXM_OF_IP_DST[]->NXM_NX_REG8[],"
      "goto_table:30\n"
      "table=29, priority=1257,ipv6,reg0=0x9,ipv6_dst=fd00::/64 "
      "actions=set_field:0x5->metadata,"
      "move:NXM_NX_IPV6_DST[96..127]->NXM_NX_REG5[],"
      "move:NXM_NX_IPV6_DST[64..95]->NXM_NX_REG6[],"
      "move:NXM_NX_IPV6_DST[32..63]->NXM_NX_REG7[],"
      "move:NXM_NX_IPV6_DST[0..31]->NXM_NX_REG8[],goto_table:30\n"
      "table=30, priority=50,metadata=0x5 actions=set_field:0x1->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.05)\n"
      "table=31, priority=100,reg10=0/0x200,metadata=0x5 "
      "actions=check_pkt_larger(1514)->NXM_NX_REG10[8],resubmit(,98)\n"
      "table=98, priority=100,reg10=0x100/0x300,metadata=0x5 "
      "actions=set_field:0x2->reg1,resubmit(,97),controller(id=28517,"
      "userdata=00.00.00.08.05.dc)\n"
      "meter=419430405 pktps burst stats bands= type=drop rate=50 "
      "burst_size=100\n"
      "table=28, priority=100,arp,reg10=0x1/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,arp_op=2 "
      "actions=controller(id=28517,userdata=00.00.00.0a,"
      "meter_id=419430405)\n"
      "table=28, priority=100,icmp6,reg10=0x1/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,nw_ttl=255,icmp_type=136,icmp_code=0 "
      "actions=controller(id=28517,userdata=00.00.00.0a,"
      "meter_id=419430405)\n" },
    { "... with two gateways in a prefix, one link-local, and an MTU",
      HERE"network blue 5 vpc=v mtu=9000 10.0.0.254/24 10.0.0.253/24 "
      "fe80::1/64\n",
      "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,ipv6_dst=fe80::6f:65ff:fe00:5 "
      "actions=set_field:0x9->reg0,resubmit(,96)\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,ipv6_dst=fe80::1 actions=set_field:0x9->reg0,"
      "resubmit(,96)\n"
      "table=28, priority=100,ip,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05 actions=set_field:0x9->reg0,goto_table:29\n"
      "table=28, priority=100,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05 actions=set_field:0x9->reg0,goto_table:29\n"
      "table=28, priority=50,metadata=0x5,dl_dst=02:6f:65:00:00:05 "
      "actions=drop\n"
      "table=29, priority=1097,ip,reg0=0x9,nw_dst=10.0.0.0/24 "
      "actions=set_field:0x5->metadata,set_field:0->reg5,set_field:0->reg6,"
      "set_field:0xffff->reg7,move:NXM_OF_IP_DST[]->NXM_NX_REG8[],"
      "goto_table:30\n"
      "table=30, priority=50,metadata=0x5 actions=set_field:0x1->reg1,"
      "resubmit(,97),controller(id=28517,userdata=00.00.00.05)\n"
      "table=31, priority=100,reg10=0/0x200,metadata=0x5 "
      "actions=check_pkt_larger(9014)->NXM_NX_REG10[8],resubmit(,98)\n"
      "table=98, priority=100,reg10=0x100/0x300,metadata=0x5 "
      "actions=set_field:0x2->reg1,resubmit(,97),controller(id=28517,"
      "userdata=00.00.00.08.23.28)\n"
      "meter=419430405 pktps burst stats bands= type=drop rate=50 "
      "burst_size=100\n"
      "table=28, priority=100,arp,reg10=0x1/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,arp_op=2 "
      "actions=controller(id=28517,userdata=00.00.00.0a,"
      "meter_id=419430405)\n"
      "table=28, priority=100,icmp6,reg10=0x1/0x1,metadata=0x5,"
      "dl_dst=02:6f:65:00:00:05,nw_ttl=255,icmp_type=136,icmp_code=0 "
      "actions=controller(id=28517,userdata=00.00.00.0a,"
      "meter_id=419430405)\n" },
    { "network without a VPC",
      HERE"network blue 5 10.0.0.254/24\n",
      "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n" },
    { "network of a VPC, without a gateway",
      HERE"network blue 5 vpc=v\n",
      "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n" },
    { "network whose gateway another one of the VPC has",
      HERE"network bl 6 vpc=v 10.0.0.1/16\n",
      "network/5",
      "table=0, priority=100,tun_id=0x5,in_port=100 "
      "actions=set_field:0x5->metadata,set_field:0x1->reg10,goto_table:8\n" },
    { "network without a port here",
      HERE"del-iface v1\n",
      "network/5",
      "" },
    { "port of a network that is routed",
      HERE,
      "port/vm1",
      "table=0, priority=100,in_port=7 actions=set_field:0x5->metadata,"
      "set_field:0x7->reg14,set_field:0x3e->reg10,goto_table:8\n"
      "meter=335544327 pktps burst stats bands= type=drop rate=50 "
      "burst_size=100\n"
      "table=97, priority=100,reg1=0x1,reg14=0x7 actions=meter:335544327\n"
      "meter=369098759 pktps burst stats bands= type=drop rate=50 "
      "burst_size=50\n"
      "table=97, priority=100,reg1=0x2,reg14=0x7 actions=meter:369098759\n"
      "meter=402653191 pktps burst stats bands= type=drop rate=100 "
      "burst_size=100\n"
      "table=97, priority=100,reg1=0x3,reg14=0x7 actions=meter:402653191\n" },
    { "port in standby",
      HERE"port vm1 blue standby "A"\n",
      "port/vm1",
      "table=0, priority=100,in_port=7 actions=drop\n" },
    { "port of a network that is not routed",
      HERE"del-vpc v\n",
      "port/vm1",
      "table=0, priority=100,in_port=7 actions=set_field:0x5->metadata,"
      "set_field:0x7->reg14,set_field:0x3e->reg10,goto_table:8\n" },
    { "local IPv4 address",
      HERE,
      "local-ip/5/10.0.0.1",
      "table=29, priority=1130,ip,reg0=0x9,nw_dst=10.0.0.1 "
      "actions=set_field:0x5->metadata,set_field:02:6f:65:00:00:05->eth_src,"
      "set_field:52:54:00:00:00:0a->eth_dst,goto_table:31\n"
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xa000001,"
      "metadata=0x5 actions=set_field:02:6f:65:00:00:05->eth_src,"
      "set_field:52:54:00:00:00:0a->eth_dst,goto_table:31\n" },
    { "local IPv6 address",
      HERE,
      "local-ip/5/fd00::1",
      "table=29, priority=1514,ipv6,reg0=0x9,ipv6_dst=fd00::1 "
      "actions=set_field:0x5->metadata,set_field:02:6f:65:00:00:05->eth_src,"
      "set_field:52:54:00:00:00:0a->eth_dst,goto_table:31\n"
      "table=30, priority=100,reg5=0xfd000000,reg6=0,reg7=0,reg8=0x1,"
      "metadata=0x5 actions=set_field:02:6f:65:00:00:05->eth_src,"
      "set_field:52:54:00:00:00:0a->eth_dst,goto_table:31\n" },
    { "local address that is in no prefix of the network",
      HERE"port vm1 blue "A" 10.0.1.1\n",
      "local-ip/5/10.0.1.1",
      "" },
    { "local address that is link-local",
      HERE"network blue 5 vpc=v fe80::1/64\n"
      "port vm1 blue "A" fe80::2\n",
      "local-ip/5/fe80::2",
      "" },
    { "local address that is the gateway's",
      HERE"port vm1 blue "A" 10.0.0.254\n",
      "local-ip/5/10.0.0.254",
      "" },
    { "local address that moved away",
      HERE"run\nneigh 5 10.0.0.1 "B"\n",
      "local-ip/5/10.0.0.1",
      "" },
    { "is there then",
      HERE"run\nneigh 5 10.0.0.1 "B"\n",
      "remote-ip/5/10.0.0.1",
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xa000001,"
      "metadata=0x5 actions=set_field:02:6f:65:00:00:05->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,goto_table:31\n" },
    { "local address in a network that is not routed",
      HERE"del-vpc v\n",
      "local-ip/5/10.0.0.1",
      "" },
    { "remote IPv6 address",
      HERE"neigh 5 fd00::2 "B"\n",
      "remote-ip/5/fd00::2",
      "table=30, priority=100,reg5=0xfd000000,reg6=0,reg7=0,reg8=0x2,"
      "metadata=0x5 actions=set_field:02:6f:65:00:00:05->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,goto_table:31\n" },
    { "remote address that is the gateway's",
      HERE"neigh 5 10.0.0.254 "B"\n",
      "remote-ip/5/10.0.0.254",
      "" },
    { "remote address in a network without a port here",
      HERE"del-iface v1\nneigh 5 fd00::2 "B"\n",
      "remote-ip/5/fd00::2",
      "" },
    { "VPC",
      HERE,
      "vpc/9",
      "table=0, priority=100,ip,tun_id=0x9,in_port=100,"
      "vlan_tci=0x0000/0x1000,dl_dst=06:6f:c0:00:02:01 "
      "actions=set_field:0.0.0.0->tun_src,set_field:0.0.0.0->tun_dst,"
      "set_field:::->tun_ipv6_src,set_field:::->tun_ipv6_dst,"
      "set_field:0x9->reg0,set_field:0x1->reg10,goto_table:29\n"
      "table=0, priority=100,ipv6,tun_id=0x9,in_port=100,"
      "vlan_tci=0x0000/0x1000,dl_dst=06:6f:c0:00:02:01 "
      "actions=set_field:0.0.0.0->tun_src,set_field:0.0.0.0->tun_dst,"
      "set_field:::->tun_ipv6_src,set_field:::->tun_ipv6_dst,"
      "set_field:0x9->reg0,set_field:0x1->reg10,goto_table:29\n"
      "meter=352321545 pktps burst stats bands= type=drop rate=200 "
      "burst_size=200\n"
      "meter=385875977 pktps burst stats bands= type=drop rate=200 "
      "burst_size=200\n"
      "table=97, priority=100,reg0=0x9,reg1=0x1,reg14=0 "
      "actions=meter:352321545\n"
      "table=97, priority=100,reg0=0x9,reg1=0x2,reg14=0 "
      "actions=meter:385875977\n"
      "table=97, priority=100,reg0=0x9,reg1=0x3,reg14=0 "
      "actions=meter:385875977\n" },
    { "VPC without a tunnel port",
      HERE"host vtep=192.0.2.1\n",
      "vpc/9",
      "meter=352321545 pktps burst stats bands= type=drop rate=200 "
      "burst_size=200\n"
      "meter=385875977 pktps burst stats bands= type=drop rate=200 "
      "burst_size=200\n"
      "table=97, priority=100,reg0=0x9,reg1=0x1,reg14=0 "
      "actions=meter:352321545\n"
      "table=97, priority=100,reg0=0x9,reg1=0x2,reg14=0 "
      "actions=meter:385875977\n"
      "table=97, priority=100,reg0=0x9,reg1=0x3,reg14=0 "
      "actions=meter:385875977\n" },
    { "VPC without a port here",
      HERE"del-iface v1\n",
      "vpc/9",
      "" },
    { "route to a VTEP",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.2\n",
      "route/9/10.1.0.0/16",
      "table=29, priority=1064,ip,reg0=0x9,nw_dst=10.1.0.0/16 "
      "actions=set_field:0x9->metadata,set_field:0->reg5,set_field:0->reg6,"
      "set_field:0xffff->reg7,set_field:0xc0000202->reg8,goto_table:30\n" },
    { "by another L3VNI than the VPC's",
      HERE"route 9 10.1.0.0/16 l3/11/192.0.2.2\n",
      "route/9/10.1.0.0/16",
      "table=29, priority=1064,ip,reg0=0x9,nw_dst=10.1.0.0/16 "
      "actions=set_field:0xb->metadata,set_field:0->reg5,set_field:0->reg6,"
      "set_field:0xffff->reg7,set_field:0xc0000202->reg8,goto_table:30\n" },
    { "default route to an IPv6 VTEP",
      HERE"route 9 0.0.0.0/0 l3/9/2001:db8::2\n",
      "route/9/0.0.0.0/0",
      "table=29, priority=1000,ip,reg0=0x9 actions=set_field:0x9->metadata,"
      "set_field:0x20010db8->reg5,set_field:0->reg6,set_field:0->reg7,"
      "set_field:0x2->reg8,goto_table:30\n" },
    { "IPv6 default route",
      HERE"route 9 ::/0 l3/9/192.0.2.2\n",
      "route/9/::/0",
      "table=29, priority=1000,ipv6,reg0=0x9 actions=set_field:0x9->metadata,"
      "set_field:0->reg5,set_field:0->reg6,set_field:0xffff->reg7,"
      "set_field:0xc0000202->reg8,goto_table:30\n" },
    { "route to an address in a network",
      HERE"route 9 fd01::/32 5/fd00::9\n",
      "route/9/fd01::/32",
      "table=29, priority=1128,ipv6,reg0=0x9,ipv6_dst=fd01::/32 "
      "actions=set_field:0x5->metadata,set_field:0xfd000000->reg5,"
      "set_field:0->reg6,set_field:0->reg7,set_field:0x9->reg8,"
      "goto_table:30\n" },
    { "route into a network",
      HERE"route 9 fd01::1/128 5/\n",
      "route/9/fd01::1/128",
      "table=29, priority=1512,ipv6,reg0=0x9,ipv6_dst=fd01::1 "
      "actions=move:NXM_NX_IPV6_DST[96..127]->NXM_NX_REG5[],"
      "move:NXM_NX_IPV6_DST[64..95]->NXM_NX_REG6[],"
      "move:NXM_NX_IPV6_DST[32..63]->NXM_NX_REG7[],"
      "move:NXM_NX_IPV6_DST[0..31]->NXM_NX_REG8[],set_field:0x5->metadata,"
      "goto_table:30\n" },
    { "route to nowhere",
      HERE"route 9 10.1.0.0/16\n",
      "route/9/10.1.0.0/16",
      "table=29, priority=1064,ip,reg0=0x9,nw_dst=10.1.0.0/16 "
      "actions=set_field:0x2->reg1,resubmit(,97),controller(id=28517,"
      "userdata=00.00.00.07)\n" },
    { "route to several hops",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.2 l3/9/192.0.2.3\n",
      "route/9/10.1.0.0/16",
      "table=29, priority=1064,ip,reg0=0x9,nw_dst=10.1.0.0/16 "
      "actions=group:573780105\n" },
    { "of which one is a network",
      HERE"route 9 ::/0 l3/9/192.0.2.2 5/\n",
      "route/9/::/0",
      "table=29, priority=1000,ipv6,reg0=0x9 "
      "actions=move:NXM_NX_IPV6_DST[96..127]->NXM_NX_REG5[],"
      "move:NXM_NX_IPV6_DST[64..95]->NXM_NX_REG6[],"
      "move:NXM_NX_IPV6_DST[32..63]->NXM_NX_REG7[],"
      "move:NXM_NX_IPV6_DST[0..31]->NXM_NX_REG8[],group:572622383\n" },
    { "route of a VPC without a port here",
      HERE"del-iface v1\nroute 9 ::/0 l3/9/192.0.2.2\n",
      "route/9/::/0",
      "" },
    { "route of an L3VNI that no VPC has",
      HERE"route 8 ::/0 l3/8/192.0.2.2\n",
      "route/8/::/0",
      "" },
    { "hops, which routes share",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.2 l3/9/192.0.2.3\n"
      "route 9 ::/0 l3/9/192.0.2.3 l3/9/192.0.2.2\n"
      "del-route 9 10.1.0.0/16\n",
      "hops/3354761",
      "group_id=573780105,type=select,selection_method=dp_hash,"
      "bucket=28*actions=set_field:0x9->metadata,set_field:0->reg5,"
      "set_field:0->reg6,set_field:0xffff->reg7,set_field:0xc0000202->reg8,"
      "resubmit(,30),bucket=36*actions=set_field:0x9->metadata,"
      "set_field:0->reg5,set_field:0->reg6,set_field:0xffff->reg7,"
      "set_field:0xc0000203->reg8,resubmit(,30)\n" },
    { "hops that are partly networks",
      HERE"route 9 ::/0 l3/9/192.0.2.2 5/\n",
      "hops/2197039",
      "group_id=572622383,type=select,selection_method=dp_hash,"
      "bucket=38*actions=set_field:0x5->metadata,resubmit(,30),"
      "bucket=26*actions=set_field:0x9->metadata,set_field:0->reg5,"
      "set_field:0->reg6,set_field:0xffff->reg7,set_field:0xc0000202->reg8,"
      "resubmit(,30)\n" },
    { "hops of no route",
      HERE"route 9 ::/0 l3/9/192.0.2.2 l3/9/192.0.2.3\nrun\n"
      "route 9 ::/0 l3/9/192.0.2.2\n",
      "hops/3354761",
      "" },
    { "router MAC",
      HERE"router-mac 9 192.0.2.2 "B"\n",
      "router-mac/9/192.0.2.2",
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xc0000202,"
      "reg10=0/0x1,metadata=0x9 "
      "actions=move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23],"
      "set_field:192.0.2.1->tun_src,set_field:192.0.2.2->tun_dst,"
      "set_field:06:6f:c0:00:02:01->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,set_field:0x200/0x200->reg10,"
      "goto_table:31\n" },
    { "router MAC that FRR took back while a route leads there",
      HERE"router-mac 9 192.0.2.2 "B"\nroute 9 10.1.0.0/16 l3/9/192.0.2.2\n"
      "del-router-mac 9 192.0.2.2\nrun\nroute 9 10.1.0.0/16 l3/9/192.0.2.3 "
      "l3/9/192.0.2.2\n",
      "router-mac/9/192.0.2.2",
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xc0000202,"
      "reg10=0/0x1,metadata=0x9 "
      "actions=move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23],"
      "set_field:192.0.2.1->tun_src,set_field:192.0.2.2->tun_dst,"
      "set_field:06:6f:c0:00:02:01->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,set_field:0x200/0x200->reg10,"
      "goto_table:31\n" },
    { "... which none does any more",
      HERE"router-mac 9 192.0.2.2 "B"\nroute 9 10.1.0.0/16 l3/9/192.0.2.2\n"
      "del-router-mac 9 192.0.2.2\nroute 9 10.1.0.0/16 l3/9/192.0.2.3\n",
      "router-mac/9/192.0.2.2", "" },
    { "... which FRR told again before",
      HERE"router-mac 9 192.0.2.2 "A"\nroute 9 10.1.0.0/16 l3/9/192.0.2.2\n"
      "del-router-mac 9 192.0.2.2\nrouter-mac 9 192.0.2.2 "B"\n"
      "del-route 9 10.1.0.0/16\n",
      "router-mac/9/192.0.2.2",
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xc0000202,"
      "reg10=0/0x1,metadata=0x9 "
      "actions=move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23],"
      "set_field:192.0.2.1->tun_src,set_field:192.0.2.2->tun_dst,"
      "set_field:06:6f:c0:00:02:01->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,set_field:0x200/0x200->reg10,"
      "goto_table:31\n" },
    { "... which only the switch knows, after a restart",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.2\n"
      "adopt-router-mac 9 192.0.2.2 "B"\n",
      "router-mac/9/192.0.2.2",
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xc0000202,"
      "reg10=0/0x1,metadata=0x9 "
      "actions=move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23],"
      "set_field:192.0.2.1->tun_src,set_field:192.0.2.2->tun_dst,"
      "set_field:06:6f:c0:00:02:01->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,set_field:0x200/0x200->reg10,"
      "goto_table:31\n" },
    { "... and where no route leads",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.3\n"
      "adopt-router-mac 9 192.0.2.2 "B"\nadopt-router-mac 8 192.0.2.3 "B"\n",
      "router-mac/9/192.0.2.2", "" },
    { "... and then no route leads there any more",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.2\n"
      "adopt-router-mac 9 192.0.2.2 "B"\ndel-route 9 10.1.0.0/16\n",
      "router-mac/9/192.0.2.2", "" },
    { "... but FRR knows better",
      HERE"route 9 10.1.0.0/16 l3/9/192.0.2.2\nrouter-mac 9 192.0.2.2 "B"\n"
      "adopt-router-mac 9 192.0.2.2 "A"\n",
      "router-mac/9/192.0.2.2",
      "table=30, priority=100,reg5=0,reg6=0,reg7=0xffff,reg8=0xc0000202,"
      "reg10=0/0x1,metadata=0x9 "
      "actions=move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23],"
      "set_field:192.0.2.1->tun_src,set_field:192.0.2.2->tun_dst,"
      "set_field:06:6f:c0:00:02:01->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,set_field:0x200/0x200->reg10,"
      "goto_table:31\n" },
    { "router MAC of an IPv6 VTEP",
      HERE"router-mac 9 2001:db8::2 "B"\n",
      "router-mac/9/2001:db8::2",
      "table=30, priority=100,reg5=0x20010db8,reg6=0,reg7=0,reg8=0x2,"
      "reg10=0/0x1,metadata=0x9 "
      "actions=move:OXM_OF_METADATA[0..23]->NXM_NX_TUN_ID[0..23],"
      "set_field:2001:db8::1->tun_ipv6_src,"
      "set_field:2001:db8::2->tun_ipv6_dst,"
      "set_field:06:6f:c0:00:02:01->eth_src,"
      "set_field:52:54:00:00:00:0b->eth_dst,set_field:0x600/0x600->reg10,"
      "goto_table:31\n" },
    { "router MAC without a tunnel port",
      HERE"host vtep=192.0.2.1\nrouter-mac 9 192.0.2.2 "B"\n",
      "router-mac/9/192.0.2.2",
      "" },
    { "router MAC of this host",
      HERE"router-mac 9 192.0.2.1 "B"\n",
      "router-mac/9/192.0.2.1",
      "" },
};

/* Is 'item' of the router, but not of its gateways? */
static bool
is_shown(const struct flow_item *item)
{
    const struct flow_key *key = &item->key;

    return (key->kind == FLOW_GROUP ? (key->id >= GROUP_HOPS
                                       && key->id < GROUP_LOCAL_CHUNK)
            : key->kind == FLOW_METER ? (key->id >= METER_RESOLVE
                                         && key->id < METER_RS)
            : ((key->table_id >= TABLE_ROUTE_IN
                && key->table_id <= TABLE_ROUTED
                && key->priority != PRIORITY_ROUTE_SELF
                && key->priority != PRIORITY_ROUTE_NEVER)
               || key->table_id == TABLE_ROUTE_METER
               || key->table_id == TABLE_ROUTE_OUT
               || (key->table_id == TABLE_CLASSIFY && key->priority == 100)));
}

static void
test_owners_have_their_flows(void **state OVS_UNUSED)
{
    gen_script_check_all(cases, ARRAY_SIZE(cases), is_shown);
}

/* Reads what the only flow of 'owner' that is in table NEXT_HOP says of a
 * router, after 'input'; returns false if that is nothing. */
static bool
read_router(const char *input, const struct owner *owner, uint32_t *l3vni,
            struct in6_addr *vtep, struct eth_addr *mac)
{
    struct flow_payloads pool;
    struct flow_list list;
    struct model m;
    bool found = false;

    model_init(&m);
    model_script_run(&m, input);
    flow_payloads_init(&pool);
    flow_list_init(&list, &pool);
    gen_owner(&m, owner, &list);
    for (size_t i = 0; i < list.n; i++) {
        const struct flow_item *item = &list.items[i];
        uint64_t stub[256 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        struct match match;

        if (item->key.table_id == TABLE_NEXT_HOP) {
            minimatch_expand(&item->key.match, &match);
            assert_true(flow_payload_to_ofpacts(item->payload, &ofpacts));
            found = router_mac_from_flow(&match, &ofpacts, l3vni, vtep, mac);
        }
        ofpbuf_uninit(&ofpacts);
    }
    flow_list_uninit(&list);
    flow_payloads_uninit(&pool);
    model_uninit(&m);
    return found;
}

/* What a restarted daemon finds in the switch is what was meant. */
static void
test_router_mac_from_flow(void **state OVS_UNUSED)
{
    struct in6_addr vtep = in6_addr_mapped_ipv4(htonl(0xc0000202));
    struct owner owner = owner_router_mac(9, &vtep);
    struct in6_addr found_vtep;
    struct eth_addr mac;
    uint32_t l3vni;

    assert_true(read_router(HERE"router-mac 9 192.0.2.2 "B"\n", &owner,
                            &l3vni, &found_vtep, &mac));
    assert_int_equal(l3vni, 9);
    assert_true(ipv6_addr_equals(&found_vtep, &vtep));
    assert_true(eth_addr_equals(mac, script_parse_mac(B)));

    vtep = in6_addr_mapped_ipv4(htonl(0x0a000001));
    owner = owner_local_ip(5, &vtep);
    assert_false(read_router(HERE"run\n", &owner, &l3vni, &found_vtep, &mac));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners_have_their_flows),
        cmocka_unit_test(test_router_mac_from_flow),
    };

    return cmocka_run_group_tests_name("gen-route", tests, NULL, NULL);
}
