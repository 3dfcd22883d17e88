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

#ifndef TESTS_UNIT_MODEL_SCRIPT_H
#define TESTS_UNIT_MODEL_SCRIPT_H 1

/* Facts as text, one a line (see script.h):
 *
 *     host vtep=192.0.2.1 tunnel=100 [dup_moves=N dup_time=MS]
 *     vpc NAME [L3VNI]                    del-vpc NAME
 *     network NAME VNI [drop] [drop-arp] [no-suppression]
 *             [acl=RULE,...] [ingress=ACTION] [egress=ACTION]
 *             [vpc=VPC] [IP/LEN]... [gateway_mac=MAC] [mtu=N]
 *                                         del-network NAME
 *     keep VNI                            del-keep VNI
 *     port NAME NETWORK [standby] [groups=GROUP,...] [security=on|off]
 *             [allow=WHAT]... [bad-ips] [pair=IP[/LEN][,MAC]]...
 *             [learn|no-learn] [max-learned=N]
 *             [MAC|IP]...                 del-port NAME
 *     rule RULE ingress|egress [priority=N] [ethertype=N] [protocol=N]
 *             [ports=N[-N]] [icmp=N[/N]] [PREFIX]... [remote=GROUP]
 *             [allow|drop|reject] [log] [stateless] [error=WORD]
 *                                         del-rule RULE
 *     group GROUP [RULE]...               del-group GROUP
 *     iface NAME [id=ID] [profile=P] [mac=M] [ofport=N] [vm=UUID]
 *                                         del-iface NAME
 *     vm UUID runs|held                   del-vm UUID
 *     vms-known                           vms-unknown
 *     wake OFPORT
 *     mac VNI MAC VTEP|nhg=ID             del-mac VNI MAC
 *     flood VNI VTEP                      del-flood VNI VTEP
 *     neigh VNI IP MAC [router]           del-neigh VNI IP
 *     nhg ID VTEP...                      del-nhg ID
 *     route L3VNI PREFIX [[l3/]VNI/[IP]]...   del-route L3VNI PREFIX
 *     router-mac L3VNI VTEP MAC           del-router-mac L3VNI VTEP
 *     hear VNI OFPORT MAC [IP [tentative]]
 *     glean VNI IP MAC
 *     adopt VNI IP MAC                    adopt port OFPORT MAC
 *     learn-age MS                        underlay MTU4 MTU6
 *     run [NOW]                           settle
 *     nd-extension yes|no
 *
 * RULE and GROUP are up to 16 letters; these are the bytes of the UUID. */

#include "uuid.h"

struct ds;
struct model;
struct svec;

void model_script_line(void *model, const struct svec *words);
void model_script_run(struct model *, const char *script);
bool model_script_route(struct model *, const struct svec *words);
struct uuid model_script_uuid(const char *name);
const char *model_script_name(const struct uuid *);
void model_script_dump(const struct model *, struct ds *);

#endif /* tests/unit/model-script.h */
