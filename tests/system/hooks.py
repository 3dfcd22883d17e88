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

"""What calls ovs-ext-hook in tests: links as CloudStack's agent and libvirt
have them, domains, and ports as libvirt plugs them."""

import contextlib
import os
import subprocess
import uuid

import fabric

NAME_SPACE = uuid.UUID("3c9a5f1e-7b42-4d0a-9e61-6f7673657874")
SCRIPTS = ("modifyvxlan.sh", "modifyvxlan-evpn.sh", "modifymacip.sh",
           "security_group.py", "libvirt-vm-xml-transformer.sh",
           "libvirt-vm-state-change.sh", "50-ovs-ext")
LINKS = "/run/hooks"
STOCK = "/run/stock"


def port_id(mac):
    """The name of the port of a NIC with 'mac'."""
    return str(uuid.uuid5(NAME_SPACE, mac.lower()))


def domain_xml(name, plain=(), native=(), bridge="br-int"):
    """A domain, as CloudStack writes it or as libvirt knows it.  NICs in
    'plain' are (MAC, bridge) and maybe tap, those in 'native' (MAC, VNI, tap
    or None)."""
    nics = [
        "<interface type='bridge'>\n"
        f"<source bridge='{on}'/>\n"
        f"<mac address='{mac}'/>\n"
        + "".join(f"<target dev='{name}'/>\n" for name in tap) +
        "<model type='virtio'/>\n"
        "<link state='up'/>\n"
        "</interface>\n" for mac, on, *tap in plain]
    nics += [
        "<interface type='bridge'>\n"
        f"<mac address='{mac}'/>\n"
        f"<source bridge='{bridge}'/>\n"
        "<virtualport type='openvswitch'>\n"
        f"<parameters interfaceid='{port_id(mac)}' "
        f"profileid='vni={vni}'/>\n"
        "</virtualport>\n"
        + (f"<target dev='{tap}'/>\n" if tap else "") +
        "<model type='virtio'/>\n"
        "</interface>\n" for mac, vni, tap in native]
    return (f"<domain type='kvm'>\n<name>{name}</name>\n"
            "<uuid>ff1c2a64-0d5b-4a1a-8a4b-5b7a8f7b9d10</uuid>\n"
            "<description>a &amp; b &lt; c</description>\n"
            f"<devices>\n{''.join(nics)}</devices>\n</domain>\n")


def rows(hv, table, *columns):
    """The rows of a table of OVS_Ext, each as text with commas in it,
    sorted."""
    text = hv.run("ovs-ext-ctl", "--bare", "--no-headings", "--format=csv",
                  f"--columns={','.join(columns)}", "list", table)
    return sorted(text.splitlines())


