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

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovs_ext_hook);

/* Seconds, unless the database says otherwise. */
#define DEFAULT_TIMEOUT 10

/* Seconds after which a hook ends whatever happens.  Nothing should take that
 * long, but who calls it waits. */
#define LAST_RESORT 5

static const struct {
    const char *name;           /* Under which it is called. */
    const char *canonical;
    hook_script *run;
} scripts[] = {
    { "modifyvxlan.sh", "modifyvxlan.sh", hook_vxlan },
    { "modifyvxlan-evpn.sh", "modifyvxlan-evpn.sh", hook_vxlan },
    { "modifymacip.sh", "modifymacip.sh", hook_macip },
    { "security_group.py", "security_group.py", hook_sg },
    { "libvirt-vm-xml-transformer.sh", "libvirt-vm-xml-transformer.sh",
      hook_transform },
    { "libvirt-vm-state-change.sh", "libvirt-vm-state-change.sh",
      hook_state_change },
    { "qemu", "qemu", hook_qemu },
    { "50-ovs-ext", "qemu", hook_qemu },
};

/* For the last resort only. */
static int last_status;
static char last_words[512];

static void
give_up(int signal_nr OVS_UNUSED)
{
    ssize_t ignore = write(STDERR_FILENO, last_words, strlen(last_words));

    (void) ignore;
    _exit(last_status);
}

static void
set_last_resort(const struct hook *h, int status)
{
    last_status = status;
    snprintf(last_words, sizeof last_words,
             "ovs-ext-hook: %s: no end in time; see the log of the system\n",
             h->name);
    signal(SIGALRM, give_up);
    alarm(h->timeout + LAST_RESORT);
}

static hook_script *
find_script(const char *name, const char **canonical)
{
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        if (!strcmp(name, scripts[i].name)) {
            *canonical = scripts[i].canonical;
            return scripts[i].run;
        }
    }
    return NULL;
}

OVS_NO_RETURN static void
usage(int status)
{
    FILE *out = status ? stderr : stdout;

    fprintf(out, "%s: what CloudStack and libvirt call on a host\n"
            "usage: %s SCRIPT [ARG...]\n"
            "or by a link named as one of these SCRIPTs:\n",
            program_name, program_name);
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        fprintf(out, "  %s\n", scripts[i].name);
    }
    exit(status);
}

/* Prints 'error' and frees it.  Returns the exit status. */
static int
fail(const struct hook *h, char *error)
{
    bool is_gate = h->gate || h->usage;
    int status = (h->usage ? HOOK_USAGE
                  : hook_failure_status(h->name, h->argc, h->argv));

    fprintf(stderr, "ovs-ext-hook: %s: %s%s\n", h->name, error,
            is_gate ? "" : " (ignored: ovs-ext-hook-gate is off)");
    VLOG_ERR("%s: %s", h->name, error);
    free(error);
    return is_gate ? status : EXIT_SUCCESS;
}

static int
run(struct hook *h, hook_script *script)
{
    char *error;

    set_last_resort(h, hook_failure_status(h->name, h->argc, h->argv));
    error = script(h);
    hook_close(h);
    if (!error && fflush(stdout)) {
        error = xstrdup("cannot write its output");
    }
    return error ? fail(h, error) : EXIT_SUCCESS;
}

int
main(int argc, char *argv[])
{
    struct hook h = { .gate = true, .timeout = DEFAULT_TIMEOUT };
    const char *slash = argc ? strrchr(argv[0], '/') : NULL;
    const char *name = slash ? slash + 1 : argc ? argv[0] : "";
    hook_script *script = find_script(name, &h.name);

    /* What is printed besides an error would be taken for XML. */
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_OFF);
    vlog_set_levels(NULL, VLF_SYSLOG, VLL_ERR);
    ovs_set_program_name("ovs-ext-hook", OVS_EXT_VERSION);
    fatal_ignore_sigpipe();
    if (!script) {
        if (argc < 2) {
            usage(HOOK_USAGE);
        } else if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
            usage(EXIT_SUCCESS);
        } else if (!strcmp(argv[1], "--version")
                   || !strcmp(argv[1], "-V")) {
            ovs_print_version(0, 0);
            return EXIT_SUCCESS;
        }
        argc--;
        argv++;
        script = find_script(argv[0], &h.name);
        if (!script) {
            fprintf(stderr, "ovs-ext-hook: %s: no such script (see "
                    "--help)\n", argv[0]);
            return HOOK_USAGE;
        }
    }
    h.argc = argc;
    h.argv = argv;
    h.start = time_msec();
    return run(&h, script);
}
