/* SPDX-License-Identifier: MIT */
#include "packet/mask.h"

enum {
	CONNECT_BYTE = 0x10,
	VERSION_5 = 5,
	WILL_FLAG = 0x04,
	USER_NAME_FLAG = 0x80,
	PASSWORD_FLAG = 0x40,
	KEEP_ALIVE_SIZE = 2,
	LENGTH_SIZE = 2,
	VARINT_MAX = 4
};

bool mask_is_over(const struct mask *mask)
{
	return mask->field == MASK_OVER;
}

static bool has_field(const struct mask *mask)
{
	switch (mask->field) {
	case MASK_PROPERTIES:
		return mask->level == VERSION_5;
	case MASK_WILL_PROPERTIES:
		return mask->level == VERSION_5 && (mask->flags & WILL_FLAG) != 0;
	case MASK_WILL_TOPIC:
	case MASK_WILL_PAYLOAD:
		return (mask->flags & WILL_FLAG) != 0;
	case MASK_USER_NAME:
		return (mask->flags & USER_NAME_FLAG) != 0;
	case MASK_PASSWORD:
		return (mask->flags & PASSWORD_FLAG) != 0;
	default:
		return true;
	}
}

static void go_on(struct mask *mask)
{
	do
		mask->field++;
	while (!has_field(mask));
	mask->length = 0;
	mask->length_bytes = 0;
	mask->left = mask->field == MASK_KEEP_ALIVE ? KEEP_ALIVE_SIZE : 0;
}

/* A length is over: skips what it is of. */
static void skip_field(struct mask *mask)
{
	mask->left = mask->length;
	if (mask->left == 0)
		go_on(mask);
}

static bool take_varint(struct mask *mask, unsigned char byte)
{
	mask->length |= (uint32_t)(byte & 0x7f) << (7 * mask->length_bytes++);
	if (byte >= 0x80 && mask->length_bytes == VARINT_MAX)
		mask->field = MASK_OVER; /* it is no CONNECT */
	return byte < 0x80;
}

static void take_head(struct mask *mask, unsigned char byte)
{
	switch (mask->field) {
	case MASK_TYPE:
		go_on(mask);
		if (byte != CONNECT_BYTE)
			mask->field = MASK_OVER;
		break;
	case MASK_SIZE:
		if (take_varint(mask, byte)) {
			mask->size = mask->length;
			go_on(mask);
			if (mask->size == 0)
				mask->field = MASK_OVER;
		}
		break;
	case MASK_LEVEL:
		mask->level = byte;
		go_on(mask);
		break;
	case MASK_FLAGS:
		mask->flags = byte;
		go_on(mask);
		break;
	case MASK_PROPERTIES:
	case MASK_WILL_PROPERTIES:
		if (take_varint(mask, byte))
			skip_field(mask);
		break;
	default:
		mask->length = mask->length << 8 | byte;
		if (++mask->length_bytes == LENGTH_SIZE)
			skip_field(mask);
		break;
	}
}

/* The byte as it may be seen. */
static char pass(struct mask *mask, char byte)
{
	bool is_body = mask->field > MASK_SIZE;
	bool is_secret = mask->field == MASK_PASSWORD && mask->left > 0;

	if (mask->left == 0)
		take_head(mask, (unsigned char)byte);
	else if (--mask->left == 0)
		go_on(mask);
	if (is_body && --mask->size == 0)
		mask->field = MASK_OVER;
	return is_secret ? '*' : byte;
}

void mask_copy(struct mask *mask, char *to, const char *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = mask_is_over(mask) ? from[i] : pass(mask, from[i]);
}
