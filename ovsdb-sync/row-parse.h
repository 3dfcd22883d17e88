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

#ifndef OVSDB_SYNC_ROW_PARSE_H
#define OVSDB_SYNC_ROW_PARSE_H 1

/* Text of rows.
 *
 * Pure: what people wrote into OVS_Ext, as values that the model can use.  The
 * daemon reads rows with it and ovs-ext-ctl checks its arguments, so that both
 * say the same of the same mistake.
 *
 * The parsers of single values return null if all is well, else a malloc'd
 * error that quotes the value and says what is expected, without a full stop,
 * and leave the result zero.
 *
 * A row is not rejected as a whole: row_port_parse() keeps the values that
 * make sense and tells about the others. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/compiler.h"
#include "openvswitch/types.h"

char *row_parse_name(const char *) OVS_WARN_UNUSED_RESULT;
char *row_parse_vni(const char *, uint32_t *) OVS_WARN_UNUSED_RESULT;
char *row_parse_mac(const char *, struct eth_addr *) OVS_WARN_UNUSED_RESULT;
char *row_parse_ip(const char *, struct in6_addr *) OVS_WARN_UNUSED_RESULT;
char *row_parse_vteps(const char *, struct in6_addr *vtep4,
                      struct in6_addr *vtep6) OVS_WARN_UNUSED_RESULT;
char *row_format_ip(const struct in6_addr *);

/* The addresses of a Port row. */
struct row_port {
    struct eth_addr *macs;      /* As in the row, without the bad ones. */
    size_t n_macs;
    struct in6_addr *ips;       /* IPv4 is mapped. */
    size_t n_ips;
    char *error;                /* What is wrong with the rest, or null. */
};

void row_port_parse(struct row_port *, char *const *macs, size_t n_macs,
                    char *const *ips, size_t n_ips);
void row_port_uninit(struct row_port *);

#endif /* ovsdb-sync/row-parse.h */
