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

"""ovs-ext-hook, called as CloudStack's agent and libvirt do it."""

import json
import os
import subprocess
import time

import pytest

import fabric
from fabric import in_parallel, wait_for
from hooks import Hooks, domain_xml, port_id, rows

pytestmark = pytest.mark.cloudstack

VNI = 10100
BRIDGE = f"brvx-{VNI}"
MAC = "02:01:00:d1:00:05"
MAC2 = "02:01:00:d1:00:06"
LINK_LOCAL = "fe80::1:ff:fed1:5"

# As the agent of each release calls modifyvxlan.sh.
VXLAN_ADD = {
    "4.16": ["-v", VNI, "-p", "eth1", "-b", BRIDGE, "-o", "add"],
    "4.20": ["-v", VNI, "-p", "cloudbr1", "-b", BRIDGE, "-o", "add"],
    "4.22": ["-o", "add", "-v", VNI, "-p", "cloudbr1", "-b", BRIDGE],
    "4.23": ["-o", "add", "-v", VNI, "-p", "cloudbr1", "-b", BRIDGE, "-6"],
}
VXLAN_DELETE = {
    "4.16": ["-o", "delete", "-v", VNI, "-p", "vx", "-b", BRIDGE, "-d",
             "true"],
    "4.20": ["-o", "delete", "-v", VNI, "-p", "vx", "-b", BRIDGE],
    "4.22": ["-o", "delete", "-v", VNI, "-p", "vx", "-b", BRIDGE],
    "4.23": ["-o", "delete", "-v", VNI, "-p", "vx", "-b", BRIDGE, "-6"],
}


@pytest.fixture
def hv(lab):
    hooks = Hooks(lab.hv1)
    lab.finally_do(hooks.remove)
    lab.hv1.hooks = hooks
    return lab.hv1


def network(hv, vni=VNI):
    return [n for n in hv.appctl_json("network/show") if n["vni"] == vni]


def has_devices(hv, vni=VNI):
    return not hv.try_run("test", "-e", f"/sys/class/net/brvx-{vni}/brif/"
                          f"vxlan{vni}")[0]


@pytest.mark.parametrize("release", VXLAN_ADD)
@pytest.mark.parametrize("script", ["modifyvxlan.sh", "modifyvxlan-evpn.sh"])
def test_vxlan_as_each_release_calls_it(hv, release, script):
    """After "add" the devices are there, as the agent looks for them; "delete"
    takes them away."""
    assert hv.hooks.call(script, *VXLAN_ADD[release]) == (0, "", "")
    assert has_devices(hv)
    assert [(n["from"], n["active"], n["ports"]) for n in network(hv)] == [
        ("Host row", True, [])]
    assert hv.hooks.call(script, *VXLAN_ADD[release]) == (0, "", "")
    assert hv.hooks.call(script, *VXLAN_DELETE[release]) == (0, "", "")
    wait_for(lambda: not has_devices(hv), "the devices are gone")
    assert hv.hooks.call(script, *VXLAN_DELETE[release]) == (0, "", "")


def test_vxlan_delete_leaves_a_network_that_has_ports(lab, hv):
    """It comes while VMs have ports there, since these are not ports of
    brvx-N."""
    red = lab.network("red", VNI)
    assert hv.hooks.call("modifyvxlan.sh", *VXLAN_ADD["4.22"])[0] == 0
    vm = lab.vm(hv, "vm1", red, MAC, row=False)
    hv.settled()
    assert hv.hooks.call("modifyvxlan.sh", *VXLAN_DELETE["4.22"]) == (
        0, "", "")
    hv.settled()
    assert has_devices(hv)
    assert [(n["from"], n["active"], n["ports"]) for n in network(hv)] == [
        ("port-profile", True, ["vm1"])]
    lab.remove_vm(vm)
    wait_for(lambda: not has_devices(hv), "the devices are gone")


def test_vxlan_announces_before_there_is_a_vm(lab, hv):
    """What the fabric knows of the network is in effect when it returns the
    second time, and the fabric knows this host."""
    red = lab.network("red", VNI, leaf=True)
    lab.leaf.add_host("bare", red, MAC2, ["10.0.0.6/24"])
    hv.hooks.must("modifyvxlan.sh", *VXLAN_ADD["4.22"])
    wait_for(lambda: f"3 {hv.vtep}" in lab.leaf.evpn_routes(VNI),
             "IMET route of hv1")
    wait_for(lambda: [v["vtep"] for v in hv.appctl_json("evpn/vteps", VNI)]
             == [lab.leaf.vtep], "VTEP of leaf1")
    hv.hooks.must("modifyvxlan.sh", *VXLAN_DELETE["4.22"])


