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

"""Packets that need a second look: fragments, extension headers, ICMP errors,
FTP, SCTP, and connections of a VM that comes from another host."""

import contextlib
import itertools
import re
import socket
import subprocess
import time

import pytest
from scapy.all import (ICMP, IP, SCTP, TCP, UDP, Ether, IPv6,
                       IPv6ExtHdrDestOpt, IPv6ExtHdrFragment,
                       IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, Raw,
                       ICMPv6DestUnreach, fragment, fragment6)

from acl_probes import fence
from fabric import DATAPATH, wait_for
import frames
from test_acl import group_uuid, red, set_acl, set_group
from test_acl_faults import Connection, revoke, vm_socket

pytestmark = [pytest.mark.acl, pytest.mark.datapath]
__all__ = ["red"]               # A fixture.


def ip_of(vm, v6=False):
    return vm.ips[v6].split("/")[0]


def udp_socket(vm, v6=False, port=0):
    sock = vm_socket(vm, socket.SOCK_DGRAM,
                     socket.AF_INET6 if v6 else socket.AF_INET)
    sock.bind((ip_of(vm, v6), port))
    return sock


def arrives(sender, receiver, data=b"x"):
    """Does 'data', sent between connected UDP sockets, arrive?  What arrives
    late counts for nothing."""
    with contextlib.suppress(ConnectionRefusedError):
        sender.send(data)
    receiver.settimeout(0.5)
    try:
        while True:
            if receiver.recv(65536) == data:
                return True
    except TimeoutError:
        return False


@pytest.fixture
def udp(lab, red):
    """Connected UDP sockets of two VMs: udp(client, server, port, v6)."""
    with contextlib.ExitStack() as stack:
        def pair(client, server, port, v6=False):
            a = stack.enter_context(udp_socket(client, v6))
            b = stack.enter_context(udp_socket(server, v6, port))
            a.connect((ip_of(server, v6), port))
            b.connect(a.getsockname()[:2])
            return a, b

        yield pair


@pytest.mark.parametrize("v6", [False, True])
def test_fragments(lab, red, udp, v6):
    """All fragments fare as the whole: only the first one has ports."""
    rule, _ = set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=udp", "port_min=5001"], [
            "direction=egress", "protocol=udp", "port_min=5003"])
    data = bytes(range(256)) * 16
    for peer in (red.vm5, red.vm2):
        a, b = udp(peer, red.vm1, 5001, v6)
        assert arrives(a, b, data) and arrives(b, a, data)
        c, d = udp(peer, red.vm1, 5002, v6)
        assert not arrives(c, d, data) and not arrives(d, c, data)
        e, f = udp(red.vm1, peer, 5003, v6)
        assert arrives(e, f, data) and arrives(f, e, data)
        for sock in (a, b, c, d, e, f):
            sock.close()
    a, b = udp(red.vm2, red.vm1, 5001, v6)
    assert arrives(a, b, data)
    revoke(lab.hv1, rule)
    assert not arrives(a, b, data) and not arrives(b, a, data)


def sent(lab, sender, receiver, *packets):
    """Which of the texts in 'packets', which are sent one after the other,
    arrive at the NIC of 'receiver'."""
    with frames.nics(sender, receiver) as (a, b):
        for packet in packets:
            a.send(bytes(Ether(src=sender.mac, dst=receiver.mac) / packet))
        fence([a, b])
        return {text for text in ("yes", "no")
                for data in b.poll() if f"<{text}>".encode() in data}


def test_fragments_by_themselves(lab, red):
    """Later fragments do not pass without the first; nor does a first one that
    is too short to tell its ports."""
    set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=udp", "port_min=5001"])
    whole = UDP(sport=6000, dport=5001) / Raw(b"<no>" * 800)
    for peer in (red.vm5, red.vm2):
        v4 = IP(src=ip_of(peer), dst="10.0.0.1", id=7) / whole
        v6 = (IPv6(src=ip_of(peer, True), dst="fd00::1")
              / IPv6ExtHdrFragment(id=7) / whole)
        assert sent(lab, peer, red.vm1, *fragment(v4, 1400)[1:],
                    *fragment6(v6, 1400)[1:]) == set()
        assert sent(lab, peer, red.vm1, *fragment(
            IP(src=ip_of(peer), dst="10.0.0.1", id=8, proto=17)
            / Raw(bytes(whole)[:64]), 8)) == set()


