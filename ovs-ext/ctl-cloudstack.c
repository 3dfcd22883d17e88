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
#include "ovs-ext/ctl-cloudstack.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "db-ctl-base.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "ovs-ext/cloudstack-host.h"
#include "util.h"

/* What there is where a link is to be. */
enum state {
    LINK_ABSENT,
    LINK_THERE,                 /* It leads to where it should. */
    LINK_OTHER,                 /* Ours, but it leads elsewhere. */
    LINK_FOREIGN,               /* Not ours. */
};

/* Returns what is at 'link', under root directory 'root'. */
static enum state
link_state(const char *root, const struct cloudstack_link *link)
{
    char *path = xasprintf("%s%s", root, link->path);
    char target[PATH_MAX];
    const char *slash;
    struct stat s;
    ssize_t n;
    bool exists = !lstat(path, &s);

    n = readlink(path, target, sizeof target - 1);
    free(path);
    if (n < 0) {
        return exists ? LINK_FOREIGN : LINK_ABSENT;
    }
    target[n] = '\0';
    if (!strcmp(target, link->target)) {
        return LINK_THERE;
    }
    slash = strrchr(target, '/');
    return (cloudstack_is_our_file(slash ? slash + 1 : target)
            ? LINK_OTHER : LINK_FOREIGN);
}

/* Makes the directories above 'path', which is absolute. */
static int
make_parents(const char *path)
{
    char *copy = xstrdup(path);
    int error = 0;

    for (char *slash = strchr(copy + 1, '/'); slash && !error;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0755) && errno != EEXIST) {
            error = errno;
        }
        *slash = '/';
    }
    free(copy);
    return error;
}

/* Makes 'link', in place of another one if need be.  Returns 0 or an errno. */
static int
make_link(const char *root, const struct cloudstack_link *link)
{
    char *path = xasprintf("%s%s", root, link->path);
    char *tmp = xasprintf("%s.ovs-ext-new", path);
    int error = make_parents(path);

    unlink(tmp);
    if (!error && (symlink(link->target, tmp) || rename(tmp, path))) {
        error = errno;
        unlink(tmp);
    }
    free(tmp);
    free(path);
    return error;
}

static int
remove_link(const char *root, const struct cloudstack_link *link)
{
    char *path = xasprintf("%s%s", root, link->path);
    int error = unlink(path) ? errno : 0;

    free(path);
    return error;
}

/* The arguments of all commands. */
struct host {
    const char *root;           /* "" for "/". */
    struct cloudstack_host cs;
};

/* Looks at the host that 'ctx' is about.  Returns false after an error. */
static bool
host_init(struct host *host, struct ctl_context *ctx)
{
    const char *root = shash_find_data(&ctx->options, "--root");
    const char *hook = shash_find_data(&ctx->options, "--hook");
    char *error;

    host->root = root && strcmp(root, "/") ? root : "";
    error = cloudstack_host_read(&host->cs, host->root, hook);
    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
    }
    return !error;
}

static void
host_uninit(struct host *host)
{
    cloudstack_host_uninit(&host->cs);
}

/* Returns false, after an error, if there is something of somebody else where
 * a link is to be. */
static bool
check_foreign(struct ctl_context *ctx, const struct host *host)
{
    struct ds names = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < host->cs.n_links; i++) {
        const struct cloudstack_link *link = &host->cs.links[i];

        if (link->wanted && link_state(host->root, link) == LINK_FOREIGN) {
            ds_put_format(&names, " %s%s", host->root, link->path);
        }
    }
    if (names.length) {
        ctl_error(ctx, "not ours, so nothing was changed:%s; move it away, or "
                  "have it call \"%s NAME ARGUMENTS\"", ds_cstr(&names),
                  host->cs.hook);
    }
    ds_destroy(&names);
    return !ctx->error;
}

/* Brings 'link' into the state that is wanted, and tells if that was
 * something to do. */
