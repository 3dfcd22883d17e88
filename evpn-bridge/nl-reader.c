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
#include "evpn-bridge/nl-reader.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include "evpn-bridge/nl-msg.h"
#include "latch.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "util.h"

/* The kernel fills at most 32 kB at once. */
#define PART_SIZE 32768

/* Parts that may wait to be popped. */
#define MAX_PARTS 64

struct nl_reader {
    pthread_t thread;
    struct latch wake_main;     /* 'parts' has more. */

    struct ovs_mutex mutex;
    pthread_cond_t cond;        /* What follows has changed. */
    uint16_t type OVS_GUARDED;  /* Read that is asked for; 0 for none. */
    uint8_t family OVS_GUARDED;
    struct ovs_list parts OVS_GUARDED; /* "struct nl_part"s. */
    size_t n_parts OVS_GUARDED;
    bool exiting OVS_GUARDED;

    /* Of the thread. */
    struct nl_sock *sock;       /* Null if there is none. */
    uint32_t seq;               /* Of the last read. */
};

/* Frees 'part'. */
void
nl_part_destroy(struct nl_part *part)
{
    ofpbuf_uninit(&part->buf);
    free(part);
}

/* In the thread. */

static int
send_request(struct nl_reader *r, uint16_t type, uint8_t family)
{
    uint64_t stub[64 / 8];
    struct ofpbuf request = OFPBUF_STUB_INITIALIZER(stub);
    int error = r->sock ? 0 : nl_sock_create(NETLINK_ROUTE, &r->sock);

    if (!error) {
        nl_dump_format(type, family, &request);
        error = nl_sock_send_seq(r->sock, &request, ++r->seq, true);
    }
    ofpbuf_uninit(&request);
    return error;
}

/* Sets 'last' and 'error' of 'part' if the kernel says in it that the read has
 * ended. */
static void
look_at_part(struct nl_part *part)
{
    struct ofpbuf rest = part->buf;
    struct ofpbuf msg;

    while (nl_msg_next(&rest, &msg)) {
        int error;

        if (nl_msg_nlmsgerr(&msg, &error, NULL)) {
            part->error = error ? error : EPROTO;
            part->last = true;
        } else if (nl_msg_nlmsghdr(&msg)->nlmsg_type == NLMSG_DONE) {
            const int *status = ofpbuf_at(&msg, NLMSG_HDRLEN, sizeof *status);

            part->error = status && *status < 0 ? -*status : 0;
            part->last = true;
        }
    }
}

/* Returns the next part of the read under way, or, if 'error' is not 0, the
 * last one of a read that failed with it. */
static struct nl_part *
receive_part(struct nl_reader *r, int error)
{
    struct nl_part *part = xzalloc(sizeof *part);

    ofpbuf_init(&part->buf, error ? 0 : PART_SIZE);
    part->error = (error ? error
                   : nl_sock_recv(r->sock, &part->buf, NULL, true));
    if (part->error) {
        ofpbuf_clear(&part->buf);
        part->last = true;
    } else {
        look_at_part(part);
    }
    return part;
}

/* Appends 'part' to those that wait, when there is room.  Returns false if the
 * read is not to go on. */
static bool
push_part(struct nl_reader *r, struct nl_part *part)
{
    bool go_on;

    ovs_mutex_lock(&r->mutex);
    while (!r->exiting && r->n_parts >= MAX_PARTS) {
        ovs_mutex_cond_wait(&r->cond, &r->mutex);
    }
    go_on = !r->exiting && !part->last;
    ovs_list_push_back(&r->parts, &part->list_node);
    r->n_parts++;
    latch_set(&r->wake_main);
    ovs_mutex_unlock(&r->mutex);
    return go_on;
}

static void
read_table(struct nl_reader *r, uint16_t type, uint8_t family)
{
    int error = send_request(r, type, family);
    bool go_on;

    do {
        struct nl_part *part = receive_part(r, error);

        error = part->error;
        go_on = push_part(r, part);
    } while (go_on);
    if (error) {
        /* What else comes belongs to a read that has failed. */
        nl_sock_destroy(r->sock);
        r->sock = NULL;
    }
}

static void *
reader_main(void *r_)
{
    struct nl_reader *r = r_;

    ovsrcu_quiesce_start();     /* For good: it uses no RCU. */
    ovs_mutex_lock(&r->mutex);
    while (!r->exiting) {
        uint16_t type = r->type;
        uint8_t family = r->family;

        if (!type) {
            ovs_mutex_cond_wait(&r->cond, &r->mutex);
            continue;
        }
        r->type = 0;
        ovs_mutex_unlock(&r->mutex);
        read_table(r, type, family);
        ovs_mutex_lock(&r->mutex);
    }
    ovs_mutex_unlock(&r->mutex);
    return NULL;
}

/* In the main thread. */

/* Returns a new reader, whose thread runs.  No process may fork after this. */
struct nl_reader *
nl_reader_create(void)
{
    struct nl_reader *r = xzalloc(sizeof *r);

    latch_init(&r->wake_main);
    ovs_mutex_init(&r->mutex);
    xpthread_cond_init(&r->cond, NULL);
    ovs_mutex_lock(&r->mutex);
    ovs_list_init(&r->parts);
    ovs_mutex_unlock(&r->mutex);
    r->thread = ovs_thread_create("nl_read", reader_main, r);
    return r;
}

/* Frees 'r', when the part under way has come. */
void
nl_reader_destroy(struct nl_reader *r)
{
    struct nl_part *part;

    ovs_mutex_lock(&r->mutex);
    r->exiting = true;
    xpthread_cond_signal(&r->cond);
    ovs_mutex_unlock(&r->mutex);
    xpthread_join(r->thread, NULL);

    while ((part = nl_reader_pop(r))) {
        nl_part_destroy(part);
    }
    nl_sock_destroy(r->sock);
    latch_destroy(&r->wake_main);
    ovs_mutex_destroy(&r->mutex);
    xpthread_cond_destroy(&r->cond);
    free(r);
}

/* Begins to read a table: 'type' and 'family' are as for nl_dump_format().
 * The last part of the read before must have been popped. */
void
nl_reader_start(struct nl_reader *r, uint16_t type, uint8_t family)
{
    ovs_mutex_lock(&r->mutex);
    r->type = type;
    r->family = family;
    xpthread_cond_signal(&r->cond);
    ovs_mutex_unlock(&r->mutex);
}

/* Returns the next part of the read, which becomes the caller's, or null if it
 * is not there yet. */
struct nl_part *
nl_reader_pop(struct nl_reader *r)
{
    struct nl_part *part = NULL;

    latch_poll(&r->wake_main);
    ovs_mutex_lock(&r->mutex);
    if (r->n_parts) {
        part = CONTAINER_OF(ovs_list_pop_front(&r->parts), struct nl_part,
                            list_node);
        r->n_parts--;
        xpthread_cond_signal(&r->cond);
    }
    ovs_mutex_unlock(&r->mutex);
    return part;
}

/* Wakes the poll loop when nl_reader_pop(), which returned null, has something
 * to return. */
void
nl_reader_wait(struct nl_reader *r)
{
    latch_wait(&r->wake_main);
}
