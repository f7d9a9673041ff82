/* SPDX-License-Identifier: MIT
 *
 * Commands that come by MQTT, on {topic.base}/{device}/{name}/set.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scene.h"
#include "suite.h"

#define DYNAMIC_SECURITY "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so"

static const char *const versions[] = {"3.1.1", "5"};

enum { VERSIONS = 2 };

static struct scene scene;
static struct kit *const kit = &scene.kit;

static void start(void)
{
	scene.broker.config = "log_type all";
	scene_open(&scene);
	scene.receiver = expect_connected(scene.broker.uri, NULL); /* who sends commands */
}

static void stop(void)
{
	scene_close(&scene);
}

static void answer(uint32_t number)
{
	kit_say(kit, "R %08" PRIx32 " %" PRIu32 " 0", kit->id, number);
}

/* A message from somebody else, that is with the broker when this returns. */
static void say(const char *topic, const char *payload)
{
	expect_published(scene.receiver, topic, payload, 1);
	ck_assert_int_eq(iotkit_flush(scene.receiver, EXPECT_MS), IOTKIT_OK);
}

/* The broker's log has it, soon. */
static void expect_logged(const char *part)
{
	for (int look = 0; look < EXPECT_MS / 5 && !broker_logged(&scene.broker, part); look++)
		usleep(5000);
	ck_assert_msg(broker_logged(&scene.broker, part), "the broker has not logged '%s'", part);
}

static void begin(const char *const *options)
{
	scene_begin(&scene, options);
	expect_logged("iotkit/shed/+/set (QoS 1)");
}

static const iotkit_event *expect_done(const char *device, const char *name, const char *value)
{
	answer(kit_hear_command(kit, name, value));
	const iotkit_event *event = expect_event(scene.iot, IOTKIT_EVENT_COMMAND);
	ck_assert_msg(event->status == IOTKIT_OK, "%s", event->text);
	ck_assert_uint_eq(event->id, 0);
	ck_assert_str_eq(event->device, device);
	ck_assert_str_eq(event->topic, name);
	return event;
}

/* A command is done, and the application has the message as well; whichever event is first. */
static void expect_done_and_heard(const char *value)
{
	bool done = false, heard = false;

	answer(kit_hear_command(kit, "led", value));
	while (!done || !heard) {
		const iotkit_event *event = iotkit_next_event(scene.iot, EXPECT_MS);
		ck_assert_ptr_nonnull(event);
		bool is_command = event->type == IOTKIT_EVENT_COMMAND;
		bool is_set = event->type == IOTKIT_EVENT_MESSAGE &&
			      strcmp(event->topic, "iotkit/shed/led/set") == 0;
		if (is_command || is_set)
			ck_assert_str_eq((const char *)event->payload, value);
		ck_assert_msg(!(is_command && done) && !(is_set && heard), "it comes twice");
		done = done || is_command;
		heard = heard || is_set;
	}
}

/* One of the application comes next, so that nothing else has been on its way. */
static void expect_nothing_before_a_mark(void)
{
	ck_assert_int_eq(iotkit_send_command(scene.iot, "shed", "led", "mark", NULL), IOTKIT_OK);
	answer(kit_hear_command(kit, "led", "mark"));
	const iotkit_event *event = expect_event(scene.iot, IOTKIT_EVENT_COMMAND);
	ck_assert_str_eq((const char *)event->payload, "mark");
}

/* ---- There and done ---- */

START_TEST(a_message_is_a_command)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};

	begin(options);
	say("iotkit/shed/led/set", "on now");
	ck_assert_str_eq((const char *)expect_done("shed", "led", "on%20now")->payload, "on now");
	say("iotkit/shed/led/set", "");
	expect_done("shed", "led", "-");
	ck_assert_uint_eq(expect_stats(scene.iot).commands, 2);
	expect_none(scene.iot, IOTKIT_EVENT_MESSAGE, 50);
}
END_TEST

