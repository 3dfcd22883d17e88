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

"""ovs-ext-ctl cloudstack-install, -remove and -check, on root directories of
hosts as packages of CloudStack leave them; and the hook in Groovy."""

import os
import shutil
import subprocess

import pytest

import fabric
from hooks import domain_xml, port_id

pytestmark = pytest.mark.cloudstack

CTL = os.path.join(fabric.BUILD, "ovs-ext", "ovs-ext-ctl")
HOOK = "/usr/sbin/ovs-ext-hook"
GROOVY = "/usr/share/ovs-ext/libvirt-vm-xml-transformer.groovy"
AGENT = "etc/cloudstack/agent"
SCRIPTS = {f"{AGENT}/{name}": HOOK for name in (
    "modifyvxlan.sh", "modifyvxlan-evpn.sh", "modifymacip.sh",
    "security_group.py")}
SHELL = {f"{AGENT}/hooks/{name}": HOOK for name in (
    "libvirt-vm-xml-transformer.sh", "libvirt-vm-state-change.sh")}
IN_GROOVY = {f"{AGENT}/hooks/libvirt-vm-xml-transformer.groovy": GROOVY}
LIBVIRT = {"etc/libvirt/hooks/qemu.d/50-ovs-ext": HOOK}


class Root:
    """A host's root directory."""

    def __init__(self, path, *versions):
        self.path = path
        lib = path / "usr/share/cloudstack-agent/lib"
        lib.mkdir(parents=True)
        (path / AGENT).mkdir(parents=True)
        (path / "usr/sbin").mkdir()
        (path / "usr/sbin/ovs-ext-hook").touch(mode=0o755)
        self.properties("# vm.network.macip.static=false",
                        "vm.network.macip.static = true",
                        "guest.network.device=cloudbr1")
        for version in versions:
            (lib / f"cloud-agent-{version}.jar").touch()

    def properties(self, *lines):
        (self.path / AGENT / "agent.properties").write_text(
            "\n".join(lines) + "\n")

    def ctl(self, command, *options):
        """Returns (exit status, output, errors)."""
        done = subprocess.run([CTL, f"--root={self.path}", *options, command],
                              check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        return (done.returncode, done.stdout.replace(str(self.path), ""),
                done.stderr.replace(str(self.path), ""))

    def links(self):
        found = {}
        for folder, _, files in os.walk(self.path):
            for name in files:
                file = os.path.join(folder, name)
                if os.path.islink(file):
                    found[os.path.relpath(file, self.path)] = (
                        os.readlink(file))
        return found

    def snapshot(self):
        return sorted((folder, tuple(sorted(files)))
                      for folder, _, files in os.walk(self.path))


@pytest.mark.parametrize("versions, expected", [
    (["4.16.1.0"], {**SCRIPTS, **IN_GROOVY, **LIBVIRT}),
    (["4.20.1.0"], {**SCRIPTS, **IN_GROOVY, **LIBVIRT}),
    (["4.22.0.0"], {**SCRIPTS, **SHELL, **LIBVIRT}),
    (["4.23.0.0-SNAPSHOT"], {**SCRIPTS, **SHELL, **LIBVIRT}),
    (["4.20.0.0", "4.22.0.0"],
     {**SCRIPTS, **IN_GROOVY, **SHELL, **LIBVIRT}),
    ([], {**SCRIPTS, **IN_GROOVY, **SHELL, **LIBVIRT}),
], ids=lambda value: "+".join(value) or "none" if isinstance(value, list)
    else "")
def test_install(tmp_path, versions, expected):
    """It makes what the versions that are there call, tells it, makes it once,
    and takes it away again."""
    root = Root(tmp_path / "root", *versions)
    status, out, err = root.ctl("cloudstack-check")
    assert status == 1 and f"{len(expected)} fault(s)" in err
    assert sorted(line for line in out.splitlines()
                  if line.startswith("missing")) == sorted(
        f"missing: /{path}" for path in expected)
    assert out.startswith("CloudStack:" + "".join(
        f" {v}" for v in versions))
    status, out, err = root.ctl("cloudstack-install")
    assert (status, err) == (0, "")
    assert sorted(line for line in out.splitlines()
                  if line.startswith("made")) == sorted(
        f"made /{path} -> {target}" for path, target in expected.items())
    assert "to do: systemctl restart cloudstack-agent\n" in out
    assert root.links() == expected
    assert root.ctl("cloudstack-install") == (0, "all links are there\n", "")
    assert root.ctl("cloudstack-check")[0] == 0
    status, out, err = root.ctl("cloudstack-remove")
    assert (status, err) == (0, "")
    assert sorted(line for line in out.splitlines()
                  if line.startswith("removed")) == sorted(
        f"removed /{path}" for path in expected)
    assert root.links() == {}
    assert root.ctl("cloudstack-remove") == (
        0, "there are no links of ours\n", "")


def test_upgrade(tmp_path):
    """An upgrade of CloudStack, and one of ours to another place."""
    root = Root(tmp_path / "root", "4.20.1.0")
    root.ctl("cloudstack-install", "--hook=/opt/old/ovs-ext-hook")
    lib = root.path / "usr/share/cloudstack-agent/lib"
    (lib / "cloud-agent-4.20.1.0.jar").rename(
        lib / "cloud-agent-4.22.0.0.jar")
    status, out, _ = root.ctl("cloudstack-check")
    assert status == 1
    assert f"stale: /{AGENT}/modifyvxlan.sh\n" in out
    assert f"stale: /{next(iter(IN_GROOVY))}\n" in out
    assert root.ctl("cloudstack-install")[0] == 0
    assert root.links() == {**SCRIPTS, **SHELL, **LIBVIRT}


def test_what_is_not_ours_stays(tmp_path):
    """A file, or a link to one, of somebody else: nothing is changed."""
    root = Root(tmp_path / "root", "4.22.0.0")
    theirs = root.path / AGENT / "modifyvxlan.sh"
    theirs.write_text("#!/bin/sh\n")
    hooks = root.path / AGENT / "hooks"
    hooks.mkdir()
    (hooks / "libvirt-vm-state-change.sh").symlink_to("/opt/mine.sh")
    before = root.snapshot()
    status, out, err = root.ctl("cloudstack-install")
    assert (status, out) == (1, "")
    assert err == (
        f"ovs-ext-ctl: not ours, so nothing was changed: "
        f"/{AGENT}/modifyvxlan.sh /{AGENT}/hooks/libvirt-vm-state-change.sh; "
        f'move it away, or have it call "{HOOK} NAME ARGUMENTS"\n')
    assert root.snapshot() == before
    assert root.ctl("cloudstack-remove")[0] == 0
    assert theirs.read_text() == "#!/bin/sh\n"
    assert root.snapshot() == before
    status, out, _ = root.ctl("cloudstack-check")
    assert status == 1 and f"not ours: /{AGENT}/modifyvxlan.sh" in out


def test_advice(tmp_path):
    """What agent.properties has to say, and where the hooks are."""
    root = Root(tmp_path / "root", "4.23.0.0")
    root.properties(
        "network.bridge.type=openvswitch",
        "agent.hooks.basedir=/opt/hooks",
        "agent.hooks.libvirt_vm_xml_transformer.shell_script=mine.sh")
    (root.path / "usr/sbin/ovs-ext-hook").unlink()
    status, out, err = root.ctl("cloudstack-install")
    assert (status, err) == (0, "")
    assert "opt/hooks/libvirt-vm-state-change.sh" in root.links()
    for text in ("install /usr/sbin/ovs-ext-hook, which is not there",
                 "set network.bridge.type=native in",
                 "set vm.network.macip.static=true in",
                 f'have mine.sh call "{HOOK} '
                 'libvirt-vm-xml-transformer.sh ARGUMENTS"'):
        assert f"to do: {text}" in out
    assert root.ctl("cloudstack-check")[0] == 1


def test_no_cloudstack(tmp_path):
    for command in ("install", "remove", "check"):
        done = subprocess.run(
            [CTL, f"--root={tmp_path}", f"cloudstack-{command}"], check=False,
            text=True, stderr=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (
            1, f"ovs-ext-ctl: {tmp_path}/{AGENT} is not there; install "
            "cloudstack-agent first\n")


GROOVY_CALLER = """
def hook = new GroovyScriptEngine(args[0]).run(
    "libvirt-vm-xml-transformer.groovy", new Binding())
args[1..-1].each {
    def xml = new File(it).text
    def out
    try {
        // As LibvirtKvmAgentHook does it.
        out = hook.invokeMethod("transform", [null, xml] as Object[])
    } catch (Exception e) {
        out = "failed"
    }
    new File(it + ".out").text = out
}
"""


def test_groovy(tmp_path):
    """The hook for agents that run no shell: as ovs-ext-hook does it."""
    folder = os.path.join(fabric.TESTS, "..", "ovs-ext", "host", "hooks")
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "libvirt-vm-xml-transformer.groovy").symlink_to(
        os.path.abspath(os.path.join(
            folder, "libvirt-vm-xml-transformer.groovy")))
    mac, other = "02:01:00:D1:00:05", "02:01:00:d1:00:06"
    plain = [(mac, "brvx-10100"), (other, "cloudbr0"),
             ("02:01:00:d1:00:07", "brvx-16777216")]
    texts = [domain_xml("i-2-55-VM", plain=plain),
             domain_xml("r-4-VM", plain=plain),
             domain_xml("i-2-56-VM", plain=[(other, "cloudbr0")]),
             "no XML"]
    for i, text in enumerate(texts):
        (tmp_path / str(i)).write_text(text)
    (tmp_path / "caller.groovy").write_text(GROOVY_CALLER)
    assert shutil.which("groovy")
    subprocess.run(["groovy", tmp_path / "caller.groovy", tmp_path / "hooks",
                    *(tmp_path / str(i) for i in range(len(texts)))],
                   check=True, timeout=120)
    outs = [(tmp_path / f"{i}.out").read_text() for i in range(len(texts))]
    assert outs[1:] == [texts[1], texts[2], "failed"]
    hook = subprocess.run(
        [os.path.join(fabric.BUILD, "ovs-ext", "ovs-ext-hook"),
         "libvirt-vm-xml-transformer.sh", "transform", texts[0]],
        check=True, text=True, stdout=subprocess.PIPE).stdout
    assert f'interfaceid="{port_id(mac)}"' in outs[0]
    assert sorted(outs[0].replace("<", "\n<").split()) == sorted(
        hook.replace("<", "\n<").split())
