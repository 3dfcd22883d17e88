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
"""What a VM must not send, and what it may: crafted frames."""

import itertools

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DHCP6_Advertise
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest, ICMPv6MLReport2, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA,
    ICMPv6ND_Redirect, ICMPv6ND_RS, ICMPv6MLReport, ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether, LLC, SNAP
from scapy.packet import Raw

from fabric import wait_for
import frames
from frames import BROADCAST

pytestmark = pytest.mark.quiet

MAC = "52:54:00:00:00:01"
IP4, IP6 = "10.0.0.1", "fd00::1"
LLA = "fe80::5054:ff:fe00:1"
VIP = "10.0.0.100"              # A pair without a MAC.
VMAC = "00:00:5e:00:01:05"      # VRRP's, with these addresses:
VMAC_IP4, VMAC_IP6 = "10.0.0.101", "fd00:100::7"
VMAC_LLA = "fe80::200:5eff:fe00:105"
PAIRS = [VIP, f"{VMAC_IP4} {VMAC}", f"fd00:100::/64 {VMAC}"]

OTHER = "52:54:00:00:00:02"
OTHER_IP4, OTHER_IP6 = "10.0.0.2", "fd00::2"
OTHER_LLA = "fe80::5054:ff:fe00:2"

GATEWAY = "52:54:00:00:00:fe"
GATEWAY_IP4, GATEWAY_IP6 = "10.0.0.254", "fd00::fe"
GATEWAY_LLA = "fe80::5054:ff:fe00:fe"

# Multicast, as frames have it.
ALL_NODES = Ether(src=MAC, dst="33:33:00:00:00:01")


def ether(src=MAC, dst=BROADCAST, **kwargs):
    return Ether(src=src, dst=dst, **kwargs)


def arp(op, sha, spa, src=MAC, tpa=OTHER_IP4, **kwargs):
    return ether(src) / ARP(op=op, hwsrc=sha, psrc=spa, pdst=tpa, **kwargs)


def ip6(src, dst="ff02::1", mac=MAC):
    return Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(
        src=src, dst=dst, hlim=255)


def ns(sll=None, src=IP6, mac=MAC, target=OTHER_IP6):
    packet = ip6(src, "ff02::1:ff00:2", mac) / ICMPv6ND_NS(tgt=target)
    return packet / ICMPv6NDOptSrcLLAddr(lladdr=sll) if sll else packet


def na(target, tll=None, src=IP6, mac=MAC, ext=None):
    packet = ip6(src, mac=mac)
    if ext:
        packet /= ext
    packet /= ICMPv6ND_NA(tgt=target, R=0, S=0, O=1)
    return packet / ICMPv6NDOptDstLLAddr(lladdr=tll) if tll else packet


def rs(*options, src=LLA, mac=MAC, ext=None, hop_limit=255):
    """A router solicitation; a MAC among 'options' is that one's."""
    packet = ip6(src, "ff02::2", mac)
    packet[IPv6].hlim = hop_limit
    if ext:
        packet /= ext
    packet /= ICMPv6ND_RS()
    for option in options:
        packet /= (ICMPv6NDOptSrcLLAddr(lladdr=option)
                   if isinstance(option, str) else option)
    return packet


def dhcp_reply(sport=67):
    return (IP(src=IP4, dst="255.255.255.255") / UDP(sport=sport, dport=68)
            / BOOTP(op=2, yiaddr=OTHER_IP4)
            / DHCP(options=[("message-type", "offer"), "end"]))


def dhcp6_reply(*ext):
    packet = ip6(LLA)
    for header in ext:
        packet /= header
    return packet / UDP(sport=547, dport=546) / DHCP6_Advertise()


def ra(*ext, src=LLA):
    packet = ip6(src)
    for header in ext:
        packet /= header
    return (packet / ICMPv6ND_RA()
            / ICMPv6NDOptPrefixInfo(prefix="2001:db8::", prefixlen=64))


def frag6(proto, payload, offset=0, more=1, src=IP6):
    """An IPv6 fragment whose part of the packet is 'payload'."""
    return (ip6(src) / IPv6ExtHdrFragment(nh=proto, offset=offset, m=more,
                                          id=7) / Raw(payload))


def icmp6_bytes(packet, layer):
    """The packet from its ICMPv6 header on, with its checksum."""
    return bytes(Ether(bytes(packet))[layer])


PADN = b"\x3a\x00\x01\x04\0\0\0\0"  # Destination options, then ICMPv6.
HOP_BY_HOP = IPv6ExtHdrHopByHop()
DST_OPTS = IPv6ExtHdrDestOpt()

