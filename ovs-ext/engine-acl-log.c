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
#include "ovs-ext/engine-internal.h"

#include <inttypes.h>
#include "dp-packet.h"
#include "flow.h"
#include "flows/acl.h"
#include "flows/flows.h"
#include "flows/ip-reply.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "util.h"

/* Packets that ACLs report: they are logged, and their senders told if they
 * are rejected.  A meter in the switch bounds how many come. */

VLOG_DEFINE_THIS_MODULE(acl_log);

/* Returns the port of this host on OpenFlow port 'ofport', or null. */
static const struct port *
find_port(const struct model *m, uint32_t vni, uint32_t ofport)
{
    const struct network *network = model_network(m, vni);
    const struct port *port;

    if (network) {
        LIST_FOR_EACH (port, net_node, &network->ports) {
            if (port->ofport == ofport) {
                return port;
            }
        }
    }
    return NULL;
}

static const struct policy_rule *
find_rule_in(const struct policy_list *list, uint64_t id)
{
    for (size_t i = 0; list && i < list->n_rules; i++) {
        if (acl_rule_id(list->rules[i]) == id) {
            return list->rules[i];
        }
    }
    return NULL;
}

/* Returns the rule of the policies of 'port' that labels call 'id', or
 * null. */
const struct policy_rule *
engine_acl_rule(const struct port *port, uint64_t id)
{
    const struct policy_rule *rule
        = (port->network ? find_rule_in(network_acl(port->network), id)
           : NULL);

    for (size_t i = 0; !rule && i < port->policy.n_groups; i++) {
        rule = find_rule_in(&port->policy.groups[i]->list, id);
    }
    return rule;
}

static const char *
protocol_name(uint8_t proto)
{
    return (proto == IPPROTO_TCP ? "tcp"
            : proto == IPPROTO_UDP ? "udp"
            : proto == IPPROTO_SCTP ? "sctp"
            : proto == IPPROTO_ICMP ? "icmp"
            : proto == IPPROTO_ICMPV6 ? "icmpv6"
            : NULL);
}

static void
format_ip(const struct flow *f, bool src, struct ds *s)
{
    if (f->dl_type == htons(ETH_TYPE_IP)) {
        ds_put_format(s, IP_FMT, IP_ARGS(src ? f->nw_src : f->nw_dst));
    } else {
        ipv6_format_addr_bracket(src ? &f->ipv6_src : &f->ipv6_dst, s, true);
    }
}

/* Appends the addresses, and ports or type and code, of 'f' to 's'. */
static void
format_flow(const struct flow *f, struct ds *s)
{
    const char *name = protocol_name(f->nw_proto);
    bool icmp = (f->nw_proto == IPPROTO_ICMP
                 || f->nw_proto == IPPROTO_ICMPV6);

    if (name) {
        ds_put_format(s, "%s ", name);
    } else {
        ds_put_format(s, "protocol %"PRIu8" ", f->nw_proto);
    }
    format_ip(f, true, s);
    if (name && !icmp) {
        ds_put_format(s, ":%"PRIu16, ntohs(f->tp_src));
    }
    ds_put_cstr(s, " -> ");
    format_ip(f, false, s);
    if (icmp) {
        ds_put_format(s, " type %"PRIu16" code %"PRIu16, ntohs(f->tp_src),
                      ntohs(f->tp_dst));
    } else if (name) {
        ds_put_format(s, ":%"PRIu16, ntohs(f->tp_dst));
    }
}

/* Logs what was decided about 'packet' of 'port', which sends it if 'from':
 * "vm1: allow ingress tcp 10.0.0.5:40000 -> 10.0.0.1:443 by rule UUID". */
static void
log_packet(const struct port *port, const struct flow_packet *packet,
           bool from)
{
    const struct policy_rule *rule = engine_acl_rule(port, packet->acl_rule);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct dp_packet dp;
    struct flow flow;

    dp_packet_use_const(&dp, packet->data, packet->len);
    flow_extract(&dp, &flow);
    ds_put_format(&s, "%s: %s %s ", port->name,
                  (packet->acl & ACL_REJECT ? "reject"
                   : packet->acl & ACL_DROP ? "drop"
                   : "allow"),
                  from ? "egress" : "ingress");
    format_flow(&flow, &s);
    if (rule) {
        ds_put_format(&s, " by rule "UUID_FMT, UUID_ARGS(&rule->uuid));
        if (rule->list->group) {
            ds_put_format(&s, " of group %s", rule->list->group->name);
        } else {
            ds_put_format(&s, " of network %s", rule->list->row->name);
        }
    }
    VLOG_INFO("%s", ds_cstr(&s));
    ds_destroy(&s);
}

/* Tells the sender of 'packet' that it is rejected: the VM itself if 'from',
 * else whoever sent it to the VM, as if the VM did it. */
static void
reject_packet(struct engine *e, const struct flow_packet *packet, bool from)
{
    struct ofpbuf *reply = ip_reply_reject(packet->data, packet->len);
    struct flow_packet out = {
        .table_id = from ? TABLE_DELIVER : TABLE_L2_LOCAL,
        .vni = packet->vni,
        .ofport = from ? 0 : packet->out_tag,
        .in_tag = from ? 0 : packet->out_tag,
        .out_tag = from ? packet->in_tag : 0,
    };

    if (reply) {
        out.data = reply->data;
        out.len = reply->size;
        flows_send_packet(e->flows, &out);
        ofpbuf_delete(reply);
    }
}

/* Handles 'packet', which an ACL reported. */
void
engine_acl_packet(struct engine *e, const struct flow_packet *packet)
{
    bool from = !packet->out_tag;
    const struct port *port = find_port(&e->model, packet->vni,
                                        from ? packet->in_tag
                                        : packet->out_tag);

    if (!port || packet->in_tag == packet->out_tag) {
        /* A port gets what it floods itself, and that is dropped later. */
        return;
    }
    if (packet->acl & ACL_LOG) {
        log_packet(port, packet, from);
    }
    if (packet->acl & ACL_REJECT) {
        reject_packet(e, packet, from);
    }
}
