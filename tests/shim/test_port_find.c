/* SPDX-License-Identifier: MIT
 *
 * Boards that are known by what they are, whatever their ports are called.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/device.h"
#include "device/port_find.h"
#include "device/port_uri.h"
#include "fake_sysfs.h"
#include "heard_sink.h"
#include "pty.h"
#include "suite.h"

static struct heard heard;
static struct devices *devices;
static struct pty first_pty;
static struct pty second_pty;
static struct fake_board first;
static struct fake_board second;

static void start(void)
{
	struct device_sink sink = heard_sink(&heard);

	heard_init(&heard);
	fake_sysfs_make();
	pty_open(&first_pty);
	pty_open(&second_pty);
	first = (struct fake_board){"ttyACM0", "1.2", "2341:0043", "Uno", "753071", &first_pty};
	second = (struct fake_board){"ttyACM1", "1.3", "2341:0043", "Uno", "849902", &second_pty};
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static void stop(void)
{
	devices_close(devices);
	pty_close(&first_pty);
	pty_close(&second_pty);
	fake_sysfs_remove();
	heard_destroy(&heard);
}

static void add(const char *name, const char *uri)
{
	ck_assert_msg(devices_add(devices, name, uri) == IOTKIT_OK, "%s", iotkit_last_error());
}

START_TEST(a_listing_has_the_uri_of_each_very_board)
{
	struct pty third_pty;
	iotkit_port_info ports[4] = {{.struct_size = sizeof ports[0]}};
	size_t count = 0;

	pty_open(&third_pty);
	struct fake_board third = {"ttyACM2", "4", "1a86:7523", "Clone", NULL, &third_pty};
	fake_sysfs_plug(&first);
	fake_sysfs_plug(&second);
	fake_sysfs_plug(&third);
	fake_sysfs_add("ttyAMA0", "platform/soc/fe201000.serial");
	ck_assert_int_eq(device_list_ports(ports, 4, &count), IOTKIT_OK);
	ck_assert_uint_eq(count, 4);
	ck_assert_str_eq(ports[0].usb_path, "pci-0000:00:14.0-usb-0:1.2:1.0");
	ck_assert_str_eq(ports[0].uri, "serial:usb=2341:0043,serial=753071");
	ck_assert_str_eq(ports[1].uri, "serial:usb=2341:0043,serial=849902");
	ck_assert_str_eq(ports[2].uri, "serial:usb=1a86:7523,by-path=pci-0000:00:14.0-usb-0:4:1.0");
	ck_assert_str_eq(ports[3].usb_path, "");
	ck_assert_str_eq(ports[3].uri, "serial:/dev/ttyAMA0");
	pty_close(&third_pty);
}
END_TEST

START_TEST(boards_of_the_same_serial_number_are_told_apart_by_their_sockets)
{
	iotkit_port_info ports[2] = {{.struct_size = sizeof ports[0]}};
	size_t count = 0;

	second.serial = first.serial;
	fake_sysfs_plug(&first);
	fake_sysfs_plug(&second);
	ck_assert_int_eq(device_list_ports(ports, 2, &count), IOTKIT_OK);
	ck_assert_str_eq(ports[0].uri,
			 "serial:usb=2341:0043,by-path=pci-0000:00:14.0-usb-0:1.2:1.0");
	ck_assert_str_eq(ports[1].uri,
			 "serial:usb=2341:0043,by-path=pci-0000:00:14.0-usb-0:1.3:1.0");
}
END_TEST

START_TEST(every_uri_of_a_listing_can_be_read_back)
{
	iotkit_port_info port = {.struct_size = sizeof port};
	struct port_settings settings;
	size_t count = 0;

	first.serial = "a b,c=d?e%f&g";
	fake_sysfs_plug(&first);
	ck_assert_int_eq(device_list_ports(&port, 1, &count), IOTKIT_OK);
	ck_assert_msg(port_uri_parse(port.uri, &settings) == IOTKIT_OK, "%s", port.uri);
	ck_assert_str_eq(settings.identity.serial, first.serial);
	ck_assert(port_identity_fits(&settings.identity, &port));
}
END_TEST

START_TEST(a_board_is_found_by_each_of_its_marks)
{
	static const char *const uris[] = {
		"serial:usb=2341:0043",
		"serial:usb=2341:0043,serial=753071",
		"serial:serial=753071",
		"serial:by-path=pci-0000:00:14.0-usb-0:1.2:1.0",
		"serial:usb=2341:0043,by-path=pci-0000:00:14.0-usb-0:1.2:1.0?baud=9600",
	};

	fake_sysfs_plug(&first);
	for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
		add("a", uris[i]);
		heard_wait(&heard, "at /dev/ttyACM0 is open at");
		ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	}
	ck_assert_uint_eq(heard_count(&heard, "online a (0): usb=2341:0043,serial=753071 at "
					      "/dev/ttyACM0 is open at 115200 baud, through "
					      "libserialport"),
			  1);
}
END_TEST

START_TEST(a_board_is_itself_when_its_port_has_another_name)
{
	struct pty again;

	fake_sysfs_plug(&first);
	add("a", "serial:usb=2341:0043,serial=753071");
	heard_wait(&heard, "online a");
	pty_open(&again);
	fake_sysfs_unplug(&first);
	pty_close(&first_pty);
	heard_wait(&heard, "offline a (-8): usb=2341:0043,serial=753071 at /dev/ttyACM0 is gone");
	/* Another board takes the old name meanwhile. */
	second.name = "ttyACM0";
	fake_sysfs_plug(&second);
	first.name = "ttyACM1";
	first.pty = &again;
	fake_sysfs_plug(&first);
	heard_wait(&heard, "online a (0): usb=2341:0043,serial=753071 at /dev/ttyACM1");
	pty_print(&again, "\nt:1\n");
	heard_wait(&heard, "metric a t=1");
	first_pty = again;
}
END_TEST

