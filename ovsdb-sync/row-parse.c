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
#include "ovsdb-sync/row-parse.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/facts.h"
#include "ovs-ext/model/ident.h"
#include "packets.h"
#include "util.h"

/* More than libvirt, CloudStack and IFNAMSIZ ask for. */
#define NAME_MAX_LEN 255

/* Checks 's' as the name of a network, port, group or VPC. */
char *
row_parse_name(const char *s)
{
    size_t len = strlen(s);

    if (!len) {
        return xstrdup("the name is empty");
    } else if (len > NAME_MAX_LEN) {
        return xasprintf("the name \"%.20s...\" has more than %d bytes",
                         s, NAME_MAX_LEN);
    }
    for (const char *p = s; *p; p++) {
        if (isspace((unsigned char) *p) || iscntrl((unsigned char) *p)) {
            return xasprintf("the name \"%s\" has a space or a control "
                             "character in it", s);
        }
    }
    return NULL;
}

/* Parses 's' as a VXLAN network identifier. */
char *
row_parse_vni(const char *s, uint32_t *vni)
{
    if (ident_parse_vni(s, vni)) {
        return NULL;
    } else if (!s[0] || s[strspn(s, "0123456789")]) {
        return xasprintf("VNI \"%s\" is not a number; choose one in the range "
                         "1...%d", s, VNI_MAX);
    }
    return xasprintf("VNI %s is not in the range 1...%d", s, VNI_MAX);
}

/* Parses 's' as the MAC of a VM: "xx:xx:xx:xx:xx:xx", unicast, not zero. */
char *
row_parse_mac(const char *s, struct eth_addr *mac)
{
    char *error = NULL;

    if (!ident_parse_mac(s, mac)) {
        error = xasprintf("MAC \"%s\" is malformed; write it as "
                          "\"xx:xx:xx:xx:xx:xx\"", s);
    } else if (eth_addr_is_zero(*mac)) {
        error = xasprintf("MAC \"%s\" is zero; give the VM's", s);
    } else if (eth_addr_is_multicast(*mac)) {
        error = xasprintf("MAC \"%s\" is a multicast address; give the "
                          "VM's own, unicast", s);
    }
    if (error) {
        *mac = eth_addr_zero;
    }
    return error;
}

/* Returns what keeps 'ip' from being the address of a host, or null. */
static const char *
ip4_objection(ovs_be32 ip_be)
{
    uint32_t ip = ntohl(ip_be);

    if (!ip) {
        return "the unspecified address";
    } else if (ip >> 24 == 0) {
        return "an address of \"this network\"";
    } else if (ip >> 24 == 127) {
        return "a loopback address";
    } else if (ip == 0xffffffff) {
        return "the broadcast address";
    } else if (ip >> 28 == 0xe) {
        return "a multicast address";
    } else if (ip >> 28 == 0xf) {
        return "a reserved address";
    }
    return NULL;
}

/* The same for IPv6. */
static const char *
ip6_objection(const struct in6_addr *ip)
{
    return (IN6_IS_ADDR_UNSPECIFIED(ip) ? "the unspecified address"
            : IN6_IS_ADDR_LOOPBACK(ip) ? "a loopback address"
            : IN6_IS_ADDR_MULTICAST(ip) ? "a multicast address"
            : IN6_IS_ADDR_V4MAPPED(ip) ? "an IPv4-mapped address"
            : NULL);
}

/* Parses 's' as the IPv4 or IPv6 address of a VM or VTEP.  IPv4 is mapped. */
char *
row_parse_ip(const char *s, struct in6_addr *ip)
{
    const char *objection;
    struct in_addr ip4;

    if (inet_pton(AF_INET, s, &ip4) == 1) {
        objection = ip4_objection(ip4.s_addr);
        in6_addr_set_mapped_ipv4(ip, ip4.s_addr);
    } else if (inet_pton(AF_INET6, s, ip) == 1) {
        objection = ip6_objection(ip);
    } else {
        *ip = in6addr_any;
        return xasprintf("IP \"%s\" is malformed; write one IPv4 or IPv6 "
                         "address%s", s,
                         strchr(s, '/') ? ", without a prefix length" : "");
    }
    if (objection) {
        *ip = in6addr_any;
        return xasprintf("IP \"%s\" is %s; give that of a host",
                         s, objection);
    }
    return NULL;
}

