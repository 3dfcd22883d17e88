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

#ifndef TESTS_UNIT_FLOW_SCRIPT_H
#define TESTS_UNIT_FLOW_SCRIPT_H 1

/* Flows, groups and meters as text, in the syntax of ovs-ofctl but for spaces:
 *
 *     table=0,priority=100,in_port=1,actions=goto_table:8
 *     group_id=1,type=all,bucket=actions=output:1
 *     meter=1,pktps,burst,stats,bands=type=drop,rate=10,burst_size=20
 */

struct flow_list;

void flow_script_add(struct flow_list *, const char *text);

#endif /* tests/unit/flow-script.h */
