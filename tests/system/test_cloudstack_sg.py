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

"""security_group.py, as CloudStack's agent calls it."""

import pytest

from fabric import wait_for
from hooks import Hooks, domain_xml, port_id, rows

pytestmark = pytest.mark.cloudstack

VNI = 1001
BRIDGE = f"brvx-{VNI}"
VM = "i-2-55-VM"
MAC = "02:01:00:d1:00:05"
LINK_LOCAL = "fe80::1:ff:fed1:5"
NIC = ["--vmmac", MAC, "--vif", "tap1", "--brname", BRIDGE]
DEFAULT = ["default_network_rules", "--vmname", VM, "--vmid", "55", "--vmip",
           "10.1.1.15", "--vmip6", "fd00::15", *NIC, "--nicsecips",
           "10.1.1.16;10.1.1.17;", "--isFirstNic"]
RULES = ("I:tcp;22;22;0.0.0.0/0,::/0,NEXT;I:icmp;-1;-1;0.0.0.0/0,NEXT;"
         "I:tcp;80;443;fd00:1:2:3::/64,NEXT;E:all;0;0;10.0.0.0/8,NEXT;")


def add_rules(rules, seq, sig="d41d8cd9"):
    return ["add_network_rules", "--vmname", VM, "--vmid", "55", "--vmip",
            "10.1.1.15", "--vmip6", "fd00::15", "--sig", sig, "--seq", seq,
            *NIC, "--nicsecips", "10.1.1.16;10.1.1.17;",
            *(["--rules", rules] if rules else [])]


DESTROY = ["destroy_network_rules_for_vm", "--vmname", VM, "--vif", "tap1"]


@pytest.fixture
def hv(lab):
    hooks = Hooks(lab.hv1)
    lab.finally_do(hooks.remove)
    lab.hv1.hooks = hooks
    hooks.running(VM)
    return lab.hv1


def sg(hv, *args):
    return hv.hooks.call("security_group.py", *args)


def must(hv, *args):
    hv.hooks.must("security_group.py", *args)


def logs(hv):
    status, out, _ = sg(hv, "get_rule_logs_for_vms")
    assert status == 0 and out.count("\n") == 1
    return out.strip()


def test_life_of_a_vm(lab, hv):
    """From the start of a VM, with what CloudStack sends it, to its end."""
    tap = hv.hooks.plug(lab, "tap1", MAC, VNI)
    must(hv, *DEFAULT)
    assert rows(hv, "Port", "name", "ips", "port_security") == [
        f"{port_id(MAC)},10.1.1.15 10.1.1.16 10.1.1.17 fd00::15 "
        f"{LINK_LOCAL},true"]
    assert rows(hv, "Security_Group", "name", "rules") == [f"{VM},"]
    assert logs(hv) == f"{VM},55,10.1.1.15,-1,_initial_,-1"

    must(hv, *add_rules(RULES, "7"))
    assert rows(hv, "Rule", "direction", "ethertype", "protocol", "port_min",
                "port_max", "remote_cidrs", "action") == [
                    "egress,,,,,10.0.0.0/8,allow",
                    "ingress,,icmp,,,0.0.0.0/0,allow",
                    "ingress,,tcp,22,22,0.0.0.0/0 ::/0,allow",
                    "ingress,,tcp,80,443,fd00:1:2:3::/64,allow"]
    assert logs(hv) == f"{VM},55,10.1.1.15,-1,d41d8cd9,7"
    before = rows(hv, "Rule", "_uuid")
    must(hv, *add_rules(RULES, "7"))
    assert rows(hv, "Rule", "_uuid") == before
    must(hv, *DEFAULT, "--check")
    assert rows(hv, "Rule", "_uuid") == before

    must(hv, *add_rules("", "8"))
    assert rows(hv, "Rule", "_uuid") == []
    assert logs(hv).endswith(",d41d8cd9,8")
    must(hv, "verify_network_rules", "--vmname", VM, "--vmid", "55")

    # Said before the VM stops: its port keeps its policy until it goes.
    must(hv, *DESTROY)
    assert rows(hv, "Security_Group", "name") == [VM]
    hv.hooks.unplug(tap)
    xml = domain_xml(VM, native=[(MAC, VNI, None)])
    assert hv.hooks.qemu(VM, "release", xml) == (0, "", "")
    for table in ("Port", "Security_Group", "Network"):
        assert rows(hv, table, "name") == [], table
    must(hv, *DESTROY)


