/* SPDX-License-Identifier: MIT
 *
 * Events that are brought to a callback, and what a callback may do.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

enum { MESSAGES = 500 };

static struct broker broker;
static iotkit *iot;
static iotkit *other;

/* What the callbacks of a test tell it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int marks;

static void start(void)
{
	broker = (struct broker){0};
	broker_start(&broker);
	iot = expect_connected(broker.uri, NULL);
	expect_subscribed(iot, "in/#", 2);
	other = expect_connected(broker.uri, NULL);
	marks = 0;
}

static void stop(void)
{
	iotkit_close(iot);
	iotkit_close(other);
	broker_remove(&broker);
}

static void mark(void)
{
	pthread_mutex_lock(&lock);
	marks++;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void wait_marks(int wanted)
{
	struct timespec deadline;

	clock_gettime(CLOCK_REALTIME, &deadline);
	deadline.tv_sec += EXPECT_MS / 1000;
	pthread_mutex_lock(&lock);
	while (marks < wanted)
		ck_assert_msg(pthread_cond_timedwait(&changed, &lock, &deadline) == 0, "%d of %d",
			      marks, wanted);
	pthread_mutex_unlock(&lock);
}

static bool is_message(const iotkit_event *event)
{
	return event->type == IOTKIT_EVENT_MESSAGE;
}

/* ---- Bringing ---- */

static void expect_next_in_order(const iotkit_event *event, void *context)
{
	int *last = context;
	int number;

	if (!is_message(event) || sscanf((const char *)event->payload, "%d", &number) != 1)
		return;
	if (number == *last + 1)
		mark();
	*last = number;
}

START_TEST(messages_are_brought_in_order)
{
	int last = 0;
	char text[16];

	ck_assert_int_eq(iotkit_set_event_callback(iot, expect_next_in_order, &last), IOTKIT_OK);
	for (int i = 1; i <= MESSAGES; i++) {
		snprintf(text, sizeof text, "%d", i);
		expect_published(other, "in/n", text, 2);
	}
	wait_marks(MESSAGES);
	ck_assert_ptr_null(iotkit_next_event(iot, -1));
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "iotkit_set_event_callback"));
	ck_assert_int_eq(iotkit_set_event_callback(iot, NULL, NULL), IOTKIT_OK);
	expect_published(other, "in/x", "taken", 1);
	expect_message(iot, "in/x", "taken");
}
END_TEST

static void *take_one(void *context)
{
	(void)context;
	return (void *)(uintptr_t)iotkit_next_event(iot, -1);
}

static void note_message(const iotkit_event *event, void *context)
{
	(void)context;
	if (is_message(event))
		mark();
}

START_TEST(who_waits_for_an_event_is_sent_away)
{
	pthread_t thread;
	void *event = &thread;

	expect_published(other, "in/x", "before", 1);
	expect_message(iot, "in/x", "before");
	pthread_create(&thread, NULL, take_one, NULL);
	ck_assert_int_eq(iotkit_set_event_callback(iot, note_message, NULL), IOTKIT_OK);
	pthread_join(thread, &event);
	ck_assert_ptr_null(event);
	expect_published(other, "in/x", "after", 1);
	wait_marks(1);
}
END_TEST

/* ---- What a callback may do ---- */

static void use_everything(const iotkit_event *event, void *context)
{
	iotkit_stats stats = {.struct_size = sizeof stats};
	char value[64];

	(void)context;
	if (!is_message(event) || strcmp(event->topic, "in/go") != 0)
		return;
	if (iotkit_next_event(iot, -1) == NULL && iotkit_get_stats(iot, &stats) == IOTKIT_OK &&
	    iotkit_get_option(iot, "topic.base", value, sizeof value) == IOTKIT_OK &&
	    iotkit_subscribe(iot, "more", 1) == IOTKIT_OK &&
	    iotkit_unsubscribe(iot, "more") == IOTKIT_OK &&
	    iotkit_add_device(iot, "d", "serial:/dev/none") == IOTKIT_OK &&
	    iotkit_remove_device(iot, "d") == IOTKIT_OK && iotkit_connect(iot, -1) == IOTKIT_OK &&
	    iotkit_publish(iot, "answer", "done", 4, 2, 0, NULL) == IOTKIT_OK &&
	    iotkit_flush(iot, EXPECT_MS) == IOTKIT_OK)
		mark();
}

START_TEST(a_callback_may_call_every_function)
{
	expect_subscribed(other, "answer", 2);
	ck_assert_int_eq(iotkit_set_event_callback(iot, use_everything, NULL), IOTKIT_OK);
	expect_published(other, "in/go", "", 2);
	wait_marks(1);
	expect_message(other, "answer", "done");
}
END_TEST

static void hand_over(const iotkit_event *event, void *context)
{
	(void)context;
	if (is_message(event) && iotkit_set_event_callback(iot, note_message, NULL) == IOTKIT_OK)
		mark();
}

START_TEST(a_callback_may_replace_itself)
{
	ck_assert_int_eq(iotkit_set_event_callback(iot, hand_over, NULL), IOTKIT_OK);
	expect_published(other, "in/x", "1", 1);
	wait_marks(1);
	expect_published(other, "in/x", "2", 1);
	wait_marks(2);
}
END_TEST

