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

"""ovs-ext and Open vSwitch's daemons die and come back."""

import json
import os
import re
import subprocess
import threading

import pytest

from fabric import TESTS, wait_for

pytestmark = pytest.mark.restart


class Ping:
    """Pings each 'interval' s until it is stopped."""

    def __init__(self, lab, host, ip, interval=0.001):
        self.name = f"{host.name} to {ip}"
        self.process = Watch(lab, host, "ping", "-n", "-i", interval, ip)

    def lost(self):
        """Ends it and returns the sequence numbers without a reply."""
        wait_for(lambda: len(self.process.lines) > 300, self.name)
        lines = self.process.stop()
        seen = {int(m[1]) for m in map(re.compile(r"icmp_seq=(\d+) ").search,
                                       lines) if m}
        return sorted(set(range(1, max(seen))) - seen)


class Watch:
    """What a command says until it is stopped."""

    def __init__(self, lab, host, *command):
        self.process = host.popen(*command, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        lab.finally_do(self.stop)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def stop(self):
        # The process is nsenter's, whose child is in the box, and which ends
        # after that.
        subprocess.run(["pkill", "-TERM", "-P", str(self.process.pid)],
                       check=False)
        self.process.wait(timeout=10)
        self.reader.join()
        return self.lines


@pytest.fixture
def red(lab):
    network = lab.trio()
    lab.all_ping(network)
    lab.converged(network, *network.members)
    return network


def updates_seen_by_leaf(lab):
    """The number of BGP UPDATE messages that leaf1 received."""
    neighbors = lab.leaf.vtysh_json("show bgp neighbors")
    return sum(n["messageStats"]["updatesRecv"] for n in neighbors.values())


def flows(hv):
    """The flows and groups on br-int, counters aside, sorted; but for the one
    that tells that ovs-ext lives, which is made again and again."""
    return sorted(
        line for options in (["--no-stats", "dump-flows"], ["dump-groups"])
        for line in hv.run("ovs-ofctl", "-O", "OpenFlow15", *options,
                           "br-int").splitlines()
        if "xid=" not in line and "hard_timeout=" not in line)


def shadow_or_flow(lines):
    """The lines of a watch that are about shadow devices, or flows."""
    return [line for line in lines
            if re.search(r"brvx-|vxlan\d|oe-|nhid|event=", line)]


def test_ovs_ext_killed(lab, red):
    """Nothing is lost or written when ovs-ext dies and comes back."""
    lab.settled()
    vm1, vm2, bm1 = red.members
    before = flows(lab.hv1)
    updates = updates_seen_by_leaf(lab)
    watches = [Watch(lab, lab.hv1, "ip", "monitor", "neigh", "link"),
               Watch(lab, lab.hv1, "bridge", "monitor", "fdb"),
               Watch(lab, lab.hv1, "ovs-ofctl", "-O", "OpenFlow14", "monitor",
                     "br-int", "watch:!initial,!own")]
    pings = [Ping(lab, vm1, "10.0.0.2"), Ping(lab, vm1, "10.0.0.11"),
             Ping(lab, vm2, "fd00::1"), Ping(lab, bm1, "10.0.0.1")]
    for _ in range(3):
        lab.hv1.kill("ovs-ext")
        assert vm1.ping("10.0.0.11", count=3)
        lab.hv1.start_ovs_ext()
        lab.hv1.settled()
        assert vm1.ping("10.0.0.11", count=3)
        status = lab.hv1.status()
        assert (status["flow_mods"], status["kernel_writes"]) == (0, 0)
    for ping in pings:
        assert ping.lost() == [], ping.name
    for watch in watches:
        assert shadow_or_flow(watch.stop()) == []
    assert flows(lab.hv1) == before
    assert updates_seen_by_leaf(lab) == updates


def test_ovs_ext_stopped_gracefully(lab, red):
    """"exit", as systemd's stop and a package's upgrade do it, is no
    different."""
    lab.settled()
    before = flows(lab.hv1)
    updates = updates_seen_by_leaf(lab)
    ping = Ping(lab, red.members[0], "10.0.0.2")
    pid = lab.hv1.daemon_pid("ovs-ext")
    lab.hv1.run("ovs-appctl", "-t", "ovs-ext", "exit")
    wait_for(lambda: not lab.hv1.is_running(pid), "end of ovs-ext")
    assert red.members[0].ping("10.0.0.11", count=3)
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    assert ping.lost() == []
    assert flows(lab.hv1) == before
    assert updates_seen_by_leaf(lab) == updates


def test_killed_after_the_last_vtep_has_gone(lab):
    """What was known of the way to others is forgotten with them, as by a
    daemon that starts."""
    red = lab.network("red", 10100)
    one, other = lab.nth_vm(lab.hv1, 1, red), lab.nth_vm(lab.hv2, 2, red)
    lab.converged(red, one, other)
    lab.remove_vm(other)
    wait_for(lambda: lab.hv1.appctl_json("evpn/vteps") == [], "no VTEPs")
    lab.hv1.settled()
    lab.hv1.kill("ovs-ext")
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    assert lab.hv1.status()["flow_mods"] == 0


def test_changes_while_ovs_ext_is_dead(lab, red):
    """On return only the difference is made."""
    vm1, _, _ = red.members
    gone = lab.vm(lab.hv1, "vm3", red, "52:54:00:00:00:03", "10.0.0.3/24")
    lab.converged(red, *red.members, gone)
    lab.hv1.kill("ovs-ext")
    lab.remove_vm(gone)
    new = lab.vm(lab.hv1, "vm4", red, "52:54:00:00:00:04", "10.0.0.4/24")
    far = lab.vm(lab.hv2, "vm5", red, "52:54:00:00:00:05", "10.0.0.5/24")
    ping = Ping(lab, vm1, "10.0.0.2")
    lab.hv1.start_ovs_ext()
    lab.converged(red, *red.members, new, far)
    for vm in (new, far):
        assert vm.ping("10.0.0.1") and vm.ping("10.0.0.11")
    assert ping.lost() == []
    wait_for(lambda: f"2 {gone.mac}" not in lab.leaf.evpn_routes(red.vni),
             "leaf1: vm3 is gone")
    # vm3's flows and its bucket go, vm4's come; vm5 is a MAC and an IP.
    vm4 = [line for owner in ("port/vm4", f"local-mac/10100/{new.mac}",
                              "local-ip/10100/10.0.0.4")
           for line in lab.hv1.appctl("flows/show", owner).splitlines()]
    assert 0 < lab.hv1.status()["flow_mods"] <= 2 * len(vm4) + 4


def test_entries_without_owner(lab, red):
    """What is left in the kernel of those that have gone is removed before
    anything is said to be in effect."""
    left = ("10.0.0.99", "52:54:00:00:00:99")
    device = f"brvx-{red.vni}"
    lab.hv1.kill("ovs-ext")
    lab.hv1.sh(f"ip neigh add {left[0]} lladdr {left[1]} dev {device} "
               f"protocol 200 nud noarp\n"
               f"bridge fdb add {left[1]} dev oe-{red.vni} master static")
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    assert left[1] not in lab.hv1.run("ip", "neigh", "show", "dev", device)
    assert left[1] not in lab.hv1.run("bridge", "fdb", "show", "br", device)


def test_network_removed_while_ovs_ext_is_dead(lab, red):
    """Devices, entries and flows of what is no more are removed."""
    other = lab.network("blue", 10200)
    vm = lab.vm(lab.hv1, "vm3", other, "52:54:00:00:00:03", "10.0.0.3/24")
    lab.hv1.settled()
    lab.hv1.kill("ovs-ext")
    lab.remove_vm(vm)
    lab.hv1.run("ovs-ext-ctl", "net-del", "blue")
    lab.hv1.start_ovs_ext()
    lab.hv1.settled()
    assert "10200" not in lab.hv1.run("ip", "-br", "link")
    assert "0x27d8" not in "".join(flows(lab.hv1))


def test_vswitchd_restarted(lab, red):
    """All flows are back, in one bundle behind the meters."""
    before = flows(lab.hv1)
    lab.hv1.appctl("vlog/set", "switch_conn:file:dbg")
    lab.finally_do(lambda: lab.hv1.appctl("vlog/set", "switch_conn:file:info"))
    lab.hv1.restart_vswitchd()
    # With the switch the underlay went, and what came by it.
    wait_for(lambda: flows(lab.hv1) == before, "flows are back")
    lab.hv1.settled()
    log = lab.hv1.run("cat", "/var/log/openvswitch/ovs-ext.log")
    n_flows, done = re.search(
        "it has 0 of our flows and groups, ([0-9]+) are to be sent\n"
        "((.*br-int: [0-9]+ modifications done.*\n)+)", log).groups()[:2]
    sent = [int(n) for n in re.findall("([0-9]+) modifications", done)]
    # More may follow, when BGP is back.
    assert sum(sent[:2]) == int(n_flows)
    assert int(n_flows) > len(before) - 2 * len(red.members)
    vm1, vm2, _ = red.members
    wait_for(lambda: vm1.ping("10.0.0.2") and vm2.ping("10.0.0.1")
             and vm1.ping("10.0.0.11"), "pings", timeout=30)


def test_ovsdb_server_restarted(lab, red):
    """The last configuration holds; OVS_Ext is added again; only changes
    apply.  (Without ovsdb-server ovs-vswitchd does not run its userspace
    datapath, so this has no traffic.)"""
    lab.expect("db.sock|ovsdb")
    lab.settled()
    before = flows(lab.hv1)
    mods = lab.hv1.status()["flow_mods"]
    watch = Watch(lab, lab.hv1, "bridge", "monitor", "fdb")
    lab.hv1.kill("ovsdb-server")
    wait_for(lambda: lab.hv1.status()["open_vswitch"] == "not connected",
             "ovs-ext notices")
    lab.hv1.start_ovsdb()
    wait_for(lambda: lab.hv1.status()["ovs_ext"] == "connected",
             "OVS_Ext is back")
    lab.hv1.settled()
    assert lab.hv1.status()["flow_mods"] == mods
    assert flows(lab.hv1) == before
    assert [line for line in shadow_or_flow(watch.stop())
            if "oe-" in line] == []
    new = lab.vm(lab.hv1, "vm4", red, "52:54:00:00:00:04", "10.0.0.4/24")
    lab.converged(red, *red.members, new)
    assert new.ping("10.0.0.2")


def test_flows_of_others(lab, red):
    """Flows and groups of others on br-int are left alone."""
    hv = lab.hv1
    hv.sh("ovs-ofctl add-flow br-int cookie=0xabc,priority=7,table=0,"
          "dl_type=0x1234,actions=drop\n"
          "ovs-ofctl -O OpenFlow15 add-group br-int "
          "group_id=5,type=all,bucket=actions=drop")
    lab.finally_do(lambda: hv.sh(
        "ovs-ofctl del-flows br-int cookie=0xabc/-1\n"
        "ovs-ofctl -O OpenFlow15 del-groups br-int group_id=5"))
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    hv.settled()
    assert hv.status()["flow_mods"] == 0
    text = "".join(flows(hv))
    assert "cookie=0xabc" in text and "group_id=5," in text


def test_own_flows_tampered_with(lab, red):
    """What someone did to our flows is put right when that is asked for."""
    hv = lab.hv1
    before = flows(hv)
    hv.sh("ovs-ofctl del-flows br-int table=40\n"
          "ovs-ofctl -O OpenFlow15 add-flow br-int cookie=0x6f65000000000001,"
          "table=40,priority=9,dl_type=0x1234,actions=drop")
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    wait_for(lambda: flows(hv) == before, "flows are as they were")


def test_schema_upgraded(lab):
    """A database with an older version of the schema is converted in place,
    with all its rows."""
    lab.expect("db.sock|ovsdb|OVS_Ext")
    hv = lab.hv1
    with open(os.path.join(TESTS, "../ovsdb-sync/ovs-ext.ovsschema")) as f:
        schema = json.load(f)
    version = schema["version"]
    schema["version"] = "0.9.0"
    del schema["tables"]["Port"]["columns"]["learn_ips"]
    hv.write("/run/old.ovsschema", json.dumps(schema))
    insert = ["OVS_Ext", {"op": "insert", "table": "Network",
                          "row": {"name": "old", "vni": 7}}]
    hv.kill("ovs-ext")
    hv.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/remove-db",
           "OVS_Ext")
    hv.sh("cd /etc/openvswitch; rm ovs-ext.db\n"
          "ovsdb-tool create ovs-ext.db /run/old.ovsschema\n"
          f"ovsdb-tool transact ovs-ext.db '{json.dumps(insert)}'")
    hv.start_ovs_ext()
    hv.settled()
    assert hv.run("ovsdb-client", "get-schema-version",
                  "unix:/run/openvswitch/db.sock", "OVS_Ext") == f"{version}\n"
    assert hv.run("ovs-ext-ctl", "net-list") == "old 7\n"
    assert [n["network"] for n in hv.appctl_json("network/show")] == ["old"]


