/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 256, SHORT_MS = 3, EPOCHS = 5 };

/* Sets of status codes. */
#define ONE(status) (1u << (unsigned)-(status))
#define FINE ONE(IOTKIT_OK)
#define LATE (FINE | ONE(IOTKIT_ETIMEOUT))

void stage_fault(struct stage *stage, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&stage->lock);
	va_start(args, format);
	if (stage->fault[0] == '\0')
		vsnprintf(stage->fault, sizeof stage->fault, format, args);
	va_end(args);
	pthread_mutex_unlock(&stage->lock);
}

unsigned caller_draw(struct caller *caller, unsigned limit)
{
	uint64_t step = atomic_fetch_add(&caller->step, 1);
	uint64_t z = caller->stage->seed + (caller->number << 32) + step;

	z = (z + 1) * UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (unsigned)((z ^ (z >> 31)) % limit);
}

/* The call may end so, and when it fails there is a sentence. */
static void judge(struct caller *caller, const char *function, iotkit_status status,
		  unsigned allowed)
{
	if (status > 0 || status < IOTKIT_EBUSY || (allowed & ONE(status)) == 0)
		stage_fault(caller->stage, "%s() returned %d: %s", function, (int)status,
			    iotkit_last_error());
	else if (status != IOTKIT_OK && iotkit_last_error()[0] == '\0')
		stage_fault(caller->stage, "%s() returned %d without a sentence", function,
			    (int)status);
}

#define JUDGE(caller, allowed, function, ...)                                                      \
	judge(caller, #function, function(__VA_ARGS__), allowed)

/* Takes one of what is to be had only so often. */
static bool may(atomic_int *left)
{
	return atomic_fetch_sub(left, 1) > 0;
}

static void new_path(struct caller *caller, const char *suffix, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%u%s", caller->stage->folder,
		 atomic_fetch_add(&caller->stage->files, 1), suffix);
}

/* ---- the handle ---- */

/* A life of another handle, all of it. */
static void make_open(struct caller *caller)
{
	iotkit *other = NULL;
	char path[PATH_SIZE];

	JUDGE(caller, FINE, iotkit_open, caller->stage->broker_uri, &other);
	JUDGE(caller, FINE, iotkit_set_option, other, "payload", "json");
	JUDGE(caller, FINE, iotkit_set_will, other, "will", "x", 1, 1, 0);
	new_path(caller, ".conf", path);
	FILE *file = fopen(path, "w");
	if (file != NULL) {
		fprintf(file, "[mqtt]\nkeepalive_s = 20\n[device d]\nport = serial:/nowhere\n");
		fclose(file);
	}
	JUDGE(caller, FINE, iotkit_load_config, other, path);
	unlink(path);
	JUDGE(caller, FINE, iotkit_set_event_callback, other, calls_on_event, caller);
	if (may(&caller->stage->exams))
		JUDGE(caller, LATE, iotkit_connect, other, SHORT_MS);
	iotkit_close(other);
}

static void make_close(struct caller *caller)
{
	iotkit *other = NULL;

	iotkit_close(NULL);
	JUDGE(caller, FINE, iotkit_open, NULL, &other);
	JUDGE(caller, FINE, iotkit_publish, other, "lost", "x", 1, 1, 0, NULL);
	iotkit_close(other);
}

static void make_connect(struct caller *caller)
{
	JUDGE(caller, LATE | ONE(IOTKIT_ESTATE), iotkit_connect, caller->stage->iot,
	      (int32_t)caller_draw(caller, SHORT_MS));
}

static void make_disconnect(struct caller *caller)
{
	if (!may(&caller->stage->disconnects))
		return;
	JUDGE(caller, LATE, iotkit_disconnect, caller->stage->iot, SHORT_MS);
	make_connect(caller);
}

static void make_flush(struct caller *caller)
{
	JUDGE(caller, LATE | ONE(IOTKIT_ESTATE), iotkit_flush, caller->stage->iot, SHORT_MS);
}

static void make_check_broker(struct caller *caller)
{
	char text[4096];

	if (may(&caller->stage->exams))
		JUDGE(caller, FINE, iotkit_check_broker, caller->stage->iot, 10000, text,
		      sizeof text);
}

/* ---- options, which are settled ---- */

static void make_option_at(struct caller *caller)
{
	const iotkit_option_info *info =
		iotkit_option_at((int32_t)caller_draw(caller, (unsigned)iotkit_option_count()));

	if (info == NULL || info->name[0] == '\0' || iotkit_option_at(-1) != NULL)
		stage_fault(caller->stage, "iotkit_option_at() has no row");
}

