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

"""What the gateway says itself: errors, answers, and questions for hosts that
nobody knows."""

import json
import math
import socket
import struct
import subprocess
import time

import pytest

from fabric import SLOWNESS, wait_for
import frames
import neighbors
from test_irb_local import (add_vm, addresses, checksum, GATEWAYS,
                            gateway_mac, make_vpc, set_network)
from test_restart import Ping

pytestmark = pytest.mark.irb

# What an ICMP error is to who sent the packet (linux/errqueue.h): sends a
# packet of "size" bytes of payload, and prints what came back of it.
SEND = r"""
import errno, json, select, socket, struct, sys, time
ip, port, ttl, size, protocol, patience = json.loads(sys.argv[1])
v6 = ":" in ip
level = socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP
RECVERR, MTU_DISCOVER, TTL, PROBE = (25, 23, 16, 3) if v6 else (11, 10, 2, 3)
kind = socket.SOCK_RAW if protocol else socket.SOCK_DGRAM
s = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, kind, protocol)
s.setsockopt(level, RECVERR, 1)
s.setsockopt(level, MTU_DISCOVER, PROBE)
s.setsockopt(level, TTL, ttl)
start = time.monotonic()
s.sendto(b"x" * size, (ip, port))
poll = select.poll()
poll.register(s, 0)
if not poll.poll(patience):
    print(json.dumps(None))
    sys.exit()
_, control, _, _ = s.recvmsg(2000, 2000, socket.MSG_ERRQUEUE)
for _, _, data in control:
    error, origin, kind, code, _, info, _ = struct.unpack_from("=IBBBBII",
                                                               data)
    if origin in (2, 3):
        offset = 16 + (8 if v6 else 4)
        offender = socket.inet_ntop(s.family, data[offset:offset
                                                   + (16 if v6 else 4)])
        print(json.dumps([errno.errorcode[error], offender, info,
                          time.monotonic() - start]))
        break
"""


def send(vm, ip, port=33434, ttl=64, size=8, protocol=0):
    """Sends a UDP packet, or one of 'protocol', and returns the error that it
    meets: its name, who tells it, an MTU or 0, after how many seconds; null if
    none does."""
    return json.loads(vm.run("/usr/bin/python3", "-c", SEND, json.dumps(
        [ip, port, ttl, size, protocol, 6000 * SLOWNESS])))


def error(*args, **kwargs):
    found = send(*args, **kwargs)
    return found and tuple(found[:3])


@pytest.fixture
def vpc(lab):
    """red with vm2 on hv1 and vm4 on hv2, blue with vm3 and vm5 likewise."""
    networks = make_vpc(lab)
    networks["members"] = [add_vm(lab, lab.hv1, 2, networks["red"]),
                           add_vm(lab, lab.hv1, 3, networks["blue"]),
                           add_vm(lab, lab.hv2, 4, networks["red"]),
                           add_vm(lab, lab.hv2, 5, networks["blue"])]
    lab.settled()
    for name in ("red", "blue"):
        lab.converged(networks[name], *(
            m for m in networks["members"] if m.network.name == name))
    return networks


FAMILIES = pytest.mark.parametrize("family", [4, 6])


# Errors.

@FAMILIES
def test_traceroute(lab, vpc, family):
    """The gateway is the first hop, whoever the second one is."""
    vm2, vm3, _, vm5 = vpc["members"]
    gateway = GATEWAYS["red"][family == 6]
    for vm in (vm3, vm5):
        ip = addresses(vm)[family == 6]
        wait_for(lambda ip=ip: vm2.ping(ip), f"ping of {ip}")
        assert error(vm2, ip, ttl=1) == ("EHOSTUNREACH", gateway, 0)
        assert error(vm2, ip, ttl=2) == ("ECONNREFUSED", ip, 0)


@FAMILIES
def test_no_route(lab, vpc, family):
    ip = ("10.99.0.1", "fd99::1")[family == 6]
    assert error(vpc["members"][0], ip) == (
        "ENETUNREACH", GATEWAYS["red"][family == 6], 0)


@FAMILIES
def test_path_mtu(lab, vpc, family):
    """Senders learn what fits: also those of TCP, which then go on."""
    vm2, vm3, _, vm5 = vpc["members"]
    set_network(lab, "blue", "mtu=1400")
    gateway = GATEWAYS["red"][family == 6]
    headers = (28, 48)[family == 6]
    for vm in (vm3, vm5):
        ip = addresses(vm)[family == 6]
        wait_for(lambda ip=ip: vm2.ping(ip), f"ping of {ip}")
        assert error(vm2, ip, size=1401 - headers) == (
            "EMSGSIZE", gateway, 1400)
        assert error(vm2, ip, size=1400 - headers) == ("ECONNREFUSED", ip, 0)
        # It has been told; now as if it had not.
        vm2.run("ip", f"-{family}", "route", "flush", "cache")
        with vm.popen("ncat", "-l", 5000, stdout=subprocess.PIPE) as listener:
            wait_for(lambda vm=vm: ":5000 " in vm.run("ss", "-Hltn"),
                     "listener")
            vm2.sh(f"head -c 300000 /dev/zero | ncat --send-only {ip} 5000")
            assert len(listener.communicate(timeout=30)[0]) == 300000


