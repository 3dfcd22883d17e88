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

"""Routing between the networks of a VPC, and with the fabric."""

import subprocess

import pytest

from fabric import Box, wait_for

pytestmark = pytest.mark.irb

MAC = "52:54:00:00:00:01"


@pytest.fixture
def hv(lab):
    lab.hv1.sh("ovs-ext-ctl vpc-add v 9 -- net-add red 10100 -- "
               "net-add blue 10200 -- net-set-vpc red v -- net-set-vpc blue v "
               "-- net-set-gateway red 10.0.0.1/24 2001:DB8::1/64 -- "
               "--mac=52:54:00:00:00:fe net-set-gateway blue 10.0.1.1/24")
    return lab.hv1


def problems(hv):
    """But for the lack of VRFs, which the kernel may have."""
    return {(p["object"], p["topic"]) for p in hv.appctl_json("problems")
            if p["topic"] != "kernel vpc/9"}


def test_ctl(hv):
    """What was written is shown, by both programs."""
    ctl = ["ovs-ext-ctl"]
    assert hv.run(*ctl, "vpc-list") == "v 9\n"
    hv.run(*ctl, "--may-exist", "vpc-add", "v", 9, "--", "--if-exists",
           "vpc-del", "w")
    shown = hv.run(*ctl, "--wait=host", "show")
    assert shown.partition("VPC")[1:] == (
        "VPC", " v\n"
        "    l3vni: 9\n"
        "Network blue\n"
        "    vni: 10200\n"
        "    vpc: v\n"
        "    gateways: 10.0.1.1/24\n"
        "    gateway_mac: 52:54:00:00:00:fe\n"
        "Network red\n"
        "    vni: 10100\n"
        "    vpc: v\n"
        "    gateways: 10.0.0.1/24, 2001:db8::1/64\n")
    wanted = {
        "blue": ("v", ["10.0.1.1/24"], "52:54:00:00:00:fe"),
        "red": ("v", ["10.0.0.1/24", "2001:db8::1/64"], "02:6f:65:00:27:74"),
    }
    assert {n["network"]: (n["vpc"], n["gateways"], n["gateway_mac"])
            for n in hv.appctl_json("network/show")} == wanted
    hv.run(*ctl, "--wait=host", "net-set-vpc", "red", "--",
           "net-set-gateway", "red")
    wanted["red"] = ("", [], "")
    assert {n["network"]: (n["vpc"], n["gateways"], n["gateway_mac"])
            for n in hv.appctl_json("network/show")} == wanted


def test_renamed_vpc(hv):
    hv.run("ovs-ext-ctl", "--wait=host", "set", "VPC", "v", "name=w")
    assert {n["vpc"] for n in hv.appctl_json("network/show")} == {"w"}


def test_bad_rows(hv):
    """A mistake is a problem of the object, in its row too; the rest goes
    on."""
    ctl = ["ovs-ext-ctl"]
    hv.run(*ctl, "set", "VPC", "v", "l3vni=10100", "--", "set", "Network",
           "blue", 'gateways=["10.0.1.0/24","10.0.1.1/24"]')
    wait_for(lambda: problems(hv) == {("vpc/v", "l3vni-in-use"),
                                      ("network/blue", "row")}, "problems",
             on_timeout=lambda: problems(hv))
    wait_for(lambda: "hv1: L3VNI 10100 is the VNI of network" in
             hv.run(*ctl, "get", "VPC", "v", "problems"), "problem in row")
    hv.run(*ctl, "set", "VPC", "v", "l3vni=9", "--",
           "net-set-gateway", "blue", "10.0.0.9/25")
    wait_for(lambda: problems(hv) == {("network/red", "gateway-overlap")},
             "problem of red", on_timeout=lambda: problems(hv))
    hv.run(*ctl, "clear", "VPC", "v", "l3vni", "--", "net-set-gateway",
           "blue")
    wait_for(lambda: problems(hv) == {("vpc/v", "no-l3vni")}, "problem of v",
             on_timeout=lambda: problems(hv))
    hv.run(*ctl, "--wait=host", "set", "VPC", "v", "l3vni=9")
    wait_for(lambda: hv.run(*ctl, "get", "VPC", "v", "problems") == "[]\n",
             "no problem in row")
    assert not problems(hv)


