/* SPDX-License-Identifier: MIT
 *
 * Frames: all of tests/vectors/frames.txt, read and written again, and what is said of them.
 */
#include "device/frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/number.h"
#include "suite.h"

enum { COLUMNS_MAX = 16 };

static struct frame frame;
static struct frame_text text;
static size_t prefix;

/* ---- The vectors -------------------------------------------------------- */

/* What a column of the file stands for; returns its size. */
static size_t unescape(const char *column, char *out)
{
	size_t size = 0;

	while (*column != '\0') {
		if (*column != '\\') {
			out[size++] = *column++;
			continue;
		}
		char digits[4] = {column[1], column[2], column[3], '\0'};
		out[size++] = (char)strtol(digits, NULL, 8);
		column += 4;
	}
	out[size] = '\0';
	return size;
}

static size_t split(char *row, char **columns)
{
	size_t count = 0;

	row[strcspn(row, "\n")] = '\0';
	do {
		ck_assert_uint_lt(count, COLUMNS_MAX);
		columns[count++] = row;
		row += strcspn(row, "\t");
	} while (*row != '\0' && (*row++ = '\0', true));
	return count;
}

static void assert_text(const char *column, const char *got, const char *line)
{
	char wanted[LINE_SIZE_MAX + 1];

	unescape(column, wanted);
	ck_assert_msg(strcmp(wanted, got) == 0, "'%s' instead of '%s' in %s", got, wanted, line);
}

static void assert_number(const char *column, uint32_t got, const char *line)
{
	char digits[16];

	snprintf(digits, sizeof digits, "%" PRIu32, got);
	assert_text(column, digits, line);
}

static void assert_hex(const char *column, uint32_t got, const char *line)
{
	char digits[16];

	snprintf(digits, sizeof digits, "%08" PRIx32, got);
	assert_text(column, digits, line);
}

static void assert_fields(char *const *fields, size_t count, const char *line)
{
	switch (frame.kind) {
	case FRAME_HELLO:
		ck_assert_uint_eq(count, 8);
		if (strcmp(fields[0], "-") == 0)
			ck_assert_uint_eq(frame.id, FRAME_ID_NONE);
		else
			assert_hex(fields[0], frame.id, line);
		assert_hex(fields[1], frame.nonce, line);
		assert_number(fields[2], frame.protocol, line);
		assert_number(fields[3], frame.room, line);
		assert_text(fields[4], frame.name, line);
		assert_text(fields[5], frame.firmware, line);
		assert_text(fields[6], frame.version, line);
		assert_text(strcmp(fields[7], "-") == 0 ? "" : fields[7], frame.commands, line);
		break;
	case FRAME_METRIC:
	case FRAME_STATE:
		ck_assert_uint_eq(count, frame.kind == FRAME_METRIC ? 7 : 6);
		assert_hex(fields[0], frame.id, line);
		assert_number(fields[1], frame.seq, line);
		assert_number(fields[2], frame.base, line);
		assert_number(fields[3], frame.age_ms, line);
		assert_text(fields[4], frame.name, line);
		if (frame.kind == FRAME_STATE) {
			assert_text(fields[5], frame.value, line);
			break;
		}
		ck_assert_double_eq(frame.number, strtod(fields[5], NULL));
		assert_text(fields[6], frame.unit, line);
		break;
	case FRAME_RESULT:
		ck_assert_uint_eq(count, 3);
		assert_hex(fields[0], frame.id, line);
		assert_number(fields[1], frame.command, line);
		assert_number(fields[2], frame.result, line);
		break;
	case FRAME_WELCOME:
		ck_assert_uint_eq(count, 2);
		assert_hex(fields[0], frame.nonce, line);
		assert_hex(fields[1], frame.id, line);
		break;
	case FRAME_ACK:
	case FRAME_NAK:
		ck_assert_uint_eq(count, 2);
		assert_hex(fields[0], frame.id, line);
		assert_number(fields[1], frame.seq, line);
		break;
	case FRAME_COMMAND:
		ck_assert_uint_eq(count, 4);
		assert_hex(fields[0], frame.id, line);
		assert_number(fields[1], frame.command, line);
		assert_text(fields[2], frame.name, line);
		assert_text(fields[3], frame.value, line);
		break;
	case FRAME_WHO:
		ck_assert_uint_eq(count, 0);
		break;
	}
}

