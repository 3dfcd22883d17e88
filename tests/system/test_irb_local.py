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

"""The gateway on the host: traffic between networks of a VPC, also where the
kernel has no VRFs."""

import itertools

import pytest

from fabric import DATAPATH, UNDERLAY_MTU, wait_for
import frames
import neighbors
from test_acl import connect, set_acl, set_group
from test_restart import flows, Ping

pytestmark = pytest.mark.irb

GATEWAYS = {"red": ("10.0.1.1", "fd01::1"), "blue": ("10.0.2.1", "fd02::1")}
SUBNETS = {"red": 1, "blue": 2}


def make_vpc(lab, name="v", l3vni=9, networks=(("red", 10100),
                                               ("blue", 10200))):
    """A VPC with red and blue on both hypervisors; returns the networks."""
    made = {}
    commands = [["vpc-add", name, l3vni]]
    for network, vni in networks:
        kind = network.split("-")[-1]
        v4, v6 = GATEWAYS[kind]
        made[kind] = lab.network(network, vni)
        commands += [["net-add", network, vni], ["net-set-vpc", network,
                                                 name],
                     ["net-set-gateway", network, f"{v4}/24", f"{v6}/64"]]
    words = ["ovs-ext-ctl"]
    for command in commands:
        words += ["--", *command]
    for hv in lab.hypervisors:
        hv.run(*words)
    # There may be no VRFs, which is told of each VPC.
    lab.expect(f"vpc-{l3vni}|L3VNI")
    return made


def add_vm(lab, hv, n, network, name=None):
    """VM number 'n' of 'network', which has a default route."""
    kind = network.name.split("-")[-1]
    subnet = SUBNETS[kind]
    vm = lab.vm(hv, name or f"vm{n}", network,
                f"52:54:00:00:0{subnet}:{n:02x}", f"10.0.{subnet}.{n}/24",
                f"fd0{subnet}::{n}/64")
    vm.run("ip", "route", "add", "default", "via", GATEWAYS[kind][0])
    vm.run("ip", "-6", "route", "add", "default", "via", GATEWAYS[kind][1])
    return vm


def addresses(vm):
    return [ip.split("/")[0] for ip in vm.ips]


def ping_all(members):
    for a, b in itertools.permutations(members, 2):
        for ip in addresses(b):
            wait_for(lambda a=a, ip=ip: a.ping(ip),
                     f"{a.name}: ping of {b.name} {ip}")


def gateway_mac(network):
    return "02:6f:65:" + ":".join(
        f"{byte:02x}" for byte in network.vni.to_bytes(3, "big"))


@pytest.fixture
def vpc(lab):
    """red with vm2 on hv1 and vm4 on hv2, blue with vm3 and vm5 likewise."""
    networks = make_vpc(lab)
    networks["members"] = [
        add_vm(lab, lab.hv1, 2, networks["red"]),
        add_vm(lab, lab.hv1, 3, networks["blue"]),
        add_vm(lab, lab.hv2, 4, networks["red"]),
        add_vm(lab, lab.hv2, 5, networks["blue"]),
    ]
    lab.settled()
    for name in ("red", "blue"):
        lab.converged(networks[name], *(
            m for m in networks["members"] if m.network.name == name))
    return networks


@pytest.mark.datapath
def test_members_reach_each_other(lab, vpc):
    """In the same network and in the other one, here and on the other host,
    and the gateways."""
    ping_all(vpc["members"])
    for vm in vpc["members"]:
        for ip in (*GATEWAYS["red"], *GATEWAYS["blue"]):
            assert vm.ping(ip), f"{vm.name} {ip}"


def set_network(lab, name, *columns):
    for hv in lab.hypervisors:
        hv.change("set", "Network", name, *columns)
    lab.in_effect()


