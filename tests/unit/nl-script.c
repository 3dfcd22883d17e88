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
#include "tests/unit/nl-script.h"

#include <netinet/in.h>         /* Before <linux/...>. */
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

enum value_kind { V_FLAG, V_U8, V_U16, V_U32, V_BE16, V_STRING, V_MAC, V_IP,
                  V_IDS, V_NESTED };

static const struct attr {
    const char *name;
    uint16_t type;
    enum value_kind kind;
} attrs[] = {
    { "name", IFLA_IFNAME, V_STRING },
    { "address", IFLA_ADDRESS, V_MAC },
    { "mtu", IFLA_MTU, V_U32 },
    { "master", IFLA_MASTER, V_U32 },
    { "dev-group", IFLA_GROUP, V_U32 },
    { "alias", IFLA_IFALIAS, V_STRING },
    { "linkinfo{", IFLA_LINKINFO, V_NESTED },
    { "kind", IFLA_INFO_KIND, V_STRING },
    { "data{", IFLA_INFO_DATA, V_NESTED },
    { "slave-kind", IFLA_INFO_SLAVE_KIND, V_STRING },
    { "slave-data{", IFLA_INFO_SLAVE_DATA, V_NESTED },
    { "id", IFLA_VXLAN_ID, V_U32 },
    { "local", IFLA_VXLAN_LOCAL, V_IP },
    { "local6", IFLA_VXLAN_LOCAL6, V_IP },
    { "vxlan-learning", IFLA_VXLAN_LEARNING, V_U8 },
    { "port", IFLA_VXLAN_PORT, V_BE16 },
    { "external", IFLA_VXLAN_COLLECT_METADATA, V_U8 },
    { "mcast-snooping", IFLA_BR_MCAST_SNOOPING, V_U8 },
    { "learning", IFLA_BRPORT_LEARNING, V_U8 },
    { "flood", IFLA_BRPORT_UNICAST_FLOOD, V_U8 },
    { "mcast-flood", IFLA_BRPORT_MCAST_FLOOD, V_U8 },
    { "bcast-flood", IFLA_BRPORT_BCAST_FLOOD, V_U8 },
    { "isolated", IFLA_BRPORT_ISOLATED, V_U8 },
    { "af-spec{", IFLA_AF_SPEC, V_NESTED },
    { "inet{", AF_INET, V_NESTED },
    { "inet6{", AF_INET6, V_NESTED },
    { "addr-gen-mode", IFLA_INET6_ADDR_GEN_MODE, V_U8 },
    { "dst", NDA_DST, V_IP },
    { "lladdr", NDA_LLADDR, V_MAC },
    { "vlan", NDA_VLAN, V_U16 },
    { "bridge", NDA_MASTER, V_U32 },
    { "protocol", NDA_PROTOCOL, V_U8 },
    { "nhid", NDA_NH_ID, V_U32 },
    { "nh-id", NHA_ID, V_U32 },
    { "group", NHA_GROUP, V_IDS },
    { "gateway", NHA_GATEWAY, V_IP },
    { "oif", NHA_OIF, V_U32 },
    { "fdb", NHA_FDB, V_FLAG },
    { "peer", IFA_ADDRESS, V_IP },
    { "own", IFA_LOCAL, V_IP },
};

static void
put_ip(struct ofpbuf *b, uint16_t type, const char *value)
{
    struct in6_addr ip = script_parse_ip(value);

    if (IN6_IS_ADDR_V4MAPPED(&ip)) {
        nl_msg_put_be32(b, type, in6_addr_get_mapped_ipv4(&ip));
    } else {
        nl_msg_put_in6_addr(b, type, &ip);
    }
}

static void
put_mac(struct ofpbuf *b, uint16_t type, const char *value)
{
    struct eth_addr mac = script_parse_mac(value);

    nl_msg_put_unspec(b, type, &mac, sizeof mac);
}

/* Puts the members "1,2,3" of a next-hop group. */
static void
put_ids(struct ofpbuf *b, uint16_t type, const char *value)
{
    struct nexthop_grp grp[128];
    char *copy = xstrdup(value);
    char *save_ptr = NULL;
    size_t n = 0;

    memset(grp, 0, sizeof grp);
    for (char *p = strtok_r(copy, ",", &save_ptr); p;
         p = strtok_r(NULL, ",", &save_ptr)) {
        assert_true(n < ARRAY_SIZE(grp));
        grp[n++].id = script_parse_u32(p);
    }
    nl_msg_put_unspec(b, type, grp, n * sizeof *grp);
    free(copy);
}

static void
put_raw(struct ofpbuf *b, const char *value)
{
    uint8_t bytes[64];
    size_t n = 0;
    int type = 0, ofs = 0;
    unsigned int byte;

    assert_true(ovs_scan_len(value, &ofs, "%d:", &type));
    while (n < sizeof bytes && ovs_scan_len(value, &ofs, "%2x", &byte)) {
        bytes[n++] = byte;
    }
    assert_int_equal(value[ofs], '\0');
    nl_msg_put_unspec(b, type, bytes, n);
}

/* Puts an attribute that is not nested. */
static void
put_attr(struct ofpbuf *b, const struct attr *a, const char *value)
{
    switch (a->kind) {
    case V_FLAG:
        nl_msg_put_flag(b, a->type);
        break;
    case V_U8:
        nl_msg_put_u8(b, a->type, script_parse_u32(value));
        break;
    case V_U16:
        nl_msg_put_u16(b, a->type, script_parse_u32(value));
        break;
    case V_U32:
        nl_msg_put_u32(b, a->type, script_parse_u32(value));
        break;
    case V_BE16:
        nl_msg_put_be16(b, a->type, htons(script_parse_u32(value)));
        break;
    case V_STRING:
        nl_msg_put_string(b, a->type, value);
        break;
    case V_MAC:
        put_mac(b, a->type, value);
        break;
    case V_IP:
        put_ip(b, a->type, value);
        break;
    case V_IDS:
        put_ids(b, a->type, value);
        break;
    case V_NESTED:
    default:
        OVS_NOT_REACHED();
    }
}

