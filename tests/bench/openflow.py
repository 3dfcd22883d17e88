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

"""A connection to a bridge that asks little: how many flows a table has, and
which flows change.  So the observer costs the switch next to nothing."""

import select
import socket
import struct
import time

from fabric import Failure

VERSION = 6                     # OpenFlow 1.5.
HELLO = 0
ERROR = 1
ECHO_REQUEST = 2
ECHO_REPLY = 3
MULTIPART_REQUEST = 18
MULTIPART_REPLY = 19
BARRIER_REQUEST = 20
BARRIER_REPLY = 21
MP_TABLE = 3
MP_FLOW_MONITOR = 16
MORE = 1
MONITOR_CHANGES = 0x02 | 0x04 | 0x08  # Added, removed, modified.
ANY = 0xffffffff


class Switch:
    """OpenFlow connection to 'bridge' in 'box'."""

    def __init__(self, box, bridge):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(
            f"/proc/{box.pid}/root/run/openvswitch/{bridge}.mgmt")
        self.data = bytearray()
        self.xid = 0
        self.send(HELLO)

    def fileno(self):
        return self.socket.fileno()

    def close(self):
        self.socket.close()

    def send(self, kind, body=b""):
        """Sends a message; returns its transaction id."""
        self.xid += 1
        self.socket.sendall(struct.pack("!BBHI", VERSION, kind,
                                        8 + len(body), self.xid) + body)
        return self.xid

    def next_message(self):
        """Takes the next message that is there whole, or returns None."""
        if len(self.data) < 8:
            return None
        length, = struct.unpack_from("!H", self.data, 2)
        if len(self.data) < length:
            return None
        message = bytes(self.data[:length])
        del self.data[:length]
        return message

    def receive(self, timeout):
        """Returns the next message, or None if there is none in time."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.next_message()
            if message is None:
                left = max(deadline - time.monotonic(), 0)
                if not select.select([self.socket], [], [], left)[0]:
                    return None
                data = self.socket.recv(1 << 20)
                if not data:
                    raise Failure("the switch closed the connection")
                self.data += data
            elif message[1] == ECHO_REQUEST:
                self.send(ECHO_REPLY, message[8:])
            elif message[1] == ERROR:
                raise Failure(f"the switch says {message.hex()}")
            elif message[1] != HELLO:
                return message

    def reply(self, xid, kind, timeout=30):
        """Waits for the reply to 'xid'; returns its body in full."""
        body = b""
        while True:
            message = self.receive(timeout)
            if message is None:
                raise Failure("no reply from the switch")
            if message[1] != kind or message[4:8] != struct.pack("!I", xid):
                continue
            if kind != MULTIPART_REPLY:
                return body
            body += message[16:]
            if not struct.unpack_from("!H", message, 10)[0] & MORE:
                return body

    def multipart(self, kind, body=b""):
        xid = self.send(MULTIPART_REQUEST,
                        struct.pack("!HHI", kind, 0, 0) + body)
        return self.reply(xid, MULTIPART_REPLY)

    def barrier(self):
        """Waits until the switch has done all that it was sent."""
        self.reply(self.send(BARRIER_REQUEST), BARRIER_REPLY)

    def count(self, table):
        """The number of flows in 'table'."""
        stats = self.multipart(MP_TABLE)
        for offset in range(0, len(stats), 24):
            if stats[offset] == table:
                return struct.unpack_from("!I", stats, offset + 4)[0]
        raise Failure(f"the switch has no table {table}")

    def watch(self):
        """From now on events() tells of each flow that changes."""
        match = struct.pack("!HHI", 1, 4, 0)
        self.multipart(MP_FLOW_MONITOR, struct.pack(
            "!IIIHBB", 1, ANY, ANY, MONITOR_CHANGES, 0xff, 0) + match)
        self.barrier()

    def events(self):
        """Returns which flows changed, as far as the switch has told, as
        pairs (table, the rest with its match)."""
        found = []
        message = self.receive(0)
        while message is not None:
            if (message[1] == MULTIPART_REPLY
                    and message[8:10] == struct.pack("!H", MP_FLOW_MONITOR)):
                found += updates(message[16:])
            message = self.receive(0)
        return found


def updates(body):
    """Cuts the body of a flow monitor's message into updates."""
    found = []
    while len(body) >= 24:
        length, = struct.unpack_from("!H", body)
        found.append((body[4], body[24:length]))
        body = body[length:]
    return found
