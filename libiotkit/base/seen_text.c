/* SPDX-License-Identifier: MIT */
#include "base/seen_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static const char magic[] = "iotkit dedup ";
static const char version[] = "1\n";

enum {
	LINE_SIZE = 64,
	SUM_LINE_LENGTH = 4 + 16 + 1 /* "sum ", digits, newline */
};

/* So that the clock never comes to its end. */
static const uint64_t clock_max = UINT64_C(1) << 62;

static void sum_line(const char *text, size_t size, char line[LINE_SIZE])
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
	snprintf(line, LINE_SIZE, "sum %016" PRIx64 "\n", sum);
}

/* ---- writing ---- */

static iotkit_status write_epoch(const struct seen_epoch *epoch, struct buffer *out)
{
	char line[LINE_SIZE];

	snprintf(line, sizeof line, "epoch %" PRIu64 "\n", epoch->epoch);
	iotkit_status status = buffer_append_text(out, line);
	for (size_t i = 0; i < epoch->count && status == IOTKIT_OK; i++) {
		const struct seen_range *range = &epoch->ranges[i];
		snprintf(line, sizeof line, "%" PRIu64 "-%" PRIu64 " %" PRIu64 "\n", range->first,
			 range->last, range->heard);
		status = buffer_append_text(out, line);
	}
	return status;
}

iotkit_status seen_write_text(const struct seen *seen, struct buffer *out)
{
	char line[LINE_SIZE];
	size_t start = out->size;

	snprintf(line, sizeof line, "%s%sclock %" PRIu64 "\n", magic, version, seen->clock);
	iotkit_status status = buffer_append_text(out, line);
	for (size_t i = 0; i < seen->count && status == IOTKIT_OK; i++)
		status = write_epoch(seen->epochs[i], out);
	if (status != IOTKIT_OK)
		return status;
	sum_line(out->bytes + start, out->size - start, line);
	return buffer_append_text(out, line);
}

/* ---- reading: each function goes over what it is named for, if it is there ---- */

static bool take_text(const char **at, const char *text)
{
	size_t size = strlen(text);

	if (strncmp(*at, text, size) != 0)
		return false;
	*at += size;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As it is written: without a sign or zeros in front. */
static bool take_number(const char **at, uint64_t *out)
{
	const char *c = *at;
	uint64_t value = 0;

	if (!is_digit(*c) || (c[0] == '0' && is_digit(c[1])))
		return false;
	for (; is_digit(*c); c++) {
		uint64_t digit = (uint64_t)(*c - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*at = c;
	*out = value;
	return true;
}

static bool take_range(const char **at, struct seen_epoch *epoch, uint64_t clock)
{
	struct seen_range range;
	uint64_t last = epoch->count > 0 ? epoch->ranges[epoch->count - 1].last : 0;

	if (epoch->count == SEEN_RANGES_MAX || !take_number(at, &range.first) ||
	    !take_text(at, "-") || !take_number(at, &range.last) || !take_text(at, " ") ||
	    !take_number(at, &range.heard) || !take_text(at, "\n"))
		return false;
	/* The first is 1 or more; the others have a gap in front. */
	if (range.first <= last || (epoch->count > 0 && range.first - 1 == last) ||
	    range.last < range.first || range.heard > clock)
		return false;
	epoch->ranges[epoch->count++] = range;
	return true;
}

static bool take_epoch(const char **at, const struct seen *seen, struct seen_epoch *epoch)
{
	if (!take_text(at, "epoch ") || !take_number(at, &epoch->epoch) || !take_text(at, "\n"))
		return false;
	if (epoch->epoch == 0)
		return false;
	for (size_t i = 0; i < seen->count; i++)
		if (seen->epochs[i]->epoch == epoch->epoch)
			return false;
	while (is_digit(**at))
		if (!take_range(at, epoch, seen->clock))
			return false;
	return epoch->count > 0;
}

static iotkit_status damaged(void)
{
	return error_set(IOTKIT_EINVAL, "it is damaged");
}

static iotkit_status read_epochs(struct seen *seen, const char *at, const char *end)
{
	while (at < end) {
		if (seen->count == SEEN_EPOCHS_MAX)
			return damaged();
		struct seen_epoch *epoch = calloc(1, sizeof *epoch);
		if (epoch == NULL)
			return error_set_no_memory();
		if (!take_epoch(&at, seen, epoch)) {
			free(epoch);
			return damaged();
		}
		seen->epochs[seen->count++] = epoch;
	}
	return IOTKIT_OK;
}

iotkit_status seen_read_text(struct seen *seen, const char *text, size_t size)
{
	char line[LINE_SIZE];
	const char *at = text;

	if (!take_text(&at, magic))
		return error_set(IOTKIT_EINVAL, "it was not written by iotkit_dedup_save()");
	if (!take_text(&at, version))
		return error_set(IOTKIT_EINVAL,
				 "it is damaged, or from another version of libiotkit");
	if (size < (size_t)(at - text) + SUM_LINE_LENGTH)
		return damaged();
	const char *end = text + size - SUM_LINE_LENGTH;
	sum_line(text, (size_t)(end - text), line);
	if (memcmp(end, line, SUM_LINE_LENGTH) != 0)
		return damaged();
	if (!take_text(&at, "clock ") || !take_number(&at, &seen->clock) || !take_text(&at, "\n") ||
	    seen->clock > clock_max) {
		seen_init(seen);
		return damaged();
	}
	iotkit_status status = read_epochs(seen, at, end);
	if (status != IOTKIT_OK)
		seen_free(seen);
	return status;
}
