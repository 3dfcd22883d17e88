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

"""One remote MAC is added, moved to another VTEP, removed, among many.

The host has 300 networks with a port each at all scales, so that the switch is
the same: ovs-vswitchd looks at each port of its userspace datapath whenever it
wakes up."""

import random
import time

import netlink
import testbed
from bulk import load
from openflow import Switch
from testbed import TABLE_L2_REMOTE, FIRST_VNI, median, percentile

NAME = "mac-change"
NETWORKS = range(FIRST_VNI, FIRST_VNI + 300)
CHANGES = 150                   # Of each kind, at each scale.

# Networks with remote MACs, and how many each.
SCALES = [("1,000 MACs", NETWORKS[:1], 1_000),
          ("100,000 MACs", NETWORKS[:1], 100_000),
          ("300 networks x 100 MACs", NETWORKS, 100)]
KINDS = ("added", "moved", "removed")

# Between two changes, so that each finds the daemons at rest.
PAUSE = 0.01

# The medians at different scales are the same within noise up to this.
NOISE = 1.5


def change(writer, switch, message, mac):
    """Writes one change to the kernel; returns the ms until the switch has
    told that the flow of 'mac' changed."""
    time.sleep(PAUSE)
    start = time.perf_counter()
    writer.send([message])
    testbed.wait_for_events([(switch, TABLE_L2_REMOTE, mac)])
    return (time.perf_counter() - start) * 1000


def measure(writer, switch, shadows):
    """Returns the ms of all changes, by kind."""
    times = {kind: [] for kind in KINDS}
    for i in range(CHANGES):
        vni, port = random.choice(list(shadows.items()))
        mac = testbed.mac_bytes(0xdd, vni, i)
        old, new = testbed.vtep(i), testbed.vtep(i + 1)
        for kind, message in (
                ("added", netlink.remote_mac(port, mac, old)),
                ("moved", netlink.remote_mac(port, mac, new)),
                ("removed", netlink.remote_mac(port, mac, new, True))):
            times[kind].append(change(writer, switch, message, mac))
    return times


def at_scale(host, writer, results, say, scale):
    """Measures at one scale; returns the median over all changes."""
    case, networks, n = scale
    counter = Switch(host, "br-int")
    load(host, writer, counter, networks, n)
    host.idle()
    shadows = {vni: host.shadow(vni) for vni in networks}
    watcher = Switch(host, "br-int")
    watcher.watch()
    cpu = host.cpu("ovs-ext")
    times = measure(writer, watcher, shadows)
    cpu = (host.cpu("ovs-ext") - cpu) / (len(KINDS) * CHANGES)
    watcher.close()
    load(host, writer, counter, networks, n, delete=True)
    counter.close()
    for kind in KINDS:
        say(f"{NAME}: {case}: {kind} {median(times[kind]):.3f} ms, "
            f"99 % within {percentile(times[kind], 99):.3f} ms")
    every = [t for kind in KINDS for t in times[kind]]
    results.add(NAME, f"{case}: median", median(every), "ms", limit=3)
    results.add(NAME, f"{case}: 99 % within", percentile(every, 99), "ms")
    results.add(NAME, f"{case}: CPU of each", cpu * 1000, "ms")
    return median(every)


def run(host, results, say):
    random.seed(1)
    writer = netlink.Writer(host)
    host.start_ovs_ext()
    host.settled()
    host.networks(len(NETWORKS))
    host.settled()
    medians = [at_scale(host, writer, results, say, scale)
               for scale in SCALES]
    writer.close()
    for (case, _, _), value in zip(SCALES[1:], medians[1:]):
        results.add(NAME, f"{case}, compared with {SCALES[0][0]}", value,
                    "ms", floor=medians[0], limit=NOISE)
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
