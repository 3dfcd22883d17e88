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
#include "flows/flow-list.h"
#include "flows/pipeline.h"
#include "ovs-ext/model/policy.h"
#include "tests/unit/gen-script.h"
#include "util.h"

/* What a port whose policy changes has meanwhile: flows by its zone, reg13. */

#define FACTS \
    "group web r1\ngroup adm r2\n" \
    "rule r1 ingress protocol=6 ports=443\nrule r2 ingress protocol=17\n" \
    "network blue 5\niface v1 id=vm1 ofport=7\n"
#define GROUPS(NAMES) \
    "port vm1 blue security=off 52:54:00:00:00:0a 10.0.0.1" NAMES "\n"
#define TWO GROUPS(" groups=web,adm") "run 10\n"
#define ONE GROUPS(" groups=web") "run 20\n"

#define WEB "0x5b7aedc0"
#define ADM "0xc9093df7"

#define TO(TAG) \
    "table=52, priority=100,reg15=0x7 actions=set_field:"TAG"->reg11," \
    "set_field:0x1->reg12,set_field:0x1->reg13,goto_table:53\n"
#define LABEL(TAG) \
    "table=81, priority=100,ct_mark="TAG",reg13=0x1 actions=resubmit(,82)\n"
#define OUT(IP) \
    "table=81, priority=100,ct_mark=0,ct_label=0x20000000000000000/" \
    "0xffffffffffffffff0000000000000000,"IP",reg13=0x1 " \
    "actions=set_field:0x10/0x10->reg12\n" \
    "table=92, priority=80,"IP",reg12=0x2/0x4a,reg13=0x1 " \
    "actions=set_field:0->reg3,set_field:0x2->xreg4," \
    "set_field:0x40/0x40->reg12\n"
#define IN_WEB \
    "table=88, priority=110,reg13=0x1 actions=set_field:"WEB"->reg2," \
    "resubmit(,89),resubmit(,92)\n"LABEL(WEB) OUT("ip") OUT("ipv6")
#define IN_BOTH \
    "table=88, priority=110,reg13=0x1 actions=set_field:"ADM"->reg2," \
    "resubmit(,89),set_field:"WEB"->reg2,resubmit(,89),resubmit(,92)\n" \
    LABEL(ADM) LABEL(WEB) OUT("ip") OUT("ipv6")
#define IN_NONE \
    "table=88, priority=110,reg13=0x1 actions=set_field:0->reg3," \
    "set_field:0x40/0x40->reg12\n" \
    "table=81, priority=100,ct_mark=0,reg13=0x1 " \
    "actions=set_field:0x10/0x10->reg12\n"

static const struct gen_case cases[] = {
    { "from two groups to one: both by tag and by zone, as it is now",
      FACTS TWO ONE "run 3019\n", "port/vm1", TO(WEB) IN_WEB },
    { "and then by tag",
      FACTS TWO ONE "run 3020\n", "port/vm1", TO(WEB) },
    { "from one group to two: by zone anyway",
      FACTS ONE TWO "run 3020\n", "port/vm1", TO("0") IN_BOTH },
    { "from two groups to none: what is on its way passes",
      FACTS TWO GROUPS("") "run 20\n", "port/vm1", IN_NONE },
    { "and then there is nothing",
      FACTS TWO GROUPS("") "run 20\nrun 3020\n", "port/vm1", "" },
    { "to one that is no group: what is on its way is dropped",
      FACTS TWO GROUPS(" groups=none") "run 20\n", "port/vm1",
      "table=52, priority=100,reg15=0x7 actions=set_field:0x83487e4f->reg11,"
      "set_field:0x5->reg12,set_field:0x1->reg13,goto_table:53\n" },
    { "a change of anything else",
      FACTS ONE GROUPS(" 10.0.0.2 groups=web") "run 30\n", "port/vm1",
      TO(WEB) },
};

static bool
is_here(const struct flow_item *item)
{
    return (!item->key.id && (item->key.table_id == TABLE_ACL_TO
                              || item->key.table_id >= TABLE_ACL_EST_ACL));
}

static void
test_flows(void **state OVS_UNUSED)
{
    gen_script_check_all(cases, ARRAY_SIZE(cases), is_here);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flows),
    };

    BUILD_ASSERT(POLICY_LINGER == 3000);
    return cmocka_run_group_tests_name("gen-acl-port", tests, NULL, NULL);
}
