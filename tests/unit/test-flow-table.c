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
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "flows/flow-table.h"
#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "tests/unit/flow-script.h"
#include "tests/unit/script.h"
#include "util.h"

/* A flow table and a transcript of what it asks of the switch. */
struct scene {
    struct flow_table t;
    struct flow_list list;
    struct flow_ops ops;        /* If 'ops.ops'. */
    struct ds log;
};

static void
scene_init(struct scene *s)
{
    memset(s, 0, sizeof *s);
    flow_table_init(&s->t);
    flow_list_init(&s->list, &s->t.payloads);
    ds_init(&s->log);
}

static void
scene_uninit(struct scene *s)
{
    flow_list_uninit(&s->list);
    flow_table_uninit(&s->t);
    ds_destroy(&s->log);
}

static struct owner
scene_owner(const struct svec *words)
{
    struct owner owner;
    char *error = owner_parse(script_word(words, 1), &owner);

    if (error) {
        fail_msg("%s", error);
    }
    return owner;
}

static void
do_want(struct scene *s, const struct svec *words)
{
    struct owner owner = scene_owner(words);

    for (size_t i = 2; i < words->n; i++) {
        flow_script_add(&s->list, words->names[i]);
    }
    flow_table_update(&s->t, &owner, &s->list);
    assert_int_equal(s->list.n, 0);
}

static void
do_have(struct scene *s, const struct svec *words)
{
    struct owner owner = scene_owner(words);

    for (size_t i = 2; i < words->n; i++) {
        struct flow_item *item;

        flow_script_add(&s->list, words->names[i]);
        item = &s->list.items[--s->list.n];
        flow_table_put_installed(&s->t, &item->key, item->payload,
                                 item->key.kind != FLOW_FLOW ? 0
                                 : owner_cookie(&owner));
    }
}

static void
log_op(struct scene *s, const struct flow_op *op)
{
    ds_put_cstr(&s->log, op->payload ? "put " : "del ");
    flow_key_format(&op->entry->key,
                    op->payload ? op->payload : op->entry->installed,
                    &s->log);
    ds_put_char(&s->log, '\n');
}

static void
do_begin(struct scene *s)
{
    flow_table_begin(&s->t, &s->ops);
    for (size_t i = 0; i < s->ops.n; i++) {
        log_op(s, &s->ops.ops[i]);
    }
    ds_put_cstr(&s->log, s->ops.n ? "" : "nothing\n");
}

static void
do_reject(struct scene *s, const struct svec *words)
{
    size_t i = script_u32(words, 1);

    assert_true(i < s->ops.n);
    s->ops.ops[i].error = ofperr_from_name(script_word(words, 2));
    assert_int_not_equal(s->ops.ops[i].error, 0);
}

/* One line:
 *
 *     want OWNER [FLOW|GROUP]...       what OWNER wants, from now on
 *     have OWNER FLOW|GROUP...         found in the switch, of OWNER
 *     begin                            writes what is sent
 *     reject N ERROR                   the switch's answer to the Nth
 *     done                             the switch did the rest
 *     lost                             it did nothing of it
 *     sweep, forget, recompute, recomputed
 *     meters N                         the switch can have N
 *     show                             writes flow_table_format()
 */
static void
do_line(void *s_, const struct svec *words)
{
    const char *what = script_word(words, 0);
    struct scene *s = s_;

    if (!strcmp(what, "want")) {
        do_want(s, words);
    } else if (!strcmp(what, "have")) {
        do_have(s, words);
    } else if (!strcmp(what, "begin")) {
        do_begin(s);
    } else if (!strcmp(what, "reject")) {
        do_reject(s, words);
    } else if (!strcmp(what, "done") || !strcmp(what, "lost")) {
        flow_table_end(&s->t, &s->ops, !strcmp(what, "done"));
    } else if (!strcmp(what, "sweep")) {
        flow_table_sweep_adopted(&s->t);
    } else if (!strcmp(what, "meters")) {
        flow_table_put_max_meters(&s->t, script_u32(words, 1));
    } else if (!strcmp(what, "forget")) {
        flow_table_forget_installed(&s->t);
    } else if (!strcmp(what, "recompute")) {
        flow_table_recompute_begin(&s->t);
    } else if (!strcmp(what, "recomputed")) {
        ds_put_format(&s->log, "%"PRIuSIZE" not wanted any more\n",
                      flow_table_recompute_end(&s->t));
    } else if (!strcmp(what, "show")) {
        flow_table_format(&s->t, NULL, &s->log);
    } else {
        fail_msg("%s: unknown word in script", what);
    }
}

