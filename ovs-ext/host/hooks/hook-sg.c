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

#include <dirent.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dirs.h"
#include "openvswitch/json.h"
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-args.h"
#include "ovs-ext/host/hooks/hook-group.h"
#include "ovs-ext/host/hooks/hook-plan.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "ovs-ext/host/port-id.h"
#include "ovsdb-sync/rule-import.h"
#include "packets.h"
#include "smap.h"
#include "sset.h"
#include "svec.h"
#include "util.h"

/* security_group.py: the policy of a VM, and what became of it.
 *
 * A NIC is ours if it is plugged into a bridge brvx-N or the integration
 * bridge; for others CloudStack's own script is called, in our place.
 *
 * A policy is taken away from a port only when that is unplugged: CloudStack
 * says so before it stops the VM, which would run without one meanwhile. */

#define STOCK "vm/network/security_group.py"

/* Where libvirt has a file for each domain that runs. */
#define RUNNING_DIR "/run/libvirt/qemu"

/* A NIC. */
struct nic {
    const struct hook_sg_args *args;
    const struct rule_values *rules;
    char id[256];               /* Name of its port. */
    uint32_t vni;               /* Or 0, if it is not known. */
    bool ours;
    struct hook_ips ips;
    struct sset plugged;        /* Ports of this host. */
    struct svec networks;       /* UUIDs of those that its VM was in. */
    bool refused;               /* Somebody else made a row that it needs. */
};

/* Takes over what the Interface row 'row' of its tap says. */
static void
read_interface(struct nic *nic, const struct json *row)
{
    struct smap ids = SMAP_INITIALIZER(&ids);
    const char *id, *profile;
    unsigned int vni;

    hook_row_map(row, "external_ids", &ids);
    id = smap_get(&ids, "iface-id");
    profile = smap_get_def(&ids, "port-profile", "");
    profile = strstr(profile, "vni=");
    if (id && profile && ovs_scan(profile, "vni=%u", &vni)) {
        ovs_strlcpy(nic->id, id, sizeof nic->id);
        nic->vni = vni;
        nic->ours = true;
    }
    smap_destroy(&ids);
}

/* Finds out what is known of the NIC that 'args' are about.  It needs the
 * host's database only. */
static char *
nic_init(struct nic *nic, struct hook *h, const struct hook_sg_args *args,
         const struct rule_values *rules)
{
    struct json *query = hook_txn_create("Open_vSwitch");
    const char *bridge = args->bridge ? args->bridge : "";
    struct in6_addr link_local = hook_link_local(args->mac);
    struct json *reply;
    char *error;

    *nic = (struct nic) { .args = args, .rules = rules };
    sset_init(&nic->plugged);
    port_id_from_mac(args->mac, nic->id);
    nic->vni = domain_bridge_vni(bridge);
    nic->ours = nic->vni || !strcmp(bridge, h->bridge);
    for (size_t i = 0; i < args->ips.n; i++) {
        hook_ips_add(&nic->ips, &args->ips.ips[i]);
    }
    hook_ips_add(&nic->ips, &link_local);

    hook_txn_select(query, "Interface",
                    hook_where_name("name", args->tap ? args->tap : ""),
                    "external_ids");
    error = hook_read(h, h->ovs, query, &reply);
    if (!error) {
        read_interface(nic, hook_reply_row(reply, 0, 0));
        json_destroy(reply);
    }
    return error;
}

static void
nic_uninit(struct nic *nic)
{
    hook_ips_uninit(&nic->ips);
    sset_destroy(&nic->plugged);
}

static void
query_nic(struct json *query, const struct hook *h OVS_UNUSED, void *nic_)
{
    const struct nic *nic = nic_;

    hook_query_port(query, nic->id, nic->vni);
    hook_query_group(query, nic->args->vm);
}

/* Returns true if the port in 'reply' is a member of the group there. */
static bool
is_member(const struct json *reply)
{
    const char *uuid = hook_row_uuid(
        hook_reply_row(reply, HOOK_QUERY_GROUP, 0), "_uuid");
    struct svec groups = SVEC_EMPTY_INITIALIZER;
    bool member;

    hook_row_uuids(hook_reply_row(reply, HOOK_QUERY_PORT, 0),
                   "security_groups", &groups);
    svec_sort(&groups);
    member = uuid && svec_contains(&groups, uuid);
    svec_destroy(&groups);
    return member;
}