def test_database_removed(lab, red):
    """ovsdb-server lost OVS_Ext: what it said holds, and it is added again."""
    lab.expect("db.sock|ovsdb|OVS_Ext")
    hv = lab.hv1
    before = flows(hv)
    hv.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/remove-db",
           "OVS_Ext")
    wait_for(lambda: hv.status()["ovs_ext"] == "not connected",
             "ovs-ext notices")
    assert flows(hv) == before
    pid = hv.daemon_pid("ovsdb-server")
    hv.run("kill", "-KILL", pid)
    wait_for(lambda: not hv.is_running(pid), "ovsdb-server is gone")
    hv.start_ovsdb()
    wait_for(lambda: hv.status()["ovs_ext"] == "connected", "OVS_Ext is back")
    hv.settled()
    assert flows(hv) == before
    assert hv.run("ovs-ext-ctl", "port-list", "red") != ""


def test_remote_database_away(lab, red):
    """OVS_Ext is on a server that is away when ovs-ext starts: what is there
    stays, in switch, kernel and EVPN, until that server says otherwise."""
    lab.expect("ext.sock|reconnect|OVS_Ext")
    hv = lab.hv1
    start = ("ovsdb-server --remote=punix:/run/ext.sock --pidfile=ext.pid "
             "--unixctl=/run/ext.ctl --detach --log-file=/run/ext.log "
             "-vconsole:off /run/ext.db")
    hv.sh("cp /etc/openvswitch/ovs-ext.db /run/ext.db\n" + start)
    lab.finally_do(lambda: hv.sh(
        "ovs-vsctl remove Open_vSwitch . external_ids ovs-ext-remote\n"
        "kill $(cat /run/openvswitch/ext.pid) || true; rm -f /run/ext.*"))
    hv.run("ovs-vsctl", "set", "Open_vSwitch", ".",
           "external_ids:ovs-ext-remote=unix:/run/ext.sock")
    wait_for(lambda: hv.status()["ovs_ext"] == "connected"
             and hv.appctl_json("problems") == [], "OVS_Ext elsewhere")
    hv.settled()
    before = flows(hv)
    updates = updates_seen_by_leaf(lab)
    ping = Ping(lab, red.members[0], "10.0.0.2")
    hv.sh("kill -KILL $(cat /run/openvswitch/ext.pid)")
    hv.kill("ovs-ext")
    hv.start_ovs_ext()
    wait_for(lambda: [p["topic"] for p in hv.appctl_json("problems")] == [
        "database"], "the problem", on_timeout=lambda:
        str(hv.appctl_json("problems")))
    assert hv.status()["state"] == "waiting for the OVS_Ext database"
    assert flows(hv) == before
    hv.sh("rm -f /run/ext.sock\n" + start)
    hv.settled()
    assert hv.appctl_json("problems") == []
    assert ping.lost() == []
    assert (hv.status()["flow_mods"], hv.status()["kernel_writes"]) == (0, 0)
    assert flows(hv) == before
    assert updates_seen_by_leaf(lab) == updates