/* Flows, groups and meters as a script and a transcript have them. */
#define F1 "table=0,priority=1,in_port=1,actions="
#define F2 "table=0,priority=1,in_port=2,actions="
#define T1 "table=0, priority=1,in_port=1 actions="
#define T2 "table=0, priority=1,in_port=2 actions="
#define G3 "group_id=3,type=all,bucket=bucket_id:0,actions="
#define G4 "group_id=4,type=all,bucket=bucket_id:0,actions="
#define M5 "meter=5,pktps,burst,stats,bands=type=drop,burst_size=9,rate="
#define TM5 "meter=5 pktps burst stats bands= type=drop rate="
#define TB " burst_size=9"
#define A5 "controller(userdata=00.00.00.01,meter_id=5)"

static const struct {
    const char *name;           /* The situation. */
    const char *script;
    const char *expected;
} cases[] = {
    { "what is wanted is sent once",
      "want network/1 "F1"output:7 "F2"drop\nbegin\ndone\nbegin\ndone\n",
      "put "T1"output:7\nput "T2"drop\nnothing\n" },
    { "wanted again while it is on its way",
      "want network/1 "F1"drop\nbegin\nwant network/1 "F1"drop\nshow\n"
      "done\nbegin\ndone\n",
      "put "T1"drop\n"T1"drop # network/1, sent\nnothing\n" },
    { "changed while it is on its way",
      "want network/1 "F1"drop\nbegin\nwant network/1 "F1"output:7\ndone\n"
      "begin\ndone\nbegin\ndone\n",
      "put "T1"drop\nput "T1"output:7\nnothing\n" },
    { "changed forth and back while it is on its way",
      "want network/1 "F1"drop\nbegin\nwant network/1 "F1"output:7\n"
      "want network/1 "F1"drop\ndone\nbegin\ndone\n",
      "put "T1"drop\nnothing\n" },
    { "not wanted any more while it is on its way",
      "want network/1 "F1"drop\nbegin\nwant network/1\ndone\n"
      "begin\ndone\nbegin\ndone\nshow\n",
      "put "T1"drop\ndel "T1"drop\nnothing\n" },
    { "wanted again while its deletion is on its way",
      "want network/1 "F1"drop\nbegin\ndone\nwant network/1\nbegin\n"
      "want network/1 "F1"drop\ndone\nbegin\ndone\n",
      "put "T1"drop\ndel "T1"drop\nput "T1"drop\n" },
    { "not wanted any more before it is sent",
      "want network/1 "F1"drop\nwant network/1\nbegin\ndone\nshow\n",
      "nothing\n" },
    { "part of an owner's flows changes",
      "want network/1 "F1"drop "F2"drop\nbegin\ndone\n"
      "want network/1 "F2"output:7\nbegin\ndone\n",
      "put "T1"drop\nput "T2"drop\nput "T2"output:7\ndel "T1"drop\n" },
    { "a transaction that was lost is sent again",
      "want network/1 "F1"drop\nbegin\nlost\nbegin\nlost\n"
      "want network/1 "F1"output:7\nbegin\ndone\nbegin\ndone\n",
      "put "T1"drop\nput "T1"drop\nput "T1"output:7\nnothing\n" },
    { "one owner's flows are another's business",
      "want network/1 "F1"drop\nwant network/2 "F2"drop\nbegin\ndone\n"
      "want network/1\nbegin\ndone\n",
      "put "T1"drop\nput "T2"drop\ndel "T1"drop\n" },

    { "found in the switch as it is wanted: nothing is sent",
      "have network/1 "F1"drop\nwant network/1 "F1"drop\nbegin\ndone\n"
      "sweep\nbegin\ndone\nshow\n",
      "nothing\nnothing\n"T1"drop # network/1\n" },
    { "wanted before it is found",
      "want network/1 "F1"drop\nhave network/1 "F1"drop\nbegin\ndone\n",
      "nothing\n" },
    { "found in the switch with other actions",
      "have network/1 "F1"drop\nwant network/1 "F1"output:7\nbegin\ndone\n"
      "begin\ndone\n",
      "put "T1"output:7\nnothing\n" },
    { "found in the switch with the cookie of another owner",
      "have network/2 "F1"drop\nwant network/1 "F1"drop\nbegin\ndone\n"
      "begin\ndone\n",
      "put "T1"drop\nnothing\n" },
    { "found in the switch, and wanted by nobody: kept until it is swept",
      "have network/1 "F1"drop "G3"output:7\nbegin\ndone\nshow\n"
      "sweep\nbegin\ndone\nbegin\ndone\nshow\n",
      "nothing\n"
      G3"output:7 # nobody, unclaimed\n"T1"drop # nobody, unclaimed\n"
      "del "T1"drop\ndel "G3"output:7\nnothing\n" },
    { "claimed after it was swept, and before it went",
      "have network/1 "F1"drop\nsweep\nwant network/1 "F1"drop\n"
      "begin\ndone\n",
      "nothing\n" },
    { "a new connection: what the switch still has is not sent again",
      "want network/1 "F1"drop "F2"drop\nbegin\ndone\nforget\n"
      "have network/1 "F1"drop\nbegin\ndone\n",
      "put "T1"drop\nput "T2"drop\nput "T2"drop\n" },
    { "a switch that lost all gets all",
      "want network/1 "F1"group:3 "G3"output:7\nbegin\ndone\nforget\n"
      "begin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\n"
      "put "G3"output:7\nput "T1"group:3\n" },

    { "groups first, the lesser before the greater; then flows",
      "want network/1 "F1"group:4 "G4"group:3 "G3"output:7\nbegin\ndone\n",
      "put "G3"output:7\nput "G4"group:3\nput "T1"group:4\n" },
    { "deletions of groups last, the greater before the lesser",
      "want network/1 "G3"output:7 "G4"group:3\nbegin\ndone\n"
      "want network/1\nwant network/2 "F2"drop\nbegin\ndone\n",
      "put "G3"output:7\nput "G4"group:3\n"
      "put "T2"drop\ndel "G4"group:3\ndel "G3"output:7\n" },
    { "a group stays until its flows are gone",
      "want network/1 "F1"group:3 "G3"output:7\nbegin\ndone\n"
      "want network/1\nbegin\ndone\nbegin\ndone\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\n"
      "del "T1"group:3\ndel "G3"output:7\nnothing\n" },
    { "a group stays while another owner's flow sends to it",
      "want nhg/3 "G3"output:7\nwant network/1 "F1"group:3\nbegin\ndone\n"
      "want nhg/3\nbegin\ndone\nshow\n"
      "want network/1 "F1"drop\nbegin\ndone\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\nnothing\n"
      G3"output:7 # nobody\n"T1"group:3 # network/1\n"
      "put "T1"drop\ndel "G3"output:7\n" },
    { "a group that was about to go stays for a flow",
      "want nhg/3 "G3"output:7\nbegin\ndone\nwant nhg/3\n"
      "want network/1 "F1"group:3\nbegin\ndone\nbegin\ndone\n"
      "want network/1\nbegin\ndone\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\nnothing\n"
      "del "T1"group:3\ndel "G3"output:7\n" },
    { "a group that is wanted again before it went",
      "want nhg/3 "G3"output:7\nwant network/1 "F1"group:3\nbegin\ndone\n"
      "want nhg/3\nwant nhg/3 "G3"output:7\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\nnothing\n" },
    { "a group changes under its flows",
      "want nhg/3 "G3"output:7\nwant network/1 "F1"group:3\nbegin\ndone\n"
      "want nhg/3 "G3"output:8\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\nput "G3"output:8\n" },
    { "a flow waits for its group",
      "want network/1 "F1"group:3 "F2"drop\nbegin\ndone\nshow\n"
      "want nhg/3 "G3"output:7\nbegin\ndone\n",
      "put "T2"drop\n"
      T1"group:3 # network/1, waiting for its group or meter\n"
      T2"drop # network/1\n"
      "put "G3"output:7\nput "T1"group:3\n" },
    { "a flow waits when its group is not wanted any more, and was not sent",
      "want nhg/3 "G3"output:7\nwant network/1 "F1"group:3\nwant nhg/3\n"
      "begin\ndone\nshow\nwant nhg/3 "G3"output:7\nbegin\ndone\n",
      "nothing\n"T1"group:3 # network/1, waiting for its group or meter\n"
      "put "G3"output:7\nput "T1"group:3\n" },
    { "a flow waits when its group, on its way, turns out to be rejected",
      "want nhg/3 "G3"output:7\nbegin\nwant network/1 "F1"group:3\n"
      "reject 0 OFPGMFC_OUT_OF_GROUPS\nlost\nbegin\ndone\nshow\n",
      "put "G3"output:7\nnothing\n"
      G3"output:7 # nhg/3, rejected (OFPGMFC_OUT_OF_GROUPS)\n"
      T1"group:3 # network/1, waiting for its group or meter\n" },
    { "a flow waits while its group is being deleted",
      "want nhg/3 "G3"output:7\nbegin\ndone\nwant nhg/3\nbegin\n"
      "want network/1 "F1"group:3\ndone\nbegin\ndone\nshow\n",
      "put "G3"output:7\ndel "G3"output:7\nnothing\n"
      T1"group:3 # network/1, waiting for its group or meter\n" },
    { "a group's deletion is lost, and a flow wants it meanwhile",
      "want nhg/3 "G3"output:7\nbegin\ndone\nwant nhg/3\nbegin\n"
      "want network/1 "F1"group:3\nlost\nbegin\ndone\nbegin\ndone\n",
      "put "G3"output:7\ndel "G3"output:7\nput "T1"group:3\nnothing\n" },
    { "a flow that goes from one group to another",
      "want network/1 "F1"group:3 "G3"output:7\nbegin\ndone\n"
      "want network/1 "F1"group:4 "G4"output:8\nbegin\ndone\n"
      "begin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\n"
      "put "G4"output:8\nput "T1"group:4\ndel "G3"output:7\n" },

    { "a rejected flow is not tried again",
      "want network/1 "F1"drop "F2"drop\nbegin\n"
      "reject 0 OFPBMC_BAD_FIELD\ndone\nbegin\ndone\nshow\n"
      "want network/1 "F1"drop "F2"drop\nbegin\ndone\n",
      "put "T1"drop\nput "T2"drop\nnothing\n"
      T1"drop # network/1, rejected (OFPBMC_BAD_FIELD)\n"
      T2"drop # network/1\n"
      "nothing\n" },
    { "until its owner wants something else",
      "want network/1 "F1"drop\nbegin\nreject 0 OFPBMC_BAD_FIELD\ndone\n"
      "want network/1 "F1"output:7\nbegin\ndone\nbegin\ndone\n",
      "put "T1"drop\nput "T1"output:7\nnothing\n" },
    { "which may have happened while it was on its way",
      "want network/1 "F1"drop\nbegin\nwant network/1 "F1"output:7\n"
      "reject 0 OFPBMC_BAD_FIELD\ndone\nbegin\ndone\n",
      "put "T1"drop\nput "T1"output:7\n" },
    { "or after a new connection",
      "want network/1 "F1"drop\nbegin\nreject 0 OFPBMC_BAD_FIELD\ndone\n"
      "forget\nbegin\ndone\n",
      "put "T1"drop\nput "T1"drop\n" },
    { "the rest of a transaction that failed for one is sent again",
      "want network/1 "F1"drop "F2"drop\nbegin\n"
      "reject 1 OFPBMC_BAD_FIELD\nlost\nbegin\ndone\nbegin\ndone\n",
      "put "T1"drop\nput "T2"drop\nput "T1"drop\nnothing\n" },
    { "a rejected change leaves the old flow, which goes when not wanted",
      "want network/1 "F1"drop\nbegin\ndone\nwant network/1 "F1"output:7\n"
      "begin\nreject 0 OFPBMC_BAD_FIELD\ndone\nbegin\ndone\n"
      "want network/1\nbegin\ndone\n",
      "put "T1"drop\nput "T1"output:7\nnothing\ndel "T1"drop\n" },
    { "a rejected group keeps its flows waiting",
      "want network/1 "F1"group:3 "G3"output:7\nbegin\n"
      "reject 0 OFPGMFC_OUT_OF_GROUPS\nlost\nbegin\ndone\nshow\n"
      "want network/1 "F1"group:3 "G3"output:8\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\nnothing\n"
      G3"output:7 # network/1, rejected (OFPGMFC_OUT_OF_GROUPS)\n"
      T1"group:3 # network/1, waiting for its group or meter\n"
      "put "G3"output:8\nput "T1"group:3\n" },
    { "a flow rejected for want of its group is tried when that is there",
      "want nhg/3 "G3"output:7\nwant network/1 "F1"group:3\nbegin\n"
      "reject 0 OFPGMFC_OUT_OF_GROUPS\nreject 1 OFPBAC_BAD_OUT_GROUP\nlost\n"
      "begin\ndone\nwant nhg/3 "G3"output:8\nbegin\ndone\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"group:3\nnothing\n"
      "put "G3"output:8\nput "T1"group:3\nnothing\n" },
    { "a rejected deletion is not tried again",
      "have network/1 "F1"drop\nsweep\nbegin\nreject 0 OFPBRC_EPERM\ndone\n"
      "begin\ndone\nshow\n",
      "del "T1"drop\nnothing\n"T1"drop # nobody, rejected (OFPBRC_EPERM)\n" },

    { "a meter goes first, and alone, for it cannot be part of a bundle",
      "want network/1 "F1 A5" "M5"1 "F2"drop "G3"output:7\n"
      "begin\nshow\ndone\nbegin\ndone\nbegin\ndone\n",
      "put "TM5"1"TB"\n"
      G3"output:7 # network/1, pending\n"
      TM5"1"TB" # network/1, sent\n"
      T1 A5" # network/1, waiting for its group or meter\n"
      T2"drop # network/1, pending\n"
      "put "G3"output:7\nput "T2"drop\nput "T1 A5"\nnothing\n" },
    { "a meter stays until its flows are gone",
      "want network/1 "F1 A5" "M5"1\nbegin\ndone\nbegin\ndone\n"
      "want network/1\nbegin\ndone\nbegin\ndone\nbegin\ndone\n",
      "put "TM5"1"TB"\nput "T1 A5"\ndel "T1 A5"\ndel "TM5"1"TB"\n"
      "nothing\n" },
    { "a meter changes under its flows",
      "want network/1 "F1 A5" "M5"1\nbegin\ndone\nbegin\ndone\n"
      "want network/1 "F1 A5" "M5"2\nbegin\ndone\nbegin\ndone\n",
      "put "TM5"1"TB"\nput "T1 A5"\nput "TM5"2"TB"\nnothing\n" },
    { "a meter whose change is rejected serves as it was",
      "want network/1 "M5"1\nbegin\ndone\nwant network/1 "F1 A5" "M5"2\n"
      "begin\nreject 0 OFPMMFC_BAD_RATE\ndone\nbegin\ndone\nshow\n",
      "put "TM5"1"TB"\nput "TM5"2"TB"\nput "T1 A5"\n"
      TM5"2"TB" # network/1, rejected (OFPMMFC_BAD_RATE)\n"
      T1 A5" # network/1\n" },
    { "a rejected meter keeps its flows waiting, and only those",
      "want network/1 "F1 A5" "M5"1 "F2"drop\nbegin\n"
      "reject 0 OFPMMFC_OUT_OF_METERS\ndone\nbegin\ndone\nshow\n"
      "want network/1 "F1"drop "F2"drop\nbegin\ndone\nshow\n",
      "put "TM5"1"TB"\nput "T2"drop\n"
      TM5"1"TB" # network/1, rejected (OFPMMFC_OUT_OF_METERS)\n"
      T1 A5" # network/1, waiting for its group or meter\n"
      T2"drop # network/1\n"
      "put "T1"drop\n"T1"drop # network/1\n"T2"drop # network/1\n" },
    { "a switch without meters is not asked for one",
      "want network/1 "F1 A5" "M5"1 "F2"drop\nmeters 0\nbegin\ndone\n"
      "want network/2 "M5"1\nbegin\ndone\nshow\n",
      "put "T2"drop\nnothing\n"
      TM5"1"TB" # network/1, rejected (OFPMMFC_OUT_OF_METERS)\n"
      TM5"1"TB" # network/2, has a conflict\n"
      T1 A5" # network/1, waiting for its group or meter\n"
      T2"drop # network/1\n" },
    { "until there is another one",
      "want network/1 "F1 A5" "M5"1\nmeters 0\nbegin\ndone\nforget\n"
      "meters 0\nbegin\ndone\nforget\nmeters 1\nbegin\ndone\n"
      "begin\ndone\n",
      "nothing\nnothing\nput "TM5"1"TB"\nput "T1 A5"\n" },
    { "a new connection: a meter that is there still is not sent again",
      "want network/1 "F1 A5" "M5"1\nbegin\ndone\nbegin\ndone\nforget\n"
      "have network/1 "M5"1 "F1 A5"\nbegin\ndone\n",
      "put "TM5"1"TB"\nput "T1 A5"\nnothing\n" },
    { "a meter that nobody claims goes, but not before its flows",
      "have network/1 "M5"1 "F1 A5"\nbegin\ndone\nsweep\nbegin\ndone\n"
      "begin\ndone\nbegin\ndone\n",
      "nothing\ndel "T1 A5"\ndel "TM5"1"TB"\nnothing\n" },
    { "a flow waits while its meter is being deleted",
      "want network/1 "M5"1\nbegin\ndone\nwant network/1\nbegin\n"
      "want network/1 "F1 A5" "M5"1\ndone\nbegin\ndone\nbegin\ndone\n",
      "put "TM5"1"TB"\ndel "TM5"1"TB"\nput "TM5"1"TB"\nput "T1 A5"\n" },

    { "two owners want one flow: the lesser has it",
      "want network/2 "F1"output:2\nbegin\ndone\n"
      "want network/1 "F1"output:1\nshow\nbegin\ndone\nshow\n"
      "want network/3 "F1"output:3\nbegin\ndone\n",
      "put "T1"output:2\n"
      T1"output:1 # network/1, pending\n"
      T1"output:2 # network/2, has a conflict\n"
      "put "T1"output:1\n"
      T1"output:1 # network/1\n"
      T1"output:2 # network/2, has a conflict\n"
      "nothing\n" },
    { "and the next has it when that goes",
      "want network/1 "F1"output:1\nwant network/3 "F1"output:3\n"
      "want network/2 "F1"output:2\nbegin\ndone\n"
      "want network/1\nbegin\ndone\nwant network/2\nbegin\ndone\n"
      "want network/3\nbegin\ndone\nshow\n",
      "put "T1"output:1\nput "T1"output:2\nput "T1"output:3\n"
      "del "T1"output:3\n" },
    { "the one behind changes or goes: nothing is sent",
      "want network/1 "F1"output:1\nwant network/2 "F1"output:2\nbegin\ndone\n"
      "want network/2 "F1"drop\nbegin\ndone\nwant network/2\nbegin\ndone\n",
      "put "T1"output:1\nnothing\nnothing\n" },
    { "two owners want the same of one flow: the cookie tells whose it is",
      "want network/2 "F1"drop\nbegin\ndone\nwant network/1 "F1"drop\n"
      "begin\ndone\nwant network/1\nbegin\ndone\nbegin\ndone\n",
      "put "T1"drop\nput "T1"drop\nput "T1"drop\nnothing\n" },
    { "one is found in the switch, and the other is wanted too",
      "have network/1 "F1"output:1\nwant network/1 "F1"output:1\n"
      "want network/2 "F1"output:2\nbegin\ndone\n",
      "nothing\n" },
    { "the lesser comes while the greater's is on its way",
      "want network/2 "F1"output:2\nbegin\nwant network/1 "F1"output:1\ndone\n"
      "begin\ndone\nbegin\ndone\n",
      "put "T1"output:2\nput "T1"output:1\nnothing\n" },
    { "the flow that is kept behind keeps its group",
      "want network/1 "F1"drop\nwant network/2 "F1"group:3 "G3"output:7\n"
      "begin\ndone\nwant network/1\nbegin\ndone\n",
      "put "G3"output:7\nput "T1"drop\nput "T1"group:3\n" },

    { "recompute: what is wanted as before is not sent",
      "want network/1 "F1"drop\nwant network/2 "F2"drop\nbegin\ndone\n"
      "recompute\nwant network/2 "F2"drop\nwant network/1 "F1"drop\n"
      "recomputed\nbegin\ndone\n",
      "put "T1"drop\nput "T2"drop\n0 not wanted any more\nnothing\n" },
    { "recompute: an owner that is not there any more loses all",
      "want network/1 "F1"drop "G3"output:7\nwant network/2 "F2"drop\n"
      "begin\ndone\nrecompute\nwant network/2 "F2"drop\nrecomputed\n"
      "begin\ndone\nrecompute\nwant network/2 "F2"drop\nrecomputed\n",
      "put "G3"output:7\nput "T1"drop\nput "T2"drop\n"
      "2 not wanted any more\ndel "T1"drop\ndel "G3"output:7\n"
      "0 not wanted any more\n" },
    { "recompute: who was kept behind takes over",
      "want network/1 "F1"output:1\nwant network/2 "F1"output:2\nbegin\ndone\n"
      "recompute\nwant network/2 "F1"output:2\nrecomputed\nbegin\ndone\n",
      "put "T1"output:1\n1 not wanted any more\nput "T1"output:2\n" },
    { "recompute: who was kept behind goes",
      "want network/1 "F1"output:1\nwant network/2 "F1"output:2\nbegin\ndone\n"
      "recompute\nwant network/1 "F1"output:1\nrecomputed\nbegin\ndone\n"
      "show\n",
      "put "T1"output:1\n1 not wanted any more\nnothing\n"
      T1"output:1 # network/1\n" },
    { "recompute: a lesser owner appears",
      "want network/2 "F1"output:2\nbegin\ndone\n"
      "recompute\nwant network/2 "F1"output:2\nwant network/1 "F1"output:1\n"
      "recomputed\nbegin\ndone\nrecompute\nwant network/1 "F1"output:1\n"
      "recomputed\nshow\n",
      "put "T1"output:2\n0 not wanted any more\nput "T1"output:1\n"
      "1 not wanted any more\n"T1"output:1 # network/1\n" },
};

