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

"""Policy cases with real packets, compared with the plain definition of
policies (tests/acl_reference.py).

A case is a rule, what it matches and what is just beside that.  Each is tried
as a rule of what comes in and of what goes out, between VMs of one host, of
two hosts, and with bare metal.  Many rules, of ports, types or addresses of
their own, are in force at the same time; the definition says what all of them
together mean, and the table that it was the rule at hand that decided.  What
is allowed is answered, too: replies need no rule, unless the rule is
stateless."""

import contextlib
import dataclasses
import ipaddress
import itertools
import re

import acl_reference
from acl_probes import NUMBERS, Losses, Probe, reply_to, send
from acl_reference import ICMP, ICMPV6, SCTP, TCP, UDP, Packet
from jsonrpc import JsonRpc
from fabric import Failure, wait_for
import frames
import pytest
from test_acl import acl_log

pytestmark = [pytest.mark.acl, pytest.mark.datapath]

OWN = re.compile(r"10\.2\d\d\.\d+\.\d+|fd99::[0-9a-f]+")
NUMBERS_OF = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "icmp": ICMP,
              "icmpv6": ICMPV6}


@dataclasses.dataclass
class Case:
    """'rule' has columns of table Rule.  'hits' and 'misses' are packets as
    "PROTOCOL[/PORT or /TYPE/CODE][@REMOTE]", or "PROTOCOL...@4", "...@6" for
    one IP version; without, of both, with the peer's own address."""
    what: str
    rule: dict
    hits: str
    misses: str


def case(what, hits, misses="", **rule):
    return Case(what, rule, hits, misses)


def many(first, n=40):
    """More prefixes than are multiplied out, next to each other no two."""
    return [f"{first}.{2 * i}.0.0/16" for i in range(n)]


# Rules that a security group may have.
PLAIN = [
    case("a TCP port", "tcp/2001", "tcp/2000 tcp/2002 udp/2001 sctp/2001",
         protocol="tcp", port_min=2001),
    case("a UDP port", "udp/2011", "udp/2010 udp/2012 tcp/2011",
         protocol="udp", port_min=2011),
    case("an SCTP port", "sctp/2021", "sctp/2020 sctp/2022 tcp/2021",
         protocol="sctp", port_min=2021),
    case("a range of TCP ports", "tcp/2101 tcp/2150 tcp/2199",
         "tcp/2100 tcp/2200 udp/2150", protocol="tcp", port_min=2101,
         port_max=2199),
    case("a range of UDP ports", "udp/2301 udp/2302 udp/2303",
         "udp/2300 udp/2304 tcp/2302", protocol="udp", port_min=2301,
         port_max=2303),
    case("a range of SCTP ports", "sctp/2401 sctp/2410",
         "sctp/2400 sctp/2411", protocol="sctp", port_min=2401,
         port_max=2410),
    case("a range of one", "tcp/2500", "tcp/2499 tcp/2501", protocol="tcp",
         port_min=2500, port_max=2500),
    case("the last ports", "udp/65000 udp/65535", "udp/64999",
         protocol="udp", port_min=65000, port_max=65535),
    case("the first ports", "tcp/1 tcp/9", "tcp/10", protocol="tcp",
         port_min=0, port_max=9),
    case("a range across many powers of two", "udp/32767 udp/32768 udp/40000",
         "udp/32000 udp/40001", protocol="udp", port_min=32001,
         port_max=40000),
    case("a TCP port of IPv4", "tcp/2601@4", "tcp/2601@6", protocol="tcp",
         port_min=2601, ethertype="ipv4"),
    case("a TCP port of IPv6", "tcp/2602@6", "tcp/2602@4", protocol="tcp",
         port_min=2602, ethertype="ipv6"),
    case("a UDP port of IPv4", "udp/2603@4", "udp/2603@6", protocol="udp",
         port_min=2603, ethertype="ipv4"),
    case("an SCTP port of IPv6", "sctp/2604@6", "sctp/2604@4",
         protocol="sctp", port_min=2604, ethertype="ipv6"),
    case("ping", "icmp/8/0", "icmp/15/0 icmp/13/0", protocol="icmp",
         icmp_type=8, icmp_code=0),
    case("a type of ICMP, any code", "icmp/13/0", "icmp/15/0 icmpv6/128/0",
         protocol="icmp", icmp_type=13),
    case("ping of IPv6", "icmpv6/128/0", "icmp/15/0", protocol="icmpv6",
         icmp_type=128, icmp_code=0),
    case("GRE by its number", "47", "46 tcp/47", protocol="47"),
    case("ESP by its name", "50", "49", protocol="esp"),
    case("OSPF by its number, IPv4", "89@4", "89@6", protocol="89",
         ethertype="ipv4"),
    case("VRRP, IPv6", "112@6", "112@4", protocol="112", ethertype="ipv6"),
    case("protocol 253", "253", "252 254", protocol="253"),
]

