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
#include "ovs-ext/host/hooks/hook-args.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

/* Command lines of all scripts: one word a line. */

/* Returns true if there was no error, and frees it. */
static bool
made_sense(char *error)
{
    ovs_assert(!error || (error[0] && !strchr(error, '\n')));
    free(error);
    return !error;
}

static bool
try_vxlan(int argc, char **argv)
{
    struct hook_vxlan_args args;
    bool sense = made_sense(hook_vxlan_args_parse(&args, argc, argv));

    ovs_assert(!sense || (args.vni && args.vni <= 0xffffff));
    return sense;
}

static bool
try_macip(int argc, char **argv)
{
    struct hook_macip_args args;
    bool sense = made_sense(hook_macip_args_parse(&args, argc, argv));

    ovs_assert(!sense || (!eth_addr_is_zero(args.mac)
                          && (args.bridge || !args.add)));
    hook_macip_args_uninit(&args);
    return sense;
}

static bool
try_sg(int argc, char **argv)
{
    struct hook_sg_args args;
    bool sense = made_sense(hook_sg_args_parse(&args, argc, argv));

    ovs_assert(!sense || args.vm || args.command != HOOK_SG_ADD);
    hook_sg_args_uninit(&args);
    return sense;
}

static bool
try_qemu(int argc, char **argv)
{
    struct hook_qemu_args args;
    bool sense = made_sense(hook_qemu_args_parse(&args, argc, argv));

    ovs_assert(!sense || args.domain);
    ovs_assert(!hook_failure_status("qemu", argc, argv)
               || args.operation != HOOK_QEMU_OTHER);
    return sense;
}

/* As fuzz.h says. */
bool
fuzz_try(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct svec words = SVEC_EMPTY_INITIALIZER;
    struct hook_agent_args agent;
    char *save_ptr = NULL;
    bool sense = false;

    for (const char *line = strtok_r(text, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        svec_add(&words, line);
    }
    svec_terminate(&words);
    sense |= try_vxlan(words.n, words.names);
    sense |= try_macip(words.n, words.names);
    sense |= try_sg(words.n, words.names);
    sense |= try_qemu(words.n, words.names);
    sense |= made_sense(hook_agent_args_parse(&agent, words.n, words.names));
    svec_destroy(&words);
    free(text);
    return sense;
}

static const char *const seeds[] = {
    "x\n-o\nadd\n-v\n10100\n-p\neth1\n-b\nbrvx-10100\n-6",
    "x\n-o\ndelete\n-v\n10100\n-p\nvx\n-b\nbrvx-10100\n-d\ntrue",
    "x\n-o\nadd\n-b\nbrvx-5\n-m\n02:01:00:d1:00:05\n-4\n10.0.0.5\n-6\nfe80::1",
    ("x\nadd_network_rules\n--vmname\ni-2-55-VM\n--vmid\n55\n--vmip\n"
     "10.1.1.15\n--sig\nd41d\n--seq\n7\n--vmmac\n02:01:00:d1:00:05\n--vif\n"
     "vnet3\n--brname\nbrvx-1001\n--nicsecips\n10.1.1.16;10.1.1.17;\n--rules\n"
     "I:tcp;22;22;0.0.0.0/0,NEXT;"),
    ("x\nnetwork_rules_vmSecondaryIp\n--vmname=v\n--vmmac\n"
     "02:01:00:d1:00:05\n--nicsecips\n10.1.1.18\n--action=-A"),
    "x\ni-2-55-VM\nstart\nbegin\n-",
};

/* As fuzz.h says. */
void
fuzz_seeds(fuzz_seed_cb *cb, void *aux)
{
    for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
        cb(aux, seeds[i], strlen(seeds[i]));
    }
}
