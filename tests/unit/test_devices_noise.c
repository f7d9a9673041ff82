/* SPDX-License-Identifier: MIT
 *
 * Boards that send anything but metrics: all of it is counted and told, none of it
 * is fatal, and the line after the next newline is read.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "heard.h"
#include "pty.h"
#include "suite.h"

static struct heard heard;
static struct devices *devices;
static struct pty pty;

static void on_metric(void *context, const struct metric *metric)
{
	heard_add(context, "metric %s %s=%g[%s]", metric->device, metric->name, metric->value,
		  metric->unit);
}

static void on_state(void *context, const char *device, bool online, iotkit_status status,
		     const char *text)
{
	heard_add(context, "%s %s (%d): %s", online ? "online" : "offline", device, (int)status,
		  text);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	heard_add(context, "log %s (%d): %s", device, (int)status, text);
}

static void plug_in(struct pty *board, const char *name)
{
	char text[128];

	pty_open(board);
	snprintf(text, sizeof text, "serial:%s", board->path);
	ck_assert_int_eq(devices_add(devices, name, text), IOTKIT_OK);
	snprintf(text, sizeof text, "online %s", name);
	heard_wait(&heard, text);
}

static void start(void)
{
	struct device_sink sink = {
		.context = &heard, .metric = on_metric, .state = on_state, .log = on_log};

	heard_init(&heard);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
	plug_in(&pty, "a");
}

static void stop(void)
{
	devices_close(devices);
	pty_close(&pty);
	heard_destroy(&heard);
}

static void assert_counted(uint64_t lines, uint64_t rejected, uint64_t metrics)
{
	struct device_counters counters;

	devices_count(devices, &counters);
	ck_assert_uint_eq(counters.lines, lines);
	ck_assert_uint_eq(counters.lines_rejected, rejected);
	ck_assert_uint_eq(counters.metrics, metrics);
}

/* As if the board had gone on talking; a busy machine may bring it too late for that. */
static bool heard_as_cut(void)
{
	pty_print(&pty, "perature:23.5\ntemperature:24\n");
	heard_wait(&heard, " temperature=24");
	return heard_count(&heard, "log a (-16): the first line after opening") == 1;
}

START_TEST(the_rest_of_a_line_after_opening_is_left_out_and_told)
{
	for (int tries = 0; !heard_as_cut() && tries < 100; tries++) {
		stop();
		start();
	}
	ck_assert_uint_eq(heard_count(&heard, "the first line after opening"), 1);
	ck_assert_uint_eq(heard_count(&heard, "perature=23.5"), 0);
	assert_counted(2, 1, 1);
}
END_TEST

START_TEST(a_whole_json_object_after_opening_is_kept)
{
	pty_print(&pty, "{\"t\":1}\n{\"t\":2}\n");
	heard_wait(&heard, "t=1");
	heard_wait(&heard, "t=2");
	assert_counted(2, 0, 2);
}
END_TEST

START_TEST(half_a_json_object_after_opening_is_left_out)
{
	pty_print(&pty, "{\"h\":1}}\n{\"t\":2}\n");
	heard_wait(&heard, "t=2");
	ck_assert_uint_eq(heard_count(&heard, "h=1"), 0);
	assert_counted(2, 1, 1);
}
END_TEST

START_TEST(a_greeting_after_opening_is_heard)
{
	pty_print(&pty, "# hello\n");
	heard_wait(&heard, "log a (0): hello");
	assert_counted(1, 0, 0);
}
END_TEST

START_TEST(ten_megabytes_without_a_newline_are_one_line_and_stall_nobody)
{
	enum { PIECES = SUITE_SANITIZED ? 32 : 160 };
	static char bytes[1 << 16];
	struct pty other;
	char text[64];

	plug_in(&other, "b");
	pty_print(&pty, "\n");
	pty_print(&other, "\n");
	memset(bytes, 'x', sizeof bytes);
	for (int i = 0; i < PIECES; i++) {
		pty_write(&pty, bytes, sizeof bytes);
		snprintf(text, sizeof text, "t:%d\n", i);
		pty_print(&other, text);
	}
	heard_wait(&heard, "log a (-16): a line is longer than 1024 bytes");
	snprintf(text, sizeof text, "metric b t=%d", PIECES - 1);
	heard_wait(&heard, text);
	ck_assert_uint_eq(heard_count(&heard, "metric b"), PIECES);
	pty_print(&pty, "\nt:1000\n");
	heard_wait(&heard, "metric a t=1000");
	ck_assert_uint_eq(heard_count(&heard, "log a (-16): a line is longer"), 1);
	assert_counted(PIECES + 2, 1, PIECES + 1);
	pty_close(&other);
}
END_TEST