# Remote addresses; rules of ports of their own, or of addresses that no other
# rule has.
REMOTE = [
    case("one address of IPv4", "tcp/3001@192.0.2.1",
         "tcp/3001@192.0.2.0 tcp/3001@192.0.2.2 tcp/3001@2001:db8::1",
         protocol="tcp", port_min=3001, remote_cidrs=["192.0.2.1/32"]),
    case("a prefix of IPv4", "tcp/3002@192.0.2.128 tcp/3002@192.0.2.255",
         "tcp/3002@192.0.2.127 tcp/3002@192.0.3.0 tcp/3002@6",
         protocol="tcp", port_min=3002, remote_cidrs=["192.0.2.128/25"]),
    case("a wide prefix of IPv4", "udp/3003@172.16.0.1 udp/3003@172.31.9.9",
         "udp/3003@172.32.0.1 udp/3003@172.15.255.255", protocol="udp",
         port_min=3003, remote_cidrs=["172.16.0.0/12"]),
    case("all of IPv4", "tcp/3004@4 tcp/3004@198.51.100.9", "tcp/3004@6",
         protocol="tcp", port_min=3004, remote_cidrs=["0.0.0.0/0"]),
    case("all of IPv6", "tcp/3005@6 tcp/3005@2001:db8::9", "tcp/3005@4",
         protocol="tcp", port_min=3005, remote_cidrs=["::/0"]),
    case("all of both", "udp/3006", "udp/3016", protocol="udp",
         port_min=3006, remote_cidrs=["0.0.0.0/0", "::/0"]),
    case("one address of IPv6", "tcp/3007@2001:db8::7",
         "tcp/3007@2001:db8::6 tcp/3007@192.0.2.7", protocol="tcp",
         port_min=3007, remote_cidrs=["2001:db8::7/128"]),
    case("a prefix of IPv6", "udp/3008@2001:db8:8::1 udp/3008@2001:db8:8:f::",
         "udp/3008@2001:db8:9::1 udp/3008@4", protocol="udp", port_min=3008,
         remote_cidrs=["2001:db8:8::/48"]),
    case("some prefixes of both versions",
         "tcp/3009@192.0.2.9 tcp/3009@203.0.113.7 tcp/3009@2001:db8:9::1",
         "tcp/3009@192.0.2.8 tcp/3009@2001:db8:a::1", protocol="tcp",
         port_min=3009, remote_cidrs=["192.0.2.9/32", "203.0.113.0/24",
                                      "2001:db8:9::/64"]),
    case("many prefixes", "tcp/3010@11.0.0.1 tcp/3010@11.78.3.4",
         "tcp/3010@11.1.0.1 tcp/3010@11.80.0.1 tcp/3010@6", protocol="tcp",
         port_min=3010, remote_cidrs=many(11)),
    case("many prefixes, a range of ports",
         "udp/3101@12.0.0.1 udp/3120@12.78.0.1",
         "udp/3101@12.1.0.1 udp/3121@12.0.0.1", protocol="udp",
         port_min=3101, port_max=3120, remote_cidrs=many(12)),
    case("many prefixes of any protocol",
         "tcp/9@13.0.0.1 47@13.78.1.1 icmp/8/0@13.2.0.1", "tcp/9@13.1.0.1",
         remote_cidrs=many(13)),
    case("many prefixes of one version, all of the other",
         "udp/3012@14.0.0.1 udp/3012@6", "udp/3012@14.1.0.1",
         protocol="udp", port_min=3012, remote_cidrs=[*many(14), "::/0"]),
    case("any protocol from one address", "tcp/5@192.0.2.50 91@192.0.2.50",
         "tcp/5@192.0.2.51", remote_cidrs=["192.0.2.50"]),
    case("protocol all, from IPv6", "udp/5@2001:db8:50::1 "
         "icmpv6/128/0@2001:db8:50::1", "udp/5@2001:db8:51::1",
         protocol="all", remote_cidrs=["2001:db8:50::/64"]),
    case("ping from a prefix", "icmp/8/0@192.0.2.60",
         "icmp/8/0@192.0.2.61 icmp/13/0@192.0.2.60", protocol="icmp",
         icmp_type=8, icmp_code=0, remote_cidrs=["192.0.2.60/32"]),
    case("ping from a prefix of IPv6", "icmpv6/128/0@2001:db8:60::1",
         "icmpv6/128/0@2001:db8:61::1", protocol="icmpv6", icmp_type=128,
         remote_cidrs=["2001:db8:60::/64"]),
    case("a number from a prefix", "92@192.0.2.70", "92@192.0.2.71 93",
         protocol="92", remote_cidrs=["192.0.2.70/32"]),
    case("SCTP from a prefix", "sctp/3020@192.0.2.80",
         "sctp/3020@192.0.2.81 sctp/3021@192.0.2.80", protocol="sctp",
         port_min=3020, remote_cidrs=["192.0.2.80/32"]),
    case("members of a group", "tcp/3030@10.77.0.1 tcp/3030@fd77::1",
         "tcp/3030@10.77.0.3 tcp/3030@fd77::3 tcp/3031@10.77.0.1",
         protocol="tcp", port_min=3030, remote_group="friends"),
    case("members of a group, IPv6 only", "udp/3032@fd77::2",
         "udp/3032@10.77.0.2 udp/3032@fd77::3", protocol="udp",
         port_min=3032, ethertype="ipv6", remote_group="friends"),
    case("members of a group, any protocol", "94@10.77.0.9",
         "94@10.77.0.8", ethertype="ipv4", remote_group="others"),
    case("members of a group by ping", "icmp/8/0@10.77.0.1",
         "icmp/8/0@10.77.0.3", protocol="icmp", icmp_type=8,
         remote_group="friends"),
    case("members of a group by SCTP", "sctp/3034@10.77.0.2",
         "sctp/3034@10.77.0.3 sctp/3035@10.77.0.2", protocol="sctp",
         port_min=3034, remote_group="friends"),
    case("a group without members", "", "tcp/3036", protocol="tcp",
         port_min=3036, remote_group="nobody"),
]

