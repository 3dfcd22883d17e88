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
#include "tests/unit/hook-script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "openvswitch/json.h"
#include "tests/unit/script.h"

/* See hook-script.h. */
struct json *
hook_script_parse(const char *text)
{
    struct json *json = json_from_string(text);

    if (json->type == JSON_STRING) {
        fail_msg("%s: %s", text, json_string(json));
    }
    return json;
}

/* See hook-script.h. */
void
hook_script_check(const char *name, struct json *txn, const char *expected)
{
    char *got = json_to_string(txn, JSSF_SORT);

    script_check(name, expected, got);
    free(got);
    json_destroy(txn);
}