MISTAKES = {
    "no operation": ("modifyvxlan.sh", [f"-v {VNI} -p eth1 -b {BRIDGE}"],
                     "usage: -o add|delete -v VNI -p DEVICE -b BRIDGE"),
    "VNI 0": ("modifyvxlan.sh", [f"-o add -v 0 -p eth1 -b {BRIDGE}"],
              "VNI 0 is not in the range 1...16777215"),
    "bridge of another VNI": ("modifyvxlan.sh",
                              [f"-o add -v {VNI} -p eth1 -b brvx-7"],
                              'bridge "brvx-7" is not brvx-10100, the one of '
                              "VNI 10100"),
    "no MAC": ("modifymacip.sh", [f"-o add -b {BRIDGE} -4 10.0.0.1"],
               "usage: -o add|delete -b BRIDGE -m MAC [-4 IP]... "
               "[-6 IP]..."),
    "bad IP": ("modifymacip.sh",
               [f"-o add -b {BRIDGE} -m {MAC} -4 10.0.0.256"],
               'IP "10.0.0.256" is malformed'),
    "IPv6 for IPv4": ("modifymacip.sh",
                      [f"-o add -b {BRIDGE} -m {MAC} -4 fd00::1"],
                      'IP "fd00::1" is not IPv4'),
    "method": ("libvirt-vm-xml-transformer.sh", ["transmogrify x"],
               'method "transmogrify" is not transform'),
    "state": ("libvirt-vm-state-change.sh", ["onCrash i-2-55-VM"],
              'method "onCrash" is neither onStart nor onStop'),
}


def test_mistakes(hv):
    """A wrong argument is one line and exit status 2, and changes nothing."""
    before = hv.run("ovsdb-client", "dump", "OVS_Ext", "Host", "vnis")
    for what, (script, args, message) in MISTAKES.items():
        status, out, err = hv.hooks.call(script, *args[0].split())
        assert (status, out) == (2, ""), what
        assert err.startswith(f"ovs-ext-hook: {script}: {message}"), what
        assert err.count("\n") == 1, what
    assert hv.run("ovsdb-client", "dump", "OVS_Ext", "Host",
                  "vnis") == before
    assert rows(hv, "Port", "name") == rows(hv, "Network", "name") == []
    assert hv.try_run("ovs-ext-hook", "nosuch.sh") == (
        2, "ovs-ext-hook: nosuch.sh: no such script (see --help)\n")
    assert hv.try_run("ovs-ext-hook")[0] == 2
    assert hv.try_run("ovs-ext-hook", "--help")[0] == 0
    assert "modifymacip.sh" in hv.run("ovs-ext-hook", "--help")


def test_another_vxlan_device_is_told(lab, hv):
    """"add" fails with what ovs-ext says is wrong."""
    lab.expect("is in use|is needed|VNI 10100")
    hv.run("ip", "link", "add", "foreign", "type", "vxlan", "id", VNI,
           "dstport", 4999)
    lab.finally_do(lambda: hv.try_run("ip", "link", "del", "foreign"))
    status, _, err = hv.hooks.call("modifyvxlan.sh", *VXLAN_ADD["4.22"])
    assert status == 1
    assert err.startswith(f"ovs-ext-hook: modifyvxlan.sh: VNI {VNI}: ")
    assert "foreign" in err, err
    hv.run("ip", "link", "del", "foreign")
    hv.hooks.must("modifyvxlan.sh", *VXLAN_ADD["4.22"])
    hv.hooks.must("modifyvxlan.sh", *VXLAN_DELETE["4.22"])


