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
#include "flows/acl.h"
#include "flows/gen.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* What ACLs have in the switch.  acl.h tells how it works.  Tags and ids are
 * hashes, which the table writes by name:
 *
 *     @web          the tag of group "web"
 *     @r1           the id of rule "r1", as in a label
 *     @acl5         the id of the ACL of network 5 */

#define A "52:54:00:00:00:01"
#define B "52:54:00:00:00:02"

#define MAX_TABLES 5

static const struct {
    const char *name;           /* The situation. */
    const char *input;          /* Facts; "run" follows. */
    const char *owners;         /* Those asked, with spaces between them. */
    int tables[MAX_TABLES];     /* Those shown; all, if the first is 0. */
    const char *expected;
} cases[] = {
    { "a port without policy: no flow of ACLs",
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1\n"
      "iface v1 id=vm1 ofport=1\n",
      "port/vm1 acl/5",
      { 0 },
      "table=0, priority=100,in_port=1 actions=set_field:0x5->metadata,"
      "set_field:0x1->reg14,goto_table:8\n"
      "table=64, priority=100,reg15=0x1 actions=output:1\n" },
    { "a port in one group: its tag stands for all but its zone",
      "group web r1\n"
      "rule r1 ingress protocol=6 ports=443\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "port/vm1",
      { 0 },
      "table=0, priority=100,in_port=1 actions=set_field:0x5->metadata,"
      "set_field:0x1->reg14,set_field:@web->reg11,set_field:0x3->reg12,"
      "set_field:0x1->reg13,goto_table:8\n"
      "table=64, priority=100,reg15=0x1 actions=output:1\n"
      "table=52, priority=100,reg15=0x1 actions=set_field:@web->reg11,"
      "set_field:0x1->reg12,set_field:0x1->reg13,goto_table:53\n" },
    { "a port in two groups: known by its zone",
      "group web r1\n"
      "group adm r2\n"
      "rule r1 ingress protocol=6 ports=443\n"
      "rule r2 ingress protocol=17\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web,adm\n"
      "iface v1 id=vm1 ofport=1\n",
      "port/vm1",
      { 0 },
      "table=0, priority=100,in_port=1 actions=set_field:0x5->metadata,"
      "set_field:0x1->reg14,set_field:0->reg11,set_field:0x3->reg12,"
      "set_field:0x1->reg13,goto_table:8\n"
      "table=64, priority=100,reg15=0x1 actions=output:1\n"
      "table=52, priority=100,reg15=0x1 actions=set_field:0->reg11,"
      "set_field:0x1->reg12,set_field:0x1->reg13,goto_table:53\n"
      "table=88, priority=110,reg13=0x1 actions=set_field:@adm->reg2,"
      "resubmit(,89),set_field:@web->reg2,resubmit(,89),resubmit(,92)\n"
      "table=81, priority=100,ct_mark=@adm,reg13=0x1 actions=resubmit(,82)\n"
      "table=81, priority=100,ct_mark=@web,reg13=0x1 actions=resubmit(,82)\n"
      "table=81, priority=100,ct_mark=0,"
      "ct_label=0x20000000000000000/0xffffffffffffffff0000000000000000,ip,"
      "reg13=0x1 actions=set_field:0x10/0x10->reg12\n"
      "table=92, priority=80,ip,reg12=0x2/0x4a,reg13=0x1 "
      "actions=set_field:0->reg3,set_field:0x2->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=81, priority=100,ct_mark=0,"
      "ct_label=0x20000000000000000/0xffffffffffffffff0000000000000000,"
      "ipv6,reg13=0x1 actions=set_field:0x10/0x10->reg12\n"
      "table=92, priority=80,ipv6,reg12=0x2/0x4a,reg13=0x1 "
      "actions=set_field:0->reg3,set_field:0x2->xreg4,"
      "set_field:0x40/0x40->reg12\n" },
    { "a port in no group, where the network has an ACL",
      "network blue 5 ingress=drop\n"
      "port vm1 blue security=off "A" 10.0.0.1\n"
      "iface v1 id=vm1 ofport=1\n",
      "port/vm1",
      { 0 },
      "table=0, priority=100,in_port=1 actions=set_field:0x5->metadata,"
      "set_field:0x1->reg14,set_field:0->reg11,set_field:0x3->reg12,"
      "set_field:0x1->reg13,goto_table:8\n"
      "table=64, priority=100,reg15=0x1 actions=output:1\n"
      "table=52, priority=100,reg15=0x1 actions=set_field:0->reg11,"
      "set_field:0x1->reg12,set_field:0x1->reg13,goto_table:53\n"
      "table=88, priority=110,reg13=0x1 actions=set_field:0->reg3,"
      "set_field:0x40/0x40->reg12\n"
      "table=81, priority=100,ct_mark=0,reg13=0x1 "
      "actions=set_field:0x10/0x10->reg12\n" },
    { "a port whose group has a rule that makes no sense: closed",
      "group web r1\n"
      "rule r1 ingress error=bad\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "port/vm1",
      { 0 },
      "table=0, priority=100,in_port=1 actions=set_field:0x5->metadata,"
      "set_field:0x1->reg14,set_field:@web->reg11,set_field:0x7->reg12,"
      "set_field:0x1->reg13,goto_table:8\n"
      "table=64, priority=100,reg15=0x1 actions=output:1\n"
      "table=52, priority=100,reg15=0x1 actions=set_field:@web->reg11,"
      "set_field:0x5->reg12,set_field:0x1->reg13,goto_table:53\n" },
    { "a group that no port of this host is in",
      "group web r1\n"
      "rule r1 ingress\n",
      "group/web rule/r1",
      { 0 },
      "" },
    { "a group with rules for any address",
      "group web r1 r2\n"
      "rule r1 ingress protocol=6 ports=443\n"
      "rule r2 egress protocol=17 ethertype=0x0800\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "group/web",
      { 0 },
      "table=88, priority=100,reg11=@web actions=set_field:@web->reg2,"
      "resubmit(,89),resubmit(,92)\n"
      "table=81, priority=100,ct_mark=@web,reg11=@web actions=resubmit(,"
      "82)\n"
      "table=81, priority=100,ct_mark=0,"
      "ct_label=0x20000000000000000/0xffffffffffffffff0000000000000000,"
      "ipv6,reg11=@web actions=set_field:0x10/0x10->reg12\n"
      "table=92, priority=80,ipv6,reg11=@web,reg12=0x2/0x4a "
      "actions=set_field:0->reg3,set_field:0x2->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=89, priority=100,reg2=@web,reg12=0/0x42 "
      "actions=set_field:0->xreg0,resubmit(,91)\n"
      "table=89, priority=100,reg2=@web,reg12=0x2/0x42 "
      "actions=set_field:0->xreg0,resubmit(,91)\n" },
    { "its rules: what they match, and what their connections are known by",
      "group web r1 r2\n"
      "rule r1 ingress protocol=6 ports=443\n"
      "rule r2 egress protocol=17 ethertype=0x0800\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1 rule/r2",
      { 0 },
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=443,"
      "ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=443,"
      "ipv6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=82, priority=100,ct_mark=@web,"
      "ct_label=@r10000000000000000/0xffffffffffffffff0000000000000000 "
      "actions=set_field:0x10/0x10->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=17,ip,reg0=0,"
      "reg1=0,reg2=@web,reg12=0x2/0x4a actions=set_field:@web->reg3,"
      "set_field:@r2->xreg4,set_field:0x40/0x40->reg12\n"
      "table=82, priority=100,ct_mark=@web,"
      "ct_label=@r20000000000000000/0xffffffffffffffff0000000000000000 "
      "actions=set_field:0x10/0x10->reg12\n" },
    { "a range of ports",
      "group web r1\n"
      "rule r1 ingress protocol=6 ethertype=0x0800 ports=1000-1010\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1",
      { 91 },
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x3e8/0xfff8,ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x3f0/0xfffe,ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=1010,ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n" },
    { "ports of any protocol",
      "group web r1\n"
      "rule r1 ingress ethertype=0x86dd ports=53\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1",
      { 91 },
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=53,"
      "ipv6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=17,ct_tp_dst=53,"
      "ipv6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=132,"
      "ct_tp_dst=53,ipv6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a,"
      "nw_frag=not_later,tp_dst=53 actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=+rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a,"
      "nw_frag=not_later,tp_src=53 actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n" },
    { "type and code of ICMP and ICMPv6",
      "group web r1 r2\n"
      "rule r1 ingress protocol=1 icmp=8/0\n"
      "rule r2 egress protocol=58 icmp=128\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1 rule/r2",
      { 91 },
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=1,ct_tp_src=8,"
      "ct_tp_dst=0,ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=58,"
      "ct_tp_src=128,ipv6,reg0=0,reg1=0,reg2=@web,reg12=0x2/0x4a "
      "actions=set_field:@web->reg3,set_field:@r2->xreg4,"
      "set_field:0x40/0x40->reg12\n" },
    { "prefixes of both versions, each direction",
      "group web r1 r2\n"
      "rule r1 ingress 10.0.0.0/8 2001:db8::/32\n"
      "rule r2 egress 0.0.0.0/0\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1 rule/r2",
      { 91 },
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_src=10.0.0.0/8,ip,"
      "reg0=0,reg1=0,reg2=@web,reg12=0/0x4a actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_ipv6_src=2001:db8::/32,"
      "ipv6,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ip,reg0=0,reg1=0,reg2=@web,"
      "reg12=0x2/0x4a actions=set_field:@web->reg3,set_field:@r2->xreg4,"
      "set_field:0x40/0x40->reg12\n" },
    { "more prefixes and ports than are multiplied out: a set",
      "group web r1\n"
      "rule r1 ingress protocol=6 ports=1-30 10.1.0.0/16 10.3.0.0/16 "
      "10.5.0.0/16 2001:db8::/32\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "group/web rule/r1",
      { 89, 94, 90, 82 },
      "table=89, priority=100,reg2=@web,reg12=0/0x42 actions=resubmit(,94)\n"
      "table=94, priority=100,reg2=@web,reg12=0/0x42 actions=resubmit(,93),"
      "set_field:@r1->xreg0,resubmit(,90)\n"
      "table=90, priority=100,ip,reg0=0xf6286064,reg1=0x42ceba62,reg4=0,"
      "reg5=0,reg6=0xffff,reg7=0xa010000/0xffff0000 actions=resubmit(,91)\n"
      "table=90, priority=100,ip,reg0=0xf6286064,reg1=0x42ceba62,reg4=0,"
      "reg5=0,reg6=0xffff,reg7=0xa030000/0xffff0000 actions=resubmit(,91)\n"
      "table=90, priority=100,ip,reg0=0xf6286064,reg1=0x42ceba62,reg4=0,"
      "reg5=0,reg6=0xffff,reg7=0xa050000/0xffff0000 actions=resubmit(,91)\n"
      "table=90, priority=100,ipv6,reg0=0xf6286064,reg1=0x42ceba62,"
      "reg4=0x20010db8 actions=resubmit(,91)\n"
      "table=82, priority=100,ct_mark=@web,"
      "ct_label=@r10000000000000000/0xffffffffffffffff0000000000000000 "
      "actions=set_field:0x10/0x10->reg12\n" },
    { "a rule for members of a group: they are a set",
      "group web r1\n"
      "group adm\n"
      "rule r1 ingress protocol=6 ports=22 remote=adm\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n"
      "port vm9 blue security=off "B" 10.0.0.9 fd00::9 groups=adm\n",
      "group/web rule/r1 addr/adm/10.0.0.9 addr/adm/fd00::9",
      { 89, 94, 90, 91, 82 },
      "table=89, priority=100,reg2=@web,reg12=0/0x42 actions=resubmit(,94)\n"
      "table=94, priority=100,reg2=@web,reg12=0/0x42 actions=resubmit(,93),"
      "set_field:@adm->xreg0,resubmit(,90)\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=22,"
      "ip,reg0=0,reg1=@adm,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=22,"
      "ipv6,reg0=0,reg1=@adm,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=82, priority=100,ct_mark=@web,"
      "ct_label=@r10000000000000000/0xffffffffffffffff0000000000000000 "
      "actions=resubmit(,93),set_field:@adm->xreg0,"
      "set_field:0x400/0x400->reg12,resubmit(,90),resubmit(,83)\n"
      "table=90, priority=100,ip,reg0=0,reg1=@adm,reg4=0,reg5=0,"
      "reg6=0xffff,reg7=0xa000009 actions=resubmit(,91)\n"
      "table=90, priority=100,ipv6,reg0=0,reg1=@adm,reg4=0xfd000000,reg5=0,"
      "reg6=0,reg7=0x9 actions=resubmit(,91)\n" },
    { "an address of a group that no rule refers to",
      "group web r1\n"
      "group adm\n"
      "rule r1 ingress\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n"
      "port vm9 blue security=off "B" 10.0.0.9 groups=adm\n",
      "addr/adm/10.0.0.9",
      { 0 },
      "" },
    { "there is no port 0 of SCTP",
      "group web r1\n"
      "rule r1 ingress protocol=132 ethertype=0x0800 ports=0-1 stateless\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1",
      { 91 },
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=132,"
      "ct_tp_dst=1,ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=-rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a,"
      "nw_frag=not_later,tp_dst=1 actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,ct_state=+rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a,"
      "nw_frag=not_later,tp_src=1 actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,sctp,reg0=0,reg1=0,reg2=@web,reg12=0x8/0x4a,"
      "nw_frag=not_later,tp_dst=1 actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n" },
    { "a stateless rule is asked about packets, too",
      "group web r1\n"
      "rule r1 ingress protocol=17 ethertype=0x0800 ports=53 stateless\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "group/web rule/r1",
      { 17, 53, 91 },
      "table=17, priority=100,reg11=@web actions=set_field:0x8/0x8->reg12,"
      "resubmit(,84),resubmit(,95),goto_table:18\n"
      "table=53, priority=100,reg11=@web actions=set_field:0x8/0x8->reg12,"
      "resubmit(,84),resubmit(,95),goto_table:54\n"
      "table=91, priority=80,ct_state=-inv+trk,ct_nw_proto=17,ct_tp_dst=53,"
      "ip,reg0=0,reg1=0,reg2=@web,reg12=0/0x4a "
      "actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x40/0x40->reg12\n"
      "table=91, priority=80,udp,reg0=0,reg1=0,reg2=@web,reg12=0x8/0x4a,"
      "nw_frag=not_later,tp_dst=53 actions=set_field:@web->reg3,"
      "set_field:@r1->xreg4,set_field:0x40/0x40->reg12\n" },
    { "a rule that logs",
      "group web r1\n"
      "rule r1 ingress ethertype=0x0800 log\n"
      "network blue 5\n"
      "port vm1 blue security=off "A" 10.0.0.1 groups=web\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/r1",
      { 91 },
      "table=91, priority=80,ct_state=-inv+trk,ip,reg0=0,reg1=0,reg2=@web,"
      "reg12=0/0x4a actions=set_field:@web->reg3,set_field:@r1->xreg4,"
      "set_field:0x240/0x240->reg12\n" },
    { "the ACL of a network: in order of priority, then refusals first",
      "network blue 5 acl=a1,a2,a3 egress=reject\n"
      "rule a1 ingress priority=100 protocol=6 ethertype=0x0800 ports=22 "
      "drop\n"
      "rule a2 ingress priority=100 ethertype=0x0800\n"
      "rule a3 egress priority=7 protocol=17 ethertype=0x0800 reject log\n"
      "port vm1 blue security=off "A"\n"
      "iface v1 id=vm1 ofport=1\n",
      "acl/5 rule/a1 rule/a2 rule/a3",
      { 0 },
      "table=80, priority=100,ct_label=@acl5/0xffffffffffffffff,"
      "metadata=0x5 actions=resubmit(,81)\n"
      "table=80, priority=80,metadata=0x5 actions=resubmit(,84)\n"
      "table=84, priority=100,metadata=0x5 actions=set_field:0->reg2,"
      "resubmit(,86),resubmit(,87),set_field:@acl5->xreg0\n"
      "table=87, priority=80,reg12=0/0xa,metadata=0x5 "
      "actions=set_field:0x3->xreg4,set_field:0x20/0x20->reg12,resubmit(,"
      "88)\n"
      "table=87, priority=80,reg12=0x2/0xa,metadata=0x5 "
      "actions=set_field:0x3->xreg4,set_field:0x100/0x100->reg12\n"
      "table=86, priority=201,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=22,"
      "ip,reg12=0/0x1aa,metadata=0x5 actions=set_field:@a1->xreg4,"
      "set_field:0x80/0x3a0->reg12\n"
      "table=86, priority=200,ct_state=-inv+trk,ip,reg12=0/0x1aa,"
      "metadata=0x5 actions=set_field:@a2->xreg4,"
      "set_field:0x20/0x3a0->reg12\n"
      "table=86, priority=15,ct_state=-inv+trk,ct_nw_proto=17,ip,"
      "reg12=0x2/0x1aa,metadata=0x5 actions=set_field:@a3->xreg4,"
      "set_field:0x300/0x3a0->reg12\n" },
    { "an ACL that refers to groups: each has a bit",
      "network blue 5 acl=a1,a2 ingress=drop\n"
      "group g1\n"
      "group g2\n"
      "rule a1 ingress priority=2 ethertype=0x0800 remote=g1\n"
      "rule a2 ingress priority=1 ethertype=0x0800 remote=g2 drop\n"
      "port vm1 blue security=off "A"\n"
      "iface v1 id=vm1 ofport=1\n",
      "acl/5 rule/a1 rule/a2",
      { 84, 86 },
      "table=84, priority=100,metadata=0x5 actions=set_field:0->reg3,"
      "resubmit(,93),set_field:0x800/0x800->reg12,set_field:@g2->xreg0,"
      "set_field:0->reg2,resubmit(,90),set_field:@g1->xreg0,"
      "set_field:0x1->reg2,resubmit(,90),set_field:0/0x800->reg12,"
      "set_field:0->reg2,resubmit(,86),resubmit(,87),"
      "set_field:@acl5->xreg0\n"
      "table=86, priority=4,ct_state=-inv+trk,ip,reg3=0x2/0x2,"
      "reg12=0/0x1aa,metadata=0x5 actions=set_field:@a1->xreg4,"
      "set_field:0x20/0x3a0->reg12\n"
      "table=86, priority=3,ct_state=-inv+trk,ip,reg3=0x1/0x1,"
      "reg12=0/0x1aa,metadata=0x5 actions=set_field:@a2->xreg4,"
      "set_field:0x80/0x3a0->reg12\n" },
    { "an ACL with many prefixes: a conjunction",
      "network blue 5 acl=a1\n"
      "rule a1 ingress priority=3 protocol=6 ports=1-30 ethertype=0x0800 "
      "drop 10.1.0.0/16 10.3.0.0/16 10.5.0.0/16 10.7.0.0/16 10.9.0.0/16\n"
      "port vm1 blue security=off "A"\n"
      "iface v1 id=vm1 ofport=1\n",
      "rule/a1",
      { 86 },
      "table=86, priority=7,conj_id=512294,reg12=0/0x1aa,metadata=0x5 "
      "actions=set_field:@a1->xreg4,set_field:0x80/0x3a0->reg12\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_src=10.1.0.0/16,ip,"
      "reg2=0/0x9f3bd125,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,1/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_src=10.3.0.0/16,ip,"
      "reg2=0/0x9f3bd125,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,1/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_src=10.5.0.0/16,ip,"
      "reg2=0/0x9f3bd125,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,1/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_src=10.7.0.0/16,ip,"
      "reg2=0/0x9f3bd125,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,1/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_src=10.9.0.0/16,ip,"
      "reg2=0/0x9f3bd125,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,1/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=1,ip,"
      "reg2=0/0x9f3bd127,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x2/0xfffe,ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,"
      "metadata=0x5 actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x4/0xfffc,ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,"
      "metadata=0x5 actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x8/0xfff8,ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,"
      "metadata=0x5 actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x10/0xfff8,ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,"
      "metadata=0x5 actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x18/0xfffc,ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,"
      "metadata=0x5 actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,"
      "ct_tp_dst=0x1c/0xfffe,ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,"
      "metadata=0x5 actions=conjunction(512294,2/2)\n"
      "table=86, priority=7,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=30,"
      "ip,reg2=0/0x9f3bd127,reg12=0/0x1aa,metadata=0x5 "
      "actions=conjunction(512294,2/2)\n" },
    { "an ACL with a stateless rule",
      "network blue 5 acl=a1\n"
      "rule a1 egress priority=3 protocol=17 ethertype=0x0800 stateless\n"
      "port vm1 blue security=off "A"\n"
      "iface v1 id=vm1 ofport=1\n",
      "acl/5 rule/a1",
      { 17, 53, 84, 85 },
      "table=84, priority=100,metadata=0x5 actions=set_field:0->reg2,"
      "resubmit(,85),resubmit(,86),resubmit(,87),set_field:@acl5->xreg0\n"
      "table=17, priority=100,metadata=0x5 "
      "actions=set_field:0x8/0x8->reg12,resubmit(,84),"
      "resubmit(,95),goto_table:18\n"
      "table=53, priority=100,metadata=0x5 "
      "actions=set_field:0x8/0x8->reg12,resubmit(,84),"
      "resubmit(,95),goto_table:54\n"
      "table=85, priority=6,ct_state=-inv+trk,ct_nw_proto=17,ip,"
      "reg12=0x2/0x1aa,metadata=0x5 actions=set_field:@a1->xreg4,"
      "set_field:0x20/0x3a0->reg12\n"
      "table=85, priority=6,udp,reg12=0xa/0x1aa,metadata=0x5 "
      "actions=set_field:@a1->xreg4,set_field:0x20/0x3a0->reg12\n" },
    { "what always passes to a VM, and what is tracked",
      "",
      "host",
      { 53 },
      "table=53, priority=300,arp actions=goto_table:64\n"
      "table=53, priority=300,rarp actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=130 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=131 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=132 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=133 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=134 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=135 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=136 actions=goto_table:64\n"
      "table=53, priority=300,icmp6,icmp_type=143 actions=goto_table:64\n"
      "table=53, priority=300,udp,nw_frag=no,tp_src=67,tp_dst=68 "
      "actions=goto_table:64\n"
      "table=53, priority=300,udp6,nw_frag=no,tp_src=547,tp_dst=546 "
      "actions=goto_table:64\n"
      "table=53, priority=200,reg12=0x4/0x4 actions=drop\n"
      "table=53, priority=1,ip actions=set_field:0/0x3fa->reg12,"
      "ct(table=55,zone=NXM_NX_REG13[0..15])\n"
      "table=53, priority=1,ipv6 actions=set_field:0/0x3fa->reg12,"
      "ct(table=55,zone=NXM_NX_REG13[0..15])\n" },
    { "what conntrack says of a VM's packets",
      "",
      "host",
      { 19 },
      "table=19, priority=200,ct_state=+inv+trk actions=drop\n"
      "table=19, priority=130,ct_state=-inv+trk,ip,nw_frag=later "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "table=19, priority=130,ct_state=-inv+trk,ipv6,nw_frag=later "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "table=19, priority=110,ct_state=-rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp actions="
      "resubmit(,84),resubmit(,95),goto_table:20\n"
      "table=19, priority=110,ct_state=+rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp actions=set_field:0/0x2->reg12,"
      "resubmit(,84),resubmit(,95),goto_table:20\n"
      "table=19, priority=110,ct_state=-rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp6 actions="
      "resubmit(,84),resubmit(,95),goto_table:20\n"
      "table=19, priority=110,ct_state=+rpl-inv+trk,ct_nw_proto=132,"
      "ct_tp_src=0,ct_tp_dst=0,sctp6 actions=set_field:0/0x2->reg12,"
      "resubmit(,84),resubmit(,95),goto_table:20\n"
      "table=19, priority=100,ct_state=+new-inv+trk,"
      "ct_label=0/0xffffffffffffffff0000000000000000 "
      "actions=resubmit(,84),resubmit(,95),"
      "goto_table:20\n"
      "table=19, priority=80,ct_state=+rpl-inv+trk "
      "actions=set_field:0/0x2->reg12,resubmit(,80),"
      "resubmit(,95),goto_table:20\n"
      "table=19, priority=1,ct_state=-inv+trk "
      "actions=resubmit(,80),resubmit(,95),goto_table:20\n" },
    { "what is done with a VM's packets",
      "",
      "host",
      { 20 },
      "table=20, priority=120,ct_state=+new+rel-inv+trk,ip,reg12=0x10/0x10 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "table=20, priority=90,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=21,"
      "tcp,reg12=0x60/0x60 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15],"
      "exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],"
      "move:OXM_OF_PKT_REG0[]->NXM_NX_CT_LABEL[0..63],"
      "move:OXM_OF_PKT_REG4[]->NXM_NX_CT_LABEL[64..127]),alg=ftp)\n"
      "table=20, priority=90,ct_state=-inv+trk,ct_nw_proto=17,ct_tp_dst=69,"
      "udp,reg12=0x60/0x60 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15],"
      "exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],"
      "move:OXM_OF_PKT_REG0[]->NXM_NX_CT_LABEL[0..63],"
      "move:OXM_OF_PKT_REG4[]->NXM_NX_CT_LABEL[64..127]),alg=tftp)\n"
      "table=20, priority=80,ct_state=-inv+trk,ip,reg12=0x60/0x60 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15],"
      "exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],"
      "move:OXM_OF_PKT_REG0[]->NXM_NX_CT_LABEL[0..63],"
      "move:OXM_OF_PKT_REG4[]->NXM_NX_CT_LABEL[64..127]))\n"
      "table=20, priority=120,ct_state=+new+rel-inv+trk,ipv6,"
      "reg12=0x10/0x10 actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "table=20, priority=90,ct_state=-inv+trk,ct_nw_proto=6,ct_tp_dst=21,"
      "tcp6,reg12=0x60/0x60 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15],"
      "exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],"
      "move:OXM_OF_PKT_REG0[]->NXM_NX_CT_LABEL[0..63],"
      "move:OXM_OF_PKT_REG4[]->NXM_NX_CT_LABEL[64..127]),alg=ftp)\n"
      "table=20, priority=90,ct_state=-inv+trk,ct_nw_proto=17,ct_tp_dst=69,"
      "udp6,reg12=0x60/0x60 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15],"
      "exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],"
      "move:OXM_OF_PKT_REG0[]->NXM_NX_CT_LABEL[0..63],"
      "move:OXM_OF_PKT_REG4[]->NXM_NX_CT_LABEL[64..127]),alg=tftp)\n"
      "table=20, priority=80,ct_state=-inv+trk,ipv6,reg12=0x60/0x60 "
      "actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15],"
      "exec(move:NXM_NX_REG3[]->NXM_NX_CT_MARK[],"
      "move:OXM_OF_PKT_REG0[]->NXM_NX_CT_LABEL[0..63],"
      "move:OXM_OF_PKT_REG4[]->NXM_NX_CT_LABEL[64..127]))\n"
      "table=20, priority=100,reg12=0x10/0x10 actions=goto_table:24\n"
      "table=20, priority=130,ct_state=-inv+trk,ip,reg12=0x10/0x10,"
      "nw_frag=first actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "table=20, priority=130,ct_state=-inv+trk,ipv6,reg12=0x10/0x10,"
      "nw_frag=first actions=ct(commit,table=21,zone=NXM_NX_REG13[0..15])\n"
      "table=20, priority=110,reg12=0x100/0x100 actions=drop\n"
      "table=20, priority=1 actions=drop\n" },
};

/* Returns the owner that 'name' means: a rule or group by its name in the
 * script, "addr/GROUP/IP", or as owner_parse() has it. */
static struct owner
parse_owner(const struct model *m, const char *name)
{
    const char *part = strchr(name, '/');
    struct owner owner;
    struct uuid uuid;

    if (!strncmp(name, "rule/", 5)) {
        uuid = model_script_uuid(part + 1);
        return owner_rule(&uuid);
    } else if (!strncmp(name, "group/", 6)) {
        uuid = model_script_uuid(part + 1);
        return owner_security_group(&uuid);
    } else if (!strncmp(name, "addr/", 5)) {
        char *group = xmemdup0(part + 1, strcspn(part + 1, "/"));
        struct in6_addr ip = script_parse_ip(strchr(part + 1, '/') + 1);

        uuid = model_script_uuid(group);
        free(group);
        return owner_group_addr(model_group(m, &uuid)->tag, &ip);
    }
    assert_null(owner_parse(name, &owner));
    return owner;
}

/* Returns 'text', which is freed, with 'to' for each 'from'. */
static char *
replace(char *text, const char *from, const char *to)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *p = text, *next;

    while ((next = strstr(p, from))) {
        ds_put_buffer(&s, p, next - p);
        ds_put_cstr(&s, to);
        p = next + strlen(from);
    }
    ds_put_cstr(&s, p);
    free(text);
    return ds_steal_cstr(&s);
}

