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
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "random.h"
#include "svec.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* A UUID is written as model_script_uuid() makes it. */
#define UUID_R1 "72310000-0000-0000-0000-000000000000"
#define UUID_R2 "72320000-0000-0000-0000-000000000000"
#define UUID_NONE "6e6f6e65-0000-0000-0000-000000000000"
#define UUID_WEB "77656200-0000-0000-0000-000000000000"

/* A port of this host, and one of another. */
#define HERE "port vm1 blue groups=web 52:54:00:00:00:01 10.0.0.1 fd00::1\n" \
    "iface v1 id=vm1 ofport=1\nnetwork blue 5\n"
#define THERE "port vm2 blue groups=web 52:54:00:00:00:02 10.0.0.2\n"

/* What model_script_dump() says of policies and ports. */
static const struct {
    const char *name;
    const char *input;
    const char *expected;
} cases[] = {
    { "a port without policies is not policed",
      "network blue 5\nport vm1 blue\niface v1 id=vm1 ofport=1\n",
      "port vm1 blue ofport=1\n" },
    { "a group without rules is a policy",
      HERE"group web\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used members=1 addrs=2 users=0\n"
      "port vm1 blue ofport=1 active policed group=web\n" },
    { "a group that has members elsewhere only is not used",
      "network blue 5\n"THERE"rule r1 ingress\ngroup web r1\n",
      "addr web 10.0.0.2 1\n"
      "group web members=1 addrs=1 users=0 r1\n"
      "port vm2 - ofport=0 group=web\n"
      "rule r1 allow ingress all\n" },
    { "a group's rules in effect, and its members on whatever host",
      HERE THERE"rule r1 ingress protocol=6 ports=80-443 remote=web log\n"
      "group web r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web 10.0.0.2 1\n"
      "addr web fd00::1 1\n"
      "group web used members=2 addrs=3 users=1 r1\n"
      "port vm1 blue ofport=1 active policed group=web\n"
      "port vm2 - ofport=0 group=web\n"
      "rule r1 in-effect allow ingress tcp 80-443 from group web log\n" },
    { "an egress rule restricts, whatever it names",
      HERE"rule r1 egress protocol=17 ports=53\ngroup web r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used restricts4 restricts6 members=1 addrs=2 users=0 r1\n"
      "port vm1 blue ofport=1 active policed restricted4 restricted6 "
      "group=web\n"
      "rule r1 in-effect allow egress udp 53\n" },
    { "... but only the IP version that it covers, which prefixes tell",
      HERE"rule r1 egress 10.0.0.0/8 10.1.0.0/16 192.0.2.1/24\n"
      "group web r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used restricts4 members=1 addrs=2 users=0 r1\n"
      "port vm1 blue ofport=1 active policed restricted4 group=web\n"
      "rule r1 in-effect allow egress all to 10.0.0.0/8,192.0.2.0/24\n" },
    { "... or the EtherType",
      HERE"rule r1 egress ethertype=34525\ngroup web r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used restricts6 members=1 addrs=2 users=0 r1\n"
      "port vm1 blue ofport=1 active policed restricted6 group=web\n"
      "rule r1 in-effect allow egress ipv6 all\n" },
    { "... or ICMP, which is IPv4's",
      HERE"rule r1 egress protocol=1 icmp=8/0\ngroup web r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used restricts4 members=1 addrs=2 users=0 r1\n"
      "port vm1 blue ofport=1 active policed restricted4 group=web\n"
      "rule r1 in-effect allow egress icmp 8/0\n" },
    { "a port in two groups",
      "network blue 5\nport vm1 blue groups=web,db,web 10.0.0.1\n"
      "iface v1 id=vm1 ofport=1\n"
      "rule r1 egress ethertype=2048\ngroup web r1\n"
      "rule r2 egress ethertype=34525\ngroup db r2\n",
      "addr db 10.0.0.1 1\n"
      "addr web 10.0.0.1 1\n"
      "group db used restricts6 members=1 addrs=1 users=0 r2\n"
      "group web used restricts4 members=1 addrs=1 users=0 r1\n"
      "port vm1 blue ofport=1 policed restricted4 restricted6 group=db "
      "group=web\n"
      "rule r1 in-effect allow egress ipv4 all\n"
      "rule r2 in-effect allow egress ipv6 all\n" },
    { "an address of two members",
      HERE"port vm2 blue groups=web 10.0.0.1\ngroup web\nrun\n"
      "port vm2 blue\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used members=1 addrs=2 users=0\n"
      "port vm1 blue ofport=1 active policed group=web\n"
      "port vm2 - ofport=0\n" },
    { "an ACL: in order, the drop before the allow of the same priority",
      "network blue 5 acl=r1,r2,r3,r4 ingress=drop\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\n"
      "rule r1 ingress priority=10 allow\nrule r2 ingress priority=10 drop\n"
      "rule r3 ingress priority=20 reject\nrule r4 egress priority=9 drop\n",
      "acl blue used ingress=drop egress=allow r3 r2 r1 r4\n"
      "port vm1 blue ofport=1 policed\n"
      "rule r1 in-effect allow ingress all\n"
      "rule r2 in-effect drop ingress all\n"
      "rule r3 in-effect reject ingress all\n"
      "rule r4 in-effect drop egress all\n" },
    { "an ACL may be a default only",
      "network blue 5 egress=reject\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\n",
      "acl blue used ingress=allow egress=reject\n"
      "port vm1 blue ofport=1 policed\n" },
    { "an ACL of an inactive network is not in effect",
      "network blue 5 acl=r1\nrule r1 egress drop\n",
      "acl blue ingress=allow egress=allow r1\n"
      "rule r1 drop egress all\n" },
    { "an ACL of the network that lost its VNI is not, either",
      "network blue 5 acl=r1\nrule r1 egress drop\nnetwork aqua 5\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\n",
      "acl blue ingress=allow egress=allow r1\n"
      "port vm1 aqua ofport=1\n"
      "rule r1 drop egress all\n" },
    { "a rule that makes no sense closes the ports of the group",
      HERE THERE"rule r1 ingress error=Why.\nrule r2 ingress\n"
      "group web r1 r2\n",
      "addr web 10.0.0.1 1\n"
      "addr web 10.0.0.2 1\n"
      "addr web fd00::1 1\n"
      "group web used failed members=2 addrs=3 users=0 r2\n"
      "port vm1 blue ofport=1 active policed fail-closed group=web\n"
      "port vm2 - ofport=0 group=web\n"
      "rule r1 allow ingress all\n"
      "rule r2 in-effect allow ingress all\n"
      "problem port/vm1 policy: closed, as security group \"web\" has a rule "
      "that makes no sense; see the problems of that, and correct it\n"
      "problem security-group/web rule "UUID_R1": rule "UUID_R1" makes no "
      "sense, and all ports concerned are closed: Why.; correct or delete it "
      "with ovs-ext-ctl\n" },
    { "... and opens them when it is corrected",
      HERE"rule r1 ingress error=Why.\ngroup web r1\nrun\nrule r1 ingress\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used members=1 addrs=2 users=0 r1\n"
      "port vm1 blue ofport=1 active policed group=web\n"
      "rule r1 in-effect allow ingress all\n" },
    { "... or deleted",
      HERE"rule r1 ingress error=Why.\ngroup web r1\nrun\ngroup web\n"
      "del-rule r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used members=1 addrs=2 users=0\n"
      "port vm1 blue ofport=1 active policed group=web\n" },
    { "a rule of an ACL that makes no sense closes the network",
      "network blue 5 acl=r1\nrule r1 egress error=Why.\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\n",
      "acl blue used failed ingress=allow egress=allow\n"
      "port vm1 blue ofport=1 policed fail-closed\n"
      "rule r1 allow egress all\n"
      "problem network/blue rule "UUID_R1": rule "UUID_R1" makes no sense, "
      "and all ports concerned are closed: Why.; correct or delete it with "
      "ovs-ext-ctl\n"
      "problem port/vm1 policy: closed, as the ACL of network \"blue\" has a "
      "rule that makes no sense; see the problems of that, and correct it\n" },
    { "rules of groups allow",
      HERE"rule r1 ingress drop\ngroup web r1\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used failed members=1 addrs=2 users=0\n"
      "port vm1 blue ofport=1 active policed fail-closed group=web\n"
      "rule r1 drop ingress all\n"
      "problem port/vm1 policy: closed, as security group \"web\" has a rule "
      "that makes no sense; see the problems of that, and correct it\n"
      "problem security-group/web rule "UUID_R1": rule "UUID_R1" makes no "
      "sense, and all ports concerned are closed: its action is \"drop\", "
      "but rules of security groups allow; use the network's ACL; correct or "
      "delete it with ovs-ext-ctl\n" },
    { "a rule is of one group",
      "rule r1 ingress\ngroup web r1\ngroup db r1\n",
      "group db failed members=0 addrs=0 users=0\n"
      "group web failed members=0 addrs=0 users=0\n"
      "rule r1 allow ingress all\n"
      "problem security-group/db rule "UUID_R1": rule "UUID_R1" makes no "
      "sense, and all ports concerned are closed: it is in more than one "
      "security group or ACL; give each a rule of its own; correct or delete "
      "it with ovs-ext-ctl\n"
      "problem security-group/web rule "UUID_R1": rule "UUID_R1" makes no "
      "sense, and all ports concerned are closed: it is in more than one "
      "security group or ACL; give each a rule of its own; correct or delete "
      "it with ovs-ext-ctl\n" },
    { "... and works again in the one that keeps it",
      HERE"rule r1 ingress\ngroup web r1\ngroup db r1\nrun\ngroup db\n",
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group db members=0 addrs=0 users=0\n"
      "group web used members=1 addrs=2 users=0 r1\n"
      "port vm1 blue ofport=1 active policed group=web\n"
      "rule r1 in-effect allow ingress all\n" },
    { "a rule that refers to a group that does not exist",
      "rule r1 ingress remote=none\ngroup web r1\n",
      "group none members=0 addrs=0 users=0\n"
      "group web failed members=0 addrs=0 users=0\n"
      "rule r1 allow ingress all from group "UUID_NONE"\n"
      "problem security-group/web rule "UUID_R1": rule "UUID_R1" makes no "
      "sense, and all ports concerned are closed: its remote_group does not "
      "exist; correct or delete it with ovs-ext-ctl\n" },
    { "a port in a group that does not exist",
      HERE,
      "addr web 10.0.0.1 1\n"
      "addr web fd00::1 1\n"
      "group web used members=1 addrs=2 users=0\n"
      "port vm1 blue ofport=1 active policed fail-closed group=web\n"
      "problem port/vm1 policy: closed, as security group "UUID_WEB" does "
      "not exist; see the problems of that, and correct it\n" },
    { "nothing is left of what is deleted",
      HERE THERE"rule r1 ingress remote=db\nrule r2 egress error=Why.\n"
      "group web r1\ngroup db r2\nrun\n"
      "del-group web\ndel-rule r1\ndel-group db\nrun\ndel-rule r2\n"
      "port vm1 blue\ndel-port vm2\n",
      "port vm1 blue ofport=1\n" },
};