SPOOFS = {
    "source-mac": [
        ether(OTHER) / IP(src=IP4, dst=OTHER_IP4) / ICMP(),
        ether(OTHER) / IPv6(src=IP6, dst=OTHER_IP6) / ICMPv6EchoRequest(),
        ether("52:54:00:00:00:99") / Raw(b"x" * 46),
        ether("00:00:00:00:00:00") / ARP(hwsrc=MAC, psrc=IP4),
        ether("03:00:00:00:00:01") / ARP(hwsrc=MAC, psrc=IP4),
        ether("00:00:5e:00:01:06") / ARP(hwsrc=VMAC, psrc=VMAC_IP4),
    ],
    "arp-spoof": [
        arp("who-has", OTHER, IP4),
        arp("who-has", MAC, OTHER_IP4),
        arp("is-at", MAC, OTHER_IP4),
        arp("is-at", OTHER, OTHER_IP4),
        # Gratuitous.
        arp("is-at", MAC, OTHER_IP4, tpa=OTHER_IP4),
        arp("who-has", MAC, OTHER_IP4, tpa=OTHER_IP4),
        # What goes with the other MAC only.
        arp("is-at", MAC, VMAC_IP4),
        arp("is-at", VMAC, IP4, src=VMAC),
        arp("is-at", VMAC, VIP, src=VMAC),
        # Nobody probes by a reply.
        arp("is-at", MAC, "0.0.0.0"),
        # What Open vSwitch does not parse.
        arp("is-at", MAC, OTHER_IP4, hwtype=6),
        # RARP, by which switches learn.
        ether(type=0x8035) / ARP(op=3, hwsrc=OTHER, psrc="0.0.0.0"),
        # IEEE 802.2.
        ether(type=None) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
        / SNAP(OUI=0, code=0x806) / ARP(op=2, hwsrc=MAC, psrc=OTHER_IP4),
    ],
    "ip-spoof": [
        ether() / IP(src=OTHER_IP4, dst="10.0.0.9") / ICMP(),
        ether() / IP(src="8.8.8.8", dst=OTHER_IP4) / UDP(sport=53),
        ip6(OTHER_IP6) / ICMPv6EchoRequest(),
        ip6("2001:db8::1") / UDP(),
        ip6(OTHER_LLA) / ICMPv6EchoRequest(),
        # What goes with the other MAC only.
        ether() / IP(src=VMAC_IP4, dst=OTHER_IP4) / ICMP(),
        ether(VMAC) / IP(src=IP4, dst=OTHER_IP4) / ICMP(),
        ip6(VMAC_IP6) / ICMPv6EchoRequest(),
        ip6(IP6, mac=VMAC) / ICMPv6EchoRequest(),
        ip6(LLA, mac=VMAC) / ICMPv6EchoRequest(),
        # Unspecified, but neither DHCP, DAD nor MLD.
        ether() / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(dport=9),
        ether() / IP(src="0.0.0.0", dst=OTHER_IP4) / UDP(sport=68, dport=67),
        ip6("::") / UDP(),
        ip6("::") / ICMPv6EchoRequest(),
        ip6("::", OTHER_IP6) / ICMPv6ND_NS(tgt=OTHER_IP6),
        # DAD has no source link-layer address (RFC 4861 section 4.3).
        ns(MAC, src="::"),
        na(OTHER_IP6, MAC, src="::"),
        # Fragments and extension headers.
        ether() / IP(src=OTHER_IP4, dst="10.0.0.9", flags="MF") / ICMP(),
        ether() / IP(src=OTHER_IP4, dst="10.0.0.9", frag=100) / Raw(b"x" * 8),
        frag6(58, b"\x80\0\0\0\0\0\0\0", src=OTHER_IP6),
        frag6(58, b"x" * 8, offset=10, more=0, src=OTHER_IP6),
        ip6(OTHER_IP6) / HOP_BY_HOP / DST_OPTS / ICMPv6EchoRequest(),
        ether(type=None) / LLC(dsap=0xaa, ssap=0xaa, ctrl=3)
        / SNAP(OUI=0, code=0x800) / IP(src=OTHER_IP4, dst="10.0.0.9") / ICMP(),
    ],
    "nd-spoof": [
        ns(OTHER),
        ns(OTHER, src=LLA),
        na(IP6, OTHER),
        na(OTHER_IP6, MAC),
        na(OTHER_IP6),
        na(OTHER_LLA, MAC),
        na(OTHER_IP6, OTHER),
        # What goes with the other MAC only.
        na(VMAC_IP6, MAC),
        na(VMAC_IP6),
        na(IP6, VMAC),
        na(IP6, src=VMAC_IP6, mac=VMAC),
        # The same option twice, of which hosts take one.
        ns(OTHER) / ICMPv6NDOptSrcLLAddr(lladdr=MAC),
        ns(MAC) / ICMPv6NDOptSrcLLAddr(lladdr=OTHER),
        na(IP6, OTHER) / ICMPv6NDOptDstLLAddr(lladdr=MAC),
        # Behind another option.
        ns() / ICMPv6NDOptMTU() / ICMPv6NDOptSrcLLAddr(lladdr=OTHER),
        na(IP6) / ICMPv6NDOptMTU() / ICMPv6NDOptDstLLAddr(lladdr=OTHER),
        # Behind extension headers.
        na(OTHER_IP6, MAC, ext=HOP_BY_HOP),
        na(OTHER_IP6, MAC, ext=DST_OPTS),
        # An atomic fragment (RFC 6946) is whole.
        na(OTHER_IP6, MAC, ext=IPv6ExtHdrFragment(offset=0, m=0, id=1)),
    ],
    "fragment": [
        # All of it in the first fragment, or without the options.
        frag6(58, icmp6_bytes(na(OTHER_IP6, MAC), ICMPv6ND_NA)),
        frag6(58, icmp6_bytes(na(IP6, MAC), ICMPv6ND_NA)[:24]),
        frag6(58, icmp6_bytes(ns(OTHER), ICMPv6ND_NS)),
        frag6(58, icmp6_bytes(ip6(LLA) / ICMPv6ND_RS(), ICMPv6ND_RS)),
        # Headers that go on in the next fragment (RFC 7112).
        frag6(60, PADN),
        frag6(60, b"\x3a\x01\x01\x0c\0\0\0\0"),
        frag6(17, b""),
        frag6(58, b""),
    ],
    "router-advertisement": [
        ra(),
        ra(src=IP6),
        ra(HOP_BY_HOP),
        ra(DST_OPTS),
        ra(HOP_BY_HOP, DST_OPTS),
        ra(IPv6ExtHdrFragment(offset=0, m=0, id=1)),
        frag6(58, icmp6_bytes(ra(), ICMPv6ND_RA)),
        frag6(60, PADN + icmp6_bytes(ra(), ICMPv6ND_RA)),
        ip6(LLA) / ICMPv6ND_Redirect(tgt=LLA, dst=OTHER_IP6),
    ],
    "dhcp-server": [
        ether() / dhcp_reply(),
        ether(dst=OTHER) / dhcp_reply(),
        ether() / dhcp_reply(sport=1067),
        ether() / IP(src=IP4, dst="255.255.255.255", flags="MF", proto=17)
        / Raw(bytes(dhcp_reply()[UDP])[:64]),
        dhcp6_reply(),
        dhcp6_reply(DST_OPTS),
        dhcp6_reply(IPv6ExtHdrFragment(offset=0, m=1, id=1)),
    ],
    "gateway": [
        ether(GATEWAY) / IP(src=IP4, dst=OTHER_IP4) / ICMP(),
        ether(GATEWAY) / Raw(b"x" * 46),
        arp("is-at", MAC, GATEWAY_IP4),
        arp("who-has", MAC, GATEWAY_IP4),
        arp("is-at", GATEWAY, GATEWAY_IP4),
        arp("is-at", GATEWAY, IP4),
        ether() / IP(src=GATEWAY_IP4, dst=OTHER_IP4) / ICMP(),
        ip6(GATEWAY_IP6) / ICMPv6EchoRequest(),
        ip6(GATEWAY_LLA) / ICMPv6EchoRequest(),
        na(GATEWAY_IP6, MAC),
        na(GATEWAY_IP6),
        na(GATEWAY_LLA, MAC),
    ],
    "reserved-multicast": [
        ether(dst="01:80:c2:00:00:00", type=0x0026) / Raw(b"\x42" * 46),
        ether(dst="01:80:c2:00:00:01", type=0x8808) / Raw(b"\0" * 46),
        ether(dst="01:80:c2:00:00:0e", type=0x88cc) / Raw(b"\0" * 46),
    ],
    "vlan-tag": [
        ether() / Dot1Q(vlan=5) / ARP(op=2, hwsrc=MAC, psrc=OTHER_IP4),
        ether() / Dot1Q(vlan=0, prio=7) / ARP(op=2, hwsrc=MAC, psrc=IP4),
        ether() / Dot1Q(vlan=0) / Dot1Q(vlan=5) / IP(src=OTHER_IP4) / ICMP(),
        ether() / Dot1AD(vlan=5) / Dot1Q(vlan=6) / IP(src=IP4) / ICMP(),
        ALL_NODES / Dot1AD(vlan=0) / IPv6(src=LLA, dst="ff02::1", hlim=255)
        / ICMPv6ND_RA(),
    ],
}

