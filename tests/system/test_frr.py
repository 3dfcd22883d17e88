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

"""FRR's daemons die and come back (the design's section 7, P2, P3, P4)."""

import contextlib
import socket
import threading
import time

import pytest

from fabric import wait_for
import frames
from frames import frame

pytestmark = pytest.mark.frr


@pytest.fixture
def red(lab):
    lab.expect("frr|vty|nl_apply|nl_retry")
    network = lab.trio()
    lab.all_ping(network)
    lab.converged(network, *network.members)
    for hv in lab.hypervisors:
        frr_up(hv)
    return network


def frr_up(hv):
    wait_for(lambda: hv.status()["frr"].startswith("up"), f"{hv.name}: FRR",
             timeout=60, on_timeout=lambda: hv.status()["frr"])


class Changes:
    """When links and routes of a hypervisor changed.

    Open vSwitch 3.1 forgets all routes whenever one of them changes, or a
    link, and reads them again.  What its userspace datapath translates
    meanwhile does not go into tunnels, until it is translated again, which
    takes some ms.  ovs-ext has no part in that."""

    GROUPS = 0x1 | 0x40 | 0x400  # RTMGRP_LINK, _IPV4_ROUTE, _IPV6_ROUTE.
    NEAR = 0.1                  # s.
    MOST = 20                   # Frames, of one each ms.

    def __init__(self, hv):
        self.socket = hv.socket(socket.AF_NETLINK, socket.SOCK_RAW)
        self.socket.setblocking(False)
        self.socket.bind((0, self.GROUPS))
        self.times = []

    def poll(self):
        with contextlib.suppress(BlockingIOError):
            while self.socket.recv(65536):
                self.times.append(time.monotonic())

    def close(self):
        self.socket.close()

    def explain(self, times):
        """Could Open vSwitch have dropped what was sent at 'times'?"""
        return len(times) <= self.MOST and all(
            any(abs(t - change) < self.NEAR for change in self.times)
            for t in times)


class Stream:
    """Numbered frames from a VM to another member, one each millisecond."""

    def __init__(self, lab, src, dst):
        self.src, self.dst = frames.Nic(src), frames.Nic(dst)
        self.changes = Changes(src.hv)
        self.sent = []          # When.
        self.stopping = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        lab.finally_do(self.end)

    def run(self):
        while not self.stopping:
            self.src.send(frame(self.dst.host.mac, self.src.host.mac,
                                f"stream {len(self.sent)}"))
            self.sent.append(time.monotonic())
            self.dst.poll()
            self.changes.poll()
            time.sleep(0.001)

    def end(self):
        self.stopping = True
        self.thread.join()

    def stop(self, flapped=False):
        """Returns which frames did not arrive, and how many came twice.
        Nothing may have changed that Open vSwitch drops frames for, unless
        ovs-ext 'flapped' a vxlan device; then what that explains does not
        count."""
        self.end()
        self.dst.wait_for(f"stream {len(self.sent) - 1}")
        seen = [int(f[21:].rstrip(b".")) for f in self.dst.poll()
                if f[14:].startswith(b"stream ")]
        lost = sorted(set(range(len(self.sent))) - set(seen))
        self.changes.poll()
        for nic in (self.src, self.dst, self.changes):
            nic.close()
        assert bool(self.changes.times) == flapped
        if self.changes.explain([self.sent[i] for i in lost]):
            lost = []
        return lost, len(seen) - len(set(seen))


def known(hv, network):
    """What 'hv' sends to where in 'network'."""
    return sorted((m["mac"], m["location"])
                  for m in hv.appctl_json("evpn/macs", network.vni))


def test_bgpd_restarted(lab, red):
    """zebra flushes its entries at once (P2): the VMs' traffic goes on."""
    vm1, vm2, bm1 = red.members
    before = known(lab.hv1, red)
    streams = [Stream(lab, vm1, vm2), Stream(lab, vm1, bm1)]
    lab.hv1.kill("bgpd")
    wait_for(lambda: "extern_learn" not in lab.hv1.run("bridge", "fdb"),
             "hv1: zebra flushes")
    flushed = time.monotonic()
    wait_for(lambda: time.monotonic() > flushed + 5, "5 s without bgpd")
    assert known(lab.hv1, red) == before
    lab.hv1.start_bgpd()
    frr_up(lab.hv1)
    lab.hv1.settled()
    assert [s.stop() for s in streams] == [([], 0), ([], 0)]
    lab.converged(red, *red.members)
    lab.all_ping(red)
    assert known(lab.hv1, red) == before


