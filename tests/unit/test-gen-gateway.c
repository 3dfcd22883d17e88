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
#include "flows/pipeline.h"
#include "tests/unit/gen-script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"

/* A port in network 5, which the VPC with L3VNI 9 routes by default. */
#define PORT "port vm1 blue "A"\niface v1 id=vm1 ofport=7\n"
#define BLUE "network blue 5 vpc=v gateway_mac="B" "
#define HERE "vpc v 9\n"PORT BLUE

static const struct gen_case cases[] = {
    { "host: echo, and addresses that are never routed",
      "",
      "host",
      "table=76, priority=1,reg10=0/0x20000 actions=resubmit(,32)\n"
      "table=29, priority=2000,ip,nw_dst=0.0.0.0/8 actions=drop\n"
      "table=29, priority=2000,ip,nw_src=0.0.0.0/8 actions=drop\n"
      "table=29, priority=2000,ip,nw_dst=127.0.0.0/8 actions=drop\n"
      "table=29, priority=2000,ip,nw_src=127.0.0.0/8 actions=drop\n"
      "table=29, priority=2000,ip,nw_dst=169.254.0.0/16 actions=drop\n"
      "table=29, priority=2000,ip,nw_src=169.254.0.0/16 actions=drop\n"
      "table=29, priority=2000,ip,nw_dst=224.0.0.0/4 actions=drop\n"
      "table=29, priority=2000,ip,nw_src=224.0.0.0/4 actions=drop\n"
      "table=29, priority=2000,ip,nw_dst=255.255.255.255 actions=drop\n"
      "table=29, priority=2000,ip,nw_src=255.255.255.255 actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_dst=:: actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_src=:: actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_dst=::1 actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_src=::1 actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_dst=fe80::/10 actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_src=fe80::/10 actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_dst=ff00::/8 actions=drop\n"
      "table=29, priority=2000,ipv6,ipv6_src=ff00::/8 actions=drop\n"
      "table=96, priority=100,icmp,reg10=0/0x1,icmp_type=8,icmp_code=0 "
      "actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG5[],"
      "move:NXM_OF_IP_DST[]->NXM_OF_IP_SRC[],"
      "move:NXM_NX_REG5[]->NXM_OF_IP_DST[],set_field:0->icmp_type,"
      "set_field:64->nw_ttl,move:NXM_OF_ETH_SRC[]->OXM_OF_PKT_REG4[0..47],"
      "move:NXM_OF_ETH_DST[]->NXM_OF_ETH_SRC[],"
      "move:OXM_OF_PKT_REG4[0..47]->NXM_OF_ETH_DST[],IN_PORT\n"
      "table=96, priority=100,icmp6,reg10=0/0x1,icmp_type=128,icmp_code=0 "
      "actions=move:NXM_NX_IPV6_SRC[]->NXM_NX_XXREG1[],"
      "move:NXM_NX_IPV6_DST[]->NXM_NX_IPV6_SRC[],"
      "move:NXM_NX_XXREG1[]->NXM_NX_IPV6_DST[],set_field:129->icmpv6_type,"
      "set_field:64->nw_ttl,move:NXM_OF_ETH_SRC[]->OXM_OF_PKT_REG4[0..47],"
      "move:NXM_OF_ETH_DST[]->NXM_OF_ETH_SRC[],"
      "move:OXM_OF_PKT_REG4[0..47]->NXM_OF_ETH_DST[],IN_PORT\n"
      "table=96, priority=100,icmp,reg10=0x1/0x1,icmp_type=8,icmp_code=0 "
      "actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG5[],"
      "move:NXM_OF_IP_DST[]->NXM_OF_IP_SRC[],"
      "move:NXM_NX_REG5[]->NXM_OF_IP_DST[],set_field:0->icmp_type,"
      "set_field:64->nw_ttl,set_field:0/0x1->reg10,resubmit(,29)\n"
      "table=96, priority=100,icmp6,reg10=0x1/0x1,icmp_type=128,icmp_code=0 "
      "actions=move:NXM_NX_IPV6_SRC[]->NXM_NX_XXREG1[],"
      "move:NXM_NX_IPV6_DST[]->NXM_NX_IPV6_SRC[],"
      "move:NXM_NX_XXREG1[]->NXM_NX_IPV6_DST[],set_field:129->icmpv6_type,"
      "set_field:64->nw_ttl,set_field:0/0x1->reg10,resubmit(,29)\n"
      "table=96, priority=110,icmp,reg10=0/0x1,nw_frag=later "
      "actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG5[],"
      "move:NXM_OF_IP_DST[]->NXM_OF_IP_SRC[],"
      "move:NXM_NX_REG5[]->NXM_OF_IP_DST[],set_field:64->nw_ttl,"
      "move:NXM_OF_ETH_SRC[]->OXM_OF_PKT_REG4[0..47],"
      "move:NXM_OF_ETH_DST[]->NXM_OF_ETH_SRC[],"
      "move:OXM_OF_PKT_REG4[0..47]->NXM_OF_ETH_DST[],IN_PORT\n"
      "table=96, priority=110,icmp,reg10=0x1/0x1,nw_frag=later "
      "actions=move:NXM_OF_IP_SRC[]->NXM_NX_REG5[],"
      "move:NXM_OF_IP_DST[]->NXM_OF_IP_SRC[],"
      "move:NXM_NX_REG5[]->NXM_OF_IP_DST[],set_field:64->nw_ttl,"
      "set_field:0/0x1->reg10,resubmit(,29)\n"
      "table=96, priority=110,ipv6,reg10=0/0x1,nw_proto=44,nw_frag=later "
      "actions=move:NXM_NX_IPV6_SRC[]->NXM_NX_XXREG1[],"
      "move:NXM_NX_IPV6_DST[]->NXM_NX_IPV6_SRC[],"
      "move:NXM_NX_XXREG1[]->NXM_NX_IPV6_DST[],set_field:64->nw_ttl,"
      "move:NXM_OF_ETH_SRC[]->OXM_OF_PKT_REG4[0..47],"
      "move:NXM_OF_ETH_DST[]->NXM_OF_ETH_SRC[],"
      "move:OXM_OF_PKT_REG4[0..47]->NXM_OF_ETH_DST[],IN_PORT\n"
      "table=96, priority=110,ipv6,reg10=0x1/0x1,nw_proto=44,nw_frag=later "
      "actions=move:NXM_NX_IPV6_SRC[]->NXM_NX_XXREG1[],"
      "move:NXM_NX_IPV6_DST[]->NXM_NX_IPV6_SRC[],"
      "move:NXM_NX_XXREG1[]->NXM_NX_IPV6_DST[],set_field:64->nw_ttl,"
      "set_field:0/0x1->reg10,resubmit(,29)\n"
      "table=96, priority=1 actions=set_field:0x3->reg1,resubmit(,97),"
      "controller(id=28517,userdata=00.00.00.09)\n" },
    { "network with an IPv4 gateway",
      HERE"10.0.0.254/24\n",
      "network/5",
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fe80::5054:ff:fe00:b "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=52:54:00:00:00:0b,ipv6_dst=fe80::5054:ff:fe00:b "
      "actions=set_field:0x9->reg0,resubmit(,96)\n"
      "table=26, priority=120,arp,reg10=0/0x1,metadata=0x5,"
      "arp_tpa=10.0.0.254,arp_op=1 actions=set_field:0x352540000000b->xreg3,"
      "set_field:0xc0/0xc0->reg10,goto_table:27\n"
      "table=26, priority=120,arp,reg10=0x1/0x1,metadata=0x5,"
      "arp_tpa=10.0.0.254,arp_op=1 actions=drop\n"
      "table=26, priority=120,arp,reg10=0x1/0x1,metadata=0x5,"
      "arp_spa=10.0.0.254,arp_op=2 actions=drop\n"
      "table=29, priority=2010,ip,reg0=0x9,nw_dst=10.0.0.254 "
      "actions=resubmit(,96)\n" },
    { "network with an IPv6 gateway",
      HERE"fd00::fe/64\n",
      "network/5",
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fe80::5054:ff:fe00:b "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=52:54:00:00:00:0b,ipv6_dst=fe80::5054:ff:fe00:b "
      "actions=set_field:0x9->reg0,resubmit(,96)\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fd00::fe actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fd00::fe "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fd00::fe actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fd00::fe actions=drop\n"
      "table=29, priority=2010,ipv6,reg0=0x9,ipv6_dst=fd00::fe "
      "actions=resubmit(,96)\n" },
    { "... with a link-local one, too, which is that of its MAC",
      HERE"fd00::fe/64 fe80::5054:ff:fe00:b/64\n",
      "network/5",
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fe80::5054:ff:fe00:b "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=52:54:00:00:00:0b,ipv6_dst=fe80::5054:ff:fe00:b "
      "actions=set_field:0x9->reg0,resubmit(,96)\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fd00::fe actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fd00::fe "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fd00::fe actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fd00::fe actions=drop\n"
      "table=29, priority=2010,ipv6,reg0=0x9,ipv6_dst=fd00::fe "
      "actions=resubmit(,96)\n" },
    { "... with another link-local one, without suppression",
      HERE"no-suppression fe80::1/64\n",
      "network/5",
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fe80::5054:ff:fe00:b "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fe80::5054:ff:fe00:b actions=drop\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=52:54:00:00:00:0b,ipv6_dst=fe80::5054:ff:fe00:b "
      "actions=set_field:0x9->reg0,resubmit(,96)\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=135,"
      "icmp_code=0,nd_target=fe80::1 actions=drop\n"
      "table=26, priority=120,icmp6,reg10=0/0x1,metadata=0x5,nw_ttl=255,"
      "icmp_type=135,icmp_code=0,nd_target=fe80::1 "
      "actions=set_field:0x352540000000b->xreg3,set_field:0xc0/0xc0->reg10,"
      "goto_table:27\n"
      "table=26, priority=120,icmp6,reg10=0x1/0x1,metadata=0x5,icmp_type=136,"
      "icmp_code=0,nd_target=fe80::1 actions=drop\n"
      "table=27, priority=20,icmp6,metadata=0x5,icmp_type=135,icmp_code=0,"
      "nd_target=fe80::1 actions=drop\n"
      "table=28, priority=110,ipv6,reg10=0/0x1,metadata=0x5,"
      "dl_dst=52:54:00:00:00:0b,ipv6_dst=fe80::1 actions=set_field:0x9->reg0,"
      "resubmit(,96)\n" },
    { "network that no VPC routes",
      PORT"network blue 5 10.0.0.254/24\n",
      "network/5",
      "" },
    { "network without a port here",
      HERE"10.0.0.254/24\ndel-iface v1\n",
      "network/5",
      "" },
    { "port of a network that does not suppress ND, but has a gateway",
      HERE"no-suppression fd00::fe/64\n",
      "port/vm1",
      "table=76, priority=100,reg10=0x20000/0x20000,reg14=0x7 "
      "actions=controller(id=28517,userdata=00.00.00.03,meter_id=301989895)\n"
    },
    { "port of one that has none",
      HERE"no-suppression\n",
      "port/vm1",
      "" },
};

/* Is 'item' of a gateway? */
static bool
is_shown(const struct flow_item *item)
{
    const struct flow_key *key = &item->key;

    return (key->kind == FLOW_FLOW
            && ((key->table_id == TABLE_SUPPRESS
                 && key->priority == PRIORITY_GUARD)
                || (key->table_id == TABLE_RESPOND
                    && key->priority == PRIORITY_KIND)
                || (key->table_id == TABLE_ROUTE_IN
                    && key->priority == PRIORITY_EXCEPTION)
                || (key->table_id == TABLE_ROUTE
                    && key->priority >= PRIORITY_ROUTE_NEVER)
                || key->table_id == TABLE_GATEWAY
                || key->table_id == TABLE_PUNT_ND));
}

static void
test_owners_have_their_flows(void **state OVS_UNUSED)
{
    gen_script_check_all(cases, ARRAY_SIZE(cases), is_shown);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owners_have_their_flows),
    };

    return cmocka_run_group_tests_name("gen-gateway", tests, NULL, NULL);
}