static void end_itself(const iotkit_event *event, void *context)
{
	(void)context;
	if (is_message(event) && iotkit_set_event_callback(iot, NULL, NULL) == IOTKIT_OK)
		mark();
}

START_TEST(a_callback_may_be_its_own_last)
{
	ck_assert_int_eq(iotkit_set_event_callback(iot, end_itself, NULL), IOTKIT_OK);
	expect_published(other, "in/x", "1", 1);
	wait_marks(1);
	expect_published(other, "in/x", "2", 1);
	expect_message(iot, "in/x", "2");
}
END_TEST

static void close_it(const iotkit_event *event, void *context)
{
	if (!is_message(event))
		return;
	iotkit_close(context);
	iotkit_status status = iotkit_set_event_callback(context, note_message, NULL);
	if (status == IOTKIT_ESTATE && strcmp((const char *)event->payload, "bye") == 0)
		mark();
}

START_TEST(a_callback_may_close_its_handle)
{
	const char *options[] = {"mqtt.client_id", "closes-itself", NULL};
	iotkit *own = expect_open(broker.uri, options);

	ck_assert_int_eq(iotkit_set_will(own, "in/will", "no", 2, 1, 0), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(own, EXPECT_MS), IOTKIT_OK);
	expect_subscribed(own, "own", 1);
	ck_assert_int_eq(iotkit_set_event_callback(own, close_it, own), IOTKIT_OK);
	expect_published(other, "own", "bye", 1);
	wait_marks(1);
	/* Its descriptors go once the callback has returned. */
	ck_assert_int_eq(iotkit_set_event_callback(iot, note_message, NULL), IOTKIT_OK);
	expect_published(other, "in/x", "still here", 1);
	wait_marks(2);
}
END_TEST

static void outlive_its_handle(const iotkit_event *event, void *context)
{
	if (!is_message(event) || iotkit_set_event_callback(context, NULL, NULL) != IOTKIT_OK)
		return;
	while (iotkit_next_event(context, 0) != NULL)
		continue;
	iotkit_close(context);
	if (strcmp((const char *)event->payload, "bye") == 0)
		mark();
}

START_TEST(an_event_stays_valid_until_the_callback_returns)
{
	iotkit *own = expect_connected(broker.uri, NULL);

	expect_subscribed(own, "own", 1);
	ck_assert_int_eq(iotkit_set_event_callback(own, outlive_its_handle, own), IOTKIT_OK);
	expect_published(other, "own", "bye", 1);
	wait_marks(1);
}
END_TEST

/* ---- Replacing and closing from elsewhere ---- */

static atomic_bool inside;
static atomic_bool may_leave;

static void linger(const iotkit_event *event, void *context)
{
	(void)context;
	if (!is_message(event))
		return;
	atomic_store(&inside, true);
	mark();
	pthread_mutex_lock(&lock);
	while (!atomic_load(&may_leave))
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
	atomic_store(&inside, false);
}

static void *let_leave(void *context)
{
	(void)context;
	pthread_mutex_lock(&lock);
	atomic_store(&may_leave, true);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void begin_to_linger(void)
{
	atomic_store(&may_leave, false);
	ck_assert_int_eq(iotkit_set_event_callback(iot, linger, NULL), IOTKIT_OK);
	expect_published(other, "in/x", "1", 1);
	wait_marks(1);
}

START_TEST(the_old_callback_is_done_when_there_is_a_new_one)
{
	pthread_t thread;

	begin_to_linger();
	pthread_create(&thread, NULL, let_leave, NULL);
	ck_assert_int_eq(iotkit_set_event_callback(iot, note_message, NULL), IOTKIT_OK);
	ck_assert(!atomic_load(&inside));
	pthread_join(thread, NULL);
	expect_published(other, "in/x", "2", 1);
	wait_marks(2);
}
END_TEST

START_TEST(closing_waits_for_the_callback)
{
	pthread_t thread;

	begin_to_linger();
	pthread_create(&thread, NULL, let_leave, NULL);
	iotkit_close(iot);
	iot = NULL;
	ck_assert(!atomic_load(&inside));
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("callback");
	TCase *bringing = tcase_create("bringing");
	TCase *freedom = tcase_create("what a callback may do");
	TCase *elsewhere = tcase_create("from elsewhere");

	TCase *const all[] = {bringing, freedom, elsewhere};
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
		tcase_add_checked_fixture(all[i], start, stop);
		tcase_set_timeout(all[i], 60);
		suite_add_tcase(suite, all[i]);
	}
	tcase_add_test(bringing, messages_are_brought_in_order);
	tcase_add_test(bringing, who_waits_for_an_event_is_sent_away);
	tcase_add_test(freedom, a_callback_may_call_every_function);
	tcase_add_test(freedom, a_callback_may_replace_itself);
	tcase_add_test(freedom, a_callback_may_be_its_own_last);
	tcase_add_test(freedom, a_callback_may_close_its_handle);
	tcase_add_test(freedom, an_event_stays_valid_until_the_callback_returns);
	tcase_add_test(elsewhere, the_old_callback_is_done_when_there_is_a_new_one);
	tcase_add_test(elsewhere, closing_waits_for_the_callback);
	return suite_run(suite);
}