/* Runs the script in 'input', and returns what it comes to, but for lines
 * about networks and local addresses. */
static char *
dump(const char *input)
{
    struct ds all = DS_EMPTY_INITIALIZER, s = DS_EMPTY_INITIALIZER;
    char *save_ptr = NULL;
    struct model m;

    model_init(&m);
    model_script_run(&m, input);
    model_script_run(&m, "run");
    model_script_dump(&m, &all);
    for (char *line = strtok_r(ds_cstr(&all), "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        if (strncmp(line, "network ", 8) && strncmp(line, "local-", 6)
            && !strstr(line, " no-mac: ")
            && !strstr(line, " vni-duplicate: ")) {
            ds_put_format(&s, "%s\n", line);
        }
    }
    ds_destroy(&all);
    model_uninit(&m);
    return ds_steal_cstr(&s);
}

static void
test_policies_have_their_meaning(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *got = dump(cases[i].input);

        script_check(cases[i].name, cases[i].expected, got);
        free(got);
    }
}

#define DIRTY_WEB HERE THERE"rule r1 ingress remote=web\nrule r2 ingress\n" \
    "group web r1 r2\nrun\n"

/* Which owners become dirty by the last part of a script; of ports with their
 * local addresses only the port is told. */
static const struct {
    const char *name;
    const char *before;
    const char *change;
    const char *expected;
} dirty_cases[] = {
    { "a rule says something else",
      DIRTY_WEB, "rule r2 ingress log\n", "group/web\nrule/r2\n" },
    { "a rule comes",
      DIRTY_WEB, "rule r3 ingress\ngroup web r1 r2 r3\n",
      "group/web\nrule/r3\n" },
    { "a rule goes",
      DIRTY_WEB, "group web r1\ndel-rule r2\n", "group/web\nrule/r2\n" },
    { "a rule restricts: the ports care",
      DIRTY_WEB, "rule r2 egress\n", "group/web\nport/vm1\nrule/r2\n" },
    { "a rule makes no sense: the ports care",
      DIRTY_WEB, "rule r2 ingress error=Why.\n",
      "group/web\nport/vm1\nrule/r2\n" },
    { "a member elsewhere has one address more",
      DIRTY_WEB, "port vm2 blue groups=web 10.0.0.2 10.0.0.3\n",
      "addr/web/10.0.0.3\nport/vm2\n" },
    { "a member elsewhere goes",
      DIRTY_WEB, "del-port vm2\n", "addr/web/10.0.0.2\nport/gone\n" },
    { "a member comes here",
      DIRTY_WEB, "iface v2 id=vm2 ofport=2\n", "port/vm2\n" },
    { "the last member here leaves: nothing is in effect any more",
      DIRTY_WEB, "iface v1 id=vm1\n",
      "addr/web/10.0.0.1\naddr/web/10.0.0.2\naddr/web/fd00::1\ngroup/web\n"
      "port/vm1\nrule/r1\nrule/r2\n" },
    { "nobody refers to the addresses any more",
      DIRTY_WEB, "rule r1 ingress\n",
      "addr/web/10.0.0.1\naddr/web/10.0.0.2\naddr/web/fd00::1\ngroup/web\n"
      "rule/r1\n" },
    { "addresses of a group that nobody refers to",
      HERE THERE"group web\nrun\n", "port vm2 blue groups=web 10.0.0.4\n",
      "port/vm2\n" },
    { "another name",
      DIRTY_WEB, "group web r1 r2\n", "group/web\n" },
    { "an ACL's rule",
      "network blue 5 acl=r1\nrule r1 egress drop\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\nrun\n",
      "rule r1 egress reject\n", "acl/5\nrule/r1\n" },
    { "an ACL's default",
      "network blue 5 acl=r1\nrule r1 egress drop\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\nrun\n",
      "network blue 5 acl=r1 ingress=drop\n", "acl/5\n" },
    { "a network gets an ACL",
      "network blue 5\nrule r1 egress drop\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\nrun\n",
      "network blue 5 acl=r1\n", "acl/5\nport/vm1\nrule/r1\n" },
    { "a network loses it",
      "network blue 5 acl=r1\nrule r1 egress drop\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\nrun\n",
      "network blue 5\n", "acl/5\nport/vm1\nrule/r1\n" },
    { "a network with an ACL has another VNI",
      "network blue 5 acl=r1\nrule r1 egress drop\n"
      "port vm1 blue\niface v1 id=vm1 ofport=1\nrun\n",
      "network blue 6 acl=r1\n",
      "acl/5\nacl/6\nport/vm1\nrule/r1\n" },
    { "a network with an ACL gets its first port",
      "network blue 5 acl=r1\nrule r1 egress drop\nrun\n",
      "iface v1 id=vm1 profile=vni=5 ofport=1\n",
      "acl/5\nport/vm1\nrule/r1\n" },
    { "a network goes",
      "network blue 5 acl=r1\nrule r1 egress drop\n"
      "iface v1 id=vm1 profile=vni=5 ofport=1\nrun\n",
      "del-network blue\n", "acl/5\nport/vm1\nrule/r1\n" },
};

