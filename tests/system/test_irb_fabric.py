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

"""Two VPCs that are alike, over three hypervisors, two leaf switches and two
SoftGates (tests/routed_fabric.py)."""

import contextlib
import ipaddress
import socket
import struct
import subprocess
import threading
import time

import pytest

from conftest import Lab, log_offsets, processes
from fabric import SLOWNESS, wait_for
from frames import SO_RCVBUFFORCE
import routed_fabric
from routed_fabric import INTERNET
from test_frr import frr_up
from test_irb_local import set_network
from test_irb_packets import error
from test_restart import Ping, Watch, flows

pytestmark = [pytest.mark.irb, pytest.mark.vrf]

FAMILIES = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture(scope="module")
def routed():
    """The fabric with its VPCs, for all tests of this file."""
    the = routed_fabric.RoutedFabric()
    try:
        the.up()
        the.add_hosts()
        the.converged()
        yield the
    finally:
        the.down()


@pytest.fixture
def lab(routed):
    """It, judged after the test; what a test changes it has to undo."""
    the_lab = Lab(routed)
    offsets = {box: log_offsets(box) for box in routed.boxes}
    before = {box: processes(box) for box in routed.boxes}
    yield the_lab
    the_lab.undo_all()
    routed.converged()
    the_lab.check_recompute()
    the_lab.check_logs(offsets)
    assert {box: processes(box) for box in routed.boxes} == before


def routes(host, vpc):
    return {(r["prefix"], r["next_hop"], r["vni"], r["router_mac"])
            for r in host.appctl_json("evpn/routes", vpc.name)}


def gateway_routes(routed, vpc):
    """The default routes of both SoftGates."""
    return {(prefix, f"VTEP {gate.vtep}", vpc.l3vni,
             f"22:d9:f7:b5:02:{i:02x}")
            for i, gate in enumerate(routed.gates)
            for prefix in ("0.0.0.0/0", "::/0")}


def remote_routes(routed, vpc, host):
    """The host routes to the VMs of other hosts than 'host'."""
    return {(str(ipaddress.ip_network(ip.split("/")[0])),
             f"VTEP {vm.hv.vtep}", vpc.l3vni, "06:6f:" + ":".join(
                 f"{byte:02x}" for byte in
                 ipaddress.ip_address(vm.hv.vtep).packed))
            for vm in routed.members[vpc]
            if vm.hv in routed.hypervisors and vm.hv is not host
            for ip in vm.ips}


def test_routes(lab, routed):
    """A host has the fabric's routes in both VPCs, with the MAC of the router
    at each next hop: a default route by each SoftGate, a route to each VM
    elsewhere, and those to its own networks."""
    host = routed.hypervisors[0]
    for vpc in routed.vpcs:
        here = {(str(ipaddress.ip_interface(ip).network),
                 f"network {network.name}", network.vni, "")
                for network in vpc.networks for ip in network.gateways}
        wanted = (here | gateway_routes(routed, vpc)
                  | remote_routes(routed, vpc, host))
        wait_for(lambda vpc=vpc, wanted=wanted: routes(host, vpc) == wanted,
                 f"{host.name}: routes of {vpc.name}", on_timeout=lambda
                 vpc=vpc, wanted=wanted: str(routes(host, vpc) ^ wanted))


def wait_for_routes(routed):
    """Waits until each host has the routes that others announce."""
    for host in routed.hypervisors:
        for vpc in routed.vpcs:
            wanted = (gateway_routes(routed, vpc)
                      | remote_routes(routed, vpc, host))
            wait_for(lambda host=host, vpc=vpc, wanted=wanted:
                     wanted <= routes(host, vpc),
                     f"{host.name}: routes of {vpc.name}", on_timeout=lambda
                     host=host, vpc=vpc, wanted=wanted:
                     str(wanted - routes(host, vpc)))
        host.settled()


def announced(leaf, vtep):
    """What 'vtep' announces, as 'leaf' has it: (prefix, extended communities,
    origin) of each route."""
    found = set()
    for prefixes in leaf.vtysh_json("show bgp l2vpn evpn").values():
        if not isinstance(prefixes, dict):
            continue
        for prefix, entry in prefixes.items():
            for paths in entry["paths"] if isinstance(entry, dict) else []:
                for path in paths if isinstance(paths, list) else [paths]:
                    if vtep in {hop["ip"] for hop in path["nexthops"]}:
                        found.add((prefix, frozenset(
                            path["extendedCommunity"]["string"].split()),
                            path["origin"]))
    return found


