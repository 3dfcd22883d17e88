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
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovsdb-sync/port-data.h"
#include "util.h"

/* What a VM has brought along from another host.  The input is the JSON. */

static char *
encode(const uint8_t *data, size_t size)
{
    struct ds hex = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&hex, "oe1");
    for (size_t i = 0; i < size; i++) {
        ds_put_format(&hex, "%02x", data[i]);
    }
    return ds_steal_cstr(&hex);
}

static void
make_model(struct model *m)
{
    model_init(m);
    model_put_host(m, &(struct fact_host) { .name = "hv1" });
    model_put_iface(m, &(struct fact_iface) {
        .name = "v1", .iface_id = "vm1", .profile = "vni=5", .ofport = 1,
        .attached_mac = "52:54:00:00:00:01",
    });
    model_settle(m);
}

/* What 'm' makes of its port can be brought along in turn. */
static void
check_port(const struct model *m)
{
    struct port_data again;
    char *error, *text;

    error = port_data_format(m, model_port(m, "vm1"), &text);
    if (!error) {
        error = port_data_parse(&again, text, "vm1");
        ovs_assert(!error && !strcmp(again.from, "hv1"));
        port_data_uninit(&again);
    }
    free(error);
    free(text);
}

/* See fuzz.h. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    char *text = encode(data, size);
    struct port_data brought;
    struct model m;
    char *error = port_data_parse(&brought, text, "vm1");
    bool sense = !error;

    if (brought.from) {
        make_model(&m);
        port_data_put(&brought, "vm1", &m);
        model_run(&m, 1);
        check_port(&m);
        port_data_del(&brought, "vm1", &m);
        model_run(&m, 2);
        ovs_assert(hmap_is_empty(&m.rules) && hmap_is_empty(&m.groups));
        model_uninit(&m);
    }
    port_data_uninit(&brought);
    free(error);
    free(text);
    return sense;
}

/* See fuzz.h. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    static const char *const seeds[] = {
        "{\"from\":\"hv2\",\"ips\":[\"10.0.0.1\",\"2001:db8::1\"],"
        "\"macs\":[\"52:54:00:00:00:01\"],\"learned\":[\"10.0.0.2\"],"
        "\"port_security\":true,\"learn_ips\":true,\"max_learned\":7}",
        "{\"from\":\"hv2\",\"allow\":[\"dhcp-server\"],"
        "\"allowed_address_pairs\":[\"10.0.0.0/8\"],\"security_groups\":["
        "{\"name\":\"g\",\"rules\":[{\"action\":\"allow\",\"direction\":"
        "\"ingress\",\"priority\":1,\"ethertype\":\"ipv4\",\"protocol\":"
        "\"6\",\"port_min\":22,\"port_max\":23,\"remote_cidrs\":["
        "\"10.0.0.0/8\"],\"log\":true},{\"error\":\"x\"}]}]}",
    };

    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        cb(aux, seeds[i], strlen(seeds[i]));
    }
}
