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

/* For agents of CloudStack 4.14 to 4.20, which run no other hooks: the same as
 * "ovs-ext-hook libvirt-vm-xml-transformer.sh transform XML".
 *
 * NICs of user VMs on a bridge brvx-N become ports of Open vSwitch, of which
 * ovs-ext is told the VNI.  VMs of CloudStack's own stay as they are.  The
 * name of a port is made from its MAC: a version 5 UUID. */

import java.io.StringReader
import java.io.StringWriter
import java.security.MessageDigest
import java.util.concurrent.TimeUnit
import javax.xml.XMLConstants
import javax.xml.parsers.DocumentBuilderFactory
import javax.xml.transform.OutputKeys
import javax.xml.transform.TransformerFactory
import javax.xml.transform.dom.DOMSource
import javax.xml.transform.stream.StreamResult
import org.w3c.dom.Document
import org.w3c.dom.Element
import org.xml.sax.InputSource

class OvsExtTransformer {
    static final String NAME_SPACE = "3c9a5f1e7b424d0a9e616f7673657874"
    static final int VNI_MAX = 16777215

    /* Called by the agent.  An exception makes it use 'xml'. */
    String transform(Object logger, String xml) {
        Document doc = parse(xml)
        Element domain = doc.documentElement
        String name = child(domain, "name")?.textContent

        if (!name?.startsWith("i-")) {
            return xml
        }
        List<Element> nics = plainNics(domain)
        if (!nics) {
            return xml
        }
        String bridge = integrationBridge()
        nics.each { plug(doc, it, bridge) }
        return format(doc, xml.startsWith("<?xml"))
    }

    private static Document parse(String xml) {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance()

        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true)
        factory.setFeature(
            "http://xml.org/sax/features/external-general-entities", false)
        factory.expandEntityReferences = false
        return factory.newDocumentBuilder().parse(
            new InputSource(new StringReader(xml)))
    }

    private static String format(Document doc, boolean declaration) {
        def transformer = TransformerFactory.newInstance().newTransformer()
        StringWriter out = new StringWriter()

        transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION,
                                      declaration ? "no" : "yes")
        transformer.transform(new DOMSource(doc), new StreamResult(out))
        return out.toString()
    }

    private static List<Element> children(Element element, String name) {
        List<Element> found = []

        for (def node = element.firstChild; node; node = node.nextSibling) {
            if (node instanceof Element && node.nodeName == name) {
                found << node
            }
        }
        return found
    }

    private static Element child(Element element, String name) {
        List<Element> found = children(element, name)

        return found ? found[0] : null
    }

    private static long vni(Element nic) {
        String bridge = child(nic, "source")?.getAttribute("bridge") ?: ""
        def match = bridge =~ /^brvx-([1-9][0-9]{0,7})$/

        return match ? Long.parseLong(match[0][1]) : 0
    }

    private static String mac(Element nic) {
        String text = child(nic, "mac")?.getAttribute("address") ?: ""

        return text ==~ /([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}/ ?
            text.toLowerCase() : ""
    }

    private static List<Element> plainNics(Element domain) {
        Element devices = child(domain, "devices")

        return devices == null ? [] : children(devices, "interface").findAll {
            it.getAttribute("type") == "bridge" &&
                child(it, "virtualport") == null && mac(it) &&
                vni(it) > 0 && vni(it) <= VNI_MAX
        }
    }

    private static void plug(Document doc, Element nic, String bridge) {
        Element port = doc.createElement("virtualport")
        Element parameters = doc.createElement("parameters")

        parameters.setAttribute("interfaceid", portId(mac(nic)))
        parameters.setAttribute("profileid", "vni=" + vni(nic))
        port.setAttribute("type", "openvswitch")
        port.appendChild(parameters)
        nic.appendChild(port)
        child(nic, "source").setAttribute("bridge", bridge)
    }

    /* RFC 4122 section 4.3. */
    static String portId(String mac) {
        MessageDigest sha1 = MessageDigest.getInstance("SHA-1")

        sha1.update(NAME_SPACE.decodeHex())
        sha1.update(mac.getBytes("US-ASCII"))
        byte[] digest = sha1.digest()
        digest[6] = (byte) ((digest[6] & 0x0f) | 0x50)
        digest[8] = (byte) ((digest[8] & 0x3f) | 0x80)
        String hex = digest.encodeHex().toString()
        return [hex[0..7], hex[8..11], hex[12..15], hex[16..19],
                hex[20..31]].join("-")
    }

    /* What ovs-ext-bridge says, within two seconds, else its default. */
    private static String integrationBridge() {
        try {
            Process process = ["ovs-vsctl", "--timeout=2", "--if-exists", "get",
                "Open_vSwitch", ".", "external_ids:ovs-ext-bridge"].execute()

            if (process.waitFor(3, TimeUnit.SECONDS)
                    && process.exitValue() == 0) {
                String name = process.text.trim().replace('"', '')

                return name ?: "br-int"
            }
            process.destroy()
        } catch (IOException e) {
            /* There is no ovs-vsctl. */
        }
        return "br-int"
    }
}

new OvsExtTransformer()
