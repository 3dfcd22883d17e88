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

#ifndef OVS_EXT_CTL_COMMANDS_H
#define OVS_EXT_CTL_COMMANDS_H 1

/* Commands of ovs-ext-ctl.
 *
 * What the program can do to and show of OVS_Ext, besides the generic database
 * commands of db-ctl-base.  A command checks all its arguments before it
 * changes anything; a mistake is one line that names the object and what to
 * do. */

#include <stdbool.h>
#include <stddef.h>

struct ctl_command;

void ctl_commands_init(void (*exit_cb)(int status));
const char *ctl_commands_usage(void);
const char *ctl_policy_usage(void);
bool ctl_commands_run_offline(struct ctl_command *, size_t n, char **output);

#endif /* ovs-ext/ctl-commands.h */
