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

"""Tries the checks on small files: on good ones, which they must let pass, and
on the same with one fault each, which they must find."""

import contextlib
import io
import os
import re
import shutil
import tempfile
import unittest

import cppcheck
import layers
import layout
import lint
import pycode
import style

LICENSE = lint.read("flows/gen.h").partition("\n\n")[0] + "\n\n"
PY_LICENSE = lint.read("tests/lint/lint.py").partition("\n\n")[0] + "\n\n"

GOOD_C = LICENSE + r'''#include <config.h>

#include "flows/gen.h"

#include <stdlib.h>
#include "util.h"

struct point {
    int x;                      /* Columns. */
    int y, z;
};

static const struct point points[] = {
    { 1, 2, 3 },
    { .x = 1, .y = 2, .z = 3 },
};

#define LOOP(N)                 \
    for (int i = 0; i < (N); i++)

static int sum(const struct point *);

/* Returns the sum of 'p'. */
int
point_sum(const struct point *p)
{
    return sum(p);
}

static void OVS_PRINTF_FORMAT(1, 2)
note(const char *format, ...)
{
    VLOG_INFO("%"PRIu32" of \"%s\" are "
              "// not { comments", 1, format);
}

static int
sum(const struct point *p)
{
    struct hmap_node *node;

    if (!p) {
        note("none");
    } else if (p->x > 1
               && p->y > 1) {
        do {
            note("%d", p->x);
        } while (p->y);
    } else {
        HMAP_FOR_EACH (node, hmap_node, &map) {
            take(&(struct point) {
                .x = 1,
                .y = 2,
            }, (uint8_t) 5);
        }
    }
    for (;;) {
        switch (p->x) {
        case 1: return 1;
        case 2:
            break;
        default:
            return (p->x ? 1
                    : p->y ? 2
                    : 3);
        }
    }
}
'''

GOOD_H = LICENSE + '''#ifndef FLOWS_GOOD_H
#define FLOWS_GOOD_H 1

int good(void);

#endif /* flows/good.h */
'''

GOOD_PY = PY_LICENSE + '''"""Nothing."""

import os

print(os.sep)
'''

# Faults: a name, what is replaced in the good file, by what, and what must be
# said.  No more than that may be said.
STYLE_FAULTS = [
    ("white space at the end", "    int y, z;", "    int y, z; ",
     "white space at the end"),
    ("a tab", "    int y, z;", "\tint y, z;", "a tab"),
    ("a long line", "return sum(p);", f"return sum(p{' + 1' * 20});",
     "98 columns"),
    ("something left to do", "Columns.", "T" + "ODO: rows.", "left to do"),
    ("a path of a machine", "none", "/ho" + "me/someone", "machine"),
    ("another path of a machine", "none", "/wo" + "rk/x", "machine"),
    ("no license", "Licensed under", "Given under", "license"),
    ("another's license", "The ovs-ext Authors", "Somebody", "license"),
    ("no end of line", "}\n}\n", "}\n}", "end of line"),
    ("empty lines at the end", "}\n}\n", "}\n}\n\n", "empty lines"),
    ("a comment of C++", "/* Columns. */", "// Columns.", "//"),
    ("a typedef", "struct point {", "typedef struct point {", "typedef"),
    ("no contract", "/* Returns the sum of 'p'. */\n", "", "point_sum"),
    ("a contract apart", "'p'. */\n", "'p'. */\n\n", "point_sum"),
    ("config.h not first", "#include <config.h>\n", "", "config.h"),
    ("the type on the name's line", "static int\nsum", "static int sum",
     "name of sum"),
    ("a brace on the name's line", "*p)\n{\n    struct", "*p) {\n    struct",
     "{ of sum"),
    ("no braces after if", "if (!p) {\n        note(\"none\");\n    } else if",
     "if (!p)\n        note(\"none\");\n    else if", "braces after if"),
    ("no braces after else", "} else {\n        HMAP", "} else\n        HMAP",
     "braces after else"),
    ("no braces after a loop", "&map) {", "&map)", "braces after HMAP_FOR_E"),
    ("no braces after for", "for (;;) {", "for (;;)", "braces after for"),
    ("no braces after do", "do {\n            note(\"%d\", p->x);\n        }",
     "do\n            note(\"%d\", p->x);\n       ",
     "braces after (do|while)"),
    ("a function that is too long", "    return sum(p);\n",
     "    sum(p);\n" * 87, "point_sum has 91 lines"),
    ("a file that is too long", "    int y, z;\n", "    int y, z;\n" * 800,
     "lines, more than 800"),
]

