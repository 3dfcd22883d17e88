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

"""Ethernet within networks that hypervisors and a leaf share."""

import itertools
import json
import struct

import pytest

from fabric import wait_for
import frames
from frames import BROADCAST, frame

pytestmark = [pytest.mark.l2, pytest.mark.datapath]

FLOODED = {
    "broadcast": BROADCAST,
    "IPv4 multicast": "01:00:5e:01:02:03",
    "IPv6 multicast": "33:33:00:00:00:fb",
    "unknown unicast": "52:54:00:ff:ff:ff",
}


@pytest.fixture
def red(lab):
    """A network with VMs on both hypervisors, two on one of them, and a
    bare-metal host behind the leaf."""
    network = lab.trio(row=False)
    network.members.insert(2, lab.nth_vm(lab.hv1, 5, network))
    return network


@pytest.fixture
def blue(lab):
    """A network with the same MACs and IPs as red, elsewhere."""
    network = lab.network("blue", 10200, leaf=True)
    network.members = [
        lab.vm(lab.hv2, "vm3", network, "52:54:00:00:00:01", "10.0.0.1/24",
               "fd00::1/64"),
        lab.vm(lab.hv1, "vm4", network, "52:54:00:00:00:02", "10.0.0.2/24",
               "fd00::2/64"),
    ]
    return network


def send_vxlan(leaf, vtep, port, vni, inner):
    """Sends a VXLAN packet (RFC 7348 section 5) from the VTEP of 'leaf' to UDP
    'port' of 'vtep'."""
    payload = (struct.pack("!II", 0x08000000, vni << 8) + inner).hex()
    leaf.run("python3", "-c", "import socket; s = socket.socket("
             f"type=socket.SOCK_DGRAM); s.bind(('{leaf.vtep}', 0)); "
             f"s.sendto(bytes.fromhex('{payload}'), ('{vtep}', {port}))")


def known_to_leaf(lab, network):
    """Waits until the leaf sends to each VM of 'network', and has made its
    bare-metal host known by what that sent."""
    for member in network.members:
        if not hasattr(member, "hv"):
            member.ping("10.0.0.1")
    lab.converged(network, *network.members)
    macs = {m.mac for m in network.members if hasattr(m, "hv")}
    vteps = {m.hv.vtep for m in network.members if hasattr(m, "hv")}

    def is_known():
        fdb = lab.leaf.run("bridge", "fdb", "show", "dev",
                           f"vx{network.vni}")
        return (all(f"{mac} dst" in fdb for mac in macs)
                and all(f"00:00:00:00:00:00 dst {v}" in fdb for v in vteps))
    wait_for(is_known, f"leaf1: MACs and VTEPs of {network.name}")


def test_members_reach_each_other(lab, red):
    known_to_leaf(lab, red)
    for a, b in itertools.permutations(red.members, 2):
        for ip in b.ips:
            # ovs-vswitchd is done with a change before its datapath is, so
            # the first request for the other's MAC may be lost.
            assert a.ping(ip.split("/")[0], wait=3), (
                f"{a.name} to {b.name} {ip}")


@pytest.mark.parametrize("kind", FLOODED)
def test_flooded_frame_arrives_once(lab, red, wire, kind):
    """At each member, over the wire once to each VTEP, and not back."""
    known_to_leaf(lab, red)
    vteps = {m: getattr(m, "hv", lab.leaf).vtep for m in red.members}
    with frames.nics(*red.members) as nics:
        for i, nic in enumerate(nics):
            nic.send(frame(FLOODED[kind], nic.host.mac, f"{kind} {i}"))
        frames.drain(nics, kind)
        for i, sender in enumerate(red.members):
            counts = {n.name: n.count(f"{kind} {i}") for n in nics}
            wanted = {n.name: int(n.host is not sender) for n in nics}
            assert counts == wanted, f"from {sender.name}"
            vtep = vteps[sender]
            assert wire.tunnel_packets(f"{kind} {i}") == sorted(
                (vtep, other, red.vni)
                for other in set(vteps.values()) - {vtep})


def test_unicast_goes_to_its_destination_only(lab, red, wire):
    known_to_leaf(lab, red)
    vteps = {m: getattr(m, "hv", lab.leaf).vtep for m in red.members}
    with frames.nics(*red.members) as nics:
        pairs = list(itertools.permutations(nics, 2))
        for i, (a, b) in enumerate(pairs):
            a.send(frame(b.host.mac, a.host.mac, f"unicast {i}"))
        frames.drain(nics, "unicast")
        for i, (a, b) in enumerate(pairs):
            assert [n.name for n in nics if n.count(f"unicast {i}")] == [
                b.name]
            assert b.count(f"unicast {i}") == 1
            one, other = vteps[a.host], vteps[b.host]
            assert wire.tunnel_packets(f"unicast {i}") == (
                [(one, other, red.vni)] if one != other else [])


