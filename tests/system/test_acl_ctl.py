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

"""Security groups and network ACLs as an operator writes them, and what
becomes of rules that make no sense."""

import ipaddress
import json

import pytest

import acl_reference
from fabric import wait_for

pytestmark = pytest.mark.acl


@pytest.fixture
def hv(lab):
    red = lab.network("red", 10100)
    lab.nth_vm(lab.hv1, 1, red)
    lab.nth_vm(lab.hv1, 2, red)
    return lab.hv1


def problems(hv):
    """{(object, topic): text}; topics without the UUID of a rule."""
    hv.settled()
    return {(p["object"], p["topic"].split()[0]): p["problem"]
            for p in hv.appctl_json("problems")}


def test_rules_that_make_no_sense(hv):
    """They reach the database by another way than the commands, which refuse
    them."""
    row = hv.run("ovs-ext-ctl", "--wait=host",
                 "--id=@r", "create", "Rule", "direction=ingress",
                 "action=allow", "port_min=80", "--", "--id=@g", "create",
                 "Security_Group", "name=web", "rules=@r", "--",
                 "set", "Port", "vm1", "security_groups=@g").splitlines()[0]
    found = problems(hv)
    assert set(found) == {("port/vm1", "policy"),
                          ("security-group/web", "rule")}
    assert f"rule {row} makes no sense" in found["security-group/web", "rule"]
    assert "its protocol is not tcp" in found["security-group/web", "rule"]
    for table, name in (("Security_Group", "web"), ("Port", "vm1")):
        wait_for(lambda table=table, name=name: "makes no sense" in hv.run(
            "ovs-ext-ctl", "get", table, name, "problems"),
            f"{name} shows the problem")
    hv.run("ovs-ext-ctl", "--wait=host", "set", "Rule", row, "protocol=tcp")
    assert problems(hv) == {}
    wait_for(lambda: hv.run("ovs-ext-ctl", "get", "Security_Group", "web",
                            "problems") == "[]\n", "web is well again")

    hv.run("ovs-ext-ctl", "--wait=host", "set", "Rule", row, "action=drop")
    assert "rules of security groups allow" in problems(hv)[
        "security-group/web", "rule"]
    hv.run("ovs-ext-ctl", "--wait=host", "set", "Rule", row, "action=allow",
           "--", "set", "Network", "red", f"acl={row}")
    assert set(problems(hv)) == {
        ("port/vm1", "policy"), ("port/vm2", "policy"),
        ("security-group/web", "rule"), ("network/red", "rule")}
    hv.run("ovs-ext-ctl", "--wait=host", "clear", "Network", "red", "acl")
    assert problems(hv) == {}
    # Renaming a group is nobody's business; nor is deleting it with its users.
    hv.run("ovs-ext-ctl", "--wait=host", "set", "Security_Group", "web",
           "name=www")
    assert problems(hv) == {}
    hv.run("ovs-ext-ctl", "--wait=host", "clear", "Port", "vm1",
           "security_groups", "--", "destroy", "Security_Group", "www")
    assert problems(hv) == {}


