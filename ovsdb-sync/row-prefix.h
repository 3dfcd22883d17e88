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
#ifndef OVSDB_SYNC_ROW_PREFIX_H
#define OVSDB_SYNC_ROW_PREFIX_H 1

/* Text of rows: addresses with a length.
 *
 * Pure, and as row-parse.h: a parser returns null if all is well, else a
 * malloc'd error that quotes the value and says what is expected, and a list
 * keeps the values that make sense.
 *
 *     "10.0.0.0/24"                     a range of addresses
 *     "10.0.0.100"                      the range of one address
 *     "10.0.0.100 00:00:5e:00:01:01"    an address pair: with this MAC */

#include <stdbool.h>
#include <stddef.h>
#include "openvswitch/compiler.h"
#include "ovs-ext/model/facts.h"

char *row_prefix_parse(const char *, struct policy_prefix *)
    OVS_WARN_UNUSED_RESULT;
char *row_prefix_parse_pair(const char *, struct address_pair *)
    OVS_WARN_UNUSED_RESULT;
char *row_prefix_format_pair(const struct address_pair *);

/* 'allowed_address_pairs' of a Port row. */
struct row_pairs {
    struct address_pair *pairs; /* As in the row, without the bad ones. */
    size_t n;
    char *error;                /* What is wrong with the rest, or null. */
};

void row_pairs_parse(struct row_pairs *, char *const *pairs, size_t n);
void row_pairs_uninit(struct row_pairs *);

#endif /* ovsdb-sync/row-prefix.h */
