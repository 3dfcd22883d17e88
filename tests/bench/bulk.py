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

"""100,000 remote MACs, written to the kernel in one batch."""

import time

import netlink
import testbed
from fabric import wait_for
from openflow import Switch
from testbed import TABLE_L2_REMOTE, median

NAME = "bulk"
N = 100_000
ROUNDS = 5
VNI = testbed.FIRST_VNI
FLOWS = "/run/flows"

# The floor's own devices and bridge.
FLOOR_BRIDGE = "br-floor"
FLOOR_VXLAN = "vxfloor"


def batch(ifindex, n, vni=VNI, delete=False):
    """What zebra writes for 'n' remote MACs of network 'vni'."""
    return netlink.batches(netlink.remote_mac(
        ifindex, testbed.remote(vni, i), testbed.vtep(i), delete)
        for i in range(n))


def floor_kernel(host, writer):
    """Seconds that the kernel takes for the batch if nobody listens."""
    host.sh(f"ip link add {FLOOR_BRIDGE} type bridge mcast_snooping 0\n"
            f"ip link add {FLOOR_VXLAN} type vxlan id 1 dstport 4790 local "
            "192.0.2.11 nolearning\n"
            f"ip link set {FLOOR_BRIDGE} up\n"
            f"ip link set {FLOOR_VXLAN} master {FLOOR_BRIDGE} up\n"
            f"bridge link set dev {FLOOR_VXLAN} learning off")
    macs = batch(host.ifindex(FLOOR_VXLAN), N)
    host.idle()
    start = time.perf_counter()
    writer.send(macs)
    seconds = time.perf_counter() - start
    host.sh(f"ip link del {FLOOR_VXLAN}\nip link del {FLOOR_BRIDGE}")
    return seconds


def floor_switch(host):
    """Seconds that ovs-ofctl takes for as many flows in one bundle."""
    host.idle()
    start = time.perf_counter()
    host.run("ovs-ofctl", "--bundle", "-O", "OpenFlow15", "add-flows",
             "br-int", FLOWS)
    seconds = time.perf_counter() - start
    host.sh("ovs-ofctl del-flows br-int")
    return seconds


def load(host, writer, switch, networks, n, delete=False):
    """Writes 'n' remote MACs of each of 'networks' to the kernel, or removes
    them.  Returns the seconds until the kernel has them, and until the switch
    has their flows."""
    macs = [buffer for vni in networks
            for buffer in batch(host.shadow(vni), n, vni, delete)]
    change = len(networks) * n * (-1 if delete else 1)
    wanted = switch.count(TABLE_L2_REMOTE) + change
    host.idle()
    start = time.perf_counter()
    writer.send(macs)
    written = time.perf_counter()
    wait_for(lambda: switch.count(TABLE_L2_REMOTE) == wanted,
             f"{change} flows", timeout=120, interval=0.005)
    return written - start, time.perf_counter() - start


def ours(host, writer):
    """One round: (seconds until the kernel has all, until the switch has, CPU
    seconds, resident MB, its peak, longest iteration in ms, number of
    flows)."""
    host.start_ovs_ext()
    host.settled()
    switch = Switch(host, "br-int")
    cpu = host.cpu("ovs-ext")
    seconds = load(host, writer, switch, [VNI], N)
    switch.close()
    host.settled()
    host.idle()
    flows = host.run("ovs-ofctl", "dump-aggregate", "br-int",
                     testbed.REMOTE_MACS)
    return (*seconds, host.cpu("ovs-ext") - cpu, *host.memory("ovs-ext"),
            host.status()["longest_iteration_ms"],
            int(flows.split("flow_count=")[1]))


def save_flows(host, cookie=testbed.REMOTE_MACS):
    """Keeps flows, those of remote MACs, for floor_switch()."""
    host.sh("ovs-ofctl -O OpenFlow15 --no-stats dump-flows br-int "
            f"{cookie} | grep table= >{FLOWS}")


def run(host, results, say):
    writer = netlink.Writer(host)
    host.start_ovs_ext()
    host.settled()
    host.networks(1)
    host.stop_ovs_ext()
    host.forget()
    kernel, switch, rounds = [], [], []
    for i in range(ROUNDS + 1):
        rounds.append(ours(host, writer))
        if not i:
            save_flows(host)
        host.stop_ovs_ext()
        host.forget()
        kernel.append(floor_kernel(host, writer))
        switch.append(floor_switch(host))
        say(f"{NAME}: kernel {kernel[-1]:.3f} s + ovs-ofctl "
            f"{switch[-1]:.3f} s; ovs-ext {rounds[-1][1]:.3f} s, "
            f"{rounds[-1][2]:.2f} s of CPU"
            + ("" if i else " (to warm up, does not count)"))
    writer.close()
    report(results, kernel[1:], switch[1:], rounds[1:])


def report(results, kernel, switch, rounds):
    written, seconds, cpu, resident, peak, longest, flows = map(
        list, zip(*rounds))
    results.add(NAME, "kernel batch alone", median(kernel), "s")
    results.add(NAME, "kernel batch, ovs-ext listening", median(written), "s")
    results.add(NAME, "ovs-ofctl alone", median(switch), "s")
    results.add(NAME, "100,000 MACs to flows", median(seconds), "s",
                floor=median(k + s for k, s in zip(kernel, switch)),
                limit=1.3)
    results.add(NAME, "CPU of ovs-ext", median(cpu), "s", limit=1.5)
    results.add(NAME, "resident", median(resident), "MB", limit=80)
    results.add(NAME, "resident at the peak", max(peak), "MB")
    results.add(NAME, "flows of remote MACs", flows[-1], "flows", limit=N,
                exactly=True)
    results.add(NAME, "longest iteration", max(longest), "ms", limit=50)
