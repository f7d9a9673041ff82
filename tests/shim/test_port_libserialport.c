/* SPDX-License-Identifier: MIT
 *
 * Ports through libserialport, which ptys become under the shim.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "device/device.h"
#include "device/port.h"
#include "fake_sysfs.h"
#include "heard_sink.h"
#include "line_speed.h"
#include "pty.h"
#include "suite.h"

static struct pty pty;
static struct port port;
static struct heard heard;

static void start(void)
{
	pty_open(&pty);
	port.fd = -1;
	fake_sysfs_make();
	fake_sysfs_add_usb(pty.path + strlen("/dev/"), "2341", "0043", "Uno", "75830");
}

static void stop(void)
{
	port_close(&port);
	fake_sysfs_remove();
	pty_close(&pty);
}

static iotkit_status open_at(const char *path, const char *query)
{
	char uri[160];
	struct port_settings settings;

	snprintf(uri, sizeof uri, "serial:%s%s", path, query);
	ck_assert_int_eq(port_uri_parse(uri, &settings), IOTKIT_OK);
	return port_open(&settings, &port);
}

static void open_with(const char *query)
{
	ck_assert_msg(open_at(pty.path, query) == IOTKIT_OK, "%s", iotkit_last_error());
	ck_assert_str_eq(port_driver(&port), "through libserialport");
}

static struct termios mode_of_port(void)
{
	struct termios mode;

	ck_assert_int_eq(tcgetattr(port.fd, &mode), 0);
	return mode;
}

START_TEST(a_port_is_opened_raw)
{
	open_with("");
	struct termios mode = mode_of_port();
	ck_assert_uint_eq(mode.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	ck_assert_uint_eq(mode.c_iflag & (ICRNL | INLCR | IGNCR | IXON | IXOFF), 0);
	ck_assert_int_eq(line_speed(port.fd), 115200);
	ck_assert(fcntl(port.fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(port.fd, F_GETFD) & FD_CLOEXEC);
}
END_TEST

START_TEST(the_board_is_told_that_somebody_listens)
{
	int lines = 0;

	open_with("");
	ck_assert_int_eq(ioctl(port.fd, TIOCMGET, &lines), 0);
	ck_assert_int_eq(lines & (TIOCM_DTR | TIOCM_RTS), TIOCM_DTR | TIOCM_RTS);
}
END_TEST

START_TEST(settings_reach_the_port)
{
	open_with("?baud=9600&stop_bits=2&flow=rtscts");
	struct termios mode = mode_of_port();
	ck_assert_int_eq(line_speed(port.fd), 9600);
	ck_assert(mode.c_cflag & CSTOPB);
	ck_assert(mode.c_cflag & CRTSCTS);
	port_close(&port);
	open_with("?flow=xonxoff");
	mode = mode_of_port();
	ck_assert(!(mode.c_cflag & (CSTOPB | CRTSCTS)));
	ck_assert_uint_eq(mode.c_iflag & (IXON | IXOFF), IXON | IXOFF);
}
END_TEST

START_TEST(every_baud_rate_can_be_had)
{
	static const int rates[] = {300,    1200,   74880,  115200,  230400,
				    250000, 500000, 921600, 1000000, 2000000};

	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		char query[32];
		snprintf(query, sizeof query, "?baud=%d", rates[i]);
		open_with(query);
		ck_assert_int_eq(line_speed(port.fd), rates[i]);
		port_close(&port);
	}
}
END_TEST

START_TEST(reading_nothing_differs_from_a_port_that_is_gone)
{
	char byte;

	open_with("");
	ck_assert_int_eq(read(port.fd, &byte, 1), -1);
	ck_assert_int_eq(errno, EAGAIN);
	pty_close(&pty);
	ck_assert_int_le(read(port.fd, &byte, 1), 0);
	ck_assert_int_ne(errno, 0);
	pty_open(&pty);
}
END_TEST

START_TEST(a_link_to_a_port_is_followed)
{
	char link[] = "/tmp/iotkit-link-XXXXXX";

	ck_assert_int_ge(close(mkstemp(link)), 0);
	pty_link(&pty, link);
	ck_assert_int_eq(open_at(link, ""), IOTKIT_OK);
	ck_assert_str_eq(port_driver(&port), "through libserialport");
	unlink(link);
}
END_TEST

START_TEST(a_port_that_is_open_is_busy)
{
	open_with("");
	struct port first = port;
	assert_fails(open_at(pty.path, ""), IOTKIT_EBUSY, "is busy");
	port_close(&first);
	open_with("");
}
END_TEST

START_TEST(without_an_entry_in_sysfs_a_plain_terminal_is_used)
{
	struct pty other;

	pty_open(&other);
	ck_assert_int_eq(open_at(other.path, ""), IOTKIT_OK);
	ck_assert_str_eq(port_driver(&port), "as a terminal");
	pty_close(&other);
}
END_TEST

START_TEST(ports_are_listed_with_the_boards_behind_them)
{
	iotkit_port_info ports[4] = {{.struct_size = sizeof ports[0]}};
	size_t count = 0;

	fake_sysfs_add_usb("ttyACM10", "2341", "0043", "Arduino Uno", "757353036313519070B1");
	fake_sysfs_add_usb("ttyACM2", "2e8a", "000a", "Pico\x01\xff", NULL);
	fake_sysfs_add("tty7", "virtual/tty");
	fake_sysfs_add("ttyS99", "platform/serial8250/tty");
	fake_sysfs_add("ttyAMA0", "platform/soc/fe201000.serial");
	ck_assert_int_eq(device_list_ports(ports, 4, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 3);
	ck_assert_str_eq(ports[0].path, "/dev/ttyACM2");
	ck_assert_str_eq(ports[0].board, "Raspberry Pi Pico");
	ck_assert_str_eq(ports[0].description, "Pico??");
	ck_assert_str_eq(ports[0].serial_number, "");
	ck_assert_str_eq(ports[1].path, "/dev/ttyACM10");
	ck_assert_int_eq(ports[1].usb_vid, 0x2341);
	ck_assert_int_eq(ports[1].usb_pid, 0x0043);
	ck_assert_str_eq(ports[1].description, "Arduino Uno");
	ck_assert_str_eq(ports[1].serial_number, "757353036313519070B1");
	ck_assert_str_eq(ports[1].board, "Arduino Uno R3");
	ck_assert_uint_eq(ports[1].struct_size, sizeof ports[1]);
	ck_assert_str_eq(ports[2].path, "/dev/ttyAMA0");
	ck_assert_int_eq(ports[2].usb_vid, -1);
	ck_assert_str_eq(ports[2].board, "");
}
END_TEST

START_TEST(a_short_array_gets_what_fits_and_the_whole_count)
{
	iotkit_port_info ports[2] = {{.struct_size = sizeof ports[0]}, {.struct_size = 77}};
	size_t count = 0;

	fake_sysfs_add_usb("ttyACM0", "2341", "0043", "Uno", NULL);
	fake_sysfs_add_usb("ttyACM1", "2341", "0043", "Uno", NULL);
	ck_assert_int_eq(device_list_ports(ports, 1, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(ports[1].struct_size, 77);
	ck_assert_int_eq(device_list_ports(NULL, 0, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(a_newer_programs_greater_struct_is_filled_as_far_as_known)
{
	struct {
		iotkit_port_info info;
		char more[64];
	} ports[2];
	size_t count = 0;

	memset(ports, 'x', sizeof ports);
	ports[0].info.struct_size = sizeof ports[0];
	fake_sysfs_add_usb("ttyACM0", "2341", "0043", "Uno", NULL);
	fake_sysfs_add_usb("ttyACM1", "2341", "8036", "Leonardo", NULL);
	ck_assert_int_eq(device_list_ports(&ports[0].info, 2, &count), IOTKIT_OK);
	ck_assert_str_eq(ports[1].info.path, "/dev/ttyACM1");
	ck_assert_str_eq(ports[1].info.board, "Arduino Leonardo");
	ck_assert_int_eq(ports[1].more[0], 0);
}
END_TEST

START_TEST(a_board_is_heard_and_missed_through_libserialport)
{
	struct device_sink sink = heard_sink(&heard);
	struct devices *devices;
	char uri[128];

	heard_init(&heard);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
	snprintf(uri, sizeof uri, "serial:%s?baud=250000", pty.path);
	ck_assert_int_eq(devices_add(devices, "a", uri), IOTKIT_OK);
	heard_wait(&heard, "is open at 250000 baud, through libserialport");
	pty_print(&pty, "\nt:23.5\n");
	heard_wait(&heard, "metric a t=23.5");
	pty_close(&pty);
	heard_wait(&heard, "offline a (-8)");
	devices_close(devices);
	heard_destroy(&heard);
	pty_open(&pty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port_libserialport");
	TCase *tcase = tcase_create("libserialport");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_port_is_opened_raw);
	tcase_add_test(tcase, the_board_is_told_that_somebody_listens);
	tcase_add_test(tcase, settings_reach_the_port);
	tcase_add_test(tcase, every_baud_rate_can_be_had);
	tcase_add_test(tcase, reading_nothing_differs_from_a_port_that_is_gone);
	tcase_add_test(tcase, a_link_to_a_port_is_followed);
	tcase_add_test(tcase, a_port_that_is_open_is_busy);
	tcase_add_test(tcase, without_an_entry_in_sysfs_a_plain_terminal_is_used);
	tcase_add_test(tcase, ports_are_listed_with_the_boards_behind_them);
	tcase_add_test(tcase, a_short_array_gets_what_fits_and_the_whole_count);
	tcase_add_test(tcase, a_newer_programs_greater_struct_is_filled_as_far_as_known);
	tcase_add_test(tcase, a_board_is_heard_and_missed_through_libserialport);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
