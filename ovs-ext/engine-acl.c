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
#include <stdlib.h>
#include <string.h>
#include "flows/acl.h"
#include "flows/flows.h"
#include "flows/pipeline.h"
#include "flows/vswitch-ctl.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/show.h"
#include "packets.h"
#include "unixctl.h"
#include "util.h"

/* "acl/show" and "acl/connections": what decides for a port, how often it did,
 * and what it has allowed. */

/* A command that waits for the switch. */
struct acl_command {
    struct engine *engine;
    struct unixctl_conn *conn;
    char *name;                 /* Of the port asked for. */
    bool json;
};

/* Returns a new command about the port named 'name'; null, after an answer to
 * 'conn', if there is none on this host. */
static struct acl_command *
acl_command_create(struct engine *e, struct unixctl_conn *conn,
                   const char *name, bool json)
{
    const struct port *port = name ? model_port(&e->model, name) : NULL;
    struct acl_command *ac;

    if (!port || !port->ofport) {
        char *error = xasprintf("no port \"%s\" on this host; \"ovs-appctl -t "
                                "ovs-ext port/show\" lists them",
                                name ? name : "");

        unixctl_command_reply_error(conn, error);
        free(error);
        return NULL;
    }
    ac = xmalloc(sizeof *ac);
    *ac = (struct acl_command) {
        .engine = e, .conn = conn, .name = xstrdup(name), .json = json,
    };
    return ac;
}

/* Replies with 'show', or 'error' if that is not null, and frees 'ac'. */
static void
acl_command_finish(struct acl_command *ac, struct show *show,
                   const char *error)
{
    char *reply = show_finish(show, ac->json);

    if (error) {
        unixctl_command_reply_error(ac->conn, error);
    } else {
        unixctl_command_reply(ac->conn, reply);
    }
    free(reply);
    free(ac->name);
    free(ac);
}

/* acl/show. */

/* What a rule has counted. */
struct rule_count {
    uint64_t packets;           /* All that it let pass, or not. */
    uint64_t connections;       /* How often it was asked and decided. */
};

static struct rule_count
count_rule(const struct flow_counters *counters,
           const struct policy_rule *rule)
{
    ovs_be64 cookie = owner_cookie(&rule->owner);
    struct rule_count count = { 0, 0 };

    for (size_t i = 0; i < counters->n; i++) {
        const struct flow_counter *c = &counters->counters[i];

        if (c->cookie != cookie) {
            continue;
        } else if (c->key.table_id == TABLE_ACL_EST_RULE) {
            count.packets += c->n_packets;
        } else if (c->key.table_id == TABLE_ACL_GROUP_RULE
                   || c->key.table_id == TABLE_ACL_RULES
                   || c->key.table_id == TABLE_ACL_STATELESS) {
            count.packets += c->n_packets;
            count.connections += c->n_packets;
        }
    }
    return count;
}

static void
show_rule(struct show *show, const char *policy,
          const struct policy_rule *rule, const struct flow_counters *counters)
{
    struct rule_count count = count_rule(counters, rule);
    struct ds s = DS_EMPTY_INITIALIZER;

    policy_rule_format(rule, &s);
    show_string(show, "%s", policy);
    show_int(show, rule->priority);
    show_string(show, "%s", ds_cstr(&s));
    show_int(show, count.packets);
    show_int(show, count.connections);
    show_string(show, UUID_FMT, UUID_ARGS(&rule->uuid));
    ds_destroy(&s);
}

/* What decides when no rule does. */
static void
show_default(struct show *show, const char *policy, const char *text)
{
    show_string(show, "%s", policy);
    show_int(show, 0);
    show_string(show, "%s", text);
    show_int(show, 0);
    show_int(show, 0);
    show_string(show, "default");
}

static void
show_acl(struct show *show, const struct network *network,
         const struct flow_counters *counters)
{
    const struct policy_list *acl = network_acl(network);
    char *policy = xasprintf("network %s", network->name);

    for (size_t i = 0; acl && i < acl->n_rules; i++) {
        show_rule(show, policy, acl->rules[i], counters);
    }
    for (int i = 0; acl && i < POLICY_N_DIRECTIONS; i++) {
        char *text = xasprintf("%s %s",
                               policy_action_string(acl->default_action[i]),
                               policy_direction_string(i));

        show_default(show, policy, text);
        free(text);
    }
    free(policy);
}

static void
show_groups(struct show *show, const struct port *port,
            const struct flow_counters *counters)
{
    const struct port_policy *policy = &port->policy;

    for (size_t i = 0; i < policy->n_groups; i++) {
        const struct policy_list *list = &policy->groups[i]->list;
        char *name = xasprintf("group %s", policy->groups[i]->name);

        for (size_t j = 0; j < list->n_rules; j++) {
            show_rule(show, name, list->rules[j], counters);
        }
        free(name);
    }
    if (policy->n_groups) {
        show_default(show, "groups", "drop ingress");
        show_default(show, "groups", "allow egress to port 53 (DNS)");
        show_default(show, "groups", (policy->restricted4
                                      ? "drop egress ipv4"
                                      : "allow egress ipv4"));
        show_default(show, "groups", (policy->restricted6
                                      ? "drop egress ipv6"
                                      : "allow egress ipv6"));
    }
}

