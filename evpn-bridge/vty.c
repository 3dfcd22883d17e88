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
#include "evpn-bridge/vty.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "coverage.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(vty);

COVERAGE_DEFINE(vty_ask);
COVERAGE_DEFINE(vty_break);
COVERAGE_DEFINE(vty_connect_failed);

/* Backoff of connecting, in ms. */
#define VTY_BACKOFF_MIN 100
#define VTY_BACKOFF_MAX 1000

/* The text ends with this many null bytes, and one more byte. */
#define VTY_N_NULS 3

enum vty_state {
    VTY_BACKOFF,                /* Not connected. */
    VTY_GREETING,               /* Connected, "enable" not answered. */
    VTY_IDLE,
    VTY_BUSY,                   /* A question is under way. */
};

struct vty {
    char *path;
    const struct vty_class *class;
    void *aux;

    enum vty_state state;
    int fd;                     /* -1 in VTY_BACKOFF. */
    int error;                  /* Why it is not connected: errno, or 0. */
    int backoff;                /* ms. */
    long long int retry;        /* ms: in VTY_BACKOFF, when to connect. */

    struct ds tx;               /* Command that is not sent yet. */
    size_t tx_sent;             /* Bytes of it that are. */
    size_t n_nuls;              /* Null bytes of the answer seen. */
    char *rx;                   /* VTY_SLICE bytes. */
};

/* Returns a connection, not made yet, to the socket 'path'.  'class' is called
 * with 'aux'. */
struct vty *
vty_create(const char *path, const struct vty_class *class, void *aux)
{
    struct vty *vty = xzalloc(sizeof *vty);

    vty->path = xstrdup(path);
    vty->class = class;
    vty->aux = aux;
    vty->state = VTY_BACKOFF;
    vty->fd = -1;
    vty->backoff = VTY_BACKOFF_MIN;
    vty->rx = xmalloc(VTY_SLICE);
    ds_init(&vty->tx);
    return vty;
}

/* Closes and frees 'vty'.  A question under way is not answered. */
void
vty_destroy(struct vty *vty)
{
    if (vty) {
        if (vty->fd >= 0) {
            close(vty->fd);
        }
        ds_destroy(&vty->tx);
        free(vty->rx);
        free(vty->path);
        free(vty);
    }
}

/* Ends the connection, or the attempt, because of 'error'. */
static void
vty_disconnect(struct vty *vty, int error, long long int now)
{
    bool busy = vty->state == VTY_BUSY;

    if (vty_is_connected(vty)) {
        COVERAGE_INC(vty_break);
        VLOG_INFO("%s: connection closed (%s)", vty->path,
                  ovs_retval_to_string(error));
    } else {
        COVERAGE_INC(vty_connect_failed);
        VLOG_DBG("%s: %s", vty->path, ovs_retval_to_string(error));
    }
    if (vty->fd >= 0) {
        close(vty->fd);
        vty->fd = -1;
    }
    vty->state = VTY_BACKOFF;
    vty->error = error == EOF ? ECONNRESET : error;
    vty->retry = now + vty->backoff;
    vty->backoff = MIN(2 * vty->backoff, VTY_BACKOFF_MAX);
    if (busy) {
        vty->class->done(vty->aux, -1);
    }
}

/* Begins to send 'command'. */
static void
vty_put(struct vty *vty, const char *command)
{
    ds_clear(&vty->tx);
    ds_put_cstr(&vty->tx, command);
    ds_put_char(&vty->tx, '\0');
    vty->tx_sent = 0;
    vty->n_nuls = 0;
}

static void
vty_connect(struct vty *vty, long long int now)
{
    int fd = make_unix_socket(SOCK_STREAM, true, NULL, vty->path);

    if (fd < 0) {
        vty_disconnect(vty, -fd, now);
        return;
    }
    vty->fd = fd;
    vty->state = VTY_GREETING;
    vty_put(vty, "enable");
}

