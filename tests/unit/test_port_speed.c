/* SPDX-License-Identifier: MIT
 *
 * What is text and what is noise, and the search for the rate at which a board talks.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "device/port_speed.h"
#include "suite.h"
#include "uart.h"

static const int rates[] = {9600,   115200, 57600,  38400,  19200,   74880,
			    230400, 4800,   250000, 500000, 1000000, 2400};
enum { RATES = sizeof rates / sizeof rates[0], TEXT_SIZE = 4096, BURST_SIZE = 160 };

static enum port_verdict judge_bytes(const char *bytes, size_t size)
{
	struct port_judge judge = {0};

	port_judge_add(&judge, bytes, size);
	return port_judge_verdict(&judge);
}

static enum port_verdict judge_text(const char *text)
{
	return judge_bytes(text, strlen(text));
}

START_TEST(whole_lines_with_digits_are_text)
{
	ck_assert_int_eq(judge_text("\ntemperature:23.5\n"), PORT_VERDICT_TEXT);
	ck_assert_int_eq(judge_text("ure:23.5\r\n512\r\n513\r\n"), PORT_VERDICT_TEXT);
	ck_assert_int_eq(judge_text("\xff\x80\nt:23.5 °C\n"), PORT_VERDICT_TEXT);
	ck_assert_int_eq(judge_text("\nHello world\n"), PORT_VERDICT_WORDS);
}
END_TEST

START_TEST(what_may_still_become_text_is_not_judged)
{
	ck_assert_int_eq(judge_text(""), PORT_VERDICT_UNSURE);
	ck_assert_int_eq(judge_text("temperature:23.5\n"), PORT_VERDICT_UNSURE);
	ck_assert_int_eq(judge_text("\nt:2\n"), PORT_VERDICT_UNSURE);
	ck_assert_int_eq(judge_text("\x80\xff\x80\xff"), PORT_VERDICT_UNSURE);
	ck_assert_int_eq(judge_text("\ntemperature:23.5\nhum\x80"), PORT_VERDICT_UNSURE);
}
END_TEST

/* A degree sign of another character set in each line is no noise. */
START_TEST(a_few_bad_bytes_are_no_noise)
{
	char text[TEXT_SIZE] = "";

	for (int i = 0; i < 50; i++)
		strcat(text, "23.5\xb0\n");
	ck_assert_int_eq(judge_text(text), PORT_VERDICT_UNSURE);
}
END_TEST

START_TEST(bad_bytes_and_lines_without_end_are_noise)
{
	char bytes[TEXT_SIZE];

	memset(bytes, 0xf8, sizeof bytes);
	ck_assert_int_eq(judge_bytes(bytes, 64), PORT_VERDICT_NOISE);
	memset(bytes, 'x', sizeof bytes);
	ck_assert_int_eq(judge_bytes(bytes, 199), PORT_VERDICT_UNSURE);
	ck_assert_int_eq(judge_bytes(bytes, 200), PORT_VERDICT_NOISE);
}
END_TEST

/* ---- A board ------------------------------------------------------------ */

/* Texts as sketches print them. */
static size_t write_text(int kind, char *out)
{
	size_t size = 0;

	for (int i = 0; size < TEXT_SIZE - 80; i++) {
		if (kind == 0)
			size += (size_t)sprintf(out + size, "temperature:%d.%02d,humidity:%d\r\n",
						20 + i % 7, i * 7 % 100, 40 + i % 9);
		else if (kind == 1)
			size += (size_t)sprintf(out + size, "%d\r\n", 500 + i * 13 % 400);
		else
			size += (size_t)sprintf(out + size,
						"~M 5f3a9c01 %d 1 250 t 23.%02d Cel ~%08x\n", i,
						i % 100, (unsigned)i * 2654435761u);
	}
	return size;
}

/* The model is one where the rates are equal. */
START_TEST(at_the_right_rate_every_byte_is_heard)
{
	char sent[TEXT_SIZE];
	char heard[TEXT_SIZE];
	size_t size = write_text(_i, sent);

	ck_assert_uint_eq(uart_hear(sent, size, 9600, 9600, heard, sizeof heard), size);
	ck_assert_int_eq(memcmp(sent, heard, size), 0);
	ck_assert_int_eq(judge_bytes(heard, size), PORT_VERDICT_TEXT);
}
END_TEST

