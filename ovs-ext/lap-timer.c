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
#include "ovs-ext/lap-timer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "timeval.h"
#include "util.h"

/* Initializes 't' for the calling thread. */
void
lap_timer_init(struct lap_timer *t)
{
    memset(t, 0, sizeof *t);
    t->fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

/* Frees what 't' has. */
void
lap_timer_uninit(struct lap_timer *t)
{
    if (t->fd >= 0) {
        close(t->fd);
    }
}

/* Returns for how many us this thread has waited for a CPU; 0 if the kernel
 * does not tell. */
static long long int
read_delay(const struct lap_timer *t)
{
    uint64_t run, delay;
    char s[64];
    ssize_t n = t->fd >= 0 ? pread(t->fd, s, sizeof s - 1, 0) : 0;

    s[MAX(n, 0)] = '\0';
    return ovs_scan(s, "%"SCNu64" %"SCNu64, &run, &delay) ? delay / 1000 : 0;
}

/* A lap begins. */
void
lap_timer_begin(struct lap_timer *t)
{
    t->start_delay = read_delay(t);
    t->start = time_usec();
}

/* The lap ends. */
void
lap_timer_end(struct lap_timer *t)
{
    long long int us = time_usec() - t->start;

    if (us > t->longest) {
        us -= read_delay(t) - t->start_delay;
        t->longest = MAX(t->longest, us);
    }
}