static void make_option_count(struct caller *caller)
{
	if (iotkit_option_at(iotkit_option_count()) != NULL)
		stage_fault(caller->stage, "iotkit_option_count() is wrong");
}

static void make_set_option(struct caller *caller)
{
	JUDGE(caller, ONE(IOTKIT_ESTATE), iotkit_set_option, caller->stage->iot, "payload", "json");
}

static void make_get_option(struct caller *caller)
{
	char value[PATH_SIZE];

	JUDGE(caller, FINE, iotkit_get_option, caller->stage->iot, "mqtt.client_id", value,
	      sizeof value);
}

static void make_load_config(struct caller *caller)
{
	JUDGE(caller, ONE(IOTKIT_ESTATE) | ONE(IOTKIT_ENOENT), iotkit_load_config,
	      caller->stage->iot, "/nowhere/at.all");
}

static void make_set_will(struct caller *caller)
{
	JUDGE(caller, ONE(IOTKIT_ESTATE), iotkit_set_will, caller->stage->iot, "will", "x", 1, 1,
	      0);
}

/* ---- sending and receiving ---- */

static void make_publish(struct caller *caller)
{
	struct stage *stage = caller->stage;
	unsigned number = atomic_fetch_add(&stage->messages, 1);
	int32_t qos = (int32_t)caller_draw(caller, 3);
	uint64_t id = 0;
	char text[16];

	if (number >= MESSAGES_MAX)
		return;
	int size = snprintf(text, sizeof text, "%u", number);
	iotkit_status status =
		iotkit_publish(stage->iot, "stress/n", text, (size_t)size, qos, 0, &id);
	judge(caller, "iotkit_publish", status, FINE | ONE(IOTKIT_EFULL));
	if ((status == IOTKIT_OK) != (id != 0))
		stage_fault(stage, "iotkit_publish() returned %d and the number %" PRIu64,
			    (int)status, id);
	if (status == IOTKIT_OK)
		atomic_store(&stage->accepted[number], (unsigned char)qos);
}

static void make_publish_metric(struct caller *caller)
{
	JUDGE(caller, FINE | ONE(IOTKIT_EFULL), iotkit_publish_metric, caller->stage->iot, "desk",
	      caller_draw(caller, 2) == 0 ? "temperature" : "odd/name", 20.5, "Cel", 0);
}

/* Changes it all the time; what was published is told to others anyway. */
static void make_subscribe(struct caller *caller)
{
	JUDGE(caller, FINE, iotkit_subscribe, caller->stage->iot,
	      caller_draw(caller, 2) == 0 ? "stress/#" : "iotkit/+/temperature",
	      (int32_t)caller_draw(caller, 3));
}

static void make_unsubscribe(struct caller *caller)
{
	JUDGE(caller, FINE | ONE(IOTKIT_ENOENT), iotkit_unsubscribe, caller->stage->iot,
	      "iotkit/+/temperature");
}

/* ---- boards ---- */

static void make_add_device(struct caller *caller)
{
	static const char *const names[] = {"board", "ghost", "far"};
	const char *ports[] = {caller->stage->board_uri, "serial:/nowhere/tty",
			       "tcp://127.0.0.1:9"};
	unsigned which = caller_draw(caller, 3);

	JUDGE(caller, FINE | ONE(IOTKIT_EEXIST), iotkit_add_device, caller->stage->iot,
	      names[which], ports[which]);
}

static void make_remove_device(struct caller *caller)
{
	JUDGE(caller, FINE | ONE(IOTKIT_ENOENT), iotkit_remove_device, caller->stage->iot,
	      caller_draw(caller, 2) == 0 ? "board" : "ghost");
}

static void make_send_command(struct caller *caller)
{
	uint64_t id;

	JUDGE(caller, FINE | ONE(IOTKIT_ENOENT) | ONE(IOTKIT_EFULL), iotkit_send_command,
	      caller->stage->iot, "board", "led", "1", &id);
}

static void make_list_ports(struct caller *caller)
{
	iotkit_port_info ports[2] = {{.struct_size = sizeof ports[0]}};
	size_t count;

	JUDGE(caller, FINE, iotkit_list_ports, ports, 2, &count);
}

/* ---- events ---- */

