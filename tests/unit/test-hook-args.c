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
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/port-id.h"
#include "packets.h"
#include "svec.h"
#include "tests/unit/script.h"
#include "util.h"

/* A command line, with blanks between its words, and what it means, or "!" and
 * the error. */
struct case_ {
    const char *name;
    const char *line;
    const char *expected;
};

typedef char *parse_cb(int argc, char *argv[], struct ds *);

static void
check_all(const struct case_ *cases, size_t n, parse_cb *parse)
{
    for (size_t i = 0; i < n; i++) {
        struct svec words = SVEC_EMPTY_INITIALIZER;
        struct ds got = DS_EMPTY_INITIALIZER;
        char *error;

        svec_parse_words(&words, cases[i].line);
        svec_terminate(&words);
        error = parse(words.n, words.names, &got);
        if (error) {
            ds_clear(&got);
            ds_put_format(&got, "!%s", error);
        }
        script_check(cases[i].name, cases[i].expected, ds_cstr(&got));
        free(error);
        ds_destroy(&got);
        svec_destroy(&words);
    }
}

static void
format_ips(const struct hook_ips *ips, struct ds *out)
{
    for (size_t i = 0; i < ips->n; i++) {
        ds_put_format(out, " %s", script_ip_string(&ips->ips[i]));
    }
}

static char *
parse_vxlan(int argc, char *argv[], struct ds *out)
{
    struct hook_vxlan_args args;
    char *error = hook_vxlan_args_parse(&args, argc, argv);

    ds_put_format(out, "%s %"PRIu32, args.add ? "add" : "delete", args.vni);
    return error;
}

static void
test_vxlan(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "4.16 adds", "x -v 5001 -p eth1 -b brvx-5001 -o add", "add 5001" },
        { "4.22 adds", "x -o add -v 5001 -p cloudbr1 -b brvx-5001",
          "add 5001" },
        { "with IPv6", "x -o add -v 5001 -p eth1 -b brvx-5001 -6",
          "add 5001" },
        { "-6 is a flag", "x -6 -o add -v 5001 -p eth1 -b brvx-5001",
          "add 5001" },
        { "4.16 deletes", "x -o delete -v 5001 -p vx -b brvx-5001 -d true",
          "delete 5001" },
        { "deletion does not look at the bridge",
          "x -o delete -v 5001 -p vx -b brvx-77", "delete 5001" },
        { "options of releases to come",
          "x -q 5 -z -o add --mode=evpn -v 5001 -p eth1 -b brvx-5001 -y",
          "add 5001" },
        { "nothing", "x", "!usage: -o add|delete -v VNI -p DEVICE -b "
          "BRIDGE" },
        { "no operation", "x -v 1 -p eth0 -b brvx-1",
          "!usage: -o add|delete -v VNI -p DEVICE -b BRIDGE" },
        { "no VNI", "x -o add -p eth0 -b brvx-1",
          "!usage: -o add|delete -v VNI -p DEVICE -b BRIDGE" },
        { "other operation", "x -o remove -v 1",
          "!operation \"remove\" is neither add nor delete" },
        { "no value", "x -o add -v", "!option -v needs a value" },
        { "bad VNI", "x -o add -v 16777216",
          "!VNI 16777216 is not in the range 1...16777215" },
        { "another bridge", "x -o add -v 5 -b brvx-6",
          "!bridge \"brvx-6\" is not brvx-5, the one of VNI 5" },
        { "a bridge with zeros", "x -o add -v 5 -b brvx-05",
          "!bridge \"brvx-05\" is not brvx-5, the one of VNI 5" },
    };

    check_all(cases, ARRAY_SIZE(cases), parse_vxlan);
}

static char *
parse_macip(int argc, char *argv[], struct ds *out)
{
    struct hook_macip_args args;
    char *error = hook_macip_args_parse(&args, argc, argv);

    ds_put_format(out, "%s %s "ETH_ADDR_FMT, args.add ? "add" : "delete",
                  args.bridge ? args.bridge : "-", ETH_ADDR_ARGS(args.mac));
    format_ips(&args.ips, out);
    hook_macip_args_uninit(&args);
    return error;
}

