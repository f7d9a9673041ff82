/* SPDX-License-Identifier: MIT
 *
 * Every error that iotkit.h documents, of what needs neither a broker nor a file: its code, its
 * sentence, and that nothing was written to. tests/abi/errors.txt says which test provokes which.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "heard.h"
#include "scarce.h"
#include "suite.h"

enum { UNSET = 77, DEVICES_MAX = 256, SUBSCRIPTIONS_MAX = 1024, COMMANDS_MAX = 16 };

static const char nowhere[] = "serial:/nowhere/tty";
static char folder[64], path[96];
static iotkit *iot;
static uint64_t id; /* what no failing call may change */

static void start(void)
{
	id = UNSET;
	iot = expect_open(NULL, NULL);
	strcpy(folder, "/tmp/iotkit-errors-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/config", folder);
}

static void stop(void)
{
	scarce_end();
	iotkit_close(iot);
	unlink(path);
	rmdir(folder);
	ck_assert_uint_eq(id, UNSET);
}

/* ---- opening ---- */

START_TEST(what_a_broker_uri_must_be_is_told)
{
	iotkit *other = NULL;

	assert_fails(iotkit_open("http://localhost", &other), IOTKIT_EINVAL, "mqtts://");
	assert_fails(iotkit_open("mqtt://localhost", NULL), IOTKIT_EINVAL, "out is NULL");
	assert_fails(iotkit_open("mqtt://localhost?mqtt.keepalive=1", &other), IOTKIT_ENOENT,
		     "did you mean 'mqtt.keepalive_s'");
	ck_assert_ptr_null(other);
}
END_TEST

START_TEST(without_descriptors_a_handle_is_not_opened)
{
	iotkit *other = NULL;

	scarce_descriptors();
	assert_fails(iotkit_open(NULL, &other), IOTKIT_ESYSTEM, "Too many open files");
	ck_assert_ptr_null(other);
	scarce_end();
	ck_assert_int_eq(iotkit_open(NULL, &other), IOTKIT_OK);
	iotkit_close(other);
}
END_TEST

/* ---- options ---- */

START_TEST(an_option_that_cannot_be_set_is_told_and_stays)
{
	char value[32];

	assert_fails(iotkit_set_option(iot, "mqtt.keepalive_s", "often"), IOTKIT_EINVAL,
		     "takes a whole number from 0 to 65535 s");
	assert_fails(iotkit_set_option(iot, "keepalive", "5"), IOTKIT_ENOENT, "did you mean");
	ck_assert_int_eq(iotkit_get_option(iot, "mqtt.keepalive_s", value, sizeof value),
			 IOTKIT_OK);
	ck_assert_str_eq(value, "60");
}
END_TEST

START_TEST(options_and_the_will_are_settled_once_connected)
{
	ck_assert_int_eq(iotkit_connect(iot, 0), IOTKIT_OK);
	assert_fails(iotkit_set_option(iot, "payload", "json"), IOTKIT_ESTATE, "settled");
	assert_fails(iotkit_set_will(iot, "t", "x", 1, 1, 0), IOTKIT_ESTATE, "settled");
	assert_fails(iotkit_load_config(iot, path), IOTKIT_ESTATE, "settled");
}
END_TEST

START_TEST(options_stay_while_a_pack_finds_no_room)
{
	static const char *const options[] = {"payload", "senml", "outbox.max_rows", "1", NULL};
	iotkit *full = expect_open(NULL, options);

	expect_published(full, "t", "x", 1);
	ck_assert_int_eq(iotkit_publish_metric(full, "d", "n", 1, NULL, 0), IOTKIT_OK);
	assert_fails(iotkit_set_option(full, "payload", "text"), IOTKIT_EFULL, "outbox.max_rows");
	FILE *file = fopen(path, "w");
	fputs("payload = text\n", file);
	fclose(file);
	assert_fails(iotkit_load_config(full, path), IOTKIT_EFULL, "outbox.max_rows");
	iotkit_close(full);
}
END_TEST