START_TEST(which_of_two_boards_is_meant_is_never_guessed)
{
	fake_sysfs_plug(&first);
	fake_sysfs_plug(&second);
	add("a", "serial:usb=2341:0043");
	heard_wait(&heard, "offline a (-1): 2 boards are usb=2341:0043: "
			   "serial:usb=2341:0043,serial=753071 (Arduino Uno R3 at /dev/ttyACM0), "
			   "serial:usb=2341:0043,serial=849902 (Arduino Uno R3 at /dev/");
	fake_sysfs_unplug(&first);
	heard_wait(&heard, "online a (0): usb=2341:0043 at /dev/ttyACM1");
}
END_TEST

START_TEST(a_board_that_another_device_has_is_passed_over)
{
	fake_sysfs_plug(&first);
	add("a", "serial:/dev/ttyACM0");
	heard_wait(&heard, "online a (0): /dev/ttyACM0");
	add("b", "serial:usb=2341:0043");
	heard_wait(&heard, "offline b (-17): the board usb=2341:0043 at /dev/ttyACM0 is another "
			   "device's");
	fake_sysfs_plug(&second);
	heard_wait(&heard, "online b (0): usb=2341:0043 at /dev/ttyACM1");
}
END_TEST

START_TEST(a_board_that_is_not_there_is_told_with_those_that_are)
{
	add("a", "serial:serial=849902");
	heard_wait(&heard, "offline a (-6): no board serial=849902 is plugged in, nor any other");
	fake_sysfs_plug(&first);
	add("b", "serial:usb=1a86:7523");
	heard_wait(&heard, "offline b (-6): no board usb=1a86:7523 is plugged in; there is "
			   "serial:usb=2341:0043,serial=753071 (Arduino Uno R3 at /dev/ttyACM0)");
	fake_sysfs_plug(&second);
	heard_wait(&heard, "online a (0): serial=849902 at /dev/ttyACM1");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("port_find");
	TCase *tcase = tcase_create("port_find");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_listing_has_the_uri_of_each_very_board);
	tcase_add_test(tcase, boards_of_the_same_serial_number_are_told_apart_by_their_sockets);
	tcase_add_test(tcase, every_uri_of_a_listing_can_be_read_back);
	tcase_add_test(tcase, a_board_is_found_by_each_of_its_marks);
	tcase_add_test(tcase, a_board_is_itself_when_its_port_has_another_name);
	tcase_add_test(tcase, which_of_two_boards_is_meant_is_never_guessed);
	tcase_add_test(tcase, a_board_that_another_device_has_is_passed_over);
	tcase_add_test(tcase, a_board_that_is_not_there_is_told_with_those_that_are);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
