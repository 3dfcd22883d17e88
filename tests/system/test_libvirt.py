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

"""VMs of libvirt: real libvirtd, real QEMU, guests that are emulated."""

import json
import os

import pytest

from fabric import Failure, wait_for
from hooks import Hooks, port_id
from virt import Nic, port_state, start_libvirt

pytestmark = pytest.mark.libvirt

VNI = 10100
BRIDGE = f"brvx-{VNI}"
MAC = "02:01:00:d1:00:05"
MAC2 = "02:01:00:d1:00:06"


def test_connection(lab):
    """It comes and goes."""
    assert lab.hv1.status()["libvirt"].startswith("not connected: ")
    start_libvirt(lab, lab.hv1)
    libvirt = lab.hv1.libvirt
    assert lab.hv1.status()["libvirt"] == "connected: 9.0.0, 0 domains"
    libvirt.create("i-2-55-VM", Nic(MAC, VNI, "10.0.0.5/24"))
    wait_for(lambda: lab.hv1.status()["libvirt"]
             == "connected: 9.0.0, 1 domains", "the domain")
    libvirt.kill(signal="KILL")
    wait_for(lambda: lab.hv1.status()["libvirt"]
             == "not connected: the connection was lost", "no connection")
    libvirt.start()
    assert lab.hv1.status()["libvirt"] == "connected: 9.0.0, 1 domains"
    lab.hv1.run("ovs-vsctl", "set", "Open_vSwitch", ".",
                "external_ids:ovs-ext-libvirt=off")
    wait_for(lambda: lab.hv1.status()["libvirt"] == "off", "not used")
    lab.hv1.run("ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids",
                "ovs-ext-libvirt")
    wait_for(lambda: lab.hv1.status()["libvirt"]
             == "connected: 9.0.0, 1 domains", "used again")
    # One that hangs is lost, too, by its silence.
    pid = lab.hv1.run("cat", "/run/libvirtd.pid").strip()
    lab.hv1.run("kill", "-STOP", pid)
    try:
        wait_for(lambda: lab.hv1.status()["libvirt"]
                 == "not connected: the connection was lost",
                 "loss by silence")
    finally:
        lab.hv1.run("kill", "-CONT", pid)
    wait_for(lambda: lab.hv1.status()["libvirt"]
             == "connected: 9.0.0, 1 domains", "connection")
    libvirt.destroy("i-2-55-VM")
    wait_for(lambda: lab.hv1.status()["libvirt"]
             == "connected: 9.0.0, 0 domains", "no domain")


def external_ids(hv, tap):
    """Of its interface, or None if it is no port of Open vSwitch."""
    rows = json.loads(hv.run("ovs-vsctl", "--format=json",
                             "--columns=external_ids", "find", "Interface",
                             f"name={tap}"))["data"]
    return dict(rows[0][0][1]) if rows else None


def in_bridge(hv, tap):
    return os.path.basename(hv.try_run(
        "readlink", f"/sys/class/net/{tap}/master")[1].strip())


def is_adopted(hv, tap):
    """True if 'tap' is a port of Open vSwitch, and of nothing else."""
    ids = external_ids(hv, tap)
    return ids and ids.get("ovs-ext-adopted") and not in_bridge(hv, tap)


def make_networks(hv, *vnis):
    """As modifyvxlan.sh does before NICs are plugged."""
    for vni in vnis:
        hv.hooks.must("modifyvxlan.sh", "-o", "add", "-v", vni, "-p", "eth1",
                      "-b", f"brvx-{vni}")


