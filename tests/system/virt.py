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

"""VMs in earnest: a libvirtd for a hypervisor, and guests that QEMU emulates,
whose kernel is Debian's and whose only program is busybox."""

import contextlib
import datetime
import fcntl
import glob
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import uuid

import fabric
from fabric import in_parallel, wait_for
from hooks import port_id

CACHE = os.environ.get("GUEST_CACHE", "/var/cache/ovs-ext/kernel")
MODULES = ("virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev "
           "virtio_pci failover net_failover virtio_net").split()

# Each NIC is told by the kernel's command line: "nic=02:...:05,10.0.0.5/24".
# The guest answers pings, echoes what comes by TCP to port 7, and pings
# "ping=IP" each millisecond, if told to.
INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mkdir -p /proc /sys /dev
mount -t proc p /proc
mount -t sysfs s /sys
mount -t devtmpfs d /dev
for m in MODULES; do insmod /m/$m.ko; done
ip link set lo up
setup() {
    for n in /sys/class/net/eth*; do
        [ "$(cat $n/address)" = "$1" ] || continue
        ip link set ${n##*/} up
        ip addr add $2 dev ${n##*/}
        return 0
    done
    return 1
}
for a in $(cat /proc/cmdline); do
    case $a in
    nic=*) a=${a#nic=}; setup ${a%,*} ${a#*,} ;;
    late=*) late="$late ${a#late=}" ;;
    esac
done
nc -ll -p 7 -e cat &
echo GUEST-READY
while :; do
    rest=
    for a in $late; do setup ${a%,*} ${a#*,} || rest="$rest $a"; done
    late=$rest
    usleep 100000
done
"""

# The userspace datapath wants checksums that are right.
OFF = "csum='off' tso4='off' tso6='off' ecn='off' ufo='off'"

LIBVIRTD_CONF = """listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
host_uuid = "{uuid}"
"""
QEMU_CONF = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
"""
DIRS = ("/etc/libvirt /var/lib/libvirt /var/log/libvirt "
        "/var/cache/libvirt").split()


def build_guest():
    """Builds the guest once; returns the directory of kernel and initrd."""
    where = os.path.join(fabric.BUILD, "guest")
    os.makedirs(where, exist_ok=True)
    with open(f"{where}/lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with open(__file__, encoding="utf-8") as f:
            key = f.read()
        try:
            with open(f"{where}/key", encoding="utf-8") as f:
                if f.read() == key:
                    return where
        except FileNotFoundError:
            pass
        subprocess.run([os.path.join(fabric.TESTS, "guest-kernel"), CACHE],
                       check=True, stdout=subprocess.DEVNULL)
        shutil.copy(f"{CACHE}/vmlinuz", f"{where}/vmlinuz")
        build_initrd(f"{where}/initrd.gz")
        with open(f"{where}/key", "w", encoding="utf-8") as f:
            f.write(key)
    return where


def build_initrd(path):
    with tempfile.TemporaryDirectory() as top:
        os.makedirs(f"{top}/bin")
        os.makedirs(f"{top}/m")
        shutil.copy("/bin/busybox", f"{top}/bin/busybox")
        for name in MODULES:
            found = glob.glob(f"{CACHE}/files/lib/modules/*/kernel/**/"
                              f"{name}.ko", recursive=True)
            if found:
                shutil.copy(found[0], f"{top}/m")
        with open(f"{top}/init", "w", encoding="ascii") as f:
            f.write(INIT.replace("MODULES", " ".join(MODULES)))
        os.chmod(f"{top}/init", 0o755)
        subprocess.run(f"cd {top} && find . | cpio -o -H newc 2>/dev/null | "
                       f"gzip -1 >{path}", shell=True, check=True)


class Nic:
    """A NIC: native, or in the Linux bridge brvx-N as CloudStack plugs it."""

    def __init__(self, mac, vni, address, native=True, late=False):
        self.mac, self.vni, self.address = mac, vni, address
        self.native, self.late = native, late

    @property
    def xml(self):
        port = (f"<source bridge='br-int'/>\n"
                f"<virtualport type='openvswitch'><parameters "
                f"interfaceid='{port_id(self.mac)}' profileid='vni="
                f"{self.vni}'/></virtualport>\n" if self.native else
                f"<source bridge='brvx-{self.vni}'/>\n")
        return (f"<interface type='bridge'>\n{port}"
                f"<mac address='{self.mac}'/>\n<model type='virtio'/>\n"
                f"<driver><host {OFF}/><guest {OFF}/></driver>\n"
                "</interface>\n")

    @property
    def argument(self):
        return f"{'late' if self.late else 'nic'}={self.mac},{self.address}"


class Libvirt:
    """The libvirtd of a hypervisor.  'address' is where others reach it."""

    def __init__(self, hv, address):
        self.hv = hv
        self.address = address
        self.guest = build_guest()
        hv.sh("\n".join(f"mkdir -p {d}\nmount -t tmpfs t {d}" for d in DIRS) +
              "\nmkdir -p /etc/libvirt/hooks/qemu.d /etc/libvirt/qemu "
              "/var/lib/libvirt/qemu /var/log/libvirt/qemu "
              "/var/cache/libvirt/qemu\n: >/etc/libvirt/virtlogd.conf")
        hv.write("/etc/libvirt/libvirtd.conf",
                 LIBVIRTD_CONF.format(uuid=uuid.uuid4()))
        hv.write("/etc/libvirt/qemu.conf", QEMU_CONF)
        self.start_virtlogd()
        self.start()

    def start_virtlogd(self):
        self.hv.run("virtlogd", "-d", "-p", "/run/virtlogd.pid")

    def launch(self):
        # A real guest would not take the CPU from the host's daemons.
        self.hv.run("nice", "-n", "15", "libvirtd", "-l", "-d", "-p",
                    "/run/libvirtd.pid", "-f", "/etc/libvirt/libvirtd.conf")

    def start(self):
        self.launch()
        wait_for(lambda: self.hv.status()["libvirt"].startswith("connected"),
                 f"{self.hv.name}: connection to libvirt")

    def kill(self, name="libvirtd", signal="TERM"):
        pid = int(self.hv.read(f"/run/{name}.pid"))
        self.hv.run("kill", f"-{signal}", pid)
        wait_for(lambda: not self.hv.is_running(pid),
                 f"{self.hv.name}: end of {name}")

    def remove(self):
        for name in self.virsh("list", "--name").split():
            self.hv.try_run("virsh", "destroy", name)
        self.kill()
        self.kill("virtlogd")
        self.hv.sh("\n".join(f"umount {d}" for d in DIRS) +
                   "\nrm -rf /run/libvirt")

    def virsh(self, *args, timeout=60):
        return self.hv.run("virsh", "-q", *args, timeout=timeout)

    def use_hook(self):
        """libvirt calls ovs-ext-hook."""
        program = os.path.join(fabric.BUILD, "ovs-ext", "ovs-ext-hook")
        self.hv.sh("ln -sf " + program +
                   " /etc/libvirt/hooks/qemu.d/50-ovs-ext\n"
                   "kill -HUP $(cat /run/libvirtd.pid)")

    def create(self, name, *nics, uuid_="", ready=True):
        """Starts a VM and waits until its guest runs."""
        console = f"/run/{name}.console"
        arguments = " ".join(nic.argument for nic in nics)
        plugged = "".join(nic.xml for nic in nics if not nic.late)
        self.hv.write(f"/run/{name}.xml", f"""<domain type='qemu'>
<name>{name}</name><uuid>{uuid_ or uuid.uuid4()}</uuid>
<memory unit='MiB'>112</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type>
<kernel>{self.guest}/vmlinuz</kernel><initrd>{self.guest}/initrd.gz</initrd>
<cmdline>console=ttyS0 quiet {arguments}</cmdline></os>
<features><acpi/></features>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
{plugged}<serial type='file'><source path='{console}'/></serial>
<memballoon model='none'/></devices></domain>
""")
        self.virsh("create", f"/run/{name}.xml")
        if ready:
            wait_for(lambda: not self.hv.try_run(
                "grep", "-q", "GUEST-READY", console)[0],
                f"{name}: guest runs", timeout=60)

    def destroy(self, name):
        self.virsh("destroy", name)

    def taps(self, name):
        """The taps of a domain, in the order of its NICs."""
        lines = self.virsh("domiflist", name).splitlines()
        return [line.split()[0] for line in lines if line.strip()]

    def attach(self, name, nic):
        self.hv.write("/run/nic.xml", nic.xml)
        self.virsh("attach-device", name, "/run/nic.xml", "--live")

    def detach(self, name, nic):
        self.hv.write("/run/nic.xml", nic.xml)
        self.virsh("detach-device", name, "/run/nic.xml", "--live")

    def migrate_command(self, name, to, *options):
        return ["virsh", "-q", "migrate", "--live", *options, name,
                f"qemu+tcp://{to.address}/system", f"tcp://{to.address}"]

    def migrate(self, name, to, *options):
        self.hv.run(*self.migrate_command(name, to, *options), timeout=120)

    def domains(self):
        return sorted(self.virsh("list", "--name").split())


def start_libvirt(lab, *hvs):
    """A libvirtd on each of 'hvs', which have a network to migrate by."""
    def start(hv):
        address = f"172.31.0.{1 + hvs.index(hv)}"
        if len(hvs) > 1:
            hv.sh(f"ip addr add {address}/24 dev mig\n")
        hv.libvirt = Libvirt(hv, address)
        lab.finally_do(hv.libvirt.remove)

    # Taps of VMs that end are gone before Open vSwitch knows.
    lab.expect(r"vnet\d")
    if len(hvs) > 1:
        subprocess.run([fabric.BOX, "link", "hv1", "mig", "hv2", "mig"],
                       check=True)
        lab.finally_do(lambda: hvs[0].try_run("ip", "link", "del", "mig"))
    in_parallel(*(lambda hv=hv: start(hv) for hv in hvs))


def port_state(hv, mac):
    """Of the port of the VM with 'mac'; None if there is none."""
    status, text = hv.try_run("ovs-appctl", "-t", "ovs-ext", "port/show",
                              port_id(mac), "--json")
    return None if status else json.loads(text)[0]["state"]


class Recorder:
    """A command whose output is read when it has been stopped."""

    def __init__(self, host, *cmd):
        # Not a pipe, which would make it wait when it is full.
        self.file = tempfile.TemporaryFile("w+")
        self.process = host.popen(*cmd, stdout=self.file,
                                  stderr=subprocess.DEVNULL)
        self.lines = []

    def stop(self):
        # The command is a child of what entered the box, which ends after it.
        subprocess.run(["pkill", "-TERM", "-P", str(self.process.pid)],
                       check=False)
        self.process.wait(timeout=20)
        self.file.seek(0)
        self.lines = self.file.read().splitlines()
        self.file.close()
        return self.lines


class Pinger:
    """Pings 'ip' from 'box' each millisecond, answered or not, which ping(8)
    does not do."""

    def __init__(self, box, ip):
        self.ip = ip
        self.socket = box.socket(socket.AF_INET, socket.SOCK_RAW,
                                 socket.IPPROTO_ICMP)
        self.socket.settimeout(0.1)
        self.sent = []          # By sequence number: when.
        self.answers = {}       # By sequence number: how many.
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=f) for f in (self.send,
                                                             self.receive)]
        for thread in self.threads:
            thread.start()

    def send(self):
        due = time.monotonic()
        while not self.stopping.is_set() and len(self.sent) < 0xffff:
            body = struct.pack("!HH", 0x6f65, len(self.sent))
            total = 0x0800 + sum(struct.unpack("!HH", body))
            total = (total & 0xffff) + (total >> 16)
            self.sent.append(time.time())
            self.socket.sendto(struct.pack("!BBH", 8, 0, 0xffff & ~total)
                               + body, (self.ip, 0))
            due += 0.001
            time.sleep(max(0, due - time.monotonic()))

    def receive(self):
        while not self.stopping.is_set():
            with contextlib.suppress(TimeoutError):
                packet = self.socket.recv(100)
                kind, _, _, ident, seq = struct.unpack("!BBHHH", packet[20:28])
                if (kind, ident) == (0, 0x6f65):
                    self.answers[seq] = self.answers.get(seq, 0) + 1

    @property
    def gap(self):
        """The longest time in which no request was sent that was answered."""
        times = [self.sent[seq] for seq in sorted(self.answers)]
        return max(b - a for a, b in zip(times, times[1:]))

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.socket.close()


class Echo:
    """A TCP connection from 'box' to port 7 of the guest with 'ip', which
    sends back what it gets."""

    def __init__(self, box, ip):
        self.socket = box.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(20)
        self.socket.connect((ip, 7))
        self.n = 0

    def check(self):
        """Sends a line, and waits until it comes back."""
        self.n += 1
        line = f"line {self.n}\n".encode()
        self.socket.sendall(line)
        got = b""
        while len(got) < len(line):
            more = self.socket.recv(100)
            if not more:
                raise fabric.Failure(f"end of connection after {got}")
            got += more
        if got != line:
            raise fabric.Failure(f"{got} instead of {line}")

    def close(self):
        self.socket.close()


def connects(box, ip, port):
    """What becomes of a TCP connection: "open", "refused" or "nothing"."""
    with contextlib.closing(box.socket(socket.AF_INET,
                                       socket.SOCK_STREAM)) as s:
        s.settimeout(3)
        try:
            s.connect((ip, port))
            return "open"
        except ConnectionRefusedError:
            return "refused"
        except TimeoutError:
            return "nothing"


class Migration:
    """What is seen of a migration of 'name': pings of 'ip' by 'host', which
    is behind 'leaf', each millisecond, events of libvirt, frames at the VM's
    taps, FDB entries.  Times are in seconds."""

    def __init__(self, name, mac, ip, host, leaf, source, target):
        self.name, self.mac = name, mac
        self.source, self.target = source, target
        self.recorders = []
        for libvirt in (source, target):
            self.recorders += [
                Recorder(libvirt.hv, "stdbuf", "-oL", "virsh", "event",
                         "--event", "lifecycle", "--loop", "--timestamp"),
                Recorder(libvirt.hv, "tcpdump", "-i", "any", "-tt", "-nn",
                         "-l", "icmp[icmptype] == icmp-echo"),
                Recorder(libvirt.hv, "stdbuf", "-oL", "bridge", "-timestamp",
                         "monitor", "fdb"),
            ]
        self.recorders.append(Recorder(leaf, "stdbuf", "-oL", "bridge",
                                       "-timestamp", "monitor", "fdb"))
        self.pinger = Pinger(host, ip)
        wait_for(lambda: len(self.pinger.answers) > 100, f"{ip} answers")

    def stop(self):
        """Returns self, which tells what was seen."""
        self.pinger.stop()
        sent, answers = self.pinger.sent, self.pinger.answers
        # When requests were sent that were answered.
        self.answered = [sent[seq] for seq in sorted(answers)]
        self.lost = max(answers) - min(answers) + 1 - len(answers)
        self.duplicates = sum(n > 1 for n in answers.values())
        lines = [recorder.stop() for recorder in self.recorders]
        self.events = {}
        self.frames = {}
        for i, libvirt in enumerate((self.source, self.target)):
            self.events[libvirt] = self.read_events(lines[3 * i])
            self.frames[libvirt] = self.read_frames(lines[3 * i + 1])
        self.announced = self.read_fdb(lines[5], "dev oe-")
        self.learned = self.read_fdb(lines[6], f"dst {self.target.hv.vtep} ")
        return self

    def read_fdb(self, lines, what):
        """When an entry of the VM's MAC with 'what' came last."""
        when = None
        found = []
        for line in lines:
            match = re.match(r"Timestamp: (.*) (\d+) usec", line)
            if match:
                second = datetime.datetime.strptime(
                    match[1], "%a %b %d %H:%M:%S %Y").timestamp()
                when = second + int(match[2]) / 1e6
            elif line.startswith(self.mac) and what in line:
                found.append(when)
        return found[-1]

    def read_events(self, lines):
        """Pairs of time and text, such as "Resumed Migrated"."""
        events = []
        for line in lines:
            match = re.match(r"(\S+ \S+): event 'lifecycle' for domain "
                             rf"'?{self.name}'?: (.*)", line)
            if match:
                when = datetime.datetime.strptime(match[1],
                                                  "%Y-%m-%d %H:%M:%S.%f%z")
                events.append((when.timestamp(), match[2]))
        return events

    @staticmethod
    def read_frames(lines):
        """Times of echo requests that were given to taps."""
        return [float(line.split()[0]) for line in lines
                if re.match(r"[\d.]+ vnet\d+ +Out ", line)]

    def event(self, libvirt, kind):
        """When the VM was suspended or resumed, by a migration that copied
        before that or after it."""
        times = [when for when, what in self.events[libvirt]
                 if what in (f"{kind} Migrated", f"{kind} Post-copy")]
        if not times:
            raise fabric.Failure(f"not {kind}: {self.events}")
        return times[0]

    @property
    def suspended(self):
        return self.event(self.source, "Suspended")

    @property
    def resumed(self):
        return self.event(self.target, "Resumed")

    @property
    def pause(self):
        """How long the guest did not run."""
        return self.resumed - self.suspended

    @property
    def network(self):
        """From the guest's resumption to the first frame that it got."""
        return min(when for when in self.frames[self.target]
                   if when >= self.suspended) - self.resumed

    @property
    def gap(self):
        """The longest time in which no request was sent that was answered."""
        times = sorted(self.answered)
        return max(b - a for a, b in zip(times, times[1:]))

    @property
    def bgp(self):
        """How long BGP took to tell the leaf."""
        return self.learned - self.announced

    def late_frames(self):
        """Frames that the source gave to its tap after the guest ran on the
        target."""
        return [when - self.resumed for when in self.frames[self.source]
                if when > self.resumed]

    def __str__(self):
        return (f"gap {1000 * self.gap:.1f} ms: guest's pause "
                f"{1000 * self.pause:.1f} ms, network "
                f"{1000 * self.network:.1f} ms; BGP "
                f"{1000 * self.bgp:.1f} ms, announced after "
                f"{1000 * (self.announced - self.resumed):.1f} ms; "
                f"{self.lost} lost, {self.duplicates} twice")
