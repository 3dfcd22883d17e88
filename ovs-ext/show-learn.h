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

#ifndef OVS_EXT_SHOW_LEARN_H
#define OVS_EXT_SHOW_LEARN_H 1

/* What commands show of learned addresses. */

#include <stdbool.h>

struct learned;
struct model;
struct port;
struct show;

void show_source(struct show *, const struct model *, const struct learned *,
                 bool local);
void show_learning(struct show *, const struct port *);
void show_learned(struct show *, const struct model *, const struct port *);

#endif /* ovs-ext/show-learn.h */
