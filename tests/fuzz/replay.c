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
#include "tests/fuzz/fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util.h"

static size_t n_inputs;

/* Tries 'size' bytes of 'data' in memory of their own, so that a sanitizer
 * sees what reads beyond them.  Returns true if they made sense. */
static bool
try(const uint8_t *data, size_t size)
{
    uint8_t *copy = xmemdup(data, size);
    bool sense = fuzz_try(copy, size);

    free(copy);
    n_inputs++;
    return sense;
}

static void
try_changes(uint8_t *data, size_t size)
{
    static const uint8_t changes[] = { 0x01, 0x80, 0xff };

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = data[i];

        for (size_t j = 0; j < ARRAY_SIZE(changes); j++) {
            data[i] = byte ^ changes[j];
            try(data, size);
        }
        data[i] = 0;
        try(data, size);
        data[i] = byte;
    }
}

static void
try_seed(void *aux OVS_UNUSED, const void *data, size_t size)
{
    uint8_t *copy = xmemdup(data, size);

    if (!try(copy, size)) {
        ovs_fatal(0, "a seed of %"PRIuSIZE" bytes makes no sense", size);
    }
    for (size_t n = 0; n < size; n++) {
        try(copy, n);
    }
    try_changes(copy, size);
    free(copy);
}

static void
write_seed(void *folder, const void *data, size_t size)
{
    char *path = xasprintf("%s/seed-%"PRIuSIZE, (char *) folder, n_inputs++);
    FILE *file = fopen(path, "w");

    if (!file || fwrite(data, 1, size, file) != size || fclose(file)) {
        ovs_fatal(errno, "%s", path);
    }
    free(path);
}

static void
try_file(const char *path)
{
    FILE *file = fopen(path, "r");
    uint8_t *data = xmalloc(1 << 20);
    size_t size;

    if (!file) {
        ovs_fatal(errno, "%s", path);
    }
    size = fread(data, 1, 1 << 20, file);
    fclose(file);
    try(data, size);
    free(data);
}

int
main(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc == 3 && !strcmp(argv[1], "--write-seeds")) {
        fuzz_seeds(write_seed, argv[2]);
    } else if (argc > 1) {
        for (int i = 1; i < argc; i++) {
            try_file(argv[i]);
        }
    } else {
        fuzz_seeds(try_seed, NULL);
    }
    printf("%"PRIuSIZE" inputs\n", n_inputs);
    return n_inputs ? EXIT_SUCCESS : EXIT_FAILURE;
}