/* Makes the NIC's port a member of the VM's group, and the group what it is to
 * be; if it is all that already, nothing. */
static void
plan_nic(struct json *txn, const struct json *reply,
         const struct hook *h OVS_UNUSED, void *nic_)
{
    struct nic *nic = nic_;
    bool keep = nic->args->check || nic->args->command == HOOK_SG_ADD;
    const struct hook_port port = {
        .name = nic->id, .vni = nic->vni, .mac = nic->args->mac,
        .ips = &nic->ips,
    };
    struct json *row, *group;

    if (keep && hook_group_is_current(reply, nic->args)
        && is_member(reply)) {
        return;
    }
    row = hook_plan_port(txn, reply, &port);
    group = row ? hook_plan_group(txn, reply, nic->args, nic->rules) : NULL;
    nic->refused = !group;
    if (group) {
        hook_plan_member(row, reply, group, nic->args);
    }
}

/* default_network_rules, add_network_rules. */
static char *
run_nic(struct hook *h, struct nic *nic)
{
    const struct hook_change change = {
        .query = query_nic, .plan = plan_nic, .aux = nic, .raise = true,
    };
    char *error = hook_change(h, &change);

    if (!error && nic->refused) {
        error = xasprintf("Port row \"%s\" or Security_Group row \"%s\" was "
                          "not made by ovs-ext-hook, or the network is not "
                          "known", nic->id, nic->args->vm);
    }
    return error ? error : hook_wait(h);
}

/* Stores the names of all ports of this host in 'plugged'. */
static char *
read_plugged(struct hook *h, struct sset *plugged)
{
    struct json *query = hook_txn_create("Open_vSwitch");
    struct json *reply;
    char *error;

    hook_txn_select(query, "Interface", NULL, "external_ids");
    error = hook_read(h, h->ovs, query, &reply);
    for (size_t i = 0; !error && i < hook_reply_n_rows(reply, 0); i++) {
        struct smap ids = SMAP_INITIALIZER(&ids);

        hook_row_map(hook_reply_row(reply, 0, i), "external_ids", &ids);
        if (smap_get(&ids, "iface-id")) {
            sset_add(plugged, smap_get(&ids, "iface-id"));
        }
        smap_destroy(&ids);
    }
    if (!error) {
        json_destroy(reply);
    }
    return error;
}

static void
plan_destroy(struct json *txn, const struct json *reply,
             const struct hook *h, void *nic_)
{
    struct nic *nic = nic_;

    nic->ours |= (hook_reply_n_rows(reply, HOOK_QUERY_GROUP)
                  || hook_reply_n_rows(reply, HOOK_QUERY_VM_PORTS));
    svec_clear(&nic->networks);
    if (hook_plan_group_delete(txn, reply, h->host, &nic->plugged)) {
        hook_group_networks(reply, &nic->networks);
    }
}

/* Deletes what hooks made for the VM named 'vm', unless a port of it is still
 * there.  Stores in '*known' whether there was something. */
char *
hook_delete_vm(struct hook *h, const char *vm, bool *known)
{
    const struct hook_sg_args args = { .vm = vm };
    struct nic nic = { .args = &args };
    const struct hook_change change = {
        .query = query_nic, .plan = plan_destroy, .aux = &nic,
    };
    char *error;

    sset_init(&nic.plugged);
    svec_init(&nic.networks);
    error = read_plugged(h, &nic.plugged);
    if (!error) {
        error = hook_change(h, &change);
    }
    for (size_t i = 0; i < nic.networks.n && !error; i++) {
        hook_delete_network(h, nic.networks.names[i]);
    }
    *known = nic.ours;
    svec_destroy(&nic.networks);
    sset_destroy(&nic.plugged);
    return error;
}

/* destroy_network_rules_for_vm, of the whole VM or of one of its NICs. */
static char *
run_destroy(struct hook *h, const struct hook_sg_args *args)
{
    struct sset plugged = SSET_INITIALIZER(&plugged);
    char id[PORT_ID_LEN + 1];
    bool known = false;
    char *error = NULL;

    port_id_from_mac(args->mac, id);
    if (args->has_mac) {
        error = read_plugged(h, &plugged);
        if (!error && !sset_contains(&plugged, id)) {
            error = hook_delete_port(h, id);
        }
    }
    if (!error) {
        error = hook_delete_vm(h, args->vm, &known);
    }
    if (!error && !known && hook_has_stock(STOCK)) {
        error = hook_exec_stock(h, STOCK);
    }
    sset_destroy(&plugged);
    return error;
}

