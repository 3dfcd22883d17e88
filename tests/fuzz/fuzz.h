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

#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H 1

/* Fuzz targets: what comes from outside, into the code that takes it apart.
 *
 * Each fuzz-NAME.c defines both functions.  It is linked with libFuzzer into
 * fuzz-NAME, which looks for new inputs ("tests/check fuzz"), and with
 * replay.c into replay-NAME, which "make check" runs: it tries the seeds,
 * whatever is cut off at their end, and with any byte changed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tries one input: aborts if what is known of the code does not hold.  Returns
 * true if the input made sense to the code. */
bool fuzz_try(const uint8_t *data, size_t size);

/* Calls 'cb' with 'aux' for each input to begin with.  All make sense. */
typedef void fuzz_seed_cb(void *aux, const void *data, size_t size);
void fuzz_seeds(fuzz_seed_cb *cb, void *aux);

#endif /* tests/fuzz/fuzz.h */
