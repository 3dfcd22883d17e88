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
#include "evpn-bridge/frr-json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "evpn-bridge/frr-watch.h"
#include "hash.h"
#include "openvswitch/json.h"
#include "packets.h"
#include "util.h"

/* Initializes 'split' to call 'cb' with 'aux' for each member at 'depth'. */
void
frr_split_init(struct frr_split *split, size_t depth, frr_split_cb *cb,
               void *aux)
{
    ovs_assert(depth >= 1 && depth <= FRR_SPLIT_MAX_DEPTH);
    memset(split, 0, sizeof *split);
    split->depth = depth;
    split->cb = cb;
    split->aux = aux;
    ds_init(&split->token);
}

/* Frees what 'split' holds. */
void
frr_split_uninit(struct frr_split *split)
{
    ds_destroy(&split->token);
}

/* The token is a key. */
static void
frr_split_key(struct frr_split *split)
{
    const char *s = ds_cstr(&split->token);
    size_t n = split->token.length;
    char *key = split->keys[split->level - 1];

    if (split->has_key || n < 2 || s[0] != '"' || s[n - 1] != '"'
        || n - 2 >= FRR_SPLIT_MAX_KEY) {
        split->failed = true;
        return;
    }
    memcpy(key, s + 1, n - 2);
    key[n - 2] = '\0';
    split->has_key = true;
    ds_clear(&split->token);
}

/* A member is complete. */
static void
frr_split_member(struct frr_split *split)
{
    if (split->level == split->depth && split->token.length) {
        const char *parent = split->depth > 1 ? split->keys[0] : "";
        const char *key = split->has_key ? split->keys[split->level - 1] : "";

        split->n++;
        split->cb(split->aux, parent, key, ds_cstr(&split->token));
    }
    ds_clear(&split->token);
    split->has_key = false;
}

static void
frr_split_open(struct frr_split *split, char c)
{
    if (split->level >= split->depth) {
        ds_put_char(&split->token, c);
    } else {
        if (split->level && !split->has_key) {
            split->keys[split->level - 1][0] = '\0';
        }
        split->has_key = false;
        ds_clear(&split->token);
    }
    split->level++;
}

static void
frr_split_close(struct frr_split *split, char c)
{
    if (!split->level) {
        split->failed = true;
    } else if (split->level > split->depth) {
        ds_put_char(&split->token, c);
        split->level--;
    } else {
        frr_split_member(split);
        split->level--;
    }
}

/* Takes a character outside of strings. */
static void
frr_split_char(struct frr_split *split, char c)
{
    bool inside = split->level > split->depth;

    if (c == '{' || c == '[') {
        frr_split_open(split, c);
    } else if (c == '}' || c == ']') {
        frr_split_close(split, c);
    } else if (isspace((unsigned char) c)) {
        /* Outside of strings it means nothing. */
    } else if (!split->level) {
        split->failed = true;
    } else if (c == ':' && !inside) {
        frr_split_key(split);
    } else if (c == ',' && !inside) {
        frr_split_member(split);
    } else {
        split->in_string = c == '"';
        ds_put_char(&split->token, c);
    }
}

/* Takes the next 'n' bytes of the text, 's'. */
void
frr_split_feed(struct frr_split *split, const char *s, size_t n)
{
    for (const char *p = s; p < s + n && !split->failed; p++) {
        if (split->in_string) {
            ds_put_char(&split->token, *p);
            split->in_string = split->escaped || *p != '"';
            split->escaped = !split->escaped && *p == '\\';
        } else {
            frr_split_char(split, *p);
        }
        if (split->token.length > FRR_SPLIT_MAX_VALUE) {
            split->failed = true;
        }
    }
}

/* Returns true if all of the text that was fed is well formed, as far as it
 * was looked at.  An empty text is. */
bool
frr_split_finish(const struct frr_split *split)
{
    return !split->failed && !split->level && !split->in_string;
}

/* Returns the object that 'text' says, owned, or null if it is none. */
static struct json *
parse_object(const char *text)
{
    struct json *json = json_from_string(text);

    if (json->type != JSON_OBJECT) {
        json_destroy(json);
        return NULL;
    }
    return json;
}

/* Returns the member 'name' of 'json' if it is of 'type', else null.  'json'
 * may be null or anything. */
static const struct json *
member(const struct json *json, const char *name, enum json_type type)
{
    const struct json *value;

    if (!json || json->type != JSON_OBJECT) {
        return NULL;
    }
    value = shash_find_data(json->object, name);
    return value && value->type == type ? value : NULL;
}

static const char *
member_string(const struct json *json, const char *name)
{
    const struct json *value = member(json, name, JSON_STRING);

    return value ? value->string : "";
}