def test_networks_are_apart(lab, red, blue):
    """Nothing of one network gets into another that has the same MACs and
    IPs, at other VTEPs."""
    known_to_leaf(lab, red)
    lab.converged(blue, *blue.members)
    with frames.nics(*red.members) as in_red, \
            frames.nics(*blue.members) as in_blue:
        for name, senders in (("red", in_red), ("blue", in_blue)):
            for a in senders:
                for dst in ([*FLOODED.values()]
                            + [m.mac for m in red.members]):
                    if dst != a.host.mac:
                        a.send(frame(dst, a.host.mac, f"of-{name}"))
        frames.drain(in_red, "red")
        frames.drain(in_blue, "blue")
        assert [n.name for n in in_blue if n.count("of-red")] == []
        assert [n.name for n in in_red if n.count("of-blue")] == []
        # And the other way round, each got what was for it.
        assert all(n.count("of-red") for n in in_red)
        assert all(n.count("of-blue") for n in in_blue)


def test_same_mac_in_two_networks(lab, red, blue, wire):
    """The MAC of vm2 is behind hv2 in red, and behind hv1 in blue."""
    known_to_leaf(lab, red)
    lab.converged(blue, *blue.members)
    mac = "52:54:00:00:00:02"
    with frames.nics(*red.members, *blue.members) as nics:
        by_name = {n.host.name: n for n in nics}
        by_name["vm1"].send(frame(mac, red.members[0].mac, "in-red"))
        by_name["vm3"].send(frame(mac, blue.members[0].mac, "in-blue"))
        by_name["vm2"].wait_for("in-red")
        by_name["vm4"].wait_for("in-blue")
        frames.drain([by_name[m.name] for m in red.members], "r")
        frames.drain([by_name[m.name] for m in blue.members], "b")
        assert {n.host.name for n in nics if n.count("in-red")} == {"vm2"}
        assert {n.host.name for n in nics if n.count("in-blue")} == {"vm4"}
    assert wire.tunnel_packets("in-red") == [
        ("192.0.2.11", "192.0.2.12", 10100)]
    assert wire.tunnel_packets("in-blue") == [
        ("192.0.2.12", "192.0.2.11", 10200)]


def test_vtep_without_imet(lab, red, wire):
    """A VTEP that announces MACs but no IMET route (RFC 7432 section 11.1)
    gets unicast, and no flood."""
    known_to_leaf(lab, red)
    lab.leaf.sh("vtysh -c 'configure terminal' "
                "-c 'route-map NO-IMET deny 10' "
                "-c 'match evpn route-type multicast' "
                "-c 'route-map NO-IMET permit 20' "
                "-c 'router bgp 65101' -c 'address-family l2vpn evpn' "
                "-c 'neighbor 10.255.0.0 route-map NO-IMET out'")
    lab.finally_do(lambda: lab.leaf.sh(
        "vtysh -c 'configure terminal' -c 'router bgp 65101' "
        "-c 'address-family l2vpn evpn' "
        "-c 'no neighbor 10.255.0.0 route-map NO-IMET out' "
        "-c 'exit' -c 'exit' -c 'no route-map NO-IMET'"))
    for hv in lab.hypervisors:
        wait_for(lambda hv=hv: {
            (v["vtep"], v["imet"]) for v in hv.appctl_json("evpn/vteps")
            if v["vni"] == red.vni} >= {(lab.leaf.vtep, False)},
            f"{hv.name}: leaf1 without IMET")
    lab.settled()
    vm1, vm2, _, bm1 = red.members
    with frames.nics(vm1, vm2, bm1) as (n1, n2, nb):
        for kind, dst in FLOODED.items():
            n1.send(frame(dst, vm1.mac, f"{kind}"))
        n1.send(frame(bm1.mac, vm1.mac, "to-bm1"))
        nb.wait_for("to-bm1")
        frames.drain([n1, n2], "imet")
        for kind in FLOODED:
            assert (n2.count(kind), nb.count(kind)) == (1, 0), kind
            assert wire.tunnel_packets(kind) == [
                (lab.hv1.vtep, lab.hv2.vtep, red.vni)]


