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

"""Checks who includes whom.

Each file of the programs is in a layer, which is a convenience library too:
what a layer's files include must be of a layer that they may use, and what
the world outside offers is for the edge that speaks with it only."""

import fnmatch
import re

import lint

# Pure data and the meaning of it: no more than containers and texts.
PURE = """arpa/inet.h config.h ctype.h errno.h inttypes.h limits.h
    net/if.h netinet/in.h stdarg.h stdbool.h stddef.h stdint.h stdlib.h
    string.h
    bitmap.h hash.h hindex.h hmapx.h openvswitch/compiler.h
    openvswitch/dynamic-string.h openvswitch/hmap.h openvswitch/list.h
    openvswitch/shash.h openvswitch/types.h openvswitch/util.h packets.h
    simap.h smap.h sset.h svec.h util.h uuid.h""".split()

# Logs, time, sockets, databases: what a plan must not have.
IMPURE = """coverage.h daemon.h dirs.h fatal-signal.h jsonrpc.h latch.h
    memory.h netlink-notifier.h netlink-socket.h ovs-rcu.h ovs-thread.h
    process.h rtnetlink.h seq.h socket-util.h stream*.h timer.h timeval.h
    unixctl.h *-idl.h ovsdb/*.h
    openvswitch/poll-loop.h openvswitch/rconn.h openvswitch/thread.h
    openvswitch/vconn.h openvswitch/vlog.h
    fcntl.h ifaddrs.h libvirt/* nftables/* poll.h pthread.h signal.h stdio.h
    sys/ioctl.h sys/stat.h sys/time.h sys/un.h time.h unistd.h""".split()

# The world outside: what speaks with one part of it.
OPENFLOW = ["openvswitch/rconn.h", "openvswitch/vconn.h"]
NETLINK = ["netlink-socket.h", "netlink-notifier.h", "rtnetlink.h",
           "nftables/*"]
VTY = ["sys/un.h", "poll.h"]
DATABASE = ["*-idl.h", "jsonrpc.h", "ovsdb/*.h"]
LIBVIRT = ["libvirt/*"]


class Layer:
    def __init__(self, name, files, uses, only=None, never=()):
        self.name = name
        self.files = files.split()
        self.uses = [name, *uses]   # Layers whose headers it may include.
        self.only = only            # What else, or None for all but 'never'.
        self.never = list(never)


PLANS = ["flow plans", "kernel plans", "frr plans", "row plans", "texts"]
LIBXML = ["libxml/*"]
EDGES = ["switch", "vswitchd", "netlink", "frr", "databases", "libvirt"]

LAYERS = [
    Layer("model", "ovs-ext/model/*", [], only=PURE),

    Layer("flow plans", """flows/acl*.[ch] flows/flow-*.[ch] flows/gen*.[ch]
          flows/ip-reply.[ch] flows/nd-answer.[ch] flows/pipeline.h
          flows/resolver.[ch] flows/route*.[ch] flows/rs-check.[ch]
          flows/security.[ch] flows/spread.[ch]""",
          ["model"], never=IMPURE),
    Layer("kernel plans", "evpn-bridge/kernel*.[ch] evpn-bridge/nl-msg*.[ch]",
          ["model"], never=IMPURE),
    Layer("frr plans", """evpn-bridge/frr-conf.[ch]
          evpn-bridge/frr-json.[ch] evpn-bridge/frr-round.[ch]
          evpn-bridge/frr-watch.[ch]""", ["model"], never=IMPURE),
    Layer("row plans", """ovsdb-sync/ovs-settings.[ch]
          ovsdb-sync/port-data*.[ch]
          ovsdb-sync/row-*.[ch] ovsdb-sync/rule-*.[ch]
          ovsdb-sync/status-plan.[ch]""", ["model"],
          never=IMPURE),
    Layer("host plans", """ovs-ext/host/domain-xml.[ch]
          ovs-ext/host/port-id.[ch] ovs-ext/host/hooks/hook-args.[ch]
          ovs-ext/host/hooks/hook-group.[ch]
          ovs-ext/host/hooks/hook-plan.[ch] ovs-ext/host/hooks/hook-tap.[ch]
          ovs-ext/host/hooks/hook-txn.[ch]""", ["model", "row plans"],
          never=IMPURE),
    Layer("texts", "ovs-ext/show*.[ch]", ["model"], never=IMPURE),

    Layer("switch", "flows/flows.[ch] flows/switch-*.[ch]",
          ["model", *PLANS], never=NETLINK + VTY + DATABASE + LIBVIRT),
    Layer("vswitchd", "flows/vswitch-ctl.[ch]", ["model", *PLANS],
          never=OPENFLOW + NETLINK + VTY + LIBVIRT),
    Layer("netlink", """evpn-bridge/fence.[ch] evpn-bridge/nl-[!m]*.[ch]
          evpn-bridge/nl-monitor.[ch]""", ["model", *PLANS],
          never=OPENFLOW + VTY + DATABASE + LIBVIRT),
    Layer("frr", """evpn-bridge/frr.[ch] evpn-bridge/frr-writer.[ch]
          evpn-bridge/vty.[ch]""",
          ["model", *PLANS],
          never=OPENFLOW + NETLINK + DATABASE + LIBVIRT),
    Layer("databases", """ovsdb-sync/db-create.[ch] ovsdb-sync/ext-*.[ch]
          ovsdb-sync/ovs-carry.[ch]
          ovsdb-sync/ovs-rows.[ch] ovsdb-sync/ovs-sync.[ch]
          ovsdb-sync/ovs-taps.[ch] ovsdb-sync/ovs-tunnel.[ch]
          ovsdb-sync/ovs-zones.[ch]""",
          ["model", *PLANS, "idl"],
          never=OPENFLOW + NETLINK + VTY + LIBVIRT),
    Layer("libvirt", "ovs-ext/host/libvirt-*.[ch]", ["model", "host plans"],
          never=OPENFLOW + NETLINK + VTY + DATABASE + LIBXML),
    Layer("idl", "ovsdb-sync/ovs-ext-idl.[ch] ovsdb-sync/ovs-ext-schema.inc",
          []),

    Layer("daemon", """ovs-ext/commands.[ch] ovs-ext/engine*.[ch]
          ovs-ext/lap-timer.[ch] ovs-ext/main.c""",
          ["model", *PLANS, "host plans", *EDGES],
          never=NETLINK + VTY + DATABASE + LIBVIRT
          + ["openvswitch/rconn.h", "sys/socket.h"]),
    Layer("ctl", """ovs-ext/cloudstack-host.[ch] ovs-ext/ctl-*.[ch]
          ovs-ext/ovs-ext-ctl.c""",
          ["model", *PLANS, "idl"],
          never=NETLINK + VTY + LIBVIRT
          + ["vswitch-idl.h", "openvswitch/rconn.h"]),
    Layer("hooks", """ovs-ext/host/hooks/hook.[ch]
          ovs-ext/host/hooks/hook-adopt.c
          ovs-ext/host/hooks/hook-agent.c ovs-ext/host/hooks/hook-db.[ch]
          ovs-ext/host/hooks/hook-macip.c ovs-ext/host/hooks/hook-network.c
          ovs-ext/host/hooks/hook-qemu.c ovs-ext/host/hooks/hook-sg.c
          ovs-ext/host/hooks/hook-stock.c
          ovs-ext/host/hooks/hook-vxlan.c
          ovs-ext/host/hooks/ovs-ext-hook.c""",
          ["model", *PLANS, "host plans"],
          never=NETLINK + LIBVIRT + LIBXML
          + ["*-idl.h", "openvswitch/rconn.h"]),
]