def test_daemon_down(hv):
    """Starts fail within the time, with a reason; what would kill or block is
    let through."""
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-hook-timeout=1")
    hv.kill("ovs-ext")
    try:
        began = time.monotonic()
        status, out, err = hv.hooks.call("modifyvxlan.sh",
                                         *VXLAN_ADD["4.22"])
        assert (status, out, err) == (
            1, "", f"ovs-ext-hook: modifyvxlan.sh: VNI {VNI}: not in effect "
            "on this host within 1 s; ovs-ext does not run, start it\n")
        assert 0.9 < time.monotonic() - began < 5
        xml = domain_xml("i-2-55-VM", native=[(MAC, VNI, "vnet0")])
        for operation, expected in (
                ("prepare", 0), ("start", 1), ("started", 0), ("stopped", 0),
                ("release", 0), ("migrate", 1), ("restore", 1),
                ("reconnect", 0), ("attach", 0)):
            status, out, _ = hv.hooks.qemu("i-2-55-VM", operation, xml)
            assert (status, out) == (expected, ""), operation
        # Without a NIC of ours nobody is asked.
        other = domain_xml("i-2-56-VM", plain=[(MAC, "cloudbr0")])
        assert hv.hooks.qemu("i-2-56-VM", "start", other) == (0, "", "")
        assert hv.hooks.call("modifyvxlan.sh", *VXLAN_DELETE["4.22"])[
            0] == 0
        hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
               "external_ids:ovs-ext-hook-gate=off")
        status, _, err = hv.hooks.qemu("i-2-55-VM", "start", xml)
        assert status == 0 and "ignored: ovs-ext-hook-gate is off" in err
    finally:
        hv.run("ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids",
               "ovs-ext-hook-gate", "ovs-ext-hook-timeout")
        hv.start_ovs_ext()


def test_no_database_yet(lab, hv):
    """As on a host on which ovs-ext was installed but not started."""
    lab.expect("OVS_Ext|ovs-ext.db|database|db.sock")
    hv.kill("ovs-ext")
    hv.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/remove-db",
           "OVS_Ext")
    try:
        assert hv.hooks.call("modifyvxlan.sh", *VXLAN_ADD["4.22"]) == (
            1, "", f"ovs-ext-hook: modifyvxlan.sh: VNI {VNI}: "
            "unix:/var/run/openvswitch/db.sock: there is no database OVS_Ext; "
            "ovs-ext creates it when it starts\n")
    finally:
        hv.start_ovs_ext()
        hv.settled()


def test_database_down(lab, hv):
    lab.expect("db.sock|ovsdb|connection|unix:")
    xml = domain_xml("i-2-55-VM", native=[(MAC, VNI, "vnet0")])
    hv.kill("ovsdb-server")
    try:
        status, _, err = hv.hooks.call("modifyvxlan.sh",
                                       *VXLAN_ADD["4.22"])
        assert status == 1 and "no connection to ovsdb-server" in err
        assert err.count("\n") == 1
        assert hv.hooks.call("modifyvxlan.sh", *VXLAN_DELETE["4.22"])[
            0] == 0
        assert hv.hooks.qemu("i-2-55-VM", "start", xml)[0] == 1
        assert hv.hooks.qemu("i-2-55-VM", "reconnect", xml) == (0, "", "")
        assert hv.hooks.qemu("i-2-55-VM", "release", xml)[0] == 0
        status, _, err = hv.hooks.call("modifymacip.sh", "-o", "delete",
                                       "-b", "br-int", "-m", MAC)
        assert status == 1 and "no connection to ovsdb-server" in err
        # Stateless: it goes on rewriting.
        plain = domain_xml("i-2-55-VM", plain=[(MAC, BRIDGE)])
        status, out, err = hv.hooks.call("libvirt-vm-xml-transformer.sh",
                                         "transform", plain)
        assert (status, err) == (0, "") and "openvswitch" in out
    finally:
        hv.start_ovsdb()
        wait_for(lambda: hv.status()["ovs_ext"] == "connected",
                 "connection to OVS_Ext")


def test_database_hangs(lab, hv):
    """A server that does not answer costs no more than the time."""
    lab.expect("db.sock|ovsdb|unix:|no response|connection|inactivity")
    pid = hv.daemon_pid("ovsdb-server")
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-hook-timeout=1")
    hv.run("kill", "-STOP", pid)
    try:
        began = time.monotonic()
        status, _, err = hv.hooks.call("modifyvxlan.sh", *VXLAN_ADD["4.22"])
        # The setting is in the database; without it, it is ten seconds.
        assert status == 1 and "does not answer" in err
        assert 9 < time.monotonic() - began < 14
    finally:
        hv.run("kill", "-CONT", pid)
    hv.settled()
    hv.run("ovs-vsctl", "remove", "Open_vSwitch", ".", "external_ids",
           "ovs-ext-hook-timeout")


