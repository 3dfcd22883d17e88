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

import threading
import time

import pytest

from fabric import wait_for
import frames
from frames import frame

pytestmark = pytest.mark.frr


@pytest.fixture
def red(lab):
    lab.expect("frr|vty|nl_apply")
    network = lab.network("red", 10100, leaf=True)
    network.members = [
        lab.vm(lab.hv1, "vm1", network, "52:54:00:00:00:01", "10.0.0.1/24",
               "fd00::1/64"),
        lab.vm(lab.hv2, "vm2", network, "52:54:00:00:00:02", "10.0.0.2/24",
               "fd00::2/64"),
        lab.leaf.add_host("bm1", network, "52:54:00:00:00:0b",
                          ["10.0.0.11/24", "fd00::11/64"]),
    ]
    wait_for(lambda: network.members[2].ping("10.0.0.1")
             and network.members[2].ping("10.0.0.2"), "bm1: pings")
    lab.converged(network, *network.members)
    for hv in lab.hypervisors:
        frr_up(hv)
    return network


def frr_up(hv):
    wait_for(lambda: hv.status()["frr"].startswith("up"), f"{hv.name}: FRR",
             timeout=60, on_timeout=lambda: hv.status()["frr"])


def all_ping(red):
    return all(a.ping(ip.split("/")[0]) for a in red.members
               for b in red.members if a is not b for ip in b.ips)


class Stream:
    """Numbered frames from one member to another, one each millisecond."""

    def __init__(self, lab, src, dst):
        self.src, self.dst = frames.Nic(src), frames.Nic(dst)
        self.n_sent = 0
        self.stopping = False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        lab.finally_do(self.end)

    def run(self):
        while not self.stopping:
            self.src.send(frame(self.dst.host.mac, self.src.host.mac,
                                f"stream {self.n_sent}"))
            self.n_sent += 1
            self.dst.poll()
            time.sleep(0.001)

    def end(self):
        self.stopping = True
        self.thread.join()

    def stop(self):
        """Returns the numbers of frames that did not arrive, or twice."""
        self.end()
        self.dst.wait_for(f"stream {self.n_sent - 1}")
        seen = [f[14:].rstrip(b".") for f in self.dst.poll()
                if f[14:].startswith(b"stream ")]
        self.src.close()
        self.dst.close()
        return self.n_sent - len(set(seen)), len(seen) - len(set(seen))


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
    assert [s.stop() for s in streams] == [(0, 0), (0, 0)]
    lab.converged(red, *red.members)
    wait_for(lambda: all_ping(red), "pings")
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
    wait_for(lambda: all_ping(red), "pings")


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
    wait_for(lambda: all_ping(red), "pings")


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
    assert stream.stop() == (0, 0)
    lab.converged(red, *red.members)
    wait_for(lambda: all_ping(red), "pings")
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
    assert stream.stop() == (0, 0)
    assert known(lab.hv1, red) == before
    wait_for(lambda: all_ping(red), "pings")


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
    assert stream.stop() == (0, 0)
    wait_for(lambda: known(lab.hv1, red) == before, "hv1: MACs")
    wait_for(lambda: all_ping(red), "pings")


def test_peer_lost(lab, red):
    """A session that ends is no break of FRR: what it said is withdrawn."""
    lab.spine.sh("ip link set hv1 down")
    lab.finally_do(lambda: lab.spine.sh("ip link set hv1 up"))
    wait_for(lambda: not [m for m in lab.hv1.appctl_json("evpn/macs")
                          if m["type"] == "remote"], "hv1: alone")
    lab.spine.sh("ip link set hv1 up")
    lab.converged(red, *red.members)
    wait_for(lambda: all_ping(red), "pings")
    frr_up(lab.hv1)
