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

"""The kernel's tables: who else writes to them, and what is lost or refused
there."""

import re
import signal
import time

import pytest

from fabric import Failure, wait_for
import frames
from frames import frame

pytestmark = pytest.mark.kernel

MAC = "52:54:00:00:00:01"
FAR, STAYS = "52:54:00:00:00:77", "52:54:00:00:00:78"


@pytest.fixture
def red(lab):
    network = lab.network("red", 10100)
    network.vm = lab.nth_vm(lab.hv1, 1, network)
    wait_for(lambda: shadow(lab.hv1) == SHADOW, "hv1: shadow of red",
             on_timeout=lambda: "\n".join(shadow(lab.hv1)))
    lab.settled()
    return network


def shadow(hv):
    """What ovs-ext has in the kernel for red, as sorted lines."""
    # There may be no bridge yet, or just now.
    fdb = hv.try_run("bridge", "fdb", "show", "br",
                     "brvx-10100")[1].splitlines()
    neighbors = hv.run("ip", "neigh", "show", "proto", 200).splitlines()
    links = hv.run("ip", "-br", "link").split()
    return sorted([" ".join(line.split()) for line in fdb + neighbors
                   if MAC in line]
                  + [name for name in links if name.endswith("-10100")
                     or name == "vxlan10100"])


SHADOW = sorted([
    "brvx-10100", "oe-10100", "vxlan10100",
    f"{MAC} dev oe-10100 master brvx-10100 static",
    f"10.0.0.1 dev brvx-10100 lladdr {MAC} PERMANENT proto 200",
    f"fd00::1 dev brvx-10100 lladdr {MAC} PERMANENT proto 200"])

REMOVALS = {
    "FDB entry": f"bridge fdb del {MAC} dev oe-10100 master",
    "neighbour": "ip neigh del 10.0.0.1 dev brvx-10100",
    "IPv6 neighbour": "ip neigh del fd00::1 dev brvx-10100",
    "all entries": f"bridge fdb del {MAC} dev oe-10100 master; "
                   "ip neigh flush dev brvx-10100 nud permanent; "
                   "ip -6 neigh flush dev brvx-10100 nud permanent",
    "advertise port": "ip link del oe-10100",
    "vxlan device": "ip link del vxlan10100",
    "bridge": "ip link del brvx-10100",
    "all devices": "ip link del oe-10100; ip link del vxlan10100; "
                   "ip link del brvx-10100",
    "vxlan device's place": "ip link set vxlan10100 nomaster",
    "advertise port's place": "ip link set oe-10100 nomaster",
    "up": "ip link set vxlan10100 down",
    "neighbour's MAC": "ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:09 "
                       "dev brvx-10100 nud permanent",
    "neighbour's kind": f"ip neigh replace 10.0.0.1 lladdr {MAC} "
                        "dev brvx-10100 nud reachable",
    "FDB entry's port": f"bridge fdb replace {MAC} dev vxlan10100 master "
                        "static",
}


@pytest.mark.parametrize("what", REMOVALS)
def test_what_others_change_is_restored(lab, red, what):
    """And vm1 stays announced, with all addresses, in the end."""
    lab.expect("nl_apply|nl_retry")
    if what == "FDB entry's port":
        lab.expect("vxlan10100")
    hv = lab.hv1
    hv.sh(REMOVALS[what])
    wait_for(lambda: shadow(hv) == SHADOW and "state UP" in hv.run(
        "ip", "link", "show", "vxlan10100").replace("UNKNOWN", "UP"),
        f"{what} is restored", on_timeout=lambda: "\n".join(shadow(hv)))
    hv.settled()
    assert set(hv.run("bridge", "link", "show", "dev", "vxlan10100").split())
    wanted = {"3 192.0.2.11", f"2 {MAC}", f"2 {MAC} 10.0.0.1",
              f"2 {MAC} fd00::1"}
    wait_for(lambda: local_routes(hv) == wanted, "bgpd has all routes",
             on_timeout=lambda: str(sorted(local_routes(hv))))