def expired(hv):
    """How many fragments conntrack has given up to wait for."""
    text = hv.run("ovs-appctl", "dpctl/ipf-get-status")
    return sum(map(int, re.findall(r"frags expired: (\d+)", text)))


@pytest.mark.slow
@pytest.mark.skipif(DATAPATH == "system", reason="the kernel drops them")
def test_fragments_given_up(lab, red):
    """Conntrack of the userspace datapath adds fragments that it has waited
    for in vain to packets of others: these do not pass with those."""
    set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=udp", "port_min=5001"])
    # Of ovs-vswitchd, which looks for datapaths of all kinds.
    lab.expect("failed to enumerate system datapaths")
    before = expired(lab.hv1)
    whole = UDP(sport=6000, dport=5002) / Raw(b"<no>" * 800)
    parts = fragment(IP(src="10.0.0.5", dst="10.0.0.1", id=9) / whole, 1400)
    assert sent(lab, red.vm5, red.vm1, *parts[1:]) == set()
    with frames.nics(red.vm5, red.vm1, red.vm2) as cards:
        ports = itertools.count(20000)

        def are_given_up():
            """New connections are what they come with."""
            cards[0].send(bytes(
                Ether(src=red.vm5.mac, dst=red.vm1.mac)
                / IP(src="10.0.0.5", dst="10.0.0.1")
                / UDP(sport=next(ports), dport=5001) / Raw(b"<yes>")))
            return expired(lab.hv1) >= before + len(parts) - 1

        wait_for(are_given_up, "fragments are given up", timeout=60,
                 interval=0.2)
        fence(cards)
        assert any(b"<yes>" in data for data in cards[1].frames)
        for nic in cards[1:]:
            assert not any(b"<no>" in data for data in nic.frames)


EXTENSIONS = {
    "hop by hop": IPv6ExtHdrHopByHop(),
    "destination options": IPv6ExtHdrDestOpt(),
    "routing": IPv6ExtHdrRouting(type=4, segleft=0),
    "fragment": IPv6ExtHdrFragment(),
    "many": (IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
             / IPv6ExtHdrRouting(type=4, segleft=0) / IPv6ExtHdrDestOpt()),
}


@pytest.mark.parametrize("name", EXTENSIONS)
def test_extension_headers(lab, red, name):
    """What is behind them counts."""
    set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=udp", "port_min=5001"], [
            "direction=egress", "protocol=udp", "port_min=5001"])
    headers = EXTENSIONS[name]
    for i, (a, b) in enumerate(((red.vm5, red.vm1), (red.vm2, red.vm1),
                                (red.vm1, red.vm5), (red.vm1, red.vm2))):
        ip = IPv6(src=ip_of(a, True), dst=ip_of(b, True))
        assert sent(lab, a, b, *(
            ip / headers.copy() / UDP(sport=7000 + i, dport=port) / Raw(text)
            for port, text in ((5001, "<yes>"), (5002, "<no>")))) == {
                "yes"}, f"{a.name} -> {b.name}"


def is_refused(sock):
    """Does an ICMP error say that nobody listens?"""
    sock.settimeout(0.5)
    try:
        sock.send(b"x")
        sock.recv(1)
    except ConnectionRefusedError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("v6", [False, True])