@FAMILIES
def test_nobody_is_told_of_errors(lab, vpc, family):
    """An ICMP error whose TTL is over is the end of it."""
    vm2, vm3 = vpc["members"][:2]
    before = lab.hv1.coverage("router_mute")
    vm2.run("/usr/bin/python3", "-c", f"""
from scapy.all import (Ether, IP, IPv6, UDP, ICMP, ICMPv6DestUnreach, sendp)
src, dst = "{addresses(vm2)[family == 6]}", "{addresses(vm3)[family == 6]}"
if ":" in src:
    p = (IPv6(src=src, dst=dst, hlim=1) / ICMPv6DestUnreach(code=3)
         / IPv6(src=dst, dst=src) / UDP())
else:
    p = (IP(src=src, dst=dst, ttl=1) / ICMP(type=3, code=1)
         / IP(src=dst, dst=src) / UDP())
sendp(Ether(src="{vm2.mac}", dst="{gateway_mac(vpc['red'])}") / p,
      iface="eth0", verbose=False)
""")
    wait_for(lambda: lab.hv1.coverage("router_mute") == before + 1,
             "packet without answer")


# The gateway as a host.

@FAMILIES
def test_echo_of_all_sizes(lab, vpc, family):
    vm2 = vpc["members"][0]
    for network in ("red", "blue"):
        gateway = GATEWAYS[network][family == 6]
        for size in (0, 1, 56, (1472, 1452)[family == 6]):
            vm2.run("ping", "-c", "1", "-W", "2", "-s", size, gateway)


@FAMILIES
def test_no_service(lab, vpc, family):
    """TCP is refused with a RST, UDP with an error, other protocols too."""
    vm2 = vpc["members"][0]
    for network in ("red", "blue"):
        gateway = GATEWAYS[network][family == 6]
        status, text = vm2.try_run("ncat", "-w", "2", gateway, "179")
        assert status and "refused" in text
        assert error(vm2, gateway, 53) == ("ECONNREFUSED", gateway, 0)
        assert error(vm2, gateway, 0, protocol=50) == (
            ("ENOPROTOOPT", "EPROTO")[family == 6], gateway,
            (0, 6)[family == 6])


# Hosts that nobody knows.

def silent_vm(lab, hv, n, network):
    """VM number 'n' of red, of which nobody declares more than the MAC, and
    that says nothing unasked."""
    vm = lab.vm(hv, f"vm{n}", network, f"52:54:00:00:01:{n:02x}",
                f"10.0.1.{n}/24", f"fd01::{n}/64", row=False)
    vm.run("ip", "route", "add", "default", "via", GATEWAYS["red"][0])
    vm.run("ip", "-6", "route", "add", "default", "via", GATEWAYS["red"][1])
    return vm


def sources(hv, ip):
    return {n["source"] for n in hv.appctl_json("evpn/neighbors", 10100)
            if n["ip"] == ip}


@FAMILIES
@pytest.mark.parametrize("there", ["hv1", "hv2"])
def test_silent_vm(lab, vpc, family, there):
    """Its first packet arrives, whether it runs here or on the other host."""
    vm3 = vpc["members"][1]
    vm = silent_vm(lab, getattr(lab, there), 20, vpc["red"])
    lab.settled()
    ip = addresses(vm)[family == 6]
    assert sources(lab.hv1, ip) == set()
    assert vm3.ping(ip, wait=5 * math.ceil(SLOWNESS))
    assert sources(lab.hv1, ip) == {"learned" if there == "hv1" else "EVPN"}
    assert lab.hv1.coverage("router_unresolved") == 0