# Devices.

@pytest.mark.no_vrf
def test_without_vrf(lab, hv):
    """A kernel without VRFs is a problem of the VPC; Ethernet goes on, and
    gateways have no address where it would be the host's own."""
    lab.expect("vpc-9")
    red = lab.network("red", 10100)
    vm1 = lab.vm(hv, "vm1", red, MAC, "10.0.0.5/24")
    vm2 = lab.vm(lab.hv2, "vm2", red, "52:54:00:00:00:02", "10.0.0.6/24")
    lab.converged(red, vm1, vm2)
    wait_for(lambda: vm1.ping("10.0.0.6"), "ping")
    text = wait_for(lambda: next(
        (p["problem"] for p in hv.appctl_json("problems")
         if (p["object"], p["topic"]) == ("vpc/v", "kernel vpc/9")), None),
        "problem")
    assert text == ("the kernel refuses to create device vpc-9: Operation not "
                    "supported; it is tried again; load its module \"vrf\", "
                    "or this VPC is routed among its networks here only")
    bridge = hv.run("ip", "addr", "show", "dev", "brvx-10100")
    assert "inet" not in bridge and "master" not in bridge
    links = hv.run("ip", "-br", "link")
    assert "brl3-" not in links and "vxl3-" not in links
    # Without the VPC it is no problem.
    hv.run("ovs-ext-ctl", "net-set-vpc", "red")
    wait_for(lambda: not hv.appctl_json("problems"), "no problem",
             on_timeout=lambda: hv.appctl_json("problems"))


@pytest.mark.vrf
def test_devices(lab, hv):
    """The VPC's devices come and go with its networks' ports; what someone
    removes is there again."""
    red = lab.network("red", 10100)
    vm1 = lab.vm(hv, "vm1", red, MAC, "10.0.0.5/24")
    hv.settled()

    def complete():
        text = hv.run("ip", "addr")
        return all(word in text for word in (
            " vpc-9:", "brl3-9", "vxl3-9", "inet 10.0.0.1/24",
            "inet6 2001:db8::1/64", "brvx-10100")) and (
            "master vpc-9" in hv.run("ip", "link", "show", "brvx-10100"))
    wait_for(complete, "devices", timeout=60)
    for command in ("ip addr del 10.0.0.1/24 dev brvx-10100",
                    "ip addr del 2001:db8::1/64 dev brvx-10100",
                    "ip link set brvx-10100 nomaster",
                    "ip link del vxl3-9", "ip link del brl3-9",
                    "ip link del vpc-9"):
        hv.sh(command)
        wait_for(complete, f"devices after {command}", timeout=60)
        hv.settled()
        hv.run("ip", "neigh", "get", "10.0.0.5", "dev", "brvx-10100")
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled()
    assert complete()
    assert hv.appctl_json("status")[0]["kernel_writes"] == 0
    hv.unplug(vm1)
    wait_for(lambda: not any(word in hv.run("ip", "link") for word in (
        "vpc-9", "brl3-9", "vxl3-9", "brvx-")), "no devices", timeout=60)
    hv.plug(vm1)


# Stops one thread until its standard input ends.
FREEZE = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p,
                        ctypes.c_void_p]
thread = int(sys.argv[1])
for request in (0x4206, 0x4207):        # Seize it, interrupt it.
    if libc.ptrace(request, thread, None, None):
        sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(thread, 0x40000000)          # __WALL
