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
#include "evpn-bridge/kernel-plan.h"

#include <inttypes.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "evpn-bridge/kernel.h"
#include "evpn-bridge/nl-msg.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-ext/model/model.h"
#include "packets.h"
#include "util.h"

/* Initializes 'plan' as empty. */
void
kernel_plan_init(struct kernel_plan *plan)
{
    memset(plan, 0, sizeof *plan);
}

/* Frees what is in 'plan'. */
void
kernel_plan_uninit(struct kernel_plan *plan)
{
    for (size_t i = 0; i < plan->n_ops; i++) {
        ofpbuf_delete(plan->ops[i].request);
        free(plan->ops[i].what);
    }
    free(plan->ops);
    free(plan->problem);
}

struct kernel_op *
kernel_plan_add(struct kernel_plan *plan, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);

/* Appends an operation with an empty request to 'plan' and returns it. */
struct kernel_op *
kernel_plan_add(struct kernel_plan *plan, const char *format, ...)
{
    struct kernel_op *op;
    va_list args;

    if (plan->n_ops >= plan->allocated) {
        plan->ops = x2nrealloc(plan->ops, &plan->allocated,
                               sizeof *plan->ops);
    }
    op = &plan->ops[plan->n_ops++];
    memset(op, 0, sizeof *op);
    op->request = ofpbuf_new(128);
    va_start(args, format);
    op->what = xvasprintf(format, args);
    va_end(args);
    return op;
}

static void plan_problem(struct kernel_plan *plan, const char *topic,
                         const char *format, ...) OVS_PRINTF_FORMAT(3, 4);

static void
plan_problem(struct kernel_plan *plan, const char *topic, const char *format,
             ...)
{
    va_list args;

    plan->topic = topic;
    va_start(args, format);
    plan->problem = xvasprintf(format, args);
    va_end(args);
}

/* Devices. */

/* The device of a network or VPC in each role, as it is to be. */
struct device {
    enum klink_role role;
    uint32_t l3vni;             /* Of the VPC of KLINK_BRIDGE, or 0. */
    struct nl_link l;
};

static void
device_init(struct device *device, enum klink_role role, const char *name,
            const char *kind)
{
    memset(device, 0, sizeof *device);
    device->role = role;
    ovs_strlcpy(device->l.name, name, sizeof device->l.name);
    ovs_strlcpy(device->l.kind, kind, sizeof device->l.kind);
}

/* Returns the VTEP address of the shadow devices: zebra knows IPv6 ones since
 * 10.6 only, so IPv4 is preferred. */
static const struct in6_addr *
shadow_vtep(const struct host *host)
{
    return (ipv6_addr_is_set(&host->vtep4) ? &host->vtep4
            : ipv6_addr_is_set(&host->vtep6) ? &host->vtep6
            : NULL);
}

static void
device_set_vxlan(struct device *device, const struct host *host, uint32_t vni)
{
    const struct in6_addr *vtep = shadow_vtep(host);

    device->l.vni = vni;
    device->l.dst_port = host->shadow_port;
    device->l.local = vtep ? *vtep : in6addr_any;
}

static void
devices_init(const struct kernel_plan_ctx *ctx, const struct network *net,
             struct device devices[3])
{
    uint32_t vni = net->vni;
    char name[IFNAMSIZ];

    snprintf(name, sizeof name, KERNEL_BRIDGE_FORMAT, vni);
    device_init(&devices[0], KLINK_BRIDGE, name, "bridge");
    if (net->vpc) {
        devices[0].l3vni = net->vpc->l3vni;
        devices[0].l.mac = net->gateway_mac;
    }
    snprintf(name, sizeof name, KERNEL_VXLAN_FORMAT, vni);
    device_init(&devices[1], KLINK_VXLAN, name, "vxlan");
    device_set_vxlan(&devices[1], &ctx->model->host, vni);
    snprintf(name, sizeof name, KERNEL_ADVERTISE_FORMAT, vni);
    device_init(&devices[2], KLINK_ADVERTISE, name, ctx->advertise_kind);
}

/* Returns the link that has the name of 'device', if it is not ours. */
static const struct klink *
device_in_use(const struct kernel *kernel, const struct device *device)
{
    const struct klink *link = kernel_link_by_name(kernel, device->l.name);

    return link && !(link->ours && link->role == device->role) ? link : NULL;
}

/* Returns true if 'l' has to be made anew: the kernel takes these settings
 * only at creation. */
