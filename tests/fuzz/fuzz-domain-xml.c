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
#include "ovs-ext/host/domain-xml.h"
#include "util.h"

/* XML of domains.  What is plugged is plugged for good, whatever else the
 * document has. */

/* Counts the NICs of 'xml' that a domain_xml_plug() would change. */
static size_t
count_plain(const struct domain_xml *xml)
{
    size_t n = 0;

    for (size_t i = 0; i < xml->n_nics; i++) {
        const struct domain_nic *nic = &xml->nics[i];

        ovs_assert(!nic->vni || (!nic->native && nic->bridge));
        n += nic->vni != 0;
    }
    return n;
}

static void
try_again(const char *text, size_t n_nics)
{
    struct domain_xml xml;
    char *error = domain_xml_parse(&xml, text, strlen(text));

    ovs_assert(!error);
    ovs_assert(xml.n_nics == n_nics);
    ovs_assert(!domain_xml_plug(&xml, "br-int"));
    domain_xml_uninit(&xml);
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    struct domain_xml xml;
    char *error = domain_xml_parse(&xml, (const char *) data, size);
    bool sense = !error;

    if (sense) {
        size_t n_plain = count_plain(&xml);
        char *text;

        ovs_assert(domain_xml_plug(&xml, "br-int") <= n_plain);
        text = domain_xml_format(&xml);
        try_again(text, xml.n_nics);
        free(text);
    }
    free(error);
    domain_xml_uninit(&xml);
    return sense;
}

static const char *const seeds[] = {
    ("<domain><name>i-2-55-VM</name><devices><interface type='bridge'><source "
     "bridge='brvx-1001'/><mac address='02:01:00:d1:00:05'/></interface>"
     "</devices></domain>"),
    ("<domain><devices><interface type='bridge'><source bridge='br0'/><target "
     "dev='v'/><virtualport type='openvswitch'><parameters interfaceid='x' "
     "profileid='a;vni=5'/></virtualport></interface></devices></domain>"),
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        cb(aux, seeds[i], strlen(seeds[i]));
    }
}
