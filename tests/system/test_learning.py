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

"""Addresses that nobody declared are learned from what VMs send and get."""

import pytest

from fabric import wait_for

pytestmark = pytest.mark.quiet


def learned(hv, vni=10100):
    """What 'hv' has learned in network 'vni': pairs (IP, MAC)."""
    return {(n["ip"], n["mac"]) for n in hv.appctl_json("evpn/neighbors", vni)
            if n["source"] == "learned"}


def routes(lab):
    return {r for r in lab.leaf.evpn_routes(10100) if r.startswith("2 ")}


def has_route(lab, mac, ip):
    return f"2 {mac} {ip}" in routes(lab)


@pytest.fixture
def red(lab):
    """Network "red": vm1 on hv1 and vm2 on hv2 without declared IPs."""
    network = lab.network("red", 10100, leaf=True)
    network.members = [lab.nth_vm(lab.hv1, 1, network, row=False),
                       lab.nth_vm(lab.hv2, 2, network, row=False),
                       lab.leaf.add_host("bm1", network, "52:54:00:00:00:0b",
                                         ["10.0.0.11/24", "fd00::11/64"])]
    lab.converged(network, *network.members)
    return network


def test_arp_and_nd(lab, red):
    """What a VM says in ARP and ND is a type-2 route with its IP."""
    vm1, vm2, _ = red.members
    lab.all_ping(red)
    for ip in ("10.0.0.1", "fd00::1"):
        wait_for(lambda ip=ip: has_route(lab, vm1.mac, ip), f"route to {ip}")
        assert (ip, vm1.mac) in learned(lab.hv1)
    for ip in ("10.0.0.2", "fd00::2"):
        wait_for(lambda ip=ip: has_route(lab, vm2.mac, ip), f"route to {ip}")


def test_restart_of_ovs_ext(lab, red):
    """What was learned is adopted; nothing is written."""
    vm1, vm2, _ = red.members
    lab.all_ping(red)
    wait_for(lambda: has_route(lab, vm1.mac, "fd00::1"), "routes")
    lab.settled()
    before = learned(lab.hv1)
    flows = lab.hv1.appctl("flows/show")
    assert {("10.0.0.1", vm1.mac), ("fd00::1", vm1.mac)} <= before
    lab.hv1.kill("ovs-ext")
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    status = lab.hv1.status()
    assert (status["flow_mods"], status["kernel_writes"]) == (0, 0)
    assert learned(lab.hv1) == before
    assert lab.hv1.appctl("flows/show") == flows


def announce(vm, ip):
    """A gratuitous ARP request from 'vm', or an unsolicited advertisement."""
    vm.run("/usr/bin/python3", "-c", f"""
from scapy.all import (ARP, Ether, IPv6, ICMPv6ND_NA, ICMPv6NDOptDstLLAddr,
                       sendp)
mac, ip = "{vm.mac}", "{ip}"
if ":" in ip:
    p = (Ether(src=mac, dst="33:33:00:00:00:01")
         / IPv6(src=ip, dst="ff02::1", hlim=255)
         / ICMPv6ND_NA(tgt=ip, R=0, S=0, O=1)
         / ICMPv6NDOptDstLLAddr(lladdr=mac))
else:
    p = (Ether(src=mac, dst="ff:ff:ff:ff:ff:ff")
         / ARP(op=1, hwsrc=mac, psrc=ip, pdst=ip))
sendp(p, iface="{vm.device}", verbose=False)
""")


@pytest.mark.parametrize("ip", ["10.0.0.100", "fd00::100"])
def test_it_moves_with_who_announces_it(lab, red, ip):
    """A virtual IP goes from one hypervisor to the other and back."""
    vm1, vm2, _ = red.members
    owners = [vm1, vm2, vm1]
    for old, new in zip([None] + owners, owners):
        announce(new, ip)
        wait_for(lambda new=new: has_route(lab, new.mac, ip),
                 f"route to {ip} at {new.name}")
        if old:
            wait_for(lambda old=old: not has_route(lab, old.mac, ip),
                     f"no route to {ip} at {old.name}")
        assert (ip, new.mac) in learned(new.hv)
    lab.settled()
    assert (ip, vm2.mac) not in learned(lab.hv2)


