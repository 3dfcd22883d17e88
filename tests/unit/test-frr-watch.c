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
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include "evpn-bridge/frr-json.h"
#include "evpn-bridge/frr-watch.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "util.h"

/* A script of what happens to FRR.  Each line is a time in ms and
 *
 *     zebra|bgpd missing|refused|connected
 *     peers [NAME=idle|up|eor|mute]...    ("mute" cannot give End-of-RIB)
 *     writes N [queued]
 *     probe                               (prints the token)
 *     ask zebra|bgpd                      (prints the token asked about)
 *     answer zebra|bgpd
 *     proved TOKEN                        (prints the result)
 *     replayed [again]
 *     off | on
 *     run
 *
 * The state is printed when it changes. */

#define HOLD 60000

#define BOTH "0 zebra connected\n0 bgpd connected\n"
#define START BOTH "10 peers leaf1=eor leaf2=eor\n"
#define STARTED "10 up\n"

static const struct case_ {
    const char *name;
    const char *input;
    const char *expected;
} cases[] = {
    { "what is complete at the start is up at once",
      START,
      STARTED },
    { "nothing is known before bgpd told about its peers",
      BOTH "1000 run\n",
      "" },
    { "a bgpd that does not tell about its peers is not complete",
      BOTH "5000 run\n",
      "5000 resync\n" },
    { "no End-of-RIB at the start: hold",
      BOTH "10 peers leaf1=up\n",
      "10 resync\n" },
    { "no sockets at the start: there is no FRR, all is believed",
      "0 zebra missing\n0 bgpd missing\n5 probe\n6 proved 1\n",
      "0 absent\n5 token 1\n6 proved\n" },
    { "a dead bgpd at the start: hold, but not for ever",
      "0 zebra connected\n0 bgpd refused\n10 probe\n59999 run\n"
      "59999 proved 1\n60000 run\n60000 proved 1\n",
      "0 down\n10 token 1\n59999 not proved\n60000 absent\n60000 proved\n" },
    { "a zebra that accepts and is silent at the start",
      "0 bgpd connected\n4999 run\n5000 run\n",
      "5000 down\n" },
    { "FRR that comes later is awaited",
      "0 zebra missing\n0 bgpd missing\n100 zebra connected\n"
      "200 bgpd connected\n300 peers leaf1=eor\n400 writes 5\n"
      "1399 writes 5\n1400 writes 5\n",
      "0 absent\n200 resync\n1400 up\n" },

    { "bgpd restarts: down, resync until End-of-RIB and zebra is calm, up",
      START
      "1000 bgpd refused\n3000 bgpd connected\n"
      "3100 peers\n"
      "3300 peers leaf1=idle leaf2=idle\n"
      "3500 peers leaf1=up leaf2=idle\n3500 writes 7\n9000 writes 7\n"
      "9100 peers leaf1=eor leaf2=idle\n9200 writes 8\n10500 writes 8\n"
      "11000 peers leaf1=eor leaf2=eor\n"
      "11100 writes 20\n11600 writes 30\n12500 writes 30 queued\n"
      "13400 writes 30\n13500 writes 30\n",
      STARTED "1000 down\n3000 resync\n13500 up\n" },
    { "a peer that was not there before is not waited for",
      BOTH "10 peers leaf1=eor leaf2=idle\n"
      "1000 bgpd refused\n2000 bgpd connected\n"
      "2500 peers leaf1=eor leaf2=idle\n2600 writes 1\n3600 writes 1\n",
      STARTED "1000 down\n2000 resync\n3600 up\n" },
    { "a peer that does not come back is waited for until the hold time",
      START
      "1000 bgpd refused\n2000 bgpd connected\n"
      "2500 peers leaf1=eor leaf2=idle\n2600 writes 1\n3600 writes 1\n"
      "60999 run\n61000 run\n",
      STARTED "1000 down\n2000 resync\n61000 up\n" },
    { "a peer without graceful restart gives no End-of-RIB",
      BOTH "10 peers leaf1=mute\n",
      STARTED },
    { "a crash loop has one hold time",
      START
      "1000 bgpd refused\n2000 bgpd connected\n30000 bgpd refused\n"
      "31000 bgpd connected\n60999 run\n61000 run\n",
      STARTED "1000 down\n2000 resync\n30000 down\n31000 resync\n"
      "61000 up\n" },
    { "a bgpd that stays away is given up",
      START "1000 bgpd refused\n61000 run\n70000 bgpd connected\n",
      STARTED "1000 down\n61000 absent\n70000 resync\n" },

    { "zebra restarts alone: bgpd must replay, then zebra settles again",
      START
      "1000 zebra refused\n2000 zebra connected\n2100 writes 0\n"
      "3100 writes 0\n3200 replayed again\n3300 writes 0\n3400 writes 9\n"
      "4399 writes 9\n4400 writes 9\n",
      STARTED "1000 down\n2000 resync\n3100 wants replay\n4400 up\n" },
    { "zebra restarts, and lacks nothing",
      START
      "1000 zebra refused\n2000 zebra connected\n2100 writes 0\n"
      "3100 writes 0\n3200 replayed\n",
      STARTED "1000 down\n2000 resync\n3100 wants replay\n3200 up\n" },
    { "zebra restarts during the replay: from the beginning",
      START
      "1000 zebra refused\n2000 zebra connected\n2100 writes 0\n"
      "3100 writes 0\n3150 zebra refused\n3200 replayed\n"
      "4000 zebra connected\n4100 writes 0\n5100 writes 0\n",
      STARTED "1000 down\n2000 resync\n3100 wants replay\n3150 down\n"
      "4000 resync\n5100 wants replay\n" },

    { "proof needs both daemons",
      START
      "20 probe\n20 ask zebra\n20 ask bgpd\n21 proved 1\n"
      "22 answer bgpd\n22 proved 1\n23 answer zebra\n23 proved 1\n"
      "24 ask zebra\n",
      STARTED "20 token 1\n20 zebra asked 1\n20 bgpd asked 1\n21 not proved\n"
      "22 not proved\n23 proved\n24 zebra asked 0\n" },
    { "a probe joins one that was not sent, not one that was",
      START
      "20 probe\n20 probe\n20 ask bgpd\n20 probe\n20 ask zebra\n"
      "21 answer bgpd\n21 answer zebra\n21 proved 1\n21 proved 2\n"
      "22 ask bgpd\n22 ask zebra\n23 answer bgpd\n23 proved 2\n",
      STARTED "20 token 1\n20 token 1\n20 bgpd asked 1\n20 token 2\n"
      "20 zebra asked 2\n21 proved\n21 not proved\n22 bgpd asked 2\n"
      "22 zebra asked 0\n23 proved\n" },
    { "an answer from before the break proves nothing after it",
      START
      "20 probe\n20 ask zebra\n20 ask bgpd\n21 answer bgpd\n"
      "1000 bgpd refused\n1001 answer zebra\n1001 proved 1\n"
      "2000 bgpd connected\n2000 proved 1\n2000 ask bgpd\n"
      "2001 peers leaf1=eor leaf2=eor\n2001 writes 1\n3001 writes 1\n"
      "3001 proved 1\n3002 answer bgpd\n3002 proved 1\n",
      STARTED "20 token 1\n20 zebra asked 1\n20 bgpd asked 1\n1000 down\n"
      "1001 not proved\n2000 resync\n2000 not proved\n2000 bgpd asked 1\n"
      "3001 up\n3001 not proved\n3002 proved\n" },
    { "a daemon that hangs holds nothing back after the hold time",
      START
      "20 probe\n20 ask zebra\n20 ask bgpd\n60019 run\n60019 proved 1\n"
      "60020 run\n60020 proved 1\n60030 probe\n60030 proved 2\n",
      STARTED "20 token 1\n20 zebra asked 1\n20 bgpd asked 1\n"
      "60019 not proved\n60020 proved\n60030 token 2\n60030 not proved\n" },

    { "off: all is believed",
      START "20 probe\n30 off\n30 proved 1\n30 bgpd refused\n",
      STARTED "20 token 1\n30 off\n30 proved\n" },
    { "on again: from the beginning",
      START "20 off\n30 on\n30 proved 1\n40 zebra connected\n"
      "50 bgpd connected\n60 peers leaf1=eor\n",
      STARTED "20 off\n30 not proved\n60 up\n" },
};

