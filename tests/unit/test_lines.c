/* SPDX-License-Identifier: MIT
 *
 * What takes long at a real port: a kit that becomes a plain board, one that sleeps; and a
 * board whose name is not settled. The test is the poller here, and time is its word.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device/internal.h"
#include "heard.h"
#include "suite.h"

enum { ID = 0x5f3a9c01, START_MS = 1000000 };

static struct heard heard;
static struct devices *devices;
static struct device *device;
static int ends[2]; /* the port is one end of a pipe: nothing is read from it here */

static void on_metric(void *context, const struct metric *metric)
{
	heard_add(context, "metric %s %s=%g", metric->device, metric->name, metric->value);
}

static void on_state(void *context, const char *name, bool online, iotkit_status status,
		     const char *text)
{
	heard_add(context, "%s %s (%d): %s", online ? "online" : "offline", name, (int)status,
		  text);
}

static void on_log(void *context, const char *name, iotkit_status status, const char *text)
{
	heard_add(context, "log %s (%d): %s", name, (int)status, text);
}

static iotkit_status on_numbered(void *context, const struct metric *metric,
				 const struct device_origin *origin)
{
	heard_add(context, "taken %s %u", metric->device, (unsigned int)origin->seq);
	return IOTKIT_OK;
}

static void on_position(void *context, const char *name, struct device_position *out)
{
	heard_add(context, "position of %s", name);
	*out = (struct device_position){0};
}

static void on_commanded(void *context, const struct device_result *result)
{
	heard_add(context, "command %s (%d): %s", result->name, (int)result->status, result->text);
}

static void start(void)
{
	static const struct device_sink sink = {
		.context = &heard,
		.metric = on_metric,
		.state = on_state,
		.log = on_log,
		.numbered = on_numbered,
		.position = on_position,
		.commanded = on_commanded,
	};
	struct port_settings settings;

	heard_init(&heard);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
	ck_assert_int_eq(port_uri_parse("serial:/dev/null", &settings), IOTKIT_OK);
	ck_assert_int_eq(device_new("a", &settings, &device), IOTKIT_OK);
	ck_assert_int_eq(pipe(ends), 0);
	device->port.fd = ends[1];
	lines_opened(devices, device);
}

static void stop(void)
{
	close(ends[0]);
	close(ends[1]);
	device->port.fd = -1;
	devices->count = 0; /* the device is the test's */
	device_free(device);
	devices_close(devices);
	heard_destroy(&heard);
}

static void print_at(int64_t now_ms, const char *text)
{
	device->read_ms = now_ms;
	lines_take(devices, device, text, strlen(text));
	lines_tick(devices, device, now_ms);
}

static void say_at(int64_t now_ms, const struct frame *frame)
{
	char line[FRAME_SIZE_MAX + 2];

	line[frame_write(frame, line, sizeof line - 1)] = '\0';
	print_at(now_ms, line);
}

static void hello_at(int64_t now_ms, const char *name)
{
	say_at(now_ms, &(struct frame){.kind = FRAME_HELLO,
				       .id = ID,
				       .nonce = 1,
				       .protocol = 1,
				       .room = 64,
				       .name = name,
				       .firmware = "sketch",
				       .version = "0",
				       .commands = "led"});
}

static void reading_at(int64_t now_ms, uint32_t seq)
{
	say_at(now_ms, &(struct frame){.kind = FRAME_METRIC,
				       .id = ID,
				       .seq = seq,
				       .base = seq,
				       .name = "t",
				       .number = 1,
				       .unit = ""});
}

START_TEST(plain_lines_are_prints_until_nothing_else_came_for_30_s)
{
	int64_t now = START_MS;

	hello_at(now, "a");
	print_at(now + 1000, "t:1\n");
	reading_at(now + 20000, 1);
	/* Half a minute is counted from the first plain line after a frame. */
	now += 60000;
	print_at(now, "t:2\n");
	print_at(now + LINES_PLAIN_AGAIN_MS - 1, "t:3\n");
	ck_assert_uint_eq(heard_count(&heard, "log a (0): t:"), 3);
	ck_assert_uint_eq(heard_count(&heard, "metric"), 0);
	print_at(now + LINES_PLAIN_AGAIN_MS, "t:4\n");
	ck_assert_uint_eq(heard_count(&heard, "metric a t=4"), 1);
	ck_assert_uint_eq(heard_count(&heard, "nothing but plain lines"), 1);
	/* A frame makes it a kit's again, at once. */
	reading_at(now + LINES_PLAIN_AGAIN_MS, 2);
	print_at(now + LINES_PLAIN_AGAIN_MS, "t:5\n");
	ck_assert_uint_eq(heard_count(&heard, "taken a"), 2);
	ck_assert_uint_eq(heard_count(&heard, "metric"), 1);
}
END_TEST

