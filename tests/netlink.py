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

"""rtnetlink, to write to the kernel as zebra does and to see what changes.

zebra's messages are those of FRR's netlink_macfdb_update_ctx(): one message
makes or removes the entry of the bridge and that of the vxlan device; a VTEP
with an IMET route is an entry of the vxlan device for the zero MAC."""

import errno
import os
import socket
import struct

from fabric import Failure

AF_BRIDGE = 7
RTM_NEWNEIGH = 28
RTM_DELNEIGH = 29
RTM_GETNEIGH = 30
NLMSG_ERROR = 2
NLMSG_DONE = 3
NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_REPLACE = 0x100
NLM_F_DUMP = 0x300
NLM_F_CREATE = 0x400
NLM_F_APPEND = 0x800
NUD_REACHABLE = 0x02
NUD_NOARP = 0x40
NUD_PERMANENT = 0x80
NTF_SELF = 0x02
NTF_MASTER = 0x04
NTF_EXT_LEARNED = 0x10
NDA_DST = 1
NDA_LLADDR = 2
NDA_PROTOCOL = 12
RTPROT_ZEBRA = 11
RTNLGRP_NEIGH = 3
SOL_NETLINK = 270
NETLINK_ADD_MEMBERSHIP = 1
NETLINK_ROUTE = 0
SO_RCVBUFFORCE = 33

# Bytes of messages that one system call hands over, as zebra's dataplane does
# it ("zebra kernel netlink batch-tx-buf").
BATCH = 16 * 4096


def attribute(kind, data):
    """An attribute, padded to four bytes."""
    return struct.pack("=HH", 4 + len(data), kind) + data.ljust(
        -(-len(data) // 4) * 4, b"\0")


def entry(ifindex, state, flags, attributes, nlm_flags, delete,
          family=AF_BRIDGE):
    """RTM_NEWNEIGH or RTM_DELNEIGH for an FDB entry, or a neighbour of
    'family'."""
    length = 16 + 12 + len(attributes)
    return struct.pack(
        "=IHHII BxxxiHBB", length, RTM_DELNEIGH if delete else RTM_NEWNEIGH,
        NLM_F_REQUEST | (0 if delete else NLM_F_CREATE | nlm_flags), 0, 0,
        family, ifindex, state, flags, 0) + attributes


def remote_mac(ifindex, mac, vtep, delete=False):
    """What zebra writes for a type-2 route: 'mac', six bytes, is behind
    'vtep', four bytes."""
    return entry(ifindex, NUD_REACHABLE,
                 NTF_MASTER | NTF_SELF | NTF_EXT_LEARNED,
                 attribute(NDA_PROTOCOL, bytes([RTPROT_ZEBRA]))
                 + attribute(NDA_LLADDR, mac) + attribute(NDA_DST, vtep),
                 NLM_F_REPLACE, delete)


def remote_neighbor(ifindex, ip, mac, delete=False):
    """What zebra writes for a type-2 route with an IP, four or 16 bytes, to
    the bridge."""
    return entry(ifindex, NUD_NOARP, NTF_EXT_LEARNED,
                 attribute(NDA_PROTOCOL, bytes([RTPROT_ZEBRA]))
                 + attribute(NDA_DST, ip) + attribute(NDA_LLADDR, mac),
                 NLM_F_REPLACE, delete,
                 socket.AF_INET if len(ip) == 4 else socket.AF_INET6)


def imet(ifindex, vtep, delete=False):
    """What zebra writes for a type-3 route of 'vtep', four bytes."""
    return entry(ifindex, NUD_NOARP | NUD_PERMANENT, NTF_SELF,
                 attribute(NDA_LLADDR, bytes(6)) + attribute(NDA_DST, vtep),
                 NLM_F_APPEND, delete)


def batches(requests):
    """Joins requests to as many as one system call takes."""
    joined, part = [], bytearray()
    for message in requests:
        if len(part) + len(message) > BATCH:
            joined.append(bytes(part))
            part.clear()
        part += message
    joined.append(bytes(part))
    return joined


class Writer:
    """Sends requests to the kernel of 'box'."""

    def __init__(self, box):
        self.socket = box.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                 NETLINK_ROUTE)
        self.socket.setblocking(False)
        self.socket.bind((0, 0))

    def close(self):
        self.socket.close()

    def send(self, buffers):
        """Sends what batches() made.  The kernel has done all of it when this
        returns, or said what it refused."""
        for buffer in buffers:
            self.socket.send(buffer)
        self.check()

    def check(self):
        """Raises Failure if the kernel refused anything."""
        try:
            answer = self.socket.recv(65536)
        except BlockingIOError:
            return
        kind, = struct.unpack_from("=H", answer, 4)
        error, = struct.unpack_from("=i", answer, 16)
        if kind == NLMSG_ERROR and error:
            raise Failure(f"netlink: {os.strerror(-error)} "
                          f"({errno.errorcode.get(-error, error)})")


def messages(data):
    """Cuts what a socket received into pairs (message type, message)."""
    found = []
    while len(data) >= 16:
        length, kind = struct.unpack_from("=IH", data)
        found.append((kind, data[:length]))
        data = data[(length + 3) // 4 * 4:]
    return found


def read_fdb(box):
    """Reads all FDB entries of 'box', and drops them."""
    sock = box.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
    with sock:
        sock.send(struct.pack("=IHHIIBxxxiHBB", 28, RTM_GETNEIGH,
                              NLM_F_REQUEST | NLM_F_DUMP, 0, 0, AF_BRIDGE, 0,
                              0, 0, 0))
        end = (0, 0)
        while end != (20, NLMSG_DONE):
            data = sock.recv(65536)
            end = struct.unpack_from("=IH", data, len(data) - 20)


class NeighbourWatch:
    """Sees FDB entries and neighbours change in the kernel of 'box'."""

    def __init__(self, box):
        self.socket = box.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                                 NETLINK_ROUTE)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
        self.socket.bind((0, 0))
        self.socket.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP,
                               RTNLGRP_NEIGH)
        self.socket.setblocking(False)

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def events(self):
        """Returns what came, as pairs (message type, message)."""
        found = []
        while True:
            try:
                found += messages(self.socket.recv(65536))
            except BlockingIOError:
                return found