FOLDERS = ("evpn-bridge/", "flows/", "ovs-ext/", "ovsdb-sync/")


def matches(name, patterns):
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def layers_of(path):
    return [layer for layer in LAYERS if matches(path, layer.files)]


def includes(text):
    """Yields (line, name) of each header that C code 'text' includes."""
    for match in re.finditer(r'^#\s*include\s*["<]([^">]+)[">]', text,
                             re.MULTILINE):
        yield text.count("\n", 0, match.start()) + 1, match[1]


def check_include(layer, name):
    """Returns what is wrong with including 'name' in 'layer', or None."""
    others = layers_of(name)
    if others:
        if others[0].name in layer.uses:
            return None
        return f"{layer.name} must not use {others[0].name}: {name}"
    if name.startswith(FOLDERS):
        return f"{name} is in no layer"
    if layer.only is not None and not matches(name, layer.only):
        return f"{layer.name} has no need of {name}"
    if matches(name, layer.never):
        return f"{name} is not for {layer.name}"
    return None


def check(path, text, headers):
    """Yields the faults of file 'path'.  'headers' are the names without
    folder of our own headers."""
    layers = layers_of(path)
    if len(layers) != 1:
        names = " and ".join(layer.name for layer in layers)
        yield 1, (f"is in {names or 'no layer'}; tests/lint/layers.py should "
                  "say one")
        return
    for line, name in includes(text):
        fault = check_include(layers[0], name)
        if fault:
            yield line, fault
        if name in headers:
            yield line, f"{name} is included without its folder"


def libraries(text):
    """Yields (line, files) of each program and library in an automake.mk."""
    for match in re.finditer(r"^\w+_SOURCES = ((?:.*\\\n)*.*)", text,
                             re.MULTILINE):
        files = [word for word in match[1].split() if word != "\\"]
        yield text.count("\n", 0, match.start()) + 1, files


def check_libraries(text):
    """Each library has files of one layer only, so that what links it gets no
    others."""
    for line, files in libraries(text):
        names = {layer.name for path in files for layer in layers_of(path)}
        if len(names) > 1:
            yield line, f"has several layers: {', '.join(sorted(names))}"


def main():
    faults = []
    ours = [(path, text) for path, text in lint.sources("c")
            if path.startswith(FOLDERS)]
    headers = {path.rpartition("/")[2] for path, _ in ours
               if path.endswith(".h")}
    for path, text in ours:
        faults += [(path, *fault) for fault in check(path, text, headers)]
    for path, text in lint.sources("make"):
        faults += [(path, *fault) for fault in check_libraries(text)]
    lint.report("layers", faults, f"{len(ours)} files, {len(LAYERS)} layers")


if __name__ == "__main__":
    main()
