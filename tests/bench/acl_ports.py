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

"""Ports in one security group: flows, a port more, a rule more, a restart."""

import struct
import time

import testbed
from jsonrpc import JsonRpc
from openflow import Switch
from testbed import FIRST_VNI, median, percentile

NAME = "acl-ports"
PORTS = 1000
RULES = 100
ROUNDS = 40
TABLE_ACL_TO = 52               # As in flows/pipeline.h.
TABLE_ACL_GROUP_RULE = 91
FIRST_PORT = 10000              # Of the rules, each of which has one.
NEW_PORT = 60000


def rule_row(port):
    return {"direction": "ingress", "action": "allow", "protocol": "tcp",
            "port_min": port}


def add_group(database, name, rows):
    """A security group with rules; returns its UUID."""
    names = [f"r{i}" for i in range(len(rows))]
    inserts = [{"op": "insert", "table": "Rule", "uuid-name": n, "row": row}
               for n, row in zip(names, rows)]
    result = database.transact("OVS_Ext", *inserts, {
        "op": "insert", "table": "Security_Group", "row": {
            "name": name,
            "rules": ["set", [["named-uuid", n] for n in names]]}})
    return result[-1]["uuid"]


def start(host):
    """Starts ovs-ext; returns a connection to the databases.  The server
    closes those that there are when it is given OVS_Ext."""
    host.start_ovs_ext()
    host.settled()
    return JsonRpc(host, "/run/openvswitch/db.sock")


def set_up(host, database):
    """The ports, all but one of which are interfaces that say so."""
    ports = [(FIRST_VNI, i) for i in range(PORTS + 1)]
    host.ctl([["net-add", f"net{FIRST_VNI}", FIRST_VNI]])
    host.ctl([["port-add", f"net{vni}", f"p{vni}-{i}",
               testbed.mac_bytes(0, vni, i).hex(":"),
               f"10.{i >> 8}.{i & 255}.1"] for vni, i in ports])
    group = add_group(database, "web",
                      [rule_row(FIRST_PORT + i) for i in range(RULES)])
    # Port security and ARP suppression have flows of their own.
    database.transact("OVS_Ext", {
        "op": "update", "table": "Port", "where": [],
        "row": {"security_groups": group, "port_security": False}}, {
        "op": "update", "table": "Network", "where": [],
        "row": {"arp_suppression": False}})
    for i in range(0, PORTS, 250):
        host.interfaces(ports[i:i + 250])
    host.interfaces(ports[PORTS:], ids=False)
    host.settled(timeout=120)
    host.idle()
    return group


def time_port(host, switch, database):
    """ms until another port has its flows, and until it has none."""
    name = f"p{FIRST_VNI}-{PORTS}"
    ofport = struct.pack("!I", int(host.run("ovs-vsctl", "get", "Interface",
                                            name, "ofport")))
    times = []
    for _ in range(ROUNDS):
        for ids in ([["iface-id", name]], []):
            host.settled()
            switch.events()
            database.transact("Open_vSwitch", {
                "op": "update", "table": "Interface",
                "where": [["name", "==", name]],
                "row": {"external_ids": ["map", ids]}})
            start = time.perf_counter()
            testbed.wait_for_events([(switch, TABLE_ACL_TO, ofport)])
            if ids:
                times.append((time.perf_counter() - start) * 1000)
    return times


def time_rule(host, switch, database, group):
    """ms until one rule more has its flows."""
    times = []
    for i in range(ROUNDS):
        port = NEW_PORT + i
        host.settled()
        switch.events()
        database.transact(
            "OVS_Ext",
            {"op": "insert", "table": "Rule", "uuid-name": "r",
             "row": rule_row(port)},
            {"op": "mutate", "table": "Security_Group",
             "where": [["_uuid", "==", group]], "mutations": [
                 ["rules", "insert", ["set", [["named-uuid", "r"]]]]]})
        start = time.perf_counter()
        testbed.wait_for_events([(switch, TABLE_ACL_GROUP_RULE,
                                  struct.pack("!H", port))])
        times.append((time.perf_counter() - start) * 1000)
    return times


def run(host, results, say):
    database = start(host)
    group = set_up(host, database)
    flows = host.status()["flows"]
    say(f"{NAME}: {PORTS} ports, {RULES} rules: {flows} flows")
    results.add(NAME, "flows", flows, "flows", limit=5000)
    results.add(NAME, "resident", host.memory("ovs-ext")[0], "MB", limit=60)
    switch = Switch(host, "br-int")
    switch.watch()
    for case, times in (("a port more", time_port(host, switch, database)),
                        ("a rule more", time_rule(host, switch, database,
                                                  group))):
        say(f"{NAME}: {case}: {median(times):.3f} ms")
        results.add(NAME, f"{case}: median", median(times), "ms", limit=5)
        results.add(NAME, f"{case}: 99 % within", percentile(times, 99), "ms")
    switch.close()
    host.stop_ovs_ext()
    host.start_ovs_ext()
    host.settled()
    results.add(NAME, "restart: flows modified", host.status()["flow_mods"],
                "flows", limit=0, exactly=True)
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
