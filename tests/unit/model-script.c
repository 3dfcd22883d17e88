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
        .dup_moves = script_value_u32(words, "dup_moves"),
        .dup_time = script_value_u32(words, "dup_time"),
    };

    model_put_host(m, &fact);
}

/* Returns the UUID that stands for 'name': its letters. */
struct uuid
model_script_uuid(const char *name)
{
    char bytes[16] = "";
    struct uuid uuid;

    assert_true(strlen(name) <= sizeof bytes);
    memcpy(bytes, name, strlen(name));
    for (size_t i = 0; i < ARRAY_SIZE(uuid.parts); i++) {
        ovs_be32 part;

        memcpy(&part, &bytes[4 * i], sizeof part);
        uuid.parts[i] = ntohl(part);
    }
    return uuid;
}

/* Stores the UUIDs of the names in 's', with commas between them (null: none),
 * in 'uuids', which has room for 'max'.  Returns their number. */
static size_t
parse_uuids(const char *s, struct uuid *uuids, size_t max)
{
    char *copy = xstrdup(s ? s : "");
    char *save_ptr = NULL;
    size_t n = 0;

    for (char *name = strtok_r(copy, ",", &save_ptr); name;
         name = strtok_r(NULL, ",", &save_ptr)) {
        assert_true(n < max);
        uuids[n++] = model_script_uuid(name);
    }
    free(copy);
    return n;
}

static enum policy_action
parse_action(const char *s)
{
    return (!s || !strcmp(s, "allow") ? POLICY_ALLOW
            : !strcmp(s, "drop") ? POLICY_DROP
            : POLICY_REJECT);
}

static void
do_vpc(struct model *m, const struct svec *words)
{
    struct fact_vpc fact = {
        .name = script_word(words, 1),
        .l3vni = words->n > 2 ? script_u32(words, 2) : 0,
    };

    model_put_vpc(m, &fact);
}

/* Appends the gateway that 'word' is to the '*n' in 'gateways', if it is
 * one. */
static void
add_gateway(const char *word, struct gateway *gateways, size_t *n)
{
    const char *slash = strchr(word, '/');

    if (slash) {
        char *ip = xmemdup0(word, slash - word);

        gateways[*n].ip = script_parse_ip(ip);
        gateways[*n].plen = script_parse_u32(slash + 1);
        (*n)++;
        free(ip);
    }
}

static void
do_network(struct model *m, const struct svec *words)
{
    const char *mac = script_value(words, "gateway_mac");
    struct gateway gateways[8];
    struct uuid acl[8];
    struct fact_network fact = {
        .name = script_word(words, 1),
        .vni = script_u32(words, 2),
        .drop_unknown = script_has(words, "drop"),
        .no_suppression = script_has(words, "no-suppression"),
        .drop_unknown_arp = script_has(words, "drop-arp"),
        .vpc = script_value(words, "vpc"),
        .gateways = gateways,
        .mtu = script_value_u32(words, "mtu"),
        .gateway_mac = mac ? script_parse_mac(mac) : eth_addr_zero,
        .acl = acl,
        .n_acl = parse_uuids(script_value(words, "acl"), acl, 8),
        .default_action = {
            parse_action(script_value(words, "ingress")),
            parse_action(script_value(words, "egress")),
        },
    };

    assert_true(words->n <= 3 + ARRAY_SIZE(gateways));
    for (size_t i = 3; i < words->n; i++) {
        add_gateway(words->names[i], gateways, &fact.n_gateways);
    }
    model_put_network(m, &fact);
}

static bool
parse_prefix(const char *s, struct policy_prefix *prefix)
{
    char *copy = xstrdup(s);
    char *slash = strchr(copy, '/');

    if (slash && !strchr(copy, '=')) {
        *slash = '\0';
        prefix->ip = script_parse_ip(copy);
        prefix->plen = script_parse_u32(slash + 1);
    }
    free(copy);
    return slash && !strchr(s, '=');
}