# What a port is not checked for if nothing is declared.
GUARDS = ["fragment", "router-advertisement", "dhcp-server", "gateway",
          "reserved-multicast", "vlan-tag"]

# The counterparts: each has to pass from vm1.
ALLOWED = [
    ether() / IP(src=IP4, dst=OTHER_IP4) / ICMP(),
    ether() / IP(src=VIP, dst=OTHER_IP4) / ICMP(),
    ether(VMAC) / IP(src=VMAC_IP4, dst=OTHER_IP4) / ICMP(),
    ether() / Raw(b"x" * 46),
    ip6(IP6) / ICMPv6EchoRequest(),
    ip6(LLA) / ICMPv6EchoRequest(),
    ip6(VMAC_IP6, mac=VMAC) / ICMPv6EchoRequest(),
    ip6(VMAC_LLA, mac=VMAC) / ICMPv6EchoRequest(),
    # ARP: requests, replies, announcements, probes; RARP of a VM that moved.
    arp("who-has", MAC, IP4),
    arp("is-at", MAC, IP4),
    arp("is-at", MAC, VIP, tpa=VIP),
    arp("is-at", VMAC, VMAC_IP4, src=VMAC, tpa=VMAC_IP4),
    arp("is-at", VMAC, VMAC_IP4),
    arp("who-has", MAC, "0.0.0.0", tpa=IP4),
    arp("who-has", MAC, "0.0.0.0"),
    ether(type=0x8035) / ARP(op=3, hwsrc=MAC, psrc="0.0.0.0"),
    # ND.
    ns(MAC), ns(MAC, src=LLA), ns(), ns(src="::", target=IP6), ns(src="::"),
    ns(VMAC, src=VMAC_IP6, mac=VMAC),
    na(IP6, MAC), na(IP6), na(LLA, MAC), na(LLA, MAC, src=LLA),
    na(VMAC_IP6, VMAC, src=VMAC_IP6, mac=VMAC),
    na(VMAC_IP6, src=VMAC_IP6, mac=VMAC),
    na(VMAC_LLA, VMAC, src=VMAC_LLA, mac=VMAC),
    na(IP6, MAC, ext=HOP_BY_HOP),
    ns() / ICMPv6NDOptMTU() / ICMPv6NDOptSrcLLAddr(lladdr=MAC),
    # MLD.
    ip6("::", "ff02::16") / HOP_BY_HOP / ICMPv6MLReport2(),
    ip6("::", "ff02::1:ff00:1") / HOP_BY_HOP / ICMPv6MLReport(),
    ip6(LLA, "ff02::16") / HOP_BY_HOP / ICMPv6MLReport2(),
    # DHCP clients.
    ether() / IP(src="0.0.0.0", dst="255.255.255.255")
    / UDP(sport=68, dport=67) / BOOTP(op=1)
    / DHCP(options=[("message-type", "discover"), "end"]),
    ether() / IP(src=IP4, dst=OTHER_IP4) / UDP(sport=68, dport=67) / BOOTP(),
    ip6(LLA, "ff02::1:2") / UDP(sport=546, dport=547),
    # Fragments of what is allowed, of both versions.
    ether() / IP(src=IP4, dst=OTHER_IP4, flags="MF") / ICMP() / Raw(b"x" * 64),
    ether() / IP(src=IP4, dst=OTHER_IP4, frag=9, proto=1) / Raw(b"x" * 64),
    ether() / IP(src=IP4, dst=OTHER_IP4, flags="MF") / UDP(dport=9)
    / Raw(b"x" * 64),
    frag6(58, b"\x80\0\0\0\0\0\0\0" + b"x" * 64),
    frag6(58, b"x" * 64, offset=9, more=0),
    frag6(17, b"\0\x09\0\x09\0\x48\0\0" + b"x" * 64),
    frag6(60, b"\x3a\x00\x01\x04\0\0\0\0\x80\0\0\0\0\0\0\0"),
]


