/* SPDX-License-Identifier: MIT
 *
 * The parts of iotkit-outbox.
 */
#ifndef EXAMPLES_OUTBOX_H
#define EXAMPLES_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include <iotkit.h>

/* Which messages of a file. */
struct outbox_choice {
	const char *path;
	uint64_t after; /* only those with a greater id */
	const char *filter; /* only those whose topic matches; NULL: all */
};

enum outbox_format { OUTBOX_JSON, OUTBOX_TSV };

/* These return the program's exit status. */
int outbox_show(const struct outbox_choice *choice, int rows_max);
int outbox_export(const struct outbox_choice *choice, enum outbox_format format);

/* Calls take() with the chosen messages, oldest first, until it says false. False after
 * telling why the file cannot be read. A damaged message, whose topic is NULL, is chosen
 * when there is no filter. */
bool outbox_walk(const struct outbox_choice *choice,
		 bool (*take)(void *context, const iotkit_outbox_row *row), void *context);

/* False after telling why it cannot be read. */
bool outbox_summarize(const char *path, iotkit_outbox_summary *summary);

#endif