/* Parses 's', "IP[/LEN][,MAC]". */
static struct address_pair
parse_pair(const char *s)
{
    const char *comma = strchr(s, ',');
    char *prefix = xmemdup0(s, comma ? comma - s : strlen(s));
    struct address_pair pair = {
        .mac = comma ? script_parse_mac(comma + 1) : eth_addr_zero,
    };

    if (!parse_prefix(prefix, &pair.prefix)) {
        pair.prefix.ip = script_parse_ip(prefix);
        pair.prefix.plen = IN6_IS_ADDR_V4MAPPED(&pair.prefix.ip) ? 32 : 128;
    }
    free(prefix);
    return pair;
}

/* Takes 'word', an option of a port, over into 'fact' if it is one. */
static bool
do_port_option(const char *word, struct fact_port *fact,
               struct address_pair *pairs)
{
    static const bool on = true;
    static const bool off = false;

    if (!strcmp(word, "standby")) {
        fact->standby = true;
    } else if (!strcmp(word, "security=on")) {
        fact->port_security = &on;
    } else if (!strcmp(word, "security=off")) {
        fact->port_security = &off;
    } else if (!strcmp(word, "allow=dhcp-server")) {
        fact->allow_dhcp_server = true;
    } else if (!strcmp(word, "allow=router-advertisement")) {
        fact->allow_ra = true;
    } else if (!strcmp(word, "bad-ips")) {
        fact->has_ips = true;
    } else if (!strcmp(word, "learn")) {
        fact->learn_ips = &on;
    } else if (!strcmp(word, "no-learn")) {
        fact->learn_ips = &off;
    } else if (!strncmp(word, "max-learned=", 12)) {
        fact->max_learned = script_parse_u32(word + 12);
    } else if (!strncmp(word, "pair=", 5)) {
        pairs[fact->n_pairs++] = parse_pair(word + 5);
    } else {
        return false;
    }
    return true;
}

static void
do_port(struct model *m, const struct svec *words)
{
    struct eth_addr macs[16];
    struct in6_addr ips[16];
    struct address_pair pairs[16];
    struct uuid groups[8];
    struct fact_port fact = {
        .name = script_word(words, 1),
        .network = script_word(words, 2),
        .macs = macs,
        .ips = ips,
        .pairs = pairs,
        .groups = groups,
    };

    assert_true(words->n <= 3 + ARRAY_SIZE(macs));
    for (size_t i = 3; i < words->n; i++) {
        const char *word = words->names[i];

        if (do_port_option(word, &fact, pairs)) {
            continue;
        } else if (!strncmp(word, "groups=", 7)) {
            fact.n_groups = parse_uuids(word + 7, groups, 8);
        } else if (eth_addr_from_string(word, &macs[fact.n_macs])) {
            fact.n_macs++;
        } else {
            ips[fact.n_ips++] = script_ip(words, i);
            fact.has_ips = true;
        }
    }
    model_put_port(m, &fact);
}

static void
do_rule(struct model *m, const struct svec *words)
{
    const char *ports = script_value(words, "ports");
    const char *icmp = script_value(words, "icmp");
    const char *remote = script_value(words, "remote");
    struct policy_prefix prefixes[64];
    struct fact_rule fact = {
        .uuid = model_script_uuid(script_word(words, 1)),
        .direction = (script_has(words, "ingress")
                      ? POLICY_INGRESS : POLICY_EGRESS),
        .priority = script_value_u32(words, "priority"),
        .ethertype = script_value_u32(words, "ethertype"),
        .protocol = (script_value(words, "protocol")
                     ? script_value_u32(words, "protocol") : -1),
        .port_min = -1, .port_max = -1, .icmp_type = -1, .icmp_code = -1,
        .prefixes = prefixes,
        .has_remote = remote != NULL,
        .action = (script_has(words, "drop") ? POLICY_DROP
                   : script_has(words, "reject") ? POLICY_REJECT
                   : POLICY_ALLOW),
        .log = script_has(words, "log"),
        .stateless = script_has(words, "stateless"),
        .error = script_value(words, "error"),
    };

    if (ports && !ovs_scan(ports, "%d-%d", &fact.port_min, &fact.port_max)) {
        assert_true(ovs_scan(ports, "%d", &fact.port_min));
        fact.port_max = fact.port_min;
    }
    if (icmp && !ovs_scan(icmp, "%d/%d", &fact.icmp_type, &fact.icmp_code)) {
        assert_true(ovs_scan(icmp, "%d", &fact.icmp_type));
    }
    if (remote) {
        fact.remote = model_script_uuid(remote);
    }
    for (size_t i = 3; i < words->n; i++) {
        assert_true(fact.n_prefixes < ARRAY_SIZE(prefixes));
        fact.n_prefixes += parse_prefix(words->names[i],
                                        &prefixes[fact.n_prefixes]);
    }
    model_put_rule(m, &fact);
}

