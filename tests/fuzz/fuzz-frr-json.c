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

#include <string.h>
#include "evpn-bridge/frr-json.h"
#include "hash.h"
#include "packets.h"
#include "util.h"

/* What FRR's daemons answer.  The first byte says how deep the answer is cut;
 * then comes its text. */

/* What a split gave, and where it goes. */
struct sink {
    uint32_t digest;            /* Of all members. */
    size_t n;                   /* Members. */
    struct frr_peers peers;
    struct frr_audit audit;
};

static void
sink_init(struct sink *sink)
{
    memset(sink, 0, sizeof *sink);
    frr_peers_init(&sink->peers);
    frr_audit_init(&sink->audit, 5);
    frr_audit_begin(&sink->audit);
}

static void
sink_uninit(struct sink *sink)
{
    frr_audit_uninit(&sink->audit);
    frr_peers_uninit(&sink->peers);
}

/* Any member can be an answer to any question. */
static void
sink_member(void *sink_, const char *parent, const char *key,
            const char *value)
{
    struct sink *sink = sink_;
    struct frr_vni vni;

    ovs_assert(strlen(parent) < FRR_SPLIT_MAX_KEY
               && strlen(key) < FRR_SPLIT_MAX_KEY
               && strlen(value) <= FRR_SPLIT_MAX_VALUE);
    sink->digest = hash_string(parent, hash_string(key, sink->digest));
    sink->digest = hash_string(value, sink->digest);
    sink->n++;

    frr_peers_add(&sink->peers, key, value);
    if (frr_parse_vni(value, &vni)) {
        ovs_assert(vni.vni);
    }
    frr_parse_remote_route(value);
    frr_audit_add_mac(&sink->audit, key, value);
    frr_audit_add_ip(&sink->audit, key, value);
    frr_audit_add_vteps(&sink->audit, value);
}

/* Cuts 'text' in pieces of 'piece' bytes into 'sink'.  Returns true if it was
 * complete. */
static bool
split(const char *text, size_t size, size_t depth, size_t piece,
      struct sink *sink)
{
    struct frr_split splitter;
    bool complete;

    frr_split_init(&splitter, depth, sink_member, sink);
    for (size_t i = 0; i < size; i += piece) {
        frr_split_feed(&splitter, text + i, MIN(piece, size - i));
    }
    complete = frr_split_finish(&splitter);
    ovs_assert(splitter.n == sink->n);
    frr_split_uninit(&splitter);
    return complete;
}

static void
check_sink(struct sink *sink)
{
    size_t n_peers = shash_count(&sink->peers.peers);
    struct eth_addr mac = ETH_ADDR_C(02,00,00,00,00,01);
    bool has = frr_audit_has_mac(&sink->audit, mac);

    ovs_assert(frr_peers_count(&sink->peers, true) <= n_peers
               && frr_peers_count(&sink->peers, false) <= n_peers);
    /* What zebra has is no orphan. */
    ovs_assert(!has || !frr_audit_is_orphan_mac(&sink->audit, mac));
    frr_audit_end(&sink->audit);
}

static bool
try_text(const char *text, size_t size, size_t depth)
{
    struct sink a, b;
    bool complete;

    sink_init(&a);
    sink_init(&b);
    complete = split(text, size, depth, size, &a);
    ovs_assert(split(text, size, depth, 1, &b) == complete);
    ovs_assert(a.n == b.n && a.digest == b.digest);
    check_sink(&a);
    sink_uninit(&b);
    sink_uninit(&a);
    return complete;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    uint64_t writes;
    bool sense, queued;
    char *text;

    if (size < 2) {
        return false;
    }
    text = xmemdup0((const char *) data + 1, size - 1);
    sense = try_text(text, size - 1, 1 + data[0] % FRR_SPLIT_MAX_DEPTH);
    frr_parse_dplane(text, &writes, &queued);
    free(text);
    return sense || writes;
}

static const char *const seeds[] = {
    "0{\"192.0.2.1\":{\"remoteAs\":65000,\"bgpState\":\"Established\","
    "\"bgpTimerUpMsec\":7000,\"neighborCapabilities\":{\"gracefulRestart\":"
    "\"advertisedAndReceived\"},\"gracefulRestartInfo\":{\"endOfRibRecv\":"
    "{\"l2VpnEvpn\":true}},\"addressFamilyInfo\":{\"l2VpnEvpn\":"
    "{\"advertiseAllVnis\":true}}}}",
    "0{\"5\":{\"vni\":5,\"type\":\"L2\",\"numRemoteVteps\":2,"
    "\"remoteVteps\":[\"192.0.2.2\",\"192.0.2.3\"]}}",
    "1{\"[2]:[0]:[48]:[02:00:00:00:00:01]\":{\"paths\":[[{\"valid\":true,"
    "\"bestpath\":true,\"peerId\":\"192.0.2.1\"}]]},\"numPrefix\":1}",
    "1{\"macs\":{\"02:00:00:00:00:01\":{\"type\":\"remote\","
    "\"remoteVtep\":\"192.0.2.2\"},\"02:00:00:00:00:02\":{\"type\":"
    "\"local\",\"intf\":\"oe-5\"}},\"numMacs\":2}",
    "0{\"10.0.0.1\":{\"type\":\"remote\",\"mac\":\"02:00:00:00:00:01\"},"
    "\"2001:db8::1\":{\"type\":\"remote\"},\"\\u0031\\\"\\\\\":null}",
    "0Zebra dataplane:\nRoute update queue depth: 1\n"
    "EVPN MAC updates:         12\nEVPN neigh updates:  3\n",
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        cb(aux, seeds[i], strlen(seeds[i]));
    }
}
