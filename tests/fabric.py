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

"""A small EVPN fabric of boxes (tests/box), for the demo and the tests.

              spine 192.0.2.1, AS 65000: relays EVPN, next hops unchanged
            /       |       \\
        leaf1      hv1      hv2
     192.0.2.101  192.0.2.11  192.0.2.12
          |          |         |
    bare metal     VMs        VMs

leaf1 is an ordinary Linux bridge with stock FRR; each of its networks has a
bare-metal host, a box of its own.  hv1 and hv2 run Open vSwitch with its
userspace datapath, stock FRR and ovs-ext.  A VM is a network namespace of its
hypervisor.  All underlay links are /31s.  The underlay is routed by BGP; the
hypervisors announce their VTEP by it, and have a static route to the others.
"""

import concurrent.futures
import contextlib
import ctypes
import ipaddress
import json
import math
import os
import signal
import socket
import subprocess
import threading
import time

from failure import Failure
from jsonrpc import JsonRpc

TESTS = os.path.dirname(os.path.abspath(__file__))
BUILD = os.environ.get("OVS_EXT_BUILD",
                       os.path.join(os.path.dirname(TESTS), "_build"))
BOX = os.path.join(TESTS, "box")
STATE = os.environ.get("OVS_EXT_BOXES", "/run/ovs-ext-boxes")
DATAPATH = os.environ.get("OVS_EXT_DATAPATH", "netdev")  # Or "system".
UNDERLAY_MTU = 1600


def measure_slowness():
    """How much longer things take than on a machine with nothing else to do.
    Only an emulated one is measured: on any other, what takes too long is a
    fault.  More than 10 times is one there, too."""
    if "EMULATED_KERNEL" not in os.environ:
        return 1
    times = []
    for _ in range(10):
        start = time.monotonic()
        subprocess.run(["ip", "link", "show", "lo"], check=True,
                       stdout=subprocess.DEVNULL)
        times.append(time.monotonic() - start)
    return min(max(1, min(times) / IDLE_COMMAND), 10)


IDLE_COMMAND = 0.004            # s: what "ip link" takes then.
SLOWNESS = measure_slowness()   # All bounds on time are multiplied by it.
CLONE_NEWNET = 0x40000000


def kernel_has_vrfs():
    """Returns true if the kernel can make VRFs."""
    return not subprocess.run(
        ["unshare", "--net", "ip", "link", "add", "try", "type", "vrf",
         "table", "77"], check=False, capture_output=True).returncode


def wait_for(condition, what, timeout=20, interval=0.05,
             on_timeout=lambda: ""):
    """Returns the first true result of 'condition()'.  Raises Failure if
    there is none for 'timeout' seconds; 'what' says what was waited for, and
    the text that 'on_timeout()' returns what was found instead."""
    timeout *= SLOWNESS
    deadline = time.monotonic() + timeout
    while True:
        start = time.monotonic()
        result = condition()
        if result:
            return result
        now = time.monotonic()
        if now > deadline:
            raise Failure(f"{what}: not after {timeout} s {on_timeout()}")
        # A condition that takes long is not looked at all the time.
        time.sleep(max(interval, now - start))


def in_parallel(*functions):
    """Calls 'functions' at the same time; raises the first exception."""
    with concurrent.futures.ThreadPoolExecutor(len(functions)) as pool:
        for future in [pool.submit(f) for f in functions]:
            future.result()