static void
do_group(struct model *m, const struct svec *words)
{
    struct uuid rules[8];
    struct fact_group fact = {
        .uuid = model_script_uuid(script_word(words, 1)),
        .name = script_word(words, 1),
        .rules = rules,
    };

    for (size_t i = 2; i < words->n; i++) {
        assert_true(fact.n_rules < ARRAY_SIZE(rules));
        rules[fact.n_rules++] = model_script_uuid(words->names[i]);
    }
    model_put_group(m, &fact);
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
        .vm_id = script_value(words, "vm"),
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
do_hear(struct model *m, const struct svec *words)
{
    struct fact_heard fact = {
        .vni = script_u32(words, 1),
        .ofport = script_u32(words, 2),
        .mac = script_mac(words, 3),
    };

    if (words->n > 4) {
        fact.ip = script_ip(words, 4);
        fact.tentative = script_has(words, "tentative");
    }
    model_put_heard(m, &fact, m->now);
}

static void
do_glean(struct model *m, const struct svec *words)
{
    struct in6_addr ip = script_ip(words, 2);

    model_put_gleaned(m, script_u32(words, 1), &ip, script_mac(words, 3),
                      m->now);
}

static void
do_adopt(struct model *m, const struct svec *words)
{
    if (script_has(words, "port")) {
        model_adopt_mac(m, script_u32(words, 2), script_mac(words, 3),
                        m->now);
    } else {
        struct in6_addr ip = script_ip(words, 2);

        model_adopt_ip(m, script_u32(words, 1), &ip, script_mac(words, 3),
                       m->now);
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
    struct uuid uuid;

    if (!strcmp(what, "del-vpc")) {
        model_del_vpc(m, name);
    } else if (!strcmp(what, "del-rule")) {
        uuid = model_script_uuid(name);
        model_del_rule(m, &uuid);
    } else if (!strcmp(what, "del-group")) {
        uuid = model_script_uuid(name);
        model_del_group(m, &uuid);
    } else if (!strcmp(what, "del-network")) {
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
    } else if (!strcmp(what, "del-vm")) {
        model_del_vm(m, name);
    } else if (!strcmp(what, "del-keep")) {
        model_keep_network(m, script_u32(words, 1), false);
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
    } else if (!strcmp(what, "vpc")) {
        do_vpc(m, words);
    } else if (!strcmp(what, "network")) {
        do_network(m, words);
    } else if (!strcmp(what, "port")) {
        do_port(m, words);
    } else if (!strcmp(what, "rule")) {
        do_rule(m, words);
    } else if (!strcmp(what, "group")) {
        do_group(m, words);
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
    } else if (!strcmp(what, "vm")) {
        model_put_vm(m, script_word(words, 1), (script_has(words, "held")
                                                ? VM_HELD : VM_RUNS));
    } else if (!strcmp(what, "vms-known")
               || !strcmp(what, "vms-unknown")) {
        model_set_vms_known(m, !strcmp(what, "vms-known"));
    } else if (!strcmp(what, "wake")) {
        model_wake_vm(m, script_u32(words, 1));
    } else if (!strcmp(what, "keep")) {
        model_keep_network(m, script_u32(words, 1), true);
    } else if (!strcmp(what, "settle")) {
        model_settle(m);
    } else if (!strcmp(what, "glean")) {
        do_glean(m, words);
    } else if (!strcmp(what, "hear")) {
        do_hear(m, words);
    } else if (!strcmp(what, "adopt")) {
        do_adopt(m, words);
    } else if (!strcmp(what, "underlay")) {
        model_put_underlay(m, script_u32(words, 1), script_u32(words, 2));
    } else if (!strcmp(what, "learn-age")) {
        model_set_learn_age(m, script_u32(words, 1));
    } else if (!strcmp(what, "nd-extension")) {
        model_put_nd_extension(m, (script_has(words, "yes")
                                   ? ND_EXTENSION_YES : ND_EXTENSION_NO));
    } else if (!model_script_route(m, words)) {
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
    const struct gleaned *gleaned;
    const struct remote_mac *remote;
    const struct flood_vtep *flood;
    const struct local_mac *mac;
    const struct local_ip *ip;
    uint32_t vni = network->vni;

    dump_line(lines, "network %s %"PRIu32"%s%s%s%s ports=%"PRIuSIZE,
              network->name, vni, network->drop_unknown ? " drop" : "",
              network->no_suppression ? " no-suppression" : "",
              network->drop_unknown_arp ? " drop-arp" : "",
              network->kept ? " kept" : "", network->n_ports);
    HMAP_FOR_EACH (mac, hmap_node, &network->local_macs) {
        dump_line(lines, "local-mac %"PRIu32" "ETH_ADDR_FMT" %s %s%s", vni,
                  ETH_ADDR_ARGS(mac->mac), mac->port->name,
                  state_string(&mac->claim),
                  !mac->learned ? "" : mac->learned->silent ? " silent"
                  : " learned");
    }
    HMAP_FOR_EACH (ip, hmap_node, &network->local_ips) {
        dump_line(lines, "local-ip %"PRIu32" %s "ETH_ADDR_FMT" %s %s%s", vni,
                  script_ip_string(&ip->ip), ETH_ADDR_ARGS(ip->mac),
                  ip->port->name, state_string(&ip->claim),
                  ip->learned ? " learned" : "");
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
    HMAP_FOR_EACH (gleaned, hmap_node, &network->gleaned) {
        dump_line(lines, "gleaned %"PRIu32" %s "ETH_ADDR_FMT, vni,
                  script_ip_string(&gleaned->ip),
                  ETH_ADDR_ARGS(gleaned->mac));
    }
}

/* Returns the name that 'uuid' stands for, good until the next call. */
const char *
model_script_name(const struct uuid *uuid)
{
    static char name[sizeof *uuid + 1];

    for (size_t i = 0; i < ARRAY_SIZE(uuid->parts); i++) {
        ovs_be32 part = htonl(uuid->parts[i]);

        memcpy(&name[4 * i], &part, sizeof part);
    }
    return name;
}

static void
dump_list(struct svec *lines, const char *name, const struct policy_list *list)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s %s%s%s%s%s", list->group ? "group" : "acl", name,
                  list->in_use ? " used" : "",
                  list->failed ? " failed" : "",
                  list->restricts4 ? " restricts4" : "",
                  list->restricts6 ? " restricts6" : "");
    if (list->group) {
        const struct security_group *group = list->group;
        const struct group_addr *addr;

        ds_put_format(&s, " members=%"PRIuSIZE" addrs=%"PRIuSIZE
                      " users=%"PRIuSIZE, group->n_members,
                      hmap_count(&group->addrs), group->n_users);
        HMAP_FOR_EACH (addr, hmap_node, &group->addrs) {
            dump_line(lines, "addr %s %s %"PRIuSIZE, name,
                      script_ip_string(&addr->ip), addr->n_refs);
        }
    } else {
        ds_put_format(&s, " ingress=%s egress=%s",
                      policy_action_string(list->default_action[0]),
                      policy_action_string(list->default_action[1]));
    }
    for (size_t i = 0; i < list->n_rules; i++) {
        ds_put_format(&s, " %s", model_script_name(&list->rules[i]->uuid));
    }
    svec_add_nocopy(lines, ds_steal_cstr(&s));
}

static void
dump_rule(struct svec *lines, const struct policy_rule *rule)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    policy_rule_format(rule, &s);
    dump_line(lines, "rule %s%s %s", model_script_name(&rule->uuid),
              rule->in_effect ? " in-effect" : "", ds_cstr(&s));
    ds_destroy(&s);
}

static void
dump_port(struct svec *lines, const struct port *port)
{
    const struct port_policy *policy = &port->policy;
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "port %s %s ofport=%"PRIu32"%s%s%s%s%s", port->name,
                  port->network ? port->network->name : "-", port->ofport,
                  port->active ? " active" : "",
                  policy->policed ? " policed" : "",
                  policy->fail_closed ? " fail-closed" : "",
                  policy->restricted4 ? " restricted4" : "",
                  policy->restricted6 ? " restricted6" : "");
    for (size_t i = 0; i < policy->n_groups; i++) {
        ds_put_format(&s, " group=%s",
                      model_script_name(&policy->groups[i]->uuid));
    }
    svec_add_nocopy(lines, ds_steal_cstr(&s));
}

