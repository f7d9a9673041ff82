/* SPDX-License-Identifier: MIT
 *
 * A board that speaks the line protocol: what it measures arrives, once, whatever happens to
 * the line. (What it is told as kept is in test_kits_kept.c.)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"
#include "suite.h"

static struct scene scene;
static struct kit *const kit = &scene.kit;

static void start(void)
{
	scene_open(&scene);
	scene_listen(&scene);
}

static void stop(void)
{
	scene_close(&scene);
}

static double now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- Readings ---- */

START_TEST(a_reading_arrives_once_with_the_time_it_was_taken)
{
	const char *options[] = {"payload", "json", NULL};

	scene_begin(&scene, options);
	double before = now_s();
	for (int i = 0; i < 3; i++)
		kit_say(kit, "M %08" PRIx32 " 1 1 5000 temperature 23.50 Cel", kit->id);
	kit_say(kit,
		"M %08" PRIx32 " 2 1 0 Temp.%%20au\xc3\x9f"
		"en -1e-3 %%25RH",
		kit->id);
	kit_hear_kept(kit, 2);
	double after = now_s();
	const iotkit_event *event = scene_message(&scene, "iotkit/shed/temperature", NULL);
	const char *payload = event->payload;
	ck_assert_ptr_nonnull(strstr(payload, "\"value\":23.5"));
	ck_assert_ptr_nonnull(strstr(payload, "\"unit\":\"Cel\""));
	const char *time_key = strstr(payload, "\"time\":");
	ck_assert_ptr_nonnull(time_key);
	double taken = atof(time_key + strlen("\"time\":"));
	ck_assert_msg(taken > before - 5.01 && taken < after - 4.99, "%f is not within %f and %f",
		      taken, before - 5, after - 5);
	event = scene_message(&scene,
			      "iotkit/shed/Temp. au\xc3\x9f"
			      "en",
			      NULL);
	ck_assert_ptr_nonnull(strstr(event->payload, "\"value\":-0.001"));
	ck_assert_ptr_nonnull(strstr(event->payload, "\"unit\":\"%RH\""));
	iotkit_stats stats = expect_stats(scene.iot);
	ck_assert_uint_eq(stats.metrics, 2);
	ck_assert_uint_eq(stats.frames_repeated, 2);
	ck_assert_uint_eq(stats.frames_damaged, 0);
	ck_assert_uint_ge(stats.frames, 5);
}
END_TEST

START_TEST(many_readings_arrive_in_order_though_the_board_repeats_itself)
{
	enum { COUNT = 400, STEP = 8 };

	scene_begin(&scene, NULL);
	for (uint32_t seq = 1; seq <= COUNT; seq += STEP)
		kit_deliver(kit, seq > STEP ? seq - STEP : 1, seq + STEP - 1);
	scene_numbers(&scene, 1, COUNT);
	ck_assert_uint_eq(expect_stats(scene.iot).metrics, COUNT);
	ck_assert_uint_eq(expect_stats(scene.iot).board_dropped, 0);
}
END_TEST

START_TEST(what_is_missing_is_asked_for)
{
	char missing[32];

	scene_begin(&scene, NULL);
	kit_deliver(kit, 1, 1);
	kit_measure(kit, 4, 1);
	snprintf(missing, sizeof missing, "N %08" PRIx32 " 2", kit->id);
	ck_assert_str_eq(kit_hear(kit, "N "), missing);
	kit_deliver(kit, 2, 4);
	scene_numbers(&scene, 1, 4);
}
END_TEST

START_TEST(readings_that_the_board_had_to_drop_are_counted_and_told)
{
	char missing[32];

	scene_begin(&scene, NULL);
	kit_deliver(kit, 1, 1);
	kit_measure(kit, 10, 8);
	snprintf(missing, sizeof missing, "N %08" PRIx32 " 8", kit->id);
	ck_assert_str_eq(kit_hear(kit, "N "), missing);
	kit_deliver(kit, 8, 10);
	scene_numbers(&scene, 1, 1);
	scene_numbers(&scene, 8, 10);
	const iotkit_event *event = expect_text(scene.iot, IOTKIT_EVENT_LOG, "dropped 6");
	ck_assert_str_eq(event->device, "shed");
	ck_assert_int_lt(event->status, 0);
	ck_assert_uint_eq(expect_stats(scene.iot).board_dropped, 6);
}
END_TEST

/* ---- A bad line ---- */

static void say_damaged(const char *frame, size_t size)
{
	pty_write(&kit->pty, frame, size);
	pty_print(&kit->pty, "\n");
}

