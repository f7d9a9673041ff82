/* SPDX-License-Identifier: MIT */
#include "link/refusals.h"

#include <stdbool.h>

enum {
	PUBACK = 4,
	PUBREC = 5,
	PUBCOMP = 7,
	FIRST_REFUSAL = 0x80,
	LAST_SHIFT = 21 /* a length has at most four bytes of seven bits */
};

static bool is_acknowledgement(unsigned char type)
{
	return type >> 4 == PUBACK || type >> 4 == PUBREC || type >> 4 == PUBCOMP;
}

static void take_length(struct refusals *refusals, unsigned char byte)
{
	refusals->left |= (uint32_t)(byte & 0x7f) << refusals->shift;
	if (byte < 0x80)
		refusals->expects = refusals->left > 0 ? REFUSALS_BODY : REFUSALS_TYPE;
	else if (refusals->shift == LAST_SHIFT)
		refusals->expects = REFUSALS_BROKEN;
	refusals->shift += 7;
}

static void take_head(struct refusals *refusals, const char *bytes, size_t size)
{
	struct refusals_sink *sink = &refusals->sink;
	unsigned char *head = refusals->head;

	for (size_t i = 0; i < size && refusals->seen < sizeof refusals->head; i++) {
		head[refusals->seen++] = (unsigned char)bytes[i];
		if (refusals->seen == sizeof refusals->head && head[2] >= FIRST_REFUSAL)
			sink->refused(sink->context, (uint16_t)(head[0] << 8 | head[1]), head[2]);
	}
}

static size_t take_body(struct refusals *refusals, const char *bytes, size_t size)
{
	size_t taken = size < refusals->left ? size : refusals->left;

	if (is_acknowledgement(refusals->type))
		take_head(refusals, bytes, taken);
	refusals->left -= (uint32_t)taken;
	if (refusals->left == 0)
		refusals->expects = REFUSALS_TYPE;
	return taken;
}

static void begin_packet(struct refusals *refusals, unsigned char type)
{
	refusals->type = type;
	refusals->shift = 0;
	refusals->left = 0;
	refusals->seen = 0;
	refusals->expects = REFUSALS_LENGTH;
}

void refusals_scan(struct refusals *refusals, const char *bytes, size_t size)
{
	if (refusals->sink.refused == NULL)
		return;
	for (size_t i = 0; i < size && refusals->expects != REFUSALS_BROKEN;) {
		if (refusals->expects == REFUSALS_BODY)
			i += take_body(refusals, bytes + i, size - i);
		else if (refusals->expects == REFUSALS_LENGTH)
			take_length(refusals, (unsigned char)bytes[i++]);
		else
			begin_packet(refusals, (unsigned char)bytes[i++]);
	}
}
