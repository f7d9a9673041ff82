/* SPDX-License-Identifier: MIT
 *
 * Boards that speak the line protocol: their readings, and what else they print.
 */
#include "kit_board.h"

/* ---- Readings ----------------------------------------------------------- */

START_TEST(a_kit_is_welcomed_and_its_readings_are_taken_and_acknowledged)
{
	char text[64];

	plug_in("");
	hear_nothing();
	say_hello(FRAME_ID_NONE, "a");
	const struct frame *welcome = hear_kind(FRAME_WELCOME);
	uint32_t id = welcome->id;
	ck_assert_uint_eq(welcome->nonce, NONCE);
	heard_wait(&heard, "log a (0): firmware sketch 1.2.0, takes the commands led, fan");
	int64_t before = clock_wall_ms();
	say_metric(id, 1, 1, 5000);
	snprintf(text, sizeof text, "taken %08" PRIx32 "/1 a t=1[Cel]", id);
	heard_wait(&heard, text);
	hear_ack(id, 1);
	pthread_mutex_lock(&lock);
	int64_t taken_ms = metric_ms;
	pthread_mutex_unlock(&lock);
	ck_assert_int_ge(taken_ms, before - 5000);
	ck_assert_int_le(taken_ms, clock_wall_ms() - 5000);
	say(&(struct frame){.kind = FRAME_STATE,
			    .id = id,
			    .seq = 2,
			    .base = 1,
			    .name = "led",
			    .value = "is on"});
	heard_wait(&heard, "reported 2 a led=is on");
	hear_ack(id, 2);
	say_metric(id, 2, 2, 0);
	hear_ack(id, 2);
	ck_assert_uint_eq(count().frames, 4);
	ck_assert_uint_eq(count().frames_repeated, 1);
	ck_assert_uint_eq(count().metrics, 1);
	ck_assert_uint_eq(count().lines, 4);
	pty_close(&pty);
}
END_TEST

START_TEST(what_is_missing_is_sent_again_and_what_was_dropped_is_told)
{
	uint32_t id = plug_in_kit("");

	say_metric(id, 2, 1, 0);
	ck_assert_uint_eq(hear_kind(FRAME_NAK)->seq, 1);
	say_metric(id, 5, 5, 0);
	heard_wait(&heard, "dropped a 4");
	heard_wait(&heard, "/5 a t=5");
	hear_ack(id, 5);
	ck_assert_uint_eq(count().board_dropped, 4);
	pty_close(&pty);
}
END_TEST

START_TEST(an_ack_comes_only_when_it_is_saved)
{
	uint32_t id = plug_in_kit("");

	pthread_mutex_lock(&lock);
	saves_at_once = false;
	pthread_mutex_unlock(&lock);
	say_metric(id, 1, 1, 0);
	say_metric(id, 2, 1, 0);
	heard_wait(&heard, "/2 a t=2");
	hear_nothing();
	devices_saved(devices);
	pthread_mutex_lock(&lock);
	position.saved = 2;
	pthread_mutex_unlock(&lock);
	devices_saved(devices);
	hear_ack(id, 2);
	pty_close(&pty);
}
END_TEST

START_TEST(what_cannot_be_taken_is_taken_when_it_comes_again)
{
	uint32_t id = plug_in_kit("");

	pthread_mutex_lock(&lock);
	answer = IOTKIT_EFULL;
	pthread_mutex_unlock(&lock);
	say_metric(id, 1, 1, 0);
	heard_wait(&heard, "refused");
	pthread_mutex_lock(&lock);
	answer = IOTKIT_OK;
	pthread_mutex_unlock(&lock);
	hear_nothing();
	say_metric(id, 1, 1, 0);
	heard_wait(&heard, "taken");
	hear_ack(id, 1);
	ck_assert_uint_eq(count().metrics, 1);
	pty_close(&pty);
}
END_TEST

