/* SPDX-License-Identifier: MIT
 *
 * Bytes as what a broker sends, looked through for refusals. Promised for any of them: what
 * is told does not depend on the pieces in which they come.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "link/refusals.h"

/* All that was told, as one number. */
static void tell(void *context, uint16_t packet_id, int code)
{
	uint64_t *sum = context;

	*sum = *sum * 31 + packet_id * 256U + (unsigned)code;
}

static uint64_t scan(const uint8_t *data, size_t size, size_t piece)
{
	uint64_t sum = 0;
	struct refusals refusals = {.sink = {.context = &sum, .refused = tell}};

	for (size_t at = 0; at < size; at += piece)
		refusals_scan(&refusals, (const char *)data + at,
			      size - at < piece ? size - at : piece);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = scan(data, size, size + 1);

	for (size_t piece = 1; piece <= 7; piece += 2)
		if (scan(data, size, piece) != whole)
			abort();
	return 0;
}