print("frozen", flush=True)
sys.stdin.read()
libc.ptrace(17, thread, None, None)     # Detach.
"""


@pytest.mark.vrf
def test_zebra_misses_an_address(lab, hv):
    """zebra takes addresses in by another thread than links.  If it comes to
    an address before the device, it forgets the address: it is told again."""
    red = lab.network("red", 10100)
    freezer = hv.popen("python3", "-c", FREEZE, hv.daemon_pid("zebra"),
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert freezer.stdout.readline() == "frozen\n"
    lab.vm(hv, "vm1", red, MAC, "10.0.0.5/24")
    wait_for(lambda: all(
        address in hv.run("ip", "addr", "show", "dev", "brvx-10100")
        for address in ("10.0.0.1/24", "2001:db8::1/64")), "addresses",
             timeout=60)
    freezer.communicate()
    wait_for(lambda: all(
        prefix in hv.vtysh(f"show {ip} route vrf vpc-9 connected")
        for ip, prefix in (("ip", "10.0.0.0/24"), ("ipv6", "2001:db8::/64"))),
             "connected routes in zebra", timeout=60,
             on_timeout=lambda: hv.vtysh("show interface brvx-10100 vrf all"))


LEAF_AS = 65101


@pytest.mark.vrf
def test_routes_of_the_fabric(lab, hv):
    """What a leaf announces by type-5 is known with its router's MAC, and goes
    when it is withdrawn; the leaf has what this host announces."""
    lab.leaf.add_vpc(LEAF_AS, 9, "06:00:00:00:00:65",
                     ["10.5.0.1/24", "fd05::1/64"])
    lab.finally_do(lambda: lab.leaf.remove_vpc(LEAF_AS, 9))
    red = lab.network("red", 10100)
    lab.vm(hv, "vm1", red, MAC, "10.0.0.5/24", "2001:db8::5/64")
    hv.settled()

    def routes():
        return {(r["prefix"], r["next_hop"], r["vni"], r["router_mac"])
                for r in hv.appctl_json("evpn/routes", "v")}
    here = {("10.0.0.0/24", "network red", 10100, ""),
            ("2001:db8::/64", "network red", 10100, "")}
    there = {(prefix, "VTEP 192.0.2.101", 9, "06:00:00:00:00:65")
             for prefix in ("10.5.0.0/24", "fd05::/64")}
    wait_for(lambda: routes() == here | there, "routes",
             on_timeout=lambda: f"{routes()} {problems(hv)}")
    # The prefixes, and host routes, which win over them.
    wait_for(lambda: all(
        prefix in lab.leaf.run("ip", family, "route", "show", "vrf", "vrf9")
        for family, prefix in (("-4", "10.0.0.0/24"), ("-4", "10.0.0.5"),
                               ("-6", "2001:db8::/64"),
                               ("-6", "2001:db8::5"))), "routes of the leaf",
             on_timeout=lambda: lab.leaf.sh("ip route show vrf vrf9; "
                                            "ip -6 route show vrf vrf9"))
    assert "06:6f:c0:00:02:0b" in lab.leaf.run("ip", "neigh", "show", "dev",
                                               "br9")
    lab.leaf.sh("ip addr del 10.5.0.1/24 dev lan9")
    wait_for(lambda: routes() == here | {
        r for r in there if r[0] == "fd05::/64"}, "withdrawal",
             on_timeout=routes)


# FRR's configuration.

SECTIONS = {
    "vrf vpc-9": [" vni 9"],
    "router bgp 65011 vrf vpc-9": [
        " bgp router-id 192.0.2.11",
        " bgp bestpath as-path multipath-relax",
        " address-family ipv4 unicast", "  redistribute connected",
        " exit-address-family",
        " address-family ipv6 unicast", "  redistribute connected",
        " exit-address-family",
        " address-family l2vpn evpn", "  advertise ipv4 unicast",
        "  advertise ipv6 unicast", " exit-address-family"],
}


def sections(hv):
    """What FRR has that names a VRF: lines by section."""
    found, section = {}, None
    for line in hv.vtysh("show running-config").splitlines():
        if not line.strip(" !"):
            continue
        if not line.startswith(" "):
            section = line if "vrf vpc-" in line else None
        if section and line == section:
            found[section] = []
        elif section:
            found[section].append(line)
    return found


def wait_for_sections(hv, wanted):
    wait_for(lambda: sections(hv) == wanted, f"{hv.name}: sections of FRR",
             on_timeout=lambda: f"{sections(hv)} {problems(hv)}")


def frr_check(hv):
    return hv.appctl_json("frr/check")


@pytest.fixture
def vm(lab, hv):
    """The only one in the VPC."""
    lab.expect("vpc-9|VRF|L3VNI")
    red = lab.network("red", 10100)
    vm = lab.vm(hv, "vm1", red, MAC, "10.0.0.5/24")
    hv.settled()
    return vm


def test_frr_managed(lab, hv, vm):
    """A VPC's sections come and go with its first and last port, and the
    operator's lines in them stay."""
    wait_for_sections(hv, SECTIONS)
    assert frr_check(hv) == []
    assert sections(lab.hv2) == {}
    hv.run("vtysh", "-c", "configure terminal", "-c",
           "router bgp 65011 vrf vpc-9", "-c", "no bgp default ipv4-unicast",
           "-c", "no bgp bestpath as-path multipath-relax")
    # Unless it has been written again already; what is not ours is no
    # difference.
    assert {line["line"] for line in frr_check(hv)} <= {
        "bgp bestpath as-path multipath-relax"}
    mixed = dict(SECTIONS)
    mixed["router bgp 65011 vrf vpc-9"] = [
        SECTIONS["router bgp 65011 vrf vpc-9"][0],
        " no bgp default ipv4-unicast",
        *SECTIONS["router bgp 65011 vrf vpc-9"][1:]]
    wait_for_sections(hv, mixed)
    hv.unplug(vm)
    wait_for_sections(hv, {"router bgp 65011 vrf vpc-9": [
        " no bgp default ipv4-unicast"]})
    hv.run("vtysh", "-c", "configure terminal", "-c",
           "no router bgp 65011 vrf vpc-9")
    hv.plug(vm)
    wait_for_sections(hv, SECTIONS)
    hv.unplug(vm)
    wait_for_sections(hv, {})
    hv.plug(vm)