@FAMILIES
def test_silent_host_behind_a_leaf(lab, vpc, family):
    """Of which the leaf tells the MAC only: what it answers to the gateway is
    enough, until EVPN knows better."""
    vm3 = vpc["members"][1]
    red = vpc["red"]
    lab.leaf.add_network(red)
    lab.on_leaf.append(red)
    bm1 = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                            ["10.0.1.11/24", "fd01::11/64"])
    ip = ("10.0.1.11", "fd01::11")[family == 6]
    lab.settled()
    wait_for(lambda: lab.leaf.vtep in {
        v["vtep"] for v in lab.hv1.appctl_json("evpn/vteps", "red")}, "leaf")
    with frames.nics(bm1) as (nic,):
        assert sources(lab.hv1, ip) == set()
        vm3.try_run("ping", "-c", "1", "-W", "1", "-p", "6c6c", ip)
        wait_for(lambda: any(b"llllllll" in f for f in nic.poll()), "packet")
        asked = [f for f in nic.poll() if neighbors.asks_for(f, ip)]
        assert len(asked) == 1
        assert asked[0][6:12] == frames.mac_bytes(gateway_mac(red))
    assert sources(lab.hv1, ip) == {"gleaned"}
    assert not any(n["suppressed"]
                   for n in lab.hv1.appctl_json("evpn/neighbors", 10100)
                   if n["ip"] == ip)
    # The leaf learns it.
    lab.leaf.run("ip", "neigh", "add", ip, "lladdr", bm1.mac, "dev",
                 f"br{red.vni}", "nud", "permanent")
    wait_for(lambda: sources(lab.hv1, ip) == {"EVPN"}, "type-2 route")


@FAMILIES
def test_absent_host(lab, vpc, family):
    """It is asked for three times, once of each host; then its senders are
    told, and for a while at once."""
    vm2, vm3, vm4, _ = vpc["members"]
    ip = ("10.0.1.77", "fd01::77")[family == 6]
    gateway = GATEWAYS["blue"][family == 6]
    with frames.nics(vm2, vm4) as nics:
        name, who, _, seconds = send(vm3, ip)
        assert (name, who) == ("EHOSTUNREACH", gateway)
        assert 2.5 < seconds < 5 * SLOWNESS
        name, who, _, seconds = send(vm3, ip)
        assert (name, who) == ("EHOSTUNREACH", gateway)
        # On a slow machine it may be looked for again.
        assert seconds < 1 or SLOWNESS > 1
        frames.drain(nics, "end")
        for nic in nics:
            n = sum(neighbors.asks_for(f, ip) for f in nic.poll())
            assert n == 3 or SLOWNESS > 1
    found, = lab.hv1.appctl_json("vpc/show", "v")
    assert found["absent_neighbors"] == 1
    # It is there after all, and says so.
    vm = silent_vm(lab, lab.hv1, 77, vpc["red"])
    lab.settled()
    vm.ping(GATEWAYS["red"][family == 6])
    wait_for(lambda: sources(lab.hv1, ip) == {"learned"}, "learned")
    assert vm3.ping(ip)
    found, = lab.hv1.appctl_json("vpc/show", "v")
    assert found["absent_neighbors"] == 0


@FAMILIES
def test_nobody_is_asked(lab, vpc, family):
    """Where what is unknown is not there, senders are told at once."""
    vm2, vm3, vm4, _ = vpc["members"]
    set_network(lab, "red", "unknown_arp=drop")
    ip = ("10.0.1.77", "fd01::77")[family == 6]
    with frames.nics(vm2, vm4) as nics:
        name, who, _, seconds = send(vm3, ip)
        assert (name, who) == ("EHOSTUNREACH", GATEWAYS["blue"][family == 6])
        assert seconds < SLOWNESS
        frames.drain(nics, "end")
        assert not any(neighbors.asks_for(f, ip)
                       for nic in nics for f in nic.poll())
    assert vm3.ping(addresses(vm4)[family == 6])


def test_restart(lab, vpc):
    """What was found is known again; packets go on meanwhile."""
    vm3 = vpc["members"][1]
    vm = silent_vm(lab, lab.hv1, 20, vpc["red"])
    lab.settled()
    for ip in addresses(vm):
        assert vm3.ping(ip, wait=5 * math.ceil(SLOWNESS))
    wait_for(lambda: sources(lab.hv2, addresses(vm)[1]) == {"EVPN"},
             "type-2 route")
    lab.settled()
    pings = [Ping(lab, vm3, ip) for ip in addresses(vm)]
    lab.hv1.kill("ovs-ext")
    assert vm3.ping(addresses(vm)[0], count=3)
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    assert lab.hv1.status()["flow_mods"] == 0
    for ping in pings:
        assert ping.lost() == [], ping.name
    for ip in addresses(vm):
        assert sources(lab.hv1, ip) == {"learned"}


