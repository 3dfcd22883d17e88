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
    case OWNER_REMOTE_IP:
        gen_ip(model, owner, list);
        break;
    case OWNER_VPC:
        gen_vpc(model, owner->vni, list);
        break;
    case OWNER_ROUTE:
        gen_route(model, owner->vni, &owner->ip, owner->plen, list);
        break;
    case OWNER_HOPS:
        gen_hops(model, owner->id, list);
        break;
    case OWNER_ROUTER_MAC:
        gen_router_mac(model, owner->vni, &owner->ip, list);
        break;
    case OWNER_NETWORK_ACL:
        gen_network_acl(model, owner->vni, list);
        break;
    case OWNER_SECURITY_GROUP:
        gen_security_group(model, &owner->uuid, list);
        break;
    case OWNER_RULE:
        gen_rule(model, &owner->uuid, list);
        break;
    case OWNER_GROUP_ADDR:
        gen_group_addr(model, owner->tag, &owner->ip, list);
        break;
    case OWNER_N_KINDS:
        OVS_NOT_REACHED();
    }
}