/* Returns the name of 'owner' with the names that the script has, or null if
 * it is not told. */
static char *
format_owner(const struct model *m, const struct owner *owner)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct port *port;

    switch (owner->kind) {
    case OWNER_PORT:
        port = model_port_by_owner(m, owner);
        return xasprintf("port/%s", port ? port->name : "gone");
    case OWNER_RULE:
        return xasprintf("rule/%.4s", model_script_name(&owner->uuid));
    case OWNER_SECURITY_GROUP:
        return xasprintf("group/%s", model_script_name(&owner->uuid));
    case OWNER_GROUP_ADDR:
        ds_put_format(&s, "addr/%s/", model_script_name(
                          &model_group_by_tag(m, owner->tag)->uuid));
        ipv6_format_mapped(&owner->ip, &s);
        return ds_steal_cstr(&s);
    case OWNER_NETWORK_ACL:
        owner_format(owner, &s);
        return ds_steal_cstr(&s);
    }
    return NULL;
}

static void
test_a_change_makes_dirty_what_follows_from_it(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(dirty_cases); i++) {
        struct svec names = SVEC_EMPTY_INITIALIZER;
        struct owner owner;
        struct model m;
        char *got;

        model_init(&m);
        model_script_run(&m, dirty_cases[i].before);
        owner_set_clear(&m.dirty);
        model_script_run(&m, dirty_cases[i].change);
        model_script_run(&m, "run");
        while (owner_set_pop(&m.dirty, &owner)) {
            char *name = format_owner(&m, &owner);

            if (name) {
                svec_add_nocopy(&names, name);
            }
        }
        svec_sort(&names);
        got = svec_join(&names, "\n", names.n ? "\n" : "");
        script_check(dirty_cases[i].name, dirty_cases[i].expected, got);
        free(got);
        svec_destroy(&names);
        model_uninit(&m);
    }
}

