/* SPDX-License-Identifier: MIT */
#include "device/frame.h"

#include <string.h>

#include "base/utf8.h"
#include "metric/number.h"

/* ---- What each kind of frame is made of --------------------------------- */

enum type {
	TYPE_ID, /* not 0 */
	TYPE_ID_OR_NONE,
	TYPE_NONCE,
	TYPE_NUMBER,
	TYPE_ROOM,
	TYPE_VALUE,
	TYPE_TEXT,
	TYPE_NAME /* a text that is not empty */
};

enum { FIELDS_MAX = 8 };

struct field {
	enum type type;
	size_t offset; /* in struct frame */
};

#define FIELD(type, member)                                                                        \
	{                                                                                          \
		TYPE_##type, offsetof(struct frame, member)                                        \
	}

static const struct form {
	enum frame_kind kind;
	size_t count;
	struct field fields[FIELDS_MAX];
} forms[] = {
	{FRAME_METRIC,
	 7,
	 {FIELD(ID, id), FIELD(NUMBER, seq), FIELD(NUMBER, base), FIELD(NUMBER, age_ms),
	  FIELD(NAME, name), FIELD(VALUE, number), FIELD(TEXT, unit)}},
	{FRAME_STATE,
	 6,
	 {FIELD(ID, id), FIELD(NUMBER, seq), FIELD(NUMBER, base), FIELD(NUMBER, age_ms),
	  FIELD(NAME, name), FIELD(TEXT, value)}},
	{FRAME_RESULT, 3, {FIELD(ID, id), FIELD(NUMBER, command), FIELD(NUMBER, result)}},
	{FRAME_HELLO,
	 8,
	 {FIELD(ID_OR_NONE, id), FIELD(NONCE, nonce), FIELD(NUMBER, protocol), FIELD(ROOM, room),
	  FIELD(TEXT, name), FIELD(TEXT, firmware), FIELD(TEXT, version), FIELD(TEXT, commands)}},
	{FRAME_WELCOME, 2, {FIELD(NONCE, nonce), FIELD(ID, id)}},
	{FRAME_ACK, 2, {FIELD(ID, id), FIELD(NUMBER, seq)}},
	{FRAME_NAK, 2, {FIELD(ID, id), FIELD(NUMBER, seq)}},
	{FRAME_COMMAND,
	 4,
	 {FIELD(ID, id), FIELD(NUMBER, command), FIELD(TEXT, name), FIELD(TEXT, value)}},
	{FRAME_WHO, 0, {{TYPE_ID, 0}}},
};

static const struct form *find_form(int kind)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if ((int)forms[i].kind == kind)
			return &forms[i];
	return NULL;
}

static bool is_plain(unsigned char byte)
{
	return byte > ' ' && byte != 0x7f;
}

/* ---- CRC-32 ------------------------------------------------------------- */

/* Four bits at a time: twice as fast as one bit, with a table that fits a cache line. */
static uint32_t crc32_add(uint32_t crc, unsigned char byte)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};

	crc ^= byte;
	crc = crc >> 4 ^ table[crc & 15];
	return crc >> 4 ^ table[crc & 15];
}

static uint32_t crc32_of(const char *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++)
		crc = crc32_add(crc, (unsigned char)bytes[i]);
	return crc ^ UINT32_MAX;
}

/* ---- Reading ------------------------------------------------------------ */

enum { HEX_DIGITS = 8 };

/* A field as it stands in the frame. */
struct span {
	const char *at;
	size_t size;
};

/* What decoded texts are appended to. */
struct pool {
	char *at;
	char *end;
};

static int digit_value(char digit, const char *letters)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	const char *letter = digit != '\0' ? strchr(letters, digit) : NULL;
	return letter != NULL ? 10 + (int)(letter - letters) : -1;
}

static bool read_hex(const char *at, uint32_t *out)
{
	uint32_t value = 0;

	for (int i = 0; i < HEX_DIGITS; i++) {
		int digit = digit_value(at[i], "abcdef");
		if (digit < 0)
			return false;
		value = value << 4 | (uint32_t)digit;
	}
	*out = value;
	return true;
}

