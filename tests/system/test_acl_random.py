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

"""Random policies and random packets: what the switch decides, by
"ofproto/trace", is what the definition says (tests/acl_reference.py).

A trace does not know what conntrack would say, so it is told: each packet is
the first of a connection.  What comes in comes from the tunnel; what goes out
is allowed if it gets as far as the MACs of the network."""

import json
import os
import random
import re

import acl_reference
from acl_reference import ICMP, ICMPV6, SCTP, TCP, UDP, Packet
from jsonrpc import JsonRpc
import pytest

pytestmark = [pytest.mark.acl, pytest.mark.slow]

POLICIES = 100
PACKETS = 100                   # For each of them.

# Addresses that rules and packets have, so that they often meet.
IPS = ["10.0.0.5", "10.0.0.77", "10.0.1.1", "192.0.2.200", "198.51.100.7",
       "fd00::5", "fd00::77", "fd01::1", "2001:db8::1"]
CIDRS4 = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24", "10.0.0.5/32",
          "192.0.2.128/25", "198.51.100.0/24"]
CIDRS6 = ["::/0", "fd00::/16", "fd00::/64", "fd00::5/128", "2001:db8::/32"]
PORTS = [0, 22, 53, 67, 68, 80, 443, 1000, 1010, 8080, 32768, 65535]
TYPES = {ICMP: [0, 3, 8, 11], ICMPV6: [1, 128, 129, 135]}
PROTOCOLS = [None, "tcp", "udp", "icmp", "icmpv6", "sctp", "47", "all"]
TABLE_L2_LOCAL = 32             # As in flows/pipeline.h.
MACS = "52:54:00:00:00:01", "52:54:00:00:00:99"
OWN = "10.0.0.1", "fd00::1"     # Of vm1.
OUTSIDERS = {"out1": ["10.0.0.77", "fd00::77"], "out2": ["10.0.1.1"],
             "out3": ["fd01::1", "198.51.100.7"]}


def random_cidrs(rng, ethertype, protocol):
    pool = (CIDRS4 if ethertype == "ipv4" or protocol == "icmp"
            else CIDRS6 if ethertype == "ipv6" or protocol == "icmpv6"
            else CIDRS4 + CIDRS6)
    cidrs = rng.sample(pool, rng.randint(1, 3))
    if rng.random() < 0.2:      # Many: a set, or a conjunction.
        v6 = pool is CIDRS6
        cidrs += [f"fd{i:02x}::/16" if v6 else f"10.{i}.0.0/16"
                  for i in range(2, 42, 2)]
    return cidrs


def random_rule(rng, groups, acl):
    """A row of table Rule, as an "insert" has it."""
    protocol = rng.choice(PROTOCOLS)
    row = {"direction": rng.choice(["ingress", "egress"]),
           "action": rng.choice(["allow", "drop", "reject"] if acl
                                else ["allow"]),
           "priority": rng.choice([1, 5, 100, 32767, rng.randrange(32768)])}
    if protocol:
        row["protocol"] = protocol
    if protocol not in ("icmp", "icmpv6") and rng.random() < 0.4:
        row["ethertype"] = rng.choice(["ipv4", "ipv6"])
    if protocol in ("tcp", "udp", "sctp") and rng.random() < 0.8:
        row["port_min"] = rng.choice(PORTS)
        if rng.random() < 0.5:
            row["port_max"] = rng.randint(row["port_min"], 65535)
    number = {"icmp": ICMP, "icmpv6": ICMPV6}.get(protocol)
    if number and rng.random() < 0.7:
        row["icmp_type"] = rng.choice(TYPES[number])
        if rng.random() < 0.5:
            row["icmp_code"] = rng.randint(0, 1)
    if rng.random() < 0.25:
        row["remote_group"] = ["named-uuid", rng.choice(groups)]
    elif rng.random() < 0.6:
        row["remote_cidrs"] = ["set", random_cidrs(
            rng, row.get("ethertype"), protocol)]
    if rng.random() < 0.2:
        row["stateless"] = True
    return row


