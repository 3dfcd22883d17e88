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

#ifndef OVS_EXT_CTL_CLOUDSTACK_H
#define OVS_EXT_CTL_CLOUDSTACK_H 1

/* Links of a CloudStack host to ovs-ext-hook.
 *
 * CloudStack's agent looks for its scripts along its class path, where
 * /etc/cloudstack/agent comes first and survives upgrades of its packages; for
 * its own hooks in a directory that agent.properties may name; and libvirt in
 * /etc/libvirt/hooks/qemu.d.  A link to our program in each of these is all
 * that there is to install.
 *
 * A link is ours if it leads to a file named as ours is, wherever that is; so
 * nothing has to be noted anywhere.  What is not ours is never touched.
 *
 * These commands need no database.  They take --root=DIR for another root
 * directory than "/", which paths in links do not have in front. */

struct ctl_context;

void ctl_cloudstack_install(struct ctl_context *);
void ctl_cloudstack_remove(struct ctl_context *);
void ctl_cloudstack_check(struct ctl_context *);

#endif /* ovs-ext/ctl-cloudstack.h */
