/* SPDX-License-Identifier: MIT */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

void scene_open(struct scene *scene)
{
	/* Mosquitto changes the order of what it holds back from a slow receiver. */
	if (scene->broker.config == NULL)
		scene->broker.config = "max_queued_messages 0\nmax_inflight_messages 0";
	broker_start(&scene->broker);
	scene->iot = scene->receiver = NULL;
	scene->kit.pty.master = -1;
	strcpy(scene->folder, "/tmp/iotkit-scene-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene->folder));
	snprintf(scene->link, sizeof scene->link, "%s/board", scene->folder);
	snprintf(scene->port_uri, sizeof scene->port_uri, "serial:%s", scene->link);
	snprintf(scene->box, sizeof scene->box, "%s/box", scene->folder);
}

static void remove_files(const struct scene *scene)
{
	static const char *const ends[] = {"", "-recent", "-wal", "-shm", "-lock", "-clock", "-journal"};
	char path[160];

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		snprintf(path, sizeof path, "%s%s", scene->box, ends[i]);
		unlink(path);
	}
	unlink(scene->link);
	rmdir(scene->folder);
}

void scene_close(struct scene *scene)
{
	iotkit_close(scene->iot);
	iotkit_close(scene->receiver);
	kit_unplug(&scene->kit);
	remove_files(scene);
	broker_remove(&scene->broker);
	*scene = (struct scene){0};
}

void scene_listen(struct scene *scene)
{
	scene->receiver = expect_connected(scene->broker.uri, NULL);
	expect_subscribed(scene->receiver, "iotkit/#", 2);
}

void scene_gateway(struct scene *scene, const char *const *options)
{
	scene->iot = expect_open(scene->broker.uri, options);
	kit_plug_in(&scene->kit, scene->link);
	ck_assert_msg(iotkit_add_device(scene->iot, "shed", scene->port_uri) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	expect_event(scene->iot, IOTKIT_EVENT_DEVICE_ONLINE);
}

void scene_begin(struct scene *scene, const char *const *options)
{
	scene_gateway(scene, options);
	ck_assert_msg(iotkit_connect(scene->iot, EXPECT_MS) == IOTKIT_OK, "%s",
		      iotkit_last_error());
	kit_greet(&scene->kit, 1);
}

static bool is_status(const iotkit_event *event)
{
	const char *last = strrchr(event->topic, '/');

	return last != NULL && strcmp(last, "/status") == 0;
}

const iotkit_event *scene_message(struct scene *scene, const char *topic, const char *payload)
{
	const iotkit_event *event;

	do
		event = expect_event(scene->receiver, IOTKIT_EVENT_MESSAGE);
	while (is_status(event));
	ck_assert_msg(strcmp(event->topic, topic) == 0, "'%s' came on %s rather than %s",
		      (const char *)event->payload, event->topic, topic);
	if (payload != NULL)
		ck_assert_str_eq((const char *)event->payload, payload);
	return event;
}

void scene_numbers(struct scene *scene, uint32_t first, uint32_t last)
{
	char text[16];

	for (uint32_t seq = first; seq <= last; seq++) {
		snprintf(text, sizeof text, "%" PRIu32, seq);
		scene_message(scene, "iotkit/shed/n", text);
	}
}

void scene_status(struct scene *scene, const char *state)
{
	const iotkit_event *event;

	do
		event = expect_event(scene->receiver, IOTKIT_EVENT_MESSAGE);
	while (strcmp(event->topic, "iotkit/shed/status") != 0 ||
	       strcmp(event->payload, state) != 0);
}
