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

"""tests/demo, as its user sees it."""

import glob
import os
import re
import signal
import subprocess

import pytest

import fabric
from fabric import wait_for

pytestmark = pytest.mark.demo

TOP = os.path.dirname(fabric.TESTS)
STATE = f"{fabric.STATE}-demo"
ENV = dict(os.environ, OVS_EXT_BOXES=STATE)
BOXES = ["bm1", "bm2", "hv1", "hv2", "leaf1", "spine"]


def demo(*args, **env):
    """Returns what came of running it."""
    return subprocess.run(["tests/demo", *args], cwd=TOP, text=True,
                          env=dict(ENV, **env), timeout=300, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


def shell(command, stdin=""):
    """Runs what the demo tells to type, as root already."""
    return subprocess.run(["bash", "-c", command.replace("sudo ", "", 1)],
                          cwd=TOP, text=True, check=True, input=stdin,
                          stdout=subprocess.PIPE, timeout=60).stdout


def processes():
    """What was started with ENV and still runs, by pid."""
    mark = f"\0OVS_EXT_BOXES={STATE}\0".encode()
    found = {}
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as environ:
                if mark in b"\0" + environ.read():
                    with open(os.path.join(os.path.dirname(path),
                                           "cmdline"), "rb") as cmdline:
                        found[int(path.split("/")[2])] = cmdline.read()
        except OSError:
            pass                # It ended just now.
    return found


def machine():
    """What the demo must not change on the machine itself."""
    return [subprocess.run(command, check=True, text=True,
                           stdout=subprocess.PIPE).stdout
            for command in (["ip", "netns", "list"], ["ip", "-br", "link"],
                            ["nft", "list", "tables"])]


@pytest.fixture(autouse=True)
def nothing_left():
    assert not os.path.exists(STATE)
    before = machine()
    yield
    left = subprocess.run([fabric.BOX, "list"], env=ENV, check=True,
                          text=True, stdout=subprocess.PIPE).stdout.split()
    if left:
        subprocess.run([fabric.BOX, "rm", *left], env=ENV, check=True)
    assert left == []
    assert not os.path.exists(STATE)
    wait_for(lambda: not processes(), "end of all processes",
             on_timeout=lambda: str(processes()))
    assert machine() == before


def test_shows_all_and_removes_it():
    result = demo()
    assert (result.returncode, result.stderr) == (0, "")
    for line in (
            r"  vm1   -               IPv4, IPv6: ok  IPv4, IPv6: ok",
            r"  bm1   IPv4, IPv6: ok  IPv4, IPv6: ok  -",
            r"  vm3   -               IPv4, IPv6: ok",
            r"  vm3 in blue to bm1 in red   10\.0\.0\.11  fd00::11  no answer",
            r"  vm3 in blue  52:54:00:00:00:01  10\.0\.0\.1   got 2, .*",
            r"  leaf1# vtysh -c 'show bgp l2vpn evpn'",
            r"  \*> \[2\]:\[0\]:\[48\]:\[52:54:00:00:00:01\]:\[32\]:"
            r"\[10\.0\.0\.1\]",
            r"  \*> \[3\]:\[0\]:\[32\]:\[192\.0\.2\.12\]",
            r"  hv2# ovs-appctl -t ovs-ext evpn/macs",
            r"  10200 52:54:00:00:00:02 remote VTEP 192\.0\.2\.101 EVPN",
            r"All is as it should be: \d+ checks, \d\d? seconds\."):
        assert re.search(f"^{line}$", result.stdout, re.MULTILINE), (
            f"no line {line} in:\n{result.stdout}")


def test_keeps_the_boxes_until_they_are_removed_as_it_tells():
    result = demo("--keep")
    assert (result.returncode, result.stderr) == (0, "")
    told = re.findall(r"^  (sudo OVS_EXT_BOXES=\S+ tests/box .*)$",
                      result.stdout, re.MULTILINE)
    assert len(told) == 5
    shown = shell(told[0], stdin="ovs-ext-ctl show\n")
    assert "Host hv1\n    vtep_ips: 192.0.2.11\n" in shown
    assert re.search("^state +: in effect$", shell(told[1]), re.MULTILINE)
    assert " 0% packet loss" in shell(told[2] + " -c 1")
    assert "10.255.0.0 " in shell(told[3],
                                  stdin="show bgp l2vpn evpn summary\n")

    again = demo()
    assert again.returncode == 1
    assert again.stderr == (
        "tests/demo: there are boxes already, of an earlier run; remove them "
        f"with: {told[4]}\n")
    assert sorted(shell(f"OVS_EXT_BOXES={STATE} tests/box list").split()) \
        == BOXES
    shell(told[4])


def test_a_ping_that_should_fail_and_does_not_is_an_error(tmp_path):
    os.mkdir(tmp_path / "ovs-ext")
    for name in ("ovs-ext", "ovs-ext-ctl"):
        os.symlink(os.path.join(fabric.BUILD, "ovs-ext", name),
                   tmp_path / "ovs-ext" / name)
    os.symlink("/bin/true", tmp_path / "ovs-ext" / "ping")
    result = demo(OVS_EXT_BUILD=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr == (
        "tests/demo: FAILED: vm1 in network red got an answer from 10.0.0.12, "
        "which only bm2 in network blue has\n")


def test_a_daemon_that_does_not_start_is_an_error(tmp_path):
    os.mkdir(tmp_path / "ovs-ext")
    os.symlink("/bin/false", tmp_path / "ovs-ext" / "ovs-ext")
    result = demo(OVS_EXT_BUILD=str(tmp_path))
    assert result.returncode == 1
    assert re.fullmatch("tests/demo: FAILED: hv[12]: .*ovs-ext .*: "
                        "exit status 1\n", result.stderr)


@pytest.mark.parametrize("line", ["making boxes", "waiting for BGP",
                                  "Pings within", "Pings from one"])
def test_removes_the_boxes_if_interrupted(line):
    with subprocess.Popen(["tests/demo"], cwd=TOP, env=ENV, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT,
                          start_new_session=True) as process:
        text = ""
        for output in process.stdout:
            text += output
            if line in output:
                # As a terminal does at Ctrl-C; some press it twice.
                os.killpg(process.pid, signal.SIGINT)
                os.killpg(process.pid, signal.SIGINT)
    assert process.returncode == 130, text
    assert text.endswith("\ntests/demo: interrupted\n\nRemoving the boxes, "
                         "with all that runs in them.\n") or (
        line == "making boxes" and text.endswith("interrupted\n"))


def test_help_and_wrong_arguments():
    result = demo("--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "  sudo tests/demo [--keep]\n" in result.stdout
    result = demo("--kep")
    assert (result.returncode, result.stdout, result.stderr) == (
        2, "", "tests/demo: unknown argument '--kep' (see --help)\n")
