/* SPDX-License-Identifier: MIT
 *
 * Bytes as what a broker sends, of which answers are taken out. Promised for any of them: what is
 * told and what is left does not depend on the pieces in which they come.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "link/answers.h"

enum { PIECE_MAX = 4096 };

/* All that was told and left, each as one number. */
struct outcome {
	uint64_t told;
	uint64_t left;
	iotkit_status status;
};

static void add(uint64_t *sum, const void *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		*sum = *sum * 31 + ((const unsigned char *)bytes)[i];
}

static void tell(void *context, const struct link_answer *answer)
{
	uint64_t *sum = context;

	*sum = *sum * 31 + answer->type;
	*sum = *sum * 31 + answer->packet_id;
	*sum = *sum * 31 + answer->code;
	add(sum, answer->words.at, answer->words.size);
}

static struct outcome scan(const uint8_t *data, size_t size, size_t piece)
{
	struct outcome outcome = {0};
	struct answers answers = {.sink = {.context = &outcome.told, .answered = tell}};
	char bytes[PIECE_MAX];

	for (size_t at = 0; at < size && outcome.status == IOTKIT_OK; at += piece) {
		size_t left = size - at < piece ? size - at : piece;
		memcpy(bytes, data + at, left);
		outcome.status = answers_scan(&answers, bytes, &left);
		add(&outcome.left, bytes, left);
	}
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct outcome whole = scan(data, size, PIECE_MAX);

	for (size_t piece = 1; piece <= 7; piece += 2) {
		struct outcome other = scan(data, size, piece);
		if (other.told != whole.told || other.left != whole.left ||
		    other.status != whole.status)
			abort();
	}
	return 0;
}