START_TEST(a_damaged_frame_is_counted_and_never_published)
{
	char body[64], frame[KIT_LINE_MAX], damaged[KIT_LINE_MAX];
	static const char flips[] = {0x01, 0x20};
	uint64_t count = 0;

	scene_begin(&scene, NULL);
	kit_deliver(kit, 1, 1);
	snprintf(body, sizeof body, "M %08" PRIx32 " 2 1 0 n 99 -", kit->id);
	kit_frame(frame, body);
	size_t size = strlen(frame);
	for (size_t at = 0; at < size; at++) {
		for (size_t flip = 0; flip < sizeof flips; flip++, count++) {
			memcpy(damaged, frame, size);
			damaged[at] ^= flips[flip];
			if (damaged[at] == '\n' || damaged[at] == '\r')
				damaged[at] = '!';
			say_damaged(damaged, size);
		}
		memcpy(damaged, frame, at);
		memcpy(damaged + at, frame + at + 1, size - at);
		say_damaged(damaged, size - 1);
		count++;
	}
	kit_deliver(kit, 2, 3);
	scene_numbers(&scene, 1, 3);
	ck_assert_uint_eq(expect_stats(scene.iot).frames_damaged, count);
	ck_assert_uint_eq(expect_stats(scene.iot).metrics, 3);
}
END_TEST

START_TEST(frames_that_ran_into_each_other_or_a_print_harm_nobody)
{
	char body[64], frame[KIT_LINE_MAX];

	scene_begin(&scene, NULL);
	snprintf(body, sizeof body, "M %08" PRIx32 " 1 1 0 n 1 -", kit->id);
	kit_frame(frame, body);
	for (size_t cut = 1; cut < strlen(frame); cut++) {
		pty_write(&kit->pty, frame, cut);
		pty_print(&kit->pty, "n:77\n");
	}
	pty_write(&kit->pty, frame, 20);
	kit_measure(kit, 1, 1);
	kit_hear_kept(kit, 1);
	kit_deliver(kit, 2, 2);
	scene_numbers(&scene, 1, 2);
}
END_TEST

/* ---- What else a board prints ---- */

START_TEST(lines_are_readings_before_the_first_frame_and_debug_prints_after)
{
	scene_gateway(&scene, NULL);
	ck_assert_int_eq(iotkit_connect(scene.iot, EXPECT_MS), IOTKIT_OK);
	pty_print(&kit->pty, "\ntemperature:22.5\n");
	scene_message(&scene, "iotkit/shed/temperature", "22.5");
	kit_greet(kit, 7);
	pty_print(&kit->pty, "temperature:33.5\n# a remark\n");
	kit_deliver(kit, 1, 2);
	scene_numbers(&scene, 1, 2);
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "temperature:33.5");
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "a remark");
	ck_assert_uint_eq(expect_stats(scene.iot).metrics, 3);
}
END_TEST

START_TEST(a_debug_print_without_a_newline_harms_no_frame)
{
	scene_begin(&scene, NULL);
	pty_print(&kit->pty, "reading the sensor... ");
	kit_measure(kit, 1, 1);
	kit_hear_kept(kit, 1);
	scene_numbers(&scene, 1, 1);
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "reading the sensor...");
}
END_TEST

/* ---- Names, states, payloads ---- */

START_TEST(a_measurement_or_state_named_status_leaves_the_boards_own_alone)
{
	scene_begin(&scene, NULL);
	if (_i == 0)
		kit_say(kit, "M %08" PRIx32 " 1 1 0 status 5 -", kit->id);
	else
		kit_say(kit, "S %08" PRIx32 " 1 1 0 status 5", kit->id);
	scene_message(&scene, "iotkit/shed/status_", "5");
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "'status_'");
}
END_TEST

START_TEST(a_state_is_retained)
{
	static const char *const payloads[] = {"text", "json", "senml"};
	const char *options[] = {"payload", payloads[_i], NULL};

	scene_begin(&scene, options);
	kit_say(kit, "S %08" PRIx32 " 1 1 12 led 1", kit->id);
	kit_say(kit, "S %08" PRIx32 " 2 1 12 door wide%%20open", kit->id);
	kit_hear_kept(kit, 2);
	scene_message(&scene, "iotkit/shed/led", "1");
	scene_message(&scene, "iotkit/shed/door", "wide open");
	iotkit *later = expect_connected(scene.broker.uri, NULL);
	ck_assert_int_eq(iotkit_subscribe(later, "iotkit/shed/led", 1), IOTKIT_OK);
	ck_assert_int_eq(expect_message(later, "iotkit/shed/led", "1")->retain, 1);
	iotkit_close(later);
}
END_TEST

START_TEST(a_states_name_that_does_not_fit_is_changed_and_told)
{
	scene_begin(&scene, NULL);
	kit_say(kit, "S %08" PRIx32 " 1 1 12 door/2 open", kit->id);
	scene_message(&scene, "iotkit/shed/door_2", "open");
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "'door_2'");
}
END_TEST

/* ---- Coming and going ---- */

