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

#ifndef FLOWS_ACL_RANGE_H
#define FLOWS_ACL_RANGE_H 1

/* Ranges of ports as prefixes: 1000-2000 are the values v for which v & mask
 * is one of a few values, each with a mask of its own. */

#include <stddef.h>
#include <stdint.h>

/* Most that a range of 16-bit numbers takes. */
#define ACL_RANGE_MAX 30

struct acl_range {
    uint16_t value;
    uint16_t mask;
};

size_t acl_range_split(uint16_t min, uint16_t max,
                       struct acl_range[ACL_RANGE_MAX]);

#endif /* flows/acl-range.h */