static long long int
member_integer(const struct json *json, const char *name)
{
    const struct json *value = member(json, name, JSON_INTEGER);

    return value ? value->integer : 0;
}

static bool
member_true(const struct json *json, const char *name)
{
    return member(json, name, JSON_TRUE) != NULL;
}

/* Initializes 'peers' without any. */
void
frr_peers_init(struct frr_peers *peers)
{
    shash_init(&peers->peers);
    peers->n_others = 0;
    peers->advertise_all_vni = false;
}

/* Frees what 'peers' holds. */
void
frr_peers_uninit(struct frr_peers *peers)
{
    shash_destroy_free_data(&peers->peers);
}

/* Exchanges 'a' and 'b'. */
void
frr_peers_swap(struct frr_peers *a, struct frr_peers *b)
{
    struct frr_peers tmp = *a;

    shash_swap(&a->peers, &b->peers);
    a->n_others = b->n_others;
    a->advertise_all_vni = b->advertise_all_vni;
    b->n_others = tmp.n_others;
    b->advertise_all_vni = tmp.advertise_all_vni;
}

/* Adds neighbor 'name', of which bgpd said 'text', to 'peers'. */
void
frr_peers_add(struct frr_peers *peers, const char *name, const char *text)
{
    struct json *json = parse_object(text);
    const struct json *evpn, *gr, *eor;
    struct frr_peer *peer;

    if (!json) {
        return;
    }
    evpn = member(member(json, "addressFamilyInfo", JSON_OBJECT),
                  "l2VpnEvpn", JSON_OBJECT);
    if (!evpn) {
        peers->n_others++;
        json_destroy(json);
        return;
    }

    gr = member(json, "gracefulRestartInfo", JSON_OBJECT);
    eor = member(gr, "endOfRibRecv", JSON_OBJECT);
    peer = xzalloc(sizeof *peer);
    peer->established = !strcmp(member_string(json, "bgpState"),
                                "Established");
    peer->eor = member_true(eor, "l2VpnEvpn");
    /* "received" or "advertisedAndReceived". */
    peer->can_eor = strcasestr(
        member_string(member(json, "neighborCapabilities", JSON_OBJECT),
                      "gracefulRestart"), "received") != NULL;
    peer->up_ms = member_integer(json, "bgpTimerUpMsec");
    free(shash_replace(&peers->peers, name, peer));
    if (member_true(evpn, "advertiseAllVnis")) {
        peers->advertise_all_vni = true;
    }
    json_destroy(json);
}

/* Returns true if 'peer' is Established and has told all its routes. */
bool
frr_peer_is_complete(const struct frr_peer *peer)
{
    return (peer->established
            && (peer->eor
                || (!peer->can_eor && peer->up_ms >= FRR_WATCH_NO_EOR)));
}

/* Returns how many of 'peers' are Established or, if 'complete', are complete
 * too. */
size_t
frr_peers_count(const struct frr_peers *peers, bool complete)
{
    const struct shash_node *node;
    size_t n = 0;

    SHASH_FOR_EACH (node, &peers->peers) {
        const struct frr_peer *peer = node->data;

        n += complete ? frr_peer_is_complete(peer) : peer->established;
    }
    return n;
}

/* Parses 'text', a VNI that zebra knows, into 'vni'.  Returns false if it is
 * not that of an L2VNI. */
bool
frr_parse_vni(const char *text, struct frr_vni *vni)
{
    struct json *json = parse_object(text);
    const struct json *list = member(json, "numRemoteVteps", JSON_ARRAY);
    long long int number = member_integer(json, "vni");
    bool ok = (number > 0 && number <= 0xffffff
               && !strcmp(member_string(json, "type"), "L2"));

    if (ok) {
        vni->vni = number;
        vni->n_vteps = (list ? list->array.n
                        : MAX(0, member_integer(json, "numRemoteVteps")));
    }
    json_destroy(json);
    return ok;
}

/* Returns true if 'json' is a route of another VTEP that is in use, or an
 * array of routes, of arrays (one for each path), that has one. */
static bool
is_remote_path(const struct json *json, int depth)
{
    if (json && json->type == JSON_ARRAY && depth) {
        for (size_t i = 0; i < json->array.n; i++) {
            if (is_remote_path(json->array.elems[i], depth - 1)) {
                return true;
            }
        }
        return false;
    }
    return (member_true(json, "valid")
            && member_true(json, "bestpath")
            && *member_string(json, "peerId")
            && strcmp(member_string(json, "peerId"), "(unspec)"));
}

