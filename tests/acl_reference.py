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

"""What policies say of a packet, the plain way.

Written from the definitions in ovs-ext/model/policy.h, one rule after the
other, without a look at the flows that do the same: tests compare both.

    web = Group("web", [Rule("ingress", protocol="tcp", port_min=443)])
    verdict = Policy(groups=[web]).judge("ingress", Packet(
        src="10.0.0.1", dst="10.0.0.2", protocol=TCP, dport=443))
    assert verdict.action == "allow" and verdict.rule is web.rules[0]

judge() is about the first packet of a connection, or one that has none.
judge_packet() is about any packet of a connection, whose first packet, and
direction of that, it is told.  passes() is about two ports of one host, or of
two.  read_policies() reads what a database says."""

import dataclasses
import ipaddress
import json

ICMP, TCP, UDP, ICMPV6, SCTP = 1, 6, 17, 58, 132
PROTOCOLS = {"all": None, "icmp": ICMP, "igmp": 2, "tcp": TCP, "udp": UDP,
             "gre": 47, "esp": 50, "ah": 51, "icmpv6": ICMPV6, "ospf": 89,
             "vrrp": 112, "sctp": SCTP}
IPV4, IPV6, ARP, RARP = 0x0800, 0x86dd, 0x0806, 0x8035


@dataclasses.dataclass(eq=False)
class Packet:
    """'icmp_type' and 'icmp_code' are those of ICMP or ICMPv6, 'sport' and
    'dport' those of TCP, UDP or SCTP.  'vlan': the frame has a tag.  The
    EtherType is that of the addresses, unless it is told."""
    src: str = ""
    dst: str = ""
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    icmp_type: int = 0
    icmp_code: int = 0
    ethertype: int = 0
    vlan: bool = False

    def __post_init__(self):
        if not self.ethertype:
            self.ethertype = IPV6 if ":" in self.dst else IPV4

    @property
    def version(self):
        return {IPV4: 4, IPV6: 6}.get(self.ethertype)

    def reply(self):
        """The packet that answers this one, if it is not of ICMP."""
        return dataclasses.replace(self, src=self.dst, dst=self.src,
                                   sport=self.dport, dport=self.sport)


@dataclasses.dataclass(eq=False)
class Rule:
    """As the columns of table Rule; None is empty.  'remote_group' is a
    Group."""
    direction: str
    action: str = "allow"
    priority: int = 0
    ethertype: str = None
    protocol: str = None
    port_min: int = None
    port_max: int = None
    icmp_type: int = None
    icmp_code: int = None
    remote_cidrs: tuple = ()
    remote_group: object = None
    log: bool = False
    stateless: bool = False
    name: str = ""

    @property
    def number(self):
        """The protocol's; None for all."""
        if self.protocol in (None, *PROTOCOLS):
            return PROTOCOLS.get(self.protocol)
        return int(self.protocol)

    def nonsense(self):
        """What makes no sense about it, or None."""
        number = None
        if self.protocol is not None and self.protocol not in PROTOCOLS:
            if not (self.protocol.isdecimal() and int(self.protocol) < 256):
                return "protocol"
        number = self.number
        if (self.port_min, self.port_max) != (None, None):
            if number not in (TCP, UDP, SCTP) or self.port_min is None:
                return "ports"
            if self.port_max is not None and self.port_max < self.port_min:
                return "ports"
        if (self.icmp_type, self.icmp_code) != (None, None):
            if number not in (ICMP, ICMPV6) or self.icmp_type is None:
                return "ICMP"
        if self.remote_cidrs and self.remote_group:
            return "two remotes"
        try:
            versions = {ipaddress.ip_network(cidr, strict=False).version
                        for cidr in self.remote_cidrs}
        except ValueError:
            return "CIDR"
        if any(cidr.lower().startswith("::ffff:")
               for cidr in self.remote_cidrs):
            return "IPv4-mapped"
        if self.ethertype:
            versions.add(int(self.ethertype[-1]))
        if number in (ICMP, ICMPV6):
            versions.add(4 if number == ICMP else 6)
        told = self.ethertype or number in (ICMP, ICMPV6)
        return "IP versions" if told and len(versions) > 1 else None

    def covers(self, version):
        """May it match packets of this IP version?"""
        if self.ethertype and self.ethertype != f"ipv{version}":
            return False
        if self.number == (ICMP if version == 6 else ICMPV6):
            return False
        return not self.remote_cidrs or any(
            ipaddress.ip_network(cidr, strict=False).version == version
            for cidr in self.remote_cidrs)

    def matches(self, direction, packet):
        if direction != self.direction or not packet.version:
            return False
        if self.ethertype and self.ethertype != f"ipv{packet.version}":
            return False
        if self.number is not None and self.number != packet.protocol:
            return False
        if self.port_min is not None:
            last = self.port_min if self.port_max is None else self.port_max
            if not self.port_min <= packet.dport <= last:
                return False
            if packet.protocol == SCTP and not packet.dport:
                return False    # RFC 9260 section 3.1: there is none.
        if self.icmp_type not in (None, packet.icmp_type):
            return False
        if self.icmp_code not in (None, packet.icmp_code):
            return False
        return self.matches_remote(ipaddress.ip_address(
            packet.src if direction == "ingress" else packet.dst),
            packet.version)

    def matches_remote(self, remote, version):
        if self.number == (ICMP if version == 6 else ICMPV6):
            return False        # ICMP is IPv4's, ICMPv6 is IPv6's.
        if self.remote_group is not None:
            return remote in self.remote_group.addresses()
        return not self.remote_cidrs or any(
            remote in ipaddress.ip_network(cidr, strict=False)
            for cidr in self.remote_cidrs)