def test_two_vms_of_a_host(lab, red):
    vm1, _, _ = red.members
    vm3 = lab.nth_vm(lab.hv1, 3, red, row=False)
    lab.settled()
    for vm in (vm1, vm3, vm1):
        announce(vm, "10.0.0.100")
        wait_for(lambda vm=vm: has_route(lab, vm.mac, "10.0.0.100"),
                 f"route at {vm.name}")
        assert {mac for ip, mac in learned(lab.hv1)
                if ip == "10.0.0.100"} == {vm.mac}


def set_learn_age(lab, hv, seconds):
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           f"external_ids:ovs-ext-learn-age={seconds}")
    lab.finally_do(lambda: hv.run("ovs-vsctl", "remove", "Open_vSwitch", ".",
                                  "external_ids", "ovs-ext-learn-age"))


def test_aging(lab, red):
    """An IP that the VM has stays, though the VM is silent; one that it has
    no longer goes."""
    vm1, _, bm1 = red.members
    set_learn_age(lab, lab.hv1, 1)
    announce(vm1, "10.0.0.1")
    announce(vm1, "fd00::1")
    for ip in ("10.0.0.1", "fd00::1"):
        wait_for(lambda ip=ip: has_route(lab, vm1.mac, ip), f"route to {ip}")
    probes = lab.hv1.coverage("engine_probe")
    wait_for(lambda: lab.hv1.coverage("engine_probe") > probes + 6,
             "probes")
    assert {("10.0.0.1", vm1.mac), ("fd00::1", vm1.mac)} <= learned(lab.hv1)

    vm1.sh("ip addr del 10.0.0.1/24 dev eth0\n"
           "ip addr del fd00::1/64 dev eth0")
    for ip in ("10.0.0.1", "fd00::1"):
        wait_for(lambda ip=ip: not has_route(lab, vm1.mac, ip),
                 f"no route to {ip}")
    assert not learned(lab.hv1)


def test_not_more_than_the_row_says(lab):
    network = lab.network("red", 10100, leaf=True)
    vm = lab.vm(lab.hv1, "vm1", network, "52:54:00:00:00:01")
    lab.hv1.change("set", "Port", "vm1", "other_config:max-learned=3")
    for i in range(1, 5):
        announce(vm, f"10.0.0.{i}")
    wait_for(lambda: lab.hv1.appctl_json("problems"), "a problem")
    assert len(learned(lab.hv1)) == 3
    problem, = lab.hv1.appctl_json("problems")
    assert (problem["object"], problem["topic"]) == ("port/vm1",
                                                     "learned-ips")
    lab.hv1.change("set", "Port", "vm1", "other_config:max-learned=4")
    announce(vm, "10.0.0.4")
    wait_for(lambda: len(learned(lab.hv1)) == 4, "the fourth")
    lab.hv1.change("set", "Port", "vm1", "learn_ips=false")
    assert not learned(lab.hv1)


def test_nested_vm(lab):
    """Where MACs are not checked, those behind a port are learned, with their
    IPs, and can be reached."""
    network = lab.network("red", 10100, leaf=True)
    outer = lab.vm(lab.hv1, "vm1", network, "52:54:00:00:00:01")
    bm1 = lab.leaf.add_host("bm1", network, "52:54:00:00:00:0b",
                            ["10.0.0.11/24"])
    lab.hv1.change("set", "Port", "vm1", "port_security=false")
    outer.sh("ip link add link eth0 name nested address 52:54:00:00:0f:01 "
             "type macvlan mode bridge\n"
             "ip addr add 10.0.0.50/24 dev nested\n"
             "ip link set nested up")
    wait_for(lambda: outer.ping("10.0.0.11"), "ping of bm1")
    wait_for(lambda: has_route(lab, "52:54:00:00:0f:01", "10.0.0.50"),
             "route to the nested VM")
    assert bm1.ping("10.0.0.50")
    shown, = lab.hv1.appctl_json("port/show", "vm1")
    assert shown["learning"] == "IPs and MACs"
    assert any(text.startswith("52:54:00:00:0f:01 ")
               for text in shown["learned"])

    lab.settled()
    lab.hv1.kill("ovs-ext")
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    status = lab.hv1.status()
    assert (status["flow_mods"], status["kernel_writes"]) == (0, 0)
    assert has_route(lab, "52:54:00:00:0f:01", "10.0.0.50")


