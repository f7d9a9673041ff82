/* SPDX-License-Identifier: MIT
 *
 * Boards that come, go, and are added and removed while they talk.
 */
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/device.h"
#include "heard.h"
#include "pty.h"
#include "suite.h"

static struct heard heard;
static int64_t last_metric_ms;
static struct devices *devices;
static char folder[64];
static char link_path[128];
static char link_uri[160];
static _Atomic(const char *) remove_from_sink; /* the device to remove at the next metric */

static void on_metric(void *context, const struct metric *metric)
{
	ck_assert_ptr_eq(context, &heard);
	last_metric_ms = metric->time_ms; /* handed over by heard's lock */
	heard_add(&heard, "metric %s %s=%g[%s]", metric->device, metric->name, metric->value,
		  metric->unit);
	const char *name = atomic_exchange(&remove_from_sink, NULL);
	if (name != NULL) {
		ck_assert_int_eq(devices_remove(devices, name), IOTKIT_OK);
		heard_add(&heard, "removed %s", name);
	}
}

static void on_state(void *context, const char *device, bool online, iotkit_status status,
		     const char *text)
{
	ck_assert_ptr_eq(context, &heard);
	heard_add(&heard, "%s %s (%d): %s", online ? "online" : "offline", device, (int)status,
		  text);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	ck_assert_ptr_eq(context, &heard);
	heard_add(&heard, "log %s (%d): %s", device, (int)status, text);
}