START_TEST(a_board_that_resets_begins_anew)
{
	scene_begin(&scene, NULL);
	kit_deliver(kit, 1, 2);
	uint32_t before = kit->id;
	kit_greet(kit, 2);
	ck_assert_uint_ne(kit->id, before);
	uint32_t after = kit->id;
	kit_greet(kit, 2);
	ck_assert_uint_eq(kit->id, after);
	kit_deliver(kit, 1, 3);
	scene_numbers(&scene, 1, 2);
	scene_numbers(&scene, 1, 3);
	kit_greet(kit, 2);
	ck_assert_uint_ne(kit->id, after);
}
END_TEST

START_TEST(a_board_with_an_id_of_another_gateway_goes_on_where_it_is)
{
	scene_begin(&scene, NULL);
	kit->id = 0x0badcafe;
	kit_measure(kit, 40, 38);
	kit_hear(kit, "?");
	kit_greet_again(kit);
	ck_assert_str_eq(kit_hear(kit, "W "), "W 00000000 0badcafe");
	kit_measure(kit, 40, 38);
	ck_assert_str_eq(kit_hear(kit, "N "), "N 0badcafe 38");
	kit_deliver(kit, 38, 40);
	scene_numbers(&scene, 38, 40);
	ck_assert_uint_eq(expect_stats(scene.iot).board_dropped, 0);
}
END_TEST

START_TEST(a_silent_board_is_asked_then_told_offline_and_comes_back)
{
	const char *options[] = {"device.silent_ms", "300", NULL};

	scene_begin(&scene, options);
	scene_status(&scene, "online");
	kit_hear(kit, "?");
	const iotkit_event *event = expect_event(scene.iot, IOTKIT_EVENT_DEVICE_OFFLINE);
	ck_assert_str_eq(event->device, "shed");
	ck_assert_int_lt(event->status, 0);
	scene_status(&scene, "offline");
	kit_greet_again(kit);
	expect_event(scene.iot, IOTKIT_EVENT_DEVICE_ONLINE);
	scene_status(&scene, "online");
	kit_deliver(kit, 1, 1);
	scene_numbers(&scene, 1, 1);
}
END_TEST

START_TEST(a_board_that_is_unplugged_and_back_goes_on)
{
	scene_begin(&scene, NULL);
	kit_deliver(kit, 1, 2);
	uint32_t id = kit->id;
	unlink(scene.link);
	kit_unplug(kit);
	scene_status(&scene, "offline");
	kit_plug_in(kit, scene.link);
	scene_status(&scene, "online");
	kit->id = id;
	kit_deliver(kit, 2, 4);
	scene_numbers(&scene, 3, 4);
}
END_TEST

START_TEST(a_gateway_that_leaves_says_that_its_boards_are_offline)
{
	scene_begin(&scene, NULL);
	kit_deliver(kit, 1, 1);
	scene_status(&scene, "online");
	ck_assert_int_eq(iotkit_disconnect(scene.iot, EXPECT_MS), IOTKIT_OK);
	iotkit_close(scene.iot);
	scene.iot = NULL;
	scene_status(&scene, "offline");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kits");
	TCase *readings = tcase_create("readings");
	TCase *presence = tcase_create("presence");

	tcase_add_checked_fixture(readings, start, stop);
	tcase_set_timeout(readings, 60);
	tcase_add_test(readings, a_reading_arrives_once_with_the_time_it_was_taken);
	tcase_add_test(readings, many_readings_arrive_in_order_though_the_board_repeats_itself);
	tcase_add_test(readings, what_is_missing_is_asked_for);
	tcase_add_test(readings, readings_that_the_board_had_to_drop_are_counted_and_told);
	tcase_add_test(readings, a_damaged_frame_is_counted_and_never_published);
	tcase_add_test(readings, frames_that_ran_into_each_other_or_a_print_harm_nobody);
	tcase_add_test(readings, lines_are_readings_before_the_first_frame_and_debug_prints_after);
	tcase_add_test(readings, a_debug_print_without_a_newline_harms_no_frame);
	tcase_add_loop_test(readings,
			    a_measurement_or_state_named_status_leaves_the_boards_own_alone, 0, 2);
	tcase_add_loop_test(readings, a_state_is_retained, 0, 3);
	tcase_add_test(readings, a_states_name_that_does_not_fit_is_changed_and_told);
	suite_add_tcase(suite, readings);
	tcase_add_checked_fixture(presence, start, stop);
	tcase_set_timeout(presence, 60);
	tcase_add_test(presence, a_board_that_resets_begins_anew);
	tcase_add_test(presence, a_board_with_an_id_of_another_gateway_goes_on_where_it_is);
	tcase_add_test(presence, a_silent_board_is_asked_then_told_offline_and_comes_back);
	tcase_add_test(presence, a_board_that_is_unplugged_and_back_goes_on);
	tcase_add_test(presence, a_gateway_that_leaves_says_that_its_boards_are_offline);
	suite_add_tcase(suite, presence);
	return suite_run(suite);
}
