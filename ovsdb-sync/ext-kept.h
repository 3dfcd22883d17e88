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

#ifndef OVSDB_SYNC_EXT_KEPT_H
#define OVSDB_SYNC_EXT_KEPT_H 1

/* Networks that this host's row says to keep ready though no port of it is in
 * them yet: column "vnis" of Host, which hooks of CloudStack and libvirt
 * write. */

#include <stddef.h>
#include <stdint.h>

struct model;
struct ovsdb_idl;

struct ext_kept {
    uint32_t *vnis;             /* What the model was told, ascending. */
    size_t n;
};

void ext_kept_register(struct ovsdb_idl *);
void ext_kept_run(struct ext_kept *, struct ovsdb_idl *, struct model *);
void ext_kept_uninit(struct ext_kept *);

#endif /* ovsdb-sync/ext-kept.h */