GUARD_FAULTS = [
    ("the guard of another file", "FLOWS_GOOD", "FLOWS_OTHER", "#ifndef"),
    ("no 1", "GOOD_H 1", "GOOD_H", "#ifndef"),
    ("no end", "\n#endif /* flows/good.h */\n", "", "#endif"),
]

LAYOUT_FAULTS = [
    ("a call with a space", "return sum(p)", "return sum (p)", "0 spaces"),
    ("if without a space", "if (!p)", "if(!p)", "1 spaces"),
    ("a loop without a space", "HMAP_FOR_EACH (", "HMAP_FOR_EACH(", "1 space"),
    ("a cast without a space", "(uint8_t) 5", "(uint8_t)5", "1 spaces"),
    ("an operator without spaces", "p->x > 1", "p->x>1", "1 spaces"),
    ("a star with the type", "(const struct point *p)\n{\n    return",
     "(const struct point* p)\n{\n    return", "1 spaces, not 0|0 spaces"),
    ("a struct as argument without a space", "(struct point) {",
     "(struct point){", "spaces"),
    ("an indentation", "    return sum", "  return sum", "indentation 4"),
    ("an indentation in a block", "        note(\"none", "      note(\"none",
     "indentation 8"),
    ("a condition that is not aligned", "               && p->y",
     "            && p->y", "indentation 15"),
    ("a case that is indented", "        case 2:", "            case 2:",
     "indentation 8"),
    ("a parameter that is not aligned", "sum(const struct point *p)\n{\n    s",
     "sum(const struct point *p,\n      int i)\n{\n    s", "indentation 4"),
    ("two empty lines", "int y, z;\n};\n", "int y, z;\n};\n\n", "1 empty"),
    ("a brace on a line of its own", "if (!p) {", "if (!p)\n    {",
     "no line break"),
    ("else on a line of its own", "} else {", "}\n    else {",
     "no line break"),
    ("two statements on a line", "break;\n        default",
     "break; break;\n        default", "line break"),
    ("a block on one line", "{\n    return sum(p);\n}", "{ return sum(p); }",
     "line break"),
    ("an unknown loop", "HMAP_FOR_EACH (", "OUR_FOR_EACH (", "ForEachMacros"),
]

PYTHON_FAULTS = [
    ("a syntax error", "print(os.sep)", "print(os.sep", "was never closed"),
]

# File, what it includes, and what must be said, or None.
INCLUDES = [
    ("ovs-ext/model/model.c", "openvswitch/hmap.h", None),
    ("ovs-ext/model/model.c", "ovs-ext/model/owner.h", None),
    ("ovs-ext/model/model.c", "openvswitch/vlog.h", "no need"),
    ("ovs-ext/model/model.c", "timeval.h", "no need"),
    ("ovs-ext/model/model.c", "sys/socket.h", "no need"),
    ("ovs-ext/model/model.c", "flows/gen.h", "must not use flow plans"),
    ("flows/gen-mac.c", "openvswitch/ofp-actions.h", None),
    ("flows/gen-mac.c", "ovs-ext/model/model.h", None),
    ("flows/gen-mac.c", "flows/pipeline.h", None),
    ("flows/gen-mac.c", "openvswitch/vlog.h", "not for flow plans"),
    ("flows/gen-mac.c", "flows/switch-conn.h", "must not use switch"),
    ("flows/flow-table.c", "timeval.h", "not for"),
    ("evpn-bridge/nl-msg.c", "netlink.h", None),
    ("evpn-bridge/nl-msg.c", "netlink-socket.h", "not for kernel plans"),
    ("evpn-bridge/kernel-plan.c", "flows/gen.h", "must not use flow plans"),
    ("evpn-bridge/frr-round.c", "time.h", "not for frr plans"),
    ("ovsdb-sync/row-parse.c", "ovsdb-sync/ovs-ext-idl.h", "must not use idl"),
    ("ovsdb-sync/status-plan.c", "vswitch-idl.h", "not for row plans"),
    ("ovs-ext/show.c", "unixctl.h", "not for texts"),
    ("evpn-bridge/nl-apply.c", "netlink-socket.h", None),
    ("evpn-bridge/nl-apply.c", "evpn-bridge/kernel-plan.h", None),
    ("evpn-bridge/nl-apply.c", "evpn-bridge/frr.h", "must not use frr"),
    ("evpn-bridge/frr.c", "evpn-bridge/nl-apply.h", "must not use netlink"),
    ("flows/switch-conn.c", "ovsdb-sync/ovs-sync.h", "not use databases"),
    ("flows/switch-conn.c", "vswitch-idl.h", "not for switch"),
    ("ovsdb-sync/ovs-sync.c", "vswitch-idl.h", None),
    ("ovsdb-sync/ovs-sync.c", "openvswitch/rconn.h", "not for databases"),
    ("ovs-ext/engine.c", "flows/flows.h", None),
    ("ovs-ext/engine.c", "openvswitch/vlog.h", None),
    ("ovs-ext/engine.c", "vswitch-idl.h", "not for daemon"),
    ("ovs-ext/engine.c", "netlink-socket.h", "not for daemon"),
    ("ovs-ext/commands.c", "libvirt/libvirt.h", "not for daemon"),
    ("ovs-ext/ctl-commands.c", "ovsdb-sync/ovs-ext-idl.h", None),
    ("ovs-ext/ctl-commands.c", "flows/flows.h", "must not use switch"),
    ("flows/gen-mac.c", "gen.h", "without its folder"),
    ("flows/gen-mac.c", "flows/nothing.h", "in no layer"),
    ("flows/new.c", "util.h", "no layer"),
]

