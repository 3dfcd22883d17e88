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

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "flows/pipeline.h"
#include "flows/security.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "smap.h"
#include "util.h"

/* A trace in words. */

/* What is being told. */
struct telling {
    const struct model *m;
    struct flow_trace_line *lines, *verdicts;
    size_t n, allocated, n_verdicts, allocated_verdicts;

    /* Of the ACL that is being asked: who decided, or null. */
    char *acl, *groups;
    char *by[POLICY_N_DIRECTIONS]; /* Who let it pass each ACL, or null. */
    char *port[POLICY_N_DIRECTIONS]; /* Who sends, receives; or null. */
    struct smap passed;         /* 'by' of ingress, by receiver. */
    const char *vtep;           /* Action that set where the tunnel leads. */
};

/* Lines.  They take 'by' and 'decision'. */

static void
add_line(struct telling *t, int table_id, char *by, char *decision)
{
    if (t->n >= t->allocated) {
        t->lines = x2nrealloc(t->lines, &t->allocated, sizeof *t->lines);
    }
    t->lines[t->n++] = (struct flow_trace_line) {
        table_id, flow_trace_table_name(table_id), by, decision,
    };
}

static void
add_verdict(struct telling *t, const char *by, char *decision)
{
    if (t->n_verdicts >= t->allocated_verdicts) {
        t->verdicts = x2nrealloc(t->verdicts, &t->allocated_verdicts,
                                 sizeof *t->verdicts);
    }
    t->verdicts[t->n_verdicts++] = (struct flow_trace_line) {
        -1, "verdict", xstrdup(by), decision,
    };
}

/* Returns who let the packet pass ACLs, malloc'd. */
static char *
passed_by(const struct telling *t)
{
    const char *egress = t->by[POLICY_EGRESS];
    const char *ingress = t->by[POLICY_INGRESS];

    return xasprintf("%s%s%s%s%s", egress ? "egress: " : "",
                     egress ? egress : "", egress && ingress ? "; " : "",
                     ingress ? "ingress: " : "", ingress ? ingress : "");
}

/* Returns who owns the flow of 'step', malloc'd. */
static char *
step_owner(const struct telling *t, const struct flow_trace_step *step)
{
    return flow_trace_owner_name(t->m, step->cookie);
}

/* Actions. */

/* Returns the action of 'step' that begins with 'prefix', or null. */
static const char *
find_action(const struct flow_trace_step *step, const char *prefix)
{
    for (size_t i = 0; i < step->actions.n; i++) {
        if (!strncmp(step->actions.names[i], prefix, strlen(prefix))) {
            return step->actions.names[i];
        }
    }
    return NULL;
}

/* Returns the value that 'step' gives bits of the ACL's register that
 * 'wanted' has, or 0. */
static uint32_t
sets_acl(const struct flow_trace_step *step, uint32_t wanted)
{
    for (size_t i = 0; i < step->actions.n; i++) {
        const char *action = step->actions.names[i];
        uint32_t value;

        if (ovs_scan(action, "set_field:0x%"SCNx32"/", &value)
            && strstr(action, "->reg12") && value & wanted) {
            return value & wanted;
        }
    }
    return 0;
}

/* Returns the name of the port of this host on 'ofport', or null. */
static const char *
ofport_name(const struct model *m, uint32_t ofport)
{
    const struct port *port;

    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        if (port->ofport && port->ofport == ofport) {
            return port->name;
        }
    }
    return NULL;
}

/* Returns the value in 'action' if that sets a tunnel's destination, else
 * 'vtep'. */
static const char *
sets_vtep(const char *action, const char *vtep)
{
    return (!strncmp(action, "set_field:", 10)
            && (strstr(action, "->tun_dst")
                || strstr(action, "->tun_ipv6_dst"))
            ? action + 10 : vtep);
}

/* Returns where the packet goes to by 'action', an output of 'step', malloc'd;
 * null if it is none. */
static char *
output_words(const struct telling *t, const struct flow_trace_step *step,
             size_t action)
{
    const struct model *m = t->m;
    const char *vtep = t->vtep;
    uint32_t ofport;

    if (!strcmp(step->actions.names[action], "IN_PORT")) {
        return xstrdup("answered to the sender");
    } else if (!ovs_scan(step->actions.names[action], "output:%"SCNu32,
                         &ofport)) {
        return NULL;
    } else if (ofport != m->host.tunnel_ofport) {
        const char *name = ofport_name(m, ofport);

        return (name ? xasprintf("delivered to port %s", name)
                : xasprintf("sent out of OpenFlow port %"PRIu32, ofport));
    }
    for (size_t i = 0; i < action; i++) {
        vtep = sets_vtep(step->actions.names[i], vtep);
    }
    return (vtep ? xasprintf("sent to VTEP %.*s",
                             (int) (strstr(vtep, "->") - vtep), vtep)
            : xstrdup("sent into the tunnel"));
}