class Member:
    """A VM that sends frames of scapy's, each with a text behind it."""

    def __init__(self, nic):
        self.nic = nic

    def send(self, packet, text, mac=MAC):
        data = bytes(packet)
        if mac != MAC:
            data = data.replace(frames.mac_bytes(MAC), frames.mac_bytes(mac))
        self.nic.send(data.ljust(60, b"\0") + text.encode() + b".")


def drops(hv, port):
    """What was dropped of 'port', by reason, as far as there is any."""
    shown, = hv.appctl_json("port/show", port)
    return dict((name, int(n)) for name, n in
                (entry.split("=") for entry in shown["drops"]) if int(n))


def wait_for_drops(hv, port, before, wanted):
    """Waits until 'wanted' is what was dropped since 'before', and checks
    that it is no more."""
    def new():
        now = drops(hv, port)
        return {reason: n - before.get(reason, 0) for reason, n in now.items()
                if n != before.get(reason, 0)}
    wait_for(lambda: new() == wanted, f"{port}: drops {wanted}",
             on_timeout=lambda: f"but {new()}")


@pytest.fixture
def guarded(lab):
    """A network with a gateway nobody is; vm1 has all that it may send from
    declared, vm3 nothing."""
    network = lab.network("red", 10100)
    vm1 = lab.vm(lab.hv1, "vm1", network, MAC, f"{IP4}/24", f"{IP6}/64")
    vm5 = lab.vm(lab.hv1, "vm5", network, "52:54:00:00:00:05", "10.0.0.5/24")
    vm2 = lab.vm(lab.hv2, "vm2", network, OTHER, f"{OTHER_IP4}/24",
                 f"{OTHER_IP6}/64")
    vm3 = lab.vm(lab.hv1, "vm3", network, "52:54:00:00:00:03", row=False)
    network.members = [vm1, vm5, vm2, vm3]
    for hv in lab.hypervisors:
        configure(hv, "set", "Network", "red",
                  "arp_suppression=false", f'gateway_mac="{GATEWAY}"',
                  f'gateways="{GATEWAY_IP4}/24","{GATEWAY_IP6}/64"')
    configure(lab.hv1, "set", "Port", "vm1", "allowed_address_pairs="
              + ",".join(f'"{pair}"' for pair in PAIRS))
    lab.converged(network, *network.members)
    return network


