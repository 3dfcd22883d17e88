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

#ifndef OVS_EXT_HOST_HOOKS_HOOK_ARGS_H
#define OVS_EXT_HOST_HOOKS_HOOK_ARGS_H 1

/* Arguments of the scripts that ovs-ext-hook stands for.
 *
 * Pure: what CloudStack's agent passes, as values.  Releases differ in options
 * that mean nothing here ("-d true", "-6"), so what is not known is ignored,
 * with its value; what is known has to make sense, as a whole: there is no
 * half of a command.
 *
 * Each parser returns null or a malloc'd error of one line without a full
 * stop.  Strings in results are those of 'argv'. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include "openvswitch/compiler.h"
#include "openvswitch/types.h"

/* IP addresses, IPv4 ones mapped, without duplicates. */
struct hook_ips {
    struct in6_addr *ips;
    size_t n;
};

void hook_ips_add(struct hook_ips *, const struct in6_addr *);
void hook_ips_remove(struct hook_ips *, const struct in6_addr *);
void hook_ips_uninit(struct hook_ips *);

/* modifyvxlan.sh and modifyvxlan-evpn.sh. */
struct hook_vxlan_args {
    bool add;                   /* Else delete. */
    uint32_t vni;
};

char *hook_vxlan_args_parse(struct hook_vxlan_args *, int argc,
                            char *const argv[]) OVS_WARN_UNUSED_RESULT;

/* modifymacip.sh. */
struct hook_macip_args {
    bool add;                   /* Else delete. */
    const char *bridge;
    struct eth_addr mac;
    struct hook_ips ips;        /* Of 'add', with the link-local one. */
};

char *hook_macip_args_parse(struct hook_macip_args *, int argc,
                            char *const argv[]) OVS_WARN_UNUSED_RESULT;
void hook_macip_args_uninit(struct hook_macip_args *);

/* security_group.py. */
enum hook_sg_command {
    HOOK_SG_CAN_BRIDGE,         /* can_bridge_firewall */
    HOOK_SG_DEFAULT,            /* default_network_rules */
    HOOK_SG_ADD,                /* add_network_rules */
    HOOK_SG_DESTROY,            /* destroy_network_rules_for_vm */
    HOOK_SG_SECONDARY_IP,       /* network_rules_vmSecondaryIp */
    HOOK_SG_LOGS,               /* get_rule_logs_for_vms */
    HOOK_SG_CLEANUP,            /* cleanup_rules */
    HOOK_SG_VERIFY,             /* verify_network_rules */
    HOOK_SG_OTHER,              /* Of the stock script only. */
};

struct hook_sg_args {
    enum hook_sg_command command;
    const char *vm;             /* --vmname, or null. */
    const char *vm_id;          /* --vmid, or null. */
    const char *tap;            /* --vif, or null. */
    const char *bridge;         /* --brname, or null. */
    const char *signature;      /* --sig, or null. */
    const char *sequence;       /* --seq, or null. */
    const char *rules;          /* --rules, or null. */
    const char *first_ip;       /* --vmip, or null: for the log of rules. */
    bool check;                 /* --check */
    bool remove;                /* --action=-D */
    bool has_mac;
    struct eth_addr mac;        /* --vmmac */
    struct hook_ips ips;        /* --vmip, --vmip6, --nicsecips. */
};

char *hook_sg_args_parse(struct hook_sg_args *, int argc, char *const argv[])
    OVS_WARN_UNUSED_RESULT;
void hook_sg_args_uninit(struct hook_sg_args *);

/* The agent's hooks: METHOD ARGUMENT. */
struct hook_agent_args {
    const char *method;         /* "transform", "onStart", "onStop". */
    const char *argument;
};

char *hook_agent_args_parse(struct hook_agent_args *, int argc,
                            char *const argv[]) OVS_WARN_UNUSED_RESULT;

/* libvirt's hook of QEMU: DOMAIN OPERATION SUB-OPERATION EXTRA. */
enum hook_qemu_operation {
    HOOK_QEMU_START,            /* Gates; CPUs do not run yet. */
    HOOK_QEMU_INCOMING,         /* migrate, restore: may change the XML. */
    HOOK_QEMU_RELEASE,          /* The domain has gone. */
    HOOK_QEMU_OTHER,            /* Nothing to do, or nothing that may fail. */
};

struct hook_qemu_args {
    const char *domain;
    enum hook_qemu_operation operation;
};

char *hook_qemu_args_parse(struct hook_qemu_args *, int argc,
                           char *const argv[]) OVS_WARN_UNUSED_RESULT;

/* The link-local address that a NIC with 'mac' gives itself (RFC 4291
 * appendix A). */
struct in6_addr hook_link_local(struct eth_addr mac);

/* What a failure of a script means to who called it. */
int hook_failure_status(const char *name, int argc, char *const argv[]);

#endif /* ovs-ext/host/hooks/hook-args.h */
