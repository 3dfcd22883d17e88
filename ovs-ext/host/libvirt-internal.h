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

#ifndef OVS_EXT_HOST_LIBVIRT_INTERNAL_H
#define OVS_EXT_HOST_LIBVIRT_INTERNAL_H 1

/* Between the thread that speaks with libvirt and libvirt-watch.c, which the
 * main loop asks. */

#include "openvswitch/compiler.h"
#include "ovs-ext/host/libvirt-watch.h"

/* The thread.  It ends when libvirt_feed_next() returns false. */
struct libvirt_feed;
void libvirt_thread_main(struct libvirt_feed *);

/* Takes what the main loop wants: stores in '*uri', which the caller frees,
 * what to connect to, null for nothing.  Returns false if the thread is to
 * end. */
bool libvirt_feed_next(struct libvirt_feed *, char **uri);

/* A file descriptor that is readable until libvirt_feed_next() has been called
 * after the main loop wanted something else. */
int libvirt_feed_fd(const struct libvirt_feed *);

/* The thread brackets what may take any time with these.  Returns false if it
 * is to end instead. */
bool libvirt_feed_begin(struct libvirt_feed *) OVS_WARN_UNUSED_RESULT;
void libvirt_feed_end(struct libvirt_feed *);

/* Publishes a copy of 'snapshot'. */
void libvirt_feed_publish(struct libvirt_feed *,
                          const struct libvirt_snapshot *);

/* Domains. */
void libvirt_domain_set_nics(struct libvirt_domain *, const char *xml);
void libvirt_domain_destroy(struct libvirt_domain *);

#endif /* ovs-ext/host/libvirt-internal.h */
