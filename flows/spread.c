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
#include "flows/spread.h"

#include "hash.h"
#include "util.h"

/* Returns which of the 'n' members, one or more, whose hashed names are in
 * 'names', gets 'slot'.  A member's name must not be another's; if it is, the
 * first of these gets all of both. */
size_t
spread_pick(const uint32_t names[], size_t n, uint32_t slot)
{
    uint32_t best = 0;
    size_t winner = 0;

    ovs_assert(n);
    for (size_t i = 0; i < n; i++) {
        uint32_t score = hash_2words(names[i], slot);

        if (i == 0 || score > best) {
            best = score;
            winner = i;
        }
    }
    return winner;
}