static void
test_the_switch_gets_what_differs(void **state OVS_UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct scene s;

        scene_init(&s);
        script_run(cases[i].script, do_line, &s);
        script_check(cases[i].name, cases[i].expected, ds_cstr(&s.log));
        scene_uninit(&s);
    }
}

static size_t
update(struct scene *s, const char *owner_name, const char *text)
{
    struct owner owner;

    assert_null(owner_parse(owner_name, &owner));
    if (text) {
        flow_script_add(&s->list, text);
    }
    return flow_table_update(&s->t, &owner, &s->list);
}

static void
test_update_tells_the_number_of_differences(void **state OVS_UNUSED)
{
    struct scene s;

    scene_init(&s);
    assert_int_equal(update(&s, "network/1", F1"drop"), 1);
    assert_int_equal(update(&s, "network/1", F1"drop"), 0);
    assert_int_equal(update(&s, "network/1", F1"output:7"), 1);
    assert_int_equal(update(&s, "network/1", F2"drop"), 2);
    assert_int_equal(update(&s, "network/2", F2"drop"), 1);
    assert_int_equal(update(&s, "network/2", F2"drop"), 0);
    assert_int_equal(update(&s, "network/1", NULL), 1);
    assert_int_equal(update(&s, "network/1", NULL), 0);
    scene_uninit(&s);
}

