/* SPDX-License-Identifier: MIT
 *
 * A device "a" whose board speaks the line protocol, on a pty: what the sink hears of it is
 * heard, and what the board hears is read from the pty.
 */
#ifndef TESTS_KIT_BOARD_H
#define TESTS_KIT_BOARD_H

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "device/device.h"
#include "device/frame.h"
#include "heard.h"
#include "pty.h"
#include "suite.h"

enum { ID = 0x5f3a9c01, NONCE = 0x1d0c44e7, PATIENCE_MS = 20000 };

static struct heard heard;
static struct devices *devices;
static struct pty pty;
static char folder[64];
static char link_path[128];

/* The outbox: what it has of the board. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct device_position position; /* guarded by lock */
static bool saves_at_once; /* guarded by lock */
static iotkit_status answer; /* guarded by lock */
static int64_t metric_ms; /* guarded by lock */
static atomic_bool removes; /* the device, at the next reading */

/* ---- The sink ----------------------------------------------------------- */

static inline void on_metric(void *context, const struct metric *metric)
{
	heard_add(context, "metric %s %s=%g[%s]", metric->device, metric->name, metric->value,
		  metric->unit);
}

static inline void on_state(void *context, const char *device, bool online, iotkit_status status,
			    const char *text)
{
	heard_add(context, "%s %s (%d): %s", online ? "online" : "offline", device, (int)status,
		  text);
}

static inline void on_log(void *context, const char *device, iotkit_status status, const char *text)
{
	heard_add(context, "log %s (%d): %s", device, (int)status, text);
}