def test_icmp_errors(lab, red, v6):
    """Errors about what was allowed pass, either way; no others."""
    rules = set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=udp", "port_min=5001"], [
            "direction=egress", "protocol=udp", "port_min=5003"])
    for peer in (red.vm5, red.vm2):
        for a, b, port in ((peer, red.vm1, 5001), (red.vm1, peer, 5003)):
            with udp_socket(a, v6) as sock:
                sock.connect((ip_of(b, v6), port))
                assert is_refused(sock)
        error, ip = ((ICMPv6DestUnreach(code=4), IPv6) if v6
                     else (ICMP(type=3, code=3), IP))
        for a, b in ((peer, red.vm1), (red.vm1, peer)):
            src, dst = ip_of(a, v6), ip_of(b, v6)
            assert sent(lab, a, b, ip(src=src, dst=dst) / error / ip(
                src=dst, dst=src) / UDP(sport=5001, dport=9) / Raw(
                    "<no>")) == set()
    with udp_socket(red.vm2, v6) as sock:
        sock.connect((ip_of(red.vm1, v6), 5001))
        assert is_refused(sock)
        revoke(lab.hv1, rules[0])
        assert not is_refused(sock)


class Ftp:
    """What matters of FTP (RFC 959): who tells whom an address."""

    def __init__(self, client, server):
        self.ends = client, server
        self.control = Connection(client, server, 21)
        # The kernel's helper looks at what comes after an end of line.
        self.say(self.control.server, "220 Ready.\r\n", self.control.client)
        self.say(self.control.client, "USER ovs-ext\r\n",
                 self.control.server)

    def close(self):
        self.control.close()

    def data(self, passive, announced=True):
        """Is there a data connection to the port that was announced, or to
        another one?"""
        client, server = self.ends
        connector, listener = ((client, server) if passive
                               else (server, client))
        with vm_socket(listener) as waiting, vm_socket(connector) as sock:
            waiting.bind((ip_of(listener), 0))
            waiting.listen()
            port = waiting.getsockname()[1]
            told = port if announced else port ^ 1
            address = ip_of(listener).replace(".", ",")
            address += f",{told >> 8},{told & 255}"
            if passive:
                self.say(self.control.server,
                         f"227 Entering Passive Mode ({address}).\r\n",
                         self.control.client)
            else:
                self.say(self.control.client, f"PORT {address}\r\n",
                         self.control.server)
            sock.settimeout(0.5)
            try:
                sock.connect((ip_of(listener), port))
                return True
            except TimeoutError:
                return False

    @staticmethod
    def say(sender, text, receiver):
        sender.sendall(text.encode())
        assert receiver.recv(1024) == text.encode()


@pytest.mark.parametrize("passive", [False, True])
def test_ftp(lab, red, passive):
    """Who may speak FTP gets its data, whoever connects."""
    set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=tcp", "port_min=21"], [
            "direction=egress", "protocol=tcp", "port_min=1"])
    for client in (red.vm5, red.vm2):
        ftp = Ftp(client, red.vm1)
        try:
            assert ftp.data(passive)
            assert not ftp.data(passive, announced=False)
        finally:
            ftp.close()


def test_sctp(lab, red):
    """By port, though conntrack may see only addresses."""
    web, adm = set_group(lab.hv1, "web", "vm1", [
        "direction=ingress", "protocol=sctp", "port_min=100"], [
            "direction=ingress", "protocol=sctp", "port_min=200"])
    set_group(lab.hv1, "out", "vm5", [
        "direction=egress", "protocol=sctp", "port_min=100",
        "port_max=200"])

    def speak(port, peer=red.vm2, back=False):
        ips = [ip_of(peer), ip_of(red.vm1)]
        ports = [1000, port]
        ends = [peer, red.vm1]
        for pair in (ips, ports, ends):
            if back:
                pair.reverse()
        packet = (IP(src=ips[0], dst=ips[1])
                  / SCTP(sport=ports[0], dport=ports[1]) / Raw("<yes>"))
        return sent(lab, *ends, packet) == {"yes"}

    set_acl(lab.hv1, "red", ["direction=egress", "action=drop", "priority=5",
                             "protocol=sctp", "port_min=1000"])
    for peer in (red.vm2, red.vm5):
        assert not speak(100, peer, back=True)
        assert speak(100, peer) and speak(100, peer, back=True)
        assert speak(200, peer) and speak(200, peer, back=True)
        assert not speak(150, peer) and not speak(150, peer, back=True)
    revoke(lab.hv1, web)
    assert not speak(100) and not speak(100, back=True)
    assert speak(200) and speak(200, back=True)
    revoke(lab.hv1, adm)
    assert not speak(200) and not speak(200, back=True)