def configure(hv, *command):
    hv.change("--timeout=10", *command)


def send_all(lab, network, sender, packets, tag, mac=MAC):
    """Sends 'packets' from the VM 'sender'.  Returns for each of them the
    names of the VMs that it came to, and whether it was on the wire."""
    wire = frames.Wire(lab.spine, ["hv1", "hv2"])
    with frames.nics(*network.members) as nics:
        by_vm = {nic.host: nic for nic in nics}
        member = Member(by_vm[sender])
        for i, packet in enumerate(packets):
            member.send(packet, f"{tag}-{i}", mac)
        frames.drain(nics, tag)
        arrived = [({nic.host.name for nic in nics if nic.count(f"{tag}-{i}")},
                    bool(wire.tunnel_packets(f"{tag}-{i}")))
                   for i in range(len(packets))]
    wire.close()
    return arrived


@pytest.mark.parametrize("reason", SPOOFS)
def test_spoof_goes_nowhere(lab, guarded, reason):
    """And is counted under its reason."""
    vm1 = guarded.members[0]
    before = drops(lab.hv1, "vm1")
    packets = SPOOFS[reason]
    arrived = send_all(lab, guarded, vm1, packets, "spoof")
    for packet, where in zip(packets, arrived):
        assert where == (set(), False), packet.summary()
    wait_for_drops(lab.hv1, "vm1", before, {reason: len(packets)})


def test_allowed_passes(lab, guarded):
    """To VMs here and elsewhere, and nothing is counted."""
    vm1 = guarded.members[0]
    before = drops(lab.hv1, "vm1")
    arrived = send_all(lab, guarded, vm1, ALLOWED, "allowed")
    for packet, where in zip(ALLOWED, arrived):
        assert where == ({"vm5", "vm2", "vm3"}, True), packet.summary()
    wait_for_drops(lab.hv1, "vm1", before, {})


# Router solicitations: the last of BAD_RS has the bad checksum.

GOOD_RS = [
    rs(), rs(src="::"), rs(MAC), rs(MAC, src=IP6),
    rs(VMAC, src=VMAC_LLA, mac=VMAC), rs(VMAC),
    rs(ICMPv6NDOptMTU()), rs(ICMPv6NDOptMTU(), MAC),
    rs(ICMPv6NDOptMTU(), src="::"), rs(MAC, ext=HOP_BY_HOP),
]
BAD_RS = [
    rs(OTHER), rs(OTHER, src=IP6), rs(MAC, src="::"),
    rs(ICMPv6NDOptMTU(), OTHER), rs(MAC, OTHER), rs(OTHER, MAC),
    rs(OTHER, ext=DST_OPTS), rs(MAC, hop_limit=64),
    rs() / Raw(b"\x01\0\0\0\0\0\0\0"),
    rs() / Raw(b"\x01\x02" + frames.mac_bytes(OTHER)),
]
BAD_CHECKSUM = rs(MAC)
BAD_CHECKSUM[ICMPv6ND_RS].cksum = 7
BAD_RS.append(BAD_CHECKSUM)