START_TEST(an_application_that_listens_too_gets_it_as_well_once)
{
	const char *options[] = {"mqtt.version", versions[_i % VERSIONS], NULL};
	bool before = _i / VERSIONS == 0;

	scene_gateway(&scene, options);
	if (before)
		ck_assert_int_eq(iotkit_subscribe(scene.iot, "iotkit/+/+/set", 2), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(scene.iot, EXPECT_MS), IOTKIT_OK);
	if (before) {
		expect_event(scene.iot, IOTKIT_EVENT_SUBSCRIBED);
	} else {
		expect_logged("iotkit/shed/+/set (QoS 1)");
		expect_subscribed(scene.iot, "iotkit/#", 2);
		expect_logged("Sending UNSUBACK");
	}
	kit_greet(kit, 1);
	say("iotkit/shed/led/set", "1");
	expect_done_and_heard("1");
	expect_nothing_before_a_mark();
	expect_none(scene.iot, IOTKIT_EVENT_MESSAGE, 50);
	ck_assert_uint_eq(expect_stats(scene.iot).commands, 2);
}
END_TEST

START_TEST(the_same_filter_of_application_and_library_comes_once)
{
	const char *options[] = {"mqtt.version", versions[_i], NULL};

	begin(options);
	expect_subscribed(scene.iot, "iotkit/shed/+/set", 1);
	say("iotkit/shed/led/set", "1");
	expect_done_and_heard("1");
	ck_assert_int_eq(iotkit_unsubscribe(scene.iot, "iotkit/shed/+/set"), IOTKIT_OK);
	say("iotkit/shed/led/set", "0");
	expect_done("shed", "led", "0");
	expect_nothing_before_a_mark();
	expect_none(scene.iot, IOTKIT_EVENT_MESSAGE, 50);
}
END_TEST

START_TEST(a_device_is_found_by_its_level_of_the_topic)
{
	scene.iot = expect_open(scene.broker.uri, NULL);
	kit_plug_in(kit, scene.link);
	ck_assert_int_eq(iotkit_add_device(scene.iot, "green/house", scene.port_uri), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(scene.iot, EXPECT_MS), IOTKIT_OK);
	kit_greet(kit, 1);
	expect_logged("iotkit/green_house/+/set (QoS 1)");
	say("iotkit/green_house/led/set", "1");
	expect_done("green/house", "led", "1");
}
END_TEST

START_TEST(a_base_with_levels_of_its_own_is_no_hindrance)
{
	const char *options[] = {"topic.base", "home/iot", NULL};

	scene_begin(&scene, options);
	expect_logged("home/iot/shed/+/set (QoS 1)");
	say("home/iot/shed/led/set", "1");
	expect_done("shed", "led", "1");
}
END_TEST

/* ---- Passed over ---- */

START_TEST(a_retained_command_is_passed_over_and_told)
{
	ck_assert_int_eq(iotkit_publish(scene.receiver, "iotkit/shed/led/set", "1", 1, 1, 1, NULL),
			 IOTKIT_OK);
	ck_assert_int_eq(iotkit_flush(scene.receiver, EXPECT_MS), IOTKIT_OK);
	begin(NULL);
	const iotkit_event *event = expect_text(scene.iot, IOTKIT_EVENT_LOG, "retained");
	ck_assert_int_lt(event->status, 0);
	ck_assert_str_eq(event->device, "shed");
	expect_nothing_before_a_mark();
}
END_TEST