def test_scan(lab, vpc):
    """Who looks for a whole network takes nothing away from others."""
    vm3 = vpc["members"][1]
    vm6 = add_vm(lab, lab.hv1, 6, vpc["blue"])
    silent = [silent_vm(lab, lab.hv1, n, vpc["red"]) for n in (20, 21)]
    lab.settled()
    assert vm6.ping(GATEWAYS["blue"][0])
    scan = vm3.popen("/usr/bin/python3", "-c", """
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end = time.monotonic() + 8
while time.monotonic() < end:
    for i in range(100, 255):
        try:
            s.sendto(b"x", (f"10.0.1.{i}", 9))
        except OSError:
            pass
        time.sleep(0.002)
""")
    try:
        most = 0
        wait_for(lambda: lab.hv1.appctl_json("vpc/show")[0]
                 ["wanted_neighbors"] > 40, "scan")
        for vm in silent:
            assert vm6.ping(addresses(vm)[0], wait=2)
        while scan.poll() is None:
            found, = lab.hv1.appctl_json("vpc/show")
            most = max(most, found["wanted_neighbors"])
            assert found["waiting_packets"] <= 64 * 3
            assert vm6.ping(addresses(silent[0])[0])
            time.sleep(0.2)
    finally:
        scan.kill()
        scan.wait()
    assert most <= 64
    drops = lab.hv1.appctl_json("port/show", "vm3")[0]["router_drops"]
    assert [word.split("=")[0] for word in drops] == ["resolve"]
    # Now for the VM itself.
    wait_for(lambda: lab.hv1.appctl_json("vpc/show")[0]
             ["wanted_neighbors"] == 0, "end of all questions")
    assert vm3.ping(addresses(silent[1])[0])
    lab.in_effect()


# What comes by an L3VNI.

class Router:
    """The router of the leaf, as far as it sends by the VPC's L3VNI."""

    def __init__(self, lab, l3vni=9):
        self.header = struct.pack("!II", 0x08000000, l3vni << 8)
        self.to = (lab.hv1.vtep, 4789)
        self.mac = lab.hv1.appctl_json("vpc/show")[0]["router_mac"]
        self.socket = lab.leaf.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((lab.leaf.vtep, 0))

    def send(self, source, ip, text, ttl=64, size=50):
        """A UDP packet that carries 'text', not to be fragmented."""
        data = frames.udp(self.mac, "06:6f:00:00:00:65", source, ip, 7,
                          text.ljust(size, "."))
        header = bytearray(data[14:34])
        header[6], header[8], header[10:12] = 0x40, ttl, bytes(2)
        header[10:12] = checksum(header)
        self.socket.sendto(self.header + data[:14] + bytes(header)
                           + data[34:], self.to)


def icmp_error(frame):
    """(Source, type, code, MTU, what it is about) of an ICMP error, or
    null."""
    if frame[12:14] != b"\x08\x00" or frame[23] != socket.IPPROTO_ICMP:
        return None
    return (socket.inet_ntoa(frame[26:30]), frame[34], frame[35],
            int.from_bytes(frame[40:42], "big"), frame[42 + 28:].rstrip(b"."))


def test_errors_by_an_l3vni(lab, vpc):
    """Whoever sent a packet is told by one that is routed to it, from the
    gateway's address of the network with the lowest VNI."""
    vm2, _, _, vm5 = vpc["members"]
    set_network(lab, "red", "mtu=1400")
    assert vm2.ping(addresses(vm5)[0])
    router = Router(lab)
    source = addresses(vm5)[0]
    gateway = GATEWAYS["red"][0]
    cases = [
        (addresses(vm2)[0], "time", {"ttl": 1}, (11, 0, 0)),
        ("10.0.1.77", "absent", {}, (3, 1, 0)),
        ("10.99.0.1", "no route", {}, (3, 0, 0)),
        (addresses(vm2)[0], "too big", {"size": 1373}, (3, 4, 1400)),
        (gateway, "no port", {}, (3, 3, 0)),
    ]
    with frames.nics(vm5) as (nic,):
        for ip, text, how, what in cases:
            router.send(source, ip, text, **how)
            told = wait_for(lambda text=text: next(
                (e for e in map(icmp_error, nic.poll())
                 if e and e[4].startswith(text.encode())), None), text)
            assert told[:4] == (gateway, *what)
        frame, = [f for f in nic.poll() if b"time" in f]
        assert frame[6:12] == frames.mac_bytes(gateway_mac(vpc["blue"]))
        assert checksum(frame[34:]) == bytes(2)


def test_silent_vm_by_an_l3vni(lab, vpc):
    """What waits for it arrives with the gateway's MAC and one hop less."""
    router = Router(lab)
    vm = silent_vm(lab, lab.hv1, 20, vpc["red"])
    lab.settled()
    with frames.nics(vm) as (nic,):
        router.send("10.0.2.5", addresses(vm)[0], "first")
        nic.wait_for("first")
        frame, = [f for f in nic.poll() if b"first" in f]
        assert frame[6:12] == frames.mac_bytes(gateway_mac(vpc["red"]))
        assert frame[22] == 63
