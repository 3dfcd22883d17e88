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
#include "ovs-ext/host/domain-xml.h"

#include <stdlib.h>
#include <string.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include "ovs-ext/host/port-id.h"
#include "ovs-ext/model/facts.h"
#include "packets.h"
#include "util.h"

/* Nothing of a domain is as large as this, in bytes. */
#define MAX_SIZE (4 * 1024 * 1024)

/* No network, no messages of the parser's own. */
#define PARSE_OPTIONS (XML_PARSE_NONET | XML_PARSE_NOERROR \
                       | XML_PARSE_NOWARNING)

#define X(STRING) ((const xmlChar *) (STRING))

/* Returns the VNI N if 'bridge' is "brvx-N", as CloudStack and ovs-ext name
 * the bridge of a network, else 0. */
uint32_t
domain_bridge_vni(const char *bridge)
{
    unsigned int vni;

    return (!strncmp(bridge, "brvx-", 5) && bridge[5] >= '1'
            && bridge[5] <= '9' && str_to_uint(bridge + 5, 10, &vni)
            && vni <= VNI_MAX ? vni : 0);
}

/* Returns the first child element of 'node' named 'name', or null. */
static xmlNode *
find_child(const xmlNode *node, const char *name)
{
    for (xmlNode *child = node->children; child; child = child->next) {
        if (child->type == XML_ELEMENT_NODE
            && xmlStrEqual(child->name, X(name))) {
            return child;
        }
    }
    return NULL;
}

/* Returns a copy of attribute 'name' of the child 'child' of 'node', or of
 * 'node' itself if 'child' is null; null if there is none. */
static char *
get_attribute(const xmlNode *node, const char *child, const char *name)
{
    const xmlNode *element = child ? find_child(node, child) : node;
    xmlChar *value = element ? xmlGetProp(element, X(name)) : NULL;
    char *copy = value ? xstrdup((const char *) value) : NULL;

    xmlFree(value);
    return copy;
}

static bool
has_attribute(const xmlNode *node, const char *name, const char *value)
{
    char *got = get_attribute(node, NULL, name);
    bool equal = got && !strcmp(got, value);

    free(got);
    return equal;
}

/* Returns true if 'profile' has a pair "vni=...", of which the model judges
 * the value. */
static bool
profile_has_vni(const char *profile)
{
    while (profile && strncmp(profile, "vni=", 4)) {
        const char *semicolon = strchr(profile, ';');

        profile = semicolon ? semicolon + 1 : NULL;
    }
    return profile != NULL;
}

static void
read_virtualport(struct domain_nic *nic, const xmlNode *virtualport)
{
    char *profile;

    if (!has_attribute(virtualport, "type", "openvswitch")) {
        return;
    }
    profile = get_attribute(virtualport, "parameters", "profileid");
    nic->iface_id = get_attribute(virtualport, "parameters", "interfaceid");
    nic->native = profile_has_vni(profile);
    free(profile);
}

static void
read_nic(struct domain_xml *xml, xmlNode *node)
{
    const xmlNode *virtualport = find_child(node, "virtualport");
    struct domain_nic *nic;
    char *mac;

    xml->nics = xrealloc(xml->nics, (xml->n_nics + 1) * sizeof *xml->nics);
    nic = &xml->nics[xml->n_nics++];
    *nic = (struct domain_nic) {
        .bridge = get_attribute(node, "source", "bridge"),
        .tap = get_attribute(node, "target", "dev"),
        .node = node,
    };
    mac = get_attribute(node, "mac", "address");
    if (mac && !eth_addr_from_string(mac, &nic->mac)) {
        nic->mac = eth_addr_zero;
    }
    free(mac);
    if (virtualport) {
        read_virtualport(nic, virtualport);
    } else if (nic->bridge) {
        nic->vni = domain_bridge_vni(nic->bridge);
    }
}

/* Returns a copy of the text of the child 'name' of 'node', or null. */
static char *
get_text(const xmlNode *node, const char *name)
{
    xmlNode *child = find_child(node, name);
    xmlChar *text = child ? xmlNodeGetContent(child) : NULL;
    char *copy = text ? xstrdup((const char *) text) : NULL;

    xmlFree(text);
    return copy;
}

static void
read_domain(struct domain_xml *xml, const xmlNode *root)
{
    const xmlNode *devices = find_child(root, "devices");

    xml->name = get_text(root, "name");
    xml->uuid = get_text(root, "uuid");
    for (xmlNode *node = devices ? devices->children : NULL; node;
         node = node->next) {
        if (node->type == XML_ELEMENT_NODE
            && xmlStrEqual(node->name, X("interface"))
            && has_attribute(node, "type", "bridge")) {
            read_nic(xml, node);
        }
    }
}

/* Returns the element of the domain: the root, or, in the status that
 * libvirt's hooks may be given, a child of it. */
static const xmlNode *
find_domain(xmlDoc *doc)
{
    const xmlNode *root = xmlDocGetRootElement(doc);

    return (!root || xmlStrEqual(root->name, X("domain"))
            ? root : find_child(root, "domain"));
}