# Without conntrack: replies are not among what they allow.
STATELESS = [
    case("stateless TCP port", "tcp/4001", "tcp/4002", protocol="tcp",
         port_min=4001, stateless=True),
    case("stateless UDP range", "udp/4010 udp/4020", "udp/4009",
         protocol="udp", port_min=4010, port_max=4020, stateless=True),
    case("stateless SCTP port", "sctp/4030", "sctp/4031", protocol="sctp",
         port_min=4030, stateless=True),
    case("stateless number", "95", "96", protocol="95", stateless=True),
    case("stateless ICMP of any kind", "icmp/8/40 icmp/3/1 icmp/0/0",
         "icmpv6/128/40", protocol="icmp", stateless=True),
    case("stateless ICMPv6 error", "icmpv6/1/4", "icmpv6/2/0",
         protocol="icmpv6", icmp_type=1, stateless=True),
    case("stateless, from a prefix", "tcp/4040@192.0.2.90",
         "tcp/4040@192.0.2.91", protocol="tcp", port_min=4040,
         remote_cidrs=["192.0.2.90/32"], stateless=True),
    case("stateless, from many prefixes", "tcp/4041@15.0.0.1",
         "tcp/4041@15.1.0.1", protocol="tcp", port_min=4041,
         remote_cidrs=many(15), stateless=True),
    case("stateless, from members of a group", "udp/4042@10.77.0.1",
         "udp/4042@10.77.0.3", protocol="udp", port_min=4042,
         remote_group="friends", stateless=True),
    case("stateless, of IPv6", "tcp/4043@6", "tcp/4043@4", protocol="tcp",
         port_min=4043, ethertype="ipv6", stateless=True),
]

