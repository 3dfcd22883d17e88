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

"""A routed EVPN fabric of boxes, as Netris makes them.  It takes a kernel with
VRFs and the openvswitch datapath.

                   inet 203.0.113.1, 2001:db8:ffff::1
                    /   \\            two links each, one for a VPC
                gate1   gate2         SoftGates: default route and NAT
                 | \\    / |
               leaf-a--leaf-b         relay EVPN, next hops unchanged
              /  | \\  / |  \\
         host1 host2  host3           hypervisors
         bm behind leaf-a

Each host and gate has an uplink to both leaves, without addresses (BGP
unnumbered), each node an AS of its own, and its VTEP on lo.  Hosts have what
"ovs-ext-ctl frr-example" prints.  Both leaves have the gateway of each VPC's
first network, as the hosts have it.
"""

import contextlib
import ipaddress
import json
import math
import subprocess

from fabric import (BOX, SLOWNESS, UNDERLAY_MTU, Box, Hypervisor, Network,
                    in_parallel, wait_for)

INTERNET = ("203.0.113.1", "2001:db8:ffff::1")
# Keepalive and hold time, in s: datacenter's on a machine that has the time.
TIMERS = f"{math.ceil(3 * SLOWNESS)} {math.ceil(9 * SLOWNESS)}"


class Vpc:
    """A VPC and its networks: (name, VNI, gateways)."""

    def __init__(self, name, l3vni, networks):
        self.name = name
        self.l3vni = l3vni
        self.networks = [Network(*n[:2]) for n in networks]
        for network, n in zip(self.networks, networks):
            network.vpc = self
            network.gateways = n[2]
            network.gateway_mac = f"02:d9:f7:b5:00:{l3vni:02x}"

    @property
    def vrf(self):
        return f"Vrf_{self.name}"


# As alike as two VPCs may be.
def networks(name, vni):
    return [(f"{name}1", vni, ["192.168.4.1/24", "2001:db8:4::1/64"]),
            (f"{name}2", vni + 1, ["192.168.5.1/24", "2001:db8:5::1/64"])]


class Router(Box):
    """A box with FRR that peers without addresses."""

    def __init__(self, name, vtep, asn):
        super().__init__(name)
        self.vtep = vtep
        self.asn = asn
        self.uplinks = []

    def start(self):
        self.sh(f"ip addr add {self.vtep}/32 dev lo\n" + "".join(
            f"ip link set {dev} mtu {UNDERLAY_MTU}\n"
            for dev in self.uplinks))
        start_router(self, self.configuration())

    def configuration(self):
        """All that the leaves and the gates have in common."""
        return (
            "frr defaults datacenter\n"
            "ip nht resolve-via-default\n" + "".join(
                f"interface {dev}\n ipv6 nd ra-interval 1\n"
                " no ipv6 nd suppress-ra\nexit\n" for dev in self.uplinks)
            + f"router bgp {self.asn}\n"
            f" bgp router-id {self.vtep}\n"
            " bgp bestpath as-path multipath-relax\n"
            " no bgp default ipv4-unicast\n"
            " neighbor FABRIC peer-group\n"
            " neighbor FABRIC remote-as external\n"
            " neighbor FABRIC advertisement-interval 0\n"
            f" neighbor FABRIC timers {TIMERS}\n"
            " neighbor FABRIC timers connect 1\n" + "".join(
                f" neighbor {dev} interface peer-group FABRIC\n"
                for dev in self.uplinks)
            + " address-family ipv4 unicast\n"
            f"  network {self.vtep}/32\n"
            "  neighbor FABRIC activate\n"
            " exit-address-family\n"
            " address-family l2vpn evpn\n"
            "  neighbor FABRIC activate\n"
            "  neighbor FABRIC attribute-unchanged next-hop\n"
            "  advertise-all-vni\n"
            " exit-address-family\nexit\n")

    def add_l3vni(self, vpc, router_mac):
        """Makes the VRF of 'vpc', routed by its L3VNI."""
        self.sh(f"ip link add {vpc.vrf} type vrf table {1000 + vpc.l3vni}\n"
                f"ip link set {vpc.vrf} up\n"
                + self.vxlan(vpc.l3vni)
                + f"ip link set br{vpc.l3vni} address {router_mac} "
                f"master {vpc.vrf}\n")

    def vxlan(self, vni):
        """The commands that make a VNI's bridge and vxlan device."""
        return (f"ip link add br{vni} type bridge mcast_snooping 0\n"
                f"ip link set br{vni} addrgenmode none up\n"
                f"ip link add vx{vni} type vxlan id {vni} dstport 4789 "
                f"local {self.vtep} nolearning\n"
                f"ip link set vx{vni} addrgenmode none master br{vni} up\n"
                f"bridge link set dev vx{vni} learning off\n")

    def vrf_bgp(self, vpc, *evpn):
        self.configure(
            f"vrf {vpc.vrf}", f"vni {vpc.l3vni}", "exit-vrf",
            f"router bgp {self.asn} vrf {vpc.vrf}",
            f"bgp router-id {self.vtep}",
            "bgp bestpath as-path multipath-relax",
            "address-family ipv4 unicast", "redistribute connected",
            "exit-address-family",
            "address-family ipv6 unicast", "redistribute connected",
            "exit-address-family",
            "address-family l2vpn evpn", *evpn)


