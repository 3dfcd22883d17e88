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
#include <inttypes.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define A "52:54:00:00:00:0a"
#define B "52:54:00:00:00:0b"
#define C "52:54:00:00:00:0c"

/* A network that is routed here, with a VM. */
#define BLUE \
    "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/24 fd00::1/64\n" \
    "port vm1 blue "A"\niface v1 id=vm1 ofport=1\nsettle\nrun 1000\nclean\n"

/* One line: a fact, or
 *
 *     who IP      writes who has it in network 5
 *     dirty       writes the remote IPs that became dirty since the last time
 *     clean       ...or this
 *     due         writes when model_run() is to be called again */
struct scene {
    struct model m;
    struct ds s;
};

static void
show_who(struct scene *scene, const struct in6_addr *ip)
{
    struct resolution r;

    if (!network_resolve_ip(model_network(&scene->m, 5), ip, &r)) {
        ds_put_cstr(&scene->s, "nobody\n");
    } else {
        ds_put_format(&scene->s, ETH_ADDR_FMT" %s\n", ETH_ADDR_ARGS(r.mac),
                      r.port ? r.port->name : r.gleaned ? "gleaned" : "EVPN");
    }
}

static void
show_dirty(struct scene *scene, bool show)
{
    struct owner owner;

    while (owner_set_pop(&scene->m.dirty, &owner)) {
        if (show && owner.kind == OWNER_REMOTE_IP) {
            owner_format(&owner, &scene->s);
            ds_put_char(&scene->s, '\n');
        }
    }
}

static void
do_line(void *scene_, const struct svec *words)
{
    const char *what = script_word(words, 0);
    struct scene *scene = scene_;

    if (!strcmp(what, "who")) {
        struct in6_addr ip = script_ip(words, 1);

        show_who(scene, &ip);
    } else if (!strcmp(what, "dirty") || !strcmp(what, "clean")) {
        show_dirty(scene, what[0] == 'd');
    } else if (!strcmp(what, "due")) {
        long long int due = model_next_run(&scene->m);

        ds_put_format(&scene->s, due == LLONG_MAX ? "never\n" : "at %lld\n",
                      due);
    } else {
        model_script_line(&scene->m, words);
    }
}

