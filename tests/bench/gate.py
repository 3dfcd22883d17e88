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

"""100 VMs start at once: how long libvirt's hook holds each of them."""

import json
import os
import sys

import fabric
import testbed
from fabric import Failure
from jsonrpc import JsonRpc
from testbed import FIRST_VNI, median, percentile

sys.path.append(os.path.join(fabric.TESTS, "system"))
from hooks import domain_xml, port_id  # noqa: E402

NAME = "gate"
NETWORKS = 10
VMS = 100
ROUNDS = 6                      # The first to warm up.
LIMIT = 250                     # ms
DAEMONS = ("ovs-ext", "ovsdb-server", "ovs-vswitchd")

# Runs in the box, so that starting a process costs no more than that: reads
# commands from the first argument, starts all at once, and prints how long
# each took, in ms, with its exit status, and seconds of CPU that they used.
LAUNCHER = """
import json, os, resource, sys, time
started, done = {}, []
for argv, stdin in json.load(open(sys.argv[1])):
    began = time.perf_counter()
    pid = os.posix_spawn(argv[0], argv, os.environ, file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0)])
    started[pid] = began
while started:
    pid, status = os.wait()
    done.append([(time.perf_counter() - started.pop(pid)) * 1000, status])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done, usage.ru_utime + usage.ru_stime]))
"""


class Vm:
    """A VM with one NIC, whose tap is an interface of the switch."""

    def __init__(self, i):
        self.vni = FIRST_VNI + i % NETWORKS
        self.tap = f"tap{i}"
        self.mac = testbed.mac_bytes(0x55, self.vni, i).hex(":")
        self.name = f"i-2-{i}-VM"
        self.file = f"/run/{self.name}.xml"

    def add_port(self):
        return ["add-port", "br-int", self.tap, "--", "set", "Interface",
                self.tap, "type=internal"]

    def ids(self, plugged):
        """What sets its external_ids, as libvirt does."""
        ids = [["attached-mac", self.mac], ["iface-id", port_id(self.mac)],
               ["port-profile", f"vni={self.vni}"]] if plugged else []
        return {"op": "update", "table": "Interface",
                "where": [["name", "==", self.tap]],
                "row": {"external_ids": ["map", ids]}}

    def xml(self):
        return domain_xml(self.name, native=[(self.mac, self.vni, self.tap)])

    def start(self, hook):
        return [[hook, "qemu", self.name, "start", "begin", "-"], self.file]


def measure(host, database, vms):
    """Plugs all, starts all, and unplugs them.  Returns the ms of each, and
    seconds of CPU of all hooks and of the daemons."""
    host.settled()
    host.idle()
    database.transact("Open_vSwitch", *(vm.ids(True) for vm in vms))
    daemons = sum(host.cpu(daemon) for daemon in DAEMONS)
    done, hooks = json.loads(host.run("/usr/bin/python3", "-c", LAUNCHER,
                                      "/run/starts.json"))
    daemons = sum(host.cpu(daemon) for daemon in DAEMONS) - daemons
    flows = host.run("ovs-ofctl", "dump-flows", "br-int",
                     f"table={testbed.TABLE_L2_LOCAL}")
    database.transact("Open_vSwitch", *(vm.ids(False) for vm in vms))
    failed = [status for _, status in done if status]
    missing = [vm.mac for vm in vms if f"dl_dst={vm.mac}" not in flows]
    if failed or missing or len(done) != len(vms):
        raise Failure(f"{len(failed)} gates failed, {len(missing)} MACs have "
                      "no flow")
    return [ms for ms, _ in done], hooks, daemons


def set_up(host, vms, hook):
    host.start_ovs_ext()
    host.settled()
    host.run("ovs-vsctl", *testbed.joined(vm.add_port() for vm in vms),
             timeout=120)
    for vm in vms:
        host.write(vm.file, vm.xml())
    host.write("/run/starts.json", json.dumps([vm.start(hook)
                                               for vm in vms]))
    for vni in {vm.vni for vm in vms}:
        host.run(hook, "modifyvxlan.sh", "-o", "add", "-v", vni, "-p",
                 "eth0", "-b", f"brvx-{vni}")


def run(host, results, say):
    hook = os.path.join(fabric.BUILD, "ovs-ext", "ovs-ext-hook")
    vms = [Vm(i) for i in range(VMS)]
    set_up(host, vms, hook)
    database = JsonRpc(host, "/run/openvswitch/db.sock")
    times, cpu = [], []
    for turn in range(ROUNDS):
        of_turn, hooks, daemons = measure(host, database, vms)
        say(f"{NAME}: {VMS} starts: median {median(of_turn):.0f} ms, 99 % "
            f"within {percentile(of_turn, 99):.0f} ms; CPU: hooks "
            f"{hooks:.3f} s, daemons {daemons:.3f} s")
        if turn:
            times += of_turn
            cpu.append((hooks + daemons) / VMS * 1000)
    alone = []
    for vm in vms[:20]:
        host.write("/run/starts.json", json.dumps([vm.start(hook)]))
        alone += measure(host, database, [vm])[0]
    database.close()
    results.add(NAME, "100 at once: median", median(times), "ms")
    results.add(NAME, "100 at once: 99 % within", percentile(times, 99), "ms",
                limit=LIMIT)
    results.add(NAME, "100 at once: CPU of each", median(cpu), "ms")
    results.add(NAME, "one alone: median", median(alone), "ms")
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