# What the ACL of a network can say besides.
REFUSED = [
    case("drop", "tcp/5001", "tcp/5002", protocol="tcp", port_min=5001,
         action="drop"),
    case("reject TCP", "tcp/5003", "tcp/5004", protocol="tcp", port_min=5003,
         action="reject"),
    case("reject UDP", "udp/5005", "udp/5006", protocol="udp", port_min=5005,
         action="reject"),
    case("reject SCTP", "sctp/5007", "sctp/5008", protocol="sctp",
         port_min=5007, action="reject"),
    case("reject ping", "icmp/8/0", "icmp/13/0", protocol="icmp",
         icmp_type=8, icmp_code=0, action="reject"),
    case("reject ping of IPv6", "icmpv6/128/0", "icmp/13/0",
         protocol="icmpv6", icmp_type=128, action="reject"),
    case("reject a number", "97@4", "98", protocol="97", ethertype="ipv4",
         action="reject"),
    case("drop many prefixes", "tcp/5010@16.0.0.1", "tcp/5010@16.1.0.1",
         protocol="tcp", port_min=5010, remote_cidrs=many(16),
         action="drop"),
    case("drop any protocol of a prefix", "tcp/5@192.0.2.100 99@192.0.2.100",
         "tcp/5@192.0.2.101", remote_cidrs=["192.0.2.100"], action="drop"),
    case("drop members of a group", "udp/5011@10.77.0.1",
         "udp/5011@10.77.0.3", protocol="udp", port_min=5011,
         remote_group="friends", action="drop"),
    case("drop, stateless", "udp/5012", "udp/5013", protocol="udp",
         port_min=5012, action="drop", stateless=True),
    case("reject, stateless", "tcp/5014", "tcp/5015", protocol="tcp",
         port_min=5014, action="reject", stateless=True),
    case("drop before what allows more", "tcp/5022", "tcp/5021 tcp/5023",
         protocol="tcp", port_min=5022, action="drop", priority=20),
    case("drop a range of SCTP", "sctp/5031 sctp/5039", "sctp/5030 sctp/5040",
         protocol="sctp", port_min=5031, port_max=5039, action="drop"),
]

# The first that matches decides.
ORDER = [
    case("a hole in what is dropped", "tcp/6010", "", protocol="tcp",
         port_min=6010, priority=30),
    case("what is dropped around it", "tcp/6009 tcp/6011", "tcp/6010",
         protocol="tcp", port_min=6000, port_max=6020, action="drop",
         priority=20),
    case("what allows all of it, too late", "tcp/6030", "tcp/6009 tcp/6010",
         protocol="tcp", port_min=6000, port_max=6040, priority=10),
    case("drop goes before allow of the same number", "udp/6050", "",
         protocol="udp", port_min=6050, action="drop", priority=10),
    case("which does not get a word in", "udp/6051", "udp/6050",
         protocol="udp", port_min=6050, port_max=6051, priority=10),
    case("stateless goes before all", "udp/6060", "", protocol="udp",
         port_min=6060, action="drop", stateless=True, priority=1),
    case("even if that comes earlier", "udp/6061", "udp/6060",
         protocol="udp", port_min=6060, port_max=6061, priority=100),
]

