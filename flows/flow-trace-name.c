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
#include "flows/flow-trace.h"

#include <stdlib.h>
#include "byte-order.h"
#include "flows/pipeline.h"
#include "ovs-ext/model/model.h"
#include "util.h"

/* How tables and owners are called in what a trace tells. */

/* Returns what the table 'id' is for. */
const char *
flow_trace_table_name(int id)
{
    switch ((enum pipeline_table) id) {
    case TABLE_CLASSIFY:
        return "classify";
    case TABLE_ADMIT:
        return "admit";
    case TABLE_SECURITY_MAC:
    case TABLE_SECURITY_IP:
    case TABLE_SECURITY_ND:
    case TABLE_SECURITY_CLAIM:
    case TABLE_SECURITY_DROP:
        return "port security";
    case TABLE_ACL_FROM:
    case TABLE_ACL_FROM_CHECK:
    case TABLE_ACL_FROM_STATELESS:
    case TABLE_ACL_FROM_TRACKED:
    case TABLE_ACL_FROM_VERDICT:
    case TABLE_ACL_FROM_PASS:
        return "egress ACL";
    case TABLE_LEARN:
        return "learn";
    case TABLE_SUPPRESS:
    case TABLE_RESPOND:
    case TABLE_RESOLVE:
    case TABLE_COMPARE_IP:
    case TABLE_COMPARE_MAC:
    case TABLE_ADVERTISE:
    case TABLE_PUNT_ND:
    case TABLE_ALIVE:
        return "ARP and ND";
    case TABLE_ROUTE_IN:
    case TABLE_ROUTE:
    case TABLE_NEXT_HOP:
    case TABLE_ROUTED:
    case TABLE_ROUTE_OUT:
        return "router";
    case TABLE_GATEWAY:
    case TABLE_ROUTE_METER:
        return "gateway";
    case TABLE_L2_LOCAL:
        return "local MACs";
    case TABLE_L2_REMOTE:
        return "remote MACs";
    case TABLE_FLOOD:
        return "flood";
    case TABLE_ACL_TO:
    case TABLE_ACL_TO_CHECK:
    case TABLE_ACL_TO_STATELESS:
    case TABLE_ACL_TO_TRACKED:
    case TABLE_ACL_TO_VERDICT:
    case TABLE_ACL_TO_PASS:
        return "ingress ACL";
    case TABLE_DELIVER:
        return "deliver";
    case TABLE_ACL_EST_ACL:
    case TABLE_ACL_EST_GROUPS:
    case TABLE_ACL_EST_RULE:
    case TABLE_ACL_EST_MEMBER:
        return "connections";
    case TABLE_ACL_EVAL:
    case TABLE_ACL_STATELESS:
    case TABLE_ACL_RULES:
    case TABLE_ACL_DEFAULT:
        return "network's ACL";
    case TABLE_ACL_GROUPS:
    case TABLE_ACL_GROUP:
    case TABLE_ACL_SET:
    case TABLE_ACL_GROUP_RULE:
    case TABLE_ACL_GROUP_DEFAULT:
    case TABLE_ACL_REMOTE:
    case TABLE_ACL_GROUP_SETS:
        return "security groups";
    case TABLE_ACL_REPORT:
        return "report";
    case TABLE_PROBE:
        break;
    }
    return "other";
}

/* Whose the flow with 'cookie' is. */

/* Returns the rule that owns flows with 'cookie', or null. */
const struct policy_rule *
flow_trace_rule(const struct model *m, uint64_t cookie)
{
    const struct policy_rule *rule;

    HMAP_FOR_EACH (rule, hmap_node, &m->rules) {
        if (owner_cookie(&rule->owner) == htonll(cookie)) {
            return rule;
        }
    }
    return NULL;
}

static const char *
port_name(const struct model *m, uint64_t cookie)
{
    const struct port *port;

    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        if (owner_cookie(&port->owner) == htonll(cookie)) {
            return port->name;
        }
    }
    return "?";
}

static const char *
group_name(const struct model *m, uint64_t cookie)
{
    const struct security_group *group;

    HMAP_FOR_EACH (group, hmap_node, &m->groups) {
        if (owner_cookie(&group->owner) == htonll(cookie)) {
            return group->name;
        }
    }
    return "?";
}

/* Returns the name of the network that owns flows with 'cookie', itself or,
 * if 'acl', its ACL. */
static const char *
network_name(const struct model *m, uint64_t cookie, bool acl)
{
    const struct network *network;

    HMAP_FOR_EACH (network, hmap_node, &m->networks) {
        struct owner owner = (acl ? owner_network_acl(network->vni)
                              : owner_network(network->vni));

        if (owner_cookie(&owner) == htonll(cookie)) {
            return network->name;
        }
    }
    return "?";
}

/* Returns "rule UUID of group web", malloc'd. */
static char *
rule_name(const struct model *m, uint64_t cookie)
{
    const struct policy_rule *rule = flow_trace_rule(m, cookie);

    if (!rule || !rule->list) {
        return xstrdup("a rule that is no more");
    }
    return xasprintf("rule "UUID_FMT" of %s %s", UUID_ARGS(&rule->uuid),
                     rule->list->group ? "group" : "network",
                     (rule->list->group ? rule->list->group->name
                      : rule->list->row->name));
}

/* Returns the kind of the owner of flows with 'cookie'; OWNER_N_KINDS if they
 * are not ours. */
enum owner_kind
flow_trace_owner_kind(uint64_t cookie)
{
    uint8_t kind = cookie >> 40;

    return ((cookie & OWNER_COOKIE_MASK) == OWNER_COOKIE
            && kind < OWNER_N_KINDS ? kind : OWNER_N_KINDS);
}

/* Returns who owns flows with 'cookie', malloc'd. */
char *
flow_trace_owner_name(const struct model *m, uint64_t cookie)
{
    switch (flow_trace_owner_kind(cookie)) {
    case OWNER_HOST:
        return xstrdup("host");
    case OWNER_NETWORK:
        return xasprintf("network %s", network_name(m, cookie, false));
    case OWNER_PORT:
        return xasprintf("port %s", port_name(m, cookie));
    case OWNER_LOCAL_MAC:
        return xstrdup("local MAC");
    case OWNER_LOCAL_IP:
        return xstrdup("local IP");
    case OWNER_REMOTE_MAC:
        return xstrdup("remote MAC");
    case OWNER_NHG:
        return xstrdup("next-hop group");
    case OWNER_NETWORK_ACL:
        return xasprintf("ACL of network %s", network_name(m, cookie, true));
    case OWNER_SECURITY_GROUP:
        return xasprintf("group %s", group_name(m, cookie));
    case OWNER_RULE:
        return rule_name(m, cookie);
    case OWNER_GROUP_ADDR:
        return xstrdup("member of a group");
    case OWNER_VPC:
        return xstrdup("VPC");
    case OWNER_REMOTE_IP:
        return xstrdup("remote IP");
    case OWNER_ROUTE:
        return xstrdup("route");
    case OWNER_ROUTER_MAC:
        return xstrdup("router MAC");
    case OWNER_HOPS:
        return xstrdup("hops of routes");
    case OWNER_N_KINDS:
        return xstrdup("not ovs-ext");
    default:
        OVS_NOT_REACHED();
    }
}