def test_no_database_possible(lab, red):
    """The file of OVS_Ext is spoilt: implicit ports work, and what is there
    stays until it has been mended."""
    lab.expect("OVS_Ext|ovs-ext.db|ovsdb|jsonrpc")
    hv = lab.hv1
    before = flows(hv)
    hv.kill("ovs-ext")
    hv.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/remove-db",
           "OVS_Ext")
    hv.sh("cd /etc/openvswitch; mv ovs-ext.db /run; echo spoilt >ovs-ext.db")
    hv.start_ovs_ext()
    hv.settled()
    problem, = hv.appctl_json("problems")
    assert problem["topic"] == "database"
    assert problem["problem"].startswith(
        "cannot have ovsdb-server add /etc/openvswitch/ovs-ext.db (")
    assert flows(hv) == before
    blue = lab.network("blue", 10200)
    one = lab.vm(hv, "vm4", blue, "52:54:00:00:00:04", "10.0.0.4/24",
                 row=False)
    lab.vm(hv, "vm6", blue, "52:54:00:00:00:06", "10.0.0.6/24", row=False)
    wait_for(lambda: one.ping("10.0.0.6"), "implicit ports work")
    assert red.members[0].ping("10.0.0.2")
    hv.sh("mv /run/ovs-ext.db /etc/openvswitch/ovs-ext.db")
    wait_for(lambda: hv.appctl_json("problems") == [], "OVS_Ext is back",
             timeout=40)
    hv.settled()
    now = flows(hv)
    assert [flow for flow in before if flow not in now] == []
    assert red.members[0].ping("10.0.0.2")