def test_reference_reads_what_is_in_force(hv):
    """The evaluator that other tests compare flows with sees the rows as the
    daemon does."""
    hv.sh("ovs-ext-ctl --id=@w create Security_Group name=web rules=@a,@b "
          "-- --id=@d create Security_Group name=db -- --id=@a create Rule "
          "direction=ingress action=allow protocol=tcp port_min=80 "
          "port_max=90 remote_group=@w -- --id=@b create Rule "
          "direction=egress action=allow 'remote_cidrs=[\"10.0.0.0/8\","
          "\"fd00::/8\"]' log=true -- --id=@c create Rule "
          "direction=ingress priority=5 action=reject protocol=udp -- set "
          "Network red acl=@c default_egress=drop -- set Port vm1 "
          "security_groups=@w,@d -- set Port vm2 security_groups=@w")
    policies = acl_reference.read_policies(hv.run)
    policy = policies["vm1"]
    assert {group.name for group in policy.groups} == {"web", "db"}
    assert [g.name for g in policies["vm2"].groups] == ["web"]
    web = policies["vm2"].groups[0]
    assert web.addresses() == {ipaddress.ip_address(ip) for ip in (
        "10.0.0.1", "fd00::1", "10.0.0.2", "fd00::2")}
    ingress, egress = sorted(web.rules, key=lambda rule: rule.log)
    assert (ingress.number, ingress.port_min, ingress.port_max) == (6, 80, 90)
    assert ingress.remote_group is web
    assert sorted(egress.remote_cidrs) == ["10.0.0.0/8", "fd00::/8"]
    assert (policy.acl.default_ingress, policy.acl.default_egress) == (
        "allow", "drop")
    assert (policy.acl.rules[0].action, policy.acl.rules[0].priority) == (
        "reject", 5)
    assert policy.makes_sense()
    hv.run("ovs-ext-ctl", "clear", "Port", "vm1", "security_groups", "--",
           "clear", "Port", "vm2", "security_groups", "--", "clear",
           "Security_Group", "web", "rules")


# Each is one line, says what is wrong with what, and changes nothing.
MISTAKES = {
    "group twice": ("sg-add web", 'security group "web" already exists'),
    "group without a name": (["sg-add", ""], "sg-add: the name is empty"),
    "no such group": ("sg-rule-list db", 'security group "db" does not '
                      'exist; "ovs-ext-ctl sg-list" lists those that do'),
    "a port is in it": ("sg-del web", 'port "vm1" is in security group '
                        '"web"; take it out with "ovs-ext-ctl port-set-sg" '
                        "first"),
    "a rule refers to it": ("sg-del app", 'a rule of security group "web" '
                            'refers to security group "app"; delete that '
                            "rule first"),
    "no direction": ("sg-rule-add web in tcp",
                     'sg-rule-add: direction "in" is not known; write '
                     "ingress or egress"),
    "no protocol": ("sg-rule-add web ingress",
                    "sg-rule-add: give direction (ingress, egress) and "
                    "protocol (tcp, udp, icmp, icmpv6, sctp, all, or a "
                    "number)"),
    "another protocol": ("sg-rule-add web ingress tpc",
                         'sg-rule-add: protocol "tpc" is not known; write '
                         "tcp, udp, icmp, icmpv6, sctp, all, or a number "
                         "from 0 to 255"),
    "ports of ICMP": ("sg-rule-add web ingress icmp 8",
                      "sg-rule-add: it has ports, but its protocol is not "
                      "tcp, udp or sctp"),
    "ports": ("sg-rule-add web ingress tcp 90-80",
              'sg-rule-add: "90-80" is not a port or range of ports; write '
              "PORT or MIN-MAX, from 0 to 65535"),
    "too many words": ("sg-rule-add web ingress tcp 80 90",
                       'sg-rule-add: "90" is one word too many'),
    "network": ("sg-rule-add web ingress tcp --from 10.0.0.0/33",
                'sg-rule-add: "10.0.0.0/33" is not an IPv4 or IPv6 network; '
                "write ADDRESS/LENGTH, for instance 10.0.0.0/8, nor is there "
                "such a security group"),
    "one of several networks": (
        "sg-rule-add web ingress tcp --from 10.0.0.0/8,web",
        'sg-rule-add: "web" is not an IPv4 or IPv6 network; write '
        "ADDRESS/LENGTH, for instance 10.0.0.0/8"),
    "the wrong end": ("sg-rule-add web ingress tcp --to 10.0.0.0/8",
                      "sg-rule-add: --to is not for ingress rules; write "
                      "--from"),
    "two ends": ("sg-rule-add web ingress tcp --from ::/0 --from web",
                 "sg-rule-add: the remote end is given twice; put commas "
                 "between networks"),
    "no value": ("sg-rule-add web ingress tcp --from",
                 "sg-rule-add: --from needs a value"),
    "ICMP type": ("sg-rule-add web ingress icmp --icmp echo",
                  'sg-rule-add: "echo" is not an ICMP type; write TYPE or '
                  "TYPE/CODE, from 0 to 255"),
    "IP versions": ("sg-rule-add web ingress icmpv6 --from 10.0.0.0/8",
                    "sg-rule-add: remote network 10.0.0.0/8 is IPv4, and the "
                    "rest of the rule is for IPv6"),
    "option": ("sg-rule-add web ingress tcp --form ::/0",
               'sg-rule-add: there is no option "--form"; those of a rule '
               "are --from, --to, --icmp, --ethertype, --log, --stateless"),
    "no such rule": ("sg-rule-del web ingress tcp 81",
                     'security group "web" has no such rule; "ovs-ext-ctl '
                     'sg-rule-list web" lists those that it has'),
    "no such UUID": ("sg-rule-del web xyz",
                     'security group "web" has no rule "xyz"; "ovs-ext-ctl '
                     'sg-rule-list web" lists those that it has'),
    "port in no such group": ("port-set-sg vm1 web db",
                              'security group "db" does not exist; '
                              '"ovs-ext-ctl sg-list" lists those that do'),
    "new port in no such group": (
        "--sg=web,db port-add red vm9 52:54:00:00:00:99",
        'security group "db" does not exist; "ovs-ext-ctl sg-list" lists '
        "those that do"),
    "number twice": ("acl-add red 10 drop egress all",
                     'network "red" has a rule with number 10 already; '
                     'choose another one, or delete that with "ovs-ext-ctl '
                     'acl-del red 10"'),
    "number": ("acl-add red 40000 drop egress all",
               'acl-add: number "40000" is not in the range 0...32767'),
    "action": ("acl-add red 11 permit egress all",
               'acl-add: action "permit" is not known; write allow, drop or '
               "reject"),
    "no such number": ("acl-del red 11",
                       'network "red" has no rule with number 11; '
                       '"ovs-ext-ctl acl-list red" lists those that it has'),
    "default's direction": ("acl-default red in drop",
                            'acl-default: direction "in" is not known; write '
                            "ingress or egress"),
    "import: no file": ("acl-import red /nothing",
                        "acl-import: /nothing: No such file or directory"),
    "import of a group": ("sg-import web I:tcp;1;1;::/0,NEXT;E:tcp;1;1;x,NEXT",
                          'sg-import: rule 2, at byte 20: "x" is not an IPv4 '
                          "or IPv6 network; write ADDRESS/LENGTH, for "
                          "instance 10.0.0.0/8"),
    "several commands, the last wrong": (
        "sg-rule-add web ingress tcp 99 -- sg-rule-add web ingress tcp x",
        'sg-rule-add: "x" is not a port or range of ports; write PORT or '
        "MIN-MAX, from 0 to 65535"),
}


