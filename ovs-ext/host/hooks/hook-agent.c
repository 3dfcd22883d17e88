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
#include "ovs-ext/host/hooks/hook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "util.h"

/* The hooks of CloudStack's agent itself.
 *
 * "libvirt-vm-xml-transformer.sh transform XML" prints the XML that is to be
 * used instead: NICs of user VMs become ports of Open vSwitch at once.  VMs of
 * CloudStack's own (r-, s-, v-) stay as they are, because the agent looks for
 * their NICs by bridge.  Standard error would be taken for XML too: nothing is
 * printed there unless it fails, and then the agent uses what it had.
 *
 * "libvirt-vm-state-change.sh onStart|onStop NAME" tells that a VM was started
 * or stopped.  That is the time to see which networks are kept in vain. */

/* Stores the name of the integration bridge in '*bridge', which the caller
 * frees: the default, if the database cannot be asked. */
static void
get_bridge(struct hook *h, char **bridge)
{
    char *error = hook_open_ovs(h);

    *bridge = xstrdup(error ? HOOK_BRIDGE : h->bridge);
    free(error);
    hook_close(h);
}

static char *
transform(struct hook *h, const char *text)
{
    struct domain_xml xml;
    char *error = domain_xml_parse(&xml, text, strlen(text));
    char *bridge, *out;

    if (!error && (!xml.name || strncmp(xml.name, "i-", 2))) {
        fputs(text, stdout);
    } else if (!error) {
        get_bridge(h, &bridge);
        out = domain_xml_plug(&xml, bridge) ? domain_xml_format(&xml)
                                            : xstrdup(text);
        fputs(out, stdout);
        free(out);
        free(bridge);
    }
    domain_xml_uninit(&xml);
    return error;
}

/* See hook.h. */
char *
hook_transform(struct hook *h)
{
    struct hook_agent_args args;
    char *error = hook_agent_args_parse(&args, h->argc, h->argv);

    if (!error && strcmp(args.method, "transform")) {
        error = xasprintf("method \"%s\" is not transform", args.method);
    }
    if (error) {
        h->usage = true;
        return error;
    }
    return transform(h, args.argument);
}

/* See hook.h. */
char *
hook_state_change(struct hook *h)
{
    struct hook_agent_args args;
    char *error = hook_agent_args_parse(&args, h->argc, h->argv);

    if (!error && strcmp(args.method, "onStart")
        && strcmp(args.method, "onStop")) {
        error = xasprintf("method \"%s\" is neither onStart nor onStop",
                          args.method);
    }
    if (error) {
        h->usage = true;
        return error;
    }
    error = hook_open(h);
    if (!error) {
        error = hook_reap(h);
    }
    return error ? error : hook_collect(h);
}
