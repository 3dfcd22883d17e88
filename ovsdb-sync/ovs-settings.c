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
#include "ovsdb-sync/ovs-settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/problem.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

#define DEFAULT_SHADOW_PORT 4790
#define DEFAULT_FRR_HOLD 120    /* Seconds. */
#define MAX_FRR_HOLD 86400
#define DEFAULT_DUP_MOVES 5     /* RFC 7432 section 15.1. */
#define MAX_DUP_MOVES 1000
#define DEFAULT_DUP_TIME 180    /* Seconds; the same. */
#define MAX_DUP_TIME 1800
#define DEFAULT_LEARN_AGE 300   /* Seconds. */
#define DEFAULT_LIBVIRT "qemu:///system"
#define MAX_LEARN_AGE 86400

/* Returns true if 'remote' is a list of active OVSDB connection methods. */
static bool
remote_is_valid(const char *remote)
{
    char *copy = xstrdup(remote);
    char *save_ptr = NULL;
    size_t n = 0;
    bool valid = true;

    for (char *token = strtok_r(copy, ", ", &save_ptr); token;
         token = strtok_r(NULL, ", ", &save_ptr)) {
        const char *colon = strchr(token, ':');

        valid = valid && colon && colon[1]
                && (!strncmp(token, "unix:", 5)
                    || !strncmp(token, "tcp:", 4)
                    || !strncmp(token, "ssl:", 4));
        n++;
    }
    free(copy);
    return valid && n;
}

static void
parse_remote(struct ovs_settings *s, const struct smap *ids,
             const char *default_remote, struct problems *problems)
{
    const char *value = smap_get(ids, "ovs-ext-remote");

    if (value && !remote_is_valid(value)) {
        problem_set(problems, "host", "remote",
                    "ovs-ext-remote \"%s\" is not a list of unix:FILE, "
                    "tcp:IP:PORT or ssl:IP:PORT; %s is used, correct it with "
                    "\"ovs-vsctl set Open_vSwitch . "
                    "external_ids:ovs-ext-remote=...\"",
                    value, default_remote);
        value = NULL;
    } else {
        problem_clear(problems, "host", "remote");
    }
    s->remote = xstrdup(value ? value : default_remote);
}

static void
parse_vteps(struct ovs_settings *s, const struct smap *ids,
            const struct ovs_settings_defaults *defaults,
            struct problems *problems)
{
    static const char remedy[] = "set one with \"ovs-vsctl set Open_vSwitch "
                                 ". external_ids:ovs-ext-vtep-ip=...\"";
    const char *value = smap_get(ids, "ovs-ext-vtep-ip");
    char *error = NULL;

    s->vtep4 = defaults->vtep4;
    s->vtep6 = defaults->vtep6;
    if (value) {
        /* Not lo's in case of an error: a wrong VTEP is worse than none. */
        error = row_parse_vteps(value, &s->vtep4, &s->vtep6);
    }
    if (error) {
        problem_set(problems, "host", "vtep-ip",
                    "ovs-ext-vtep-ip is not usable (%s); %s", error, remedy);
        free(error);
    } else if (!ipv6_addr_is_set(&s->vtep4) && !ipv6_addr_is_set(&s->vtep6)) {
        problem_set(problems, "host", "vtep-ip",
                    "no VTEP address: neither ovs-ext-vtep-ip nor a global "
                    "address on lo; %s", remedy);
    } else {
        problem_clear(problems, "host", "vtep-ip");
    }
}

static void
parse_shadow_port(struct ovs_settings *s, const struct smap *ids,
                  uint16_t tunnel_port, struct problems *problems)
{
    const char *value = smap_get(ids, "ovs-ext-shadow-port");
    int port;

    s->shadow_port = DEFAULT_SHADOW_PORT;
    if (value && (!str_to_int(value, 10, &port) || port < 1 || port > 65535
                  || port == tunnel_port)) {
        problem_set(problems, "host", "shadow-port",
                    "ovs-ext-shadow-port \"%s\" is not a UDP port other than "
                    "%d, which is the switch's; %d is used, correct it or "
                    "remove it", value, tunnel_port, DEFAULT_SHADOW_PORT);
        return;
    }
    problem_clear(problems, "host", "shadow-port");
    if (value) {
        s->shadow_port = port;
    }
}

static void
parse_frr(struct ovs_settings *s, const struct smap *ids,
          struct problems *problems)
{
    const char *value = smap_get_def(ids, "ovs-ext-frr", "manage");
    bool ok = true;

    s->frr = FRR_MANAGE;
    if (!strcmp(value, "observe")) {
        s->frr = FRR_OBSERVE;
    } else if (!strcmp(value, "off")) {
        s->frr = FRR_OFF;
    } else {
        ok = !strcmp(value, "manage");
    }
    if (ok) {
        problem_clear(problems, "host", "frr-mode");
    } else {
        problem_set(problems, "host", "frr-mode",
                    "ovs-ext-frr \"%s\" is none of manage, observe and off; "
                    "manage is used, correct it or remove it", value);
    }
}

