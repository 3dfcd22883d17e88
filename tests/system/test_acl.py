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

"""Security groups and network ACLs, with traffic of real programs."""

import os
import re
import signal
import subprocess

import pytest

from fabric import wait_for

pytestmark = [pytest.mark.acl, pytest.mark.datapath]


@pytest.fixture
def red(lab):
    """vm1 and vm5 on hv1, vm2 on hv2, bm1 behind the leaf."""
    red = lab.network("red", 10100, leaf=True)
    red.vm1 = lab.nth_vm(lab.hv1, 1, red)
    red.vm5 = lab.nth_vm(lab.hv1, 5, red)
    red.vm2 = lab.nth_vm(lab.hv2, 2, red)
    lab.converged(red, red.vm1, red.vm5, red.vm2)
    return red


def set_group(hv, name, port, *rules):
    """Puts 'port' into the new group 'name' with 'rules', each the columns of
    a row; returns the UUIDs of the rules."""
    words = []
    for i, rule in enumerate(rules):
        words += [f"--id=@r{i}", "create", "Rule", "action=allow", *rule,
                  "--"]
    refs = ",".join(f"@r{i}" for i in range(len(rules)))
    out = hv.change(*words, "--id=@g", "create", "Security_Group",
                    f"name={name}", *([f"rules={refs}"] if rules else []),
                    "--", "set", "Port", port, "security_groups=@g")
    return out.split()[:len(rules)]


def group_uuid(hv, name):
    return hv.run("ovs-ext-ctl", "--bare", "--columns=_uuid", "find",
                  "Security_Group", f"name={name}").strip()


def zones(hv):
    """{port: zone} of the database."""
    out = hv.run("ovs-vsctl", "get", "bridge", "br-int", "external_ids")
    return dict(re.findall(r'ct-zone-([^=]+)="?(\d+)', out))


def test_group_decides_what_comes_in(lab, red):
    hv = lab.hv1
    assert red.vm5.ping("10.0.0.1") and zones(hv) == {}
    rule, = set_group(hv, "web", "vm1", ["direction=ingress", "protocol=tcp",
                                         "port_min=443"])
    assert not red.vm5.ping("10.0.0.1")
    assert red.vm1.ping("10.0.0.5")
    hv.change("set", "Rule", rule, "protocol=icmp", "port_min=[]")
    assert red.vm5.ping("10.0.0.1")
    assert not red.vm5.ping("fd00::1") and red.vm1.ping("fd00::5")
    hv.change("clear", "Port", "vm1", "security_groups")
    assert red.vm5.ping("fd00::1")


def test_rules_are_no_matter_of_rows_of_ports(lab, red):
    """Who is in a group is not looked at because it has another rule."""
    hv = lab.hv1
    rule, = set_group(hv, "web", "vm1", ["direction=ingress", "protocol=tcp",
                                         "port_min=443"])
    looked = hv.coverage("ext_sync_port")
    hv.change("set", "Rule", rule, "protocol=icmp", "port_min=[]")
    hv.change("sg-rule-add", "web", "ingress", "icmpv6")
    assert red.vm5.ping("10.0.0.1") and red.vm5.ping("fd00::1")
    assert hv.coverage("ext_sync_port") == looked
    hv.change("clear", "Port", "vm1", "security_groups")
    assert hv.coverage("ext_sync_port") == looked + 1


def test_zone_of_a_port(lab, red):
    """It is in the database, the same after restarts, and goes with the
    port."""
    hv = lab.hv1
    set_group(hv, "web", "vm1")
    wait_for(lambda: zones(hv) == {"vm1": "1"}, "zone of vm1")
    hv.change("set", "Port", "vm5", f"security_groups={group_uuid(hv, 'web')}")
    wait_for(lambda: zones(hv) == {"vm1": "1", "vm5": "2"}, "zone of vm5")
    hv.unplug(red.vm1)
    wait_for(lambda: zones(hv) == {"vm5": "2"}, "vm1's zone goes")
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled()
    assert hv.status()["flow_mods"] == 0
    hv.plug(red.vm1)
    wait_for(lambda: zones(hv) == {"vm1": "1", "vm5": "2"}, "zone of vm1")