/* Parses 's', the value of ovs-ext-vtep-ip: one address, or one of each
 * version with a comma between them.  An address that is not given is
 * in6addr_any; so are both in case of an error. */
char *
row_parse_vteps(const char *s, struct in6_addr *vtep4, struct in6_addr *vtep6)
{
    char *copy = xstrdup(s);
    char *save_ptr = NULL;
    char *error = NULL;
    char *token;

    *vtep4 = *vtep6 = in6addr_any;
    for (token = strtok_r(copy, ", ", &save_ptr); token && !error;
         token = strtok_r(NULL, ", ", &save_ptr)) {
        struct in6_addr ip, *vtep;

        error = row_parse_ip(token, &ip);
        if (error) {
            break;
        }
        vtep = IN6_IS_ADDR_V4MAPPED(&ip) ? vtep4 : vtep6;
        if (IN6_IS_ADDR_LINKLOCAL(&ip)) {
            error = xasprintf("IP \"%s\" is a link-local address; give one "
                              "that the fabric can reach", token);
        } else if (ipv6_addr_is_set(vtep)) {
            error = xasprintf("\"%s\" has two addresses of one IP version; "
                              "keep one", s);
        }
        *vtep = ip;
    }
    if (!error && !ipv6_addr_is_set(vtep4) && !ipv6_addr_is_set(vtep6)) {
        error = xstrdup("there is no address in it");
    }
    if (error) {
        *vtep4 = *vtep6 = in6addr_any;
    }
    free(copy);
    return error;
}

/* Returns 'ip' as malloc'd text, IPv4 without its mapping. */
char *
row_format_ip(const struct in6_addr *ip)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ipv6_format_mapped(ip, &s);
    return ds_steal_cstr(&s);
}

/* Adds 'error', which it takes, to 'errors'. */
static void
append_error(struct ds *errors, const char *column, char *error)
{
    ds_put_format(errors, "%s%s: %s", errors->length ? "; " : "",
                  column, error);
    free(error);
}

static bool
has_ip(const struct row_port *row, const struct in6_addr *ip)
{
    for (size_t i = 0; i < row->n_ips; i++) {
        if (ipv6_addr_equals(&row->ips[i], ip)) {
            return true;
        }
    }
    return false;
}

static bool
has_mac(const struct row_port *row, struct eth_addr mac)
{
    for (size_t i = 0; i < row->n_macs; i++) {
        if (eth_addr_equals(row->macs[i], mac)) {
            return true;
        }
    }
    return false;
}

/* Reads the columns 'macs' and 'ips' of a Port row into 'row', which the
 * caller frees with row_port_uninit(). */
void
row_port_parse(struct row_port *row, char *const *macs, size_t n_macs,
               char *const *ips, size_t n_ips)
{
    struct ds errors = DS_EMPTY_INITIALIZER;
    struct eth_addr mac;
    struct in6_addr ip;
    char *error;

    memset(row, 0, sizeof *row);
    row->macs = xmalloc(MAX(n_macs, 1) * sizeof *row->macs);
    row->ips = xmalloc(MAX(n_ips, 1) * sizeof *row->ips);
    for (size_t i = 0; i < n_macs; i++) {
        error = row_parse_mac(macs[i], &mac);
        if (!error && has_mac(row, mac)) {
            error = xasprintf("MAC \"%s\" is there twice; keep one", macs[i]);
        }
        if (error) {
            append_error(&errors, "macs", error);
        } else {
            row->macs[row->n_macs++] = mac;
        }
    }
    for (size_t i = 0; i < n_ips; i++) {
        error = row_parse_ip(ips[i], &ip);
        if (!error && has_ip(row, &ip)) {
            error = xasprintf("IP \"%s\" is there twice; keep one", ips[i]);
        }
        if (error) {
            append_error(&errors, "ips", error);
        } else {
            row->ips[row->n_ips++] = ip;
        }
    }
    row->error = errors.length ? ds_steal_cstr(&errors) : NULL;
    ds_destroy(&errors);
}

/* Frees what 'row' holds; 'row' itself stays the caller's. */
void
row_port_uninit(struct row_port *row)
{
    free(row->macs);
    free(row->ips);
    free(row->error);
}
