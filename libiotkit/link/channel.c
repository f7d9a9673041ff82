/* SPDX-License-Identifier: MIT */
#include "link/channel.h"

#include <errno.h>
#include <string.h>

bool channel_has_room(const struct channel *channel)
{
	return !channel->ended && channel->end - channel->begin < CHANNEL_SIZE;
}

void channel_clear(struct channel *channel)
{
	channel->begin = channel->end = 0;
	channel->ended = false;
}

static void move_to_front(struct channel *channel)
{
	size_t size = channel->end - channel->begin;

	memmove(channel->bytes, channel->bytes + channel->begin, size);
	channel->begin = 0;
	channel->end = size;
}

bool channel_fill(struct channel *channel, struct wire *from, size_t *moved)
{
	if (channel_is_empty(channel))
		channel->begin = channel->end = 0;
	if (channel->end >= CHANNEL_SIZE)
		move_to_front(channel);
	ssize_t n = wire_read(from, channel->bytes + channel->end, CHANNEL_SIZE - channel->end);
	if (n < 0)
		return errno == EAGAIN;
	if (n == 0)
		channel->ended = true;
	channel->end += (size_t)n;
	*moved += (size_t)n;
	return true;
}

bool channel_drain(struct channel *channel, size_t size, struct wire *to, size_t *moved)
{
	ssize_t n = wire_write(to, channel->bytes + channel->begin, size);

	if (n < 0)
		return errno == EAGAIN;
	channel->begin += (size_t)n;
	*moved += (size_t)n;
	return true;
}

size_t channel_spare(const struct channel *channel)
{
	return sizeof channel->bytes - (channel->end - channel->begin);
}

void channel_insert(struct channel *channel, size_t at, const char *bytes, size_t size)
{
	if (channel->end + size > sizeof channel->bytes)
		move_to_front(channel);
	char *place = channel->bytes + channel->begin + at;
	memmove(place + size, place, channel->end - channel->begin - at);
	memcpy(place, bytes, size);
	channel->end += size;
}