static void start(void)
{
	static const struct device_sink sink = {
		.context = &heard, .metric = on_metric, .state = on_state, .log = on_log};

	heard_init(&heard);
	atomic_store(&remove_from_sink, NULL);
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(link_path, sizeof link_path, "%s/board", folder);
	snprintf(link_uri, sizeof link_uri, "serial:%s", link_path);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static void stop(void)
{
	devices_close(devices);
	unlink(link_path);
	ck_assert_int_eq(rmdir(folder), 0);
	heard_destroy(&heard);
}

static void add(const char *name, const char *path, const char *query)
{
	char uri[256];

	snprintf(uri, sizeof uri, "serial:%s%s", path, query);
	ck_assert_msg(devices_add(devices, name, uri) == IOTKIT_OK, "%s", iotkit_last_error());
}

/* Adds a board whose next line is whole: the first newline tells where it begins. */
static void plug_in(struct pty *pty, const char *name)
{
	char online[64];

	pty_open(pty);
	add(name, pty->path, "");
	snprintf(online, sizeof online, "online %s", name);
	heard_wait(&heard, online);
	pty_print(pty, "\n");
}

START_TEST(what_a_board_says_is_heard)
{
	struct pty pty;

	plug_in(&pty, "greenhouse");
	pty_print(&pty, "temperature:23.5 C,humidity:40\n# watering\n");
	heard_wait(&heard, "metric greenhouse temperature=23.5[Cel]");
	heard_wait(&heard, "metric greenhouse humidity=40[]");
	heard_wait(&heard, "log greenhouse (0): watering");
	pty_close(&pty);
}
END_TEST

START_TEST(going_online_tells_how_the_port_is_driven)
{
	struct pty pty;
	char text[128];

	pty_open(&pty);
	add("a", pty.path, "?baud=57600");
	snprintf(text, sizeof text, "online a (0): %s is open at 57600 baud, as a terminal",
		 pty.path);
	heard_wait(&heard, text);
	pty_close(&pty);
}
END_TEST

START_TEST(columns_of_the_uri_name_bare_values)
{
	struct pty pty;

	pty_open(&pty);
	add("a", pty.path, "?columns=t,h");
	heard_wait(&heard, "online");
	pty_print(&pty, "\n23.5,40\n1,2,3\n");
	heard_wait(&heard, "metric a t=23.5");
	heard_wait(&heard, "metric a h=40");
	heard_wait(&heard, "log a (-16): the line has 3 values, but there are 2 columns");
	pty_close(&pty);
}
END_TEST

START_TEST(a_missing_port_is_told_once_and_opened_when_it_comes)
{
	struct pty pty;

	ck_assert_int_eq(devices_add(devices, "a", link_uri), IOTKIT_OK);
	heard_wait(&heard, "offline a (-6): no such port");
	pty_open(&pty);
	pty_link(&pty, link_path);
	heard_wait(&heard, "online a");
	ck_assert_uint_eq(heard_count(&heard, "offline"), 1);
	pty_close(&pty);
}
END_TEST

START_TEST(a_board_that_is_unplugged_is_told_and_reopened_when_it_returns)
{
	struct pty pty;
	struct pty other;

	pty_open(&pty);
	pty_link(&pty, link_path);
	ck_assert_int_eq(devices_add(devices, "a", link_uri), IOTKIT_OK);
	heard_wait(&heard, "online a");
	for (int i = 0; i < 5; i++) {
		pty_print(&pty, "\nt:1\nt:2");
		heard_wait(&heard, "metric a t=1");
		/* The next one first, or it would get the same name. */
		pty_open(&other);
		pty_close(&pty);
		heard_wait(&heard, "offline a (-8)");
		pty_link(&other, link_path);
		heard_wait(&heard, "online a");
		pty = other;
	}
	pty_print(&pty, "\nt:3\n");
	heard_wait(&heard, "metric a t=3");
	ck_assert_uint_eq(heard_count(&heard, "offline"), 5);
	ck_assert_uint_eq(heard_count(&heard, "t=2"), 0);
	pty_close(&pty);
}
END_TEST

START_TEST(two_boards_are_heard_at_once)
{
	struct pty a;
	struct pty b;

	plug_in(&a, "a");
	plug_in(&b, "b");
	for (int i = 0; i < 100; i++) {
		pty_print(&a, "t:1\n");
		pty_print(&b, "t:2\n");
	}
	pty_print(&a, "end:1\n");
	pty_print(&b, "end:1\n");
	heard_wait(&heard, "a end=1");
	heard_clear(&heard);
	pty_print(&b, "end:2\n");
	heard_wait(&heard, "b end=2");

	struct device_counters counters;
	devices_count(devices, &counters);
	ck_assert_uint_eq(counters.lines, 203);
	ck_assert_uint_eq(counters.metrics, 203);
	ck_assert_uint_eq(counters.lines_rejected, 0);
	ck_assert_uint_eq(counters.bytes, 2 * (1 + 400 + 6) + 6);
	pty_close(&a);
	pty_close(&b);
}
END_TEST

START_TEST(a_metric_has_the_time_of_its_line)
{
	struct pty pty;

	plug_in(&pty, "a");
	int64_t before = clock_wall_ms();
	pty_print(&pty, "t:1\n");
	heard_wait(&heard, "metric a t=1");
	ck_assert_int_le(before, last_metric_ms);
	ck_assert_int_ge(clock_wall_ms(), last_metric_ms);
	pty_close(&pty);
}
END_TEST

START_TEST(names_are_checked)
{
	char name[300];

	ck_assert_int_eq(devices_add(devices, "a", link_uri), IOTKIT_OK);
	assert_fails(devices_add(devices, "a", link_uri), IOTKIT_EEXIST, "a device 'a' already");
	assert_fails(devices_add(devices, NULL, link_uri), IOTKIT_EINVAL, "name");
	assert_fails(devices_add(devices, "", link_uri), IOTKIT_EINVAL, "name");
	assert_fails(devices_add(devices, "\xff", link_uri), IOTKIT_EINVAL, "UTF-8");
	assert_fails(devices_add(devices, "b", "serial:"), IOTKIT_EINVAL, "no whole path");
	assert_fails(devices_remove(devices, "b"), IOTKIT_ENOENT, "no device 'b'");
	assert_fails(devices_remove(devices, NULL), IOTKIT_EINVAL, "name");
	memset(name, 'n', sizeof name);
	name[256] = '\0';
	assert_fails(devices_add(devices, name, link_uri), IOTKIT_EINVAL, "255 bytes");
	name[255] = '\0';
	ck_assert_int_eq(devices_add(devices, name, link_uri), IOTKIT_OK);
}
END_TEST

START_TEST(there_are_at_most_256_devices)
{
	char name[16];

	for (int i = 0; i < 256; i++) {
		snprintf(name, sizeof name, "d%d", i);
		ck_assert_int_eq(devices_add(devices, name, link_uri), IOTKIT_OK);
	}
	assert_fails(devices_add(devices, "more", link_uri), IOTKIT_EFULL, "256");
	heard_wait(&heard, "offline d255");
	ck_assert_int_eq(devices_remove(devices, "d7"), IOTKIT_OK);
	ck_assert_int_eq(devices_add(devices, "more", link_uri), IOTKIT_OK);
	heard_wait(&heard, "offline more");
}
END_TEST

START_TEST(a_removed_device_says_offline_and_nothing_more)
{
	struct pty pty;

	plug_in(&pty, "a");
	pty_print(&pty, "t:1\n");
	heard_wait(&heard, "t=1");
	ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	ck_assert_uint_eq(heard_count(&heard, "offline a (0)"), 1);
	heard_clear(&heard);
	pty_print(&pty, "t:2\n");
	add("a", pty.path, "");
	heard_wait(&heard, "online a");
	pty_print(&pty, "\nt:3\n");
	heard_wait(&heard, "t=3");
	ck_assert_uint_eq(heard_count(&heard, "t=2"), 0);
	pty_close(&pty);
}
END_TEST

START_TEST(a_removed_device_that_was_offline_says_nothing)
{
	ck_assert_int_eq(devices_add(devices, "a", link_uri), IOTKIT_OK);
	heard_wait(&heard, "offline a");
	ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	ck_assert_uint_eq(heard_count(&heard, "offline"), 1);
}
END_TEST

struct talker {
	struct pty pty;
	pthread_t thread;
	atomic_bool quiet;
};

static void *talk(void *context)
{
	struct talker *talker = context;
	static const char text[] = "t:1,h:2\nnoise\n# comment\n";

	/* Nobody reads after a removal: what the pty does not take is lost. */
	while (!atomic_load(&talker->quiet)) {
		struct pollfd room = {.fd = talker->pty.master, .events = POLLOUT};
		if (poll(&room, 1, 10) > 0 && write(room.fd, text, sizeof text - 1) < 0)
			continue;
	}
	return NULL;
}

START_TEST(a_device_can_be_removed_while_it_talks)
{
	struct talker talker;

	atomic_init(&talker.quiet, false);
	plug_in(&talker.pty, "a");
	ck_assert_int_eq(pthread_create(&talker.thread, NULL, talk, &talker), 0);
	for (int i = 0; i < 20; i++) {
		heard_wait(&heard, "metric a");
		ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
		size_t before = heard_count(&heard, "");
		ck_assert_uint_eq(heard_count(&heard, "offline a"), 1);
		ck_assert_uint_eq(heard_count(&heard, ""), before);
		heard_clear(&heard);
		add("a", talker.pty.path, "");
	}
	atomic_store(&talker.quiet, true);
	pthread_join(talker.thread, NULL);
	pty_close(&talker.pty);
}
END_TEST

START_TEST(a_device_can_be_removed_from_within_the_sink)
{
	struct pty pty;

	plug_in(&pty, "a");
	atomic_store(&remove_from_sink, "a");
	pty_print(&pty, "t:1,t:2\nt:3\n");
	heard_wait(&heard, "metric a t=1");
	heard_wait(&heard, "offline a (0)");
	heard_wait(&heard, "removed a");
	ck_assert_uint_eq(heard_count(&heard, "metric"), 1);
	add("a", pty.path, "");
	heard_wait(&heard, "online a");
	ck_assert_uint_eq(heard_count(&heard, "metric"), 1);
	pty_close(&pty);
}
END_TEST

START_TEST(another_device_can_be_removed_from_within_the_sink)
{
	struct pty a;
	struct pty b;

	plug_in(&a, "a");
	plug_in(&b, "b");
	atomic_store(&remove_from_sink, "b");
	pty_print(&a, "t:1,t:2\n");
	heard_wait(&heard, "removed b");
	heard_wait(&heard, "metric a t=2");
	assert_fails(devices_remove(devices, "b"), IOTKIT_ENOENT, "no device 'b'");
	pty_close(&a);
	pty_close(&b);
}
END_TEST

START_TEST(a_port_that_another_device_has_is_busy_until_it_is_let_go)
{
	struct pty pty;

	plug_in(&pty, "a");
	add("b", pty.path, "");
	heard_wait(&heard, "offline b (-17): ");
	ck_assert_uint_eq(heard_count(&heard, "is busy"), 1);
	ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	heard_wait(&heard, "online b");
	pty_close(&pty);
}
END_TEST

START_TEST(what_is_no_serial_port_is_told)
{
	add("folder", folder, "");
	heard_wait(&heard, "offline folder (-8): ");
	add("null", "/dev/null", "");
	heard_wait(&heard, "offline null (-8): /dev/null is not a serial port");
	add("below", "/dev/null/port", "");
	heard_wait(&heard, "offline below (-6): no such port");
}
END_TEST

START_TEST(a_baud_rate_a_plain_terminal_lacks_is_told)
{
	struct pty pty;

	pty_open(&pty);
	add("a", pty.path, "?baud=250000");
	heard_wait(&heard, "offline a (-14): ");
	ck_assert_uint_eq(heard_count(&heard, "does not do 250000 baud as a plain terminal"), 1);
	pty_close(&pty);
}
END_TEST

START_TEST(another_reason_is_told_when_it_lasts)
{
	ck_assert_int_eq(devices_add(devices, "a", link_uri), IOTKIT_OK);
	heard_wait(&heard, "offline a (-6): no such port");
	ck_assert_int_eq(symlink("/dev/null", link_path), 0);
	heard_wait(&heard, "log a (-8): ");
	ck_assert_uint_eq(heard_count(&heard, "is not a serial port"), 1);
	ck_assert_uint_eq(heard_count(&heard, "offline"), 1);
}
END_TEST

START_TEST(closing_without_devices_needs_no_thread)
{
	devices_close(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("devices");
	TCase *tcase = tcase_create("devices");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, what_a_board_says_is_heard);
	tcase_add_test(tcase, going_online_tells_how_the_port_is_driven);
	tcase_add_test(tcase, columns_of_the_uri_name_bare_values);
	tcase_add_test(tcase, a_missing_port_is_told_once_and_opened_when_it_comes);
	tcase_add_test(tcase, a_board_that_is_unplugged_is_told_and_reopened_when_it_returns);
	tcase_add_test(tcase, two_boards_are_heard_at_once);
	tcase_add_test(tcase, a_metric_has_the_time_of_its_line);
	tcase_add_test(tcase, names_are_checked);
	tcase_add_test(tcase, there_are_at_most_256_devices);
	tcase_add_test(tcase, a_removed_device_says_offline_and_nothing_more);
	tcase_add_test(tcase, a_removed_device_that_was_offline_says_nothing);
	tcase_add_test(tcase, a_device_can_be_removed_while_it_talks);
	tcase_add_test(tcase, a_device_can_be_removed_from_within_the_sink);
	tcase_add_test(tcase, another_device_can_be_removed_from_within_the_sink);
	tcase_add_test(tcase, a_port_that_another_device_has_is_busy_until_it_is_let_go);
	tcase_add_test(tcase, what_is_no_serial_port_is_told);
	tcase_add_test(tcase, a_baud_rate_a_plain_terminal_lacks_is_told);
	tcase_add_test(tcase, another_reason_is_told_when_it_lasts);
	tcase_add_test(tcase, closing_without_devices_needs_no_thread);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
