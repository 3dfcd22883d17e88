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
#include "tests/unit/model-script.h"

#include <inttypes.h>
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

static void
do_host(struct model *m, const struct svec *words)
{
    struct fact_host fact = {
        .name = "hv1",
        .bridge = "br-int",
        .vtep4 = script_value_ip(words, "vtep"),
        .vtep6 = script_value_ip(words, "vtep6"),
        .shadow_port = 4790,
        .frr = FRR_OFF,
        .tunnel_ofport = script_value_u32(words, "tunnel"),
    };

    model_put_host(m, &fact);
}

static void
do_network(struct model *m, const struct svec *words)
{
    struct fact_network fact = {
        .name = script_word(words, 1),
        .vni = script_u32(words, 2),
        .drop_unknown = script_has(words, "drop"),
    };

    model_put_network(m, &fact);
}

static void
do_port(struct model *m, const struct svec *words)
{
    struct eth_addr macs[8];
    struct in6_addr ips[8];
    struct fact_port fact = {
        .name = script_word(words, 1),
        .network = script_word(words, 2),
        .macs = macs,
        .ips = ips,
    };

    assert_true(words->n <= 3 + ARRAY_SIZE(macs));
    for (size_t i = 3; i < words->n; i++) {
        const char *word = words->names[i];

        if (!strcmp(word, "standby")) {
            fact.standby = true;
        } else if (eth_addr_from_string(word, &macs[fact.n_macs])) {
            fact.n_macs++;
        } else {
            ips[fact.n_ips++] = script_ip(words, i);
        }
    }
    model_put_port(m, &fact);
}

static void
do_iface(struct model *m, const struct svec *words)
{
    struct fact_iface fact = {
        .name = script_word(words, 1),
        .iface_id = script_value(words, "id"),
        .profile = script_value(words, "profile"),
        .attached_mac = script_value(words, "mac"),
        .ofport = script_value_u32(words, "ofport"),
    };

    model_put_iface(m, &fact);
}

static void
do_remote_mac(struct model *m, const struct svec *words)
{
    struct fact_remote fact = { .nhg = script_value_u32(words, "nhg") };

    fact.vtep = fact.nhg ? in6addr_any : script_ip(words, 3);

    model_put_remote_mac(m, script_u32(words, 1), script_mac(words, 2), &fact);
}

static void
do_flood(struct model *m, const struct svec *words, bool del)
{
    struct in6_addr ip = script_ip(words, 2);
    uint32_t vni = script_u32(words, 1);

    if (del) {
        model_del_flood(m, vni, &ip);
    } else {
        model_put_flood(m, vni, &ip);
    }
}

static void
do_neigh(struct model *m, const struct svec *words, bool del)
{
    struct in6_addr ip = script_ip(words, 2);
    uint32_t vni = script_u32(words, 1);

    if (del) {
        model_del_neighbor(m, vni, &ip);
    } else {
        model_put_neighbor(m, vni, &ip, script_mac(words, 3),
                           script_has(words, "router"));
    }
}

static void
do_nhg(struct model *m, const struct svec *words)
{
    struct in6_addr vteps[8];
    size_t n = 0;

    assert_true(words->n <= 2 + ARRAY_SIZE(vteps));
    for (size_t i = 2; i < words->n; i++) {
        vteps[n++] = script_ip(words, i);
    }
    model_put_nhg(m, script_u32(words, 1), vteps, n);
}

static void
do_delete(struct model *m, const struct svec *words)
{
    const char *what = script_word(words, 0);
    const char *name = script_word(words, 1);

    if (!strcmp(what, "del-network")) {
        model_del_network(m, name);
    } else if (!strcmp(what, "del-port")) {
        model_del_port(m, name);
    } else if (!strcmp(what, "del-iface")) {
        model_del_iface(m, name);
    } else if (!strcmp(what, "del-mac")) {
        model_del_remote_mac(m, script_u32(words, 1), script_mac(words, 2));
    } else if (!strcmp(what, "del-flood")) {
        do_flood(m, words, true);
    } else if (!strcmp(what, "del-neigh")) {
        do_neigh(m, words, true);
    } else if (!strcmp(what, "del-nhg")) {
        model_del_nhg(m, script_u32(words, 1));
    } else {
        fail_msg("%s: unknown word in script", what);
    }
}

