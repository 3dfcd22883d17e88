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

"""ovs-ext starts and finds 100,000 flows that are as they should be."""

import time

import bulk
import netlink
from openflow import Switch
from testbed import FIRST_VNI, median

NAME = "restart"
ROUNDS = 5

# Networks, and remote MACs of each.
CASES = [("in 300 networks", range(FIRST_VNI, FIRST_VNI + 300), 334),
         ("in one network", range(FIRST_VNI, FIRST_VNI + 1), 100_000)]


def floor(host):
    """Seconds that the kernel takes to tell its FDB."""
    start = time.perf_counter()
    netlink.read_fdb(host)
    return time.perf_counter() - start


def start(host):
    """Starts ovs-ext.  Returns the seconds until all is in effect, and the
    status when it has nothing left to do."""
    begin = time.perf_counter()
    host.start_ovs_ext()
    host.settled()
    seconds = time.perf_counter() - begin
    host.idle()
    return seconds, host.status()


def one_round(host):
    """(seconds, seconds of the floor, modifications of flows, writes to the
    kernel, CPU seconds, peak of resident MB, longest iteration in ms)"""
    host.stop_ovs_ext()
    host.idle()
    alone = floor(host)
    host.idle()
    seconds, status = start(host)
    return (seconds, alone, status["flow_mods"], status["kernel_writes"],
            host.cpu("ovs-ext"), host.memory("ovs-ext")[1],
            status["longest_iteration_ms"])


def run(host, results, say):
    writer = netlink.Writer(host)
    host.start_ovs_ext()
    host.settled()
    host.networks(max(len(networks) for _, networks, _ in CASES))
    host.settled()
    switch = Switch(host, "br-int")
    for case, networks, n in CASES:
        bulk.load(host, writer, switch, networks, n)
        host.settled()
        rounds = []
        for _ in range(ROUNDS):
            rounds.append(one_round(host))
            say(f"{NAME}: {case}: in effect after {rounds[-1][0]:.3f} s, "
                f"the kernel's part is {rounds[-1][1]:.3f} s")
        report(results, case, rounds)
        bulk.load(host, writer, switch, networks, n, delete=True)
    switch.close()
    writer.close()


def report(results, case, rounds):
    seconds, alone, mods, writes, cpu, peak, longest = map(list, zip(*rounds))
    results.add(NAME, f"{case}: until all is in effect", median(seconds), "s",
                limit=2)
    # Not to be had for less: of 100,000 FDB entries in one bridge the kernel
    # looks for its place among them for each 32 kB.
    results.add(NAME, f"{case}: compared with reading the kernel alone",
                median(seconds), "s", floor=median(alone))
    results.add(NAME, f"{case}: modifications of flows", max(mods), "flows",
                limit=0)
    results.add(NAME, f"{case}: writes to the kernel", max(writes), "writes",
                limit=0)
    results.add(NAME, f"{case}: CPU of ovs-ext", median(cpu), "s")
    results.add(NAME, f"{case}: resident at the peak", max(peak), "MB")
    results.add(NAME, f"{case}: longest iteration", max(longest), "ms",
                limit=50)
