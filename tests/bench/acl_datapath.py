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

"""Packets through a policy of 100 rules, compared with two flows by hand."""

import json

from acl_ports import add_group, rule_row, start
from fabric import wait_for
from testbed import FIRST_VNI, median

NAME = "acl-datapath"
RULES = 100
FIRST_PORT = 10000              # Of the rules; the last one is used.
PORT = FIRST_PORT + RULES - 1
ROUNDS = 5
SECONDS = 2
CONNECTIONS = """
import socket, sys, time
n, until = 0, time.monotonic() + float(sys.argv[3])
while time.monotonic() < until:
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
    s.close()
    n += 1
print(n)
"""
ACCEPT = """
import socket, sys
s = socket.create_server(("0.0.0.0", int(sys.argv[1])), backlog=1000)
while True:
    s.accept()[0].close()
"""


def add_netns(host, name, ip):
    """A VM that is connected by a veth, as tests/fabric.py has it."""
    host.sh(f"ip netns add {name}\n"
            f"ip link add {name} type veth peer name eth0 netns {name}\n"
            f"ethtool -K {name} tx off >/dev/null\n"
            f"ip link set {name} up\n"
            f"ip netns exec {name} ethtool -K eth0 tx off >/dev/null\n"
            f"ip -n {name} link set lo up\n"
            f"ip -n {name} link set eth0 up\n"
            f"ip -n {name} addr add {ip}/24 dev eth0\n"
            f"ovs-vsctl add-port br-int {name}")
    return json.loads(host.run("ip", "-n", name, "-j", "link", "show", "dev",
                               "eth0"))[0]["address"]


def set_up_ours(host, database):
    """vma to vmb, which has the policy."""
    host.ctl([["net-add", f"net{FIRST_VNI}", FIRST_VNI]])
    for name, ip in (("vma", "10.0.0.1"), ("vmb", "10.0.0.2")):
        mac = add_netns(host, name, ip)
        host.ctl([["port-add", f"net{FIRST_VNI}", name, mac, ip]])
        host.run("ovs-vsctl", "set", "interface", name,
                 f"external_ids:iface-id={name}")
    group = add_group(database, "web",
                      [rule_row(FIRST_PORT + i) for i in range(RULES)])
    database.transact("OVS_Ext", {
        "op": "update", "table": "Port", "where": [["name", "==", "vmb"]],
        "row": {"security_groups": group}})
    host.settled()


def set_up_by_hand(host):
    """vmc to vmd: what is new is committed, what is known passes."""
    ofports = []
    for name, ip in (("vmc", "10.0.0.1"), ("vmd", "10.0.0.2")):
        add_netns(host, name, ip)
        ofports.append(host.run("ovs-vsctl", "get", "interface", name,
                                "ofport").strip())
    for a, b in (ofports, reversed(ofports)):
        for flow in (f"table=0,in_port={a},arp,actions=output:{b}",
                     f"table=0,in_port={a},ip,actions=ct(table=200,zone=9999)",
                     f"table=200,in_port={a},ip,ct_state=+trk+new,"
                     f"actions=ct(commit,zone=9999),output:{b}",
                     f"table=200,in_port={a},ip,ct_state=+trk+est,"
                     f"actions=output:{b}"):
            host.run("ovs-ofctl", "add-flow", "br-int", flow)


def throughput(host, client):
    out = host.run("ip", "netns", "exec", client, "iperf3", "-J", "-t",
                   SECONDS, "-c", "10.0.0.2", "-p", PORT)
    return json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1e9


def connection_rate(host, client):
    return int(host.run("ip", "netns", "exec", client, "/usr/bin/python3",
                        "-c", CONNECTIONS, "10.0.0.2", PORT, SECONDS)
               ) / SECONDS


def compare(host, results, case, unit, measure, servers, least):
    """Measures both in turn, so that they share what else goes on."""
    values = {"vma": [], "vmc": []}
    started = [host.popen("ip", "netns", "exec", name, *servers)
               for name in ("vmb", "vmd")]
    for name in ("vmb", "vmd"):
        wait_for(lambda name=name: host.run(
            "ip", "netns", "exec", name, "ss", "-Hltn", f"sport = {PORT}"),
                 f"{name}: a server listens")
    for _ in range(ROUNDS):
        for client, found in values.items():
            found.append(measure(host, client))
    host.sh("kill $(ip netns pids vmb) $(ip netns pids vmd)")
    for process in started:
        process.wait()
    ours, by_hand = median(values["vma"]), median(values["vmc"])
    results.add(NAME, f"{case}: with the policy", ours, unit)
    results.add(NAME, f"{case}: two flows by hand", by_hand, unit)
    # The other way round, since limits bound from above.
    results.add(NAME, f"{case}: by hand / with the policy", by_hand / ours,
                "ratio", limit=1 / least)


def run(host, results, say):
    database = start(host)
    set_up_ours(host, database)
    set_up_by_hand(host)
    compare(host, results, "established flow", "Gbit/s", throughput,
            ["iperf3", "-s", "-p", str(PORT)], 0.95)
    compare(host, results, "new connections", "1/s", connection_rate,
            ["/usr/bin/python3", "-c", ACCEPT, str(PORT)], 0.7)
    say(f"{NAME}: done")
