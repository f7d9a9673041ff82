/* SPDX-License-Identifier: MIT
 *
 * "What the gateway does" of docs/line-protocol.md, rule by rule; the last is the number
 * of the rule. test_kit_order.c has all of them at once.
 */
#include "device/kit.h"

#include <string.h>

#include "suite.h"

enum { ID = 0x5f3a9c01, OTHER = 0x11111111, NONCE = 0x1d0c44e7, SAID_MAX = 64 };

static struct kit kit;
static struct device_position position;
static struct frame said[SAID_MAX];
static size_t said_count;
static bool deaf; /* there is no room for what is said */
static uint32_t taken[SAID_MAX];
static size_t taken_count;
static iotkit_status answer; /* of who takes readings */
static uint64_t dropped;

static bool on_say(void *context, const struct frame *frame)
{
	(void)context;
	if (deaf)
		return false;
	ck_assert_uint_lt(said_count, SAID_MAX);
	said[said_count++] = *frame;
	return true;
}

static iotkit_status on_take(void *context, const struct frame *frame)
{
	(void)context;
	if (answer != IOTKIT_OK)
		return answer;
	ck_assert_uint_lt(taken_count, SAID_MAX);
	taken[taken_count++] = frame->seq;
	position.boot = frame->id;
	position.taken = frame->seq;
	return IOTKIT_OK;
}

static void on_position(void *context, struct device_position *out)
{
	(void)context;
	*out = position;
}

static void on_dropped(void *context, uint64_t count)
{
	(void)context;
	dropped += count;
}

static const struct kit_host host = {
	.say = on_say, .take = on_take, .position = on_position, .dropped = on_dropped};

static void start(void)
{
	kit = (struct kit){0};
	position = (struct device_position){0};
	said_count = taken_count = 0;
	deaf = false;
	answer = IOTKIT_OK;
	dropped = 0;
}

/* ---- What a board says, and what it gets -------------------------------- */

static enum kit_outcome hello(uint32_t id, uint32_t nonce)
{
	const struct frame frame = {.kind = FRAME_HELLO,
				    .id = id,
				    .nonce = nonce,
				    .protocol = 1,
				    .room = 64,
				    .name = "greenhouse",
				    .firmware = "sketch",
				    .version = "1.2.0",
				    .commands = "led,fan"};

	return kit_take(&kit, &frame, 0, &host);
}

static enum kit_outcome reading_at(int64_t now_ms, uint32_t id, uint32_t seq, uint32_t base)
{
	const struct frame frame = {
		.kind = FRAME_STATE, .id = id, .seq = seq, .base = base, .name = "n", .value = "v"};

	return kit_take(&kit, &frame, now_ms, &host);
}

static enum kit_outcome reading(uint32_t id, uint32_t seq, uint32_t base)
{
	return reading_at(0, id, seq, base);
}

static void assert_said(enum frame_kind kind, uint32_t id, uint32_t seq)
{
	ck_assert_uint_eq(said_count, 1);
	ck_assert_int_eq(said[0].kind, kind);
	ck_assert_uint_eq(said[0].id, id);
	ck_assert_uint_eq(said[0].seq, seq);
	said_count = 0;
}

static void assert_silent(void)
{
	ck_assert_uint_eq(said_count, 0);
}

static uint32_t welcomed(uint32_t nonce)
{
	ck_assert_uint_eq(said_count, 1);
	ck_assert_int_eq(said[0].kind, FRAME_WELCOME);
	ck_assert_uint_eq(said[0].nonce, nonce);
	ck_assert_uint_ne(said[0].id, FRAME_ID_NONE);
	said_count = 0;
	return said[0].id;
}

/* A board that has an id and readings up to here taken. */
static uint32_t begin(uint32_t readings)
{
	hello(FRAME_ID_NONE, NONCE);
	uint32_t id = welcomed(NONCE);
	for (uint32_t seq = 1; seq <= readings; seq++)
		ck_assert_int_eq(reading(id, seq, 1), KIT_TAKEN);
	return id;
}