/* Tells the outputs of 'step'.  Returns false if it has none. */
static bool
tell_outputs(struct telling *t, const struct flow_trace_step *step)
{
    bool any = false;

    for (size_t i = 0; i < step->actions.n; i++) {
        char *words = output_words(t, step, i);

        if (words) {
            char *by = passed_by(t);

            add_line(t, step->table_id, step_owner(t, step),
                     xstrdup(words));
            add_verdict(t, by, words);
            free(by);
            any = true;
        }
    }
    return any;
}

/* Tells what 'step' does, judged by its actions. */
static void
tell_actions(struct telling *t, const struct flow_trace_step *step)
{
    const char *next = find_action(step, "goto_table:");
    char *decision;

    if (tell_outputs(t, step)) {
        return;
    } else if (find_action(step, "group:")) {
        decision = xstrdup(step->table_id == TABLE_ROUTE
                           ? "to one of several next hops"
                           : "to each of a group");
    } else if (find_action(step, "ct(table")) {
        decision = xstrdup("conntrack: taken for a new connection");
    } else if (next) {
        decision = xasprintf("goes on: %s",
                             flow_trace_table_name(atoi(next + 11)));
    } else if (step->table_id != TABLE_ACL_REPORT
               && find_action(step, "controller(")) {
        decision = xstrdup("handed to ovs-ext");
        add_verdict(t, "", xstrdup(decision));
    } else if (find_action(step, "drop")) {
        decision = xstrdup("dropped");
    } else {
        return;                 /* Notes something, or asks others. */
    }
    add_line(t, step->table_id, step_owner(t, step), decision);
}

/* ACLs. */

static void
set_by(char **by, char *text)
{
    free(*by);
    *by = text;
}

/* Begins with another port's ACL, or with what conntrack said for it. */
static void
forget(struct telling *t)
{
    set_by(&t->acl, NULL);
    set_by(&t->groups, NULL);
}

/* A rule of 'step' decided, for the ACL if 'acl'. */
static void
tell_rule(struct telling *t, const struct flow_trace_step *step, bool acl)
{
    const struct policy_rule *rule = flow_trace_rule(t->m, step->cookie);
    struct ds s = DS_EMPTY_INITIALIZER;

    if (rule) {
        policy_rule_format(rule, &s);
    }
    set_by(acl ? &t->acl : &t->groups, step_owner(t, step));
    add_line(t, step->table_id, step_owner(t, step),
             ds_steal_cstr(&s));
}

/* The default of a network's ACL decided. */
static void
tell_acl_default(struct telling *t, const struct flow_trace_step *step)
{
    uint32_t state = sets_acl(step, ACL_NET_OK | ACL_DROP | ACL_REJECT);

    if (flow_trace_owner_kind(step->cookie) == OWNER_NETWORK_ACL) {
        char *owner = step_owner(t, step);

        set_by(&t->acl, xasprintf("default of the %s", owner));
        free(owner);
        add_line(t, step->table_id, xstrdup(t->acl),
                 xstrdup(state == ACL_DROP ? "drop"
                         : state == ACL_REJECT ? "reject" : "allow"));
    }
}

/* The groups' default decided; nothing allows, if 'step' did not match. */
static void
tell_group_default(struct telling *t, const struct flow_trace_step *step)
{
    if (!t->groups) {
        bool dns = step->matched && step->priority == PRIORITY_EXACT;

        set_by(&t->groups, xstrdup(dns ? "DNS" : "default of the groups"));
        add_line(t, step->table_id, xstrdup(t->groups),
                 xstrdup(step->matched ? "allow"
                         : "drop: no rule of the port's groups allows it"));
    }
}

/* Adds the verdict that the ACL of 'direction' does not let it pass, because
 * of 'by'.  The copy of a flooded frame that is for its sender is none. */
static void
add_refusal(struct telling *t, const char *by,
            enum policy_direction direction, bool reject)
{
    const char *port = t->port[direction] ? t->port[direction] : "unknown";

    if (direction == POLICY_INGRESS && t->port[POLICY_EGRESS]
        && !strcmp(port, t->port[POLICY_EGRESS])) {
        return;
    }
    add_verdict(t, by, xasprintf("%s by the %s ACL of %s",
                                 reject ? "rejected" : "dropped",
                                 policy_direction_string(direction), port));
}