def random_policy(rng, database, network):
    """Replaces all policies in one transaction."""
    groups = [f"g{i}" for i in range(3)]
    operations = [
        {"op": "update", "table": "Port", "where": [],
         "row": {"security_groups": ["set", []]}},
        {"op": "delete", "table": "Security_Group", "where": []},
        # They go of themselves, but too late if they refer to groups.
        {"op": "delete", "table": "Rule", "where": []}]

    def rules(n, acl):
        names = []
        for _ in range(n):
            names.append(f"r{len(operations)}")
            operations.append({"op": "insert", "table": "Rule",
                               "uuid-name": names[-1],
                               "row": random_rule(rng, groups, acl)})
        return ["set", [["named-uuid", name] for name in names]]

    for group in groups:
        operations.append({
            "op": "insert", "table": "Security_Group", "uuid-name": group,
            "row": {"name": group, "rules": rules(rng.randint(0, 6),
                                                  False)}})
    acl = {"acl": ["set", []], "default_ingress": ["set", []],
           "default_egress": ["set", []]}
    if rng.random() < 0.6:
        acl = {"acl": rules(rng.randint(0, 8), True),
               "default_ingress": rng.choice(["allow", "drop", "reject"]),
               "default_egress": rng.choice(["allow", "drop", "reject"])}
    operations.append({"op": "update", "table": "Network", "row": acl,
                       "where": [["name", "==", network]]})
    for port, most in (("vm1", 3), *((name, 2) for name in OUTSIDERS)):
        chosen = rng.sample(groups, rng.randint(0, most))
        operations.append({
            "op": "update", "table": "Port", "where": [["name", "==", port]],
            "row": {"security_groups": ["set", [
                ["named-uuid", group] for group in chosen]]}})
    database.transact("OVS_Ext", *operations)


def random_packet(rng, direction):
    """A packet to vm1, or from it."""
    remote = rng.choice(IPS)
    own = "fd00::1" if ":" in remote else "10.0.0.1"
    src, dst = (remote, own) if direction == "ingress" else (own, remote)
    icmp = ICMPV6 if ":" in remote else ICMP
    protocol = rng.choice([TCP, TCP, UDP, UDP, SCTP, icmp, 47])
    if protocol == icmp:
        return Packet(src, dst, icmp, icmp_type=rng.choice(TYPES[icmp]),
                      icmp_code=rng.randint(0, 1))
    if protocol == 47:
        return Packet(src, dst, protocol)
    return Packet(src, dst, protocol, sport=rng.choice(PORTS),
                  dport=rng.choice([*PORTS, rng.randrange(65536)]))


def flow_text(packet, direction, ports):
    """'packet' for "ofproto/trace", with what conntrack knows of it; 'ports'
    are those of vm1 and of the tunnel."""
    v6 = ":" in packet.dst
    tp_src, tp_dst = packet.sport, packet.dport
    egress = direction == "egress"
    src, dst = MACS if egress else reversed(MACS)
    text = [f"in_port={ports[0]}" if egress
            else f"in_port={ports[1]},tun_id=10100",
            f"dl_src={src},dl_dst={dst}",
            f"eth_type={0x86dd if v6 else 0x0800},nw_ttl=64",
            f"nw_proto={packet.protocol},ct_state=trk|new"]
    if v6:
        text.append(f"ipv6_src={packet.src},ipv6_dst={packet.dst}"
                    f",ct_ipv6_src={packet.src},ct_ipv6_dst={packet.dst}")
    else:
        text.append(f"nw_src={packet.src},nw_dst={packet.dst}"
                    f",ct_nw_src={packet.src},ct_nw_dst={packet.dst}")
    if packet.protocol in (ICMP, ICMPV6):
        tp_src, tp_dst = packet.icmp_type, packet.icmp_code
        text.append(f"icmp{'v6' if v6 else ''}_type={tp_src}"
                    f",icmp{'v6' if v6 else ''}_code={tp_dst}")
    elif packet.protocol != 47:
        name = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}[packet.protocol]
        text.append(f"{name}_src={tp_src},{name}_dst={tp_dst}")
    text.append(f"ct_nw_proto={packet.protocol}"
                f",ct_tp_src={tp_src},ct_tp_dst={tp_dst}")
    return ",".join(text)


class Tracer:
    """Asks ovs-vswitchd over one connection."""

    def __init__(self, hv):
        pid = hv.daemon_pid("ovs-vswitchd")
        self.control = JsonRpc(hv, f"/run/openvswitch/ovs-vswitchd.{pid}.ctl")

    def trace(self, flow):
        return self.control.call("ofproto/trace", "br-int", flow,
                                 "--ct-next", "trk,new")


def passed(trace, direction, ofport):
    """Did the packet get past the policy of vm1, which has 'ofport'?"""
    pattern = (rf"^ *{TABLE_L2_LOCAL}\. " if direction == "egress"
               else rf"output:{ofport}$")
    return re.search(pattern, trace, re.M) is not None


