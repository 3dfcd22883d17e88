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
#include "ovs-ext/host/hooks/hook-args.h"

#include <stdlib.h>
#include <string.h>
#include "ovs-ext/host/domain-xml.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "util.h"

/* How many IPs a NIC may have. */
#define MAX_IPS 1024

/* Words of a command line, one after the other. */
struct words {
    char *const *next;
    char *const *end;
};

/* An option of a script.  Those with a value are "-v VALUE", or "--vmip VALUE"
 * or "--vmip=VALUE". */
struct option_value {
    const char *name;           /* As it is written; or null: an argument. */
    size_t name_len;
    const char *value;          /* Or null. */
};

static void
words_init(struct words *words, int argc, char *const argv[])
{
    words->next = argv + MIN(argc, 1);
    words->end = argv + argc;
}

static bool
is_in(const char *name, size_t len, const char *const list[])
{
    for (size_t i = 0; list[i]; i++) {
        if (strlen(list[i]) == len && !memcmp(list[i], name, len)) {
            return true;
        }
    }
    return false;
}

static bool
option_is(const struct option_value *option, const char *name)
{
    return (option->name && strlen(name) == option->name_len
            && !memcmp(option->name, name, option->name_len));
}

/* Stores in '*option' what comes next in 'words': an option in 'with_value' or
 * 'flags', a null-terminated list each, or an argument.  Skips options that
 * are in none, with what looks like their value.  Returns false at the end.
 * The value of the last option is null if it is missing. */
static bool
next_option(struct words *words, const char *const with_value[],
            const char *const flags[], struct option_value *option)
{
    while (words->next < words->end) {
        const char *word = *words->next++;
        const char *equals = strncmp(word, "--", 2) ? NULL
                                                    : strchr(word, '=');
        size_t len = equals ? equals - word : strlen(word);

        *option = (struct option_value) {
            .name = word, .name_len = len,
            .value = equals ? equals + 1 : NULL,
        };
        if (word[0] != '-') {
            *option = (struct option_value) { .value = word };
            return true;
        } else if (is_in(word, len, flags)) {
            return true;
        } else if (is_in(word, len, with_value)) {
            if (!equals && words->next < words->end) {
                option->value = *words->next++;
            }
            return true;
        } else if (!equals && words->next < words->end
                   && words->next[0][0] != '-') {
            words->next++;
        }
    }
    return false;
}

static char *
option_error(const struct option_value *option)
{
    return xasprintf("option %.*s needs a value", (int) option->name_len,
                     option->name);
}

/* Adds 'ip' unless it is there. */
void
hook_ips_add(struct hook_ips *ips, const struct in6_addr *ip)
{
    for (size_t i = 0; i < ips->n; i++) {
        if (ipv6_addr_equals(&ips->ips[i], ip)) {
            return;
        }
    }
    ips->ips = xrealloc(ips->ips, (ips->n + 1) * sizeof *ips->ips);
    ips->ips[ips->n++] = *ip;
}

/* Removes 'ip' if it is there. */
void
hook_ips_remove(struct hook_ips *ips, const struct in6_addr *ip)
{
    for (size_t i = 0; i < ips->n; i++) {
        if (ipv6_addr_equals(&ips->ips[i], ip)) {
            ips->ips[i] = ips->ips[--ips->n];
            return;
        }
    }
}

/* Frees what 'ips' has. */
void
hook_ips_uninit(struct hook_ips *ips)
{
    free(ips->ips);
}

/* Adds the IP that 'text' is.  Returns null or an error. */
static char *
parse_ip(struct hook_ips *ips, const char *text)
{
    struct in6_addr ip;
    char *error = row_parse_ip(text, &ip);

    if (!error && ips->n >= MAX_IPS) {
        error = xasprintf("more than %d IPs", MAX_IPS);
    }
    if (!error) {
        hook_ips_add(ips, &ip);
    }
    return error;
}

/* Adds the IPs that 'text' lists, with ';' or ',' in between; "0" is none, and
 * so is what Java writes for none. */
static char *
parse_ips(struct hook_ips *ips, const char *text)
{
    char *copy = xstrdup(text);
    char *save_ptr = NULL;
    char *error = NULL;

    for (const char *word = strtok_r(copy, ";, ", &save_ptr); word && !error;
         word = strtok_r(NULL, ";, ", &save_ptr)) {
        if (strcmp(word, "0") && strcmp(word, "null")) {
            error = parse_ip(ips, word);
        }
    }
    free(copy);
    return error;
}

static char *
parse_operation(const char *text, bool *add)
{
    *add = !strcmp(text, "add");
    return (*add || !strcmp(text, "delete") ? NULL
            : xasprintf("operation \"%s\" is neither add nor delete", text));
}

/* See hook-args.h.  The physical device ("-p") is of no interest, and nor is
 * the name of the bridge, but to see that it is the one that is made. */
