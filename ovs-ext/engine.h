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

#ifndef OVS_EXT_ENGINE_H
#define OVS_EXT_ENGINE_H 1

/* The engine: one iteration of the daemon.
 *
 *     facts ─> model ─> plan ─> apply
 *
 * engine_run() lets the edges put facts into the model, asks the model what
 * they mean, lets the planners look at the owners that became dirty, and lets
 * the edges apply what came out.  The engine decides the order, and when:
 *
 *   - Nothing is written to switch or kernel before everything that exists is
 *     known: both databases, the kernel, the flows of the switch.  Then a
 *     restart changes nothing that is right already.
 *   - What was found in switch and kernel, and nobody claims, goes; but not
 *     before OVS_Ext has been seen, which may be away when we start.
 *   - Planning goes on until ENGINE_SLICE ms after the beginning of an
 *     iteration; the rest waits for the next one, so that no burst stalls the
 *     loop.
 *   - What zebra deletes is believed when bgpd has been seen alive after it.
 *   - "cfg" of the database is in effect when all that was known with it is
 *     acknowledged.
 */

#include <stdbool.h>
#include <stddef.h>

struct engine;
struct model;
struct owner;
struct simap;
struct unixctl_conn;

/* Taking in facts and planning in one iteration, and the least of it that is
 * planning, in ms. */
#define ENGINE_SLICE 15
#define ENGINE_SLICE_MIN 3

/* How long to wait for libvirt at start, in ms. */
#define ENGINE_VMS_PATIENCE 2000

/* Packets that are looked at in one iteration. */
#define ENGINE_PACKETS 128

struct engine *engine_create(const char *database);
void engine_destroy(struct engine *);
void engine_run(struct engine *);
void engine_wait(struct engine *);
void engine_get_memory_usage(const struct engine *, struct simap *);

/* For the commands. */
const struct model *engine_model(const struct engine *);
char *engine_status(struct engine *, bool json);
char *engine_metrics(const struct engine *, bool json);
char *engine_flows(const struct engine *, const struct owner *, bool json);
void engine_ports_show(struct engine *, struct unixctl_conn *,
                       const char *name, bool json);
void engine_check_frr(struct engine *, struct unixctl_conn *, bool json);
void engine_acl_show(struct engine *, struct unixctl_conn *, const char *port,
                     bool json);
void engine_acl_connections(struct engine *, struct unixctl_conn *,
                            const char *port, bool json);
char *engine_vpc_show(const struct engine *, uint32_t l3vni, bool json);
void engine_trace(struct engine *, struct unixctl_conn *, const char *port,
                  const char *packet, bool json);
void engine_recompute(struct engine *, struct unixctl_conn *, bool json);

#endif /* ovs-ext/engine.h */
