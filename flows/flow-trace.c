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
#include <string.h>
#include "openvswitch/types.h"
#include "ovs-ext/model/owner.h"
#include "util.h"

/* Reading what "ofproto/trace" prints.
 *
 * A section begins with "Flow:"; a step is "NN. MATCH, priority N, cookie N"
 * or "NN. No match.", and below it, further to the right, are its actions.
 * What belongs to which step only its indentation tells: an action is of the
 * last step that is further to the left. */

/* Where the reader is. */
struct reader {
    struct flow_trace *trace;
    const char *bridge;         /* Ours. */
    int foreign;                /* Indentation of another bridge, or -1. */
};

/* Initializes 'trace': it has no sections. */
void
flow_trace_init(struct flow_trace *trace)
{
    *trace = (struct flow_trace) { .sections = NULL };
}

static void
section_uninit(struct flow_trace_section *section)
{
    for (size_t i = 0; i < section->n; i++) {
        free(section->steps[i].match);
        svec_destroy(&section->steps[i].actions);
    }
    free(section->steps);
    free(section->flow);
    free(section->failed);
}

/* Frees what 'trace' has. */
void
flow_trace_uninit(struct flow_trace *trace)
{
    for (size_t i = 0; i < trace->n; i++) {
        section_uninit(&trace->sections[i]);
    }
    free(trace->sections);
}

static void
add_section(struct reader *reader, const char *flow)
{
    struct flow_trace *trace = reader->trace;

    if (trace->n >= trace->allocated) {
        trace->sections = x2nrealloc(trace->sections, &trace->allocated,
                                     sizeof *trace->sections);
    }
    trace->sections[trace->n++] = (struct flow_trace_section) {
        .flow = xstrdup(flow),
        .resume = -1,
    };
    reader->foreign = -1;
}

static struct flow_trace_step *
add_step(struct flow_trace_section *section, int indent, uint8_t table_id)
{
    struct flow_trace_step *step;

    if (section->n >= section->allocated) {
        section->steps = x2nrealloc(section->steps, &section->allocated,
                                    sizeof *section->steps);
    }
    step = &section->steps[section->n++];
    *step = (struct flow_trace_step) {
        .indent = indent,
        .table_id = table_id,
        .match = xstrdup(""),
        .actions = SVEC_EMPTY_INITIALIZER,
    };
    return step;
}

/* Takes "MATCH, priority N, cookie 0xN" into 'step', which matched. */
static void
parse_flow(struct flow_trace_step *step, const char *text)
{
    const char *priority = strstr(text, "priority ");
    const char *cookie = strstr(text, "cookie 0x");
    size_t len = priority ? priority - text : 0;

    step->matched = true;
    if (len > 2) {
        free(step->match);
        step->match = xmemdup0(text, len - 2); /* Without ", ". */
    }
    if (priority) {
        step->priority = strtoul(priority + strlen("priority "), NULL, 10);
    }
    if (cookie) {
        step->cookie = strtoull(cookie + strlen("cookie "), NULL, 16);
    }
}

/* Returns true if the flow in 'text', a step's, is ours. */
static bool
is_ours(const char *text)
{
    const char *cookie = strstr(text, "cookie 0x");

    return (cookie
            && (strtoull(cookie + strlen("cookie "), NULL, 16)
                & OWNER_COOKIE_MASK) == OWNER_COOKIE);
}

/* If 'line' is one of a step, stores its table in '*table_id' and returns what
 * is behind that; else returns null. */
static const char *
parse_table(const char *line, unsigned int *table_id)
{
    int n = 0;

    return (ovs_scan(line, "%u. %n", table_id, &n) && n && *table_id < 255
            ? line + n : NULL);
}

/* The action 'line', at 'indent': of the last step that is further left. */
static void
parse_action(struct flow_trace_section *section, int indent, const char *line)
{
    for (size_t i = section->n; i-- > 0;) {
        struct flow_trace_step *step = &section->steps[i];

        if (step->indent < indent) {
            if (!strncmp(line, ">> skipping output", 18)) {
                if (step->actions.n) {
                    free(step->actions.names[--step->actions.n]);
                }
            } else {
                svec_add(&step->actions, line);
            }
            return;
        }
    }
}