@pytest.mark.parametrize("suppression", ["true", "false"])
@pytest.mark.parametrize("family", [4, 6])
def test_gateway_answers_here(lab, vpc, wire, family, suppression):
    """Requests for its address, multicast and unicast, and those by which
    somebody wants to know if it is free, get one answer, from this host; no
    other host hears of them."""
    vm2, _, vm4, _ = vpc["members"]
    red = vpc["red"]
    ip = GATEWAYS["red"][family == 6]
    mine = addresses(vm2)[family == 6]
    mac = gateway_mac(red)
    set_network(lab, "red", f"arp_suppression={suppression}")
    with frames.nics(vm2, vm4) as (n2, n4):
        for data in (neighbors.ask(vm2.mac, mine, ip),
                     neighbors.ask(vm2.mac, mine, ip, to=mac),
                     neighbors.probe(vm2.mac, ip)):
            n2.frames = []
            n2.send(data)
            wait_for(lambda: any(neighbors.answers(f, ip) for f in n2.poll()),
                     "answer")
            frames.drain([n2, n4], data[-8:].hex())
            found = [f for f in n2.poll() if neighbors.answers(f, ip)]
            assert [neighbors.said_mac(f) for f in found] == [mac]
            assert data not in n4.poll()
            assert not any(data in f for f in neighbors.on_wire(wire))
    if family == 6:
        # Whoever has no address yet hears it, too (RFC 4861 section 7.2.4).
        assert found[0][:6] == frames.mac_bytes("33:33:00:00:00:01")


@pytest.mark.parametrize("family", [4, 6])
def test_others_say_nothing_of_the_gateway(lab, vpc, family):
    """Neither requests for it nor announcements that come by a tunnel reach a
    VM, and what another host sends to its MAC is nobody's."""
    vm2, _, vm4, _ = vpc["members"]
    set_network(lab, "red", "arp_suppression=false")
    lab.hv2.change("set", "Port", vm4.name, "port_security=false")
    # The other host does not know of the gateway.
    lab.hv2.change("net-set-vpc", "red")
    lab.finally_do(lambda: lab.hv2.change("net-set-vpc", "red", "v"))
    lab.in_effect()
    ip = GATEWAYS["red"][family == 6]
    mac = gateway_mac(vpc["red"])
    never = [neighbors.ask(vm4.mac, addresses(vm4)[family == 6], ip),
             neighbors.probe(vm4.mac, ip), neighbors.announce(vm4.mac, ip),
             frames.frame(mac, vm4.mac, "to-gateway")]
    with frames.nics(vm2, vm4) as (n2, n4):
        for data in never:
            n4.send(data)
        frames.drain([n2, n4], "end")
        assert [f for f in n2.poll() if f in never] == []


def test_routed_frames(lab, vpc, wire):
    """They come from the gateway's MAC, with one hop less; what has none left
    does not come, nor what is not for unicast addresses."""
    vm2, vm3, _, vm5 = vpc["members"]
    ping_all([vm2, vm3, vm5])
    to = gateway_mac(vpc["red"])
    with frames.nics(vm2, vm3, vm5) as (n2, n3, n5):
        def udp(ip, text, ttl=64):
            data = bytearray(frames.udp(to, vm2.mac, addresses(vm2)[0], ip,
                                        7, text))
            data[22] = ttl
            data[24:26] = checksum(bytes(data[14:24]) + bytes(2)
                                   + bytes(data[26:34]))
            n2.send(bytes(data))
        for nic, ip in ((n3, addresses(vm3)[0]), (n5, addresses(vm5)[0])):
            udp(ip, f"one {ip}", ttl=1)
            udp(ip, f"zero {ip}", ttl=0)
            udp(ip, f"two {ip}", ttl=2)
            nic.wait_for(f"two {ip}")
            udp(ip, f"last {ip}")
            nic.wait_for(f"last {ip}")
            for word in ("one", "zero"):
                assert nic.count(f"{word} {ip}") == 0
            frame, = [f for f in nic.poll() if b"two" in f]
            assert frame[:12] == frames.mac_bytes(
                nic.host.mac) + frames.mac_bytes(gateway_mac(vpc["blue"]))
            assert frame[22] == 1 and checksum(frame[14:34]) == bytes(2)
        for ip in ("224.0.0.9", "255.255.255.255", "169.254.1.1",
                   "127.0.0.1"):
            udp(ip, f"never {ip}")
        udp(addresses(vm5)[0], "end")
        n5.wait_for("end")
        assert not any(b"never" in f for n in (n3, n5) for f in n.poll())
        assert wire.tunnel_packets("never") == []