def exact(nic, packet):
    """How many frames are 'packet', without anything behind it, or carry
    that."""
    return sum(bytes(packet) in data for data in nic.poll())


@pytest.mark.datapath
def test_router_solicitations(lab, guarded):
    """Those with options are checked by ovs-ext, and go on once."""
    vm1, *others = guarded.members
    before = drops(lab.hv1, "vm1")
    wire = frames.Wire(lab.spine, ["hv1", "hv2"])
    with frames.nics(vm1, *others) as (own, *cards):
        for packet in GOOD_RS + BAD_RS:
            own.send(bytes(packet))
        wait_for_drops(lab.hv1, "vm1", before, {"nd-spoof": len(BAD_RS)})
        frames.drain([own, *cards], "rs")
        for packet in GOOD_RS:
            assert [exact(nic, packet) for nic in cards] == [1, 1, 1], (
                packet.summary())
            assert sum(exact(nic, packet) for nic in wire.nics) == 1
            assert exact(own, packet) == 0
        for packet in BAD_RS:
            assert not any(exact(nic, packet) for nic in cards + wire.nics), (
                packet.summary())
    wire.close()


def test_router_solicitations_unheard(lab, guarded):
    """Without ovs-ext, those that would have to be checked are lost."""
    vm1, *others = guarded.members
    with frames.nics(vm1, *others) as (own, *cards):
        lab.hv1.kill("ovs-ext")
        for packet in (rs(MAC), rs(), rs(src="::")):
            own.send(bytes(packet))
        frames.drain([own, *cards], "away")
        lab.hv1.start_ovs_ext()
        lab.hv1.settled()
        own.send(bytes(rs(MAC, src=IP6)))
        for nic in cards:
            wait_for(lambda nic=nic: exact(nic, rs(MAC, src=IP6)), "an RS")
            assert exact(nic, rs()) == exact(nic, rs(src="::")) == 1
            assert exact(nic, rs(MAC)) == 0
    assert lab.hv1.status()["flow_mods"] == 0


def test_router_solicitations_are_bounded(lab, guarded):
    """One VM's are not looked at beyond its rate; another's are."""
    vm1, vm5, vm2 = guarded.members[:3]
    before = drops(lab.hv1, "vm1")
    lla5 = "fe80::5054:ff:fe00:5"
    with frames.nics(vm1, vm5, vm2) as (flooder, other, far):
        for _ in range(200):
            flooder.send(bytes(rs(MAC)))
        other.send(bytes(rs(vm5.mac, src=lla5, mac=vm5.mac)))
        wait_for(lambda: exact(far, rs(vm5.mac, src=lla5, mac=vm5.mac)),
                 "the other's RS")
        wait_for(lambda: exact(far, rs(MAC))
                 + drops(lab.hv1, "vm1").get("nd-rate", 0) == 200, "all")
        assert 20 <= exact(far, rs(MAC)) < 100
    assert drops(lab.hv1, "vm1").keys() - before.keys() == {"nd-rate"}


@pytest.mark.parametrize("reason", GUARDS)
def test_undeclared_port_is_guarded(lab, guarded, reason):
    """A VM about which nothing is said is no router, DHCP server or
    gateway."""
    vm3 = guarded.members[3]
    before = drops(lab.hv1, "vm3")
    packets = SPOOFS[reason]
    arrived = send_all(lab, guarded, vm3, packets, "spoof", vm3.mac)
    for packet, where in zip(packets, arrived):
        assert where == (set(), False), packet.summary()
    wait_for_drops(lab.hv1, "vm3", before, {reason: len(packets)})


def test_undeclared_port_sends_from_any_ip(lab, guarded):
    """Its addresses are to be learned."""
    vm3 = guarded.members[3]
    packets = [*SPOOFS["ip-spoof"][:2], arp("is-at", MAC, "10.0.0.77"),
               na("fd00::77", MAC, src="fd00::77")]
    arrived = send_all(lab, guarded, vm3, packets, "any", vm3.mac)
    assert arrived == [({"vm1", "vm5", "vm2"}, True)] * len(packets)


def test_permissions(lab, guarded):
    """Port:allow lets each service pass, and no other."""
    vm1 = guarded.members[0]
    servers = {"dhcp-server": SPOOFS["dhcp-server"],
               "router-advertisement": SPOOFS["router-advertisement"]}
    for permission, other in itertools.permutations(servers):
        configure(lab.hv1, "set", "Port", "vm1", f"allow={permission}")
        tag = permission[:4]
        arrived = send_all(lab, guarded, vm1, servers[permission], tag)
        assert all(wire for _, wire in arrived), (permission, arrived)
        arrived = send_all(lab, guarded, vm1, servers[other], f"no-{tag}")
        assert not any(vms or wire for vms, wire in arrived), permission


