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
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "byte-order.h"
#include "flows/flow-trace.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:01"
#define B "52:54:00:00:00:02"
#define C "52:54:00:00:00:03"
#define D "52:54:00:00:00:04"

/* vm1 and vm2 here, C elsewhere. */
#define FACTS \
    "host vtep=192.0.2.1 tunnel=100\n" \
    "group web r1\n" \
    "rule r1 ingress protocol=6 ports=443\n" \
    "rule r2 egress protocol=6 ports=25 drop\n" \
    "network blue 5 acl=r2\n" \
    "port vm1 blue "A" 10.0.0.1 fd00::1 groups=web\n" \
    "iface v1 id=vm1 ofport=1\n" \
    "port vm2 blue "B" 10.0.0.2\n" \
    "iface v2 id=vm2 ofport=2\n" \
    "neigh 5 10.0.0.3 "C"\n" \
    "run\n"

/* What is asked for. */

static void
test_request(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *port, *packet;
        const char *expected;   /* The flow, or the error. */
    } cases[] = {
        { "what a VM sends to another one here: all but the ports is known",
          "vm2", "tcp,nw_dst=10.0.0.1,tcp_dst=443",
          "ct_state=trk|new,ct_nw_src=10.0.0.2,ct_nw_dst=10.0.0.1,"
          "ct_nw_proto=6,ct_tp_src=0,ct_tp_dst=443,tcp,in_port=2,"
          "vlan_tci=0x0000,dl_src="B",dl_dst="A",nw_src=10.0.0.2,"
          "nw_dst=10.0.0.1,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,tcp_src=0,"
          "tcp_dst=443,tcp_flags=0" },
        { "to one elsewhere, by UDP; registers are not the user's to say",
          "vm2", "udp,nw_dst=10.0.0.3,udp_dst=53,udp_src=7,reg15=9,tun_id=8",
          "ct_state=trk|new,ct_nw_src=10.0.0.2,ct_nw_dst=10.0.0.3,"
          "ct_nw_proto=17,ct_tp_src=7,ct_tp_dst=53,udp,in_port=2,"
          "vlan_tci=0x0000,dl_src="B",dl_dst="C",nw_src=10.0.0.2,"
          "nw_dst=10.0.0.3,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,udp_src=7,"
          "udp_dst=53" },
        { "what comes from elsewhere: by the tunnel",
          "vm1", "icmp,nw_src=10.0.0.3,nw_dst=10.0.0.1,icmp_type=8",
          "tun_id=5,ct_state=trk|new,ct_nw_src=10.0.0.3,ct_nw_dst=10.0.0.1,"
          "ct_nw_proto=1,ct_tp_src=8,ct_tp_dst=0,icmp,in_port=100,"
          "vlan_tci=0x0000,dl_src="C",dl_dst="A",nw_src=10.0.0.3,"
          "nw_dst=10.0.0.1,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,"
          "icmp_type=8,icmp_code=0" },
        { "what comes from a port of this host is sent by that",
          "vm1", "sctp,nw_src=10.0.0.2,nw_dst=10.0.0.1,sctp_dst=9",
          "ct_state=trk|new,ct_nw_src=10.0.0.2,ct_nw_dst=10.0.0.1,"
          "ct_nw_proto=132,ct_tp_src=0,ct_tp_dst=9,sctp,in_port=2,"
          "vlan_tci=0x0000,dl_src="B",dl_dst="A",nw_src=10.0.0.2,"
          "nw_dst=10.0.0.1,nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,sctp_src=0,"
          "sctp_dst=9" },
        { "neighbor discovery, to many",
          "vm1", "icmp6,ipv6_dst=ff02::1:ff00:2,icmpv6_type=135,"
          "icmpv6_code=0,nd_target=fd00::2",
          "ct_state=trk|new,ct_ipv6_src=fd00::1,ct_ipv6_dst=ff02::1:ff00:2,"
          "ct_nw_proto=58,ct_tp_src=135,ct_tp_dst=0,icmp6,in_port=1,"
          "vlan_tci=0x0000,dl_src="A",dl_dst=33:33:ff:00:00:02,"
          "ipv6_src=fd00::1,ipv6_dst=ff02::1:ff00:2,ipv6_label=0x00000,"
          "nw_tos=0,nw_ecn=0,nw_ttl=64,nw_frag=no,icmpv6_type=135,"
          "icmpv6_code=0,nd_target=fd00::2" },
        { "multicast of IPv4",
          "vm1", "ip,nw_proto=112,nw_dst=224.129.0.18",
          "ct_state=trk|new,ct_nw_src=10.0.0.1,ct_nw_dst=224.129.0.18,"
          "ct_nw_proto=112,ct_tp_src=0,ct_tp_dst=0,ip,in_port=1,"
          "vlan_tci=0x0000,dl_src="A",dl_dst=01:00:5e:01:00:12,"
          "nw_src=10.0.0.1,nw_dst=224.129.0.18,nw_proto=112,nw_tos=0,"
          "nw_ecn=0,nw_ttl=64,nw_frag=no" },
        { "ARP has no connection",
          "vm2", "arp,arp_op=1,arp_tpa=10.0.0.1",
          "arp,in_port=2,vlan_tci=0x0000,dl_src="B","
          "dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=0.0.0.0,arp_tpa=10.0.0.1,"
          "arp_op=1,arp_sha=00:00:00:00:00:00,arp_tha=00:00:00:00:00:00" },
        { "nobody knows where it goes", "vm2", "icmp,nw_dst=10.0.0.9",
          "10.0.0.9: nobody in network blue is known to have it, and there is "
          "no gateway; say dl_dst" },
        { "nonsense", "vm2", "foo",
          "PACKET: foo: unknown field foo; it is written as ovs-appctl "
          "ofproto/trace has it, for instance tcp,nw_dst=10.0.0.2,"
          "tcp_dst=443" },
    };
    struct model m;

    model_init(&m);
    model_script_run(&m, FACTS);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct flow_trace_request request;
        char *error = flow_trace_request_init(
            &request, &m, model_port(&m, cases[i].port), cases[i].packet);

        script_check(cases[i].name, cases[i].expected,
                     error ? error : request.flow);
        if (!error) {
            flow_trace_request_uninit(&request);
        }
        free(error);
    }
    model_uninit(&m);
}

