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

/* Two ports here, of which nobody declared the IPs. */
#define TWO "network blue 5\n" \
            "port vm1 blue "A"\niface v1 id=vm1 ofport=1\n" \
            "port vm2 blue "B"\niface v2 id=vm2 ofport=2\n" \
            "settle\nrun 1000\nclean\n"

static void
show_addresses(const struct network *network, struct ds *s)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct local_mac *mac;
    const struct local_ip *ip;
    const char *line;
    size_t i;

    HMAP_FOR_EACH (ip, hmap_node, &network->local_ips) {
        svec_add_nocopy(&lines, xasprintf(
            "%s %s "ETH_ADDR_FMT"%s%s\n", script_ip_string(&ip->ip),
            ip->port->name, ETH_ADDR_ARGS(ip->mac),
            ip->learned ? "" : " declared",
            ip->claim.state == LOCAL_OURS ? ""
            : ip->claim.state == LOCAL_CLAIMING ? " claiming" : " yielded"));
    }
    HMAP_FOR_EACH (mac, hmap_node, &network->local_macs) {
        if (mac->learned) {
            svec_add_nocopy(&lines, xasprintf(
                "MAC "ETH_ADDR_FMT" %s%s\n", ETH_ADDR_ARGS(mac->mac),
                mac->port->name, mac->learned->silent ? " silent" : ""));
        }
    }
    svec_sort(&lines);
    SVEC_FOR_EACH (i, line, &lines) {
        ds_put_cstr(s, line);
    }
    ds_put_cstr(s, lines.n ? "" : "nothing\n");
    svec_destroy(&lines);
}

/* One line: a fact, or
 *
 *     show        writes the local IPs and learned MACs of network 5
 *     dirty       writes the owners that became dirty since the last time...
 *     clean       ...or this
 *     probes      writes what is to be probed
 *     problems    writes the problems
 *     due         writes when model_run() is to be called again */
struct scene {
    struct model m;
    struct ds s;
};

static void
show_dirty(struct scene *scene)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    struct owner owner;
    char *text;

    while (owner_set_pop(&scene->m.dirty, &owner)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        owner_format(&owner, &s);
        svec_add_nocopy(&names, ds_steal_cstr(&s));
    }
    svec_sort(&names);
    text = svec_join(&names, " ", "\n");
    ds_put_cstr(&scene->s, text);
    free(text);
    svec_destroy(&names);
}

static void
show_probes(struct scene *scene)
{
    struct probe *probe;

    while ((probe = model_pop_probe(&scene->m)) != NULL) {
        ds_put_format(&scene->s, "probe %"PRIu32" %"PRIu32" "ETH_ADDR_FMT
                      " %s\n", probe->vni, probe->ofport,
                      ETH_ADDR_ARGS(probe->mac), script_ip_string(&probe->ip));
        free(probe);
    }
}

static void
show_problems(struct scene *scene)
{
    const struct problem **problems;
    size_t n;

    problems = problems_sort(&scene->m.problems, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&scene->s, "%s %s: %s\n", problems[i]->object,
                      problems[i]->topic, problems[i]->text);
    }
    free(problems);
}

static void
do_line(void *scene_, const struct svec *words)
{
    const char *what = script_word(words, 0);
    struct scene *scene = scene_;

    if (!strcmp(what, "show")) {
        show_addresses(model_network(&scene->m, 5), &scene->s);
    } else if (!strcmp(what, "clean")) {
        owner_set_clear(&scene->m.dirty);
    } else if (!strcmp(what, "dirty")) {
        show_dirty(scene);
    } else if (!strcmp(what, "probes")) {
        show_probes(scene);
    } else if (!strcmp(what, "problems")) {
        show_problems(scene);
    } else if (!strcmp(what, "due")) {
        long long int due = model_next_run(&scene->m);

        if (due == LLONG_MAX) {
            ds_put_cstr(&scene->s, "never\n");
        } else {
            ds_put_format(&scene->s, "due %lld\n", due);
        }
    } else {
        model_script_line(&scene->m, words);
    }
}

