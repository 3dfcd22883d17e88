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

"""What BGP EVPN says of the ports of a hypervisor."""

import pytest

from fabric import wait_for
import frames

pytestmark = pytest.mark.routes


def wait_for_routes(lab, network, wanted):
    """Waits until the leaf has the set 'wanted' of routes of 'network', its
    own type-3 aside."""
    own = f"3 {lab.leaf.vtep}"
    wait_for(lambda: lab.leaf.evpn_routes(network.vni) - {own} == wanted,
             f"leaf1: routes {sorted(wanted)}", on_timeout=lambda:
             f"but {sorted(lab.leaf.evpn_routes(network.vni))}")


@pytest.mark.parametrize("row", [True, False], ids=["row", "external-ids"])
def test_silent_vm(lab, row):
    """Routes are there before the VM has sent a frame, and go with it."""
    red = lab.network("red", 10100, leaf=True)
    vm = lab.vm(lab.hv1, "vm1", red, "52:54:00:00:00:01", "10.0.0.1/24",
                "fd00::1/64", row=row)
    ips = {"2 52:54:00:00:00:01 10.0.0.1", "2 52:54:00:00:00:01 fd00::1"}
    wait_for_routes(lab, red, {"3 192.0.2.11", "2 52:54:00:00:00:01"}
                    | (ips if row else set()))
    lab.remove_vm(vm)
    wait_for_routes(lab, red, set())


def test_network_without_port_here(lab):
    """Type-3 is for networks with a port here."""
    red = lab.network("red", 10100, leaf=True)
    lab.hv1.run("ovs-ext-ctl", "--wait=host", "net-add", "red", red.vni)
    vm = lab.vm(lab.hv2, "vm2", red, "52:54:00:00:00:02", "10.0.0.2/24")
    routes = {"3 192.0.2.12", "2 52:54:00:00:00:02",
              "2 52:54:00:00:00:02 10.0.0.2"}
    wait_for_routes(lab, red, routes)
    lab.hv1.settled()
    assert "brvx-10100" not in lab.hv1.run("ip", "-br", "link")
    lab.remove_vm(vm)
    wait_for_routes(lab, red, set())


def test_port_row_changes(lab):
    """Addresses of a port are added, replaced and removed."""
    red = lab.network("red", 10100, leaf=True)
    lab.vm(lab.hv1, "vm1", red, "52:54:00:00:00:01", "10.0.0.1/24")
    base = {"3 192.0.2.11", "2 52:54:00:00:00:01"}
    wait_for_routes(lab, red, base | {"2 52:54:00:00:00:01 10.0.0.1"})
    ctl = ["ovs-ext-ctl", "--wait=host"]
    lab.hv1.run(*ctl, "add", "Port", "vm1", "ips", '"fd00::1"')
    wait_for_routes(lab, red, base | {"2 52:54:00:00:00:01 10.0.0.1",
                                      "2 52:54:00:00:00:01 fd00::1"})
    lab.hv1.run(*ctl, "set", "Port", "vm1", 'ips="10.0.0.7"')
    wait_for_routes(lab, red, base | {"2 52:54:00:00:00:01 10.0.0.7"})
    lab.hv1.run(*ctl, "set", "Port", "vm1", 'macs="52:54:00:00:00:aa"')
    wait_for_routes(lab, red, {"3 192.0.2.11", "2 52:54:00:00:00:aa",
                               "2 52:54:00:00:00:aa 10.0.0.7"})
    lab.hv1.run(*ctl, "clear", "Port", "vm1", "ips")
    wait_for_routes(lab, red, {"3 192.0.2.11", "2 52:54:00:00:00:aa"})