START_TEST(what_is_no_command_is_told)
{
	char endless[300];

	memset(endless, 'v', sizeof endless - 1);
	endless[sizeof endless - 1] = '\0';
	begin(NULL);
	say("iotkit/shed/led/set", endless);
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "256 bytes");
	say("iotkit/shed/led/set", "\xff");
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "UTF-8");
	say("iotkit/shed/a-name-that-is-longer-than-32-bytes/set", "1");
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "32 bytes");
	say("iotkit/shed//set", "1");
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "name");
	ck_assert_int_eq(
		iotkit_publish(scene.receiver, "iotkit/shed/led/set", "a\0b", 3, 1, 0, NULL),
		IOTKIT_OK);
	expect_text(scene.iot, IOTKIT_EVENT_LOG, "byte 0");
	expect_nothing_before_a_mark();
}
END_TEST

START_TEST(the_option_switches_it_off)
{
	const char *options[] = {"command.mqtt", "off", NULL};

	scene_begin(&scene, options);
	expect_nothing_before_a_mark();
	expect_subscribed(scene.iot, "iotkit/#", 1);
	say("iotkit/shed/led/set", "1");
	const iotkit_event *event;
	do
		event = expect_event(scene.iot, IOTKIT_EVENT_MESSAGE);
	while (strcmp(event->topic, "iotkit/shed/led/set") != 0);
	expect_nothing_before_a_mark();
	ck_assert(!broker_logged(&scene.broker, "/set (QoS"));
}
END_TEST

/* ---- The subscription ---- */

START_TEST(a_device_added_while_connected_is_subscribed_for)
{
	scene.iot = expect_connected(scene.broker.uri, NULL);
	kit_plug_in(kit, scene.link);
	ck_assert_int_eq(iotkit_add_device(scene.iot, "shed", scene.port_uri), IOTKIT_OK);
	kit_greet(kit, 1);
	expect_logged("iotkit/shed/+/set (QoS 1)");
	say("iotkit/shed/led/set", "1");
	expect_done("shed", "led", "1");
	expect_none(scene.iot, IOTKIT_EVENT_SUBSCRIBED, 50);
}
END_TEST

START_TEST(a_device_that_is_removed_is_unsubscribed_and_may_come_back)
{
	begin(NULL);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(iotkit_remove_device(scene.iot, "shed"), IOTKIT_OK);
		expect_logged("Received UNSUBSCRIBE");
		ck_assert_int_eq(iotkit_add_device(scene.iot, "shed", scene.port_uri), IOTKIT_OK);
		kit_greet(kit, (uint32_t)i + 2);
	}
	ck_assert_int_eq(iotkit_remove_device(scene.iot, "shed"), IOTKIT_OK);
	expect_subscribed(scene.iot, "other", 1); /* behind the UNSUBSCRIBE */
	say("iotkit/shed/led/set", "1");
	say("other", "x");
	expect_message(scene.iot, "other", "x");
}
END_TEST

START_TEST(commands_come_again_after_a_reconnect)
{
	begin(NULL);
	broker_kill(&scene.broker);
	expect_event(scene.iot, IOTKIT_EVENT_DISCONNECTED);
	broker_restart(&scene.broker);
	expect_event(scene.iot, IOTKIT_EVENT_CONNECTED);
	expect_logged("iotkit/shed/+/set (QoS 1)");
	say("iotkit/shed/led/set", "1");
	expect_done("shed", "led", "1");
	ck_assert_int_eq(iotkit_disconnect(scene.iot, EXPECT_MS), IOTKIT_OK);
	ck_assert_int_eq(iotkit_connect(scene.iot, EXPECT_MS), IOTKIT_OK);
	expect_subscribed(scene.iot, "other", 1); /* behind the library's own */
	say("iotkit/shed/led/set", "0");
	expect_done("shed", "led", "0");
}
END_TEST

