/* SPDX-License-Identifier: MIT
 *
 * What happens to an outbox on a bad disk: each kind of change to its file, and several
 * of them in one transaction.
 */
#ifndef TESTS_DISK_SCRIPT_H
#define TESTS_DISK_SCRIPT_H

#include "ledger.h"
#include "outbox/store.h"

typedef void script_part(const char *path, enum store_sync sync, struct ledger *ledger);

struct script {
	const char *name;
	script_part *prepare; /* NULL: nothing; the disk works until it is done */
	script_part *run;
};

/* Two lives, from the making of the file on. */
extern const struct script script_lives;

/* One that begins with sync=process, and goes on with another. */
extern const struct script script_safer;

/* Two lives with kits, one of which has two lives itself. */
extern const struct script script_kits;

/* Many large messages have gone, and the space they leave is given back. */
extern const struct script script_shrink;

#endif