/* Reads all of it, for the sanitizers to see. */
static void look_at(struct caller *caller, const iotkit_event *event)
{
	const unsigned char *payload = event->payload;
	unsigned sum = 0;

	for (size_t i = 0; i < event->payload_size; i++)
		sum += payload[i];
	sum += event->topic != NULL ? (unsigned)strlen(event->topic) : 0;
	sum += event->text != NULL ? (unsigned)strlen(event->text) : 0;
	if (event->type == IOTKIT_EVENT_MESSAGE && sum == 0)
		stage_fault(caller->stage, "a message without topic and payload came");
	if (event->type == IOTKIT_EVENT_DROPPED)
		stage_fault(caller->stage, "a message was dropped: %s", event->text);
}

void calls_on_event(const iotkit_event *event, void *context)
{
	struct caller *caller = context;

	look_at(caller, event);
	if (may(&caller->stage->callback_calls))
		calls_make_any(caller);
	look_at(caller, event);
}

static void make_next_event(struct caller *caller)
{
	const iotkit_event *event =
		iotkit_next_event(caller->stage->iot, (int32_t)caller_draw(caller, SHORT_MS));

	if (event != NULL)
		look_at(caller, event);
}

static void make_event_fd(struct caller *caller)
{
	struct pollfd fd = {.fd = iotkit_event_fd(caller->stage->iot), .events = POLLIN};

	if (poll(&fd, 1, 1) < 0 || (fd.revents & POLLNVAL) != 0)
		stage_fault(caller->stage, "iotkit_event_fd() is no descriptor");
}

static void make_set_event_callback(struct caller *caller)
{
	iotkit_event_callback callback = caller_draw(caller, 3) == 0 ? NULL : calls_on_event;

	JUDGE(caller, FINE, iotkit_set_event_callback, caller->stage->iot, callback, caller);
}

static void make_event_name(struct caller *caller)
{
	if (strcmp(iotkit_event_name(IOTKIT_EVENT_CONNECTED), "connected") != 0)
		stage_fault(caller->stage, "iotkit_event_name() is wrong");
}

/* ---- repeats ---- */

static void make_dedup_open(struct caller *caller)
{
	iotkit_dedup *other = NULL;

	JUDGE(caller, FINE, iotkit_dedup_open, NULL, &other);
	if (iotkit_dedup_is_new(other, 1, 1) != 1 || iotkit_dedup_is_new(other, 1, 1) != 0)
		stage_fault(caller->stage, "iotkit_dedup_is_new() is wrong");
	iotkit_dedup_close(other);
}

static void make_dedup_is_new(struct caller *caller)
{
	if (iotkit_dedup_is_new(caller->stage->dedup, 1 + caller_draw(caller, EPOCHS),
				1 + caller_draw(caller, 1000)) < 0)
		stage_fault(caller->stage, "iotkit_dedup_is_new(): %s", iotkit_last_error());
}

static void make_dedup_save(struct caller *caller)
{
	JUDGE(caller, FINE, iotkit_dedup_save, caller->stage->dedup);
}

/* ---- the outbox's file ---- */

static void make_outbox_summarize(struct caller *caller)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};

	JUDGE(caller, FINE, iotkit_outbox_summarize, caller->stage->box, &summary);
	if (summary.in_use != 1)
		stage_fault(caller->stage, "the outbox passes for one that nobody has open");
}

static void make_outbox_rows(struct caller *caller)
{
	iotkit_outbox_rows *rows = NULL;
	const iotkit_outbox_row *row;
	uint64_t last = 0;

	JUDGE(caller, FINE, iotkit_outbox_rows_open, caller->stage->box, 0, &rows);
	while ((row = iotkit_outbox_rows_next(rows)) != NULL) {
		if (row->id <= last)
			stage_fault(caller->stage, "rows are not in order");
		last = row->id;
	}
	JUDGE(caller, FINE, iotkit_outbox_rows_status, rows);
	iotkit_outbox_rows_close(rows);
}

static void make_outbox_purge(struct caller *caller)
{
	uint64_t count;

	JUDGE(caller, ONE(IOTKIT_EBUSY), iotkit_outbox_purge, caller->stage->box, INT64_MAX,
	      &count);
}

/* ---- certificates ---- */

static void make_create_certificate(struct caller *caller)
{
	char key[PATH_SIZE], certificate[PATH_SIZE];

	if (!may(&caller->stage->exams))
		return;
	new_path(caller, ".key", key);
	new_path(caller, ".crt", certificate);
	const iotkit_certificate_request request = {.struct_size = sizeof request,
						    .kind = IOTKIT_CERTIFICATE_CA,
						    .name = "stress",
						    .key_file = key,
						    .certificate_file = certificate};
	JUDGE(caller, FINE, iotkit_create_certificate, &request);
	unlink(key);
	unlink(certificate);
}

