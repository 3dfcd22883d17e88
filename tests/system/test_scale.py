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

"""Large numbers: thousands of VTEPs in a network, 100,000 remote MACs.

One hypervisor, whose uplink ends in a box that counts what comes.  The test
plays zebra: it writes to the kernel what zebra would."""

import collections
import ipaddress
import re
import socket
import subprocess

import pytest

import fabric
import frames
import netlink
from fabric import Network, wait_for
from frames import BROADCAST, frame

pytestmark = pytest.mark.scale

VNI = 10100
N_VTEPS = 4000
N_MACS = 100_000
# The cookies of flows of remote MACs (ovs-ext/model/owner.h).
REMOTE_MACS = "cookie=0x6f65050000000000/0xffffff0000000000"
# Buckets of a group, and of the group of groups (flows/pipeline.h).
MAX_BUCKETS = 256


def vtep(i):
    """A VTEP of the range for benchmarks (RFC 2544)."""
    return str(ipaddress.ip_address("198.18.0.1") + i)


def remote_mac(i):
    return f"02:ee:00:{i >> 16:02x}:{i >> 8 & 255:02x}:{i & 255:02x}"


@pytest.fixture(scope="module")
def boxes():
    """(hypervisor, box at the other end of its uplink)"""
    made = []
    try:
        sink = fabric.Box("sink")
        made.append(sink)
        hv = fabric.Hypervisor("big", "192.0.2.11")
        made.append(hv)
        subprocess.run([fabric.BOX, "link", "sink", "eth0", "big", "uplink"],
                       check=True)
        sink.sh("ip link set eth0 mtu 1600\n"
                "ip addr add 10.255.0.0/31 dev eth0")
        hv.start_ovs()
        hv.sh("ovs-vsctl set Open_vSwitch . external_ids:ovs-ext-frr=off")
        device = hv.start_underlay("uplink")
        hv.sh("ip link set uplink mtu 1600\n"
              f"ip addr add 10.255.0.1/31 dev {device}\n"
              "ip route add 198.18.0.0/15 via 10.255.0.0")
        hv.start_ovs_ext()
        hv.settled()
        yield hv, sink
    finally:
        for box in made:
            box.remove()


@pytest.fixture
def red(boxes):
    """A network with three VMs, and what zebra writes to."""
    hv, sink = boxes
    network = Network("red", VNI)
    network.hv, network.sink = hv, sink
    network.vms = [hv.add_vm(f"vm{i}", network, f"52:54:00:00:00:0{i}",
                             [f"10.0.0.{i}/24"]) for i in (1, 2, 3)]
    hv.settled()
    network.zebra = netlink.Writer(hv)
    network.port = hv.ifindex(f"vxlan{VNI}")
    wait_for(lambda: hv.ping("10.255.0.0"), "big: the uplink works")
    yield network
    network.zebra.close()
    for vm in network.vms:
        hv.remove_vm(vm)
    hv.run("ovs-ext-ctl", "net-del", "red")
    hv.settled()
    assert same_again(hv)


def same_again(hv):
    """Looking at everything again changes nothing."""
    reply = hv.appctl_json("recompute")[0]
    return (reply["flows_changed"], reply["kernel_changed"]) == (0, 0)


def write(network, requests):
    """Writes what zebra writes, and waits until it is in effect."""
    network.zebra.send(netlink.batches(requests))
    network.hv.in_effect(timeout=60)


def imet(network, numbers, delete=False):
    write(network, [netlink.imet(network.port, socket.inet_aton(vtep(i)),
                                 delete) for i in numbers])


def macs(network, places, delete=False):
    """'places' maps from numbers of MACs to numbers of VTEPs."""
    write(network, [netlink.remote_mac(
        network.port, frames.mac_bytes(remote_mac(i)),
        socket.inet_aton(vtep(place)), delete)
        for i, place in places.items()])


def destinations(wire, text):
    """The VTEPs that VXLAN packets with 'text' went to."""
    return {frames.parse_vxlan(f)[1] for f in wire.poll()
            if text.encode() + b"." in f}


def broadcast(network, text, numbers):
    """A broadcast of the first VM arrives once at each VTEP of 'numbers' and
    at each other VM."""
    wanted = {vtep(i) for i in numbers}
    with frames.nics(*network.vms) as vms:
        wire = frames.Nic(network.sink, "eth0")
        vms[0].send(frame(BROADCAST, network.vms[0].mac, text))
        wait_for(lambda: wire.count(text) >= len(numbers),
                 f"{text}: {len(numbers)} packets", on_timeout=lambda:
                 f"but {wire.count(text)}, none to "
                 f"{sorted(wanted - destinations(wire, text))[:9]}")
        # What is sent after it arrives after it: by then all has come.
        vms[0].send(frame(BROADCAST, network.vms[0].mac, f"{text}-end"))
        wait_for(lambda: wire.count(f"{text}-end") >= len(numbers),
                 f"{text}-end")
        for vm in vms[1:]:
            vm.wait_for(f"{text}-end")
        counts = collections.Counter(
            frames.parse_vxlan(f) for f in wire.poll()
            if text.encode() + b"." in f)
        wire.close()
        assert counts == {(network.hv.vtep, vtep(i), VNI): 1
                          for i in numbers}
        assert [vm.count(text) for vm in vms] == [0, 1, 1]