@contextlib.contextmanager
def uninterrupted():
    """Puts off the signals that end a program, so that nothing is left half
    made."""
    old = signal.pthread_sigmask(signal.SIG_BLOCK, {
        signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


class Host:
    """Something that commands can be run in: a box, or a VM.  'net' is its
    network namespace, as a file."""

    def __init__(self, name, prefix, net):
        self.name = name
        self.prefix = prefix
        self.net = net

    def popen(self, *cmd, **kwargs):
        env = dict(os.environ, PATH=os.path.join(BUILD, "ovs-ext") +
                   ":/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/frr")
        return subprocess.Popen([*self.prefix, *map(str, cmd)], env=env,
                                stdin=kwargs.pop("stdin",
                                                 subprocess.DEVNULL),
                                text=True, **kwargs)

    def try_run(self, *cmd, timeout=60):
        """Returns (exit status, output with errors)."""
        with self.popen(*cmd, stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT) as process:
            try:
                output, _ = process.communicate(timeout=timeout * SLOWNESS)
            except subprocess.TimeoutExpired:
                process.kill()
                raise Failure(f"{self.name}: {cmd}: no end in {timeout} s")
            return process.returncode, output

    def run(self, *cmd, timeout=60):
        """Returns the output; a command that fails raises Failure."""
        status, output = self.try_run(*cmd, timeout=timeout)
        if status:
            raise Failure(f"{self.name}: {' '.join(map(str, cmd))}: "
                          f"exit status {status}\n{output}")
        return output

    def sh(self, script, timeout=60):
        return self.run("bash", "-euc", script, timeout=timeout)

    def ping(self, ip, count=1, wait=1):
        """Returns true if 'ip' answers."""
        status, _ = self.try_run("ping", "-n", "-q", "-c", count, "-W", wait,
                                 "-i", "0.2", ip)
        return not status

    def socket(self, family, kind, protocol=0):
        """Opens a socket of this process in the host's network."""
        result = []

        def open_there():
            with open(self.net) as ns:
                if ctypes.CDLL(None, use_errno=True).setns(ns.fileno(),
                                                           CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            result.append(socket.socket(family, kind, protocol))

        # It stays in the namespace in which its thread opened it.
        thread = threading.Thread(target=open_there)
        thread.start()
        thread.join()
        if not result:
            raise Failure(f"{self.name}: cannot open a socket")
        return result[0]


class Box(Host):
    def __init__(self, name):
        with uninterrupted():
            subprocess.run([BOX, "new", name], check=True)
        with open(os.path.join(STATE, name, "pid")) as f:
            self.pid = int(f.read())
        super().__init__(name, ["nsenter", "-t", str(self.pid), "-n", "-m",
                                "-u", "-p", "--"],
                         f"/proc/{self.pid}/ns/net")

    def remove(self):
        subprocess.run([BOX, "rm", self.name], check=True)

    def path(self, path):
        """What the file 'path' of this box is called outside."""
        return f"/proc/{self.pid}/root{path}"

    def read(self, path):
        with open(self.path(path)) as f:
            return f.read()

    def is_running(self, pid):
        """True if the box has a process 'pid', counted as in there."""
        return os.path.exists(self.path(f"/proc/{pid}"))

    def processes(self):
        """The names of all that runs there."""
        names = []
        for pid in os.listdir(self.path("/proc")):
            # It may have ended by now.
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                if pid.isdigit():
                    names.append(self.read(f"/proc/{pid}/comm").strip())
        return names

    def write(self, path, text):
        with self.popen("tee", path, stdin=subprocess.PIPE,
                        stdout=subprocess.DEVNULL) as process:
            process.communicate(text)
        if process.returncode:
            raise Failure(f"{self.name}: cannot write {path}")

    def netns(self, name):
        """A network namespace in this box."""
        return Host(name, [*self.prefix, "ip", "netns", "exec", name],
                    f"/proc/{self.pid}/root/run/netns/{name}")

    def vtysh(self, command):
        return self.run("vtysh", "-c", command)

    def configure(self, *commands):
        """Gives FRR 'commands' of its configuration mode."""
        self.run("vtysh", "-c", "configure terminal",
                 *(word for c in commands for word in ("-c", c)))

    def vtysh_json(self, command):
        return json.loads(self.vtysh(command + " json"))

    def daemon_pid(self, name):
        """The pid in this box of a daemon of Open vSwitch's kind or FRR's."""
        for path in (f"/run/openvswitch/{name}.pid", f"/run/frr/{name}.pid"):
            with contextlib.suppress(FileNotFoundError):
                return int(self.read(path))
        raise Failure(f"{self.name}: {name} has no pidfile")

    def kill(self, name, signal="KILL"):
        """Kills a daemon and waits until it is gone."""
        pid = self.daemon_pid(name)
        self.run("kill", f"-{signal}", pid)
        wait_for(lambda: not self.is_running(pid),
                 f"{self.name}: end of {name}")

    def start_frr(self, asn, router_id, neighbors, evpn="", take_ipv4=True):
        """Starts zebra and bgpd.  'neighbors' are pairs (address, AS); 'evpn'
        is more configuration of the address family.  IPv4 routes of
        'neighbors' are used if 'take_ipv4'."""
        keepalive = math.ceil(SLOWNESS)
        peers = "".join(f" neighbor {ip} remote-as {peer}\n"
                        f" neighbor {ip} timers {keepalive} {3 * keepalive}\n"
                        f" neighbor {ip} timers connect 1\n"
                        f" neighbor {ip} advertisement-interval 0\n"
                        for ip, peer in neighbors)
        activate = "".join(f"  neighbor {ip} activate\n"
                           for ip, _ in neighbors)
        # A leaf's next hops have to stay what they are across the spine.
        unchanged = "".join(f"  neighbor {ip} attribute-unchanged next-hop\n"
                            for ip, _ in neighbors)
        refuse = "" if take_ipv4 else "".join(
            f"  neighbor {ip} route-map NONE in\n" for ip, _ in neighbors)
        self.write("/etc/frr/zebra.conf", f"hostname {self.name}\n")
        self.write("/etc/frr/vtysh.conf", "")
        self.write("/etc/frr/bgpd.conf",
                   f"hostname {self.name}\n"
                   "route-map NONE deny 1\n"
                   f"router bgp {asn}\n"
                   f" bgp router-id {router_id}\n"
                   " no bgp ebgp-requires-policy\n"
                   " no bgp default ipv4-unicast\n"
                   f"{peers}"
                   " address-family ipv4 unicast\n"
                   "  redistribute connected\n"
                   f"{activate}{refuse}"
                   " exit-address-family\n"
                   " address-family l2vpn evpn\n"
                   f"{activate}{unchanged}{evpn}"
                   " exit-address-family\n")
        self.sh("chown frr:frr /etc/frr/*.conf")
        self.start_zebra()
        self.start_bgpd()

    def start_zebra(self):
        self.run("/usr/lib/frr/zebra", "-d", "-s", 90000000, "-A",
                 "127.0.0.1", "--log", "file:/var/log/frr/zebra.log")

    def start_bgpd(self):
        self.run("/usr/lib/frr/bgpd", "-d", "-A", "127.0.0.1", "--log",
                 "file:/var/log/frr/bgpd.log")


class Network:
    """A tenant's network: name, VNI."""

    def __init__(self, name, vni):
        self.name = name
        self.vni = vni


class Leaf(Box):
    """An ordinary Linux bridge and FRR, as a leaf switch is."""

    def __init__(self, name, vtep):
        super().__init__(name)
        self.vtep = vtep
        self.hosts = []

    def start(self, uplink, neighbor, asn):
        address = ipaddress.ip_address(neighbor[0]) + 1
        self.sh(f"ip addr add {address}/31 dev {uplink}\n"
                f"ip link set {uplink} mtu {UNDERLAY_MTU}\n"
                f"ip addr add {self.vtep}/32 dev lo")
        self.start_frr(asn, self.vtep, [neighbor],
                       "  advertise-all-vni\n")

    def add_network(self, network):
        vni = network.vni
        self.sh(f"ip link add br{vni} type bridge mcast_snooping 0\n"
                f"ip link set br{vni} addrgenmode none up\n"
                f"ip link add vx{vni} type vxlan id {vni} dstport 4789 "
                f"local {self.vtep} nolearning\n"
                f"ip link set vx{vni} addrgenmode none master br{vni} up\n"
                f"bridge link set dev vx{vni} learning off neigh_suppress "
                f"off\n")

    def add_vpc(self, asn, l3vni, router_mac, addresses):
        """A VRF with a network of its own, routed by 'l3vni'."""
        vrf = f"vrf{l3vni}"
        self.sh(f"ip link add {vrf} type vrf table {1000 + l3vni}\n"
                f"ip link set {vrf} up\n"
                f"ip link add br{l3vni} type bridge\n"
                f"ip link set br{l3vni} addrgenmode none "
                f"address {router_mac} master {vrf} up\n"
                f"ip link add vx{l3vni} type vxlan id {l3vni} dstport 4789 "
                f"local {self.vtep} nolearning\n"
                f"ip link set vx{l3vni} addrgenmode none master br{l3vni} "
                "up\n"
                f"ip link add lan{l3vni} type dummy\n"
                f"ip link set lan{l3vni} master {vrf} up\n" + "".join(
                    f"ip addr add {address} dev lan{l3vni}\n"
                    for address in addresses))
        self.configure(f"vrf {vrf}", f"vni {l3vni}", "exit-vrf",
                       f"router bgp {asn} vrf {vrf}",
                       f"bgp router-id {self.vtep}",
                       "address-family ipv4 unicast",
                       "redistribute connected", "exit-address-family",
                       "address-family ipv6 unicast",
                       "redistribute connected", "exit-address-family",
                       "address-family l2vpn evpn",
                       "advertise ipv4 unicast", "advertise ipv6 unicast")

    def remove_vpc(self, asn, l3vni):
        self.configure(f"vrf vrf{l3vni}", f"no vni {l3vni}")
        wait_for(lambda: not self.try_run(
            "vtysh", "-c", "configure terminal", "-c",
            f"no router bgp {asn} vrf vrf{l3vni}")[0], "no BGP of the VRF")
        self.sh(f"ip link del lan{l3vni}\nip link del vx{l3vni}\n"
                f"ip link del br{l3vni}\nip link del vrf{l3vni}")

    def remove_network(self, network):
        self.sh(f"ip link del vx{network.vni}\n"
                f"ip link del br{network.vni}")

    def add_host(self, name, network, mac, ips):
        """A bare-metal host behind a port of this leaf."""
        host = Box(name)
        host.mac = mac
        host.ips = ips
        port = f"sw-{name}"[:15]
        subprocess.run([BOX, "link", self.name, port, name, "eth0"],
                       check=True)
        host.sh(f"ip link set eth0 address {mac}\n" + "".join(
            f"ip addr add {ip} dev eth0 nodad\n" for ip in ips))
        # Now that it sends from no other MAC.
        self.sh(f"ip link set {port} addrgenmode none master "
                f"br{network.vni}")
        host.device = "eth0"
        self.hosts.append(host)
        return host

    def remove_all(self):
        for host in self.hosts:
            host.remove()
        self.remove()

    def evpn_routes(self, vni):
        """The remote and local routes of 'vni' as a set of texts, such as
        "2 52:54:00:00:00:01 10.0.0.1" or "3 192.0.2.11"."""
        table = self.vtysh_json(f"show bgp l2vpn evpn route vni {vni}")
        routes = set()
        for prefix, route in table.items():
            if isinstance(route, dict) and prefix.startswith("["):
                parts = [p.strip("[]") for p in prefix.split("]:[")]
                if parts[0] == "2":
                    ip = parts[5] if len(parts) > 5 else ""
                    routes.add(f"2 {parts[3]} {ip}".strip())
                elif parts[0] == "3":
                    routes.add(f"3 {parts[3]}")
        return routes


class Hypervisor(Box):
    """Open vSwitch, FRR and ovs-ext."""

    def __init__(self, name, vtep):
        super().__init__(name)
        self.vtep = vtep
        self.vms = {}

    def start_ovs(self):
        """Starts Open vSwitch, told what ovs-ext asks for."""
        self.sh("ovsdb-tool create /etc/openvswitch/conf.db "
                "/usr/share/openvswitch/vswitch.ovsschema")
        self.start_ovsdb()
        self.sh("ovs-vsctl --no-wait init -- set Open_vSwitch . "
                f"external_ids:system-id={self.name} "
                f"external_ids:ovs-ext-vtep-ip={self.vtep} "
                # in_effect() waits for a round of the revalidators.
                "other_config:max-revalidator=100 "
                f"external_ids:ovs-ext-datapath-type={DATAPATH}")
        self.start_vswitchd()

    def start(self, uplink, neighbor, asn):
        address = ipaddress.ip_address(neighbor[0]) + 1
        self.start_ovs()
        device = self.start_underlay(uplink)
        self.sh(f"ip link set {uplink} mtu {UNDERLAY_MTU}\n"
                f"ip addr add {address}/31 dev {device}\n"
                # The way to the fabric holds while there is no BGP.
                f"ip route add 192.0.2.0/24 via {neighbor[0]}")
        # The userspace datapath loses packets while routes change, and FRR's
        # would whenever it starts or ends.
        self.start_frr(asn, self.vtep, [neighbor],
                       "  advertise-all-vni\n",
                       take_ipv4=DATAPATH == "system")
        self.start_ovs_ext()

    def start_underlay(self, uplink):
        """Gives the VTEP its address; returns the device of the uplink's."""
        if DATAPATH == "system":
            self.sh(f"ip addr add {self.vtep}/32 dev lo")
            return uplink
        # Open vSwitch's userspace datapath sends and receives tunnel packets
        # by a bridge of its own that has the uplink and the addresses.  It
        # tells them by the bridge's MAC, which must neither change nor be the
        # uplink's, where the host would take them too.
        mac = "02:00:" + ":".join(
            f"{byte:02x}" for byte in ipaddress.ip_address(self.vtep).packed)
        self.sh("ovs-vsctl add-br br-phy -- set bridge br-phy "
                f"datapath_type=netdev 'other-config:hwaddr=\"{mac}\"' "
                "-- set interface br-phy "
                f"mtu_request={UNDERLAY_MTU} -- add-port br-phy {uplink}\n"
                # A port of a bridge is not the host's to answer on.
                f"sysctl -qw net.ipv6.conf.{uplink}.disable_ipv6=1\n"
                f"ip link set {uplink} arp off\n"
                f"ip addr add {self.vtep}/32 dev br-phy\n"
                "ip link set br-phy up")
        return "br-phy"

    def tunnels_know(self, neighbor):
        """Makes Open vSwitch see the MAC of 'neighbor'.  It looks at ARP only
        while it has a tunnel port, and drops what goes into a tunnel until it
        has seen that.  Returns true if it has."""
        self.try_run("ip", "neigh", "flush", "dev", "br-phy")
        self.ping(neighbor)
        return f"{neighbor} " in self.ask("ovs-vswitchd", "tnl/neigh/show")

    def restart_vswitchd(self):
        self.kill("ovs-vswitchd")
        self.start_vswitchd()

    def start_ovsdb(self):
        self.sh("ovsdb-server --remote=punix:/run/openvswitch/db.sock "
                "--pidfile --detach --log-file -vconsole:off "
                "/etc/openvswitch/conf.db 2>/dev/null")

    def start_vswitchd(self):
        self.sh("ovs-vswitchd --pidfile --detach --log-file "
                "-vconsole:off 2>/dev/null")

    def ifindex(self, device):
        return json.loads(self.run("ip", "-j", "link", "show", "dev",
                                   device))[0]["ifindex"]

    def start_ovs_ext(self):
        self.sh("ovs-ext --pidfile --detach --log-file -vconsole:off "
                "2>/dev/null")

    def ask(self, daemon, *command):
        """As "ovs-appctl -t 'daemon'", at less cost."""
        pid = self.daemon_pid(daemon)
        try:
            with JsonRpc(self, f"/run/openvswitch/{daemon}.{pid}.ctl",
                         60 * SLOWNESS) as rpc:
                return rpc.call(command[0], *map(str, command[1:]))
        except OSError as e:
            raise Failure(f"{self.name}: {daemon}: {command}: {e}")

    def appctl(self, *command):
        return self.ask("ovs-ext", *command)

    def appctl_json(self, *command):
        return json.loads(self.appctl(*command, "--json"))

    def coverage(self, counter):
        """How often 'counter' of ovs-ext was hit."""
        return int(self.appctl("coverage/read-counter", counter))

    def status(self):
        return self.appctl_json("status")[0]

    def settled(self, timeout=20):
        """Waits until all that ovs-ext knows is in effect."""
        def is_settled():
            with contextlib.suppress(Failure):
                return self.status()["state"] == "in effect"
        wait_for(is_settled, f"{self.name}: all in effect", timeout)

    def in_effect(self, timeout=20):
        """Waits until all that ovs-ext knows is in effect, also for frames
        that match what the datapath has cached: ovs-vswitchd looks at that
        after it has acknowledged a change."""
        self.settled(timeout)
        self.ask("ovs-vswitchd", "revalidator/wait")

    def change(self, *words):
        """Runs ovs-ext-ctl with 'words', and waits until what that changed is
        in effect, as in_effect().  Returns what it printed."""
        out = self.run("ovs-ext-ctl", "--wait=host", *words)
        self.ask("ovs-vswitchd", "revalidator/wait")
        return out

    def add_vm(self, name, network, mac, ips, row=True):
        """Starts a VM.  Its port is a row of OVS_Ext or, without 'row', is
        told by the external_ids of its interface only."""
        vm = self.netns(name)
        vm.mac, vm.ips, vm.hv, vm.network = mac, ips, self, network
        vm.device = "eth0"
        self.sh("ip -batch - <<END\n"
                f"netns add {name}\n"
                f"link add {name} type veth peer name eth0 netns {name}\n"
                "END\n"
                f"ethtool -K {name} tx off >/dev/null\n"
                f"nsenter --net=/run/netns/{name} ethtool -K eth0 tx off "
                ">/dev/null\n"
                # As libvirt does it with a tap.
                f"echo 1 >/proc/sys/net/ipv6/conf/{name}/disable_ipv6\n"
                f"ip link set {name} up\n"
                f"ip -n {name} -batch - <<END\n"
                "link set lo up\n"
                f"link set eth0 addrgenmode none address {mac} up\n"
                + "".join(f"addr add {ip} dev eth0 nodad\n" for ip in ips)
                + "END\n")
        if row:
            self.run(*self.row_command(vm))
        self.plug(vm, row)
        self.vms[name] = vm
        return vm

    def plug(self, vm, row=True):
        self.run(*self.plug_command(vm, row))

    @staticmethod
    def row_command(vm):
        """What makes the rows of OVS_Ext for 'vm' and its network."""
        net = vm.network
        return ["ovs-ext-ctl", "--may-exist", "net-add", net.name, net.vni,
                "--", "port-add", net.name, vm.name, vm.mac,
                *(ip.split("/")[0] for ip in vm.ips)]

    @staticmethod
    def plug_command(vm, row=True):
        """What makes the port of 'vm' on the bridge."""
        ids = [f"external_ids:iface-id={vm.name}"]
        if not row:
            ids += [f'external_ids:attached-mac="{vm.mac}"',
                    f'external_ids:port-profile="vni={vm.network.vni}"']
        return ["ovs-vsctl", "add-port", "br-int", vm.name, "--", "set",
                "interface", vm.name, *ids]

    def unplug(self, vm):
        self.run("ovs-vsctl", "del-port", "br-int", vm.name)

    def remove_vm(self, vm, row=True):
        self.unplug(vm)
        if row:
            self.run("ovs-ext-ctl", "--if-exists", "port-del", vm.name)
        self.sh(f"ip netns del {vm.name}")
        del self.vms[vm.name]

    def clear(self):
        """Removes all VMs, whatever there is of them, and all rows."""
        names = list(self.vms)
        if names:
            self.run("ovs-vsctl", *(word for name in names for word in
                                    ("--", "del-port", "br-int", name)))
        # Rules, which go with what has them, may refer to groups.
        groups = self.rows("Security_Group")
        self.run("ovs-ext-ctl", *(
            word for table in ("Port", "Network", "VPC") for word in
            ("--", "--all", "destroy", table)), *(
            word for group in groups for word in
            ("--", "clear", "Security_Group", group, "rules")))
        if groups:
            self.run("ovs-ext-ctl", "--all", "destroy", "Security_Group")
        if names:
            self.sh("ip -batch - <<END\n" + "".join(
                f"netns del {name}\n" for name in names) + "END\n")
        self.vms = {}

    def rows(self, *tables):
        """UUIDs of the rows in 'tables' of OVS_Ext."""
        return self.run("ovs-ext-ctl", "--bare", *(
            word for table in tables for word in
            ("--", "--columns=_uuid", "list", table))).split()


class Fabric:
    """The boxes of the picture above."""

    def __init__(self, say=lambda text: None):
        self.say = say
        self.boxes = []
        self.spine = self.leaf = self.hv1 = self.hv2 = None
        self.hypervisors = []

    def up(self):
        self.say("making boxes: spine, leaf1, hv1, hv2")
        self.spine = self.own(Box("spine"))
        self.leaf = self.own(Leaf("leaf1", "192.0.2.101"))
        self.hv1 = self.own(Hypervisor("hv1", "192.0.2.11"))
        self.hv2 = self.own(Hypervisor("hv2", "192.0.2.12"))
        self.hypervisors = [self.hv1, self.hv2]
        nodes = [(self.leaf, 65101), (self.hv1, 65011), (self.hv2, 65012)]
        for i, (node, _) in enumerate(nodes):
            subprocess.run([BOX, "link", "spine", node.name, node.name,
                            "uplink"], check=True)
            self.spine.sh(f"ip link set {node.name} mtu {UNDERLAY_MTU}\n"
                          f"ip addr add 10.255.{i}.0/31 dev {node.name}")
        self.spine.sh("ip addr add 192.0.2.1/32 dev lo")
        self.say("starting FRR everywhere, Open vSwitch and ovs-ext on the "
                 "hypervisors")
        starts = [lambda: self.spine.start_frr(
            65000, "192.0.2.1", [(f"10.255.{i}.1", asn)
                                 for i, (_, asn) in enumerate(nodes)])]
        starts += [lambda i=i, node=node, asn=asn: node.start(
            "uplink", (f"10.255.{i}.0", 65000), asn)
            for i, (node, asn) in enumerate(nodes)]
        in_parallel(*starts)
        self.say("waiting for BGP")
        in_parallel(*(lambda node=node: self.wait_for_bgp(node)
                      for node, _ in nodes))
        for node, _ in nodes:
            self.wait_for_vteps(node, [n.vtep for n, _ in nodes])
        in_parallel(self.hv1.settled, self.hv2.settled)
        for i, (node, _) in enumerate(nodes):
            if isinstance(node, Hypervisor) and DATAPATH == "netdev":
                wait_for(lambda i=i, node=node:
                         node.tunnels_know(f"10.255.{i}.0"),
                         f"{node.name}: neighbor of tunnels")

    def renew(self):
        self.down()
        self.up()

    def own(self, box):
        self.boxes.append(box)
        return box

    @staticmethod
    def wait_for_bgp(node):
        def is_established():
            status, text = node.try_run(
                "vtysh", "-c", "show bgp l2vpn evpn summary json")
            if status:
                return False
            peers = json.loads(text).get("peers", {})
            return peers and all(p["state"] == "Established"
                                 for p in peers.values())
        wait_for(is_established, f"{node.name}: BGP", timeout=60)

    @staticmethod
    def wait_for_vteps(node, vteps):
        for vtep in vteps:
            wait_for(lambda: not node.try_run("ip", "route", "get", vtep)[0],
                     f"{node.name}: route to {vtep}")

    def down(self):
        for box in reversed(self.boxes):
            with contextlib.suppress(subprocess.CalledProcessError):
                if isinstance(box, Leaf):
                    box.remove_all()
                else:
                    box.remove()
        self.boxes = []