static void make_describe_certificate(struct caller *caller)
{
	char path[PATH_SIZE], text[8192];

	snprintf(path, sizeof path, "%s/ca.crt", caller->stage->folder);
	JUDGE(caller, FINE, iotkit_describe_certificate, path, text, sizeof text);
}

/* ---- counters and texts ---- */

static void make_get_stats(struct caller *caller)
{
	iotkit_stats stats = {.struct_size = sizeof stats};

	JUDGE(caller, FINE, iotkit_get_stats, caller->stage->iot, &stats);
}

/* What fails on another thread is no business of this one. */
static void make_last_error(struct caller *caller)
{
	char value[PATH_SIZE];

	JUDGE(caller, ONE(IOTKIT_ENOENT), iotkit_get_option, caller->stage->iot, "no.such", value,
	      sizeof value);
	sched_yield();
	if (strstr(iotkit_last_error(), "no.such") == NULL)
		stage_fault(caller->stage, "iotkit_last_error() has another's sentence: %s",
			    iotkit_last_error());
}

static void make_strerror(struct caller *caller)
{
	if (iotkit_strerror(-(int32_t)caller_draw(caller, 20))[0] == '\0')
		stage_fault(caller->stage, "iotkit_strerror() is empty");
}

static void make_version(struct caller *caller)
{
	if (strchr(iotkit_version(), '.') == NULL)
		stage_fault(caller->stage, "iotkit_version() is no version");
}

static void make_describe_libraries(struct caller *caller)
{
	char text[1024];

	JUDGE(caller, FINE, iotkit_describe_libraries, text, sizeof text);
}

/* ---- the table ---- */

const struct call calls[] = {
	{"iotkit_add_device", make_add_device, 2},
	{"iotkit_check_broker", make_check_broker, 1},
	{"iotkit_close", make_close, 1},
	{"iotkit_connect", make_connect, 2},
	{"iotkit_create_certificate", make_create_certificate, 1},
	{"iotkit_dedup_close", make_dedup_open, 1},
	{"iotkit_dedup_is_new", make_dedup_is_new, 4},
	{"iotkit_dedup_open", make_dedup_open, 1},
	{"iotkit_dedup_save", make_dedup_save, 1},
	{"iotkit_describe_certificate", make_describe_certificate, 1},
	{"iotkit_describe_libraries", make_describe_libraries, 1},
	{"iotkit_disconnect", make_disconnect, 1},
	{"iotkit_event_fd", make_event_fd, 2},
	{"iotkit_event_name", make_event_name, 1},
	{"iotkit_flush", make_flush, 2},
	{"iotkit_get_option", make_get_option, 2},
	{"iotkit_get_stats", make_get_stats, 4},
	{"iotkit_last_error", make_last_error, 4},
	{"iotkit_list_ports", make_list_ports, 1},
	{"iotkit_load_config", make_load_config, 1},
	{"iotkit_next_event", make_next_event, 12},
	{"iotkit_open", make_open, 1},
	{"iotkit_option_at", make_option_at, 1},
	{"iotkit_option_count", make_option_count, 1},
	{"iotkit_outbox_purge", make_outbox_purge, 1},
	{"iotkit_outbox_rows_close", make_outbox_rows, 1},
	{"iotkit_outbox_rows_next", make_outbox_rows, 1},
	{"iotkit_outbox_rows_open", make_outbox_rows, 1},
	{"iotkit_outbox_rows_status", make_outbox_rows, 1},
	{"iotkit_outbox_summarize", make_outbox_summarize, 1},
	{"iotkit_publish", make_publish, 40},
	{"iotkit_publish_metric", make_publish_metric, 8},
	{"iotkit_remove_device", make_remove_device, 1},
	{"iotkit_send_command", make_send_command, 2},
	{"iotkit_set_event_callback", make_set_event_callback, 2},
	{"iotkit_set_option", make_set_option, 1},
	{"iotkit_set_will", make_set_will, 1},
	{"iotkit_strerror", make_strerror, 1},
	{"iotkit_subscribe", make_subscribe, 2},
	{"iotkit_unsubscribe", make_unsubscribe, 1},
	{"iotkit_version", make_version, 1},
};
const size_t calls_count = sizeof calls / sizeof calls[0];

void calls_make_any(struct caller *caller)
{
	unsigned all = 0, drawn;
	size_t i = 0;

	for (size_t row = 0; row < calls_count; row++)
		all += calls[row].weight;
	for (drawn = caller_draw(caller, all); drawn >= calls[i].weight; i++)
		drawn -= calls[i].weight;
	calls[i].make(caller);
}