/* ---- Ids ---------------------------------------------------------------- */

START_TEST(a_hello_without_id_gets_one_until_it_is_used_1)
{
	ck_assert_int_eq(hello(FRAME_ID_NONE, NONCE), KIT_GREETED);
	uint32_t id = welcomed(NONCE);
	ck_assert_int_eq(hello(FRAME_ID_NONE, NONCE), KIT_KNOWN);
	ck_assert_uint_eq(welcomed(NONCE), id);
	ck_assert_uint_eq(kit_boot(&kit), id);
	ck_assert_int_eq(reading(id, 1, 1), KIT_TAKEN);
	/* The same nonce again is that of another boot now. */
	ck_assert_int_eq(hello(FRAME_ID_NONE, NONCE), KIT_GREETED);
	uint32_t next = welcomed(NONCE);
	ck_assert_uint_ne(next, id);
	ck_assert_uint_eq(kit_boot(&kit), next);
	ck_assert_int_eq(reading(next, 1, 1), KIT_TAKEN);
}
END_TEST

START_TEST(another_nonce_gets_another_id_1)
{
	hello(FRAME_ID_NONE, NONCE);
	uint32_t id = welcomed(NONCE);
	ck_assert_int_eq(hello(FRAME_ID_NONE, NONCE + 1), KIT_GREETED);
	ck_assert_uint_ne(welcomed(NONCE + 1), id);
}
END_TEST

START_TEST(a_hello_with_an_id_is_welcomed_with_it_1)
{
	ck_assert_int_eq(hello(ID, NONCE), KIT_GREETED);
	ck_assert_uint_eq(welcomed(NONCE), ID);
	ck_assert_int_eq(hello(ID, NONCE), KIT_KNOWN);
	ck_assert_uint_eq(welcomed(NONCE), ID);
}
END_TEST

START_TEST(an_unknown_id_is_asked_for_2)
{
	ck_assert_int_eq(reading(ID, 1, 1), KIT_PASSED_OVER);
	assert_said(FRAME_WHO, 0, 0);
	ck_assert_int_eq(reading_at(KIT_PAUSE_MS - 1, ID, 1, 1), KIT_PASSED_OVER);
	assert_silent();
	ck_assert_int_eq(reading_at(KIT_PAUSE_MS, ID, 1, 1), KIT_PASSED_OVER);
	assert_said(FRAME_WHO, 0, 0);
	ck_assert_uint_eq(taken_count, 0);
	hello(ID, NONCE);
	ck_assert_int_eq(reading(ID, 7, 7), KIT_TAKEN);
}
END_TEST

START_TEST(results_of_an_unknown_id_are_none_2)
{
	const struct frame result = {.kind = FRAME_RESULT, .id = ID, .command = 1};

	ck_assert_int_eq(kit_take(&kit, &result, 0, &host), KIT_PASSED_OVER);
	assert_said(FRAME_WHO, 0, 0);
	hello(ID, NONCE);
	ck_assert_int_eq(kit_take(&kit, &result, 0, &host), KIT_ANSWERED);
}
END_TEST

START_TEST(the_saved_id_is_known_and_goes_on_2)
{
	position = (struct device_position){.boot = ID, .taken = 10, .saved = 10};
	ck_assert_int_eq(reading(ID, 10, 9), KIT_REPEATED);
	ck_assert_int_eq(reading(ID, 11, 9), KIT_TAKEN);
	assert_silent();
	/* And it hears what is kept, which the one before may have been about to say. */
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, ID, 10);
}
END_TEST

START_TEST(the_saved_id_goes_on_after_a_hello_too_2)
{
	position = (struct device_position){.boot = ID, .taken = 10, .saved = 8};
	hello(ID, NONCE);
	said_count = 0;
	ck_assert_int_eq(reading(ID, 9, 9), KIT_REPEATED);
	ck_assert_int_eq(reading(ID, 11, 9), KIT_TAKEN);
	ck_assert_uint_eq(dropped, 0);
}
END_TEST