def test_network_changes_its_vni(lab):
    red = lab.network("red", 10100, leaf=True)
    green = lab.network("green", 10300, leaf=True)
    lab.vm(lab.hv1, "vm1", red, "52:54:00:00:00:01", "10.0.0.1/24")
    routes = {"3 192.0.2.11", "2 52:54:00:00:00:01",
              "2 52:54:00:00:00:01 10.0.0.1"}
    wait_for_routes(lab, red, routes)
    lab.hv1.run("ovs-ext-ctl", "set", "Network", "red", "vni=10300")
    wait_for_routes(lab, red, set())
    wait_for_routes(lab, green, routes)


def test_vm_moves(lab):
    """A MAC that is plugged elsewhere is announced from there with a higher
    sequence number (RFC 7432 section 15); the old host yields."""
    red = lab.network("red", 10100, leaf=True)
    old = lab.vm(lab.hv1, "vm1", red, "52:54:00:00:00:01", "10.0.0.1/24",
                 "fd00::1/64")
    peer = lab.vm(lab.hv2, "vm2", red, "52:54:00:00:00:02", "10.0.0.2/24")
    lab.converged(red, old, peer)
    new = lab.vm(lab.hv2, "vm9", red, old.mac, "10.0.0.1/24", "fd00::1/64")
    wait_for(lambda: {
        (p["object"], p["topic"]) for p in lab.hv1.appctl_json("problems")}
        == {("port/vm1", f"moved {what}") for what in
            (f"MAC {old.mac}", "IP 10.0.0.1", "IP fd00::1")},
        "hv1: yields vm1's addresses")
    assert lab.hv2.appctl_json("problems") == []
    lab.remove_vm(old)
    wait_for_routes(lab, red, {
        "3 192.0.2.12", "2 52:54:00:00:00:02",
        "2 52:54:00:00:00:02 10.0.0.2", f"2 {old.mac}",
        f"2 {old.mac} 10.0.0.1", f"2 {old.mac} fd00::1"})
    route = lab.leaf.vtysh(f"show bgp l2vpn evpn route vni {red.vni} "
                           f"mac {old.mac}")
    assert "MM:" in route and "192.0.2.12" in route
    with frames.nics(peer, new) as (n2, n9):
        n2.send(frames.frame(new.mac, peer.mac, "to-new"))
        n9.wait_for("to-new")


def test_many_neighbors_cross_a_withdrawal(lab):
    """A VM with many addresses moves: its new host's neighbours are not lost
    when zebra deletes the remote ones (P5)."""
    red = lab.network("red", 10100, leaf=True)
    mac = "52:54:00:00:00:01"
    ips = [f"10.0.1.{i}" for i in range(1, 121)]
    lab.vm(lab.hv2, "vm2", red, "52:54:00:00:00:02", "10.0.0.2/24")
    wanted = {f"2 {mac}"} | {f"2 {mac} {ip}" for ip in ips}
    for turn in range(4):
        for hv in lab.hypervisors:
            hv.run("ovs-ext-ctl", "--may-exist", "net-add", "red", red.vni,
                   "--", "port-add", "red", f"big-{turn}", mac, *ips)
        for src, dst in ((lab.hv2, lab.hv1), (lab.hv1, lab.hv2)):
            dst.sh("ip link add big type ifb; ip link set big up; "
                   f"ovs-vsctl add-port br-int big -- set interface big "
                   f"external_ids:iface-id=big-{turn}")
            src.sh("ovs-vsctl --if-exists del-port big; "
                   "ip link del big 2>/dev/null || true")
            wait_for(lambda: wanted <= lab.leaf.evpn_routes(red.vni),
                     f"leaf1: addresses of big at {dst.name}")
            dst.settled()
            neighbors = dst.run("ip", "neigh", "show", "dev", "brvx-10100",
                                "proto", 200, "nud", "permanent")
            assert neighbors.count(mac) == len(ips), dst.name
        for hv in lab.hypervisors:
            hv.sh("ovs-vsctl --if-exists del-port big; "
                  "ip link del big 2>/dev/null || true; "
                  f"ovs-ext-ctl port-del big-{turn}")
        wait_for(lambda: not wanted & lab.leaf.evpn_routes(red.vni),
                 "leaf1: big is gone")