DNSMASQ = """
port=0
interface=eth0
bind-interfaces
leasefile-ro
dhcp-authoritative
no-ping
dhcp-range=10.0.0.128,10.0.0.191,255.255.255.0,1h
dhcp-range=fd00::80,fd00::bf,slaac,64,1h
enable-ra
"""


@pytest.fixture
def served(lab):
    """Network "red" with a DHCP server on hv1 and an unconfigured VM on
    hv2."""
    network = lab.network("red", 10100, leaf=True)
    server = lab.vm(lab.hv1, "vm1", network, "52:54:00:00:00:01",
                    "10.0.0.1/24", "fd00::1/64")
    client = lab.vm(lab.hv2, "vm2", network, "52:54:00:00:00:02")
    lab.hv1.change("set", "Port", "vm1",
                   "allow=dhcp-server,router-advertisement")
    lab.converged(network, server, client)
    # Of both, in IPv6, the address that the interface makes of its MAC.
    server.sh("ip link set eth0 down addrgenmode eui64\n"
              "sysctl -qw net.ipv6.conf.eth0.dad_transmits=0\n"
              "ip link set eth0 up\n"
              "ip addr replace fd00::1/64 dev eth0 nodad\n")
    client.sh("ip link set eth0 down addrgenmode eui64\n"
              "sysctl -qw net.ipv6.conf.eth0.accept_ra=1\n"
              "ip link set eth0 up\n")
    lab.hv1.write("/tmp/dnsmasq.conf", DNSMASQ)
    process = server.popen("dnsmasq", "-k", "-C", "/tmp/dnsmasq.conf")
    lab.finally_do(lambda: server.run("pkill", "-x", "dnsmasq"))
    wait_for(lambda: not server.try_run("pgrep", "-x", "dnsmasq")[0],
             "dnsmasq")
    assert process.poll() is None
    return server, client


def addresses(vm):
    """The global addresses that 'vm' can use, without their lengths."""
    return {word.split("/")[0] for word in
            vm.run("ip", "-o", "addr", "show", "dev", "eth0", "scope",
                   "global", "-tentative").split() if "/" in word}


@pytest.mark.parametrize("version, prefix", [(4, "10.0.0."),
                                             (6, "fd00::")])
def test_dhcp(lab, served, version, prefix):
    """A VM that a real DHCP server configures appears with its IP on the leaf
    before it has said anything with that."""
    _, client = served
    if version == 6:
        wait_for(lambda: "fe80::5054:ff:fe00:2" in client.run(
            "ip", "-6", "addr", "show", "dev", "eth0", "-tentative"),
            "link-local address")
    client.run("dhclient", f"-{version}", "-1", "-lf", "/dev/null", "-pf",
               "/run/dhclient-test.pid", "-sf", "/bin/true", "eth0",
               timeout=60)
    lab.finally_do(lambda: client.try_run(
        "pkill", "-F", "/run/dhclient-test.pid"))
    wait_for(lambda: any(r.startswith(f"2 {client.mac} {prefix}")
                         for r in routes(lab)), "route to the client",
             on_timeout=lambda: str(routes(lab)))
    assert any(ip.startswith(prefix) for ip, _ in learned(lab.hv2))


def test_slaac(lab, served):
    """So does one that makes its address by itself: it is asked after it has
    looked for duplicates, though it says nothing with it."""
    _, client = served
    wait_for(lambda: "fd00::5054:ff:fe00:2" in addresses(client), "SLAAC")
    wait_for(lambda: has_route(lab, client.mac, "fd00::5054:ff:fe00:2"),
             "route to the client")


def test_a_vm_that_moves_says_nothing(lab, red):
    """Its new host asks it for the IPs that the old one announced."""
    vm1, _, _ = red.members
    announce(vm1, "10.0.0.1")
    wait_for(lambda: ("10.0.0.1", vm1.mac) in {
        (n["ip"], n["mac"])
        for n in lab.hv2.appctl_json("evpn/neighbors", red.vni)},
        "hv2: IP of vm1")
    lab.vm(lab.hv2, "vm1b", red, vm1.mac, "10.0.0.1/24", row=False)
    lab.remove_vm(vm1)
    wait_for(lambda: ("10.0.0.1", vm1.mac) in learned(lab.hv2),
             "hv2: IP of its VM")
    wait_for(lambda: has_route(lab, vm1.mac, "10.0.0.1"), "route")
