/* SPDX-License-Identifier: MIT
 *
 * Threads take turns: whoever has the turn owns the packs, and no lock is held
 * while close() runs. So a pack cannot change or be overtaken while it closes.
 */
#include "metric/batch.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/monitor.h"

enum { FIRST_CAPACITY = 8, TEXTS_SIZE = 512 };

/* Names and units of some metrics, one after the other. */
struct texts {
	struct texts *older;
	size_t used;
	size_t capacity;
	char bytes[];
};

struct pack {
	struct pack *next;
	char *device;
	struct metric *metrics; /* device is the pack's; name and unit lie in the texts */
	struct texts *texts; /* the newest, to which there may be added */
	uint64_t *kept; /* their numbers */
	size_t count;
	size_t capacity;
	int64_t due;
};

struct batches {
	struct batch_settings settings;
	struct monitor monitor;
	bool taken; /* guarded by monitor; the rest belongs to who has the turn */
	struct pack *oldest; /* in the order in which they were begun */
	size_t count;
};

static void take_turn(struct batches *batches)
{
	monitor_lock(&batches->monitor);
	while (batches->taken)
		monitor_wait(&batches->monitor, CLOCK_NEVER);
	batches->taken = true;
	monitor_unlock(&batches->monitor);
}

static void end_turn(struct batches *batches)
{
	monitor_lock(&batches->monitor);
	batches->taken = false;
	monitor_notify(&batches->monitor);
	monitor_unlock(&batches->monitor);
}

/* ---- Packs ---- */

static struct pack *pack_new(const char *device, int64_t due)
{
	struct pack *pack = calloc(1, sizeof *pack);

	if (pack == NULL)
		return NULL;
	pack->due = due;
	pack->device = strdup(device);
	if (pack->device == NULL) {
		free(pack);
		return NULL;
	}
	return pack;
}

static void pack_free(struct pack *pack)
{
	while (pack->texts != NULL) {
		struct texts *texts = pack->texts;
		pack->texts = texts->older;
		free(texts);
	}
	free(pack->metrics);
	free(pack->kept);
	free(pack->device);
	free(pack);
}

static bool pack_reserve(struct pack *pack)
{
	if (pack->count < pack->capacity)
		return true;
	size_t capacity = pack->capacity > 0 ? pack->capacity * 2 : FIRST_CAPACITY;
	struct metric *metrics = realloc(pack->metrics, capacity * sizeof *metrics);
	if (metrics == NULL)
		return false;
	pack->metrics = metrics;
	uint64_t *kept = realloc(pack->kept, capacity * sizeof *kept);
	if (kept == NULL)
		return false;
	pack->kept = kept;
	pack->capacity = capacity;
	return true;
}

/* Room for so many bytes of texts; NULL when memory is short. */
static char *pack_texts(struct pack *pack, size_t size)
{
	struct texts *texts = pack->texts;

	if (texts == NULL || size > texts->capacity - texts->used) {
		const size_t capacity = size > TEXTS_SIZE ? size : TEXTS_SIZE;
		texts = malloc(sizeof *texts + capacity);
		if (texts == NULL)
			return NULL;
		*texts = (struct texts){.older = pack->texts, .capacity = capacity};
		pack->texts = texts;
	}
	texts->used += size;
	return texts->bytes + texts->used - size;
}

static bool pack_append(struct pack *pack, const struct metric *metric, uint64_t kept)
{
	size_t name_size = strlen(metric->name) + 1;
	size_t unit_size = strlen(metric->unit) + 1;

	if (!pack_reserve(pack))
		return false;
	char *texts = pack_texts(pack, name_size + unit_size);
	if (texts == NULL)
		return false;
	memcpy(texts, metric->name, name_size);
	memcpy(texts + name_size, metric->unit, unit_size);
	pack->kept[pack->count] = kept;
	struct metric *copy = &pack->metrics[pack->count++];
	*copy = *metric;
	copy->device = pack->device;
	copy->name = texts;
	copy->unit = texts + name_size;
	return true;
}

/* ---- The list of packs: each function needs the turn ---- */

static struct pack **find_link(struct batches *batches, const char *device)
{
	struct pack **link = &batches->oldest;

	while (*link != NULL && strcmp((*link)->device, device) != 0)
		link = &(*link)->next;
	return link;
}

static void unlink_and_free(struct batches *batches, struct pack **link)
{
	struct pack *pack = *link;

	*link = pack->next;
	batches->count--;
	pack_free(pack);
}

