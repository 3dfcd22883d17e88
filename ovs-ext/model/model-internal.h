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

/* model-port.c */
struct port *port_find(const struct model *, const char *name);
void port_resolve(struct model *, struct port *, long long int now);
void port_destroy(struct model *, struct port *);
void port_dirty_by_row_network(struct model *, const char *network);

/* model-iface.c */
void iface_destroy(struct model *, struct iface *);
struct port *port_get(struct model *, const char *name);

/* model-local.c: the addresses that the ports of a network have. */
void local_acquire(struct model *, struct port *, long long int now);
void local_release_mac(struct model *, struct network *, const struct port *,
                       struct eth_addr);
void local_release_ip(struct model *, struct network *, const struct port *,
                      const struct in6_addr *);
void local_dirty(struct model *, const struct port *);
void local_contest_mac(struct model *, const struct network *,
                       struct eth_addr);
void local_contest_ip(struct model *, const struct network *,
                      const struct in6_addr *);
void local_judge(struct model *, const struct owner *, long long int now);

#endif /* ovs-ext/model/model-internal.h */
