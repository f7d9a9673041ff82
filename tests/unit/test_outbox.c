/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <string.h>

#include "outbox/outbox.h"
#include "suite.h"
#include "workshop.h"

enum { ROWS = 4, BYTES = 100, DROPPED_MAX = 16 };

static struct outbox *outbox;
static uint64_t dropped[DROPPED_MAX];
static size_t dropped_count;
static bool in_file;

static void remember_dropped(void *context, const struct outbox_message *message, const char *why)
{
	ck_assert_ptr_nonnull(strstr(why, "outbox.policy"));
	ck_assert_ptr_eq(context, dropped);
	ck_assert_str_eq(message->topic, "t");
	dropped[dropped_count++] = message->id;
	/* No lock is held: asking is allowed. */
	ck_assert(!outbox_empty(outbox));
}

static struct outbox_limits limits_with(enum outbox_policy policy)
{
	return (struct outbox_limits){.max_rows = ROWS, .max_bytes = BYTES, .policy = policy};
}

static void open_with(enum outbox_policy policy)
{
	const struct outbox_listener listener = {.context = dropped, .dropped = remember_dropped};
	struct outbox_limits limits = limits_with(policy);

	outbox_close(outbox);
	dropped_count = 0;
	ck_assert_int_eq(outbox_open(&listener, &outbox), IOTKIT_OK);
	outbox_set_limits(outbox, &limits);
	if (!in_file)
		return;
	sh("rm -f outbox*");
	ck_assert_int_eq(outbox_attach(outbox, at("outbox"), STORE_SYNC_PROCESS), IOTKIT_OK);
}

static void open_outbox(void)
{
	in_file = false;
	open_with(OUTBOX_REJECT);
}

static void open_outbox_in_file(void)
{
	in_file = true;
	workshop_open();
	open_with(OUTBOX_REJECT);
}

static void close_outbox(void)
{
	outbox_close(outbox);
	outbox = NULL;
	if (in_file)
		workshop_close();
}

static iotkit_status append_size(size_t payload_size, uint64_t *id)
{
	static const char payload[2 * BYTES];
	struct outbox_message message = {.topic = "t", .payload = payload, .size = payload_size};

	return outbox_append(outbox, &message, OUTBOX_SAVED, id);
}

/* Appends a message of 10 bytes and returns its id. */
static uint64_t append(void)
{
	uint64_t id = 0;

	ck_assert_int_eq(append_size(9, &id), IOTKIT_OK);
	return id;
}

static void append_many(int count)
{
	for (int i = 0; i < count; i++)
		append();
}

static void assert_next(uint64_t id)
{
	struct outbox_message message;

	ck_assert(outbox_next(outbox, OUTBOX_BACKLOG, &message));
	ck_assert_uint_eq(message.id, id);
}

static void assert_none_waits(void)
{
	struct outbox_message message;

	ck_assert(!outbox_next(outbox, OUTBOX_BACKLOG, &message));
}

static void assert_counters(uint64_t accepted, uint64_t acknowledged, uint64_t given_up,
			    uint64_t rows)
{
	struct outbox_counters counters;

	outbox_count(outbox, &counters);
	ck_assert_uint_eq(counters.accepted, accepted);
	ck_assert_uint_eq(counters.acknowledged, acknowledged);
	ck_assert_uint_eq(counters.dropped, given_up);
	ck_assert_uint_eq(counters.rows, rows);
	ck_assert_uint_eq(accepted, acknowledged + given_up + rows);
	ck_assert_int_eq(outbox_empty(outbox), rows == 0);
}

START_TEST(a_new_outbox_is_empty)
{
	assert_none_waits();
	assert_counters(0, 0, 0, 0);
	outbox_close(NULL);
}
END_TEST

