/* SPDX-License-Identifier: MIT
 *
 * Bytes as the file of iotkit_dedup_save(), also with the right sum put behind.
 * Promised for any of them: a refusal has a sentence and leaves nothing behind, and
 * what is read keeps its bounds, is written the same, and is known.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/seen_text.h"
#include "fuzz.h"

enum { SUM_LINE_SIZE = 32 };

static void promise(bool kept)
{
	if (!kept)
		abort();
}

static void check_same(const struct seen *seen, const char *text, size_t size)
{
	struct buffer again;

	buffer_init(&again, SEEN_TEXT_MAX);
	promise(seen_write_text(seen, &again) == IOTKIT_OK);
	promise(again.size == size && memcmp(again.bytes, text, size) == 0);
	buffer_free(&again);
}

static void check_known(struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++) {
		/* Each is the last one heard in its turn, and comes to the front. */
		const struct seen_epoch *epoch = seen->epochs[i];
		promise(epoch->count > 0 && epoch->count <= SEEN_RANGES_MAX);
		for (size_t k = 0; k < epoch->count; k++) {
			bool is_new = true;
			uint64_t last = epoch->ranges[k].last;
			promise(seen_add(seen, epoch->epoch, last, &is_new) == IOTKIT_OK);
			promise(!is_new);
		}
	}
}

static void read_text(const char *text, size_t size)
{
	struct seen seen;

	seen_init(&seen);
	error_set(IOTKIT_OK, "%s", "");
	if (seen_read_text(&seen, text, size) == IOTKIT_OK) {
		promise(seen.count <= SEEN_EPOCHS_MAX);
		check_same(&seen, text, size);
		check_known(&seen);
	} else {
		promise(*error_last() != '\0' && seen.count == 0 && seen.clock == 0);
	}
	seen_free(&seen);
}

/* FNV-1a, as the file has it. */
static size_t add_sum(char *text, size_t size)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	return size + (size_t)snprintf(text + size, SUM_LINE_SIZE, "sum %016" PRIx64 "\n", sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + SUM_LINE_SIZE);

	promise(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	read_text(text, size);
	read_text(text, add_sum(text, size));
	free(text);
	return 0;
}