/* Mosquitto's ACL file never refuses a SUBSCRIBE; its plugin does. */
START_TEST(a_broker_that_refuses_the_subscription_is_told_and_all_else_goes_on)
{
	static const char rules[] = "{\"defaultACLAccess\":{\"publishClientSend\":true,"
				    "\"publishClientReceive\":true,\"subscribe\":false,"
				    "\"unsubscribe\":true},\"clients\":[],\"groups\":[],"
				    "\"roles\":[]}";
	const char *options[] = {"mqtt.version", versions[_i], NULL};
	char path[] = "/tmp/iotkit-rules-XXXXXX";
	char config[256];
	int fd = mkstemp(path);

	ck_assert_int_eq(write(fd, rules, sizeof rules - 1), sizeof rules - 1);
	close(fd);
	stop();
	snprintf(config, sizeof config, "plugin %s\nplugin_opt_config_file %s", DYNAMIC_SECURITY,
		 path);
	scene.broker.config = config;
	scene_open(&scene);
	scene_begin(&scene, options);
	const iotkit_event *event = expect_text(scene.iot, IOTKIT_EVENT_LOG, "iotkit/shed/+/set");
	ck_assert_int_lt(event->status, 0);
	ck_assert_ptr_nonnull(strstr(event->text, "ACL"));
	kit_deliver(kit, 1, 3);
	ck_assert_int_eq(iotkit_flush(scene.iot, EXPECT_MS), IOTKIT_OK);
	expect_nothing_before_a_mark();
	expect_none(scene.iot, IOTKIT_EVENT_SUBSCRIBED, 50);
	ck_assert_int_eq(expect_stats(scene.iot).connected, 1);
	unlink(path);
}
END_TEST

/* ---- The end ---- */

static atomic_bool enough;

static void *flood(void *context)
{
	while (!atomic_load(&enough)) {
		iotkit_publish(context, "iotkit/shed/led/set", "1", 1, 0, 0, NULL);
		usleep(200);
	}
	return NULL;
}

START_TEST(closing_amid_commands_and_readings_harms_nothing)
{
	const char *options[] = {_i % 2 == 0 ? NULL : "outbox.path", scene.box, NULL};
	pthread_t thread;

	atomic_store(&enough, false);
	ck_assert_int_eq(pthread_create(&thread, NULL, flood, scene.receiver), 0);
	for (uint32_t i = 0; i < 10; i++) {
		scene_begin(&scene, options);
		for (uint32_t seq = 1; seq <= 20; seq++)
			kit_measure(kit, seq, seq);
		kit_hear(kit, "C ");
		iotkit_close(scene.iot);
		scene.iot = NULL;
		kit_unplug(kit);
	}
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("commands_mqtt");
	TCase *mqtt = tcase_create("mqtt");

	tcase_add_checked_fixture(mqtt, start, stop);
	tcase_set_timeout(mqtt, 60);
	tcase_add_loop_test(mqtt, a_message_is_a_command, 0, VERSIONS);
	tcase_add_loop_test(mqtt, an_application_that_listens_too_gets_it_as_well_once, 0,
			    2 * VERSIONS);
	tcase_add_loop_test(mqtt, the_same_filter_of_application_and_library_comes_once, 0,
			    VERSIONS);
	tcase_add_test(mqtt, a_device_is_found_by_its_level_of_the_topic);
	tcase_add_test(mqtt, a_base_with_levels_of_its_own_is_no_hindrance);
	tcase_add_test(mqtt, a_retained_command_is_passed_over_and_told);
	tcase_add_test(mqtt, what_is_no_command_is_told);
	tcase_add_test(mqtt, the_option_switches_it_off);
	tcase_add_test(mqtt, a_device_added_while_connected_is_subscribed_for);
	tcase_add_test(mqtt, a_device_that_is_removed_is_unsubscribed_and_may_come_back);
	tcase_add_test(mqtt, commands_come_again_after_a_reconnect);
	tcase_add_loop_test(mqtt,
			    a_broker_that_refuses_the_subscription_is_told_and_all_else_goes_on, 0,
			    VERSIONS);
	tcase_add_loop_test(mqtt, closing_amid_commands_and_readings_harms_nothing, 0, 2);
	suite_add_tcase(suite, mqtt);
	return suite_run(suite);
}
