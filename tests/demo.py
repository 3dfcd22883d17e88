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

"""What tests/demo shows.  Each claim on the screen is checked."""

import itertools
import os
import shlex
import signal
import subprocess
import sys
import time

import fabric
from fabric import Fabric, Failure, Network, in_parallel, wait_for

PICTURE = """
                    spine              FRR: passes EVPN routes on, and packets
             /        |       \\
         leaf1       hv1      hv2
         /   \\        |       /  \\
       bm1   bm2     vm1    vm2  vm3

  leaf1     VTEP 192.0.2.101  Linux bridge and FRR, as in a leaf switch
  hv1       VTEP 192.0.2.11   hypervisor: Open vSwitch, FRR and ovs-ext
  hv2       VTEP 192.0.2.12   another one
  bm1, bm2                    bare-metal hosts at ports of leaf1
  vm1...3                     VMs (here: network namespaces of a hypervisor)

Packets of the networks go from VTEP to VTEP in VXLAN.  No configuration and no
controller tells the VTEPs of each other: they know each other by BGP only."""


class Interrupted(BaseException):
    """Somebody wants us to end."""


def say(text=""):
    try:
        print(text, flush=True)
    except OSError:
        # Nobody listens any more; the boxes are to be removed all the same.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def heading(text):
    say(f"\n--- {text} ---\n")


def shown(command):
    """'command' as one would type it, in lines that are not too long."""
    lines = [""]
    for word in (shlex.quote(str(word)) for word in command):
        if len(lines[-1]) + len(word) > 66:
            lines.append("    ")
        lines[-1] += word + " "
    return "\\\n".join(lines).rstrip()


def plain(ips):
    return [ip.split("/")[0] for ip in ips]


class Member:
    """Something with an address in a network: a VM or a bare-metal host."""

    def __init__(self, host, network, where):
        self.host, self.network, self.where = host, network, where
        self.name = host.name
        self.ips = plain(host.ips)

    def echo_requests(self):
        """How many it has received, in IPv4 and IPv6 together."""
        text = self.host.run("cat", "/proc/net/snmp", "/proc/net/snmp6")
        lines = [line.split() for line in text.splitlines()]
        names, values = [line for line in lines if line[0] == "Icmp:"]
        icmp6 = dict(line for line in lines if len(line) == 2)
        return (int(values[names.index("InEchos")])
                + int(icmp6["Icmp6InEchos"]))


class Tally:
    """The pings to a member."""

    def __init__(self, before):
        self.before = before
        self.sent = self.answered = 0

    def ping(self, host, ip):
        """One answer of five is enough: UDP may lose packets."""
        for _ in range(5):
            self.sent += 1
            if host.ping(ip):
                self.answered += 1
                return True
        return False


