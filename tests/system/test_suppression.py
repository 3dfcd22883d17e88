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

"""Quiet networks: ARP and neighbor discovery are answered on the host."""

import itertools
import time

import pytest

from fabric import DATAPATH, wait_for
import frames
import neighbors
from neighbors import announce, answers, ask, asks_for, probe

pytestmark = [pytest.mark.quiet, pytest.mark.datapath]

FAMILIES = pytest.mark.parametrize("family", [4, 6])


def ip_of(member, family):
    return member.ips[family == 6].split("/")[0]


@pytest.fixture
def red(lab):
    """vm1 and vm3 on hv1, vm2 and vm4 on hv2, bm1 behind the leaf, whose IPs
    nobody announces."""
    network = lab.trio()
    network.vm1, network.vm2, network.bm1 = network.members
    network.vm3 = lab.nth_vm(lab.hv1, 3, network)
    network.vm4 = lab.nth_vm(lab.hv2, 4, network)
    network.members += [network.vm3, network.vm4]
    network.vms = [m for m in network.members if m is not network.bm1]
    # They send what others would, too.
    for vm in network.vms:
        vm.hv.run("ovs-ext-ctl", "--wait=host", "--if-exists", "set", "Port",
                  vm.name, "port_security=false")
    known(lab, network)
    return network


def known(lab, network):
    """Waits until each hypervisor knows all IPs of VMs."""
    lab.converged(network, *network.vms)
    ips = {ip.split("/")[0] for vm in network.vms for ip in vm.ips}
    for hv in lab.hypervisors:
        wait_for(lambda hv=hv: ips <= {
            n["ip"] for n in hv.appctl_json("evpn/neighbors", network.vni)},
            f"{hv.name}: IPs of {network.name}")
    lab.in_effect()


def configure(lab, network, *columns):
    for hv in lab.hypervisors:
        hv.run("ovs-ext-ctl", "--may-exist", "net-add", network.name,
               network.vni, "--", "set", "Network", network.name, *columns)
        hv.run("ovs-ext-ctl", "--wait=host", "init")
    lab.in_effect()


def silence(*hosts):
    """Takes the addresses from what would answer by itself.  What is known of
    it stays."""
    for host in hosts:
        host.run("ip", "addr", "flush", "dev", host.device)


def requests(nic, ip):
    return [f for f in nic.poll() if asks_for(f, ip)]


def replies(nic, ip):
    return [f for f in nic.poll() if answers(f, ip)]


def reply(nic, ip):
    """The one answer that comes."""
    wait_for(lambda: replies(nic, ip), f"{nic.name}: answer about {ip}")
    found = replies(nic, ip)
    nic.frames = []
    assert len(found) == 1, [f.hex() for f in found]
    return found[0]


def asked_on_wire(wire, ip):
    return [f for f in neighbors.on_wire(wire) if asks_for(f, ip)]


@pytest.fixture
def no_extension(lab):
    """The switches cannot make neighbor advertisements, as the kernel's
    datapath."""
    if DATAPATH == "system":
        return

    def set_extension(value):
        for hv in lab.hypervisors:
            hv.run("ovs-appctl", "dpif/set-dp-features", "br-int", "nd_ext",
                   value)
            hv.kill("ovs-ext")
            hv.start_ovs_ext()
            hv.settled()

    lab.expect("ofproto_dpif.*Rejecting")
    lab.finally_do(lambda: set_extension("true"))
    set_extension("false")


def handed_over(hv):
    return hv.coverage("engine_packet")


@FAMILIES
def test_known_address_is_answered_here(lab, red, wire, family):
    """As its owner does, byte by byte, on whatever host that is; nobody else
    hears of it.  The switch does it alone, if its datapath can."""
    before = [handed_over(hv) for hv in lab.hypervisors]
    check_known(lab, red, wire, family)
    alone = family == 4 or DATAPATH == "netdev"
    for hv, n in zip(lab.hypervisors, before):
        assert (handed_over(hv) == n) == alone


def test_known_address_without_nd_extension(lab, no_extension, red, wire):
    """The same, if the switch has to ask."""
    check_known(lab, red, wire, 6)
    assert all(handed_over(hv) for hv in lab.hypervisors)