def test_monitor_and_user(lab, red):
    """--monitor starts a new daemon when one dies; --user needs no more than
    the rights to the network and to the sockets."""
    lab.expect("daemon_unix")
    hv = lab.hv1
    hv.kill("ovs-ext")
    # A user that is in FRR's group frrvty.
    hv.sh("chown frr /run/openvswitch /var/log/openvswitch "
          "/run/openvswitch/*.sock /run/openvswitch/*.mgmt "
          "/run/openvswitch/ovsdb-server.*.ctl\n"
          "rm /run/openvswitch/ovs-ext.pid /var/log/openvswitch/ovs-ext.log\n"
          "ovs-ext --monitor --user=frr --pidfile --detach --log-file "
          "-vconsole:off")
    hv.settled()
    first = hv.daemon_pid("ovs-ext")
    assert hv.run("ps", "-o", "user=", "-p", first).strip() != "root"
    status = hv.status()
    assert (status["flow_mods"], status["kernel_writes"]) == (0, 0)
    hv.run("kill", "-ABRT", first)

    def is_new():
        # There is no file for a moment.
        status, pid = hv.try_run("cat", "/run/openvswitch/ovs-ext.pid")
        return not status and int(pid) != first
    wait_for(is_new, "a new daemon")
    hv.settled()
    new = lab.vm(hv, "vm4", red, "52:54:00:00:00:04", "10.0.0.4/24")
    lab.converged(red, *red.members, new)
    wait_for(lambda: new.ping("10.0.0.2"), "ping")
    hv.run("ovs-appctl", "-t", "ovs-ext", "exit")
    wait_for(lambda: hv.try_run("pgrep", "-x", "ovs-ext")[0], "both end")
    hv.sh("chown root /run/openvswitch /var/log/openvswitch\n"
          "rm /var/log/openvswitch/ovs-ext.log")
    hv.start_ovs_ext()
    hv.settled()


