/* SPDX-License-Identifier: MIT
 *
 * Commands that wait for a board: one at a time, in order, at most once, and all end.
 */
#include "device/commands.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "suite.h"

enum { BOOT = 0x5f3a9c01 };

static struct commands commands;
static struct kit_hello hello;
static struct commands_board board;
static struct reason why;
static struct frame frame;

static void start(void)
{
	static const char texts[] = "greenhouse\0sketch\0001.2\0led,fan";

	commands = (struct commands){0};
	hello = (struct kit_hello){.room = 64, .size = sizeof texts};
	memcpy(hello.text, texts, sizeof texts);
	board = (struct commands_board){.boot = BOOT, .hello = &hello};
}

static void stop(void)
{
	struct command *command;

	while ((command = commands_take_out(&commands)) != NULL)
		command_free(command);
}

static void add(const char *name, const char *value, uint64_t id, int64_t deadline_ms)
{
	struct command *command;

	ck_assert_int_eq(command_make(name, value, id, deadline_ms, &command), IOTKIT_OK);
	ck_assert_int_eq(commands_add(&commands, command), IOTKIT_OK);
}

static bool send_at(int64_t now_ms)
{
	return commands_next_frame(&commands, &board, now_ms, &frame);
}

static void assert_waits(int64_t now_ms)
{
	ck_assert_ptr_null(commands_next_ended(&commands, &board, now_ms, &why));
}

static void assert_ended(int64_t now_ms, uint64_t id, iotkit_status status, const char *part)
{
	struct command *command = commands_next_ended(&commands, &board, now_ms, &why);

	ck_assert_ptr_nonnull(command);
	ck_assert_uint_eq(command->id, id);
	ck_assert_int_eq(why.status, status);
	ck_assert_msg(strstr(why.text, part) != NULL, "'%s' does not contain '%s'", why.text, part);
	command_free(command);
}

START_TEST(a_command_is_sent_until_it_is_answered)
{
	add("led", "1", 5, 10000);
	ck_assert(send_at(1000));
	uint32_t number = frame.command;
	ck_assert_int_eq(frame.kind, FRAME_COMMAND);
	ck_assert_uint_eq(frame.id, BOOT);
	ck_assert_str_eq(frame.name, "led");
	ck_assert_str_eq(frame.value, "1");
	ck_assert_int_eq(commands_due(&commands, &board), 1000 + COMMAND_RETRY_MS);
	ck_assert(!send_at(1000 + COMMAND_RETRY_MS - 1));
	ck_assert(send_at(1000 + COMMAND_RETRY_MS));
	ck_assert_uint_eq(frame.command, number);
	commands_answer(&commands, number + 1, 0);
	assert_waits(1600);
	commands_answer(&commands, number, 0);
	assert_ended(1600, 5, IOTKIT_OK, "done");
	ck_assert_int_eq(commands_due(&commands, &board), CLOCK_NEVER);
}
END_TEST

START_TEST(they_go_one_at_a_time_with_rising_numbers)
{
	add("led", "1", 1, 10000);
	add("fan", "2", 2, 10000);
	ck_assert(send_at(1000));
	uint32_t number = frame.command;
	ck_assert(!send_at(1001));
	commands_answer(&commands, number, 0);
	assert_ended(1002, 1, IOTKIT_OK, "done");
	ck_assert(send_at(1002));
	ck_assert_str_eq(frame.name, "fan");
	ck_assert_uint_eq(frame.command, number + 1);
	commands_answer(&commands, number, 0); /* a late repeat of the first answer */
	assert_waits(1003);
}
END_TEST

START_TEST(numbers_begin_at_random)
{
	uint32_t first[2];

	for (int i = 0; i < 2; i++) {
		commands = (struct commands){0};
		add("led", "1", 1, 10000);
		ck_assert(send_at(0));
		first[i] = frame.command;
		stop();
	}
	ck_assert_uint_ne(first[0], first[1]);
}
END_TEST

START_TEST(what_the_board_does_not_have_is_not_sent)
{
	add("pump", "1", 7, 10000);
	assert_ended(1000, 7, IOTKIT_ENOENT, "no command 'pump'; it has: led,fan");
	hello.size = sizeof "greenhouse";
	add("led", "1", 8, 10000);
	assert_ended(1000, 8, IOTKIT_ENOENT, "none at all");
}
END_TEST

START_TEST(the_boards_refusal_is_told)
{
	add("led", "1", 1, 10000);
	ck_assert(send_at(0));
	commands_answer(&commands, frame.command, 1);
	assert_ended(1, 1, IOTKIT_ENOENT, "no command 'led'");
	add("led", "1", 2, 10000);
	ck_assert(send_at(0));
	commands_answer(&commands, frame.command, 9);
	assert_ended(1, 2, IOTKIT_EREFUSED, "by 9");
}
END_TEST

START_TEST(what_the_board_cannot_read_is_not_sent)
{
	/* However many digits its number has, of which there are at most ten. */
	char value[64] = "";
	size_t rest = sizeof "~C 5f3a9c01 4294967295 led  ~12345678\n" - 1;

	memset(value, 'v', hello.room - rest);
	add("led", value, 1, 10000);
	assert_waits(0);
	ck_assert(send_at(0));
	commands_answer(&commands, frame.command, 0);
	assert_ended(0, 1, IOTKIT_OK, "");
	strcat(value, "v");
	add("led", value, 2, 10000);
	assert_ended(0, 2, IOTKIT_EINVAL, "too long");
}
END_TEST

