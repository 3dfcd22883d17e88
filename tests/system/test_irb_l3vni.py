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

"""What comes by the L3VNI of a VPC, from the routers of other VTEPs."""

import socket
import struct

import pytest

import frames
from frames import BROADCAST, mac_bytes
import neighbors
from test_acl import set_group
from test_irb_local import addresses, checksum, gateway_mac, GATEWAYS
from test_irb_packets import Router, vpc  # noqa: F401

pytestmark = pytest.mark.irb

LEAF_MAC = "06:6f:00:00:00:65"  # Of the router that sends.
PROTOCOLS = pytest.mark.parametrize("family", [4, 6])


@pytest.fixture
def router(lab, vpc):           # noqa: F811
    router = Router(lab)
    yield router
    router.socket.close()


def send(router, frame, l3vni=9):
    router.socket.sendto(struct.pack("!II", 0x08000000, l3vni << 8) + frame,
                         router.to)


def udp(router, ip, text, to=None, source="10.9.0.1"):
    return frames.udp(to or router.mac, LEAF_MAC, source, ip, 7, text)


def test_it_is_routed_to_where_it_is(lab, vpc, router, wire):  # noqa: F811
    """To a VM here, and to one on another host, that of a network of which
    ports are here: by that network, as what comes by an L3VNI does not leave
    by one."""
    vm2, vm3, vm4, _ = vpc["members"]
    with frames.nics(vm2, vm3, vm4) as nics:
        for nic in nics:
            vm = nic.host
            send(router, udp(router, addresses(vm)[0], f"to-{vm.name}"))
            nic.wait_for(f"to-{vm.name}")
            frame, = [f for f in nic.poll() if b"to-" in f]
            assert frame[:12] == mac_bytes(vm.mac) + mac_bytes(
                gateway_mac(vm.network))
            assert frame[22] == 63
    assert wire.tunnel_packets("to-vm2") == [
        (lab.leaf.vtep, lab.hv1.vtep, 9)]
    assert wire.tunnel_packets("to-vm4") == sorted([
        (lab.leaf.vtep, lab.hv1.vtep, 9),
        (lab.hv1.vtep, lab.hv2.vtep, vpc["red"].vni)])


def test_what_is_not_for_this_router(lab, vpc, router, wire):  # noqa: F811
    """Other MACs, other protocols, VLAN tags, other VNIs: dropped."""
    vm2 = vpc["members"][0]
    ip = addresses(vm2)[0]
    tagged = udp(router, ip, "never tagged")
    tagged = tagged[:12] + b"\x81\x00\x00\x07" + tagged[12:]
    never = [
        *(udp(router, ip, f"never {to}", to) for to in (
            vm2.mac, gateway_mac(vpc["red"]), BROADCAST,
            "06:6f:c0:00:02:0c")),
        tagged,
        frames.frame(router.mac, LEAF_MAC, "never"),
        neighbors.arp(neighbors.REQUEST, LEAF_MAC, "10.9.0.1", ip,
                      to=router.mac),
        udp(router, "224.0.0.5", "never multicast"),
        udp(router, ip, "never from there", source="127.0.0.1"),
    ]
    with frames.nics(*vpc["members"]) as nics:
        for frame in never:
            send(router, frame)
        send(router, udp(router, ip, "never-8"), l3vni=8)
        send(router, udp(router, ip, "end"))
        nics[0].wait_for("end")
        for nic in nics:
            assert not [f for f in nic.poll()
                        if b"never" in f or f in never], nic.name
        assert not [f for f in neighbors.on_wire(wire)
                    if b"never" in f and f[:6] != mac_bytes(router.mac)
                    and f[6:12] != mac_bytes(LEAF_MAC)]


def echo_request(router, source, ip):
    """ICMP or ICMPv6."""
    body = struct.pack("!BBHHH", 128 if ":" in ip else 8, 0, 0, 77,
                       1) + b"payload."
    if ":" in ip:
        return neighbors.icmp6(LEAF_MAC, source, router.mac, ip, body, 64)
    body = body[:2] + checksum(body) + body[4:]
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64,
                         socket.IPPROTO_ICMP, 0, socket.inet_aton(source),
                         socket.inet_aton(ip))
    header = header[:10] + checksum(header) + header[12:]
    return (mac_bytes(router.mac) + mac_bytes(LEAF_MAC) + b"\x08\x00"
            + header + body)


@PROTOCOLS
def test_echo_to_the_gateway(lab, vpc, router, family):  # noqa: F811
    """The reply is routed to whom the request is from."""
    vm5 = vpc["members"][3]
    source = addresses(vm5)[family == 6]
    gateway = GATEWAYS["red"][family == 6]
    wanted = neighbors.packed(gateway) + neighbors.packed(source)
    with frames.nics(vm5) as (nic,):
        send(router, echo_request(router, source, gateway))
        nic.wait_for("payload")
        frame, = [f for f in nic.poll() if b"payload" in f]
        header = 14 + (40 if family == 6 else 20)
        assert wanted in frame[:header]
        assert frame[header] == (129 if family == 6 else 0)
        assert frame[6:12] == mac_bytes(gateway_mac(vpc["blue"]))
        if family == 4:
            assert checksum(frame[header:]) == bytes(2)


def test_policy_is_in_force(lab, vpc, router):  # noqa: F811
    """Of whoever receives it."""
    vm2, vm3 = vpc["members"][:2]
    set_group(lab.hv1, "web", vm3.name, ["direction=ingress", "protocol=udp",
                                         "remote_cidrs=10.9.0.2/32"])
    with frames.nics(vm2, vm3) as (_, n3):
        send(router, udp(router, addresses(vm3)[0], "first"))
        send(router, udp(router, addresses(vm3)[0], "second",
                         source="10.9.0.2"))
        n3.wait_for("second")
        assert n3.count("first") == 0
