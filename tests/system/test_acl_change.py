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

"""While packets flow, policies and daemons change: no packet passes that is
forbidden before, while and after that, and none is lost that is allowed."""

import contextlib
import itertools
import threading
import time

from acl_probes import fence
from jsonrpc import JsonRpc
from fabric import wait_for
import frames
import pytest
from test_acl import group_uuid, red, set_group
from test_acl_faults import Connection, expect_faults

pytestmark = [pytest.mark.acl, pytest.mark.datapath]
__all__ = ["expect_faults", "red"]  # Fixtures.

ALLOWED, FORBIDDEN = 5001, 5002
PACE = 0.002                    # Seconds between packets of one sender.


def ip_of(vm):
    return vm.ips[0].split("/")[0]


class Traffic:
    """Sends, from several VMs to one and back, packets of connections that are
    allowed and others that are forbidden, until it ends; counts what
    arrives."""

    def __init__(self, target, *peers):
        self.target = target
        self.peers = peers
        self.stack = contextlib.ExitStack()
        self.cards = {}
        self.sent = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        cards = self.stack.enter_context(frames.nics(self.target,
                                                     *self.peers))
        self.cards = {nic.host: nic for nic in cards}
        # The connections begin before they are answered.
        for ways in (self.ways()[::2], self.ways()[1::2]):
            self.send(0, ways)
            fence(list(self.cards.values()))
        self.thread.start()
        return self

    def __exit__(self, *args):
        if self.thread.is_alive():
            self.end()
        self.stack.close()

    def ways(self):
        return [way for peer in self.peers
                for way in ((peer, self.target), (self.target, peer))]

    def send(self, number, ways=()):
        for a, b in ways or self.ways():
            ports = (6000, ALLOWED) if b is self.target else (ALLOWED, 6000)
            self.put(a, b, *ports, f"yes{number}")
            # A new connection each time, and one that would answer one.
            self.put(a, b, 10000 + number % 50000, FORBIDDEN, f"no{number}")

    def put(self, a, b, sport, dport, text):
        data = bytearray(frames.udp(b.mac, a.mac, ip_of(a), ip_of(b), sport,
                                    f"<{text}>"))
        data[36:38] = dport.to_bytes(2, "big")
        self.cards[a].send(bytes(data))

    def run(self):
        for number in itertools.count(1):
            self.send(number)
            self.sent = number
            for nic in self.cards.values():
                nic.poll()
            if self.done.wait(PACE):
                break

    def end(self):
        self.done.set()
        self.thread.join()
        fence(list(self.cards.values()))

    def arrived(self, a, b, text):
        """How many packets from 'a' to 'b' are there, without those of ICMP
        that quote one."""
        return sum(f"<{text}".encode() in data and data[23] == 17
                   and data[6:12] == frames.mac_bytes(a.mac)
                   and data[0:6] == frames.mac_bytes(b.mac)
                   for data in self.cards[b].frames)

    def check(self, lossless=True):
        """What must hold at the end."""
        for a, b in self.ways():
            assert self.arrived(a, b, "no") == 0, f"{a.name} -> {b.name}"
            n = self.arrived(a, b, "yes")
            if lossless:
                assert n == self.sent + 1, (
                    f"{a.name} -> {b.name}: {n} of {self.sent + 1}")
            else:
                assert n > 1


def sent_more(traffic, n=100):
    """Waits until 'n' more packets are sent each way."""
    goal = traffic.sent + n
    wait_for(lambda: traffic.sent >= goal, "packets", interval=0.01)


RULES = [["direction=ingress", "protocol=udp", f"port_min={ALLOWED}"],
         ["direction=ingress", "protocol=tcp", f"port_min={ALLOWED}"],
         ["direction=egress", "protocol=udp", "port_min=1"]]


@pytest.fixture
def policed(lab, red):
    # Of ovs-vswitchd, when it forgets a datapath flow that is new already.
    lab.expect("upcall_cb failure: ukey installation fails")
    set_group(lab.hv1, "web", "vm1", *RULES)
    red.tcp = [Connection(peer, red.vm1, ALLOWED)
               for peer in (red.vm5, red.vm2)]
    yield red
    for connection in red.tcp:
        connection.close()


