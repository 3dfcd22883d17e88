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
#include "ovs-ext/cloudstack-host.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "openvswitch/dynamic-string.h"
#include "smap.h"
#include "svec.h"
#include "util.h"

#define AGENT_DIR "/etc/cloudstack/agent"
#define HOOKS_DIR AGENT_DIR"/hooks"
#define LIBVIRT_HOOK "/etc/libvirt/hooks/qemu.d/50-ovs-ext"
#define HOOK_NAME "ovs-ext-hook"
#define GROOVY_NAME "libvirt-vm-xml-transformer.groovy"

/* The first release whose agent runs executables as its hooks. */
#define SHELL_HOOKS 421

/* The first release with a modifymacip.sh. */
#define MACIP 423

/* Returns true if a file of ours is named 'name'. */
bool
cloudstack_is_our_file(const char *name)
{
    return !strcmp(name, HOOK_NAME) || !strcmp(name, GROOVY_NAME);
}

/* Returns 420 for "4.20.1.0", or 0. */
static unsigned int
release(const char *version)
{
    unsigned int major, minor;

    return (ovs_scan(version, "%u.%u", &major, &minor) && minor < 100
            ? major * 100 + minor : 0);
}

/* Adds the versions of the agent that is installed under 'root'. */
static void
read_versions(const char *root, struct svec *versions)
{
    char *pattern = xasprintf("%s/usr/share/cloudstack-agent/lib/"
                              "cloud-agent-*.jar", root);
    glob_t found;

    if (!glob(pattern, 0, NULL, &found)) {
        for (size_t i = 0; i < found.gl_pathc; i++) {
            const char *name = strrchr(found.gl_pathv[i], '/') + 1;
            const char *version = name + strlen("cloud-agent-");

            if (release(version)) {
                svec_add_nocopy(versions,
                                xmemdup0(version, strlen(version) - 4));
            }
        }
        globfree(&found);
    }
    free(pattern);
    svec_sort_unique(versions);
}

/* Reads what the agent is told under 'root' into 'properties'. */
static void
read_properties(const char *root, struct smap *properties)
{
    char *path = xasprintf("%s%s/agent.properties", root, AGENT_DIR);
    FILE *file = fopen(path, "r");
    struct ds line = DS_EMPTY_INITIALIZER;

    while (file && !ds_get_line(&line, file)) {
        char *s = ds_cstr(&line);
        char *equals = strchr(s, '=');

        s += strspn(s, " \t");
        if (*s != '#' && equals && equals > s) {
            char *key = xmemdup0(s, equals - s);
            char *value = xstrdup(equals + 1 + strspn(equals + 1, " \t"));

            key[strcspn(key, " \t")] = '\0';
            value[strcspn(value, " \t\r")] = '\0';
            smap_replace(properties, key, value);
            free(key);
            free(value);
        }
    }
    if (file) {
        fclose(file);
    }
    ds_destroy(&line);
    free(path);
}

/* The agent's own hooks, and which properties may name others. */
static const struct {
    const char *key;
    const char *name;
} shell_hooks[] = {
    { "agent.hooks.libvirt_vm_xml_transformer.shell_script",
      "libvirt-vm-xml-transformer.sh" },
    { "agent.hooks.libvirt_vm_on_stop.shell_script",
      "libvirt-vm-state-change.sh" },
};

static void
add_link(struct cloudstack_host *host, const char *dir, const char *name,
         const char *target, bool wanted)
{
    host->links = xrealloc(host->links,
                           (host->n_links + 1) * sizeof *host->links);
    host->links[host->n_links++] = (struct cloudstack_link) {
        .path = xasprintf("%s%s%s", dir, name[0] ? "/" : "", name),
        .target = target,
        .wanted = wanted,
    };
}

/* Which kinds of hooks the versions that are there know; all, if none was
 * found. */
struct wants {
    bool groovy;
    bool shell;
    bool macip;
};

static struct wants
read_wants(const struct svec *versions)
{
    struct wants wants = { .groovy = !versions->n };
    const char *version;
    size_t i;

    wants.shell = wants.macip = wants.groovy;
    SVEC_FOR_EACH (i, version, versions) {
        wants.groovy |= release(version) < SHELL_HOOKS;
        wants.shell |= release(version) >= SHELL_HOOKS;
        wants.macip |= release(version) >= MACIP;
    }
    return wants;
}