static bool
vxlan_differs(const struct nl_link *l, const struct nl_link *want)
{
    return (l->dst_port != want->dst_port
            || !ipv6_addr_equals(&l->local, &want->local)
            || l->vxlan_learning);
}

static void
plan_link_del(const struct nl_link *l, struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(plan, "remove device %s", l->name);

    nl_link_format_del(l->ifindex, op->request);
    op->removes = true;
}

/* Returns what the device that is to be as 'device' should be a port of, or
 * in: an ifindex, 0 for nothing, or -1 if that is not there yet. */
static int
device_master(const struct kernel_plan_ctx *ctx, uint32_t vni,
              const struct device *device, const struct nl_link *l)
{
    const struct klink *master;

    switch (device->role) {
    case KLINK_VXLAN:
    case KLINK_ADVERTISE:
        master = kernel_device(ctx->kernel, vni, KLINK_BRIDGE);
        break;
    case KLINK_L3_VXLAN:
        master = kernel_device(ctx->kernel, vni, KLINK_L3_BRIDGE);
        break;
    case KLINK_L3_BRIDGE:
        master = kernel_device(ctx->kernel, vni, KLINK_VRF);
        break;
    case KLINK_BRIDGE:
        if (device->l3vni) {
            master = kernel_device(ctx->kernel, device->l3vni, KLINK_VRF);
            return master && master->ours ? master->l.ifindex
                   : ctx->no_vrf ? 0 : -1;
        }
        /* Out of a VRF of ours; what others put it in is their business. */
        master = kernel_link(ctx->kernel, l->master);
        return (master && master->ours && master->role == KLINK_VRF
                ? 0 : l->master);
    case KLINK_VRF:
    case KLINK_NONE:
    default:
        return 0;
    }
    return master ? master->l.ifindex : -1;
}

static void
plan_link_set(const struct nl_link *l, int master, struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(plan, "set up device %s", l->name);

    op->ifindex = l->ifindex;
    nl_link_format_set(l->ifindex, master, op->request);
}

/* Appends that the bridge 'l' goes into the VRF with the ifindex 'master', or
 * out of the one that it is in. */
static void
plan_link_master(const struct nl_link *l, int master,
                 struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(plan, "put device %s %s", l->name,
                                           master ? "into its VRF"
                                           : "out of its VRF");

    op->ifindex = l->ifindex;
    nl_link_format_master(l->ifindex, master, op->request);
}

static void
plan_link_mac(const struct nl_link *l, struct eth_addr mac,
              struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(
        plan, "give device %s the MAC "ETH_ADDR_FMT, l->name,
        ETH_ADDR_ARGS(mac));

    op->ifindex = l->ifindex;
    nl_link_format_mac(l->ifindex, mac, op->request);
}

/* Appends what brings the device 'l' from its being there to its being as
 * 'device' says, in 'master' (0 for nothing).  Returns true if there is
 * nothing to do. */
static bool
plan_link(const struct device *device, const struct nl_link *l, int master,
          struct kernel_plan *plan)
{
    bool is_port = (device->role == KLINK_VXLAN
                    || device->role == KLINK_ADVERTISE
                    || device->role == KLINK_L3_VXLAN);
    bool marked = !strncmp(l->alias, NL_ALIAS, strlen(NL_ALIAS));
    struct kernel_op *op;

    if (!marked || (is_port && l->master != master)
        || l->addr_gen_mode != IN6_ADDR_GEN_MODE_NONE) {
        plan_link_set(l, is_port ? master : 0, plan);
        return false;
    }
    /* The kernel sets a device that is up down and up again for this, which
     * takes addresses and neighbours along: best before it is up (P9). */
    if (l->master != master) {
        plan_link_master(l, master, plan);
        return false;
    }
    if (!eth_addr_is_zero(device->l.mac)
        && !eth_addr_equals(device->l.mac, l->mac)) {
        plan_link_mac(l, device->l.mac, plan);
        return false;
    }
    if (is_port && (l->learning || l->flood || l->mcast_flood
                    || l->bcast_flood)) {
        op = kernel_plan_add(plan, "set up bridge port %s", l->name);
        op->ifindex = l->ifindex;
        nl_link_format_brport(l->ifindex, op->request);
        return false;
    }
    /* The advertise port stays down: static entries need no more, and what
     * is down cannot send (P16). */
    if (device->role != KLINK_ADVERTISE && !(l->flags & IFF_UP)) {
        op = kernel_plan_add(plan, "put device %s up", l->name);
        op->ifindex = l->ifindex;
        nl_link_format_up(l->ifindex, true, op->request);
        return false;
    }
    return true;
}