def test_macip_gives_a_port_its_addresses(lab, hv):
    """As 4.23 calls it on every plug, with secondary IPs and the link-local
    one; on unplug the bridge is libvirt's."""
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", MAC,
                  "-4", "10.0.0.5", "-4", "10.0.0.50", "-6", LINK_LOCAL,
                  "-6", "fd00::5")
    assert rows(hv, "Port", "name", "macs", "ips") == [
        f"{port_id(MAC)},{MAC},10.0.0.5 10.0.0.50 fd00::5 {LINK_LOCAL}"]
    assert rows(hv, "Network", "name", "vni") == [f"vni{VNI},{VNI}"]
    vm = hv.hooks.plug(lab, "tap1", MAC, VNI)
    hv.settled()
    assert [(n["ip"], n["type"]) for n in hv.appctl_json(
        "evpn/neighbors", VNI)] == [
        ("10.0.0.5", "local"), ("10.0.0.50", "local"),
        ("fd00::5", "local"), (LINK_LOCAL, "local")]
    # Plugged again with other ones.
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m",
                  MAC.upper(), "-4", "10.0.0.7", "-6", LINK_LOCAL)
    wait_for(lambda: [n["ip"] for n in hv.appctl_json(
        "evpn/neighbors", VNI)] == ["10.0.0.7", LINK_LOCAL], "other IPs")
    hv.hooks.unplug(vm)
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC)
    assert rows(hv, "Port", "name") == rows(hv, "Network", "name") == []
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", BRIDGE, "-m", MAC)


def test_macip_shares_a_network(lab, hv):
    """The network goes with the last port, and not if somebody else made
    it."""
    for mac in (MAC, MAC2):
        hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", mac,
                      "-4", f"10.0.0.{int(mac[-2:], 16)}")
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC)
    assert rows(hv, "Network", "vni") == [str(VNI)]
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC2)
    assert rows(hv, "Network", "vni") == []
    hv.run("ovs-ext-ctl", "net-add", "mine", VNI)
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", MAC,
                  "-4", "10.0.0.5")
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC)
    assert rows(hv, "Network", "name") == ["mine"]


def test_macip_leaves_rows_of_others(lab, hv):
    hv.run("ovs-ext-ctl", "net-add", "mine", VNI, "--", "port-add", "mine",
           port_id(MAC), MAC, "10.9.9.9")
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", MAC,
                  "-4", "10.0.0.5")
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC)
    assert rows(hv, "Port", "ips") == ["10.9.9.9"]


def test_macip_leaves_a_port_that_another_host_has(lab, hv):
    """With one database for several hosts, the VM's new host has the row when
    the old one is told that it has unplugged the NIC."""
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", MAC,
                  "-4", "10.0.0.5")
    hv.run("ovs-ext-ctl", "set", "Port", port_id(MAC), "host=hv9")
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC)
    assert rows(hv, "Port", "host") == ["hv9"]
    hv.run("ovs-ext-ctl", "clear", "Port", port_id(MAC), "host")
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                  MAC)
    assert rows(hv, "Port", "host") == []


def test_macip_of_another_bridge_is_the_stock_script_s(hv):
    """Control and management NICs are not ours."""
    stock = hv.hooks.stock("vm/network/vnet/modifymacip.sh", "exit 7")
    args = ["-o", "add", "-b", "cloud0", "-m", MAC, "-4", "169.254.1.2"]
    assert hv.hooks.call("modifymacip.sh", *args) == (7, "", "")
    assert stock() == [" ".join(args)]
    assert rows(hv, "Port", "name") == []
    hv.hooks.remove_stock()
    assert hv.hooks.call("modifymacip.sh", *args) == (0, "", "")


