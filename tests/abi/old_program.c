/* SPDX-License-Identifier: MIT
 *
 * A program as users wrote it for the first release. test_old_program.py builds it with that
 * release's header and a library that has nothing but that release's functions, and runs it with
 * today's. It says "all is as it was", or what is not. usage: old_program BROKER_URI
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <iotkit.h>

enum { PATIENCE_MS = 20000 };

/* Every function of that release, so that none can be missing today: made by the test. */
extern void (*const every_function[])(void);
extern const size_t every_function_count;

static void expect(int good, const char *what)
{
	if (good)
		return;
	printf("%s: %s\n", what, iotkit_last_error());
	exit(1);
}

#define EXPECT(condition) expect((condition), #condition)

static iotkit_event take(iotkit *iot, int32_t type)
{
	const iotkit_event *event;

	while ((event = iotkit_next_event(iot, PATIENCE_MS)) != NULL && event->type != type)
		;
	expect(event != NULL, iotkit_event_name(type));
	/* A later library may know more of an event; what was there is where it was. */
	EXPECT(event->struct_size >= sizeof *event);
	return *event;
}

static void look_at_options(iotkit *iot)
{
	char value[64];

	EXPECT(iotkit_option_count() > 40);
	for (int32_t i = 0; i < iotkit_option_count(); i++) {
		const iotkit_option_info *info = iotkit_option_at(i);
		EXPECT(info != NULL && info->struct_size >= sizeof *info);
		EXPECT(info->name[0] != '\0' && info->sentence[0] != '\0' && info->type > 0);
	}
	EXPECT(iotkit_set_option(iot, "mqtt.keepalive_s", "30") == IOTKIT_OK);
	EXPECT(iotkit_get_option(iot, "mqtt.keepalive_s", value, sizeof value) == IOTKIT_OK);
	EXPECT(strcmp(value, "30") == 0);
	EXPECT(iotkit_set_option(iot, "mqtt.keepalive", "30") == IOTKIT_ENOENT);
	EXPECT(strstr(iotkit_last_error(), "mqtt.keepalive_s") != NULL);
}

static void talk(iotkit *iot)
{
	uint64_t id = 0;

	EXPECT(iotkit_set_will(iot, "old/will", "gone", 4, 1, 0) == IOTKIT_OK);
	EXPECT(iotkit_connect(iot, PATIENCE_MS) == IOTKIT_OK);
	EXPECT(iotkit_subscribe(iot, "old/#", 1) == IOTKIT_OK);
	iotkit_event event = take(iot, IOTKIT_EVENT_SUBSCRIBED);
	EXPECT(event.status == IOTKIT_OK && event.qos == 1);
	EXPECT(iotkit_publish(iot, "old/topic", "payload", 7, 1, 0, &id) == IOTKIT_OK && id == 1);
	event = take(iot, IOTKIT_EVENT_MESSAGE);
	EXPECT(event.payload_size == 7 && memcmp(event.payload, "payload", 7) == 0);
	EXPECT(strcmp(event.topic, "old/topic") == 0 && event.qos == 1 && event.retain == 0);
	EXPECT(iotkit_publish_metric(iot, "shed", "light", 0.5, "lx", 0) == IOTKIT_OK);
	EXPECT(iotkit_flush(iot, PATIENCE_MS) == IOTKIT_OK);
}

static void count(iotkit *iot)
{
	/* What stands behind the struct is the program's own. */
	struct {
		iotkit_stats stats;
		char mine[64];
	} all;

	memset(&all, 0x5a, sizeof all);
	all.stats.struct_size = sizeof all.stats;
	EXPECT(iotkit_get_stats(iot, &all.stats) == IOTKIT_OK);
	EXPECT(all.stats.struct_size == sizeof all.stats && all.stats.connected == 1);
	EXPECT(all.stats.accepted == 2 && all.stats.delivered == 2 && all.stats.waiting == 0);
	EXPECT(all.stats.metrics == 1 && all.stats.received == 1 && all.stats.connects == 1);
	for (size_t i = 0; i < sizeof all.mine; i++)
		EXPECT(all.mine[i] == 0x5a);
}

static void on_event(const iotkit_event *event, void *context)
{
	iotkit *iot = context;

	if (event->type != IOTKIT_EVENT_MESSAGE || strcmp(event->topic, "old/question") != 0)
		return;
	EXPECT(iotkit_publish(iot, "elsewhere/answer", "yes", 3, 1, 0, NULL) == IOTKIT_OK);
}

/* The callback answers a question, which another client hears. */
static void converse(iotkit *iot, const char *broker_uri)
{
	iotkit *other = NULL;

	EXPECT(iotkit_set_event_callback(iot, on_event, iot) == IOTKIT_OK);
	EXPECT(iotkit_open(broker_uri, &other) == IOTKIT_OK);
	EXPECT(iotkit_subscribe(other, "elsewhere/answer", 1) == IOTKIT_OK);
	EXPECT(iotkit_connect(other, PATIENCE_MS) == IOTKIT_OK);
	take(other, IOTKIT_EVENT_SUBSCRIBED);
	EXPECT(iotkit_publish(other, "old/question", "well?", 5, 1, 0, NULL) == IOTKIT_OK);
	iotkit_event event = take(other, IOTKIT_EVENT_MESSAGE);
	EXPECT(event.payload_size == 3 && memcmp(event.payload, "yes", 3) == 0);
	iotkit_close(other);
	EXPECT(iotkit_set_event_callback(iot, NULL, NULL) == IOTKIT_OK);
}

int main(int argc, char **argv)
{
	iotkit *iot = NULL;

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < every_function_count; i++)
		EXPECT(every_function[i] != NULL);
	EXPECT(iotkit_open(argv[1], &iot) == IOTKIT_OK);
	look_at_options(iot);
	talk(iot);
	count(iot);
	converse(iot, argv[1]);
	EXPECT(iotkit_disconnect(iot, PATIENCE_MS) == IOTKIT_OK);
	iotkit_close(iot);
	EXPECT(iotkit_strerror(IOTKIT_ETLS)[0] != '\0');
	printf("all is as it was, with libiotkit %s\n", iotkit_version());
	return 0;
}
