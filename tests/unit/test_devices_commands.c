/* SPDX-License-Identifier: MIT
 *
 * Boards that speak the line protocol: their silence, and their commands.
 */
#include "kit_board.h"

/* ---- Silence ------------------------------------------------------------ */

START_TEST(a_silent_kit_is_asked_then_offline_then_online_again)
{
	uint32_t id = plug_in_kit("?silent_ms=400");

	heard_wait(&heard, "offline a (-4): ");
	ck_assert_int_eq(hear()->kind, FRAME_WHO);
	pty_print(&pty, "a print is no sign of a kit's life\n");
	heard_wait(&heard, "a print");
	ck_assert_uint_eq(heard_count(&heard, "online a"), 1);
	say_metric(id, 1, 1, 0);
	heard_wait(&heard, "online a (0): ");
	heard_wait(&heard, "/1 a t=1");
	heard_wait(&heard, "offline a (-4)");
	ck_assert_uint_eq(heard_count(&heard, "offline"), 2);
	/* What is offline already is not told so when it is removed. */
	ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	ck_assert_uint_eq(heard_count(&heard, "offline"), 2);
	pty_close(&pty);
}
END_TEST

START_TEST(a_lost_port_is_no_second_offline)
{
	struct pty other;

	plug_in_kit("?silent_ms=300");
	heard_wait(&heard, "offline a (-4)");
	pty_open(&other);
	pty_close(&pty);
	heard_wait(&heard, "log a (-8)");
	ck_assert_uint_eq(heard_count(&heard, "offline"), 1);
	pty = other;
	pty_link(&pty, link_path);
	heard_wait(&heard, "online a");
	pty_close(&pty);
}
END_TEST

START_TEST(silence_is_minded_by_default_only_of_kits)
{
	const struct device_defaults defaults = {.silent_ms = 300};
	struct pty plain;
	char uri[128];

	devices_set_defaults(devices, &defaults);
	pty_open(&plain);
	snprintf(uri, sizeof uri, "serial:%s", plain.path);
	ck_assert_int_eq(devices_add(devices, "plain", uri), IOTKIT_OK);
	heard_wait(&heard, "online plain");
	pty_print(&plain, "\nt:1\n");
	plug_in_kit("");
	heard_wait(&heard, "offline a (-4)");
	ck_assert_uint_eq(heard_count(&heard, "offline plain"), 0);
	pty_close(&plain);
	heard_wait(&heard, "offline plain (-8)");
	pty_close(&pty);
}
END_TEST

START_TEST(silence_of_a_plain_board_is_minded_where_its_port_says_so)
{
	plug_in("?silent_ms=300");
	heard_wait(&heard, "offline a (-4)");
	pty_print(&pty, "t:1\nt:2\n");
	heard_wait(&heard, "online a");
	heard_wait(&heard, "offline a (-4)");
	hear_nothing();
	pty_close(&pty);
}
END_TEST

/* ---- Commands ----------------------------------------------------------- */

static void command(const char *name, const char *value, int64_t ttl_ms, uint64_t id)
{
	ck_assert_msg(devices_command(devices, "a", name, value, ttl_ms, id) == IOTKIT_OK, "%s",
		      iotkit_last_error());
}

static void answer_command(const struct frame *frame, uint32_t result)
{
	say(&(struct frame){.kind = FRAME_RESULT,
			    .id = frame->id,
			    .command = frame->command,
			    .result = result});
}

START_TEST(commands_are_obeyed_one_after_the_other)
{
	uint32_t id = plug_in_kit("");
	const struct frame *frame;

	command("led", "1", 60000, 1);
	command("fan", "full speed", 60000, 2);
	frame = hear_kind(FRAME_COMMAND);
	ck_assert_uint_eq(frame->id, id);
	ck_assert_str_eq(frame->name, "led");
	ck_assert_str_eq(frame->value, "1");
	uint32_t number = frame->command;
	/* It is sent again while there is no answer. */
	frame = hear_kind(FRAME_COMMAND);
	ck_assert_uint_eq(frame->command, number);
	answer_command(frame, 0);
	heard_wait(&heard, "command 1 a led=1 (0): the board has done it");
	frame = hear_kind(FRAME_COMMAND);
	ck_assert_str_eq(frame->value, "full speed");
	answer_command(frame, 1);
	heard_wait(&heard,
		   "command 2 a fan=full speed (-6): the board has no command 'fan'; it has: "
		   "led,fan");
	pty_close(&pty);
}
END_TEST

