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

#ifndef OVS_EXT_COMMANDS_H
#define OVS_EXT_COMMANDS_H 1

/* The daemon's commands for ovs-appctl: arguments in, text of show-model.h and
 * of the engine out.  They look; only "recompute" acts. */

struct engine;

void commands_register(struct engine *);

#endif /* ovs-ext/commands.h */