def test_attributes(lab, routed):
    """What a host announces is what Netris's own hosts do: the route target
    is the low half of the AS with the VNI, that of the L3VNI and the router's
    MAC are there for addresses that others route to, and prefixes are of
    incomplete origin."""
    host = routed.hypervisors[0]
    vm = routed.members[routed.red][0]
    base = host.asn & 0xffff
    layer2 = frozenset([f"RT:{base}:50", "ET:8"])
    layer3 = frozenset([f"RT:{base}:4", "ET:8", "Rmac:06:6f:0a:fe:61:01"])
    mac = f"[2]:[0]:[48]:[{vm.mac}]"
    wanted = {
        (mac, layer2, "IGP"),
        (f"{mac}:[32]:[192.168.4.11]", layer2 | layer3, "IGP"),
        (f"{mac}:[128]:[2001:db8:4::b]", layer2 | layer3, "IGP"),
        (f"[3]:[0]:[32]:[{host.vtep}]", layer2, "IGP"),
        ("[5]:[0]:[24]:[192.168.4.0]", layer3, "incomplete"),
        ("[5]:[0]:[24]:[192.168.5.0]", layer3, "incomplete"),
        ("[5]:[0]:[64]:[2001:db8:4::]", layer3, "incomplete"),
        ("[5]:[0]:[64]:[2001:db8:5::]", layer3, "incomplete"),
    }

    def of_red():
        """Those of its first network, and its prefixes."""
        return {route for route in announced(routed.leaves[0], host.vtep)
                if f"RT:{base}:50" in route[1]
                or (route[0].startswith("[5]") and f"RT:{base}:4" in route[1])}
    wait_for(lambda: of_red() == wanted, "attributes",
             on_timeout=lambda: str(of_red() ^ wanted))
    # A router (RFC 9047).  Nobody routes to a link-local address.
    set_port(lab, vm, ["add", "Port", vm.name, "ips", f'"{LINK_LOCAL}"'],
             ["remove", "Port", vm.name, "ips", f'"{LINK_LOCAL}"'])
    set_port(lab, vm, ["port-set-allow", vm.name, "router-advertisement"],
             ["port-set-allow", vm.name])
    router = frozenset(["ND:Router", "Flag"])
    global_ip = f"{mac}:[128]:[2001:db8:4::b]"
    wanted -= {(global_ip, layer2 | layer3, "IGP")}
    wanted |= {(global_ip, layer2 | layer3 | router, "IGP"),
               (f"{mac}:[128]:[{LINK_LOCAL}]", layer2 | router, "IGP")}
    wait_for(lambda: of_red() == wanted, "attributes of a router",
             on_timeout=lambda: str(of_red() ^ wanted))


LINK_LOCAL = "fe80::5054:ff:fe00:b"


def set_port(lab, vm, command, undo):
    """Does 'command' of ovs-ext-ctl, and 'undo' after the test."""
    vm.hv.change(*command)
    lab.finally_do(lambda: vm.hv.change(*undo))


def silent(member, ips):
    """Those of 'ips' that do not answer 'member'."""
    return member.sh("n=0; for ip in " + " ".join(ips) + "; do "
                     "ping -n -q -c 1 -W 2 $ip >/dev/null & "
                     "eval p$((n += 1))=$! ; done; n=0; for ip in "
                     + " ".join(ips) + "; do eval wait '$p'$((n += 1)) || "
                     "echo $ip; done").split()


def addresses(member):
    return [ip.split("/")[0] for ip in member.ips]


def test_everybody_talks(lab, routed):
    """All members of a VPC with each other, whoever routes, with the gateways
    and with the internet."""
    wait_for_routes(routed)
    left = {}
    for vpc in routed.vpcs:
        members = routed.members[vpc]
        for member in members:
            ips = [ip for other in members if other is not member
                   for ip in addresses(other)]
            ips += [ip.split("/")[0] for ip in member.network.gateways]
            ips += INTERNET
            # Some are resolved by the first packet, which may be lost.
            left[member.name] = silent(member, silent(member, ips) or ips[:1])
    assert {name: ips for name, ips in left.items() if ips} == {}


def test_vpcs_are_apart(lab, routed):
    """What only the other VPC has does not answer."""
    other = addresses(routed.members[routed.blue][-1])
    for member in routed.members[routed.red]:
        assert silent(member, other) == other, member.name


def test_gateway_answers_once(lab, routed):
    """Both leaf switches have the same gateway as the VM's host."""
    for vm in routed.members[routed.red][:3]:
        for gateway in vm.network.gateways:
            text = vm.run("ping", "-n", "-i", "0.05", "-c", "20",
                          gateway.split("/")[0])
            assert " 20 received, 0% packet loss" in text, text
            assert "DUP" not in text, text