/* Appends what 'device' of the network or VPC 'vni' needs.  Returns true if
 * that is nothing. */
static bool
plan_device(const struct kernel_plan_ctx *ctx, uint32_t vni,
            const struct device *device, struct kernel_plan *plan)
{
    const struct klink *link = kernel_device(ctx->kernel, vni, device->role);
    int master;

    if (!link) {
        struct kernel_op *op = kernel_plan_add(plan, "create device %s",
                                               device->l.name);

        nl_link_format_create(&device->l, op->request);
        op->advertise = device->role == KLINK_ADVERTISE;
        op->vrf = device->role == KLINK_VRF;
        return false;
    }
    if ((device->role == KLINK_VXLAN || device->role == KLINK_L3_VXLAN)
        && vxlan_differs(&link->l, &device->l)) {
        plan_link_del(&link->l, plan);
        return false;
    }
    master = device_master(ctx, vni, device, &link->l);
    /* Else in the next step. */
    return master >= 0 && plan_link(device, &link->l, master, plan);
}

/* Returns true if the 'devices' with 'vni' can be there; otherwise 'plan' says
 * why not. */
static bool
check_devices(const struct kernel_plan_ctx *ctx, uint32_t vni,
              const struct device devices[3], struct kernel_plan *plan)
{
    const struct klink *foreign = kernel_foreign_vxlan(ctx->kernel, vni);

    if (foreign) {
        plan_problem(plan, "vni-in-use",
                     "VNI %"PRIu32" has the vxlan device %s of someone else; "
                     "remove that device or choose another VNI",
                     vni, foreign->l.name);
        return false;
    }
    for (int i = 0; i < 3; i++) {
        const struct klink *link = device_in_use(ctx->kernel, &devices[i]);

        if (link) {
            plan_problem(plan, "device-in-use",
                         "device %s is someone else's; rename or remove it",
                         link->l.name);
            return false;
        }
    }
    return ctx->fenced && shadow_vtep(&ctx->model->host);
}

/* Appends the removal of our devices of 'vni' in the three roles of 'order':
 * the vxlan device is to be first, so that zebra sees the VNI go, the bridge
 * behind it (P9). */
static void
plan_devices_del(const struct kernel_plan_ctx *ctx, uint32_t vni,
                 const enum klink_role order[3], struct kernel_plan *plan)
{
    for (size_t i = 0; i < 3; i++) {
        const struct klink *link = kernel_device(ctx->kernel, vni, order[i]);

        if (link && link->ours) {
            plan_link_del(&link->l, plan);
        }
    }
}

/* Returns true if the VNI is free for a device of ours in another role, while
 * one in 'role' is on its way out (P1). */
static bool
vni_is_free(const struct kernel_plan_ctx *ctx, uint32_t vni,
            enum klink_role role)
{
    const struct klink *link = kernel_device(ctx->kernel, vni, role);

    return !link || !link->ours;
}

static void
vpc_devices_init(const struct kernel_plan_ctx *ctx, uint32_t l3vni,
                 struct device devices[3])
{
    char name[IFNAMSIZ];

    snprintf(name, sizeof name, KERNEL_VRF_FORMAT, l3vni);
    device_init(&devices[0], KLINK_VRF, name, "vrf");
    devices[0].l.vrf_table = KERNEL_VRF_TABLE(l3vni);
    snprintf(name, sizeof name, KERNEL_L3_BRIDGE_FORMAT, l3vni);
    device_init(&devices[1], KLINK_L3_BRIDGE, name, "bridge");
    devices[1].l.mac = ctx->model->host.router_mac;
    snprintf(name, sizeof name, KERNEL_L3_VXLAN_FORMAT, l3vni);
    device_init(&devices[2], KLINK_L3_VXLAN, name, "vxlan");
    device_set_vxlan(&devices[2], &ctx->model->host, l3vni);
}

/* Appends what the devices of the VPC with 'l3vni' need to 'plan', and sets
 * its 'ready', when there is a VRF that networks can be in, and 'problem'.
 * Without VRF there is no need of the others. */
void
kernel_plan_vpc(const struct kernel_plan_ctx *ctx, uint32_t l3vni,
                struct kernel_plan *plan)
{
    static const enum klink_role order[] = {
        KLINK_L3_VXLAN, KLINK_L3_BRIDGE, KLINK_VRF
    };
    const struct vpc *vpc = model_vpc(ctx->model, l3vni);
    struct device devices[3];

