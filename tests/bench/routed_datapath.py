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

"""Packets that are routed, compared with packets that are switched."""

import json
import subprocess

from acl_datapath import add_netns
from acl_ports import start
from fabric import wait_for
from testbed import FIRST_VNI, median

NAME = "routed-datapath"
PORT = 5201
LEAST = 0.9                     # Of the throughput of switched packets.
ROUNDS = 11
SECONDS = 1
CASES = {
    "IPv4": ("10.0.0.2", "10.0.1.3"),
    "IPv6": ("fd00::2", "fd01::3"),
}


def add_vm(host, network, name, ips, gateways):
    """A VM with a default route."""
    mac = add_netns(host, name, ips[0])
    host.sh(f"ip -n {name} addr add {ips[1]}/64 dev eth0 nodad\n"
            f"ip -n {name} route add default via {gateways[0]}\n"
            f"ip -n {name} -6 route add default via {gateways[1]}")
    host.ctl([["port-add", network, name, mac, *ips]])
    host.run("ovs-vsctl", "set", "interface", name,
             f"external_ids:iface-id={name}")


def set_up(host):
    """vma and vmb in one network, vmc in another one of the same VPC."""
    host.ctl([["vpc-add", "v", 9]])
    for i, vms in enumerate((("vma", "vmb"), ("vmc",))):
        network = f"net{FIRST_VNI + i}"
        gateways = [f"10.0.{i}.254", f"fd0{i}::254"]
        host.ctl([["net-add", network, FIRST_VNI + i],
                  ["net-set-vpc", network, "v"],
                  ["net-set-gateway", network, f"{gateways[0]}/24",
                   f"{gateways[1]}/64"]])
        for vm in vms:
            n = "abc".index(vm[-1]) + 1
            add_vm(host, network, vm, [f"10.0.{i}.{n}", f"fd0{i}::{n}"],
                   gateways)
    host.settled()


def throughput(host, ip):
    """Gbit/s from vma to 'ip'."""
    out = host.run("ip", "netns", "exec", "vma", "iperf3", "-J", "-t",
                   SECONDS, "-c", ip, "-p", PORT)
    return json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e9


def compare(host, results, case, ips):
    """Measures both in turn, so that they share what else goes on."""
    values = {ip: [] for ip in ips}
    for ip in ips:
        wait_for(lambda ip=ip: not host.try_run(
            "ip", "netns", "exec", "vma", "ping", "-c", 1, "-W", 1, ip)[0],
                 f"ping of {ip}")
    for i in range(ROUNDS):
        for ip in ips if i % 2 else reversed(ips):
            values[ip].append(throughput(host, ip))
    switched, routed = (values[ip] for ip in ips)
    results.add(NAME, f"{case}: switched", median(switched), "Gbit/s")
    results.add(NAME, f"{case}: routed", median(routed), "Gbit/s")
    # The other way round, since limits bound from above; of neighbors, which
    # had about the same of the machine.
    results.add(NAME, f"{case}: switched / routed, of two in turn",
                median([a / b for a, b in zip(switched, routed)]), "ratio",
                limit=1 / LEAST)


def run(host, results, say):
    start(host).close()
    set_up(host)
    servers = [host.popen("ip", "netns", "exec", name, "iperf3", "-s", "-p",
                          str(PORT), stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL)
               for name in ("vmb", "vmc")]
    for name in ("vmb", "vmc"):
        wait_for(lambda name=name: host.run(
            "ip", "netns", "exec", name, "ss", "-Hltn", f"sport = {PORT}"),
                 f"{name}: a server listens")
    for case, ips in CASES.items():
        compare(host, results, case, ips)
    host.sh("kill $(ip netns pids vmb) $(ip netns pids vmc)")
    for process in servers:
        process.wait()
    say(f"{NAME}: done")
