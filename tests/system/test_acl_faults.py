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

"""Connections while their policies change, and while daemons die."""

import ctypes
import socket
import struct
import threading
import time

import pytest

from fabric import wait_for
import frames
from test_acl import group_uuid, set_group

pytestmark = [pytest.mark.acl, pytest.mark.datapath]

REVOKED_WITHIN = 0.1            # Seconds.
PORTS = 5001, 5002


def vm_socket(vm, kind=socket.SOCK_STREAM, family=socket.AF_INET):
    """Opens a socket in the network of 'vm'."""
    result = []

    def open_there():
        with open(frames.netns_path(vm)) as ns:
            if ctypes.CDLL(None, use_errno=True).setns(
                    ns.fileno(), frames.CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        result.append(socket.socket(family, kind))

    # It stays in the namespace in which its thread opened it.
    thread = threading.Thread(target=open_there)
    thread.start()
    thread.join()
    result[0].settimeout(3)
    return result[0]


class Connection:
    """TCP from 'client' to 'port' of 'server'."""

    def __init__(self, client, server, port):
        listener = vm_socket(server)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        listener.listen()
        self.client = vm_socket(client)
        self.client.connect((server.ips[0].split("/")[0], port))
        self.server, _ = listener.accept()
        self.server.settimeout(3)
        listener.close()

    def close(self):
        for sock in (self.client, self.server):
            # By a RST: what waits to be sent would keep the VM's namespace.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
            sock.close()

    def speaks(self, text=b"x", reply=True):
        """Does 'text' arrive, one way or each, in time?"""
        for a, b in ((self.client, self.server),
                     (self.server, self.client))[:1 + reply]:
            a.sendall(text)
            try:
                if b.recv(len(text), socket.MSG_WAITALL) != text:
                    return False
            except TimeoutError:
                return False
        return True

    def silent_for(self, sender, receiver, seconds):
        """Does nothing that 'sender' sends arrive?"""
        sender.sendall(b"no")
        receiver.settimeout(seconds)
        try:
            receiver.recv(1)
            return False
        except TimeoutError:
            return True
        finally:
            receiver.settimeout(3)


@pytest.fixture
def web(lab):
    """vm1 on hv1 has a group with a rule for each of two ports; vm5 there and
    vm2 on hv2 have none."""
    red = lab.network("red", 10100)
    red.vm1 = lab.nth_vm(lab.hv1, 1, red)
    red.vm5 = lab.nth_vm(lab.hv1, 5, red)
    red.vm2 = lab.nth_vm(lab.hv2, 2, red)
    lab.converged(red, red.vm1, red.vm5, red.vm2)
    red.rules = set_group(lab.hv1, "web", "vm1", *(
        ["direction=ingress", "protocol=tcp", f"port_min={port}"]
        for port in PORTS))
    red.open = []

    def connect(client, port):
        red.open.append(Connection(client, red.vm1, port))
        return red.open[-1]

    red.connect = connect
    yield red
    for connection in red.open:
        connection.close()


def revoke(hv, rule):
    """Takes 'rule' out of the group, and waits until that is in effect."""
    hv.change("remove", "Security_Group", "web", "rules", rule)


def test_revoked(lab, web):
    """What a rule has allowed stops, in both directions, also if nothing was
    said for a while; all else goes on."""
    clients = [web.vm5, web.vm2]
    stay = [web.connect(vm, PORTS[0]) for vm in clients]
    go = [web.connect(vm, PORTS[1]) for vm in clients for _ in range(2)]
    assert all(c.speaks() for c in stay + go)
    revoke(lab.hv1, web.rules[1])
    for i, connection in enumerate(go):
        ends = connection.client, connection.server
        assert connection.silent_for(*ends[::1 if i % 2 else -1],
                                     REVOKED_WITHIN)
    assert all(c.speaks() for c in stay)


def test_revoked_in_time(lab, web):
    """A stream stops within 100 ms of the change in the database."""
    connection = web.connect(web.vm5, PORTS[1])
    arrived = []
    done = threading.Event()

    def receive():
        connection.server.settimeout(0.01)
        while not done.is_set():
            try:
                connection.server.recv(64)
                arrived.append(time.monotonic())
            except TimeoutError:
                continue

    thread = threading.Thread(target=receive)
    thread.start()
    connection.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    writer = lab.hv1.popen("ovs-ext-ctl", "remove", "Security_Group", "web",
                           "rules", web.rules[1])
    ended = None
    until = time.monotonic() + 1.5
    while time.monotonic() < until:
        connection.client.send(b"stream")
        if ended is None and writer.poll() is not None:
            ended = time.monotonic()
        time.sleep(0.002)       # The pace of the stream.
    done.set()
    thread.join()
    assert writer.returncode == 0 and ended and arrived
    assert arrived[-1] - ended < REVOKED_WITHIN


def test_something_else_allows(lab, web):
    """A connection whose rule goes is another one's from then on."""
    # Of ovs-vswitchd, which looks for datapaths of all kinds.
    lab.expect("failed to enumerate system datapaths")
    connection = web.connect(web.vm5, PORTS[1])
    # ovs-vswitchd counts what a datapath flow has passed, when it looks at
    # that flow, for the rules there are by then: it has to look before and
    # after each change.
    extra = lab.hv1.change(
        "--id=@r", "create", "Rule", "direction=ingress", "action=allow",
        "protocol=tcp", "--", "add", "Security_Group", "web", "rules",
        "@r").split()[0]
    revoke(lab.hv1, web.rules[1])
    assert connection.speaks()
    lab.hv1.in_effect()
    entry, = [c for c in lab.hv1.appctl_json("acl/connections", "vm1")
              if c["dport"] == str(PORTS[1])]
    assert entry["allowed_by"] == f"rule {extra}"
    counts = {r["uuid"]: r for r in lab.hv1.appctl_json("acl/show", "vm1")}
    assert counts[extra]["connections"] == 1
    revoke(lab.hv1, extra)
    assert connection.silent_for(connection.server, connection.client,
                                 REVOKED_WITHIN)


def test_member_leaves(lab, web):
    """A rule for the members of a group: one of them leaves it."""
    hv = lab.hv1
    # vm2 is on another host, whose ports the database of hv1 may have too.
    hv.run("ovs-ext-ctl", "port-add", "red", "vm2", web.vm2.mac, "10.0.0.2",
           "--", "create", "Security_Group", "name=clients")
    group = group_uuid(hv, "clients")
    for port in ("vm2", "vm5"):
        hv.run("ovs-ext-ctl", "--wait=host", "set", "Port", port,
               f"security_groups={group}")
    hv.run("ovs-ext-ctl", "--wait=host", "set", "Rule", web.rules[1],
           f"remote_group={group}")
    stay, go = (web.connect(vm, PORTS[1]) for vm in (web.vm5, web.vm2))
    hv.change("clear", "Port", "vm2", "security_groups")
    assert go.silent_for(go.client, go.server, REVOKED_WITHIN)
    assert stay.speaks()


def is_refused(vm, port):
    """Does no connection from 'vm' to 'port' of vm1 come about?"""
    with vm_socket(vm) as client:
        client.settimeout(0.3)
        try:
            client.connect(("10.0.0.1", port))
            return False
        except TimeoutError:
            return True


@pytest.mark.parametrize("fault", ["ovs-ext", "ovs-vswitchd", "ovsdb-server"])
def test_daemon_dies(lab, web, fault, expect_faults):
    """Nothing passes that is forbidden; what is allowed goes on."""
    hv = lab.hv1
    connection = web.connect(web.vm5, PORTS[0])
    assert connection.speaks() and is_refused(web.vm5, 22)
    hv.kill(fault)
    # Without ovsdb-server, ovs-vswitchd does not run its userspace datapath.
    if fault == "ovs-ext":
        assert connection.speaks() and is_refused(web.vm5, 22)
    {"ovs-ext": hv.start_ovs_ext, "ovs-vswitchd": hv.start_vswitchd,
     "ovsdb-server": hv.start_ovsdb}[fault]()
    assert is_refused(web.vm5, 22)
    hv.settled()
    wait_for(lambda: hv.status()["flows"], "flows")
    assert connection.speaks(reply=True) and is_refused(web.vm5, 22)


@pytest.fixture
def expect_faults(lab):
    lab.expect(r"\|(WARN|ERR)\|")
