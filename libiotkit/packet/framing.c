/* SPDX-License-Identifier: MIT */
#include "packet/framing.h"

enum { LAST_SHIFT = 21 }; /* a length has at most four bytes of seven bits */

static void pass_length(struct framing *framing, unsigned char byte)
{
	framing->left |= (uint32_t)(byte & 0x7f) << framing->shift;
	if (byte < 0x80)
		framing->expects = framing->left > 0 ? FRAMING_BODY : FRAMING_TYPE;
	else if (framing->shift == LAST_SHIFT)
		framing->expects = FRAMING_BROKEN;
	framing->shift += 7;
}

static size_t pass_body(struct framing *framing, size_t size)
{
	size_t taken = size < framing->left ? size : framing->left;

	framing->left -= (uint32_t)taken;
	if (framing->left == 0)
		framing->expects = FRAMING_TYPE;
	return taken;
}

void framing_pass(struct framing *framing, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		switch (framing->expects) {
		case FRAMING_TYPE:
			*framing = (struct framing){.expects = FRAMING_LENGTH};
			i++;
			break;
		case FRAMING_LENGTH:
			pass_length(framing, (unsigned char)bytes[i++]);
			break;
		case FRAMING_BODY:
			i += pass_body(framing, size - i);
			break;
		case FRAMING_BROKEN:
			return;
		}
	}
}

bool framing_is_between(const struct framing *framing)
{
	return framing->expects == FRAMING_TYPE;
}

size_t framing_rest(const struct framing *framing)
{
	switch (framing->expects) {
	case FRAMING_LENGTH:
		return 1;
	case FRAMING_BODY:
		return framing->left;
	case FRAMING_TYPE:
	case FRAMING_BROKEN:
		break;
	}
	return 0;
}
