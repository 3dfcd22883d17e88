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

"""What all system tests share: one fabric, and what must hold after each."""

import collections
import glob
import itertools
import os
import re
import sys

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import fabric                   # noqa: E402
from fabric import Network, in_parallel, wait_for  # noqa: E402
import frames                   # noqa: E402

METER_ACL = 0x13000000          # As in flows/pipeline.h: once per host.
LOGS = ("/var/log/openvswitch", "/var/log/ovs-ext", "/var/log/frr")
# That some were dropped is no news: it is of a kind that was there before.
BAD = re.compile(r"\|(WARN|ERR|EMER)\|(?!Dropped \d+ log messages)"
                 r"|(Address|Leak)Sanitizer|runtime error:|Assertion"
                 r"|signal 11|segfault")
# A daemon tells of an iteration that took a second.  What counts is what it
# took of the processor, the rest being the machine's: ovs-ext may take 50 ms,
# others half a second.
KEPT_WAITING = (r"\|timeval(\(\w+\))?\|WARN\|"
                r"(faults: |context switches: |disk: |Unreasonably long "
                r"\d+ms poll interval \({0}ms user, {0}ms system\))")
OURS_KEPT_WAITING = re.compile(KEPT_WAITING.format(r"[1-4]?\d"))
OTHERS_KEPT_WAITING = re.compile(KEPT_WAITING.format(r"[1-4]?\d?\d"))
LINES_OF_REPORT = 300           # Of each kind, if a test fails.
# Where a build with sanitizers reports, also when it is a daemon.
SANITIZER_LOG = "/var/log/openvswitch/sanitizer"
os.environ.setdefault("ASAN_OPTIONS", f"log_path={SANITIZER_LOG}")


class Lab:
    """The fabric for one test, with what the test made in it."""

    def __init__(self, the_fabric):
        self.fabric = the_fabric
        self.spine = the_fabric.spine
        self.leaf = the_fabric.leaf
        self.hv1 = the_fabric.hv1
        self.hv2 = the_fabric.hv2
        self.hypervisors = the_fabric.hypervisors
        self.networks = []
        self.on_leaf = []
        self.rows = {}
        # ovsdb-server about ovs-vsctl and its like, which end as soon as they
        # are done, whatever update is still on its way to them.
        self.expected = [re.compile(r"\|WARN\|unix#\d+: .*"
                                    "(Connection reset by peer|Broken pipe)"),
                         re.compile(r"\|jsonrpc\|WARN\|Dropped \d+ log "),
                         re.compile(r"\|ovs_rcu\S*\|WARN\|blocked \d+ ms")]
        if fabric.SLOWNESS > 1:
            self.expect(r"\|timeval(\(\w+\))?\|WARN\|")
        if fabric.DATAPATH == "system":
            # What ovs-ext tries, to see if the datapath can do it.
            self.expect("ofproto_dpif.*Rejecting set field action because "
                        "datapath does not support setting IPv6 ND Ext")
        self.undo = []

    def network(self, name, vni, leaf=False):
        network = Network(name, vni)
        self.networks.append(network)
        if leaf:
            self.leaf.add_network(network)
            self.on_leaf.append(network)
        return network

    def vm(self, hv, name, network, mac, *ips, row=True):
        self.rows[name] = row
        return hv.add_vm(name, network, mac, list(ips), row=row)

    def nth_vm(self, hv, n, network, row=True):
        """VM number 'n' of 'network', with the name and addresses of it."""
        return self.vm(hv, f"vm{n}", network, f"52:54:00:00:00:{n:02x}",
                       f"10.0.0.{n}/24", f"fd00::{n}/64", row=row)

    def trio(self, row=True):
        """Network "red" with vm1 on hv1, vm2 on hv2 and bm1 behind the leaf.
        vm2 has a Port row if 'row'."""
        network = self.network("red", 10100, leaf=True)
        network.members = [
            self.nth_vm(self.hv1, 1, network),
            self.nth_vm(self.hv2, 2, network, row=row),
            self.leaf.add_host("bm1", network, "52:54:00:00:00:0b",
                               ["10.0.0.11/24", "fd00::11/64"]),
        ]
        return network

    def all_ping(self, network):
        """Waits until each of the members can ping each other one."""
        for a, b in itertools.permutations(network.members, 2):
            for ip in b.ips:
                wait_for(lambda a=a, ip=ip: a.ping(ip.split("/")[0]),
                         f"{a.name}: ping of {b.name} {ip}")

    def remove_vm(self, vm):
        vm.hv.remove_vm(vm, self.rows[vm.name])

    def expect(self, pattern):
        """Lines with 'pattern' are no surprise in the logs of this test."""
        self.expected.append(re.compile(pattern))

    def finally_do(self, function):
        self.undo.append(function)

    def settled(self):
        in_parallel(*(hv.settled for hv in self.hypervisors))

    def in_effect(self):
        in_parallel(*(hv.in_effect for hv in self.hypervisors))

    def converged(self, network, *members):
        """Waits until each hypervisor with 'network' knows all 'members'."""
        self.settled()
        macs = {m.mac for m in members}
        for hv in {m.hv for m in members if hasattr(m, "hv")}:
            wait_for(lambda hv=hv: macs <= {
                entry["mac"] for entry in hv.appctl_json("evpn/macs",
                                                         network.vni)},
                     f"{hv.name}: MACs of {network.name}")
            others = {getattr(m, "hv", self.leaf).vtep for m in members
                      if getattr(m, "hv", self.leaf) is not hv}
            wait_for(lambda hv=hv, others=others: others <= {
                v["vtep"] for v in hv.appctl_json("evpn/vteps")
                if v["vni"] == network.vni and v["imet"]},
                     f"{hv.name}: VTEPs of {network.name}")
        for hv in {m.hv for m in members if hasattr(m, "hv")}:
            hv.in_effect()

    # What must hold after each test.

    def check_recompute(self):
        for hv in self.hypervisors:
            hv.settled()
            reply = hv.appctl_json("recompute")[0]
            assert (reply["flows_changed"], reply["kernel_changed"]) == (
                0, 0), f"{hv.name}: recompute changed something: {reply}"

    def undo_all(self):
        while self.undo:
            self.undo.pop()()

    def clean_up(self):
        self.undo_all()
        for hv in self.hypervisors:
            hv.clear()
        for host in self.leaf.hosts:
            host.remove()
        self.leaf.hosts = []
        for network in self.on_leaf:
            self.leaf.remove_network(network)

    def check_leaks(self):
        for hv in self.hypervisors:
            hv.settled()
            wait_for(lambda hv=hv: not leaks(hv) or None,
                     f"{hv.name}: nothing left", on_timeout=lambda hv=hv:
                     "\n".join(leaks(hv)))

    def check_logs(self, offsets):
        for box, files in offsets.items():
            for path, line in new_lines(box, files):
                kept_waiting = (OURS_KEPT_WAITING if "ovs-ext" in path
                                else OTHERS_KEPT_WAITING)
                if BAD.search(line) and not any(
                        p.search(line) for p in [*self.expected,
                                                 kept_waiting]):
                    raise AssertionError(f"{box.name}: {line}")


