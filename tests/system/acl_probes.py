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

"""Packets that are sent in bulk between ports, each of a connection of its
own, and what became of them.

    probe = Probe("ingress", peer, Packet(src="10.0.0.5", dst="10.200.0.1",
                                          protocol=TCP, dport=443))
    with nics(vm, *peers) as cards:
        fates = send(vm, {nic.host: nic for nic in cards}, [probe])
    assert fates[probe].arrived and not fates[probe].answer

A VM's own address is another one in each probe, so that no two are of one
connection, whatever the protocol, and that no kernel answers.  A packet
carries its probe's number.  Broadcast ARP, which ACLs let pass, follows on the
same way and tells that all before it has arrived, or will not."""

import collections
import dataclasses
import ipaddress
import itertools
import json
import re

from scapy.all import (ARP, ICMP, IP, SCTP, TCP, UDP, Ether, ICMPv6Unknown,
                       IPv6, Raw)

import acl_reference
from fabric import Failure, wait_for
import frames

NUMBER = re.compile(rb"<probe (\d+)>")
CHUNK = 40                      # Frames that a port's queue surely holds.


COVERAGE = re.compile(r"^(datapath_drop\w*|drop_action\w*|upcall\w*) .*"
                      r"total: (\d+)", re.M)


class Losses:
    """What was dropped on the way without anybody's decision, for who reads of
    a packet that is missing: by ovs-vswitchd, by the devices of the hypervisor
    'hv' and its VMs, and by the machine's network stack, since it was made."""

    def __init__(self, hv):
        self.hv = hv
        self.before = self.read()

    def read(self):
        counts = collections.Counter()
        for name, n in COVERAGE.findall(self.hv.run("ovs-appctl",
                                                    "coverage/show")):
            counts[name] = int(n)
        spaces = [("", []), *((f"{vm}/", ["-n", vm]) for vm in self.hv.vms)]
        for space, words in spaces:
            for link in json.loads(self.hv.run("ip", *words, "-s", "-j",
                                               "link")):
                for way, stats in link["stats64"].items():
                    counts[f"{space}{link['ifname']} {way}"] += sum(
                        n for name, n in stats.items()
                        if name not in ("bytes", "packets", "multicast"))
        with open("/proc/net/softnet_stat") as lines:
            counts["softnet"] = sum(int(line.split()[1], 16)
                                    for line in lines)
        return counts

    def __str__(self):
        now = self.read()
        return "dropped: " + (", ".join(
            f"{name}: {n - self.before[name]}"
            for name, n in sorted(now.items())
            if n != self.before[name]) or "nothing that is counted")


@dataclasses.dataclass(eq=False)
class Probe:
    direction: str              # As the VM sees it.
    peer: object                # The other end.
    packet: acl_reference.Packet
    what: str = ""              # For who reads of a failure.
    is_reply: bool = False


@dataclasses.dataclass
class Fate:
    arrived: bool = False
    answer: str = ""            # "RST", "prohibited" or "".


class Numbers:
    """Own addresses, and numbers of fences."""

    def __init__(self):
        self.count = itertools.count(1)

    def own(self, version):
        n = next(self.count)
        return (f"10.{200 + (n >> 16)}.{n >> 8 & 255}.{n & 255}"
                if version == 4 else f"fd99::{n:x}")


NUMBERS = Numbers()


def payload(probe, text):
    """What follows the IP header of 'probe': the 'text' at its end."""
    p, raw = probe.packet, Raw(text)
    if p.protocol == acl_reference.TCP:
        return TCP(sport=p.sport, dport=p.dport, seq=1000,
                   flags="SA" if probe.is_reply else "S",
                   ack=1001 * probe.is_reply) / raw
    if p.protocol == acl_reference.UDP:
        return UDP(sport=p.sport, dport=p.dport) / raw
    if p.protocol == acl_reference.SCTP:
        return SCTP(sport=p.sport, dport=p.dport) / raw
    if p.protocol == acl_reference.ICMP and p.version == 4:
        return ICMP(type=p.icmp_type, code=p.icmp_code, id=p.sport) / raw
    if p.protocol == acl_reference.ICMPV6 and p.version == 6:
        return ICMPv6Unknown(type=p.icmp_type, code=p.icmp_code,
                             msgbody=p.sport.to_bytes(4, "big") + text)
    return raw


