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

#ifndef EVPN_BRIDGE_FRR_JSON_H
#define EVPN_BRIDGE_FRR_JSON_H 1

/* What FRR's daemons say, as plain structs.
 *
 * Answers can be large (tens of megabytes for 100,000 MACs), so they are never
 * held as a whole: "struct frr_split" cuts the text into members as it comes
 * in, and only a member is parsed at a time.  Nothing in an answer is trusted;
 * what makes no sense, or misses, is as if it were not there, since FRR's
 * output differs between versions.  Pure: no socket, no log, no clock. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "openvswitch/types.h"

/* Cuts JSON text into the members at nesting depth 'depth': with 1 those of
 * the outermost object or array, with 2 those of the objects in it. */
#define FRR_SPLIT_MAX_DEPTH 2
#define FRR_SPLIT_MAX_KEY 128
#define FRR_SPLIT_MAX_VALUE (4 * 1024 * 1024)

/* 'key' is the member's name ("" in an array), 'parent' that of the object
 * that it is in ("" at depth 1), 'value' its JSON text. */
typedef void frr_split_cb(void *aux, const char *parent, const char *key,
                          const char *value);

struct frr_split {
    size_t depth;               /* Of what is cut. */
    frr_split_cb *cb;
    void *aux;

    size_t level;               /* Objects and arrays that are open. */
    bool in_string, escaped;
    bool has_key;               /* 'keys[level - 1]' is the next value's. */
    bool failed;                /* It is not JSON. */
    char keys[FRR_SPLIT_MAX_DEPTH][FRR_SPLIT_MAX_KEY];
    struct ds token;            /* Key or value that is not complete. */
    size_t n;                   /* Members given to 'cb'. */
};

void frr_split_init(struct frr_split *, size_t depth, frr_split_cb *,
                    void *aux);
void frr_split_uninit(struct frr_split *);
void frr_split_feed(struct frr_split *, const char *, size_t n);
bool frr_split_finish(const struct frr_split *);

/* A BGP neighbor for which address family l2vpn evpn is active. */
struct frr_peer {
    bool established;
    bool eor;                   /* End-of-RIB received for EVPN. */
    bool can_eor;               /* Graceful restart capability received. */
    long long int up_ms;        /* Established for this long. */
};

/* Members of "show bgp neighbors json". */
struct frr_peers {
    struct shash peers;         /* "struct frr_peer"s by name. */
    size_t n_others;            /* Neighbors without l2vpn evpn. */
    bool advertise_all_vni;     /* Seen with one of 'peers'. */
};
void frr_peers_init(struct frr_peers *);
void frr_peers_uninit(struct frr_peers *);
void frr_peers_swap(struct frr_peers *, struct frr_peers *);
void frr_peers_add(struct frr_peers *, const char *name, const char *json);
bool frr_peer_is_complete(const struct frr_peer *);
size_t frr_peers_count(const struct frr_peers *, bool complete);

/* A member of zebra's "show evpn vni json". */
struct frr_vni {
    uint32_t vni;
    size_t n_vteps;             /* Remote. */
};
bool frr_parse_vni(const char *json, struct frr_vni *);

/* A member of bgpd's "show bgp l2vpn evpn route vni N type T json". */
bool frr_parse_remote_route(const char *json);

/* zebra's "show zebra dplane", which is text. */
void frr_parse_dplane(const char *text, uint64_t *writes, bool *queued);

/* What zebra has in a network, and what the kernel has beyond that (frr.h
 * explains). */
enum frr_audit_kind {
    FRR_AUDIT_MAC, FRR_AUDIT_IP, FRR_AUDIT_VTEP, FRR_AUDIT_ADDR
};

struct frr_audit {
    uint32_t vni;
    int pass;                   /* 1 for the first one. */
    bool has_addrs;             /* zebra told the addresses of the bridge. */
    struct hmap has;            /* "struct frr_audit_node"s that zebra has. */
    struct hmap suspects;       /* In the kernel only, in the last pass. */
    struct hmap doubts;         /* In the kernel only, in this pass. */
};

struct frr_audit_node {
    struct hmap_node hmap_node; /* In a map of struct frr_audit. */
    struct in6_addr key;        /* IPv4 is mapped; a MAC is zero-padded. */
    enum frr_audit_kind kind;
};

void frr_audit_init(struct frr_audit *, uint32_t vni);
void frr_audit_uninit(struct frr_audit *);
void frr_audit_begin(struct frr_audit *);
bool frr_audit_end(struct frr_audit *);
void frr_audit_add_mac(struct frr_audit *, const char *mac, const char *json);
void frr_audit_add_ip(struct frr_audit *, const char *ip, const char *json);
void frr_audit_add_vteps(struct frr_audit *, const char *json);
void frr_audit_add_addrs(struct frr_audit *, const char *json);

bool frr_audit_has_mac(const struct frr_audit *, struct eth_addr);
bool frr_audit_has_ip(const struct frr_audit *, const struct in6_addr *);
bool frr_audit_has_vtep(const struct frr_audit *, const struct in6_addr *);
bool frr_audit_is_orphan_mac(struct frr_audit *, struct eth_addr);
bool frr_audit_is_orphan_ip(struct frr_audit *, const struct in6_addr *);
bool frr_audit_is_orphan_vtep(struct frr_audit *, const struct in6_addr *);
bool frr_audit_lacks_addr(struct frr_audit *, const struct in6_addr *);

#endif /* evpn-bridge/frr-json.h */