/* Returns 'text', which is freed, with '@name' for the number 'value'. */
static char *
replace_number(char *text, uint64_t value, const char *name)
{
    char *from = xasprintf("0x%"PRIx64, value);
    char *to = xasprintf("@%s", name);

    text = replace(text, from, to);
    free(from);
    free(to);
    return text;
}

/* Returns 'text', which is freed, with names for ids that are in 'm'. */
static char *
replace_ids(const struct model *m, char *text)
{
    const struct network *network = model_network(m, 5);
    const struct policy_list *acl = network ? network_acl(network) : NULL;
    const struct security_group *group;
    const struct policy_rule *rule;

    HMAP_FOR_EACH (rule, hmap_node, &m->rules) {
        text = replace_number(text, acl_rule_id(rule),
                              model_script_name(&rule->uuid));
    }
    if (acl) {
        text = replace_number(text, acl_list_id(acl), "acl5");
    }
    HMAP_FOR_EACH (group, hmap_node, &m->groups) {
        text = replace_number(text, group->tag,
                              model_script_name(&group->uuid));
    }
    return text;
}

/* Is 'line' a flow in one of 'tables' or, if these are none, one that is not
 * of suppression? */
static bool
is_shown(const int tables[MAX_TABLES], const char *line)
{
    int table;

    if (!ovs_scan(line, "table=%d,", &table)) {
        return false;
    } else if (!tables[0]) {
        return table < TABLE_RESOLVE || table >= TABLE_ACL_EST_ACL;
    }
    for (int i = 0; i < MAX_TABLES; i++) {
        if (table == tables[i]) {
            return true;
        }
    }
    return false;
}

