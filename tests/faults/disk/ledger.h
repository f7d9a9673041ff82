/* SPDX-License-Identifier: MIT
 *
 * What an outbox has promised, kept where it survives the process that was promised it,
 * and whether a file keeps it. Messages and packets of the broker's have numbers of ours,
 * from 0, which their content tells.
 */
#ifndef TESTS_DISK_LEDGER_H
#define TESTS_DISK_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outbox/outbox.h"

enum {
	LEDGER_MESSAGES = 512,
	LEDGER_RECEIPTS = 16,
	LEDGER_STATES = 8,
	LEDGER_KITS = 2,
	LEDGER_SIZE_MAX = 65536
};

/* Kits are numbered from 0, and their boots from 1 in their order. */
struct ledger_origin {
	bool known; /* it came from one */
	size_t kit;
	uint32_t boot;
	uint32_t seq;
};

struct ledger_state {
	uint16_t packet_id; /* 0: waits */
	bool released;
};

/* Each of these may be, or must be, when it is saved. */
struct ledger_message {
	size_t size;
	bool tried;
	bool refused;
	bool accepted;
	bool saved;
	uint64_t id;
	bool ended; /* acknowledged or dropped */
	bool end_saved;
	struct ledger_origin origin;
	size_t heir; /* the message that takes its place; 0: none */
	struct ledger_state states[LEDGER_STATES]; /* the one last saved, and those since */
	size_t state_count;
};

struct ledger_receipt {
	bool tried;
	bool accepted;
	bool saved;
	bool ended;
	bool end_accepted;
	bool end_saved;
};

struct ledger {
	struct ledger_message messages[LEDGER_MESSAGES];
	struct ledger_receipt receipts[LEDGER_RECEIPTS];
	long operations; /* of the disk, in a run that was not disturbed */
};

/* Shared with all children forked from now on. */
struct ledger *ledger_new(void);
void ledger_free(struct ledger *ledger);

/* The message as it is appended; its payload is borrowed until the next call. */
struct outbox_message ledger_message_of(size_t number, size_t size);
/* The number that a message says; false when it is not quite what was appended. */
bool ledger_number_of(const struct ledger *ledger, const struct outbox_message *message,
		      size_t *number);

struct outbox_origin ledger_origin_of(const struct ledger_origin *origin);

void ledger_add_state(struct ledger_message *message, uint16_t packet_id, bool released);

/* All that was asked for until now is saved. */
void ledger_settle(struct ledger *ledger);

enum ledger_loss {
	LEDGER_NOTHING_LOST, /* all that was saved is there */
	LEDGER_REFUSED_KEPT, /* the same; and perhaps what was refused: a commit half done */
	LEDGER_NEWEST_LOST /* the file may be an earlier one, but a whole one */
};

/* Demands that the file keeps its promises. Nobody has it open. */
void ledger_check(const struct ledger *ledger, const char *path, enum ledger_loss loss);

#endif
