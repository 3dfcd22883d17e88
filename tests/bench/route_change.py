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

"""One route of a VPC changes, among many."""

from routes import feed, N, start
from testbed import median, percentile

NAME = "route-change"
CHANGES = 300


def run(host, results, say):
    start(host)
    _, times, mods, _ = feed(host, CHANGES)
    results.add(NAME, f"{N} routes: one changed, median", median(times), "ms",
                limit=3)
    results.add(NAME, f"{N} routes: 99 % within", percentile(times, 99), "ms")
    results.add(NAME, f"modifications of flows for {CHANGES} changes",
                mods - N, "", limit=CHANGES)
    say(f"{NAME}: done")