static void
add_peer(struct frr_peers *peers, const char *spec)
{
    char *copy = xstrdup(spec);
    char *save = NULL;
    char *name = strtok_r(copy, "=", &save);
    const char *how = strtok_r(NULL, "=", &save);
    struct frr_peer *peer = xzalloc(sizeof *peer);

    peer->established = strcmp(how, "idle");
    peer->eor = !strcmp(how, "eor");
    peer->can_eor = strcmp(how, "mute");
    peer->up_ms = FRR_WATCH_NO_EOR;
    shash_add(&peers->peers, name, peer);
    free(copy);
}

static void
do_peers(struct frr_watch *w, long long int now, const struct svec *words)
{
    struct frr_peers peers;

    frr_peers_init(&peers);
    for (size_t i = 2; i < words->n; i++) {
        add_peer(&peers, words->names[i]);
    }
    frr_watch_peers(w, &peers, now);
    frr_peers_uninit(&peers);
}

static enum frr_reach
parse_reach(const char *s)
{
    return (!strcmp(s, "missing") ? FRR_REACH_MISSING
            : !strcmp(s, "refused") ? FRR_REACH_REFUSED
            : FRR_REACH_CONNECTED);
}

static enum frr_daemon
parse_daemon(const char *s)
{
    return strcmp(s, "zebra") ? FRR_BGPD : FRR_ZEBRA;
}

