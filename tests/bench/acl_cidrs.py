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

"""A rule with 10,000 CIDRs comes."""

import time

from acl_ports import add_group, start
from fabric import wait_for
from openflow import Switch

NAME = "acl-cidrs"
CIDRS = 10000
TABLE_ACL_SET = 90              # As in flows/pipeline.h.


def run(host, results, say):
    database = start(host)
    host.networks(1)
    group = add_group(database, "web", [])
    database.transact("OVS_Ext", {
        "op": "update", "table": "Port", "where": [],
        "row": {"security_groups": group}})
    host.settled()
    host.idle()
    switch = Switch(host, "br-int")
    cidrs = [f"10.{i >> 8}.{i & 255}.0/24" for i in range(0, 2 * CIDRS, 2)]
    begin = time.perf_counter()
    database.transact(
        "OVS_Ext",
        {"op": "insert", "table": "Rule", "uuid-name": "r", "row": {
            "direction": "ingress", "action": "allow", "protocol": "tcp",
            "port_min": 443, "remote_cidrs": ["set", cidrs]}},
        {"op": "update", "table": "Security_Group", "where": [],
         "row": {"rules": ["named-uuid", "r"]}})
    wait_for(lambda: switch.count(TABLE_ACL_SET) == CIDRS, "all CIDRs",
             interval=0.002)
    seconds = time.perf_counter() - begin
    say(f"{NAME}: {CIDRS} CIDRs in {seconds:.3f} s")
    results.add(NAME, f"{CIDRS} CIDRs to flows", seconds, "s", limit=1)
    results.add(NAME, "resident", host.memory("ovs-ext")[0], "MB")
    host.settled()
    results.add(NAME, "longest iteration",
                host.status()["longest_iteration_ms"], "ms", limit=50)
    switch.close()
