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

"""Routes of a VPC, from ovs-ext's copy of the kernel to the switch."""

import os

from fabric import BUILD
from testbed import median

NAME = "routes"
N = 20_000
ROUNDS = 3
PROGRAM = os.path.join(BUILD, "tests", "bench", "feed-routes")
ROUTES = "cookie=0x6f650d0000000000/0xffffff0000000000,table=29"


def start(host):
    """A bridge that nobody but the program looks after."""
    host.run("ovs-vsctl", "add-br", "br-int", "--", "set", "bridge", "br-int",
             "datapath_type=netdev", "fail_mode=secure",
             "protocols=[OpenFlow10,OpenFlow15]")


def feed(host, changes):
    """(seconds until the switch has all, milliseconds of each change,
    modifications of flows, flows of routes then)."""
    for command in ("del-flows", "del-groups", "del-meters"):
        host.run("ovs-ofctl", "-O", "OpenFlow15", command, "br-int")
    lines = host.run(PROGRAM, N, changes, timeout=120).split()
    flows = host.run("ovs-ofctl", "-O", "OpenFlow15", "dump-aggregate",
                     "br-int", ROUTES)
    return (float(lines[0]), [float(t) for t in lines[1:-1]],
            int(lines[-1]), int(flows.split("flow_count=")[1]))


def run(host, results, say):
    start(host)
    rounds = [feed(host, 0) for _ in range(ROUNDS)]
    results.add(NAME, f"{N} routes to flows",
                median([seconds for seconds, _, _, _ in rounds]), "s",
                limit=1)
    results.add(NAME, "flows of routes", rounds[0][3], "", limit=N)
    results.add(NAME, "modifications of flows", rounds[0][2], "", limit=N)
    say(f"{NAME}: done")