/* What is told.  Traces are as ovs-vswitchd prints them, with the owner of a
 * flow in the place of its cookie: "@port/vm1". */

static const struct tell_case {
    const char *name;
    const char *trace;
    const char *expected;       /* A line each; then those to be resumed. */
} tell_cases[] = {
    { "through both ports' ACLs",
      "Flow: tcp,in_port=2\n"
      "\n"
      "bridge(\"br-int\")\n"
      "----------------\n"
      " 0. in_port=2, priority 100, cookie @port/vm2\n"
      "    set_field:0x5->metadata\n"
      "    goto_table:8\n"
      " 8. priority 1, cookie @host\n"
      "    goto_table:16\n"
      "16. reg12=0x1/0x1, priority 100, cookie @host\n"
      "    goto_table:17\n"
      "17. ip, priority 1, cookie @host\n"
      "    set_field:0x2/0x3fa->reg12\n"
      "    ct(table=19,zone=NXM_NX_REG13[0..15])\n"
      "    drop\n"
      "     -> A clone of the packet is forked to recirculate.\n"
      "\n"
      "Final flow: unchanged\n"
      "Datapath actions: ct(zone=2),recirc(0x1)\n"
      "\n"
      "====\n"
      "recirc(0x1) - resume conntrack with default ct_state=trk|new\n"
      "====\n"
      "\n"
      "Flow: recirc_id=0x1,ct_state=new|trk,ct_zone=2,ct_nw_src=10.0.0.2,"
      "eth,tcp,reg14=0x2\n"
      "\n"
      "bridge(\"br-int\")\n"
      "----------------\n"
      "    thaw\n"
      "        Resuming from table 19\n"
      "19. ct_state=+new-inv+trk, priority 100, cookie @host\n"
      "    resubmit(,84)\n"
      "    84. metadata=0x5, priority 100, cookie @acl/5\n"
      "            set_field:0->reg2\n"
      "            resubmit(,86)\n"
      "            86. No match.\n"
      "                    drop\n"
      "            resubmit(,87)\n"
      "            87. reg12=0x2/0xa, priority 80, cookie @acl/5\n"
      "                    set_field:0x20/0x20->reg12\n"
      "                    resubmit(,88)\n"
      "                88. priority 100, cookie @port/vm2\n"
      "                    set_field:0x40/0x40->reg12\n"
      "    goto_table:20\n"
      "20. ct_state=-inv+trk,ip, priority 80, cookie @host\n"
      "    ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "    drop\n"
      "\n"
      "recirc(0x3) - resume conntrack with default ct_state=trk|new\n"
      "Flow: recirc_id=0x3,ct_state=new|trk,ct_label=0x5,ct_nw_src=10.0.0.2,"
      "eth,tcp,reg14=0x2\n"
      "\n"
      "bridge(\"br-int\")\n"
      "    thaw\n"
      "        Resuming from table 21\n"
      "21. ct_state=-inv+trk, priority 1, cookie @host\n"
      "    goto_table:24\n"
      "24. priority 1, cookie @host\n"
      "    goto_table:32\n"
      "32. dl_dst=" A ", priority 100, cookie @local-mac/5/" A "\n"
      "    set_field:0x1->reg15\n"
      "    goto_table:52\n"
      "52. reg15=0x1, priority 100, cookie @port/vm1\n"
      "    goto_table:53\n"
      "53. ip, priority 1, cookie @host\n"
      "    ct(table=55,zone=NXM_NX_REG13[0..15])\n"
      "    drop\n"
      "\n"
      "recirc(0x2) - resume conntrack with default ct_state=trk|new\n"
      "Flow: recirc_id=0x2,ct_state=new|trk,ct_zone=1,"
      "ct_label=0x5,ct_nw_src=10.0.0.2,eth,tcp,reg15=0x1\n"
      "\n"
      "bridge(\"br-int\")\n"
      "----------------\n"
      "    thaw\n"
      "        Resuming from table 55\n"
      "55. ct_state=+new-inv+trk, priority 100, cookie @host\n"
      "    resubmit(,84)\n"
      "    84. priority 1, cookie @host\n"
      "            set_field:0x20/0x20->reg12\n"
      "            resubmit(,88)\n"
      "            88. reg11=0x7, priority 100, cookie @group/web\n"
      "                    resubmit(,89)\n"
      "                89. reg2=0x7, priority 100, cookie @group/web\n"
      "                    resubmit(,91)\n"
      "                91. ct_tp_dst=443, priority 80, cookie @rule/r1\n"
      "                    set_field:0x40/0x40->reg12\n"
      "                    resubmit(,92)\n"
      "            92. No match.\n"
      "                    drop\n"
      "    goto_table:56\n"
      "56. ip, priority 80, cookie @host\n"
      "    ct(commit,table=57,zone=NXM_NX_REG13[0..15])\n"
      "    drop\n"
      "\n"
      "recirc(0x4) - resume conntrack with default ct_state=trk|new\n"
      "Flow: recirc_id=0x4,ct_state=new|trk,eth,tcp,reg15=0x1\n"
      "\n"
      "bridge(\"br-int\")\n"
      "    thaw\n"
      "        Resuming from table 57\n"
      "57. ct_state=-inv+trk, priority 1, cookie @host\n"
      "    goto_table:64\n"
      "64. reg15=0x1, priority 100, cookie @port/vm1\n"
      "    output:1\n",
      "0 classify | port vm2 | goes on: admit\n"
      "8 admit | host | goes on: egress ACL\n"
      "16 egress ACL | host | goes on: egress ACL\n"
      "17 egress ACL | host | conntrack: taken for a new connection\n"
      "86 network's ACL |  | no rule matches\n"
      "87 network's ACL | default of the ACL of network blue | allow\n"
      "20 egress ACL | default of the ACL of network blue | egress allowed; "
      "conntrack keeps the connection\n"
      "21 egress ACL | host | goes on: learn\n"
      "24 learn | host | goes on: local MACs\n"
      "32 local MACs | local MAC | goes on: ingress ACL\n"
      "52 ingress ACL | port vm1 | goes on: ingress ACL\n"
      "53 ingress ACL | host | conntrack: taken for a new connection\n"
      "91 security groups | rule @r1 of group web | allow ingress tcp 443\n"
      "56 ingress ACL | rule @r1 of group web | ingress allowed; conntrack "
      "keeps the connection\n"
      "57 ingress ACL | host | goes on: deliver\n"
      "64 deliver | port vm1 | delivered to port vm1\n"
      "-1 verdict | egress: default of the ACL of network blue; ingress: "
      "rule @r1 of group web | delivered to port vm1\n"
      "resume 55: CT,tcp,reg15=0x1\n" },
    { "a rule of the network's ACL drops",
      "Flow: tcp,in_port=2\n"
      "bridge(\"br-int\")\n"
      " 0. in_port=2, priority 100, cookie @port/vm2\n"
      "    goto_table:16\n"
      "19. ct_state=+new-inv+trk, priority 100, cookie @host\n"
      "    86. ct_tp_dst=25, priority 1, cookie @rule/r2\n"
      "            set_field:0x80/0x80->reg12\n"
      "    87. reg12=0x80/0x80, priority 110, cookie @host\n"
      "            drop\n"
      "20. priority 1, cookie @host\n"
      "    drop\n",
      "0 classify | port vm2 | goes on: egress ACL\n"
      "86 network's ACL | rule @r2 of network blue | drop egress tcp 25\n"
      "20 egress ACL | rule @r2 of network blue | egress dropped\n"
      "-1 verdict | rule @r2 of network blue | dropped by the egress ACL of "
      "port vm2\n" },
    { "the default of the network's ACL rejects",
      "Flow: tcp,in_port=100\n"
      "bridge(\"br-int\")\n"
      "52. reg15=0x1, priority 100, cookie @port/vm1\n"
      "    goto_table:53\n"
      "55. ct_state=+new-inv+trk, priority 100, cookie @host\n"
      "    87. reg12=0/0xa, priority 80, cookie @acl/5\n"
      "            set_field:0x100/0x100->reg12\n"
      "56. reg12=0x100/0x100, priority 110, cookie @host\n"
      "    drop\n",
      "52 ingress ACL | port vm1 | goes on: ingress ACL\n"
      "87 network's ACL | default of the ACL of network blue | reject\n"
      "56 ingress ACL | default of the ACL of network blue | ingress "
      "rejected\n"
      "-1 verdict | default of the ACL of network blue | rejected by the "
      "ingress ACL of port vm1\n" },
    { "stateless: without conntrack",
      "Flow: tcp,in_port=100\n"
      "bridge(\"br-int\")\n"
      "53. metadata=0x5, priority 100, cookie @acl/5\n"
      "    set_field:0x8/0x8->reg12\n"
      "    resubmit(,84)\n"
      "    84. metadata=0x5, priority 100, cookie @acl/5\n"
      "            resubmit(,85)\n"
      "            85. tcp, priority 1, cookie @rule/r2\n"
      "                    set_field:0x20/0x20->reg12\n"
      "    goto_table:54\n"
      "54. reg12=0x60/0x60, priority 100, cookie @host\n"
      "    goto_table:64\n"
      "64. reg15=0x1, priority 100, cookie @port/vm1\n"
      "    output:1\n",
      "53 ingress ACL | ACL of network blue | stateless rules are asked\n"
      "85 network's ACL | rule @r2 of network blue | drop egress tcp 25\n"
      "54 ingress ACL | rule @r2 of network blue | ingress allowed, without "
      "conntrack\n"
      "64 deliver | port vm1 | delivered to port vm1\n"
      "-1 verdict | ingress: rule @r2 of network blue | delivered to port "
      "vm1\n" },
    { "flooded: to the tunnels, whose own bridge is not told, and to ports, "
      "but not to the sender",
      "Flow: arp,in_port=2\n"
      "bridge(\"br-int\")\n"
      " 0. in_port=2, priority 100, cookie @port/vm2\n"
      "    goto_table:32\n"
      "32. dl_dst=ff:ff:ff:ff:ff:ff, priority 60, cookie @network/5\n"
      "    group:3238002693\n"
      "    bucket 0\n"
      "            group:3221225477\n"
      "            bucket 0\n"
      "                    set_field:0x1->reg15\n"
      "                    resubmit(,52)\n"
      "                52. priority 1, cookie @host\n"
      "                    goto_table:64\n"
      "                64. reg15=0x1, priority 100, cookie @port/vm1\n"
      "                    output:1\n"
      "            bucket 1\n"
      "                    set_field:0x2->reg15\n"
      "                    resubmit(,52)\n"
      "                52. priority 1, cookie @host\n"
      "                    goto_table:64\n"
      "                64. reg15=0x2, priority 100, cookie @port/vm2\n"
      "                    output:2\n"
      "                     >> skipping output to input port\n"
      "    bucket 1\n"
      "            set_field:192.0.2.1->tun_src\n"
      "            set_field:192.0.2.7->tun_dst\n"
      "            output:100\n"
      "             -> output to native tunnel\n"
      "\n"
      "        bridge(\"br-phy\")\n"
      "        ----------------\n"
      "         0. priority 0\n"
      "            NORMAL\n"
      "    bucket 2\n"
      "            set_field:fd00::7->tun_ipv6_dst\n"
      "            output:100\n",
      "0 classify | port vm2 | goes on: local MACs\n"
      "32 local MACs | network blue | sent to VTEP 192.0.2.7\n"
      "32 local MACs | network blue | sent to VTEP fd00::7\n"
      "52 ingress ACL | host | goes on: deliver\n"
      "64 deliver | port vm1 | delivered to port vm1\n"
      "52 ingress ACL | host | goes on: deliver\n"
      "-1 verdict |  | sent to VTEP 192.0.2.7\n"
      "-1 verdict |  | sent to VTEP fd00::7\n"
      "-1 verdict |  | delivered to port vm1\n" },
    { "port security",
      "Flow: tcp,in_port=2\n"
      "bridge(\"br-int\")\n"
      " 0. in_port=2, priority 100, cookie @port/vm2\n"
      "    goto_table:15\n"
      "15. reg0=0x9,reg14=0x2, priority 100, cookie @port/vm2\n"
      "    drop\n",
      "0 classify | port vm2 | goes on: port security\n"
      "15 port security | port vm2 | dropped by port security: ip-spoof\n"
      "-1 verdict | port vm2 | dropped by port security: ip-spoof\n" },
    { "a port that fails closed",
      "Flow: tcp,in_port=2\n"
      "bridge(\"br-int\")\n"
      "17. reg12=0x4/0x4, priority 200, cookie @host\n"
      "    drop\n",
      "17 egress ACL | host | dropped: the port's policy makes no sense\n"
      "-1 verdict | the port fails closed; \"problems\" tells why | dropped\n"
    },
    { "ARP, which is answered",
      "Flow: arp,in_port=2\n"
      "bridge(\"br-int\")\n"
      "17. arp, priority 300, cookie @host\n"
      "    goto_table:26\n"
      "27. reg6=0x1, priority 100, cookie @host\n"
      "    IN_PORT\n",
      "17 egress ACL | host | ARP, ND and DHCP of a client always pass\n"
      "27 ARP and ND | host | answered to the sender\n"
      "-1 verdict |  | answered to the sender\n" },
    { "routed to a VTEP",
      "Flow: tcp,in_port=2\n"
      "bridge(\"br-int\")\n"
      "29. ip, priority 1000, cookie @route/9/0.0.0.0/0\n"
      "    group:573780105\n"
      "    bucket 1\n"
      "            set_field:0x9->metadata\n"
      "            resubmit(,30)\n"
      "        30. priority 100, cookie @router-mac/9/192.0.2.7\n"
      "            set_field:192.0.2.7->tun_dst\n"
      "            goto_table:31\n"
      "        98. reg10=0x200, priority 100, cookie @host\n"
      "            dec_ttl\n"
      "            output:100\n",
      "29 router | route | to one of several next hops\n"
      "30 router | router MAC | goes on: router\n"
      "98 router | host | sent to VTEP 192.0.2.7\n"
      "-1 verdict |  | sent to VTEP 192.0.2.7\n" },
    { "routed to nowhere",
      "Flow: tcp,in_port=2\n"
      "bridge(\"br-int\")\n"
      "29. priority 1, cookie @host\n"
      "    set_field:0x2->reg1\n"
      "    resubmit(,97)\n"
      "    97. reg1=0x2,reg14=0x2, priority 100, cookie @port/vm2\n"
      "            meter:369098754\n"
      "    controller(id=28517,userdata=00.00.00.07)\n",
      "29 router | host | handed to ovs-ext\n"
      "-1 verdict |  | handed to ovs-ext\n" },
    { "nothing matches, and the switch gives up",
      "Flow: tcp,in_port=2\n"
      "bridge(\"br-int\")\n"
      " 0. No match.\n"
      "    drop\n"
      "Translation failed (Recirculation conflict), packet is dropped.\n",
      "0 classify |  | dropped: nothing knows what to do with it\n"
      "-1 verdict | switch | Translation failed (Recirculation conflict), "
      "packet is dropped.\n" },
    { "nothing to be read", "Something else.\n20. What?\n",
      "-1 verdict |  | dropped\n" },
};

