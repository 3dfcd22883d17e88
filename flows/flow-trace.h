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

#ifndef FLOWS_FLOW_TRACE_H
#define FLOWS_FLOW_TRACE_H 1

/* What happens to a packet: the steps that the switch says it would take, in
 * words.
 *
 * The switch itself is asked, by "ofproto/trace": each step names the flow
 * that decided, by its cookie, and that its owner.  So what is told is what
 * happens, and not what ought to.  A trace does not ask conntrack: the packet
 * is the first of a connection, in both zones that it may cross, and the
 * connection's addresses and ports, which rules match, are given with it.
 * When the ACL of the sender has let it pass, though, the trace takes what
 * that committed, the label, for what conntrack would say in the receiver's
 * zone.  So that part has to be asked for again, without it:
 * flow_trace_resume() returns a text then, and once more for what is behind
 * the receiver's commit, as a trace that begins with actions does not get
 * further than that.
 *
 * All of this is pure; engine-trace.c asks.
 *
 *     error = flow_trace_request_init(&request, model, port, "tcp,...");
 *     flow_trace_parse(&trace, "br-int", reply);
 *     lines = flow_trace_tell(model, &trace, &n);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/compiler.h"
#include "ovs-ext/model/owner.h"
#include "svec.h"

struct model;
struct policy_rule;
struct port;

/* Most sections of a trace that are asked for again: copies of a flooded
 * frame, for instance. */
#define FLOW_TRACE_MAX_RESUMES 16

/* What to ask for. */
struct flow_trace_request {
    char *flow;                 /* For "ofproto/trace". */
    char *ct;                   /* The part of 'flow' that is the connection's;
                                 * "" if there is none. */
};

/* A table that the packet went through. */
struct flow_trace_step {
    int indent;                 /* Of its line. */
    uint8_t table_id;
    bool matched;               /* A flow did; else nothing below is set. */
    uint64_t cookie;
    uint16_t priority;
    char *match;                /* Or "". */
    struct svec actions;        /* In order. */
};

/* A translation of the switch: from the beginning, or from where it goes on
 * after conntrack or another recirculation. */
struct flow_trace_section {
    char *flow;                 /* The packet as it is then. */
    int resume;                 /* Table where; -1 for the beginning. */
    char *failed;               /* Why the switch gave up, or null. */
    struct flow_trace_step *steps;
    size_t n, allocated;
};

struct flow_trace {
    struct flow_trace_section *sections;
    size_t n, allocated;
};

/* What is told about a step, or at the end about the whole. */
struct flow_trace_line {
    int table_id;               /* -1: the verdict. */
    const char *stage;          /* What the table is for. */
    char *by;                   /* Who or what decided, or "". */
    char *decision;
};

/* flow-trace-name.c */
const char *flow_trace_table_name(int table_id);
const struct policy_rule *flow_trace_rule(const struct model *,
                                          uint64_t cookie);
enum owner_kind flow_trace_owner_kind(uint64_t cookie);
char *flow_trace_owner_name(const struct model *, uint64_t cookie);

/* flow-trace-request.c */
char *flow_trace_request_init(struct flow_trace_request *,
                              const struct model *, const struct port *,
                              const char *packet) OVS_WARN_UNUSED_RESULT;
void flow_trace_request_uninit(struct flow_trace_request *);
char *flow_trace_resume(const struct flow_trace_request *,
                        const struct flow_trace_section *);

/* flow-trace.c */
void flow_trace_init(struct flow_trace *);
void flow_trace_uninit(struct flow_trace *);
void flow_trace_parse(struct flow_trace *, const char *bridge,
                      const char *text);
void flow_trace_replace(struct flow_trace *, size_t i,
                        struct flow_trace *with);
void flow_trace_remove(struct flow_trace *, int table_id);
bool flow_trace_commits(const struct flow_trace_section *);

/* flow-trace-tell.c */
struct flow_trace_line *flow_trace_tell(const struct model *,
                                        const struct flow_trace *, size_t *n);
void flow_trace_lines_free(struct flow_trace_line *, size_t n);

#endif /* flows/flow-trace.h */
