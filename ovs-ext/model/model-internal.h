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

#ifndef OVS_EXT_MODEL_MODEL_INTERNAL_H
#define OVS_EXT_MODEL_MODEL_INTERNAL_H 1

/* What the files of the model share with each other and with nobody else. */

#include "ovs-ext/model/model.h"

/* model-network.c */
struct network *network_find(const struct model *, uint32_t vni);
struct network *network_get(struct model *, uint32_t vni);
void network_gc(struct model *, struct network *);
void network_destroy(struct model *, struct network *);
void network_row_destroy(struct model *, struct network_row *);
const struct network_row *network_row_find(const struct model *,
                                           const char *name);
void network_dirty(struct model *, const struct network *);
void network_dirty_all(struct model *, const struct network *);
void network_dirty_routing(struct model *, const struct network *);

/* model-moves.c */
void moves_leave(struct model *, const struct owner *, const char *place);
void moves_arrive(struct model *, const struct owner *, const char *place);
bool moves_are_too_many(const struct model *, const struct owner *);
void moves_rename(struct model *, uint32_t vni);
void moves_run(struct model *, bool all);
long long int moves_next_due(const struct model *);

/* model-security.c */
void port_set_security(struct port *);

/* model-gateway.c */
void network_check_mtu(struct model *, const struct network *);

/* model-hops.c */
struct hop_set *hop_set_get(struct model *, const struct route_hop *,
                            size_t n);
void hop_set_unref(struct model *, struct hop_set *);
void hop_set_dirty(struct model *, const struct hop_set *);

/* model-route.c */
void vrf_dirty_all(struct model *, uint32_t l3vni);
void vrf_destroy_all(struct model *);

/* model-vpc.c */
void vpc_dirty_network(struct model *, const struct network *);
void vpc_destroy(struct model *, struct vpc *);
void vpc_row_destroy(struct model *, struct vpc_row *);
void vpc_dirty(struct model *, const struct vpc *);
void vpc_dirty_by_l3vni(struct model *, uint32_t vni);
void vpc_resolve(struct model *, const char *name);
void vpc_leave(struct model *, struct network *);
void vpc_check(struct model *, struct network *, const char *name);
struct eth_addr gateway_mac_default(uint32_t vni);
struct eth_addr router_mac_for(const struct in6_addr *vtep4,
                               const struct in6_addr *vtep6);

/* model-port.c */
struct port *port_find(const struct model *, const char *name);
struct port *port_find_by_ofport(const struct model *, uint32_t ofport);
void port_resolve(struct model *, struct port *, long long int now);
void port_destroy(struct model *, struct port *);
void port_clear_carried(struct model *, struct port *);
void port_dirty_by_row_network(struct model *, const char *network);

/* model-vm.c */
void iface_init_vm(struct model *, struct iface *);
bool iface_is_held(const struct model *, const struct iface *);
void vms_settle(struct model *);
bool iface_linger(struct model *, struct iface *);
void ifaces_stop_lingering(struct model *, struct port *);
void port_linger(struct model *, struct port *, long long int now);
void port_set_timer(struct model *, const struct port *, long long int when);
void vms_run(struct model *, long long int now);
long long int vms_next_due(const struct model *);
void port_follow_vm(struct model *, struct port *, long long int now);
bool port_migrates(const struct model *, const struct port *);

/* model-herald.c */
void herald_acquire(struct model *, const struct port *, long long int now);
void herald_release(struct model *, const struct port *);
void herald_dirty_all(struct model *, const struct network *);
void herald_contest(struct model *, const struct network *, struct eth_addr);

/* model-iface.c */
void iface_destroy(struct model *, struct iface *);
struct port *port_get(struct model *, const char *name);

/* model-rule.c */
void rule_dirty(struct model *, const struct policy_rule *);
void rule_dirty_parents(struct model *, const struct policy_rule *);
void policy_list_init(struct policy_list *, struct security_group *,
                      struct network_row *);
void policy_list_uninit(struct model *, struct policy_list *);
void policy_list_set(struct model *, struct policy_list *,
                     const struct uuid *, size_t n);
void policy_list_disable(struct model *, struct policy_list *);
void policy_list_dirty(struct model *, struct policy_list *);
void policy_list_dirty_owner(struct model *, const struct policy_list *);
void policy_list_resolve(struct model *, struct policy_list *);

/* model-group.c */
struct security_group *group_get(struct model *, const struct uuid *);
void group_gc(struct model *, struct security_group *);
void group_use(struct model *, struct security_group *, bool more);
void group_dirty_all(struct model *, const struct security_group *);
void port_policy_resolve(struct model *, struct port *);
void port_policy_update(struct model *, struct port *);
void port_policy_uninit(struct model *, struct port *);
void policy_dirty_all(struct model *);
void policy_uninit(struct model *);

/* model-linger.c */
void linger_begin(struct model *, struct port *);
void linger_end(struct port *);
void linger_run(struct model *);
long long int linger_next_due(const struct model *);

/* model-local.c: the addresses that the ports of a network have. */
void local_acquire(struct model *, struct port *, long long int now);
void local_release_mac(struct model *, struct network *, const struct port *,
                       struct eth_addr);
void local_release_ip(struct model *, struct network *, const struct port *,
                      const struct in6_addr *);
void local_dirty(struct model *, const struct port *);
void local_claim_again(struct model *, const struct port *,
                       long long int now);
void local_contest_all(struct model *, const struct port *);
void local_contest_mac(struct model *, const struct network *,
                       struct eth_addr);
void local_contest_ip(struct model *, const struct network *,
                      const struct in6_addr *);
void local_judge(struct model *, const struct owner *, long long int now);
void local_ip_changed(struct model *, const struct network *,
                      const struct in6_addr *);
void local_mac_changed(struct model *, const struct network *,
                       struct eth_addr);
void local_note_leave(struct model *, const struct owner *,
                      const struct port *);
struct local_ip *local_ip_find(const struct network *,
                               const struct in6_addr *);
struct local_mac *local_mac_find(const struct network *, struct eth_addr);

/* model-glean.c */
void glean_forget(struct model *, uint32_t vni, const struct in6_addr *);
void glean_forget_all(struct network *);
void glean_dirty_all(struct model *, const struct network *);
void glean_run(struct model *, long long int now);
long long int glean_next_due(const struct model *);

/* model-learn.c */
void learn_set_meaning(struct port *);
void learn_revise(struct model *, struct port *);
void learn_forget(struct model *, struct learned *);
void learn_release(struct model *, struct learned *);
void learn_expect(struct model *, const struct port *, struct eth_addr,
                  long long int now);
void learn_carried(struct model *, struct port *, long long int now);
void learn_judged(struct model *, struct learned *, const struct claim *);
void learn_run(struct model *, long long int now);
long long int learn_next_due(const struct model *);
void learn_uninit(struct model *);

#endif /* ovs-ext/model/model-internal.h */