static void
test_macip(void **state OVS_UNUSED)
{
    static const char usage[] = "!usage: -o add|delete -b BRIDGE -m MAC "
                                "[-4 IP]... [-6 IP]...";
    const struct case_ cases[] = {
        { "4.23 adds", "x -o add -b brvx-5 -m 02:01:00:D1:00:05 -4 10.0.0.5 "
          "-4 10.0.0.6 -6 fe80::1:ff:fed1:5 -6 fd00::5",
          "add brvx-5 02:01:00:d1:00:05 10.0.0.5 10.0.0.6 fe80::1:ff:fed1:5 "
          "fd00::5" },
        { "no IPv4", "x -o add -b brvx-5 -m 02:01:00:d1:00:05 -6 fe80::1",
          "add brvx-5 02:01:00:d1:00:05 fe80::1" },
        { "an IP twice", "x -o add -b brvx-5 -m 02:01:00:d1:00:05 -6 fd00::1 "
          "-6 FD00:0::1", "add brvx-5 02:01:00:d1:00:05 fd00::1" },
        { "4.23 deletes", "x -o delete -b br-int -m 02:01:00:d1:00:05",
          "delete br-int 02:01:00:d1:00:05" },
        { "deletes without a bridge", "x -o delete -m 02:01:00:d1:00:05",
          "delete - 02:01:00:d1:00:05" },
        { "no bridge", "x -o add -m 02:01:00:d1:00:05", usage },
        { "no MAC", "x -o add -b brvx-5", usage },
        { "bad MAC", "x -o add -b brvx-5 -m 02:01",
          "!MAC \"02:01\" is malformed; write it as \"xx:xx:xx:xx:xx:xx\""
        },
        { "IPv4 as IPv6", "x -o add -b brvx-5 -m 02:01:00:d1:00:05 -6 "
          "10.0.0.1", "!IP \"10.0.0.1\" is not IPv6" },
    };

    check_all(cases, ARRAY_SIZE(cases), parse_macip);
}

static char *
parse_sg(int argc, char *argv[], struct ds *out)
{
    struct hook_sg_args args;
    char *error = hook_sg_args_parse(&args, argc, argv);

    ds_put_format(out, "%d", args.command);
    if (args.vm) {
        ds_put_format(out, " vm=%s", args.vm);
    }
    if (args.vm_id) {
        ds_put_format(out, " id=%s", args.vm_id);
    }
    if (args.has_mac) {
        ds_put_format(out, " "ETH_ADDR_FMT, ETH_ADDR_ARGS(args.mac));
    }
    if (args.tap) {
        ds_put_format(out, " %s@%s", args.tap,
                      args.bridge ? args.bridge : "-");
    }
    if (args.sequence) {
        ds_put_format(out, " seq=%s/%s", args.sequence, args.signature);
    }
    if (args.rules) {
        ds_put_format(out, " rules=%s", args.rules);
    }
    ds_put_format(out, "%s%s", args.check ? " check" : "",
                  args.remove ? " remove" : "");
    format_ips(&args.ips, out);
    hook_sg_args_uninit(&args);
    return error;
}

static void
test_sg(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "agent's start", "x can_bridge_firewall --privnic cloudbr0", "0" },
        { "default rules", "x default_network_rules --vmname i-2-55-VM "
          "--vmid 55 --vmip 10.1.1.15 --vmip6 fd00::15 --vmmac "
          "02:01:00:d1:00:05 --vif vnet3 --brname brvx-1001 --nicsecips "
          "10.1.1.16;10.1.1.17; --isFirstNic --check",
          "1 vm=i-2-55-VM id=55 02:01:00:d1:00:05 vnet3@brvx-1001 check "
          "10.1.1.15 fd00::15 10.1.1.16 10.1.1.17" },
        { "without secondary IPs", "x default_network_rules --vmname v "
          "--vmmac 02:01:00:d1:00:05 --nicsecips 0; --vmip 10.1.1.15",
          "1 vm=v 02:01:00:d1:00:05 10.1.1.15" },
        { "what Java writes for none", "x default_network_rules --vmname v "
          "--vmmac 02:01:00:d1:00:05 --vmip6 null",
          "1 vm=v 02:01:00:d1:00:05" },
        { "rules", "x add_network_rules --vmname v --vmid 55 --vmip "
          "10.1.1.15 --sig d41d --seq 7 --vmmac 02:01:00:d1:00:05 --vif "
          "vnet3 --brname brvx-1001 --nicsecips 0; --rules "
          "I:tcp;22;22;0.0.0.0/0,NEXT;",
          "2 vm=v id=55 02:01:00:d1:00:05 vnet3@brvx-1001 seq=7/d41d "
          "rules=I:tcp;22;22;0.0.0.0/0,NEXT; 10.1.1.15" },
        { "with equals signs", "x add_network_rules --vmname=v "
          "--vmmac=02:01:00:d1:00:05 --rules=", "2 vm=v 02:01:00:d1:00:05 "
          "rules=" },
        { "whole VM goes", "x destroy_network_rules_for_vm --vmname v "
          "--vif vnet3", "3 vm=v vnet3@-" },
        { "secondary IP", "x network_rules_vmSecondaryIp --vmname v --vmmac "
          "02:01:00:d1:00:05 --nicsecips 10.1.1.18 --action=-D",
          "4 vm=v 02:01:00:d1:00:05 remove 10.1.1.18" },
        { "secondary IP comes", "x network_rules_vmSecondaryIp --vmname v "
          "--vmmac 02:01:00:d1:00:05 --nicsecips 10.1.1.18 --action -A",
          "4 vm=v 02:01:00:d1:00:05 10.1.1.18" },
        { "logs", "x get_rule_logs_for_vms", "5" },
        { "cleanup", "x cleanup_rules", "6" },
        { "system VM", "x default_network_rules_systemvm --vmname r-4-VM "
          "--localbrname cloud0", "8 vm=r-4-VM" },
        { "nothing", "x", "!no command" },
        { "no VM", "x default_network_rules --vmmac 02:01:00:d1:00:05",
          "!option --vmname is missing" },
        { "no MAC", "x add_network_rules --vmname v",
          "!option --vmmac is missing" },
        { "no secondary IP", "x network_rules_vmSecondaryIp --vmname v "
          "--vmmac 02:01:00:d1:00:05 --nicsecips 0 --action=-A",
          "!option --nicsecips names no IP" },
        { "bad action", "x network_rules_vmSecondaryIp --vmname v "
          "--action=-X", "!--action=-X is neither -A nor -D" },
    };

    check_all(cases, ARRAY_SIZE(cases), parse_sg);
}

