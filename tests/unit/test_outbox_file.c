/* SPDX-License-Identifier: MIT
 *
 * The outbox in a file: what outlives it, and the window that memory has on it.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "outbox/outbox.h"
#include "suite.h"
#include "workshop.h"

enum { PAYLOAD = 1000, MANY = 5000, WAIT_MS = 10000 };

static struct outbox *outbox;
static uint64_t dropped_count;

static void count_dropped(void *context, const struct outbox_message *message, const char *why)
{
	(void)context;
	(void)message;
	(void)why;
	dropped_count++;
}

static void set_limits(uint64_t rows, enum outbox_policy policy)
{
	const struct outbox_limits limits = {
		.max_rows = rows, .max_bytes = UINT64_C(1) << 40, .policy = policy};

	outbox_set_limits(outbox, &limits);
}

static void open_file(void)
{
	const struct outbox_listener listener = {.dropped = count_dropped};

	ck_assert_int_eq(outbox_open(&listener, &outbox), IOTKIT_OK);
	set_limits(UINT64_C(1) << 40, OUTBOX_REJECT);
	ck_assert_int_eq(outbox_attach(outbox, at("outbox"), STORE_SYNC_PROCESS), IOTKIT_OK);
}

static void setup(void)
{
	dropped_count = 0;
	workshop_open();
	open_file();
}

static void teardown(void)
{
	outbox_close(outbox);
	workshop_close();
}

static void reopen(void)
{
	outbox_close(outbox);
	open_file();
}

static uint64_t append_with(int32_t qos, enum outbox_care care)
{
	char payload[PAYLOAD] = "payload";
	struct outbox_message message = {
		.topic = "t", .payload = payload, .size = sizeof payload, .qos = qos};
	uint64_t id = 0;

	ck_assert_int_eq(outbox_append(outbox, &message, care, &id), IOTKIT_OK);
	return id;
}

static void append_many(int count)
{
	for (int i = 0; i < count; i++)
		append_with(1, i % 100 == 0 ? OUTBOX_SAVED : OUTBOX_QUEUED);
	append_with(1, OUTBOX_SAVED);
}

/* All that was appended so far. */
static uint64_t wait_saved(void)
{
	int64_t deadline = clock_monotonic_ms() + WAIT_MS;
	uint64_t ticket = outbox_ticket(outbox);

	while (!outbox_passed(outbox, ticket))
		ck_assert_int_lt(clock_monotonic_ms(), deadline);
	return ticket;
}

static uint64_t next_of(enum outbox_lane lane)
{
	struct outbox_message message;

	if (!outbox_next(outbox, lane, &message))
		return 0;
	ck_assert_str_eq(message.topic, "t");
	ck_assert_uint_eq(message.size, PAYLOAD);
	ck_assert_str_eq(message.payload, "payload");
	return message.id;
}

static uint64_t rows(void)
{
	struct outbox_counters counters;

	outbox_count(outbox, &counters);
	return counters.rows;
}

START_TEST(what_was_accepted_is_there_after_a_restart_in_its_order)
{
	for (uint64_t id = 1; id <= 3; id++)
		ck_assert_uint_eq(append_with(2, OUTBOX_SAVED), id);
	reopen();
	ck_assert_uint_eq(rows(), 3);
	ck_assert_uint_eq(outbox_last_id(outbox), 3);
	ck_assert_uint_eq(append_with(2, OUTBOX_SAVED), 4);
	for (uint64_t id = 1; id <= 4; id++)
		ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), id);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 0);
}
END_TEST

START_TEST(numbers_are_never_given_twice)
{
	uint64_t id = append_with(1, OUTBOX_SAVED);

	next_of(OUTBOX_BACKLOG);
	outbox_acknowledge(outbox, id);
	reopen();
	ck_assert_uint_eq(rows(), 0);
	ck_assert_uint_eq(append_with(1, OUTBOX_SAVED), id + 1);
}
END_TEST