/* Sends what is to be sent.  Returns 0 or a positive errno value. */
static int
vty_send(struct vty *vty)
{
    while (vty->tx_sent < vty->tx.length) {
        ssize_t n = send(vty->fd, vty->tx.string + vty->tx_sent,
                         vty->tx.length - vty->tx_sent, MSG_NOSIGNAL);

        if (n >= 0) {
            vty->tx_sent += n;
        } else if (errno != EINTR) {
            return errno == EAGAIN ? 0 : errno;
        }
    }
    return 0;
}

/* The answer is complete. */
static void
vty_done(struct vty *vty, int status)
{
    bool greeting = vty->state == VTY_GREETING;

    vty->state = VTY_IDLE;
    if (greeting) {
        vty->error = 0;
        vty->backoff = VTY_BACKOFF_MIN;
        VLOG_INFO("%s: connected", vty->path);
    } else {
        vty->class->done(vty->aux, status);
    }
}

/* Takes 'n' bytes from the daemon.  Returns 0, or EPROTO. */
static int
vty_input(struct vty *vty, const char *p, size_t n)
{
    const char *end = p + n;

    if (vty->state == VTY_IDLE) {
        return EPROTO;
    }
    if (!vty->n_nuls) {
        const char *nul = memchr(p, '\0', n);
        size_t n_text = (nul ? nul : end) - p;

        if (n_text && vty->state == VTY_BUSY) {
            vty->class->data(vty->aux, p, n_text);
        }
        p += n_text;
    }
    for (; p < end; p++) {
        if (vty->n_nuls == VTY_N_NULS) {
            int status = (uint8_t) *p;

            vty->n_nuls = 0;
            vty_done(vty, status);
            return p + 1 == end ? 0 : EPROTO;
        } else if (*p) {
            return EPROTO;
        }
        vty->n_nuls++;
    }
    return 0;
}

/* Reads one slice.  Returns 0, EOF or a positive errno value. */
static int
vty_recv(struct vty *vty)
{
    ssize_t n;

    do {
        n = recv(vty->fd, vty->rx, VTY_SLICE, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);

    if (n > 0) {
        return vty_input(vty, vty->rx, n);
    } else if (!n) {
        return EOF;
    }
    return errno == EAGAIN ? 0 : errno;
}

/* Connects, sends, receives, as far as that does not block; calls the class.
 * 'now' is in ms. */
void
vty_run(struct vty *vty, long long int now)
{
    int error;

    if (vty->state == VTY_BACKOFF && now >= vty->retry) {
        vty_connect(vty, now);
    }
    if (vty->state != VTY_BACKOFF) {
        error = vty_send(vty);
        if (!error) {
            error = vty_recv(vty);
        }
        if (error) {
            vty_disconnect(vty, error, now);
        }
    }
}

/* Makes the poll loop wake up when vty_run() has something to do. */
void
vty_wait(const struct vty *vty)
{
    if (vty->state == VTY_BACKOFF) {
        poll_timer_wait_until(vty->retry);
    } else {
        bool sending = vty->tx_sent < vty->tx.length;

        poll_fd_wait(vty->fd, POLLIN | (sending ? POLLOUT : 0));
    }
}

/* Returns true if the daemon answers on the connection. */
bool
vty_is_connected(const struct vty *vty)
{
    return vty->state == VTY_IDLE || vty->state == VTY_BUSY;
}

/* Returns why 'vty' is not connected, as a positive errno value, or 0 if it is
 * or has not tried yet. */
int
vty_error(const struct vty *vty)
{
    return vty_is_connected(vty) ? 0 : vty->error;
}

/* Returns the name of the socket, which stays the connection's. */
const char *
vty_path(const struct vty *vty)
{
    return vty->path;
}

/* Returns true if vty_ask() may be called. */
bool
vty_is_idle(const struct vty *vty)
{
    return vty->state == VTY_IDLE;
}

/* Asks 'command' of the daemon.  'vty' must be idle. */
void
vty_ask(struct vty *vty, const char *command)
{
    ovs_assert(vty->state == VTY_IDLE);
    COVERAGE_INC(vty_ask);
    VLOG_DBG("%s: %s", vty->path, command);
    vty->state = VTY_BUSY;
    vty_put(vty, command);

    /* If this fails, so does vty_run(). */
    vty_send(vty);
}