char *
hook_vxlan_args_parse(struct hook_vxlan_args *args, int argc,
                      char *const argv[])
{
    static const char *const with_value[] = { "-o", "-v", "-p", "-b", NULL };
    static const char *const flags[] = { "-6", NULL };
    const char *bridge = NULL;
    struct option_value option;
    bool has_operation = false;
    char *error = NULL;
    struct words words;

    memset(args, 0, sizeof *args);
    words_init(&words, argc, argv);
    while (!error && next_option(&words, with_value, flags, &option)) {
        if (option_is(&option, "-6")) {
            continue;
        } else if (!option.value) {
            error = option_error(&option);
        } else if (option_is(&option, "-o")) {
            has_operation = true;
            error = parse_operation(option.value, &args->add);
        } else if (option_is(&option, "-v")) {
            error = row_parse_vni(option.value, &args->vni);
        } else if (option_is(&option, "-b")) {
            bridge = option.value;
        }
    }
    if (error) {
        return error;
    } else if (!has_operation || !args->vni) {
        return xstrdup("usage: -o add|delete -v VNI -p DEVICE -b BRIDGE");
    } else if (args->add && bridge
               && domain_bridge_vni(bridge) != args->vni) {
        return xasprintf("bridge \"%s\" is not brvx-%"PRIu32", the one of "
                         "VNI %"PRIu32, bridge, args->vni, args->vni);
    }
    return NULL;
}

static char *
parse_family_ip(struct hook_ips *ips, const char *text, bool v4)
{
    size_t n = ips->n;
    char *error = parse_ip(ips, text);

    if (!error && ips->n > n
        && v4 != IN6_IS_ADDR_V4MAPPED(&ips->ips[n])) {
        error = xasprintf("IP \"%s\" is not IPv%d", text, v4 ? 4 : 6);
    }
    return error;
}

/* See hook-args.h.  hook_macip_args_uninit() frees 'args', in any case. */
char *
hook_macip_args_parse(struct hook_macip_args *args, int argc,
                      char *const argv[])
{
    static const char *const with_value[] = {
        "-o", "-b", "-m", "-4", "-6", NULL
    };
    static const char *const flags[] = { NULL };
    struct option_value option;
    bool has_operation = false;
    char *error = NULL;
    struct words words;

    memset(args, 0, sizeof *args);
    words_init(&words, argc, argv);
    while (!error && next_option(&words, with_value, flags, &option)) {
        if (!option.value) {
            error = option_error(&option);
        } else if (option_is(&option, "-o")) {
            has_operation = true;
            error = parse_operation(option.value, &args->add);
        } else if (option_is(&option, "-b")) {
            args->bridge = option.value;
        } else if (option_is(&option, "-m")) {
            error = row_parse_mac(option.value, &args->mac);
        } else if (option_is(&option, "-4") || option_is(&option, "-6")) {
            error = parse_family_ip(&args->ips, option.value,
                                    option_is(&option, "-4"));
        }
    }
    if (!error && (!has_operation || eth_addr_is_zero(args->mac)
                   || (args->add && !args->bridge))) {
        error = xstrdup("usage: -o add|delete -b BRIDGE -m MAC [-4 IP]... "
                        "[-6 IP]...");
    }
    return error;
}

/* Frees what 'args' has. */
void
hook_macip_args_uninit(struct hook_macip_args *args)
{
    hook_ips_uninit(&args->ips);
}

static enum hook_sg_command
parse_sg_command(const char *name)
{
    static const struct {
        const char *name;
        enum hook_sg_command command;
    } commands[] = {
        { "can_bridge_firewall", HOOK_SG_CAN_BRIDGE },
        { "default_network_rules", HOOK_SG_DEFAULT },
        { "add_network_rules", HOOK_SG_ADD },
        { "destroy_network_rules_for_vm", HOOK_SG_DESTROY },
        { "network_rules_vmSecondaryIp", HOOK_SG_SECONDARY_IP },
        { "get_rule_logs_for_vms", HOOK_SG_LOGS },
        { "cleanup_rules", HOOK_SG_CLEANUP },
        { "verify_network_rules", HOOK_SG_VERIFY },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (!strcmp(commands[i].name, name)) {
            return commands[i].command;
        }
    }
    return HOOK_SG_OTHER;
}

/* Takes over 'option', which has a value.  Returns null or an error. */
static char *
parse_sg_option(struct hook_sg_args *args, const struct option_value *option)
{
    const struct {
        const char *name;
        const char **value;
    } strings[] = {
        { "--vmname", &args->vm },
        { "--vmid", &args->vm_id },
        { "--vif", &args->tap },
        { "--brname", &args->bridge },
        { "--sig", &args->signature },
        { "--seq", &args->sequence },
        { "--rules", &args->rules },
    };

    for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
        if (option_is(option, strings[i].name)) {
            *strings[i].value = option->value;
            return NULL;
        }
    }
    if (option_is(option, "--vmmac")) {
        args->has_mac = true;
        return row_parse_mac(option->value, &args->mac);
    } else if (option_is(option, "--action")) {
        args->remove = !strcmp(option->value, "-D");
        return (args->remove || !strcmp(option->value, "-A") ? NULL
                : xasprintf("--action=%s is neither -A nor -D",
                            option->value));
    } else if (option_is(option, "--vmip")) {
        args->first_ip = option->value;
    }
    return parse_ips(&args->ips, option->value);
}