def replace_rules(database, group, first, n=1000):
    """Gives 'group' 'n' rules of ports from 'first' on, and RULES anew."""
    rows = [dict(column.split("=") for column in rule) for rule in RULES]
    rows += [{"direction": "ingress", "protocol": "tcp", "port_min": port}
             for port in range(first, first + n)]
    operations = []
    for i, row in enumerate(rows):
        if "port_min" in row:
            row["port_min"] = int(row["port_min"])
        operations.append({"op": "insert", "table": "Rule",
                           "uuid-name": f"r{i}",
                           "row": {"action": "allow", **row}})
    operations.append({
        "op": "update", "table": "Security_Group",
        "where": [["name", "==", group]],
        "row": {"rules": ["set", [["named-uuid", f"r{i}"]
                                  for i in range(len(rows))]]}})
    database.transact("OVS_Ext", *operations)


def test_a_thousand_rules_replaced(lab, policed):
    """Those that allow what flows are among them: others say the same then."""
    database = JsonRpc(lab.hv1, "/run/openvswitch/db.sock")
    with Traffic(policed.vm1, policed.vm5, policed.vm2) as traffic:
        for first in (10000, 11000, 10500):
            replace_rules(database, "web", first)
            lab.hv1.change("init")
            sent_more(traffic)
        traffic.end()
        traffic.check()
    assert all(c.speaks() for c in policed.tcp)


@contextlib.contextmanager
def datapath_behind(hv):
    """Within, the switch does not look at the datapath flows that there are:
    packets that take these meet tables that have changed."""
    hv.run("ovs-appctl", "revalidator/pause")
    try:
        yield
    finally:
        hv.run("ovs-appctl", "revalidator/resume")
    for _ in range(2):
        hv.run("ovs-appctl", "revalidator/wait")


@pytest.mark.parametrize("behind", [False, True])
def test_groups_come_and_go(lab, policed, behind):
    """The port gets another group and loses it, and is in the other one only,
    time and again: what each of them allows is not lost."""
    hv = lab.hv1
    set_group(hv, "adm", "vm5", *RULES[:2],
              ["direction=egress", "protocol=udp", f"port_min={ALLOWED}"],
              ["direction=egress", "protocol=tcp"])
    web, adm = (group_uuid(hv, name) for name in ("web", "adm"))
    with Traffic(policed.vm1, policed.vm5, policed.vm2) as traffic:
        for groups in 3 * [f"{web},{adm}", web, adm, f"{web},{adm}", adm, web]:
            with datapath_behind(hv) if behind else contextlib.nullcontext():
                hv.run("ovs-ext-ctl", "--wait=host", "set", "Port", "vm1",
                       f"security_groups={groups}")
                sent_more(traffic, 20)
        traffic.end()
        traffic.check()
    assert all(c.speaks() for c in policed.tcp)


@pytest.mark.parametrize("n_groups", [0, 1, 2])
def test_policy_goes(lab, policed, n_groups):
    """A port and its network lose all policy: what was allowed is not lost,
    and if that was nearly all, new connections are not either."""
    hv = lab.hv1
    set_group(hv, "adm", "vm5", ["direction=ingress", "protocol=udp"])
    groups = [group_uuid(hv, name) for name in ("web", "adm")][:n_groups]
    hv.change("--id=@r", "create", "Rule", "action=drop", "direction=ingress",
              "protocol=tcp", "port_min=9",
              "--", "set", "Network", "red", "acl=@r",
              "--", "set", "Port", "vm5", "security_groups=[]", "--", "set",
              "Port", "vm1", f"security_groups=[{','.join(groups)}]")
    with frames.nics(policed.vm1, policed.vm5, policed.vm2) as cards:
        traffic = Traffic(policed.vm1, policed.vm5, policed.vm2)
        traffic.cards = {nic.host: nic for nic in cards}
        for ways in (traffic.ways()[::2], traffic.ways()[1::2]):
            traffic.send(0, ways)
            fence(cards)
        with datapath_behind(hv):
            hv.run("ovs-ext-ctl", "--wait=host", "set", "Network", "red",
                   "acl=[]", "--", "set", "Port", "vm1", "security_groups=[]")
            traffic.send(1)
            fence(cards)
        for a, b in traffic.ways():
            assert traffic.arrived(a, b, "yes") == 2, (a.name, b.name)
            if not n_groups:
                assert traffic.arrived(a, b, "no") == 2, (a.name, b.name)


def test_daemon_killed(lab, policed):
    """And started again, three times."""
    with Traffic(policed.vm1, policed.vm5, policed.vm2) as traffic:
        for _ in range(3):
            lab.hv1.kill("ovs-ext")
            sent_more(traffic)
            lab.hv1.start_ovs_ext()
            lab.hv1.settled()
            sent_more(traffic)
        traffic.end()
        traffic.check()
    assert all(c.speaks() for c in policed.tcp)


