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

"""What "ovs-appctl -t ovs-ext" shows of a network, and its errors."""

import os
import re

import pytest

import fabric
from fabric import wait_for

pytestmark = pytest.mark.ctl

COMPLETION = os.path.join(os.path.dirname(fabric.TESTS), "ovs-ext",
                          "ovs-ext-ctl.bash-completion")


@pytest.fixture
def red(lab):
    network = lab.network("red", 10100, leaf=True)
    network.members = [
        lab.nth_vm(lab.hv1, 1, network),
        lab.nth_vm(lab.hv2, 2, network),
    ]
    lab.converged(network, *network.members)
    wait_for(lambda: len(lab.hv2.appctl_json("evpn/neighbors", "red")) == 4,
             "hv2: neighbors")
    wait_for(lambda: len(lab.hv2.appctl_json("evpn/vteps", "red")) == 2,
             "hv2: VTEPs")
    return network


def test_tables(lab, red):
    """By name as by VNI, in order of addresses, with the VTEP of each."""
    assert lab.hv2.appctl("evpn/vteps", "red") == (
        "vni   vtep        imet macs\n"
        "----- ----------- ---- ----\n"
        "10100 192.0.2.11  yes  1\n"
        "10100 192.0.2.101 yes  0\n")
    assert lab.hv2.appctl("evpn/neighbors", "10100") == (
        "vni   ip       mac               type   location        source"
        "   age suppressed\n"
        "----- -------- ----------------- ------ --------------- --------"
        " --- ----------\n"
        "10100 10.0.0.1 52:54:00:00:00:01 remote VTEP 192.0.2.11 EVPN"
        "         yes\n"
        "10100 10.0.0.2 52:54:00:00:00:02 local  port vm2        declared"
        "     yes\n"
        "10100 fd00::1  52:54:00:00:00:01 remote VTEP 192.0.2.11 EVPN"
        "         yes\n"
        "10100 fd00::2  52:54:00:00:00:02 local  port vm2        declared"
        "     yes\n")
    shown = lab.hv2.appctl("network/show", "red")
    assert re.search(r"^flood_vteps +: 192.0.2.11 192.0.2.101$", shown,
                     re.MULTILINE)


def test_flows(lab, red):
    """Of an owner, which may be named as users name it, and in the order of
    tables."""
    flows = lab.hv2.appctl("flows/show", "port/vm2").splitlines()
    # One for what may be learned, one for router solicitations.
    assert all(line.startswith("meter=") for line in flows[:2])
    assert flows[2].startswith("table=0,")
    assert flows[-1].startswith("table=76,")
    assert all(line.endswith(" # port/vm2") for line in flows)
    assert lab.hv2.appctl_json("flows/show", "port/vm2") == flows
    assert (lab.hv2.appctl("flows/show", "network/red")
            == lab.hv2.appctl("flows/show", "network/10100") != "")
    tables = [int(n) for n in re.findall(r"^table=(\d+),", lab.hv2.appctl(
        "flows/show"), re.MULTILINE)]
    assert tables == sorted(tables)
    assert {0, 8, 32, 64} <= set(tables)


@pytest.mark.parametrize("line, answers", [
    ("ovs-ext-ctl net-", ["net-add", "net-del", "net-list",
                          "net-set-gateway", "net-set-vpc"]),
    ("ovs-ext-ctl --wait=", ["host", "none"]),
    ("ovs-ext-ctl net-add x 5 -- port-add r", ["red"]),
    ("ovs-ext-ctl --if-exists port-del ", ["vm2"]),
    ("ovs-ext-ctl set N", ["Network"]),
    ("ovs-ext-ctl set Network ", [r"\$\(touch\$IFS/tmp/x\)", "red"]),
])
def test_bash_completion(lab, red, line, answers):
    """Of what is typed, without running what the database says."""
    lab.hv2.run("ovs-ext-ctl", "net-add", "$(touch$IFS/tmp/x)", 5)
    assert sorted(lab.hv2.sh(
        f". {COMPLETION}\n"
        "set +e\ncompopt() { :; }\n"
        f"COMP_LINE='{line}' COMP_POINT={len(line)}\n"
        "_ovs_ext_ctl\n"
        "printf '%s\\n' \"${COMPREPLY[@]}\"").splitlines()) == answers


def test_metrics(lab, red):
    """In Prometheus's format, which has no place for a name as it is."""
    lab.hv2.run("ovs-ext-ctl", "--wait=host", "set", "Network", "red",
                r'name="a\"b"')
    shown = {(m["name"], *m["labels"].values()): m["value"]
             for m in lab.hv2.appctl_json("metrics")}
    types, samples = {}, {}
    for line in lab.hv2.appctl("metrics").splitlines():
        if line.startswith("# TYPE "):
            _, _, name, types[name] = line.split()
        elif not line.startswith("# HELP "):
            name, value = line.rsplit(" ", 1)
            samples[name] = float(value)
    assert {name.partition("{")[0] for name in samples} == set(types)
    assert {name for name, kind in types.items() if kind == "counter"} == {
        name for name in types if name.endswith("_total")}
    assert len(samples) == len(shown)
    status = lab.hv2.status()
    assert samples["ovs_ext_flows"] == status["flows"]
    assert samples["ovs_ext_flow_mods_total"] == status["flow_mods"]
    assert samples['ovs_ext_connected{to="ovs_ext"}'] == 1
    assert samples['ovs_ext_frr_connected{daemon="bgpd"}'] == 1
    assert samples[r'ovs_ext_ports{network="a\"b"}'] == 1
    assert shown["ovs_ext_ports", 'a"b'] == 1


@pytest.mark.parametrize("command, error", [
    ("status x", "x: unexpected argument; "),
    ("recompute x", "x: unexpected argument; "),
    ("problems --jsn", "--jsn: unexpected argument; "),
    ("evpn/macs red blue", "blue: unexpected argument; "),
    ("evpn/macs blue", 'no network "blue" on this host; '),
    ("evpn/vteps 16777216", 'no network "16777216" on this host; '),
    ("port/show vm1", 'no port "vm1" on this host; '),
    ("flows/show port/vm1", 'no port "vm1" on this host; '),
    ("flows/show network/blue", "network/blue: no owner is named like this"),
])
def test_errors(lab, red, command, error):
    status, text = lab.hv2.try_run("ovs-appctl", "-t", "ovs-ext",
                                   *command.split())
    assert status == 2
    assert text.startswith(error)