def test_adoption_of_a_virtual_router(lab):
    """Its NICs land in brvx-N when it starts and when they are hot-plugged;
    they become ports, which no restart loses.  No hook is called."""
    hv = lab.hv1
    hv.hooks = Hooks(hv)
    lab.finally_do(hv.hooks.remove)
    vnis = [10100, 10101, 10102]
    start_libvirt(lab, hv)
    make_networks(hv, *vnis)
    uuid = "11111111-2222-3333-4444-555555555555"
    nics = [Nic(f"02:01:00:d1:01:0{i}", vni, f"10.{i}.0.1/24", native=False,
                late=i == 2) for i, vni in enumerate(vnis)]
    peers = [lab.vm(hv, f"vm{i}", lab.network(f"net{i}", vni),
                    f"52:54:00:00:01:0{i}", f"10.{i}.0.2/24", row=False)
             for i, vni in enumerate(vnis)]
    libvirt = hv.libvirt
    libvirt.create("r-4-VM", *nics, uuid_=uuid)
    for i in range(2):
        wait_for(lambda i=i: peers[i].ping(f"10.{i}.0.1"),
                 f"the router answers in network {i}")
    taps = libvirt.taps("r-4-VM")
    assert external_ids(hv, taps[0]) == {
        "attached-mac": nics[0].mac, "iface-id": port_id(nics[0].mac),
        "iface-status": "active", "ovs-ext-adopted": "true",
        "port-profile": "vni=10100", "vm-id": uuid}
    # Hot-plug.
    libvirt.attach("r-4-VM", nics[2])
    wait_for(lambda: peers[2].ping("10.2.0.1"), "the hot-plugged NIC answers")
    taps = libvirt.taps("r-4-VM")
    assert all(is_adopted(hv, tap) for tap in taps)
    # What CloudStack looks for is still there.
    hv.run("test", "-e", f"/sys/class/net/{BRIDGE}/brif/vxlan{VNI}")

    lab.expect("db.sock|connection|ovsdb|unix:|br-int.mgmt|rconn")
    hv.settled()
    ofports = [hv.run("ovs-vsctl", "get", "Interface", tap, "ofport")
               for tap in taps]
    libvirt.kill()
    libvirt.start()
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled()
    assert hv.status()["flow_mods"] == 0
    hv.restart_vswitchd()
    hv.kill("ovsdb-server")
    hv.start_ovsdb()
    wait_for(lambda: hv.status()["open_vswitch"] == "connected", "database")
    for i in range(3):
        wait_for(lambda i=i: peers[i].ping(f"10.{i}.0.1"),
                 f"the router answers in network {i} again")
    assert [hv.run("ovs-vsctl", "get", "Interface", tap, "ofport")
            for tap in taps] == ofports
    # Somebody takes a port away: it is the VM's all the same.
    hv.run("ovs-vsctl", "del-port", taps[0])
    wait_for(lambda: is_adopted(hv, taps[0]), "adopted again")
    wait_for(lambda: peers[0].ping("10.0.0.1"), "the router answers again")

    libvirt.detach("r-4-VM", nics[2])
    wait_for(lambda: external_ids(hv, taps[2]) is None, "its port is gone")
    assert is_adopted(hv, taps[0])
    hv.kill("ovs-ext")
    libvirt.destroy("r-4-VM")
    assert external_ids(hv, taps[0])
    hv.start_ovs_ext()
    wait_for(lambda: not any(external_ids(hv, tap) for tap in taps),
             "ports are gone")
    for vni in vnis:
        hv.hooks.must("modifyvxlan.sh", "-o", "delete", "-v", vni, "-p", "vx",
                      "-b", f"brvx-{vni}")


