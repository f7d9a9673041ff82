/* SPDX-License-Identifier: MIT
 *
 * Bytes as an outbox's file. Promised for any of them: looking into it and opening it
 * end, with rows or a sentence; and what has been opened takes a message and gives it
 * back.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "fuzz.h"
#include "fuzz_folder.h"
#include "outbox/store.h"

static char path[64], lock[64];

static bool take(void *context, const struct outbox_message *message)
{
	uint64_t *last = context;

	promise(message->id > *last);
	*last = message->id;
	return true;
}

static void open_and_use(void)
{
	struct store *store = NULL;
	struct store_found found;
	uint64_t last = 0;

	if (store_open(path, STORE_SYNC_PROCESS, &store, &found) != IOTKIT_OK) {
		promise(error_last()[0] != '\0');
		return;
	}
	const struct outbox_message message = {
		.id = found.last_id + 1, .topic = "t", .payload = "p", .size = 1, .qos = 1};
	bool added = store_begin(store) == IOTKIT_OK &&
		     store_insert(store, &message) == IOTKIT_OK && store_commit(store) == IOTKIT_OK;
	if (added && store_read(store, 1, UINT64_MAX, take, &last) == IOTKIT_OK)
		promise(last == message.id || message.id == 0);
	store_rollback(store);
	store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	iotkit_outbox_summary summary = {.struct_size = sizeof summary};

	if (path[0] == '\0') {
		promise(mkdtemp(folder) != NULL);
		snprintf(path, sizeof path, "%s/outbox", folder);
		snprintf(lock, sizeof lock, "%s/outbox-lock", folder);
	}
	write_file(path, data, size);
	if (iotkit_outbox_summarize(path, &summary) != IOTKIT_OK)
		promise(error_last()[0] != '\0');
	write_file(lock, data, 0);
	open_and_use();
	clean_up();
	return 0;
}