def local_routes(hv):
    """What bgpd of 'hv' announces of red."""
    table = hv.vtysh_json("show bgp l2vpn evpn route vni 10100")
    routes = set()
    for prefix, route in table.items():
        if isinstance(route, dict) and prefix.startswith("["):
            parts = [p.strip("[]") for p in prefix.split("]:[")]
            routes.add(f"3 {parts[3]}" if parts[0] == "3" else " ".join(
                ["2", parts[3], *parts[5:]]))
    return routes


@pytest.mark.parametrize("device", ["blue0", "vxlan-10200"],
                         ids=["anybody", "ovn-controller"])
def test_vxlan_device_of_someone_else(lab, device):
    """A second vxlan device with the VNI would abort zebra (P1): the network
    has a problem, nothing is made, and ports of this host are in it."""
    lab.expect(f"vxlan device {device}")
    hv = lab.hv1
    hv.sh(f"ip link add {device} type vxlan id 10200 dstport 4791\n"
          f"ip link add br-10200 type bridge\n"
          f"ip link set {device} master br-10200 up; ip link set br-10200 up")
    lab.finally_do(lambda: hv.run("ip", "link", "del", "br-10200"))
    blue = lab.network("blue", 10200)
    one = lab.vm(hv, "vm1", blue, MAC, "10.0.0.1/24")
    lab.vm(hv, "vm2", blue, "52:54:00:00:00:02", "10.0.0.2/24")
    wait_for(lambda: [(p["object"], p["topic"], p["problem"]) for p in
                      hv.appctl_json("problems")] == [
        ("network/blue", "vni-in-use", f"VNI 10200 has the vxlan device "
         f"{device} of someone else; remove that device or choose another "
         "VNI")], "the problem")
    wait_for(lambda: one.ping("10.0.0.2"), "within the host it works")
    hv.settled()
    assert "brvx-10200" not in hv.run("ip", "-br", "link")
    wait_for(lambda: "hv1: VNI 10200 has the vxlan device" in hv.run(
        "ovs-ext-ctl", "show"), "the problem is in the database")
    hv.run("ip", "link", "del", device)
    wait_for(lambda: "vxlan10200" in hv.run("ip", "-br", "link")
             and hv.appctl_json("problems") == [], "the network is announced")
    wait_for(lambda: "vxlan10200" in hv.vtysh("show evpn vni"), "zebra lives")


def test_devices_of_someone_else(lab):
    """A device that has a name of ours, but not our mark, is left alone."""
    lab.expect("device brvx-10200")
    hv = lab.hv1
    hv.sh("ip link add brvx-10200 type bridge; ip link set brvx-10200 up")
    blue = lab.network("blue", 10200)
    lab.vm(hv, "vm1", blue, MAC, "10.0.0.1/24")
    wait_for(lambda: [p["topic"] for p in hv.appctl_json("problems")] == [
        "device-in-use"], "the problem")
    hv.settled()
    assert "vxlan10200" not in hv.run("ip", "-br", "link")
    hv.sh("ip link del brvx-10200")
    wait_for(lambda: "vxlan10200" in hv.run("ip", "-br", "link")
             and hv.appctl_json("problems") == [], "the network is announced")


def test_write_refused(lab, red):
    """The kernel has no IPv6 neighbours where IPv6 is off: that is a problem
    of the network, tried again until it works; all else is written."""
    lab.expect("nl_retry.*(Invalid argument|not supported|No such)")
    hv = lab.hv1
    hv.sh("sysctl -qw net.ipv6.conf.brvx-10100.disable_ipv6=1")
    wait_for(lambda: "kernel local-ip/10100/fd00::1" in [
        p["topic"] for p in hv.appctl_json("problems")], "the problem")
    hv.run("ovs-ext-ctl", "add", "Port", "vm1", "ips", '"10.0.0.9"')
    wait_for(lambda: "10.0.0.9" in hv.run("ip", "neigh"),
             "another address is written")
    hv.run("ovs-ext-ctl", "remove", "Port", "vm1", "ips", '"10.0.0.9"')
    hv.sh("sysctl -qw net.ipv6.conf.brvx-10100.disable_ipv6=0")
    wait_for(lambda: shadow(hv) == SHADOW and hv.appctl_json(
        "problems") == [], "all is written", timeout=40,
        on_timeout=lambda: str(hv.appctl_json("problems")))