/* Appends to 's' what 'owner' wants in 'tables'. */
static void
put_wants(const struct model *m, const struct owner *owner,
          const int tables[MAX_TABLES], struct ds *s)
{
    struct ds all = DS_EMPTY_INITIALIZER;
    struct flow_payloads payloads;
    struct flow_list list;
    char *save_ptr = NULL;
    char *line;

    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    gen_owner(m, owner, &list);
    flow_list_format(&list, &all);
    for (line = strtok_r(ds_cstr(&all), "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        if (is_shown(tables, line)) {
            ds_put_format(s, "%s\n", line);
        }
    }
    ds_destroy(&all);
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
}

static void
test_flows(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds s = DS_EMPTY_INITIALIZER;
        char *owners = xstrdup(cases[i].owners);
        char *save_ptr = NULL;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, cases[i].input);
        model_script_run(&m, "run");
        for (char *name = strtok_r(owners, " ", &save_ptr); name;
             name = strtok_r(NULL, " ", &save_ptr)) {
            struct owner owner = parse_owner(&m, name);

            put_wants(&m, &owner, cases[i].tables, &s);
        }
        got = replace_ids(&m, ds_steal_cstr(&s));
        script_check(cases[i].name, cases[i].expected, got);
        free(got);
        free(owners);
        model_uninit(&m);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
    };

    return cmocka_run_group_tests_name("gen-acl", tests, NULL, NULL);
}
