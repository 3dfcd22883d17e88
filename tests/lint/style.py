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

"""Checks what style asks of each file: width, white space, headers, contracts
and sizes.  What clang-format judges is in layout.py."""

import re
import statistics

import lint

MAX_WIDTH = 79
MAX_FILE = 800
MAX_FUNCTION = 90
MEDIAN_FUNCTION = 15
P90_FUNCTION = 45

LICENSE = re.compile(
    r"(?:/\*\n \* |#!.*\n# |# )Copyright \(c\) \d{4} The ovs-ext Authors\.\n"
    r"(?: \*|#)\n(?: \*|#) Licensed under the Apache License, Version 2\.0")
# Written so that these lines are not taken for what they look for.
LEFTOVER = re.compile(r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b")
MACHINE = re.compile(r"(?<![\w.$}])/(?:w[o]rk|h[o]me|r[o]ot)/\w")


def lines(text):
    """Yields (number, line) for each line of 'text'."""
    return enumerate(text.split("\n"), 1)


def check_any(path, text):
    """What holds for every file."""
    del path
    for number, line in lines(text):
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if LEFTOVER.search(line):
            yield number, "a note that something is left to do"
        if MACHINE.search(line):
            yield number, "a path of somebody's machine"
    if text and not text.endswith("\n"):
        yield text.count("\n") + 1, "no end of line at the end"
    if text.endswith("\n\n"):
        yield text.count("\n"), "empty lines at the end"


def check_source(path, text):
    """What holds for every file that is a program."""
    kind = lint.kind(path, text)
    for number, line in lines(text):
        if len(line) > MAX_WIDTH:
            yield number, f"{len(line)} columns, more than {MAX_WIDTH}"
        if "\t" in line and kind in ("c", "python"):
            yield number, "a tab"
    n_lines = text.count("\n")
    if n_lines > MAX_FILE:
        yield n_lines, f"{n_lines} lines, more than {MAX_FILE}"
    if kind in ("c", "python") and not LICENSE.match(text):
        yield 1, "the license is missing at the top"


def check_c(path, text):
    """What holds for C."""
    code = lint.blank(text)
    for match in lint.literals(text):
        if match[0].startswith("//"):
            yield text.count("\n", 0, match.start()) + 1, "a comment with //"
    for number, line in lines(code):
        if re.search(r"\btypedef\s+(struct|enum|union)\b", line):
            yield number, "typedef of a struct, union or enum"
    yield from check_braces(lint.blank_directives(text))
    for function in lint.functions(text):
        yield from check_function(function)
    if path.endswith(".h"):
        yield from check_guard(path, code)
    else:
        yield from check_config(code)


def check_function(function):
    name = function.name
    if function.n_lines > MAX_FUNCTION:
        yield (function.first, f"{name} has {function.n_lines} lines, more "
               f"than {MAX_FUNCTION}")
    if not function.name_begins_line:
        yield function.first, f"the name of {name} does not begin a line"
    if not function.body_begins_line:
        yield function.first, f"the {{ of {name} does not begin a line"
    if not (function.static or function.has_contract or name == "main"):
        yield (function.first, f"{name} is not static and has no comment "
               "directly above")


STATEMENT = re.compile(
    r"(?<![#\w])(?:(if|for|while|switch|[A-Z]\w*_FOR_EACH\w*)\s*(?=\()"
    r"|else\b(?!\s*if\b)|do\b)")


def check_braces(code):
    """Every statement of control has braces, whatever it controls."""
    for match in STATEMENT.finditer(code):
        pos = match.end()
        if match[1]:
            pos = after_parentheses(code, pos)
            if (match[1] == "while"
                    and code[:match.start()].rstrip().endswith("}")
                    and code[pos:].startswith(";")):
                continue        # That of "do".
        if not code[pos:].lstrip().startswith("{"):
            yield (code.count("\n", 0, match.start()) + 1,
                   f"no braces after {match[0].strip()}")


def after_parentheses(code, pos):
    depth = 0
    for end in range(pos, len(code)):
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        if not depth:
            return end + 1
    return len(code)


def check_guard(path, code):
    guard = re.sub(r"\W", "_", path).upper()
    start = f"#ifndef {guard}\n#define {guard} 1\n"
    if not code.lstrip().startswith(start):
        yield 1, f"does not begin with #ifndef {guard} and #define {guard} 1"
    if not re.search(r"#endif\s*\Z", code):
        yield code.count("\n"), "does not end with #endif"


def check_config(code):
    first = re.search(r"^#\s*(.*?)\s*$", code, re.MULTILINE)
    if not first or first[1] != "include <config.h>":
        yield 1, "#include <config.h> is not the first directive"


def check(path, text):
    """Yields the faults of a file."""
    kind = lint.kind(path, text)
    yield from check_any(path, text)
    if kind != "other":
        yield from check_source(path, text)
    if kind == "c":
        yield from check_c(path, text)


def check_sizes(sizes):
    """Yields what is wrong with functions taken together."""
    sizes = sorted(sizes)
    median = statistics.median(sizes)
    p90 = sizes[len(sizes) * 9 // 10]
    if median > MEDIAN_FUNCTION:
        yield 0, f"median function: {median} lines, not {MEDIAN_FUNCTION}"
    if p90 > P90_FUNCTION:
        yield 0, f"one function of ten: {p90} lines, not {P90_FUNCTION}"


def main():
    faults = []
    sizes = []
    n_lines = []
    for path in lint.files():
        text = lint.read(path)
        faults += [(path, *fault) for fault in check(path, text)]
        if lint.kind(path, text) == "c":
            n_lines.append(text.count("\n"))
            sizes += [f.n_lines for f in lint.functions(text)]
    faults += [("all", *fault) for fault in check_sizes(sizes)]
    sizes.sort()
    lint.report("style", faults,
                f"{len(n_lines)} files of C: median "
                f"{statistics.median(n_lines):.0f} lines, at most "
                f"{max(n_lines)}",
                f"{len(sizes)} functions: median "
                f"{statistics.median(sizes):.0f} lines, nine of ten at most "
                f"{sizes[len(sizes) * 9 // 10]}, all at most {sizes[-1]}")


if __name__ == "__main__":
    main()
