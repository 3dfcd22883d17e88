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
        lab.vm(lab.hv1, "vm1", network, "52:54:00:00:00:01", "10.0.0.1/24",
               "fd00::1/64"),
        lab.vm(lab.hv2, "vm2", network, "52:54:00:00:00:02", "10.0.0.2/24"),
    ]
    lab.converged(network, *network.members)
    wait_for(lambda: len(lab.hv2.appctl_json("evpn/neighbors", "red")) == 3,
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
        "vni   ip       mac               type   location\n"
        "----- -------- ----------------- ------ ---------------\n"
        "10100 10.0.0.1 52:54:00:00:00:01 remote VTEP 192.0.2.11\n"
        "10100 10.0.0.2 52:54:00:00:00:02 local  port vm2\n"
        "10100 fd00::1  52:54:00:00:00:01 remote VTEP 192.0.2.11\n")
    shown = lab.hv2.appctl("network/show", "red")
    assert re.search(r"^flood_vteps +: 192.0.2.11 192.0.2.101$", shown,
                     re.MULTILINE)


def test_flows(lab, red):
    """Of an owner, which may be named as users name it, and in the order of
    tables."""
    flows = lab.hv2.appctl("flows/show", "port/vm2").splitlines()
    assert [line.split(",")[0] for line in flows] == ["table=0", "table=64"]
    assert all(line.endswith(" # port/vm2") for line in flows)
    assert lab.hv2.appctl_json("flows/show", "port/vm2") == flows
    assert (lab.hv2.appctl("flows/show", "network/red")
            == lab.hv2.appctl("flows/show", "network/10100") != "")
    tables = [int(n) for n in re.findall(r"^table=(\d+),", lab.hv2.appctl(
        "flows/show"), re.MULTILINE)]
    assert tables == sorted(tables)
    assert {0, 8, 32, 64} <= set(tables)


@pytest.mark.parametrize("line, answers", [
    ("ovs-ext-ctl net-", ["net-add", "net-del", "net-list"]),
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