def test_adoption_without_libvirt(lab):
    """Taps are isolated until the VM sends, which tells its MAC."""
    hv = lab.hv1
    hv.hooks = Hooks(hv)
    lab.finally_do(hv.hooks.remove)
    lab.expect("vnet")
    make_networks(hv, VNI)
    red = lab.network("red", VNI)
    taps = [hv.hooks.router(lab, f"vnet{i}", f"02:01:00:d1:02:0{i}", BRIDGE,
                            f"10.0.0.{i}/24") for i in (3, 4)]
    peer = lab.vm(hv, "vm1", red, MAC2, "10.0.0.9/24", row=False)
    for i in (3, 4):
        # As libvirt gives it to taps.
        hv.run("ip", "link", "set", f"vnet{i}", "address",
               f"fe:01:00:d1:02:0{i}")
        wait_for(lambda i=i: "isolated on" in hv.run(
            "bridge", "-d", "link", "show", "dev", f"vnet{i}"), "isolated")
        assert external_ids(hv, f"vnet{i}") is None
    # The daemon is away: still nobody is reached.
    hv.kill("ovs-ext")
    assert not taps[0].ping("10.0.0.4")
    hv.start_ovs_ext()
    wait_for(lambda: is_adopted(hv, "vnet3"), "adopted by its frame")
    ids = external_ids(hv, "vnet3")
    assert ids["attached-mac"] == "02:01:00:d1:02:03" and "vm-id" not in ids
    wait_for(lambda: taps[1].ping("10.0.0.3") and taps[1].ping("10.0.0.9"),
             "adopted and reached")
    assert is_adopted(hv, "vnet4")
    for tap in taps:
        hv.hooks.remove_router(tap)
    wait_for(lambda: external_ids(hv, "vnet3") is None
             and external_ids(hv, "vnet4") is None, "ports are gone")
    lab.remove_vm(peer)
    hv.hooks.must("modifyvxlan.sh", "-o", "delete", "-v", VNI, "-p", "vx",
                  "-b", BRIDGE)


NAME = "i-2-7-VM"
IP = "10.0.0.5"


def test_gate(lab):
    """libvirt starts a VM when its flows are in effect, else it tells why
    not."""
    hv = lab.hv1
    start_libvirt(lab, hv)
    hv.libvirt.use_hook()
    hv.libvirt.create(NAME, Nic(MAC, VNI, f"{IP}/24"), ready=False)
    assert MAC in hv.run("ovs-ofctl", "dump-flows", "br-int")
    wait_for(lambda: port_state(hv, MAC) == "active", "the port is active")
    hv.libvirt.destroy(NAME)
    wait_for(lambda: port_state(hv, MAC) is None, "no port")
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-hook-timeout=1")
    hv.kill("ovs-ext")
    try:
        status, text = hv.try_run("virsh", "create", f"/run/{NAME}.xml")
        assert status and "ovs-ext does not run, start it" in text
        assert hv.libvirt.domains() == []
    finally:
        hv.run("ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids",
               "ovs-ext-hook-timeout")
        hv.start_ovs_ext()


def test_gate_asks_this_host(lab):
    """A row that another host has, where the VM was last, says nothing of the
    port here; what this host has to say of it counts."""
    hv = lab.hv1
    start_libvirt(lab, hv)
    hv.libvirt.use_hook()
    port = port_id(MAC)
    hv.run("ovs-ext-ctl", "net-add", "red", VNI, "--", "net-add", "blue",
           VNI + 1, "--", "port-add", "blue", port, MAC, IP)
    hv.run("ovs-ext-ctl", "set", "Port", port, "host=hv9", "up=true")
    with pytest.raises(Failure, match="the Port row says network"):
        hv.libvirt.create(NAME, Nic(MAC, VNI, f"{IP}/24"), ready=False)
    assert hv.libvirt.domains() == []
    hv.run("ovs-ext-ctl", "port-del", port, "--", "port-add", "red", port,
           MAC, IP)
    hv.run("ovs-ext-ctl", "set", "Port", port, "host=hv9", "up=true")
    hv.libvirt.create(NAME, Nic(MAC, VNI, f"{IP}/24"), ready=False)
    wait_for(lambda: hv.run("ovs-ext-ctl", "get", "Port", port,
                            "host").strip() == "hv1", "the port is here")
    hv.libvirt.destroy(NAME)
    hv.run("ovs-ext-ctl", "port-del", port)


def crash(hv):
    """What the end of a host leaves: Open vSwitch's database, and here also
    the addresses of the underlay."""
    hv.libvirt.kill(signal="KILL")
    hv.run("pkill", "-KILL", "qemu-system")
    for name in ("ovs-ext", "bgpd", "zebra", "ovs-vswitchd", "ovsdb-server"):
        hv.kill(name)
    hv.sh("rm -rf /run/libvirt/qemu\nnft flush ruleset\n"
          "for d in /sys/class/net/*; do\n"
          "case ${d##*/} in brvx-*|vxlan[0-9]*|oe-*)\n"
          "ip link del ${d##*/};; esac\ndone")