# Ends of a TCP connection for which no kernel answers.
ENDS = {"own": ("10.77.0.1", 1000), "peer": ("10.77.0.2", 5000)}

# Both open it (RFC 9293 section 3.5, figure 8), and speak.
OPENING = [("peer", "S"), ("own", "SA"), ("peer", "SA"), ("own", "A"),
           ("peer", "A"), ("own", "PA"), ("peer", "PA")]


def tcp_frame(nics, end, flags, n=0):
    """What 'end' sends to the other one: with 'flags', the n-th of data."""
    other = "own" if end == "peer" else "peer"
    (src, seq), (dst, ack) = ENDS[end], ENDS[other]
    return bytes(Ether(src=nics[end].host.mac, dst=nics[other].host.mac)
                 / IP(src=src, dst=dst)
                 / TCP(sport=7000, dport=7000, flags=flags,
                       seq=seq + ("S" not in flags) + n,
                       ack=ack + 1 if "A" in flags else 0)
                 / Raw(b"x" if "P" in flags else b""))


@pytest.mark.parametrize("first", ["own", "peer"])
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_simultaneous_open(lab, red, first, where):
    """Two members of a group that may connect to each other, and no one else,
    do so at the same time."""
    hv = lab.hv1
    bm1 = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                            ["10.0.0.11/24", "fd00::11/64"])
    ends = {"own": red.vm1, "peer": red.vm5 if where == "here" else bm1}
    for vm in (red.vm1, red.vm5):
        hv.run("ovs-ext-ctl", "set", "Port", vm.name, "port_security=false",
               "learn_ips=false")
    for i, (end, (ip, _)) in enumerate(ENDS.items()):
        hv.run("ovs-ext-ctl", "port-add", "red", f"of-{end}",
               f"52:54:00:00:01:{i:02x}", ip)
    set_group(hv, "web", "vm1")
    group = group_uuid(hv, "web")
    hv.change(*(word for i, direction in enumerate(("ingress", "egress"))
                for word in (f"--id=@r{i}", "create", "Rule", "action=allow",
                             f"direction={direction}", "protocol=tcp",
                             "port_min=7000", f"remote_group={group}", "--")),
              "set", "Security_Group", "web", "rules=@r0,@r1",
              *(word for name in ("of-own", "of-peer")
                + (("vm5",) if where == "here" else ())
                for word in ("--", "set", "Port", name,
                             f"security_groups={group}")))
    with frames.nics(*ends.values()) as cards:
        nics = dict(zip(ends, cards))

        def passes(end, flags, n=0):
            frame = tcp_frame(nics, end, flags, n)
            nics[end].send(frame)
            fence(cards)
            return frame in nics["own" if end == "peer" else "peer"].poll()

        assert passes(first, "S")
        for end, flags in OPENING:
            swapped = end if first == "own" else (
                "own" if end == "peer" else "peer")
            assert passes(swapped, flags), (swapped, flags)
        hv.change("set", "Port", "of-peer", "security_groups=[]")
        assert not passes("own", "PA", 1)
        assert not passes("peer", "PA", 1)


class Guest:
    """A VM with a policy, the same on both hosts, which goes from one to the
    other."""

    def __init__(self, lab, network):
        self.lab = lab
        self.vm = lab.nth_vm(lab.hv1, 6, network)
        lab.hv2.run(*lab.hv2.row_command(self.vm))
        rules = [["direction=ingress", "protocol=tcp", "port_min=5001"],
                 ["direction=ingress", "protocol=udp", "port_min=5001",
                  "port_max=5002"]]
        for hv in (lab.hv1, lab.hv2):
            set_group(hv, "web", "vm6", *rules)
        lab.converged(network, self.vm)
        self.at = lab.hv1
        lab.finally_do(lambda: self.move(lab.hv1))

    def move(self, to):
        """Its NIC becomes a port of 'to'."""
        if self.at is not to:
            self.at.unplug(self.vm)
            subprocess.run(["nsenter", "-t", str(self.at.pid), "-n", "ip",
                            "link", "set", "vm6", "netns", str(to.pid)],
                           check=True)
            to.sh("sysctl -qw net.ipv6.conf.vm6.disable_ipv6=1\n"
                  "ip link set vm6 up")
            to.plug(self.vm)
            self.at = to
            to.settled()
            self.lab.settled()


