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

"""One VM sends 50,000 ARP requests a second: how others are learned from.

The storm is sent by a process of its own, from an interface of the bridge:
either the same request, or each from another sender.  Meanwhile the other VMs
announce addresses, one after the other."""

import socket
import struct
import time

import netlink
import testbed
from fabric import Failure
from netlink import RTM_NEWNEIGH
from testbed import FIRST_VNI, median, percentile

NAME = "arp-storm"
PORTS = 20                      # The first sends the storm.
ROUNDS = 5                      # In which each of the others announces one.
RATE = 50_000                   # Frames per second...
LEAST = 0.8                     # ...of which this many have to be sent.
PAUSE = 0.03

STORM_FILE = "/tmp/arp-storm"

# Sends 'frames' in turn at 'rate' until it is killed, and tells how many.
STORM = """
import socket, sys, time
device, rate, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(path, "rb") as f:
    data = f.read()
frames = [data[i:i + 60] for i in range(0, len(data), 60)]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((device, 0))
start, sent = time.monotonic(), 0
while True:
    due = int((time.monotonic() - start) * rate)
    while sent < due:
        try:
            s.send(frames[sent % len(frames)])
        except OSError:
            pass
        sent += 1
        if not sent % rate:
            print(sent, flush=True)
    time.sleep(0.0005)
"""


def arp(mac, ip):
    """A gratuitous ARP request: 60 bytes."""
    return (b"\xff" * 6 + mac + b"\x08\x06"
            + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1)
            + mac + ip + bytes(6) + ip).ljust(60, b"\0")


class Vm:
    def __init__(self, host, i):
        self.mac = testbed.mac_bytes(0, FIRST_VNI, i)
        self.name = f"p{FIRST_VNI}-{i}"
        self.i = i
        self.n = 0
        self.nic = host.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.nic.bind((self.name, 0))

    def announce(self, watch):
        """Announces another address.  Returns the ms until the kernel has
        it."""
        self.n += 1
        ip = bytes([10, 1 + self.n, 0, self.i])
        time.sleep(PAUSE)
        watch.events()
        start = time.perf_counter()
        self.nic.send(arp(self.mac, ip))
        testbed.wait_for_events([(watch, RTM_NEWNEIGH, ip)])
        return (time.perf_counter() - start) * 1000


def set_up(host):
    host.start_ovs_ext()
    host.settled()
    host.ctl([["net-add", f"net{FIRST_VNI}", FIRST_VNI]]
             + [["port-add", f"net{FIRST_VNI}", f"p{FIRST_VNI}-{i}",
                 testbed.mac_bytes(0, FIRST_VNI, i).hex(":")]
                for i in range(PORTS)])
    host.interfaces([(FIRST_VNI, i) for i in range(PORTS)])
    host.sh("\n".join(
        f"sysctl -qw net.ipv6.conf.p{FIRST_VNI}-{i}.disable_ipv6=1\n"
        f"ip link set p{FIRST_VNI}-{i} arp off up" for i in range(PORTS)))
    host.settled()
    host.idle()
    return [Vm(host, i) for i in range(PORTS)]


class Storm:
    def __init__(self, host, vm, ips):
        data = b"".join(arp(vm.mac, ip) for ip in ips)
        with open(f"/proc/{host.pid}/root{STORM_FILE}", "wb") as f:
            f.write(data)
        self.process = host.popen(
            "/usr/bin/python3", "-c", STORM, vm.name, RATE,
            STORM_FILE,
            stdout=-1, bufsize=1)
        self.host = host
        self.start = time.monotonic()
        # The first second is over.
        self.process.stdout.readline()

    def stop(self):
        """Returns how many frames a second were sent."""
        self.host.run("pkill", "-f", STORM_FILE)
        seconds = time.monotonic() - self.start
        sent = RATE + sum(RATE for _ in self.process.stdout)
        self.process.wait()
        return sent / seconds


def measure(host, watch, others):
    """Returns the ms of all announcements, and how much of a core ovs-ext
    took meanwhile."""
    cpu, start = host.cpu("ovs-ext"), time.monotonic()
    times = [vm.announce(watch) for _ in range(ROUNDS) for vm in others]
    return times, ((host.cpu("ovs-ext") - cpu)
                   / (time.monotonic() - start))


def drops(host, vm):
    text, = host.appctl_json("port/show", vm.name)
    return int(text["learning_drops"])


def run(host, results, say):
    vms = set_up(host)
    watch = netlink.NeighbourWatch(host)
    calm, _ = measure(host, watch, vms[1:])
    results.add(NAME, "learning without a storm: median", median(calm), "ms",
                limit=100)
    storms = [("one sender IP", [bytes([10, 9, 9, 9])]),
              ("many sender IPs", [bytes([11, i >> 8, i & 255, 1])
                                   for i in range(40_000)])]
    for case, ips in storms:
        before = drops(host, vms[0])
        storm = Storm(host, vms[0], ips)
        times, cpu = measure(host, watch, vms[1:])
        rate = storm.stop()
        lost = drops(host, vms[0]) - before
        say(f"{NAME}: {case}: {rate:.0f} frames/s, {lost} not looked at; "
            f"others learned in {median(times):.3f} ms; ovs-ext "
            f"{100 * cpu:.1f} % of a core")
        if rate < LEAST * RATE:
            raise Failure(f"only {rate:.0f} frames/s were sent")
        results.add(NAME, f"{case}: learning of others, median",
                    median(times), "ms", limit=100)
        results.add(NAME, f"{case}: 99 % within", percentile(times, 99), "ms")
        results.add(NAME, f"{case}: CPU of ovs-ext", 100 * cpu, "% of a core",
                    limit=30)
        results.add(NAME, f"{case}: frames sent", rate, "1/s")
        host.settled()
    watch.close()
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