GOOD_LOOPS = LICENSE + '''#include <config.h>

#include "openvswitch/hmap.h"
#include "util.h"

struct thing {
    struct hmap_node node;
    int *value;
};

/* Returns the sum of 'things'. */
int
sum(const struct hmap *things)
{
    struct thing *thing;
    int n = 0;

    HMAP_FOR_EACH (thing, node, things) {
        if (thing->value) {
            n += *thing->value;
        }
    }
    return n;
}
'''

CPPCHECK_FAULTS = [
    ("a null pointer in a loop", "        if (thing->value) {",
     "        if (!thing->value) {\n            thing->value = NULL;",
     r"\[nullPointer\]"),
    ("a variable without a value", "int n = 0;", "int n;",
     r"\[(legacyU|u)ninitvar\]"),
]


class Checks(unittest.TestCase):
    """'check' is a function of (path, text), as lint.py says."""

    def check_faults(self, check, path, good, faults):
        self.assertEqual(list(check(path, good)), [], "the good file")
        for name, old, new, words in faults:
            with self.subTest(name):
                self.assertEqual(good.count(old) > 0, True, "what to replace")
                text = good.replace(old, new, 1)
                said = [fault[-1] for fault in check(path, text)]
                self.assertTrue(said, "nothing said")
                for line in said:
                    self.assertRegex(line, words)

    def test_style(self):
        self.check_faults(style.check, "flows/good.c", GOOD_C, STYLE_FAULTS)

    def test_style_header(self):
        self.check_faults(style.check, "flows/good.h", GOOD_H, GUARD_FAULTS)

    def test_style_python(self):
        self.check_faults(style.check, "tests/good.py", GOOD_PY,
                          [("no license", "Licensed", "Given", "license")])

    def test_style_sizes(self):
        good = [10] * 89 + [80] * 11
        self.assertEqual(list(style.check_sizes([10] * 91 + [80] * 9)), [])
        self.assertRegex(list(style.check_sizes(good))[0][1], "of ten")
        self.assertRegex(list(style.check_sizes([16] * 10))[0][1], "median")

    def test_layout(self):
        program = layout.find_clang_format()
        if not program:
            self.skipTest("no clang-format")
        formatter = layout.Formatter(program)

        def check(path, text):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, os.path.basename(path))
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
                yield from layout.check_loops(text, lint.read(layout.STYLE))
                if "OUR_FOR_EACH" not in text:
                    yield from layout.check(text, formatter.format(path))
        self.check_faults(check, "good.c", GOOD_C, LAYOUT_FAULTS)

    def test_layout_of_breaks(self):
        """Breaks that clang-format would make elsewhere are left alone."""
        text = "int a[] = {\n    1, 2,\n    3,\n};\n"
        formatted = "int a[] = {\n    1,\n    2,\n    3,\n};\n"
        self.assertEqual(list(layout.check(text, formatted)), [])
        self.assertEqual(len(list(layout.check(
            text.replace("1, 2", "1,2"), formatted))), 0)
        self.assertEqual(len(list(layout.check(
            text.replace("a[]", "a []"), formatted))), 1)

    def test_layers(self):
        for path, name, words in INCLUDES:
            with self.subTest(f"{path} with {name}"):
                text = f"#include <config.h>\n#include \"{name}\"\n"
                said = [fault[1] for fault in
                        layers.check(path, text, {"gen.h"})]
                self.assertEqual(len(said), 1 if words else 0, said)
                self.assertIn(words or "", " ".join(said))

    def test_layers_of_libraries(self):
        text = ("noinst_LTLIBRARIES += flows/libx.la\n"
                "flows_libx_la_SOURCES = \\\n\tflows/gen.c \\\n\tflows/%s\n")
        self.assertEqual(list(layers.check_libraries(text % "gen.h")), [])
        self.assertRegex(list(layers.check_libraries(text % "flows.c"))[0][1],
                         "flow plans, switch")

    def test_patterns_of_layers(self):
        """No pattern is there for files that are gone."""
        paths = lint.files() + ["ovsdb-sync/ovs-ext-idl.c",
                                "ovsdb-sync/ovs-ext-schema.inc"]
        for layer in layers.LAYERS:
            for pattern in layer.files:
                self.assertTrue([path for path in paths
                                 if layers.matches(path, [pattern])], pattern)

    def test_cppcheck(self):
        if cppcheck.why_not():
            self.skipTest(cppcheck.why_not())

        def check(path, text):
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, path)
                with open(path, "w", encoding="utf-8") as f:
                    f.write(text)
                return cppcheck.check([path])
        self.check_faults(check, "good.c", GOOD_LOOPS, CPPCHECK_FAULTS)

    def test_python(self):
        self.check_faults(pycode.check, "tests/good.py", GOOD_PY,
                          PYTHON_FAULTS)

    def test_flake8(self):
        if not shutil.which("flake8"):
            self.skipTest("no flake8")
        with tempfile.NamedTemporaryFile("w", suffix=".py") as f:
            f.write("import os\n")
            f.flush()
            self.assertRegex(list(pycode.flake8([f.name]))[0][2], "F401")