def test_secondary_ips(lab, hv):
    del lab
    must(hv, *DEFAULT)
    for action, ips in (("-A", "10.1.1.15 10.1.1.16 10.1.1.17 10.1.1.18 "
                         "fd00::15"),
                        ("-D", "10.1.1.15 10.1.1.16 10.1.1.17 fd00::15")):
        must(hv, "network_rules_vmSecondaryIp", "--vmname", VM, "--vmmac",
             MAC, "--nicsecips", "10.1.1.18", f"--action={action}")
        assert rows(hv, "Port", "ips") == [f"{ips} {LINK_LOCAL}"]
    must(hv, *DESTROY)
    assert rows(hv, "Port", "name") == rows(hv, "Network", "name") == []


def test_second_nic_and_its_end(lab, hv):
    """Rules are sent for the first NIC; the others are members, too, until
    they are unplugged."""
    del lab
    other = "02:01:00:d1:00:06"
    must(hv, *DEFAULT)
    must(hv, "default_network_rules", "--vmname", VM, "--vmid", "55",
         "--vmip", "10.2.0.9", "--vmmac", other, "--vif", "tap2", "--brname",
         "brvx-1002", "--nicsecips", "0;", "--check")
    group = rows(hv, "Security_Group", "_uuid")
    assert rows(hv, "Port", "security_groups") == group * 2
    must(hv, "destroy_network_rules_for_vm", "--vmname", VM, "--vmip",
         "10.2.0.9", "--vmmac", other, "--vif", "tap2", "--nicsecips", "0;")
    must(hv, *DESTROY)
    for table in ("Port", "Security_Group", "Network"):
        assert rows(hv, table, "name") == [], table


def test_a_native_port_tells_its_network(lab, hv):
    """The bridge of such a NIC is br-int, which has no VNI in its name."""
    tap = hv.hooks.plug(lab, "tap1", MAC, VNI)
    args = ["br-int" if a == BRIDGE else a for a in DEFAULT]
    must(hv, *args)
    assert rows(hv, "Network", "vni") == [str(VNI)]
    hv.hooks.unplug(tap)
    must(hv, *DESTROY)
    status, _, err = sg(hv, *args)
    assert status == 1 and "the network is not known" in err


def test_a_hot_plugged_nic_becomes_a_port(lab, hv):
    """libvirt has put its tap into brvx-N, and calls no hook."""
    hv.hooks.must("modifyvxlan.sh", "-o", "add", "-v", VNI, "-p", "eth1",
                  "-b", BRIDGE)
    lab.expect("tap1")
    vm = hv.hooks.router(lab, "tap1", MAC, BRIDGE, "10.1.1.15/24")
    for _ in range(2):
        must(hv, *DEFAULT, "--check")
    assert hv.run("ovs-vsctl", "get", "Interface", "tap1",
                  "external_ids:iface-id").strip() == f'"{port_id(MAC)}"'
    assert rows(hv, "Port", "name", "up") == [f"{port_id(MAC)},true"]
    hv.hooks.remove_router(vm)
    xml = domain_xml(VM, plain=[(MAC, BRIDGE)])
    assert hv.hooks.qemu(VM, "release", xml) == (0, "", "")
    assert hv.run("ovs-vsctl", "list-ports", "br-int").split() == ["vx-4789"]
    assert rows(hv, "Port", "name") == rows(hv, "Network", "name") == []
    hv.hooks.must("modifyvxlan.sh", "-o", "delete", "-v", VNI, "-p", "vx",
                  "-b", BRIDGE)


