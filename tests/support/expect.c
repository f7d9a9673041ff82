/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "suite.h"

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

iotkit *expect_open(const char *uri, const char *const *options)
{
	iotkit *iot = NULL;

	ck_assert_msg(iotkit_open(uri, &iot) == IOTKIT_OK, "%s: %s", uri, iotkit_last_error());
	ck_assert_int_eq(iotkit_set_option(iot, "reconnect.min_ms", "20"), IOTKIT_OK);
	ck_assert_int_eq(iotkit_set_option(iot, "reconnect.max_ms", "100"), IOTKIT_OK);
	for (; options != NULL && options[0] != NULL; options += 2)
		ck_assert_msg(iotkit_set_option(iot, options[0], options[1]) == IOTKIT_OK, "%s",
			      iotkit_last_error());
	return iot;
}

iotkit *expect_connected(const char *uri, const char *const *options)
{
	iotkit *iot = expect_open(uri, options);

	ck_assert_msg(iotkit_connect(iot, EXPECT_MS) == IOTKIT_OK, "%s", iotkit_last_error());
	return iot;
}

void expect_subscribed(iotkit *iot, const char *filter, int32_t qos)
{
	ck_assert_int_eq(iotkit_subscribe(iot, filter, qos), IOTKIT_OK);
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_SUBSCRIBED);
	ck_assert_msg(event->status == IOTKIT_OK, "%s", event->text);
	ck_assert_str_eq(event->topic, filter);
	ck_assert_int_eq(event->qos, qos);
}

const iotkit_event *expect_text(iotkit *iot, int32_t type, const char *part)
{
	const int64_t deadline = now_ms() + EXPECT_MS;
	char last[256] = "nothing";

	for (int64_t left = EXPECT_MS; left > 0; left = deadline - now_ms()) {
		const iotkit_event *event = iotkit_next_event(iot, (int32_t)left);
		if (event == NULL)
			break;
		bool has_part = event->text != NULL && strstr(event->text, part) != NULL;
		if (event->type == type && (part[0] == '\0' || has_part))
			return event;
		snprintf(last, sizeof last, "%s '%s'", iotkit_event_name(event->type),
			 event->text != NULL ? event->text : "");
	}
	ck_abort_msg("no %s event with '%s' came; the last was %s", iotkit_event_name(type), part,
		     last);
	return NULL;
}

const iotkit_event *expect_event(iotkit *iot, int32_t type)
{
	return expect_text(iot, type, "");
}

const iotkit_event *expect_message(iotkit *iot, const char *topic, const char *payload)
{
	const iotkit_event *event = expect_event(iot, IOTKIT_EVENT_MESSAGE);

	ck_assert_str_eq(event->topic, topic);
	ck_assert_uint_eq(event->payload_size, strlen(payload));
	ck_assert_str_eq((const char *)event->payload, payload);
	return event;
}

void expect_published(iotkit *iot, const char *topic, const char *payload, int32_t qos)
{
	ck_assert_msg(iotkit_publish(iot, topic, payload, strlen(payload), qos, 0, NULL) ==
			      IOTKIT_OK,
		      "%s", iotkit_last_error());
}

void expect_none(iotkit *iot, int32_t type, int32_t within_ms)
{
	const int64_t deadline = now_ms() + within_ms;
	const iotkit_event *event;

	for (int64_t left = within_ms; left > 0; left = deadline - now_ms()) {
		event = iotkit_next_event(iot, (int32_t)left);
		ck_assert_msg(event == NULL || event->type != type, "an unwanted %s event came: %s",
			      iotkit_event_name(type),
			      event != NULL && event->text != NULL ? event->text : "");
	}
}

iotkit_stats expect_stats(iotkit *iot)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	ck_assert_int_eq(iotkit_get_stats(iot, &stats), IOTKIT_OK);
	return stats;
}

int expect_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	int count = 0;

	ck_assert_ptr_nonnull(directory);
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	return count;
}