def check_known(lab, red, wire, family):
    pairs = [(a, b) for a, b in itertools.permutations(red.vms, 2)]
    real = {}
    configure(lab, red, "arp_suppression=false")
    for a, b in pairs:
        with frames.nics(a) as (nic,):
            nic.send(ask(a.mac, ip_of(a, family), ip_of(b, family)))
            real[a, b] = reply(nic, ip_of(b, family))
    assert all(asked_on_wire(wire, ip_of(vm, family)) for vm in red.vms)

    configure(lab, red, "arp_suppression=true")
    silence(*red.vms)
    with frames.nics(*red.members) as nics:
        for nic in [*nics, *wire.nics]:
            nic.poll()
            nic.frames = []
        by_host = dict(zip(red.members, nics))
        for a, b in pairs:
            nic = by_host[a]
            nic.send(ask(a.mac, ip_of(a, family), ip_of(b, family)))
            assert reply(nic, ip_of(b, family)) == real[a, b], (
                f"{a.name} about {b.name}")
        frames.drain(nics, "known")
        for vm in red.vms:
            ip = ip_of(vm, family)
            assert [n.name for n in nics if requests(n, ip)] == []
            assert asked_on_wire(wire, ip) == []


def advertised(asker, owner):
    """What 'owner' tells 'asker' of its address."""
    return neighbors.advertisement(
        owner.mac, ip_of(owner, 6),
        neighbors.SOLICITED | neighbors.OVERRIDE, to=asker.mac,
        destination=ip_of(asker, 6))


def test_solicitation_without_link_layer_address(lab, red, wire):
    """There is no room in it for the answer's option, so the switch cannot
    make that of it: it asks."""
    vm1, vm2 = red.vm1, red.vm2
    ip = ip_of(vm2, 6)
    silence(*red.members)
    with frames.nics(vm1) as (n1,):
        n1.send(neighbors.solicitation(vm1.mac, ip_of(vm1, 6), ip,
                                       lla=False))
        assert reply(n1, ip) == advertised(vm1, vm2)
    assert asked_on_wire(wire, ip) == []


def test_solicitation_while_ovs_ext_is_away(lab, no_extension, red, wire):
    """It goes to the owner then: whoever hands over knows, after a while,
    that nobody is there."""
    vm1, vm2 = red.vm1, red.vm2
    ip = ip_of(vm2, 6)
    data = neighbors.solicitation(vm1.mac, ip_of(vm1, 6), ip)
    lab.hv1.kill("ovs-ext")
    alive = ["br-int", "cookie=0x616c697665/-1"]
    flow = lab.hv1.run("ovs-ofctl", "dump-flows", *alive)
    assert "table=77" in flow and "hard_timeout=10" in flow
    # What the switch does when the time is over.
    lab.hv1.run("ovs-ofctl", "del-flows", *alive)
    lab.hv1.run("ovs-appctl", "revalidator/wait")
    with frames.nics(vm1) as (n1,):
        n1.send(data)
        assert reply(n1, ip) == advertised(vm1, vm2)
        wait_for(lambda: asked_on_wire(wire, ip), "the solicitation")
        silence(vm2)
        lab.hv1.start_ovs_ext()

        def is_answered():
            n1.send(data)
            frames.drain([n1], f"{time.monotonic()}")
            return advertised(vm1, vm2) in n1.poll()
        wait_for(is_answered, "the answer of ovs-ext")


def test_one_vm_cannot_take_all_answers(lab, red):
    """What is handed over is bounded for each port."""
    vm1, vm2, vm3 = red.vm1, red.vm2, red.vm3
    ip = ip_of(vm2, 6)
    silence(*red.members)
    before = handed_over(lab.hv1)
    with frames.nics(vm1, vm3) as (n1, n3):
        storm, one = (neighbors.solicitation(vm.mac, ip_of(vm, 6), ip,
                                             lla=False) for vm in (vm1, vm3))
        start = time.monotonic()
        for _ in range(20):
            for _ in range(100):
                n1.send(storm)
            # The switch's own queues must not be what bounds it.
            frames.drain([n1, n3], f"{time.monotonic()}")
        n3.send(one)
        assert reply(n3, ip) == advertised(vm3, vm2)
        seconds = time.monotonic() - start
        # A burst of 200, and 100 in each second (flows/gen-suppress.c).
        most = 200 + 100 * (seconds + 1)
        assert 100 <= handed_over(lab.hv1) - before <= most < 2000
        assert 100 <= len(replies(n1, ip)) <= most