    if (!vpc || !vpc_is_active(vpc)) {
        plan_devices_del(ctx, l3vni, order, plan);
        return;
    }
    vpc_devices_init(ctx, l3vni, devices);
    if (!check_devices(ctx, l3vni, devices, plan)
        || !vni_is_free(ctx, l3vni, KLINK_VXLAN)) {
        return;
    }
    plan_device(ctx, l3vni, &devices[0], plan);
    if (kernel_device(ctx->kernel, l3vni, KLINK_VRF)) {
        plan->ready = true;
        plan_device(ctx, l3vni, &devices[1], plan);
        plan_device(ctx, l3vni, &devices[2], plan);
    }
}

/* Addresses of gateways. */

/* 'verb' is for the log. */
static void
plan_addr(const char *verb, int ifindex, uint32_t vni,
          const struct in6_addr *ip, uint8_t plen, bool del,
          struct kernel_plan *plan)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct kernel_op *op;
    struct nl_addr a = {
        .deleted = del,
        .ifindex = ifindex,
        .ip = *ip,
        .plen = plen,
        .protocol = del ? 0 : NL_PROTO,
    };

    ipv6_format_mapped(ip, &s);
    op = kernel_plan_add(plan, "%s address %s/%d of VNI %"PRIu32, verb,
                         ds_cstr(&s), plen, vni);
    ds_destroy(&s);
    nl_addr_format(&a, op->request);
    op->removes = del;
}

/* Returns the gateway of 'net' with the address 'ip' that is to be on its
 * bridge, which is in a VRF if 'in_vrf', or null. */
static const struct gateway *
wanted_gateway(const struct network *net, bool in_vrf,
               const struct in6_addr *ip)
{
    return net->vpc && in_vrf ? network_gateway(net, ip) : NULL;
}

/* Appends what the addresses on the bridge of 'net' need, which is there. */
static void
plan_addrs(const struct kernel_plan_ctx *ctx, const struct network *net,
           struct kernel_plan *plan)
{
    const struct klink *bridge = kernel_device(ctx->kernel, net->vni,
                                               KLINK_BRIDGE);
    const struct klink *vrf = kernel_link(ctx->kernel, bridge->l.master);
    bool in_vrf = vrf && vrf->ours && vrf->role == KLINK_VRF;
    const struct kaddr *addr;

    for (addr = kernel_next_addr(ctx->kernel, net->vni, NULL); addr;
         addr = kernel_next_addr(ctx->kernel, net->vni, addr)) {
        const struct gateway *gateway = wanted_gateway(net, in_vrf, &addr->ip);

        if (addr->ours && (!gateway || gateway->plen != addr->plen)) {
            plan_addr("remove", bridge->l.ifindex, net->vni, &addr->ip,
                      addr->plen, true, plan);
        }
    }
    for (size_t i = 0; net->vpc && in_vrf && i < net->n_gateways; i++) {
        const struct gateway *gateway = &net->gateways[i];

        addr = kernel_addr(ctx->kernel, net->vni, &gateway->ip);
        if (!addr || addr->plen != gateway->plen) {
            plan_addr("add", bridge->l.ifindex, net->vni, &gateway->ip,
                      gateway->plen, false, plan);
        }
    }
}

/* Appends to 'plan' that 'addr' of the bridge of network 'vni' is written once
 * more, as it is: the kernel tells zebra of it again. */
void
kernel_plan_tell_addr(const struct kernel *kernel, uint32_t vni,
                      const struct kaddr *addr, struct kernel_plan *plan)
{
    const struct klink *bridge = kernel_device(kernel, vni, KLINK_BRIDGE);

    if (bridge) {
        plan_addr("tell zebra, which lacks it, of", bridge->l.ifindex, vni,
                  &addr->ip, addr->plen, false, plan);
    }
}

/* Appends what the devices of network 'vni' need to 'plan', and sets its
 * 'ready' and 'problem'. */
void
kernel_plan_network(const struct kernel_plan_ctx *ctx, uint32_t vni,
                    struct kernel_plan *plan)
{
    static const enum klink_role order[] = {
        KLINK_VXLAN, KLINK_ADVERTISE, KLINK_BRIDGE
    };
    const struct network *net = model_network(ctx->model, vni);
    struct device devices[3];
    bool ready = true;