LOGGED = [
    case("log what is allowed", "tcp/7001", "tcp/7002", protocol="tcp",
         port_min=7001, log=True),
    case("log UDP from a prefix", "udp/7003@192.0.2.110",
         "udp/7003@192.0.2.111", protocol="udp", port_min=7003,
         remote_cidrs=["192.0.2.110"], log=True),
    case("log ping", "icmpv6/128/0", "icmp/8/0", protocol="icmpv6",
         icmp_type=128, log=True),
    case("log stateless", "tcp/7005", "tcp/7006", protocol="tcp",
         port_min=7005, stateless=True, log=True),
]
LOGGED_ACL = [
    case("log what is dropped", "tcp/7011", "tcp/7012", protocol="tcp",
         port_min=7011, action="drop", log=True),
    case("log what is rejected", "udp/7013", "udp/7014", protocol="udp",
         port_min=7013, action="reject", log=True),
]

# What passes in any case, or never, or by default; no rule decides.
ALWAYS = ["icmpv6/135/0", "icmpv6/136/0", "icmpv6/133/0", "tcp/53", "udp/53",
          "sctp/53", "udp/67", "icmp/3/1", "icmpv6/1/0", "tcp/1"]


@dataclasses.dataclass
class Policy:
    """What is in force together: rules of the groups of vm1, one group each,
    and of the network's ACL."""
    name: str
    groups: list = dataclasses.field(default_factory=list)
    acl: list = dataclasses.field(default_factory=list)
    defaults: tuple = ("allow", "allow")
    directions: tuple = ("ingress", "egress")
    both: bool = False          # Port vm5 has the groups, too.


POLICIES = [
    Policy("a group", [PLAIN]),
    Policy("a group, remote addresses", [REMOTE]),
    Policy("a group, without conntrack", [STATELESS]),
    Policy("two groups", [PLAIN[:12], REMOTE[:9] + LOGGED]),
    Policy("an ACL that allows", acl=PLAIN, defaults=("drop", "reject")),
    Policy("an ACL, remote addresses", acl=REMOTE, defaults=("drop", "drop")),
    Policy("an ACL, without conntrack", acl=STATELESS,
           defaults=("drop", "drop")),
    Policy("an ACL that refuses", acl=REFUSED),
    Policy("an ACL in order", acl=ORDER, defaults=("drop", "drop")),
    Policy("an ACL that logs", acl=LOGGED_ACL + LOGGED),
    Policy("an ACL before a group", [PLAIN], REFUSED),
    Policy("a group and an ACL that both decide", [PLAIN[:10]], PLAIN[5:],
           ("drop", "drop")),
    Policy("nothing for what goes out", [PLAIN[:4]],
           directions=("ingress",)),
    Policy("both ends", [PLAIN + REMOTE[:6]], both=True),
]
MEMBERS = {"friends": ["10.77.0.1", "fd77::1", "10.77.0.2", "fd77::2"],
           "others": ["10.77.0.9"], "nobody": []}