def start_router(box, configuration):
    """Starts FRR with 'configuration', as its package does it."""
    box.sh("for f in zebra bgpd; do echo hostname $(hostname) "
           ">/etc/frr/$f.conf; done\n: >/etc/frr/vtysh.conf\n"
           "chown frr:frr /etc/frr/*")
    box.start_zebra()
    box.start_bgpd()
    box.write("/etc/frr/frr.conf", configuration)
    box.run("vtysh", "-f", "/etc/frr/frr.conf")


class RoutedLeaf(Router):
    """A leaf switch with a gateway of its own, and bare metal."""

    def add_network(self, network):
        """Has 'network', with its gateway."""
        vni = network.vni
        self.sh(self.vxlan(vni)
                + f"ip link set br{vni} address {network.gateway_mac} "
                f"master {network.vpc.vrf}\n"
                # What answers the gateway is heard by whoever it came to.
                f"sysctl -qw net.ipv4.conf.br{vni}.arp_accept=1 "
                f"net.ipv6.conf.br{vni}.accept_untracked_na=2\n"
                # Neighbour solicitations for others' packets come from the
                # link-local address.
                + "".join(f"ip addr add {ip} dev br{vni} nodad\n"
                          for ip in [*network.gateways, "fe80::1/64"]))

    def add_host(self, name, network, mac, ips):
        """A bare-metal host: a network namespace here."""
        host = self.netns(name)
        host.mac, host.ips, host.hv, host.network = mac, ips, self, network
        host.device = "eth0"
        self.sh(f"ip netns add {name}\n"
                f"ip link add {name} type veth peer name eth0 netns {name}\n"
                f"ip link set {name} addrgenmode none master br{network.vni} "
                "up\n" + start_host(name, network, mac, ips))
        return host


def start_host(name, network, mac, ips):
    """The commands that give a host its addresses and its default routes."""
    return (f"ip -n {name} link set lo up\n"
            f"ip -n {name} link set eth0 addrgenmode none address {mac} up\n"
            + "".join(f"ip -n {name} addr add {ip} dev eth0 nodad\n"
                      for ip in ips)
            + default_routes(name, network))


def default_routes(name, network):
    """The commands that send all else of a host to its gateways."""
    return "".join(
        f"ip -n {name} -{ip.version} route add default via {ip.ip}\n"
        for ip in map(ipaddress.ip_interface, network.gateways))