START_TEST(a_command_waits_while_the_board_sleeps)
{
	size_t size;
	int64_t now = START_MS;

	hello_at(now, "a");
	monitor_lock(&devices->monitor);
	devices->list[devices->count++] = device;
	monitor_unlock(&devices->monitor);
	size = device->lines.outgoing.size;
	ck_assert_int_eq(devices_command(devices, "a", "led", "1", INT64_MAX, 1), IOTKIT_OK);
	now += COMMAND_AWAKE_MS;
	lines_tick(devices, device, now);
	ck_assert_uint_eq(device->lines.outgoing.size, size);
	now += 60000;
	reading_at(now, 1);
	ck_assert_uint_gt(device->lines.outgoing.size, size);
	ck_assert_uint_eq(heard_count(&heard, "command led"), 0);
}
END_TEST

START_TEST(what_waited_for_a_lost_port_is_not_for_the_next_board)
{
	hello_at(START_MS, "a");
	ck_assert(lines_want_write(device));
	lines_closed(devices, device);
	ck_assert(!lines_want_write(device));
}
END_TEST

START_TEST(nothing_is_handed_on_before_the_name_is_settled)
{
	heard_clear(&heard);
	device->provisional = true;
	device->lines = (struct lines){0};
	strcpy(device->finding.name, "arduino-uno-1");
	lines_opened(devices, device);
	reading_at(START_MS, 1);
	ck_assert_uint_eq(heard_count(&heard, ""), 0);
	ck_assert_uint_gt(device->lines.outgoing.size, 0); /* who is there? */
	hello_at(START_MS, "greenhouse");
	ck_assert_uint_eq(heard_count(&heard, "online greenhouse"), 1);
	reading_at(START_MS, 1);
	ck_assert_uint_eq(heard_count(&heard, "taken greenhouse 1"), 1);
	ck_assert_uint_eq(heard_count(&heard, "log greenhouse"), 1);
	ck_assert_uint_eq(heard_count(&heard, "position of a"), 0);
}
END_TEST

START_TEST(a_plain_board_gets_the_name_of_its_kind)
{
	device->provisional = true;
	strcpy(device->finding.name, "arduino-uno-1");
	print_at(START_MS, "\nt:1\n");
	ck_assert_uint_eq(heard_count(&heard, "online arduino-uno-1"), 1);
	ck_assert_uint_eq(heard_count(&heard, "metric arduino-uno-1 t=1"), 1);
}
END_TEST

START_TEST(a_port_that_fills_a_terminal_too_fast_does_not_rest)
{
	device->settings.baud = 2000000;
	print_at(START_MS, "\nt:1\n");
	print_at(START_MS + 1, "t:2\n");
	ck_assert_int_eq(device->rest.until_ms, 0);
}
END_TEST

START_TEST(a_plain_board_that_talks_on_lets_its_port_rest_and_a_kit_does_not)
{
	print_at(START_MS, "\nt:1\n");
	ck_assert_int_le(device->rest.until_ms, START_MS);
	print_at(START_MS + 1, "t:");
	ck_assert_int_le(device->rest.until_ms, START_MS + 1);
	print_at(START_MS + 2, "2\n");
	ck_assert_int_gt(device->rest.until_ms, START_MS + 2);
	device->rest = (struct rest){0};
	hello_at(START_MS + 3, "a");
	reading_at(START_MS + 4, 1);
	print_at(START_MS + 5, "t:3\n");
	ck_assert_int_eq(device->rest.until_ms, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lines");
	TCase *tcase = tcase_create("lines");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, plain_lines_are_prints_until_nothing_else_came_for_30_s);
	tcase_add_test(tcase, a_command_waits_while_the_board_sleeps);
	tcase_add_test(tcase, what_waited_for_a_lost_port_is_not_for_the_next_board);
	tcase_add_test(tcase, nothing_is_handed_on_before_the_name_is_settled);
	tcase_add_test(tcase, a_plain_board_gets_the_name_of_its_kind);
	tcase_add_test(tcase, a_plain_board_that_talks_on_lets_its_port_rest_and_a_kit_does_not);
	tcase_add_test(tcase, a_port_that_fills_a_terminal_too_fast_does_not_rest);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