def test_fence_restored(lab, red):
    """The table of nftables that closes the shadow port is looked after."""
    lab.expect("table inet ovs-ext of nftables was changed")
    hv = lab.hv1
    before = hv.run("nft", "-s", "list", "table", "inet", "ovs-ext")
    assert "udp dport 4790 counter drop" in before
    hv.run("nft", "delete", "table", "inet", "ovs-ext")
    wait_for(lambda: hv.try_run("nft", "-s", "list", "table", "inet",
                                "ovs-ext") == (0, before), "the fence")


def test_notifications_lost(lab, red):
    """The socket's buffer overflows while the daemon is stopped: it reads all
    again, and makes only the difference."""
    hv = lab.hv1
    without_frr(lab, hv)
    pid = hv.daemon_pid("ovs-ext")
    # One stays: with the last VTEP, what is known of the way there goes.
    hv.sh("".join(
        f"bridge fdb add {mac} dev vxlan10100 master extern_learn\n"
        f"bridge fdb append {mac} dev vxlan10100 self extern_learn "
        "dst 192.0.2.12\n" for mac in (FAR, STAYS))
          + "ip link add junk type bridge\n"
          "ip link add junk0 type ifb\n"
          "ip link set junk0 master junk")
    lab.finally_do(lambda: hv.sh("ip link del junk0\nip link del junk"))
    wait_for(lambda: {FAR, STAYS} <= {
        m["mac"] for m in hv.appctl_json("evpn/macs")}, "remote MACs")
    hv.settled()
    mods = hv.status()["flow_mods"]
    hv.run("kill", f"-{signal.SIGSTOP}", pid)
    try:
        # 400,000 notifications.
        hv.sh("for what in add del; do for i in $(seq 10000); do "
              "printf 'fdb %s 02:00:00:00:%02x:%02x dev junk0 master\n' $what "
              "$((i / 256)) $((i % 256)); done >/run/$what; done\n"
              "for i in $(seq 20); do bridge -batch /run/add; "
              "bridge -batch /run/del; done\n"
              "rm /run/add /run/del", timeout=200)
        hv.sh(f"bridge fdb del {FAR} dev vxlan10100 master\n"
              f"bridge fdb del {FAR} dev vxlan10100 self dst 192.0.2.12\n"
              f"bridge fdb del {MAC} dev oe-10100 master")
    finally:
        hv.run("kill", f"-{signal.SIGCONT}", pid)
    wait_for(lambda: hv.status()["kernel_overflows"] > 0, "an overflow")
    wait_for(lambda: shadow(hv) == SHADOW, "our entries are back",
             on_timeout=lambda: "\n".join(shadow(hv)))
    wait_for(lambda: FAR not in {m["mac"] for m in hv.appctl_json(
        "evpn/macs")}, "what went is gone")
    hv.settled()
    assert hv.status()["flow_mods"] == mods + 1
    hv.sh(f"bridge fdb del {STAYS} dev vxlan10100 master\n"
          f"bridge fdb del {STAYS} dev vxlan10100 self dst 192.0.2.12\n")


def without_frr(lab, hv):
    """Stops FRR: the entries that a test writes as zebra would are orphans if
    zebra does not know them (P4), and it ends when it loses notifications
    (P12)."""
    lab.expect("frr|vty")
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-frr=off")
    wait_for(lambda: hv.status()["frr"].startswith("off"), "FRR is off")
    hv.kill("bgpd")
    hv.kill("zebra")

    def start_frr():
        hv.start_zebra()
        hv.start_bgpd()
        hv.run("ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids",
               "ovs-ext-frr")
        wait_for(lambda: hv.status()["frr"].startswith("up"), "FRR is up",
                 timeout=60, on_timeout=lambda: hv.status()["frr"])
    lab.finally_do(start_frr)


