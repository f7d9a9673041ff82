/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "api/events.h"
#include "base/clock.h"
#include "suite.h"

static struct events events;

static void start(void)
{
	ck_assert_int_eq(events_open(&events), IOTKIT_OK);
}

static void stop(void)
{
	events_close(&events);
}

static void push(int32_t type, uint64_t id)
{
	const iotkit_event event = {.type = type, .id = id};

	events_push(&events, &event);
}

static const iotkit_event *take(void)
{
	bool relieved;

	return events_take(&events, clock_monotonic_ms(), &relieved);
}

static bool is_readable(void)
{
	struct pollfd fd = {.fd = events.readable.read_fd, .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

START_TEST(an_event_owns_all_it_points_to)
{
	char topic[] = "t", device[] = "d", unit[] = "u", text[] = "x", payload[] = {1, 0, 2};
	const iotkit_event event = {.type = IOTKIT_EVENT_MESSAGE,
				    .topic = topic,
				    .device = device,
				    .unit = unit,
				    .text = text,
				    .payload = payload,
				    .payload_size = sizeof payload,
				    .value = 2.5};

	events_push(&events, &event);
	memset(topic, 0, sizeof topic);
	memset(device, 0, sizeof device);
	memset(unit, 0, sizeof unit);
	memset(text, 0, sizeof text);
	memset(payload, 9, sizeof payload);
	const iotkit_event *taken = take();
	ck_assert_uint_eq(taken->struct_size, sizeof *taken);
	ck_assert_str_eq(taken->topic, "t");
	ck_assert_str_eq(taken->device, "d");
	ck_assert_str_eq(taken->unit, "u");
	ck_assert_str_eq(taken->text, "x");
	ck_assert_uint_eq(taken->payload_size, 3);
	ck_assert_mem_eq(taken->payload, "\1\0\2", 4);
	ck_assert_double_eq(taken->value, 2.5);
}
END_TEST

START_TEST(an_empty_payload_is_an_empty_text)
{
	const iotkit_event event = {.type = IOTKIT_EVENT_MESSAGE, .topic = "t", .payload = ""};

	events_push(&events, &event);
	const iotkit_event *taken = take();
	ck_assert_uint_eq(taken->payload_size, 0);
	ck_assert_str_eq(taken->payload, "");
}
END_TEST

START_TEST(the_descriptor_is_readable_while_an_event_waits)
{
	ck_assert(!is_readable());
	push(IOTKIT_EVENT_LOG, 1);
	push(IOTKIT_EVENT_LOG, 2);
	ck_assert(is_readable());
	take();
	ck_assert(is_readable());
	take();
	ck_assert(!is_readable());
	ck_assert_ptr_null(take());
	push(IOTKIT_EVENT_LOG, 3);
	ck_assert(is_readable());
}
END_TEST

START_TEST(the_oldest_make_room_and_the_next_one_counts_them)
{
	events_limit(&events, 3);
	for (uint64_t id = 1; id <= 10; id++)
		push(IOTKIT_EVENT_DELIVERED, id);
	const iotkit_event *event = take();
	ck_assert_uint_eq(event->id, 8);
	ck_assert_uint_eq(event->missed, 7);
	event = take();
	ck_assert_uint_eq(event->id, 9);
	ck_assert_uint_eq(event->missed, 0);
	ck_assert_uint_eq(take()->id, 10);
	ck_assert_ptr_null(take());
	ck_assert_uint_eq(events_missed(&events), 7);
}
END_TEST

START_TEST(messages_are_never_dropped)
{
	events_limit(&events, 2);
	for (uint64_t id = 1; id <= 100; id++) {
		push(IOTKIT_EVENT_MESSAGE, id);
		push(IOTKIT_EVENT_LOG, 1000 + id);
	}
	uint64_t next = 1;
	uint64_t missed = 0;
	for (const iotkit_event *event; (event = take()) != NULL;) {
		missed += event->missed;
		if (event->type == IOTKIT_EVENT_MESSAGE)
			ck_assert_uint_eq(event->id, next++);
	}
	ck_assert_uint_eq(next, 101);
	ck_assert_uint_eq(missed, 98);
}
END_TEST

START_TEST(too_many_messages_are_congestion_until_half_are_taken)
{
	bool relieved = false;

	events_limit(&events, 4);
	for (uint64_t id = 1; id <= 4; id++) {
		ck_assert(!events_congested(&events));
		push(IOTKIT_EVENT_MESSAGE, id);
	}
	ck_assert(events_congested(&events));
	ck_assert_ptr_nonnull(events_take(&events, 0, &relieved));
	ck_assert(!relieved && events_congested(&events));
	ck_assert_ptr_nonnull(events_take(&events, 0, &relieved));
	ck_assert(relieved && !events_congested(&events));
}
END_TEST

static void *take_one(void *context)
{
	*(const iotkit_event **)context = take();
	return NULL;
}

START_TEST(an_event_stays_valid_while_another_thread_takes_others)
{
	const iotkit_event *other = NULL;
	pthread_t thread;

	for (uint64_t id = 1; id <= 3; id++)
		push(IOTKIT_EVENT_LOG, id);
	const iotkit_event *mine = take();
	ck_assert_int_eq(pthread_create(&thread, NULL, take_one, &other), 0);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(mine->id, 1);
	ck_assert_uint_eq(other->id, 2);
	ck_assert_uint_eq(take()->id, 3);
	ck_assert_uint_eq(other->id, 2);
}
END_TEST

enum { THREADS = 4, EACH = 5000 };

static void *push_many(void *context)
{
	(void)context;
	for (uint64_t i = 0; i < EACH; i++)
		push(IOTKIT_EVENT_MESSAGE, i);
	return NULL;
}

START_TEST(four_threads_lose_nothing)
{
	pthread_t threads[THREADS];
	int taken = 0;
	bool relieved;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, push_many, NULL), 0);
	int64_t deadline = clock_monotonic_ms() + 60000;
	while (taken < THREADS * EACH && events_take(&events, deadline, &relieved) != NULL)
		taken++;
	ck_assert_int_eq(taken, THREADS * EACH);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_ptr_null(take());
	ck_assert(!is_readable());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events");
	TCase *queue = tcase_create("queue");

	tcase_set_timeout(queue, 90);
	tcase_add_checked_fixture(queue, start, stop);
	tcase_add_test(queue, an_event_owns_all_it_points_to);
	tcase_add_test(queue, an_empty_payload_is_an_empty_text);
	tcase_add_test(queue, the_descriptor_is_readable_while_an_event_waits);
	tcase_add_test(queue, the_oldest_make_room_and_the_next_one_counts_them);
	tcase_add_test(queue, messages_are_never_dropped);
	tcase_add_test(queue, too_many_messages_are_congestion_until_half_are_taken);
	tcase_add_test(queue, an_event_stays_valid_while_another_thread_takes_others);
	tcase_add_test(queue, four_threads_lose_nothing);
	suite_add_tcase(suite, queue);
	return suite_run(suite);
}
