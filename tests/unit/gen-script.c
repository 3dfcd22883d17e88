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
#include "tests/unit/gen-script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "flows/flow-list.h"
#include "flows/flow-payload.h"
#include "flows/gen.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-ext/model/model.h"
#include "ovs-ext/model/owner.h"
#include "svec.h"
#include "tests/unit/model-script.h"
#include "tests/unit/script.h"
#include "util.h"

#define BUCKET ",bucket=bucket_id:"

/* Stores the buckets at 'text', which may be null, in 'buckets', sorted and
 * without their ids. */
static void
parse_buckets(const char *text, struct svec *buckets)
{
    svec_init(buckets);
    while (text) {
        const char *actions = strchr(text + strlen(BUCKET), ',') + 1;
        const char *next = strstr(actions, BUCKET);

        svec_add_nocopy(buckets, (next ? xmemdup0(actions, next - actions)
                                  : xstrdup(actions)));
        text = next;
    }
    svec_sort(buckets);
}

/* Appends 'item' to 's' as a line.  Of several buckets of a select group,
 * those that do the same are one, with their number instead of an id. */
void
gen_script_format(const struct flow_item *item, struct ds *s)
{
    struct ds line = DS_EMPTY_INITIALIZER;
    struct svec buckets;
    char *first;

    flow_key_format(&item->key, item->payload, &line);
    first = strstr(ds_cstr(&line), BUCKET);
    parse_buckets(first, &buckets);
    if (buckets.n > 1 && strstr(ds_cstr(&line), "type=select")) {
        size_t n = 0;

        ds_truncate(&line, first - line.string);
        for (size_t i = 0; i < buckets.n; i++) {
            n++;
            if (i + 1 == buckets.n
                || strcmp(buckets.names[i], buckets.names[i + 1])) {
                ds_put_format(&line, ",bucket=%"PRIuSIZE"*%s", n,
                              buckets.names[i]);
                n = 0;
            }
        }
    }
    ds_put_format(s, "%s\n", ds_cstr(&line));
    svec_destroy(&buckets);
    ds_destroy(&line);
}

/* Fails the test unless what the owner of 'c' has, as far as it is 'shown', is
 * what 'c' expects. */
void
gen_script_check(const struct gen_case *c, gen_script_filter *shown)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow_payloads payloads;
    struct flow_list list;
    struct owner owner;
    struct model m;

    model_init(&m);
    model_script_run(&m, c->input);
    model_script_run(&m, "run");
    flow_payloads_init(&payloads);
    flow_list_init(&list, &payloads);
    assert_null(owner_parse(c->owner, &owner));
    gen_owner(&m, &owner, &list);
    for (size_t i = 0; i < list.n; i++) {
        if (shown(&list.items[i])) {
            gen_script_format(&list.items[i], &s);
        }
    }
    script_check(c->name, c->expected, ds_cstr(&s));
    flow_list_uninit(&list);
    flow_payloads_uninit(&payloads);
    model_uninit(&m);
    ds_destroy(&s);
}

/* Checks 'n' cases at 'cases'. */
void
gen_script_check_all(const struct gen_case *cases, size_t n,
                     gen_script_filter *shown)
{
    for (size_t i = 0; i < n; i++) {
        gen_script_check(&cases[i], shown);
    }
}