/* Returns true if 'text', a prefix of the table of a VNI, was learned from a
 * peer, is valid and the best: zebra should have it. */
bool
frr_parse_remote_route(const char *text)
{
    struct json *json = parse_object(text);
    bool remote = is_remote_path(member(json, "paths", JSON_ARRAY), 3);

    json_destroy(json);
    return remote;
}

/* Takes from 'text' what zebra counts of its writes of EVPN entries to the
 * kernel, into '*writes', a number that changes with each, and whether some
 * are queued, into '*queued'. */
void
frr_parse_dplane(const char *text, uint64_t *writes, bool *queued)
{
    *writes = 0;
    *queued = false;
    while (*text) {
        size_t n = strcspn(text, "\n");
        const char *colon = memchr(text, ':', n);

        if (colon) {
            unsigned long long int value = strtoull(colon + 1, NULL, 10);

            if (!strncmp(text, "EVPN ", 5)) {
                *writes += value;
            } else if (!strncmp(text, "Route update queue depth", 24)) {
                *queued = value != 0;
            }
        }
        text += n + (text[n] == '\n');
    }
}

/* Initializes 'audit' for network 'vni', with nothing in it. */
void
frr_audit_init(struct frr_audit *audit, uint32_t vni)
{
    audit->vni = vni;
    audit->pass = 0;
    audit->has_addrs = false;
    hmap_init(&audit->has);
    hmap_init(&audit->suspects);
    hmap_init(&audit->doubts);
}

static void
audit_clear(struct hmap *map)
{
    struct frr_audit_node *node;

    HMAP_FOR_EACH_POP (node, hmap_node, map) {
        free(node);
    }
    hmap_shrink(map);
}

/* Frees what 'audit' holds. */
void
frr_audit_uninit(struct frr_audit *audit)
{
    audit_clear(&audit->has);
    audit_clear(&audit->suspects);
    audit_clear(&audit->doubts);
    hmap_destroy(&audit->has);
    hmap_destroy(&audit->suspects);
    hmap_destroy(&audit->doubts);
}

/* Begins a pass: what zebra has is to be added again. */
void
frr_audit_begin(struct frr_audit *audit)
{
    audit->pass++;
    audit->has_addrs = false;
    audit_clear(&audit->has);
    audit_clear(&audit->doubts);
}

/* Ends a pass, after the kernel's entries were judged.  Returns true if one
 * more pass is needed: there are suspects. */
bool
frr_audit_end(struct frr_audit *audit)
{
    audit_clear(&audit->has);
    audit_clear(&audit->suspects);
    hmap_swap(&audit->suspects, &audit->doubts);
    return !hmap_is_empty(&audit->suspects);
}

static uint32_t
audit_hash(enum frr_audit_kind kind, const struct in6_addr *key)
{
    return hash_bytes(key, sizeof *key, kind);
}

static bool
audit_find(const struct hmap *map, enum frr_audit_kind kind,
           const struct in6_addr *key)
{
    const struct frr_audit_node *node;

    HMAP_FOR_EACH_WITH_HASH (node, hmap_node, audit_hash(kind, key), map) {
        if (node->kind == kind && ipv6_addr_equals(&node->key, key)) {
            return true;
        }
    }
    return false;
}

static void
audit_add(struct hmap *map, enum frr_audit_kind kind,
          const struct in6_addr *key)
{
    struct frr_audit_node *node;

    if (!audit_find(map, kind, key)) {
        node = xmalloc(sizeof *node);
        node->kind = kind;
        node->key = *key;
        hmap_insert(map, &node->hmap_node, audit_hash(kind, key));
    }
}

static struct in6_addr
mac_key(struct eth_addr mac)
{
    struct in6_addr key = in6addr_any;

    memcpy(&key, &mac, sizeof mac);
    return key;
}

/* Parses 's' into '*ip'; IPv4 is mapped. */
static bool
parse_ip(const char *s, struct in6_addr *ip)
{
    ovs_be32 ip4;

    if (ip_parse(s, &ip4)) {
        in6_addr_set_mapped_ipv4(ip, ip4);
        return true;
    }
    return ipv6_parse(s, ip);
}

/* Returns true if 'text' is of a MAC or neighbour that is really somewhere:
 * zebra also keeps "auto" MACs, which neighbours refer to, and writes
 * nothing for them. */
static bool
is_real(const char *text)
{
    struct json *json = parse_object(text);
    const char *type = member_string(json, "type");
    bool real = !strcmp(type, "remote") || !strcmp(type, "local");

    json_destroy(json);
    return real;
}

