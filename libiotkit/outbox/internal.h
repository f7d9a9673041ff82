/* SPDX-License-Identifier: MIT
 *
 * What the files of this room share.
 *
 *     outbox.c   the room's functions
 *     attach.c   from memory into a file
 *     rows.c     the rows in memory: one list by id, lanes, flights     (lock)
 *     bounds.c   what a full outbox does                                (lock)
 *     positions.c  how far each kit's numbers have come          (lock; turn)
 *     commit_ask.c  what is to be saved, and whose turn it is        (lock)
 *     commit.c   brings the file to what is wanted                      (turn)
 *     fetch.c    brings rows of the file into memory                    (turn)
 *     mend.c     after damage to the file                              (turn)
 *     writer.c   the thread that does so when nobody waits for it
 *
 * With a file the list is a window on it: the rows in flight, the next ones of each
 * lane, and those not saved yet. The lock guards all in memory, and is never held while
 * the disk is waited for. The turn is the right to use the store; who has it may take
 * the lock, never the other way round.
 */
#ifndef IOTKIT_OUTBOX_INTERNAL_H
#define IOTKIT_OUTBOX_INTERNAL_H

#include <pthread.h>

#include "base/error.h"
#include "base/monitor.h"
#include "outbox/outbox.h"

enum {
	FLIGHT_BUCKETS = 256, /* the usual window, so that a bucket has one row or two */
	FETCH_ROWS = 256,
	FETCH_BYTES = 512 * 1024,
	WINDOW_BYTES = 1024 * 1024, /* beyond it, what is saved is left to the file */
	POSITIONS_MAX = 1024, /* kits */
	GATHER_MS = 50, /* what nobody waits for is saved together */
	SETTLE_MS = 1000, /* what is saved is in the database by then */
	RETRY_MS = 1000 /* between attempts at a file that fails */
};

/* How soon something is to be saved. */
enum haste {
	HASTE_OWN, /* who asks for it does it */
	HASTE_SOON,
	HASTE_LATER /* within GATHER_MS */
};

enum row_place { ROW_WAITING, ROW_IN_FLIGHT, ROW_GONE };

/* What the file says, or is to say, of a row. */
struct row_state {
	bool stored;
	bool released;
	uint16_t packet_id; /* 0: not in flight */
};

/* Who waits for a row to be saved. */
struct waiter {
	bool done;
	struct reason why; /* IOTKIT_OK: it is */
};

struct row {
	struct row *older; /* in the list, which a row leaves when it is gone */
	struct row *newer;
	struct row *next_flight; /* in its bucket */
	struct row *next_dirty; /* in the list of those to be saved */
	struct row *next_in_batch; /* of those being saved */
	struct waiter *waiter;
	enum row_place place;
	bool dirty; /* in the list of those to be saved */
	bool unsaved; /* never saved yet, with a file */
	bool departed; /* not to be in the file again */
	struct row_state wanted;
	struct row_state target; /* what wanted was when the batch was made; the turn's */
	struct row_state saved; /* written with both turn and lock */
	uint64_t bytes;
	struct outbox_message message;
	char data[]; /* the topic and its NUL, then the payload */
};

/* Something to be saved about a message of the broker's. */
struct receipt {
	struct receipt *next;
	uint16_t packet_id;
	bool ended;
	size_t size;
	char packet[];
};

/* A kit whose messages have come, and how far its numbers have. */
struct kit {
	struct kit *newer; /* in the list, which it leaves when it is forgotten */
	struct kit *older; /* or in that of those forgotten */
	struct kit *next_in_batch; /* of those being saved */
	bool dirty; /* to be saved */
	bool being_saved;
	bool stored; /* the file has it, for all we know */
	bool forgotten; /* to be removed from there */
	struct outbox_position position;
	struct outbox_position target; /* what it was when the batch was made; the turn's */
	char text_name[]; /* in the file; the kit's own name is its end */
};

struct positions {
	struct kit *newest; /* sent last */
	struct kit *oldest;
	size_t count;
	size_t dirty_count;
	struct kit *forgotten;
};

/* Those that a commit is about. */
struct kits {
	struct kit *changed; /* by next_in_batch */
	struct kit *forgotten; /* by older */
};

struct lane {
	struct row *first_waiting;
	bool more; /* the file has rows of it, from next on, that the list may lack */
	uint64_t next;
};

struct outbox {
	struct outbox_listener listener;
	struct monitor monitor; /* the lock, which guards all below */
	struct outbox_limits limits;
	struct outbox_counters counters;
	uint64_t last_id;

	struct row *oldest;
	struct row *newest;
	uint64_t listed_bytes;
	struct lane lanes[2];
	uint64_t live_from; /* ids from here on are of the live lane */
	struct row *flights[FLIGHT_BUCKETS]; /* in flight, or gone and not saved as such */
	uint64_t flight_rows;
	uint64_t flight_bytes;
	struct positions positions;