def test_router(lab, red):
    """A VM that may send router advertisements is a router, here and, by the
    flag of its route (RFC 9047), elsewhere."""
    vm2, ip = red.vm2, ip_of(red.vm2, 6)
    silence(*red.members)
    lab.hv2.run("ovs-ext-ctl", "--wait=host", "set", "Port", "vm2",
                "allow=router-advertisement")
    wait_for(lambda: "router" in next(
        n["location"] for n in lab.hv1.appctl_json("evpn/neighbors", "red")
        if n["ip"] == ip), "hv1: vm2 is a router")
    lab.in_effect()
    flags = neighbors.ROUTER | neighbors.SOLICITED | neighbors.OVERRIDE
    for asker in (red.vm1, red.vm4):
        with frames.nics(asker) as (nic,):
            for lla in (True, False):
                nic.send(neighbors.solicitation(
                    asker.mac, ip_of(asker, 6), ip, lla=lla))
                assert reply(nic, ip) == neighbors.advertisement(
                    vm2.mac, ip, flags, to=asker.mac,
                    destination=ip_of(asker, 6))


def test_duplicates_are_found(lab, red):
    """A host that probes for an address gets to know that another one has it,
    on whatever host that is (RFC 4862 section 5.4, RFC 5227)."""
    vm1 = red.vm1
    for other in (red.vm2, red.vm3):
        ip = ip_of(other, 6)
        vm1.run("ip", "addr", "add", f"{ip}/64", "dev", vm1.device)
        wait_for(lambda ip=ip: f"{ip}/64 scope global dadfailed" in vm1.run(
            "ip", "-6", "addr", "show", "dev", vm1.device),
            f"vm1: {ip} is a duplicate")
        vm1.run("ip", "addr", "del", f"{ip}/64", "dev", vm1.device)
        ip = ip_of(other, 4)
        with frames.nics(vm1) as (n1,):
            n1.send(probe(vm1.mac, ip))
            assert neighbors.said_mac(reply(n1, ip)) == other.mac


@FAMILIES
def test_what_is_not_answered(lab, red, wire, family):
    """Probes, announcements, requests from the owner: all hear them.  Nobody
    answers here, as the owners do not."""
    vm1, vm2 = red.vm1, red.vm2
    ip = ip_of(vm2, family)
    mine = ip_of(vm1, family)
    silence(*red.members)
    never = {
        "probe for a remote address": probe(vm1.mac, ip),
        "probe for a local address": probe(vm1.mac, ip_of(red.vm3, family)),
        "announcement of another's address": announce(vm1.mac, ip),
        "announcement of the own address": announce(vm1.mac, mine),
        "request from the owner": ask(vm1.mac, "fd00::99" if family == 6
                                      else "10.0.0.99", mine),
    }
    if family == 6:
        never["through a router"] = neighbors.solicitation(
            vm1.mac, mine, ip, hop_limit=254)
    else:
        never["announcement as a reply"] = neighbors.arp(
            neighbors.REPLY, vm1.mac, ip, ip)
    with frames.nics(*red.members) as nics:
        n1 = nics[0]
        for name, data in never.items():
            n1.send(data)
            frames.drain(nics, name)
            for nic in nics[1:]:
                assert nic.poll().count(data) == 1, f"{nic.name}: {name}"
            assert neighbors.on_wire(wire).count(data) == 2, name
            what = neighbors.kind(data)[2]
            assert replies(n1, what) == [], name


@FAMILIES
def test_unicast_request_goes_to_whom_it_asks(lab, red, family):
    """Whether a host is still there, it has to say itself; also where it is
    not the one that has the address, or not any more."""
    ip = ip_of(red.vm2, family)
    silence(*red.members)
    with frames.nics(*red.members) as nics:
        n1 = nics[0]
        for nic in nics[1:]:
            data = ask(n1.host.mac, ip_of(n1.host, family), ip,
                       to=nic.host.mac)
            n1.send(data)
            frames.drain(nics, nic.host.name)
            assert [n for n in nics if data in n.poll()] == [nic]
        assert replies(n1, ip) == []


