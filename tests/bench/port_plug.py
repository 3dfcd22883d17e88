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

"""A VM's interface becomes a port, on a host with 300 networks."""

import socket
import struct
import time

import netlink
import testbed
from jsonrpc import JsonRpc
from netlink import RTM_DELNEIGH, RTM_NEWNEIGH
from openflow import Switch
from testbed import (FIRST_VNI, TABLE_CLASSIFY, TABLE_DELIVER, TABLE_L2_LOCAL,
                     median, percentile)

NAME = "port-plug"
NETWORKS = 300
INTERFACES = 20                 # That become ports, of each kind,
ROUNDS = 6                      # so many times; the first to warm up.

# After each: ovs-vswitchd goes through its ports when a device of the kernel
# comes or goes, the shadow devices among them.
PAUSE = 0.15

# Cases: networks in which interfaces become ports.
CASES = [("further port of a network", FIRST_VNI, 10),
         ("first port of a network", FIRST_VNI + NETWORKS, 10)]


class Port:
    """An interface that has its OpenFlow port and can become port 1 of
    network 'vni'."""

    def __init__(self, host, vni):
        self.name = f"p{vni}-1"
        self.mac = testbed.mac_bytes(0, vni, 1)
        self.ip = socket.inet_aton(testbed.ip(vni, 1))
        self.ofport = struct.pack("!I", int(host.run(
            "ovs-vsctl", "get", "Interface", self.name, "ofport")))


class Plug:
    """Makes interfaces ports, and sees what comes of it."""

    def __init__(self, host):
        self.host = host
        self.database = JsonRpc(host, "/run/openvswitch/db.sock")
        self.switch = Switch(host, "br-int")
        self.switch.watch()
        self.kernel = netlink.NeighbourWatch(host)

    def close(self):
        self.database.close()
        self.switch.close()
        self.kernel.close()

    def set_ids(self, port, ids):
        """One transaction; done when this returns."""
        self.database.transact("Open_vSwitch", {
            "op": "update", "table": "Interface",
            "where": [["name", "==", port.name]],
            "row": {"external_ids": ["map", ids]}})

    def time(self, port, plugged):
        """Makes 'port' a port, or none.  Returns the ms from the database's
        reply to the last of: FDB entry and neighbour in the kernel; flows
        from the port, to it and to its MAC in the switch."""
        kind = RTM_NEWNEIGH if plugged else RTM_DELNEIGH
        self.host.settled()
        time.sleep(PAUSE)
        self.kernel.events()
        self.switch.events()
        self.set_ids(port, [["iface-id", port.name]] if plugged else [])
        start = time.perf_counter()
        testbed.wait_for_events([
            (self.kernel, kind, bytes([netlink.AF_BRIDGE]), port.mac),
            (self.kernel, kind, port.ip),
            (self.switch, TABLE_CLASSIFY, port.ofport),
            (self.switch, TABLE_DELIVER, port.ofport),
            (self.switch, TABLE_L2_LOCAL, port.mac)])
        return (time.perf_counter() - start) * 1000


def measure(plug, ports):
    """Returns the ms of all that were plugged, and unplugged."""
    plugged, unplugged = [], []
    for turn in range(ROUNDS):
        for port in ports:
            times = plug.time(port, True), plug.time(port, False)
            if turn:
                plugged.append(times[0])
                unplugged.append(times[1])
    return plugged, unplugged


def set_up(host):
    """300 networks with a port each, and interfaces that can become ports.
    Returns those, by case."""
    ports = []
    host.start_ovs_ext()
    host.settled()
    host.networks(NETWORKS)
    for _, vni, _ in CASES:
        vnis = range(vni, vni + INTERFACES)
        host.networks(INTERFACES, first=vni, n_ports=0)
        host.rows([(v, 1) for v in vnis])
        host.interfaces([(v, 1) for v in vnis], ids=False)
        ports.append([Port(host, v) for v in vnis])
    host.settled()
    host.idle()
    return ports


def run(host, results, say):
    ports = set_up(host)
    plug = Plug(host)
    for (case, _, limit), of_case in zip(CASES, ports):
        cpu = host.cpu("ovs-ext")
        plugged, unplugged = measure(plug, of_case)
        cpu = (host.cpu("ovs-ext") - cpu) / (2 * ROUNDS * INTERFACES)
        say(f"{NAME}: {case}: plugged {median(plugged):.3f} ms, unplugged "
            f"{median(unplugged):.3f} ms")
        results.add(NAME, f"{case}: median", median(plugged), "ms",
                    limit=limit)
        results.add(NAME, f"{case}: 99 % within", percentile(plugged, 99),
                    "ms")
        results.add(NAME, f"{case}: unplugged, median", median(unplugged),
                    "ms")
        results.add(NAME, f"{case}: CPU of each", cpu * 1000, "ms")
    plug.close()
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
