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
#include "ovs-ext/model/ident.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "hash.h"
#include "ovs-ext/model/facts.h"
#include "packets.h"
#include "util.h"

/* Returns true if 's' is six bytes, each of one or two digits.
 * eth_addr_from_string() takes more: spaces and signs before a byte, and more
 * digits, which it cuts off. */
static bool
is_mac(const char *s)
{
    for (int i = 0; i < ETH_ADDR_LEN; i++) {
        size_t n = strspn(s, "0123456789abcdefABCDEF");

        if (n < 1 || n > 2 || s[n] != (i < ETH_ADDR_LEN - 1 ? ':' : '\0')) {
            return false;
        }
        s += n + 1;
    }
    return true;
}

/* Parses 's', "xx:xx:xx:xx:xx:xx", as a MAC of any kind.  Returns false, and
 * stores zero in '*mac', if it is none. */
bool
ident_parse_mac(const char *s, struct eth_addr *mac)
{
    *mac = eth_addr_zero;
    return is_mac(s) && eth_addr_from_string(s, mac);
}

/* Parses 's', decimal digits, as a VXLAN network identifier, 1...VNI_MAX.
 * Returns false, and stores 0 in '*vni', if it is none. */
bool
ident_parse_vni(const char *s, uint32_t *vni)
{
    bool digits = s[0] != '\0' && s[strspn(s, "0123456789")] == '\0';
    unsigned long long int value;

    *vni = 0;
    if (!digits || !str_to_ullong(s, 10, &value) || !value
        || value > VNI_MAX) {
        return false;
    }
    *vni = value;
    return true;
}

/* Parses 's', the digits of a prefix length of at most 'max' bits. */
static bool
parse_plen(const char *s, int max, int *plen)
{
    size_t n = strspn(s, "0123456789");

    *plen = n <= 3 ? atoi(s) : max + 1;
    return n && !s[n] && *plen <= max;
}

/* Parses 's', "IP" or "IP/LEN" of IPv4, which is mapped in '*ip', or IPv6.
 * '*plen' is in bits of that version; without a length, that of one address.
 * Bits of '*ip' behind the length are as written.  Returns false, and stores
 * in6addr_any and 0, if it is neither. */
bool
ident_parse_prefix(const char *s, struct in6_addr *ip, int *plen)
{
    const char *slash = strchr(s, '/');
    char *address = xmemdup0(s, slash ? slash - s : strlen(s));
    struct in_addr ip4;
    int max = 0;

    if (inet_pton(AF_INET, address, &ip4) == 1) {
        in6_addr_set_mapped_ipv4(ip, ip4.s_addr);
        max = 32;
    } else if (inet_pton(AF_INET6, address, ip) == 1
               && !IN6_IS_ADDR_V4MAPPED(ip)) {
        max = 128;
    }
    free(address);
    *plen = max;
    if (!max || (slash && !parse_plen(slash + 1, max, plen))) {
        *ip = in6addr_any;
        *plen = 0;
        return false;
    }
    return true;
}

/* Returns the hash of 'ip' by which the hmaps of addresses have it. */
uint32_t
ident_hash_ip(const struct in6_addr *ip)
{
    return hash_bytes(ip, sizeof *ip, 0);
}