START_TEST(at_no_wrong_rate_text_is_heard)
{
	static char heard[TEXT_SIZE * 500];
	char sent[TEXT_SIZE];
	size_t size = write_text(_i, sent);

	for (int a = 0; a < RATES; a++) {
		for (int b = 0; b < RATES; b++) {
			size_t got = uart_hear(sent, size, rates[a], rates[b], heard, sizeof heard);
			enum port_verdict verdict = judge_bytes(heard, got);
			ck_assert_msg(verdict == PORT_VERDICT_TEXT ? a == b : a != b,
				      "sent at %d, heard at %d: %d", rates[a], rates[b], verdict);
		}
	}
}
END_TEST

enum { NO_RATE = 0, ANY_RATE = -1 };

/* A port, and a board behind it that sends a line now and then. */
struct bench {
	struct port_speed speed;
	int board; /* its rate, NO_RATE or ANY_RATE */
	int kind;
	int64_t period_ms; /* between bursts */
	int64_t now_ms;
	int64_t next_ms;
	int set; /* how often a rate was set */
	int refuses; /* this rate */
};

static void speak(struct bench *bench)
{
	char sent[TEXT_SIZE];
	char heard[TEXT_SIZE];
	size_t size = BURST_SIZE;
	int board = bench->board == ANY_RATE ? bench->speed.rate : bench->board;

	write_text(bench->kind, sent);
	if (board != NO_RATE)
		size = uart_hear(sent, size, board, bench->speed.rate, heard, sizeof heard);
	else
		memset(heard, 0xf0, size);
	port_speed_take(&bench->speed, heard, size, bench->now_ms);
}

/* Lets time pass until the search tells something; -1 when it never does. */
static int await_verdict(struct bench *bench, int64_t for_ms)
{
	int64_t end_ms = bench->now_ms + for_ms;

	while (bench->now_ms < end_ms) {
		int64_t due = port_speed_due(&bench->speed);
		enum port_speed_step step = port_speed_step(&bench->speed, bench->now_ms);
		if (step == PORT_SPEED_TELL)
			return bench->speed.fit;
		if (step == PORT_SPEED_SET) {
			bench->set++;
			if (bench->speed.rate == bench->refuses)
				port_speed_refused(&bench->speed);
			continue;
		}
		ck_assert_int_gt(due, bench->now_ms - 1);
		bench->now_ms = due < bench->next_ms ? due : bench->next_ms;
		if (bench->now_ms > end_ms)
			bench->now_ms = end_ms;
		else if (bench->now_ms == bench->next_ms) {
			speak(bench);
			bench->next_ms += bench->period_ms;
		}
	}
	return -1;
}

START_TEST(the_rate_of_the_board_is_found)
{
	for (int board = 0; board < RATES; board++) {
		struct bench bench = {.board = rates[board], .kind = _i, .period_ms = 200};
		int configured = rates[board] == 115200 ? 9600 : 115200;
		port_speed_start(&bench.speed, configured);
		ck_assert_int_eq(await_verdict(&bench, 60000), rates[board]);
		ck_assert_int_ge(bench.now_ms, PORT_SPEED_PATIENCE_MS);
		ck_assert_int_eq(bench.speed.rate, configured);
		ck_assert(!port_speed_searching(&bench.speed));
	}
}
END_TEST

START_TEST(a_board_that_talks_seldom_is_found_too)
{
	struct bench bench = {.board = 9600, .period_ms = 2000};

	port_speed_start(&bench.speed, 115200);
	ck_assert_int_eq(await_verdict(&bench, 60000), 9600);
}
END_TEST

START_TEST(that_no_rate_fits_is_told_and_searched_again_after_a_minute)
{
	struct bench bench = {.board = NO_RATE, .period_ms = 100};

	port_speed_start(&bench.speed, 115200);
	ck_assert_int_eq(await_verdict(&bench, 30000), 0);
	ck_assert_int_eq(bench.set, RATES);
	ck_assert_int_eq(bench.speed.rate, 115200);
	int64_t told_ms = bench.now_ms;
	ck_assert_int_eq(await_verdict(&bench, 120000), 0);
	ck_assert_int_ge(bench.now_ms, told_ms + PORT_SPEED_AGAIN_MS);
}
END_TEST

