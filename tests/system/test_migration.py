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

"""Live migrations: real libvirtd, real QEMU, guests that are emulated."""

import contextlib
import re
import subprocess

import pytest

from fabric import wait_for
from hooks import Hooks, port_id
from virt import (Echo, Migration, Nic, Pinger, connects, port_state,
                  start_libvirt)

pytestmark = pytest.mark.libvirt

VNI = 10100
MAC = "02:01:00:d1:00:05"
MAC2 = "02:01:00:d1:00:06"
NAME = "i-2-7-VM"
IP = "10.0.0.5"


def sequence(lab):
    """The MAC mobility sequence that the leaf knows of the VM."""
    text = lab.leaf.vtysh(f"show evpn mac vni {VNI} mac {MAC}")
    return int(re.search(r"Remote Seq: (\d+)", text)[1])


def remote_vtep(lab):
    text = lab.leaf.vtysh(f"show evpn mac vni {VNI} mac {MAC}")
    found = re.search(r"Remote VTEP: (\S+)", text)
    return found and found[1]


def start_hosts(lab):
    """Two hypervisors with libvirt, and a leaf host.  Returns the network."""
    start_libvirt(lab, lab.hv1, lab.hv2)
    red = lab.network("red", VNI, leaf=True)
    lab.host = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                                 ["10.0.0.11/24"])
    return red


def start_vm(lab, native=True):
    """A VM on the first of them."""
    lab.hv1.libvirt.create(NAME, Nic(MAC, VNI, f"{IP}/24", native=native))
    wait_for(lambda: lab.host.ping(IP), "the VM answers")
    wait_for(lambda: remote_vtep(lab) == lab.hv1.vtep, "route to hv1")


@pytest.fixture
def migrants(lab):
    """Hosts, the VM, and another one beside it."""
    red = start_hosts(lab)
    start_vm(lab)
    lab.vm1 = lab.vm(lab.hv1, "vm1", red, MAC2, "10.0.0.6/24", row=False)
    return lab.hv1.libvirt, lab.hv2.libvirt


def check_migration(lab, seen, before):
    print(seen)
    assert not seen.duplicates
    assert not seen.late_frames()
    assert seen.announced - seen.resumed <= 0.020, str(seen)
    assert seen.network <= 0.020, str(seen)
    assert remote_vtep(lab) == seen.target.hv.vtep
    assert sequence(lab) > before
    assert seen.source.domains() == [] and seen.target.domains() == [NAME]
    wait_for(lambda: port_state(seen.source.hv, MAC) is None, "no port there")
    assert port_state(seen.target.hv, MAC) == "active"


def test_live_migration(lab, migrants):
    """There and back.  The VM is reached where it runs long before BGP has
    told all others."""
    for source, target in (migrants, migrants[::-1]):
        before = sequence(lab)
        for sender in (lab.host, lab.vm1):
            assert sender.ping(IP)
        seen = Migration(NAME, MAC, IP, lab.host, lab.leaf, source, target)
        source.migrate(NAME, target)
        wait_for(lambda seen=seen: lab.host.ping(IP), "the VM answers")
        check_migration(lab, seen.stop(), before)
        wait_for(lambda: lab.vm1.ping(IP), "the VM answers a VM")
    lab.hv1.libvirt.destroy(NAME)


@contextlib.contextmanager
def slow_migration(source, target):
    """A migration that takes long, when the destination waits for the VM;
    yields the process of the command, which is to end."""
    with source.hv.popen(*source.migrate_command(
            NAME, target, "--bandwidth", "1"), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: port_state(target.hv, MAC) == "standby",
                 "the port waits on the other host")
        yield process


def test_cancelled_migration(lab, migrants):
    """The VM goes on where it was, and nobody notices."""
    source, target = migrants
    before = sequence(lab)
    pinger = Pinger(lab.host, IP)
    with slow_migration(source, target) as process:
        assert port_state(source.hv, MAC) == "active"
        wait_for(lambda: not source.hv.try_run(
            "virsh", "domjobabort", NAME)[0], "aborted")
        assert process.wait(60)
    wait_for(lambda: port_state(target.hv, MAC) is None, "no port there")
    wait_for(lambda: lab.host.ping(IP), "the VM answers")
    pinger.stop()
    assert port_state(source.hv, MAC) == "active"
    assert remote_vtep(lab) == source.hv.vtep and sequence(lab) == before
    answers = sorted(pinger.answers)
    assert answers[-1] - answers[0] + 1 - len(answers) == 0
    assert max(pinger.answers.values()) == 1
    source.destroy(NAME)


