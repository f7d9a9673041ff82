/* SPDX-License-Identifier: MIT
 *
 * The last will: sent when the client is killed, and only then.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker.h"
#include "expect.h"
#include "suite.h"

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2 };

static struct broker broker;
static iotkit *watcher;

static void start(void)
{
	broker = (struct broker){0};
	broker_start(&broker);
	watcher = NULL;
}

static void stop(void)
{
	iotkit_close(watcher);
	watcher = NULL;
	broker_remove(&broker);
}

/* The child: connects with a will, says so, and waits to be killed. Made before
 * this process has threads. */
static pid_t start_victim(const char *version)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	iotkit *iot = NULL;
	bool ready = iotkit_open(broker.uri, &iot) == IOTKIT_OK &&
		     iotkit_set_option(iot, "mqtt.version", version) == IOTKIT_OK &&
		     iotkit_set_will(iot, "will/topic", "gone", 4, 1, 1) == IOTKIT_OK &&
		     iotkit_connect(iot, EXPECT_MS) == IOTKIT_OK &&
		     iotkit_publish(iot, "ready", "yes", 3, 1, 1, NULL) == IOTKIT_OK;
	while (ready)
		iotkit_next_event(iot, -1);
	_exit(1);
}

START_TEST(a_killed_client_leaves_its_will)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	pid_t victim = start_victim(versions[_i]);

	watcher = expect_connected(broker.uri, options);
	ck_assert_int_eq(iotkit_subscribe(watcher, "#", 1), IOTKIT_OK);
	expect_message(watcher, "ready", "yes");
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	const iotkit_event *event = expect_message(watcher, "will/topic", "gone");
	ck_assert_int_eq(event->qos, 1);
	/* It is retained: who comes later finds it. */
	iotkit *later = expect_connected(broker.uri, options);
	ck_assert_int_eq(iotkit_subscribe(later, "will/topic", 0), IOTKIT_OK);
	ck_assert_int_eq(expect_message(later, "will/topic", "gone")->retain, 1);
	iotkit_close(later);
}
END_TEST

static iotkit *open_with_will(const char *version)
{
	const char *options[] = {"mqtt.version", version, NULL};
	iotkit *iot = expect_open(broker.uri, options);

	ck_assert_int_eq(iotkit_set_will(iot, "will/topic", "gone", 4, 0, 0), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(iot, EXPECT_MS), IOTKIT_OK);
	return iot;
}

START_TEST(closing_and_disconnecting_leave_no_will)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};

	watcher = expect_connected(broker.uri, options);
	expect_subscribed(watcher, "#", 1);
	iotkit *closed = open_with_will(versions[_i]);
	iotkit *disconnected = open_with_will(versions[_i]);
	iotkit_close(closed);
	ck_assert_int_eq(iotkit_disconnect(disconnected, EXPECT_MS), IOTKIT_OK);
	iotkit_close(disconnected);
	/* Wills would have been sent before this. */
	iotkit *last = expect_connected(broker.uri, options);
	expect_published(last, "last", "word", 1);
	expect_message(watcher, "last", "word");
	iotkit_close(last);
}
END_TEST

START_TEST(a_will_may_be_taken_back_and_is_checked)
{
	char topic[] = "will/#";

	watcher = expect_open(broker.uri, NULL);
	assert_fails(iotkit_set_will(watcher, topic, "x", 1, 0, 0), IOTKIT_EINVAL, "will/#");
	assert_fails(iotkit_set_will(watcher, "t", NULL, 1, 0, 0), IOTKIT_EINVAL, "NULL");
	assert_fails(iotkit_set_will(watcher, "t", topic, 65536, 0, 0), IOTKIT_EINVAL, "65535");
	assert_fails(iotkit_set_will(watcher, "t", "x", 1, 3, 0), IOTKIT_EINVAL, "QoS is 3");
	ck_assert_int_eq(iotkit_set_will(watcher, "t", "x", 1, 2, 1), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_will(watcher, NULL, NULL, 0, 0, 0), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(watcher, EXPECT_MS), IOTKIT_OK);
	assert_fails(iotkit_set_will(watcher, "t", "x", 1, 0, 0), IOTKIT_ESTATE, "settled");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("will");
	TCase *will = tcase_create("will");

	tcase_add_checked_fixture(will, start, stop);
	tcase_set_timeout(will, 120);
	tcase_add_loop_test(will, a_killed_client_leaves_its_will, 0, VERSIONS);
	tcase_add_loop_test(will, closing_and_disconnecting_leave_no_will, 0, VERSIONS);
	tcase_add_test(will, a_will_may_be_taken_back_and_is_checked);
	suite_add_tcase(suite, will);
	return suite_run(suite);
}