START_TEST(another_id_after_a_known_one_is_not_taken_2)
{
	begin(3);
	ck_assert_int_eq(reading(OTHER, 4, 1), KIT_PASSED_OVER);
	assert_said(FRAME_WHO, 0, 0);
	ck_assert_uint_eq(taken_count, 3);
}
END_TEST

/* ---- Order -------------------------------------------------------------- */

START_TEST(readings_are_taken_in_order_each_once_3)
{
	uint32_t id = begin(2);

	ck_assert_int_eq(reading(id, 2, 1), KIT_REPEATED);
	ck_assert_int_eq(reading(id, 1, 1), KIT_REPEATED);
	ck_assert_int_eq(reading(id, 4, 1), KIT_PASSED_OVER);
	assert_said(FRAME_NAK, id, 3);
	ck_assert_int_eq(reading(id, 3, 1), KIT_TAKEN);
	ck_assert_int_eq(reading(id, 4, 1), KIT_TAKEN);
	ck_assert_uint_eq(taken_count, 4);
	for (uint32_t i = 0; i < 4; i++)
		ck_assert_uint_eq(taken[i], i + 1);
}
END_TEST

START_TEST(what_is_missing_is_asked_for_once_in_100_ms_3)
{
	uint32_t id = begin(0);

	reading_at(1000, id, 2, 1);
	assert_said(FRAME_NAK, id, 1);
	reading_at(1000 + KIT_PAUSE_MS - 1, id, 3, 1);
	assert_silent();
	reading_at(1000 + KIT_PAUSE_MS, id, 4, 1);
	assert_said(FRAME_NAK, id, 1);
}
END_TEST

START_TEST(what_is_missing_next_is_asked_for_at_once_3)
{
	uint32_t id = begin(0);

	reading_at(1000, id, 2, 1);
	assert_said(FRAME_NAK, id, 1);
	reading_at(1010, id, 1, 1);
	reading_at(1020, id, 3, 1);
	assert_said(FRAME_NAK, id, 2);
}
END_TEST

START_TEST(an_id_of_ours_begins_with_1_3)
{
	uint32_t id = begin(0);

	/* Its first readings were dropped before anybody heard of them. */
	ck_assert_int_eq(reading(id, 5, 4), KIT_PASSED_OVER);
	ck_assert_uint_eq(dropped, 3);
	assert_said(FRAME_NAK, id, 4);
	ck_assert_int_eq(reading(id, 4, 4), KIT_TAKEN);
	ck_assert_uint_eq(dropped, 3);
}
END_TEST

START_TEST(an_id_of_another_gateway_begins_with_its_base_3)
{
	hello(ID, NONCE);
	said_count = 0;
	ck_assert_int_eq(reading(ID, 9, 7), KIT_PASSED_OVER);
	assert_said(FRAME_NAK, ID, 7);
	ck_assert_int_eq(reading(ID, 7, 7), KIT_TAKEN);
	ck_assert_uint_eq(dropped, 0);
}
END_TEST

START_TEST(a_base_above_the_expected_number_is_a_loss_3)
{
	uint32_t id = begin(2);

	ck_assert_int_eq(reading(id, 10, 10), KIT_TAKEN);
	ck_assert_uint_eq(dropped, 7);
	ck_assert_int_eq(reading(id, 11, 10), KIT_TAKEN);
	ck_assert_uint_eq(dropped, 7);
	/* A base that falls again says nothing. */
	ck_assert_int_eq(reading(id, 12, 1), KIT_TAKEN);
	ck_assert_int_eq(reading(id, 9, 1), KIT_REPEATED);
	ck_assert_uint_eq(taken_count, 5);
}
END_TEST