def test_killed_amid_a_change(lab, policed):
    """The daemon is killed while it puts 1,000 rules in force."""
    lab.expect(r"rconn\|WARN\|br-int<->unix#\d+: connection dropped")
    database = JsonRpc(lab.hv1, "/run/openvswitch/db.sock")
    with Traffic(policed.vm1, policed.vm5, policed.vm2) as traffic:
        for first in (10000, 11000, 10500):
            replace_rules(database, "web", first)
            lab.hv1.kill("ovs-ext")
            sent_more(traffic, 20)
            lab.hv1.start_ovs_ext()
            lab.hv1.settled()
        traffic.end()
        traffic.check()
    assert all(c.speaks() for c in policed.tcp)


def test_switch_restarted(lab, policed, expect_faults):
    """Packets are lost, as there is no datapath; then it goes on.  (Open
    vSwitch has to learn its tunnels' neighbors then, hence only here.)"""
    with Traffic(policed.vm1, policed.vm5) as traffic:
        lab.hv1.kill("ovs-vswitchd")
        lab.hv1.start_vswitchd()
        lab.hv1.settled()
        wait_for(lambda: lab.hv1.status()["flows"], "flows")
        sent_more(traffic)
        before = {way: traffic.arrived(*way, "yes")
                  for way in traffic.ways()}
        sent_more(traffic)
        traffic.end()
        traffic.check(lossless=False)
        for way, n in before.items():
            assert traffic.arrived(*way, "yes") >= n + 50
    assert policed.tcp[0].speaks()


def test_database_lost(lab, policed, expect_faults):
    """It does not come back for a while; then a change is in force."""
    with Traffic(policed.vm1, policed.vm5, policed.vm2) as traffic:
        lab.hv1.kill("ovsdb-server")
        sent_more(traffic)
        lab.hv1.start_ovsdb()
        wait_for(lambda: not lab.hv1.try_run(
            "ovs-ext-ctl", "--wait=host", "--timeout=5", "init")[0],
                 "a change in force")
        # ovs-vswitchd looks at all of it anew when it is connected again, and
        # does not look at packets meanwhile.
        lab.hv1.run("ovs-vsctl", "--timeout=20", "init")
        sent_more(traffic)
        traffic.end()
        traffic.check(lossless=False)
    assert all(c.speaks() for c in policed.tcp)


def test_port_plugged(lab, red):
    """From the first frame on, its policy is in force."""
    hv = lab.hv1
    vm7 = lab.nth_vm(hv, 7, red)
    set_group(hv, "web", "vm7", *RULES)
    for _ in range(5):
        hv.unplug(vm7)
        hv.settled()
        with Plugged(vm7, red.vm5, red.vm2) as traffic:
            hv.plug(vm7)
            hv.settled()
            wait_for(lambda traffic=traffic: traffic.seen(),
                     "what is allowed")
            sent_more(traffic, 20)
            traffic.end()
            for a, b in traffic.ways():
                assert traffic.arrived(a, b, "no") == 0, (a.name, b.name)


class Plugged(Traffic):
    """Before the target is plugged."""

    def __enter__(self):
        cards = self.stack.enter_context(frames.nics(self.target,
                                                     *self.peers))
        self.cards = {nic.host: nic for nic in cards}
        self.thread.start()
        return self

    def seen(self):
        return all(self.arrived(a, b, "yes") for a, b in self.ways())


def test_revoked_under_load(lab, policed):
    """Exactly the connections of the rule that goes, within 100 ms of the
    change; the others do not lose a packet."""
    hv = lab.hv1
    extra, = hv.change("--id=@r", "create", "Rule", "action=allow",
                       "direction=ingress", "protocol=udp", "port_min=5555",
                       "--", "add", "Security_Group", "web", "rules",
                       "@r").split()[:1]
    arrived = []
    with Traffic(policed.vm1, policed.vm5, policed.vm2) as traffic, \
            frames.nics(policed.vm1) as (nic,):
        until = None
        begin = time.monotonic()
        writer = None
        while until is None or time.monotonic() < until:
            traffic.put(policed.vm5, policed.vm1, 7000, 5555, "extra")
            n = sum(b"<extra>" in data for data in nic.poll())
            if n > len(arrived):
                arrived += [time.monotonic()] * (n - len(arrived))
            if not writer and time.monotonic() - begin > 0.3:
                writer = hv.popen("ovs-ext-ctl", "remove", "Security_Group",
                                  "web", "rules", extra)
            if writer and until is None and writer.poll() is not None:
                ended = time.monotonic()
                until = ended + 1
            time.sleep(PACE)    # The pace of the stream.
        assert writer.returncode == 0 and arrived
        assert arrived[-1] - ended < 0.1
        traffic.end()
        traffic.check()