START_TEST(commands_wait_for_an_absent_board)
{
	char uri[160];

	snprintf(uri, sizeof uri, "serial:%s", link_path);
	ck_assert_int_eq(devices_add(devices, "a", uri), IOTKIT_OK);
	heard_wait(&heard, "offline a");
	command("led", "0", 1, 1);
	heard_wait(&heard, "command 1 a led=0 (-4): the board was absent");
	command("led", "1", 60000, 2);
	pty_open(&pty);
	pty_link(&pty, link_path);
	heard_wait(&heard, "online a");
	say_hello(FRAME_ID_NONE, "a");
	hear_kind(FRAME_WELCOME);
	answer_command(hear_kind(FRAME_COMMAND), 0);
	heard_wait(&heard, "command 2 a led=1 (0)");
	pty_close(&pty);
}
END_TEST

START_TEST(a_plain_board_takes_no_commands)
{
	plug_in("");
	command("led", "1", 60000, 1);
	pty_print(&pty, "t:1\n");
	heard_wait(&heard, "command 1 a led=1 (-14): the board runs a plain sketch");
	command("led", "1", 60000, 2);
	heard_wait(&heard, "command 2 a led=1 (-14)");
	hear_nothing();
	pty_close(&pty);
}
END_TEST

START_TEST(commands_end_with_their_device)
{
	plug_in_kit("");
	for (uint64_t i = 0; i < 16; i++)
		command("led", "1", 60000, i);
	assert_fails(devices_command(devices, "a", "led", "1", 60000, 16), IOTKIT_EFULL, "16");
	assert_fails(devices_command(devices, "b", "led", "1", 60000, 16), IOTKIT_ENOENT,
		     "no device 'b'");
	assert_fails(devices_command(devices, "a", "led", "\xff", 60000, 16), IOTKIT_EINVAL,
		     "UTF-8");
	ck_assert_int_eq(devices_remove(devices, "a"), IOTKIT_OK);
	ck_assert_uint_eq(heard_count(&heard, "(-6): the device was removed"), 16);
	pty_close(&pty);
}
END_TEST

START_TEST(nothing_is_told_of_commands_at_the_end)
{
	plug_in_kit("");
	command("led", "1", 60000, 1);
	devices_close(devices);
	ck_assert_uint_eq(heard_count(&heard, "command 1"), 0);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
	pty_close(&pty);
}
END_TEST

START_TEST(a_board_that_does_not_read_stops_nothing)
{
	uint32_t id = plug_in_kit("");

	/* Far more answers than the pty and our own room hold. */
	for (uint32_t i = 0; i < 3000; i++) {
		say_hello(id, "a");
		say_metric(id, i + 1, i + 1, 0);
	}
	heard_wait(&heard, "/3000 a t=3000");
	ck_assert_uint_eq(count().frames, 6001);
	pty_close(&pty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("devices commands");
	TCase *silence = cases("silence");
	TCase *commands = cases("commands");

	tcase_add_test(silence, a_silent_kit_is_asked_then_offline_then_online_again);
	tcase_add_test(silence, a_lost_port_is_no_second_offline);
	tcase_add_test(silence, silence_is_minded_by_default_only_of_kits);
	tcase_add_test(silence, silence_of_a_plain_board_is_minded_where_its_port_says_so);
	suite_add_tcase(suite, silence);
	tcase_add_test(commands, commands_are_obeyed_one_after_the_other);
	tcase_add_test(commands, commands_wait_for_an_absent_board);
	tcase_add_test(commands, a_plain_board_takes_no_commands);
	tcase_add_test(commands, commands_end_with_their_device);
	tcase_add_test(commands, nothing_is_told_of_commands_at_the_end);
	tcase_add_test(commands, a_board_that_does_not_read_stops_nothing);
	suite_add_tcase(suite, commands);
	return suite_run(suite);
}
