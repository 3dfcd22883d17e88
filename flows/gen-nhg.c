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
#include "flows/spread.h"
#include "hash.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Stores in 'vteps' which of 'nhg' can be reached, and in 'names' what tells
 * them apart, as seen by 'host'.  Returns their number. */
static size_t
reachable(const struct host *host, const struct nhg *nhg,
          const struct in6_addr *vteps[], uint32_t names[])
{
    uint32_t basis = hash_mac(host->router_mac, 0, 0);
    size_t n = 0;

    for (size_t i = 0; i < nhg->n_vteps; i++) {
        uint64_t stub[512 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

        if (flow_act_tunnel(&ofpacts, host, &nhg->vteps[i])) {
            names[n] = hash_bytes(&nhg->vteps[i], sizeof nhg->vteps[i], basis);
            vteps[n++] = &nhg->vteps[i];
        }
        ofpbuf_uninit(&ofpacts);
    }
    return n;
}

/* Appends to 'list' the group for the kernel's next-hop group 'id': a frame
 * goes to one of its VTEPs, the same for all frames of a flow (spread.h). */
void
gen_nhg(const struct model *model, uint32_t id, struct flow_list *list)
{
    const struct nhg *nhg = model_nhg(model, id);
    const struct in6_addr **vteps;
    struct ofputil_group_mod gm;
    uint32_t *names;
    size_t n;

    if (!nhg || !group_nhg(id)) {
        return;
    }
    vteps = xmalloc(nhg->n_vteps * sizeof *vteps);
    names = xmalloc(nhg->n_vteps * sizeof *names);
    n = reachable(&model->host, nhg, vteps, names);
    flow_group_init(&gm, group_nhg(id), OFPGT11_SELECT);
    for (uint32_t slot = 0; n && slot < SPREAD_SLOTS; slot++) {
        const struct in6_addr *vtep = vteps[spread_pick(names, n, slot)];
        uint64_t stub[512 / 8];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

        flow_act_tunnel(&ofpacts, &model->host, vtep);
        flow_group_add_bucket(&gm, &ofpacts);
        ofpbuf_uninit(&ofpacts);
    }
    free(names);
    free(vteps);
    flow_list_add_group(list, &gm);
}