    if (!net || !network_is_active(net)) {
        if (!kernel_has_taps(ctx->kernel, vni)) {
            plan_devices_del(ctx, vni, order, plan);
        }
        return;
    }
    devices_init(ctx, net, devices);
    if (!check_devices(ctx, vni, devices, plan)
        || !vni_is_free(ctx, vni, KLINK_L3_VXLAN)) {
        return;
    }
    for (int i = 0; i < 3; i++) {
        ready = plan_device(ctx, vni, &devices[i], plan) && ready;
    }
    if (ready) {
        plan_addrs(ctx, net, plan);
    }
    plan->ready = ready;
}

/* Entries. */

/* Returns the ifindex of the device of 'vni' with 'role' if the devices can
 * take entries, otherwise 0. */
static int
entry_ifindex(const struct kernel *kernel, uint32_t vni, enum klink_role role)
{
    const struct klink *bridge = kernel_device(kernel, vni, KLINK_BRIDGE);
    const struct klink *port = kernel_device(kernel, vni, KLINK_ADVERTISE);

    if (!bridge || !bridge->ours || !(bridge->l.flags & IFF_UP)
        || !port || !port->ours || port->l.master != bridge->l.ifindex) {
        return 0;
    }
    return role == KLINK_BRIDGE ? bridge->l.ifindex : port->l.ifindex;
}

static bool
claim_is_announced(const struct claim *claim)
{
    return claim->state != LOCAL_YIELDED;
}

static void
plan_fdb(int ifindex, uint32_t vni, struct eth_addr mac, bool del,
         struct kernel_plan *plan)
{
    struct kernel_op *op = kernel_plan_add(
        plan, "%s FDB entry "ETH_ADDR_FMT" of VNI %"PRIu32,
        del ? "remove" : "add", ETH_ADDR_ARGS(mac), vni);
    struct nl_neigh n = {
        .deleted = del,
        .family = AF_BRIDGE,
        .ifindex = ifindex,
        .state = NUD_NOARP,
        .flags = NTF_MASTER,
        .has_mac = true,
        .mac = mac,
    };

    nl_neigh_format(&n, op->request);
    op->removes = del;
}

/* Adds neighbour 'ip' with 'mac', a router's if 'router', or removes it if
 * 'mac' is null. */
static void
plan_neigh(int ifindex, uint32_t vni, const struct in6_addr *ip,
           const struct eth_addr *mac, bool router, struct kernel_plan *plan)
{
    bool v4 = IN6_IS_ADDR_V4MAPPED(ip);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct kernel_op *op;
    struct nl_neigh n = {
        .deleted = !mac,
        .family = v4 ? AF_INET : AF_INET6,
        .ifindex = ifindex,
        .state = NUD_PERMANENT,
        .flags = router ? NTF_ROUTER : 0,
        .protocol = mac ? NL_PROTO : 0,
        .has_mac = mac != NULL,
        .mac = mac ? *mac : eth_addr_zero,
        .dst = *ip,
    };

    ipv6_format_mapped(ip, &s);
    op = kernel_plan_add(plan, "%s neighbour %s of VNI %"PRIu32,
                         mac ? "add" : "remove", ds_cstr(&s), vni);
    ds_destroy(&s);
    nl_neigh_format(&n, op->request);
    op->removes = !mac;
}

/* A MAC that is taken back from a remote VTEP: zebra forgot that the addresses
 * were here too, and has to be told again. */
static void
plan_ips_again(const struct kernel *kernel, const struct network *net,
               const struct local_mac *lm, struct kernel_plan *plan)
{
    int ifindex = entry_ifindex(kernel, net->vni, KLINK_BRIDGE);
    size_t n;
    struct in6_addr *ips = port_get_ips(lm->port, &n);

    for (size_t i = 0; i < n; i++) {
        const struct in6_addr *ip = &ips[i];
        const struct local_ip *li = network_local_ip(net, ip);
        const struct kneigh *neigh = kernel_neigh(kernel, net->vni, ip);

        if (li && li->port == lm->port && eth_addr_equals(li->mac, lm->mac)
            && claim_is_announced(&li->claim)
            && neigh && kneigh_is_ours(neigh)) {
            plan_neigh(ifindex, net->vni, ip, NULL, false, plan);
            plan_neigh(ifindex, net->vni, ip, &li->mac,
                       local_ip_is_router(li), plan);
        }
    }
    free(ips);
}

/* Appends what 'mac', that of a port here or a herald, needs in network 'vni'
 * to 'plan'. */
