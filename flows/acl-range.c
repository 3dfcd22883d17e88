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
#include "flows/acl-range.h"

/* Stores in 'ranges' the fewest prefixes that together are the numbers from
 * 'min' to 'max', in order.  Returns how many they are; none if 'max' is less
 * than 'min'. */
size_t
acl_range_split(uint16_t min, uint16_t max,
                struct acl_range ranges[ACL_RANGE_MAX])
{
    uint32_t first = min;
    size_t n = 0;

    while (first <= max) {
        uint32_t size = 1;

        /* The largest block that begins here and does not go too far. */
        while (!(first & (2 * size - 1)) && first + 2 * size - 1 <= max) {
            size *= 2;
        }
        ranges[n].value = first;
        ranges[n++].mask = ~(size - 1);
        first += size;
    }
    return n;
}