static void
add_links(struct cloudstack_host *host, const struct smap *properties,
          const struct wants *wants)
{
    static const char *const scripts[] = {
        "modifyvxlan.sh", "modifyvxlan-evpn.sh", "modifymacip.sh",
        "security_group.py",
    };
    const char *dir = smap_get_def(properties, "agent.hooks.basedir",
                                   HOOKS_DIR);

    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        add_link(host, AGENT_DIR, scripts[i], host->hook, true);
    }
    add_link(host, dir, GROOVY_NAME, OVS_EXT_PKGDATADIR"/"GROOVY_NAME,
             wants->groovy);
    for (size_t i = 0; i < ARRAY_SIZE(shell_hooks); i++) {
        add_link(host, dir, shell_hooks[i].name, host->hook, wants->shell);
    }
    add_link(host, LIBVIRT_HOOK, "", host->hook, true);
}

static void OVS_PRINTF_FORMAT(2, 3)
advise(struct cloudstack_host *host, const char *format, ...)
{
    va_list args;

    host->advice = xrealloc(host->advice,
                            (host->n_advice + 1) * sizeof *host->advice);
    va_start(args, format);
    host->advice[host->n_advice++] = xvasprintf(format, args);
    va_end(args);
}

/* What agent.properties should say, and what else is in the way. */
static void
add_advice(struct cloudstack_host *host, const char *root,
           const struct smap *properties, const struct wants *wants)
{
    const char *type = smap_get_def(properties, "network.bridge.type",
                                    "native");
    char *hook = xasprintf("%s%s", root, host->hook);

    if (access(hook, X_OK)) {
        advise(host, "install %s, which is not there", host->hook);
    }
    if (strcmp(type, "native")) {
        advise(host, "set network.bridge.type=native in "AGENT_DIR
               "/agent.properties: with \"%s\", CloudStack plugs VXLAN NICs "
               "without their VNI", type);
    }
    for (size_t i = 0; wants->shell && i < ARRAY_SIZE(shell_hooks); i++) {
        const char *name = smap_get(properties, shell_hooks[i].key);

        if (name && strcmp(name, shell_hooks[i].name)) {
            advise(host, "have %s call \"%s %s ARGUMENTS\", or take %s out of "
                   AGENT_DIR"/agent.properties", name, host->hook,
                   shell_hooks[i].name, shell_hooks[i].key);
        }
    }
    if (wants->macip && host->n_versions
        && strcmp(smap_get_def(properties, "vm.network.macip.static", ""),
                  "true")) {
        advise(host, "set vm.network.macip.static=true in "AGENT_DIR
               "/agent.properties, for the addresses of NICs");
    }
    free(hook);
}

/* Looks at the host under 'root', "" for "/".  'hook' is where our program is,
 * or null for where it is installed.  Returns null, or a malloc'd error if
 * there is no CloudStack; cloudstack_host_uninit() frees 'host' in any
 * case. */
char *
cloudstack_host_read(struct cloudstack_host *host, const char *root,
                     const char *hook)
{
    struct smap properties = SMAP_INITIALIZER(&properties);
    struct svec versions = SVEC_EMPTY_INITIALIZER;
    char *dir = xasprintf("%s%s", root, AGENT_DIR);
    struct wants wants;
    char *error = NULL;

    memset(host, 0, sizeof *host);
    host->hook = xstrdup(hook ? hook : OVS_EXT_SBINDIR"/"HOOK_NAME);
    if (access(dir, F_OK)) {
        error = xasprintf("%s is not there; install cloudstack-agent first",
                          dir);
    } else {
        read_versions(root, &versions);
        read_properties(root, &properties);
        wants = read_wants(&versions);
        add_links(host, &properties, &wants);
        host->versions = versions.names;
        host->n_versions = versions.n;
        svec_init(&versions);
        add_advice(host, root, &properties, &wants);
    }
    svec_destroy(&versions);
    smap_destroy(&properties);
    free(dir);
    return error;
}

/* Frees what 'host' has. */
void
cloudstack_host_uninit(struct cloudstack_host *host)
{
    for (size_t i = 0; i < host->n_versions; i++) {
        free(host->versions[i]);
    }
    for (size_t i = 0; i < host->n_links; i++) {
        free(host->links[i].path);
    }
    for (size_t i = 0; i < host->n_advice; i++) {
        free(host->advice[i]);
    }
    free(host->versions);
    free(host->links);
    free(host->advice);
    free(host->hook);
}
