# Copyright (c) 2026 The ovs-ext Authors.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at:
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""ovs-ext-ctl and ovs-appctl, as an operator types them."""

import json
import re

import pytest

from fabric import wait_for

pytestmark = pytest.mark.ctl

MAC = "52:54:00:00:00:01"

# Each is one line, says what is wrong with what, and changes nothing.
MISTAKES = {
    "VNI 0": ("net-add n 0",
              "net-add: VNI 0 is not in the range 1...16777215"),
    "VNI too large": ("net-add n 16777216",
                      "net-add: VNI 16777216 is not in the range "
                      "1...16777215"),
    "VNI negative": ("net-add n -5", 'net-add: VNI "-5" is not a number; '
                     "choose one in the range 1...16777215"),
    "VNI is a word": ("net-add n ten", 'net-add: VNI "ten" is not a number; '
                      "choose one in the range 1...16777215"),
    "VNI used": ("net-add n 10100", 'VNI 10100 is used by network "red"; '
                 "choose another one"),
    "VNI used, by set": ("set Network red vni=10200",
                         re.compile("transaction error: .*multiple rows in "
                                    ".*10200")),
    "network twice": ("net-add red 10300", 'network "red" already exists, '
                      "with VNI 10100"),
    "network may exist, with another VNI": (
        "--may-exist net-add red 10300",
        'network "red" already exists, with VNI 10100'),
    "VNI of a VPC": ("net-add n 9", 'VNI 9 is the L3VNI of VPC "v"; choose '
                     "another one"),
    "L3VNI 0": ("vpc-add w 0", "vpc-add: VNI 0 is not in the range "
                "1...16777215"),
    "L3VNI used": ("vpc-add w 9", 'L3VNI 9 is used by VPC "v"; choose another '
                   "one"),
    "L3VNI of a network": ("vpc-add w 10100", "L3VNI 10100 is the VNI of "
                           'network "red"; choose another one'),
    "VPC twice": ("vpc-add v 11", 'VPC "v" already exists, with L3VNI 9'),
    "VPC may exist, with another L3VNI": (
        "--may-exist vpc-add v 11", 'VPC "v" already exists, with L3VNI 9'),
    "unknown VPC": ("net-set-vpc red w", 'VPC "w" does not exist; '
                    '"ovs-ext-ctl vpc-list" lists those that do'),
    "VPC with a network": ("vpc-del v", 'network "red" is in VPC "v"; take '
                           'it out with "ovs-ext-ctl net-set-vpc red" first'),
    "gateway without prefix": (
        "net-set-gateway red 10.0.0.1",
        'net-set-gateway: gateways: gateway "10.0.0.1" has no prefix length; '
        'write it as "10.0.0.1/24" or "2001:db8::1/64"'),
    "gateway's MAC": (
        "--mac=01:00:5e:00:00:01 net-set-gateway red 10.0.0.1/24",
        'net-set-gateway: gateway_mac: "01:00:5e:00:00:01" is not a unicast '
        'MAC; write one as "xx:xx:xx:xx:xx:xx", or nothing for the default'),
    "name with a space": (["net-add", "a b", "5"],
                          'net-add: the name "a b" has a space or a control '
                          "character in it"),
    "no name": (["net-add", "", "5"], "net-add: the name is empty"),
    "unknown network": (f"port-add green p {MAC}",
                        'network "green" does not exist; "ovs-ext-ctl '
                        'net-list" lists those that do'),
    "multicast MAC": ("port-add red p 01:00:5e:00:00:01",
                      'port-add: MAC "01:00:5e:00:00:01" is a multicast '
                      "address; give the VM's own, unicast"),
    "broadcast MAC": ("port-add red p ff:ff:ff:ff:ff:ff",
                      'port-add: MAC "ff:ff:ff:ff:ff:ff" is a multicast '
                      "address; give the VM's own, unicast"),
    "zero MAC": ("port-add red p 00:00:00:00:00:00",
                 'port-add: MAC "00:00:00:00:00:00" is zero; give the VM\'s'),
    "malformed MAC": ("port-add red p 52:54:00:00:00",
                      'port-add: MAC "52:54:00:00:00" is malformed; write it '
                      'as "xx:xx:xx:xx:xx:xx"'),
    "MAC used": ("port-add red p 52:54:00:00:00:0a",
                 'MAC 52:54:00:00:00:0a is used by port "a" of network '
                 '"red"; give another one'),
    "IP used": (f"port-add red p {MAC} 10.0.0.10",
                'IP 10.0.0.10 is used by port "a" of network "red"; give '
                "another one"),
    "IPv6 used, written otherwise": (
        f"port-add red p {MAC} FD00:0::0010",
        'IP fd00::10 is used by port "a" of network "red"; give another one'),
    "IP twice": (f"port-add red p {MAC} fd00::1 fd00:0:0::1",
                 'port-add: IP "fd00:0:0::1" is given twice; give it once'),
    "IP with a prefix length": (
        f"port-add red p {MAC} 10.0.0.1/24",
        'port-add: IP "10.0.0.1/24" is malformed; write one IPv4 or IPv6 '
        "address, without a prefix length"),
    "IP out of range": (f"port-add red p {MAC} 10.0.0.256",
                        'port-add: IP "10.0.0.256" is malformed; write one '
                        "IPv4 or IPv6 address"),
    "multicast IP": (f"port-add red p {MAC} 224.0.0.1",
                     'port-add: IP "224.0.0.1" is a multicast address; give '
                     "that of a host"),
    "IPv6 multicast": (f"port-add red p {MAC} ff02::1",
                       'port-add: IP "ff02::1" is a multicast address; give '
                       "that of a host"),
    "loopback": (f"port-add red p {MAC} 127.0.0.1",
                 'port-add: IP "127.0.0.1" is a loopback address; give that '
                 "of a host"),
    "unspecified": (f"port-add red p {MAC} ::",
                    'port-add: IP "::" is the unspecified address; give that '
                    "of a host"),
    "broadcast": (f"port-add red p {MAC} 255.255.255.255",
                  'port-add: IP "255.255.255.255" is the broadcast address; '
                  "give that of a host"),
    "port twice": (f"port-add red a {MAC}",
                   'port "a" already exists in network "red"'),
    "port may exist, with other addresses": (
        f"--may-exist port-add red a {MAC}",
        'port "a" already exists, with other addresses or in network "red"'),
    "security of a port that is not there": (
        "port-set-security p on", 'port "p" does not exist; "ovs-ext-ctl '
        'port-list" lists those that do'),
    "security neither on nor off": (
        "port-set-security a yes",
        'port-set-security: "yes" is none of on, off and auto'),
    "pair with bits behind its length": (
        "port-set-address-pairs a 10.0.0.1/24",
        'port-set-address-pairs: "10.0.0.1/24" has bits behind its length; '
        'write "10.0.0.0/24", or the address without a length'),
    "pair with a malformed MAC": (
        ["port-set-address-pairs", "a", "10.0.0.1 x"],
        'port-set-address-pairs: MAC "x" is malformed; write it as '
        '"xx:xx:xx:xx:xx:xx"'),
    "pair twice": (
        "port-set-address-pairs a 10.0.0.1 10.0.0.1/32",
        'port-set-address-pairs: "10.0.0.1/32" is given twice; give it once'),
    "unknown service": (
        "port-set-allow a dns", 'port-set-allow: "dns" is none of '
        "dhcp-server and router-advertisement"),
    "port is not there": ("port-del p", 'port "p" does not exist; '
                          '"ovs-ext-ctl port-list" lists those that do'),
    "network is not there": ("net-del n", 'network "n" does not exist; '
                             '"ovs-ext-ctl net-list" lists those that do'),
    "second command fails": (["net-add", "n", "5", "--", "net-add", "m", "5"],
                             'VNI 5 is used by network "n"; choose another '
                             "one"),
    "unknown command": ("net-adds n 5", "unknown command 'net-adds'; use "
                        "--help for help"),
    "too few arguments": ("net-add n", re.compile(
        "'net-add' command requires at least 2 arguments")),
    "timeout of nothing": ("--timeout=0 net-list",
                           "value 0 on -t or --timeout is not a positive "
                           "number of seconds"),
    "wait for whom": ("--wait=ever net-list",
                      '--wait=ever is neither "none" nor "host"'),
}


@pytest.fixture
def hv(lab):
    lab.hv1.sh("ovs-ext-ctl net-add red 10100 -- net-add blue 10200 -- "
               "port-add red a 52:54:00:00:00:0a 10.0.0.10 fd00::10")
    return lab.hv1


def contents(hv):
    return [hv.run("ovsdb-client", "dump", "OVS_Ext", table)
            for table in ("Network", "Port", "VPC")]


def test_mistakes(hv):
    hv.run("ovs-ext-ctl", "vpc-add", "v", 9, "--", "net-set-vpc", "red", "v")
    before = contents(hv)
    found = {}
    for name, (args, wanted) in MISTAKES.items():
        status, text = hv.try_run("ovs-ext-ctl", *(
            args.split() if isinstance(args, str) else args))
        assert (status, text.count("\n")) == (1, 1), f"{name}: {text}"
        message = text.strip().removeprefix("ovs-ext-ctl: ")
        is_wanted = (message == wanted if isinstance(wanted, str)
                     else wanted.search(message))
        found[name] = wanted if is_wanted else message
    assert found == {name: wanted for name, (_, wanted) in MISTAKES.items()}
    assert contents(hv) == before


def test_lists_and_show(hv):
    ctl = ["ovs-ext-ctl"]
    assert hv.run(*ctl, "net-list") == "blue 10200\nred 10100\n"
    assert hv.run(*ctl, "port-list") == (
        "a 52:54:00:00:00:0a 10.0.0.10 fd00::10\n")
    assert hv.run(*ctl, "port-list", "blue") == ""
    assert hv.run(*ctl, "--wait=host", "show") == (
        "Host hv1\n"
        "    vtep_ips: 192.0.2.11\n"
        f"    version: {version(hv)}\n"
        "Network blue\n"
        "    vni: 10200\n"
        "Network red\n"
        "    vni: 10100\n"
        "    Port a\n"
        "        macs: 52:54:00:00:00:0a\n"
        "        ips: 10.0.0.10, fd00::10\n"
        "        state: down\n")
    hv.run(*ctl, "--may-exist", "net-add", "red", 10100, "--", "--may-exist",
           "port-add", "red", "a", "52:54:00:00:00:0A", "FD00::10",
           "10.0.0.10")
    hv.run(*ctl, "--if-exists", "port-del", "x", "--", "--if-exists",
           "net-del", "y")
    hv.run(*ctl, "net-del", "red")
    assert hv.run(*ctl, "port-list") == ""


def version(hv):
    return hv.run("ovs-ext", "--version").split()[1]


def test_generic_commands(hv):
    ctl = ["ovs-ext-ctl"]
    hv.run(*ctl, "set", "Network", "red", "mtu=1450",
           "external_ids:tenant=acme")
    assert hv.run(*ctl, "get", "Network", "red", "mtu",
                  "external_ids:tenant") == "1450\nacme\n"
    assert hv.run(*ctl, "--bare", "--columns=name", "find", "Network",
                  "external_ids:tenant=acme") == "red\n"
    row = hv.run(*ctl, "--id=@n", "create", "Network", "name=green",
                 "vni=10300").strip()
    assert hv.run(*ctl, "--bare", "--columns=_uuid", "list", "Network",
                  "green").strip() == row
    hv.run(*ctl, "destroy", "Network", "green")
    assert hv.run(*ctl, "net-list") == "blue 10200\nred 10100\n"
    hv.run(*ctl, "--dry-run", "net-del", "red")
    assert hv.run(*ctl, "--oneline", "net-list") == (
        "blue 10200\\nred 10100\n")


def test_what_a_vm_may_send(hv):
    def get(column):
        return hv.run("ovs-ext-ctl", "get", "Port", "a", column).strip()
    hv.run("ovs-ext-ctl", "port-set-security", "a", "on", "--",
           "port-set-address-pairs", "a", "10.0.0.0/24",
           "FD00::1/128 0:0:5e:0:1:5", "--", "port-set-allow", "a",
           "dhcp-server")
    assert get("port_security") == "true"
    assert get("allowed_address_pairs") == (
        '["10.0.0.0/24", "fd00::1 00:00:5e:00:01:05"]')
    assert get("allow") == "[dhcp-server]"
    shown = hv.run("ovs-ext-ctl", "show")
    assert "port_security: on" in shown and "allow: dhcp-server" in shown
    assert ("allowed_address_pairs: 10.0.0.0/24, fd00::1 00:00:5e:00:01:05"
            in shown)
    hv.run("ovs-ext-ctl", "port-set-security", "a", "auto", "--",
           "port-set-address-pairs", "a", "--", "port-set-allow", "a")
    assert [get("port_security"), get("allowed_address_pairs"),
            get("allow")] == ["[]"] * 3


def test_wait_host(lab, hv):
    """--wait=host returns when the port is in force, not before."""
    red = lab.network("red", 10100)
    lab.vm(hv, "vm1", red, MAC, row=False)
    hv.run("ovs-ext-ctl", "--wait=host", "--timeout=10", "port-add", "red",
           "vm1", "52:54:00:00:00:aa", "10.0.0.7")
    flows = hv.run("ovs-ofctl", "dump-flows", "br-int", "table=32")
    assert "dl_dst=52:54:00:00:00:aa" in flows and MAC not in flows
    assert "52:54:00:00:00:aa dev oe-10100 master brvx-10100 static" in (
        hv.run("bridge", "fdb", "show", "br", "brvx-10100"))
    assert hv.run("ovs-ext-ctl", "get", "Port", "vm1", "host", "up") == (
        "hv1\ntrue\n")
    hv.run("ovs-ext-ctl", "--wait=host", "port-del", "vm1")
    assert MAC in hv.run("ovs-ofctl", "dump-flows", "br-int", "table=32")


def test_wait_for_a_dead_host(hv):
    hv.kill("ovs-ext")
    status, text = hv.try_run("ovs-ext-ctl", "--wait=host", "--timeout=1",
                              "net-add", "late", 10400)
    hv.start_ovs_ext()
    assert (status, text) == (
        1, "ovs-ext-ctl: the changes are committed, but not in force on "
        "host(s) hv1 within 1 seconds\n")
    hv.run("ovs-ext-ctl", "--wait=host", "--timeout=10", "init")


def test_no_database(lab, hv):
    lab.expect("db.sock|ovsdb")
    status, text = hv.try_run("ovs-ext-ctl", "--db=unix:/run/no.sock",
                              "net-list")
    assert (status, text) == (
        1, "ovs-ext-ctl: unix:/run/no.sock: database connection failed "
        "(No such file or directory)\n")


def test_bad_rows(lab, hv):
    """What reaches the database by another way is a problem of its row; the
    rest of the row, and all others, work."""
    red = lab.network("red", 10100)
    lab.vm(hv, "vm1", red, MAC, row=False)
    lab.vm(hv, "vm2", red, "52:54:00:00:00:02", "10.0.0.2/24")
    uuid = hv.run("ovs-ext-ctl", "--bare", "--columns=_uuid", "list",
                  "Network", "red").strip()
    hv.run("ovs-ext-ctl", "--wait=host", "create", "Port", "name=vm1",
           f"network={uuid}", f'macs=["{MAC}","mac"]',
           'ips=["10.0.0.1","10.0.0.300"]')
    hv.settled()
    problems = hv.appctl_json("problems")
    assert [(p["object"], p["topic"]) for p in problems] == [
        ("port/vm1", "row")]
    assert '"mac" is malformed' in problems[0]["problem"]
    assert '"10.0.0.300" is malformed' in problems[0]["problem"]
    wait_for(lambda: "malformed" in hv.run("ovs-ext-ctl", "show"),
             "the problem is in the database")
    shown = {p["port"]: p for p in hv.appctl_json("port/show")}
    assert (shown["vm1"]["macs"], shown["vm1"]["ips"]) == (
        [MAC], ["10.0.0.1"])
    hv.run("ovs-ext-ctl", "--wait=host", "set", "Port", "vm1",
           f'macs="{MAC}"', 'ips="10.0.0.1"')
    assert hv.appctl_json("problems") == []
    hv.run("ovs-ext-ctl", "port-del", "vm1")


def test_same_address_at_two_ports(lab, hv):
    """The first by name has it; when it goes, the other gets it."""
    red = lab.network("red", 10100)
    one = lab.vm(hv, "vm1", red, MAC, row=False)
    two = lab.vm(hv, "vm2", red, MAC, row=False)
    hv.settled()
    assert [(p["object"], p["topic"]) for p in hv.appctl_json("problems")
            ] == [("port/vm2", f"duplicate MAC {MAC}")]
    assert [m["location"] for m in hv.appctl_json("evpn/macs", 10100)] == [
        "port vm1"]
    lab.remove_vm(one)
    hv.settled()
    wait_for(lambda: [m["location"] for m in hv.appctl_json(
        "evpn/macs", 10100)] == ["port vm2"], "vm2 has the MAC")
    assert hv.appctl_json("problems") == []
    lab.remove_vm(two)


def test_host_settings(lab, hv):
    """A setting that makes no sense is a problem of the host, and its default
    is used."""
    for key, value, topic in (
            ("ovs-ext-vtep-ip", "10.0.0", "vtep-ip"),
            ("ovs-ext-shadow-port", "4789", "shadow-port"),
            ("ovs-ext-frr", "perhaps", "frr-mode"),
            ("ovs-ext-frr-hold", "soon", "frr-hold"),
            ("ovs-ext-remote", "nowhere", "remote"),
            ("ovn-remote", "unix:/run/ovnsb_db.sock", "ovn")):
        old = hv.run("ovs-vsctl", "--if-exists", "get", "Open_vSwitch", ".",
                     f"external_ids:{key}").strip()
        hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
               f"external_ids:{key}=\"{value}\"")
        wait_for(lambda topic=topic: ("host", topic) in {
            (p["object"], p["topic"]) for p in hv.appctl_json("problems")},
            f"problem about {key}")
        hv.run("ovs-vsctl", *(
            ["set", "Open_vSwitch", ".", f"external_ids:{key}={old}"] if old
            else ["remove", "Open_vSwitch", ".", "external_ids", key]))
        wait_for(lambda: hv.appctl_json("problems") == [],
                 f"no problem about {key}", on_timeout=lambda:
                 str(hv.appctl_json("problems")))


APPCTL_MISTAKES = {
    "network/show green": 'no network "green" on this host; "ovs-appctl -t '
                          'ovs-ext network/show" lists them',
    "port/show vm9": 'no port "vm9" on this host; "ovs-appctl -t ovs-ext '
                     'port/show" lists them',
    "evpn/macs 7": 'no network "7" on this host; "ovs-appctl -t ovs-ext '
                   'network/show" lists them',
    "flows/show nobody": "nobody: no owner is named like this; owners are "
                         "host, network/VNI, port/PORT, local-mac/VNI/MAC, "
                         "local-ip/VNI/IP, remote-mac/VNI/MAC, nhg/ID, "
                         "acl/VNI, security-group/UUID, rule/UUID, "
                         "group-addr/TAG/IP, vpc/L3VNI, remote-ip/VNI/IP, "
                         "route/L3VNI/PREFIX, router-mac/L3VNI/VTEP, hops/ID",
    "status --xml": '--xml: unexpected argument; "ovs-appctl -t ovs-ext '
                    'list-commands" shows the usage',
}


def test_appctl_mistakes(hv):
    found = {command: hv.try_run("ovs-appctl", "-t", "ovs-ext",
                                 *command.split())
             for command in APPCTL_MISTAKES}
    assert found == {
        command: (2, f"{text}\novs-appctl: ovs-ext: server returned an "
                  "error\n") for command, text in APPCTL_MISTAKES.items()}


def test_appctl_json(lab, hv):
    """Each command that shows something has --json, and says the same."""
    red = lab.network("red", 10100)
    lab.vm(hv, "vm1", red, MAC, "10.0.0.1/24", "fd00::1/64")
    hv.settled()
    for command in ("status", "problems", "network/show", "port/show",
                    "evpn/vteps", "evpn/macs", "evpn/neighbors",
                    "flows/show"):
        text, data = hv.appctl(command), hv.appctl_json(command)
        assert isinstance(data, list)
        for row in data:
            for value in (row.values() if isinstance(row, dict) else [row]):
                if isinstance(value, (str, int)) and not isinstance(
                        value, bool) and command != "status":
                    assert str(value) in text, (command, value)
    assert [(n["ip"], n["location"]) for n in hv.appctl_json(
        "evpn/neighbors", 10100)] == [("10.0.0.1", "port vm1"),
                                      ("fd00::1", "port vm1")]
    owner = f"local-mac/10100/{MAC}"
    assert hv.appctl("flows/show", owner).startswith(
        "table=32, priority=100,metadata=0x2774,dl_dst=52:54:00:00:00:01 "
        "actions=")
    assert json.loads(hv.appctl("recompute", "--json"))[0][
        "flows_changed"] == 0