def test_next_hop_groups(lab, red):
    """A MAC behind a next-hop group (an Ethernet segment): its frames go to
    one of the group's VTEPs, always to the same for one flow; when a member
    goes, to the other."""
    hv = lab.hv1
    without_frr(lab, hv)
    vteps = ["192.0.2.12", "192.0.2.101"]
    hv.sh("".join(f"ip nexthop add id {0x10000001 + i} via {v} fdb\n"
                  for i, v in enumerate(vteps))
          + f"ip nexthop add id {0x20000001} group "
          f"{0x10000001}/{0x10000002} fdb\n"
          f"bridge fdb add {FAR} dev vxlan10100 master extern_learn\n"
          f"bridge fdb add {FAR} dev vxlan10100 self extern_learn "
          f"nhid {0x20000001}")
    lab.finally_do(lambda: hv.sh(
        f"bridge fdb del {FAR} dev vxlan10100 self\n"
        f"bridge fdb del {FAR} dev vxlan10100 master\n"
        f"ip nexthop del id {0x20000001}\nip nexthop del id {0x10000001}\n"
        f"ip nexthop del id {0x10000002} 2>/dev/null || true"))
    wait_for(lambda: [m["location"] for m in hv.appctl_json("evpn/macs")
                      if m["mac"] == FAR] == [
        f"next-hop group {0x20000001}: {vteps[0]} {vteps[1]}"],
        "the MAC", on_timeout=lambda: hv.appctl("evpn/macs"))
    hv.settled()
    with frames.nics(red.vm) as (nic,):
        resolve_gateway(lab, nic)
        before = targets(lab, nic, 64, 1)
        assert set(before.values()) == set(vteps)
        assert targets(lab, nic, 64, 2) == before
        hv.sh(f"ip nexthop del id {0x10000002}")
        wait_for(lambda: hv.appctl_json("evpn/macs", 10100)[-1][
            "location"] == f"next-hop group {0x20000001}: {vteps[0]}",
            "the member is gone")
        hv.settled()
        assert set(targets(lab, nic, 64, 3).values()) == {vteps[0]}


def resolve_gateway(lab, nic):
    """Open vSwitch drops what it sends through a tunnel before it knows the
    MAC of the way there."""
    wire = frames.Nic(lab.spine, "hv1")

    def arrives():
        nic.send(frames.udp(FAR, MAC, "10.0.0.1", "10.0.0.99", 999, "first"))
        return wire.count("first")
    wait_for(arrives, "the first frame on the wire")
    wire.close()


def targets(lab, nic, n, turn):
    """Sends 'n' UDP flows to FAR and returns to which VTEP each went."""
    wire = frames.Nic(lab.spine, "hv1")
    for i in range(n):
        nic.send(frames.udp(FAR, MAC, "10.0.0.1", "10.0.0.99", 1000 + i,
                            f"flow {turn} {i}"))
    found = {}
    try:
        for i in range(n):
            text = f"flow {turn} {i}"
            wire.wait_for(text)
            packets = [f for f in wire.poll() if text.encode() + b"." in f]
            assert len(packets) == 1, text
            found[i] = frames.parse_vxlan(packets[0])[1]
    finally:
        wire.close()
    return found


@pytest.mark.slow
def test_many_addresses_in_a_busy_table(lab):
    """600 addresses of a port stay for two minutes while the kernel collects
    garbage in its neighbour table (P8)."""
    hv = lab.hv1
    ips = [f"10.0.{i // 250}.{i % 250 + 1}" for i in range(600)]
    red = lab.network("red", 10100, leaf=True)
    lab.vm(hv, "vm1", red, MAC, *ips)
    hv.sh("ip netns add busy\n"
          "ip -n busy link add busy0 type veth peer name busy1\n"
          "ip -n busy link set busy0 up\n"
          "for i in $(seq 400); do echo neigh add 10.8.$((i / 250))."
          "$((i % 250 + 1)) lladdr 02:00:00:00:00:01 dev busy0 nud stale; "
          "done | ip -n busy -batch -")
    lab.finally_do(lambda: hv.run("ip", "netns", "del", "busy"))

    def n_neighbors():
        return hv.run("ip", "neigh", "show", "dev", "brvx-10100", "nud",
                      "permanent").count(MAC)
    wanted = {f"2 {MAC} {ip}" for ip in ips}
    wait_for(lambda: n_neighbors() == 600
             and wanted <= lab.leaf.evpn_routes(red.vni), "all addresses")
    restored = hv.status()["kernel_writes"]
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if n_neighbors() != 600:
            raise Failure(f"{n_neighbors()} neighbours are left")
        hv.sh("for i in $(seq 400); do echo neigh replace 10.8.$((i / 250))."
              "$((i % 250 + 1)) lladdr 02:00:00:00:00:01 dev busy0 nud stale;"
              " done | ip -n busy -batch -")
    assert wanted <= lab.leaf.evpn_routes(red.vni)
    assert hv.status()["kernel_writes"] == restored