def test_frr_restarted(lab, hv, vm):
    """A daemon that comes back gets what it forgot; what is not wanted any
    more by an ovs-ext that comes back goes."""
    lab.expect("frr|FRR|vty|connection|netlink|nexthop")
    wait_for_sections(hv, SECTIONS)
    for daemon, start in (("bgpd", hv.start_bgpd), ("zebra", hv.start_zebra)):
        hv.kill(daemon)
        start()
        wait_for_sections(hv, SECTIONS)
    wait_for(lambda: ("host", "frr") in problems(hv),
             "it is told that bgpd has to be restarted, too")
    hv.kill("bgpd")
    hv.start_bgpd()
    wait_for_sections(hv, SECTIONS)
    wait_for(lambda: not problems(hv), "no problem", on_timeout=lambda:
             problems(hv))
    lab.fabric.wait_for_bgp(hv)
    # Else bgpd would keep a route that the new zebra never knew of.
    wait_for(lambda: "10.0.0.5" in hv.vtysh("show evpn arp-cache vni 10100"),
             "zebra has the VM's address")
    hv.kill("ovs-ext")
    hv.unplug(vm)
    hv.start_ovs_ext()
    wait_for_sections(hv, {})
    hv.plug(vm)
    hv.settled()


def test_frr_configured_late(lab, hv, vm):
    """FRR's scripts start bgpd and configure it then: that it has nothing yet
    is a problem only if it stays so."""
    lab.expect("frr|vty|connection|netlink|nexthop")
    wait_for_sections(hv, SECTIONS)
    hv.kill("bgpd")
    hv.sh("mv /etc/frr/bgpd.conf /etc/frr/late.conf; "
          "install -o frr -g frr /dev/null /etc/frr/bgpd.conf")
    reads = hv.coverage("frr_writer_read")
    hv.start_bgpd()
    wait_for(lambda: hv.coverage("frr_writer_read") >= reads + 3,
             "looks again")
    assert problems(hv) == set()
    wait_for(lambda: ("host", "frr-config") in problems(hv), "problem")
    hv.sh("vtysh -f /etc/frr/late.conf; "
          "mv /etc/frr/late.conf /etc/frr/bgpd.conf")
    wait_for_sections(hv, SECTIONS)
    wait_for(lambda: not problems(hv), "no problem", on_timeout=lambda:
             problems(hv))
    lab.fabric.wait_for_bgp(hv)


def test_frr_observed(lab, hv, vm):
    """With "observe", it is told what is missing, and nothing is written."""
    wait_for_sections(hv, SECTIONS)
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-frr=observe")
    lab.finally_do(lambda: hv.run("ovs-vsctl", "remove", "Open_vSwitch", ".",
                                  "external_ids", "ovs-ext-frr"))
    hv.settled()
    lab.expect("configuration of FRR differs")
    hv.run("vtysh", "-c", "configure terminal", "-c", "vrf vpc-9", "-c",
           "no vni 9")
    assert frr_check(hv) == [{
        "daemon": "zebra", "change": "add", "section": "vrf vpc-9",
        "line": "vni 9"}]
    wait_for(lambda: ("host", "frr-config") in problems(hv), "problem")
    assert "vrf vpc-9" not in sections(hv)
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-frr=manage")
    wait_for_sections(hv, SECTIONS)
    wait_for(lambda: not problems(hv), "no problem", on_timeout=lambda:
             problems(hv))


