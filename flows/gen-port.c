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
#include "flows/gen.h"

#include "flow.h"
#include "flows/flow-act.h"
#include "flows/flow-packet.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"

/* Frames per second of a VM that wakes up that ovs-ext hears. */
#define WAKE_RATE 20

/* Frames that the VM of 'port' sends. */
static void
add_classify(const struct port *port, struct flow_list *list)
{
    uint64_t stub[256 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_in_port(&match, u16_to_ofp(port->ofport));
    if (port->held) {
        /* The first frame tells that the VM runs. */
        flow_act_punt(&ofpacts, PUNT_WAKE, METER_LEARN | port->ofport, NULL,
                      0);
    } else if (port->active && !port->left) {
        flow_act_set(&ofpacts, MFF_METADATA, port->network->vni);
        flow_act_set(&ofpacts, REG_IN_TAG, port->ofport);
        if (gen_port_flags(port)) {
            flow_act_set(&ofpacts, REG_FLAGS, gen_port_flags(port));
        }
        if (port->policy.policed) {
            gen_acl_act_port(port, true, &ofpacts);
        }
        flow_act_goto(&ofpacts, TABLE_ADMIT);
    }
    flow_list_add(list, TABLE_CLASSIFY, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Frames for the VM of 'port'. */
static void
add_deliver(const struct port *port, struct flow_list *list)
{
    uint64_t stub[64 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct match match;

    match_init_catchall(&match);
    match_set_reg(&match, REG_OUT_TAG - MFF_REG0, port->ofport);
    flow_act_output(&ofpacts, port->ofport);
    flow_list_add(list, TABLE_DELIVER, PRIORITY_EXACT, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
}

/* Appends to 'list' what the port 'owner' of 'model' has.  A port in standby
 * sends and receives nothing; where a VM comes or leaves, all the rest is
 * there. */
void
gen_port(const struct model *model, const struct owner *owner,
         struct flow_list *list)
{
    const struct port *port = model_port_by_owner(model, owner);

    if (port && port->ofport && port->network) {
        add_classify(port, list);
        if (port->held) {
            flow_list_add_meter(list, METER_LEARN | port->ofport, WAKE_RATE,
                                WAKE_RATE);
        } else if (port->active && !port->left) {
            add_deliver(port, list);
        }
        if (port->active || port->held) {
            gen_port_learn(port, list);
            gen_port_security(port, list);
            gen_acl_port(port, list);
            gen_suppress_port(port, list);
            gen_port_route(port, list);
        }
    }
}