/* Returns null, or an error if 'args' lack something that the command cannot
 * do without. */
static char *
check_sg_args(const struct hook_sg_args *args)
{
    bool needs_vm = (args->command == HOOK_SG_DEFAULT
                     || args->command == HOOK_SG_ADD
                     || args->command == HOOK_SG_DESTROY
                     || args->command == HOOK_SG_SECONDARY_IP
                     || args->command == HOOK_SG_VERIFY);
    bool needs_mac = needs_vm && (args->command != HOOK_SG_DESTROY
                                  && args->command != HOOK_SG_VERIFY);

    if (needs_vm && (!args->vm || !args->vm[0])) {
        return xstrdup("option --vmname is missing");
    } else if (needs_mac && !args->has_mac) {
        return xstrdup("option --vmmac is missing");
    } else if (args->command == HOOK_SG_SECONDARY_IP && !args->ips.n) {
        return xstrdup("option --nicsecips names no IP");
    }
    return args->vm ? row_parse_name(args->vm) : NULL;
}

/* See hook-args.h.  hook_sg_args_uninit() frees 'args', in any case. */
char *
hook_sg_args_parse(struct hook_sg_args *args, int argc, char *const argv[])
{
    static const char *const with_value[] = {
        "--vmname", "--vmid", "--vmip", "--vmip6", "--vmmac", "--vif",
        "--brname", "--nicsecips", "--sig", "--seq", "--rules", "--action",
        NULL
    };
    static const char *const flags[] = { "--check", "--isFirstNic", NULL };
    struct option_value option;
    bool has_command = false;
    char *error = NULL;
    struct words words;

    memset(args, 0, sizeof *args);
    args->command = HOOK_SG_OTHER;
    words_init(&words, argc, argv);
    while (!error && next_option(&words, with_value, flags, &option)) {
        if (!option.name) {
            args->command = has_command ? args->command
                                        : parse_sg_command(option.value);
            has_command = true;
        } else if (option_is(&option, "--check")) {
            args->check = true;
        } else if (option_is(&option, "--isFirstNic")) {
            continue;
        } else if (!option.value) {
            error = option_error(&option);
        } else {
            error = parse_sg_option(args, &option);
        }
    }
    if (!error && !has_command) {
        error = xstrdup("no command");
    }
    return error ? error : check_sg_args(args);
}

/* Frees what 'args' has. */
void
hook_sg_args_uninit(struct hook_sg_args *args)
{
    hook_ips_uninit(&args->ips);
}

/* See hook-args.h. */
char *
hook_agent_args_parse(struct hook_agent_args *args, int argc,
                      char *const argv[])
{
    memset(args, 0, sizeof *args);
    if (argc != 3) {
        return xasprintf("%d arguments, not two: METHOD and what it is for",
                         MAX(argc - 1, 0));
    }
    args->method = argv[1];
    args->argument = argv[2];
    return NULL;
}

/* See hook-args.h. */
char *
hook_qemu_args_parse(struct hook_qemu_args *args, int argc,
                     char *const argv[])
{
    static const struct {
        const char *operation;
        const char *sub;
        enum hook_qemu_operation value;
    } operations[] = {
        { "start", "begin", HOOK_QEMU_START },
        { "migrate", "begin", HOOK_QEMU_INCOMING },
        { "restore", "begin", HOOK_QEMU_INCOMING },
        { "release", "end", HOOK_QEMU_RELEASE },
    };

    memset(args, 0, sizeof *args);
    args->operation = HOOK_QEMU_OTHER;
    if (argc < 4) {
        return xasprintf("%d arguments, not at least three: DOMAIN, OPERATION "
                         "and SUB-OPERATION", MAX(argc - 1, 0));
    }
    args->domain = argv[1];
    for (size_t i = 0; i < ARRAY_SIZE(operations); i++) {
        if (!strcmp(operations[i].operation, argv[2])
            && !strcmp(operations[i].sub, argv[3])) {
            args->operation = operations[i].value;
        }
    }
    return NULL;
}

/* See hook-args.h. */
struct in6_addr
hook_link_local(struct eth_addr mac)
{
    struct in6_addr ip;

    in6_generate_lla(mac, &ip);
    return ip;
}

/* Returns the exit status with which 'name', called with 'argv', tells that it
 * failed for another reason than its arguments.  It has to be 0 for what
 * CloudStack or libvirt cannot undo or would overdo: libvirt kills a running
 * VM if its hook fails at "reconnect". */
int
hook_failure_status(const char *name, int argc, char *const argv[])
{
    if (!strcmp(name, "qemu")) {
        struct hook_qemu_args args;
        char *error = hook_qemu_args_parse(&args, argc, argv);

        free(error);
        return (args.operation == HOOK_QEMU_START
                || args.operation == HOOK_QEMU_INCOMING);
    } else if (!strncmp(name, "modifyvxlan", 11)) {
        struct hook_vxlan_args args;
        char *error = hook_vxlan_args_parse(&args, argc, argv);

        free(error);
        return args.add;
    }
    return 1;
}