static inline iotkit_status keep(const struct device_origin *origin)
{
	pthread_mutex_lock(&lock);
	iotkit_status status = answer;
	if (status == IOTKIT_OK) {
		if (position.boot != origin->boot)
			position.saved = 0;
		position.boot = origin->boot;
		position.taken = origin->seq;
		if (saves_at_once)
			position.saved = origin->seq;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

static inline iotkit_status on_numbered(void *context, const struct metric *metric,
					const struct device_origin *origin)
{
	if (atomic_exchange(&removes, false)) {
		ck_assert_int_eq(devices_remove(devices, metric->device), IOTKIT_OK);
		heard_add(context, "removed");
		return IOTKIT_OK;
	}
	pthread_mutex_lock(&lock);
	metric_ms = metric->time_ms;
	pthread_mutex_unlock(&lock);
	iotkit_status status = keep(origin);
	heard_add(context, "%s %08" PRIx32 "/%" PRIu32 " %s %s=%g[%s]",
		  status == IOTKIT_OK ? "taken" : "refused", origin->boot, origin->seq,
		  metric->device, metric->name, metric->value, metric->unit);
	return status;
}

static inline iotkit_status on_reported(void *context, const struct device_report *report,
					const struct device_origin *origin)
{
	heard_add(context, "reported %" PRIu32 " %s %s=%s", origin->seq, report->device,
		  report->name, report->text);
	return keep(origin);
}

static inline void on_position(void *context, const char *device, struct device_position *out)
{
	(void)context, (void)device;
	pthread_mutex_lock(&lock);
	*out = position;
	pthread_mutex_unlock(&lock);
}

static inline void on_dropped(void *context, const char *device, uint64_t count)
{
	heard_add(context, "dropped %s %" PRIu64, device, count);
}

static inline void on_commanded(void *context, const struct device_result *result)
{
	heard_add(context, "command %" PRIu64 " %s %s=%s (%d): %s", result->id, result->device,
		  result->name, result->value, (int)result->status, result->text);
}

static const struct device_sink sink = {
	.context = &heard,
	.metric = on_metric,
	.state = on_state,
	.log = on_log,
	.numbered = on_numbered,
	.reported = on_reported,
	.position = on_position,
	.board_dropped = on_dropped,
	.commanded = on_commanded,
};

static inline void start(void)
{
	heard_init(&heard);
	position = (struct device_position){0};
	saves_at_once = true;
	answer = IOTKIT_OK;
	atomic_store(&removes, false);
	strcpy(folder, "/tmp/iotkit-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(link_path, sizeof link_path, "%s/board", folder);
	ck_assert_int_eq(devices_open(&sink, &devices), IOTKIT_OK);
}

static inline void stop(void)
{
	devices_close(devices);
	unlink(link_path);
	ck_assert_int_eq(rmdir(folder), 0);
	heard_destroy(&heard);
}

/* ---- The board ---------------------------------------------------------- */

static inline void plug_in(const char *query)
{
	char uri[256];

	pty_open(&pty);
	pty_link(&pty, link_path);
	snprintf(uri, sizeof uri, "serial:%s%s", link_path, query);
	ck_assert_msg(devices_add(devices, "a", uri) == IOTKIT_OK, "%s", iotkit_last_error());
	heard_wait(&heard, "online a");
}

static inline void say(const struct frame *frame)
{
	char line[FRAME_SIZE_MAX + 1];
	size_t size = frame_write(frame, line, sizeof line);

	ck_assert_uint_gt(size, 0);
	pty_write(&pty, line, size);
}

static inline void say_hello(uint32_t id, const char *name)
{
	say(&(struct frame){.kind = FRAME_HELLO,
			    .id = id,
			    .nonce = NONCE,
			    .protocol = 1,
			    .room = 64,
			    .name = name,
			    .firmware = "sketch",
			    .version = "1.2.0",
			    .commands = "led,fan"});
}

static inline void say_metric(uint32_t id, uint32_t seq, uint32_t base, uint32_t age_ms)
{
	say(&(struct frame){.kind = FRAME_METRIC,
			    .id = id,
			    .seq = seq,
			    .base = base,
			    .age_ms = age_ms,
			    .name = "t",
			    .number = seq,
			    .unit = "C"});
}

/* The next frame from the gateway, within the patience of a test. */
static inline const struct frame *hear(void)
{
	static struct frame frame;
	static struct frame_text text;
	char line[FRAME_SIZE_MAX + 1];
	size_t size = 0;
	size_t prefix;
	int64_t deadline = clock_deadline(PATIENCE_MS);

	while (size < sizeof line) {
		struct pollfd ready = {.fd = pty.master, .events = POLLIN};
		ck_assert_msg(poll(&ready, 1, clock_poll_timeout(deadline)) > 0, "nothing came");
		ssize_t got = read(pty.master, line + size, 1);
		if (got < 0 && errno == EAGAIN)
			continue;
		ck_assert_int_eq(got, 1);
		if (line[size++] != '\n')
			continue;
		ck_assert(frame_read(line, size - 1, &frame, &text, &prefix));
		ck_assert_uint_eq(prefix, 0);
		return &frame;
	}
	ck_abort_msg("a line without an end");
	return NULL;
}

/* The next one of a kind; the gateway may ask who is there at any time. */
static inline const struct frame *hear_kind(enum frame_kind kind)
{
	const struct frame *frame;

	do
		frame = hear();
	while (frame->kind == FRAME_WHO && kind != FRAME_WHO);
	ck_assert_msg(frame->kind == kind, "%c came, not %c", (char)frame->kind, (char)kind);
	return frame;
}

static inline void hear_ack(uint32_t id, uint32_t seq)
{
	const struct frame *frame;

	/* Each read is answered, so there may be some for less before. */
	do
		frame = hear_kind(FRAME_ACK);
	while (frame->seq < seq);
	ck_assert_uint_eq(frame->id, id);
	ck_assert_uint_eq(frame->seq, seq);
}

static inline void hear_nothing(void)
{
	struct pollfd ready = {.fd = pty.master, .events = POLLIN};

	ck_assert_int_eq(poll(&ready, 1, 0), 0);
}

/* A kit that has its id. */
static inline uint32_t plug_in_kit(const char *query)
{
	plug_in(query);
	say_hello(FRAME_ID_NONE, "a");
	return hear_kind(FRAME_WELCOME)->id;
}

static inline struct device_counters count(void)
{
	struct device_counters counters;

	devices_count(devices, &counters);
	return counters;
}

/* ---- The suite ----------------------------------------------------------- */

static inline TCase *cases(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start, stop);
	return tcase;
}

#endif