class Demo:
    def __init__(self):
        self.fabric = Fabric(lambda text: say(f"  {text}"))
        self.red = Network("red", 10100)
        self.blue = Network("blue", 10200)
        self.members = []
        self.n_checks = 0

    def check(self, ok, what):
        self.n_checks += 1
        if not ok:
            raise Failure(what)

    def command(self, box, *command):
        """Shows a command as its user would give it, and its output."""
        self.show_command(box, command)
        output = box.run(*command)
        for line in output.rstrip().splitlines():
            say(f"  {line}".rstrip())
        say()
        return output

    @staticmethod
    def show_command(box, command):
        say(f"  {box.name}# {shown(command)}".replace("\n", "\n  "))

    # The parts of the show.

    def make(self):
        heading("A fabric of boxes")
        say("A box is a host made of namespaces: network, processes, /run, "
            "/etc/frr and host\nname are its own.\n")
        self.fabric.up()
        for network in (self.red, self.blue):
            self.fabric.leaf.add_network(network)
        say(PICTURE)

    def add(self, host, network, where):
        member = Member(host, network, where)
        self.members.append(member)
        return member

    def plug(self):
        heading("Three VMs are started")
        hv1, hv2, leaf = self.fabric.hv1, self.fabric.hv2, self.fabric.leaf
        red, blue = self.red, self.blue
        vm1 = hv1.add_vm("vm1", red, "52:54:00:00:00:01",
                         ["10.0.0.1/24", "fd00::1/64"])
        vm2 = hv2.add_vm("vm2", red, "52:54:00:00:00:02",
                         ["10.0.0.2/24", "fd00::2/64"])
        vm3 = hv2.add_vm("vm3", blue, "52:54:00:00:00:01",
                         ["10.0.0.1/24", "fd00::1/64"], row=False)
        say("vm1 and vm2 have a row each in ovs-ext's database, OVS_Ext, and "
            "a port on br-int\nthat names it:\n")
        for hv, vm in ((hv1, vm1), (hv2, vm2)):
            for command in (hv.row_command(vm), hv.plug_command(vm)):
                self.show_command(hv, command)
        say("\nvm3 needs no row: its port says all.  libvirt writes this, if "
            "the <virtualport> in\nthe domain's XML has <parameters "
            "profileid='vni=10200'/>:\n")
        self.show_command(hv2, hv2.plug_command(vm3, row=False))

        self.add(vm1, red, "VM on hv1")
        self.add(vm2, red, "VM on hv2")
        self.add(leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                               ["10.0.0.11/24", "fd00::11/64"]),
                 red, "port of leaf1")
        self.add(vm3, blue, "VM on hv2")
        self.add(leaf.add_host("bm2", blue, "52:54:00:00:00:02",
                               ["10.0.0.12/24", "fd00::12/64"]),
                 blue, "port of leaf1")
        say("\nWith the bare-metal hosts, the two networks are:\n")
        say("  network  VNI    member              MAC                "
            "IPv4       IPv6")
        for m in self.members:
            say(f"  {m.network.name:7}  {m.network.vni}  {m.name} "
                f"{m.where:14}  {m.host.mac}  {m.ips[0]:9}  {m.ips[1]}")
        say("\nTheir addresses overlap: vm3 has the MAC and the IPs of vm1, "
            "and bm2 the MAC of\nvm2, in the other network.")

    def show_bgp(self):
        heading("What leaf1 knows of the VMs, by BGP")
        leaf = self.fabric.leaf
        wanted = {
            self.red.vni: {"3 192.0.2.11", "3 192.0.2.12"},
            self.blue.vni: {"3 192.0.2.12"},
        }
        for m in self.members:
            if m.host in self.fabric.hv1.vms.values() or \
                    m.host in self.fabric.hv2.vms.values():
                wanted[m.network.vni].add(f"2 {m.host.mac}")
        for ip in (*self.members[0].ips, *self.members[1].ips):
            owner = next(m for m in self.members if ip in m.ips)
            wanted[self.red.vni].add(f"2 {owner.host.mac} {ip}")
        for vni, routes in wanted.items():
            wait_for(lambda vni=vni, routes=routes:
                     routes <= leaf.evpn_routes(vni),
                     f"leaf1: EVPN routes of the VMs in VNI {vni}",
                     on_timeout=lambda vni=vni, routes=routes: "missing: "
                     + ", ".join(sorted(routes - leaf.evpn_routes(vni))))
            self.n_checks += len(routes)
        self.command(leaf, "vtysh", "-c", "show bgp l2vpn evpn")
        say("[3] is a type-3 (IMET) route: \"send me a copy of what is "
            "flooded.\"  hv1 and hv2\nhave one for each network that a VM of "
            "theirs is in.\n"
            "[2] is a type-2 route: the MAC of a VM, or its MAC with an IP.  "
            "vm3 has none with\nan IP, since its port does not tell IPs.\n"
            "The last part of a route target (RT) is the VNI: it keeps the "
            "networks apart.\n\n"
            "FRR on hv1 and hv2 did not learn this from packets.  It has it "
            "from ovs-ext, which\nwrote it to devices of the kernel that FRR "
            "watches; no VM's packet passes those.")

    def wait_for_flood(self):
        """Each VTEP knows those that have a part of its networks."""
        f = self.fabric
        vteps = {f.hv1: [(self.red, [f.hv2, f.leaf])],
                 f.hv2: [(self.red, [f.hv1, f.leaf]), (self.blue, [f.leaf])]}
        for hv, networks in vteps.items():
            for network, others in networks:
                wanted = {other.vtep for other in others}
                wait_for(lambda hv=hv, network=network, wanted=wanted: wanted
                         == {v["vtep"] for v in hv.appctl_json(
                             "evpn/vteps", network.vni) if v["imet"]},
                         f"{hv.name}: VTEPs of network {network.name}")
        for network, others in ((self.red, [f.hv1, f.hv2]),
                                (self.blue, [f.hv2])):
            wanted = {f"00:00:00:00:00:00 dst {o.vtep}" for o in others}
            wait_for(lambda network=network, wanted=wanted: all(
                w in f.leaf.run("bridge", "fdb", "show", "dev",
                                f"vx{network.vni}") for w in wanted),
                     f"leaf1: VTEPs of network {network.name}")
        in_parallel(f.hv1.settled, f.hv2.settled)

    def ping_within(self):
        """Returns the tally of each member."""
        heading("Pings within the networks")
        tallies = {m: Tally(m.echo_requests()) for m in self.members}
        for network in (self.red, self.blue):
            members = [m for m in self.members if m.network is network]
            say(f"  {network.name:6}" + "".join(
                f"to {m.name:13}" for m in members).rstrip())
            for a in members:
                cells = []
                for b in members:
                    if a is b:
                        cells.append("-")
                        continue
                    for ip in b.ips:
                        self.check(tallies[b].ping(a.host, ip),
                                   f"{a.name} cannot ping {b.name} ({ip}), "
                                   f"which is in its network, "
                                   f"{network.name}")
                    cells.append("IPv4, IPv6: ok")
                say(f"  {a.name:6}" + "".join(
                    f"{c:16}" for c in cells).rstrip())
            say()
        say("Each reaches each other one: VMs on one and on another "
            "hypervisor, bare metal\nbehind the leaf switch.")
        return tallies

    def ping_across(self):
        heading("Pings from one network into the other")
        pings = []
        for a in self.members:
            own = {ip for m in self.members if m.network is a.network
                   for ip in m.ips}
            others = [m for m in self.members if m.network is not a.network]
            for b, i in itertools.product(others, range(2)):
                if b.ips[i] not in own:
                    pings.append((a, b, b.ips[i]))
        replies = {}

        def ping(a, b, ip):
            replies[a, b, ip] = a.host.ping(ip)
        in_parallel(*(lambda p=p: ping(*p) for p in pings))
        for a, b in dict.fromkeys((a, b) for a, b, _ in pings):
            for ip in b.ips:
                self.check(not replies[a, b, ip],
                           f"{a.name} in network {a.network.name} got an "
                           f"answer from {ip}, which only {b.name} in network "
                           f"{b.network.name} has")
            say(f"  {a.name} in {a.network.name:4} to {b.name} in "
                f"{b.network.name:4}  {b.ips[0]:9}  {b.ips[1]:8}  no answer")
        say("\nThat is as it should be: one network does not know of the "
            "other.")

    def count(self, tallies):
        heading("Who got the pings")
        for m, tally in tallies.items():
            got = m.echo_requests() - tally.before
            self.check(tally.answered <= got <= tally.sent,
                       f"{m.name} got {got} echo requests, not the "
                       f"{tally.sent} that were meant for it")
            say(f"  {m.name} in {m.network.name:4}  {m.host.mac}  "
                f"{m.ips[0]:9}  got {got}, all from its own network")
        say("\nvm1 and vm3 have the same MAC and IPs, but neither got a ping "
            "for the other.")

    def show_macs(self):
        heading("What hv2 knows of all MACs")
        hv2 = self.fabric.hv2
        wanted = [
            (self.red, "52:54:00:00:00:01", "remote", "VTEP 192.0.2.11"),
            (self.red, "52:54:00:00:00:02", "local", "port vm2"),
            (self.red, "52:54:00:00:00:0b", "remote", "VTEP 192.0.2.101"),
            (self.blue, "52:54:00:00:00:01", "local", "port vm3"),
            (self.blue, "52:54:00:00:00:02", "remote", "VTEP 192.0.2.101"),
        ]
        wanted = [{"vni": network.vni, "mac": mac, "type": kind,
                   "location": location, "age": "",
                   "source": "declared" if kind == "local" else "EVPN"}
                  for network, mac, kind, location in wanted]
        wait_for(lambda: hv2.appctl_json("evpn/macs") == wanted,
                 "hv2: the MACs of both networks, and no others",
                 on_timeout=lambda: "\n" + hv2.appctl("evpn/macs"))
        self.n_checks += len(wanted)
        self.command(hv2, "ovs-appctl", "-t", "ovs-ext", "evpn/macs")
        say("52:54:00:00:00:01 is vm1 on hv1 in network red (VNI 10100), and "
            "vm3, local, in\nnetwork blue (VNI 10200).\n\n"
            "Each remote MAC is one flow on bridge br-int.  That of vm1:\n")
        flows = self.command(hv2, "ovs-appctl", "-t", "ovs-ext", "flows/show",
                             "remote-mac/10100/52:54:00:00:00:01")
        self.check("set_field:192.0.2.11->tun_dst" in flows,
                   "hv2 has no flow for the MAC of vm1")

    def plug_tenant(self):
        """Returns the VMs of the VPC: each hypervisor has one in each of its
        networks."""
        f = self.fabric
        vms = []
        for n, hv, (network, net) in zip(
                (4, 5, 6, 7), (f.hv1, f.hv1, f.hv2, f.hv2),
                2 * [(Network("web", 10300), 1), (Network("db", 10400), 2)]):
            vm = hv.add_vm(f"vm{n}", network, f"52:54:00:00:00:{n:02x}",
                           [f"10.{net}.0.{n}/24", f"fd0{net}::{n}/64"])
            for gateway in (f"10.{net}.0.254", f"fd0{net}::fe"):
                vm.run("ip", "route", "add", "default", "via", gateway)
            vms.append(vm)
        return vms

    def route(self):
        heading("A VPC: two more networks, and a router on every host")
        f = self.fabric
        vms = self.plug_tenant()
        say("vm4 (web) and vm5 (db) were started on hv1, vm6 (web) and vm7 "
            "(db) on hv2.  On both:\n")
        vpc = ["ovs-ext-ctl", "--wait=host", "--timeout=10",
               "vpc-add", "tenant", 9000]
        for network, net in (("web", 1), ("db", 2)):
            vpc += ["--", "net-set-vpc", network, "tenant",
                    "--", "net-set-gateway", network, f"10.{net}.0.254/24",
                    f"fd0{net}::fe/64"]
        self.show_command(f.hv1, vpc)
        say()
        for hv in (f.hv1, f.hv2):
            hv.run(*vpc)
        vm4 = vms[0]
        for target in vms[1:]:
            for ip in plain(target.ips):
                wait_for(lambda ip=ip: vm4.ping(ip),
                         f"vm4 reaches {target.name} ({ip})")
        in_parallel(f.hv1.settled, f.hv2.settled)
        routes = self.command(f.hv1, "ovs-appctl", "-t", "ovs-ext",
                              "evpn/routes", "tenant")
        self.check(all(prefix in routes for prefix in (
            "10.1.0.0/24", "10.2.0.0/24", "fd01::/64", "fd02::/64")),
            "hv1 lacks prefixes of the VPC")
        for ip, hops in (("10.1.0.254", 64), ("10.2.0.5", 63),
                         ("10.2.0.7", 63), ("fd02::7", 63)):
            reply = self.command(f.hv1, "ip", "netns", "exec", "vm4", "ping",
                                 "-n", "-c", 1, ip)
            self.check(f"ttl={hops} " in reply, f"vm4 to {ip}: not one answer "
                       f"with a TTL of {hops}")
        say("The gateway answers on the VM's own host, whichever that is.  "
            "From vm4 in web to vm5\nin db, on the same host, and to vm7, on "
            "the other one, it is one hop: hv1 routes, by\nflows on br-int, "
            "and no packet passes the kernel.")
        problems = f.hv1.appctl_json("problems")
        if problems:
            say("\nThis machine's kernel lacks something, so that hv1 routes "
                "among the networks that have\nports there, but not what only "
                "other hosts have:\n")
            self.command(f.hv1, "ovs-appctl", "-t", "ovs-ext", "problems")
        self.check({p["topic"] for p in problems} <= {"kernel vpc/9000"},
                   f"problems: {problems}")

    def run(self):
        self.make()
        self.plug()
        self.show_bgp()
        self.wait_for_flood()
        tallies = self.ping_within()
        self.ping_across()
        self.count(tallies)
        self.show_macs()
        self.route()