class SoftGate(Router):
    """Announces a default route in each VPC; behind it is NAT."""

    def __init__(self, name, vtep, asn):
        super().__init__(name, vtep, asn)
        self.outside = {}       # VPC to the addresses that it is seen with.

    def add_vpc(self, vpc, router_mac, outside):
        """'outside' is the device to the internet, with the two addresses
        that the VPC is seen with, and those of the other end."""
        self.add_l3vni(vpc, router_mac)
        device, addresses, others = outside
        self.sh(
            f"ip link set {device} master {vpc.vrf} up\n" + "".join(
                f"ip addr add {a} dev {device} nodad\n" for a in addresses)
            + "".join(f"ip -{o.version} route add default via {o} "
                      f"vrf {vpc.vrf}\n" for o in others))
        zone = vpc.l3vni
        self.sh(f"nft -f - <<'NFT'\n"
                f"table inet {vpc.vrf} {{\n"
                f" chain zone {{ type filter hook prerouting priority raw;\n"
                f"  iifname {{ br{zone}, {device}, {vpc.vrf} }} "
                f"ct zone set {zone}; }}\n"
                f" chain nat {{ type nat hook postrouting priority srcnat;\n"
                f"  oifname {device} masquerade; }}\n"
                f"}}\nNFT")
        self.vrf_bgp(vpc, "default-originate ipv4", "default-originate ipv6")


class RoutedHost(Hypervisor):
    """A hypervisor with two uplinks, whose VMs have default routes."""

    def __init__(self, name, vtep, asn):
        super().__init__(name, vtep)
        self.asn = asn
        self.uplinks = []

    def start(self):
        self.sh(f"ip addr add {self.vtep}/32 dev lo\n" + "".join(
            f"ip link set {dev} mtu {UNDERLAY_MTU}\n"
            for dev in self.uplinks))
        self.start_ovs()
        example = self.run("ovs-ext-ctl", "frr-example", "--as", self.asn,
                           "--uplinks=" + ",".join(self.uplinks))
        start_router(self, example)
        self.configure(f"router bgp {self.asn}",
                       f"neighbor FABRIC timers {TIMERS}",
                       "neighbor FABRIC timers connect 1",
                       "neighbor FABRIC advertisement-interval 0")
        self.vtysh("write")
        self.start_ovs_ext()

    def start_again(self, daemon):
        """Starts zebra or bgpd with its configuration, as its package does."""
        {"bgpd": self.start_bgpd, "zebra": self.start_zebra}[daemon]()
        self.run("vtysh", "-b")

    def add_vpc(self, vpc):
        commands = ["vpc-add", vpc.name, vpc.l3vni]
        for n in vpc.networks:
            commands += ["--", "net-add", n.name, n.vni,
                         "--", "net-set-vpc", n.name, vpc.name, "--",
                         f"--mac={n.gateway_mac}", "net-set-gateway", n.name,
                         *n.gateways]
        self.run("ovs-ext-ctl", *commands)

    def add_vm(self, name, network, mac, ips, row=True):
        vm = super().add_vm(name, network, mac, ips, row)
        self.sh(default_routes(name, network))
        return vm