START_TEST(a_rate_that_the_driver_lacks_is_left_at_once)
{
	struct bench bench = {.board = 38400, .period_ms = 100, .refuses = 57600};
	int fit = -1;

	port_speed_start(&bench.speed, 115200);
	while (fit < 0 && bench.now_ms < 30000) {
		fit = await_verdict(&bench, 10);
		ck_assert_int_ne(bench.speed.rate, bench.refuses);
	}
	ck_assert_int_eq(fit, 38400);
}
END_TEST

START_TEST(after_a_good_line_nothing_is_searched)
{
	struct bench bench = {.board = 115200, .period_ms = 100};

	port_speed_start(&bench.speed, 115200);
	ck_assert_int_eq(await_verdict(&bench, 1000), -1);
	bench.board = NO_RATE;
	ck_assert_int_eq(await_verdict(&bench, 600000), -1);
	ck_assert_int_eq(bench.set, 0);
}
END_TEST

START_TEST(a_short_burst_of_noise_is_no_reason_to_search)
{
	struct bench bench = {.board = NO_RATE, .period_ms = 1000};

	port_speed_start(&bench.speed, 115200);
	ck_assert_int_eq(await_verdict(&bench, PORT_SPEED_PATIENCE_MS - 500), -1);
	bench.board = 115200;
	ck_assert_int_eq(await_verdict(&bench, 600000), -1);
	ck_assert_int_eq(bench.set, 0);
}
END_TEST

/* With native USB a board is heard at any rate, so that another one fits is no proof. */
START_TEST(text_that_comes_back_at_the_configured_rate_is_not_blamed_on_it)
{
	struct bench bench = {.board = NO_RATE, .period_ms = 100};

	port_speed_start(&bench.speed, 115200);
	while (!port_speed_searching(&bench.speed))
		ck_assert_int_eq(await_verdict(&bench, 100), -1);
	bench.board = ANY_RATE;
	ck_assert_int_eq(await_verdict(&bench, 600000), -1);
	ck_assert_int_eq(bench.speed.phase, PORT_SPEED_OFF);
	ck_assert_int_eq(bench.speed.rate, 115200);
}
END_TEST

START_TEST(silence_costs_no_wakeup)
{
	struct port_speed speed;

	port_speed_start(&speed, 9600);
	ck_assert_int_eq(port_speed_due(&speed), CLOCK_NEVER);
	port_speed_take(&speed, "\ntemperature:1\n", 15, 5);
	ck_assert_int_eq(port_speed_due(&speed), CLOCK_NEVER);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port_speed");
	TCase *tcase = tcase_create("port_speed");

	tcase_add_test(tcase, whole_lines_with_digits_are_text);
	tcase_add_test(tcase, what_may_still_become_text_is_not_judged);
	tcase_add_test(tcase, a_few_bad_bytes_are_no_noise);
	tcase_add_test(tcase, bad_bytes_and_lines_without_end_are_noise);
	tcase_add_loop_test(tcase, at_the_right_rate_every_byte_is_heard, 0, 3);
	tcase_add_loop_test(tcase, at_no_wrong_rate_text_is_heard, 0, 3);
	tcase_add_loop_test(tcase, the_rate_of_the_board_is_found, 0, 3);
	tcase_add_test(tcase, a_board_that_talks_seldom_is_found_too);
	tcase_add_test(tcase, that_no_rate_fits_is_told_and_searched_again_after_a_minute);
	tcase_add_test(tcase, a_rate_that_the_driver_lacks_is_left_at_once);
	tcase_add_test(tcase, after_a_good_line_nothing_is_searched);
	tcase_add_test(tcase, a_short_burst_of_noise_is_no_reason_to_search);
	tcase_add_test(tcase, text_that_comes_back_at_the_configured_rate_is_not_blamed_on_it);
	tcase_add_test(tcase, silence_costs_no_wakeup);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