/* Facts that depend on each other in every way, and what undoes them. */
static const struct {
    const char *fact;
    const char *undo;
} facts[] = {
    { "network blue 5 acl=r1,r2 egress=drop", "del-network blue" },
    { "network aqua 6 acl=r2", "network aqua 6 acl=r1" },
    { "network teal 6 acl=r7", "network teal 7 acl=r7" },
    { "port vm1 blue groups=web,db 10.0.0.1", "port vm1 blue 10.0.0.2" },
    { "port vm2 aqua groups=web 10.0.0.1", "del-port vm2" },
    { "port vm3 blue groups=none 10.0.0.3", "port vm3 aqua groups=db" },
    { "iface v1 id=vm1 ofport=1", "iface v1 id=vm2 ofport=1" },
    { "iface v2 id=vm2 ofport=2", "del-iface v2" },
    { "iface v3 id=vm3 ofport=3", "iface v3 id=vm3" },
    { "iface v4 id=vm4 profile=vni=5 ofport=4", "del-iface v4" },
    { "rule r1 ingress drop priority=4", "del-rule r1" },
    { "rule r2 egress reject priority=4 remote=web", "rule r2 ingress" },
    { "rule r3 ingress remote=db", "rule r3 ingress error=Why." },
    { "rule r4 egress remote=web", "del-rule r4" },
    { "rule r5 egress error=Because.", "rule r5 egress" },
    { "rule r7 egress priority=2", "del-rule r7" },
    { "group web r3 r4", "group web r4 r5" },
    { "group db r5", "del-group db" },
    { "group app r6", "group app r3" },
};

