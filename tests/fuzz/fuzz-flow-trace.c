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
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "byte-order.h"
#include "flows/flow-trace.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* "trace": a packet as a user writes it, or what "ofproto/trace" prints.  The
 * first byte says which of these; then comes the text. */

#define KIND_REQUEST 'r'
#define KIND_REPLY 't'

/* Adds port 'name' with 'ofport', 'mac' and 'ip' to 'm'. */
static void
add_port(struct model *m, const char *name, uint32_t ofport,
         struct eth_addr mac, const struct in6_addr *ip)
{
    const struct fact_port port = {
        .name = name,
        .network = "blue",
        .macs = &mac,
        .n_macs = 1,
        .ips = ip,
        .n_ips = 1,
        .has_ips = true,
    };
    const struct fact_iface iface = {
        .name = name,
        .iface_id = name,
        .ofport = ofport,
    };

    model_put_port(m, &port);
    model_put_iface(m, &iface);
}

/* Returns two ports of a network, 1 and 2, which stay. */
static const struct model *
ports(void)
{
    static struct model m;
    static bool there;

    if (!there) {
        const struct fact_host host = {
            .name = "hv1",
            .bridge = "br-int",
            .vtep4 = in6_addr_mapped_ipv4(htonl(0xc0000201)),
            .tunnel_ofport = 100,
        };
        const struct fact_network network = { .name = "blue", .vni = 5 };
        const struct eth_addr macs[] = {
            ETH_ADDR_C(52,54,00,00,00,01), ETH_ADDR_C(52,54,00,00,00,02)
        };
        const struct in6_addr ips[] = {
            in6_addr_mapped_ipv4(htonl(0x0a000001)),
            in6_addr_mapped_ipv4(htonl(0x0a000002)),
        };

        model_init(&m);
        model_put_host(&m, &host);
        model_put_network(&m, &network);
        add_port(&m, "vm1", 1, macs[0], &ips[0]);
        add_port(&m, "vm2", 2, macs[1], &ips[1]);
        model_run(&m, 0);
        there = true;
    }
    return &m;
}

static bool
try_request(const char *text)
{
    const struct model *m = ports();
    struct flow_trace_request request;
    char *error = flow_trace_request_init(&request, m, model_port(m, "vm1"),
                                          text);

    if (error) {
        ovs_assert(*error);
        free(error);
        return false;
    }
    ovs_assert(!strchr(request.flow, '\n'));
    ovs_assert(strstr(request.flow, request.ct));
    flow_trace_request_uninit(&request);
    return true;
}

/* Asks again for what is to be asked for again. */
static void
resume_all(const struct flow_trace *trace)
{
    const struct flow_trace_request request = { .ct = "ct_state=trk|new," };

    for (size_t i = 0; i < trace->n; i++) {
        flow_trace_commits(&trace->sections[i]);
        free(flow_trace_resume(&request, &trace->sections[i]));
    }
}

static bool
try_reply(const char *text)
{
    struct flow_trace_line *lines;
    struct flow_trace trace, more;
    size_t n;

    flow_trace_init(&trace);
    flow_trace_parse(&trace, "br-int", text);
    resume_all(&trace);
    lines = flow_trace_tell(ports(), &trace, &n);
    for (size_t i = 0; i < n; i++) {
        ovs_assert(lines[i].stage && lines[i].by && lines[i].decision);
    }
    flow_trace_lines_free(lines, n);

    flow_trace_init(&more);
    flow_trace_parse(&more, "br-int", text);
    if (trace.n) {
        flow_trace_replace(&trace, trace.n - 1, &more);
    }
    flow_trace_uninit(&more);
    flow_trace_remove(&trace, TABLE_ACL_FROM_PASS);
    flow_trace_uninit(&trace);
    return n > 0;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    bool ok = false;
    char *text;

    if (!size || size > UINT16_MAX / 2) {
        return false;
    }
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    text = xmemdup0((const char *) data + 1, size - 1);
    if (data[0] == KIND_REQUEST) {
        ok = try_request(text);
    } else if (data[0] == KIND_REPLY) {
        ok = try_reply(text);
    }
    free(text);
    return ok;
}

/* Appends to 's' the beginning of a step in 'table_id', of 'match', that the
 * flow of 'owner' decided. */
static void
put_step(struct ds *s, int table_id, const char *match, struct owner owner)
{
    ds_put_format(s, "%2d. %spriority 100, cookie %#"PRIx64"\n", table_id,
                  match, ntohll(owner_cookie(&owner)));
}

/* Through the ACL of the sender to one that floods. */
static void
put_reply(struct ds *s)
{
    ds_put_cstr(s, "Flow: tcp,in_port=2\n\nbridge(\"br-int\")\n---\n");
    put_step(s, TABLE_CLASSIFY, "in_port=2, ", owner_port("vm2"));
    ds_put_cstr(s, "    goto_table:17\n");
    put_step(s, TABLE_ACL_FROM_CHECK, "ip, ", owner_host());
    ds_put_cstr(s, "    ct(table=19,zone=NXM_NX_REG13[0..15])\n    drop\n"
                "     -> A clone of the packet is forked to recirculate.\n"
                "Final flow: unchanged\n====\n"
                "Flow: recirc_id=0x1,ct_state=new|trk,ct_zone=2,tcp\n"
                "bridge(\"br-int\")\n    thaw\n"
                "        Resuming from table 55\n");
    put_step(s, TABLE_ACL_TO_TRACKED, "ct_state=+new-inv+trk, ",
             owner_host());
    ds_put_cstr(s, "    resubmit(,84)\n"
                "    86. No match.\n            drop\n");
    put_step(s, TABLE_ACL_TO_VERDICT, "reg12=0x100/0x100, ",
             owner_network_acl(5));
    ds_put_cstr(s, "    ct(commit,table=57,zone=NXM_NX_REG13[0..15])\n");
    put_step(s, TABLE_FLOOD, "", owner_network(5));
    ds_put_cstr(s, "    group:3238002693\n    bucket 0\n"
                "            set_field:192.0.2.7->tun_dst\n"
                "            output:100\n"
                "        bridge(\"br-phy\")\n         0. priority 0\n"
                "            NORMAL\n");
    put_step(s, TABLE_SECURITY_DROP, "reg0=0x9,reg14=0x2, ",
             owner_port("vm2"));
    ds_put_cstr(s, "    drop\n");
    put_step(s, TABLE_DELIVER, "reg15=0x1, ", owner_port("vm1"));
    ds_put_cstr(s, "    output:1\n     >> skipping output to input port\n"
                "    output:2\nTranslation failed (x), packet is dropped.\n");
}

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    static const char *const requests[] = {
        "rtcp,nw_dst=10.0.0.2,tcp_dst=443",
        "ricmp6,ipv6_dst=ff02::1,icmpv6_type=135,nd_target=fd00::2",
        "rudp6,dl_dst=52:54:00:00:00:02,ipv6_src=fd00::1,udp_src=1,reg0=5",
        "rarp,arp_op=1,arp_tpa=10.0.0.2",
        "rsctp,nw_src=10.0.0.2,nw_dst=10.0.0.1,ct_state=trk,tun_id=5",
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        cb(aux, requests[i], strlen(requests[i]));
    }
    ds_put_char(&s, KIND_REPLY);
    put_reply(&s);
    cb(aux, s.string, s.length);
    ds_destroy(&s);
}