def checksum(data):
    """That of the Internet (RFC 1071), or 0 if 'data' has a right one."""
    total = sum(int.from_bytes(data[i:i + 2], "big")
                for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return (~total & 0xffff).to_bytes(2, "big")


def test_back_to_where_it_came_from(lab, vpc):
    """A VM reaches another address of its own by the gateway."""
    vm2 = vpc["members"][0]
    lab.hv1.change("add", "Port", vm2.name, "ips", "10.0.1.99")
    lab.in_effect()
    with frames.nics(vm2) as (n2,):
        n2.send(frames.udp(gateway_mac(vpc["red"]), vm2.mac,
                           addresses(vm2)[0], "10.0.1.99", 7, "hairpin"))
        n2.wait_for("hairpin")
        frame, = [f for f in n2.poll() if b"hairpin" in f]
        assert frame[6:12] == frames.mac_bytes(gateway_mac(vpc["red"]))


def test_policy_of_what_a_vm_sends_itself(lab, vpc):
    """It may be sent if the VM may send it, and then it comes back: what a
    port may receive is about others."""
    vm2, vm3 = vpc["members"][:2]
    hv = lab.hv1
    hv.change("add", "Port", vm2.name, "ips", "10.0.1.99")
    rule, = set_group(hv, "quiet", vm2.name, ["direction=egress",
                                              "protocol=udp"])
    lab.in_effect()
    with frames.nics(vm2, vm3) as (n2, n3):
        def send(nic, to, text):
            mine = addresses(nic.host)[0]
            nic.send(frames.udp(gateway_mac(nic.host.network), nic.host.mac,
                                mine, to, 7, text))
        send(n2, "10.0.1.99", "first")
        n2.wait_for("first")
        send(n2, "10.0.1.99", "second")
        n2.wait_for("second")
        send(n3, "10.0.1.99", "of-vm3")
        send(n2, "10.0.1.99", "third")
        n2.wait_for("third")
        assert n2.count("of-vm3") == 0
        hv.change("set", "Rule", rule, "protocol=tcp")
        send(n2, "10.0.1.99", "refused")
        hv.change("set", "Rule", rule, "protocol=udp",
                  f"remote_cidrs={addresses(vm3)[0]}/32")
        send(n2, addresses(vm3)[0], "end")
        n3.wait_for("end")
        assert n2.count("refused") == 0


@pytest.mark.parametrize("family", [4, 6])
def test_echo_in_fragments(lab, vpc, family):
    """Also longer requests are answered, by the own gateway and by that of
    another network."""
    vm2 = vpc["members"][0]
    for network in ("red", "blue"):
        vm2.run("ping", "-c", "1", "-W", "2", "-s", "4000",
                GATEWAYS[network][family == 6])


def test_vpcs_are_apart(lab, vpc):
    """Two VPCs with the same MACs, IPs and gateways: who is in the one never
    hears of the other, and each reaches its own."""
    other = make_vpc(lab, "w", 8, [("w-red", 20100), ("w-blue", 20200)])
    twins = [add_vm(lab, lab.hv2, 2, other["red"], "w2"),
             add_vm(lab, lab.hv1, 3, other["blue"], "w3"),
             add_vm(lab, lab.hv1, 4, other["red"], "w4"),
             add_vm(lab, lab.hv2, 6, other["blue"], "w6")]
    for kind in ("red", "blue"):
        lab.converged(other[kind], *(t for t in twins
                                     if t.network is other[kind]))
    ping_all(twins)
    ping_all(vpc["members"])
    # vm5 has no twin.
    for ip in addresses(vpc["members"][3]):
        assert not twins[0].ping(ip)
    with frames.nics(*vpc["members"], *twins) as nics:
        by_name = {n.host.name: n for n in nics}
        for name, red in (("vm2", vpc["red"]), ("w2", other["red"])):
            vm = by_name[name].host
            by_name[name].send(frames.udp(gateway_mac(red), vm.mac,
                                          "10.0.1.2", "10.0.2.3", 7,
                                          f"of-{name}"))
        by_name["vm3"].wait_for("of-vm2")
        by_name["w3"].wait_for("of-w2")
        assert by_name["vm3"].count("of-w2") == 0
        assert by_name["w3"].count("of-vm2") == 0


def test_policy_is_in_force(lab, vpc):
    """Of groups and networks, for what is routed as for what is not."""
    hv = lab.hv1
    vm2, vm3, _, vm5 = vpc["members"]
    set_group(hv, "web", vm3.name, ["direction=ingress", "protocol=tcp",
                                    "port_min=443"])
    ip, blue_ip = addresses(vm3)[0], addresses(vm5)[0]
    assert not vm2.ping(ip) and not vm2.ping(addresses(vm3)[1])
    assert not vpc["members"][2].ping(ip)
    # What it begins itself comes back.
    assert vm3.ping(addresses(vm2)[0]) and vm3.ping(addresses(vm2)[1])
    assert connect(vm2, ip, 443) == "refused"
    assert connect(vm2, ip, 80) == "timeout"
    # The gateway answers whoever may ask.
    assert vm3.ping(GATEWAYS["blue"][0])
    rule, = set_acl(hv, "red", ["direction=egress", "action=drop",
                                f"remote_cidrs={blue_ip}/32"])
    assert not vm2.ping(blue_ip) and vm2.ping(addresses(vm5)[1])
    hv.change("clear", "Network", "red", "acl")
    assert vm2.ping(blue_ip)


def test_restart(lab, vpc):
    """Nothing is lost or written when ovs-ext dies and comes back."""
    vm2, vm3, vm4, vm5 = vpc["members"]
    ping_all(vpc["members"])
    lab.settled()
    before = flows(lab.hv1)
    pings = [Ping(lab, vm2, addresses(vm3)[0]),
             Ping(lab, vm2, addresses(vm5)[0]),
             Ping(lab, vm4, addresses(vm3)[1]),
             Ping(lab, vm3, GATEWAYS["blue"][0])]
    for _ in range(2):
        lab.hv1.kill("ovs-ext")
        assert vm2.ping(addresses(vm5)[0], count=3)
        lab.hv1.start_ovs_ext()
        lab.hv1.settled()
        status = lab.hv1.status()
        assert status["flow_mods"] == 0
    for ping in pings:
        assert ping.lost() == [], ping.name
    assert flows(lab.hv1) == before


def test_changes(lab, vpc):
    """Another address and MAC of the gateway, and a network that leaves its
    VPC and comes back, are in effect at once."""
    vm2, vm3 = vpc["members"][:2]
    hv = lab.hv1
    hv.change("--mac=52:54:00:00:00:fe", "net-set-gateway", "red",
              "10.0.1.254/24", "fd01::1/64")
    lab.in_effect()
    vm2.run("ip", "neigh", "flush", "dev", "eth0")
    vm2.run("ip", "route", "replace", "default", "via", "10.0.1.254")
    wait_for(lambda: vm2.ping(addresses(vm3)[0]), "new gateway")
    assert not vm2.ping(GATEWAYS["red"][0])
    assert "52:54:00:00:00:fe" in vm2.run("ip", "neigh", "show", "10.0.1.254")
    hv.change("net-set-vpc", "blue")
    lab.in_effect()
    assert not vm2.ping(addresses(vm3)[0])
    assert vm2.ping("10.0.1.254")
    hv.change("net-set-vpc", "blue", "v")
    lab.in_effect()
    assert vm2.ping(addresses(vm3)[0])


def test_underlay_too_small(lab, vpc):
    """It is a problem of the networks whose packets do not fit; also those
    that are to be routed may be no longer than their network's."""
    hv = lab.hv1

    def problems():
        return {p["object"]: p["problem"] for p in hv.appctl_json("problems")
                if p["topic"] == "mtu"}

    def set_mtu(mtu):
        if DATAPATH == "netdev":
            hv.run("ovs-vsctl", "set", "Interface", "br-phy",
                   f"mtu_request={mtu}")
        else:
            hv.run("ip", "link", "set", "uplink", "mtu", mtu)

    assert problems() == {}
    lab.finally_do(lambda: set_mtu(UNDERLAY_MTU))
    set_mtu(1549)
    wait_for(lambda: set(problems()) == {"network/red", "network/blue"},
             "problems", on_timeout=problems)
    assert "raise that to 1550, or set \"mtu\" of the network to 1499" in (
        problems()["network/red"])
    hv.change("set", "Network", "red", "mtu=1499")
    assert set(problems()) == {"network/blue"}
    set_mtu(UNDERLAY_MTU)
    wait_for(lambda: problems() == {}, "no problem", on_timeout=problems)


@pytest.mark.parametrize("family", [4, 6])
def test_network_with_a_small_mtu(lab, vpc, family):
    """What is longer is not routed to it."""
    vm2, vm3 = vpc["members"][:2]
    set_network(lab, "blue", "mtu=1300")
    ip = addresses(vm3)[family == 6]
    overhead = 8 + (40 if family == 6 else 20)

    def ping(size):
        return not vm2.try_run("ping", "-c", "1", "-W", "2", "-M", "do", "-s",
                               size - overhead, ip)[0]
    assert ping(1300)
    assert not ping(1301)
    assert ping(1300)
    set_network(lab, "blue", "mtu=1400")
    vm2.run("ip", "-6" if family == 6 else "-4", "route", "flush", "cache")
    assert ping(1400)