def test_failed_migration(lab, migrants):
    """The destination's end of it dies: the VM goes on where it was."""
    source, target = migrants
    before = sequence(lab)
    pinger = Pinger(lab.host, IP)
    with slow_migration(source, target) as process:
        wait_for(lambda: not target.hv.try_run("pkill", "-KILL",
                                               "qemu-system")[0], "killed")
        assert process.wait(60)
    wait_for(lambda: port_state(target.hv, MAC) is None, "no port there")
    wait_for(lambda: lab.host.ping(IP), "the VM answers")
    pinger.stop()
    assert port_state(source.hv, MAC) == "active"
    assert remote_vtep(lab) == source.hv.vtep and sequence(lab) == before
    assert max(pinger.answers.values()) == 1
    source.destroy(NAME)


def test_ten_migrations(lab, migrants):
    """To and fro, as fast as libvirt can; it is no duplicate address."""
    before = sequence(lab)
    for i in range(10):
        source, target = migrants[i % 2], migrants[1 - i % 2]
        source.migrate(NAME, target)
        wait_for(lambda: lab.host.ping(IP), "the VM answers")
    wait_for(lambda: remote_vtep(lab) == lab.hv1.vtep, "route to hv1")
    assert sequence(lab) >= before + 10
    assert port_state(lab.hv1, MAC) == "active"
    wait_for(lambda: port_state(lab.hv2, MAC) is None, "no port on hv2")
    for hv in (lab.hv1, lab.hv2):
        assert hv.appctl_json("problems") == []
    lab.hv1.libvirt.destroy(NAME)


def test_pings_of_a_neighbor(lab, migrants):
    """A VM on the host that another leaves pings it each millisecond, and
    gets no answer twice."""
    source, target = migrants
    wait_for(lambda: lab.vm1.ping(IP), "the VM answers")
    pinger = Pinger(lab.vm1, IP)
    seen = Migration(NAME, MAC, IP, lab.host, lab.leaf, source, target)
    source.migrate(NAME, target)
    wait_for(lambda: lab.host.ping(IP), "the VM answers")
    seen.stop()
    pinger.stop()
    assert max(pinger.answers.values()) == 1
    assert pinger.gap <= seen.pause + 0.020, f"{pinger.gap} {seen}"
    assert not seen.duplicates and not seen.late_frames()
    target.destroy(NAME)


def ctl(hv, *commands):
    for command in commands:
        hv.change("--timeout=10", *command.split())


def test_policy_goes_along(lab, migrants):
    """Where nobody has told the destination anything of the VM, what it may
    do and its addresses are in force before it runs; an open connection goes
    on, what was forbidden stays so."""
    port = port_id(MAC)
    assert connects(lab.host, IP, 7) == "open"
    assert connects(lab.host, IP, 8) == "refused"
    ctl(lab.hv1, f"net-add red {VNI}", f"port-add red {port} {MAC} {IP}",
        "sg-add web", "sg-rule-add web ingress tcp 7",
        "sg-rule-add web ingress icmp --from 10.0.0.6",
        f"port-set-sg {port} web")
    assert connects(lab.host, IP, 7) == "open"
    assert connects(lab.host, IP, 8) == "nothing"
    for source, target in (migrants, migrants[::-1]):
        with contextlib.closing(Echo(lab.host, IP)) as echo:
            echo.check()
            forbidden = Pinger(lab.host, IP)
            allowed = Pinger(lab.vm1, IP)
            source.migrate(NAME, target)
            echo.check()
            wait_for(lambda: lab.vm1.ping(IP), "the VM answers")
            allowed.stop()
            forbidden.stop()
            assert not forbidden.answers and allowed.answers
            echo.check()
        assert connects(lab.host, IP, 8) == "nothing"
        shown = target.hv.appctl_json("port/show", port)[0]
        assert shown["ips"] == [IP] and not shown["problems"]
        wait_for(lambda source=source: port_state(source.hv, MAC) is None
                 or source.hv is lab.hv1, "no port there")
    lab.hv1.libvirt.destroy(NAME)
    ctl(lab.hv1, f"port-del {port}")


