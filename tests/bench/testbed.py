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

"""What the benchmarks share: a hypervisor without a fabric, and numbers.

There is one box, with ovsdb-server, ovs-vswitchd (userspace datapath) and
ovs-ext.  zebra is played by the benchmark, which writes to the kernel what
zebra would (netlink.py); external_ids:ovs-ext-frr is off."""

import json
import math
import os
import select
import time

import fabric
from fabric import Failure, wait_for
from jsonrpc import JsonRpc

TABLE_CLASSIFY = 0              # As in flows/pipeline.h.
TABLE_L2_LOCAL = 32
TABLE_L2_REMOTE = 40
TABLE_DELIVER = 64
TABLE_RESOLVE = 72
REMOTE_MACS = "cookie=0x6f65050000000000/0xffffff0000000000"
REMOTE_IPS = "cookie=0x6f650c0000000000/0xffffff0000000000"

FIRST_VNI = 1001
N_VTEPS = 250
TICK = 1 / os.sysconf("SC_CLK_TCK")


def mac_bytes(kind, vni, i):
    """A MAC of a kind, network and number: six bytes."""
    return bytes([0x02, kind]) + (vni & 0xff).to_bytes(1, "big") + (
        i.to_bytes(3, "big"))


def ip(vni, i):
    """The address of port 'i' of a network."""
    return f"10.{i}.{vni >> 8}.{vni & 255}"


def joined(commands):
    """Commands as the words of one command line."""
    words = []
    for command in commands:
        words += ["--", *command]
    return words[1:]


def remote(vni, i):
    return mac_bytes(0xee, vni, i)


def remote_ip(i):
    """An address: four bytes, or 16 if 'i' is odd."""
    if i % 2:
        return bytes.fromhex("fd00000000000000") + i.to_bytes(8, "big")
    return bytes([100]) + (64 << 16 | i).to_bytes(3, "big")


def vtep(i):
    """A VTEP of the range for benchmarks (RFC 2544): four bytes."""
    return bytes([198, 18]) + (1 + i % N_VTEPS).to_bytes(2, "big")


def wait_for_events(wanted, timeout=10):
    """Waits for all of 'wanted': tuples of a source, which has fileno() and
    events(), the first part of an event, and what the second contains."""
    left = list(wanted)
    sources = {want[0] for want in left}
    deadline = time.monotonic() + timeout
    while left:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise Failure(f"never seen: {left}")
        for source in select.select(sources, [], [], seconds)[0]:
            for key, data in source.events():
                left = [want for want in left if not (
                    want[0] is source and want[1] == key
                    and all(content in data for content in want[2:]))]


def median(values):
    return percentile(values, 50)


def percentile(values, p):
    """The least value that 'p' percent of 'values' do not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * p / 100), 1) - 1]


class Host(fabric.Hypervisor):
    """The box."""

    def __init__(self):
        super().__init__("bench", "192.0.2.11")
        self.start_ovs()
        self.sh("ovs-vsctl set Open_vSwitch . external_ids:ovs-ext-frr=off")
        self.control = None

    def start_ovs_ext(self):
        super().start_ovs_ext()
        pid = self.daemon_pid("ovs-ext")
        self.control = JsonRpc(self, f"/run/openvswitch/ovs-ext.{pid}.ctl")

    def stop_ovs_ext(self):
        """As in a crash: what it made stays."""
        self.control.close()
        self.control = None
        self.kill("ovs-ext")

    def status(self):
        return json.loads(self.control.call("status", "--json"))[0]

    def settled(self, timeout=60):
        wait_for(lambda: self.status()["state"] == "in effect",
                 "all in effect", timeout=timeout, interval=0.005)

    def networks(self, n, first=FIRST_VNI, n_ports=1):
        """Adds 'n' networks with 'n_ports' ports here each."""
        vnis = range(first, first + n)
        self.ctl([["--may-exist", "net-add", f"net{vni}", vni]
                  for vni in vnis])
        ports = [(vni, i) for vni in vnis for i in range(n_ports)]
        if ports:
            self.rows(ports)
            self.interfaces(ports)

    def ctl(self, commands):
        self.run("ovs-ext-ctl", *joined(commands), timeout=300)

    def rows(self, ports):
        """Adds the rows of 'ports', pairs of VNI and number."""
        self.ctl([["port-add", f"net{vni}", f"p{vni}-{i}",
                   mac_bytes(0, vni, i).hex(":"), ip(vni, i)]
                  for vni, i in ports])

    def interfaces(self, ports, ids=True):
        """Adds the interfaces of 'ports'; without 'ids', they do not say that
        they are."""
        self.run("ovs-vsctl", *joined(
            ["add-port", "br-int", f"p{vni}-{i}", "--", "set", "interface",
             f"p{vni}-{i}", "type=internal"]
            + ([f"external_ids:iface-id=p{vni}-{i}"] if ids else [])
            for vni, i in ports), timeout=300)

    def shadow(self, vni):
        """The ifindex of the vxlan device of a network."""
        return self.ifindex(f"vxlan{vni}")

    def cpu(self, daemon):
        """Seconds of CPU that 'daemon' has used."""
        with open(self.proc(daemon, "stat")) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * TICK

    def memory(self, daemon):
        """(resident, its peak) of 'daemon', in MB."""
        with open(self.proc(daemon, "status")) as f:
            lines = dict(line.split(":", 1) for line in f)
        return tuple(int(lines[key].split()[0]) / 1024
                     for key in ("VmRSS", "VmHWM"))

    def proc(self, daemon, name):
        return (f"/proc/{self.pid}/root/proc/{self.daemon_pid(daemon)}/"
                f"{name}")

    def idle(self):
        """Waits until the daemons have nothing left to do."""
        def rest():
            before = [self.cpu(d) for d in daemons]
            time.sleep(0.2)
            return all(self.cpu(d) - b <= TICK
                       for d, b in zip(daemons, before))
        daemons = ["ovs-vswitchd"] + (["ovs-ext"] if self.control else [])
        wait_for(rest, "the daemons are idle", timeout=60)

    def forget(self):
        """Takes away what ovs-ext made; it is not running."""
        self.sh("ovs-ofctl -O OpenFlow15 del-groups br-int\n"
                "ovs-ofctl del-flows br-int\n"
                "for d in $(ip -br link | grep -oE "
                "'^(vxlan[0-9]+|oe-[0-9]+|brvx-[0-9]+)'); do\n"
                "  ip link del $d\n"
                "done",
                timeout=300)