def test_withdrawn_while_bgpd_is_dead(lab, red):
    """What is no more goes once bgpd is complete again."""
    gone = lab.vm(lab.hv2, "vm3", red, "52:54:00:00:00:03", "10.0.0.3/24")
    lab.converged(red, *red.members, gone)
    lab.hv1.kill("bgpd")
    lab.remove_vm(gone)
    lab.hv1.start_bgpd()
    wait_for(lambda: gone.mac not in dict(known(lab.hv1, red)),
             "hv1: vm3 is gone", timeout=60)
    frr_up(lab.hv1)
    lab.all_ping(red)


def test_hold_time_over(lab, red):
    """bgpd stays away: what it said holds for ovs-ext-frr-hold seconds."""
    lab.hv1.run("ovs-vsctl", "set", "Open_vSwitch", ".",
                "external_ids:ovs-ext-frr-hold=3")
    lab.finally_do(lambda: lab.hv1.run(
        "ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids",
        "ovs-ext-frr-hold"))
    lab.hv1.kill("bgpd")
    killed = time.monotonic()
    wait_for(lambda: not [m for m in lab.hv1.appctl_json("evpn/macs")
                          if m["type"] == "remote"], "hv1: gives up")
    assert time.monotonic() - killed > 2.5
    lab.hv1.start_bgpd()
    frr_up(lab.hv1)
    lab.all_ping(red)


def test_zebra_killed(lab, red):
    """Entries that it left behind and that are withdrawn meanwhile are
    swept (P4); what bgpd does not replay is asked for (P3)."""
    gone = lab.vm(lab.hv2, "vm3", red, "52:54:00:00:00:03", "10.0.0.3/24",
                  "fd00::3/64")
    lab.converged(red, *red.members, gone)
    wait_for(lambda: {"10.0.0.3", "fd00::3"} <= {
        n["ip"] for n in lab.hv1.appctl_json("evpn/neighbors", red.vni)},
        "hv1: neighbours of vm3")
    stream = Stream(lab, red.members[0], red.members[2])
    lab.hv1.kill("zebra")
    lab.remove_vm(gone)
    wait_for(lambda: f"2 {gone.mac}" not in lab.leaf.evpn_routes(red.vni),
             "leaf1: vm3 is withdrawn")
    assert gone.mac in lab.hv1.run("bridge", "fdb")
    lab.hv1.start_zebra()
    wait_for(lambda: gone.mac not in lab.hv1.run("bridge", "fdb")
             and gone.mac not in lab.hv1.run("ip", "neigh"),
             "hv1: entries of vm3 are swept", timeout=60)
    frr_up(lab.hv1)
    assert stream.stop(flapped=True) == ([], 0)
    lab.converged(red, *red.members)
    lab.all_ping(red)
    new = lab.vm(lab.hv2, "vm4", red, "52:54:00:00:00:04", "10.0.0.4/24")
    lab.converged(red, *red.members, new)


def test_all_of_frr_restarted(lab, red):
    """As watchfrr and a package's upgrade do it."""
    vm1, _, bm1 = red.members
    before = known(lab.hv1, red)
    stream = Stream(lab, vm1, bm1)
    lab.hv1.kill("bgpd", "TERM")
    lab.hv1.kill("zebra", "TERM")
    assert known(lab.hv1, red) == before
    lab.hv1.start_zebra()
    lab.hv1.start_bgpd()
    frr_up(lab.hv1)
    lab.hv1.settled()
    assert stream.stop() == ([], 0)
    assert known(lab.hv1, red) == before
    lab.all_ping(red)


def test_frr_away_when_ovs_ext_starts(lab, red):
    """ovs-ext begins its life while FRR is away: the flows of its
    predecessor hold."""
    vm1, _, bm1 = red.members
    before = known(lab.hv1, red)
    stream = Stream(lab, vm1, bm1)
    lab.hv1.kill("bgpd")
    lab.hv1.kill("ovs-ext")
    lab.hv1.start_ovs_ext()
    lab.hv1.start_bgpd()
    frr_up(lab.hv1)
    lab.hv1.settled()
    assert stream.stop() == ([], 0)
    wait_for(lambda: known(lab.hv1, red) == before, "hv1: MACs")
    lab.all_ping(red)


def test_peer_lost(lab, red):
    """A session that ends is no break of FRR: what it said is withdrawn."""
    lab.spine.sh("ip link set hv1 down")
    lab.finally_do(lambda: lab.spine.sh("ip link set hv1 up"))
    wait_for(lambda: not [m for m in lab.hv1.appctl_json("evpn/macs")
                          if m["type"] == "remote"], "hv1: alone")
    lab.spine.sh("ip link set hv1 up")
    lab.converged(red, *red.members)
    lab.all_ping(red)
    frr_up(lab.hv1)
