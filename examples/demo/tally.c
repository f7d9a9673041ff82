/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <string.h>

void tally_gateway(struct tally *tally, bool there)
{
	if (there)
		tally->since = 0;
	else
		tally->unread = tally->plain;
}

/* Each outage explains one gap, and only of a plain board. */
static void note_gap(struct tally *tally, uint64_t gap)
{
	if (tally->unread)
		tally->missed += gap;
	else
		tally->lost += gap;
	tally->unread = false;
}

void tally_take(struct tally *tally, double number)
{
	bool first = tally->readings++ == 0;

	tally->since++;
	if (!first && number <= tally->newest) {
		tally->doubled++;
		return;
	}
	if (!first && number > tally->newest + 1)
		note_gap(tally, (uint64_t)(number - tally->newest - 1));
	tally->newest = number;
}

static bool same_board(const char *a, const char *b)
{
	size_t length = strcspn(a, "/");

	return length == strcspn(b, "/") && strncmp(a, b, length) == 0;
}

static bool is_state(const char *name)
{
	return strcmp(name + strcspn(name, "/"), "/led") == 0;
}

/*
 * Every reading has every metric, so each must have come as often as the counter did; but a first
 * line may have been joined half-way.
 */
uint64_t tally_lost(const struct tally *tally, const struct table *table)
{
	uint64_t lost = tally->lost;

	for (int i = 0; i < table->used; i++) {
		const struct row *row = &table->rows[i];
		if (same_board(row->name, tally->counter) && !is_state(row->name) &&
		    row->count + 1 < tally->readings)
			lost += tally->readings - 1 - row->count;
	}
	return lost;
}