static void
test_counts(void **state OVS_UNUSED)
{
    uint64_t trouble;
    struct scene s;

    scene_init(&s);
    assert_true(flow_table_is_settled(&s.t));
    script_run("want network/1 "F1"drop "G3"output:7\n"
               "want network/2 "F1"drop "F2"group:4", do_line, &s);
    assert_int_equal(s.t.n_flows, 2);
    assert_int_equal(s.t.n_groups, 1);
    assert_int_equal(s.t.n_shadowed, 1);
    assert_int_equal(s.t.n_places[FLOW_PENDING], 2);
    assert_int_equal(s.t.n_places[FLOW_WAITING], 1);
    assert_false(flow_table_is_settled(&s.t));

    trouble = s.t.trouble_seqno;
    script_run("begin", do_line, &s);
    assert_int_equal(s.t.n_places[FLOW_PENDING], 0);
    assert_int_equal(s.t.n_in_flight, 2);
    assert_false(flow_table_is_settled(&s.t));
    assert_true(s.t.trouble_seqno == trouble);

    script_run("reject 0 OFPGMFC_OUT_OF_GROUPS\ndone", do_line, &s);
    assert_int_equal(s.t.n_in_flight, 0);
    assert_int_equal(s.t.n_places[FLOW_QUARANTINED], 1);
    assert_true(flow_table_is_settled(&s.t));
    assert_true(s.t.trouble_seqno > trouble);

    trouble = s.t.trouble_seqno;
    script_run("want network/1", do_line, &s);
    assert_int_equal(s.t.n_shadowed, 0);
    assert_int_equal(s.t.n_places[FLOW_QUARANTINED], 0);
    assert_true(s.t.trouble_seqno > trouble);
    scene_uninit(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_switch_gets_what_differs),
        cmocka_unit_test(test_update_tells_the_number_of_differences),
        cmocka_unit_test(test_counts),
    };

    return cmocka_run_group_tests_name("flow-table", tests, NULL, NULL);
}