START_TEST(numbers_without_sense_are_passed_over_3)
{
	uint32_t id = begin(0);

	ck_assert_int_eq(reading(id, 0, 0), KIT_PASSED_OVER);
	ck_assert_int_eq(reading(id, 1, 0), KIT_PASSED_OVER);
	ck_assert_int_eq(reading(id, 1, 2), KIT_PASSED_OVER);
	assert_silent();
	ck_assert_uint_eq(dropped, 0);
	ck_assert_int_eq(reading(id, 1, 1), KIT_TAKEN);
}
END_TEST

START_TEST(the_last_number_is_taken_once_3)
{
	hello(ID, NONCE);
	ck_assert_int_eq(reading(ID, UINT32_MAX, UINT32_MAX), KIT_TAKEN);
	ck_assert_int_eq(reading(ID, UINT32_MAX, UINT32_MAX), KIT_REPEATED);
	ck_assert_int_eq(reading(ID, 1, 1), KIT_REPEATED);
	ck_assert_uint_eq(taken_count, 1);
}
END_TEST

START_TEST(what_cannot_be_taken_now_is_neither_acknowledged_nor_asked_for)
{
	uint32_t id = begin(1);

	answer = IOTKIT_EFULL;
	ck_assert_int_eq(reading(id, 2, 1), KIT_PASSED_OVER);
	ck_assert_int_eq(reading(id, 3, 1), KIT_PASSED_OVER);
	position.saved = 1;
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, id, 1);
	answer = IOTKIT_OK;
	ck_assert_int_eq(reading(id, 3, 1), KIT_PASSED_OVER);
	assert_silent();
	ck_assert_int_eq(reading(id, 2, 2), KIT_TAKEN);
	ck_assert_int_eq(reading(id, 4, 2), KIT_PASSED_OVER);
	assert_said(FRAME_NAK, id, 3);
	ck_assert_int_eq(reading(id, 3, 2), KIT_TAKEN);
}
END_TEST

START_TEST(an_answer_without_room_is_given_the_next_time)
{
	uint32_t id = begin(1);

	deaf = true;
	reading(id, 3, 1);
	position.saved = 1;
	kit_acknowledge(&kit, &host);
	deaf = false;
	reading(id, 3, 1);
	assert_said(FRAME_NAK, id, 2);
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, id, 1);
}
END_TEST

/* ---- What is kept ------------------------------------------------------- */

START_TEST(only_what_is_saved_is_acknowledged_4)
{
	uint32_t id = begin(5);

	ck_assert(kit_has_unkept(&kit));
	kit_acknowledge(&kit, &host);
	assert_silent();
	position.saved = 3;
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, id, 3);
	kit_acknowledge(&kit, &host);
	assert_silent();
	position.saved = 5;
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, id, 5);
	ck_assert(!kit_has_unkept(&kit));
}
END_TEST

START_TEST(a_repeat_is_answered_by_what_is_saved_3)
{
	uint32_t id = begin(5);

	position.saved = 4;
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, id, 4);
	ck_assert_int_eq(reading(id, 4, 4), KIT_REPEATED);
	ck_assert_int_eq(reading(id, 5, 4), KIT_REPEATED);
	kit_acknowledge(&kit, &host);
	assert_said(FRAME_ACK, id, 4);
}
END_TEST

START_TEST(what_is_saved_of_another_boot_is_not_acknowledged_4)
{
	begin(5);
	position.saved = 5;
	hello(FRAME_ID_NONE, NONCE);
	uint32_t id = welcomed(NONCE);
	answer = IOTKIT_EFULL;
	reading(id, 1, 1);
	reading(id, 1, 1);
	kit_acknowledge(&kit, &host);
	assert_silent();
}
END_TEST

/* ---- Hello -------------------------------------------------------------- */