def build(probe, src, dst, text):
    """The frame of 'probe' between MACs, with 'text' in it."""
    packet = probe.packet
    ip = (IP(src=packet.src, dst=packet.dst, proto=packet.protocol)
          if packet.version == 4
          else IPv6(src=packet.src, dst=packet.dst, nh=packet.protocol))
    return bytes(Ether(src=src, dst=dst) / ip / payload(probe, text))


def fence(cards):
    """Waits until all that was sent by each of 'cards' has arrived."""
    for turn in range(frames.TURNS):
        sent = []
        for nic in cards:
            number = next(NUMBERS.count)
            text = b"<fence %d>" % number
            arp = ARP(op=1, hwsrc=nic.host.mac,
                      psrc=nic.host.ips[0].split("/")[0], pdst="10.0.0.254")
            nic.send(bytes(Ether(src=nic.host.mac, dst=frames.everyone())
                           / arp / Raw(text.ljust(20))))
            sent.append((nic, text))
        for nic, text in sent:
            for other in cards:
                if other is not nic:
                    wait_for(lambda other=other, text=text: any(
                        text in data for data in other.poll()[-200:]),
                             f"{other.name}: fence {turn} of {nic.name}",
                             interval=0.001)


def ip_bytes(ip):
    return ipaddress.ip_address(ip).packed


def answer_in(frame):
    """"RST" or "prohibited" if 'frame' says so, else ""."""
    ether = Ether(frame)
    if TCP in ether and ether[TCP].flags.R:
        return "RST"
    if ICMP in ether and (ether[ICMP].type, ether[ICMP].code) == (3, 13):
        return "prohibited"
    if ether.type == 0x86dd and frame[20] == 58 and frame[54:56] == b"\1\1":
        return "prohibited"
    return ""


def find_answers(cards, by_number, numbers, fates):
    """Notes what the senders of rejected probes were told."""
    wanted = {}
    for number in numbers:
        packet = by_number[number].packet
        wanted[ip_bytes(packet.dst) + ip_bytes(packet.src)] = number
    for nic in cards.values():
        for frame in nic.frames:
            start, size = {b"\x08\x00": (26, 8), b"\x86\xdd": (22, 32)}.get(
                frame[12:14], (0, 0))
            number = wanted.get(frame[start:start + size])
            if size and number is not None:
                fates[by_number[number]].answer = answer_in(frame)


def send(vm, cards, probes, rejected=()):
    """{probe: Fate} of 'probes' of or to 'vm'; 'cards' are the Nic of each
    end.  Waits until those in 'rejected' are answered."""
    by_number = {}
    fates = {probe: Fate() for probe in probes}
    for nic in cards.values():
        nic.poll()
        nic.frames.clear()
    for start in range(0, len(probes), CHUNK):
        for probe in probes[start:start + CHUNK]:
            number = next(NUMBERS.count)
            by_number[number] = probe
            ends = [vm, probe.peer]
            sender, receiver = (ends if probe.direction == "egress"
                                else reversed(ends))
            cards[sender].send(build(probe, sender.mac, receiver.mac,
                                     b"<probe %d>" % number))
        fence(list(cards.values()))
    for host, nic in cards.items():
        for frame in nic.poll():
            match = NUMBER.search(frame)
            probe = match and by_number.get(int(match[1]))
            if probe and host is (vm if probe.direction == "ingress"
                                  else probe.peer) and is_itself(
                                      frame, probe.packet):
                fates[probe].arrived = True

    def are_answered():
        for nic in cards.values():
            nic.poll()
        find_answers(cards, by_number, by_number, fates)
        return all(fates[probe].answer for probe in rejected)

    try:
        wait_for(are_answered, "answers", timeout=3)
    except Failure:
        pass                    # The caller sees whose is missing.
    return fates


def is_itself(frame, packet):
    """Is it the packet, not one that quotes it?"""
    start = {4: 26, 6: 22}[packet.version]
    addresses = ip_bytes(packet.src) + ip_bytes(packet.dst)
    return frame[start:start + len(addresses)] == addresses


def reply_to(probe):
    """What answers 'probe', the other way."""
    packet = probe.packet
    answer = packet.reply()
    if packet.protocol in (acl_reference.ICMP, acl_reference.ICMPV6):
        answer.sport = packet.sport
        answer.icmp_type = {8: 0, 13: 14, 15: 16, 128: 129}[packet.icmp_type]
    return Probe("egress" if probe.direction == "ingress" else "ingress",
                 probe.peer, answer, f"reply: {probe.what}", True)