def boot(hv, first):
    """Starts all of a host, 'first' before the others."""
    starts = {
        "libvirt": hv.libvirt.launch,
        "ovs-ext": hv.start_ovs_ext,
        "frr": lambda: (hv.start_zebra(), hv.start_bgpd()),
        "ovs": lambda: (hv.start_ovsdb(), hv.start_vswitchd()),
    }
    for name in sorted(starts, key=lambda name: (name != first, name)):
        starts[name]()
    hv.settled()
    wait_for(lambda: hv.status()["libvirt"].startswith("connected"),
             "connection to libvirt")


@pytest.mark.parametrize("first", ["ovs", "frr", "libvirt", "ovs-ext"])
def test_reboot(lab, first):
    """Whatever comes first after a reboot: what VMs left behind is no harm,
    and they start again, with native NICs and with adopted ones."""
    hv = lab.hv1
    hv.hooks = Hooks(hv)
    lab.finally_do(hv.hooks.remove)
    start_libvirt(lab, hv)
    red = lab.network("red", VNI, leaf=True)
    host = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                             ["10.0.0.11/24"])
    lab.expect("db.sock|connection|ovsdb|unix:|br-int.mgmt|rconn|zebra|bgpd")
    nics = {NAME: Nic(MAC, VNI, f"{IP}/24"),
            "r-4-VM": Nic(MAC2, VNI, "10.0.0.6/24", native=False)}

    def start_vms():
        make_networks(hv, VNI)
        for name, nic in nics.items():
            hv.libvirt.create(name, nic, ready=False)
            wait_for(lambda nic=nic: port_state(hv, nic.mac) == "active",
                     f"{name} has a port")

    start_vms()
    crash(hv)
    boot(hv, first)
    start_vms()
    for nic in nics.values():
        ip = nic.address.split("/")[0]
        wait_for(lambda ip=ip: host.ping(ip), f"{ip} answers", timeout=60)
    for name in nics:
        hv.libvirt.destroy(name)
    hv.hooks.must("modifyvxlan.sh", "-o", "delete", "-v", VNI, "-p", "vx",
                  "-b", BRIDGE)
    # libvirt does not clear up after itself.
    for port in hv.run("ovs-vsctl", "list-ports", "br-int").split():
        if port.startswith("vnet"):
            hv.run("ovs-vsctl", "del-port", port)


def test_takeover_of_a_bridge(lab):
    """A network of the stock script, with a VM in it, becomes one of ours when
    its operator says so."""
    hv = lab.hv1
    hv.hooks = Hooks(hv)
    lab.finally_do(hv.hooks.remove)
    start_libvirt(lab, hv)
    red = lab.network("red", VNI, leaf=True)
    host = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                             ["10.0.0.11/24"])
    lab.expect(f"(vxlan|brvx-){VNI}")
    hv.sh(f"ip link add {BRIDGE} type bridge\n"
          f"ip link add vxlan{VNI} type vxlan id {VNI} local {hv.vtep} "
          "dstport 4800 nolearning\n"
          f"ip link set vxlan{VNI} master {BRIDGE} up\n"
          f"ip link set {BRIDGE} up")
    hv.libvirt.create("r-4-VM", Nic(MAC, VNI, f"{IP}/24", native=False))
    tap = hv.libvirt.taps("r-4-VM")[0]
    peer = lab.vm(hv, "vm1", red, MAC2, "10.0.0.6/24", row=False)
    wait_for(lambda: any(f"vxlan{VNI}" in p["problem"]
                         for p in hv.appctl_json("problems")),
             "the network is left alone, as a problem")
    assert in_bridge(hv, tap) == BRIDGE
    hv.sh(f"ip link del vxlan{VNI}\nip link set {BRIDGE} group 28517")
    wait_for(lambda: is_adopted(hv, tap), "adopted")
    for one in (peer, host):
        wait_for(lambda one=one: one.ping(IP), "the VM answers")
    assert hv.appctl_json("problems") == []
    hv.libvirt.destroy("r-4-VM")
