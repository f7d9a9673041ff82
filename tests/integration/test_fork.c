/* SPDX-License-Identifier: MIT
 *
 * A child made by fork() has none of the threads: it is told so, and harms nobody.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static struct broker broker;
static iotkit *iot;

static void start(void)
{
	broker = (struct broker){0};
	broker_start(&broker);
	iot = NULL;
}

static void stop(void)
{
	iotkit_close(iot);
	broker_remove(&broker);
}

static bool refused(iotkit_status status)
{
	return status == IOTKIT_ESTATE && strstr(iotkit_last_error(), "fork()") != NULL;
}

static bool all_is_refused(void)
{
	iotkit_stats stats = {.struct_size = sizeof stats};
	iotkit *another = NULL;
	char text[64];

	return refused(iotkit_set_option(iot, "topic.base", "b")) &&
	       refused(iotkit_get_option(iot, "topic.base", text, sizeof text)) &&
	       refused(iotkit_load_config(iot, "/none")) &&
	       refused(iotkit_set_will(iot, "w", "", 0, 0, 0)) &&
	       refused(iotkit_connect(iot, -1)) && refused(iotkit_disconnect(iot, -1)) &&
	       refused(iotkit_publish(iot, "t", "x", 1, 1, 0, NULL)) &&
	       refused(iotkit_publish_metric(iot, "d", "n", 1, NULL, 0)) &&
	       refused(iotkit_flush(iot, -1)) && refused(iotkit_subscribe(iot, "t", 0)) &&
	       refused(iotkit_unsubscribe(iot, "t")) &&
	       refused(iotkit_add_device(iot, "d", "serial:/dev/none")) &&
	       refused(iotkit_remove_device(iot, "d")) &&
	       refused(iotkit_send_command(iot, "d", "n", "v", NULL)) &&
	       refused(iotkit_set_event_callback(iot, NULL, NULL)) &&
	       refused(iotkit_check_broker(iot, 1000, text, sizeof text)) &&
	       refused(iotkit_get_stats(iot, &stats)) && iotkit_next_event(iot, -1) == NULL &&
	       iotkit_event_fd(iot) == -1 && refused(iotkit_open(broker.uri, &another)) &&
	       another == NULL;
}

/* Runs a part of the test in a child; whether it returned true. */
static bool in_child(bool (*part)(void))
{
	int status = -1;
	pid_t child = fork();

	if (child == 0) {
		alarm(EXPECT_MS / 1000);
		bool good = part();
		iotkit_close(iot); /* returns at once, and does nothing */
		_exit(good ? 0 : 1);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

START_TEST(a_child_is_refused_and_the_parent_goes_on)
{
	iot = expect_connected(broker.uri, NULL);
	expect_subscribed(iot, "t", 2);
	ck_assert(in_child(all_is_refused));
	expect_published(iot, "t", "still here", 2);
	expect_message(iot, "t", "still here");
}
END_TEST

START_TEST(a_child_is_refused_before_connecting_too)
{
	iot = expect_open(broker.uri, NULL);
	ck_assert(in_child(all_is_refused));
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
}
END_TEST

static bool opens_and_connects(void)
{
	iotkit *own = NULL;

	bool good = iotkit_open(broker.uri, &own) == IOTKIT_OK &&
		    iotkit_connect(own, EXPECT_MS) == IOTKIT_OK;
	iotkit_close(own);
	return good;
}

START_TEST(a_child_of_a_process_without_handles_has_its_own)
{
	ck_assert(in_child(opens_and_connects));
	iot = expect_open(broker.uri, NULL);
	iotkit_close(iot);
	iot = NULL;
	ck_assert(in_child(opens_and_connects));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fork");
	TCase *children = tcase_create("children");

	tcase_add_checked_fixture(children, start, stop);
	tcase_set_timeout(children, 60);
	tcase_add_test(children, a_child_is_refused_and_the_parent_goes_on);
	tcase_add_test(children, a_child_is_refused_before_connecting_too);
	tcase_add_test(children, a_child_of_a_process_without_handles_has_its_own);
	suite_add_tcase(suite, children);
	return suite_run(suite);
}