static char *
parse_qemu(int argc, char *argv[], struct ds *out)
{
    struct hook_qemu_args args;
    char *error = hook_qemu_args_parse(&args, argc, argv);

    ds_put_format(out, "%d %d", args.operation,
                  hook_failure_status("qemu", argc, argv));
    return error;
}

/* What is done, and whether a failure is one. */
static void
test_qemu(void **state OVS_UNUSED)
{
    static const struct case_ cases[] = {
        { "before", "x vm prepare begin -", "3 0" },
        { "gate", "x vm start begin -", "0 1" },
        { "it runs", "x vm started begin -", "3 0" },
        { "it stops", "x vm stopped end -", "3 0" },
        { "it has gone", "x vm release end migrated", "2 0" },
        { "it comes", "x vm migrate begin -", "1 1" },
        { "it comes back", "x vm restore begin -", "1 1" },
        { "libvirtd was restarted", "x vm reconnect begin -", "3 0" },
        { "what is to come", "x vm conquer begin -", "3 0" },
        { "not enough", "x vm start", "!2 arguments, not at least three: "
          "DOMAIN, OPERATION and SUB-OPERATION" },
    };

    check_all(cases, ARRAY_SIZE(cases), parse_qemu);
}

/* What a failure is to those who call the others. */
static void
test_failures(void **state OVS_UNUSED)
{
    static const struct {
        const char *line;
        int expected;
    } cases[] = {
        { "modifyvxlan.sh -o add -v 5", 1 },
        { "modifyvxlan.sh -o delete -v 5", 0 },
        { "modifyvxlan-evpn.sh -o add -v 5", 1 },
        { "modifyvxlan-evpn.sh -v 5 -p vx -o delete", 0 },
        { "modifymacip.sh -o delete -m 02:01:00:d1:00:05", 1 },
        { "security_group.py add_network_rules", 1 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct svec words = SVEC_EMPTY_INITIALIZER;

        svec_parse_words(&words, cases[i].line);
        svec_terminate(&words);
        assert_int_equal(hook_failure_status(words.names[0], words.n,
                                             words.names),
                         cases[i].expected);
        svec_destroy(&words);
    }
}

static void
test_port_id(void **state OVS_UNUSED)
{
    char id[PORT_ID_LEN + 1];

    /* As Python's uuid.uuid5() makes it. */
    port_id_from_mac(script_parse_mac("02:01:00:D1:00:05"), id);
    assert_string_equal(id, "be60f8a3-0afa-5415-84a4-10776b4a50a4");
}

static void
test_link_local(void **state OVS_UNUSED)
{
    struct in6_addr ip = hook_link_local(
        script_parse_mac("02:01:00:d1:00:05"));

    assert_string_equal(script_ip_string(&ip), "fe80::1:ff:fed1:5");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vxlan),
        cmocka_unit_test(test_macip),
        cmocka_unit_test(test_sg),
        cmocka_unit_test(test_qemu),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_port_id),
        cmocka_unit_test(test_link_local),
    };

    return cmocka_run_group_tests_name("hook-args", tests, NULL, NULL);
}