def test_spoofed_source_from_tunnel(lab, red):
    """A frame that leaves the leaf's VTEP with the source MAC of a VM of hv1:
    hv2 does not believe it (no learning from tunnels)."""
    known_to_leaf(lab, red)
    vm1, vm2, _, bm1 = red.members
    # What a VM says of its own IP is another matter (test_learning.py).
    lab.all_ping(red)

    def flows():
        """All but those of IPs, which are learned at any time."""
        lab.settled()
        return [[line for line in hv.appctl("flows/show").splitlines()
                 if "-ip/" not in line] for hv in lab.hypervisors]

    before = flows()
    with frames.nics(vm1, vm2, bm1) as (n1, n2, nb):
        send_vxlan(lab.leaf, lab.hv2.vtep, 4789, red.vni,
                   frame(vm2.mac, vm1.mac, "spoofed"))
        n2.wait_for("spoofed")
        for _ in range(3):
            n2.send(frame(vm1.mac, vm2.mac, "reply"))
        wait_for(lambda: n1.count("reply") == 3, "vm1: replies")
        assert nb.count("reply") == 0
    assert vm2.ping("10.0.0.1")
    assert flows() == before


def test_frames_that_no_network_carries(lab, red):
    """Tagged frames, group sources, and addresses that no bridge forwards."""
    known_to_leaf(lab, red)
    vm1, vm2, vm5, _ = red.members
    with frames.nics(*red.members) as nics:
        n1 = nics[0]
        n1.send(frame(BROADCAST, vm1.mac, "x", 0x8100)[:14]
                + struct.pack("!HH", 5, frames.ETHERTYPE)
                + b"tagged".ljust(50, b"."))
        n1.send(frame(vm2.mac, "03:00:00:00:00:01", "group-source"))
        n1.send(frame("01:80:c2:00:00:0e", vm1.mac, "lldp"))
        n1.send(frame(vm1.mac, vm5.mac, "to-itself"))
        frames.drain(nics, "odd")
        for text in ("tagged", "group-source", "lldp", "to-itself"):
            assert [n.name for n in nics if n.count(text)] == [], text


def test_unknown_unicast_dropped(lab, red):
    """Network:unknown_unicast=drop."""
    known_to_leaf(lab, red)
    for hv in lab.hypervisors:
        hv.sh("ovs-ext-ctl --may-exist net-add red 10100 -- set network red "
              "unknown_unicast=drop")
        hv.change("init")
    with frames.nics(*red.members) as nics:
        nics[0].send(frame(FLOODED["unknown unicast"], red.members[0].mac,
                           "unknown"))
        nics[0].send(frame(BROADCAST, red.members[0].mac, "known"))
        frames.drain(nics, "drop")
        assert [n.count("unknown") for n in nics] == [0, 0, 0, 0]
        assert [n.count("known") for n in nics] == [0, 1, 1, 1]


def test_shadow_devices_carry_nothing(lab, red):
    """No frame of a tenant crosses them, and they take none from the wire
    (P17)."""
    known_to_leaf(lab, red)
    vm1 = red.members[0]
    devices = [f"brvx-{red.vni}", f"vxlan{red.vni}", f"oe-{red.vni}"]
    shadows = [frames.Nic(lab.hv1, d, outgoing=True) for d in devices]
    with frames.nics(*red.members) as nics:
        for nic in nics:
            for dst in [*FLOODED.values(), *(m.mac for m in red.members)]:
                nic.send(frame(dst, nic.host.mac, "tenant"))
        frames.drain(nics, "shadow")
        # Now VXLAN packets to the shadow port, and the same to the real one.
        for port, text in ((4790, "to-shadow"), (4789, "to-tunnel")):
            send_vxlan(lab.leaf, lab.hv1.vtep, port, red.vni,
                       frame(vm1.mac, red.members[3].mac, text))
        nics[0].wait_for("to-tunnel")
        frames.drain(nics, "shadow2")
        assert nics[0].count("to-shadow") == 0
    # The host itself reports IPv6 groups of a device that is up (MLD), those
    # of the bridge through its ports.
    own = {frames.mac_bytes(link["address"])
           for link in json.loads(lab.hv1.run("ip", "-j", "link", "show"))
           if link["ifname"] in devices}
    for nic in shadows:
        assert [f.hex() for f in nic.poll() if f[6:12] not in own] == [], \
            nic.name
        nic.close()


def test_shadow_devices_send_nothing(lab, red, wire):
    """What the host itself would send through them stays there: the fence
    drops it (P17)."""
    known_to_leaf(lab, red)
    nic = frames.Nic(lab.hv1, f"brvx-{red.vni}")
    spine = frames.Nic(lab.spine, "hv1")
    for dst in (BROADCAST, red.members[1].mac):
        nic.send(frame(dst, "52:54:00:00:00:99", "from-shadow"))
    with frames.nics(*red.members) as nics:
        frames.drain(nics, "fence")
        assert [n.count("from-shadow") for n in nics] == [0, 0, 0, 0]
    assert spine.count("from-shadow") == 0
    nic.close()
    spine.close()