START_TEST(a_plain_board_gets_none)
{
	board.plain = true;
	add("led", "1", 1, 10000);
	ck_assert(!send_at(0));
	assert_ended(0, 1, IOTKIT_ENOTSUP, "plain sketch; commands need the IoTKit library");
}
END_TEST

START_TEST(an_absent_board_gets_it_when_it_is_back)
{
	board.boot = FRAME_ID_NONE;
	add("led", "1", 1, 10000);
	assert_waits(0);
	ck_assert(!send_at(0));
	ck_assert_int_eq(commands_due(&commands, &board), 10000);
	board.boot = BOOT;
	assert_waits(5000);
	ck_assert(send_at(5000));
	/* It was slow to answer, and is asked again when it is back. */
	board.boot = FRAME_ID_NONE;
	assert_waits(6000);
	ck_assert(!send_at(6000));
	board.boot = BOOT;
	ck_assert(send_at(7000));
}
END_TEST

START_TEST(a_board_without_hello_is_asked_for_it)
{
	hello = (struct kit_hello){0};
	add("led", "1", 1, 10000);
	assert_waits(0);
	ck_assert(send_at(0));
	ck_assert_int_eq(frame.kind, FRAME_WHO);
	ck_assert(!send_at(1));
	ck_assert(send_at(COMMAND_RETRY_MS));
	ck_assert_int_eq(frame.kind, FRAME_WHO);
}
END_TEST

START_TEST(no_command_outlives_its_time)
{
	add("led", "1", 1, 1000);
	add("led", "2", 2, 900);
	add("led", "3", 3, 2000);
	ck_assert_int_eq(commands_due(&commands, &board), 0);
	ck_assert(send_at(500));
	assert_ended(900, 2, IOTKIT_ETIMEOUT, "those before it");
	assert_waits(999);
	assert_ended(1000, 1, IOTKIT_ETIMEOUT, "did not answer");
	board.boot = FRAME_ID_NONE;
	assert_ended(2000, 3, IOTKIT_ETIMEOUT, "absent");
}
END_TEST

START_TEST(another_boot_does_not_get_what_the_one_before_may_have_done)
{
	add("led", "toggle", 1, 10000);
	add("fan", "1", 2, 10000);
	ck_assert(send_at(0));
	board.boot = BOOT + 1;
	assert_ended(1, 1, IOTKIT_ETIMEOUT, "started anew");
	assert_waits(1);
	ck_assert(send_at(1));
	ck_assert_str_eq(frame.name, "fan");
	ck_assert_uint_eq(frame.id, BOOT + 1);
}
END_TEST

START_TEST(sixteen_may_wait)
{
	struct command *command;

	for (uint64_t i = 0; i < COMMANDS_MAX; i++)
		add("led", "1", i, 1000);
	ck_assert_int_eq(command_make("led", "1", 99, 1000, &command), IOTKIT_OK);
	assert_fails(commands_add(&commands, command), IOTKIT_EFULL, "16 commands wait");
	command_free(command);
	for (uint64_t i = 0; i < COMMANDS_MAX; i++)
		assert_ended(1000, i, IOTKIT_ETIMEOUT, "");
}
END_TEST

START_TEST(what_no_frame_can_carry_is_refused)
{
	struct command *command;
	char value[1100];

	assert_fails(command_make(NULL, "", 1, 0, &command), IOTKIT_EINVAL, "name");
	assert_fails(command_make("", "", 1, 0, &command), IOTKIT_EINVAL, "name");
	assert_fails(command_make("led", NULL, 1, 0, &command), IOTKIT_EINVAL, "NULL");
	assert_fails(command_make("l\xff", "", 1, 0, &command), IOTKIT_EINVAL, "UTF-8");
	assert_fails(command_make("led", "\xc3", 1, 0, &command), IOTKIT_EINVAL, "UTF-8");
	memset(value, 'v', sizeof value);
	value[sizeof value - 1] = '\0';
	assert_fails(command_make("led", value, 1, 0, &command), IOTKIT_EINVAL, "longer than any");
	value[900] = '\0';
	ck_assert_int_eq(command_make("led", value, 1, 0, &command), IOTKIT_OK);
	command_free(command);
	memset(value, '\n', 900); /* three bytes each on the line */
	assert_fails(command_make("led", value, 1, 0, &command), IOTKIT_EINVAL, "longer than any");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *tcase = tcase_create("commands");

	tcase_add_checked_fixture(tcase, start, stop);
	tcase_add_test(tcase, a_command_is_sent_until_it_is_answered);
	tcase_add_test(tcase, they_go_one_at_a_time_with_rising_numbers);
	tcase_add_test(tcase, numbers_begin_at_random);
	tcase_add_test(tcase, what_the_board_does_not_have_is_not_sent);
	tcase_add_test(tcase, the_boards_refusal_is_told);
	tcase_add_test(tcase, what_the_board_cannot_read_is_not_sent);
	tcase_add_test(tcase, a_plain_board_gets_none);
	tcase_add_test(tcase, an_absent_board_gets_it_when_it_is_back);
	tcase_add_test(tcase, a_board_without_hello_is_asked_for_it);
	tcase_add_test(tcase, no_command_outlives_its_time);
	tcase_add_test(tcase, another_boot_does_not_get_what_the_one_before_may_have_done);
	tcase_add_test(tcase, sixteen_may_wait);
	tcase_add_test(tcase, what_no_frame_can_carry_is_refused);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