@dataclasses.dataclass(eq=False)
class Group:
    """'members' are the addresses of each member: lists of text."""
    name: str
    rules: list = dataclasses.field(default_factory=list)
    members: list = dataclasses.field(default_factory=list)

    def addresses(self):
        return {ipaddress.ip_address(ip)
                for member in self.members for ip in member}


@dataclasses.dataclass(eq=False)
class Acl:
    rules: list = dataclasses.field(default_factory=list)
    default_ingress: str = "allow"
    default_egress: str = "allow"

    def is_policy(self):
        return bool(self.rules) or (
            self.default_ingress, self.default_egress) != ("allow", "allow")

    def in_order(self):
        """The rules as they are asked; between one that drops and one that
        rejects, of the same priority, the order is nobody's promise."""
        return sorted(self.rules, key=lambda rule: (
            -rule.priority, ["drop", "reject", "allow"].index(rule.action),
            rule.name))


@dataclasses.dataclass(frozen=True)
class Verdict:
    """'action' is allow, drop or reject; 'rule' the Rule that decided, or
    None; 'why' says what decided then, for those who read a failed test.
    'tracked': conntrack knows the connection, so that replies pass."""
    action: str
    rule: Rule = None
    why: str = ""
    tracked: bool = False


def always_passes(direction, packet):
    """What passes in any case; its name, or None."""
    if packet.ethertype in (ARP, RARP) and not packet.vlan:
        return "ARP"
    if packet.vlan or not packet.version:
        return None
    if packet.version == 6 and packet.protocol == ICMPV6:
        if packet.icmp_type in (*range(130, 137), 143):
            return "ND"
    if packet.protocol == UDP:
        client, server = (68, 67) if packet.version == 4 else (546, 547)
        ports = ((client, server) if direction == "egress"
                 else (server, client))
        if (packet.sport, packet.dport) == ports:
            return "DHCP"
    return None


@dataclasses.dataclass(eq=False)
class Policy:
    """What concerns one port: the ACL of its network, and its groups."""
    acl: Acl = None
    groups: list = dataclasses.field(default_factory=list)
    fail_closed: bool = False   # Because of what these do not tell.

    def is_policed(self):
        return bool(self.groups) or bool(self.acl and self.acl.is_policy())

    def makes_sense(self):
        rules = [rule for group in self.groups for rule in group.rules]
        acl_groups = {id(rule.remote_group)
                      for rule in (self.acl.rules if self.acl else [])
                      if rule.remote_group}
        return not (self.fail_closed or len(acl_groups) > 32
                    or any(rule.action != "allow" for rule in rules)
                    or any(rule.nonsense() for rule in
                           rules + (self.acl.rules if self.acl else [])))

    def judge(self, direction, packet):
        """The verdict about the first packet of a connection."""
        if not self.is_policed():
            return Verdict("allow", why="no policy")
        name = always_passes(direction, packet)
        if name:
            return Verdict("allow", why=name)
        if packet.vlan or not packet.version:
            return Verdict("drop", why="not IP")
        if not self.makes_sense():
            return Verdict("drop", why="fails closed")
        return self.judge_ip(direction, packet)

    def judge_ip(self, direction, packet):
        acl = self.acl if self.acl and self.acl.is_policy() else None
        groups = [rule for group in self.groups for rule in group.rules]
        verdicts = []           # Of policies that a stateless rule decides.
        open_policies = []      # The others.
        for rules, rest in (
                (acl and acl.in_order(), lambda: self.ask_acl(
                    direction, packet)),
                (groups if self.groups else None, lambda: self.ask_groups(
                    direction, packet))):
            if rules is None:
                continue
            rule = first(rules, direction, packet, stateless=True)
            if rule:
                verdicts.append(Verdict(rule.action, rule))
            else:
                open_policies.append(rest)
        denied = [v for v in verdicts if v.action != "allow"]
        if denied:
            return denied[0]
        if not open_policies:
            return verdicts[-1]
        for ask in open_policies:
            verdict = ask()
            if verdict.action != "allow":
                return verdict
        return dataclasses.replace(verdict, tracked=True)

    def ask_acl(self, direction, packet):
        rule = first(self.acl.in_order(), direction, packet, stateless=False)
        if rule:
            return Verdict(rule.action, rule)
        return Verdict(self.acl.default_ingress if direction == "ingress"
                       else self.acl.default_egress, why="ACL's default")

    def ask_groups(self, direction, packet):
        rules = [rule for group in self.groups for rule in group.rules]
        rule = first(rules, direction, packet, stateless=False)
        if rule:
            return Verdict("allow", rule)
        if direction == "ingress":
            return Verdict("drop", why="groups' default")
        if packet.protocol in (TCP, UDP) and packet.dport == 53:
            return Verdict("allow", why="DNS")
        if any(rule.direction == "egress" and rule.covers(packet.version)
               for rule in rules):
            return Verdict("drop", why="groups restrict")
        return Verdict("allow", why="groups' default")

    def judge_packet(self, direction, packet, first_direction, first_packet):
        """The verdict about 'packet', which is of the connection that
        'first_packet' opened in 'first_direction', or is a reply to it."""
        verdict = self.judge(direction, packet)
        if verdict.why in ("ARP", "ND", "DHCP", "no policy", "not IP"):
            return verdict
        if verdict.rule and verdict.rule.stateless:
            return verdict
        opener = self.judge(first_direction, first_packet)
        if opener.action == "allow" and opener.tracked:
            return dataclasses.replace(opener, why="established")
        return verdict


