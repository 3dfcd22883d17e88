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

"""What the switch can do is asked of it, and obeyed."""

import pytest

from fabric import wait_for

pytestmark = pytest.mark.switch


def nd(hv):
    """How neighbor solicitations are answered."""
    return hv.status()["suppression"].split(", ND ")[1]


def restart_ovs_ext(hv):
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled()


def test_nd_extension_is_asked_of_the_datapath(lab):
    """The userspace datapath has it; told that it has not, it refuses."""
    hv = lab.hv1
    lab.settled()
    assert nd(hv) == "by flows"

    lab.finally_do(lambda: restart_ovs_ext(hv))
    lab.finally_do(lambda: hv.run("ovs-appctl", "dpif/set-dp-features",
                                  "br-int", "nd_ext", "true"))
    lab.expect("ofproto_dpif.*Rejecting")
    hv.run("ovs-appctl", "dpif/set-dp-features", "br-int", "nd_ext",
           "false")
    restart_ovs_ext(hv)
    assert nd(hv) == "by packet-in"
    assert not hv.appctl_json("problems")
    # It was only asked.
    assert "table=253" not in hv.run("ovs-ofctl", "-O", "OpenFlow15",
                                     "dump-flows", "br-int")


def test_the_answer_follows_a_restart_of_the_switch(lab):
    hv = lab.hv1
    hv.kill("ovs-vswitchd")
    lab.expect(r"\|rconn\|")
    wait_for(lambda: hv.status()["switch"] == "not connected", "no switch")
    # What was known last is kept, lest all be generated again for nothing.
    assert nd(hv) == "by flows"
    hv.start_vswitchd()
    wait_for(lambda: hv.status()["switch"] == "connected", "switch")
    hv.settled()
    assert nd(hv) == "by flows"