def groups(hv):
    """The numbers of buckets of all groups."""
    lines = hv.run("ovs-ofctl", "-O", "OpenFlow15", "dump-groups",
                   "br-int").splitlines()
    return [line.count("bucket=") for line in lines if "group_id=" in line]


def changes(hv, function):
    """How many flows and groups change when 'function' is called."""
    before = hv.status()["flow_mods"]
    function()
    return hv.status()["flow_mods"] - before


def test_flood_to_4000_vteps(red):
    """A frame that is flooded is sent once to each of 4,000 VTEPs; the groups
    that do that are bounded, and one VTEP more changes one of them."""
    everyone = range(N_VTEPS)
    imet(red, everyone)
    assert len(red.hv.appctl_json("evpn/vteps")) == N_VTEPS
    assert max(groups(red.hv)) <= MAX_BUCKETS
    # The first has the datapath's flows made, the second finds them.
    broadcast(red, "first", everyone)
    broadcast(red, "second", everyone)
    assert changes(red.hv, lambda: imet(red, [N_VTEPS])) == 1
    broadcast(red, "one more", range(N_VTEPS + 1))
    assert changes(red.hv, lambda: imet(red, [7], delete=True)) == 1
    broadcast(red, "one less", [i for i in range(N_VTEPS + 1) if i != 7])
    assert same_again(red.hv)
    imet(red, [i for i in range(N_VTEPS + 1) if i != 7], delete=True)
    broadcast(red, "none", [])


def flows_of_macs(hv):
    """Where the switch sends frames to remote MACs: {MAC: VTEP}."""
    text = hv.run("ovs-ofctl", "-O", "OpenFlow15", "--no-stats", "dump-flows",
                  "br-int", REMOTE_MACS)
    return dict(re.findall(rf"metadata={VNI:#x},dl_dst=(\S+) .*"
                           r"set_field:(\S+)->tun_dst", text))


def arrives(red, i, place):
    """A frame to MAC 'i' goes to the VTEP 'place', and nowhere else."""
    text = f"to {i}"
    wire = frames.Nic(red.sink, "eth0")
    with frames.nics(*red.vms) as vms:
        vms[0].send(frame(remote_mac(i), red.vms[0].mac, text))
        wait_for(lambda: wire.count(text), f"{text} arrives")
        assert [frames.parse_vxlan(f) for f in wire.poll()
                if text.encode() + b"." in f] == [
                    (red.hv.vtep, vtep(place), VNI)]
        assert [vm.count(text) for vm in vms] == [0, 0, 0]
    wire.close()


def test_100000_remote_macs(red):
    """Each has one flow, to where it is, whatever moves, goes or dies."""
    hv = red.hv
    places = {i: i % 200 for i in range(N_MACS)}
    macs(red, places)
    arrives(red, 77_777, 77_777 % 200)

    moved = {i: 200 + i % 7 for i in range(0, N_MACS, 100)}
    gone = {i: places[i] for i in range(50, N_MACS, 100)}
    assert changes(hv, lambda: macs(red, moved)) == len(moved)
    assert changes(hv, lambda: macs(red, gone, delete=True)) == len(gone)
    places.update(moved)
    for i in gone:
        del places[i]
    arrives(red, 100, places[100])
    wanted = {remote_mac(i): vtep(place) for i, place in places.items()}
    assert flows_of_macs(hv) == wanted
    assert same_again(hv)

    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled(timeout=60)
    status = hv.status()
    assert (status["flow_mods"], status["kernel_writes"]) == (0, 0)
    hv.restart_vswitchd()
    wait_for(lambda: flows_of_macs(hv) == wanted, "all flows are back",
             timeout=60)
    hv.settled()
    macs(red, places, delete=True)
    assert flows_of_macs(hv) == {}


def test_status_is_not_behind(red):
    """Once "status" says that all is in effect, this includes what zebra wrote
    before."""
    for i in range(200):
        red.zebra.send([netlink.remote_mac(
            red.port, frames.mac_bytes(remote_mac(i)),
            socket.inet_aton(vtep(1)))])
        red.hv.settled()
        assert remote_mac(i) in flows_of_macs(red.hv), i
    macs(red, {i: 1 for i in range(200)}, delete=True)