static const struct attr *
find_attr(const char *word)
{
    size_t n = strcspn(word, "=");

    for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
        if (strlen(attrs[i].name) == n && !strncmp(attrs[i].name, word, n)) {
            return &attrs[i];
        }
    }
    fail_msg("%s: unknown word in message", word);
    return NULL;
}

static void
put_attrs(struct ofpbuf *b, const struct svec *words, size_t i)
{
    size_t nested[8];
    size_t depth = 0;

    for (; i < words->n; i++) {
        const char *word = words->names[i];
        const char *eq = strchr(word, '=');

        if (!strcmp(word, "}")) {
            assert_true(depth > 0);
            nl_msg_end_nested(b, nested[--depth]);
        } else if (!strncmp(word, "raw=", 4)) {
            put_raw(b, eq + 1);
        } else {
            const struct attr *a = find_attr(word);

            if (a->kind == V_NESTED) {
                assert_true(depth < ARRAY_SIZE(nested));
                nested[depth++] = nl_msg_start_nested(b, a->type);
            } else {
                put_attr(b, a, eq ? eq + 1 : "");
            }
        }
    }
    assert_int_equal(depth, 0);
}

/* The fixed part of a message, by type. */
static const struct type {
    const char *name;
    uint16_t type;
    size_t size;
} types[] = {
    { "newlink", RTM_NEWLINK, sizeof(struct ifinfomsg) },
    { "dellink", RTM_DELLINK, sizeof(struct ifinfomsg) },
    { "getlink", RTM_GETLINK, sizeof(struct ifinfomsg) },
    { "newneigh", RTM_NEWNEIGH, sizeof(struct ndmsg) },
    { "delneigh", RTM_DELNEIGH, sizeof(struct ndmsg) },
    { "getneigh", RTM_GETNEIGH, sizeof(struct ndmsg) },
    { "newnexthop", RTM_NEWNEXTHOP, sizeof(struct nhmsg) },
    { "delnexthop", RTM_DELNEXTHOP, sizeof(struct nhmsg) },
    { "getnexthop", RTM_GETNEXTHOP, sizeof(struct nhmsg) },
    { "newaddr", RTM_NEWADDR, sizeof(struct ifaddrmsg) },
    { "deladdr", RTM_DELADDR, sizeof(struct ifaddrmsg) },
    { "getaddr", RTM_GETADDR, sizeof(struct ifaddrmsg) },
};

static const struct type *
find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strcmp(types[i].name, name)) {
            return &types[i];
        }
    }
    fail_msg("%s: unknown type of message", name);
    return NULL;
}

static uint8_t
parse_family(const char *value)
{
    return (!value ? AF_UNSPEC
            : !strcmp(value, "inet") ? AF_INET
            : !strcmp(value, "inet6") ? AF_INET6
            : !strcmp(value, "bridge") ? AF_BRIDGE
            : script_parse_u32(value));
}

static void
put_fixed(void *fixed, const struct type *type, const struct svec *words)
{
    uint8_t family = parse_family(script_value(words, "family"));

    if (type->size == sizeof(struct ifinfomsg)) {
        struct ifinfomsg *ifi = fixed;

        ifi->ifi_family = family;
        ifi->ifi_index = script_value_u32(words, "index");
        ifi->ifi_flags = script_value_u32(words, "flags");
        ifi->ifi_change = script_value_u32(words, "change");
    } else if (type->size == sizeof(struct ndmsg)) {
        struct ndmsg *ndm = fixed;

        ndm->ndm_family = family;
        ndm->ndm_ifindex = script_value_u32(words, "index");
        ndm->ndm_state = script_value_u32(words, "state");
        ndm->ndm_flags = script_value_u32(words, "flags");
    } else if (strstr(type->name, "addr")) {
        struct ifaddrmsg *ifa = fixed;

        ifa->ifa_family = family;
        ifa->ifa_index = script_value_u32(words, "index");
    } else {
        *(uint8_t *) fixed = family;
    }
}

static bool
is_header_word(const char *word)
{
    static const char *const keys[] = {
        "nlflags=", "dumped", "pid=", "family=", "index=", "flags=",
        "change=", "state=",
    };

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        if (!strncmp(word, keys[i], strlen(keys[i]))) {
            return true;
        }
    }
    return false;
}

/* Appends the message that 'text' is to 'b', which must be empty. */
void
nl_script_put(struct ofpbuf *b, const char *text)
{
    struct svec words = SVEC_EMPTY_INITIALIZER;
    const struct type *type;
    size_t i = 1;
    void *fixed;

    svec_parse_words(&words, text);
    type = find_type(script_word(&words, 0));
    nl_msg_put_nlmsghdr(b, 0, type->type,
                        script_value_u32(&words, "nlflags")
                        | (script_has(&words, "dumped") ? NLM_F_MULTI : 0));
    nl_msg_nlmsghdr(b)->nlmsg_pid = script_value_u32(&words, "pid");
    fixed = nl_msg_put_uninit(b, type->size);
    memset(fixed, 0, type->size);
    put_fixed(fixed, type, &words);
    while (i < words.n && is_header_word(words.names[i])) {
        i++;
    }
    put_attrs(b, &words, i);
    svec_destroy(&words);
}
