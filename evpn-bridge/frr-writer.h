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

#ifndef EVPN_BRIDGE_FRR_WRITER_H
#define EVPN_BRIDGE_FRR_WRITER_H 1

/* Keeps FRR's configuration of VPCs in step with the model.
 *
 * What is to be there, and the commands for it, are frr-conf.h's business;
 * this asks zebra and bgpd for their running configurations over vty sockets
 * of its own, has the plans made, and, if the mode is FRR_MANAGE, gives the
 * commands, one after the other, never blocking.  Then it looks again.
 *
 * It looks when the VPCs change, when a daemon comes (which forgot it all), on
 * demand, and while there are VPCs every FRR_WRITER_INTERVAL ms, in case that
 * someone removed something.  Without VPCs that is one question at a daemon's
 * start, for what a predecessor of ours may have left.
 *
 * bgpd gets an instance before zebra is told of the L3VNI, so that the first
 * route that it makes has the right route distinguisher; and loses it after
 * that, for it refuses otherwise.
 *
 * What FRR refuses is a problem of the host, and tried again with backoff.  A
 * daemon that has just come gets its own configuration from FRR's scripts a
 * moment later: that it lacks something is no problem until then. */

#include <stdbool.h>
#include "evpn-bridge/frr-conf.h"
#include "ovs-ext/model/facts.h"

#define FRR_WRITER_INTERVAL 30000 /* ms. */

struct frr_writer;
struct model;

struct frr_writer *frr_writer_create(void);
void frr_writer_destroy(struct frr_writer *);
void frr_writer_update(struct frr_writer *);
void frr_writer_run(struct frr_writer *, struct model *, enum frr_mode,
                    long long int now);
void frr_writer_wait(const struct frr_writer *);

/* What differs, as of after the last frr_writer_update(). */
bool frr_writer_is_fresh(const struct frr_writer *);
const char *frr_writer_missing(const struct frr_writer *);
const struct frr_conf_plan *frr_writer_plan(const struct frr_writer *,
                                            enum frr_daemon);

#endif /* evpn-bridge/frr-writer.h */