def test_frr_refuses(lab, hv, vm):
    """What FRR refuses is a problem, with FRR's words, until it does not."""
    wait_for_sections(hv, SECTIONS)
    lab.expect("refuses")
    hv.run("vtysh", "-c", "configure terminal", "-c", "vrf vpc-9", "-c",
           "no vni 9", "-c", "exit-vrf", "-c", "vrf mine", "-c", "vni 9")
    assert [line["line"] for line in frr_check(hv)] == ["vni 9"]
    wait_for(lambda: ("host", "frr-config") in problems(hv), "problem",
             on_timeout=lambda: problems(hv))
    text = next(p["problem"] for p in hv.appctl_json("problems")
                if p["topic"] == "frr-config")
    assert 'refuses "vni 9": ' in text and "already configured" in text, text
    hv.run("vtysh", "-c", "configure terminal", "-c", "vrf mine", "-c",
           "no vni 9", "-c", "exit-vrf", "-c", "no vrf mine")
    wait_for_sections(hv, SECTIONS)
    wait_for(lambda: not problems(hv), "no problem", on_timeout=lambda:
             problems(hv))


# frr-example.

EXAMPLE = ["ovs-ext-ctl", "frr-example", "--as", 4200000011,
           "--uplinks=eth0,eth1"]


@pytest.fixture
def host(lab):
    """One without Open vSwitch, but with FRR's daemons."""
    host = Box("example")
    lab.finally_do(host.remove)
    host.sh("ip link set lo up\nip addr add 192.0.2.77/32 dev lo\n"
            "for dev in eth0 eth1; do ip link add $dev type veth; done\n"
            "echo hostname example >/etc/frr/zebra.conf\n"
            "cp /etc/frr/zebra.conf /etc/frr/bgpd.conf\n"
            ": >/etc/frr/vtysh.conf\nchown frr:frr /etc/frr/*")
    return host


def test_frr_example(host):
    """FRR's parser takes it, its daemons too, and they have it then."""
    text = host.run(*EXAMPLE)
    host.write("/etc/frr/example.conf", text)
    said = host.run("vtysh", "-C", "-f", "/etc/frr/example.conf")
    assert "nknown command" not in said and "%" not in said, said
    host.start_zebra()
    host.start_bgpd()
    said = host.run("vtysh", "-f", "/etc/frr/example.conf")
    assert "nknown" not in said and "%" not in said, said
    running = host.vtysh("show running-config").splitlines()
    # FRR orders address families and what is between in its own way.
    missing = [line for line in text.splitlines()
               if line.strip(" !") and not line.strip().startswith("!")
               and line not in running
               and line not in ("exit", "end", "frr defaults datacenter")]
    assert missing == []


@pytest.mark.parametrize("args, wanted", [
    ([], "the AS of the host is missing; add --as=AS"),
    (["--as", "0"], 'AS "0" is not a number in the range 1...4294967295'),
    (["--as=65001"], "the interfaces to the leaf switches are missing; add "
     "--uplinks=DEV,DEV"),
    (["--as"], "--as needs a value"),
    (["--uplinks=eth0,,eth1"], 'uplink "" is not the name of an interface; '
     'write them as "eth0,eth1"'),
    (["--as=1", "--uplinks=eth0", "--vtep-ip=2001:db8::1"],
     'VTEP address "2001:db8::1" is not IPv4, as this version of FRR wants '
     "it"),
    (["--bgp"], '"--bgp" is no option of it; it takes --as=AS, '
     "--uplinks=DEV,DEV and --vtep-ip=IP"),
])
def test_frr_example_mistakes(lab, args, wanted):
    assert lab.hv1.try_run("ovs-ext-ctl", "frr-example", *args) == (
        1, f"ovs-ext-ctl: frr-example: {wanted}\n")