static const struct {
    const char *name;           /* The situation. */
    const char *script;
    const char *expected;
} cases[] = {
    { "what is heard is an address, and nothing else changes",
      TWO"hear 5 1 "A" 10.0.0.1\nhear 5 1 "A" fd00::1\n"
      "hear 5 2 "B" fe80::2\nrun 1000\nshow\ndirty\n",
      "10.0.0.1 vm1 "A"\nfd00::1 vm1 "A"\nfe80::2 vm2 "B"\n"
      "local-ip/5/10.0.0.1 local-ip/5/fd00::1 local-ip/5/fe80::2\n" },
    { "heard again: nothing is new",
      TWO"hear 5 1 "A" 10.0.0.1\nrun 1000\ndirty\nhear 5 1 "A" 10.0.0.1\n"
      "run 2000\ndirty\n",
      "local-ip/5/10.0.0.1\n\n" },
    { "of a port with declared IPs nothing is learned, unless its row says so",
      "network blue 5\nport vm1 blue "A" 10.0.0.9\niface v1 id=vm1 ofport=1\n"
      "run\nhear 5 1 "A" 10.0.0.1\nshow\n"
      "port vm1 blue learn "A" 10.0.0.9\nrun\nhear 5 1 "A" 10.0.0.1\nshow\n"
      "port vm1 blue no-learn "A"\nrun\nshow\nhear 5 1 "A" 10.0.0.1\nshow\n",
      "10.0.0.9 vm1 "A" declared\n"
      "10.0.0.1 vm1 "A"\n10.0.0.9 vm1 "A" declared\n"
      "nothing\nnothing\n" },
    { "a port without a row learns",
      "iface v1 id=vm1 profile=vni=5 mac="A" ofport=1\nrun\n"
      "hear 5 1 "A" 10.0.0.1\nshow\n",
      "10.0.0.1 vm1 "A"\n" },
    { "a port in standby, or of another network, or unknown, does not",
      "network blue 5\nport vm1 blue standby "A"\niface v1 id=vm1 ofport=1\n"
      "network red 6\nport vm2 red "B"\niface v2 id=vm2 ofport=2\nrun\n"
      "hear 5 1 "A" 10.0.0.1\nhear 5 2 "B" 10.0.0.1\nhear 5 9 "B" 10.0.0.1\n"
      "show\n",
      "nothing\n" },
    { "another MAC than the port's proves nothing",
      TWO"hear 5 1 "C" 10.0.0.1\nhear 5 1 "B" 10.0.0.1\nshow\n",
      "nothing\n" },
    { "addresses that no VM can have",
      TWO"hear 5 1 "A" 0.0.0.0\nhear 5 1 "A" 127.0.0.1\n"
      "hear 5 1 "A" 224.0.0.1\nhear 5 1 "A" 255.255.255.255\n"
      "hear 5 1 "A" ::1\nhear 5 1 "A" ff02::1\nhear 5 1 "A"\nshow\n",
      "nothing\n" },
    { "the gateway's address is not a VM's",
      TWO"network blue 5 10.0.0.1/24 fd00::1/64\nrun\n"
      "hear 5 1 "A" 10.0.0.1\nhear 5 1 "A" fd00::1\nhear 5 1 "A" fd00::2\n"
      "show\n",
      "fd00::2 vm1 "A"\n" },

    { "it moves to the port that proves it last",
      TWO"hear 5 1 "A" 10.0.0.1\nhear 5 2 "B" 10.0.0.1\nshow\n"
      "hear 5 1 "A" 10.0.0.1\nshow\n",
      "10.0.0.1 vm2 "B"\n10.0.0.1 vm1 "A"\n" },
    { "but what is declared stays",
      TWO"port vm2 blue "B" 10.0.0.1\nrun\nhear 5 1 "A" 10.0.0.1\nshow\n",
      "10.0.0.1 vm2 "B" declared\n" },
    { "and what is declared later wins, for this port or another",
      TWO"hear 5 1 "A" 10.0.0.1\nport vm1 blue learn "A" 10.0.0.1\nrun\nshow\n"
      "port vm1 blue "A"\nrun\nhear 5 1 "A" 10.0.0.1\n"
      "port vm2 blue "B" 10.0.0.1\nrun\nshow\nproblems\n"
      "port vm2 blue "B"\nrun\nshow\nhear 5 1 "A" 10.0.0.1\nshow\n",
      "10.0.0.1 vm1 "A" declared\n10.0.0.1 vm2 "B" declared\n"
      "nothing\n10.0.0.1 vm1 "A"\n" },
    { "it goes with the port, the interface, the network, and the MAC",
      TWO"hear 5 1 "A" 10.0.0.1\nport vm1 blue standby "A"\nrun\nshow\n"
      "port vm1 blue "A"\nrun\nhear 5 1 "A" 10.0.0.1\ndel-iface v1\nrun\n"
      "show\niface v1 id=vm1 ofport=1\nrun\nhear 5 1 "A" 10.0.0.1\n"
      "port vm1 blue "C"\nrun\nshow\nhear 5 1 "C" 10.0.0.1\n"
      "network red 6\nport vm1 red "C"\nrun\nshow\ndue\n",
      "nothing\nnothing\nnothing\nnothing\nnever\n" },
    { "it stays when the row changes otherwise",
      TWO"hear 5 1 "A" 10.0.0.1\nport vm1 blue "A" "C"\nrun\nshow\n",
      "10.0.0.1 vm1 "A"\n" },

    { "a remote VTEP that had it loses it to who is heard",
      TWO"neigh 5 10.0.0.1 "C"\nrun 2000\nhear 5 1 "A" 10.0.0.1\nrun 2000\n"
      "show\ndel-neigh 5 10.0.0.1\nrun 2010\nshow\n",
      "10.0.0.1 vm1 "A" claiming\n10.0.0.1 vm1 "A"\n" },
    { "a remote VTEP that proves it later has it, without a fight",
      TWO"hear 5 1 "A" 10.0.0.1\nrun 2000\nneigh 5 10.0.0.1 "C"\nrun 2100\n"
      "show\nproblems\ndirty\nhear 5 1 "A" 10.0.0.1\nrun 2200\nshow\n",
      "nothing\nlocal-ip/5/10.0.0.1 remote-ip/5/10.0.0.1\n"
      "10.0.0.1 vm1 "A" claiming\n" },

    { "not more than 64 are learned of a port, or what its row says",
      TWO"port vm1 blue max-learned=2 "A"\nrun\nhear 5 1 "A" 10.0.0.1\n"
      "hear 5 1 "A" 10.0.0.2\nproblems\nhear 5 1 "A" 10.0.0.3\nshow\n"
      "problems\nhear 5 2 "B" 10.0.0.2\nproblems\nhear 5 1 "A" 10.0.0.3\n"
      "show\n",
      "10.0.0.1 vm1 "A"\n10.0.0.2 vm1 "A"\n"
      "port/vm1 learned-ips: it has more ips than the 2 that are learned of a "
      "port; raise other_config:max-learned of the Port row, or declare "
      "them\n"
      "10.0.0.1 vm1 "A"\n10.0.0.2 vm2 "B"\n10.0.0.3 vm1 "A"\n" },

    { "after a while it is probed; an answer keeps it",
      TWO"learn-age 10000\nhear 5 1 "A" 10.0.0.1\ndue\nrun 10999\nprobes\n"
      "run 11000\nprobes\ndue\nrun 11100\nhear 5 1 "A" 10.0.0.1\ndue\n"
      "run 12000\nprobes\nshow\n",
      "due 11000\nprobe 5 1 "A" 10.0.0.1\ndue 12000\ndue 21100\n"
      "10.0.0.1 vm1 "A"\n" },
    { "without an answer to three probes it is gone",
      TWO"learn-age 10000\nhear 5 1 "A" 10.0.0.1\nhear 5 2 "B" fd00::2\n"
      "run 11000\nprobes\nrun 12000\nprobes\nrun 13000\nprobes\nshow\ndirty\n"
      "run 14000\nprobes\nshow\ndirty\ndue\n",
      "probe 5 1 "A" 10.0.0.1\nprobe 5 2 "B" fd00::2\n"
      "probe 5 1 "A" 10.0.0.1\nprobe 5 2 "B" fd00::2\n"
      "probe 5 1 "A" 10.0.0.1\nprobe 5 2 "B" fd00::2\n"
      "10.0.0.1 vm1 "A"\nfd00::2 vm2 "B"\n"
      "local-ip/5/10.0.0.1 local-ip/5/fd00::2\nnothing\n"
      "local-ip/5/10.0.0.1 local-ip/5/fd00::2\nnever\n" },
    { "who probes for duplicates is asked whether it has the address",
      TWO"hear 5 1 "A" fd00::1 tentative\nhear 5 1 "A" fd00::9 tentative\n"
      "show\ndue\nrun 2999\nprobes\nhear 5 2 "B" fd00::9\nrun 3000\n"
      "probes\nhear 5 1 "A" fd00::1\nhear 5 1 "A" fd00::1 tentative\n"
      "run 9000\nprobes\nshow\n",
      "nothing\ndue 3000\nprobe 5 1 "A" fd00::1\n"
      "fd00::1 vm1 "A"\nfd00::9 vm2 "B"\n" },
    { "a VM from another host is asked for the IPs that it had there",
      "network blue 5\nmac 5 "A" 192.0.2.2\nneigh 5 10.0.0.1 "A"\n"
      "neigh 5 10.0.0.2 "B"\nsettle\nrun 1000\n"
      "port vm1 blue "A"\niface v1 id=vm1 ofport=1\nrun 5000\n"
      "del-neigh 5 10.0.0.1\ndel-mac 5 "A"\nrun 7000\nprobes\n"
      "hear 5 1 "A" 10.0.0.1\nrun 7000\nshow\n",
      "probe 5 1 "A" 10.0.0.1\n10.0.0.1 vm1 "A"\n" },
    { "heard in time it is not probed",
      TWO"learn-age 10000\nhear 5 1 "A" 10.0.0.1\nhear 5 1 "A" 10.0.0.2\n"
      "run 9000\nhear 5 1 "A" 10.0.0.1\nrun 11000\nprobes\ndue\n",
      "probe 5 1 "A" 10.0.0.2\ndue 12000\n" },

    { "a port whose MACs are not checked has those that are heard of it",
      TWO"port vm1 blue security=off "A"\nrun\nhear 5 1 "C" 10.0.0.3\n"
      "hear 5 1 52:54:00:00:00:0d\nhear 5 1 "B" 10.0.0.4\nshow\n"
      "hear 5 2 "C" 10.0.0.3\nshow\n"
      "port vm2 blue security=off "B"\nrun\nhear 5 2 "C" 10.0.0.3\nshow\n",
      "10.0.0.3 vm1 "C"\nMAC "C" vm1\nMAC 52:54:00:00:00:0d vm1\n"
      "10.0.0.3 vm1 "C"\nMAC "C" vm1\nMAC 52:54:00:00:00:0d vm1\n"
      "10.0.0.3 vm2 "C"\nMAC "C" vm2\nMAC 52:54:00:00:00:0d vm1\n" },
    { "those that are declared as its pairs do, too",
      TWO"port vm1 blue learn pair=10.0.0.99,"C" "A" 10.0.0.1\nrun\n"
      "hear 5 1 "C" 10.0.0.99\nhear 5 1 52:54:00:00:00:0d 10.0.0.99\nshow\n"
      "port vm1 blue learn "A" 10.0.0.1\nrun\nshow\n",
      "10.0.0.1 vm1 "A" declared\n10.0.0.99 vm1 "C"\nMAC "C" vm1\n"
      "10.0.0.1 vm1 "A" declared\n" },
    { "MACs are bounded",
      TWO"port vm1 blue security=off max-learned=1 "A"\nrun\n"
      "hear 5 1 "C"\nhear 5 1 52:54:00:00:00:0d\nshow\nproblems\n",
      "MAC "C" vm1\n"
      "port/vm1 learned-macs: it has more macs than the 1 that are learned of "
      "a port; raise other_config:max-learned of the Port row, or declare "
      "them\n" },
    { "a MAC that is silent is waited for, and then gone with its IPs",
      TWO"port vm1 blue security=off "A"\nlearn-age 10000\nrun 1000\n"
      "hear 5 1 "C"\nrun 1000\nclean\nrun 11000\nshow\ndirty\n"
      "run 20000\nhear 5 1 "C" 10.0.0.3\nshow\ndirty\nrun 30000\n"
      "run 40000\nprobes\nshow\n",
      "MAC "C" vm1 silent\nlocal-mac/5/"C"\n"
      "10.0.0.3 vm1 "C"\nMAC "C" vm1\nlocal-ip/5/10.0.0.3 local-mac/5/"C"\n"
      "probe 5 1 "C" 10.0.0.3\nprobe 5 1 "C" 10.0.0.3\nnothing\n" },

    { "a restarted daemon adopts what was announced with a MAC of a port",
      "network blue 5\nport vm1 blue "A"\niface v1 id=vm1 ofport=1\n"
      "port vm2 blue "B" 10.0.0.2\niface v2 id=vm2 ofport=2\nrun 1000\n"
      "adopt 5 10.0.0.1 "A"\nadopt 5 10.0.0.2 "A"\nadopt 5 10.0.0.3 "B"\n"
      "adopt 5 10.0.0.4 "C"\nadopt 6 10.0.0.1 "A"\nsettle\nrun 1000\nshow\n",
      "10.0.0.1 vm1 "A"\n10.0.0.2 vm2 "B" declared\n" },
    { "and its MACs",
      "network blue 5\nport vm1 blue security=off "A"\n"
      "iface v1 id=vm1 ofport=1\nport vm2 blue "B"\n"
      "iface v2 id=vm2 ofport=2\nrun 1000\n"
      "adopt port 1 "A"\nadopt port 1 "C"\nadopt port 2 "C"\n"
      "adopt port 2 52:54:00:00:00:0d\nadopt 5 10.0.0.1 "C"\nsettle\n"
      "run 1000\nshow\n",
      "10.0.0.1 vm1 "C"\nMAC "C" vm1\n" },
    { "unless EVPN has it elsewhere meanwhile",
      "network blue 5\nport vm1 blue "A"\niface v1 id=vm1 ofport=1\n"
      "neigh 5 10.0.0.1 "C"\nrun 1000\nadopt 5 10.0.0.1 "A"\nsettle\n"
      "run 1000\nshow\n",
      "nothing\n" },
    { "a learned address is one of its port's security groups",
      "group web r1\nrule r1 ingress remote=web\nnetwork blue 5\n"
      "port vm1 blue groups=web "A"\niface v1 id=vm1 ofport=1\nsettle\n"
      "run 1000\nclean\nhear 5 1 "A" 10.0.0.1\nrun 1000\ndirty\n",
      NULL },
};

static void
test_learning(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene scene;

        model_init(&scene.m);
        ds_init(&scene.s);
        script_run(cases[i].script, do_line, &scene);
        if (cases[i].expected) {
            script_check(cases[i].name, cases[i].expected,
                         ds_cstr(&scene.s));
        } else {
            assert_non_null(strstr(ds_cstr(&scene.s), "group-addr/"));
        }
        model_uninit(&scene.m);
        ds_destroy(&scene.s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learning),
    };

    return cmocka_run_group_tests_name("model-learn", tests, NULL, NULL);
}