/* Does what is said about proofs.  Returns false if 'verb' is another. */
static bool
do_proof(struct frr_watch *w, long long int now, const char *verb,
         const char *arg, struct ds *out)
{
    if (!strcmp(verb, "probe")) {
        ds_put_format(out, "%lld token %"PRIu64"\n", now,
                      frr_watch_probe(w, now));
    } else if (!strcmp(verb, "ask")) {
        uint64_t token = frr_watch_to_ask(w, parse_daemon(arg));

        ds_put_format(out, "%lld %s asked %"PRIu64"\n", now, arg, token);
        if (token) {
            frr_watch_asked(w, parse_daemon(arg), token);
        }
    } else if (!strcmp(verb, "answer")) {
        frr_watch_answered(w, parse_daemon(arg));
    } else if (!strcmp(verb, "proved")) {
        ds_put_format(out, "%lld %sproved\n", now,
                      frr_watch_proved(w, atoi(arg)) ? "" : "not ");
    } else {
        return false;
    }
    return true;
}

static void
do_line(struct frr_watch *w, const struct svec *words, struct ds *out)
{
    long long int now = atoll(words->names[0]);
    const char *verb = words->names[1];
    const char *arg = words->n > 2 ? words->names[2] : "";

    if (do_proof(w, now, verb, arg, out)) {
        /* Done. */
    } else if (!strcmp(verb, "zebra") || !strcmp(verb, "bgpd")) {
        frr_watch_reach(w, parse_daemon(verb), parse_reach(arg), now);
    } else if (!strcmp(verb, "peers")) {
        do_peers(w, now, words);
    } else if (!strcmp(verb, "writes")) {
        frr_watch_writes(w, atoi(arg), words->n > 3, now);
    } else if (!strcmp(verb, "replayed")) {
        frr_watch_replayed(w, *arg != '\0', now);
    } else if (!strcmp(verb, "off") || !strcmp(verb, "on")) {
        frr_watch_set_mode(w, !strcmp(verb, "off"), HOLD, now);
    } else {
        assert_string_equal(verb, "run");
        frr_watch_run(w, now);
    }
}

static void
run_case(const struct case_ *c)
{
    struct ds out = DS_EMPTY_INITIALIZER;
    bool was_known = false, wanted = false;
    enum frr_state was = FRR_ABSENT;
    char *input = xstrdup(c->input);
    char *save = NULL;
    struct frr_watch w;

    frr_watch_init(&w, 0);
    frr_watch_set_mode(&w, false, HOLD, 0);
    for (char *line = strtok_r(input, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        struct svec words = SVEC_EMPTY_INITIALIZER;

        svec_parse_words(&words, line);
        do_line(&w, &words, &out);
        if (w.known && (w.state != was || !was_known)) {
            ds_put_format(&out, "%s %s\n", words.names[0],
                          frr_state_name(w.state));
        }
        if (frr_watch_wants_replay(&w) && !wanted) {
            ds_put_format(&out, "%s wants replay\n", words.names[0]);
        }
        wanted = frr_watch_wants_replay(&w);
        was = w.state;
        was_known = w.known;
        assert_int_equal(frr_watch_is_holding(&w),
                         w.state == FRR_DOWN || w.state == FRR_RESYNC);
        svec_destroy(&words);
    }
    if (strcmp(ds_cstr(&out), c->expected)) {
        print_error("case: %s\n", c->name);
    }
    assert_string_equal(ds_cstr(&out), c->expected);
    frr_watch_uninit(&w);
    ds_destroy(&out);
    free(input);
}

static void
test_cases(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        run_case(&cases[i]);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