static bool read_number(struct span span, uint32_t *out)
{
	uint64_t value = 0;

	if (span.size > 10 || (span.size > 1 && span.at[0] == '0'))
		return false;
	for (size_t i = 0; i < span.size; i++) {
		if (span.at[i] < '0' || span.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(span.at[i] - '0');
	}
	*out = (uint32_t)value;
	return value <= UINT32_MAX;
}

/* As the C library writes it: no sign but a minus, and a digit first. */
static bool read_value(struct span span, double *out)
{
	const char *digits = span.at[0] == '-' ? span.at + 1 : span.at;
	const char *end; /* the space behind the field ends the number, at the latest */

	return *digits >= '0' && *digits <= '9' && number_parse(span.at, out, &end) &&
	       end == span.at + span.size;
}

/* The byte at *at, decoded, and moves on; -1 where none may be. */
static int read_byte(const char **at, const char *end)
{
	unsigned char byte = (unsigned char)*(*at)++;

	if (byte != '%')
		return is_plain(byte) ? byte : -1;
	if (end - *at < 2)
		return -1;
	int high = digit_value((*at)[0], "ABCDEF");
	int low = digit_value((*at)[1], "ABCDEF");
	*at += 2;
	return high < 0 || low < 0 || high + low == 0 ? -1 : high << 4 | low;
}

static bool read_text(struct span span, struct pool *pool, const char **out)
{
	const char *at = span.at;
	const char *end = at + span.size;
	char *text = pool->at;
	char *to = text;

	/* A decoded text and its NUL are no longer than the field and its space. */
	if ((size_t)(pool->end - to) <= span.size)
		return false;
	if (span.size == 1 && *at == '-')
		at = end;
	while (at < end) {
		int byte = read_byte(&at, end);
		if (byte < 0)
			return false;
		*to++ = (char)byte;
	}
	*to = '\0';
	pool->at = to + 1;
	*out = text;
	return utf8_valid(text, (size_t)(to - text));
}

static bool read_id(struct span span, enum type type, uint32_t *out)
{
	if (type == TYPE_ID_OR_NONE && span.size == 1 && span.at[0] == '-') {
		*out = FRAME_ID_NONE;
		return true;
	}
	return span.size == HEX_DIGITS && read_hex(span.at, out) &&
	       (type == TYPE_NONCE || *out != FRAME_ID_NONE);
}

static bool read_field(const struct field *field, struct span span, struct pool *pool,
		       struct frame *out)
{
	char *member = (char *)out + field->offset;
	uint32_t number = 0;
	double value = 0.0;
	const char *text = NULL;
	bool good;

	if (field->type == TYPE_TEXT || field->type == TYPE_NAME) {
		good = read_text(span, pool, &text) && (field->type == TYPE_TEXT || *text != '\0');
		memcpy(member, &text, sizeof text);
		return good;
	}
	if (field->type == TYPE_VALUE) {
		good = read_value(span, &value);
		memcpy(member, &value, sizeof value);
		return good;
	}
	if (field->type == TYPE_NUMBER || field->type == TYPE_ROOM)
		good = read_number(span, &number) &&
		       (field->type == TYPE_NUMBER || number >= FRAME_ROOM_MIN);
	else
		good = read_id(span, field->type, &number);
	memcpy(member, &number, sizeof number);
	return good;
}

static bool read_body(const char *body, size_t size, struct frame *out, struct frame_text *text)
{
	const char *end = body + size;
	const char *at = body + 2;
	struct pool pool = {text->bytes, text->bytes + sizeof text->bytes};
	const struct form *form = size >= 2 && body[1] == ' ' ? find_form(body[0]) : NULL;

	if (form == NULL)
		return false;
	out->kind = form->kind;
	for (size_t i = 0; i < form->count; i++) {
		const char *space = memchr(at, ' ', (size_t)(end - at));
		if (space == NULL || space == at)
			return false;
		struct span span = {at, (size_t)(space - at)};
		if (!read_field(&form->fields[i], span, &pool, out))
			return false;
		at = space + 1;
	}
	return at == end;
}

/* The body at the end of a line, when its CRC is right; else at is NULL. */
static struct span find_body(const char *line, size_t size)
{
	const struct span none = {NULL, 0};
	uint32_t crc;

	if (size > 0 && line[size - 1] == '\r')
		size--;
	if (size < HEX_DIGITS + 2 || size > FRAME_SIZE_MAX)
		return none;
	const char *tail = line + size - HEX_DIGITS - 1;
	if (*tail != '~' || !read_hex(tail + 1, &crc))
		return none;
	const char *head = tail;
	while (head > line && head[-1] != '~')
		head--;
	const struct span body = {head, (size_t)(tail - head)};
	return head > line && crc32_of(body.at, body.size) == crc ? body : none;
}

bool frame_read(const char *line, size_t size, struct frame *out, struct frame_text *text,
		size_t *prefix_out)
{
	const struct span body = find_body(line, size);

	if (body.at == NULL)
		return false;
	*prefix_out = (size_t)(body.at - 1 - line);
	return read_body(body.at, body.size, out, text);
}

bool frame_came_whole(const char *line, size_t size)
{
	return find_body(line, size).at != NULL;
}

bool frame_suspected(const char *line, size_t size)
{
	return memchr(line, '~', size) != NULL;
}

/* ---- Writing ------------------------------------------------------------ */

struct writer {
	char *at;
	char *end;
	uint32_t crc;
	bool full;
};

static void put(struct writer *writer, char byte)
{
	if (writer->at == writer->end) {
		writer->full = true;
		return;
	}
	*writer->at++ = byte;
	writer->crc = crc32_add(writer->crc, (unsigned char)byte);
}

static void put_plain(struct writer *writer, const char *text)
{
	for (; *text != '\0'; text++)
		put(writer, *text);
}

static void put_hex(struct writer *writer, uint32_t value)
{
	for (int shift = 28; shift >= 0; shift -= 4)
		put(writer, "0123456789abcdef"[value >> shift & 15]);
}

static void put_number(struct writer *writer, uint32_t value)
{
	char digits[11];
	char *at = digits + sizeof digits - 1;

	*at = '\0';
	do
		*--at = (char)('0' + value % 10);
	while ((value /= 10) != 0);
	put_plain(writer, at);
}

static void put_escaped(struct writer *writer, unsigned char byte)
{
	put(writer, '%');
	put(writer, "0123456789ABCDEF"[byte >> 4]);
	put(writer, "0123456789ABCDEF"[byte & 15]);
}

static void put_text(struct writer *writer, const char *text)
{
	if (*text == '\0') {
		put(writer, '-');
	} else if (strcmp(text, "-") == 0) {
		put_escaped(writer, '-');
	} else {
		for (; *text != '\0'; text++) {
			if (!is_plain((unsigned char)*text) || *text == '~' || *text == '%')
				put_escaped(writer, (unsigned char)*text);
			else
				put(writer, *text);
		}
	}
}

static void put_field(struct writer *writer, const struct field *field, const struct frame *frame)
{
	const char *member = (const char *)frame + field->offset;
	char digits[NUMBER_TEXT_SIZE];
	uint32_t number;
	double value;
	const char *text;

	if (field->type == TYPE_TEXT || field->type == TYPE_NAME) {
		memcpy(&text, member, sizeof text);
		put_text(writer, text);
		return;
	}
	if (field->type == TYPE_VALUE) {
		memcpy(&value, member, sizeof value);
		number_format(value, digits);
		put_plain(writer, digits);
		return;
	}
	memcpy(&number, member, sizeof number);
	if (field->type == TYPE_NUMBER || field->type == TYPE_ROOM)
		put_number(writer, number);
	else if (field->type == TYPE_ID_OR_NONE && number == FRAME_ID_NONE)
		put(writer, '-');
	else
		put_hex(writer, number);
}

size_t frame_write(const struct frame *frame, char *out, size_t size)
{
	const struct form *form = find_form((int)frame->kind);
	struct writer writer = {.at = out, .end = out + size};

	if (form == NULL)
		return 0;
	put(&writer, '~');
	writer.crc = UINT32_MAX;
	put(&writer, (char)frame->kind);
	for (size_t i = 0; i < form->count; i++) {
		put(&writer, ' ');
		put_field(&writer, &form->fields[i], frame);
	}
	put(&writer, ' ');
	uint32_t crc = writer.crc ^ UINT32_MAX;
	put(&writer, '~');
	put_hex(&writer, crc);
	put(&writer, '\n');
	return writer.full ? 0 : (size_t)(writer.at - out);
}
