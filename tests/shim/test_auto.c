/* SPDX-License-Identifier: MIT
 *
 * serial:auto: boards that nobody has named come, go and come back.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_sysfs.h"
#include "heard_sink.h"
#include "kit.h"
#include "pty.h"
#include "suite.h"

static struct heard heard;
static struct devices *devices;
static struct pty uno_pty;
static struct pty clone_pty;
static struct fake_board uno;
static struct fake_board nano; /* of a Nano, with no serial number */

static void start(void)
{
	struct device_sink sink = heard_sink(&heard);

	heard_init(&heard);
	fake_sysfs_make();
	pty_open(&uno_pty);
	pty_open(&clone_pty);
	uno = (struct fake_board){"ttyACM0", "1.2", "2341:0043", "Uno", "75830307151", &uno_pty};
	nano = (struct fake_board){"ttyUSB0", "1.3", "1a86:7523", "Serial", NULL, &clone_pty};
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static void stop(void)
{
	devices_close(devices);
	pty_close(&uno_pty);
	pty_close(&clone_pty);
	fake_sysfs_remove();
	heard_destroy(&heard);
}

static void add(const char *name, const char *uri)
{
	ck_assert_msg(devices_add(devices, name, uri) == IOTKIT_OK, "%s", iotkit_last_error());
}

/* Takes the board away; another pty is there for its return. */
static void unplug(const struct fake_board *board, struct pty *pty)
{
	fake_sysfs_unplug(board);
	pty_close(pty);
	pty_open(pty);
}

/* Prints a line every 20 ms, as boards do, until it is heard: what comes before the port is
 * open is lost. */
static void talk(const struct pty *pty, const char *line, const char *wanted)
{
	for (int i = 0; i < 500 && heard_count(&heard, wanted) == 0; i++) {
		pty_print(pty, line);
		poll(NULL, 0, 20);
	}
	heard_wait(&heard, wanted);
}

START_TEST(boards_are_found_and_named_after_their_kind)
{
	fake_sysfs_plug(&uno);
	fake_sysfs_plug(&nano);
	fake_sysfs_add("ttyAMA0", "platform/soc/fe201000.serial");
	add("boards", "serial:auto?baud=9600");
	heard_wait(&heard, "log boards (0): found Arduino Uno R3 at /dev/ttyACM0");
	heard_wait(&heard, "log boards (0): found WCH CH340");
	talk(&uno_pty, "\nt:1\n", "metric arduino-uno-r3-307151 t=1");
	talk(&clone_pty, "\nt:2\n", "metric wch-ch340-ttyUSB0 t=2");
	ck_assert_uint_eq(heard_count(&heard, "online arduino-uno-r3-307151 (0): "
					      "usb=2341:0043,serial=75830307151 at /dev/ttyACM0 "
					      "is open at 9600 baud"),
			  1);
	ck_assert_uint_eq(heard_count(&heard, "online wch-ch340-ttyUSB0 (0): "), 1);
	ck_assert_uint_eq(heard_count(&heard, "ine boards"), 0);
	ck_assert_uint_eq(heard_count(&heard, "ttyAMA0"), 0);
}
END_TEST

START_TEST(a_board_that_says_nothing_has_no_state_and_is_forgotten_when_it_goes)
{
	struct pty pty;

	pty_open(&pty);
	struct fake_board pico = {"ttyACM5", "5", "2e8a:000a", "Pico", "E660A1", &pty};
	add("boards", "serial:auto");
	heard_wait(&heard, "log boards (0): no board that is known");
	fake_sysfs_plug(&uno);
	heard_wait(&heard, "found Arduino Uno R3");
	fake_sysfs_plug(&nano);
	heard_wait(&heard, "found WCH"); /* so the first is open by now */
	unplug(&uno, &uno_pty);
	heard_wait(&heard, "log boards (-8): usb=2341:0043,serial=75830307151 at /dev/ttyACM0");
	fake_sysfs_plug(&pico);
	heard_wait(&heard, "found Raspberry Pi Pico"); /* so the first was seen to be gone */
	fake_sysfs_plug(&uno);
	heard_wait(&heard, "found Arduino Uno R3");
	talk(&uno_pty, "\nt:1\n", "metric arduino-uno-r3-307151 t=1");
	ck_assert_uint_eq(heard_count(&heard, "offline"), 0);
	ck_assert_uint_eq(heard_count(&heard, "online"), 1);
	pty_close(&pty);
}
END_TEST

START_TEST(a_board_that_comes_back_has_its_name_again)
{
	add("boards", "serial:auto");
	fake_sysfs_plug(&uno);
	fake_sysfs_plug(&nano);
	talk(&uno_pty, "\nt:1\n", "metric arduino-uno-r3-307151 t=1");
	talk(&clone_pty, "\nt:1\n", "metric wch-ch340-ttyUSB0 t=1");
	unplug(&uno, &uno_pty);
	heard_wait(&heard, "offline arduino-uno-r3-307151 (-8): ");
	unplug(&nano, &clone_pty);
	heard_wait(&heard, "offline wch-ch340-ttyUSB0 (-8): ");
	uno.name = "ttyACM1";
	uno.socket = "4";
	nano.name = "ttyUSB1"; /* the socket is the same: it is all that tells who it is */
	fake_sysfs_plug(&uno);
	heard_wait(&heard, "online arduino-uno-r3-307151 (0): usb=2341:0043,serial=75830307151 at "
			   "/dev/ttyACM1");
	fake_sysfs_plug(&nano);
	heard_wait(&heard, "online wch-ch340-ttyUSB0 (0): ");
	ck_assert_uint_eq(heard_count(&heard, "log boards (0): found"), 2);
}
END_TEST

START_TEST(boards_that_other_devices_are_for_are_left_alone)
{

	fake_sysfs_plug(&uno);
	add("mine", "serial:serial=75830307151");
	add("other", "serial:/dev/ttyUSB0");
	add("boards", "serial:auto");
	heard_wait(&heard, "log boards (0): no board that is known");
	fake_sysfs_plug(&nano);
	heard_wait(&heard, "online other");
	ck_assert_int_eq(devices_remove(devices, "mine"), IOTKIT_OK);
	heard_wait(&heard, "log boards (0): found Arduino Uno R3");
	ck_assert_uint_eq(heard_count(&heard, "found"), 1);
}
END_TEST

START_TEST(two_boards_of_a_kind_have_two_names)
{
	struct pty pty;

	pty_open(&pty);
	struct fake_board second = {"ttyACM1", "4", "2341:0043", "Uno", "9-307151", &pty};
	fake_sysfs_plug(&uno);
	add("boards", "serial:auto");
	talk(&uno_pty, "\nt:1\n", "metric arduino-uno-r3-307151 t=1");
	fake_sysfs_plug(&second);
	talk(&pty, "\nt:2\n", "metric arduino-uno-r3-307151-2 t=2");
	pty_close(&pty);
}
END_TEST

/* With two of the same name. */
START_TEST(a_kit_is_called_what_it_says)
{
	char links[2][32] = {"/tmp/iotkit-link-XXXXXX", "/tmp/iotkit-link-XXXXXX"};
	struct kit kits[2] = {0};

	add("boards", "serial:auto");
	for (int i = 0; i < 2; i++) {
		int fd = mkstemp(links[i]);
		ck_assert_int_ge(fd, 0);
		close(fd);
		kit_plug_in(&kits[i], links[i]);
	}
	struct fake_board first = {"ttyACM3", "5", "2e8a:000a", "Pico", "E660A1", &kits[0].pty};
	struct fake_board second = {"ttyACM4", "6", "2e8a:000a", "Pico", "E660B2", &kits[1].pty};
	fake_sysfs_plug(&first);
	kit_greet(&kits[0], 1);
	heard_wait(&heard, "online shed (0): usb=2e8a:000a,serial=E660A1 at /dev/ttyACM3");
	fake_sysfs_plug(&second);
	kit_greet(&kits[1], 2);
	heard_wait(&heard, "online shed-60B2 (0): usb=2e8a:000a,serial=E660B2 at /dev/ttyACM4");
	for (int i = 0; i < 2; i++) {
		kit_unplug(&kits[i]);
		unlink(links[i]);
	}
}
END_TEST

START_TEST(removing_it_removes_all_that_it_found)
{
	add("boards", "serial:auto");
	fake_sysfs_plug(&uno);
	talk(&uno_pty, "\nt:1\n", "metric arduino-uno-r3-307151 t=1");
	fake_sysfs_plug(&nano);
	heard_wait(&heard, "found WCH");
	ck_assert_int_eq(devices_remove(devices, "boards"), IOTKIT_OK);
	ck_assert_uint_eq(heard_count(&heard, "offline arduino-uno-r3-307151 (0): "), 1);
	ck_assert_uint_eq(heard_count(&heard, "offline"), 1);
	assert_fails(devices_remove(devices, "arduino-uno-r3-307151"), IOTKIT_ENOENT, "no device");
	/* Both ports are free again. */
	add("a", "serial:/dev/ttyACM0");
	heard_wait(&heard, "online a");
	add("b", "serial:/dev/ttyUSB0");
	heard_wait(&heard, "online b");
}
END_TEST

START_TEST(one_that_was_removed_stays_away_until_it_is_plugged_in_again)
{
	add("boards", "serial:auto");
	fake_sysfs_plug(&uno);
	talk(&uno_pty, "\nt:1\n", "metric arduino-uno-r3-307151 t=1");
	ck_assert_int_eq(devices_remove(devices, "arduino-uno-r3-307151"), IOTKIT_OK);
	/* By the time that another is found, the first would have been. */
	fake_sysfs_plug(&nano);
	talk(&clone_pty, "\nt:1\n", "metric wch-ch340-ttyUSB0 t=1");
	ck_assert_uint_eq(heard_count(&heard, "found Arduino"), 1);
	unplug(&uno, &uno_pty);
	unplug(&nano, &clone_pty);
	heard_wait(&heard, "offline wch");
	fake_sysfs_plug(&nano);
	heard_wait(&heard, "online wch");
	fake_sysfs_plug(&uno);
	talk(&uno_pty, "\nt:2\n", "metric arduino-uno-r3-307151 t=2");
}
END_TEST

START_TEST(a_board_that_cannot_be_opened_is_told_of_by_its_parent)
{
	fake_sysfs_plug(&uno);
	fake_sysfs_add_usb("ttyACM7", "2341", "0043", "Uno", "1"); /* there is no such port */
	add("boards", "serial:auto");
	heard_wait(&heard, "log boards (-6): no such port: /dev/ttyACM7");
	ck_assert_uint_eq(heard_count(&heard, "offline"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("auto");
	TCase *tcase = tcase_create("auto");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, boards_are_found_and_named_after_their_kind);
	tcase_add_test(tcase, a_board_that_says_nothing_has_no_state_and_is_forgotten_when_it_goes);
	tcase_add_test(tcase, a_board_that_comes_back_has_its_name_again);
	tcase_add_test(tcase, boards_that_other_devices_are_for_are_left_alone);
	tcase_add_test(tcase, two_boards_of_a_kind_have_two_names);
	tcase_add_test(tcase, a_kit_is_called_what_it_says);
	tcase_add_test(tcase, removing_it_removes_all_that_it_found);
	tcase_add_test(tcase, one_that_was_removed_stays_away_until_it_is_plugged_in_again);
	tcase_add_test(tcase, a_board_that_cannot_be_opened_is_told_of_by_its_parent);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
