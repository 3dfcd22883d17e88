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

#ifndef EVPN_BRIDGE_NL_RETRY_H
#define EVPN_BRIDGE_NL_RETRY_H 1

/* What the kernel refused: who is to be looked at again, and when, and the
 * problem that it is.
 *
 * A first refusal is no problem: news of why may be on its way, of a device
 * that someone removed.  The object of a problem is named as it is known at
 * the time; it may have gone, or have got another name, when the problem is
 * over, so that it is remembered. */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/hmap.h"

struct kernel_op;
struct model;
struct owner;

struct nl_retries {
    struct hmap retries;        /* "struct nl_retry"s, by owner. */
};

typedef void nl_retries_cb(void *aux, const struct owner *);

void nl_retries_init(struct nl_retries *);
void nl_retries_uninit(struct nl_retries *);
void nl_retries_failed(struct nl_retries *, struct model *,
                       const struct owner *, const struct kernel_op *,
                       int error);
void nl_retries_succeeded(struct nl_retries *, struct model *,
                          const struct owner *);
bool nl_retries_contains(const struct nl_retries *, const struct owner *);
size_t nl_retries_count(const struct nl_retries *);
void nl_retries_run(struct nl_retries *, long long int now,
                    nl_retries_cb *, void *aux);
void nl_retries_wait(const struct nl_retries *);

#endif /* evpn-bridge/nl-retry.h */
