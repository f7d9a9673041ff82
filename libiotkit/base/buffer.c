/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { FIRST_CAPACITY = 256 };

void buffer_init(struct buffer *buffer, size_t limit)
{
	*buffer = (struct buffer){.limit = limit};
}

void buffer_init_in(struct buffer *buffer, char *first, size_t size, size_t limit)
{
	buffer_init(buffer, limit);
	buffer->bytes = buffer->first = first;
	buffer->capacity = size < limit ? size : limit;
}

void buffer_free(struct buffer *buffer)
{
	if (buffer->bytes != buffer->first)
		free(buffer->bytes);
	buffer_init(buffer, buffer->limit);
}

static iotkit_status grow(struct buffer *buffer, size_t more)
{
	if (more > buffer->limit - buffer->size)
		return error_set(IOTKIT_EFULL, "a buffer is limited to %zu bytes", buffer->limit);
	size_t needed = buffer->size + more;
	size_t capacity = buffer->capacity > 0 ? buffer->capacity : FIRST_CAPACITY;
	while (capacity < needed)
		capacity *= 2;
	if (capacity > buffer->limit)
		capacity = buffer->limit;
	const bool owned = buffer->bytes != buffer->first;
	char *bytes = realloc(owned ? buffer->bytes : NULL, capacity);
	if (bytes == NULL)
		return error_set_no_memory();
	if (!owned && buffer->size > 0)
		memcpy(bytes, buffer->first, buffer->size);
	buffer->bytes = bytes;
	buffer->capacity = capacity;
	return IOTKIT_OK;
}

static iotkit_status make_room(struct buffer *buffer, size_t more)
{
	return more <= buffer->capacity - buffer->size ? IOTKIT_OK : grow(buffer, more);
}

iotkit_status buffer_extend(struct buffer *buffer, size_t size, char **out)
{
	iotkit_status status = make_room(buffer, size);

	if (status != IOTKIT_OK)
		return status;
	*out = buffer->bytes + buffer->size;
	buffer->size += size;
	return IOTKIT_OK;
}

iotkit_status buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
	if (size == 0)
		return IOTKIT_OK;
	iotkit_status status = make_room(buffer, size);
	if (status != IOTKIT_OK)
		return status;
	memcpy(buffer->bytes + buffer->size, bytes, size);
	buffer->size += size;
	return IOTKIT_OK;
}

iotkit_status buffer_append_text(struct buffer *buffer, const char *text)
{
	return buffer_append(buffer, text, strlen(text));
}

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
}