/* A new bucket, at 'indent': what the last one went through is over. */
static void
end_bucket(struct flow_trace_section *section, int indent)
{
    for (size_t i = section->n; i-- > 0;) {
        if (section->steps[i].indent < indent) {
            break;
        }
        section->steps[i].indent = INT16_MAX;
    }
}

/* Reads 'line', which is indented by 'indent', inside of a section. */
static void
read_inside(struct reader *reader, int indent, const char *line)
{
    struct flow_trace *trace = reader->trace;
    struct flow_trace_section *section = &trace->sections[trace->n - 1];
    unsigned int table_id;
    const char *rest;

    if (!strncmp(line, "bridge(\"", 8)) {
        size_t len = strcspn(line + 8, "\"");
        bool own = (len == strlen(reader->bridge)
                    && !strncmp(line + 8, reader->bridge, len));

        reader->foreign = own ? -1 : indent;
        return;
    }
    rest = parse_table(line, &table_id);
    if (reader->foreign >= 0) {
        if (indent >= reader->foreign && !(rest && is_ours(rest))) {
            return;
        }
        reader->foreign = -1;
    }
    if (rest) {
        /* Numbers have a blank in front if they have one digit. */
        struct flow_trace_step *step
            = add_step(section, table_id < 10 ? indent - 1 : indent,
                       table_id);

        if (strncmp(rest, "No match", 8)) {
            parse_flow(step, rest);
        }
    } else if (ovs_scan(line, "Resuming from table %u", &table_id)) {
        section->resume = table_id;
    } else if (!strncmp(line, "bucket ", 7)) {
        end_bucket(section, indent);
    } else if (strncmp(line, "->", 2)) {
        parse_action(section, indent, line);
    }
}

/* Reads a line. */
static void
read_line(struct reader *reader, const char *line)
{
    struct flow_trace *trace = reader->trace;
    int indent = strspn(line, " ");

    if (!strncmp(line, "Flow: ", 6)) {
        add_section(reader, line + 6);
    } else if (!trace->n || !line[indent]) {
        return;
    } else if (!strncmp(line, "Translation failed", 18)) {
        struct flow_trace_section *section = &trace->sections[trace->n - 1];

        free(section->failed);
        section->failed = xstrdup(line);
    } else if (indent || parse_table(line, &(unsigned int) { 0 })
               || !strncmp(line, "bridge(", 7)) {
        read_inside(reader, indent, line + indent);
    }
}

/* Appends to 'trace' the sections in 'text', which "ofproto/trace" printed
 * about a packet on 'bridge'.  What is not understood is left out. */
void
flow_trace_parse(struct flow_trace *trace, const char *bridge,
                 const char *text)
{
    struct reader reader = { .trace = trace, .bridge = bridge, .foreign = -1 };
    char *copy = xstrdup(text);
    char *save_ptr = NULL;

    for (char *line = strtok_r(copy, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        read_line(&reader, line);
    }
    free(copy);
}

/* Puts the first section of 'with' in the place of section 'i' of 'trace';
 * 'with' loses it. */
void
flow_trace_replace(struct flow_trace *trace, size_t i, struct flow_trace *with)
{
    if (with->n) {
        struct flow_trace_section *section = &trace->sections[i];

        with->sections[0].resume = section->resume;
        section_uninit(section);
        *section = with->sections[0];
        with->n--;
        memmove(with->sections, with->sections + 1,
                with->n * sizeof *with->sections);
    }
}

/* Removes the sections of 'trace' that go on in 'table_id'. */
void
flow_trace_remove(struct flow_trace *trace, int table_id)
{
    size_t n = 0;

    for (size_t i = 0; i < trace->n; i++) {
        if (trace->sections[i].resume == table_id) {
            section_uninit(&trace->sections[i]);
        } else {
            trace->sections[n++] = trace->sections[i];
        }
    }
    trace->n = n;
}

/* Returns true if 'section' ends by telling conntrack to keep the
 * connection. */
bool
flow_trace_commits(const struct flow_trace_section *section)
{
    for (size_t i = 0; i < section->n; i++) {
        const struct svec *actions = &section->steps[i].actions;

        for (size_t j = 0; j < actions->n; j++) {
            if (!strncmp(actions->names[j], "ct(commit", 9)) {
                return true;
            }
        }
    }
    return false;
}