def test_mistakes(hv):
    for args, message in (
            (add_rules("I:tcp;22;22;0.0.0.0/0", "7"), "rule 1"),
            (["default_network_rules", "--vmname", VM],
             "option --vmmac is missing"),
            ([], "no command")):
        status, out, err = sg(hv, *args)
        assert (status, out) == (2, ""), args
        assert message in err and err.count("\n") == 1, err
    assert rows(hv, "Port", "name") == []
    assert rows(hv, "Security_Group", "name") == []


def test_other_bridges_are_the_stock_script_s(hv):
    stock = hv.hooks.stock(
        "vm/network/security_group.py",
        'case $1 in get_rule_logs_for_vms) '
        'echo "i-2-9-VM,9,10.0.0.9,3,aaaa,4;i-2-55-VM,-1,_ip_,-1,_s_,-1";; '
        "can_bridge_firewall) exit 4;; "
        "default_network_rules) exit 5;; esac")
    args = [{BRIDGE: "cloudbr0", MAC: "02:01:00:d1:00:09",
             "tap1": "vnet9"}.get(a, a) for a in DEFAULT]
    assert sg(hv, *args) == (5, "", "")
    assert stock() == [" ".join(args)]
    system = ["default_network_rules_systemvm", "--vmname", "r-4-VM",
              "--localbrname", "cloud0"]
    assert sg(hv, *system)[0] == 0
    assert stock()[-1] == " ".join(system)
    # Ours are ours all the same.
    must(hv, *DEFAULT)
    hv.hooks.running(VM, "i-2-9-VM", "i-3-77-VM")
    assert logs(hv) == (f"{VM},55,10.1.1.15,-1,_initial_,-1;"
                        "i-2-9-VM,9,10.0.0.9,3,aaaa,4;"
                        "i-3-77-VM,77,,-1,_initial_,-1")
    assert sg(hv, "can_bridge_firewall", "--privnic", "cloudbr0")[0] == 0
    must(hv, *DESTROY)
    assert stock()[-1].startswith("can_bridge_firewall")
    # A VM that is not known here.
    assert sg(hv, "destroy_network_rules_for_vm", "--vmname",
              "i-2-9-VM")[0] == 0
    assert stock()[-1] == "destroy_network_rules_for_vm --vmname i-2-9-VM"
    hv.hooks.remove_stock()
    status, _, err = sg(hv, *args)
    assert status == 1 and "bridge cloudbr0 is not ours" in err
    must(hv, "can_bridge_firewall", "--privnic", "cloudbr0")


def test_cleanup(hv):
    """VMs that no longer run are forgotten, and none if that is not known."""
    must(hv, *DEFAULT)
    must(hv, "cleanup_rules")
    assert rows(hv, "Security_Group", "name") == [VM]
    hv.sh("rm -r /run/libvirt")
    must(hv, "cleanup_rules")
    assert rows(hv, "Security_Group", "name") == [VM]
    hv.hooks.running("i-2-56-VM")
    must(hv, "cleanup_rules")
    for table in ("Port", "Security_Group", "Network"):
        assert rows(hv, table, "name") == [], table


def test_database_down(lab, hv):
    """CloudStack tries again; and sends the rules of all VMs."""
    lab.expect("db.sock|ovsdb|connection|unix:")
    must(hv, *DEFAULT)
    hv.kill("ovsdb-server")
    try:
        status, _, err = sg(hv, *add_rules(RULES, "7"))
        assert status == 1 and "no connection to ovsdb-server" in err
        assert logs(hv) == f"{VM},55,,-1,_initial_,-1"
    finally:
        hv.start_ovsdb()
        wait_for(lambda: hv.status()["ovs_ext"] == "connected",
                 "connection to OVS_Ext")
    must(hv, *DESTROY)