void
kernel_plan_local_mac(const struct kernel_plan_ctx *ctx, uint32_t vni,
                      struct eth_addr mac, struct kernel_plan *plan)
{
    const struct network *net = model_network(ctx->model, vni);
    const struct local_mac *lm = net ? network_local_mac(net, mac) : NULL;
    int ifindex = entry_ifindex(ctx->kernel, vni, KLINK_ADVERTISE);
    enum kfdb_place place = kernel_fdb(ctx->kernel, vni, mac);
    bool want = (lm ? lm->port->active && claim_is_announced(&lm->claim)
                 : net && network_has_herald(net, mac));

    if (!ifindex || want == (place == KFDB_OURS)) {
        return;
    }
    plan_fdb(ifindex, vni, mac, !want, plan);
    if (want && lm && place == KFDB_REMOTE) {
        plan_ips_again(ctx->kernel, net, lm, plan);
    }
}

/* Returns true if 'neigh', which is ours, says what 'li' is. */
static bool
neigh_is_that_of(const struct kneigh *neigh, const struct local_ip *li)
{
    return (eth_addr_equals(neigh->mac, li->mac)
            && ((neigh->flags & NTF_ROUTER) != 0) == local_ip_is_router(li));
}

/* Appends what 'ip' of a port here needs in network 'vni' to 'plan'. */
void
kernel_plan_local_ip(const struct kernel_plan_ctx *ctx, uint32_t vni,
                     const struct in6_addr *ip, struct kernel_plan *plan)
{
    const struct network *net = model_network(ctx->model, vni);
    const struct local_ip *li = net ? network_local_ip(net, ip) : NULL;
    int ifindex = entry_ifindex(ctx->kernel, vni, KLINK_BRIDGE);
    const struct kneigh *neigh = kernel_neigh(ctx->kernel, vni, ip);
    bool ours = neigh && kneigh_is_ours(neigh);
    bool want = (li && li->port->active && claim_is_announced(&li->claim));

    if (!ifindex) {
        return;
    }
    if (want && !(ours && neigh_is_that_of(neigh, li))) {
        plan_neigh(ifindex, vni, ip, &li->mac, local_ip_is_router(li), plan);
    } else if (!want && ours) {
        plan_neigh(ifindex, vni, ip, NULL, false, plan);
    }
}

/* Appends the removal of an entry of zebra's in network 'vni' to 'plan'; see
 * kernel-plan.h.  A MAC has an entry in the bridge and one in the vxlan
 * device. */
void
kernel_plan_orphan(const struct kernel *kernel, uint32_t vni,
                   const struct eth_addr *mac, const struct in6_addr *ip,
                   struct kernel_plan *plan)
{
    const struct klink *bridge = kernel_device(kernel, vni, KLINK_BRIDGE);
    const struct klink *vxlan = kernel_device(kernel, vni, KLINK_VXLAN);
    struct nl_neigh n = {
        .deleted = true,
        .family = AF_BRIDGE,
        .has_mac = true,
    };

    if (mac && ip) {
        if (bridge) {
            plan_neigh(bridge->l.ifindex, vni, ip, NULL, false, plan);
        }
    } else if (vxlan) {
        n.ifindex = vxlan->l.ifindex;
        n.mac = mac ? *mac : eth_addr_zero;
        n.dst = ip ? *ip : in6addr_any;
        for (int self = !mac; self < 2; self++) {
            struct kernel_op *op = kernel_plan_add(
                plan, "remove orphan of zebra "ETH_ADDR_FMT" of VNI %"PRIu32,
                ETH_ADDR_ARGS(n.mac), vni);

            n.flags = self ? NTF_SELF : NTF_MASTER;
            nl_neigh_format(&n, op->request);
            op->removes = true;
        }
    }
}

/* Appends that the vxlan device of network 'vni', if it is ours, goes down and
 * up again, which makes bgpd tell zebra all again (P3), to 'plan'. */
void
kernel_plan_flap(const struct kernel *kernel, uint32_t vni,
                 struct kernel_plan *plan)
{
    const struct klink *link = kernel_device(kernel, vni, KLINK_VXLAN);

    if (link && link->ours) {
        for (int up = 0; up < 2; up++) {
            struct kernel_op *op = kernel_plan_add(
                plan, "%s: set %s, since zebra lacks what bgpd has",
                link->l.name, up ? "up" : "down");

            nl_link_format_up(link->l.ifindex, up, op->request);
        }
    }
}
