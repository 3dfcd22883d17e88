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

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "openvswitch/json.h"
#include "ovs-ext/host/domain-xml.h"
#include "ovs-ext/host/hooks/hook-db.h"
#include "ovs-ext/host/hooks/hook-tap.h"
#include "ovs-ext/host/hooks/hook-txn.h"
#include "socket-util.h"
#include "util.h"

/* Adoption: the tap of a plain NIC, which libvirt has put into a Linux bridge
 * brvx-N, becomes a port of Open vSwitch, with the external_ids that libvirt
 * would have given it.  libvirt does not mind, but does not take the port away
 * either: that is done when the domain has gone, or when the tap has. */

/* Takes device 'tap' out of 'bridge', if it is in it.  Returns 0 or an
 * errno. */
static int
leave_bridge(const char *bridge, const char *tap)
{
    struct ifreq ifr;
    int error;

    memset(&ifr, 0, sizeof ifr);
    ovs_strlcpy(ifr.ifr_name, bridge, sizeof ifr.ifr_name);
    ifr.ifr_ifindex = if_nametoindex(tap);
    error = (ifr.ifr_ifindex ? af_inet_ioctl(SIOCBRDELIF, &ifr) : ENODEV);
    return error == EINVAL ? 0 : error;
}

static char *
read_taps(struct hook *h, struct json *where, struct json **reply)
{
    struct json *query = hook_txn_create("Open_vSwitch");

    hook_tap_query(query, where, h->bridge);
    return hook_read(h, h->ovs, query, reply);
}

static char *
write_taps(struct hook *h, struct json *txn)
{
    static const struct hook_db_counter counter = {
        "Open_vSwitch", "Open_vSwitch", NULL, "cur_cfg",
    };
    struct json *reply;
    size_t last;
    bool late;
    char *error;

    hook_tap_raise(txn);
    last = hook_txn_n_ops(txn) - 1;
    error = hook_read(h, h->ovs, txn, &reply);
    if (!error) {
        int64_t cfg = hook_row_integer(hook_reply_row(reply, last, 0),
                                       "next_cfg");

        json_destroy(reply);
        error = hook_db_wait(h->ovs, &counter, cfg, &late);
        if (late) {
            free(error);
            error = xasprintf("ovs-vswitchd has not taken over its port "
                              "within %u s; is it running?", h->timeout);
        }
    }
    return error;
}

/* Makes the tap of the plain NIC 'nic' of the domain with 'uuid' a port of
 * the integration bridge, unless it is one. */
char *
hook_adopt(struct hook *h, const struct domain_nic *nic, const char *uuid)
{
    struct json *reply;
    char *error = read_taps(h, hook_where_name("name", nic->tap), &reply);
    int retval;

    if (error) {
        return error;
    }
    if (!hook_reply_n_rows(reply, HOOK_TAP_INTERFACES)) {
        struct json *txn = hook_txn_create("Open_vSwitch");

        /* The kernel's datapath takes no port of another bridge. */
        retval = leave_bridge(nic->bridge, nic->tap);
        if (retval) {
            error = xasprintf("it cannot leave %s (%s)", nic->bridge,
                              ovs_strerror(retval));
            json_destroy(txn);
        } else {
            hook_tap_plan_add(txn, h->bridge, nic, uuid);
            error = write_taps(h, txn);
        }
    }
    json_destroy(reply);
    return error;
}

/* Takes the ports away that were made of taps which have gone. */
char *
hook_reap(struct hook *h)
{
    struct json *txn = hook_txn_create("Open_vSwitch");
    struct json *reply;
    char *error = read_taps(h, hook_tap_adopted(), &reply);
    bool any = false;

    for (size_t i = 0;
         !error && i < hook_reply_n_rows(reply, HOOK_TAP_INTERFACES); i++) {
        const char *tap = hook_row_string(
            hook_reply_row(reply, HOOK_TAP_INTERFACES, i), "name");

        if (!if_nametoindex(tap)) {
            any |= hook_tap_plan_del(txn, reply, h->bridge, tap);
        }
    }
    if (!error) {
        json_destroy(reply);
    }
    if (error || !any) {
        json_destroy(txn);
        return error;
    }
    error = hook_read(h, h->ovs, txn, &reply);
    json_destroy(reply);
    return error;
}
