/* SPDX-License-Identifier: MIT
 *
 * libFuzzer's entry, shared by the fuzzers and the replay of their corpora.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Reads the bytes as its target does; aborts when a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