START_TEST(an_option_that_cannot_be_read_is_told_and_nothing_written)
{
	char value[8] = "before";

	assert_fails(iotkit_get_option(iot, "topic.base", value, 3), IOTKIT_EINVAL,
		     "needs 7 bytes");
	assert_fails(iotkit_get_option(iot, "topic", value, sizeof value), IOTKIT_ENOENT,
		     "there is no option 'topic'");
	assert_fails(iotkit_get_option(iot, "mqtt.password", value, sizeof value), IOTKIT_ENOTSUP,
		     "never shown");
	ck_assert_str_eq(value, "before");
}
END_TEST

/* ---- the configuration file ---- */

static iotkit_status load(const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(chmod(path, mode), 0);
	return iotkit_load_config(iot, path);
}

START_TEST(a_bad_configuration_file_is_told_with_its_line)
{
	/* All are of iotkit_load_config(). */
	assert_fails(iotkit_load_config(iot, "/nowhere/config"), IOTKIT_ENOENT,
		     "no configuration file");
	assert_fails(load("\n[mqtt]\nkeepalive = 1\n", 0600), IOTKIT_ENOENT, "config:3:");
	assert_fails(load("payload = json\nnonsense\n", 0600), IOTKIT_EINVAL, "config:2:");
	assert_fails(load("[mqtt]\npassword = x\n", 0644), IOTKIT_EINVAL, "chmod 600");
	assert_fails(load("[device a]\nport = serial:/x\nport = serial:/y\n", 0600), IOTKIT_EEXIST,
		     "has a port already");
	assert_fails(iotkit_load_config(iot, folder), IOTKIT_ESYSTEM, "Is a directory");
	scarce_descriptors();
	assert_fails(iotkit_load_config(iot, path), IOTKIT_ESYSTEM, "Too many open files");
}
END_TEST

START_TEST(a_configuration_file_with_too_many_devices_has_no_effect)
{
	static char text[(DEVICES_MAX + 1) * 64];
	size_t size = 0;

	for (int i = 0; i <= DEVICES_MAX; i++)
		size += (size_t)snprintf(text + size, sizeof text - size,
					 "[device d%d]\nport = %s\n", i, nowhere);
	assert_fails(load(text, 0600), IOTKIT_EFULL, "256 devices");
	/* iotkit_load_config() has added none. */
	assert_fails(iotkit_remove_device(iot, "d0"), IOTKIT_ENOENT, "d0");
}
END_TEST

/* ---- sending and receiving ---- */

START_TEST(a_message_that_no_packet_can_have_is_refused)
{
	assert_fails(iotkit_publish(iot, "a/+", "x", 1, 1, 0, &id), IOTKIT_EINVAL, "no topic");
	assert_fails(iotkit_publish(iot, "a", NULL, 1, 1, 0, &id), IOTKIT_EINVAL, "is NULL");
	assert_fails(iotkit_publish(iot, "a", "x", 1, 3, 0, &id), IOTKIT_EINVAL, "QoS is 3");
	assert_fails(iotkit_set_will(iot, "a/#", "x", 1, 1, 0), IOTKIT_EINVAL, "no topic");
	assert_fails(iotkit_publish_metric(iot, "", "n", 1, NULL, 0), IOTKIT_EINVAL, "name");
	assert_fails(iotkit_publish_metric(iot, "d", "n", 1.0 / 0.0, NULL, 0), IOTKIT_EINVAL,
		     "finite");
	ck_assert_uint_eq(expect_stats(iot).accepted, 0);
}
END_TEST

START_TEST(what_a_full_outbox_refuses_is_told)
{
	ck_assert_int_eq(iotkit_set_option(iot, "outbox.max_rows", "1"), IOTKIT_OK);
	expect_published(iot, "t", "x", 1);
	assert_fails(iotkit_publish(iot, "t", "x", 1, 1, 0, &id), IOTKIT_EFULL, "outbox.max_rows");
	assert_fails(iotkit_publish_metric(iot, "d", "n", 1, NULL, 0), IOTKIT_EFULL,
		     "outbox.max_rows");
	ck_assert_uint_eq(expect_stats(iot).accepted, 1);
}
END_TEST