/* All about policies but the ports. */
static void
dump_policies(struct svec *lines, const struct model *m)
{
    const struct security_group *group;
    const struct policy_rule *rule;
    const struct shash_node *node;

    HMAP_FOR_EACH (group, hmap_node, &m->groups) {
        dump_list(lines, model_script_name(&group->uuid), &group->list);
    }
    HMAP_FOR_EACH (rule, hmap_node, &m->rules) {
        dump_rule(lines, rule);
    }
    SHASH_FOR_EACH (node, &m->rows) {
        const struct network_row *row = node->data;

        if (row->acl.is_policy) {
            dump_list(lines, row->name, &row->acl);
        }
    }
}

static void
dump_vpc(struct svec *lines, const struct vpc *vpc)
{
    const struct network *network;

    dump_line(lines, "vpc %s %"PRIu32"%s", vpc->name, vpc->l3vni,
              vpc_is_active(vpc) ? " active" : "");
    LIST_FOR_EACH (network, vpc_node, &vpc->networks) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_put_format(&s, "vpc %s network %s "ETH_ADDR_FMT, vpc->name,
                      network->name, ETH_ADDR_ARGS(network->gateway_mac));
        for (size_t i = 0; i < network->n_gateways; i++) {
            const struct gateway *gateway = &network->gateways[i];

            ds_put_format(&s, " %s/%d", script_ip_string(&gateway->ip),
                          gateway->plen);
        }
        svec_add_nocopy(lines, ds_steal_cstr(&s));
    }
}

