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

"""100,000 remote addresses beside 100,000 remote MACs: one flow each."""

import time

import bulk
import netlink
import testbed
from fabric import wait_for
from openflow import Switch
from testbed import TABLE_RESOLVE, median, percentile, wait_for_events

NAME = "addresses"
N = bulk.N
ROUNDS = 3
CHANGES = 150
VNI = testbed.FIRST_VNI

# The floor's own bridge.
FLOOR_BRIDGE = "br-floor"


def batch(ifindex, n):
    """What zebra writes for 'n' remote addresses, one of each MAC."""
    return netlink.batches(netlink.remote_neighbor(
        ifindex, testbed.remote_ip(i), testbed.remote(VNI, i))
        for i in range(n))


def floor_kernel(host, writer):
    """Seconds that the kernel takes for the batch if nobody listens."""
    host.sh(f"ip link add {FLOOR_BRIDGE} type bridge mcast_snooping 0\n"
            f"ip link set {FLOOR_BRIDGE} up")
    neighbors = batch(host.ifindex(FLOOR_BRIDGE), N)
    host.idle()
    start = time.perf_counter()
    writer.send(neighbors)
    seconds = time.perf_counter() - start
    host.sh(f"ip link del {FLOOR_BRIDGE}")
    return seconds


def load(host, writer, switch):
    """Writes the addresses to the kernel.  Returns the seconds until the
    switch has their flows."""
    neighbors = batch(host.ifindex(f"brvx-{VNI}"), N)
    wanted = switch.count(TABLE_RESOLVE) + N
    host.idle()
    start = time.perf_counter()
    writer.send(neighbors)
    wait_for(lambda: switch.count(TABLE_RESOLVE) == wanted, f"{N} flows",
             timeout=120, interval=0.005)
    return time.perf_counter() - start


def move(host, writer):
    """Milliseconds that it takes until each of some addresses is another
    MAC's, and the modifications of flows for all of them."""
    bridge = host.ifindex(f"brvx-{VNI}")
    mods = host.status()["flow_mods"]
    watcher = Switch(host, "br-int")
    watcher.watch()
    times = []
    for i in range(CHANGES):
        ip = testbed.remote_ip(i)
        message = netlink.remote_neighbor(bridge, ip,
                                          testbed.remote(VNI, N - 1 - i))
        start = time.perf_counter()
        writer.send([message])
        # In registers, as they stand in the match.
        wait_for_events([(watcher, TABLE_RESOLVE, ip[-4:])])
        times.append((time.perf_counter() - start) * 1000)
    watcher.close()
    return times, host.status()["flow_mods"] - mods


def ours(host, writer):
    """One round: (seconds until the switch has all, CPU seconds, resident MB
    with MACs only, with addresses too, its peak, number of flows, milliseconds
    of moves, modifications for them, longest iteration in ms)."""
    host.start_ovs_ext()
    host.settled()
    switch = Switch(host, "br-int")
    bulk.load(host, writer, switch, [VNI], N)
    host.settled()
    host.idle()
    macs_only, _ = host.memory("ovs-ext")
    cpu = host.cpu("ovs-ext")
    seconds = load(host, writer, switch)
    switch.close()
    host.settled()
    host.idle()
    cpu = host.cpu("ovs-ext") - cpu
    memory = host.memory("ovs-ext")
    flows = host.run("ovs-ofctl", "dump-aggregate", "br-int",
                     testbed.REMOTE_IPS)
    times, mods = move(host, writer)
    return (seconds, cpu, macs_only, *memory,
            int(flows.split("flow_count=")[1]), times, mods,
            host.status()["longest_iteration_ms"])


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
            bulk.save_flows(host, testbed.REMOTE_IPS)
        host.stop_ovs_ext()
        host.forget()
        kernel.append(floor_kernel(host, writer))
        switch.append(bulk.floor_switch(host))
        say(f"{NAME}: kernel {kernel[-1]:.3f} s + ovs-ofctl "
            f"{switch[-1]:.3f} s; ovs-ext {rounds[-1][0]:.3f} s, "
            f"{rounds[-1][1]:.2f} s of CPU, {rounds[-1][3]:.0f} MB"
            + ("" if i else " (to warm up, does not count)"))
    writer.close()
    report(results, kernel[1:], switch[1:], rounds[1:])


def report(results, kernel, switch, rounds):
    seconds, cpu, macs, resident, peak, flows, times, mods, longest = map(
        list, zip(*rounds))
    every = [t for round_times in times for t in round_times]
    results.add(NAME, "kernel batch alone", median(kernel), "s")
    results.add(NAME, "ovs-ofctl alone", median(switch), "s")
    results.add(NAME, "100,000 addresses to flows", median(seconds), "s",
                floor=median(k + s for k, s in zip(kernel, switch)),
                limit=1.3)
    results.add(NAME, "CPU of ovs-ext", median(cpu), "s", limit=1.5)
    results.add(NAME, "resident, with MACs", median(macs), "MB")
    results.add(NAME, "resident, with MACs and addresses", median(resident),
                "MB", limit=120)
    results.add(NAME, "resident at the peak", max(peak), "MB")
    results.add(NAME, "flows of addresses", flows[-1], "flows", limit=N,
                exactly=True)
    results.add(NAME, "one address moved: median", median(every), "ms",
                limit=3)
    results.add(NAME, "one address moved: 99 % within",
                percentile(every, 99), "ms")
    results.add(NAME, f"modifications for {CHANGES} moves", mods[-1],
                "flows", limit=CHANGES, exactly=True)
    results.add(NAME, "longest iteration", max(longest), "ms", limit=50)
