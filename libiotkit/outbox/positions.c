/* SPDX-License-Identifier: MIT
 *
 * How far each kit's numbers have come. A kit is a text of the file, written in the
 * transaction that has its message, so that there is never one without the other. Of
 * too many kits the one that has sent nothing for longest is forgotten.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "outbox/internal.h"

#define PREFIX "kit/" /* of the text's name; its value is as "5f3a9c01 17" */
enum { PREFIX_SIZE = sizeof PREFIX - 1, BOOT_DIGITS = 8, VALUE_SIZE = 24 };

/* ---- The list: the one that sent last comes first ---- */

static struct kit *kit_new(const char *name)
{
	size_t size = strlen(name) + 1;
	struct kit *kit = malloc(sizeof *kit + PREFIX_SIZE + size);

	if (kit == NULL)
		return NULL;
	*kit = (struct kit){0};
	memcpy(kit->text_name, PREFIX, PREFIX_SIZE);
	memcpy(kit->text_name + PREFIX_SIZE, name, size);
	return kit;
}

static struct kit *find(const struct positions *positions, const char *name)
{
	struct kit *kit = positions->newest;

	while (kit != NULL && strcmp(kit->text_name + PREFIX_SIZE, name) != 0)
		kit = kit->older;
	return kit;
}

static void list_first(struct positions *positions, struct kit *kit)
{
	kit->newer = NULL;
	kit->older = positions->newest;
	*(kit->older != NULL ? &kit->older->newer : &positions->oldest) = kit;
	positions->newest = kit;
	positions->count++;
}

static void unlist(struct positions *positions, struct kit *kit)
{
	*(kit->older != NULL ? &kit->older->newer : &positions->oldest) = kit->newer;
	*(kit->newer != NULL ? &kit->newer->older : &positions->newest) = kit->older;
	positions->count--;
}

static void set_dirty(struct positions *positions, struct kit *kit)
{
	if (!kit->dirty)
		positions->dirty_count++;
	kit->dirty = true;
}

static void clear_dirty(struct positions *positions, struct kit *kit)
{
	if (kit->dirty)
		positions->dirty_count--;
	kit->dirty = false;
}

/* What the file has of it, or is about to have, is to go as well. */
static void forget_oldest(struct positions *positions)
{
	struct kit *kit = positions->oldest;

	unlist(positions, kit);
	clear_dirty(positions, kit);
	if (!kit->stored && !kit->being_saved) {
		free(kit);
		return;
	}
	kit->forgotten = true;
	kit->older = positions->forgotten;
	positions->forgotten = kit;
}

/* ---- In ---- */

iotkit_status positions_reserve(struct outbox *outbox, const char *name, struct kit **out)
{
	*out = find(&outbox->positions, name);
	if (*out == NULL)
		*out = kit_new(name);
	return *out != NULL ? IOTKIT_OK : error_set_no_memory();
}

static bool is_listed(const struct kit *kit)
{
	return kit->position.boot != 0;
}

void positions_release(struct kit *kit)
{
	if (!is_listed(kit))
		free(kit);
}

void positions_advance(struct outbox *outbox, struct kit *kit, const struct outbox_origin *origin)
{
	struct positions *positions = &outbox->positions;
	struct outbox_position *position = &kit->position;

	if (is_listed(kit))
		unlist(positions, kit);
	list_first(positions, kit);
	if (position->boot != origin->boot)
		*position = (struct outbox_position){.boot = origin->boot};
	position->taken = origin->seq;
	if (outbox->store != NULL) {
		commit_ask(outbox, HASTE_SOON);
		set_dirty(positions, kit);
	} else {
		position->saved = origin->seq;
	}
	if (positions->count > POSITIONS_MAX)
		forget_oldest(positions);
}

void outbox_advance(struct outbox *outbox, const struct outbox_origin *origin)
{
	struct kit *kit = NULL;

	monitor_lock(&outbox->monitor);
	if (positions_reserve(outbox, origin->kit, &kit) == IOTKIT_OK)
		positions_advance(outbox, kit, origin);
	monitor_unlock(&outbox->monitor);
}

void outbox_position(struct outbox *outbox, const char *kit, struct outbox_position *out)
{
	monitor_lock(&outbox->monitor);
	const struct kit *known = find(&outbox->positions, kit);
	*out = known != NULL ? known->position : (struct outbox_position){0};
	monitor_unlock(&outbox->monitor);
}