START_TEST(what_a_message_says_survives)
{
	const struct outbox_message in = {.topic = "a/b",
					  .payload = "1\0002",
					  .size = 3,
					  .qos = 2,
					  .retain = 1,
					  .time_ms = 1700000000123,
					  .expires_ms = 1800000000456,
					  .epoch = 7777777777777,
					  .seq = 42};
	struct outbox_message out;

	ck_assert_int_eq(outbox_append(outbox, &in, OUTBOX_SAVED, NULL), IOTKIT_OK);
	reopen();
	ck_assert(outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_str_eq(out.topic, "a/b");
	ck_assert_uint_eq(out.size, 3);
	ck_assert_mem_eq(out.payload, "1\0002", 3);
	ck_assert_int_eq(out.qos, 2);
	ck_assert_int_eq(out.retain, 1);
	ck_assert_int_eq(out.time_ms, in.time_ms);
	ck_assert_int_eq(out.expires_ms, in.expires_ms);
	ck_assert_uint_eq(out.epoch, in.epoch);
	ck_assert_uint_eq(out.seq, in.seq);
}
END_TEST

START_TEST(a_flight_is_under_way_after_a_restart_too)
{
	struct outbox_flight flights[4];

	append_many(3);
	for (uint64_t id = 1; id <= 3; id++)
		next_of(OUTBOX_BACKLOG);
	outbox_set_flight(outbox, 1, 11, false);
	outbox_set_flight(outbox, 3, 33, true);
	reopen();
	ck_assert_uint_eq(outbox_flights(outbox, flights, 4), 2);
	ck_assert_uint_eq(flights[0].message.id, 1);
	ck_assert_uint_eq(flights[0].packet_id, 11);
	ck_assert(!flights[0].released);
	ck_assert_uint_eq(flights[1].message.id, 3);
	ck_assert_uint_eq(flights[1].packet_id, 33);
	ck_assert(flights[1].released);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 2); /* it never went out */
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 4);
	outbox_acknowledge(outbox, 1);
	outbox_put_back(outbox, 3);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 3);
	reopen();
	ck_assert_uint_eq(outbox_flights(outbox, flights, 4), 0);
	ck_assert_uint_eq(rows(), 3);
}
END_TEST

START_TEST(a_message_with_qos_0_that_went_out_does_not_go_again)
{
	uint64_t id = append_with(0, OUTBOX_SAVED);

	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), id);
	outbox_depart(outbox, id);
	outbox_put_back(outbox, id); /* while the process lives, it may */
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), id);
	reopen();
	ck_assert_uint_eq(rows(), 0);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 0);
}
END_TEST

START_TEST(more_than_memory_is_to_hold_comes_out_in_order)
{
	append_many(MANY);
	for (uint64_t id = 1; id <= MANY + 1; id++) {
		ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), id);
		ck_assert(!outbox_done(outbox, id));
		outbox_acknowledge(outbox, id);
		ck_assert(outbox_done(outbox, id));
	}
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 0);
	ck_assert_uint_eq(rows(), 0);
}
END_TEST

START_TEST(what_comes_while_the_backlog_is_drained_comes_after_it)
{
	append_many(MANY);
	for (uint64_t id = 1; id <= 2 * MANY; id++) {
		if (id <= MANY)
			append_with(1, OUTBOX_QUEUED);
		if (id == MANY)
			wait_saved();
		ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), id);
		outbox_acknowledge(outbox, id);
	}
}
END_TEST

START_TEST(live_messages_do_not_wait_for_the_backlog)
{
	append_many(MANY);
	uint64_t backlog = next_of(OUTBOX_BACKLOG);
	outbox_split(outbox);
	ck_assert_uint_eq(next_of(OUTBOX_LIVE), 0);
	for (uint64_t i = 1; i <= MANY; i++) {
		append_with(1, OUTBOX_SAVED);
		ck_assert_uint_eq(next_of(OUTBOX_LIVE), MANY + 1 + i);
		outbox_acknowledge(outbox, MANY + 1 + i);
		outbox_acknowledge(outbox, backlog);
		ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), backlog + 1);
		backlog++;
	}
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 0);
	ck_assert_uint_eq(rows(), 1);
}
END_TEST

START_TEST(what_was_live_is_backlog_after_the_next_split)
{
	append_many(MANY);
	outbox_split(outbox);
	append_many(MANY);
	uint64_t live = next_of(OUTBOX_LIVE); /* stays in flight */
	ck_assert_uint_eq(live, MANY + 2);
	outbox_split(outbox);
	append_many(1);
	ck_assert_uint_eq(next_of(OUTBOX_LIVE), 2 * MANY + 3);
	for (uint64_t id = 1; id <= 2 * MANY + 2; id++)
		if (id != live)
			ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), id);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 0);
}
END_TEST

START_TEST(drop_oldest_gives_up_what_only_the_file_has)
{
	append_many(MANY - 1);
	set_limits(MANY, OUTBOX_DROP_OLDEST);
	for (int i = 0; i < 10; i++)
		append_with(1, OUTBOX_SAVED);
	ck_assert_uint_eq(dropped_count, 10);
	ck_assert_uint_eq(rows(), MANY);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 11);
	reopen();
	ck_assert_uint_eq(rows(), MANY);
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 11);
}
END_TEST

START_TEST(a_ticket_passes_once_all_before_it_is_saved)
{
	append_with(2, OUTBOX_QUEUED);
	uint64_t ticket = wait_saved();
	ck_assert_uint_eq(next_of(OUTBOX_BACKLOG), 1);
	outbox_set_flight(outbox, 1, 5, false);
	ck_assert_uint_gt(outbox_ticket(outbox), ticket);
}
END_TEST