def test_security_of_mac_only(lab, guarded):
    """port_security=true of a port without IPs: any IP, but of its MAC."""
    vm1 = guarded.members[0]
    configure(lab.hv1, "set", "Port", "vm1", "port_security=true", "ips=[]")
    passing = [ether() / IP(src="10.0.0.77", dst=OTHER_IP4) / ICMP(),
               ip6("fd00::77") / ICMPv6EchoRequest(),
               arp("is-at", MAC, "10.0.0.77"), na("fd00::77", MAC), ns(MAC),
               na("fd00::77")]
    arrived = send_all(lab, guarded, vm1, passing, "any-ip")
    assert arrived == [({"vm5", "vm2", "vm3"}, True)] * len(passing)
    before = drops(lab.hv1, "vm1")
    spoofs = [ether(OTHER) / IP(src=IP4, dst=OTHER_IP4) / ICMP(),
              arp("is-at", OTHER, "10.0.0.77"), ns(OTHER), na(IP6, OTHER)]
    arrived = send_all(lab, guarded, vm1, spoofs, "not")
    assert arrived == [(set(), False)] * len(spoofs)
    wait_for_drops(lab.hv1, "vm1", before,
                   {"source-mac": 1, "arp-spoof": 1, "nd-spoof": 2})


def test_security_off(lab, guarded):
    """port_security=false: all but what no network carries, uncounted."""
    vm1 = guarded.members[0]
    configure(lab.hv1, "set", "Port", "vm1", "port_security=false")
    packets = list(itertools.chain.from_iterable(
        SPOOFS[reason] for reason in SPOOFS
        if reason not in ("reserved-multicast", "vlan-tag", "source-mac")))
    arrived = send_all(lab, guarded, vm1, packets, "off")
    for packet, (_, wire) in zip(packets, arrived):
        assert wire, packet.summary()
    flows = lab.hv1.run("ovs-ext-ctl", "get", "Port", "vm1", "port_security")
    assert flows.strip() == "false"
    assert drops(lab.hv1, "vm1") == {}
    # None of its flows is about that.
    assert not [flow for flow in lab.hv1.appctl_json("flows/show", "port/vm1")
                if flow.startswith(("table=11", "table=12", "table=13",
                                    "table=14", "table=15"))]


def test_vm_that_is_the_gateway(lab, guarded):
    """Its row says so: then it may send as it."""
    vm1 = guarded.members[0]
    configure(lab.hv1, "set", "Port", "vm1",
              f'ips="{IP4}","{IP6}","{GATEWAY_IP4}"')
    packets = [arp("is-at", MAC, GATEWAY_IP4),
               ether() / IP(src=GATEWAY_IP4, dst=OTHER_IP4) / ICMP()]
    arrived = send_all(lab, guarded, vm1, packets, "gateway")
    assert arrived == [({"vm5", "vm2", "vm3"}, True)] * len(packets)
    # A range that covers the address is no such word.
    configure(lab.hv1, "set", "Port", "vm1", f'ips="{IP4}","{IP6}"',
              'allowed_address_pairs="10.0.0.0/24"')
    arrived = send_all(lab, guarded, vm1, packets, "no-gateway")
    assert arrived == [(set(), False)] * len(packets)
    arrived = send_all(lab, guarded, vm1, [arp("is-at", MAC, "10.0.0.77")],
                       "in-range")
    assert arrived == [({"vm5", "vm2", "vm3"}, True)]


def test_counters_survive_a_restart(lab, guarded):
    """They are the switch's."""
    vm1 = guarded.members[0]
    send_all(lab, guarded, vm1, SPOOFS["arp-spoof"], "count")
    wait_for_drops(lab.hv1, "vm1", {}, {"arp-spoof":
                                        len(SPOOFS["arp-spoof"])})
    before = drops(lab.hv1, "vm1")
    lab.hv1.kill("ovs-ext")
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    assert drops(lab.hv1, "vm1") == before
    assert lab.hv1.status()["flow_mods"] == 0