/* Returns the number of 'unit' that 'key' of 'ids' is, in the range 0...'max',
 * or 'def'; what is wrong is a problem about 'topic'. */
static int
parse_number(const struct smap *ids, const char *key, const char *unit,
             int max, int def, const char *topic, struct problems *problems)
{
    const char *value = smap_get(ids, key);
    int number = def;

    if (value && (!str_to_int(value, 10, &number) || number < 0
                  || number > max)) {
        problem_set(problems, "host", topic,
                    "%s \"%s\" is not a number of %s in the range 0...%d; "
                    "%d is used, correct it or remove it",
                    key, value, unit, max, def);
        return def;
    }
    problem_clear(problems, "host", topic);
    return number;
}

static void
parse_learn_age(struct ovs_settings *s, const struct smap *ids,
                struct problems *problems)
{
    const char *value = smap_get(ids, "ovs-ext-learn-age");
    int seconds = DEFAULT_LEARN_AGE;

    if (value && (!str_to_int(value, 10, &seconds) || seconds < 1
                  || seconds > MAX_LEARN_AGE)) {
        seconds = DEFAULT_LEARN_AGE;
        problem_set(problems, "host", "learn-age",
                    "ovs-ext-learn-age \"%s\" is not a number of seconds in "
                    "the range 1...%d; %d is used, correct it or remove it",
                    value, MAX_LEARN_AGE, DEFAULT_LEARN_AGE);
    } else {
        problem_clear(problems, "host", "learn-age");
    }
    s->learn_age = seconds * 1000LL;
}

/* Returns the value of 'key' in 'ids' if it is not empty, else 'def'. */
static const char *
get_nonempty(const struct smap *ids, const char *key, const char *def)
{
    const char *value = smap_get(ids, key);

    return value && value[0] ? value : def;
}

/* Is the integration bridge ovn-controller's too? */
static void
parse_ovn(struct ovs_settings *s, const struct smap *ids,
          struct problems *problems)
{
    s->ovn = (smap_get(ids, "ovn-remote")
              && !strcmp(get_nonempty(ids, "ovn-bridge", "br-int"),
                         s->bridge));
    if (s->ovn) {
        problem_set(problems, "host", "ovn",
                    "bridge %s is managed by ovn-controller and is left "
                    "alone; name another one with \"ovs-vsctl set "
                    "Open_vSwitch . external_ids:ovs-ext-bridge=...\"",
                    s->bridge);
    } else {
        problem_clear(problems, "host", "ovn");
    }
}

static void
parse_libvirt(struct ovs_settings *s, const struct smap *ids)
{
    const char *value = get_nonempty(ids, "ovs-ext-libvirt",
                                     DEFAULT_LIBVIRT);

    s->libvirt = strcmp(value, "off") ? xstrdup(value) : NULL;
}

/* Reads the settings from 'ids', external_ids of the Open_vSwitch row, into
 * 's', which the caller frees with ovs_settings_uninit().  Sets and clears the
 * problems of "host" that are about settings. */
void
ovs_settings_parse(struct ovs_settings *s, const struct smap *ids,
                   const struct ovs_settings_defaults *defaults,
                   struct problems *problems)
{
    memset(s, 0, sizeof *s);
    s->host_name = xstrdup(get_nonempty(ids, "system-id",
                                        defaults->host_name));
    s->bridge = xstrdup(get_nonempty(ids, "ovs-ext-bridge", "br-int"));
    s->datapath_type = xstrdup(smap_get_def(ids, "ovs-ext-datapath-type",
                                            ""));
    parse_remote(s, ids, defaults->remote, problems);
    parse_vteps(s, ids, defaults, problems);
    parse_shadow_port(s, ids, defaults->tunnel_port, problems);
    parse_frr(s, ids, problems);
    s->frr_hold = 1000LL * parse_number(ids, "ovs-ext-frr-hold", "seconds",
                                        MAX_FRR_HOLD, DEFAULT_FRR_HOLD,
                                        "frr-hold", problems);
    parse_learn_age(s, ids, problems);
    s->dup_moves = parse_number(ids, "ovs-ext-dup-addr-moves", "moves",
                                MAX_DUP_MOVES, DEFAULT_DUP_MOVES,
                                "dup-addr-moves", problems);
    s->dup_time = 1000LL * parse_number(ids, "ovs-ext-dup-addr-time",
                                        "seconds", MAX_DUP_TIME,
                                        DEFAULT_DUP_TIME, "dup-addr-time",
                                        problems);
    parse_libvirt(s, ids);
    parse_ovn(s, ids, problems);
}

/* Frees what 's' holds; 's' itself stays the caller's. */
void
ovs_settings_uninit(struct ovs_settings *s)
{
    free(s->host_name);
    free(s->remote);
    free(s->bridge);
    free(s->datapath_type);
    free(s->libvirt);
}