class Database:
    """Puts policies in force."""

    def __init__(self, hv):
        self.hv = hv
        self.rpc = JsonRpc(hv, "/run/openvswitch/db.sock")
        self.operations = []

    def insert(self, table, row, name=None):
        name = name or f"row{len(self.operations)}"
        self.operations.append({"op": "insert", "table": table, "row": row,
                                "uuid-name": name})
        return ["named-uuid", name]

    def rules(self, cases, directions):
        refs = []
        for entry in cases:
            for direction in directions:
                row = {"action": "allow", "priority": 10, **entry.rule,
                       "direction": direction}
                if "remote_cidrs" in row:
                    row["remote_cidrs"] = ["set", row["remote_cidrs"]]
                if "remote_group" in row:
                    row["remote_group"] = ["named-uuid", row["remote_group"]]
                refs.append(self.insert("Rule", row))
        return ["set", refs]

    def put(self, policy):
        self.operations = [
            {"op": "update", "table": "Port", "where": [],
             "row": {"security_groups": ["set", []]}},
            {"op": "delete", "table": "Security_Group", "where": []},
            {"op": "delete", "table": "Rule", "where": []}]
        for name in MEMBERS:
            self.insert("Security_Group", {"name": name}, name)
            self.operations.append({
                "op": "update", "table": "Port",
                "where": [["name", "==", f"of-{name}"]],
                "row": {"security_groups": ["named-uuid", name]}})
        refs = [self.insert("Security_Group", {
            "name": f"group{i}",
            "rules": self.rules(cases, policy.directions)})
                for i, cases in enumerate(policy.groups)]
        for port in ["vm1"] + ["vm5"] * policy.both:
            self.operations.append({
                "op": "update", "table": "Port",
                "where": [["name", "==", port]],
                "row": {"security_groups": ["set", refs]}})
        self.operations.append({
            "op": "update", "table": "Network", "where": [], "row": {
                "acl": self.rules(policy.acl, policy.directions),
                "default_ingress": policy.defaults[0],
                "default_egress": policy.defaults[1]}})
        self.rpc.transact("OVS_Ext", *self.operations)
        self.hv.change("init")


def packets(text, direction, peer):
    """The packets that 'text' means (see Case), with 'peer'."""
    text, _, remote = text.partition("@")
    protocol, *more = text.split("/")
    number = NUMBERS_OF.get(protocol) or int(protocol)
    own = {4: peer.ips[0].split("/")[0], 6: peer.ips[1].split("/")[0]}
    if remote in ("4", "6"):
        remotes = [own[int(remote)]]
    else:
        remotes = [remote] if remote else own.values()
    for ip in remotes:
        version = ipaddress.ip_address(ip).version
        if number in (ICMP, ICMPV6) and number != {4: ICMP,
                                                   6: ICMPV6}[version]:
            continue
        mine = NUMBERS.own(version)
        src, dst = (ip, mine) if direction == "ingress" else (mine, ip)
        packet = Packet(src, dst, number, sport=30000)
        if number in (ICMP, ICMPV6):
            packet.icmp_type, packet.icmp_code = map(int, more)
        elif more:
            packet.dport, = map(int, more)
        yield packet


def is_valid(packet):
    """Can it begin a connection, for conntrack?"""
    return (packet.protocol not in (ICMP, ICMPV6)
            or packet.icmp_type in (8, 13, 15, 128) and not packet.icmp_code)


class Expectation:
    """What the definition says of a probe, and the table."""

    def __init__(self, probe, policies):
        self.probe = probe
        self.is_logged = False
        names = ["vm1", probe.peer.name]
        if probe.direction == "ingress":
            names.reverse()
        self.verdict = acl_reference.Verdict("allow", why="no policy")
        for name, direction in zip(names, ("egress", "ingress")):
            if self.verdict.action == "allow" and name in policies:
                self.verdict = self.judge(policies[name], direction)

    def judge(self, policy, direction):
        packet = self.probe.packet
        verdict = policy.judge(direction, packet)
        rule = verdict.rule
        if (verdict.action == "allow" and not is_valid(packet)
                and verdict.why not in ("ND", "DHCP")
                and not (rule and rule.stateless)):
            return dataclasses.replace(verdict, action="drop", why="invalid")
        self.is_logged |= bool(rule and rule.log)
        return verdict