/* The model is a function of the facts, not of the order in which they came
 * or of what was there in between. */
static void
test_order_does_not_matter(void **state OVS_UNUSED)
{
    char *expected = NULL;

    random_set_seed(2);
    for (int round = 0; round < 1000; round++) {
        struct ds script = DS_EMPTY_INITIALIZER;
        size_t order[ARRAY_SIZE(facts)];
        char *got;

        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            size_t j = round ? random_range(i + 1) : i;

            order[i] = order[j];
            order[j] = i;
        }
        for (size_t i = 0; round && i < 40; i++) {
            size_t k = random_range(ARRAY_SIZE(facts));

            ds_put_format(&script, "%s\n%s",
                          random_range(2) ? facts[k].fact : facts[k].undo,
                          random_range(3) ? "" : "run\n");
        }
        for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
            ds_put_format(&script, "%s\n%s", facts[order[i]].fact,
                          random_range(3) ? "" : "run\n");
        }
        got = dump(ds_cstr(&script));
        if (!expected) {
            expected = xstrdup(got);
        }
        assert_string_equal(got, expected);
        free(got);
        ds_destroy(&script);
    }
    free(expected);
}

static uint32_t
first_tag(const struct uuid *uuid)
{
    return hash_bytes(uuid, sizeof *uuid, 0);
}

