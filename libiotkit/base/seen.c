/* SPDX-License-Identifier: MIT */
#include "base/seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

void seen_init(struct seen *seen)
{
	*seen = (struct seen){.count = 0};
}

void seen_free(struct seen *seen)
{
	for (size_t i = 0; i < seen->count; i++)
		free(seen->epochs[i]);
	seen_init(seen);
}

/* ---- the ranges of an epoch ---- */

/* Of the first range that does not end before the number. */
static size_t find_range(const struct seen_epoch *epoch, uint64_t seq)
{
	size_t low = 0, high = epoch->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (epoch->ranges[middle].last < seq)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void remove_range(struct seen_epoch *epoch, size_t at)
{
	epoch->count--;
	memmove(&epoch->ranges[at], &epoch->ranges[at + 1],
		(epoch->count - at) * sizeof epoch->ranges[0]);
}

static size_t find_oldest_range(const struct seen_epoch *epoch)
{
	size_t oldest = 0;

	for (size_t i = 1; i < epoch->count; i++)
		if (epoch->ranges[i].heard < epoch->ranges[oldest].heard)
			oldest = i;
	return oldest;
}

static void insert_range(struct seen_epoch *epoch, size_t at, struct seen_range range)
{
	if (epoch->count == SEEN_RANGES_MAX) {
		size_t oldest = find_oldest_range(epoch);
		remove_range(epoch, oldest);
		if (oldest < at)
			at--;
	}
	memmove(&epoch->ranges[at + 1], &epoch->ranges[at],
		(epoch->count - at) * sizeof epoch->ranges[0]);
	epoch->ranges[at] = range;
	epoch->count++;
}

/* Whether the number is news. */
static bool add_number(struct seen_epoch *epoch, uint64_t seq, uint64_t now)
{
	size_t at = find_range(epoch, seq);
	struct seen_range *after = at < epoch->count ? &epoch->ranges[at] : NULL;
	struct seen_range *before = at > 0 ? &epoch->ranges[at - 1] : NULL;

	if (after != NULL && after->first <= seq) {
		after->heard = now;
		return false;
	}
	/* No number is below 1 or, being in front of a range, the highest there is. */
	bool joins_after = after != NULL && after->first - 1 == seq;
	if (before != NULL && before->last == seq - 1) {
		before->last = joins_after ? after->last : seq;
		before->heard = now;
		if (joins_after)
			remove_range(epoch, at);
	} else if (joins_after) {
		after->first = seq;
		after->heard = now;
	} else {
		insert_range(epoch, at,
			     (struct seen_range){.first = seq, .last = seq, .heard = now});
	}
	return true;
}

/* ---- epochs ---- */

/* Of one that was not heard before, in memory that may be that of the one heard
 * longest ago; NULL when there is none. It still has to be put in its place. */
static struct seen_epoch *new_epoch(struct seen *seen, uint64_t number)
{
	struct seen_epoch *epoch;

	if (seen->count == SEEN_EPOCHS_MAX)
		epoch = seen->epochs[--seen->count];
	else
		epoch = malloc(sizeof *epoch);
	if (epoch != NULL) {
		epoch->epoch = number;
		epoch->count = 0;
	}
	return epoch;
}

/* The epoch, which now is the one heard last; NULL when memory is short. */
static struct seen_epoch *hear_epoch(struct seen *seen, uint64_t number)
{
	struct seen_epoch *epoch = NULL;
	size_t at = 0;

	while (at < seen->count && seen->epochs[at]->epoch != number)
		at++;
	if (at < seen->count) {
		epoch = seen->epochs[at];
	} else {
		epoch = new_epoch(seen, number);
		if (epoch == NULL)
			return NULL;
		at = seen->count++;
	}
	for (; at > 0; at--)
		seen->epochs[at] = seen->epochs[at - 1];
	seen->epochs[0] = epoch;
	return epoch;
}

iotkit_status seen_add(struct seen *seen, uint64_t epoch, uint64_t seq, bool *is_new)
{
	struct seen_epoch *heard = hear_epoch(seen, epoch);

	if (heard == NULL)
		return error_set_no_memory();
	seen->clock++;
	*is_new = add_number(heard, seq, seen->clock);
	return IOTKIT_OK;
}