class RoutedFabric:
    """The boxes of the picture above."""

    def __init__(self, say=lambda text: None):
        self.say = say
        self.boxes = []
        self.members = {}       # VPC to its VMs and bare metal.

    def own(self, box):
        self.boxes.append(box)
        return box

    def up(self):
        self.red = Vpc("red", 4, networks("red", 50))
        self.blue = Vpc("blue", 16, networks("blue", 1000050))
        self.vpcs = [self.red, self.blue]
        self.leaves = [self.own(RoutedLeaf(f"leaf-{c}", f"10.254.0.{i}",
                                           4200300000 + i))
                       for i, c in ((1, "a"), (2, "b"))]
        self.hypervisors = [self.own(RoutedHost(
            f"host{i}", f"10.254.97.{i}", 4200000005 + i))
            for i in (1, 2, 3)]
        self.gates = [self.own(SoftGate(f"gate{i}", f"10.254.96.{i}",
                                        4200200000 + i)) for i in (1, 2)]
        self.inet = self.own(Box("inet"))
        # As conftest's Lab has them.
        self.spine, self.leaf = None, self.leaves[0]
        self.hv1, self.hv2, _ = self.hypervisors
        self.cable()
        in_parallel(*(box.start for box in self.boxes[:-1]))
        self.start_tenants()

    def cable(self):
        for node in self.hypervisors + self.gates:
            for leaf in self.leaves:
                self.connect(node, f"to-{leaf.name}", leaf, node.name)
                node.uplinks.append(f"to-{leaf.name}")
                leaf.uplinks.append(node.name)
        a, b = self.leaves
        self.connect(a, b.name, b, a.name)
        a.uplinks.append(b.name)
        b.uplinks.append(a.name)
        for gate in self.gates:
            for vpc in self.vpcs:
                self.connect(gate, f"inet-{vpc.name}", self.inet,
                             f"{gate.name}-{vpc.name}")
        self.inet.sh("".join(f"ip addr add {ip} dev lo\n" for ip in INTERNET))

    @staticmethod
    def connect(a, a_dev, b, b_dev):
        subprocess.run([BOX, "link", a.name, a_dev, b.name, b_dev],
                       check=True)

    def start_tenants(self):
        for i, leaf in enumerate(self.leaves):
            for vpc in self.vpcs:
                leaf.add_l3vni(vpc, f"22:d9:f7:b5:01:{i:02x}")
                leaf.vrf_bgp(vpc, "advertise ipv4 unicast",
                             "advertise ipv6 unicast")
                leaf.add_network(vpc.networks[0])
        for i, gate in enumerate(self.gates):
            for j, vpc in enumerate(self.vpcs):
                self.start_gate(gate, vpc, 4 * i + 2 * j, i)
        for host in self.hypervisors:
            for vpc in self.vpcs:
                host.add_vpc(vpc)

    def start_gate(self, gate, vpc, number, i):
        here = [ipaddress.ip_address("100.64.0.0") + number,
                ipaddress.ip_address("2001:db8:64::") + number]
        there = [address + 1 for address in here]
        gate.outside[vpc] = {str(address) for address in here}
        gate.add_vpc(vpc, f"22:d9:f7:b5:02:{i:02x}", (
            f"inet-{vpc.name}", [f"{here[0]}/31", f"{here[1]}/127"], there))
        self.inet.sh(f"ip addr add {there[0]}/31 dev {gate.name}-{vpc.name}\n"
                     f"ip addr add {there[1]}/127 dev {gate.name}-{vpc.name} "
                     "nodad\n")

    def add_hosts(self):
        """VMs and bare metal: in each VPC some in the same network on one
        host and on two, others in another network, and some without one of
        the networks' ports beside them."""
        one, two, three = self.hypervisors
        for vpc, name in zip(self.vpcs, "rb"):
            first, second = vpc.networks
            self.members[vpc] = [
                host.add_vm(f"{name}{n}", network, f"52:54:00:00:00:{n:02x}",
                            self.addresses(network, n))
                for host, network, n in (
                    (one, first, 11), (two, first, 12), (one, second, 21),
                    (three, second, 23))]
        metal = self.leaf.add_host(
            "r101", self.red.networks[0], "52:54:00:00:00:65",
            self.addresses(self.red.networks[0], 101))
        self.members[self.red].append(metal)
        # The leaf would meet its link-local address some time or other.
        wait_for(lambda: metal.ping("fe80::1%eth0"), "r101 to its gateway")
        # One that the other VPC has no counterpart of.
        self.members[self.blue].append(two.add_vm(
            "b77", self.blue.networks[0], "52:54:00:00:00:4d",
            self.addresses(self.blue.networks[0], 77)))

    @staticmethod
    def addresses(network, n):
        """Those of host 'n' of 'network'."""
        return [f"{ip.network[n]}/{ip.network.prefixlen}"
                for ip in map(ipaddress.ip_interface, network.gateways)]

    def converged(self):
        """Waits until every session is up, and all is in effect that follows
        from what it said."""
        nodes = self.boxes[:-1]
        for node in nodes:
            wait_for(lambda node=node: self.sessions_are_up(node),
                     f"{node.name}: BGP", timeout=60)
        for host in self.hypervisors:
            host.settled()

    @staticmethod
    def sessions_are_up(node):
        status, text = node.try_run("vtysh", "-c",
                                    "show bgp l2vpn evpn summary json")
        peers = json.loads(text).get("peers", {}) if not status else {}
        return len(peers) == len(node.uplinks) and all(
            p["state"] == "Established" for p in peers.values())

    def down(self):
        for box in reversed(self.boxes):
            with contextlib.suppress(subprocess.CalledProcessError):
                box.remove()
        self.boxes = []