def leaks(hv):
    """What is on 'hv' though it has no ports, as lines."""
    found = []
    for device in os.listdir(hv.path("/sys/class/net")):
        if re.match(r"(brvx-|vxlan\d|oe-|vm|vpc-|brl3-|vxl3-)", device):
            found.append(f"device {device}")
    found += [f"namespace {name}" for name in
              os.listdir(hv.path("/run/netns"))]
    found += [f"neighbor {line}" for line in
              hv.run("ip", "neigh", "show", "proto", 200).splitlines()]
    flows = hv.run("ovs-ofctl", "-O", "OpenFlow15", "--no-stats",
                   "dump-flows", "br-int").splitlines()
    found += [f"flow {line}" for line in flows
              if re.search(r"cookie=0x6f650[1-9a-f]", line)]
    groups = hv.run("ovs-ofctl", "-O", "OpenFlow15", "dump-groups",
                    "br-int").splitlines()
    found += [f"group {line}" for line in groups[1:]
              if "group_id=268435456," not in line]
    meters = hv.run("ovs-ofctl", "-O", "OpenFlow15", "dump-meters",
                    "br-int")
    found += [f"meter {meter}" for meter in
              re.findall(r"meter=\d+", meters)
              if meter != f"meter={METER_ACL}"]
    found += [f"problem {p}" for p in hv.appctl_json("problems")]
    found += [f"row {uuid}" for uuid in
              hv.rows("VPC", "Network", "Port", "Rule", "Security_Group")]
    return found


def processes(box):
    return sorted(set(box.processes()))


def log_offsets(box):
    """The size of each log of 'box'."""
    return {os.path.join("/", os.path.relpath(path, box.path("/"))):
            os.path.getsize(path) for logs in LOGS
            for path in glob.glob(box.path(f"{logs}/**/*"), recursive=True)
            if os.path.isfile(path)}


