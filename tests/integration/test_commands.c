/* SPDX-License-Identifier: MIT
 *
 * Commands of the application to a board, and what becomes of them. (Those that come by MQTT
 * are in test_commands_mqtt.c.)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "suite.h"

enum { WAITING_MAX = 16 };

static struct scene scene;
static struct kit *const kit = &scene.kit;

static void start(void)
{
	scene_open(&scene);
}

static void stop(void)
{
	scene_close(&scene);
}

static uint64_t command(const char *name, const char *value)
{
	uint64_t id = 0;

	ck_assert_msg(iotkit_send_command(scene.iot, "shed", name, value, &id) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	ck_assert_uint_ne(id, 0);
	return id;
}

static void answer(uint32_t number, unsigned result)
{
	kit_say(kit, "R %08" PRIx32 " %" PRIu32 " %u", kit->id, number, result);
}

static const iotkit_event *expect_ended(uint64_t id, iotkit_status status)
{
	const iotkit_event *event = expect_event(scene.iot, IOTKIT_EVENT_COMMAND);

	ck_assert_msg(event->status == status, "%d: %s", event->status, event->text);
	ck_assert_uint_eq(event->id, id);
	ck_assert_str_eq(event->device, "shed");
	ck_assert_ptr_nonnull(event->text);
	ck_assert_str_ne(event->text, "");
	return event;
}

/* ---- Done ---- */

START_TEST(a_command_is_done_and_told)
{
	scene_begin(&scene, NULL);
	uint64_t id = command("led", "1");
	answer(kit_hear_command(kit, "led", "1"), 0);
	const iotkit_event *event = expect_ended(id, IOTKIT_OK);
	ck_assert_str_eq(event->topic, "led");
	ck_assert_str_eq((const char *)event->payload, "1");
	ck_assert_uint_eq(event->payload_size, 1);
	ck_assert_uint_eq(expect_stats(scene.iot).commands, 1);
}
END_TEST

START_TEST(a_value_may_be_empty_or_have_spaces)
{
	scene_begin(&scene, NULL);
	uint64_t id = command("led", "");
	answer(kit_hear_command(kit, "led", "-"), 0);
	ck_assert_uint_eq(expect_ended(id, IOTKIT_OK)->payload_size, 0);
	id = command("led", "a ~ b\n");
	answer(kit_hear_command(kit, "led", "a%20%7E%20b%0A"), 0);
	ck_assert_str_eq((const char *)expect_ended(id, IOTKIT_OK)->payload, "a ~ b\n");
}
END_TEST

START_TEST(a_command_is_sent_again_under_its_number_until_it_is_answered)
{
	scene_begin(&scene, NULL);
	uint64_t id = command("led", "1");
	uint32_t number = kit_hear_command(kit, "led", "1");
	for (int i = 0; i < 2; i++)
		ck_assert_uint_eq(kit_hear_command(kit, "led", "1"), number);
	for (int i = 0; i < 3; i++)
		answer(number, 0);
	expect_ended(id, IOTKIT_OK);
	uint64_t next = command("led", "0");
	uint32_t later = kit_hear_command(kit, "led", "0");
	ck_assert_uint_eq(later, number + 1);
	answer(later, 0);
	expect_ended(next, IOTKIT_OK);
	ck_assert_uint_eq(expect_stats(scene.iot).commands, 2);
}
END_TEST

START_TEST(commands_go_one_at_a_time_in_order)
{
	uint64_t ids[3];
	char value[12];

	scene_begin(&scene, NULL);
	for (int i = 0; i < 3; i++) {
		snprintf(value, sizeof value, "%d", i);
		ids[i] = command("led", value);
	}
	for (int i = 0; i < 3; i++) {
		snprintf(value, sizeof value, "%d", i);
		uint32_t number = kit_hear_command(kit, "led", value);
		ck_assert_uint_eq(kit_hear_command(kit, "led", value), number);
		answer(number, 0);
		expect_ended(ids[i], IOTKIT_OK);
	}
}
END_TEST

START_TEST(readings_and_commands_do_not_hinder_each_other)
{
	scene_listen(&scene);
	scene_begin(&scene, NULL);
	for (uint32_t i = 1; i <= 20; i++) {
		uint64_t id = command("led", "1");
		kit_measure(kit, i, i);
		uint32_t number = kit_hear_command(kit, "led", "1");
		kit_measure(kit, i, i);
		answer(number, 0);
		expect_ended(id, IOTKIT_OK);
	}
	scene_numbers(&scene, 1, 20);
}
END_TEST