static void
acl_show_cb(const struct flow_counters *counters, const char *error, void *ac_)
{
    struct acl_command *ac = ac_;
    const struct port *port = model_port(&ac->engine->model, ac->name);
    struct show show;

    show_init(&show, SHOW_TABLE, "policy", "priority", "rule", "packets",
              "connections", "uuid", NULL);
    if (!error && port && port->network) {
        if (port->policy.fail_closed) {
            show_default(&show, "port", "drop everything: see the problems");
        }
        show_acl(&show, port->network, counters);
        show_groups(&show, port, counters);
    }
    acl_command_finish(ac, &show, error);
}

/* Replies to 'conn' what "acl/show" prints about the port named 'name', when
 * the switch has told what it counted. */
void
engine_acl_show(struct engine *e, struct unixctl_conn *conn, const char *name,
                bool json)
{
    struct acl_command *ac = acl_command_create(e, conn, name, json);
    struct flow_query query = flow_query_kind(OWNER_RULE,
                                              FLOW_QUERY_ALL_TABLES);

    if (ac) {
        flows_query(e->flows, &query, acl_show_cb, ac);
    }
}

/* acl/connections. */

/* Stores in 'value' what 's', a line of "dpctl/dump-conntrack", has behind
 * 'key', up to the first of 'ends'.  Returns false if it has none. */
static bool
line_value(const char *s, const char *key, const char *ends, char *value,
           size_t size)
{
    const char *p = strstr(s, key);

    if (!p) {
        ovs_strlcpy(value, "", size);
        return false;
    }
    p += strlen(key);
    ovs_strlcpy(value, p, MIN(size, strcspn(p, ends) + 1));
    return true;
}

/* Returns the rule in 'labels', which is a hexadecimal number. */
static uint64_t
parse_rule(const char *labels)
{
    char rule[32];
    size_t len = strlen(labels);

    if (len <= 2 + 16) {
        return 0;
    }
    ovs_strlcpy(rule, labels, MIN(sizeof rule, len - 16 + 1));
    return strtoull(rule, NULL, 16);
}

static void
show_allowed_by(struct show *show, const struct port *port, uint64_t id)
{
    const struct policy_rule *rule = engine_acl_rule(port, id);

    if (rule) {
        show_string(show, "rule "UUID_FMT, UUID_ARGS(&rule->uuid));
    } else {
        show_string(show, "%s", (id == ACL_RULE_DNS ? "DNS"
                                 : id == ACL_RULE_OUT ? "default egress"
                                 : id == ACL_RULE_ACL_DEFAULT ? "ACL's default"
                                 : id ? "what is revoked"
                                 : "nothing"));
    }
}

static void
show_connection(struct show *show, const struct port *port, const char *line)
{
    static const char *const keys[] = { "src=", "dst=", "sport=", "dport=" };
    char orig[256], value[64];

    ovs_strlcpy(value, line, MIN(sizeof value, strcspn(line, ",") + 1));
    show_string(show, "%s", value);
    line_value(line, "orig=(", ")", orig, sizeof orig);
    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        line_value(orig, keys[i], ",", value, sizeof value);
        show_string(show, "%s", value);
    }
    line_value(line, "state=", ")", value, sizeof value);
    show_string(show, "%s", value);
    line_value(line, "labels=", ",", value, sizeof value);
    show_allowed_by(show, port, parse_rule(value));
}

static void
acl_connections_cb(const char *reply, const char *error, void *ac_)
{
    struct acl_command *ac = ac_;
    const struct port *port = model_port(&ac->engine->model, ac->name);
    char *lines = xstrdup(reply ? reply : "");
    char *save_ptr = NULL;
    struct show show;

    show_init(&show, SHOW_TABLE, "protocol", "source", "destination", "sport",
              "dport", "state", "allowed_by", NULL);
    for (char *line = strtok_r(lines, "\n", &save_ptr); line && port;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        show_connection(&show, port, line);
    }
    free(lines);
    acl_command_finish(ac, &show, error);
}

/* Replies to 'conn' what "acl/connections" prints about the port named 'name',
 * when ovs-vswitchd has told what is in its zone. */
void
engine_acl_connections(struct engine *e, struct unixctl_conn *conn,
                       const char *name, bool json)
{
    struct acl_command *ac = acl_command_create(e, conn, name, json);
    char zone[32];
    const char *args[] = { zone };

    if (ac) {
        const struct port *port = model_port(&e->model, name);

        snprintf(zone, sizeof zone, "zone=%"PRIu16, port->zone);
        if (port->zone) {
            vswitch_ctl_send(&e->vswitch, "dpctl/dump-conntrack", args,
                             ARRAY_SIZE(args), acl_connections_cb, ac);
        } else {
            acl_connections_cb("", NULL, ac);
        }
    }
}
