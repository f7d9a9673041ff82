/* SPDX-License-Identifier: MIT
 *
 * Opening ports as plain terminals, and the reasons why that fails. Through
 * libserialport: tests/shim.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "device/boards.h"
#include "device/device.h"
#include "device/port.h"
#include "device/port_explain.h"
#include "pty.h"
#include "suite.h"

static struct pty pty;
static struct port port;

static void start(void)
{
	pty_open(&pty);
	port.fd = -1;
}

static void stop(void)
{
	port_close(&port);
	pty_close(&pty);
}

static iotkit_status open_with(const char *query)
{
	char uri[160];
	struct port_settings settings;

	snprintf(uri, sizeof uri, "serial:%s%s", pty.path, query);
	ck_assert_int_eq(port_uri_parse(uri, &settings), IOTKIT_OK);
	return port_open(&settings, &port);
}

static void await_bytes(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};

	ck_assert_int_eq(poll(&ready, 1, 10000), 1);
}

static struct termios mode_of_port(void)
{
	struct termios mode;

	ck_assert_int_eq(tcgetattr(port.fd, &mode), 0);
	return mode;
}

START_TEST(a_pty_is_opened_as_a_plain_terminal)
{
	ck_assert_int_eq(open_with(""), IOTKIT_OK);
	ck_assert_str_eq(port_driver(&port), "as a terminal");
	ck_assert(fcntl(port.fd, F_GETFL) & O_NONBLOCK);
	ck_assert(fcntl(port.fd, F_GETFD) & FD_CLOEXEC);
}
END_TEST

START_TEST(a_terminal_is_raw)
{
	char bytes[8] = "";

	ck_assert_int_eq(open_with(""), IOTKIT_OK);
	struct termios mode = mode_of_port();
	ck_assert_uint_eq(mode.c_lflag & (ICANON | ECHO | ISIG | IEXTEN), 0);
	ck_assert_uint_eq(mode.c_iflag & (ICRNL | INLCR | IGNCR | IXON | IXOFF), 0);
	ck_assert_uint_eq(mode.c_oflag & OPOST, 0);
	ck_assert_uint_eq(cfgetispeed(&mode), B115200);
	pty_write(&pty, "\r\n\x03\x11", 4);
	await_bytes(port.fd);
	ck_assert_int_eq(read(port.fd, bytes, sizeof bytes), 4);
	ck_assert_int_eq(memcmp(bytes, "\r\n\x03\x11", 4), 0);
	ck_assert_int_eq(read(port.fd, bytes, sizeof bytes), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* A pty heeds no parity and always has 8 bits, so only what stays can be seen. */
START_TEST(settings_reach_the_terminal)
{
	ck_assert_int_eq(open_with("?baud=9600&stop_bits=2&flow=rtscts"), IOTKIT_OK);
	struct termios mode = mode_of_port();
	ck_assert_uint_eq(cfgetospeed(&mode), B9600);
	ck_assert(mode.c_cflag & CSTOPB);
	ck_assert(mode.c_cflag & CRTSCTS);
	port_close(&port);
	ck_assert_int_eq(open_with("?baud=2000000&flow=xonxoff"), IOTKIT_OK);
	mode = mode_of_port();
	ck_assert_uint_eq(cfgetospeed(&mode), B2000000);
	ck_assert(!(mode.c_cflag & (CSTOPB | CRTSCTS)));
	ck_assert_uint_eq(mode.c_iflag & (IXON | IXOFF), IXON | IXOFF);
}
END_TEST

START_TEST(what_came_before_opening_is_thrown_away)
{
	char byte;

	ck_assert_int_eq(open_with(""), IOTKIT_OK);
	port_close(&port);
	int other = open(pty.path, O_RDONLY | O_NOCTTY);
	pty_print(&pty, "stale\n");
	await_bytes(other);
	ck_assert_int_eq(open_with(""), IOTKIT_OK);
	ck_assert_int_eq(read(port.fd, &byte, 1), -1);
	close(other);
}
END_TEST

START_TEST(a_port_that_is_open_is_busy)
{
	struct port first;

	ck_assert_int_eq(open_with(""), IOTKIT_OK);
	first = port;
	assert_fails(open_with(""), IOTKIT_EBUSY, "is busy");
	ck_assert_int_eq(port.fd, -1);
	port_close(&first);
	ck_assert_int_eq(open_with(""), IOTKIT_OK);
}
END_TEST

START_TEST(closing_twice_does_nothing)
{
	ck_assert_int_eq(open_with(""), IOTKIT_OK);
	port_close(&port);
	ck_assert_int_eq(port.fd, -1);
	port_close(&port);
}
END_TEST

START_TEST(reasons_come_with_what_mends_them)
{
	assert_fails(port_explain(ENOENT, "/dev/x"), IOTKIT_ENOENT, "no such port: /dev/x; plug");
	assert_fails(port_explain(EACCES, "/dev/x"), IOTKIT_ESYSTEM, "permission denied: /dev/x");
	assert_fails(port_explain(EBUSY, "/dev/x"), IOTKIT_EBUSY, "sudo fuser -v /dev/x");
	assert_fails(port_explain(ENOTTY, "/dev/x"), IOTKIT_ESYSTEM, "not a serial port");
	assert_fails(port_explain(EIO, "/dev/x"), IOTKIT_ESYSTEM, "Input/output error");
}
END_TEST

START_TEST(boards_are_known_by_their_usb_ids)
{
	ck_assert_str_eq(board_name(0x2341, 0x0043), "Arduino Uno R3");
	ck_assert_str_eq(board_name(0x2e8a, 0x000a), "Raspberry Pi Pico");
	ck_assert_str_eq(board_name(0x2341, 0xffff), "");
	ck_assert_str_eq(board_name(-1, -1), "");
}
END_TEST

START_TEST(listing_ports_checks_its_arguments)
{
	iotkit_port_info info = {.struct_size = 4};
	size_t count;

	assert_fails(device_list_ports(&info, 1, NULL), IOTKIT_EINVAL, "count_out");
	assert_fails(device_list_ports(NULL, 1, &count), IOTKIT_EINVAL, "array");
	assert_fails(device_list_ports(&info, 1, &count), IOTKIT_EINVAL, "struct_size is 4");
	ck_assert_int_eq(device_list_ports(NULL, 0, &count), IOTKIT_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port");
	TCase *tcase = tcase_create("port");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_pty_is_opened_as_a_plain_terminal);
	tcase_add_test(tcase, a_terminal_is_raw);
	if (!suite_emulated()) /* qemu knows no baud rates above 460800 */
		tcase_add_test(tcase, settings_reach_the_terminal);
	tcase_add_test(tcase, what_came_before_opening_is_thrown_away);
	tcase_add_test(tcase, a_port_that_is_open_is_busy);
	tcase_add_test(tcase, closing_twice_does_nothing);
	tcase_add_test(tcase, reasons_come_with_what_mends_them);
	tcase_add_test(tcase, boards_are_known_by_their_usb_ids);
	tcase_add_test(tcase, listing_ports_checks_its_arguments);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
