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

"""Live migrations of a VM between hosts, seen from behind a leaf switch."""

import os
import subprocess
import sys
from statistics import median

import fabric
from fabric import Network, wait_for

sys.path.append(os.path.join(fabric.TESTS, "system"))

from virt import Libvirt, Migration, Nic  # noqa: E402

NAME = "migration"
ROUNDS = 6
LIMIT = 20                      # ms beyond the guest's pause.
VNI = 10100
MAC = "02:01:00:d1:00:05"
IP = "10.0.0.5"
VM = "i-2-7-VM"


def set_up(the):
    """Starts libvirt on both hypervisors, and the VM on the first.  Returns
    the two, and a host behind the leaf."""
    the.up()
    subprocess.run([fabric.BOX, "link", "hv1", "mig", "hv2", "mig"],
                   check=True)
    libvirts = []
    for i, hv in enumerate((the.hv1, the.hv2)):
        hv.sh(f"ip addr add 172.31.0.{1 + i}/24 dev mig")
        libvirts.append(Libvirt(hv, f"172.31.0.{1 + i}"))
    red = Network("red", VNI)
    the.leaf.add_network(red)
    host = the.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                             ["10.0.0.11/24"])
    libvirts[0].create(VM, Nic(MAC, VNI, f"{IP}/24"))
    wait_for(lambda: host.ping(IP), "the VM answers")
    return libvirts, host


def measure(the, host, source, target):
    seen = Migration(VM, MAC, IP, host, the.leaf, source, target)
    source.migrate(VM, target)
    wait_for(lambda: host.ping(IP), "the VM answers")
    return seen.stop()


def run(_host, results, say):
    the = fabric.Fabric()
    libvirts = []
    try:
        libvirts, host = set_up(the)
        all_seen = []
        for i in range(ROUNDS):
            all_seen.append(measure(the, host, libvirts[i % 2],
                                    libvirts[1 - i % 2]))
            say(f"{NAME}: {all_seen[-1]}")
    finally:
        for libvirt in libvirts:
            libvirt.remove()
        the.down()

    def add(case, values, **kwargs):
        results.add(NAME, case, median(1000 * v for v in values), "ms",
                    **kwargs)

    add("guest's pause: median", [s.pause for s in all_seen])
    add("from its end to the first frame: median",
        [s.network for s in all_seen], limit=LIMIT)
    add("until BGP has told the leaf: median", [s.bgp for s in all_seen])
    add("from its end to the announcement: median",
        [s.announced - s.resumed for s in all_seen], limit=LIMIT)
    add("longest gap between answers: median", [s.gap for s in all_seen])
    results.add(NAME, "frames to the old host afterwards",
                sum(len(s.late_frames()) for s in all_seen), "", limit=0)
    results.add(NAME, "answers that came twice",
                sum(s.duplicates for s in all_seen), "", limit=0)
