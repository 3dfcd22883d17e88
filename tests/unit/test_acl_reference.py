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

"""The reference evaluator of policies, on cases whose answer is plain."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from acl_reference import (     # noqa: E402
    ARP, ICMP, ICMPV6, SCTP, TCP, UDP, Acl, Group, Packet, Policy, Rule,
    passes)

IN, OUT = "ingress", "egress"


def tcp(dport, src="10.0.0.1", dst="10.0.0.2", sport=40000):
    return Packet(src, dst, TCP, sport, dport)


def tcp6(dport, src="fd00::1", dst="fd00::2"):
    return tcp(dport, src, dst)


def udp(dport, sport=40000, src="10.0.0.1", dst="10.0.0.2"):
    return Packet(src, dst, UDP, sport, dport)


def icmp(kind, code=0):
    return Packet("10.0.0.1", "10.0.0.2", ICMP, icmp_type=kind,
                  icmp_code=code)


def nd(kind):
    return Packet("fe80::1", "fe80::2", ICMPV6, icmp_type=kind)


def group(*rules, members=()):
    return Group("g", list(rules), list(members))


def groups(*rules):
    return Policy(groups=[group(*rules)])


def acl(*rules, ingress="allow", egress="allow"):
    return Policy(Acl(list(rules), ingress, egress))


def only_to_80(**columns):
    return groups(Rule(IN, protocol="tcp", port_min=80, **columns))


MEMBERS = [["10.0.0.1", "fd00::1"], ["10.0.0.7"]]
FROM_MEMBERS = groups(Rule(IN, remote_group=group(members=MEMBERS)))

# (situation, policy, direction, packet, what is to become of it)
CASES = [
    ("nothing at all", Policy(), IN, tcp(80), "allow"),
    ("an ACL that is none", acl(), OUT, tcp(80), "allow"),
    ("a group without rules", groups(), IN, tcp(80), "drop"),
    ("... lets out", groups(), OUT, tcp(80), "allow"),
    ("... and ARP in", groups(), IN, Packet(ethertype=ARP), "allow"),
    ("... and ND", groups(), IN, nd(135), "allow"),
    ("... but no redirect", groups(), IN, nd(137), "drop"),
    ("... nor echo", groups(), IN, nd(128), "drop"),
    ("... and DHCP's answer", groups(), IN, udp(68, 67), "allow"),
    ("... but not its question", groups(), IN, udp(67, 68), "drop"),
    ("... DHCPv6's answer", groups(), IN,
     udp(546, 547, "fe80::1", "fe80::2"), "allow"),
    ("... not with IPv4's ports", groups(), IN,
     udp(68, 67, "fe80::1", "fe80::2"), "drop"),
    ("... no other protocol", groups(), OUT, Packet(ethertype=0x88cc),
     "drop"),
    ("... no VLAN", groups(), OUT,
     Packet("10.0.0.1", "10.0.0.2", UDP, vlan=True), "drop"),

    ("port", only_to_80(), IN, tcp(80), "allow"),
    ("another port", only_to_80(), IN, tcp(81), "drop"),
    ("both IP versions", only_to_80(), IN, tcp6(80), "allow"),
    ("one of them", only_to_80(ethertype="ipv6"), IN, tcp(80), "drop"),
    ("... the other", only_to_80(ethertype="ipv6"), IN, tcp6(80), "allow"),
    ("another protocol", only_to_80(), IN, udp(80), "drop"),
    ("range, first", only_to_80(port_max=90), IN, tcp(80), "allow"),
    ("range, last", only_to_80(port_max=90), IN, tcp(90), "allow"),
    ("range, behind", only_to_80(port_max=90), IN, tcp(91), "drop"),
    ("CIDR", only_to_80(remote_cidrs=("10.0.0.0/31",)), IN, tcp(80),
     "allow"),
    ("not in the CIDR", only_to_80(remote_cidrs=("10.0.0.2/31",)), IN,
     tcp(80), "drop"),
    ("one of many", only_to_80(remote_cidrs=("fd00::/8", "10.0.0.1/32")),
     IN, tcp6(80), "allow"),
    ("not for egress", only_to_80(), OUT, tcp(81), "allow"),
    ("SCTP has no port 0",
     groups(Rule(IN, protocol="sctp", port_min=0, port_max=9)), IN,
     Packet("10.0.0.1", "10.0.0.2", SCTP), "drop"),
    ("... but a port 9",
     groups(Rule(IN, protocol="sctp", port_min=0, port_max=9)), IN,
     Packet("10.0.0.1", "10.0.0.2", SCTP, dport=9), "allow"),
    ("a protocol by number", groups(Rule(IN, protocol="132")), IN,
     Packet("10.0.0.1", "10.0.0.2", SCTP), "allow"),
    ("ICMP type", groups(Rule(IN, protocol="icmp", icmp_type=8)), IN,
     icmp(8, 3), "allow"),
    ("another type", groups(Rule(IN, protocol="icmp", icmp_type=8)), IN,
     icmp(0), "drop"),
    ("another code", groups(Rule(IN, protocol="icmp", icmp_type=8,
                                 icmp_code=1)), IN, icmp(8), "drop"),
    ("a member", FROM_MEMBERS, IN, tcp(1), "allow"),
    ("a member's IPv6", FROM_MEMBERS, IN, tcp6(1), "allow"),
    ("no member", FROM_MEMBERS, IN, tcp(1, "10.0.0.8"), "drop"),

    ("egress is restricted", groups(Rule(OUT, protocol="tcp")), OUT,
     udp(99), "drop"),
    ("... by what allows it", groups(Rule(OUT, protocol="udp")), OUT,
     udp(99), "allow"),
    ("... but DNS", groups(Rule(OUT, protocol="tcp")), OUT, udp(53),
     "allow"),
    ("... and only in the rule's IP version",
     groups(Rule(OUT, remote_cidrs=("10.9.0.0/16",))), OUT, tcp6(80),
     "allow"),
    ("... which it is", groups(Rule(OUT, remote_cidrs=("10.9.0.0/16",))),
     OUT, tcp(80), "drop"),
    ("DNS does not come in", groups(), IN, udp(53), "drop"),

    ("ACL's default", acl(ingress="reject"), IN, tcp(80), "reject"),
    ("ACL: higher priority first",
     acl(Rule(IN, "drop", 5), Rule(IN, "allow", 6)), IN, tcp(80), "allow"),
    ("ACL: drop first in one priority",
     acl(Rule(IN, "allow", 5), Rule(IN, "drop", 5)), IN, tcp(80), "drop"),
    ("ACL: the next if one does not match",
     acl(Rule(IN, "drop", 6, protocol="udp"), Rule(IN, "reject", 5)), IN,
     tcp(80), "reject"),
    ("DNS is the ACL's business", acl(egress="drop"), OUT, udp(53), "drop"),
    ("DHCP is not", acl(egress="drop"), OUT, udp(67, 68), "allow"),

    ("both: groups drop", Policy(Acl([Rule(IN, "allow")]), [group()]), IN,
     tcp(80), "drop"),
    ("both: the ACL is asked first",
     Policy(Acl(default_ingress="reject"), [group()]), IN, tcp(80),
     "reject"),
    ("both: both allow",
     Policy(Acl(default_egress="drop"), [group(Rule(IN))]), IN, tcp(80),
     "allow"),
    ("two groups: one allows",
     Policy(groups=[group(), group(Rule(IN))]), IN, tcp(80), "allow"),

    ("stateless comes first",
     acl(Rule(IN, "drop", 9), Rule(IN, "allow", 1, stateless=True)), IN,
     tcp(80), "allow"),
    ("stateless drop is final",
     Policy(Acl([Rule(IN, "drop", stateless=True)]),
            [group(Rule(IN, stateless=True))]), IN, tcp(80), "drop"),

    ("a rule that makes no sense", groups(Rule(IN), Rule(IN, port_min=1)),
     OUT, tcp(80), "drop"),
    ("... ARP", groups(Rule(IN, port_min=1)), OUT, Packet(ethertype=ARP),
     "allow"),
    ("groups allow", groups(Rule(IN, "drop"), Rule(IN)), IN, tcp(80),
     "drop"),
]


class TestReference(unittest.TestCase):
    def test_cases(self):
        for name, policy, direction, packet, action in CASES:
            with self.subTest(name):
                self.assertEqual(policy.judge(direction, packet).action,
                                 action)

    def test_replies(self):
        request, policy = tcp(80), groups(Rule(IN, protocol="tcp"),
                                          Rule(OUT, protocol="udp"))
        reply = request.reply()
        self.assertEqual(policy.judge(OUT, reply).action, "drop")
        self.assertEqual(policy.judge_packet(
            OUT, reply, IN, request).action, "allow")
        policy.groups[0].rules[0].stateless = True
        self.assertEqual(policy.judge_packet(
            IN, request, IN, request).action, "allow")
        self.assertEqual(policy.judge_packet(
            OUT, reply, IN, request).action, "drop")

    def test_stateless_drop_of_established(self):
        request = tcp(80)
        policy = acl(Rule(IN, "allow"),
                     Rule(OUT, "drop", stateless=True))
        self.assertEqual(policy.judge_packet(
            OUT, request.reply(), IN, request).action, "drop")

    def test_two_ports(self):
        web, client = only_to_80(), groups(Rule(OUT, protocol="tcp"))
        self.assertEqual(passes(client, web, tcp(80)).action, "allow")
        self.assertEqual(passes(client, web, tcp(81)).action, "drop")
        self.assertEqual(passes(client, None, udp(81)).action, "drop")
        self.assertEqual(passes(None, web, tcp(80)).action, "allow")

    def test_nonsense(self):
        for rule in (
                Rule(IN, protocol="foo"), Rule(IN, protocol="256"),
                Rule(IN, port_min=1), Rule(IN, protocol="tcp", port_max=1),
                Rule(IN, protocol="tcp", port_min=2, port_max=1),
                Rule(IN, protocol="tcp", icmp_type=1),
                Rule(IN, protocol="icmp", icmp_code=1),
                Rule(IN, remote_cidrs=("10.0.0.0/33",)),
                Rule(IN, remote_cidrs=("10.0.0.0/8",), remote_group=group()),
                Rule(IN, ethertype="ipv4", remote_cidrs=("::/0",)),
                Rule(IN, protocol="icmpv6", remote_cidrs=("10.0.0.0/8",)),
                Rule(IN, protocol="icmp", ethertype="ipv6")):
            self.assertIsNotNone(rule.nonsense(), rule)
        self.assertIsNone(Rule(IN, remote_cidrs=(
            "::/0", "10.0.0.1/8")).nonsense())


if __name__ == "__main__":
    unittest.main()