/* Tells what an ACL, that of 'direction', decided, in 'step'. */
static void
tell_verdict(struct telling *t, const struct flow_trace_step *step,
             enum policy_direction direction)
{
    bool reject = strstr(step->match, "reg12=0x100/0x100") != NULL;

    if (find_action(step, "ct(commit") || find_action(step, "goto_table:")) {
        const char *port = t->port[direction];

        set_by(&t->by[direction],
               xasprintf("%s%s%s", t->acl ? t->acl : "",
                         t->acl && t->groups ? " and " : "",
                         t->groups ? t->groups : ""));
        if (direction == POLICY_INGRESS && port) {
            smap_replace(&t->passed, port, t->by[direction]);
        }
        add_line(t, step->table_id, xstrdup(t->by[direction]),
                 xasprintf("%s allowed%s", policy_direction_string(direction),
                           (find_action(step, "ct(commit")
                            ? "; conntrack keeps the connection"
                            : ", without conntrack")));
    } else {
        const char *by = (t->groups ? t->groups
                          : t->acl ? t->acl : "default");

        add_line(t, step->table_id, xstrdup(by),
                 xasprintf("%s %s", policy_direction_string(direction),
                           reject ? "rejected" : "dropped"));
        add_refusal(t, by, direction, reject);
    }
}

/* What passes or not, whatever rules say. */
static void
tell_check(struct telling *t, const struct flow_trace_step *step)
{
    forget(t);
    if (step->matched && step->priority == PRIORITY_ACL_ALWAYS) {
        add_line(t, step->table_id, xstrdup("host"),
                 xstrdup("ARP, ND and DHCP of a client always pass"));
    } else if (step->matched && step->priority == PRIORITY_ACL_FAILED) {
        add_line(t, step->table_id, xstrdup("host"),
                 xstrdup("dropped: the port's policy makes no sense"));
        add_verdict(t, "the port fails closed; \"problems\" tells why",
                    xstrdup("dropped"));
    } else if (!step->matched) {
        add_line(t, step->table_id, xstrdup("host"),
                 xstrdup("dropped: neither IP nor ARP"));
        add_verdict(t, "neither IP nor ARP", xstrdup("dropped"));
    } else if (find_action(step, "ct(table")) {
        tell_actions(t, step);
    } else {
        add_line(t, step->table_id, step_owner(t, step),
                 xstrdup("stateless rules are asked"));
    }
}

/* What stateless rules have decided. */
static void
tell_stateless(struct telling *t, const struct flow_trace_step *step,
               enum policy_direction direction)
{
    if (find_action(step, "ct(table")) {
        tell_actions(t, step);
        forget(t);
    } else {
        tell_verdict(t, step, direction);
    }
}

static void
tell_security_drop(struct telling *t, const struct flow_trace_step *step)
{
    const char *reg = strstr(step->match, "reg0=0x");
    unsigned long int reason = reg ? strtoul(reg + 7, NULL, 16) : 0;
    const char *name = (reason && reason < DROP_N_REASONS
                        ? security_reason_name(reason) : "unknown");
    char *by = (step->matched ? step_owner(t, step)
                : xstrdup("port security"));

    add_line(t, step->table_id, by,
             xasprintf("dropped by port security: %s", name));
    add_verdict(t, by, xasprintf("dropped by port security: %s", name));
}

/* Tells what it means that no flow matched in a table, if it means
 * something. */
static void
tell_no_match(struct telling *t, const struct flow_trace_step *step)
{
    const char *words = NULL;

    if (step->table_id == TABLE_ACL_RULES && !t->acl) {
        words = "no rule matches";
    } else if (step->table_id == TABLE_ACL_GROUP_RULE && !t->groups) {
        words = "no rule matches";
    } else if (step->table_id == TABLE_ACL_SET && !t->groups) {
        words = "no address of the rule is the remote one";
    } else if (step->table_id < TABLE_RESOLVE) {
        words = "dropped: nothing knows what to do with it";
    }
    if (words) {
        add_line(t, step->table_id, xstrdup(""), xstrdup(words));
    }
}

/* Tells 'step', if it is one of an ACL's verdict or default.  Returns false if
 * it is not. */
