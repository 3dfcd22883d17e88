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
#ifndef OVSDB_SYNC_EXT_PORT_H
#define OVSDB_SYNC_EXT_PORT_H 1

/* Port rows of OVS_Ext.
 *
 * For ext-sync.c only: what the model is told of such a row, and all of it as
 * one text, by which a change is seen. */

#include "openvswitch/compiler.h"

struct extrec_port;
struct model;

char *ext_port_text(const struct extrec_port *);
char *ext_port_put(const struct extrec_port *, struct model *)
    OVS_WARN_UNUSED_RESULT;

#endif /* ovsdb-sync/ext-port.h */
