/* SPDX-License-Identifier: MIT
 *
 * Bytes on their way in one direction, from one wire to another.
 */
#ifndef IOTKIT_LINK_CHANNEL_H
#define IOTKIT_LINK_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "link/wire.h"

enum {
	CHANNEL_SIZE = 65536,
	CHANNEL_SPARE = 4096 /* beyond that, for what is put in between */
};

struct channel {
	char bytes[CHANNEL_SIZE + CHANNEL_SPARE];
	size_t begin;
	size_t end;
	bool ended; /* its source has nothing more to say */
};

static inline bool channel_is_empty(const struct channel *channel)
{
	return channel->begin == channel->end;
}

bool channel_has_room(const struct channel *channel);
void channel_clear(struct channel *channel);

/* Reads what fits, or writes size bytes of it; false, with an errno, when the wire
 * is broken. How many bytes it was is added to moved. */
bool channel_fill(struct channel *channel, struct wire *from, size_t *moved);
bool channel_drain(struct channel *channel, size_t size, struct wire *to, size_t *moved);

/* How many more bytes can be put in, and puts them before byte number at. */
size_t channel_spare(const struct channel *channel);
void channel_insert(struct channel *channel, size_t at, const char *bytes, size_t size);

#endif
