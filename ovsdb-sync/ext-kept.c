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

#include <config.h>
#include "ovsdb-sync/ext-kept.h"

#include <stdlib.h>
#include "ovs-ext/model/model.h"
#include "ovsdb-idl.h"
#include "ovsdb-sync/ovs-ext-idl.h"
#include "util.h"

/* Has 'idl' fetch what ext_kept_run() reads. */
void
ext_kept_register(struct ovsdb_idl *idl)
{
    ovsdb_idl_track_add_column(idl, &extrec_host_col_vnis);
}

/* Tells the model which networks the Host row, of which 'idl' has ours only,
 * says to keep.  There are few.  The IDL gives the keys of a map ascending. */
void
ext_kept_run(struct ext_kept *kept, struct ovsdb_idl *idl, struct model *m)
{
    const struct extrec_host *row = extrec_host_first(idl);
    size_t n = row ? row->n_vnis : 0;
    uint32_t *vnis = xmalloc(n * sizeof *vnis);
    size_t i = 0;

    for (size_t j = 0; j < n; j++) {
        vnis[j] = row->key_vnis[j];
        while (i < kept->n && kept->vnis[i] < vnis[j]) {
            model_keep_network(m, kept->vnis[i++], false);
        }
        i += i < kept->n && kept->vnis[i] == vnis[j];
        model_keep_network(m, vnis[j], true);
    }
    while (i < kept->n) {
        model_keep_network(m, kept->vnis[i++], false);
    }
    free(kept->vnis);
    kept->vnis = vnis;
    kept->n = n;
}

/* Frees what 'kept' has. */
void
ext_kept_uninit(struct ext_kept *kept)
{
    free(kept->vnis);
}
