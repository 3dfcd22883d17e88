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
#include "ovs-ext/host/libvirt-internal.h"

/* In place of libvirt-conn.c, where there is no libvirt to build with. */

/* See libvirt-internal.h. */
void
libvirt_thread_main(struct libvirt_feed *feed)
{
    char error[] = "not built in";
    struct libvirt_snapshot snapshot = {
        .known = true,
        .error = error,
        .domains = SHASH_INITIALIZER(&snapshot.domains),
    };

    libvirt_feed_publish(feed, &snapshot);
    shash_destroy(&snapshot.domains);
}
