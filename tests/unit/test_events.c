/* SPDX-License-Identifier: MIT */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "api/events.h"
#include "base/clock.h"
#include "suite.h"

static struct events events;

static void start(void)
{
	ck_assert_int_eq(events_open(&events), IOTKIT_OK);
	events_limit(&events, 16);
}

static void stop(void)
{
	events_close(&events);
}

static void push(int32_t type, uint64_t id)
{
	events_push(&events, &(iotkit_event){.type = type, .id = id, .topic = "t"});
}

static const iotkit_event *keep(const iotkit_event *event)
{
	if (event != NULL)
		events_keep(&events, event);
	return event;
}

static const iotkit_event *take(void)
{
	return keep(events_take(&events, 0, clock_monotonic_ms()).event);
}

/* By one more, which is thrown away. */
static bool relieved(void)
{
	const struct events_taken taken = events_take(&events, 0, 0);

	events_drop(taken.event);
	return taken.relieved;
}

static bool is_readable(void)
{
	struct pollfd fd = {.fd = events_fd(&events), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

START_TEST(an_event_is_a_copy_of_all_it_points_to)
{
	char topic[] = "topic", payload[] = "pay\0load", device[] = "device", unit[] = "Cel",
	     text[] = "text";

	events_push(&events, &(iotkit_event){.type = IOTKIT_EVENT_MESSAGE,
					     .status = IOTKIT_EFULL,
					     .qos = 2,
					     .retain = 1,
					     .value = 1.5,
					     .topic = topic,
					     .payload = payload,
					     .payload_size = 8,
					     .device = device,
					     .unit = unit,
					     .text = text});
	topic[0] = payload[0] = device[0] = unit[0] = text[0] = 'X';
	const iotkit_event *event = take();
	ck_assert_uint_eq(event->struct_size, sizeof *event);
	ck_assert_int_eq(event->status, IOTKIT_EFULL);
	ck_assert_int_eq(event->qos, 2);
	ck_assert_str_eq(event->topic, "topic");
	ck_assert_mem_eq(event->payload, "pay\0load", 9);
	ck_assert_str_eq(event->device, "device");
	ck_assert_str_eq(event->unit, "Cel");
	ck_assert_str_eq(event->text, "text");
}
END_TEST

START_TEST(what_was_null_stays_null_and_an_empty_payload_is_text)
{
	events_push(&events, &(iotkit_event){.type = IOTKIT_EVENT_LOG});
	const iotkit_event *event = take();
	ck_assert_ptr_null(event->topic);
	ck_assert_ptr_null(event->payload);
	ck_assert_ptr_null(event->text);
	events_push(&events, &(iotkit_event){.type = IOTKIT_EVENT_MESSAGE, .payload = "x"});
	ck_assert_str_eq(take()->payload, "");
}
END_TEST

START_TEST(the_descriptor_is_readable_exactly_while_an_event_waits)
{
	ck_assert(!is_readable());
	push(IOTKIT_EVENT_LOG, 1);
	ck_assert(is_readable());
	push(IOTKIT_EVENT_LOG, 2);
	take();
	ck_assert(is_readable());
	take();
	ck_assert(!is_readable());
	ck_assert_ptr_null(take());
	push(IOTKIT_EVENT_LOG, 3);
	ck_assert(is_readable());
}
END_TEST

START_TEST(the_descriptor_that_is_asked_for_late_knows_what_waits)
{
	push(IOTKIT_EVENT_LOG, 1);
	push(IOTKIT_EVENT_LOG, 2);
	take();
	ck_assert(is_readable());
	take();
	ck_assert(!is_readable());
}
END_TEST

START_TEST(the_oldest_events_go_and_their_successor_counts_them)
{
	for (uint64_t id = 1; id <= 30; id++)
		push(IOTKIT_EVENT_LOG, id);
	const iotkit_event *event = take();
	ck_assert_uint_eq(event->id, 15);
	ck_assert_uint_eq(event->missed, 14);
	ck_assert_uint_eq(take()->missed, 0);
	ck_assert_uint_eq(events_missed(&events), 14);
}
END_TEST

START_TEST(every_gap_is_counted_once_wherever_it_is)
{
	uint64_t taken = 0, missed = 0;

	for (uint64_t id = 1; id <= 500; id++) {
		push(id % 3 == 0 ? IOTKIT_EVENT_MESSAGE : IOTKIT_EVENT_LOG, id);
		if (id % 50 == 0)
			missed += take()->missed, taken++;
	}
	for (const iotkit_event *event; (event = take()) != NULL; taken++)
		missed += event->missed;
	ck_assert_uint_eq(taken + missed, 500);
	ck_assert_uint_eq(events_missed(&events), missed);
}
END_TEST

START_TEST(messages_never_go_however_many_there_are)
{
	for (uint64_t id = 1; id <= 1000; id++) {
		push(IOTKIT_EVENT_MESSAGE, id);
		push(IOTKIT_EVENT_LOG, 0);
	}
	uint64_t next = 1;
	for (const iotkit_event *event; (event = take()) != NULL;)
		if (event->type == IOTKIT_EVENT_MESSAGE)
			ck_assert_uint_eq(event->id, next++);
	ck_assert_uint_eq(next, 1001);
}
END_TEST

START_TEST(traces_go_before_other_events)
{
	for (uint64_t id = 1; id <= 16; id++)
		push(IOTKIT_EVENT_DELIVERED, id);
	for (uint64_t id = 1; id <= 50; id++)
		push(IOTKIT_EVENT_TRACE, id);
	for (uint64_t id = 1; id <= 16; id++) {
		const iotkit_event *event = take();
		ck_assert_int_eq(event->type, IOTKIT_EVENT_DELIVERED);
		ck_assert_uint_eq(event->id, id);
	}
	const iotkit_event *last = take();
	ck_assert_int_eq(last->type, IOTKIT_EVENT_TRACE);
	ck_assert_uint_eq(last->id, 50);
	ck_assert_uint_eq(last->missed, 49);
	ck_assert_ptr_null(take());
}
END_TEST

START_TEST(traces_alone_go_oldest_first)
{
	for (uint64_t id = 1; id <= 50; id++)
		push(IOTKIT_EVENT_TRACE, id);
	const iotkit_event *event = take();
	ck_assert_uint_eq(event->id, 35);
	ck_assert_uint_eq(event->missed, 34);
	ck_assert_uint_eq(take()->id, 36);
}
END_TEST

START_TEST(many_messages_congest_and_half_as_many_relieve)
{
	for (int i = 0; i < 16; i++) {
		ck_assert(!events_congested(&events));
		push(IOTKIT_EVENT_MESSAGE, 0);
	}
	ck_assert(events_congested(&events));
	for (int i = 0; i < 7; i++) {
		ck_assert(!relieved());
		ck_assert(events_congested(&events));
	}
	ck_assert(relieved());
	ck_assert(!events_congested(&events));
}
END_TEST

static void *take_and_keep(void *out)
{
	*(const iotkit_event **)out = take();
	return NULL;
}

START_TEST(an_event_stays_with_the_thread_that_took_it)
{
	const iotkit_event *theirs = NULL;
	pthread_t thread;

	for (uint64_t id = 1; id <= 3; id++)
		push(IOTKIT_EVENT_LOG, id);
	pthread_create(&thread, NULL, take_and_keep, &theirs);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(take()->id, 2);
	ck_assert_uint_eq(take()->id, 3);
	ck_assert_uint_eq(theirs->id, 1);
	ck_assert_str_eq(theirs->topic, "t");
}
END_TEST

/* ---- many threads ---- */

enum { PUSHERS = 2, TAKERS = 2, EACH = 20000 };

static atomic_uint_fast64_t sum;
static atomic_uint_fast64_t taken;

static void *push_many(void *context)
{
	(void)context;
	for (uint64_t id = 1; id <= EACH; id++)
		push(IOTKIT_EVENT_MESSAGE, id);
	return NULL;
}

static void *take_many(void *context)
{
	(void)context;
	while (atomic_load(&taken) < PUSHERS * EACH) {
		const iotkit_event *event =
			keep(events_take(&events, 0, clock_monotonic_ms() + 50).event);
		if (event == NULL)
			continue;
		atomic_fetch_add(&sum, event->id);
		atomic_fetch_add(&taken, 1);
	}
	return NULL;
}

START_TEST(four_threads_lose_and_double_nothing)
{
	pthread_t threads[PUSHERS + TAKERS];

	atomic_store(&sum, 0);
	atomic_store(&taken, 0);
	for (int i = 0; i < PUSHERS + TAKERS; i++)
		pthread_create(&threads[i], NULL, i < PUSHERS ? push_many : take_many, NULL);
	for (int i = 0; i < PUSHERS + TAKERS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(atomic_load(&taken), PUSHERS * EACH);
	ck_assert_uint_eq(atomic_load(&sum), PUSHERS * (uint64_t)EACH * (EACH + 1) / 2);
	ck_assert(!is_readable());
}
END_TEST

START_TEST(every_type_has_a_name)
{
	for (int32_t a = IOTKIT_EVENT_CONNECTED; a <= IOTKIT_EVENT_TRACE; a++)
		for (int32_t b = IOTKIT_EVENT_CONNECTED; b < a; b++)
			ck_assert_str_ne(iotkit_event_name(a), iotkit_event_name(b));
	ck_assert_str_eq(iotkit_event_name(0), "unknown");
	ck_assert_str_eq(iotkit_event_name(-1), "unknown");
	ck_assert_str_eq(iotkit_event_name(IOTKIT_EVENT_TRACE + 1), "unknown");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("events");
	TCase *queue = tcase_create("queue");

	tcase_add_checked_fixture(queue, start, stop);
	tcase_set_timeout(queue, 60);
	tcase_add_test(queue, an_event_is_a_copy_of_all_it_points_to);
	tcase_add_test(queue, what_was_null_stays_null_and_an_empty_payload_is_text);
	tcase_add_test(queue, the_descriptor_is_readable_exactly_while_an_event_waits);
	tcase_add_test(queue, the_descriptor_that_is_asked_for_late_knows_what_waits);
	tcase_add_test(queue, the_oldest_events_go_and_their_successor_counts_them);
	tcase_add_test(queue, every_gap_is_counted_once_wherever_it_is);
	tcase_add_test(queue, messages_never_go_however_many_there_are);
	tcase_add_test(queue, traces_go_before_other_events);
	tcase_add_test(queue, traces_alone_go_oldest_first);
	tcase_add_test(queue, many_messages_congest_and_half_as_many_relieve);
	tcase_add_test(queue, an_event_stays_with_the_thread_that_took_it);
	tcase_add_test(queue, four_threads_lose_and_double_nothing);
	tcase_add_test(queue, every_type_has_a_name);
	suite_add_tcase(suite, queue);
	return suite_run(suite);
}