def first(rules, direction, packet, stateless):
    """The first rule that matches, or None."""
    for rule in rules:
        if rule.stateless == stateless and rule.matches(direction, packet):
            return rule
    return None


def passes(sender, receiver, packet):
    """Verdict about the first packet from a port with policy 'sender' to one
    with 'receiver'; None is a port that is none of ours."""
    verdict = Verdict("allow", why="no policy")
    for policy, direction in ((sender, "egress"), (receiver, "ingress")):
        if policy is not None:
            verdict = policy.judge(direction, packet)
            if verdict.action != "allow":
                break
    return verdict


def value(cell):
    """A cell of a table that ovs-ext-ctl printed as JSON: a set becomes a
    list, a UUID text."""
    if isinstance(cell, list) and cell[0] == "set":
        return [value(item) for item in cell[1]]
    if isinstance(cell, list) and cell[0] == "uuid":
        return cell[1]
    return cell


def listed(cell):
    return cell if isinstance(cell, list) else [cell]


def optional(cell):
    return None if cell == [] else cell


def read_table(run, table):
    """{UUID: {column: value}} of 'table'.  'run' runs a command."""
    out = json.loads(run("ovs-ext-ctl", "--format=json", "list", table))
    rows = [dict(zip(out["headings"], map(value, row)))
            for row in out["data"]]
    return {row["_uuid"]: row for row in rows}


def read_rule(row, groups):
    columns = {name: optional(row[name]) for name in (
        "direction", "action", "priority", "ethertype", "protocol",
        "port_min", "port_max", "icmp_type", "icmp_code", "log",
        "stateless")}
    group = optional(row["remote_group"])
    return Rule(**columns, name=row["_uuid"],
                remote_cidrs=tuple(listed(row["remote_cidrs"])),
                remote_group=groups[group] if group else None)


def read_policies(run):
    """{port: Policy} of all ports that have a row of the database that
    ovs-ext-ctl speaks with; 'run' runs a command and returns its output."""
    rows = {table: read_table(run, table)
            for table in ("Network", "Port", "Security_Group", "Rule")}
    groups = {uuid: Group(row["name"])
              for uuid, row in rows["Security_Group"].items()}
    rules = {uuid: read_rule(row, groups)
             for uuid, row in rows["Rule"].items()}
    users = [uuid for table, column in (("Network", "acl"),
                                        ("Security_Group", "rules"))
             for row in rows[table].values() for uuid in listed(row[column])]
    shared = {uuid for uuid in users if users.count(uuid) > 1}
    for uuid, group in groups.items():
        group.rules = [rules[rule] for rule in listed(
            rows["Security_Group"][uuid]["rules"])]
        group.members = [listed(port["ips"]) for port in rows["Port"].values()
                         if uuid in listed(port["security_groups"])]
    acls = {uuid: Acl([rules[rule] for rule in listed(row["acl"])],
                      optional(row["default_ingress"]) or "allow",
                      optional(row["default_egress"]) or "allow")
            for uuid, row in rows["Network"].items()}
    policies = {}
    for port in rows["Port"].values():
        policy = Policy(acls[port["network"]], [
            groups[uuid] for uuid in listed(port["security_groups"])])
        policy.fail_closed = any(
            rule.name in shared for rule in policy.acl.rules
            + [rule for group in policy.groups for rule in group.rules])
        policies[port["name"]] = policy
    return policies