@FAMILIES
def test_request_from_a_tunnel_is_not_answered(lab, red, wire, family):
    """It goes to the ports of the network, of which the owner answers."""
    ip = ip_of(red.vm1, family)
    silence(*red.members)
    with frames.nics(*red.members) as nics:
        bm1 = red.bm1
        data = ask(bm1.mac, ip_of(bm1, family), ip)
        by_host = dict(zip(red.members, nics))
        by_host[bm1].send(data)
        frames.drain(nics, "tunnel")
        for vm in red.vms:
            assert by_host[vm].poll().count(data) == 1, vm.name
        assert [f for f in neighbors.on_wire(wire) if answers(f, ip)] == []
        assert replies(by_host[bm1], ip) == []


@FAMILIES
def test_unknown_address(lab, red, wire, family):
    """Requests for it are flooded, so that silent hosts are found; or dropped
    where the network says so, but for probes and announcements."""
    vm1, bm1 = red.vm1, red.bm1
    ip = ip_of(bm1, family)
    data = ask(vm1.mac, ip_of(vm1, family), ip)
    with frames.nics(*red.members) as nics:
        by_host = dict(zip(red.members, nics))
        by_host[vm1].send(data)
        assert neighbors.said_mac(reply(by_host[vm1], ip)) == bm1.mac
        frames.drain(nics, "flooded")
        assert all(data in n.poll() for n in nics if n.host is not vm1)

        configure(lab, red, "unknown_arp=drop")
        silence(bm1)
        for nic in [*nics, *wire.nics]:
            nic.frames = []
        others = [probe(vm1.mac, ip), announce(vm1.mac, ip)]
        for frame in [data, *others]:
            by_host[vm1].send(frame)
        frames.drain(nics, "dropped")
        for nic in nics:
            if nic.host is not vm1:
                assert data not in nic.poll(), nic.name
                assert [nic.poll().count(f) for f in others] == [1, 1]
        # What is known is answered as before.
        known_ip = ip_of(red.vm2, family)
        by_host[vm1].send(ask(vm1.mac, ip_of(vm1, family), known_ip))
        assert (neighbors.said_mac(reply(by_host[vm1], known_ip))
                == red.vm2.mac)


@FAMILIES
def test_off_but_unknown_is_dropped(lab, red, wire, family):
    """Without suppression, requests for what is known reach the owner."""
    vm1, vm2 = red.vm1, red.vm2
    configure(lab, red, "arp_suppression=false", "unknown_arp=drop")
    silence(red.bm1)
    data = {host: ask(vm1.mac, ip_of(vm1, family), ip_of(host, family))
            for host in (vm2, red.bm1)}
    with frames.nics(*red.members) as nics:
        for frame in data.values():
            nics[0].send(frame)
        frames.drain(nics, "off")
        assert data[vm2] in neighbors.on_wire(wire)
        assert data[red.bm1] not in neighbors.on_wire(wire)
        assert (neighbors.said_mac(reply(nics[0], ip_of(vm2, family)))
                == vm2.mac)


@FAMILIES
def test_address_that_comes_and_goes(lab, red, wire, family):
    """As soon as nobody has it any more, requests for it are flooded."""
    vm1, vm2 = red.vm1, red.vm2
    ip = ip_of(vm2, family)
    data = ask(vm1.mac, ip_of(vm1, family), ip)
    lab.hv2.unplug(vm2)
    wait_for(lambda: ip not in {
        n["ip"] for n in lab.hv1.appctl_json("evpn/neighbors", "red")},
        f"hv1: {ip} is gone")
    lab.in_effect()
    with frames.nics(vm1, red.vm4) as (n1, n4):
        n1.send(data)
        wait_for(lambda: data in n4.poll(), "vm4: the request")
        assert replies(n1, ip) == []
    lab.hv2.plug(vm2)
    known(lab, red)
    with frames.nics(vm1, red.vm4) as (n1, n4):
        n1.send(data)
        assert neighbors.said_mac(reply(n1, ip)) == vm2.mac
        assert data not in n4.poll()


