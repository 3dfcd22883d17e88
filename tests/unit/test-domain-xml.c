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
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/host/domain-xml.h"
#include "packets.h"
#include "tests/unit/script.h"
#include "util.h"

#define MAC "02:01:00:d1:00:05"
#define ID "be60f8a3-0afa-5415-84a4-10776b4a50a4"
#define HEAD "<domain type=\"kvm\">\n<name>i-2-55-VM</name>\n<devices>\n"
#define TAIL "</devices>\n</domain>\n"
#define PLAIN "<interface type=\"bridge\">\n<source bridge=\"brvx-1001\"/>\n" \
              "<mac address=\""MAC"\"/>\n</interface>\n"
#define NATIVE "<interface type=\"bridge\">\n<source bridge=\"br-int\"/>\n" \
               "<mac address=\""MAC"\"/>\n" \
               "<virtualport type=\"openvswitch\"><parameters " \
               "interfaceid=\""ID"\" profileid=\"vni=1001\"/></virtualport>" \
               "\n</interface>\n"

static void
format(const struct domain_xml *xml, struct ds *out)
{
    ds_put_format(out, "%s", xml->name ? xml->name : "-");
    for (size_t i = 0; i < xml->n_nics; i++) {
        const struct domain_nic *nic = &xml->nics[i];

        ds_put_format(out, "; "ETH_ADDR_FMT" %s %s", ETH_ADDR_ARGS(nic->mac),
                      nic->bridge ? nic->bridge : "-",
                      nic->tap ? nic->tap : "-");
        if (nic->vni) {
            ds_put_format(out, " vni=%"PRIu32, nic->vni);
        }
        if (nic->native) {
            ds_put_format(out, " native=%s",
                          nic->iface_id ? nic->iface_id : "-");
        }
    }
}

/* Which NICs a document has; "!" and the error if it is none. */
static void
test_nics(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *text;
        const char *expected;
    } cases[] = {
        { "a plain one", HEAD PLAIN TAIL,
          "i-2-55-VM; "MAC" brvx-1001 - vni=1001" },
        { "a native one", HEAD NATIVE TAIL,
          "i-2-55-VM; "MAC" br-int - native="ID },
        { "as libvirt shows it",
          HEAD "<interface type='bridge'><mac address='"MAC"'/>"
          "<source bridge='br-int'/><virtualport type='openvswitch'>"
          "<parameters interfaceid='x' profileid='qos=1;vni=7'/>"
          "</virtualport><target dev='vnet3'/></interface>" TAIL,
          "i-2-55-VM; "MAC" br-int vnet3 native=x" },
        { "ports of others are not ours",
          HEAD "<interface type='bridge'><mac address='"MAC"'/>"
          "<source bridge='br-int'/><virtualport type='openvswitch'>"
          "<parameters interfaceid='x' profileid='mvni=7'/>"
          "</virtualport></interface>" TAIL,
          "i-2-55-VM; "MAC" br-int -" },
        { "a profile without a VNI",
          HEAD "<interface type='bridge'><virtualport type='openvswitch'>"
          "<parameters profileid='a;b'/></virtualport></interface>" TAIL,
          "i-2-55-VM; 00:00:00:00:00:00 - -" },
        { "bridges of others are not ours",
          HEAD "<interface type='bridge'><source bridge='brvx-0'/>"
          "</interface><interface type='bridge'>"
          "<source bridge='brvx-16777216'/></interface>"
          "<interface type='bridge'><source bridge='brvx-7x'/></interface>"
          "<interface type='bridge'><source bridge='cloudbr0'/></interface>"
          TAIL,
          "i-2-55-VM; 00:00:00:00:00:00 brvx-0 -; 00:00:00:00:00:00 "
          "brvx-16777216 -; 00:00:00:00:00:00 brvx-7x -; "
          "00:00:00:00:00:00 cloudbr0 -" },
        { "other kinds of interfaces",
          HEAD "<interface type='network'><source bridge='brvx-7'/>"
          "</interface><interface/>" TAIL, "i-2-55-VM" },
        { "a status of libvirt's",
          "<domstatus state='running'>" HEAD PLAIN TAIL "</domstatus>",
          "i-2-55-VM; "MAC" brvx-1001 - vni=1001" },
        { "no devices", "<domain/>", "-" },
        { "no domain", "<network/>", "!the XML has no element <domain>" },
        { "no XML", "text", "!the domain's XML is malformed in line 1" },
        { "nothing", "", "!the domain's XML is empty" },
        { "cut off", HEAD PLAIN,
          "!the domain's XML is malformed in line 8" },
        { "an entity from a file is not read",
          "<!DOCTYPE domain [<!ENTITY e SYSTEM \"file:///etc/hostname\">]>"
          "<domain><name>&e;</name></domain>", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds got = DS_EMPTY_INITIALIZER;
        struct domain_xml xml;
        char *error = domain_xml_parse(&xml, cases[i].text,
                                       strlen(cases[i].text));

        if (error) {
            ds_put_format(&got, "!%s", error);
        } else {
            format(&xml, &got);
        }
        script_check(cases[i].name, cases[i].expected, ds_cstr(&got));
        free(error);
        ds_destroy(&got);
        domain_xml_uninit(&xml);
    }
}

