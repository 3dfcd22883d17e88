/*
 * Copyright (c) 2026 The ovs-ext Authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

#ifndef TESTS_UNIT_NL_SCRIPT_H
#define TESTS_UNIT_NL_SCRIPT_H 1

/* rtnetlink messages as text, built attribute by attribute:
 *
 *     newlink index=7 flags=1 name=vxlan5 linkinfo{ kind=vxlan data{ id=5 } }
 *
 * The first word is the type.  Then come words for the headers (nlflags,
 * dumped, pid; family, index, flags, change, state), then attributes:
 * NAME=VALUE, NAME for a flag, NAME{ ... } for a nested one, raw=TYPE:HEX for
 * any bytes.  nl-script.c has the table of names. */

struct ofpbuf;

void nl_script_put(struct ofpbuf *, const char *text);

#endif /* tests/unit/nl-script.h */