/* ---- Not done ---- */

START_TEST(a_command_without_an_answer_ends_when_its_time_is_over)
{
	const char *options[] = {"command.ttl_ms", "700", NULL};

	scene_begin(&scene, options);
	uint64_t id = command("led", "1");
	uint32_t number = kit_hear_command(kit, "led", "1");
	ck_assert_uint_eq(kit_hear_command(kit, "led", "1"), number);
	expect_ended(id, IOTKIT_ETIMEOUT);
	answer(number, 0);
	id = command("led", "0");
	answer(kit_hear_command(kit, "led", "0"), 0);
	expect_ended(id, IOTKIT_OK);
}
END_TEST

START_TEST(a_command_that_the_board_does_not_have_is_told)
{
	scene_begin(&scene, NULL);
	uint64_t id = command("led", "1");
	answer(kit_hear_command(kit, "led", "1"), 1);
	expect_ended(id, IOTKIT_ENOENT);
	id = command("fan", "1");
	ck_assert_ptr_nonnull(strstr(expect_ended(id, IOTKIT_ENOENT)->text, "led"));
	ck_assert_uint_eq(expect_stats(scene.iot).commands, 0);
}
END_TEST

START_TEST(a_plain_board_takes_no_commands)
{
	const char *options[] = {"command.ttl_ms", "500", NULL};

	scene_listen(&scene);
	if (_i == 0)
		strcat(scene.port_uri, "?lines=plain");
	scene_gateway(&scene, options);
	ck_assert_int_eq(iotkit_connect(scene.iot, EXPECT_MS), IOTKIT_OK);
	pty_print(&kit->pty, "\nn:1\nn:2\n");
	scene_numbers(&scene, 1, 2);
	uint64_t id = command("led", "1");
	ck_assert_ptr_nonnull(strstr(expect_ended(id, IOTKIT_ENOTSUP)->text, "IoTKit"));
	ck_assert(!kit_hears(kit, "", 0));
}
END_TEST

START_TEST(a_board_that_resets_is_not_told_twice)
{
	scene_begin(&scene, NULL);
	uint64_t id = command("led", "1");
	kit_hear_command(kit, "led", "1");
	kit_greet(kit, 2);
	expect_ended(id, IOTKIT_ETIMEOUT);
	id = command("led", "0");
	answer(kit_hear_command(kit, "led", "0"), 0);
	expect_ended(id, IOTKIT_OK);
}
END_TEST

START_TEST(a_value_that_the_board_has_no_room_for_is_refused)
{
	char value[40];

	kit->room = 48;
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	scene_begin(&scene, NULL);
	uint64_t id = command("led", value);
	ck_assert_ptr_nonnull(strstr(expect_ended(id, IOTKIT_EINVAL)->text, "48"));
	id = command("led", "short");
	answer(kit_hear_command(kit, "led", "short"), 0);
	expect_ended(id, IOTKIT_OK);
}
END_TEST

/* ---- Waiting ---- */

START_TEST(an_absent_board_gets_its_command_when_it_is_back)
{
	scene_begin(&scene, NULL);
	unlink(scene.link);
	kit_unplug(kit);
	expect_event(scene.iot, IOTKIT_EVENT_DEVICE_OFFLINE);
	uint64_t id = command("led", "1");
	uint64_t second = command("led", "0");
	kit_plug_in(kit, scene.link);
	kit_greet(kit, 2);
	answer(kit_hear_command(kit, "led", "1"), 0);
	expect_ended(id, IOTKIT_OK);
	answer(kit_hear_command(kit, "led", "0"), 0);
	expect_ended(second, IOTKIT_OK);
}
END_TEST

START_TEST(an_absent_board_has_until_its_time_is_over)
{
	const char *options[] = {"command.ttl_ms", "300", NULL};

	scene_begin(&scene, options);
	unlink(scene.link);
	kit_unplug(kit);
	expect_event(scene.iot, IOTKIT_EVENT_DEVICE_OFFLINE);
	uint64_t ids[] = {command("led", "1"), command("led", "0")};
	expect_ended(ids[0], IOTKIT_ETIMEOUT);
	expect_ended(ids[1], IOTKIT_ETIMEOUT);
}
END_TEST