START_TEST(a_kit_that_the_outbox_knows_is_asked_at_once_and_goes_on)
{
	position = (struct device_position){.boot = ID, .taken = 10, .saved = 10};
	plug_in("");
	ck_assert_int_eq(hear()->kind, FRAME_WHO);
	pty_print(&pty, "t:5\n"); /* what may be left of a frame is no measurement */
	heard_wait(&heard, "log a (0): t:5");
	say_metric(ID, 10, 10, 0);
	say_metric(ID, 11, 10, 0);
	heard_wait(&heard, "taken 5f3a9c01/11 a t=11");
	hear_ack(ID, 11);
	ck_assert_uint_eq(heard_count(&heard, "taken"), 1);
	ck_assert_uint_eq(heard_count(&heard, "metric"), 0);
	pty_close(&pty);
}
END_TEST

START_TEST(a_kit_is_asked_when_its_port_is_back_and_goes_on)
{
	struct pty other;
	uint32_t id = plug_in_kit("");

	say_metric(id, 1, 1, 0);
	hear_ack(id, 1);
	pty_open(&other);
	pty_close(&pty);
	heard_wait(&heard, "offline a");
	pty = other;
	pty_link(&pty, link_path);
	heard_wait(&heard, "online a");
	ck_assert_int_eq(hear()->kind, FRAME_WHO);
	say_metric(id, 2, 2, 0);
	heard_wait(&heard, "/2 a t=2");
	hear_ack(id, 2);
	pty_close(&pty);
}
END_TEST

START_TEST(a_device_can_be_removed_at_a_kits_reading)
{
	uint32_t id = plug_in_kit("");

	atomic_store(&removes, true);
	ck_assert_int_eq(devices_command(devices, "a", "led", "1", 60000, 7), IOTKIT_OK);
	hear_kind(FRAME_COMMAND);
	say_metric(id, 1, 1, 0);
	say_metric(id, 2, 1, 0);
	heard_wait(&heard, "command 7 a led=1 (-6): the device was removed");
	heard_wait(&heard, "offline a (0)");
	heard_wait(&heard, "removed");
	assert_fails(devices_remove(devices, "a"), IOTKIT_ENOENT, "no device");
	ck_assert_uint_eq(heard_count(&heard, "taken"), 0);
	pty_close(&pty);
}
END_TEST

/* ---- Lines -------------------------------------------------------------- */

START_TEST(what_a_kit_prints_is_logged)
{
	uint32_t id = plug_in_kit("");

	pty_print(&pty, "t:5\nDHT22 says: ");
	say_metric(id, 1, 1, 0);
	heard_wait(&heard, "log a (0): t:5");
	heard_wait(&heard, "log a (0): DHT22 says:");
	heard_wait(&heard, "/1 a t=1");
	pty_print(&pty, "~? ~2269180b\n"); /* an echo is not answered */
	pty_print(&pty, "\x01\xff\n");
	heard_wait(&heard, "log a (-16): a line has bytes that are no text");
	pty_print(&pty, "\x01~M");
	say_metric(id, 2, 1, 0);
	heard_wait(&heard, "log a (-16): a frame came damaged");
	heard_wait(&heard, "/2 a t=2");
	hear_ack(id, 2);
	ck_assert_uint_eq(heard_count(&heard, "metric"), 0);
	ck_assert_uint_eq(count().frames_damaged, 1);
	ck_assert_uint_eq(count().frames, 4);
	pty_close(&pty);
}
END_TEST

START_TEST(a_frame_that_breaks_the_protocol_is_not_blamed_on_the_cable)
{
	uint32_t id = plug_in_kit("");

	pty_print(&pty, "~M 5f3a9c01 1 1 0 t 1e999 - ~69f86cdc\n");
	heard_wait(&heard, "log a (-16): a frame came as it was sent, but is none of version 1");
	ck_assert_uint_eq(heard_count(&heard, "cable"), 0);
	say_metric(id, 1, 1, 0);
	heard_wait(&heard, "/1 a t=1");
	pty_close(&pty);
}
END_TEST

START_TEST(half_a_frame_is_never_a_measurement)
{
	plug_in("");
	pty_print(&pty, "\n50 15 250 temperature:23.50 ~c301a60c\nt:1\n");
	heard_wait(&heard, "log a (-16): a line with a ~ was left out");
	heard_wait(&heard, "metric a t=1");
	hear_nothing();
	ck_assert_uint_eq(count().frames_damaged, 1);
	ck_assert_uint_eq(count().lines_rejected, 1);
	ck_assert_uint_eq(count().metrics, 1);
	pty_close(&pty);
}
END_TEST

