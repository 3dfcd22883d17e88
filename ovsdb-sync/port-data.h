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

#ifndef OVSDB_SYNC_PORT_DATA_H
#define OVSDB_SYNC_PORT_DATA_H 1

/* What a VM takes along to another host: external_ids:PortData of its
 * Interface, which libvirt carries over before the VM runs there.
 *
 * The destination may have an OVS_Ext of its own, in which nobody has written
 * anything of the VM yet.  So the source writes, as text, what the Port row
 * means to it: addresses, what the VM may send, its security groups with all
 * of their rules, and what it has learned; a rule for the members of a group
 * has their addresses instead.
 *
 * Pure: from a port of the model to the text, and from the text to facts.  The
 * text is "oe1" and JSON as hexadecimal digits, which neither libvirt nor
 * ovs-vsctl quote:
 *
 *     {"from": "hv1", "macs": [MAC...], "ips": [IP...], "learned": [IP...],
 *      "port_security": BOOL, "learn_ips": BOOL, "max_learned": N,
 *      "allow": [WORD...], "allowed_address_pairs": [PAIR...],
 *      "security_groups": [{"name": NAME, "rules": [RULE...]}...]}
 *
 * RULE has the columns of a Rule row, or "error" for one that makes no sense.
 * What is not given is as in an empty row. */

#include "openvswitch/compiler.h"
#include "ovs-ext/model/facts.h"
#include "ovsdb-sync/row-parse.h"
#include "ovsdb-sync/row-prefix.h"

struct json;
struct model;
struct port;

/* The most of JSON that there may be, in bytes: Linux takes an argument of a
 * program of 128 kB. */
#define PORT_DATA_MAX 60000

struct port_data_rule {
    struct fact_rule fact;
    struct policy_prefix *prefixes; /* Of 'fact'. */
    char *error;                /* Of 'fact', or null. */
};

struct port_data_group {
    struct uuid uuid;           /* Made from the port's name. */
    char *name;
    struct port_data_rule *rules;
    size_t n_rules;
};

struct port_data {
    char *from;                 /* The host that wrote it. */
    struct row_port addresses;
    struct row_port learned;    /* IPs. */
    struct row_pairs pairs;
    struct fact_port fact;      /* But name, network and groups. */
    bool security, learn;       /* Of 'fact'. */
    struct port_data_group *groups;
    size_t n_groups;
};

char *port_data_format(const struct model *, const struct port *, char **text)
    OVS_WARN_UNUSED_RESULT;
char *port_data_parse(struct port_data *, const char *text, const char *port)
    OVS_WARN_UNUSED_RESULT;
void port_data_uninit(struct port_data *);

/* Tells the model of 'data', which is that of the port of this name; or that
 * it is not any more. */
void port_data_put(const struct port_data *, const char *port, struct model *);
void port_data_del(const struct port_data *, const char *port, struct model *);

#endif /* ovsdb-sync/port-data.h */
