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
#include "evpn-bridge/frr-conf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

#define IPV4 "address-family ipv4 unicast"
#define IPV6 "address-family ipv6 unicast"
#define EVPN "address-family l2vpn evpn"

/* What a section of bgpd has, besides the router-id. */
static const struct {
    const char *block, *line;
} bgp_lines[] = {
    { "", "bgp bestpath as-path multipath-relax" },
    { IPV4, "redistribute connected" },
    { IPV6, "redistribute connected" },
    { EVPN, "advertise ipv4 unicast" },
    { EVPN, "advertise ipv6 unicast" },
};

#define ROUTER_ID "bgp router-id "

/* A line of the running configuration, in a section that may be ours. */
struct conf_line {
    const char *section;        /* In struct conf's 'sections'. */
    char *block;                /* "address-family ...", or "". */
    char *line;
};

struct conf {
    struct smap sections;       /* By VRF: "vpc-4" -> "vrf vpc-4". */
    struct sset known;          /* "SECTION\nBLOCK\nLINE". */
    struct conf_line *lines;
    size_t n, allocated;
    unsigned int as;            /* Of the default instance, or 0. */
};

/* Initializes 'plan' as empty. */
void
frr_conf_plan_init(struct frr_conf_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    svec_init(&plan->add);
    svec_init(&plan->remove);
}

/* Frees what is in 'plan'. */
void
frr_conf_plan_uninit(struct frr_conf_plan *plan)
{
    for (size_t i = 0; i < plan->n_lines; i++) {
        free(plan->lines[i].section);
        free(plan->lines[i].line);
    }
    free(plan->lines);
    svec_destroy(&plan->add);
    svec_destroy(&plan->remove);
    free(plan->error);
}

/* Reading. */

/* Returns the L3VNI of the VRF named in 'section', or 0 if it is none of
 * ours. */
static uint32_t
section_l3vni(const char *section)
{
    const char *vrf = strstr(section, "vrf vpc-");
    uint32_t l3vni;
    int n = 0;

    return (vrf && ovs_scan(vrf, "vrf vpc-%"SCNu32"%n", &l3vni, &n)
            && !vrf[n] && vrf[8] != '0' && l3vni <= VNI_MAX ? l3vni : 0);
}

static char *
conf_key(const char *section, const char *block, const char *line)
{
    return xasprintf("%s\n%s\n%s", section, block, line);
}

static void
conf_add(struct conf *conf, const char *section, const char *block,
         const char *line)
{
    if (conf->n >= conf->allocated) {
        conf->lines = x2nrealloc(conf->lines, &conf->allocated,
                                 sizeof *conf->lines);
    }
    conf->lines[conf->n++] = (struct conf_line) {
        .section = section,
        .block = xstrdup(block),
        .line = xstrdup(line),
    };
    sset_add_and_free(&conf->known, conf_key(section, block, line));
}

/* Returns the section that begins with 'text', as 'conf' keeps it, or null if
 * it is none of ours. */
static const char *
conf_section(struct conf *conf, const char *text)
{
    if (!section_l3vni(text)) {
        return NULL;
    }
    smap_replace(&conf->sections, strstr(text, "vrf vpc-") + 4, text);
    return smap_get(&conf->sections, strstr(text, "vrf vpc-") + 4);
}

/* Reads the configuration 'running', as "show running-config" of one daemon
 * prints it, into 'conf'. */
static void
conf_parse(struct conf *conf, const char *running)
{
    char *copy = xstrdup(running);
    const char *section = NULL;
    const char *block = "";
    char *save_ptr = NULL;

    memset(conf, 0, sizeof *conf);
    smap_init(&conf->sections);
    sset_init(&conf->known);
    for (char *line = strtok_r(copy, "\r\n", &save_ptr); line;
         line = strtok_r(NULL, "\r\n", &save_ptr)) {
        char *text = line + strspn(line, " ");

        if (!*text || *text == '!') {
            continue;
        } else if (text == line) {
            unsigned int as;
            int n = 0;

            block = "";
            section = conf_section(conf, text);
            if (ovs_scan(text, "router bgp %u%n", &as, &n) && !text[n]) {
                conf->as = as;
            }
        } else if (!strncmp(text, "address-family ", 15)) {
            block = text;
        } else if (!strcmp(text, "exit-address-family")) {
            block = "";
        } else if (section) {
            conf_add(conf, section, block, text);
        }
    }
    free(copy);
}

