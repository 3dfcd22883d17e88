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

"""Checks the layout of C code by clang-format and .clang-format.

clang-format decides spaces and indentation.  Where to break a statement that
is longer than a line it does not decide, because a reader does that better: it
puts each initializer on a line of its own, and cannot align a conditional
expression as Open vSwitch does.  So both texts are compared, white space by
white space.  In a statement whose lines are not clang-format's, only spaces
within its lines count."""

import os
import re
import tempfile

import lint

VERSION = 14                    # Others indent some things differently.
INDENT = 4
STYLE = ".clang-format"


def find_clang_format():
    """Returns the program's name, or None."""
    for name in (os.environ.get("CLANG_FORMAT"), f"clang-format-{VERSION}",
                 "clang-format"):
        status, output = lint.run(name, "--version") if name else (1, "")
        if not status and re.search(rf"version {VERSION}\.", output):
            return name
    return None


class Formatter:
    """clang-format, told to break lines only where they are broken."""

    def __init__(self, program):
        self.program = program
        self.style = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self.style.write(re.sub(r"^ColumnLimit:.*$", "ColumnLimit: 0",
                                lint.read(STYLE), flags=re.MULTILINE))
        self.style.flush()

    def format(self, path):
        status, output = lint.run(
            self.program, f"--style=file:{self.style.name}", path)
        if status:
            raise RuntimeError(f"{self.program}: {output}")
        return output


class Gap:
    """White space between two tokens: as it is and as clang-format has it."""

    def __init__(self, before, after, line, got, want):
        self.before = before    # The token before it.
        self.after = after      # What comes after it, up to the line's end.
        self.line = line        # Where it begins.
        self.got = got
        self.want = want
        self.statement = None   # Number of its statement; None in between.
        self.in_parentheses = False
        self.in_define = False

    def is_break(self):
        return "\n" in self.got

    def breaks_differ(self):
        return self.is_break() != ("\n" in self.want)


# A comment, a literal, a word, or any other character; and the white space
# after it, of which an escaped end of line is a part.
TOKEN = re.compile(rf"({lint.LITERAL} | \w+ | (?!\\\n)\S) ((?:\s | \\\n)*)",
                   re.VERBOSE | re.DOTALL)


def gaps(text, formatted):
    """Returns the Gaps of 'text', from which 'formatted' differs in white
    space only."""
    line = 1
    statement = depth = 0
    in_define = False
    result = []
    for token, want in zip(TOKEN.finditer(text), TOKEN.finditer(formatted)):
        if token[1].split() != want[1].split():
            raise RuntimeError(f"clang-format made {want[1]} of {token[1]}")
        line += token[1].count("\n")
        gap = Gap(token[1], text[token.end():].partition("\n")[0], line,
                  token[2], want[2])
        line += token[2].count("\n")
        depth += {"(": 1, ")": -1}.get(token[1], 0)
        in_define |= token[1] == "#" and gap.after.startswith("define")
        gap.in_define = in_define
        in_define &= "\n" not in token[2].replace("\\\n", "")
        gap.in_parentheses = depth > 0
        gap.statement = statement
        if token[1] in "{};" and not depth:
            statement += 1
            gap.statement = None if gap.is_break() else statement
        result.append(gap)
    return result


def must_break_alike(gap):
    """Returns true if clang-format decides whether there is a line break."""
    if re.match(r"\{|else\b", gap.after):
        return True
    return (gap.before in ";{" and not gap.in_parentheses
            and not gap.is_break() and not gap.after.startswith("/*"))


def is_by_hand(gap):
    """Returns true if the lines of the statement that 'gap' is in are aligned
    with what they belong to, which clang-format does not see: it breaks
    elsewhere; or there is a conditional expression, a literal that goes on, a
    structure as argument, or an attribute before a function's name."""
    if gap.breaks_differ():
        return True
    if gap.is_break():
        return gap.after.startswith(("?", ":", '"'))
    return (gap.before == "{" and gap.got != gap.want
            or gap.before == ")" and gap.after == "{" and gap.in_parentheses
            or bool(re.match(r"OVS_\w+\(", gap.after)))


def spaces_are_right(gap):
    """Judges white space within a line."""
    around = gap.before[-1] + gap.after[:1]
    if gap.after.startswith("/*") or gap.in_define:
        return True             # Aligned by hand.
    if re.fullmatch(r'"\w|\w"|\{.|.\}', around):
        return gap.got in ("", " ")  # "%"PRIu32, "%" PRIu32; {x}, { x }.
    if gap.before == "," and re.match(r"[0-9a-f]{2}[,)]", gap.after):
        return gap.got in ("", " ")  # ETH_ADDR_C(01,80,c2,00,00,00).
    if gap.before == "sizeof":
        return gap.got in ("", " ")  # sizeof(struct x), sizeof (*x)->y.
    if (re.fullmatch(r"\)\{|.\?", around)
            or gap.before == "*" and gap.after.startswith("OVS_")):
        return gap.got == " "   # (struct x) { ... }; a ? b; char * OVS_X.
    return gap.got == gap.want


def indentation_is_right(gap):
    """Judges white space with a line break."""
    if gap.in_define or re.fullmatch(r"[A-Z_]+(\(.*\))?", gap.after):
        return True             # A macro that is more than an expression.
    if gap.in_parentheses and re.match(r"[|&+*/=!<>-]", gap.after):
        # In an argument, clang-format indents an operator once more.
        return gap.want in (gap.got, gap.got + " " * INDENT)
    return gap.got == gap.want


def check(text, formatted):
    """Yields the faults of 'text'."""
    all_gaps = gaps(text, formatted)
    by_hand = {gap.statement for gap in all_gaps if is_by_hand(gap)} - {None}
    for gap in all_gaps:
        want = gap.want.rpartition("\n")
        n_empty = [w.count("\n") - 1 for w in (gap.want, gap.got)]
        where = gap.line + gap.got.count("\n")
        if gap.breaks_differ():
            if must_break_alike(gap):
                yield gap.line, (f"{'no ' if gap.is_break() else ''}line break"
                                 f" before: {gap.after}")
        elif not gap.is_break():
            if not spaces_are_right(gap):
                yield where, (f"{len(want[2])} spaces, not {len(gap.got)}, "
                              f"before: {gap.after}")
        elif n_empty[0] != n_empty[1]:
            yield where, (f"{n_empty[0]} empty lines, not {n_empty[1]}, "
                          f"before: {gap.after}")
        elif gap.statement not in by_hand and not indentation_is_right(gap):
            yield where, f"indentation {len(want[2])}: {gap.after}"


def check_loops(text, style):
    """clang-format knows macros that loop only by name.  Yields those in
    'text' that are not in 'style'."""
    for match in re.finditer(r"\b[A-Z]\w*_FOR_EACH\w*",
                             lint.blank_directives(text)):
        if not re.search(rf"\b{match[0]}\b", style):
            yield (text.count("\n", 0, match.start()) + 1,
                   f"{match[0]} is not among the ForEachMacros of {STYLE}")


def main():
    program = find_clang_format()
    if not program:
        lint.skip(f"no clang-format {VERSION}")
    formatter = Formatter(program)
    style = lint.read(STYLE)
    faults = []
    for path, text in lint.sources("c"):
        found = (list(check_loops(text, style))
                 or check(text, formatter.format(path)))
        faults += [(path, *fault) for fault in found]
    lint.report("layout", faults)


if __name__ == "__main__":
    main()