class Hooks:
    """The hooks of a hypervisor."""

    def __init__(self, hv):
        self.hv = hv
        self.taps = []
        program = os.path.join(fabric.BUILD, "ovs-ext", "ovs-ext-hook")
        hv.sh(f"mkdir -p {LINKS}\n" + "".join(
            f"ln -sf {program} {LINKS}/{name}\n" for name in SCRIPTS))

    def remove(self):
        for vm in list(self.taps):
            with contextlib.suppress(fabric.Failure):
                self.unplug(vm)
        self.hv.sh(f"rm -rf {LINKS} {STOCK} /run/libvirt")

    def running(self, *domains):
        """Has libvirt's files of domains that run."""
        self.hv.sh("rm -rf /run/libvirt/qemu\nmkdir -p /run/libvirt/qemu\n"
                   + "".join(f"touch /run/libvirt/qemu/{domain}.xml\n"
                             for domain in domains))

    def popen(self, script, *args, stdin=""):
        """Calls 'script' by its link, as a process with pipes."""
        link = "50-ovs-ext" if script == "qemu" else script
        process = self.hv.popen(
            "env", f"OVS_EXT_STOCK_DIR={STOCK}", f"{LINKS}/{link}", *args,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        # Who needs no XML does not read it, and may have ended already; as
        # libvirt does, nobody minds.
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin)
            process.stdin.close()
        process.stdin = None
        return process

    def call(self, script, *args, stdin=""):
        """Returns (exit status, output, errors)."""
        with self.popen(script, *args, stdin=stdin) as process:
            out, err = process.communicate(timeout=60)
            return process.returncode, out, err

    def must(self, script, *args):
        """Calls 'script', which has to succeed without a word."""
        result = self.call(script, *args)
        if result != (0, "", ""):
            raise fabric.Failure(f"{script} {args}: {result}")

    def qemu(self, domain, operation, xml):
        """Calls libvirt's hook, as libvirt does."""
        sub = "end" if operation in ("stopped", "release") else "begin"
        return self.call("qemu", domain, operation, sub, "-", stdin=xml)

    def stock(self, path, script=""):
        """Has a script of CloudStack's own, which notes its arguments and
        runs 'script'.  Returns a function that returns what was noted."""
        file = f"{STOCK}/{path}"
        self.hv.sh(f"mkdir -p {os.path.dirname(file)}")
        self.hv.write(file, f'#!/bin/sh\necho "$*" >>{STOCK}/calls\n'
                      f"{script}\n")
        self.hv.run("chmod", "+x", file)
        return lambda: self.hv.run("cat", f"{STOCK}/calls").splitlines()

    def remove_stock(self):
        self.hv.run("rm", "-rf", STOCK)

    def plug_command(self, tap):
        """What libvirt does with the tap of a NIC on Open vSwitch."""
        return ["ovs-vsctl", "--timeout=5", "--", "--may-exist", "add-port",
                "br-int", tap.name, "--", "set", "Interface", tap.name,
                f'external-ids:attached-mac="{tap.mac}"',
                f'external-ids:iface-id="{port_id(tap.mac)}"',
                'external-ids:vm-id="ff1c2a64-0d5b-4a1a-8a4b-5b7a8f7b9d10"',
                "external-ids:iface-status=active",
                f'external-ids:port-profile="vni={tap.vni}"',
                f"external-ids:ifname={tap.name}"]

    def plug(self, lab, name, mac, vni, run=True):
        """Makes a tap, which nobody is behind, and a port of it."""
        del lab
        tap = Tap(name, mac, vni)
        self.hv.sh(f"ip tuntap add dev {name} mode tap\n"
                   f"sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1\n"
                   f"ip link set {name} up")
        if run:
            self.hv.run(*self.plug_command(tap))
        self.taps.append(tap)
        return tap

    def router(self, lab, name, mac, bridge, ip):
        """A VM whose NIC is in a Linux bridge, as libvirt plugs it."""
        del lab
        self.hv.sh(f"ip netns add {name}\n"
                   f"ip link add {name} type veth peer name eth0 "
                   f"netns {name}\n"
                   f"ethtool -K {name} tx off >/dev/null\n"
                   f"sysctl -qw net.ipv6.conf.{name}.disable_ipv6=1\n"
                   f"ip link set {name} master {bridge} up\n"
                   f"ip netns exec {name} ethtool -K eth0 tx off >/dev/null\n"
                   f"ip -n {name} link set eth0 addrgenmode none address "
                   f"{mac} up\n"
                   f"ip -n {name} addr add {ip} dev eth0")
        return self.hv.netns(name)

    def remove_router(self, router):
        self.hv.run("ip", "netns", "del", router.name)
        self.hv.try_run("ip", "link", "del", router.name)

    def unplug(self, tap):
        self.taps.remove(tap)
        self.hv.run("ovs-vsctl", "--if-exists", "del-port", tap.name)
        self.hv.try_run("ip", "link", "del", tap.name)


class Tap:
    def __init__(self, name, mac, vni):
        self.name, self.mac, self.vni = name, mac, vni