/* What is written for a frame that was read is the same bytes, but for a metric's value, which
 * has more than one form. */
static void assert_written(const char *line, size_t size)
{
	char written[LINE_SIZE_MAX + 2];
	char again[LINE_SIZE_MAX + 2];
	struct frame second;
	struct frame_text second_text;
	size_t written_size = frame_write(&frame, written, sizeof written);

	ck_assert_uint_gt(written_size, 0);
	ck_assert_int_eq(written[written_size - 1], '\n');
	if (frame.kind != FRAME_METRIC) {
		size -= line[size - 1] == '\r';
		ck_assert_uint_eq(written_size - 1, size - prefix);
		ck_assert_mem_eq(written, line + prefix, size - prefix);
	}
	ck_assert(frame_read(written, written_size - 1, &second, &second_text, &prefix));
	ck_assert_uint_eq(frame_write(&second, again, sizeof again), written_size);
	ck_assert_mem_eq(again, written, written_size);
}

static void check_row(char *row)
{
	char *columns[COLUMNS_MAX];
	char line[LINE_SIZE_MAX + 1];
	size_t count = split(row, columns);
	size_t size = unescape(columns[1], line);
	bool good = frame_read(line, size, &frame, &text, &prefix);

	if (strcmp(columns[0], "bad") == 0) {
		ck_assert_msg(!good, "%s is a frame: %s", columns[1], columns[2]);
		return;
	}
	ck_assert_str_eq(columns[0], "good");
	ck_assert_msg(good, "%s is no frame", columns[1]);
	ck_assert_msg(columns[2][0] == (char)frame.kind, "%s is of kind %c", columns[1],
		      (char)frame.kind);
	ck_assert(frame_suspected(line, size));
	assert_fields(columns + 3, count - 3, columns[1]);
	assert_written(line, size);
}

START_TEST(the_vectors_are_read_as_they_say)
{
	const char *path = getenv("VECTORS");
	FILE *file = fopen(path != NULL ? path : "tests/vectors/frames.txt", "r");
	char row[4096];
	int rows = 0;

	ck_assert_msg(file != NULL, "cannot read the vectors");
	while (fgets(row, sizeof row, file) != NULL) {
		if (row[0] == '#' || row[0] == '\n')
			continue;
		check_row(row);
		rows++;
	}
	fclose(file);
	ck_assert_int_gt(rows, 100);
}
END_TEST

/* ---- What the vectors do not say ---------------------------------------- */

static const char example[] = "~M 5f3a9c01 17 15 250 temperature 23.50 Cel ~c301a60c";

START_TEST(any_wrong_byte_is_noticed)
{
	char line[sizeof example];

	for (size_t at = 0; at < sizeof example - 1; at++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(line, example, sizeof line);
			line[at] = (char)(line[at] ^ 1 << bit);
			ck_assert_msg(!frame_read(line, sizeof line - 1, &frame, &text, &prefix),
				      "%s", line);
		}
	}
}
END_TEST

START_TEST(a_missing_or_doubled_byte_is_noticed)
{
	char line[sizeof example + 1];

	/* What is doubled before a frame stands before it. */
	for (size_t at = 1; at < sizeof example - 1; at++) {
		memcpy(line, example, at);
		memcpy(line + at, example + at + 1, sizeof example - at - 1);
		ck_assert(!frame_read(line, sizeof example - 2, &frame, &text, &prefix));
		memcpy(line + at, example + at - 1, sizeof example - at + 1);
		bool same = at == 1;
		ck_assert_int_eq(frame_read(line, sizeof example, &frame, &text, &prefix), same);
	}
}
END_TEST

