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

"""A rule for the 10,000 members of a group, of whom one changes."""

import socket
import time

import testbed
from acl_ports import add_group, start
from openflow import Switch
from testbed import FIRST_VNI, median, percentile

NAME = "acl-members"
MEMBERS = 10000
ROUNDS = 60
TABLE_ACL_SET = 90              # As in flows/pipeline.h.


def member_ip(i):
    return f"10.{100 + (i >> 16)}.{i >> 8 & 255}.{i & 255}"


def add_members(database, network, group):
    """Port rows on other hosts, 1,000 in a transaction."""
    for first in range(0, MEMBERS, 1000):
        database.transact("OVS_Ext", *[
            {"op": "insert", "table": "Port", "row": {
                "name": f"member{i}", "network": network, "macs":
                testbed.mac_bytes(1, FIRST_VNI, i).hex(":"),
                "ips": member_ip(i), "security_groups": group}}
            for i in range(first, first + 1000)])


def set_up(host, database):
    host.networks(1)
    network = database.transact("OVS_Ext", {
        "op": "select", "table": "Network", "where": [],
        "columns": ["_uuid"]})[0]["rows"][0]["_uuid"]
    members = add_group(database, "members", [])
    web = add_group(database, "web", [
        {"direction": "ingress", "action": "allow", "protocol": "tcp",
         "port_min": 443, "remote_group": members}])
    database.transact("OVS_Ext", {
        "op": "update", "table": "Port", "where": [],
        "row": {"security_groups": web}})
    begin = time.perf_counter()
    add_members(database, network, members)
    host.settled(timeout=120)
    return time.perf_counter() - begin


def run(host, results, say):
    database = start(host)
    seconds = set_up(host, database)
    host.idle()
    switch = Switch(host, "br-int")
    results.add(NAME, "members come, with their rows", seconds, "s")
    results.add(NAME, "flows of members", switch.count(TABLE_ACL_SET),
                "flows", limit=MEMBERS, exactly=True)
    switch.watch()
    times = []
    cpu = host.cpu("ovs-ext")
    for i in range(ROUNDS):
        ip = f"10.99.0.{i}"
        host.settled()
        switch.events()
        database.transact("OVS_Ext", {
            "op": "update", "table": "Port",
            "where": [["name", "==", f"member{i * 100}"]],
            "row": {"ips": ip}})
        begin = time.perf_counter()
        testbed.wait_for_events([(switch, TABLE_ACL_SET,
                                  socket.inet_aton(ip))])
        times.append((time.perf_counter() - begin) * 1000)
    cpu = (host.cpu("ovs-ext") - cpu) * 1000 / ROUNDS
    switch.close()
    results.add(NAME, "one member changed: CPU of ovs-ext", cpu, "ms")
    say(f"{NAME}: one member changed: {median(times):.3f} ms")
    results.add(NAME, "one member changed: median", median(times), "ms",
                limit=5)
    results.add(NAME, "one member changed: 99 % within",
                percentile(times, 99), "ms")
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