START_TEST(a_frame_may_be_the_first_line)
{
	plug_in("");
	pty_print(&pty, "half a li");
	say_hello(ID, "a"); /* at once, and not begun by a newline */
	ck_assert_uint_eq(hear_kind(FRAME_WELCOME)->id, ID);
	pty_close(&pty);
}
END_TEST

START_TEST(lines_plain_knows_no_frames)
{
	plug_in("?lines=plain");
	pty_print(&pty, "\n");
	say_hello(ID, "a");
	pty_print(&pty, "# about ~5 m\nt:1\n");
	heard_wait(&heard, "log a (0): about ~5 m");
	heard_wait(&heard, "metric a t=1");
	hear_nothing();
	ck_assert_uint_eq(count().frames, 0);
	ck_assert_uint_eq(count().frames_damaged, 0);
	pty_close(&pty);
}
END_TEST

START_TEST(lines_framed_knows_nothing_else)
{
	plug_in("?lines=framed");
	ck_assert_int_eq(hear()->kind, FRAME_WHO);
	pty_print(&pty, "\nt:1\n");
	heard_wait(&heard, "log a (0): t:1");
	say_hello(ID, "a");
	hear_kind(FRAME_WELCOME);
	ck_assert_uint_eq(heard_count(&heard, "metric"), 0);
	pty_close(&pty);
}
END_TEST

START_TEST(hello_is_told_once_and_so_is_another_name)
{
	plug_in("");
	for (int i = 0; i < 3; i++) {
		say_hello(ID, "green house");
		hear_kind(FRAME_WELCOME);
	}
	heard_wait(&heard, "log a (0): firmware sketch 1.2.0");
	heard_wait(&heard,
		   "log a (0): the board calls itself 'green house'; its readings are published "
		   "as 'a'");
	ck_assert_uint_eq(heard_count(&heard, "log"), 2);
	pty_close(&pty);
}
END_TEST

START_TEST(another_protocol_is_told_once)
{
	plug_in("");
	for (int i = 0; i < 2; i++)
		say(&(struct frame){.kind = FRAME_HELLO,
				    .nonce = NONCE,
				    .protocol = 2,
				    .room = 64,
				    .name = "a",
				    .firmware = "",
				    .version = "",
				    .commands = ""});
	say_hello(ID, "a");
	hear_kind(FRAME_WELCOME);
	heard_wait(&heard, "log a (-14): the board speaks version 2 of the line protocol");
	ck_assert_uint_eq(heard_count(&heard, "version 2"), 1);
	pty_close(&pty);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("devices kit");
	TCase *readings = cases("readings");
	TCase *lines = cases("lines");

	tcase_add_test(readings, a_kit_is_welcomed_and_its_readings_are_taken_and_acknowledged);
	tcase_add_test(readings, what_is_missing_is_sent_again_and_what_was_dropped_is_told);
	tcase_add_test(readings, an_ack_comes_only_when_it_is_saved);
	tcase_add_test(readings, what_cannot_be_taken_is_taken_when_it_comes_again);
	tcase_add_test(readings, a_kit_that_the_outbox_knows_is_asked_at_once_and_goes_on);
	tcase_add_test(readings, a_kit_is_asked_when_its_port_is_back_and_goes_on);
	tcase_add_test(readings, a_device_can_be_removed_at_a_kits_reading);
	suite_add_tcase(suite, readings);
	tcase_add_test(lines, what_a_kit_prints_is_logged);
	tcase_add_test(lines, a_frame_that_breaks_the_protocol_is_not_blamed_on_the_cable);
	tcase_add_test(lines, half_a_frame_is_never_a_measurement);
	tcase_add_test(lines, a_frame_may_be_the_first_line);
	tcase_add_test(lines, lines_plain_knows_no_frames);
	tcase_add_test(lines, lines_framed_knows_nothing_else);
	tcase_add_test(lines, hello_is_told_once_and_so_is_another_name);
	tcase_add_test(lines, another_protocol_is_told_once);
	suite_add_tcase(suite, lines);
	return suite_run(suite);
}