def test_ipv6_underlay(lab):
    """Hypervisors with IPv6 VTEPs.  zebra carries them since 10.6 only; the
    test writes to the kernel what it would."""
    lab.expect("nl_apply|nl_retry")
    for hv in lab.hypervisors:
        without_frr(lab, hv)
    # The userspace datapath takes the source of an IPv6 tunnel packet from the
    # route, so the VTEPs are addresses of the links.
    vteps = {lab.hv1: "2001:db8:1::2", lab.hv2: "2001:db8:2::2"}
    for hv, vtep in vteps.items():
        gateway = vtep[:-1] + "1"
        lab.spine.sh(f"ip addr add {gateway}/64 dev {hv.name} nodad")
        lab.finally_do(lambda hv=hv, gateway=gateway: lab.spine.sh(
            f"ip addr del {gateway}/64 dev {hv.name}"))
        # Open vSwitch takes over a route only once it has seen the address.
        for command, sign in (
                (f"ip addr add {vtep}/64 dev br-phy nodad", f"{vtep}/128"),
                (f"ip route add 2001:db8::/32 via {gateway}",
                 "2001:db8::/32")):
            hv.sh(command)
            wait_for(lambda hv=hv, sign=sign: f": {sign} dev br-phy" in
                     hv.run("ovs-appctl", "ovs/route/show"),
                     f"{hv.name}: {sign} in Open vSwitch")
        hv.sh("ovs-vsctl set Open_vSwitch . "
              f"'external_ids:ovs-ext-vtep-ip=\"{vtep}\"'")
        lab.finally_do(lambda hv=hv, vtep=vtep: hv.sh(
            "ip route del 2001:db8::/32\n"
            f"ip addr del {vtep}/64 dev br-phy\n"
            f"ovs-vsctl set Open_vSwitch . external_ids:ovs-ext-vtep-ip="
            f"{hv.vtep}"))
    red = lab.network("red", 10100)
    vms = {lab.hv1: lab.vm(lab.hv1, "vm1", red, MAC, "10.0.0.1/24"),
           lab.hv2: lab.vm(lab.hv2, "vm2", red, "52:54:00:00:00:02",
                           "10.0.0.2/24")}
    for hv, other in ((lab.hv1, lab.hv2), (lab.hv2, lab.hv1)):
        wait_for(lambda hv=hv: re.search(
            f"master brvx-10100 .*local {vteps[hv]} ",
            hv.run("ip", "-o", "-d", "link", "show", "type", "vxlan")),
            f"{hv.name}: IPv6 shadow device")
        hv.settled()
        mac = vms[other].mac
        hv.sh(f"bridge fdb add {mac} dev vxlan10100 master extern_learn\n"
              f"bridge fdb add {mac} dev vxlan10100 self extern_learn dst "
              f"{vteps[other]}\n"
              "bridge fdb append 00:00:00:00:00:00 dev vxlan10100 self "
              f"permanent dst {vteps[other]}")
        wait_for(lambda hv=hv, other=other: [
            (v["vtep"], v["imet"], v["macs"])
            for v in hv.appctl_json("evpn/vteps")] == [
            (vteps[other], True, 1)], f"{hv.name}: IPv6 VTEP")
    lab.settled()
    wait_for(lambda: vms[lab.hv1].ping("10.0.0.2"), "ping")
    wire = frames.Wire(lab.spine, ["hv1", "hv2"])
    with frames.nics(*vms.values()) as (n1, n2):
        n1.send(frame(vms[lab.hv2].mac, MAC, "known"))
        n1.send(frame(frames.BROADCAST, MAC, "all"))
        frames.drain([n1, n2], "v6")
        for text in ("known", "all"):
            assert n2.count(text) == 1
            assert wire.tunnel_packets(text) == [
                (vteps[lab.hv1], vteps[lab.hv2], red.vni)]
    wire.close()
