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

#include <stdlib.h>
#include <string.h>
#include "ovs-ext/model/facts.h"
#include "ovs-ext/model/problem.h"
#include "ovsdb-sync/ovs-settings.h"
#include "ovsdb-sync/row-network.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "smap.h"
#include "svec.h"
#include "util.h"

/* What people write into databases.  Each line is tried as any value; those
 * with "=" are this host's settings too. */

/* Returns true if there is an 'error', which it frees. */
static bool
failed(char *error)
{
    size_t n;

    if (!error) {
        return false;
    }
    n = strlen(error);
    ovs_assert(n && error[n - 1] != '.' && !strchr(error, '\n'));
    free(error);
    return true;
}

/* Each of these returns true if 's' is such a value. */

static bool
try_vni(const char *s)
{
    uint32_t vni;

    ovs_assert(failed(row_parse_vni(s, &vni)) == !vni && vni <= VNI_MAX);
    return vni != 0;
}

static bool
try_mac(const char *s)
{
    struct eth_addr mac;

    ovs_assert(failed(row_parse_mac(s, &mac)) == eth_addr_is_zero(mac));
    ovs_assert(!eth_addr_is_multicast(mac));
    return !eth_addr_is_zero(mac);
}

static bool
try_ip(const char *s)
{
    struct in6_addr ip, again;
    char *text;

    if (failed(row_parse_ip(s, &ip))) {
        ovs_assert(!ipv6_addr_is_set(&ip));
        return false;
    }
    text = row_format_ip(&ip);
    ovs_assert(!failed(row_parse_ip(text, &again)));
    ovs_assert(ipv6_addr_equals(&ip, &again));
    free(text);
    return true;
}

static bool
try_gateway(const char *s)
{
    struct gateway gateway, again;
    char *text;

    if (failed(row_parse_gateway(s, &gateway))) {
        ovs_assert(!gateway.plen);
        return false;
    }
    text = row_format_gateway(&gateway);
    ovs_assert(!failed(row_parse_gateway(text, &again)));
    ovs_assert(ipv6_addr_equals(&gateway.ip, &again.ip)
               && gateway.plen == again.plen);
    free(text);
    return true;
}

static bool
try_vteps(const char *s)
{
    struct in6_addr vtep4, vtep6;
    bool bad = failed(row_parse_vteps(s, &vtep4, &vtep6));

    ovs_assert(bad == (!ipv6_addr_is_set(&vtep4)
                       && !ipv6_addr_is_set(&vtep6)));
    return !bad;
}

static bool
try_value(const char *s)
{
    bool is_name = !failed(row_parse_name(s));
    bool is_vni = try_vni(s);
    bool is_mac = try_mac(s);
    bool is_ip = try_ip(s);
    bool is_vteps = try_vteps(s);
    bool is_gateway = try_gateway(s);

    ovs_assert(is_vni + is_mac + is_ip + is_gateway <= 1);
    ovs_assert(is_name || !(is_vni || is_mac || is_ip || is_gateway));
    ovs_assert(is_vteps || !is_ip || !strncasecmp(s, "fe", 2));
    return is_vni || is_mac || is_vteps || is_gateway;
}

/* All 'lines' are the MACs and the IPs of a port: none can be both. */
static void
try_port(const struct svec *lines)
{
    struct row_port port;

    row_port_parse(&port, lines->names, lines->n, lines->names, lines->n);
    ovs_assert(port.n_macs + port.n_ips <= lines->n);
    ovs_assert(failed(port.error) == (lines->n != 0));
    port.error = NULL;
    row_port_uninit(&port);
}

static void
get_settings(const struct svec *lines, struct smap *ids)
{
    const char *line;
    size_t i;

    SVEC_FOR_EACH (i, line, lines) {
        const char *value = strchr(line, '=');

        if (value) {
            char *key = xmemdup0(line, value - line);

            smap_replace(ids, key, value + 1);
            free(key);
        }
    }
}

/* Returns true if there are settings without a problem. */
static bool
try_settings(const struct svec *lines)
{
    const struct ovs_settings_defaults defaults = {
        .host_name = "host", .remote = "unix:db.sock", .tunnel_port = 4789,
        .vtep4 = in6_addr_mapped_ipv4(htonl(0xc0000201)),
    };
    struct smap ids = SMAP_INITIALIZER(&ids);
    struct ovs_settings settings;
    struct problems problems;
    bool sense;

    get_settings(lines, &ids);
    problems_init(&problems);
    ovs_settings_parse(&settings, &ids, &defaults, &problems);
    ovs_assert(settings.host_name[0] && settings.bridge[0]
               && settings.remote[0] && settings.frr_hold >= 0
               && settings.shadow_port
               && settings.shadow_port != defaults.tunnel_port);
    sense = !smap_is_empty(&ids) && hmap_is_empty(&problems.problems);
    ovs_settings_uninit(&settings);
    problems_uninit(&problems);
    smap_destroy(&ids);
    return sense;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    char *save_ptr = NULL;
    bool sense = false;

    for (const char *line = strtok_r(text, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        sense |= try_value(line);
        svec_add(&lines, line);
    }
    try_port(&lines);
    sense |= try_settings(&lines);
    svec_destroy(&lines);
    free(text);
    return sense;
}

static const char *const seeds[] = {
    "52:54:00:00:00:01\n10.0.0.1\n2001:db8::1\n52:54:00:00:00:01",
    "10.0.0.1/24\n2001:db8::1/64\n10.0.0.0/31",
    "16777215\nblue\n192.0.2.1,2001:db8::1\n::ffff:10.0.0.1",
    "system-id=hv1\novs-ext-vtep-ip=192.0.2.1\novs-ext-shadow-port=4791",
    "ovs-ext-frr=observe\novs-ext-frr-hold=60\novs-ext-bridge=br-int",
    "ovs-ext-remote=ssl:192.0.2.9:6642,tcp:192.0.2.8:6641",
    "ovn-remote=tcp:192.0.2.9:6642\novs-ext-bridge=br-evpn",
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        cb(aux, seeds[i], strlen(seeds[i]));
    }
}