static void
dump_vrf(struct svec *lines, const struct vrf *vrf)
{
    const struct router_mac *rmac;
    const struct route *route;

    HMAP_FOR_EACH (route, hmap_node, &vrf->routes) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_put_format(&s, "route %"PRIu32" %s/%d", vrf->l3vni,
                      script_ip_string(&route->prefix), route->plen);
        for (size_t i = 0; i < route->n_hops; i++) {
            const struct route_hop *hop = &route->hops[i];

            ds_put_format(&s, " %s%"PRIu32"/%s", hop->l3 ? "l3/" : "",
                          hop->vni, script_ip_string(&hop->ip));
        }
        svec_add_nocopy(lines, ds_steal_cstr(&s));
    }
    HMAP_FOR_EACH (rmac, hmap_node, &vrf->router_macs) {
        dump_line(lines, "router-mac %"PRIu32" %s "ETH_ADDR_FMT, vrf->l3vni,
                  script_ip_string(&rmac->ip), ETH_ADDR_ARGS(rmac->mac));
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
    const struct vpc *vpc;
    const struct vrf *vrf;
    const char *line;
    size_t i, n;

    HMAP_FOR_EACH (nhg, hmap_node, &m->nhgs) {
        dump_nhg(&lines, nhg);
    }
    HMAP_FOR_EACH (network, hmap_node, &m->networks) {
        dump_network(&lines, network);
    }
    HMAP_FOR_EACH (vpc, hmap_node, &m->vpcs) {
        dump_vpc(&lines, vpc);
    }
    HMAP_FOR_EACH (vrf, hmap_node, &m->vrfs) {
        dump_vrf(&lines, vrf);
    }
    HMAP_FOR_EACH (port, hmap_node, &m->ports) {
        dump_port(&lines, port);
    }
    dump_policies(&lines, m);
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