def test_transformer(hv):
    """NICs of user VMs become ports; nothing else changes."""
    plain = domain_xml("i-2-55-VM", plain=[
        (MAC, BRIDGE), (MAC2, "cloudbr0")])
    status, out, err = hv.hooks.call("libvirt-vm-xml-transformer.sh",
                                     "transform", plain)
    assert (status, err) == (0, "")
    assert (f'<parameters interfaceid="{port_id(MAC)}" '
            f'profileid="vni={VNI}"/>') in out
    assert '<source bridge="br-int"/>' in out
    assert '<source bridge="cloudbr0"/>' in out
    assert out.count("<virtualport") == 1
    again = hv.hooks.call("libvirt-vm-xml-transformer.sh", "transform", out)
    assert again == (0, out, "")
    for name in ("r-4-VM", "s-5-VM", "v-6-VM"):
        system = domain_xml(name, plain=[(MAC, BRIDGE)])
        assert hv.hooks.call("libvirt-vm-xml-transformer.sh", "transform",
                             system) == (0, system, "")
    for bad in ("", "<domain>", "no XML"):
        status, out, err = hv.hooks.call("libvirt-vm-xml-transformer.sh",
                                         "transform", bad)
        assert (status, out) == (1, "") and "the domain's XML" in err


def test_gate_holds_until_flows_are_acknowledged(lab, hv):
    """"start" returns when the switch has the port's flows, not before."""
    xml = domain_xml("i-2-55-VM", native=[(MAC, VNI, "tap1")])
    vm = hv.hooks.plug(lab, "tap1", MAC, VNI)
    assert hv.hooks.qemu("i-2-55-VM", "start", xml) == (0, "", "")
    assert MAC in hv.run("ovs-ofctl", "dump-flows", "br-int", "table=32")
    hv.hooks.unplug(vm)
    hv.settled()

    vm = hv.hooks.plug(lab, "tap1", MAC, VNI, run=False)
    pid = hv.daemon_pid("ovs-ext")
    hv.run("kill", "-STOP", pid)
    hv.run(*hv.hooks.plug_command(vm))
    gate = hv.hooks.popen("qemu", "i-2-55-VM", "start", "begin", "-",
                          stdin=xml)
    time_out = False
    try:
        gate.wait(timeout=1)
    except subprocess.TimeoutExpired:
        time_out = True
    assert time_out, "the gate did not wait"
    assert MAC not in hv.run("ovs-ofctl", "dump-flows", "br-int", "table=32")
    hv.run("kill", "-CONT", pid)
    assert gate.wait(timeout=10) == 0
    assert MAC in hv.run("ovs-ofctl", "dump-flows", "br-int", "table=32")
    hv.hooks.unplug(vm)


def test_gate_tells_why(lab, hv):
    """A NIC that cannot work fails the start with the reason."""
    xml = domain_xml("i-2-55-VM", native=[(MAC, VNI, "tap1")])
    status, _, err = hv.hooks.qemu("i-2-55-VM", "start", xml)
    assert (status, err) == (
        1, f"ovs-ext-hook: qemu: domain i-2-55-VM: NIC {MAC} tap1: it is no "
        "port of Open vSwitch\n")
    red = lab.network("red", VNI)
    other = lab.vm(hv, "other", red, MAC, row=False)
    vm = hv.hooks.plug(lab, "tap1", MAC, VNI)
    hv.settled()
    loser = [p for p in hv.appctl_json("problems")]
    assert len(loser) == 1
    if loser[0]["object"] == f"port/{port_id(MAC)}":
        status, _, err = hv.hooks.qemu("i-2-55-VM", "start", xml)
        assert status == 1 and f"MAC {MAC} is that of port" in err
    hv.hooks.unplug(vm)
    lab.remove_vm(other)


def test_gate_with_a_row(lab, hv):
    """With a Port row, its "up" says whether the port is in effect."""
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", MAC,
                  "-4", "10.0.0.5")
    vm = hv.hooks.plug(lab, "tap1", MAC, VNI)
    xml = domain_xml("i-2-55-VM", native=[(MAC, VNI, "tap1")])
    assert hv.hooks.qemu("i-2-55-VM", "start", xml) == (0, "", "")
    assert rows(hv, "Port", "host", "up") == ["hv1,true"]
    hv.hooks.unplug(vm)
    assert hv.hooks.qemu("i-2-55-VM", "release", xml) == (0, "", "")
    assert rows(hv, "Port", "name") == rows(hv, "Network", "name") == []


