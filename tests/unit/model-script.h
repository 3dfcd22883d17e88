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
 *     host vtep=192.0.2.1 tunnel=100
 *     network NAME VNI [drop]             del-network NAME
 *     port NAME NETWORK [standby] [MAC|IP]...    del-port NAME
 *     iface NAME [id=ID] [profile=P] [mac=M] [ofport=N]   del-iface NAME
 *     mac VNI MAC VTEP|nhg=ID             del-mac VNI MAC
 *     flood VNI VTEP                      del-flood VNI VTEP
 *     neigh VNI IP MAC [router]           del-neigh VNI IP
 *     nhg ID VTEP...                      del-nhg ID
 *     run [NOW]                           settle
 */

struct ds;
struct model;
struct svec;

void model_script_line(void *model, const struct svec *words);
void model_script_run(struct model *, const char *script);
void model_script_dump(const struct model *, struct ds *);

#endif /* tests/unit/model-script.h */