/* On success the link leads to the pack after it. */
static iotkit_status close_pack(struct batches *batches, struct pack **link)
{
	const struct batch_settings *settings = &batches->settings;
	const struct pack *pack = *link;
	iotkit_status status = settings->close(settings->context, pack->device, pack->metrics,
					       pack->kept, pack->count);

	if (status == IOTKIT_OK)
		unlink_and_free(batches, link);
	return status;
}

static bool is_full(const struct batches *batches, const struct pack *pack)
{
	return pack->count >= (uint64_t)batches->settings.max;
}

/* The link to the device's pack, which has room for one more. */
static iotkit_status open_pack(struct batches *batches, const char *device, int64_t now_ms,
			       struct pack ***out)
{
	struct pack **link = find_link(batches, device);
	iotkit_status status = IOTKIT_OK;

	if (*link != NULL && !is_full(batches, *link)) {
		*out = link;
		return IOTKIT_OK;
	}
	if (*link != NULL)
		status = close_pack(batches, link);
	else if (batches->oldest != NULL && batches->count == BATCH_DEVICES_MAX)
		status = close_pack(batches, &batches->oldest);
	if (status != IOTKIT_OK)
		return status;
	struct pack *pack = pack_new(device, now_ms + batches->settings.ms);
	if (pack == NULL)
		return error_set_no_memory();
	link = find_link(batches, device); /* closing has moved the end */
	*link = pack;
	batches->count++;
	*out = link;
	return IOTKIT_OK;
}

static iotkit_status add(struct batches *batches, const struct metric *metric, uint64_t kept,
			 int64_t now_ms, bool *due_changed)
{
	struct pack **link = NULL;
	iotkit_status status = open_pack(batches, metric->device, now_ms, &link);

	if (status != IOTKIT_OK)
		return status;
	struct pack *pack = *link;
	if (!pack_append(pack, metric, kept)) {
		if (pack->count == 0)
			unlink_and_free(batches, link);
		return error_set_no_memory();
	}
	*due_changed = pack->count == 1;
	if (!is_full(batches, pack) && pack->due > now_ms)
		return IOTKIT_OK;
	/* The metric is taken, so a refusal now is none of this call's: the pack stays. */
	*due_changed = true;
	if (close_pack(batches, link) != IOTKIT_OK)
		pack->due = now_ms + BATCH_RETRY_MS;
	return IOTKIT_OK;
}

/* ---- The room's functions ---- */

iotkit_status batches_open(const struct batch_settings *settings, struct batches **out)
{
	struct batches *batches = calloc(1, sizeof *batches);

	if (batches == NULL)
		return error_set_no_memory();
	batches->settings = *settings;
	iotkit_status status = monitor_init(&batches->monitor);
	if (status != IOTKIT_OK) {
		free(batches);
		return status;
	}
	*out = batches;
	return IOTKIT_OK;
}

void batches_close(struct batches *batches)
{
	if (batches == NULL)
		return;
	while (batches->oldest != NULL)
		unlink_and_free(batches, &batches->oldest);
	monitor_destroy(&batches->monitor);
	free(batches);
}

iotkit_status batches_add(struct batches *batches, const struct metric *metric, uint64_t kept,
			  int64_t now_ms, bool *due_changed)
{
	*due_changed = false;
	take_turn(batches);
	iotkit_status status = add(batches, metric, kept, now_ms, due_changed);
	end_turn(batches);
	return status;
}

int64_t batches_due(struct batches *batches)
{
	int64_t due = CLOCK_NEVER;

	take_turn(batches);
	for (const struct pack *pack = batches->oldest; pack != NULL; pack = pack->next)
		if (pack->due < due)
			due = pack->due;
	end_turn(batches);
	return due;
}

iotkit_status batches_flush(struct batches *batches, int64_t now_ms)
{
	iotkit_status result = IOTKIT_OK;

	take_turn(batches);
	struct pack **link = &batches->oldest;
	while (*link != NULL) {
		struct pack *pack = *link;
		iotkit_status status = IOTKIT_OK;
		if (pack->due > now_ms) {
			link = &pack->next;
			continue;
		}
		status = close_pack(batches, link);
		if (status == IOTKIT_OK)
			continue;
		result = status;
		if (now_ms != CLOCK_NEVER)
			pack->due = now_ms + BATCH_RETRY_MS;
		link = &pack->next;
	}
	end_turn(batches);
	return result;
}