@FAMILIES
@pytest.mark.parametrize("mover", ["vm3", "vm4"])
def test_announcement_casts_doubt(lab, red, mover, family):
    """Once somebody else has announced an address, here or elsewhere, it is
    not answered until EVPN has had time to tell; what EVPN told before counts
    again then."""
    vm1, vm2 = red.vm1, red.vm2
    mover = {"vm3": red.vm3, "vm4": red.vm4}[mover]
    owner = vm2 if mover is red.vm3 else red.vm3
    ip = ip_of(owner, family)
    data = ask(vm1.mac, ip_of(vm1, family), ip)
    news = announce(mover.mac, ip)
    silence(*red.members)
    with frames.nics(vm1, owner, mover) as (n1, n_owner, n_mover):
        def is_answered():
            n1.send(data)
            frames.drain([n1, n_owner, n_mover], f"{time.monotonic()}")
            found = replies(n1, ip)
            n1.frames = []
            return {neighbors.said_mac(f) for f in found}

        assert is_answered() == {owner.mac}
        assert data not in n_owner.poll()
        n_mover.send(news)
        wait_for(lambda: news in n1.poll(), "vm1: the announcement")
        n1.frames = []
        # What the datapath has cached: ovs-vswitchd looks at that at its next
        # occasion after it has learned something.
        lab.in_effect()
        assert is_answered() == set()
        assert data in n_owner.poll() and data in n_mover.poll()
        wait_for(lambda: is_answered() == {owner.mac}, "the old answer again")


@FAMILIES
def test_failover_of_a_shared_address(lab, family):
    """An address that no row tells moves to a VM on another host, which
    announces it: a host behind the leaf reaches it there within a second, and
    nobody gets the old answer after the announcement."""
    network = lab.network("red", 10100, leaf=True)
    old, new = (lab.vm(hv, f"vm{n}", network, f"52:54:00:00:00:{n:02x}")
                for n, hv in ((1, lab.hv1), (2, lab.hv2)))
    askers = [lab.nth_vm(lab.hv1, 3, network), lab.nth_vm(lab.hv2, 4, network)]
    bm1 = lab.leaf.add_host("bm1", network, "52:54:00:00:00:0b",
                            ["10.0.0.11/24", "fd00::11/64"])
    vip, plen = ("fd00::100", 64) if family == 6 else ("10.0.0.100", 24)
    old.run("ip", "addr", "add", f"{vip}/{plen}", "dev", "eth0", "nodad")
    lab.converged(network, old, new, *askers)
    wait_for(lambda: bm1.ping(vip), "bm1 reaches vm1")
    for hv in lab.hypervisors:
        wait_for(lambda hv=hv: (vip, old.mac) in {
            (n["ip"], n["mac"]) for n in hv.appctl_json("evpn/neighbors")},
            f"{hv.name}: {vip} at vm1")
    lab.in_effect()

    with frames.nics(new, *askers) as (n_new, *nics):
        old.run("ip", "addr", "del", f"{vip}/{plen}", "dev", "eth0")
        new.run("ip", "addr", "add", f"{vip}/{plen}", "dev", "eth0", "nodad")
        news = announce(new.mac, vip)
        n_new.send(news)
        # Within a second.
        assert bm1.ping(vip, count=5, wait=0.2)
        for nic in nics:
            wait_for(lambda nic=nic: news in nic.poll(), "the announcement")
            nic.frames = []
        end = time.monotonic() + 8
        while time.monotonic() < end:
            for nic in nics:
                asker = nic.host
                nic.send(ask(asker.mac, ip_of(asker, family), vip))
                assert neighbors.said_mac(reply(nic, vip)) == new.mac


