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
#include "ovs-ext/ctl-internal.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include "db-ctl-base.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb-sync/row-parse.h"
#include "packets.h"
#include "svec.h"
#include "util.h"

/* "frr-example": a configuration of FRR for a host, with explanations. */

struct frr_args {
    unsigned int as;
    struct svec uplinks;
    ovs_be32 vtep;
};

/* Returns the first global IPv4 address of lo, or 0. */
static ovs_be32
lo_address(void)
{
    struct ifaddrs *list, *ifa;
    ovs_be32 ip = 0;

    if (getifaddrs(&list)) {
        return 0;
    }
    for (ifa = list; ifa && !ip; ifa = ifa->ifa_next) {
        if (ifa->ifa_addr && ifa->ifa_addr->sa_family == AF_INET
            && !strcmp(ifa->ifa_name, "lo")) {
            const struct sockaddr_in *sin
                = ALIGNED_CAST(const struct sockaddr_in *, ifa->ifa_addr);

            ip = sin->sin_addr.s_addr;
            if (ntohl(ip) >> 24 == 127) {
                ip = 0;
            }
        }
    }
    freeifaddrs(list);
    return ip;
}

/* Each of these parses 's' into 'args', and returns null or an error. */

static char *
parse_as(struct frr_args *args, const char *s)
{
    if (!s[0] || s[strspn(s, "0123456789")]
        || !str_to_uint(s, 10, &args->as) || !args->as) {
        return xasprintf("AS \"%s\" is not a number in the range "
                         "1...4294967295", s);
    }
    return NULL;
}

static char *
parse_uplinks(struct frr_args *args, const char *s)
{
    svec_clear(&args->uplinks);
    while (*s) {
        size_t n = strcspn(s, ",");

        if (!n || n >= IFNAMSIZ || strcspn(s, " /!") < n) {
            return xasprintf("uplink \"%.*s\" is not the name of an "
                             "interface; write them as \"eth0,eth1\"",
                             (int) n, s);
        }
        svec_add_nocopy(&args->uplinks, xmemdup0(s, n));
        s += n + (s[n] == ',');
    }
    return NULL;
}

static char *
parse_vtep(struct frr_args *args, const char *s)
{
    struct in6_addr ip;
    char *error = row_parse_ip(s, &ip);

    if (!error && !IN6_IS_ADDR_V4MAPPED(&ip)) {
        error = xasprintf("VTEP address \"%s\" is not IPv4, as this version "
                          "of FRR wants it", s);
    }
    args->vtep = error ? 0 : in6_addr_get_mapped_ipv4(&ip);
    return error;
}

/* Parses the options behind the command, "--as=AS" or "--as AS", into 'args'.
 * Returns null or an error. */
static char *
parse_args(struct frr_args *args, int argc, char *argv[])
{
    static const struct {
        const char *name;
        char *(*parse)(struct frr_args *, const char *);
    } options[] = {
        { "--as", parse_as },
        { "--uplinks", parse_uplinks },
        { "--vtep-ip", parse_vtep },
    };

    for (int i = 1; i < argc; i++) {
        size_t n = strcspn(argv[i], "=");
        char *error = NULL;
        size_t j;

        for (j = 0; j < ARRAY_SIZE(options); j++) {
            if (n == strlen(options[j].name)
                && !strncmp(argv[i], options[j].name, n)) {
                break;
            }
        }
        if (j == ARRAY_SIZE(options)) {
            error = xasprintf("\"%s\" is no option of it; it takes --as=AS, "
                              "--uplinks=DEV,DEV and --vtep-ip=IP", argv[i]);
        } else if (argv[i][n]) {
            error = options[j].parse(args, argv[i] + n + 1);
        } else if (i + 1 < argc) {
            error = options[j].parse(args, argv[++i]);
        } else {
            error = xasprintf("%s needs a value", options[j].name);
        }
        if (error) {
            return error;
        }
    }
    return NULL;
}

/* Completes 'args', and returns null, or what is missing. */
static char *
check_args(struct frr_args *args)
{
    if (!args->as) {
        return xstrdup("the AS of the host is missing; add --as=AS");
    } else if (svec_is_empty(&args->uplinks)) {
        return xstrdup("the interfaces to the leaf switches are missing; add "
                       "--uplinks=DEV,DEV");
    }
    if (!args->vtep) {
        args->vtep = lo_address();
    }
    return (args->vtep ? NULL
            : xstrdup("lo has no global IPv4 address that could be the "
                      "VTEP's; add --vtep-ip=IP"));
}

