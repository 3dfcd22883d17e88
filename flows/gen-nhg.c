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

#include "flows/flow-act.h"
#include "flows/pipeline.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"

/* Appends to 'list' the group for the kernel's next-hop group 'id': a frame
 * goes to one of its VTEPs, the same for all frames of a flow. */
void
gen_nhg(const struct model *model, uint32_t id, struct flow_list *list)
{
    const struct nhg *nhg = model_nhg(model, id);
    struct ofputil_group_mod gm;

    if (!nhg || !group_nhg(id)) {
        return;
    }
    flow_group_init(&gm, group_nhg(id), OFPGT11_SELECT);
    for (size_t i = 0; i < nhg->n_vteps; i++) {
        uint64_t stub[512 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

        if (flow_act_tunnel(&ofpacts, &model->host, &nhg->vteps[i])) {
            flow_group_add_bucket(&gm, &ofpacts);
        }
        ofpbuf_uninit(&ofpacts);
    }
    flow_list_add_group(list, &gm);
}
