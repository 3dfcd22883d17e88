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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_H
#define OVS_EXT_HOST_HOOKS_HOOK_H 1

/* One call of ovs-ext-hook.
 *
 * A script is a function that returns null or a malloc'd error of one line.
 * main() prints that, on standard error and to the system's log, and chooses
 * the exit status (hook_failure_status()).  Before a script changes anything
 * it has looked at all its arguments, and what it changes is one transaction;
 * so what fails has done nothing, but for what is said to be committed.
 *
 * Everything is over within 'timeout', but for scripts of others that are
 * called in our place. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "openvswitch/compiler.h"

struct domain_nic;
struct hook_db;
struct json;

struct hook {
    const char *name;           /* Of the script: "modifyvxlan.sh". */
    int argc;
    char **argv;                /* Null-terminated; [0] is the script. */

    long long int start;        /* ms. */
    unsigned int timeout;       /* Seconds. */
    bool gate;                  /* Failures of the gate stop a start. */
    bool usage;                 /* It failed because of its arguments. */

    /* From the Open_vSwitch database, by hook_open(). */
    char *host;                 /* Name of this host. */
    char *bridge;               /* Integration bridge. */
    struct hook_db *ovs;        /* The Open_vSwitch database, or null. */
    struct hook_db *ext;        /* OVS_Ext, or null; may be 'ovs'. */
    int64_t cfg;                /* To wait for. */
};

/* A script. */
typedef char *hook_script(struct hook *);

hook_script hook_vxlan;
hook_script hook_macip;
hook_script hook_transform;
hook_script hook_state_change;
hook_script hook_qemu;
hook_script hook_sg;

/* The integration bridge, unless the database says otherwise. */
#define HOOK_BRIDGE "br-int"

/* Exit status of a script that failed because of its arguments. */
#define HOOK_USAGE 2

/* The databases.  hook_open() connects to both and reads the settings;
 * hook_open_ovs() to the host's only. */
char *hook_open(struct hook *) OVS_WARN_UNUSED_RESULT;
char *hook_open_ovs(struct hook *) OVS_WARN_UNUSED_RESULT;
void hook_close(struct hook *);

/* A change of OVS_Ext: 'query' adds what it wants to know to what
 * hook_query_base() asks for; 'plan' looks at what came back and adds what is
 * to be changed.  Both are called again if someone else was faster.  With
 * 'raise', "cfg" is raised too, for hook_wait(). */
struct hook_change {
    void (*query)(struct json *query, const struct hook *, void *aux);
    void (*plan)(struct json *txn, const struct json *reply,
                 const struct hook *, void *aux);
    void *aux;
    bool raise;
};

char *hook_change(struct hook *, const struct hook_change *)
    OVS_WARN_UNUSED_RESULT;
char *hook_read(struct hook *, struct hook_db *, struct json *query,
                struct json **reply) OVS_WARN_UNUSED_RESULT;
char *hook_wait(struct hook *) OVS_WARN_UNUSED_RESULT;

/* Networks. */
char *hook_check_network(struct hook *, uint32_t vni) OVS_WARN_UNUSED_RESULT;
char *hook_collect(struct hook *) OVS_WARN_UNUSED_RESULT;
char *hook_delete_port(struct hook *, const char *name)
    OVS_WARN_UNUSED_RESULT;
void hook_delete_network(struct hook *, const char *uuid);
char *hook_delete_vm(struct hook *, const char *vm, bool *known)
    OVS_WARN_UNUSED_RESULT;

/* Taps in Linux bridges. */
char *hook_adopt(struct hook *, const struct domain_nic *, const char *uuid)
    OVS_WARN_UNUSED_RESULT;
char *hook_reap(struct hook *) OVS_WARN_UNUSED_RESULT;

/* Scripts of others. */
bool hook_has_stock(const char *path);
char *hook_exec_stock(struct hook *, const char *path)
    OVS_WARN_UNUSED_RESULT;
char *hook_run_stock(struct hook *, const char *path, char **output)
    OVS_WARN_UNUSED_RESULT;

/* Standard input. */
char *hook_read_stdin(const struct hook *, char **text, size_t *size)
    OVS_WARN_UNUSED_RESULT;

#endif /* ovs-ext/host/hooks/hook.h */