class Farm:
    """Many VMs on a hypervisor, without a host behind them: each is an end of
    a veth pair in one network namespace, and has a row."""

    def __init__(self, lab, hv, network, numbers):
        self.hv = hv
        self.name = f"farm-{hv.name}"
        self.numbers = numbers
        lab.finally_do(self.remove)
        hv.sh(f"ip netns add {self.name}\nip -batch - <<END\n" + "".join(
            f"link add vm{n} type veth peer name e{n} address {self.mac(n)} "
            f"netns {self.name}\nlink set vm{n} addrgenmode none up\n"
            for n in numbers) + "END\n"
            # As libvirt does it with taps: the host says nothing to its VMs.
            "sysctl -qw " + " ".join(f"net.ipv6.conf.vm{n}.disable_ipv6=1"
                                     for n in numbers)
            + f"\nip -n {self.name} -batch - <<END\n" + "".join(
                f"link set e{n} addrgenmode none up\n"
                for n in numbers) + "END")
        hv.run(*joined("ovs-ext-ctl", [
            ["--may-exist", "net-add", network.name, network.vni],
            *(["port-add", network.name, f"vm{n}", self.mac(n),
               self.ip(n, 4), self.ip(n, 6)] for n in numbers)]))
        hv.run(*joined("ovs-vsctl", [
            ["add-port", "br-int", f"vm{n}", "--", "set", "interface",
             f"vm{n}", f"external_ids:iface-id=vm{n}"] for n in numbers]))

    @staticmethod
    def mac(n):
        return f"52:54:00:01:{n >> 8:02x}:{n & 255:02x}"

    @staticmethod
    def ip(n, family):
        return f"fd01::{n:x}" if family == 6 else f"10.1.{n >> 8}.{n & 255}"

    def remove(self):
        hv = self.hv
        hv.run(*joined("ovs-vsctl", [
            ["--if-exists", "del-port", "br-int", f"vm{n}"]
            for n in self.numbers]))
        hv.run(*joined("ovs-ext-ctl", [["--if-exists", "port-del", f"vm{n}"]
                                       for n in self.numbers]))
        hv.sh(f"ip netns del {self.name}")

    def nics(self):
        """{number: network card}"""
        box = self.hv.netns(self.name)
        box.hv = self.hv
        return {n: frames.Nic(box, f"e{n}") for n in self.numbers}


def joined(program, commands):
    """'program' and 'commands' in one line."""
    words = [program]
    for command in commands:
        words += ["--", *command]
    return words


def what_owner_says(asker, owner, family):
    """The answer; test_known_address_is_answered_here() tries that it is what
    hosts say."""
    mac, ip = Farm.mac(owner), Farm.ip(owner, family)
    if family == 6:
        return neighbors.advertisement(
            mac, ip, neighbors.SOLICITED | neighbors.OVERRIDE,
            to=Farm.mac(asker), destination=Farm.ip(asker, 6))
    return neighbors.arp(neighbors.REPLY, mac, ip, Farm.ip(asker, 4),
                         target=Farm.mac(asker), to=Farm.mac(asker))


@pytest.mark.slow
def test_200_vms_resolve_each_other(lab, wire):
    """No request crosses the underlay, and each is answered once, as its
    target would."""
    # Each pair of addresses is a flow of the datapath, for ten seconds, and
    # the switch looks at all of them when the ports go.
    lab.expect("datapath reached the dynamic limit")
    lab.expect(r"\|timeval\(revalidator\d+\)\|WARN\|Unreasonably long")
    network = lab.network("red", 10100)
    farms = [Farm(lab, hv, network, range(first, first + 100))
             for hv, first in ((lab.hv1, 1), (lab.hv2, 101))]
    everyone = range(1, 201)
    for hv in lab.hypervisors:
        wait_for(lambda hv=hv: len(hv.appctl_json("evpn/neighbors", "red"))
                 == 2 * len(everyone), f"{hv.name}: all IPs", timeout=60)
    lab.in_effect()
    before = {hv: hv.status()["flow_mods"] for hv in lab.hypervisors}
    nics = {n: nic for farm in farms for n, nic in farm.nics().items()}
    try:
        for asker, nic in nics.items():
            for family in (4, 6):
                resolve_all(nic, asker, family, everyone)
        assert [f.hex() for f in neighbors.on_wire(wire)
                if neighbors.kind(f)] == []
        # Nobody got anything but answers.
        assert {n: nic.poll() for n, nic in nics.items() if nic.poll()} == {}
    finally:
        for nic in nics.values():
            nic.close()
    assert before == {hv: hv.status()["flow_mods"] for hv in lab.hypervisors}


def resolve_all(nic, asker, family, everyone):
    """Asks for each, some at a time; all the answers must come, and be
    right."""
    others = [n for n in everyone if n != asker]

    def told():
        # Devices that come up elsewhere report multicast groups.
        return [f for f in nic.poll()
                if f[:6] == frames.mac_bytes(Farm.mac(asker))]

    for i in range(0, len(others), 50):
        some = others[i:i + 50]
        for owner in some:
            nic.send(ask(Farm.mac(asker), Farm.ip(asker, family),
                         Farm.ip(owner, family)))
        wait_for(lambda: len(told()) >= len(some),
                 f"answers to {asker}", interval=0.001)
        assert sorted(told()) == sorted(
            what_owner_says(asker, owner, family) for owner in some)
        nic.frames = []
