/* SPDX-License-Identifier: MIT */
#include "api/commands.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"
#include "metric/topic.h"

enum { NAME_MAX_BYTES = 32, VALUE_MAX_BYTES = 256 };

/* A board that commands may come for. */
struct commanded_board {
	char *device;
	bool subscribed;
	struct commanded_board *next;
};

/* ---- From the application ---- */

static bool is_text(const char *text, size_t min, size_t max)
{
	size_t size = text != NULL ? strlen(text) : 0;

	return text != NULL && size >= min && size <= max && utf8_valid(text, size);
}

/* Number 0: it came by MQTT. */
static iotkit_status send(iotkit *iot, const char *device, const char *name, const char *value,
			  uint64_t number)
{
	if (!is_text(name, 1, NAME_MAX_BYTES))
		return error_set(IOTKIT_EINVAL, "a command's name has 1 to %d bytes of UTF-8",
				 NAME_MAX_BYTES);
	if (!is_text(value, 0, VALUE_MAX_BYTES))
		return error_set(IOTKIT_EINVAL,
				 "the value of the command '%s' is no UTF-8 of at most %d bytes",
				 name, VALUE_MAX_BYTES);
	pthread_rwlock_rdlock(&iot->options_lock);
	int64_t ttl_ms = options_number(&iot->options, OPTION_COMMAND_TTL_MS);
	pthread_rwlock_unlock(&iot->options_lock);
	iotkit_status status = IOTKIT_OK;
	pthread_mutex_lock(&iot->devices_lock);
	if (iot->devices != NULL)
		status = devices_command(iot->devices, device, name, value, ttl_ms, number);
	pthread_mutex_unlock(&iot->devices_lock);
	return status;
}

iotkit_status iotkit_send_command(iotkit *iot, const char *device, const char *name,
				  const char *value, uint64_t *id_out)
{
	iotkit_status status = handle_check(iot);

	if (status != IOTKIT_OK)
		return status;
	if (device == NULL)
		return error_set(IOTKIT_EINVAL, "a command needs a device: its name is NULL");
	uint64_t number = atomic_fetch_add(&iot->commands_sent, 1) + 1;
	status = send(iot, device, name, value, number);
	if (status == IOTKIT_OK && id_out != NULL)
		*id_out = number;
	return status;
}

/* ---- From MQTT ---- */

static iotkit_status make_filter(iotkit *iot, const char *device, struct buffer *filter)
{
	static const char all_names[] = "+/set";

	pthread_rwlock_rdlock(&iot->options_lock);
	iotkit_status status =
		topic_metric(filter, options_text(&iot->options, OPTION_TOPIC_BASE), device, "");
	pthread_rwlock_unlock(&iot->options_lock);
	if (status != IOTKIT_OK)
		return status;
	filter->size -= sizeof "_"; /* what an empty name has become, and the NUL */
	return buffer_append(filter, all_names, sizeof all_names);
}

static void tell_failure(iotkit *iot, const char *device)
{
	struct reason why;

	reason_capture(&why);
	event_log(iot, device, why.status, why.text);
}

/* The lock is held, so that what is subscribed to follows what is known, whichever threads
 * are at it. */
static void subscribe(iotkit *iot, struct commanded_board *board, bool wanted)
{
	struct buffer filter;

	buffer_init(&filter, TOPIC_SIZE_MAX + 1);
	iotkit_status status = make_filter(iot, board->device, &filter);
	if (status == IOTKIT_OK && wanted)
		status = session_subscribe_own(iot->session, filter.bytes, 1);
	else if (status == IOTKIT_OK)
		session_unsubscribe_own(iot->session, filter.bytes);
	buffer_free(&filter);
	board->subscribed = wanted;
	if (status != IOTKIT_OK)
		tell_failure(iot, board->device);
}

static struct commanded_board **find(iotkit *iot, const char *device)
{
	struct commanded_board **link = &iot->commanded;

	while (*link != NULL && strcmp((*link)->device, device) != 0)
		link = &(*link)->next;
	return link;
}

void commands_subscribe(iotkit *iot)
{
	pthread_rwlock_rdlock(&iot->options_lock);
	bool wanted = iot->started && options_flag(&iot->options, OPTION_COMMAND_MQTT);
	pthread_rwlock_unlock(&iot->options_lock);
	if (!wanted)
		return;
	pthread_mutex_lock(&iot->commanded_lock);
	for (struct commanded_board *board = iot->commanded; board != NULL; board = board->next)
		if (!board->subscribed)
			subscribe(iot, board, true);
	pthread_mutex_unlock(&iot->commanded_lock);
}

void commands_know(iotkit *iot, const char *device)
{
	pthread_mutex_lock(&iot->commanded_lock);
	struct commanded_board **link = find(iot, device);
	bool fresh = *link == NULL;
	if (fresh) {
		struct commanded_board *board = calloc(1, sizeof *board);
		if (board != NULL && (board->device = strdup(device)) == NULL) {
			free(board);
			board = NULL;
		}
		*link = board;
	}
	pthread_mutex_unlock(&iot->commanded_lock);
	if (fresh)
		commands_subscribe(iot);
}