def contents(hv):
    return [hv.run("ovsdb-client", "dump", "OVS_Ext", table)
            for table in ("Security_Group", "Rule", "Network", "Port")]


def test_mistakes(hv):
    hv.sh("ovs-ext-ctl --wait=host sg-add web -- sg-add app -- sg-rule-add "
          "web ingress tcp 80 --from app -- acl-add red 10 allow ingress all "
          "-- port-set-sg vm1 web")
    wait_for(lambda: hv.run("ovs-ext-ctl", "get", "Port", "vm1", "up"
                            ) == "true\n", "vm1 is up")
    before = contents(hv)
    found = {}
    for name, (args, _) in MISTAKES.items():
        status, text = hv.try_run("ovs-ext-ctl", *(
            args.split() if isinstance(args, str) else args))
        assert (status, text.count("\n")) == (1, 1), f"{name}: {text}"
        found[name] = text.strip().removeprefix("ovs-ext-ctl: ")
    assert found == {name: wanted for name, (_, wanted) in MISTAKES.items()}
    assert contents(hv) == before
    hv.run("ovs-ext-ctl", "port-set-sg", "vm1")


def rules(hv, group):
    """The rules of 'group' as text, sorted."""
    return sorted(line.split(" ", 1)[1] for line in hv.run(
        "ovs-ext-ctl", "sg-rule-list", group).splitlines())