START_TEST(subscriptions_that_cannot_be_are_refused)
{
	char filter[32];

	assert_fails(iotkit_subscribe(iot, "a/#/b", 0), IOTKIT_EINVAL, "topic filter");
	assert_fails(iotkit_subscribe(iot, "a", 3), IOTKIT_EINVAL, "QoS is 3");
	assert_fails(iotkit_unsubscribe(iot, "a/#/b"), IOTKIT_EINVAL, "topic filter");
	assert_fails(iotkit_unsubscribe(iot, "a"), IOTKIT_ENOENT, "no subscription to 'a'");
	for (int i = 0; i < SUBSCRIPTIONS_MAX; i++) {
		snprintf(filter, sizeof filter, "f/%d", i);
		ck_assert_int_eq(iotkit_subscribe(iot, filter, 1), IOTKIT_OK);
	}
	assert_fails(iotkit_subscribe(iot, "a", 1), IOTKIT_EFULL, "1024");
	ck_assert_int_eq(iotkit_subscribe(iot, "f/0", 2), IOTKIT_OK); /* there already */
}
END_TEST

/* ---- boards ---- */

START_TEST(a_board_that_cannot_be_added_is_told)
{
	char name[16];

	assert_fails(iotkit_add_device(iot, "d", "/dev/ttyACM0"), IOTKIT_EINVAL, "serial:");
	assert_fails(iotkit_add_device(iot, "", nowhere), IOTKIT_EINVAL, "needs a name");
	assert_fails(iotkit_remove_device(iot, "d"), IOTKIT_ENOENT, "no device 'd'");
	scarce_threads();
	assert_fails(iotkit_add_device(iot, "d", nowhere), IOTKIT_ESYSTEM, "thread");
	scarce_end();
	ck_assert_int_eq(iotkit_add_device(iot, "d", nowhere), IOTKIT_OK);
	assert_fails(iotkit_add_device(iot, "d", nowhere), IOTKIT_EEXIST, "'d' already");
	for (int i = 1; i < DEVICES_MAX; i++) {
		snprintf(name, sizeof name, "d%d", i);
		ck_assert_int_eq(iotkit_add_device(iot, name, nowhere), IOTKIT_OK);
	}
	assert_fails(iotkit_add_device(iot, "more", nowhere), IOTKIT_EFULL, "256");
}
END_TEST

START_TEST(a_command_that_cannot_be_sent_is_told)
{
	ck_assert_int_eq(iotkit_add_device(iot, "shed", nowhere), IOTKIT_OK);
	assert_fails(iotkit_send_command(iot, "shed", "", "1", &id), IOTKIT_EINVAL, "name");
	assert_fails(iotkit_send_command(iot, "shed", "led", "\xff", &id), IOTKIT_EINVAL, "UTF-8");
	assert_fails(iotkit_send_command(iot, "attic", "led", "1", &id), IOTKIT_ENOENT, "attic");
	for (int i = 0; i < COMMANDS_MAX; i++)
		ck_assert_int_eq(iotkit_send_command(iot, "shed", "led", "1", NULL), IOTKIT_OK);
	assert_fails(iotkit_send_command(iot, "shed", "led", "1", &id), IOTKIT_EFULL, "16");
}
END_TEST

START_TEST(ports_that_cannot_be_listed_are_told)
{
	iotkit_port_info port = {.struct_size = 1, .usb_vid = UNSET};
	size_t count = UNSET;

	assert_fails(iotkit_list_ports(NULL, 0, NULL), IOTKIT_EINVAL, "count");
	assert_fails(iotkit_list_ports(&port, 1, &count), IOTKIT_EINVAL, "struct_size is 1");
	port.struct_size = sizeof port;
	scarce_descriptors();
	assert_fails(iotkit_list_ports(&port, 1, &count), IOTKIT_ESYSTEM, "/sys/class/tty");
	ck_assert_uint_eq(count, UNSET);
	ck_assert_int_eq(port.usb_vid, UNSET);
}
END_TEST