def test_many_starts_at_once(lab, hv):
    """Hooks that write at the same time do not get into each other's way."""
    n = 20
    macs = [f"02:01:00:d2:00:{i:02x}" for i in range(n)]

    def add(i):
        hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m",
                      macs[i], "-4", f"10.0.1.{i}")
        hv.hooks.must("modifyvxlan.sh", *VXLAN_ADD["4.22"])

    in_parallel(*(lambda i=i: add(i) for i in range(n)))
    assert rows(hv, "Network", "vni") == [str(VNI)]
    assert len(rows(hv, "Port", "name")) == n

    def delete(i):
        hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", "br-int", "-m",
                      macs[i])

    in_parallel(*(lambda i=i: delete(i) for i in range(n)))
    assert rows(hv, "Port", "name") == []
    hv.hooks.must("modifymacip.sh", "-o", "add", "-b", BRIDGE, "-m", MAC)
    hv.hooks.must("modifymacip.sh", "-o", "delete", "-b", BRIDGE, "-m", MAC)
    assert rows(hv, "Network", "vni") == []
    hv.hooks.must("modifyvxlan.sh", *VXLAN_DELETE["4.22"])


def adopted(hv, tap):
    """Its external_ids, or None if it is no port of Open vSwitch."""
    rows_ = json.loads(hv.run("ovs-vsctl", "--format=json",
                              "--columns=external_ids", "find", "Interface",
                              f"name={tap}"))["data"]
    return dict(rows_[0][0][1]) if rows_ else None


def test_adoption(lab, hv):
    """A virtual router's NIC, which libvirt has put into brvx-N, is a port of
    Open vSwitch when its VM starts; it goes with the VM, and another with its
    tap."""
    hv.hooks.must("modifyvxlan.sh", *VXLAN_ADD["4.22"])
    vm = lab.vm(hv, "vm1", lab.network("red", VNI), MAC2, "10.0.0.6/24",
                row=False)
    lab.expect("vnet3")
    router = hv.hooks.router(lab, "vnet3", MAC, BRIDGE, "10.0.0.1/24")
    xml = domain_xml("r-4-VM", plain=[(MAC, BRIDGE, "vnet3")])
    assert not router.ping("10.0.0.6")
    for _ in range(2):
        assert hv.hooks.qemu("r-4-VM", "start", xml) == (0, "", "")
    ids = adopted(hv, "vnet3")
    assert ids == {
        "attached-mac": MAC, "iface-id": port_id(MAC),
        "iface-status": "active", "port-profile": f"vni={VNI}",
        "ovs-ext-adopted": "true",
        "vm-id": "ff1c2a64-0d5b-4a1a-8a4b-5b7a8f7b9d10"}
    assert "master" not in hv.run("ip", "link", "show", "vnet3")
    assert MAC in hv.run("ovs-ofctl", "dump-flows", "br-int", "table=32")
    wait_for(lambda: router.ping("10.0.0.6"), "the VM answers the router")
    # brvx-N is still what the agent looks for.
    assert has_devices(hv)
    hv.hooks.must("libvirt-vm-state-change.sh", "onStart", "i-2-55-VM")
    assert adopted(hv, "vnet3")

    # Without the daemon, the hook deletes the port of a tap that has gone.
    hv.kill("ovs-ext")
    hv.hooks.remove_router(router)
    assert adopted(hv, "vnet3")
    assert hv.hooks.qemu("r-4-VM", "release", xml) == (0, "", "")
    assert not adopted(hv, "vnet3")
    hv.start_ovs_ext()
    hv.settled()
    lab.remove_vm(vm)
    hv.hooks.must("modifyvxlan.sh", *VXLAN_DELETE["4.22"])


def test_a_tap_that_cannot_be_adopted(hv):
    xml = domain_xml("r-4-VM", plain=[(MAC, BRIDGE, "nosuch")])
    status, _, err = hv.hooks.qemu("r-4-VM", "start", xml)
    assert (status, err) == (
        1, f"ovs-ext-hook: qemu: domain r-4-VM: NIC {MAC} nosuch: it cannot "
        f"leave {BRIDGE} (No such device)\n")
    assert not adopted(hv, "nosuch")


def test_incoming(hv):
    """A domain that comes from elsewhere: its networks are made, and its
    ports go to this host's bridge."""
    xml = domain_xml("i-2-55-VM", native=[(MAC, 10200, None)],
                     plain=[(MAC2, BRIDGE)], bridge="br-other")
    for operation in ("migrate", "restore"):
        status, out, err = hv.hooks.qemu("i-2-55-VM", operation, xml)
        assert (status, err) == (0, ""), operation
        assert '<source bridge="br-int"/>' in out and "br-other" not in out
        assert has_devices(hv)
        assert hv.hooks.qemu("i-2-55-VM", operation, out) == (0, "", "")
        hv.hooks.must("modifyvxlan.sh", *VXLAN_DELETE["4.22"])
        wait_for(lambda: not has_devices(hv), "the devices are gone")


