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

"""Frames of ARP and neighbor discovery, as hosts send them."""

import ipaddress
import socket
import struct

from frames import BROADCAST, mac_bytes

ARP = 0x0806
IPV6 = 0x86dd
REQUEST, REPLY = 1, 2
SOLICITATION, ADVERTISEMENT = 135, 136
SOURCE_LLA, TARGET_LLA = 1, 2
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20
ZERO_MAC = "00:00:00:00:00:00"


def is_v6(ip):
    return ":" in ip


def packed(ip):
    return ipaddress.ip_address(ip).packed


def arp(op, sender, sender_ip, target_ip, target=ZERO_MAC, to=BROADCAST):
    """RFC 826, in a frame from 'sender' to the MAC 'to'."""
    return (mac_bytes(to) + mac_bytes(sender)
            + struct.pack("!HHHBBH", ARP, 1, 0x0800, 6, 4, op)
            + mac_bytes(sender) + packed(sender_ip)
            + mac_bytes(target) + packed(target_ip))


def icmp6(sender, source, to, destination, body, hop_limit=255):
    """An ICMPv6 message; 'body' has no checksum yet."""
    pseudo = (packed(source) + packed(destination)
              + struct.pack("!II", len(body), socket.IPPROTO_ICMPV6))
    total = sum(struct.unpack(f"!{(len(pseudo) + len(body)) // 2}H",
                              pseudo + body))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    body = body[:2] + struct.pack("!H", ~total & 0xffff) + body[4:]
    return (mac_bytes(to) + mac_bytes(sender) + struct.pack(
        "!HIHBB", IPV6, 0x60000000, len(body), socket.IPPROTO_ICMPV6,
        hop_limit) + packed(source) + packed(destination) + body)


def option(kind, mac):
    return struct.pack("!BB", kind, 1) + mac_bytes(mac)


def solicited_node(ip):
    """The group that 'ip' listens to (RFC 4291 section 2.7.1), and its
    MAC."""
    low = packed(ip)[-3:]
    return (str(ipaddress.ip_address(
        packed("ff02::1:ff00:0")[:-3] + low)),
        f"33:33:ff:{low[0]:02x}:{low[1]:02x}:{low[2]:02x}")


def solicitation(sender, source, target, to=None, lla=True, hop_limit=255):
    """RFC 4861 section 4.3; to the MAC 'to', if that is given, at
    'target'."""
    group, group_mac = solicited_node(target)
    body = struct.pack("!BBHI", SOLICITATION, 0, 0, 0) + packed(target)
    if lla and packed(source) != bytes(16):
        body += option(SOURCE_LLA, sender)
    return icmp6(sender, source, to or group_mac, target if to else group,
                 body, hop_limit)


def advertisement(sender, target, flags=OVERRIDE, to="33:33:00:00:00:01",
                  destination="ff02::1"):
    """RFC 4861 section 4.4; to all nodes, if nothing else is said."""
    body = (struct.pack("!BBHI", ADVERTISEMENT, 0, 0, flags << 24)
            + packed(target) + option(TARGET_LLA, sender))
    return icmp6(sender, target, to, destination, body)


def ask(sender, source, target, **kwargs):
    """A request of either protocol for 'target'."""
    if is_v6(target):
        return solicitation(sender, source, target, **kwargs)
    return arp(REQUEST, sender, source, target, **kwargs)


def announce(sender, ip):
    """What a host sends that has taken over 'ip'."""
    if is_v6(ip):
        return advertisement(sender, ip)
    return arp(REQUEST, sender, ip, ip)


def probe(sender, ip):
    """Is 'ip' free?"""
    if is_v6(ip):
        return solicitation(sender, "::", ip)
    return arp(REQUEST, sender, "0.0.0.0", ip)


def kind(frame):
    """Returns (ARP or IPV6, operation or type, target) if 'frame' is of ARP or
    neighbor discovery, otherwise null."""
    ethertype, = struct.unpack_from("!H", frame, 12)
    if ethertype == ARP:
        return ARP, frame[21], socket.inet_ntoa(frame[38:42])
    if (ethertype == IPV6 and frame[20] == socket.IPPROTO_ICMPV6
            and frame[54] in (SOLICITATION, ADVERTISEMENT)):
        return IPV6, frame[54], socket.inet_ntop(socket.AF_INET6,
                                                 frame[62:78])
    return None


def asks_for(frame, ip):
    return kind(frame) in ((ARP, REQUEST, ip), (IPV6, SOLICITATION, ip))


def answers(frame, ip):
    """Does 'frame' say where 'ip' is?"""
    if is_v6(ip):
        return kind(frame) == (IPV6, ADVERTISEMENT, ip)
    what = kind(frame)
    return (what is not None and what[:2] == (ARP, REPLY)
            and frame[28:32] == packed(ip))


def said_mac(frame):
    """The MAC that an answer tells."""
    part = frame[22:28] if kind(frame)[0] == ARP else frame[80:86]
    return ":".join(f"{byte:02x}" for byte in part)


def inner(data):
    """The frame in an Ethernet frame with a VXLAN packet over IPv4 (RFC 7348
    section 5), or null if it is something else."""
    if (len(data) < 64 or data[12:14] != b"\x08\x00"
            or data[23] != socket.IPPROTO_UDP
            or data[36:38] != struct.pack("!H", 4789)):
        return None
    return data[14 + (data[14] & 15) * 4 + 16:]


def on_wire(wire):
    """The frames that went over 'wire' in tunnels."""
    found = [inner(data) for nic in wire.nics for data in nic.poll()]
    return [frame for frame in found if frame]
