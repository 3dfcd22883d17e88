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
#include "ovsdb-sync/row-network.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "util.h"

/* Returns what keeps 'gateway', which is the address of a host, from being one
 * that others can use, or null. */
static const char *
gateway_objection(const struct gateway *gateway)
{
    bool v4 = IN6_IS_ADDR_V4MAPPED(&gateway->ip);
    unsigned int bits = v4 ? 32 : 128;
    struct in6_addr mask, prefix, last;

    if (!gateway->plen || gateway->plen >= bits) {
        return "has a prefix length that leaves no network around it";
    }
    mask = ipv6_create_mask(gateway->plen + 128 - bits);
    prefix = ipv6_addr_bitand(&gateway->ip, &mask);
    last = gateway->ip;
    if (!v4 && IN6_IS_ADDR_LINKLOCAL(&gateway->ip)) {
        return "is a link-local address, which each network has";
    } else if (gateway->plen == bits - 1) {
        return NULL;            /* RFC 3021, RFC 6164: both are hosts. */
    } else if (ipv6_addr_equals(&prefix, &gateway->ip)) {
        return "is the address of the network itself";
    }
    for (size_t i = 0; i < sizeof last.s6_addr; i++) {
        last.s6_addr[i] |= ~mask.s6_addr[i];
    }
    return (v4 && ipv6_addr_equals(&last, &gateway->ip)
            ? "is the broadcast address of the network" : NULL);
}

/* Parses 's' as the address of a gateway with the length of its prefix. */
char *
row_parse_gateway(const char *s, struct gateway *gateway)
{
    const char *slash = strchr(s, '/');
    const char *objection;
    unsigned int plen;
    char *ip, *error;

    memset(gateway, 0, sizeof *gateway);
    if (!slash || !slash[1] || slash[1 + strspn(slash + 1, "0123456789")]
        || !str_to_uint(slash + 1, 10, &plen) || plen > 128) {
        return xasprintf("gateway \"%s\" has no prefix length; write it as "
                         "\"10.0.0.1/24\" or \"2001:db8::1/64\"", s);
    }
    ip = xmemdup0(s, slash - s);
    error = row_parse_ip(ip, &gateway->ip);
    free(ip);
    if (!error) {
        gateway->plen = plen;
        objection = gateway_objection(gateway);
        error = (objection
                 ? xasprintf("gateway \"%s\" %s; give the gateway's own, with "
                             "the length of the network's prefix",
                             s, objection)
                 : NULL);
    }
    if (error) {
        memset(gateway, 0, sizeof *gateway);
    }
    return error;
}

/* Returns 'gateway' as malloc'd text. */
char *
row_format_gateway(const struct gateway *gateway)
{
    char *ip = row_format_ip(&gateway->ip);
    char *text = xasprintf("%s/%d", ip, gateway->plen);

    free(ip);
    return text;
}

static bool
has_gateway(const struct row_network *row, const struct in6_addr *ip)
{
    for (size_t i = 0; i < row->n_gateways; i++) {
        if (ipv6_addr_equals(&row->gateways[i].ip, ip)) {
            return true;
        }
    }
    return false;
}

/* Adds 'error', which it takes, to 'errors'. */
static void
append_gateway_error(struct ds *errors, const char *column, char *error)
{
    ds_put_format(errors, "%s%s: %s", errors->length ? "; " : "", column,
                  error);
    free(error);
}

/* Reads the columns 'gateways' and 'gateway_mac' (null for empty) of a Network
 * row into 'row', which the caller frees with row_network_uninit(). */
void
row_network_parse(struct row_network *row, char *const *gateways,
                  size_t n_gateways, const char *gateway_mac)
{
    struct ds errors = DS_EMPTY_INITIALIZER;
    struct gateway gateway;
    char *error;

    memset(row, 0, sizeof *row);
    row->gateways = xmalloc(MAX(n_gateways, 1) * sizeof *row->gateways);
    for (size_t i = 0; i < n_gateways; i++) {
        error = row_parse_gateway(gateways[i], &gateway);
        if (!error && has_gateway(row, &gateway.ip)) {
            error = xasprintf("the address of \"%s\" is there twice; keep one",
                              gateways[i]);
        }
        if (error) {
            append_gateway_error(&errors, "gateways", error);
        } else {
            row->gateways[row->n_gateways++] = gateway;
        }
    }
    error = gateway_mac ? row_parse_mac(gateway_mac, &row->gateway_mac) : NULL;
    if (error) {
        free(error);
        append_gateway_error(
            &errors, "gateway_mac",
            xasprintf("\"%s\" is not a unicast MAC; write one as "
                      "\"xx:xx:xx:xx:xx:xx\", or nothing for the default",
                      gateway_mac));
    }
    row->error = errors.length ? ds_steal_cstr(&errors) : NULL;
    ds_destroy(&errors);
}

/* Frees what 'row' holds; 'row' itself stays the caller's. */
void
row_network_uninit(struct row_network *row)
{
    free(row->gateways);
    free(row->error);
}