def probes_of(policy, peers, table):
    """Probes with what the table says of them: True if the rule decides, False
    if it does not, None for what no rule is about."""
    turn = itertools.cycle(peers)
    found = []
    for entry in table:
        for direction in policy.directions:
            for text, decides in ((entry.hits, True), (entry.misses, False)):
                for word in text.split():
                    for peer in peers if decides else [next(turn)]:
                        for packet in packets(word, direction, peer):
                            found.append((Probe(direction, peer, packet,
                                                f"{entry.what}: {word}"),
                                          entry, decides))
    for direction in ("ingress", "egress"):
        for word in ALWAYS:
            for packet in packets(word, direction, next(turn)):
                found.append((Probe(direction, next(turn), packet, word),
                              None, None))
    return found


def is_of(rule, entry, direction):
    """Is 'rule' what the database made of 'entry'?"""
    return rule is not None and rule.direction == direction and all(
        getattr(rule, key) == value for key, value in entry.rule.items()
        if key not in ("remote_cidrs", "remote_group")) and set(
            rule.remote_cidrs) == set(entry.rule.get("remote_cidrs", ())) and (
                rule.remote_group.name if rule.remote_group else None
            ) == entry.rule.get("remote_group")


def check_table(policy, policies, probe, entry, decides):
    """Does the table know its own rules: is it 'entry' that decides about
    'probe' in the list that has it?"""
    rules = policies["vm1"].acl.rules if entry in policy.acl else [
        rule for group in policies["vm1"].groups for rule in group.rules]
    ordered = (policies["vm1"].acl.in_order() if entry in policy.acl
               else rules)
    matching = [rule for stateless in (True, False) for rule in ordered
                if rule.stateless == stateless
                and rule.matches(probe.direction, probe.packet)]
    chosen = bool(matching) and is_of(matching[0], entry, probe.direction)
    assert chosen == decides, (policy.name, probe, matching[:1])


def explain(policy, probe, fate, expected):
    return (f"{policy.name}: {probe.direction} {probe.peer.name} "
            f"{probe.what}: {probe.packet}: {fate}, but {expected}")


def compare(policy, expectations, fates):
    """Yields what is not as it should be."""
    for e in expectations:
        fate = fates[e.probe]
        packet = e.probe.packet
        answer = "" if e.verdict.action != "reject" or is_mute(packet) else (
            "RST" if packet.protocol == TCP else "prohibited")
        if (fate.arrived, fate.answer) != (e.verdict.action == "allow",
                                           answer):
            yield explain(policy, e.probe, fate, e.verdict)


def is_mute(packet):
    """Is nobody told that it was rejected: is it an error itself?"""
    return (packet.protocol == ICMP and packet.icmp_type not in (0, 8, 13, 14)
            or packet.protocol == ICMPV6 and packet.icmp_type < 128)


def try_policy(lab, policy, database, cards, peers):
    """Returns (cases, packets, failures)."""
    vm1 = lab.hv1.vms["vm1"]
    database.put(policy)
    policies = acl_reference.read_policies(lab.hv1.run)
    policies = {name: policies[name] for name in
                ["vm1"] + ["vm5"] * (policy.both or bool(policy.acl) or
                                     policy.defaults != ("allow", "allow"))}
    table = [entry for cases in policy.groups for entry in cases] + policy.acl
    unique = list({id(entry): entry for entry in table}.values())
    found = probes_of(policy, peers, unique)
    for probe, entry, decides in found:
        if entry:
            check_table(policy, policies, probe, entry, decides)
    expectations = [Expectation(probe, policies) for probe, _, _ in found]
    before = len(acl_log(lab.hv1))
    fates = send(vm1, cards, [e.probe for e in expectations], [
        e.probe for e in expectations
        if e.verdict.action == "reject" and not is_mute(e.probe.packet)])
    failures = list(compare(policy, expectations, fates))
    failures += try_replies(policy, policies, vm1, cards, expectations)
    failures += check_log(lab, policy, expectations, before)
    n = 2 * len(unique) if len(policy.directions) == 2 else len(unique)
    return n, len(expectations), failures