def test_flows_rejected(lab, red):
    """What the switch rejects is a problem of its owner; all else works, and
    it is sent again after the switch has been started again."""
    lab.expect("switch_conn.*(rejected|bundle failed)|TABLE_FULL")
    hv = lab.hv1
    n_flows = len(hv.run("ovs-ofctl", "-O", "OpenFlow15", "dump-flows",
                         "br-int", "table=32").splitlines()) - 1
    hv.sh("ovs-vsctl set bridge br-int flow_tables:32=@t -- --id=@t create "
          f"Flow_Table flow_limit={n_flows} overflow_policy=refuse")
    lab.finally_do(lambda: hv.run("ovs-vsctl", "remove", "bridge", "br-int",
                                  "flow_tables", 32))
    new = lab.vm(hv, "vm4", red, "52:54:00:00:00:04", "10.0.0.4/24")
    wait_for(lambda: [p["topic"] for p in hv.appctl_json("problems")] == [
        "flow-rejected"], "the problem", on_timeout=lambda:
        str(hv.appctl_json("problems")))
    assert hv.status()["flows_rejected"] == 1
    hv.settled()
    # vm4 has no flow of its own, and gets what is flooded.
    vm1, vm2, _ = red.members
    assert vm1.ping("10.0.0.2")
    wait_for(lambda: new.ping("10.0.0.1"), "vm4: ping")
    sent = hv.status()["flow_mods"]
    hv.run("ovs-ext-ctl", "--wait=host", "init")
    assert hv.status()["flow_mods"] == sent
    hv.run("ovs-vsctl", "remove", "bridge", "br-int", "flow_tables", 32)
    lab.undo.pop()
    hv.restart_vswitchd()
    wait_for(lambda: hv.appctl_json("problems") == [], "no problem")