/* Puts the fact of one line, 'words', into the model 'm_'. */
void
model_script_line(void *m_, const struct svec *words)
{
    struct model *m = m_;
    const char *what = script_word(words, 0);

    if (!strcmp(what, "host")) {
        do_host(m, words);
    } else if (!strcmp(what, "network")) {
        do_network(m, words);
    } else if (!strcmp(what, "port")) {
        do_port(m, words);
    } else if (!strcmp(what, "iface")) {
        do_iface(m, words);
    } else if (!strcmp(what, "mac")) {
        do_remote_mac(m, words);
    } else if (!strcmp(what, "flood")) {
        do_flood(m, words, false);
    } else if (!strcmp(what, "neigh")) {
        do_neigh(m, words, false);
    } else if (!strcmp(what, "nhg")) {
        do_nhg(m, words);
    } else if (!strcmp(what, "run")) {
        model_run(m, words->n > 1 ? script_u32(words, 1) : 0);
    } else if (!strcmp(what, "settle")) {
        model_settle(m);
    } else {
        do_delete(m, words);
    }
}

/* Puts the facts of 'script' into 'm'. */
void
model_script_run(struct model *m, const char *script)
{
    script_run(script, model_script_line, m);
}

static const char *
state_string(const struct claim *claim)
{
    return (claim->state == LOCAL_OURS ? "ours"
            : claim->state == LOCAL_CLAIMING ? "claiming" : "yielded");
}

static void
dump_line(struct svec *lines, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    svec_add_nocopy(lines, xvasprintf(format, args));
    va_end(args);
}

static void
dump_network(struct svec *lines, const struct network *network)
{
    const struct remote_neighbor *neighbor;
    const struct remote_mac *remote;
    const struct flood_vtep *flood;
    const struct local_mac *mac;
    const struct local_ip *ip;
    uint32_t vni = network->vni;

    dump_line(lines, "network %s %"PRIu32"%s ports=%"PRIuSIZE, network->name,
              vni, network->drop_unknown ? " drop" : "", network->n_ports);
    HMAP_FOR_EACH (mac, hmap_node, &network->local_macs) {
        dump_line(lines, "local-mac %"PRIu32" "ETH_ADDR_FMT" %s %s", vni,
                  ETH_ADDR_ARGS(mac->mac), mac->port->name,
                  state_string(&mac->claim));
    }
    HMAP_FOR_EACH (ip, hmap_node, &network->local_ips) {
        dump_line(lines, "local-ip %"PRIu32" %s "ETH_ADDR_FMT" %s %s", vni,
                  script_ip_string(&ip->ip), ETH_ADDR_ARGS(ip->mac),
                  ip->port->name, state_string(&ip->claim));
    }
    HMAP_FOR_EACH (flood, hmap_node, &network->flood) {
        dump_line(lines, "flood %"PRIu32" %s", vni,
                  script_ip_string(&flood->vtep->ip));
    }
    HMAP_FOR_EACH (remote, hmap_node, &network->remote_macs) {
        dump_line(lines, "mac %"PRIu32" "ETH_ADDR_FMT" nhg=%"PRIu32" %s", vni,
                  ETH_ADDR_ARGS(remote->mac), remote->nhg,
                  remote->vtep ? script_ip_string(&remote->vtep->ip) : "-");
    }
    HMAP_FOR_EACH (neighbor, hmap_node, &network->neighbors) {
        dump_line(lines, "neigh %"PRIu32" %s "ETH_ADDR_FMT"%s", vni,
                  script_ip_string(&neighbor->ip),
                  ETH_ADDR_ARGS(neighbor->mac),
                  neighbor->router ? " router" : "");
    }
}

static void
dump_nhg(struct svec *lines, const struct nhg *nhg)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "nhg %"PRIu32, nhg->id);
    for (size_t i = 0; i < nhg->n_vteps; i++) {
        ds_put_format(&s, " %s", script_ip_string(&nhg->vteps[i]));
    }
    svec_add_nocopy(lines, ds_steal_cstr(&s));
}

/* Appends to 's' all that 'm' knows, a sorted line each. */
void
model_script_dump(const struct model *m, struct ds *s)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct problem **problems;
    const struct network *network;
    const struct port *port;
    const struct nhg *nhg;
    const char *line;
    size_t i, n;

    HMAP_FOR_EACH (nhg, hmap_node, &m->nhgs) {
        dump_nhg(&lines, nhg);
    }
    HMAP_FOR_EACH (network, hmap_node, &m->networks) {
        dump_network(&lines, network);
    }
    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        dump_line(&lines, "port %s %s ofport=%"PRIu32"%s", port->name,
                  port->network ? port->network->name : "-", port->ofport,
                  port->active ? " active" : "");
    }
    svec_sort(&lines);
    problems = problems_sort(&m->problems, NULL, &n);
    for (i = 0; i < n; i++) {
        dump_line(&lines, "problem %s %s: %s", problems[i]->object,
                  problems[i]->topic, problems[i]->text);
    }
    free(problems);
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_format(s, "%s\n", line);
    }
    svec_destroy(&lines);
}