static void
put_interfaces(struct ds *s, const struct svec *uplinks)
{
    const char *dev;
    size_t i;

    ds_put_cstr(s, "\
! The leaf switches are found by their router advertisements, and find us by\n\
! ours: no addresses on the uplinks (BGP unnumbered).\n");
    SVEC_FOR_EACH (i, dev, uplinks) {
        ds_put_format(s, "interface %s\n ipv6 nd ra-interval 3\n"
                      " no ipv6 nd suppress-ra\nexit\n!\n", dev);
    }
}

static void
put_bgp(struct ds *s, const struct frr_args *args)
{
    const char *dev;
    size_t i;

    ds_put_format(s, "\
router bgp %u\n\
 ! Route distinguishers are made of it, so that no two hosts have the same.\n\
 bgp router-id "IP_FMT"\n\
 ! Both uplinks are used, though the leaf switches have different ASes.\n\
 bgp bestpath as-path multipath-relax\n\
 no bgp default ipv4-unicast\n\
 neighbor FABRIC peer-group\n\
 neighbor FABRIC remote-as external\n", args->as, IP_ARGS(args->vtep));
    SVEC_FOR_EACH (i, dev, &args->uplinks) {
        ds_put_format(s, " neighbor %s interface peer-group FABRIC\n", dev);
    }
    ds_put_format(s, "\
 !\n\
 address-family ipv4 unicast\n\
  ! The VTEP, on lo, and nothing else: the host is nobody's way to others.\n\
  network "IP_FMT"/32\n\
  neighbor FABRIC activate\n\
  neighbor FABRIC prefix-list OWN-VTEP out\n\
 exit-address-family\n\
 !\n\
 address-family l2vpn evpn\n\
  neighbor FABRIC activate\n\
  ! What one leaf switch told is not told to the other.\n\
  neighbor FABRIC route-map OWN-ROUTES out\n\
  ! All networks that ovs-ext makes.  Route targets are automatic, as in the\n\
  ! rest of a Netris fabric: (AS & 0xffff):VNI = %u:VNI; the VNI is what is\n\
  ! compared.  If your fabric has others, add for each VNI:\n\
  !  vni 10100\n\
  !   route-target both 65000:10100\n\
  !  exit-vni\n\
  advertise-all-vni\n\
 exit-address-family\n\
exit\n\
!\n", IP_ARGS(args->vtep), args->as & 0xffff);
}

static void
put_example(struct ds *s, const struct frr_args *args)
{
    ds_put_format(s, "\
! /etc/frr/frr.conf of a host that runs ovs-ext.\n\
!\n\
! /etc/frr/daemons has bgpd=yes, watchfrr_enable=yes and\n\
! zebra_options=\"-A 127.0.0.1 -s 90000000\".\n\
! "IP_FMT" is an address of lo.  The MTU of the uplinks is 50 bytes larger\n\
! than that of the VMs.\n\
!\n\
! ovs-ext adds \"vrf vpc-N\" and \"router bgp %u vrf vpc-N\" for each\n\
! VPC that is in use on this host, and removes them.\n\
!\n\
frr defaults datacenter\n\
log syslog informational\n\
!\n\
! Other VTEPs may be reached by a default route.\n\
ip nht resolve-via-default\n\
!\n", IP_ARGS(args->vtep), args->as);
    put_interfaces(s, &args->uplinks);
    put_bgp(s, args);
    ds_put_format(s, "\
ip prefix-list OWN-VTEP seq 5 permit "IP_FMT"/32\n\
!\n\
! An empty AS path: made here.\n\
bgp as-path access-list OWN-ROUTES seq 5 permit ^$\n\
!\n\
route-map OWN-ROUTES permit 10\n\
 match as-path OWN-ROUTES\n\
exit\n\
!\n\
end\n", IP_ARGS(args->vtep));
}

/* "frr-example --as=AS --uplinks=DEV,DEV [--vtep-ip=IP]".  It looks at no
 * database: 'ctx' has arguments and output only. */
void
ctl_frr_example(struct ctl_context *ctx)
{
    struct frr_args args = { .uplinks = SVEC_EMPTY_INITIALIZER };
    char *error = parse_args(&args, ctx->argc, ctx->argv);

    if (!error) {
        error = check_args(&args);
    }
    if (!ctl_cmd_report(ctx, "frr-example", error)) {
        put_example(&ctx->output, &args);
    }
    svec_destroy(&args.uplinks);
}