def try_replies(policy, policies, vm1, cards, expectations):
    """What passed is answered, and that too fares as it should."""
    replies, expected = [], {}
    for e in expectations:
        packet = e.probe.packet
        if (e.verdict.action != "allow" or e.verdict.why in ("ND", "DHCP")
                or not is_valid(packet)):
            continue
        reply = reply_to(e.probe)
        verdict = acl_reference.Verdict("allow")
        for name in ("vm1", e.probe.peer.name):
            if verdict.action == "allow" and name in policies:
                own = e.probe.direction if name == "vm1" else reply.direction
                back = reply.direction if name == "vm1" else e.probe.direction
                verdict = policies[name].judge_packet(
                    back, reply.packet, own, packet)
        if verdict.why != "established" and not (
                verdict.rule and verdict.rule.stateless) and (
                    packet.protocol == TCP or not is_valid(reply.packet)):
            # For conntrack, it answers nothing.
            verdict = dataclasses.replace(verdict, action="drop")
        replies.append(reply)
        expected[reply] = verdict
    fates = send(vm1, cards, replies)
    return [explain(policy, reply, fates[reply], expected[reply])
            for reply in replies
            if fates[reply].arrived != (expected[reply].action == "allow")]


def check_log(lab, policy, expectations, before):
    """Each packet that a rule with "log" decided about is in the log, and no
    other."""
    logged = {own_address(e.probe) for e in expectations if e.is_logged}

    def lines():
        return acl_log(lab.hv1)[before:]

    with contextlib.suppress(Failure):
        wait_for(lambda: len(lines()) >= len(logged), "lines in the log",
                 timeout=3)
    found = {own for line in lines() for own in OWN.findall(line)}
    return [f"{policy.name}: log: {line}: not expected" for line in lines()
            if not logged & set(OWN.findall(line))] + [
                f"{policy.name}: log: {own}: missing"
                for own in sorted(logged - found)]


def own_address(probe):
    return (probe.packet.dst if probe.direction == "ingress"
            else probe.packet.src)


@pytest.fixture
def ends(lab):
    """vm1 and its peers, who may say to be anybody."""
    red = lab.network("red", 10100, leaf=True)
    vm1 = lab.nth_vm(lab.hv1, 1, red)
    vm5 = lab.nth_vm(lab.hv1, 5, red)
    vm2 = lab.nth_vm(lab.hv2, 2, red)
    bm1 = lab.leaf.add_host("bm1", red, "52:54:00:00:00:0b",
                            ["10.0.0.11/24", "fd00::11/64"])
    for vm in (vm1, vm5, vm2):
        vm.hv.run("ovs-ext-ctl", "set", "Port", vm.name,
                  "port_security=false", "learn_ips=false")
    for i, (name, ips) in enumerate(MEMBERS.items()):
        if ips:
            lab.hv1.run("ovs-ext-ctl", "port-add", "red", f"of-{name}",
                        f"52:54:00:00:01:{i:02x}", *ips)
    lab.converged(red, vm1, vm5, vm2)
    red.members = [vm1, vm2, bm1]
    lab.all_ping(red)
    return vm1, vm5, vm2, bm1


def test_policies(lab, ends):
    vm1, *peers = ends
    database = Database(lab.hv1)
    n_cases = n_packets = 0
    failures = []
    losses = Losses(lab.hv1)
    with frames.nics(*ends) as nics:
        cards = {nic.host: nic for nic in nics}
        for policy in POLICIES:
            cases, sent, wrong = try_policy(lab, policy, database, cards,
                                            peers)
            n_cases += cases
            n_packets += sent
            failures += wrong
    print(f"{n_cases} cases, {n_packets} first packets")
    assert not failures, "\n".join(
        [f"{len(failures)} of {n_packets}, {losses}:"] + failures[:30])
    assert n_cases >= 150