/* Reads the 'size' bytes of 'text' into 'xml', which the caller frees with
 * domain_xml_uninit() in any case.  Returns null, or a malloc'd error if the
 * text is no domain's. */
char *
domain_xml_parse(struct domain_xml *xml, const char *text, size_t size)
{
    const xmlNode *domain;

    memset(xml, 0, sizeof *xml);
    if (!size) {
        return xstrdup("the domain's XML is empty");
    } else if (size > MAX_SIZE) {
        return xasprintf("the domain's XML has %"PRIuSIZE" bytes, more than "
                         "%d", size, MAX_SIZE);
    }
    xml->doc = xmlReadMemory(text, size, "domain.xml", NULL, PARSE_OPTIONS);
    if (!xml->doc) {
        const xmlError *error = xmlGetLastError();

        return xasprintf("the domain's XML is malformed in line %d",
                         error ? error->line : 0);
    }
    domain = find_domain(xml->doc);
    if (!domain) {
        return xstrdup("the XML has no element <domain>");
    }
    xml->has_declaration = size >= 5 && !memcmp(text, "<?xml", 5);
    read_domain(xml, domain);
    return NULL;
}

static void
nic_uninit(struct domain_nic *nic)
{
    free(nic->bridge);
    free(nic->tap);
    free(nic->iface_id);
}

/* Frees what 'xml' has. */
void
domain_xml_uninit(struct domain_xml *xml)
{
    for (size_t i = 0; i < xml->n_nics; i++) {
        nic_uninit(&xml->nics[i]);
    }
    free(xml->nics);
    free(xml->name);
    free(xml->uuid);
    xmlFreeDoc(xml->doc);
}

/* Adds 'child' as the last element of 'node', in a line of its own if the
 * others are. */
static void
append_element(xmlNode *node, xmlNode *child)
{
    xmlNode *first = node->children;
    xmlNode *last = node->last;

    if (first && first->type == XML_TEXT_NODE
        && last->type == XML_TEXT_NODE) {
        xmlAddPrevSibling(last, child);
        xmlAddPrevSibling(child, xmlCopyNode(first, 1));
    } else {
        xmlAddChild(node, child);
    }
}

static void
set_bridge(struct domain_nic *nic, const char *bridge)
{
    xmlSetProp(find_child(nic->node, "source"), X("bridge"), X(bridge));
    free(nic->bridge);
    nic->bridge = xstrdup(bridge);
}

/* Adds the <virtualport> that makes the plain 'nic' a native one. */
static void
add_virtualport(struct domain_nic *nic)
{
    xmlNode *virtualport = xmlNewNode(NULL, X("virtualport"));
    xmlNode *parameters = xmlNewChild(virtualport, NULL, X("parameters"),
                                      NULL);
    char *profile = xasprintf("vni=%"PRIu32, nic->vni);
    char id[PORT_ID_LEN + 1];

    port_id_from_mac(nic->mac, id);
    xmlNewProp(virtualport, X("type"), X("openvswitch"));
    xmlNewProp(parameters, X("interfaceid"), X(id));
    xmlNewProp(parameters, X("profileid"), X(profile));
    append_element(nic->node, virtualport);

    nic->iface_id = xstrdup(id);
    nic->native = true;
    nic->vni = 0;
    free(profile);
}

/* Makes each plain NIC on a bridge brvx-N that has a MAC a native one on
 * 'bridge', whose VNI is N.  Returns how many there were. */
size_t
domain_xml_plug(struct domain_xml *xml, const char *bridge)
{
    size_t n = 0;

    for (size_t i = 0; i < xml->n_nics; i++) {
        struct domain_nic *nic = &xml->nics[i];

        if (nic->vni && !eth_addr_is_zero(nic->mac)) {
            set_bridge(nic, bridge);
            add_virtualport(nic);
            n++;
        }
    }
    return n;
}

/* Puts each native NIC on 'bridge', which it may be named otherwise for on the
 * host that the domain comes from.  Returns how many were on another one. */
size_t
domain_xml_move(struct domain_xml *xml, const char *bridge)
{
    size_t n = 0;

    for (size_t i = 0; i < xml->n_nics; i++) {
        struct domain_nic *nic = &xml->nics[i];

        if (nic->native && nic->bridge && strcmp(nic->bridge, bridge)) {
            set_bridge(nic, bridge);
            n++;
        }
    }
    return n;
}

/* Returns the document as text, malloc'd. */
char *
domain_xml_format(const struct domain_xml *xml)
{
    xmlBuffer *buffer = xmlBufferCreate();
    xmlSaveCtxt *save = xmlSaveToBuffer(
        buffer, NULL, xml->has_declaration ? 0 : XML_SAVE_NO_DECL);
    char *text;

    xmlSaveDoc(save, xml->doc);
    xmlSaveClose(save);
    text = xstrdup((const char *) xmlBufferContent(buffer));
    xmlBufferFree(buffer);
    return text;
}