# The boxes' life.

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(*_):
    # Once is enough: what follows is cleaning up.
    handle_signals(signal.SIG_IGN)
    raise Interrupted


def handle_signals(handler):
    for number in SIGNALS:
        signal.signal(number, handler)


def boxes():
    return subprocess.run([fabric.BOX, "list"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.split()


def remove_boxes(failed):
    left = boxes()
    if left:
        say("\nRemoving the boxes, with all that runs in them"
            + (" (--keep leaves them)." if failed else "."))
        subprocess.run([fabric.BOX, "rm", *left], check=True)


class Hints:
    """How to go on by hand.  'box' is tests/box as the user would call it."""

    def __init__(self, box):
        state = ("OVS_EXT_BOXES=" + shlex.quote(fabric.STATE) + " "
                 if "OVS_EXT_BOXES" in os.environ else "")
        self.box = f"sudo {state}{shlex.quote(box)}"

    def remove(self):
        return f"{self.box} rm {' '.join(boxes())}"

    def kept(self):
        return f"""
The fabric is still up.  To look around in it:

  {self.box} enter hv1
  {self.box} enter hv1 ovs-appctl -t ovs-ext status
  {self.box} enter hv1 ip netns exec vm1 ping 10.0.0.11
  {self.box} enter leaf1 vtysh

To remove it:

  {self.remove()}"""


def error(text, details=()):
    for line in details:
        print(f"  {line}", file=sys.stderr)
    print(f"tests/demo: {text}", file=sys.stderr, flush=True)


def show():
    """Returns the exit status."""
    start = time.monotonic()
    demo = Demo()
    try:
        demo.run()
    except (Failure, subprocess.SubprocessError, OSError) as e:
        text, *details = str(e).splitlines()
        say()
        error(f"FAILED: {text.rstrip()}", details)
        return 1
    say(f"All is as it should be: {demo.n_checks} checks, "
        f"{time.monotonic() - start:.0f} seconds.")
    return 0


def main(box, keep):
    hints = Hints(box)
    if boxes():
        error("there are boxes already, of an earlier run; remove them with: "
              + hints.remove())
        return 1
    status = 1
    try:
        handle_signals(interrupt)
        status = show()
    except Interrupted:
        say()
        error("interrupted")
        status, keep = 130, False
    finally:
        handle_signals(signal.SIG_IGN)
        if keep and boxes():
            say(hints.kept())
        else:
            remove_boxes(status == 1)
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--keep" in sys.argv[2:]))