START_TEST(so_many_may_wait_and_no_more)
{
	uint64_t ids[WAITING_MAX];

	scene_begin(&scene, NULL);
	unlink(scene.link);
	kit_unplug(kit);
	expect_event(scene.iot, IOTKIT_EVENT_DEVICE_OFFLINE);
	for (int i = 0; i < WAITING_MAX; i++)
		ids[i] = command("led", "1");
	uint64_t unset = 77;
	assert_fails(iotkit_send_command(scene.iot, "shed", "led", "1", &unset), IOTKIT_EFULL,
		     "16");
	ck_assert_uint_eq(unset, 77);
	kit_plug_in(kit, scene.link);
	kit_greet(kit, 2);
	for (int i = 0; i < WAITING_MAX; i++) {
		answer(kit_hear_command(kit, "led", "1"), 0);
		expect_ended(ids[i], IOTKIT_OK);
	}
	uint64_t id = command("led", "0");
	answer(kit_hear_command(kit, "led", "0"), 0);
	expect_ended(id, IOTKIT_OK);
}
END_TEST

START_TEST(commands_of_a_board_that_is_removed_end)
{
	scene_begin(&scene, NULL);
	uint64_t ids[] = {command("led", "1"), command("led", "0")};
	kit_hear_command(kit, "led", "1");
	ck_assert_int_eq(iotkit_remove_device(scene.iot, "shed"), IOTKIT_OK);
	for (int i = 0; i < 2; i++) {
		const iotkit_event *event = expect_event(scene.iot, IOTKIT_EVENT_COMMAND);
		ck_assert_uint_eq(event->id, ids[i]);
		ck_assert_int_lt(event->status, 0);
	}
	assert_fails(iotkit_send_command(scene.iot, "shed", "led", "1", NULL), IOTKIT_ENOENT,
		     "shed");
}
END_TEST

START_TEST(what_is_no_command_is_refused)
{
	static char endless[300];

	memset(endless, 'n', sizeof endless - 1);
	scene_begin(&scene, NULL);
	iotkit *iot = scene.iot;
	ck_assert_int_eq(iotkit_send_command(NULL, "shed", "led", "1", NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, NULL, "led", "1", NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "shed", NULL, "1", NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "shed", "", "1", NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "shed", endless, "1", NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "shed", "led", NULL, NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "shed", "led", endless, NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "shed", "led", "\xff", NULL), IOTKIT_EINVAL);
	ck_assert_int_eq(iotkit_send_command(iot, "barn", "led", "1", NULL), IOTKIT_ENOENT);
	expect_none(iot, IOTKIT_EVENT_COMMAND, 50);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands");
	TCase *done = tcase_create("done");
	TCase *undone = tcase_create("undone");
	TCase *waiting = tcase_create("waiting");

	tcase_add_checked_fixture(done, start, stop);
	tcase_set_timeout(done, 60);
	tcase_add_test(done, a_command_is_done_and_told);
	tcase_add_test(done, a_value_may_be_empty_or_have_spaces);
	tcase_add_test(done, a_command_is_sent_again_under_its_number_until_it_is_answered);
	tcase_add_test(done, commands_go_one_at_a_time_in_order);
	tcase_add_test(done, readings_and_commands_do_not_hinder_each_other);
	suite_add_tcase(suite, done);
	tcase_add_checked_fixture(undone, start, stop);
	tcase_set_timeout(undone, 60);
	tcase_add_test(undone, a_command_without_an_answer_ends_when_its_time_is_over);
	tcase_add_test(undone, a_command_that_the_board_does_not_have_is_told);
	tcase_add_loop_test(undone, a_plain_board_takes_no_commands, 0, 2);
	tcase_add_test(undone, a_board_that_resets_is_not_told_twice);
	tcase_add_test(undone, a_value_that_the_board_has_no_room_for_is_refused);
	suite_add_tcase(suite, undone);
	tcase_add_checked_fixture(waiting, start, stop);
	tcase_set_timeout(waiting, 60);
	tcase_add_test(waiting, an_absent_board_gets_its_command_when_it_is_back);
	tcase_add_test(waiting, an_absent_board_has_until_its_time_is_over);
	tcase_add_test(waiting, so_many_may_wait_and_no_more);
	tcase_add_test(waiting, commands_of_a_board_that_is_removed_end);
	tcase_add_test(waiting, what_is_no_command_is_refused);
	suite_add_tcase(suite, waiting);
	return suite_run(suite);
}