START_TEST(a_hello_is_remembered)
{
	ck_assert_uint_eq(kit.hello.room, 0);
	ck_assert_str_eq(kit_name(&kit.hello), "");
	ck_assert_str_eq(kit_commands(&kit.hello), "");
	hello(ID, NONCE);
	ck_assert_uint_eq(kit.hello.room, 64);
	ck_assert_str_eq(kit_name(&kit.hello), "greenhouse");
	ck_assert_str_eq(kit_firmware(&kit.hello), "sketch");
	ck_assert_str_eq(kit_version(&kit.hello), "1.2.0");
	ck_assert_str_eq(kit_commands(&kit.hello), "led,fan");
	ck_assert(kit_has_command(&kit.hello, "led"));
	ck_assert(kit_has_command(&kit.hello, "fan"));
	ck_assert(!kit_has_command(&kit.hello, "le"));
	ck_assert(!kit_has_command(&kit.hello, "led,fan"));
	ck_assert(!kit_has_command(&kit.hello, ""));
}
END_TEST

START_TEST(a_hello_of_another_protocol_is_not_welcomed)
{
	const struct frame frame = {.kind = FRAME_HELLO,
				    .nonce = NONCE,
				    .protocol = 2,
				    .room = 64,
				    .name = "",
				    .firmware = "",
				    .version = "",
				    .commands = ""};

	ck_assert_int_eq(kit_take(&kit, &frame, 0, &host), KIT_STRANGER);
	assert_silent();
}
END_TEST

START_TEST(what_gateways_say_is_no_boards_word)
{
	static const enum frame_kind kinds[] = {FRAME_WELCOME, FRAME_ACK, FRAME_NAK, FRAME_COMMAND,
						FRAME_WHO};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct frame frame = {
			.kind = kinds[i], .id = ID, .seq = 1, .name = "", .value = ""};
		ck_assert(kit_is_foreign(&frame));
		ck_assert_int_eq(kit_take(&kit, &frame, 0, &host), KIT_PASSED_OVER);
	}
	assert_silent();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kit");
	TCase *tcase = tcase_create("kit");

	tcase_add_checked_fixture(tcase, start, NULL);
	tcase_add_test(tcase, a_hello_without_id_gets_one_until_it_is_used_1);
	tcase_add_test(tcase, another_nonce_gets_another_id_1);
	tcase_add_test(tcase, a_hello_with_an_id_is_welcomed_with_it_1);
	tcase_add_test(tcase, an_unknown_id_is_asked_for_2);
	tcase_add_test(tcase, results_of_an_unknown_id_are_none_2);
	tcase_add_test(tcase, the_saved_id_is_known_and_goes_on_2);
	tcase_add_test(tcase, the_saved_id_goes_on_after_a_hello_too_2);
	tcase_add_test(tcase, another_id_after_a_known_one_is_not_taken_2);
	tcase_add_test(tcase, readings_are_taken_in_order_each_once_3);
	tcase_add_test(tcase, what_is_missing_is_asked_for_once_in_100_ms_3);
	tcase_add_test(tcase, what_is_missing_next_is_asked_for_at_once_3);
	tcase_add_test(tcase, an_id_of_ours_begins_with_1_3);
	tcase_add_test(tcase, an_id_of_another_gateway_begins_with_its_base_3);
	tcase_add_test(tcase, a_base_above_the_expected_number_is_a_loss_3);
	tcase_add_test(tcase, numbers_without_sense_are_passed_over_3);
	tcase_add_test(tcase, the_last_number_is_taken_once_3);
	tcase_add_test(tcase, what_cannot_be_taken_now_is_neither_acknowledged_nor_asked_for);
	tcase_add_test(tcase, an_answer_without_room_is_given_the_next_time);
	tcase_add_test(tcase, only_what_is_saved_is_acknowledged_4);
	tcase_add_test(tcase, a_repeat_is_answered_by_what_is_saved_3);
	tcase_add_test(tcase, what_is_saved_of_another_boot_is_not_acknowledged_4);
	tcase_add_test(tcase, a_hello_is_remembered);
	tcase_add_test(tcase, a_hello_of_another_protocol_is_not_welcomed);
	tcase_add_test(tcase, what_gateways_say_is_no_boards_word);
	suite_add_tcase(suite, tcase);
	return suite_run(suite);
}