START_TEST(the_prefix_is_what_stands_before)
{
	char line[128];

	snprintf(line, sizeof line, "t=5 %s", example);
	ck_assert(frame_read(line, strlen(line), &frame, &text, &prefix));
	ck_assert_uint_eq(prefix, 4);
	ck_assert(frame_read(example, strlen(example), &frame, &text, &prefix));
	ck_assert_uint_eq(prefix, 0);
}
END_TEST

START_TEST(a_frame_without_room_is_not_written)
{
	const struct frame ack = {.kind = FRAME_ACK, .id = 0x5f3a9c01, .seq = 17};
	char out[64];
	size_t size = frame_write(&ack, out, sizeof out);

	ck_assert_uint_eq(size, sizeof "~A 5f3a9c01 17 ~d451bdd6");
	ck_assert_mem_eq(out, "~A 5f3a9c01 17 ~d451bdd6\n", size);
	for (size_t room = 0; room < size; room++) {
		memset(out, 'x', sizeof out);
		ck_assert_uint_eq(frame_write(&ack, out, room), 0);
		ck_assert_int_eq(out[room], 'x');
	}
	const struct frame none = {.kind = (enum frame_kind)'X'};
	ck_assert_uint_eq(frame_write(&none, out, sizeof out), 0);
}
END_TEST

START_TEST(the_longest_line_is_read)
{
	char line[LINE_SIZE_MAX + 2];
	char value[LINE_SIZE_MAX + 2] = "";
	struct frame state = {
		.kind = FRAME_STATE, .id = 1, .seq = 1, .base = 1, .name = "n", .value = value};
	size_t size;

	memset(value, 'v', 1);
	size = frame_write(&state, line, sizeof line);
	memset(value, 'v', 1 + sizeof line - 1 - size);
	ck_assert_uint_eq(frame_write(&state, line, sizeof line), LINE_SIZE_MAX + 1);
	ck_assert(frame_read(line, LINE_SIZE_MAX, &frame, &text, &prefix));
	ck_assert_str_eq(frame.value, value);
}
END_TEST

START_TEST(a_zero_byte_is_in_no_text)
{
	/* It would end the text early. */
	static const char line[] = "~C 5f3a9c01 7 led a%00b ~3e8e085f";

	ck_assert(!frame_read(line, sizeof line - 1, &frame, &text, &prefix));
}
END_TEST

START_TEST(values_survive_writing)
{
	static const double values[] = {0.0, -0.07, 23.5, 1e-300, -6.02214076e23, 1.0 / 3.0};
	char line[LINE_SIZE_MAX + 1];

	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
		const struct frame metric = {.kind = FRAME_METRIC,
					     .id = 1,
					     .seq = 2,
					     .base = 1,
					     .age_ms = 3,
					     .name = "a name",
					     .number = values[i],
					     .unit = ""};
		size_t size = frame_write(&metric, line, sizeof line);
		ck_assert(frame_read(line, size - 1, &frame, &text, &prefix));
		ck_assert_double_eq(frame.number, values[i]);
		ck_assert_str_eq(frame.name, "a name");
		ck_assert_str_eq(frame.unit, "");
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("frame");
	TCase *tcase = tcase_create("frame");

	tcase_add_test(tcase, the_vectors_are_read_as_they_say);
	tcase_add_test(tcase, any_wrong_byte_is_noticed);
	tcase_add_test(tcase, a_missing_or_doubled_byte_is_noticed);
	tcase_add_test(tcase, the_prefix_is_what_stands_before);
	tcase_add_test(tcase, a_frame_without_room_is_not_written);
	tcase_add_test(tcase, the_longest_line_is_read);
	tcase_add_test(tcase, a_zero_byte_is_in_no_text);
	tcase_add_test(tcase, values_survive_writing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