START_TEST(nuls_and_control_bytes_are_counted_and_told)
{
	static const char bytes[] = "\nt:1\0\n\x1b[31mt:2\nt:3\n";

	pty_write(&pty, bytes, sizeof bytes - 1);
	heard_wait(&heard, "log a (-16): a line has bytes that are no text");
	heard_wait(&heard, "metric a t=3");
	assert_counted(3, 2, 1);
}
END_TEST

START_TEST(a_degree_sign_that_is_not_utf8_is_told)
{
	pty_print(&pty, "\nt:23.5\xb0"
			"C\nt:23.5°C\n");
	heard_wait(&heard, "log a (-16): a line is not UTF-8");
	heard_wait(&heard, "metric a t=23.5[Cel]");
	assert_counted(2, 1, 1);
}
END_TEST

START_TEST(a_malformed_line_is_told_in_its_own_words)
{
	pty_print(&pty, "\nt:warm,h:40\n");
	heard_wait(&heard, "log a (-16): 'warm' is not a number");
	assert_counted(1, 1, 0);
}
END_TEST

START_TEST(a_value_that_is_nan_is_told_and_the_line_counts_as_good)
{
	pty_print(&pty, "\nt:nan,h:40\n");
	heard_wait(&heard, "log a (-16): 't' was left out");
	heard_wait(&heard, "metric a h=40");
	assert_counted(1, 0, 1);
}
END_TEST

START_TEST(words_without_values_are_counted_with_the_next_line)
{
	pty_print(&pty, "\nReady\n");
	pty_print(&pty, "t:1\n");
	heard_wait(&heard, "log a (-16): a line of words was no header");
	heard_wait(&heard, "metric a t=1");
	assert_counted(2, 1, 1);
}
END_TEST

START_TEST(a_thousand_bad_lines_are_told_few_times_but_all_counted)
{
	pty_print(&pty, "\n");
	for (int i = 0; i < 1000; i++)
		pty_print(&pty, "no!\n");
	pty_print(&pty, "t:1\n");
	heard_wait(&heard, "metric a t=1");
	assert_counted(1001, 1000, 1);
	/* One a second; this takes far less than a minute even on a slow machine. */
	ck_assert_uint_ge(heard_count(&heard, "log a"), 1);
	ck_assert_uint_le(heard_count(&heard, "log a"), 60);
}
END_TEST

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

START_TEST(good_lines_between_noise_are_all_heard)
{
	uint32_t state = (uint32_t)_i + 1;
	char bytes[4096];
	char text[64];

	pty_print(&pty, "\n");
	for (int i = 0; i < 50; i++) {
		size_t size = next_random(&state) % sizeof bytes;
		for (size_t at = 0; at < size; at++)
			bytes[at] = (char)next_random(&state);
		pty_write(&pty, bytes, size);
		snprintf(text, sizeof text, "\ngood_line:%d\n", i);
		pty_print(&pty, text);
		snprintf(text, sizeof text, "metric a good_line=%d[]", i);
		heard_wait(&heard, text);
	}
	ck_assert_uint_eq(heard_count(&heard, "offline"), 0);
}
END_TEST

START_TEST(characters_split_between_reads_stay_whole)
{
	static const char line[] = "温度:23.5 °C\n";

	pty_print(&pty, "\n");
	for (size_t cut = 1; cut < sizeof line - 1; cut++) {
		struct device_counters before;
		struct device_counters now;
		devices_count(devices, &before);
		pty_write(&pty, line, cut);
		do /* until the first part was read, so that it is a part */
			devices_count(devices, &now);
		while (now.bytes < before.bytes + cut);
		pty_write(&pty, line + cut, sizeof line - 1 - cut);
		heard_wait(&heard, "metric a 温度=23.5[Cel]");
	}
	assert_counted(sizeof line - 2, 0, sizeof line - 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("devices_noise");
	TCase *tcase = tcase_create("noise");

	tcase_set_timeout(tcase, 100);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, the_rest_of_a_line_after_opening_is_left_out_and_told);
	tcase_add_test(tcase, a_whole_json_object_after_opening_is_kept);
	tcase_add_test(tcase, half_a_json_object_after_opening_is_left_out);
	tcase_add_test(tcase, a_greeting_after_opening_is_heard);
	tcase_add_test(tcase, ten_megabytes_without_a_newline_are_one_line_and_stall_nobody);
	tcase_add_test(tcase, nuls_and_control_bytes_are_counted_and_told);
	tcase_add_test(tcase, a_degree_sign_that_is_not_utf8_is_told);
	tcase_add_test(tcase, a_malformed_line_is_told_in_its_own_words);
	tcase_add_test(tcase, a_value_that_is_nan_is_told_and_the_line_counts_as_good);
	tcase_add_test(tcase, words_without_values_are_counted_with_the_next_line);
	tcase_add_test(tcase, a_thousand_bad_lines_are_told_few_times_but_all_counted);
	tcase_add_loop_test(tcase, good_lines_between_noise_are_all_heard, 0, 5);
	tcase_add_test(tcase, characters_split_between_reads_stay_whole);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
