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

"""Raw Ethernet sockets in the network namespaces of boxes and VMs."""

import contextlib
import ctypes
import itertools
import select
import socket
import struct
import threading
import time

import fabric

CLONE_NEWNET = 0x40000000
PACKET_OUTGOING = 4
PACKET_ADD_MEMBERSHIP = 1
PACKET_MR_PROMISC = 1
SOL_PACKET = 263
SO_RCVBUFFORCE = 33
ETH_P_ALL = 3
ETHERTYPE = 0x88b5              # IEEE 802: local experiments.

BROADCAST = "ff:ff:ff:ff:ff:ff"


def netns_path(host):
    """The file of the network namespace of a box, or of a VM in one."""
    box = getattr(host, "hv", host)
    if box is host:
        return f"/proc/{host.pid}/ns/net"
    return f"/proc/{box.pid}/root/run/netns/{host.name}"


def raw_socket(host, device):
    """Returns a packet socket of 'device' of 'host'."""
    result = []

    def open_there():
        with open(netns_path(host)) as ns:
            if ctypes.CDLL(None, use_errno=True).setns(ns.fileno(),
                                                       CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        sock.bind((device, ETH_P_ALL))
        mreq = struct.pack("iHH8s", socket.if_nametoindex(device),
                           PACKET_MR_PROMISC, 0, b"")
        sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, mreq)
        sock.setblocking(False)
        # That a device is down is told once as an error.
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        result.append(sock)

    # A socket stays in the namespace in which its thread opened it.
    thread = threading.Thread(target=open_there)
    thread.start()
    thread.join()
    if not result:
        raise fabric.Failure(f"{host.name}: cannot open {device}")
    return result[0]


def mac_bytes(mac):
    return bytes.fromhex(mac.replace(":", ""))


def frame(dst, src, text, ethertype=ETHERTYPE):
    """An Ethernet frame that carries 'text'."""
    return (mac_bytes(dst) + mac_bytes(src)
            + struct.pack("!H", ethertype) + text.encode().ljust(50, b"."))


def udp(dst, src, src_ip, dst_ip, src_port, text):
    """An Ethernet frame with a UDP packet that carries 'text'."""
    payload = text.encode().ljust(50, b".")
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0,
                         64, socket.IPPROTO_UDP, 0,
                         socket.inet_aton(src_ip), socket.inet_aton(dst_ip))
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    header = (header[:10] + struct.pack("!H", ~(total + (total >> 16))
                                        & 0xffff) + header[12:])
    return (mac_bytes(dst) + mac_bytes(src) + struct.pack("!H", 0x0800)
            + header + struct.pack("!HHHH", src_port, 9, 8 + len(payload), 0)
            + payload)


class Nic:
    """Sends and collects frames at a device, as its owner sees them; with
    'outgoing', also those that the owner sends."""

    def __init__(self, host, device=None, outgoing=False):
        self.host = host
        self.name = f"{host.name}/{device or host.device}"
        self.outgoing = outgoing
        self.socket = raw_socket(host, device or host.device)
        self.frames = []

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.send(data)

    def poll(self):
        """Collects what has come; returns all frames since the start."""
        with contextlib.suppress(BlockingIOError):
            while True:
                data, address = self.socket.recvfrom(65536)
                if self.outgoing or address[2] != PACKET_OUTGOING:
                    self.frames.append(data)
        return self.frames

    def count(self, text):
        """The number of frames that carry 'text'."""
        return sum(text.encode() + b"." in f for f in self.poll())

    def wait_for(self, text, timeout=10):
        deadline = time.monotonic() + timeout
        while not self.count(text):
            left = deadline - time.monotonic()
            if left <= 0:
                raise fabric.Failure(f"{self.name}: no frame '{text}'")
            select.select([self.socket], [], [], left)


@contextlib.contextmanager
def nics(*hosts):
    """The network cards of 'hosts', closed at the end."""
    opened = []
    try:
        for host in hosts:
            opened.append(Nic(host))
        yield opened
    finally:
        for nic in opened:
            nic.close()


# A new packet, and what ovs-vswitchd lets go on of it, waits for ovs-vswitchd
# in the kernel's datapath, while known ones pass.
TURNS = 2 if fabric.DATAPATH == "netdev" else 8
GROUPS = itertools.count()


def everyone():
    """A destination that is flooded, for what is to arrive after all that was
    sent before, if TURNS of them are waited for."""
    if fabric.DATAPATH == "netdev":
        return BROADCAST
    # New to the datapath.
    n = next(GROUPS)
    return f"03:00:00:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"


def drain(members, tag):
    """Waits until what 'members' of one network sent before has arrived: some
    frames to all from each follow it on each way."""
    for turn in range(TURNS):
        for i, nic in enumerate(members):
            nic.send(frame(everyone(), nic.host.mac, f"{tag}-end{turn}-{i}"))
        for i, sender in enumerate(members):
            for nic in members:
                if nic is not sender:
                    nic.wait_for(f"{tag}-end{turn}-{i}")


class Wire:
    """What goes over the links of the spine, counted by its input there."""

    def __init__(self, spine, devices):
        self.nics = [Nic(spine, device) for device in devices]

    def close(self):
        for nic in self.nics:
            nic.close()

    def tunnel_packets(self, text):
        """(outer source, outer destination, VNI) of each VXLAN packet with a
        frame that carries 'text', sorted."""
        found = []
        for nic in self.nics:
            for data in nic.poll():
                if text.encode() + b"." in data:
                    found.append(parse_vxlan(data))
        return sorted(found)


def parse_vxlan(data):
    """Returns (source, destination, VNI) of an Ethernet frame with a VXLAN
    packet (RFC 7348 section 5)."""
    ethertype, = struct.unpack_from("!H", data, 12)
    if ethertype == 0x0800:
        end = 14 + (data[14] & 15) * 4
        src, dst = (socket.inet_ntoa(data[i:i + 4]) for i in (26, 30))
    else:
        end = 14 + 40
        src, dst = (socket.inet_ntop(socket.AF_INET6, data[i:i + 16])
                    for i in (22, 38))
    vni = int.from_bytes(data[end + 12:end + 15], "big")
    return src, dst, vni