/* zebra has 'mac', and says 'text' about it. */
void
frr_audit_add_mac(struct frr_audit *audit, const char *mac, const char *text)
{
    struct eth_addr ea;

    if (eth_addr_from_string(mac, &ea) && is_real(text)) {
        struct in6_addr key = mac_key(ea);

        audit_add(&audit->has, FRR_AUDIT_MAC, &key);
    }
}

/* zebra has neighbour 'ip', and says 'text' about it. */
void
frr_audit_add_ip(struct frr_audit *audit, const char *ip, const char *text)
{
    struct in6_addr key;

    if (parse_ip(ip, &key) && is_real(text)) {
        audit_add(&audit->has, FRR_AUDIT_IP, &key);
    }
}

/* zebra has the remote VTEPs of 'text', its answer to "show evpn vni N json":
 * a list of addresses. */
void
frr_audit_add_vteps(struct frr_audit *audit, const char *text)
{
    struct json *json = json_from_string(text);

    for (size_t i = 0; json->type == JSON_ARRAY && i < json->array.n; i++) {
        const struct json *elem = json->array.elems[i];
        struct in6_addr key;

        if (elem->type == JSON_STRING && parse_ip(elem->string, &key)) {
            audit_add(&audit->has, FRR_AUDIT_VTEP, &key);
        }
    }
    json_destroy(json);
}

/* The bridge has, in zebra, the addresses of 'text', the "ipAddresses" in its
 * answer to "show interface NAME json": an array of objects whose "address"
 * has a prefix length. */
void
frr_audit_add_addrs(struct frr_audit *audit, const char *text)
{
    struct json *json = json_from_string(text);

    for (size_t i = 0; json->type == JSON_ARRAY && i < json->array.n; i++) {
        const char *address = member_string(json->array.elems[i], "address");
        char *ip = xmemdup0(address, strcspn(address, "/"));
        struct in6_addr key;

        if (parse_ip(ip, &key)) {
            audit_add(&audit->has, FRR_AUDIT_ADDR, &key);
        }
        free(ip);
    }
    json_destroy(json);
}

/* Returns true if zebra has 'mac'. */
bool
frr_audit_has_mac(const struct frr_audit *audit, struct eth_addr mac)
{
    struct in6_addr key = mac_key(mac);

    return audit_find(&audit->has, FRR_AUDIT_MAC, &key);
}

/* Returns true if zebra has neighbour 'ip'; IPv4 is mapped. */
bool
frr_audit_has_ip(const struct frr_audit *audit, const struct in6_addr *ip)
{
    return audit_find(&audit->has, FRR_AUDIT_IP, ip);
}

/* Returns true if zebra has remote VTEP 'ip'; IPv4 is mapped. */
bool
frr_audit_has_vtep(const struct frr_audit *audit, const struct in6_addr *ip)
{
    return audit_find(&audit->has, FRR_AUDIT_VTEP, ip);
}

/* Judges an entry that the kernel has.  What zebra has not is in doubt in the
 * first pass, and an orphan if it was in doubt in the last one too. */
static bool
audit_is_orphan(struct frr_audit *audit, enum frr_audit_kind kind,
                const struct in6_addr *key)
{
    if (audit_find(&audit->has, kind, key)) {
        return false;
    }
    if (audit_find(&audit->suspects, kind, key)) {
        return true;
    }
    audit_add(&audit->doubts, kind, key);
    return false;
}

/* Returns true if 'mac', which the kernel has at a remote VTEP, is to be
 * deleted there. */
bool
frr_audit_is_orphan_mac(struct frr_audit *audit, struct eth_addr mac)
{
    struct in6_addr key = mac_key(mac);

    return audit_is_orphan(audit, FRR_AUDIT_MAC, &key);
}

/* Returns true if zebra's neighbour 'ip' is to be deleted in the kernel. */
bool
frr_audit_is_orphan_ip(struct frr_audit *audit, const struct in6_addr *ip)
{
    return audit_is_orphan(audit, FRR_AUDIT_IP, ip);
}

/* Returns true if flood entry 'ip' is to be deleted in the kernel. */
bool
frr_audit_is_orphan_vtep(struct frr_audit *audit, const struct in6_addr *ip)
{
    return audit_is_orphan(audit, FRR_AUDIT_VTEP, ip);
}

/* Returns true if zebra has told the addresses of the bridge, and 'ip', which
 * the kernel has there, is none of them.  There is another pass then. */
bool
frr_audit_lacks_addr(struct frr_audit *audit, const struct in6_addr *ip)
{
    if (!audit->has_addrs || audit_find(&audit->has, FRR_AUDIT_ADDR, ip)) {
        return false;
    }
    audit_add(&audit->doubts, FRR_AUDIT_ADDR, ip);
    return true;
}