START_TEST(a_message_comes_out_as_it_went_in)
{
	char topic[] = "a/b";
	char payload[] = "1\0002";
	struct outbox_message in = {
		.id = 99, .topic = topic, .payload = payload, .size = 3, .qos = 2, .retain = 1};
	struct outbox_message out;
	struct outbox_counters counters;

	ck_assert_int_eq(outbox_append(outbox, &in, OUTBOX_SAVED, NULL), IOTKIT_OK);
	memset(topic, 'x', sizeof topic - 1);
	memset(payload, 'x', sizeof payload - 1);
	ck_assert(outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_uint_eq(out.id, 1);
	ck_assert_str_eq(out.topic, "a/b");
	ck_assert_uint_eq(out.size, 3);
	ck_assert_mem_eq(out.payload, "1\0002", 3);
	ck_assert_int_eq(out.qos, 2);
	ck_assert_int_eq(out.retain, 1);
	outbox_count(outbox, &counters);
	ck_assert_uint_eq(counters.bytes, 6);
}
END_TEST

START_TEST(a_payload_may_be_empty)
{
	struct outbox_message in = {.topic = "t", .payload = NULL};
	struct outbox_message out;

	ck_assert_int_eq(outbox_append(outbox, &in, OUTBOX_SAVED, NULL), IOTKIT_OK);
	ck_assert(outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_uint_eq(out.size, 0);
}
END_TEST

START_TEST(messages_are_numbered_from_one_and_come_oldest_first)
{
	for (uint64_t id = 1; id <= 3; id++)
		ck_assert_uint_eq(append(), id);
	for (uint64_t id = 1; id <= 3; id++)
		assert_next(id);
	assert_none_waits();
	ck_assert_uint_eq(append(), 4);
	assert_next(4);
}
END_TEST

START_TEST(acknowledged_messages_are_gone_in_any_order)
{
	append_many(4);
	for (uint64_t id = 1; id <= 4; id++)
		assert_next(id);
	outbox_acknowledge(outbox, 3);
	outbox_acknowledge(outbox, 1);
	outbox_acknowledge(outbox, 4);
	assert_counters(4, 3, 0, 1);
	outbox_acknowledge(outbox, 2);
	assert_counters(4, 4, 0, 0);
	assert_none_waits();
}
END_TEST

START_TEST(only_a_message_in_flight_can_be_acknowledged)
{
	append_many(2);
	outbox_acknowledge(outbox, 1);
	outbox_acknowledge(outbox, 77);
	outbox_drop(outbox, 2);
	outbox_put_back(outbox, 2);
	assert_counters(2, 0, 0, 2);
	assert_next(1);
	outbox_acknowledge(outbox, 1);
	outbox_acknowledge(outbox, 1);
	assert_counters(2, 1, 0, 1);
}
END_TEST

START_TEST(what_is_put_back_comes_again_at_its_old_place)
{
	append_many(4);
	for (uint64_t id = 1; id <= 3; id++)
		assert_next(id);
	outbox_put_back(outbox, 3);
	outbox_put_back(outbox, 1);
	assert_next(1);
	assert_next(3); /* 2 is in flight still */
	outbox_put_back(outbox, 2);
	assert_next(2);
	assert_next(4);
	assert_none_waits();
	outbox_put_back(outbox, 4);
	assert_next(4);
}
END_TEST

START_TEST(what_the_broker_refused_is_counted_as_dropped)
{
	append_many(2);
	assert_next(1);
	outbox_drop(outbox, 1);
	assert_counters(2, 0, 1, 1);
	ck_assert_uint_eq(dropped_count, 0); /* the caller knows */
}
END_TEST

START_TEST(flights_with_far_ids_are_told_apart)
{
	struct outbox_limits limits = limits_with(OUTBOX_REJECT);

	limits.max_rows = limits.max_bytes = 100000;
	outbox_set_limits(outbox, &limits);
	append_many(2000);
	for (uint64_t id = 1; id <= 2000; id++)
		assert_next(id);
	for (uint64_t id = 2000; id >= 1; id -= 2)
		outbox_acknowledge(outbox, id);
	for (uint64_t id = 1; id <= 2000; id += 2)
		outbox_put_back(outbox, id);
	for (uint64_t id = 1; id <= 2000; id += 2)
		assert_next(id);
	assert_none_waits();
	assert_counters(2000, 1000, 0, 1000);
}
END_TEST

/* ---- Bounds ---- */

START_TEST(a_full_outbox_rejects_and_says_what_mends_it)
{
	uint64_t id = 42;

	append_many(ROWS);
	assert_fails(append_size(9, &id), IOTKIT_EFULL,
		     "full with 4 of 4 messages, 40 of 100 bytes");
	assert_fails(append_size(9, &id), IOTKIT_EFULL, "outbox.max_rows");
	ck_assert_uint_eq(id, 42);
	assert_counters(ROWS, 0, 0, ROWS);
	assert_next(1);
	outbox_acknowledge(outbox, 1);
	ck_assert_uint_eq(append(), ROWS + 1);
}
END_TEST

START_TEST(bytes_are_bounded_as_well)
{
	ck_assert_int_eq(append_size(89, NULL), IOTKIT_OK);
	ck_assert_int_eq(append_size(10, NULL), IOTKIT_EFULL);
	ck_assert_int_eq(append_size(9, NULL), IOTKIT_OK);
	ck_assert_int_eq(append_size(0, NULL), IOTKIT_EFULL);
}
END_TEST

START_TEST(a_message_larger_than_the_outbox_is_refused_by_every_policy)
{
	static const enum outbox_policy policies[] = {OUTBOX_REJECT, OUTBOX_DROP_OLDEST,
						      OUTBOX_DROP_NEWEST};

	for (size_t i = 0; i < 3; i++) {
		open_with(policies[i]);
		append();
		assert_fails(append_size(BYTES, NULL), IOTKIT_EFULL, "raise outbox.max_bytes");
		assert_counters(1, 0, 0, 1);
		assert_next(1);
		outbox_acknowledge(outbox, 1);
		ck_assert_int_eq(append_size(BYTES - 1, NULL), IOTKIT_OK);
	}
}
END_TEST

START_TEST(drop_oldest_gives_up_the_oldest_that_waits)
{
	open_with(OUTBOX_DROP_OLDEST);
	append_many(ROWS);
	assert_next(1);
	ck_assert_uint_eq(append(), 5);
	ck_assert_uint_eq(dropped_count, 1);
	ck_assert_uint_eq(dropped[0], 2); /* 1 is in flight */
	assert_counters(5, 0, 1, ROWS);
	outbox_acknowledge(outbox, 1);
	assert_next(3);
}
END_TEST

START_TEST(drop_oldest_gives_up_as_many_as_it_takes)
{
	open_with(OUTBOX_DROP_OLDEST);
	append_many(ROWS);
	assert_next(1);
	ck_assert_int_eq(append_size(79, NULL), IOTKIT_OK); /* 80 beside 10 in flight, 10 free */
	ck_assert_uint_eq(dropped_count, 2);
	ck_assert_uint_eq(dropped[0], 2);
	ck_assert_uint_eq(dropped[1], 3);
	assert_counters(5, 0, 2, 3);
	assert_next(4);
	assert_next(5);
}
END_TEST

START_TEST(drop_oldest_gives_up_the_new_one_when_no_other_would_do)
{
	uint64_t id = 0;

	open_with(OUTBOX_DROP_OLDEST);
	append_many(3);
	assert_next(1);
	assert_next(2);
	/* 20 bytes fly: even without message 3 there is no room for 90. */
	ck_assert_int_eq(append_size(89, &id), IOTKIT_OK);
	ck_assert_uint_eq(id, 4);
	ck_assert_uint_eq(dropped_count, 1);
	ck_assert_uint_eq(dropped[0], 4);
	assert_counters(4, 0, 1, 3);
	assert_next(3);
	append();
	assert_next(5);
	append(); /* all four rows fly */
	ck_assert_uint_eq(dropped[1], 6);
	assert_counters(6, 0, 2, 4);
}
END_TEST

START_TEST(a_flight_that_ended_makes_room)
{
	open_with(OUTBOX_DROP_OLDEST);
	append_many(3);
	assert_next(1);
	assert_next(2);
	outbox_acknowledge(outbox, 1);
	outbox_put_back(outbox, 2);
	/* Nothing flies: 100 bytes fit once both that wait are gone. */
	ck_assert_int_eq(append_size(BYTES - 1, NULL), IOTKIT_OK);
	ck_assert_uint_eq(dropped_count, 2);
	ck_assert_uint_eq(dropped[0], 2);
	ck_assert_uint_eq(dropped[1], 3);
	assert_counters(4, 1, 2, 1);
	for (uint64_t id = 4; id < 4 + ROWS; id++) {
		assert_next(id);
		outbox_acknowledge(outbox, id);
		append();
	}
	append_many(ROWS);
	ck_assert_uint_eq(dropped_count, 3);
	ck_assert_uint_eq(dropped[2], 4 + ROWS);
}
END_TEST

START_TEST(drop_newest_takes_a_number_and_gives_the_message_up)
{
	uint64_t id = 0;

	open_with(OUTBOX_DROP_NEWEST);
	append_many(ROWS);
	ck_assert_int_eq(append_size(9, &id), IOTKIT_OK);
	ck_assert_uint_eq(id, 5);
	ck_assert_uint_eq(dropped_count, 1);
	ck_assert_uint_eq(dropped[0], 5);
	assert_counters(5, 0, 1, ROWS);
	for (uint64_t expected = 1; expected <= ROWS; expected++)
		assert_next(expected);
	assert_none_waits();
}
END_TEST

START_TEST(narrower_limits_leave_in_what_is_in)
{
	struct outbox_limits limits = limits_with(OUTBOX_DROP_OLDEST);

	append_many(ROWS);
	limits.max_rows = 2;
	limits.max_bytes = 30;
	outbox_set_limits(outbox, &limits);
	assert_counters(ROWS, 0, 0, ROWS);
	append();
	ck_assert_uint_eq(dropped_count, 3);
	assert_counters(5, 0, 3, 2);
	assert_next(4);
	assert_next(5);
	limits.policy = OUTBOX_REJECT;
	limits.max_rows = ROWS;
	limits.max_bytes = 10;
	outbox_set_limits(outbox, &limits);
	ck_assert_int_eq(append_size(9, NULL), IOTKIT_EFULL);
}
END_TEST

static void add_tests(Suite *suite, const char *name, SFun open)
{
	TCase *tests = tcase_create(name);

	tcase_add_checked_fixture(tests, open, close_outbox);
	tcase_add_test(tests, a_new_outbox_is_empty);
	tcase_add_test(tests, a_message_comes_out_as_it_went_in);
	tcase_add_test(tests, a_payload_may_be_empty);
	tcase_add_test(tests, messages_are_numbered_from_one_and_come_oldest_first);
	tcase_add_test(tests, acknowledged_messages_are_gone_in_any_order);
	tcase_add_test(tests, only_a_message_in_flight_can_be_acknowledged);
	tcase_add_test(tests, what_is_put_back_comes_again_at_its_old_place);
	tcase_add_test(tests, what_the_broker_refused_is_counted_as_dropped);
	tcase_add_test(tests, flights_with_far_ids_are_told_apart);
	tcase_add_test(tests, a_full_outbox_rejects_and_says_what_mends_it);
	tcase_add_test(tests, bytes_are_bounded_as_well);
	tcase_add_test(tests, a_message_larger_than_the_outbox_is_refused_by_every_policy);
	tcase_add_test(tests, drop_oldest_gives_up_the_oldest_that_waits);
	tcase_add_test(tests, drop_oldest_gives_up_as_many_as_it_takes);
	tcase_add_test(tests, drop_oldest_gives_up_the_new_one_when_no_other_would_do);
	tcase_add_test(tests, a_flight_that_ended_makes_room);
	tcase_add_test(tests, drop_newest_takes_a_number_and_gives_the_message_up);
	tcase_add_test(tests, narrower_limits_leave_in_what_is_in);
	suite_add_tcase(suite, tests);
}

int main(void)
{
	Suite *suite = suite_create("outbox");

	add_tests(suite, "in memory", open_outbox);
	add_tests(suite, "in a file", open_outbox_in_file);
	return suite_run(suite);
}
