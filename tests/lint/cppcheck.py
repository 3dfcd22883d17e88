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

"""Runs cppcheck on the C code.

It sees Open vSwitch's headers, except that cppcheck.h says in simpler words
what their loops are.  What it says wrongly is in cppcheck.supp.  Results are
kept in the build tree, so that only what changed is looked at again."""

import os
import re

import lint

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("CPPCHECK", "cppcheck")


def why_not():
    """Returns why it cannot run, or None if it can."""
    if lint.run(PROGRAM, "--version")[0]:
        return f"no {PROGRAM}"
    if "OVS_SRCDIR" not in os.environ:
        return "OVS_SRCDIR is unset: \"make check\" sets it"
    return None


def check(paths):
    """Returns the faults of the files 'paths'.  The current directory is the
    build tree."""
    source, build = (os.environ[name] for name in ("OVS_SRCDIR",
                                                   "OVS_BUILDDIR"))
    here = os.getcwd()
    results = os.path.join(here, "tests", "lint", "cppcheck")
    os.makedirs(results, exist_ok=True)
    folders = [".", here, *(os.path.join(tree, folder)
                            for folder in ("include", "lib", "")
                            for tree in (source, build))]
    _, output = lint.run(
        PROGRAM, f"-j{os.cpu_count()}", "--quiet", "--std=c99",
        "--enable=warning,style,performance,portability", "--max-configs=1",
        "--inline-suppr", f"--cppcheck-build-dir={results}",
        f"--suppressions-list={HERE}/cppcheck.supp",
        *(f"--suppress=*:{tree}/*" for tree in (source, build)),
        f"--include={HERE}/cppcheck.h", "-D__GNUC__=12", "-D__CHAR_BIT__=8",
        '-DOVS_EXT_VERSION=""', *(f"-I{folder}" for folder in folders),
        "--template={file}:{line}: {message} [{id}]", *paths)
    faults = []
    for line in output.splitlines():
        match = re.fullmatch(r"(.*?):(\d+): (.*)", line)
        faults.append((match[1], int(match[2]), match[3]) if match
                      else ("cppcheck", 0, line))
    return faults


def main():
    if why_not():
        lint.skip(why_not())
    paths = [path for path, _ in lint.sources("c") if path.endswith(".c")]
    lint.report("cppcheck", check(paths), f"{len(paths)} files")


if __name__ == "__main__":
    main()
