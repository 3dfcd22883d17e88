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

#ifndef OVS_EXT_SHOW_MODEL_H
#define OVS_EXT_SHOW_MODEL_H 1

/* The model as an operator sees it: what the commands network/show, port/show,
 * problems and evpn/... print.  Pure: model in, malloc'd text out, sorted, as
 * JSON if asked. */

#include <stdbool.h>
#include <stdint.h>

struct model;
struct network;

char *show_networks(const struct model *, const struct network *, bool json);
char *show_ports(const struct model *, const char *name, bool json);
char *show_problems(const struct model *, bool json);
char *show_vteps(const struct model *, uint32_t vni, bool json);
char *show_macs(const struct model *, uint32_t vni, bool json);
char *show_neighbors(const struct model *, uint32_t vni, bool json);

#endif /* ovs-ext/show-model.h */