def new_lines(box, before):
    for path in log_offsets(box):
        with open(box.path(path), errors="replace") as f:
            f.seek(before.get(path, 0))
            for line in f.read().splitlines():
                yield path, line


def sanitizer_reports(hv):
    return "".join(hv.read(path) for path in log_offsets(hv)
                   if path.startswith(SANITIZER_LOG))


def report(hv, before):
    """Prints, of a test that failed, what 'hv' tells of it."""
    print(sanitizer_reports(hv), end="")
    lines = [line for line in
             hv.try_run("ovs-appctl", "coverage/show")[1].splitlines()
             if re.match(r"(datapath_drop|drop_action|upcall)_", line)]
    for command in ("dump-flows", "dump-conntrack"):
        lines += hv.try_run("ovs-appctl", f"dpctl/{command}")[1].splitlines()[
            :LINES_OF_REPORT]
    lines += [line for _, line in new_lines(hv, before)][-LINES_OF_REPORT:]
    for line in lines:
        print(f"{hv.name}: {line}")


def check_end(hv):
    """ovs-ext ends when it is told to.  With sanitizers, it has freed all."""
    pid = hv.daemon_pid("ovs-ext")
    _, reply = hv.try_run("ovs-appctl", "-t", "ovs-ext", "exit")
    wait_for(lambda: not hv.is_running(pid),
             f"{hv.name}: end of ovs-ext")
    said = reply + sanitizer_reports(hv)
    assert not said, f"{hv.name}: {said}"


def pytest_addoption(parser):
    parser.addoption("--keep", action="store_true", help="leave the boxes up "
                     "if a test fails, to look at with tests/box enter")
    parser.addoption("--share", metavar="K/N", help="run share K (from 1) of "
                     "N of the tests; those of a file stay together")


def pytest_configure(config):
    if config.getoption("--keep"):
        config.option.maxfail = 1


def share_of(items, k, n):
    """Those of 'items' that are share 'k' of 'n': of each file, the ones with
    most tests first, it is the share that has least so far."""
    files = collections.Counter(item.path for item in items)
    sizes = [0] * n
    mine = set()
    for path, size in sorted(files.items(), key=lambda f: (-f[1], f[0])):
        share = sizes.index(min(sizes))
        sizes[share] += size
        if share == k - 1:
            mine.add(path)
    return [item for item in items if item.path in mine]


@pytest.hookimpl(trylast=True)  # After "-m" and "-k".
def pytest_collection_modifyitems(config, items):
    """Deselects what cannot be shown on this machine, and others' shares."""
    without = "no_vrf" if fabric.kernel_has_vrfs() else "vrf"
    keep = [item for item in items if not item.get_closest_marker(without)]
    share = config.getoption("--share")
    if share:
        keep = share_of(keep, *map(int, share.split("/")))
    config.hook.pytest_deselected(items=[i for i in items if i not in keep])
    items[:] = keep


@pytest.fixture(scope="session")
def the_fabric(request):
    the = fabric.Fabric()
    try:
        the.up()
        yield the
        if not request.session.testsfailed:
            in_parallel(lambda: check_end(the.hv1),
                        lambda: check_end(the.hv2))
    finally:
        if not (request.session.testsfailed
                and request.config.getoption("--keep")):
            the.down()


@pytest.fixture
def lab(the_fabric, request):
    """The fabric, empty before and after the test, which is then judged."""
    the_lab = Lab(the_fabric)
    offsets = {box: log_offsets(box) for box in the_fabric.boxes}
    before = {box: processes(box) for box in the_fabric.boxes}
    n_failed = request.session.testsfailed
    keep = request.config.getoption("--keep")
    yield the_lab
    try:
        if request.session.testsfailed > n_failed:
            for hv in the_lab.hypervisors:
                report(hv, offsets[hv])
            the_lab.undo_all()
            if not keep:
                the_fabric.renew()
            return
        the_lab.check_recompute()
        the_lab.clean_up()
        the_lab.check_leaks()
        the_lab.check_recompute()
        the_lab.check_logs(offsets)
        after = {box: processes(box) for box in the_fabric.boxes}
        assert after == before
    except Exception:
        for hv in the_lab.hypervisors:
            report(hv, offsets[hv])
        if not keep:
            the_fabric.renew()
        raise


@pytest.fixture
def wire(lab):
    the_wire = frames.Wire(lab.spine, ["leaf1", "hv1", "hv2"])
    yield the_wire
    the_wire.close()
