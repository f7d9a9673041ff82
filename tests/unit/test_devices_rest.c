/* SPDX-License-Identifier: MIT
 *
 * How often the port of a board is read that never pauses, and that it loses nothing by it.
 */
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "device/device.h"
#include "device/rest.h"
#include "heard.h"
#include "pty.h"
#include "suite.h"

enum { LINES = 600 };

static struct heard heard;
static struct devices *devices;
/* The poller's until the last line was heard. */
static int64_t read_ms; /* of the line before: those of one read have the same time */
static size_t reads;
static int last_value;

static void on_metric(void *context, const struct metric *metric)
{
	ck_assert_int_eq((int)metric->value, ++last_value);
	if (metric->time_ms != read_ms)
		reads++;
	read_ms = metric->time_ms;
	if (last_value == LINES)
		heard_add(context, "the last of %s", metric->device);
}

static void on_state(void *context, const char *device, bool online, iotkit_status status,
		     const char *text)
{
	(void)status, (void)text;
	heard_add(context, "%s %s", online ? "online" : "offline", device);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	(void)status;
	heard_add(context, "log %s: %s", device, text);
}

static void start(void)
{
	static const struct device_sink sink = {
		.context = &heard, .metric = on_metric, .state = on_state, .log = on_log};

	heard_init(&heard);
	read_ms = 0;
	reads = 0;
	last_value = 0;
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static void stop(void)
{
	devices_close(devices);
	heard_destroy(&heard);
}

static void plug_in(struct pty *pty)
{
	char uri[128];

	pty_open(pty);
	snprintf(uri, sizeof uri, "serial:%s?lines=plain", pty->path);
	ck_assert_int_eq(devices_add(devices, "a", uri), IOTKIT_OK);
	heard_wait(&heard, "online a");
	pty_print(pty, "\n");
}

/* The board's pace is a line a millisecond; on a slow machine it is another, and so are the
 * moments that pass meanwhile. */
START_TEST(a_board_that_never_pauses_is_read_once_a_moment)
{
	struct pty pty;
	char line[16];

	plug_in(&pty);
	int64_t first_moment = clock_monotonic_ms() / REST_MOMENT_MS;
	for (int i = 1; i <= LINES; i++) {
		snprintf(line, sizeof line, "n:%d\r\n", i);
		pty_print(&pty, line);
		poll(NULL, 0, 1);
	}
	heard_wait(&heard, "the last of a");
	int64_t moments = clock_monotonic_ms() / REST_MOMENT_MS - first_moment + 1;
	/* In the first it was not known yet that it never pauses. */
	ck_assert_uint_le(reads, (size_t)moments + 1);
	pty_close(&pty);
}
END_TEST

START_TEST(a_board_that_floods_its_port_loses_nothing)
{
	struct pty pty;
	char line[16];

	plug_in(&pty);
	for (int i = 1; i <= LINES; i++) {
		snprintf(line, sizeof line, "n:%d\r\n", i);
		pty_print(&pty, line);
	}
	heard_wait(&heard, "the last of a");
	ck_assert_int_eq(last_value, LINES);
	pty_close(&pty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("devices_rest");
	TCase *tcase = tcase_create("devices_rest");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_board_that_never_pauses_is_read_once_a_moment);
	tcase_add_test(tcase, a_board_that_floods_its_port_loses_nothing);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