static int
compare_first_tags(const void *a, const void *b)
{
    uint32_t x = first_tag(a), y = first_tag(b);

    return x < y ? -1 : x > y;
}

/* Finds UUIDs whose first choice of a tag is the same, and stores two such,
 * the smaller one first. */
static void
find_collision(struct uuid *a, struct uuid *b)
{
    enum { N = 400000 };
    struct uuid *uuids = xcalloc(N, sizeof *uuids);

    for (uint32_t i = 0; i < N; i++) {
        uuids[i] = (struct uuid) { .parts = { i, i * 7, 1, 2 } };
    }
    qsort(uuids, N, sizeof *uuids, compare_first_tags);
    for (uint32_t i = 1; i < N; i++) {
        if (first_tag(&uuids[i - 1]) == first_tag(&uuids[i])) {
            bool less = uuid_compare_3way(&uuids[i - 1], &uuids[i]) < 0;

            *a = uuids[less ? i - 1 : i];
            *b = uuids[less ? i : i - 1];
            free(uuids);
            return;
        }
    }
    fail_msg("no collision among %d", N);
}

static uint32_t
tag_of(const struct model *m, const struct uuid *uuid)
{
    uint32_t tag = model_group(m, uuid)->tag;

    assert_ptr_equal(model_group_by_tag(m, tag), model_group(m, uuid));
    return tag;
}

/* Tags depend on which groups there are, and not on how that came about. */
static void
test_tags_are_the_same_in_every_run(void **state OVS_UNUSED)
{
    struct fact_group a = { .name = "a" }, b = { .name = "b" };
    struct model m, n;
    uint32_t shared;

    find_collision(&a.uuid, &b.uuid);
    shared = first_tag(&a.uuid);
    model_init(&m);
    model_init(&n);
    model_put_group(&m, &a);
    model_put_group(&m, &b);
    model_put_group(&n, &b);
    assert_int_equal(tag_of(&n, &b.uuid), shared);
    model_put_group(&n, &a);

    assert_int_equal(tag_of(&m, &a.uuid), shared);
    assert_int_equal(tag_of(&n, &a.uuid), shared);
    assert_int_not_equal(tag_of(&m, &b.uuid), shared);
    assert_int_equal(tag_of(&m, &b.uuid), tag_of(&n, &b.uuid));

    model_del_group(&n, &a.uuid);
    assert_int_equal(tag_of(&n, &b.uuid), shared);
    model_uninit(&m);
    model_uninit(&n);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies_have_their_meaning),
        cmocka_unit_test(test_a_change_makes_dirty_what_follows_from_it),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_tags_are_the_same_in_every_run),
    };

    return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