def test_crossing_migrations(lab, migrants):
    """Two VMs swap hosts."""
    source, target = migrants
    name, mac, ip = "i-2-8-VM", "02:01:00:d1:00:08", "10.0.0.8"
    target.create(name, Nic(mac, VNI, f"{ip}/24"))
    for one in (IP, ip):
        wait_for(lambda one=one: lab.host.ping(one), f"{one} answers")
    with source.hv.popen(*source.migrate_command(NAME, target)) as there, \
            target.hv.popen(*target.migrate_command(name, source)) as back:
        assert there.wait(120) == 0 and back.wait(120) == 0
    for one in (IP, ip):
        wait_for(lambda one=one: lab.host.ping(one), f"{one} answers")
    assert source.domains() == [name] and target.domains() == [NAME]
    assert port_state(source.hv, mac) == "active"
    assert port_state(target.hv, MAC) == "active"
    for hv in (lab.hv1, lab.hv2):
        wait_for(lambda hv=hv: hv.appctl_json("problems") == [],
                 "no problems")
    source.destroy(name)
    target.destroy(NAME)


def test_postcopy(lab, migrants):
    """The VM runs on the destination before its memory is there."""
    source, target = migrants
    before = sequence(lab)
    seen = Migration(NAME, MAC, IP, lab.host, lab.leaf, source, target)
    source.migrate(NAME, target, "--postcopy", "--postcopy-after-precopy")
    wait_for(lambda: lab.host.ping(IP), "the VM answers")
    seen.stop()
    assert not seen.duplicates and not seen.late_frames()
    wait_for(lambda: remote_vtep(lab) == lab.hv2.vtep, "route to hv2")
    assert sequence(lab) > before
    assert port_state(target.hv, MAC) == "active"
    wait_for(lambda: port_state(source.hv, MAC) is None, "no port there")
    target.destroy(NAME)


def test_hooks_and_adopted_nic(lab):
    """A NIC in brvx-N migrates as others do: the hook makes its network on
    the destination, and holds the migration until its port is there."""
    for hv in (lab.hv1, lab.hv2):
        hv.hooks = Hooks(hv)
        lab.finally_do(hv.hooks.remove)
    start_hosts(lab)
    for hv in (lab.hv1, lab.hv2):
        hv.libvirt.use_hook()
    lab.hv1.hooks.must("modifyvxlan.sh", "-o", "add", "-v", VNI, "-p", "eth1",
                       "-b", f"brvx-{VNI}")
    start_vm(lab, native=False)
    source, target = lab.hv1.libvirt, lab.hv2.libvirt
    for source, target in ((source, target), (target, source)):
        before = sequence(lab)
        seen = Migration(NAME, MAC, IP, lab.host, lab.leaf, source, target)
        source.migrate(NAME, target)
        wait_for(lambda: lab.host.ping(IP), "the VM answers")
        check_migration(lab, seen.stop(), before)
    lab.hv1.libvirt.destroy(NAME)
    for hv in (lab.hv1, lab.hv2):
        hv.hooks.must("modifyvxlan.sh", "-o", "delete", "-v", VNI, "-p", "vx",
                      "-b", f"brvx-{VNI}")


def test_networks_go_with_their_last_vm(lab, migrants):
    """Nobody tells a host that a network is not used any more."""
    source, target = migrants
    lab.remove_vm(lab.vm1)
    source.migrate(NAME, target)
    wait_for(lambda: lab.host.ping(IP), "the VM answers")
    wait_for(lambda: source.hv.try_run("ip", "link", "show",
                                       f"brvx-{VNI}")[0],
             "devices are gone where the VM was")
    target.destroy(NAME)
    wait_for(lambda: target.hv.try_run("ip", "link", "show",
                                       f"brvx-{VNI}")[0],
             "devices are gone where the VM was last")