/* ---- events, counters and texts ---- */

static struct heard heard;
static struct heard added; /* nobody is in a call on the handle any more */

static void close_and_set_another(const iotkit_event *event, void *context)
{
	(void)event;
	heard_wait(&added, "the device was added");
	iotkit_close(context);
	iotkit_status status = iotkit_set_event_callback(context, close_and_set_another, context);
	heard_add(&heard, "%s: %s", status == IOTKIT_ESTATE ? "IOTKIT_ESTATE" : "another code",
		  iotkit_last_error());
}

START_TEST(a_callback_that_cannot_be_had_is_told)
{
	iotkit *other = expect_open("mqtt://127.0.0.1:1", NULL);

	scarce_threads();
	assert_fails(iotkit_set_event_callback(other, close_and_set_another, other), IOTKIT_ESYSTEM,
		     "thread 'iotkit-events'");
	scarce_end();
	heard_init(&heard);
	heard_init(&added);
	/* Of iotkit_set_event_callback() too: IOTKIT_ESTATE. */
	ck_assert_int_eq(iotkit_set_event_callback(other, close_and_set_another, other), IOTKIT_OK);
	ck_assert_int_eq(iotkit_add_device(other, "d", nowhere), IOTKIT_OK);
	heard_add(&added, "the device was added");
	heard_wait(&heard, "IOTKIT_ESTATE: there will be no more events");
}
END_TEST

START_TEST(a_handle_that_is_none_has_no_events)
{
	ck_assert_ptr_null(iotkit_next_event(NULL, -1));
	ck_assert_ptr_nonnull(strstr(iotkit_last_error(), "iotkit_open() makes one"));
	ck_assert_int_eq(iotkit_event_fd(NULL), -1);
}
END_TEST

START_TEST(counters_and_texts_need_room)
{
	iotkit_stats stats = {.struct_size = 0, .connected = UNSET};
	char text[8] = "before";

	assert_fails(iotkit_get_stats(iot, &stats), IOTKIT_EINVAL, "struct_size");
	ck_assert_int_eq(stats.connected, UNSET);
	assert_fails(iotkit_describe_libraries(text, sizeof text), IOTKIT_EINVAL, "bytes");
	ck_assert_str_eq(text, "before");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errors");
	TCase *calls = tcase_create("calls");

	tcase_add_checked_fixture(calls, start, stop);
	tcase_set_timeout(calls, 60);
	tcase_add_test(calls, what_a_broker_uri_must_be_is_told);
	tcase_add_test(calls, without_descriptors_a_handle_is_not_opened);
	tcase_add_test(calls, an_option_that_cannot_be_set_is_told_and_stays);
	tcase_add_test(calls, options_and_the_will_are_settled_once_connected);
	tcase_add_test(calls, options_stay_while_a_pack_finds_no_room);
	tcase_add_test(calls, an_option_that_cannot_be_read_is_told_and_nothing_written);
	tcase_add_test(calls, a_bad_configuration_file_is_told_with_its_line);
	tcase_add_test(calls, a_configuration_file_with_too_many_devices_has_no_effect);
	tcase_add_test(calls, a_message_that_no_packet_can_have_is_refused);
	tcase_add_test(calls, what_a_full_outbox_refuses_is_told);
	tcase_add_test(calls, subscriptions_that_cannot_be_are_refused);
	tcase_add_test(calls, a_board_that_cannot_be_added_is_told);
	tcase_add_test(calls, a_command_that_cannot_be_sent_is_told);
	tcase_add_test(calls, ports_that_cannot_be_listed_are_told);
	tcase_add_test(calls, a_callback_that_cannot_be_had_is_told);
	tcase_add_test(calls, a_handle_that_is_none_has_no_events);
	tcase_add_test(calls, counters_and_texts_need_room);
	suite_add_tcase(suite, calls);
	return suite_run(suite);
}