static void
apply_link(struct ctl_context *ctx, const struct host *host,
           const struct cloudstack_link *link, bool wanted)
{
    enum state state = link_state(host->root, link);
    bool ours = state == LINK_THERE || state == LINK_OTHER;
    int error = 0;

    if (wanted && state != LINK_THERE) {
        error = make_link(host->root, link);
        ds_put_format(&ctx->output, "%s %s%s -> %s\n",
                      error ? "cannot make" : "made", host->root, link->path,
                      link->target);
    } else if (!wanted && ours) {
        error = remove_link(host->root, link);
        ds_put_format(&ctx->output, "%s %s%s\n",
                      error ? "cannot remove" : "removed", host->root,
                      link->path);
    }
    if (error && !ctx->error) {
        fputs(ds_cstr(&ctx->output), stdout);
        ctl_error(ctx, "%s%s: %s; correct that and run the command again",
                  host->root, link->path, ovs_strerror(error));
    }
}

static void
output_versions(struct ctl_context *ctx, const struct host *host)
{
    ds_put_cstr(&ctx->output, "CloudStack:");
    for (size_t i = 0; i < host->cs.n_versions; i++) {
        ds_put_format(&ctx->output, " %s", host->cs.versions[i]);
    }
    ds_put_format(&ctx->output, "%s\n", host->cs.n_versions ? ""
                  : " version not found, installing for all");
}

/* Prints what the administrator should do.  Returns how much that is. */
static size_t
output_advice(struct ctl_context *ctx, const struct host *host)
{
    for (size_t i = 0; i < host->cs.n_advice; i++) {
        ds_put_format(&ctx->output, "to do: %s\n", host->cs.advice[i]);
    }
    return host->cs.n_advice;
}

/* Command cloudstack-install. */
void
ctl_cloudstack_install(struct ctl_context *ctx)
{
    struct host host;

    if (host_init(&host, ctx) && check_foreign(ctx, &host)) {
        size_t before = ctx->output.length;

        for (size_t i = 0; i < host.cs.n_links && !ctx->error; i++) {
            apply_link(ctx, &host, &host.cs.links[i],
                       host.cs.links[i].wanted);
        }
        if (ctx->output.length == before) {
            ds_put_cstr(&ctx->output, "all links are there\n");
        } else {
            ds_put_cstr(&ctx->output,
                        "to do: systemctl restart cloudstack-agent\n"
                        "to do: systemctl reload libvirtd\n");
        }
        output_advice(ctx, &host);
    }
    host_uninit(&host);
}

/* Command cloudstack-remove. */
void
ctl_cloudstack_remove(struct ctl_context *ctx)
{
    struct host host;

    if (host_init(&host, ctx)) {
        size_t before = ctx->output.length;

        for (size_t i = 0; i < host.cs.n_links; i++) {
            apply_link(ctx, &host, &host.cs.links[i], false);
        }
        ds_put_cstr(&ctx->output, ctx->output.length == before
                    ? "there are no links of ours\n"
                    : "to do: systemctl restart cloudstack-agent\n");
    }
    host_uninit(&host);
}

/* Prints how 'link' is.  Returns false if that is not as it should be. */
static bool
check_link(struct ctl_context *ctx, const struct host *host,
           const struct cloudstack_link *link)
{
    enum state state = link_state(host->root, link);
    const char *what = (state == LINK_THERE ? (link->wanted ? "ok" : "stale")
                        : state == LINK_OTHER ? "stale"
                        : state == LINK_FOREIGN ? "not ours" : "missing");
    bool is_good = (link->wanted ? state == LINK_THERE
                    : state == LINK_ABSENT || state == LINK_FOREIGN);

    if (link->wanted || !is_good) {
        ds_put_format(&ctx->output, "%s: %s%s\n", what, host->root,
                      link->path);
    }
    return is_good;
}

/* Command cloudstack-check. */
void
ctl_cloudstack_check(struct ctl_context *ctx)
{
    struct host host;

    if (host_init(&host, ctx)) {
        size_t n_faults = 0;

        output_versions(ctx, &host);
        for (size_t i = 0; i < host.cs.n_links; i++) {
            n_faults += !check_link(ctx, &host, &host.cs.links[i]);
        }
        n_faults += output_advice(ctx, &host);
        if (n_faults) {
            fputs(ds_cstr(&ctx->output), stdout);
            ctl_error(ctx, "%"PRIuSIZE" fault(s); see above, and run \"%s "
                      "cloudstack-install\"", n_faults, program_name);
        }
    }
    host_uninit(&host);
}