# Two ways out.

SEND = """
import contextlib, socket, struct, sys, time
ip, n = sys.argv[1], int(sys.argv[2])
flows = []
for _ in range(n):
    s = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET,
                      socket.SOCK_DGRAM)
    s.connect((ip, 9))
    flows.append(s)
number = 0
while True:
    for flow, s in enumerate(flows):
        with contextlib.suppress(OSError):
            s.send(struct.pack("!IId", flow, number, time.monotonic()))
    number += 1
    time.sleep(0.02)            # The pace of the streams.
"""


class Flows:
    """UDP flows from a VM to the internet, which tells by which gate each of
    their packets came."""

    N = 32

    def __init__(self, lab, routed, vm, ip):
        self.gates = {ipaddress.ip_address(address): gate
                      for gate in routed.gates
                      for address in gate.outside[vm.network.vpc]}
        self.packets = []       # (flow, number, when it was sent, gate)
        self.socket = routed.inet.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 22)
        self.socket.settimeout(0.1)
        self.socket.bind(("::", 9))
        self.stopping = False
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        lab.finally_do(self.end)
        self.sender = Watch(lab, vm, "/usr/bin/python3", "-c", SEND, ip,
                            self.N)

    def read(self):
        while not self.stopping:
            with contextlib.suppress(socket.timeout):
                data, address = self.socket.recvfrom(100)
                source = ipaddress.ip_address(address[0])
                self.packets.append((*struct.unpack("!IId", data),
                                     self.gates[source.ipv4_mapped
                                                or source]))

    def end(self):
        self.stopping = True
        self.reader.join()
        self.socket.close()

    def by_gate(self, since):
        """The gates of each flow, of packets sent after 'since', when there
        are some of each flow."""
        def found():
            gates = {}
            for flow, _, sent, gate in list(self.packets):
                if sent > since:
                    gates.setdefault(flow, []).append(gate)
            return (len(gates) == self.N
                    and min(map(len, gates.values())) >= 5 and gates)
        return {flow: set(gates) for flow, gates in
                wait_for(found, "packets of all flows").items()}

    def lost(self, chosen):
        """Stops, and returns which packets of flows 'chosen' are missing."""
        self.sender.stop()
        numbers = {flow: set() for flow in chosen}
        # It may have been stopped amid what has the greatest number.
        last = max(number for _, number, _, _ in self.packets) - 1
        wait_for(lambda: {flow for flow, number, _, _ in list(self.packets)
                          if number == last} >= set(chosen), "last packets")
        for flow, number, _, _ in self.packets:
            if flow in numbers:
                numbers[flow].add(number)
        return {(flow, number) for flow, seen in numbers.items()
                for number in set(range(min(seen), last)) - seen}


@pytest.fixture
def spread(lab, routed):
    """Returns a function that starts flows to 'ip' and returns them and the
    gate of each: some by each gate, and each by one."""
    def start(ip):
        wait_for_routes(routed)
        vm = routed.members[routed.red][0]
        wait_for(lambda: vm.ping(ip), f"{vm.name} to {ip}")
        sent = Flows(lab, routed, vm, ip)
        gates = {}
        for flow, found in sent.by_gate(0).items():
            gates[flow], = found
        shares = [list(gates.values()).count(gate) for gate in routed.gates]
        assert sum(shares) == sent.N and min(shares) >= 4, shares
        return sent, gates
    return start


@pytest.mark.parametrize("ip", INTERNET)
def test_gate_withdraws(lab, routed, spread, ip):
    """Its flows become the other's and come back with its route; nothing is
    lost, and the other's flows stay where they are."""
    gate, other = routed.gates
    sent, before = spread(ip)
    originate = f"default-originate ipv{6 if ':' in ip else 4}"

    def configure(command):
        gate.configure(f"router bgp {gate.asn} vrf {routed.red.vrf}",
                       "address-family l2vpn evpn", command)
    lab.finally_do(lambda: configure(originate))
    start = time.monotonic()
    configure(f"no {originate}")
    moved = [flow for flow in before if before[flow] is gate]
    wait_for(lambda: {flow for flow, _, when, by in list(sent.packets)
                      if when > start and by is other} == set(before),
             "all flows by the other gate")
    now = time.monotonic()
    took = max(when for flow, _, when, by in sent.packets if by is gate)
    assert took - start < SLOWNESS, (took - start, moved)
    assert sent.by_gate(now) == {flow: {other} for flow in before}
    configure(originate)
    wait_for(lambda: sent.by_gate(time.monotonic()) == {
        flow: {by} for flow, by in before.items()}, "flows as before")
    assert sent.lost(before) == set()