def test_security_groups(hv):
    ctl = ["ovs-ext-ctl"]
    hv.run(*ctl, "sg-add", "web", "--", "sg-add", "db", "--",
           "--may-exist", "sg-add", "web")
    assert hv.run(*ctl, "sg-list") == "db\nweb\n"
    wanted = ["egress 47 --to fd00::/8",
              "egress udp 1000-2000 --ethertype ipv4 --to db",
              "ingress all --from web --log",
              "ingress icmp --icmp 8/0 --stateless",
              "ingress icmpv6 --icmp 128",
              "ingress sctp 0-65535",
              "ingress tcp 443 --from 0.0.0.0/0,::/0"]
    for rule in wanted:
        hv.run(*ctl, "sg-rule-add", "web", *rule.split())
        # Read and written, it is the same rule.
        hv.run(*ctl, "--may-exist", "sg-rule-add", "web", *rule.split())
    assert rules(hv, "web") == wanted
    hv.run(*ctl, "--may-exist", "sg-rule-add", "web", "ingress", "tcp", 443,
           "--from=::/0,0.0.0.0/0,10.0.0.0/8")
    assert rules(hv, "web") == wanted
    uuid = hv.run(*ctl, "sg-rule-list", "web").split()[0]
    hv.run(*ctl, "sg-rule-del", "web", uuid[:13])
    assert len(rules(hv, "web")) == len(wanted) - 1
    for rule in rules(hv, "web"):
        hv.run(*ctl, "sg-rule-del", "web", *rule.split())
    assert rules(hv, "web") == []
    # Commands of one transaction see each other's work.
    hv.run(*ctl, "sg-add", "app", "--", "sg-rule-add", "app", "egress", "all",
           "--to", "db", "--", "port-set-sg", "vm1", "app", "web")
    assert "        security_groups: app, web\n" in hv.run(*ctl, "show")
    hv.run(*ctl, "port-set-sg", "vm1", "--", "sg-del", "app", "--", "sg-del",
           "db", "--", "--if-exists", "sg-del", "app")
    assert hv.run(*ctl, "sg-list") == "web\n"
    hv.run(*ctl, "--sg=web", "port-add", "red", "vm3", "52:54:00:00:00:03",
           "--", "--may-exist", "--sg=web", "port-add", "red", "vm3",
           "52:54:00:00:00:03")
    hv.run(*ctl, "--wait=host", "port-del", "vm3", "--", "sg-del", "web")


def test_acl(hv):
    ctl = ["ovs-ext-ctl"]
    hv.run(*ctl, "acl-add", "red", 20, "deny", "egress", "tcp", 25, "--log",
           "--", "acl-add", "red", 10, "allow", "ingress", "all", "--from",
           "10.0.0.0/8", "--", "acl-add", "red", 0, "reject", "egress", "udp",
           "--", "acl-default", "red", "ingress", "reject")
    assert hv.run(*ctl, "acl-list", "red") == (
        "0 reject egress udp\n"
        "10 allow ingress all --from 10.0.0.0/8\n"
        "20 drop egress tcp 25 --log\n"
        "default ingress reject\n"
        "default egress allow\n")
    assert "    acl: 20 drop egress tcp 25 --log\n" in hv.run(*ctl, "show")
    rows = acl_reference.read_table(hv.run, "Rule").values()
    assert {row["priority"] for row in rows} == {32767, 32757, 32747}
    hv.run(*ctl, "acl-del", "red", 10)
    assert hv.run(*ctl, "acl-list", "red").startswith(
        "0 reject egress udp\n20 drop")
    hv.run(*ctl, "acl-del", "red", "--", "acl-default", "red", "ingress",
           "allow")
    assert hv.run(*ctl, "acl-list", "red") == (
        "default ingress allow\ndefault egress allow\n")
    assert "acl:" not in hv.run(*ctl, "show")