class Programs(unittest.TestCase):
    """The checks as "make check" runs them, on a tree of few files."""

    def setUp(self):
        self.top = tempfile.TemporaryDirectory()
        self.addCleanup(self.top.cleanup)
        self.addCleanup(setattr, lint, "TOP", lint.TOP)
        shutil.copy(os.path.join(lint.TOP, layout.STYLE), self.top.name)
        lint.TOP = self.top.name
        self.write("flows/gen-good.c", GOOD_C)
        self.write("flows/gen.h", GOOD_H.replace("GOOD", "GEN"))
        self.write("tests/good.py", GOOD_PY)

    def write(self, path, text):
        path = os.path.join(lint.TOP, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    @staticmethod
    def result(check):
        """Returns (exit status, output) of a check's program."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            try:
                check.main()
            except SystemExit as e:
                return e.code, output.getvalue()
        return None, output.getvalue()

    def check_program(self, check, path, text, words):
        status, output = self.result(check)
        if status == lint.SKIP:
            self.skipTest(output)
        self.assertEqual(status, 0, output)
        self.write(path, text)
        status, output = self.result(check)
        self.assertEqual(status, 1, output)
        self.assertRegex(output, rf"(?m)^{re.escape(path)}:\d+: .*{words}")

    def test_style(self):
        self.check_program(style, "flows/gen-bad.c", GOOD_C + "\n", "empty")

    def test_style_of_scripts(self):
        self.check_program(style, "tests/bad", "#!/bin/bash\n:" + " x" * 40,
                           "columns")

    def test_layout(self):
        self.check_program(layout, "flows/gen-bad.c",
                           GOOD_C.replace("sum(p)", "sum (p)"), "spaces")

    def test_layers(self):
        self.check_program(layers, "flows/gen-bad.c",
                           '#include "timeval.h"\n', "timeval")

    def test_python(self):
        self.check_program(pycode, "tests/bad", "#!/usr/bin/python3\nprint(\n",
                           "closed")


if __name__ == "__main__":
    unittest.main()