void positions_free(struct positions *positions)
{
	while (positions->newest != NULL) {
		struct kit *kit = positions->newest;
		positions->newest = kit->older;
		free(kit);
	}
	while (positions->forgotten != NULL) {
		struct kit *kit = positions->forgotten;
		positions->forgotten = kit->older;
		free(kit);
	}
	*positions = (struct positions){0};
}

/* ---- Into the file ---- */

bool positions_are_dirty(const struct positions *positions)
{
	return positions->dirty_count > 0 || positions->forgotten != NULL;
}

void positions_suspect_file(struct outbox *outbox)
{
	struct positions *positions = &outbox->positions;

	if (positions->count > 0)
		commit_ask(outbox, HASTE_SOON);
	for (struct kit *kit = positions->newest; kit != NULL; kit = kit->older)
		set_dirty(positions, kit);
}

void positions_gather(struct positions *positions, struct kits *kits)
{
	*kits = (struct kits){.forgotten = positions->forgotten};
	positions->forgotten = NULL;
	for (struct kit *kit = positions->newest; positions->dirty_count > 0; kit = kit->older) {
		if (!kit->dirty)
			continue;
		clear_dirty(positions, kit);
		kit->being_saved = true;
		kit->target = kit->position;
		kit->next_in_batch = kits->changed;
		kits->changed = kit;
	}
}

static iotkit_status write_kit(struct store *store, const struct kit *kit)
{
	char value[VALUE_SIZE];
	snprintf(value, sizeof value, "%0*" PRIx32 " %" PRIu32, BOOT_DIGITS, kit->target.boot,
		 kit->target.taken);

	return store_put_text(store, kit->text_name, value);
}

/* Who was forgotten may have come again since, and is among the changed then. */
iotkit_status positions_write(struct store *store, const struct kits *kits)
{
	iotkit_status status = IOTKIT_OK;
	const struct kit *kit = kits->forgotten;

	for (; kit != NULL && status == IOTKIT_OK; kit = kit->older)
		status = store_remove_text(store, kit->text_name);
	for (kit = kits->changed; kit != NULL && status == IOTKIT_OK; kit = kit->next_in_batch)
		status = write_kit(store, kit);
	return status;
}

void positions_settle(struct kits *kits)
{
	for (struct kit *kit = kits->changed; kit != NULL; kit = kit->next_in_batch) {
		kit->being_saved = false;
		kit->stored = true;
		if (kit->position.boot == kit->target.boot)
			kit->position.saved = kit->target.taken;
	}
	while (kits->forgotten != NULL) {
		struct kit *kit = kits->forgotten;
		kits->forgotten = kit->older;
		free(kit);
	}
}

void positions_postpone(struct positions *positions, struct kits *kits)
{
	for (struct kit *kit = kits->changed; kit != NULL; kit = kit->next_in_batch) {
		kit->being_saved = false;
		if (!kit->forgotten)
			set_dirty(positions, kit);
	}
	while (kits->forgotten != NULL) {
		struct kit *kit = kits->forgotten;
		kits->forgotten = kit->older;
		kit->older = positions->forgotten;
		positions->forgotten = kit;
	}
}

/* ---- Out of the file ---- */

struct loading {
	struct positions *positions;
	iotkit_status status;
};

static bool parse(const char *value, struct outbox_position *out)
{
	char *at;
	unsigned long boot = strtoul(value, &at, 16);

	if (at != value + BOOT_DIGITS || *at != ' ')
		return false;
	unsigned long long seq = strtoull(at + 1, &at, 10);
	*out = (struct outbox_position){
		.boot = (uint32_t)boot, .taken = (uint32_t)seq, .saved = (uint32_t)seq};
	return *at == '\0' && boot != 0 && seq != 0 && seq <= UINT32_MAX;
}

static void load_kit(void *context, const char *name, const char *value)
{
	struct loading *loading = context;
	struct outbox_position position;

	if (loading->status != IOTKIT_OK || !parse(value, &position))
		return;
	struct kit *kit = kit_new(name + PREFIX_SIZE);
	if (kit == NULL) {
		loading->status = error_set_no_memory();
		return;
	}
	kit->stored = true;
	kit->position = position;
	list_first(loading->positions, kit);
	if (loading->positions->count > POSITIONS_MAX)
		forget_oldest(loading->positions);
}

iotkit_status positions_load(struct positions *positions, struct store *store)
{
	struct loading loading = {.positions = positions};
	iotkit_status status = store_read_texts(store, PREFIX, load_kit, &loading);

	if (status == IOTKIT_OK)
		status = loading.status;
	if (status != IOTKIT_OK)
		positions_free(positions);
	return status;
}
