/* SPDX-License-Identifier: MIT
 *
 * What a bad cable does to the bytes of one direction. The same seed does the same
 * to the same bytes, however they are cut into pieces.
 */
#ifndef LINETOOL_NOISE_H
#define LINETOOL_NOISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fault { FAULT_FLIP, FAULT_DROP, FAULT_DOUBLE, FAULT_KINDS };

/* How likely each is, from 0 to 1, for one byte. */
struct noise_rates {
	double fault[FAULT_KINDS];
	double delay;
	bool burst; /* faults come in runs of up to 31 bytes; as many bytes are hit */
};

struct noise {
	const struct noise_rates *rates;
	uint64_t random;
	unsigned left[FAULT_KINDS]; /* bytes of a running burst */
	uint64_t bytes, hit[FAULT_KINDS], delayed;
};

void noise_begin(struct noise *noise, const struct noise_rates *rates, uint64_t seed);

/*
 * Passes one byte: returns how many come out of it, none to two. *delayed says that
 * what follows has to wait.
 */
size_t noise_pass(struct noise *noise, uint8_t byte, uint8_t out[2], bool *delayed);

#endif