	/* With a file. */
	bool turn_taken;
	struct store *store; /* the turn's; NULL: in memory */
	enum store_sync sync;
	struct row *dirty;
	struct row **dirty_end;
	struct receipt *receipts;
	struct receipt **receipts_end;
	size_t receipt_count;
	uint64_t unsaved_rows;
	bool urgent; /* somebody waits for what is to be saved */
	int64_t dirty_since;
	uint64_t asked; /* a ticket for each thing to be saved */
	uint64_t passed;
	bool awaited; /* a ticket has not passed, and somebody asked */
	bool failing; /* the file, since the last commit */
	int64_t retry_at;
	int64_t read_again_at;
	int64_t settle_at; /* CLOCK_NEVER: the database has all */
	bool closing;
	bool has_writer;
	bool writer_wants_turn;
	pthread_t writer;
	struct bell for_writer; /* it has something to do, or another time to do it */
};

/* ---- rows.c; each needs the lock, but for the first two ---- */

struct row *row_new(const struct outbox_message *message);
uint64_t row_bytes(const struct outbox_message *message);
struct lane *rows_lane(struct outbox *outbox, const struct row *row);
void rows_append(struct outbox *outbox, struct row *row); /* as the newest */
void rows_insert_before(struct outbox *outbox, struct row *row, struct row *newer);
void rows_unlink(struct outbox *outbox, struct row *row);
void rows_take_off(struct outbox *outbox, struct row *row); /* in flight from now on */
struct row *rows_find_flight(const struct outbox *outbox, uint64_t id); /* or one gone */
void rows_put_back(struct outbox *outbox, struct row *row);
void rows_remove(struct outbox *outbox, struct row *row); /* gone; freed once that is saved */
void rows_withdraw(struct outbox *outbox, struct row *row); /* was never saved */
void rows_note_saved(struct outbox *outbox, struct row *row); /* or given up before */
void rows_adopt_gone(struct outbox *outbox, struct row *row); /* is in the file alone */
void rows_forget_gone(struct outbox *outbox, struct row *row);
bool row_is_available(const struct outbox *outbox, const struct row *row);
uint64_t rows_oldest_id(const struct outbox *outbox); /* of all; UINT64_MAX: none */
void rows_free(struct outbox *outbox); /* all of them, and what is to be saved of packets */

/* ---- positions.c; each needs the lock ---- */

/* Memory for a kit, so that nothing fails once its message has been taken. Then it is to
 * be advanced or released. */
iotkit_status positions_reserve(struct outbox *outbox, const char *name, struct kit **out);
void positions_release(struct kit *kit);
void positions_advance(struct outbox *outbox, struct kit *kit, const struct outbox_origin *origin);
bool positions_are_dirty(const struct positions *positions);
void positions_suspect_file(struct outbox *outbox); /* all are to be saved again */

/* Makes a part of a batch, and says what became of it: exactly one of the latter two. */
void positions_gather(struct positions *positions, struct kits *kits);
void positions_settle(struct kits *kits);
void positions_postpone(struct positions *positions, struct kits *kits);

/* These without the lock, within a transaction, ... */
iotkit_status positions_write(struct store *store, const struct kits *kits);
/* ... and while nobody else knows of either. */
iotkit_status positions_load(struct positions *positions, struct store *store);
void positions_free(struct positions *positions);

/* ---- bounds.c; each needs the lock ---- */

/* Whether there is room; a row given up, and those it gives up, are chained by newer. */
iotkit_status bounds_admit(struct outbox *outbox, struct row *row, struct row **victims);
/* With a file and the turn: gives up what is too much. */
struct row *bounds_trim(struct outbox *outbox);
void bounds_tell_and_free(struct outbox *outbox, struct row *victims); /* without the lock */

/* ---- commit_ask.c; each needs the lock ---- */

bool commit_has_work(const struct outbox *outbox); /* something is to be saved */
void commit_ask(struct outbox *outbox, enum haste haste); /* before it is noted what for */
void commit_mark(struct outbox *outbox, struct row *row, enum haste haste); /* to be saved */
void commit_mark_receipt(struct outbox *outbox, struct receipt *receipt);
void commit_enlist(struct outbox *outbox, struct row *row); /* which is not dirty */
bool commit_is_due(const struct outbox *outbox);
void commit_take_turn(struct outbox *outbox); /* lets go of the lock meanwhile */
void commit_end_turn(struct outbox *outbox);

/* ---- commit.c; each needs the lock, and lets go of it meanwhile ---- */

void commit_all(struct outbox *outbox); /* with the turn */
void commit_now(struct outbox *outbox); /* the turn is free */
void commit_await(struct outbox *outbox, struct waiter *waiter);
bool commit_note_failure(struct outbox *outbox); /* true: it is to be told */
/* Without the lock. */
void commit_tell_failure(struct outbox *outbox, const struct reason *why);

/* ---- mend.c; with the turn, without the lock ---- */

/* After a failure of the store: true when the file was damaged, and there is a new one. */
bool mend(struct outbox *outbox);
/* The listener hears what became of a damaged file. */
void mend_tell(struct outbox *outbox, const struct store_found *found);

/* ---- fetch.c; needs the lock and the turn, and lets go of the lock meanwhile ---- */

bool fetch(struct outbox *outbox, enum outbox_lane which);
iotkit_status fetch_flights(struct outbox *outbox);

/* ---- writer.c ---- */

iotkit_status writer_start(struct outbox *outbox);
void writer_stop(struct outbox *outbox);

#endif