static void
query_secondary(struct json *query, const struct hook *h OVS_UNUSED,
                void *nic_)
{
    const struct nic *nic = nic_;

    hook_query_port(query, nic->id, 0);
}

static void
plan_secondary(struct json *txn, const struct json *reply,
               const struct hook *h OVS_UNUSED, void *nic_)
{
    const struct json *row = hook_reply_row(reply, HOOK_QUERY_PORT, 0);
    struct nic *nic = nic_;

    nic->ours = row && hook_row_is_ours(row);
    if (nic->ours) {
        hook_plan_ips(txn, row, &nic->args->ips, nic->args->remove);
    }
}

/* network_rules_vmSecondaryIp. */
static char *
run_secondary(struct hook *h, const struct hook_sg_args *args)
{
    struct nic nic = { .args = args };
    const struct hook_change change = {
        .query = query_secondary, .plan = plan_secondary, .aux = &nic,
        .raise = true,
    };
    char *error;

    port_id_from_mac(args->mac, nic.id);
    error = hook_change(h, &change);
    if (!error && !nic.ours && hook_has_stock(STOCK)) {
        return hook_exec_stock(h, STOCK);
    }
    return error ? error : hook_wait(h);
}

/* Returns true, and stores them in 'running', if it is known which VMs run. */
static bool
read_running(struct sset *running)
{
    DIR *dir = opendir(RUNNING_DIR);
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        size_t len = strlen(entry->d_name);

        if (!strncmp(entry->d_name, "i-", 2) && len > 4
            && !strcmp(entry->d_name + len - 4, ".xml")) {
            sset_add_and_free(running, xmemdup0(entry->d_name, len - 4));
        }
    }
    if (dir) {
        closedir(dir);
    }
    return dir != NULL;
}

static char *
read_groups(struct hook *h, struct json **groups)
{
    struct json *query = hook_txn_create("OVS_Ext");
    char *error;

    hook_query_groups(query);
    *groups = NULL;
    error = hook_open(h);
    if (error) {
        json_destroy(query);
        return error;
    }
    return hook_read(h, h->ext, query, groups);
}

/* get_rule_logs_for_vms.  If the database cannot be asked, no VM has rules as
 * far as we know: CloudStack sends them again. */
static char *
run_logs(struct hook *h)
{
    struct sset running = SSET_INITIALIZER(&running);
    bool known = read_running(&running);
    char *stock = NULL, *out;
    struct json *groups;
    char *error = read_groups(h, &groups);

    if (hook_has_stock(STOCK)) {
        free(hook_run_stock(h, STOCK, &stock));
    }
    out = hook_log_format(&(struct hook_log) {
        .groups = groups, .running = known ? &running : NULL, .stock = stock,
    });
    puts(out);
    free(out);
    free(stock);
    json_destroy(groups);
    sset_destroy(&running);
    if (known) {
        free(error);
        error = NULL;
    }
    return error;
}

/* cleanup_rules: of VMs that no longer run. */
static char *
run_cleanup(struct hook *h)
{
    struct sset running = SSET_INITIALIZER(&running);
    bool known = read_running(&running);
    struct json *groups;
    char *error = read_groups(h, &groups);

    for (size_t i = 0;
         known && !error && i < hook_reply_n_rows(groups, 0); i++) {
        const char *vm = hook_row_string(hook_reply_row(groups, 0, i),
                                         "name");
        bool ignore;

        if (!sset_contains(&running, vm)) {
            error = hook_delete_vm(h, vm, &ignore);
        }
    }
    json_destroy(groups);
    sset_destroy(&running);
    if (!error && hook_has_stock(STOCK)) {
        error = hook_exec_stock(h, STOCK);
    }
    return error;
}

/* can_bridge_firewall: yes, whatever the stock script can do, whose other
 * duty at the agent's start is done too. */
static char *
run_can_bridge(struct hook *h)
{
    char *output = NULL;

    if (hook_has_stock(STOCK)) {
        char *error = hook_run_stock(h, STOCK, &output);

        if (error) {
            printf("%s, ignored: networks of ovs-ext do not need it\n",
                   error);
        }
        free(error);
        free(output);
    }
    return NULL;
}