START_TEST(a_file_comes_before_the_first_message)
{
	outbox_close(outbox);
	ck_assert_int_eq(outbox_open(&(struct outbox_listener){0}, &outbox), IOTKIT_OK);
	set_limits(10, OUTBOX_REJECT);
	append_with(1, OUTBOX_SAVED);
	assert_fails(outbox_attach(outbox, at("outbox"), STORE_SYNC_PROCESS), IOTKIT_ESTATE,
		     "before the first message");
}
END_TEST

START_TEST(a_file_is_of_one_outbox_at_a_time)
{
	struct outbox *second = NULL;

	ck_assert_int_eq(outbox_open(&(struct outbox_listener){0}, &second), IOTKIT_OK);
	assert_fails(outbox_attach(second, at("outbox"), STORE_SYNC_PROCESS), IOTKIT_EBUSY,
		     "outbox");
	ck_assert(!outbox_is_durable(second));
	outbox_close(second);
}
END_TEST

START_TEST(what_is_kept_goes_as_it_is_unless_another_takes_its_place)
{
	const struct outbox_message part = {.topic = "part", .payload = "1", .size = 1, .qos = 1};
	const struct outbox_message pack = {.topic = "pack", .payload = "123", .size = 3, .qos = 1};
	struct outbox_message out;
	uint64_t kept[3];

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(outbox_keep(outbox, &part, OUTBOX_SAVED, &kept[i]), IOTKIT_OK);
	ck_assert(!outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_int_eq(outbox_replace(outbox, kept, 2, &pack), IOTKIT_OK);
	ck_assert_uint_eq(rows(), 2);
	reopen();
	ck_assert_uint_eq(rows(), 2);
	ck_assert(outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_str_eq(out.topic, "part");
	ck_assert_uint_eq(out.id, kept[2]);
	ck_assert(outbox_next(outbox, OUTBOX_BACKLOG, &out));
	ck_assert_str_eq(out.topic, "pack");
	ck_assert(!outbox_next(outbox, OUTBOX_BACKLOG, &out));
}
END_TEST

static void check_received(void *context, uint16_t packet_id, const void *packet, size_t size)
{
	uint16_t *sum = context;

	*sum = (uint16_t)(*sum + packet_id);
	ck_assert_uint_eq(size, packet_id == 7 ? 3 : 0);
	if (packet_id == 7)
		ck_assert_mem_eq(packet, "abc", 3);
}

START_TEST(what_was_received_is_remembered_until_it_is_finished)
{
	uint16_t sum = 0;

	ck_assert_int_eq(outbox_set_received(outbox, 7, "abc", 3), IOTKIT_OK);
	ck_assert_int_eq(outbox_set_received(outbox, 8, NULL, 0), IOTKIT_OK);
	ck_assert_int_eq(outbox_set_received(outbox, 9, NULL, 0), IOTKIT_OK);
	ck_assert_int_eq(outbox_end_received(outbox, 9), IOTKIT_OK);
	reopen();
	outbox_received(outbox, check_received, &sum);
	ck_assert_uint_eq(sum, 7 + 8);
}
END_TEST

START_TEST(texts_are_kept)
{
	char text[32];

	ck_assert_int_eq(outbox_get_text(outbox, "client_id", text, sizeof text), IOTKIT_OK);
	ck_assert_str_eq(text, "");
	ck_assert_int_eq(outbox_set_text(outbox, "client_id", "pi"), IOTKIT_OK);
	reopen();
	ck_assert_int_eq(outbox_get_text(outbox, "client_id", text, sizeof text), IOTKIT_OK);
	ck_assert_str_eq(text, "pi");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outbox_file");
	TCase *file = tcase_create("file");

	tcase_add_checked_fixture(file, setup, teardown);
	tcase_set_timeout(file, 60);
	tcase_add_test(file, what_was_accepted_is_there_after_a_restart_in_its_order);
	tcase_add_test(file, numbers_are_never_given_twice);
	tcase_add_test(file, what_a_message_says_survives);
	tcase_add_test(file, a_flight_is_under_way_after_a_restart_too);
	tcase_add_test(file, a_message_with_qos_0_that_went_out_does_not_go_again);
	tcase_add_test(file, more_than_memory_is_to_hold_comes_out_in_order);
	tcase_add_test(file, what_comes_while_the_backlog_is_drained_comes_after_it);
	tcase_add_test(file, live_messages_do_not_wait_for_the_backlog);
	tcase_add_test(file, what_was_live_is_backlog_after_the_next_split);
	tcase_add_test(file, drop_oldest_gives_up_what_only_the_file_has);
	tcase_add_test(file, a_ticket_passes_once_all_before_it_is_saved);
	tcase_add_test(file, a_file_comes_before_the_first_message);
	tcase_add_test(file, a_file_is_of_one_outbox_at_a_time);
	tcase_add_test(file, what_is_kept_goes_as_it_is_unless_another_takes_its_place);
	tcase_add_test(file, what_was_received_is_remembered_until_it_is_finished);
	tcase_add_test(file, texts_are_kept);
	suite_add_tcase(suite, file);
	return suite_run(suite);
}