/* Returns 'trace' with cookies for owners. */
static char *
put_cookies(const struct model *m, const char *trace)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *p = trace, *at;

    while ((at = strchr(p, '@'))) {
        char *name = xmemdup0(at + 1, strcspn(at + 1, "\n"));
        struct owner owner;
        struct uuid uuid;

        if (!strncmp(name, "rule/", 5)) {
            uuid = model_script_uuid(name + 5);
            owner = owner_rule(&uuid);
        } else if (!strncmp(name, "group/", 6)) {
            uuid = model_script_uuid(name + 6);
            owner = owner_security_group(&uuid);
        } else {
            assert_null(owner_parse(name, &owner));
        }
        ds_put_buffer(&s, p, at - p);
        ds_put_format(&s, "0x%"PRIx64, ntohll(owner_cookie(&owner)));
        p = at + 1 + strlen(name);
        free(name);
    }
    ds_put_cstr(&s, p);
    assert_non_null(m);
    return ds_steal_cstr(&s);
}

/* Appends 'text' to 's', with names for the UUIDs of rules. */
static void
put_named(const struct model *m, struct ds *s, const char *text)
{
    const struct policy_rule *rule;

    HMAP_FOR_EACH (rule, hmap_node, &m->rules) {
        char *uuid = xasprintf(UUID_FMT, UUID_ARGS(&rule->uuid));
        const char *at = strstr(text, uuid);

        free(uuid);
        if (at) {
            ds_put_format(s, "%.*s@%s%s", (int) (at - text), text,
                          model_script_name(&rule->uuid), at + UUID_LEN);
            return;
        }
    }
    ds_put_cstr(s, text);
}

