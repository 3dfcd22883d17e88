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

"""Checks Python code: that Python compiles it, and what flake8 says."""

import shutil
import re

import lint


def check(path, text):
    """Yields the faults of a file."""
    try:
        compile(text, path, "exec")
    except SyntaxError as e:
        yield e.lineno, e.msg


def flake8(paths):
    """Yields (path, line, words) for what flake8 finds in 'paths'."""
    _, output = lint.run("flake8", "--isolated", *paths)
    for line in output.splitlines():
        match = re.fullmatch(r"(.*?):(\d+):\d+: (.*)", line)
        yield (match[1], int(match[2]), match[3]) if match else (line, 0, "")


def main():
    if not shutil.which("flake8"):
        lint.skip("no flake8")
    faults = []
    paths = []
    for path, text in lint.sources("python"):
        paths.append(path)
        faults += [(path, *fault) for fault in check(path, text)]
    lint.report("python", faults or list(flake8(paths)),
                f"{len(paths)} files")


if __name__ == "__main__":
    main()