static const struct {
    const char *name;           /* The situation. */
    const char *script;
    const char *expected;
} cases[] = {
    { "a host answers the gateway",
      BLUE"glean 5 10.0.0.9 "B"\ndirty\nwho 10.0.0.9\ndue\n",
      "remote-ip/5/10.0.0.9\n"B" gleaned\nat 301000\n" },
    { "IPv6",
      BLUE"glean 5 fd00::9 "B"\ndirty\nwho fd00::9\n",
      "remote-ip/5/fd00::9\n"B" gleaned\n" },
    { "it says so again",
      BLUE"glean 5 10.0.0.9 "B"\nclean\nrun 2000\nglean 5 10.0.0.9 "B"\n"
      "dirty\ndue\n",
      "at 302000\n" },
    { "with another MAC",
      BLUE"glean 5 10.0.0.9 "B"\nclean\nglean 5 10.0.0.9 "C"\ndirty\n"
      "who 10.0.0.9\n",
      "remote-ip/5/10.0.0.9\n"C" gleaned\n" },
    { "it is forgotten after a while",
      BLUE"glean 5 10.0.0.9 "B"\nrun 300999\nwho 10.0.0.9\nclean\n"
      "run 301000\nwho 10.0.0.9\ndirty\ndue\n",
      B" gleaned\nnobody\nremote-ip/5/10.0.0.9\nnever\n" },
    { "EVPN told of it before",
      BLUE"neigh 5 10.0.0.9 "B"\nrun 1000\nclean\nglean 5 10.0.0.9 "C"\n"
      "dirty\nwho 10.0.0.9\ndue\n",
      B" EVPN\nnever\n" },
    { "EVPN tells of it later, and takes it back",
      BLUE"glean 5 10.0.0.9 "C"\nclean\nneigh 5 10.0.0.9 "B"\nrun 1000\n"
      "who 10.0.0.9\ndirty\ndue\ndel-neigh 5 10.0.0.9\nwho 10.0.0.9\n",
      B" EVPN\nremote-ip/5/10.0.0.9\nnever\nnobody\n" },
    { "a VM here has it",
      BLUE"hear 5 1 "A" 10.0.0.9\nrun 1000\nclean\nglean 5 10.0.0.9 "C"\n"
      "dirty\nwho 10.0.0.9\n",
      A" vm1\n" },
    { "a VM here gets it",
      BLUE"glean 5 10.0.0.9 "C"\nclean\nhear 5 1 "A" 10.0.0.9\nrun 1000\n"
      "dirty\nwho 10.0.0.9\n",
      "remote-ip/5/10.0.0.9\n"A" vm1\n" },
    { "with the MAC of a VM here",
      BLUE"glean 5 10.0.0.9 "A"\nwho 10.0.0.9\n", "nobody\n" },
    { "with the gateway's MAC",
      BLUE"glean 5 10.0.0.9 02:6f:65:00:00:05\nwho 10.0.0.9\n", "nobody\n" },
    { "with the MAC of a group",
      BLUE"glean 5 10.0.0.9 01:00:5e:00:00:01\nwho 10.0.0.9\n", "nobody\n" },
    { "the gateway's address",
      BLUE"glean 5 10.0.0.1 "B"\nglean 5 fe80::6f:65ff:fe00:5 "B"\n"
      "who 10.0.0.1\nwho fe80::6f:65ff:fe00:5\n", "nobody\nnobody\n" },
    { "an address of no prefix",
      BLUE"glean 5 10.0.1.9 "B"\nglean 5 fe80::9 "B"\nwho 10.0.1.9\n"
      "who fe80::9\n", "nobody\nnobody\n" },
    { "a network that is not routed here",
      BLUE"network blue 5 10.0.0.1/24\nrun 1000\nglean 5 10.0.0.9 "B"\n"
      "who 10.0.0.9\n", "nobody\n" },
    { "a network that has no port here any more",
      BLUE"del-iface v1\nrun 1000\nglean 5 10.0.0.9 "B"\nwho 10.0.0.9\n",
      "nobody\n" },
    { "a network that nobody knows", BLUE"glean 6 10.0.0.9 "B"\ndirty\n",
      "" },
    { "a network goes with it",
      BLUE"glean 5 10.0.0.9 "B"\ndel-port vm1\ndel-iface v1\n"
      "del-network blue\nrun 1000\ndue\n",
      "never\n" },
};

static void
test_gleaning(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene scene;

        model_init(&scene.m);
        ds_init(&scene.s);
        script_run(cases[i].script, do_line, &scene);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&scene.s));
        model_uninit(&scene.m);
        ds_destroy(&scene.s);
    }
}

/* The oldest address makes room. */
static void
test_gleaning_is_bounded(void **state OVS_UNUSED)
{
    struct eth_addr mac = script_parse_mac(B);
    struct model m;

    model_init(&m);
    model_script_run(&m, "vpc v 9\nnetwork blue 5 vpc=v 10.0.0.1/16\n"
                     "port vm1 blue "A"\niface v1 id=vm1 ofport=1\nrun\n");
    for (int i = 2; i < 2 + 2 * GLEAN_MAX; i++) {
        struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0x0a000000 + i));

        model_put_gleaned(&m, 5, &ip, mac, i);
    }
    assert_int_equal(hmap_count(&model_network(&m, 5)->gleaned), GLEAN_MAX);
    for (int i = 2; i < 2 + 2 * GLEAN_MAX; i++) {
        struct in6_addr ip = in6_addr_mapped_ipv4(htonl(0x0a000000 + i));

        assert_int_equal(network_gleaned(model_network(&m, 5), &ip) != NULL,
                         i >= 2 + GLEAN_MAX);
    }
    model_uninit(&m);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gleaning),
        cmocka_unit_test(test_gleaning_is_bounded),
    };

    return cmocka_run_group_tests_name("model-glean", tests, NULL, NULL);
}