@pytest.mark.parametrize("ip", INTERNET)
def test_gate_dies(lab, routed, spread, ip):
    """All of its flows are the other's as soon as the leaf switches have said
    that it is gone; those of the other lose nothing."""
    gate, other = routed.gates
    sent, before = spread(ip)

    def set_links(state):
        gate.sh("".join(f"ip link set {dev} {state}\n"
                        for dev in gate.uplinks))
    lab.finally_do(lambda: set_links("up"))
    start = time.monotonic()
    set_links("down")
    wait_for(lambda: {flow for flow, _, when, by in list(sent.packets)
                      if when > start and by is other} == set(before),
             "all flows by the other gate")
    first = {}
    for flow, _, when, by in list(sent.packets):
        if when > start and by is other:
            first.setdefault(flow, when - start)
    assert max(first.values()) < SLOWNESS, first
    now = time.monotonic()
    assert sent.by_gate(now) == {flow: {other} for flow in before}
    assert sent.lost([flow for flow in before if before[flow] is other]
                     ) == set()


# Hosts that nobody knows.

@FAMILIES
def test_silent_bare_metal(lab, routed, family):
    """A host that has never said anything is reached from its own network and
    from others, by each hypervisor: also by one without a port in its
    network, whose way leads by whoever has one."""
    first, second = routed.red.networks
    here, _, routed_here, elsewhere, _ = routed.members[routed.red]
    there = routed.hypervisors[1].add_vm(
        "r22", second, "52:54:00:00:00:16", routed.addresses(second, 22))
    lab.finally_do(lambda: there.hv.remove_vm(there))
    routed.converged()
    for n, vm in enumerate((here, routed_here, there, elsewhere),
                           100 + 10 * family):
        host = routed.leaf.add_host(
            f"r{n}", first, f"52:54:00:00:00:{n:02x}",
            routed.addresses(first, n))
        lab.finally_do(lambda name=host.name: routed.leaf.sh(
            f"ip link del {name}; ip netns del {name}"))
        ip = addresses(host)[family == 6]
        wait_for(lambda vm=vm, ip=ip: vm.ping(ip), f"{vm.name} to {ip}")


# Errors.

def gateway(network, family):
    return network.gateways[family == 6].split("/")[0]


@FAMILIES
def test_traceroute(lab, routed, family):
    """The sender's gateway is the first hop, the router of the host where it
    goes to the second, a SoftGate the last before the internet."""
    wait_for_routes(routed)
    here, _, _, elsewhere, _ = routed.members[routed.red]
    ip = addresses(elsewhere)[family == 6]
    outside = INTERNET[family == 6]
    for destination in (ip, outside):
        wait_for(lambda destination=destination: here.ping(destination),
                 f"{here.name} to {destination}")
        assert error(here, destination, ttl=1) == (
            "EHOSTUNREACH", gateway(here.network, family), 0)
        assert error(here, destination, ttl=3) == (
            "ECONNREFUSED", destination, 0)
    assert error(here, ip, ttl=2) == (
        "EHOSTUNREACH", gateway(elsewhere.network, family), 0)
    name, who, _ = error(here, outside, ttl=2)
    assert name == "EHOSTUNREACH"
    assert who in set().union(*(gate.outside[routed.red]
                                for gate in routed.gates)), who


@FAMILIES
def test_path_mtu(lab, routed, family):
    """Senders learn what fits into the network where it goes to, from the
    router there, and into the fabric, from their own."""
    wait_for_routes(routed)
    here, _, _, elsewhere, _ = routed.members[routed.red]
    ip = addresses(elsewhere)[family == 6]
    headers = (28, 48)[family == 6]
    wait_for(lambda: here.ping(ip), f"{here.name} to {ip}")
    name = elsewhere.network.name
    lab.finally_do(lambda: [hv.change("clear", "Network", name, "mtu")
                            for hv in lab.hypervisors])
    set_network(lab, name, "mtu=1400")
    assert error(here, ip, size=1401 - headers) == (
        "EMSGSIZE", gateway(elsewhere.network, family), 1400)
    assert error(here, ip, size=1400 - headers) == ("ECONNREFUSED", ip, 0)
    # It has been told; now as if it had not.
    here.run("ip", f"-{family}", "route", "flush", "cache")
    with elsewhere.popen("ncat", "-l", 5000,
                         stdout=subprocess.PIPE) as listener:
        wait_for(lambda: ":5000 " in elsewhere.run("ss", "-Hltn"), "listener")
        here.sh(f"head -c 300000 /dev/zero | ncat --send-only {ip} 5000")
        assert len(listener.communicate(timeout=60 * SLOWNESS)[0]) == 300000

    def set_mtu(mtu):
        here.hv.run("ip", "link", "set", here.name, "mtu", mtu)
        here.run("ip", "link", "set", "eth0", "mtu", mtu)
    lab.finally_do(lambda: set_mtu(1500))
    set_mtu(2000)
    here.run("ip", f"-{family}", "route", "flush", "cache")
    assert error(here, ip, size=1551 - headers) == (
        "EMSGSIZE", gateway(here.network, family), 1550)


