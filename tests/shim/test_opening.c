/* SPDX-License-Identifier: MIT
 *
 * What opening a port does to the board, and boards that talk at another rate than the port,
 * through libserialport and the poller.
 */
#define _GNU_SOURCE /* RTLD_DEFAULT */
#include <dlfcn.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "device/device.h"
#include "device/port.h"
#include "device/port_reset.h"
#include "fake_sysfs.h"
#include "heard.h"
#include "line_speed.h"
#include "pty.h"
#include "suite.h"
#include "uart.h"

enum { LINES_MAX = 256, BOTH = TIOCM_DTR | TIOCM_RTS, TRIES = 400, TRY_MS = 50 };

static struct pty pty;
static struct heard heard;
static struct devices *devices;
static const char *greeting; /* what the board says as soon as it is online */
static int before; /* how often the lines had been set when the test began */
static int (*shim_history)(int *out, int max);

static void on_metric(void *context, const struct metric *metric)
{
	heard_add(context, "metric %s %s=%g", metric->device, metric->name, metric->value);
}

static void on_state(void *context, const char *device, bool online, iotkit_status status,
		     const char *text)
{
	if (online && greeting != NULL && strcmp(device, "a") == 0)
		pty_print(&pty, greeting);
	heard_add(context, "%s %s (%d): %s", online ? "online" : "offline", device, (int)status,
		  text);
}

static void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	heard_add(context, "log %s (%d): %s", device, (int)status, text);
}

static void on_position(void *context, const char *device, struct device_position *out)
{
	(void)context, (void)device, (void)out;
}

