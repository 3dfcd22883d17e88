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

"""Results: what was measured, and whether it is within its limit."""

import json

COLUMNS = ["name", "case", "value", "unit", "floor", "ratio", "limit", "ok"]


class Results:
    def __init__(self):
        self.rows = []

    def add(self, name, case, value, unit, floor=None, limit=None,
            exactly=False):
        """Adds a value.  'limit' bounds the value, or its ratio to 'floor' if
        there is one; with 'exactly' the value must equal it."""
        ratio = value / floor if floor else None
        bounded = value if ratio is None else ratio
        ok = (limit is None or (bounded == limit if exactly
                                else bounded <= limit))
        self.rows.append(dict(zip(COLUMNS, (
            name, case, number(value), unit, number(floor), number(ratio),
            limit, ok))))

    def all_ok(self):
        return all(row["ok"] for row in self.rows)

    def write(self, path):
        with open(path, "w") as f:
            json.dump(self.rows, f, indent=2)
            f.write("\n")

    def table(self):
        """The results as lines of a table."""
        cells = [[cell(row[c]) for c in COLUMNS] for row in self.rows]
        widths = [max(map(len, column))
                  for column in zip(COLUMNS, *cells)]
        return [line(row, widths) for row in [COLUMNS, *cells]]


def number(value):
    return round(value, 4) if isinstance(value, float) else value


def cell(value):
    return ("-" if value is None
            else {True: "ok", False: "NOT OK"}[value]
            if isinstance(value, bool)
            else f"{value:.3f}".rstrip("0").rstrip(".")
            if isinstance(value, float)
            else str(value))


def line(row, widths):
    return "  ".join(f"{text:{'<' if i in (0, 1, 3, 7) else '>'}{width}}"
                     for i, (text, width) in enumerate(zip(row, widths))
                     ).rstrip()
