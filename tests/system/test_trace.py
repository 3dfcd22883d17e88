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

"""What "trace" says of a packet, and that real ones fare so."""

import pytest

from fabric import Failure
from test_acl import connect, group_uuid, listen, red, servers, set_acl
from test_acl import set_group

pytestmark = pytest.mark.acl
__all__ = ["red", "servers"]    # Fixtures.


def trace(hv, *args):
    return hv.appctl_json("trace", *args)


def verdicts(hv, *args):
    """[(decision, by)] of the copies of a packet."""
    return [(line["decision"], line["by"]) for line in trace(hv, *args)
            if line["stage"] == "verdict"]


def test_both_ports(lab, red, servers):
    """Between two ports of this host, whoever is asked."""
    hv = lab.hv1
    listen(servers, red.vm1, 80)
    rule, = set_group(hv, "web", "vm1", ["direction=ingress", "protocol=tcp",
                                         "port_min=80"])
    hv.run("ovs-ext-ctl", "--wait=host", "set", "Port", "vm5",
           f"security_groups={group_uuid(hv, 'web')}")
    packet = "tcp,nw_src=10.0.0.5,nw_dst=10.0.0.1,tcp_dst=80"
    for port in ("vm5", "vm1"):
        (decision, by), = verdicts(hv, port, packet)
        assert decision == "delivered to port vm1"
        assert by == ("egress: default of the groups; ingress: "
                      f"rule {rule} of group web")
    assert connect(red.vm5, "10.0.0.1", 80) == "connected"
    (decision, by), = verdicts(hv, "vm5", "tcp,nw_dst=10.0.0.1,tcp_dst=81")
    assert (decision, by) == ("dropped by the ingress ACL of port vm1",
                              "default of the groups")
    assert connect(red.vm5, "10.0.0.1", 81) == "timeout"
    out, = set_acl(hv, "red", ["direction=egress", "action=reject",
                               "priority=5", "protocol=tcp"])
    (decision, by), = verdicts(hv, "vm5", packet)
    assert decision == "rejected by the egress ACL of port vm5"
    assert by == f"rule {out} of network red"
    assert connect(red.vm5, "10.0.0.1", 80) == "refused"
    lines = trace(hv, "vm5", packet)
    assert [line["by"] for line in lines if line["table"] == "86"] == [
        f"rule {out} of network red"]


def test_elsewhere(lab, red):
    """To other hosts, from them, to many, and what never gets that far."""
    hv = lab.hv1
    assert verdicts(hv, "vm1", "icmp,nw_dst=10.0.0.2") == [
        ("sent to VTEP 192.0.2.12", "")]
    assert verdicts(hv, "vm1", "tcp6,ipv6_src=fd00::2,ipv6_dst=fd00::1") == [
        ("delivered to port vm1", "")]
    assert verdicts(hv, "vm1", "arp,arp_op=1,arp_spa=10.0.0.1,arp_sha="
                    "52:54:00:00:00:01,arp_tpa=10.0.0.2") == [
        ("answered to the sender", "")]
    assert sorted(verdicts(hv, "vm1", "udp,dl_dst=ff:ff:ff:ff:ff:ff")) == [
        ("delivered to port vm5", ""), ("sent to VTEP 192.0.2.101", ""),
        ("sent to VTEP 192.0.2.12", "")]
    set_group(hv, "web", "vm5")
    assert sorted(verdicts(hv, "vm1", "udp,dl_dst=ff:ff:ff:ff:ff:ff"))[0] == (
        "dropped by the ingress ACL of port vm5", "default of the groups")
    assert verdicts(hv, "vm1", "tcp,nw_src=192.0.2.9,nw_dst=10.0.0.2") == [
        ("dropped by port security: ip-spoof", "port vm1")]


def test_mistakes(lab, red):
    hv = lab.hv1
    for args, text in ((("vm9", "tcp"), 'no port "vm9" on this host'),
                       (("vm1",), "no packet"),
                       (("vm1", "tcp,foo=1"), "unknown field foo"),
                       (("vm1", "icmp,nw_dst=10.0.0.99"), "say dl_dst"),
                       (("vm1", "tcp", "more"), "unexpected argument")):
        with pytest.raises(Failure, match=text):
            hv.appctl("trace", *args)