def test_bad_rows_are_told(lab, guarded):
    """What makes no sense is a problem, and nothing of it is in force."""
    configure(lab.hv1, "set", "Port", "vm1",
              'allowed_address_pairs="10.0.0.7/24","fd00:7::/64 x"')
    configure(lab.hv1, "set", "Network", "red", 'gateways="10.0.0.254"')
    texts = {p["object"]: p["problem"]
             for p in lab.hv1.appctl_json("problems")}
    assert '"10.0.0.7/24" has bits behind its length; write "10.0.0.0/24"' \
        in texts["port/vm1"]
    assert 'MAC "x" is malformed' in texts["port/vm1"]
    assert '"ovs-ext-ctl set Port vm1 ..."' in texts["port/vm1"]
    assert '"10.0.0.254" has no prefix length' in texts["network/red"]
    assert '"ovs-ext-ctl set Network red ..."' in texts["network/red"]
    configure(lab.hv1, "set", "Port", "vm1", "allowed_address_pairs=[]")
    configure(lab.hv1, "set", "Network", "red",
              f'gateways="{GATEWAY_IP4}/24"')
    assert lab.hv1.appctl_json("problems") == []


# Duplicate addresses.

SHARED = "10.0.0.1"


@pytest.fixture
def fighters(lab):
    """Two VMs with one IP, each the only one that its hypervisor knows of."""
    network = lab.network("red", 10100)
    return [lab.vm(lab.hv1, "vm1", network, MAC, f"{SHARED}/24"),
            lab.vm(lab.hv2, "vm2", network, OTHER, f"{SHARED}/24")]


def moving(hv):
    return [p["problem"] for p in hv.appctl_json("problems")
            if p["topic"] == f"moving IP {SHARED}"]


def fight(fighters, until):
    """Each becomes active again in turn, and with that takes the IP over,
    until 'until()'."""
    one, other = fighters
    for _ in range(20):
        if until():
            return
        configure(one.hv, "set", "Port", one.name, "state=standby")
        configure(one.hv, "set", "Port", one.name, "state=active")
        wait_for(lambda one=one, other=other: until() or {
            (n["type"], n["mac"]) for n in other.hv.appctl_json(
                "evpn/neighbors", "red")} >= {("remote", one.mac)},
                 f"{other.hv.name}: {SHARED} is at {one.name}")
        one, other = other, one
    assert until()


def set_host(lab, key, value):
    """Sets a setting of both hypervisors, for this test."""
    for hv in lab.hypervisors:
        hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
               f"external_ids:{key}={value}")
        lab.finally_do(lambda hv=hv: hv.run(
            "ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids", key))


def test_address_that_keeps_moving(lab, fighters):
    """RFC 7432 section 15.1: a problem that names both places, until it has
    calmed down.  Who sees it first does not claim the address again, so that
    the fight ends."""
    def tired():
        return [(vm, far) for vm, far in itertools.permutations(fighters)
                if moving(vm.hv)]
    fight(fighters, tired)
    for vm, far in tired():
        text, = moving(vm.hv)
        assert f'port "{vm.name}"' in text
        assert f"remote MAC {far.mac} at VTEP {far.hv.vtep}" in text
        assert "5 times or more in 180 s" in text
        wait_for(lambda vm=vm: "keeps moving" in vm.hv.run(
            "ovs-ext-ctl", "get", "Network", "red", "problems"),
                 f"{vm.hv.name}: problem in the row")
    set_host(lab, "ovs-ext-dup-addr-time", 1)
    for hv in lab.hypervisors:
        wait_for(lambda hv=hv: not moving(hv), f"{hv.name}: calm")


def zebra_duplicate(hv, network):
    table = hv.vtysh_json(f"show evpn arp-cache vni {network.vni} ip "
                          f"{SHARED}")
    return table.get("isDuplicate")


def test_frozen_by_frr(lab, fighters):
    """What FRR has frozen stays so: we do not fight it."""
    for hv in lab.hypervisors:
        asn = {"hv1": 65011, "hv2": 65012}[hv.name]
        router = ["vtysh", "-c", "configure terminal", "-c",
                  f"router bgp {asn}", "-c", "address-family l2vpn evpn"]
        hv.run(*router, "-c", "dup-addr-detection max-moves 3 time 600",
               "-c", "dup-addr-detection freeze permanent")
        lab.finally_do(lambda router=router, hv=hv: hv.run(
            *router, "-c", "no dup-addr-detection freeze permanent",
            "-c", "dup-addr-detection max-moves 5 time 180"))
        lab.finally_do(lambda hv=hv: hv.run(
            "vtysh", "-c", "clear evpn dup-addr vni all"))
    network = fighters[0].network

    def frozen():
        return any(zebra_duplicate(hv, network) for hv in lab.hypervisors)
    set_host(lab, "ovs-ext-dup-addr-moves", 0)
    fight(fighters, frozen)
    lab.settled()
    before = [hv.status()["kernel_writes"] for hv in lab.hypervisors]
    lab.check_recompute()
    assert before == [hv.status()["kernel_writes"] for hv in lab.hypervisors]
    assert frozen()
