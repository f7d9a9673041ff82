/* SPDX-License-Identifier: MIT */
#include "device/line.h"

#include <string.h>

#include "base/utf8.h"

void line_start(struct line_splitter *splitter, int64_t now_ms)
{
	splitter->size = 0;
	splitter->opened_ms = now_ms;
	splitter->untouched = true;
	splitter->may_be_cut = false;
	splitter->skipping = false;
}

/* Most boards reset when their port opens, and then boot for longer than this;
 * bytes that come at once are from one that went on talking. */
static void note_first_byte(struct line_splitter *splitter, int64_t now_ms)
{
	if (!splitter->untouched)
		return;
	splitter->untouched = false;
	splitter->may_be_cut = now_ms - splitter->opened_ms < LINE_SETTLE_MS;
}

static enum line_fault examine(const char *text, size_t size)
{
	size_t plain = 0;

	if (size > LINE_SIZE_MAX)
		return LINE_TOO_LONG;
	while (plain < size && text[plain] >= ' ' && text[plain] < 0x7f)
		plain++;
	for (size_t i = plain; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		if ((byte < ' ' && byte != '\t') || byte == 0x7f)
			return LINE_CONTROL;
	}
	return utf8_valid(text + plain, size - plain) ? LINE_GOOD : LINE_NOT_UTF8;
}

static void hand_out(struct line_splitter *splitter, enum line_fault fault, const char *text,
		     size_t size, struct line *out)
{
	*out = (struct line){
		.fault = fault,
		.text = text,
		.size = size,
		.may_be_cut = splitter->may_be_cut,
	};
	splitter->size = 0;
	splitter->may_be_cut = false;
}

/* A newline has come: hands out what lies before it, unless that is nothing. */
static bool finish(struct line_splitter *splitter, struct line *out)
{
	char *text = splitter->bytes;
	size_t size = splitter->size;

	/* "\r\n" is one end of line, and so is the "\n\r" of some sketches. */
	while (size > 0 && text[size - 1] == '\r')
		size--;
	for (; size > 0 && text[0] == '\r'; size--)
		text++;
	text[size] = '\0';
	if (size == 0) {
		splitter->size = 0;
		splitter->may_be_cut = false;
		return false;
	}
	enum line_fault fault = examine(text, size);
	if (fault == LINE_TOO_LONG)
		hand_out(splitter, fault, "", 0, out);
	else
		hand_out(splitter, fault, text, size, out);
	return true;
}

static bool append(struct line_splitter *splitter, const char *bytes, size_t size)
{
	if (size > LINE_SIZE_MAX + 1 - splitter->size)
		return false;
	memcpy(splitter->bytes + splitter->size, bytes, size);
	splitter->size += size;
	return true;
}

bool line_next(struct line_splitter *splitter, const char **bytes, size_t *size, int64_t now_ms,
	       struct line *out)
{
	if (*size > 0)
		note_first_byte(splitter, now_ms);
	while (*size > 0) {
		const char *part = *bytes;
		const char *newline = memchr(part, '\n', *size);
		size_t length = newline != NULL ? (size_t)(newline - part) : *size;
		size_t taken = newline != NULL ? length + 1 : length;
		*bytes += taken;
		*size -= taken;
		if (splitter->skipping) {
			splitter->skipping = newline == NULL;
		} else if (!append(splitter, part, length)) {
			splitter->skipping = newline == NULL;
			hand_out(splitter, LINE_TOO_LONG, "", 0, out);
			return true;
		} else if (newline != NULL && finish(splitter, out)) {
			return true;
		}
	}
	return false;
}