static bool
tell_acl(struct telling *t, const struct flow_trace_step *step)
{
    switch (step->table_id) {
    case TABLE_ACL_FROM_CHECK:
    case TABLE_ACL_TO_CHECK:
        tell_check(t, step);
        return true;
    case TABLE_ACL_FROM_STATELESS:
        tell_stateless(t, step, POLICY_EGRESS);
        return true;
    case TABLE_ACL_TO_STATELESS:
        tell_stateless(t, step, POLICY_INGRESS);
        return true;
    case TABLE_ACL_FROM_TRACKED:
    case TABLE_ACL_TO_TRACKED:
        forget(t);
        if (step->matched && step->priority == PRIORITY_ACL_FRAGMENT) {
            add_line(t, step->table_id, xstrdup("host"),
                     xstrdup("a later fragment: passes if the first does"));
        }
        return true;
    case TABLE_ACL_FROM_VERDICT:
        tell_verdict(t, step, POLICY_EGRESS);
        return true;
    case TABLE_ACL_TO_VERDICT:
        tell_verdict(t, step, POLICY_INGRESS);
        return true;
    case TABLE_ACL_DEFAULT:
        tell_acl_default(t, step);
        return true;
    case TABLE_ACL_GROUP_DEFAULT:
        tell_group_default(t, step);
        return true;
    default:
        return false;
    }
}

static void
tell_step(struct telling *t, const struct flow_trace_step *step)
{
    bool rules = (step->table_id == TABLE_ACL_RULES
                  || step->table_id == TABLE_ACL_STATELESS);

    if (step->table_id == TABLE_CLASSIFY
        && flow_trace_owner_kind(step->cookie) == OWNER_PORT) {
        set_by(&t->port[POLICY_EGRESS],
               step_owner(t, step));
    } else if (step->table_id == TABLE_ACL_TO) {
        set_by(&t->by[POLICY_INGRESS], NULL);
        set_by(&t->port[POLICY_INGRESS],
               step_owner(t, step));
    }
    if (tell_acl(t, step)) {
        return;
    } else if (step->table_id == TABLE_SECURITY_DROP) {
        tell_security_drop(t, step);
    } else if (!step->matched) {
        tell_no_match(t, step);
    } else if (flow_trace_owner_kind(step->cookie) == OWNER_RULE
               && (rules || step->table_id == TABLE_ACL_GROUP_RULE)) {
        tell_rule(t, step, rules);
    } else {
        tell_actions(t, step);
    }
    for (size_t i = 0; i < step->actions.n; i++) {
        t->vtep = sets_vtep(step->actions.names[i], t->vtep);
    }
}

/* Begins with 'section', which may go on with any of the copies of a flooded
 * frame. */
static void
begin_section(struct telling *t, const struct flow_trace_section *section)
{
    const char *reg = strstr(section->flow, "reg15=0x");
    const char *name = (reg ? ofport_name(t->m, strtoul(reg + 8, NULL, 16))
                        : NULL);
    char *port = name ? xasprintf("port %s", name) : NULL;
    const char *by = port ? smap_get(&t->passed, port) : NULL;

    forget(t);
    set_by(&t->by[POLICY_INGRESS], nullable_xstrdup(by));
    set_by(&t->port[POLICY_INGRESS], port);
}

/* Puts the verdicts behind the other lines.  Without any, it is dropped. */
static void
end(struct telling *t)
{
    if (!t->n_verdicts) {
        const struct flow_trace_line *last = t->n ? &t->lines[t->n - 1] : NULL;

        add_verdict(t, last ? last->stage : "", xstrdup("dropped"));
    }
    for (size_t i = 0; i < t->n_verdicts; i++) {
        add_line(t, -1, t->verdicts[i].by, t->verdicts[i].decision);
        t->lines[t->n - 1].stage = t->verdicts[i].stage;
    }
    free(t->verdicts);
    forget(t);
    smap_destroy(&t->passed);
    for (int i = 0; i < POLICY_N_DIRECTIONS; i++) {
        free(t->by[i]);
        free(t->port[i]);
    }
}

/* Returns what 'trace' says, with the names of 'm': a line for each table that
 * decided something, in order, and then one for each way that the packet, or a
 * copy of it, took.  Stores how many they are in '*n'.  The caller frees them
 * by flow_trace_lines_free(). */
struct flow_trace_line *
flow_trace_tell(const struct model *m, const struct flow_trace *trace,
                size_t *n)
{
    struct telling t = { .m = m, .passed = SMAP_INITIALIZER(&t.passed) };

    for (size_t i = 0; i < trace->n; i++) {
        const struct flow_trace_section *section = &trace->sections[i];

        begin_section(&t, section);
        for (size_t j = 0; j < section->n; j++) {
            tell_step(&t, &section->steps[j]);
        }
        if (section->failed) {
            add_verdict(&t, "switch", xstrdup(section->failed));
        }
    }
    end(&t);
    *n = t.n;
    return t.lines;
}

/* Frees the 'n' 'lines'. */
void
flow_trace_lines_free(struct flow_trace_line *lines, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(lines[i].by);
        free(lines[i].decision);
    }
    free(lines);
}
