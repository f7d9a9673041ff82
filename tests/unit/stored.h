/* SPDX-License-Identifier: MIT
 *
 * A store in a folder of its own, with messages whose content follows from their id.
 */
#ifndef TESTS_UNIT_STORED_H
#define TESTS_UNIT_STORED_H

#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outbox/store.h"
#include "suite.h"
#include "workshop.h"

enum { STORED_SIZE = 1200, STORED_IDS = 20000 };

static struct store *store;
static struct store_found found;

#define assert_ok(call) ck_assert_msg((call) == IOTKIT_OK, "%s", iotkit_last_error())

/* Some rows are long, and go on on other pages. */
static inline size_t stored_size(uint64_t id)
{
	return id % 97 == 0 ? 9000 + (size_t)id % 50 : (size_t)(id * 37 % 160);
}

static inline struct outbox_message stored_message(uint64_t id)
{
	static char topic[32], payload[10000];

	snprintf(topic, sizeof topic, "t/%llu", (unsigned long long)id);
	for (size_t i = 0; i < sizeof payload; i++)
		payload[i] = (char)(id * 31 + i * 7);
	return (struct outbox_message){.id = id,
				       .topic = topic,
				       .payload = payload,
				       .size = stored_size(id),
				       .qos = (int32_t)(id % 3),
				       .retain = id % 5 == 0,
				       .time_ms = 1795000000000 + (int64_t)id,
				       .expires_ms = id % 2 == 0 ? 1796000000000 + (int64_t)id : 0,
				       .epoch = id % 4 == 0 ? UINT64_MAX - id : 0,
				       .seq = id % 4 == 0 ? id : 0};
}

static inline uint64_t stored_bytes(uint64_t id)
{
	return strlen(stored_message(id).topic) + stored_size(id);
}

static inline bool is_as_stored(const struct outbox_message *message)
{
	struct outbox_message expected = stored_message(message->id);

	return strcmp(message->topic, expected.topic) == 0 && message->size == expected.size &&
	       memcmp(message->payload, expected.payload, expected.size) == 0 &&
	       message->qos == expected.qos && message->retain == expected.retain &&
	       message->time_ms == expected.time_ms && message->expires_ms == expected.expires_ms &&
	       message->epoch == expected.epoch && message->seq == expected.seq;
}

static inline void open_in(const char *name, enum store_sync sync)
{
	assert_ok(store_open(at(name), sync, &store, &found));
}

static inline void open_store(void)
{
	open_in("outbox.db", STORE_SYNC_PROCESS);
}

static inline void close_store(void)
{
	store_close(store);
	store = NULL;
}

static inline void reopen_store(void)
{
	close_store();
	open_store();
}

static inline void insert(uint64_t id)
{
	struct outbox_message message = stored_message(id);

	assert_ok(store_insert(store, &message));
}

/* All in one transaction. */
static inline void insert_all(uint64_t from, uint64_t last)
{
	assert_ok(store_begin(store));
	for (uint64_t id = from; id <= last; id++)
		insert(id);
	assert_ok(store_commit(store));
}

static inline void remove_all(uint64_t from, uint64_t last)
{
	assert_ok(store_begin(store));
	for (uint64_t id = from; id <= last; id++)
		assert_ok(store_remove(store, id, stored_bytes(id)));
	assert_ok(store_commit(store));
}

/* ---- What is in it ---- */

struct stored {
	bool has[STORED_IDS];
	size_t count;
	size_t damaged;
};

static struct stored stored;

static inline bool note_stored(void *context, const struct outbox_message *message)
{
	struct stored *all = context;

	if (message->topic == NULL) {
		all->damaged++;
		return true;
	}
	ck_assert_uint_lt(message->id, STORED_IDS);
	ck_assert_msg(is_as_stored(message), "message %llu is not as it was",
		      (unsigned long long)message->id);
	all->has[message->id] = true;
	all->count++;
	return true;
}

static inline iotkit_status read_stored(void)
{
	memset(&stored, 0, sizeof stored);
	return store_read(store, 0, UINT64_MAX, note_stored, &stored);
}

static inline void assert_has(uint64_t from, uint64_t last)
{
	assert_ok(read_stored());
	ck_assert_uint_eq(stored.count, last - from + 1);
	for (uint64_t id = from; id <= last; id++)
		ck_assert_msg(stored.has[id], "%llu is missing", (unsigned long long)id);
}

static inline void assert_found(uint64_t last_id, uint64_t rows)
{
	uint64_t bytes = 0;

	assert_ok(read_stored());
	for (uint64_t id = 0; id < STORED_IDS; id++)
		if (stored.has[id])
			bytes += stored_bytes(id);
	ck_assert_uint_eq(found.last_id, last_id);
	ck_assert_uint_eq(found.rows, rows);
	ck_assert_uint_eq(stored.count, rows);
	ck_assert_uint_eq(found.bytes, bytes);
}

/* ---- From the outside ---- */

/* What somebody with the sqlite3 program could do. */
static inline void sql(const char *name, const char *text)
{
	sqlite3 *db;
	char *why = NULL;

	ck_assert_int_eq(sqlite3_open(at(name), &db), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK, "%s", why);
	sqlite3_close(db);
}

/* Does it in a process of its own, which ends without a good-bye. */
static inline void in_killed_process(void (*act)(void))
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		act();
		raise(SIGKILL);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child failed: %d",
		      status);
}

static inline void stored_start(void)
{
	workshop_open();
	store = NULL;
}

static inline void stored_end(void)
{
	close_store();
	workshop_close();
}

#endif