def test_networks_without_nics_are_collected(lab, hv):
    """delete is never called for ports of Open vSwitch."""
    hv.hooks.must("modifyvxlan.sh", *VXLAN_ADD["4.22"])
    hv.hooks.must("libvirt-vm-state-change.sh", "onStart", "i-2-55-VM")
    assert has_devices(hv)
    hv.run("ovs-ext-ctl", "set", "Host", "hv1", f"vnis:{VNI}=1000000000")
    # A tap of a virtual router's NIC is in it.
    hv.sh(f"ip link add vnet7 type veth peer name vnet7p\n"
          f"ip link set vnet7 master {BRIDGE}")
    lab.finally_do(lambda: hv.try_run("ip", "link", "del", "vnet7"))
    hv.hooks.must("libvirt-vm-state-change.sh", "onStop", "i-2-55-VM")
    assert has_devices(hv)
    hv.run("ip", "link", "del", "vnet7")
    hv.hooks.must("libvirt-vm-state-change.sh", "onStop", "i-2-55-VM")
    wait_for(lambda: not has_devices(hv), "the devices are gone")


def test_restart_keeps_networks(hv):
    """ovs-ext adopts the devices of a network that is kept."""
    hv.hooks.must("modifyvxlan.sh", *VXLAN_ADD["4.22"])
    index = hv.ifindex(BRIDGE)
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled()
    assert hv.ifindex(BRIDGE) == index and has_devices(hv)
    assert hv.status()["flow_mods"] == 0
    hv.hooks.must("modifyvxlan.sh", *VXLAN_DELETE["4.22"])


EXTENSION = os.path.join(fabric.TESTS, "..", "ovs-ext", "host", "hooks",
                         "ovs-ext-network-extension")


def test_network_extension(hv):
    """What the management server calls becomes rows."""
    def call(command, status=0, **payload):
        hv.write("/run/payload.json", json.dumps({
            "physical-network-extension-details": {
                "ovs_ext_db": "unix:/run/openvswitch/db.sock"},
            "payload": {"network_id": 204, "vlan": f"vxlan://{VNI}",
                        **payload}}))
        got, text = hv.try_run(EXTENSION, command, "/run/payload.json", 60)
        assert got == status, text
        return text

    rule = {"number": 1, "action": "allow", "trafficType": "ingress",
            "protocol": "tcp", "portStart": 22, "portEnd": 22,
            "sourceCidrs": ["10.0.0.0/8"]}
    assert call("implement-network") == ""
    nic = {"mac": MAC, "ip": "10.0.0.5", "nic_ip6_address": "fd00::5",
           "nic_uuid": "x", "hostname": "vm"}
    call("prepare-nic", **nic)
    assert rows(hv, "Port", "name", "macs", "ips") == [
        f"{port_id(MAC)},{MAC},10.0.0.5 fd00::5"]
    call("prepare-nic", **{**nic, "ip": "10.0.0.6"})
    assert rows(hv, "Port", "ips") == ["10.0.0.6 fd00::5"]
    for _ in range(2):
        call("apply-network-acl", acl_rules=[rule, {
            **rule, "number": 2, "trafficType": "egress"}])
    assert len(rows(hv, "Rule", "direction")) == 2
    assert rows(hv, "Network", "default_ingress", "default_egress") == [
        "drop,drop"]
    call("apply-network-acl", vlan=None, acl_rules=[rule])
    assert rows(hv, "Network", "default_ingress", "default_egress") == [
        "drop,allow"]
    text = call("apply-network-acl", 1, acl_rules=[{**rule, "action": "x"}])
    assert text.startswith("ovs-ext-ctl: acl-import: rule 1")
    assert rows(hv, "Rule", "direction") == ["ingress"]
    call("restore-network", acl_rules=[])
    assert rows(hv, "Rule", "direction") == []
    assert call("apply-network-acl", 1, network_id=7, vlan="") == (
        "apply-network-acl: the payload lacks 'vlan'\n")
    call("add-load-balancer")
    call("release-nic", **nic)
    call("destroy-network")
    call("destroy-network")
    assert rows(hv, "Network", "name") == []