def asked_flow(packet):
    """'packet' for ovs-ext's own "trace"."""
    v6 = ":" in packet.dst
    ip = "ipv6" if v6 else "nw"
    text = [f"eth_type={0x86dd if v6 else 0x0800}",
            f"nw_proto={packet.protocol}",
            f"{ip}_src={packet.src},{ip}_dst={packet.dst}",
            f"dl_src={MACS[packet.dst in OWN]}"
            f",dl_dst={MACS[packet.dst not in OWN]}"]
    if packet.protocol in (ICMP, ICMPV6):
        name = f"icmp{'v6' if v6 else ''}"
        text.append(f"{name}_type={packet.icmp_type}"
                    f",{name}_code={packet.icmp_code}")
    elif packet.protocol != 47:
        name = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}[packet.protocol]
        text.append(f"{name}_src={packet.sport},{name}_dst={packet.dport}")
    return ",".join(text)


class Asker:
    """Asks ovs-ext for its "trace" over one connection."""

    def __init__(self, hv):
        pid = hv.daemon_pid("ovs-ext")
        self.control = JsonRpc(hv, f"/run/openvswitch/ovs-ext.{pid}.ctl")

    def verdict(self, port, packet):
        """(decision, who decided) of the only copy of 'packet'."""
        lines = json.loads(self.control.call(
            "trace", port, asked_flow(packet), "--json"))
        verdict, = (line for line in lines if line["stage"] == "verdict")
        return verdict["decision"], verdict["by"]


def check_verdict(asked, policy, direction, packet):
    """Does "trace" say the same as 'policy', and because of the same rule, or
    of one at the same place?"""
    decision, by = asked
    verdict = policy.judge(direction, packet)
    if verdict.action != "allow":
        deciders = {verdict.action}
        if verdict.rule:
            deciders = {rule.action for rule in policy.acl.rules
                        if f"rule {rule.name} " in by
                        and rule.matches(direction, packet)
                        and same_place(rule, verdict.rule)}
        assert decision in {
            {"drop": "dropped", "reject": "rejected"}[action]
            + f" by the {direction} ACL of port vm1" for action in deciders
        }, (decision, by, verdict)
    elif direction == "ingress":
        assert decision == "delivered to port vm1", by
    else:                       # There may be nobody there to get it.
        assert " ACL of " not in decision, (decision, by)


def same_place(a, b):
    """Are these rules of one ACL asked at the same time?"""
    return (a.priority, a.stateless, a.action == "allow") == (
        b.priority, b.stateless, b.action == "allow")


def set_up(lab):
    """vm1, which gets policies, and ports elsewhere."""
    red = lab.network("red", 10100)
    lab.nth_vm(lab.hv1, 1, red)
    for i, (name, ips) in enumerate(OUTSIDERS.items()):
        lab.hv1.run("ovs-ext-ctl", "port-add", "red", name,
                    f"52:54:00:00:01:{i:02x}", *ips)
    # The packets are not all such as port security lets pass.
    lab.hv1.change("set", "Port", "vm1", "port_security=false")


def ofport(hv, name):
    return int(hv.run("ovs-vsctl", "get", "interface", name, "ofport"))


def test_random(lab):
    seed = int(os.environ.get("OVS_EXT_SEED", random.randrange(1 << 32)))
    print(f"seed {seed}: OVS_EXT_SEED={seed} does this again")
    rng = random.Random(seed)
    hv = lab.hv1
    set_up(lab)
    ports = [ofport(hv, name) for name in ("vm1", "vx-4789")]
    tracer = Tracer(hv)
    asker = Asker(hv)
    database = JsonRpc(hv, "/run/openvswitch/db.sock")
    n_allowed = 0
    for number in range(POLICIES):
        random_policy(rng, database, "red")
        hv.change("init")
        policy = acl_reference.read_policies(hv.run)["vm1"]
        for number_of_packet in range(PACKETS):
            direction = rng.choice(["ingress", "egress"])
            packet = random_packet(rng, direction)
            verdict = policy.judge(direction, packet)
            trace = tracer.trace(flow_text(packet, direction, ports))
            if not number_of_packet % 10:
                check_verdict(asker.verdict("vm1", packet), policy,
                              direction, packet)
            allowed = verdict.action == "allow"
            n_allowed += allowed
            assert passed(trace, direction, ports[0]) == allowed, (
                f"policy {number}: {direction} {packet}: {verdict}\n{trace}")
    print(f"{POLICIES * PACKETS} packets, {n_allowed} allowed")
    assert POLICIES * PACKETS * 0.1 < n_allowed < POLICIES * PACKETS * 0.9