/* What a document becomes when its NICs are plugged into br-int, and when that
 * is moved to br0. */
static void
test_changes(void **state OVS_UNUSED)
{
    static const struct {
        const char *name;
        const char *text;
        const char *expected;
        size_t n;               /* NICs that are changed. */
    } cases[] = {
        { "a plain one", HEAD PLAIN TAIL,
          HEAD "<interface type=\"bridge\">\n<source bridge=\"br-int\"/>\n"
          "<mac address=\""MAC"\"/>\n<virtualport type=\"openvswitch\">"
          "<parameters interfaceid=\""ID"\" profileid=\"vni=1001\"/>"
          "</virtualport>\n</interface>\n" TAIL, 1 },
        { "a native one stays", HEAD NATIVE TAIL, HEAD NATIVE TAIL, 0 },
        { "others stay, with all they have",
          "<?xml version=\"1.0\"?>\n<domain xmlns:q=\"urn:q\">"
          "<!-- a comment --><name>a &amp; b &lt;</name>"
          "<devices><interface type=\"bridge\"><source bridge=\"x\"/>"
          "<q:arg a=\"&quot;\"/></interface></devices></domain>\n",
          "<?xml version=\"1.0\"?>\n<domain xmlns:q=\"urn:q\">"
          "<!-- a comment --><name>a &amp; b &lt;</name>"
          "<devices><interface type=\"bridge\"><source bridge=\"x\"/>"
          "<q:arg a=\"&quot;\"/></interface></devices></domain>\n", 0 },
        { "without a MAC it stays",
          "<domain><devices><interface type=\"bridge\">"
          "<source bridge=\"brvx-5\"/></interface></devices></domain>\n",
          "<domain><devices><interface type=\"bridge\">"
          "<source bridge=\"brvx-5\"/></interface></devices></domain>\n",
          0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct domain_xml xml;
        char *error = domain_xml_parse(&xml, cases[i].text,
                                       strlen(cases[i].text));
        char *got;

        assert_null(error);
        assert_int_equal(domain_xml_plug(&xml, "br-int"), cases[i].n);
        got = domain_xml_format(&xml);
        script_check(cases[i].name, cases[i].expected, got);
        assert_int_equal(domain_xml_plug(&xml, "br-int"), 0);
        assert_int_equal(domain_xml_move(&xml, "br-int"), 0);
        free(got);
        domain_xml_uninit(&xml);
    }
}

static void
test_move(void **state OVS_UNUSED)
{
    static const char text[] = HEAD NATIVE PLAIN TAIL;
    struct domain_xml xml;
    char *got;

    assert_null(domain_xml_parse(&xml, text, strlen(text)));
    assert_int_equal(domain_xml_move(&xml, "br0"), 1);
    got = domain_xml_format(&xml);
    assert_non_null(strstr(got, "<source bridge=\"br0\"/>"));
    assert_null(strstr(got, "\"br-int\""));
    assert_non_null(strstr(got, "<source bridge=\"brvx-1001\"/>"));
    free(got);
    domain_xml_uninit(&xml);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nics),
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_move),
    };

    return cmocka_run_group_tests_name("domain-xml", tests, NULL, NULL);
}