# What dies and comes back.

@pytest.fixture
def pings(lab, routed):
    """Returns a function that tells which pings were lost: of a VM to those
    in its network, in another one here and elsewhere, and outside; and of
    bare metal to it."""
    wait_for_routes(routed)
    here, *others, metal = routed.members[routed.red]
    pairs = [(here, ip) for other in (*others, metal)
             for ip in addresses(other)]
    pairs += [(here, ip) for ip in INTERNET]
    pairs += [(metal, ip) for ip in addresses(here)]
    for host, ip in pairs:
        wait_for(lambda host=host, ip=ip: host.ping(ip),
                 f"{host.name} to {ip}")
    lab.in_effect()
    started = [Ping(lab, host, ip, 0.02 * SLOWNESS) for host, ip in pairs]
    return lambda: {ping.name: lost for ping in started
                    for lost in [ping.lost()] if lost}


def test_ovs_ext_killed(lab, routed, pings):
    """Nothing is lost, and nothing written, when ovs-ext dies and comes back:
    not a flow, a device, an address or a route."""
    host = routed.hypervisors[0]
    before = flows(host), [routes(host, vpc) for vpc in routed.vpcs]
    vm = routed.members[routed.red][0]
    for _ in range(2):
        host.kill("ovs-ext")
        assert vm.ping(INTERNET[0], count=3)
        host.start_ovs_ext()
        host.settled()
        assert vm.ping(INTERNET[0], count=3)
        status = host.status()
        assert (status["flow_mods"], status["kernel_writes"]) == (0, 0)
    assert pings() == {}
    assert set(flows(host)) ^ set(before[0]) == set()
    assert [routes(host, vpc) for vpc in routed.vpcs] == before[1]


def test_vswitchd_restarted(lab, routed):
    """All that was routed is again."""
    host = routed.hypervisors[0]
    before = flows(host)
    host.restart_vswitchd()
    lab.in_effect()
    assert set(flows(host)) ^ set(before) == set()
    vm = routed.members[routed.red][0]
    for other in routed.members[routed.red][1:]:
        for ip in addresses(other):
            wait_for(lambda ip=ip: vm.ping(ip), f"{vm.name} to {ip}")
    for ip in INTERNET:
        assert vm.ping(ip)


@pytest.mark.parametrize("daemons", [["bgpd"], ["zebra", "bgpd"]],
                         ids="-".join)
def test_frr_restarted(lab, routed, daemons):
    """zebra takes away what it had from bgpd, or comes back without it:
    routes, and the routers that they lead to, stay until bgpd has told all of
    it again.  The underlay has its routes from the same bgpd.  watchfrr
    restarts both when zebra dies, since bgpd does not tell a new zebra of its
    routes."""
    host = routed.hypervisors[0]

    def known():
        return [routes(host, vpc) for vpc in routed.vpcs]
    wait_for_routes(routed)
    before = known()
    for daemon in reversed(daemons):
        host.kill(daemon)
    if daemons == ["bgpd"]:
        wait_for(lambda: "proto bgp" not in host.run("ip", "route", "show",
                                                     "vrf", "vpc-4"),
                 "zebra flushes")
        host.settled()
    assert known() == before
    for daemon in daemons:
        host.start_again(daemon)
    frr_up(host)
    assert known() == before
    routed.converged()
    wait_for_routes(routed)
    lab.in_effect()
    assert known() == before
    for vpc in routed.vpcs:
        vm, *others = routed.members[vpc]
        for ip in [*(ip for other in others for ip in addresses(other)),
                   *INTERNET]:
            wait_for(lambda vm=vm, ip=ip: vm.ping(ip), f"{vm.name} to {ip}")
