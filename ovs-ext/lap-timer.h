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

#ifndef OVS_EXT_LAP_TIMER_H
#define OVS_EXT_LAP_TIMER_H 1

/* How long the iterations of the main loop take.
 *
 * That is the time for which the loop works, or waits in a system call; not
 * the time for which it could work and the scheduler gives the CPU to others,
 * which says how busy the host is. */

struct lap_timer {
    int fd;                     /* schedstat of this thread, or -1. */
    long long int start;        /* us: when the lap began. */
    long long int start_delay;  /* us waited for a CPU until then. */
    long long int longest;      /* us: longest lap. */
};

void lap_timer_init(struct lap_timer *);
void lap_timer_uninit(struct lap_timer *);
void lap_timer_begin(struct lap_timer *);
void lap_timer_end(struct lap_timer *);

#endif /* ovs-ext/lap-timer.h */
