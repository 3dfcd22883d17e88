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

#include "ovs-ext/model/model.h"
#include "util.h"

/* Appends to 'list' what 'owner' has according to 'model'. */
void
gen_owner(const struct model *model, const struct owner *owner,
          struct flow_list *list)
{
    switch ((enum owner_kind) owner->kind) {
    case OWNER_HOST:
        gen_host(model, list);
        break;
    case OWNER_NETWORK:
        gen_network(model, owner->vni, list);
        break;
    case OWNER_PORT:
        gen_port(model, owner, list);
        break;
    case OWNER_LOCAL_MAC:
        gen_local_mac(model, owner->vni, owner->mac, list);
        break;
    case OWNER_REMOTE_MAC:
        gen_remote_mac(model, owner->vni, owner->mac, list);
        break;
    case OWNER_NHG:
        gen_nhg(model, owner->id, list);
        break;
    case OWNER_LOCAL_IP:
        /* Its neighbour entry is in the kernel; the switch does not care. */
        break;
    case OWNER_N_KINDS:
        OVS_NOT_REACHED();
    }
}
