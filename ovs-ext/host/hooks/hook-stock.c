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
#include "ovs-ext/host/hooks/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "openvswitch/dynamic-string.h"
#include "timeval.h"
#include "util.h"

/* The scripts that CloudStack comes with, for bridges that are not ours; and
 * what the outside gives and takes. */

/* Where they are. */
#define STOCK_DIR "/usr/share/cloudstack-common/scripts"

/* Seconds that a script of CloudStack's may take if we wait for it; it works
 * on all VMs. */
#define STOCK_TIMEOUT 60

/* What may come from standard input or from a script, in bytes. */
#define MAX_TEXT (4 * 1024 * 1024)

static char *
stock_path(const char *path)
{
    const char *dir = getenv("OVS_EXT_STOCK_DIR");

    return xasprintf("%s/%s", dir && dir[0] ? dir : STOCK_DIR, path);
}

/* Returns true if CloudStack's own script 'path' can be executed. */
bool
hook_has_stock(const char *path)
{
    char *file = stock_path(path);
    bool has = !access(file, X_OK);

    free(file);
    return has;
}

static void
exec_stock(struct hook *h, const char *file)
{
    alarm(0);
    h->argv[0] = CONST_CAST(char *, file);
    execv(file, h->argv);
}

/* Becomes CloudStack's own script 'path', with our arguments.  Returns only if
 * that fails. */
char *
hook_exec_stock(struct hook *h, const char *path)
{
    char *file = stock_path(path);
    char *error;

    exec_stock(h, file);
    error = xasprintf("%s: cannot be executed (%s)", file,
                      ovs_strerror(errno));
    free(file);
    return error;
}

/* Appends to 'out' what comes from 'fd' until its end or, with a positive
 * errno, until 'deadline' in ms. */
static int
read_all(int fd, long long int deadline, struct ds *out)
{
    for (;;) {
        struct pollfd pfd = { .fd = fd, .events = POLLIN };
        long long int left = deadline - time_msec();
        char buffer[4096];
        ssize_t n;

        if (left <= 0 || !poll(&pfd, 1, left)) {
            return ETIMEDOUT;
        }
        n = read(fd, buffer, sizeof buffer);
        if (n <= 0) {
            return !n ? 0 : errno == EINTR ? ETIMEDOUT : errno;
        }
        if (out->length + n > MAX_TEXT) {
            return EFBIG;
        }
        ds_put_buffer(out, buffer, n);
    }
}

/* Runs CloudStack's own script 'path' with our arguments, and stores what it
 * prints in '*output', which the caller frees; errors go where ours go. */
char *
hook_run_stock(struct hook *h, const char *path, char **output)
{
    char *file = stock_path(path);
    struct ds out = DS_EMPTY_INITIALIZER;
    int fds[2], status = 0, error = 0;
    char *text = NULL;
    pid_t pid = -1;

    alarm(2 * STOCK_TIMEOUT);
    if (pipe2(fds, O_CLOEXEC)) {
        error = errno;
    } else {
        pid = fork();
        if (!pid) {
            dup2(fds[1], STDOUT_FILENO);
            exec_stock(h, file);
            _exit(127);
        }
        close(fds[1]);
        error = pid < 0 ? errno
                : read_all(fds[0], time_msec() + STOCK_TIMEOUT * 1000, &out);
        close(fds[0]);
    }
    if (pid > 0) {
        if (error) {
            kill(pid, SIGKILL);
        }
        waitpid(pid, &status, 0);
    }
    if (error || status) {
        text = (error ? xasprintf("%s: %s", file, ovs_strerror(error))
                : xasprintf("%s: exit status %d", file,
                            WEXITSTATUS(status)));
    }
    *output = ds_steal_cstr(&out);
    free(file);
    return text;
}

/* Reads standard input to its end into '*text', which the caller frees, and
 * its length into '*size'. */
char *
hook_read_stdin(const struct hook *h, char **text, size_t *size)
{
    struct ds in = DS_EMPTY_INITIALIZER;
    int error = read_all(STDIN_FILENO, h->start + h->timeout * 1000LL, &in);

    *size = in.length;
    *text = ds_steal_cstr(&in);
    return (error ? xasprintf("cannot read the domain's XML (%s)",
                              ovs_strerror(error)) : NULL);
}