def set_acl(hv, network, *rules, **columns):
    """Makes 'rules' the ACL of 'network'."""
    words = []
    for i, rule in enumerate(rules):
        words += [f"--id=@r{i}", "create", "Rule", *rule, "--"]
    refs = ",".join(f"@r{i}" for i in range(len(rules)))
    out = hv.change(*words, "set", "Network", network,
                    *([f"acl={refs}"] if rules else []),
                    *(f"{name}={value}" for name, value in columns.items()))
    return out.split()[:len(rules)]


def connect(vm, ip, port, *options):
    """What ncat says about a connection to 'port' of 'ip'."""
    status, text = vm.try_run("ncat", "-v", "-z", "-w", "2", *options, ip,
                              port)
    return ("connected" if not status
            else "refused" if "refused" in text
            else "prohibited" if re.search("unreachable|o route", text)
            else "timeout")


def is_gone(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.fixture
def servers(lab):
    """Starts servers that end with the test."""
    started = []

    def start(vm, *command):
        started.append(vm.popen(*command, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL,
                                start_new_session=True))
        return started[-1]

    yield start
    for process in started:
        # What runs in a box is a child of nsenter.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda process=process: is_gone(process.pid),
                 "end of a server")


def listen(servers, vm, port):
    servers(vm, "ncat", "-k", "-l", port)
    wait_for(lambda: f":{port} " in vm.run("ss", "-Hltn"),
             f"{vm.name} listens on {port}")


def test_reject_tells_the_sender(lab, red, servers):
    """By a RST, or by ICMP; whoever sent it, and whichever port rejects."""
    hv = lab.hv1
    listen(servers, red.vm1, 80)
    assert connect(red.vm5, "10.0.0.1", 80) == "connected"
    set_acl(hv, "red", ["direction=ingress", "action=reject", "priority=5"])
    for vm in (red.vm5, red.vm2):
        assert connect(vm, "10.0.0.1", 80) == "refused"
        assert connect(vm, "fd00::1", 80) == "refused"
        status, text = vm.try_run("ping", "-c1", "-W2", "10.0.0.1")
        assert "Packet filtered" in text, text
        status, text = vm.try_run("ping", "-c1", "-W2", "fd00::1")
        assert "prohibited" in text, text
    set_acl(hv, "red", ["direction=egress", "action=reject", "priority=5"])
    assert connect(red.vm5, "10.0.0.2", 80) == "refused"
    status, text = red.vm1.try_run("ping", "-c1", "-W2", "10.0.0.2")
    assert "Packet filtered" in text, text


def acl_log(hv):
    status, text = hv.try_run("grep", "-rh", "acl_log|INFO", "/var/log")
    return [line.split("INFO|")[1] for line in text.splitlines()]


def test_log(lab, red, servers):
    """The first packet of a connection, with port, verdict and rule."""
    hv = lab.hv1
    listen(servers, red.vm1, 80)
    before = len(acl_log(hv))
    rule, = set_group(hv, "web", "vm1", [
        "direction=ingress", "protocol=tcp", "port_min=80", "log=true"])
    assert connect(red.vm5, "10.0.0.1", 80) == "connected"
    wait_for(lambda: len(acl_log(hv)) > before, "a line in the log")
    line, = acl_log(hv)[before:]
    assert re.fullmatch(
        r"vm1: allow ingress tcp 10\.0\.0\.5:\d+ -> 10\.0\.0\.1:80 "
        rf"by rule {rule} of group web", line)
    rule, = set_acl(hv, "red", ["direction=ingress", "action=drop",
                                "priority=5", "log=true", "protocol=icmp"])
    assert not red.vm5.ping("10.0.0.1")
    wait_for(lambda: len(acl_log(hv)) > before + 1, "a line in the log")
    assert acl_log(hv)[before + 1] == (
        "vm1: drop ingress icmp 10.0.0.5 -> 10.0.0.1 type 8 code 0 "
        f"by rule {rule} of network red")