static void
conf_uninit(struct conf *conf)
{
    for (size_t i = 0; i < conf->n; i++) {
        free(conf->lines[i].block);
        free(conf->lines[i].line);
    }
    free(conf->lines);
    smap_destroy(&conf->sections);
    sset_destroy(&conf->known);
}

/* Writing. */

static void
plan_line(struct frr_conf_plan *plan, bool remove, const char *section,
          const char *block, const char *line)
{
    if (plan->n_lines >= plan->allocated) {
        plan->lines = x2nrealloc(plan->lines, &plan->allocated,
                                 sizeof *plan->lines);
    }
    plan->lines[plan->n_lines++] = (struct frr_conf_line) {
        .remove = remove,
        .section = xstrdup(section),
        .line = (*block ? xasprintf("%s: %s", block, line)
                 : xstrdup(line)),
    };
    plan->n_missing += !remove;
}

/* Appends the command that adds or removes 'line' of 'block' to 'commands',
 * which are in the section already. */
static void
put_line(struct svec *commands, bool remove, const char *block,
         const char *line)
{
    if (*block) {
        svec_add(commands, block);
    }
    svec_add_nocopy(commands, xasprintf("%s%s", remove ? "no " : "", line));
    if (*block) {
        svec_add(commands, "exit-address-family");
    }
}

/* Plans 'line' of 'block' in 'section' if 'conf' lacks it. */
static void
want_line(struct frr_conf_plan *plan, const struct conf *conf,
          const char *section, const char *block, const char *line)
{
    char *key = conf_key(section, block, line);

    if (!sset_contains(&conf->known, key)) {
        if (!plan->n_missing
            || strcmp(plan->lines[plan->n_lines - 1].section, section)) {
            svec_add(&plan->add, section);
        }
        plan_line(plan, false, section, block, line);
        put_line(&plan->add, false, block, line);
    }
    free(key);
}

/* Ends what want_line() planned in 'section', if anything, by 'leave'. */
static void
want_end(struct frr_conf_plan *plan, const char *section, const char *leave)
{
    if (plan->n_missing
        && !strcmp(plan->lines[plan->n_lines - 1].section, section)) {
        svec_add(&plan->add, leave);
    }
}

static void
want_vrf(struct frr_conf_plan *plan, const struct conf *conf, uint32_t l3vni)
{
    char *section = xasprintf("vrf "FRR_CONF_VRF_FORMAT, l3vni);
    char *line = xasprintf("vni %"PRIu32, l3vni);

    want_line(plan, conf, section, "", line);
    want_end(plan, section, "exit-vrf");
    free(line);
    free(section);
}

/* Returns the section of bgpd for the VPC with 'l3vni', malloc'd: the one that
 * there is, whatever its AS, or one with the AS of the default instance. */
static char *
bgp_section(const struct conf *conf, uint32_t l3vni)
{
    char *vrf = xasprintf(FRR_CONF_VRF_FORMAT, l3vni);
    const char *section = smap_get(&conf->sections, vrf);

    free(vrf);
    if (section) {
        return xstrdup(section);
    }
    return xasprintf("router bgp %u vrf "FRR_CONF_VRF_FORMAT, conf->as, l3vni);
}

static void
want_bgp(struct frr_conf_plan *plan, const struct conf *conf,
         const struct model *model, uint32_t l3vni)
{
    const struct in6_addr *vtep = &model->host.vtep4;
    char *section = bgp_section(conf, l3vni);

    if (ipv6_addr_is_set(vtep)) {
        char *line = xasprintf(
            ROUTER_ID IP_FMT, IP_ARGS(in6_addr_get_mapped_ipv4(vtep)));

        want_line(plan, conf, section, "", line);
        free(line);
    }
    for (size_t i = 0; i < ARRAY_SIZE(bgp_lines); i++) {
        want_line(plan, conf, section, bgp_lines[i].block, bgp_lines[i].line);
    }
    want_end(plan, section, "exit");
    free(section);
}