def goes_on(connection, sender, receiver, seconds=5):
    """Does what 'sender' says arrive?  It may have to be sent again."""
    sender.sendall(b"more")
    receiver.settimeout(seconds)
    return receiver.recv(4, socket.MSG_WAITALL) == b"more"


def wait_for_route(lab, red, vm, hv):
    for other in (lab.hv1, lab.hv2):
        if other is not hv:
            wait_for(lambda other=other: any(
                entry["mac"] == vm.mac
                for entry in other.appctl_json("evpn/macs", red.vni)),
                     f"{other.name}: {vm.name} at {hv.name}")
    wait_for(lambda: f"{vm.mac} dev vx{red.vni} dst {hv.vtep}" in
             lab.leaf.run("bridge", "fdb", "show", "br", f"br{red.vni}"),
             f"leaf: {vm.name} at {hv.name}")


@pytest.mark.parametrize("first", ["guest", "peer"])
def test_tcp_after_migration(lab, red, first):
    """Its conntrack there never saw a SYN.  What rules allow to begin goes on
    at once; what only answers, when the other side has spoken."""
    guest = Guest(lab, red)
    bm1 = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                            ["10.0.0.11/24", "fd00::11/64"])
    peers = [bm1, red.vm5, red.vm2]
    inward = [Connection(peer, guest.vm, 5001) for peer in peers]
    outward = [Connection(guest.vm, peer, 6001) for peer in peers]
    try:
        assert all(c.speaks() for c in inward + outward)
        guest.move(lab.hv2)
        wait_for_route(lab, red, guest.vm, lab.hv2)
        for c in inward:        # From the peer, who may begin; or out.
            ends = [c.server, c.client]
            assert goes_on(c, *(ends if first == "guest" else ends[::-1]))
            assert goes_on(c, *(ends[::-1] if first == "guest" else ends))
        for c in outward:
            if first == "peer":
                # It must not begin: not before the guest has spoken.
                assert c.silent_for(c.server, c.client, 0.3)
                assert goes_on(c, c.client, c.server)
                c.client.settimeout(5)
                assert c.client.recv(2, socket.MSG_WAITALL) == b"no"
            else:
                assert goes_on(c, c.client, c.server)
            assert goes_on(c, c.server, c.client)
    finally:
        for c in inward + outward:
            c.close()


def test_udp_after_migration(lab, red, udp):
    guest = Guest(lab, red)
    inward = [udp(red.vm5, guest.vm, 5001), udp(red.vm2, guest.vm, 5002)]
    outward = [udp(guest.vm, peer, 6001) for peer in (red.vm5, red.vm2)]
    for a, b in inward + outward:
        assert arrives(a, b) and arrives(b, a)
    guest.move(lab.hv2)
    wait_for_route(lab, red, guest.vm, lab.hv2)
    for client, server in inward:
        assert arrives(client, server) and arrives(server, client)
    for client, server in outward:
        assert not arrives(server, client)
        assert arrives(client, server) and arrives(server, client)


def test_restricted_after_migration(lab, red):
    """What is not allowed to begin in either direction does not go on."""
    guest = Guest(lab, red)
    connection = Connection(red.vm2, guest.vm, 5001)
    try:
        assert connection.speaks()
        set_acl(lab.hv2, "red", ["direction=ingress", "action=drop",
                                 "priority=9", "protocol=tcp"],
                ["direction=egress", "action=drop", "priority=9",
                 "protocol=tcp"])
        guest.move(lab.hv2)
        wait_for_route(lab, red, guest.vm, lab.hv2)
        begin = time.monotonic()
        assert connection.silent_for(connection.client, connection.server, 1)
        assert connection.silent_for(connection.server, connection.client, 1)
        assert time.monotonic() - begin > 1.9
    finally:
        connection.close()