def test_groups_of_an_acl(hv):
    """More than the daemon takes are refused."""
    names = [f"g{i}" for i in range(33)]
    add = [["acl-add", "red", str(i), "allow", "ingress", "all", "--from",
            name, "--"] for i, name in enumerate(names)]
    hv.run("ovs-ext-ctl", *(word for name in names
                            for word in ("sg-add", name, "--")),
           *(word for command in add[:32] for word in command), "init")
    status, text = hv.try_run("ovs-ext-ctl", *add[32][:-1])
    assert (status, text) == (
        1, "ovs-ext-ctl: acl-add: the rules of an ACL may refer to at most "
        "32 groups; use networks\n")
    hv.run("ovs-ext-ctl", "--wait=host", "acl-add", "red", "99", "drop",
           "ingress", "all", "--from", "g7")
    assert problems(hv) == {}
    hv.run("ovs-ext-ctl", "--wait=host", "acl-del", "red")


LIST = {"payload": {"network_id": "204", "acl_rules": [
    {"number": 1, "action": "allow", "trafficType": "Ingress",
     "protocol": "tcp", "portStart": 80, "portEnd": 443,
     "sourceCidrs": ["10.0.0.0/8", "fd00::/8"]},
    {"number": 2, "action": "deny", "trafficType": "Ingress",
     "protocol": "icmp", "icmpType": 8, "icmpCode": -1,
     "sourceCidrs": ["0.0.0.0/0"]}]}}


def test_imports(hv):
    ctl = ["ovs-ext-ctl"]
    hv.write("/run/acl.json", json.dumps(LIST))
    hv.run(*ctl, "acl-import", "red", "/run/acl.json")
    first = "1 allow ingress tcp 80-443 --from 10.0.0.0/8,fd00::/8\n"
    assert hv.run(*ctl, "acl-list", "red") == (
        first + "2 drop ingress icmp --icmp 8 --from 0.0.0.0/0\n"
        "default ingress drop\ndefault egress allow\n")
    before = set(acl_reference.read_table(hv.run, "Rule"))

    # The same rule is the same row.
    LIST["payload"]["acl_rules"][1]["trafficType"] = "egress"
    hv.sh(f"echo '{json.dumps(LIST)}' | ovs-ext-ctl acl-import red -")
    assert hv.run(*ctl, "acl-list", "red") == (
        first + "2 drop egress icmp --icmp 8 --to 0.0.0.0/0\n"
        "default ingress drop\ndefault egress drop\n")
    after = set(acl_reference.read_table(hv.run, "Rule"))
    assert len(before & after) == 1 and len(after) == 2

    # All or nothing.
    LIST["payload"]["acl_rules"][1]["protocol"] = "foo"
    hv.write("/run/acl.json", json.dumps(LIST))
    status, text = hv.try_run(*ctl, "acl-import", "red", "/run/acl.json")
    assert status == 1 and "rule 2: protocol \"foo\" is not known" in text
    assert set(acl_reference.read_table(hv.run, "Rule")) == after
    hv.run(*ctl, "acl-del", "red")

    hv.run(*ctl, "sg-add", "web", "--", "sg-import", "web",
           "I:tcp;22;22;0.0.0.0/0,::/0,NEXT;I:icmp;-1;-1;0.0.0.0/0,::/0,NEXT;"
           "E:all;0;0;10.0.0.0/8,NEXT;")
    assert rules(hv, "web") == [
        "egress all --to 10.0.0.0/8", "ingress icmp --from 0.0.0.0/0",
        "ingress icmpv6 --from ::/0", "ingress tcp 22 --from 0.0.0.0/0,::/0"]
    hv.sh("echo 'I:tcp;22;22;0.0.0.0/0,NEXT;' | ovs-ext-ctl sg-import web -")
    assert rules(hv, "web") == ["ingress tcp 22 --from 0.0.0.0/0"]
    hv.run(*ctl, "--wait=host", "sg-import", "web", "", "--", "sg-del", "web")