static void
test_tell(void **state OVS_UNUSED)
{
    struct flow_trace_request request = { NULL, xstrdup("CT,") };
    struct model m;

    model_init(&m);
    model_script_run(&m, FACTS);
    for (size_t i = 0; i < ARRAY_SIZE(tell_cases); i++) {
        char *text = put_cookies(&m, tell_cases[i].trace);
        struct ds s = DS_EMPTY_INITIALIZER;
        struct flow_trace trace;
        struct flow_trace_line *lines;
        size_t n;

        flow_trace_init(&trace);
        flow_trace_parse(&trace, "br-int", text);
        lines = flow_trace_tell(&m, &trace, &n);
        for (size_t j = 0; j < n; j++) {
            ds_put_format(&s, "%d %s | ", lines[j].table_id, lines[j].stage);
            put_named(&m, &s, lines[j].by);
            ds_put_format(&s, " | %s\n", lines[j].decision);
        }
        for (size_t j = 0; j < trace.n; j++) {
            char *flow = flow_trace_resume(&request, &trace.sections[j]);

            if (flow) {
                ds_put_format(&s, "resume %d: %s\n",
                              trace.sections[j].resume, flow);
            }
            free(flow);
        }
        script_check(tell_cases[i].name, tell_cases[i].expected, ds_cstr(&s));
        ds_destroy(&s);
        flow_trace_lines_free(lines, n);
        flow_trace_uninit(&trace);
        free(text);
    }
    flow_trace_request_uninit(&request);
    model_uninit(&m);
}

/* A section that was asked for again is in its place, and others go. */
static void
test_replace(void **state OVS_UNUSED)
{
    struct flow_trace trace, with = { .sections = NULL };

    flow_trace_init(&trace);
    flow_trace_init(&with);
    flow_trace_parse(&trace, "b", "Flow: one\nFlow: two\nFlow: three\n");
    flow_trace_parse(&with, "b", "Flow: new\nFlow: more\n");
    flow_trace_replace(&trace, 1, &with);
    assert_int_equal(trace.n, 3);
    assert_string_equal(trace.sections[0].flow, "one");
    assert_string_equal(trace.sections[1].flow, "new");
    assert_string_equal(trace.sections[2].flow, "three");
    assert_int_equal(with.n, 1);
    trace.sections[0].resume = 57;
    flow_trace_remove(&trace, 57);
    assert_int_equal(trace.n, 2);
    assert_string_equal(trace.sections[0].flow, "new");
    flow_trace_uninit(&with);
    flow_trace_uninit(&trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_tell),
        cmocka_unit_test(test_replace),
    };

    return cmocka_run_group_tests_name("flow-trace", tests, NULL, NULL);
}