static void board_free(struct commanded_board *board)
{
	free(board->device);
	free(board);
}

void commands_forget(iotkit *iot, const char *device)
{
	pthread_mutex_lock(&iot->commanded_lock);
	struct commanded_board **link = find(iot, device);
	struct commanded_board *board = *link;
	if (board != NULL) {
		*link = board->next;
		if (board->subscribed)
			subscribe(iot, board, false);
		board_free(board);
	}
	pthread_mutex_unlock(&iot->commanded_lock);
}

/* The board whose level of a topic these bytes are; a copy of its name. */
static char *find_by_level(iotkit *iot, const char *level, size_t size)
{
	char own[METRIC_NAME_MAX + 1];
	char *device = NULL;

	pthread_mutex_lock(&iot->commanded_lock);
	for (struct commanded_board *board = iot->commanded; board != NULL && device == NULL;
	     board = board->next) {
		topic_level(own, sizeof own, board->device);
		if (strlen(own) == size && memcmp(own, level, size) == 0)
			device = strdup(board->device);
	}
	pthread_mutex_unlock(&iot->commanded_lock);
	return device;
}

/* Where the device's level of `{base}/{device}/{name}/set` begins; NULL: it is no such
 * topic. */
static const char *skip_base(iotkit *iot, const char *topic)
{
	pthread_rwlock_rdlock(&iot->options_lock);
	const char *base = options_text(&iot->options, OPTION_TOPIC_BASE);
	size_t size = strlen(base);
	bool ours = options_flag(&iot->options, OPTION_COMMAND_MQTT) &&
		    strncmp(topic, base, size) == 0 && topic[size] == '/';
	pthread_rwlock_unlock(&iot->options_lock);
	return ours ? topic + size + 1 : NULL;
}

static void tell_retained(iotkit *iot, const char *device, const char *topic)
{
	struct reason reason;

	reason_set(
		&reason, IOTKIT_EINVAL,
		"the retained command %s was passed over: it would be obeyed at each connect; "
		"publish it without retain, and take this one from the broker by 'iotkit-pub -r -n "
		"-t TOPIC'",
		topic);
	event_log(iot, device, reason.status, reason.text);
}

static void pass_on(iotkit *iot, const char *device, const char *name,
		    const struct session_message *message)
{
	char value[VALUE_MAX_BYTES + 2];
	size_t size = message->size < sizeof value ? message->size : sizeof value - 1;

	memcpy(value, message->size > 0 ? message->payload : "", size);
	value[size] = '\0';
	if (message->retain)
		tell_retained(iot, device, message->topic);
	else if (memchr(value, '\0', size) != NULL)
		event_log(iot, device, IOTKIT_EINVAL,
			  "a command was passed over: its value has a byte 0 in it");
	else if (send(iot, device, name, value, 0) != IOTKIT_OK)
		tell_failure(iot, device);
}

/* The levels of the device and of the name, and what is behind them; false: it is no such topic. */
static bool read_topic(iotkit *iot, const char *topic, const char **device, const char **slash,
		       const char **set)
{
	*device = skip_base(iot, topic);
	*slash = *device != NULL ? strchr(*device, '/') : NULL;
	*set = *slash != NULL ? strchr(*slash + 1, '/') : NULL;
	return *set != NULL && strcmp(*set, "/set") == 0;
}

bool commands_may_come(iotkit *iot, const char *topic)
{
	const char *device, *slash, *set;

	return read_topic(iot, topic, &device, &slash, &set);
}

bool commands_take(iotkit *iot, const struct session_message *message)
{
	char name[NAME_MAX_BYTES + 2];
	const char *device, *slash, *set;

	if (!read_topic(iot, message->topic, &device, &slash, &set))
		return false;
	char *board = find_by_level(iot, device, (size_t)(slash - device));
	if (board == NULL)
		return false;
	size_t size = (size_t)(set - slash - 1);
	if (size >= sizeof name)
		size = sizeof name - 1; /* still too long, and refused as such */
	memcpy(name, slash + 1, size);
	name[size] = '\0';
	pass_on(iot, board, name, message);
	free(board);
	return true;
}

/* ---- What becomes of them ---- */

void commands_ended(iotkit *iot, const struct device_result *result)
{
	const iotkit_event event = {
		.type = IOTKIT_EVENT_COMMAND,
		.status = result->status,
		.time_ms = clock_wall_ms(),
		.id = result->id,
		.device = result->device,
		.topic = result->name,
		.payload = result->value,
		.payload_size = strlen(result->value),
		.text = result->text,
	};

	if (result->status == IOTKIT_OK)
		atomic_fetch_add(&iot->commands_done, 1);
	events_push(&iot->events, &event);
}

void commands_free(iotkit *iot)
{
	while (iot->commanded != NULL) {
		struct commanded_board *board = iot->commanded;
		iot->commanded = board->next;
		board_free(board);
	}
}
