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
#include "tests/unit/flow-script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "flows/flow-list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

static void
check_parsed(const char *text, char *error)
{
    if (error) {
        fail_msg("%s: %s", text, error);
    }
}

static void
add_group(struct flow_list *list, const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_group_mod gm;

    check_parsed(text, parse_ofp_group_mod_str(&gm, OFPGC11_ADD_OR_MOD, text,
                                               NULL, NULL, &usable));
    flow_list_add_group(list, &gm);
}

static void
add_flow(struct flow_list *list, const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    struct ofpbuf ofpacts;
    struct match match;

    check_parsed(text, parse_ofp_str(&fm, OFPFC_ADD, text, NULL, NULL,
                                     &usable));
    minimatch_expand(&fm.match, &match);
    ofpbuf_use_const(&ofpacts, fm.ofpacts, fm.ofpacts_len);
    flow_list_add(list, fm.table_id, fm.priority, &match, &ofpacts);
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
}

static void
add_meter(struct flow_list *list, const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_meter_mod mm;

    check_parsed(text, parse_ofp_meter_mod_str(&mm, text, OFPMC13_ADD,
                                               &usable));
    assert_int_equal(mm.meter.flags,
                     OFPMF13_PKTPS | OFPMF13_BURST | OFPMF13_STATS);
    assert_int_equal(mm.meter.n_bands, 1);
    flow_list_add_meter(list, mm.meter.meter_id, mm.meter.bands[0].rate,
                        mm.meter.bands[0].burst_size);
    free(mm.meter.bands);
}

/* Adds the flow, group or meter that 'text' is to 'list'. */
void
flow_script_add(struct flow_list *list, const char *text)
{
    if (!strncmp(text, "group_id=", 9)) {
        add_group(list, text);
    } else if (!strncmp(text, "meter=", 6)) {
        add_meter(list, text);
    } else {
        add_flow(list, text);
    }
}