static void
query_verify(struct json *query, const struct hook *h OVS_UNUSED,
             void *nic_)
{
    query_nic(query, h, nic_);
}

static void
plan_verify(struct json *txn OVS_UNUSED, const struct json *reply,
            const struct hook *h OVS_UNUSED, void *nic_)
{
    struct nic *nic = nic_;

    nic->ours = (hook_reply_n_rows(reply, HOOK_QUERY_GROUP)
                 && hook_reply_n_rows(reply, HOOK_QUERY_VM_PORTS));
}

/* verify_network_rules: is there a policy of the VM, and in effect? */
static char *
run_verify(struct hook *h, const struct hook_sg_args *args)
{
    struct nic nic = { .args = args };
    const struct hook_change change = {
        .query = query_verify, .plan = plan_verify, .aux = &nic,
        .raise = true,
    };
    char *error = hook_change(h, &change);

    if (error) {
        return error;
    } else if (!nic.ours && hook_has_stock(STOCK)) {
        return hook_exec_stock(h, STOCK);
    } else if (!nic.ours) {
        return xasprintf("VM %s has no rules", args->vm);
    }
    return hook_wait(h);
}

/* Makes the tap of a NIC in a bridge brvx-N a port, as libvirt's hook does it
 * when a VM starts: libvirt calls none when a NIC is plugged into a VM that
 * runs. */
static char *
adopt_nic(struct hook *h, const struct hook_sg_args *args)
{
    const struct domain_nic nic = {
        .bridge = CONST_CAST(char *, args->bridge),
        .tap = CONST_CAST(char *, args->tap),
        .mac = args->mac,
        .vni = args->bridge ? domain_bridge_vni(args->bridge) : 0,
    };

    return (nic.vni && nic.tap && if_nametoindex(nic.tap)
            ? hook_adopt(h, &nic, NULL) : NULL);
}

/* default_network_rules and add_network_rules, of our NICs or others. */
static char *
run_rules(struct hook *h, const struct hook_sg_args *args)
{
    struct rule_values rules = { NULL, 0, 0 };
    struct nic nic;
    char *error = hook_open(h);

    if (error) {
        return error;
    }
    error = args->rules ? rule_import_group(args->rules, &rules) : NULL;
    if (error) {
        h->usage = true;
        return error;
    }
    error = nic_init(&nic, h, args, &rules);
    if (!error && nic.ours) {
        error = adopt_nic(h, args);
    }
    if (!error && nic.ours) {
        error = run_nic(h, &nic);
    } else if (!error && hook_has_stock(STOCK)) {
        error = hook_exec_stock(h, STOCK);
    } else if (!error) {
        error = xasprintf("bridge %s is not ours, and there is no script of "
                          "CloudStack's for it",
                          args->bridge ? args->bridge : "(none)");
    }
    nic_uninit(&nic);
    rule_values_uninit(&rules);
    return error;
}

static char *
run_command(struct hook *h, const struct hook_sg_args *args)
{
    char *error = NULL;

    switch (args->command) {
    case HOOK_SG_CAN_BRIDGE:
        return run_can_bridge(h);

    case HOOK_SG_DEFAULT:
    case HOOK_SG_ADD:
        return run_rules(h, args);

    case HOOK_SG_LOGS:
        return run_logs(h);

    case HOOK_SG_CLEANUP:
        return run_cleanup(h);

    case HOOK_SG_OTHER:
        return hook_has_stock(STOCK) ? hook_exec_stock(h, STOCK) : NULL;

    case HOOK_SG_DESTROY:
        error = hook_open(h);
        return error ? error : run_destroy(h, args);

    case HOOK_SG_SECONDARY_IP:
        error = hook_open(h);
        return error ? error : run_secondary(h, args);

    case HOOK_SG_VERIFY:
        error = hook_open(h);
        return error ? error : run_verify(h, args);
    }
    OVS_NOT_REACHED();
}

/* See hook.h. */
char *
hook_sg(struct hook *h)
{
    struct hook_sg_args args;
    char *error = hook_sg_args_parse(&args, h->argc, h->argv);

    if (error) {
        h->usage = true;
    } else {
        error = run_command(h, &args);
    }
    hook_sg_args_uninit(&args);
    return error;
}