/* Returns true if 'l' is a line as we write it. */
static bool
line_is_ours(const struct conf_line *l)
{
    uint32_t vni;
    int n = 0;

    if (!strncmp(l->section, "vrf ", 4)) {
        return (ovs_scan(l->line, "vni %"SCNu32"%n", &vni, &n)
                && !l->line[n] && vni == section_l3vni(l->section));
    }
    if (!*l->block && !strncmp(l->line, ROUTER_ID, strlen(ROUTER_ID))) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(bgp_lines); i++) {
        if (!strcmp(l->block, bgp_lines[i].block)
            && !strcmp(l->line, bgp_lines[i].line)) {
            return true;
        }
    }
    return false;
}

/* Plans the removal of what is ours in lines 'first' to 'end' of 'conf', which
 * are one section. */
static void
remove_section(struct frr_conf_plan *plan, const struct conf *conf,
               size_t first, size_t end)
{
    const char *section = conf->lines[first].section;
    bool vrf = !strncmp(section, "vrf ", 4);
    size_t n_ours = 0;

    for (size_t i = first; i < end; i++) {
        n_ours += line_is_ours(&conf->lines[i]);
    }
    for (size_t i = first; i < end; i++) {
        const struct conf_line *l = &conf->lines[i];

        if (line_is_ours(l)) {
            plan_line(plan, true, section, l->block, l->line);
        }
    }
    if (n_ours && (vrf || n_ours < end - first)) {
        svec_add(&plan->remove, section);
        for (size_t i = first; i < end; i++) {
            const struct conf_line *l = &conf->lines[i];

            if (line_is_ours(l)) {
                put_line(&plan->remove, true, l->block, l->line);
            }
        }
        svec_add(&plan->remove, vrf ? "exit-vrf" : "exit");
    }
    if (n_ours == end - first) {
        svec_add_nocopy(&plan->remove, xasprintf("no %s", section));
    }
}

static int
compare_vpcs(const void *a_, const void *b_)
{
    const struct vpc *const *a = a_;
    const struct vpc *const *b = b_;

    return (*a)->l3vni < (*b)->l3vni ? -1 : (*a)->l3vni > (*b)->l3vni;
}

/* Plans what the active VPCs of 'model' lack.  An instance of bgpd needs an
 * AS. */
static void
plan_wanted(struct frr_conf_plan *plan, enum frr_daemon daemon,
            const struct conf *conf, const struct model *model)
{
    const struct vpc **vpcs
        = xmalloc((hmap_count(&model->vpcs) + 1) * sizeof *vpcs);
    const struct vpc *vpc;
    size_t n = 0;

    HMAP_FOR_EACH (vpc, hmap_node, &model->vpcs) {
        if (vpc_is_active(vpc)) {
            vpcs[n++] = vpc;
        }
    }
    qsort(vpcs, n, sizeof *vpcs, compare_vpcs);
    if (n && daemon == FRR_BGPD && !conf->as) {
        plan->error = xstrdup("bgpd has no 'router bgp AS' without a VRF, by "
                              "whose AS those of VPCs are made; \"ovs-ext-ctl "
                              "frr-example\" shows one");
        n = 0;
    }
    for (size_t i = 0; i < n; i++) {
        if (daemon == FRR_ZEBRA) {
            want_vrf(plan, conf, vpcs[i]->l3vni);
        } else {
            want_bgp(plan, conf, model, vpcs[i]->l3vni);
        }
    }
    free(vpcs);
}

/* Makes 'plan', which is empty, that leads 'daemon' from the configuration
 * 'running', as its "show running-config" prints it, to what the active VPCs
 * of 'model' need. */
void
frr_conf_plan_make(struct frr_conf_plan *plan, enum frr_daemon daemon,
                   const char *running, const struct model *model)
{
    struct conf conf;
    size_t end;

    conf_parse(&conf, running);
    for (size_t i = 0; i < conf.n; i = end) {
        const char *section = conf.lines[i].section;
        const struct vpc *vpc = model_vpc(model, section_l3vni(section));

        for (end = i; end < conf.n && conf.lines[end].section == section;
             end++) {
            continue;
        }
        if (!vpc || !vpc_is_active(vpc)) {
            remove_section(plan, &conf, i, end);
        }
    }
    plan_wanted(plan, daemon, &conf, model);
    conf_uninit(&conf);
}

/* Returns true if it does no harm when FRR refuses 'command': a VRF that the
 * kernel still has cannot be forgotten, and will be with that. */
bool
frr_conf_may_fail(const char *command)
{
    return !strncmp(command, "no vrf ", 7);
}