static void start(void)
{
	static const struct device_sink sink = {.context = &heard,
						.metric = on_metric,
						.state = on_state,
						.log = on_log,
						.position = on_position};
	void *function = dlsym(RTLD_DEFAULT, "tty_shim_history");

	ck_assert_ptr_nonnull(function);
	memcpy(&shim_history, &function, sizeof function);
	before = shim_history(NULL, 0);
	greeting = NULL;
	pty_open(&pty);
	fake_sysfs_make();
	fake_sysfs_add_usb(pty.path + strlen("/dev/"), "2341", "0043", "Uno", "75830");
	heard_init(&heard);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static void stop(void)
{
	devices_close(devices);
	heard_destroy(&heard);
	fake_sysfs_remove();
	pty_close(&pty);
}

static void add(const char *name, const struct pty *at, const char *query)
{
	char uri[160];

	snprintf(uri, sizeof uri, "serial:%s%s", at->path, query);
	ck_assert_msg(devices_add(devices, name, uri) == IOTKIT_OK, "%s", iotkit_last_error());
}

/* What the modem lines were set to since the test began. */
static int history(int out[static LINES_MAX])
{
	int all[LINES_MAX];
	int count = shim_history(all, LINES_MAX);

	ck_assert_int_le(count, LINES_MAX);
	memcpy(out, all + before, (size_t)(count - before) * sizeof *out);
	return count - before;
}

static bool fell(void)
{
	int lines[LINES_MAX];
	int count = history(lines);

	for (int i = 1; i < count; i++)
		if ((lines[i - 1] & ~lines[i]) != 0)
			return true;
	return false;
}

/* The board says this again and again until it is heard. */
static void say_until_heard(const char *text, const char *part)
{
	for (int i = 0; i < TRIES && heard_count(&heard, part) == 0; i++) {
		pty_print(&pty, text);
		poll(NULL, 0, TRY_MS);
	}
	ck_assert_uint_gt(heard_count(&heard, part), 0);
}

static bool hangs_up(void)
{
	struct termios mode;

	ck_assert_int_eq(tcgetattr(pty.master, &mode), 0);
	return (mode.c_cflag & HUPCL) != 0;
}

static uint64_t rejected(void)
{
	struct device_counters counters;

	devices_count(devices, &counters);
	return counters.lines_rejected;
}

/* ---- The pulse alone ---------------------------------------------------- */

static void open_port(struct port *port)
{
	char uri[160];
	struct port_settings settings;

	snprintf(uri, sizeof uri, "serial:%s", pty.path);
	ck_assert_int_eq(port_uri_parse(uri, &settings), IOTKIT_OK);
	ck_assert_int_eq(port_open(&settings, port), IOTKIT_OK);
	before = shim_history(NULL, 0);
}

START_TEST(a_pulse_lowers_dtr_then_rts_and_raises_both_at_once)
{
	struct port_reset reset;
	struct port port;
	int lines[LINES_MAX];

	open_port(&port);
	port_reset_start(&reset, port.fd, DEVICE_RESET_ALWAYS, true, 1000);
	ck_assert(port_reset_pulsing(&reset));
	ck_assert_int_eq(port_reset_due(&reset), 1050);
	ck_assert(!port_reset_step(&reset, port.fd, 1049));
	ck_assert_int_eq(history(lines), 1);
	ck_assert(!port_reset_step(&reset, port.fd, 1050));
	ck_assert(!port_reset_step(&reset, port.fd, 1099));
	ck_assert(port_reset_step(&reset, port.fd, 1100));
	ck_assert(!port_reset_step(&reset, port.fd, 9999));
	ck_assert_int_eq(history(lines), 3);
	ck_assert_int_eq(lines[0], TIOCM_RTS);
	ck_assert_int_eq(lines[1], 0);
	ck_assert_int_eq(lines[2], BOTH);
	ck_assert(port_reset_booting(&reset, 1100 + PORT_BOOT_MS - 1));
	ck_assert(!port_reset_booting(&reset, 1100 + PORT_BOOT_MS));
	port_close(&port);
}
END_TEST

/* Else the board would take the pulse for its being asked to wait. */
START_TEST(with_flow_control_rts_is_left_alone)
{
	struct port_reset reset;
	struct port port;
	int lines[LINES_MAX];

	open_port(&port);
	port_reset_start(&reset, port.fd, DEVICE_RESET_ALWAYS, false, 0);
	port_reset_step(&reset, port.fd, 50);
	ck_assert(port_reset_step(&reset, port.fd, 100));
	ck_assert_int_eq(history(lines), 2);
	ck_assert_int_eq(lines[0], TIOCM_RTS);
	ck_assert_int_eq(lines[1], BOTH);
	port_close(&port);
}
END_TEST

/* ---- Opening ------------------------------------------------------------ */

START_TEST(opening_excuses_noise_and_takes_good_lines)
{
	greeting = "\x01\x02\nrst cause:2, boot mode:(3,6)\nt:1\n";
	add("a", &pty, "");
	heard_wait(&heard, "metric a t=1");
	ck_assert_uint_eq(rejected(), 0);
	ck_assert_uint_eq(heard_count(&heard, "log"), 0);
	ck_assert(!fell());
	ck_assert(!hangs_up());
}
END_TEST

START_TEST(never_excuses_nothing)
{
	greeting = "\n\x01\x02\nt:1\n";
	add("a", &pty, "?reset.on_open=never");
	heard_wait(&heard, "log a (-16): a line has bytes that are no text");
	heard_wait(&heard, "metric a t=1");
	ck_assert_uint_eq(rejected(), 1);
	ck_assert(!fell());
	ck_assert(!hangs_up());
}
END_TEST

START_TEST(always_resets_and_forgets_what_came_before)
{
	greeting = "\nt:1\nt:2";
	add("a", &pty, "?reset.on_open=always");
	heard_wait(&heard, "online a");
	say_until_heard("3.5\n\x01\nt:4\n", "metric a t=4");
	ck_assert_uint_eq(heard_count(&heard, "t=1"), 0);
	ck_assert_uint_eq(heard_count(&heard, "t=23.5"), 0);
	ck_assert_uint_eq(heard_count(&heard, "log"), 0);
	ck_assert_uint_eq(rejected(), 0);
	ck_assert(fell());
}
END_TEST

START_TEST(the_default_is_that_of_the_handle)
{
	static const struct device_defaults always = {.reset_on_open = DEVICE_RESET_ALWAYS};

	devices_set_defaults(devices, &always);
	add("a", &pty, "");
	say_until_heard("\nt:1\n", "metric a t=1");
	ck_assert(fell());
}
END_TEST

START_TEST(closing_leaves_the_lines_up)
{
	int lines[LINES_MAX];

	add("a", &pty, "?reset.on_open=never");
	heard_wait(&heard, "online a");
	ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	ck_assert_int_eq(lines[history(lines) - 1] & BOTH, BOTH);
	ck_assert(!hangs_up());
	ck_assert(!fell());
}
END_TEST

/* ---- Another rate ------------------------------------------------------- */

/* Talks at a rate of its own, whatever the port is set to. */
struct board {
	atomic_int rate; /* 0: nothing but noise */
	atomic_bool quiet;
	pthread_t thread;
};

static void *talk(void *context)
{
	static const char text[] =
		"temperature:23.5,humidity:40\r\ntemperature:23.6,humidity:41\r\n";
	struct board *board = context;

	while (!atomic_load(&board->quiet)) {
		struct pollfd room = {.fd = pty.master, .events = POLLOUT};
		char bytes[4096];
		size_t size = 100;
		int rate = atomic_load(&board->rate);
		if (rate != 0)
			size = uart_hear(text, sizeof text - 1, rate, line_speed(pty.master), bytes,
					 sizeof bytes);
		else
			memset(bytes, 0xf0, size);
		if (poll(&room, 1, TRY_MS) > 0)
			pty_write(&pty, bytes, size);
		poll(NULL, 0, TRY_MS / 2);
	}
	return NULL;
}

static void board_start(struct board *board, int rate)
{
	atomic_init(&board->rate, rate);
	atomic_init(&board->quiet, false);
	ck_assert_int_eq(pthread_create(&board->thread, NULL, talk, board), 0);
}

static void board_stop(struct board *board)
{
	atomic_store(&board->quiet, true);
	pthread_join(board->thread, NULL);
}

static const int board_rates[] = {9600, 250000, 74880};

START_TEST(the_rate_at_which_the_board_talks_is_told)
{
	struct board board;
	char told[80];

	add("a", &pty, "?reset.on_open=never");
	heard_wait(&heard, "online a");
	board_start(&board, board_rates[_i]);
	snprintf(told, sizeof told, "most likely talks at %d baud: write baud=%d", board_rates[_i],
		 board_rates[_i]);
	heard_wait(&heard, told);
	ck_assert_int_eq(line_speed(pty.master), 115200);
	ck_assert_uint_eq(heard_count(&heard, "metric"), 0);
	atomic_store(&board.rate, 115200); /* the sketch was mended */
	heard_wait(&heard, "metric a temperature=23.5");
	ck_assert_uint_eq(heard_count(&heard, "most likely"), 1);
	ck_assert_uint_eq(heard_count(&heard, "offline"), 0);
	board_stop(&board);
}
END_TEST

START_TEST(that_no_rate_fits_is_told_and_others_are_heard_meanwhile)
{
	struct board board;
	struct pty other;

	pty_open(&other);
	add("a", &pty, "?reset.on_open=never&flow=rtscts");
	add("b", &other, "");
	heard_wait(&heard, "online b");
	board_start(&board, 0);
	for (int i = 0; i < TRIES && line_speed(pty.master) == 115200; i++)
		poll(NULL, 0, TRY_MS);
	ck_assert_int_ne(line_speed(pty.master), 115200);
	pty_print(&other, "\nt:7\n");
	heard_wait(&heard, "metric b t=7");
	ck_assert_uint_eq(heard_count(&heard, "sends noise"), 0);
	heard_wait(&heard, "sends noise at 115200 baud, and no text at any other");
	ck_assert_int_eq(line_speed(pty.master), 115200);
	struct termios mode;
	ck_assert_int_eq(tcgetattr(pty.master, &mode), 0);
	ck_assert(mode.c_cflag & CRTSCTS);
	board_stop(&board);
	pty_close(&other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opening");
	TCase *tcase = tcase_create("opening");

	tcase_set_timeout(tcase, 100);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_pulse_lowers_dtr_then_rts_and_raises_both_at_once);
	tcase_add_test(tcase, with_flow_control_rts_is_left_alone);
	tcase_add_test(tcase, opening_excuses_noise_and_takes_good_lines);
	tcase_add_test(tcase, never_excuses_nothing);
	tcase_add_test(tcase, always_resets_and_forgets_what_came_before);
	tcase_add_test(tcase, the_default_is_that_of_the_handle);
	tcase_add_test(tcase, closing_leaves_the_lines_up);
	tcase_add_loop_test(tcase, the_rate_at_which_the_board_talks_is_told, 0,
			    (int)(sizeof board_rates / sizeof board_rates[0]));
	tcase_add_test(tcase, that_no_rate_fits_is_told_and_others_are_heard_meanwhile);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
