/* SPDX-License-Identifier: MIT
 *
 * Time is counted so that both a sent and a heard bit last a whole number: each as long as
 * the other's rate.
 */
#include "uart.h"

#include <stdbool.h>
#include <stdint.h>

enum { FRAME_BITS = 10 };

struct wire {
	const char *bytes;
	int64_t bits; /* sent in all */
	int64_t bit_time;
};

/* The n-th bit: a start bit, 8 of data, a stop bit; after the last byte the wire rests high. */
static bool bit(const struct wire *wire, int64_t n)
{
	int64_t at = n % FRAME_BITS;

	if (n >= wire->bits || at == FRAME_BITS - 1)
		return true;
	return at > 0 && (((unsigned char)wire->bytes[n / FRAME_BITS] >> (at - 1)) & 1) != 0;
}

static bool level(const struct wire *wire, int64_t time)
{
	return bit(wire, time / wire->bit_time);
}

/* The first moment from here on when the wire is at this level; -1 at its end. */
static int64_t find(const struct wire *wire, int64_t time, bool wanted)
{
	if (level(wire, time) == wanted)
		return time;
	for (int64_t n = time / wire->bit_time + 1; n <= wire->bits; n++)
		if (bit(wire, n) == wanted)
			return n * wire->bit_time;
	return -1;
}

size_t uart_hear(const char *bytes, size_t size, int sent_at, int heard_at, char *out,
		 size_t out_size)
{
	const struct wire wire = {bytes, (int64_t)size * FRAME_BITS, heard_at};
	int64_t heard = sent_at; /* how long a heard bit lasts */
	int64_t time = 0;
	size_t count = 0;

	/* A byte begins where the wire falls; after one without a stop bit it must rise first. */
	while (count < out_size && time >= 0 && (time = find(&wire, time, false)) >= 0) {
		unsigned byte = 0;
		for (int i = 0; i < 8; i++)
			byte |= (level(&wire, time + heard * (3 + 2 * i) / 2) ? 1u : 0u) << i;
		out[count++] = (char)byte;
		time = find(&wire, time + heard * 19 / 2, true);
	}
	return count;
}
