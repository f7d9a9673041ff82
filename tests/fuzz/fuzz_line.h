/* SPDX-License-Identifier: MIT
 *
 * libFuzzer's entry, shared by the fuzzer and the replay of its corpus.
 */
#ifndef TESTS_FUZZ_LINE_H
#define TESTS_FUZZ_LINE_H

#include <stddef.h>
#include <stdint.h>

/* Reads the bytes as a board's; aborts when a promise is broken. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#endif
